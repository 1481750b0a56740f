//! A quote in its page: what stands around it, with the quote itself marked.

use domain::text::Span;

/// A line of a page; pieces that are quoted are marked.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct Line {
    pub(crate) pieces: Vec<Piece>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Piece {
    pub(crate) is_quoted: bool,
    pub(crate) text: String,
}

/// A piece of a page around one quote.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Passage {
    pub(crate) text: String,
    /// Where the quote stands in it.
    pub(crate) quote: Span,
}

/// The quote with about this many bytes before and behind it, cut where lines or words end.
pub(crate) fn around(body: &str, span: &Span, room: usize) -> Option<Passage> {
    body.get(span.clone())?;
    let floor = |at: usize| {
        (0..=at.min(body.len())).rev().find(|&at| body.is_char_boundary(at)).unwrap_or(0)
    };
    let mut from = floor(span.start.saturating_sub(room));
    let mut to = floor(span.end.saturating_add(room));
    if from > 0 {
        let before = &body[from..span.start];
        from += before.find('\n').or_else(|| before.find(' ')).map_or(before.len(), |at| at + 1);
    }
    if to < body.len() {
        let behind = &body[span.end..to];
        to = span.end + behind.rfind('\n').or_else(|| behind.rfind(' ')).unwrap_or(0);
    }
    let text = body[from..to].to_owned();
    Some(Passage { text, quote: span.start - from..span.end - from })
}

impl Passage {
    /// Its lines, without empty ones.
    pub(crate) fn lines(&self) -> Vec<Line> {
        let mut lines = Vec::new();
        let mut start = 0;
        for text in self.text.split_inclusive('\n') {
            let end = start + text.len();
            let cuts =
                [start, self.quote.start.clamp(start, end), self.quote.end.clamp(start, end), end];
            let mut line = Line::default();
            for (nth, ends) in cuts.windows(2).enumerate() {
                let piece = self.text[ends[0]..ends[1]].trim_end_matches('\n');
                if !piece.is_empty() {
                    line.pieces.push(Piece { is_quoted: nth == 1, text: piece.to_owned() });
                }
            }
            if line.pieces.iter().any(|piece| !piece.text.trim().is_empty()) {
                lines.push(line);
            }
            start = end;
        }
        lines
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_quote_over_two_lines_is_marked_in_both() {
        let body = "Before it.\nOne two\nthree four.\nBehind it.";
        let start = body.find("two").unwrap();
        let passage = around(body, &(start..start + "two\nthree".len()), 100).unwrap();
        let marked: Vec<String> = passage
            .lines()
            .iter()
            .flat_map(|line| line.pieces.iter().filter(|piece| piece.is_quoted))
            .map(|piece| piece.text.clone())
            .collect();
        assert_eq!(marked, ["two", "three"]);
        assert_eq!(passage.lines().len(), 4);
    }

    #[test]
    fn what_stands_around_is_cut_between_words() {
        let body = "öne two three four five six";
        let start = body.find("three").unwrap();
        let passage = around(body, &(start..start + 5), 6).unwrap();
        assert_eq!(passage.text, "two three four");
        assert_eq!(&passage.text[passage.quote], "three");
        assert_eq!(around(body, &(1..2), 6), None, "not on a border of characters");
    }
}
