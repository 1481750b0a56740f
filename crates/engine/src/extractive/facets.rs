//! Groups what is reported under names that the pages themselves give.

use super::question::Question;
use super::rank::{Findings, Found};
use super::words;
use crate::ReadPage;

/// Facets of a report, and quotes in one.
const FACETS: usize = 6;
const QUOTES: usize = 6;

/// Findings that belong together.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Facet {
    /// Text of a page or of the question; not yet escaped.
    pub(super) name: String,
    /// Indexes into the pool.
    pub(super) found: Vec<usize>,
}

/// The findings beyond the answer, by part of the question or by the heading they share.
pub(super) fn group(
    question: &Question,
    findings: &Findings,
    pages: &[ReadPage],
    answered: &[usize],
) -> Vec<Facet> {
    let rest = findings.chosen.iter().copied().filter(|index| !answered.contains(index));
    let mut facets: Vec<Facet> = Vec::new();
    for index in rest {
        let found = &findings.pool[index];
        let name = if question.parts.len() > 1 {
            title(name_of(&question.parts[found.part].text))
        } else {
            heading(found, &pages[found.page])
        };
        match facets.iter_mut().find(|facet| is_same(&facet.name, &name)) {
            Some(facet) => facet.found.push(index),
            None => facets.push(Facet { name, found: vec![index] }),
        }
    }
    if question.parts.len() > 1 {
        facets.sort_by_key(|facet| facet.found.first().map(|&index| findings.pool[index].part));
    } else {
        facets = gathered(facets, findings, pages);
    }
    for facet in &mut facets {
        facet.found.truncate(QUOTES);
        let rank_of_page = facet.found.clone();
        let first_of =
            |page: usize| rank_of_page.iter().position(|&i| findings.pool[i].page == page);
        facet.found.sort_by_key(|&index| {
            let found = &findings.pool[index];
            (first_of(found.page), found.span.start)
        });
    }
    facets.truncate(FACETS);
    facets
}

/// With a capital, unless it begins with an identifier.
pub(crate) fn title(text: &str) -> String {
    let first = text.split_whitespace().next().unwrap_or_default();
    if words::is_identifier(&first.to_lowercase()) {
        return text.to_owned();
    }
    let mut chars = text.chars();
    let first = chars.next().map(|c| c.to_uppercase().collect::<String>()).unwrap_or_default();
    first + chars.as_str()
}

/// A part of the question as a heading: "what is known about its cost" is about "cost".
pub(super) fn name_of(part: &str) -> &str {
    const SAYS_NOTHING: [&str; 5] = ["known", "tell", "main", "exactly", "currently"];
    let asks = ["what", "which", "and", "about", "the", "their", "its"];
    let tokens = words::tokens(part);
    let does = tokens
        .get(1)
        .is_some_and(|second| ["does", "do", "did", "can"].contains(&second.lower.as_str()));
    let is_asking =
        !does && tokens.first().is_some_and(|first| asks.contains(&first.lower.as_str()));
    let subject = tokens.iter().find(|token| {
        !words::is_stop(&token.lower) && !SAYS_NOTHING.contains(&token.lower.as_str())
    });
    match subject {
        Some(subject) if is_asking && part.split(' ').count() <= 8 => &part[subject.span.start..],
        Some(_) | None => part,
    }
}

fn heading(found: &Found, page: &ReadPage) -> String {
    let own = found.under.last().map(|&heading| page.text.block_text(&page.text.blocks[heading]));
    own.unwrap_or(&page.text.title).trim().to_owned()
}

fn is_same(a: &str, b: &str) -> bool {
    let stems = |name: &str| {
        words::terms(name)
            .into_iter()
            .filter(|t| !t.starts_with(|c: char| c.is_ascii_digit()))
            .collect::<Vec<_>>()
    };
    a == b || (stems(a) == stems(b) && !stems(a).is_empty())
}

/// Facets of one quote are put together by page, and what is still alone comes last under one name.
fn gathered(facets: Vec<Facet>, findings: &Findings, pages: &[ReadPage]) -> Vec<Facet> {
    let (mut kept, single): (Vec<Facet>, Vec<Facet>) =
        facets.into_iter().partition(|facet| facet.found.len() > 1);
    let mut by_page: Vec<(usize, Vec<usize>, String)> = Vec::new();
    for facet in single {
        let index = facet.found[0];
        let page = findings.pool[index].page;
        match by_page.iter_mut().find(|(known, ..)| *known == page) {
            Some((_, found, _)) => found.push(index),
            None => by_page.push((page, vec![index], facet.name)),
        }
    }
    let mut others = Vec::new();
    for (page, found, name) in by_page {
        let title = pages[page].text.title.clone();
        let of_page = kept
            .iter_mut()
            .find(|facet| facet.found.iter().all(|&i| findings.pool[i].page == page));
        match of_page {
            Some(facet) if facet.found.len() + found.len() <= QUOTES => {
                facet.found.extend(found);
                facet.name = title;
            }
            _ if found.len() > 1 => kept.push(Facet { name: title, found }),
            _ => others.push((found[0], name)),
        }
    }
    kept.sort_by_key(|facet| facet.found.iter().min().copied());
    let mut merged: Vec<Facet> = Vec::new();
    for facet in kept {
        match merged.iter_mut().find(|known| is_same(&known.name, &facet.name)) {
            Some(known) => known.found.extend(facet.found),
            None => merged.push(facet),
        }
    }
    let mut kept = merged;
    match others.as_slice() {
        [] => {}
        [(index, name)] => kept.push(Facet { name: name.clone(), found: vec![*index] }),
        _ => {
            let found = others.into_iter().map(|(index, _)| index).collect();
            kept.push(Facet { name: "From other pages".to_owned(), found });
        }
    }
    kept
}
