//! When something happens to the subject: “raised when …”, “used if …”. The answer is the sentence that says so.

use domain::text::Span;
use serde_json::Value;

use super::super::sentence::Said;
use super::super::values::normalise;
use super::super::words::{sentences, tokens};
use super::{How, Look, MAX_QUOTE};

/// Words that open a circumstance.
const OPENERS: [&str; 8] = ["when", "if", "whenever", "by", "for", "while", "during", "should"];

impl Look<'_> {
    /// The sentence of a definition that tells a circumstance in the field's own words; else its first one,
    /// which mostly tells it in others.
    pub(super) fn circumstance(&mut self, term: &Span, meaning: &Span) {
        let text = self.quote(meaning).to_owned();
        let all = sentences(&text);
        let tells = |span: &&Span| {
            let words = tokens(&text[(*span).clone()]);
            let speaks = !self.want.label.cues(&words).is_empty();
            speaks && words.iter().any(|word| OPENERS.contains(&word.lower.as_str()))
        };
        let (chosen, sureness) = match all.iter().find(tells) {
            Some(span) => (span, 0.9),
            None => match all.first() {
                Some(span) => (span, 0.65),
                None => return,
            },
        };
        let place = meaning.start + chosen.start..meaning.start + chosen.end;
        let Some(value) = normalise::text(self.quote(&place)) else { return };
        let whole = term.start..place.end;
        let quotes = if whole.len() <= MAX_QUOTE { vec![whole] } else { vec![place, term.clone()] };
        let said = Said { value: Value::String(value), span: 0..0, sureness };
        self.offer(said, 1.0, How::Definition, quotes);
    }
}
