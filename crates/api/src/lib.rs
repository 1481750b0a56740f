//! The doors: the REST contract and the web pages, and what both share with the command line.
//!
//! A request handler never does research. It stores a run and answers; everything else is a look into the store, or
//! one search or page at once (`web`), which no answer rests on.

mod doors;
pub mod enriched;
mod gate;
mod json;
pub mod mcp;
mod once;
mod openapi;
mod patience;
pub mod problem;
mod rest;
mod room;
mod serve;
mod sharing;
pub mod sheet;
pub mod submit;
mod ui;
mod web;
pub mod webhooks;
pub mod wire;

use std::ops::Deref;
use std::sync::Arc;
use std::time::Duration;

use store::Store;
use tokio::sync::OnceCell;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

pub use doors::router;
pub use problem::Problem;
pub use serve::serve;
pub use submit::{Catalog, RunArgs, prepare};
pub use ui::proof;

use crate::gate::Gate;
use crate::once::InFlight;
use crate::room::Room;
use crate::web::Web;

/// Everything a request needs. One pointer: each request clones it several times.
#[derive(Clone)]
pub struct App(Arc<Parts>);

#[derive(Clone)]
pub struct Parts {
    pub store: Store,
    pub catalog: Arc<Catalog>,
    /// Where callers reach this server, without a slash at the end; may have a path prefix.
    pub public_url: Arc<str>,
    /// Whether only this machine can connect. Then requests for another host are refused.
    is_on_loopback: bool,
    /// Origins whose web pages may call this server besides its own.
    origins: Arc<[String]>,
    /// Searching and reading at once, where that is offered.
    web: Option<Web>,
    gate: Gate,
    /// Signs links and sessions; read when first needed.
    link_secret: Arc<OnceCell<String>>,
    in_flight: InFlight,
    room: Room,
    /// What tools have answered since anything was written.
    answers: mcp::Answers,
    last_told: mcp::LastTold,
    /// A caller who takes nothing of an answer for this long is let go.
    patience: Duration,
    /// Streams of events, which end when their listeners go or the server stops.
    streams: TaskTracker,
    /// What becomes of work when its client goes away, for models; nothing where it just goes on.
    wait_note: Option<Arc<str>>,
    /// Ends waiting requests.
    stop: CancellationToken,
    /// Ends what has not ended by itself when it was told to stop.
    ending: CancellationToken,
    /// Callers had better go elsewhere from here on.
    leaving: CancellationToken,
}

impl App {
    pub fn new(store: Store, catalog: Arc<Catalog>, public_url: &str) -> Self {
        Self(Arc::new(Parts {
            store,
            catalog,
            public_url: public_url.trim_end_matches('/').into(),
            is_on_loopback: false,
            origins: Arc::default(),
            web: None,
            gate: Gate::default(),
            link_secret: Arc::default(),
            in_flight: InFlight::default(),
            room: Room::default(),
            answers: mcp::Answers::default(),
            last_told: mcp::LastTold::default(),
            patience: patience::PATIENCE,
            streams: TaskTracker::new(),
            wait_note: None,
            stop: CancellationToken::new(),
            ending: CancellationToken::new(),
            leaving: CancellationToken::new(),
        }))
    }

    fn with(self, change: impl FnOnce(&mut Parts)) -> Self {
        let mut parts = Arc::unwrap_or_clone(self.0);
        change(&mut parts);
        Self(Arc::new(parts))
    }

    /// The same, for a listener that only this machine reaches. [`serve`] does this by itself.
    #[must_use]
    pub fn on_loopback(self) -> Self {
        self.with(|parts| parts.is_on_loopback = true)
    }

    /// The same, called by web pages of these origins as well, each such as `https://sheet.example.org`.
    #[must_use]
    pub fn allowing_origins(self, origins: Vec<String>) -> Self {
        self.with(|parts| parts.origins = origins.into())
    }

    /// The same, searching and reading for callers at once.
    #[must_use]
    pub fn reading(self, sources: sources::Sources) -> Self {
        self.with(|parts| parts.web = Some(Web::new(sources)))
    }

    /// The same, telling models what becomes of work when they go away.
    #[must_use]
    pub fn telling(self, wait_note: &str) -> Self {
        self.with(|parts| parts.wait_note = Some(wait_note.into()))
    }

    /// The same, ending its waiting requests when `stop` is cancelled. [`serve`] does this by itself.
    #[must_use]
    pub fn stopping_with(self, stop: CancellationToken) -> Self {
        self.with(|parts| parts.stop = stop)
    }

    /// The same, not ready for callers any more once `leaving` is cancelled, although they are still answered.
    #[must_use]
    pub fn leaving_with(self, leaving: CancellationToken) -> Self {
        self.with(|parts| parts.leaving = leaving)
    }

    /// The same, letting callers go who take nothing of an answer for so long; it is a minute otherwise.
    #[must_use]
    pub fn letting_go_after(self, patience: Duration) -> Self {
        self.with(|parts| parts.patience = patience)
    }

    /// How many streams of events somebody listens to.
    pub fn open_streams(&self) -> usize {
        self.streams.len()
    }

    /// The path before all of our own: empty, or such as `/research`.
    fn prefix(&self) -> String {
        let url = url::Url::parse(&self.public_url);
        url.map(|url| url.path().trim_end_matches('/').to_owned()).unwrap_or_default()
    }
}

impl Deref for App {
    type Target = Parts;

    fn deref(&self) -> &Parts {
        &self.0
    }
}
