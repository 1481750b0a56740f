//! Columns out of one sentence: “find the CEO and the founding year of each company”.

use crate::fields;

/// What a sentence asks for, as far as rules can tell.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Intent {
    /// What a row is, in one word: `company`. `None` where the sentence does not say.
    pub row: Option<String>,
    /// Fields in the plain words that [`fields::schema_from_words`] reads; at least one.
    pub fields: String,
    /// Whether the sentence could not be taken apart and stands as one field.
    pub is_whole: bool,
}

/// What stands before the things that are wanted.
const OPENINGS: [&str; 24] = [
    "please ",
    "can you ",
    "could you ",
    "i want to ",
    "i would like to ",
    "i need to ",
    "i want ",
    "i need ",
    "find out ",
    "find ",
    "get ",
    "give me ",
    "tell me ",
    "determine ",
    "identify ",
    "list ",
    "look up ",
    "research ",
    "extract ",
    "add ",
    "fill in ",
    "what is ",
    "what are ",
    "who is ",
];
/// What stands between the things that are wanted and the thing they are wanted of.
const LINKS: [&str; 10] = [
    " for each of the ",
    " of each of the ",
    " for every ",
    " of every ",
    " for each ",
    " of each ",
    " for these ",
    " of these ",
    " for the following ",
    " of the following ",
];
const ARTICLES: [&str; 5] = ["the ", "its ", "their ", "a ", "an "];
/// A longer piece is a sentence, not a column.
const MAX_WORDS: usize = 6;

/// Reads a sentence, or fields that are written as such already. `None` for one without a word.
pub fn read(text: &str) -> Option<Intent> {
    let text = text.trim().trim_end_matches(['.', '?', '!']);
    if !text.chars().any(char::is_alphanumeric) {
        return None;
    }
    if text.contains(':') && fields::schema_from_words(text).is_ok() {
        return Some(Intent { row: None, fields: text.to_owned(), is_whole: false });
    }
    let (rest, row) = without_row(text);
    let rest = without_openings(rest);
    let mut names: Vec<String> = Vec::new();
    for piece in rest.replace(" and ", ", ").replace(" as well as ", ", ").split([',', ';', '\n']) {
        let piece = without_articles(piece.trim());
        if !piece.is_empty() && !names.iter().any(|known| known.eq_ignore_ascii_case(piece)) {
            names.push(piece.to_owned());
        }
    }
    let is_column = |name: &String| name.split_whitespace().count() <= MAX_WORDS;
    let fields = names.join("; ");
    if names.iter().all(is_column) && fields::schema_from_words(&fields).is_ok() {
        return Some(Intent { row, fields, is_whole: false });
    }
    let whole = text.replace([';', '\n', ':'], ",");
    Some(Intent { row, fields: format!("answer: {whole}"), is_whole: true })
}

/// Cuts off “for each company”, behind or in front, and gives the word for a row.
fn without_row(text: &str) -> (&str, Option<String>) {
    let lower = text.to_lowercase();
    if lower.len() != text.len() {
        return (text, None);
    }
    for link in LINKS {
        if let Some(at) = lower.find(link) {
            return (&text[..at], row_word(&lower[at + link.len()..]));
        }
        let opening = link.trim_start();
        if let Some(rest) = lower.strip_prefix(opening)
            && let Some((row, after)) = row_in_front(rest)
        {
            return (text[opening.len() + after..].trim_start(), row_word(row));
        }
    }
    (text, None)
}

/// `company, find …`, `company: …` and `company find …`: the words of the row, and where what is wanted begins.
fn row_in_front(rest: &str) -> Option<(&str, usize)> {
    let sign = rest.find([',', ':']).map(|at| (at, at + 1));
    let opening = OPENINGS.iter().filter_map(|opening| {
        let at = rest.find(&format!(" {opening}"))?;
        Some((at, at + 1))
    });
    let (end, after) = opening.chain(sign).min()?;
    Some((&rest[..end], after))
}

/// `companies in the list` → `company`
fn row_word(words: &str) -> Option<String> {
    let word: String =
        words.split_whitespace().next()?.chars().filter(|c| c.is_alphanumeric()).collect();
    let single = if let Some(stem) = word.strip_suffix("ies") {
        format!("{stem}y")
    } else if word.ends_with("ss") {
        word
    } else {
        word.trim_end_matches('s').to_owned()
    };
    (!single.is_empty()).then_some(single)
}

fn without_openings(mut text: &str) -> &str {
    loop {
        let lower = text.to_lowercase();
        let opening = OPENINGS.iter().find(|opening| lower.starts_with(*opening));
        match opening.and_then(|opening| text.get(opening.len()..)) {
            Some(rest) => text = rest,
            None => return text,
        }
    }
}

fn without_articles(text: &str) -> &str {
    let lower = text.to_lowercase();
    let article = ARTICLES.iter().find(|article| lower.starts_with(*article));
    article.and_then(|article| text.get(article.len()..)).unwrap_or(text).trim()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fields_of(text: &str) -> (String, Option<String>, bool) {
        let intent = read(text).unwrap();
        (intent.fields, intent.row, intent.is_whole)
    }

    #[test]
    fn a_sentence_is_taken_apart_into_columns_and_the_thing_of_a_row() {
        let expected = ("CEO; founding year".to_owned(), Some("company".to_owned()), false);
        assert_eq!(fields_of("Find the CEO and the founding year of each company."), expected);
        assert_eq!(fields_of("For each company, find the CEO and its founding year"), expected);
        let found = fields_of(
            "For each company find the year founded, number of employees, CEO and whether it is public",
        );
        let fields = "year founded; number of employees; CEO; whether it is public";
        assert_eq!(found, (fields.into(), Some("company".into()), false));
        assert_eq!(
            fields_of("get price, weight and launch date for these products"),
            ("price; weight; launch date".into(), Some("product".into()), false)
        );
    }

    #[test]
    fn fields_that_are_written_as_such_stay() {
        let text = "founded: year it was founded; ceo: its chief";
        assert_eq!(fields_of(text), (text.into(), None, false));
    }

    #[test]
    fn what_cannot_be_taken_apart_is_one_field() {
        let text =
            "Why do people who live near the coast of that country tend to move inland later";
        assert_eq!(fields_of(text), (format!("answer: {text}"), None, true));
        assert_eq!(read(" ?! "), None);
    }
}
