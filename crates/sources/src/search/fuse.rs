//! One list from several: what many offer early comes first, each page once, copies of a text once.

use std::collections::{HashMap, HashSet};

use super::canonical::{canonical, domain_of, without_tracking};
use crate::Hit;

/// Reciprocal-rank fusion: how much the first places count. 60 is the usual figure of the literature.
const RRF_K: f32 = 60.0;
/// Bits in which the fingerprints of two texts may differ that are taken for copies.
const SAME_BITS: u32 = 3;
/// Shorter texts have too few words to be told apart by a fingerprint.
const MIN_WORDS: usize = 8;

/// Merges lists, each with its best first. What a list offers several times counts once, where it stands first. The score
/// of a hit is that of the merged list.
pub fn fuse(lists: Vec<Vec<Hit>>) -> Vec<Hit> {
    let mut merged: HashMap<String, Hit> = HashMap::new();
    for list in lists {
        let mut rank = 0.0;
        let mut offered = HashSet::new();
        for hit in list {
            let page = canonical(&hit.address);
            if !offered.insert(page.clone()) {
                continue;
            }
            rank += 1.0;
            let score = 1.0 / (RRF_K + rank);
            match merged.entry(page) {
                std::collections::hash_map::Entry::Occupied(mut known) => {
                    let known = known.get_mut();
                    known.score += score;
                    fill(&mut known.title, hit.title);
                    fill(&mut known.snippet, hit.snippet);
                    known.published = known.published.take().or(hit.published);
                }
                std::collections::hash_map::Entry::Vacant(place) => {
                    let address = without_tracking(&hit.address);
                    place.insert(Hit { address, score, ..hit });
                }
            }
        }
    }
    let mut ranked: Vec<Hit> = merged.into_values().collect();
    ranked.sort_by(|a, b| b.score.total_cmp(&a.score).then_with(|| a.address.cmp(&b.address)));
    without_copies(ranked)
}

/// Hits of one domain that stand among the best of a list.
const PER_DOMAIN: usize = 3;
/// Hits of one domain at all, the others behind those of all domains.
const AT_MOST_PER_DOMAIN: usize = 8;

/// How many hits of each domain there were.
#[derive(Debug, Default)]
pub struct Shares(HashMap<String, usize>);

/// Where one more hit of a domain belongs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Share {
    Best,
    /// Behind the hits of others.
    Spare,
    TooMany,
}

impl Shares {
    /// Counts one more hit. What has no domain crowds nobody out.
    pub fn count(&mut self, domain: Option<String>) -> Share {
        let count = domain.map_or(0, |domain| {
            let count = self.0.entry(domain).or_default();
            *count += 1;
            *count
        });
        match count {
            0..=PER_DOMAIN => Share::Best,
            count if count <= AT_MOST_PER_DOMAIN => Share::Spare,
            _ => Share::TooMany,
        }
    }
}

/// A ranked list in which no domain takes more than its share, unless the others do not use theirs.
pub fn spread(ranked: Vec<Hit>) -> Vec<Hit> {
    let mut shares = Shares::default();
    let (mut best, mut spare, mut rest) = (Vec::new(), Vec::new(), Vec::new());
    for hit in ranked {
        match shares.count(domain_of(&hit.address)) {
            Share::Best => best.push(hit),
            Share::Spare => spare.push(hit),
            Share::TooMany => rest.push(hit),
        }
    }
    best.extend(spare);
    best.extend(rest);
    best
}

fn fill(known: &mut String, other: String) {
    if known.is_empty() {
        *known = other;
    }
}

/// Of pages whose title and snippet are nearly the same, the first.
fn without_copies(ranked: Vec<Hit>) -> Vec<Hit> {
    let mut seen: Vec<u64> = Vec::new();
    let mut kept = Vec::with_capacity(ranked.len());
    for hit in ranked {
        if let Some(print) = fingerprint(&hit) {
            if seen.iter().any(|known| (known ^ print).count_ones() <= SAME_BITS) {
                continue;
            }
            seen.push(print);
        }
        kept.push(hit);
    }
    kept
}

/// SimHash over pairs of words; `None` for documents of our own and for what says too little.
fn fingerprint(hit: &Hit) -> Option<u64> {
    if hit.address.starts_with("doc://") {
        return None;
    }
    let text = format!("{} {}", hit.title, hit.snippet).to_lowercase();
    let words: Vec<&str> =
        text.split(|c: char| !c.is_alphanumeric()).filter(|w| !w.is_empty()).collect();
    if words.len() < MIN_WORDS {
        return None;
    }
    let mut weights = [0_i32; 64];
    for pair in words.windows(2) {
        let hash = hashed(pair);
        for (bit, weight) in weights.iter_mut().enumerate() {
            *weight += if hash >> bit & 1 == 1 { 1 } else { -1 };
        }
    }
    let is_set = |(bit, weight): (usize, &i32)| u64::from(*weight > 0) << bit;
    Some(weights.iter().enumerate().map(is_set).sum())
}

/// FNV-1a, so that all machines agree, and a last stir, because its high bits move little on short words.
fn hashed(words: &[&str]) -> u64 {
    let bytes = words.iter().flat_map(|word| word.bytes().chain([b' ']));
    let hash = bytes.fold(0xcbf2_9ce4_8422_2325, |hash: u64, b| {
        (hash ^ u64::from(b)).wrapping_mul(0x0100_0000_01b3)
    });
    let hash = (hash ^ (hash >> 33)).wrapping_mul(0xff51_afd7_ed55_8ccd);
    hash ^ (hash >> 33)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hit(address: &str, snippet: &str) -> Hit {
        Hit {
            address: address.into(),
            title: String::new(),
            snippet: snippet.into(),
            published: None,
            score: 0.0,
        }
    }

    fn addresses(hits: &[Hit]) -> Vec<&str> {
        hits.iter().map(|hit| hit.address.as_str()).collect()
    }

    #[test]
    fn what_several_lists_offer_comes_first() {
        let merged = fuse(vec![
            vec![hit("https://a.org/", ""), hit("https://b.org/", "")],
            vec![hit("https://www.b.org/?utm_source=x", "words"), hit("https://c.org/", "")],
        ]);
        assert_eq!(addresses(&merged), ["https://b.org/", "https://a.org/", "https://c.org/"]);
        assert_eq!(merged[0].snippet, "words");
    }

    #[test]
    fn a_page_counts_once_in_a_list_whatever_it_is_called_there() {
        let merged = fuse(vec![vec![
            hit("https://a.org/", ""),
            hit("https://b.org/?utm_source=x", ""),
            hit("https://www.b.org/", ""),
            hit("https://b.org/?utm_source=y", ""),
            hit("https://c.org/", ""),
        ]]);
        assert_eq!(addresses(&merged), ["https://a.org/", "https://b.org/", "https://c.org/"]);
        assert!((merged[2].score - 1.0 / (RRF_K + 3.0)).abs() < f32::EPSILON);
    }

    #[test]
    fn a_domain_gets_more_than_its_share_where_others_do_not_use_theirs() {
        let of = |host: &str, n: usize| hit(&format!("https://{host}/{n}"), "");
        let mut ranked: Vec<Hit> = (0..20).map(|n| of("a.org", n)).collect();
        ranked.push(of("b.org", 0));
        let spread = spread(ranked);
        assert_eq!(spread.len(), 21);
        assert_eq!(spread[3].address, "https://b.org/0");
        assert_eq!(spread[20].address, "https://a.org/19");
    }

    #[test]
    fn of_copies_of_a_text_the_first_is_kept() {
        let told = "The Otter is a small boat that was first built in Brennia in 1999 by two brothers, \
                    and it has been sold in eleven countries since then.";
        let copy = told.replace("eleven", "11");
        let other = "The Heron is a large ship that was last seen in Carsia in 2004 by a fisherman, \
                     and nobody has heard of its crew in all the years since.";
        let merged = fuse(vec![vec![
            hit("https://a.org/otter", told),
            hit("https://b.org/copied", told),
            hit("https://c.org/copied", &copy),
            hit("https://d.org/heron", other),
            hit("doc://manual/otter.md", told),
        ]]);
        let kept = addresses(&merged);
        assert!(kept.contains(&"https://a.org/otter") && kept.contains(&"https://d.org/heron"));
        assert!(!kept.contains(&"https://b.org/copied"), "{kept:?}");
        assert!(kept.contains(&"doc://manual/otter.md"));
    }

    #[test]
    fn short_texts_are_not_taken_for_copies() {
        let list = vec![hit("https://a.org/", "Otter"), hit("https://b.org/", "Otter")];
        assert_eq!(fuse(vec![list]).len(), 2);
    }
}
