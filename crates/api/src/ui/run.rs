//! A run: what was asked, how far it is, and the answer with its quotes.

use askama::Template;
use axum::extract::{Path, State};
use axum::response::Response;
use domain::estimate::Prices;
use domain::ids::{NotAnId, RunId, WorkId};
use domain::output::Output;
use domain::receipt::Receipt;
use domain::run::{Run, RunState};
use domain::spec::{Input, Wanted};
use store::RunRow;

use crate::App;
use crate::gate::{Caller, Viewer};
use crate::problem::Problem;
use crate::rest::{Params, param};
use crate::ui::answer::{self, AnswerView, FieldView, QuoteView, Texts};
use crate::ui::parts::Mark;
use crate::ui::receipt::{self, ReceiptView};
use crate::ui::share::ShareView;
use crate::ui::site::Site;
use crate::ui::start::{Choice, choices};
use crate::ui::work::{Watching, WorkView};
use crate::ui::{rendered, see, words};

/// Longest question in a heading, in characters; all of it stands below.
const MAX_TITLE: usize = 220;

#[derive(Template)]
#[template(path = "run.html")]
#[expect(clippy::struct_excessive_bools, reason = "a template asks for each by its name")]
struct RunPage {
    site: Site,
    id: String,
    brief_id: String,
    title: String,
    /// The whole question, where the title is cut.
    question: Option<String>,
    columns: Vec<(String, String)>,
    mark: String,
    is_active: bool,
    is_queued: bool,
    is_stopping: bool,
    is_completed: bool,
    processor: String,
    at: String,
    group: Option<String>,
    previous: Option<String>,
    notes: Vec<(String, String)>,
    failure: Option<String>,
    /// Of a cancelled run: when, and what was kept.
    stopped: Option<String>,
    tried: Option<String>,
    warnings: Vec<String>,
    facts: Vec<(String, String)>,
    work: WorkView,
    /// What stands in the status line when the run has ended.
    end_words: String,
    says: String,
    has_steps: bool,
    /// What was done, in numbers.
    how: String,
    answer: AnswerView,
    /// Where the evidence of each field is, for answers whose panels are not in the page.
    field_pages: Vec<String>,
    receipt: Option<ReceiptView>,
    share: Option<ShareView>,
    processors: Vec<Choice>,
    /// The processor that is chosen in the form for a follow-up, what is typed there, and why it was refused.
    chosen: String,
    typed: String,
    refusal: Option<String>,
}

/// A follow-up that was not taken, and why.
pub(super) struct Refused {
    pub(super) typed: String,
    pub(super) processor: String,
    pub(super) why: String,
}

/// The part of the page that changes while a run works.
#[derive(Template)]
#[template(path = "work.html")]
pub(super) struct WorkPart<'a> {
    pub(super) site: &'a Site,
    pub(super) id: &'a str,
    pub(super) work: &'a WorkView,
    pub(super) is_queued: bool,
    pub(super) says: &'a str,
    pub(super) mark: &'a str,
}

pub(super) async fn find(app: &App, viewer: &Viewer, run_id: &str) -> Result<RunRow, Problem> {
    let id: RunId = run_id
        .parse()
        .map_err(|why: NotAnId| Problem::not_found(why.to_string()).on_a_page(NO_RUN))?;
    let row = app.store.find_run(viewer.owner, id).await?.filter(|row| viewer.may_see(&row.run));
    row.ok_or_else(|| Problem::not_found(format!("there is no run `{id}`")).on_a_page(NO_RUN))
}

const NO_RUN: &str = "No run has this address. Perhaps it belongs to another key, or the address was cut short when it was copied.";

pub(super) async fn show(
    State(app): State<App>,
    viewer: Viewer,
    Path(run_id): Path<String>,
    params: Params,
) -> Result<Response, Problem> {
    let is_all = param(&params, "steps")?.is_some();
    page(&app, &viewer, &run_id, is_all, None).await
}

/// The page of a run again, with a follow-up that was typed there and why it was refused.
pub(super) async fn refused(
    app: &App,
    viewer: &Viewer,
    run_id: &str,
    refused: Refused,
) -> Result<Response, Problem> {
    page(app, viewer, run_id, false, Some(refused)).await
}

async fn page(
    app: &App,
    viewer: &Viewer,
    run_id: &str,
    is_all: bool,
    refused: Option<Refused>,
) -> Result<Response, Problem> {
    let row = find(app, viewer, run_id).await?;
    let site = Site::of(app, viewer);
    let (input, spec) = app.store.input_of(&row).await?;
    let mut watching = Watching::default();
    watching.look(app, &row).await?;
    let (output, receipt) = match app.store.result_of(row.seq).await? {
        Some((output, receipt)) => (output, Some(receipt)),
        None => (None, None),
    };
    let answer = match &output {
        Some(output) => answer::view(output, &Texts::of(app, output).await?, &site),
        None => AnswerView::default(),
    };
    let run = &row.run;
    let (now, has_prices) = (app.store.clock().now(), app.catalog.offer.prices == Prices::Known);
    let work = watching.view(run, &spec, &site, now, has_prices, is_all);
    let work_id = WorkId::Run(run.id);
    let whole = words::question(&input, usize::MAX);
    let group = run.group.filter(|group| viewer.may_see_group(*group));
    let previous = run.previous.filter(|_| !site.is_guest);
    let is_tried = run.state == RunState::Failed;
    let is_completed = run.state == RunState::Completed;
    // What is said of an answer is not said where there is none.
    let warnings = run.warnings.iter().map(|warning| warning.message.clone());
    let warnings = warnings.filter(|said| is_completed || !said.starts_with("Answered "));
    let refused = refused.unwrap_or_else(|| Refused {
        typed: String::new(),
        processor: run.processor.clone(),
        why: String::new(),
    });
    rendered(&RunPage {
        id: run.id.to_string(),
        brief_id: words::brief_id(&run.id.to_string()),
        title: words::short(&whole, MAX_TITLE),
        question: (whole.chars().count() > MAX_TITLE && matches!(input, Input::Text(_)))
            .then_some(whole),
        columns: columns(&input),
        mark: Mark::of_state(run.state).big(),
        is_active: run.state.is_active(),
        is_queued: run.state == RunState::Queued,
        is_stopping: run.state == RunState::Cancelling,
        is_completed,
        processor: run.processor.clone(),
        at: words::when(run.finished_at.unwrap_or(run.created_at)),
        group: group.map(|group| group.to_string()),
        previous: previous.map(|run| run.to_string()),
        notes: notes(run.metadata.as_ref()),
        failure: run.failure.as_ref().map(|failure| words::sentence(&failure.message)),
        stopped: (run.state == RunState::Cancelled).then(|| stopped(run, watching.read())),
        tried: receipt.as_ref().filter(|_| is_tried).and_then(tried),
        warnings: warnings.map(|said| words::sentence(&said)).collect(),
        facts: receipt.as_ref().map(facts).unwrap_or_default(),
        says: watching.says(run.state),
        end_words: end_words(run.state),
        has_steps: !watching.is_empty(),
        how: how(&work),
        work,
        field_pages: (1..=answer.fields.len())
            .map(|n| site.run(&run.id.to_string(), &format!("/field?n={n}#f{n}")))
            .collect(),
        answer,
        receipt: receipt
            .map(|receipt| receipt::view(&receipt, spec.processor.caps))
            .filter(|receipt| !receipt.is_empty()),
        share: ShareView::of(app, &site, work_id).await?,
        chosen: refused.processor,
        typed: refused.typed,
        refusal: (!refused.why.is_empty()).then_some(refused.why),
        processors: if matches!(spec.wanted, Wanted::Fields(_)) {
            Vec::new()
        } else {
            choices(app)
        },
        site,
    })
}

/// The evidence of one field. A table opens it beside itself; without a script it is a page.
#[derive(Template)]
#[template(path = "field.html")]
struct FieldPage {
    site: Site,
    field: FieldView,
    row: String,
}

pub(super) async fn field(
    State(app): State<App>,
    viewer: Viewer,
    Path(run_id): Path<String>,
    params: Params,
) -> Result<Response, Problem> {
    let row = find(&app, &viewer, &run_id).await?;
    let site = Site::of(&app, &viewer);
    let (output, nth) = part(&app, &row, &params, "field").await?;
    let field = answer::one_field(&app, &output, nth, &site).await?;
    let field = field.ok_or_else(|| no_part(nth, "field"))?;
    rendered(&FieldPage { site, field, row: site_of(&row) })
}

/// One quote of a report in its page, for reports with too many to hold them all.
#[derive(Template)]
#[template(path = "quote.html")]
struct QuotePage {
    site: Site,
    quote: QuoteView,
    before: String,
    next: String,
    /// The report, at the quote.
    close: String,
}

pub(super) async fn quote(
    State(app): State<App>,
    viewer: Viewer,
    Path(run_id): Path<String>,
    params: Params,
) -> Result<Response, Problem> {
    let row = find(&app, &viewer, &run_id).await?;
    let site = Site::of(&app, &viewer);
    let (output, nth) = part(&app, &row, &params, "quote").await?;
    let quote = answer::one_quote(&app, &output, nth, &site).await?;
    let quote = quote.ok_or_else(|| no_part(nth, "quote"))?;
    let at = |n: usize| site.to(&format!("{}/quote?n={n}#c{n}", site_of(&row)));
    rendered(&QuotePage {
        before: at(quote.before),
        next: at(quote.next),
        close: site.to(&format!("{}#c{}", site_of(&row), quote.number)),
        site,
        quote,
    })
}

/// The answer, and the place of the part of it that is asked for by its number.
async fn part(
    app: &App,
    row: &RunRow,
    params: &Params,
    what: &str,
) -> Result<(Output, usize), Problem> {
    let number = param(params, "n")?.unwrap_or_default();
    let nth = number.parse::<usize>().ok().and_then(|n| n.checked_sub(1));
    let nth = nth.ok_or_else(|| {
        let shown = crate::rest::shown(&number);
        Problem::not_found(format!("the run has no {what} number `{shown}`"))
    })?;
    let result = app.store.result_of(row.seq).await?;
    let output = result.and_then(|(output, _)| output).ok_or_else(|| no_part(nth, what))?;
    Ok((output, nth))
}

fn no_part(nth: usize, what: &str) -> Problem {
    Problem::not_found(format!("the run has no {what} number `{}`", nth + 1))
}

fn site_of(row: &RunRow) -> String {
    format!("/runs/{}", row.run.id)
}

/// Asks the run to stop.
pub(super) async fn cancel(
    State(app): State<App>,
    caller: Caller,
    viewer: Viewer,
    Path(run_id): Path<String>,
) -> Result<Response, Problem> {
    let row = find(&app, &viewer, &run_id).await?;
    app.store.cancel_run(caller.owner, row.run.id).await?;
    Ok(see(&Site::of(&app, &viewer), &site_of(&row)))
}

fn columns(input: &Input) -> Vec<(String, String)> {
    match input {
        Input::Text(_) => Vec::new(),
        Input::Row(row) => {
            row.iter().map(|(name, value)| (name.clone(), words::value(value))).collect()
        }
    }
}

fn notes(metadata: Option<&serde_json::Map<String, serde_json::Value>>) -> Vec<(String, String)> {
    let notes = metadata.into_iter().flatten();
    notes.map(|(name, value)| (name.clone(), words::value(value))).collect()
}

/// What a reader wants to know first, each a number and what it counts.
fn facts(receipt: &Receipt) -> Vec<(String, String)> {
    let mut facts = Vec::new();
    let mut add = |count: u32, of: u32, what: &str| {
        if of > 0 {
            facts.push((format!("{count} of {of}"), what.to_owned()));
        }
    };
    add(receipt.sentences_cited, receipt.sentences, "sentences have a source");
    add(receipt.fields_found, receipt.fields_found + receipt.fields_missing, "fields found");
    add(
        receipt.quotes_verified,
        receipt.quotes_verified + receipt.quotes_dropped,
        "quotes found again",
    );
    if receipt.contradictions > 0 {
        let what = if receipt.contradictions == 1 { "contradiction" } else { "contradictions" };
        facts.push((receipt.contradictions.to_string(), what.into()));
    }
    facts
}

/// How far a run came that was cancelled.
fn stopped(run: &Run, read: usize) -> String {
    let Some(began) = run.started_at else { return "Stopped before it began.".into() };
    let spent = run.finished_at.map_or(0, |ended| ended.since_ms(began));
    let kept = match read {
        0 => "No page was read.".to_owned(),
        1 => "One page was read and is kept.".to_owned(),
        read => format!("{read} pages were read and are kept."),
    };
    format!("Stopped on request after {}. {kept}", words::spent(spent))
}

fn how(work: &WorkView) -> String {
    let steps = i64::try_from(work.log_total).unwrap_or(i64::MAX);
    let mut parts = Vec::new();
    if steps > 0 {
        parts.push(words::counted(steps, "step", "steps"));
    }
    if !work.sources_words.is_empty() {
        parts.push(format!("sources {}", work.sources_words));
    }
    parts.join(", ")
}

/// What a failed run tried, counted by what came of it.
fn tried(receipt: &Receipt) -> Option<String> {
    let failed = receipt.unreadable.len();
    let all = failed + receipt.pages_read as usize;
    if all == 0 {
        return None;
    }
    let mut reasons: Vec<(&str, usize)> = Vec::new();
    for one in &receipt.unreadable {
        match reasons.iter_mut().find(|(reason, _)| *reason == one.reason) {
            Some((_, count)) => *count += 1,
            None => reasons.push((&one.reason, 1)),
        }
    }
    let read = (receipt.pages_read > 0).then(|| format!("{} read", receipt.pages_read));
    let parts =
        read.into_iter().chain(reasons.iter().map(|(why, count)| format!("{count}: {why}")));
    Some(format!("{all} tried: {}.", parts.collect::<Vec<_>>().join("; ")))
}

fn end_words(state: RunState) -> String {
    match state {
        RunState::Completed => "Completed. The answer is below.".into(),
        RunState::Failed => "Failed. The reason is below.".into(),
        RunState::Cancelled => "Cancelled.".into(),
        RunState::Queued | RunState::Running | RunState::Cancelling => String::new(),
    }
}

#[cfg(test)]
mod tests {
    use domain::receipt::Unreadable;

    use super::*;

    #[test]
    fn what_was_tried_is_counted_by_its_reason() {
        let failed =
            |reason: &str| Unreadable { address: "https://a.test/".into(), reason: reason.into() };
        let receipt = Receipt {
            pages_read: 1,
            unreadable: vec![failed("answered 403"), failed("timed out"), failed("answered 403")],
            ..Receipt::default()
        };
        assert_eq!(tried(&receipt).unwrap(), "4 tried: 1 read; 2: answered 403; 1: timed out.");
        assert_eq!(tried(&Receipt::default()), None);
    }
}
