//! Brings an index up to date: reads what is new or changed, forgets what is gone.

use std::collections::BTreeMap;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use domain::source::{Source, doc_address};
use sha2::{Digest, Sha256};
use tantivy::{IndexWriter, TantivyDocument, TantivyError, Term};

use super::files::{self, Found};
use super::index::{Known, Manifest, Opened};
use super::passages;
use crate::extract::Extractor;
use crate::{Failed, Refreshed};

/// Memory of the index writer before it writes a segment.
const WRITER_BYTES: usize = 64 << 20;
/// Threads that read documents; the writer has one more of its own.
const MAX_READERS: usize = 8;

/// Reads the files of a source into its index and commits once, at the end. `is_dropped` ends it early,
/// without a commit.
pub(super) fn run(
    opened: &Opened,
    source: &Source,
    max_bytes: u64,
    extractor: &Extractor,
    is_dropped: &AtomicBool,
) -> Result<Refreshed, Failed> {
    let broken = |error: TantivyError| Failed::Index {
        source_name: source.name.to_string(),
        why: error.to_string(),
    };
    let (found, mut unreadable) = files::list(&source.place)?;
    let mut known = opened.manifest().map_err(broken)?.files;
    let is_new = known.is_empty();

    let mut kept = BTreeMap::new();
    let mut to_read = Vec::new();
    for file in found {
        match known.remove(&file.path) {
            Some(before) if is_unchanged(&before, &file) => {
                kept.insert(file.path, before);
            }
            before => to_read.push((file, before)),
        }
    }
    let gone = known;
    let mut changed = gone.len();
    if !to_read.is_empty() || !gone.is_empty() || is_new {
        let mut writer: IndexWriter =
            opened.index.writer_with_num_threads(1, WRITER_BYTES).map_err(broken)?;
        if is_new {
            writer.delete_all_documents().map_err(broken)?;
        }
        let job = Job { opened, source, max_bytes, extractor, writer: &writer, is_dropped };
        for path in gone.keys() {
            job.forget(path);
        }
        let read = job.read_all(&to_read).map_err(broken)?;
        changed += read.iter().filter(|(_, _, is_changed)| *is_changed).count();
        kept.extend(read.into_iter().map(|(path, known, _)| (path, known)));
        if is_dropped.load(Ordering::Relaxed) {
            writer.rollback().map_err(broken)?;
            return Err(broken(TantivyError::SystemError("it was interrupted".into())));
        }
        commit(&mut writer, &Manifest::new(kept.clone())).map_err(broken)?;
        writer.wait_merging_threads().map_err(broken)?;
    }
    let refused =
        kept.iter().filter_map(|(path, known)| Some((path.clone(), known.unreadable.clone()?)));
    unreadable.extend(refused);
    let documents = kept.values().filter(|known| known.unreadable.is_none()).count();
    tracing::info!(
        source.name = %source.name,
        documents,
        changed,
        unreadable = unreadable.len(),
        "indexed `{}`: {documents} documents, {changed} changed",
        source.name
    );
    Ok(Refreshed { documents: documents as u64, changed: changed as u64, unreadable })
}

fn is_unchanged(before: &Known, file: &Found) -> bool {
    before.size_bytes == file.size_bytes && before.changed_ms == file.changed_ms
}

fn commit(writer: &mut IndexWriter, manifest: &Manifest) -> Result<(), TantivyError> {
    let json = serde_json::to_string(manifest)
        .map_err(|error| TantivyError::SystemError(error.to_string()))?;
    let mut commit = writer.prepare_commit()?;
    commit.set_payload(&json);
    commit.commit()?;
    Ok(())
}

struct Job<'a> {
    opened: &'a Opened,
    source: &'a Source,
    max_bytes: u64,
    extractor: &'a Extractor,
    writer: &'a IndexWriter,
    is_dropped: &'a AtomicBool,
}

/// Path, what is known now, and whether the index changed.
type Read = (String, Known, bool);

impl Job<'_> {
    fn forget(&self, path: &str) {
        self.writer.delete_term(Term::from_field_text(self.opened.fields.path, path));
    }

    fn read_all(&self, files: &[(Found, Option<Known>)]) -> Result<Vec<Read>, TantivyError> {
        let next = AtomicUsize::new(0);
        let done: Mutex<Vec<Read>> = Mutex::new(Vec::with_capacity(files.len()));
        let failed: Mutex<Option<TantivyError>> = Mutex::new(None);
        let threads = std::thread::available_parallelism().map_or(1, usize::from).min(MAX_READERS);
        std::thread::scope(|scope| {
            for _ in 0..threads.min(files.len()) {
                scope.spawn(|| {
                    while let Some((file, before)) = files.get(next.fetch_add(1, Ordering::Relaxed))
                    {
                        if self.is_dropped.load(Ordering::Relaxed) {
                            return;
                        }
                        match self.read_one(file, before.as_ref()) {
                            Ok(read) => lock(&done).push(read),
                            Err(error) => *lock(&failed) = Some(error),
                        }
                    }
                });
            }
        });
        match failed.into_inner().ok().flatten() {
            Some(error) => Err(error),
            None => Ok(done.into_inner().unwrap_or_default()),
        }
    }

    fn read_one(&self, file: &Found, before: Option<&Known>) -> Result<Read, TantivyError> {
        let known = |hash: String, unreadable: Option<String>| Known {
            size_bytes: file.size_bytes,
            changed_ms: file.changed_ms,
            hash,
            unreadable,
        };
        let bytes = match files::read(&self.source.place, &file.path, self.max_bytes) {
            Ok(bytes) => bytes,
            Err(failed) => {
                self.forget(&file.path);
                return Ok((
                    file.path.clone(),
                    known(String::new(), Some(failed.to_string())),
                    true,
                ));
            }
        };
        let hash = hash(&bytes);
        if let Some(before) = before.filter(|before| before.hash == hash) {
            // Touched, not changed.
            return Ok((file.path.clone(), known(hash, before.unreadable.clone()), false));
        }
        self.forget(&file.path);
        let address = doc_address(&self.source.name, &file.path);
        let unreadable = match self.extractor.read(&bytes, &address, None) {
            Ok((_, text)) => {
                self.add(&file.path, &text)?;
                None
            }
            Err(failed) => Some(failed.to_string()),
        };
        Ok((file.path.clone(), known(hash, unreadable), true))
    }

    fn add(&self, path: &str, text: &domain::text::Text) -> Result<(), TantivyError> {
        let fields = self.opened.fields;
        for passage in passages::cut(text) {
            let mut document = TantivyDocument::default();
            document.add_text(fields.path, path);
            document.add_text(fields.name, path);
            document.add_text(fields.title, &text.title);
            document.add_text(fields.headings, passage.headings.join("\n"));
            document.add_text(fields.body, passage.words);
            self.writer.add_document(document)?;
        }
        Ok(())
    }
}

fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
}

fn hash(bytes: &[u8]) -> String {
    use std::fmt::Write as _;
    let digest = Sha256::digest(bytes);
    digest.iter().take(16).fold(String::with_capacity(32), |mut hex, byte| {
        let _ = write!(hex, "{byte:02x}");
        hex
    })
}
