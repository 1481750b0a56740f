//! Chooses what to report: no repeats, not all from one page, and each next one unlike those before.

use std::collections::{BTreeSet, HashMap};

use domain::processor::Caps;

use super::rank::{Found, ratio};

/// Share of terms in common from which two quotes say the same.
const SAME: f64 = 0.75;
/// Weight of being unlike what was chosen, against being good.
const UNLIKE: f64 = 0.35;
/// Quotes that are given room freely; further ones must come this close to the best.
const FREE: usize = 11;
const CLOSE: f64 = 0.7;
/// Candidates that are compared with each other.
const COMPARED: usize = 120;

/// Indexes of the chosen, in order. Notes in `also` which pages repeat a quote.
pub(super) fn choose(
    pool: &mut [Found],
    parts: usize,
    caps: &Caps,
    is_reported: &dyn Fn(&Found) -> bool,
) -> Vec<usize> {
    let most = usize::try_from(caps.findings).unwrap_or(usize::MAX).max(parts);
    let mut open = without_repeats(pool);
    open.retain(|&index| is_reported(&pool[index]));
    let mut chosen: Vec<usize> = Vec::new();
    // Each part of the question gets its best first.
    for part in 0..parts {
        if let Some(at) = open.iter().position(|&index| pool[index].part == part) {
            chosen.push(open.remove(at));
        }
    }
    let tops: Vec<f64> = (0..parts)
        .map(|part| {
            pool.iter()
                .filter(|f| f.part == part)
                .map(|f| f.score)
                .fold(f64::MIN_POSITIVE, f64::max)
        })
        .collect();
    let per_part = most.div_ceil(parts.max(1)) + usize::from(parts > 1);
    let mut of_part = vec![usize::from(parts > 1); parts];
    let pages: BTreeSet<usize> =
        open.iter().chain(&chosen).map(|&index| pool[index].page).collect();
    let per_page = if pages.len() > 2 { (most / 2).max(4) } else { most };
    let mut taken: HashMap<usize, usize> = HashMap::new();
    for &index in &chosen {
        *taken.entry(pool[index].page).or_default() += 1;
    }
    while chosen.len() < most {
        let value = |index: usize| {
            let likest = chosen.iter().map(|&c| overlap(&pool[c].terms, &pool[index].terms));
            pool[index].score / tops[pool[index].part] - UNLIKE * likest.fold(0.0, f64::max)
        };
        let free = open.iter().enumerate().filter(|(_, index)| {
            let found = &pool[**index];
            taken.get(&found.page).copied().unwrap_or_default() < per_page
                && of_part[found.part] < per_part
                && (of_part[found.part] < FREE || found.score >= CLOSE * tops[found.part])
        });
        let best = free
            .map(|(at, &index)| (at, value(index)))
            .max_by(|a, b| a.1.total_cmp(&b.1).then(b.0.cmp(&a.0)));
        let Some((at, _)) = best else { break };
        let index = open.remove(at);
        *taken.entry(pool[index].page).or_default() += 1;
        of_part[pool[index].part] += 1;
        chosen.push(index);
    }
    chosen
}

fn without_repeats(pool: &mut [Found]) -> Vec<usize> {
    let mut kept: Vec<usize> = Vec::new();
    for index in 0..pool.len().min(COMPARED) {
        let same = kept.iter().copied().find(|&known| {
            let answers_another = pool[index].is_best && pool[known].part != pool[index].part;
            let is_inside = pool[known].page == pool[index].page
                && pool[known].span.start < pool[index].span.end
                && pool[index].span.start < pool[known].span.end;
            // Other numbers in the same words are news, not a repeat.
            let says_same = overlap(&pool[known].terms, &pool[index].terms) >= SAME
                && numbers(&pool[known].terms) == numbers(&pool[index].terms);
            !answers_another && (is_inside || says_same)
        });
        match same {
            Some(known) => {
                widen(pool, known, index);
                let page = pool[index].page;
                if page != pool[known].page && !pool[known].also.contains(&page) {
                    pool[known].also.push(page);
                }
            }
            None => kept.push(index),
        }
    }
    kept
}

/// A quote that begins with the other one, because it points back to it, takes its place.
fn widen(pool: &mut [Found], known: usize, index: usize) {
    let wider = pool[index].clone();
    let known = &mut pool[known];
    if wider.page == known.page
        && wider.block == known.block
        && wider.span.start <= known.span.start
        && known.span.end < wider.span.end
    {
        known.span = wider.span;
        known.quote = wider.quote;
        known.terms.extend(wider.terms);
    }
}

fn numbers(terms: &BTreeSet<String>) -> Vec<&String> {
    terms.iter().filter(|term| term.starts_with(|c: char| c.is_ascii_digit())).collect()
}

/// Terms in common, as a share of all.
pub(super) fn overlap(a: &BTreeSet<String>, b: &BTreeSet<String>) -> f64 {
    let common = a.intersection(b).count();
    ratio(common, a.len() + b.len() - common)
}
