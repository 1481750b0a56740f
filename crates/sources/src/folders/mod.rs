//! Local sources: folders and files, read in place and searched through an index of their passages.

mod files;
mod index;
mod passages;
mod refresh;
mod search;
mod words;

use std::collections::HashMap;
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use domain::source::{Source, doc_address};

use crate::extract::{EXTRACTOR, Extractor};
use crate::{Failed, Hit, Marks, Page, Refreshed};
use index::Opened;

/// The local sources of this process, with their open indexes.
#[derive(Clone)]
pub(crate) struct Folders(Arc<Inner>);

struct Inner {
    index_dir: PathBuf,
    max_bytes: u64,
    extractor: Extractor,
    opened: Mutex<HashMap<String, Arc<Opened>>>,
}

impl std::fmt::Debug for Folders {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Folders").field("index_dir", &self.0.index_dir).finish_non_exhaustive()
    }
}

impl Folders {
    pub(crate) fn new(index_dir: PathBuf, max_bytes: u64, extractor: Extractor) -> Self {
        Self(Arc::new(Inner { index_dir, max_bytes, extractor, opened: Mutex::default() }))
    }

    pub(crate) async fn refresh(&self, source: &Source) -> Result<Refreshed, Failed> {
        let is_dropped = Arc::new(AtomicBool::new(false));
        let _guard = RaiseOnDrop(Arc::clone(&is_dropped));
        let source = source.clone();
        self.blocking(move |inner| {
            let opened = inner.open(&source)?;
            refresh::run(&opened, &source, inner.max_bytes, &inner.extractor, &is_dropped)
        })
        .await
    }

    pub(crate) async fn search(
        &self,
        source: &Source,
        question: &str,
        limit: usize,
    ) -> Result<Vec<Hit>, Failed> {
        let (source, question) = (source.clone(), question.to_owned());
        self.blocking(move |inner| {
            let opened = inner.open(&source)?;
            search::run(&opened, &source, &question, limit).map_err(|error| broken(&source, &error))
        })
        .await
    }

    pub(crate) async fn read(&self, source: &Source, path: &str) -> Result<Page, Failed> {
        let (source, path) = (source.clone(), path.to_owned());
        self.blocking(move |inner| {
            let bytes = files::read(&source.place, &path, inner.max_bytes)?;
            let address = doc_address(&source.name, &path);
            let (kind, text) = inner.extractor.read(&bytes, &address, None)?;
            let media_type = kind.media_type().to_owned();
            let marks = Marks::default();
            Ok(Page { address, media_type, bytes, text, extractor: EXTRACTOR, marks })
        })
        .await
    }

    async fn blocking<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Inner) -> Result<T, Failed> + Send + 'static,
    ) -> Result<T, Failed> {
        let inner = Arc::clone(&self.0);
        match tokio::task::spawn_blocking(move || work(&inner)).await {
            Ok(done) => done,
            // Only a panic ends it otherwise; it goes on in the caller, where it is seen.
            Err(error) => std::panic::resume_unwind(error.into_panic()),
        }
    }
}

impl Inner {
    fn open(&self, source: &Source) -> Result<Arc<Opened>, Failed> {
        let name = format!("{}-{}", source.name, source.seq);
        let mut opened = self.opened.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(index) = opened.get(&name) {
            return Ok(Arc::clone(index));
        }
        let index =
            Opened::at(&self.index_dir.join(&name)).map_err(|error| broken(source, &error))?;
        let index = Arc::new(index);
        opened.insert(name, Arc::clone(&index));
        Ok(index)
    }
}

fn broken(source: &Source, error: &tantivy::TantivyError) -> Failed {
    Failed::Index { source_name: source.name.to_string(), why: error.to_string() }
}

/// Tells the work on another thread that nobody waits for it any more.
struct RaiseOnDrop(Arc<AtomicBool>);

impl Drop for RaiseOnDrop {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}
