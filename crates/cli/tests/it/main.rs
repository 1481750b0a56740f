//! Drives the built binary as a person at a shell would.

#![expect(clippy::unwrap_used, reason = "helpers of tests")]

mod answers;
mod config;
mod documents;
mod install;
mod large;
mod models;
mod outside;
mod refusals;
mod serving;
mod shell;
