//! Parallel Search. Its key also opens the hosted Task API: it is used for searching only where the settings name this
//! provider.

use egress::Request;
use serde_json::{Value, json};

use super::wire::{self, Abilities, Asking, Fault, Key, Pace, Wire, hit, hits, list, text, told};
use crate::Hit;

pub(super) const WIRE: Wire = Wire {
    name: "parallel",
    title: "Parallel Search",
    base: "https://api.parallel.ai",
    key: Key::Required,
    variable: Some("PARALLEL_API_KEY"),
    able: Abilities { include: true, exclude: true, after: true, ..Abilities::plain(40, 200) },
    // 600 a minute.
    pace: Pace::parallel(4, 110),
    worded: |asking| asking.plain(),
    request,
    read,
    fault: |_, _| None,
};

fn request(asking: &Asking<'_>) -> Request {
    let filters = asking.filters;
    let domains = |list: &[String]| (!list.is_empty()).then(|| list.to_vec());
    let mut policy = json!({
        "include_domains": domains(&filters.include),
        "exclude_domains": domains(&filters.exclude),
        "after_date": filters.after,
    });
    if let Value::Object(members) = &mut policy {
        members.retain(|_, value| !value.is_null());
    }
    let is_open = policy.as_object().is_none_or(serde_json::Map::is_empty);
    let mut settings = json!({"max_results": asking.limit});
    if !is_open {
        settings["source_policy"] = policy;
    }
    let body = json!({
        "objective": asking.query,
        "search_queries": [asking.query],
        "mode": "basic",
        "advanced_settings": settings,
    });
    asking.with_key(asking.post(asking.url("/v1/search"), body), "x-api-key", "")
}

fn read(_: &Asking<'_>, body: &[u8]) -> Result<Vec<Hit>, Fault> {
    let answer = wire::json(body)?;
    hits(list(&answer, "/results")?, to_hit)
}

fn to_hit(result: &Value) -> Option<Hit> {
    let excerpt = result.pointer("/excerpts/0").and_then(Value::as_str).unwrap_or_default();
    let mut hit = hit(Some(text(result, "url")), text(result, "title"), excerpt)?;
    hit.published = told(text(result, "publish_date"));
    Some(hit)
}
