//! How far a table is: rows finished, time left, rate, cells filled.

use domain::group::Group;
use store::{GroupMarks, Tally};

use super::finished;
use crate::App;
use crate::ui::parts::meter;
use crate::ui::{plot, words};

pub(super) struct Stats {
    pub(super) ended: String,
    pub(super) total: String,
    pub(super) meter: String,
    pub(super) under: String,
    pub(super) left: Option<String>,
    pub(super) rate: Option<String>,
    pub(super) filled: Option<(String, String)>,
    pub(super) look: Option<String>,
}

pub(super) fn stats(app: &App, group: &Group, marks: &GroupMarks, points: &[(i64, i64)]) -> Stats {
    let counts = &group.counts;
    let (ended, total) = (finished(group), counts.total());
    let number = |n: i64| f64::from(u32::try_from(n.max(0)).unwrap_or(u32::MAX));
    let rate = plot::rate(points, app.store.clock().now().0).filter(|_| counts.is_active());
    let left = rate.map(|rate| {
        let seconds = (number(counts.active()) / rate).clamp(0.0, 1e9);
        #[expect(clippy::cast_possible_truncation, reason = "clamped to what fits")]
        let seconds = seconds as i64;
        words::spent(seconds * 1000)
    });
    let mut cells = Tally::default();
    for (_, tally) in &marks.fields {
        cells.missing += tally.missing;
        cells.high += tally.total() - tally.missing;
    }
    let all = cells.total();
    let working =
        [(counts.running, "working"), (counts.failed, "failed"), (counts.cancelled, "cancelled")];
    let under: Vec<String> = working
        .iter()
        .filter(|(count, _)| *count > 0)
        .map(|(count, word)| format!("{} {word}", words::count(*count)))
        .collect();
    let looks =
        [(marks.rows.conflict, "with a conflict"), (marks.rows.low, "with a low confidence")];
    let look: Vec<String> = looks
        .iter()
        .filter(|(count, _)| *count > 0)
        .map(|(count, what)| format!("{} {what}", words::counted(*count, "row", "rows")))
        .collect();
    Stats {
        ended: words::count(ended),
        total: words::count(total),
        meter: meter(
            number(ended),
            number(total),
            &format!("{ended} of {total} rows finished"),
            false,
        ),
        under: under.join(", "),
        left,
        rate: rate.map(|rate| {
            if rate < 10.0 {
                format!("{:.0} rows a minute", rate * 60.0)
            } else {
                format!("{rate:.0} rows a second")
            }
        }),
        filled: (all > 0).then(|| {
            (
                format!("{:.1} %", number(cells.high) / number(all) * 100.0),
                format!("{} of {}", words::count(cells.high), words::count(all)),
            )
        }),
        look: (!look.is_empty()).then(|| look.join(", ")),
    }
}

/// The share of a column's cells that have a value, in percent.
pub(super) fn filled(tally: &Tally) -> i64 {
    let all = tally.total();
    if all == 0 { 0 } else { (all - tally.missing) * 100 / all }
}
