//! The only way out to the network: an HTTP client behind a guard.
//!
//! Every address passes [`guard`]: first as it is written, then each address that its name resolves to, and again
//! after each redirect. [`Policy`] says how far requests go at all, and which private origins are reached; a
//! [`Scope`] says on whose behalf, and counts what was sent. A [`Cassette`] records what comes, or stands in for it.

mod body;
mod cassette;
mod client;
mod failed;
#[doc(hidden)]
pub mod fuzz;
pub mod guard;
mod policy;
mod purpose;
mod reply;
mod resolve;
mod scope;
mod secret;
mod stream;

pub use cassette::{Cassette, NoCassette};
pub use client::{Egress, MAX_REDIRECTS, Request, Response, USER_AGENT};
pub use failed::Failed;
pub use policy::{HostRule, NotAHost, NotAnOrigin, Origin, Policy};
pub use purpose::Purpose;
pub use reqwest::header::{HeaderMap, HeaderName, HeaderValue};
pub use resolve::Names;
pub use scope::{Contact, Scope};
pub use secret::Secret;
pub use stream::Stream;
