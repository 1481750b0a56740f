//! A text in pieces: its parts, each light enough for a page, and in a part what is cited and what is not.

use std::collections::BTreeSet;

use domain::text::Span;

/// Longest part of a text that one page shows, in bytes: with its style and marks it stays under 150 kB.
const PART: usize = 48_000;
/// A part ends with a line that ends so near to its longest end, else between two characters.
const LINE: usize = 8_000;

/// A stretch of the text that is cited as a whole or not at all.
#[derive(Debug, PartialEq)]
pub(super) struct Piece {
    pub(super) anchors: Vec<String>,
    pub(super) is_cited: bool,
    pub(super) text: String,
}

/// Where each part of a text begins; there is always one.
pub(super) fn starts(body: &str) -> Vec<usize> {
    let mut starts = vec![0];
    let mut at = 0;
    while let Some(end) = end_of_part(body, at) {
        starts.push(end);
        at = end;
    }
    starts
}

/// The part, from 1, that holds this byte.
pub(super) fn part_of(body: &str, byte: usize) -> usize {
    let (mut part, mut at) = (1, 0);
    while let Some(end) = end_of_part(body, at).filter(|end| *end <= byte) {
        part += 1;
        at = end;
    }
    part
}

/// Where the part ends that begins here; nothing where it is the last.
fn end_of_part(body: &str, start: usize) -> Option<usize> {
    let longest = start + PART;
    if longest >= body.len() {
        return None;
    }
    let floor = |at: usize| (start..=at).rev().find(|at| body.is_char_boundary(*at));
    let (end, near) = (floor(longest)?, floor(longest - LINE)?);
    Some(body[near..end].rfind('\n').map_or(end, |line| near + line + 1))
}

/// The name of the place of a quote.
pub(super) fn anchor(span: &Span) -> String {
    format!("s{}-{}", span.start, span.end)
}

/// Cuts a part of the text at the ends of all spans, which may overlap. A quote that began in the part before is marked
/// on, without an anchor.
pub(super) fn pieces(body: &str, part: &Span, spans: &[Span]) -> Vec<Piece> {
    let is_inside = |span: &Span| span.start < part.end && span.end > part.start;
    let sound: Vec<&Span> = spans
        .iter()
        .filter(|span| is_inside(span) && body.get((*span).clone()).is_some())
        .collect();
    let ends = sound.iter().flat_map(|span| [span.start, span.end]);
    let mut cuts: BTreeSet<usize> = ends.filter(|at| part.contains(at)).collect();
    cuts.extend([part.start, part.end]);
    let cuts: Vec<usize> = cuts.into_iter().collect();
    let mut sorted = sound;
    sorted.sort_by_key(|span| span.start);
    let (mut next, mut cited_to) = (0, 0);
    while let Some(span) = sorted.get(next).filter(|span| span.start < part.start) {
        cited_to = cited_to.max(span.end);
        next += 1;
    }
    let mut pieces = Vec::new();
    for ends in cuts.windows(2) {
        let mut anchors = Vec::new();
        while let Some(span) = sorted.get(next).filter(|span| span.start == ends[0]) {
            anchors.push(anchor(span));
            cited_to = cited_to.max(span.end);
            next += 1;
        }
        let text = body.get(ends[0]..ends[1]).unwrap_or_default().to_owned();
        pieces.push(Piece { anchors, is_cited: cited_to > ends[0], text });
    }
    pieces
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn overlapping_quotes_are_marked_once_and_each_has_its_anchor() {
        let marked: Vec<(String, bool, usize)> = pieces("abcdef", &(0..6), &[1..4, 2..5])
            .into_iter()
            .map(|piece| (piece.text, piece.is_cited, piece.anchors.len()))
            .collect();
        let expected =
            [("a", false, 0), ("b", true, 1), ("cd", true, 1), ("e", true, 0), ("f", false, 0)];
        assert_eq!(
            marked,
            expected.map(|(text, cited, anchors)| (text.to_owned(), cited, anchors))
        );
    }

    #[test]
    fn a_span_that_does_not_fit_the_text_is_passed_over() {
        let whole = pieces("äb", &(0..3), &[1..2, 0..99]);
        assert_eq!(whole.len(), 1);
        assert!(!whole[0].is_cited);
    }

    #[test]
    fn a_quote_over_the_end_of_a_part_is_marked_in_both_and_has_one_anchor() {
        let spans = [2..4, 5..6];
        let shown = |part: Span| -> Vec<(String, bool, usize)> {
            let pieces = pieces("abcdef", &part, &spans).into_iter();
            pieces.map(|piece| (piece.text, piece.is_cited, piece.anchors.len())).collect()
        };
        assert_eq!(shown(0..3), [("ab".into(), false, 0), ("c".into(), true, 1)]);
        assert_eq!(
            shown(3..6),
            [("d".into(), true, 0), ("e".into(), false, 0), ("f".into(), true, 1)]
        );
    }

    #[test]
    fn parts_are_cut_at_lines_and_hold_the_whole_text() {
        let body = "öl und wasser\n".repeat(12_000);
        let starts = starts(&body);
        assert!(starts.len() > 3 && starts[0] == 0, "{starts:?}");
        assert!(starts.windows(2).all(|pair| pair[1] - pair[0] <= PART));
        assert!(starts.iter().skip(1).all(|at| body[..*at].ends_with('\n')));
        assert_eq!((part_of(&body, 0), part_of(&body, starts[1] - 1)), (1, 1));
        assert_eq!((part_of(&body, starts[1]), part_of(&body, body.len())), (2, starts.len()));
        assert_eq!(super::starts("short"), [0]);
        assert!(super::starts(&"ö".repeat(PART)).len() > 1, "a text without lines is cut as well");
    }
}
