//! A scripted model on loopback, spoken to over the wire of any provider: OpenAI's two, Anthropic's, Gemini's, Ollama's.
//!
//! What it says comes from a closure, so a scripted model is written once and asked over any wire. It remembers what it
//! was asked, and has bad days on demand: each request takes the next [`Fault`] that was set, if there is one.

mod replies;
mod requests;

use std::collections::VecDeque;
use std::fmt;
use std::sync::{Arc, Mutex};

use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, Uri};
use axum::response::Response;
use serde_json::Value;
use tokio::net::TcpListener;
use tokio::sync::Notify;
use tokio::task::JoinSet;

/// How it was spoken to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Spoken {
    OpenAiChat,
    OpenAiResponses,
    Anthropic,
    Gemini,
    Ollama,
}

impl Spoken {
    pub const ALL: [Self; 5] =
        [Self::OpenAiChat, Self::OpenAiResponses, Self::Anthropic, Self::Gemini, Self::Ollama];
}

/// What the model was asked, whatever the wire.
#[derive(Debug, Clone)]
pub struct Asked {
    pub spoken: Spoken,
    pub model: String,
    pub system: String,
    /// User and model in turn, the user first and last.
    pub turns: Vec<String>,
    /// As it was sent, which is not always as it was meant: providers take subsets.
    pub schema: Option<Value>,
    pub mode: Mode,
    pub max_output_tokens: u64,
    pub headers: HeaderMap,
    pub body: Value,
    /// The bytes of the body.
    pub bytes: Bytes,
}

/// How the shape of the answer was asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mode {
    /// Not at all, or in the prompt.
    Text,
    Native,
    Tool,
}

/// What the model says.
#[derive(Debug, Clone, PartialEq)]
pub enum Said {
    /// Said as text or as the arguments of the tool, as it was asked.
    Text(String),
    /// The same, and then it is stopped at the limit of its output.
    Cut(String),
    Refusal(String),
    /// A refusal of the request with a status, such as a mode that the server does not know.
    Error(u16, String),
}

impl Said {
    pub fn json(value: &Value) -> Self {
        Self::Text(value.to_string())
    }
}

/// A bad day.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Fault {
    /// An error in the wire's own form. `kind` stands where the wire has its word for the class.
    Error {
        status: u16,
        kind: &'static str,
        message: String,
        headers: Vec<(&'static str, String)>,
    },
    /// Whatever is given, as the whole reply.
    Raw {
        status: u16,
        content_type: &'static str,
        body: Vec<u8>,
    },
    /// The connection is closed before any reply.
    Reset,
    /// No reply, ever.
    Hang,
    /// The stream ends after so many pieces, as if that were all.
    Short(usize),
    /// The connection is lost after so many pieces.
    Broken(usize),
    /// Nothing more after so many pieces.
    Stalled(usize),
    /// The last piece again and again.
    Endless,
    /// An error as an event of the stream, after so many pieces.
    ErrorEvent(usize),
    /// Another usage than the true one.
    Usage {
        input: i64,
        output: i64,
    },
    NoUsage,
    /// One JSON instead of a stream.
    Whole,
    /// Good, with these headers.
    Headers(Vec<(&'static str, String)>),
}

impl Fault {
    /// Too many requests, with the header that says how long to wait.
    pub fn rate(headers: &[(&'static str, &str)]) -> Self {
        let headers = headers.iter().map(|(name, value)| (*name, (*value).to_owned())).collect();
        let message = "slow down".into();
        Self::Error { status: 429, kind: "rate_limit_error", message, headers }
    }

    pub fn error(status: u16, kind: &'static str, message: &str) -> Self {
        Self::Error { status, kind, message: message.into(), headers: Vec::new() }
    }
}

/// A model that is served until it is dropped.
#[derive(Debug)]
pub struct ModelServer {
    /// `http://127.0.0.1:PORT`
    pub origin: String,
    state: Arc<Serving>,
    _server: JoinSet<()>,
}

struct Serving {
    answer: Box<dyn Fn(&Asked) -> Said + Send + Sync>,
    asked: Mutex<Vec<Asked>>,
    faults: Mutex<Faults>,
    was_asked: Notify,
}

#[derive(Default)]
struct Faults {
    next: VecDeque<Option<Fault>>,
    always: Option<Fault>,
}

impl fmt::Debug for Serving {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Serving")
    }
}

impl ModelServer {
    pub async fn start(answer: impl Fn(&Asked) -> Said + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port on loopback");
        let origin = format!("http://{}", listener.local_addr().expect("its address"));
        let state = Arc::new(Serving {
            answer: Box::new(answer),
            asked: Mutex::default(),
            faults: Mutex::default(),
            was_asked: Notify::new(),
        });
        let routes = Router::new().fallback(serve).with_state(Arc::clone(&state));
        let mut server = JoinSet::new();
        server.spawn(async move { axum::serve(listener, routes).await.expect("a server") });
        Self { origin, state, _server: server }
    }

    /// One that always says the same.
    pub async fn saying(text: &str) -> Self {
        let said = Said::Text(text.into());
        Self::start(move |_| said.clone()).await
    }

    /// What the next requests meet, one each; `None` is a good one.
    pub fn next(&self, faults: impl IntoIterator<Item = Option<Fault>>) {
        self.state.faults.lock().expect("faults").next.extend(faults);
    }

    /// What every request meets for which nothing else was set.
    pub fn always(&self, fault: Option<Fault>) {
        self.state.faults.lock().expect("faults").always = fault;
    }

    /// Every question so far, failed ones too.
    pub fn asked(&self) -> Vec<Asked> {
        self.state.asked.lock().expect("a list").clone()
    }

    pub fn hits(&self) -> usize {
        self.state.asked.lock().expect("a list").len()
    }

    /// Returns once it has been asked so often.
    pub async fn until_asked(&self, times: usize) {
        loop {
            let mut notified = std::pin::pin!(self.state.was_asked.notified());
            notified.as_mut().enable();
            if self.hits() >= times {
                return;
            }
            notified.await;
        }
    }
}

async fn serve(
    State(state): State<Arc<Serving>>,
    uri: Uri,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    if let Some(about) = requests::about(uri.path()) {
        return about;
    }
    let Some(asked) = requests::read(uri.path(), headers, body) else {
        return replies::not_found();
    };
    let fault = {
        let mut faults = state.faults.lock().expect("faults");
        faults.next.pop_front().unwrap_or_else(|| faults.always.clone())
    };
    state.asked.lock().expect("a list").push(asked.clone());
    state.was_asked.notify_waiters();
    match fault {
        Some(Fault::Hang) => std::future::pending().await,
        // The connection goes down with its task; a panic without its message.
        Some(Fault::Reset) => std::panic::resume_unwind(Box::new(())),
        fault => {
            let said = (state.answer)(&asked);
            replies::write(&asked, &said, fault)
        }
    }
}
