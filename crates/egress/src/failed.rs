//! Why a request brought no answer.

use std::time::Duration;

use crate::guard::Refusal;

/// Why a request brought no answer. A reply with any status is an answer.
///
/// No variant shows an address that a name resolved to, nor anything a refused machine sent: who may ask
/// for addresses must not learn from errors what stands in the private network.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Failed {
    #[error("`{host}` may not be asked: {why}")]
    Refused { host: String, why: Refusal },
    #[error("`{host}` did not answer in {waited:?}")]
    Timeout { host: String, waited: Duration },
    #[error("`{host}` sends more than {limit_bytes} bytes")]
    TooLarge { host: String, limit_bytes: usize },
    #[error("`{host}` sends a body that unpacks to more than {limit} times its size")]
    Bomb { host: String, limit: usize },
    #[error("no connection to `{host}`: {why}")]
    Connect { host: String, why: String },
    #[error("`{host}` redirects more than {limit} times")]
    Redirects { host: String, limit: usize },
    #[error("`{host}` broke off or sent what is not HTTP: {why}")]
    Broken { host: String, why: String },
    /// Only where a cassette stands in for the network.
    #[error(
        "{asked} is not on the cassette `{cassette}`: record it again, or play it with what was asked then"
    )]
    NotRecorded { asked: String, cassette: String },
}
