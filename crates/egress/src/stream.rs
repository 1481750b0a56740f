//! A reply that is read as it comes: silence ends it, not how long it takes.

use std::fmt;
use std::time::{Duration, Instant};

use reqwest::header::HeaderMap;

use crate::body::Body;
use crate::client::{Egress, Hop, Request, begin, host_of, stopped};
use crate::failed::Failed;
use crate::reply::Reply;

/// Nothing is packed: a packer holds back what should be seen at once.
const UNPACKED: &str = "identity";

/// The head of a reply, and its body piece by piece. Dropping it closes the connection.
pub struct Stream {
    pub status: u16,
    pub headers: HeaderMap,
    host: String,
    reply: Reply,
    /// `None` after the last byte.
    body: Option<Body>,
    max_bytes: usize,
}

impl Egress {
    /// Sends a request and returns when the head of its reply is there, which `request.timeout` bounds.
    ///
    /// A reply of any status is `Ok`; redirects are not followed. The body is bounded by `request.max_bytes`.
    pub async fn open(&self, request: Request) -> Result<Stream, Failed> {
        let asked_at = Instant::now();
        let host = host_of(&request.url);
        let hop = Hop { url: &request.url, led_by: request.led_by.as_ref(), is_home: true };
        let asked = self.ask(&request, hop, UNPACKED);
        let answer = tokio::time::timeout(request.timeout, asked).await;
        let answer = answer.unwrap_or_else(|_| {
            Err(Failed::Timeout { host: host.clone(), waited: request.timeout })
        });
        let elapsed_ms = asked_at.elapsed().as_millis();
        match &answer {
            Ok(reply) => {
                let status = reply.status().as_u16();
                tracing::debug!(host, status, elapsed_ms, "{host} begins to reply");
            }
            Err(failed) => tracing::debug!(host, elapsed_ms, "no reply: {failed}"),
        }
        let reply = answer?;
        let body = Some(begin(&host, &reply, &request)?);
        Ok(Stream {
            status: reply.status().as_u16(),
            headers: reply.headers().clone(),
            host,
            reply,
            body,
            max_bytes: request.max_bytes,
        })
    }
}

impl Stream {
    /// The next piece of the unpacked body; `None` after the last. Silence of `idle` is a failure.
    pub async fn next(&mut self, idle: Duration) -> Result<Option<Vec<u8>>, Failed> {
        let Some(body) = &mut self.body else { return Ok(None) };
        let host = &self.host;
        let chunk = tokio::time::timeout(idle, self.reply.chunk(idle)).await;
        let chunk = chunk.map_err(|_| Failed::Timeout { host: host.clone(), waited: idle })?;
        if let Some(chunk) = chunk? {
            body.push(&chunk).map_err(|why| stopped(host, why, self.max_bytes))?;
            return Ok(Some(body.take()));
        }
        let rest = self.body.take().map(Body::finish).transpose();
        let rest = rest.map_err(|why| stopped(host, why, self.max_bytes))?;
        Ok(rest.filter(|rest| !rest.is_empty()))
    }
}

impl fmt::Debug for Stream {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Stream")
            .field("host", &self.host)
            .field("status", &self.status)
            .finish_non_exhaustive()
    }
}
