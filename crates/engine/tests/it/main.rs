//! The engine at work: a real worker and store, and sources over a scripted site and folders.

#![expect(clippy::unwrap_used, reason = "helpers of tests")]

mod again;
mod answers;
mod bad_models;
mod bench;
mod crashes;
mod disputes;
mod ends;
mod injected;
mod kills;
mod models;
mod outside;
mod policy;
mod rows;
mod spending;
mod tiers;
mod tools;
