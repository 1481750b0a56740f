//! What a single line is: `Key: value`, an item of a list, a rule.

/// Characters and words of what may be a key. `Date of the last change` is one, a sentence is not.
const MAX_KEY_CHARS: usize = 48;
const MAX_KEY_WORDS: usize = 6;

/// Key and value of `Key: value`.
///
/// The key begins with a letter or digit and reads as a name; addresses (`https://`) and times (`18:00`)
/// are no pairs.
pub(super) fn split_pair(line: &str) -> Option<(&str, &str)> {
    let line = line.trim();
    let (key, value) = line.split_once(':')?;
    let is_name = key.starts_with(char::is_alphanumeric)
        && key.contains(char::is_alphabetic)
        && key.chars().count() <= MAX_KEY_CHARS
        && key.split_whitespace().count() <= MAX_KEY_WORDS
        && !key.contains(['.', ',', ';', '!', '?', '"', '=', '{', '<', '`', '|']);
    let is_apart = value.starts_with(char::is_whitespace);
    let value = value.trim();
    (is_name && is_apart && !value.is_empty()).then_some((key.trim_end(), value))
}

/// The pairs of a paragraph in which every line is one; at least two.
pub(super) fn all_pairs<'a>(
    lines: impl Iterator<Item = &'a str>,
) -> Option<Vec<(&'a str, &'a str)>> {
    let pairs: Vec<_> =
        lines.filter(|line| !line.trim().is_empty()).map(split_pair).collect::<Option<_>>()?;
    (pairs.len() >= 2).then_some(pairs)
}

/// Depth and words of `- item`, `* item` or `1. item`. Depth 1 is not indented.
pub(super) fn split_item(line: &str) -> Option<(usize, &str)> {
    let words = line.trim_start();
    let indent = line.len() - words.len();
    let bullet = words
        .strip_prefix(['-', '*', '+', '•', '–'])
        .or_else(|| {
            let rest = words.trim_start_matches(|c: char| c.is_ascii_digit());
            (1..=3).contains(&(words.len() - rest.len())).then_some(rest)?.strip_prefix(['.', ')'])
        })?
        .strip_prefix([' ', '\t'])?;
    Some((1 + indent / 2, bullet.trim())).filter(|(_, words)| !words.is_empty())
}

/// The character of a line that consists of nothing else: `-----`, `=====`.
pub(super) fn rule(line: &str) -> Option<char> {
    let line = line.trim();
    let first = line.chars().next().filter(|c| "=-~^\"*+#_'.:`".contains(*c))?;
    (line.len() >= 3 && line.chars().all(|c| c == first)).then_some(first)
}

/// What a bold beginning defines: `**Term:** text`, `**Term** – text`, `**Question?** answer`. `lead` is the length of the bold
/// part in bytes. Tells the term, what stands between, and the meaning.
pub(super) fn split_lead(raw: &str, lead: usize) -> Option<(&str, &'static str, &str)> {
    let (bold, rest) = (raw.get(..lead)?.trim(), raw.get(lead..)?.trim());
    if bold.chars().count() > MAX_KEY_CHARS * 2 {
        return None;
    }
    let (term, between, meaning) = if let Some(term) = bold.strip_suffix(':') {
        (term, ": ", rest)
    } else if bold.ends_with('?') {
        (bold, " ", rest)
    } else if let Some(meaning) = rest.strip_prefix(':') {
        (bold, ": ", meaning)
    } else if let Some(meaning) = rest.strip_prefix(['–', '—']) {
        (bold, " – ", meaning)
    } else {
        (bold, " - ", rest.strip_prefix("- ")?)
    };
    let is_whole = !term.trim().is_empty() && !meaning.trim().is_empty();
    is_whole.then_some((term.trim(), between, meaning.trim()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pair_has_a_name_for_a_key() {
        assert_eq!(split_pair("Rated power: 50 kW"), Some(("Rated power", "50 kW")));
        assert_eq!(split_pair("https://example.org"), None);
        assert_eq!(split_pair("18:00 to 20:50"), None);
        assert_eq!(split_pair("He said, after a while: no"), None);
        assert_eq!(split_pair("Empty:"), None);
    }

    #[test]
    fn items_and_rules_are_known_by_their_first_character() {
        assert_eq!(split_item("  - two deep"), Some((2, "two deep")));
        assert_eq!(split_item("12. twelve"), Some((1, "twelve")));
        assert_eq!(split_item("2019. A year"), None);
        assert_eq!(split_item("--amend"), None);
        assert_eq!(rule("-----"), Some('-'));
        assert_eq!(rule("--a--"), None);
    }

    #[test]
    fn a_bold_beginning_defines_what_follows() {
        assert_eq!(split_lead("Term: text", 5), Some(("Term", ": ", "text")));
        assert_eq!(split_lead("Term — text", 4), Some(("Term", " – ", "text")));
        assert_eq!(split_lead("Why? Because", 4), Some(("Why?", " ", "Because")));
        assert_eq!(split_lead("Very important text", 14), None);
    }
}
