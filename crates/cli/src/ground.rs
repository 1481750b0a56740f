//! What every command stands on: the settings, the open store, the sources, and who we are.

use std::path::PathBuf;
use std::time::Duration;

use anyhow::{Result, anyhow};
use api::problem::{Kind, Problem};
use api::submit::Catalog;
use api::wire::EstimateView;
use domain::ids::{RunId, WorkId};
use domain::source::Source;
use engine::worker;
use sources::Sources;
use store::{ExecutorLock, Filter, GroupFilter, Owner, Store};
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

use crate::machine;
use crate::problem::{refuse, usage};
use crate::reasoning::Thinking;
use crate::settings::Settings;

pub(crate) struct Ground {
    pub(crate) settings: Settings,
    pub(crate) store: Store,
    pub(crate) sources: Sources,
    pub(crate) host: String,
    pub(crate) thinking: Thinking,
}

/// How many of the newest ids are named where one is not known.
const NEWEST: i64 = 3;

impl Ground {
    pub(crate) async fn open(mut settings: Settings) -> Result<Self> {
        let thinking = Thinking::prepare(&mut settings).await?;
        let store = Store::open(&settings.location(), machine::clock(), machine::chance())
            .await
            .map_err(|why| match &settings.store.database {
                Some(url) => anyhow!("the database {url} cannot be opened: {why}"),
                None => anyhow!("{why}"),
            })?;
        let sources = settings.sources();
        Ok(Self { sources, store, host: machine::host(), settings, thinking })
    }

    /// The same for a command that executes runs. What another process executes is neither recorded nor replayed.
    pub(crate) async fn to_work(settings: Settings) -> Result<Self> {
        let is_taped = settings.cassette.is_some();
        let ground = Self::open(settings).await?;
        if is_taped && ground.is_executed_elsewhere()? {
            refuse!(
                "another process executes the runs of {} and would ask the network itself: stop it, or name another folder with --data",
                ground.place()
            );
        }
        Ok(ground)
    }

    pub(crate) fn catalog(&self) -> Catalog {
        Catalog {
            processors: self.settings.processors.0.clone(),
            search: self.settings.search_providers(),
            keyless: self.settings.asks_keyless(),
            cast: self.thinking.cast.clone(),
            offer: self.thinking.offer,
            host: self.host.clone(),
            outgoing: self.settings.policy().outgoing,
            way_out: None,
        }
    }

    /// The data directory whose lock says who executes; `None` on PostgreSQL, where any number may.
    pub(crate) fn lock_dir(&self) -> Option<PathBuf> {
        (!self.store.is_shared()).then(|| self.settings.store.data.clone())
    }

    /// Whether another process executes the runs of this data directory now.
    pub(crate) fn is_executed_elsewhere(&self) -> Result<bool> {
        Ok(match self.lock_dir() {
            Some(directory) => ExecutorLock::try_take(&directory)?.is_none(),
            None => false,
        })
    }

    /// The owner of this name: whoever calls without a key, where none is given.
    pub(crate) async fn owner(&self, name: Option<&str>) -> Result<Owner> {
        let Some(name) = name else { return Ok(Owner::LOCAL) };
        match self.store.find_owner(name).await? {
            Some(owner) => Ok(owner),
            None => {
                refuse!("there is no owner called {}; task-mcp keys lists them", shell_word(name))
            }
        }
    }

    pub(crate) async fn registered(&self) -> Result<Vec<Source>> {
        Ok(self.store.list_sources(Owner::LOCAL).await?)
    }

    /// Begins to execute: `only` this work, or whatever is due.
    pub(crate) fn work(
        &self,
        only: Option<WorkId>,
        stop: CancellationToken,
    ) -> JoinSet<Result<(), engine::Failed>> {
        // Whoever waits at a shell wants it back; the journal keeps what was done.
        let grace = if only.is_some() { Duration::ZERO } else { self.settings.worker.grace };
        self.work_with(only, grace, CancellationToken::new(), stop)
    }

    /// The same, with a time of its own for running work to end after the stop. `began` is cancelled when this process
    /// may execute.
    pub(crate) fn work_with(
        &self,
        only: Option<WorkId>,
        grace: Duration,
        began: CancellationToken,
        stop: CancellationToken,
    ) -> JoinSet<Result<(), engine::Failed>> {
        let worker = &self.settings.worker;
        let config = worker::Config {
            name: machine::process_name(self.store.chance()),
            host: self.host.clone(),
            concurrency: worker.concurrency,
            per_group: worker.per_group(),
            only,
            grace,
            began,
            reasoning: self.thinking.reasoning.clone(),
        };
        let mut tasks = JoinSet::new();
        let (store, sources) = (self.store.clone(), self.sources.clone());
        tasks.spawn(worker::run(store, sources, config, self.lock_dir(), stop));
        tasks
    }

    /// Reads an id, and makes sure that there is such a run or group.
    pub(crate) async fn find(&self, text: &str) -> Result<WorkId> {
        let id: WorkId = match text.parse() {
            Ok(id) => id,
            Err(why) => refuse!("{why}; {}", self.newest().await?),
        };
        let is_known = match id {
            WorkId::Run(run) => self.store.find_run(Owner::LOCAL, run).await?.is_some(),
            WorkId::Group(group) => self.store.find_group(Owner::LOCAL, group).await?.is_some(),
        };
        if !is_known {
            refuse!("there is no {text} in {}; {}", self.place(), self.newest().await?);
        }
        Ok(id)
    }

    async fn newest(&self) -> Result<String> {
        let runs = self.store.list_runs(Owner::LOCAL, None, NEWEST, Filter::default()).await?;
        let groups =
            self.store.list_groups(Owner::LOCAL, None, NEWEST, GroupFilter::default()).await?;
        let runs: Vec<RunId> = runs.runs.iter().map(|listed| listed.run.id).collect();
        let ids: Vec<String> = runs
            .iter()
            .map(ToString::to_string)
            .chain(groups.groups.iter().map(|group| group.id.to_string()))
            .collect();
        Ok(if ids.is_empty() {
            "nothing was run there yet: `task-mcp research` and `task-mcp enrich` make a start"
                .into()
        } else {
            format!("the newest are {} (`task-mcp list` shows all)", ids.join(", "))
        })
    }

    /// What rows on a processor will probably take and cost: in a sentence, or as the REST API tells it.
    pub(crate) async fn estimate(
        &self,
        processor: &str,
        rows: u64,
        in_json: bool,
    ) -> Result<String> {
        let (store, catalog) = (&self.store, self.catalog());
        let estimate =
            api::submit::estimate(store, &catalog, Owner::LOCAL, Some(processor), rows).await;
        let estimate = estimate.map_err(|problem| refused(&problem))?;
        if in_json {
            return Ok(serde_json::to_string_pretty(&EstimateView::from(estimate))?);
        }
        Ok(estimate.in_words())
    }

    /// Where runs are kept, for messages.
    pub(crate) fn place(&self) -> String {
        match &self.settings.store.database {
            Some(url) => url.to_string(),
            None => self.settings.store.data.display().to_string(),
        }
    }

    /// The options that lead another command to the same runs.
    pub(crate) fn same_place(&self) -> String {
        let origin = |key: &str| self.settings.origins.get(key).map(String::as_str);
        match &self.settings.store.database {
            Some(_) if origin("store.database") == Some("--database") => " --database URL".into(),
            None if origin("store.data") == Some("--data") => {
                format!(" --data {}", shell_word(&self.settings.store.data.display().to_string()))
            }
            Some(_) | None => String::new(),
        }
    }
}

/// A refusal by the shared rules of all doors: the caller's fault or ours.
pub(crate) fn refused(problem: &Problem) -> anyhow::Error {
    match problem.kind {
        Kind::Internal | Kind::Unavailable | Kind::NoRoom | Kind::StillActive | Kind::InFlight => {
            let cause = problem.cause.as_ref().map(|cause| format!(" ({cause})"));
            anyhow!("{}{}", problem.message, cause.unwrap_or_default())
        }
        Kind::Malformed
        | Kind::Unauthorized
        | Kind::Forbidden
        | Kind::NotFound
        | Kind::WrongMethod
        | Kind::TooLarge
        | Kind::Invalid => usage(problem.message.clone()),
    }
}

/// A name of a processor that is offered; checked before anything is made.
pub(crate) fn check_processor(settings: &Settings, name: &str) -> Result<()> {
    let known: Vec<&str> = settings.processors.0.iter().map(|p| p.name.as_str()).collect();
    if known.contains(&name) {
        return Ok(());
    }
    let nearest = crate::settings::keys::nearest(name, known.iter().copied()).unwrap_or_default();
    refuse!(
        "`{name}` is not a processor; the nearest is `{nearest}`, and `task-mcp processors` lists all"
    )
}

/// A word as it can be pasted into a shell.
pub(crate) fn shell_word(word: &str) -> String {
    let is_plain =
        !word.is_empty() && word.chars().all(|c| c.is_alphanumeric() || "-_./:=,@%+".contains(c));
    if is_plain { word.to_owned() } else { format!("'{}'", word.replace('\'', "'\\''")) }
}
