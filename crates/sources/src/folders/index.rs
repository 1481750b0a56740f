//! The index of one local source on disk: its fields, and what it knows of each file.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Mutex;

use serde::{Deserialize, Serialize};
use tantivy::schema::{
    Field, IndexRecordOption, STORED, STRING, Schema, TextFieldIndexing, TextOptions,
};
use tantivy::tokenizer::TextAnalyzer;
use tantivy::{Index, IndexReader, ReloadPolicy, TantivyError};

use super::words::IndexWords;
use crate::extract::EXTRACTOR;

/// Raised whenever fields or words change; indexes of another version are built anew.
const INDEX_VERSION: i64 = 1;
const TOKENIZER: &str = "words";

/// Fields of a passage.
#[derive(Debug, Clone, Copy)]
pub(super) struct Fields {
    /// Of the document; passages are deleted by it.
    pub(super) path: Field,
    /// The words of the path.
    pub(super) name: Field,
    pub(super) title: Field,
    pub(super) headings: Field,
    pub(super) body: Field,
}

/// What the index holds, committed together with it.
#[derive(Debug, Default, Serialize, Deserialize)]
pub(super) struct Manifest {
    index_version: i64,
    extractor: i64,
    pub(super) files: BTreeMap<String, Known>,
}

/// A file as it was when it was last read.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Known {
    pub(super) size_bytes: u64,
    pub(super) changed_ms: i64,
    pub(super) hash: String,
    /// Why it is not in the index.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) unreadable: Option<String>,
}

impl Manifest {
    pub(super) fn new(files: BTreeMap<String, Known>) -> Self {
        Self { index_version: INDEX_VERSION, extractor: EXTRACTOR, files }
    }

    fn is_current(&self) -> bool {
        self.index_version == INDEX_VERSION && self.extractor == EXTRACTOR
    }
}

/// An index that is open for reading.
pub(super) struct Opened {
    pub(super) index: Index,
    pub(super) fields: Fields,
    reader: IndexReader,
    dir: PathBuf,
    /// Size and time of `meta.json` when the reader last looked: another process may write.
    seen: Mutex<Option<(u64, std::time::SystemTime)>>,
}

impl Opened {
    /// Opens the index in `dir`; creates it where there is none or none that can be used.
    pub(super) fn at(dir: &Path) -> Result<Self, TantivyError> {
        let (schema, fields) = schema();
        std::fs::create_dir_all(dir)?;
        let index = match Index::open_in_dir(dir) {
            Ok(index) if index.schema() == schema => index,
            Ok(_) | Err(_) => {
                // Nothing is lost: an index is made of the documents.
                std::fs::remove_dir_all(dir)?;
                std::fs::create_dir_all(dir)?;
                Index::create_in_dir(dir, schema)?
            }
        };
        index.tokenizers().register(TOKENIZER, TextAnalyzer::from(IndexWords::default()));
        let reader = index.reader_builder().reload_policy(ReloadPolicy::Manual).try_into()?;
        Ok(Self { index, fields, reader, dir: dir.to_owned(), seen: Mutex::new(None) })
    }

    /// A view of what is committed now.
    pub(super) fn searcher(&self) -> Result<tantivy::Searcher, TantivyError> {
        let stamp = std::fs::metadata(self.dir.join("meta.json"))
            .and_then(|meta| Ok((meta.len(), meta.modified()?)))
            .ok();
        let mut seen = self.seen.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        if *seen != stamp || stamp.is_none() {
            self.reader.reload()?;
            *seen = stamp;
        }
        Ok(self.reader.searcher())
    }

    /// What the last commit knew; empty if that was another version.
    pub(super) fn manifest(&self) -> Result<Manifest, TantivyError> {
        let payload = self.index.load_metas()?.payload;
        let manifest: Option<Manifest> = payload.and_then(|json| serde_json::from_str(&json).ok());
        Ok(manifest.filter(Manifest::is_current).unwrap_or_default())
    }
}

fn schema() -> (Schema, Fields) {
    let words = TextFieldIndexing::default()
        .set_tokenizer(TOKENIZER)
        .set_index_option(IndexRecordOption::WithFreqsAndPositions);
    let indexed = TextOptions::default().set_indexing_options(words);
    let mut builder = Schema::builder();
    let fields = Fields {
        path: builder.add_text_field("path", STRING | STORED),
        name: builder.add_text_field("name", indexed.clone()),
        title: builder.add_text_field("title", indexed.clone() | STORED),
        headings: builder.add_text_field("headings", indexed.clone()),
        body: builder.add_text_field("body", indexed | STORED),
    };
    (builder.build(), fields)
}
