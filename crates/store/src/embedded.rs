//! A connection to the embedded database: a statement runs on the thread that asks for it.
//!
//! Not through sqlx, which keeps a thread for each connection, sends it every statement and has every row sent back:
//! that costs several times what SQLite itself does (docs/decisions/0010).

use std::path::Path;
use std::time::Duration;

use rusqlite::config::DbConfig;
use rusqlite::{CachedStatement, Connection, OpenFlags, ToSql};

use crate::Failed;
use crate::columns::Columns;

/// How long a statement waits for another process's transaction.
const BUSY_TIMEOUT: Duration = Duration::from_secs(30);
/// Statements that are kept ready: more than there are in this crate.
const STATEMENTS: usize = 200;

/// `cache_size`: pages of the database kept in memory by each connection, in KiB (negative: KiB, not pages).
const SETTINGS: &str = "
    PRAGMA journal_mode = WAL;
    PRAGMA synchronous = FULL;
    PRAGMA foreign_keys = ON;
    PRAGMA cache_size = -4096;
    PRAGMA temp_store = MEMORY";

/// What a connection is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Use {
    Reading,
    Writing,
}

pub(crate) struct Embedded(Connection);

impl Embedded {
    /// Opens the file, which is made if need be.
    pub(crate) fn open(file: &Path, purpose: Use) -> Result<Self, Failed> {
        // Each connection is lent to one user at a time, so that SQLite need not guard it.
        let flags = OpenFlags::SQLITE_OPEN_READ_WRITE
            | OpenFlags::SQLITE_OPEN_CREATE
            | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let conn = Connection::open_with_flags(file, flags)?;
        conn.busy_timeout(BUSY_TIMEOUT)?;
        // A plan is made once for a statement. Else it is made anew whenever a parameter changes that might matter to a
        // partial index, which costs more than the statement.
        conn.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true)?;
        conn.execute_batch(SETTINGS)?;
        if purpose == Use::Reading {
            conn.execute_batch("PRAGMA query_only = ON")?;
        }
        conn.set_prepared_statement_cache_capacity(STATEMENTS);
        Ok(Self(conn))
    }

    /// Statements without parameters, one after the other.
    pub(crate) fn run(&self, statements: &str) -> Result<(), Failed> {
        Ok(self.0.execute_batch(statements)?)
    }

    /// The number of rows that it changed.
    pub(crate) fn execute(&self, text: &str, binds: &[&dyn ToSql]) -> Result<u64, Failed> {
        let changed = self.ready(text, binds)?.raw_execute()?;
        Ok(u64::try_from(changed).unwrap_or(u64::MAX))
    }

    pub(crate) fn fetch_all<R: Columns>(
        &self,
        text: &str,
        binds: &[&dyn ToSql],
    ) -> Result<Vec<R>, Failed> {
        let mut statement = self.ready(text, binds)?;
        let mut rows = statement.raw_query();
        let mut all = Vec::new();
        while let Some(row) = rows.next()? {
            all.push(R::read(row, &mut 0)?);
        }
        Ok(all)
    }

    pub(crate) fn fetch_optional<R: Columns>(
        &self,
        text: &str,
        binds: &[&dyn ToSql],
    ) -> Result<Option<R>, Failed> {
        let mut statement = self.ready(text, binds)?;
        let mut rows = statement.raw_query();
        Ok(rows.next()?.map(|row| R::read(row, &mut 0)).transpose()?)
    }

    pub(crate) fn fetch_one<R: Columns>(
        &self,
        text: &str,
        binds: &[&dyn ToSql],
    ) -> Result<R, Failed> {
        let row = self.fetch_optional(text, binds)?;
        row.ok_or_else(|| rusqlite::Error::QueryReturnedNoRows.into())
    }

    /// A statement with its parameters. `$7` is the seventh, as on PostgreSQL; to SQLite it is a name, and parameters
    /// are numbered by where they first stand.
    fn ready(&self, text: &str, binds: &[&dyn ToSql]) -> Result<CachedStatement<'_>, Failed> {
        let mut statement = self.0.prepare_cached(text)?;
        for place in 1..=statement.parameter_count() {
            let number =
                statement.parameter_name(place).and_then(|name| name.get(1..)?.parse().ok());
            let bind = binds.get(number.unwrap_or(place) - 1);
            let bind = bind.ok_or(rusqlite::Error::InvalidParameterCount(binds.len(), place))?;
            statement.raw_bind_parameter(place, bind)?;
        }
        Ok(statement)
    }
}
