//! The binary `task-mcp`: reads the command line and the settings, and hands over to one command.

mod blocks;
mod config;
mod demo;
mod doctor;
mod enrich;
mod follow;
mod ground;
mod install;
mod keys_command;
mod machine;
mod mcp_command;
mod pages;
mod problem;
mod processors;
mod progress;
mod read_document;
mod reasoning;
mod research;
mod serve;
mod settings;
mod sheet;
mod show;
mod signals;
mod source_args;
mod sources_command;
mod tables;
mod telemetry;
mod verify;
mod watch;
mod web_command;
mod webhooks_command;
mod work;

use std::future::Future;
use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::{Context as _, Result, bail};
use clap::{Parser, Subcommand};
use egress::Cassette;
use mimalloc::MiMalloc;
use sources::extract::isolated;

use crate::problem::usage;
use crate::settings::{Flags, Settings};

/// Gives back what a large body took; the C library's own mostly keeps it (docs/decisions/0012).
#[global_allocator]
static ALLOCATOR: MiMalloc = MiMalloc;

/// Research and enrichment whose every answer is backed by verbatim quotes.
#[derive(Debug, Parser)]
#[command(name = "task-mcp", version, about, max_term_width = 100)]
struct Cli {
    /// Where runs are kept
    #[arg(long, global = true, value_name = "DIR")]
    data: Option<PathBuf>,
    /// A PostgreSQL database instead of the embedded one
    #[arg(long, global = true, value_name = "URL")]
    database: Option<String>,
    /// Where `serve` answers
    #[arg(long, global = true, value_name = "HOST:PORT")]
    listen: Option<String>,
    /// The settings file
    #[arg(long, global = true, value_name = "FILE")]
    config: Option<PathBuf>,
    /// Any setting, for this start
    #[arg(long, global = true, value_name = "SECTION.KEY=VALUE")]
    set: Vec<String>,
    /// Keep all that comes from outside in a file, at its end
    #[arg(long, global = true, value_name = "FILE", conflicts_with = "replay")]
    record: Option<PathBuf>,
    /// Take all that comes from outside from such a file; no network is used
    #[arg(long, global = true, value_name = "FILE")]
    replay: Option<PathBuf>,
    #[command(subcommand)]
    command: Option<Command>,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Research a question on documents that are built in, and enrich a sheet
    Demo,
    /// Answer a question with a report that quotes its sources
    Research(research::Args),
    /// Add columns to a CSV, each value with its quote
    Enrich(enrich::Args),
    /// Read one page of the web, as a run would
    Fetch(web_command::FetchArgs),
    /// Search the web, as a run would
    Search(web_command::SearchArgs),
    /// Answer over HTTP and execute what is due
    Serve(serve::Args),
    /// Serve one chat client over stdin and stdout (MCP)
    Mcp(mcp_command::Args),
    /// Tell a chat client how to reach this program
    Install(install::Args),
    /// How far a run or group is
    Status(work::OneArgs),
    /// Watch a run or group go on; Ctrl-C leaves it running
    Watch(watch::Args),
    /// Wait for a run or group and print its result
    Result(work::ResultArgs),
    /// Check a downloaded report: that it is whole and each quote stands in its passage
    Verify(verify::Args),
    /// Ask a run or group to stop
    Cancel(work::OneArgs),
    /// Runs and groups, newest first
    List(work::ListArgs),
    /// How much each processor may spend, and who serves it
    Processors,
    /// The places that runs may read
    Sources(sources_command::Args),
    /// Who may call the server
    Keys {
        #[command(subcommand)]
        command: Option<keys_command::Command>,
    },
    /// What is told to webhooks, and the secret that signs it
    Webhooks(webhooks_command::Args),
    /// Check that everything is there that a run needs
    Doctor,
    /// Read one document from stdin, in a process of its own
    #[command(name = isolated::COMMAND, hide = true)]
    ReadDocument(read_document::Args),
    /// The settings in force and where they came from
    Config {
        #[command(subcommand)]
        command: ConfigCommand,
    },
}

#[derive(Debug, Subcommand)]
enum ConfigCommand {
    /// Print every value in force and where it came from
    Print,
    /// Print the settings reference, docs/settings.md
    #[command(hide = true)]
    Reference,
}

fn main() -> ExitCode {
    match run(Cli::parse()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(problem) => problem::report(&problem),
    }
}

fn run(cli: Cli) -> Result<()> {
    let Cli { data, database, listen, config, set, record, replay, command } = cli;
    let Some(command) = command else { return show::say(NEXT) };
    // Before anything else is read: it needs nothing, and is to know nothing.
    if let Command::ReadDocument(args) = &command {
        return read_document::run(args);
    }
    let flags = Flags { config, data, database, listen, set };
    let mut all = settings::read(&flags)?;
    let cassette = cassette(record, replay)?;
    all.cassette.clone_from(&cassette);
    let level = if matches!(command, Command::Serve(_)) { SERVER_LOG } else { COMMAND_LOG };
    telemetry::start(&all.log, level)?;
    let done = match command {
        Command::Demo => block_on(demo::run(all)),
        Command::Research(args) => block_on(research::run(all, args)),
        Command::Enrich(args) => block_on(enrich::run(all, args)),
        Command::Fetch(args) => block_on(web_command::fetch(all, args)),
        Command::Search(args) => block_on(web_command::search(all, args)),
        Command::Serve(args) => block_on(serve::run(all, args)),
        Command::Mcp(args) => block_on(mcp_command::run(all, args)),
        Command::Install(args) => install::run(&all, &flags.set, args),
        Command::Status(args) => block_on(work::status(all, args)),
        Command::Watch(args) => block_on(watch::run(all, args)),
        Command::Verify(args) => verify::run(&args),
        Command::Result(args) => block_on(work::result(all, args)),
        Command::Cancel(args) => block_on(work::cancel(all, args)),
        Command::List(args) => block_on(work::list(all, args)),
        Command::Processors => block_on(processors::run(all)),
        Command::Sources(args) => block_on(sources_command::run(all, args)),
        Command::Keys { command } => block_on(keys_command::run(all, command)),
        Command::Webhooks(args) => block_on(webhooks_command::run(all, args)),
        Command::Doctor => block_on(doctor::run(all)),
        Command::ReadDocument(args) => read_document::run(&args),
        Command::Config { command } => print_config(&all, &command),
    };
    let trouble = cassette.and_then(|cassette| cassette.trouble());
    // An answer that was made without what is missing is no replay.
    done.and_then(|()| trouble.map_or(Ok(()), |trouble| bail!("{trouble}")))
}

fn cassette(record: Option<PathBuf>, replay: Option<PathBuf>) -> Result<Option<Cassette>> {
    let opened = match (record, replay) {
        (Some(file), _) => Cassette::record(&file),
        (None, Some(file)) => Cassette::replay(&file),
        (None, None) => return Ok(None),
    };
    opened.map(Some).map_err(|why| usage(why.to_string()))
}

fn print_config(all: &Settings, command: &ConfigCommand) -> Result<()> {
    show::say(&match command {
        ConfigCommand::Print => config::print(all),
        ConfigCommand::Reference => config::reference(),
    })
}

/// The story of runs; what libraries have to tell only where it matters.
const SERVER_LOG: &str = "info,sqlx=warn,tantivy=warn,hyper=warn,rmcp=warn";
const COMMAND_LOG: &str = "warn,sqlx=error,tantivy=error";

fn block_on(command: impl Future<Output = Result<()>>) -> Result<()> {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .context("the system gives this process no threads")?;
    let done = runtime.block_on(command);
    // Parsing threads may still be at a document whose run has ended.
    runtime.shutdown_background();
    done
}

/// What to do first.
const NEXT: &str = "\
task-mcp answers questions and fills in tables from documents, with a verbatim quote behind each statement.

see it work          task-mcp demo
ask a question       task-mcp research \"What changed in version 2?\" --source ./documents
fill in a table      task-mcp enrich companies.csv --fields \"founded: year it was founded\" --source ./documents -o out.csv
answer over HTTP     task-mcp serve --source ./documents
use it in a chat     task-mcp install claude-code    (or cursor, vscode, codex, goose, zed, claude-desktop)
look at past runs    task-mcp list
is all in order?     task-mcp doctor

task-mcp COMMAND --help has the details of each; no key, model or network is needed.
";
