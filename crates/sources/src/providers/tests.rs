//! Whatever a provider answers, it is hits or a fault, and never the end of a worker.

use proptest::prelude::*;
use serde_json::{Value, json};
use url::Url;

use super::ALL;
use super::wire::{Account, Asking, Filters};

/// Names that mean something to one of the wires, so that replies get beyond their first member.
const NAMES: [&str; 40] = [
    "results",
    "web",
    "data",
    "items",
    "message",
    "query",
    "search",
    "articles",
    "organic",
    "pages",
    "news",
    "url",
    "link",
    "href",
    "title",
    "content",
    "description",
    "snippet",
    "excerpts",
    "highlights",
    "text",
    "published",
    "publishedDate",
    "published_date",
    "publish_date",
    "date",
    "seendate",
    "issued",
    "date-parts",
    "abstract",
    "abstract_inverted_index",
    "publication_date",
    "doi",
    "DOI",
    "URL",
    "id",
    "score",
    "infoboxes",
    "extra_snippets",
    "unresponsive_engines",
];

fn reply() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<f64>().prop_map(|number| json!(number)),
        ".{0,20}".prop_map(Value::from),
        prop::sample::select(vec![
            "https://a.test/b",
            "2024-05-06T07:08:09Z",
            "20240506T070809Z",
            "<b>x</b>&amp;",
            "10.1/x"
        ])
        .prop_map(Value::from),
    ];
    leaf.prop_recursive(6, 80, 6, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..6).prop_map(Value::from),
            prop::collection::vec((prop::sample::select(NAMES.to_vec()), inner), 0..6).prop_map(
                |members| members
                    .into_iter()
                    .map(|(name, value)| (name.to_owned(), value))
                    .collect()
            ),
        ]
    })
}

fn feed() -> impl Strategy<Value = String> {
    let pieces = vec![
        "<feed>",
        "</feed>",
        "<entry>",
        "</entry>",
        "<id>",
        "</id>",
        "<title>",
        "</title>",
        "<summary>",
        "</summary>",
        "<published>",
        "2024-05-06T00:00:00Z",
        "</published>",
        "<link href='https://a.test/'/>",
        "words",
        "&amp;",
        "&x;",
        "<",
        "<!--",
        "<![CDATA[",
        "]]>",
        "é",
    ];
    prop::collection::vec(prop::sample::select(pieces), 0..40).prop_map(|pieces| pieces.concat())
}

/// Reads one reply as each of them would.
fn read_by_all(bytes: &[u8]) {
    let (account, filters) = (Account::default(), Filters::default());
    let base = Url::parse("https://a.test/").unwrap();
    let asking =
        Asking { account: &account, base: &base, query: "high tide", limit: 5, filters: &filters };
    for wire in ALL {
        // Hits or a fault; the test is that it comes back.
        let _ = (wire.read)(&asking, bytes);
        let _ = (wire.fault)(400, &String::from_utf8_lossy(bytes));
    }
}

proptest! {
    #[test]
    fn any_json_is_hits_or_a_fault(reply in reply()) {
        read_by_all(reply.to_string().as_bytes());
    }

    #[test]
    fn any_feed_is_hits_or_a_fault(feed in feed()) {
        read_by_all(feed.as_bytes());
    }

    #[test]
    fn any_bytes_are_hits_or_a_fault(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
        read_by_all(&bytes);
    }
}
