//! What is wanted of each row, as models say it: plain words, a JSON Schema, names, or names with what to find.

use domain::fields::{Unclear, schema_from_words};
use domain::intent;
use domain::schema::Schema;
use domain::spec::Wanted;
use serde_json::{Map, Value, json};

use crate::mcp::arguments::Arguments;
use crate::mcp::rows;

/// What is wanted of each row.
pub(super) struct Task {
    /// As the REST API takes it.
    pub(super) spec: Value,
    pub(super) columns: Vec<String>,
    /// Fields that a processor is chosen by; a text counts for many.
    pub(super) fields: u32,
    pub(super) note: Option<String>,
}

/// Fields that a text counts for: it takes as much as a wide row.
const FIELDS_OF_A_TEXT: u32 = 10;

/// Plain words, a JSON Schema, or a list of names.
pub(super) fn read(
    args: &mut Arguments,
    output: &Value,
    output_type: Option<&str>,
) -> Option<Task> {
    let words = match output {
        Value::String(text) => {
            let text = rows::without_fence(text.trim());
            match in_json(text) {
                Ok(value @ Value::Object(_)) => return read(args, &value, output_type),
                Ok(Value::Array(names)) => names_of(&names),
                Err(why) if text.starts_with(['{', '[']) => {
                    args.refuse(
                        "output",
                        output,
                        &format!("it looks like JSON and is none: {why}"),
                    );
                    return None;
                }
                _ => Some(text.to_owned()),
            }
        }
        Value::Object(members) => match members.iter().next() {
            // `{"columns": …}` holds what is meant.
            Some((name, inner)) if members.len() == 1 && is_wrapper(name, inner) => {
                return read(args, inner, output_type);
            }
            Some(_) | None => return from_schema(args, members),
        },
        Value::Array(names) => names_of(names),
        Value::Null | Value::Bool(_) | Value::Number(_) => None,
    };
    let Some(words) = words else {
        args.refuse(
            "output",
            output,
            "it must say which columns are wanted, such as `founded: year it was founded`",
        );
        return None;
    };
    // What is wrong with fields that are written as such is told, rather than taken as a sentence.
    if words.contains(':')
        && let Err(why @ Unclear::Twice { .. }) = schema_from_words(&words)
    {
        args.problem(format!("`output`: {why}"));
        return None;
    }
    if output_type == Some("text") {
        let spec = json!({"output_schema": {"type": "text", "description": words}});
        return Some(Task {
            spec,
            columns: vec!["output".into()],
            fields: FIELDS_OF_A_TEXT,
            note: None,
        });
    }
    let intent = intent::read(&words).or_else(|| {
        args.refuse(
            "output",
            output,
            "it must say which columns are wanted, such as `founded: year it was founded`",
        );
        None
    })?;
    let schema = schema_from_words(&intent.fields);
    let schema = schema.map_err(|why| args.problem(format!("`output`: {why}"))).ok()?;
    let note = intent.is_whole.then(|| {
        "the sentence in `output` could not be taken apart and became one column; write columns as `name: what to \
         find; name: …`"
            .to_owned()
    });
    from_fields(args, &schema, note)
}

/// JSON, also below a sentence and in a fence, or without the braces around its members.
fn in_json(text: &str) -> serde_json::Result<Value> {
    let whole = serde_json::from_str(text);
    if whole.is_ok() {
        return whole;
    }
    let fenced = text.split_once("```").and_then(|(_, rest)| rest.rsplit_once("```"));
    let fenced = fenced.and_then(|(inner, _)| inner.split_once('\n')).map(|(_, inner)| inner);
    let members = || text.starts_with('"').then(|| format!("{{{text}}}"));
    let inner = fenced.map(str::to_owned).or_else(members);
    match inner.map(|inner| serde_json::from_str(&inner)) {
        Some(Ok(value @ (Value::Object(_) | Value::Array(_)))) => Ok(value),
        Some(_) | None => whole,
    }
}

/// Whether a member only says that columns follow.
fn is_wrapper(name: &str, inner: &Value) -> bool {
    let says = ["columns", "fields", "output", "outputs", "schema", "output_schema"];
    let holds = match inner {
        Value::Array(list) => !list.is_empty(),
        Value::Object(members) => members.values().all(|value| !value.is_number()),
        Value::String(text) => text.contains([',', ';', ':', '\n']),
        Value::Null | Value::Bool(_) | Value::Number(_) => false,
    };
    says.contains(&name.to_lowercase().as_str()) && holds
}

/// Names, or objects such as `{"name": "founded", "description": "year", "type": "integer"}`.
fn names_of(names: &[Value]) -> Option<String> {
    let field = |value: &Value| match value {
        Value::String(name) => Some(name.clone()),
        Value::Object(members) => {
            let said = |names: &[&str]| {
                names.iter().find_map(|name| members.get(*name)?.as_str()).map(str::to_owned)
            };
            // `{"founded": "year it was founded"}`
            let only = || {
                let (name, what) = members.iter().next().filter(|_| members.len() == 1)?;
                Some(format!("{name}: {}", what.as_str()?))
            };
            let Some(name) = said(&["name", "column", "field", "key", "title"]) else {
                return only();
            };
            let kind = said(&["type"]).map(|kind| format!(" ({kind})")).unwrap_or_default();
            let what = said(&["description", "what", "find", "prompt", "instructions", "question"]);
            let what = what.map(|what| format!(": {what}"));
            Some(format!("{name}{kind}{}", what.unwrap_or_default()))
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::Array(_) => None,
    };
    let fields = names.iter().map(field).collect::<Option<Vec<_>>>()?;
    let flat = fields.iter().map(|field| field.replace([';', '\n'], ","));
    (!fields.is_empty()).then(|| flat.collect::<Vec<_>>().join("; "))
}

/// A JSON Schema of an object; or names with what to find for each.
fn from_schema(args: &mut Arguments, members: &Map<String, Value>) -> Option<Task> {
    let inner = members.get("json_schema").and_then(Value::as_object).unwrap_or(members);
    if inner.contains_key("properties")
        || inner.contains_key("$ref")
        || inner.get("type") == Some(&json!("object"))
    {
        return from_fields(args, &Value::Object(inner.clone()), None);
    }
    // The properties of a schema without the schema around them.
    let is_property = |value: &Value| {
        let has = |name: &str| value.get(name).is_some();
        ["type", "enum", "anyOf", "$ref"].into_iter().any(has)
    };
    if !members.is_empty() && members.values().all(is_property) {
        let schema = json!({"type": "object", "properties": members});
        return from_fields(
            args,
            &schema,
            Some("the object in `output` was read as properties".into()),
        );
    }
    let words = members.iter().map(|(name, what)| Some(format!("{name}: {}", what.as_str()?)));
    let words = words.collect::<Option<Vec<_>>>().filter(|words| !words.is_empty());
    let Some(words) = words else {
        let rule = "an object must be a JSON Schema with `properties`, or have for each column what to find, such as \
                    {\"founded\": \"year it was founded\"}";
        args.refuse("output", &Value::Object(members.clone()), rule);
        return None;
    };
    let schema = schema_from_words(&words.join("; "));
    let schema = schema.map_err(|why| args.problem(format!("`output`: {why}"))).ok()?;
    from_fields(
        args,
        &schema,
        Some("the object in `output` was read as columns and what to find".into()),
    )
}

fn from_fields(args: &mut Arguments, schema: &Value, note: Option<String>) -> Option<Task> {
    let spec = json!({"output_schema": {"type": "json", "json_schema": schema}});
    match Wanted::parse(spec.get("output_schema")) {
        Ok((wanted, _)) => Some(Task { note, ..told(&wanted, spec) }),
        Err(why) => {
            let why = why.to_string().replace("`task_spec.output_schema`", "`output`");
            args.problem(why);
            None
        }
    }
}

/// The columns of what is wanted.
pub(super) fn told(wanted: &Wanted, spec: Value) -> Task {
    let (columns, fields) = match wanted {
        Wanted::Fields(Schema { fields, .. }) => {
            let columns: Vec<String> = fields.iter().map(|field| field.name.clone()).collect();
            (columns, u32::try_from(fields.len()).unwrap_or(u32::MAX))
        }
        Wanted::Text { .. } | Wanted::Auto => (vec!["output".to_owned()], FIELDS_OF_A_TEXT),
    };
    Task { spec, columns, fields, note: None }
}
