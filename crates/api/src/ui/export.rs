//! Answers as files: a report as Markdown, JSON or as a page that proves itself; tables in `rows`.

pub(super) mod rows;

use std::collections::HashMap;
use std::fmt::Write as _;

use askama::Template;
use axum::extract::{Path, State};
use axum::response::Response;
use domain::clock::TimeMs;
use domain::evidence::Evidence;
use domain::ids::WorkId;
use domain::output::{Content, Output};
use domain::receipt::Receipt;
use store::RunRow;

use crate::App;
use crate::gate::{Pass, Viewer};
use crate::problem::Problem;
use crate::sharing;
use crate::ui::answer::{self, AnswerView, Texts};
use crate::ui::assets;
use crate::ui::passage::around;
use crate::ui::proof::{Citation, EnclosedPassage, Proof, Shown, json_for_script, sha256};
use crate::ui::receipt::{self, ReceiptView};
use crate::ui::site::Site;
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
    answer: AnswerView,
    receipt: ReceiptView,
    seal: String,
    data: String,
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
    let answer = answer::whole(&output, &texts, &Site::of(&app, &viewer));
    let at = row.run.finished_at.unwrap_or(row.run.created_at);
    let (passages, citations) = enclosed(&output, &texts);
    let mut page = ProofPage {
        style: assets::STYLE,
        print: include_str!("../../assets/print.css"),
        script: include_str!("../../assets/proof.js"),
        question: words::question(&input, usize::MAX),
        id: row.run.id.to_string(),
        processor: row.run.processor.clone(),
        at: words::when(at),
        answer,
        receipt: receipt::view(&receipt),
        seal: String::new(),
        data: String::new(),
    };
    // What is sealed is what the page shows, so it is rendered once without the seal.
    let draft = page.render().map_err(Problem::internal)?;
    let proof = Proof {
        version: 1,
        run: page.id.clone(),
        question: page.question.clone(),
        processor: page.processor.clone(),
        finished_at: at.rfc3339(),
        shown: Shown::of(&draft).map_err(Problem::internal)?,
        passages,
        citations,
    };
    page.data = json_for_script(&proof).map_err(Problem::internal)?;
    page.seal = sha256(&page.data);
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
