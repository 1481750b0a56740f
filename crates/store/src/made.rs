//! What was made under an idempotency key, and the same answer again for whoever repeats the request.

use std::str::FromStr;

use domain::clock::TimeMs;
use domain::group::{Counts, Group};
use domain::ids::NotAnId;
use domain::run::{Run, RunState};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use crate::idempotency::{self, Key, Known, Replayed};
use crate::{Failed, Owner, Rows, Store, document};

/// What is kept of an answer, enough to give it again word for word.
#[derive(Serialize, Deserialize)]
pub(crate) struct MadeRun {
    pub(crate) run: String,
}

#[derive(Serialize, Deserialize)]
pub(crate) struct MadeGroup {
    pub(crate) group: String,
}

#[derive(Serialize, Deserialize)]
pub(crate) struct MadeRows {
    pub(crate) runs: Vec<String>,
    pub(crate) counts: [i64; 6],
    pub(crate) modified_at_ms: i64,
    pub(crate) runs_before: Option<i64>,
    pub(crate) events_before: Option<i64>,
}

impl Store {
    /// What was made under this key before; `None` where nothing was, or where there is no key.
    pub async fn find_made_run(
        &self,
        owner: Owner,
        key: Option<&Key>,
    ) -> Result<Option<Known<Run>>, Failed> {
        self.known_run(owner, self.recall_made(owner, key).await?).await
    }

    /// As [`find_made_run`](Self::find_made_run), for a group.
    pub async fn find_made_group(
        &self,
        owner: Owner,
        key: Option<&Key>,
    ) -> Result<Option<Known<Group>>, Failed> {
        self.known_group(owner, self.recall_made(owner, key).await?).await
    }

    /// As [`find_made_run`](Self::find_made_run), for rows that were added to a group.
    pub async fn find_added_rows(
        &self,
        owner: Owner,
        key: Option<&Key>,
    ) -> Result<Option<Known<Rows>>, Failed> {
        known_rows(self.recall_made(owner, key).await?)
    }

    async fn recall_made<A: DeserializeOwned>(
        &self,
        owner: Owner,
        key: Option<&Key>,
    ) -> Result<Replayed<A>, Failed> {
        let Some(key) = key else { return Ok(Replayed::Nothing) };
        let now = self.clock().now();
        let mut conn = self.inner.db.reader().await?;
        idempotency::find(&mut conn, owner, key, now).await
    }

    pub(crate) async fn known_run(
        &self,
        owner: Owner,
        made: Replayed<MadeRun>,
    ) -> Result<Option<Known<Run>>, Failed> {
        let id = match made {
            Replayed::Nothing => return Ok(None),
            Replayed::Other => return Ok(Some(Known::OtherBody)),
            Replayed::Same(MadeRun { run }) => parsed(&run)?,
        };
        let row = self.find_run(owner, id).await?.ok_or_else(|| is_gone("run"))?;
        Ok(Some(Known::Replayed(as_created(row.run))))
    }

    pub(crate) async fn known_group(
        &self,
        owner: Owner,
        made: Replayed<MadeGroup>,
    ) -> Result<Option<Known<Group>>, Failed> {
        let id = match made {
            Replayed::Nothing => return Ok(None),
            Replayed::Other => return Ok(Some(Known::OtherBody)),
            Replayed::Same(MadeGroup { group }) => parsed(&group)?,
        };
        let group = self.find_group(owner, id).await?.ok_or_else(|| is_gone("group"))?;
        let counts = Counts::default();
        Ok(Some(Known::Replayed(Group { counts, modified_at: group.created_at, ..group })))
    }
}

pub(crate) fn known_rows(made: Replayed<MadeRows>) -> Result<Option<Known<Rows>>, Failed> {
    Ok(match made {
        Replayed::Nothing => None,
        Replayed::Other => Some(Known::OtherBody),
        Replayed::Same(made) => Some(Known::Replayed(made.into_rows()?)),
    })
}

/// A run as it was when it was created, whatever has become of it since.
fn as_created(run: Run) -> Run {
    Run {
        state: RunState::Queued,
        modified_at: run.created_at,
        started_at: None,
        finished_at: None,
        failure: None,
        ..run
    }
}

fn parsed<T: FromStr<Err = NotAnId>>(text: &str) -> Result<T, Failed> {
    text.parse().map_err(|why| document::unreadable("answer", why))
}

fn is_gone(what: &str) -> Failed {
    document::unreadable("answer", format!("its {what} is gone"))
}

impl MadeRows {
    pub(crate) fn into_rows(self) -> Result<Rows, Failed> {
        let [queued, running, cancelling, completed, failed, cancelled] = self.counts;
        Ok(Rows {
            runs: self.runs.iter().map(|id| parsed(id)).collect::<Result<_, _>>()?,
            counts: Counts { queued, running, cancelling, completed, failed, cancelled },
            modified_at: TimeMs(self.modified_at_ms),
            runs_before: self.runs_before,
            events_before: self.events_before,
        })
    }
}
