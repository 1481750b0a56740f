//! Waits for a run or a group at a shell: executes it here unless another process does, shows how far it is, and
//! leaves it stored when it is interrupted.

use std::time::{Duration, Instant};

use anyhow::{Result, anyhow};
use domain::event::EventKind;
use domain::group::Group;
use domain::ids::{GroupId, RunId, WorkId};
use store::{Owner, RunRow, Watch};
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

use crate::ground::Ground;
use crate::problem::Interrupted;
use crate::progress::{Rows, Run};

/// How often a waiting command looks at its signals and draws its clock.
const TICK: Duration = Duration::from_millis(200);

/// The work of this process, until its owner has what it waits for.
struct Execution {
    tasks: JoinSet<Result<(), engine::Failed>>,
    stop: CancellationToken,
    interrupted: CancellationToken,
    _signals: JoinSet<()>,
}

impl Execution {
    fn start(ground: &Ground, work: WorkId) -> Result<Self> {
        if ground.is_executed_elsewhere()? {
            eprintln!("another process executes the runs of {}; waiting for it", ground.place());
        }
        let (interrupted, stop) = (CancellationToken::new(), CancellationToken::new());
        let signals = crate::signals::watch(interrupted.clone());
        let tasks = ground.work(Some(work), stop.clone());
        Ok(Self { tasks, stop, interrupted, _signals: signals })
    }

    /// Waits for a change, a moment at most. `false` when the user wants to stop.
    async fn wait(&mut self, watch: &mut Watch) -> Result<(bool, bool)> {
        if let Some(ended) = self.tasks.try_join_next() {
            ended.map_err(|why| anyhow!("the worker broke: {why}"))??;
        }
        let has_changed = tokio::time::timeout(TICK, watch.changed()).await.is_ok();
        Ok((!self.interrupted.is_cancelled(), has_changed))
    }

    /// Hands back what is running, and lets go of the data directory.
    async fn end(mut self) -> Result<()> {
        self.stop.cancel();
        while let Some(ended) = self.tasks.join_next().await {
            ended.map_err(|why| anyhow!("the worker broke: {why}"))??;
        }
        Ok(())
    }
}

/// Waits until a run has ended. `again` is the command that goes on after an interruption.
pub(crate) async fn run(ground: &Ground, id: RunId, again: &str) -> Result<RunRow> {
    let gone = || anyhow!("the run {id} is gone from the database");
    let row = ground.store.find_run(Owner::LOCAL, id).await?.ok_or_else(gone)?;
    if !row.run.state.is_active() {
        return Ok(row);
    }
    let mut watch = ground.store.watch_run(row.seq);
    let mut execution = Execution::start(ground, WorkId::Run(id))?;
    let progress = Run::start();
    let mut seen = 0;
    let outcome = loop {
        for event in ground.store.events_of(row.seq, seen).await? {
            seen = event.seq;
            match event.kind {
                EventKind::Message { message, .. } => progress.say(&message),
                EventKind::Progress(numbers) => progress.at(&numbers),
                EventKind::State(_) => {}
            }
        }
        let now = ground.store.find_run(Owner::LOCAL, id).await?.ok_or_else(gone)?;
        if !now.run.state.is_active() {
            break Ok(now);
        }
        let (goes_on, _) = execution.wait(&mut watch).await?;
        if !goes_on {
            break Err(Interrupted(format!(
                "stopped; the run is kept with all it has done so far. To go on: {again}"
            )));
        }
    };
    progress.end();
    execution.end().await?;
    Ok(outcome?)
}

/// Waits until all rows of a group have ended.
pub(crate) async fn group(ground: &Ground, id: GroupId, again: &str) -> Result<Group> {
    let gone = || anyhow!("the group {id} is gone from the database");
    let first = ground.store.find_group(Owner::LOCAL, id).await?.ok_or_else(gone)?;
    let watch = ground.store.watch_group(Owner::LOCAL, id).await?;
    let Some(mut watch) = watch.filter(|_| first.counts.is_active()) else { return Ok(first) };
    let mut execution = Execution::start(ground, WorkId::Group(id))?;
    let mut progress = Rows::start(first.counts, Instant::now());
    let outcome = loop {
        let now = ground.store.find_group(Owner::LOCAL, id).await?.ok_or_else(gone)?;
        progress.at(now.counts);
        if !now.counts.is_active() {
            break Some(now);
        }
        let goes_on = loop {
            let (goes_on, has_changed) = execution.wait(&mut watch).await?;
            if has_changed || !goes_on {
                break goes_on;
            }
        };
        if !goes_on {
            break None;
        }
    };
    progress.end();
    execution.end().await?;
    if let Some(ended) = outcome {
        return Ok(ended);
    }
    let left = ground.store.find_group(Owner::LOCAL, id).await?.ok_or_else(gone)?.counts;
    let (done, total) = (left.ended(), left.total());
    Err(anyhow::Error::new(Interrupted(format!(
        "stopped; {done} of {total} rows are done and kept. To go on: {again}"
    ))))
}
