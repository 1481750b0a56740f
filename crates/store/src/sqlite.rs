//! SQLite: one writer task per process, read connections beside it, and the lock that says who executes.

use std::fs::{File, TryLockError};
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use tokio::runtime::Builder;
use tokio::sync::{mpsc, oneshot};
use tokio::time::timeout;

use crate::changes::{Change, Changes};
use crate::commits::Commits;
use crate::db::{Conn, Db, Link, Writing, execute, fetch_one};
use crate::embedded::{Embedded, Use};
use crate::lending::Connections;
use crate::{Failed, Store, migrate};

const FILE: &str = "task-mcp.db";
const MIGRATE_LOCK: &str = "migrate.lock";
const EXECUTOR_LOCK: &str = "executor.lock";

/// Readers never block each other; four keep slow list calls from delaying quick ones.
const READERS: usize = 4;
/// Jobs waiting for the writer; beyond that callers wait, which slows them down instead of the memory.
const QUEUE: usize = 1024;
/// Jobs in one transaction: enough to share an fsync, few enough to stay under 100 ms.
const MAX_BATCH: usize = 256;
/// How soon another process's write is noticed.
const LOOK_FOR_FOREIGN_WRITES: Duration = Duration::from_millis(100);

pub(crate) async fn open(directory: &Path, changes: &Arc<Changes>) -> Result<Db, Failed> {
    let place = directory.to_owned();
    let opened = tokio::task::spawn_blocking(move || open_all(&place)).await;
    let (writer, readers, commits) = opened.map_err(|_| Failed::Closed)??;
    let (sender, jobs) = mpsc::channel(QUEUE);
    let mut conn = Conn::new(Link::Sqlite(writer.lend().await?));
    let mut foreign = ForeignWrites { seen: None, looked_at: Instant::now() };
    // Before anybody waits: what others write from now on counts as a change.
    foreign.look(&mut conn, changes).await;
    let changes = Arc::clone(changes);
    // A thread of its own: it waits for the disk, and for the writers of other processes. It ends with the last sender.
    let unusable = unusable(directory);
    let runtime = Builder::new_current_thread().enable_time().build().map_err(&unusable)?;
    std::thread::Builder::new()
        .name("writer".into())
        .spawn(move || runtime.block_on(write_all(conn, foreign, jobs, changes)))
        .map_err(unusable)?;
    Ok(Db::Sqlite { writer: sender, readers, commits })
}

/// The connections to a data directory, whose schema is brought up to date before.
fn open_all(directory: &Path) -> Result<(Connections, Connections, Commits), Failed> {
    let unusable = unusable(directory);
    std::fs::create_dir_all(directory).map_err(&unusable)?;
    let file = directory.join(FILE);
    let lock = File::create(directory.join(MIGRATE_LOCK)).map_err(&unusable)?;
    lock.lock().map_err(&unusable)?;
    migrate::sqlite(&Embedded::open(&file, Use::Writing)?)?;
    drop(lock);
    let writer = Connections::open(&file, Use::Writing, 1)?;
    let readers = Connections::open(&file, Use::Reading, READERS)?;
    Ok((writer, readers, Commits::open(&file)?))
}

fn unusable(directory: &Path) -> impl Fn(std::io::Error) -> Failed {
    move |why| Failed::Directory { path: directory.display().to_string(), why: why.to_string() }
}

/// Work for the writer, and the caller who waits for it.
pub(crate) struct Job {
    doing: Box<dyn Doing>,
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
    pub(crate) fn new<T, F>(work: F, answer: oneshot::Sender<Result<T, Failed>>) -> Self
    where
        T: Send + 'static,
        F: for<'a> FnOnce(&'a mut Conn) -> Writing<'a, T> + Send + 'static,
    {
        Self { doing: Box::new(Task { work: Some(work), done: None, answer }) }
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
async fn write_batch(conn: &mut Conn, jobs: Vec<Job>, changes: &Changes) {
    conn.touched.clear();
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
        let unusable = unusable(directory);
        let path = directory.join(EXECUTOR_LOCK);
        let file = File::options()
            .create(true)
            .truncate(false)
            .read(true)
            .write(true)
            .open(path)
            .map_err(&unusable)?;
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
              created_at_ms, started_at_ms, asked_again_at_ms, previous";

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
              created_at_ms, started_at_ms, asked_again_at_ms, previous";
