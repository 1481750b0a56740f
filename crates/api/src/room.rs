//! Room for large request bodies: only so many bytes of them are taken in at one time, the others wait their turn.

use std::sync::Arc;
use std::time::Duration;

use axum::body::{Body, Bytes, HttpBody};
use axum::extract::{Request, State};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use futures_util::{StreamExt, stream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use crate::App;
use crate::doors::MAX_BODY;
use crate::problem::{Kind, Problem};

/// Bytes of large bodies that are worked on at one time. Parsed, checked and written, a body takes several times its
/// length in memory.
const ROOM: usize = 2 * MAX_BODY;
/// Smaller bodies need no room.
const SMALL: usize = 64 * 1024;
/// How long a large body waits for room.
const WAIT: Duration = Duration::from_secs(30);

/// Counts bytes.
#[derive(Clone)]
pub(crate) struct Room {
    free: Arc<Semaphore>,
    wait: Duration,
}

impl Default for Room {
    fn default() -> Self {
        Self { free: Arc::new(Semaphore::new(ROOM)), wait: WAIT }
    }
}

impl Room {
    async fn take(&self, bytes: usize) -> Result<OwnedSemaphorePermit, Problem> {
        let bytes = u32::try_from(bytes.min(MAX_BODY)).unwrap_or(u32::MAX);
        let taking = Arc::clone(&self.free).acquire_many_owned(bytes);
        match tokio::time::timeout(self.wait, taking).await {
            Ok(Ok(permit)) => Ok(permit),
            Ok(Err(_)) | Err(_) => Err(Problem::new(
                Kind::Unavailable,
                "too many large requests at the same time; send this one again in a few seconds",
            )
            .retry_after(5)),
        }
    }
}

/// Lets a request with a large body in when there is room for it, and keeps the room until it is answered.
pub(crate) async fn admit(State(app): State<App>, request: Request, next: Next) -> Response {
    let (request, bytes) = match request.body().size_hint().exact() {
        Some(length) => (request, usize::try_from(length).unwrap_or(usize::MAX)),
        None => unsaid(request).await,
    };
    if bytes <= SMALL {
        return next.run(request).await;
    }
    match app.room.take(bytes).await {
        Ok(_room) => next.run(request).await,
        Err(problem) => problem.into_response(),
    }
}

/// Reads a body whose length nobody said until it is over or no longer small. Then it may have any length.
async fn unsaid(request: Request) -> (Request, usize) {
    let (parts, body) = request.into_parts();
    let mut rest = body.into_data_stream();
    let mut begin = Vec::new();
    while begin.len() <= SMALL {
        match rest.next().await {
            Some(Ok(bytes)) => begin.extend_from_slice(&bytes),
            Some(Err(why)) => {
                let whole = stream::iter([Ok(Bytes::from(begin)), Err(why)]);
                return (Request::from_parts(parts, Body::from_stream(whole)), 0);
            }
            None => {
                let length = begin.len();
                return (Request::from_parts(parts, Body::from(Bytes::from(begin))), length);
            }
        }
    }
    let whole = stream::iter([Ok(Bytes::from(begin))]).chain(rest);
    (Request::from_parts(parts, Body::from_stream(whole)), MAX_BODY)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn large_bodies_wait_for_room_and_are_turned_away_in_the_end() {
        let room = Room { wait: Duration::from_millis(20), ..Room::default() };
        let first = room.take(MAX_BODY).await.unwrap();
        let _second = room.take(usize::MAX).await.unwrap();
        let refused = room.take(SMALL + 1).await.unwrap_err();
        assert_eq!((refused.kind, refused.retry_after_s), (Kind::Unavailable, Some(5)));
        drop(first);
        assert!(room.take(SMALL + 1).await.is_ok());
    }

    #[tokio::test]
    async fn a_body_without_a_length_is_passed_on_whole() {
        for (chunks, counted) in [(1, 1000), (100, MAX_BODY)] {
            let stream =
                stream::iter((0..chunks).map(|_| Ok::<_, std::io::Error>(vec![b'x'; 1000])));
            let request = Request::new(Body::from_stream(stream));
            let (request, bytes) = unsaid(request).await;
            assert_eq!(bytes, counted);
            let whole = axum::body::to_bytes(request.into_body(), usize::MAX).await.unwrap();
            assert_eq!(whole.len(), chunks * 1000);
        }
    }
}
