//! Quotes as Markdown that does nothing: no links, images, markup or cells of its own.

use domain::text::{BlockKind, Span, Text};

use super::passages::Shape;
use super::rank::Found;

/// A verbatim text as inert Markdown on one line, at the beginning of a block. Only white space is
/// changed.
pub(crate) fn inert(text: &str) -> String {
    escaped(text, true)
}

/// The same behind other words, where a number or dash begins no list.
pub(crate) fn inline(text: &str) -> String {
    escaped(text, false)
}

fn escaped(text: &str, begins_block: bool) -> String {
    let line = text.split_whitespace().collect::<Vec<_>>().join(" ");
    let mut out = String::with_capacity(line.len() + 16);
    let mut before = None;
    let mut chars = line.char_indices().peekable();
    while let Some((at, c)) = chars.next() {
        let next = chars.peek().map(|&(_, next)| next);
        let is_inner = |c: Option<char>| c.is_some_and(char::is_alphanumeric);
        let is_special = match c {
            '\\' | '`' | '*' | '[' | ']' | '<' | '|' => true,
            // Inside a word an underscore means nothing.
            '_' => !(is_inner(before) && is_inner(next)),
            '~' => next == Some('~') || before == Some('~'),
            '&' => next.is_some_and(|next| next == '#' || next.is_ascii_alphabetic()),
            '#' | '>' | '+' | '-' | '=' => begins_block && at == 0,
            '.' | ')' => {
                let is_list =
                    begins_block && at > 0 && line[..at].bytes().all(|b| b.is_ascii_digit());
                (is_list && next.is_none_or(|next| next == ' '))
                    || line[..at].to_ascii_lowercase().ends_with("www")
            }
            ':' => line[at..].starts_with("://"),
            _ => false,
        };
        if is_special {
            out.push('\\');
        }
        out.push(c);
        before = Some(c);
    }
    out
}

/// A short text for a heading or a cell.
pub(crate) fn brief(text: &str, most: usize) -> String {
    let line = text.split_whitespace().collect::<Vec<_>>().join(" ");
    if line.chars().count() <= most {
        return inline(&line);
    }
    let cut: String = line.chars().take(most).collect();
    let cut = cut.rsplit_once(' ').map_or(cut.as_str(), |(head, _)| head);
    format!("{} …", inline(cut))
}

/// The words around a place, cut at both ends where they are long.
pub(super) fn around(text: &str, place: &Span, most: usize) -> String {
    if text.chars().count() <= most {
        return inline(text);
    }
    let room = most.saturating_sub(place.len()) / 2;
    let floor = |at: usize| (0..=at).rev().find(|&at| text.is_char_boundary(at)).unwrap_or(0);
    let mut from = floor(place.start.saturating_sub(room));
    let mut to = floor((place.end + room).min(text.len()));
    if from > 0 {
        from += text[from..place.start].find(' ').map_or(0, |space| space + 1);
    }
    if to < text.len() {
        to = place.end + text[place.end..to].rfind(' ').unwrap_or(to - place.end);
    }
    let start = if from > 0 { "… " } else { "" };
    let end = if to < text.len() { " …" } else { "" };
    format!("{start}{}{end}", inline(&text[from..to]))
}

/// A finding in a cell: a row with the names of its columns, a sentence around the place.
pub(super) fn cell(text: &Text, found: &Found, place: &Span, most: usize) -> String {
    match found.shape {
        Shape::Row => row(text, found),
        Shape::Sentence
        | Shape::Item
        | Shape::Definition
        | Shape::Pair
        | Shape::Data
        | Shape::Code => around(&found.quote, place, most),
    }
}

/// A finding, with its reference behind it. `indent` stands before each line but the first.
pub(super) fn finding(
    text: &Text,
    found: &Found,
    span: &Span,
    number: usize,
    indent: &str,
) -> String {
    match found.shape {
        Shape::Row => format!("{} [{number}]", row(text, found)),
        Shape::Code => code(text.quote(span), number, indent),
        Shape::Sentence | Shape::Item | Shape::Definition | Shape::Pair | Shape::Data => {
            passage(text, span, number, indent)
        }
    }
}

/// Blocks below each other; a defined term in bold.
pub(super) fn passage(text: &Text, span: &Span, number: usize, indent: &str) -> String {
    let mut lines: Vec<String> = Vec::new();
    for block in text.blocks.iter().filter(|b| b.span.start < span.end && span.start < b.span.end) {
        let from = block.span.start.max(span.start);
        let to = block.span.end.min(span.end);
        let line = match &block.kind {
            BlockKind::Definition { term, .. } if from <= term.start && term.end < to => {
                let rest = text.quote(&(term.end..to)).trim_start_matches([':', ' ', '\n', '\t']);
                format!("**{}** {}", inert(text.quote(term)), inert(rest))
            }
            BlockKind::Definition { .. }
            | BlockKind::Code
            | BlockKind::Heading { .. }
            | BlockKind::Paragraph
            | BlockKind::ListItem { .. }
            | BlockKind::Quote
            | BlockKind::Row { .. }
            | BlockKind::Pair { .. } => inert(text.quote(&(from..to))),
        };
        if !line.is_empty() {
            lines.push(line);
        }
    }
    if lines.is_empty() {
        lines.push(inert(text.quote(span)));
    }
    format!("{} [{number}]", lines.join(&format!("\n{indent}- ")))
}

fn code(quote: &str, number: usize, indent: &str) -> String {
    let longest = quote.split(|c| c != '`').map(str::len).max().unwrap_or(0);
    let fence = "`".repeat(longest.max(2) + 1);
    let lines = quote.lines().collect::<Vec<_>>().join(&format!("\n{indent}"));
    format!("{fence}text\n{indent}{lines}\n{indent}{fence}\n{indent}[{number}]")
}

/// `Column: cell; Column: cell`.
fn row(text: &Text, found: &Found) -> String {
    let Some(BlockKind::Row { cells, header, .. }) =
        text.blocks.get(found.block).map(|block| &block.kind)
    else {
        return inert(&found.quote);
    };
    let names: Vec<&str> = match header.map(|header| &text.blocks[header].kind) {
        Some(BlockKind::Row { cells, .. }) => cells.iter().map(|cell| text.quote(cell)).collect(),
        Some(_) | None => Vec::new(),
    };
    let filled = cells.iter().enumerate().filter(|(_, cell)| !text.quote(cell).trim().is_empty());
    let pieces: Vec<String> = filled
        .map(|(column, cell)| match names.get(column).filter(|name| !name.trim().is_empty()) {
            // The first column names the row.
            Some(_) if column == 0 => format!("**{}**", inert(text.quote(cell))),
            Some(name) => format!("*{}*: {}", inert(name), inert(text.quote(cell))),
            None => inert(text.quote(cell)),
        })
        .collect();
    match (pieces.as_slice(), names.is_empty()) {
        ([name, value], true) => format!("{}: {value}", name.trim_end_matches(':')),
        _ => pieces.join("; "),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_from_the_web_is_markup() {
        assert_eq!(
            inert("a [link](http://x.test) ![i](y) <b> `c` *d* | e"),
            "a \\[link\\](http\\://x.test) !\\[i\\](y) \\<b> \\`c\\` \\*d\\* \\| e"
        );
        assert_eq!(inert("# no heading"), "\\# no heading");
        assert_eq!(inert("1. no list\n  at all"), "1\\. no list at all");
        assert_eq!(inert("max_wal_size and _this_"), "max_wal_size and \\_this\\_");
        assert_eq!(inert("AT&amp;T &#60; see www.x.test"), "AT\\&amp;T \\&#60; see www\\.x.test");
    }

    #[test]
    fn a_number_behind_other_words_begins_no_list() {
        assert_eq!(inline("2. A brief history"), "2. A brief history");
    }

    #[test]
    fn a_long_text_is_cut_between_words_around_the_place() {
        let text = "one two three four five six seven eight nine ten";
        let at = text.find("five").unwrap();
        assert_eq!(around(text, &(at..at + 4), 24), "… four five six …");
        assert_eq!(brief(text, 12), "one two …");
    }
}
