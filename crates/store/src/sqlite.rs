//! SQLite: one writer task per process, read connections beside it, and the lock that says who executes.

use std::fs::{File, TryLockError};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous};
use tokio::runtime::Builder;
use tokio::sync::{mpsc, oneshot};
use tokio::time::timeout;

use crate::changes::{Change, Changes};
use crate::db::{Calls, Conn, Db, Link, Script, Writing, execute, fetch_one, script};
use crate::lending::Connections;
use crate::{Failed, Store, migrate};

const FILE: &str = "task-mcp.db";
const MIGRATE_LOCK: &str = "migrate.lock";
const EXECUTOR_LOCK: &str = "executor.lock";

/// How long a statement waits for another process's transaction.
const BUSY_TIMEOUT: Duration = Duration::from_secs(30);
/// Readers never block each other; four keep slow list calls from delaying quick ones.
const READERS: usize = 4;
/// Jobs waiting for the writer; beyond that callers wait, which slows them down instead of the memory.
const QUEUE: usize = 1024;
/// Jobs in one transaction: enough to share an fsync, few enough to stay under 100 ms.
const MAX_BATCH: usize = 256;
/// How soon another process's write is noticed.
const LOOK_FOR_FOREIGN_WRITES: Duration = Duration::from_millis(100);

/// Pages of the database kept in memory by each connection, in KiB (negative: KiB, not pages).
const CACHE_KIB: &str = "-4096";

pub(crate) async fn open(directory: &Path, changes: &Arc<Changes>) -> Result<Db, Failed> {
    let unusable = |why: std::io::Error| Failed::Directory {
        path: directory.display().to_string(),
        why: why.to_string(),
    };
    std::fs::create_dir_all(directory).map_err(unusable)?;
    let options = SqliteConnectOptions::new()
        .filename(directory.join(FILE))
        .create_if_missing(true)
        .journal_mode(SqliteJournalMode::Wal)
        .synchronous(SqliteSynchronous::Full)
        .busy_timeout(BUSY_TIMEOUT)
        .foreign_keys(true)
        .pragma("cache_size", CACHE_KIB)
        .pragma("temp_store", "memory");
    {
        let path = directory.join(MIGRATE_LOCK);
        let lock = tokio::task::spawn_blocking(move || -> std::io::Result<File> {
            let lock = File::create(path)?;
            lock.lock()?;
            Ok(lock)
        })
        .await
        .map_err(|_| Failed::Closed)?
        .map_err(unusable)?;
        let first = SqlitePoolOptions::new().max_connections(1).connect_with(options.clone());
        let first = first.await?;
        migrate::run(&migrate::SQLITE, &first).await?;
        first.close().await;
        drop(lock);
    }
    let writer = Connections::open(&options, 1).await?.lend().await?;
    let readers = Connections::open(&options.pragma("query_only", "1"), READERS).await?;
    let (sender, jobs) = mpsc::channel(QUEUE);
    let mut conn = Conn::new(Link::Sqlite(writer));
    let mut foreign = ForeignWrites { seen: None, looked_at: Instant::now() };
    // Before anybody waits: what others write from now on counts as a change.
    foreign.look(&mut conn, changes).await;
    let changes = Arc::clone(changes);
    // A thread of its own: a transaction is a dozen statements, each a message to the connection and back, and
    // a runtime with many threads wakes more of them at each message than it needs. It ends with the last sender.
    let runtime = Builder::new_current_thread().enable_time().build().map_err(unusable)?;
    std::thread::Builder::new()
        .name("writer".into())
        .spawn(move || runtime.block_on(write_all(conn, foreign, jobs, changes)))
        .map_err(unusable)?;
    Ok(Db::Sqlite { writer: sender, readers })
}

/// Work for the writer, and the caller who waits for it.
pub(crate) struct Job {
    doing: Box<dyn Doing>,
    calls: Calls,
}

/// A job before its transaction has committed, and after.
trait Doing: Send {
    /// Does the work and keeps the answer back.
    fn run<'a>(&'a mut self, conn: &'a mut Conn) -> Writing<'a, ()>;
    /// Tells the caller, after the commit or with the reason why there was none.
    fn tell(self: Box<Self>, committed: Result<(), Failed>);
}

struct Task<T, F> {
    work: Option<F>,
    done: Option<T>,
    answer: oneshot::Sender<Result<T, Failed>>,
}

impl Job {
    pub(crate) fn new<T, F>(
        work: F,
        calls: Calls,
        answer: oneshot::Sender<Result<T, Failed>>,
    ) -> Self
    where
        T: Send + 'static,
        F: for<'a> FnOnce(&'a mut Conn) -> Writing<'a, T> + Send + 'static,
    {
        Self { doing: Box::new(Task { work: Some(work), done: None, answer }), calls }
    }
}

impl<T, F> Doing for Task<T, F>
where
    T: Send + 'static,
    F: for<'a> FnOnce(&'a mut Conn) -> Writing<'a, T> + Send + 'static,
{
    fn run<'a>(&'a mut self, conn: &'a mut Conn) -> Writing<'a, ()> {
        Box::pin(async move {
            let work = self.work.take().ok_or(Failed::Closed)?;
            self.done = Some(work(conn).await?);
            Ok(())
        })
    }

    fn tell(self: Box<Self>, committed: Result<(), Failed>) {
        let Task { done, answer, .. } = *self;
        // Whoever asked may be gone; the work stands all the same.
        let _ = answer.send(committed.and_then(|()| done.ok_or(Failed::Closed)));
    }
}

async fn write_all(
    mut conn: Conn,
    mut foreign: ForeignWrites,
    mut jobs: mpsc::Receiver<Job>,
    changes: Arc<Changes>,
) {
    let mut waiting = Vec::with_capacity(MAX_BATCH);
    loop {
        let received = timeout(LOOK_FOR_FOREIGN_WRITES, jobs.recv_many(&mut waiting, MAX_BATCH));
        match received.await {
            Ok(0) => break,
            Ok(_) => write_batch(&mut conn, std::mem::take(&mut waiting), &changes).await,
            Err(_) => {}
        }
        foreign.look(&mut conn, &changes).await;
    }
}

/// Notices what other processes have committed. `data_version`, asked over the writer's own connection, moves
/// with the commits of all others and not with its own.
struct ForeignWrites {
    seen: Option<i64>,
    looked_at: Instant,
}

impl ForeignWrites {
    async fn look(&mut self, conn: &mut Conn, changes: &Changes) {
        if self.seen.is_some() && self.looked_at.elapsed() < LOOK_FOR_FOREIGN_WRITES {
            return;
        }
        self.looked_at = Instant::now();
        let version: Result<(i64,), Failed> = fetch_one!(conn, (i64,), "PRAGMA data_version");
        let Ok((version,)) = version else { return };
        if self.seen.replace(version).is_some_and(|before| before != version) {
            changes.publish_all();
        }
    }
}

/// One transaction for all jobs; one that fails is undone alone.
async fn write_batch(conn: &mut Conn, mut jobs: Vec<Job>, changes: &Changes) {
    conn.touched.clear();
    if let [job] = &mut jobs[..]
        && job.calls == Calls::One
    {
        let ran = run_bare(conn, job).await;
        if ran.is_ok() {
            changes.publish(&conn.touched);
        }
        return tell_all(jobs, &ran);
    }
    if let Err(why) = execute!(conn, "BEGIN IMMEDIATE") {
        return tell_all(jobs, &Err(why));
    }
    let is_alone = jobs.len() == 1;
    let mut done = Vec::with_capacity(jobs.len());
    for mut job in jobs {
        // One that is alone needs no savepoint: its transaction is undone.
        let ran = if is_alone { job.doing.run(conn).await } else { run_one(conn, &mut job).await };
        match ran {
            Ok(()) => done.push(job),
            Err(why) => job.doing.tell(Err(why)),
        }
    }
    if is_alone && done.is_empty() {
        let _ = execute!(conn, "ROLLBACK");
        return;
    }
    match execute!(conn, "COMMIT") {
        Ok(_) => {
            changes.publish(&conn.touched);
            tell_all(done, &Ok(()));
        }
        Err(why) => {
            // After a failed commit nothing is known to be on disk: undo, and let the callers decide.
            let _ = execute!(conn, "ROLLBACK");
            tell_all(done, &Err(why));
        }
    }
}

/// A job that brings its own transaction along.
async fn run_bare(conn: &mut Conn, job: &mut Job) -> Result<(), Failed> {
    conn.is_bare = true;
    let ran = job.doing.run(conn).await;
    conn.is_bare = false;
    if ran.is_err() {
        // Fails where the job did not come as far as to begin.
        let _ = execute!(conn, "ROLLBACK");
    }
    ran
}

async fn run_one(conn: &mut Conn, job: &mut Job) -> Result<(), Failed> {
    execute!(conn, "SAVEPOINT job")?;
    match job.doing.run(conn).await {
        Ok(()) => execute!(conn, "RELEASE job").map(|_| ()),
        Err(why) => {
            execute!(conn, "ROLLBACK TO job")?;
            execute!(conn, "RELEASE job")?;
            Err(why)
        }
    }
}

fn tell_all(jobs: Vec<Job>, committed: &Result<(), Failed>) {
    for job in jobs {
        job.doing.tell(committed.clone());
    }
}

/// The right to execute runs, migrate and do upkeep on one data directory. Given up when dropped.
pub struct ExecutorLock {
    _file: File,
}

impl ExecutorLock {
    /// The lock of this directory, or `None` while another process holds it.
    pub fn try_take(directory: &Path) -> Result<Option<Self>, Failed> {
        let unusable = |why: std::io::Error| Failed::Directory {
            path: directory.display().to_string(),
            why: why.to_string(),
        };
        let path: PathBuf = directory.join(EXECUTOR_LOCK);
        let file = File::options()
            .create(true)
            .truncate(false)
            .read(true)
            .write(true)
            .open(path)
            .map_err(unusable)?;
        match file.try_lock() {
            Ok(()) => Ok(Some(Self { _file: file })),
            Err(TryLockError::WouldBlock) => Ok(None),
            Err(TryLockError::Error(why)) => Err(unusable(why)),
        }
    }
}

impl Store {
    /// Takes over what the previous executor of this data directory left running: nobody else can be alive.
    ///
    /// Call it once after taking the [`ExecutorLock`]. Answers how many runs were in flight.
    pub async fn take_over(&self, _lock: &ExecutorLock) -> Result<u64, Failed> {
        self.inner
            .db
            .write(|conn| {
                Box::pin(async move {
                    conn.touch(Change::Work);
                    execute!(
                        conn,
                        "-- take_over: leases of a dead executor end now
                         UPDATE runs SET lease_until_ms = 0 WHERE lease_until_ms IS NOT NULL"
                    )
                })
            })
            .await
    }
}

/// The rows of one request from a JSON list: `$1` list, `$2` owner, `$3` group, `$4` now.
pub(crate) const INSERT_ROWS: &str = "-- insert_rows
    INSERT INTO runs (id, owner, group_seq, row_index, spec, processor, input, metadata, warnings, state,
                      turn, host, previous, webhook_url, receiver, event_seq, created_at_ms,
                      modified_at_ms)
    SELECT value ->> 'id', $2, $3, value ->> 'row_index', value ->> 'spec', value ->> 'processor',
           value ->> 'input', value ->> 'metadata', value ->> 'warnings', 'queued',
           value ->> 'turn', value ->> 'host', value ->> 'previous',
           value ->> 'webhook_url', value ->> 'receiver', 1, $4, $4
    FROM json_each($1)";

/// A single run, what it is asked to do, and its first event: `$1` to `$10` its columns, `$11` now, `$12` and `$13`
/// hash and text of its spec. In one call, because each is two switches of threads.
pub(crate) const INSERT_RUN: Script = script!(
    "-- insert_run
    INSERT INTO specs (owner, hash, body) VALUES ($2, $12, $13) ON CONFLICT (owner, hash) DO NOTHING;
    INSERT INTO runs (id, owner, spec, processor, input, metadata, warnings, state, turn, host, previous,
                      webhook_url, receiver, event_seq, created_at_ms, modified_at_ms)
    VALUES ($1, $2, (SELECT seq FROM specs WHERE owner = $2 AND hash = $12), $3, $4, $5, $6, 'queued',
            (SELECT COALESCE(MIN(turn), 0) + 1 FROM runs WHERE state = 'queued'), $7, $8, $9, $10, 1, $11, $11);
    INSERT INTO events (run_seq, seq, at_ms, kind, body)
    VALUES (last_insert_rowid(), 1, $11, 'state', '{\"state\":\"queued\"}')"
);

/// Takes due runs: `$1` this machine, `$2` at most, `$3` only this run or 0, `$4` only this group or 0,
/// `$5` most of one group at a time, `$6` worker, `$7` lease until, `$8` now.
///
/// Each group that has room offers its next few rows, whose turns follow each other: a full group's rows are
/// never walked over. The outer statement does not ask for the state again: SQLite would walk the whole queue
/// for it, and there is only one writer. `+ 0`, because a bare parameter as limit has each execution planned anew.
pub(crate) const CLAIM_QUEUED: &str = "-- claim: queued runs, groups in turn
    WITH due AS (
        SELECT * FROM (
            SELECT r.seq, r.group_seq, r.turn FROM runs r INDEXED BY runs_queue_of_group
            WHERE r.state = 'queued' AND r.group_seq IS NULL AND (r.host IS NULL OR r.host = $1)
              AND ($3 = 0 OR r.seq = $3) AND $4 = 0
            ORDER BY r.turn, r.seq LIMIT $2 + 0)
        UNION ALL
        SELECT r.seq, r.group_seq, r.turn
        FROM groups g CROSS JOIN runs r INDEXED BY runs_queue_of_group ON r.group_seq = g.seq
        WHERE g.queued > 0 AND g.running < $5 AND ($4 = 0 OR g.seq = $4)
          AND r.state = 'queued' AND (r.host IS NULL OR r.host = $1) AND ($3 = 0 OR r.seq = $3)
          AND r.turn < CASE $3 WHEN 0 THEN $2 ELSE 1000000000 END + (
              SELECT MIN(q.turn) FROM runs q INDEXED BY runs_queue_of_group
              WHERE q.state = 'queued' AND q.group_seq = g.seq)
        ORDER BY turn, seq LIMIT $2 + 0),
    placed AS (
        SELECT seq, group_seq,
               ROW_NUMBER() OVER (PARTITION BY group_seq ORDER BY turn, seq) AS place FROM due)
    UPDATE runs
    SET state = 'running', worker = $6, lease_until_ms = $7, attempt = attempt + 1,
        idle_attempts = idle_attempts + 1, event_seq = event_seq + 1,
        started_at_ms = $8, modified_at_ms = $8
    WHERE seq IN (
        SELECT p.seq FROM placed p LEFT JOIN groups g ON g.seq = p.group_seq
        WHERE p.group_seq IS NULL OR p.place + g.running <= $5)
    RETURNING seq, id, owner, group_seq, spec, input, state, attempt, idle_attempts, event_seq,
              created_at_ms, started_at_ms, host, previous";

/// Takes over runs whose lease ran out: `$1` this machine, `$2` at most, `$3` only this run or 0,
/// `$4` only this group or 0, `$5` worker, `$6` lease until, `$7` now.
pub(crate) const CLAIM_EXPIRED: &str = "-- claim: runs whose worker is gone
    UPDATE runs
    SET worker = $5, lease_until_ms = $6, attempt = attempt + 1, idle_attempts = idle_attempts + 1,
        started_at_ms = $7, modified_at_ms = $7
    WHERE seq IN (
        SELECT seq FROM runs
        WHERE lease_until_ms < $7 AND (host IS NULL OR host = $1)
          AND ($3 = 0 OR seq = $3) AND ($4 = 0 OR group_seq = $4)
        ORDER BY lease_until_ms LIMIT $2 + 0)
    RETURNING seq, id, owner, group_seq, spec, input, state, attempt, idle_attempts, event_seq,
              created_at_ms, started_at_ms, host, previous";
