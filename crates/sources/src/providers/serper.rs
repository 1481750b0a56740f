//! Serper: the results of Google.
//!
//! Its errors come with any status and without the list of results.

use egress::Request;
use serde_json::{Value, json};

use super::wire::{self, Abilities, Asking, Fault, Key, Pace, Wire, hit, hits, list, text, told};
use crate::Hit;

pub(super) const WIRE: Wire = Wire {
    name: "serper",
    title: "Serper",
    base: "https://google.serper.dev",
    key: Key::Required,
    variable: Some("SERPER_API_KEY"),
    able: Abilities {
        include: true,
        after: true,
        language: true,
        country: true,
        ..Abilities::plain(20, 2_048)
    },
    pace: Pace::parallel(4, 100),
    worded: |asking| asking.with_sites(),
    request,
    read,
    fault: |_, said| said.to_lowercase().contains("not enough credits").then_some(Fault::Quota),
};

fn request(asking: &Asking<'_>) -> Request {
    let filters = asking.filters;
    // `cd_min` is month/day/year.
    let after = filters.after.as_ref().and_then(|day| {
        let mut parts = day.split('-');
        let (year, month, day) = (parts.next()?, parts.next()?, parts.next()?);
        Some(format!("cdr:1,cd_min:{month}/{day}/{year}"))
    });
    let body = json!({
        "q": asking.query,
        "num": asking.limit,
        "hl": filters.language,
        "gl": filters.country.as_ref().map(|code| code.to_lowercase()),
        "tbs": after,
    });
    asking.with_key(asking.post(asking.url("/search"), body), "x-api-key", "")
}

fn read(_: &Asking<'_>, body: &[u8]) -> Result<Vec<Hit>, Fault> {
    let answer = wire::json(body)?;
    let message = text(&answer, "message");
    if answer.get("organic").is_none() && !message.is_empty() {
        let status = answer.get("statusCode").and_then(Value::as_u64).unwrap_or(400);
        let status = u16::try_from(status).unwrap_or(400);
        return Err(
            (WIRE.fault)(status, message).unwrap_or_else(|| Fault::of_status(status, message))
        );
    }
    hits(list(&answer, "/organic")?, to_hit)
}

fn to_hit(result: &Value) -> Option<Hit> {
    let mut hit = hit(Some(text(result, "link")), text(result, "title"), text(result, "snippet"))?;
    hit.published = told(text(result, "date"));
    Some(hit)
}
