//! The pieces of a text that are searched: up to about 200 words under one heading.

use std::ops::Range;

use domain::text::{BlockKind, Text};

/// Words after which a passage ends at the next border of blocks.
const FULL_WORDS: usize = 160;
/// Words beyond which a block begins a passage of its own rather than making the last one longer.
const MAX_WORDS: usize = 220;

#[derive(Debug, PartialEq, Eq)]
pub(super) struct Passage<'t> {
    /// The headings above, outermost first, without the title.
    pub(super) headings: Vec<&'t str>,
    pub(super) words: &'t str,
}

/// Cuts a text into passages. Headings are not part of the words of a passage, unless nothing follows them.
pub(super) fn cut(text: &Text) -> Vec<Passage<'_>> {
    let mut passages = Vec::new();
    let mut open: Option<(&[usize], Range<usize>, usize)> = None;
    for (index, block) in text.blocks.iter().enumerate() {
        if matches!(block.kind, BlockKind::Heading { .. }) {
            let is_bare =
                text.blocks.get(index + 1).is_none_or(|next| !next.under.contains(&index));
            if is_bare {
                close(text, open.take(), &mut passages);
                open = Some((&block.under, block.span.clone(), 1));
            }
            continue;
        }
        let words = text.block_text(block).split_whitespace().count();
        match &mut open {
            Some((under, span, count))
                if *under == block.under && *count < FULL_WORDS && *count + words <= MAX_WORDS =>
            {
                span.end = block.span.end;
                *count += words;
            }
            _ => {
                close(text, open.take(), &mut passages);
                open = Some((&block.under, block.span.clone(), words));
            }
        }
    }
    close(text, open, &mut passages);
    passages
}

fn close<'t>(
    text: &'t Text,
    open: Option<(&[usize], Range<usize>, usize)>,
    passages: &mut Vec<Passage<'t>>,
) {
    if let Some((under, span, _)) = open {
        let headings = under
            .iter()
            .filter_map(|&index| text.blocks.get(index))
            .map(|block| text.block_text(block))
            .filter(|heading| *heading != text.title)
            .collect();
        let words = text.body.get(span).unwrap_or_default();
        passages.push(Passage { headings, words });
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::extract;

    #[test]
    fn a_passage_ends_at_a_heading_or_when_it_is_full() {
        let long = "word ".repeat(150);
        let page =
            format!("# T\n\nintro\n\n## A\n\n{long}\n\n{long}\n\nlast\n\n## B\n\nshort\n\n## C\n");
        let text = extract::read_bytes(page.as_bytes(), "a.md", None).unwrap();
        let cut = cut(&text);
        let shape: Vec<_> = cut
            .iter()
            .map(|p| (p.headings.join("/"), p.words.split_whitespace().count()))
            .collect();
        let expected = [("", 1), ("A", 150), ("A", 151), ("B", 1), ("", 1)];
        assert_eq!(shape, expected.map(|(path, words)| (path.to_owned(), words)));
    }
}
