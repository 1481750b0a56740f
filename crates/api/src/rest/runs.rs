//! Single runs over REST: create, look, wait for the result, cancel, list.

use std::time::Duration;

use axum::Json;
use axum::extract::{Path, Request, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;
use domain::ids::RunId;
use domain::processor::DEFAULT_FOR_RESEARCH;
use domain::run::RunState;
use store::{Filter, RunRow};
use tokio::time::Instant;

use crate::gate::Caller;
use crate::problem::{Kind, Problem};
use crate::rest::{Params, answer, body, groups, id, note, param, part, shown};
use crate::wire::documented::{
    Hold, Invalid, NeedsKey, NewTaskRun, NoRoom, NotCreated, NotThere, OfGroup, OfState, Once,
    Part, Refusals, RunPath, StillActive,
};
use crate::wire::{
    EvidenceList, ReceiptView, RunInputView, RunList, TaskRun, TaskRunResult, evidence_view,
    input_view, result_view, run_args, run_view,
};
use crate::{App, json, once, sharing, submit};

/// Longest hold of a request for a result, and the one where none is named, in seconds.
const MAX_HOLD_S: u64 = 600;

/// Makes a run and returns at once.
///
/// Ask for its result with the `run_id`; the answer takes seconds to minutes.
#[utoipa::path(
    post,
    path = "/runs",
    operation_id = "create_run",
    tag = "runs",
    params(Once),
    request_body = NewTaskRun,
    responses(
        (status = 202, description = "The run, queued.", body = TaskRun),
        Invalid,
        NotCreated,
        NoRoom,
        NeedsKey,
        Refusals,
    ),
)]
pub(super) async fn create(
    State(app): State<App>,
    caller: Caller,
    request: Request,
) -> Result<Response, Problem> {
    let headers = request.headers().clone();
    let members = json::object(&body(&app, request).await?)?;
    let key = once::key(&headers, "create_run", &members)?;
    let known = app.store.find_made_run(caller.owner, key.as_ref());
    let run = once::make(&app, caller, key.as_ref(), known, async {
        let args = run_args(members)?;
        let sources = app.store.list_sources(caller.owner).await?;
        let is_shared = app.store.is_shared();
        let new = submit::prepare(&app.catalog, &sources, args, DEFAULT_FOR_RESEARCH, is_shared)?;
        submit::create_run(&app.store, caller.owner, new, key.clone()).await
    })
    .await?;
    Ok(answer(StatusCode::ACCEPTED, run_view(&run)))
}

pub(super) async fn find(app: &App, caller: Caller, run_id: &str) -> Result<RunRow, Problem> {
    let run: RunId = id(run_id)?;
    let found = app.store.find_run(caller.owner, run).await?;
    found.ok_or_else(|| Problem::not_found(format!("there is no run `{run}`")))
}

/// How far a run is.
#[utoipa::path(
    get,
    path = "/runs/{run_id}",
    operation_id = "get_run",
    tag = "runs",
    params(RunPath),
    responses(
        (status = 200, description = "The run.", body = TaskRun),
        NotThere,
        NeedsKey,
        Refusals,
    ),
)]
pub(super) async fn show(
    State(app): State<App>,
    caller: Caller,
    Path(run_id): Path<String>,
) -> Result<Json<TaskRun>, Problem> {
    Ok(Json(run_view(&find(&app, caller, &run_id).await?.run)))
}

/// What a run was asked.
#[utoipa::path(
    get,
    path = "/runs/{run_id}/input",
    operation_id = "get_run_input",
    tag = "runs",
    params(RunPath),
    responses(
        (status = 200, description = "The request that made it.", body = RunInputView),
        NotThere,
        NeedsKey,
        Refusals,
    ),
)]
pub(super) async fn input(
    State(app): State<App>,
    caller: Caller,
    Path(run_id): Path<String>,
) -> Result<Json<RunInputView>, Problem> {
    let row = find(&app, caller, &run_id).await?;
    let (input, spec) = app.store.input_of(&row).await?;
    Ok(Json(input_view(&row.run, &input, &spec)))
}

/// What was done for the answer; the run has to have ended.
#[utoipa::path(
    get,
    path = "/runs/{run_id}/receipt",
    operation_id = "get_run_receipt",
    tag = "runs",
    params(RunPath),
    responses(
        (status = 200, description = "What was done.", body = ReceiptView),
        NotThere,
        StillActive,
        NeedsKey,
        Refusals,
    ),
)]
pub(super) async fn receipt(
    State(app): State<App>,
    caller: Caller,
    Path(run_id): Path<String>,
) -> Result<Json<ReceiptView>, Problem> {
    let row = find(&app, caller, &run_id).await?;
    match app.store.result_of(row.seq).await? {
        Some((_, receipt)) => Ok(Json((&receipt).into())),
        None => Err(still_active(row.run.id)),
    }
}

/// Every quote that the answer rests on, field by field; the run has to have ended.
#[utoipa::path(
    get,
    path = "/runs/{run_id}/evidence",
    operation_id = "get_run_evidence",
    tag = "runs",
    params(RunPath),
    responses(
        (status = 200, description = "The quotes.", body = EvidenceList),
        NotThere,
        StillActive,
        NeedsKey,
        Refusals,
    ),
)]
pub(super) async fn evidence(
    State(app): State<App>,
    caller: Caller,
    Path(run_id): Path<String>,
) -> Result<Json<EvidenceList>, Problem> {
    let row = find(&app, caller, &run_id).await?;
    let links = sharing::links(&app, sharing::work_of(&row.run)).await?;
    match app.store.result_of(row.seq).await? {
        Some((output, _)) => Ok(Json(evidence_view(output.as_ref(), &links))),
        None => Err(still_active(row.run.id)),
    }
}

/// Waits for the end of a run and gives its answer.
///
/// A run that failed or was cancelled has none: 404, and its `error` is with the run.
#[utoipa::path(
    get,
    path = "/runs/{run_id}/result",
    operation_id = "get_run_result",
    tag = "runs",
    params(RunPath, Hold),
    responses(
        (status = 200, description = "The answer with its evidence.", body = TaskRunResult),
        NotThere,
        StillActive,
        Invalid,
        NeedsKey,
        Refusals,
    ),
)]
pub(super) async fn result(
    State(app): State<App>,
    caller: Caller,
    Path(run_id): Path<String>,
    headers: HeaderMap,
    params: Params,
) -> Result<Json<TaskRunResult>, Problem> {
    let hold = hold(&params, &headers)?;
    // They hold on to what was read from the connection, 8 kB, which nobody needs while the call waits.
    drop((params, headers));
    let row = ended(&app, caller, find(&app, caller, &run_id).await?, hold).await?;
    let run = &row.run;
    match run.state {
        RunState::Completed => {}
        RunState::Failed => {
            let why = run.failure.as_ref().map_or("", |failure| failure.message.as_str());
            return Err(Problem::not_found(format!(
                "the run `{}` failed and has no result: {why} (its `error` is at /v1/tasks/runs/{})",
                run.id, run.id
            )));
        }
        RunState::Cancelled => {
            let message = format!("the run `{}` was cancelled and has no result", run.id);
            return Err(Problem::not_found(message));
        }
        RunState::Queued | RunState::Running | RunState::Cancelling => {
            return Err(still_active(run.id));
        }
    }
    let links = sharing::links(&app, sharing::work_of(run)).await?;
    match app.store.result_of(row.seq).await? {
        Some((Some(output), receipt)) => {
            let spec = app.store.spec_of_run(&row).await?;
            let output = output.filled(&spec.wanted);
            Ok(Json(result_view(run, &output, &receipt, &links)))
        }
        Some((None, _)) | None => Err(Problem::internal(format!("{} has no output", run.id))),
    }
}

fn hold(params: &Params, headers: &HeaderMap) -> Result<Duration, Problem> {
    let Some(text) = param(params, "timeout")? else {
        return Ok(helper_patience(headers).unwrap_or(Duration::from_secs(MAX_HOLD_S)));
    };
    match text.parse() {
        Ok(seconds @ 1..) => Ok(Duration::from_secs(MAX_HOLD_S.min(seconds))),
        Ok(0) | Err(_) => Err(Problem::invalid(format!(
            "`timeout` is `{}`; it must be a whole number of seconds, of which at most {MAX_HOLD_S} are waited",
            shown(&text)
        ))),
    }
}

/// How long the waiting helper of the official Python client listens. It breaks with an unrelated error when it is
/// told three times that the run is still active, so it is held for as long as it says that it reads.
fn helper_patience(headers: &HeaderMap) -> Option<Duration> {
    headers.get("x-stainless-poll-helper")?;
    let seconds: f64 = headers.get("x-stainless-read-timeout")?.to_str().ok()?.parse().ok()?;
    (0.0..=86_400.0).contains(&seconds).then(|| Duration::from_secs_f64(seconds))
}

/// Waits until the run has ended, the hold is over, or the server stops.
async fn ended(
    app: &App,
    caller: Caller,
    mut row: RunRow,
    hold: Duration,
) -> Result<RunRow, Problem> {
    let give_up_at = Instant::now() + hold;
    let mut watch = app.store.watch_run(row.seq);
    loop {
        row = again(app, caller, &row).await?;
        if !row.run.state.is_active() {
            return Ok(row);
        }
        let woken = app.stop.run_until_cancelled(watch.changed());
        match tokio::time::timeout_at(give_up_at, woken).await {
            Ok(Some(())) => {}
            Ok(None) | Err(_) => return Err(still_active(row.run.id)),
        }
    }
}

async fn again(app: &App, caller: Caller, row: &RunRow) -> Result<RunRow, Problem> {
    let found = app.store.find_run(caller.owner, row.run.id).await?;
    found.ok_or_else(|| Problem::not_found(format!("there is no run `{}` any more", row.run.id)))
}

fn still_active(run: RunId) -> Problem {
    let message = format!("the run `{run}` is still active; ask again for its result");
    Problem::new(Kind::StillActive, message).retry_after(1)
}

/// Ends a run; what has ended stays as it is.
#[utoipa::path(
    post,
    path = "/runs/{run_id}/cancel",
    operation_id = "cancel_run",
    tag = "runs",
    params(RunPath),
    responses(
        (status = 200, description = "The run, cancelled or about to be.", body = TaskRun),
        NotThere,
        NoRoom,
        NeedsKey,
        Refusals,
    ),
)]
pub(super) async fn cancel(
    State(app): State<App>,
    caller: Caller,
    Path(run_id): Path<String>,
) -> Result<Json<TaskRun>, Problem> {
    let row = find(&app, caller, &run_id).await?;
    app.store.cancel_run(caller.owner, row.run.id).await?;
    Ok(Json(run_view(&again(&app, caller, &row).await?.run)))
}

/// Runs that belong to no group, newest first. `metadata.NAME=VALUE` keeps to those with this note.
#[utoipa::path(
    get,
    path = "/runs",
    operation_id = "list_runs",
    tag = "runs",
    params(Part, OfState, OfGroup),
    responses(
        (status = 200, description = "A part of the list.", body = RunList),
        NotThere,
        Invalid,
        NeedsKey,
        Refusals,
    ),
)]
pub(super) async fn list(
    State(app): State<App>,
    caller: Caller,
    params: Params,
) -> Result<Json<RunList>, Problem> {
    let (cursor, limit) = part(&params)?;
    let state = param(&params, "status")?.map(|word| state(&word)).transpose()?;
    let filter = Filter { state, note: note(&params)?, ..Filter::default() };
    let page = match param(&params, "taskgroup_id")? {
        None => app.store.list_runs(caller.owner, cursor, limit, filter).await?,
        Some(_) if filter.note.is_some() => {
            let message =
                "`metadata.…` is for runs that belong to no group; leave out `taskgroup_id`";
            return Err(Problem::invalid(message));
        }
        Some(group) => {
            let group = groups::find(&app, caller, &group).await?.id;
            app.store.list_rows(caller.owner, group, cursor.unwrap_or(0), limit, filter).await?
        }
    };
    Ok(Json(RunList {
        runs: page.runs.iter().map(|listed| run_view(&listed.run)).collect(),
        next_cursor: page.next.map(|next| next.to_string()),
    }))
}

pub(super) fn state(word: &str) -> Result<RunState, Problem> {
    RunState::parse(word).ok_or_else(|| {
        let known: Vec<&str> = RunState::ALL.into_iter().map(RunState::as_str).collect();
        Problem::invalid(format!(
            "`status` is `{}`; it must be one of {}",
            shown(word),
            known.join(", ")
        ))
    })
}
