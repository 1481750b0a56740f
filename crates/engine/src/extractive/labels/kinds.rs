//! What kind of answer a field takes: from its shape, its concept and its words.

use domain::schema::{Shape, TextFormat};

use super::super::values::Kind;
use super::concepts::Concept;

/// Whether a concept can be meant where a value of this shape is wanted: a number is no founder.
pub(super) fn suits(kind: Kind, shape: &Shape) -> bool {
    match shape {
        Shape::Integer | Shape::Number => !matches!(
            kind,
            Kind::Person
                | Kind::Place
                | Kind::Organisation
                | Kind::Failure
                | Kind::Url
                | Kind::Email
                | Kind::Sentence
        ),
        Shape::Text(Some(TextFormat::Date)) => kind == Kind::Date,
        Shape::Text(Some(TextFormat::Url)) => {
            matches!(kind, Kind::Url | Kind::Phrase | Kind::Sentence)
        }
        Shape::Text(Some(TextFormat::Email)) => matches!(kind, Kind::Email | Kind::Phrase),
        Shape::List(inner) => suits(kind, inner),
        Shape::Text(None) | Shape::Boolean | Shape::Choice(_) | Shape::Object(_) | Shape::Any => {
            true
        }
    }
}

pub(super) fn kind_of(shape: &Shape, concept: Option<&'static Concept>, asks: &str) -> Kind {
    let known = concept.map(|concept| concept.kind);
    let says = |words: &[&str]| {
        words.iter().any(|word| {
            asks.split(|c: char| !c.is_alphanumeric() && c != '%').any(|other| other == *word)
        })
    };
    match shape {
        Shape::Boolean => Kind::Boolean,
        Shape::Choice(_) => Kind::Choice,
        Shape::Text(Some(TextFormat::Date)) => Kind::Date,
        Shape::Text(Some(TextFormat::Url)) => Kind::Url,
        Shape::Text(Some(TextFormat::Email)) => Kind::Email,
        Shape::Integer | Shape::Number => match known {
            Some(Kind::Date) => Kind::Year,
            Some(kind @ (Kind::Money | Kind::Percent | Kind::Version)) => kind,
            _ if says(&["year"]) && !says(&["per"]) && !says(&["number"]) => Kind::Year,
            _ if says(&["percent", "percentage", "%"]) => Kind::Percent,
            _ => Kind::Number,
        },
        Shape::List(inner) => kind_of(inner, concept, asks),
        Shape::Object(_) => Kind::Phrase,
        Shape::Text(None) | Shape::Any => match known {
            // “what was added” asks for the thing, not for the version or the day.
            Some(Kind::Version | Kind::Date) if asks.contains(" what ") => Kind::Phrase,
            _ if asks.contains("yes/no") || asks.contains("yes or no") || says(&["whether"]) => {
                Kind::Boolean
            }
            Some(Kind::Date) if says(&["year"]) && !says(&["date", "day", "month"]) => Kind::Year,
            Some(Kind::Date | Kind::Phrase | Kind::Literal) | None if says(&["url"]) => Kind::Url,
            Some(kind) => kind,
            None if says(&["email"]) => Kind::Email,
            None if says(&["phone", "telephone"]) => Kind::Phone,
            None if says(&["version"]) => Kind::Version,
            None if says(&["date"]) => Kind::Date,
            None if says(&["year"]) => Kind::Year,
            None if says(&["percent", "percentage"]) => Kind::Percent,
            // “number of the stand” asks for a label: `B12`.
            None if asks.contains("number of the ") => Kind::Phrase,
            None if asks.contains("how many") || asks.contains("number of") => Kind::Number,
            None if says(&["city", "country", "place"]) => Kind::Place,
            None if says(&["person", "who"]) => Kind::Person,
            None => Kind::Phrase,
        },
    }
}
