//! Messages before `rmcp` reads them: what is no JSON-RPC is answered as JSON-RPC, and arguments that a model sent as
//! text are put right.

use axum::body::Bytes;
use rmcp::ErrorData;
use rmcp::model::{CustomRequest, ErrorCode};
use serde_json::{Map, Value, json};

use crate::json;

/// Largest message: rows beyond it belong into a file.
pub(super) const MAX_MESSAGE: usize = 4 * 1024 * 1024;

const PARSE_ERROR: i64 = -32700;
pub(super) const INVALID_REQUEST: i64 = -32600;
const INVALID_PARAMS: i64 = -32602;
const NO_MESSAGE: &str = "this is no message: send an object such as {\"jsonrpc\": \"2.0\", \"id\": 1, \"method\": \"tools/list\"}";

/// A message that can be handed on.
pub(super) struct Message {
    pub(super) bytes: Bytes,
    /// As the sender wrote it; null for a notification.
    pub(super) id: Value,
    /// Whether an answer is due.
    pub(super) is_request: bool,
    /// The request that its sender wants no answer to any more.
    pub(super) cancelled: Option<Value>,
    /// What a session begins with, for `initialize`.
    pub(super) opening: Option<Map<String, Value>>,
    /// The parameters of a `tools/call`, mended.
    pub(super) call: Option<Map<String, Value>>,
}

/// Checks one message, and mends it where what it means is clear. A refusal is the answer to be sent.
pub(super) fn read(bytes: Bytes) -> Result<Message, Value> {
    let mut members = match json::object(&bytes) {
        Ok(members) => members,
        Err(_) if bytes.trim_ascii_start().starts_with(b"[") => {
            let rule = "a list is no message: batches ended with protocol version 2025-06-18; send one at a time";
            return Err(error(&Value::Null, INVALID_REQUEST, rule));
        }
        Err(_) if serde_json::from_slice::<Value>(&bytes).is_ok_and(|value| !value.is_object()) => {
            return Err(error(&Value::Null, INVALID_REQUEST, NO_MESSAGE));
        }
        Err(_) if bytes.trim_ascii().is_empty() => {
            return Err(error(&Value::Null, PARSE_ERROR, NO_MESSAGE));
        }
        Err(why) => {
            return Err(error(
                &Value::Null,
                PARSE_ERROR,
                &why.message.replace("`input`", "`params`"),
            ));
        }
    };
    let id = match members.get("id") {
        None => Value::Null,
        Some(id @ Value::String(_)) => id.clone(),
        Some(id @ Value::Number(number)) if !number.is_f64() => id.clone(),
        Some(_) => {
            return Err(error(
                &Value::Null,
                INVALID_REQUEST,
                "`id` must be text or a whole number",
            ));
        }
    };
    if members.get("jsonrpc") != Some(&json!("2.0")) {
        return Err(error(&id, INVALID_REQUEST, "`jsonrpc` must be \"2.0\""));
    }
    let is_answer = members.contains_key("result") || members.contains_key("error");
    let method = match members.get("method") {
        Some(Value::String(method)) => method.clone(),
        None if is_answer => {
            let (cancelled, opening, call) = (None, None, None);
            return Ok(Message { bytes, id, is_request: false, cancelled, opening, call });
        }
        None | Some(_) => {
            let rule = "`method` is missing: it must be text, such as \"tools/call\"";
            return Err(error(&id, INVALID_REQUEST, rule));
        }
    };
    if let Some(rule) = wrong_params(&method, members.get("params")) {
        return Err(error(&id, INVALID_PARAMS, &rule));
    }
    let opening = match members.get("params") {
        Some(Value::Object(params)) if method == "initialize" => Some(params.clone()),
        _ => None,
    };
    let cancelled = match members.get("params") {
        Some(Value::Object(params)) if method == "notifications/cancelled" => {
            params.get("requestId").cloned()
        }
        _ => None,
    };
    let is_call = method == "tools/call";
    let is_mended = is_call && mend(&mut members);
    let bytes =
        if is_mended { serde_json::to_vec(&members).unwrap_or_default().into() } else { bytes };
    let call = match members.remove("params") {
        Some(Value::Object(params)) if is_call => Some(params),
        _ => None,
    };
    Ok(Message { bytes, is_request: !id.is_null(), id, cancelled, opening, call })
}

/// What no door could read.
fn wrong_params(method: &str, params: Option<&Value>) -> Option<String> {
    match params {
        None | Some(Value::Null | Value::Object(_)) => None,
        Some(_) => Some(format!("`params` of `{method}` must be an object")),
    }
}

/// Arguments as JSON text become the object that they mean; an empty list or text becomes none.
fn mend(members: &mut Map<String, Value>) -> bool {
    let Some(Value::Object(params)) = members.get_mut("params") else { return false };
    let Some(arguments) = params.get_mut("arguments") else { return false };
    let meant = match arguments {
        Value::String(text) if text.trim().is_empty() => Some(json!({})),
        Value::String(text) => serde_json::from_str::<Value>(text).ok().filter(Value::is_object),
        Value::Array(list) if list.is_empty() => Some(json!({})),
        Value::Array(list) if list.len() == 1 && list[0].is_object() => list.pop(),
        Value::Null => Some(json!({})),
        Value::Bool(_) | Value::Number(_) | Value::Array(_) | Value::Object(_) => None,
    };
    match meant {
        Some(meant) => {
            *arguments = meant;
            true
        }
        None => false,
    }
}

pub(super) fn error(id: &Value, code: i64, message: &str) -> Value {
    json!({"jsonrpc": "2.0", "id": id, "error": {"code": code, "message": message}})
}

/// A request that was refused before it was read.
pub(crate) fn refusal(message: &str) -> Value {
    error(&Value::Null, INVALID_REQUEST, message)
}

/// Methods whose parameters `rmcp` reads; one of these arrives as unknown when they cannot be read.
const METHODS: [&str; 16] = [
    "initialize",
    "tools/list",
    "tools/call",
    "prompts/list",
    "prompts/get",
    "resources/list",
    "resources/templates/list",
    "resources/read",
    "resources/subscribe",
    "resources/unsubscribe",
    "completion/complete",
    "subscriptions/listen",
    "server/discover",
    "tasks/get",
    "tasks/update",
    "tasks/cancel",
];

/// Those of them that ended with 2026-07-28.
const ENDED: [&str; 3] = ["initialize", "resources/subscribe", "resources/unsubscribe"];

/// Why a request could not be read as the method that it names.
pub(super) fn unread(request: &CustomRequest, is_stateless: bool) -> ErrorData {
    let method: String = request.method.chars().take(60).collect();
    let is_known = METHODS.contains(&request.method.as_str());
    if !is_known || (is_stateless && ENDED.contains(&request.method.as_str())) {
        let message = format!("there is no method `{method}` here");
        return ErrorData::new(ErrorCode::METHOD_NOT_FOUND, message, None);
    }
    let params = request.params.as_ref();
    let kind = |value: Option<&Value>| match value {
        None | Some(Value::Null) => "missing",
        Some(Value::Bool(_)) => "true or false",
        Some(Value::Number(_)) => "a number",
        Some(Value::String(_)) => "text",
        Some(Value::Array(_)) => "a list",
        Some(Value::Object(_)) => "an object",
    };
    let member = |name: &str| kind(params.and_then(|params| params.get(name)));
    let message = match method.as_str() {
        "tools/call" => {
            let wrong = [("name", "text"), ("arguments", "an object")];
            let wrong = wrong.into_iter().filter(|(name, kind)| member(name) != *kind);
            let wrong: Vec<String> = wrong
                .map(|(name, kind)| format!("`{name}` is {} and must be {kind}", member(name)))
                .collect();
            format!("`params` of `tools/call` cannot be read: {}", wrong.join("; "))
        }
        "resources/read" | "resources/subscribe" | "resources/unsubscribe" => {
            format!("`params.uri` of `{method}` is {} and must be text", member("uri"))
        }
        "tasks/update" if member("taskId") == "text" => format!(
            "`params.inputResponses` of `tasks/update` is {} and must be an object",
            member("inputResponses")
        ),
        "tasks/get" | "tasks/update" | "tasks/cancel" => {
            format!("`params.taskId` of `{method}` is {} and must be text", member("taskId"))
        }
        "prompts/get" => {
            format!("`params.name` of `prompts/get` is {} and must be text", member("name"))
        }
        _ => format!("`params` of `{method}` cannot be read: it is {}", kind(params)),
    };
    ErrorData::invalid_params(message, None)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answer(message: &str) -> (i64, String) {
        let Err(answer) = read(Bytes::from(message.to_owned())) else {
            panic!("{message} was read")
        };
        assert_eq!(answer["jsonrpc"], "2.0");
        (
            answer["error"]["code"].as_i64().unwrap(),
            answer["error"]["message"].as_str().unwrap().to_owned(),
        )
    }

    #[test]
    fn what_is_no_json_rpc_is_answered_as_json_rpc() {
        assert_eq!(answer("{\"jsonrpc\":").0, PARSE_ERROR);
        assert_eq!(answer("").0, PARSE_ERROR);
        assert_eq!(answer("[]").0, INVALID_REQUEST);
        assert_eq!(answer(r#"{"id": 1, "method": "ping"}"#).0, INVALID_REQUEST);
        assert!(answer(r#"{"jsonrpc": "2.0", "id": 1}"#).1.contains("`method`"));
        assert_eq!(answer(r#"{"jsonrpc": "2.0", "id": {}, "method": "ping"}"#).0, INVALID_REQUEST);
        assert_eq!(answer(r#"{"jsonrpc": "2.0", "id": 1.5, "method": "ping"}"#).0, INVALID_REQUEST);
        for none in ["5", "null", "\"x\""] {
            assert_eq!(answer(none), (INVALID_REQUEST, NO_MESSAGE.to_owned()));
        }
    }

    #[test]
    fn parameters_that_no_method_takes_are_refused_under_their_id() {
        let list = r#"{"jsonrpc": "2.0", "id": 7, "method": "tools/call", "params": []}"#;
        let Err(refused) = read(Bytes::from(list)) else { panic!("it was read") };
        assert_eq!(
            (&refused["id"], refused["error"]["code"].as_i64()),
            (&json!(7), Some(INVALID_PARAMS))
        );
    }

    #[test]
    fn what_ended_with_an_era_is_unknown_in_the_next() {
        let code = |method: &str, is_stateless| {
            unread(&CustomRequest::new(method, None), is_stateless).code
        };
        for method in ENDED {
            assert_eq!(code(method, true), ErrorCode::METHOD_NOT_FOUND, "{method}");
            assert_eq!(code(method, false), ErrorCode::INVALID_PARAMS, "{method}");
        }
        assert_eq!(code("tools/call", true), ErrorCode::INVALID_PARAMS);
        assert_eq!(code("no/such", false), ErrorCode::METHOD_NOT_FOUND);
    }

    #[test]
    fn arguments_as_text_are_put_right() {
        let sent = r#"{"jsonrpc": "2.0", "id": 1, "method": "tools/call",
                       "params": {"name": "getStatus", "arguments": "{\"id\": \"x\"}"}}"#;
        let message = read(Bytes::from(sent)).ok().unwrap();
        let mended: Value = serde_json::from_slice(&message.bytes).unwrap();
        assert_eq!(mended["params"]["arguments"], json!({"id": "x"}));
        let fine = r#"{"jsonrpc": "2.0", "method": "notifications/initialized"}"#;
        assert_eq!(read(Bytes::from(fine)).ok().unwrap().bytes, fine);
    }
}
