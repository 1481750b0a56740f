//! Reads the fields of a JSON Schema: references followed, types told apart, what is impossible refused.

use serde_json::{Map, Value};

use super::blank::Blank;
use super::kind::inferred_kind;
use super::{Field, FieldKind, MAX_CHOICES, MAX_DEPTH, MAX_PROPERTIES, Refused, Shape, TextFormat};

/// Keywords that hold regular expressions, some of which take for ever.
const EXPRESSIONS: [&str; 2] = ["pattern", "patternProperties"];
pub(super) struct Reader<'a> {
    root: &'a Value,
    properties: usize,
    /// References being followed, to notice a cycle.
    following: Vec<&'a str>,
}

impl<'a> Reader<'a> {
    pub(super) const fn new(root: &'a Value) -> Self {
        Self { root, properties: 0, following: Vec::new() }
    }

    pub(super) fn fields(
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
        let blank = Blank::of(object, followed, &shape);
        self.following.truncate(depth_of_references);
        let kind = match object.get("x-kind").map(|kind| (kind, kind.as_str())) {
            None => inferred_kind(name, &description, &shape),
            Some((_, Some(word))) => FieldKind::parse(word).ok_or_else(|| {
                Refused::UnknownKind { at: at.to_owned(), found: word.to_owned() }
            })?,
            Some((other, None)) => return Err(malformed(&format!("{at}/x-kind"), "text", other)),
        };
        Ok(Field { name: name.to_owned(), description, shape, kind, blank })
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

    pub(super) fn followed(
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

fn malformed(at: &str, wanted: &'static str, found: &Value) -> Refused {
    Refused::Malformed { at: at.to_owned(), wanted, found: json_type(found) }
}

pub(super) fn json_type(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "true or false",
        Value::Number(_) => "a number",
        Value::String(_) => "text",
        Value::Array(_) => "a list",
        Value::Object(_) => "an object",
    }
}
