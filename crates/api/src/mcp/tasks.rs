//! The tasks extension: a run or group is a task under its own id, so it lives as long as they do.

use domain::run::RunState;
use rmcp::ErrorData;
use rmcp::model::{
    CallToolResponse, CallToolResult, ContentBlock, CreateTaskResult, DetailedTask, GetTaskResult,
    JsonObject, Task, TaskPayload, TaskStatus,
};
use serde_json::{Value, json};

use crate::mcp::call::{Call, Refusal};
use crate::mcp::create::Started;
use crate::mcp::found::{Found, find_at_all};
use crate::mcp::{results, status};
use crate::ui::words;

/// How often a client should look, in milliseconds.
const POLL_MS: u64 = 2_000;

/// A task for work that was just started.
pub(super) fn created(started: &Started) -> CallToolResponse {
    let notes = match started.notes.as_slice() {
        [] => String::new(),
        notes => format!(" Note: {}.", notes.join("; ").trim_end_matches('.')),
    };
    let task =
        Task::new(&started.id, TaskStatus::Working, &started.created_at, &started.created_at)
            .with_poll_interval_ms(POLL_MS)
            .with_status_message(format!("Started.{notes} Watch it at {}", started.url));
    CallToolResponse::Task(CreateTaskResult::new(task))
}

/// `tasks/get`: with the result itself when there is one.
pub(super) async fn get(call: &Call, id: &str) -> Result<GetTaskResult, ErrorData> {
    let (state, url, message, created_at, modified_at) = match known(call, id).await? {
        Found::Run(row) => {
            let run = row.run;
            let why = run.failure.map(|failure| failure.message);
            let message = why.unwrap_or_else(|| format!("The run is {}", run.state));
            (run.state, call.run_url(id), message, run.created_at, run.modified_at)
        }
        Found::Group(group) => (
            status::state_of(&group.counts),
            call.group_url(id),
            words::counts(&group.counts),
            group.created_at,
            group.modified_at,
        ),
    };
    let payload = match state {
        RunState::Queued | RunState::Running | RunState::Cancelling => TaskPayload::Working,
        RunState::Cancelled => TaskPayload::Cancelled,
        RunState::Completed | RunState::Failed => {
            TaskPayload::Completed { result: result(call, id, &url, state).await? }
        }
    };
    let task = Task::new(id, payload.status(), created_at.rfc3339(), modified_at.rfc3339())
        .with_poll_interval_ms(POLL_MS)
        .with_status_message(format!("{message}. Watch it at {url}"));
    Ok(GetTaskResult::new(DetailedTask::new(task, payload)))
}

/// What the call that started the work would have answered, had it waited: the first page of the result, as text and,
/// because the tool has an output schema, as an object that is complete by itself.
async fn result(
    call: &Call,
    id: &str,
    url: &str,
    state: RunState,
) -> Result<JsonObject, ErrorData> {
    let page = results::first_page(call, id)
        .await
        .map_err(|why| ErrorData::internal_error(why.to_string(), None))?;
    let content = vec![ContentBlock::text(&page)];
    let mut result = if state == RunState::Failed {
        CallToolResult::error(content)
    } else {
        CallToolResult::success(content)
    };
    result.structured_content = Some(json!({
        "id": id,
        "url": url,
        "status": state.as_str(),
        "result": page,
        "next_step": "Show the result to the user.",
    }));
    match serde_json::to_value(result) {
        Ok(Value::Object(members)) => Ok(members),
        Ok(_) | Err(_) => Err(ErrorData::internal_error("a result is no object", None)),
    }
}

/// `tasks/update`: nothing is ever asked while work runs, so answers to questions are ignored.
pub(super) async fn update(call: &Call, id: &str) -> Result<(), ErrorData> {
    known(call, id).await.map(drop)
}

pub(super) async fn cancel(call: &Call, id: &str) -> Result<(), ErrorData> {
    let (store, owner) = (&call.app.store, call.caller.owner);
    let asked = match known(call, id).await? {
        Found::Run(row) => store.cancel_run(owner, row.run.id).await.map(drop),
        Found::Group(group) => store.cancel_group(owner, group.id).await.map(drop),
    };
    asked.map_err(|why| ErrorData::internal_error(Refusal::from(why).to_string(), None))
}

async fn known(call: &Call, id: &str) -> Result<Found, ErrorData> {
    let found = find_at_all(call, id).await;
    let found = found.map_err(|why| ErrorData::internal_error(why.to_string(), None))?;
    found.ok_or_else(|| {
        let shown: String = id.chars().take(60).collect();
        ErrorData::invalid_params(format!("there is no task `{shown}`"), None)
    })
}
