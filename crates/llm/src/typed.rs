//! Reads a typed answer: tolerantly as JSON, then strictly against its schema.

mod lenient;

use std::fmt;

use serde_json::Value;

use crate::exchange::without_thoughts;

/// Faults that are told; a model mends the first few or none.
const MAX_FAULTS: usize = 8;
/// Characters of one fault: it may quote the value.
const MAX_FAULT: usize = 300;

/// Why an answer does not fit, one sentence per fault, as a repair turn can say it to the model.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unfit {
    pub faults: Vec<String>,
}

impl fmt::Display for Unfit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.faults.join("\n"))
    }
}

impl std::error::Error for Unfit {}

/// The value in an answer, if it fits the schema.
///
/// Takes JSON in fences, between words, after thoughts, with single quotes, comments or commas too many, and what came
/// whole before the text was cut. Null for a property that need not be there counts as left out: strict modes make
/// models write it. So do entries beyond those that a list may hold.
pub fn read(text: &str, schema: &Value) -> Result<Value, Unfit> {
    let Some(mut value) = lenient::find(without_thoughts(text)) else {
        return Err(Unfit {
            faults: vec!["The answer holds no JSON. Answer with one JSON value only.".into()],
        });
    };
    let validator = jsonschema::validator_for(schema)
        .map_err(|why| Unfit { faults: vec![format!("The schema cannot be used: {why}.")] })?;
    tidy(&mut value, schema, schema, 0);
    let faults: Vec<String> =
        validator.iter_errors(&value).take(MAX_FAULTS).map(|error| sentence(&error)).collect();
    if faults.is_empty() { Ok(value) } else { Err(Unfit { faults }) }
}

/// Whether there is any JSON in a text.
pub(crate) fn holds_json(text: &str) -> bool {
    lenient::find(without_thoughts(text)).is_some()
}

fn sentence(error: &jsonschema::ValidationError<'_>) -> String {
    let at = error.instance_path().to_string();
    let place = if at.is_empty() { "The answer".to_owned() } else { format!("`{at}`") };
    let text: String = error.to_string().chars().take(MAX_FAULT).collect();
    format!("{place}: {text}.")
}

/// Nesting that is followed.
const MAX_DEPTH: usize = 32;

/// Leaves out what counts as left out.
fn tidy(value: &mut Value, schema: &Value, root: &Value, depth: usize) {
    let schema = resolved(schema, root);
    if depth > MAX_DEPTH {
        return;
    }
    match value {
        Value::Object(members) => {
            let required = |name: &str| {
                let list = schema.get("required").and_then(Value::as_array);
                list.is_some_and(|list| list.iter().any(|entry| entry == name))
            };
            let property = |name: &str| schema.get("properties").and_then(|all| all.get(name));
            let superfluous: Vec<String> = members
                .iter()
                .filter(|(name, value)| {
                    let takes = property(name).is_none_or(|schema| takes_null(schema, root));
                    value.is_null() && !required(name) && !takes
                })
                .map(|(name, _)| name.clone())
                .collect();
            for name in superfluous {
                members.shift_remove(&name);
            }
            for (name, member) in members.iter_mut() {
                if let Some(schema) = property(name) {
                    tidy(member, schema, root, depth + 1);
                }
            }
        }
        Value::Array(items) => {
            let most = schema.get("maxItems").and_then(Value::as_u64);
            items.truncate(most.and_then(|most| usize::try_from(most).ok()).unwrap_or(usize::MAX));
            if let Some(schema) = schema.get("items") {
                for item in items {
                    tidy(item, schema, root, depth + 1);
                }
            }
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

fn takes_null(schema: &Value, root: &Value) -> bool {
    jsonschema::validator_for(&with_definitions(schema, root))
        .is_ok_and(|validator| validator.is_valid(&Value::Null))
}

/// A part of a schema on its own, with the definitions that it may refer to.
fn with_definitions(schema: &Value, root: &Value) -> Value {
    let mut alone = schema.clone();
    if let Some(members) = alone.as_object_mut() {
        for name in ["$defs", "definitions"] {
            if let Some(defs) = root.get(name) {
                members.entry(name).or_insert_with(|| defs.clone());
            }
        }
    }
    alone
}

fn resolved<'a>(schema: &'a Value, root: &'a Value) -> &'a Value {
    let target =
        schema.get("$ref").and_then(Value::as_str).and_then(|target| target.strip_prefix('#'));
    target.and_then(|pointer| root.pointer(pointer)).unwrap_or(schema)
}

#[cfg(test)]
mod tests;
