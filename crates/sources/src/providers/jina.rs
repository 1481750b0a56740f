//! Jina's search. It bills the text of the pages too unless it is told to leave them out.

use egress::{HeaderName, HeaderValue, Request};
use serde_json::Value;

use super::wire::{Abilities, Asking, Fault, Key, Pace, Wire, hit, hits, json, list, text, told};
use crate::Hit;

pub(super) const WIRE: Wire = Wire {
    name: "jina",
    title: "Jina",
    base: "https://s.jina.ai",
    key: Key::Required,
    variable: Some("JINA_API_KEY"),
    able: Abilities { include: true, language: true, country: true, ..Abilities::plain(10, 400) },
    // 100 a minute.
    pace: Pace::parallel(2, 650),
    worded: |asking| asking.with_sites(),
    request,
    read,
    fault: |_, _| None,
};

fn request(asking: &Asking<'_>) -> Request {
    let request = asking.get(
        asking.url("/"),
        &[
            ("q", Some(asking.query)),
            ("num", Some(&asking.count())),
            ("hl", asking.filters.language.as_deref()),
            ("gl", asking.filters.country.as_deref()),
        ],
    );
    let mut request = asking.with_key(request, "authorization", "Bearer");
    let no_content = HeaderValue::from_static("no-content");
    request.headers.push((HeaderName::from_static("x-respond-with"), no_content));
    request
}

fn read(_: &Asking<'_>, body: &[u8]) -> Result<Vec<Hit>, Fault> {
    let answer = json(body)?;
    hits(list(&answer, "/data")?, to_hit)
}

fn to_hit(result: &Value) -> Option<Hit> {
    let said = text(result, "description");
    let snippet = if said.is_empty() { text(result, "content") } else { said };
    let mut hit = hit(Some(text(result, "url")), text(result, "title"), snippet)?;
    hit.published = told(text(result, "date"));
    Some(hit)
}
