//! Names that lead from what is asked to where the answer stands: the maker of a product, whose head is
//! asked for.

use std::collections::HashMap;

use super::corpus::Corpus;
use super::judge::Scored;
use super::lexicon::Lexicon;
use super::question::{self, Expects, Question, Term};

use crate::ReadPage;

/// Best units that are searched for names, and names taken.
const SEARCHED: usize = 8;
const MOST: usize = 2;

/// A name that may stand for names of the question.
pub(super) struct Bridge {
    pub(super) surface: String,
    pub(super) stems: Vec<String>,
    pub(super) stands_for: u64,
}

/// Bridges for a question that no unit covers; none otherwise.
pub(super) fn find(
    question: &Question,
    lexicon: &Lexicon,
    corpus: &Corpus,
    scored: &[Scored],
    pages: &[ReadPage],
) -> Vec<Bridge> {
    if question.parts.len() > 1 || !has_two_steps(question) {
        return Vec::new();
    }
    let wanted = subjects(question).fold(0, |all, term| all | lexicon.bit(&term.stem));
    let is_complete = |s: &Scored| {
        let weighed = &corpus.passages[s.passage];
        (weighed.marks[s.unit].all() | weighed.context()) & wanted == wanted
    };
    if scored.iter().any(is_complete) {
        return Vec::new();
    }
    let names = question.names.iter().flat_map(|name| &name.stems);
    let asked: u64 = names.map(|stem| lexicon.bit(stem)).fold(0, |all, bit| all | bit);
    let mut times: HashMap<Vec<String>, (usize, String, u64)> = HashMap::new();
    let mut searched: Vec<(&str, u64, u32)> = Vec::new();
    for weighed in &corpus.passages {
        for (unit, marks) in weighed.passage.units.iter().zip(&weighed.marks) {
            let asked_here = marks.all() & asked;
            let rest = (marks.all() & !asked).count_ones();
            if asked_here != 0 && rest > 0 {
                searched.push((pages[weighed.page].text.quote(&unit.span), marks.all(), rest));
            }
        }
    }
    searched.sort_by_key(|(_, _, rest)| std::cmp::Reverse(*rest));
    for (quote, bits, _) in searched.into_iter().take(SEARCHED) {
        for name in question::names(quote) {
            let is_asked = name.stems.iter().any(|stem| lexicon.bit(stem) & asked != 0);
            let is_numbered =
                name.stems.iter().any(|stem| stem.contains(|c: char| c.is_ascii_digit()));
            let is_proper = name.surface.starts_with(char::is_uppercase) && name.surface.len() > 3;
            if !is_asked && is_proper && !is_numbered {
                let entry = times.entry(name.stems).or_insert((0, name.surface, 0));
                entry.0 += 1;
                entry.2 |= bits;
            }
        }
    }
    let mut found: Vec<(usize, Bridge)> = times
        .into_iter()
        .map(|(stems, (times, surface, stands_for))| (times, Bridge { surface, stems, stands_for }))
        .collect();
    found.sort_by(|a, b| b.0.cmp(&a.0).then_with(|| a.1.surface.cmp(&b.1.surface)));
    found.into_iter().take(MOST).map(|(_, bridge)| bridge).collect()
}

/// Whether something is asked of a thing that is only described: "the head of the firm that makes X".
fn has_two_steps(question: &Question) -> bool {
    const RELATIVE: [&str; 6] = [" that ", " which ", " whose ", " who ", " where ", " whom "];
    let subjects = subjects(question).count();
    let is_relative = RELATIVE.iter().any(|word| question.text.contains(word));
    let is_of_a_fact = matches!(
        question.parts[0].expects,
        Expects::Person | Expects::Place | Expects::Date | Expects::Number
    );
    !question.names.is_empty()
        && ((is_of_a_fact && subjects >= 3) || (is_relative && subjects >= 1))
}

/// What is asked, without names and without words of any question.
fn subjects(question: &Question) -> impl Iterator<Item = &Term> {
    question.parts[0].terms.iter().filter(|term| !term.is_name && term.weight >= 0.8)
}
