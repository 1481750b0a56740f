//! Deliveries to webhooks as JSON.

use domain::clock::TimeMs;
use serde::Serialize;
use store::DeliveryRow;
use utoipa::ToSchema;

use crate::wire::documented::DeliveryStatus;

/// One thing that is to be told to a webhook.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
#[schema(as = Delivery)]
pub struct DeliveryView {
    /// The header `webhook-id`, the same over all tries.
    pub delivery_id: String,
    /// `due`, `delivered` or `dead`: given up after 48 hours.
    #[schema(value_type = DeliveryStatus)]
    pub status: String,
    pub url: String,
    pub run_id: Option<String>,
    pub taskgroup_id: Option<String>,
    /// Tries so far.
    pub attempts: i64,
    /// Why the last try failed.
    pub last_error: Option<String>,
    pub created_at: String,
    /// Null once it is delivered or dead.
    pub next_attempt_at: Option<String>,
    pub ended_at: Option<String>,
}

/// A part of the list of deliveries, newest first.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct DeliveryList {
    pub deliveries: Vec<DeliveryView>,
    /// Send it as `cursor` for the next part; null at the end.
    pub next_cursor: Option<String>,
}

pub fn delivery_view(row: DeliveryRow) -> DeliveryView {
    let is_due = row.state == "due";
    DeliveryView {
        delivery_id: row.id,
        status: row.state,
        url: row.url,
        run_id: row.run_id,
        taskgroup_id: row.group_id,
        attempts: row.attempts,
        last_error: row.last_error,
        created_at: TimeMs(row.created_at_ms).rfc3339(),
        next_attempt_at: is_due.then(|| TimeMs(row.next_at_ms).rfc3339()),
        ended_at: row.ended_at_ms.map(|at| TimeMs(at).rfc3339()),
    }
}
