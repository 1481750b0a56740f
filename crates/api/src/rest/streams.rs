//! Server-sent events: a run while it works, the rows of a group, and which of them have ended.
//!
//! Everything that is told is read from the store, so a stream goes on behind `last_event_id` without gap or
//! repeat, also after a restart.

use std::time::Duration;

use axum::extract::{Path, State};
use axum::http::HeaderMap;
use axum::response::Response;
use domain::event::{Event, EventKind};
use domain::group::Group;
use domain::ids::WorkId;
use domain::run::{Run, RunState};
use store::{EVENTS_AT_ONCE, Filter, Listed, RunRow};
use tokio::time::{Instant, sleep, timeout_at};

use crate::gate::Caller;
use crate::problem::Problem;
use crate::rest::listener::{Ended, Listener, resume, stream_of};
use crate::rest::{Params, flag, groups, param, runs, shown};
use crate::wire::documented::{
    GroupPath, Invalid, NeedsKey, NotThere, OpenFor, Refusals, Resume, RunPath, WithRows,
};
use crate::wire::{Links, StreamEvent, TaskGroupStatus, input_view, output_view, status_view};
use crate::{App, sharing};

/// Rows of a group read at a time; with their outputs they make one batch.
const ROWS: i64 = 50;
/// Least time between two looks at a busy group: what happened meanwhile is told together.
const BREATH: Duration = Duration::from_millis(200);

/// Tells of a run while it works.
///
/// Opens with the present state, tells the progress so far and then what happens, and ends with the last state, which
/// carries the output of a run that completed. Comments keep the connection alive.
#[utoipa::path(
    get,
    path = "/runs/{run_id}/events",
    operation_id = "stream_run_events",
    tag = "runs",
    params(RunPath, Resume),
    responses(
        (status = 200, description = "Server-sent events.", body = StreamEvent, content_type = "text/event-stream"),
        NotThere,
        Invalid,
        NeedsKey,
        Refusals,
    ),
)]
pub(super) async fn run_events(
    State(app): State<App>,
    caller: Caller,
    Path(run_id): Path<String>,
    headers: HeaderMap,
    params: Params,
) -> Result<Response, Problem> {
    let row = runs::find(&app, caller, &run_id).await?;
    let after = resume(&params, &headers)?;
    Ok(stream_of(&app, move |app, listener| tell_run(app, caller, listener, row, after)))
}

/// Opens with the present state, tells the progress so far and then what happens; ends with the last state.
async fn tell_run(
    app: App,
    caller: Caller,
    listener: Listener,
    mut row: RunRow,
    resumed: Option<i64>,
) -> Result<(), Ended> {
    let mut watch = app.store.watch_run(row.seq);
    let mut after = resumed.unwrap_or(0);
    let mut opening = resumed.is_none().then_some(row.run.state);
    if opening.is_some() {
        listener.tell(state_frame(&app, &row, None).await?).await?;
    }
    loop {
        // The state first: of a run that has ended, all events are there.
        let Some(now) = app.store.find_run(caller.owner, row.run.id).await? else { return Ok(()) };
        row = now;
        loop {
            let events = app.store.events_of(row.seq, after).await?;
            let Some(last) = events.last() else { break };
            after = last.seq;
            let mut frames = String::new();
            let told = opening.map_or(0, |opening| told_by(opening, &events));
            for event in &events {
                match event.kind {
                    EventKind::State(state) if !state.is_active() => {
                        // It may have ended after it was looked at above.
                        let ended = app.store.find_run(caller.owner, row.run.id).await?;
                        row = ended.unwrap_or(row);
                        frames += &state_frame(&app, &row, Some(event.seq)).await?;
                    }
                    EventKind::State(_) if event.seq <= told => {}
                    EventKind::State(_) | EventKind::Message { .. } | EventKind::Progress(_) => {
                        frames += &StreamEvent::of(&row.run, event).frame();
                    }
                }
            }
            listener.tell(frames).await?;
        }
        opening = None;
        if !row.run.state.is_active() {
            return Ok(());
        }
        listener.wait(&mut watch).await?;
    }
}

/// The number of the last event whose state the opening one repeats or comes after.
fn told_by(opening: RunState, events: &[Event]) -> i64 {
    if !opening.is_active() {
        return i64::MAX;
    }
    let same = |event: &&Event| event.kind == EventKind::State(opening);
    events.iter().rev().find(same).map_or(0, |event| event.seq)
}

/// The present state, with the output where there is one.
async fn state_frame(app: &App, row: &RunRow, event: Option<i64>) -> Result<String, Ended> {
    let mut state = StreamEvent::state(&row.run, event);
    if row.run.state == RunState::Completed {
        let result = app.store.result_of(row.seq).await?;
        let spec = app.store.spec_of_run(row).await?;
        let output = result.and_then(|(output, _)| output);
        let output = output.map(|output| output.filled(&spec.wanted));
        let work = sharing::work_of(&row.run);
        let links = sharing::links(app, work).await.map_err(Ended::Refused)?;
        state.output = output.map(|output| output_view(&output, &links));
    }
    Ok(state.into_event().frame())
}

/// The runs of a group in the order in which they were added; does not wait for anything.
#[utoipa::path(
    get,
    path = "/groups/{group_id}/runs",
    operation_id = "stream_group_runs",
    tag = "groups",
    params(GroupPath, Resume, WithRows),
    responses(
        (status = 200, description = "One state for each run.", body = StreamEvent, content_type = "text/event-stream"),
        NotThere,
        Invalid,
        NeedsKey,
        Refusals,
    ),
)]
pub(super) async fn group_runs(
    State(app): State<App>,
    caller: Caller,
    Path(group_id): Path<String>,
    headers: HeaderMap,
    params: Params,
) -> Result<Response, Problem> {
    let group = groups::find(&app, caller, &group_id).await?;
    let status = param(&params, "status")?;
    // No run is ever in this state here, and asking for it is no mistake.
    let is_none = status.as_deref() == Some("action_required");
    let filter = Filter {
        is_active: None,
        state: status.filter(|_| !is_none).map(|word| runs::state(&word)).transpose()?,
        with_input: flag(&params, "include_input")?,
        with_output: flag(&params, "include_output")?,
        note: None,
        words: None,
    };
    let from = resume(&params, &headers)?.unwrap_or(0);
    Ok(stream_of(&app, move |app, listener| async move {
        if is_none { Ok(()) } else { tell_rows(app, caller, listener, group, from, filter).await }
    }))
}

/// One state for each row, in the order in which rows were added; does not wait for anything.
async fn tell_rows(
    app: App,
    caller: Caller,
    listener: Listener,
    group: Group,
    from: i64,
    filter: Filter,
) -> Result<(), Ended> {
    let links = sharing::links(&app, WorkId::Group(group.id)).await.map_err(Ended::Refused)?;
    let mut next = Some(from);
    while let Some(from) = next {
        let page = app.store.list_rows(caller.owner, group.id, from, ROWS, filter.clone()).await?;
        let mut frames = String::new();
        for row in page.runs {
            frames += &row_frame(&app, row, &links).await?;
        }
        listener.tell(frames).await?;
        next = page.next;
    }
    Ok(())
}

async fn row_frame(app: &App, row: Listed, links: &Links) -> Result<String, Ended> {
    let behind = row.run.index.unwrap_or_default() + 1;
    let mut state = StreamEvent::state(&row.run, Some(behind));
    if row.input.is_some() || row.output.is_some() {
        let spec = app.store.spec_of(&row).await?;
        state.input = row.input.as_ref().map(|input| input_view(&row.run, input, &spec));
        let output = row.output.map(|output| output.filled(&spec.wanted));
        state.output = output.map(|output| output_view(&output, links));
    }
    Ok(state.into_event().frame())
}

/// Tells which runs of a group have ended and how far the group is, until none is active.
#[utoipa::path(
    get,
    path = "/groups/{group_id}/events",
    operation_id = "stream_group_events",
    tag = "groups",
    params(GroupPath, Resume, OpenFor),
    responses(
        (status = 200, description = "Server-sent events.", body = StreamEvent, content_type = "text/event-stream"),
        NotThere,
        Invalid,
        NeedsKey,
        Refusals,
    ),
)]
pub(super) async fn group_events(
    State(app): State<App>,
    caller: Caller,
    Path(group_id): Path<String>,
    headers: HeaderMap,
    params: Params,
) -> Result<Response, Problem> {
    let group = groups::find(&app, caller, &group_id).await?;
    let after = resume(&params, &headers)?;
    let until = Instant::now() + open_for(&params)?;
    Ok(stream_of(&app, move |app, listener| async move {
        // The time that the caller set is a quiet end, not a failure.
        timeout_at(until, tell_group(app, caller, listener, group, after)).await.unwrap_or(Ok(()))
    }))
}

/// How long a stream of a group stays open at most, where the caller says nothing: a day.
const MAX_OPEN: Duration = Duration::from_hours(24);

fn open_for(params: &Params) -> Result<Duration, Problem> {
    let Some(text) = param(params, "timeout")? else { return Ok(MAX_OPEN) };
    let seconds = text.parse::<f64>().ok().filter(|seconds| (0.0..=86_400.0).contains(seconds));
    seconds.map(Duration::from_secs_f64).ok_or_else(|| {
        Problem::invalid(format!(
            "`timeout` is `{}`; it must be a number of seconds from 0 to 86400",
            shown(&text)
        ))
    })
}

/// Tells which runs have ended and how far the group is, until none is active.
async fn tell_group(
    app: App,
    caller: Caller,
    listener: Listener,
    group: Group,
    resumed: Option<i64>,
) -> Result<(), Ended> {
    let Some(mut watch) = app.store.watch_group(caller.owner, group.id).await? else {
        return Ok(());
    };
    let mut after = resumed.unwrap_or(0);
    let mut told = resumed.map(|_| status_of(&group));
    loop {
        // The counts first: of a group that has come to rest, all events are there.
        let Some(group) = app.store.find_group(caller.owner, group.id).await? else {
            return Ok(());
        };
        let status = status_of(&group);
        if told.is_none() {
            listener.tell(StreamEvent::group_status(status.clone(), after).frame()).await?;
            told = Some(status.clone());
        }
        let before = after;
        loop {
            let ended = app
                .store
                .group_events(caller.owner, group.id, after, EVENTS_AT_ONCE, &Filter::default())
                .await?;
            let Some(last) = ended.last() else { break };
            after = last.seq;
            let frame = |run: &Run, seq| StreamEvent::state(run, Some(seq)).into_event().frame();
            listener
                .tell(ended.iter().map(|event| frame(&event.listed.run, event.seq)).collect())
                .await?;
        }
        if after > before || told.as_ref() != Some(&status) {
            listener.tell(StreamEvent::group_status(status.clone(), after).frame()).await?;
            told = Some(status);
        }
        if !group.counts.is_active() {
            // The last end and the status behind it have one number: who goes on from there may have had the end alone.
            if resumed == Some(after) {
                listener.tell(StreamEvent::group_status(status_of(&group), after).frame()).await?;
            }
            return Ok(());
        }
        listener.wait(&mut watch).await?;
        sleep(BREATH).await;
    }
}

fn status_of(group: &Group) -> TaskGroupStatus {
    status_view(&group.counts, Some(group.modified_at.rfc3339()))
}

#[cfg(test)]
mod tests {
    use domain::clock::TimeMs;
    use domain::run::RunState::{Completed, Queued, Running};

    use super::*;

    #[test]
    fn a_state_is_told_when_it_came_after_the_opening_one() {
        let state = |seq, state| Event { seq, at: TimeMs(0), kind: EventKind::State(state) };
        let events = [state(1, Queued), state(2, Running)];
        assert_eq!(told_by(Queued, &events), 1);
        assert_eq!(told_by(Running, &events), 2);
        assert_eq!(told_by(Running, &events[..1]), 0);
        assert_eq!(told_by(Completed, &events), i64::MAX);
    }
}
