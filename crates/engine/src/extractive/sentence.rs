//! What a single sentence, or a cell, says about a field: the value and how surely it is the one.

use domain::schema::Shape;
use domain::text::Span;
use serde_json::{Value, json};

use super::labels::{Cue, Label};
use super::turns::{literal, phrase};
use super::values::choices::members;
use super::values::{Detected, Kind, Typed, booleans, detect, normalise};
use super::words::{Token, tokens};

/// A value and how surely it is meant, 0 to 1; `span` is where it stands in the text that was searched.
#[derive(Debug, Clone, PartialEq)]
pub struct Said {
    pub value: Value,
    pub span: Span,
    pub sureness: f32,
}

/// Reads a sentence: it must speak of the field, and hold a value of the right kind near those words.
pub fn read(label: &Label, shape: &Shape, sentence: &str) -> Option<Said> {
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
    let detected = detect(label.kind, sentence);
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
        | Kind::Failure => detected
            .iter()
            .filter(|found| {
                found.span.end <= cue.span.start
                    || found.span.start >= cue.span.end
                    || cue.span.len() > 20
            })
            .filter_map(|found| {
                let raw = &sentence[found.span.clone()];
                let value = normalise::value(shape, label.kind, label.unit, &found.typed, raw)?;
                let fit = fitness(label, sentence, found);
                let near = nearness(sentence, &cue.span, &found.span);
                Some(Said { value, span: found.span.clone(), sureness: cue.weight * fit * near })
            })
            .max_by(|a, b| a.sureness.total_cmp(&b.sureness)),
    }
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
            let is_foreign = quantity.is_percent || quantity.currency.is_some();
            // Asked for megabytes and given a bare number: perhaps.
            let is_bare = label.unit.is_some()
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
    normalise::value(shape, label.kind, label.unit, &Typed::Words(raw.to_owned()), raw)
}

/// Reads a sentence whose heading already speaks of the field: its only value of the right kind.
pub fn read_headed(label: &Label, shape: &Shape, sentence: &str) -> Option<Said> {
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
    let mut found = detect(label.kind, sentence);
    if found.len() > 1 && label.unit.is_some() && label.kind == Kind::Number {
        // Of “12 months” and “60 days” what is measured as asked.
        found.retain(
            |one| matches!(&one.typed, Typed::Quantity(quantity) if quantity.unit == label.unit),
        );
    }
    let [only] = &found[..] else { return None };
    let value =
        normalise::value(shape, label.kind, label.unit, &only.typed, &sentence[only.span.clone()])?;
    Some(Said { value, span: only.span.clone(), sureness: 0.72 * fitness(label, sentence, only) })
}

#[cfg(test)]
mod tests {
    use domain::schema::{Field, FieldKind};

    use super::*;

    #[expect(clippy::needless_pass_by_value, reason = "calls read better")]
    fn said(name: &str, description: &str, shape: Shape, sentence: &str) -> Option<Value> {
        let field = Field {
            name: name.into(),
            description: description.into(),
            shape: shape.clone(),
            kind: FieldKind::Found,
        };
        let found = read(&Label::of(&field), &shape, sentence)?;
        (found.sureness > 0.5).then_some(found.value)
    }

    fn text(name: &str, sentence: &str) -> Option<Value> {
        said(name, "", Shape::Text(None), sentence)
    }

    #[test]
    fn the_value_of_a_setting_is_read_in_its_usual_turns() {
        let default = |sentence| text("default", sentence).unwrap();
        assert_eq!(
            default("The default is typically 128 megabytes (128MB), but might be less."),
            "128MB"
        );
        assert_eq!(default("Valid values are try (the default), on, and off."), "try");
        assert_eq!(default("The default value is 'none'."), "none");
        assert_eq!(default("It defaults to on."), "on");
        assert_eq!(default("The default is -1, which disables it."), "-1");
        assert_eq!(default("Default: 60 seconds"), "60 seconds");
        assert_eq!(default("By default, the value of limit is 50."), "50");
        assert_eq!(text("default", "The default is not to wait."), None);
        assert_eq!(default("The default max-ttl is 604800 (one week)."), "604800");
        assert_eq!(default("The default timeout is 4s."), "4s");
        assert_eq!(default("The default value remains at 0."), "0");
        assert_eq!(text("default", "Prior to 2.4 the default value was 1000s."), None);
    }

    #[test]
    fn a_comparison_is_a_limit_only_where_values_are_allowed() {
        let least = |sentence| text("smallest_value", sentence);
        assert_eq!(least("It has a precision of at least 15 digits."), None);
        assert_eq!(least("The size must be at least 15."), Some(json!("15")));
    }

    #[test]
    fn what_is_quoted_behind_the_words_of_a_field_is_its_value() {
        let severity = |sentence| text("severity", sentence);
        assert_eq!(severity("It fixes a bug with severity “high” in 2.2."), Some(json!("high")));
        assert_eq!(severity("It fixes several bugs in 2.2."), None);
    }

    #[test]
    fn a_class_is_derived_from_its_base_and_a_base_class_is_for_others() {
        let base = |sentence| text("base_class", sentence);
        assert_eq!(
            base("A subclass of ImportError, raised by import."),
            Some(json!("ImportError"))
        );
        assert_eq!(base("Base class for syntax errors."), None);
    }

    #[test]
    fn a_sentence_may_tell_two_versions() {
        let both = "Deprecated since version 3.6, will be removed in version 3.12: use X.";
        assert_eq!(text("removed_in", both), Some(json!("3.12")));
        assert_eq!(text("deprecated_since", both), Some(json!("3.6")));
        assert_eq!(text("removed_in", "New in version 3.2."), None);
        assert_eq!(text("new_in_version", "New in Frame 3.1."), Some(json!("3.1")));
    }

    #[test]
    fn typed_values_are_taken_near_the_words_that_ask_for_them() {
        let year = |sentence| said("founded", "", Shape::Integer, sentence).unwrap();
        assert_eq!(year("Acme was founded in 1998 and bought Bolt in 2004."), 1998);
        assert_eq!(year("In 1998, Jane Roe established Acme."), 1998);
        let staff = said(
            "employees",
            "",
            Shape::Integer,
            "Acme employs about 1,200 people in 3 countries.",
        );
        assert_eq!(staff, Some(json!(1200)));
        let size =
            said("default", "in megabytes", Shape::Integer, "The default is 1 gigabyte (1GB).");
        assert_eq!(size, Some(json!(1024)));
        assert_eq!(
            text("ceo", "Its chief executive is Jane Roe, who joined in 2010."),
            Some(json!("Jane Roe"))
        );
        assert_eq!(
            text("headquarters", "Acme is headquartered in Lyon, France."),
            Some(json!("Lyon, France"))
        );
        assert_eq!(text("version_added", "New in version 3.11."), Some(json!("3.11")));
    }

    #[test]
    fn yes_and_no_follow_the_polarity_of_the_clause() {
        let flag = |name: &str, sentence| said(name, "", Shape::Boolean, sentence);
        let restart = "This parameter can only be set at server start.";
        assert_eq!(flag("requires_restart", restart), Some(json!(true)));
        assert_eq!(
            flag("supports_writing", "This module does not support writing."),
            Some(json!(false))
        );
        assert_eq!(flag("deprecated", "Deprecated since version 3.9."), Some(json!(true)));
        assert_eq!(flag("deprecated", "It is fast."), None);
    }
}
