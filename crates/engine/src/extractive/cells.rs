//! Values of cells, of keys and of definitions: texts that are an answer as a whole, or hold one.

use domain::schema::Shape;
use domain::text::Span;
use serde_json::Value;

use super::labels::Label;
use super::sentence::{Said, boolean, converted, fitness, holds_now};
use super::turns::{clause_end, marked_type};
use super::values::asked::{names_currency, scale_asked, words_of_scale};
use super::values::choices::members;
use super::values::{Detected, Fraction, Kind, Typed, booleans, detect, normalise};
use super::words::sentences;

/// Longest cell that is a value as a whole.
const WHOLE_CELL: usize = 90;
/// Longest cell that is a quantity as a whole: `up to 6 weeks`.
const WHOLE_QUANTITY: usize = 25;
/// Longest description taken as a whole; of a longer one the first sentence.
const WHOLE_SENTENCE: usize = 200;

/// A cell, the value of a key or of a definition, with what tells how its numbers are meant.
#[derive(Debug, Clone, Copy)]
pub struct Cell<'a> {
    pub text: &'a str,
    /// What names it: a header, a key, a term. `Turnover (EUR million)` counts in millions.
    pub key: &'a str,
    /// What is said of all amounts around it: the corner of a table, the line or the heading above. It holds for money alone.
    pub above: &'a str,
    /// How its page writes numbers.
    pub page: Fraction,
}

impl Cell<'_> {
    /// By how much its numbers are multiplied, where the words beside it tell.
    fn scale(&self, label: &Label) -> Option<f64> {
        let is_money = label.kind == Kind::Money || label.measure.is_money;
        let above = || scale_asked("", self.above).filter(|_| is_money);
        scale_asked("", self.key).or_else(above)
    }

    /// The values of a kind in it, its numbers as they are meant.
    fn values(&self, label: &Label) -> Vec<Detected> {
        let scale = self.scale(label);
        // An amount whose currency stands in the header.
        let is_bare_money =
            label.kind == Kind::Money && (scale.is_some() || names_currency(self.key));
        let kind = if is_bare_money { Kind::Number } else { label.kind };
        let mut found = detect(kind, self.text, self.page);
        for one in &mut found {
            if let (Typed::Quantity(quantity), Some(scale)) = (&mut one.typed, scale) {
                *quantity = quantity.in_scale(scale);
            }
        }
        found
    }

    /// A bare number as a text with the scale that its key tells: `85.4 (EUR million)`.
    fn in_words(&self, label: &Label) -> Option<String> {
        let words = normalise::text(self.text).filter(|words| words.len() <= WHOLE_QUANTITY)?;
        let scale = scale_asked("", self.key).and_then(|_| words_of_scale(self.key))?;
        let found = detect(Kind::Number, &words, self.page);
        let is_quantity =
            matches!(label.kind, Kind::Number | Kind::Money | Kind::Phrase | Kind::Literal);
        match &found[..] {
            [Detected { span, typed: Typed::Quantity(of) }]
                if is_quantity && of.is_bare() && span.start == 0 =>
            {
                Some(format!("{words} ({scale})"))
            }
            _ => None,
        }
    }
}

/// Reads a cell, the value of a key or of a definition: the value is all of it, or its first one of the
/// right kind.
pub fn read(label: &Label, shape: &Shape, cell: &Cell<'_>) -> Option<Said> {
    let text = cell.text;
    let trimmed = text.trim();
    let from = text.len() - text.trim_start().len();
    let whole = from..from + trimmed.len();
    if trimmed.is_empty() {
        return None;
    }
    let is_text = matches!(shape, Shape::Text(None) | Shape::Any);
    let said = |value: Value, span: Span, sureness: f32| Some(Said { value, span, sureness });
    if let Some(words) = is_text.then(|| cell.in_words(label)).flatten() {
        return said(Value::String(words), whole, 1.0);
    }
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
            let span = name(label.kind, text, &whole, cell.page)?;
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
            if is_text && trimmed.len() <= WHOLE_QUANTITY && !cell.values(label).is_empty() =>
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
        | Kind::Place => first_of_kind(label, shape, cell, &whole),
    }
}

/// Whether a text beside a name may be its value, and is no description of it: a word, a quantity, a quotation.
pub(super) fn is_terse(text: &str) -> bool {
    let trimmed = text.trim().trim_end_matches('.');
    let is_quoted = trimmed.starts_with(['"', '\'', '“', '`']) && trimmed.len() <= WHOLE_CELL;
    let is_quantity = trimmed.len() <= WHOLE_QUANTITY
        && detect(Kind::Number, trimmed, Fraction::Point).iter().any(|found| found.span.start == 0);
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
fn name(kind: Kind, text: &str, whole: &Span, page: Fraction) -> Option<Span> {
    let cell = &text[whole.clone()];
    let bare = &cell[..cell.find(" (").unwrap_or(cell.len())];
    let has_digits = bare.contains(|c: char| c.is_ascii_digit());
    if bare.contains(['@', '/', ':']) || (kind == Kind::Person && has_digits) {
        return detect(kind, text, page).into_iter().next().map(|found| found.span);
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

/// Whether what stands behind a name makes it a street: `Storgata 14`.
fn has_house_number(behind: &str) -> bool {
    behind.strip_prefix(' ').is_some_and(|rest| rest.starts_with(|c: char| c.is_ascii_digit()))
}

/// The first value of the right kind: surely where it is most of the cell or opens it.
fn first_of_kind(label: &Label, shape: &Shape, cell: &Cell<'_>, whole: &Span) -> Option<Said> {
    let text = cell.text;
    let mut found = cell.values(label);
    found.retain(|one| {
        let is_street = label.is_city && has_house_number(&text[one.span.end..]);
        holds_now(label, text, &one.span) && !is_street
    });
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

#[cfg(test)]
mod tests {
    use domain::fields::schema_from_words;
    use domain::schema::Schema;
    use serde_json::json;

    use super::super::build;
    use super::super::fields::find;
    use super::super::fields::tests::CAPS;
    use super::super::subject::Subject;
    use super::*;

    fn found(field: &str, language: &str, lines: &str) -> Option<Value> {
        let (schema, _) = Schema::parse(schema_from_words(field).unwrap()).unwrap();
        let subject = Subject { name: "Acme".into(), ..Subject::default() };
        let mut text = build::text("Acme", &format!("# Acme\n{lines}"));
        text.language = Some(language.into());
        let pages = [build::page_of(1, "acme.test", text)];
        find(&subject, &schema.fields[0], &pages, &CAPS).value
    }

    #[test]
    fn a_header_tells_in_which_scale_its_numbers_are() {
        let table = "| Kennzahl | 2024 |\n| Umsatz (T€) | 1.200.000 |\n| Gewinn (Mio. €) | 85,4 |";
        let german = |field| found(field, "de", table);
        assert_eq!(german("umsatz (number): Umsatz in m€"), Some(json!(1_200)));
        assert_eq!(german("umsatz (number): Umsatz in Euro"), Some(json!(1_200_000_000)));
        assert_eq!(german("gewinn (number): Gewinn in Euro"), Some(json!(85_400_000)));
        assert_eq!(german("gewinn (number): Gewinn in T€"), Some(json!(85_400)));
        assert_eq!(german("gewinn: Gewinn"), Some(json!("85,4 (Mio. €)")));
        let english = |field, lines| found(field, "en", lines);
        let pair = "Assets in thousands of euros:: 12,500";
        assert_eq!(english("assets (number): assets in euros", pair), Some(json!(12_500_000)));
        let pounds = "| | 2024 |\n| Revenue (£'000) | 1,250 |\n| Staff | 1,250 |";
        assert_eq!(english("revenue (number): revenue", pounds), Some(json!(1_250_000)));
        assert_eq!(english("staff (integer): staff", pounds), Some(json!(1_250)));
    }

    #[test]
    fn a_street_is_no_city() {
        let office = "Head office: Storgata 14, 1767 Halden, Norway. In 2025 it had 412 employees, and more are \
            wanted for the plant that is being built.";
        let city = found("headquarters: city of the head office", "en", office);
        assert_eq!(city, Some(json!("Halden")));
    }

    #[test]
    fn what_is_said_above_a_table_counts_for_its_money() {
        let table = "All amounts in EUR million.\n| | 2024 |\n| Revenue | 1,250 |\n| Staff | 990 |";
        let found = |field| found(field, "en", table);
        assert_eq!(found("revenue (number): revenue in euros"), Some(json!(1_250_000_000)));
        assert_eq!(found("staff (integer): staff"), Some(json!(990)));
    }

    #[test]
    fn a_page_tells_how_it_writes_its_numbers() {
        let lines = "| Kennzahl | Wert |\n| Mitarbeiter | 12.500 |";
        let staff = |language| found("mitarbeiter (number): Mitarbeiter", language, lines);
        assert_eq!(staff("de"), Some(json!(12_500)));
        assert_eq!(staff("en"), Some(json!(12.5)));
        assert_eq!(found("mitarbeiter (integer): Zahl", "de", lines), Some(json!(12_500)));
        let told = "Die Zahlen sind aus dem Bericht.\nMitarbeiter: 12.500";
        assert_eq!(found("mitarbeiter (number): Mitarbeiter", "", told), Some(json!(12_500)));
    }
}
