//! A sheet as a group of runs: stored in parts, each part once, however often the command is repeated.

use std::path::Path;

use anyhow::{Result, bail};
use api::submit::{self, MAX_ROWS, RunArgs};
use domain::clock::TimeMs;
use domain::ids::GroupId;
use domain::processor::DEFAULT_FOR_ROWS;
use domain::source::Source;
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};
use store::{Filter, GroupFilter, Key, Known, NewRun, Owner, RunPage};

use crate::ground::{Ground, refused};
use crate::problem::refuse;
use crate::sheet::Sheet;
use crate::source_args;

/// How long the same command means the same work.
const LIFETIME_MS: i64 = 30 * 24 * 60 * 60 * 1000;
/// The note on a group by which a repeat finds it.
const NOTE: &str = "enrich_key";
/// Rows that are read from the store at a time; each may carry many quotes.
const PAGE: i64 = 200;

/// Everything that makes one enrichment another than the next.
pub(crate) struct Job<'a> {
    pub(crate) sheet: &'a Sheet,
    pub(crate) bytes: &'a [u8],
    pub(crate) schema: &'a Value,
    pub(crate) processor: &'a str,
    /// Exactly these are read.
    pub(crate) sources: &'a [Source],
    /// `None` for stdout.
    pub(crate) output: Option<&'a Path>,
    pub(crate) file: &'a Path,
    pub(crate) starts_over: bool,
}

impl Job<'_> {
    /// SHA-256 of all parts, each behind its length.
    fn hash(&self) -> Vec<u8> {
        let mut hasher = Sha256::new();
        let mut part = |bytes: &[u8]| {
            hasher.update((bytes.len() as u64).to_be_bytes());
            hasher.update(bytes);
        };
        part(self.bytes);
        part(self.schema.to_string().as_bytes());
        part(self.processor.as_bytes());
        for source in self.sources {
            part(format!("{}={}", source.name, source.place.location()).as_bytes());
        }
        part(b"output");
        part(
            self.output
                .map_or_else(|| b"-".to_vec(), |path| path.display().to_string().into_bytes())
                .as_slice(),
        );
        hasher.finalize().to_vec()
    }
}

/// Stores the rows, or finds them where the same job was stored before. Answers whether it was.
pub(crate) async fn submit(ground: &Ground, job: &Job<'_>) -> Result<(GroupId, bool)> {
    let hash = job.hash();
    let hex = hash.iter().take(16).fold(String::new(), |hex, byte| format!("{hex}{byte:02x}"));
    // Checked as a whole before anything is stored.
    let parts = prepare(ground, job).await?;
    let key = |text: String| Key { text, request_hash: hash.clone(), lifetime_ms: LIFETIME_MS };
    let known = find_same(ground, &hex).await?;
    let (group, is_known) = match known.first() {
        Some(newest) if !job.starts_over => (*newest, true),
        Some(_) | None => {
            let notes =
                json!({"made_by": "task-mcp enrich", "file": file_name(job.file), NOTE: hex});
            let key = key(format!("enrich/{hex}/{}", known.len()));
            let made =
                submit::create_group(&ground.store, Owner::LOCAL, Some(notes), None, Some(key))
                    .await;
            match made.map_err(|problem| refused(&problem))? {
                Known::New(group) => (group.id, false),
                Known::Replayed(group) => (group.id, true),
                Known::OtherBody => {
                    bail!("the database holds another sheet under the key of this one")
                }
            }
        }
    };
    for (number, rows) in parts.into_iter().enumerate() {
        let key = key(format!("enrich/{group}/{number}"));
        let added = submit::add_rows(&ground.store, Owner::LOCAL, group, rows, Some(key)).await;
        if added.map_err(|problem| refused(&problem))? == Known::OtherBody {
            bail!("the database holds other rows under the key of these");
        }
    }
    Ok((group, is_known))
}

async fn prepare(ground: &Ground, job: &Job<'_>) -> Result<Vec<Vec<NewRun>>> {
    let catalog = ground.catalog();
    let task_spec = super::task_spec(job.schema);
    let names: Vec<_> = job.sources.iter().map(|source| source.name.clone()).collect();
    let registered = ground.registered().await?;
    let mut parts = Vec::new();
    for (number, rows) in job.sheet.rows.chunks(MAX_ROWS).enumerate() {
        let args = rows.iter().map(|row| RunArgs {
            input: Value::Object(job.sheet.input(row)),
            processor: Some(job.processor.to_owned()),
            sources: Some(names.clone()),
            ..RunArgs::default()
        });
        let prepared = submit::prepare_rows(
            &catalog,
            &registered,
            args.collect(),
            Some(&task_spec),
            DEFAULT_FOR_ROWS,
            ground.store.is_shared(),
        );
        match prepared {
            Ok(rows) => parts.push(rows),
            Err(_) if job.sources.is_empty() && catalog.search.is_empty() => refuse!(
                "a row names no address and there is nothing else to read; name a source (`enrich` takes the same as `research`):\n{}",
                source_args::KINDS
            ),
            Err(problem) if number > 0 => {
                let mut problem = problem;
                problem.message = format!("behind row {}: {}", number * MAX_ROWS, problem.message);
                return Err(refused(&problem));
            }
            Err(problem) => return Err(refused(&problem)),
        }
    }
    Ok(parts)
}

/// Groups of the same job that are young enough, newest first.
async fn find_same(ground: &Ground, hex: &str) -> Result<Vec<GroupId>> {
    let oldest = TimeMs(ground.store.clock().now().0 - LIFETIME_MS);
    let mut found = Vec::new();
    let mut before = None;
    loop {
        let page =
            ground.store.list_groups(Owner::LOCAL, before, PAGE, GroupFilter::default()).await?;
        let young = page.groups.iter().filter(|group| group.created_at > oldest);
        let same = young.filter(|group| {
            let note = group.metadata.as_ref().and_then(|notes| notes.get(NOTE));
            note.and_then(Value::as_str) == Some(hex)
        });
        found.extend(same.map(|group| group.id));
        let is_old = page.groups.last().is_none_or(|group| group.created_at <= oldest);
        match page.next {
            Some(next) if !is_old => before = Some(next),
            Some(_) | None => return Ok(found),
        }
    }
}

/// A part of the rows of a group with questions and answers, in the order of the sheet.
pub(super) async fn rows(ground: &Ground, group: GroupId, from: i64) -> Result<RunPage> {
    let filter = Filter { with_input: true, with_output: true, ..Filter::default() };
    Ok(ground.store.list_rows(Owner::LOCAL, group, from, PAGE, filter).await?)
}

/// At most what a note may hold.
fn file_name(path: &Path) -> String {
    path.file_name().unwrap_or_default().to_string_lossy().chars().take(200).collect()
}
