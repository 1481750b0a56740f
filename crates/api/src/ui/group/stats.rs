//! How far a table is: rows finished, time left, rate, cells filled.

use domain::group::{Counts, Group};
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
    let (mut with_value, mut all) = (0, 0);
    for (_, tally) in &marks.fields {
        with_value += tally.total() - tally.missing;
        all += looked_for(tally, counts);
    }
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
                format!("{:.1} %", number(with_value) / number(all) * 100.0),
                format!("{} of {}", words::count(with_value), words::count(all)),
            )
        }),
        look: (!look.is_empty()).then(|| look.join(", ")),
    }
}

/// The cells of a column that were looked for: those of rows that failed are among them, and stay empty.
pub(in crate::ui) fn looked_for(tally: &Tally, counts: &Counts) -> i64 {
    let without = (counts.total() - tally.total()).max(0);
    tally.total() + counts.failed.min(without)
}

/// The share of them that have a value, in percent.
pub(super) fn filled(tally: &Tally, counts: &Counts) -> i64 {
    let all = looked_for(tally, counts);
    if all == 0 { 0 } else { (tally.total() - tally.missing) * 100 / all }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cells_of_rows_that_failed_are_not_filled() {
        let counts = Counts { completed: 1, failed: 1, queued: 3, ..Counts::default() };
        let tally = Tally { high: 1, ..Tally::default() };
        assert_eq!((looked_for(&tally, &counts), filled(&tally, &counts)), (2, 50));
        // A value that came before the row was tried again, and failed.
        let counts = Counts { failed: 1, ..Counts::default() };
        assert_eq!(looked_for(&tally, &counts), 1);
    }
}
