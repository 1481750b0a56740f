//! What to search for: first the question's own words, then what the pages found suggest.

use std::collections::HashMap;

use super::alike;
use super::quantity;
use super::question::{self, Expects, Part, Question, Term};
use super::rank::Findings;
use super::words;

/// Words of one query, and queries of one round for each part.
const WORDS: usize = 7;
const EACH: usize = 3;
/// Best findings that are asked for more words.
const FEEDBACK: usize = 8;

/// Keyword queries for a round (from 1), none of them asked before. Empty: nothing new is worth asking.
pub fn queries(
    question: &Question,
    round: u32,
    found: &Findings,
    already_asked: &[String],
) -> Vec<String> {
    let proposed = match round {
        0 | 1 => {
            let of_parts = question.parts.iter().map(|part| opening(question, part));
            in_turns(&of_parts.collect::<Vec<_>>())
        }
        _ => following(question, round, found),
    };
    let mut known: Vec<Vec<String>> = already_asked.iter().map(|asked| key(asked)).collect();
    let mut fresh = Vec::new();
    for query in proposed {
        let key = key(&query);
        if !key.is_empty() && !known.contains(&key) {
            known.push(key);
            fresh.push(query);
        }
    }
    fresh
}

/// What makes two queries the same: their stems in any order.
fn key(query: &str) -> Vec<String> {
    let mut stems = words::terms(query);
    stems.sort();
    stems.dedup();
    stems
}

/// The best query of each part, then the second best of each: where not all are asked, no part goes without.
fn in_turns(of_parts: &[Vec<String>]) -> Vec<String> {
    let most = of_parts.iter().map(Vec::len).max().unwrap_or(0);
    (0..most).flat_map(|nth| of_parts.iter().filter_map(move |own| own.get(nth).cloned())).collect()
}

fn opening(question: &Question, part: &Part) -> Vec<String> {
    let names: Vec<&str> = part.names.iter().map(|name| name.surface.as_str()).collect();
    let content = |least: f64| -> Vec<&str> {
        let terms = part.terms.iter().filter(|term| !term.is_name && term.weight >= least);
        terms.map(|term| term.surface.as_str()).collect()
    };
    let subject = content(0.8);
    let mut found = vec![as_asked(part), join(&[&names, &subject])];
    // The same in other words, where the language has them.
    let other = |term: &Term| alike::words_like(&term.stem).first().copied();
    let terms = || part.terms.iter().filter(|term| !term.is_name && term.weight >= 0.8);
    if terms().any(|term| other(term).is_some()) && !names.is_empty() {
        let alike: Vec<&str> =
            terms().map(|term| other(term).unwrap_or(term.surface.as_str())).collect();
        found.push(join(&[&names[..1], &alike]));
    }
    if names.len() > 1 {
        found.extend(names.iter().map(|name| join(&[&[name], &subject])));
    }
    if names.is_empty() {
        found.push(join(&[&content(0.2)]));
    } else if question.parts.len() == 1 && names.len() == 1 && subject.len() < 2 {
        found.push(names[0].to_owned());
    }
    found.retain(|query| !query.is_empty());
    found.dedup();
    found.truncate(EACH + 1);
    found
}

/// The words of the clause in their own order, so that "foreign key" stays together; generic ones go first where
/// there are too many. Names that the clause leaves unsaid stand before it.
fn as_asked(part: &Part) -> String {
    let weight = |stem: &str| {
        part.terms.iter().find(|term| term.stem == stem).map_or(0.5, |term| term.weight)
    };
    let mut chosen: Vec<(usize, &str, f64)> = Vec::new();
    for (place, token) in words::tokens(&part.text).into_iter().enumerate() {
        let word = &part.text[token.span.clone()];
        if !words::is_stop(&token.lower) && chosen.iter().all(|(_, known, _)| *known != word) {
            chosen.push((place, word, weight(&words::stem(&token.lower))));
        }
    }
    while chosen.len() > WORDS {
        let lightest = chosen.iter().enumerate().min_by(|a, b| a.1.2.total_cmp(&b.1.2));
        let Some(at) = lightest.map(|(at, _)| at) else { break };
        chosen.remove(at);
    }
    let unsaid = part.names.iter().map(|name| name.surface.as_str());
    let unsaid = unsaid.filter(|name| !part.text.contains(name));
    unsaid.chain(chosen.iter().map(|(_, word, _)| *word)).collect::<Vec<_>>().join(" ")
}

fn join(groups: &[&[&str]]) -> String {
    let mut chosen: Vec<&str> = Vec::new();
    for word in groups.iter().flat_map(|group| group.iter()) {
        let count: usize = chosen.iter().map(|known| known.split(' ').count()).sum();
        let is_known = chosen.iter().any(|known| known.eq_ignore_ascii_case(word));
        if !is_known && count < WORDS {
            chosen.push(word);
        }
    }
    chosen.join(" ")
}

/// Later rounds: open parts with names that the pages brought up, then a second opinion on thin answers.
fn following(question: &Question, round: u32, found: &Findings) -> Vec<String> {
    let brought: Vec<String> = brought_up(question, found);
    let from = usize::try_from(round.saturating_sub(2)).unwrap_or(0) * 2;
    let brought: Vec<&str> = brought.iter().skip(from).take(2).map(String::as_str).collect();
    let mut queries = Vec::new();
    if round == 2 {
        queries.extend(question.parts.iter().flat_map(second_look));
    }
    for (part, state) in question.parts.iter().zip(&found.parts) {
        let is_thin = found.pool.iter().filter(|f| question.parts[f.part] == *part).count() < 3;
        if !state.is_open && !is_thin {
            continue;
        }
        let subject: Vec<&str> = part
            .terms
            .iter()
            .filter(|term| !term.is_name && term.weight >= 0.8)
            .map(|term| term.surface.as_str())
            .collect();
        for bridge in found.bridges.iter().map(String::as_str).chain(brought.iter().copied()) {
            queries.push(join(&[&[bridge], &subject]));
        }
        for term in part.terms.iter().filter(|term| !term.is_name && term.weight >= 0.8) {
            let names: Vec<&str> = part.names.iter().map(|name| name.surface.as_str()).collect();
            let alike: Vec<&str> =
                alike::words_like(&term.stem).into_iter().skip(1 + from).take(2).collect();
            if !alike.is_empty() {
                queries.push(join(&[&names, &alike]));
            }
        }
    }
    queries.truncate(EACH * 3);
    queries
}

/// What a first answer calls for even where it is a good one: pages that do not repeat the name, and for a fact
/// those that correct it.
fn second_look(part: &Part) -> Vec<String> {
    let names: Vec<&str> = part.names.iter().map(|name| name.surface.as_str()).collect();
    let terms = part.terms.iter().filter(|term| !term.is_name && term.weight >= 0.8);
    let subject: Vec<&str> = terms.map(|term| term.surface.as_str()).collect();
    let mut queries = Vec::new();
    if matches!(part.expects, Expects::Number | Expects::Date | Expects::Person) {
        let topic = subject.first().copied().unwrap_or_default();
        queries.push(join(&[&names, &["corrected", "correction", topic]]));
    }
    if !names.is_empty() && subject.len() > 1 {
        queries.push(join(&[&subject]));
    }
    queries
}

/// Names that stand beside the question's words in the best findings, most frequent first.
fn brought_up(question: &Question, found: &Findings) -> Vec<String> {
    let asked: Vec<&String> = question.names.iter().flat_map(|name| &name.stems).collect();
    let mut times: HashMap<Vec<String>, (f64, String)> = HashMap::new();
    for finding in found.best().take(FEEDBACK) {
        for name in question::names(&finding.quote) {
            let is_asked = name.stems.iter().any(|stem| asked.contains(&stem));
            let is_unit = name.stems.iter().any(|stem| quantity::is_measure(stem));
            if !is_asked && !is_unit && name.surface.chars().count() > 2 {
                times.entry(name.stems).or_insert((0.0, name.surface)).0 += finding.score;
            }
        }
    }
    let mut names: Vec<(f64, String)> = times.into_values().collect();
    names.sort_by(|a, b| b.0.total_cmp(&a.0).then_with(|| a.1.cmp(&b.1)));
    names.into_iter().map(|(_, surface)| surface).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::extractive::question::understand;

    #[test]
    fn the_first_round_asks_short_queries_for_each_part_and_never_twice() {
        let question = understand("Who founded Acme Corp and when was it sold?", None);
        let first = queries(&question, 1, &Findings::default(), &[]);
        assert!(first.contains(&"founded Acme Corp".to_owned()), "{first:?}");
        assert!(first.contains(&"Acme Corp sold".to_owned()), "{first:?}");
        assert!(first.iter().all(|query| query.split(' ').count() <= WORDS));
        assert!(queries(&question, 1, &Findings::default(), &first).is_empty());
    }

    #[test]
    fn the_words_of_the_clause_stay_in_their_order_and_together() {
        let question = understand("Are foreign key constraints enforced in SQLite?", None);
        let first = queries(&question, 1, &Findings::default(), &[]);
        assert_eq!(first[0], "foreign key constraints enforced SQLite");
    }

    #[test]
    fn a_second_round_looks_for_what_corrects_a_figure() {
        let question = understand("How much flour does the mill of Ayford grind?", None);
        let second = queries(&question, 2, &Findings::default(), &[]);
        assert!(second.iter().any(|query| query.contains("corrected")), "{second:?}");
    }

    #[test]
    fn nothing_more_is_asked_when_nothing_is_known_to_follow() {
        let question = understand("zebra stripes", None);
        assert!(queries(&question, 2, &Findings::default(), &[]).is_empty());
    }
}
