//! Reads one page of the web: robots, politeness, redirects and refreshes one by one, and then the text.

mod rendered;

use std::sync::Arc;
use std::time::Duration;

use domain::text::Text;
use egress::{Egress, HeaderName, HeaderValue, Request, Response};
use time::OffsetDateTime;
use time::format_description::well_known::Rfc2822;
use tokio::sync::Semaphore;
use url::Url;

use crate::browser::{Browser, Shell};
use crate::extract::kind::Kind;
use crate::extract::{EXTRACTOR, Extractor, decoded};
use crate::hosts::{self, Hosts, Place};
use crate::robots::Robots;
use crate::{Failed, Known, MayAsk, Page, Reread, sitemap, walls};

const ACCEPT: &str = "text/html,application/xhtml+xml,text/markdown,text/plain;q=0.9,text/csv;q=0.9,\
                      application/json;q=0.8,application/pdf;q=0.8,*/*;q=0.5";
/// Bytes of an address, also of one that a redirect leads to. Longer ones carry data, not a place.
const MAX_ADDRESS_BYTES: usize = 2_048;
/// Bytes of pages whose text is made at the same time, in KiB; a larger page is alone. Making it takes up to thirty times the
/// size of a page.
const IN_WORK_KIB: u32 = 6 * 1024;
/// Refreshes among the redirects of one address; honest pages need one.
const MAX_REFRESHES: usize = 3;
/// Requests for one page at one address, where the host is overloaded or broke off.
const TRIES: usize = 3;
/// Pause before a host that failed without saying for how long is asked once more.
const RETRY_PAUSE: Duration = Duration::from_secs(1);

/// What an address has: a page, or one whose refresh stands in the place of a redirect.
enum Sent {
    Page(Box<Page>),
    Onward(Url),
}

/// The way to pages, with what we know of their hosts.
#[derive(Clone)]
pub(crate) struct Fetch(Arc<Inner>);

struct Inner {
    egress: Egress,
    robots: Robots,
    hosts: Hosts,
    timeout: Duration,
    max_bytes: usize,
    extractor: Extractor,
    /// As many permits as KiB of pages may be in work.
    in_work: Arc<Semaphore>,
    /// Shows what only scripts fill; without it such pages are not read.
    browser: Option<Browser>,
}

impl std::fmt::Debug for Fetch {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Fetch").field("timeout", &self.0.timeout).finish_non_exhaustive()
    }
}

impl Fetch {
    pub(crate) fn new(
        egress: Egress,
        timeout: Duration,
        max_bytes: usize,
        extractor: Extractor,
        browser: Option<Browser>,
    ) -> Self {
        Self(Arc::new(Inner {
            egress,
            robots: Robots::default(),
            hosts: Hosts::default(),
            timeout,
            max_bytes,
            extractor,
            in_work: Arc::new(Semaphore::new(IN_WORK_KIB as usize)),
            browser,
        }))
    }

    /// Reads a page; if it is `known`, the host need not send it again.
    ///
    /// Whatever the host does, it ends within the time for one page and the longest wait for a turn.
    pub(crate) async fn page(
        &self,
        address: &str,
        known: Option<&Known>,
        may_ask: MayAsk<'_>,
    ) -> Result<Reread, Failed> {
        let url = parsed(address)?;
        let host = host_of(&url);
        let limit = self.0.timeout + hosts::MAX_WAIT;
        let silent = |_| Failed::Silent { host, waited: limit };
        tokio::time::timeout(limit, self.follow(url, known, may_ask)).await.map_err(silent)?
    }

    async fn follow(
        &self,
        mut url: Url,
        known: Option<&Known>,
        may_ask: MayAsk<'_>,
    ) -> Result<Reread, Failed> {
        let mut led_by = None;
        let mut refreshes = 0;
        // Not followed by `egress`: each hop has a robots.txt of its own, and may be one that is not to be asked.
        for _ in 0..=egress::MAX_REDIRECTS {
            if !may_ask(&url) {
                return Err(Failed::LeftOut { address: url.into() });
            }
            let known = known.filter(|known| known.address == url.as_str());
            let request = Request { led_by: led_by.clone(), ..self.request(&url, known) };
            let reply = self.hop(request, may_ask).await?;
            let next = match reply.location {
                _ if reply.status == 304 && known.is_some() => return Ok(Reread::Unchanged),
                Some(next) => next,
                None if reply.status >= 300 => {
                    let why = "it redirects to what is no address".to_owned();
                    return Err(Failed::Unreachable { host: host_of(&url), why });
                }
                None => match self.page_of(reply, may_ask).await? {
                    Sent::Page(page) => return Ok(Reread::Page(page)),
                    Sent::Onward(_) if refreshes == MAX_REFRESHES => return Err(leads_on(&url)),
                    Sent::Onward(next) => {
                        refreshes += 1;
                        next
                    }
                },
            };
            led_by = Some(std::mem::replace(&mut url, parsed(next.as_str())?));
        }
        let why = format!("it redirects more than {} times", egress::MAX_REDIRECTS);
        Err(Failed::Unreachable { host: host_of(&url), why })
    }

    /// One address: a page, a redirect, or 304 where it was known. Robots and the pace of its host hold; it is asked again
    /// where that may help soon.
    pub(crate) async fn hop(
        &self,
        request: Request,
        may_ask: MayAsk<'_>,
    ) -> Result<Response, Failed> {
        let inner = &self.0;
        let url = &request.url;
        let host = host_of(url);
        let led_by = request.led_by.as_ref();
        let rules = inner.robots.rules(&inner.egress, &inner.hosts, url, led_by, may_ask).await?;
        if !rules.allow(url) {
            return Err(Failed::Forbidden { host, path: url.path().to_owned() });
        }
        for tries in 1.. {
            let place = inner.hosts.enter(&host, rules.delay()).await?;
            let answer = inner.egress.send(request.clone()).await;
            let (failed, pause) = match self.judge(url, &place, answer) {
                Ok(reply) => return Ok(reply),
                Err((failed, Some(pause))) if pause <= hosts::MAX_WAIT => (failed, pause),
                Err((failed, _)) => return Err(failed),
            };
            drop(place);
            if tries == TRIES {
                return Err(failed);
            }
            tokio::time::sleep(pause).await;
        }
        unreachable!("the last try returns")
    }

    /// Whether an answer is one, and what it tells about the host's health. With a pause: asking again after it may
    /// help.
    fn judge(
        &self,
        url: &Url,
        place: &Place,
        answer: Result<Response, egress::Failed>,
    ) -> Result<Response, (Failed, Option<Duration>)> {
        let host = host_of(url);
        let reply = match answer {
            Ok(reply) => reply,
            Err(failed) => {
                let is_passing = matches!(failed, egress::Failed::Broken { .. });
                if is_passing || matches!(failed, egress::Failed::Timeout { .. }) {
                    place.met_trouble();
                }
                return Err((from_egress(url, failed), is_passing.then_some(RETRY_PAUSE)));
            }
        };
        match reply.status {
            200..=399 => {
                place.went_well();
                Ok(reply)
            }
            code @ (429 | 503) => {
                place.met_trouble();
                let asked = reply.retry_after.as_deref();
                let asked = asked.and_then(|at| pause(at, reply.date.as_deref()));
                let pause = self.0.hosts.stay_away(&host, code, asked);
                Err((Failed::Status { host, code, retry_after: Some(pause) }, Some(pause)))
            }
            code @ (500 | 502 | 504) => {
                place.met_trouble();
                Err((Failed::Status { host, code, retry_after: None }, Some(RETRY_PAUSE)))
            }
            code => Err((Failed::Status { host, code, retry_after: None }, None)),
        }
    }

    fn request(&self, url: &Url, known: Option<&Known>) -> Request {
        let request = Request::new(url.clone(), self.0.max_bytes, self.0.timeout);
        let mut headers = Vec::new();
        let mut ask = |name: &'static str, value: Option<&str>| {
            if let Some(value) = value.and_then(|value| HeaderValue::from_str(value).ok()) {
                headers.push((HeaderName::from_static(name), value));
            }
        };
        if let Some(known) = known {
            ask("if-none-match", known.marks.etag.as_deref());
            ask("if-modified-since", known.marks.last_modified.as_deref());
        }
        Request { accept: ACCEPT, follow: false, headers, ..request }
    }

    /// The page that was sent; where it is one that only scripts fill, what a browser makes of it.
    async fn page_of(&self, reply: Response, may_ask: MayAsk<'_>) -> Result<Sent, Failed> {
        let Some(browser) = &self.0.browser else { return self.read(reply).await };
        let (address, label) = (reply.final_url.clone(), reply.content_type.clone());
        let bytes = reply.body.clone();
        match self.read(reply).await {
            Err(Failed::Empty { why, .. }) if walls::is_about_scripts(why) => {
                let html = decoded(&bytes, label.as_deref());
                let page =
                    Box::pin(self.rendered(browser, Shell { address, html }, may_ask)).await?;
                Ok(Sent::Page(page))
            }
            read => read,
        }
    }

    /// The addresses that a site lists in its sitemap, on its own host; none if it has no sitemap.
    pub(crate) async fn sitemap(
        &self,
        site: &Url,
        may_ask: MayAsk<'_>,
    ) -> Result<Vec<String>, Failed> {
        let limit = sitemap::TIMEOUT + hosts::MAX_WAIT;
        let silent = |_| Failed::Silent { host: host_of(site), waited: limit };
        tokio::time::timeout(limit, sitemap::addresses(self, site, may_ask))
            .await
            .map_err(silent)?
    }

    /// The sitemaps that a site names in its robots.txt.
    pub(crate) async fn named_sitemaps(
        &self,
        site: &Url,
        may_ask: MayAsk<'_>,
    ) -> Result<Vec<String>, Failed> {
        let inner = &self.0;
        let rules = inner.robots.rules(&inner.egress, &inner.hosts, site, None, may_ask).await?;
        Ok(rules.sitemaps().to_vec())
    }

    async fn read(&self, reply: Response) -> Result<Sent, Failed> {
        let kib = u32::try_from(reply.body.len() / 1024).unwrap_or(u32::MAX);
        // Never closed: there is nothing to be told but that the page may be read.
        let in_work = Arc::clone(&self.0.in_work);
        let place = in_work.acquire_many_owned(kib.clamp(1, IN_WORK_KIB)).await;
        let extractor = self.0.extractor.clone();
        let read = move || {
            // Held until it is read, also where nobody waits for it any more.
            let _place = place;
            to_page(&extractor, reply)
        };
        let read = tokio::task::spawn_blocking(read).await;
        read.unwrap_or_else(|error| std::panic::resume_unwind(error.into_panic()))
    }
}

fn parsed(address: &str) -> Result<Url, Failed> {
    let refused =
        |why: String| Failed::NotAnAddress { given: address.chars().take(300).collect(), why };
    let begins = || refused("it must begin with http:// or https://".into());
    let is_bare = |error| error == url::ParseError::RelativeUrlWithoutBase;
    let url = Url::parse(address.trim())
        .map_err(|error| if is_bare(error) { begins() } else { refused(error.to_string()) })?;
    if !matches!(url.scheme(), "http" | "https") || url.host_str().is_none() {
        return Err(begins());
    }
    if url.as_str().len() > MAX_ADDRESS_BYTES {
        return Err(refused(format!("it is longer than {MAX_ADDRESS_BYTES} bytes")));
    }
    Ok(url)
}

fn to_page(extractor: &Extractor, reply: Response) -> Result<Sent, Failed> {
    let Response { final_url, content_type, last_modified, etag, body: bytes, .. } = reply;
    let label = content_type.as_deref();
    let (kind, mut text) = match to_text(extractor, final_url.as_str(), label, &bytes) {
        Ok(read) => read,
        Err(Failed::Empty { what, why }) => {
            let next = walls::onward(why, &bytes, label, &final_url);
            return next.map(Sent::Onward).ok_or(Failed::Empty { what, why });
        }
        Err(failed) => return Err(failed),
    };
    if text.published.is_none() {
        text.published = last_modified.as_deref().and_then(day);
    }
    let (address, media_type) = (String::from(final_url), kind.media_type().to_owned());
    let marks = crate::Marks::of(etag, last_modified);
    let page = Page { address, media_type, bytes, text, extractor: EXTRACTOR, marks };
    Ok(Sent::Page(Box::new(page)))
}

/// The text of a page, if it is one and no wall.
fn to_text(
    extractor: &Extractor,
    address: &str,
    label: Option<&str>,
    bytes: &[u8],
) -> Result<(Kind, Text), Failed> {
    let empty = |why| Failed::Empty { what: address.to_owned(), why };
    if bytes.iter().all(u8::is_ascii_whitespace) {
        return Err(empty("the host sent no bytes"));
    }
    let (kind, text) = extractor.read(bytes, address, label)?;
    walls::recognise(&text, kind, bytes).map_or(Ok((kind, text)), |why| Err(empty(why)))
}

/// The failure of a page that leads on too often, or in a circle.
fn leads_on(page: &Url) -> Failed {
    Failed::Empty { what: page.to_string(), why: walls::ELSEWHERE }
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

/// The header `Retry-After`: seconds, or a date, which is measured against the host's own `Date`, or our clock where it
/// sends none.
pub(crate) fn pause(retry_after: &str, date: Option<&str>) -> Option<Duration> {
    if let Ok(seconds) = retry_after.trim().parse() {
        return Some(Duration::from_secs(seconds));
    }
    let now = date.and_then(moment).unwrap_or_else(OffsetDateTime::now_utc);
    // A moment that has passed is no pause at all.
    Some((moment(retry_after)? - now).try_into().unwrap_or_default())
}

/// The day of the header `Last-Modified`.
fn day(last_modified: &str) -> Option<String> {
    let moment = moment(last_modified)?;
    Some(format!("{:04}-{:02}-{:02}", moment.year(), u8::from(moment.month()), moment.day()))
}

/// The moment of a header such as `Date`.
pub(crate) fn moment(http_date: &str) -> Option<OffsetDateTime> {
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
        assert_eq!(pause(now, Some(later)), Some(Duration::ZERO));
        assert_eq!(pause(later, None), Some(Duration::ZERO), "long ago by our clock");
        let far = pause("Wed, 21 Oct 2099 07:28:00 GMT", None);
        assert!(far.is_some_and(|pause| pause > Duration::from_hours(24)));
        assert_eq!(pause("soon", None), None);
        assert_eq!(pause("99999999999999999999999", None), None);
    }
}
