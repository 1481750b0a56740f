//! Connections to the embedded database, each lent to one user at a time.

use std::ops::Deref;
use std::path::Path;
use std::sync::Arc;

use tokio::sync::{Mutex, OwnedMutexGuard, OwnedSemaphorePermit, Semaphore};

use crate::Failed;
use crate::embedded::{Embedded, Use};

/// As many connections as there are permits.
pub(crate) struct Connections {
    all: Vec<Arc<Mutex<Embedded>>>,
    free: Arc<Semaphore>,
}

/// A connection; goes back when dropped, and only then lets the next one in.
pub(crate) struct Lent {
    conn: OwnedMutexGuard<Embedded>,
    _permit: OwnedSemaphorePermit,
}

impl Connections {
    pub(crate) fn open(file: &Path, purpose: Use, count: usize) -> Result<Self, Failed> {
        let open = |_| Ok(Arc::new(Mutex::new(Embedded::open(file, purpose)?)));
        let all = (0..count).map(open).collect::<Result<_, Failed>>()?;
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
    type Target = Embedded;

    fn deref(&self) -> &Embedded {
        &self.conn
    }
}
