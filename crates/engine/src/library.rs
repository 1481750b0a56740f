//! What one worker process has read: pages are fetched and archived once, however many rows need them.
//!
//! The library is a cache and nothing more. What a run read is in its journal; the page is in the store.

use std::collections::{HashMap, VecDeque};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use domain::clock::{Clock, TimeMs};
use domain::evidence::TextRef;
use domain::source::{Place, Source, split_doc_address};
use domain::text::{Block, BlockKind, Text};
use sources::extract::EXTRACTOR;
use sources::{Known, Marks, MayAsk, Page, Remedy, Reread, Sources};
use store::{Call, Owner, ReadingOf, Store, Visit, VisitMarks};
use tokio::sync::{Mutex as AsyncMutex, OnceCell};
use tracing::warn;
use unicode_normalization::UnicodeNormalization as _;

use crate::extractive::mentions::Prepared;
use crate::{Failed, ReadPage, Reasoning};

/// How long what an address led to is known here before the archive is asked again, which knows what other workers
/// have read and how old it is.
const HELD_MS: i64 = 60_000;
/// How long an address that cannot be read is not asked again, where nothing says when it may be.
const REFUSED_MS: i64 = 10 * 60 * 1000;
/// What was asked about, where it is quoted.
const INPUT: &str = "The row as it was given";
const INPUT_ADDRESS: &str = "input:row";
/// How long a local source counts as indexed.
const INDEXED_MS: i64 = 5_000;
/// Bytes of text that are kept in memory; the oldest go first.
const MAX_TEXT_BYTES: usize = 48_000_000;
/// Addresses that are remembered at once.
const MAX_ADDRESSES: usize = 20_000;
/// Another process may be writing the same index: try again, this often.
const INDEX_TRIES: u32 = 60;
const INDEX_PAUSE: Duration = Duration::from_millis(500);

/// Shared by all runs of a worker.
pub struct Library {
    store: Store,
    sources: Sources,
    clock: Clock,
    reasoning: Option<Arc<Reasoning>>,
    shelf: Mutex<Shelf>,
    /// Questions that a row of a group is asking a model now.
    turns: Mutex<HashMap<Question, Turn>>,
    indexed: AsyncMutex<HashMap<i64, TimeMs>>,
}

#[derive(Default)]
struct Shelf {
    fetched: HashMap<(Owner, String), Arc<OnceCell<Held>>>,
    pages: HashMap<TextRef, Arc<Prepared>>,
    order: VecDeque<TextRef>,
    bytes: usize,
}

/// What came of an address, and until when that holds.
struct Held {
    fetched: Fetched,
    until: TimeMs,
}

/// A group, and what identifies a question within it.
type Question = (i64, Vec<u8>, i64);

/// Held by the row that asks.
type Turn = Arc<AsyncMutex<()>>;

/// The outcome of asking for an address: an archived text, or the reason why there is none.
pub(crate) type Fetched = Result<TextRef, String>;

/// Why there is nothing to share with other runs.
enum NotShared {
    /// The policy of the run that asked.
    LeftOut(String),
    Failed(Failed),
}

impl From<store::Failed> for NotShared {
    fn from(why: store::Failed) -> Self {
        Self::Failed(why.into())
    }
}

impl Library {
    pub fn new(store: Store, sources: Sources, reasoning: Option<Arc<Reasoning>>) -> Self {
        let clock = store.clock().clone();
        Self {
            store,
            sources,
            clock,
            reasoning,
            shelf: Mutex::default(),
            turns: Mutex::default(),
            indexed: AsyncMutex::default(),
        }
    }

    pub(crate) fn reasoning(&self) -> Option<&Reasoning> {
        self.reasoning.as_deref()
    }

    /// The turn of a question in its group: whoever holds it asks, the others wait for the answer.
    pub(crate) fn turn(&self, group: i64, call: &Call) -> Turn {
        let mut turns = self.turns.lock().unwrap_or_else(PoisonError::into_inner);
        // Those that nobody waits for are done.
        turns.retain(|_, turn| Arc::strong_count(turn) > 1);
        Arc::clone(turns.entry((group, call.hash.clone(), call.nth)).or_default())
    }

    pub(crate) const fn sources(&self) -> &Sources {
        &self.sources
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Shelf> {
        self.shelf.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Reads an address of the web or a `doc://` address of one of `places`, and archives it.
    ///
    /// Runs share what came, not what one of them may not ask: the next one asks by its own policy.
    /// A page of the web that was read before is taken from the archive while it is young, and else asked for anew.
    pub(crate) async fn fetch(
        &self,
        owner: Owner,
        places: &[Source],
        address: &str,
        may_ask: MayAsk<'_>,
    ) -> Result<Fetched, Failed> {
        let cell = self.cell(owner, address);
        let fetched =
            cell.get_or_try_init(|| self.fetch_now(owner, places, address, may_ask)).await;
        match fetched {
            Ok(held) => Ok(held.fetched.clone()),
            Err(NotShared::LeftOut(why)) => Ok(Err(why)),
            Err(NotShared::Failed(why)) => Err(why),
        }
    }

    fn cell(&self, owner: Owner, address: &str) -> Arc<OnceCell<Held>> {
        let now = self.clock.now();
        let mut kept = self.lock();
        if kept.fetched.len() >= MAX_ADDRESSES {
            kept.fetched.clear();
        }
        let cell = kept.fetched.entry((owner, address.to_owned())).or_default();
        if cell.get().is_some_and(|held| now >= held.until) {
            *cell = Arc::default();
        }
        Arc::clone(cell)
    }

    async fn fetch_now(
        &self,
        owner: Owner,
        places: &[Source],
        address: &str,
        may_ask: MayAsk<'_>,
    ) -> Result<Held, NotShared> {
        let Some((name, path)) = split_doc_address(address) else {
            return self.fetch_web(owner, address, may_ask).await;
        };
        let read = match places.iter().find(|place| place.name == name) {
            Some(place) => {
                self.sources.read_local(place, path).await.map_err(|why| why.to_string())
            }
            None => Err(format!("no source of this run is called `{name}`")),
        };
        let fetched = match read {
            Ok(page) => Ok(self.archive(owner, page).await?),
            Err(why) => Err(why),
        };
        Ok(self.held(fetched, INDEXED_MS))
    }

    async fn fetch_web(
        &self,
        owner: Owner,
        address: &str,
        may_ask: MayAsk<'_>,
    ) -> Result<Held, NotShared> {
        let max_age_ms = i64::try_from(self.sources.max_page_age().as_millis()).unwrap_or(i64::MAX);
        let hold_ms = HELD_MS.min(max_age_ms);
        // A text of an older extractor is not taken: its spans would be other ones than those of fresh pages.
        let visit = self.store.find_visit(owner, address).await?;
        let visit = visit.filter(|visit| visit.extractor == EXTRACTOR);
        let read = match &visit {
            Some(visit) if self.clock.now().since_ms(visit.at) < max_age_ms => {
                return Ok(self.held(Ok(visit.text), hold_ms));
            }
            Some(visit) => self.sources.read_web_again(address, &known(visit), may_ask).await,
            None => {
                let read = self.sources.read_web(address, may_ask).await;
                read.map(Box::new).map(Reread::Page)
            }
        };
        let (text, marks) = match (read, visit) {
            (Ok(Reread::Page(page)), _) => {
                let Marks { etag, last_modified } = page.marks.clone();
                (self.archive(owner, *page).await?, VisitMarks { etag, last_modified })
            }
            (Ok(Reread::Unchanged), Some(visit)) => (visit.text, visit.marks),
            (Ok(Reread::Unchanged), None) => unreachable!("only what is known can be unchanged"),
            // What one run may not ask, for its policy or for the documents it has read, another may.
            (Err(why @ (sources::Failed::LeftOut { .. } | sources::Failed::Refused { .. })), _) => {
                return Err(NotShared::LeftOut(why.to_string()));
            }
            (Err(why), _) => {
                let refused_ms = match why.remedy() {
                    Remedy::Retry => HELD_MS,
                    Remedy::RetryAfter(wait) => i64::try_from(wait.as_millis()).unwrap_or(i64::MAX),
                    Remedy::Skip | Remedy::Operator => REFUSED_MS,
                };
                return Ok(self.held(Err(why.to_string()), refused_ms));
            }
        };
        self.store.note_visit(owner, address, text, marks).await?;
        Ok(self.held(Ok(text), hold_ms))
    }

    fn held(&self, fetched: Fetched, for_ms: i64) -> Held {
        Held { fetched, until: TimeMs(self.clock.now().0.saturating_add(for_ms)) }
    }

    async fn archive(&self, owner: Owner, page: Page) -> Result<TextRef, NotShared> {
        let text = Arc::new(page.text);
        let reading = ReadingOf {
            address: page.address.clone(),
            media_type: page.media_type,
            bytes: page.bytes.into(),
            text: Arc::clone(&text),
            extractor: page.extractor,
        };
        let (page_id, text_ref) = self.store.archive(owner, reading).await?;
        let page = ReadPage { text_ref, page: page_id, address: page.address, text };
        self.keep(Arc::new(Prepared::of(&page)));
        Ok(text_ref)
    }

    /// The words of a row or question as a page of its own.
    pub(crate) async fn input(&self, owner: Owner, words: &str) -> Result<ReadPage, Failed> {
        let body: String = words.nfc().collect();
        let mut blocks = Vec::new();
        let mut start = 0;
        for line in body.split('\n') {
            let span = start..start + line.len();
            start = span.end + 1;
            let kind = match line.find(": ") {
                Some(at) => BlockKind::Pair {
                    key: span.start..span.start + at,
                    value: span.start + at + 2..span.end,
                    is_data: false,
                },
                None => BlockKind::Paragraph,
            };
            if !line.trim().is_empty() {
                blocks.push(Block { kind, span, under: Vec::new() });
            }
        }
        let text = Text { title: INPUT.into(), body, blocks, ..Text::default() };
        let bytes = text.body.clone().into_bytes();
        self.archive_given(owner, INPUT_ADDRESS, "text/plain", bytes, text).await
    }

    /// What a tool answered as a page under this address; `None` where it holds no words.
    pub(crate) async fn told(
        &self,
        owner: Owner,
        address: &str,
        answer: String,
    ) -> Result<Option<ReadPage>, Failed> {
        let is_json = serde_json::from_str::<serde_json::Value>(&answer)
            .is_ok_and(|value| value.is_object() || value.is_array());
        let media_type = if is_json { "application/json" } else { "text/markdown" };
        let at = address.to_owned();
        let read = tokio::task::spawn_blocking(move || {
            let read = sources::extract::read_bytes(answer.as_bytes(), &at, Some(media_type));
            read.map(|text| (answer, text))
        });
        let read = read.await.map_err(|why| Failed::Broken(format!("reading an answer: {why}")))?;
        let Ok((answer, mut text)) = read else { return Ok(None) };
        // Without a heading it would be called by the last part of its address.
        if address.ends_with(&format!("/{}", text.title)) {
            address.trim_start_matches("tool:").replace('/', ": ").clone_into(&mut text.title);
        }
        let bytes = answer.into_bytes();
        self.archive_given(owner, address, media_type, bytes, text).await.map(Some)
    }

    /// Archives what came otherwise than by fetching a page.
    async fn archive_given(
        &self,
        owner: Owner,
        address: &str,
        media_type: &str,
        bytes: Vec<u8>,
        text: Text,
    ) -> Result<ReadPage, Failed> {
        let text = Arc::new(text);
        let reading = ReadingOf {
            address: address.into(),
            media_type: media_type.into(),
            bytes: bytes.into(),
            text: Arc::clone(&text),
            extractor: EXTRACTOR,
        };
        let (page, text_ref) = self.store.archive(owner, reading).await?;
        Ok(ReadPage { text_ref, page, address: address.into(), text })
    }

    /// An archived text, made ready for the stages.
    pub(crate) async fn page(&self, text_ref: TextRef) -> Result<Arc<Prepared>, Failed> {
        if let Some(page) = self.lock().pages.get(&text_ref) {
            return Ok(Arc::clone(page));
        }
        let archived = self.store.reading(text_ref).await?.ok_or_else(|| {
            Failed::Broken(format!("text {} of the journal is not in the archive", text_ref.0))
        })?;
        let page = ReadPage {
            text_ref,
            page: archived.page,
            address: archived.address,
            text: archived.text,
        };
        let prepared = Arc::new(Prepared::of(&page));
        self.keep(Arc::clone(&prepared));
        Ok(prepared)
    }

    fn keep(&self, page: Arc<Prepared>) {
        let mut kept = self.lock();
        let text_ref = page.page.text_ref;
        let size = page.page.text.body.len() * 2;
        if kept.pages.insert(text_ref, page).is_none() {
            kept.bytes += size;
            kept.order.push_back(text_ref);
        }
        while kept.bytes > MAX_TEXT_BYTES {
            let Some(oldest) = kept.order.pop_front() else { break };
            if let Some(gone) = kept.pages.remove(&oldest) {
                kept.bytes -= gone.page.text.body.len() * 2;
            }
        }
    }

    /// Brings the index of a local source up to date, at most every few seconds, once for all who wait.
    ///
    /// Answers what cannot be read in it.
    pub(crate) async fn index(&self, place: &Source) -> Result<Vec<(String, String)>, String> {
        if matches!(place.place, Place::Site(_)) {
            return Ok(Vec::new());
        }
        let mut indexed = self.indexed.lock().await;
        let is_fresh =
            indexed.get(&place.seq).is_some_and(|at| self.clock.now().since_ms(*at) < INDEXED_MS);
        if is_fresh {
            return Ok(Vec::new());
        }
        let mut tries = 0;
        let refreshed = loop {
            match self.sources.refresh(place).await {
                Err(sources::Failed::Index { why, .. }) if tries < INDEX_TRIES => {
                    tries += 1;
                    if tries == 1 {
                        warn!(source = %place.name, %why, "the index is not free yet; waiting");
                    }
                    tokio::time::sleep(INDEX_PAUSE).await;
                }
                done => break done,
            }
        };
        let refreshed = refreshed.map_err(|why| why.to_string())?;
        if refreshed.changed > 0 {
            let prefix = format!("doc://{}/", place.name);
            self.lock().fetched.retain(|(_, address), _| !address.starts_with(&prefix));
        }
        indexed.insert(place.seq, self.clock.now());
        Ok(refreshed.unreadable)
    }
}

fn known(visit: &Visit) -> Known {
    let VisitMarks { etag, last_modified } = visit.marks.clone();
    Known { address: visit.address.clone(), marks: Marks { etag, last_modified } }
}
