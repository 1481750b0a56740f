//! Pages that only lead on to another one: by a refresh, which sites set in the place of a redirect, or by a script.

use scraper::ElementRef;
use url::Url;

use crate::extract;

use super::MAX_SOURCE_BYTES;
use super::look::Look;
use super::signs::{REDIRECTING, any};

/// Bytes that such a page may say beside, where it says that it leads on. One that does not say so is a page of its own,
/// whatever follows it, if it says anything.
const ROOM_SAID: usize = 16;
/// Longest delay of a refresh that is followed like a redirect, in seconds. Longer ones leave time to read a page.
const MAX_DELAY_S: u32 = 5;

/// A mark in the head of a page: `<meta http-equiv="refresh" content="0; url=/new">`.
#[derive(Debug, PartialEq, Eq)]
struct Refresh {
    delay_s: u32,
    target: String,
}

/// Whether a page does nothing but lead to another one.
pub(super) fn is_wall(look: &Look, source: &str) -> bool {
    let says = |words: &str| any(REDIRECTING).any(|known| words.contains(known));
    let mut said = look.titles.iter().chain(look.sentences.iter().map(|s| &s.words));
    let is_said = said.any(|words| says(words));
    let has_room = look.rest() <= if is_said { ROOM_SAID } else { 0 };
    has_room && (refresh(source).is_some() || (is_said && leads_by_script(source)))
}

fn leads_by_script(source: &str) -> bool {
    let close = source.replace(' ', "");
    let calls = ["location.href=", "location.replace(", "location.assign(", "location="];
    calls.iter().any(|call| close.contains(call))
}

/// Where a page leads by a refresh that is followed like a redirect; not where it leads to itself.
pub(super) fn target(source: &str, page: &Url) -> Option<Url> {
    let (refresh, base) = refresh(source)?;
    let base = base.and_then(|base| page.join(&base).ok());
    let target = base.as_ref().unwrap_or(page).join(&refresh.target).ok()?;
    let place = |url: &Url| url[..url::Position::AfterQuery].to_owned();
    (refresh.delay_s <= MAX_DELAY_S && place(&target) != place(page)).then_some(target)
}

/// The first refresh of a page that leads somewhere, and the base of its addresses. What stands in comments, in scripts and
/// there for readers without scripts is none.
fn refresh(source: &str) -> Option<(Refresh, Option<String>)> {
    if source.len() > MAX_SOURCE_BYTES || !source.to_ascii_lowercase().contains("refresh") {
        return None;
    }
    let page = extract::seen(source);
    let elements = || page.root_element().descendants().filter_map(ElementRef::wrap);
    let refreshing = |e: ElementRef<'_>| {
        let asks = |name: &str| name.trim().eq_ignore_ascii_case("refresh");
        let is_mark = e.value().name() == "meta" && e.value().attr("http-equiv").is_some_and(asks);
        e.value().attr("content").filter(|_| is_mark).and_then(Refresh::read)
    };
    let found = elements().find_map(refreshing)?;
    let base = elements().find(|e| e.value().name() == "base");
    Some((found, base.and_then(|base| base.value().attr("href")).map(str::to_owned)))
}

impl Refresh {
    /// Reads `5; url='/new'` as browsers do: the word and the quotes may be missing. `None` where it leads nowhere.
    fn read(content: &str) -> Option<Self> {
        let content = content.trim_start();
        let is_digit = |c: char| c.is_ascii_digit();
        let (delay, rest) = content.split_at(content.find(|c| !is_digit(c))?);
        let rest = rest.trim_start_matches(|c| is_digit(c) || c == '.').trim_start();
        let rest = rest.strip_prefix([';', ',']).unwrap_or(rest).trim();
        let named = rest.get(..3).filter(|word| word.eq_ignore_ascii_case("url"));
        let value = named.and_then(|_| rest[3..].trim_start().strip_prefix('='));
        let value = value.unwrap_or(rest).trim_start();
        let target = match value.chars().next()? {
            quote @ ('"' | '\'') => value[1..].split(quote).next()?,
            _ => value,
        };
        // So long that nobody counts it is as good as never.
        let delay_s = if delay.is_empty() { 0 } else { delay.parse().unwrap_or(u32::MAX) };
        let target = target.trim().to_owned();
        (!target.is_empty()).then_some(Self { delay_s, target })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_refresh_is_read_as_browsers_do() {
        for (content, delay_s, target) in [
            ("0;url=/new", 0, "/new"),
            (" 3 ; URL = '/New page' ", 3, "/New page"),
            ("0.5,url=\"https://a.test/\"; x", 0, "https://a.test/"),
            ("5 /new", 5, "/new"),
            (";url=new", 0, "new"),
            ("0; urls/a", 0, "urls/a"),
            ("99999999999; /late", u32::MAX, "/late"),
        ] {
            let read = Refresh { delay_s, target: target.to_owned() };
            assert_eq!(Refresh::read(content), Some(read), "{content}");
        }
        for content in ["", "30", "30;", "0; url=", "0; url=''", "0; url= "] {
            assert_eq!(Refresh::read(content), None, "{content}");
        }
    }

    #[test]
    fn a_refresh_is_followed_to_another_page_and_soon() {
        let page: Url = "https://a.test/docs/?v=1".parse().unwrap();
        let led = |head: &str| target(&format!("<title>x</title>{head}"), &page).map(String::from);
        let to = |address: &str| format!("<meta content='0;url={address}' HTTP-EQUIV=Refresh>");
        assert_eq!(led(&to("latest/")), Some("https://a.test/docs/latest/".into()));
        let with_base = format!("<base href='https://b.test/c/'>{}", to("d"));
        assert_eq!(led(&with_base), Some("https://b.test/c/d".into()));
        assert_eq!(led(&to("?v=2")), Some("https://a.test/docs/?v=2".into()));
        for head in [
            to("#top"),
            to("?v=1"),
            format!("<!-- {} -->", to("/a")),
            format!("<script>'{}'</script>", to("/a")),
            format!("<noscript>{}</noscript>", to("/a")),
            "<meta http-equiv=refresh content='6;url=/a'>".to_owned(),
            "<meta name=refresh content='0;url=/a'>".to_owned(),
        ] {
            assert_eq!(led(&head), None, "{head}");
        }
    }
}
