//! What was done for an answer.

use domain::receipt::{Contact, Query, Receipt, Spending, StopReason, Unreadable};
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::parse;
use crate::Failed;

#[derive(Serialize, Deserialize, Default)]
#[serde(default)]
struct StoredReceipt {
    v: u32,
    engine: String,
    stopped: Option<String>,
    rounds: u32,
    searches: u32,
    sources_considered: u32,
    pages_read: u32,
    unreadable: Vec<(String, String)>,
    quotes_verified: u32,
    quotes_dropped: u32,
    sentences: u32,
    sentences_cited: u32,
    sentences_dropped: u32,
    contradictions: u32,
    fields_found: u32,
    fields_missing: u32,
    contacts: Vec<StoredContact>,
    queries: Vec<StoredQuery>,
    advice: Option<String>,
    notes: Vec<String>,
    models: Option<StoredSpending>,
    elapsed_ms: i64,
}

#[derive(Serialize, Deserialize)]
struct StoredContact {
    host: String,
    purpose: String,
    requests: u32,
    out: u64,
    #[serde(rename = "in")]
    received: u64,
}

#[derive(Serialize, Deserialize)]
struct StoredQuery {
    provider: String,
    text: String,
    hits: u32,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    failed: Option<String>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    withheld: Vec<String>,
}

#[derive(Serialize, Deserialize, Default)]
#[serde(default)]
struct StoredSpending {
    models: Vec<String>,
    calls: u32,
    input_tokens: u64,
    cached_tokens: u64,
    output_tokens: u64,
    cost_micro_usd: Option<u64>,
    shared: u32,
    lost: u32,
    claims_dropped: u32,
    passages_withheld: u32,
}

pub(crate) fn receipt_to_text(receipt: &Receipt) -> String {
    let unreadable = receipt
        .unreadable
        .iter()
        .map(|unreadable| (unreadable.address.clone(), unreadable.reason.clone()))
        .collect();
    json!(StoredReceipt {
        v: 1,
        engine: receipt.engine.clone(),
        stopped: receipt.stopped.map(|reason| reason.as_str().into()),
        rounds: receipt.rounds,
        searches: receipt.searches,
        sources_considered: receipt.sources_considered,
        pages_read: receipt.pages_read,
        unreadable,
        quotes_verified: receipt.quotes_verified,
        quotes_dropped: receipt.quotes_dropped,
        sentences: receipt.sentences,
        sentences_cited: receipt.sentences_cited,
        sentences_dropped: receipt.sentences_dropped,
        contradictions: receipt.contradictions,
        fields_found: receipt.fields_found,
        fields_missing: receipt.fields_missing,
        contacts: receipt.contacts.iter().map(stored_contact).collect(),
        queries: receipt.queries.iter().map(stored_query).collect(),
        advice: receipt.advice.clone(),
        notes: receipt.notes.clone(),
        models: receipt.models.as_ref().map(|spending| StoredSpending {
            models: spending.models.clone(),
            calls: spending.calls,
            input_tokens: spending.input_tokens,
            cached_tokens: spending.cached_tokens,
            output_tokens: spending.output_tokens,
            cost_micro_usd: spending.cost_micro_usd,
            shared: spending.shared,
            lost: spending.lost,
            claims_dropped: spending.claims_dropped,
            passages_withheld: spending.passages_withheld,
        }),
        elapsed_ms: receipt.elapsed_ms,
    })
    .to_string()
}

pub(crate) fn receipt_from_text(text: &str) -> Result<Receipt, Failed> {
    let stored: StoredReceipt = parse("receipt", text)?;
    let unreadable = stored
        .unreadable
        .into_iter()
        .map(|(address, reason)| Unreadable { address, reason })
        .collect();
    Ok(Receipt {
        engine: stored.engine,
        stopped: stored.stopped.as_deref().and_then(StopReason::parse),
        rounds: stored.rounds,
        searches: stored.searches,
        sources_considered: stored.sources_considered,
        pages_read: stored.pages_read,
        unreadable,
        quotes_verified: stored.quotes_verified,
        quotes_dropped: stored.quotes_dropped,
        sentences: stored.sentences,
        sentences_cited: stored.sentences_cited,
        sentences_dropped: stored.sentences_dropped,
        contradictions: stored.contradictions,
        fields_found: stored.fields_found,
        fields_missing: stored.fields_missing,
        contacts: stored.contacts.into_iter().map(contact).collect(),
        queries: stored.queries.into_iter().map(query).collect(),
        advice: stored.advice,
        notes: stored.notes,
        models: stored.models.map(|spending| Spending {
            models: spending.models,
            calls: spending.calls,
            input_tokens: spending.input_tokens,
            cached_tokens: spending.cached_tokens,
            output_tokens: spending.output_tokens,
            cost_micro_usd: spending.cost_micro_usd,
            shared: spending.shared,
            lost: spending.lost,
            claims_dropped: spending.claims_dropped,
            passages_withheld: spending.passages_withheld,
        }),
        elapsed_ms: stored.elapsed_ms,
    })
}

fn stored_contact(contact: &Contact) -> StoredContact {
    let Contact { host, purpose, requests, bytes_out, bytes_in } = contact.clone();
    StoredContact { host, purpose, requests, out: bytes_out, received: bytes_in }
}

fn contact(stored: StoredContact) -> Contact {
    let StoredContact { host, purpose, requests, out, received } = stored;
    Contact { host, purpose, requests, bytes_out: out, bytes_in: received }
}

fn stored_query(query: &Query) -> StoredQuery {
    let Query { provider, text, hits, failed, withheld } = query.clone();
    StoredQuery { provider, text, hits, failed, withheld }
}

fn query(stored: StoredQuery) -> Query {
    let StoredQuery { provider, text, hits, failed, withheld } = stored;
    Query { provider, text, hits, failed, withheld }
}
