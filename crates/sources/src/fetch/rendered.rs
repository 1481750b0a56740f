//! A page whose text scripts make, where a browser is set up: what the scripts ask for goes the way of pages.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use egress::{HeaderName, HeaderValue, Origin, Request, Response};
use url::Url;

use super::{Fetch, Sent, host_of, leads_on, parsed};
use crate::browser::{Answer, Asked, Browser, Shell};
use crate::{Failed, MayAsk, Page, walls};

/// Longest time for one thing that a script asks for.
const RESOURCE_TIME: Duration = Duration::from_secs(6);
/// Bytes that the scripts of one page may get, beside the page itself.
const MAX_RESOURCE_BYTES: usize = 20_000_000;

impl Fetch {
    /// The page as a browser shows it. Where it shows nothing either, that is the reason, and what its scripts were not
    /// given is no part of it: they may have wanted to know whether it is there.
    pub(super) async fn rendered(
        &self,
        browser: &Browser,
        shell: Shell,
        may_ask: MayAsk<'_>,
    ) -> Result<Box<Page>, Failed> {
        let address = shell.address.clone();
        let room = AtomicUsize::new(MAX_RESOURCE_BYTES);
        let ask = |asked: Asked| -> futures_util::future::BoxFuture<'_, Option<Answer>> {
            Box::pin(async {
                let url = asked.url.clone();
                let answer = self.resource(&address, asked, &room, may_ask).await;
                answer.inspect_err(|why| tracing::debug!(%why, "a script does not get {url}")).ok()
            })
        };
        let shown = browser.render(&shell, self.0.max_bytes, &ask).await;
        let html = shown.map_err(|why| Failed::Unreadable {
            path: address.to_string(),
            why: format!("its text is put there by scripts, and the browser {why}"),
        })?;
        // What the archive keeps says of itself what it is.
        let body = format!("<!-- As Chromium showed it after its scripts had run -->\n{html}");
        let response = Response {
            final_url: address.clone(),
            status: 200,
            location: None,
            content_type: Some("text/html; charset=utf-8".into()),
            last_modified: None,
            // The host's marks are those of a page without words.
            etag: None,
            retry_after: None,
            date: None,
            headers: egress::HeaderMap::new(),
            body: body.into_bytes(),
        };
        match self.read(response).await {
            Ok(Sent::Page(page)) => Ok(page),
            Ok(Sent::Onward(_)) => Err(leads_on(&address)),
            Err(Failed::Empty { what, why }) if walls::is_about_nothing(why) => {
                Err(Failed::Empty { what, why: walls::SCRIPTS_IN_VAIN })
            }
            Err(failed) => Err(failed),
        }
    }

    /// What a script of a page gets. Robots, pace and the reader's policy are those of pages; of the private origins that
    /// the operator opened a script sees its own alone, or it could carry out what another holds.
    async fn resource(
        &self,
        page: &Url,
        asked: Asked,
        room: &AtomicUsize,
        may_ask: MayAsk<'_>,
    ) -> Result<Answer, Failed> {
        let inner = &self.0;
        let url = parsed(asked.url.as_str())?;
        let host = host_of(&url);
        let is_its_own = Origin::of(&url) == Origin::of(page);
        let is_foreign = inner.egress.policy().allows(&url) || asked.body.is_some();
        if is_foreign && !is_its_own {
            let why =
                "a script may send to its own origin only, and see no private one but its own";
            return Err(Failed::Refused { host, why: why.into() });
        }
        if !may_ask(&url) {
            return Err(Failed::LeftOut { address: url.into() });
        }
        let rules = inner.robots.rules(&inner.egress, &inner.hosts, &url, None, may_ask).await?;
        if !rules.allow(&url) {
            return Err(Failed::Forbidden { host, path: url.path().to_owned() });
        }
        // A delay that robots.txt asks for lies between pages; this is one.
        let place = inner.hosts.enter(&host, None).await?;
        let max_bytes = room.load(Ordering::Relaxed).min(inner.max_bytes);
        let request = Request::new(url.clone(), max_bytes, RESOURCE_TIME.min(inner.timeout));
        let request =
            Request { follow: false, headers: headers(asked.headers), body: asked.body, ..request };
        let answer = inner.egress.send(request).await;
        let reply = match self.judge(&url, &place, answer) {
            Ok(reply) => reply,
            Err((Failed::Status { code, .. }, _)) => {
                let (content_type, body) = (None, Vec::new());
                return Ok(Answer { status: code, content_type, location: None, body });
            }
            Err((failed, _)) => return Err(failed),
        };
        let taken = reply.body.len();
        let _ = room.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |left| {
            Some(left.saturating_sub(taken))
        });
        let Response { status, content_type, location, body, .. } = reply;
        Ok(Answer { status, content_type, location, body })
    }
}

fn headers(given: Vec<(String, String)>) -> Vec<(HeaderName, HeaderValue)> {
    let read = |(name, value): (String, String)| {
        Some((HeaderName::try_from(name).ok()?, HeaderValue::try_from(value).ok()?))
    };
    given.into_iter().filter_map(read).collect()
}
