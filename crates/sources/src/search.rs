//! Asks search providers: each at its own pace, once more where that helps, and not at all while it is down.

mod canonical;
mod examine;
mod fuse;
mod pace;
mod query;
mod withhold;

use std::time::Duration;

use egress::{Egress, Response};
use serde_json::Value;
use time::OffsetDateTime;
use tokio::time::sleep;
use url::Url;

pub use canonical::{canonical, domain_of, without_tracking};
pub use fuse::{Share, Shares, fuse, spread};
pub(crate) use query::words;
pub use withhold::Cleared;

use crate::fetch::{moment, pause};
use crate::providers::wire::{Abilities, Account, Asking, Fault, Filters, Key, Wire, is_spent};
use crate::providers::{self, date, searxng};
use crate::{Failed, Hit, hidden};
use pace::Gate;

/// A provider that asks for a longer pause than this is not waited for within one question.
const MAX_PAUSE: Duration = Duration::from_secs(5);
/// Before a provider is asked again that could not answer.
const BEFORE_RETRY: Duration = Duration::from_millis(400);
/// Characters of what a provider says about an error.
const MAX_SAID: usize = 200;

/// What to search for.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Query {
    pub text: Cleared,
    /// Hits at most.
    pub limit: usize,
    pub filters: Filters,
}

impl Query {
    pub fn new(text: &str, limit: usize) -> Self {
        Self { text: Cleared::of(text), limit, filters: Filters::default() }
    }
}

/// What is known of a provider without asking it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct About {
    pub name: &'static str,
    pub title: &'static str,
    /// Where it answers unless the settings say otherwise; empty where only the operator can know.
    pub base: &'static str,
    pub key: Key,
    /// The environment variable in which its key usually lies.
    pub variable: Option<&'static str>,
    pub able: Abilities,
}

/// All providers that there are, set up or not.
pub fn catalogue() -> impl Iterator<Item = About> {
    providers::ALL.into_iter().map(about)
}

fn about(wire: &'static Wire) -> About {
    let Wire { name, title, base, key, variable, able, .. } = *wire;
    About { name, title, base, key, variable, able }
}

/// Words of a question that speak of scholarly work, and of news.
const SCHOLARLY: [&str; 14] = [
    "paper",
    "papers",
    "study",
    "studies",
    "journal",
    "doi",
    "arxiv",
    "preprint",
    "preprints",
    "peer-reviewed",
    "meta-analysis",
    "theorem",
    "researchers",
    "citation",
];
const NEWS: [&str; 9] = [
    "news",
    "latest",
    "announced",
    "headline",
    "headlines",
    "today",
    "yesterday",
    "breaking",
    "reported",
];

/// The providers that need no account and suit a question.
pub fn keyless_for(question: &str) -> Vec<&'static str> {
    let lower = question.to_lowercase();
    let has = |cues: &[&str]| {
        lower.split(|c: char| !(c.is_alphanumeric() || c == '-')).any(|word| cues.contains(&word))
    };
    let mut names = vec!["wikipedia"];
    if has(&SCHOLARLY) {
        names.extend(["crossref", "arxiv"]);
    }
    if has(&NEWS) {
        names.push("gdelt");
    }
    names
}

/// The providers that may be asked here.
#[derive(Debug)]
pub(crate) struct Providers {
    egress: Egress,
    all: Vec<Provider>,
}

struct Provider {
    wire: &'static Wire,
    account: Account,
    base: Url,
    gate: Gate,
}

impl std::fmt::Debug for Provider {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Provider").field("name", &self.wire.name).finish_non_exhaustive()
    }
}

impl Providers {
    /// Those whose address is known; names that nobody knows are left out.
    pub(crate) fn new(egress: Egress, accounts: Vec<(String, Account)>) -> Self {
        let provider = |(name, account): (String, Account)| {
            let wire = providers::find(&name)?;
            let base = account.base.clone().or_else(|| Url::parse(wire.base).ok())?;
            Some(Provider { wire, account, base, gate: Gate::new(wire.pace) })
        };
        Self { egress, all: accounts.into_iter().filter_map(provider).collect() }
    }

    /// Each with where it is asked.
    pub(crate) fn all(&self) -> Vec<(&'static str, Url)> {
        self.all.iter().map(|provider| (provider.wire.name, provider.base.clone())).collect()
    }

    /// What stands between us and hits of a provider, with what to change; `None` if it answers.
    pub(crate) async fn examine(&self, name: &str) -> Option<String> {
        if let Some(provider) = self.find(name).filter(|provider| provider.wire.name == "searxng") {
            return examine::searxng(&self.egress, &provider.base).await;
        }
        self.search(name, &Query::new("test", 1)).await.err().map(|failed| failed.to_string())
    }

    /// The query as a provider is sent it, without asking.
    pub(crate) fn worded(&self, name: &str, query: &Query) -> String {
        let worded = self.find(name).map(|provider| provider.worded(query));
        worded.unwrap_or_else(|| query.text.text().to_owned())
    }

    fn find(&self, name: &str) -> Option<&Provider> {
        self.all.iter().find(|provider| provider.wire.name == name)
    }

    /// Hits in the provider's order, at most as many as wanted. What the filters leave out is left out here too.
    pub(crate) async fn search(&self, name: &str, query: &Query) -> Result<Vec<Hit>, Failed> {
        let provider = self.find(name).ok_or_else(|| {
            let known: Vec<&str> = self.all.iter().map(|provider| provider.wire.name).collect();
            let known = if known.is_empty() { "none".to_owned() } else { known.join(", ") };
            Failed::NoProvider { name: name.to_owned(), known }
        })?;
        let hits = provider.ask(&self.egress, query).await;
        let hits = hits.map_err(|fault| provider.failed(fault))?;
        Ok(hits.into_iter().filter(|hit| fits(hit, &query.filters)).take(query.limit).collect())
    }
}

impl Provider {
    async fn ask(&self, egress: &Egress, query: &Query) -> Result<Vec<Hit>, Fault> {
        if self.wire.key == Key::Required && self.account.key.is_none() {
            return Err(Fault::Auth);
        }
        let mut longest = self.wire.able.max_query;
        let mut tries = 0;
        loop {
            tries += 1;
            let place = self.gate.enter().await?;
            let is_alone = place.is_alone();
            let answer = self.exchange(egress, query, longest).await;
            drop(place);
            self.gate.note(&answer);
            match answer {
                // Under load some answer with nothing: asked once more alone, it counts.
                Ok(hits) if hits.is_empty() && !is_alone && tries == 1 => {
                    let _place = self.gate.enter_alone().await?;
                    let answer = self.exchange(egress, query, longest).await;
                    self.gate.note(&answer);
                    return answer;
                }
                Ok(hits) => return Ok(hits),
                Err(fault) if tries > 1 => return Err(fault),
                Err(Fault::TooLong) => longest /= 2,
                Err(Fault::Rate(Some(wait))) if wait <= MAX_PAUSE => sleep(wait).await,
                // Whoever was silent for the whole time would be so once more.
                Err(Fault::Overloaded | Fault::Garbage(_)) => {
                    sleep(BEFORE_RETRY).await;
                }
                Err(fault) => return Err(fault),
            }
        }
    }

    async fn exchange(
        &self,
        egress: &Egress,
        query: &Query,
        longest: usize,
    ) -> Result<Vec<Hit>, Fault> {
        let text = query::fitting(query.text.text(), longest);
        let asking = self.asking(query, &text);
        let worded = (self.wire.worded)(&asking);
        let asking = Asking { query: &worded, ..asking };
        let request = (self.wire.request)(&asking);
        // On the heap: an HTTP exchange is a large future, and several are held at once.
        let reply = Box::pin(egress.send(request)).await.map_err(|failed| unanswered(&failed))?;
        if (200..300).contains(&reply.status) {
            let hits = (self.wire.read)(&asking, &reply.body);
            return hits.map(|hits| dated(hits, &reply)).map_err(|fault| told_with(fault, &reply));
        }
        Err(self.fault(&reply))
    }

    fn asking<'a>(&'a self, query: &'a Query, text: &'a str) -> Asking<'a> {
        Asking {
            account: &self.account,
            base: &self.base,
            query: text,
            // Some more than wanted, because the filters may leave some out.
            limit: (query.limit + query.limit / 2).clamp(1, self.wire.able.max_results),
            filters: &query.filters,
        }
    }

    /// The query as it is sent; where the provider finds it too long, half of it follows.
    fn worded(&self, query: &Query) -> String {
        let text = query::fitting(query.text.text(), self.wire.able.max_query);
        (self.wire.worded)(&self.asking(query, &text))
    }

    fn fault(&self, reply: &Response) -> Fault {
        let said = said(&reply.body);
        if let Some(place) = &reply.location {
            return Fault::Setup(self.referred(place));
        }
        let fault = (self.wire.fault)(reply.status, &said)
            .unwrap_or_else(|| Fault::of_status(reply.status, &said));
        let mut said = said;
        // Some repeat the key that they do not like.
        if let Some(key) = &self.account.key {
            said = said.replace(key.reveal(), "***");
        }
        tracing::debug!(provider = self.wire.name, status = reply.status, said, "no hits");
        told_with(fault, reply)
    }

    /// What is told where a provider refers us to another address. Its path may hold the query and is not told.
    fn referred(&self, place: &Url) -> String {
        let Wire { name, .. } = self.wire;
        let setting =
            if *name == "api" { "search.api.url".into() } else { format!("search.{name}.url") };
        format!(
            "refers us to {}, where neither query nor key is sent: set {setting} to its address there if it is its own",
            place.origin().ascii_serialization()
        )
    }

    fn failed(&self, fault: Fault) -> Failed {
        Failed::Provider { provider: self.wire.title, why: hidden::line(&self.why(&fault)), fault }
    }

    /// What is told of a fault, behind the name of the provider.
    fn why(&self, fault: &Fault) -> String {
        let Wire { name, variable, .. } = self.wire;
        let host = self.base.host_str().unwrap_or_default();
        match fault {
            Fault::Rate(_) if *name == "searxng" => format!("answers 429: {}", searxng::LIMITER),
            Fault::Rate(Some(wait)) if !wait.is_zero() => {
                format!("asks us to come back after {wait:?}")
            }
            Fault::Rate(_) => "asks us to come back later".into(),
            Fault::Quota => "says that the account has used up what it may ask".into(),
            Fault::Auth if self.account.key.is_none() && self.wire.key != Key::None => {
                let variable = variable.map_or(String::new(), |name| format!(" or {name}"));
                format!("needs a key: set search.{name}.key{variable}")
            }
            Fault::Auth if self.wire.key == Key::None => "refuses to be asked by us".into(),
            Fault::Auth => format!("does not accept the key of search.{name}.key"),
            Fault::TooLong => "takes no query that long, not even half of it".into(),
            Fault::BadRequest => format!("does not understand the request; is `{host}` its API?"),
            Fault::Overloaded => "cannot answer now".into(),
            Fault::Silent => format!("`{host}` does not answer"),
            Fault::NoEngine(engines) => {
                format!("found nothing, because its engines do not answer: {engines}")
            }
            Fault::Garbage(why) | Fault::Setup(why) => why.clone(),
            Fault::Closed(why) => format!("`{host}` may not be asked: {why}"),
            Fault::LeftAlone(left, why) => {
                format!("{} (not asked again for {}s)", self.why(why), left.as_secs().max(1))
            }
            Fault::Crowded => "has too many of our questions waiting".into(),
        }
    }
}

/// Hits whose dates are days, as far as they name one.
fn dated(hits: Vec<Hit>, reply: &Response) -> Vec<Hit> {
    let today = reply.date.as_deref().and_then(moment).map(OffsetDateTime::date);
    let dated =
        |hit: Hit| Hit { published: hit.published.and_then(|told| date::day(&told, today)), ..hit };
    hits.into_iter().map(dated).collect()
}

/// A fault with what the rest of the reply says about it: how long to wait, or that it is one of money.
fn told_with(fault: Fault, reply: &Response) -> Fault {
    let is_haste = fault == Fault::Rate(None);
    let is_garbage = matches!(fault, Fault::Garbage(_));
    if (is_haste && is_period_over(reply)) || (is_garbage && is_about_credit(&reply.body)) {
        return Fault::Quota;
    }
    if !is_haste {
        return fault;
    }
    let wait = reply.retry_after.as_deref();
    Fault::Rate(wait.and_then(|at| pause(at, reply.date.as_deref())))
}

/// Whether the last and longest of the windows that a provider counts in has nothing left, which is a month and no haste:
/// `X-RateLimit-Remaining: 1, 0`. A window without a limit has nothing left at all times.
fn is_period_over(reply: &Response) -> bool {
    let last = |name: &str| -> Option<u64> {
        let windows = reply.headers.get(name)?.to_str().ok()?;
        windows.rsplit_once(',')?.1.trim().parse().ok()
    };
    last("x-ratelimit-remaining") == Some(0) && last("x-ratelimit-limit") != Some(0)
}

/// Whether an object without hits says that the account has nothing left. What is longer is a page.
fn is_about_credit(body: &[u8]) -> bool {
    const MAX_BYTES: usize = 2_000;
    body.len() <= MAX_BYTES
        && serde_json::from_slice::<Value>(body).is_ok_and(|answer| answer.is_object())
        && is_spent(&String::from_utf8_lossy(body))
}

fn unanswered(failed: &egress::Failed) -> Fault {
    match failed {
        egress::Failed::Refused { why, .. } if *why == egress::guard::Refusal::Nowhere => {
            Fault::Silent
        }
        egress::Failed::Refused { why, .. } => Fault::Closed(why.to_string()),
        egress::Failed::Timeout { .. } | egress::Failed::Connect { .. } => Fault::Silent,
        not_recorded @ egress::Failed::NotRecorded { .. } => {
            Fault::Closed(not_recorded.to_string())
        }
        egress::Failed::TooLarge { .. }
        | egress::Failed::Bomb { .. }
        | egress::Failed::Redirects { .. }
        | egress::Failed::Broken { .. } => Fault::Garbage(failed.to_string()),
    }
}

/// What an error's body says, wherever it says it; in one line.
fn said(body: &[u8]) -> String {
    const PLACES: [&str; 9] = [
        "/error/message",
        "/error/info",
        "/error/detail",
        "/detail/error",
        "/message",
        "/error",
        "/detail",
        "/detail/0/msg",
        "/info",
    ];
    let text = match serde_json::from_slice::<Value>(body) {
        Ok(value) => {
            let found = PLACES.iter().find_map(|at| value.pointer(at).and_then(Value::as_str));
            found.unwrap_or_default().to_owned()
        }
        Err(_) => String::from_utf8_lossy(&body[..body.len().min(1_000)]).into_owned(),
    };
    let line = text.split_whitespace().collect::<Vec<_>>().join(" ");
    line.chars().filter(|c| !c.is_control()).take(MAX_SAID).collect()
}

/// Whether a hit is wanted, whatever the provider made of the filters.
fn fits(hit: &Hit, filters: &Filters) -> bool {
    let is_old = match (&filters.after, &hit.published) {
        (Some(after), Some(published)) => published < after,
        // Without a date it may be new; the page itself will tell.
        (Some(_), None) | (None, _) => false,
    };
    let Ok(url) = Url::parse(&hit.address) else { return false };
    let host = url.host_str().unwrap_or_default().to_lowercase();
    let policy = domain::spec::SourcePolicy {
        include: filters.include.clone(),
        exclude: filters.exclude.clone(),
        after: None,
    };
    !is_old && policy.allows_web(&host, url.path())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_needs_no_account_is_chosen_by_the_question() {
        assert_eq!(keyless_for("Who makes the Otter?"), ["wikipedia"]);
        assert_eq!(keyless_for("Papers on tides?"), ["wikipedia", "crossref", "arxiv"]);
        assert_eq!(keyless_for("latest news of Acme"), ["wikipedia", "gdelt"]);
    }

    #[test]
    fn what_an_error_says_is_found_in_every_shape() {
        for body in [
            r#"{"error": {"message": "no  credit"}}"#,
            r#"{"detail": {"error": "no credit"}}"#,
            r#"{"message": "no credit"}"#,
            r#"{"detail": [{"msg": "no credit"}]}"#,
            r#"{"error": "no credit"}"#,
            "no credit\n",
        ] {
            assert_eq!(said(body.as_bytes()), "no credit", "{body}");
        }
    }

    #[test]
    fn filters_hold_whatever_a_provider_makes_of_them() {
        let hit = |address: &str, published: Option<&str>| Hit {
            address: address.into(),
            title: String::new(),
            snippet: String::new(),
            published: published.map(str::to_owned),
            score: 0.0,
        };
        let filters = Filters {
            include: vec!["a.org".into()],
            after: Some("2024-01-01".into()),
            ..Filters::default()
        };
        assert!(fits(&hit("https://docs.a.org/x", None), &filters));
        assert!(fits(&hit("https://a.org/x", Some("2024-01-01")), &filters));
        assert!(!fits(&hit("https://a.org/x", Some("2023-12-31")), &filters));
        assert!(!fits(&hit("https://b.org/x", None), &filters));
        let filters = Filters { exclude: vec!["a.org".into()], ..Filters::default() };
        assert!(!fits(&hit("https://www.a.org/", None), &filters));
    }
}
