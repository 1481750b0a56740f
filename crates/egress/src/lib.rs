//! The only way out to the network: an HTTP client behind a guard.
//!
//! Every address passes [`guard`]: first as it is written, then each address that its name resolves to,
//! and again after each redirect. Private networks are reached only where [`Policy`] names the origin.

mod body;
mod client;
mod failed;
pub mod guard;
mod policy;
mod resolve;
mod stream;

pub use client::{Egress, MAX_REDIRECTS, Request, Response, USER_AGENT};
pub use failed::Failed;
pub use policy::{NotAnOrigin, Origin, Policy};
pub use reqwest::header::{HeaderMap, HeaderName, HeaderValue};
pub use stream::Stream;
