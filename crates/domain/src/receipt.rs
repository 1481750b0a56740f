//! The receipt: what was done for an answer, what could not be done, and why it stopped.

/// Delivered with each finished run, so that a reader can judge how thorough it was.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Receipt {
    /// Who answered: `extractive`, `model`, `noop`.
    pub engine: String,
    pub stopped: Option<StopReason>,
    pub rounds: u32,
    pub searches: u32,
    /// Addresses that any search or link offered.
    pub sources_considered: u32,
    pub pages_read: u32,
    pub unreadable: Vec<Unreadable>,
    /// Quotes found again, byte for byte, in the archived text.
    pub quotes_verified: u32,
    /// Quotes that were not, and were therefore dropped.
    pub quotes_dropped: u32,
    /// Report: sentences of its own, and those that carry a reference.
    pub sentences: u32,
    pub sentences_cited: u32,
    pub contradictions: u32,
    pub fields_found: u32,
    pub fields_missing: u32,
    /// The one thing that would help most, with the line to set.
    pub advice: Option<String>,
    pub elapsed_ms: i64,
}

/// An address that was asked and gave nothing to read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unreadable {
    pub address: String,
    pub reason: String,
}

/// Why a run stopped looking.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum StopReason {
    /// Everything asked for was found.
    Covered,
    /// Another round brought nothing new.
    Saturated,
    /// What is open was searched for without a trace.
    NotFindable,
    /// A cap of the processor was reached.
    Budget,
    /// The time ran out.
    Deadline,
    /// Nothing was read that answers.
    NoEvidence,
}

impl StopReason {
    pub const ALL: [Self; 6] = [
        Self::Covered,
        Self::Saturated,
        Self::NotFindable,
        Self::Budget,
        Self::Deadline,
        Self::NoEvidence,
    ];

    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Covered => "covered",
            Self::Saturated => "saturated",
            Self::NotFindable => "not_findable",
            Self::Budget => "budget",
            Self::Deadline => "deadline",
            Self::NoEvidence => "no_evidence",
        }
    }

    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|reason| reason.as_str() == word)
    }
}
