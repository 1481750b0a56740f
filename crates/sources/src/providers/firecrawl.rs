//! Firecrawl, hosted or one's own: only its search; pages are read by ourselves.

use egress::Request;
use serde_json::{Value, json};

use super::wire::{self, Abilities, Asking, Fault, Key, Pace, Wire, hit, hits, list, text};
use crate::Hit;

pub(super) const WIRE: Wire = Wire {
    name: "firecrawl",
    title: "Firecrawl",
    base: "https://api.firecrawl.dev",
    key: Key::Required,
    variable: Some("FIRECRAWL_API_KEY"),
    able: Abilities { include: true, ..Abilities::plain(20, 500) },
    pace: Pace::parallel(2, 200),
    worded: |asking| asking.with_sites(),
    request,
    read,
    fault: |_, _| None,
};

fn request(asking: &Asking<'_>) -> Request {
    let body = json!({"query": asking.query, "limit": asking.limit, "sources": ["web"]});
    asking.with_key(asking.post(asking.url("/v2/search"), body), "authorization", "Bearer")
}

fn read(_: &Asking<'_>, body: &[u8]) -> Result<Vec<Hit>, Fault> {
    let answer = wire::json(body)?;
    if answer.get("success") == Some(&Value::Bool(false)) {
        return Err(Fault::Garbage(format!("it says: {}", text(&answer, "error"))));
    }
    // Without a hit it leaves `web` out; older instances answer with the list itself.
    match answer.get("data") {
        Some(Value::Object(data)) if !data.contains_key("web") => Ok(Vec::new()),
        Some(Value::Array(found)) => hits(found, to_hit),
        _ => hits(list(&answer, "/data/web")?, to_hit),
    }
}

fn to_hit(result: &Value) -> Option<Hit> {
    hit(Some(text(result, "url")), text(result, "title"), text(result, "description"))
}
