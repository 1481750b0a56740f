//! Fills the fields of one row: rounds of search and read until every field is found or nothing is left to ask.

use std::sync::Arc;

use domain::event::Stage;
use domain::output::{Basis, Confidence, Content, Missing, Output};
use domain::processor::Caps;
use domain::receipt::{Receipt, StopReason};
use domain::schema::{Field, Schema};
use domain::spec::Input;
use serde_json::{Map, Value};
use store::{End, Ending};

use crate::budget::Budget;
use crate::extractive::fields::{self, Finding};
use crate::extractive::focus::focus;
use crate::extractive::mentions::Prepared;
use crate::extractive::subject::{self, Subject};
use crate::research::receipt;
use crate::search::Frontier;
use crate::world::World;
use crate::{Failed, read, search, verify, website};

pub(crate) async fn row(world: &World, schema: &Schema) -> Result<End, Failed> {
    let caps = world.spec().processor.caps;
    let subject = Arc::new(match &world.claimed.input {
        Input::Row(row) => Subject::of(row),
        Input::Text(text) => Subject::of_text(text),
    });
    let wanted: Arc<[Field]> = schema.fields.clone().into();
    let mut budget = Budget::new(caps);
    let mut frontier = Frontier::default();
    let mut pages: Vec<Arc<Prepared>> = Vec::new();

    search::plan(world, &wanted.iter().map(|field| field.name.clone()).collect::<Vec<_>>()).await?;
    let sites = frontier.given(world);
    for page in world.earlier_pages().await? {
        frontier.know(&page.page.address);
        add(&mut pages, &mut frontier, vec![page], &[]);
    }
    add(&mut pages, &mut frontier, read::all(world, &sites).await?, &sites);
    budget.spend_pages(sites.len());
    let own = website::of_row(world);
    if !own.is_empty() {
        let left = budget.pages_left() as usize;
        let telling = website::telling_pages(world, &mut frontier, &own, left).await?;
        add(&mut pages, &mut frontier, read::all(world, &telling).await?, &sites);
        budget.spend_pages(telling.len());
    }
    let mut findings = looked_for(&subject, &wanted, &pages, caps).await?;
    let mut stopped = StopReason::Budget;
    let mut rounds = 0;
    for round in 1..=caps.rounds {
        let open = open(&findings);
        if open.is_empty() {
            stopped = StopReason::Covered;
            break;
        }
        if world.is_late() {
            stopped = StopReason::Deadline;
            break;
        }
        let asked = questions(&subject, &wanted, round, &open);
        let asked = asked.into_iter().filter(|query| !frontier.asked.contains(query)).collect();
        let addresses = frontier.ask(world, asked, &mut budget, round).await?;
        let read = read::all(world, &addresses).await?;
        budget.spend_pages(addresses.len());
        rounds = round;
        if read.is_empty() {
            stopped = StopReason::NotFindable;
            break;
        }
        add(&mut pages, &mut frontier, read, &sites);
        findings = looked_for(&subject, &wanted, &pages, caps).await?;
        world.reached(u8::try_from(round * 90 / caps.rounds.max(1)).unwrap_or(90));
        let found = findings.iter().filter(|finding| finding.value.is_some()).count();
        let message = format!("Round {round}: {found} of {} fields found", wanted.len());
        world.say(Stage::Result, message).await?;
    }
    if self::open(&findings).is_empty() {
        stopped = StopReason::Covered;
    }
    deliver(world, &wanted, findings, receipt(world, &budget, rounds, stopped)).await
}

/// What to search for: the queries for each thing that an open field asks about, taken in turn.
fn questions(subject: &Subject, wanted: &[Field], round: u32, open: &[usize]) -> Vec<String> {
    let mut lists: Vec<_> = focus(subject, wanted)
        .into_iter()
        .filter_map(|focus| {
            let open: Vec<usize> =
                focus.fields.into_iter().filter(|index| open.contains(index)).collect();
            let ask = || subject::queries(&focus.subject, wanted, round, &open).into_iter();
            (!open.is_empty()).then(ask)
        })
        .collect();
    let mut asked = Vec::new();
    loop {
        let turn: Vec<String> = lists.iter_mut().filter_map(Iterator::next).collect();
        if turn.is_empty() {
            return asked;
        }
        asked.extend(turn);
    }
}

fn add(
    pages: &mut Vec<Arc<Prepared>>,
    frontier: &mut Frontier,
    read: Vec<Arc<Prepared>>,
    sites: &[String],
) {
    for page in read {
        if pages.iter().all(|known| known.page.text_ref != page.page.text_ref) {
            frontier.add_links(&page.page, sites);
            pages.push(page);
        }
    }
}

/// Fields worth another round: not found, or found with little to rest on.
fn open(findings: &[Finding]) -> Vec<usize> {
    let is_open = |finding: &Finding| match finding.missing {
        Some(Missing::NotFound | Missing::NoPages | Missing::Budget) => true,
        Some(Missing::NeedsModel | Missing::Ambiguous | Missing::Unsupported) => false,
        None => finding.value.is_none() || finding.confidence == Some(Confidence::Low),
    };
    findings.iter().enumerate().filter(|(_, f)| is_open(f)).map(|(index, _)| index).collect()
}

async fn looked_for(
    subject: &Arc<Subject>,
    wanted: &Arc<[Field]>,
    pages: &[Arc<Prepared>],
    caps: Caps,
) -> Result<Vec<Finding>, Failed> {
    let (subject, wanted) = (Arc::clone(subject), Arc::clone(wanted));
    let pages: Vec<Prepared> = pages.iter().map(|page| Prepared::clone(page)).collect();
    tokio::task::spawn_blocking(move || fields::find_all(&subject, &wanted, &pages, &caps))
        .await
        .map_err(|why| Failed::Broken(format!("looking for fields: {why}")))
}

async fn deliver(
    world: &World,
    wanted: &[Field],
    findings: Vec<Finding>,
    mut receipt: Receipt,
) -> Result<End, Failed> {
    let mut values = Map::new();
    let mut basis = Vec::new();
    for (field, finding) in wanted.iter().zip(findings) {
        receipt.contradictions += u32::from(!finding.conflicts.is_empty());
        values.insert(field.name.clone(), finding.value.clone().unwrap_or(Value::Null));
        basis.extend(entries(field, finding));
    }
    let output = Output { content: Content::Fields { values, schema: None }, basis };
    let output = verify::quotes(world, output, &mut receipt).await?;
    if let Content::Fields { values, .. } = &output.content {
        let missing = values.values().filter(|value| value.is_null()).count();
        receipt.fields_missing = u32::try_from(missing).unwrap_or(u32::MAX);
        receipt.fields_found = u32::try_from(values.len() - missing).unwrap_or(u32::MAX);
    }
    receipt.advice = advice(world, &output, &receipt);
    Ok(End { ending: Ending::Completed(output), receipt })
}

/// One entry for the field, then one per list element (`staff.0`).
fn entries(field: &Field, finding: Finding) -> Vec<Basis> {
    let name = &field.name;
    let missing =
        if finding.value.is_none() { finding.missing.or(Some(Missing::NotFound)) } else { None };
    let reasoning = finding.reasoning;
    let elements = finding.elements.into_iter().map(|(index, evidence, confidence)| Basis {
        field: format!("{name}.{index}"),
        reasoning: reasoning.clone(),
        confidence,
        evidence,
        missing: None,
        conflicts: Vec::new(),
        kind: Some(field.kind),
    });
    let elements: Vec<Basis> = elements.collect();
    let whole = Basis {
        field: name.clone(),
        reasoning,
        confidence: finding.confidence,
        evidence: finding.evidence,
        missing,
        conflicts: finding.conflicts,
        kind: Some(field.kind),
    };
    std::iter::once(whole).chain(elements).collect()
}

/// The one thing that would help a thin row most.
fn advice(world: &World, output: &Output, receipt: &Receipt) -> Option<String> {
    let needs_model = output.basis.iter().any(|basis| basis.missing == Some(Missing::NeedsModel));
    if needs_model {
        return Some(
            "Some fields ask for judgement or writing, which needs a model; none is configured."
                .into(),
        );
    }
    if receipt.fields_missing == 0 {
        return None;
    }
    if world.seen().read == 0 {
        return Some(
            "No page about this row was found: add a source that covers it (`--source DIR`), or set `search.searxng.url`.".into(),
        );
    }
    None
}
