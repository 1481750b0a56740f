//! What a model's server has been found to take, so that it is refused only once.

use std::sync::{Mutex, PoisonError};

use crate::profile::{Profile, Typed, Wire};

/// How requests to one model are worded.
#[expect(
    clippy::struct_excessive_bools,
    reason = "each is one word that a server takes or does not"
)]
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Habits {
    pub(crate) typed: Typed,
    /// `max_tokens`, where others say `max_completion_tokens`.
    pub(crate) has_short_limit: bool,
    pub(crate) has_temperature: bool,
    pub(crate) has_effort: bool,
    /// Asks for the usage at the end of a stream.
    pub(crate) has_stream_options: bool,
}

/// The habits of one model, and whether its typed mode has answered before.
#[derive(Debug)]
pub(crate) struct Learnt(Mutex<(Habits, bool)>);

impl Learnt {
    pub(crate) fn of(profile: &Profile) -> Self {
        // Ollama has no working JSON mode for these, whose template speaks another format.
        let is_gpt_oss = profile.wire == Wire::Ollama && profile.model.contains("gpt-oss");
        let usual = if is_gpt_oss { Typed::Tool } else { Typed::Native };
        let habits = Habits {
            typed: profile.typed.unwrap_or(usual),
            has_short_limit: profile.base_url.host_str() != Some("api.openai.com"),
            has_temperature: true,
            has_effort: true,
            has_stream_options: true,
        };
        // What the operator set is not argued about.
        Self(Mutex::new((habits, profile.typed.is_some())))
    }

    pub(crate) fn habits(&self) -> Habits {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).0
    }

    /// Whether the typed mode has been seen to work.
    pub(crate) fn is_proven(&self) -> bool {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).1
    }

    /// These habits were answered; `is_typed` with JSON where JSON was asked for.
    pub(crate) fn keep(&self, habits: Habits, is_typed: bool) {
        let mut learnt = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        // One schema that a proven mode refused says nothing about the next.
        let typed = if is_typed && !learnt.1 { habits.typed } else { learnt.0.typed };
        *learnt = (Habits { typed, ..habits }, learnt.1 || is_typed);
    }

    /// The typed mode was answered with something that is no JSON: another one is tried from now on.
    pub(crate) fn doubt(&self, habits: Habits) {
        let mut learnt = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if !learnt.1 && learnt.0.typed == habits.typed {
            learnt.0.typed = habits.typed.next().unwrap_or(habits.typed);
        }
    }
}

impl Habits {
    /// Other habits after a refusal with these words; `None` where the fault lies elsewhere.
    pub(crate) fn adapt(self, why: &str, is_typed: bool, is_proven: bool) -> Option<Self> {
        let why = why.to_lowercase();
        let says = |words: &[&str]| words.iter().any(|word| why.contains(word));
        if self.has_stream_options && says(&["stream_options", "include_usage"]) {
            return Some(Self { has_stream_options: false, ..self });
        }
        if self.has_short_limit && says(&["max_completion_tokens"]) {
            return Some(Self { has_short_limit: false, ..self });
        }
        if !self.has_short_limit && says(&["max_completion_tokens"]) {
            return Some(Self { has_short_limit: true, ..self });
        }
        if self.has_temperature && says(&["temperature"]) {
            return Some(Self { has_temperature: false, ..self });
        }
        if self.has_effort && says(&["reasoning_effort", "reasoning.effort", "effort"]) {
            return Some(Self { has_effort: false, ..self });
        }
        let is_about_shape = says(&[
            "schema",
            "format",
            "grammar",
            "json",
            "tool",
            "function",
            "unsupported",
            "unknown",
            "unrecognized",
            "not support",
            "extra",
        ]);
        if is_typed && (is_about_shape || !is_proven) {
            return self.typed.next().map(|typed| Self { typed, ..self });
        }
        None
    }
}
