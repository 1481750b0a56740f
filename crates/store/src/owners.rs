//! To whom rows belong.

use crate::Store;
use crate::changes::Change;
use crate::changes::Watch;

/// The number of an owner. Everything made without a key belongs to [`Owner::LOCAL`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Owner(pub(crate) i64);

impl Owner {
    /// The first row of the table `owners`, made by the first migration.
    pub const LOCAL: Self = Self(1);
}

impl std::fmt::Display for Owner {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.0.fmt(f)
    }
}

impl Store {
    /// Wakes when there may be work to claim.
    pub fn watch_work(&self) -> Watch {
        self.inner.changes.watch(Change::Work)
    }
}
