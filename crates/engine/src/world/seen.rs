//! What happened in a run so far, for its receipt and for those who watch.

use std::collections::{BTreeMap, BTreeSet};

use domain::event::Progress;
use domain::receipt::{Contact, Query, Receipt, Spending, Unreadable};
use domain::tools::ToolCall;
use store::Bill;

use super::{Sent, World};

/// Addresses in the sample that callers see while a run works.
const SAMPLE: usize = 10;

/// What happened so far, for the receipt and for those who watch.
#[derive(Debug, Clone, Default)]
pub(crate) struct Seen {
    pub(crate) considered: u32,
    pub(crate) read: u32,
    pub(crate) unreadable: Vec<Unreadable>,
    /// What went otherwise than asked.
    pub(crate) notes: Vec<String>,
    /// What models did; `None` where none was asked.
    pub(crate) spending: Option<Spending>,
    /// Models could not be asked, and the rules answer instead.
    pub(super) is_by_rules: bool,
    /// A cap left no room for a call of a model.
    pub(crate) is_capped: bool,
    pub(crate) queries: Vec<Query>,
    /// Tools that were called, in order.
    pub(crate) tool_calls: Vec<ToolCall>,
    pub(super) contacts: BTreeMap<(String, String), Contact>,
    /// Addresses that were read.
    pub(super) pages: BTreeSet<String>,
    pub(super) sample: Vec<String>,
    pub(super) percent: u8,
    /// The message that said last that a model is asked, as long as nothing else was said.
    pub(super) asking: Option<String>,
}

impl Seen {
    /// Whether just this was the last that was said; from now on it is.
    pub(super) fn is_told(&mut self, asking: &str) -> bool {
        let is_told = self.asking.as_deref() == Some(asking);
        self.asking = Some(asking.to_owned());
        is_told
    }

    /// Calls of a model that were paid for.
    pub(super) fn note_paid(&mut self, bill: &Bill, calls: u32) {
        let count = |tokens: i64| u64::try_from(tokens).unwrap_or(0);
        let spending = self.spending.get_or_insert_default();
        let before = if spending.calls == 0 { Some(0) } else { spending.cost_micro_usd };
        spending.cost_micro_usd = before.zip(bill.cost_micro_usd).map(|(a, b)| a + count(b));
        spending.calls += calls;
        spending.input_tokens += count(bill.input_tokens);
        spending.cached_tokens += count(bill.cached_tokens);
        spending.output_tokens += count(bill.output_tokens);
        spending.name(&bill.model);
    }

    /// An answer that another row of the group has paid for.
    pub(super) fn note_shared(&mut self, model: &str) {
        let spending = self.spending.get_or_insert_default();
        spending.shared += 1;
        spending.name(model);
    }

    /// Calls that may have been charged without an answer.
    pub(super) fn note_lost(&mut self, calls: u32) {
        self.spending.get_or_insert_default().lost += calls;
    }

    /// What the receipt says of it, whether the run came to its end or was cut short.
    pub(crate) fn receipt(self) -> Receipt {
        Receipt {
            sources_considered: self.considered,
            pages_read: self.read,
            contacts: self.contacts.into_values().collect(),
            queries: self.queries,
            unreadable: self.unreadable,
            notes: self.notes,
            models: self.spending,
            ..Receipt::default()
        }
    }
}

impl World {
    /// Something that went otherwise than asked, for the receipt; each sentence once.
    pub(crate) fn note(&self, sentence: impl Into<String>) {
        let sentence = sentence.into();
        let mut seen = self.lock_seen();
        if !seen.notes.contains(&sentence) {
            seen.notes.push(sentence);
        }
    }

    pub(super) fn note_read(&self, address: &str) {
        let mut seen = self.lock_seen();
        // Investigations that go on side by side may read the same page.
        if !seen.pages.insert(address.to_owned()) {
            return;
        }
        seen.read += 1;
        seen.sample.push(address.to_owned());
        if seen.sample.len() > SAMPLE {
            seen.sample.remove(0);
        }
    }

    pub(super) fn note_sent(&self, sent: Vec<Sent>) {
        let mut seen = self.lock_seen();
        for Sent { host, purpose, requests, out, received } in sent {
            let place = seen.contacts.entry((host, purpose));
            let (host, purpose) = place.key().clone();
            let contact =
                place.or_insert(Contact { host, purpose, requests: 0, bytes_out: 0, bytes_in: 0 });
            contact.requests += requests;
            contact.bytes_out += out;
            contact.bytes_in += received;
        }
    }

    /// How far the run is, in percent; it never falls.
    pub(crate) fn reached(&self, percent: u8) {
        let mut seen = self.lock_seen();
        seen.percent = seen.percent.max(percent.min(100));
    }

    pub(crate) fn note_considered(&self, count: usize) {
        self.lock_seen().considered += u32::try_from(count).unwrap_or(u32::MAX);
    }

    pub(super) fn note_unreadable(&self, addresses: impl IntoIterator<Item = (String, String)>) {
        let mut seen = self.lock_seen();
        for (address, reason) in addresses {
            if !seen.unreadable.iter().any(|known| known.address == address) {
                seen.unreadable.push(Unreadable { address, reason });
            }
        }
    }

    pub(super) fn progress(&self) -> Progress {
        let seen = self.lock_seen();
        Progress {
            sources_considered: seen.considered,
            sources_read: seen.read,
            sample: seen.sample.clone(),
            percent: seen.percent,
        }
    }
}
