//! A throw-away database of either kind, and a way to look into it past the store.

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, Ordering};

use sqlx::postgres::PgPoolOptions;
use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous};
use sqlx::{AssertSqlSafe, ConnectOptions, PgPool, SqliteConnection, SqlitePool};
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
    Sqlite(SqlitePool),
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
            Self::Sqlite(directory) => Raw::sqlite(directory.path()).await,
            Self::Postgres(url) => {
                let pool = PgPoolOptions::new().max_connections(1).connect(url).await;
                Raw::Postgres(pool.expect("a connection to the test cluster"))
            }
        }
    }
}

impl Raw {
    /// The embedded database of a data directory.
    pub async fn sqlite(directory: &Path) -> Self {
        let file: PathBuf = directory.join("task-mcp.db");
        let options = SqliteConnectOptions::new().filename(file);
        let options = options.busy_timeout(std::time::Duration::from_secs(30));
        let pool = SqlitePoolOptions::new().max_connections(1).connect_with(options).await;
        Self::Sqlite(pool.expect("the embedded database"))
    }

    pub async fn execute(&self, statement: &str) {
        let statement = AssertSqlSafe(statement.to_owned());
        match self {
            Self::Sqlite(pool) => {
                sqlx::query(statement).execute(pool).await.expect("a statement");
            }
            Self::Postgres(pool) => {
                sqlx::query(statement).execute(pool).await.expect("a statement");
            }
        }
    }

    /// The one number that a query gives.
    pub async fn number(&self, query: &str) -> i64 {
        let query = AssertSqlSafe(query.to_owned());
        let (number,) = match self {
            Self::Sqlite(pool) => sqlx::query_as::<_, (i64,)>(query).fetch_one(pool).await,
            Self::Postgres(pool) => sqlx::query_as::<_, (i64,)>(query).fetch_one(pool).await,
        }
        .expect("a query for a number");
        number
    }

    /// The one column of text that a query gives.
    pub async fn texts(&self, query: &str) -> Vec<String> {
        let query = AssertSqlSafe(query.to_owned());
        let rows: Vec<(String,)> = match self {
            Self::Sqlite(pool) => sqlx::query_as(query).fetch_all(pool).await,
            Self::Postgres(pool) => sqlx::query_as(query).fetch_all(pool).await,
        }
        .expect("a query for text");
        rows.into_iter().map(|(text,)| text).collect()
    }
}

/// A plain connection whose commits are as durable as those of the embedded store: what no write can be faster than.
#[derive(Debug)]
pub struct Bare(SqliteConnection);

impl Bare {
    /// A database of its own in a directory.
    pub async fn open(directory: &Path) -> Self {
        let options = SqliteConnectOptions::new()
            .filename(directory.join("bare.db"))
            .create_if_missing(true)
            .journal_mode(SqliteJournalMode::Wal)
            .synchronous(SqliteSynchronous::Full);
        let mut conn = options.connect().await.expect("an embedded database");
        let table = "CREATE TABLE bare (seq INTEGER PRIMARY KEY, body TEXT NOT NULL)";
        sqlx::query(table).execute(&mut conn).await.expect("a table");
        Self(conn)
    }

    /// Inserts one row and commits, in one call.
    pub async fn commit(&mut self, body: &str) {
        let insert = "BEGIN IMMEDIATE; INSERT INTO bare (body) VALUES ($1); COMMIT";
        sqlx::query(insert).bind(body).execute(&mut self.0).await.expect("a commit");
    }
}
