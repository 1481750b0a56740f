//! Compares and judges: differing numbers, shared words.

use serde_json::{Value, json};

use super::material::{Quote, quotes, sentences};
use super::words::{numbers, stems, years};

/// Two statements of different sources with another number between the same words.
pub(super) fn conflicts(user: &str) -> Value {
    let mut found: Vec<Value> = Vec::new();
    for part in user.split("\n\n") {
        let about = part.trim().lines().next().unwrap_or_default();
        let statements = quotes(part);
        let pairs = statements
            .iter()
            .enumerate()
            .flat_map(|(at, first)| statements[at + 1..].iter().map(move |second| (first, second)));
        let conflict = pairs.into_iter().find_map(|(first, second)| {
            differing(first, second).map(|sides| (first, second, sides))
        });
        if let Some((first, second, [one, other])) = conflict {
            found.push(json!({ "about": about, "sides": [
                { "value": one, "statements": [first.id] },
                { "value": other, "statements": [second.id] },
            ]}));
        }
    }
    json!({ "conflicts": found })
}

fn differing(first: &Quote<'_>, second: &Quote<'_>) -> Option<[String; 2]> {
    let (one, other) = (years(first.text), years(second.text));
    let is_of_other_years = !one.is_empty() && !other.is_empty() && one != other;
    let is_alike = stems(first.text).intersection(&stems(second.text)).count() > 1;
    if publisher(first.source) == publisher(second.source) || is_of_other_years || !is_alike {
        return None;
    }
    measures(first.text).into_iter().find_map(|(unit, number)| {
        let theirs = measures(second.text);
        let (_, with) = theirs.into_iter().find(|(same, with)| *same == unit && *with != number)?;
        Some([format!("{number} {unit}"), format!("{with} {unit}")])
    })
}

/// Who says it, and when: a place without its headings.
fn publisher(place: &str) -> (&str, &str) {
    let who = place.split([',', '›']).next().unwrap_or(place).trim();
    let date = place.rsplit(", ").next().unwrap_or_default();
    let is_date = date.starts_with(|c: char| c.is_ascii_digit()) && date.contains('-');
    (who, if is_date { date } else { "" })
}

/// Words that follow numbers, with the numbers: `million` 12.5.
fn measures(text: &str) -> Vec<(&str, &str)> {
    let words: Vec<&str> = text.split_whitespace().collect();
    let pairs = words.windows(2).filter_map(|pair| {
        let number = numbers(pair[0]).into_iter().next()?;
        let unit = pair[1].trim_matches(|c: char| !c.is_alphanumeric());
        let is_unit = unit.chars().count() > 3 && unit.chars().all(char::is_alphabetic);
        is_unit.then_some((unit, number))
    });
    pairs.collect()
}

/// Supported where all numbers are in the quotes and words are shared, or the quote says it in another language.
pub(super) fn judge(user: &str, translations: &[(&str, &str)]) -> Value {
    let verdicts: Vec<Value> = sentences(user)
        .iter()
        .map(|sentence| {
            let quoted = sentence.below.join(" ");
            let is_translated = translations.iter().any(|(english, german)| {
                quoted.contains(english) && sentence.text.contains(german.trim_end_matches('.'))
            });
            let known = numbers(&quoted);
            let has_numbers = numbers(sentence.text).iter().all(|number| known.contains(number));
            let shared = stems(sentence.text).intersection(&stems(&quoted)).count();
            let is_supported = has_numbers && (shared > 1 || is_translated);
            let verdict = if is_supported { "supported" } else { "unsupported" };
            json!({ "sentence": sentence.number, "verdict": verdict })
        })
        .collect();
    json!({ "verdicts": verdicts })
}

/// The words of the first quote.
pub(super) fn repair(user: &str) -> Value {
    let mended: Vec<Value> = sentences(user)
        .iter()
        .map(|sentence| {
            let quote = sentence.below.iter().find_map(|line| {
                let (id, text) = line.split_once(": ")?;
                let is_id = id.strip_prefix('E')?.bytes().all(|b| b.is_ascii_digit());
                is_id.then_some((id, text))
            });
            let text = quote.map(|(id, text)| {
                let first = super::words::sentences(text).into_iter().next().unwrap_or(text);
                format!("{} [[{id}]].", first.trim_end_matches('.'))
            });
            json!({ "sentence": sentence.number, "text": text.unwrap_or_default() })
        })
        .collect();
    json!({ "sentences": mended })
}
