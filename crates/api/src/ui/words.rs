//! States, reasons, times and values in words for people.

use domain::clock::TimeMs;
use domain::group::Counts;
use domain::output::Missing;
use domain::receipt::StopReason;
use domain::run::RunState;
use domain::spec::Input;
use serde_json::Value;

pub(crate) const fn missing(missing: Missing) -> &'static str {
    match missing {
        Missing::NotFound => "Not found: pages were read, none of them states it.",
        Missing::NoPages => "Not found: no page about the subject could be found or read.",
        Missing::NeedsModel => {
            "Left out: it asks for judgement or writing, and no model is set up."
        }
        Missing::Budget => "Left out: the budget ended before it was looked for.",
        Missing::Ambiguous => {
            "Not clear: pages speak of several things of this name, and it is not said which is meant."
        }
        Missing::Unsupported => {
            "Left out: what was written did not stand the check against its evidence."
        }
    }
}

pub(crate) const fn stopped(reason: StopReason) -> &'static str {
    match reason {
        StopReason::Covered => "everything asked for was found",
        StopReason::Saturated => "another round brought nothing new",
        StopReason::NotFindable => "what is open was searched for without a trace",
        StopReason::Budget => "the budget of the processor was used up",
        StopReason::Deadline => "the time ran out",
        StopReason::NoEvidence => "nothing was read that answers",
    }
}

pub(crate) fn counts(counts: &Counts) -> String {
    let of = |state: RunState| (state, counts.of(state));
    let parts: Vec<String> = RunState::ALL
        .into_iter()
        .map(of)
        .filter(|(_, count)| *count > 0)
        .map(|(state, count)| format!("{count} {state}"))
        .collect();
    if parts.is_empty() { "no rows yet".into() } else { parts.join(", ") }
}

/// `2026-11-22 14:00:07 UTC`
pub(crate) fn at(time: TimeMs) -> String {
    let text = time.rfc3339();
    format!("{} {} UTC", &text[..10], &text[11..19])
}

/// A value as a cell shows it.
pub(crate) fn value(value: &Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::String(text) => text.clone(),
        Value::Bool(true) => "yes".into(),
        Value::Bool(false) => "no".into(),
        Value::Array(list) if list.iter().all(Value::is_string) => {
            list.iter().filter_map(Value::as_str).collect::<Vec<_>>().join(", ")
        }
        Value::Number(_) | Value::Array(_) | Value::Object(_) => value.to_string(),
    }
}

/// The question, or the cells of the row in one line; at most `longest` characters.
pub(crate) fn question(input: &Input, longest: usize) -> String {
    match input {
        Input::Text(text) => short(text, longest),
        Input::Row(row) => {
            let cells: Vec<String> = row.values().map(value).filter(|v| !v.is_empty()).collect();
            short(&cells.join(" · "), longest)
        }
    }
}

pub(crate) fn short(text: &str, longest: usize) -> String {
    if text.chars().count() <= longest {
        return text.to_owned();
    }
    text.chars().take(longest).chain(['…']).collect()
}
