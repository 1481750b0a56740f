//! `research "QUESTION"`: a report with a verbatim quote behind each statement.

use anyhow::Result;
use api::submit::{self, RunArgs};
use domain::ids::WorkId;
use domain::processor::DEFAULT_FOR_RESEARCH;
use domain::source::SourceName;
use serde_json::{Value, json};
use store::{Known, Owner};

use crate::ground::{Ground, check_processor, refused};
use crate::problem::refuse;
use crate::settings::Settings;
use crate::{follow, show, source_args};

#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// What you want to know, in a sentence or two
    question: String,
    /// A folder, a file or an address to read; may be repeated. Without it all registered sources are read
    #[arg(long, value_name = "[NAME=]DIR|FILE|URL")]
    source: Vec<String>,
    /// How much may be spent: `task-mcp processors` lists them
    #[arg(long, default_value = DEFAULT_FOR_RESEARCH)]
    processor: String,
    /// Print the result object of the REST API
    #[arg(long)]
    json: bool,
    /// Say what it will probably take and cost, and do nothing
    #[arg(long)]
    estimate: bool,
    /// Store the run, print its id and leave it to a serving process
    #[arg(long)]
    no_wait: bool,
}

pub(crate) async fn run(settings: Settings, args: Args) -> Result<()> {
    if args.question.trim().is_empty() {
        refuse!(
            "the question is empty; write for example task-mcp research \"How …?\" --source ./documents"
        );
    }
    check_processor(&settings, &args.processor)?;
    let given = source_args::parse_all(&args.source, &settings)?;
    let ground = Ground::to_work(settings).await?;
    if args.estimate {
        return show::say(&format!("{}\n", ground.estimate(&args.processor, 1, args.json).await?));
    }
    let added = source_args::register(&ground.store, Owner::LOCAL, &ground.host, &given).await?;
    let names: Vec<SourceName> = added.into_iter().map(|source| source.name).collect();
    let work = submit(&ground, &args.question, &args.processor, names).await?;
    let again = show::result_command(&ground, work);
    if args.no_wait {
        eprintln!(
            "stored; a serving process works on it (`task-mcp serve`), and `{again}` shows the result"
        );
        return show::say(&format!("{work}\n"));
    }
    let WorkId::Run(id) = work else { return Ok(()) };
    let row = follow::run(&ground, id, &again).await?;
    show::print(&ground, &row, args.json).await
}

/// Stores a run; no names means all registered sources.
pub(crate) async fn submit(
    ground: &Ground,
    question: &str,
    processor: &str,
    names: Vec<SourceName>,
) -> Result<WorkId> {
    let sources = ground.registered().await?;
    let catalog = ground.catalog();
    let has_nothing = sources.is_empty() && catalog.search.is_empty() && !catalog.keyless;
    let args = RunArgs {
        input: Value::String(question.to_owned()),
        processor: Some(processor.to_owned()),
        task_spec: Some(json!({"output_schema": {"type": "text"}})),
        sources: (!names.is_empty()).then_some(names),
        ..RunArgs::default()
    };
    let is_shared = ground.store.is_shared();
    let new = match submit::prepare(&catalog, &sources, args, DEFAULT_FOR_RESEARCH, is_shared) {
        Ok(new) => new,
        Err(_) if has_nothing && !question.contains("://") => {
            refuse!("there is nothing to read yet; name a source:\n{}", source_args::KINDS)
        }
        Err(problem) => return Err(refused(&problem)),
    };
    let made = submit::create_run(&ground.store, Owner::LOCAL, new, None).await;
    match made.map_err(|problem| refused(&problem))? {
        Known::New(run) | Known::Replayed(run) => Ok(WorkId::Run(run.id)),
        Known::OtherBody => anyhow::bail!("the database confused this run with another one"),
    }
}
