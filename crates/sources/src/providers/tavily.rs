//! Tavily: search made for machines.

use egress::Request;
use serde_json::{Value, json};

use super::wire::{self, Abilities, Asking, Fault, Key, Pace, Wire, hit, hits, list, text, told};
use crate::Hit;

pub(super) const WIRE: Wire = Wire {
    name: "tavily",
    title: "Tavily",
    base: "https://api.tavily.com",
    key: Key::Required,
    variable: Some("TAVILY_API_KEY"),
    // A query of more than 400 characters is refused.
    able: Abilities { include: true, exclude: true, after: true, ..Abilities::plain(20, 400) },
    pace: Pace::parallel(4, 100),
    worded: |asking| asking.plain(),
    request,
    read,
    // 403 is what a plan does not include, 432 and 433 are its limits: asking again helps in none of them.
    fault: |status, _| matches!(status, 403 | 432 | 433).then_some(Fault::Quota),
};

fn request(asking: &Asking<'_>) -> Request {
    let filters = asking.filters;
    let domains = |list: &[String]| (!list.is_empty()).then(|| list.to_vec());
    let body = json!({
        "query": asking.query,
        "search_depth": "basic",
        "max_results": asking.limit,
        "include_domains": domains(&filters.include),
        "exclude_domains": domains(&filters.exclude),
        "start_date": filters.after,
    });
    asking.with_key(asking.post(asking.url("/search"), body), "authorization", "Bearer")
}

fn read(_: &Asking<'_>, body: &[u8]) -> Result<Vec<Hit>, Fault> {
    let answer = wire::json(body)?;
    hits(list(&answer, "/results")?, to_hit)
}

fn to_hit(result: &Value) -> Option<Hit> {
    let mut hit = hit(Some(text(result, "url")), text(result, "title"), text(result, "content"))?;
    hit.published = told(text(result, "published_date"));
    #[expect(clippy::cast_possible_truncation, reason = "a score lies between 0 and 1")]
    let score = result.get("score").and_then(Value::as_f64).unwrap_or(0.0) as f32;
    hit.score = score;
    Some(hit)
}
