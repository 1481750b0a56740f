//! The work itself: takes due runs from the store, researches, and stores answers with their evidence.

mod allowed;
mod budget;
mod enrich;
pub mod extractive;
mod injected;
mod library;
pub mod model;
mod purse;
mod read;
mod reading;
mod research;
mod search;
mod verify;
mod website;
pub mod worker;
mod world;

use std::sync::Arc;

pub use library::Library;
pub use model::prompts::Prompts;
pub use reading::ReadPage;

/// What a worker reasons with beside the rules: language models, and the words in which they are asked.
#[derive(Debug)]
pub struct Reasoning {
    pub models: llm::Models,
    pub prompts: Arc<Prompts>,
}

/// Why the engine could not go on. What a page or a provider refuses is no failure: it is part of the answer.
#[derive(Debug, thiserror::Error)]
pub enum Failed {
    #[error(transparent)]
    Store(#[from] store::Failed),
    /// The run was executed with another journal than the one it has, which only a defect can cause.
    #[error("the journal of this run holds an answer of another form ({kind}, version {version})")]
    Journal { kind: &'static str, version: i64 },
    /// Another worker has the run, or it was ended.
    #[error("another worker has this run now")]
    Superseded,
    #[error("a part of the engine broke: {0}")]
    Broken(String),
}
