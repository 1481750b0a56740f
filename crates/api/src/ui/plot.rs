//! Plots as inline SVG, each with its numbers in words.

use std::fmt::Write as _;

use domain::clock::TimeMs;

use crate::ui::parts::escaped;
use crate::ui::words;

/// How many rows had ended when; `points` are `(rows, ms)`, rising. Nothing where there is no line to draw.
pub(super) fn progress(points: &[(i64, i64)], began_ms: i64, total: i64) -> Option<String> {
    let (last, end_ms) = points.last().copied()?;
    let spent = (end_ms - began_ms).max(1);
    if points.len() < 2 || total == 0 {
        return None;
    }
    let share = |part: i64, of: i64| {
        let (part, of) = (u32::try_from(part.max(0)), u32::try_from(of.max(1)));
        f64::from(part.unwrap_or(u32::MAX)) / f64::from(of.unwrap_or(u32::MAX)) * 100.0
    };
    let mut line = String::from("0,40");
    for (rows, at) in points {
        let (x, y) = (share(at - began_ms, spent), 40.0 - share(*rows, total) * 0.39);
        let _ = write!(line, " {x:.1},{y:.1}");
    }
    let label = format!(
        "Rows finished over time: none at {}, {} of {} at {}",
        words::when(TimeMs(began_ms)),
        words::count(last),
        words::count(total),
        scale(began_ms, end_ms).1,
    );
    Some(format!(
        "<svg class=\"plot\" viewBox=\"0 0 100 40\" preserveAspectRatio=\"none\" role=\"img\" aria-label=\"{}\">\
         <line class=\"axis\" x1=\"0\" x2=\"100\" y1=\"39.5\" y2=\"39.5\"/><polyline class=\"line\" points=\"{line}\"/></svg>",
        escaped(&label)
    ))
}

/// What stands at the two ends of the time.
pub(super) fn scale(began_ms: i64, end_ms: i64) -> (String, String) {
    let (from, to) = (words::when(TimeMs(began_ms)), words::when(TimeMs(end_ms)));
    match end_ms - began_ms {
        _ if from != to => (from, to),
        ..1_000 => (from, "at once".into()),
        spent => (from, format!("{} later", words::spent(spent))),
    }
}

/// Rows a second of late, and nothing where too little is known.
pub(super) fn rate(points: &[(i64, i64)], now_ms: i64) -> Option<f64> {
    /// How many of the points count as late.
    const LATE: usize = 12;
    /// Rows that all end within so short a time say nothing of those behind them.
    const BURST_MS: i64 = 3_000;
    /// After so long without a row, and so many times as long as one took, nobody knows.
    const SILENCE_MS: i64 = 15_000;
    const SILENT: i64 = 10;
    let late = &points[points.len().saturating_sub(LATE)..];
    let ((first, from), (last, to)) = (*late.first()?, *late.last()?);
    let (rows, silent) = (last - first, now_ms - to);
    if rows <= 0 || to - from < BURST_MS {
        return None;
    }
    let usual = (to - from) / rows;
    if silent > SILENCE_MS.max(SILENT * usual) {
        return None;
    }
    // Time without a row counts once it is longer than one takes.
    let ms = to - from + (silent - usual).max(0);
    let (rows, ms) = (i32::try_from(rows).ok()?, i32::try_from(ms).ok()?);
    Some(f64::from(rows) / f64::from(ms) * 1000.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_rate_is_that_of_late_and_falls_while_nothing_ends_until_nothing_can_be_told() {
        let points: Vec<(i64, i64)> = (1..=20).map(|n| (n, n * 1000)).collect();
        assert_eq!(rate(&points, 20_000), Some(1.0));
        assert!(rate(&points, 34_000).unwrap() < 0.5);
        assert_eq!(rate(&points, 60_000), None, "the rest hangs");
        assert_eq!(rate(&points[..1], 20_000), None);
        assert_eq!(rate(&[(1, 100), (6, 600)], 1_000), None, "six at once tell nothing");
    }

    #[test]
    fn a_plot_says_its_numbers() {
        let plot = progress(&[(1, 1000), (4, 2000)], 0, 8).unwrap();
        assert!(plot.contains("4 of 8 at") && plot.contains("100.0,20.5"), "{plot}");
        assert_eq!(progress(&[(1, 1000)], 0, 8), None);
        assert_eq!(scale(0, 2_000), ("1 Jan 1970, 00:00 UTC".into(), "2 s later".into()));
        assert_eq!(scale(0, 60_000).1, "1 Jan 1970, 00:01 UTC");
    }
}
