//! What happened in a run, and which runs of a group have ended, in order.

use domain::clock::TimeMs;
use domain::event::{Event, EventKind};
use domain::ids::GroupId;
use rusqlite::Row;
use serde_json::{Value, json};

use crate::changes::Change;
use crate::columns::{Columns, named};
use crate::db::{Both, Conn, execute, fetch_all, fetch_optional, over_rows};
use crate::runs::{Listed, RunColumns};
use crate::{Failed, Filter, Owner, RunSeq, Store, document};

/// One run of a group has ended.
#[derive(Debug, Clone, PartialEq)]
pub struct GroupEvent {
    /// Counts up within the group, from 1.
    pub seq: i64,
    pub listed: Listed,
}

#[derive(sqlx::FromRow)]
struct GroupEventColumns {
    event: i64,
    #[sqlx(flatten)]
    run: RunColumns,
}

impl Columns for GroupEventColumns {
    fn read(row: &Row<'_>, at: &mut usize) -> rusqlite::Result<Self> {
        Ok(Self { event: named(row, at, "event")?, run: RunColumns::read(row, at)? })
    }
}

impl Store {
    /// Adds events to a run. `false`, and nothing added, when another attempt has the run now.
    pub async fn append_events(
        &self,
        run: RunSeq,
        attempt: i64,
        kinds: Vec<EventKind>,
    ) -> Result<bool, Failed> {
        let now = self.clock().now();
        self.inner
            .db
            .write(move |conn| {
                Box::pin(async move {
                    let added = i64::try_from(kinds.len()).unwrap_or(i64::MAX);
                    let last: Option<(i64,)> = fetch_optional!(
                        conn,
                        (i64,),
                        "-- append_events: only the current attempt may
                         UPDATE runs SET event_seq = event_seq + $3, modified_at_ms = $4
                         WHERE seq = $1 AND attempt = $2 AND state IN ('running', 'cancelling')
                         RETURNING event_seq",
                        run.0,
                        attempt,
                        added,
                        now.0
                    )?;
                    let Some((last,)) = last else { return Ok(false) };
                    let events: Vec<NewEvent> = (last - added + 1..)
                        .zip(kinds)
                        .map(|(seq, kind)| NewEvent { run: run.0, seq, kind })
                        .collect();
                    insert_events(conn, &events, now).await?;
                    conn.touch(Change::Run(run.0));
                    Ok(true)
                })
            })
            .await
    }

    /// Events of a run after number `after`, oldest first, at most a page.
    pub async fn events_of(&self, run: RunSeq, after: i64) -> Result<Vec<Event>, Failed> {
        let mut conn = self.inner.db.reader().await?;
        let rows: Vec<(i64, i64, String)> = fetch_all!(
            conn,
            (i64, i64, String),
            "-- events_of
             SELECT seq, at_ms, body FROM events WHERE run_seq = $1 AND seq > $2 ORDER BY seq LIMIT $3",
            run.0,
            after,
            EVENTS_AT_ONCE
        )?;
        rows.into_iter().map(event).collect()
    }

    /// The newest events of a run, oldest first.
    pub async fn last_events_of(&self, run: RunSeq, count: i64) -> Result<Vec<Event>, Failed> {
        let mut conn = self.inner.db.reader().await?;
        let rows: Vec<(i64, i64, String)> = fetch_all!(
            conn,
            (i64, i64, String),
            "-- last_events_of
             SELECT seq, at_ms, body FROM events WHERE run_seq = $1 ORDER BY seq DESC LIMIT $2",
            run.0,
            count
        )?;
        rows.into_iter().rev().map(event).collect()
    }

    /// Runs of a group that have ended, after number `after`, at most a page, with what `filter` wants with them.
    pub async fn group_events(
        &self,
        owner: Owner,
        group: GroupId,
        after: i64,
        limit: i64,
        filter: &Filter,
    ) -> Result<Vec<GroupEvent>, Failed> {
        let mut conn = self.inner.db.reader().await?;
        let rows: Vec<GroupEventColumns> = fetch_all!(
            conn,
            GroupEventColumns,
            "-- group_events
             SELECT e.seq AS event, r.seq, r.id, g.id AS group_id, r.row_index, r.spec, r.processor, r.metadata,
                    r.warnings, r.state, r.failure_code, r.failure_message, r.created_at_ms, r.modified_at_ms,
                    r.started_at_ms, r.finished_at_ms, r.previous, r.webhook_url,
                    CASE WHEN $5 = 1 THEN r.input END AS input,
                    CASE WHEN $6 = 1 THEN (SELECT output FROM results WHERE run_seq = r.seq) END AS output
             FROM groups g JOIN group_events e ON e.group_seq = g.seq JOIN runs r ON r.seq = e.run_seq
             WHERE g.id = $1 AND g.owner = $2 AND e.seq > $3 ORDER BY e.seq LIMIT $4",
            group.to_string(),
            owner.0,
            after,
            limit.clamp(1, EVENTS_AT_ONCE),
            i64::from(filter.with_input),
            i64::from(filter.with_output)
        )?;
        let event = |row: GroupEventColumns| {
            let (run, input, output) = row.run.into_row()?;
            Ok(GroupEvent { seq: row.event, listed: run.listed(row.event, input, output) })
        };
        rows.into_iter().map(event).collect()
    }
}

/// Most events of a group or a run read in one go.
pub const EVENTS_AT_ONCE: i64 = 200;

fn event((seq, at_ms, body): (i64, i64, String)) -> Result<Event, Failed> {
    Ok(Event { seq, at: TimeMs(at_ms), kind: document::event_from_text(&body)? })
}

/// An event of a run and its number there.
pub(crate) struct NewEvent {
    pub(crate) run: i64,
    pub(crate) seq: i64,
    pub(crate) kind: EventKind,
}

const INSERT_EVENTS: Both = over_rows!(
    "-- insert_events
     INSERT INTO events (run_seq, seq, at_ms, kind, body)
     SELECT CAST(value ->> 'run' AS BIGINT), CAST(value ->> 'seq' AS BIGINT), $2,
            value ->> 'kind', value ->> 'body'
     FROM ",
    " AS event"
);

/// Adds events, of any number of runs; the newest progress numbers of a run replace its last.
pub(crate) async fn insert_events(
    conn: &mut Conn,
    events: &[NewEvent],
    now: TimeMs,
) -> Result<(), Failed> {
    let mut rows = Vec::with_capacity(events.len());
    for event in events {
        if matches!(event.kind, EventKind::Progress(_)) {
            execute!(
                conn,
                "-- insert_events: numbers replace the last numbers
                 DELETE FROM events WHERE run_seq = $1 AND kind = 'progress'",
                event.run
            )?;
        }
        let (kind, body) = document::event_to_text(&event.kind);
        rows.push(json!({"run": event.run, "seq": event.seq, "kind": kind, "body": body}));
    }
    if !rows.is_empty() {
        let rows = Value::Array(rows).to_string();
        execute!(conn, INSERT_EVENTS, rows, now.0)?;
    }
    Ok(())
}
