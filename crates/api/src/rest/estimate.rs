//! What work will probably take and cost, before it is begun.

use axum::Json;
use axum::extract::State;
use domain::estimate::Estimate;
use serde::Deserialize;
use utoipa::IntoParams;

use crate::App;
use crate::gate::Caller;
use crate::problem::Problem;
use crate::rest::{Params, param};
use crate::submit;
use crate::wire::EstimateView;
use crate::wire::documented::{Invalid, NeedsKey, Refusals};

/// Rows that may be asked about at once.
const MAX_ROWS: u64 = 100_000_000;

/// What an estimate is asked for.
#[derive(Deserialize, IntoParams)]
#[expect(dead_code, reason = "documents the query; it is read leniently")]
struct Asked {
    /// The name of a processor; `core` where it is left out.
    processor: Option<String>,
    /// Rows, or 1 for a question.
    rows: Option<u64>,
}

/// Time and money for rows on a processor, from earlier runs where there are some.
#[utoipa::path(
    get,
    path = "/estimate",
    operation_id = "estimate",
    tag = "helpers",
    params(Asked),
    responses(
        (status = 200, description = "The middle case, and what nineteen in twenty stay below.", body = EstimateView),
        Invalid,
        NeedsKey,
        Refusals,
    ),
)]
pub(super) async fn show(
    State(app): State<App>,
    caller: Caller,
    params: Params,
) -> Result<Json<EstimateView>, Problem> {
    let name = param(&params, "processor")?;
    let rows = match param(&params, "rows")? {
        None => 1,
        Some(text) => match text.parse() {
            Ok(rows) if (1..=MAX_ROWS).contains(&rows) => rows,
            _ => {
                let shown: String = text.chars().take(40).collect();
                return Err(Problem::invalid(format!(
                    "`rows` is `{shown}`; it must be a whole number from 1 to {MAX_ROWS}"
                )));
            }
        },
    };
    let estimate: Estimate =
        submit::estimate(&app.store, &app.catalog, caller.owner, name.as_deref(), rows).await?;
    Ok(Json(estimate.into()))
}
