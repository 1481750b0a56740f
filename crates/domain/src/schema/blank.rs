//! What is answered where nothing is known and the caller's schema forbids null.

use serde_json::{Map, Value, json};

use super::{Field, Shape};
use crate::run::Warning;

/// What a field holds where nothing is known.
#[derive(Debug, Clone, PartialEq)]
pub enum Blank {
    /// The schema allows null.
    Null,
    /// The schema does not. This is its `default` or `const`, else the empty value of the type, else the choice that means unknown.
    StandIn(Value),
    /// The schema does not, and any value that it allows would state something. Null all the same.
    Impossible,
}

/// Choices that say that nothing is known, in lower case.
const UNKNOWN: [&str; 14] = [
    "",
    "unknown",
    "not found",
    "not_found",
    "none",
    "n/a",
    "na",
    "not available",
    "unclear",
    "undetermined",
    "unverifiable",
    "insufficient evidence",
    "unbekannt",
    "keine angabe",
];

impl Blank {
    /// `object`: the property as it stands; `followed`: where its reference leads, else the same.
    pub(super) fn of(
        object: &Map<String, Value>,
        followed: &Map<String, Value>,
        shape: &Shape,
    ) -> Self {
        if *shape == Shape::Any || allows_null(followed) {
            return Self::Null;
        }
        let given = |word| object.get(word).or_else(|| followed.get(word));
        let given = given("default").or_else(|| given("const"));
        given
            .filter(|value| !value.is_null())
            .cloned()
            .or_else(|| stand_in(followed, shape))
            .map_or(Self::Impossible, Self::StandIn)
    }
}

impl Field {
    /// A value of this field as the schema allows it: see [`super::Schema::filled`].
    pub fn filled(&self, value: &Value) -> Value {
        match (&self.blank, value) {
            (Blank::StandIn(stand_in), Value::Null) => stand_in.clone(),
            _ => filled(&self.shape, value),
        }
    }
}

fn filled(shape: &Shape, value: &Value) -> Value {
    match (shape, value) {
        (Shape::Object(members), Value::Object(values)) => {
            let mut all = values.clone();
            for member in members {
                let value = values.get(&member.name).unwrap_or(&Value::Null);
                all.insert(member.name.clone(), member.filled(value));
            }
            Value::Object(all)
        }
        (Shape::List(element), Value::Array(values)) => {
            values.iter().map(|value| filled(element, value)).collect()
        }
        _ => value.clone(),
    }
}

fn allows_null(schema: &Map<String, Value>) -> bool {
    let is_null = |name: &Value| name.as_str() == Some("null");
    let by_type = match schema.get("type") {
        Some(Value::Array(names)) => names.iter().any(is_null),
        _ => schema.get("nullable") == Some(&Value::Bool(true)),
    };
    let by_choice = schema.get("enum").and_then(Value::as_array);
    if let Some(choices) = by_choice {
        return choices.iter().any(Value::is_null);
    }
    let options =
        ["anyOf", "oneOf"].into_iter().filter_map(|either| schema.get(either)?.as_array());
    by_type || options.flatten().any(|option| option.get("type").is_some_and(is_null))
}

/// The value of the type that says least.
fn stand_in(schema: &Map<String, Value>, shape: &Shape) -> Option<Value> {
    let at_least_one = |name: &str| schema.get(name).and_then(Value::as_u64).is_some_and(|n| n > 0);
    match shape {
        Shape::Text(_) => (!at_least_one("minLength")).then(|| json!("")),
        Shape::List(_) => (!at_least_one("minItems")).then(|| json!([])),
        Shape::Integer | Shape::Number => is_in_bounds(schema).then(|| json!(0)),
        Shape::Boolean => Some(json!(false)),
        Shape::Choice(choices) => choices.iter().find(|choice| means_unknown(choice)).cloned(),
        Shape::Object(_) => Some(filled(shape, &json!({}))),
        Shape::Any => None,
    }
}

/// Whether 0 is allowed.
fn is_in_bounds(schema: &Map<String, Value>) -> bool {
    let holds = |name: &str, holds: fn(f64) -> bool| {
        schema.get(name).and_then(Value::as_f64).is_none_or(holds)
    };
    holds("minimum", |least| least <= 0.0)
        && holds("exclusiveMinimum", |least| least < 0.0)
        && holds("maximum", |most| most >= 0.0)
        && holds("exclusiveMaximum", |most| most > 0.0)
}

fn means_unknown(choice: &Value) -> bool {
    choice.as_str().is_some_and(|word| UNKNOWN.contains(&word.trim().to_lowercase().as_str()))
}

/// Says where an answer cannot tell unknown from a value, or breaks the schema.
pub(super) fn warnings(fields: &[Field]) -> Vec<Warning> {
    let stated = |field: &Field| match &field.blank {
        Blank::StandIn(value @ (Value::Number(_) | Value::Bool(_))) => {
            Some(format!("`{}` {value}", field.name))
        }
        Blank::StandIn(_) | Blank::Null | Blank::Impossible => None,
    };
    let stated: Vec<String> = fields.iter().filter_map(stated).collect();
    let impossible = fields.iter().filter(|field| field.blank == Blank::Impossible);
    let impossible: Vec<String> = impossible.map(|field| format!("`{}`", field.name)).collect();
    let mut warnings = Vec::new();
    if !stated.is_empty() {
        warnings.push(Warning::spec(format!(
            "where nothing is found, the schema makes {}, with the reason in `missing` of the basis; allow null to \
             tell that from a value that was found",
            stated.join(", ")
        )));
    }
    if !impossible.is_empty() {
        warnings.push(Warning::spec(format!(
            "the schema forbids null and has no value that means unknown: {}; null all the same where nothing is found",
            impossible.join(", ")
        )));
    }
    warnings
}
