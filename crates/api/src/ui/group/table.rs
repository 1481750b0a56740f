//! Rows of a group as a table shows them: what each was, what was found for it, and how sure that is.

use domain::group::Group;
use domain::output::{Content, Output};
use domain::spec::{Input, Wanted};
use serde_json::Value;
use store::{GroupMarks, Listed, RowPart, RowQuery};

use super::asked::Asked;
use super::stats::filled;
use crate::App;
use crate::gate::Viewer;
use crate::ui::answer::field_anchor;
use crate::ui::markdown::first_words;
use crate::ui::parts::{Mark, stack};
use crate::ui::site::Site;
use crate::ui::words;

/// Bytes of HTML that the rows of one part and the heads of its columns may take: with its style and script a page stays
/// under 150 kB.
const ROOM: usize = 70_000;
/// What takes how much of it, with some of the text that is usual.
const HEAD: usize = 750;
const ROW: usize = 520;
const INPUT: usize = 130;
const CELL: usize = 350;
/// The token in each address, for whoever came by a link.
const TOKEN: usize = 80;
const MIN_ROWS: usize = 3;
const MAX_ROWS: usize = 50;
/// Most columns of either kind; more do not help a reader, and exports have them all.
pub(super) const MAX_COLUMNS: usize = 40;
/// Longest cell, in characters; its panel shows all.
const MAX_CELL: usize = 90;
/// Longest reason of a row that failed, which has the room of its cells.
const MAX_REASON: usize = 240;

pub(super) struct Table {
    pub(super) asked: Vec<String>,
    pub(super) answered: Vec<Column>,
    pub(super) rows: Vec<Row>,
    /// Numbers of the first and last row of the part, from 1.
    pub(super) first: i64,
    pub(super) last: i64,
    pub(super) of: Option<String>,
    pub(super) before: Option<String>,
    pub(super) next: Option<String>,
}

pub(super) struct Column {
    pub(super) name: String,
    pub(super) sort: String,
    /// `ascending` or `descending`, where the table is sorted by it.
    pub(super) sorted: Option<&'static str>,
    pub(super) filled: Option<String>,
    pub(super) stack: String,
}

pub(super) struct Row {
    pub(super) run: String,
    pub(super) number: i64,
    pub(super) mark: String,
    /// Why it failed; stands where its cells would be.
    pub(super) failure: Option<String>,
    pub(super) asked: Vec<String>,
    pub(super) answered: Vec<Cell>,
}

#[derive(Default)]
pub(super) struct Cell {
    pub(super) value: String,
    pub(super) is_number: bool,
    pub(super) mark: String,
    pub(super) class: &'static str,
    /// Where its evidence is; nothing where there is no answer yet.
    pub(super) href: Option<String>,
    pub(super) is_to_come: bool,
}

pub(super) async fn table_of(
    app: &App,
    viewer: &Viewer,
    site: &Site,
    group: &Group,
    asked: &Asked,
    marks: &GroupMarks,
) -> Result<Table, store::Failed> {
    let mut names: Vec<String> = marks.fields.iter().map(|(name, _)| name.clone()).collect();
    let first = first_row(app, viewer, group).await?;
    if let (true, Some(first)) = (names.is_empty(), &first) {
        names = wanted(app, first).await?;
    }
    names.truncate(MAX_COLUMNS);
    let width = first.map_or(1, |first| columns(&[first]).len());
    let rows_at_once = fitting(width, names.len(), site.is_guest);
    let part = app.store.find_rows(viewer.owner, group.id, &asked.query(rows_at_once)).await?;
    let part = part.unwrap_or(RowPart { rows: Vec::new(), has_more: false });
    let inputs = columns(&part.rows);
    let step = i64::try_from(rows_at_once).unwrap_or(i64::MAX);
    let path = format!("/groups/{}", group.id);
    let shown = i64::try_from(part.rows.len()).unwrap_or(0);
    let turn = |from: i64| site.to(&asked.address(&path, |other| other.from = from));
    let column = |name: &String| {
        let is_rising = asked.sort == *name;
        let is_falling = asked.sort.strip_prefix('-') == Some(name);
        let sort = if is_rising { format!("-{name}") } else { name.clone() };
        let tally = marks.fields.iter().find(|(known, _)| known == name).map(|(_, tally)| tally);
        Column {
            name: name.clone(),
            sort: site.to(&asked.address(&path, |other| {
                other.sort = sort;
                other.from = 0;
            })),
            sorted: match (is_rising, is_falling) {
                (true, _) => Some("ascending"),
                (_, true) => Some("descending"),
                (false, false) => None,
            },
            filled: tally.map(|tally| format!("{} % filled", filled(tally, &group.counts))),
            stack: tally.map_or_else(String::new, |tally| stack(name, tally, &group.counts)),
        }
    };
    Ok(Table {
        rows: part.rows.iter().map(|listed| row(site, listed, &inputs, &names)).collect(),
        answered: names.iter().map(column).collect(),
        asked: inputs,
        first: asked.from + i64::from(shown > 0),
        last: asked.from + shown,
        of: asked.total(group, marks).map(words::count),
        before: (asked.from > 0).then(|| turn((asked.from - step).max(0))),
        next: part.has_more.then(|| turn(asked.from + step)),
    })
}

/// How many rows of so many columns one part holds.
fn fitting(asked: usize, answered: usize, has_token: bool) -> usize {
    let token = if has_token { TOKEN } else { 0 };
    let heads = (HEAD + token) * answered + INPUT * asked;
    let row = ROW + token + INPUT * asked + (CELL + token) * answered;
    (ROOM.saturating_sub(heads) / row).clamp(MIN_ROWS, MAX_ROWS)
}

async fn first_row(
    app: &App,
    viewer: &Viewer,
    group: &Group,
) -> Result<Option<Listed>, store::Failed> {
    let query = RowQuery { limit: 1, ..RowQuery::default() };
    let part = app.store.find_rows(viewer.owner, group.id, &query).await?;
    Ok(part.and_then(|part| part.rows.into_iter().next()))
}

/// The fields that are wanted, while no row has an answer.
async fn wanted(app: &App, first: &Listed) -> Result<Vec<String>, store::Failed> {
    Ok(match &app.store.spec_of(first).await?.wanted {
        Wanted::Fields(schema) => schema.fields.iter().map(|field| field.name.clone()).collect(),
        Wanted::Text { .. } => vec!["output".into()],
        Wanted::Auto => Vec::new(),
    })
}

/// Columns of the inputs, in order of first use.
fn columns(rows: &[Listed]) -> Vec<String> {
    let mut columns: Vec<String> = Vec::new();
    let mut add = |name: &str| {
        if columns.len() < MAX_COLUMNS && !columns.iter().any(|known| known == name) {
            columns.push(name.to_owned());
        }
    };
    for listed in rows {
        match &listed.input {
            Some(Input::Text(_)) => add("input"),
            Some(Input::Row(row)) => row.keys().for_each(|name| add(name)),
            None => {}
        }
    }
    columns
}

fn row(site: &Site, listed: &Listed, asked: &[String], answered: &[String]) -> Row {
    let input = |name: &String| match &listed.input {
        Some(Input::Text(text)) if name == "input" => words::short(text, MAX_CELL),
        Some(Input::Row(row)) => row
            .get(name)
            .map(|value| words::short(&words::value(value), MAX_CELL))
            .unwrap_or_default(),
        Some(Input::Text(_)) | None => String::new(),
    };
    let run = site.to(&format!("/runs/{}", listed.run.id));
    let is_to_come = listed.run.state.is_active();
    let failure = listed.run.failure.as_ref();
    Row {
        number: listed.run.index.unwrap_or_default() + 1,
        mark: Mark::of_state(listed.run.state).html(),
        failure: failure
            .map(|failure| words::short(&words::sentence(&failure.message), MAX_REASON)),
        asked: asked.iter().map(input).collect(),
        answered: answered
            .iter()
            .map(|name| match &listed.output {
                Some(output) => cell(output, name, site, &listed.run.id.to_string()),
                None => Cell { is_to_come, ..Cell::default() },
            })
            .collect(),
        run,
    }
}

fn cell(output: &Output, name: &str, site: &Site, run: &str) -> Cell {
    let (value, is_number, anchor) = match &output.content {
        Content::Text(text) if name == "output" => {
            (first_words(text, MAX_CELL), false, String::new())
        }
        Content::Text(_) => return Cell::default(),
        Content::Fields { values, .. } => {
            let Some(nth) = values.keys().position(|known| known == name) else {
                return Cell::default();
            };
            let value = values.get(name).unwrap_or(&Value::Null);
            let anchor = format!("#{}", field_anchor(nth));
            (words::short(&words::value(value), MAX_CELL), value.is_number(), anchor)
        }
    };
    let basis = output.basis.iter().find(|basis| basis.field == name);
    Cell {
        value,
        is_number,
        mark: basis.and_then(Mark::of_basis).map(Mark::html).unwrap_or_default(),
        class: if basis.is_some_and(|basis| !basis.conflicts.is_empty()) {
            "on-conflict"
        } else {
            ""
        },
        href: Some(site.to(&format!("/runs/{run}{anchor}"))),
        is_to_come: false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_wide_table_has_fewer_rows_in_a_part() {
        let rows = [(1, 1), (2, 3), (7, 10), (21, 30), (40, 40)]
            .map(|(asked, answered)| fitting(asked, answered, false));
        assert_eq!(rows, [50, 36, 12, 3, 3]);
        assert!(fitting(7, 10, true) < fitting(7, 10, false));
    }
}
