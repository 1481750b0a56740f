//! The terms of a question as bits, and which of them a text contains.

use std::collections::HashMap;

use super::question::{Part, Question, Term};
use super::words;

/// Terms that one mask can hold.
const BITS: usize = 64;

/// Looks tokens up. Each distinct token is stemmed once.
pub(super) struct Lexicon {
    pub(super) terms: Vec<Term>,
    exact: HashMap<String, u64>,
    alike: HashMap<String, u64>,
    /// Stems long enough to be told in other forms.
    long: Vec<(String, u64)>,
    seen: HashMap<String, (u64, u64)>,
}

/// What a piece of text contains of the question.
#[derive(Debug, Clone, Default)]
pub(super) struct Marks {
    /// Terms as they are.
    pub(super) exact: u64,
    /// Terms by a word that means nearly the same.
    pub(super) alike: u64,
    /// Place in tokens, and the terms there.
    pub(super) spots: Vec<(u32, u64)>,
    pub(super) tokens: u32,
    /// Terms among the first two words, as they are.
    pub(super) first: u64,
}

impl Marks {
    pub(super) fn all(&self) -> u64 {
        self.exact | self.alike
    }

    pub(super) fn add(&mut self, other: &Self) {
        self.exact |= other.exact;
        self.alike |= other.alike;
        self.tokens += other.tokens;
    }
}

impl Lexicon {
    pub(super) fn new(question: &Question) -> Self {
        let mut lexicon = Self {
            terms: Vec::new(),
            exact: HashMap::new(),
            alike: HashMap::new(),
            long: Vec::new(),
            seen: HashMap::new(),
        };
        for term in question.parts.iter().flat_map(|part| &part.terms) {
            lexicon.add(term);
        }
        lexicon
    }

    fn add(&mut self, term: &Term) {
        let is_known = self.terms.iter().any(|known| known.stem == term.stem);
        if is_known || self.terms.len() >= BITS {
            return;
        }
        let bit = 1 << self.terms.len();
        *self.exact.entry(term.stem.clone()).or_default() |= bit;
        for stem in &term.alike {
            *self.alike.entry(stem.clone()).or_default() |= bit;
        }
        if term.stem.len() >= 5 && !words::is_identifier(&term.stem) {
            self.long.push((term.stem.clone(), bit));
        }
        self.terms.push(term.clone());
    }

    /// Lets a word stand for terms, as "Acme" for what Acme makes.
    pub(super) fn bridge(&mut self, stem: &str, bits: u64) {
        *self.alike.entry(stem.to_owned()).or_default() |= bits;
        self.seen.clear();
    }

    pub(super) fn bit(&self, stem: &str) -> u64 {
        self.exact.get(stem).copied().unwrap_or_default()
    }

    /// The terms of a part with their bits.
    pub(super) fn bits_of(&self, part: &Part) -> Vec<(u64, f64)> {
        part.terms.iter().map(|term| (self.bit(&term.stem), term.weight)).collect()
    }

    pub(super) fn mark(&mut self, text: &str) -> Marks {
        let mut marks = Marks::default();
        for token in words::tokens(text) {
            let (exact, alike) = self.look(token.lower);
            if exact | alike != 0 {
                marks.spots.push((marks.tokens, exact | alike));
            }
            if marks.tokens < 2 {
                marks.first |= exact;
            }
            marks.exact |= exact;
            marks.alike |= alike;
            marks.tokens += 1;
        }
        marks
    }

    fn look(&mut self, lower: String) -> (u64, u64) {
        if let Some(&known) = self.seen.get(&lower) {
            return known;
        }
        let mut stems = Vec::new();
        words::push_terms(&lower, &mut stems);
        let (mut exact, mut alike) = (0, 0);
        for (nth, stem) in stems.iter().enumerate() {
            // A part of an identifier is not quite the word.
            let same = self.exact.get(stem).copied().unwrap_or_default();
            let (as_is, nearly) = if nth == 0 { (same, 0) } else { (0, same) };
            exact |= as_is;
            alike |= nearly;
            alike |= self.alike.get(stem).copied().unwrap_or_default();
            for (name, bit) in &self.long {
                if is_form_of(stem, name) {
                    alike |= bit;
                }
            }
        }
        self.seen.insert(lower, (exact, alike));
        (exact, alike)
    }
}

pub(super) fn index_of(bit: u64) -> usize {
    bit.trailing_zeros() as usize
}

/// `postgres` and `postgresql`, `recov` and `recoveri`: one begins the other, which has little more.
fn is_form_of(stem: &str, known: &str) -> bool {
    let (short, long) = if stem.len() < known.len() { (stem, known) } else { (known, stem) };
    let is_other = long == "authority" && short == "author";
    !is_other
        && short.len() >= 5
        && long.len() <= short.len() + 3
        && long.starts_with(short)
        && long != short
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::extractive::question;

    #[test]
    fn words_their_likes_and_forms_of_names_set_the_same_bit() {
        let question = question::understand("What is the population of Germany?", None);
        let mut lexicon = Lexicon::new(&question);
        let both = lexicon.bit("popul") | lexicon.bit("germani");
        assert_eq!(lexicon.mark("German inhabitants").all(), both);
        assert_eq!(lexicon.mark("The population of Germany").exact, both);
        assert_eq!(lexicon.mark("Gerbil habits").all(), 0);
    }
}
