//! Rounds of search, read and gap check: in branches and side by side where the processor has room for it.

use domain::event::Stage;
use domain::receipt::StopReason;
use futures_util::future::try_join_all;

use super::claims::{Ledger, Part};
use super::plan::{Plan, Task};
use super::{Mind, gaps, reader};
use crate::budget::Budget;
use crate::purse::{Phase, Purse};
use crate::search::Frontier;
use crate::world::{Unanswered, World};
use crate::{Failed, ReadPage, read};

/// A round that brings less than this share of new statements is nearly in vain; two of them end the looking.
const SATURATED_PERCENT: usize = 10;
/// A part whose searches brought nothing this often is not looked for any further.
const IN_VAIN: u32 = 2;
/// How much of the tightest cap may be used when another round begins.
const FORCED_PERCENT: u64 = 85;

/// What was spent on looking, and why it ended.
#[derive(Debug, Clone)]
pub(crate) struct Looked {
    pub(crate) budget: Budget,
    pub(crate) rounds: u32,
    pub(crate) stopped: StopReason,
}

/// All branches, each with its parts side by side, brought together.
pub(super) async fn look(
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
    let in_vain = |part: &Part| part.empty_rounds >= IN_VAIN;
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

/// Why looking ends where a model is needed that did not answer.
pub(super) fn stopped_by(world: &World, why: &Unanswered) -> StopReason {
    match why {
        _ if world.is_late() => StopReason::Deadline,
        Unanswered::Cap => StopReason::Budget,
        Unanswered::Silent(_) | Unanswered::Unfit(_) => StopReason::ModelDown,
    }
}
