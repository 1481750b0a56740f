//! The doors over a real store in a temporary directory; the tests play the worker.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod callers;
mod contract;
mod mcp;
mod pages;
mod refusals;
mod repeats;
mod sharing;
mod streams;
mod tables;
mod waiting;
mod web;
mod world;
