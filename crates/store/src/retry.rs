//! Failed rows that are tried again: queued behind the others, with nothing left of the attempt before but its events
//! and what it cost.

use domain::clock::TimeMs;
use domain::event::EventKind;
use domain::ids::GroupId;
use domain::run::RunState;
use serde_json::{Value, json};

use crate::changes::Change;
use crate::db::{Both, Conn, execute, fetch_all, fetch_one, over_rows};
use crate::events::{NewEvent, insert_events};
use crate::{Failed, Owner, Store};

/// Rows queued again in one transaction.
const AT_ONCE: i64 = 500;

const FORGET_ANSWERS: Both = over_rows!(
    "-- retry_failed: asked again means asked afresh; what was paid stays in `usage`
     DELETE FROM journal WHERE run_seq IN (SELECT CAST(value ->> 'run' AS BIGINT) FROM ",
    " AS again)"
);
const FORGET_RESULTS: Both = over_rows!(
    "-- retry_failed: the receipt of the failure
     DELETE FROM results WHERE run_seq IN (SELECT CAST(value ->> 'run' AS BIGINT) FROM ",
    " AS again)"
);
const FORGET_MARKS: Both = over_rows!(
    "-- retry_failed: its marks
     DELETE FROM row_marks WHERE group_seq = $2
       AND row_index IN (SELECT CAST(value ->> 'index' AS BIGINT) FROM ",
    " AS again)"
);

impl Store {
    /// Queues all failed rows of a group again. Answers how many; `None` when this owner has no such group.
    pub async fn retry_failed(&self, owner: Owner, group: GroupId) -> Result<Option<i64>, Failed> {
        let Some(row) = self.find_group_row(owner, group).await? else { return Ok(None) };
        let (group, now) = (row.seq, self.clock().now());
        let (mut behind, mut queued) = (-1, 0);
        loop {
            let part = self
                .inner
                .db
                .write(move |conn| Box::pin(retry_part(conn, group, behind, now)))
                .await?;
            let Some(last) = part.last else { return Ok(Some(queued)) };
            (behind, queued) = (last, queued + part.queued);
        }
    }
}

struct Part {
    queued: i64,
    /// The last row that was looked at; `None` where none was left.
    last: Option<i64>,
}

/// Takes its runs first and then the group, as claims and ends do.
async fn retry_part(conn: &mut Conn, group: i64, behind: i64, now: TimeMs) -> Result<Part, Failed> {
    let (turn,) = fetch_one!(
        conn,
        (i64,),
        "-- retry_failed: behind the group's own rows, in turn with others
         SELECT CAST(COALESCE(
             (SELECT MAX(turn) FROM runs WHERE state = 'queued' AND group_seq = $1),
             (SELECT MIN(turn) FROM runs WHERE state = 'queued'), 0) AS BIGINT)",
        group
    )?;
    let again: Vec<(i64, i64, i64)> = fetch_all!(
        conn,
        (i64, i64, i64),
        "-- retry_failed
         UPDATE runs
         SET state = 'queued', failure_code = NULL, failure_message = NULL, started_at_ms = NULL,
             finished_at_ms = NULL, cancel_asked_at_ms = NULL, idle_attempts = 0, retries = retries + 1,
             modified_at_ms = $4, event_seq = event_seq + 1, turn = $3 + 1 + row_index - $2
         WHERE state = 'failed' AND seq IN (
             SELECT seq FROM runs WHERE group_seq = $1 AND row_index > $2 AND state = 'failed'
             ORDER BY row_index LIMIT $5)
         RETURNING seq, row_index, event_seq",
        group,
        behind,
        turn,
        now.0,
        AT_ONCE
    )?;
    let Some(last) = again.iter().map(|(_, index, _)| *index).max() else {
        return Ok(Part { queued: 0, last: None });
    };
    let rows: Vec<Value> =
        again.iter().map(|(run, index, _)| json!({"run": run, "index": index})).collect();
    let rows = Value::Array(rows).to_string();
    execute!(conn, FORGET_ANSWERS, rows.as_str())?;
    execute!(conn, FORGET_RESULTS, rows.as_str())?;
    execute!(conn, FORGET_MARKS, rows.as_str(), group)?;
    let events: Vec<NewEvent> = again
        .iter()
        .map(|(run, _, seq)| NewEvent {
            run: *run,
            seq: *seq,
            kind: EventKind::State(RunState::Queued),
        })
        .collect();
    insert_events(conn, &events, now).await?;
    let queued = i64::try_from(again.len()).unwrap_or(i64::MAX);
    execute!(
        conn,
        "-- retry_failed: the group's counts
         UPDATE groups SET failed = failed - $2, queued = queued + $2, modified_at_ms = $3 WHERE seq = $1",
        group,
        queued,
        now.0
    )?;
    for (run, _, _) in &again {
        conn.touch(Change::Run(*run));
    }
    conn.touch(Change::Group(group));
    conn.touch(Change::Work);
    Ok(Part { queued, last: Some(last) })
}
