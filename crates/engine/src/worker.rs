//! Takes due runs, does them, and decides how each ends.

use std::collections::HashMap;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use domain::ids::{RunId, WorkId};
use domain::output::{Basis, Content, Missing, Output};
use domain::processor::Engine;
use domain::receipt::Receipt;
use domain::run::{Failure, FailureCode, RunState};
use domain::schema::Schema;
use domain::spec::Wanted;
use serde_json::{Map, Value};
use sources::Sources;
use store::dispatch::{Claimed, HEARTBEAT, MAX_IDLE_ATTEMPTS, Worker};
use store::{End, Ending, ExecutorLock, RunSeq, Store};
use tokio::task::{Id, JoinError, JoinSet};
use tokio::time::{Instant, interval_at, sleep, sleep_until};
use tokio_util::sync::CancellationToken;
use tracing::{error, info, warn};

use crate::world::{Previous, Seen, World};
use crate::{Failed, Library, Reasoning, enrich, research};

/// How a worker works.
#[derive(Debug, Clone)]
pub struct Config {
    /// Unique per process start: a lease of an earlier start is never taken for our own.
    pub name: String,
    /// This machine, which decides which local sources can be read.
    pub host: String,
    /// Runs at a time.
    pub concurrency: usize,
    /// Rows of one group at a time, so that a large group leaves room for others.
    pub per_group: i64,
    /// Only this work; `None` for all that is due.
    pub only: Option<WorkId>,
    /// How long running work may go on after a stop before it is handed back.
    pub grace: Duration,
    /// Cancelled when this process has the right to execute: until then another one does.
    pub began: CancellationToken,
    /// `None` where no model is configured.
    pub reasoning: Option<Arc<Reasoning>>,
}

/// How often a waiting process tries for the right to execute.
const TRY_LOCK: Duration = Duration::from_millis(300);
/// How often the queue is looked at when nothing wakes the worker: leases of dead workers run out silently.
const SWEEP: Duration = Duration::from_secs(2);
/// Least time between two claims: short runs end in crowds, and one claim fills all their places.
const BREATH: Duration = Duration::from_millis(10);
/// Pause after the database did not answer.
const PAUSE: Duration = Duration::from_secs(1);
/// A worker that is asked to stop looks this long for an end of what it has before it is dropped.
const LAST_WORDS: Duration = Duration::from_secs(5);
/// An end that the database does not take is tried again this often.
const FINISH_TRIES: u32 = 5;

/// Executes runs until `stop`, then lets running work end for the grace time and hands back the rest.
///
/// `data_dir` is the data directory on SQLite: only one process at a time executes there; this one keeps trying
/// and takes over at once. `None` on PostgreSQL, where any number may.
pub async fn run(
    store: Store,
    sources: Sources,
    config: Config,
    data_dir: Option<PathBuf>,
    stop: CancellationToken,
) -> Result<(), Failed> {
    let _lock = match data_dir {
        None => None,
        Some(directory) => match wait_for_lock(&directory, &stop).await? {
            None => return Ok(()),
            Some(lock) => {
                let taken = store.take_over(&lock).await?;
                if taken > 0 {
                    info!(taken, "took over {taken} runs that another process left running");
                }
                Some(lock)
            }
        },
    };
    config.began.cancel();
    let library = Arc::new(Library::new(store.clone(), sources, config.reasoning.clone()));
    let desk = Desk {
        store,
        library,
        config,
        running: JoinSet::new(),
        held: HashMap::new(),
        claimed_at: Instant::now(),
    };
    desk.work(stop).await
}

async fn wait_for_lock(
    directory: &std::path::Path,
    stop: &CancellationToken,
) -> Result<Option<ExecutorLock>, Failed> {
    loop {
        if let Some(lock) = ExecutorLock::try_take(directory)? {
            return Ok(Some(lock));
        }
        if stop.run_until_cancelled(sleep(TRY_LOCK)).await.is_none() {
            return Ok(None);
        }
    }
}

/// What one worker has in hand.
struct Desk {
    store: Store,
    library: Arc<Library>,
    config: Config,
    running: JoinSet<()>,
    held: HashMap<Id, Held>,
    claimed_at: Instant,
}

struct Held {
    run: RunSeq,
    id: RunId,
    attempt: i64,
    /// Told that the lease is gone: whatever is done now is for nothing.
    lost: CancellationToken,
    /// Told to let go at once, because the process ends.
    let_go: CancellationToken,
}

impl Desk {
    async fn work(mut self, stop: CancellationToken) -> Result<(), Failed> {
        let worker = Worker {
            name: self.config.name.clone(),
            host: self.config.host.clone(),
            only: self.config.only,
            per_group: self.config.per_group,
        };
        let mut heartbeat = interval_at(Instant::now() + HEARTBEAT, HEARTBEAT);
        let mut due = self.store.watch_work();
        let mut look_at = Instant::now();
        loop {
            let room = self.config.concurrency - self.running.len();
            if room > 0 && look_at <= Instant::now() {
                look_at = Instant::now() + self.claim(&worker, room).await;
            }
            let has_room = self.running.len() < self.config.concurrency;
            tokio::select! {
                () = stop.cancelled() => break,
                Some(done) = self.running.join_next_with_id() => self.put_away(done).await,
                () = due.changed() => look_at = look_at.min(self.claimed_at + BREATH),
                _ = heartbeat.tick() => self.renew().await,
                () = sleep_until(look_at), if has_room => {}
            }
        }
        self.drain().await;
        Ok(())
    }

    /// Takes up to `room` due runs; answers how long nothing else is expected to be due.
    async fn claim(&mut self, worker: &Worker, room: usize) -> Duration {
        self.claimed_at = Instant::now();
        match self.store.claim(worker, room).await {
            Ok(claimed) => {
                let is_more = claimed.len() == room;
                for claimed in claimed {
                    self.start(claimed);
                }
                if is_more { BREATH } else { SWEEP }
            }
            Err(why) => {
                warn!(%why, "no work can be claimed; trying again");
                PAUSE
            }
        }
    }

    fn start(&mut self, claimed: Claimed) {
        let (lost, let_go) = (CancellationToken::new(), CancellationToken::new());
        let held = Held {
            run: claimed.seq,
            id: claimed.id,
            attempt: claimed.attempt,
            lost: lost.clone(),
            let_go: let_go.clone(),
        };
        let work = execute(self.store.clone(), Arc::clone(&self.library), claimed, lost, let_go);
        let task = self.running.spawn(work);
        self.held.insert(task.id(), held);
    }

    /// A run that broke ends as failed; it would break again.
    async fn put_away(&mut self, done: Result<(Id, ()), JoinError>) {
        let id = match &done {
            Ok((id, ())) => *id,
            Err(why) => why.id(),
        };
        let Some(held) = self.held.remove(&id) else { return };
        if let Err(why) = done {
            error!(run.id = %held.id, %why, "the engine broke while working on a run");
            let failure = Failure {
                code: FailureCode::Internal,
                message: "The engine broke while working on this; the log of the server has more."
                    .into(),
            };
            let end = End { ending: Ending::Failed(failure), receipt: Receipt::default() };
            if let Err(why) = finish(&self.store, held.run, held.attempt, end).await {
                warn!(run.id = %held.id, %why, "the end of a run could not be stored");
            }
        }
    }

    async fn renew(&mut self) {
        if self.held.is_empty() {
            return;
        }
        let held = self.held.values().map(|held| (held.run, held.attempt)).collect();
        match self.store.renew(&self.config.name, held).await {
            Ok(lost) => {
                let is_lost = |held: &&Held| lost.contains(&(held.run, held.attempt));
                let lost = self.held.values().filter(is_lost);
                lost.for_each(|held| held.lost.cancel());
            }
            Err(why) => warn!(%why, "leases could not be renewed; trying again"),
        }
    }

    async fn drain(&mut self) {
        if !self.running.is_empty() {
            info!(running = self.running.len(), "letting running work end");
        }
        let end = Instant::now() + self.config.grace;
        let mut heartbeat = interval_at(Instant::now() + HEARTBEAT, HEARTBEAT);
        while !self.running.is_empty() {
            tokio::select! {
                Some(done) = self.running.join_next_with_id() => self.put_away(done).await,
                _ = heartbeat.tick() => self.renew().await,
                () = sleep_until(end) => break,
            }
        }
        self.held.values().for_each(|held| held.let_go.cancel());
        let _ = tokio::time::timeout(LAST_WORDS, async {
            while self.running.join_next().await.is_some() {}
        })
        .await;
    }
}

/// How the execution of a run came to its end.
enum Outcome {
    Finished(Box<End>),
    Broken(Failed),
    Superseded,
    Cancelled,
    OutOfTime,
    HandedBack,
}

#[tracing::instrument(name = "run", skip_all, fields(run.id = %claimed.id, attempt = claimed.attempt))]
async fn execute(
    store: Store,
    library: Arc<Library>,
    claimed: Claimed,
    lost: CancellationToken,
    let_go: CancellationToken,
) {
    let (seq, attempt) = (claimed.seq, claimed.attempt);
    let asks_models = claimed.spec.cast.is_some();
    let (began, engine) = (store.clock().now(), claimed.spec.processor.engine);
    let seen = Arc::<Mutex<Seen>>::default();
    let outcome = if claimed.is_cancelling {
        Outcome::Cancelled
    } else if claimed.idle_attempts > MAX_IDLE_ATTEMPTS {
        Outcome::Finished(Box::new(kept_failing()))
    } else {
        let time_left = time_left(&store, &claimed);
        tokio::select! {
            // In this order: an answer that is there counts, whatever else happens in that moment.
            biased;
            outcome = answer(&store, library, claimed, Arc::clone(&seen)) => match outcome {
                Ok(end) => Outcome::Finished(Box::new(end)),
                Err(Failed::Superseded) => Outcome::Superseded,
                Err(why) => Outcome::Broken(why),
            },
            () = lost.cancelled() => Outcome::Superseded,
            () = cancelled(&store, seq) => Outcome::Cancelled,
            () = sleep(time_left) => Outcome::OutOfTime,
            () = let_go.cancelled() => Outcome::HandedBack,
        }
    };
    // Calls that were cut off are closed before the run ends: its ledger adds up to nothing from then on.
    if asks_models && let Err(why) = store.close_lost(seq, attempt + 1).await {
        warn!(%why, "calls that were cut off could not be closed");
    }
    let seen = seen.lock().unwrap_or_else(PoisonError::into_inner).clone();
    let so_far = Receipt {
        engine: engine.as_str().into(),
        elapsed_ms: store.clock().now().since_ms(began),
        ..seen.receipt()
    };
    if let Err(why) = settle(&store, seq, attempt, outcome, so_far).await {
        warn!(%why, "the end of a run could not be stored; its lease will run out");
    }
}

async fn settle(
    store: &Store,
    seq: RunSeq,
    attempt: i64,
    outcome: Outcome,
    so_far: Receipt,
) -> Result<(), store::Failed> {
    let failed = |code, message: &str, receipt| End {
        ending: Ending::Failed(Failure { code, message: message.into() }),
        receipt,
    };
    let end = match outcome {
        Outcome::Finished(end) => *end,
        Outcome::Cancelled => End { ending: Ending::Cancelled, receipt: so_far },
        Outcome::OutOfTime => failed(
            FailureCode::OutOfTime,
            "The time of this processor ran out before there was an answer; a larger one has more.",
            so_far,
        ),
        Outcome::Superseded => return Ok(()),
        Outcome::HandedBack => return store.hand_back(seq, attempt).await.map(|_| ()),
        Outcome::Broken(Failed::Store(why)) if why.is_passing() => {
            warn!(%why, "the database did not answer while working on a run; it will be taken up again");
            sleep(PAUSE).await;
            return store.hand_back(seq, attempt).await.map(|_| ());
        }
        Outcome::Broken(why) => {
            error!(%why, "the engine broke while working on a run");
            failed(
                FailureCode::Internal,
                "The engine broke while working on this; the log of the server has more.",
                so_far,
            )
        }
    };
    finish(store, seq, attempt, end).await.map(|_| ())
}

async fn finish(store: &Store, seq: RunSeq, attempt: i64, end: End) -> Result<bool, store::Failed> {
    let mut tries = 0;
    loop {
        tries += 1;
        match store.finish(seq, attempt, end.clone()).await {
            Err(store::Failed::Unavailable(_)) if tries < FINISH_TRIES => sleep(PAUSE).await,
            done => return done,
        }
    }
}

/// The work itself, by what the run wants and who serves its processor.
async fn answer(
    store: &Store,
    library: Arc<Library>,
    claimed: Claimed,
    seen: Arc<Mutex<Seen>>,
) -> Result<End, Failed> {
    let began = store.clock().now();
    if claimed.spec.processor.engine == Engine::Noop {
        return Ok(nothing(&claimed.spec.wanted));
    }
    let wanted = &claimed.spec.sources;
    let known =
        if wanted.is_empty() { Vec::new() } else { store.list_sources(claimed.owner).await? };
    let places = known.into_iter().filter(|place| wanted.contains(&place.name)).collect();
    let previous = previous(store, &claimed).await?;
    let world = World::new(store.clone(), library, claimed, places, previous, seen);
    let mut end = match &world.spec().wanted {
        Wanted::Fields(schema) => enrich::row(&world, schema).await?,
        Wanted::Auto if world.spec().cast.is_some() => match enrich::invented(&world).await? {
            Some(end) => end,
            None => research::report(&world).await?,
        },
        Wanted::Text { .. } | Wanted::Auto => research::report(&world).await?,
    };
    end.receipt.elapsed_ms = store.clock().now().since_ms(began);
    Ok(end)
}

/// What a run follows up on. It has ended, so it is the same in each attempt.
async fn previous(store: &Store, claimed: &Claimed) -> Result<Option<Previous>, Failed> {
    let Some(id) = claimed.previous else { return Ok(None) };
    let Some(row) = store.find_run(claimed.owner, id).await? else { return Ok(None) };
    let (input, _) = store.input_of(&row).await?;
    let output = store.result_of(row.seq).await?.and_then(|(output, _)| output);
    Ok(output.map(|output| Previous { input, output }))
}

/// Returns when somebody asks this run to stop.
async fn cancelled(store: &Store, run: RunSeq) {
    let mut changes = store.watch_run(run);
    loop {
        if matches!(store.state_of(run).await, Ok(Some(RunState::Cancelling))) {
            return;
        }
        changes.changed().await;
    }
}

/// Until the processor's wall time is over, counted from the beginning of this attempt.
fn time_left(store: &Store, claimed: &Claimed) -> Duration {
    let spent = store.clock().now().since_ms(claimed.started_at);
    claimed
        .spec
        .processor
        .caps
        .wall
        .saturating_sub(Duration::from_millis(u64::try_from(spent).unwrap_or(0)))
}

fn kept_failing() -> End {
    let message = format!(
        "{MAX_IDLE_ATTEMPTS} attempts in a row ended without getting anywhere; the last worker may have crashed on this."
    );
    let failure = Failure { code: FailureCode::KeptFailing, message };
    End { ending: Ending::Failed(failure), receipt: Receipt::default() }
}

/// The answer of the `noop` processor: the wanted shape, empty.
fn nothing(wanted: &Wanted) -> End {
    let reasoning = "The processor `noop` does not research.";
    let basis = |field: &str| Basis {
        field: field.into(),
        reasoning: reasoning.into(),
        confidence: None,
        evidence: Vec::new(),
        missing: Some(Missing::Budget),
        conflicts: Vec::new(),
        kind: None,
    };
    let null = |schema: &Schema| -> Map<String, Value> {
        schema.fields.iter().map(|field| (field.name.clone(), Value::Null)).collect()
    };
    let output = match wanted {
        Wanted::Text { .. } => Output::new(Content::Text(reasoning.into()), vec![basis("output")]),
        Wanted::Auto => {
            Output::new(Content::Fields { values: Map::new(), schema: None }, Vec::new())
        }
        Wanted::Fields(schema) => Output::new(
            Content::Fields { values: null(schema), schema: None },
            schema.fields.iter().map(|field| basis(&field.name)).collect(),
        ),
    };
    let receipt = Receipt { engine: Engine::Noop.as_str().into(), ..Receipt::default() };
    End { ending: Ending::Completed(output), receipt }
}
