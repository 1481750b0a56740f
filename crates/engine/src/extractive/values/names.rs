//! Proper names, by capital letters and by the words around them.

use domain::text::Span;

/// One word with its place.
struct Word<'a> {
    span: Span,
    text: &'a str,
}

fn words(text: &str) -> Vec<Word<'_>> {
    let is_part = |c: char| c.is_alphanumeric() || matches!(c, '\'' | '’' | '-' | '.' | '&');
    let mut found = Vec::new();
    let mut at = 0;
    while let Some(offset) = text[at..].find(char::is_alphanumeric) {
        let start = at + offset;
        let length = text[start..].find(|c| !is_part(c)).unwrap_or(text.len() - start);
        let raw = &text[start..start + length];
        // A full stop belongs to an initial or to `Inc.`; else it ends the sentence.
        let bare = raw.trim_end_matches(['.', '-', '\'', '’']);
        let keeps_dot = raw[bare.len()..].starts_with('.')
            && (bare.chars().count() == 1 || SHORT.contains(&bare));
        let kept = if keeps_dot { bare.len() + 1 } else { bare.len() };
        found.push(Word { span: start..start + kept, text: &raw[..kept] });
        at = start + length.max(1);
    }
    found
}

const SHORT: [&str; 12] =
    ["Inc", "Ltd", "Corp", "Co", "Dr", "Prof", "Mr", "Mrs", "Ms", "Jr", "Sr", "St"];
const TITLES: [&str; 8] = ["Dr", "Prof", "Mr", "Mrs", "Ms", "Professor", "Sir", "Dame"];
const PARTICLES: [&str; 12] =
    ["van", "von", "de", "der", "den", "da", "di", "la", "le", "bin", "al", "dos"];
const JOINERS: [&str; 9] = ["of", "the", "for", "and", "&", "de", "du", "des", "für"];
/// Words that begin sentences or name roles and are never part of a name.
const NOT_NAMES: [&str; 55] = [
    "The",
    "A",
    "An",
    "In",
    "On",
    "At",
    "It",
    "Its",
    "He",
    "She",
    "They",
    "We",
    "This",
    "That",
    "These",
    "Our",
    "As",
    "By",
    "For",
    "From",
    "With",
    "Since",
    "After",
    "Before",
    "When",
    "Where",
    "Its",
    "Founded",
    "Chief",
    "Executive",
    "Officer",
    "CEO",
    "CTO",
    "CFO",
    "COO",
    "President",
    "Director",
    "Founder",
    "Managing",
    "Chairman",
    "Chairwoman",
    "Chair",
    "Headquarters",
    "Under",
    "And",
    "Or",
    "If",
    "Both",
    "Born",
    "New",
    "Former",
    "Previous",
    "Outgoing",
    "Ehemaliger",
    "Früherer",
];
const LEGAL: [&str; 24] = [
    "Inc",
    "Inc.",
    "Ltd",
    "Ltd.",
    "LLC",
    "GmbH",
    "AG",
    "SE",
    "Corp",
    "Corp.",
    "Corporation",
    "Company",
    "PLC",
    "plc",
    "University",
    "Institute",
    "Foundation",
    "Group",
    "Association",
    "Bank",
    "College",
    "Laboratory",
    "Labs",
    "Society",
];

fn is_capital(word: &str) -> bool {
    word.starts_with(char::is_uppercase)
}

/// Runs of capitalised words, `inside` saying which small words may stand between them.
fn runs(text: &str, inside: &[&str]) -> Vec<(Span, usize)> {
    let words = words(text);
    let mut found: Vec<(Span, usize)> = Vec::new();
    let mut index = 0;
    while index < words.len() {
        let first = &words[index];
        if !is_capital(first.text) || NOT_NAMES.contains(&first.text) {
            index += 1;
            continue;
        }
        let mut last = index;
        let mut count = 1;
        while let Some(next) = words.get(last + 1) {
            let gap = &text[words[last].span.end..next.span.start];
            if gap != " " && gap != "\u{a0}" {
                break;
            }
            if is_capital(next.text) && !NOT_NAMES[27..].contains(&next.text) {
                last += 1;
                count += 1;
            } else if let Some(after) =
                (last + 2..words.len()).take(3).find(|&at| !inside.contains(&words[at].text))
                && inside.contains(&next.text)
                && is_capital(words[after].text)
                && text[next.span.start..words[after].span.start]
                    .chars()
                    .all(|c| c.is_alphabetic() || c == ' ' || c == '&')
            {
                last = after;
                count += 1;
            } else {
                break;
            }
        }
        found.push((first.span.start..words[last].span.end, count));
        index = last + 1;
    }
    found
}

/// Two to four capitalised words: `Ada Lovelace`, `Ludwig van Beethoven`, `Dr. J. R. Smith`.
pub fn people(text: &str) -> Vec<Span> {
    runs(text, &PARTICLES)
        .into_iter()
        .filter(|(span, count)| {
            let name = &text[span.clone()];
            let last = name.rsplit(' ').next().unwrap_or(name);
            (2..=5).contains(count)
                && !LEGAL.contains(&last)
                && name.chars().all(|c| c.is_alphabetic() || " .'’-".contains(c))
                && name.split(' ').any(|word| word.chars().any(char::is_lowercase))
        })
        .map(|(span, _)| without_title(text, span))
        .collect()
}

fn without_title(text: &str, span: Span) -> Span {
    let name = &text[span.clone()];
    match name.split_once(' ') {
        Some((title, rest))
            if TITLES.contains(&title.trim_end_matches('.')) && rest.contains(' ') =>
        {
            span.end - rest.len()..span.end
        }
        Some(_) | None => span,
    }
}

pub fn organisations(text: &str) -> Vec<Span> {
    runs(text, &JOINERS).into_iter().map(|(span, _)| span).collect()
}

/// `Mill Lane` in “at 12 Mill Lane” with its number.
fn with_house_number(text: &str, span: Span) -> Span {
    const STREETS: [&str; 14] = [
        "Street",
        "St",
        "Road",
        "Rd",
        "Lane",
        "Avenue",
        "Ave",
        "Square",
        "Drive",
        "Quay",
        "Boulevard",
        "Terrace",
        "Crescent",
        "Way",
    ];
    /// Letters of a house number: `1204b`.
    const NUMBER: usize = 5;
    let last = text[span.clone()].rsplit(' ').next().unwrap_or_default();
    let before = text[..span.start].strip_suffix(' ').unwrap_or_default();
    let start = before.rfind(' ').map_or(0, |at| at + 1);
    let number = &before[start..];
    let is_number = number.len() <= NUMBER
        && number.starts_with(|c: char| c.is_ascii_digit())
        && number.chars().all(|c| c.is_ascii_alphanumeric());
    if is_number && STREETS.contains(&last) { start..span.end } else { span }
}

/// Capitalised runs joined by commas: `Lyon, France`; `St. Gallen, Switzerland`.
pub fn places(text: &str) -> Vec<Span> {
    let mut joined: Vec<Span> = Vec::new();
    for (span, _) in runs(text, &["of", "upon", "am", "an", "der", "la", "de", "do", "sur", "and"])
    {
        let span = with_house_number(text, span);
        match joined.last_mut() {
            Some(last) if &text[last.end..span.start] == ", " => last.end = span.end,
            Some(_) | None => joined.push(span),
        }
    }
    joined
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cut(text: &str, spans: Vec<Span>) -> Vec<&str> {
        spans.into_iter().map(|span| &text[span]).collect()
    }

    #[test]
    fn names_are_runs_of_capitals() {
        let text = "The chief executive is Dr. Maria van der Berg of Acme Tools GmbH.";
        assert_eq!(cut(text, people(text)), ["Maria van der Berg"]);
        let text = "It is based in Lyon, France, and was spun out of the University of Basel.";
        assert_eq!(cut(text, places(text))[0], "Lyon, France");
        assert_eq!(cut(text, organisations(text))[2], "University of Basel");
        let text = "Its office is at 12b Mill Lane, Ayford; in 1998 Acme moved there.";
        assert_eq!(cut(text, places(text)), ["12b Mill Lane, Ayford", "Acme"]);
    }
}
