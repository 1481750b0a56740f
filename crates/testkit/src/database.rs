//! A throw-away database of either kind, and a way to look into it past the store.

use std::path::Path;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use rusqlite::Connection;
use sqlx::postgres::PgPoolOptions;
use sqlx::{AssertSqlSafe, PgPool};
use tempfile::TempDir;

use crate::postgres;

/// Gone when dropped (SQLite) or with the cluster (PostgreSQL).
#[derive(Debug)]
pub enum Database {
    Sqlite(TempDir),
    Postgres(String),
}

/// Statements past the store, for what a test wants to see or cannot ask for otherwise.
#[derive(Debug, Clone)]
pub enum Raw {
    Sqlite(Arc<Mutex<Connection>>),
    Postgres(PgPool),
}

impl Database {
    pub fn sqlite() -> Self {
        Self::Sqlite(tempfile::tempdir().expect("a directory for a database"))
    }

    /// A new database on the test cluster.
    pub async fn postgres() -> Self {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let number = COUNT.fetch_add(1, Ordering::SeqCst);
        let name = format!("test_{}_{number}", std::process::id());
        let url = tokio::task::spawn_blocking(move || postgres::cluster().create_database(&name));
        Self::Postgres(url.await.expect("a database on the test cluster"))
    }

    pub fn directory(&self) -> Option<&Path> {
        match self {
            Self::Sqlite(directory) => Some(directory.path()),
            Self::Postgres(_) => None,
        }
    }

    pub fn url(&self) -> Option<&str> {
        match self {
            Self::Sqlite(_) => None,
            Self::Postgres(url) => Some(url),
        }
    }

    /// Works once a store has been opened here.
    pub async fn raw(&self) -> Raw {
        match self {
            Self::Sqlite(directory) => Raw::sqlite(directory.path()),
            Self::Postgres(url) => {
                let pool = PgPoolOptions::new().max_connections(1).connect(url).await;
                Raw::Postgres(pool.expect("a connection to the test cluster"))
            }
        }
    }
}

impl Raw {
    /// The embedded database of a data directory.
    pub fn sqlite(directory: &Path) -> Self {
        let conn = Connection::open(directory.join("task-mcp.db")).expect("the embedded database");
        conn.busy_timeout(Duration::from_secs(30)).expect("an option of SQLite");
        Self::Sqlite(Arc::new(Mutex::new(conn)))
    }

    pub async fn execute(&self, statement: &str) {
        match self {
            Self::Sqlite(conn) => {
                let conn = conn.lock().unwrap_or_else(PoisonError::into_inner);
                conn.execute(statement, []).expect("a statement");
            }
            Self::Postgres(pool) => {
                let statement = sqlx::query(AssertSqlSafe(statement.to_owned()));
                statement.execute(pool).await.expect("a statement");
            }
        }
    }

    /// The one number that a query gives.
    pub async fn number(&self, query: &str) -> i64 {
        match self {
            Self::Sqlite(conn) => {
                let conn = conn.lock().unwrap_or_else(PoisonError::into_inner);
                conn.query_row(query, [], |row| row.get(0)).expect("a query for a number")
            }
            Self::Postgres(pool) => {
                let query = sqlx::query_scalar(AssertSqlSafe(query.to_owned()));
                query.fetch_one(pool).await.expect("a query for a number")
            }
        }
    }

    /// The one column of text that a query gives.
    pub async fn texts(&self, query: &str) -> Vec<String> {
        match self {
            Self::Sqlite(conn) => {
                let conn = conn.lock().unwrap_or_else(PoisonError::into_inner);
                let mut query = conn.prepare(query).expect("a query for text");
                let rows = query.query_map([], |row| row.get(0)).expect("a query for text");
                rows.collect::<Result<_, _>>().expect("text")
            }
            Self::Postgres(pool) => {
                let query = sqlx::query_scalar(AssertSqlSafe(query.to_owned()));
                query.fetch_all(pool).await.expect("a query for text")
            }
        }
    }
}

/// A plain connection whose commits are as durable as those of the embedded store: what no write can be faster than.
#[derive(Debug)]
pub struct Bare(Connection);

impl Bare {
    /// A database of its own in a directory.
    pub fn open(directory: &Path) -> Self {
        let conn = Connection::open(directory.join("bare.db")).expect("an embedded database");
        let table = "PRAGMA journal_mode = WAL;
                     PRAGMA synchronous = FULL;
                     CREATE TABLE bare (seq INTEGER PRIMARY KEY, body TEXT NOT NULL)";
        conn.execute_batch(table).expect("a table");
        Self(conn)
    }

    /// Inserts one row and commits.
    pub fn commit(&self, body: &str) {
        let insert = self.0.prepare_cached("INSERT INTO bare (body) VALUES ($1)");
        insert.and_then(|mut insert| insert.execute([body])).expect("a commit");
    }
}

/// A plain connection to a database of the embedded store that no server uses, and what it inserts for one run: what
/// keeping a run costs without a server before it.
#[derive(Debug)]
pub struct BareStore(Connection);

impl BareStore {
    /// In a data directory where a server has run once.
    pub fn open(directory: &Path) -> Self {
        let conn = Connection::open(directory.join("task-mcp.db")).expect("a database");
        let settings = "PRAGMA synchronous = FULL;
                        PRAGMA foreign_keys = ON;
                        PRAGMA cache_size = -4096;
                        INSERT INTO specs (owner, hash, body) VALUES (1, x'07', '{}')";
        conn.execute_batch(settings).expect("a spec");
        Self(conn)
    }

    /// Inserts a run with its first event, and commits.
    pub fn commit(&self, id: &str, input: &str) {
        let conn = &self.0;
        let run = "INSERT INTO runs (id, owner, spec, processor, input, state, turn, event_seq, created_at_ms, modified_at_ms)
                   VALUES ($1, 1, 1, 'noop', $2, 'queued',
                           (SELECT COALESCE(MIN(turn), 0) + 1 FROM runs WHERE state = 'queued'), 1, 7, 7)";
        let event = "INSERT INTO events (run_seq, seq, at_ms, kind, body)
                     VALUES ($1, 1, 7, 'state', '{\"state\":\"queued\"}')";
        let insert = || {
            conn.prepare_cached("BEGIN IMMEDIATE")?.execute([])?;
            conn.prepare_cached(run)?.execute([id, input])?;
            conn.prepare_cached(event)?.execute([conn.last_insert_rowid()])?;
            conn.prepare_cached("COMMIT")?.execute([])
        };
        insert().expect("a commit");
    }
}
