//! An MCP server of the older era on loopback, for runs that name one: a register of things by name, and what it was asked.

use std::sync::{Arc, Mutex};

use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use axum::routing::post;
use serde_json::{Value, json};
use tokio::net::TcpListener;
use tokio::task::JoinSet;

/// How it answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Manner {
    /// In JSON.
    Json,
    /// As server-sent events.
    Events,
    /// Every request with this status.
    Refusing(u16),
    /// Every call of a tool as one that failed.
    Failing,
}

/// What it says of a thing.
#[derive(Debug, Clone)]
pub struct Record {
    pub name: &'static str,
    pub id: &'static str,
    pub text: String,
}

/// A server that is served until it is dropped.
#[derive(Debug)]
pub struct ToolServer {
    /// `http://127.0.0.1:PORT`
    pub origin: String,
    seen: Arc<Mutex<Seen>>,
    _serving: JoinSet<()>,
}

#[derive(Debug, Default)]
struct Seen {
    /// Name of the tool and arguments.
    calls: Vec<(String, Value)>,
    /// Values of the header `x-secret`.
    secrets: Vec<String>,
}

struct Desk {
    manner: Manner,
    records: Vec<Record>,
    seen: Arc<Mutex<Seen>>,
}

impl ToolServer {
    /// Serves two tools that read (`find` by name, `get` by id) and one that says of itself that it changes something
    /// (`erase`).
    pub async fn start(manner: Manner, records: Vec<Record>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port on loopback");
        let origin = format!("http://{}", listener.local_addr().expect("its address"));
        let seen: Arc<Mutex<Seen>> = Arc::default();
        let desk = Arc::new(Desk { manner, records, seen: Arc::clone(&seen) });
        let router = Router::new().route("/mcp", post(answer)).with_state(desk);
        let mut serving = JoinSet::new();
        serving.spawn(async move {
            axum::serve(listener, router).await.expect("serving");
        });
        Self { origin, seen, _serving: serving }
    }

    pub fn url(&self) -> String {
        format!("{}/mcp", self.origin)
    }

    /// Calls of tools: name and arguments.
    pub fn calls(&self) -> Vec<(String, Value)> {
        self.seen.lock().expect("what was seen").calls.clone()
    }

    /// What the header `x-secret` held, request by request.
    pub fn secrets(&self) -> Vec<String> {
        self.seen.lock().expect("what was seen").secrets.clone()
    }
}

async fn answer(State(desk): State<Arc<Desk>>, headers: HeaderMap, body: Bytes) -> Response {
    if let Some(secret) = headers.get("x-secret") {
        let secret = String::from_utf8_lossy(secret.as_bytes()).into_owned();
        desk.seen.lock().expect("what was seen").secrets.push(secret);
    }
    if let Manner::Refusing(status) = desk.manner {
        return StatusCode::from_u16(status).expect("a status").into_response();
    }
    let message: Value = serde_json::from_slice(&body).expect("a message in JSON");
    let Some(id) = message.get("id") else { return StatusCode::ACCEPTED.into_response() };
    let result = match message["method"].as_str().unwrap_or_default() {
        "initialize" => json!({
            "protocolVersion": "2025-06-18", "capabilities": {"tools": {}},
            "serverInfo": {"name": "register", "version": "1"},
        }),
        "tools/list" => json!({"tools": tools()}),
        "tools/call" => desk.call(&message["params"]),
        _ => {
            let error = json!({"code": -32601, "message": "no such method"});
            return desk.sent(&json!({"jsonrpc": "2.0", "id": id, "error": error}));
        }
    };
    desk.sent(&json!({"jsonrpc": "2.0", "id": id, "result": result}))
}

fn tools() -> Value {
    let of = |name: &str, property: &str, description: &str, reads: bool| {
        json!({
            "name": name, "description": description,
            "inputSchema": {
                "type": "object", "properties": {property: {"type": "string"}}, "required": [property],
            },
            "annotations": {"readOnlyHint": reads},
        })
    };
    json!([
        of("find", "name", "Finds a thing in the register by its name and gives its id.", true),
        of("get", "id", "Gives what the register holds on a thing.", true),
        of("erase", "id", "Takes a thing out of the register.", false),
    ])
}

impl Desk {
    fn call(&self, params: &Value) -> Value {
        let name = params["name"].as_str().unwrap_or_default().to_owned();
        let arguments = params["arguments"].clone();
        self.seen.lock().expect("what was seen").calls.push((name.clone(), arguments.clone()));
        if self.manner == Manner::Failing {
            return text("the register is closed on Sundays to k-123456", true);
        }
        let word = |argument: &str| arguments[argument].as_str().unwrap_or_default().to_owned();
        let found = match name.as_str() {
            "find" => self.records.iter().find(|record| word("name").contains(record.name)),
            _ => self.records.iter().find(|record| word("id") == record.id),
        };
        match (found, name.as_str()) {
            (Some(record), "find") => {
                text(&format!("{} is registered.\nid: {}\n", record.name, record.id), false)
            }
            (Some(record), _) => text(&record.text, false),
            (None, _) => text("nothing of that name", true),
        }
    }

    fn sent(&self, message: &Value) -> Response {
        match self.manner {
            Manner::Events => {
                let events = format!(": hello\n\nevent: message\ndata: {message}\n\n");
                ([(header::CONTENT_TYPE, "text/event-stream")], events).into_response()
            }
            Manner::Json | Manner::Failing | Manner::Refusing(_) => {
                ([(header::CONTENT_TYPE, "application/json")], message.to_string()).into_response()
            }
        }
    }
}

fn text(text: &str, is_error: bool) -> Value {
    json!({"content": [{"type": "text", "text": text}], "isError": is_error})
}
