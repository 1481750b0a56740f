//! Words, as roughly as a script needs them.

use std::collections::BTreeSet;

const STOP: [&str; 48] = [
    "when", "what", "which", "where", "does", "much", "many", "that", "this", "with", "from",
    "have", "were", "been", "there", "they", "their", "into", "about", "also", "more", "than",
    "will", "wann", "wird", "wurde", "werden", "viel", "viele", "eine", "einen", "einer", "sind",
    "oder", "nach", "auch", "mehr", "dass", "diese", "dieser", "durch", "over", "only", "could",
    "would", "made", "make", "ganz",
];
/// Letters by which words are compared: `opened` is `opening`.
const STEM: usize = 4;

/// Words of four letters and more that say something, in lower case.
pub(super) fn telling(text: &str) -> Vec<String> {
    let mut found: Vec<String> = Vec::new();
    for word in text.split(|c: char| !c.is_alphanumeric()) {
        let lower = word.to_lowercase();
        let is_long = lower.chars().count() >= STEM;
        if is_long && !STOP.contains(&lower.as_str()) && !found.contains(&lower) {
            found.push(lower);
        }
    }
    found
}

pub(super) fn stems(text: &str) -> BTreeSet<String> {
    telling(text).iter().map(|word| word.chars().take(STEM).collect()).collect()
}

/// Numbers as they are written, without what follows them.
pub(super) fn numbers(text: &str) -> Vec<&str> {
    let pieces = text.split(|c: char| !(c.is_ascii_digit() || ".,".contains(c)));
    let bare = pieces.map(|piece| piece.trim_matches(['.', ',']));
    bare.filter(|piece| piece.starts_with(|c: char| c.is_ascii_digit())).collect()
}

pub(super) fn years(text: &str) -> BTreeSet<&str> {
    numbers(text)
        .into_iter()
        .filter(|number| number.len() == 4 && number.bytes().all(|b| b.is_ascii_digit()))
        .collect()
}

/// Words whose full stop ends no sentence.
const SHORTENED: [&str; 4] = ["Ltd", "Inc", "Co", "No"];

/// Sentences of a line.
pub(super) fn sentences(line: &str) -> Vec<&str> {
    let mut found = Vec::new();
    let mut from = 0;
    let ends = line.match_indices(". ").map(|(at, _)| at + 1);
    let is_end = |at: usize| {
        let before = line[..at - 1].rsplit(' ').next().unwrap_or_default();
        let is_day = before.len() <= 2 && before.bytes().all(|b| b.is_ascii_digit());
        !is_day && !SHORTENED.contains(&before)
    };
    for at in ends.filter(|&at| is_end(at)).chain([line.len()]) {
        let sentence = line[from..at].trim();
        if !sentence.is_empty() {
            found.push(sentence);
        }
        from = at;
    }
    found
}

/// The clauses of a question.
pub(super) fn split_question(question: &str) -> Vec<String> {
    let question =
        question.trim_end_matches(['?', '.', ' ']).replace(", and ", ", ").replace(", und ", ", ");
    let clauses = question.split(", ").map(str::trim);
    let clauses: Vec<String> =
        clauses.filter(|clause| !telling(clause).is_empty()).map(str::to_owned).collect();
    if clauses.is_empty() { vec![question.clone()] } else { clauses }
}

/// The longest run of words with a capital, the first word of the question left out.
pub(super) fn subject(question: &str) -> String {
    let mut best: Vec<&str> = Vec::new();
    let mut run: Vec<&str> = Vec::new();
    for word in question.split_whitespace().skip(1) {
        let bare = word.trim_matches(|c: char| !c.is_alphanumeric());
        if bare.starts_with(char::is_uppercase) {
            run.push(bare);
            if run.len() > best.len() {
                best.clone_from(&run);
            }
        }
        if bare != word || !bare.starts_with(char::is_uppercase) {
            run.clear();
        }
    }
    best.join(" ")
}

/// A clause that says what it is about.
pub(super) fn with_subject(clause: &str, subject: &str) -> String {
    let mut chars = clause.chars();
    let upper: String =
        chars.next().into_iter().flat_map(char::to_uppercase).chain(chars).collect();
    if clause.contains(subject) { format!("{upper}?") } else { format!("{upper} ({subject})?") }
}

/// A few words of a clause, with a capital.
pub(super) fn heading(clause: &str) -> String {
    let words: Vec<&str> = clause
        .split_whitespace()
        .filter(|word| {
            let lower = word.to_lowercase();
            word.chars().count() >= STEM && !STOP.contains(&lower.as_str())
        })
        .take(4)
        .collect();
    let line = words.join(" ");
    let mut chars = line.chars();
    chars.next().into_iter().flat_map(char::to_uppercase).chain(chars).collect()
}

pub(super) fn language(question: &str) -> &'static str {
    const GERMAN: [&str; 8] = ["wann", "wie", "der", "die", "das", "und", "wer", "wo"];
    let words = question.split(|c: char| !c.is_alphanumeric()).map(str::to_lowercase);
    let german = words.filter(|word| GERMAN.contains(&word.as_str())).count();
    if german > 1 { "de" } else { "en" }
}

#[cfg(test)]
mod tests {
    use super::*;

    const QUESTION: &str = "When was the Sorrel Reach tidal plant opened, what did it cost, and how much does it produce?";

    #[test]
    fn a_question_is_split_at_its_commas() {
        let parts = split_question(QUESTION);
        assert_eq!(parts.len(), 3, "{parts:?}");
        assert_eq!(subject(QUESTION), "Sorrel Reach");
        assert_eq!(with_subject(&parts[1], "Sorrel Reach"), "What did it cost (Sorrel Reach)?");
        assert_eq!(language(QUESTION), "en");
        assert_eq!(language("Wann wurde das Werk eröffnet, und wie viel kostete es?"), "de");
    }

    #[test]
    fn sentences_end_where_they_end() {
        let line = "Nordwind Ltd. built it. It opened on 12. May 1998. It runs.";
        assert_eq!(sentences(line).len(), 3, "{:?}", sentences(line));
        assert_eq!(numbers("It cost 12.5 million, or 14,100 crowns."), ["12.5", "14,100"]);
    }
}
