//! States, reasons, times and values in words for people.

use domain::clock::TimeMs;
use domain::group::Counts;
use domain::output::Missing;
use domain::receipt::StopReason;
use domain::run::RunState;
use domain::schema::FieldKind;
use domain::spec::Input;
use serde_json::Value;

pub(crate) const fn missing(missing: Missing) -> &'static str {
    match missing {
        Missing::NotFound => "Not found: no page that was read states it.",
        Missing::NoPages => "Not found: no page about the subject could be found or read.",
        Missing::NeedsModel => {
            "Left out: it asks for judgement or writing, and no model is set up."
        }
        Missing::ModelDown => {
            "Left out: the model that it needs did not answer; a retry asks again."
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

/// What a model did for a value; nothing of one that a source states.
pub(crate) const fn kind(kind: FieldKind) -> Option<&'static str> {
    match kind {
        FieldKind::Found => None,
        FieldKind::Judged => Some("Judged by a model, from the quotes below."),
        FieldKind::Written => Some("Written by a model, from the row and the quotes below."),
    }
}

pub(crate) const fn stopped(reason: StopReason) -> &'static str {
    match reason {
        StopReason::Covered => "everything asked for was found",
        StopReason::Saturated => "another round brought nothing new",
        StopReason::NotFindable => "what is open was searched for without a trace",
        StopReason::Budget => "the budget of the processor was used up",
        StopReason::Deadline => "the time ran out",
        StopReason::ModelDown => "a model that was needed did not answer",
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

/// `22 Nov 2026, 14:12 UTC`
pub(crate) fn when(time: TimeMs) -> String {
    when_said(&time.rfc3339())
}

/// The same of a time in RFC 3339; what is none stays as it is.
pub(crate) fn when_said(text: &str) -> String {
    const MONTHS: [&str; 12] =
        ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
    let parts = (text.get(..4), text.get(5..7), text.get(8..10), text.get(11..16));
    let (Some(year), Some(month), Some(day), Some(time)) = parts else { return text.to_owned() };
    let month = month.parse::<usize>().ok().and_then(|month| MONTHS.get(month.checked_sub(1)?));
    let day = day.trim_start_matches('0');
    format!("{day} {} {year}, {time} UTC", month.unwrap_or(&"?"))
}

/// `0.4 s`, `12 s`, `3 min 5 s`, `2 h 10 min`; what is zero behind is left out.
pub(crate) fn spent(ms: i64) -> String {
    let (ms, seconds) = (ms.max(0), ms.max(0) / 1000);
    let two = |count: i64, name: &str, rest: i64, of: &str| match rest {
        0 => format!("{count} {name}"),
        _ => format!("{count} {name} {rest} {of}"),
    };
    match seconds {
        0..10 if ms % 1000 / 100 > 0 => format!("{seconds}.{} s", ms % 1000 / 100),
        0..60 => format!("{seconds} s"),
        60..3600 => two(seconds / 60, "min", seconds % 60, "s"),
        _ => two(seconds / 3600, "h", seconds % 3600 / 60, "min"),
    }
}

/// `2:48`, `6:00:00`
pub(crate) fn clock(ms: i64) -> String {
    let seconds = ms.max(0) / 1000;
    match (seconds / 3600, seconds / 60 % 60, seconds % 60) {
        (0, minutes, seconds) => format!("{minutes}:{seconds:02}"),
        (hours, minutes, seconds) => format!("{hours}:{minutes:02}:{seconds:02}"),
    }
}

/// `1,284`
pub(crate) fn count(number: i64) -> String {
    let digits = number.unsigned_abs().to_string();
    let mut text = String::new();
    for (nth, digit) in digits.chars().enumerate() {
        if nth > 0 && (digits.len() - nth).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    if number < 0 { format!("-{text}") } else { text }
}

/// `$1,284.50`, `$0.071`, `$0.0004`, of millionths: three places below a dollar, four below a cent.
pub(crate) fn dollars(micro: u64) -> String {
    let whole = count(i64::try_from(micro / 1_000_000).unwrap_or(i64::MAX));
    match micro {
        0 => "$0".into(),
        1..10_000 => format!("$0.{:04}", micro.div_ceil(100)),
        10_000..1_000_000 => format!("$0.{:03}", micro / 1_000),
        _ => format!("${whole}.{:02}", micro % 1_000_000 / 10_000),
    }
}

/// A sentence of a program for people: it begins with a capital, names stand in quotation marks, and it ends.
pub(crate) fn sentence(text: &str) -> String {
    let mut said = String::with_capacity(text.len() + 8);
    let mut is_open = false;
    for c in text.trim().chars() {
        match c {
            '`' => {
                is_open = !is_open;
                said.push(if is_open { '“' } else { '”' });
            }
            c if said.is_empty() && !text.starts_with("http") => said.extend(c.to_uppercase()),
            c => said.push(c),
        }
    }
    if said.ends_with(|c: char| c.is_alphanumeric() || matches!(c, '”' | ')' | '%')) {
        said.push('.');
    }
    said
}

/// `1 row`, `1,284 rows`
pub(crate) fn counted(number: i64, one: &str, many: &str) -> String {
    format!("{} {}", count(number), if number == 1 { one } else { many })
}

/// Who answers, for people.
pub(crate) fn engine(name: &str) -> String {
    match name {
        "extractive" => "quotes only, no model".into(),
        "model" => "models, held against the archive".into(),
        "noop" => "nobody: this processor researches nothing".into(),
        other => other.to_owned(),
    }
}

/// An address as a reader takes it in: without its scheme.
pub(crate) fn place(address: &str) -> String {
    let bare = address.strip_prefix("https://").or_else(|| address.strip_prefix("http://"));
    let bare = bare.or_else(|| address.strip_prefix("doc://")).unwrap_or(address);
    bare.trim_end_matches('/').to_owned()
}

/// The first characters of an id, which tell it from others on a page.
pub(crate) fn brief_id(id: &str) -> String {
    if id.len() < 16 { id.to_owned() } else { format!("{}…{}", &id[..9], &id[id.len() - 4..]) }
}

/// Longest title of a page from elsewhere, in characters.
pub(crate) const MAX_PAGE_TITLE: usize = 160;

pub(crate) fn short(text: &str, longest: usize) -> String {
    if text.chars().count() <= longest {
        return text.to_owned();
    }
    text.chars().take(longest).chain(['…']).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_program_says_becomes_a_sentence() {
        assert_eq!(sentence("there is no run `trun_1`"), "There is no run “trun_1”.");
        assert_eq!(sentence("add a source (`--source DIR`)"), "Add a source (“--source DIR”).");
        assert_eq!(sentence("https://a.test/ answered 403"), "https://a.test/ answered 403.");
        assert_eq!(sentence("Done."), "Done.");
    }

    #[test]
    fn numbers_and_times_are_written_for_people() {
        assert_eq!(
            [count(0), count(999), count(1_284), count(100_000)],
            ["0", "999", "1,284", "100,000"]
        );
        assert_eq!(when(TimeMs(1_795_356_007_000)), "22 Nov 2026, 14:00 UTC");
        let all = [400, 1_000, 65_000, 300_000, 7_260_000].map(spent);
        assert_eq!(all, ["0.4 s", "1 s", "1 min 5 s", "5 min", "2 h 1 min"]);
        assert_eq!([168_000, 21_600_000].map(clock), ["2:48", "6:00:00"]);
        let all = [0, 42, 31_400, 100_000, 6_000_000, 1_284_500_000].map(dollars);
        assert_eq!(all, ["$0", "$0.0001", "$0.031", "$0.100", "$6.00", "$1,284.50"]);
        assert_eq!(place("https://a.test/x/"), "a.test/x");
    }
}
