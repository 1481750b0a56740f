//! What a page says of itself for machines: JSON-LD, microdata, and its description.

use scraper::{ElementRef, Html};
use serde_json::Value;

use super::super::json;
use super::super::writer::Writer;
use super::boilerplate::Care;
use super::inline;

/// Scripts of JSON-LD looked at on one page.
const MAX_SCRIPTS: usize = 20;
/// Properties of microdata taken from one page.
const MAX_PROPERTIES: usize = 300;
/// Bytes of one property; longer ones are the prose of the page.
const MAX_PROPERTY: usize = 300;

/// Writes pairs at the end of the text, under no heading: they hold for the whole page.
pub(super) fn write(page: &Html, writer: &mut Writer) {
    writer.restore(Vec::new());
    let elements = || page.root_element().descendants().filter_map(ElementRef::wrap);
    for element in elements().filter(|e| e.value().name() == "meta") {
        let name = element.value().attr("name").or_else(|| element.value().attr("property"));
        if let (Some("description" | "og:description" | "author" | "og:site_name"), Some(content)) =
            (name, element.value().attr("content"))
        {
            let key = name.unwrap_or_default().trim_start_matches("og:").replace('_', " ");
            if !content.trim().is_empty() {
                writer.pair(&key, content, true);
            }
        }
    }
    for value in linked_data(page).iter().filter(|value| !is_list_of_links(value)) {
        json::pairs(std::slice::from_ref(value), writer);
    }
    for element in elements().filter(|e| e.value().attr("itemprop").is_some()).take(MAX_PROPERTIES)
    {
        property(element, writer);
    }
}

/// The JSON-LD of a page.
pub(super) fn linked_data(page: &Html) -> Vec<Value> {
    let elements = page.root_element().descendants().filter_map(ElementRef::wrap);
    let scripts = elements.filter(|e| {
        let kind = e.value().attr("type").unwrap_or_default();
        e.value().name() == "script" && kind.trim().eq_ignore_ascii_case("application/ld+json")
    });
    scripts
        .take(MAX_SCRIPTS)
        .filter_map(|script| {
            let source: String = script.text().collect();
            let source = source.trim().trim_start_matches("<!--").trim_end_matches("-->");
            json::value(source.trim().trim_end_matches(';'))
        })
        .collect()
}

fn is_list_of_links(value: &Value) -> bool {
    let kind = value.get("@type").and_then(Value::as_str);
    matches!(kind, Some("BreadcrumbList" | "SiteNavigationElement" | "ItemList" | "WebSite"))
}

fn property(element: ElementRef<'_>, writer: &mut Writer) {
    // A thing of its own: its properties follow, with this one in their path.
    if element.value().attr("itemscope").is_some() {
        return;
    }
    let name = element.value().name();
    let given = element.value().attr("content").or_else(|| element.value().attr("datetime"));
    let given = given.or_else(|| element.value().attr("href").filter(|_| name == "link"));
    let value = given.map_or_else(|| inline::words(*element, Care::Strict), str::to_owned);
    if value.trim().is_empty() || value.len() > MAX_PROPERTY {
        return;
    }
    let mut path: Vec<&str> = element
        .ancestors()
        .filter_map(|above| above.value().as_element())
        .filter(|above| above.attr("itemscope").is_some())
        .filter_map(|above| above.attr("itemprop"))
        .collect();
    path.reverse();
    path.extend(element.value().attr("itemprop"));
    writer.pair(&path.join("."), &value, true);
}
