//! Wikipedia, and any other MediaWiki: the search of its API. No key; one request after the other, please.

use egress::Request;
use serde_json::Value;
use url::Url;

use super::wire::{Abilities, Asking, Fault, Key, Pace, Wire, hit, hits, json, list, text};
use crate::Hit;

pub(super) const WIRE: Wire = Wire {
    name: "wikipedia",
    title: "Wikipedia",
    base: "https://en.wikipedia.org",
    key: Key::None,
    variable: None,
    able: Abilities { language: true, ..Abilities::plain(50, 300) },
    // Its etiquette asks for no number, but for one request at a time.
    pace: Pace::serial(200),
    worded: |asking| asking.plain(),
    request,
    read,
    // What its servers say of `maxlag` where they do not answer 200.
    fault: |status, said| (status == 503 && said.contains("lagged")).then_some(Fault::Rate(None)),
};

fn request(asking: &Asking<'_>) -> Request {
    asking.get(
        api(&home(asking)),
        &[
            ("action", Some("query")),
            ("list", Some("search")),
            ("srsearch", Some(asking.query)),
            ("srlimit", Some(&asking.count())),
            ("srprop", Some("snippet")),
            ("format", Some("json")),
            ("formatversion", Some("2")),
            // Refuses us while its databases are behind, as it asks robots to let it do.
            ("maxlag", Some("5")),
        ],
    )
}

/// The edition of a language lies on a host of its own.
fn home(asking: &Asking<'_>) -> Url {
    let mut home = asking.base.clone();
    let language = asking.filters.language.as_deref();
    let host = home.host_str().and_then(|host| host.split_once('.'));
    if let (Some(language), Some((_, "wikipedia.org"))) = (language, host)
        && (2..=3).contains(&language.len())
        && language.bytes().all(|b| b.is_ascii_lowercase())
    {
        // A host of letters that is refused leaves the one that was there.
        let _ = home.set_host(Some(&format!("{language}.wikipedia.org")));
    }
    home
}

/// `/w/api.php`, unless the settings name another one.
fn api(home: &Url) -> Url {
    let mut api = home.clone();
    if !home.path().ends_with("api.php") {
        api.set_path("/w/api.php");
    }
    api
}

fn read(asking: &Asking<'_>, body: &[u8]) -> Result<Vec<Hit>, Fault> {
    let answer = json(body)?;
    if let Some(error) = answer.get("error") {
        return Err(match text(error, "code") {
            "maxlag" | "ratelimited" => Fault::Rate(None),
            "readonly" | "internal_api_error_DBQueryError" => Fault::Overloaded,
            code => Fault::Garbage(format!("it says {code}: {}", text(error, "info"))),
        });
    }
    let home = home(asking);
    hits(list(&answer, "/query/search")?, |page| to_hit(&home, page))
}

fn to_hit(home: &Url, page: &Value) -> Option<Hit> {
    let title = page.get("title").and_then(Value::as_str)?;
    let mut address = home.clone();
    match home.path().strip_suffix("api.php") {
        Some(folder) => {
            address.set_path(&format!("{folder}index.php"));
            address.query_pairs_mut().clear().append_pair("title", title);
        }
        None => address.set_path(&format!("/wiki/{}", title.replace(' ', "_"))),
    }
    hit(Some(address.as_str()), title, text(page, "snippet"))
}
