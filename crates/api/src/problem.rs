//! What goes wrong at a door, as the caller is told: a sentence, a status and, where there is one, the way out.

use std::fmt;

use axum::response::{IntoResponse, Response};
use domain::spec::Refused;
use serde_json::Value;
use store::Failed;

/// One refusal or failure. The envelope around it is made by `doors`, which also gives it its `ref_id`.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[error("{message}")]
pub struct Problem {
    pub kind: Kind,
    /// For people: names the field, the value, the rule and the way out.
    pub message: String,
    /// The same for a reader of pages, where `message` speaks of headers, members or methods.
    pub on_a_page: Option<&'static str>,
    pub detail: Option<Box<Value>>,
    /// Seconds after which asking again makes sense.
    pub retry_after_s: Option<u32>,
    /// For the log only.
    pub cause: Option<String>,
}

/// What kind of problem, which decides the HTTP status.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Kind {
    /// The request cannot be read as HTTP.
    Malformed,
    /// No key, or one that is not good.
    Unauthorized,
    Forbidden,
    NotFound,
    WrongMethod,
    /// The hold ended and the run is still active.
    StillActive,
    /// The same creation is being worked on.
    InFlight,
    TooLarge,
    Invalid,
    Internal,
    Unavailable,
    NoRoom,
}

impl Kind {
    pub const fn status(self) -> u16 {
        match self {
            Self::Malformed => 400,
            Self::Unauthorized => 401,
            Self::Forbidden => 403,
            Self::NotFound => 404,
            Self::WrongMethod => 405,
            Self::StillActive => 408,
            Self::InFlight => 409,
            Self::TooLarge => 413,
            Self::Invalid => 422,
            Self::Internal => 500,
            Self::Unavailable => 503,
            Self::NoRoom => 507,
        }
    }
}

impl Problem {
    pub fn new(kind: Kind, message: impl Into<String>) -> Self {
        let message = message.into();
        Self { kind, message, on_a_page: None, detail: None, retry_after_s: None, cause: None }
    }

    pub fn invalid(message: impl Into<String>) -> Self {
        Self::new(Kind::Invalid, message)
    }

    pub fn not_found(message: impl Into<String>) -> Self {
        Self::new(Kind::NotFound, message)
    }

    /// Something broke here; the cause goes to the log, not to the caller.
    pub fn internal(cause: impl fmt::Display) -> Self {
        let message = "something broke on the server; its log has more under this `ref_id`";
        Self::new(Kind::Internal, message).on_a_page(BROKEN).because(cause)
    }

    #[must_use]
    pub fn on_a_page(self, sentence: &'static str) -> Self {
        Self { on_a_page: Some(sentence), ..self }
    }

    #[must_use]
    pub fn retry_after(self, seconds: u32) -> Self {
        Self { retry_after_s: Some(seconds), ..self }
    }

    #[must_use]
    pub fn with_detail(self, detail: Value) -> Self {
        Self { detail: Some(Box::new(detail)), ..self }
    }

    #[must_use]
    pub fn because(self, cause: impl fmt::Display) -> Self {
        Self { cause: Some(cause.to_string()), ..self }
    }

    /// The same, said of one row: `` `input` is … `` becomes `` `inputs[3].input` is … ``.
    #[must_use]
    pub fn at_row(self, index: usize) -> Self {
        let message = match self.message.strip_prefix('`') {
            Some(rest) => format!("`inputs[{index}].{rest}"),
            None => format!("`inputs[{index}]`: {}", self.message),
        };
        Self { message, ..self }
    }
}

const BROKEN: &str =
    "This page could not be made. The log of the server has more under the reference below.";

impl From<Refused> for Problem {
    fn from(refused: Refused) -> Self {
        Self::invalid(refused.to_string())
    }
}

impl From<Failed> for Problem {
    fn from(failed: Failed) -> Self {
        match failed {
            Failed::Unavailable(_) | Failed::LostRace | Failed::Closed => {
                let message = "the database does not answer; try again in a moment";
                Self::new(Kind::Unavailable, message).because(&failed).retry_after(2)
            }
            Failed::Full(_) => Self::new(
                Kind::NoRoom,
                "the server has no room left to store this; nothing was created",
            )
            .because(&failed),
            Failed::Newer { .. }
            | Failed::Directory { .. }
            | Failed::Broken(_)
            | Failed::Unreadable { .. } => Self::internal(&failed),
        }
    }
}

impl IntoResponse for Problem {
    /// Status only; the problem travels along and is written out by `doors`.
    fn into_response(self) -> Response {
        let status = axum::http::StatusCode::from_u16(self.kind.status())
            .unwrap_or(axum::http::StatusCode::INTERNAL_SERVER_ERROR);
        let mut response = status.into_response();
        response.extensions_mut().insert(self);
        response
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_problem_of_a_row_names_the_row() {
        let named = |message: &str| Problem::invalid(message).at_row(3).message;
        assert_eq!(named("`input` is empty"), "`inputs[3].input` is empty");
        assert_eq!(named("both are too long"), "`inputs[3]`: both are too long");
    }
}
