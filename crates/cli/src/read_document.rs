//! `task-mcp read-document KIND`: reads one document from stdin in a process that may come to harm, and answers on
//! stdout. Started by the server itself; see `sources::extract::isolated`.

use std::io::{Read as _, Write as _};

use anyhow::{Context as _, Result, anyhow};
use clap::Args as ClapArgs;
use rlimit::Resource;
use sources::extract::isolated::{self, MEMORY_BYTES, TIME};

#[derive(Debug, ClapArgs)]
pub(crate) struct Args {
    /// What the document is
    kind: String,
}

pub(crate) fn run(args: &Args) -> Result<()> {
    limit().context("the limits of this process cannot be set")?;
    let mut bytes = Vec::new();
    std::io::stdin().read_to_end(&mut bytes).context("stdin cannot be read")?;
    let answer = isolated::answer(&args.kind, &bytes).map_err(|why| anyhow!(why))?;
    let mut stdout = std::io::stdout();
    stdout.write_all(&answer).and_then(|()| stdout.flush()).context("stdout cannot be written")
}

/// Takes from this process what no document needs: more memory and time than there is for one, files, and a dump
/// of its memory when it ends badly.
fn limit() -> std::io::Result<()> {
    let seconds = TIME.as_secs() + 1;
    for (resource, most) in [
        (Resource::AS, MEMORY_BYTES),
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
