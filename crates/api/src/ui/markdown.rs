//! A report as HTML: raw HTML becomes text, and only links to the web, to archived pages and to quotes stay.

use pulldown_cmark::{
    Alignment, BrokenLink, CowStr, Event, HeadingLevel, Options, Parser, Tag, TagEnd, html,
};

use crate::ui::parts::{escaped, icon};
use crate::ui::site::Site;
use crate::ui::words;

/// A report and its table of contents.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct Report {
    pub(super) html: String,
    /// Anchor and words of each section.
    pub(super) contents: Vec<(String, String)>,
}

/// The section that a page shows itself, with quotes.
const SOURCES: &str = "Sources";

/// A space at which no line ends.
const UNBROKEN: &str = "\u{a0}";

/// Renders Markdown; `[1]` to the number of `titles` become markers that open the quote of that number. The title of the
/// report is left out, because the page has it. Without a site, as in a file, no link leads to archived pages.
pub(super) fn to_html(markdown: &str, titles: &[String], site: Option<&Site>) -> Report {
    // `[1][2]` would be one link with the words `1`.
    let markdown = apart(markdown);
    let mut reference = |broken: BrokenLink<'_>| {
        let number: usize = broken.reference.parse().ok()?;
        (1..=titles.len())
            .contains(&number)
            .then(|| (format!("#c{number}").into(), CowStr::from("")))
    };
    let options = Options::ENABLE_TABLES | Options::ENABLE_STRIKETHROUGH;
    let parser = Parser::new_with_broken_link_callback(&markdown, options, Some(&mut reference));
    let mut writer =
        Writer { titles, site, events: Vec::new(), open: Vec::new(), contents: Vec::new() };
    let mut sections = Sections::default();
    for event in parser {
        if let Some(event) = sections.take(event, &mut writer) {
            writer.take(event);
        }
    }
    let mut page = String::with_capacity(markdown.len() * 2);
    html::push_html(&mut page, writer.events.into_iter());
    Report { html: page, contents: writer.contents }
}

/// Headings: they are gathered whole, because their words decide.
#[derive(Default)]
struct Sections<'a> {
    heading: Option<(HeadingLevel, Vec<Event<'a>>)>,
    is_left_out: bool,
    has_begun: bool,
}

impl<'a> Sections<'a> {
    /// What is left to be written of an event.
    fn take(&mut self, event: Event<'a>, writer: &mut Writer<'a, '_>) -> Option<Event<'a>> {
        match (event, &mut self.heading) {
            (Event::Start(Tag::Heading { level, .. }), _) => {
                self.heading = Some((level, Vec::new()));
                None
            }
            (Event::End(TagEnd::Heading(_)), heading) => {
                if let Some((level, words)) = heading.take() {
                    self.write(level, words, writer);
                }
                None
            }
            (event, Some((_, words))) => {
                words.push(event);
                None
            }
            (event, None) => {
                self.has_begun = true;
                (!self.is_left_out).then_some(event)
            }
        }
    }

    fn write(&mut self, level: HeadingLevel, words: Vec<Event<'a>>, writer: &mut Writer<'a, '_>) {
        let text: String = words
            .iter()
            .filter_map(|event| {
                if let Event::Text(text) | Event::Code(text) = event {
                    Some(text.as_ref())
                } else {
                    None
                }
            })
            .collect();
        let is_title = level == HeadingLevel::H1 && !self.has_begun;
        self.has_begun = true;
        if level <= HeadingLevel::H2 {
            self.is_left_out = text == SOURCES;
        }
        if is_title || self.is_left_out {
            return;
        }
        let number = writer.contents.len() + 1;
        let mark = if text.contains("disagree") { icon("conflict") } else { String::new() };
        // The page's own heading is the only one of the first level.
        let name = if level <= HeadingLevel::H2 { "h2" } else { "h3" };
        if name == "h2" {
            writer.contents.push((format!("part-{number}"), text));
            writer.raw(format!("<h2 id=\"part-{number}\">{mark}"));
        } else {
            writer.raw("<h3>".into());
        }
        for event in words {
            writer.take(event);
        }
        writer.raw(format!("</{name}>\n"));
    }
}

struct Writer<'a, 'b> {
    titles: &'b [String],
    site: Option<&'b Site>,
    events: Vec<Event<'a>>,
    /// What each open link ends with.
    open: Vec<Option<&'static str>>,
    contents: Vec<(String, String)>,
}

impl<'a> Writer<'a, '_> {
    fn raw(&mut self, html: String) {
        self.events.push(Event::InlineHtml(html.into()));
    }

    fn take(&mut self, event: Event<'a>) {
        match event {
            Event::Start(Tag::Link { dest_url, .. }) => {
                let begin = self.link(&dest_url);
                if begin.is_some() && dest_url.starts_with("#c") {
                    self.join();
                }
                self.open.push(begin.as_ref().map(|_| "</a>"));
                if let Some(begin) = begin {
                    self.raw(begin);
                }
            }
            Event::End(TagEnd::Link) => {
                if let Some(end) = self.open.pop().flatten() {
                    self.raw(end.into());
                }
            }
            // Its words stay.
            Event::Start(Tag::Image { .. }) | Event::End(TagEnd::Image) => {}
            Event::Start(Tag::HtmlBlock) => self.events.push(Event::Start(Tag::Paragraph)),
            Event::End(TagEnd::HtmlBlock) => self.events.push(Event::End(TagEnd::Paragraph)),
            Event::Html(raw) | Event::InlineHtml(raw) => self.events.push(Event::Text(raw)),
            Event::Start(Tag::Table(columns)) => {
                self.raw(
                    "<div class=\"widetable\" tabindex=\"0\" role=\"region\" aria-label=\"Table\">"
                        .into(),
                );
                // Where its columns stand would be a style, which the content policy forbids.
                let columns = vec![Alignment::None; columns.len()];
                self.events.push(Event::Start(Tag::Table(columns)));
            }
            Event::End(TagEnd::Table) => {
                self.events.push(Event::End(TagEnd::Table));
                self.raw("</div>".into());
            }
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
            | Event::TaskListMarker(_) => self.events.push(event),
        }
    }

    /// Keeps the marker that comes on the line of the words before it.
    fn join(&mut self) {
        match self.events.last_mut() {
            Some(Event::SoftBreak) => {
                self.events.pop();
                self.events.push(Event::Text(UNBROKEN.into()));
            }
            Some(Event::Text(text)) if text.ends_with(' ') => {
                *text = format!("{}{UNBROKEN}", text.trim_end_matches(' ')).into();
            }
            Some(_) | None => {}
        }
    }

    /// What begins a link that is kept.
    fn link(&self, address: &str) -> Option<String> {
        // A link inside of a link would end it.
        if self.open.iter().any(Option::is_some) {
            return None;
        }
        if let Some(number) = address.strip_prefix("#c").and_then(|n| n.parse::<usize>().ok()) {
            let title = self.titles.get(number.checked_sub(1)?)?;
            let label = escaped(&format!("Source {number}: {title}"));
            return Some(format!(
                "<a class=\"c\" href=\"#c{number}\" data-panel aria-expanded=\"false\" aria-controls=\"c{number}\" aria-label=\"{label}\">"
            ));
        }
        let lower = address.to_ascii_lowercase();
        if lower.starts_with("https://") || lower.starts_with("http://") {
            return Some(format!("<a href=\"{}\" rel=\"noreferrer\">", escaped(address)));
        }
        let site = self.site?;
        let page = address.strip_prefix(&site.pages())?;
        Some(format!("<a href=\"{}\">", escaped(&site.to(&format!("/pages/{page}")))))
    }
}

/// The first words of a report, for one line: without its headings, marks and references.
pub(super) fn first_words(markdown: &str, longest: usize) -> String {
    let markdown: String = markdown.chars().take(longest.saturating_mul(20)).collect();
    let mut reference = |broken: BrokenLink<'_>| {
        let is_number = broken.reference.parse::<usize>().is_ok();
        is_number.then(|| (CowStr::from("#"), CowStr::from("")))
    };
    let options = Options::ENABLE_TABLES | Options::ENABLE_STRIKETHROUGH;
    let parser = Parser::new_with_broken_link_callback(&markdown, options, Some(&mut reference));
    let (mut words, mut headings) = (String::new(), String::new());
    let (mut is_heading, mut is_reference) = (false, false);
    // A paragraph that is bold from its beginning to its end stands over the quote that follows.
    let (mut began, mut bold) = (0, 0..0);
    for event in parser {
        let is_quote = matches!(event, Event::Start(Tag::BlockQuote(_)));
        if is_quote && bold == (began..words.trim_end().len()) {
            headings.extend(words.drain(began..));
        }
        let place = if is_heading { &mut headings } else { &mut words };
        match event {
            Event::Start(Tag::Heading { .. }) => is_heading = true,
            Event::End(TagEnd::Heading(_)) => {
                is_heading = false;
                headings.push(' ');
            }
            Event::Start(Tag::Paragraph) => began = words.len(),
            Event::Start(Tag::Strong) => bold.start = place.len(),
            Event::End(TagEnd::Strong) => bold.end = place.len(),
            Event::Start(Tag::Link { dest_url, .. }) => {
                is_reference = &*dest_url == "#";
                if is_reference {
                    place.truncate(place.trim_end().len());
                }
            }
            Event::End(TagEnd::Link) => is_reference = false,
            Event::Text(text) | Event::Code(text) | Event::InlineHtml(text) | Event::Html(text)
                if !is_reference =>
            {
                place.push_str(&text);
            }
            Event::End(tag) if !is_inline(tag) => place.push(' '),
            Event::SoftBreak | Event::HardBreak | Event::Rule => place.push(' '),
            Event::Start(_)
            | Event::End(_)
            | Event::Text(_)
            | Event::Code(_)
            | Event::Html(_)
            | Event::InlineHtml(_)
            | Event::InlineMath(_)
            | Event::DisplayMath(_)
            | Event::FootnoteReference(_)
            | Event::TaskListMarker(_) => {}
        }
    }
    let text = if words.trim().is_empty() { headings } else { words };
    let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
    words::short(&text, longest)
}

const fn is_inline(tag: TagEnd) -> bool {
    matches!(tag, TagEnd::Emphasis | TagEnd::Strong | TagEnd::Strikethrough | TagEnd::Link)
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

    fn report(markdown: &str) -> Report {
        to_html(markdown, &["One".into(), "Two \">".into()], Some(&Site::bare()))
    }

    #[test]
    fn references_become_markers_that_open_their_quotes() {
        let page = report("Twice a day [1][2].\n").html;
        assert!(
            page.contains("href=\"#c1\" data-panel")
                && page.contains("a day\u{a0}<a")
                && page.contains(">1</a>\u{a0}<a"),
            "{page}"
        );
        assert!(page.contains("aria-label=\"Source 2: Two &quot;&gt;\""), "{page}");
        assert_eq!(report("See [3].\n").html, "<p>See [3].</p>\n");
    }

    #[test]
    fn the_first_words_of_a_report_are_plain() {
        let report = "# When?\n\n## Answer\n\n**It was launched in 1999** [1], by *two*\npeople [2][3].\n\n- `One`\n- <b>Two</b>\n";
        let words = "It was launched in 1999, by two people. One <b>Two</b>";
        assert_eq!(first_words(report, 90), words);
        assert_eq!(first_words(report, 6), "It was…");
        assert_eq!(first_words("**When?**\n\n> In 1999. [1]\n", 90), "In 1999.");
        assert_eq!(first_words("# Only a title", 90), "Only a title");
        assert_eq!(first_words("2 * 3 < 7 [sic]", 90), "2 * 3 < 7 [sic]");
    }

    #[test]
    fn hostile_markdown_stays_text() {
        let page = report(
            "<script>x</script>\n\n[a](javascript:x) [b](data:x) ![c](https://e.org/c.png) <img src=x onerror=y>\n",
        )
        .html;
        assert!(
            !page.contains("<script") && !page.contains("<img") && !page.contains("href"),
            "{page}"
        );
        assert!(page.contains("&lt;script&gt;"), "{page}");
    }

    #[test]
    fn links_to_the_web_and_to_archived_pages_stay() {
        let page =
            report("[a](https://example.org/) [b](/pages/page_1) [c](//evil.test) [d](/v1/x)\n")
                .html;
        assert_eq!(page.matches("href").count(), 2, "{page}");
    }

    #[test]
    fn title_and_sources_are_left_to_the_page_and_sections_have_anchors() {
        let report = report(
            "# Why?\n\n## Answer\n\nSo.\n\n## Sources\n\n1. One\n\n## Where sources disagree\n\nx\n",
        );
        let names: Vec<&str> = report.contents.iter().map(|(_, words)| words.as_str()).collect();
        assert_eq!(names, ["Answer", "Where sources disagree"]);
        assert!(!report.html.contains("Why?") && !report.html.contains("One"), "{}", report.html);
        assert!(report.html.contains("<h2 id=\"part-1\">Answer</h2>"), "{}", report.html);
        assert!(report.html.contains("#i-conflict"), "{}", report.html);
    }
}
