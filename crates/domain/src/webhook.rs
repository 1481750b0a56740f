//! Where the end of a run or group is told.

/// An address that is called when work has ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Webhook {
    pub url: String,
    /// Its host and port: deliveries to one receiver wait for each other and not for those to others.
    pub receiver: String,
}
