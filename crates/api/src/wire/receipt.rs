//! The receipt as JSON: what was done for an answer, what could not be done, and why it stopped.

use domain::receipt::Receipt;
use serde::Serialize;
use utoipa::ToSchema;

/// Beside each result; not part of the Task API.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
#[schema(as = Receipt)]
pub struct ReceiptView {
    /// Who answered: `extractive`, `model` or `noop`.
    pub engine: String,
    /// `covered`, `saturated`, `not_findable`, `budget`, `deadline` or `no_evidence`.
    pub stopped: Option<&'static str>,
    pub rounds: u32,
    pub searches: u32,
    pub sources_considered: u32,
    pub pages_read: u32,
    pub unreadable: Vec<UnreadableView>,
    /// Quotes found again, byte for byte, in the archived text.
    pub quotes_verified: u32,
    pub quotes_dropped: u32,
    pub sentences: u32,
    pub sentences_cited: u32,
    pub contradictions: u32,
    pub fields_found: u32,
    pub fields_missing: u32,
    /// The one thing that would help most.
    pub advice: Option<String>,
    pub elapsed_ms: i64,
}

/// An address that was asked and gave nothing to read.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
#[schema(as = Unreadable)]
pub struct UnreadableView {
    pub address: String,
    pub reason: String,
}

impl From<&Receipt> for ReceiptView {
    fn from(receipt: &Receipt) -> Self {
        let unreadable = receipt.unreadable.iter().map(|unreadable| UnreadableView {
            address: unreadable.address.clone(),
            reason: unreadable.reason.clone(),
        });
        Self {
            engine: receipt.engine.clone(),
            stopped: receipt.stopped.map(domain::receipt::StopReason::as_str),
            rounds: receipt.rounds,
            searches: receipt.searches,
            sources_considered: receipt.sources_considered,
            pages_read: receipt.pages_read,
            unreadable: unreadable.collect(),
            quotes_verified: receipt.quotes_verified,
            quotes_dropped: receipt.quotes_dropped,
            sentences: receipt.sentences,
            sentences_cited: receipt.sentences_cited,
            contradictions: receipt.contradictions,
            fields_found: receipt.fields_found,
            fields_missing: receipt.fields_missing,
            advice: receipt.advice.clone(),
            elapsed_ms: receipt.elapsed_ms,
        }
    }
}
