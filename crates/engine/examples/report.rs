//! Prints the report on a question from files and folders, with no server, no store and no search index.
//!
//! ```text
//! cargo run --release -p task-mcp-engine --example report -- FILE_OR_FOLDER… "QUESTION"
//! ```
//!
//! The 40 best pages are read, by their words and the queries of the first rounds. What was understood and
//! how long it took goes to the error stream.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Instant;

use domain::evidence::TextRef;
use domain::ids::PageId;
use domain::processor;
use domain::receipt::Unreadable;
use task_mcp_engine::ReadPage;
use task_mcp_engine::extractive::{queries, question, rank, report, words};

const PAGES_READ: usize = 40;

fn main() {
    let mut arguments: Vec<String> = std::env::args().skip(1).collect();
    let Some(asked) = arguments.pop().filter(|_| !arguments.is_empty()) else {
        eprintln!("usage: report FILE_OR_FOLDER… QUESTION");
        return;
    };
    let mut paths = Vec::new();
    for argument in &arguments {
        collect(Path::new(argument), &mut paths);
    }
    paths.sort();
    let (pages, unreadable) = read(&paths);
    let library = Library::new(pages);
    let question = question::understand(&asked, None);
    for part in &question.parts {
        let names: Vec<&str> = part.names.iter().map(|name| name.surface.as_str()).collect();
        eprintln!("asked: {} ({:?}, about {names:?})", part.text, part.expects);
    }

    let caps = processor::defaults()
        .into_iter()
        .find(|processor| processor.name == processor::DEFAULT_FOR_RESEARCH)
        .expect("the default processor exists")
        .caps;
    let mut findings = rank::Findings::default();
    let mut already_asked: Vec<String> = Vec::new();
    let mut chosen: Vec<usize> = Vec::new();
    let mut pages = Vec::new();
    for round in 1..=caps.rounds {
        let new = queries::queries(&question, round, &findings, &already_asked);
        if new.is_empty() || findings.is_covered() {
            break;
        }
        eprintln!("round {round}: {new:?}");
        let room = PAGES_READ / usize::try_from(round).unwrap_or(1);
        for page in library.best(&new, room) {
            if !chosen.contains(&page) {
                chosen.push(page);
            }
        }
        already_asked.extend(new);
        pages = chosen.iter().map(|&page| library.pages[page].clone()).collect();
        let started = Instant::now();
        let now = rank::weigh(&question, &pages, &caps);
        let bytes: usize = pages.iter().map(|page| page.text.body.len()).sum();
        eprintln!("weighed {} pages, {bytes} bytes in {:?}", pages.len(), started.elapsed());
        eprintln!(
            "new: {:.2}, open: {:?}, missing: {:?}",
            now.share_new(&findings),
            now.open(),
            now.missing
        );
        findings = now;
    }
    for found in findings.pool.iter().take(10) {
        let quote = found.quote.split_whitespace().collect::<Vec<_>>().join(" ");
        eprintln!("  {:.2} {:.2} part {} {quote:.100}", found.score, found.coverage, found.part);
    }

    match report::write(&question, &findings, &pages, &caps, &unreadable) {
        Some(draft) => {
            println!("{}", draft.markdown);
            eprintln!("{:?} confidence. {}", draft.confidence, draft.reasoning);
        }
        None => println!("No evidence: nothing that was read answers this."),
    }
}

fn collect(path: &Path, into: &mut Vec<PathBuf>) {
    if path.is_dir() {
        for entry in std::fs::read_dir(path).into_iter().flatten().flatten() {
            collect(&entry.path(), into);
        }
    } else {
        into.push(path.to_owned());
    }
}

fn read(paths: &[PathBuf]) -> (Vec<ReadPage>, Vec<Unreadable>) {
    let mut pages = Vec::new();
    let mut unreadable = Vec::new();
    for (number, path) in (1_i64..).zip(paths) {
        let name = path.display().to_string();
        let text = std::fs::read(path).map_err(|error| error.to_string()).and_then(|bytes| {
            sources::extract::read_bytes(&bytes, &name, None).map_err(|e| e.to_string())
        });
        match text {
            Ok(text) => pages.push(ReadPage {
                text_ref: TextRef(number),
                page: PageId::from_bits(u128::from(number.unsigned_abs())),
                address: format!("doc://library/{}", name.trim_start_matches('/')),
                text: Arc::new(text),
            }),
            Err(reason) => unreadable.push(Unreadable { address: name, reason }),
        }
    }
    (pages, unreadable)
}

/// Pages with the counts of their words, in place of a search index.
struct Library {
    pages: Vec<ReadPage>,
    counts: Vec<HashMap<String, f64>>,
}

impl Library {
    fn new(pages: Vec<ReadPage>) -> Self {
        let counts = pages.iter().map(|page| {
            let mut counts = HashMap::new();
            for term in words::terms(&page.text.body) {
                *counts.entry(term).or_insert(0.0) += 1.0;
            }
            for term in words::terms(&page.text.title) {
                *counts.entry(term).or_insert(0.0) += 10.0;
            }
            counts
        });
        Self { counts: counts.collect(), pages }
    }

    /// The best pages over all queries, by the sum of their reciprocal ranks.
    fn best(&self, queries: &[String], most: usize) -> Vec<usize> {
        let mut merged: HashMap<usize, f64> = HashMap::new();
        for query in queries {
            for (rank, page) in (60_u32..).zip(self.ask(query)) {
                *merged.entry(page).or_default() += 1.0 / f64::from(rank);
            }
        }
        let mut pages: Vec<(usize, f64)> = merged.into_iter().collect();
        pages.sort_by(|a, b| b.1.total_cmp(&a.1).then(a.0.cmp(&b.0)));
        pages.into_iter().take(most).map(|(page, _)| page).collect()
    }

    fn ask(&self, query: &str) -> Vec<usize> {
        let mut scores = vec![0.0; self.pages.len()];
        for term in words::terms(query) {
            let holding = self.counts.iter().filter(|counts| counts.contains_key(&term)).count();
            let idf = (1.0 + real(self.pages.len()) / (real(holding) + 0.5)).ln();
            for (score, counts) in scores.iter_mut().zip(&self.counts) {
                let length: f64 = counts.values().sum();
                let times = counts.get(&term).copied().unwrap_or_default();
                *score += idf * times / (times + 0.3 + 0.9 * length / 1500.0);
            }
        }
        let mut pages: Vec<usize> = (0..scores.len()).filter(|&page| scores[page] > 0.0).collect();
        pages.sort_by(|&a, &b| scores[b].total_cmp(&scores[a]).then(a.cmp(&b)));
        pages.truncate(PAGES_READ);
        pages
    }
}

fn real(count: usize) -> f64 {
    f64::from(u32::try_from(count).unwrap_or(u32::MAX))
}
