//! What lets a unit speak to a part of the question: no name, no answer.

use super::lexicon::{Lexicon, Marks, index_of};
use super::quantity;
use super::question::{self, Part};
use super::score::{self, Around};

/// What a unit must contain before it can answer a part: its names, and enough of its other words.
pub(super) struct Gate {
    /// Bits of each name, versions left out.
    names: Vec<u64>,
    /// Weights of what is no name and not generic.
    pub(super) subject: Vec<(u64, f64)>,
    /// Names of several words, in lower case.
    phrases: Vec<String>,
    /// Whether nearly all pages are about the names, so that sentences need not say them.
    pub(super) is_topic: bool,
    pub(super) is_shut: bool,
}

impl Gate {
    pub(super) fn new(
        part: &Part,
        lexicon: &Lexicon,
        weights: &[(u64, f64)],
        pages: &[u64],
    ) -> Self {
        let names: Vec<u64> = part
            .names
            .iter()
            .map(|name| {
                let named =
                    name.stems.iter().filter(|stem| !stem.bytes().all(|b| b.is_ascii_digit()));
                named.map(|stem| lexicon.bit(stem)).fold(0, |all, bit| all | bit)
            })
            .filter(|bits| *bits != 0)
            .collect();
        let is_on_a_page = |name: &u64| pages.iter().any(|page| mostly(*name, *page));
        let is_shut = !names.is_empty() && !names.iter().any(is_on_a_page);
        let is_subject = |bit: u64| {
            let term = &lexicon.terms[index_of(bit)];
            !term.is_name && term.weight >= 0.8
        };
        let subject = weights.iter().copied().filter(|(bit, _)| is_subject(*bit)).collect();
        let on_pages =
            pages.iter().filter(|page| names.iter().any(|name| mostly(*name, **page))).count();
        let is_topic = pages.len() >= 3 && on_pages * 100 >= pages.len() * 85;
        let phrases = part.names.iter().map(|name| name.surface.to_lowercase());
        let phrases = phrases.filter(|phrase| phrase.contains(' ')).collect();
        Self { names, subject, phrases, is_topic, is_shut }
    }

    pub(super) fn lets_pass(
        &self,
        marks: &Marks,
        around: &Around,
        page: u64,
        passage: u64,
    ) -> bool {
        let local = marks.all() | around.context | around.near | passage;
        let is_named = |name: &u64| {
            mostly(*name, page) && (local & name).count_ones() * 2 >= name.count_ones()
        };
        let has_name = self.names.is_empty() || self.is_topic || self.names.iter().any(is_named);
        let has_subject =
            self.subject.is_empty() || score::coverage(&self.subject, marks, around) >= 0.4;
        has_name && has_subject
    }

    pub(super) fn names_whole(&self, quote: &str) -> bool {
        let lower = quote.to_lowercase();
        self.phrases.iter().any(|phrase| lower.contains(phrase.as_str()))
    }

    pub(super) fn is_subject_in(&self, heading: u64) -> bool {
        !self.subject.is_empty() && self.subject.iter().all(|(bit, _)| heading & bit != 0)
    }

    pub(super) fn is_named_in(&self, bits: u64) -> bool {
        self.names.is_empty() || self.names.iter().any(|name| bits & name != 0)
    }

    /// Whether the name is among the first words, so that the sentence is about it.
    pub(super) fn begins(&self, marks: &Marks) -> bool {
        let is_there = |bits: u64| marks.first & bits != 0;
        if self.names.is_empty() {
            return self.subject.iter().any(|(bit, _)| is_there(*bit));
        }
        self.names.iter().any(|name| is_there(*name))
    }

    pub(super) fn names_in(&self, heading: u64) -> bool {
        if self.names.is_empty() {
            return self.subject.iter().any(|(bit, _)| heading & bit != 0);
        }
        self.names.iter().any(|name| mostly(*name, heading))
    }
}

/// Whether a name stands in a text that is not among those asked about.
pub(super) fn names_somebody(text: &str, part: &Part) -> bool {
    let asked: Vec<&String> = part.names.iter().flat_map(|name| &name.stems).collect();
    let named = question::names(text);
    // "The Authority", "the Commission" are offices, not names.
    let is_office = |surface: &str| {
        !surface.contains(' ')
            && text.to_lowercase().contains(&format!("the {}", surface.to_lowercase()))
    };
    // "DECISION:" is a heading; acronyms of firms are shorter.
    let is_shouted = |surface: &str| {
        surface.len() > 5 && !surface.contains([' ', '_']) && !surface.contains(char::is_lowercase)
    };
    named.iter().any(|name| {
        let is_figure = name.stems.iter().any(|stem| {
            quantity::is_measure(stem)
                || CURRENCIES.contains(&stem.as_str())
                || stem.starts_with(|c: char| c.is_ascii_digit())
        });
        let is_asked = name.stems.iter().any(|stem| asked.contains(&stem));
        !is_asked && !is_figure && !is_office(&name.surface) && !is_shouted(&name.surface)
    })
}

/// Codes that stand before amounts and look like names.
const CURRENCIES: [&str; 8] = ["eur", "usd", "gbp", "chf", "jpy", "sek", "nok", "dkk"];

/// Whether all of a short name, or most of a long one, is there.
fn mostly(name: u64, bits: u64) -> bool {
    let (all, have) = (name.count_ones(), (name & bits).count_ones());
    if all <= 2 { have == all } else { have * 10 >= all * 6 }
}
