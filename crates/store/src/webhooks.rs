//! What is to be told to webhooks: an outbox, filled in the transaction that ends a run.
//!
//! A delivery is tried until its receiver takes it, less and less often, and is dead after two days. Receivers are
//! tried side by side: one that does not answer holds up nobody else's deliveries.

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use domain::clock::TimeMs;
use domain::ids::{GroupId, RunId};

use crate::changes::{Change, Watch};
use crate::columns::columns;
use crate::db::{Both, Conn, execute, fetch_all, fetch_one, fetch_optional, over_rows};
use crate::{Failed, Owner, Store, document};

/// A delivery that is being tried. Nobody else tries it until [`TRY_MS`] have passed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Delivery {
    seq: i64,
    /// The same over all tries.
    pub id: String,
    pub owner: Owner,
    pub about: About,
    pub url: String,
    pub receiver: String,
    /// This try included.
    pub attempts: i64,
    pub created_at: TimeMs,
}

/// What a delivery tells of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum About {
    Run(RunId),
    Group(GroupId),
}

columns! {
    /// A delivery as its owner sees it.
    #[derive(Debug, Clone, PartialEq, Eq)]
    pub struct DeliveryRow {
        pub seq: i64,
        pub id: String,
        /// `due`, `delivered` or `dead`.
        pub state: String,
        pub url: String,
        pub run_id: Option<String>,
        pub group_id: Option<String>,
        pub attempts: i64,
        pub next_at_ms: i64,
        /// Why the last try failed.
        pub last_error: Option<String>,
        pub created_at_ms: i64,
        pub ended_at_ms: Option<i64>,
    }
}

/// Longest time that one try takes; after it the delivery may be tried again, by anybody.
pub const TRY_MS: i64 = 30_000;
/// The pause after the first failed try; it doubles after each.
const FIRST_PAUSE_MS: i64 = 5_000;
/// How long a delivery is tried: 48 hours.
const TRIED_FOR_MS: i64 = 48 * 60 * 60 * 1000;
/// How long the secret before the last one signs as well: a day, in which receivers take over the new one.
const OLD_SECRET_MS: i64 = 24 * 60 * 60 * 1000;
/// Most entries of one part of a listing.
const MAX_PAGE: i64 = 200;

const TELL_OF_RUNS: Both = over_rows!(
    "-- tell_of_runs
     INSERT INTO deliveries (id, owner, run_seq, url, receiver, state, next_at_ms, created_at_ms)
     SELECT 'whevent_' || substr(r.id, 6) || CASE WHEN r.retries > 0 THEN '_' || r.retries ELSE '' END, r.owner, r.seq, r.webhook_url, r.receiver, 'due', $2, $2
     FROM ",
    " AS ended JOIN runs r ON r.seq = CAST(value ->> 'run' AS BIGINT)"
);

/// Puts the ends of these runs into the outbox.
pub(crate) async fn tell_of_runs(conn: &mut Conn, runs: &[i64], at: TimeMs) -> Result<(), Failed> {
    if runs.is_empty() {
        return Ok(());
    }
    let rows: Vec<_> = runs.iter().map(|run| serde_json::json!({"run": run})).collect();
    execute!(conn, TELL_OF_RUNS, serde_json::Value::Array(rows).to_string(), at.0)?;
    conn.touch(Change::Delivery);
    Ok(())
}

/// Puts the rest of a group into the outbox. It may come to rest again, after more rows: that is told again.
pub(crate) async fn tell_of_group(conn: &mut Conn, group: i64, at: TimeMs) -> Result<(), Failed> {
    execute!(
        conn,
        "-- tell_of_group
         INSERT INTO deliveries (id, owner, group_seq, url, receiver, state, next_at_ms, created_at_ms)
         SELECT 'whevent_' || substr(id, 6) || '_' || event_seq, owner, seq, webhook_url, receiver, 'due', $2, $2
         FROM groups WHERE seq = $1",
        group,
        at.0
    )?;
    conn.touch(Change::Delivery);
    Ok(())
}

columns! {
    struct DueColumns {
        seq: i64,
        id: String,
        owner: i64,
        run_id: Option<String>,
        group_id: Option<String>,
        url: String,
        receiver: String,
        attempts: i64,
        created_at_ms: i64,
    }
}

impl Store {
    /// Wakes when there may be something to deliver.
    pub fn watch_deliveries(&self) -> Watch {
        self.inner.changes.watch(Change::Delivery)
    }

    /// Receivers for which something is due now.
    pub async fn due_receivers(&self) -> Result<Vec<String>, Failed> {
        let mut conn = self.inner.db.reader().await?;
        let rows: Vec<(String,)> = fetch_all!(
            conn,
            (String,),
            "-- due_receivers
             SELECT DISTINCT receiver FROM deliveries WHERE state = 'due' AND next_at_ms <= $1",
            self.clock().now().0
        )?;
        Ok(rows.into_iter().map(|(receiver,)| receiver).collect())
    }

    /// Takes up to `limit` deliveries that are due for one receiver, oldest first.
    pub async fn claim_deliveries(
        &self,
        receiver: &str,
        limit: i64,
    ) -> Result<Vec<Delivery>, Failed> {
        let (receiver, now) = (receiver.to_owned(), self.clock().now());
        let rows: Vec<DueColumns> = self
            .inner
            .db
            .write(move |conn| {
                Box::pin(async move {
                    let sql = if conn.is_postgres() { CLAIM_ON_POSTGRES } else { CLAIM_ON_SQLITE };
                    fetch_all!(conn, DueColumns, sql, receiver, now.0, limit, now.plus_ms(TRY_MS).0)
                })
            })
            .await?;
        rows.into_iter().map(delivery).collect()
    }

    /// Writes down how a try went: delivered, or why not and, after two days, that it is given up.
    pub async fn settle_delivery(
        &self,
        delivery: &Delivery,
        failure: Option<String>,
    ) -> Result<(), Failed> {
        let now = self.clock().now();
        let doublings = u32::try_from(delivery.attempts - 1).unwrap_or(0).min(20);
        let next = now.plus_ms(FIRST_PAUSE_MS << doublings);
        let is_given_up = next.since_ms(delivery.created_at) > TRIED_FOR_MS;
        let state = match &failure {
            None => "delivered",
            Some(_) if is_given_up => "dead",
            Some(_) => "due",
        };
        let (seq, attempts) = (delivery.seq, delivery.attempts);
        let failure = failure.map(|why| why.replace('\0', "\u{fffd}"));
        let ended = (state != "due").then_some(now.0);
        self.inner
            .db
            .write(move |conn| {
                Box::pin(async move {
                    execute!(
                        conn,
                        "-- settle_delivery: only the try that is the last one
                         UPDATE deliveries
                         SET state = $3, next_at_ms = $4, last_error = $5, ended_at_ms = $6
                         WHERE seq = $1 AND attempts = $2 AND state = 'due'",
                        seq,
                        attempts,
                        state,
                        next.0,
                        failure,
                        ended
                    )
                    .map(|_| ())
                })
            })
            .await
    }

    /// Deliveries, newest first, from before `before`; only those in `state` where it is not empty.
    pub async fn list_deliveries(
        &self,
        owner: Owner,
        before: Option<i64>,
        limit: i64,
        state: &str,
    ) -> Result<Vec<DeliveryRow>, Failed> {
        let mut conn = self.inner.db.reader().await?;
        fetch_all!(
            conn,
            DeliveryRow,
            "-- list_deliveries
             SELECT d.seq, d.id, d.state, d.url, r.id AS run_id, g.id AS group_id, d.attempts, d.next_at_ms,
                    d.last_error, d.created_at_ms, d.ended_at_ms
             FROM deliveries d LEFT JOIN runs r ON r.seq = d.run_seq LEFT JOIN groups g ON g.seq = d.group_seq
             WHERE d.owner = $1 AND d.seq < $2 AND ($4 = '' OR d.state = $4) ORDER BY d.seq DESC LIMIT $3",
            owner.0,
            before.unwrap_or(i64::MAX),
            limit.clamp(1, MAX_PAGE),
            state
        )
    }

    /// Has a delivery tried again from the beginning. `None` when this owner has none of this id.
    pub async fn replay_delivery(
        &self,
        owner: Owner,
        id: &str,
    ) -> Result<Option<DeliveryRow>, Failed> {
        let (id, now) = (id.to_owned(), self.clock().now());
        self.inner
            .db
            .write(move |conn| {
                Box::pin(async move {
                    conn.touch(Change::Delivery);
                    fetch_optional!(
                        conn,
                        DeliveryRow,
                        "-- replay_delivery
                         UPDATE deliveries
                         SET state = 'due', attempts = 0, next_at_ms = $3, created_at_ms = $3, ended_at_ms = NULL
                         WHERE id = $1 AND owner = $2
                         RETURNING seq, id, state, url,
                                   (SELECT r.id FROM runs r WHERE r.seq = deliveries.run_seq) AS run_id,
                                   (SELECT g.id FROM groups g WHERE g.seq = deliveries.group_seq) AS group_id,
                                   attempts, next_at_ms, last_error, created_at_ms, ended_at_ms",
                        &id,
                        owner.0,
                        now.0
                    )
                })
            })
            .await
    }

    /// The secrets that sign an owner's deliveries, newest first. The first is made when it is first asked for.
    pub async fn webhook_secrets(&self, owner: Owner) -> Result<Vec<String>, Failed> {
        let now = self.clock().now();
        let mut stored = self.stored_secrets(owner).await?;
        if stored.0.is_none() {
            self.change_secret(owner, false).await?;
            stored = self.stored_secrets(owner).await?;
        }
        let (Some(secret), before, changed_at) = stored else { return Err(Failed::Closed) };
        let is_fresh = changed_at.is_some_and(|at| now.since_ms(TimeMs(at)) < OLD_SECRET_MS);
        let before = before.filter(|_| is_fresh);
        Ok([secret].into_iter().chain(before).collect())
    }

    /// Makes a new secret; the one before it signs as well for a day.
    pub async fn rotate_webhook_secret(&self, owner: Owner) -> Result<(), Failed> {
        self.change_secret(owner, true).await
    }

    async fn stored_secrets(
        &self,
        owner: Owner,
    ) -> Result<(Option<String>, Option<String>, Option<i64>), Failed> {
        let mut conn = self.inner.db.reader().await?;
        fetch_one!(
            conn,
            (Option<String>, Option<String>, Option<i64>),
            "-- webhook_secrets
             SELECT webhook_secret, webhook_secret_before, secret_changed_at_ms FROM owners WHERE seq = $1",
            owner.0
        )
    }

    async fn change_secret(&self, owner: Owner, is_rotation: bool) -> Result<(), Failed> {
        let bytes: Vec<u8> = [self.chance().next(), self.chance().next()]
            .iter()
            .flat_map(|n| n.to_be_bytes())
            .collect();
        let secret = format!("whsec_{}", BASE64_STANDARD.encode(bytes));
        let now = self.clock().now();
        self.inner
            .db
            .write(move |conn| {
                Box::pin(async move {
                    execute!(
                        conn,
                        "-- change_secret
                         UPDATE owners
                         SET webhook_secret_before = webhook_secret, webhook_secret = $2, secret_changed_at_ms = $3
                         WHERE seq = $1 AND ($4 = 1 OR webhook_secret IS NULL)",
                        owner.0,
                        secret,
                        now.0,
                        i64::from(is_rotation)
                    )
                    .map(|_| ())
                })
            })
            .await
    }

    /// The owner of this name.
    pub async fn find_owner(&self, name: &str) -> Result<Option<Owner>, Failed> {
        let mut conn = self.inner.db.reader().await?;
        let found: Option<(i64,)> = fetch_optional!(
            conn,
            (i64,),
            "-- find_owner
             SELECT seq FROM owners WHERE name = $1",
            name
        )?;
        Ok(found.map(|(seq,)| Owner(seq)))
    }
}

fn delivery(row: DueColumns) -> Result<Delivery, Failed> {
    let unreadable = |why| document::unreadable("delivery", why);
    let about = match (row.run_id, row.group_id) {
        (Some(run), _) => About::Run(run.parse().map_err(unreadable)?),
        (None, Some(group)) => About::Group(group.parse().map_err(unreadable)?),
        (None, None) => return Err(document::unreadable("delivery", "it is about nothing")),
    };
    Ok(Delivery {
        seq: row.seq,
        id: row.id,
        owner: Owner(row.owner),
        about,
        url: row.url,
        receiver: row.receiver,
        attempts: row.attempts,
        created_at: TimeMs(row.created_at_ms),
    })
}

macro_rules! claim {
    ($lock:literal) => {
        concat!(
            "-- claim_deliveries
             UPDATE deliveries SET attempts = attempts + 1, next_at_ms = $4
             WHERE seq IN (
                 SELECT seq FROM deliveries WHERE state = 'due' AND receiver = $1 AND next_at_ms <= $2
                 ORDER BY next_at_ms LIMIT $3 + 0",
            $lock,
            ")
             RETURNING seq, id, owner,
                       (SELECT r.id FROM runs r WHERE r.seq = deliveries.run_seq) AS run_id,
                       (SELECT g.id FROM groups g WHERE g.seq = deliveries.group_seq) AS group_id,
                       url, receiver, attempts, created_at_ms"
        )
    };
}

const CLAIM_ON_SQLITE: &str = claim!("");
const CLAIM_ON_POSTGRES: &str = claim!(" FOR UPDATE SKIP LOCKED");
