//! The HTTP of the MCP client: `rmcp` says what is sent, `egress` sends it.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use egress::{Egress, HeaderName, HeaderValue, Purpose, Request, Scope, Stream};
use futures_util::stream::{self, BoxStream, StreamExt as _};
use rmcp::model::{ClientJsonRpcMessage, ServerJsonRpcMessage};
use rmcp::transport::streamable_http_client::{
    StreamableHttpClient, StreamableHttpError, StreamableHttpPostResponse,
};
use sse_stream::{Error as SseError, Sse, SseStream};
use url::Url;

/// Bytes of one reply, unpacked.
const MAX_BYTES: usize = 4_000_000;
/// How long a reply may take to begin, and then be silent.
const SILENCE: Duration = Duration::from_mins(2);
const SESSION: &str = "mcp-session-id";
const EVENTS: &str = "text/event-stream";

type Failed = StreamableHttpError<egress::Failed>;

/// One server, asked on behalf of one scope.
#[derive(Clone)]
pub(super) struct Wire {
    egress: Egress,
    /// `rmcp` sends from tasks of its own, which know of no scope.
    scope: Option<Scope>,
    headers: Arc<[(HeaderName, HeaderValue)]>,
}

impl Wire {
    /// Made in the task that asks; `headers` are the caller's own.
    pub(super) fn new(egress: Egress, headers: &[(String, String)]) -> Result<Self, String> {
        let read = |(name, value): &(String, String)| {
            let named = HeaderName::from_bytes(name.as_bytes()).ok();
            let valued = HeaderValue::from_str(value).ok().map(|mut value| {
                value.set_sensitive(true);
                value
            });
            named.zip(valued).ok_or_else(|| format!("the header `{name}` cannot be sent"))
        };
        let headers = headers.iter().map(read).collect::<Result<_, _>>()?;
        Ok(Self { egress, scope: Scope::current(), headers })
    }

    async fn open(&self, request: Request) -> Result<Stream, egress::Failed> {
        // On the heap: an exchange is a large future.
        let exchange = Box::pin(self.egress.open(request));
        match &self.scope {
            Some(scope) => scope.around(exchange).await,
            None => exchange.await,
        }
    }
}

impl StreamableHttpClient for Wire {
    type Error = egress::Failed;

    async fn post_message(
        &self,
        uri: Arc<str>,
        message: ClientJsonRpcMessage,
        session_id: Option<Arc<str>>,
        _auth_header: Option<String>,
        protocol_headers: HashMap<HeaderName, HeaderValue>,
    ) -> Result<StreamableHttpPostResponse, Failed> {
        let url = Url::parse(&uri)
            .map_err(|_| Failed::UnexpectedServerResponse("its address is none".into()))?;
        let body = serde_json::to_vec(&message)?;
        let mut headers: Vec<(HeaderName, HeaderValue)> = self.headers.to_vec();
        headers.extend(protocol_headers);
        headers.push((
            HeaderName::from_static("content-type"),
            HeaderValue::from_static("application/json"),
        ));
        let session = session_id.and_then(|id| HeaderValue::from_str(&id).ok());
        headers.extend(session.map(|id| (HeaderName::from_static(SESSION), id)));
        let request = Request {
            purpose: Purpose::Mcp,
            accept: "application/json, text/event-stream",
            headers,
            ..Request::post(url, body, MAX_BYTES, SILENCE)
        };
        let reply = self.open(request).await.map_err(Failed::Client)?;
        received(reply, &message).await
    }

    /// Servers forget sessions by themselves.
    async fn delete_session(
        &self,
        _uri: Arc<str>,
        _session_id: Arc<str>,
        _auth_header: Option<String>,
        _custom_headers: HashMap<HeaderName, HeaderValue>,
    ) -> Result<(), Failed> {
        Err(Failed::ServerDoesNotSupportDeleteSession)
    }

    /// Nothing is listened to but the answers to what was asked.
    async fn get_stream(
        &self,
        _uri: Arc<str>,
        _session_id: Option<Arc<str>>,
        _last_event_id: Option<String>,
        _auth_header: Option<String>,
        _custom_headers: HashMap<HeaderName, HeaderValue>,
    ) -> Result<BoxStream<'static, Result<Sse, SseError>>, Failed> {
        Err(Failed::ServerDoesNotSupportSse)
    }
}

async fn received(
    reply: Stream,
    asked: &ClientJsonRpcMessage,
) -> Result<StreamableHttpPostResponse, Failed> {
    let header = |name: &str| {
        let value = reply.headers.get(name).and_then(|value| value.to_str().ok());
        value.map(str::to_owned)
    };
    let (status, session) = (reply.status, header(SESSION));
    let kind = header("content-type").unwrap_or_default().to_ascii_lowercase();
    let awaits_nothing = !matches!(asked, ClientJsonRpcMessage::Request(_));
    match status {
        202 | 204 => return Ok(StreamableHttpPostResponse::Accepted),
        200..=299 if awaits_nothing => return Ok(StreamableHttpPostResponse::Accepted),
        200..=299 if kind.starts_with(EVENTS) => {
            let events = SseStream::from_bytes_stream(pieces(reply)).boxed();
            return Ok(StreamableHttpPostResponse::Sse(events, session));
        }
        401 | 403 => {
            let why =
                format!("it answers {status}: its `headers` in the request lack what lets us in");
            return Err(Failed::UnexpectedServerResponse(why.into()));
        }
        // Also the refusals of a server of the older era, by which `rmcp` knows it.
        _ => {}
    }
    let body = whole(reply).await.map_err(Failed::Client)?;
    if let Ok(message) = serde_json::from_slice::<ServerJsonRpcMessage>(&body) {
        return Ok(StreamableHttpPostResponse::Json(message, session));
    }
    let refusal = refusal_of_greeting(asked, status);
    refusal.map(|refusal| StreamableHttpPostResponse::Json(refusal, None)).ok_or_else(|| {
        let why = format!("it answers {status} with what is no JSON-RPC");
        Failed::UnexpectedServerResponse(why.into())
    })
}

/// A server of the older era may refuse what it does not know in words of its own.
fn refusal_of_greeting(asked: &ClientJsonRpcMessage, status: u16) -> Option<ServerJsonRpcMessage> {
    let ClientJsonRpcMessage::Request(request) = asked else { return None };
    let is_greeting = matches!(request.request, rmcp::model::ClientRequest::DiscoverRequest(_));
    (is_greeting && (400..500).contains(&status)).then(|| {
        let why = format!("refused with {status}");
        let error = rmcp::model::ErrorData::invalid_request(why, None);
        ServerJsonRpcMessage::error(error, Some(request.id.clone()))
    })
}

async fn whole(mut reply: Stream) -> Result<Vec<u8>, egress::Failed> {
    let mut body = Vec::new();
    while let Some(piece) = reply.next(SILENCE).await? {
        body.extend(piece);
    }
    Ok(body)
}

fn pieces(reply: Stream) -> BoxStream<'static, Result<Bytes, egress::Failed>> {
    stream::unfold(Some(reply), |reply| async {
        let mut reply = reply?;
        match reply.next(SILENCE).await {
            Ok(Some(piece)) => Some((Ok(Bytes::from(piece)), Some(reply))),
            Ok(None) => None,
            Err(failed) => Some((Err(failed), None)),
        }
    })
    .boxed()
}
