//! The receipt: what was done for an answer, what could not be done, and why it stopped.

use std::fmt::Write as _;

/// Delivered with each finished run, so that a reader can judge how thorough it was.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Receipt {
    /// Who answered: `extractive`, `model`, `noop`.
    pub engine: String,
    pub stopped: Option<StopReason>,
    pub rounds: u32,
    pub searches: u32,
    /// Addresses that any search or link offered.
    pub sources_considered: u32,
    pub pages_read: u32,
    pub unreadable: Vec<Unreadable>,
    /// Quotes found again, byte for byte, in the archived text.
    pub quotes_verified: u32,
    /// Quotes that were not, and were therefore dropped.
    pub quotes_dropped: u32,
    /// Report: sentences of its own, and those that carry a reference.
    pub sentences: u32,
    pub sentences_cited: u32,
    /// Sentences that were written and left out again, because nothing quoted carries them.
    pub sentences_dropped: u32,
    pub contradictions: u32,
    pub fields_found: u32,
    pub fields_missing: u32,
    /// Every host that was asked, also by attempts that did not come to an end.
    pub contacts: Vec<Contact>,
    /// Every query that was put to a search provider, or was not, and what came of it.
    pub queries: Vec<Query>,
    /// The one thing that would help most, with the line to set.
    pub advice: Option<String>,
    /// What went otherwise than asked, in sentences: a cap that was reached, a model that did not answer.
    pub notes: Vec<String>,
    /// What language models did; `None` where none was asked.
    pub models: Option<Spending>,
    pub elapsed_ms: i64,
}

impl Receipt {
    /// What models did for the answer, in a line; `None` where none was asked.
    pub fn by_models(&self) -> Option<String> {
        let spending = self.models.as_ref()?;
        if spending.calls + spending.shared + spending.lost == 0 {
            return None;
        }
        let mut words = format!(
            "{} model calls ({}), {} tokens in, {} out, {}",
            spending.calls,
            spending.models.join(", "),
            spending.input_tokens,
            spending.output_tokens,
            spending.cost_micro_usd.map_or_else(
                || "cost unknown".to_owned(),
                |micro| format!("${}.{:04}", micro / 1_000_000, micro % 1_000_000 / 100)
            )
        );
        let further = [
            (spending.shared, "answers shared with other rows"),
            (spending.lost, "calls without an answer that may have been charged"),
            (spending.claims_dropped, "claims left out, because the page does not state them"),
            (spending.passages_withheld, "passages kept from models, because they talk to one"),
            (self.sentences_dropped, "sentences left out, because no quote carries them"),
        ];
        for (count, what) in further.into_iter().filter(|(count, _)| *count > 0) {
            let _ = write!(words, "; {count} {what}");
        }
        Some(words)
    }
}

/// What was asked of language models for one answer.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Spending {
    /// Names of the models that were paid for their answers, as the settings call them.
    pub models: Vec<String>,
    /// Calls that were paid for, each once: answers, and what a provider says it served although it is of no use, such as a
    /// refusal.
    pub calls: u32,
    pub input_tokens: u64,
    /// Of these, read from the provider's cache at a lower price.
    pub cached_tokens: u64,
    pub output_tokens: u64,
    /// In millionths of a US dollar; `None` where the price of a model is not known.
    pub cost_micro_usd: Option<u64>,
    /// Answers taken from another row of the group that had asked the same.
    pub shared: u32,
    /// Calls whose answer was lost on the way or with a worker, which may have been charged.
    pub lost: u32,
    /// What models claimed with words that do not stand on the page, and was left out.
    pub claims_dropped: u32,
    /// Passages that look like instructions to a model, and were not shown to one.
    pub passages_withheld: u32,
}

impl Spending {
    /// Names a model that took part, once.
    pub fn name(&mut self, model: &str) {
        if !self.models.iter().any(|known| known == model) {
            self.models.push(model.to_owned());
        }
    }
}

/// An address that was asked and gave nothing to read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unreadable {
    pub address: String,
    pub reason: String,
}

impl Receipt {
    /// What left and came back in all, in words; `None` if nobody outside was asked.
    pub fn outside(&self) -> Option<String> {
        let sum = |of: fn(&Contact) -> u64| self.contacts.iter().map(of).sum::<u64>();
        let requests = sum(|contact| u64::from(contact.requests));
        let mut hosts: Vec<&str> =
            self.contacts.iter().map(|contact| contact.host.as_str()).collect();
        hosts.sort_unstable();
        hosts.dedup();
        (!hosts.is_empty()).then(|| {
            format!(
                "{} asked ({}), {} sent in {}, {} received",
                counted(hosts.len() as u64, "host", "hosts"),
                some_of(&hosts),
                counted(sum(|contact| contact.bytes_out), "byte", "bytes"),
                counted(requests, "request", "requests"),
                counted(sum(|contact| contact.bytes_in), "byte", "bytes"),
            )
        })
    }
}

fn counted(count: u64, one: &str, many: &str) -> String {
    format!("{count} {}", if count == 1 { one } else { many })
}

fn some_of(hosts: &[&str]) -> String {
    const SHOWN: usize = 5;
    let mut shown = hosts[..hosts.len().min(SHOWN)].join(", ");
    if hosts.len() > SHOWN {
        shown.push_str(", …");
    }
    shown
}

/// What went to one host for one purpose, and came from it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Contact {
    pub host: String,
    /// `page`, `robots`, `search`, `model`, `upstream` or `mcp`.
    pub purpose: String,
    pub requests: u32,
    /// Before encryption.
    pub bytes_out: u64,
    /// Of bodies, as they came.
    pub bytes_in: u64,
}

/// A query that was put to a search provider, as it left.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Query {
    pub provider: String,
    pub text: String,
    pub hits: u32,
    /// Why it was not asked, or brought no answer.
    pub failed: Option<String>,
    /// What was taken out of it before it left: `e-mail address`, `card number`, `key`.
    pub withheld: Vec<String>,
}

/// Why a run stopped looking.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum StopReason {
    /// Everything asked for was found.
    Covered,
    /// Another round brought nothing new.
    Saturated,
    /// What is open was searched for without a trace.
    NotFindable,
    /// A cap of the processor was reached.
    Budget,
    /// The time ran out.
    Deadline,
    /// A model that was needed could not be asked or did not answer what can be used.
    ModelDown,
    /// Nothing was read that answers.
    NoEvidence,
}

impl StopReason {
    pub const ALL: [Self; 7] = [
        Self::Covered,
        Self::Saturated,
        Self::NotFindable,
        Self::Budget,
        Self::Deadline,
        Self::ModelDown,
        Self::NoEvidence,
    ];

    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Covered => "covered",
            Self::Saturated => "saturated",
            Self::NotFindable => "not_findable",
            Self::Budget => "budget",
            Self::Deadline => "deadline",
            Self::ModelDown => "model_down",
            Self::NoEvidence => "no_evidence",
        }
    }

    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|reason| reason.as_str() == word)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_left_is_told_in_one_line() {
        let contact = |host: &str, requests, bytes_out| Contact {
            host: host.into(),
            purpose: "page".into(),
            requests,
            bytes_out,
            bytes_in: 500,
        };
        let contacts = vec![contact("b.org", 2, 300), contact("a.org", 1, 100)];
        let receipt = Receipt { contacts, ..Receipt::default() };
        assert_eq!(
            receipt.outside().unwrap(),
            "2 hosts asked (a.org, b.org), 400 bytes sent in 3 requests, 1000 bytes received"
        );
        assert_eq!(Receipt::default().outside(), None);
    }
}
