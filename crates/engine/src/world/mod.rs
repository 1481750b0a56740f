//! The outside of one run: what stages may ask, each answer bought once.
//!
//! A call is looked up in the journal; if it is not there it is made, committed, and only then used. After a crash
//! the run is executed again from the top and gets the same answers. Whatever failed outside is an answer too.

mod booking;
mod models;
mod searching;
mod seen;
mod tools;

use std::collections::{BTreeSet, HashMap};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use domain::event::{self, EventKind, Stage};
use domain::evidence::TextRef;
use domain::output::Output;
use domain::source::Source;
use domain::spec::{Input, Spec};
use egress::Scope;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use store::dispatch::Claimed;
use store::{Call, Made, Store};
use url::Url;

use crate::extractive::mentions::Prepared;
use crate::purse::Purse;
use crate::{Failed, Library, ReadPage, research, search};

use searching::Searched;

pub(crate) use models::{Unanswered, Whom};
pub(crate) use seen::Seen;
pub(crate) use tools::Called;

/// Version of the form of each journal answer.
const VERSION: i64 = 2;
/// Answers of this version do not say what was sent for them.
const BEFORE_SENT: i64 = 1;
pub(crate) struct World {
    pub(crate) claimed: Claimed,
    /// The named sources of the run, as the store knows them.
    pub(crate) places: Vec<Source>,
    /// What this run follows up on.
    pub(crate) previous: Option<Previous>,
    library: Arc<Library>,
    store: Store,
    /// On whose behalf everything outside is asked.
    scope: Scope,
    asked: Mutex<HashMap<(&'static str, Vec<u8>), i64>>,
    searched: Searched,
    seen: Arc<Mutex<Seen>>,
    /// What the run has spent on models in all its attempts, and what is set aside for requests under way, against its caps.
    till: Purse,
    /// How long it still waits for its models.
    patience: llm::Patience,
}

/// An earlier run whose evidence is taken along.
pub(crate) struct Previous {
    pub(crate) input: Input,
    pub(crate) output: Output,
}

/// A journalled answer of the outside: what came, or why nothing did.
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Answer<T> {
    Got(T),
    Failed(String),
}

/// An answer as the journal has it, with what went out for it: the receipt of a run that was taken up again counts the
/// requests of all its attempts.
#[derive(Serialize, Deserialize)]
struct Entry<T> {
    answer: T,
    sent: Vec<Sent>,
}

#[derive(Serialize, Deserialize)]
struct Sent {
    host: String,
    purpose: String,
    requests: u32,
    out: u64,
    #[serde(rename = "in")]
    received: u64,
}

#[derive(Serialize, Deserialize)]
struct JournalPage {
    text: i64,
}

/// A call that is under way. Where it is cut short, what it has sent by then stands in the receipt all the same.
struct Sending<'a> {
    world: &'a World,
    scope: Scope,
    is_over: bool,
}

impl<'a> Sending<'a> {
    fn begin(world: &'a World) -> Self {
        Self { world, scope: world.scope.fresh(), is_over: false }
    }

    fn sent(&self) -> Vec<Sent> {
        self.scope.contacts().into_iter().map(Sent::from).collect()
    }

    /// It is over: whoever made it keeps what it sent.
    fn over(mut self) -> Vec<Sent> {
        self.is_over = true;
        self.sent()
    }
}

impl Drop for Sending<'_> {
    fn drop(&mut self) {
        if !self.is_over {
            self.world.note_sent(self.sent());
        }
    }
}

/// Share of the wall time in which is looked, and models are asked.
const LATE_PERCENT: u128 = 85;

impl World {
    pub(crate) fn new(
        store: Store,
        library: Arc<Library>,
        claimed: Claimed,
        places: Vec<Source>,
        previous: Option<Previous>,
        seen: Arc<Mutex<Seen>>,
    ) -> Self {
        let (asked, searched) = (Mutex::default(), Searched::default());
        let cites_documents = |previous: &Previous| {
            previous.output.evidence().any(|evidence| evidence.address.starts_with("doc://"))
        };
        let reads_documents = places.iter().any(|place| place.place.is_local())
            || previous.as_ref().is_some_and(cites_documents);
        let scope = if reads_documents { Scope::with_documents() } else { Scope::open() };
        let scope = scope.within(claimed.spec.outgoing);
        let till = Purse::new(&claimed.spec.processor.caps);
        let patience = llm::Patience::of_work(claimed.asked_again_at);
        Self {
            claimed,
            places,
            previous,
            library,
            store,
            scope,
            asked,
            searched,
            seen,
            till,
            patience,
        }
    }

    pub(crate) fn spec(&self) -> &Spec {
        &self.claimed.spec
    }

    pub(crate) fn seen(&self) -> Seen {
        self.lock_seen().clone()
    }

    /// Whether so much of the wall time is gone that what is there should be written up.
    pub(crate) fn is_late(&self) -> bool {
        self.time_for_models().is_zero()
    }

    /// How long models may still take. The rest is for the rules, which finish with what was read: an answer that says why
    /// it is short, and not none.
    fn time_for_models(&self) -> Duration {
        let wall = self.spec().processor.caps.wall.as_millis();
        let spent = self.store.clock().now().since_ms(self.claimed.started_at);
        let left = (wall * LATE_PERCENT / 100).saturating_sub(u128::try_from(spent).unwrap_or(0));
        Duration::from_millis(u64::try_from(left).unwrap_or(u64::MAX))
    }

    fn lock_seen(&self) -> std::sync::MutexGuard<'_, Seen> {
        self.seen.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A page of the web or of a local source, archived; or the reason why it cannot be read.
    pub(crate) async fn read(
        &self,
        address: &str,
    ) -> Result<Result<Arc<Prepared>, String>, Failed> {
        let request = json!({"address": address});
        let answer: Answer<JournalPage> = self
            .once("read", request, address.to_owned(), async {
                let owner = self.claimed.owner;
                let may_ask = |url: &Url| search::allows(self, url.as_str());
                // On the heap, as with a search.
                let fetched = Box::pin(self.library.fetch(owner, &self.places, address, &may_ask));
                Ok(match fetched.await? {
                    Ok(text) => match self.objection(&self.library.page(text).await?.page) {
                        None => Answer::Got(JournalPage { text: text.0 }),
                        Some(why) => Answer::Failed(why),
                    },
                    Err(why) => Answer::Failed(why),
                })
            })
            .await?;
        match answer {
            Answer::Got(JournalPage { text }) => {
                let page = self.library.page(TextRef(text)).await?;
                self.note_read(&page.page.address);
                Ok(Ok(page))
            }
            Answer::Failed(why) => {
                self.note_unreadable([(address.to_owned(), why.clone())]);
                Ok(Err(why))
            }
        }
    }

    /// What was asked before, where this run follows up on another.
    pub(crate) fn earlier_question(&self) -> Option<String> {
        self.previous.as_ref().map(|previous| research::in_words(&previous.input))
    }

    /// What is asked now, and below it what it follows up on, if anything.
    pub(crate) fn following_up(&self, asked: String) -> String {
        match self.earlier_question() {
            Some(earlier) => format!("{asked}\nIt follows up on: {earlier}"),
            None => asked,
        }
    }

    /// The pages that the answer followed up on rests on, as they were then.
    pub(crate) async fn earlier_pages(&self) -> Result<Vec<Arc<Prepared>>, Failed> {
        let evidence = self.previous.iter().flat_map(|previous| previous.output.evidence());
        let texts: BTreeSet<TextRef> = evidence.map(|evidence| evidence.text).collect();
        let mut pages = Vec::new();
        for text in texts.into_iter().take(self.spec().processor.caps.pages as usize) {
            let page = self.library.page(text).await?;
            if self.objection(&page.page).is_none() {
                self.note_read(&page.page.address);
                pages.push(page);
            }
        }
        Ok(pages)
    }

    /// Why a page that came may not be used: it came from elsewhere for another run, or it is older than wanted.
    fn objection(&self, page: &ReadPage) -> Option<String> {
        if !search::allows(self, &page.address) {
            return Some(format!(
                "it leads to {}, which the source policy leaves out",
                page.address
            ));
        }
        let after = self.spec().policy.after.as_deref()?;
        let published = page.text.published.as_deref().filter(|day| *day < after)?;
        Some(format!(
            "it says it is of {published}, and the source policy asks for {after} or later"
        ))
    }

    /// Looks a call up in the journal, or makes it and commits the answer before handing it on.
    async fn once<T: Serialize + DeserializeOwned>(
        &self,
        kind: &'static str,
        request: Value,
        detail: String,
        ask: impl Future<Output = Result<T, Failed>> + Send,
    ) -> Result<T, Failed> {
        let call = self.call(kind, request.to_string().as_bytes());
        if let Some((version, answer)) = self.store.recall(&call).await? {
            return self.parsed(kind, version, answer);
        }
        let began = self.store.clock().now();
        let sending = Sending::begin(self);
        let answer = sending.scope.around(ask).await?;
        let entry = Entry { answer, sent: sending.over() };
        let answer = serde_json::to_value(entry)
            .map_err(|why| Failed::Broken(format!("an answer cannot be kept: {why}")))?;
        let elapsed_ms = self.store.clock().now().since_ms(began);
        let kept = self
            .store
            .remember(
                call,
                answer,
                Made {
                    attempt: self.claimed.attempt,
                    version: VERSION,
                    detail,
                    elapsed_ms,
                    is_row: self.claimed.group.is_some(),
                    ..Made::default()
                },
            )
            .await?;
        self.parsed(kind, VERSION, kept.answer)
    }

    fn parsed<T: DeserializeOwned>(
        &self,
        kind: &'static str,
        version: i64,
        answer: Value,
    ) -> Result<T, Failed> {
        let broken = |_| Failed::Journal { kind, version };
        match version {
            VERSION => {
                let Entry { answer, sent } = serde_json::from_value(answer).map_err(broken)?;
                self.note_sent(sent);
                Ok(answer)
            }
            BEFORE_SENT => serde_json::from_value(answer).map_err(broken),
            _ => Err(Failed::Journal { kind, version }),
        }
    }

    /// What identifies the next identical call of this kind.
    fn call(&self, kind: &'static str, request: &[u8]) -> Call {
        let hash = Sha256::digest(request).to_vec();
        let mut asked = self.asked.lock().unwrap_or_else(PoisonError::into_inner);
        let count = asked.entry((kind, hash.clone())).or_default();
        let nth = *count;
        *count += 1;
        Call { run: self.claimed.seq, kind, hash, nth }
    }

    /// Tells those who watch. A run that has no watchers by its processor still keeps the story.
    pub(crate) async fn say(&self, stage: Stage, message: String) -> Result<(), Failed> {
        let progress = self.progress();
        if event::asked(&message).is_none() {
            self.lock_seen().asking = None;
        }
        let message = EventKind::Message { stage, message };
        self.append(vec![message, EventKind::Progress(progress)]).await
    }

    async fn append(&self, events: Vec<EventKind>) -> Result<(), Failed> {
        let is_ours =
            self.store.append_events(self.claimed.seq, self.claimed.attempt, events).await?;
        if is_ours { Ok(()) } else { Err(Failed::Superseded) }
    }

    /// The archived text, fresh from the store and not from memory, for the last check of a quote.
    pub(crate) async fn archived(&self, text: TextRef) -> Result<Option<String>, Failed> {
        Ok(self.store.reading(text).await?.map(|archived| archived.text.body.clone()))
    }
}

impl From<egress::Contact> for Sent {
    fn from(contact: egress::Contact) -> Self {
        let egress::Contact { host, purpose, requests, bytes_out, bytes_in } = contact;
        let purpose = purpose.as_str().to_owned();
        Self { host, purpose, requests, out: bytes_out, received: bytes_in }
    }
}
