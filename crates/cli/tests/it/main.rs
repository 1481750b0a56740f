//! Drives the built binary as a person at a shell would.

mod answers;
mod config;
mod refusals;
mod serving;
mod shell;
