//! What a provider is without its network: how a question becomes a request, and an answer hits or a fault.

use std::time::Duration;

use egress::{HeaderName, HeaderValue, Purpose, Request, Secret};
use serde_json::Value;
use url::Url;

use super::json_api::JsonApi;
use crate::hidden::line;
use crate::{Hit, Remedy};

/// Its engines are asked one after the other in the worst case.
const TIMEOUT: Duration = Duration::from_secs(15);
/// Bytes of one answer; twenty hits with their abstracts take about 200 kB.
const MAX_BYTES: usize = 2_000_000;
/// Characters of a snippet that are kept; it is for telling hits apart, not for quoting.
const MAX_SNIPPET: usize = 600;

/// One provider: plain functions, so that each wire is one file and can be read in a minute.
pub(crate) struct Wire {
    /// In settings and receipts.
    pub(crate) name: &'static str,
    /// As people know it.
    pub(crate) title: &'static str,
    /// Where it answers unless the settings say otherwise; empty where only the operator can know.
    pub(crate) base: &'static str,
    pub(crate) key: Key,
    /// The environment variable in which its key usually lies.
    pub(crate) variable: Option<&'static str>,
    pub(crate) able: Abilities,
    pub(crate) pace: Pace,
    /// The query as this provider is sent it.
    pub(crate) worded: fn(&Asking<'_>) -> String,
    /// Of a question whose query is worded for it.
    pub(crate) request: fn(&Asking<'_>) -> Request,
    /// Hits in the provider's order, with dates as it writes them.
    pub(crate) read: fn(&Asking<'_>, &[u8]) -> Result<Vec<Hit>, Fault>,
    /// What a status means here; `None` leaves it to [`Fault::of_status`].
    pub(crate) fault: fn(u16, &str) -> Option<Fault>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Key {
    None,
    /// It answers without, and more with one.
    Optional,
    Required,
}

/// What a provider honours by itself, and how much it takes. What it does not honour is enforced after it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[expect(clippy::struct_excessive_bools, reason = "each is a filter by its own name")]
pub struct Abilities {
    pub include: bool,
    pub exclude: bool,
    pub after: bool,
    pub language: bool,
    pub country: bool,
    /// Hits that one request brings at most.
    pub max_results: usize,
    /// Characters of a query.
    pub max_query: usize,
}

impl Abilities {
    /// None but a number of hits and a length.
    pub(crate) const fn plain(max_results: usize, max_query: usize) -> Self {
        Self {
            include: false,
            exclude: false,
            after: false,
            language: false,
            country: false,
            max_results,
            max_query,
        }
    }
}

/// How fast a provider may be asked to begin with; it is slowed down when the provider says so.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Pace {
    /// From the beginning of one request to that of the next.
    pub(crate) every: Duration,
    pub(crate) at_once: usize,
}

impl Pace {
    /// One after the other.
    pub(crate) const fn serial(every_ms: u64) -> Self {
        Self { every: Duration::from_millis(every_ms), at_once: 1 }
    }

    pub(crate) const fn parallel(at_once: usize, every_ms: u64) -> Self {
        Self { every: Duration::from_millis(every_ms), at_once }
    }
}

/// What narrows a search. All of it is enforced again on what comes back.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Filters {
    /// Domains; where there are any, nothing else is wanted.
    pub include: Vec<String>,
    pub exclude: Vec<String>,
    /// Nothing older, `YYYY-MM-DD`.
    pub after: Option<String>,
    /// ISO 639-1, such as `de`.
    pub language: Option<String>,
    /// ISO 3166-1, such as `DE`.
    pub country: Option<String>,
}

/// What the operator says about a provider.
#[derive(Debug, Clone, Default)]
pub struct Account {
    /// Instead of the provider's own address.
    pub base: Option<Url>,
    pub key: Option<Secret>,
    /// An e-mail address that is told to providers which ask for one.
    pub contact: Option<String>,
    /// For the provider `api` only.
    pub api: Option<JsonApi>,
}

/// One question to one provider, with a query that is short enough for it.
#[derive(Clone, Copy)]
pub(crate) struct Asking<'a> {
    pub(crate) account: &'a Account,
    pub(crate) base: &'a Url,
    pub(crate) query: &'a str,
    pub(crate) limit: usize,
    pub(crate) filters: &'a Filters,
}

/// Why a provider gave no hits. What to do follows from the kind, never from the text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Fault {
    /// Too fast; after a while it answers again.
    Rate(Option<Duration>),
    /// What the account may ask is used up.
    Quota,
    /// The key is missing or wrong.
    Auth,
    /// The query is too long for it.
    TooLong,
    /// It does not understand what we send.
    BadRequest,
    /// It cannot answer now.
    Overloaded,
    /// Nothing came.
    Silent,
    /// What came is not an answer.
    Garbage(String),
    /// It found nothing because none of its own engines answers; these do not.
    NoEngine(String),
    /// It is set up in a way that does not work; the sentence says what to change.
    Setup(String),
    /// The way out does not let us ask it.
    Closed(String),
    /// It failed before, for this reason, and is left alone for so long.
    LeftAlone(Duration, Box<Self>),
    /// More of our own questions wait for it than it answers in time.
    Crowded,
}

/// How long a provider is spared that does not say for how long.
const SPARED: Duration = Duration::from_mins(1);

impl Fault {
    pub(crate) const fn remedy(&self) -> Remedy {
        match self {
            Self::Rate(Some(wait)) | Self::LeftAlone(wait, _) => Remedy::RetryAfter(*wait),
            Self::Rate(None) | Self::NoEngine(_) => Remedy::RetryAfter(SPARED),
            Self::Overloaded | Self::Silent | Self::Garbage(_) | Self::Crowded => Remedy::Retry,
            Self::TooLong => Remedy::Skip,
            Self::Quota | Self::Auth | Self::BadRequest | Self::Setup(_) | Self::Closed(_) => {
                Remedy::Operator
            }
        }
    }

    /// What statuses mean nearly everywhere. `said` is what the body says about it.
    pub(crate) fn of_status(status: u16, said: &str) -> Self {
        let said = said.to_ascii_lowercase();
        let is_about_length = said.contains("too long") || said.contains("max length");
        match status {
            400 | 401 | 403 if is_spent(&said) => Self::Quota,
            401 | 403 => Self::Auth,
            402 => Self::Quota,
            408 | 425 | 500..=599 => Self::Overloaded,
            429 => Self::Rate(None),
            400 | 414 | 422 if is_about_length => Self::TooLong,
            _ => Self::BadRequest,
        }
    }
}

/// Whether something that was said speaks of credit that has come to its end.
pub(crate) fn is_spent(said: &str) -> bool {
    const SIGNS: [&str; 10] = [
        "insufficient credit",
        "insufficient_credit",
        "not enough credit",
        "no more credit",
        "no_more_credit",
        "out of credit",
        "no credits left",
        "insufficient balance",
        "quota exceeded",
        "exceeded your current quota",
    ];
    let said = said.to_lowercase();
    SIGNS.iter().any(|sign| said.contains(sign))
}

impl Asking<'_> {
    /// An address below the base, without a query.
    pub(crate) fn url(&self, path: &str) -> Url {
        let mut url = self.base.clone();
        let folder = self.base.path().trim_end_matches('/');
        url.set_path(&format!("{folder}{path}"));
        url.set_query(None);
        url.set_fragment(None);
        url
    }

    /// A GET for JSON with these parameters; those without a value are left out.
    pub(crate) fn get(&self, mut url: Url, parameters: &[(&str, Option<&str>)]) -> Request {
        {
            let mut pairs = url.query_pairs_mut();
            for (name, value) in parameters {
                if let Some(value) = value {
                    pairs.append_pair(name, value);
                }
            }
        }
        self.finished(Request::new(url, MAX_BYTES, TIMEOUT))
    }

    /// A POST of JSON; members that are null are left out.
    pub(crate) fn post(&self, url: Url, mut body: Value) -> Request {
        if let Value::Object(members) = &mut body {
            members.retain(|_, value| !value.is_null());
        }
        let request = Request::post(url, body.to_string().into_bytes(), MAX_BYTES, TIMEOUT);
        let mut request = self.finished(request);
        let json = HeaderValue::from_static("application/json");
        request.headers.push((HeaderName::from_static("content-type"), json));
        request
    }

    fn finished(&self, request: Request) -> Request {
        let mut headers = Vec::new();
        // Some ask for a way to reach whoever asks them; without one we say what we are, and no more.
        if let Some(contact) = &self.account.contact
            && let Ok(agent) =
                HeaderValue::from_str(&format!("{} contact: {contact}", egress::USER_AGENT))
        {
            headers.push((HeaderName::from_static("user-agent"), agent));
        }
        Request { purpose: Purpose::Search, accept: "application/json", headers, ..request }
    }

    /// The key in a header, after a word such as `Bearer`.
    pub(crate) fn with_key(
        &self,
        mut request: Request,
        name: &'static str,
        scheme: &str,
    ) -> Request {
        let value = self.account.key.as_ref().and_then(|key| key.header(scheme));
        if let Some(value) = value {
            request.headers.push((HeaderName::from_static(name), value));
        }
        request
    }

    /// The query as it is.
    pub(crate) fn plain(&self) -> String {
        self.query.to_owned()
    }

    /// The query with operators for the domains that are wanted, where these are few.
    pub(crate) fn with_sites(&self) -> String {
        const FEW: usize = 4;
        let include: Vec<String> = self
            .filters
            .include
            .iter()
            .filter(|domain| domain.trim_start_matches('.').contains('.'))
            .map(|domain| format!("site:{}", domain.trim_start_matches('.')))
            .collect();
        match include.as_slice() {
            [] => self.query.to_owned(),
            [one] => format!("{} {one}", self.query),
            few if few.len() <= FEW => format!("{} ({})", self.query, few.join(" OR ")),
            _ => self.query.to_owned(),
        }
    }

    pub(crate) fn count(&self) -> String {
        self.limit.to_string()
    }
}

// --- reading ---

/// A hit, if its address is one of the web.
pub(crate) fn hit(address: Option<&str>, title: &str, snippet: &str) -> Option<Hit> {
    let url = Url::parse(address?.trim()).ok()?;
    if !matches!(url.scheme(), "http" | "https") || !url.has_host() {
        return None;
    }
    Some(Hit {
        address: url.into(),
        title: bare(title),
        snippet: bare(snippet).chars().take(MAX_SNIPPET).collect(),
        published: None,
        score: 0.0,
    })
}

/// The answer as JSON, or the fault of being something else.
pub(crate) fn json(body: &[u8]) -> Result<Value, Fault> {
    serde_json::from_slice(body)
        .map_err(|_| Fault::Garbage(format!("it answers with what is not JSON: {}", start(body))))
}

/// The list at a pointer. An answer that says it is fine and holds no list is none.
pub(crate) fn list<'a>(answer: &'a Value, pointer: &str) -> Result<&'a Vec<Value>, Fault> {
    answer
        .pointer(pointer)
        .and_then(Value::as_array)
        .ok_or_else(|| Fault::Garbage(format!("its answer holds no list at `{pointer}`")))
}

pub(crate) fn text<'a>(value: &'a Value, key: &str) -> &'a str {
    value.get(key).and_then(Value::as_str).unwrap_or_default()
}

/// The hits of a list. One that has entries of which none can be read is no list of hits.
pub(crate) fn hits<T>(
    entries: &[T],
    to_hit: impl Fn(&T) -> Option<Hit>,
) -> Result<Vec<Hit>, Fault> {
    let hits: Vec<Hit> = entries.iter().filter_map(to_hit).collect();
    if hits.is_empty() && !entries.is_empty() {
        return Err(Fault::Garbage(format!(
            "none of the {} entries of its list has an address",
            entries.len()
        )));
    }
    Ok(hits)
}

/// A date as the provider writes it; [`day`](super::date::day) reads it, once the day of the answer is known.
pub(crate) fn told(date: &str) -> Option<String> {
    (!date.trim().is_empty()).then(|| date.to_owned())
}

/// Text without tags and what nobody sees, with its entities resolved, in one line.
pub(crate) fn bare(marked: &str) -> String {
    let mut text = String::with_capacity(marked.len());
    let mut rest = marked;
    while let Some(at) = rest.find('<') {
        let (before, from) = rest.split_at(at);
        text.push_str(before);
        // A tag begins with a letter or a slash; all else is a sign for "less than".
        let is_tag =
            from[1..].starts_with(|c: char| c.is_ascii_alphabetic() || matches!(c, '/' | '!'));
        match from.find('>') {
            Some(end) if is_tag => rest = &from[end + 1..],
            _ => {
                text.push('<');
                rest = &from[1..];
            }
        }
    }
    text.push_str(rest);
    line(&entities(&text))
}

/// The entities of XML, and numbers.
pub(crate) fn entities(text: &str) -> String {
    if !text.contains('&') {
        return text.to_owned();
    }
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find('&') {
        out.push_str(&rest[..at]);
        let from = &rest[at + 1..];
        let name = from.find(';').filter(|end| *end <= 10).map(|end| &from[..end]);
        if let Some(c) = name.and_then(character) {
            out.push(c);
            rest = &from[name.map_or(0, str::len) + 1..];
        } else {
            out.push('&');
            rest = from;
        }
    }
    out.push_str(rest);
    out
}

fn character(name: &str) -> Option<char> {
    match name {
        "amp" => Some('&'),
        "lt" => Some('<'),
        "gt" => Some('>'),
        "quot" => Some('"'),
        "apos" => Some('\''),
        "nbsp" => Some(' '),
        _ => {
            let number = name.strip_prefix('#')?;
            let code = match number.strip_prefix(['x', 'X']) {
                Some(hex) => u32::from_str_radix(hex, 16).ok()?,
                None => number.parse().ok()?,
            };
            char::from_u32(code)
        }
    }
}

/// How an answer begins, for messages.
pub(crate) fn start(body: &[u8]) -> String {
    let begun: String = String::from_utf8_lossy(&body[..body.len().min(400)])
        .split_whitespace()
        .collect::<Vec<_>>()
        .join(" ");
    let begun: String = begun.chars().filter(|c| !c.is_control()).take(80).collect();
    if begun.is_empty() { "nothing".into() } else { format!("`{begun}`") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn marked_text_becomes_bare() {
        assert_eq!(bare("the <strong>moon</strong> &amp; 3 < 4 &#8211; x"), "the moon & 3 < 4 – x");
        assert_eq!(bare("a\u{1b}[1m &#x202e;b\u{200b}&#27;c"), "a[1m bc");
        assert_eq!(bare("a &unknown; b & c <"), "a &unknown; b & c <");
    }
}
