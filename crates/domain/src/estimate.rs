//! What work will probably take and cost, before it is begun.

use std::fmt::Write as _;
use std::time::Duration;

use crate::processor::{Engine, Processor};

/// Of the middle of all cases and of nineteen in twenty.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Range<T> {
    pub p50: T,
    pub p95: T,
}

/// Time and money for some rows on one processor.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Estimate {
    pub rows: u64,
    /// One row, or one question.
    pub each: Range<Duration>,
    /// All of them, as many at a time as there is room for.
    pub all: Range<Duration>,
    /// Millionths of a US dollar for all; `None` where prices are not known, zero where nothing is bought.
    pub cost_micro_usd: Option<Range<u64>>,
    /// What the caps of the processor allow for all, which no run passes.
    pub at_most: Bound,
    /// Rows that are worked on at the same time.
    pub at_once: u64,
    /// Earlier runs on the same processor that it is measured on; 0: from the caps of the processor.
    pub measured_on: usize,
}

/// The time and the money that no work passes once it has begun.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Bound {
    pub time: Duration,
    pub cost_micro_usd: u64,
}

/// How earlier runs on a processor went.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Measured {
    /// From beginning to end of each completed run, in any order.
    pub times: Vec<Duration>,
    /// What each took of the clock: of runs side by side, a part of the time that they took together.
    pub shares: Vec<Duration>,
    /// Millionths of a dollar of those whose cost is known.
    pub costs: Vec<u64>,
    /// How long a call of a model takes on average.
    pub call: Option<Duration>,
}

/// What is known of whom the work is given to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Offer {
    /// Rows that are worked on at the same time; 0 counts as 1.
    pub at_once: u32,
    pub prices: Prices,
    /// Whether models run on a machine of one's own, which answers slowly and one question at a time.
    pub is_local: bool,
}

/// What models cost.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Prices {
    /// At least one of them has no price.
    #[default]
    Unknown,
    Known,
    /// All have prices, which are zero.
    Free,
}

/// Runs that are needed before measurements count for more than caps.
const ENOUGH: usize = 5;
/// A call of a model where none has been measured: a hosted one reads a prompt and writes a page in about this time.
const CALL: Duration = Duration::from_secs(6);
/// The same on a machine of one's own: 2,000 tokens to read and 300 to write, at some ten a second.
const LOCAL_CALL: Duration = Duration::from_secs(40);
/// The share of its calls that a run makes in the middle case, in percent: most stop before their caps.
const USUAL_PERCENT: u32 = 45;
/// Calls of one run under way at the same time, on average over its stages.
const AT_ONCE: u32 = 3;

/// Rows on a processor that is served by `offer`.
pub fn estimate(processor: &Processor, measured: &Measured, rows: u64, offer: Offer) -> Estimate {
    let is_measured = measured.times.len() >= ENOUGH;
    // Where runs wait for the same machine, their times hold the waiting of all others.
    let times = if offer.is_local { &measured.shares } else { &measured.times };
    let each = if is_measured { of_times(times) } else { of_caps(processor, measured, offer) };
    // Shares of the clock count already what goes on at the same time.
    let at_once = if is_measured && offer.is_local { 1 } else { u64::from(offer.at_once.max(1)) };
    let turns = u32::try_from(rows.div_ceil(at_once)).unwrap_or(u32::MAX);
    // Slow rows and quick ones mix: only a single one may be as slow as the slowest.
    let mixed = |one: Duration| one.saturating_mul(turns);
    let all = Range {
        p50: mixed(each.p50),
        p95: if turns > 1 {
            mixed(each.p50 + (each.p95.saturating_sub(each.p50)) / 3)
        } else {
            each.p95
        },
    };
    let cost_micro_usd = match (processor.engine, offer.prices) {
        (Engine::Extractive | Engine::Noop, _) | (Engine::Model, Prices::Free) => {
            Some(Range { p50: 0, p95: 0 })
        }
        (Engine::Model, Prices::Unknown) => None,
        (Engine::Model, Prices::Known) => {
            let one = if measured.costs.len() >= ENOUGH {
                of_costs(&measured.costs)
            } else {
                let cap = processor.caps.cost_micro_usd;
                Range { p50: cap * u64::from(USUAL_PERCENT) / 100, p95: cap }
            };
            Some(Range { p50: one.p50 * rows, p95: one.p95 * rows })
        }
    };
    let measured_on = if is_measured { measured.times.len() } else { 0 };
    let at_most = Bound {
        time: processor.caps.wall.saturating_mul(turns),
        cost_micro_usd: processor.caps.cost_micro_usd.saturating_mul(rows),
    };
    let at_once = rows.min(at_once);
    Estimate { rows, each, all, cost_micro_usd, at_most, at_once, measured_on }
}

fn of_caps(processor: &Processor, measured: &Measured, offer: Offer) -> Range<Duration> {
    match processor.engine {
        Engine::Extractive | Engine::Noop => {
            Range { p50: processor.usual.0, p95: processor.usual.1 }
        }
        Engine::Model => {
            let calls = processor.caps.calls;
            let usual = if offer.is_local { LOCAL_CALL } else { CALL };
            let call = measured.call.unwrap_or(usual);
            let caps = &processor.caps;
            let width =
                if offer.is_local { 1 } else { AT_ONCE * caps.width.max(1) * caps.branches.max(1) };
            let time = |calls: u32| call.saturating_mul(calls.div_ceil(width).max(3));
            Range {
                p50: time(calls * USUAL_PERCENT / 100).min(processor.caps.wall),
                p95: time(calls).min(processor.caps.wall),
            }
        }
    }
}

fn of_times(times: &[Duration]) -> Range<Duration> {
    let mut sorted = times.to_vec();
    sorted.sort_unstable();
    Range { p50: at(&sorted, 50), p95: at(&sorted, 95) }
}

fn of_costs(costs: &[u64]) -> Range<u64> {
    let mut sorted = costs.to_vec();
    sorted.sort_unstable();
    Range { p50: at(&sorted, 50), p95: at(&sorted, 95) }
}

/// The value at a percentile of a list that is sorted and not empty.
fn at<T: Copy + Default>(sorted: &[T], percent: usize) -> T {
    let place = (sorted.len() * percent).div_ceil(100).saturating_sub(1);
    sorted.get(place).copied().unwrap_or_default()
}

impl Estimate {
    /// `300 rows × 40 s, 4 at a time ≈ 50 min, mostly within 1 h, at most 6 h 15; about $1.20, mostly within $2.00,
    /// at most $15.00 (measured on 41 runs)`
    pub fn in_words(&self) -> String {
        let mut words = if self.rows > 1 {
            let (rows, each, all) = (self.rows, time(self.each.p50), time(self.all.p50));
            match self.at_once {
                1 => format!("{rows} rows × {each} ≈ {all}"),
                at_once => format!("{rows} rows × {each}, {at_once} at a time ≈ {all}"),
            }
        } else {
            about(self.all.p50)
        };
        let mostly = self.all.p95.max(Duration::from_secs(1)).min(self.at_most.time);
        let _ =
            write!(words, ", mostly within {}, at most {}", time(mostly), time(self.at_most.time));
        match self.cost_micro_usd {
            None => words.push_str("; cost unknown: no price is set for the model"),
            Some(Range { p95: 0, .. }) => words.push_str("; no money"),
            Some(cost) => {
                let (usual, most) = (dollars(cost.p50), dollars(cost.p95));
                let bound = dollars(self.at_most.cost_micro_usd);
                let _ = write!(words, "; about {usual}, mostly within {most}, at most {bound}");
            }
        }
        match self.measured_on {
            0 => words.push_str(" (from the caps of the processor; nothing was measured yet)"),
            runs => {
                let _ = write!(words, " (measured on {runs} runs)");
            }
        }
        words
    }
}

fn about(duration: Duration) -> String {
    match duration.as_secs() {
        0 => time(duration),
        _ => format!("about {}", time(duration)),
    }
}

fn time(time: Duration) -> String {
    let seconds = time.as_secs();
    match seconds {
        0 => "under a second".into(),
        1..120 => format!("{seconds} s"),
        120..7_200 => format!("{} min", seconds.div_ceil(60)),
        _ => {
            let minutes = seconds / 60 % 60;
            if minutes == 0 {
                format!("{} h", seconds / 3_600)
            } else {
                format!("{} h {minutes:02}", seconds / 3_600)
            }
        }
    }
}

fn dollars(micro: u64) -> String {
    if micro >= 1_000_000 {
        format!("${}.{:02}", micro / 1_000_000, micro / 10_000 % 100)
    } else {
        format!("${}.{:04}", micro / 1_000_000, micro / 100 % 10_000)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn model(name: &str) -> Processor {
        let known = crate::processor::defaults().into_iter().find(|known| known.name == name);
        Processor { engine: Engine::Model, ..known.unwrap() }
    }

    const PRICED: Offer = Offer { at_once: 1, prices: Prices::Known, is_local: false };

    #[test]
    fn a_model_of_ones_own_is_slow_and_costs_nothing_before_anything_is_measured() {
        let own = Offer { prices: Prices::Free, is_local: true, ..PRICED };
        let own = estimate(&model("core"), &Measured::default(), 10, own);
        let hosted = estimate(&model("core"), &Measured::default(), 10, PRICED);
        assert!(own.all.p50 > hosted.all.p50 * 10, "{own:?} {hosted:?}");
        assert!(own.in_words().contains("no money"), "{}", own.in_words());
    }

    fn measured(seconds: u64) -> Measured {
        let times = vec![Duration::from_secs(seconds); 9];
        Measured { shares: times.clone(), times, costs: vec![2_000; 9], call: None }
    }

    #[test]
    fn rows_that_wait_for_each_other_add_up() {
        let estimate = estimate(&model("core"), &measured(40), 300, PRICED);
        assert_eq!(
            estimate.in_words(),
            "300 rows × 40 s ≈ 3 h 20, mostly within 3 h 20, at most 25 h; about $0.6000, mostly within $0.6000, at most $15.00 (measured on 9 runs)"
        );
        let wide = super::estimate(&model("core"), &measured(1), 6, Offer { at_once: 8, ..PRICED });
        let said = wide.in_words();
        assert!(
            said.starts_with("6 rows × 1 s, 6 at a time ≈ 1 s, mostly within 1 s, at most 5 min;"),
            "{said}"
        );
    }

    #[test]
    fn rows_that_waited_for_one_machine_are_not_counted_once_for_each_that_they_waited_for() {
        let shares = vec![Duration::from_secs(2); 9];
        let measured = Measured { shares, ..measured(20) };
        let own = Offer { prices: Prices::Free, is_local: true, ..PRICED };
        let said = estimate(&model("core"), &measured, 12, own).in_words();
        assert!(said.starts_with("12 rows × 2 s ≈ 24 s"), "{said}");
        let hosted = estimate(&model("core"), &measured, 12, PRICED).in_words();
        assert!(hosted.starts_with("12 rows × 20 s"), "{hosted}");
    }

    #[test]
    fn without_measurements_the_caps_speak_and_a_slow_model_is_taken_as_it_is() {
        let slow = Measured { call: Some(Duration::from_mins(1)), ..Measured::default() };
        let slow = estimate(&model("core"), &slow, 1, PRICED);
        let fast = estimate(&model("core"), &Measured::default(), 1, PRICED);
        assert!(slow.all.p50 > fast.all.p50 * 5, "{slow:?} {fast:?}");
        assert_eq!(fast.cost_micro_usd.unwrap().p95, 50_000);
        assert!(fast.in_words().ends_with("nothing was measured yet)"), "{}", fast.in_words());
    }

    #[test]
    fn an_unknown_price_is_no_price_of_zero() {
        let unknown = estimate(&model("core"), &measured(4), 1, Offer::default());
        assert_eq!(unknown.cost_micro_usd, None);
        assert!(unknown.in_words().contains("cost unknown"));
        let rules = Processor { engine: Engine::Extractive, ..model("core") };
        let by_rules = estimate(&rules, &measured(4), 1, Offer::default());
        assert!(by_rules.in_words().contains("no money"));
    }
}
