//! What is stored as JSON: the promise to old databases. Each document carries its version.
//!
//! Domain types change freely; these change only by adding. Reading is tolerant of what newer versions of the
//! same document left out.

mod event;
mod output;
mod receipt;
mod spec;
mod text;
mod tools;

use serde::de::DeserializeOwned;

use crate::Failed;

pub(crate) use self::event::{
    event_from_text, event_to_text, warnings_from_text, warnings_to_text,
};
pub(crate) use self::output::{output_from_text, output_to_text};
pub(crate) use self::receipt::{receipt_from_text, receipt_to_text};
pub(crate) use self::spec::{spec_from_text, spec_to_text};
pub(crate) use self::text::{text_from_json, text_to_json};

pub(crate) fn unreadable(what: &'static str, why: impl std::fmt::Display) -> Failed {
    Failed::Unreadable { what, why: format!("{why}") }
}

pub(crate) fn parse<T: DeserializeOwned>(what: &'static str, text: &str) -> Result<T, Failed> {
    serde_json::from_str(text).map_err(|why| unreadable(what, why))
}
