//! The fields that a caller wants, read from a JSON Schema.
//!
//! Only what is structurally impossible is refused; the limits are those of the Task API. The schema is
//! kept as it came, so that it can be given back.

mod blank;
mod kind;
mod read;
pub(crate) mod required;

use serde_json::{Map, Value};

pub use self::blank::Blank;
use self::read::{Reader, json_type};
use crate::run::Warning;

/// Properties in one schema, nested ones included.
pub const MAX_PROPERTIES: usize = 100;
/// Levels of objects and lists, the root being the first.
pub const MAX_DEPTH: usize = 5;
/// Characters of all names and texts of a schema together.
pub const MAX_CHARACTERS: usize = 25_000;
/// Members of one enum.
pub const MAX_CHOICES: usize = 500;

/// A schema that passed all rules.
#[derive(Debug, Clone, PartialEq)]
pub struct Schema {
    raw: Value,
    pub description: Option<String>,
    pub fields: Vec<Field>,
}

#[derive(Debug, Clone, PartialEq)]
pub struct Field {
    pub name: String,
    pub description: String,
    pub shape: Shape,
    pub kind: FieldKind,
    pub blank: Blank,
}

/// What kind of value a field takes.
#[derive(Debug, Clone, PartialEq)]
pub enum Shape {
    Text(Option<TextFormat>),
    Integer,
    Number,
    Boolean,
    /// One of these values.
    Choice(Vec<Value>),
    List(Box<Shape>),
    Object(Vec<Field>),
    /// No type given: whatever is found, as text.
    Any,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TextFormat {
    Date,
    Url,
    Email,
}

/// How a value may come about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum FieldKind {
    /// Stated by a source; a quote is required.
    Found,
    /// A label, score or verdict, with the quotes it rests on. Needs a model.
    Judged,
    /// Composed from row and evidence, and marked so. Needs a model.
    Written,
}

impl FieldKind {
    pub const ALL: [Self; 3] = [Self::Found, Self::Judged, Self::Written];

    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Found => "found",
            Self::Judged => "judged",
            Self::Written => "written",
        }
    }

    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.as_str() == word)
    }
}

/// Why a schema cannot be worked with. Each message names the place as a JSON pointer.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Refused {
    #[error("the schema must be an object with `type: object` and `properties`, and is {0}")]
    NotAnObject(&'static str),
    #[error("the schema names no properties: list at least one field under `properties`")]
    NoProperties,
    #[error("`{at}` must be {wanted}, and is {found}")]
    Malformed { at: String, wanted: &'static str, found: &'static str },
    #[error(
        "`{at}` has the type `{found}`, which is none of string, integer, number, boolean, array, object, null"
    )]
    UnknownType { at: String, found: String },
    #[error("`{at}` can only be null: name a second type")]
    OnlyNull { at: String },
    #[error(
        "`{at}` refers to `{to}`, which is not in this schema; only `#/$defs/NAME` and `#/definitions/NAME` are followed"
    )]
    UnknownReference { at: String, to: String },
    #[error("`{at}` refers to itself")]
    Cycle { at: String },
    #[error("`{at}` must be a list of names")]
    NoList { at: String },
    #[error("`{at}` names `{name}`, which is none of the properties beside it")]
    NoProperty { at: String, name: String },
    #[error("`{at}` lies deeper than {MAX_DEPTH} levels")]
    TooDeep { at: String },
    #[error("the schema has more than {MAX_PROPERTIES} properties")]
    TooManyProperties,
    #[error("the names and texts of the schema have more than {MAX_CHARACTERS} characters")]
    TooLong,
    #[error("`{at}` has {count} choices; at most {MAX_CHOICES} are allowed")]
    TooManyChoices { at: String, count: usize },
    #[error(
        "`{at}` is a regular expression, which is not checked here: say in the description what the value looks like"
    )]
    Expression { at: String },
    #[error("`{at}` has the kind `{found}`, which is none of found, judged, written")]
    UnknownKind { at: String, found: String },
}

/// Names that the basis of every answer has already.
const NAMES_OF_THE_BASIS: [&str; 7] =
    ["citations", "confidence", "evidence", "reasoning", "source", "sources", "source_urls"];

impl Schema {
    /// Checks a JSON Schema and reads its fields; warnings are things that work but rarely as meant.
    pub fn parse(raw: Value) -> Result<(Self, Vec<Warning>), Refused> {
        let mut reader = Reader::new(&raw);
        let Value::Object(root) = &raw else { return Err(Refused::NotAnObject(json_type(&raw))) };
        if text_length(&raw) > MAX_CHARACTERS {
            return Err(Refused::TooLong);
        }
        if root.contains_key("anyOf") || root.contains_key("oneOf") {
            return Err(Refused::NotAnObject("a choice between schemas"));
        }
        let root = reader.followed(root, "")?;
        match root.get("type") {
            None => {}
            Some(Value::String(name)) if name == "object" => {}
            Some(_) => return Err(Refused::NotAnObject("of another type")),
        }
        let fields = reader.fields(root, "", 1)?;
        if fields.is_empty() {
            return Err(Refused::NoProperties);
        }
        let warnings = warnings(root, &fields);
        let description = root.get("description").and_then(Value::as_str).map(str::to_owned);
        Ok((Self { raw, description, fields }, warnings))
    }

    /// As the caller sent it.
    pub const fn raw(&self) -> &Value {
        &self.raw
    }

    /// The answer as the caller's schema allows it: null is replaced where the schema forbids it and has a value for
    /// it, inside objects and lists too.
    pub fn filled(&self, values: &Map<String, Value>) -> Map<String, Value> {
        let filled = |(name, value): (&String, &Value)| {
            let field = self.fields.iter().find(|field| field.name == *name);
            (name.clone(), field.map_or_else(|| value.clone(), |field| field.filled(value)))
        };
        values.iter().map(filled).collect()
    }
}

fn warnings(root: &Map<String, Value>, fields: &[Field]) -> Vec<Warning> {
    let required: Vec<&str> = root
        .get("required")
        .and_then(Value::as_array)
        .map(|names| names.iter().filter_map(Value::as_str).collect())
        .unwrap_or_default();
    let optional: Vec<&str> = fields
        .iter()
        .map(|field| field.name.as_str())
        .filter(|name| !required.contains(name))
        .collect();
    let mut warnings = Vec::new();
    if !optional.is_empty() {
        warnings.push(Warning::spec(format!(
            "optional fields are answered like required ones: {}",
            optional.join(", ")
        )));
    }
    warnings.extend(blank::warnings(fields));
    if root.get("additionalProperties") != Some(&Value::Bool(false)) {
        warnings.push(Warning::spec(
            "`additionalProperties` is not false; only the named properties are answered",
        ));
    }
    for field in fields {
        if NAMES_OF_THE_BASIS.contains(&field.name.as_str()) {
            warnings.push(Warning::spec(format!(
                "`{}` asks for what the basis of every field holds already",
                field.name
            )));
        }
    }
    warnings
}

fn text_length(value: &Value) -> usize {
    match value {
        Value::String(text) => text.chars().count(),
        Value::Array(items) => items.iter().map(text_length).sum(),
        Value::Object(members) => {
            members.iter().map(|(name, item)| name.chars().count() + text_length(item)).sum()
        }
        Value::Null | Value::Bool(_) | Value::Number(_) => 0,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn refusal(schema: Value) -> String {
        Schema::parse(schema).unwrap_err().to_string()
    }

    #[test]
    fn a_schema_of_an_ordinary_validator_is_read() {
        let (schema, warnings) = Schema::parse(json!({
            "$defs": {"Level": {"enum": ["low", "high"]}},
            "type": "object", "title": "Answer", "additionalProperties": false,
            "properties": {
                "founded": {"anyOf": [{"type": "integer"}, {"type": "null"}], "description": "year"},
                "site": {"type": "string", "format": "uri"},
                "level": {"$ref": "#/$defs/Level"},
                "staff": {"type": "array", "items": {"type": ["null", "string"]}},
            },
            "required": ["founded", "site", "level", "staff"],
        }))
        .unwrap();
        let shapes: Vec<_> = schema.fields.iter().map(|field| field.shape.clone()).collect();
        assert_eq!(
            shapes,
            [
                Shape::Integer,
                Shape::Text(Some(TextFormat::Url)),
                Shape::Choice(vec![json!("low"), json!("high")]),
                Shape::List(Box::new(Shape::Text(None))),
            ]
        );
        let said: Vec<&str> = warnings.iter().map(|warning| warning.message.as_str()).collect();
        assert!(
            matches!(said[..], [no_null] if no_null.ends_with("unknown: `level`; null all the same where nothing is found"))
        );
    }

    #[test]
    fn what_is_impossible_is_refused_with_its_place() {
        assert_eq!(
            refusal(json!([])),
            "the schema must be an object with `type: object` and `properties`, and is a list"
        );
        assert_eq!(
            refusal(json!({"type": "object"})),
            "the schema names no properties: list at least one field under `properties`"
        );
        assert_eq!(
            refusal(json!({"properties": {"a": {"type": "float"}}})),
            "`/properties/a` has the type `float`, which is none of string, integer, number, boolean, array, object, null"
        );
        assert_eq!(
            refusal(json!({"properties": {"a": {"$ref": "#/$defs/A"}},
                           "$defs": {"A": {"$ref": "#/$defs/A"}}})),
            "`/properties/a` refers to itself"
        );
        assert_eq!(
            refusal(json!({"properties": {"a": {"type": "null"}}})),
            "`/properties/a` can only be null: name a second type"
        );
    }

    #[test]
    fn regular_expressions_are_refused_wherever_they_stand() {
        let code = json!({"type": "string", "pattern": "^(a+)+$"});
        let said =
            |property: Value| refusal(json!({"type": "object", "properties": {"code": property}}));
        assert!(
            said(code.clone()).starts_with("`/properties/code/pattern` is a regular expression")
        );
        let list = json!({"type": "array", "items": code});
        assert!(said(list).starts_with("`/properties/code/items/pattern`"));
        let either = json!({"anyOf": [code, {"type": "null"}]});
        assert!(said(either).starts_with("`/properties/code/anyOf/0/pattern`"));
        let names = json!({"type": "object", "patternProperties": {"^a": code}});
        assert!(said(names).starts_with("`/properties/code/patternProperties`"));
    }

    #[test]
    fn a_reference_that_contains_itself_is_refused_and_not_followed_for_ever() {
        let schema = json!({
            "properties": {"a": {"$ref": "#/$defs/Tree"}},
            "$defs": {"Tree": {"type": "object", "properties": {"left": {"$ref": "#/$defs/Tree"}}}},
        });
        assert!(Schema::parse(schema).is_err());
    }

    #[test]
    fn the_same_reference_may_be_used_twice() {
        let schema = json!({
            "properties": {"a": {"$ref": "#/$defs/T"}, "b": {"$ref": "#/$defs/T"}},
            "$defs": {"T": {"type": "string"}},
        });
        assert!(Schema::parse(schema).is_ok());
    }

    #[test]
    fn null_is_replaced_only_where_the_schema_forbids_it() {
        let (schema, warnings) = Schema::parse(json!({
            "type": "object", "additionalProperties": false,
            "required": ["name", "tags", "staff", "public", "mood", "verdict", "year", "plan", "rank", "level", "offers"],
            "properties": {
                "name": {"type": "string"},
                "tags": {"type": "array", "items": {"type": "string"}},
                "staff": {"type": "integer", "minimum": 0},
                "public": {"type": "boolean"},
                "mood": {"enum": ["good", "bad", "Unknown"]},
                "verdict": {"enum": ["true", "false"]},
                "year": {"anyOf": [{"type": "integer"}, {"type": "null"}]},
                "plan": {"type": "string", "default": "free"},
                "level": {"type": "integer", "minimum": 0, "default": "x"},
                "rank": {"type": "integer", "minimum": 1},
                "offers": {"type": "array", "items": {"type": "object", "properties": {
                    "label": {"type": "string"}, "price": {"type": ["number", "null"]},
                }}},
            },
        }))
        .unwrap();
        let null = schema.fields.iter().map(|field| (field.name.clone(), Value::Null)).collect();
        assert_eq!(
            Value::Object(schema.filled(&null)),
            json!({
                "name": "", "tags": [], "staff": 0, "public": false, "mood": "Unknown", "verdict": null,
                "year": null, "plan": "free", "rank": null, "level": 0, "offers": [],
            })
        );
        let offers = json!({"offers": [{"label": null, "price": null}, {"price": 3}], "name": "A"});
        let filled = schema.filled(offers.as_object().unwrap());
        assert_eq!(
            Value::Object(filled),
            json!({"offers": [{"label": "", "price": null}, {"label": "", "price": 3}], "name": "A"})
        );
        let said: Vec<String> = warnings.into_iter().map(|warning| warning.message).collect();
        assert_eq!(
            said,
            [
                "where nothing is found, the schema makes `staff` 0, `public` false, `level` 0, with the reason in `missing` \
                 of the basis; allow null to tell that from a value that was found",
                "the schema forbids null and has no value that means unknown: `verdict`, `rank`; null all the \
                 same where nothing is found",
            ]
        );
    }

    #[test]
    fn the_kind_is_inferred_from_the_words_and_can_be_set() {
        let (schema, _) = Schema::parse(json!({"properties": {
            "mood": {"enum": ["good", "bad"], "description": "sentiment of the reviews"},
            "blurb": {"type": "string", "description": "a short summary"},
            "year": {"type": "integer", "description": "year of the summary report"},
            "note": {"type": "string", "description": "anything", "x-kind": "written"},
        }}))
        .unwrap();
        let kinds: Vec<_> = schema.fields.iter().map(|field| field.kind).collect();
        assert_eq!(
            kinds,
            [FieldKind::Judged, FieldKind::Written, FieldKind::Found, FieldKind::Written]
        );
    }
}
