//! SearXNG, the operator's own meta search engine.
//!
//! Its JSON is off by default, its limiter answers 429, and its engines fail one by one in silence; each
//! of these gets a sentence that says what to change.

use std::collections::BTreeSet;
use std::time::Duration;

use domain::country::Country;
use egress::{Egress, Purpose, Request};
use serde_json::Value;
use url::Url;

use crate::{Failed, Hit, Remedy};

/// Its engines are asked one after the other in the worst case.
const TIMEOUT: Duration = Duration::from_secs(15);
/// Bytes of one answer; twenty hits take about 20 kB.
const MAX_BYTES: usize = 2_000_000;
/// What the limiter's ban lasts at least, when the answer does not say.
const LIMITER_WAIT: Duration = Duration::from_mins(1);

/// Hits in the provider's order, at most `limit`. An empty list means that its engines answered and knew
/// nothing.
pub(crate) async fn search(
    egress: &Egress,
    base: &Url,
    query: &str,
    country: Option<Country>,
    limit: usize,
) -> Result<Vec<Hit>, Failed> {
    let mut url = base.clone();
    if !url.path().trim_end_matches('/').ends_with("/search") {
        url.set_path(&format!("{}/search", base.path().trim_end_matches('/')));
    }
    url.query_pairs_mut().clear().append_pair("q", query).append_pair("format", "json");
    // It knows countries as the regions of a language only.
    if let Some((country, language)) = country.and_then(|c| Some((c, c.language()?))) {
        let region = format!("{language}-{}", country.code());
        url.query_pairs_mut().append_pair("language", &region);
    }
    let request = Request {
        purpose: Purpose::Search,
        accept: "application/json",
        ..Request::new(url.clone(), MAX_BYTES, TIMEOUT)
    };
    let reply = egress.send(request).await.map_err(|failed| unanswered(base, &failed))?;
    match reply.status {
        200 => {}
        403 => {
            return Err(failed(
                "answers 403: add `json` to `search.formats` in its settings.yml, and restart it",
                Remedy::Operator,
            ));
        }
        404 => {
            return Err(failed(
                "has no page `/search`: the configured address is not the root of a SearXNG",
                Remedy::Operator,
            ));
        }
        429 => {
            return Err(failed(
                "answers 429: its limiter is on; set `server.limiter: false` in settings.yml, or let our \
                 address pass in limiter.toml",
                Remedy::RetryAfter(LIMITER_WAIT),
            ));
        }
        code => return Err(failed(&format!("answers with status {code}"), Remedy::Retry)),
    }
    let Ok(answer) = serde_json::from_slice::<Value>(&reply.body) else {
        return Err(failed(
            "answers with a page instead of JSON: add `json` to `search.formats` in its settings.yml, or \
             check that the configured address is its own",
            Remedy::Operator,
        ));
    };
    read(&answer, limit)
}

fn read(answer: &Value, limit: usize) -> Result<Vec<Hit>, Failed> {
    let Some(results) = answer.get("results").and_then(Value::as_array) else {
        return Err(failed("answers with JSON that holds no `results`", Remedy::Operator));
    };
    let hits: Vec<Hit> = results.iter().filter_map(hit).take(limit).collect();
    let silent = unresponsive(answer);
    if hits.is_empty() && !silent.is_empty() {
        return Err(failed(
            &format!("found nothing, because its engines do not answer: {}", silent.join(", ")),
            Remedy::RetryAfter(LIMITER_WAIT),
        ));
    }
    if !silent.is_empty() {
        tracing::debug!(engines = silent.join(", "), "some engines of SearXNG do not answer");
    }
    Ok(hits)
}

fn hit(result: &Value) -> Option<Hit> {
    let text = |key: &str| result.get(key).and_then(Value::as_str).map(str::trim);
    let address =
        Url::parse(text("url")?).ok().filter(|url| matches!(url.scheme(), "http" | "https"))?;
    #[expect(clippy::cast_possible_truncation, reason = "a score is a small number")]
    let score = result.get("score").and_then(Value::as_f64).unwrap_or(0.0) as f32;
    let day = text("publishedDate").and_then(|date| date.get(..10)).filter(|day| is_day(day));
    Some(Hit {
        address: address.into(),
        title: text("title").unwrap_or_default().to_owned(),
        snippet: text("content").unwrap_or_default().to_owned(),
        published: day.map(str::to_owned),
        score,
    })
}

fn is_day(day: &str) -> bool {
    day.bytes()
        .enumerate()
        .all(|(at, b)| if at == 4 || at == 7 { b == b'-' } else { b.is_ascii_digit() })
}

/// `name (reason)` of each engine that did not answer.
fn unresponsive(answer: &Value) -> Vec<String> {
    let engines = answer.get("unresponsive_engines").and_then(Value::as_array);
    let names: BTreeSet<String> = engines
        .into_iter()
        .flatten()
        .filter_map(|engine| {
            let part = |at: usize| engine.get(at).and_then(Value::as_str);
            Some(format!("{} ({})", part(0)?, part(1).unwrap_or("no reason given")))
        })
        .collect();
    names.into_iter().collect()
}

fn unanswered(base: &Url, failed: &egress::Failed) -> Failed {
    let host = base.host_str().unwrap_or_default();
    if let egress::Failed::Refused { why, .. } = failed {
        let why =
            format!("`{host}` may not be asked: {why}; allow its exact origin in the settings");
        return self::failed(&why, Remedy::Operator);
    }
    self::failed(&format!("does not answer: {failed}"), Remedy::Retry)
}

fn failed(why: &str, remedy: Remedy) -> Failed {
    Failed::Provider { provider: "SearXNG", why: why.to_owned(), remedy }
}
