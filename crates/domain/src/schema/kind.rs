//! Which kind a field is of, by its name and description.

use super::{FieldKind, Shape};

/// Words that ask for an opinion, and words that ask for prose.
const JUDGING: [&str; 26] = [
    "sentiment",
    "verdict",
    "rate the",
    "classify",
    "is it true",
    "fact check",
    "best match",
    "relevance",
    "fit for",
    "how well",
    "likelihood",
    "tone of",
    "entity match",
    "same entity",
    "are the same",
    "is the same",
    "claim true",
    "claim is true",
    "claim correct",
    "claim is correct",
    "claim holds",
    "claim is supported",
    "statement true",
    "statement is true",
    "statement correct",
    "statement is correct",
];
const WRITING: [&str; 20] = [
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
    "better listing",
    "listing text",
    "better title",
    "better text",
    "better description",
    "improved listing",
    "improved title",
    "improved text",
    "improved description",
    "ad copy",
];
/// Words before “rating” that leave it an opinion: a “flow rating” is a property.
const OF_OPINION: [&str; 12] =
    ["a", "an", "the", "my", "your", "our", "overall", "own", "quality", "review", "risk", "user"];
/// What has a score by its rules.
const CONTESTS: [&str; 10] = [
    "final",
    "semifinal",
    "game",
    "match",
    "half",
    "playoff",
    "fixture",
    "tournament",
    "derby",
    "cup",
];

pub(super) fn inferred_kind(name: &str, description: &str, shape: &Shape) -> FieldKind {
    let words = format!("{} {}", name.replace(['_', '-'], " "), description).to_lowercase();
    let says = |list: &[&str]| list.iter().any(|word| words.contains(word));
    let rates =
        asks_for_a_rating(&description.to_lowercase()) || asks_for_a_rating(&name.to_lowercase());
    if says(&JUDGING) || rates || asks_for_a_score(&words) {
        FieldKind::Judged
    } else if matches!(shape, Shape::Text(None) | Shape::Any) && says(&WRITING) {
        FieldKind::Written
    } else {
        FieldKind::Found
    }
}

/// “rating of the service”, but not “flow rating of the pump”.
fn asks_for_a_rating(words: &str) -> bool {
    words.match_indices("rating of").any(|(at, _)| {
        let before = words[..at].trim_end();
        let last = before.rsplit(|c: char| !c.is_alphanumeric()).next().unwrap_or_default();
        let is_word = words[..at].is_empty() || words[..at].ends_with(' ');
        is_word && (last.is_empty() || OF_OPINION.contains(&last))
    })
}

/// “score from 1 to 5”, but not “score of the 2024 final”.
fn asks_for_a_score(words: &str) -> bool {
    let of_contest = words.split_once("score of the ").is_some_and(|(_, what)| {
        let mut named = what.split(|c: char| !c.is_alphanumeric()).take(4);
        named.any(|word| CONTESTS.contains(&word))
    });
    words.contains("score") && !of_contest
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_kind_is_told_by_what_is_asked_for() {
        let cases = [
            ("match", "whether a and b are the same company (entity match)", FieldKind::Judged),
            ("x", "entity match of a and b", FieldKind::Judged),
            ("verified", "is the claim true", FieldKind::Judged),
            ("lead", "score from 1 to 5", FieldKind::Judged),
            ("stars", "rating of the service", FieldKind::Judged),
            ("flow", "flow rating of the pump in l/min", FieldKind::Found),
            ("result", "score of the 2024 final", FieldKind::Found),
            ("founded", "year it was founded", FieldKind::Found),
            ("listing", "a better listing text for the item", FieldKind::Written),
            ("about", "summary in two sentences", FieldKind::Written),
        ];
        for (name, description, kind) in cases {
            assert_eq!(inferred_kind(name, description, &Shape::Any), kind, "{description}");
        }
    }
}
