//! Values of cells, of keys and of definitions: texts that are an answer as a whole, or hold one.

use domain::schema::Shape;
use domain::text::Span;
use serde_json::Value;

use super::labels::Label;
use super::sentence::{Said, boolean, converted, fitness, holds_now};
use super::turns::{clause_end, marked_type};
use super::values::choices::members;
use super::values::{Kind, booleans, detect, normalise};
use super::words::sentences;

/// Longest cell that is a value as a whole.
const WHOLE_CELL: usize = 90;
/// Longest cell that is a quantity as a whole: `up to 6 weeks`.
const WHOLE_QUANTITY: usize = 25;
/// Longest description taken as a whole; of a longer one the first sentence.
const WHOLE_SENTENCE: usize = 200;

/// Reads a cell, the value of a key or of a definition: the value is all of it, or its first one of the
/// right kind.
pub fn read(label: &Label, shape: &Shape, text: &str) -> Option<Said> {
    let trimmed = text.trim();
    let from = text.len() - text.trim_start().len();
    let whole = from..from + trimmed.len();
    if trimmed.is_empty() {
        return None;
    }
    let is_text = matches!(shape, Shape::Text(None) | Shape::Any);
    let said = |value: Value, span: Span, sureness: f32| Some(Said { value, span, sureness });
    match label.kind {
        Kind::Boolean => said(boolean(shape, booleans::of_cell(trimmed)?)?, whole, 1.0),
        Kind::Choice => member(shape, text, &whole),
        Kind::Sentence => {
            let is_short = trimmed.len() <= WHOLE_SENTENCE;
            let span = if is_short { whole } else { sentences(text).into_iter().next()? };
            said(Value::String(normalise::text(&text[span.clone()])?), span, 0.95)
        }
        Kind::Person | Kind::Organisation | Kind::Place
            if is_text && trimmed.len() <= WHOLE_CELL =>
        {
            let span = name(label.kind, text, &whole)?;
            if !holds_now(label, text, &span) {
                return None;
            }
            said(converted(label, shape, text, &span)?, span, 1.0)
        }
        Kind::Phrase if marked_type(trimmed).is_some() && label.asked.contains("type") => {
            let span = from..from + marked_type(trimmed)?;
            said(converted(label, shape, text, &span)?, span, 1.0)
        }
        Kind::Literal | Kind::Phrase if is_text && trimmed.len() <= WHOLE_CELL => {
            // “Agneta Dahl (since 2020)”
            let cut = trimmed.find(" (").filter(|&at| is_remark(&trimmed[at..]));
            let span = from..from + cut.unwrap_or(trimmed.len());
            said(converted(label, shape, text, &span)?, span, 1.0)
        }
        Kind::Phrase => {
            let span = from..from + clause_end(trimmed, 0, false);
            said(converted(label, shape, text, &span)?, span, 0.7)
        }
        Kind::Number | Kind::Money | Kind::Percent
            if is_text
                && trimmed.len() <= WHOLE_QUANTITY
                && !detect(label.kind, trimmed).is_empty() =>
        {
            said(Value::String(normalise::text(trimmed)?), whole, 1.0)
        }
        Kind::Number
        | Kind::Money
        | Kind::Percent
        | Kind::Date
        | Kind::Year
        | Kind::Url
        | Kind::Email
        | Kind::Phone
        | Kind::Version
        | Kind::Literal
        | Kind::Failure
        | Kind::Person
        | Kind::Organisation
        | Kind::Place => first_of_kind(label, shape, text, &whole),
    }
}

/// Whether a text beside a name may be its value, and is no description of it: a word, a quantity, a quotation.
pub(super) fn is_terse(text: &str) -> bool {
    let trimmed = text.trim().trim_end_matches('.');
    let is_quoted = trimmed.starts_with(['"', '\'', '“', '`']) && trimmed.len() <= WHOLE_CELL;
    let is_quantity = trimmed.len() <= WHOLE_QUANTITY
        && detect(Kind::Number, trimmed).iter().any(|found| found.span.start == 0);
    !trimmed.contains(char::is_whitespace) || is_quoted || is_quantity
}

/// The member of a closed set that a cell gives: surely where it is the only one.
fn member(shape: &Shape, text: &str, whole: &Span) -> Option<Said> {
    let found = members(shape, text);
    let (value, span) = found.first()?.clone();
    let is_only = found.iter().all(|(other, _)| *other == value);
    let sureness = if span.len() + 2 >= whole.len() {
        1.0
    } else if is_only {
        0.9
    } else if span.start == whole.start {
        0.6
    } else {
        0.4
    };
    Some(Said { value, span, sureness })
}

/// A cell as a name: without what stands in brackets; where it holds more than a name, the name in it.
fn name(kind: Kind, text: &str, whole: &Span) -> Option<Span> {
    let cell = &text[whole.clone()];
    let bare = &cell[..cell.find(" (").unwrap_or(cell.len())];
    let has_digits = bare.contains(|c: char| c.is_ascii_digit());
    if bare.contains(['@', '/', ':']) || (kind == Kind::Person && has_digits) {
        return detect(kind, text).into_iter().next().map(|found| found.span);
    }
    Some(whole.start..whole.start + bare.len())
}

/// Whether brackets at the end of a cell only say since when, or of when.
fn is_remark(text: &str) -> bool {
    let inner = text.trim_start_matches([' ', '(']).to_lowercase();
    let is_year = |inner: &str| inner.len() == 4 && inner.bytes().all(|b| b.is_ascii_digit());
    ["since", "as of", "from", "until"].iter().any(|word| inner.starts_with(word))
        || inner.strip_suffix(')').is_some_and(is_year)
}

/// The first value of the right kind: surely where it is most of the cell or opens it.
fn first_of_kind(label: &Label, shape: &Shape, text: &str, whole: &Span) -> Option<Said> {
    let mut found = detect(label.kind, text);
    found.retain(|one| holds_now(label, text, &one.span));
    let (index, found, value) = found.iter().enumerate().find_map(|(index, found)| {
        let raw = &text[found.span.clone()];
        let value = normalise::value(shape, label.kind, label.measure, &found.typed, raw)?;
        Some((index, found, value))
    })?;
    // An address is told by its form, wherever it stands in the cell.
    let has_form = matches!(label.kind, Kind::Email | Kind::Url | Kind::Phone);
    let fit = if found.span.len() * 2 >= whole.len() || has_form {
        1.0
    } else if index == 0 && found.span.start <= whole.start + 12 {
        0.9
    } else {
        0.75
    };
    // A bare number has its unit in the header or the key.
    let sureness = fitness(label, text, found).max(0.92) * fit;
    Some(Said { value, span: found.span.clone(), sureness })
}
