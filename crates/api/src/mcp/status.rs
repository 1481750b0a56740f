//! How far work is, waiting for it if asked to, and the rows that were finished meanwhile.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use domain::event::{EventKind, Progress};
use domain::group::{Counts, Group};
use domain::ids::{GroupId, WorkId};
use domain::run::{Run, RunState};
use rmcp::model::ProgressNotificationParam;
use serde::Serialize;
use serde_json::{Value, json};
use store::{Filter, GroupEvent, Owner, RunRow, Watch};
use tokio::time::{Instant, MissedTickBehavior};

use crate::mcp::arguments::{Arguments, WAIT, named};
use crate::mcp::call::{Call, Refusal, object};
use crate::mcp::found::{Found, find, needed_id};
use crate::mcp::markdown::brief;
use crate::problem::Problem;
use crate::ui::words;

/// Longest wait of one call, in seconds: clients give up after 60.
pub(super) const MAX_WAIT_S: u64 = 50;
/// Between two notifications of progress.
const TICK: Duration = Duration::from_secs(5);
/// Most finished rows told in one answer.
const MAX_ROWS_TOLD: i64 = 20;

/// How far a run or group is.
#[derive(Debug, Serialize)]
pub(super) struct Status {
    pub(super) id: String,
    #[serde(rename = "status")]
    state: &'static str,
    pub(super) is_active: bool,
    pub(super) summary: String,
    pub(super) url: String,
    #[serde(flatten)]
    more: Value,
    pub(super) next_step: String,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    notes: Vec<String>,
}

/// `getStatus`.
pub(super) async fn get(call: &Call, mut args: Arguments) -> Result<Status, Refusal> {
    let id = needed_id(call, &mut args).await?;
    let wait = args.number(&WAIT, 0, MAX_WAIT_S).unwrap_or(0);
    let since = args.number(&named("since"), 0, i64::MAX as u64);
    let notes = args.finish()?;
    let since = match since {
        Some(since) => Since::Event(since.cast_signed()),
        None if wait > 0 => Since::Told,
        None => Since::Event(0),
    };
    of(call, &id, Duration::from_secs(wait), since, notes).await
}

/// Which finished rows of a group are told.
#[derive(Debug, Clone, Copy)]
pub(super) enum Since {
    /// None: nobody asks.
    Untold,
    /// Those after this number of an earlier answer.
    Event(i64),
    /// Those that no earlier answer told to this caller, who waits again and again without a number.
    Told,
}

/// Up to which event of a group its rows were told to those who wait without a number: "since the last call" is said by
/// nobody else where a client has no session. Lost with the process; then they are told from the first on.
#[derive(Clone, Default)]
pub(crate) struct LastTold(Arc<Mutex<HashMap<(Owner, GroupId), i64>>>);

/// Groups that are remembered; beyond that all are forgotten.
const MAX_REMEMBERED: usize = 10_000;

impl LastTold {
    fn find(&self, owner: Owner, group: GroupId) -> i64 {
        let told = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        told.get(&(owner, group)).copied().unwrap_or(0)
    }

    fn keep(&self, owner: Owner, group: GroupId, event: i64) {
        let mut told = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if told.len() >= MAX_REMEMBERED {
            told.clear();
        }
        told.insert((owner, group), event);
    }
}

pub(super) async fn of(
    call: &Call,
    id: &str,
    wait: Duration,
    since: Since,
    notes: Vec<String>,
) -> Result<Status, Refusal> {
    let give_up_at = Instant::now() + wait;
    let mut status = match find(call, id).await? {
        Found::Run(row) => of_run(call, ended_run(call, *row, give_up_at).await?).await?,
        Found::Group(group) => of_group(call, group, since, give_up_at).await?,
    };
    status.notes.splice(0..0, notes);
    Ok(status)
}

/// Waits for changes until a time, telling how far it is now and then.
struct Waiting<'a> {
    call: &'a Call,
    watch: Watch,
    give_up_at: Instant,
    ticks: tokio::time::Interval,
    told: f64,
}

impl<'a> Waiting<'a> {
    fn new(call: &'a Call, watch: Watch, give_up_at: Instant) -> Self {
        let mut ticks = tokio::time::interval_at(Instant::now() + TICK, TICK);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        Self { call, watch, give_up_at, ticks, told: 0.0 }
    }

    /// `false` when the wait is over: the time has passed, or nobody waits any more.
    async fn changed(&mut self, percent: f64, message: impl Fn() -> String) -> bool {
        let is_told = self.call.context.meta.get_progress_token().is_some();
        loop {
            tokio::select! {
                () = self.watch.changed() => return true,
                () = tokio::time::sleep_until(self.give_up_at) => return false,
                () = self.call.context.ct.cancelled() => return false,
                () = self.call.app.stop.cancelled() => return false,
                _ = self.ticks.tick(), if is_told => self.tell(percent, message()).await,
            }
        }
    }

    /// The protocol wants each number to be greater than the last.
    async fn tell(&mut self, percent: f64, message: String) {
        let Some(token) = self.call.context.meta.get_progress_token() else { return };
        self.told = percent.max(self.told + 0.01);
        let progress = ProgressNotificationParam::new(token, self.told);
        let progress = progress.with_total(100.0_f64.max(self.told)).with_message(message);
        // Whoever cannot be told any more will not read the answer either.
        let _ = self.call.context.peer.notify_progress(progress).await;
    }
}

async fn ended_run(call: &Call, mut row: RunRow, give_up_at: Instant) -> Result<RunRow, Refusal> {
    if !row.run.state.is_active() || give_up_at <= Instant::now() {
        return Ok(row);
    }
    let mut waiting = Waiting::new(call, call.app.store.watch_run(row.seq), give_up_at);
    loop {
        let found = call.app.store.find_run(call.caller.owner, row.run.id).await?;
        row = found.ok_or_else(|| Refusal::one(format!("the run `{}` is gone", row.run.id)))?;
        if !row.run.state.is_active() {
            return Ok(row);
        }
        let told = last_told(call, &row).await?;
        let percent = told.progress.as_ref().map_or(0.0, |progress| f64::from(progress.percent));
        let message = || in_progress(row.run.state, &told);
        if !waiting.changed(percent, message).await {
            return Ok(row);
        }
    }
}

/// What a run has told last.
#[derive(Default)]
struct Told {
    progress: Option<Progress>,
    message: Option<String>,
}

async fn last_told(call: &Call, row: &RunRow) -> Result<Told, Refusal> {
    let mut told = Told::default();
    for event in call.app.store.last_events_of(row.seq, 8).await? {
        match event.kind {
            EventKind::State(_) => {}
            EventKind::Message { message, .. } => told.message = Some(message),
            EventKind::Progress(progress) => told.progress = Some(progress),
        }
    }
    Ok(told)
}

fn in_progress(state: RunState, told: &Told) -> String {
    let numbers = told.progress.as_ref().map(|progress| {
        format!(
            "{} %, {} sources considered, {} read",
            progress.percent, progress.sources_considered, progress.sources_read
        )
    });
    let parts = [Some(state.to_string()), numbers, told.message.clone()];
    parts.into_iter().flatten().collect::<Vec<_>>().join("; ")
}

async fn of_run(call: &Call, row: RunRow) -> Result<Status, Refusal> {
    let Run { id, state, processor, .. } = &row.run;
    let (summary, more) = match state {
        RunState::Queued | RunState::Running | RunState::Cancelling => {
            let told = last_told(call, &row).await?;
            (in_progress(*state, &told), progress(&told))
        }
        RunState::Completed => (finished(call, &row).await?, json!({})),
        RunState::Failed => {
            let why = row.run.failure.as_ref().map_or("for no stated reason", |why| &why.message);
            (format!("failed: {why}"), json!({}))
        }
        RunState::Cancelled => ("was cancelled; there is no result".to_owned(), json!({})),
    };
    let mut more = more;
    more["processor"] = json!(processor);
    Ok(Status {
        id: id.to_string(),
        state: state.as_str(),
        is_active: state.is_active(),
        summary,
        url: call.run_url(id),
        more,
        next_step: next_step(call, WorkId::Run(*id), *state, None),
        notes: Vec::new(),
    })
}

fn progress(told: &Told) -> Value {
    let Some(progress) = &told.progress else { return json!({}) };
    json!({
        "percent": progress.percent,
        "sources_considered": progress.sources_considered,
        "sources_read": progress.sources_read,
    })
}

async fn finished(call: &Call, row: &RunRow) -> Result<String, Refusal> {
    let Some((_, receipt)) = call.app.store.result_of(row.seq).await? else {
        return Err(Problem::internal(format!("{} has no result", row.run.id)).into());
    };
    Ok(format!(
        "finished: {} pages read, {} quotes verified, {} disagreements between sources",
        receipt.pages_read, receipt.quotes_verified, receipt.contradictions
    ))
}

fn next_step(call: &Call, id: WorkId, state: RunState, since: Option<i64>) -> String {
    let (status, result, argument) =
        (call.tools.status_tool(), call.tools.result_tool(), call.tools.id_argument());
    match state {
        RunState::Queued | RunState::Running | RunState::Cancelling => {
            let since = since.map(|since| format!(", since {since}")).unwrap_or_default();
            let wait = call.tools.wait_argument();
            format!("Call {status} again with {argument} `{id}`{wait}{since}.")
        }
        RunState::Completed => {
            format!("Call {result} with {argument} `{id}` and show the result to the user.")
        }
        RunState::Failed => {
            "Tell the user why it failed; start it again only if something can be changed.".into()
        }
        RunState::Cancelled => "Tell the user that it was cancelled.".into(),
    }
}

/// A group is cancelled where all that it had was.
pub(super) const fn state_of(counts: &Counts) -> RunState {
    if counts.is_active() {
        RunState::Running
    } else if counts.cancelled > 0 && counts.cancelled == counts.total() {
        RunState::Cancelled
    } else {
        RunState::Completed
    }
}

fn gone(group: GroupId) -> Refusal {
    Refusal::one(format!("the group `{group}` is gone"))
}

async fn of_group(
    call: &Call,
    mut group: Group,
    since: Since,
    give_up_at: Instant,
) -> Result<Status, Refusal> {
    let (store, owner, id) = (&call.app.store, call.caller.owner, group.id);
    let told = &call.app.last_told;
    let is_remembered = matches!(since, Since::Told);
    let since = match since {
        Since::Untold => None,
        Since::Event(since) => Some(since),
        Since::Told => Some(told.find(owner, id)),
    };
    let mut waiting = None;
    let events = loop {
        let filter = Filter { with_input: true, with_output: true, ..Filter::default() };
        let events = match since {
            Some(since) => store.group_events(owner, id, since, MAX_ROWS_TOLD, &filter).await?,
            None => Vec::new(),
        };
        let is_full = i64::try_from(events.len()).is_ok_and(|told| told >= MAX_ROWS_TOLD);
        let is_enough = !group.counts.is_active() || is_full;
        if is_enough || give_up_at <= Instant::now() {
            break events;
        }
        let counts = group.counts;
        #[expect(clippy::cast_precision_loss, reason = "a share for people")]
        let percent = counts.ended() as f64 * 100.0 / counts.total().max(1) as f64;
        let message = || format!("{} of {} rows finished", counts.ended(), counts.total());
        match &mut waiting {
            // Changes are seen from here on; what was read before may be older.
            None => {
                let watch = store.watch_group(owner, id).await?.ok_or_else(|| gone(id))?;
                waiting = Some(Waiting::new(call, watch, give_up_at));
            }
            Some(waiting) => {
                if !waiting.changed(percent, message).await {
                    break events;
                }
            }
        }
        group = store.find_group(owner, id).await?.ok_or_else(|| gone(id))?;
    };
    let seen = events.last().map(|event| event.seq).or(since);
    let mut notes = Vec::new();
    if let (true, Some(since), Some(seen)) = (is_remembered, since, seen) {
        told.keep(owner, id, seen);
        if since > 0 {
            notes.push(format!(
                "rows up to `since` {since} were told before; with `since` 0 they are told again"
            ));
        }
    }
    let counts = group.counts;
    let state = state_of(&counts);
    let more = object([
        ("rows_total", Some(json!(counts.total()))),
        ("rows_finished", Some(json!(counts.ended()))),
        ("rows_failed", (counts.failed > 0).then(|| json!(counts.failed))),
        ("newly_finished", since.map(|_| events.iter().map(row_told).collect())),
        ("since", seen.map(|seen| json!(seen))),
    ]);
    Ok(Status {
        id: id.to_string(),
        state: state.as_str(),
        is_active: state.is_active(),
        summary: words::counts(&counts),
        url: call.group_url(id),
        more,
        next_step: next_step(call, WorkId::Group(id), state, seen),
        notes,
    })
}

/// A finished row in one line.
fn row_told(event: &GroupEvent) -> Value {
    let run = &event.listed.run;
    object([
        ("index", Some(json!(run.index))),
        ("row", event.listed.input.as_ref().map(|input| json!(words::question(input, 80)))),
        ("status", (run.state != RunState::Completed).then(|| json!(run.state.as_str()))),
        ("result", event.listed.output.as_ref().map(|output| json!(brief(output)))),
        ("error", run.failure.as_ref().map(|failure| json!(failure.message))),
    ])
}
