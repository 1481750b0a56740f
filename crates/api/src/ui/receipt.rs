//! The receipt as lines. A further line is a further entry of [`LINES`].

use domain::receipt::{Receipt, Spending};

use crate::ui::words;

/// A name, and the value with its bound where the receipt has one.
type Line = (&'static str, fn(&Receipt) -> Option<(String, Option<String>)>);

const LINES: &[Line] = &[
    ("Sentences with a source", |r| of(r.sentences_cited, r.sentences)),
    ("Sentences left out", |r| some(r.sentences_dropped)),
    ("Quotes found again", |r| of(r.quotes_verified, r.quotes_verified + r.quotes_dropped)),
    ("Fields found", |r| of(r.fields_found, r.fields_found + r.fields_missing)),
    ("Contradictions", |r| some(r.contradictions)),
    ("Pages read", |r| bound(r.pages_read, asked(r), "asked")),
    ("Not readable", |r| some(u32::try_from(r.unreadable.len()).unwrap_or(u32::MAX))),
    ("Addresses considered", |r| some(r.sources_considered)),
    ("Searches", |r| some(r.searches)),
    ("Rounds", |r| some(r.rounds)),
    ("Time", |r| (r.elapsed_ms > 0).then(|| (words::spent(r.elapsed_ms), None))),
    ("Models", |r| model(r, |m| (!m.models.is_empty()).then(|| m.models.join(", ")))),
    ("Calls of models", |r| model(r, |m| Some(words::count(i64::from(m.calls))))),
    ("Tokens in", |r| model(r, |m| Some(number(m.input_tokens)))),
    ("Tokens out", |r| model(r, |m| Some(number(m.output_tokens)))),
    ("Cost", |r| model(r, |m| m.cost_micro_usd.map(words::dollars))),
    ("Claims left out", |r| {
        model(r, |m| (m.claims_dropped > 0).then(|| m.claims_dropped.to_string()))
    }),
    ("Asked outside", |r| r.outside().map(|said| (said, None))),
    ("Answered by", |r| (!r.engine.is_empty()).then(|| (words::engine(&r.engine), None))),
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

pub(super) fn view(receipt: &Receipt) -> ReceiptView {
    let line = |(name, value): &Line| {
        let (value, bound) = value(receipt)?;
        Some(ReceiptLine { name, value, bound })
    };
    let shown = receipt.unreadable.iter().take(MAX_UNREADABLE);
    ReceiptView {
        lines: LINES.iter().filter_map(line).collect(),
        stopped: receipt.stopped.map(words::stopped),
        unreadable: shown.map(|one| (words::place(&one.address), one.reason.clone())).collect(),
        more_unreadable: receipt.unreadable.len().saturating_sub(MAX_UNREADABLE),
        advice: receipt.advice.clone(),
        notes: receipt.notes.clone(),
    }
}

/// A line about models, where some took part.
fn model(
    receipt: &Receipt,
    value: fn(&Spending) -> Option<String>,
) -> Option<(String, Option<String>)> {
    receipt.models.as_ref().and_then(value).map(|value| (value, None))
}

fn number(count: u64) -> String {
    words::count(i64::try_from(count).unwrap_or(i64::MAX))
}

fn asked(receipt: &Receipt) -> u32 {
    receipt.pages_read + u32::try_from(receipt.unreadable.len()).unwrap_or(0)
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
        let receipt =
            Receipt { quotes_verified: 27, quotes_dropped: 1, searches: 0, ..Receipt::default() };
        let lines = view(&receipt).lines;
        assert_eq!(lines.len(), 1);
        assert_eq!((lines[0].value.as_str(), lines[0].bound.as_deref()), ("27", Some("of 28")));
    }
}
