//! Title, dates, language and links of a page.

use std::collections::HashMap;
use std::collections::hash_map::Entry;

use domain::text::{BlockKind, Link, Span, Text};
use scraper::{ElementRef, Html};
use serde_json::Value;
use url::Url;

use super::super::clean;
use super::boilerplate::{self, Care};
use super::{data, inline};

/// Links kept of one page.
const MAX_LINKS: usize = 2_000;
/// Characters of a link's label.
const MAX_LABEL: usize = 200;
/// Between the title of a page and the name of its site.
const TITLE_MARKS: [&str; 7] = [" | ", " — ", " – ", " - ", " · ", " :: ", " » "];

/// Fills in what the page says of itself.
pub(super) fn read(page: &Html, base: Option<&Url>, anchors: Vec<(Span, String)>, text: &mut Text) {
    let elements = || page.root_element().descendants().filter_map(ElementRef::wrap);
    text.language = page.root_element().value().attr("lang").and_then(language);
    let metas: Vec<(String, &str)> = elements().filter_map(meta).collect();
    let named = |wanted: &[&str]| -> Option<String> {
        let find = |wanted: &&str| metas.iter().find(|(name, _)| name == wanted);
        wanted.iter().find_map(find).map(|(_, content)| (*content).to_owned())
    };
    let in_title = elements().find(|e| e.value().name() == "title");
    let full = in_title.map(|e| e.text().collect::<String>()).or_else(|| named(&["og:title"]));
    let site = named(&["og:site_name"]);
    text.title = title(&clean::line(&full.unwrap_or_default()), site.as_deref(), text);
    text.published = published(page, &named);
    let stated =
        elements().find(|e| e.value().name() == "base").and_then(|e| e.value().attr("href"));
    let joined = base.and_then(|base| base.join(stated?).ok());
    read_links(page, joined.as_ref().or(base), anchors, text);
}

/// The title without the name of the site, where that says nothing: `… — Python 3.11 documentation`. An
/// unknown last part stays; it may be the company that the page is about.
fn title(full: &str, site: Option<&str>, text: &Text) -> String {
    if full.is_empty() {
        let heading = text.blocks.iter().find(|b| matches!(b.kind, BlockKind::Heading { .. }));
        return heading.map(|block| text.block_text(block).to_owned()).unwrap_or_default();
    }
    let is_site = |words: &str| {
        let words = words.trim();
        site.is_some_and(|site| site.trim().eq_ignore_ascii_case(words))
            || words.to_lowercase().ends_with(" documentation")
            || words.eq_ignore_ascii_case("wikipedia")
    };
    let cut = TITLE_MARKS.iter().find_map(|mark| {
        full.rsplit_once(mark).filter(|(own, last)| is_site(last) && !own.trim().is_empty())
    });
    cut.map_or(full, |(own, _)| own).trim().to_owned()
}

/// Name in lower case and content of a `meta`.
fn meta(element: ElementRef<'_>) -> Option<(String, &str)> {
    let element = element.value();
    if element.name() != "meta" {
        return None;
    }
    let name = ["name", "property", "itemprop"].iter().find_map(|key| element.attr(key))?;
    Some((name.to_ascii_lowercase(), element.attr("content")?))
}

/// When the page was published; else when it was last changed.
fn published(page: &Html, named: &impl Fn(&[&str]) -> Option<String>) -> Option<String> {
    const PUBLISHED: &[&str] = &[
        "article:published_time",
        "datepublished",
        "date",
        "dc.date",
        "dcterms.date",
        "pubdate",
        "publish-date",
    ];
    const MODIFIED: &[&str] =
        &["article:modified_time", "datemodified", "last-modified", "dcterms.modified", "revised"];
    let data = data::linked_data(page);
    let in_data =
        |key: &str| data.iter().find_map(|value| find_key(value, key)).and_then(|d| date(&d));
    let in_meta = |names: &[&str]| named(names).and_then(|value| date(&value));
    let in_text = || {
        let elements = page.root_element().descendants().filter_map(ElementRef::wrap);
        let mut times = elements.filter(|e| e.value().name() == "time");
        times.find_map(|e| date(e.value().attr("datetime")?))
    };
    in_data("datePublished")
        .or_else(|| in_meta(PUBLISHED))
        .or_else(|| in_data("dateModified"))
        .or_else(|| in_meta(MODIFIED))
        .or_else(in_text)
}

/// The first text under `key`, at the top or in the graph of JSON-LD.
fn find_key(value: &Value, key: &str) -> Option<String> {
    match value {
        Value::Array(entries) => entries.iter().find_map(|entry| find_key(entry, key)),
        Value::Object(entries) => match entries.get(key) {
            Some(Value::String(words)) => Some(words.clone()),
            _ => entries.get("@graph").and_then(|graph| find_key(graph, key)),
        },
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => None,
    }
}

/// `YYYY-MM-DD` at the start of a date or time.
pub(in super::super) fn date(words: &str) -> Option<String> {
    let day = words.trim().get(..10)?;
    let format = time::macros::format_description!("[year]-[month]-[day]");
    time::Date::parse(day, format).ok().filter(|day| day.year() > 1000).map(|_| day.to_owned())
}

/// `de` of `de-AT`.
pub(in super::super) fn language(code: &str) -> Option<String> {
    let first = code.trim().split(['-', '_']).next()?.to_ascii_lowercase();
    (first.len() == 2 && first.bytes().all(|b| b.is_ascii_lowercase())).then_some(first)
}

/// Adds the links of a page. `anchors`: those in the text, and what they lead to.
pub(super) fn read_links(
    page: &Html,
    base: Option<&Url>,
    anchors: Vec<(Span, String)>,
    text: &mut Text,
) {
    let mut seen = HashMap::new();
    for element in page.root_element().descendants().filter_map(ElementRef::wrap) {
        if text.links.len() >= MAX_LINKS {
            break;
        }
        if element.value().name() != "a" {
            continue;
        }
        let Some(address) = element.value().attr("href").and_then(|to| link_address(to, base))
        else {
            continue;
        };
        if let Entry::Vacant(unseen) = seen.entry(address.clone()) {
            unseen.insert(text.links.len());
            let words = if is_seen(element) {
                inline::words(*element, Care::Lenient)
            } else {
                String::new()
            };
            let label = clean::line(&words).chars().take(MAX_LABEL).collect();
            text.links.push(Link { address, label, places: Vec::new() });
        }
    }
    for (place, target) in anchors {
        let known = link_address(&target, base).and_then(|address| seen.get(&address));
        if let Some(link) = known.and_then(|at| text.links.get_mut(*at)) {
            link.places.push(place);
        }
    }
}

/// Whether neither an element nor one around it is hidden.
fn is_seen(element: ElementRef<'_>) -> bool {
    let around = element.ancestors().filter_map(ElementRef::wrap);
    let mut all = around.chain([element]).map(|element| element.value());
    all.all(|element| !boilerplate::is_hidden(element) && !boilerplate::has_no_text(element.name()))
}

/// The absolute address of a link, without fragment; `None` for what is no page (`mailto:`, `#here`).
pub(in super::super) fn link_address(target: &str, base: Option<&Url>) -> Option<String> {
    let target = target.trim();
    if target.is_empty() || target.starts_with('#') {
        return None;
    }
    let mut address = match base {
        Some(base) => base.join(target).ok()?,
        None => Url::parse(target).ok()?,
    };
    address.set_fragment(None);
    matches!(address.scheme(), "http" | "https" | "doc").then(|| address.to_string())
}
