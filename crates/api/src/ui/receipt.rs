//! The receipt as lines. A further line is a further entry of [`LINES`].

use domain::processor::Caps;
use domain::receipt::{Receipt, Spending};

use crate::ui::words;

/// A name, and the value with its bound, where there is one.
type Line = (&'static str, fn(&Receipt, &Caps) -> Option<(String, Option<String>)>);

const LINES: &[Line] = &[
    ("Sentences with a source", |r, _| of(r.sentences_cited, r.sentences)),
    ("Sentences left out", |r, _| some(r.sentences_dropped)),
    ("Quotes found again", |r, _| of(r.quotes_verified, r.quotes_verified + r.quotes_dropped)),
    ("Fields found", |r, _| of(r.fields_found, r.fields_found + r.fields_missing)),
    ("Contradictions", |r, _| some(r.contradictions)),
    ("Pages read", |r, _| bound(r.pages_read, asked(r), "asked")),
    ("Pages asked for", |r, caps| within(asked(r), caps.pages)),
    ("Addresses considered", |r, _| some(r.sources_considered)),
    ("Searches", |r, caps| within(r.searches, caps.searches)),
    ("Rounds", |r, caps| within(r.rounds, caps.rounds)),
    ("Time", |r, caps| {
        let wall_ms = i64::try_from(caps.wall.as_millis()).unwrap_or(i64::MAX);
        let bound = format!("of {}", words::spent(wall_ms));
        (r.elapsed_ms > 0).then(|| (words::spent(r.elapsed_ms), Some(bound)))
    }),
    ("Models", |r, _| model(r, |m| (!m.models.is_empty()).then(|| (m.models.join(", "), None)))),
    ("Calls of models", |r, caps| model(r, |m| within(m.calls, caps.calls))),
    ("Tokens in", |r, caps| {
        let bound = format!("of {}", number(caps.input_tokens));
        model(r, |m| Some((number(m.input_tokens), Some(bound))))
    }),
    ("Tokens out", |r, _| model(r, |m| Some((number(m.output_tokens), None)))),
    ("Cost", |r, caps| {
        let bound = format!("of {}", words::dollars(caps.cost_micro_usd));
        let known = |cost| (words::dollars(cost), Some(bound));
        model(r, |m| {
            Some(m.cost_micro_usd.map_or_else(|| ("unknown: no price is set".into(), None), known))
        })
    }),
    ("Claims left out", |r, _| model(r, |m| some(m.claims_dropped))),
    ("Asked outside", |r, _| r.outside().map(|said| (said, None))),
    ("Answered by", |r, _| (!r.engine.is_empty()).then(|| (words::engine(&r.engine), None))),
];

/// What a page shows of a receipt.
pub(super) struct ReceiptView {
    pub(super) lines: Vec<ReceiptLine>,
    pub(super) stopped: Option<&'static str>,
    pub(super) unreadable: Vec<(String, String)>,
    /// Further ones that are only counted.
    pub(super) more_unreadable: usize,
    pub(super) advice: Option<String>,
    /// What went otherwise than asked.
    pub(super) notes: Vec<String>,
}

pub(super) struct ReceiptLine {
    pub(super) name: &'static str,
    pub(super) value: String,
    pub(super) bound: Option<String>,
}

/// Addresses listed one by one.
const MAX_UNREADABLE: usize = 12;

pub(super) fn view(receipt: &Receipt, caps: Caps) -> ReceiptView {
    let line = |(name, value): &Line| {
        let (value, bound) = value(receipt, &caps)?;
        Some(ReceiptLine { name, value, bound })
    };
    let shown = receipt.unreadable.iter().take(MAX_UNREADABLE);
    ReceiptView {
        lines: LINES.iter().filter_map(line).collect(),
        stopped: receipt.stopped.map(words::stopped),
        unreadable: shown
            .map(|one| (words::place(&one.address), words::sentence(&one.reason)))
            .collect(),
        more_unreadable: receipt.unreadable.len().saturating_sub(MAX_UNREADABLE),
        advice: receipt.advice.as_deref().map(words::sentence),
        notes: receipt.notes.iter().map(|note| words::sentence(note)).collect(),
    }
}

impl ReceiptView {
    /// Whether nothing is to be told: of a run that was stopped before it did anything.
    pub(super) const fn is_empty(&self) -> bool {
        self.lines.is_empty() && self.notes.is_empty() && self.advice.is_none()
    }
}

/// A line about models, where some took part.
fn model(
    receipt: &Receipt,
    line: impl FnOnce(&Spending) -> Option<(String, Option<String>)>,
) -> Option<(String, Option<String>)> {
    receipt.models.as_ref().and_then(line)
}

fn number(count: u64) -> String {
    words::count(i64::try_from(count).unwrap_or(i64::MAX))
}

fn asked(receipt: &Receipt) -> u32 {
    receipt.pages_read + u32::try_from(receipt.unreadable.len()).unwrap_or(0)
}

/// Of what the processor allows.
fn within(count: u32, cap: u32) -> Option<(String, Option<String>)> {
    bound(count, cap, "").filter(|_| count > 0)
}

/// Nothing is said of what there was none of.
fn some(count: u32) -> Option<(String, Option<String>)> {
    (count > 0).then(|| (words::count(i64::from(count)), None))
}

fn of(count: u32, all: u32) -> Option<(String, Option<String>)> {
    bound(count, all, "")
}

fn bound(count: u32, all: u32, what: &str) -> Option<(String, Option<String>)> {
    (all > 0).then(|| {
        let bound = format!("of {} {what}", words::count(i64::from(all)));
        (words::count(i64::from(count)), Some(bound.trim_end().to_owned()))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_come_with_their_bound_and_nothing_is_said_of_what_there_was_none_of() {
        let caps = domain::processor::defaults().remove(0).caps;
        let spending = Spending { cost_micro_usd: Some(31_000), ..Spending::default() };
        let receipt = Receipt {
            quotes_verified: 27,
            quotes_dropped: 1,
            elapsed_ms: 4_000,
            models: Some(spending),
            ..Receipt::default()
        };
        let caps =
            Caps { cost_micro_usd: 100_000, wall: std::time::Duration::from_mins(1), ..caps };
        let lines: Vec<_> = view(&receipt, caps)
            .lines
            .into_iter()
            .map(|line| (line.name, format!("{} {}", line.value, line.bound.unwrap_or_default())))
            .collect();
        let of = |name: &str| lines.iter().find(|line| line.0 == name).map(|line| line.1.as_str());
        assert_eq!(of("Quotes found again"), Some("27 of 28"));
        assert_eq!(of("Time"), Some("4 s of 1 min"));
        assert_eq!(of("Cost"), Some("$0.031 of $0.100"));
        assert_eq!(of("Searches"), None);
        let unpriced = Receipt { models: Some(Spending::default()), ..Receipt::default() };
        let cost = view(&unpriced, caps).lines.into_iter().find(|line| line.name == "Cost");
        assert_eq!(cost.unwrap().value, "unknown: no price is set");
    }
}
