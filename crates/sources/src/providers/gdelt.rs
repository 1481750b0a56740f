//! GDELT: news of the last three months, from all over the world. No key; one request in five seconds.
//!
//! It reports errors as plain text with the status of success.

use egress::Request;
use serde_json::Value;

use super::wire::{
    Abilities, Asking, Fault, Key, Pace, Wire, hit, hits, json, list, start, text, told,
};
use crate::Hit;

pub(super) const WIRE: Wire = Wire {
    name: "gdelt",
    title: "GDELT",
    base: "https://api.gdeltproject.org",
    key: Key::None,
    variable: None,
    able: Abilities { include: true, after: true, ..Abilities::plain(250, 250) },
    pace: Pace::serial(5_000),
    worded,
    request,
    read,
    fault: |_, _| None,
};

fn worded(asking: &Asking<'_>) -> String {
    let domains: Vec<String> = asking
        .filters
        .include
        .iter()
        .map(|domain| format!("domain:{}", domain.trim_start_matches('.')))
        .collect();
    match domains.as_slice() {
        [] => asking.query.to_owned(),
        [one] => format!("{} {one}", asking.query),
        more => format!("{} ({})", asking.query, more.join(" OR ")),
    }
}

fn request(asking: &Asking<'_>) -> Request {
    let after = asking.filters.after.as_ref().map(|day| format!("{}000000", day.replace('-', "")));
    asking.get(
        asking.url("/api/v2/doc/doc"),
        &[
            ("query", Some(asking.query)),
            ("mode", Some("artlist")),
            ("format", Some("json")),
            ("maxrecords", Some(&asking.count())),
            ("startdatetime", after.as_deref()),
        ],
    )
}

fn read(_: &Asking<'_>, body: &[u8]) -> Result<Vec<Hit>, Fault> {
    let said = String::from_utf8_lossy(body).to_lowercase();
    if !said.trim_start().starts_with('{') {
        return Err(if said.contains("limit requests") || said.contains("too many") {
            Fault::Rate(None)
        } else if said.contains("too long") || said.contains("too short") {
            Fault::TooLong
        } else {
            Fault::Garbage(format!("it answers with what is not JSON: {}", start(body)))
        });
    }
    // Without a hit it answers with an empty object.
    let answer = json(body)?;
    if answer.get("articles").is_none() {
        return Ok(Vec::new());
    }
    hits(list(&answer, "/articles")?, to_hit)
}

fn to_hit(article: &Value) -> Option<Hit> {
    let mut hit = hit(Some(text(article, "url")), text(article, "title"), "")?;
    hit.published = told(text(article, "seendate"));
    Some(hit)
}
