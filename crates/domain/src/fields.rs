//! Fields in plain words: `founded: year the company was founded; ceo: its chief executive`.

use serde_json::{Map, Value, json};

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
    #[error(
        "`{name}` has the type `{found}`; known are text, integer, number, boolean, date, url, email, list"
    )]
    UnknownType { name: String, found: String },
}

/// Longest name of a field; longer ones are meant as a description.
const MAX_NAME: usize = 60;

/// Makes a JSON Schema from plain words.
///
/// `name: description`, separated by `;` or line breaks. A type may stand behind the name in brackets
/// (`staff (integer): …`); where it does not, the description decides. `one of a, b, c` in a description
/// makes a choice.
pub fn schema_from_words(words: &str) -> Result<Value, Unclear> {
    let mut properties = Map::new();
    for part in parts(words) {
        let (head, description) = head_and_description(part);
        let (label, given_type) = split_type(head.trim());
        let name = field_name(label);
        if name.is_empty() || label.len() > MAX_NAME {
            return Err(Unclear::NoName { part: part.chars().take(80).collect() });
        }
        let description = description.trim();
        let field = match given_type {
            Some(word) => named_type(word)
                .ok_or_else(|| Unclear::UnknownType { name: name.clone(), found: word.into() })?,
            None => guessed_type(label, description),
        };
        let mut field = nullable(field);
        field.insert(
            "description".into(),
            json!(if description.is_empty() { label } else { description }),
        );
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

/// The fields one by one, without bullets and numbers before them.
fn parts(words: &str) -> Vec<&str> {
    let lines = words.split([';', '\n']).map(|line| without_bullet(line.trim()));
    lines.flat_map(at_labels).map(str::trim).filter(|part| !part.is_empty()).collect()
}

/// `founded: year it was founded, ceo: its chief` are two fields as well: a comma or a full stop before a short name
/// with a colon ends the one before.
fn at_labels(text: &str) -> Vec<&str> {
    let mut parts = Vec::new();
    let mut from = 0;
    for (at, _) in text.match_indices([',', '.']) {
        let after = &text[at + 1..];
        let is_label = after.starts_with(' ')
            && after.split_once(':').is_some_and(|(label, rest)| {
                is_short_name(label.trim()) && (rest.is_empty() || rest.starts_with(' '))
            });
        if is_label && at > from {
            parts.push(&text[from..at]);
            from = at + 1;
        }
    }
    parts.push(&text[from..]);
    parts
}

/// Up to three words, a type in brackets among them.
fn is_short_name(label: &str) -> bool {
    let is_plain = |c: char| c.is_alphanumeric() || matches!(c, ' ' | '_' | '-' | '/' | '(' | ')');
    !label.is_empty()
        && label.chars().all(is_plain)
        && (1..=3).contains(&label.split_whitespace().count())
        && !["e.g", "i.e", "note", "example"].contains(&label.to_lowercase().as_str())
}

/// `1. founded`, `- founded` and `* founded` → `founded`
fn without_bullet(part: &str) -> &str {
    let digits = part.trim_start_matches(|c: char| c.is_ascii_digit());
    if digits.len() < part.len()
        && let Some(rest) = digits.strip_prefix(['.', ')'])
        && rest.starts_with(' ')
    {
        return rest.trim_start();
    }
    let rest = part.strip_prefix(['-', '*', '•']);
    rest.filter(|rest| rest.starts_with(' ')).map_or(part, str::trim_start)
}

/// `founded: year` and `founded - year` → `founded`, `year`
fn head_and_description(part: &str) -> (&str, &str) {
    if let Some(split) = part.split_once(':') {
        return split;
    }
    let dash = [" - ", " – ", " — "].into_iter().find_map(|dash| part.split_once(dash));
    dash.filter(|(head, _)| is_short_name(head)).unwrap_or((part, ""))
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

/// `staff (integer)` → `staff`, `integer`
fn split_type(head: &str) -> (&str, Option<&str>) {
    match head.strip_suffix(')').and_then(|head| head.rsplit_once('(')) {
        Some((label, word)) => (label.trim(), Some(word.trim())),
        None => (head, None),
    }
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
            "founded: year it was founded, ceo: its chief executive",
            "founded: year it was founded. ceo: its chief executive.",
            "founded - year it was founded; ceo - its chief executive",
            "1. founded: year it was founded\n2. ceo: its chief executive",
            "- founded (integer): year\n* ceo",
        ] {
            assert_eq!(names(words), ["founded", "ceo"], "{words}");
        }
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
    fn what_cannot_be_read_is_named() {
        let refusal = |words| schema_from_words(words).unwrap_err().to_string();
        assert_eq!(refusal("a: b; a: c"), "`a` is named twice");
        assert_eq!(
            refusal(": b"),
            "`: b` is not a field; write `name: what to find`, and `;` between fields"
        );
        assert!(refusal(" ; ").starts_with("no field is named"));
        assert!(refusal("a (colour): b").starts_with("`a` has the type `colour`; known are"));
    }
}
