//! Articles of which only the beginning is shown to those who do not pay.

use std::collections::HashSet;

use domain::text::{BlockKind, Text};

use super::look::{self, Look, Sentence};
use super::signs::{PAYWALL, READ_ON, SUBSCRIBERS_ALREADY, any};

/// Bytes of a block that asks to subscribe; longer ones are prose that speaks of it.
const MAX_REQUEST_BYTES: usize = 300;
/// Bytes that a request may say beside.
const ROOM_REQUEST: usize = 24;
/// Bytes that may be said beside after a request: prices, an address.
const ROOM_AFTER: usize = 120;
/// An article with less text than this, in bytes, that says that it is not free is a teaser.
const MAX_TEASER_BYTES: usize = 2_500;

pub(super) fn is_wall(text: &Text, look: &Look) -> bool {
    let is_request = |sentence: &&Sentence| {
        sentence.block_bytes <= MAX_REQUEST_BYTES && look.beside(&sentence.words) <= ROOM_REQUEST
    };
    let requests = || look.statements().filter(is_request);
    let asks = |sentence: &&Sentence| PAYWALL.is_said_in(&sentence.words);
    let names_others = |sentence: &&Sentence| SUBSCRIBERS_ALREADY.is_said_in(&sentence.words);
    let costs = says_that_it_costs(text);
    if costs && shown_bytes(text) <= MAX_TEASER_BYTES {
        return true;
    }
    if lists_articles(text) {
        return false;
    }
    let Some(last) = requests().filter(asks).last() else {
        return requests().any(|sentence| names_others(&sentence)) && look.rest() <= ROOM_REQUEST;
    };
    let after = look.sentences.iter().skip_while(|sentence| sentence.block <= last.block);
    let is_at_the_end =
        after.map(|sentence| look.beside(&sentence.words)).sum::<usize>() <= ROOM_AFTER;
    let blocks = || requests().filter(|s| asks(s) || names_others(s)).map(|s| s.block);
    let is_said_twice = blocks().min() != blocks().max() && blocks().max() >= Some(last.block);
    costs || is_at_the_end || is_said_twice
}

/// Whether links to several pages are called `Continue reading` or the like: what goes on there need not be paid for.
fn lists_articles(text: &Text) -> bool {
    let goes_on = |label: &str| any(READ_ON).any(|known| look::plain(label).starts_with(known));
    let on = text.links.iter().filter(|link| goes_on(&link.label)).map(|link| &link.address);
    on.collect::<HashSet<_>>().len() > 1
}

/// Whether the page's own data say of an article that it is not free. Of museums and shows they mean the entrance.
fn says_that_it_costs(text: &Text) -> bool {
    let data = || {
        text.blocks.iter().filter_map(|block| {
            let BlockKind::Pair { key, value, is_data: true } = &block.kind else { return None };
            Some((text.quote(key).rsplit('.').next().unwrap_or_default(), text.quote(value)))
        })
    };
    let is_article = |kind: &str| kind.ends_with("Article") || kind.ends_with("Posting");
    let is_false = |value: &str| value.trim().eq_ignore_ascii_case("false");
    data().any(|(key, value)| key == "isAccessibleForFree" && is_false(value))
        && data().any(|(key, value)| key == "type" && is_article(value))
}

/// Bytes of what is shown, data left out.
fn shown_bytes(text: &Text) -> usize {
    let is_shown = |kind: &BlockKind| !matches!(kind, BlockKind::Pair { is_data: true, .. });
    let shown = text.blocks.iter().filter(|block| is_shown(&block.kind));
    shown.map(|block| block.span.len()).sum()
}
