//! MCP over streamable HTTP: `rmcp`'s service behind our own rules for what comes in and how it is refused.

use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::{Body, Bytes, to_bytes};
use axum::extract::{Request, State};
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, header};
use axum::middleware::{self, Next};
use axum::response::{IntoResponse, Response};
use axum::routing::any_service;
use rmcp::handler::server::ServerHandler;
use rmcp::transport::streamable_http_server::{StreamableHttpServerConfig, StreamableHttpService};
use serde_json::Value;

use crate::App;
use crate::doors::Written;
use crate::gate::Caller;
use crate::mcp::envelope::{self, INVALID_REQUEST, MAX_MESSAGE};
use crate::mcp::kept::Looking;
use crate::mcp::sessions::{self, Ids, OPENING, Opening, Sessions};
use crate::mcp::web::WebHandler;
use crate::mcp::{Handler, ToolSet};

/// Between two comments on a stream that has nothing to tell, so that nothing on the way closes it.
const KEEP_ALIVE: Duration = Duration::from_secs(15);
/// Longest wait for a message to arrive whole.
const BODY_TIMEOUT: Duration = Duration::from_secs(30);

pub(super) const SESSION: &str = "mcp-session-id";

/// `/mcp`, `/mcp/simple` and `/mcp/web`.
pub(crate) fn routes(app: &App) -> Router<App> {
    let door = |tools: ToolSet| {
        let at = app.clone();
        let handler = move || Handler::new(at.clone(), tools, None);
        #[cfg(feature = "conformance-fixtures")]
        let handler = crate::mcp::fixtures::with(app, handler);
        stack(app, handler)
    };
    let at = app.clone();
    let looking = move || WebHandler::new(at.clone());
    let doors = [
        ("/mcp", door(ToolSet::Full)),
        ("/mcp/simple", door(ToolSet::Simple)),
        ("/mcp/web", stack(app, looking)),
    ];
    let mut routes = Router::new();
    for (path, door) in doors {
        // Addresses are typed with a slash at their end, too.
        routes = routes.route_service(path, door.clone()).route_service(&format!("{path}/"), door);
    }
    routes.layer(middleware::from_fn_with_state(app.clone(), around))
}

/// One handler as a service, with bounded sessions. Hosts, origins and keys are checked before it.
fn stack<H: ServerHandler + Send + 'static>(
    app: &App,
    handler: impl Fn() -> H + Send + Sync + 'static,
) -> axum::routing::MethodRouter {
    let mut config = StreamableHttpServerConfig::default()
        .disable_allowed_hosts()
        .disable_allowed_origins()
        .with_json_response(true)
        .with_sse_keep_alive(Some(KEEP_ALIVE))
        .with_max_request_body_bytes(MAX_MESSAGE)
        .with_cancellation_token(app.ending.clone());
    config.session_store = Some(Arc::new(Ids::default()));
    let sessions = Arc::new(Sessions::new(app.store.chance().clone()));
    any_service(StreamableHttpService::new(move || Ok(handler()), sessions, config))
}

/// Reads the message, refuses what is none, and writes every refusal as JSON-RPC.
async fn around(State(app): State<App>, request: Request, next: Next) -> Response {
    let Some(caller) = request.extensions().get::<Caller>().copied() else {
        return refusal(StatusCode::INTERNAL_SERVER_ERROR, &Value::Null, "no caller");
    };
    if is_of_another(request.headers(), caller) {
        return refusal(
            StatusCode::NOT_FOUND,
            &Value::Null,
            "there is no such session; initialize again",
        );
    }
    if request.method() != Method::POST {
        let is_end = request.method() == Method::DELETE;
        let mut answered = rpc(next.run(request).await, &Value::Null).await;
        if is_end && answered.status() == StatusCode::ACCEPTED {
            // The session has ended; clients take 202 for a failure and say so in their logs.
            *answered.status_mut() = StatusCode::OK;
        }
        return answered;
    }
    let (mut parts, body) = request.into_parts();
    let bytes = match read(body).await {
        Ok(bytes) => bytes,
        Err((status, why)) => return refusal(status, &Value::Null, &why),
    };
    let message = match envelope::read(bytes) {
        Ok(message) => message,
        Err(answer) => return written(StatusCode::BAD_REQUEST, &answer),
    };
    let params = message.call.as_ref();
    let looking = Looking::of(&app, caller.owner, &parts.uri, &parts.headers, params);
    let looking = looking.filter(|_| message.is_request);
    if let Some(known) = looking.as_ref().and_then(|looking| app.answers.find(looking, &message.id))
    {
        return known;
    }
    // It may have been mended, and is of another length then.
    parts.headers.remove(header::CONTENT_LENGTH);
    let takes = parts.headers.get(header::ACCEPT).and_then(|takes| takes.to_str().ok());
    if takes.is_some_and(|takes| takes.contains("*/*")) {
        let both = HeaderValue::from_static("application/json, text/event-stream");
        parts.headers.insert(header::ACCEPT, both);
    }
    let request = Request::from_parts(parts, Body::from(message.bytes));
    let answered = match message.opening {
        Some(params) => {
            OPENING.scope(Opening { owner: caller.owner, params }, next.run(request)).await
        }
        None => next.run(request).await,
    };
    let answered = rpc(answered, &message.id).await;
    match looking {
        Some(looking) => app.answers.keep(looking, answered).await,
        None => answered,
    }
}

/// Whether the request names a session that was made for somebody else.
fn is_of_another(headers: &HeaderMap, caller: Caller) -> bool {
    let id = headers.get(HeaderName::from_static(SESSION)).and_then(|id| id.to_str().ok());
    id.is_some_and(|id| !sessions::belongs_to(id, caller.owner))
}

async fn read(body: Body) -> Result<Bytes, (StatusCode, String)> {
    match tokio::time::timeout(BODY_TIMEOUT, to_bytes(body, MAX_MESSAGE)).await {
        Ok(Ok(bytes)) => Ok(bytes),
        Ok(Err(_)) => Err((
            StatusCode::PAYLOAD_TOO_LARGE,
            format!(
                "the message is larger than {} MiB or ended early; many rows belong into a file for `task-mcp enrich`, \
                 or go over REST",
                MAX_MESSAGE / 1024 / 1024
            ),
        )),
        Err(_) => Err((
            StatusCode::REQUEST_TIMEOUT,
            format!("the message did not arrive within {} seconds", BODY_TIMEOUT.as_secs()),
        )),
    }
}

/// The answer, a plain refusal of `rmcp` put into an envelope.
async fn rpc(mut answered: Response, id: &Value) -> Response {
    let status = answered.status();
    let kind = answered.headers().get(header::CONTENT_TYPE).and_then(|kind| kind.to_str().ok());
    let is_json = kind.is_some_and(|kind| kind.starts_with("application/json"));
    if is_json || !(status.is_client_error() || status.is_server_error()) {
        answered.extensions_mut().insert(Written);
        return answered;
    }
    let allow = answered.headers_mut().remove(header::ALLOW);
    let text = to_bytes(answered.into_body(), 10_000).await.unwrap_or_default();
    let text = String::from_utf8_lossy(&text);
    let message = match status {
        StatusCode::NOT_FOUND => "there is no such session; initialize again",
        StatusCode::METHOD_NOT_ALLOWED => {
            "this address takes POST, and GET and DELETE within a session"
        }
        _ if text.is_empty() => {
            status.canonical_reason().unwrap_or("the request cannot be answered")
        }
        _ => &text,
    };
    let mut refused = refusal(status, id, message);
    if let Some(allow) = allow {
        refused.headers_mut().insert(header::ALLOW, allow);
    }
    refused
}

fn refusal(status: StatusCode, id: &Value, message: &str) -> Response {
    written(status, &envelope::error(id, INVALID_REQUEST, message))
}

fn written(status: StatusCode, answer: &Value) -> Response {
    let mut response = (status, axum::Json(answer)).into_response();
    response.extensions_mut().insert(Written);
    response
}
