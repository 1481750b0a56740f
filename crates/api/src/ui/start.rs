//! Starting work from a page: a question, or a sheet whose rows are to be filled in. All of it goes the way of REST.

use std::fmt::Write as _;
use std::time::Duration;

use askama::Template;
use axum::Form;
use axum::extract::multipart::{Multipart, MultipartRejection};
use axum::extract::rejection::FormRejection;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::Response;
use domain::processor::{DEFAULT_FOR_RESEARCH, DEFAULT_FOR_ROWS, Engine, Processor};
use serde::Deserialize;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use store::{Key, Known, NewRun};

use crate::App;
use crate::doors::MAX_BODY;
use crate::gate::{Caller, Viewer};
use crate::problem::{Kind, Problem};
use crate::sheet::{self, Sheet};
use crate::submit::{self, MAX_ROWS, RunArgs};
use crate::ui::escape::turns;
use crate::ui::site::Site;
use crate::ui::{home, refused_page, rendered, run, see, words};

/// How long sending the same form again means the same table.
const REPEAT_MS: i64 = 24 * 60 * 60 * 1000;
/// Rows of a sheet that are shown before anything is done, and its widest cell.
const SAMPLE: usize = 5;
const MAX_CELL: usize = 60;
const MAX_COLUMNS: usize = 40;
/// Longest name of a file that is kept.
const MAX_NAME: usize = 200;

/// A processor to choose, with what it takes and costs.
pub(super) struct Choice {
    pub(super) name: String,
    pub(super) hint: String,
    /// What all rows of a sheet cost at most, for the button that spends it.
    pub(super) price: Option<String>,
}

/// Processors to choose from. Their `-fast` twins are left to the API.
fn usual(app: &App) -> impl Iterator<Item = &Processor> {
    let all = app.catalog.processors.iter();
    all.filter(|one| !one.name.ends_with("-fast") && one.engine != Engine::Noop)
}

/// For one question.
pub(super) fn choices(app: &App) -> Vec<Choice> {
    let choice = |one: &Processor| Choice {
        name: one.name.clone(),
        hint: format!("{}. {}", usually(one), hint(one)),
        price: None,
    };
    usual(app).map(choice).collect()
}

/// For this many rows, from how rows went here before.
async fn choices_of_rows(app: &App, caller: Caller, rows: u64) -> Result<Vec<Choice>, Problem> {
    let mut choices = Vec::new();
    for one in usual(app) {
        let name = Some(one.name.as_str());
        let estimate = submit::estimate(&app.store, &app.catalog, caller.owner, name, rows).await?;
        let is_bought = estimate.cost_micro_usd.is_some_and(|cost| cost.p95 > 0);
        let most = is_bought.then_some(estimate.at_most.cost_micro_usd);
        choices.push(Choice {
            name: one.name.clone(),
            // What a row usually takes stands in the estimate, from what was measured here.
            hint: format!("{}. Each row: {}", estimate.in_words(), lower(&hint(one))),
            price: most.map(|most| format!("at most {}", words::dollars(most))),
        });
    }
    Ok(choices)
}

fn spent(duration: Duration) -> String {
    words::spent(i64::try_from(duration.as_millis()).unwrap_or(i64::MAX))
}

/// How long a processor takes, in words.
fn usually(processor: &Processor) -> String {
    let (from, to) = processor.usual;
    format!("Usually {} to {}, at most {}", spent(from), spent(to), spent(processor.caps.wall))
}

/// What a processor may do and costs, in words.
fn hint(processor: &Processor) -> String {
    let caps = processor.caps;
    let cost = match processor.engine {
        Engine::Extractive => "Costs nothing: it only quotes, no model is used.".to_owned(),
        Engine::Model => format!(
            "Costs at most {} for models, where their prices are known.",
            words::dollars(caps.cost_micro_usd)
        ),
        Engine::Noop => "Researches nothing.".to_owned(),
    };
    format!("Up to {} pages and {} searches. {cost}", caps.pages, caps.searches)
}

fn lower(sentence: &str) -> String {
    let mut letters = sentence.chars();
    letters.next().map(|first| first.to_lowercase().chain(letters).collect()).unwrap_or_default()
}

#[derive(Deserialize)]
pub(super) struct Question {
    #[serde(default)]
    input: String,
    #[serde(default)]
    processor: String,
    #[serde(default)]
    previous: String,
}

fn unreadable(_: FormRejection) -> Problem {
    Problem::new(
        Kind::Malformed,
        "the form cannot be read; open the page again and send it from there",
    )
}

/// What is wrong with a question, where it is called so and not `input`.
fn why_not(problem: &Problem) -> String {
    words::sentence(&problem.message.replace("`input`", "the question"))
}

/// Starts a research and shows its page.
pub(super) async fn research(
    State(app): State<App>,
    caller: Caller,
    viewer: Viewer,
    form: Result<Form<Question>, FormRejection>,
) -> Result<Response, Problem> {
    let Form(asked) = form.map_err(unreadable)?;
    let processor =
        if asked.processor.is_empty() { DEFAULT_FOR_RESEARCH } else { &asked.processor };
    let previous = Some(asked.previous.clone()).filter(|id| !id.is_empty());
    let args = RunArgs {
        input: Value::from(asked.input.trim()),
        processor: Some(processor.to_owned()),
        task_spec: Some(json!({"output_schema": {"type": "text"}})),
        previous: previous.clone(),
        ..RunArgs::default()
    };
    match created(&app, caller, args).await {
        Ok(run) => Ok(see(&Site::of(&app, &viewer), &format!("/runs/{run}"))),
        Err(problem) if problem.kind == Kind::Invalid => {
            let (typed, processor) = (asked.input.clone(), processor.to_owned());
            let why = why_not(&problem);
            let page = match &previous {
                None => home::refused(&app, caller, &viewer, (typed, processor), why).await?,
                Some(run) => {
                    let refused = run::Refused { typed, processor, why };
                    run::refused(&app, &viewer, run, refused).await?
                }
            };
            Ok(refused_page(StatusCode::UNPROCESSABLE_ENTITY, page))
        }
        Err(problem) => Err(problem),
    }
}

async fn created(app: &App, caller: Caller, args: RunArgs) -> Result<domain::ids::RunId, Problem> {
    if args.input.as_str().is_none_or(str::is_empty) {
        return Err(Problem::invalid("the question is empty: write what you would like to know"));
    }
    let sources = app.store.list_sources(caller.owner).await?;
    let is_shared = app.store.is_shared();
    let new = submit::prepare(&app.catalog, &sources, args, DEFAULT_FOR_RESEARCH, is_shared)?;
    let made = submit::create_run(&app.store, caller.owner, new, None).await?;
    made.made().map(|run| run.id).ok_or_else(|| Problem::internal("a run without a key was known"))
}

/// Takes a sheet and shows what is in it.
pub(super) async fn upload(
    State(app): State<App>,
    caller: Caller,
    viewer: Viewer,
    form: Result<Multipart, MultipartRejection>,
) -> Result<Response, Problem> {
    let no_file = || Problem::invalid("no file was sent: choose a CSV file with a header");
    let mut form = form.map_err(|_| no_file())?;
    let cut = |why: axum::extract::multipart::MultipartError| {
        if why.status() == StatusCode::PAYLOAD_TOO_LARGE {
            let message = format!(
                "the sheet is larger than {} MB; split it, or use `task-mcp enrich` at a shell",
                MAX_BODY / 1024 / 1024
            );
            return Problem::new(Kind::TooLarge, message);
        }
        Problem::new(Kind::Malformed, "the file did not arrive whole; send it again").because(why)
    };
    while let Some(field) = form.next_field().await.map_err(cut)? {
        if field.name() != Some("file") {
            continue;
        }
        let name = field.file_name().unwrap_or_default();
        let name = name.rsplit(['/', '\\']).next().unwrap_or_default();
        let name = name.chars().filter(|c| !c.is_control() && !turns(*c));
        let name: String = name.take(MAX_NAME).collect();
        let name = if name.trim().is_empty() { "sheet.csv".to_owned() } else { name };
        let body = field.bytes().await.map_err(cut)?.to_vec();
        let (body, name) = apart(move || read(&body, &name).map(|_| (body, name))).await?;
        let id = app.store.put_sheet(caller.owner, name, body).await?;
        return Ok(see(&Site::of(&app, &viewer), &format!("/sheets/{id}")));
    }
    Err(no_file())
}

fn read(body: &[u8], name: &str) -> Result<Sheet, Problem> {
    sheet::parse(body, name).map_err(|why| Problem::invalid(why.to_string()))
}

/// Does what takes long with a sheet of 16 MB where no other request waits for it.
async fn apart<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, Problem> + Send + 'static,
) -> Result<T, Problem> {
    tokio::task::spawn_blocking(work).await.map_err(Problem::internal)?
}

#[derive(Template)]
#[template(path = "sheet.html")]
struct SheetPage {
    site: Site,
    id: String,
    name: String,
    columns: Vec<String>,
    /// How many there are, and how many of them are not shown.
    width: String,
    more_columns: usize,
    sample: Vec<Vec<String>>,
    rows: String,
    processors: Vec<Choice>,
    chosen: String,
    typed: String,
    refusal: Option<String>,
}

/// The columns of a sheet, a sample, and what is to be found for its rows.
pub(super) async fn show(
    State(app): State<App>,
    caller: Caller,
    viewer: Viewer,
    Path(sheet_id): Path<String>,
) -> Result<Response, Problem> {
    let (name, sheet) = find(&app, caller, &sheet_id).await?;
    let typed = Columns { fields: String::new(), processor: DEFAULT_FOR_ROWS.into() };
    let page = sheet_page(&app, caller, &viewer, &sheet_id, (&name, &sheet), typed, None).await?;
    rendered(&page)
}

async fn find(app: &App, caller: Caller, id: &str) -> Result<(String, Sheet), Problem> {
    let found = app.store.find_sheet(caller.owner, id).await?.ok_or_else(|| {
        Problem::not_found("there is no such sheet, or it waited longer than a day; send it again")
    })?;
    apart(move || read(&found.body, &found.name).map(|sheet| (found.name, sheet))).await
}

async fn sheet_page(
    app: &App,
    caller: Caller,
    viewer: &Viewer,
    id: &str,
    (name, sheet): (&str, &Sheet),
    typed: Columns,
    refusal: Option<String>,
) -> Result<SheetPage, Problem> {
    let short = |row: &Vec<String>| {
        row.iter().take(MAX_COLUMNS).map(|cell| words::short(cell, MAX_CELL)).collect()
    };
    let width = sheet.header.len();
    let rows = u64::try_from(sheet.rows.len()).unwrap_or(u64::MAX);
    Ok(SheetPage {
        site: Site::of(app, viewer),
        id: id.to_owned(),
        name: name.to_owned(),
        columns: short(&sheet.header),
        width: words::counted(i64::try_from(width).unwrap_or(i64::MAX), "column", "columns"),
        more_columns: width.saturating_sub(MAX_COLUMNS),
        sample: sheet.rows.iter().take(SAMPLE).map(short).collect(),
        rows: words::counted(i64::try_from(sheet.rows.len()).unwrap_or(i64::MAX), "row", "rows"),
        processors: choices_of_rows(app, caller, rows).await?,
        chosen: typed.processor,
        typed: typed.fields,
        refusal,
    })
}

/// What is to be found for each row.
#[derive(Deserialize)]
pub(super) struct Columns {
    #[serde(default)]
    fields: String,
    #[serde(default)]
    processor: String,
}

/// Makes a table of a sheet and shows it.
pub(super) async fn enrich(
    State(app): State<App>,
    caller: Caller,
    viewer: Viewer,
    Path(sheet_id): Path<String>,
    form: Result<Form<Columns>, FormRejection>,
) -> Result<Response, Problem> {
    let (name, sheet) = find(&app, caller, &sheet_id).await?;
    let Form(wanted) = form.map_err(unreadable)?;
    match filled(&app, caller, &sheet_id, &name, &sheet, &wanted).await {
        Ok(group) => Ok(see(&Site::of(&app, &viewer), &format!("/groups/{group}"))),
        Err(problem) if matches!(problem.kind, Kind::Invalid | Kind::Forbidden) => {
            let why = Some(words::sentence(&problem.message.replace("`input`", "the row")));
            let shown = (name.as_str(), &sheet);
            let page = sheet_page(&app, caller, &viewer, &sheet_id, shown, wanted, why).await?;
            Ok(refused_page(StatusCode::UNPROCESSABLE_ENTITY, rendered(&page)?))
        }
        Err(problem) => Err(problem),
    }
}

async fn filled(
    app: &App,
    caller: Caller,
    id: &str,
    name: &str,
    sheet: &Sheet,
    wanted: &Columns,
) -> Result<domain::ids::GroupId, Problem> {
    let schema = schema(&wanted.fields)?;
    let spec = json!({"output_schema": {"type": "json", "json_schema": schema}});
    let processor = if wanted.processor.is_empty() { DEFAULT_FOR_ROWS } else { &wanted.processor };
    let sources = app.store.list_sources(caller.owner).await?;
    // All rows are checked before any is stored.
    let mut parts: Vec<Vec<NewRun>> = Vec::new();
    for (number, rows) in sheet.rows.chunks(MAX_ROWS).enumerate() {
        let args = rows.iter().map(|row| RunArgs {
            input: Value::Object(sheet.input(row)),
            processor: Some(processor.to_owned()),
            ..RunArgs::default()
        });
        let prepared = submit::prepare_rows(
            &app.catalog,
            &sources,
            args.collect(),
            Some(&spec),
            DEFAULT_FOR_ROWS,
            app.store.is_shared(),
        );
        parts.push(prepared.map_err(|problem| match number {
            0 => problem,
            _ => Problem {
                message: format!("behind row {}: {}", number * MAX_ROWS, problem.message),
                ..problem
            },
        })?);
    }
    // The same form sent twice makes one table.
    let hash = Sha256::digest(format!("{id}\n{processor}\n{spec}").as_bytes()).to_vec();
    let hex = hash.iter().take(16).fold(String::new(), |mut hex, byte| {
        let _ = write!(hex, "{byte:02x}");
        hex
    });
    let key = |part: String| Key { text: part, request_hash: hash.clone(), lifetime_ms: REPEAT_MS };
    let notes = json!({"made_by": "page", "file": words::short(name, MAX_NAME)});
    let first = Some(key(format!("page/{hex}")));
    let made = submit::create_group(&app.store, caller.owner, Some(notes), None, first).await?;
    let other = || Problem::internal("the key of a sheet stands for something else");
    let group = made.made().ok_or_else(other)?.id;
    for (number, rows) in parts.into_iter().enumerate() {
        let key = Some(key(format!("page/{hex}/{number}")));
        if submit::add_rows(&app.store, caller.owner, group, rows, key).await? == Known::OtherBody {
            return Err(other());
        }
    }
    Ok(group)
}

/// Fields in plain words, or a JSON Schema, bare or in the envelope of the Task API.
fn schema(text: &str) -> Result<Value, Problem> {
    if !text.trim_start().starts_with('{') {
        return domain::fields::schema_from_words(text)
            .map_err(|why| Problem::invalid(why.to_string()));
    }
    let value: Value = serde_json::from_str(text).map_err(|why| {
        Problem::invalid(format!("what is to be found begins with `{{` and is no JSON: {why}"))
    })?;
    Ok(value.get("json_schema").cloned().unwrap_or(value))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_come_in_plain_words_or_as_a_schema() {
        assert!(
            schema("founded: year it was founded").unwrap()["properties"]["founded"].is_object()
        );
        let bare = json!({"type": "object", "properties": {"a": {"type": "string"}}});
        assert_eq!(schema(&bare.to_string()).unwrap(), bare);
        assert_eq!(schema(&json!({"json_schema": bare}).to_string()).unwrap(), bare);
        assert!(schema("{no").unwrap_err().message.contains("no JSON"));
        assert!(schema(" ").unwrap_err().message.contains("no field is named"));
    }
}
