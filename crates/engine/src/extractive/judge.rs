//! Judges every unit of every passage for one part of the question.

use super::corpus::{Corpus, Weighed};
use super::gate::{self, Gate};
use super::lexicon::{Lexicon, Marks, index_of};
use super::passages::Unit;
use super::question::{Expects, Question};
use super::score::{self, Around};
use crate::ReadPage;

/// Weight of the whole passage's relevance in a unit's score.
const PASSAGE: f64 = 0.4;
/// What is left of the coverage where a number, date or person is asked for and none is there.
const WRONG_KIND: f64 = 0.6;
/// The same for a person or a date: without one, nothing is answered, however well the words fit.
const NOBODY: f64 = 0.4;
/// Weight of a unit's coverage.
const COVERAGE: f64 = 1.3;
/// Weights of terms standing close, of having few other words, of the section's heading, of a name in
/// one piece, and of naming only somebody else.
const PROXIMITY: f64 = 0.12;
const DENSITY: f64 = 0.2;
const SECTION: f64 = 0.15;
const PHRASE: f64 = 0.08;
const STRANGE: f64 = 0.35;
/// Share of the subject that must stand beside a name, place, date or number.
const FACTUAL: f64 = 0.55;
/// What a subject in the title or a heading counts for that.
const IN_TITLE: f64 = 0.5;
/// Share of the part's weight in the unit itself from which it is looked at.
const OWN: f64 = 0.2;

/// One unit that passed the gate.
#[derive(Debug, Clone)]
pub(super) struct Scored {
    pub(super) passage: usize,
    pub(super) unit: usize,
    pub(super) part: usize,
    pub(super) score: f64,
    pub(super) coverage: f64,
    /// Whether all that is asked of the subject stands in the unit or right above it, with the kind of
    /// thing that answers.
    pub(super) is_direct: bool,
}

struct Verdict {
    score: f64,
    coverage: f64,
    is_direct: bool,
}

/// All units that pass the gate of some part, best first.
pub(super) fn all(
    corpus: &Corpus,
    lexicon: &Lexicon,
    question: &Question,
    pages: &[ReadPage],
) -> Vec<Scored> {
    let rarity = corpus.rarity(lexicon);
    let mut scored = Vec::new();
    for part in 0..question.parts.len() {
        let weights: Vec<(u64, f64)> = lexicon
            .bits_of(&question.parts[part])
            .into_iter()
            .filter(|(bit, _)| *bit != 0)
            .map(|(bit, weight)| (bit, weight * rarity[index_of(bit)]))
            .collect();
        let gate = Gate::new(&question.parts[part], lexicon, &weights, &corpus.page_bits);
        if gate.is_shut {
            continue;
        }
        let relevance = corpus.relevance(&weights);
        let judge = Judge { question, part, weights, gate, corpus };
        for (index, weighed) in corpus.passages.iter().enumerate() {
            for (at, unit) in weighed.passage.units.iter().enumerate() {
                let quote = pages[weighed.page].text.quote(&unit.span);
                if let Some(verdict) = judge.score(weighed, at, unit, quote, relevance[index]) {
                    let Verdict { score, coverage, is_direct } = verdict;
                    scored.push(Scored {
                        passage: index,
                        unit: at,
                        part,
                        score,
                        coverage,
                        is_direct,
                    });
                }
            }
        }
    }
    // Equal scores keep the order of pages and places, so that a second run gives the same report.
    scored.sort_by(|a, b| {
        let place = |s: &Scored| (s.passage, s.unit, s.part);
        b.score.total_cmp(&a.score).then(place(a).cmp(&place(b)))
    });
    scored
}

/// What is known of one part of the question.
struct Judge<'a> {
    question: &'a Question,
    part: usize,
    weights: Vec<(u64, f64)>,
    gate: Gate,
    corpus: &'a Corpus,
}

impl Judge<'_> {
    /// A verdict on a unit that passes the gate.
    fn score(
        &self,
        weighed: &Weighed,
        at: usize,
        unit: &Unit,
        quote: &str,
        relevance: f64,
    ) -> Option<Verdict> {
        let expects = self.question.parts[self.part].expects;
        let marks = &weighed.marks[at];
        let label = weighed.labels[at];
        let around = around(weighed, at, unit);
        let own = score::own(&self.weights, marks);
        let is_typed = expects != Expects::Anything && score::has_type(quote, expects);
        if !self.is_close(weighed, at, unit, own, is_typed) {
            return None;
        }
        let page = self.corpus.page_bits[weighed.page];
        if !self.gate.lets_pass(marks, &around, page, weighed.body.all()) {
            return None;
        }
        let lacks_kind = self.lacks_kind(quote, is_typed);
        let kind = match (lacks_kind, expects) {
            (false, _) => 1.0,
            (true, Expects::Person | Expects::Date) => NOBODY,
            (true, _) => WRONG_KIND,
        };
        let coverage = score::coverage(&self.weights, marks, &around) * kind;
        // It speaks of somebody else and does not name what is asked about.
        let is_strange = !matches!(expects, Expects::Person | Expects::Place)
            && !self.gate.is_topic
            && !self.gate.is_named_in(marks.all() | label)
            && score::names_another(quote);
        let section = Marks { exact: weighed.section, ..Marks::default() };
        let is_under_name = self.gate.names_in(around.heading);
        let begins_with_name = self.gate.begins(marks);
        let score = COVERAGE * coverage
            + PASSAGE * relevance
            + PROXIMITY * score::proximity(marks)
            + DENSITY * score::density(marks).min(1.0)
            + SECTION * score::own(&self.gate.subject, &section)
            + if self.gate.names_whole(quote) { PHRASE } else { 0.0 }
            - if is_strange { STRANGE } else { 0.0 }
            + score::form(quote, unit, expects, is_under_name, begins_with_name, own);
        Some(Verdict {
            score: score * score::fitness(quote, unit, self.question.wants_code),
            coverage,
            is_direct: !lacks_kind && self.subject_share(weighed, at) >= 0.99,
        })
    }

    /// Share of the subject that stands in the unit, its label or the innermost heading.
    fn subject_share(&self, weighed: &Weighed, at: usize) -> f64 {
        self.share_of_subject(bits_beside(weighed, at))
    }

    fn share_of_subject(&self, bits: u64) -> f64 {
        if self.gate.subject.is_empty() {
            return 1.0;
        }
        score::own(&self.gate.subject, &Marks { exact: bits, ..Marks::default() })
    }

    /// Whether the unit has enough of the question itself to be looked at.
    fn is_close(
        &self,
        weighed: &Weighed,
        at: usize,
        unit: &Unit,
        own: f64,
        is_typed: bool,
    ) -> bool {
        let marks = &weighed.marks[at];
        let label = weighed.labels[at];
        let has_subject = self.gate.subject.iter().any(|(bit, _)| marks.all() & bit != 0);
        // A name or number near the subject is no answer: what is asked of it must stand beside it.
        let is_factual = matches!(
            self.question.parts[self.part].expects,
            Expects::Person | Expects::Place | Expects::Date | Expects::Number
        );
        // What the title says of the subject need not be said again: it counts half.
        let beside = bits_beside(weighed, at);
        let above = weighed.context() & !beside;
        let stands = self.share_of_subject(beside) + self.share_of_subject(above) * IN_TITLE;
        if is_factual && stands < FACTUAL {
            return false;
        }
        let is_definition = self.question.parts[self.part].expects == Expects::Definition;
        let is_lead = unit.leads && is_definition && weighed.heading | label != 0;
        // "Reliability" above it says what a sentence is about, even if it does not repeat the word.
        let is_under_subject = self.gate.is_subject_in(weighed.section | label);
        own >= OWN || has_subject || (own > 0.0 && is_typed) || is_lead || is_under_subject
    }

    fn lacks_kind(&self, quote: &str, is_typed: bool) -> bool {
        let part = &self.question.parts[self.part];
        match part.expects {
            Expects::Number | Expects::Date => !is_typed,
            Expects::Person => !gate::names_somebody(quote, part),
            Expects::Place
            | Expects::Occasion
            | Expects::Reason
            | Expects::Method
            | Expects::Definition
            | Expects::List
            | Expects::Anything => false,
        }
    }
}

/// Terms in the unit, its label or the innermost heading.
fn bits_beside(weighed: &Weighed, at: usize) -> u64 {
    weighed.marks[at].all() | weighed.labels[at] | weighed.section
}

fn around(weighed: &Weighed, at: usize, unit: &Unit) -> Around {
    let label = weighed.labels[at];
    let beside = [at.checked_sub(1), Some(at + 1)].into_iter().flatten();
    let near = beside.filter_map(|near| weighed.marks.get(near));
    Around {
        context: weighed.context_of(unit) | label,
        near: near.fold(0, |all, marks| all | marks.all()),
        heading: weighed.heading | label,
    }
}
