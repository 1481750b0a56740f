//! A stream lasts as long as what let its listener in: a key, a session or a link that is revoked ends it.

use std::time::Duration;

use axum::body::{Body, Bytes, HttpBody as _};
use axum::http::header;
use axum::response::Response;
use futures_util::{StreamExt as _, stream};
use tokio::time::{MissedTickBehavior, interval};

use crate::problem::{Kind, Problem};

/// How often it is looked at. With the time that a key is believed, a stream ends within five seconds.
const LOOK: Duration = Duration::from_millis(1_500);

/// The same answer; where it is a stream, one that ends with `last` when `still` says that its listener may not listen
/// any more.
pub(super) fn lasting<F>(
    response: Response,
    last: String,
    still: impl Fn() -> F + Send + 'static,
) -> Response
where
    F: Future<Output = Result<bool, Problem>> + Send,
{
    let kind = response.headers().get(header::CONTENT_TYPE);
    let is_stream = kind.is_some_and(|kind| kind.as_bytes().starts_with(b"text/event-stream"));
    if !is_stream || response.body().is_end_stream() {
        return response;
    }
    response.map(|body| {
        let mut looks = interval(LOOK);
        looks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let open = Some((body.into_data_stream(), looks, still, last));
        Body::from_stream(stream::unfold(open, move |open| async move {
            let (mut frames, mut looks, still, last) = open?;
            loop {
                tokio::select! {
                    frame = frames.next() => return Some((frame?, Some((frames, looks, still, last)))),
                    _ = looks.tick() => if !holds(still().await) {
                        return Some((Ok(Bytes::from(last)), None));
                    },
                }
            }
        }))
    })
}

/// What could not be looked up is no reason to end.
fn holds(still: Result<bool, Problem>) -> bool {
    match still {
        Ok(still) => still,
        Err(problem) => !matches!(problem.kind, Kind::Unauthorized | Kind::Forbidden),
    }
}
