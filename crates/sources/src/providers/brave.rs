//! Brave Search: an index of its own.

use egress::Request;
use serde_json::Value;

use super::wire::{Abilities, Asking, Fault, Key, Pace, Wire, day, hit, json, text};
use crate::Hit;

pub(super) const WIRE: Wire = Wire {
    name: "brave",
    title: "Brave Search",
    base: "https://api.search.brave.com",
    key: Key::Required,
    variable: Some("BRAVE_API_KEY"),
    able: Abilities { include: true, language: true, country: true, ..Abilities::plain(20, 400) },
    // Older plans allow one request a second.
    pace: Pace::serial(1_050),
    request,
    read,
    fault: |status, said| match status {
        429 if said.to_lowercase().contains("quota") => Some(Fault::Quota),
        422 if said.to_lowercase().contains("token") => Some(Fault::Auth),
        _ => None,
    },
};

fn request(asking: &Asking<'_>) -> Request {
    let country = asking.filters.country.as_ref().map(|code| code.to_uppercase());
    let request = asking.get(
        asking.url("/res/v1/web/search"),
        &[
            ("q", Some(&asking.with_sites())),
            ("count", Some(&asking.count())),
            ("search_lang", asking.filters.language.as_deref()),
            ("country", country.as_deref()),
            ("result_filter", Some("web")),
            ("text_decorations", Some("false")),
        ],
    );
    asking.with_key(request, "x-subscription-token", "")
}

fn read(_: &Asking<'_>, body: &[u8]) -> Result<Vec<Hit>, Fault> {
    let answer = json(body)?;
    // Without a hit it leaves `web` out, and tells the query all the same.
    let results = answer.pointer("/web/results").and_then(Value::as_array);
    if results.is_none() && answer.get("query").is_none() {
        return Err(Fault::Garbage("its answer holds neither `web` nor `query`".into()));
    }
    Ok(results.into_iter().flatten().filter_map(to_hit).collect())
}

fn to_hit(result: &Value) -> Option<Hit> {
    let mut hit =
        hit(Some(text(result, "url")), text(result, "title"), text(result, "description"))?;
    hit.published = day(text(result, "page_age"));
    Some(hit)
}
