//! arXiv: preprints, as an Atom feed. No key; one request in three seconds.

use egress::Request;

use super::wire::{Abilities, Asking, Fault, Key, Pace, Wire, hit, hits, start, told};
use crate::Hit;
use crate::search::words;

pub(super) const WIRE: Wire = Wire {
    name: "arxiv",
    title: "arXiv",
    base: "https://export.arxiv.org",
    key: Key::None,
    variable: None,
    able: Abilities::plain(50, 300),
    pace: Pace::serial(3_000),
    worded,
    request,
    read,
    fault: |_, _| None,
};

/// Terms that must all occur; more find nothing.
const MAX_TERMS: usize = 6;

fn worded(asking: &Asking<'_>) -> String {
    let terms: Vec<String> =
        words(asking.query).into_iter().take(MAX_TERMS).map(|word| format!("all:{word}")).collect();
    if terms.is_empty() { format!("all:{}", asking.query) } else { terms.join(" AND ") }
}

fn request(asking: &Asking<'_>) -> Request {
    let request = asking.get(
        asking.url("/api/query"),
        &[
            ("search_query", Some(asking.query)),
            ("max_results", Some(&asking.count())),
            ("sortBy", Some("relevance")),
        ],
    );
    Request { accept: "application/atom+xml", ..request }
}

fn read(_: &Asking<'_>, body: &[u8]) -> Result<Vec<Hit>, Fault> {
    let feed = String::from_utf8_lossy(body);
    if !feed.contains("<feed") {
        return Err(Fault::Garbage(format!("it answers with what is no feed: {}", start(body))));
    }
    let entries: Vec<&str> = feed.split("<entry>").skip(1).collect();
    // It reports errors as an entry of their own.
    if let [entry] = entries.as_slice()
        && inside(entry, "id").contains("/api/errors")
    {
        return Err(Fault::Garbage(format!("it says: {}", inside(entry, "summary"))));
    }
    hits(&entries, |entry| to_hit(entry))
}

fn to_hit(entry: &str) -> Option<Hit> {
    let address = inside(entry, "id").trim().replace("http://", "https://");
    let mut hit = hit(Some(&address), inside(entry, "title"), inside(entry, "summary"))?;
    hit.published = told(inside(entry, "published"));
    Some(hit)
}

/// What stands in the first element of this name; empty if there is none.
fn inside<'a>(xml: &'a str, name: &str) -> &'a str {
    let (open, close) = (format!("<{name}>"), format!("</{name}>"));
    let Some(at) = xml.find(&open) else { return "" };
    let from = &xml[at + open.len()..];
    from.find(&close).map_or("", |end| &from[..end])
}
