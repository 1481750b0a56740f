//! PostgreSQL: a pool, one transaction per job, and `NOTIFY` as the feed of changes.

use std::sync::Arc;
use std::time::Duration;

use sqlx::PgPool;
use sqlx::postgres::{PgListener, PgPoolOptions};
use tokio::task::JoinSet;
use tracing::warn;

use crate::changes::{Change, Changes};
use crate::db::{Conn, Db, Link, execute};
use crate::{Failed, migrate};

const CHANNEL: &str = "task_mcp";
/// `NOTIFY` takes at most 8,000 bytes; a longer list becomes "look at everything".
const MAX_PAYLOAD: usize = 7_900;
const ALL: &str = "*";

const MAX_CONNECTIONS: u32 = 12;
/// How long a caller waits for a free connection before it is told that the database does not answer.
const ACQUIRE_TIMEOUT: Duration = Duration::from_secs(10);
/// Pause before listening again after the connection was lost.
const LISTEN_AGAIN: Duration = Duration::from_secs(1);

pub(crate) async fn open(url: &str, changes: &Arc<Changes>) -> Result<Db, Failed> {
    let pool = PgPoolOptions::new()
        .max_connections(MAX_CONNECTIONS)
        .acquire_timeout(ACQUIRE_TIMEOUT)
        .connect(url)
        .await?;
    migrate::postgres(&pool).await?;
    let mut tasks = JoinSet::new();
    tasks.spawn(listen(pool.clone(), Arc::clone(changes)));
    Ok(Db::Postgres { pool, changes: Arc::clone(changes), _tasks: tasks })
}

/// Commits, telling the other processes and our own waiters what changed.
pub(crate) async fn commit(mut conn: Conn, changes: &Changes) -> Result<(), Failed> {
    let touched = std::mem::take(&mut conn.touched);
    if !touched.is_empty() {
        let words: Vec<String> = touched.iter().map(|change| change.to_word()).collect();
        let words = words.join(" ");
        let words = if words.len() > MAX_PAYLOAD { ALL } else { &words };
        // PostgreSQL names the sender by its connection, of which this process has several.
        let payload = format!("{}: {words}", changes.origin());
        execute!(conn, "SELECT pg_notify($1, $2)", CHANNEL, payload)?;
    }
    if let Link::PostgresTx(transaction) = conn.link {
        transaction.commit().await?;
    }
    changes.publish(&touched);
    Ok(())
}

/// Hears what other processes changed. After a lost connection everything counts as changed.
async fn listen(pool: PgPool, changes: Arc<Changes>) {
    loop {
        if let Err(why) = listen_once(&pool, &changes).await {
            warn!(%why, "lost the feed of changes from PostgreSQL; listening again");
        }
        tokio::time::sleep(LISTEN_AGAIN).await;
    }
}

async fn listen_once(pool: &PgPool, changes: &Changes) -> Result<(), sqlx::Error> {
    let mut listener = PgListener::connect_with(pool).await?;
    listener.listen(CHANNEL).await?;
    changes.publish_all();
    loop {
        match listener.try_recv().await? {
            Some(heard) => match heard.payload().split_once(": ") {
                // Our own waiters were told at the commit.
                Some((origin, _)) if origin == changes.origin() => {}
                Some((_, words)) if words != ALL => {
                    changes.publish(&words.split(' ').filter_map(Change::from_word).collect());
                }
                _ => changes.publish_all(),
            },
            None => changes.publish_all(),
        }
    }
}

/// As in `sqlite.rs`.
pub(crate) const INSERT_ROWS: &str = "-- insert_rows
    INSERT INTO runs (id, owner, group_seq, row_index, spec, processor, input, metadata, warnings, state,
                      turn, host, previous, webhook_url, receiver, event_seq, created_at_ms,
                      modified_at_ms)
    SELECT x.id, $2, $3, x.row_index, x.spec, x.processor, x.input, x.metadata, x.warnings, 'queued',
           x.turn, x.host, x.previous, x.webhook_url, x.receiver, 1, $4, $4
    FROM json_to_recordset($1::json) AS x(id TEXT, row_index BIGINT, spec BIGINT, processor TEXT, input TEXT,
                                          metadata TEXT, warnings TEXT, turn BIGINT, host TEXT, previous TEXT,
                                          webhook_url TEXT, receiver TEXT)
    ORDER BY x.row_index";

/// As in `sqlite.rs`; rows that another worker is taking are passed over, so more are looked at than are taken.
pub(crate) const CLAIM_QUEUED: &str = "-- claim: queued runs, groups in turn
    WITH due AS (
        SELECT * FROM (
            SELECT r.seq, r.turn FROM runs r
            WHERE r.state = 'queued' AND r.group_seq IS NULL AND (r.host IS NULL OR r.host = $1)
              AND ($3 = 0 OR r.seq = $3) AND $4 = 0
            ORDER BY r.turn, r.seq LIMIT 4 * $2) AS singles
        UNION ALL
        SELECT r.seq, r.turn
        FROM groups g CROSS JOIN LATERAL (
            SELECT q.seq, q.turn FROM runs q
            WHERE q.state = 'queued' AND q.group_seq = g.seq AND (q.host IS NULL OR q.host = $1)
              AND ($3 = 0 OR q.seq = $3)
            ORDER BY q.turn LIMIT 4 * $2) AS r
        WHERE g.queued > 0 AND g.running < $5 AND ($4 = 0 OR g.seq = $4)
        ORDER BY turn, seq LIMIT 4 * $2),
    taken AS (
        SELECT seq, group_seq, turn FROM runs
        WHERE state = 'queued' AND seq IN (SELECT seq FROM due)
        ORDER BY turn, seq LIMIT $2 FOR UPDATE SKIP LOCKED),
    placed AS (
        SELECT seq, group_seq,
               ROW_NUMBER() OVER (PARTITION BY group_seq ORDER BY turn, seq) AS place FROM taken)
    UPDATE runs
    SET state = 'running', worker = $6, lease_until_ms = $7, attempt = attempt + 1,
        idle_attempts = idle_attempts + 1, event_seq = event_seq + 1,
        started_at_ms = $8, modified_at_ms = $8
    WHERE state = 'queued' AND seq IN (
        SELECT p.seq FROM placed p LEFT JOIN groups g ON g.seq = p.group_seq
        WHERE p.group_seq IS NULL OR p.place + g.running <= $5)
    RETURNING seq, id, owner, group_seq, spec, input, state, attempt, idle_attempts, event_seq,
              created_at_ms, started_at_ms, asked_again_at_ms, previous";

/// As in `sqlite.rs`.
pub(crate) const CLAIM_EXPIRED: &str = "-- claim: runs whose worker is gone
    UPDATE runs
    SET worker = $5, lease_until_ms = $6, attempt = attempt + 1, idle_attempts = idle_attempts + 1,
        started_at_ms = $7, modified_at_ms = $7
    WHERE seq IN (
        SELECT seq FROM runs
        WHERE lease_until_ms < $7 AND (host IS NULL OR host = $1)
          AND ($3 = 0 OR seq = $3) AND ($4 = 0 OR group_seq = $4)
        ORDER BY lease_until_ms LIMIT $2 FOR UPDATE SKIP LOCKED)
    RETURNING seq, id, owner, group_seq, spec, input, state, attempt, idle_attempts, event_seq,
              created_at_ms, started_at_ms, asked_again_at_ms, previous";
