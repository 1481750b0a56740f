//! Values in running text: detectors that give a span and what it says, and the way from there to the
//! type that the schema wants.

pub mod asked;
pub mod booleans;
pub mod choices;
pub mod dates;
pub mod literals;
pub mod names;
pub mod normalise;
pub(super) mod notation;
pub mod numbers;
pub mod units;

use domain::text::Span;

pub use notation::Fraction;

/// What kind of thing an answer is; from the field's shape and from the wording of its description.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Kind {
    Date,
    Year,
    Number,
    Money,
    Percent,
    Url,
    Email,
    Phone,
    Boolean,
    /// A member of the field's closed set.
    Choice,
    Version,
    /// A setting's value, a code word, a quoted word.
    Literal,
    Person,
    Organisation,
    Place,
    /// Identifiers of errors: `OSError`, `ENOENT`.
    Failure,
    /// A few words as they stand.
    Phrase,
    /// What the subject is or does: a sentence.
    Sentence,
}

/// A value where it stands: `span` counts in the text that was searched.
#[derive(Debug, Clone, PartialEq)]
pub struct Detected {
    pub span: Span,
    pub typed: Typed,
}

#[derive(Debug, Clone, PartialEq)]
pub enum Typed {
    Date(dates::Date),
    Quantity(numbers::Quantity),
    /// As it stands.
    Words(String),
}

/// All values of a kind in a text, in order; numbers as its page writes them. Booleans and choices need more than the text
/// and have their own functions.
pub fn detect(kind: Kind, text: &str, page: Fraction) -> Vec<Detected> {
    let words = |spans: Vec<Span>| {
        spans
            .into_iter()
            .map(|span| Detected { typed: Typed::Words(text[span.clone()].to_owned()), span })
            .collect::<Vec<_>>()
    };
    match kind {
        Kind::Date | Kind::Year => dates::find(text)
            .into_iter()
            .map(|(span, date)| Detected { span, typed: Typed::Date(date) })
            .collect(),
        Kind::Number | Kind::Money | Kind::Percent => numbers::find_on(text, page)
            .into_iter()
            .filter(|(_, quantity)| {
                let is_money = quantity.currency.is_some() || quantity.is_scaled;
                (kind != Kind::Percent || quantity.is_percent) && (kind != Kind::Money || is_money)
            })
            .map(|(span, quantity)| Detected { span, typed: Typed::Quantity(quantity) })
            .collect(),
        Kind::Url => words(literals::urls(text)),
        Kind::Email => words(literals::emails(text)),
        Kind::Phone => words(literals::phones(text)),
        Kind::Version => words(literals::versions(text)),
        Kind::Literal => words(literals::code_words(text)),
        Kind::Failure => words(literals::failures(text)),
        Kind::Person => words(names::people(text)),
        Kind::Organisation => words(names::organisations(text)),
        Kind::Place => words(names::places(text)),
        Kind::Boolean | Kind::Choice | Kind::Phrase | Kind::Sentence => Vec::new(),
    }
}
