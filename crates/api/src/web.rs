//! Searching and reading on behalf of a caller, at once: what `/v1/search`, `/v1/extract` and `/mcp/web` share.
//!
//! No run, no journal, no evidence: whoever needs an answer that can be checked creates a run. Everything goes through
//! the same guard, politeness and limits as the pages of runs.

use std::sync::Arc;
use std::time::Duration;

use domain::spec::SourcePolicy;
use egress::Scope;
use futures_util::{StreamExt as _, stream};
use sources::{Failed, Filters, Hit, Page, Query, Sources};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::task::spawn_blocking;
use tokio::time::{Instant, timeout, timeout_at};
use tracing::info;
use url::Url;

use crate::App;
use crate::problem::{Kind, Problem};

/// Requests of this kind that are worked on at the same time; others wait their turn.
const AT_ONCE: usize = 16;
/// Longest wait for a turn.
const TURN: Duration = Duration::from_secs(10);
/// Pages of one request that are read at the same time.
const PAGES_AT_ONCE: usize = 5;
/// Searches of one request at the same time: five queries of each of fourteen providers, which have paces of their own.
const SEARCHES_AT_ONCE: usize = 70;
/// Longest time for one request, however many pages it names. What is not there by then is told to be missing.
const DEADLINE: Duration = SEARCHING.saturating_add(READING);
/// Of that, by when searching has to end.
const SEARCHING: Duration = Duration::from_secs(20);
/// And what is left for reading then.
const READING: Duration = Duration::from_secs(10);

/// Searching and reading, bounded for all callers together.
#[derive(Debug, Clone)]
pub(crate) struct Web {
    sources: Sources,
    places: Arc<Semaphore>,
}

/// The way to the web for one request.
pub(crate) struct Visit {
    web: Web,
    give_up_at: Instant,
    _place: OwnedSemaphorePermit,
}

/// What is searched for.
#[derive(Debug, Clone)]
pub(crate) struct Asked {
    pub(crate) queries: Vec<String>,
    pub(crate) policy: SourcePolicy,
    pub(crate) country: Option<String>,
    pub(crate) max_results: usize,
}

/// What was found, and what did not answer.
#[derive(Debug, Clone, Default)]
pub(crate) struct Found {
    pub(crate) hits: Vec<Hit>,
    /// Searches that were made.
    pub(crate) searches: usize,
    pub(crate) warnings: Vec<String>,
}

/// Why a page was not read.
#[derive(Debug, Clone)]
pub(crate) struct Unread {
    pub(crate) why: String,
    /// The status of HTTP, where it is that.
    pub(crate) status: Option<u16>,
}

impl From<&Failed> for Unread {
    fn from(failed: &Failed) -> Self {
        let status = if let Failed::Status { code, .. } = failed { Some(*code) } else { None };
        Self { why: failed.to_string(), status }
    }
}

impl Web {
    pub(crate) fn new(sources: Sources) -> Self {
        Self { sources, places: Arc::new(Semaphore::new(AT_ONCE)) }
    }

    /// The way to the web of this server, once there is a place.
    pub(crate) async fn visit(app: &App) -> Result<Visit, Problem> {
        let web = app.web.clone().ok_or_else(|| {
            Problem::new(Kind::Unavailable, "this server searches and reads only for runs")
        })?;
        let turn = timeout(TURN, Arc::clone(&web.places).acquire_owned()).await;
        let busy = || {
            Problem::new(Kind::Unavailable, "too many searches and pages are asked for at once")
                .retry_after(2)
        };
        let place = turn.map_err(|_| busy())?.map_err(|_| busy())?;
        Ok(Visit { web, give_up_at: Instant::now() + DEADLINE, _place: place })
    }
}

impl Visit {
    /// Asks every provider every query, and merges what they find. Fails if none of them answers.
    pub(crate) async fn search(&self, app: &App, asked: &Asked) -> Result<Found, Problem> {
        let names = providers(app, &asked.queries);
        if names.is_empty() {
            return Err(Problem::invalid(
                "no search provider is set up here: the operator sets search.searxng.url or the key of one (docs/search.md)",
            ));
        }
        let filters = Filters {
            include: asked.policy.include.clone(),
            exclude: asked.policy.exclude.clone(),
            after: asked.policy.after.clone(),
            country: asked.country.clone(),
            language: None,
        };
        let pairs: Vec<(&String, Query)> = names
            .iter()
            .flat_map(|name| asked.queries.iter().map(move |text| (name, text)))
            .map(|(name, text)| {
                let query =
                    Query { filters: filters.clone(), ..Query::new(text, asked.max_results) };
                (name, query)
            })
            .collect();
        let searches = pairs.len();
        let end = self.give_up_at - READING;
        let calls: Vec<_> = pairs
            .iter()
            .map(|(name, query)| timeout_at(end, self.web.sources.search_web(name, query)))
            .collect();
        let answers: Vec<_> = stream::iter(calls).buffered(SEARCHES_AT_ONCE).collect().await;
        let mut lists = Vec::new();
        let mut said: Vec<String> =
            pairs.iter().filter_map(|(_, query)| query.text.note()).collect();
        let is_withheld =
            answers.iter().all(|answer| matches!(answer, Ok(Err(Failed::Withheld { .. }))));
        for ((name, _), answer) in pairs.iter().zip(answers) {
            match answer {
                Ok(Ok(hits)) => lists.push(hits),
                Ok(Err(why)) => said.push(why.to_string()),
                Err(_) => said.push(format!(
                    "{name} did not answer all queries within {} seconds",
                    SEARCHING.as_secs()
                )),
            }
        }
        let mut warnings: Vec<String> = Vec::new();
        for sentence in said {
            if !warnings.contains(&sentence) {
                warnings.push(sentence);
            }
        }
        if is_withheld {
            return Err(Problem::invalid(
                "the query holds only what does not leave this server: e-mail addresses, card numbers, keys; ask for \
                 other words",
            ));
        }
        if lists.is_empty() {
            let message = format!("no search provider answers: {}", warnings.join("; "));
            return Err(Problem::new(Kind::Unavailable, message).retry_after(30));
        }
        let hits = sources::fuse(lists);
        // Who names the domains wants as much of them as there is.
        let hits = if asked.policy.include.is_empty() { sources::spread(hits) } else { hits };
        let hits = hits.into_iter().take(asked.max_results).collect();
        Ok(Found { hits, searches, warnings })
    }

    /// What is wanted of pages, in the order of their addresses, each or the reason why it cannot be read. No page is kept
    /// longer than it takes to look at it: many large ones would not fit beside each other.
    pub(crate) async fn read<T: Send + 'static>(
        &self,
        addresses: &[String],
        policy: &SourcePolicy,
        wanted: impl Fn(Page) -> T + Clone + Send + 'static,
    ) -> Vec<Result<T, Unread>> {
        let may_ask = |url: &Url| {
            policy.allows_web(&url.host_str().unwrap_or_default().to_lowercase(), url.path())
        };
        let read = |address: String| {
            let (may_ask, wanted) = (&may_ask, wanted.clone());
            async move {
                let reading = self.web.sources.read_web(&address, may_ask);
                match timeout_at(self.give_up_at, reading).await {
                    // Looking at a large page takes a second.
                    Ok(Ok(page)) => {
                        let looked = spawn_blocking(move || wanted(page)).await;
                        looked.map_err(|why| Unread { why: why.to_string(), status: None })
                    }
                    Ok(Err(why)) => Err(Unread::from(&why)),
                    Err(_) => {
                        let why = format!(
                            "it did not come within the {} seconds that one request may take",
                            DEADLINE.as_secs()
                        );
                        Err(Unread { why, status: None })
                    }
                }
            }
        };
        let calls: Vec<_> = addresses.iter().cloned().map(read).collect();
        stream::iter(calls).buffered(PAGES_AT_ONCE).collect().await
    }
}

/// Does some work on behalf of whoever asked; what it sends is made of what they gave.
pub(crate) async fn on_behalf<T>(what: &'static str, work: impl Future<Output = T>) -> T {
    let scope = Scope::open();
    let done = scope.around(work).await;
    let contacts = scope.contacts();
    let requests: u32 = contacts.iter().map(|contact| contact.requests).sum();
    info!(hosts = contacts.len(), requests, "{what}");
    done
}

/// Whom to ask: what is set up, or else what needs no account.
fn providers(app: &App, queries: &[String]) -> Vec<String> {
    let catalog = &app.catalog;
    if !catalog.search.is_empty() || !catalog.keyless {
        return catalog.search.clone();
    }
    let names = sources::keyless_for(&queries.join(" "));
    names.into_iter().map(str::to_owned).collect()
}
