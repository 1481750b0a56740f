//! `watch`: how a run or group goes on, as it happens. Looks only; who executes it goes on without us.

use std::time::{Duration, Instant};

use anyhow::{Result, anyhow};
use domain::clock::TimeMs;
use domain::event::EventKind;
use domain::ids::{GroupId, RunId, WorkId};
use domain::run::RunState;
use store::{Outcome, Owner, Step, Watch};
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

use crate::ground::Ground;
use crate::problem::Interrupted;
use crate::progress::{Rows, Run, brief};
use crate::settings::Settings;
use crate::{show, signals};

#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// trun_… or tgrp_…
    id: String,
}

/// How often the signals are looked at while nothing changes.
const TICK: Duration = Duration::from_millis(200);
/// Longest question in the head, and longest address or query of a step, in characters.
const MAX_QUESTION: usize = 300;
const MAX_DETAIL: usize = 120;

pub(crate) async fn run(settings: Settings, args: Args) -> Result<()> {
    let ground = Ground::open(settings).await?;
    let work = ground.find(&args.id).await?;
    match work {
        WorkId::Run(id) => watch_run(&ground, id).await,
        WorkId::Group(id) => watch_group(&ground, id).await,
    }
}

/// Waits for changes until the user wants to go.
struct Eyes {
    interrupted: CancellationToken,
    _signals: JoinSet<()>,
}

impl Eyes {
    /// Says so where nobody works on it: it would be waited for in vain.
    fn open(ground: &Ground, work: WorkId) -> Result<Self> {
        if !ground.store.is_shared() && !ground.is_executed_elsewhere()? {
            eprintln!(
                "nobody executes the runs of {} at the moment: start `task-mcp serve{}`, or go on with it here: {}",
                ground.place(),
                ground.same_place(),
                show::result_command(ground, work)
            );
        }
        let interrupted = CancellationToken::new();
        Ok(Self { _signals: signals::watch(interrupted.clone()), interrupted })
    }

    /// Waits for a change. `false` when the user wants to go.
    async fn wait(&self, watch: &mut Watch) -> bool {
        while tokio::time::timeout(TICK, watch.changed()).await.is_err() {
            if self.interrupted.is_cancelled() {
                return false;
            }
        }
        !self.interrupted.is_cancelled()
    }
}

fn left(ground: &Ground, work: WorkId) -> anyhow::Error {
    anyhow::Error::new(Interrupted(format!(
        "the work goes on. To watch it again: task-mcp watch {work}{}",
        ground.same_place()
    )))
}

async fn watch_run(ground: &Ground, id: RunId) -> Result<()> {
    let gone = || anyhow!("the run {id} is gone from the database");
    let mut row = ground.store.find_run(Owner::LOCAL, id).await?.ok_or_else(gone)?;
    let (input, _) = ground.store.input_of(&row).await?;
    let question: String = input.texts().join(" · ").chars().take(MAX_QUESTION).collect();
    eprintln!("{question}\n{id}  {}  {}", row.run.state, row.run.processor);
    let mut watch = ground.store.watch_steps(row.seq);
    let mut eyes = None;
    let progress = Run::start();
    let (mut seen, mut last_step, mut state) = (0, 0, row.run.state);
    let is_left = loop {
        // The state first: of a run that has ended, all events are there.
        row = ground.store.find_run(Owner::LOCAL, id).await?.ok_or_else(gone)?;
        loop {
            let events = ground.store.events_of(row.seq, seen).await?;
            let Some(last) = events.last() else { break };
            seen = last.seq;
            for event in events {
                match event.kind {
                    EventKind::Message { message, .. } => progress.say(&message),
                    EventKind::Progress(numbers) => progress.at(&numbers),
                    EventKind::State(_) => {}
                }
            }
        }
        loop {
            let steps = ground.store.steps_of(row.seq, last_step).await?;
            let Some(last) = steps.last() else { break };
            last_step = last.seq;
            let began = row.run.started_at.unwrap_or(row.run.created_at);
            for step in &steps {
                progress.keep(&line(step, began));
            }
        }
        if row.run.state != state {
            state = row.run.state;
            progress.say(state.as_str());
        }
        if !state.is_active() {
            break false;
        }
        if eyes.is_none() {
            eyes = Some(Eyes::open(ground, WorkId::Run(id))?);
        }
        if let Some(eyes) = &eyes
            && !eyes.wait(&mut watch).await
        {
            break true;
        }
    };
    progress.end();
    if is_left {
        return Err(left(ground, WorkId::Run(id)));
    }
    if let Some((_, receipt)) = ground.store.result_of(row.seq).await? {
        eprintln!("{}", show::counts(&receipt));
    }
    show::say(&format!("{id}  {state}\n"))?;
    if state != RunState::Completed {
        let why =
            row.run.failure.map_or_else(String::new, |failure| format!(": {}", failure.message));
        return Err(anyhow!(
            "the run {id} {}{why}",
            if state == RunState::Failed { "failed" } else { "was cancelled" }
        ));
    }
    eprintln!("its result: {}", show::result_command(ground, WorkId::Run(id)));
    Ok(())
}

/// `0:07  read    tides.example/moon  2.4 s`, and why a page could not be read.
fn line(step: &Step, began: TimeMs) -> String {
    let seconds = step.at.since_ms(began).max(0) / 1000;
    let clock = format!("{:>3}:{:02}", seconds / 60, seconds % 60);
    let kind = if step.kind.starts_with("search") { "search" } else { step.kind.as_str() };
    let what: String = step.detail.chars().take(MAX_DETAIL).filter(|c| !c.is_control()).collect();
    let came = match &step.outcome {
        Outcome::Failed(why) => format!("not readable: {why}"),
        Outcome::Found(hits) => format!("{} found", hits.len()),
        Outcome::Read(_) | Outcome::Other => {
            brief(Duration::from_millis(step.elapsed_ms.try_into().unwrap_or(0)))
        }
    };
    format!("{clock}  {kind:<7} {what}  {came}")
}

async fn watch_group(ground: &Ground, id: GroupId) -> Result<()> {
    let gone = || anyhow!("the group {id} is gone from the database");
    let first = ground.store.find_group(Owner::LOCAL, id).await?.ok_or_else(gone)?;
    let mut watch = ground.store.watch_group(Owner::LOCAL, id).await?.ok_or_else(gone)?;
    let mut progress = Rows::start(first.counts, Instant::now());
    let mut eyes = None;
    let counts = loop {
        let counts = ground.store.find_group(Owner::LOCAL, id).await?.ok_or_else(gone)?.counts;
        progress.at(counts);
        if !counts.is_active() {
            break Some(counts);
        }
        if eyes.is_none() {
            eyes = Some(Eyes::open(ground, WorkId::Group(id))?);
        }
        if let Some(eyes) = &eyes
            && !eyes.wait(&mut watch).await
        {
            break None;
        }
    };
    progress.end();
    let Some(counts) = counts else { return Err(left(ground, WorkId::Group(id))) };
    show::say(&format!(
        "{id}  {} rows: {} completed, {} failed, {} cancelled\n",
        counts.total(),
        counts.completed,
        counts.failed,
        counts.cancelled
    ))?;
    if counts.total() > 0 && counts.completed == 0 {
        return Err(anyhow!("no row of the group {id} completed"));
    }
    eprintln!("its result: {}", show::result_command(ground, WorkId::Group(id)));
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_step_is_a_line_that_says_what_came_of_it() {
        let step = |outcome| Step {
            seq: 1,
            kind: "search.local".into(),
            detail: "high\u{1b}[2J tide".into(),
            at: TimeMs(67_000),
            elapsed_ms: 2_400,
            outcome,
            cost_micro_usd: None,
        };
        let said = |outcome| line(&step(outcome), TimeMs(0));
        assert_eq!(said(Outcome::Other), "  1:07  search  high[2J tide  2.4 s");
        let why = Outcome::Failed("it refuses us".into());
        assert_eq!(said(why), "  1:07  search  high[2J tide  not readable: it refuses us");
        assert_eq!(said(Outcome::Found(Vec::new())), "  1:07  search  high[2J tide  0 found");
    }
}
