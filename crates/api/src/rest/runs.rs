//! Single runs over REST: create, look, wait for the result, cancel, list.

use std::time::Duration;

use axum::Json;
use axum::extract::{Path, Request, State};
use axum::http::StatusCode;
use axum::response::Response;
use domain::ids::RunId;
use domain::processor::DEFAULT_FOR_RESEARCH;
use domain::run::RunState;
use store::{Filter, Owner, RunRow};
use tokio::time::Instant;

use crate::problem::{Kind, Problem};
use crate::rest::{Params, answer, body, id, param, part, shown, write_once};
use crate::wire::{Links, RunList, TaskRun, TaskRunResult, result_view, run_args, run_view};
use crate::{App, json, once, submit};

/// Longest hold of a request for a result, and the one where none is named, in seconds.
const MAX_HOLD_S: u64 = 600;

pub(super) async fn create(State(app): State<App>, request: Request) -> Result<Response, Problem> {
    let headers = request.headers().clone();
    let members = json::object(&body(&app, request).await?)?;
    let key = once::key(&headers, "create_run", &members)?;
    let args = run_args(members)?;
    let sources = app.store.list_sources(Owner::LOCAL).await?;
    let is_shared = app.store.is_shared();
    let new = submit::prepare(&app.catalog, &sources, args, DEFAULT_FOR_RESEARCH, is_shared)?;
    let store = app.store.clone();
    let writes = key.clone();
    let run = write_once(&app, key.as_ref(), move || async move {
        submit::create_run(&store, Owner::LOCAL, new, writes).await
    })
    .await?;
    Ok(answer(StatusCode::ACCEPTED, run_view(&run)))
}

pub(super) async fn find(app: &App, run_id: &str) -> Result<RunRow, Problem> {
    let run: RunId = id(run_id)?;
    let found = app.store.find_run(Owner::LOCAL, run).await?;
    found.ok_or_else(|| Problem::not_found(format!("there is no run `{run}`")))
}

pub(super) async fn show(
    State(app): State<App>,
    Path(run_id): Path<String>,
) -> Result<Json<TaskRun>, Problem> {
    Ok(Json(run_view(&find(&app, &run_id).await?.run)))
}

pub(super) async fn result(
    State(app): State<App>,
    Path(run_id): Path<String>,
    params: Params,
) -> Result<Json<TaskRunResult>, Problem> {
    let hold = hold(&params)?;
    let row = ended(&app, find(&app, &run_id).await?, hold).await?;
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
    let links = Links::Public(app.public_url.clone());
    match app.store.result_of(row.seq).await? {
        Some((Some(output), receipt)) => Ok(Json(result_view(run, &output, &receipt, &links))),
        Some((None, _)) | None => Err(Problem::internal(format!("{} has no output", run.id))),
    }
}

fn hold(params: &Params) -> Result<Duration, Problem> {
    let Some(text) = param(params, "timeout")? else { return Ok(Duration::from_secs(MAX_HOLD_S)) };
    match text.parse() {
        Ok(seconds) if (1..=MAX_HOLD_S).contains(&seconds) => Ok(Duration::from_secs(seconds)),
        _ => Err(Problem::invalid(format!(
            "`timeout` is `{}`; it must be a whole number of seconds from 1 to {MAX_HOLD_S}",
            shown(&text)
        ))),
    }
}

/// Waits until the run has ended, the hold is over, or the server stops.
async fn ended(app: &App, mut row: RunRow, hold: Duration) -> Result<RunRow, Problem> {
    let give_up_at = Instant::now() + hold;
    let mut watch = app.store.watch_run(row.seq);
    loop {
        row = again(app, &row).await?;
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

async fn again(app: &App, row: &RunRow) -> Result<RunRow, Problem> {
    let found = app.store.find_run(Owner::LOCAL, row.run.id).await?;
    found.ok_or_else(|| Problem::not_found(format!("there is no run `{}` any more", row.run.id)))
}

fn still_active(run: RunId) -> Problem {
    let message = format!("the run `{run}` is still active; ask again for its result");
    Problem::new(Kind::StillActive, message).retry_after(1)
}

pub(super) async fn cancel(
    State(app): State<App>,
    Path(run_id): Path<String>,
) -> Result<Json<TaskRun>, Problem> {
    let row = find(&app, &run_id).await?;
    app.store.cancel_run(Owner::LOCAL, row.run.id).await?;
    Ok(Json(run_view(&again(&app, &row).await?.run)))
}

pub(super) async fn list(State(app): State<App>, params: Params) -> Result<Json<RunList>, Problem> {
    let (cursor, limit) = part(&params)?;
    let state = param(&params, "status")?.map(|word| state(&word)).transpose()?;
    let filter = Filter { state, ..Filter::default() };
    let page = app.store.list_runs(Owner::LOCAL, cursor, limit, filter).await?;
    Ok(Json(RunList {
        runs: page.runs.iter().map(|listed| run_view(&listed.run)).collect(),
        next_cursor: page.next.map(|next| next.to_string()),
    }))
}

fn state(word: &str) -> Result<RunState, Problem> {
    RunState::parse(word).ok_or_else(|| {
        let known: Vec<&str> = RunState::ALL.into_iter().map(RunState::as_str).collect();
        Problem::invalid(format!(
            "`status` is `{}`; it must be one of {}",
            shown(word),
            known.join(", ")
        ))
    })
}
