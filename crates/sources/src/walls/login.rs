//! Pages whose only purpose is to let somebody in.

use scraper::ElementRef;

use crate::extract;

use super::MAX_SOURCE_BYTES;
use super::look::Look;
use super::signs::{LOGINS, WHO, any};

/// Bytes that such a page may say beside, by how much says that it is one: only a field for a password around it,
const ROOM_AROUND: usize = 0;
/// only its own,
const ROOM_ASKED: usize = 24;
/// its beginning and a field for a name,
const ROOM_OPENED: usize = 16;
/// its title and such a field,
const ROOM_TITLED: usize = 48;
/// one of them and a field for a password,
const ROOM_BOTH: usize = 400;
/// or all of them: terms of use, and the praise of the service.
const ROOM_ALL: usize = 6_000;
/// Parts of a page around what it is there for.
const AROUND: [&str; 4] = ["header", "nav", "aside", "footer"];

pub(super) fn is_wall(look: &Look, source: &str) -> bool {
    let asks_password = ["type=\"password\"", "type=password", "type='password'"]
        .iter()
        .any(|field| source.contains(field));
    let asks_who = || any(WHO).any(|way| source.contains(way));
    let is_titled = look.titles.iter().any(|title| is_called(title));
    let is_opened = look.opening(is_called).is_some();
    let room = match (asks_password, is_titled, is_opened) {
        (true, false, _) if !asks_password_itself(source) => ROOM_AROUND,
        (true, true, true) => ROOM_ALL,
        (true, true, false) | (true, false, true) => ROOM_BOTH,
        (true, false, false) => ROOM_ASKED,
        (false, true, _) if asks_who() => ROOM_TITLED,
        (false, false, true) if asks_who() => ROOM_OPENED,
        (false, _, _) => return false,
    };
    look.rest() <= room
}

/// Whether a field for a password stands in the page itself; many have one around it.
fn asks_password_itself(source: &str) -> bool {
    if source.len() > MAX_SOURCE_BYTES {
        return true;
    }
    let page = extract::seen(source);
    let is_field = |e: &ElementRef<'_>| {
        e.value().name() == "input" && e.value().attr("type").is_some_and(|kind| kind == "password")
    };
    let is_around = |e: &ElementRef<'_>| {
        let mut above = e.ancestors().filter_map(|above| above.value().as_element());
        above.any(|above| AROUND.contains(&above.name()))
    };
    let elements = page.root_element().descendants().filter_map(ElementRef::wrap);
    elements.filter(is_field).any(|field| !is_around(&field))
}

/// Whether words call a page a login: `Sign in`, `Sign in to Acme`.
fn is_called(words: &str) -> bool {
    let words = words.trim_matches(|c: char| !c.is_alphanumeric());
    any(LOGINS).any(|login| {
        let rest = words.strip_prefix(login);
        rest.is_some_and(|rest| {
            rest.is_empty()
                || [" to ", " bei ", " à ", " en "].iter().any(|to| rest.starts_with(to))
        })
    })
}
