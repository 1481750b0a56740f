//! Runs for the rows of a table, and how far they are.

use serde_json::{Map, Value};

use crate::clock::TimeMs;
use crate::ids::GroupId;
use crate::run::RunState;

#[derive(Debug, Clone, PartialEq)]
pub struct Group {
    pub id: GroupId,
    pub counts: Counts,
    pub created_at: TimeMs,
    pub modified_at: TimeMs,
    pub metadata: Option<Map<String, Value>>,
}

/// How many runs of a group are in which state.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Counts {
    pub queued: i64,
    pub running: i64,
    pub cancelling: i64,
    pub completed: i64,
    pub failed: i64,
    pub cancelled: i64,
}

impl Counts {
    pub const fn total(&self) -> i64 {
        self.active() + self.ended()
    }

    pub const fn active(&self) -> i64 {
        self.queued + self.running + self.cancelling
    }

    pub const fn ended(&self) -> i64 {
        self.completed + self.failed + self.cancelled
    }

    pub const fn is_active(&self) -> bool {
        self.active() > 0
    }

    pub const fn of(&self, state: RunState) -> i64 {
        match state {
            RunState::Queued => self.queued,
            RunState::Running => self.running,
            RunState::Cancelling => self.cancelling,
            RunState::Completed => self.completed,
            RunState::Failed => self.failed,
            RunState::Cancelled => self.cancelled,
        }
    }
}
