//! Asks language models for text and for typed values: one question, one answer.
//!
//! [`Models`] holds what is configured, by name. It sends a [`Request`] over the wire of the model's provider, paces
//! itself by the provider's headers, tries again where that helps, and hands the question on to a second model where
//! one is named. What comes back is a [`Reply`] with its usage and cost, or a [`Failed`] that says what to do about it.
//! Whether a typed answer fits its schema is for [`typed::read`] to say.

mod absence;
mod breaker;
mod exchange;
mod failed;
mod fault;
mod hints;
mod learnt;
pub mod local;
mod manner;
mod models;
mod pace;
mod probe;
mod profile;
mod repeats;
mod reply;
mod request;
mod schema;
mod speed;
pub mod tokens;
pub mod typed;
mod wire;

pub use failed::{Failed, Remedy};
pub use manner::{Asked, Departure, Leaving, Manner, Patience, Wasted};
pub use models::{Config, Models};
pub use probe::Probe;
pub use profile::{
    HOSTED_CONCURRENCY, HOSTED_CONTEXT_TOKENS, Key, LOCAL_CONCURRENCY, LOCAL_CONTEXT_TOKENS,
    LOCAL_MAX_OUTPUT_TOKENS, MAX_OUTPUT_TOKENS, Price, Profile, Typed, Wire,
};
pub use reply::{Reply, Stopped, Usage};
pub use request::{Format, Request, Speaker, Turn};
pub use speed::Speed;
