//! Whether anything was written to the embedded database, by this process or by another.

use std::path::Path;
use std::sync::{Mutex, PoisonError};

use crate::db::Db;
use crate::embedded::{Embedded, Use};
use crate::{Failed, Store};

/// A connection that never writes: to it, `data_version` moves with the commits of all others.
pub(crate) struct Commits(Mutex<Embedded>);

impl Commits {
    pub(crate) fn open(file: &Path) -> Result<Self, Failed> {
        Ok(Self(Mutex::new(Embedded::open(file, Use::Reading)?)))
    }

    fn version(&self) -> Result<i64, Failed> {
        let conn = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let (version,) = conn.fetch_one::<(i64,)>("PRAGMA data_version", &[])?;
        Ok(version)
    }
}

impl Store {
    /// A number that is another one after each commit, whoever made it: what was read while it was the same is still
    /// so. `None` where that cannot be told without asking over a network (PostgreSQL).
    pub fn version(&self) -> Result<Option<i64>, Failed> {
        match &*self.inner.db {
            Db::Sqlite { commits, .. } => commits.version().map(Some),
            Db::Postgres { .. } => Ok(None),
        }
    }
}
