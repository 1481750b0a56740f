//! What the caller's schema allows: a value beyond its bounds is not answered, a list beyond its length is cut.

use domain::output::Missing;
use domain::schema::{Field, Schema};
use domain::spec::Wanted;
use serde_json::{Map, Number, Value, json};

use crate::extractive::fields::Finding;

/// Characters of a value in a reason.
const SHOWN: usize = 80;

/// The finding as the schema allows it; one that it does not allow has its value in the reason only.
pub(crate) fn allowed(schema: &Schema, field: &Field, mut finding: Finding) -> Finding {
    let Some(property) = schema.raw().get("properties").and_then(|all| all.get(&field.name)) else {
        return finding;
    };
    if let Some(most) = property.get("maxItems").and_then(Value::as_u64) {
        shorten(&mut finding, usize::try_from(most).unwrap_or(usize::MAX));
    }
    let Some(value) = &finding.value else { return finding };
    let Some(why) = forbidden(schema.raw(), property, &field.filled(value)) else { return finding };
    let text = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
    let shown: String = text.chars().take(SHOWN).collect();
    Finding {
        missing: Some(Missing::NotFound),
        reasoning: format!("`{shown}` was found, which the schema does not allow: {why}"),
        ..Finding::default()
    }
}

/// How long a text and how large a number may be, by the caller's schema: for whoever writes or judges.
#[derive(Debug, Default, PartialEq)]
pub(crate) struct Limits {
    /// Characters of a text.
    shortest: Option<u64>,
    pub(crate) longest: Option<u64>,
    least: Option<Number>,
    most: Option<Number>,
}

impl Limits {
    pub(crate) fn of(wanted: &Wanted, field: &Field) -> Self {
        let Wanted::Fields(schema) = wanted else { return Self::default() };
        let Some(property) = schema.raw().get("properties").and_then(|all| all.get(&field.name))
        else {
            return Self::default();
        };
        let bounds = Bounds { root: schema.raw(), left: MAX_NODES }.of(property, 0);
        let number = |name: &str| bounds.get(name).and_then(Value::as_number).cloned();
        let length = |name: &str| bounds.get(name).and_then(Value::as_u64);
        Self {
            shortest: length("minLength"),
            longest: length("maxLength"),
            least: number("minimum"),
            most: number("maximum"),
        }
    }

    /// Behind the description of a field, such as ` (at most 80 characters)`.
    pub(crate) fn in_words(&self) -> String {
        let length = match (self.shortest, self.longest) {
            (None, None) => None,
            (Some(shortest), None) => Some(format!("at least {shortest} characters")),
            (None, Some(longest)) => Some(format!("at most {longest} characters")),
            (Some(shortest), Some(longest)) => Some(format!("{shortest} to {longest} characters")),
        };
        let range = match (&self.least, &self.most) {
            (None, None) => None,
            (Some(least), None) => Some(format!("{least} or more")),
            (None, Some(most)) => Some(format!("{most} or less")),
            (Some(least), Some(most)) => Some(format!("from {least} to {most}")),
        };
        length.or(range).map(|words| format!(" ({words})")).unwrap_or_default()
    }
}

fn shorten(finding: &mut Finding, most: usize) {
    if let Some(Value::Array(list)) = &mut finding.value {
        list.truncate(most);
        finding.elements.retain(|(index, ..)| index.parse::<usize>().is_ok_and(|at| at < most));
    }
}

/// Why a property may not have this value. A schema that the validator cannot read forbids nothing.
fn forbidden(root: &Value, property: &Value, value: &Value) -> Option<String> {
    let schema = Bounds { root, left: MAX_NODES }.of(property, 0);
    let validator = jsonschema::validator_for(&schema).ok()?;
    validator.validate(value).err().map(|error| error.masked_with("it").to_string())
}

/// Schemas that one property may consist of, and levels of them: what lies beyond bounds nothing.
const MAX_NODES: usize = 500;
const MAX_DEPTH: usize = 12;

/// Keywords that bound a value by themselves.
const BOUNDS: [&str; 13] = [
    "const",
    "enum",
    "exclusiveMaximum",
    "exclusiveMinimum",
    "maxItems",
    "maxLength",
    "maximum",
    "minItems",
    "minLength",
    "minimum",
    "multipleOf",
    "type",
    "uniqueItems",
];

/// Takes the bounds out of a caller's schema, its references followed: what a validator reads then has an end, holds no
/// regular expression, and cannot refer to itself.
struct Bounds<'a> {
    root: &'a Value,
    left: usize,
}

impl Bounds<'_> {
    fn of(&mut self, schema: &Value, depth: usize) -> Value {
        let Value::Object(members) = schema else { return json!({}) };
        if self.left == 0 || depth > MAX_DEPTH {
            return json!({});
        }
        self.left -= 1;
        if let Some(to) = members.get("$ref").and_then(Value::as_str) {
            let followed = to.strip_prefix('#').and_then(|pointer| self.root.pointer(pointer));
            return followed.map_or_else(|| json!({}), |schema| self.of(schema, depth + 1));
        }
        let mut bounds = Map::new();
        for (keyword, below) in members {
            let bound = match (keyword.as_str(), below) {
                (keyword, below) if BOUNDS.contains(&keyword) => below.clone(),
                ("items", below) => self.of(below, depth + 1),
                ("properties", Value::Object(named)) => named
                    .iter()
                    .map(|(name, schema)| (name.clone(), self.of(schema, depth + 1)))
                    .collect::<Map<_, _>>()
                    .into(),
                ("anyOf" | "oneOf" | "allOf", Value::Array(options)) => {
                    options.iter().map(|schema| self.of(schema, depth + 1)).collect()
                }
                _ => continue,
            };
            // Where options lose what tells them apart, several may hold.
            let keyword = if keyword == "oneOf" { "anyOf" } else { keyword };
            bounds.insert(keyword.to_owned(), bound);
        }
        Value::Object(bounds)
    }
}

#[cfg(test)]
mod tests {
    use domain::output::Confidence;

    use super::*;

    fn answered(property: &Value, value: Value) -> (Option<Value>, String) {
        let raw = json!({"properties": {"x": property}, "$defs": {"Grade": {"type": "integer", "maximum": 5}}});
        let (schema, _) = Schema::parse(raw).unwrap();
        let elements = value.as_array().map_or(0, Vec::len);
        let elements = (0..elements).map(|at| (at.to_string(), Vec::new(), Some(Confidence::High)));
        let finding = Finding {
            value: Some(value),
            reasoning: "found".into(),
            elements: elements.collect(),
            ..Finding::default()
        };
        let finding = allowed(&schema, &schema.fields[0], finding);
        assert!(finding.elements.len() <= 3);
        (finding.value, finding.reasoning)
    }

    #[test]
    fn bounds_are_told_to_who_writes_or_judges() {
        let words = |property: Value| {
            let (schema, _) = Schema::parse(json!({"properties": {"x": property}})).unwrap();
            let field = schema.fields[0].clone();
            Limits::of(&Wanted::Fields(schema), &field).in_words()
        };
        assert_eq!(words(json!({"type": "string", "maxLength": 80})), " (at most 80 characters)");
        assert_eq!(
            words(json!({"type": "string", "minLength": 5, "maxLength": 80})),
            " (5 to 80 characters)"
        );
        assert_eq!(
            words(json!({"type": "integer", "minimum": 1, "maximum": 10})),
            " (from 1 to 10)"
        );
        assert_eq!(words(json!({"type": "string"})), "");
    }

    #[test]
    fn values_beyond_the_bounds_are_told_and_not_answered() {
        let grade = json!({"$ref": "#/$defs/Grade"});
        assert_eq!(answered(&grade, json!(4)).0, Some(json!(4)));
        let (value, why) = answered(&grade, json!(7));
        assert_eq!(value, None);
        assert_eq!(
            why,
            "`7` was found, which the schema does not allow: it is greater than the maximum of 5"
        );
        assert_eq!(answered(&json!({"type": "string", "maxLength": 3}), json!("abcd")).0, None);
    }

    #[test]
    fn a_schema_that_turns_in_circles_or_explodes_is_read_to_an_end() {
        let raw = json!({
            "properties": {
                "x": {"type": "string", "maxLength": 3, "not": {"$ref": "#/$defs/A"}, "allOf": [{"$ref": "#/$defs/A"}]},
                "y": {"type": "string", "anyOf": [{"type": "string"}, {"$ref": "#/$defs/B"}]},
            },
            "$defs": {
                "A": {"allOf": [{"$ref": "#/$defs/A"}]},
                "B": {"anyOf": [{"$ref": "#/$defs/B"}, {"$ref": "#/$defs/B"}, {"pattern": "^(a+)+$"}]},
            },
        });
        let why = |name: &str, value| forbidden(&raw, &raw["properties"][name], &value);
        assert_eq!(why("x", json!("abc")), None);
        assert!(why("x", json!("abcd")).is_some());
        assert_eq!(why("y", json!("aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa!")), None);
    }

    #[test]
    fn lists_are_cut_to_their_length() {
        let list = json!({"type": "array", "items": {"type": "string"}, "maxItems": 2});
        assert_eq!(answered(&list, json!(["a", "b", "c"])).0, Some(json!(["a", "b"])));
    }

    #[test]
    fn members_that_are_not_known_do_not_cost_the_whole_value() {
        let item = json!({"type": "object", "required": ["name"], "properties": {"name": {"type": "string"}}});
        let list = json!({"type": "array", "items": item});
        assert_eq!(answered(&list, json!([{"name": null}])).0, Some(json!([{"name": null}])));
    }
}
