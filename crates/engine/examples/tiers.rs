//! What each tier asks of a model over the small corpus of the tests, and what comes of it.
//!
//! `cargo run -p task-mcp-engine --example tiers` prints a table: model calls, tokens, money at the price of the smallest hosted
//! models, wall time, and the shares of sentences that are cited and of quotes that were found again. The model is scripted
//! and answers at once, so that the time is the engine's own. `… --example tiers -- pro` prints the report of one tier.

#![expect(clippy::unwrap_used, clippy::print_stdout, reason = "a program for people who measure")]

use std::sync::Arc;
use std::time::{Duration, Instant};

use domain::model::Cast;
use domain::output::{Content, Output};
use domain::processor::{Engine, MODEL_WALL};
use domain::receipt::Receipt;
use domain::spec::Spec;
use egress::{Egress, Origin, Policy};
use llm::{Models, Price, Profile, Wire};
use sources::{Config, SEARXNG, Sources};
use store::{Location, NewRun, Owner, Store};
use task_mcp_engine::{Prompts, Reasoning, worker};
use testkit::analyst::Habit;
use testkit::corpus::{self, QUESTION};
use testkit::{Analyst, HandClock, ModelServer, build, clock};
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;
use url::Url;

const TIERS: [&str; 9] =
    ["lite", "base", "core", "core2x", "pro", "ultra", "ultra2x", "ultra4x", "ultra8x"];
/// $0.10 and $0.40 for a million tokens.
const PRICE: Price = Price { input: 100_000, cached: None, output: 400_000 };

#[tokio::main]
async fn main() {
    let only = std::env::args().nth(1);
    println!(
        "| tier | calls | searches | pages | tokens in | out | $ | wall ms | sentences | cited | dropped | quotes verified |"
    );
    println!("|---|---|---|---|---|---|---|---|---|---|---|---|");
    for tier in TIERS.into_iter().filter(|tier| only.as_deref().is_none_or(|only| only == *tier)) {
        let began = Instant::now();
        let (output, receipt) = answer(tier).await;
        print(tier, &receipt, began.elapsed());
        if let (Some(_), Some(Output { content: Content::Text(text), .. })) = (&only, output) {
            println!("\n{text}\n{:#?}", receipt.notes);
        }
    }
}

fn print(tier: &str, receipt: &Receipt, wall: Duration) {
    let models = receipt.models.clone().unwrap_or_default();
    let micro_usd = models.cost_micro_usd.unwrap_or(0);
    let quotes = receipt.quotes_verified + receipt.quotes_dropped;
    println!(
        "| {tier} | {} | {} | {} | {} | {} | 0.{micro_usd:06} | {} | {} | {} | {} | {} of {quotes} |",
        models.calls,
        receipt.searches,
        receipt.pages_read,
        models.input_tokens,
        models.output_tokens,
        wall.as_millis(),
        receipt.sentences,
        receipt.sentences_cited,
        receipt.sentences_dropped,
        receipt.quotes_verified,
    );
}

/// One run of a tier on a machine of its own, so that none profits from what another has read.
async fn answer(tier: &str) -> (Option<Output>, Receipt) {
    let web = corpus::web().await;
    let analyst = Analyst::new(Habit::Careful);
    let server = ModelServer::start(move |asked| analyst.answer(asked)).await;
    let directory = tempfile::tempdir().unwrap();
    let time = HandClock::default();
    let location = Location::Directory(directory.path().to_owned());
    let store = Store::open(&location, time.clock(), clock::chance(0)).await.unwrap();

    let spec = Arc::new(spec(tier));
    let input = build::question(QUESTION);
    let (metadata, warnings, host, previous, webhook) = (None, Vec::new(), None, None, None);
    let new = NewRun { spec, input, metadata, warnings, host, previous, webhook };
    let made = store.create_run(Owner::LOCAL, new, None).await.unwrap().made().unwrap();
    let run = store.find_run(Owner::LOCAL, made.id).await.unwrap().unwrap();

    let origin = |address: &str| Origin::parse(address).unwrap();
    let allow =
        vec![origin(&web.register.origin), origin(&web.press.origin), origin(&server.origin)];
    let egress = Egress::new(Policy { allow, ..Policy::default() });
    let profile =
        Profile::new("scripted", Wire::OpenAiChat, "scripted", Url::parse(&server.origin).unwrap());
    let models = vec![Profile { price: Some(PRICE), ..profile }];
    let config = llm::Config { models, ..llm::Config::default() };
    let models = Models::new(config, egress.clone(), time.clock());
    let sources = Sources::new(Config {
        searxng: Some(web.register.origin.parse().unwrap()),
        ..Config::new(egress, directory.path().join("indexes"))
    });
    let config = worker::Config {
        name: "tiers".into(),
        host: "here".into(),
        concurrency: 1,
        per_group: 1,
        only: None,
        grace: Duration::ZERO,
        began: CancellationToken::new(),
        reasoning: Some(Arc::new(Reasoning { models, prompts: Arc::new(Prompts::default()) })),
    };
    let mut tasks = JoinSet::new();
    let data_dir = Some(directory.path().to_owned());
    let work = worker::run(store.clone(), sources, config, data_dir, CancellationToken::new());
    tasks.spawn(async move { work.await.unwrap() });
    let mut watch = store.watch_run(run.seq);
    loop {
        if let Some(result) = store.result_of(run.seq).await.unwrap() {
            return result;
        }
        watch.changed().await;
    }
}

fn spec(tier: &str) -> Spec {
    let mut processor = build::processor(tier);
    processor.engine = Engine::Model;
    processor.caps.wall = MODEL_WALL;
    let search = vec![SEARXNG.into()];
    Spec { processor, search, cast: Some(Cast::all("scripted")), ..build::report() }
}
