//! A store, what may be read, and workers that a test starts and kills.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use domain::output::{Content, Output};
use domain::receipt::Receipt;
use domain::source::Place;
use domain::spec::{Input, Spec};
use egress::{Egress, Origin, Policy};
use serde_json::{Map, Value};
use sources::{Config, SEARXNG, Sources};
use store::{Location, NewRun, Owner, RunRow, Store};
use task_mcp_engine::{Reasoning, worker};
use tempfile::TempDir;
use testkit::{Database, HandClock, Site, build, clock};
use tokio::task::JoinSet;
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;

pub(crate) const ME: Owner = Owner::LOCAL;
const HOST: &str = "here";
/// Longest wait for anything in these tests.
const PATIENCE: Duration = Duration::from_mins(2);

pub(crate) struct Bench {
    pub(crate) store: Store,
    pub(crate) clock: HandClock,
    pub(crate) database: Database,
    /// The folder of the source `manual`.
    pub(crate) folder: TempDir,
    index_dir: TempDir,
    origins: Vec<Origin>,
    /// Models, where a test has some.
    pub(crate) reasoning: Option<Arc<Reasoning>>,
}

/// A worker that is killed when dropped.
pub(crate) struct Worker {
    pub(crate) stop: CancellationToken,
    tasks: JoinSet<()>,
}

impl Bench {
    /// Runs may ask these sites; the first is their search.
    pub(crate) async fn new(database: Database, sites: &[&Site]) -> Self {
        let clock = HandClock::default();
        let location = match &database {
            Database::Sqlite(directory) => Location::Directory(directory.path().to_owned()),
            Database::Postgres(url) => Location::Url(url.clone()),
        };
        let store = Store::open(&location, clock.clock(), clock::chance(0)).await.unwrap();
        let (folder, index_dir) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        let origins = sites.iter().map(|site| Origin::parse(&site.origin).unwrap()).collect();
        Self { store, clock, database, folder, index_dir, origins, reasoning: None }
    }

    pub(crate) async fn with_folder(files: &[(&str, &str)]) -> Self {
        let bench = Self::new(Database::sqlite(), &[]).await;
        for (path, words) in files {
            std::fs::write(bench.folder.path().join(path), words).unwrap();
        }
        let place = Place::Folder(bench.folder.path().to_str().unwrap().into());
        bench.store.put_source(ME, build::name("manual"), place, Some(HOST.into())).await.unwrap();
        bench
    }

    /// Lets workers ask this origin too.
    pub(crate) fn allow(&mut self, origin: &str) {
        self.origins.push(Origin::parse(origin).unwrap());
    }

    pub(crate) async fn submit(&self, spec: Spec, input: Input) -> RunRow {
        let new = new_run(&Arc::new(spec), input);
        let made = self.store.create_run(ME, new, None).await.unwrap().made().unwrap();
        self.store.find_run(ME, made.id).await.unwrap().unwrap()
    }

    pub(crate) fn start(&self, name: &str) -> Worker {
        self.start_with(name, Duration::ZERO)
    }

    pub(crate) fn start_with(&self, name: &str, grace: Duration) -> Worker {
        self.start_under(name, grace, Policy::default())
    }

    /// A worker that may ask the sites, under a policy that says what else holds.
    pub(crate) fn start_under(&self, name: &str, grace: Duration, policy: Policy) -> Worker {
        // `localhost` is another host than 127.0.0.1 and the same machine.
        let twins = self.origins.iter().map(|origin| localhost(&origin.to_string()));
        let twins = twins.map(|origin| Origin::parse(&origin).unwrap());
        let allow = self.origins.iter().cloned().chain(twins).collect();
        let index_dir = self.index_dir.path().to_owned();
        let sources = Sources::new(Config {
            searxng: self.origins.first().map(|origin| origin.to_string().parse().unwrap()),
            ..Config::new(Egress::new(Policy { allow, ..policy }), index_dir)
        });
        let config = worker::Config {
            name: name.into(),
            host: HOST.into(),
            concurrency: 8,
            per_group: 4,
            only: None,
            grace,
            began: CancellationToken::new(),
            reasoning: self.reasoning.clone(),
        };
        let stop = CancellationToken::new();
        let data_dir = self.database.directory().map(Path::to_owned);
        let (store, stopped) = (self.store.clone(), stop.clone());
        let mut tasks = JoinSet::new();
        tasks.spawn(async move {
            worker::run(store, sources, config, data_dir, stopped).await.unwrap();
        });
        Worker { stop, tasks }
    }

    /// The run as it is once it has ended, and what it left.
    pub(crate) async fn ended(&self, run: &RunRow) -> (RunRow, Option<Output>, Receipt) {
        let mut watch = self.store.watch_run(run.seq);
        let end = async {
            loop {
                let row = self.store.find_run(ME, run.run.id).await.unwrap().unwrap();
                if !row.run.state.is_active() {
                    return row;
                }
                watch.changed().await;
            }
        };
        let row = timeout(PATIENCE, end).await.expect("the run ends");
        let (output, receipt) = self.store.result_of(run.seq).await.unwrap().unwrap_or_default();
        (row, output, receipt)
    }

    /// Returns once so many answers are in the journal of a run. They come without an event.
    pub(crate) async fn until_remembered(&self, run: &RunRow, answers: i64) {
        let wait = async {
            while self.store.calls_of(run.seq).await.unwrap().0 < answers {
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
        };
        timeout(PATIENCE, wait).await.expect("the answers come");
    }

    /// Fails unless every quote stands in the archive where the evidence says.
    pub(crate) async fn assert_quotes_stand(&self, output: &Output) {
        let mut quotes = 0;
        for evidence in output.evidence() {
            let archived = self.store.reading(evidence.text).await.unwrap().unwrap();
            assert_eq!(archived.text.quote(&evidence.span), evidence.quote);
            assert_eq!((archived.page, &archived.address), (evidence.page, &evidence.address));
            quotes += 1;
        }
        assert!(quotes > 0, "no evidence at all");
    }
}

impl Worker {
    /// Ends in the middle of everything.
    pub(crate) async fn kill(mut self) {
        self.tasks.shutdown().await;
    }

    /// Asks it to stop, and waits until it has.
    pub(crate) async fn stop(self) {
        self.stop.cancel();
        timeout(PATIENCE, self.tasks.join_all()).await.expect("the worker stops");
    }
}

pub(crate) fn new_run(spec: &Arc<Spec>, input: Input) -> NewRun {
    let spec = Arc::clone(spec);
    NewRun {
        spec,
        input,
        metadata: None,
        warnings: Vec::new(),
        host: None,
        previous: None,
        webhook: None,
    }
}

pub(crate) fn on_the_web(spec: Spec) -> Spec {
    Spec { search: vec![SEARXNG.into()], ..spec }
}

pub(crate) fn in_the_folder(spec: Spec) -> Spec {
    Spec { sources: vec![build::name("manual")], ..spec }
}

pub(crate) fn localhost(address: &str) -> String {
    address.replace("127.0.0.1", "localhost")
}

pub(crate) fn text(output: &Output) -> &str {
    match &output.content {
        Content::Text(text) => text,
        Content::Fields { .. } => panic!("fields instead of text"),
    }
}

pub(crate) fn values(output: &Output) -> &Map<String, Value> {
    match &output.content {
        Content::Text(text) => panic!("text instead of fields: {text}"),
        Content::Fields { values, .. } => values,
    }
}
