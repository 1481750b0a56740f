//! What must not leave in a query: e-mail addresses, card numbers, and what looks like a key.
//!
//! Rows hold such things and queries are made of rows; callers paste them. What is taken out is told by its kind only.

/// Words that may leave: whatever a search provider is asked has passed [`Cleared::of`].
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Cleared {
    text: String,
    withheld: Vec<&'static str>,
}

const MAIL: &str = "e-mail address";
const CARD: &str = "card number";
const KEY: &str = "key";

impl Cleared {
    /// Takes out what must not leave; everything else stays as it is.
    pub fn of(query: &str) -> Self {
        let mut withheld = Vec::new();
        let mut note = |what: &'static str| {
            if !withheld.contains(&what) {
                withheld.push(what);
            }
        };
        let without_cards = match strike_cards(query) {
            Some(struck) => {
                note(CARD);
                struck
            }
            None => query.to_owned(),
        };
        let kept: Vec<&str> = without_cards
            .split_whitespace()
            .filter(|word| {
                let kind = if is_mail(word) {
                    MAIL
                } else if is_key(word) {
                    KEY
                } else {
                    return true;
                };
                note(kind);
                false
            })
            .collect();
        if withheld.is_empty() {
            return Self { text: query.to_owned(), withheld };
        }
        let text = kept.join(" ");
        let is_worth_asking = text.chars().any(char::is_alphanumeric);
        Self { text: if is_worth_asking { text } else { String::new() }, withheld }
    }

    /// Empty if nothing is left that could be searched for.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// The kinds of what was taken out, each once.
    pub fn withheld(&self) -> &[&'static str] {
        &self.withheld
    }

    /// The same as a sentence for whoever asked; `None` if nothing was.
    pub fn note(&self) -> Option<String> {
        let what = self.withheld.join(", ");
        (!what.is_empty()).then(|| format!("taken out of the query before it left: {what}"))
    }
}

fn is_mail(word: &str) -> bool {
    word.split(|c: char| !(c.is_alphanumeric() || "@._%+-".contains(c))).any(|part| {
        let Some((local, domain)) = part.rsplit_once('@') else { return false };
        let ending = domain.rsplit_once('.').map(|(_, ending)| ending.trim_matches('.'));
        !local.is_empty() && ending.is_some_and(|ending| ending.chars().count() >= 2)
    })
}

// --- card numbers ---

/// How card numbers are printed: in one, in fours, and American Express's own way.
const GROUPS: [&[usize]; 6] =
    [&[4, 4, 4, 4], &[4, 4, 4, 4, 3], &[4, 6, 5], &[4, 6, 4], &[4, 4, 4, 1], &[4, 4, 5]];

/// The text without its card numbers; `None` if it has none.
fn strike_cards(text: &str) -> Option<String> {
    let mut kept = String::with_capacity(text.len());
    let mut rest = text;
    let mut is_struck = false;
    while let Some(at) = rest.find(|c: char| c.is_ascii_digit()) {
        let (before, from) = rest.split_at(at);
        kept.push_str(before);
        let run = digits_at(from);
        if is_card(run) {
            is_struck = true;
            kept.push(' ');
        } else {
            kept.push_str(run);
        }
        rest = &from[run.len()..];
    }
    kept.push_str(rest);
    is_struck.then_some(kept)
}

/// Digits from the beginning on, with single blanks or hyphens between them.
fn digits_at(text: &str) -> &str {
    let mut end = 0;
    let mut gap = 0;
    for (at, c) in text.char_indices() {
        match c {
            '0'..='9' => (end, gap) = (at + 1, 0),
            ' ' | '-' if gap == 0 => gap = 1,
            _ => break,
        }
    }
    &text[..end]
}

fn is_card(run: &str) -> bool {
    let groups: Vec<usize> = run.split([' ', '-']).map(str::len).collect();
    let digits: Vec<u32> = run.chars().filter_map(|c| c.to_digit(10)).collect();
    let is_printed_so = groups.len() == 1 || GROUPS.contains(&groups.as_slice());
    // The first digit of every issuer of payment cards is one of these.
    let is_issued = matches!(digits.first(), Some(2..=6));
    (13..=19).contains(&digits.len()) && is_printed_so && is_issued && fits_luhn(&digits)
}

fn fits_luhn(digits: &[u32]) -> bool {
    let doubled = |digit: u32| if digit > 4 { digit * 2 - 9 } else { digit * 2 };
    let sum: u32 = digits
        .iter()
        .rev()
        .enumerate()
        .map(|(at, digit)| if at % 2 == 1 { doubled(*digit) } else { *digit })
        .sum();
    sum.is_multiple_of(10)
}

// --- keys ---

/// How keys of well-known services begin.
const BEGINNINGS: [&str; 24] = [
    "sk-",
    "sk_",
    "pk_",
    "rk_",
    "ghp_",
    "gho_",
    "ghu_",
    "ghs_",
    "github_pat_",
    "glpat-",
    "xoxb-",
    "xoxp-",
    "xoxa-",
    "AKIA",
    "ASIA",
    "AIza",
    "ya29.",
    "eyJ",
    "tvly-",
    "fc-",
    "hf_",
    "npm_",
    "SG.",
    "whsec_",
];
/// A known beginning with fewer characters is a word.
const MIN_KNOWN: usize = 16;
/// Shorter words without one are names of things: model numbers, order numbers.
const MIN_UNKNOWN: usize = 24;
/// Bits per character above which letters and digits are taken for random ones. English has about 4 over 26 letters,
/// words and numbers joined by hyphens less; random hexadecimal comes to 3.6 over 32 characters.
const RANDOM_BITS: f64 = 3.4;

fn is_key(word: &str) -> bool {
    let word = word.trim_matches(|c: char| !(c.is_ascii_alphanumeric() || matches!(c, '_' | '-')));
    let value = word.rsplit_once(['=', ':']).map_or(word, |(_, value)| value);
    if value.contains("://") || word.contains("://") {
        return false;
    }
    let is_plain = value
        .bytes()
        .all(|b| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-' | b'.' | b'+' | b'/' | b'='));
    if !is_plain {
        return false;
    }
    let is_known = BEGINNINGS.iter().any(|beginning| value.starts_with(beginning));
    if is_known && value.len() >= MIN_KNOWN && has_letters_and_digits(value) {
        return true;
    }
    // Words and numbers joined by marks are names of files, places and products.
    value.split(['-', '.', '/', '_']).any(|part| {
        part.len() >= MIN_UNKNOWN && has_letters_and_digits(part) && bits(part) > RANDOM_BITS
    })
}

fn has_letters_and_digits(text: &str) -> bool {
    text.bytes().any(|b| b.is_ascii_alphabetic()) && text.bytes().any(|b| b.is_ascii_digit())
}

/// Shannon's entropy per character.
fn bits(text: &str) -> f64 {
    let mut counts = [0_u32; 256];
    text.bytes().for_each(|b| counts[usize::from(b)] += 1);
    #[expect(clippy::cast_precision_loss, reason = "words are short")]
    let length = text.len() as f64;
    let shares = counts.iter().filter(|count| **count > 0).map(|count| f64::from(*count) / length);
    -shares.map(|share| share * share.log2()).sum::<f64>()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cleared(query: &str) -> (String, Vec<&'static str>) {
        let Cleared { text, withheld } = Cleared::of(query);
        (text, withheld)
    }

    #[test]
    fn mail_addresses_cards_and_keys_are_taken_out_and_named() {
        assert_eq!(
            cleared("Ann Lee ann.lee+x@mail.example.org Acme"),
            ("Ann Lee Acme".into(), vec![MAIL])
        );
        assert_eq!(cleared("<bob@example.org>,"), (String::new(), vec![MAIL]));
        for card in
            ["4111 1111 1111 1111", "4111111111111111", "5500-0000-0000-0004", "3782 822463 10005"]
        {
            let (text, withheld) = cleared(&format!("refund {card} Acme"));
            assert_eq!((text.as_str(), withheld), ("refund Acme", vec![CARD]), "{card}");
        }
        for key in [
            "sk-proj-abc123DEF456ghi789",
            "ghp_16C7e42F292c6912E7710c838347Ae178B4a",
            "AKIAIOSFODNN7EXAMPLE",
            "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.dozjgNryP4J3jVmNHl0w5N",
            "api_key=9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
            "wJalrXUtnFEMI7K7MDENGbPxRfiCYEXAMPLEKEY",
        ] {
            assert_eq!(cleared(&format!("Acme {key}")), ("Acme".into(), vec![KEY]), "{key}");
        }
    }

    #[test]
    fn what_people_search_for_stays_as_it_is() {
        for query in [
            "Acme Inc. founded 1999",
            "1999 2001 2003 2005",
            "ISBN 978-3-16-148410-0",
            "phone +49 30 901820",
            "10.1038/s41586-020-2649-2",
            "annual-report-2024-of-the-international-company",
            "order 4111 1111 1111 1112",
            "pneumonoultramicroscopicsilicovolcanoconiosis",
            "site:docs.example.org/reference/2024-10-05/release-notes",
            "@acme on social media",
            "sk-learn sk_buff fc-cache",
            "CVE-2024-21626 runc 1.1.12",
            "https://example.org/a?id=9f86d081884c7d659a2feaa0c55ad015",
        ] {
            assert_eq!(cleared(query), (query.to_owned(), vec![]), "{query}");
        }
    }

    proptest::proptest! {
        #[test]
        fn any_text_can_be_cleared_and_clearing_twice_changes_nothing(query in ".{0,80}") {
            let once = Cleared::of(&query);
            let twice = Cleared::of(once.text());
            proptest::prop_assert_eq!(twice.text(), once.text());
        }
    }
}
