//! JSON as pairs: the path of each value, and the value. Numbers are shown as they are written: to read them as numbers would
//! round them.

mod document;

use domain::text::Text;
use serde::de::IgnoredAny;
use serde_json::{Deserializer, Value};

use super::lines;
use super::writer::Writer;
use document::{Document, Refused};

/// Pairs taken from the data of one page. One that describes a whole catalogue in data is cut here.
const MAX_PAIRS: usize = 2_000;
/// Bytes of one path. Of longer ones the end is shown.
const MAX_PATH: usize = 300;
/// Bytes of one value in the data of a page; longer ones are prose that the page shows anyway.
const MAX_VALUE: usize = 2_000;

/// Reads a JSON document, or several one after the other: everything in it as pairs, long texts as paragraphs under their
/// path; what cannot be parsed, as code. Fails where it holds more than a text may.
pub(super) fn read(source: &str) -> Result<Text, String> {
    match Document::read(&with_quoted_numbers(source)) {
        Ok(text) => Ok(text),
        Err(Refused::TooLarge(why)) => Err(why),
        Err(Refused::NoJson) => {
            let mut writer = Writer::default();
            writer.code(source);
            Ok(writer.finish())
        }
    }
}

/// The one value of a document; its numbers are texts.
pub(super) fn value(source: &str) -> Option<Value> {
    serde_json::from_str(&with_quoted_numbers(source)).ok()
}

/// Whether the characters are a document, or several objects one after the other.
pub(super) fn is_json(source: &str) -> bool {
    let source = source.trim_start_matches(|c: char| c.is_whitespace() || c == '\u{feff}');
    let values = Deserializer::from_str(source).into_iter::<IgnoredAny>();
    match source.chars().next() {
        Some('{') => values.into_iter().all(|value| value.is_ok()),
        Some('[') => serde_json::from_str::<IgnoredAny>(source).is_ok(),
        Some(_) | None => false,
    }
}

/// The same document with a text in the place of each number.
fn with_quoted_numbers(source: &str) -> String {
    let mut out = String::with_capacity(source.len() + source.len() / 8);
    let (mut is_text, mut is_escaped, mut copied) = (false, false, 0);
    let mut bytes = source.bytes().enumerate();
    while let Some((at, byte)) = bytes.next() {
        if is_text {
            is_text = byte != b'"' || is_escaped;
            is_escaped = byte == b'\\' && !is_escaped;
        } else if byte == b'"' {
            is_text = true;
        } else if byte == b'-' || byte.is_ascii_digit() {
            let is_more = |b: &u8| b.is_ascii_digit() || b"+-.eE".contains(b);
            let length = source.as_bytes()[at..].iter().take_while(|b| is_more(b)).count();
            let number = &source[at..at + length];
            if serde_json::from_str::<IgnoredAny>(number).is_ok() {
                out.extend([&source[copied..at], "\"", number, "\""]);
                copied = at + length;
            }
            if let Some(rest) = length.checked_sub(2) {
                bytes.nth(rest);
            }
        }
    }
    out.push_str(&source[copied..]);
    out
}

/// Writes the data of a page: every text, number and truth value as a pair whose key is its path: `address.locality`.
///
/// The keys of JSON-LD that say nothing of the thing itself are left out. Entries of a list share a path.
pub(super) fn pairs(values: &[Value], writer: &mut Writer) {
    let mut left = MAX_PAIRS;
    // serde_json refuses what is nested more than 128 deep, so this ends.
    for value in values {
        walk(value, &mut String::new(), &mut left, writer);
    }
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
        writer.pair(shown(path), value, true);
    }
}

/// What is shown of a path.
fn shown(path: &str) -> &str {
    let end = &path[path.ceil_char_boundary(path.len().saturating_sub(MAX_PATH))..];
    if end.is_empty() { "value" } else { end }
}

fn is_bookkeeping(name: &str) -> bool {
    matches!(name, "@context" | "@id" | "itemListElement" | "potentialAction" | "breadcrumb")
}
