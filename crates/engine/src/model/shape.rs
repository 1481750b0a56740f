//! The shape of an answer that was left open: a schema is invented for the question, and given back with the answer.

use domain::model::Role;
use domain::schema::Schema;
use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::Mind;
use super::asking::{Ask, at_most, list_of};
use crate::Failed;
use crate::purse::{Phase, Purse};
use crate::world::{Unanswered, World};

/// Fields that are invented at most, and the letters of a name.
const FIELDS: usize = 10;
/// Labels of one field.
const CHOICES: usize = 20;
const NAME: usize = 60;
const MAX_OUTPUT: u32 = 1_200;

#[derive(Deserialize)]
struct Answer {
    fields: Vec<Invented>,
}

#[derive(Deserialize)]
struct Invented {
    name: String,
    description: String,
    #[serde(rename = "type")]
    shape: String,
    kind: String,
    choices: Vec<String>,
}

fn schema() -> Value {
    let members = json!({
        "name": {"type": "string"},
        "description": {"type": "string"},
        "type": {"type": "string", "enum": ["text", "number", "integer", "boolean", "date", "list"]},
        "kind": {"type": "string", "enum": ["found", "judged", "written"]},
        "choices": at_most(CHOICES, &json!({"type": "string"})),
    });
    list_of("fields", FIELDS, &members, &["name", "description", "type", "kind", "choices"])
}

/// Asks for the fields in which a question is best answered.
pub(crate) async fn invent(
    world: &World,
    purse: &Purse,
    question: &str,
) -> Result<Result<Schema, Unanswered>, Failed> {
    let mind = Mind::of(world).await?;
    let ask = Ask {
        role: Role::Planner,
        phase: Phase::Look,
        prompt: "shape",
        given: json!({"question": question, "max_fields": FIELDS}),
        max_output_tokens: MAX_OUTPUT,
    };
    let answer: Result<Answer, Unanswered> = mind.typed(purse, ask, &schema()).await?;
    Ok(answer.and_then(|answer| {
        Schema::parse(written(answer))
            .map(|(schema, _)| schema)
            .map_err(|why| Unanswered::Unfit(why.to_string()))
    }))
}

/// The invented fields as a JSON Schema.
fn written(answer: Answer) -> Value {
    let mut properties = Map::new();
    for field in answer.fields.into_iter().take(FIELDS) {
        let name: String = field
            .name
            .trim()
            .to_lowercase()
            .chars()
            .map(|c| if c.is_alphanumeric() { c } else { '_' })
            .take(NAME)
            .collect();
        let name = name.trim_matches('_').to_owned();
        if name.is_empty() || properties.contains_key(&name) {
            continue;
        }
        let mut property = match field.shape.as_str() {
            "number" => json!({"type": ["number", "null"]}),
            "integer" => json!({"type": ["integer", "null"]}),
            "boolean" => json!({"type": ["boolean", "null"]}),
            "date" => json!({"type": ["string", "null"], "format": "date"}),
            "list" => json!({"type": ["array", "null"], "items": {"type": "string"}}),
            _ if field.kind == "judged" && field.choices.len() > 1 => {
                let choices = field.choices.iter().map(|choice| json!(choice));
                json!({"enum": choices.chain([Value::Null]).collect::<Vec<_>>()})
            }
            _ => json!({"type": ["string", "null"]}),
        };
        property["description"] = json!(field.description);
        property["x-kind"] = json!(field.kind);
        properties.insert(name, property);
    }
    let required: Vec<&String> = properties.keys().collect();
    json!({
        "type": "object",
        "required": required,
        "properties": properties,
        "additionalProperties": false,
    })
}

#[cfg(test)]
mod tests {
    use domain::schema::FieldKind;

    use super::*;

    #[test]
    fn what_is_invented_is_a_schema_whose_fields_may_be_null() {
        let answer = serde_json::from_value(json!({"fields": [
            {"name": "Price (EUR)", "description": "price", "type": "number", "kind": "found", "choices": []},
            {"name": "verdict", "description": "v", "type": "text", "kind": "judged", "choices": ["buy", "wait"]},
            {"name": "price__eur", "description": "again", "type": "text", "kind": "found", "choices": []},
        ]}))
        .unwrap();
        let (schema, warnings) = Schema::parse(written(answer)).unwrap();
        assert_eq!(warnings, []);
        let names: Vec<&str> = schema.fields.iter().map(|field| field.name.as_str()).collect();
        assert_eq!(names, ["price__eur", "verdict"]);
        assert_eq!(schema.fields[1].kind, FieldKind::Judged);
    }
}
