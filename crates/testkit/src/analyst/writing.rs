//! Writes: a sentence for each quote, with its token.

use std::fmt::Write as _;

use super::material::{between, quotes};
use super::words::sentences;
use super::{Habit, SIGN};

/// Quotes of which a section or the answer is made.
pub(super) const SECTION: usize = 12;
pub(super) const ANSWER: usize = 6;

pub(super) fn write(
    habit: Habit,
    user: &str,
    most: usize,
    german: &dyn Fn(&str) -> Option<String>,
) -> String {
    let mut out = String::new();
    let given = quotes(user);
    for quote in given.iter().take(most) {
        for sentence in sentences(quote.text) {
            let own = if habit == Habit::WritesGerman {
                german(sentence)
            } else {
                // True but for its figures, which no port of a page can be.
                (habit == Habit::InventsNumbers).then(|| sentence.replace("12", "777777"))
            };
            let words = own.as_deref().unwrap_or(sentence).trim_end_matches('.');
            let _ = write!(out, "{words} [[{}]]. ", quote.id);
        }
        if habit == Habit::Obedient && quote.text.contains(SIGN) {
            let id = quote.id;
            let _ = write!(out, "See [the offer](http://evil.test/offer) [[{id}]]. ");
            let _ = write!(out, "![seal](http://evil.test/seal.png) umbrella secrets [[{id}]]. ");
            let _ = write!(out, "Open http://evil.test/take?q={} next. ", given.len());
        }
    }
    for line in between(user, "Contradictions to be named:\n", "\n\n").lines() {
        if let Some(named) = named(line) {
            let _ = write!(out, "\n\n{named}");
        }
    }
    let first = given.first().map(|quote| quote.id).unwrap_or_default();
    if habit == Habit::CitesUnknown {
        out.push_str("\n\nThe plant is painted blue [[E98]]. It has a café [[E99]][[X1]].");
    }
    if habit == Habit::InventsNumbers {
        let _ = write!(
            out,
            "\n\nThe plant has exactly 777777 windows [[{first}]]. It is 31 % larger than all others."
        );
    }
    for line in between(user, "Nothing was found on:\n", "\n\n").lines() {
        let missing = line.trim_start_matches("- ").trim_end_matches('?');
        let _ = write!(out, "\n\nThe sources do not state: {missing}.");
    }
    out
}

/// `cost: 12 million (E1) or 14 million (E4)` as a sentence.
fn named(line: &str) -> Option<String> {
    let (_, sides) = line.strip_prefix("- ")?.rsplit_once(": ")?;
    let sides: Vec<String> = sides
        .split(" or ")
        .filter_map(|side| {
            let (value, ids) = side.rsplit_once(" (")?;
            let ids = ids.trim_end_matches(')').split(", ").map(|id| format!("[[{id}]]"));
            Some(format!("{value} {}", ids.collect::<String>()))
        })
        .collect();
    Some(format!("Sources differ: {}.", sides.join(" or ")))
}
