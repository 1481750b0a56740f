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

use crate::allowed::allowed;
use crate::budget::Budget;
use crate::extractive::fields::{self, Finding};
use crate::extractive::focus::focus;
use crate::extractive::mentions::Prepared;
use crate::extractive::question;
use crate::extractive::subject::{self, Subject};
use crate::model::fill::Filler;
use crate::purse::Purse;
use crate::research::receipt;
use crate::search::Frontier;
use crate::world::World;
use crate::{Failed, ReadPage, model, read, research, search, verify, website};

/// A row on its way: what it is about, what was read, what was found.
struct Row<'a> {
    world: &'a World,
    subject: Arc<Subject>,
    wanted: Arc<[Field]>,
    budget: Budget,
    frontier: Frontier,
    /// Addresses that were given, and links below them.
    sites: Vec<String>,
    pages: Vec<Arc<Prepared>>,
    /// By rules, in the order of the fields.
    findings: Vec<Finding>,
    /// `None` where the row has no models.
    filler: Option<Filler<'a>>,
}

pub(crate) async fn row(world: &World, schema: &Schema) -> Result<End, Failed> {
    let purse = Purse::new(&world.spec().processor.caps);
    world.charge_spent(&purse).await?;
    fill(world, schema, purse, None).await
}

/// The same for an answer whose shape was left open: models invent one, if they can.
pub(crate) async fn invented(world: &World) -> Result<Option<End>, Failed> {
    let purse = Purse::new(&world.spec().processor.caps);
    world.charge_spent(&purse).await?;
    let question = world.following_up(research::in_words(&world.claimed.input));
    let Ok(schema) = model::shape::invent(world, &purse, &question).await? else {
        world.note("No shape was invented for the answer: no model could be asked for one.");
        return Ok(None);
    };
    let shape = schema.raw().clone();
    fill(world, &schema, purse, Some(shape)).await.map(Some)
}

async fn fill(
    world: &World,
    schema: &Schema,
    purse: Purse,
    shape: Option<Value>,
) -> Result<End, Failed> {
    let mut row = Row::begin(world, schema, purse).await?;
    row.read_given().await?;
    let mut stopped = StopReason::Budget;
    let mut rounds = 0;
    for round in 1..=world.spec().processor.caps.rounds {
        let open = row.open();
        if open.is_empty() {
            stopped = StopReason::Covered;
            break;
        }
        if world.is_late() {
            stopped = StopReason::Deadline;
            break;
        }
        rounds = round;
        if !row.look(round, &open).await? {
            stopped = StopReason::NotFindable;
            break;
        }
    }
    if row.open().is_empty() {
        stopped = StopReason::Covered;
    }
    let mut receipt = receipt(world, &row.budget, rounds, stopped);
    let wanted = Arc::clone(&row.wanted);
    let findings = match row.filler {
        Some(filler) => filler.finish(row.findings).await?,
        None => row.findings,
    };
    receipt.stopped = Some(for_want_of_models(world, stopped, &findings));
    let findings = wanted.iter().zip(findings);
    let findings = findings.map(|(field, finding)| allowed(schema, field, finding)).collect();
    // What models spent on the end of the row belongs into the receipt too.
    let receipt = Receipt { models: world.seen().spending, notes: world.seen().notes, ..receipt };
    deliver(world, &wanted, findings, receipt, shape).await
}

impl<'a> Row<'a> {
    async fn begin(world: &'a World, schema: &Schema, purse: Purse) -> Result<Self, Failed> {
        let subject = Arc::new(subject(world));
        let wanted: Arc<[Field]> = schema.fields.clone().into();
        let names: Vec<String> = wanted.iter().map(|field| field.name.clone()).collect();
        search::plan(world, &names).await?;
        let filler = match world.spec().cast {
            Some(_) => Some(Filler::begin(world, purse, &subject, Arc::clone(&wanted)).await?),
            None => None,
        };
        Ok(Self {
            world,
            subject,
            wanted,
            budget: Budget::new(world.spec().processor.caps),
            frontier: Frontier::default(),
            sites: Vec::new(),
            pages: Vec::new(),
            findings: Vec::new(),
            filler,
        })
    }

    /// Addresses that were given, and what an earlier answer rests on.
    async fn read_given(&mut self) -> Result<(), Failed> {
        self.sites = self.frontier.given(self.world);
        let earlier = self.world.earlier_pages().await?;
        for page in &earlier {
            self.frontier.know(&page.page.address);
        }
        let read = read::all(self.world, &self.sites).await?;
        self.budget.spend_pages(self.sites.len());
        let mut pages: Vec<Arc<Prepared>> = earlier.into_iter().chain(read).collect();
        pages.extend(self.read_website(&pages).await?);
        pages.extend(self.ask_tools().await?);
        self.take(pages, self.world.spec().processor.caps.rounds).await
    }

    /// What the tools say that the request names.
    async fn ask_tools(&mut self) -> Result<Vec<Arc<Prepared>>, Failed> {
        let Some(filler) = &self.filler else { return Ok(Vec::new()) };
        let told = filler.ask_tools().await?;
        for page in &told {
            self.frontier.add_named(page);
        }
        Ok(told.iter().map(|page| Arc::new(Prepared::of(page))).collect())
    }

    /// What the row's own website says about itself, if it names one; `given` has its first page.
    async fn read_website(
        &mut self,
        given: &[Arc<Prepared>],
    ) -> Result<Vec<Arc<Prepared>>, Failed> {
        let own = website::of_row(self.world);
        if own.is_empty() {
            return Ok(Vec::new());
        }
        for page in given {
            // Where its first page refers to https or `www.`, its links do so too.
            let address = &page.page.address;
            let site =
                own.iter().any(|site| website::is_of(site, address)).then(|| address.clone());
            let sites: Vec<String> = self.sites.iter().cloned().chain(site).collect();
            self.frontier.add_links(&page.page, &sites);
        }
        let left = self.budget.pages_left() as usize;
        let read: Vec<&str> = given.iter().map(|page| page.page.address.as_str()).collect();
        let telling =
            website::telling_pages(self.world, &mut self.frontier, &own, &read, left).await?;
        self.budget.spend_pages(telling.len());
        read::all(self.world, &telling).await
    }

    /// One round. Answers whether it brought anything to read.
    async fn look(&mut self, round: u32, open: &[usize]) -> Result<bool, Failed> {
        let mut asked = self.filler.as_mut().map(Filler::queries).unwrap_or_default();
        asked.extend(questions(&self.subject, &self.wanted, round, open));
        asked.retain(|query| !self.frontier.asked.contains(query));
        let addresses = self.frontier.ask(self.world, asked, &mut self.budget, round).await?;
        let read = read::all(self.world, &addresses).await?;
        self.budget.spend_pages(addresses.len());
        if read.is_empty() {
            return Ok(false);
        }
        let rounds = self.world.spec().processor.caps.rounds;
        self.take(read, rounds.saturating_sub(round)).await?;
        self.world.reached(u8::try_from(round * 90 / rounds.max(1)).unwrap_or(90));
        let all = self.wanted.len();
        let found = all - self.open().len();
        let message = format!("Round {round}: {found} of {all} fields found");
        self.world.say(Stage::Result, message).await?;
        Ok(true)
    }

    /// Adds pages, looks for the fields in all of them by rules, and has the new ones read by models.
    async fn take(&mut self, read: Vec<Arc<Prepared>>, rounds_left: u32) -> Result<(), Failed> {
        let before = self.pages.len();
        add(&mut self.pages, &mut self.frontier, read, &self.sites);
        let caps = self.world.spec().processor.caps;
        self.findings = looked_for(&self.subject, &self.wanted, &self.pages, caps).await?;
        if let Some(filler) = &mut self.filler {
            let fresh: Vec<ReadPage> =
                self.pages[before..].iter().map(|page| page.page.clone()).collect();
            filler.read(&fresh, &self.findings, rounds_left).await?;
        }
        Ok(())
    }

    /// Fields worth another round: those that neither rules nor readers have anything good for.
    fn open(&self) -> Vec<usize> {
        let mut open = open(&self.findings);
        if let Some(filler) = &self.filler {
            let needs_model = |index: &usize| {
                self.findings[*index].missing == Some(Missing::NeedsModel) && !open.contains(index)
            };
            let more: Vec<usize> = (0..self.findings.len()).filter(needs_model).collect();
            open.extend(more);
            open.retain(|&index| filler.is_open(index));
            open.sort_unstable();
        }
        open
    }
}

/// What a row is about. A question that names nothing itself is about what the one that it follows up on named.
fn subject(world: &World) -> Subject {
    let of = |input: &Input| match input {
        Input::Row(row) => Subject::of(row),
        Input::Text(text) => Subject::of_text(text),
    };
    let earlier = world.previous.as_ref().filter(|_| match &world.claimed.input {
        Input::Text(text) => question::understand(text, None).names.is_empty(),
        Input::Row(_) => false,
    });
    of(earlier.map_or(&world.claimed.input, |previous| &previous.input))
}

/// Why the looking ended, where what is open is so for want of a model.
fn for_want_of_models(world: &World, stopped: StopReason, findings: &[Finding]) -> StopReason {
    let is_open_for = |missing| findings.iter().any(|finding| finding.missing == Some(missing));
    let is_capped = stopped == StopReason::NotFindable && world.seen().is_capped;
    match () {
        () if stopped == StopReason::Deadline => stopped,
        () if is_open_for(Missing::ModelDown) => StopReason::ModelDown,
        () if is_capped || is_open_for(Missing::Budget) => StopReason::Budget,
        () => stopped,
    }
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
        Some(
            Missing::NeedsModel | Missing::ModelDown | Missing::Ambiguous | Missing::Unsupported,
        ) => false,
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
    shape: Option<Value>,
) -> Result<End, Failed> {
    let mut values = Map::new();
    let mut basis = Vec::new();
    for (field, finding) in wanted.iter().zip(findings) {
        receipt.contradictions += u32::from(!finding.conflicts.is_empty());
        values.insert(field.name.clone(), finding.value.clone().unwrap_or(Value::Null));
        basis.extend(entries(field, finding));
    }
    let tool_calls = world.seen().tool_calls;
    let output = Output { content: Content::Fields { values, schema: shape }, basis, tool_calls };
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
    if needs_model && world.spec().cast.is_none() {
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
