//! What callers watch while a run works.

use crate::clock::TimeMs;
use crate::model::Role;
use crate::run::RunState;

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Event {
    /// Counts up within one run, from 1.
    pub seq: i64,
    pub at: TimeMs,
    pub kind: EventKind,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum EventKind {
    /// The run entered a state.
    State(RunState),
    /// A sentence about what is being done.
    Message { stage: Stage, message: String },
    /// Numbers; the newest replace the last.
    Progress(Progress),
}

/// What a message is about, by the names of the Task API's message events.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Stage {
    Plan,
    Search,
    /// A page was read or could not be.
    Extract,
    /// Something was found or written.
    Result,
}

/// What a model is asked for, told before the call, so that a long silence has its reason.
pub fn asking(model: &str, role: Role) -> String {
    format!("{ASKING}{model} ({})", role.as_str())
}

/// Whom a message says to be asked; nothing where it says something else.
pub fn asked(message: &str) -> Option<&str> {
    message.strip_prefix(ASKING)
}

const ASKING: &str = "Asking ";

impl Stage {
    pub const ALL: [Self; 4] = [Self::Plan, Self::Search, Self::Extract, Self::Result];

    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Plan => "plan",
            Self::Search => "search",
            Self::Extract => "extract",
            Self::Result => "result",
        }
    }

    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|stage| stage.as_str() == word)
    }
}

#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Progress {
    pub sources_considered: u32,
    pub sources_read: u32,
    /// A few addresses that were read, newest last.
    pub sample: Vec<String>,
    /// 0 to 100, never falling within one attempt.
    pub percent: u8,
}
