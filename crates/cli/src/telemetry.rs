//! The log: to stderr, quiet for commands that end, a run's story for the server.

use std::io::IsTerminal as _;

use anyhow::{Result, anyhow};
use tracing_subscriber::EnvFilter;

use crate::settings::{Format, Log};

/// `fallback` is the level where the settings name none.
pub(crate) fn start(log: &Log, fallback: &str) -> Result<()> {
    let level = if log.level.is_empty() { fallback } else { &log.level };
    let filter = EnvFilter::try_new(level).map_err(|why| {
        crate::problem::usage(format!(
            "the setting `log.level` is `{level}`, which cannot be read ({why}); write error, warn, info, debug or trace"
        ))
    })?;
    let builder = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(std::io::stderr)
        .with_ansi(std::io::stderr().is_terminal());
    match log.format {
        Format::Text => builder.with_target(false).try_init(),
        Format::Json => builder.json().try_init(),
    }
    .map_err(|why| anyhow!("the log cannot be started: {why}"))
}
