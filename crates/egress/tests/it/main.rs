//! The client against real servers on loopback.

#![expect(clippy::unwrap_used, reason = "a test may stop where it stands")]

mod bodies;
mod cassettes;
mod modes;
mod redirects;
mod site;
mod streams;
