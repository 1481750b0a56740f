//! Accepting work: runs, groups and rows become durable here, each request as a whole or not at all.

use std::collections::HashMap;
use std::sync::Arc;

use domain::clock::TimeMs;
use domain::group::{Counts, Group};
use domain::ids::{GroupId, RunId};
use domain::run::{Run, RunState, Warning};
use domain::spec::{Input, Spec};
use domain::webhook::Webhook;
use serde_json::{Map, Value, json};
use sha2::{Digest, Sha256};

use crate::changes::Change;
use crate::db::{Conn, Writing, execute, fetch_all, fetch_one, fetch_optional};
use crate::groups::GroupRow;
use crate::idempotency::{self, Key, Known, Replayed};
use crate::made::{MadeGroup, MadeRows, MadeRun, known_rows};
use crate::{Failed, Owner, Store, document, postgres, sqlite};

/// A run to be created. Everything in it has been checked.
#[derive(Debug, Clone)]
pub struct NewRun {
    /// Shared by rows that ask for the same.
    pub spec: Arc<Spec>,
    pub input: Input,
    pub metadata: Option<Map<String, Value>>,
    pub warnings: Vec<Warning>,
    /// The machine that can read the run's local sources; `None` where any can.
    pub host: Option<String>,
    /// The run that this one follows up on; it belongs to the same owner.
    pub previous: Option<RunId>,
    /// Who is told of its end.
    pub webhook: Option<Webhook>,
}

/// Rows that were added to a group.
#[derive(Debug, Clone, PartialEq)]
pub struct Rows {
    /// In the order in which they were sent.
    pub runs: Vec<RunId>,
    pub counts: Counts,
    pub modified_at: TimeMs,
    /// The place just before these rows among the group's runs; `None` for the first rows.
    pub runs_before: Option<i64>,
    /// Likewise among the group's events.
    pub events_before: Option<i64>,
}

impl Store {
    /// Stores a run and its first event.
    pub async fn create_run(
        &self,
        owner: Owner,
        new: NewRun,
        key: Option<Key>,
    ) -> Result<Known<Run>, Failed> {
        let id = RunId::new(self.chance());
        let now = self.clock().now();
        let made = self
            .write_again_after_a_lost_race(|| {
                let (new, key) = (new.clone(), key.clone());
                move |conn| Box::pin(insert_run(conn, owner, id, new, key, now))
            })
            .await?;
        let known = self.known_run(owner, made).await?;
        Ok(known.unwrap_or_else(|| Known::New(new_born(id, new, now))))
    }

    /// Stores an empty group.
    pub async fn create_group(
        &self,
        owner: Owner,
        metadata: Option<Map<String, Value>>,
        webhook: Option<Webhook>,
        key: Option<Key>,
    ) -> Result<Known<Group>, Failed> {
        let id = GroupId::new(self.chance());
        let now = self.clock().now();
        let made = self
            .write_again_after_a_lost_race(|| {
                let (metadata, webhook, key) = (metadata.clone(), webhook.clone(), key.clone());
                move |conn| Box::pin(insert_group(conn, owner, id, metadata, webhook, key, now))
            })
            .await?;
        if let Some(known) = self.known_group(owner, made).await? {
            return Ok(known);
        }
        let counts = Counts::default();
        Ok(Known::New(Group { id, counts, created_at: now, modified_at: now, metadata }))
    }

    /// Adds rows to a group, all or none. `None` when this owner has no such group.
    pub async fn add_rows(
        &self,
        owner: Owner,
        group: GroupId,
        rows: Vec<NewRun>,
        key: Option<Key>,
    ) -> Result<Option<Known<Rows>>, Failed> {
        let now = self.clock().now();
        let ids: Arc<[RunId]> = rows.iter().map(|_| RunId::new(self.chance())).collect();
        let rows: Arc<[NewRun]> = rows.into();
        let made = self
            .write_again_after_a_lost_race(|| {
                let (rows, key, ids) = (Arc::clone(&rows), key.clone(), Arc::clone(&ids));
                move |conn| Box::pin(insert_rows(conn, owner, group, ids, rows, key, now))
            })
            .await?;
        Ok(match made {
            Inserted::NoGroup => None,
            Inserted::Before(made) => known_rows(made)?,
            Inserted::New(made) => Some(Known::New(made.into_rows()?)),
        })
    }

    /// On PostgreSQL two transactions may use a new key at once; the one that comes second looks again and
    /// finds what the first has made.
    async fn write_again_after_a_lost_race<T, F>(&self, work: impl Fn() -> F) -> Result<T, Failed>
    where
        T: Send + 'static,
        F: for<'a> FnOnce(&'a mut Conn) -> Writing<'a, T> + Send + 'static,
    {
        match self.inner.db.write(work()).await {
            Err(Failed::LostRace) => self.inner.db.write(work()).await,
            done => done,
        }
    }
}

/// A run of no group that was made just now.
fn new_born(id: RunId, new: NewRun, now: TimeMs) -> Run {
    Run {
        id,
        group: None,
        index: None,
        state: RunState::Queued,
        processor: new.spec.processor.name.clone(),
        created_at: now,
        modified_at: now,
        started_at: None,
        finished_at: None,
        metadata: new.metadata,
        warnings: new.warnings,
        failure: None,
        previous: new.previous,
        webhook: new.webhook.map(|webhook| webhook.url),
    }
}

async fn insert_run(
    conn: &mut Conn,
    owner: Owner,
    id: RunId,
    new: NewRun,
    key: Option<Key>,
    now: TimeMs,
) -> Result<Replayed<MadeRun>, Failed> {
    match idempotency::look_up(conn, owner, key.as_ref(), now).await? {
        Replayed::Nothing => {}
        known @ (Replayed::Same(_) | Replayed::Other) => return Ok(known),
    }
    let made = MadeRun { run: id.to_string() };
    idempotency::record(conn, owner, key.as_ref(), &made, now).await?;
    let spec = spec_seq(conn, owner, &document::spec_to_text(&new.spec)).await?;
    let (seq,) = fetch_one!(
        conn,
        (i64,),
        "-- insert_run
         INSERT INTO runs (id, owner, spec, processor, input, metadata, warnings, state, turn, host, previous,
                           webhook_url, receiver, event_seq, created_at_ms, modified_at_ms)
         VALUES ($1, $2, $3, $4, $5, $6, $7, 'queued',
                 (SELECT COALESCE(MIN(turn), 0) + 1 FROM runs WHERE state = 'queued'), $8, $9, $10, $11, 1, $12, $12)
         RETURNING seq",
        id.to_string(),
        owner.0,
        spec,
        &new.spec.processor.name,
        new.input.to_json().to_string(),
        new.metadata.map(|metadata| Value::Object(metadata).to_string()),
        document::warnings_to_text(&new.warnings),
        new.host,
        new.previous.map(|id| id.to_string()),
        new.webhook.as_ref().map(|webhook| webhook.url.as_str()),
        new.webhook.as_ref().map(|webhook| webhook.receiver.as_str()),
        now.0
    )?;
    execute!(
        conn,
        "-- insert_run: its first event
         INSERT INTO events (run_seq, seq, at_ms, kind, body) VALUES ($1, 1, $2, 'state', '{\"state\":\"queued\"}')",
        seq,
        now.0
    )?;
    conn.touch(Change::Work);
    Ok(Replayed::Nothing)
}

async fn insert_group(
    conn: &mut Conn,
    owner: Owner,
    id: GroupId,
    metadata: Option<Map<String, Value>>,
    webhook: Option<Webhook>,
    key: Option<Key>,
    now: TimeMs,
) -> Result<Replayed<MadeGroup>, Failed> {
    match idempotency::look_up(conn, owner, key.as_ref(), now).await? {
        Replayed::Nothing => {}
        known @ (Replayed::Same(_) | Replayed::Other) => return Ok(known),
    }
    let made = MadeGroup { group: id.to_string() };
    idempotency::record(conn, owner, key.as_ref(), &made, now).await?;
    execute!(
        conn,
        "-- insert_group
         INSERT INTO groups (id, owner, metadata, webhook_url, receiver, created_at_ms, modified_at_ms)
         VALUES ($1, $2, $3, $4, $5, $6, $6)",
        id.to_string(),
        owner.0,
        metadata.map(|metadata| Value::Object(metadata).to_string()),
        webhook.as_ref().map(|webhook| webhook.url.as_str()),
        webhook.as_ref().map(|webhook| webhook.receiver.as_str()),
        now.0
    )?;
    Ok(Replayed::Nothing)
}

enum Inserted {
    New(MadeRows),
    Before(Replayed<MadeRows>),
    NoGroup,
}

async fn insert_rows(
    conn: &mut Conn,
    owner: Owner,
    group: GroupId,
    ids: Arc<[RunId]>,
    rows: Arc<[NewRun]>,
    key: Option<Key>,
    now: TimeMs,
) -> Result<Inserted, Failed> {
    match idempotency::look_up(conn, owner, key.as_ref(), now).await? {
        Replayed::Nothing => {}
        known @ (Replayed::Same(_) | Replayed::Other) => return Ok(Inserted::Before(known)),
    }
    let count = i64::try_from(rows.len()).unwrap_or(i64::MAX);
    // This also locks the group's row, so that two requests get row numbers one after the other.
    let Some(row) = fetch_optional!(
        conn,
        GroupRow,
        "-- insert_rows: room in the group
         UPDATE groups SET queued = queued + $3, modified_at_ms = $4
         WHERE id = $1 AND owner = $2
         RETURNING seq, id, metadata, queued, running, cancelling, completed, failed, cancelled,
                   event_seq, created_at_ms, modified_at_ms",
        group.to_string(),
        owner.0,
        count,
        now.0
    )?
    else {
        return Ok(Inserted::NoGroup);
    };
    let counts = row.counts();
    let first_index = counts.total() - count;
    let (turn,) = fetch_one!(
        conn,
        (i64,),
        "-- insert_rows: behind the group's own rows, in turn with others
         SELECT CAST(COALESCE(
             (SELECT MAX(turn) FROM runs WHERE state = 'queued' AND group_seq = $1),
             (SELECT MIN(turn) FROM runs WHERE state = 'queued'), 0) AS BIGINT)",
        row.seq
    )?;
    let list = rows_as_json(conn, owner, &ids, &rows, first_index, turn).await?;
    let statement = if conn.is_postgres() { postgres::INSERT_ROWS } else { sqlite::INSERT_ROWS };
    execute!(conn, statement, list.to_string(), owner.0, row.seq, now.0)?;
    execute!(
        conn,
        "-- insert_rows: their first events
         INSERT INTO events (run_seq, seq, at_ms, kind, body)
         SELECT seq, 1, $3, 'state', '{\"state\":\"queued\"}'
         FROM runs WHERE group_seq = $1 AND row_index >= $2",
        row.seq,
        first_index,
        now.0
    )?;
    let is_first = first_index == 0;
    let made = MadeRows {
        runs: ids.iter().map(ToString::to_string).collect(),
        counts: [
            counts.queued,
            counts.running,
            counts.cancelling,
            counts.completed,
            counts.failed,
            counts.cancelled,
        ],
        modified_at_ms: now.0,
        runs_before: (!is_first).then_some(first_index),
        events_before: (!is_first).then_some(row.event_seq),
    };
    idempotency::record(conn, owner, key.as_ref(), &made, now).await?;
    conn.touch(Change::Work);
    conn.touch(Change::Group(row.seq));
    Ok(Inserted::New(made))
}

/// The rows as one JSON list: one parameter instead of thousands.
async fn rows_as_json(
    conn: &mut Conn,
    owner: Owner,
    ids: &[RunId],
    rows: &[NewRun],
    first_index: i64,
    turn: i64,
) -> Result<Value, Failed> {
    // By place in memory: rows of one request share the value.
    let mut specs: HashMap<usize, i64> = HashMap::new();
    let mut list = Vec::with_capacity(rows.len());
    for (offset, (id, new)) in (0_i64..).zip(ids.iter().zip(rows)) {
        let address = Arc::as_ptr(&new.spec).addr();
        let spec = if let Some(known) = specs.get(&address) {
            *known
        } else {
            let seq = spec_seq(conn, owner, &document::spec_to_text(&new.spec)).await?;
            specs.insert(address, seq);
            seq
        };
        list.push(json!({
            "id": id.to_string(),
            "row_index": first_index + offset,
            "spec": spec,
            "processor": new.spec.processor.name,
            "input": new.input.to_json().to_string(),
            "metadata": new.metadata.as_ref().map(|metadata| json!(metadata).to_string()),
            "warnings": document::warnings_to_text(&new.warnings),
            "turn": turn + 1 + offset,
            "previous": new.previous.map(|id| id.to_string()),
            "webhook_url": new.webhook.as_ref().map(|webhook| webhook.url.as_str()),
            "receiver": new.webhook.as_ref().map(|webhook| webhook.receiver.as_str()),
            "host": new.host,
        }));
    }
    Ok(Value::Array(list))
}

/// The number of a spec, which is stored once per owner.
async fn spec_seq(conn: &mut Conn, owner: Owner, body: &str) -> Result<i64, Failed> {
    let hash = Sha256::digest(body.as_bytes()).to_vec();
    loop {
        let known: Option<(i64,)> = fetch_optional!(
            conn,
            (i64,),
            "-- spec_seq
             SELECT seq FROM specs WHERE owner = $1 AND hash = $2",
            owner.0,
            &hash
        )?;
        if let Some((seq,)) = known {
            return Ok(seq);
        }
        // On PostgreSQL another transaction may have been first; then it is there at the next look.
        execute!(
            conn,
            "-- spec_seq: store it
             INSERT INTO specs (owner, hash, body) VALUES ($1, $2, $3) ON CONFLICT (owner, hash) DO NOTHING",
            owner.0,
            &hash,
            body
        )?;
    }
}

impl Store {
    /// The spec with a number, from memory where it was used before.
    pub(crate) async fn spec(&self, seq: i64) -> Result<Arc<Spec>, Failed> {
        let lock = || self.inner.specs.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        if let Some(known) = lock().get(&seq) {
            return Ok(Arc::clone(known));
        }
        let mut conn = self.inner.db.reader().await?;
        let rows: Vec<(String,)> = fetch_all!(
            conn,
            (String,),
            "-- spec
             SELECT body FROM specs WHERE seq = $1",
            seq
        )?;
        let (body,) = rows.first().ok_or_else(|| document::unreadable("spec", "it is gone"))?;
        let spec = Arc::new(document::spec_from_text(body)?);
        let mut specs = lock();
        if specs.len() >= crate::MAX_SPECS_IN_MEMORY {
            specs.clear();
        }
        specs.insert(seq, Arc::clone(&spec));
        Ok(spec)
    }
}
