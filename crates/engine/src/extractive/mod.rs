//! The reasoner without a model: rules that find, rank and quote. It never writes a sentence about the
//! world; everything it gives is a span of a page.

mod about;
mod alike;
mod bridge;
#[cfg(test)]
pub(crate) mod build;
pub mod candidates;
pub mod cells;
pub mod citations;
mod clauses;
mod corpus;
mod corrected;
pub mod decide;
mod disagree;
mod expects;
pub mod facets;
pub mod fields;
pub mod focus;
mod forms;
mod gate;
pub mod items;
mod judge;
pub mod labels;
mod lexicon;
pub mod lists;
pub mod mentions;
mod names;
pub mod naming;
pub mod narrow;
pub mod passages;
mod quantity;
pub mod queries;
pub mod question;
mod quoting;
pub mod rank;
mod records;
pub mod render;
pub mod report;
mod score;
pub mod sentence;
pub mod sentences;
pub mod subject;
mod tables;
pub mod turns;
pub mod values;
mod variety;
pub mod words;
