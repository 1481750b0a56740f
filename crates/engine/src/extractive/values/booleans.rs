//! Yes or no: cells that say it, and the polarity of sentences.

use super::super::words::{Token, tokens};

const YES: [&str; 12] = [
    "yes",
    "true",
    "y",
    "✓",
    "✔",
    "✅",
    "supported",
    "available",
    "enabled",
    "included",
    "required",
    "on",
];
const NO: [&str; 16] = [
    "no",
    "false",
    "n",
    "✗",
    "✘",
    "❌",
    "×",
    "none",
    "unsupported",
    "not supported",
    "unavailable",
    "not available",
    "disabled",
    "not included",
    "not required",
    "off",
];

/// What a cell or the value of a key says as a whole, or with its first word (`Yes (since 3.1)`).
pub fn of_cell(text: &str) -> Option<bool> {
    let lower = text.trim().trim_end_matches('.').to_lowercase();
    let says = |list: &[&str], words: &str| list.contains(&words);
    if says(&YES, &lower) {
        return Some(true);
    }
    if says(&NO, &lower) {
        return Some(false);
    }
    let end = lower.find([' ', ',', ';', '(', '.', ':', '—', '–']).unwrap_or(lower.len());
    match &lower[..end] {
        "yes" | "true" | "✓" | "✔" | "✅" => Some(true),
        "no" | "false" | "✗" | "✘" | "❌" => Some(false),
        _ => None,
    }
}

const NEGATIONS: [&str; 22] = [
    "not",
    "no",
    "never",
    "neither",
    "nor",
    "without",
    "cannot",
    "can't",
    "doesn't",
    "don't",
    "isn't",
    "aren't",
    "won't",
    "wasn't",
    "didn't",
    "unable",
    "unsupported",
    "lacks",
    "lack",
    "longer",
    "fails",
    "impossible",
];

/// Whether what stands at `cue` (a range of bytes) is denied by the words before it in its clause.
pub fn is_denied(sentence: &str, cue: &std::ops::Range<usize>) -> bool {
    let tokens: Vec<Token> = tokens(sentence);
    let clause = clause_start(sentence, cue.start);
    let inside = |token: &&Token| token.span.start >= clause && token.span.start < cue.end + 24;
    let count = tokens
        .iter()
        .filter(inside)
        .filter(|token| NEGATIONS.contains(&token.lower.as_str()))
        // Behind the cue only the words that directly follow it: “restart is not required”.
        .filter(|token| {
            token.span.start < cue.end || ends_near(sentence, cue.end, token.span.start)
        })
        .filter(|token| !(token.lower == "no" && sentence[token.span.end..].starts_with(" longer")))
        .filter(|token| !(token.lower == "not" && sentence[token.span.end..].starts_with(" only")))
        .count();
    count % 2 == 1
}

fn ends_near(sentence: &str, from: usize, to: usize) -> bool {
    !sentence[from..to].contains([',', ';', '.', '(', ':'])
}

/// Where the clause of a place begins: after the last comma, semicolon, bracket, or joining word.
fn clause_start(sentence: &str, at: usize) -> usize {
    let head = &sentence[..at];
    let mut after_sign = head.rfind([';', ':', '(', ',']).map_or(0, |index| index + 1);
    // “may not rent, lend or sublicense”: the comma separates links of one chain.
    while head[after_sign..].split_whitespace().count() <= 3
        && head[after_sign..].trim_end().ends_with(" or")
        && head[..after_sign].ends_with(',')
    {
        let before = head[..after_sign - 1].rfind([';', ':', '(', ',']);
        let start = before.map_or(0, |index| index + 1);
        let link = head[start..].trim_start().to_lowercase();
        if ["if ", "when ", "unless "].iter().any(|word| link.starts_with(word)) {
            break;
        }
        after_sign = start;
    }
    let after_word =
        [" but ", " although ", " because ", " while ", " if ", " unless ", " whereas "]
            .iter()
            .filter_map(|word| head.rfind(word).map(|index| index + word.len()))
            .max()
            .unwrap_or(0);
    after_sign.max(after_word)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cells_say_yes_or_no() {
        assert_eq!(of_cell("Yes (since 3.1)"), Some(true));
        assert_eq!(of_cell(" ✗ "), Some(false));
        assert_eq!(of_cell("Not supported."), Some(false));
        assert_eq!(of_cell("Northern"), None);
    }

    #[test]
    fn a_negation_counts_in_its_own_clause_only() {
        let denied = |sentence: &str, cue: &str| {
            let at = sentence.find(cue).unwrap();
            is_denied(sentence, &(at..at + cue.len()))
        };
        assert!(denied("It does not support writing.", "support"));
        assert!(!denied("It supports writing, but not reading.", "support"));
        assert!(denied("A restart is not required.", "restart"));
        assert!(!denied("If not set, a restart is required.", "restart"));
        assert!(denied("You may not rent, lend or sublicense it.", "sublicense"));
        assert!(!denied("If not told, rent or sublicense it.", "sublicense"));
    }
}
