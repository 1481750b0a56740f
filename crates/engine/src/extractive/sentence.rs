//! What a single sentence, or a cell, says about a field: the value and how surely it is the one.

use domain::schema::Shape;
use domain::text::Span;
use serde_json::{Value, json};

use super::labels::{Cue, Label};
use super::succession;
use super::turns::{literal, phrase};
use super::values::choices::members;
use super::values::{Detected, Fraction, Kind, Typed, booleans, detect, normalise};
use super::words::{Token, tokens};

/// How near who has succeeded another stands to the office at least: as near as one with a word between.
const SUCCESSOR: f32 = 0.9;

/// A value and how surely it is meant, 0 to 1; `span` is where it stands in the text that was searched.
#[derive(Debug, Clone, PartialEq)]
pub struct Said {
    pub value: Value,
    pub span: Span,
    pub sureness: f32,
}

/// Reads a sentence: it must speak of the field, and hold a value of the right kind near those words.
pub fn read(label: &Label, shape: &Shape, sentence: &str, page: Fraction) -> Option<Said> {
    let words = tokens(sentence);
    if words.len() > 90 {
        return None;
    }
    let cues = label.cues(&words);
    if label.kind == Kind::Version && speaks_of_other_change(label, &words) {
        return None;
    }
    if cues.is_empty() {
        return None;
    }
    let detected = detect(label.kind, sentence, page);
    cues.iter()
        .take(6)
        .filter_map(|cue| at_cue(label, shape, sentence, &words, cue, &detected))
        .max_by(|a, b| a.sureness.total_cmp(&b.sureness))
}

/// “Changed in version 3.3: added …” says nothing about when the thing itself was added.
fn speaks_of_other_change(label: &Label, words: &[Token]) -> bool {
    // “Deprecated since 3.6, will be removed in 3.12” tells both.
    let lower: Vec<&str> = words.iter().map(|word| word.lower.as_str()).collect();
    let asks_removal = label.concept.is_some_and(|concept| concept.names.contains("removed in"));
    if asks_removal && lower.contains(&"removed") {
        return false;
    }
    let is_asked = |word: &str| label.concept.is_some_and(|concept| concept.names.contains(word));
    words.first().is_some_and(|first| match first.lower.as_str() {
        "new" => !is_asked("new in"),
        "changed" => !is_asked("changed in"),
        "deprecated" => !is_asked("deprecated"),
        "removed" => !is_asked("removed in"),
        _ => false,
    })
}

fn at_cue(
    label: &Label,
    shape: &Shape,
    sentence: &str,
    words: &[Token],
    cue: &Cue,
    detected: &[Detected],
) -> Option<Said> {
    match label.kind {
        Kind::Boolean => {
            let yes = !booleans::is_denied(sentence, &cue.span);
            let is_conditional = is_within_condition(sentence, cue.span.start);
            let sureness = if cue.weight < 0.75 || is_conditional { 0.3 } else { cue.weight * 0.9 };
            Some(Said { value: boolean(shape, yes)?, span: cue.span.clone(), sureness })
        }
        Kind::Choice => choice_near(shape, sentence, cue),
        Kind::Literal => literal(shape, sentence, cue),
        Kind::Phrase => {
            let span = phrase(label, sentence, cue)?;
            let value = converted(label, shape, sentence, &span)?;
            let length = sentence[span.clone()].split_whitespace().count();
            let brevity = if length <= 6 {
                0.9
            } else if length <= 14 {
                0.8
            } else {
                0.65
            };
            let opening = if words.first().is_some_and(|w| w.span.start >= cue.span.start) {
                1.0
            } else {
                0.93
            };
            Some(Said { value, span, sureness: cue.weight * brevity * opening })
        }
        Kind::Sentence => None,
        Kind::Date
        | Kind::Year
        | Kind::Number
        | Kind::Money
        | Kind::Percent
        | Kind::Url
        | Kind::Email
        | Kind::Phone
        | Kind::Version
        | Kind::Person
        | Kind::Organisation
        | Kind::Place
        | Kind::Failure => {
            let is_beside = |found: &&Detected| {
                found.span.end <= cue.span.start
                    || found.span.start >= cue.span.end
                    || cue.span.len() > 20
            };
            let (holding, left): (Vec<&Detected>, Vec<&Detected>) = detected
                .iter()
                .filter(is_beside)
                .partition(|found| holds_now(label, sentence, &found.span));
            // “Ada Roe succeeded Bo Lind as chair”: who is left over is meant, however far the office stands.
            let is_successor = holding.len() == 1 && !left.is_empty();
            let said = holding.into_iter().filter_map(|found| {
                let raw = &sentence[found.span.clone()];
                let value = normalise::value(shape, label.kind, label.measure, &found.typed, raw)?;
                let fit = fitness(label, sentence, found);
                let near = nearness(sentence, &cue.span, &found.span);
                let is_new = label.kind == Kind::Person
                    && succession::comes_in(sentence, &found.span, &cue.span);
                let near = if is_successor || is_new { near.max(SUCCESSOR) } else { near };
                Some(Said { value, span: found.span.clone(), sureness: cue.weight * fit * near })
            });
            said.max_by(|a, b| a.sureness.total_cmp(&b.sureness))
        }
    }
}

/// Whether a person may be the one that is asked for: whoever was succeeded is not.
pub(super) fn holds_now(label: &Label, sentence: &str, person: &Span) -> bool {
    if label.kind != Kind::Person || !succession::asks_for_now(&label.asked) {
        return true;
    }
    let was_once =
        succession::asks_for_office(&label.asked) && succession::was_once(sentence, person);
    !was_once && !succession::has_left(sentence, person)
}

/// How well a detected value suits the field apart from its place.
pub(super) fn fitness(label: &Label, sentence: &str, found: &Detected) -> f32 {
    match (&found.typed, label.kind) {
        (Typed::Quantity(quantity), Kind::Number) => {
            let is_year = quantity.unit.is_none()
                && !quantity.is_scaled
                && (1500.0..=2100.0).contains(&quantity.number)
                && found.span.len() == 4;
            let before = sentence[..found.span.start].trim_end();
            let is_dated = is_year
                && ["in", "since", "by", "until", "of"].iter().any(|w| {
                    before.rsplit(' ').next().is_some_and(|last| last.eq_ignore_ascii_case(w))
                });
            let is_wanted = quantity.currency.is_some() && label.measure.is_money;
            let is_foreign = quantity.is_percent || (quantity.currency.is_some() && !is_wanted);
            // Asked for euros and given a bare number: rather not, if it may be a year.
            let is_dated = is_dated || (is_year && label.measure.is_money);
            // Asked for megabytes and given a bare number: perhaps.
            let is_bare = label.measure.unit.is_some()
                && quantity.unit.is_none()
                && quantity.number != 0.0
                && quantity.number >= 0.0;
            if is_dated || is_foreign {
                0.4
            } else if is_bare {
                0.75
            } else {
                1.0
            }
        }
        (Typed::Date(date), Kind::Date) => {
            if date.month.is_some() {
                1.0
            } else {
                0.93
            }
        }
        _ => 1.0,
    }
}

/// 1 for a value right behind its cue, less with each word between; other clauses are further away.
fn nearness(sentence: &str, cue: &Span, value: &Span) -> f32 {
    let (between, is_behind) = if value.start >= cue.end {
        (&sentence[cue.end..value.start], true)
    } else if value.end <= cue.start {
        (&sentence[value.end..cue.start], false)
    } else {
        return 1.0;
    };
    let words = between.split_whitespace().filter(|word| !is_filler(word)).count();
    #[expect(clippy::cast_precision_loss, reason = "a sentence of words")]
    let distance = words as f32;
    let breaks = between.matches([';', ':']).count()
        + between.matches(". ").count()
        + [" but ", " although ", " unless ", " if ", " while ", " and "]
            .iter()
            .filter(|w| between.contains(**w))
            .count();
    let commas = between.matches(',').count();
    // `(the default)` behind a value belongs to it.
    let in_brackets = !is_behind && between.trim_start().starts_with('(') && words <= 1;
    // “14,200 students and 2,300 staff”: a value that touches its word is its own.
    let touches = !is_behind && between.trim().is_empty();
    let order = if touches {
        1.03
    } else if is_behind || in_brackets {
        1.0
    } else if words == 0 {
        0.97
    } else {
        0.85
    };
    let mut near = order / (1.0 + distance * 0.06);
    for _ in 0..breaks {
        near *= 0.65;
    }
    for _ in 0..commas {
        near *= 0.93;
    }
    near
}

const FILLERS: [&str; 38] = [
    "is",
    "are",
    "was",
    "were",
    "to",
    "the",
    "a",
    "an",
    "of",
    "in",
    "on",
    "at",
    "by",
    "as",
    "be",
    "has",
    "been",
    "value",
    "typically",
    "usually",
    "currently",
    "about",
    "around",
    "approximately",
    "over",
    "nearly",
    "some",
    "since",
    "for",
    "setting",
    "than",
    "more",
    "just",
    "=",
    ":",
    "python",
    "version",
    "mr",
];

pub(super) fn is_filler(word: &str) -> bool {
    let bare =
        word.trim_matches(|c: char| matches!(c, ',' | '(' | ')' | '"' | '“' | '’')).to_lowercase();
    bare.is_empty() || FILLERS.contains(&bare.as_str())
}

/// Whether a place stands in the condition of a sentence: “If this is deprecated, …”.
pub(super) fn is_within_condition(sentence: &str, at: usize) -> bool {
    let head = sentence[..at].to_lowercase();
    let clause = head.rfind([',', ';']).map_or(head.as_str(), |comma| &head[comma..]);
    ["if ", "when ", "unless ", "whether "].iter().any(|word| {
        clause.trim_start_matches([',', ';', ' ']).starts_with(word)
            || clause.contains(&format!(" {word}"))
    })
}

pub fn boolean(shape: &Shape, yes: bool) -> Option<Value> {
    match shape {
        Shape::Boolean => Some(json!(yes)),
        Shape::Text(_) | Shape::Any => Some(json!(if yes { "yes" } else { "no" })),
        Shape::Integer | Shape::Number | Shape::Choice(_) | Shape::List(_) | Shape::Object(_) => {
            None
        }
    }
}

/// The member of a closed set that stands nearest to the cue.
fn choice_near(shape: &Shape, sentence: &str, cue: &Cue) -> Option<Said> {
    members(shape, sentence)
        .into_iter()
        .filter(|(_, span)| !booleans::is_denied(sentence, span))
        .map(|(value, span)| {
            let sureness = cue.weight * nearness(sentence, &cue.span, &span) * 0.95;
            Said { value, span, sureness }
        })
        .max_by(|a, b| a.sureness.total_cmp(&b.sureness))
}

pub(super) fn converted(label: &Label, shape: &Shape, text: &str, span: &Span) -> Option<Value> {
    let raw = &text[span.clone()];
    normalise::value(shape, label.kind, label.measure, &Typed::Words(raw.to_owned()), raw)
}

/// Reads a sentence whose heading already speaks of the field: its only value of the right kind.
pub fn read_headed(label: &Label, shape: &Shape, sentence: &str, page: Fraction) -> Option<Said> {
    if !matches!(
        label.kind,
        Kind::Number
            | Kind::Money
            | Kind::Percent
            | Kind::Person
            | Kind::Email
            | Kind::Phone
            | Kind::Url
            | Kind::Version
    ) {
        return None;
    }
    let mut found = detect(label.kind, sentence, page);
    found.retain(|one| holds_now(label, sentence, &one.span));
    if found.len() > 1 && label.measure.unit.is_some() && label.kind == Kind::Number {
        // Of “12 months” and “60 days” what is measured as asked.
        found.retain(
            |one| matches!(&one.typed, Typed::Quantity(quantity) if quantity.unit == label.measure.unit),
        );
    }
    let [only] = &found[..] else { return None };
    let value = normalise::value(
        shape,
        label.kind,
        label.measure,
        &only.typed,
        &sentence[only.span.clone()],
    )?;
    Some(Said { value, span: only.span.clone(), sureness: 0.72 * fitness(label, sentence, only) })
}

#[cfg(test)]
mod tests;
