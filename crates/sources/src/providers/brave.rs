//! Brave Search: an index of its own.

use egress::Request;
use serde_json::Value;

use super::wire::{Abilities, Asking, Fault, Key, Pace, Wire, hit, hits, json, list, text, told};
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
    worded: |asking| asking.with_sites(),
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
            ("q", Some(asking.query)),
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
    if answer.get("web").is_none() && answer.get("query").is_some() {
        return Ok(Vec::new());
    }
    hits(list(&answer, "/web/results")?, to_hit)
}

fn to_hit(result: &Value) -> Option<Hit> {
    let mut hit =
        hit(Some(text(result, "url")), text(result, "title"), text(result, "description"))?;
    hit.published = told(text(result, "page_age")).or_else(|| told(text(result, "age")));
    Some(hit)
}
