//! What holds of any bytes from outside, one function per parser: for the fuzz targets in `fuzz/`, and in each test run over
//! damaged examples of everything. Not for use.
//!
//! Each panics where something does not hold.

#[cfg(test)]
mod tests;

use std::time::Duration;

use domain::text::{Block, BlockKind, Span, Text};
use url::Url;

use crate::extract::{isolated, read_bytes};
use crate::providers::ALL;
use crate::providers::wire::{Account, Asking, Filters};
use crate::{fetch, robots};

/// A page of the web. The first byte chooses its label; a text that comes must be well made.
///
/// # Panics
///
/// Where it is not.
pub fn page(bytes: &[u8]) {
    let labels = [
        None,
        Some("text/html"),
        Some("text/plain"),
        Some("text/csv"),
        Some("application/json"),
        Some("text/markdown"),
        Some("application/rss+xml"),
        Some("application/xml"),
        Some("application/xhtml+xml"),
    ];
    let Some((label, page)) = chosen(bytes, &labels) else { return };
    if let Ok(text) = read_bytes(page, "https://a.test/a", *label) {
        assert_eq!(flaw(&text), None, "{text:?}");
    }
}

/// A document of a kind that is read in a process of its own, without the limits of one. The first byte chooses the kind.
///
/// # Panics
///
/// Where its reader does.
pub fn document(bytes: &[u8]) {
    let kinds = ["pdf", "docx", "pptx", "xlsx", "epub"];
    let Some((kind, document)) = chosen(bytes, &kinds) else { return };
    let told = isolated::answer(kind, document, std::io::sink());
    assert_eq!(told, Ok(()));
}

/// A robots.txt, and the header `Retry-After`: no rule fails, no pause is longer than we obey.
///
/// # Panics
///
/// Where one is.
pub fn robots(bytes: &[u8]) {
    if let Some(rules) = robots::Rules::read(bytes) {
        for path in ["/", "/a/b?c=d", "/%66oo/%zz", "/robots.txt"] {
            let url = Url::parse("https://a.test").and_then(|url| url.join(path));
            let _ = url.is_ok_and(|url| rules.allow(&url));
        }
        assert!(rules.delay().is_none_or(|delay| delay <= robots::MAX_DELAY));
    }
    let said = String::from_utf8_lossy(bytes);
    let pause = fetch::pause(&said, said.lines().next_back());
    assert!(pause.is_none_or(|pause| pause >= Duration::ZERO));
}

/// What a search provider answers. The first byte chooses the provider; each hit leads to the web.
///
/// # Panics
///
/// Where one does not.
pub fn answer(bytes: &[u8]) {
    let Some((wire, reply)) = chosen(bytes, &ALL) else { return };
    let (account, filters) = (Account::default(), Filters::default());
    let Ok(base) = Url::parse("https://a.test/") else { return };
    let asking =
        Asking { account: &account, base: &base, query: "high tide", limit: 5, filters: &filters };
    for hit in (wire.read)(&asking, reply).unwrap_or_default() {
        assert!(hit.address.starts_with("http://") || hit.address.starts_with("https://"));
    }
    (wire.fault)(400, &String::from_utf8_lossy(reply));
}

fn chosen<'a, T>(bytes: &'a [u8], from: &'a [T]) -> Option<(&'a T, &'a [u8])> {
    let (first, rest) = bytes.split_first()?;
    Some((&from[usize::from(*first) % from.len()], rest))
}

/// What is wrong with a text. In one that is well made, blocks follow each other with nothing but line ends between them,
/// and the span of each part of a block is what the block says.
pub(crate) fn flaw(text: &Text) -> Option<String> {
    if !text.is_sound() {
        return Some("spans do not fit".into());
    }
    if !unicode_normalization::is_nfc(&text.body) {
        return Some("the body is not in NFC".into());
    }
    if text.blocks.is_empty() {
        return Some("there are no blocks".into());
    }
    let mut places = text.links.iter().flat_map(|link| &link.places).map(|place| text.quote(place));
    if let Some(label) = places.find(|label| label.is_empty() || label.trim() != *label) {
        return Some(format!("a link is {label:?}"));
    }
    let mut at = 0;
    for (index, block) in text.blocks.iter().enumerate() {
        let gap = text.body.get(at..block.span.start);
        let is_first = index == 0;
        if gap.is_none_or(|gap| gap.is_empty() != is_first || gap.bytes().any(|b| b != b'\n')) {
            return Some(format!("before block {index} stands {gap:?}"));
        }
        if !says_itself(text, block) || !is_under_headings(text, index, block) {
            return Some(format!("block {index} is not what it says: {block:?}"));
        }
        at = block.span.end;
    }
    (at != text.body.len()).then(|| "something follows the last block".into())
}

fn says_itself(text: &Text, block: &Block) -> bool {
    let whole = text.block_text(block);
    let is_trimmed = |words: &str| !words.is_empty() && words.trim() == words;
    // Both at their ends, and between them no more than a sign.
    let is_two = |first: &Span, last: &Span| {
        let between = text.body.get(first.end..last.start).unwrap_or_default();
        (first.start, last.end) == (block.span.start, block.span.end)
            && is_trimmed(text.quote(first))
            && is_trimmed(text.quote(last))
            && matches!(between, "\n" | ": " | " | " | " " | " – " | " - ")
    };
    match &block.kind {
        BlockKind::Heading { level } => *level > 0 && is_trimmed(whole) && !whole.contains('\n'),
        BlockKind::Paragraph | BlockKind::ListItem { .. } | BlockKind::Quote => is_trimmed(whole),
        BlockKind::Code => !whole.trim().is_empty() && whole.trim_end() == whole,
        BlockKind::Row { cells, header, .. } => {
            let said: Vec<&str> = cells.iter().map(|cell| text.quote(cell)).collect();
            let is_header = |index: &usize| {
                matches!(text.blocks[*index].kind, BlockKind::Row { is_header: true, .. })
            };
            let is_inside =
                |cell: &Span| block.span.start <= cell.start && cell.end <= block.span.end;
            said.join(" | ") == whole
                && cells.iter().all(is_inside)
                && header.iter().all(is_header)
                && said.iter().all(|cell| cell.is_empty() || is_trimmed(cell))
        }
        BlockKind::Definition { term, meaning } => is_two(term, meaning),
        BlockKind::Pair { key, value, .. } => is_two(key, value),
    }
}

/// Whether what a block stands under are headings before it, each deeper than the one above.
fn is_under_headings(text: &Text, index: usize, block: &Block) -> bool {
    let level = |at: &usize| {
        let BlockKind::Heading { level } = text.blocks[*at].kind else { return None };
        (*at < index).then_some(level)
    };
    let levels: Option<Vec<u8>> = block.under.iter().map(level).collect();
    levels.is_some_and(|levels| levels.is_sorted_by(|above, below| above < below))
}
