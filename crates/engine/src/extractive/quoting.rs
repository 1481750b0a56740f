//! How much is quoted with a unit, so that it can be read alone.

use domain::text::{BlockKind, Span};

use super::passages::{Shape, Unit};
use super::words;
use crate::ReadPage;

/// What is quoted for a unit: the sentence before it where it points back, the list that it announces.
pub(super) fn span(page: &ReadPage, unit: &Unit, before: Option<&Unit>) -> Span {
    with_list(page, unit.block, with_predecessor(page, unit, before))
}

/// "The types are:" brings the items behind it, if they are few.
fn with_list(page: &ReadPage, block: usize, span: Span) -> Span {
    const BYTES: usize = 700;
    let blocks = &page.text.blocks;
    let is_last = page.text.quote(&(span.end..blocks[block].span.end)).trim().is_empty();
    if !page.text.quote(&span).ends_with(':') || !is_last {
        return span;
    }
    let items = blocks[block + 1..].iter().take_while(|next| {
        let is_item = matches!(next.kind, BlockKind::ListItem { .. } | BlockKind::Code);
        is_item && next.under == blocks[block].under && next.span.end - span.start <= BYTES
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
