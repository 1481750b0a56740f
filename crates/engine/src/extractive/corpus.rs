//! The passages of all pages, with the terms of the question that they contain.

use std::collections::HashMap;

use domain::text::{BlockKind, Text};

use super::chapters;
use super::lexicon::{Lexicon, Marks};
use super::passages::{self, Passage, Unit};
use super::question::Question;
use super::rank::{ratio, real};
use crate::{ReadPage, injected};

/// Bytes at the beginning of a page that say what it is about.
const BEGINNING: usize = 120;
/// BM25F: weights of title, headings and body; saturation and length normalisation.
const TITLE: f64 = 3.0;
const HEADINGS: f64 = 2.0;
const K1: f64 = 1.2;
const B: f64 = 0.75;

/// All passages of all pages, with the terms they contain.
pub(super) struct Corpus {
    pub(super) passages: Vec<Weighed>,
    /// Terms on each page.
    pub(super) page_bits: Vec<u64>,
}

pub(super) struct Weighed {
    pub(super) page: usize,
    pub(super) passage: Passage,
    pub(super) marks: Vec<Marks>,
    pub(super) labels: Vec<u64>,
    pub(super) body: Marks,
    title: u64,
    /// Terms in the title and the first lines, where a plain text says what it is about.
    lead: u64,
    headings: u64,
    pub(super) heading: u64,
    /// Terms, as they are, in the innermost heading, where that is not the title.
    pub(super) section: u64,
}

impl Weighed {
    /// Terms above one unit; the first lines are no context to themselves.
    pub(super) fn context_of(&self, unit: &Unit) -> u64 {
        let above = if unit.span.start < BEGINNING { self.title } else { self.lead };
        above | self.headings
    }

    /// Terms in the title and the headings above.
    pub(super) fn context(&self) -> u64 {
        self.lead | self.headings
    }
}

fn is_addressed_to_models(text: &Text, passage: &Passage) -> bool {
    let (first, last) = (passage.units.first(), passage.units.last());
    let span =
        first.zip(last).map(|(first, last)| first.span.start..last.span.end.max(first.span.end));
    span.is_some_and(|span| injected::is_suspicious(text.quote(&span)))
}

impl Corpus {
    pub(super) fn read(lexicon: &mut Lexicon, pages: &[ReadPage]) -> Self {
        let mut corpus = Self { passages: Vec::new(), page_bits: Vec::new() };
        for (page, read) in pages.iter().enumerate() {
            let text = &read.text;
            let title = lexicon.mark(&text.title).all();
            let lead = title | lexicon.mark(beginning(&text.body)).all();
            let mut headings: HashMap<usize, u64> = HashMap::new();
            let mut labels: HashMap<usize, u64> = HashMap::new();
            let mut all = title;
            let others = chapters_of_others(lexicon, text);
            for passage in passages::passages(text) {
                if is_addressed_to_models(text, &passage) {
                    continue;
                }
                let path = passage.under.iter().map(|&index| {
                    *headings
                        .entry(index)
                        .or_insert_with(|| lexicon.mark(text.block_text(&text.blocks[index])).all())
                });
                let path: Vec<u64> = path.collect();
                let innermost =
                    passage.under.last().map(|&index| text.block_text(&text.blocks[index]));
                // What the page begins with is not what a chapter about something else is about.
                let is_of_another =
                    passage.under.first().is_some_and(|first| others.contains(first));
                let (title, lead) = if is_of_another { (0, 0) } else { (title, lead) };
                let is_title = innermost == Some(text.title.as_str()) || passage.under.len() < 2;
                let mut weighed = Weighed {
                    section: innermost
                        .filter(|_| !is_title)
                        .map_or(0, |words| lexicon.mark(words).exact),
                    page,
                    title,
                    lead,
                    headings: path.iter().fold(0, |all, bits| all | bits),
                    heading: path.last().copied().unwrap_or(title),
                    marks: Vec::new(),
                    labels: Vec::new(),
                    body: Marks::default(),
                    passage,
                };
                for unit in &weighed.passage.units {
                    let marks = lexicon.mark(text.quote(&unit.span));
                    let label = unit.label.as_ref().map_or(0, |label| {
                        *labels
                            .entry(label.start)
                            .or_insert_with(|| lexicon.mark(text.quote(label)).all())
                    });
                    weighed.body.add(&marks);
                    weighed.labels.push(label);
                    weighed.marks.push(marks);
                }
                all |= weighed.body.all() | weighed.headings;
                corpus.passages.push(weighed);
            }
            corpus.page_bits.push(all);
        }
        corpus
    }

    /// Weight of each bit between 0.25 and 1: rare terms tell more, absent ones most.
    pub(super) fn rarity(&self, lexicon: &Lexicon) -> Vec<f64> {
        let total = self.passages.len().max(1);
        let idf = |df: usize| (1.0 + (real(total) - real(df) + 0.5) / (real(df) + 0.5)).ln();
        // A name on nearly all pages is their subject; what it is asked about tells more.
        let topic = |index: usize| {
            let on = self.page_bits.iter().filter(|bits| **bits >> index & 1 == 1).count();
            let share = ratio(on, self.page_bits.len());
            let is_topic = lexicon.terms[index].is_name && self.page_bits.len() >= 3;
            if is_topic { 1.0 - 0.75 * share * share } else { 1.0 }
        };
        (0..lexicon.terms.len())
            .map(|index| {
                let df = self.passages.iter().filter(|p| p.body.all() >> index & 1 == 1).count();
                let least = if lexicon.terms[index].is_name { 0.5 } else { 0.3 };
                (idf(df) / idf(1.min(total))).clamp(least, 1.0) * topic(index)
            })
            .collect()
    }

    pub(super) fn missing(&self, lexicon: &Lexicon, question: &Question) -> Vec<String> {
        let seen = self.page_bits.iter().fold(0, |all, bits| all | bits);
        let terms = question.parts.iter().flat_map(|part| &part.terms);
        let mut missing: Vec<String> = Vec::new();
        for term in terms.filter(|term| term.weight >= 0.8) {
            let bit = lexicon.bit(&term.stem);
            if bit != 0 && seen & bit == 0 && !missing.contains(&term.surface) {
                missing.push(term.surface.clone());
            }
        }
        missing
    }

    /// BM25F of each passage, 0 to 1.
    pub(super) fn relevance(&self, weights: &[(u64, f64)]) -> Vec<f64> {
        let length: f64 = self.passages.iter().map(|p| f64::from(p.body.tokens)).sum();
        let mean = (length / real(self.passages.len().max(1))).max(1.0);
        let of = |weighed: &Weighed| -> f64 {
            let norm = 1.0 - B + B * f64::from(weighed.body.tokens) / mean;
            weights
                .iter()
                .map(|(bit, weight)| {
                    let times = weighed.marks.iter().flat_map(|marks| &marks.spots);
                    let body = real(times.filter(|(_, bits)| bits & bit != 0).count());
                    let title = if weighed.title & bit != 0 { TITLE } else { 0.0 };
                    let headings = if weighed.headings & bit != 0 { HEADINGS } else { 0.0 };
                    let tf = body / norm + title + headings;
                    weight * tf / (K1 + tf)
                })
                .sum()
        };
        let scores: Vec<f64> = self.passages.iter().map(of).collect();
        let best = scores.iter().copied().fold(f64::MIN_POSITIVE, f64::max);
        scores.into_iter().map(|score| score / best).collect()
    }
}

/// Chapters of a page that begins with a name that is asked about, and goes on to another.
fn chapters_of_others(lexicon: &mut Lexicon, text: &Text) -> Vec<usize> {
    let stems: Vec<String> =
        lexicon.terms.iter().filter(|term| term.is_name).map(|term| term.stem.clone()).collect();
    let named = stems.iter().fold(0, |all, stem| all | lexicon.bit(stem));
    let names: Vec<bool> = text
        .blocks
        .iter()
        .map(|block| {
            matches!(block.kind, BlockKind::Heading { .. })
                && lexicon.mark(text.block_text(block)).all() & named != 0
        })
        .collect();
    chapters::of_others(text, &|index| names[index], &|index| names[index])
}

fn beginning(body: &str) -> &str {
    let end = (0..=BEGINNING.min(body.len())).rev().find(|&end| body.is_char_boundary(end));
    &body[..end.unwrap_or(0)]
}
