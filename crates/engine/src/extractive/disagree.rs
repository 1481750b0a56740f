//! Finds where documents give different values for the same thing, and where one corrects another.

use std::collections::BTreeSet;

use super::about::About;
use super::alike;
use super::lexicon::Lexicon;
use super::passages::Shape;
use super::quantity::{self, Quantity};
use super::question::{Expects, Question};
use super::rank::{Findings, Found, ratio, real};
use super::words::{self, Token};
use crate::ReadPage;

/// Relative difference from which two numbers are two values.
const DIFFERENT: f64 = 0.005;
/// Values farther apart than this factor are hardly meant for the same thing.
const FARTHEST: f64 = 25.0;
/// Share of the smaller quote's words around the number that the other one shares.
const SAME_THING: f64 = 0.4;
/// Words on each side of a number that say what it is.
const WINDOW: usize = 9;
/// The unit of a year.
const YEAR: &str = "year of a date";
/// Corrections that are listed.
const CORRECTIONS: usize = 5;

/// Different values for one thing.
#[derive(Debug, Clone)]
pub(crate) struct Disagreement {
    pub(crate) values: Vec<Value>,
}

#[derive(Debug, Clone)]
pub(crate) struct Value {
    /// Index into the pool.
    pub(crate) found: usize,
    pub(super) amount: f64,
    /// As it was written.
    pub(crate) raw: String,
    unit: String,
    around: BTreeSet<String>,
    /// The two words before the number in its clause, or behind it: what it is a number of.
    head: BTreeSet<String>,
    about: About,
}

/// Disagreements among the findings, the most relevant first.
pub(crate) fn find(
    question: &Question,
    findings: &Findings,
    pages: &[ReadPage],
) -> Vec<Disagreement> {
    let mut lexicon = Lexicon::new(question);
    let mut values: Vec<Value> = Vec::new();
    for (index, found) in findings.pool.iter().enumerate() {
        values.extend(main_values(index, found, &mut lexicon, question));
    }
    let mut group: Vec<usize> = (0..values.len()).collect();
    for a in 0..values.len() {
        for b in a + 1..values.len() {
            if are_of_the_same(&values[a], &values[b], findings) {
                let (from, to) = (group[b].max(group[a]), group[b].min(group[a]));
                group.iter_mut().filter(|g| **g == from).for_each(|g| *g = to);
            }
        }
    }
    let mut found: Vec<Disagreement> = Vec::new();
    for first in 0..values.len() {
        let members: Vec<&Value> =
            values.iter().zip(&group).filter(|(_, g)| **g == first).map(|(v, _)| v).collect();
        if let Some(disagreement) = disagreement(&members, findings, pages) {
            found.push(disagreement);
        }
    }
    found
}

/// Distinct values from distinct documents, newest document first.
fn disagreement(
    members: &[&Value],
    findings: &Findings,
    pages: &[ReadPage],
) -> Option<Disagreement> {
    let mut values: Vec<Value> = Vec::new();
    for member in members {
        let page = findings.pool[member.found].page;
        let is_known = values
            .iter()
            .any(|known| findings.pool[known.found].page == page || !differ(known, member));
        if !is_known {
            values.push((*member).clone());
        }
    }
    if values.len() < 2 {
        return None;
    }
    values.sort_by(|a, b| {
        let date = |value: &Value| pages[findings.pool[value.found].page].text.published.clone();
        date(b).cmp(&date(a)).then(a.found.cmp(&b.found))
    });
    Some(Disagreement { values })
}

fn differ(a: &Value, b: &Value) -> bool {
    let (a, b, is_year) = (a.amount, b.amount, a.unit == YEAR);
    let difference = (a - b).abs() / a.abs().max(b.abs()).max(f64::MIN_POSITIVE);
    if is_year { (a - b).abs() >= 1.0 } else { difference > DIFFERENT }
}

fn are_of_the_same(a: &Value, b: &Value, findings: &Findings) -> bool {
    let (left, right) = (&findings.pool[a.found], &findings.pool[b.found]);
    let common = a.around.intersection(&b.around).count();
    let least = a.around.len().min(b.around.len());
    let (small, large) = (a.amount.abs().min(b.amount.abs()), a.amount.abs().max(b.amount.abs()));
    a.unit == b.unit
        && left.page != right.page
        && differ(a, b)
        && left.part == right.part
        && large <= small * FARTHEST
        && !a.head.is_disjoint(&b.head)
        && common >= least.min(2)
        && ratio(common, least) >= SAME_THING
        && a.about.fits(&b.about)
}

/// One value for each unit in a sentence: the one closest to what is asked.
fn main_values(
    index: usize,
    found: &Found,
    lexicon: &mut Lexicon,
    question: &Question,
) -> Vec<Value> {
    let tokens = words::tokens(&found.quote);
    let part = &question.parts[found.part];
    let names = part.terms.iter().filter(|term| term.is_name);
    let names: u64 = names.fold(0, |all, term| all | lexicon.bit(&term.stem));
    let mut best: Vec<(f64, Value)> = Vec::new();
    let mut quantities = quantity::quantities(&found.quote);
    if part.expects == Expects::Date {
        quantities.extend(years(&found.quote, &tokens));
    }
    let sentences = words::sentences(&found.quote);
    let asked: Vec<&String> = part.names.iter().flat_map(|name| &name.stems).collect();
    for quantity in &quantities {
        // Which column holds the value that is asked for, a row alone does not tell.
        let is_one_of_many = found.shape == Shape::Row
            && quantities.iter().filter(|other| other.unit == quantity.unit).count() > 1;
        if is_one_of_many {
            continue;
        }
        let sentence = sentences.iter().find(|s| s.contains(&quantity.span.start));
        let is_near = |at: usize, token: &Token| {
            at.abs_diff(quantity.token) <= WINDOW
                && sentence.is_none_or(|s| s.contains(&token.span.start))
        };
        let mut nearness = 0.0;
        let mut around = BTreeSet::new();
        for (at, token) in tokens.iter().enumerate().filter(|(at, token)| is_near(*at, token)) {
            let is_number = token.lower.starts_with(|c: char| c.is_ascii_digit());
            let is_own =
                quantity.span.start <= token.span.start && token.span.end <= quantity.span.end;
            let marks = lexicon.mark(&token.lower);
            if marks.all() & !names != 0 {
                let certainty = if marks.exact & !names == 0 { 0.6 } else { 1.0 };
                let side = if at < quantity.token { 1.0 } else { 0.7 };
                nearness += certainty * side / real(at.abs_diff(quantity.token).max(1));
            }
            if !is_number && !is_own && !words::is_stop(&token.lower) {
                around.extend(meaning(token, marks.all(), lexicon));
            }
        }
        // What passed the gate is about the names asked for, whether it repeats them or says "it".
        around.retain(|stem| !asked.contains(&stem));
        let head = head(&found.quote, &tokens, quantity, lexicon, &asked);
        if nearness <= 0.0 {
            continue;
        }
        let about = About::of(&found.quote, &quantity.span, question);
        let value = Value {
            found: index,
            amount: quantity.value,
            raw: found.quote[quantity.span.clone()].to_owned(),
            unit: quantity.unit.clone(),
            around,
            head,
            // A year that is asked for does not narrow down itself.
            about: if quantity.unit == YEAR { about.in_any_year() } else { about },
        };
        match best.iter_mut().find(|(_, known)| known.unit == value.unit) {
            Some(known) if known.0 < nearness => *known = (nearness, value),
            Some(_) => {}
            None => best.push((nearness, value)),
        }
    }
    best.into_iter().map(|(_, value)| value).collect()
}

/// The years of a sentence, for a part that asks when.
fn years(quote: &str, tokens: &[Token]) -> Vec<Quantity> {
    let dates = quantity::dates(quote).into_iter();
    dates
        .map(|date| Quantity {
            value: date.year.into(),
            unit: YEAR.into(),
            is_measure: true,
            token: tokens.iter().position(|t| t.span.start >= date.span.start).unwrap_or(0),
            span: date.span,
        })
        .collect()
}

/// The stem of a word, or that of the question's word which means the same; none for generic words.
fn meaning(token: &Token, bits: u64, lexicon: &Lexicon) -> Option<String> {
    let stem = words::stem(&token.lower);
    let asked = lexicon.terms.iter().find(|term| bits & lexicon.bit(&term.stem) != 0);
    match asked {
        Some(term) => Some(term.stem.clone()),
        None => (!alike::is_generic(&stem)).then_some(stem),
    }
}

fn head(
    quote: &str,
    tokens: &[Token],
    quantity: &Quantity,
    lexicon: &mut Lexicon,
    about: &[&String],
) -> BTreeSet<String> {
    let clause = |from: usize, to: usize| {
        let between = quote.get(from..to).unwrap_or_default();
        !between.contains([';', ':', '(', ')'])
            && !between.contains(", ")
            && !between.contains(". ")
    };
    let mut pick = |candidates: &mut dyn Iterator<Item = &Token>| {
        let mut picked = BTreeSet::new();
        for token in candidates {
            let bits = lexicon.mark(&token.lower).all();
            let is_word = token.lower.chars().all(|c| c.is_alphabetic() || c == '-');
            if is_word && !words::is_stop(&token.lower) && !quantity::is_measure(&token.lower) {
                picked.extend(meaning(token, bits, lexicon).filter(|stem| !about.contains(&stem)));
            }
            if picked.len() == 2 {
                break;
            }
        }
        picked
    };
    let span = &quantity.span;
    let mut before =
        tokens.iter().rev().filter(|t| t.span.end <= span.start && clause(t.span.end, span.start));
    let found = pick(&mut before);
    if !found.is_empty() {
        return found;
    }
    let mut after =
        tokens.iter().filter(|t| t.span.start >= span.end && clause(span.end, t.span.start));
    pick(&mut after)
}

/// Findings in which one document corrects or replaces something.
pub(super) fn corrections(findings: &Findings) -> Vec<usize> {
    let mut seen: Vec<&Found> = Vec::new();
    let mut listed = Vec::new();
    for (index, found) in findings.pool.iter().enumerate() {
        let is_repeat = seen.iter().any(|known| {
            let is_same_place = known.page == found.page && known.block == found.block;
            is_same_place || super::variety::overlap(&known.terms, &found.terms) > 0.7
        });
        if is_correction(&found.quote) && !is_repeat && listed.len() < CORRECTIONS {
            seen.push(found);
            listed.push(index);
        }
    }
    listed
}

/// Whether a text says that something is corrected or replaced.
pub(super) fn is_correction(text: &str) -> bool {
    let lower = text.to_lowercase();
    CORRECTING.iter().any(|cue| lower.contains(cue))
}

const CORRECTING: &[&str] = &[
    "corrected",
    "correction notice",
    "correction of",
    "correction to",
    "correction:",
    "erratum",
    "errata",
    "corrigendum",
    "revised",
    "supersede",
    "retracted",
    "withdrawn",
    "previously reported",
    "incorrectly",
    "was wrong",
    "were wrong",
    "should have read",
    "should read",
    "restated",
    "no longer valid",
    "earlier figure",
    "earlier value",
];

#[cfg(test)]
mod tests {
    use domain::processor;

    use super::*;
    use crate::extractive::{build, question, rank};

    fn weighed(question: &str, pages: &[ReadPage]) -> (Question, Findings) {
        let caps = processor::defaults()[4].caps;
        let question = question::understand(question, None);
        let findings = rank::weigh(&question, pages, &caps);
        (question, findings)
    }

    #[test]
    fn two_documents_with_different_values_for_the_same_thing_disagree() {
        let pages = [
            build::page(
                1,
                "a.test",
                "Ayford",
                "The bridge of Ayford has a length of 120 m and was built of stone.",
            ),
            build::page(2, "b.test", "Ayford", "The old bridge of Ayford has a length of 135 m."),
        ];
        let (question, findings) = weighed("What is the length of the bridge of Ayford?", &pages);
        let found = find(&question, &findings, &pages);
        assert_eq!(found.len(), 1);
        let raw: Vec<&str> = found[0].values.iter().map(|value| value.raw.as_str()).collect();
        assert!(raw.contains(&"120 m") && raw.contains(&"135 m"));
    }

    #[test]
    fn two_days_for_one_event_disagree() {
        let otter = build::page(
            1,
            "a.test",
            "Otter 3",
            "# Otter 3\nThe Otter 3 turbine was launched in 2019. It costs 48,000 crowns. Its maker is Brook Energy.",
        );
        let news = build::page(
            2,
            "b.test",
            "News of the Otter 3",
            "# News of the Otter 3\nThe Otter 3 turbine was launched in 2021, says its maker. It costs 48,000 crowns.",
        );
        let ibis = build::page(
            3,
            "c.test",
            "Otter and Ibis",
            "# Otter and Ibis\nThe Ibis 4 turbine was launched in 2016. It costs 12,000 crowns.",
        );
        let pages = [otter, news, ibis];
        let raw = |question: &str| -> Vec<Vec<String>> {
            let (question, findings) = weighed(question, &pages);
            let found = find(&question, &findings, &pages);
            found
                .iter()
                .map(|one| one.values.iter().map(|value| value.raw.clone()).collect())
                .collect()
        };
        assert_eq!(raw("When was the Otter 3 turbine launched?"), [["2019", "2021"]]);
        assert_eq!(raw("What does the Otter 3 turbine cost?"), Vec::<Vec<String>>::new());
    }

    #[test]
    fn another_year_another_name_or_a_limit_is_no_disagreement() {
        let pages = [
            build::page(
                1,
                "a.test",
                "Ayford",
                "Ayford had a population of 1200 inhabitants in 1990.",
            ),
            build::page(
                2,
                "b.test",
                "Ayford",
                "Ayford had a population of 1400 inhabitants in 2020.",
            ),
            build::page(
                3,
                "c.test",
                "Ayford",
                "The plan sets a limit of 2000 inhabitants for the population of Ayford.",
            ),
        ];
        let (question, findings) = weighed("What is the population of Ayford?", &pages);
        assert!(find(&question, &findings, &pages).is_empty());
    }
}
