//! One piece of work: its states, and what is known of it from outside.

use serde_json::{Map, Value};

use crate::clock::TimeMs;
use crate::ids::{GroupId, RunId};

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum RunState {
    Queued,
    Running,
    Completed,
    Failed,
    /// Asked to stop while running; its worker has not let go yet.
    Cancelling,
    Cancelled,
}

impl RunState {
    pub const ALL: [Self; 6] = [
        Self::Queued,
        Self::Running,
        Self::Completed,
        Self::Failed,
        Self::Cancelling,
        Self::Cancelled,
    ];

    /// As the Task API and the database spell it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Queued => "queued",
            Self::Running => "running",
            Self::Completed => "completed",
            Self::Failed => "failed",
            Self::Cancelling => "cancelling",
            Self::Cancelled => "cancelled",
        }
    }

    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|state| state.as_str() == word)
    }

    /// Whether something may still happen.
    pub const fn is_active(self) -> bool {
        match self {
            Self::Queued | Self::Running | Self::Cancelling => true,
            Self::Completed | Self::Failed | Self::Cancelled => false,
        }
    }
}

impl std::fmt::Display for RunState {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.as_str())
    }
}

/// A run as a caller sees it, without its input and output.
#[derive(Debug, Clone, PartialEq)]
pub struct Run {
    pub id: RunId,
    pub group: Option<GroupId>,
    /// Place in the group, from 0, in the order in which rows were added.
    pub index: Option<i64>,
    pub state: RunState,
    pub processor: String,
    pub created_at: TimeMs,
    pub modified_at: TimeMs,
    pub started_at: Option<TimeMs>,
    pub finished_at: Option<TimeMs>,
    pub metadata: Option<Map<String, Value>>,
    pub warnings: Vec<Warning>,
    /// Set when the state is `failed`.
    pub failure: Option<Failure>,
    /// The run that this one follows up on.
    pub previous: Option<RunId>,
    /// The address that is told of its end.
    pub webhook: Option<String>,
}

/// Why a run ended without an answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Failure {
    pub code: FailureCode,
    /// A sentence for the person who asked.
    pub message: String,
}

/// Closed set; the wire spells it as [`FailureCode::as_str`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum FailureCode {
    /// Pages were read and none holds anything that answers.
    NoEvidence,
    /// No document, site or search was there to be read.
    NoSources,
    /// The time of the processor or of the caller ran out.
    OutOfTime,
    /// Attempts ended again and again without any progress.
    KeptFailing,
    /// A defect or a broken machine; the log has more.
    Internal,
}

impl FailureCode {
    pub const ALL: [Self; 5] =
        [Self::NoEvidence, Self::NoSources, Self::OutOfTime, Self::KeptFailing, Self::Internal];

    pub const fn as_str(self) -> &'static str {
        match self {
            Self::NoEvidence => "no_evidence",
            Self::NoSources => "no_sources",
            Self::OutOfTime => "out_of_time",
            Self::KeptFailing => "kept_failing",
            Self::Internal => "internal",
        }
    }

    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|code| code.as_str() == word)
    }
}

/// Something the caller should know although the work goes on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Warning {
    pub kind: WarningKind,
    pub message: String,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum WarningKind {
    Spec,
    Input,
    Other,
}

impl WarningKind {
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Spec => "spec_validation_warning",
            Self::Input => "input_validation_warning",
            Self::Other => "warning",
        }
    }

    pub fn parse(word: &str) -> Self {
        match word {
            "spec_validation_warning" => Self::Spec,
            "input_validation_warning" => Self::Input,
            _ => Self::Other,
        }
    }
}

impl Warning {
    pub fn spec(message: impl Into<String>) -> Self {
        Self { kind: WarningKind::Spec, message: message.into() }
    }

    pub fn other(message: impl Into<String>) -> Self {
        Self { kind: WarningKind::Other, message: message.into() }
    }
}
