//! Finds a quote that a model gives in the text from which it says to have copied it.
//!
//! Models change what a reader does not see: kinds of quotation marks and dashes, spaces, line breaks, soft hyphens. What is
//! found is a span of the text as it stands; the model's own letters are never used.

use domain::text::{BlockKind, Span, Text};
use unicode_normalization::UnicodeNormalization as _;

use crate::extractive::words;
use crate::injected::is_invisible;

/// Letters that a quote needs: less is found anywhere.
const LEAST: usize = 4;
/// Bytes to which a quote may grow to whole sentences.
const WHOLE: usize = 420;

/// The span of a quote within a part of a text.
pub(super) fn find(text: &Text, within: &Span, quote: &str) -> Option<Span> {
    const MARKS: [char; 6] = ['"', '“', '”', '„', '«', '»'];
    let quote = quote.trim();
    // In quotation marks as a whole: they are the model's.
    let inner = quote.strip_prefix(MARKS).and_then(|rest| rest.strip_suffix(MARKS));
    let quote = inner.filter(|inner| !inner.contains(MARKS)).unwrap_or(quote);
    let wanted: Vec<char> = folded(quote).into_iter().map(|(c, _)| c).collect();
    if wanted.iter().filter(|c| c.is_alphanumeric()).count() < LEAST {
        return None;
    }
    let offered = folded(text.quote(within));
    let at = position(&offered, &wanted, |a, b| a == b)
        .or_else(|| position(&offered, &wanted, |a, b| lower(a) == lower(b)))?;
    let first = &offered[at].1;
    let last = &offered[at + wanted.len() - 1].1;
    Some(within.start + first.start..within.start + last.end)
}

/// Whether a place is only names of columns, which state nothing.
pub(super) fn is_header(text: &Text, span: &Span) -> bool {
    let holds = |index: usize| {
        let block = &text.blocks[index].span;
        block.start <= span.start && span.end <= block.end
    };
    let names = |block: &domain::text::Block| matches!(block.kind, BlockKind::Row { header: Some(header), .. } if holds(header));
    text.blocks.iter().any(names)
}

/// The quote with the rest of its sentences, or of its row: a reader should not have to guess what half of one means.
pub(super) fn whole(text: &Text, span: &Span) -> Span {
    let Some(block) = text
        .blocks
        .iter()
        .find(|block| block.span.start <= span.start && span.end <= block.span.end)
    else {
        return span.clone();
    };
    if matches!(block.kind, BlockKind::Row { .. } | BlockKind::Pair { .. }) {
        return if block.span.len() <= WHOLE { block.span.clone() } else { span.clone() };
    }
    let inner = text.quote(&block.span);
    let sentences = words::sentences(inner);
    let touches = |sentence: &&Span| {
        block.span.start + sentence.start < span.end && span.start < block.span.start + sentence.end
    };
    let (first, last) = (sentences.iter().find(touches), sentences.iter().rfind(touches));
    match (first, last) {
        (Some(first), Some(last)) => {
            let start = span.start.min(block.span.start + first.start);
            let end = span.end.max(block.span.start + last.end);
            if end - start <= WHOLE { start..end } else { span.clone() }
        }
        _ => span.clone(),
    }
}

/// A quote as models are shown it outside a fence: on one line, so that it cannot pass for the next one, without what nobody
/// sees, and not longer than this.
pub(super) fn shown(quote: &str, most_bytes: usize) -> String {
    let seen: String = quote.chars().filter(|c| !is_invisible(*c)).collect();
    let line = seen.split_whitespace().collect::<Vec<_>>().join(" ");
    super::asking::cut(&line, most_bytes).to_owned()
}

/// Each letter that counts, and the bytes that it stands for. White space is one space, however much there is.
fn folded(text: &str) -> Vec<(char, Span)> {
    let mut out: Vec<(char, Span)> = Vec::with_capacity(text.len());
    for (at, c) in text.char_indices() {
        let span = at..at + c.len_utf8();
        if c.is_whitespace() {
            if let Some((' ', last)) = out.last_mut() {
                last.end = span.end;
            } else {
                out.push((' ', span));
            }
            continue;
        }
        if is_invisible(c) {
            continue;
        }
        for folded in c.nfkc() {
            out.push((plain(folded), span.clone()));
        }
    }
    while out.last().is_some_and(|(c, _)| *c == ' ') {
        out.pop();
    }
    let blank = out.iter().take_while(|(c, _)| *c == ' ').count();
    out.drain(..blank);
    out
}

fn plain(c: char) -> char {
    match c {
        '‘' | '’' | '‚' | '‛' | '′' | '`' | '´' => '\'',
        '“' | '”' | '„' | '‟' | '″' | '«' | '»' => '"',
        '‐' | '‑' | '‒' | '–' | '—' | '―' | '−' | '﹘' | '－' => '-',
        '…' => '.',
        _ => c,
    }
}

fn lower(c: char) -> char {
    c.to_lowercase().next().unwrap_or(c)
}

fn position(
    offered: &[(char, Span)],
    wanted: &[char],
    is_same: impl Fn(char, char) -> bool,
) -> Option<usize> {
    offered.windows(wanted.len()).position(|window| {
        window.iter().zip(wanted).all(|((offered, _), wanted)| is_same(*offered, *wanted))
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::extractive::build;

    fn found(body: &str, quote: &str) -> Option<String> {
        let text = build::text("T", body);
        find(&text, &(0..text.body.len()), quote).map(|span| text.quote(&span).to_owned())
    }

    #[test]
    fn a_quote_is_found_although_marks_and_spaces_differ_and_is_given_as_it_stands() {
        let body = "It’s “open” – 10\u{a0}km  of\u{ad}fice space.";
        assert_eq!(
            found(body, "It's \"open\" - 10 km office").unwrap(),
            "It’s “open” – 10\u{a0}km  of\u{ad}fice"
        );
        assert_eq!(found(body, "it's \"OPEN\"").unwrap(), "It’s “open”");
    }

    #[test]
    fn what_does_not_stand_there_is_not_found() {
        let body = "The plant opened in 1998 and closed in 2004.";
        assert_eq!(found(body, "The plant opened in 1999"), None);
        assert_eq!(found(body, "The plant opened in 2004"), None);
        assert_eq!(found(body, "in"), None);
        assert_eq!(found(body, "The plant opened … closed in 2004."), None);
    }

    #[test]
    fn a_quote_grows_to_its_sentence() {
        let text = build::text("T", "The gate opens. It closes at noon. Boats wait.");
        let span = find(&text, &(0..text.body.len()), "closes at").unwrap();
        assert_eq!(text.quote(&whole(&text, &span)), "It closes at noon.");
    }

    #[test]
    fn a_quote_is_shown_on_one_line_and_without_hidden_letters() {
        assert_eq!(
            shown("It opened.\nE9 (x): It\u{200b} closed.", 99),
            "It opened. E9 (x): It closed."
        );
        assert_eq!(shown("It opened.", 4), "It o");
    }

    #[test]
    fn a_cell_grows_to_its_row() {
        let text = build::text("T", "| Town | People |\n| Ayford | 1200 |");
        let span = find(&text, &(0..text.body.len()), "1200").unwrap();
        assert!(text.quote(&whole(&text, &span)).contains("Ayford"));
        let head = find(&text, &(0..text.body.len()), "People").unwrap();
        assert!(is_header(&text, &head) && !is_header(&text, &span));
    }
}
