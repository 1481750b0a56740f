//! Starting work: a report on one question, or the same fields for the rows of a table.

use domain::group::Group;
use domain::processor::{DEFAULT_FOR_RESEARCH, DEFAULT_FOR_ROWS};
use domain::run::Run;
use serde::Serialize;
use serde_json::{Map, Value, json};
use store::{Filter, Key, NewRun};

use crate::mcp::ToolSet;
use crate::mcp::arguments::{Arguments, ESTIMATE, GROUP, OUTPUT, PROCESSOR, QUESTION, ROWS, named};
use crate::mcp::call::{Call, Refusal};
use crate::mcp::expected::{self, Expected};
use crate::mcp::found::{Found, find_named};
use crate::mcp::rows::{self, Table};
use crate::mcp::stdio;
use crate::mcp::wanted::{self, Task};
use crate::once;
use crate::problem::Problem;
use crate::submit::{self, MAX_ROWS, RunArgs, recommended};
use crate::wire::input_view;

/// Most rows of one call: what a model writes out is small. Files hold more.
pub(super) const MAX_INLINE_ROWS: usize = 200;
/// Most rows of a file that is read over stdio.
pub(super) const MAX_FILE_ROWS: usize = 50_000;

/// Work that was started, as both creating tools tell it.
#[derive(Debug, Serialize)]
pub(super) struct Started {
    pub(super) id: String,
    /// Where a person watches it.
    pub(super) url: String,
    pub(super) status: &'static str,
    pub(super) processor: String,
    #[serde(flatten)]
    pub(super) kind: Kind,
    pub(super) created_at: String,
    pub(super) next_step: String,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(super) notes: Vec<String>,
}

/// What a creating tool answers.
#[derive(Debug, Serialize)]
#[serde(untagged)]
pub(super) enum Made {
    Started(Started),
    Expected(Expected),
}

impl Made {
    pub(super) const fn notes(&mut self) -> &mut Vec<String> {
        match self {
            Self::Started(started) => &mut started.notes,
            Self::Expected(expected) => &mut expected.notes,
        }
    }
}

/// The members that the hosted tools name differently for the two.
#[derive(Debug, Serialize)]
#[serde(untagged)]
pub(super) enum Kind {
    Research { run_id: String, interaction_id: String },
    Table { task_group_id: String, rows: usize, rows_in_group: i64, columns: Vec<String> },
}

/// `createDeepResearch`.
pub(super) async fn deep_research(call: &Call, mut args: Arguments) -> Result<Made, Refusal> {
    if !args.has(&QUESTION) && args.has(&ROWS) {
        return Err(Refusal::one(
            "these are rows, and this tool takes one question as `input`: call createTaskGroup for rows",
        ));
    }
    let question = args.needed_text(&QUESTION, "What changed in version 2, and why?");
    let request_key = args.text(&named("request_key"), "a UUID");
    let processor = processor(call, &mut args, request_key.is_some());
    let source_policy = source_policy(&mut args);
    let previous = args.text(&named("previous_interaction_id"), "trun_…");
    let is_estimate = args.flag(&ESTIMATE);
    let mut notes = args.finish()?;
    if is_estimate {
        let processor = processor.unwrap_or_else(|| DEFAULT_FOR_RESEARCH.into());
        return expected::told(call, processor, 1, notes).await.map(Made::Expected);
    }
    let run = RunArgs {
        input: question.clone().unwrap_or_default().into(),
        processor: processor.clone(),
        task_spec: Some(json!({"output_schema": {"type": "text"}})),
        source_policy: source_policy.clone(),
        metadata: Some(json!({"created_via": "mcp"})),
        previous: previous.clone(),
        ..RunArgs::default()
    };
    let asked = [
        ("input", question.map(Value::from)),
        ("processor", processor.map(Value::from)),
        ("source_policy", source_policy),
        ("previous", previous.map(Value::from)),
    ];
    let asked = asked.into_iter().filter_map(|(name, value)| Some((name.to_owned(), value?)));
    let key = once::key_of(request_key.as_deref(), "createDeepResearch", &asked.collect())?;
    let app = &call.app;
    let owner = call.caller.owner;
    let known = app.store.find_made_run(owner, key.as_ref());
    let run = once::make(app, call.caller, key.as_ref(), known, async {
        let sources = app.store.list_sources(owner).await?;
        let is_shared = app.store.is_shared();
        let new = submit::prepare(&app.catalog, &sources, run, DEFAULT_FOR_RESEARCH, is_shared)?;
        submit::create_run(&app.store, owner, new, key.clone()).await
    })
    .await?;
    notes.extend(run.warnings.iter().map(|warning| warning.message.clone()));
    notes.extend(expected::in_words(call, &run.processor, 1).await?);
    Ok(Made::Started(started_research(call, &run, notes)))
}

fn started_research(call: &Call, run: &Run, notes: Vec<String>) -> Started {
    let id = run.id.to_string();
    Started {
        url: call.run_url(&id),
        status: run.state.as_str(),
        processor: run.processor.clone(),
        kind: Kind::Research { run_id: id.clone(), interaction_id: id.clone() },
        created_at: run.created_at.rfc3339(),
        next_step: next_step(call, &id),
        id,
        notes,
    }
}

fn next_step(call: &Call, id: &str) -> String {
    let wait = call.app.wait_note.as_deref().map(|note| format!(" {note}")).unwrap_or_default();
    format!(
        "Give the user the url as a link. To wait for it, call {} with {} `{id}`{}, again and again until it is \
         finished; or go on with something else and call it later.{wait}",
        call.tools.status_tool(),
        call.tools.id_argument(),
        call.tools.wait_argument(),
    )
}

/// A processor by its name; another one is refused with what else is wrong. Where the call has a key it may be a repeat,
/// which is answered although the processor is gone: `submit` looks at it once it is known that it is none.
fn processor(call: &Call, args: &mut Arguments, has_key: bool) -> Option<String> {
    let name = args.text(&PROCESSOR, "core")?.to_lowercase();
    let all = &call.app.catalog.processors;
    if has_key || all.iter().any(|processor| processor.name == name) {
        return Some(name);
    }
    let shown = all.iter().map(|processor| processor.name.as_str());
    let shown: Vec<&str> =
        shown.filter(|name| !name.ends_with("-fast") && *name != "noop").collect();
    let rule = format!("it must be one of {} (or one of these with -fast)", shown.join(", "));
    args.refuse("processor", &Value::from(name), &rule);
    None
}

/// As the hosted tools take it, or its two lists as arguments of their own.
fn source_policy(args: &mut Arguments) -> Option<Value> {
    let such = "{\"include_domains\": [\"example.org\"]}";
    let mut policy = args.object(&named("source_policy"), such).unwrap_or_default();
    for name in ["include_domains", "exclude_domains"] {
        if let Some(one) = policy.get(name).and_then(Value::as_str).map(str::to_owned) {
            args.note(format!("`source_policy.{name}` was one text and was read as a list"));
            policy.insert(name.into(), json!([one]));
        }
        if let Some(domains) = args.texts(&named(name), "[\"example.org\"]") {
            args.note(format!("`{name}` was taken as `source_policy.{name}`"));
            policy.insert(name.into(), json!(domains));
        }
    }
    (!policy.is_empty()).then_some(Value::Object(policy))
}

const ONE_TEXT: &str = "`inputs` is one text, and `output` is missing: call createDeepResearch for one question; or give \
    rows and the columns that are wanted";
const NO_COLUMNS: &str = "`output` is missing: say which columns are wanted, such as `founded: year it was founded; ceo: \
    its chief executive`";

/// `createTaskGroup`.
pub(super) async fn task_group(call: &Call, mut args: Arguments) -> Result<Made, Refusal> {
    if !args.has(&ROWS) && args.has(&QUESTION) {
        return Err(Refusal::one(
            "`inputs` is missing, and this tool takes rows: call createDeepResearch for one question",
        ));
    }
    let group = args.text(&GROUP, "tgrp_…");
    let table = table(call, &mut args).await;
    let output_type = args.choice(&named("output_type"), &["json", "text"]);
    let output = args.take(&OUTPUT);
    let request_key = args.text(&named("request_key"), "a UUID");
    let processor = processor(call, &mut args, request_key.is_some());
    let source_policy = source_policy(&mut args);
    let is_question = table.as_ref().is_some_and(Table::is_single_value);
    if group.is_none() && output.is_none() {
        if is_question && call.tools == ToolSet::Full {
            return Err(Refusal::one(ONE_TEXT));
        }
        args.problem(NO_COLUMNS);
    }
    let task = output.as_ref().and_then(|output| wanted::read(&mut args, output, output_type));
    let is_estimate = args.flag(&ESTIMATE);
    let mut notes = args.finish()?;
    let Some(table) = table else { return Err(Problem::internal("rows without a refusal").into()) };
    let (group, task) = match &group {
        Some(id) => {
            let Existing { group, task: earlier } = existing(call, id, task.is_some()).await?;
            (Some(group), task.or(earlier))
        }
        None => (None, task),
    };
    let Some(task) = task else {
        return Err(Refusal::one(
            "`output` is missing, and the group has no rows yet to take it from: say which columns are wanted",
        ));
    };
    let count = table.rows.len();
    let asked = Map::from_iter([
        ("group".to_owned(), json!(group.as_ref().map(|group| group.id.to_string()))),
        ("rows".to_owned(), json!(table.rows)),
        ("task".to_owned(), task.spec.clone()),
        ("processor".to_owned(), json!(processor)),
        ("source_policy".to_owned(), json!(source_policy)),
    ]);
    let processor = processor.unwrap_or_else(|| suited(call, &task));
    notes.extend(table.note.map(|note| format!("inputs: {note}")).into_iter().chain(task.note));
    if is_estimate {
        return expected::told(call, processor, count, notes).await.map(Made::Expected);
    }
    let runs = table.rows.into_iter().map(|row| RunArgs {
        input: Value::Object(row),
        processor: Some(processor.clone()),
        source_policy: source_policy.clone(),
        ..RunArgs::default()
    });
    // What was added under the key before is not checked again: it may be refused today.
    let parts = count.div_ceil(MAX_ROWS);
    let batches = if were_added(call, request_key.as_deref(), parts, &asked).await? {
        vec![Vec::new(); parts]
    } else {
        prepared(call, runs.collect(), &task.spec).await?
    };
    let metadata =
        json!({"created_via": "mcp", "processor": processor, "columns": task.columns.join(", ")});
    let (group, in_group) = add(call, group, metadata, batches, request_key, &asked).await?;
    notes.extend(expected::in_words(call, &processor, count).await?);
    Ok(Made::Started(started_table(
        call,
        &group,
        (count, in_group),
        processor,
        task.columns,
        notes,
    )))
}

/// `rows`: those of this call, and all of the group.
fn started_table(
    call: &Call,
    group: &Group,
    rows: (usize, i64),
    processor: String,
    columns: Vec<String>,
    notes: Vec<String>,
) -> Started {
    let id = group.id.to_string();
    let kind =
        Kind::Table { task_group_id: id.clone(), rows: rows.0, rows_in_group: rows.1, columns };
    Started {
        url: call.group_url(&id),
        status: "running",
        processor,
        kind,
        created_at: group.created_at.rfc3339(),
        next_step: next_step(call, &id),
        id,
        notes,
    }
}

/// The rows of a call, within its limit.
async fn table(call: &Call, args: &mut Arguments) -> Option<Table> {
    let Some(sent) = args.take(&ROWS) else {
        args.problem("`inputs` is missing: give the rows, such as [{\"company\": \"Acme\"}]");
        return None;
    };
    let (table, limit) = match stdio::rows_of_file(call, &sent).await {
        Some(read) => (read, MAX_FILE_ROWS),
        None => (rows::read(sent), MAX_INLINE_ROWS),
    };
    match table {
        Ok(table) if table.rows.len() > limit => {
            args.problem(too_many(call, table.rows.len(), limit));
            None
        }
        Ok(table) => Some(table),
        Err(why) => {
            args.problem(why);
            None
        }
    }
}

fn too_many(call: &Call, count: usize, limit: usize) -> String {
    let file = if call.is_pipe {
        "give the path of a CSV file as `inputs`, which may have 50000"
    } else {
        "put them into a file and run `task-mcp enrich FILE.csv --fields …` (any number)"
    };
    format!(
        "`inputs` has {count} rows; one call takes at most {limit}, and nothing was started. Instead {file}, or send \
         them over REST to {}/v1/tasks/groups (1000 a request), or in several calls: the first makes the group, the \
         others give its id as `group_id`",
        call.app.public_url
    )
}

/// The smallest processor that suits the number of columns.
fn suited(call: &Call, task: &Task) -> String {
    let best = recommended(&call.app.catalog.processors, &[], task.fields).into_iter().next();
    best.unwrap_or_else(|| DEFAULT_FOR_ROWS.into())
}

/// A group to which rows are added, and what is wanted of its rows so far.
struct Existing {
    group: Group,
    task: Option<Task>,
}

async fn existing(call: &Call, id: &str, has_task: bool) -> Result<Existing, Refusal> {
    let Found::Group(group) = find_named(call, "group_id", id).await? else {
        let message = format!(
            "`group_id` is `{id}`, which is a single run: rows are added to a group, tgrp_…"
        );
        return Err(Refusal::one(message));
    };
    if has_task {
        return Ok(Existing { group, task: None });
    }
    let (store, owner) = (&call.app.store, call.caller.owner);
    let filter = Filter { with_input: true, ..Filter::default() };
    let first = store.list_rows(owner, group.id, 0, 1, filter).await?.runs.into_iter().next();
    let task = match first {
        Some(listed) => {
            let spec = store.spec_of(&listed).await?;
            let input = listed.input.clone().unwrap_or(domain::spec::Input::Text(String::new()));
            let view = input_view(&listed.run, &input, &spec);
            view.task_spec.map(|task_spec| wanted::told(&spec.wanted, task_spec))
        }
        None => None,
    };
    Ok(Existing { group, task })
}

/// All rows checked, before any is stored, in parts that one transaction takes.
async fn prepared(
    call: &Call,
    rows: Vec<RunArgs>,
    task_spec: &Value,
) -> Result<Vec<Vec<NewRun>>, Refusal> {
    let app = &call.app;
    let sources = app.store.list_sources(call.caller.owner).await?;
    let (catalog, is_shared, task_spec) =
        (app.catalog.clone(), app.store.is_shared(), task_spec.clone());
    // Real work where there are many: off the threads that answer others.
    let checking = move || {
        let mut rows = rows.into_iter();
        let mut batches = Vec::new();
        loop {
            let batch: Vec<RunArgs> = rows.by_ref().take(MAX_ROWS).collect();
            if batch.is_empty() {
                return Ok::<_, Problem>(batches);
            }
            let spec = Some(&task_spec);
            batches.push(submit::prepare_rows(
                &catalog,
                &sources,
                batch,
                spec,
                DEFAULT_FOR_ROWS,
                is_shared,
            )?);
        }
    };
    let checked = tokio::task::spawn_blocking(checking).await.map_err(Problem::internal)?;
    Ok(checked?)
}

/// The key of one part of the rows, where the call has one.
fn key_of_part(
    request_key: Option<&str>,
    part: usize,
    asked: &Map<String, Value>,
) -> Result<Option<Key>, Problem> {
    let key = request_key.map(|key| format!("{key}/rows/{part}"));
    once::key_of(key.as_deref(), "createTaskGroup rows", asked)
}

/// Whether all rows were added under the same key before.
async fn were_added(
    call: &Call,
    request_key: Option<&str>,
    parts: usize,
    asked: &Map<String, Value>,
) -> Result<bool, Refusal> {
    for part in 0..parts {
        let key = key_of_part(request_key, part, asked)?;
        if call.app.store.find_added_rows(call.caller.owner, key.as_ref()).await?.is_none() {
            return Ok(false);
        }
    }
    Ok(true)
}

/// Makes the group where there is none, adds the rows, and tells how many it has then. The same key gives the same
/// group and adds nothing.
async fn add(
    call: &Call,
    group: Option<Group>,
    metadata: Value,
    batches: Vec<Vec<NewRun>>,
    request_key: Option<String>,
    asked: &Map<String, Value>,
) -> Result<(Group, i64), Refusal> {
    let app = &call.app;
    let owner = call.caller.owner;
    let group = if let Some(group) = group {
        group
    } else {
        let key = once::key_of(request_key.as_deref(), "createTaskGroup", asked)?;
        let known = app.store.find_made_group(owner, key.as_ref());
        let creation = submit::create_group(&app.store, owner, Some(metadata), None, key.clone());
        once::make(app, call.caller, key.as_ref(), known, creation).await?
    };
    let mut in_group = group.counts.total();
    for (part, batch) in batches.into_iter().enumerate() {
        let key = key_of_part(request_key.as_deref(), part, asked)?;
        let known = app.store.find_added_rows(owner, key.as_ref());
        let creation = submit::add_rows(&app.store, owner, group.id, batch, key.clone());
        let added = once::make(app, call.caller, key.as_ref(), known, creation).await?;
        in_group = added.counts.total();
    }
    Ok((group, in_group))
}
