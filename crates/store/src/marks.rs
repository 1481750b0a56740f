//! Rows of groups by what they hold: a few words and bits for each row that has ended, and counts per field.
//!
//! A page over 100,000 rows reads these instead of the answers, which are a hundred times as large.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use domain::clock::TimeMs;
use domain::ids::GroupId;
use domain::output::{Basis, Confidence, Content, Missing, Output};
use domain::run::RunState;
use domain::spec::Input;
use rusqlite::Row;
use serde_json::{Map, Value, json};

use crate::columns::{Columns, columns, named};
use crate::db::{Both, Conn, execute, fetch_all, over_rows};
use crate::{Failed, Owner, Store};

/// What a row of a group can be picked by once it has ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Mark {
    Completed,
    Failed,
    Cancelled,
    /// At least one value of this confidence.
    High,
    Medium,
    Low,
    /// At least one field without a value.
    Missing,
    /// At least one field for which sources gave different values.
    Conflict,
}

impl Mark {
    /// The stored bit.
    pub(crate) const fn bit(self) -> i64 {
        match self {
            Self::Completed => 1,
            Self::Failed => 2,
            Self::Cancelled => 4,
            Self::High => 8,
            Self::Medium => 16,
            Self::Low => 32,
            Self::Missing => 64,
            Self::Conflict => 128,
        }
    }

    /// How a cell that is so is noted; nothing for what only whole rows are.
    const fn word(self) -> Option<&'static str> {
        match self {
            Self::Completed | Self::Failed | Self::Cancelled => None,
            Self::High => Some("high"),
            Self::Medium => Some("medium"),
            Self::Low => Some("low"),
            Self::Missing => Some("missing"),
            Self::Conflict => Some("conflict"),
        }
    }

    /// The line that stands in `kinds` of a row whose cell in this column is so.
    pub(crate) fn line(self, field: &str) -> Option<String> {
        self.word().map(|word| format!("\n{}\t{word}\n", on_a_line(field)))
    }
}

/// The bit of a row with a field for which the model was not there: it is worth another attempt.
pub(crate) const MODEL_DOWN: i64 = 256;

columns! {
    /// How often something is of which kind: the cells of one field, or rows that hold at least one such cell.
    #[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
    pub struct Tally {
        pub high: i64,
        pub medium: i64,
        pub low: i64,
        /// A value without a confidence.
        pub bare: i64,
        pub missing: i64,
        pub conflict: i64,
    }
}

/// What the rows of a group hold that have ended.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct GroupMarks {
    pub rows: Tally,
    /// In the order of the answer.
    pub fields: Vec<(String, Tally)>,
}

/// A row that has ended, as it is marked.
pub(crate) struct Marked {
    pub(crate) group: i64,
    pub(crate) index: i64,
    pub(crate) run: i64,
    pub(crate) state: RunState,
    pub(crate) input: Option<Input>,
    pub(crate) output: Option<Output>,
}

/// Most fields that are counted; a table with more is not looked at column by column.
const MAX_FIELDS: usize = 60;
/// Longest value kept for sorting and searching, and most words of one row, in characters.
const MAX_CELL: usize = 120;
const MAX_WORDS: usize = 1_000;

const INSERT_MARKS: Both = over_rows!(
    "-- insert_marks: a row that is tried again is marked again
     INSERT INTO row_marks (group_seq, row_index, run_seq, flags, kinds, cells, words, at_ms)
     SELECT CAST(value ->> 'group' AS BIGINT), CAST(value ->> 'index' AS BIGINT),
            CAST(value ->> 'run' AS BIGINT), CAST(value ->> 'flags' AS BIGINT), value ->> 'kinds',
            value ->> 'cells', value ->> 'words', $2
     FROM ",
    " AS mark WHERE TRUE
     ON CONFLICT (group_seq, row_index) DO UPDATE
     SET flags = excluded.flags, kinds = excluded.kinds, cells = excluded.cells, words = excluded.words,
         at_ms = excluded.at_ms"
);

const ADD_TALLIES: Both = over_rows!(
    "-- add_tallies
     INSERT INTO field_marks (group_seq, field, place, high, medium, low, bare, missing, conflict)
     SELECT CAST(value ->> 'group' AS BIGINT), value ->> 'field', CAST(value ->> 'place' AS BIGINT),
            CAST(value ->> 'high' AS BIGINT), CAST(value ->> 'medium' AS BIGINT),
            CAST(value ->> 'low' AS BIGINT), CAST(value ->> 'bare' AS BIGINT),
            CAST(value ->> 'missing' AS BIGINT), CAST(value ->> 'conflict' AS BIGINT)
     FROM ",
    " AS tally WHERE TRUE
     ON CONFLICT (group_seq, field) DO UPDATE
     SET high = field_marks.high + excluded.high, medium = field_marks.medium + excluded.medium,
         low = field_marks.low + excluded.low, bare = field_marks.bare + excluded.bare,
         missing = field_marks.missing + excluded.missing,
         conflict = field_marks.conflict + excluded.conflict"
);

/// Marks rows that have just ended. Its caller has changed the rows of their groups, so two never wait in a circle.
pub(crate) async fn mark_rows(conn: &mut Conn, ended: &[Marked], at: TimeMs) -> Result<(), Failed> {
    if ended.is_empty() {
        return Ok(());
    }
    let mut rows = Vec::with_capacity(ended.len());
    let mut tallies: BTreeMap<(i64, String), (usize, Tally)> = BTreeMap::new();
    for row in ended {
        let fields = row.output.as_ref().map(kinds).unwrap_or_default();
        let mut of_row = Tally::default();
        for (place, (field, tally)) in fields.iter().enumerate() {
            of_row.take_in(tally);
            let entry =
                tallies.entry((row.group, field.clone())).or_insert((place + 1, Tally::default()));
            entry.1.add(tally);
        }
        tallies.entry((row.group, String::new())).or_default().1.add(&of_row);
        let (cells, words) = words_of(row);
        rows.push(json!({
            "group": row.group, "index": row.index, "run": row.run,
            "flags": flags(row.state, &of_row) | model_down(row.output.as_ref()),
            "kinds": lines(&fields), "cells": cells, "words": words,
        }));
    }
    execute!(conn, INSERT_MARKS, Value::Array(rows).to_string(), at.0)?;
    add_tallies(conn, tallies).await
}

async fn add_tallies(
    conn: &mut Conn,
    tallies: BTreeMap<(i64, String), (usize, Tally)>,
) -> Result<(), Failed> {
    let tallies: Vec<Value> = tallies.into_iter().map(|((group, field), (place, tally))| json!({
        "group": group, "field": field, "place": place, "high": tally.high, "medium": tally.medium,
        "low": tally.low, "bare": tally.bare, "missing": tally.missing, "conflict": tally.conflict,
    })).collect();
    execute!(conn, ADD_TALLIES, Value::Array(tallies).to_string())?;
    Ok(())
}

/// Takes the cells of rows that are tried again out of the counts of their group.
pub(crate) async fn unmark_rows(
    conn: &mut Conn,
    group: i64,
    outputs: &[Output],
) -> Result<(), Failed> {
    let mut tallies: BTreeMap<(i64, String), (usize, Tally)> = BTreeMap::new();
    for output in outputs {
        let mut of_row = Tally::default();
        for (field, tally) in kinds(output) {
            of_row.take_in(&tally);
            tallies.entry((group, field)).or_default().1.subtract(&tally);
        }
        tallies.entry((group, String::new())).or_default().1.subtract(&of_row);
    }
    add_tallies(conn, tallies).await
}

impl Tally {
    const fn subtract(&mut self, less: &Self) {
        self.high -= less.high;
        self.medium -= less.medium;
        self.low -= less.low;
        self.bare -= less.bare;
        self.missing -= less.missing;
        self.conflict -= less.conflict;
    }

    const fn add(&mut self, more: &Self) {
        self.high += more.high;
        self.medium += more.medium;
        self.low += more.low;
        self.bare += more.bare;
        self.missing += more.missing;
        self.conflict += more.conflict;
    }

    /// Notes that there is at least one of each that `cell` is.
    fn take_in(&mut self, cell: &Self) {
        self.high = self.high.max(cell.high);
        self.medium = self.medium.max(cell.medium);
        self.low = self.low.max(cell.low);
        self.bare = self.bare.max(cell.bare);
        self.missing = self.missing.max(cell.missing);
        self.conflict = self.conflict.max(cell.conflict);
    }

    pub const fn total(&self) -> i64 {
        self.high + self.medium + self.low + self.bare + self.missing + self.conflict
    }
}

fn flags(state: RunState, of_row: &Tally) -> i64 {
    let ended = match state {
        RunState::Completed => Mark::Completed.bit(),
        RunState::Failed => Mark::Failed.bit(),
        RunState::Cancelled => Mark::Cancelled.bit(),
        RunState::Queued | RunState::Running | RunState::Cancelling => 0,
    };
    let marks = [
        (of_row.high, Mark::High),
        (of_row.medium, Mark::Medium),
        (of_row.low, Mark::Low),
        (of_row.missing, Mark::Missing),
        (of_row.conflict, Mark::Conflict),
    ];
    marks.iter().filter(|(count, _)| *count > 0).fold(ended, |flags, (_, mark)| flags | mark.bit())
}

fn model_down(output: Option<&Output>) -> i64 {
    let mut basis = output.iter().flat_map(|output| &output.basis);
    if basis.any(|basis| basis.missing == Some(Missing::ModelDown)) { MODEL_DOWN } else { 0 }
}

/// What each cell of a row is, as [`Mark::line`] looks for it. A value without a confidence is not looked for.
fn lines(fields: &[(String, Tally)]) -> String {
    let mut lines = String::from("\n");
    for (field, tally) in fields {
        let kinds = [
            (tally.high, Mark::High),
            (tally.medium, Mark::Medium),
            (tally.low, Mark::Low),
            (tally.missing, Mark::Missing),
            (tally.conflict, Mark::Conflict),
        ];
        let kind = kinds.iter().find(|(count, _)| *count > 0).and_then(|(_, mark)| mark.word());
        if let Some(word) = kind {
            let _ = writeln!(lines, "{}\t{word}", on_a_line(field));
        }
    }
    lines
}

/// A name that breaks no line.
fn on_a_line(field: &str) -> String {
    clean(field).replace(['\n', '\t'], " ")
}

/// Each field of an answer and the one kind that its cell is.
fn kinds(output: &Output) -> Vec<(String, Tally)> {
    let names: Vec<&str> = match &output.content {
        Content::Text(_) => vec!["output"],
        Content::Fields { values, .. } => values.keys().map(String::as_str).collect(),
    };
    let kind = |name: &str| {
        let basis = output.basis.iter().find(|basis| basis.field == name);
        (clean(name), basis.map_or(Tally { bare: 1, ..Tally::default() }, cell))
    };
    names.into_iter().take(MAX_FIELDS).map(kind).collect()
}

fn cell(basis: &Basis) -> Tally {
    let mut tally = Tally::default();
    let count = match (basis.conflicts.is_empty(), basis.missing, basis.confidence) {
        (false, _, _) => &mut tally.conflict,
        (true, Some(_), _) => &mut tally.missing,
        (true, None, Some(Confidence::High)) => &mut tally.high,
        (true, None, Some(Confidence::Medium)) => &mut tally.medium,
        (true, None, Some(Confidence::Low)) => &mut tally.low,
        (true, None, None) => &mut tally.bare,
    };
    *count = 1;
    tally
}

/// The values of a row for sorting, and all its words for searching.
fn words_of(row: &Marked) -> (String, String) {
    let mut words = String::new();
    match &row.input {
        Some(Input::Text(text)) => push(&mut words, text),
        Some(Input::Row(cells)) => cells.values().for_each(|value| push(&mut words, &short(value))),
        None => {}
    }
    let mut cells = Map::new();
    match row.output.as_ref().map(|output| &output.content) {
        Some(Content::Text(text)) => push(&mut words, text),
        Some(Content::Fields { values, .. }) => {
            for (name, value) in
                values.iter().filter(|(_, value)| !value.is_null()).take(MAX_FIELDS)
            {
                let text = short(value);
                push(&mut words, &text);
                let kept = if value.is_number() { value.clone() } else { Value::from(text) };
                cells.insert(clean(name), kept);
            }
        }
        None => {}
    }
    (Value::Object(cells).to_string(), words.to_lowercase())
}

fn push(words: &mut String, text: &str) {
    let room = MAX_WORDS.saturating_sub(words.chars().count());
    let _ = writeln!(words, "{}", clean(text).chars().take(room).collect::<String>());
}

fn short(value: &Value) -> String {
    let text = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
    clean(&text).chars().take(MAX_CELL).collect()
}

/// PostgreSQL has no NUL in text.
fn clean(text: &str) -> String {
    text.replace('\0', "\u{fffd}")
}

#[derive(sqlx::FromRow)]
struct TallyColumns {
    field: String,
    #[sqlx(flatten)]
    tally: Tally,
}

impl Columns for TallyColumns {
    fn read(row: &Row<'_>, at: &mut usize) -> rusqlite::Result<Self> {
        Ok(Self { field: named(row, at, "field")?, tally: Tally::read(row, at)? })
    }
}

impl Store {
    /// What the rows of a group hold that have ended.
    pub async fn group_marks(&self, owner: Owner, group: GroupId) -> Result<GroupMarks, Failed> {
        let mut conn = self.inner.db.reader().await?;
        let rows: Vec<TallyColumns> = fetch_all!(
            conn,
            TallyColumns,
            "-- group_marks
             SELECT m.field, m.high, m.medium, m.low, m.bare, m.missing, m.conflict
             FROM groups g JOIN field_marks m ON m.group_seq = g.seq
             WHERE g.id = $1 AND g.owner = $2 ORDER BY m.place, m.field",
            group.to_string(),
            owner.0
        )?;
        let mut marks = GroupMarks::default();
        for TallyColumns { field, tally } in rows {
            if field.is_empty() {
                marks.rows = tally;
            } else {
                marks.fields.push((field, tally));
            }
        }
        Ok(marks)
    }
}
