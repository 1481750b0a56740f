//! OpenAlex: scholarly works. It answers without a key for some cents a day; a free key buys about 1,000 searches.

use egress::Request;
use serde_json::Value;

use super::wire::{Abilities, Asking, Fault, Key, Pace, Wire, hit, hits, json, list, text, told};
use crate::Hit;

pub(super) const WIRE: Wire = Wire {
    name: "openalex",
    title: "OpenAlex",
    base: "https://api.openalex.org",
    key: Key::Optional,
    variable: Some("OPENALEX_API_KEY"),
    able: Abilities { after: true, ..Abilities::plain(100, 500) },
    pace: Pace::parallel(2, 100),
    worded: |asking| asking.plain(),
    request,
    read,
    // Here 429 is the budget of the day, and 403 is going too fast.
    fault: |status, _| match status {
        429 => Some(Fault::Quota),
        403 => Some(Fault::Rate(None)),
        _ => None,
    },
};

/// Words of an abstract that make a snippet.
const SNIPPET_WORDS: usize = 60;

fn request(asking: &Asking<'_>) -> Request {
    let filter =
        asking.filters.after.as_ref().map(|after| format!("from_publication_date:{after}"));
    asking.get(
        asking.url("/works"),
        &[
            ("search", Some(asking.query)),
            ("per_page", Some(&asking.count())),
            ("filter", filter.as_deref()),
            ("api_key", asking.account.key.as_ref().map(egress::Secret::reveal)),
            ("mailto", asking.account.contact.as_deref()),
        ],
    )
}

fn read(_: &Asking<'_>, body: &[u8]) -> Result<Vec<Hit>, Fault> {
    let answer = json(body)?;
    hits(list(&answer, "/results")?, to_hit)
}

fn to_hit(work: &Value) -> Option<Hit> {
    let landing = work.pointer("/primary_location/landing_page_url").and_then(Value::as_str);
    let address = landing.or_else(|| work.get("doi").and_then(Value::as_str));
    let address = address.or_else(|| work.get("id").and_then(Value::as_str));
    let title = work.get("title").and_then(Value::as_str);
    let title = title.unwrap_or_else(|| text(work, "display_name"));
    let mut hit = hit(address, title, &abstract_of(work))?;
    hit.published = told(text(work, "publication_date"));
    Some(hit)
}

/// Abstracts come as the places of each word.
fn abstract_of(work: &Value) -> String {
    let Some(index) = work.get("abstract_inverted_index").and_then(Value::as_object) else {
        return String::new();
    };
    let mut placed: Vec<(u64, &str)> = index
        .iter()
        .flat_map(|(word, places)| {
            let places = places.as_array().into_iter().flatten().filter_map(Value::as_u64);
            places.map(move |place| (place, word.as_str()))
        })
        .collect();
    placed.sort_unstable();
    placed.iter().take(SNIPPET_WORDS).map(|(_, word)| *word).collect::<Vec<_>>().join(" ")
}
