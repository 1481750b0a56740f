//! `processors`: what each may spend, who serves it, what it usually takes.

use std::collections::BTreeMap;

use anyhow::Result;
use domain::model::Role;
use domain::processor::{DEFAULT_FOR_RESEARCH, DEFAULT_FOR_ROWS, Engine, Processor};

use crate::reasoning::{Thinking, names};
use crate::settings::Settings;
use crate::settings::values::show_dollars;
use crate::{show, tables};

pub(crate) async fn run(mut settings: Settings) -> Result<()> {
    let thinking = Thinking::prepare(&mut settings).await?;
    let header = [
        "name", "engine", "rounds", "searches", "pages", "calls", "tokens", "money", "wall",
        "fields",
    ];
    let rows: Vec<Vec<String>> = settings.processors.0.iter().map(row).collect();
    let header: Vec<String> = header.map(str::to_owned).to_vec();
    show::say(&tables::aligned(&header, &rows, usize::MAX))?;
    show::say(&format!(
        "\n`research` uses {DEFAULT_FOR_RESEARCH} and `enrich` uses {DEFAULT_FOR_ROWS} unless told otherwise (--processor NAME).\n{}\n",
        about_models(&thinking)
    ))?;
    for names in alike(&settings.processors.0) {
        show::say(&format!("served alike today: {}\n", names.join(", ")))?;
    }
    Ok(())
}

fn row(processor: &Processor) -> Vec<String> {
    let caps = &processor.caps;
    let of_models = |figure: String| match processor.engine {
        Engine::Model => figure,
        Engine::Extractive | Engine::Noop => "–".into(),
    };
    vec![
        processor.name.clone(),
        processor.engine.as_str().to_owned(),
        caps.rounds.to_string(),
        caps.searches.to_string(),
        caps.pages.to_string(),
        of_models(caps.calls.to_string()),
        of_models(format!("{}k", caps.input_tokens / 1_000)),
        of_models(format!("${}", show_dollars(caps.cost_micro_usd))),
        humantime::format_duration(caps.wall).to_string(),
        format!("up to {}", processor.fields),
    ]
}

fn about_models(thinking: &Thinking) -> String {
    match (&thinking.cast, &thinking.reasoning) {
        (Some(cast), Some(reasoning)) => {
            let parts = Role::ALL.map(|role| format!("{}: {}", role.as_str(), cast.of(role)));
            format!(
                "Models: {} ({}). A number under calls, tokens and money is the most that one run may spend on them.",
                names(&reasoning.models).join(", "),
                parts.join(", ")
            )
        }
        _ => "No model is configured: every engine but noop is extractive and only quotes; tiers differ by their budgets \
              alone. `task-mcp doctor` says how to add one."
            .into(),
    }
}

/// Names with the same engine and budget.
fn alike(processors: &[Processor]) -> Vec<Vec<&str>> {
    let mut same: BTreeMap<String, Vec<&str>> = BTreeMap::new();
    for processor in processors {
        let key = format!("{:?} {:?}", processor.engine, processor.caps);
        same.entry(key).or_default().push(&processor.name);
    }
    same.into_values().filter(|names| names.len() > 1).collect()
}
