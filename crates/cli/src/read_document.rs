//! `task-mcp read-document KIND`: reads one document, or large page, from stdin in a process that may come to harm, and answers on
//! stdout. Started by the server itself; see `sources::extract::isolated`.

use std::io::{BufWriter, Write as _};

use anyhow::{Context as _, Result, anyhow};
use clap::Args as ClapArgs;
use rlimit::Resource;
use sources::extract::isolated::{self, TIME};

#[derive(Debug, ClapArgs)]
pub(crate) struct Args {
    /// What the document is
    kind: String,
}

pub(crate) fn run(args: &Args) -> Result<()> {
    limit(isolated::memory_bytes(&args.kind))
        .context("the limits of this process cannot be set")?;
    let mut answer = BufWriter::new(std::io::stdout().lock());
    isolated::answer(&args.kind, std::io::stdin().lock(), &mut answer)
        .map_err(|why| anyhow!(why))?;
    answer.flush().context("stdout cannot be written")
}

/// Takes from this process what no document needs: more memory and time than there is for one, files, and a dump
/// of its memory when it ends badly.
fn limit(memory_bytes: u64) -> std::io::Result<()> {
    let seconds = TIME.as_secs() + 1;
    for (resource, most) in [
        (Resource::AS, memory_bytes),
        (Resource::CPU, seconds),
        (Resource::FSIZE, 0),
        (Resource::CORE, 0),
    ] {
        // A limit that this system does not know is none that it could hold.
        if resource.is_supported() {
            resource.set(most, most)?;
        }
    }
    Ok(())
}
