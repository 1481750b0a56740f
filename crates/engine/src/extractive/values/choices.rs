//! Members of a closed set in running text.

use domain::schema::Shape;
use domain::text::Span;
use serde_json::Value;

use super::super::naming::lowered;

/// All members of a closed set that a text names, the longer of two at the same place.
pub fn members(shape: &Shape, text: &str) -> Vec<(Value, Span)> {
    let Shape::Choice(choices) = shape else { return Vec::new() };
    let lower = lowered(text);
    let mut found: Vec<(Value, Span)> = Vec::new();
    for choice in choices {
        let word = choice.as_str().map_or_else(|| choice.to_string(), str::to_owned);
        for form in forms_of(&word) {
            let mut at = 0;
            while let Some(offset) = lower[at..].find(&form) {
                let span = at + offset..at + offset + form.len();
                at = span.end;
                let is_free = !lower[..span.start]
                    .ends_with(|c: char| c.is_alphanumeric() || c == '_')
                    && !lower[span.end..].starts_with(|c: char| c.is_alphanumeric() || c == '_');
                if is_free {
                    found.push((choice.clone(), span));
                }
            }
        }
    }
    let all = found.clone();
    found.retain(|(_, span)| {
        !all.iter().any(|(_, other)| {
            other.len() > span.len() && other.start <= span.start && span.end <= other.end
        })
    });
    found.sort_by_key(|(_, span)| span.start);
    found.dedup();
    found
}

/// A member in the ways pages write it.
fn forms_of(word: &str) -> Vec<String> {
    const SAME: [(&str, &str); 14] = [
        ("boolean", "bool"),
        ("integer", "int"),
        ("string", "str"),
        ("float", "floating point"),
        ("float", "real"),
        ("yes", "true"),
        ("no", "false"),
        ("ms", "milliseconds"),
        ("s", "seconds"),
        ("min", "minutes"),
        ("mb", "megabytes"),
        ("kb", "kilobytes"),
        ("enum", "enumerated"),
        ("float", "double"),
    ];
    let lower = lowered(word);
    let mut forms = vec![lower.clone(), lower.replace(['_', '-'], " ")];
    for (a, b) in SAME {
        if lower == a {
            forms.push(b.to_owned());
        } else if lower == b {
            forms.push(a.to_owned());
        }
    }
    forms.retain(|form| !form.is_empty());
    forms.dedup();
    forms
}
