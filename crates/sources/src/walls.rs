//! Pages that stand in front of the page: challenges, logins, refusals, questions for consent, "not found" with status
//! 200, domains for sale.
//!
//! No words alone make a wall, since other pages use them too. It is one where the words stand, and how much else the page
//! says: a wall speaks of nothing else.

mod consent;
mod login;
mod look;
mod onward;
mod paywall;
mod shell;
mod signs;
#[cfg(test)]
mod tests;
mod words;

use std::collections::HashSet;

use domain::text::{BlockKind, Text};
use url::Url;

use crate::extract::decoded;
use crate::extract::kind::Kind;
use look::Look;
use signs::{EXPLAINING, WALLS, Wall, any};

/// Pages with more text than this, in bytes, are never taken for a wall.
const MAX_BYTES: usize = 20_000;
/// Larger sources, in bytes, are not parsed a second time.
const MAX_SOURCE_BYTES: usize = 1_000_000;
/// Bytes that a page says beside, where its title or its beginning says that it is a wall.
const ROOM_TOLD: usize = 16;
/// Where its title or its beginning is no more than words that may also name something else, such as a film.
const ROOM_NAMED: usize = 8;
/// Of the room that a wall has, the sentence that says it takes at most this part; one that says more has another subject.
const SHARE_SAID: usize = 4;

const CHECK: &str = "the host asks for a browser check";
const HUMAN: &str = "the host asks for a proof of being human";
const REFUSED: &str = "the host refuses machines";
const TOO_MANY: &str = "the host takes us for too many requests";
pub(crate) const SCRIPTS: &str = "its text is put there by scripts, which are not run";
pub(crate) const NO_WORDS: &str = "there are no words in it";
pub(crate) const PICTURES: &str = "it shows pictures only";
pub(crate) const FRAMES: &str = "it is a frame set";
/// The same of a page that a browser was given.
pub(crate) const SCRIPTS_IN_VAIN: &str =
    "its text is put there by scripts, and a browser that ran them shows none";
const SUBSCRIBERS: &str = "it is for subscribers";
const LOGIN: &str = "it asks for a login";
const ABSENT: &str = "it says that there is no such page, with status 200";
const CONSENT: &str = "it shows nothing before somebody agrees to its cookies";
const SOLD: &str = "its domain is for sale";
pub(crate) const ELSEWHERE: &str = "it only leads to another page";
const MAINTENANCE: &str = "its site is closed for maintenance";
const CLOSED: &str = "its site was shut down by the provider";
const AGE: &str = "it asks for an age";
const ADVERTS: &str = "it shows nothing to those who block advertisements";
const ABROAD: &str = "it is not shown in the country from which we ask";
const UNUSED: &str = "it is the first page of a server that nobody has set up";
const FAULT: &str = "it says that the server has failed, with status 200";

/// The reason why a page has no text that a reader elsewhere told.
pub(crate) fn reason(told: &str) -> &'static str {
    let known = [SCRIPTS, PICTURES, FRAMES];
    known.into_iter().find(|known| *known == told).unwrap_or(NO_WORDS)
}

/// Whether the reason why a page has no text is that scripts are to put it there.
pub(crate) fn is_about_scripts(why: &str) -> bool {
    why == SCRIPTS
}

/// Whether it is that there are no words, which of a page that was rendered says as little.
pub(crate) fn is_about_nothing(why: &str) -> bool {
    is_about_scripts(why) || [NO_WORDS, PICTURES].contains(&why)
}

/// Where a page leads that has no text for this reason, if it has a refresh that stands in the place of a redirect.
pub(crate) fn onward(why: &str, bytes: &[u8], label: Option<&str>, page: &Url) -> Option<Url> {
    let says_nothing = why == ELSEWHERE || is_about_nothing(why);
    let may_lead = says_nothing && bytes.len() <= MAX_SOURCE_BYTES;
    may_lead.then(|| onward::target(&decoded(bytes, label), page))?
}

/// Why a page is not what was asked for; `None` if it seems to be. Files of other kinds are never walls.
pub(crate) fn recognise(text: &Text, kind: Kind, bytes: &[u8]) -> Option<&'static str> {
    if kind != Kind::Html || text.body.len() > MAX_BYTES {
        return None;
    }
    let look = Look::at(text);
    let source = String::from_utf8_lossy(bytes).to_lowercase();
    if paywall::is_wall(text, &look) {
        return Some(SUBSCRIBERS);
    }
    if login::is_wall(&look, &source) {
        return Some(LOGIN);
    }
    if let Some(wall) = WALLS.iter().find(|wall| is_wall(wall, &look)) {
        return Some(wall.why);
    }
    if is_offer(text) {
        return Some(SOLD);
    }
    if onward::is_wall(&look, &source) {
        return Some(ELSEWHERE);
    }
    if consent::is_wall(text, &look, &source) {
        return Some(CONSENT);
    }
    shell::is_unfilled(&look, &source).then_some(SCRIPTS)
}

/// Whether a page says that it is such a wall, and little else.
fn is_wall(wall: &Wall, look: &Look) -> bool {
    if explains(wall, look) {
        return false;
    }
    let told = look.opening(|words| wall.is_said_in(words));
    let has_room = |room: usize| look.rest() <= room;
    if let Some(opening) = told {
        // Sites set what else they have below a page that is not there.
        let is_all = wall.why == ABSENT
            && look.lead(opening, wall) <= ROOM_TOLD
            && !look.comes_back(opening, wall);
        return is_all || has_room(ROOM_TOLD);
    }
    let is_called = || {
        look.titles.iter().any(|title| wall.is_called(title))
            || look.opening(|words| wall.is_called(words)).is_some()
    };
    let says = |words: &str| wall.is_said_in(words) && look.beside(words) <= wall.room / SHARE_SAID;
    let is_said = || look.statements().any(|sentence| says(&sentence.words));
    (look.is_named(|words| wall.is_said_in(words)) && has_room(ROOM_TOLD))
        || (is_said() && has_room(wall.room))
        || (is_called() && has_room(ROOM_NAMED))
}

/// Whether the title asks what such walls are or why they are there: who explains them uses their words. Pages that are not
/// there, or not for everybody, keep the titles of what was asked for.
fn explains(wall: &Wall, look: &Look) -> bool {
    let is_question = |title: &String| {
        any(EXPLAINING).any(|word| title.starts_with(word))
            && words::beside(title, &HashSet::new()) <= ROOM_NAMED
    };
    ![ABSENT, LOGIN].contains(&wall.why) && look.titles.iter().any(is_question)
}

/// Whether the title or the beginning offers a domain by its name, and there is hardly more: `example.org is for sale`.
fn is_offer(text: &Text) -> bool {
    const MAX_BYTES: usize = 600;
    const FIRST_BLOCKS: usize = 4;
    let is_words =
        |kind: &BlockKind| matches!(kind, BlockKind::Heading { .. } | BlockKind::Paragraph);
    let first = text.blocks.iter().take(FIRST_BLOCKS).filter(|block| is_words(&block.kind));
    let mut first = first.map(|block| text.block_text(block)).chain([text.title.as_str()]);
    text.body.len() <= MAX_BYTES && first.any(|words| offers(&look::plain(words)))
}

fn offers(words: &str) -> bool {
    let offered = ["is for sale", "may be for sale", "steht zum verkauf", "est à vendre"];
    let name =
        offered.iter().find_map(|offer| words.split_once(offer)).map(|(name, _)| name.trim());
    let is_domain = |name: &str| {
        let last = name.split_whitespace().next_back().unwrap_or_default();
        last.split_once('.').is_some_and(|(host, end)| !host.is_empty() && end.len() >= 2)
    };
    name.is_some_and(is_domain)
}
