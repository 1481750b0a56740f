//! `status`, `result`, `cancel` and `list`: looking after runs and groups that were stored before.

use std::fmt::Write as _;

use anyhow::{Result, bail};
use api::wire;
use domain::group::Counts;
use domain::ids::WorkId;
use domain::run::{Run, RunState};
use domain::spec::Input;
use serde_json::json;
use store::{Filter, GroupFilter, Owner};

use crate::ground::Ground;
use crate::problem::refuse;
use crate::settings::Settings;
use crate::{enrich, follow, show};

#[derive(Debug, clap::Args)]
pub(crate) struct OneArgs {
    /// trun_… or tgrp_…
    id: String,
    /// Print the object of the REST API
    #[arg(long)]
    json: bool,
}

#[derive(Debug, clap::Args)]
pub(crate) struct ResultArgs {
    /// trun_… or tgrp_…
    id: String,
    /// Print the result object of the REST API; for a group one line for each row
    #[arg(long, conflicts_with = "csv")]
    json: bool,
    /// Print a group as CSV, which is the default for groups
    #[arg(long)]
    csv: bool,
}

#[derive(Debug, clap::Args)]
pub(crate) struct ListArgs {
    /// How many of each to show
    #[arg(long, short = 'n', default_value_t = 20)]
    limit: u16,
    /// Print the objects of the REST API
    #[arg(long)]
    json: bool,
}

/// How far a run or group is.
pub(crate) async fn status(settings: Settings, args: OneArgs) -> Result<()> {
    let ground = Ground::open(settings).await?;
    match ground.find(&args.id).await? {
        WorkId::Run(id) => {
            let Some(row) = ground.store.find_run(Owner::LOCAL, id).await? else { return Ok(()) };
            if args.json {
                let view = wire::run_view(&row.run);
                return show::say(&format!("{}\n", serde_json::to_string_pretty(&view)?));
            }
            show::say(&format!("{}\n", describe(&row.run)))?;
            if matches!(row.run.state, RunState::Failed | RunState::Cancelled) {
                return Ok(());
            }
        }
        WorkId::Group(id) => {
            let group = enrich::find(&ground, id).await?;
            if args.json {
                let view = wire::group_view(&group);
                return show::say(&format!("{}\n", serde_json::to_string_pretty(&view)?));
            }
            show::say(&format!("{id}  {}\n", count(&group.counts)))?;
        }
    }
    eprintln!("its result: task-mcp result {}{}", args.id, ground.same_place());
    Ok(())
}

fn describe(run: &Run) -> String {
    let mut line = format!("{}  {}  {}", run.id, run.state, run.processor);
    if let (Some(started), Some(finished)) = (run.started_at, run.finished_at) {
        let spent = u64::try_from(finished.since_ms(started)).unwrap_or(0);
        let spent = crate::progress::brief(std::time::Duration::from_millis(spent));
        let _ = write!(line, "  took {spent}");
    }
    if let Some(failure) = &run.failure {
        let _ = write!(line, "\n{}", failure.message);
    }
    line
}

fn count(counts: &Counts) -> String {
    let states = RunState::ALL.into_iter().map(|state| (state, counts.of(state)));
    let parts: Vec<String> = states
        .filter(|(_, number)| *number > 0)
        .map(|(state, number)| format!("{number} {state}"))
        .collect();
    format!(
        "{} rows: {}",
        counts.total(),
        if parts.is_empty() { "none".into() } else { parts.join(", ") }
    )
}

/// Waits for the answer, executing it where nobody else does, and prints it.
pub(crate) async fn result(settings: Settings, args: ResultArgs) -> Result<()> {
    let ground = Ground::open(settings).await?;
    let work = ground.find(&args.id).await?;
    let again = show::result_command(&ground, work);
    match work {
        WorkId::Run(_) if args.csv => {
            refuse!("{work} is a run and has no table; leave out --csv, or give the id of a group")
        }
        WorkId::Run(id) => {
            let row = follow::run(&ground, id, &again).await?;
            show::print(&ground, &row, args.json).await
        }
        WorkId::Group(id) => {
            let group = follow::group(&ground, id, &again).await?;
            let Some((sheet, schema)) = enrich::stored(&ground, id).await? else {
                bail!(
                    "the group {id} has no rows with fields; look at its runs with `task-mcp list`"
                );
            };
            enrich::deliver(&ground, &group, &sheet, &schema, None, args.json).await
        }
    }
}

/// Asks a run or group to stop.
pub(crate) async fn cancel(settings: Settings, args: OneArgs) -> Result<()> {
    let ground = Ground::open(settings).await?;
    let says = match ground.find(&args.id).await? {
        WorkId::Run(id) => match ground.store.cancel_run(Owner::LOCAL, id).await? {
            Some(state @ (RunState::Completed | RunState::Failed)) => {
                format!("{id} had ended before: {state}")
            }
            Some(state) => format!("{id}  {state}"),
            None => bail!("the run {id} is gone from the database"),
        },
        WorkId::Group(id) => {
            ground.store.cancel_group(Owner::LOCAL, id).await?;
            format!("{id}  {}", count(&enrich::find(&ground, id).await?.counts))
        }
    };
    show::say(&format!("{says}\n"))
}

/// Runs and groups, newest first.
pub(crate) async fn list(settings: Settings, args: ListArgs) -> Result<()> {
    let ground = Ground::open(settings).await?;
    let limit = i64::from(args.limit.max(1));
    let filter = Filter { with_input: true, ..Filter::default() };
    let runs = ground.store.list_runs(Owner::LOCAL, None, limit, filter).await?.runs;
    let groups =
        ground.store.list_groups(Owner::LOCAL, None, limit, GroupFilter::default()).await?.groups;
    if args.json {
        let runs: Vec<_> = runs.iter().map(|listed| wire::run_view(&listed.run)).collect();
        let groups: Vec<_> = groups.iter().map(wire::group_view).collect();
        let both = json!({"runs": runs, "groups": groups});
        return show::say(&format!("{}\n", serde_json::to_string_pretty(&both)?));
    }
    if runs.is_empty() && groups.is_empty() {
        eprintln!("nothing was run in {} yet; `task-mcp` alone shows what to try", ground.place());
        return Ok(());
    }
    let mut text = String::new();
    for listed in &runs {
        let run = &listed.run;
        let asked = listed.input.as_ref().map(|input| match input {
            Input::Text(question) => question.clone(),
            Input::Row(_) => input.to_json().to_string(),
        });
        let asked: String =
            asked.unwrap_or_default().split_whitespace().collect::<Vec<_>>().join(" ");
        let asked: String = asked.chars().take(70).collect();
        let when = minute(&run.created_at.rfc3339());
        let _ = writeln!(
            text,
            "{}  {when}  {:9}  {:6}  {asked}",
            run.id,
            run.state.as_str(),
            run.processor
        );
    }
    for group in &groups {
        let file = group.metadata.as_ref().and_then(|notes| notes.get("file"));
        let file = file.and_then(|name| name.as_str()).unwrap_or_default();
        let when = minute(&group.created_at.rfc3339());
        let _ = writeln!(text, "{}  {when}  {}  {file}", group.id, count(&group.counts));
    }
    show::say(&text)
}

/// `2026-11-22 14:00`, UTC.
fn minute(rfc3339: &str) -> String {
    rfc3339.get(..16).unwrap_or(rfc3339).replace('T', " ")
}
