//! Reads one page of the web: robots, politeness, redirects one by one, and then the text.

use std::sync::Arc;
use std::time::Duration;

use egress::{Egress, Request, Response};
use time::OffsetDateTime;
use time::format_description::well_known::Rfc2822;
use url::Url;

use crate::extract::kind::Kind;
use crate::extract::{self, EXTRACTOR};
use crate::hosts::Hosts;
use crate::robots::Robots;
use crate::{Failed, MayAsk, Page, walls};

const ACCEPT: &str = "text/html,application/xhtml+xml,text/markdown,text/plain;q=0.9,text/csv;q=0.9,\
                      application/json;q=0.8,*/*;q=0.5";

/// The way to pages, with what we know of their hosts.
#[derive(Clone)]
pub(crate) struct Fetch(Arc<Inner>);

struct Inner {
    egress: Egress,
    robots: Robots,
    hosts: Hosts,
    timeout: Duration,
    max_bytes: usize,
}

impl std::fmt::Debug for Fetch {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Fetch").field("timeout", &self.0.timeout).finish_non_exhaustive()
    }
}

impl Fetch {
    pub(crate) fn new(egress: Egress, timeout: Duration, max_bytes: usize) -> Self {
        let (robots, hosts) = (Robots::default(), Hosts::default());
        Self(Arc::new(Inner { egress, robots, hosts, timeout, max_bytes }))
    }

    pub(crate) async fn page(&self, address: &str, may_ask: MayAsk<'_>) -> Result<Page, Failed> {
        let not_an_address =
            |why: String| Failed::NotAnAddress { given: address.chars().take(300).collect(), why };
        let mut url =
            Url::parse(address.trim()).map_err(|error| not_an_address(error.to_string()))?;
        if !matches!(url.scheme(), "http" | "https") || url.host_str().is_none() {
            return Err(not_an_address("it must begin with http:// or https://".into()));
        }
        // Not followed by `egress`: each hop has a robots.txt of its own, and may be one that is not to be asked.
        for _ in 0..=egress::MAX_REDIRECTS {
            if !may_ask(&url) {
                return Err(Failed::LeftOut { address: url.into() });
            }
            let reply = self.hop(&url).await?;
            match reply.location {
                Some(next) => url = next,
                None => return self.read(reply).await,
            }
        }
        let why = format!("it redirects more than {} times", egress::MAX_REDIRECTS);
        Err(Failed::Unreachable { host: host_of(&url), why })
    }

    async fn hop(&self, url: &Url) -> Result<Response, Failed> {
        let inner = &self.0;
        let host = host_of(url);
        let rules = inner.robots.rules(&inner.egress, url).await?;
        if !rules.allow(url) {
            return Err(Failed::Forbidden { host, path: url.path().to_owned() });
        }
        let _place = inner.hosts.enter(&host, rules.delay()).await?;
        let request = Request::new(url.clone(), inner.max_bytes, inner.timeout);
        let request = Request { accept: ACCEPT, follow: false, ..request };
        let reply = inner.egress.send(request).await.map_err(|failed| from_egress(url, failed))?;
        match reply.status {
            200..=299 => Ok(reply),
            300..=399 if reply.location.is_some() => Ok(reply),
            code @ (429 | 503) => {
                let pause =
                    reply.retry_after.as_deref().and_then(|at| pause(at, reply.date.as_deref()));
                let pause = inner.hosts.stay_away(&host, code, pause);
                Err(Failed::Status { host, code, retry_after: Some(pause) })
            }
            code => Err(Failed::Status { host, code, retry_after: None }),
        }
    }

    async fn read(&self, reply: Response) -> Result<Page, Failed> {
        let read = tokio::task::spawn_blocking(move || to_page(reply)).await;
        read.unwrap_or_else(|error| std::panic::resume_unwind(error.into_panic()))
    }
}

fn to_page(reply: Response) -> Result<Page, Failed> {
    let Response { final_url, content_type, last_modified, body: bytes, .. } = reply;
    let address = String::from(final_url);
    if bytes.iter().all(u8::is_ascii_whitespace) {
        return Err(Failed::Empty { what: address, why: "the host sent no bytes" });
    }
    let label = content_type.as_deref();
    let kind = Kind::sniff(&bytes, &address, label)
        .map_err(|media_type| Failed::NotText { what: address.clone(), media_type })?;
    let mut text = extract::read_kind(kind, &bytes, &address, label)?;
    if let Some(why) = walls::recognise(&text) {
        return Err(Failed::Empty { what: address, why });
    }
    if text.published.is_none() {
        text.published = last_modified.as_deref().and_then(day);
    }
    let media_type = kind.media_type().to_owned();
    Ok(Page { address, media_type, bytes, text, extractor: EXTRACTOR })
}

fn from_egress(url: &Url, failed: egress::Failed) -> Failed {
    let unreachable = |host, why| Failed::Unreachable { host, why };
    match failed {
        egress::Failed::Refused { host, why } => Failed::Refused { host, why: why.to_string() },
        egress::Failed::Timeout { host, waited } => Failed::Silent { host, waited },
        egress::Failed::TooLarge { limit_bytes, .. } => {
            Failed::TooLarge { what: url.to_string(), limit_bytes: limit_bytes as u64 }
        }
        egress::Failed::Bomb { host, limit } => {
            unreachable(host, format!("its body unpacks to more than {limit} times its size"))
        }
        egress::Failed::Redirects { host, limit } => {
            unreachable(host, format!("it redirects more than {limit} times"))
        }
        egress::Failed::Connect { host, why } | egress::Failed::Broken { host, why } => {
            unreachable(host, why)
        }
        not_recorded @ egress::Failed::NotRecorded { .. } => {
            unreachable(host_of(url), not_recorded.to_string())
        }
    }
}

/// The header `Retry-After`: seconds, or a date, which is measured against the host's own `Date`.
fn pause(retry_after: &str, date: Option<&str>) -> Option<Duration> {
    if let Ok(seconds) = retry_after.trim().parse() {
        return Some(Duration::from_secs(seconds));
    }
    (moment(retry_after)? - moment(date?)?).try_into().ok()
}

/// The day of the header `Last-Modified`.
fn day(last_modified: &str) -> Option<String> {
    let moment = moment(last_modified)?;
    Some(format!("{:04}-{:02}-{:02}", moment.year(), u8::from(moment.month()), moment.day()))
}

fn moment(http_date: &str) -> Option<OffsetDateTime> {
    OffsetDateTime::parse(&http_date.trim().replace("GMT", "+0000"), &Rfc2822).ok()
}

fn host_of(url: &Url) -> String {
    url.host_str().unwrap_or_default().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn headers_of_time_are_read() {
        assert_eq!(day("Wed, 21 Oct 2015 07:28:00 GMT"), Some("2015-10-21".into()));
        assert_eq!(day("yesterday"), None);
        assert_eq!(pause("120", None), Some(Duration::from_mins(2)));
        let (later, now) = ("Wed, 21 Oct 2015 07:28:00 GMT", "Wed, 21 Oct 2015 07:27:30 GMT");
        assert_eq!(pause(later, Some(now)), Some(Duration::from_secs(30)));
        assert_eq!(pause(later, None), None);
    }
}
