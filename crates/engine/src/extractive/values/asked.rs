//! What fields, headers and keys say of the numbers that they stand for: in which scale they count, and whether they are money.

use super::numbers::{is_money, is_sign};

/// Words by which a field asks for thousands, millions or billions, in lower case.
const ASKED_SCALES: [(&str, f64); 28] = [
    ("tsd", 1e3),
    ("md", 1e9),
    ("mds", 1e9),
    ("000", 1e3),
    ("000s", 1e3),
    ("thousand", 1e3),
    ("thousands", 1e3),
    ("tausend", 1e3),
    ("milliers", 1e3),
    ("million", 1e6),
    ("millions", 1e6),
    ("mn", 1e6),
    ("mln", 1e6),
    ("mio", 1e6),
    ("millionen", 1e6),
    ("millón", 1e6),
    ("millones", 1e6),
    ("milioni", 1e6),
    ("billion", 1e9),
    ("billions", 1e9),
    ("bn", 1e9),
    ("mrd", 1e9),
    ("milliarde", 1e9),
    ("milliarden", 1e9),
    ("milliard", 1e9),
    ("milliards", 1e9),
    ("miliardi", 1e9),
    ("trillion", 1e12),
];

/// Words before a number that something is shared by.
const SHARES: [&str; 4] = ["per", "pro", "par", "je"];

/// Letters that are scales beside a currency, in lower case: `EUR m`, `m€`, `keur`, and `T€` as it is written in German.
const LETTERS: [(&str, f64); 3] = [("m", 1e6), ("k", 1e3), ("t", 1e3)];

/// The scale in which a field wants its numbers: `in million euros`, `(EUR m)`, `k€`, `cost_million_eur`.
pub fn scale_asked(name: &str, description: &str) -> Option<f64> {
    let bare = |word: &str| word.trim_start_matches('(').to_owned();
    let known = |word: &String| {
        ASKED_SCALES.iter().find(|(known, _)| *known == bare(word)).map(|(_, scale)| *scale)
    };
    let letter = |word: &str| LETTERS.iter().find(|(known, _)| *known == word).map(|(_, of)| *of);
    let glued = |word: &str| {
        LETTERS.iter().find_map(|(letter, scale)| {
            word.strip_prefix(letter).filter(|rest| is_money(rest)).map(|_| *scale)
        })
    };
    let described = asked_words(description);
    let asked = described.iter().enumerate().find_map(|(index, word)| {
        let before = index.checked_sub(1).and_then(|index| described.get(index));
        let behind = described.get(index + 1);
        // “per thousand euros” is a share.
        if before.is_some_and(|before| SHARES.contains(&bare(before).as_str())) {
            return None;
        }
        let mut beside = before.into_iter().chain(behind);
        let beside_money = beside.any(|word| is_money(&bare(word)));
        // “more than a million users” asks for no millions.
        let is_marked = word.starts_with('(')
            || before.is_some_and(|before| matches!(bare(before).as_str(), "in" | "en"));
        match known(word) {
            Some(scale) if beside_money || is_marked => Some(scale),
            Some(_) => None,
            None if beside_money => letter(&bare(word)),
            None => glued(&bare(word)),
        }
    });
    let named = asked_words(&name.replace(['_', '-'], " "));
    asked.or_else(|| named.iter().find_map(|word| known(word).or_else(|| glued(word))))
}

/// The words of a field in lower case, with the bracket that opens before them; signs of currencies are words.
fn asked_words(text: &str) -> Vec<String> {
    let apart = |c: char| if is_sign(c) { format!(" {c} ") } else { c.to_string() };
    let lower: String = ungrouped(&text.to_lowercase()).chars().map(apart).collect();
    let words = lower.split(|c: char| !c.is_alphanumeric() && c != '(' && !is_sign(c));
    words.filter(|word| !word.is_empty()).map(str::to_owned).collect()
}

/// A text without the commas and points inside its numbers: the 000 of `10,000` is no word, and that of `£'000` is one.
fn ungrouped(text: &str) -> String {
    let bytes = text.as_bytes();
    let is_digit =
        |at: Option<usize>| at.and_then(|at| bytes.get(at)).is_some_and(u8::is_ascii_digit);
    let is_inside = |at: usize| is_digit(at.checked_sub(1)) && is_digit(Some(at + 1));
    let kept = text.char_indices().filter(|(at, c)| !(matches!(c, ',' | '.') && is_inside(*at)));
    kept.map(|(_, c)| c).collect()
}

/// The words by which a header tells its scale: `EUR million` of `Turnover (EUR million)`, `in thousands` of `Staff in thousands`.
pub fn words_of_scale(header: &str) -> Option<&str> {
    let inner = header.split(['(', '[']).skip(1).filter_map(|rest| rest.split([')', ']']).next());
    let behind = [" in ", " en ", ", "]
        .into_iter()
        .filter_map(|word| header.rsplit_once(word))
        .map(|(_, rest)| rest);
    let is_scale = |words: &&str| scale_asked("", &format!("({words})")).is_some();
    inner.chain(behind).map(str::trim).find(is_scale)
}

/// Whether a field says in which currency it wants its amount: `in euros`, `(USD)`.
pub fn names_currency(description: &str) -> bool {
    asked_words(description).iter().any(|word| is_money(word.trim_start_matches('(')))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_field_asks_for_a_scale_in_its_name_or_beside_in_a_bracket_or_a_currency() {
        for (name, description) in [
            ("cost", "in million euros"),
            ("cost", "what it cost (EUR million)"),
            ("cost", "what it cost (millions)"),
            ("cost", "EUR m"),
            ("cost", "MEUR"),
            ("cost", "m€"),
            ("cost", "cost (€m)"),
            ("cost", "Umsatz in M€"),
            ("cost", "turnover, $ m"),
            ("cost_meur", ""),
            ("cost", "Kosten in Mio. Euro"),
            ("cost_million_eur", ""),
        ] {
            assert_eq!(scale_asked(name, description), Some(1e6), "{name} {description}");
        }
        let thousands =
            ["k€", "Umsatz in T€", "(€k)", "KUSD", "TEUR", "£'000", "(in 000s)", "€000"];
        for description in thousands {
            assert_eq!(scale_asked("cost", description), Some(1e3), "{description}");
        }
        let plain = [
            "more than a million users",
            "height (m)",
            "cost in euros",
            "price in €",
            "up to 10,000 EUR",
            "cost per thousand euros",
            "",
        ];
        for description in plain {
            assert_eq!(scale_asked("users", description), None, "{description}");
        }
    }
}
