//! Why a model did not answer, and what to do about it.

use std::time::Duration;

/// Why there is no answer. `model` is the configured name. No message holds a key or the text of a prompt.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Failed {
    #[error("no model is configured under the name `{model}`")]
    Unknown { model: String },
    #[error("`{model}` takes no more requests for now{}", after(*.retry_after))]
    Rate { model: String, retry_after: Option<Duration> },
    #[error(
        "the account behind `{model}` is used up: {why}; top it up or raise its limit at the provider"
    )]
    Quota { model: String, why: String },
    #[error("`{model}` does not accept the key: {why}; check `models.{model}.key`")]
    Auth { model: String, why: String },
    #[error("`{model}` refuses the request (status {status}): {why}")]
    Bad { model: String, status: u16, why: String },
    #[error("{}", too_long(model, *needed_tokens, *context_tokens))]
    TooLong { model: String, needed_tokens: u32, context_tokens: u32 },
    #[error(
        "`{model}` read only {read_tokens} tokens of a prompt of at least {sent_tokens}: its server cut the prompt; raise the context there or lower `models.{model}.context`"
    )]
    Cut { model: String, read_tokens: u32, sent_tokens: u32 },
    #[error("`{model}` is overloaded or broken (status {status}): {why}")]
    Overloaded { model: String, status: u16, why: String },
    #[error("`{model}` declines to answer: {why}")]
    Blocked { model: String, why: String },
    #[error("`{model}` answered without a word")]
    Empty { model: String },
    #[error("the server of `{model}` cannot read what its model wrote: {why}")]
    Garbled { model: String, why: String },
    #[error("`{model}` sent nothing for {waited:?}")]
    Silent { model: String, waited: Duration },
    #[error("`{model}` broke off its answer: {why}")]
    Broken { model: String, why: String },
    #[error("`{model}` may not be asked: {why}")]
    Forbidden { model: String, why: String },
    #[error("`{model}` was not asked: who asks took the question back")]
    Withdrawn { model: String },
    #[error("`{model}` cannot be reached: {why}")]
    Offline { model: String, why: String },
    #[error("`{model}` is left alone for {:?} after repeated failures, the last of them: {why}", .retry_after)]
    Down { model: String, retry_after: Duration, why: String },
}

/// What the caller should do about it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Remedy {
    /// Ask again later, or another model.
    Wait,
    /// Ask with less text.
    Shorten,
    /// Ask in other words, or another model.
    Reword,
    /// Change the settings or the account; no repetition helps.
    Mend,
}

impl Failed {
    pub const fn remedy(&self) -> Remedy {
        match self {
            Self::Rate { .. }
            | Self::Overloaded { .. }
            | Self::Silent { .. }
            | Self::Broken { .. }
            | Self::Offline { .. }
            | Self::Down { .. } => Remedy::Wait,
            Self::TooLong { .. } | Self::Cut { .. } => Remedy::Shorten,
            Self::Blocked { .. } | Self::Empty { .. } | Self::Garbled { .. } => Remedy::Reword,
            Self::Unknown { .. }
            | Self::Quota { .. }
            | Self::Auth { .. }
            | Self::Bad { .. }
            | Self::Withdrawn { .. }
            | Self::Forbidden { .. } => Remedy::Mend,
        }
    }

    /// Whether the provider may count it as served: it was sent, and what became of it is not known or was discarded.
    pub(crate) const fn is_possibly_billed(&self) -> bool {
        match self {
            Self::Cut { .. }
            | Self::Blocked { .. }
            | Self::Empty { .. }
            | Self::Garbled { .. }
            | Self::Silent { .. }
            | Self::Broken { .. } => true,
            Self::Unknown { .. }
            | Self::Rate { .. }
            | Self::Quota { .. }
            | Self::Auth { .. }
            | Self::Bad { .. }
            | Self::TooLong { .. }
            | Self::Overloaded { .. }
            | Self::Forbidden { .. }
            | Self::Withdrawn { .. }
            | Self::Offline { .. }
            | Self::Down { .. } => false,
        }
    }

    /// Whether another model is worth asking: this one cannot answer now, or will not.
    pub(crate) const fn is_of_the_model(&self) -> bool {
        match self {
            Self::Quota { .. }
            | Self::Auth { .. }
            | Self::Empty { .. }
            | Self::Garbled { .. }
            | Self::Rate { .. }
            | Self::Overloaded { .. }
            | Self::Silent { .. }
            | Self::Broken { .. }
            | Self::Forbidden { .. }
            | Self::Offline { .. }
            | Self::Down { .. }
            // Another one may answer what this one declines.
            | Self::Blocked { .. } => true,
            Self::Bad { .. } => self.is_gone(),
            Self::Unknown { .. }
            | Self::TooLong { .. }
            | Self::Withdrawn { .. }
            | Self::Cut { .. } => false,
        }
    }

    /// Whether the provider does not have the model, or nothing at all under this address.
    pub(crate) const fn is_gone(&self) -> bool {
        matches!(self, Self::Bad { status: 404 | 410, .. })
    }

    /// A word for logs, events and counters; never changes.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Unknown { .. } => "unknown_model",
            Self::Rate { .. } => "rate_limited",
            Self::Quota { .. } => "quota",
            Self::Auth { .. } => "auth",
            Self::Bad { .. } => "bad_request",
            Self::TooLong { .. } => "too_long",
            Self::Cut { .. } => "prompt_cut",
            Self::Overloaded { .. } => "overloaded",
            Self::Blocked { .. } => "blocked",
            Self::Empty { .. } => "empty",
            Self::Garbled { .. } => "garbled",
            Self::Silent { .. } => "silent",
            Self::Broken { .. } => "broken",
            Self::Forbidden { .. } => "forbidden",
            Self::Withdrawn { .. } => "withdrawn",
            Self::Offline { .. } => "offline",
            Self::Down { .. } => "down",
        }
    }
}

/// Our count sees most of it beforehand; what it does not see, the provider refuses.
fn too_long(model: &str, needed: u32, context: u32) -> String {
    let counted = format!("the prompt and the room for its answer are about {needed} tokens");
    if needed > context {
        format!("{counted}, and `{model}` holds {context}")
    } else {
        format!(
            "{counted}, which `{model}` finds too many although {context} are set; lower `models.{model}.context`"
        )
    }
}

fn after(wait: Option<Duration>) -> String {
    wait.map(|wait| format!("; it asks to wait {wait:?}")).unwrap_or_default()
}
