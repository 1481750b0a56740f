//! A scripted model behind the real client, and runs that ask it over the corpus.

use std::sync::Arc;
use std::time::Duration;

use domain::model::Cast;
use domain::output::{Content, Output};
use domain::processor::{Engine, MODEL_WALL};
use domain::receipt::{Receipt, Spending};
use domain::run::RunState;
use domain::spec::Spec;
use egress::{Egress, Origin, Policy};
use llm::{Key, Models, Price, Profile, Wire};
use store::{Amount, RunRow};
use task_mcp_engine::{Prompts, Reasoning};
use testkit::analyst::Habit;
use testkit::corpus::{self, Web};
use testkit::model_server::{Asked, Said};
use testkit::{Analyst, Database, ModelServer, build};
use url::Url;

use crate::bench::{Bench, on_the_web};

pub(crate) const MODEL: &str = "scripted";
/// $0.10 and $0.40 for a million tokens: what the smallest hosted models cost.
pub(crate) const PRICE: Price = Price { input: 100_000, cached: None, output: 400_000 };

/// The corpus, a model and a bench.
pub(crate) struct Desk {
    pub(crate) web: Web,
    pub(crate) server: ModelServer,
    pub(crate) bench: Bench,
}

/// What a run came to, and what the server saw of it.
pub(crate) struct Done {
    pub(crate) run: RunRow,
    pub(crate) text: String,
    pub(crate) output: Option<Output>,
    pub(crate) receipt: Receipt,
    /// Requests that reached the model for it.
    pub(crate) hits: usize,
}

impl Desk {
    pub(crate) async fn new(habit: Habit) -> Self {
        Self::over(corpus::web().await, habit, Database::sqlite()).await
    }

    pub(crate) async fn over(web: Web, habit: Habit, database: Database) -> Self {
        let analyst = Analyst::new(habit).translating(&corpus::TRANSLATIONS);
        Self::asking(web, move |asked| analyst.answer(asked), database).await
    }

    /// With a model that answers so.
    pub(crate) async fn asking(
        web: Web,
        answer: impl Fn(&Asked) -> Said + Send + Sync + 'static,
        database: Database,
    ) -> Self {
        let server = ModelServer::start(answer).await;
        let mut bench = Bench::new(database, &[&web.register, &web.press]).await;
        bench.reasoning = Some(reasoning(&bench, vec![profile(&server)]));
        Self { web, server, bench }
    }

    /// Lets a worker do one run.
    pub(crate) async fn done(&self, spec: Spec, question: &str) -> Done {
        let before = self.server.hits();
        let run = self.bench.submit(spec, build::question(question)).await;
        let worker = self.bench.start("ann");
        let done = self.end_of(&run).await;
        worker.stop().await;
        Done { hits: self.server.hits() - before, ..done }
    }

    pub(crate) async fn end_of(&self, run: &RunRow) -> Done {
        let (run, output, receipt) = self.bench.ended(run).await;
        let text = match output.as_ref().map(|output| &output.content) {
            Some(Content::Text(text)) => text.clone(),
            Some(Content::Fields { values, .. }) => format!("{values:#?}"),
            None => String::new(),
        };
        Done { run, text, output, receipt, hits: 0 }
    }

    /// What every answered run keeps to, however its model behaves.
    pub(crate) async fn assert_signed(&self, done: &Done) {
        assert_eq!(done.run.run.state, RunState::Completed, "{:?}", done.run.run.failure);
        let output = done.output.as_ref().unwrap();
        self.bench.assert_quotes_stand(output).await;
        assert_eq!(done.receipt.quotes_dropped, 0);
        self.assert_leads_only_to_what_was_read(done);
        assert_eq!(self.bench.store.ledger_balance(done.run.seq).await.unwrap(), Amount::default());
    }

    /// Every link of the report is a page that was asked for.
    fn assert_leads_only_to_what_was_read(&self, done: &Done) {
        let asked = self.web.asked();
        let links = done.text.split("http://").skip(1);
        for link in links {
            let link = link.split(['>', ' ', ')', '\n']).next().unwrap();
            let (host, path) = link.split_once('/').unwrap();
            assert!(host.starts_with("127.0.0.1:"), "{link} in {}", done.text);
            assert!(asked.contains(&format!("/{path}")), "{link} was not read");
        }
        assert!(!done.text.contains("https://") && !done.text.contains("]("), "{}", done.text);
    }
}

impl Done {
    pub(crate) fn spending(&self) -> &Spending {
        self.receipt.models.as_ref().expect("what models did")
    }
}

/// The model that a server plays.
pub(crate) fn profile(server: &ModelServer) -> Profile {
    let base = Url::parse(&server.origin).unwrap();
    Profile {
        key: Key::new("a-key-of-the-tests"),
        price: Some(PRICE),
        ..Profile::new(MODEL, Wire::OpenAiChat, "scripted", base)
    }
}

pub(crate) fn reasoning(bench: &Bench, models: Vec<Profile>) -> Arc<Reasoning> {
    let allow = models.iter().map(|model| Origin::of(&model.base_url).unwrap()).collect();
    let config = llm::Config {
        models,
        retry_for: Duration::from_millis(200),
        first_wait: Duration::from_millis(5),
        ..llm::Config::default()
    };
    let egress = Egress::new(Policy { allow, ..Policy::default() });
    let models = Models::new(config, egress, bench.clock.clock());
    Arc::new(Reasoning { models, prompts: Arc::new(Prompts::default()) })
}

/// A report from the corpus by a tier with models.
pub(crate) fn report(tier: &str) -> Spec {
    on_the_web(with_models(build::report(), tier))
}

pub(crate) fn with_models(spec: Spec, tier: &str) -> Spec {
    let mut processor = build::processor(tier);
    processor.engine = Engine::Model;
    processor.caps.wall = MODEL_WALL;
    Spec { processor, cast: Some(Cast::all(MODEL)), ..spec }
}
