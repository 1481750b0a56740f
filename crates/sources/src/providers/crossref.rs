//! Crossref: the register of scholarly publications. No key; whoever names a contact is served first.

use egress::Request;
use serde_json::Value;

use super::wire::{Abilities, Asking, Fault, Key, Pace, Wire, hit, hits, json, list, text};
use crate::Hit;

pub(super) const WIRE: Wire = Wire {
    name: "crossref",
    title: "Crossref",
    base: "https://api.crossref.org",
    key: Key::None,
    variable: None,
    able: Abilities { after: true, ..Abilities::plain(100, 500) },
    // Of the public pool: five requests a second, one at a time.
    pace: Pace::serial(250),
    worded: |asking| asking.plain(),
    request,
    read,
    fault: |_, _| None,
};

fn request(asking: &Asking<'_>) -> Request {
    let filter = asking.filters.after.as_ref().map(|after| format!("from-pub-date:{after}"));
    asking.get(
        asking.url("/works"),
        &[
            ("query", Some(asking.query)),
            ("rows", Some(&asking.count())),
            ("select", Some("DOI,URL,title,issued,abstract")),
            ("filter", filter.as_deref()),
            ("mailto", asking.account.contact.as_deref()),
        ],
    )
}

fn read(_: &Asking<'_>, body: &[u8]) -> Result<Vec<Hit>, Fault> {
    let answer = json(body)?;
    hits(list(&answer, "/message/items")?, to_hit)
}

fn to_hit(work: &Value) -> Option<Hit> {
    let title = work.pointer("/title/0").and_then(Value::as_str).unwrap_or_default();
    let mut hit = hit(Some(text(work, "URL")), title, text(work, "abstract"))?;
    let part =
        |at: usize| work.pointer(&format!("/issued/date-parts/0/{at}")).and_then(Value::as_u64);
    hit.published = match (part(0), part(1), part(2)) {
        (Some(year), Some(month), Some(day)) => Some(format!("{year:04}-{month:02}-{day:02}")),
        _ => None,
    };
    Some(hit)
}
