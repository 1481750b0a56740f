//! Fields in plain words: `founded: year the company was founded; ceo: its chief executive`.

mod listed;

use serde_json::{Map, Value, json};

use self::listed::{Listed, listed};

/// Why a line of fields cannot be read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Unclear {
    #[error(
        "no field is named; write for example `founded: year it was founded; ceo: its chief executive`"
    )]
    Empty,
    #[error("`{part}` is not a field; write `name: what to find`, and `;` between fields")]
    NoName { part: String },
    #[error("`{name}` is named twice")]
    Twice { name: String },
}

/// Longest name of a field; longer ones are meant as a description.
const MAX_NAME: usize = 60;

/// Makes a JSON Schema from plain words.
///
/// `name: description`, one behind the other however lists are written: with `;`, line breaks, bullets, numbers, bars, or
/// commas where they do not belong to a description. A type may stand behind the name in brackets (`staff (integer): …`) or
/// instead of the description; where there is none, the description decides. Other brackets, such as a unit, are told with
/// the description. `one of a, b, c` in a description makes a choice.
pub fn schema_from_words(words: &str) -> Result<Value, Unclear> {
    let mut properties = Map::new();
    for Listed { label, kind, what } in listed(words) {
        let name = field_name(label);
        if name.is_empty() || label.len() > MAX_NAME {
            let part = if what.is_empty() { label.into() } else { format!("{label}: {what}") };
            return Err(Unclear::NoName { part: part.chars().take(80).collect() });
        }
        let given = kind.and_then(named_type);
        let field = given.unwrap_or_else(|| guessed_type(label, what));
        let mut field = nullable(field);
        field.insert("description".into(), json!(if what.is_empty() { label } else { what }));
        if properties.insert(name.clone(), Value::Object(field)).is_some() {
            return Err(Unclear::Twice { name });
        }
    }
    if properties.is_empty() {
        return Err(Unclear::Empty);
    }
    let required: Vec<&String> = properties.keys().collect();
    Ok(json!({
        "type": "object",
        "required": required,
        "properties": properties,
        "additionalProperties": false,
    }))
}

/// What is not found is null.
fn nullable(mut field: Map<String, Value>) -> Map<String, Value> {
    if let Some(name) = field.get_mut("type") {
        *name = json!([name.take(), "null"]);
    }
    if let Some(Value::Array(choices)) = field.get_mut("enum") {
        choices.push(Value::Null);
    }
    field
}

/// `Year founded` → `year_founded`
fn field_name(label: &str) -> String {
    let mapped: String = label
        .trim()
        .chars()
        .map(|c| if c.is_alphanumeric() || c == '_' { c } else { ' ' })
        .collect();
    let name = mapped.split_whitespace().collect::<Vec<_>>().join("_");
    // `CEO` and `founded_in` stay as they are; `Year founded` is lowered.
    if mapped.trim().contains(' ') { name.to_lowercase() } else { name }
}

fn named_type(word: &str) -> Option<Map<String, Value>> {
    let field = match word.to_lowercase().as_str() {
        "text" | "string" | "str" => json!({"type": "string"}),
        "integer" | "int" | "year" | "count" => json!({"type": "integer"}),
        "number" | "float" | "decimal" => json!({"type": "number"}),
        "boolean" | "bool" | "yes/no" => json!({"type": "boolean"}),
        "date" => json!({"type": "string", "format": "date"}),
        "url" | "link" => json!({"type": "string", "format": "uri"}),
        "email" | "e-mail" => json!({"type": "string", "format": "email"}),
        "list" | "array" | "list of text" | "list of strings" | "array of strings" | "texts" => {
            json!({"type": "array", "items": {"type": "string"}})
        }
        _ => return None,
    };
    field.as_object().cloned()
}

/// “How many bytes” asks for an amount, and pages write its unit with it; “how many people” asks for a count.
const UNITS: [&str; 14] = [
    "bytes",
    "kilobytes",
    "megabytes",
    "gigabytes",
    "milliseconds",
    "seconds",
    "minutes",
    "hours",
    "days",
    "metres",
    "meters",
    "kilometres",
    "kilometers",
    "watts",
];

fn guessed_type(label: &str, description: &str) -> Map<String, Value> {
    let words = format!("{} {}", label.replace('_', " "), description).to_lowercase();
    if let Some(choices) = choices(description) {
        return Map::from_iter([("type".into(), json!("string")), ("enum".into(), json!(choices))]);
    }
    let begins = |starts: &[&str]| {
        starts.iter().any(|start| {
            description.to_lowercase().starts_with(start) || label.to_lowercase().starts_with(start)
        })
    };
    let says = |needle: &str| words.contains(needle);
    let guessed =
        if begins(&["whether", "is it", "is the", "does ", "do ", "has ", "can ", "yes or no"])
            || says("yes/no")
            || says("true/false")
            || says("true or false")
        {
            "boolean"
        } else if begins(&["year", "which year", "in which year", "the year"]) {
            "integer"
        } else if begins(&["date", "the date", "release date", "on which date"]) {
            "date"
        } else if begins(&["number of", "the number of", "how many", "count of"])
            && !says("number of the ")
            && !UNITS.iter().any(|unit| says(&format!("how many {unit}")))
        {
            "integer"
        } else if begins(&["website", "url", "the url", "link to", "homepage"]) {
            "url"
        } else if begins(&["email", "e-mail"]) {
            "email"
        } else if begins(&["list of", "a list of", "all ", "names of"]) {
            "list"
        } else {
            "text"
        };
    named_type(guessed).unwrap_or_default()
}

/// The members behind `one of`, where there are at least two.
fn choices(description: &str) -> Option<Vec<String>> {
    let lower = description.to_lowercase();
    let at = lower.find("one of ")? + "one of ".len();
    let members: Vec<String> = description
        .get(at..)?
        .trim_end_matches('.')
        .replace(" or ", ", ")
        .split([',', '/', '|'])
        .map(|member| member.trim().trim_matches(['"', '\'', '`']).to_owned())
        .filter(|member| !member.is_empty())
        .collect();
    (members.len() >= 2 && members.iter().all(|member| member.len() <= 40)).then_some(members)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn types(words: &str) -> Vec<(String, String)> {
        let schema = schema_from_words(words).unwrap();
        let of = |field: &Value| {
            let word = field["format"].as_str().or(field["type"][0].as_str());
            assert_eq!(field["type"][1], "null", "what is not found is null");
            if field["enum"].is_array() { field["enum"].to_string() } else { word.unwrap().into() }
        };
        let properties = schema["properties"].as_object().unwrap();
        properties.iter().map(|(name, field)| (name.clone(), of(field))).collect()
    }

    #[test]
    fn plain_words_become_typed_fields_in_their_order() {
        let pair = |name: &str, kind: &str| (name.to_owned(), kind.to_owned());
        assert_eq!(
            types(
                "founded: year the company was founded; ceo; Head Office: city; \
                 public: whether it is listed; staff (integer): people; \
                 size: one of small, medium or large"
            ),
            [
                pair("founded", "integer"),
                pair("ceo", "string"),
                pair("head_office", "string"),
                pair("public", "boolean"),
                pair("staff", "integer"),
                pair("size", r#"["small","medium","large",null]"#),
            ]
        );
    }

    #[test]
    fn fields_are_told_apart_however_they_are_listed() {
        let names = |words: &str| -> Vec<String> {
            types(words).into_iter().map(|(name, _)| name).collect()
        };
        for words in [
            "founded, ceo",
            "founded; ceo",
            "founded | ceo",
            "| founded | ceo |\n|---|---|",
            "founded\tceo",
            "founded，ceo",
            "founded、ceo",
            "founded / ceo",
            "founded & ceo",
            "Columns: founded, ceo",
            "Columns:\n- founded\n- ceo",
            "# Columns\n- **founded**: year it was founded\n- **ceo**: its chief",
            "For each company: founded, ceo",
            "1) founded 2) ceo",
            "founded:integer, ceo:text",
            "founded (integer), ceo (text)",
            "founded (year, by the register), ceo (name)",
            "\"founded\": \"the year, or so\", \"ceo\": \"its chief\"",
            "`founded`: year; `ceo`: its chief",
            "founded: year it was founded; ceo (text)",
            "founded: year it was founded, ceo: its chief executive",
            "founded: year it was founded. ceo: its chief executive.",
            "founded - year it was founded; ceo - its chief executive",
            "1. founded: year it was founded\n2. ceo: its chief executive",
            "- founded (integer): year\n* ceo",
        ] {
            assert_eq!(names(words), ["founded", "ceo"], "{words}");
        }
        for words in [
            "price (number), launched (integer), weight: weight in kg, size: of it, or so, listed (yes/no)",
            "price (EUR), launched; weight (kg), size, listed: yes or no",
            "price, launched; weight, size\nlisted",
        ] {
            assert_eq!(names(words), ["price", "launched", "weight", "size", "listed"], "{words}");
        }
        assert_eq!(names("output: MWh per year; fields: of wheat"), ["output", "fields"]);
        assert_eq!(names("output: MWh per year"), ["output"]);
        assert_eq!(names("price: as of 31. December; staff: at the end"), ["price", "staff"]);
        assert_eq!(names("size: one of small, medium, large"), ["size"]);
        assert_eq!(names("site: its address, such as https://a.org"), ["site"]);
        assert_eq!(
            names("price: in euros, or dollars if that is all there is: say which"),
            ["price"]
        );
        assert_eq!(names("tags (array): what it is about; on-call: who"), ["tags", "on_call"]);
    }

    #[test]
    fn counts_are_integers_and_amounts_and_labels_are_texts() {
        let kinds: Vec<String> = types(
            "staff: how many people; size: how many bytes it takes; stand: number of the stand; \
             seats: number of seats",
        )
        .into_iter()
        .map(|(_, kind)| kind)
        .collect();
        assert_eq!(kinds, ["integer", "string", "string", "integer"]);
    }

    #[test]
    fn a_type_may_stand_behind_the_name_or_alone_and_a_unit_is_told() {
        let schema = schema_from_words("price (EUR), staff: integer, listed (yes/no)").unwrap();
        let properties = &schema["properties"];
        assert_eq!(properties["price"]["description"], "price (EUR)");
        assert_eq!(properties["staff"]["type"][0], "integer");
        assert_eq!(properties["staff"]["description"], "staff");
        assert_eq!(properties["listed"]["type"][0], "boolean");
    }

    #[test]
    fn what_cannot_be_read_is_named() {
        let refusal = |words| schema_from_words(words).unwrap_err().to_string();
        assert_eq!(refusal("a: b; a: c"), "`a` is named twice");
        assert_eq!(
            refusal(": b"),
            "`: b` is not a field; write `name: what to find`, and `;` between fields"
        );
        assert!(refusal(" ; ").starts_with("no field is named"));
    }
}
