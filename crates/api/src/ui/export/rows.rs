//! Tables as files: CSV, whole or with the values only, and JSON lines. Part by part, as their receiver takes them.

use axum::body::Body;
use axum::extract::{Path, State};
use axum::response::Response;
use csv::WriterBuilder;
use domain::group::Group;
use domain::ids::WorkId;
use domain::spec::{Input, Wanted};
use futures_util::stream;
use serde_json::json;
use store::{Filter, Listed, Owner};

use super::links;
use crate::App;
use crate::enriched;
use crate::gate::Viewer;
use crate::problem::Problem;
use crate::sheet::{cell, guarded};
use crate::ui::{file, group};
use crate::wire;

/// Rows read at a time for a file.
const AT_ONCE: i64 = 500;
/// Most columns of the input in a file; a table has fewer.
const MAX_COLUMNS: usize = 500;

/// Values with their confidence, quotes and sources.
pub(in crate::ui) async fn csv(
    State(app): State<App>,
    viewer: Viewer,
    Path(group_id): Path<String>,
) -> Result<Response, Problem> {
    let group = group::find(&app, &viewer, &group_id).await?;
    let links = links(&app, &viewer, WorkId::Group(group.id)).await?;
    let (columns, fields) = columns(&app, viewer.owner, &group).await?;
    let header = enriched::header(&columns, &fields);
    Ok(sheet(&app, &viewer, &group, columns, &header, move |listed| {
        enriched::cells(listed, &fields, &links).cells
    }))
}

/// Only the values, as a spreadsheet wants them.
pub(in crate::ui) async fn values_csv(
    State(app): State<App>,
    viewer: Viewer,
    Path(group_id): Path<String>,
) -> Result<Response, Problem> {
    let group = group::find(&app, &viewer, &group_id).await?;
    let (columns, fields) = columns(&app, viewer.owner, &group).await?;
    let header = enriched::plain_header(&columns, &fields);
    Ok(sheet(&app, &viewer, &group, columns, &header, move |listed| {
        enriched::values(listed, &fields)
    }))
}

/// A CSV of the input's columns and what `answered` makes of a row behind them.
fn sheet(
    app: &App,
    viewer: &Viewer,
    group: &Group,
    columns: Vec<String>,
    header: &[String],
    answered: impl Fn(&Listed) -> Vec<String> + Send + 'static,
) -> Response {
    let header: Vec<String> = header.iter().map(|name| guarded(name)).collect();
    let body = rows(app, viewer.owner, group, line(&header), move |listed| {
        let mut cells: Vec<String> =
            columns.iter().map(|name| guarded(&input_cell(listed, name))).collect();
        cells.extend(answered(listed));
        line(&cells)
    });
    file(&format!("{}.csv", group.id), "text/csv; charset=utf-8", body)
}

pub(in crate::ui) async fn jsonl(
    State(app): State<App>,
    viewer: Viewer,
    Path(group_id): Path<String>,
) -> Result<Response, Problem> {
    let group = group::find(&app, &viewer, &group_id).await?;
    let links = links(&app, &viewer, WorkId::Group(group.id)).await?;
    let body = rows(&app, viewer.owner, &group, String::new(), move |listed| {
        let row = json!({
            "run": wire::run_view(&listed.run),
            "input": listed.input.as_ref().map(Input::to_json),
            "output": listed.output.as_ref().map(|output| wire::output_view(output, &links)),
        });
        format!("{row}\n")
    });
    Ok(file(&format!("{}.jsonl", group.id), "application/jsonl", body))
}

fn input_cell(listed: &Listed, name: &str) -> String {
    match &listed.input {
        Some(Input::Row(row)) => row.get(name).map(cell).unwrap_or_default(),
        Some(Input::Text(text)) if name == "input" => text.clone(),
        Some(Input::Text(_)) | None => String::new(),
    }
}

fn line(cells: &[String]) -> String {
    let mut writer = WriterBuilder::new().from_writer(Vec::new());
    // Writing to memory does not fail.
    let _ = writer.write_record(cells);
    writer.into_inner().ok().and_then(|bytes| String::from_utf8(bytes).ok()).unwrap_or_default()
}

/// The whole table part by part, as its receiver takes it.
fn rows(
    app: &App,
    owner: Owner,
    group: &Group,
    head: String,
    write: impl Fn(&Listed) -> String + Send + 'static,
) -> Body {
    let (store, id) = (app.store.clone(), group.id);
    let first = (Some(0), head, write);
    Body::from_stream(stream::try_unfold(first, move |(from, head, write)| {
        let store = store.clone();
        async move {
            let Some(from) = from else { return Ok::<_, store::Failed>(None) };
            let filter = Filter { with_input: true, with_output: true, ..Filter::default() };
            let page = store.list_rows(owner, id, from, AT_ONCE, filter).await?;
            let part = page.runs.iter().fold(head, |text, listed| text + &write(listed));
            Ok(Some((part, (page.next, String::new(), write))))
        }
    }))
}

/// All columns of the input, and the fields of the answers.
async fn columns(
    app: &App,
    owner: Owner,
    group: &Group,
) -> Result<(Vec<String>, Vec<String>), Problem> {
    let marks = app.store.group_marks(owner, group.id).await?;
    let mut fields: Vec<String> = marks.fields.into_iter().map(|(name, _)| name).collect();
    let mut columns: Vec<String> = Vec::new();
    let mut from = Some(0);
    while let Some(at) = from {
        let filter = Filter { with_input: true, ..Filter::default() };
        let page = app.store.list_rows(owner, group.id, at, 1000, filter).await?;
        if fields.is_empty()
            && let Some(first) = page.runs.first()
            && let Wanted::Fields(schema) = &app.store.spec_of(first).await?.wanted
        {
            fields = schema.fields.iter().map(|field| field.name.clone()).collect();
        }
        for listed in &page.runs {
            let names: Vec<&str> = match &listed.input {
                Some(Input::Row(row)) => row.keys().map(String::as_str).collect(),
                Some(Input::Text(_)) => vec!["input"],
                None => Vec::new(),
            };
            for name in names {
                if columns.len() < MAX_COLUMNS && !columns.iter().any(|known| known == name) {
                    columns.push(name.to_owned());
                }
            }
        }
        from = page.next;
    }
    Ok((columns, fields))
}
