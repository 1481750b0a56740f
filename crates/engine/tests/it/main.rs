//! The engine at work: a real worker and store, and sources over a scripted site and folders.

#![expect(clippy::unwrap_used, reason = "helpers of tests")]

mod answers;
mod bench;
mod crashes;
mod ends;
mod outside;
mod policy;
