//! SearXNG, the operator's own meta search engine.
//!
//! Its JSON is off by default, its limiter answers 429, and its engines fail one by one in silence; each of these gets
//! a sentence that says what to change.

use std::collections::BTreeSet;

use domain::country::Country;
use egress::Request;
use serde_json::Value;
use url::Url;

use super::wire::{Abilities, Asking, Fault, Key, Pace, Wire, hit, hits, text, told};
use crate::Hit;

pub(super) const WIRE: Wire = Wire {
    name: "searxng",
    title: "SearXNG",
    base: "",
    key: Key::None,
    variable: None,
    able: Abilities { include: true, language: true, country: true, ..Abilities::plain(50, 1_000) },
    // Its engines ask for a pause after bursts of fifteen to forty questions; it says which of them do not answer.
    pace: Pace::parallel(4, 50),
    worded: |asking| asking.with_sites(),
    request,
    read,
    fault,
};

/// What to set where its JSON is off.
pub(crate) const JSON_OFF: &str =
    "add `json` to `search.formats` in its settings.yml, and restart it";
/// What to set where its limiter stands in the way.
pub(crate) const LIMITER: &str = "its limiter is on; set `server.limiter: false` in settings.yml, or let our address pass in limiter.toml";

fn request(asking: &Asking<'_>) -> Request {
    // It knows countries as the regions of a language only.
    let country = asking.filters.country.as_deref().and_then(Country::parse);
    let region = country.and_then(|c| Some(format!("{}-{}", c.language()?, c.code())));
    asking.get(
        page(asking.base, "search"),
        &[
            ("q", Some(asking.query)),
            ("format", Some("json")),
            ("language", asking.filters.language.as_deref().or(region.as_deref())),
        ],
    )
}

/// A page of it; the settings may name its root or its search.
pub(crate) fn page(base: &Url, name: &str) -> Url {
    let mut url = base.clone();
    let root = base.path().trim_end_matches('/');
    let root = root.strip_suffix("/search").unwrap_or(root);
    url.set_path(&format!("{root}/{name}"));
    url.set_query(None);
    url
}

fn fault(status: u16, _: &str) -> Option<Fault> {
    match status {
        403 => Some(Fault::Setup(format!("answers 403: {JSON_OFF}"))),
        404 => Some(Fault::Setup(
            "has no page `/search`: the configured address is not the root of a SearXNG".into(),
        )),
        _ => None,
    }
}

fn read(_: &Asking<'_>, body: &[u8]) -> Result<Vec<Hit>, Fault> {
    let Ok(answer) = serde_json::from_slice::<Value>(body) else {
        return Err(Fault::Setup(
            "answers with a page instead of JSON: add `json` to `search.formats` in its settings.yml, or check that \
             the configured address is its own"
                .into(),
        ));
    };
    let Some(results) = answer.get("results").and_then(Value::as_array) else {
        return Err(Fault::Setup("answers with JSON that holds no `results`".into()));
    };
    let hits = hits(results, to_hit)?;
    let silent = unresponsive(&answer);
    if hits.is_empty() && !silent.is_empty() {
        return Err(Fault::NoEngine(silent.join(", ")));
    }
    if !silent.is_empty() {
        tracing::debug!(engines = silent.join(", "), "some engines of SearXNG do not answer");
    }
    Ok(hits)
}

fn to_hit(result: &Value) -> Option<Hit> {
    let mut hit = hit(Some(text(result, "url")), text(result, "title"), text(result, "content"))?;
    #[expect(clippy::cast_possible_truncation, reason = "a score is a small number")]
    let score = result.get("score").and_then(Value::as_f64).unwrap_or(0.0) as f32;
    hit.score = score;
    hit.published = told(text(result, "publishedDate"));
    Some(hit)
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
