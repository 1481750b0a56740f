//! Firecrawl, hosted or one's own: only its search; pages are read by ourselves.

use egress::Request;
use serde_json::{Value, json};

use super::wire::{self, Abilities, Asking, Fault, Key, Pace, Wire, hit, text};
use crate::Hit;

pub(super) const WIRE: Wire = Wire {
    name: "firecrawl",
    title: "Firecrawl",
    base: "https://api.firecrawl.dev",
    key: Key::Required,
    variable: Some("FIRECRAWL_API_KEY"),
    able: Abilities { include: true, ..Abilities::plain(20, 500) },
    pace: Pace::parallel(2, 200),
    request,
    read,
    fault: |_, _| None,
};

fn request(asking: &Asking<'_>) -> Request {
    let body = json!({"query": asking.with_sites(), "limit": asking.limit, "sources": ["web"]});
    asking.with_key(asking.post(asking.url("/v2/search"), body), "authorization", "Bearer")
}

fn read(_: &Asking<'_>, body: &[u8]) -> Result<Vec<Hit>, Fault> {
    let answer = wire::json(body)?;
    if answer.get("success") == Some(&Value::Bool(false)) {
        return Err(Fault::Garbage(format!("it says: {}", text(&answer, "error"))));
    }
    // Older instances answer with the list itself.
    let found = answer.pointer("/data/web").or_else(|| answer.get("data"));
    let found = found.ok_or_else(|| Fault::Garbage("its answer holds no `data`".into()))?;
    let found = found.as_array().into_iter().flatten();
    Ok(found
        .filter_map(|result| {
            hit(Some(text(result, "url")), text(result, "title"), text(result, "description"))
        })
        .collect())
}
