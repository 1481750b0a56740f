//! Pages that stand in front of the page: challenges, logins, refusals, questions for consent, "not found" with status
//! 200, domains for sale.

mod consent;
mod signs;
#[cfg(test)]
mod tests;

use domain::text::{BlockKind, Text};

use crate::extract::kind::Kind;
use signs::{FILLERS, LOGINS, NOT_HERE, NOT_HERE_HEADINGS, SHORT_SIGNS, SIGNS, WAITING, WHO};

/// Pages with more text than this, in bytes, are never taken for a wall; they may be about walls.
const MAX_WALL_BYTES: usize = 2_000;
/// And so are those that use words of walls which others use too.
const MAX_SHORT_BYTES: usize = 600;
/// A page with a field for a password and less text than this, in bytes, is a login and nothing else.
const MAX_LOGIN_BYTES: usize = 600;
/// A page that scripts are to fill shows less text than this, in bytes, before they run.
const MAX_SHELL_BYTES: usize = 150;
/// Blocks at the beginning of a page that may say what it is.
const FIRST_BLOCKS: usize = 4;

const CHECK: &str = "the host asks for a browser check";
const HUMAN: &str = "the host asks for a proof of being human";
const REFUSED: &str = "the host refuses machines";
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

/// Where frameworks put the page that scripts make.
const SHELLS: &[&str] = &[
    "id=\"root\"",
    "id=root",
    "id=\"app\"",
    "id=app",
    "id=\"__next\"",
    "id=\"__nuxt\"",
    "<app-root",
    "id=\"svelte\"",
    "id=\"q-app\"",
];

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

/// Why a page is not what was asked for; `None` if it seems to be.
pub(crate) fn recognise(text: &Text, kind: Kind, bytes: &[u8]) -> Option<&'static str> {
    if text.body.len() > MAX_WALL_BYTES {
        return None;
    }
    let title = text.title.to_lowercase();
    let whole = format!("{title}\n{}", text.body.to_lowercase()).replace('’', "'");
    let said = |signs: &[(&str, &'static str)]| {
        signs.iter().find(|(sign, _)| whole.contains(sign)).map(|(_, why)| *why)
    };
    if let Some(why) = said(SIGNS) {
        return Some(why);
    }
    // Without the name of the site.
    let own = title.split(['|', '–', '—', '·']).next().unwrap_or_default();
    let own = own.split(" - ").next().unwrap_or_default().trim();
    if NOT_HERE.contains(&own) {
        return Some(ABSENT);
    }
    if kind != Kind::Html {
        return None;
    }
    let is_short = text.body.len() <= MAX_SHORT_BYTES;
    if is_short && let Some(why) = said(SHORT_SIGNS) {
        return Some(why);
    }
    let first = first_words(text);
    if is_short && first.iter().any(|words| is_absence(words)) {
        return Some(ABSENT);
    }
    if is_short && (is_offer(own) || first.iter().any(|words| is_offer(words))) {
        return Some(SOLD);
    }
    let source = String::from_utf8_lossy(bytes).to_lowercase();
    if is_login(text, own, &first, &source) {
        return Some(LOGIN);
    }
    if consent::is_wall(text, &source) {
        return Some(CONSENT);
    }
    is_unfilled(text, &source).then_some(SCRIPTS)
}

/// The headings and lines with which the page begins, in lower case.
fn first_words(text: &Text) -> Vec<String> {
    let is_words =
        |kind: &BlockKind| matches!(kind, BlockKind::Heading { .. } | BlockKind::Paragraph);
    let first = text.blocks.iter().take(FIRST_BLOCKS).filter(|block| is_words(&block.kind));
    first.map(|block| text.block_text(block).to_lowercase().replace('’', "'")).collect()
}

/// Whether words say that there is no such page, and nothing else.
fn is_absence(words: &str) -> bool {
    let words: Vec<&str> = words
        .split(|c: char| !(c.is_alphanumeric() || c == '\''))
        .filter(|word| !word.is_empty())
        .collect();
    let telling: Vec<&str> = words.iter().copied().filter(|word| !FILLERS.contains(word)).collect();
    if telling.is_empty() {
        return words.contains(&"404");
    }
    let (telling, words) = (telling.join(" "), words.join(" "));
    NOT_HERE_HEADINGS.iter().any(|known| *known == telling || *known == words)
}

/// Whether words offer a domain: `example.org is for sale`.
fn is_offer(words: &str) -> bool {
    let offered = ["is for sale", "may be for sale", "steht zum verkauf", "est à vendre"];
    let name =
        offered.iter().find_map(|offer| words.split_once(offer)).map(|(name, _)| name.trim());
    let is_domain = |name: &str| {
        let last = name.split_whitespace().next_back().unwrap_or_default();
        last.split_once('.').is_some_and(|(host, end)| !host.is_empty() && end.len() >= 2)
    };
    name.is_some_and(is_domain)
}

fn is_login(text: &Text, own: &str, first: &[String], source: &str) -> bool {
    let is_title = |words: &str| {
        let words = words.trim_matches(|c: char| !c.is_alphanumeric());
        LOGINS.iter().any(|login| {
            let rest = words.strip_prefix(login);
            rest.is_some_and(|rest| {
                rest.is_empty() || rest.starts_with(" to ") || rest.starts_with(" bei ")
            })
        })
    };
    let is_called_login = is_title(own) || first.iter().any(|words| is_title(words));
    let asks_password = ["type=\"password\"", "type=password", "type='password'"]
        .iter()
        .any(|field| source.contains(field));
    let is_little = text.body.len() < MAX_LOGIN_BYTES;
    (asks_password && (LOGINS.contains(&own) || is_little))
        || (is_called_login && is_little && WHO.iter().any(|way| source.contains(way)))
}

/// Whether scripts are still to put the text there.
fn is_unfilled(text: &Text, source: &str) -> bool {
    if text.body.len() >= MAX_SHELL_BYTES || !source.contains("<script") {
        return false;
    }
    let is_waiting = |words: &str| {
        let words = words.to_lowercase();
        let words: Vec<&str> =
            words.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty()).collect();
        WAITING.contains(&words.join(" ").as_str())
    };
    let mut others =
        text.blocks.iter().map(|block| text.block_text(block)).filter(|words| *words != text.title);
    let waits = text.blocks.iter().any(|block| is_waiting(text.block_text(block)));
    SHELLS.iter().any(|mark| source.contains(mark)) || (waits && others.all(is_waiting))
}
