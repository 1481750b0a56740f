//! `processors`: what each may spend, who serves it, what it usually takes.

use std::collections::BTreeMap;

use anyhow::Result;
use domain::processor::{DEFAULT_FOR_RESEARCH, DEFAULT_FOR_ROWS, Processor};

use crate::progress::brief;
use crate::settings::Settings;
use crate::{show, tables};

pub(crate) fn run(settings: &Settings) -> Result<()> {
    let header = ["name", "engine", "rounds", "searches", "pages", "wall", "usual time", "fields"];
    let rows: Vec<Vec<String>> = settings.processors.0.iter().map(row).collect();
    let header: Vec<String> = header.map(str::to_owned).to_vec();
    show::say(&tables::aligned(&header, &rows, usize::MAX))?;
    show::say(&format!(
        "\n`research` uses {DEFAULT_FOR_RESEARCH} and `enrich` uses {DEFAULT_FOR_ROWS} unless told otherwise (--processor NAME).\n\
         No model is configured: every engine but noop is extractive and only quotes; tiers differ by their budgets alone.\n"
    ))?;
    for names in alike(&settings.processors.0) {
        show::say(&format!("served alike today: {}\n", names.join(", ")))?;
    }
    Ok(())
}

fn row(processor: &Processor) -> Vec<String> {
    let caps = &processor.caps;
    let (from, to) = processor.usual;
    vec![
        processor.name.clone(),
        processor.engine.as_str().to_owned(),
        caps.rounds.to_string(),
        caps.searches.to_string(),
        caps.pages.to_string(),
        humantime::format_duration(caps.wall).to_string(),
        if to.is_zero() { "at once".into() } else { format!("{} to {}", brief(from), brief(to)) },
        format!("up to {}", processor.fields),
    ]
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
