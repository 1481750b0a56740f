//! Rows that are tried again, because they failed or because their model did not answer: queued behind the others, with
//! nothing left of the attempt before but its events and what it cost.

use domain::clock::TimeMs;
use domain::event::EventKind;
use domain::ids::GroupId;
use domain::run::RunState;
use serde_json::{Value, json};

use crate::changes::Change;
use crate::db::{Both, Conn, execute, fetch_all, fetch_one, over_rows};
use crate::events::{NewEvent, insert_events};
use crate::marks::{MODEL_DOWN, unmark_rows};
use crate::{Failed, Owner, Store, document};

/// Rows queued again in one transaction.
const AT_ONCE: i64 = 500;

const OUTPUTS: Both = over_rows!(
    "-- retry_rows: what they answered
     SELECT output FROM results WHERE run_seq IN (SELECT CAST(value ->> 'run' AS BIGINT) FROM ",
    " AS again)"
);
const FORGET_SHARED: Both = over_rows!(
    "-- retry_rows: what they would find again among the answers of the group
     DELETE FROM shared_answers WHERE group_seq = $2 AND (kind, hash, nth) IN (
         SELECT kind, hash, nth FROM journal WHERE run_seq IN (SELECT CAST(value ->> 'run' AS BIGINT) FROM ",
    " AS again))"
);
const FORGET_ANSWERS: Both = over_rows!(
    "-- retry_rows: asked again means asked afresh; what was paid stays in `usage`
     DELETE FROM journal WHERE run_seq IN (SELECT CAST(value ->> 'run' AS BIGINT) FROM ",
    " AS again)"
);
const FORGET_RESULTS: Both = over_rows!(
    "-- retry_rows: the receipt of the failure
     DELETE FROM results WHERE run_seq IN (SELECT CAST(value ->> 'run' AS BIGINT) FROM ",
    " AS again)"
);
const FORGET_EVIDENCE: Both = over_rows!(
    "-- retry_rows: the quotes of its answer
     DELETE FROM evidence WHERE run_seq IN (SELECT CAST(value ->> 'run' AS BIGINT) FROM ",
    " AS again)"
);
const FORGET_MARKS: Both = over_rows!(
    "-- retry_rows: its marks
     DELETE FROM row_marks WHERE group_seq = $2
       AND row_index IN (SELECT CAST(value ->> 'index' AS BIGINT) FROM ",
    " AS again)"
);

impl Store {
    /// Queues all rows of a group again that failed, or for a field of which the model did not answer. Answers how many;
    /// `None` when this owner has no such group.
    pub async fn retry_rows(&self, owner: Owner, group: GroupId) -> Result<Option<i64>, Failed> {
        let Some(row) = self.find_group_row(owner, group).await? else { return Ok(None) };
        let (group, now) = (row.seq, self.clock().now());
        let mut queued = 0;
        for from in [RunState::Failed, RunState::Completed] {
            let mut behind = -1;
            loop {
                let part = self
                    .inner
                    .db
                    .write(move |conn| Box::pin(retry_part(conn, group, from, behind, now)))
                    .await?;
                let Some(last) = part.last else { break };
                (behind, queued) = (last, queued + part.queued);
            }
        }
        Ok(Some(queued))
    }

    /// How many rows of a group have a field for which the model did not answer.
    pub async fn model_down_rows(&self, owner: Owner, group: GroupId) -> Result<i64, Failed> {
        let mut conn = self.inner.db.reader().await?;
        let (count,) = fetch_one!(
            conn,
            (i64,),
            "-- model_down_rows
             SELECT COUNT(*) FROM groups g JOIN row_marks m ON m.group_seq = g.seq
             WHERE g.id = $1 AND g.owner = $2 AND m.flags & $3 <> 0",
            group.to_string(),
            owner.0,
            MODEL_DOWN
        )?;
        Ok(count)
    }
}

struct Part {
    queued: i64,
    /// The last row that was looked at; `None` where none was left.
    last: Option<i64>,
}

/// Takes its runs first and then the group, as claims and ends do.
async fn retry_part(
    conn: &mut Conn,
    group: i64,
    from: RunState,
    behind: i64,
    now: TimeMs,
) -> Result<Part, Failed> {
    let (turn,) = fetch_one!(
        conn,
        (i64,),
        "-- retry_rows: behind the group's own rows, in turn with others
         SELECT CAST(COALESCE(
             (SELECT MAX(turn) FROM runs WHERE state = 'queued' AND group_seq = $1),
             (SELECT MIN(turn) FROM runs WHERE state = 'queued'), 0) AS BIGINT)",
        group
    )?;
    let again: Vec<(i64, i64, i64)> = fetch_all!(
        conn,
        (i64, i64, i64),
        "-- retry_rows
         UPDATE runs
         SET state = 'queued', failure_code = NULL, failure_message = NULL, started_at_ms = NULL,
             finished_at_ms = NULL, cancel_asked_at_ms = NULL, idle_attempts = 0, retries = retries + 1,
             modified_at_ms = $4, asked_again_at_ms = $4, event_seq = event_seq + 1, turn = $3 + 1 + row_index - $2
         WHERE state = $6 AND seq IN (
             SELECT r.seq FROM runs r WHERE r.group_seq = $1 AND r.row_index > $2 AND r.state = $6
               AND ($6 = 'failed' OR EXISTS (
                   SELECT 1 FROM row_marks m
                   WHERE m.group_seq = $1 AND m.row_index = r.row_index AND m.flags & $7 <> 0))
             ORDER BY r.row_index LIMIT $5)
         RETURNING seq, row_index, event_seq",
        group,
        behind,
        turn,
        now.0,
        AT_ONCE,
        from.as_str(),
        MODEL_DOWN
    )?;
    let Some(last) = again.iter().map(|(_, index, _)| *index).max() else {
        return Ok(Part { queued: 0, last: None });
    };
    let rows: Vec<Value> =
        again.iter().map(|(run, index, _)| json!({"run": run, "index": index})).collect();
    let rows = Value::Array(rows).to_string();
    let outputs: Vec<(Option<String>,)> =
        fetch_all!(conn, (Option<String>,), OUTPUTS, rows.as_str())?;
    let outputs = outputs.iter().filter_map(|(output,)| output.as_deref());
    let outputs = outputs.map(document::output_from_text).collect::<Result<Vec<_>, _>>()?;
    unmark_rows(conn, group, &outputs).await?;
    execute!(conn, FORGET_SHARED, rows.as_str(), group)?;
    execute!(conn, FORGET_ANSWERS, rows.as_str())?;
    execute!(conn, FORGET_EVIDENCE, rows.as_str())?;
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
        "-- retry_rows: the group's counts
         UPDATE groups
         SET failed = failed - CASE WHEN $4 = 'failed' THEN $2 ELSE 0 END,
             completed = completed - CASE WHEN $4 = 'completed' THEN $2 ELSE 0 END,
             queued = queued + $2, modified_at_ms = $3
         WHERE seq = $1",
        group,
        queued,
        now.0,
        from.as_str()
    )?;
    for (run, _, _) in &again {
        conn.touch(Change::Run(*run));
    }
    conn.touch(Change::Group(group));
    conn.touch(Change::Work);
    Ok(Part { queued, last: Some(last) })
}
