//! Fits a JSON Schema into what each provider's own mode takes.
//!
//! What is lost on the way (lengths, patterns, ranges) is checked when the answer is read: [`crate::typed`].

use serde_json::{Map, Value, json};

/// Which subset of JSON Schema is wanted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Dialect {
    /// OpenAI's strict mode: every property required and nullable instead, nothing beyond them.
    OpenAi,
    /// Anthropic's: nothing beyond the properties, few keywords.
    Anthropic,
    /// Gemini's `responseJsonSchema`: a list of keywords; others are ignored there.
    Gemini,
    /// Ollama's `format` and the arguments of tools: as it is.
    Plain,
}

/// A schema as it is sent.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Adapted {
    pub(crate) schema: Value,
    /// Whether the provider can hold the model to it.
    pub(crate) is_strict: bool,
    /// The answer lies under `value`: the provider wants an object, and the schema is of something else.
    pub(crate) is_wrapped: bool,
}

/// The name under which an answer lies that is no object.
pub(crate) const WRAPPER: &str = "value";
/// Nesting that is followed; schemas of people are 3 deep.
const MAX_DEPTH: usize = 16;

pub(crate) fn adapt(schema: &Value, dialect: Dialect, wants_object: bool) -> Adapted {
    let is_object = schema.get("type").and_then(Value::as_str) == Some("object");
    let is_wrapped = wants_object && !is_object;
    let whole = if is_wrapped { wrapped(schema) } else { schema.clone() };
    let fitted = match dialect {
        Dialect::Plain => None,
        Dialect::OpenAi | Dialect::Anthropic | Dialect::Gemini => fit(&whole, dialect, 0),
    };
    let is_strict = fitted.is_some();
    let schema = fitted.unwrap_or_else(|| bare(whole));
    Adapted { schema, is_strict, is_wrapped }
}

/// Without bounds of lists. They keep small models of one's own from going on for ever; hosted ones need none, and Gemini refuses
/// schemas whose bounds come to a thousand or so in all.
pub(crate) fn unbounded(schema: &Value) -> Value {
    match schema {
        Value::Object(members) => {
            let is_bound = |name: &str, value: &Value| name == "maxItems" && value.is_u64();
            let kept = members.iter().filter(|(name, value)| !is_bound(name, value));
            kept.map(|(name, value)| (name.clone(), unbounded(value))).collect()
        }
        Value::Array(entries) => entries.iter().map(unbounded).collect(),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => schema.clone(),
    }
}

fn wrapped(schema: &Value) -> Value {
    let mut inner = schema.clone();
    let mut outer = json!({
        "type": "object",
        "properties": {},
        "required": [WRAPPER],
        "additionalProperties": false,
    });
    // References point to the root.
    for name in ["$defs", "definitions"] {
        if let Some(defs) = inner.as_object_mut().and_then(|inner| inner.shift_remove(name)) {
            outer[name] = defs;
        }
    }
    outer["properties"][WRAPPER] = inner;
    outer
}

/// As it is, without what only names the language.
fn bare(mut schema: Value) -> Value {
    if let Some(members) = schema.as_object_mut() {
        members.shift_remove("$schema");
        members.shift_remove("$id");
    }
    schema
}

/// `None` where the subset cannot say it.
fn fit(node: &Value, dialect: Dialect, depth: usize) -> Option<Value> {
    let node = node.as_object()?;
    if depth > MAX_DEPTH || node.get("$ref").and_then(Value::as_str) == Some("#") {
        return None;
    }
    let mut out = Map::new();
    for (name, value) in node {
        match name.as_str() {
            "properties" | "$defs" | "definitions" => {
                let mut members = Map::new();
                for (name, member) in value.as_object()? {
                    members.insert(name.clone(), fit(member, dialect, depth + 1)?);
                }
                out.insert(name.clone(), Value::Object(members));
            }
            "items" => {
                out.insert(name.clone(), fit(value, dialect, depth + 1)?);
            }
            "anyOf" | "oneOf" => {
                let options =
                    value.as_array()?.iter().map(|option| fit(option, dialect, depth + 1));
                out.insert("anyOf".into(), Value::Array(options.collect::<Option<_>>()?));
            }
            "const" if dialect == Dialect::Gemini => {
                out.insert("enum".into(), json!([value]));
            }
            // More than one cannot be told to any of them; alone it is the schema itself.
            "allOf" => match value.as_array()?.as_slice() {
                [only] => {
                    for (name, value) in fit(only, dialect, depth + 1)?.as_object()? {
                        out.insert(name.clone(), value.clone());
                    }
                }
                _ => return None,
            },
            _ if is_taken(name, value, dialect) => {
                out.insert(name.clone(), value.clone());
            }
            _ => {}
        }
    }
    if is_an_object(&out) {
        close(&mut out, node, dialect)?;
    }
    let says_something =
        ["type", "enum", "const", "anyOf", "$ref"].iter().any(|name| out.contains_key(*name));
    says_something.then_some(Value::Object(out))
}

fn is_an_object(node: &Map<String, Value>) -> bool {
    let is_object = match node.get("type") {
        Some(Value::String(name)) => name == "object",
        Some(Value::Array(names)) => names.iter().any(|name| name == "object"),
        _ => false,
    };
    is_object || node.contains_key("properties")
}

fn is_taken(name: &str, value: &Value, dialect: Dialect) -> bool {
    const FORMATS: [&str; 9] =
        ["date-time", "time", "date", "duration", "email", "hostname", "ipv4", "ipv6", "uuid"];
    match name {
        "type" | "enum" | "const" | "description" | "$ref" => true,
        "required" => dialect != Dialect::OpenAi,
        "format" => value.as_str().is_some_and(|format| FORMATS.contains(&format)),
        "minItems" => dialect != Dialect::Anthropic || value.as_u64().is_some_and(|n| n <= 1),
        "title" | "maxItems" | "minimum" | "maximum" => dialect != Dialect::Anthropic,
        "pattern" | "exclusiveMinimum" | "exclusiveMaximum" | "multipleOf" => {
            dialect == Dialect::OpenAi
        }
        _ => false,
    }
}

/// Says that an object has its properties and no others; `None` for objects of any content.
fn close(out: &mut Map<String, Value>, node: &Map<String, Value>, dialect: Dialect) -> Option<()> {
    let is_open = match node.get("additionalProperties") {
        None | Some(Value::Bool(false)) => !node.contains_key("properties"),
        Some(_) => true,
    };
    if is_open {
        return None;
    }
    out.insert("additionalProperties".into(), Value::Bool(false));
    if dialect != Dialect::OpenAi {
        return Some(());
    }
    let required: Vec<&str> = node
        .get("required")
        .and_then(Value::as_array)
        .into_iter()
        .flatten()
        .filter_map(Value::as_str)
        .collect();
    let properties = out.get_mut("properties")?.as_object_mut()?;
    for (name, property) in properties.iter_mut() {
        if !required.contains(&name.as_str()) {
            *property = nullable(property.take());
        }
    }
    let all: Vec<Value> = properties.keys().cloned().map(Value::String).collect();
    out.insert("required".into(), Value::Array(all));
    Some(())
}

fn nullable(mut schema: Value) -> Value {
    let null = || Value::String("null".into());
    let Some(node) = schema.as_object_mut() else { return schema };
    if node.contains_key("$ref") || node.contains_key("const") {
        return json!({"anyOf": [schema, {"type": "null"}]});
    }
    if let Some(options) = node.get_mut("anyOf").and_then(Value::as_array_mut) {
        options.push(json!({"type": "null"}));
        return schema;
    }
    if let Some(values) = node.get_mut("enum").and_then(Value::as_array_mut)
        && !values.contains(&Value::Null)
    {
        values.push(Value::Null);
    }
    match node.get_mut("type") {
        Some(Value::Array(types)) if !types.contains(&null()) => types.push(null()),
        Some(one @ Value::String(_)) if *one != null() => *one = json!([one.take(), "null"]),
        _ => {}
    }
    schema
}

#[cfg(test)]
mod tests;
