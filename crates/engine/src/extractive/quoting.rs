//! How much is quoted with a unit, so that it can be read alone.

use domain::text::{BlockKind, Span};

use super::passages::{Shape, Unit};
use super::words;
use crate::ReadPage;

/// Bytes of a sentence with the list that it announces.
const LIST: usize = 700;

/// What is quoted for a unit: the sentence before it where it points back, the list that it announces.
pub(super) fn span(page: &ReadPage, unit: &Unit, before: Option<&Unit>) -> Span {
    with_list(page, unit.block, with_predecessor(page, unit, before), LIST)
}

/// The quote with what stands around it in its paragraph or list, up to so many bytes: a paragraph that fits
/// whole, of a longer one the sentences behind and then before, and of a list what announces it.
pub(super) fn whole(page: &ReadPage, block: usize, span: &Span, most: usize) -> Span {
    let blocks = &page.text.blocks;
    match &blocks[block].kind {
        BlockKind::Paragraph | BlockKind::Quote => {
            let grown = with_sentences(page, &blocks[block].span, span, most);
            let grown = with_announced(page, block, grown, most);
            with_list(page, block, grown, most)
        }
        BlockKind::ListItem { .. } => {
            let grown = with_sentences(page, &blocks[block].span, span, most);
            with_siblings(page, block, &grown, most).unwrap_or(grown)
        }
        BlockKind::Definition { .. } => with_sentences(page, &blocks[block].span, span, most),
        BlockKind::Heading { .. }
        | BlockKind::Code
        | BlockKind::Row { .. }
        | BlockKind::Pair { .. } => span.clone(),
    }
}

/// As many neighbouring sentences of the block as fit: those behind first, for they explain.
fn with_sentences(page: &ReadPage, block: &Span, span: &Span, most: usize) -> Span {
    let text = page.text.quote(block);
    if span.start < block.start || span.end > block.end {
        return span.clone();
    }
    let sentences: Vec<Span> = words::sentences(text)
        .into_iter()
        .map(|inner| block.start + inner.start..block.start + inner.end)
        .collect();
    let mut grown = span.clone();
    for next in sentences.iter().filter(|next| next.start >= span.end) {
        if next.end - grown.start > most {
            break;
        }
        grown.end = next.end;
    }
    for before in sentences.iter().rev().filter(|before| before.end <= span.start) {
        if grown.end - before.start > most {
            break;
        }
        grown.start = before.start;
    }
    grown
}

/// A paragraph behind a line such as "The threshold is defined as:" begins with that line.
fn with_announced(page: &ReadPage, block: usize, span: Span, most: usize) -> Span {
    let blocks = &page.text.blocks;
    let above = block.checked_sub(1).map(|above| &blocks[above]).filter(|above| {
        matches!(above.kind, BlockKind::Paragraph)
            && above.under == blocks[block].under
            && page.text.block_text(above).trim_end().ends_with(':')
    });
    match above {
        Some(above)
            if span.start == blocks[block].span.start && span.end - above.span.start <= most =>
        {
            above.span.start..span.end
        }
        Some(_) | None => span,
    }
}

/// The line that announces a list, with all of its items; none where that is too long.
fn with_siblings(page: &ReadPage, block: usize, span: &Span, most: usize) -> Option<Span> {
    let blocks = &page.text.blocks;
    let is_sibling = |index: &usize| {
        matches!(blocks[*index].kind, BlockKind::ListItem { .. })
            && blocks[*index].under == blocks[block].under
    };
    let first = (0..block).rev().take_while(is_sibling).last().unwrap_or(block);
    let last = (block + 1..blocks.len()).take_while(is_sibling).last().unwrap_or(block);
    let announces = first.checked_sub(1).filter(|&above| {
        matches!(blocks[above].kind, BlockKind::Paragraph)
            && blocks[above].under == blocks[block].under
            && page.text.block_text(&blocks[above]).trim_end().ends_with(':')
    })?;
    let (start, end) = (blocks[announces].span.start, blocks[last].span.end);
    (end - start <= most && start <= span.start && span.end <= end).then_some(start..end)
}

/// "The types are:" brings the items behind it, if they are few.
fn with_list(page: &ReadPage, block: usize, span: Span, most: usize) -> Span {
    let blocks = &page.text.blocks;
    let is_last = page.text.quote(&(span.end..blocks[block].span.end)).trim().is_empty();
    if !page.text.quote(&span).ends_with(':') || !is_last {
        return span;
    }
    let items = blocks[block + 1..].iter().take_while(|next| {
        let is_item = matches!(next.kind, BlockKind::ListItem { .. } | BlockKind::Code);
        is_item && next.under == blocks[block].under && next.span.end - span.start <= most
    });
    items.last().map_or(span.clone(), |last| span.start..last.span.end)
}

/// A sentence that begins with "It" or "This" brings the one before it, if that stands in the same block.
fn with_predecessor(page: &ReadPage, unit: &Unit, before: Option<&Unit>) -> Span {
    const POINTS_BACK: [&str; 24] = [
        "it",
        "its",
        "this",
        "these",
        "that",
        "those",
        "they",
        "their",
        "he",
        "she",
        "his",
        "her",
        "such",
        "however",
        "then",
        "but",
        "also",
        "therefore",
        "otherwise",
        "thus",
        "both",
        "instead",
        "additionally",
        "here",
    ];
    let words = page.text.quote(&unit.span);
    let first =
        words::tokens(words).into_iter().next().map(|token| token.lower).unwrap_or_default();
    match before {
        Some(before)
            if unit.shape == Shape::Sentence
                && before.block == unit.block
                && before.words <= 45
                && POINTS_BACK.contains(&first.as_str()) =>
        {
            before.span.start..unit.span.end
        }
        Some(_) | None => unit.span.clone(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::extractive::build;

    fn quoted(lines: &str, block: usize, words: &str, most: usize) -> String {
        let page = build::page(1, "a.test", "T", lines);
        let start = page.text.body.find(words).expect("the words stand on the page");
        page.text.quote(&whole(&page, block, &(start..start + words.len()), most)).to_owned()
    }

    #[test]
    fn a_paragraph_that_fits_is_quoted_whole() {
        let lines = "The gate opens. It closes at noon. Boats wait.";
        assert_eq!(quoted(lines, 0, "It closes at noon.", 100), lines);
    }

    #[test]
    fn of_a_long_paragraph_the_sentences_behind_come_first() {
        let lines = "The gate opens. It closes at noon. Boats wait.";
        assert_eq!(quoted(lines, 0, "It closes at noon.", 32), "It closes at noon. Boats wait.");
    }

    #[test]
    fn an_item_brings_its_list_and_the_line_that_announces_it() {
        let lines = "The order is:\n- first the gate\n- then the lock\nBoats wait.";
        let all = "The order is:\nfirst the gate\nthen the lock";
        assert_eq!(quoted(lines, 2, "then the lock", 100), all);
        assert_eq!(quoted(lines, 2, "then the lock", 20), "then the lock");
    }
}
