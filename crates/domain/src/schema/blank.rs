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
        // A default that the schema itself does not allow would break it as null does.
        let default = given("default").filter(|value| suits(followed, shape, value));
        default
            .or_else(|| given("const"))
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
        Shape::Integer | Shape::Number => is_in_bounds(schema, 0.0).then(|| json!(0)),
        Shape::Boolean => Some(json!(false)),
        Shape::Choice(choices) => choices.iter().find(|choice| means_unknown(choice)).cloned(),
        Shape::Object(_) => Some(filled(shape, &json!({}))),
        Shape::Any => None,
    }
}

/// Whether a value is of the type and within the bounds of its schema.
fn suits(schema: &Map<String, Value>, shape: &Shape, value: &Value) -> bool {
    let is_long_enough = |length: usize, least: &str, most: &str| {
        let bound = |name: &str| schema.get(name).and_then(Value::as_u64);
        let length = length as u64;
        bound(least).is_none_or(|least| least <= length)
            && bound(most).is_none_or(|most| length <= most)
    };
    match (shape, value) {
        (Shape::Any, _) | (Shape::Boolean, Value::Bool(_)) => true,
        (Shape::Text(_), Value::String(text)) => {
            is_long_enough(text.chars().count(), "minLength", "maxLength")
        }
        (Shape::Integer, Value::Number(number)) => {
            !number.is_f64() && is_in_bounds(schema, number.as_f64().unwrap_or(f64::NAN))
        }
        (Shape::Number, Value::Number(number)) => {
            is_in_bounds(schema, number.as_f64().unwrap_or(f64::NAN))
        }
        (Shape::Choice(choices), value) => choices.contains(value),
        (Shape::List(element), Value::Array(values)) => {
            let element_schema = schema.get("items").and_then(Value::as_object);
            let none = Map::new();
            let element_schema = element_schema.unwrap_or(&none);
            is_long_enough(values.len(), "minItems", "maxItems")
                && values.iter().all(|value| suits(element_schema, element, value))
        }
        // Members that it lacks are filled as elsewhere.
        (Shape::Object(members), Value::Object(values)) => {
            values.keys().all(|name| members.iter().any(|member| member.name == *name))
        }
        (
            Shape::Text(_)
            | Shape::Integer
            | Shape::Number
            | Shape::Boolean
            | Shape::List(_)
            | Shape::Object(_),
            _,
        ) => false,
    }
}

fn is_in_bounds(schema: &Map<String, Value>, value: f64) -> bool {
    let holds = |name: &str, holds: &dyn Fn(f64) -> bool| {
        schema.get(name).and_then(Value::as_f64).is_none_or(holds)
    };
    holds("minimum", &|least| least <= value)
        && holds("exclusiveMinimum", &|least| least < value)
        && holds("maximum", &|most| most >= value)
        && holds("exclusiveMaximum", &|most| most > value)
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
