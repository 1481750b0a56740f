//! What is wrong with a SearXNG that does not answer as it should, and the line to set.

use std::time::Duration;

use egress::{Egress, Purpose, Request, Response};
use serde_json::Value;
use url::Url;

use crate::providers::searxng::page;

/// A page of an own service; what takes longer is down.
const TIMEOUT: Duration = Duration::from_secs(10);
/// Bytes of its description; a hundred engines take about 60 kB.
const MAX_BYTES: usize = 2_000_000;

/// What stands between us and an answer; `None` if it answers with hits.
pub(crate) async fn searxng(egress: &Egress, base: &Url) -> Option<String> {
    let mut search = page(base, "search");
    search.query_pairs_mut().append_pair("q", "test").append_pair("format", "json");
    let searched = match get(egress, search).await {
        Ok(reply) => reply,
        Err(egress::Failed::Refused { why, .. }) => {
            return Some(format!("{base} may not be asked: {why}"));
        }
        Err(why) => {
            return Some(format!(
                "nothing answers at {base} ({why}): start it, or correct search.searxng.url"
            ));
        }
    };
    if let Some(place) = &searched.location {
        return Some(format!(
            "{base} refers us to another address: set search.searxng.url = \"{}\", if that is its own",
            root(place)
        ));
    }
    let config = get(egress, page(base, "config")).await.ok();
    let about = config.as_ref().and_then(|reply| serde_json::from_slice::<Value>(&reply.body).ok());
    let about = about.filter(|about| about.get("engines").is_some_and(Value::is_array));
    verdict(base, &searched, config.map(|reply| reply.status), about.as_ref())
}

/// The root of the SearXNG whose page this is.
fn root(place: &Url) -> Url {
    let mut root = page(place, "");
    root.set_fragment(None);
    root
}

async fn get(egress: &Egress, url: Url) -> Result<Response, egress::Failed> {
    let request = Request::new(url, MAX_BYTES, TIMEOUT);
    // Where it refers us is told, not asked: nobody but the operator knows whether that is theirs.
    let request =
        Request { purpose: Purpose::Search, accept: "application/json", follow: false, ..request };
    egress.send(request).await
}

/// `about` is its description of itself, which every SearXNG gives without a key.
fn verdict(
    base: &Url,
    searched: &Response,
    config: Option<u16>,
    about: Option<&Value>,
) -> Option<String> {
    let answer = serde_json::from_slice::<Value>(&searched.body).ok();
    let answer = answer.filter(|answer| answer.get("results").is_some());
    match (searched.status, &answer, about) {
        (200, Some(answer), _) => without_hits(answer, about),
        (429, ..) => Some(
            "its limiter refuses us (429): set `limiter: false` under `server:` in its settings.yml, or add our address \
             to `pass_ip` under [botdetection.ip_lists] in limiter.toml"
                .into(),
        ),
        (403, _, Some(_)) => Some(
            "its JSON is off (403): add the line `formats: [html, json]` under `search:` in its settings.yml, and \
             restart it"
                .into(),
        ),
        (403, _, None) if config == Some(403) => Some(format!(
            "something before it refuses us with 403 on every page: let our address through in the proxy or the bot \
             detection before {base}"
        )),
        (401 | 407, ..) => Some(format!(
            "something before it asks for a login ({}): let our address pass without one in the proxy before {base}; \
             a user name and password are not sent",
            searched.status
        )),
        (502..=504, _, None) => Some(format!(
            "the proxy at {base} does not reach it ({}): start it, or correct the address to which the proxy passes on",
            searched.status
        )),
        (200, None, Some(_)) => Some(
            "it answers with a page instead of JSON: add the line `formats: [html, json]` under `search:` in its \
             settings.yml, and restart it"
                .into(),
        ),
        (500..=599, _, Some(_)) => Some(format!(
            "it fails with status {}: its own log says why (a missing `secret_key` and a broken settings.yml are usual)",
            searched.status
        )),
        (status, ..) => Some(format!(
            "what answers at {base} is no SearXNG (status {status}, and no description at /config): set \
             search.searxng.url to its root"
        )),
    }
}

fn without_hits(answer: &Value, about: Option<&Value>) -> Option<String> {
    let count = |value: Option<&Value>| value.and_then(Value::as_array).map_or(0, Vec::len);
    if count(answer.get("results")) > 0 {
        return None;
    }
    let silent: Vec<&str> = answer
        .get("unresponsive_engines")
        .and_then(Value::as_array)
        .into_iter()
        .flatten()
        .filter_map(|engine| engine.get(0).and_then(Value::as_str))
        .collect();
    let engines = about.and_then(|about| about.get("engines")).and_then(Value::as_array);
    let enabled = engines.map_or(1, |engines| {
        let is_on = |engine: &&Value| engine.get("enabled") != Some(&Value::Bool(false));
        engines.iter().filter(is_on).count()
    });
    Some(if enabled == 0 {
        "none of its engines is enabled: set `disabled: false` for some under `engines:` in its settings.yml".into()
    } else if silent.is_empty() {
        "it answers and finds nothing for the word `test`: enable a general engine under `engines:` in its settings.yml"
            .into()
    } else {
        format!(
            "its engines do not answer ({}): they may want a pause, or refuse the address of its machine; enable others \
             under `engines:` in its settings.yml",
            silent.join(", ")
        )
    })
}
