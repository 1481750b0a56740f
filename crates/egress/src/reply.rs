//! A reply as it comes, from the network or from a cassette: its head, then its body piece by piece, counted.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use reqwest::StatusCode;
use reqwest::header::{self, HeaderMap};

use crate::cassette::{End, Exchange, Take};
use crate::client::explain;
use crate::failed::Failed;
use crate::scope::Meter;

pub(crate) struct Reply {
    status: StatusCode,
    headers: HeaderMap,
    host: String,
    meter: Meter,
    body: Incoming,
}

enum Incoming {
    Live { reply: Box<reqwest::Response>, take: Option<Box<Take>> },
    Taped { exchange: Arc<Exchange>, body: Bytes, piece: usize },
}

impl Reply {
    pub(crate) fn live(
        reply: reqwest::Response,
        host: String,
        meter: Meter,
        mut take: Option<Box<Take>>,
    ) -> Self {
        let (status, headers) = (reply.status(), reply.headers().clone());
        if let Some(take) = &mut take {
            take.head(status, &headers);
        }
        Self { status, headers, host, meter, body: Incoming::Live { reply: Box::new(reply), take } }
    }

    /// `waited` is how long the caller is ready to wait for the head.
    pub(crate) fn taped(
        exchange: Arc<Exchange>,
        host: String,
        meter: Meter,
        waited: Duration,
    ) -> Result<Self, Failed> {
        let (status, headers) = exchange.head(&host, waited)?;
        let body = Bytes::from(exchange.body());
        let body = Incoming::Taped { exchange, body, piece: 0 };
        Ok(Self { status, headers, host, meter, body })
    }

    pub(crate) const fn status(&self) -> StatusCode {
        self.status
    }

    pub(crate) const fn headers(&self) -> &HeaderMap {
        &self.headers
    }

    /// What the host says about the length of its body.
    pub(crate) fn content_length(&self) -> Option<u64> {
        self.headers.get(header::CONTENT_LENGTH)?.to_str().ok()?.trim().parse().ok()
    }

    /// The next piece as it came; `None` after the last. `waited` is how long the caller is ready to wait for it.
    pub(crate) async fn chunk(&mut self, waited: Duration) -> Result<Option<Bytes>, Failed> {
        let chunk = match &mut self.body {
            Incoming::Live { reply, take } => {
                let chunk = reply.chunk().await.map_err(|error| explain(&self.host, &error));
                if let Some(take) = take {
                    match &chunk {
                        Ok(Some(bytes)) => take.piece(bytes),
                        Ok(None) => take.end(End::Whole),
                        Err(failed) => take.end(End::of(failed)),
                    }
                }
                chunk
            }
            Incoming::Taped { exchange, body, piece } => match exchange.pieces().get(*piece) {
                Some(&size) => {
                    *piece += 1;
                    Ok(Some(body.split_to(size.min(body.len()))))
                }
                None => exchange.end().failed(&self.host, waited).map_or(Ok(None), Err),
            },
        };
        if let Ok(Some(bytes)) = &chunk {
            self.meter.received(bytes.len());
        }
        chunk
    }
}
