//! Why something could not be searched, read or indexed, and what to do about it.

use std::time::Duration;

use crate::Fault;

/// Why something could not be searched, read or indexed. Names the host or path, never what a refused
/// machine said.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Failed {
    #[error("`{what}` does not exist")]
    NotFound { what: String },
    /// The site's robots.txt.
    #[error("`{host}` does not allow automated reading of `{path}`")]
    Forbidden { host: String, path: String },
    #[error("`{host}` does not say what may be read: its robots.txt answers {why}")]
    RobotsUnknown { host: String, why: String, retry_after: Option<Duration> },
    /// The guard of `egress`.
    #[error("`{host}` may not be asked: {why}")]
    Refused { host: String, why: String },
    /// Whoever reads does not want that host asked.
    #[error("it leads to {address}, which the source policy leaves out")]
    LeftOut { address: String },
    #[error("`{host}` did not send all of it within {waited:?}")]
    Silent { host: String, waited: Duration },
    /// Our own politeness.
    #[error("`{host}` is asked slowly, and no turn came up within {waited:?}")]
    Crowded { host: String, waited: Duration },
    #[error("`{host}` cannot be reached: {why}")]
    Unreachable { host: String, why: String },
    #[error("`{host}` answered with status {code}{}", meaning(*code))]
    Status { host: String, code: u16, retry_after: Option<Duration> },
    #[error("`{what}` has more than {limit_bytes} bytes")]
    TooLarge { what: String, limit_bytes: u64 },
    #[error("`{what}` is {media_type}, which is not read as text")]
    NotText { what: String, media_type: String },
    #[error("`{what}` holds no text: {why}")]
    Empty { what: String, why: &'static str },
    #[error("`{path}` lies outside the source")]
    Outside { path: String },
    #[error("`{path}` cannot be read: {why}")]
    Unreadable { path: String, why: String },
    #[error("`{given}` is not an address of a web page: {why}")]
    NotAnAddress { given: String, why: String },
    #[error("no search provider is called `{name}`; configured: {known}")]
    NoProvider { name: String, known: String },
    #[error("not asked: nothing of the query may leave ({what})")]
    Withheld { what: String },
    /// A search provider that gave no hits.
    #[error("{provider}: {why}")]
    Provider { provider: &'static str, why: String, fault: Fault },
    #[error("the index of `{source_name}` cannot be used: {why}")]
    Index { source_name: String, why: String },
}

/// What the caller should do about it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Remedy {
    /// The same request may succeed later.
    Retry,
    /// Not before this time has passed.
    RetryAfter(Duration),
    /// Nothing will make it readable; go on without it.
    Skip,
    /// The operator has to change something first.
    Operator,
}

impl Failed {
    pub const fn remedy(&self) -> Remedy {
        match self {
            Self::Status { retry_after: Some(wait), .. }
            | Self::RobotsUnknown { retry_after: Some(wait), .. } => Remedy::RetryAfter(*wait),
            Self::Silent { .. }
            | Self::Crowded { .. }
            | Self::Unreachable { .. }
            | Self::RobotsUnknown { .. }
            | Self::Status { code: 408 | 425 | 429 | 500..=599, .. } => Remedy::Retry,
            Self::Status { .. }
            | Self::NotFound { .. }
            | Self::Forbidden { .. }
            | Self::Refused { .. }
            | Self::LeftOut { .. }
            | Self::TooLarge { .. }
            | Self::NotText { .. }
            | Self::Empty { .. }
            | Self::Outside { .. }
            | Self::Unreadable { .. }
            | Self::NotAnAddress { .. }
            | Self::Withheld { .. } => Remedy::Skip,
            Self::NoProvider { .. } | Self::Index { .. } => Remedy::Operator,
            Self::Provider { fault, .. } => fault.remedy(),
        }
    }
}

/// What a status says, for those that say more than "no".
const fn meaning(code: u16) -> &'static str {
    match code {
        401 | 407 => ": it asks for a login",
        402 => ": it asks for payment",
        403 => ": it refuses us",
        404 | 410 => ": there is no such page",
        429 => ": too many requests",
        451 => ": it may not show it for legal reasons",
        500..=599 => ": a fault of its own",
        _ => "",
    }
}
