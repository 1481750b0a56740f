//! Answers as files: a report as Markdown, JSON or as a page that proves itself; a table as CSV or JSON lines.

use std::collections::HashMap;
use std::fmt::Write as _;

use askama::Template;
use axum::body::Body;
use axum::extract::{Path, State};
use axum::response::Response;
use csv::WriterBuilder;
use domain::clock::TimeMs;
use domain::evidence::Evidence;
use domain::group::Group;
use domain::ids::WorkId;
use domain::output::{Content, Output};
use domain::receipt::Receipt;
use domain::spec::{Input, Wanted};
use futures_util::stream;
use serde_json::json;
use store::{Filter, Listed, Owner, RunRow};

use crate::App;
use crate::enriched;
use crate::gate::{Pass, Viewer};
use crate::problem::Problem;
use crate::sharing;
use crate::sheet::{cell, guarded};
use crate::ui::answer::{self, AnswerView, Texts};
use crate::ui::assets;
use crate::ui::passage::around;
use crate::ui::proof::{Citation, EnclosedPassage, Proof, json_for_script, sha256, words_of};
use crate::ui::receipt::{self, ReceiptView};
use crate::ui::site::Site;
use crate::ui::{file, group, run, words};
use crate::wire::{self, Links};

/// Rows read at a time for a file.
const AT_ONCE: i64 = 500;
/// Most columns of the input in a file; a table has fewer.
const MAX_COLUMNS: usize = 500;
/// Bytes of a page before and behind a quote, in a file that proves itself.
const ENCLOSED: usize = 700;

async fn answered(app: &App, row: &RunRow) -> Result<(Output, Receipt), Problem> {
    match app.store.result_of(row.seq).await? {
        Some((Some(output), receipt)) => Ok((output, receipt)),
        Some((None, _)) | None => Err(Problem::not_found(format!(
            "the run `{}` has no answer to download: it is {}",
            row.run.id, row.run.state
        ))),
    }
}

/// Links in a file open without a key; those of whoever came by a link are no wider than its own.
async fn links(app: &App, viewer: &Viewer, work: WorkId) -> Result<Links, Problem> {
    match &viewer.pass {
        Pass::Link { token, .. } => Ok(Links::public(&app.public_url, Some(token.clone()))),
        Pass::Open | Pass::Key | Pass::Session => sharing::links(app, work).await,
    }
}

pub(super) async fn markdown(
    State(app): State<App>,
    viewer: Viewer,
    Path(run_id): Path<String>,
) -> Result<Response, Problem> {
    let row = run::find(&app, &viewer, &run_id).await?;
    let (output, _) = answered(&app, &row).await?;
    let text = match &output.content {
        Content::Text(text) => text.clone(),
        Content::Fields { values, .. } => {
            let mut text = String::new();
            for (name, value) in values {
                let _ = writeln!(text, "- **{name}**: {}", words::value(value).replace('\n', " "));
                let basis = output.basis.iter().find(|basis| basis.field == *name);
                for evidence in basis.iter().flat_map(|basis| &basis.evidence) {
                    let quote = evidence.quote.split_whitespace().collect::<Vec<_>>().join(" ");
                    let _ = writeln!(text, "  > {quote} — {}", evidence.address);
                }
            }
            text
        }
    };
    Ok(file(&format!("{}.md", row.run.id), "text/markdown; charset=utf-8", text))
}

pub(super) async fn json(
    State(app): State<App>,
    viewer: Viewer,
    Path(run_id): Path<String>,
) -> Result<Response, Problem> {
    let row = run::find(&app, &viewer, &run_id).await?;
    let (output, receipt) = answered(&app, &row).await?;
    let links = links(&app, &viewer, sharing::work_of(&row.run)).await?;
    let view = wire::result_view(&row.run, &output, &receipt, &links);
    let text = serde_json::to_string_pretty(&view).map_err(Problem::internal)?;
    Ok(file(&format!("{}.json", row.run.id), "application/json", text))
}

#[derive(Template)]
#[template(path = "proof.html")]
struct ProofPage {
    style: &'static str,
    print: &'static str,
    script: &'static str,
    question: String,
    id: String,
    processor: String,
    at: String,
    report: String,
    answer: AnswerView,
    receipt: ReceiptView,
    seal: String,
    data: String,
}

/// The answer of one file that proves itself.
#[derive(Template)]
#[template(path = "proof_report.html")]
struct ProofReport<'a> {
    answer: &'a AnswerView,
}

pub(super) async fn proof(
    State(app): State<App>,
    viewer: Viewer,
    Path(run_id): Path<String>,
) -> Result<Response, Problem> {
    let row = run::find(&app, &viewer, &run_id).await?;
    let (output, receipt) = answered(&app, &row).await?;
    let (input, _) = app.store.input_of(&row).await?;
    let texts = Texts::of(&app, &output).await?;
    // Addresses in a file lead back to the server.
    let answer = answer::view(&output, &texts, &Site::of(&app, &viewer));
    let report = ProofReport { answer: &answer }.render().map_err(Problem::internal)?;
    let at = row.run.finished_at.unwrap_or(row.run.created_at);
    let (passages, citations) = enclosed(&output, &texts);
    let question = words::question(&input, usize::MAX);
    let proof = Proof {
        version: 1,
        run: row.run.id.to_string(),
        question: question.clone(),
        processor: row.run.processor.clone(),
        finished_at: at.rfc3339(),
        report_sha256: sha256(&words_of(&report)),
        passages,
        citations,
    };
    let data = json_for_script(&proof).map_err(Problem::internal)?;
    let page = ProofPage {
        style: assets::STYLE,
        print: include_str!("../../assets/print.css"),
        script: include_str!("../../assets/proof.js"),
        question,
        id: row.run.id.to_string(),
        processor: row.run.processor.clone(),
        at: words::when(at),
        report,
        answer,
        receipt: receipt::view(&receipt),
        seal: sha256(&data),
        data,
    };
    let html = page.render().map_err(Problem::internal)?;
    Ok(file(&format!("{}.html", row.run.id), "text/html; charset=utf-8", html))
}

/// Every quote and its passage; quotes of one place share theirs.
fn enclosed(output: &Output, texts: &Texts) -> (Vec<EnclosedPassage>, Vec<Citation>) {
    let (mut passages, mut citations) = (Vec::new(), Vec::new());
    let mut known: HashMap<(i64, usize, usize), usize> = HashMap::new();
    let mut add = |field: &str, number: usize, evidence: &Evidence| {
        let Some(archived) = texts.get(evidence.text) else { return };
        let Some(passage) = around(&archived.text.body, &evidence.span, ENCLOSED) else { return };
        let place = (evidence.text.0, evidence.span.start, evidence.span.end);
        let passage = *known.entry(place).or_insert_with(|| {
            passages.push(EnclosedPassage {
                page: evidence.page.to_string(),
                address: evidence.address.clone(),
                title: evidence.title.clone(),
                archived_at: TimeMs(archived.first_at_ms).rfc3339(),
                page_sha256: archived.hash.clone(),
                sha256: sha256(&passage.text),
                text: passage.text,
            });
            passages.len() - 1
        });
        citations.push(Citation {
            field: field.to_owned(),
            number,
            quote: evidence.quote.clone(),
            passage,
        });
    };
    for basis in &output.basis {
        for (nth, evidence) in basis.evidence.iter().enumerate() {
            add(&basis.field, nth + 1, evidence);
        }
        for evidence in basis.conflicts.iter().flat_map(|candidate| &candidate.evidence) {
            add(&basis.field, 0, evidence);
        }
    }
    (passages, citations)
}

pub(super) async fn csv(
    app: State<App>,
    viewer: Viewer,
    group_id: Path<String>,
) -> Result<Response, Problem> {
    table(&app, &viewer, &group_id, true).await
}

/// Only the values, as a spreadsheet wants them.
pub(super) async fn values_csv(
    app: State<App>,
    viewer: Viewer,
    group_id: Path<String>,
) -> Result<Response, Problem> {
    table(&app, &viewer, &group_id, false).await
}

async fn table(app: &App, viewer: &Viewer, id: &str, is_whole: bool) -> Result<Response, Problem> {
    let group = group::find(app, viewer, id).await?;
    let (columns, fields) = columns(app, viewer.owner, &group).await?;
    let mut header = enriched::header(&columns, &fields);
    if !is_whole {
        header = columns.iter().cloned().chain(fields.iter().cloned()).collect();
    }
    let header: Vec<String> = header.iter().map(|name| guarded(name)).collect();
    let links = links(app, viewer, WorkId::Group(group.id)).await?;
    let head = line(&header);
    let body = rows(app, viewer.owner, &group, head, move |listed| {
        let mut cells: Vec<String> =
            columns.iter().map(|name| guarded(&input_cell(listed, name))).collect();
        if is_whole {
            cells.extend(enriched::cells(listed, &fields, &links).cells);
        } else {
            let value = |name: &String| {
                listed.output.as_ref().and_then(|output| enriched::value_of(output, name))
            };
            cells.extend(fields.iter().map(|name| guarded(&value(name).unwrap_or_default())));
        }
        line(&cells)
    });
    Ok(file(&format!("{}.csv", group.id), "text/csv; charset=utf-8", body))
}

pub(super) async fn jsonl(
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
