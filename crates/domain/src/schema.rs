//! The fields that a caller wants, read from a JSON Schema.
//!
//! Only what is structurally impossible is refused; the limits are those of the Task API. The schema is
//! kept as it came, so that it can be given back.

use serde_json::{Map, Value};

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

/// Keywords that hold regular expressions, some of which take for ever.
const EXPRESSIONS: [&str; 2] = ["pattern", "patternProperties"];
/// Names that the basis of every answer has already.
const NAMES_OF_THE_BASIS: [&str; 7] =
    ["citations", "confidence", "evidence", "reasoning", "source", "sources", "source_urls"];

impl Schema {
    /// Checks a JSON Schema and reads its fields; warnings are things that work but rarely as meant.
    pub fn parse(raw: Value) -> Result<(Self, Vec<Warning>), Refused> {
        let mut reader = Reader { root: &raw, properties: 0, following: Vec::new() };
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
}

struct Reader<'a> {
    root: &'a Value,
    properties: usize,
    /// References being followed, to notice a cycle.
    following: Vec<&'a str>,
}

impl<'a> Reader<'a> {
    fn fields(
        &mut self,
        object: &'a Map<String, Value>,
        at: &str,
        depth: usize,
    ) -> Result<Vec<Field>, Refused> {
        if depth > MAX_DEPTH {
            return Err(Refused::TooDeep { at: at.to_owned() });
        }
        let Some(properties) = object.get("properties") else { return Ok(Vec::new()) };
        let Value::Object(properties) = properties else {
            return Err(malformed(&format!("{at}/properties"), "an object", properties));
        };
        let mut fields = Vec::with_capacity(properties.len());
        for (name, raw) in properties {
            self.properties += 1;
            if self.properties > MAX_PROPERTIES {
                return Err(Refused::TooManyProperties);
            }
            fields.push(self.field(name, raw, &format!("{at}/properties/{name}"), depth)?);
        }
        Ok(fields)
    }

    fn field(
        &mut self,
        name: &str,
        raw: &'a Value,
        at: &str,
        depth: usize,
    ) -> Result<Field, Refused> {
        let Value::Object(object) = raw else { return Err(malformed(at, "an object", raw)) };
        let depth_of_references = self.following.len();
        let followed = self.followed(object, at)?;
        let description = [object, followed]
            .iter()
            .find_map(|o| o.get("description").and_then(Value::as_str))
            .unwrap_or_default()
            .to_owned();
        let shape = self.shape(followed, at, depth)?;
        self.following.truncate(depth_of_references);
        let kind = match object.get("x-kind").map(|kind| (kind, kind.as_str())) {
            None => inferred_kind(name, &description, &shape),
            Some((_, Some(word))) => FieldKind::parse(word).ok_or_else(|| {
                Refused::UnknownKind { at: at.to_owned(), found: word.to_owned() }
            })?,
            Some((other, None)) => return Err(malformed(&format!("{at}/x-kind"), "text", other)),
        };
        Ok(Field { name: name.to_owned(), description, shape, kind })
    }

    fn shape(
        &mut self,
        object: &'a Map<String, Value>,
        at: &str,
        depth: usize,
    ) -> Result<Shape, Refused> {
        if depth > MAX_DEPTH {
            return Err(Refused::TooDeep { at: at.to_owned() });
        }
        if let Some(keyword) = EXPRESSIONS.into_iter().find(|word| object.contains_key(*word)) {
            return Err(Refused::Expression { at: format!("{at}/{keyword}") });
        }
        if let Some(choices) = object.get("enum") {
            return choice(choices, at);
        }
        if let Some(constant) = object.get("const") {
            return Ok(Shape::Choice(vec![constant.clone()]));
        }
        for either in ["anyOf", "oneOf", "allOf"] {
            if let Some(options) = object.get(either) {
                return self.first_option(options, &format!("{at}/{either}"), depth);
            }
        }
        let Some(name) = type_name(object, at)? else {
            let has_properties = object.contains_key("properties");
            return if has_properties { self.object(object, at, depth) } else { Ok(Shape::Any) };
        };
        match name {
            "string" => {
                Ok(Shape::Text(object.get("format").and_then(Value::as_str).and_then(format)))
            }
            "integer" => Ok(Shape::Integer),
            "number" => Ok(Shape::Number),
            "boolean" => Ok(Shape::Boolean),
            "array" => match object.get("items") {
                None => Ok(Shape::List(Box::new(Shape::Any))),
                Some(Value::Object(items)) => {
                    let at = format!("{at}/items");
                    let items = self.followed(items, &at)?;
                    Ok(Shape::List(Box::new(self.shape(items, &at, depth + 1)?)))
                }
                Some(other) => Err(malformed(&format!("{at}/items"), "an object", other)),
            },
            "object" => self.object(object, at, depth),
            other => Err(Refused::UnknownType { at: at.to_owned(), found: other.to_owned() }),
        }
    }

    fn object(
        &mut self,
        object: &'a Map<String, Value>,
        at: &str,
        depth: usize,
    ) -> Result<Shape, Refused> {
        Ok(Shape::Object(self.fields(object, at, depth + 1)?))
    }

    /// Of several possible schemas the first that is more than null.
    fn first_option(
        &mut self,
        options: &'a Value,
        at: &str,
        depth: usize,
    ) -> Result<Shape, Refused> {
        let Value::Array(options) = options else { return Err(malformed(at, "a list", options)) };
        for (index, option) in options.iter().enumerate() {
            let at = format!("{at}/{index}");
            let Value::Object(option) = option else {
                return Err(malformed(&at, "an object", option));
            };
            let option = self.followed(option, &at)?;
            if option.get("type").and_then(Value::as_str) != Some("null") {
                return self.shape(option, &at, depth);
            }
        }
        Err(Refused::OnlyNull { at: at.to_owned() })
    }

    fn followed(
        &mut self,
        mut object: &'a Map<String, Value>,
        at: &str,
    ) -> Result<&'a Map<String, Value>, Refused> {
        while let Some(to) = object.get("$ref") {
            let Value::String(to) = to else {
                return Err(malformed(&format!("{at}/$ref"), "text", to));
            };
            if self.following.contains(&to.as_str()) {
                return Err(Refused::Cycle { at: at.to_owned() });
            }
            self.following.push(to);
            object = to
                .strip_prefix('#')
                .filter(|pointer| {
                    pointer.starts_with("/$defs/") || pointer.starts_with("/definitions/")
                })
                .and_then(|pointer| self.root.pointer(pointer))
                .and_then(Value::as_object)
                .ok_or_else(|| Refused::UnknownReference { at: at.to_owned(), to: to.clone() })?;
        }
        Ok(object)
    }
}

/// The one type that is not null.
fn type_name<'a>(object: &'a Map<String, Value>, at: &str) -> Result<Option<&'a str>, Refused> {
    match object.get("type") {
        None => Ok(None),
        Some(Value::String(name)) if name == "null" => Err(Refused::OnlyNull { at: at.to_owned() }),
        Some(Value::String(name)) => Ok(Some(name)),
        Some(Value::Array(names)) => names
            .iter()
            .filter_map(Value::as_str)
            .find(|name| *name != "null")
            .map(Some)
            .ok_or_else(|| Refused::OnlyNull { at: at.to_owned() }),
        Some(other) => Err(malformed(&format!("{at}/type"), "text or a list of text", other)),
    }
}

fn choice(choices: &Value, at: &str) -> Result<Shape, Refused> {
    let Value::Array(choices) = choices else {
        return Err(malformed(&format!("{at}/enum"), "a list", choices));
    };
    if choices.len() > MAX_CHOICES {
        return Err(Refused::TooManyChoices { at: at.to_owned(), count: choices.len() });
    }
    let real: Vec<Value> = choices.iter().filter(|choice| !choice.is_null()).cloned().collect();
    if real.is_empty() {
        return Err(Refused::OnlyNull { at: at.to_owned() });
    }
    Ok(Shape::Choice(real))
}

fn format(name: &str) -> Option<TextFormat> {
    match name {
        "date" | "date-time" => Some(TextFormat::Date),
        "uri" | "url" => Some(TextFormat::Url),
        "email" => Some(TextFormat::Email),
        _ => None,
    }
}

/// Words that ask for an opinion, and words that ask for prose.
const JUDGING: [&str; 14] = [
    "sentiment",
    "verdict",
    "rating of",
    "rate the",
    "score",
    "classify",
    "is it true",
    "fact check",
    "best match",
    "relevance",
    "fit for",
    "how well",
    "likelihood",
    "tone of",
];
const WRITING: [&str; 10] = [
    "summary",
    "summarize",
    "summarise",
    "write ",
    "rewrite",
    "describe",
    "draft",
    "explain",
    "in your own words",
    "compose",
];

fn inferred_kind(name: &str, description: &str, shape: &Shape) -> FieldKind {
    let words = format!("{} {}", name.replace(['_', '-'], " "), description).to_lowercase();
    let says = |list: &[&str]| list.iter().any(|word| words.contains(word));
    if says(&JUDGING) {
        FieldKind::Judged
    } else if matches!(shape, Shape::Text(None) | Shape::Any) && says(&WRITING) {
        FieldKind::Written
    } else {
        FieldKind::Found
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

fn malformed(at: &str, wanted: &'static str, found: &Value) -> Refused {
    Refused::Malformed { at: at.to_owned(), wanted, found: json_type(found) }
}

fn json_type(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "true or false",
        Value::Number(_) => "a number",
        Value::String(_) => "text",
        Value::Array(_) => "a list",
        Value::Object(_) => "an object",
    }
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
        assert_eq!(warnings, []);
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
