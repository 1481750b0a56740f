//! Sources against real folders and real servers on loopback.

#![expect(clippy::unwrap_used, reason = "a test may stop where it stands")]

mod bad_days;
mod folders;
mod hostile;
mod private;
mod provider;
mod providers;
mod rendering;
mod site;
mod web;
mod web_search;
