//! The receipt as JSON: what was done for an answer, what could not be done, and why it stopped.

use domain::receipt::{self, Receipt, Spending};
use serde::Serialize;
use utoipa::ToSchema;

/// Beside each result; not part of the Task API.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
#[schema(as = Receipt)]
pub struct ReceiptView {
    /// Who answered: `extractive`, `model` or `noop`.
    pub engine: String,
    /// `covered`, `saturated`, `not_findable`, `budget`, `deadline`, `model_down` or `no_evidence`.
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
    /// Sentences that were written and left out again, because nothing quoted carries them.
    pub sentences_dropped: u32,
    pub contradictions: u32,
    pub fields_found: u32,
    pub fields_missing: u32,
    /// Every host that was asked for this answer.
    pub contacts: Vec<ContactView>,
    /// Every query that was put to a search provider, or was not, and what came of it.
    pub queries: Vec<QueryView>,
    /// The one thing that would help most.
    pub advice: Option<String>,
    /// What went otherwise than asked, in sentences.
    pub notes: Vec<String>,
    /// What language models did; null where none was asked.
    pub models: Option<SpendingView>,
    pub elapsed_ms: i64,
}

/// What was asked of language models for one answer.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
#[schema(as = Spending)]
pub struct SpendingView {
    /// The models that were paid for, as the server's settings call them.
    pub models: Vec<String>,
    /// Calls that were paid for, each once: answers, and what a provider says it served although it is of no use.
    pub calls: u32,
    pub input_tokens: u64,
    pub cached_tokens: u64,
    pub output_tokens: u64,
    /// US dollars; null where the price of a model is not known.
    pub cost_usd: Option<f64>,
    /// Answers taken from another row of the group that had asked the same.
    pub shared: u32,
    /// Calls whose answer was lost on the way or with a worker, which may have been charged.
    pub lost: u32,
    pub claims_dropped: u32,
    pub passages_withheld: u32,
}

impl From<&Spending> for SpendingView {
    fn from(spending: &Spending) -> Self {
        #[expect(
            clippy::cast_precision_loss,
            reason = "money of one run is far below 2^53 millionths"
        )]
        let cost_usd = spending.cost_micro_usd.map(|micro| micro as f64 / 1e6);
        Self {
            models: spending.models.clone(),
            calls: spending.calls,
            input_tokens: spending.input_tokens,
            cached_tokens: spending.cached_tokens,
            output_tokens: spending.output_tokens,
            cost_usd,
            shared: spending.shared,
            lost: spending.lost,
            claims_dropped: spending.claims_dropped,
            passages_withheld: spending.passages_withheld,
        }
    }
}

/// An address that was asked and gave nothing to read.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
#[schema(as = Unreadable)]
pub struct UnreadableView {
    pub address: String,
    pub reason: String,
}

/// What went to one host for one purpose, and came from it.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
#[schema(as = Contact)]
pub struct ContactView {
    pub host: String,
    /// `page`, `robots`, `search`, `model`, `upstream` or `mcp`.
    pub purpose: String,
    pub requests: u32,
    /// Before encryption.
    pub bytes_out: u64,
    /// Of bodies, as they came.
    pub bytes_in: u64,
}

/// A query as it left, or would have left.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
#[schema(as = Query)]
pub struct QueryView {
    pub provider: String,
    pub text: String,
    pub hits: u32,
    /// Why it was not asked, or brought no answer.
    pub failed: Option<String>,
    /// What was taken out of it before it left: `e-mail address`, `card number`, `key`.
    pub withheld: Vec<String>,
}

impl From<&receipt::Contact> for ContactView {
    fn from(contact: &receipt::Contact) -> Self {
        let receipt::Contact { host, purpose, requests, bytes_out, bytes_in } = contact.clone();
        Self { host, purpose, requests, bytes_out, bytes_in }
    }
}

impl From<&receipt::Query> for QueryView {
    fn from(query: &receipt::Query) -> Self {
        let receipt::Query { provider, text, hits, failed, withheld } = query.clone();
        Self { provider, text, hits, failed, withheld }
    }
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
            sentences_dropped: receipt.sentences_dropped,
            contradictions: receipt.contradictions,
            fields_found: receipt.fields_found,
            fields_missing: receipt.fields_missing,
            contacts: receipt.contacts.iter().map(Into::into).collect(),
            queries: receipt.queries.iter().map(Into::into).collect(),
            advice: receipt.advice.clone(),
            notes: receipt.notes.clone(),
            models: receipt.models.as_ref().map(Into::into),
            elapsed_ms: receipt.elapsed_ms,
        }
    }
}
