//! Answers: text or typed fields, each with the basis that lets a reader check it.

use serde_json::{Map, Value};

use crate::evidence::Evidence;
use crate::schema::FieldKind;
use crate::spec::Wanted;
use crate::tools::ToolCall;

/// How much a value may be relied on. What the words mean stands in `docs/confidence.md`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Confidence {
    Low,
    Medium,
    High,
}

impl Confidence {
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Low => "low",
            Self::Medium => "medium",
            Self::High => "high",
        }
    }

    pub fn parse(word: &str) -> Option<Self> {
        [Self::Low, Self::Medium, Self::High].into_iter().find(|c| c.as_str() == word)
    }
}

/// What one run answers.
#[derive(Debug, Clone, PartialEq)]
pub struct Output {
    pub content: Content,
    /// Text: one entry, field `output`. Fields: one per field, then one per list element (`staff.0`).
    pub basis: Vec<Basis>,
    /// Tools that were called on the way, in the order of the calls.
    pub tool_calls: Vec<ToolCall>,
}

#[derive(Debug, Clone, PartialEq)]
pub enum Content {
    /// Markdown. References stand in it as `[1]`, numbered as the evidence of the one basis entry.
    Text(String),
    Fields {
        values: Map<String, Value>,
        /// Present where the schema was made for the question (auto output).
        schema: Option<Value>,
    },
}

/// Why one field has the value it has.
#[derive(Debug, Clone, PartialEq)]
pub struct Basis {
    pub field: String,
    pub reasoning: String,
    pub confidence: Option<Confidence>,
    pub evidence: Vec<Evidence>,
    /// Why the value is null; `None` where there is a value.
    pub missing: Option<Missing>,
    /// Other values that sources gave for the same thing.
    pub conflicts: Vec<Candidate>,
    /// How the value came about; `None` for text.
    pub kind: Option<FieldKind>,
}

/// A value that some source states but that was not chosen.
#[derive(Debug, Clone, PartialEq)]
pub struct Candidate {
    pub value: Value,
    pub evidence: Vec<Evidence>,
}

/// Why a field is null.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Missing {
    /// Pages were read, none of them states it.
    NotFound,
    /// No page about the row's subject could be found or read.
    NoPages,
    /// The field asks for judgement or writing, and no model is configured.
    NeedsModel,
    /// The field asks for a model, and the configured one could not be asked or did not answer what can be used.
    ModelDown,
    /// The budget ended before it was looked for.
    Budget,
    /// Pages speak of several things of the row's name, and it is not clear which is meant.
    Ambiguous,
    /// What was written or judged did not stand the check against its evidence.
    Unsupported,
}

impl Missing {
    pub const ALL: [Self; 7] = [
        Self::NotFound,
        Self::NoPages,
        Self::NeedsModel,
        Self::ModelDown,
        Self::Budget,
        Self::Ambiguous,
        Self::Unsupported,
    ];

    pub const fn as_str(self) -> &'static str {
        match self {
            Self::NotFound => "not_found",
            Self::NoPages => "no_pages",
            Self::NeedsModel => "needs_model",
            Self::ModelDown => "model_down",
            Self::Budget => "budget",
            Self::Ambiguous => "ambiguous",
            Self::Unsupported => "unsupported",
        }
    }

    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|missing| missing.as_str() == word)
    }
}

impl Output {
    /// An answer for which no tool was called.
    pub const fn new(content: Content, basis: Vec<Basis>) -> Self {
        Self { content, basis, tool_calls: Vec::new() }
    }

    /// The answer as the caller's schema allows it: see [`crate::schema::Schema::filled`]. The basis still says what is missing.
    #[must_use]
    pub fn filled(mut self, wanted: &Wanted) -> Self {
        if let (Content::Fields { values, .. }, Wanted::Fields(schema)) =
            (&mut self.content, wanted)
        {
            *values = schema.filled(values);
        }
        self
    }

    pub fn evidence(&self) -> impl Iterator<Item = &Evidence> {
        self.basis.iter().flat_map(|basis| {
            basis
                .evidence
                .iter()
                .chain(basis.conflicts.iter().flat_map(|candidate| candidate.evidence.iter()))
        })
    }
}
