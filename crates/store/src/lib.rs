//! All SQL: runs, their journal, events and results, the pages that were read; and which run goes next.
//!
//! One truth, on SQLite or on PostgreSQL, with the same statements and the same tests.

mod cancel;
mod changes;
mod columns;
mod commits;
mod db;
pub mod dispatch;
mod document;
mod embedded;
mod estimates;
mod events;
mod finish;
mod groups;
mod idempotency;
mod journal;
mod keys;
mod ledger;
mod lending;
mod links;
mod made;
mod marks;
mod migrate;
mod owners;
mod pages;
mod postgres;
mod prompts;
mod retry;
mod rows;
mod runs;
mod sheets;
mod sources;
mod sqlite;
mod steps;
mod submit;
mod visits;
mod webhooks;

use std::collections::HashMap;
use std::error::Error;
use std::path::PathBuf;
use std::sync::{Arc, Mutex};

use domain::clock::{Chance, Clock};
use domain::spec::Spec;
use tokio::sync::mpsc;
use tokio::task::JoinSet;

pub use changes::Watch;
pub use events::{EVENTS_AT_ONCE, GroupEvent};
pub use finish::{End, Ending};
pub use groups::{GroupFilter, GroupPage};
pub use idempotency::{Key, Known, Replayed};
pub use journal::{Call, Kept, Made};
pub use keys::{Added, KeyRow};
pub use ledger::{Amount, Bill, Lost, Paid};
pub use marks::{GroupMarks, Mark, Tally};
pub use owners::Owner;
pub use pages::{Archived, ReadingOf};
pub use rows::{Pick, RowPart, RowQuery, RowSort};
pub use runs::{Ended, Filter, Listed, MAX_COUNTED, Note, RunPage, RunRow, RunSeq};
pub use sheets::UploadedSheet;
pub use sqlite::ExecutorLock;
pub use steps::{Outcome, STEPS_AT_ONCE, Step};
pub use submit::{NewRun, Rows};
pub use visits::{Visit, VisitMarks};
pub use webhooks::{About, Delivery, DeliveryRow, TRY_MS};

use crate::changes::Changes;
use crate::db::Db;

/// Where the truth lies.
#[derive(Debug, Clone)]
pub enum Location {
    /// A data directory; the file in it is `task-mcp.db`.
    Directory(PathBuf),
    /// `postgres://user@host/database`.
    Url(String),
}

/// What the database said.
pub type Cause = Arc<dyn Error + Send + Sync>;

/// Why the store could not do as asked.
#[derive(Debug, Clone, thiserror::Error)]
pub enum Failed {
    /// Trying again later helps.
    #[error("the database does not answer: {0}")]
    Unavailable(Cause),
    #[error("the database has no room left: {0}")]
    Full(Cause),
    #[error(
        "the database was written by a newer version of task-mcp (its schema has step {step}); use that version, or another --data directory"
    )]
    Newer { step: i64 },
    #[error("the data directory `{path}` cannot be used: {why}")]
    Directory { path: String, why: String },
    #[error("the database refused a statement: {0}")]
    Broken(Cause),
    #[error("a stored {what} cannot be read: {why}")]
    Unreadable { what: &'static str, why: String },
    /// Another process made the same thing first; looking again finds it.
    #[error("another process was first")]
    LostRace,
    #[error("the store is shutting down")]
    Closed,
}

impl Failed {
    /// Whether the same may succeed later, without anybody changing anything.
    pub const fn is_passing(&self) -> bool {
        match self {
            Self::Unavailable(_) | Self::Full(_) | Self::LostRace | Self::Closed => true,
            Self::Newer { .. }
            | Self::Directory { .. }
            | Self::Broken(_)
            | Self::Unreadable { .. } => false,
        }
    }
}

/// A handle; cloning it is cheap and shares everything.
#[derive(Clone)]
pub struct Store {
    inner: Arc<Inner>,
}

struct Inner {
    db: Arc<Db>,
    /// To the task that writes the ends of runs.
    ends: mpsc::Sender<finish::Waiting>,
    _tasks: JoinSet<()>,
    clock: Clock,
    chance: Chance,
    changes: Arc<Changes>,
    /// Specs by their number: thousands of rows share one.
    specs: Mutex<HashMap<i64, Arc<Spec>>>,
}

/// Endings that wait to be written; beyond that workers wait.
const ENDS_WAITING: usize = 256;

/// Specs kept in memory at once; beyond that the memory is emptied and filled again.
const MAX_SPECS_IN_MEMORY: usize = 256;

impl Store {
    /// Opens the database, bringing its schema up to date where this process may do that.
    ///
    /// On SQLite only one process at a time migrates (it holds `migrate.lock` for the moment).
    pub async fn open(location: &Location, clock: Clock, chance: Chance) -> Result<Self, Failed> {
        let changes = Arc::new(Changes::new(&chance));
        let db = match location {
            Location::Directory(directory) => sqlite::open(directory, &changes).await?,
            Location::Url(url) => postgres::open(url, &changes).await?,
        };
        let db = Arc::new(db);
        let (ends, waiting) = mpsc::channel(ENDS_WAITING);
        let mut tasks = JoinSet::new();
        tasks.spawn(finish::write_ends(Arc::clone(&db), waiting));
        let specs = Mutex::default();
        let inner = Inner { db, ends, _tasks: tasks, clock, chance, changes, specs };
        Ok(Self { inner: Arc::new(inner) })
    }

    /// Whether any number of processes may execute runs (PostgreSQL) or only the one with the lock.
    pub fn is_shared(&self) -> bool {
        matches!(*self.inner.db, Db::Postgres { .. })
    }

    /// Answers when the database does.
    pub async fn ping(&self) -> Result<(), Failed> {
        let mut conn = self.inner.db.reader().await?;
        db::fetch_one!(conn, (i64,), "-- ping\nSELECT CAST(1 AS BIGINT)")?;
        Ok(())
    }

    pub fn clock(&self) -> &Clock {
        &self.inner.clock
    }

    pub fn chance(&self) -> &Chance {
        &self.inner.chance
    }
}
