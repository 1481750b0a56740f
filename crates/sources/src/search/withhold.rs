//! What must not leave in a query: e-mail addresses, card numbers, and what looks like a key.
//!
//! Rows hold such things and queries are made of rows; callers paste them. What is taken out is told by its kind only.

mod card;
mod escaped;
mod folded;
mod key;
mod mail;
mod named;
mod spoken;
#[cfg(test)]
mod tests;

use std::ops::Range;

use crate::hidden::seen;
use folded::Folded;

const MAIL: &str = "e-mail address";
const CARD: &str = "card number";
const KEY: &str = "key";

/// What is taken out may bring together what stood around it, so a query is looked at again. One that hides things
/// within things more often than this is made to hide them, and nothing of it leaves.
const ROUNDS: usize = 8;

/// Words that may leave: whatever a search provider is asked has passed [`Cleared::of`].
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Cleared {
    text: String,
    withheld: Vec<&'static str>,
}

impl Cleared {
    /// Takes out what must not leave, and what nobody sees; everything else stays as it is.
    pub fn of(query: &str) -> Self {
        let mut withheld = Vec::new();
        let mut text = seen(query);
        for _ in 0..ROUNDS {
            let folded = Folded::of(&text);
            let found = secrets(&folded);
            if found.is_empty() {
                return Self { text, withheld };
            }
            for (kind, _) in &found {
                if !withheld.contains(kind) {
                    withheld.push(*kind);
                }
            }
            text = without(&text, found.iter().map(|(_, at)| folded.place(at)));
        }
        Self { text: String::new(), withheld }
    }

    /// Empty if nothing is left that could be searched for.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// The kinds of what was taken out, each once.
    pub fn withheld(&self) -> &[&'static str] {
        &self.withheld
    }

    /// The same as a sentence for whoever asked; `None` if nothing was.
    pub fn note(&self) -> Option<String> {
        let what = self.withheld.join(", ");
        (!what.is_empty()).then(|| format!("taken out of the query before it left: {what}"))
    }
}

/// What must not leave: its kind and which characters it takes.
fn secrets(folded: &Folded) -> Vec<(&'static str, Range<usize>)> {
    let cards = card::find(&folded.chars).into_iter().map(|at| (CARD, at));
    // With what stands around them: names of parameters, brackets, the rest of an address.
    let mails = mail::find(&folded.chars).into_iter().chain(spoken::find(folded));
    let mails = mails.map(|at| (MAIL, folded.whole_words(&at)));
    let keys = key::find(folded).into_iter().map(|at| (KEY, at));
    cards.chain(mails).chain(keys).collect()
}

/// The text without these pieces, one blank between its words; empty if nothing is left to search for.
fn without(text: &str, pieces: impl Iterator<Item = Range<usize>>) -> String {
    let mut pieces: Vec<_> = pieces.collect();
    pieces.sort_by_key(|piece| piece.start);
    let mut kept = String::with_capacity(text.len());
    let mut copied = 0;
    for piece in pieces {
        kept.push_str(text.get(copied..piece.start).unwrap_or_default());
        kept.push(' ');
        copied = copied.max(piece.end);
    }
    kept.push_str(&text[copied..]);
    let is_worth_asking = kept.chars().any(char::is_alphanumeric);
    if is_worth_asking {
        kept.split_whitespace().collect::<Vec<_>>().join(" ")
    } else {
        String::new()
    }
}
