//! The end of a run: output, basis, receipt, last event and the group's counts in one transaction, once.
//!
//! Endings that wait at the same moment go into one transaction, with one statement for all of them: what a short
//! run costs is mostly its statements and its commit.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::Arc;

use domain::clock::TimeMs;
use domain::event::EventKind;
use domain::output::Output;
use domain::receipt::Receipt;
use domain::run::{Failure, RunState};
use serde_json::{Value, json};
use tokio::sync::{mpsc, oneshot};

use crate::changes::Change;
use crate::columns::columns;
use crate::db::{Both, Conn, Db, execute, fetch_all, fetch_one, over_rows};
use crate::events::{NewEvent, insert_events};
use crate::marks::{Marked, mark_rows};
use crate::pages::insert_evidence;
use crate::runs::read_input;
use crate::webhooks::{tell_of_group, tell_of_runs};
use crate::{Failed, RunSeq, Store, document};

/// How a run ends.
#[derive(Debug, Clone, PartialEq)]
pub enum Ending {
    Completed(Output),
    Failed(Failure),
    Cancelled,
}

/// An ending and what was done on the way.
#[derive(Debug, Clone, PartialEq)]
pub struct End {
    pub ending: Ending,
    pub receipt: Receipt,
}

/// An ending on its way into the database.
struct NewEnd {
    run: RunSeq,
    attempt: i64,
    end: End,
    at: TimeMs,
}

/// An ending, and the caller who waits to hear whether it counted.
pub(crate) struct Waiting {
    new: NewEnd,
    answer: oneshot::Sender<Result<bool, Failed>>,
}

/// A run that left the active states in this transaction.
pub(crate) struct Ended {
    pub(crate) run: i64,
    pub(crate) group: Option<i64>,
    pub(crate) event_seq: i64,
    pub(crate) was: RunState,
    pub(crate) now: RunState,
    /// Whether somebody wants to be told.
    pub(crate) has_webhook: bool,
}

/// Most endings in one transaction.
const MAX_TOGETHER: usize = 64;

impl Store {
    /// Ends a run. `false`, and nothing changed, when another attempt has it or it has ended already.
    pub async fn finish(&self, run: RunSeq, attempt: i64, end: End) -> Result<bool, Failed> {
        let new = NewEnd { run, attempt, end, at: self.clock().now() };
        let (answer, answered) = oneshot::channel();
        self.inner.ends.send(Waiting { new, answer }).await.map_err(|_| Failed::Closed)?;
        answered.await.map_err(|_| Failed::Closed)?
    }
}

/// Writes endings as they come, those that came meanwhile together.
pub(crate) async fn write_ends(db: Arc<Db>, mut waiting: mpsc::Receiver<Waiting>) {
    let mut together = Vec::with_capacity(MAX_TOGETHER);
    while let Some(first) = waiting.recv().await {
        together.push(first);
        // Runs that were claimed together tend to end together: the others get a moment to say so.
        tokio::task::yield_now().await;
        while together.len() < MAX_TOGETHER
            && let Ok(next) = waiting.try_recv()
        {
            together.push(next);
        }
        let (ends, answers): (Vec<NewEnd>, Vec<_>) =
            together.drain(..).map(|Waiting { new, answer }| (new, answer)).unzip();
        for (answer, ended) in answers.into_iter().zip(finish_all(&db, ends).await) {
            // Whoever asked may be gone; the end stands all the same.
            let _ = answer.send(ended);
        }
    }
}

/// One answer for each ending, in order.
async fn finish_all(db: &Db, ends: Vec<NewEnd>) -> Vec<Result<bool, Failed>> {
    let mut runs = HashSet::new();
    let is_each_run_once = ends.iter().all(|new| runs.insert(new.run));
    let ends = Arc::new(ends);
    if is_each_run_once {
        match write(db, &ends, 0, ends.len()).await {
            Ok(ended) => return ended.into_iter().map(Ok).collect(),
            Err(why) if ends.len() == 1 => return vec![Err(why)],
            // One that the database does not take must not keep the others from ending.
            Err(_) => {}
        }
    }
    let mut done = Vec::with_capacity(ends.len());
    for nth in 0..ends.len() {
        done.push(write(db, &ends, nth, nth + 1).await.map(|ended| ended == [true]));
    }
    done
}

async fn write(
    db: &Db,
    ends: &Arc<Vec<NewEnd>>,
    from: usize,
    to: usize,
) -> Result<Vec<bool>, Failed> {
    let ends = Arc::clone(ends);
    db.write(move |conn| Box::pin(async move { finish(conn, &ends[from..to]).await })).await
}

const END_RUNS: Both = over_rows!(
    "-- finish: only the current attempt may; a run that is not changed was ended by somebody else
     UPDATE runs
     SET state = ended.state, finished_at_ms = ended.at_ms, modified_at_ms = ended.at_ms,
         lease_until_ms = NULL, worker = NULL, failure_code = ended.failure_code,
         failure_message = ended.failure_message, event_seq = event_seq + 1
     FROM (SELECT CAST(value ->> 'run' AS BIGINT) AS run, CAST(value ->> 'attempt' AS BIGINT) AS of_attempt,
                  CAST(value ->> 'at_ms' AS BIGINT) AS at_ms, value ->> 'state' AS state,
                  value ->> 'failure_code' AS failure_code, value ->> 'failure_message' AS failure_message
           FROM ",
    " AS ending) AS ended
     WHERE runs.seq = ended.run AND runs.attempt = ended.of_attempt
       AND runs.state IN ('running', 'cancelling')
     RETURNING seq, group_seq, row_index, event_seq, cancel_asked_at_ms, receiver,
               CASE WHEN group_seq IS NOT NULL THEN input END AS input"
);

const INSERT_RESULTS: Both = over_rows!(
    "-- finish: the answers
     INSERT INTO results (run_seq, output, receipt)
     SELECT CAST(value ->> 'run' AS BIGINT), value ->> 'output', value ->> 'receipt'
     FROM ",
    " AS ended"
);

columns! {
    struct ChangedColumns {
        seq: i64,
        group_seq: Option<i64>,
        row_index: Option<i64>,
        event_seq: i64,
        cancel_asked_at_ms: Option<i64>,
        receiver: Option<String>,
        input: Option<String>,
    }
}

/// Whether each of them ended now. No run is among them twice.
async fn finish(conn: &mut Conn, ends: &[NewEnd]) -> Result<Vec<bool>, Failed> {
    let rows: Vec<Value> = ends.iter().map(to_row).collect();
    let changed: Vec<ChangedColumns> =
        fetch_all!(conn, ChangedColumns, END_RUNS, Value::Array(rows).to_string())?;
    let changed: HashMap<i64, _> = changed.into_iter().map(|row| (row.seq, row)).collect();
    let mut results = Vec::with_capacity(changed.len());
    let mut ended = Vec::with_capacity(changed.len());
    let mut marked = Vec::with_capacity(changed.len());
    for new in ends {
        let Some(row) = changed.get(&new.run.0) else { continue };
        let is_cancelling = row.cancel_asked_at_ms.is_some();
        ended.push(Ended {
            run: row.seq,
            group: row.group_seq,
            event_seq: row.event_seq,
            was: if is_cancelling { RunState::Cancelling } else { RunState::Running },
            now: new.end.state(),
            has_webhook: row.receiver.is_some(),
        });
        if let (Some(group), Some(index)) = (row.group_seq, row.row_index) {
            let input = row.input.as_deref().map(read_input).transpose()?;
            let (run, state, output) = (row.seq, new.end.state(), new.end.output().cloned());
            marked.push(Marked { group, index, run, state, input, output });
        }
        results.push(json!({
            "run": row.seq,
            "output": new.end.output().map(document::output_to_text),
            "receipt": document::receipt_to_text(&new.end.receipt),
        }));
        if let Some(output) = new.end.output() {
            insert_evidence(conn, new.run, output.evidence()).await?;
        }
    }
    if let (false, Some(at)) = (ended.is_empty(), ends.iter().map(|new| new.at).max()) {
        execute!(conn, INSERT_RESULTS, Value::Array(results).to_string())?;
        end_runs(conn, &ended, at).await?;
        mark_rows(conn, &marked, at).await?;
    }
    Ok(ends.iter().map(|new| changed.contains_key(&new.run.0)).collect())
}

fn to_row(new: &NewEnd) -> Value {
    let failure = match &new.end.ending {
        Ending::Failed(failure) => Some(failure),
        Ending::Completed(_) | Ending::Cancelled => None,
    };
    json!({
        "run": new.run.0,
        "attempt": new.attempt,
        "at_ms": new.at.0,
        "state": new.end.state().as_str(),
        "failure_code": failure.map(|failure| failure.code.as_str()),
        // PostgreSQL has no NUL in text.
        "failure_message": failure.map(|failure| failure.message.replace('\0', "\u{fffd}")),
    })
}

impl End {
    const fn state(&self) -> RunState {
        match self.ending {
            Ending::Completed(_) => RunState::Completed,
            Ending::Failed(_) => RunState::Failed,
            Ending::Cancelled => RunState::Cancelled,
        }
    }

    const fn output(&self) -> Option<&Output> {
        match &self.ending {
            Ending::Completed(output) => Some(output),
            Ending::Failed(_) | Ending::Cancelled => None,
        }
    }
}

const INSERT_GROUP_EVENTS: Both = over_rows!(
    "-- end_runs: the group's events
     INSERT INTO group_events (group_seq, seq, run_seq, at_ms)
     SELECT $2, CAST(value ->> 'seq' AS BIGINT), CAST(value ->> 'run' AS BIGINT), $3
     FROM ",
    " AS ended"
);

/// What every end has in common, after the rows of the runs were changed: the last events and the groups.
pub(crate) async fn end_runs(conn: &mut Conn, ended: &[Ended], at: TimeMs) -> Result<(), Failed> {
    let last = |ended: &Ended| NewEvent {
        run: ended.run,
        seq: ended.event_seq,
        kind: EventKind::State(ended.now),
    };
    insert_events(conn, &ended.iter().map(last).collect::<Vec<_>>(), at).await?;
    let told: Vec<i64> =
        ended.iter().filter(|ended| ended.has_webhook).map(|ended| ended.run).collect();
    tell_of_runs(conn, &told, at).await?;
    let mut of_groups: BTreeMap<i64, Vec<&Ended>> = BTreeMap::new();
    for ended in ended {
        conn.touch(Change::Run(ended.run));
        if let Some(group) = ended.group {
            of_groups.entry(group).or_default().push(ended);
        }
    }
    // In one order everywhere, so that two transactions never wait for each other's groups.
    for (group, ended) in of_groups {
        end_rows(conn, group, &ended, at).await?;
    }
    Ok(())
}

async fn end_rows(conn: &mut Conn, group: i64, ended: &[&Ended], at: TimeMs) -> Result<(), Failed> {
    let count = |is_counted: &dyn Fn(&Ended) -> bool| {
        i64::try_from(ended.iter().filter(|ended| is_counted(ended)).count()).unwrap_or(i64::MAX)
    };
    let left = |state: RunState| count(&|ended| ended.was == state);
    let came = |state: RunState| count(&|ended| ended.now == state);
    let all = count(&|_| true);
    let (last, active, receiver) = fetch_one!(
        conn,
        (i64, i64, Option<String>),
        "-- end_runs: the group's counts and its next events
         UPDATE groups
         SET queued = queued - $2, running = running - $3, cancelling = cancelling - $4,
             completed = completed + $5, failed = failed + $6, cancelled = cancelled + $7,
             event_seq = event_seq + $8, modified_at_ms = $9
         WHERE seq = $1
         RETURNING event_seq, queued + running + cancelling, receiver",
        group,
        left(RunState::Queued),
        left(RunState::Running),
        left(RunState::Cancelling),
        came(RunState::Completed),
        came(RunState::Failed),
        came(RunState::Cancelled),
        all,
        at.0
    )?;
    let rows: Vec<Value> = (last - all + 1..)
        .zip(ended)
        .map(|(seq, ended)| json!({"seq": seq, "run": ended.run}))
        .collect();
    execute!(conn, INSERT_GROUP_EVENTS, Value::Array(rows).to_string(), group, at.0)?;
    if active == 0 && receiver.is_some() {
        tell_of_group(conn, group, at).await?;
    }
    conn.touch(Change::Group(group));
    // Places in the group are free.
    conn.touch(Change::Work);
    Ok(())
}
