//! JSON as pairs: the path of each value, and the value.

use serde_json::Value;

use super::lines;
use super::writer::Writer;

/// Pairs taken from one document. A page that describes a whole catalogue in data is cut here.
const MAX_PAIRS: usize = 2_000;
/// Characters of one value; longer ones are prose that the page shows anyway.
const MAX_VALUE: usize = 2_000;

/// Writes a JSON document as pairs; what cannot be parsed, as code.
pub(super) fn read(source: &str, writer: &mut Writer) {
    match serde_json::from_str::<Value>(source) {
        Ok(value) => pairs(&value, writer),
        Err(_) => writer.code(source),
    }
}

/// Writes every text, number and truth value as a pair whose key is its path: `address.locality`.
///
/// The keys of JSON-LD that say nothing of the thing itself are left out. Entries of a list share a path.
pub(super) fn pairs(value: &Value, writer: &mut Writer) {
    let mut left = MAX_PAIRS;
    // serde_json refuses what is nested more than 128 deep, so this ends.
    walk(value, &mut String::new(), &mut left, writer);
}

fn walk(value: &Value, path: &mut String, left: &mut usize, writer: &mut Writer) {
    match value {
        Value::Null => {}
        Value::Array(entries) => entries.iter().for_each(|entry| walk(entry, path, left, writer)),
        Value::Object(entries) => {
            for (name, entry) in entries.iter().filter(|(name, _)| !is_bookkeeping(name)) {
                let length = path.len();
                if name != "@graph" {
                    path.push_str(if path.is_empty() { "" } else { "." });
                    path.push_str(name.trim_start_matches('@'));
                }
                walk(entry, path, left, writer);
                path.truncate(length);
            }
        }
        Value::String(words) => leaf(path, words, left, writer),
        Value::Number(number) => leaf(path, &number.to_string(), left, writer),
        Value::Bool(truth) => leaf(path, if *truth { "true" } else { "false" }, left, writer),
    }
}

fn leaf(path: &str, value: &str, left: &mut usize, writer: &mut Writer) {
    if *left > 0
        && !value.trim().is_empty()
        && value.len() <= MAX_VALUE
        && lines::rule(value).is_none()
    {
        *left -= 1;
        writer.pair(if path.is_empty() { "value" } else { path }, value, true);
    }
}

fn is_bookkeeping(name: &str) -> bool {
    matches!(name, "@context" | "@id" | "itemListElement" | "potentialAction" | "breadcrumb")
}
