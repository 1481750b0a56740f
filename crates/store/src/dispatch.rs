//! Which run goes next, and who has it.
//!
//! A claim is one statement. It takes only what is queued, or whose lease ran out, and raises `attempt`; whatever
//! an older attempt writes later changes zero rows. Nothing outside this module knows how a run comes to a worker.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use domain::clock::TimeMs;
use domain::event::EventKind;
use domain::ids::{RunId, WorkId};
use domain::run::RunState;
use domain::spec::{Input, Spec};

use crate::changes::Change;
use crate::columns::columns;
use crate::db::{Conn, execute, fetch_all, fetch_optional};
use crate::events::{NewEvent, insert_events};
use crate::runs::read_input;
use crate::{Failed, Owner, RunSeq, Store, document, postgres, sqlite};

/// How long a claim holds without a heartbeat.
pub const LEASE: Duration = Duration::from_secs(30);
/// How often a worker renews its leases.
pub const HEARTBEAT: Duration = Duration::from_secs(10);
/// Attempts in a row that may end without a new journal entry.
pub const MAX_IDLE_ATTEMPTS: i64 = 5;

const LEASE_MS: i64 = 30_000;

/// Who claims, and what.
#[derive(Debug, Clone)]
pub struct Worker {
    /// Unique per process start.
    pub name: String,
    /// The machine, which decides whether a run's local sources can be read here.
    pub host: String,
    /// Only this work; `None` for any.
    pub only: Option<WorkId>,
    /// Most rows of one group at a time.
    pub per_group: i64,
}

/// A run that this worker has now.
#[derive(Debug, Clone)]
pub struct Claimed {
    pub seq: RunSeq,
    pub id: RunId,
    pub owner: Owner,
    /// The number of its group, whose rows share what they ask of models.
    pub group: Option<i64>,
    pub spec: Arc<Spec>,
    pub input: Input,
    pub attempt: i64,
    /// Attempts, this one included, since the journal last grew.
    pub idle_attempts: i64,
    pub created_at: TimeMs,
    /// When this attempt began: deadlines count from here, so that time in which nobody worked is not counted.
    /// What bounds a run as a whole is that attempts must get somewhere ([`MAX_IDLE_ATTEMPTS`]).
    pub started_at: TimeMs,
    /// When somebody last asked for it to be done again; `None` where nobody has.
    pub asked_again_at: Option<TimeMs>,
    /// The run that this one follows up on.
    pub previous: Option<RunId>,
    /// Somebody asked it to stop; all that is left is to end it.
    pub is_cancelling: bool,
}

columns! {
    struct ClaimedColumns {
        seq: i64,
        id: String,
        owner: i64,
        group_seq: Option<i64>,
        spec: i64,
        input: String,
        state: String,
        attempt: i64,
        idle_attempts: i64,
        event_seq: i64,
        created_at_ms: i64,
        started_at_ms: Option<i64>,
        asked_again_at_ms: Option<i64>,
        previous: Option<String>,
    }
}

impl Store {
    /// Takes up to `limit` due runs: those whose worker is gone first, then queued ones in turn.
    pub async fn claim(&self, worker: &Worker, limit: usize) -> Result<Vec<Claimed>, Failed> {
        let now = self.clock().now();
        let limit = i64::try_from(limit).unwrap_or(i64::MAX);
        let worker = worker.clone();
        let Some((run, group)) = self.scope(worker.only).await? else { return Ok(Vec::new()) };
        let rows = self
            .inner
            .db
            .write(move |conn| {
                Box::pin(async move { claim_rows(conn, &worker, limit, run, group, now).await })
            })
            .await?;
        let mut claimed = Vec::with_capacity(rows.len());
        for row in rows {
            claimed.push(Claimed {
                seq: RunSeq(row.seq),
                id: row.id.parse().map_err(|why| document::unreadable("run", why))?,
                owner: Owner(row.owner),
                group: row.group_seq,
                spec: self.spec(row.spec).await?,
                input: read_input(&row.input)?,
                attempt: row.attempt,
                idle_attempts: row.idle_attempts,
                created_at: TimeMs(row.created_at_ms),
                started_at: row.started_at_ms.map_or(now, TimeMs),
                asked_again_at: row.asked_again_at_ms.map(TimeMs),
                previous: row
                    .previous
                    .map(|id| id.parse().map_err(|why| document::unreadable("run", why)))
                    .transpose()?,
                is_cancelling: row.state == RunState::Cancelling.as_str(),
            });
        }
        Ok(claimed)
    }

    /// The numbers to which a worker keeps itself; 0 means any. `None` when the work does not exist.
    async fn scope(&self, only: Option<WorkId>) -> Result<Option<(i64, i64)>, Failed> {
        let mut conn = self.inner.db.reader().await?;
        let found: Option<(i64,)> = match only {
            None => return Ok(Some((0, 0))),
            Some(WorkId::Run(id)) => fetch_optional!(
                conn,
                (i64,),
                "-- scope: a run
                 SELECT seq FROM runs WHERE id = $1",
                id.to_string()
            )?,
            Some(WorkId::Group(id)) => fetch_optional!(
                conn,
                (i64,),
                "-- scope: a group
                 SELECT seq FROM groups WHERE id = $1",
                id.to_string()
            )?,
        };
        Ok(found.map(|(seq,)| match only {
            Some(WorkId::Group(_)) => (0, seq),
            Some(WorkId::Run(_)) | None => (seq, 0),
        }))
    }

    /// Renews the leases of the attempts that a worker holds, and of nothing else that bears its name. Answers
    /// those that it no longer has.
    pub async fn renew(
        &self,
        worker: &str,
        mut held: Vec<(RunSeq, i64)>,
    ) -> Result<Vec<(RunSeq, i64)>, Failed> {
        let until = self.clock().now().plus_ms(LEASE_MS);
        let worker = worker.to_owned();
        // In one order everywhere, so that two workers never wait for each other.
        held.sort_unstable();
        self.inner
            .db
            .write(move |conn| {
                Box::pin(async move {
                    let mut lost = Vec::new();
                    for (run, attempt) in held {
                        let renewed = execute!(
                            conn,
                            "-- renew
                             UPDATE runs SET lease_until_ms = $4
                             WHERE seq = $1 AND attempt = $2 AND worker = $3 AND lease_until_ms IS NOT NULL",
                            run.0,
                            attempt,
                            &worker,
                            until.0
                        )?;
                        if renewed == 0 {
                            lost.push((run, attempt));
                        }
                    }
                    Ok(lost)
                })
            })
            .await
    }

    /// Gives a run back to the queue, unfinished, so that another worker can go on with it at once.
    pub async fn hand_back(&self, run: RunSeq, attempt: i64) -> Result<bool, Failed> {
        let now = self.clock().now();
        self.inner
            .db
            .write(move |conn| {
                Box::pin(async move {
                    let back: Option<(Option<i64>, i64)> = fetch_optional!(
                        conn,
                        (Option<i64>, i64),
                        "-- hand_back
                         UPDATE runs
                         SET state = 'queued', worker = NULL, lease_until_ms = NULL,
                             idle_attempts = idle_attempts - 1, event_seq = event_seq + 1,
                             modified_at_ms = $3
                         WHERE seq = $1 AND attempt = $2 AND state = 'running'
                         RETURNING group_seq, event_seq",
                        run.0,
                        attempt,
                        now.0
                    )?;
                    let Some((group, event_seq)) = back else { return Ok(false) };
                    let kind = EventKind::State(RunState::Queued);
                    let queued = NewEvent { run: run.0, seq: event_seq, kind };
                    insert_events(conn, &[queued], now).await?;
                    if let Some(group) = group {
                        count_claimed(conn, group, -1, now).await?;
                    }
                    conn.touch(Change::Work);
                    conn.touch(Change::Run(run.0));
                    Ok(true)
                })
            })
            .await
    }
}

async fn claim_rows(
    conn: &mut Conn,
    worker: &Worker,
    limit: i64,
    run: i64,
    group: i64,
    now: TimeMs,
) -> Result<Vec<ClaimedColumns>, Failed> {
    let until = now.plus_ms(LEASE_MS);
    let (queued, expired) = if conn.is_postgres() {
        (postgres::CLAIM_QUEUED, postgres::CLAIM_EXPIRED)
    } else {
        (sqlite::CLAIM_QUEUED, sqlite::CLAIM_EXPIRED)
    };
    let mut rows: Vec<ClaimedColumns> = fetch_all!(
        conn,
        ClaimedColumns,
        expired,
        &worker.host,
        limit,
        run,
        group,
        &worker.name,
        until.0,
        now.0
    )?;
    let room = limit - i64::try_from(rows.len()).unwrap_or(limit);
    if room == 0 {
        return Ok(rows);
    }
    let taken: Vec<ClaimedColumns> = fetch_all!(
        conn,
        ClaimedColumns,
        queued,
        &worker.host,
        room,
        run,
        group,
        worker.per_group,
        &worker.name,
        until.0,
        now.0
    )?;
    let mut of_groups: BTreeMap<i64, i64> = BTreeMap::new();
    let started = |row: &ClaimedColumns| NewEvent {
        run: row.seq,
        seq: row.event_seq,
        kind: EventKind::State(RunState::Running),
    };
    insert_events(conn, &taken.iter().map(started).collect::<Vec<_>>(), now).await?;
    for row in &taken {
        conn.touch(Change::Run(row.seq));
        if let Some(group) = row.group_seq {
            *of_groups.entry(group).or_default() += 1;
        }
    }
    for (group, count) in of_groups {
        count_claimed(conn, group, count, now).await?;
    }
    rows.extend(taken);
    Ok(rows)
}

/// Moves rows of a group from queued to running; back where `count` is negative.
async fn count_claimed(conn: &mut Conn, group: i64, count: i64, now: TimeMs) -> Result<(), Failed> {
    execute!(
        conn,
        "-- count_claimed
         UPDATE groups SET queued = queued - $2, running = running + $2, modified_at_ms = $3
         WHERE seq = $1",
        group,
        count,
        now.0
    )?;
    conn.touch(Change::Group(group));
    Ok(())
}
