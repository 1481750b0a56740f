//! Answers one question with a report: rounds of search, read and weigh; then compose; then verify.

use std::sync::Arc;

use domain::event::Stage;
use domain::evidence::Evidence;
use domain::output::{Basis, Content, Missing, Output};
use domain::processor::Caps;
use domain::receipt::{Receipt, StopReason};
use domain::run::{Failure, FailureCode};
use domain::spec::{Input, Wanted};
use serde_json::{Map, Value, json};
use store::{End, Ending};

use crate::budget::Budget;
use crate::extractive::queries::queries;
use crate::extractive::question::{self, Question};
use crate::extractive::rank::{self, Findings};
use crate::extractive::report::{self, Draft};
use crate::model;
use crate::model::research::{Outcome, Quoted};
use crate::search::Frontier;
use crate::world::World;
use crate::{Failed, ReadPage, read, search, verify};

/// A round that brings less than this share of new findings ends the looking.
const SATURATED_BELOW: f64 = 0.1;

/// An answer found at once may be the one that a later page corrects: where the processor has more than one
/// round, a second one looks for what speaks of the same.
const LEAST_ROUNDS: u32 = 2;

/// What a run has read and found so far.
#[derive(Default)]
struct Ledger {
    pages: Vec<ReadPage>,
    findings: Findings,
    rounds: u32,
}

/// With models where the run has them; with rules where it has none, and where they could not be asked.
pub(crate) async fn report(world: &World) -> Result<End, Failed> {
    if world.spec().cast.is_none() {
        let budget = Budget::new(world.spec().processor.caps);
        return by_rules(world, budget, Vec::new(), None).await;
    }
    match model::research::answer(world).await? {
        Outcome::Answered { draft, looked, dropped } => {
            let mut receipt = receipt(world, &looked.budget, looked.rounds, looked.stopped);
            receipt.sentences_dropped = dropped;
            deliver(world, draft, receipt).await
        }
        Outcome::Nothing(looked) => {
            let stopped = StopReason::NoEvidence;
            Ok(without_evidence(world, receipt(world, &looked.budget, looked.rounds, stopped)))
        }
        Outcome::Unable { pages, looked, why, quoted } => {
            let end = by_rules(world, looked.budget, pages, Some(&why)).await?;
            match quoted.filter(|_| matches!(end.ending, Ending::Failed(_))) {
                Some(quoted) => without_answer(world, quoted, end.receipt, &why).await,
                None => Ok(answered_by_rules(world, end, looked.stopped, &why)),
            }
        }
    }
}

/// Says that rules had the last word, and why.
fn answered_by_rules(world: &World, end: End, stopped: StopReason, why: &str) -> End {
    world.note(format!("Answered by rules, which only quote: {why}."));
    world.is_by_rules();
    let End { ending, mut receipt } = end;
    receipt.engine = world.engine().as_str().into();
    receipt.notes = world.seen().notes;
    if receipt.stopped != Some(StopReason::NoEvidence) {
        receipt.stopped = Some(stopped);
    }
    End { ending, receipt }
}

/// Neither models nor rules have an answer, but something was quoted: a report that says so.
async fn without_answer(
    world: &World,
    quoted: Quoted,
    receipt: Receipt,
    why: &str,
) -> Result<End, Failed> {
    world.note(format!("No answer is given: {why}, and rules found no passage that answers."));
    let receipt = Receipt {
        stopped: Some(StopReason::NoEvidence),
        sentences_dropped: quoted.dropped,
        notes: world.seen().notes,
        ..receipt
    };
    deliver(world, quoted.draft, receipt).await
}

/// Rounds of search, read and weigh with what is left of the budget, beginning with pages that are there. The report says why
/// rules stand in for a model.
async fn by_rules(
    world: &World,
    mut budget: Budget,
    known: Vec<ReadPage>,
    instead_of_model: Option<&str>,
) -> Result<End, Failed> {
    let caps = world.spec().processor.caps;
    let question = Arc::new(understand(world));
    let mut frontier = Frontier::default();
    let mut ledger = Ledger::default();

    search::plan(world, &question.parts.iter().map(|part| part.text.clone()).collect::<Vec<_>>())
        .await?;
    let sites = frontier.given(world);
    if known.is_empty() {
        for page in world.earlier_pages().await? {
            frontier.know(&page.page.address);
            ledger.add(&mut frontier, [page.page.clone()], &[]);
        }
        let pages = read::all(world, &sites).await?;
        ledger.add(&mut frontier, pages.iter().map(|page| page.page.clone()), &sites);
        budget.spend_pages(sites.len());
    } else {
        for page in &known {
            frontier.know(&page.address);
        }
        ledger.add(&mut frontier, known, &sites);
    }
    let mut stopped = StopReason::Budget;
    for round in 1..=caps.rounds {
        let asked = queries(&question, round, &ledger.findings, &frontier.asked);
        let addresses = frontier.ask(world, asked, &mut budget, round).await?;
        let pages = read::all(world, &addresses).await?;
        budget.spend_pages(addresses.len());
        let has_new = !pages.is_empty() || round == 1;
        ledger.add(&mut frontier, pages.iter().map(|page| page.page.clone()), &sites);
        ledger.rounds = round;
        if !has_new {
            stopped = StopReason::NotFindable;
            break;
        }
        let before = std::mem::take(&mut ledger.findings);
        ledger.findings = weighed(&question, &ledger.pages, caps).await?;
        tell(world, &ledger, round, caps.rounds).await?;
        if let Some(reason) = enough(world, &ledger, &before, &budget, round) {
            stopped = reason;
            break;
        }
    }

    let mut receipt = receipt(world, &budget, ledger.rounds, stopped);
    if let Some(mut draft) = composed(&question, ledger, caps, world).await? {
        if let Some(why) = instead_of_model {
            draft.say_first(&format!("Quoted by rules, without a model: {why}."));
        }
        return deliver(world, draft, receipt).await;
    }
    receipt.stopped = Some(StopReason::NoEvidence);
    Ok(without_evidence(world, receipt))
}

impl Ledger {
    fn add(
        &mut self,
        frontier: &mut Frontier,
        pages: impl IntoIterator<Item = ReadPage>,
        sites: &[String],
    ) {
        for page in pages {
            if self.pages.iter().all(|known| known.text_ref != page.text_ref) {
                frontier.add_links(&page, sites);
                self.pages.push(page);
            }
        }
    }
}

/// The question, or for a row what is to be said about it.
fn understand(world: &World) -> Question {
    let description = match &world.spec().wanted {
        Wanted::Text { description } => description.as_deref(),
        Wanted::Auto | Wanted::Fields(_) => None,
    };
    let earlier = world.earlier_question();
    match &world.claimed.input {
        Input::Text(text) => question::following_up(text, description, earlier.as_deref()),
        Input::Row(row) => {
            let cells = in_words(&world.claimed.input);
            let text = description.map_or(cells.clone(), |wanted| of_row(wanted, row, &cells));
            question::following_up(&text, None, earlier.as_deref())
        }
    }
}

/// What is wanted of a row as a question about it: “Who makes the product?” of the row with the product Otter 3 is “Who
/// makes the Otter 3?”, and “price, weight” is “price, weight of Otter 3”.
fn of_row(wanted: &str, row: &Map<String, Value>, cells: &str) -> String {
    let wanted = wanted.trim();
    let lower = wanted.to_lowercase();
    let is_letter = |c: Option<char>| c.is_some_and(char::is_alphanumeric);
    for (column, cell) in row {
        let column = column.replace('_', " ").to_lowercase();
        let (Some(cell), Some(at)) = (cell.as_str(), lower.find(&column)) else { continue };
        let end = at + column.len();
        let is_word = !is_letter(lower[..at].chars().next_back())
            && !is_letter(lower[end..].chars().next())
            && lower.len() == wanted.len();
        if is_word {
            return format!("{}{}{}", &wanted[..at], cell.trim(), &wanted[end..]);
        }
    }
    let bare = wanted.trim_end_matches(['.', '?', '!', ':']);
    format!("{bare} of {cells}")
}

pub(crate) fn in_words(input: &Input) -> String {
    let row = match input {
        Input::Text(text) => return text.clone(),
        Input::Row(row) => row,
    };
    let cells: Vec<String> = row
        .values()
        .filter_map(|cell| match cell {
            Value::String(text) => Some(text.clone()),
            Value::Number(number) => Some(number.to_string()),
            Value::Null | Value::Bool(_) | Value::Array(_) | Value::Object(_) => None,
        })
        .collect();
    cells.join(", ")
}

/// Weighing many pages takes a while: it is done off the async threads.
async fn weighed(
    question: &Arc<Question>,
    pages: &[ReadPage],
    caps: Caps,
) -> Result<Findings, Failed> {
    let (question, pages) = (Arc::clone(question), pages.to_vec());
    tokio::task::spawn_blocking(move || rank::weigh(&question, &pages, &caps))
        .await
        .map_err(|why| Failed::Broken(format!("weighing: {why}")))
}

async fn composed(
    question: &Arc<Question>,
    ledger: Ledger,
    caps: Caps,
    world: &World,
) -> Result<Option<Draft>, Failed> {
    let question = Arc::clone(question);
    let unreadable = world.seen().unreadable;
    tokio::task::spawn_blocking(move || {
        report::write(&question, &ledger.findings, &ledger.pages, &caps, &unreadable)
    })
    .await
    .map_err(|why| Failed::Broken(format!("composing: {why}")))
}

fn enough(
    world: &World,
    ledger: &Ledger,
    before: &Findings,
    budget: &Budget,
    round: u32,
) -> Option<StopReason> {
    if world.is_late() {
        Some(StopReason::Deadline)
    } else if ledger.findings.is_covered()
        && round >= LEAST_ROUNDS.min(world.spec().processor.caps.rounds)
    {
        Some(StopReason::Covered)
    } else if round > 1 && ledger.findings.share_new(before) < SATURATED_BELOW {
        Some(StopReason::Saturated)
    } else if budget.is_used_up() {
        Some(StopReason::Budget)
    } else {
        None
    }
}

async fn tell(world: &World, ledger: &Ledger, round: u32, rounds: u32) -> Result<(), Failed> {
    world.reached(u8::try_from(round * 80 / rounds.max(1)).unwrap_or(80));
    let found = ledger.findings.chosen.len();
    let pages = ledger.pages.len();
    let open = ledger.findings.open();
    let mut message = format!("Round {round}: {found} passages worth quoting on {pages} pages");
    if !open.is_empty() && found > 0 {
        message.push_str("; still open: ");
        message.push_str(&open.join("; "));
    }
    world.say(Stage::Result, message).await
}

pub(crate) fn receipt(world: &World, budget: &Budget, rounds: u32, stopped: StopReason) -> Receipt {
    search::note_not_asked(world);
    Receipt {
        engine: world.engine().as_str().into(),
        stopped: Some(stopped),
        rounds,
        searches: budget.searches(),
        ..world.seen().receipt()
    }
}

async fn deliver(world: &World, draft: Draft, mut receipt: Receipt) -> Result<End, Failed> {
    receipt.sentences = draft.sentences;
    receipt.sentences_cited = draft.sentences_cited;
    receipt.contradictions = draft.contradictions;
    receipt.advice.clone_from(&draft.advice);
    let output = verify::quotes(world, output(world, draft), &mut receipt).await?;
    if matches!(&output.content, Content::Text(text) if text.is_empty()) {
        receipt.stopped = Some(StopReason::NoEvidence);
        return Ok(without_evidence(world, receipt));
    }
    Ok(End { ending: Ending::Completed(output), receipt })
}

/// Text as it was asked for; where the shape was left to us, an object with the answer and the whole report.
fn output(world: &World, draft: Draft) -> Output {
    let is_answered = draft.sentences_cited > 0;
    let basis = |field: &str, evidence| Basis {
        field: field.into(),
        reasoning: draft.reasoning.clone(),
        confidence: Some(draft.confidence),
        evidence,
        missing: None,
        conflicts: Vec::new(),
        kind: None,
    };
    let (content, basis) = match &world.spec().wanted {
        Wanted::Text { .. } | Wanted::Fields(_) => {
            let basis = vec![basis("output", draft.evidence)];
            (Content::Text(draft.markdown), basis)
        }
        Wanted::Auto => {
            let first: Vec<Evidence> =
                draft.evidence.iter().take(usize::from(is_answered)).cloned().collect();
            let best = first.first().map(|first| first.quote.clone());
            let values = Map::from_iter([
                ("answer".to_owned(), json!(best)),
                ("report".to_owned(), json!(draft.markdown)),
            ]);
            let missing = (!is_answered).then_some(Missing::NotFound);
            let answer = Basis { missing, ..basis("answer", first) };
            let basis = vec![answer, basis("report", draft.evidence.clone())];
            (Content::Fields { values, schema: Some(auto_schema()) }, basis)
        }
    };
    Output { content, basis, tool_calls: world.seen().tool_calls }
}

fn auto_schema() -> Value {
    json!({
        "type": "object",
        "properties": {
            "answer": {
                "type": ["string", "null"],
                "description": "The passage that answers best, verbatim; null where none does.",
            },
            "report": {"type": "string", "description": "The whole report as Markdown, with numbered references."},
        },
        "required": ["answer", "report"],
        "additionalProperties": false,
    })
}

/// No evidence, no answer: the run fails and says what was tried.
pub(crate) fn without_evidence(world: &World, mut receipt: Receipt) -> End {
    let seen = world.seen();
    let could_ask =
        !world.places.is_empty() || !world.spec().search.is_empty() || seen.considered > 0;
    let failure = if seen.read == 0 && !could_ask && seen.unreadable.is_empty() {
        receipt.advice = Some(
            "Name something to read: `--source DIR`, or `search.searxng.url` in the settings."
                .into(),
        );
        Failure {
            code: FailureCode::NoSources,
            message: "There was nothing to read: no source, no search and no address.".into(),
        }
    } else {
        let message = match (seen.read, seen.unreadable.len()) {
            (0, 0) => match unsearched(world) {
                Some(why) => format!("Nothing could be searched: {why}."),
                None => "No page with evidence was found: nothing matched the question.".to_owned(),
            },
            (0, tried) => format!(
                "No page with evidence could be read. {tried} could not be read: {}.",
                reasons(&seen.unreadable)
            ),
            (1, _) => {
                "No evidence was found: one page was read and it does not answer the question."
                    .to_owned()
            }
            (read, _) => format!(
                "No evidence was found: {read} pages were read and none of them answers the question."
            ),
        };
        if receipt.advice.is_none() {
            receipt.advice = Some(
                "Add a source that covers the question (`--source DIR`), or word it as the documents do.".into(),
            );
        }
        Failure { code: FailureCode::NoEvidence, message }
    };
    End { ending: Ending::Failed(failure), receipt }
}

/// Why no search brought an answer, where searching was all that the run could do.
fn unsearched(world: &World) -> Option<String> {
    let seen = world.seen();
    let mut failures = seen.queries.iter().map(|query| query.failed.clone());
    let first = failures.next()??;
    (world.places.is_empty() && failures.all(|failed| failed.is_some())).then_some(first)
}

fn reasons(unreadable: &[domain::receipt::Unreadable]) -> String {
    const SHOWN: usize = 3;
    let shown: Vec<&str> = unreadable.iter().take(SHOWN).map(|one| one.reason.as_str()).collect();
    shown.join("; ")
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn what_is_wanted_of_a_row_is_a_question_about_it() {
        let row = json!({"product": "Otter 3", "maker": "Brook Energy"});
        let asked =
            |wanted: &str| of_row(wanted, row.as_object().unwrap(), "Otter 3, Brook Energy");
        assert_eq!(asked("Who sells the product?"), "Who sells the Otter 3?");
        assert_eq!(asked("its productivity"), "its productivity of Otter 3, Brook Energy");
        assert_eq!(asked("price, weight."), "price, weight of Otter 3, Brook Energy");
    }
}
