//! `verify`: whether a downloaded report is whole, and each quote stands in the passages that it encloses. Needs no server
//! and no database.

use std::fmt::Write as _;
use std::io::ErrorKind;
use std::path::PathBuf;

use anyhow::{Result, bail};
use api::proof::{self, Checked};

use crate::problem::{refuse, usage};
use crate::show;

#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// A report that was downloaded as a web page (.html)
    file: PathBuf,
}

/// Larger files are none of ours: a thousand quotes with their passages have 2 MB.
const MAX_BYTES: u64 = 100_000_000;

pub(crate) fn run(args: &Args) -> Result<()> {
    let shown = args.file.display();
    let unreadable = |why: std::io::Error| {
        let kind = why.kind();
        usage(if kind == ErrorKind::NotFound {
            format!("there is no file `{shown}`")
        } else if kind == ErrorKind::InvalidData {
            format!("the file `{shown}` is no text, and no report of ours")
        } else {
            format!("the file `{shown}` cannot be read: {kind}")
        })
    };
    let metadata = std::fs::metadata(&args.file).map_err(unreadable)?;
    if metadata.is_dir() {
        refuse!("`{shown}` is a folder; name the report in it");
    }
    if metadata.len() > MAX_BYTES {
        refuse!(
            "the file `{shown}` has more than {} MB and is no report of ours",
            MAX_BYTES / 1_000_000
        );
    }
    let html = std::fs::read_to_string(&args.file).map_err(unreadable)?;
    let checked = proof::check(&html).map_err(|why| usage(format!("`{shown}`: {why}")))?;
    show::say(&told(&checked))?;
    if !checked.faults.is_empty() {
        bail!("{} of the checks failed; do not rely on this file", checked.faults.len());
    }
    if checked.unknown.is_some() {
        bail!("not all of this file could be checked");
    }
    Ok(())
}

fn told(checked: &Checked) -> String {
    let Checked { proof, seal, faults, unknown } = checked;
    let mut text = format!(
        "{}\n{}  {}  {}\n\n",
        proof.question, proof.run, proof.processor, proof.finished_at
    );
    for citation in &proof.citations {
        let found = proof.passage_of(citation);
        let sign = if found.is_some() { "found" } else { "NOT FOUND" };
        let address = found.map_or("in none of the passages", |(passage, _)| &passage.address);
        let quote: String = citation.quote.split_whitespace().collect::<Vec<_>>().join(" ");
        let quote: String = quote.chars().take(90).collect();
        let _ = writeln!(
            text,
            "{sign:9}  {} {}: {quote}\n           {address}",
            citation.field, citation.number
        );
    }
    let _ = writeln!(
        text,
        "\n{}, {}; seal {seal}",
        counted(proof.citations.len(), "quote"),
        counted(proof.passages.len(), "passage")
    );
    for fault in faults {
        let _ = writeln!(text, "{fault}");
    }
    match unknown {
        Some(why) => {
            let _ = writeln!(text, "{why}");
        }
        None if faults.is_empty() => text.push_str(HOLDS),
        None => {}
    }
    text
}

const HOLDS: &str = "Each quote stands word for word in its passage, and the file shows what its enclosed data says and nothing \
                     else.\n";

fn counted(count: usize, what: &str) -> String {
    if count == 1 { format!("1 {what}") } else { format!("{count} {what}s") }
}
