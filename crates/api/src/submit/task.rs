//! The task specification of a request: what shape of answer is wanted, what a row should have.

use domain::processor::Engine;
use domain::run::Warning;
use domain::schema::FieldKind;
use domain::spec::{Refused, Wanted};
use serde_json::{Map, Value};

/// A task specification that passed all rules.
pub(super) struct Task {
    pub(super) wanted: Wanted,
    pub(super) warnings: Vec<Warning>,
    /// As it was sent.
    pub(super) input_schema: Option<Value>,
    /// Columns that the input schema requires.
    pub(super) required: Vec<String>,
    /// Characters, as JSON.
    pub(super) length: usize,
}

impl Task {
    pub(super) fn read(value: Option<&Value>) -> Result<Self, Refused> {
        let empty = Map::new();
        let members = match value {
            None | Some(Value::Null) => &empty,
            Some(Value::Object(members)) => members,
            Some(_) => {
                return Err(Refused::field(
                    "task_spec",
                    "must be an object such as {\"output_schema\": …}, or null",
                ));
            }
        };
        let (wanted, mut warnings) = Wanted::parse(members.get("output_schema"))?;
        let strangers = members
            .keys()
            .filter(|name| !matches!(name.as_str(), "output_schema" | "input_schema"));
        warnings.extend(strangers.map(|name| {
            let shown: String = name.chars().take(60).collect();
            Warning::spec(format!("`task_spec.{shown}` is not known and was not used"))
        }));
        let input_schema = members.get("input_schema").filter(|schema| !schema.is_null()).cloned();
        let required = required_columns(input_schema.as_ref())?;
        let length = value.map_or(0, |value| value.to_string().chars().count());
        Ok(Self { wanted, warnings, input_schema, required, length })
    }

    /// What the caller should know where no model takes part.
    pub(super) fn without_a_model(&self, engine: Engine) -> Vec<Warning> {
        match engine {
            Engine::Noop => vec![Warning::other(
                "This processor researches nothing: the answer holds no findings by design.",
            )],
            Engine::Model => Vec::new(),
            Engine::Extractive => {
                let mut warnings = vec![Warning::other(
                    "Answered without a model. Every statement is a verbatim quote from a source; \
                     nothing is rephrased, judged or written.",
                )];
                warnings.extend(self.needing_a_model());
                warnings
            }
        }
    }

    fn needing_a_model(&self) -> Option<Warning> {
        let Wanted::Fields(schema) = &self.wanted else { return None };
        let names: Vec<String> = schema
            .fields
            .iter()
            .filter(|field| matches!(field.kind, FieldKind::Judged | FieldKind::Written))
            .map(|field| format!("`{}`", field.name))
            .collect();
        (!names.is_empty()).then(|| {
            Warning::spec(format!(
                "{} ask for judgement or writing, which needs a model: null in the answer, with the \
                 reason `needs_model`",
                names.join(", ")
            ))
        })
    }
}

fn required_columns(schema: Option<&Value>) -> Result<Vec<String>, Refused> {
    let schema = match schema {
        None | Some(Value::Null | Value::String(_)) => return Ok(Vec::new()),
        Some(Value::Object(schema)) => schema,
        Some(_) => {
            return Err(Refused::field(
                "task_spec.input_schema",
                "must be text or an object such as {\"type\": \"json\", \"json_schema\": {…}}",
            ));
        }
    };
    let Some(names) = schema.get("json_schema").and_then(|schema| schema.get("required")) else {
        return Ok(Vec::new());
    };
    let list = names.as_array().and_then(|names| {
        names.iter().map(|name| name.as_str().map(str::to_owned)).collect::<Option<Vec<String>>>()
    });
    list.ok_or_else(|| {
        Refused::field("task_spec.input_schema.json_schema.required", "must be a list of names")
    })
}
