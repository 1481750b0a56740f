//! The reasoner with language models. The engine, and never a model, searches and reads; a model sees passages and
//! gives back places in them; what it writes is held sentence by sentence against what was quoted.
//!
//! Who sees text of the web (reader, writer, verifier) has no tools and answers in a closed form; who words searches
//! (planner) sees the task and typed values only.

mod asking;
mod beyond;
mod cells;
mod check;
mod claims;
mod columns;
mod composed;
mod conflicts;
mod draft;
pub(crate) mod fill;
mod finish;
mod frame;
mod gaps;
mod groups;
pub(crate) mod look;
mod material;
mod named;
mod plan;
pub mod prompts;
mod quotes;
mod reader;
mod rendered;
mod report;
pub(crate) mod research;
mod restated;
pub(crate) mod shape;
mod supplied;
mod support;
pub(crate) mod tools;
mod words;

pub(crate) use asking::Mind;
