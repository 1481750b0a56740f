//! Which kind of thing answers a question, from its first words.

use super::words;

/// The kind of thing that answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Expects {
    Person,
    Place,
    Date,
    /// A condition or a date: "when is the log rotated".
    Occasion,
    Number,
    Reason,
    Method,
    Definition,
    /// Several things of a kind.
    List,
    Anything,
}

/// Reads the kind from the wh-word and its noun.
pub(super) fn expects(clause: &str) -> Expects {
    let lower = clause.to_lowercase();
    let has = |words: &[&str]| words.iter().any(|word| has_word(&lower, word));
    match () {
        () if asks_for_occasion(&lower) => Expects::Occasion,
        () if lower.starts_with("when ")
            || has(&[
                "what year",
                "which year",
                "what date",
                "which date",
                "since when",
                "founding year",
            ]) =>
        {
            Expects::Date
        }
        () if has(&[
            "how many",
            "how much",
            "how large",
            "how big",
            "how long",
            "how high",
            "how tall",
            "how far",
            "how old",
            "how fast",
            "how often",
            "how deep",
            "how heavy",
            "how wide",
            "what percentage",
            "what share",
            "what number",
            "what size",
            "what price",
            "what cost",
        ]) =>
        {
            Expects::Number
        }
        () if has(&["who", "whom", "whose"]) => Expects::Person,
        () if has(&[
            "where",
            "which country",
            "what country",
            "which city",
            "what city",
            "headquarters",
        ]) =>
        {
            Expects::Place
        }
        () if has(&["why", "reason", "reasons", "cause", "causes"]) => Expects::Reason,
        () if has(&[
            "how do",
            "how does",
            "how can",
            "how to",
            "how should",
            "how is",
            "how are",
            "steps",
        ]) =>
        {
            Expects::Method
        }
        () if is_list(&lower) => Expects::List,
        () if has(NUMBER_NOUNS) => Expects::Number,
        () if is_definition(&lower) => Expects::Definition,
        () => Expects::Anything,
    }
}

/// "when does the log rotate", "when are values compressed": in the present tense, a condition answers as well
/// as a date; "when was", "when did" and "when Rome fell" ask for a date.
fn asks_for_occasion(lower: &str) -> bool {
    const PRESENT: [&str; 12] =
        ["is", "are", "do", "does", "can", "could", "should", "must", "may", "to", "will", "would"];
    let mut words = lower.split_whitespace();
    words.next() == Some("when") && words.next().is_some_and(|next| PRESENT.contains(&next))
}

/// "which index types", "list the", "what kinds of".
fn is_list(lower: &str) -> bool {
    let is_plural = |word: &str| {
        word.len() > 3 && word.ends_with('s') && !word.ends_with("ss") && !words::is_stop(word)
    };
    let words: Vec<&str> = lower.split_whitespace().collect();
    match words.as_slice() {
        ["list" | "name", ..] => true,
        // "what triggers a checkpoint" asks for no list of triggers.
        ["which" | "what", first, next, ..]
            if is_plural(first) && ["a", "an", "the", "this", "that", "its"].contains(next) =>
        {
            false
        }
        ["which" | "what", first, ..] if is_plural(first) => true,
        ["which" | "what", first, second, ..] => is_plural(second) && !words::is_stop(first),
        _ => false,
    }
}

/// "what is X", "define X", "what does X mean", and a bare name.
fn is_definition(lower: &str) -> bool {
    let content = words::terms(lower).len();
    if has_word(lower, "its") || has_word(lower, "their") {
        return false;
    }
    let asks = ["what is", "what are", "what's", "who is", "define", "meaning of", "was ist"];
    let asks_of_thing = ["what does ", "what do "].iter().any(|ask| lower.starts_with(ask));
    (asks_of_thing && (lower.ends_with(" do") || lower.contains(" mean")))
        || has_word(lower, "purpose")
        || (asks.iter().any(|ask| lower.starts_with(ask))
            && content <= 4
            && !lower.contains(" the "))
        || (content <= 2 && lower.chars().any(|c| c == '_' || c == '-'))
}

const NUMBER_NOUNS: &[&str] = &[
    "population",
    "revenue",
    "price",
    "cost",
    "costs",
    "fee",
    "salary",
    "height",
    "length",
    "weight",
    "percentage",
    "rate",
    "size",
    "capacity",
    "maximum",
    "minimum",
    "limit",
    "default value",
    "budget",
    "turnover",
    "distance",
    "speed",
    "temperature",
    "number of",
    "amount",
    "duration",
    "area",
    "depth",
];

/// Whether a word or phrase stands in a text, not as a part of another word.
pub(super) fn has_word(lower: &str, word: &str) -> bool {
    lower.match_indices(word).any(|(at, _)| {
        let before = lower[..at].chars().next_back();
        let after = lower[at + word.len()..].chars().next();
        let goes_on = |c: Option<char>| c.is_some_and(|c| c.is_alphanumeric() || c == '_');
        !goes_on(before) && !goes_on(after)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn when_asks_for_a_date_only_of_what_happened() {
        assert_eq!(expects("When was the bridge built"), Expects::Date);
        assert_eq!(expects("when Rome fell"), Expects::Date);
        assert_eq!(expects("When is the log rotated"), Expects::Occasion);
        assert_eq!(expects("How does the daemon decide when to start"), Expects::Method);
    }

    #[test]
    fn a_verb_behind_what_is_no_list() {
        assert_eq!(expects("What triggers a restart"), Expects::Anything);
        assert_eq!(expects("Which index types exist"), Expects::List);
    }
}
