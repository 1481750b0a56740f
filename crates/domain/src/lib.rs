//! The words and rules of the product: what a run is, what may happen to it, what an answer is.
//!
//! No IO, no async, no clock of its own. Everything else in the workspace imports this crate.

pub mod address;
pub mod clock;
pub mod country;
pub mod estimate;
pub mod event;
pub mod evidence;
pub mod fields;
pub mod group;
pub mod ids;
pub mod intent;
pub mod model;
pub mod outgoing;
pub mod output;
pub mod processor;
pub mod receipt;
pub mod run;
pub mod schema;
pub mod source;
pub mod spec;
pub mod text;
pub mod tools;
pub mod webhook;
