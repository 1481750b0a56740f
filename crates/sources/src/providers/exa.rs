//! Exa: search by meaning.

use egress::Request;
use serde_json::{Value, json};

use super::wire::{self, Abilities, Asking, Fault, Key, Pace, Wire, hit, hits, list, text, told};
use crate::Hit;

pub(super) const WIRE: Wire = Wire {
    name: "exa",
    title: "Exa",
    base: "https://api.exa.ai",
    key: Key::Required,
    variable: Some("EXA_API_KEY"),
    able: Abilities {
        include: true,
        exclude: true,
        after: true,
        country: true,
        ..Abilities::plain(25, 1_000)
    },
    // Ten requests a second.
    pace: Pace::parallel(4, 110),
    worded: |asking| asking.plain(),
    request,
    read,
    fault: |_, _| None,
};

/// Characters of each page that are asked for; more is paid for and not used.
const SNIPPET: usize = 500;

fn request(asking: &Asking<'_>) -> Request {
    let filters = asking.filters;
    let domains = |list: &[String]| (!list.is_empty()).then(|| list.to_vec());
    let body = json!({
        "query": asking.query,
        "type": "auto",
        "numResults": asking.limit,
        "includeDomains": domains(&filters.include),
        "excludeDomains": domains(&filters.exclude),
        "startPublishedDate": filters.after.as_ref().map(|day| format!("{day}T00:00:00.000Z")),
        "userLocation": filters.country,
        "contents": {"text": {"maxCharacters": SNIPPET}},
    });
    asking.with_key(asking.post(asking.url("/search"), body), "x-api-key", "")
}

fn read(_: &Asking<'_>, body: &[u8]) -> Result<Vec<Hit>, Fault> {
    let answer = wire::json(body)?;
    hits(list(&answer, "/results")?, to_hit)
}

fn to_hit(result: &Value) -> Option<Hit> {
    let mut hit = hit(Some(text(result, "url")), text(result, "title"), text(result, "text"))?;
    hit.published = told(text(result, "publishedDate"));
    Some(hit)
}
