//! The far end of one stream of events: what it is told, how it is kept, and where it wants to go on.
//!
//! A stream holds one batch of events at most. Who takes nothing is let go with the connection (`patience.rs`).

use std::convert::Infallible;
use std::time::Duration;

use axum::body::{Body, Bytes};
use axum::http::{HeaderMap, HeaderValue, header};
use axum::response::{IntoResponse, Response};
use futures_util::stream;
use store::Watch;
use tokio::sync::mpsc;
use tokio::time::sleep;
use tokio_util::sync::CancellationToken;

use crate::App;
use crate::problem::Problem;
use crate::rest::{Params, param, shown};
use crate::wire::{ErrorView, StreamEvent, uuid_of};

/// How often a silent stream shows that it is alive: well below the idle limits of proxies.
const KEEP_ALIVE: Duration = Duration::from_secs(15);
/// Batches of events on their way to one listener.
const ON_THE_WAY: usize = 1;

/// Why a stream ends before its story does.
pub(crate) enum Ended {
    /// The listener is gone, or the server stops.
    Gone,
    Failed(store::Failed),
    Refused(Problem),
}

impl From<store::Failed> for Ended {
    fn from(why: store::Failed) -> Self {
        Self::Failed(why)
    }
}

/// The far end of one stream.
pub(crate) struct Listener {
    batches: mpsc::Sender<Bytes>,
    stop: CancellationToken,
}

impl Listener {
    /// Returns when there is room for more.
    pub(crate) async fn tell(&self, frames: String) -> Result<(), Ended> {
        if frames.is_empty() {
            return Ok(());
        }
        self.batches.send(frames.into()).await.map_err(|_| Ended::Gone)
    }

    /// Returns when something has changed, keeping the connection alive meanwhile.
    pub(crate) async fn wait(&self, watch: &mut Watch) -> Result<(), Ended> {
        loop {
            tokio::select! {
                () = watch.changed() => return Ok(()),
                () = self.stop.cancelled() => return Err(Ended::Gone),
                () = self.batches.closed() => return Err(Ended::Gone),
                () = sleep(KEEP_ALIVE) => self.tell(": keep-alive\n\n".into()).await?,
            }
        }
    }
}

/// Answers with what `tell` tells.
pub(crate) fn stream_of<T, F>(app: &App, tell: T) -> Response
where
    T: FnOnce(App, Listener) -> F,
    F: Future<Output = Result<(), Ended>> + Send + 'static,
{
    let (batches, on_the_way) = mpsc::channel(ON_THE_WAY);
    let listener = Listener { batches: batches.clone(), stop: app.stop.clone() };
    let telling = tell(app.clone(), listener);
    let chance = app.store.chance().clone();
    app.streams.spawn(async move {
        let problem = match telling.await {
            Ok(()) | Err(Ended::Gone) => return,
            Err(Ended::Failed(why)) => Problem::from(why),
            Err(Ended::Refused(why)) => why,
        };
        let ref_id = uuid_of(&format!("{:032x}", chance.next()));
        tracing::error!(ref_id, cause = problem.cause, "a stream broke: {}", problem.message);
        let error = ErrorView { ref_id, message: problem.message, detail: None };
        let _ = batches.send(StreamEvent::error(error).frame().into()).await;
    });
    let body = stream::unfold(on_the_way, |mut batches| async move {
        batches.recv().await.map(|batch| (Ok::<_, Infallible>(batch), batches))
    });
    let mut response = Body::from_stream(body).into_response();
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("text/event-stream"));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-cache"));
    // For proxies of the nginx kind, which would hold events back.
    headers.insert("x-accel-buffering", HeaderValue::from_static("no"));
    response
}

/// Behind which event a listener wants to go on.
pub(super) fn resume(params: &Params, headers: &HeaderMap) -> Result<Option<i64>, Problem> {
    let header = headers.get("last-event-id").and_then(|id| id.to_str().ok()).map(str::to_owned);
    let Some(text) = param(params, "last_event_id")?.or(header).filter(|id| !id.is_empty()) else {
        return Ok(None);
    };
    let refused = || {
        Problem::invalid(format!(
            "`last_event_id` is `{}`; send the `event_id` of an event of this stream, or leave it out",
            shown(&text)
        ))
    };
    let number = text.parse::<i64>().ok().filter(|id| *id >= 0);
    number.map(Some).ok_or_else(refused)
}
