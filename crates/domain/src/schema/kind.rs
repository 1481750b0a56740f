//! Which kind a field is of, by its name and description.

use super::{FieldKind, Shape};

/// Words that ask for an opinion, and words that ask for prose.
const JUDGING: [&str; 14] = [
    "sentiment",
    "verdict",
    "rating of",
    "rate the",
    "score",
    "classify",
    "is it true",
    "fact check",
    "best match",
    "relevance",
    "fit for",
    "how well",
    "likelihood",
    "tone of",
];
const WRITING: [&str; 10] = [
    "summary",
    "summarize",
    "summarise",
    "write ",
    "rewrite",
    "describe",
    "draft",
    "explain",
    "in your own words",
    "compose",
];

pub(super) fn inferred_kind(name: &str, description: &str, shape: &Shape) -> FieldKind {
    let words = format!("{} {}", name.replace(['_', '-'], " "), description).to_lowercase();
    let says = |list: &[&str]| list.iter().any(|word| words.contains(word));
    if says(&JUDGING) {
        FieldKind::Judged
    } else if matches!(shape, Shape::Text(None) | Shape::Any) && says(&WRITING) {
        FieldKind::Written
    } else {
        FieldKind::Found
    }
}
