//! A run: what was asked, how far it is, and the answer with its quotes.

use askama::Template;
use axum::extract::{Path, State};
use axum::response::Response;
use domain::event::{Event, EventKind};
use domain::evidence::Evidence;
use domain::ids::{NotAnId, RunId};
use domain::output::{Basis, Confidence, Content, Output};
use domain::receipt::Receipt;
use domain::spec::Input;
use serde_json::Value;
use store::RunSeq;

use crate::App;
use crate::gate::Caller;
use crate::problem::Problem;
use crate::ui::{markdown, page, rendered, words};
use crate::wire::is_web;

/// Messages shown, newest first.
const MAX_MESSAGES: usize = 100;
/// Parts of the events that are read for one page, each of up to 1000.
const MAX_PARTS: usize = 10;

#[derive(Template)]
#[template(path = "run.html")]
struct RunPage {
    prefix: String,
    id: String,
    question: String,
    columns: Vec<(String, String)>,
    state: &'static str,
    is_active: bool,
    processor: String,
    at: String,
    group: Option<String>,
    failure: Option<String>,
    warnings: Vec<String>,
    numbers: Option<String>,
    messages: Vec<(String, String)>,
    report: Option<String>,
    confidence: Option<&'static str>,
    reasoning: String,
    quotes: Vec<Quote>,
    conflicts: Vec<Conflict>,
    fields: Vec<Field>,
    receipt: Option<ReceiptLines>,
}

struct Quote {
    text: String,
    title: String,
    /// The archived page, at the quote.
    page: String,
    /// The page itself, where it is on the web.
    web: Option<String>,
    address: String,
    section: Option<String>,
    published: Option<String>,
}

#[derive(Default)]
struct Field {
    name: String,
    value: String,
    missing: Option<&'static str>,
    confidence: Option<&'static str>,
    reasoning: String,
    quotes: Vec<Quote>,
    conflicts: Vec<Conflict>,
}

struct Conflict {
    value: String,
    quotes: Vec<Quote>,
}

struct ReceiptLines {
    lines: Vec<(&'static str, String)>,
    unreadable: Vec<(String, String)>,
    advice: Option<String>,
}

pub(super) async fn show(
    State(app): State<App>,
    caller: Caller,
    Path(run_id): Path<String>,
) -> Result<Response, Problem> {
    let id: RunId = run_id.parse().map_err(|why: NotAnId| Problem::not_found(why.to_string()))?;
    let row = app.store.find_run(caller.owner, id).await?;
    let row = row.ok_or_else(|| Problem::not_found(format!("there is no run `{id}`")))?;
    let (input, _) = app.store.input_of(&row).await?;
    let (numbers, messages) = progress(&app, row.seq).await?;
    let (output, receipt) = match app.store.result_of(row.seq).await? {
        Some((output, receipt)) => (output, Some(receipt)),
        None => (None, None),
    };
    let prefix = app.prefix();
    let answer = output.map(|output| answer(&output, &prefix)).unwrap_or_default();
    let run = row.run;
    rendered(&RunPage {
        id: run.id.to_string(),
        question: words::question(&input, 600),
        columns: columns(&input),
        state: run.state.as_str(),
        is_active: run.state.is_active(),
        processor: run.processor,
        at: words::at(run.created_at),
        group: run.group.map(|group| group.to_string()),
        failure: run.failure.map(|failure| failure.message),
        warnings: run.warnings.into_iter().map(|warning| warning.message).collect(),
        numbers,
        messages,
        report: answer.report,
        confidence: answer.confidence,
        reasoning: answer.reasoning,
        quotes: answer.quotes,
        conflicts: answer.conflicts,
        fields: answer.fields,
        receipt: receipt.as_ref().map(receipt_lines),
        prefix,
    })
}

fn columns(input: &Input) -> Vec<(String, String)> {
    match input {
        Input::Text(_) => Vec::new(),
        Input::Row(row) => {
            row.iter().map(|(name, value)| (name.clone(), words::value(value))).collect()
        }
    }
}

/// The newest numbers and messages.
async fn progress(
    app: &App,
    run: RunSeq,
) -> Result<(Option<String>, Vec<(String, String)>), Problem> {
    let mut events: Vec<Event> = Vec::new();
    for _ in 0..MAX_PARTS {
        let after = events.last().map_or(0, |event| event.seq);
        let part = app.store.events_of(run, after).await?;
        if part.is_empty() {
            break;
        }
        events.extend(part);
    }
    let (mut numbers, mut messages) = (None, Vec::new());
    for event in events {
        match event.kind {
            EventKind::State(_) => {}
            EventKind::Message { message, .. } => messages.push((words::at(event.at), message)),
            EventKind::Progress(progress) => {
                numbers = Some(format!(
                    "{} % · {} sources considered · {} read",
                    progress.percent, progress.sources_considered, progress.sources_read
                ));
            }
        }
    }
    messages.reverse();
    messages.truncate(MAX_MESSAGES);
    Ok((numbers, messages))
}

#[derive(Default)]
struct Answer {
    report: Option<String>,
    confidence: Option<&'static str>,
    reasoning: String,
    quotes: Vec<Quote>,
    conflicts: Vec<Conflict>,
    fields: Vec<Field>,
}

fn answer(output: &Output, prefix: &str) -> Answer {
    match &output.content {
        Content::Text(text) => {
            let basis = output.basis.first();
            let evidence = basis.map_or(&[][..], |basis| &basis.evidence);
            let report = Some(markdown::to_html(text, evidence.len(), &format!("{prefix}/pages/")));
            let Some(basis) = basis else { return Answer { report, ..Answer::default() } };
            let Field { confidence, reasoning, quotes, conflicts, .. } = field(basis, None, prefix);
            Answer { report, confidence, reasoning, quotes, conflicts, fields: Vec::new() }
        }
        Content::Fields { values, .. } => {
            let with_basis = output.basis.iter().map(|basis| {
                field(basis, values.get(&basis.field).or_else(|| element(values, basis)), prefix)
            });
            let is_bare = |name: &str| output.basis.iter().all(|basis| basis.field != name);
            let bare = values.iter().filter(|(name, _)| is_bare(name)).map(|(name, value)| Field {
                name: name.clone(),
                value: words::value(value),
                ..Field::default()
            });
            Answer { fields: with_basis.chain(bare).collect(), ..Answer::default() }
        }
    }
}

/// The value behind `staff.0`.
fn element<'a>(values: &'a serde_json::Map<String, Value>, basis: &Basis) -> Option<&'a Value> {
    let (name, index) = basis.field.rsplit_once('.')?;
    values.get(name)?.get(index.parse::<usize>().ok()?)
}

fn field(basis: &Basis, value: Option<&Value>, prefix: &str) -> Field {
    let conflicts = basis.conflicts.iter().map(|candidate| Conflict {
        value: words::value(&candidate.value),
        quotes: quotes(&candidate.evidence, prefix),
    });
    Field {
        name: basis.field.clone(),
        value: value.map(words::value).unwrap_or_default(),
        missing: basis.missing.map(words::missing),
        confidence: basis.confidence.map(Confidence::as_str),
        reasoning: basis.reasoning.clone(),
        quotes: quotes(&basis.evidence, prefix),
        conflicts: conflicts.collect(),
    }
}

fn quotes(evidence: &[Evidence], prefix: &str) -> Vec<Quote> {
    let quote = |evidence: &Evidence| Quote {
        text: evidence.quote.clone(),
        title: if evidence.title.is_empty() { &evidence.address } else { &evidence.title }.clone(),
        page: format!("{prefix}/pages/{}#{}", evidence.page, page::anchor(&evidence.span)),
        web: is_web(&evidence.address).then(|| evidence.address.clone()),
        address: evidence.address.clone(),
        section: evidence.section.clone(),
        published: evidence.published.clone(),
    };
    evidence.iter().map(quote).collect()
}

fn receipt_lines(receipt: &Receipt) -> ReceiptLines {
    let lines = vec![
        ("Answered by", receipt.engine.clone()),
        ("Stopped because", receipt.stopped.map_or("", words::stopped).to_owned()),
        ("Searches", receipt.searches.to_string()),
        ("Sources considered", receipt.sources_considered.to_string()),
        ("Pages read", receipt.pages_read.to_string()),
        ("Quotes verified", receipt.quotes_verified.to_string()),
        ("Quotes dropped", receipt.quotes_dropped.to_string()),
        ("Sentences with a quote", format!("{} of {}", receipt.sentences_cited, receipt.sentences)),
        ("Contradictions", receipt.contradictions.to_string()),
        ("Fields found", receipt.fields_found.to_string()),
        ("Fields missing", receipt.fields_missing.to_string()),
        ("Time", format!("{} ms", receipt.elapsed_ms)),
    ];
    let unreadable = receipt.unreadable.iter();
    ReceiptLines {
        lines: lines.into_iter().filter(|(_, value)| !value.is_empty()).collect(),
        unreadable: unreadable.map(|one| (one.address.clone(), one.reason.clone())).collect(),
        advice: receipt.advice.clone(),
    }
}
