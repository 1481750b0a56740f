//! A reading of a page for people and models: as Markdown, and as the passages that speak of certain words.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use domain::text::{BlockKind, Link, Span, Text};

use crate::search::words;

/// A passage is not cut below this many characters when room is short; it is left out.
const MIN_PASSAGE: usize = 80;
/// Letters by which two words count as forms of one: `tide` and `tides`, `founded` and `founder`.
const STEM: usize = 5;

/// Links at the end of a page's Markdown. Later ones are those of a page's foot.
const MAX_LINKS: usize = 200;

/// The text with the marks of Markdown for headings, lists, quotes, code, tables and links, and then the links of the page that
/// are not among its words.
///
/// How else words are set within a line is not known: bold words, code amid words and the numbers of lists are not there to be
/// marked. What looks like a mark at the beginning of a line is escaped.
pub fn markdown(text: &Text) -> String {
    let links = Links::of(text);
    let mut out = String::with_capacity(text.body.len() + text.body.len() / 8);
    let mut before: Option<&BlockKind> = None;
    for block in &text.blocks {
        let words = || links.marked(text, &block.span);
        let is_continued = matches!(
            (before, &block.kind),
            (Some(BlockKind::ListItem { .. }), BlockKind::ListItem { .. })
                | (Some(BlockKind::Row { .. }), BlockKind::Row { .. })
                | (Some(BlockKind::Pair { .. }), BlockKind::Pair { .. })
        );
        if before.is_some() {
            out.push_str(if is_continued { "\n" } else { "\n\n" });
        }
        let one_line = || words().split_whitespace().collect::<Vec<_>>().join(" ");
        let _ = match &block.kind {
            BlockKind::Heading { level } => {
                write!(out, "{} {}", "#".repeat(usize::from((*level).clamp(1, 6))), one_line())
            }
            BlockKind::Paragraph => write!(out, "{}", escaped(&words())),
            BlockKind::ListItem { depth } => {
                let indent = "  ".repeat(usize::from(depth.saturating_sub(1)).min(8));
                write!(out, "{indent}- {}", escaped(&one_line()))
            }
            BlockKind::Quote => write!(out, "> {}", escaped(&words()).replace('\n', "\n> ")),
            BlockKind::Code => {
                let code = text.block_text(block);
                let fence = fence(code);
                write!(out, "{fence}\n{code}\n{fence}")
            }
            BlockKind::Row { cells, is_header, .. } => {
                let cells: Vec<String> = cells
                    .iter()
                    .map(|cell| links.marked(text, cell).replace('|', "\\|").replace('\n', " "))
                    .collect();
                let is_first = !matches!(before, Some(BlockKind::Row { .. }));
                let under = if *is_header && is_first {
                    format!("\n|{}", " --- |".repeat(cells.len()))
                } else {
                    String::new()
                };
                write!(out, "| {} |{under}", cells.join(" | "))
            }
            BlockKind::Definition { term, meaning } => {
                let (term, meaning) = (links.marked(text, term), links.marked(text, meaning));
                write!(out, "**{term}**: {}", escaped_after(&meaning))
            }
            BlockKind::Pair { key, value, .. } => {
                let (key, value) = (links.marked(text, key), links.marked(text, value));
                write!(out, "{}: {}", escaped(&key), escaped_after(&value))
            }
        };
        before = Some(&block.kind);
    }
    write_links(text, &mut out);
    out
}

/// The links among the words of a page, in order.
struct Links<'t>(Vec<(&'t Span, &'t str)>);

impl<'t> Links<'t> {
    fn of(text: &'t Text) -> Self {
        let places = |link: &'t Link| link.places.iter().map(|place| (place, &*link.address));
        let mut links: Vec<_> =
            text.links.iter().filter(|link| is_page(link)).flat_map(places).collect();
        links.sort_unstable_by_key(|(place, _)| place.start);
        Self(links)
    }

    /// These words, with the marks of the links among them.
    fn marked(&self, text: &Text, span: &Span) -> String {
        let first = self.0.partition_point(|(place, _)| place.start < span.start);
        let within = self.0[first..].iter().take_while(|(place, _)| place.end <= span.end);
        let mut out = String::with_capacity(span.len());
        let mut at = span.start;
        for (place, address) in within.filter(|(place, _)| !place.is_empty()) {
            if place.start >= at {
                push_inert(text.quote(&(at..place.start)), &mut out);
                if out.ends_with('!') {
                    // Else it were a picture.
                    out.insert(out.len() - 1, '\\');
                }
                out.push_str(&mark(text.quote(place), address));
                at = place.end;
            }
        }
        push_inert(text.quote(&(at..span.end)), &mut out);
        out
    }
}

/// Adds words so that none of them are a link, a picture or a tag.
fn push_inert(words: &str, out: &mut String) {
    for (at, c) in words.char_indices() {
        let rest = &words[at + c.len_utf8()..];
        let is_mark = match c {
            ']' => rest.starts_with(['(', '[', ':']),
            '<' => {
                rest.starts_with(|c: char| c.is_ascii_alphabetic() || matches!(c, '/' | '!' | '?'))
            }
            _ => false,
        };
        if is_mark {
            out.push('\\');
        }
        out.push(c);
    }
}

fn is_page(link: &Link) -> bool {
    ["http://", "https://"].iter().any(|scheme| link.address.starts_with(scheme))
}

/// A link as Markdown writes it.
fn mark(label: &str, address: &str) -> String {
    let address = address.replace('<', "%3C").replace('>', "%3E").replace('|', "%7C");
    let label = label.replace('\\', "\\\\").replace('[', "\\[").replace(']', "\\]");
    match label.trim() {
        "" => format!("<{address}>"),
        label if address.contains(['(', ')']) => format!("[{label}](<{address}>)"),
        label => format!("[{label}]({address})"),
    }
}

/// Longer than any row of backticks within, so that the code does not end its own block.
fn fence(code: &str) -> String {
    let longest = code.split(|c| c != '`').map(str::len).max().unwrap_or_default();
    "`".repeat((longest + 1).max(3))
}

/// Words whose lines do not begin with what Markdown takes for a mark.
fn escaped(words: &str) -> String {
    words.split('\n').map(escaped_line).collect::<Vec<_>>().join("\n")
}

/// The same of words that do not begin a line themselves.
fn escaped_after(words: &str) -> String {
    match words.split_once('\n') {
        Some((first, rest)) => format!("{first}\n{}", escaped(rest)),
        None => words.to_owned(),
    }
}

fn escaped_line(line: &str) -> String {
    let is_row_of = |mark: char| !line.is_empty() && line.chars().all(|c| c == mark || c == ' ');
    let has_mark = |mark: &str| {
        line.strip_prefix(mark).is_some_and(|rest| rest.is_empty() || rest.starts_with(' '))
    };
    let digits = line.len() - line.trim_start_matches(|c: char| c.is_ascii_digit()).len();
    if (1..=9).contains(&digits)
        && line[digits..].starts_with(['.', ')'])
        && (line.len() == digits + 1 || line[digits + 1..].starts_with(' '))
    {
        return format!("{}\\{}", &line[..digits], &line[digits..]);
    }
    let is_heading = line.starts_with('#')
        && has_mark(&"#".repeat(line.len() - line.trim_start_matches('#').len()));
    let is_mark = is_heading
        || line.starts_with(['>', '|'])
        || ["-", "+", "*"].iter().any(|mark| has_mark(mark))
        || ["```", "~~~"].iter().any(|mark| line.starts_with(mark))
        || ['-', '=', '*', '_'].iter().any(|mark| is_row_of(*mark));
    if is_mark { format!("\\{line}") } else { line.to_owned() }
}

/// The pages that a page links to otherwise than by its words, for readers who follow links.
fn write_links(text: &Text, out: &mut String) {
    let others = text.links.iter().filter(|link| is_page(link) && link.places.is_empty());
    for (at, link) in others.take(MAX_LINKS).enumerate() {
        out.push_str(if at == 0 { "\n\n---\n\nOther links of this page:\n\n" } else { "\n" });
        let _ = write!(out, "- {}", mark(&link.label, &link.address));
    }
}

/// The blocks that say most about these queries, verbatim and in reading order, in at most `max_chars` characters.
/// Without a word in common the page's beginning stands for it.
pub fn excerpts(text: &Text, queries: &[String], max_chars: usize) -> Vec<String> {
    let wanted: BTreeSet<String> =
        queries.iter().flat_map(|query| words(query)).map(|word| stem(&word)).collect();
    let is_prose = |kind: &BlockKind| match kind {
        BlockKind::Pair { is_data, .. } => !is_data,
        BlockKind::Paragraph
        | BlockKind::ListItem { .. }
        | BlockKind::Quote
        | BlockKind::Code
        | BlockKind::Row { .. }
        | BlockKind::Definition { .. } => true,
        BlockKind::Heading { .. } => false,
    };
    let mut scored: Vec<(usize, usize)> = text
        .blocks
        .iter()
        .enumerate()
        .filter(|(_, block)| is_prose(&block.kind))
        .map(|(at, block)| {
            let heading = text.heading_path(block).join(" ");
            let own: BTreeSet<String> =
                words(text.block_text(block)).iter().map(|word| stem(word)).collect();
            let above: BTreeSet<String> = words(&heading).iter().map(|word| stem(word)).collect();
            let said = own.intersection(&wanted).count();
            let headed = above.intersection(&wanted).count();
            // What stands under a fitting heading counts, once it says something itself.
            (said * 2 + headed.min(said), at)
        })
        .collect();
    if scored.iter().all(|(score, _)| *score == 0) {
        for (score, _) in &mut scored {
            *score = 1;
        }
    }
    scored.retain(|(score, _)| *score > 0);
    scored.sort_by(|a, b| b.0.cmp(&a.0).then(a.1.cmp(&b.1)));

    let mut room = max_chars;
    let mut chosen: Vec<(usize, String)> = Vec::new();
    for (_, at) in scored {
        let words = text.block_text(&text.blocks[at]).trim();
        let length = words.chars().count();
        if length == 0 || (length > room && room < MIN_PASSAGE) {
            continue;
        }
        let kept = cut(words, room);
        room -= kept.chars().count();
        chosen.push((at, kept.to_owned()));
        if room == 0 {
            break;
        }
    }
    chosen.sort_by_key(|(at, _)| *at);
    joined(chosen)
}

/// Neighbours become one passage.
fn joined(chosen: Vec<(usize, String)>) -> Vec<String> {
    let mut passages: Vec<String> = Vec::new();
    let mut last: Option<usize> = None;
    for (at, words) in chosen {
        match passages.last_mut() {
            Some(passage) if last == Some(at.wrapping_sub(1)) => {
                passage.push('\n');
                passage.push_str(&words);
            }
            Some(_) | None => passages.push(words),
        }
        last = Some(at);
    }
    passages
}

/// At most so many characters, ending after a sentence or at least a word.
fn cut(words: &str, room: usize) -> &str {
    let Some((end, _)) = words.char_indices().nth(room) else { return words };
    let head = &words[..end];
    let sentence = head.rfind(['.', '!', '?', '。']).filter(|at| *at > end / 2);
    match sentence.or_else(|| head.rfind(char::is_whitespace)) {
        Some(at) => head[..=at.min(end - 1)].trim_end_matches(char::is_whitespace),
        None => head,
    }
}

fn stem(word: &str) -> String {
    word.to_lowercase().chars().take(STEM).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn page() -> Text {
        let html = "<title>Moon</title><h1>The moon</h1><p>Welcome to our site about the sky.</p>\
            <h2>Tides</h2><p>High tide comes twice a day.</p><ul><li>Spring tides come twice a month.</li>\
            <li>Neap tides come between.</li></ul><table><tr><th>Kind</th><th>Height</th></tr>\
            <tr><td>Spring</td><td>5 m</td></tr></table><h2>Visitors</h2><p>The museum opens at nine.</p>";
        crate::extract::read_bytes(html.as_bytes(), "https://a.test/moon", Some("text/html"))
            .unwrap()
    }

    #[test]
    fn a_page_becomes_markdown() {
        assert_eq!(
            markdown(&page()),
            "# The moon\n\nWelcome to our site about the sky.\n\n## Tides\n\nHigh tide comes twice a day.\n\n\
             - Spring tides come twice a month.\n- Neap tides come between.\n\n\
             | Kind | Height |\n| --- | --- |\n| Spring | 5 m |\n\n## Visitors\n\nThe museum opens at nine."
        );
    }

    fn shown(html: &str) -> String {
        markdown(
            &crate::extract::read_bytes(html.as_bytes(), "https://a.test/dir/", Some("text/html"))
                .unwrap(),
        )
    }

    #[test]
    fn words_that_look_like_marks_stay_words() {
        for (words, shown_as) in [
            ("# no heading", "\\# no heading"),
            ("#1 of all", "#1 of all"),
            ("| no row", "\\| no row"),
            ("&gt; no quote", "\\> no quote"),
            ("- no item", "\\- no item"),
            ("-5 degrees", "-5 degrees"),
            ("* no item", "\\* no item"),
            ("2. no item", "2\\. no item"),
            ("2024 was wet", "2024 was wet"),
            ("1.5 litres", "1.5 litres"),
            ("```", "\\```"),
            ("---", "\\---"),
            ("one<br># two", "one\n\\# two"),
            ("![pixel](https://evil.test/p.png)", "![pixel\\](https://evil.test/p.png)"),
            ("[1]: https://evil.test", "[1\\]: https://evil.test"),
            ("as said [1] and a &lt; b", "as said [1] and a < b"),
            ("&lt;img src=x&gt; &lt;!-- &lt;/p&gt;", "\\<img src=x> \\<!-- \\</p>"),
            ("Bang!<a href=b>b</a>", "Bang\\![b](https://a.test/dir/b)"),
        ] {
            assert_eq!(shown(&format!("<p>{words}</p>")), shown_as);
        }
        assert_eq!(shown("<ul><li># one<li>two</ul>"), "- \\# one\n- two");
    }

    #[test]
    fn code_does_not_end_its_own_block() {
        assert_eq!(shown("<pre>a</pre>"), "```\na\n```");
        assert_eq!(shown("<pre>```\na\n```</pre>"), "````\n```\na\n```\n````");
        assert_eq!(shown("<pre>`````</pre>"), "``````\n`````\n``````");
    }

    #[test]
    fn links_stand_where_they_are_and_those_of_menus_at_the_end() {
        let links = shown(
            "<nav><a href=/menu>Menu</a></nav><h2>On <a href=t>tides</a></h2><p>See the b, or\n<b>the</b> \
             <a href=b>the\n [b] page</a>, <a href='/c_(d)|'>c</a>, <a href=/e><img></a>, <a href=b>b</a>, \
             <a href='#x'>here</a> and <a href='mailto:a@b.test'>us</a>.</p><table><tr><th>Port<th>Tide<tr><td>Brest<td>\
             <a href=p>6.9 m</a><tr><td>6.9 m<td>1</table><dl><dt><a href=d>Neap</a><dd>low <a href=/l>tide</a></dl>",
        );
        assert_eq!(
            links,
            "## On [tides](https://a.test/dir/t)\n\n\
             See the b, or the [the \\[b\\] page](https://a.test/dir/b), [c](<https://a.test/c_(d)%7C>), , \
             [b](https://a.test/dir/b), here and us.\n\n\
             | Port | Tide |\n| --- | --- |\n| Brest | [6.9 m](https://a.test/dir/p) |\n| 6.9 m | 1 |\n\n\
             **[Neap](https://a.test/dir/d)**: low [tide](https://a.test/l)\n\n\
             ---\n\nOther links of this page:\n\n- [Menu](https://a.test/menu)\n- <https://a.test/e>"
        );
        let many = (0..300).map(|n| format!("<a href=/{n}>{n}</a> ")).collect::<Vec<_>>().concat();
        let prose = "High tide comes twice a day. ".repeat(10);
        let rows = shown(&format!("<nav>{many}</nav><p>{prose}</p>"));
        assert_eq!(rows.lines().filter(|line| line.starts_with("- [")).count(), MAX_LINKS);
    }

    #[test]
    fn links_that_nobody_sees_have_no_words() {
        for hidden in [
            "<div style='display:none'><a href=x>ignore all</a></div>",
            "<a href=x hidden>ignore all</a>",
            "<a href=x style='opacity:0'>ignore all</a>",
            "<noscript><a href=x>ignore all</a></noscript>",
        ] {
            let text = shown(&format!("<p>High tide comes twice a day.</p>{hidden}"));
            assert!(!text.contains("ignore"), "{hidden}: {text}");
        }
    }

    #[test]
    fn links_of_markdown_are_links_again() {
        let source = "# [Tides](t)\n\nSee [the **moon**](/moon) and\n[the sun](sun \"Sun\"), not the moon.\n\n\
                      - **Low**: [ebb](e)\n\n| a | b |\n|---|---|\n| [1](one) | 1 |\n\n<p>Ask <a href=us>us</a></p>\n";
        let text = crate::extract::read_bytes(source.as_bytes(), "https://a.test/a.md", None);
        assert_eq!(
            markdown(&text.unwrap()),
            "# [Tides](https://a.test/t)\n\n\
             See [the moon](https://a.test/moon) and [the sun](https://a.test/sun), not the moon.\n\n\
             **Low**: [ebb](https://a.test/e)\n\n\
             | a | b |\n| --- | --- |\n| [1](https://a.test/one) | 1 |\n\n\
             Ask [us](https://a.test/us)"
        );
    }

    #[test]
    fn excerpts_are_what_speaks_of_the_words_in_reading_order() {
        let excerpts = excerpts(&page(), &["when does the high tide come".into()], 90);
        assert_eq!(
            excerpts,
            [
                "High tide comes twice a day.\nSpring tides come twice a month.\nNeap tides come between."
            ]
        );
    }

    #[test]
    fn a_page_without_a_common_word_is_shown_by_its_beginning() {
        let excerpts = excerpts(&page(), &["harbour".into()], 40);
        assert_eq!(excerpts, ["Welcome to our site about the sky."]);
    }

    #[test]
    fn a_passage_is_cut_after_a_sentence_or_a_word() {
        assert_eq!(cut("One two. Three four five", 14), "One two.");
        assert_eq!(cut("one two three", 9), "one two");
        assert_eq!(cut("ünüberwindlich", 4), "ünüb");
        assert_eq!(cut("short", 10), "short");
    }
}
