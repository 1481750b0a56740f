//! Connections to the embedded database, each lent to one user at a time.
//!
//! Not sqlx's pool: it asks a connection whether it is alive before and after each use, and every answer of SQLite
//! is two switches of threads away. The way to a file is not lost as the way through a network is.

use std::ops::{Deref, DerefMut};
use std::sync::Arc;

use sqlx::sqlite::SqliteConnectOptions;
use sqlx::{ConnectOptions, SqliteConnection};
use tokio::sync::{Mutex, OwnedMutexGuard, OwnedSemaphorePermit, Semaphore};

use crate::Failed;

/// As many connections as there are permits.
pub(crate) struct Connections {
    all: Vec<Arc<Mutex<SqliteConnection>>>,
    free: Arc<Semaphore>,
}

/// A connection; goes back when dropped, and only then lets the next one in.
pub(crate) struct Lent {
    conn: OwnedMutexGuard<SqliteConnection>,
    _permit: OwnedSemaphorePermit,
}

impl Connections {
    pub(crate) async fn open(options: &SqliteConnectOptions, count: usize) -> Result<Self, Failed> {
        let mut all = Vec::with_capacity(count);
        for _ in 0..count {
            all.push(Arc::new(Mutex::new(options.connect().await?)));
        }
        Ok(Self { all, free: Arc::new(Semaphore::new(count)) })
    }

    /// Waits for a connection that nobody has.
    pub(crate) async fn lend(&self) -> Result<Lent, Failed> {
        let permit = Arc::clone(&self.free).acquire_owned().await.map_err(|_| Failed::Closed)?;
        loop {
            // The permit says that one is free; it may have come back to a place that was looked at before.
            let free = self.all.iter().find_map(|conn| Arc::clone(conn).try_lock_owned().ok());
            if let Some(conn) = free {
                return Ok(Lent { conn, _permit: permit });
            }
        }
    }
}

impl Deref for Lent {
    type Target = SqliteConnection;

    fn deref(&self) -> &SqliteConnection {
        &self.conn
    }
}

impl DerefMut for Lent {
    fn deref_mut(&mut self) -> &mut SqliteConnection {
        &mut self.conn
    }
}
