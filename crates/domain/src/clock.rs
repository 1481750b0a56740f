//! Time and chance as values: handed in at construction, never asked of the machine here.

use std::fmt;
use std::sync::Arc;

use time::OffsetDateTime;
use time::format_description::BorrowedFormatItem;
use time::macros::format_description;

/// UTC milliseconds since 1970-01-01.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct TimeMs(pub i64);

/// As the Task API writes times: microseconds and `Z`.
const RFC_3339_MICROS: &[BorrowedFormatItem<'static>] =
    format_description!("[year]-[month]-[day]T[hour]:[minute]:[second].[subsecond digits:6]Z");

impl TimeMs {
    #[must_use]
    pub const fn plus_ms(self, ms: i64) -> Self {
        Self(self.0.saturating_add(ms))
    }

    /// Milliseconds from `earlier` to `self`; 0 when `earlier` is later.
    pub fn since_ms(self, earlier: Self) -> i64 {
        (self.0 - earlier.0).max(0)
    }

    /// RFC 3339 with microseconds, for example `2026-11-22T14:00:00.000000Z`.
    pub fn rfc3339(self) -> String {
        self.civil()
            .format(RFC_3339_MICROS)
            .unwrap_or_else(|_| "1970-01-01T00:00:00.000000Z".into())
    }

    /// The calendar day in UTC, for example `2026-11-22`.
    pub fn date(self) -> String {
        self.rfc3339()[..10].to_owned()
    }

    fn civil(self) -> OffsetDateTime {
        OffsetDateTime::from_unix_timestamp_nanos(i128::from(self.0) * 1_000_000)
            .unwrap_or(OffsetDateTime::UNIX_EPOCH)
    }
}

/// Where the time comes from: the machine in `cli`, a hand-set value in tests.
#[derive(Clone)]
pub struct Clock(Arc<dyn Fn() -> TimeMs + Send + Sync>);

impl Clock {
    pub fn new(now: impl Fn() -> TimeMs + Send + Sync + 'static) -> Self {
        Self(Arc::new(now))
    }

    pub fn now(&self) -> TimeMs {
        (self.0)()
    }
}

impl fmt::Debug for Clock {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Clock")
    }
}

/// Where the randomness of ids comes from: the system in `cli`, a counted seed in tests.
#[derive(Clone)]
pub struct Chance(Arc<dyn Fn() -> u128 + Send + Sync>);

impl Chance {
    pub fn new(next: impl Fn() -> u128 + Send + Sync + 'static) -> Self {
        Self(Arc::new(next))
    }

    /// 128 bits nobody can guess.
    pub fn next(&self) -> u128 {
        (self.0)()
    }
}

impl fmt::Debug for Chance {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Chance")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_written_with_microseconds_and_z() {
        assert_eq!(TimeMs(1_795_356_000_123).rfc3339(), "2026-11-22T14:00:00.123000Z");
        assert_eq!(TimeMs(0).date(), "1970-01-01");
    }
}
