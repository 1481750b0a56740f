//! A part of the rows of a group as a table shows them: picked, searched, sorted, in any number.
//!
//! Two statements: which rows, from narrow tables; then those few with their questions and answers.

use std::collections::HashMap;

use domain::ids::GroupId;
use domain::run::RunState;
use serde_json::{Value, json};

use crate::db::{Both, fetch_all, over_rows};
use crate::runs::{Listed, RunColumns};
use crate::{Failed, Filter, Mark, Owner, Store};

/// Which rows a table shows.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct RowQuery {
    pub pick: Option<Pick>,
    /// With a mark that cells have: only rows whose cell in this column has it.
    pub field: Option<String>,
    /// Only rows whose question or answer holds these words, in whatever case.
    pub search: Option<String>,
    pub sort: RowSort,
    /// Rows before the part.
    pub offset: i64,
    pub limit: i64,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Pick {
    /// Rows that have ended, by what they hold.
    Mark(Mark),
    /// Rows that have not ended.
    State(RunState),
}

/// In which order. Sorted by anything but its place, a row comes once it has ended.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum RowSort {
    /// As they were added.
    #[default]
    Place,
    /// Those that ended last first.
    Newest,
    /// By the value of a field; rows without one come last.
    Field { name: String, is_falling: bool },
}

/// A part of a table.
#[derive(Debug, Clone, PartialEq)]
pub struct RowPart {
    pub rows: Vec<Listed>,
    /// Whether there are rows behind it.
    pub has_more: bool,
}

/// Most rows of one part.
const MAX_PART: i64 = 1000;

/// Rows that have ended: `$1` group, `$2` bits or 0 for any, `$3` words or empty, `$4` limit, `$5` offset, `$6` line of
/// a cell or empty. `$found` is what both databases have under different names.
macro_rules! ended {
    ($found:literal, $order:literal) => {
        concat!(
            "-- find_rows: rows that have ended
             SELECT run_seq FROM row_marks
             WHERE group_seq = $1 AND ($2 = 0 OR (flags & $2) <> 0) AND ($6 = '' OR ",
            $found,
            "(kinds, $6) > 0)
               AND ($3 = '' OR words LIKE $3 ESCAPE '\\')
             ORDER BY ",
            $order,
            " LIMIT $4 OFFSET $5"
        )
    };
}

/// In one order on both databases.
macro_rules! ended_on_both {
    ($order:literal) => {
        Both { sqlite: ended!("instr", $order), postgres: ended!("strpos", $order) }
    };
}

const BY_PLACE: Both = ended_on_both!("row_index");
const BY_TIME: Both = ended_on_both!("at_ms DESC, row_index DESC");
const BY_FIELD: Both = Both {
    sqlite: ended!("instr", "cells ->> $7 NULLS LAST, row_index"),
    postgres: ended!(
        "strpos",
        "cells::json ->> $7 IS NULL,
         CASE WHEN json_typeof(cells::json -> $7) = 'number' THEN (cells::json ->> $7)::numeric END NULLS LAST,
         cells::json ->> $7, row_index"
    ),
};
const BY_FIELD_FALLING: Both = Both {
    sqlite: ended!("instr", "cells ->> $7 DESC NULLS LAST, row_index"),
    postgres: ended!(
        "strpos",
        "cells::json ->> $7 IS NULL,
         CASE WHEN json_typeof(cells::json -> $7) = 'number' THEN (cells::json ->> $7)::numeric END DESC NULLS LAST,
         cells::json ->> $7 DESC, row_index"
    ),
};

/// Where a search shows rows that have not ended as well. The others are looked for in their marks, in order and no
/// further than to the end of the part: what is found often is found at once.
const SEARCHED: &str = "-- find_rows: words
     SELECT run_seq FROM (
         SELECT run_seq, row_index FROM (
             SELECT run_seq, row_index FROM row_marks
             WHERE group_seq = $1 AND words LIKE $2 ESCAPE '\\'
             ORDER BY row_index LIMIT CAST($3 AS BIGINT) + CAST($4 AS BIGINT)) AS ended
         UNION ALL
         SELECT seq, row_index FROM runs
         WHERE group_seq = $1 AND state = 'queued' AND LOWER(input) LIKE $2 ESCAPE '\\'
         UNION ALL
         SELECT seq, row_index FROM runs
         WHERE group_seq = $1 AND lease_until_ms IS NOT NULL AND LOWER(input) LIKE $2 ESCAPE '\\') AS found
     ORDER BY row_index LIMIT $3 OFFSET $4";

const ROWS_BY_NUMBER: Both = over_rows!(
    "-- find_rows: with questions and answers
     SELECT r.seq, r.id, g.id AS group_id, r.row_index, r.spec, r.processor, r.metadata, r.warnings,
            r.state, r.failure_code, r.failure_message, r.created_at_ms, r.modified_at_ms,
            r.started_at_ms, r.finished_at_ms, r.previous, r.webhook_url, r.input,
            (SELECT output FROM results WHERE run_seq = r.seq) AS output
     FROM ",
    // `CROSS JOIN`: SQLite begins with the few that are wanted, and not with all that there are.
    " AS wanted CROSS JOIN runs r JOIN groups g ON g.seq = r.group_seq
     WHERE r.seq = CAST(value ->> 'run' AS BIGINT)"
);

impl Store {
    /// A part of the table of a group; `None` when this owner has no such group.
    pub async fn find_rows(
        &self,
        owner: Owner,
        group: GroupId,
        query: &RowQuery,
    ) -> Result<Option<RowPart>, Failed> {
        let Some(row) = self.find_group_row(owner, group).await? else { return Ok(None) };
        let limit = query.limit.clamp(1, MAX_PART);
        let offset = query.offset.max(0);
        let is_plain = query.search.is_none() && query.sort == RowSort::Place;
        if query.pick.is_none() && is_plain {
            let filter = Filter { with_input: true, with_output: true, ..Filter::default() };
            let page = self.list_rows(owner, group, offset, limit, filter).await?;
            let last = page.runs.last().and_then(|listed| listed.run.index);
            let has_more = last.is_some_and(|last| last + 1 < row.counts().total());
            return Ok(Some(RowPart { rows: page.runs, has_more }));
        }
        let mut found = self.row_numbers(row.seq, query, limit + 1, offset).await?;
        let has_more = i64::try_from(found.len()).is_ok_and(|count| count > limit);
        found.truncate(usize::try_from(limit).unwrap_or(usize::MAX));
        Ok(Some(RowPart { rows: self.rows_by_number(&found).await?, has_more }))
    }

    async fn row_numbers(
        &self,
        group: i64,
        query: &RowQuery,
        limit: i64,
        offset: i64,
    ) -> Result<Vec<i64>, Failed> {
        let mut conn = self.inner.db.reader().await?;
        let words = query.search.as_deref().map(like).unwrap_or_default();
        let (bits, cell) = match (query.pick, &query.field) {
            (Some(Pick::Mark(mark)), Some(field)) => (mark.bit(), mark.line(field)),
            (Some(Pick::Mark(mark)), None) => (mark.bit(), None),
            (Some(Pick::State(_)) | None, _) => (0, None),
        };
        let cell = cell.unwrap_or_default();
        let found: Vec<(i64,)> = match (&query.pick, &query.sort) {
            (Some(Pick::State(RunState::Queued)), _) => fetch_all!(
                conn,
                (i64,),
                "-- find_rows: waiting
                 SELECT seq FROM runs
                 WHERE group_seq = $1 AND state = 'queued' AND ($2 = '' OR LOWER(input) LIKE $2 ESCAPE '\\')
                 ORDER BY turn LIMIT $3 OFFSET $4",
                group,
                words,
                limit,
                offset
            )?,
            (Some(Pick::State(state)), _) => fetch_all!(
                conn,
                (i64,),
                "-- find_rows: at work
                 SELECT seq FROM runs
                 WHERE group_seq = $1 AND lease_until_ms IS NOT NULL AND state = $2
                   AND ($3 = '' OR LOWER(input) LIKE $3 ESCAPE '\\')
                 ORDER BY row_index LIMIT $4 OFFSET $5",
                group,
                state.as_str(),
                words,
                limit,
                offset
            )?,
            (None, RowSort::Place) => {
                fetch_all!(conn, (i64,), SEARCHED, group, words, limit, offset)?
            }
            (Some(Pick::Mark(_)), RowSort::Place) => {
                fetch_all!(conn, (i64,), BY_PLACE, group, bits, words, limit, offset, cell)?
            }
            (_, RowSort::Newest) => {
                fetch_all!(conn, (i64,), BY_TIME, group, bits, words, limit, offset, cell)?
            }
            (_, RowSort::Field { name, is_falling }) => {
                let by = if *is_falling { BY_FIELD_FALLING } else { BY_FIELD };
                fetch_all!(conn, (i64,), by, group, bits, words, limit, offset, cell, name)?
            }
        };
        Ok(found.into_iter().map(|(seq,)| seq).collect())
    }

    async fn rows_by_number(&self, numbers: &[i64]) -> Result<Vec<Listed>, Failed> {
        if numbers.is_empty() {
            return Ok(Vec::new());
        }
        let wanted: Vec<Value> = numbers.iter().map(|run| json!({"run": run})).collect();
        let mut conn = self.inner.db.reader().await?;
        let columns: Vec<RunColumns> =
            fetch_all!(conn, RunColumns, ROWS_BY_NUMBER, Value::Array(wanted).to_string())?;
        drop(conn);
        let mut rows = HashMap::with_capacity(columns.len());
        for columns in columns {
            let (row, input, output) = columns.into_row()?;
            let place = row.run.index.unwrap_or_default();
            rows.insert(row.seq.0, row.listed(place, input, output));
        }
        Ok(numbers.iter().filter_map(|number| rows.remove(number)).collect())
    }

    /// When the n-th row of a group ended, for a few n: `(n, ms)`, rising. At most `points`.
    pub async fn ended_over_time(
        &self,
        owner: Owner,
        group: GroupId,
        points: i64,
    ) -> Result<Vec<(i64, i64)>, Failed> {
        let Some(row) = self.find_group_row(owner, group).await? else { return Ok(Vec::new()) };
        let last = row.event_seq;
        let points = points.clamp(2, 200).min(last.max(2));
        let mut wanted: Vec<i64> =
            (0..points).map(|nth| 1 + nth * (last - 1).max(0) / (points - 1)).collect();
        wanted.dedup();
        let wanted: Vec<Value> = wanted.into_iter().map(|seq| json!({"seq": seq})).collect();
        let mut conn = self.inner.db.reader().await?;
        fetch_all!(conn, (i64, i64), ENDED_AT, Value::Array(wanted).to_string(), row.seq)
    }
}

const ENDED_AT: Both = over_rows!(
    "-- ended_over_time
     SELECT e.seq, e.at_ms FROM ",
    " AS wanted CROSS JOIN group_events e
     WHERE e.group_seq = $2 AND e.seq = CAST(value ->> 'seq' AS BIGINT) ORDER BY e.seq"
);

/// A pattern for `LIKE` that finds these words anywhere. What `LIKE` takes for a sign stands for itself.
pub(crate) fn like(words: &str) -> String {
    let mut pattern = String::from("%");
    for c in words.to_lowercase().replace('\0', "").chars() {
        if matches!(c, '%' | '_' | '\\') {
            pattern.push('\\');
        }
        pattern.push(c);
    }
    pattern.push('%');
    pattern
}
