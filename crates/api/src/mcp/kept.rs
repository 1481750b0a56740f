//! Answers of tools that only look, given again until something is written.
//!
//! Clients ask the same again and again while nothing happens. Whether anything did is asked of the database each time, so
//! that nobody misses what was just written, by this process or by another. On PostgreSQL nothing is kept.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use rmcp::model::CallToolResult;
use serde_json::{Map, Value};

use crate::mcp::arguments::{WAIT, has};
use crate::mcp::call::Call;
use crate::mcp::toolset::Tool;

/// Answers kept at a time, of some kilobytes each; beyond that they are dropped and gathered again.
const MAX_KEPT: usize = 256;
/// Longest call whose answer is kept, in bytes: an id, a cursor, a few words.
const MAX_ASKED: usize = 500;

#[derive(Clone, Default)]
pub(crate) struct Answers(Arc<Mutex<Kept>>);

#[derive(Default)]
struct Kept {
    /// Of the database when they were made.
    version: i64,
    answers: HashMap<String, CallToolResult>,
}

/// A call whose answer may be kept, and the state of the database before it is answered.
pub(super) struct Asked {
    version: i64,
    words: String,
}

impl Asked {
    /// `None` for what does something, or waits for something.
    pub(super) fn of(call: &Call, tool: Tool, given: Option<&Map<String, Value>>) -> Option<Self> {
        let only_looks = match tool {
            Tool::GetStatus | Tool::ListTasks => !given.is_some_and(|given| has(given, &WAIT)),
            Tool::CreateDeepResearch
            | Tool::CreateTaskGroup
            | Tool::GetResultMarkdown
            | Tool::CancelTask
            | Tool::Start
            | Tool::Check
            | Tool::Read => false,
        };
        if !only_looks {
            return None;
        }
        let given = given.map(|given| serde_json::to_string(given).unwrap_or_default());
        let owner = call.caller.owner;
        let words = format!("{owner:?} {tool:?} {}", given.unwrap_or_default());
        // A database that does not answer says so to whoever reads from it.
        let version = call.app.store.version().ok()??;
        (words.len() <= MAX_ASKED).then_some(Self { version, words })
    }
}

impl Answers {
    pub(super) fn find(&self, asked: &Asked) -> Option<CallToolResult> {
        let kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if kept.version != asked.version {
            return None;
        }
        kept.answers.get(&asked.words).cloned()
    }

    pub(super) fn keep(&self, asked: Asked, answer: &CallToolResult) {
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if kept.version != asked.version || kept.answers.len() >= MAX_KEPT {
            kept.answers.clear();
            kept.version = asked.version;
        }
        kept.answers.insert(asked.words, answer.clone());
    }
}
