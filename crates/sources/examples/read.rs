//! Shows how documents are read and found.
//!
//! `cargo run -p task-mcp-sources --example read -- FILE` prints the blocks of a file;
//! `… -- FOLDER WORDS…` indexes a folder into a temporary directory and prints the best documents.

use std::error::Error;
use std::path::Path;
use std::time::Instant;

use domain::source::{Place, Source, SourceName};
use domain::text::BlockKind;
use egress::{Egress, Policy};
use task_mcp_sources::{Config, Sources, extract};

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = std::env::args().skip(1);
    let place = arguments.next().ok_or("name a file or a folder")?;
    let words = arguments.collect::<Vec<_>>().join(" ");
    let path = Path::new(&place).canonicalize()?;
    if path.is_dir() { search(&path, &words).await } else { show(&path) }
}

fn show(path: &Path) -> Result<(), Box<dyn Error>> {
    let started = Instant::now();
    let text = extract::read_bytes(&std::fs::read(path)?, &path.to_string_lossy(), None)?;
    let elapsed = started.elapsed();
    println!(
        "title {:?}, published {:?}, language {:?}",
        text.title, text.published, text.language
    );
    println!("{} bytes, {} links, {elapsed:?}\n", text.body.len(), text.links.len());
    for block in &text.blocks {
        let kind = match &block.kind {
            BlockKind::Heading { level } => format!("h{level}"),
            BlockKind::Paragraph => "p".into(),
            BlockKind::ListItem { depth } => format!("li{depth}"),
            BlockKind::Quote => "quote".into(),
            BlockKind::Code => "code".into(),
            BlockKind::Row { is_header: true, .. } => "head".into(),
            BlockKind::Row { .. } => "row".into(),
            BlockKind::Definition { .. } => "def".into(),
            BlockKind::Pair { is_data: true, .. } => "data".into(),
            BlockKind::Pair { .. } => "pair".into(),
        };
        let indent = "  ".repeat(block.under.len());
        println!(
            "{kind:>5} {indent}{}",
            text.block_text(block).replace('\n', &format!("\n      {indent}"))
        );
    }
    Ok(())
}

async fn search(folder: &Path, words: &str) -> Result<(), Box<dyn Error>> {
    let index_dir = std::env::temp_dir().join("task-mcp-example-index");
    let sources = Sources::new(Config::new(Egress::new(Policy::default()), index_dir));
    let place = folder.to_string_lossy().into_owned();
    let source = Source {
        seq: 1,
        name: SourceName::nearest(&place),
        place: Place::Folder(place),
        host: None,
    };
    let started = Instant::now();
    let refreshed = sources.refresh(&source).await?;
    println!(
        "{} documents, {} changed, {} unreadable, {:?}",
        refreshed.documents,
        refreshed.changed,
        refreshed.unreadable.len(),
        started.elapsed()
    );
    for (path, why) in refreshed.unreadable.iter().take(10) {
        println!("  {path}: {why}");
    }
    for question in words.split(';').map(str::trim).filter(|question| !question.is_empty()) {
        let started = Instant::now();
        let hits = sources.search_local(&source, question, 8).await?;
        println!("\n{question}  ({:?})", started.elapsed());
        for hit in hits {
            println!("{:7.2} {} — {}\n        {}", hit.score, hit.address, hit.title, hit.snippet);
        }
    }
    Ok(())
}
