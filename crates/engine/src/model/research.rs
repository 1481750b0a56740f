//! Research with models: plan, then rounds of search, read and gap check, in branches and side by side where the processor
//! has room for it; then compare, write, check.

use domain::event::Stage;
use domain::receipt::StopReason;
use domain::spec::{Input, Wanted};
use futures_util::future::try_join_all;

use super::Mind;
use super::claims::Ledger;
use super::conflicts::Conflict;
use super::plan::{self, Plan, Task};
use super::{beyond, conflicts, gaps, reader, report, supplied, tools};
use crate::budget::Budget;
use crate::extractive::report::Draft;
use crate::purse::{Phase, Purse};
use crate::search::Frontier;
use crate::world::{Unanswered, World};
use crate::{Failed, ReadPage, read, research, search};

/// A round that brings less than this share of new statements is nearly in vain; two of them end the looking.
const SATURATED_PERCENT: usize = 10;
/// A part whose searches brought nothing this often is not looked for any further.
const IN_VAIN: u32 = 2;
/// How much of the tightest cap may be used when another round begins.
const FORCED_PERCENT: u64 = 85;

/// How research with models came out.
pub(crate) enum Outcome {
    Answered {
        draft: Draft,
        looked: Looked,
        dropped: u32,
    },
    /// Pages were read, or none was there; nothing on them answers.
    Nothing(Looked),
    /// No model could be asked, none of the quotes that one gave stands anywhere, or nothing that it wrote is carried by
    /// those that do. What was read is there for the rules.
    Unable {
        pages: Vec<ReadPage>,
        looked: Looked,
        why: String,
        /// For where they find nothing either; `None` where nothing was quoted.
        quoted: Option<Quoted>,
    },
}

/// A report that gives no answer and says so: what was asked, and what was quoted.
pub(crate) struct Quoted {
    pub(crate) draft: Draft,
    /// Sentences that were written and left out again.
    pub(crate) dropped: u32,
}

/// What was spent on looking, and why it ended.
#[derive(Debug, Clone)]
pub(crate) struct Looked {
    pub(crate) budget: Budget,
    pub(crate) rounds: u32,
    pub(crate) stopped: StopReason,
}

pub(crate) async fn answer(world: &World) -> Result<Outcome, Failed> {
    let caps = world.spec().processor.caps;
    let mind = Mind::of(world).await?;
    let purse = Purse::new(&caps);
    world.charge_spent(&purse).await?;
    let task = task(world);
    let mut budget = Budget::new(caps);

    let plans = plans(&mind, &purse, &task, caps.branches).await?;
    tell_plan(world, &plans).await?;
    let mut given = given(world, &mut budget).await?;
    given.extend(ask_tools(&mind, &purse, &task, &plans[0]).await?);
    let (mut ledger, looked, failure) = look(&mind, &purse, &task, &plans, &given, budget).await?;
    match failure.filter(|_| ledger.claims.is_empty()) {
        Some(why) => return Ok(unable(world, &why, ledger.pages, looked, None)),
        None if ledger.claims.is_empty() && ledger.dropped > 0 => {
            let why = "nothing that a model quoted stands on the pages".into();
            return Ok(Outcome::Unable { pages: ledger.pages, looked, why, quoted: None });
        }
        None => {}
    }
    supplied::add(&mind, &task, &mut ledger).await?;
    if ledger.claims.is_empty() {
        return Ok(Outcome::Nothing(looked));
    }
    let beyond = beyond::of(&plans[0], &ledger);
    let (conflicts, is_compared) = compared(&mind, &purse, &task, &ledger).await?;
    world.say(Stage::Result, format!("Writing from {} quotes", ledger.claims.len())).await?;
    world.reached(85);
    let from = report::Written {
        task: &task,
        language: &plans[0].language,
        ledger: &ledger,
        conflicts: &conflicts,
        is_compared,
        beyond: &beyond,
    };
    Ok(match report::write(&mind, &purse, &from).await? {
        Ok((draft, counts)) => {
            beyond::note(world, &beyond);
            Outcome::Answered { draft, looked, dropped: counts.dropped }
        }
        Err((why, counts)) => {
            let draft = report::without_answer(&mind, &from, counts);
            let quoted = Some(Quoted { draft, dropped: counts.dropped });
            if counts.dropped == 0 {
                return Ok(unable(world, &why, ledger.pages, looked, quoted));
            }
            // Every call was answered; what was written fell.
            Outcome::Unable { pages: ledger.pages, looked, why: in_words(&why), quoted }
        }
    })
}

/// What contradicts, and whether all that could has been compared. Rules compare where no model can.
async fn compared(
    mind: &Mind<'_>,
    purse: &Purse,
    task: &Task,
    ledger: &Ledger,
) -> Result<(Vec<Conflict>, bool), Failed> {
    // Comparing must not take the call with which the answer is written.
    let compared = match purse.calls_left(Phase::Write) {
        0 | 1 => Err(Unanswered::Cap),
        _ => conflicts::find(mind, purse, ledger).await?,
    };
    if let Ok(conflicts) = compared {
        return Ok((conflicts, true));
    }
    mind.world.note("Sources were not compared by a model: no further call was possible.");
    // Then none writes either, and the rules that answer instead compare what they quote.
    if mind.world.is_late() {
        return Ok((Vec::new(), false));
    }
    let caps = mind.world.spec().processor.caps;
    let conflicts = conflicts::by_rules(task, ledger, caps).await?;
    Ok((conflicts, conflicts::are_comparable(ledger)))
}

fn unable(
    world: &World,
    why: &Unanswered,
    pages: Vec<ReadPage>,
    looked: Looked,
    quoted: Option<Quoted>,
) -> Outcome {
    let looked = Looked { stopped: stopped_by(world, why), ..looked };
    Outcome::Unable { why: in_words(why), pages, looked, quoted }
}

/// Why looking ends where a model is needed that did not answer.
fn stopped_by(world: &World, why: &Unanswered) -> StopReason {
    match why {
        _ if world.is_late() => StopReason::Deadline,
        Unanswered::Cap => StopReason::Budget,
        Unanswered::Silent(_) | Unanswered::Unfit(_) => StopReason::ModelDown,
    }
}

fn in_words(why: &Unanswered) -> String {
    match why {
        Unanswered::Cap => {
            "what is left of the caps of this processor does not pay for another call of a model"
                .into()
        }
        Unanswered::Silent(why) => why.clone(),
        Unanswered::Unfit(why) => format!("a model answered with what cannot be used: {why}"),
    }
}

fn task(world: &World) -> Task {
    let wanted = match &world.spec().wanted {
        Wanted::Text { description } => description.clone(),
        Wanted::Auto | Wanted::Fields(_) => None,
    };
    let question = match &world.claimed.input {
        Input::Text(text) => text.clone(),
        Input::Row(_) => research::in_words(&world.claimed.input),
    };
    let places = world.places.iter().map(|place| place.name.to_string());
    let places = places.chain(world.spec().search.iter().cloned()).collect::<Vec<_>>().join(", ");
    let earlier = world.earlier_question();
    Task { question, wanted, earlier, today: world.claimed.created_at.date(), places }
}

/// One plan for each branch; rules plan where no model does.
async fn plans(
    mind: &Mind<'_>,
    purse: &Purse,
    task: &Task,
    branches: u32,
) -> Result<Vec<Plan>, Failed> {
    let mut plans = Vec::new();
    for branch in 0..branches.max(1) as usize {
        match plan::make(mind, purse, task, branch).await? {
            Ok(plan) => plans.push(plan),
            Err(_) if branch > 0 => break,
            Err(why) => {
                mind.world.note(format!("The plan was made by rules: {}.", in_words(&why)));
                plans.push(plan::by_rules(task));
                break;
            }
        }
    }
    Ok(plans)
}

async fn tell_plan(world: &World, plans: &[Plan]) -> Result<(), Failed> {
    let parts: Vec<String> = plans[0].parts.iter().map(|part| part.text.clone()).collect();
    search::plan(world, &parts).await?;
    if plans.len() > 1 {
        let message = format!("{} independent investigations of the question", plans.len());
        world.say(Stage::Plan, message).await?;
    }
    Ok(())
}

/// What is read before anything is searched: addresses that were given, and what an earlier answer rests on.
async fn given(world: &World, budget: &mut Budget) -> Result<Vec<ReadPage>, Failed> {
    let mut frontier = Frontier::default();
    let sites = frontier.given(world);
    let mut pages: Vec<ReadPage> = Vec::new();
    let earlier = world.earlier_pages().await?;
    let read = read::all(world, &sites).await?;
    budget.spend_pages(sites.len());
    for page in earlier.into_iter().chain(read) {
        if pages.iter().all(|known| known.text_ref != page.page.text_ref) {
            pages.push(page.page.clone());
        }
    }
    Ok(pages)
}

/// What the tools say that the request names.
async fn ask_tools(
    mind: &Mind<'_>,
    purse: &Purse,
    task: &Task,
    plan: &Plan,
) -> Result<Vec<ReadPage>, Failed> {
    let parts: Vec<&str> = plan.parts.iter().map(|part| part.text.as_str()).collect();
    let wanted = tools::Wanted { question: &task.question, parts: parts.join("; ") };
    tools::consult(mind, purse, &wanted).await
}

/// All branches, each with its parts side by side, brought together.
async fn look(
    mind: &Mind<'_>,
    purse: &Purse,
    task: &Task,
    plans: &[Plan],
    given: &[ReadPage],
    budget: Budget,
) -> Result<(Ledger, Looked, Option<Unanswered>), Failed> {
    let width = mind.world.spec().processor.caps.width.max(1) as usize;
    let mut jobs: Vec<Ledger> = Vec::new();
    let mut branch_of = Vec::new();
    for (branch, plan) in plans.iter().enumerate() {
        let each = plan.parts.len().div_ceil(width.min(plan.parts.len()).max(1)).max(1);
        for parts in plan.parts.chunks(each) {
            jobs.push(Ledger { parts: parts.to_vec(), ..Ledger::default() });
            branch_of.push(branch);
        }
    }
    let count = u32::try_from(jobs.len()).unwrap_or(1);
    let purses = purse.split(count);
    let budgets = budget.split(count);
    let work = jobs
        .into_iter()
        .zip(&purses)
        .zip(budgets)
        .map(|((ledger, purse), budget)| investigate(mind, purse, task, ledger, budget, given));
    let done = try_join_all(work).await?;
    for part in &purses {
        purse.absorb(part);
    }
    // First what each branch found, in parts that its plan tells apart; then the branches.
    let mut branches: Vec<Ledger> = plans.iter().map(|_| Ledger::default()).collect();
    let mut looked = Looked { budget, rounds: 0, stopped: StopReason::Covered };
    let mut failure = None;
    for ((ledger, part, failed), branch) in done.into_iter().zip(branch_of) {
        looked.budget.absorb(&part.budget);
        looked.rounds = looked.rounds.max(part.rounds);
        looked.stopped = worse(looked.stopped, part.stopped);
        failure = failure.or(failed);
        branches[branch].join(ledger);
    }
    let mut branches = branches.into_iter();
    let mut all = branches.next().unwrap_or_default();
    branches.for_each(|branch| all.reconcile(branch, gaps::MOST_PARTS));
    Ok((all, looked, failure))
}

/// The reason that says most of what is missing.
const fn worse(a: StopReason, b: StopReason) -> StopReason {
    const fn rank(reason: StopReason) -> u8 {
        match reason {
            StopReason::Covered => 0,
            StopReason::Saturated => 1,
            StopReason::NotFindable => 2,
            StopReason::Budget => 3,
            StopReason::ModelDown => 4,
            StopReason::Deadline => 5,
            StopReason::NoEvidence => 6,
        }
    }
    if rank(a) >= rank(b) { a } else { b }
}

/// Rounds of search, read and gap check for some parts of the question.
async fn investigate(
    mind: &Mind<'_>,
    purse: &Purse,
    task: &Task,
    mut ledger: Ledger,
    mut budget: Budget,
    given: &[ReadPage],
) -> Result<(Ledger, Looked, Option<Unanswered>), Failed> {
    let world = mind.world;
    let rounds = world.spec().processor.caps.rounds.max(1);
    let mut frontier = Frontier::default();
    let sites = frontier.given(world);
    for page in given {
        frontier.know(&page.address);
        frontier.add_links(page, &sites);
        frontier.add_named(page);
    }
    let mut fresh: Vec<ReadPage> = given.to_vec();
    let mut failure = None;
    let mut poor_rounds = 0;
    let mut stopped = StopReason::Budget;
    for round in 1..=rounds {
        let queries = queries(&mut ledger, &frontier.asked);
        let addresses = frontier.ask(world, queries, &mut budget, round).await?;
        for page in read::all(world, &addresses).await? {
            frontier.add_links(&page.page, &sites);
            fresh.push(page.page.clone());
        }
        budget.spend_pages(addresses.len());
        ledger.rounds = round;
        if fresh.is_empty() && round > 1 {
            stopped = StopReason::NotFindable;
            break;
        }
        let before = ledger.claims.len();
        let counts: Vec<usize> =
            (0..ledger.parts.len()).map(|part| ledger.of_part(part).count()).collect();
        let parts: Vec<usize> = (0..ledger.parts.len()).collect();
        let most = portions(purse, rounds - round);
        let outcome = reader::read(mind, purse, task, &mut ledger, &parts, &fresh, most).await?;
        for page in std::mem::take(&mut fresh) {
            ledger.place(&page);
        }
        failure = outcome.failure.clone().or(failure);
        if outcome.answered == 0
            && let Some(why) = &outcome.failure
        {
            stopped = stopped_by(world, why);
            break;
        }
        for (part, before) in counts.into_iter().enumerate() {
            let has_more = ledger.of_part(part).count() > before;
            let part = &mut ledger.parts[part];
            part.empty_rounds = if has_more { 0 } else { part.empty_rounds + 1 };
        }
        tell(world, &ledger, before, round, rounds).await?;
        let new = ledger.claims[before..].iter().filter(|claim| claim.is_new).count();
        let is_poor = new * 100 < ledger.claims.len() * SATURATED_PERCENT;
        poor_rounds = if is_poor { poor_rounds + 1 } else { 0 };
        if let Some(reason) = over(world, purse, &budget, &ledger, poor_rounds) {
            stopped = reason;
            break;
        }
        if round < rounds {
            let words = format!("Used: {}, {}.", budget.in_words(), purse.in_words());
            let asked = frontier.asked.clone();
            match gaps::close(mind, purse, task, &mut ledger, &asked, &words).await? {
                Ok(true) => {}
                Ok(false) => {
                    let is_open = !ledger.open().is_empty();
                    stopped = if is_open { StopReason::NotFindable } else { StopReason::Covered };
                    break;
                }
                Err(why) => {
                    stopped = stopped_by(world, &why);
                    break;
                }
            }
        }
    }
    let looked = Looked { budget, rounds: ledger.rounds, stopped };
    Ok((ledger, looked, failure))
}

/// Portions that may be read now, so that later rounds have their share.
fn portions(purse: &Purse, rounds_left: u32) -> usize {
    let left = purse.calls_left(Phase::Look);
    // Each further round takes a call for its gap check beside what it reads.
    let share = left.saturating_sub(rounds_left.into()).div_ceil(u64::from(rounds_left) + 1);
    usize::try_from(share).unwrap_or(usize::MAX).max(1)
}

/// The next searches: those of all parts in turn, and none twice.
fn queries(ledger: &mut Ledger, asked: &[String]) -> Vec<String> {
    let mut lists: Vec<std::vec::IntoIter<String>> = ledger
        .parts
        .iter_mut()
        .filter(|part| part.empty_rounds < IN_VAIN)
        .map(|part| std::mem::take(&mut part.queries).into_iter())
        .collect();
    let mut next: Vec<String> = Vec::new();
    loop {
        let turn: Vec<String> = lists.iter_mut().filter_map(Iterator::next).collect();
        if turn.is_empty() {
            return next;
        }
        for query in turn {
            if !asked.contains(&query) && !next.contains(&query) {
                next.push(query);
            }
        }
    }
}

fn over(
    world: &World,
    purse: &Purse,
    budget: &Budget,
    ledger: &Ledger,
    poor_rounds: u32,
) -> Option<StopReason> {
    let in_vain = |part: &super::claims::Part| part.empty_rounds >= IN_VAIN;
    match () {
        () if world.is_late() => Some(StopReason::Deadline),
        () if purse.used_percent() >= FORCED_PERCENT || budget.is_used_up() => {
            Some(StopReason::Budget)
        }
        () if !ledger.claims.is_empty() && poor_rounds >= 2 => Some(StopReason::Saturated),
        () if ledger.parts.iter().all(in_vain) => Some(StopReason::NotFindable),
        () => None,
    }
}

async fn tell(
    world: &World,
    ledger: &Ledger,
    before: usize,
    round: u32,
    rounds: u32,
) -> Result<(), Failed> {
    world.reached(u8::try_from(round * 80 / rounds).unwrap_or(80));
    let new = ledger.claims.len() - before;
    let open: Vec<&str> =
        ledger.open().into_iter().map(|part| ledger.parts[part].text.as_str()).collect();
    let mut message = format!("Round {round}: {new} statements worth quoting");
    if !open.is_empty() {
        message.push_str("; still open: ");
        message.push_str(&open.join("; "));
    }
    world.say(Stage::Result, message).await
}
