//! Reading a request body as JSON: bounded in depth, and refusing what two readers could understand differently.

use std::cell::{Cell, RefCell};
use std::fmt;

use serde::Deserializer;
use serde::de::{DeserializeSeed, Error, MapAccess, SeqAccess, Visitor};
use serde_json::map::Entry;
use serde_json::{Map, Value};

use crate::problem::Problem;

/// Levels of objects and lists in a body. A schema has at most 5 levels, each of which takes two or three here.
const MAX_DEPTH: usize = 64;
/// Values in a body: three hundred for each of a thousand rows. Each takes 150 bytes of memory or more.
const MAX_VALUES: usize = 300_000;

/// The body as an object.
pub(crate) fn object(bytes: &[u8]) -> Result<Map<String, Value>, Problem> {
    match parse(bytes)? {
        Value::Object(members) => Ok(members),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) | Value::Array(_) => {
            Err(Problem::invalid("the body must be a JSON object such as {\"input\": \"…\"}"))
        }
    }
}

fn parse(bytes: &[u8]) -> Result<Value, Problem> {
    if bytes.iter().all(u8::is_ascii_whitespace) {
        return Err(Problem::invalid(
            "the body is empty; send a JSON object such as {\"input\": \"…\"}",
        ));
    }
    let (path, values) = (RefCell::new(Vec::new()), Cell::new(0));
    let mut reader = serde_json::Deserializer::from_slice(bytes);
    let value = Strict { path: &path, values: &values, depth: 0 }.deserialize(&mut reader);
    let value = value.and_then(|value| reader.end().map(|()| value));
    value.map_err(|why| {
        let place = place(path.borrow().iter().rev());
        let what = why.to_string();
        Problem::invalid(match what.strip_prefix(OURS) {
            // serde_json adds its own place to our words.
            Some(rule) => format!("`{place}` {}", rule.split(" at line ").next().unwrap_or(rule)),
            None if place.is_empty() => format!("the body is not JSON: {what}"),
            None => format!("`{place}` is not JSON: {what}"),
        })
    })
}

const OURS: &str = "\u{1}";

enum Step {
    Member(String),
    Element(usize),
}

fn place<'a>(path: impl Iterator<Item = &'a Step>) -> String {
    let mut place = String::new();
    for step in path {
        match step {
            Step::Member(name) if place.is_empty() => place.push_str(name),
            Step::Member(name) => {
                place.push('.');
                place.push_str(name);
            }
            Step::Element(index) => place.extend(["[", &index.to_string(), "]"]),
        }
    }
    place.chars().take(200).collect()
}

/// Builds a value. A refusal leaves behind where it is, the innermost step first.
#[derive(Clone, Copy)]
struct Strict<'a> {
    path: &'a RefCell<Vec<Step>>,
    values: &'a Cell<usize>,
    depth: usize,
}

impl Strict<'_> {
    fn within(self) -> Self {
        Self { depth: self.depth + 1, ..self }
    }

    /// Puts a step before those at which something was refused.
    fn at<E>(self, step: impl FnOnce() -> Step) -> impl FnOnce(E) -> E {
        move |why| {
            self.path.borrow_mut().push(step());
            why
        }
    }
}

impl<'de> DeserializeSeed<'de> for Strict<'_> {
    type Value = Value;

    fn deserialize<D: Deserializer<'de>>(self, reader: D) -> Result<Value, D::Error> {
        if self.depth > MAX_DEPTH {
            return Err(D::Error::custom(format!("{OURS}lies deeper than {MAX_DEPTH} levels")));
        }
        self.values.set(self.values.get() + 1);
        if self.values.get() > MAX_VALUES {
            return Err(D::Error::custom(format!(
                "{OURS}is beyond the {MAX_VALUES} values that a body may hold"
            )));
        }
        reader.deserialize_any(self)
    }
}

fn checked<E: Error>(text: &str) -> Result<(), E> {
    if text.contains('\0') {
        return Err(E::custom(format!(
            "{OURS}holds the character U+0000, which cannot be stored; leave it out"
        )));
    }
    Ok(())
}

impl<'de> Visitor<'de> for Strict<'_> {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JSON")
    }

    fn visit_unit<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_bool<E>(self, value: bool) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_i64<E>(self, value: i64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_u64<E>(self, value: u64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_f64<E>(self, value: f64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_str<E: Error>(self, value: &str) -> Result<Value, E> {
        checked(value)?;
        Ok(value.into())
    }

    fn visit_string<E: Error>(self, value: String) -> Result<Value, E> {
        checked(&value)?;
        Ok(value.into())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Value, A::Error> {
        let mut values = Vec::new();
        loop {
            let step = || Step::Element(values.len());
            let Some(value) = list.next_element_seed(self.within()).map_err(self.at(step))? else {
                return Ok(Value::Array(values));
            };
            values.push(value);
        }
    }

    fn visit_map<A: MapAccess<'de>>(self, mut object: A) -> Result<Value, A::Error> {
        let mut members = Map::new();
        while let Some(name) = object.next_key::<String>()? {
            let step = || Step::Member(name.clone());
            checked(&name).map_err(self.at(step))?;
            match members.entry(name) {
                Entry::Occupied(known) => {
                    let twice = A::Error::custom(format!("{OURS}is given twice; send it once"));
                    return Err(self.at(|| Step::Member(known.key().clone()))(twice));
                }
                Entry::Vacant(free) => {
                    let step = || Step::Member(free.key().clone());
                    let value = object.next_value_seed(self.within()).map_err(self.at(step))?;
                    free.insert(value);
                }
            }
        }
        Ok(Value::Object(members))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refusal(body: &str) -> String {
        object(body.as_bytes()).unwrap_err().message
    }

    #[test]
    fn a_body_comes_back_as_it_was_sent() {
        let body = r#"{"input":{"b":1,"a":[true,null,-2,1.5,"x"]}}"#;
        assert_eq!(Value::Object(object(body.as_bytes()).unwrap()).to_string(), body);
    }

    #[test]
    fn what_could_be_understood_in_two_ways_is_refused_by_name() {
        assert_eq!(refusal(r#"{"input": 1, "input": 2}"#), "`input` is given twice; send it once");
        assert_eq!(
            refusal(r#"{"inputs": [{"input": "a"}, {"input": {"x": 1, "x": 2}}]}"#),
            "`inputs[1].input.x` is given twice; send it once"
        );
        assert!(refusal(r#"{"a": "\u0000"}"#).starts_with("`a` holds the character U+0000"));
    }

    #[test]
    fn malformed_deep_and_empty_bodies_are_refused() {
        assert!(refusal(r#"{"input": tru}"#).starts_with("`input` is not JSON: expected"));
        assert!(refusal("[1]").starts_with("the body must be a JSON object"));
        assert!(refusal(" ").starts_with("the body is empty"));
        let deep = format!("{{\"a\": {}{}}}", "[".repeat(100), "]".repeat(100));
        assert!(refusal(&deep).ends_with("lies deeper than 64 levels"));
    }
}
