//! A group as a table: what each row was, what was found for it, and how sure that is.

use askama::Template;
use axum::extract::{Path, State};
use axum::response::Response;
use domain::ids::{GroupId, NotAnId};
use domain::output::{Confidence, Content, Output};
use domain::spec::Input;
use store::{Filter, Listed};

use crate::App;
use crate::gate::Caller;
use crate::problem::Problem;
use crate::rest::{Params, param};
use crate::ui::{rendered, words};

/// Rows on one page.
const ROWS: i64 = 100;
/// Most columns of either kind; more do not help a reader.
const MAX_COLUMNS: usize = 40;
/// Longest cell, in characters; the run's page shows all.
const MAX_CELL: usize = 300;

#[derive(Template)]
#[template(path = "group.html")]
struct GroupPage {
    prefix: String,
    id: String,
    counts: String,
    at: String,
    is_active: bool,
    asked: Vec<String>,
    answered: Vec<String>,
    rows: Vec<Row>,
    previous: Option<i64>,
    next: Option<i64>,
}

struct Row {
    run: String,
    number: i64,
    state: &'static str,
    failure: Option<String>,
    asked: Vec<String>,
    answered: Vec<Cell>,
}

#[derive(Default)]
struct Cell {
    value: String,
    confidence: Option<&'static str>,
    missing: Option<&'static str>,
    has_conflicts: bool,
}

pub(super) async fn show(
    State(app): State<App>,
    caller: Caller,
    Path(group_id): Path<String>,
    params: Params,
) -> Result<Response, Problem> {
    let id: GroupId =
        group_id.parse().map_err(|why: NotAnId| Problem::not_found(why.to_string()))?;
    let group = app.store.find_group(caller.owner, id).await?;
    let group = group.ok_or_else(|| Problem::not_found(format!("there is no group `{id}`")))?;
    let from = param(&params, "from")?.and_then(|from| from.parse().ok()).unwrap_or(0_i64).max(0);
    let filter = Filter { with_input: true, with_output: true, ..Filter::default() };
    let page = app.store.list_rows(caller.owner, id, from, ROWS, filter).await?;
    let (asked, answered) = columns(&page.runs);
    let rows = page.runs.iter().map(|listed| row(listed, &asked, &answered)).collect();
    rendered(&GroupPage {
        prefix: app.prefix(),
        id: group.id.to_string(),
        counts: words::counts(&group.counts),
        at: words::at(group.created_at),
        is_active: group.counts.is_active(),
        asked,
        answered,
        rows,
        previous: (from > 0).then(|| (from - ROWS).max(0)),
        next: page.next.filter(|next| *next < group.counts.total()),
    })
}

/// Columns of the inputs and fields of the answers, each in order of first use.
fn columns(runs: &[Listed]) -> (Vec<String>, Vec<String>) {
    let (mut asked, mut answered) = (Vec::new(), Vec::new());
    let add = |columns: &mut Vec<String>, name: &str| {
        if columns.len() < MAX_COLUMNS && !columns.iter().any(|known| known == name) {
            columns.push(name.to_owned());
        }
    };
    for listed in runs {
        match &listed.input {
            Some(Input::Text(_)) => add(&mut asked, "input"),
            Some(Input::Row(row)) => row.keys().for_each(|name| add(&mut asked, name)),
            None => {}
        }
        match listed.output.as_ref().map(|output| &output.content) {
            Some(Content::Text(_)) => add(&mut answered, "output"),
            Some(Content::Fields { values, .. }) => {
                values.keys().for_each(|name| add(&mut answered, name));
            }
            None => {}
        }
    }
    (asked, answered)
}

fn row(listed: &Listed, asked: &[String], answered: &[String]) -> Row {
    let input = |name: &String| match &listed.input {
        Some(Input::Text(text)) if name == "input" => words::short(text, MAX_CELL),
        Some(Input::Row(row)) => row
            .get(name)
            .map(|value| words::short(&words::value(value), MAX_CELL))
            .unwrap_or_default(),
        Some(Input::Text(_)) | None => String::new(),
    };
    let output = listed.output.as_ref();
    let failure = listed.run.failure.as_ref();
    Row {
        run: listed.run.id.to_string(),
        number: listed.run.index.unwrap_or_default() + 1,
        state: listed.run.state.as_str(),
        failure: failure.map(|failure| words::short(&failure.message, MAX_CELL)),
        asked: asked.iter().map(input).collect(),
        answered: answered
            .iter()
            .map(|name| output.map(|output| cell(output, name)).unwrap_or_default())
            .collect(),
    }
}

fn cell(output: &Output, name: &str) -> Cell {
    let value = match &output.content {
        Content::Text(text) if name == "output" => words::short(text, MAX_CELL),
        Content::Text(_) => String::new(),
        Content::Fields { values, .. } => values
            .get(name)
            .map(|value| words::short(&words::value(value), MAX_CELL))
            .unwrap_or_default(),
    };
    let Some(basis) = output.basis.iter().find(|basis| basis.field == name) else {
        return Cell { value, ..Cell::default() };
    };
    Cell {
        value,
        confidence: basis.confidence.map(Confidence::as_str),
        missing: basis.missing.map(words::missing),
        has_conflicts: !basis.conflicts.is_empty(),
    }
}
