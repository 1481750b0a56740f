//! Two databases behind one set of statements.
//!
//! [`Conn`] is a connection to either; the macros send the same text to it. Writing goes through [`Db::write`]:
//! on SQLite one task gathers what is waiting into one transaction, on PostgreSQL each job has its own.

use std::borrow::Cow;
use std::collections::BTreeSet;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;

use rusqlite::ErrorCode;
use sqlx::pool::PoolConnection;
use sqlx::{PgPool, Postgres, Transaction};
use tokio::sync::{mpsc, oneshot};
use tokio::task::JoinSet;

use crate::Failed;
use crate::changes::{Change, Changes};
use crate::commits::Commits;
use crate::lending::{Connections, Lent};
use crate::sqlite::Job;

pub(crate) enum Db {
    Sqlite { writer: mpsc::Sender<Job>, readers: Connections, commits: Commits },
    Postgres { pool: PgPool, changes: Arc<Changes>, _tasks: JoinSet<()> },
}

/// One connection, and what was changed over it.
pub(crate) struct Conn {
    pub(crate) link: Link,
    pub(crate) touched: BTreeSet<Change>,
}

pub(crate) enum Link {
    Sqlite(Lent),
    Postgres(PoolConnection<Postgres>),
    PostgresTx(Transaction<'static, Postgres>),
}

pub(crate) type Writing<'a, T> = Pin<Box<dyn Future<Output = Result<T, Failed>> + Send + 'a>>;

impl Conn {
    pub(crate) const fn new(link: Link) -> Self {
        Self { link, touched: BTreeSet::new() }
    }

    /// Wakes those who wait for it, once the transaction has committed.
    pub(crate) fn touch(&mut self, change: Change) {
        self.touched.insert(change);
    }

    pub(crate) const fn is_postgres(&self) -> bool {
        matches!(self.link, Link::Postgres(_) | Link::PostgresTx(_))
    }
}

impl Db {
    /// A connection for reading. It never waits for a writer.
    pub(crate) async fn reader(&self) -> Result<Conn, Failed> {
        Ok(Conn::new(match self {
            Self::Sqlite { readers, .. } => Link::Sqlite(readers.lend().await?),
            Self::Postgres { pool, .. } => Link::Postgres(Box::pin(pool.acquire()).await?),
        }))
    }

    /// Does `work` in a transaction and returns after it is on disk.
    ///
    /// Dropping the future does not undo what was handed over: the work is done or not done as a whole.
    pub(crate) async fn write<T, F>(&self, work: F) -> Result<T, Failed>
    where
        T: Send + 'static,
        F: for<'a> FnOnce(&'a mut Conn) -> Writing<'a, T> + Send + 'static,
    {
        match self {
            Self::Sqlite { writer, .. } => {
                let (answer, answered) = oneshot::channel();
                writer.send(Job::new(work, answer)).await.map_err(|_| Failed::Closed)?;
                answered.await.map_err(|_| Failed::Closed)?
            }
            Self::Postgres { pool, changes, .. } => {
                let mut conn = Conn::new(Link::PostgresTx(Box::pin(pool.begin()).await?));
                let done = work(&mut conn).await?;
                crate::postgres::commit(conn, changes).await?;
                Ok(done)
            }
        }
    }
}

impl From<sqlx::Error> for Failed {
    fn from(error: sqlx::Error) -> Self {
        let code = error
            .as_database_error()
            .and_then(sqlx::error::DatabaseError::code)
            .map(Cow::into_owned);
        let is_lost = matches!(
            error,
            sqlx::Error::Io(_)
                | sqlx::Error::Tls(_)
                | sqlx::Error::PoolTimedOut
                | sqlx::Error::PoolClosed
                | sqlx::Error::WorkerCrashed
                | sqlx::Error::Protocol(_)
        );
        let error = Arc::new(error);
        match code.as_deref() {
            // disk_full
            Some("53100") => Self::Full(error),
            // serialization, deadlock, too many connections; below: connection trouble, shutting down
            Some("40001" | "40P01" | "53300") => Self::Unavailable(error),
            Some(code) if code.starts_with("08") || code.starts_with("57P") => {
                Self::Unavailable(error)
            }
            _ if is_lost => Self::Unavailable(error),
            _ => Self::Broken(error),
        }
    }
}

impl From<rusqlite::Error> for Failed {
    fn from(error: rusqlite::Error) -> Self {
        let code = error.sqlite_error_code();
        let error = Arc::new(error);
        if code == Some(ErrorCode::DiskFull) {
            Self::Full(error)
        } else if code == Some(ErrorCode::DatabaseBusy) {
            Self::Unavailable(error)
        } else {
            Self::Broken(error)
        }
    }
}

/// What the macros below send: the same text to both databases, or one that differs in a name.
pub(crate) trait Statement {
    fn text(self, is_postgres: bool) -> &'static str;
}

impl Statement for &'static str {
    fn text(self, _: bool) -> &'static str {
        self
    }
}

/// The same statement in the words of each database.
#[derive(Clone, Copy)]
pub(crate) struct Both {
    pub(crate) sqlite: &'static str,
    pub(crate) postgres: &'static str,
}

impl Statement for Both {
    fn text(self, is_postgres: bool) -> &'static str {
        if is_postgres { self.postgres } else { self.sqlite }
    }
}

/// A statement over the elements of a JSON list, `$1`: one statement for many rows. Each element is a JSON `value`.
/// Given is what stands before the list and what stands after it.
macro_rules! over_rows {
    ($before:literal, $after:literal) => {
        $crate::db::Both {
            sqlite: concat!($before, "json_each($1)", $after),
            postgres: concat!($before, "json_array_elements($1::json)", $after),
        }
    };
}

/// Sends one statement to whichever database it is; gives the number of rows it changed.
///
/// On the heap, as in `fetch!`: requests that wait hold the room of their largest call all the while.
macro_rules! execute {
    ($conn:expr, $sql:expr $(, $bind:expr)* $(,)?) => {{
        let text = $crate::db::Statement::text($sql, $conn.is_postgres());
        match &mut $conn.link {
            $crate::db::Link::Sqlite(link) =>
                link.execute(text, &[$(&$bind as &dyn rusqlite::ToSql),*]),
            $crate::db::Link::Postgres(link) =>
                Box::pin(sqlx::query(text)$(.bind($bind))*.execute(&mut **link)).await
                    .map(|done| done.rows_affected()).map_err($crate::Failed::from),
            $crate::db::Link::PostgresTx(link) =>
                Box::pin(sqlx::query(text)$(.bind($bind))*.execute(&mut **link)).await
                    .map(|done| done.rows_affected()).map_err($crate::Failed::from),
        }
    }};
}

macro_rules! fetch {
    ($how:ident, $conn:expr, $row:ty, $sql:expr $(, $bind:expr)* $(,)?) => {{
        let text = $crate::db::Statement::text($sql, $conn.is_postgres());
        match &mut $conn.link {
            $crate::db::Link::Sqlite(link) =>
                link.$how::<$row>(text, &[$(&$bind as &dyn rusqlite::ToSql),*]),
            $crate::db::Link::Postgres(link) =>
                Box::pin(sqlx::query_as::<_, $row>(text)$(.bind($bind))*.$how(&mut **link)).await
                    .map_err($crate::Failed::from),
            $crate::db::Link::PostgresTx(link) =>
                Box::pin(sqlx::query_as::<_, $row>(text)$(.bind($bind))*.$how(&mut **link)).await
                    .map_err($crate::Failed::from),
        }
    }};
}

/// All rows of a statement as `$row` (a tuple, or a struct made by `columns!`).
macro_rules! fetch_all {
    ($($rest:tt)*) => { $crate::db::fetch!(fetch_all, $($rest)*) };
}

/// The row of a statement that has one or none.
macro_rules! fetch_optional {
    ($($rest:tt)*) => { $crate::db::fetch!(fetch_optional, $($rest)*) };
}

/// The row of a statement that always has one.
macro_rules! fetch_one {
    ($($rest:tt)*) => { $crate::db::fetch!(fetch_one, $($rest)*) };
}

pub(crate) use {execute, fetch, fetch_all, fetch_one, fetch_optional, over_rows};
