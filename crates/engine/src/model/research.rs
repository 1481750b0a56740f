//! Research with models: plan, look, compare, write, check.

use domain::event::Stage;
use domain::spec::{Input, Wanted};

use super::Mind;
use super::claims::Ledger;
use super::conflicts::Conflict;
use super::look::{Looked, look, stopped_by};
use super::plan::{self, Plan, Task};
use super::{beyond, conflicts, report, supplied, tools};
use crate::budget::Budget;
use crate::extractive::report::Draft;
use crate::purse::{Phase, Purse};
use crate::search::Frontier;
use crate::world::{Unanswered, World};
use crate::{Failed, ReadPage, read, research, search};

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

/// One plan for each branch, none twice; rules plan where no model does.
async fn plans(
    mind: &Mind<'_>,
    purse: &Purse,
    task: &Task,
    branches: u32,
) -> Result<Vec<Plan>, Failed> {
    let mut plans = Vec::new();
    let mut repeated = 0;
    for branch in 0..branches.max(1) as usize {
        match plan::make(mind, purse, task, branch).await? {
            // To look for the same in the same words again is no independent investigation.
            Ok(plan) if plans.contains(&plan) => repeated += 1,
            Ok(plan) => plans.push(plan),
            Err(_) if branch > 0 => break,
            Err(why) => {
                mind.world.note(format!("The plan was made by rules: {}.", in_words(&why)));
                plans.push(plan::by_rules(task));
                break;
            }
        }
    }
    if repeated > 0 {
        mind.world.note(format!(
            "Of {branches} plans that a model made {repeated} repeat another; they were not followed."
        ));
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
