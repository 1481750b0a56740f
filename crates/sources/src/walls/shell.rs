//! Pages that scripts are still to fill.

use scraper::ElementRef;

use crate::extract;

use super::MAX_SOURCE_BYTES;
use super::look::{self, Look};
use super::signs::{WAITING, any};

/// Such a page says no more than this beside its name and what walls say, in bytes, before its scripts have run,
const MAX_BYTES: usize = 8;
/// and no more than this with its header and footer.
const MAX_BYTES_IN_ALL: usize = 200;
/// Where frameworks put the page that scripts make.
const ROOTS: &[&str] =
    &["root", "app", "__next", "__nuxt", "___gatsby", "svelte", "q-app", "main-app", "react-root"];

/// Whether scripts are still to put the text there: all that is said is to wait, or the place for it is empty.
pub(super) fn is_unfilled(look: &Look, source: &str) -> bool {
    if !source.contains("<script") || look.rest() > MAX_BYTES_IN_ALL {
        return false;
    }
    let mut said = look.sentences.iter().map(|sentence| sentence.words.as_str());
    let is_other =
        |words: &str| !is_waiting(words) && look.titles.iter().all(|title| title != words);
    let waits = look.sentences.iter().any(|sentence| is_waiting(&sentence.words));
    (waits && !said.any(is_other))
        || (source.len() <= MAX_SOURCE_BYTES && has_empty_root(look, source))
}

fn is_waiting(words: &str) -> bool {
    let words: Vec<&str> =
        words.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty()).collect();
    let words = words.join(" ");
    any(WAITING).any(|known| known == words)
}

/// Whether the page has a place for what scripts make, and nothing is there yet but its name and a request to wait, nor
/// beside it but in its header and footer.
fn has_empty_root(look: &Look, source: &str) -> bool {
    let page = extract::seen(source);
    let is_root = |e: &ElementRef<'_>| {
        e.value().name() == "app-root" || e.value().id().is_some_and(|id| ROOTS.contains(&id))
    };
    let elements = || page.root_element().descendants().filter_map(ElementRef::wrap);
    let said =
        |part: ElementRef<'_>, left_out: &[&str]| look.beside(&look::plain(&shown(part, left_out)));
    elements().find(is_root).is_some_and(|root| said(root, CODE) == 0)
        && said(page.root_element(), &[CODE, AROUND].concat()) <= MAX_BYTES
}

const CODE: &[&str] = &["script", "style", "noscript", "template"];
const AROUND: &[&str] = &["head", "header", "footer", "nav"];

/// The words of a part, without those in elements of these names.
fn shown(part: ElementRef<'_>, left_out: &[&str]) -> String {
    let texts = part.descendants().filter_map(|node| {
        let mut above = node.ancestors().filter_map(|above| above.value().as_element());
        node.value().as_text().filter(|_| !above.any(|e| left_out.contains(&e.name())))
    });
    texts.map(|text| &**text).collect::<Vec<_>>().join(" ")
}
