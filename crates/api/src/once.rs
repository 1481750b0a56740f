//! Creations under an `Idempotency-Key`: what is repeated, and what is still being written.

use std::collections::HashSet;
use std::sync::{Arc, Mutex, PoisonError};

use axum::http::HeaderMap;
use serde_json::{Map, Value};
use sha2::{Digest, Sha256};
use store::{Key, Known, Owner};

use crate::App;
use crate::gate::Caller;
use crate::problem::{Kind, Problem};

/// How long an answer is kept for a repeat: 24 hours.
const LIFETIME_MS: i64 = 24 * 60 * 60 * 1000;
/// Longest key.
const MAX_KEY: usize = 255;

/// The key of a request, where it has one. `operation` and `body` are what it stands for.
pub(crate) fn key(
    headers: &HeaderMap,
    operation: &str,
    body: &Map<String, Value>,
) -> Result<Option<Key>, Problem> {
    let Some(header) = headers.get("idempotency-key") else { return Ok(None) };
    let text = header.to_str().map_err(|_| {
        Problem::invalid(
            "the header `Idempotency-Key` has characters outside of ASCII; send for example a UUID",
        )
    })?;
    if text.is_empty() || text.len() > MAX_KEY {
        return Err(Problem::invalid(format!(
            "the header `Idempotency-Key` has {} characters; it must have 1 to {MAX_KEY}, for example a UUID",
            text.len()
        )));
    }
    Ok(Some(for_request(text, operation, body)))
}

/// The key of a call that has no headers, where it gives one.
pub(crate) fn key_of(
    text: Option<&str>,
    operation: &str,
    body: &Map<String, Value>,
) -> Result<Option<Key>, Problem> {
    match text {
        Some(text) if text.len() > MAX_KEY => Err(Problem::invalid(format!(
            "`request_key` has {} characters; it must have 1 to {MAX_KEY}, for example a UUID",
            text.len()
        ))),
        Some(text) => Ok(Some(for_request(text, operation, body))),
        None => Ok(None),
    }
}

fn for_request(text: &str, operation: &str, body: &Map<String, Value>) -> Key {
    let mut hash = Sha256::new();
    hash.update(operation.as_bytes());
    hash.update(b"\n");
    let mut canonical = String::new();
    write_members(body, &mut canonical);
    hash.update(canonical.as_bytes());
    let request_hash = hash.finalize().to_vec();
    Key { text: text.into(), request_hash, lifetime_ms: LIFETIME_MS }
}

/// JSON with sorted members and without white space: equal for bodies that mean the same.
fn write(value: &Value, text: &mut String) {
    match value {
        Value::Object(members) => write_members(members, text),
        Value::Array(list) => {
            text.push('[');
            for value in list {
                write(value, text);
                text.push(',');
            }
            text.push(']');
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {
            text.push_str(&value.to_string());
        }
    }
}

fn write_members(members: &Map<String, Value>, text: &mut String) {
    let mut sorted: Vec<_> = members.iter().collect();
    sorted.sort_by_key(|(name, _)| *name);
    text.push('{');
    for (name, value) in sorted {
        text.push_str(&Value::from(name.as_str()).to_string());
        text.push(':');
        write(value, text);
        text.push(',');
    }
    text.push('}');
}

/// Makes something once: `known` is what was made under the key before, else `creation` makes it.
///
/// A repeat gets the same answer although the request might be refused today: nothing is checked before it is known
/// that this is none. A caller who goes away meanwhile leaves all or nothing behind, as every write does.
pub(crate) async fn make<T>(
    app: &App,
    caller: Caller,
    key: Option<&Key>,
    known: impl Future<Output = Result<Option<Known<T>>, store::Failed>> + Send,
    creation: impl Future<Output = Result<Known<T>, Problem>> + Send,
) -> Result<T, Problem> {
    let _held = key.map(|key| app.in_flight.take(caller.owner, key)).transpose()?;
    let known = if key.is_some() { known.await? } else { None };
    let made = match known {
        Some(known) => known,
        None => creation.await?,
    };
    made.made().ok_or_else(other_body)
}

fn other_body() -> Problem {
    Problem::invalid(
        "this key (`Idempotency-Key`, or `request_key` of a tool) was used before for a different request; use a new key \
         for a new request",
    )
}

/// Keys whose creation is being written by this process.
#[derive(Clone, Default)]
pub(crate) struct InFlight(Arc<Mutex<HashSet<(Owner, String)>>>);

/// Holds a key until the creation has been written.
pub(crate) struct Held {
    keys: InFlight,
    key: (Owner, String),
}

impl InFlight {
    /// Takes the key, or says that the same one is being worked on.
    pub(crate) fn take(&self, owner: Owner, key: &Key) -> Result<Held, Problem> {
        let mut keys = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let key = (owner, key.text.clone());
        if keys.insert(key.clone()) {
            return Ok(Held { keys: self.clone(), key });
        }
        let message = "a request with this key (`Idempotency-Key`, or `request_key` of a tool) is being worked on; ask again in a second";
        Err(Problem::new(Kind::InFlight, message).retry_after(1))
    }
}

impl Drop for Held {
    fn drop(&mut self) {
        self.keys.0.lock().unwrap_or_else(PoisonError::into_inner).remove(&self.key);
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn a_key() -> Key {
        Key { text: "k".into(), request_hash: vec![], lifetime_ms: 1 }
    }

    #[test]
    fn bodies_that_mean_the_same_have_one_canonical_form() {
        let canonical = |value: &Value| {
            let mut text = String::new();
            write(value, &mut text);
            text
        };
        let one: Value = serde_json::from_str(r#"{"b": [1, "x"], "a": null}"#).unwrap();
        assert_eq!(canonical(&one), canonical(&json!({"a": null, "b": [1, "x"]})));
        assert_ne!(canonical(&one), canonical(&json!({"a": null, "b": ["x", 1]})));
    }

    #[test]
    fn a_key_is_free_again_when_its_creation_has_been_written() {
        let keys = InFlight::default();
        let held = keys.take(Owner::LOCAL, &a_key()).ok();
        assert_eq!(
            keys.take(Owner::LOCAL, &a_key()).err().map(|problem| problem.kind),
            Some(Kind::InFlight)
        );
        drop(held);
        assert!(keys.take(Owner::LOCAL, &a_key()).is_ok());
    }
}
