//! Any API that answers a GET with JSON: an address with places for the query, and JSON pointers into the answer.

use egress::Request;
use serde_json::Value;
use url::Url;

use super::wire::{Abilities, Asking, Fault, Key, Pace, Wire, hit, json, told};
use crate::Hit;

/// How an operator describes it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct JsonApi {
    /// With `{query}`, and perhaps `{count}` and `{key}`, which are filled in percent-encoded.
    pub template: String,
    /// JSON pointer to the list; empty if the answer is the list.
    pub results: String,
    /// Pointers from an entry of the list.
    pub address: String,
    pub title: String,
    pub snippet: String,
    /// Empty if there is none.
    pub date: String,
}

impl Default for JsonApi {
    fn default() -> Self {
        Self {
            template: String::new(),
            results: "/results".into(),
            address: "/url".into(),
            title: "/title".into(),
            snippet: "/snippet".into(),
            date: String::new(),
        }
    }
}

pub(super) const WIRE: Wire = Wire {
    name: "api",
    title: "the JSON API of `search.api`",
    base: "",
    key: Key::Optional,
    variable: None,
    able: Abilities::plain(50, 1_000),
    pace: Pace::parallel(2, 100),
    worded: |asking| asking.plain(),
    request,
    read,
    fault: |_, _| None,
};

impl JsonApi {
    /// Checks a template and gives the address by which its host is known.
    pub fn base(template: &str) -> Result<Url, String> {
        if !template.contains("{query}") {
            return Err("write an address with {query} where the words go".into());
        }
        let filled = template.replace("{query}", "x").replace("{count}", "1").replace("{key}", "k");
        let url = Url::parse(&filled).ok();
        let url = url.filter(|url| matches!(url.scheme(), "http" | "https") && url.has_host());
        let mut url = url.ok_or("write an address that begins with http:// or https://")?;
        let is_in_host = template.split("://").nth(1).is_some_and(|rest| {
            rest.split(['/', '?']).next().is_some_and(|host| host.contains('{'))
        });
        if is_in_host {
            return Err("the host must be fixed: {query}, {count} and {key} go behind it".into());
        }
        url.set_query(None);
        Ok(url)
    }

    /// Checks a JSON pointer.
    pub fn pointer(text: &str) -> Result<String, String> {
        let text = text.trim();
        if text.is_empty() || text.starts_with('/') {
            Ok(text.to_owned())
        } else {
            Err("write a JSON pointer such as /data/items, or nothing for the value itself".into())
        }
    }
}

fn request(asking: &Asking<'_>) -> Request {
    let template = asking.account.api.as_ref().map_or("", |api| api.template.as_str());
    let encoded =
        |text: &str| url::form_urlencoded::byte_serialize(text.as_bytes()).collect::<String>();
    let key = encoded(asking.account.key.as_ref().map_or("", |key| key.reveal()));
    let filled = template
        .replace("{query}", &encoded(asking.query))
        .replace("{count}", &asking.count())
        .replace("{key}", &key);
    // Checked when the setting was read; only the filled-in words differ.
    let url = Url::parse(&filled).unwrap_or_else(|_| asking.base.clone());
    let request = asking.get(url, &[]);
    if template.contains("{key}") {
        return Request { hidden: Some(key), ..request };
    }
    asking.with_key(request, "authorization", "Bearer")
}

fn read(asking: &Asking<'_>, body: &[u8]) -> Result<Vec<Hit>, Fault> {
    let fallback = JsonApi::default();
    let api = asking.account.api.as_ref().unwrap_or(&fallback);
    let answer = json(body)?;
    let found = answer.pointer(&api.results).and_then(Value::as_array);
    let found = found.ok_or_else(|| {
        Fault::Setup(format!(
            "its answer holds no list at `{}`; set search.api.results to the pointer of the list",
            api.results
        ))
    })?;
    let at = |entry: &'_ Value, pointer: &str| -> String {
        let is_set = !pointer.is_empty() || entry.is_string();
        let value = if is_set { entry.pointer(pointer) } else { None };
        value.and_then(Value::as_str).unwrap_or_default().to_owned()
    };
    let hits: Vec<Hit> = found
        .iter()
        .filter_map(|entry| {
            let address = at(entry, &api.address);
            let mut hit = hit(Some(&address), &at(entry, &api.title), &at(entry, &api.snippet))?;
            hit.published = told(&at(entry, &api.date));
            Some(hit)
        })
        .collect();
    if hits.is_empty() && !found.is_empty() {
        return Err(Fault::Setup(format!(
            "no entry of its list has an address at `{}`; set search.api.address to the pointer of one",
            api.address
        )));
    }
    Ok(hits)
}
