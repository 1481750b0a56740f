//! `cancelTask`: asks work to stop; what has finished stays.

use serde::Serialize;

use crate::mcp::arguments::Arguments;
use crate::mcp::call::{Call, Refusal};
use crate::mcp::found::{Found, find, needed_id};
use crate::ui::words;

/// What became of it.
#[derive(Debug, Serialize)]
pub(super) struct Cancelled {
    id: String,
    status: String,
    summary: String,
    next_step: String,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    notes: Vec<String>,
}

pub(super) async fn run(call: &Call, mut args: Arguments) -> Result<Cancelled, Refusal> {
    let id = needed_id(call, &mut args).await?;
    let notes = args.finish()?;
    let (store, owner) = (&call.app.store, call.caller.owner);
    let result = call.tools.result_tool();
    Ok(match find(call, &id).await? {
        Found::Run(row) => {
            let was_active = row.run.state.is_active();
            store.cancel_run(owner, row.run.id).await?;
            let state = store.state_of(row.seq).await?.unwrap_or(row.run.state);
            let (summary, next_step) = if was_active {
                ("it was asked to stop and has no result".to_owned(), "Tell the user.".to_owned())
            } else {
                (
                    format!("it had already ended ({state})"),
                    format!("{result} shows what there is."),
                )
            };
            Cancelled {
                id: row.run.id.to_string(),
                status: state.to_string(),
                summary,
                next_step,
                notes,
            }
        }
        Found::Group(group) => {
            store.cancel_group(owner, group.id).await?;
            let counts =
                store.find_group(owner, group.id).await?.map_or(group.counts, |group| group.counts);
            Cancelled {
                id: group.id.to_string(),
                status: if counts.is_active() { "cancelling" } else { "ended" }.into(),
                summary: words::counts(&counts),
                next_step: format!("Rows that had finished stay: {result} shows them."),
                notes,
            }
        }
    })
}
