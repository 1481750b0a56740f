//! Answers as files: a report as Markdown, JSON or as a page that proves itself; tables in `rows`.

pub(super) mod rows;

use std::collections::HashMap;
use std::fmt::Write as _;

use axum::extract::{Path, State};
use axum::response::Response;
use domain::clock::TimeMs;
use domain::evidence::Evidence;
use domain::ids::WorkId;
use domain::output::{Basis, Content, Output};
use domain::receipt::Receipt;
use serde_json::Value;
use store::RunRow;

use crate::App;
use crate::gate::{Pass, Viewer};
use crate::problem::Problem;
use crate::sharing;
use crate::ui::answer::{self, Texts};
use crate::ui::passage::around;
use crate::ui::proof::{
    Citation, EnclosedPassage, Field, Line, MADE_BY, Part, Proof, file_of, sha256,
};
use crate::ui::receipt::{self, ReceiptLine};
use crate::ui::{file, run, words};
use crate::wire::{self, Links};

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

pub(super) async fn proof(
    State(app): State<App>,
    viewer: Viewer,
    Path(run_id): Path<String>,
) -> Result<Response, Problem> {
    let row = run::find(&app, &viewer, &run_id).await?;
    let (output, receipt) = answered(&app, &row).await?;
    let (input, spec) = app.store.input_of(&row).await?;
    let texts = Texts::of(&app, &output).await?;
    let receipt = receipt::view(&receipt, spec.processor.caps);
    let line = |line: ReceiptLine| Line {
        name: line.name.to_owned(),
        value: line.value,
        bound: line.bound,
    };
    let (passages, citations) = enclosed(&output, &texts);
    let (report, others, fields) = said(&output);
    let html = file_of(Proof {
        made_by: MADE_BY.to_owned(),
        run: row.run.id.to_string(),
        question: words::question(&input, usize::MAX),
        processor: row.run.processor.clone(),
        finished_at: row.run.finished_at.unwrap_or(row.run.created_at).rfc3339(),
        report,
        others,
        fields,
        receipt: receipt.lines.into_iter().map(line).collect(),
        stopped: receipt.stopped.map(str::to_owned),
        passages,
        citations,
        ..Proof::default()
    })
    .map_err(Problem::internal)?;
    Ok(file(&format!("{}.html", row.run.id), "text/html; charset=utf-8", html))
}

/// The report with what others say, or the fields.
fn said(output: &Output) -> (Option<String>, Vec<String>, Vec<Field>) {
    let others = |basis: &Basis| -> Vec<String> {
        basis.conflicts.iter().map(|other| words::value(&other.value)).collect()
    };
    match &output.content {
        Content::Text(text) => {
            let others = output.basis.first().map(others).unwrap_or_default();
            (Some(text.clone()), others, Vec::new())
        }
        Content::Fields { values, .. } => {
            let part = |basis: &Basis| Part {
                field: basis.field.clone(),
                reasoning: basis.reasoning.clone(),
                others: others(basis),
            };
            let field = |(name, value): (&String, &Value)| Field {
                name: name.clone(),
                value: words::value(value),
                missing: answer::bases(output, name)
                    .find(|basis| basis.field == *name)
                    .and_then(|basis| basis.missing)
                    .map(|why| words::missing(why).to_owned()),
                parts: answer::bases(output, name).map(part).collect(),
            };
            (None, Vec::new(), values.iter().map(field).collect())
        }
    }
}

/// Every quote and its passage; quotes of one place share theirs.
fn enclosed(output: &Output, texts: &Texts) -> (Vec<EnclosedPassage>, Vec<Citation>) {
    let (mut passages, mut citations) = (Vec::new(), Vec::new());
    let mut known: HashMap<(i64, usize, usize), (usize, usize)> = HashMap::new();
    let mut place = |evidence: &Evidence| {
        let archived = texts.get(evidence.text)?;
        let passage = around(&archived.text.body, &evidence.span, ENCLOSED)?;
        let span = (evidence.text.0, evidence.span.start, evidence.span.end);
        Some(*known.entry(span).or_insert_with(|| {
            let at = passage.quote.start;
            passages.push(EnclosedPassage {
                page: evidence.page.to_string(),
                address: evidence.address.clone(),
                media_type: archived.media_type.clone(),
                archived_at: TimeMs(archived.first_at_ms).rfc3339(),
                page_sha256: archived.hash.clone(),
                sha256: sha256(&passage.text),
                text: passage.text,
            });
            (passages.len() - 1, at)
        }))
    };
    let mut add = |field: &str, number: usize, other: Option<usize>, evidence: &Evidence| {
        citations.push(Citation {
            field: field.to_owned(),
            number,
            other,
            quote: evidence.quote.clone(),
            title: answer::title(evidence),
            section: evidence.section.clone(),
            published: evidence.published.clone(),
            place: place(evidence),
        });
    };
    for basis in &output.basis {
        for (nth, evidence) in basis.evidence.iter().enumerate() {
            add(&basis.field, nth + 1, None, evidence);
        }
        for (other, candidate) in basis.conflicts.iter().enumerate() {
            for (nth, evidence) in candidate.evidence.iter().enumerate() {
                add(&basis.field, nth + 1, Some(other), evidence);
            }
        }
    }
    (passages, citations)
}
