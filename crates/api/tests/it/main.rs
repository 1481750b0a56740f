//! The doors over a real store in a temporary directory; the tests play the worker.

mod contract;
mod pages;
mod refusals;
mod repeats;
mod waiting;
mod world;
