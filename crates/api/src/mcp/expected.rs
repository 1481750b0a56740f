//! What work will probably take and cost, before it is started and where it was.

use serde::Serialize;

use crate::mcp::call::{Call, Refusal};
use crate::problem::Problem;
use crate::submit;

/// What work would take and cost; nothing was started.
#[derive(Debug, Serialize)]
pub(super) struct Expected {
    status: &'static str,
    processor: String,
    rows: usize,
    #[serde(rename = "expected")]
    words: String,
    next_step: &'static str,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(super) notes: Vec<String>,
}

pub(super) async fn told(
    call: &Call,
    processor: String,
    rows: usize,
    notes: Vec<String>,
) -> Result<Expected, Refusal> {
    Ok(Expected {
        status: "not_started",
        rows,
        words: estimate(call, &processor, rows).await?,
        processor,
        next_step: "Tell the user, and if they agree make the same call without estimate_only.",
        notes,
    })
}

/// For what was started, where a model is asked: there is nothing to say of rules that answer in seconds, nor of a
/// processor that a repeated call names and that is gone.
pub(super) async fn in_words(
    call: &Call,
    processor: &str,
    rows: usize,
) -> Result<Option<String>, Problem> {
    let catalog = &call.app.catalog;
    let is_offered = catalog.processors.iter().any(|offered| offered.name == processor);
    if catalog.cast.is_none() || !is_offered {
        return Ok(None);
    }
    Ok(Some(format!("Expected: {}.", estimate(call, processor, rows).await?)))
}

async fn estimate(call: &Call, processor: &str, rows: usize) -> Result<String, Problem> {
    let (store, catalog) = (&call.app.store, &call.app.catalog);
    let rows = u64::try_from(rows).unwrap_or(u64::MAX);
    let estimate =
        submit::estimate(store, catalog, call.caller.owner, Some(processor), rows).await?;
    Ok(estimate.in_words())
}
