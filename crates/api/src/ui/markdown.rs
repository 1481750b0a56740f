//! A report as HTML: raw HTML becomes text, and only links to the web, to archived pages and to quotes stay.

use pulldown_cmark::{BrokenLink, CowStr, Event, Options, Parser, Tag, TagEnd, html};

/// Renders Markdown; `[1]` to `[quotes]` become links to the quotes below the report.
pub(super) fn to_html(markdown: &str, quotes: usize, pages: &str) -> String {
    // `[1][2]` would be one link with the words `1`.
    let markdown = apart(markdown);
    let mut reference = |broken: BrokenLink<'_>| {
        let number: usize = broken.reference.parse().ok()?;
        (1..=quotes).contains(&number).then(|| (format!("#c{number}").into(), CowStr::from("")))
    };
    let options = Options::ENABLE_TABLES | Options::ENABLE_STRIKETHROUGH;
    let parser = Parser::new_with_broken_link_callback(&markdown, options, Some(&mut reference));
    // Whether each open link or image is kept.
    let mut open: Vec<bool> = Vec::new();
    let safe = parser.filter_map(|event| match event {
        Event::Start(Tag::Link { ref dest_url, .. }) => {
            let is_kept = is_safe(dest_url, pages);
            open.push(is_kept);
            is_kept.then_some(event)
        }
        Event::End(TagEnd::Link) => open.pop().unwrap_or(false).then_some(event),
        // Its words stay.
        Event::Start(Tag::Image { .. }) | Event::End(TagEnd::Image) => None,
        Event::Start(Tag::HtmlBlock) => Some(Event::Start(Tag::Paragraph)),
        Event::End(TagEnd::HtmlBlock) => Some(Event::End(TagEnd::Paragraph)),
        Event::Html(raw) | Event::InlineHtml(raw) => Some(Event::Text(raw)),
        Event::Start(_)
        | Event::End(_)
        | Event::Text(_)
        | Event::Code(_)
        | Event::InlineMath(_)
        | Event::DisplayMath(_)
        | Event::FootnoteReference(_)
        | Event::SoftBreak
        | Event::HardBreak
        | Event::Rule
        | Event::TaskListMarker(_) => Some(event),
    });
    let mut page = String::with_capacity(markdown.len() * 2);
    html::push_html(&mut page, safe);
    page
}

fn is_safe(address: &str, pages: &str) -> bool {
    let lower = address.to_ascii_lowercase();
    let is_quote = address
        .strip_prefix("#c")
        .is_some_and(|digits| !digits.is_empty() && digits.bytes().all(|b| b.is_ascii_digit()));
    is_quote
        || lower.starts_with("https://")
        || lower.starts_with("http://")
        || address.starts_with(pages)
}

/// Puts a space between references that touch.
fn apart(markdown: &str) -> String {
    let mut text = String::with_capacity(markdown.len() + 16);
    let mut before = ' ';
    let mut rest = markdown.chars().peekable();
    while let Some(c) = rest.next() {
        text.push(c);
        if c == ']' && before.is_ascii_digit() && rest.peek() == Some(&'[') {
            text.push(' ');
        }
        before = c;
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    fn html(markdown: &str) -> String {
        to_html(markdown, 2, "/pages/")
    }

    #[test]
    fn references_become_links_to_their_quotes() {
        assert_eq!(
            html("Twice a day [1][2].\n"),
            "<p>Twice a day <a href=\"#c1\">1</a> <a href=\"#c2\">2</a>.</p>\n"
        );
        assert_eq!(html("See [3].\n"), "<p>See [3].</p>\n");
    }

    #[test]
    fn hostile_markdown_stays_text() {
        let page = html(
            "<script>x</script>\n\n[a](javascript:x) [b](data:x) ![c](https://e.org/c.png) <img src=x onerror=y>\n",
        );
        assert!(
            !page.contains("<script") && !page.contains("<img") && !page.contains("href"),
            "{page}"
        );
        assert!(page.contains("&lt;script&gt;"), "{page}");
    }

    #[test]
    fn links_to_the_web_and_to_archived_pages_stay() {
        let page =
            html("[a](https://example.org/) [b](/pages/page_1) [c](//evil.test) [d](/v1/x)\n");
        assert_eq!(page.matches("href").count(), 2, "{page}");
    }
}
