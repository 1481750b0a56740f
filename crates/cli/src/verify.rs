//! `verify`: whether a downloaded report is whole, and each quote stands in the passages that it encloses. Needs no server
//! and no database.

use std::fmt::Write as _;
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
    let metadata = std::fs::metadata(&args.file)
        .map_err(|why| usage(format!("the file `{shown}` cannot be read: {}", why.kind())))?;
    if metadata.len() > MAX_BYTES {
        refuse!(
            "the file `{shown}` has more than {} MB and is no report of ours",
            MAX_BYTES / 1_000_000
        );
    }
    let html = std::fs::read_to_string(&args.file)
        .map_err(|why| usage(format!("the file `{shown}` cannot be read: {}", why.kind())))?;
    let checked = proof::check(&html).map_err(|why| usage(format!("`{shown}`: {why}")))?;
    show::say(&told(&checked))?;
    if !checked.faults.is_empty() {
        bail!("{} of the checks failed; do not rely on this file", checked.faults.len());
    }
    Ok(())
}

fn told(checked: &Checked) -> String {
    let Checked { proof, seal, faults } = checked;
    let mut text = format!(
        "{}\n{}  {}  {}\n\n",
        proof.question, proof.run, proof.processor, proof.finished_at
    );
    for citation in &proof.citations {
        let Some(passage) = proof.passages.get(citation.passage) else { continue };
        let is_there = passage.text.contains(&citation.quote) && !citation.quote.is_empty();
        let sign = if is_there { "found" } else { "NOT FOUND" };
        let quote: String = citation.quote.split_whitespace().collect::<Vec<_>>().join(" ");
        let quote: String = quote.chars().take(90).collect();
        let _ = writeln!(
            text,
            "{sign:9}  {} {}: {quote}\n           {}",
            citation.field, citation.number, passage.address
        );
    }
    let _ = writeln!(
        text,
        "\n{} quotes, {} passages; seal {seal}",
        proof.citations.len(),
        proof.passages.len()
    );
    for fault in faults {
        let _ = writeln!(text, "{fault}");
    }
    if faults.is_empty() {
        text.push_str("Nothing was changed, and each quote stands word for word in its passage.\n");
    }
    text
}
