//! The end of a run: output, basis, receipt, last event and the group's counts in one transaction, once.

use domain::clock::TimeMs;
use domain::event::EventKind;
use domain::output::Output;
use domain::receipt::Receipt;
use domain::run::{Failure, RunState};

use crate::changes::Change;
use crate::db::{Conn, execute, fetch_one, fetch_optional};
use crate::events::insert_event;
use crate::pages::insert_evidence;
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

/// A run that left the active states in this transaction.
pub(crate) struct Ended {
    pub(crate) run: i64,
    pub(crate) group: Option<i64>,
    pub(crate) event_seq: i64,
    pub(crate) was: RunState,
    pub(crate) now: RunState,
}

impl Store {
    /// Ends a run. `false`, and nothing changed, when another attempt has it or it has ended already.
    pub async fn finish(&self, run: RunSeq, attempt: i64, end: End) -> Result<bool, Failed> {
        let now = self.clock().now();
        self.inner
            .db
            .write(move |conn| Box::pin(async move { finish(conn, run, attempt, end, now).await }))
            .await
    }
}

async fn finish(
    conn: &mut Conn,
    run: RunSeq,
    attempt: i64,
    end: End,
    now: TimeMs,
) -> Result<bool, Failed> {
    let before: Option<(String,)> = fetch_optional!(
        conn,
        (String,),
        "-- finish: only the current attempt may
         SELECT state FROM runs WHERE seq = $1 AND attempt = $2 AND state IN ('running', 'cancelling')",
        run.0,
        attempt
    )?;
    let Some(was) = before.and_then(|(state,)| RunState::parse(&state)) else { return Ok(false) };
    let (state, failure, output) = match &end.ending {
        Ending::Completed(output) => (RunState::Completed, None, Some(output)),
        Ending::Failed(failure) => (RunState::Failed, Some(failure), None),
        Ending::Cancelled => (RunState::Cancelled, None, None),
    };
    let ended: Option<(Option<i64>, i64)> = fetch_optional!(
        conn,
        (Option<i64>, i64),
        "-- finish: zero rows changed means that somebody else ended it
         UPDATE runs
         SET state = $3, finished_at_ms = $4, modified_at_ms = $4, lease_until_ms = NULL, worker = NULL,
             failure_code = $5, failure_message = $6, event_seq = event_seq + 1
         WHERE seq = $1 AND attempt = $2 AND state = $7
         RETURNING group_seq, event_seq",
        run.0,
        attempt,
        state.as_str(),
        now.0,
        failure.map(|failure| failure.code.as_str()),
        failure.map(|failure| failure.message.as_str()),
        was.as_str()
    )?;
    // On PostgreSQL a request to cancel may come between the two statements: look again.
    let Some((group, event_seq)) = ended else { return Err(Failed::LostRace) };
    execute!(
        conn,
        "-- finish: the answer
         INSERT INTO results (run_seq, output, receipt) VALUES ($1, $2, $3)",
        run.0,
        output.map(document::output_to_text),
        document::receipt_to_text(&end.receipt)
    )?;
    if let Some(output) = output {
        insert_evidence(conn, run, output.evidence()).await?;
    }
    end_run(conn, &Ended { run: run.0, group, event_seq, was, now: state }, now).await?;
    Ok(true)
}

/// What every end has in common, after the run's row was changed: the last event and the group.
pub(crate) async fn end_run(conn: &mut Conn, ended: &Ended, now: TimeMs) -> Result<(), Failed> {
    insert_event(conn, ended.run, ended.event_seq, now, &EventKind::State(ended.now)).await?;
    conn.touch(Change::Run(ended.run));
    let Some(group) = ended.group else { return Ok(()) };
    let count = |state: RunState, value: RunState| i64::from(state == value);
    let left = |state| count(ended.was, state);
    let came = |state| count(ended.now, state);
    let (seq,) = fetch_one!(
        conn,
        (i64,),
        "-- end_run: the group's counts and its next event
         UPDATE groups
         SET queued = queued - $2, running = running - $3, cancelling = cancelling - $4,
             completed = completed + $5, failed = failed + $6, cancelled = cancelled + $7,
             event_seq = event_seq + 1, modified_at_ms = $8
         WHERE seq = $1
         RETURNING event_seq",
        group,
        left(RunState::Queued),
        left(RunState::Running),
        left(RunState::Cancelling),
        came(RunState::Completed),
        came(RunState::Failed),
        came(RunState::Cancelled),
        now.0
    )?;
    execute!(
        conn,
        "-- end_run: the group's event
         INSERT INTO group_events (group_seq, seq, run_seq, at_ms) VALUES ($1, $2, $3, $4)",
        group,
        seq,
        ended.run,
        now.0
    )?;
    conn.touch(Change::Group(group));
    // A place in the group is free.
    conn.touch(Change::Work);
    Ok(())
}
