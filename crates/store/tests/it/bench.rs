//! A store on an empty database, a clock set by hand, and short words for what tests do with them.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use domain::ids::GroupId;
use domain::output::{Basis, Content, Output};
use domain::receipt::Receipt;
use domain::run::{Failure, FailureCode, RunState};
use domain::spec::{Input, Spec};
use task_mcp_store::dispatch::{Claimed, Worker};
use task_mcp_store::{End, Ending, Key, Location, NewRun, Owner, RunRow, Store};
use testkit::database::Raw;
use testkit::{Database, HandClock, build, clock};

pub(crate) const ME: Owner = Owner::LOCAL;

pub(crate) struct Bench {
    pub(crate) store: Store,
    pub(crate) clock: HandClock,
    pub(crate) database: Database,
    seeds: AtomicU64,
}

impl Bench {
    pub(crate) async fn new(database: Database) -> Self {
        let clock = HandClock::default();
        let store = Store::open(&location(&database), clock.clock(), clock::chance(0)).await;
        Self { store: store.unwrap(), clock, database, seeds: AtomicU64::new(1) }
    }

    /// As another process opens the same database.
    pub(crate) async fn another(&self) -> Store {
        let seed = self.seeds.fetch_add(1, Ordering::SeqCst);
        let location = location(&self.database);
        Store::open(&location, self.clock.clock(), clock::chance(seed)).await.unwrap()
    }

    pub(crate) async fn raw(&self) -> Raw {
        self.database.raw().await
    }

    pub(crate) async fn submit(&self) -> RunRow {
        let made = self.store.create_run(ME, new_run(), None).await.unwrap().made().unwrap();
        self.store.find_run(ME, made.id).await.unwrap().unwrap()
    }

    /// A group with this many rows.
    pub(crate) async fn group(&self, rows: usize) -> GroupId {
        let group = self.store.create_group(ME, None, None, None).await.unwrap().made().unwrap();
        self.add(group.id, rows).await;
        group.id
    }

    pub(crate) async fn add(&self, group: GroupId, rows: usize) {
        let rows = new_rows(rows);
        self.store.add_rows(ME, group, rows, None).await.unwrap().unwrap();
    }

    pub(crate) async fn claim(&self, limit: usize) -> Vec<Claimed> {
        self.store.claim(&worker("ann"), limit).await.unwrap()
    }

    pub(crate) async fn claim_one(&self) -> Claimed {
        let mut claimed = self.claim(1).await;
        assert_eq!(claimed.len(), 1);
        claimed.remove(0)
    }

    pub(crate) async fn state(&self, run: &RunRow) -> RunState {
        self.store.state_of(run.seq).await.unwrap().unwrap()
    }

    /// Beyond the end of every lease that is held now.
    pub(crate) fn let_leases_run_out(&self) {
        self.clock.advance(Duration::from_secs(31));
    }
}

pub(crate) fn location(database: &Database) -> Location {
    match database {
        Database::Sqlite(directory) => Location::Directory(directory.path().to_owned()),
        Database::Postgres(url) => Location::Url(url.clone()),
    }
}

pub(crate) fn new_run() -> NewRun {
    asking(&Arc::new(build::noop()), build::question("How often does the tide turn?"))
}

pub(crate) fn asking(spec: &Arc<Spec>, input: Input) -> NewRun {
    let spec = Arc::clone(spec);
    NewRun {
        spec,
        input,
        metadata: None,
        warnings: Vec::new(),
        host: None,
        previous: None,
        webhook: None,
    }
}

/// Rows that share a spec and are numbered.
pub(crate) fn new_rows(count: usize) -> Vec<NewRun> {
    let spec = Arc::new(build::noop());
    (0..count).map(|row| asking(&spec, build::row("name", &format!("row {row}")))).collect()
}

pub(crate) fn key(text: &str, request: &str) -> Key {
    Key { text: text.into(), request_hash: request.as_bytes().to_vec(), lifetime_ms: 1000 }
}

pub(crate) fn worker(name: &str) -> Worker {
    Worker { name: name.into(), host: "here".into(), only: None, per_group: 1_000_000 }
}

pub(crate) fn completed(text: &str) -> End {
    let basis = Basis {
        field: "output".into(),
        reasoning: "It says so.".into(),
        confidence: None,
        evidence: Vec::new(),
        missing: None,
        conflicts: Vec::new(),
        kind: None,
    };
    let output = Output::new(Content::Text(text.into()), vec![basis]);
    End { ending: Ending::Completed(output), receipt: Receipt::default() }
}

pub(crate) fn failed() -> End {
    let failure = Failure { code: FailureCode::NoEvidence, message: "Nothing was found.".into() };
    End { ending: Ending::Failed(failure), receipt: Receipt::default() }
}

pub(crate) fn cancelled() -> End {
    End { ending: Ending::Cancelled, receipt: Receipt::default() }
}
