//! Answers of tools that only look, given again until something is written.
//!
//! Clients ask the same again and again while nothing happens. Whether anything did is asked of the database each time, so
//! that nobody misses what was just written, by this process or by another. On PostgreSQL nothing is kept, and nothing in
//! sessions of the era before 2026-07-28, whose answers belong to a stream.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use axum::body::{Body, Bytes, to_bytes};
use axum::http::{HeaderMap, StatusCode, Uri, header};
use axum::response::{IntoResponse, Response};
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use serde_json::{Map, Value};
use store::Owner;

use crate::App;
use crate::mcp::arguments::{WAIT, has};
use crate::mcp::http::SESSION;
use crate::mcp::toolset::Tool;

/// Answers kept at a time, of some kilobytes each; beyond that they are dropped and gathered again.
const MAX_KEPT: usize = 256;
/// Longest call whose answer is kept, in bytes: an id, a cursor, a few words.
const MAX_ASKED: usize = 2_000;
/// Largest answer that is kept, in bytes.
const MAX_ANSWER: usize = 64 * 1024;

#[derive(Clone, Default)]
pub(crate) struct Answers(Arc<Mutex<Kept>>);

#[derive(Default)]
struct Kept {
    /// Of the database when they were made.
    version: i64,
    results: HashMap<Asked, Arc<RawValue>>,
}

/// A call whose answer may be kept: everything of the request on which the answer depends, but for its id.
#[derive(Clone, PartialEq, Eq, Hash)]
struct Asked {
    owner: Owner,
    path: String,
    /// Those of MCP, and those that say what form the answer may have.
    headers: Vec<(String, Vec<u8>)>,
    params: String,
}

impl Asked {
    /// `None` for what does something, or waits for something.
    fn of(
        owner: Owner,
        uri: &Uri,
        headers: &HeaderMap,
        params: Option<&Map<String, Value>>,
    ) -> Option<Self> {
        let params = params?;
        let named = params.get("name")?.as_str()?;
        let is_look = [Tool::GetStatus, Tool::ListTasks].iter().any(|tool| tool.name() == named);
        let given = params.get("arguments").and_then(Value::as_object);
        let waits = given.is_some_and(|given| has(given, &WAIT));
        if !is_look || waits || headers.contains_key(SESSION) {
            return None;
        }
        let matters = |name: &str| {
            name.starts_with("mcp-")
                || name == header::ACCEPT.as_str()
                || name == header::CONTENT_TYPE.as_str()
        };
        let headers = headers.iter().filter(|(name, _)| matters(name.as_str()));
        let headers = headers.map(|(name, value)| (name.to_string(), value.as_bytes().to_vec()));
        let params = words(params)?;
        let is_short = params.len() <= MAX_ASKED;
        let asked =
            || Self { owner, path: uri.path().to_owned(), headers: headers.collect(), params };
        is_short.then(asked)
    }
}

/// The parameters without what a client says of each of its calls, such as where progress is to be told: nobody waits here.
fn words(params: &Map<String, Value>) -> Option<String> {
    let members: Vec<_> = params.iter().filter(|(name, _)| *name != "_meta").collect();
    let meta = params.get("_meta").and_then(Value::as_object).into_iter().flatten();
    let of_protocol = |name: &str| name.starts_with("io.modelcontextprotocol/");
    let meta: Vec<_> = meta.filter(|(name, _)| of_protocol(name)).collect();
    serde_json::to_string(&(members, meta)).ok()
}

/// A call as it came in, and the state of the database at that time.
pub(super) struct Looking {
    asked: Asked,
    version: i64,
}

impl Looking {
    /// `params` of a `tools/call`. `None` where nothing can be kept.
    pub(super) fn of(
        app: &App,
        owner: Owner,
        uri: &Uri,
        headers: &HeaderMap,
        params: Option<&Map<String, Value>>,
    ) -> Option<Self> {
        let asked = Asked::of(owner, uri, headers, params)?;
        // A database that does not answer says so to whoever reads from it.
        let version = app.store.version().ok()??;
        Some(Self { asked, version })
    }
}

/// An answer of JSON-RPC whose result is written as it was read.
#[derive(Serialize, Deserialize)]
struct Answer<'a> {
    jsonrpc: &'a str,
    #[serde(default)]
    id: Value,
    #[serde(borrow)]
    result: &'a RawValue,
}

impl Answers {
    /// What was answered before, for the request with this id.
    pub(super) fn find(&self, looking: &Looking, id: &Value) -> Option<Response> {
        let result = {
            let kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
            if kept.version != looking.version {
                return None;
            }
            Arc::clone(kept.results.get(&looking.asked)?)
        };
        let answer = Answer { jsonrpc: "2.0", id: id.clone(), result: &result };
        Some(axum::Json(answer).into_response())
    }

    /// Keeps the answer if it is one that can be given again, and hands it on.
    pub(super) async fn keep(&self, looking: Looking, answered: Response) -> Response {
        let kind = answered.headers().get(header::CONTENT_TYPE).and_then(|kind| kind.to_str().ok());
        let is_json = kind.is_some_and(|kind| kind.starts_with("application/json"));
        if answered.status() != StatusCode::OK || !is_json {
            return answered;
        }
        let (parts, body) = answered.into_parts();
        // It lies in memory, all of it.
        let Ok(bytes) = to_bytes(body, usize::MAX).await else {
            return StatusCode::INTERNAL_SERVER_ERROR.into_response();
        };
        if let Some(result) = result_of(&bytes) {
            self.insert(looking, result);
        }
        Response::from_parts(parts, Body::from(bytes))
    }

    fn insert(&self, looking: Looking, result: Arc<RawValue>) {
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if kept.version != looking.version || kept.results.len() >= MAX_KEPT {
            kept.results.clear();
            kept.version = looking.version;
        }
        kept.results.insert(looking.asked, result);
    }
}

fn result_of(bytes: &Bytes) -> Option<Arc<RawValue>> {
    if bytes.len() > MAX_ANSWER {
        return None;
    }
    let answer: Answer<'_> = serde_json::from_slice(bytes).ok()?;
    Some(Arc::from(answer.result.to_owned()))
}

#[cfg(test)]
mod tests {
    use axum::http::HeaderValue;
    use serde_json::json;

    use super::*;

    fn asked(path: &'static str, session: Option<&'static str>, params: &Value) -> Option<Asked> {
        let mut headers = HeaderMap::new();
        headers.insert(header::ACCEPT, HeaderValue::from_static("application/json"));
        if let Some(session) = session {
            headers.insert(SESSION, HeaderValue::from_static(session));
        }
        Asked::of(Owner::LOCAL, &Uri::from_static(path), &headers, params.as_object())
    }

    #[test]
    fn only_looks_are_kept_and_each_for_what_asked_it() {
        let looks = json!({"name": "getStatus", "arguments": {"taskRunOrGroupId": "x"}});
        let look = asked("/mcp", None, &looks);
        assert!(look.is_some());
        assert!(look == asked("/mcp", None, &looks) && look != asked("/a/mcp", None, &looks));
        assert!(look != asked("/mcp", None, &json!({"name": "getStatus", "arguments": {}})));
        assert!(asked("/mcp", Some("1"), &looks).is_none(), "in a session");
        let waits = json!({"name": "getStatus", "arguments": {"id": "x", "wait_seconds": 5}});
        assert!(asked("/mcp", None, &waits).is_none());
        let acts = json!({"name": "cancelTask", "arguments": {"id": "x"}});
        assert!(asked("/mcp", None, &acts).is_none());
    }

    #[test]
    fn what_a_client_says_of_one_call_makes_no_other_answer() {
        let call = |token: u32, version: &str| {
            let meta =
                json!({"progressToken": token, "io.modelcontextprotocol/protocolVersion": version});
            asked("/mcp", None, &json!({"name": "listTasks", "arguments": {}, "_meta": meta}))
        };
        assert!(call(1, "2026-07-28") == call(2, "2026-07-28"));
        assert!(call(1, "2026-07-28") != call(1, "2025-06-18"));
    }
}
