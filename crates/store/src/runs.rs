//! Looking at runs: one, many, what they were asked and what they answered.

use std::collections::HashMap;
use std::sync::Arc;

use domain::clock::TimeMs;
use domain::ids::{GroupId, RunId};
use domain::output::Output;
use domain::receipt::Receipt;
use domain::run::{Failure, FailureCode, Run, RunState};
use domain::spec::{Input, Spec};
use serde_json::{Value, json};

use crate::changes::{Change, Watch};
use crate::columns::columns;
use crate::db::{Both, fetch_all, fetch_optional, over_rows};
use crate::groups::ANY;
use crate::rows::like;
use crate::{Failed, Owner, Store, document};

/// The number of a run inside this database.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct RunSeq(pub(crate) i64);

/// A run and its number.
#[derive(Debug, Clone, PartialEq)]
pub struct RunRow {
    pub seq: RunSeq,
    pub run: Run,
    spec: i64,
}

/// A run of a listing, with what was asked for.
#[derive(Debug, Clone, PartialEq)]
pub struct Listed {
    pub run: Run,
    /// Where it stands in its listing: a page may begin before it, or in a group after it.
    pub place: i64,
    spec: i64,
    pub input: Option<Input>,
    /// Only for completed runs, where it was asked for.
    pub output: Option<Output>,
}

/// One note that a run or group must have.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Note {
    pub name: String,
    /// A text, or a number or boolean as it is written.
    pub value: String,
}

impl Note {
    /// The name, and the value as text and as it is, in JSON; empty where nothing is asked for.
    pub(crate) fn binds(note: Option<&Self>) -> (String, String, String) {
        let Some(Self { name, value }) = note else { return Default::default() };
        (name.clone(), Value::from(value.as_str()).to_string(), value.clone())
    }
}

/// Which runs a listing shows.
#[derive(Debug, Clone, Default)]
pub struct Filter {
    pub state: Option<RunState>,
    /// For runs that belong to no group.
    pub is_active: Option<bool>,
    /// Only with this among the metadata. For runs that belong to no group.
    pub note: Option<Note>,
    /// Only where the question holds these words, in whatever case. For runs that belong to no group.
    pub words: Option<String>,
    pub with_input: bool,
    pub with_output: bool,
}

const RECEIPTS_OF: Both = over_rows!(
    "-- receipts_of
     SELECT r.id, e.receipt FROM ",
    " AS wanted CROSS JOIN runs r JOIN results e ON e.run_seq = r.seq
     WHERE r.id = value ->> 'id'"
);

columns! {
    /// How much of an owner's work has ended, counted among the newest [`MAX_COUNTED`] of each.
    #[derive(Debug, Clone, Copy, PartialEq, Eq)]
    pub struct Ended {
        /// Runs that belong to no group.
        pub questions: i64,
        /// Those of the questions that failed.
        pub failed: i64,
        pub tables: i64,
    }
}

/// Most runs and most groups that [`Store::count_ended`] looks at: who has more is told "more than that".
pub const MAX_COUNTED: i64 = 1000;

/// A part of a listing.
#[derive(Debug, Clone, PartialEq)]
pub struct RunPage {
    pub runs: Vec<Listed>,
    /// Where the next page begins; `None` at the end.
    pub next: Option<i64>,
}

/// Most runs on one page of a listing.
pub(crate) const MAX_PAGE: i64 = 1000;

impl RunRow {
    pub(crate) fn listed(self, place: i64, input: Option<Input>, output: Option<Output>) -> Listed {
        Listed { run: self.run, place, spec: self.spec, input, output }
    }
}

columns! {
    pub(crate) struct RunColumns {
        seq: i64,
        id: String,
        group_id: Option<String>,
        row_index: Option<i64>,
        spec: i64,
        processor: String,
        metadata: Option<String>,
        warnings: Option<String>,
        state: String,
        failure_code: Option<String>,
        failure_message: Option<String>,
        created_at_ms: i64,
        modified_at_ms: i64,
        started_at_ms: Option<i64>,
        finished_at_ms: Option<i64>,
        previous: Option<String>,
        webhook_url: Option<String>,
        input: Option<String>,
        output: Option<String>,
    }
}

impl RunColumns {
    pub(crate) fn into_row(self) -> Result<(RunRow, Option<Input>, Option<Output>), Failed> {
        let state = RunState::parse(&self.state)
            .ok_or_else(|| document::unreadable("run", format!("state {}", self.state)))?;
        let failure = self.failure_code.map(|code| Failure {
            code: FailureCode::parse(&code).unwrap_or(FailureCode::Internal),
            message: self.failure_message.unwrap_or_default(),
        });
        let bad_id = |why| document::unreadable("run", why);
        let run = Run {
            id: self.id.parse().map_err(bad_id)?,
            group: self.group_id.map(|id| id.parse().map_err(bad_id)).transpose()?,
            index: self.row_index,
            state,
            processor: self.processor,
            created_at: TimeMs(self.created_at_ms),
            modified_at: TimeMs(self.modified_at_ms),
            started_at: self.started_at_ms.map(TimeMs),
            finished_at: self.finished_at_ms.map(TimeMs),
            metadata: self
                .metadata
                .map(|metadata| document::parse("metadata", &metadata))
                .transpose()?,
            warnings: document::warnings_from_text(self.warnings.as_deref())?,
            failure,
            previous: self.previous.map(|id| id.parse().map_err(bad_id)).transpose()?,
            webhook: self.webhook_url,
        };
        let input = self.input.map(|input| read_input(&input)).transpose()?;
        let output = self.output.map(|output| document::output_from_text(&output)).transpose()?;
        Ok((RunRow { seq: RunSeq(self.seq), run, spec: self.spec }, input, output))
    }
}

pub(crate) fn read_input(text: &str) -> Result<Input, Failed> {
    let value: Value = document::parse("input", text)?;
    Input::parse(value).map_err(|why| document::unreadable("input", why))
}

impl Store {
    /// The run with this id, if it is this owner's.
    pub async fn find_run(&self, owner: Owner, id: RunId) -> Result<Option<RunRow>, Failed> {
        let mut conn = self.inner.db.reader().await?;
        let found: Option<RunColumns> = fetch_optional!(
            conn,
            RunColumns,
            "-- find_run
             SELECT r.seq, r.id, g.id AS group_id, r.row_index, r.spec, r.processor, r.metadata, r.warnings,
                    r.state, r.failure_code, r.failure_message, r.created_at_ms, r.modified_at_ms,
                    r.started_at_ms, r.finished_at_ms, r.previous, r.webhook_url,
                    CAST(NULL AS TEXT) AS input, CAST(NULL AS TEXT) AS output
             FROM runs r LEFT JOIN groups g ON g.seq = r.group_seq
             WHERE r.id = $1 AND r.owner = $2",
            id.to_string(),
            owner.0
        )?;
        found.map(|columns| Ok(columns.into_row()?.0)).transpose()
    }

    /// What a run was asked.
    pub async fn input_of(&self, run: &RunRow) -> Result<(Input, Arc<Spec>), Failed> {
        let mut conn = self.inner.db.reader().await?;
        let input: Option<(String,)> = fetch_optional!(
            conn,
            (String,),
            "-- input_of
             SELECT input FROM runs WHERE seq = $1",
            run.seq.0
        )?;
        drop(conn);
        let (input,) = input.ok_or_else(|| document::unreadable("run", "it is gone"))?;
        Ok((read_input(&input)?, self.spec(run.spec).await?))
    }

    /// What the run of a listing was asked to do, but for its input.
    pub async fn spec_of(&self, listed: &Listed) -> Result<Arc<Spec>, Failed> {
        self.spec(listed.spec).await
    }

    /// What a run was asked to do, but for its input.
    pub async fn spec_of_run(&self, run: &RunRow) -> Result<Arc<Spec>, Failed> {
        self.spec(run.spec).await
    }

    /// The answer and receipt of a run that has ended; a failed or cancelled run has no answer.
    pub async fn result_of(
        &self,
        run: RunSeq,
    ) -> Result<Option<(Option<Output>, Receipt)>, Failed> {
        let mut conn = self.inner.db.reader().await?;
        let found: Option<(Option<String>, String)> = fetch_optional!(
            conn,
            (Option<String>, String),
            "-- result_of
             SELECT output, receipt FROM results WHERE run_seq = $1",
            run.0
        )?;
        found
            .map(|(output, receipt)| {
                let output =
                    output.map(|output| document::output_from_text(&output)).transpose()?;
                Ok((output, document::receipt_from_text(&receipt)?))
            })
            .transpose()
    }

    /// The receipts of those among these runs that have ended.
    pub async fn receipts_of(&self, runs: &[RunId]) -> Result<HashMap<RunId, Receipt>, Failed> {
        if runs.is_empty() {
            return Ok(HashMap::new());
        }
        let wanted: Vec<Value> = runs.iter().map(|id| json!({"id": id.to_string()})).collect();
        let mut conn = self.inner.db.reader().await?;
        let found: Vec<(String, String)> =
            fetch_all!(conn, (String, String), RECEIPTS_OF, Value::Array(wanted).to_string())?;
        drop(conn);
        found
            .into_iter()
            .map(|(id, receipt)| {
                let id = id.parse().map_err(|why| document::unreadable("run", why))?;
                Ok((id, document::receipt_from_text(&receipt)?))
            })
            .collect()
    }

    /// Runs that belong to no group, newest first, from before `before` (a value of [`RunPage::next`]).
    pub async fn list_runs(
        &self,
        owner: Owner,
        before: Option<i64>,
        limit: i64,
        filter: Filter,
    ) -> Result<RunPage, Failed> {
        let mut conn = self.inner.db.reader().await?;
        let limit = limit.clamp(1, MAX_PAGE);
        let (name, as_text, as_is) = Note::binds(filter.note.as_ref());
        let columns: Vec<RunColumns> = fetch_all!(
            conn,
            RunColumns,
            LIST_RUNS,
            owner.0,
            before.unwrap_or(i64::MAX),
            limit,
            filter.state.map_or("", RunState::as_str),
            i64::from(filter.with_input),
            name,
            as_text,
            as_is,
            filter.is_active.map_or(ANY, i64::from),
            filter.words.as_deref().map(like).unwrap_or_default()
        )?;
        page(columns, limit, |row| row.seq.0)
    }

    /// How many runs of no group, and how many groups, have ended.
    pub async fn count_ended(&self, owner: Owner) -> Result<Ended, Failed> {
        let mut conn = self.inner.db.reader().await?;
        let counted: Option<Ended> = fetch_optional!(
            conn,
            Ended,
            "-- count_ended
             SELECT q.questions, q.failed, t.tables
             FROM (SELECT COUNT(*) AS questions, COUNT(*) FILTER (WHERE state = 'failed') AS failed
                   FROM (SELECT state FROM runs
                         WHERE owner = $1 AND group_seq IS NULL
                           AND state IN ('completed', 'failed', 'cancelled')
                         ORDER BY seq DESC LIMIT $2) newest) q
             CROSS JOIN
                  (SELECT COUNT(*) AS tables
                   FROM (SELECT seq FROM groups
                         WHERE owner = $1 AND queued + running + cancelling = 0
                         ORDER BY seq DESC LIMIT $2) newest) t",
            owner.0,
            MAX_COUNTED
        )?;
        Ok(counted.unwrap_or(Ended { questions: 0, failed: 0, tables: 0 }))
    }

    /// Runs of a group in the order of its rows, from row `from` on.
    pub async fn list_rows(
        &self,
        owner: Owner,
        group: GroupId,
        from: i64,
        limit: i64,
        filter: Filter,
    ) -> Result<RunPage, Failed> {
        let mut conn = self.inner.db.reader().await?;
        let limit = limit.clamp(1, MAX_PAGE);
        let columns: Vec<RunColumns> = fetch_all!(
            conn,
            RunColumns,
            "-- list_rows
             SELECT r.seq, r.id, g.id AS group_id, r.row_index, r.spec, r.processor, r.metadata, r.warnings,
                    r.state, r.failure_code, r.failure_message, r.created_at_ms, r.modified_at_ms,
                    r.started_at_ms, r.finished_at_ms, r.previous, r.webhook_url,
                    CASE WHEN $6 = 1 THEN r.input END AS input,
                    CASE WHEN $7 = 1 THEN (SELECT output FROM results WHERE run_seq = r.seq) END AS output
             FROM groups g JOIN runs r ON r.group_seq = g.seq
             WHERE g.id = $1 AND g.owner = $2 AND r.row_index >= $3 AND ($5 = '' OR r.state = $5)
             ORDER BY r.row_index LIMIT $4",
            group.to_string(),
            owner.0,
            from,
            limit,
            filter.state.map_or("", RunState::as_str),
            i64::from(filter.with_input),
            i64::from(filter.with_output)
        )?;
        page(columns, limit, |row| row.run.index.unwrap_or_default() + 1)
    }

    /// The state of a run, and nothing else of it.
    pub async fn state_of(&self, run: RunSeq) -> Result<Option<RunState>, Failed> {
        let mut conn = self.inner.db.reader().await?;
        let state: Option<(String,)> = fetch_optional!(
            conn,
            (String,),
            "-- state_of
             SELECT state FROM runs WHERE seq = $1",
            run.0
        )?;
        Ok(state.and_then(|(state,)| RunState::parse(&state)))
    }

    /// Wakes when a run changes.
    pub fn watch_run(&self, run: RunSeq) -> Watch {
        self.inner.changes.watch(Change::Run(run.0))
    }

    /// Wakes when a run changes, and at each step of one that is not a row: for whoever shows how it works.
    pub fn watch_steps(&self, run: RunSeq) -> Watch {
        self.inner.changes.watch(Change::Steps(run.0))
    }
}

/// Whether the metadata has a note: `$6` its name or empty, `$7` its value as text in JSON, `$8` as it is.
macro_rules! list_runs {
    ($note:literal) => {
        concat!(
            "-- list_runs
             SELECT r.seq, r.id, CAST(NULL AS TEXT) AS group_id, r.row_index, r.spec, r.processor,
                    r.metadata, r.warnings, r.state, r.failure_code, r.failure_message, r.created_at_ms,
                    r.modified_at_ms, r.started_at_ms, r.finished_at_ms, r.previous, r.webhook_url,
                    CASE WHEN $5 = 1 THEN r.input END AS input, CAST(NULL AS TEXT) AS output
             FROM runs r
             WHERE r.owner = $1 AND r.group_seq IS NULL AND r.seq < $2 AND ($4 = '' OR r.state = $4)
               AND ($9 = 2 OR $9 = CASE WHEN r.state IN ('queued', 'running', 'cancelling') THEN 1 ELSE 0 END)
               AND ($10 = '' OR LOWER(r.input) LIKE $10 ESCAPE '\\')
               AND ($6 = '' OR ",
            $note,
            " IN ($7, $8))
             ORDER BY r.seq DESC LIMIT $3"
        )
    };
}

const LIST_RUNS: Both = Both {
    sqlite: list_runs!("r.metadata -> $6"),
    postgres: list_runs!("CAST(CAST(r.metadata AS JSON) -> $6 AS TEXT)"),
};

fn page(
    columns: Vec<RunColumns>,
    limit: i64,
    cursor: impl Fn(&RunRow) -> i64,
) -> Result<RunPage, Failed> {
    let is_full = i64::try_from(columns.len()).is_ok_and(|length| length == limit);
    let mut runs = Vec::with_capacity(columns.len());
    let mut next = None;
    for columns in columns {
        let (row, input, output) = columns.into_row()?;
        let place = cursor(&row);
        next = is_full.then_some(place);
        runs.push(row.listed(place, input, output));
    }
    Ok(RunPage { runs, next })
}
