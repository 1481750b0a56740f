//! One feed per process that wakes whoever waits for a run, a group or work to do.
//!
//! A wake-up says "look again", not what happened: other processes' writes are known only as "something
//! changed". Waiters subscribe first, then look, then wait.

use std::collections::{BTreeSet, HashMap};
use std::sync::{Mutex, PoisonError};

use domain::clock::Chance;
use tokio::sync::watch;

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) enum Change {
    Run(i64),
    /// A run that is not a row has made a step, which is more often than its state or its story changes. Whoever waits for it
    /// is woken by [`Change::Run`] too.
    Steps(i64),
    Group(i64),
    /// Something is due to be executed.
    Work,
    /// Something is due to be told to a webhook.
    Delivery,
}

pub(crate) struct Changes {
    /// Names this feed among those of all processes on one database.
    origin: String,
    waiting: Mutex<HashMap<Change, watch::Sender<()>>>,
}

/// Wakes at each change of one thing.
pub struct Watch(watch::Receiver<()>);

impl Watch {
    /// Returns when something has changed since the last call. Ends only with the store.
    pub async fn changed(&mut self) {
        if self.0.changed().await.is_err() {
            std::future::pending::<()>().await;
        }
    }
}

impl Changes {
    pub(crate) fn new(chance: &Chance) -> Self {
        Self { origin: format!("{:x}", chance.next()), waiting: Mutex::default() }
    }

    pub(crate) fn origin(&self) -> &str {
        &self.origin
    }

    pub(crate) fn watch(&self, change: Change) -> Watch {
        let mut waiting = self.waiting.lock().unwrap_or_else(PoisonError::into_inner);
        Watch(waiting.entry(change).or_insert_with(|| watch::channel(()).0).subscribe())
    }

    pub(crate) fn publish(&self, changes: &BTreeSet<Change>) {
        let mut waiting = self.waiting.lock().unwrap_or_else(PoisonError::into_inner);
        for change in changes {
            let also = if let Change::Run(run) = change { Some(Change::Steps(*run)) } else { None };
            for change in [Some(*change), also].into_iter().flatten() {
                if let Some(sender) = waiting.get(&change)
                    && sender.send(()).is_err()
                {
                    waiting.remove(&change);
                }
            }
        }
    }

    /// Something changed, nobody knows what: everybody looks again.
    pub(crate) fn publish_all(&self) {
        let mut waiting = self.waiting.lock().unwrap_or_else(PoisonError::into_inner);
        waiting.retain(|_, sender| sender.send(()).is_ok());
    }
}

impl Change {
    /// As it travels between processes on PostgreSQL.
    pub(crate) fn to_word(self) -> String {
        match self {
            Self::Run(seq) => format!("r{seq}"),
            Self::Steps(seq) => format!("s{seq}"),
            Self::Group(seq) => format!("g{seq}"),
            Self::Work => "w".into(),
            Self::Delivery => "d".into(),
        }
    }

    pub(crate) fn from_word(word: &str) -> Option<Self> {
        let (kind, number) = word.split_at_checked(1)?;
        match kind {
            "r" => number.parse().ok().map(Self::Run),
            "s" => number.parse().ok().map(Self::Steps),
            "g" => number.parse().ok().map(Self::Group),
            "w" => Some(Self::Work),
            "d" => Some(Self::Delivery),
            _ => None,
        }
    }
}
