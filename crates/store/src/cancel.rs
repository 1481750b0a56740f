//! Asking work to stop.

use std::collections::BTreeMap;

use domain::clock::TimeMs;
use domain::event::EventKind;
use domain::ids::{GroupId, RunId};
use domain::run::RunState;

use crate::changes::Change;
use crate::columns::columns;
use crate::db::{Conn, execute, fetch_all};
use crate::events::{NewEvent, insert_events};
use crate::finish::{Ended, end_runs};
use crate::marks::{Marked, mark_rows};
use crate::runs::read_input;
use crate::{Cause, Failed, Owner, Store};

/// Looks at what is to be cancelled, before it is left as others keep changing it.
const CANCEL_TRIES: u32 = 10;

/// Rows ended in one go when a group is cancelled.
const CANCEL_AT_ONCE: i64 = 500;

impl Store {
    /// Asks a run to stop. A queued one ends at once; a running one when its worker lets go, within 2 s.
    ///
    /// Answers the state after the request; `None` when this owner has no such run.
    pub async fn cancel_run(&self, owner: Owner, id: RunId) -> Result<Option<RunState>, Failed> {
        let Some(row) = self.find_run(owner, id).await? else { return Ok(None) };
        let mut tries = 0;
        loop {
            tries += 1;
            self.cancel_part(row.seq.0, 0).await?;
            let state = self.state_of(row.seq).await?;
            // On PostgreSQL it may have been claimed or handed back between the two statements.
            let is_missed = matches!(state, Some(RunState::Queued | RunState::Running));
            if !is_missed || tries == CANCEL_TRIES {
                return Ok(state);
            }
        }
    }

    /// Asks all active runs of a group to stop. `false` when this owner has no such group.
    pub async fn cancel_group(&self, owner: Owner, id: GroupId) -> Result<bool, Failed> {
        let mut tries = 0;
        while let Some(group) = self.find_group_row(owner, id).await? {
            let counts = group.counts();
            if counts.queued + counts.running == 0 || tries == CANCEL_TRIES {
                return Ok(true);
            }
            tries += 1;
            while self.cancel_part(0, group.seq).await? > 0 {}
        }
        Ok(false)
    }

    /// Ends queued runs: one run, or the next part of a group; once none is queued, asks the running ones. Answers
    /// how many have ended.
    async fn cancel_part(&self, run: i64, group: i64) -> Result<usize, Failed> {
        let mut tries = 0;
        loop {
            tries += 1;
            match self.try_to_cancel_part(run, group).await {
                // Two that cancel the same group may wait for each other; PostgreSQL ends one of them.
                Err(Failed::Unavailable(why)) if has_answered(&why) && tries < CANCEL_TRIES => {}
                done => return done,
            }
        }
    }

    /// Each statement is a transaction of its own: it takes its runs first and then the group, as claims and ends
    /// do, so that none of them waits for another in a circle.
    async fn try_to_cancel_part(&self, run: i64, group: i64) -> Result<usize, Failed> {
        let (db, now) = (&self.inner.db, self.clock().now());
        let ended = db.write(move |conn| Box::pin(cancel_queued(conn, run, group, now))).await?;
        if ended == 0 {
            db.write(move |conn| Box::pin(cancel_running(conn, run, group, now))).await?;
        }
        Ok(ended)
    }
}

/// Ends queued runs: one run, or the next part of a group. Answers how many.
async fn cancel_queued(
    conn: &mut Conn,
    run: i64,
    group: i64,
    now: TimeMs,
) -> Result<usize, Failed> {
    let ended: Vec<CancelledColumns> = fetch_all!(
        conn,
        CancelledColumns,
        "-- cancel_queued
         UPDATE runs SET state = 'cancelled', finished_at_ms = $4, modified_at_ms = $4,
                         event_seq = event_seq + 1
         WHERE state = 'queued' AND seq IN (
             SELECT seq FROM runs
             WHERE state = 'queued' AND ($1 = 0 OR seq = $1) AND ($2 = 0 OR group_seq = $2) LIMIT $3)
         RETURNING seq, group_seq, row_index, event_seq, receiver,
                   CASE WHEN group_seq IS NOT NULL THEN input END AS input",
        run,
        group,
        CANCEL_AT_ONCE,
        now.0
    )?;
    let mut marked = Vec::new();
    for row in &ended {
        let (Some(group), Some(index)) = (row.group_seq, row.row_index) else { continue };
        let input = row.input.as_deref().map(read_input).transpose()?;
        let (run, state) = (row.seq, RunState::Cancelled);
        marked.push(Marked { group, index, run, state, input, output: None });
    }
    let end = |row: CancelledColumns| Ended {
        run: row.seq,
        group: row.group_seq,
        event_seq: row.event_seq,
        was: RunState::Queued,
        now: RunState::Cancelled,
        has_webhook: row.receiver.is_some(),
    };
    let ended: Vec<Ended> = ended.into_iter().map(end).collect();
    end_runs(conn, &ended, now).await?;
    mark_rows(conn, &marked, now).await?;
    Ok(ended.len())
}

columns! {
    struct CancelledColumns {
        seq: i64,
    group_seq: Option<i64>,
    row_index: Option<i64>,
    event_seq: i64,
    receiver: Option<String>,
    input: Option<String>,
}
}

/// Whether the database itself refused; a lost connection is no reason to try at once again.
fn has_answered(why: &Cause) -> bool {
    let error = why.downcast_ref::<sqlx::Error>();
    error.is_some_and(|error| error.as_database_error().is_some())
}

async fn cancel_running(conn: &mut Conn, run: i64, group: i64, now: TimeMs) -> Result<(), Failed> {
    let asked: Vec<(i64, Option<i64>, i64)> = fetch_all!(
        conn,
        (i64, Option<i64>, i64),
        "-- cancel_running
         UPDATE runs
         SET state = 'cancelling', cancel_asked_at_ms = $3, modified_at_ms = $3, event_seq = event_seq + 1
         WHERE state = 'running' AND ($1 = 0 OR seq = $1) AND ($2 = 0 OR group_seq = $2)
         RETURNING seq, group_seq, event_seq",
        run,
        group,
        now.0
    )?;
    let mut events = Vec::with_capacity(asked.len());
    let mut of_groups: BTreeMap<i64, i64> = BTreeMap::new();
    for (run, group, seq) in asked {
        events.push(NewEvent { run, seq, kind: EventKind::State(RunState::Cancelling) });
        conn.touch(Change::Run(run));
        if let Some(group) = group {
            *of_groups.entry(group).or_default() += 1;
        }
    }
    insert_events(conn, &events, now).await?;
    for (group, count) in of_groups {
        execute!(
            conn,
            "-- cancel_running: the group's counts
             UPDATE groups SET running = running - $2, cancelling = cancelling + $2, modified_at_ms = $3
             WHERE seq = $1",
            group,
            count,
            now.0
        )?;
        conn.touch(Change::Group(group));
    }
    Ok(())
}
