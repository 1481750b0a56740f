//! Finds JSON in what a model wrote, and forgives what can be understood in one way only.

use serde_json::{Map, Number, Value};

use crate::wire::events::mend_surrogates;

/// Nesting that is followed; beyond it the text is not taken for JSON.
const MAX_DEPTH: usize = 64;
/// Places at which a value is looked for; prose is full of brackets.
const MAX_STARTS: usize = 50;

/// The first whole value in the text, else the longest beginning of one.
pub(super) fn find(text: &str) -> Option<Value> {
    let text = text.trim_start_matches('\u{feff}').trim();
    if let Ok(value) = serde_json::from_str(text) {
        return Some(value);
    }
    let fenced = fenced(text);
    let candidates = fenced.into_iter().chain([text]);
    candidates.into_iter().find_map(|candidate| {
        serde_json::from_str(candidate.trim()).ok().or_else(|| container(candidate))
    })
}

/// What stands between the first fence and the next, or the end.
fn fenced(text: &str) -> Option<&str> {
    let after = &text[text.find("```")? + 3..];
    let body = after.split_once('\n').map_or(after, |(_, body)| body);
    Some(body.split("```").next().unwrap_or(body))
}

/// The first object or list that can be read from any bracket on.
fn container(text: &str) -> Option<Value> {
    let starts = text.match_indices(['{', '[']).map(|(at, _)| at).take(MAX_STARTS);
    let mut cut = None;
    for at in starts {
        let mut reader = Reader { text: &text[at..], at: 0, is_cut: false };
        match reader.value(0) {
            Some(value) if !reader.is_cut && !is_hollow(&value) => return Some(value),
            // A cut answer is the last resort, and its outermost beginning the best of it.
            Some(value) if reader.is_cut && !is_hollow(&value) => {
                cut.get_or_insert(value);
            }
            _ => {}
        }
        if cut.is_some() {
            break;
        }
    }
    cut.or_else(|| {
        let mut reader = Reader { text: &text[text.find(['{', '['])?..], at: 0, is_cut: false };
        reader.value(0).filter(|_| !reader.is_cut)
    })
}

/// `[]` and `{}` are in much prose and code.
fn is_hollow(value: &Value) -> bool {
    match value {
        Value::Object(members) => members.is_empty(),
        Value::Array(items) => items.is_empty(),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => false,
    }
}

struct Reader<'a> {
    text: &'a str,
    at: usize,
    /// The text ended within a value: what was read is its beginning.
    is_cut: bool,
}

impl Reader<'_> {
    fn value(&mut self, depth: usize) -> Option<Value> {
        if depth > MAX_DEPTH {
            return None;
        }
        self.skip();
        match self.peek()? {
            '{' => self.object(depth),
            '[' => self.list(depth),
            '"' | '\'' | '\u{201c}' => self.text().map(Value::String),
            _ => self.word(),
        }
    }

    fn object(&mut self, depth: usize) -> Option<Value> {
        let mut members = Map::new();
        self.next();
        loop {
            self.skip_commas();
            match self.peek() {
                None => return Some(self.cut(Value::Object(members))),
                Some('}') => {
                    self.next();
                    return Some(Value::Object(members));
                }
                Some(_) => {}
            }
            let name = self.name();
            self.skip();
            let Some(name) = name.filter(|_| !self.is_cut) else {
                return self.is_cut.then_some(Value::Object(members));
            };
            match self.peek() {
                None => return Some(self.cut(Value::Object(members))),
                Some(':') => self.next(),
                Some(_) => return None,
            };
            self.skip();
            if self.peek().is_none() {
                return Some(self.cut(Value::Object(members)));
            }
            match self.value(depth + 1) {
                Some(value) => {
                    let is_container = value.is_object() || value.is_array();
                    // Half a word or number would be another one.
                    if !self.is_cut || is_container {
                        members.insert(name, value);
                    }
                }
                None if self.is_cut => {}
                None => return None,
            }
            if self.is_cut {
                return Some(Value::Object(members));
            }
        }
    }

    fn list(&mut self, depth: usize) -> Option<Value> {
        let mut items = Vec::new();
        self.next();
        loop {
            self.skip_commas();
            match self.peek() {
                None => return Some(self.cut(Value::Array(items))),
                Some(']') => {
                    self.next();
                    return Some(Value::Array(items));
                }
                Some(_) => {}
            }
            match self.value(depth + 1) {
                // An element that is cut lacks what makes it whole.
                Some(value) if !self.is_cut => items.push(value),
                Some(_) => return Some(Value::Array(items)),
                None if self.is_cut => return Some(Value::Array(items)),
                None => return None,
            }
        }
    }

    /// A name in quotes of any kind, or bare.
    fn name(&mut self) -> Option<String> {
        if matches!(self.peek()?, '"' | '\'' | '\u{201c}') {
            return self.text();
        }
        let rest = &self.text[self.at..];
        let end = rest.find(|c: char| !(c.is_alphanumeric() || matches!(c, '_' | '-' | '$')));
        let name = &rest[..end.unwrap_or(rest.len())];
        self.at += name.len();
        self.is_cut |= end.is_none();
        (!name.is_empty()).then(|| name.to_owned())
    }

    fn text(&mut self) -> Option<String> {
        let open = self.next()?;
        let close = if open == '\u{201c}' { '\u{201d}' } else { open };
        let start = self.at;
        let mut has_escape = false;
        loop {
            match self.next() {
                None => {
                    self.is_cut = true;
                    return None;
                }
                Some('\\') => {
                    has_escape = true;
                    self.next();
                }
                Some(c) if c == close => break,
                Some(_) => {}
            }
        }
        let raw = &self.text[start..self.at - close.len_utf8()];
        Some(if has_escape { unescaped(raw) } else { raw.to_owned() })
    }

    /// A number, or one of the words of JSON, Python and JavaScript.
    fn word(&mut self) -> Option<Value> {
        let rest = &self.text[self.at..];
        let end =
            rest.find(|c: char| c.is_whitespace() || matches!(c, ',' | '}' | ']' | ':' | '/'));
        let word = &rest[..end.unwrap_or(rest.len())];
        self.at += word.len();
        self.is_cut |= end.is_none();
        match word {
            "true" | "True" | "TRUE" => Some(Value::Bool(true)),
            "false" | "False" | "FALSE" => Some(Value::Bool(false)),
            "null" | "None" | "undefined" | "NaN" | "nan" | "NULL" => Some(Value::Null),
            number => {
                let number = number.strip_prefix('+').unwrap_or(number);
                let exact = serde_json::from_str::<Number>(number).ok();
                // `.5` and `1.` are numbers elsewhere; a number with separators is a text.
                let float = || number.parse::<f64>().ok().and_then(Number::from_f64);
                exact.or_else(float).map(Value::Number)
            }
        }
    }

    fn cut(&mut self, value: Value) -> Value {
        self.is_cut = true;
        value
    }

    fn peek(&self) -> Option<char> {
        self.text[self.at..].chars().next()
    }

    fn next(&mut self) -> Option<char> {
        let next = self.peek()?;
        self.at += next.len_utf8();
        Some(next)
    }

    /// Blanks and comments.
    fn skip(&mut self) {
        loop {
            let rest = &self.text[self.at..];
            let blank = rest.len() - rest.trim_start().len();
            let rest = &rest[blank..];
            let comment = if rest.starts_with("//") {
                rest.find('\n').unwrap_or(rest.len())
            } else if rest.starts_with("/*") {
                rest.find("*/").map_or(rest.len(), |at| at + 2)
            } else {
                0
            };
            self.at += blank + comment;
            if comment == 0 {
                return;
            }
        }
    }

    fn skip_commas(&mut self) {
        self.skip();
        while self.peek() == Some(',') {
            self.next();
            self.skip();
        }
    }
}

/// The text behind escapes. A backslash that begins none stands for itself, as in `C:\docs`.
fn unescaped(raw: &str) -> String {
    let mut strict = String::with_capacity(raw.len() + 2);
    strict.push('"');
    let mut chars = raw.chars();
    while let Some(c) = chars.next() {
        match c {
            '\\' => match chars.next() {
                Some(mark @ ('"' | '\\' | '/' | 'b' | 'f' | 'n' | 'r' | 't')) => {
                    strict.extend(['\\', mark]);
                }
                Some('u') if is_hex(chars.as_str()) => strict.push_str("\\u"),
                Some('\'') => strict.push('\''),
                Some('\n') => {}
                Some(other) => {
                    strict.push_str("\\\\");
                    strict.push(other);
                }
                None => strict.push_str("\\\\"),
            },
            '"' => strict.push_str("\\\""),
            '\n' => strict.push_str("\\n"),
            '\r' => strict.push_str("\\r"),
            '\t' => strict.push_str("\\t"),
            c if c.is_control() => {}
            c => strict.push(c),
        }
    }
    strict.push('"');
    serde_json::from_str(&mend_surrogates(&strict)).unwrap_or_else(|_| raw.to_owned())
}

fn is_hex(text: &str) -> bool {
    text.get(..4).is_some_and(|digits| digits.bytes().all(|byte| byte.is_ascii_hexdigit()))
}
