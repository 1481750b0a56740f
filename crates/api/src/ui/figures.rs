//! The figures of a run: what it has used of time, searches, pages and money, each with its cap.

use domain::clock::TimeMs;
use domain::processor::Engine;
use domain::run::Run;
use domain::spec::Spec;

use crate::ui::parts::meter;
use crate::ui::words;

/// A number and its cap.
pub(super) struct StatView {
    pub(super) name: &'static str,
    pub(super) value: String,
    /// Milliseconds on a clock that runs.
    pub(super) spent: Option<i64>,
    pub(super) bound: String,
    pub(super) meter: String,
}

/// What a run has used so far.
pub(super) struct Used {
    pub(super) searches: u32,
    /// Those that could not be read, too.
    pub(super) pages: u32,
    /// Addresses that any search or link offered.
    pub(super) considered: u32,
    /// What models took, in millionths of a US dollar, as far as their prices are known.
    pub(super) cost_micro_usd: Option<i64>,
    /// Whether a model answered whose price is not known.
    pub(super) has_unpriced: bool,
}

/// The figures in the order in which they are shown.
pub(super) fn of(
    run: &Run,
    spec: &Spec,
    now: TimeMs,
    has_prices: bool,
    used: &Used,
) -> Vec<StatView> {
    let caps = spec.processor.caps;
    let wall_ms = i64::try_from(caps.wall.as_millis()).unwrap_or(i64::MAX);
    let spent_ms = run.started_at.map_or(0, |began| run.finished_at.unwrap_or(now).since_ms(began));
    let number = |name, so_far: u32, cap: u32| StatView {
        name,
        value: words::count(i64::from(so_far)),
        spent: None,
        bound: format!("of {}", words::count(i64::from(cap))),
        meter: meter(f64::from(so_far), f64::from(cap), &format!("{so_far} of {cap}"), true),
    };
    let seconds = |ms: i64| f64::from(i32::try_from(ms / 1000).unwrap_or(i32::MAX));
    let clock = StatView {
        name: "Time",
        value: words::clock(spent_ms),
        spent: (run.started_at.is_some() && run.state.is_active()).then_some(spent_ms),
        bound: format!("of {}", words::clock(wall_ms)),
        meter: meter(
            seconds(spent_ms),
            seconds(wall_ms),
            &format!("{} of {}", words::clock(spent_ms), words::clock(wall_ms)),
            true,
        ),
    };
    let considered = StatView {
        name: "Addresses considered",
        value: words::count(i64::from(used.considered)),
        spent: None,
        bound: String::new(),
        meter: String::new(),
    };
    let mut stats = vec![
        clock,
        number("Searches", used.searches, caps.searches),
        number("Pages", used.pages, caps.pages),
    ];
    let is_priced = has_prices || used.cost_micro_usd.is_some();
    if used.has_unpriced {
        stats.push(unknown_cost());
    } else if spec.processor.engine == Engine::Model && is_priced {
        stats.push(cost(used.cost_micro_usd.unwrap_or(0), caps.cost_micro_usd));
    }
    stats.push(considered);
    stats
}

/// What models took, of what they may take.
fn cost(micro_usd: i64, cap: u64) -> StatView {
    let used = u64::try_from(micro_usd).unwrap_or(0);
    let number = |micro: u64| f64::from(u32::try_from(micro).unwrap_or(u32::MAX));
    let (value, bound) = (words::dollars(used), format!("of {}", words::dollars(cap)));
    let label = format!("{value} {bound}");
    StatView {
        name: "Cost",
        value,
        spent: None,
        bound,
        meter: meter(number(used), number(cap), &label, true),
    }
}

fn unknown_cost() -> StatView {
    StatView {
        name: "Cost",
        value: "unknown".into(),
        spent: None,
        bound: "no price is set".into(),
        meter: String::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_spent_comes_with_its_bound() {
        let stat = cost(31_000, 100_000);
        assert_eq!((stat.value.as_str(), stat.bound.as_str()), ("$0.031", "of $0.100"));
        assert!(stat.meter.contains("width=\"31.0\""), "{}", stat.meter);
    }
}
