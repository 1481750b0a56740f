//! Looking at groups.

use domain::clock::TimeMs;
use domain::group::{Counts, Group};
use domain::ids::GroupId;
use domain::run::RunState;

use crate::changes::{Change, Watch};
use crate::columns::columns;
use crate::db::{Both, fetch_all, fetch_optional};
use crate::rows::like;
use crate::runs::{MAX_PAGE, Note};
use crate::{Failed, Owner, Store, document};

/// A part of a listing, newest first.
#[derive(Debug, Clone, PartialEq)]
pub struct GroupPage {
    pub groups: Vec<Group>,
    /// Where each of them stands in the listing: a page may begin before it.
    pub places: Vec<i64>,
    /// Where the next page begins; `None` at the end.
    pub next: Option<i64>,
}

/// Which groups a listing shows.
#[derive(Debug, Clone, Default)]
pub struct GroupFilter {
    pub is_active: Option<bool>,
    /// `Running` while a row is active, `Cancelled` where all rows were, else `Completed`; a group has no other state.
    pub state: Option<RunState>,
    /// Only with this among the metadata.
    pub note: Option<Note>,
    /// Only where the metadata hold these words, in whatever case.
    pub words: Option<String>,
}

/// Neither 0 nor 1: active or not.
pub(crate) const ANY: i64 = 2;

macro_rules! list_groups {
    ($note:literal) => {
        concat!(
            "-- list_groups
             SELECT seq, id, metadata, queued, running, cancelling, completed, failed, cancelled, event_seq,
                    created_at_ms, modified_at_ms
             FROM groups
             WHERE owner = $1 AND seq < $2 AND ($5 = '' OR ",
            $note,
            " IN ($6, $7))
               AND ($8 = '' OR LOWER(COALESCE(metadata, '')) LIKE $8 ESCAPE '\\')
               AND ($4 = 2 OR $4 = CASE WHEN queued + running + cancelling > 0 THEN 1 ELSE 0 END)
               AND ($9 = '' OR $9 = CASE WHEN queued + running + cancelling > 0 THEN 'running'
                                         WHEN cancelled > 0 AND completed + failed = 0 THEN 'cancelled'
                                         ELSE 'completed' END)
             ORDER BY seq DESC LIMIT $3"
        )
    };
}

const LIST_GROUPS: Both = Both {
    sqlite: list_groups!("metadata -> $5"),
    postgres: list_groups!("CAST(CAST(metadata AS JSON) -> $5 AS TEXT)"),
};

columns! {
    pub(crate) struct GroupRow {
        pub(crate) seq: i64,
        id: String,
        metadata: Option<String>,
        queued: i64,
        running: i64,
        cancelling: i64,
        completed: i64,
        failed: i64,
        cancelled: i64,
        pub(crate) event_seq: i64,
        created_at_ms: i64,
        modified_at_ms: i64,
    }
}

impl GroupRow {
    pub(crate) const fn counts(&self) -> Counts {
        Counts {
            queued: self.queued,
            running: self.running,
            cancelling: self.cancelling,
            completed: self.completed,
            failed: self.failed,
            cancelled: self.cancelled,
        }
    }

    fn into_group(self) -> Result<Group, Failed> {
        let counts = self.counts();
        Ok(Group {
            id: self.id.parse().map_err(|why| document::unreadable("group", why))?,
            counts,
            created_at: TimeMs(self.created_at_ms),
            modified_at: TimeMs(self.modified_at_ms),
            metadata: self
                .metadata
                .map(|metadata| document::parse("metadata", &metadata))
                .transpose()?,
        })
    }
}

impl Store {
    /// The group with this id, if it is this owner's.
    pub async fn find_group(&self, owner: Owner, id: GroupId) -> Result<Option<Group>, Failed> {
        self.find_group_row(owner, id).await?.map(GroupRow::into_group).transpose()
    }

    pub(crate) async fn find_group_row(
        &self,
        owner: Owner,
        id: GroupId,
    ) -> Result<Option<GroupRow>, Failed> {
        let mut conn = self.inner.db.reader().await?;
        fetch_optional!(
            conn,
            GroupRow,
            "-- find_group
             SELECT seq, id, metadata, queued, running, cancelling, completed, failed, cancelled, event_seq,
                    created_at_ms, modified_at_ms
             FROM groups WHERE id = $1 AND owner = $2",
            id.to_string(),
            owner.0
        )
    }

    /// Groups, newest first, from before `before` (a value of [`GroupPage::next`]).
    pub async fn list_groups(
        &self,
        owner: Owner,
        before: Option<i64>,
        limit: i64,
        filter: GroupFilter,
    ) -> Result<GroupPage, Failed> {
        let mut conn = self.inner.db.reader().await?;
        let limit = limit.clamp(1, MAX_PAGE);
        let (name, as_text, as_is) = Note::binds(filter.note.as_ref());
        let rows: Vec<GroupRow> = fetch_all!(
            conn,
            GroupRow,
            LIST_GROUPS,
            owner.0,
            before.unwrap_or(i64::MAX),
            limit,
            filter.is_active.map_or(ANY, i64::from),
            name,
            as_text,
            as_is,
            filter.words.as_deref().map(like).unwrap_or_default(),
            filter.state.map_or("", RunState::as_str)
        )?;
        let is_full = i64::try_from(rows.len()).is_ok_and(|length| length == limit);
        let places: Vec<i64> = rows.iter().map(|row| row.seq).collect();
        let next = places.last().copied().filter(|_| is_full);
        let groups = rows.into_iter().map(GroupRow::into_group).collect::<Result<_, _>>()?;
        Ok(GroupPage { groups, places, next })
    }

    /// Wakes when something in a group changes. `None` when this owner has no such group.
    pub async fn watch_group(&self, owner: Owner, id: GroupId) -> Result<Option<Watch>, Failed> {
        let row = self.find_group_row(owner, id).await?;
        Ok(row.map(|row| self.inner.changes.watch(Change::Group(row.seq))))
    }
}
