//! Pages that go from one thing to the next: each under a heading of its own, all of them as high as the first.

use domain::text::{BlockKind, Text};

/// Words of headings that stand over a part of what a page is about, without a plural's s.
const SECTIONS: [&str; 43] = [
    "about",
    "u",
    "our",
    "company",
    "history",
    "contact",
    "product",
    "service",
    "team",
    "overview",
    "introduction",
    "term",
    "new",
    "career",
    "job",
    "management",
    "leadership",
    "financial",
    "result",
    "information",
    "detail",
    "pricing",
    "price",
    "feature",
    "support",
    "documentation",
    "getting",
    "started",
    "quick",
    "reference",
    "example",
    "note",
    "further",
    "see",
    "key",
    "fact",
    "figure",
    "location",
    "office",
    "customer",
    "partner",
    "technical",
    "specification",
];

/// The headings as high as the page's first that name something else: what stands below them is not about the thing that
/// the first one names, although the page begins with it. None where the first one does not name it. Headings are told by
/// the index of their block.
pub(super) fn of_others(
    text: &Text,
    names: &dyn Fn(usize) -> bool,
    mentions: &dyn Fn(usize) -> bool,
) -> Vec<usize> {
    let level = |index: usize| {
        if let BlockKind::Heading { level } = text.blocks[index].kind { Some(level) } else { None }
    };
    let mut headings = (0..text.blocks.len()).filter(|&index| level(index).is_some());
    let Some(first) = headings.next().filter(|&first| names(first)) else { return Vec::new() };
    let is_another = |&index: &usize| {
        level(index) == level(first)
            && !mentions(index)
            && is_name(text.block_text(&text.blocks[index]))
    };
    headings.filter(is_another).collect()
}

/// Whether a heading is a name of several words, and none of the usual ones of sections.
fn is_name(title: &str) -> bool {
    let words: Vec<&str> = title.split_whitespace().collect();
    let is_capital = |word: &&&str| word.starts_with(char::is_uppercase);
    let is_of_sections =
        |word: &&str| SECTIONS.contains(&word.to_lowercase().trim_end_matches('s'));
    words.len() > 1
        && words.iter().filter(is_capital).count() * 3 >= words.len() * 2
        && !words.iter().any(is_of_sections)
}
