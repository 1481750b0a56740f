//! Texts that list things, taken apart.

use domain::schema::Shape;
use serde_json::Value;

use super::labels::Label;
use super::values::choices::members;
use super::values::{Fraction, Typed, detect, normalise};

/// Splits a text that lists things and types each: commas, semicolons, “and”, “or”, lines.
pub fn items(label: &Label, inner: &Shape, text: &str, page: Fraction) -> Vec<Value> {
    let has_semicolons = text.contains(';');
    let unified = text
        .replace(", and ", ", ")
        .replace(", or ", ", ")
        .replace(" and ", ", ")
        .replace(" or ", ", ")
        .replace(['\n', '|', '•', '·'], ", ");
    let parts: Vec<&str> =
        if has_semicolons { unified.split(';').collect() } else { unified.split(", ").collect() };
    let mut values: Vec<Value> = Vec::new();
    for part in parts {
        let part = part.find(" (").map_or(part, |at| &part[..at]).trim().trim_end_matches('.');
        let value = match inner {
            Shape::Text(None) | Shape::Any => {
                normalise::text(part).filter(|text| text.len() <= 80).map(Value::String)
            }
            Shape::Choice(_) => members(inner, part).first().map(|(value, _)| value.clone()),
            Shape::Integer | Shape::Number | Shape::Text(Some(_)) => {
                detect(label.kind, part, page).first().and_then(|found| {
                    normalise::value(
                        inner,
                        label.kind,
                        label.measure,
                        &found.typed,
                        &part[found.span.clone()],
                    )
                })
            }
            Shape::Boolean | Shape::List(_) | Shape::Object(_) => None,
        };
        if let Some(value) = value.filter(|value| !values.contains(value)) {
            values.push(value);
        }
    }
    values
}

/// Type of a bare word, for lists of terms.
pub fn typed_word(label: &Label, inner: &Shape, text: &str) -> Option<Value> {
    normalise::value(inner, label.kind, label.measure, &Typed::Words(text.to_owned()), text)
}
