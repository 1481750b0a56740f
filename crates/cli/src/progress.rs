//! Progress on stderr: a live bar on a terminal, plain lines otherwise.

use std::io::IsTerminal as _;
use std::time::{Duration, Instant};

use domain::event::Progress;
use domain::group::Counts;
use indicatif::{ProgressBar, ProgressStyle};

/// How often a line about rows is printed where there is no bar.
const LINE_EVERY: Duration = Duration::from_secs(3);
const SPIN_EVERY: Duration = Duration::from_millis(120);

/// How far one run is.
pub(crate) struct Run(Option<ProgressBar>);

impl Run {
    pub(crate) fn start() -> Self {
        Self(bar(100, "{spinner} {bar:24} {pos:>3} %  {elapsed}  {wide_msg}"))
    }

    pub(crate) fn say(&self, message: &str) {
        match &self.0 {
            Some(bar) => bar.set_message(message.to_owned()),
            None => eprintln!("  {message}"),
        }
    }

    /// A line that stays, above the bar.
    pub(crate) fn keep(&self, line: &str) {
        match &self.0 {
            Some(bar) => bar.println(line),
            None => eprintln!("  {line}"),
        }
    }

    pub(crate) fn at(&self, numbers: &Progress) {
        if let Some(bar) = &self.0 {
            bar.set_position(u64::from(numbers.percent));
        }
    }

    pub(crate) fn end(&self) {
        if let Some(bar) = &self.0 {
            bar.finish_and_clear();
        }
    }
}

/// How far the rows of a group are.
pub(crate) struct Rows {
    bar: Option<ProgressBar>,
    began: Instant,
    ended_before: i64,
    line_at: Instant,
}

impl Rows {
    pub(crate) fn start(first: Counts, now: Instant) -> Self {
        let total = u64::try_from(first.total()).unwrap_or(0);
        let bar = bar(total, "{spinner} {bar:24} {pos} of {len} rows  {elapsed}  {wide_msg}");
        Self { bar, began: now, ended_before: first.ended(), line_at: now }
    }

    pub(crate) fn at(&mut self, now: Counts) {
        let says = self.pace(now);
        match &self.bar {
            Some(bar) => {
                bar.set_position(u64::try_from(now.ended()).unwrap_or(0));
                bar.set_message(says);
            }
            None if self.line_at.elapsed() >= LINE_EVERY || !now.is_active() => {
                self.line_at = Instant::now();
                eprintln!("  {} of {} rows done  {says}", now.ended(), now.total());
            }
            None => {}
        }
    }

    /// Rate and time left, from what was done since we looked first.
    fn pace(&self, now: Counts) -> String {
        let done = u32::try_from(now.ended() - self.ended_before).unwrap_or(0);
        let spent = self.began.elapsed();
        let failed =
            if now.failed > 0 { format!(", {} failed", now.failed) } else { String::new() };
        if done == 0 || spent.is_zero() {
            return failed.trim_start_matches(", ").to_owned();
        }
        let rate = f64::from(done) / spent.as_secs_f64();
        let left = u32::try_from(now.active()).unwrap_or(u32::MAX);
        let time_left = Duration::from_secs_f64((f64::from(left) / rate).min(1e7));
        let left =
            if left > 0 { format!(", about {} left", brief(time_left)) } else { String::new() };
        format!("{rate:.1} rows/s{left}{failed}")
    }

    pub(crate) fn end(&self) {
        if let Some(bar) = &self.bar {
            bar.finish_and_clear();
        }
    }
}

fn bar(length: u64, template: &str) -> Option<ProgressBar> {
    if !std::io::stderr().is_terminal() {
        return None;
    }
    let style =
        ProgressStyle::with_template(template).unwrap_or_else(|_| ProgressStyle::default_bar());
    let bar = ProgressBar::new(length).with_style(style.progress_chars("━╸ "));
    bar.enable_steady_tick(SPIN_EVERY);
    Some(bar)
}

/// A duration for people: `0.4 s`, `12 s`, `3 min 5 s`, `2 h 10 min`.
pub(crate) fn brief(duration: Duration) -> String {
    let seconds = duration.as_secs();
    match seconds {
        0..10 => format!("{:.1} s", duration.as_secs_f64()),
        10..60 => format!("{seconds} s"),
        60..3600 => format!("{} min {} s", seconds / 60, seconds % 60),
        _ => format!("{} h {} min", seconds / 3600, seconds % 3600 / 60),
    }
}
