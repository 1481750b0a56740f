//! On whose behalf something is asked: what may be sent then, and what was.
//!
//! A scope belongs to the task in which a call is made and to nothing else: whoever forgets it is refused where
//! documents have to stay, so that no new kind of call can slip past.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use domain::outgoing::Outgoing;

use crate::purpose::Purpose;

/// Hosts that one log tells apart; what comes after them is counted together.
const MAX_HOSTS: usize = 500;
/// The name under which the rest is counted.
const OTHERS: &str = "(others)";

tokio::task_local! {
    static CURRENT: Scope;
}

/// On whose behalf something is asked. Clones share one log.
#[derive(Debug, Clone, Default)]
pub struct Scope {
    reads_documents: bool,
    outgoing: Outgoing,
    log: Arc<Mutex<Log>>,
}

type Log = BTreeMap<(String, Purpose), Counts>;

#[derive(Debug, Clone, Copy, Default)]
struct Counts {
    requests: u32,
    bytes_out: u64,
    bytes_in: u64,
}

/// What went to one host for one purpose.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Contact {
    pub host: String,
    pub purpose: Purpose,
    /// Requests made, redirects and repeats included, also those that reached nobody.
    pub requests: u32,
    /// Request lines, headers and bodies, before encryption.
    pub bytes_out: u64,
    /// Headers and bodies as they came, before unpacking.
    pub bytes_in: u64,
}

impl Scope {
    /// For work that reads nothing of the operator's own: what it sends can only be made of what the caller gave.
    pub fn open() -> Self {
        Self::default()
    }

    /// For work that reads own documents.
    pub fn with_documents() -> Self {
        Self { reads_documents: true, ..Self::default() }
    }

    /// The same, which lets out no more than this, whatever else the process lets out.
    #[must_use]
    pub fn within(self, outgoing: Outgoing) -> Self {
        Self { outgoing, ..self }
    }

    /// The same rules with an empty log.
    #[must_use]
    pub fn fresh(&self) -> Self {
        Self { log: Arc::default(), ..*self }
    }

    /// Whatever is asked within `work`, in its own task, is asked on behalf of this scope.
    pub async fn around<F: Future>(&self, work: F) -> F::Output {
        CURRENT.scope(self.clone(), work).await
    }

    /// What was sent and received so far, by host and purpose.
    pub fn contacts(&self) -> Vec<Contact> {
        let log = self.log.lock().unwrap_or_else(PoisonError::into_inner);
        log.iter()
            .map(|((host, purpose), counts)| Contact {
                host: host.clone(),
                purpose: *purpose,
                requests: counts.requests,
                bytes_out: counts.bytes_out,
                bytes_in: counts.bytes_in,
            })
            .collect()
    }

    /// The scope of the task that asks, to be handed on to tasks that work for it.
    pub fn current() -> Option<Self> {
        CURRENT.try_with(Self::clone).ok()
    }

    pub(crate) const fn outgoing(&self) -> Outgoing {
        self.outgoing
    }

    pub(crate) const fn reads_documents(&self) -> bool {
        self.reads_documents
    }

    fn count(&self, host: &str, purpose: Purpose, counted: impl FnOnce(&mut Counts)) {
        let mut log = self.log.lock().unwrap_or_else(PoisonError::into_inner);
        let known = log.contains_key(&(host.to_owned(), purpose));
        let name = if known || log.len() < MAX_HOSTS { host } else { OTHERS };
        counted(log.entry((name.to_owned(), purpose)).or_default());
    }
}

/// Counts what goes to one host, for the scope in which it was asked.
#[derive(Debug, Clone)]
pub(crate) struct Meter {
    scope: Option<Scope>,
    host: String,
    purpose: Purpose,
}

impl Meter {
    pub(crate) fn new(host: &str, purpose: Purpose) -> Self {
        Self { scope: Scope::current(), host: host.to_owned(), purpose }
    }

    pub(crate) fn sent(&self, bytes: usize) {
        if let Some(scope) = &self.scope {
            scope.count(&self.host, self.purpose, |counts| {
                counts.requests += 1;
                counts.bytes_out += bytes as u64;
            });
        }
    }

    /// What was counted as sent went nowhere: the host could not be reached.
    pub(crate) fn not_sent(&self, bytes: usize) {
        if let Some(scope) = &self.scope {
            scope.count(&self.host, self.purpose, |counts| {
                counts.bytes_out = counts.bytes_out.saturating_sub(bytes as u64);
            });
        }
    }

    pub(crate) fn received(&self, bytes: usize) {
        if let Some(scope) = &self.scope {
            scope.count(&self.host, self.purpose, |counts| counts.bytes_in += bytes as u64);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_scope_counts_what_is_asked_within_it_and_nothing_else() {
        let scope = Scope::open();
        Meter::new("a.test", Purpose::Page).sent(7);
        scope
            .around(async {
                let meter = Meter::new("a.test", Purpose::Page);
                meter.sent(10);
                meter.received(5);
                meter.received(6);
            })
            .await;
        let expected = Contact {
            host: "a.test".into(),
            purpose: Purpose::Page,
            requests: 1,
            bytes_out: 10,
            bytes_in: 11,
        };
        assert_eq!(scope.contacts(), [expected]);
        assert_eq!(scope.fresh().contacts(), []);
    }

    #[tokio::test]
    async fn a_log_tells_five_hundred_hosts_apart_and_loses_no_bytes() {
        let scope = Scope::open();
        scope
            .around(async {
                for host in 0..600 {
                    Meter::new(&format!("h{host}.test"), Purpose::Page).sent(1);
                }
            })
            .await;
        let contacts = scope.contacts();
        assert_eq!(contacts.len(), MAX_HOSTS + 1);
        assert_eq!(contacts.iter().map(|contact| contact.bytes_out).sum::<u64>(), 600);
    }
}
