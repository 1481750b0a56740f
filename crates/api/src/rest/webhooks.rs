//! Deliveries to webhooks over REST: which are due, delivered or dead, and having one tried again.

use axum::Json;
use axum::extract::{Path, State};
use store::DeliveryRow;

use crate::App;
use crate::gate::Caller;
use crate::problem::Problem;
use crate::rest::{Params, param, part, shown};
use crate::wire::documented::{
    DeliveryPath, Invalid, NeedsKey, NoRoom, NotThere, OfDelivery, Part, Refusals,
};
use crate::wire::{DeliveryList, DeliveryView, delivery_view};

/// Deliveries to webhooks, newest first.
#[utoipa::path(
    get,
    path = "/webhooks",
    operation_id = "list_deliveries",
    tag = "webhooks",
    params(Part, OfDelivery),
    responses(
        (status = 200, description = "A part of the list.", body = DeliveryList),
        Invalid,
        NeedsKey,
        Refusals,
    ),
)]
pub(super) async fn list(
    State(app): State<App>,
    caller: Caller,
    params: Params,
) -> Result<Json<DeliveryList>, Problem> {
    let (cursor, limit) = part(&params)?;
    let state = param(&params, "status")?.unwrap_or_default();
    if !matches!(state.as_str(), "" | "due" | "delivered" | "dead") {
        return Err(Problem::invalid(format!(
            "`status` is `{}`; it must be one of due, delivered, dead",
            shown(&state)
        )));
    }
    let rows: Vec<DeliveryRow> =
        app.store.list_deliveries(caller.owner, cursor, limit, &state).await?;
    let is_full = i64::try_from(rows.len()).is_ok_and(|length| length == limit);
    let next = rows.last().filter(|_| is_full).map(|row| row.seq.to_string());
    Ok(Json(DeliveryList {
        deliveries: rows.into_iter().map(delivery_view).collect(),
        next_cursor: next,
    }))
}

/// Has it tried again from the beginning, whatever became of it.
#[utoipa::path(
    post,
    path = "/webhooks/{delivery_id}/replay",
    operation_id = "replay_delivery",
    tag = "webhooks",
    params(DeliveryPath),
    responses(
        (status = 200, description = "The delivery, due.", body = DeliveryView),
        NotThere,
        NoRoom,
        NeedsKey,
        Refusals,
    ),
)]
pub(super) async fn replay(
    State(app): State<App>,
    caller: Caller,
    Path(id): Path<String>,
) -> Result<Json<DeliveryView>, Problem> {
    let not_there = || Problem::not_found(format!("there is no delivery `{}`", shown(&id)));
    if !may_be_an_id(&id) {
        return Err(not_there());
    }
    let found = app.store.replay_delivery(caller.owner, &id).await?;
    let row = found.ok_or_else(not_there)?;
    Ok(Json(delivery_view(row)))
}

/// Whether the database may be asked for it: PostgreSQL fails on text that holds U+0000.
fn may_be_an_id(text: &str) -> bool {
    text.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_cannot_be_an_id_is_not_looked_up() {
        assert!(may_be_an_id("whevent_0123456789abcdef0123456789abcdef_12"));
        assert!(!may_be_an_id("whevent_\0"));
        assert!(!may_be_an_id("whevent_é"));
    }
}
