//! Pages that scripts are still to fill.

use scraper::{ElementRef, Html};

use super::look::{self, Look};
use super::signs::{WAITING, any};

/// Such a page says less than this beside its name and what walls say, in bytes, before its scripts have run.
const MAX_BYTES: usize = 8;
/// Where frameworks put the page that scripts make.
const ROOTS: &[&str] =
    &["root", "app", "__next", "__nuxt", "___gatsby", "svelte", "q-app", "main-app", "react-root"];

/// Whether scripts are still to put the text there: all that is said is to wait, or the place for it is empty.
pub(super) fn is_unfilled(look: &Look, source: &str) -> bool {
    if !source.contains("<script") || look.rest() > MAX_BYTES {
        return false;
    }
    let mut said = look.sentences.iter().map(|sentence| sentence.words.as_str());
    let is_other =
        |words: &str| !is_waiting(words) && look.titles.iter().all(|title| title != words);
    let waits = look.sentences.iter().any(|sentence| is_waiting(&sentence.words));
    (waits && !said.any(is_other)) || has_empty_root(look, source)
}

fn is_waiting(words: &str) -> bool {
    let words: Vec<&str> =
        words.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty()).collect();
    let words = words.join(" ");
    any(WAITING).any(|known| known == words)
}

/// Whether the page has a place for what scripts make, and nothing is there yet but its name and a request to wait.
fn has_empty_root(look: &Look, source: &str) -> bool {
    let page = Html::parse_document(source);
    let is_root = |e: &ElementRef<'_>| {
        e.value().name() == "app-root" || e.value().id().is_some_and(|id| ROOTS.contains(&id))
    };
    let elements = page.root_element().descendants().filter_map(ElementRef::wrap);
    let mut roots = elements.filter(is_root);
    roots.next().is_some_and(|root| {
        let words = look::plain(&shown(root));
        words.trim().is_empty() || is_waiting(&words) || look.beside(&words) == 0
    })
}

fn shown(root: ElementRef<'_>) -> String {
    let is_code = |name: &str| matches!(name, "script" | "style" | "noscript" | "template");
    let texts = root.descendants().filter_map(|node| {
        let holder = node.parent().and_then(|parent| parent.value().as_element());
        node.value().as_text().filter(|_| holder.is_none_or(|element| !is_code(element.name())))
    });
    texts.map(|text| &**text).collect::<Vec<_>>().join(" ")
}
