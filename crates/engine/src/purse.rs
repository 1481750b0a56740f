//! What a run may still ask of models: calls, tokens and money, kept to before each call and not after it.
//!
//! A purse is split between parts of the work that go on side by side, so that what one of them may do never depends
//! on how fast the other is: a run that is executed again asks for the same things.

use std::sync::{Mutex, PoisonError};

use domain::processor::Caps;

/// What a call is for. Looking leaves room for writing, and writing for checking, so that there is an answer at the end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Phase {
    Look,
    Write,
    Check,
}

impl Phase {
    /// Up to which share of each cap it may go, in percent.
    const fn ceiling(self) -> u64 {
        match self {
            Self::Look => 70,
            Self::Write => 88,
            Self::Check => 100,
        }
    }
}

/// Calls, tokens sent and millionths of a dollar.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Cost {
    pub(crate) calls: u64,
    pub(crate) input_tokens: u64,
    pub(crate) micro_usd: u64,
}

#[derive(Debug)]
pub(crate) struct Purse {
    caps: Cost,
    /// Calls that it would have if no worker had ever been lost. Planners are told of these: what stands in a prompt must be
    /// the same when a run is executed again.
    planned_calls: u64,
    used: Mutex<Cost>,
}

/// Leave to make one call, at most at this cost.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Grant(pub(crate) Cost);

impl Purse {
    pub(crate) fn new(caps: &Caps) -> Self {
        let caps = Cost {
            calls: caps.calls.into(),
            input_tokens: caps.input_tokens,
            micro_usd: caps.cost_micro_usd,
        };
        Self { caps, planned_calls: caps.calls, used: Mutex::default() }
    }

    fn used(&self) -> std::sync::MutexGuard<'_, Cost> {
        self.used.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Sets the cost aside, if it fits under the ceiling of what it is for.
    pub(crate) fn grant(&self, phase: Phase, most: Cost) -> Option<Grant> {
        let mut used = self.used();
        let sum = used.plus(most);
        let ceiling = self.caps.percent(phase.ceiling());
        if !sum.fits(ceiling) {
            return None;
        }
        *used = sum;
        Some(Grant(most))
    }

    /// Puts what was really spent in the place of what was set aside.
    pub(crate) fn settle(&self, grant: Grant, spent: Cost) {
        let mut used = self.used();
        *used = used.minus(grant.0).plus(spent);
    }

    /// What was spent without a grant: by an attempt that a crash ended.
    pub(crate) fn charge(&self, spent: Cost) {
        let mut used = self.used();
        *used = used.plus(spent);
    }

    /// Equal parts of what may still be spent on looking. Within a part all of it may be.
    pub(crate) fn split(&self, parts: u32) -> Vec<Self> {
        let left = self.caps.percent(Phase::Look.ceiling()).minus(*self.used());
        let parts = u64::from(parts.max(1));
        let one = Cost {
            calls: left.calls / parts,
            input_tokens: left.input_tokens / parts,
            micro_usd: left.micro_usd / parts,
        };
        // The parts are for looking, of which only a share of a purse is for.
        let caps = one.grossed_up(Phase::Look.ceiling());
        let planned_calls = self.planned_calls / parts;
        (0..parts).map(|_| Self { caps, planned_calls, used: Mutex::default() }).collect()
    }

    /// Takes a part back in, with what it spent.
    pub(crate) fn absorb(&self, part: &Self) {
        let spent = *part.used();
        self.charge(spent);
    }

    /// Calls that may still be made for this.
    pub(crate) fn calls_left(&self, phase: Phase) -> u64 {
        self.caps.percent(phase.ceiling()).minus(*self.used()).calls
    }

    /// How much of the tightest cap is used, in percent.
    pub(crate) fn used_percent(&self) -> u64 {
        let used = *self.used();
        let share = |used: u64, cap: u64| (used * 100).checked_div(cap).unwrap_or(100);
        share(used.calls, self.caps.calls)
            .max(share(used.input_tokens, self.caps.input_tokens))
            .max(share(used.micro_usd, self.caps.micro_usd))
    }

    /// `7 of 45 model calls`, for those who plan.
    pub(crate) fn in_words(&self) -> String {
        format!("{} of {} model calls", self.used().calls, self.planned_calls)
    }
}

impl Cost {
    const fn plus(self, other: Self) -> Self {
        Self {
            calls: self.calls + other.calls,
            input_tokens: self.input_tokens + other.input_tokens,
            micro_usd: self.micro_usd + other.micro_usd,
        }
    }

    const fn minus(self, other: Self) -> Self {
        Self {
            calls: self.calls.saturating_sub(other.calls),
            input_tokens: self.input_tokens.saturating_sub(other.input_tokens),
            micro_usd: self.micro_usd.saturating_sub(other.micro_usd),
        }
    }

    const fn percent(self, percent: u64) -> Self {
        Self {
            // A cap of four calls leaves two for looking and one for writing.
            calls: self.calls * percent / 100,
            input_tokens: self.input_tokens * percent / 100,
            micro_usd: self.micro_usd * percent / 100,
        }
    }

    const fn grossed_up(self, percent: u64) -> Self {
        Self {
            calls: (self.calls * 100).div_ceil(percent),
            input_tokens: (self.input_tokens * 100).div_ceil(percent),
            micro_usd: (self.micro_usd * 100).div_ceil(percent),
        }
    }

    const fn fits(self, ceiling: Self) -> bool {
        self.calls <= ceiling.calls
            && self.input_tokens <= ceiling.input_tokens
            && self.micro_usd <= ceiling.micro_usd
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn purse(calls: u32) -> Purse {
        let caps = testkit::build::processor("core").caps;
        Purse::new(&Caps { calls, input_tokens: 10_000, cost_micro_usd: 1_000, ..caps })
    }

    const ONE: Cost = Cost { calls: 1, input_tokens: 100, micro_usd: 10 };

    #[test]
    fn looking_leaves_room_for_writing_and_writing_for_checking() {
        let purse = purse(10);
        let count = |phase| std::iter::from_fn(|| purse.grant(phase, ONE)).count();
        assert_eq!((count(Phase::Look), count(Phase::Write), count(Phase::Check)), (7, 1, 2));
    }

    #[test]
    fn each_cap_binds_alone() {
        let purse = purse(1_000);
        assert_eq!(purse.grant(Phase::Check, Cost { input_tokens: 10_001, ..ONE }), None);
        assert_eq!(purse.grant(Phase::Check, Cost { micro_usd: 1_001, ..ONE }), None);
        assert!(purse.grant(Phase::Check, Cost { micro_usd: 1_000, ..ONE }).is_some());
    }

    #[test]
    fn what_is_not_spent_comes_back() {
        let purse = purse(10);
        let grant = purse.grant(Phase::Look, Cost { micro_usd: 600, ..ONE }).unwrap();
        assert_eq!(purse.grant(Phase::Look, Cost { micro_usd: 600, ..ONE }), None);
        purse.settle(grant, ONE);
        assert!(purse.grant(Phase::Look, Cost { micro_usd: 600, ..ONE }).is_some());
    }

    #[test]
    fn what_planners_are_told_does_not_change_when_calls_were_lost() {
        let (calm, crashed) = (purse(20), purse(20));
        crashed.charge(Cost { calls: 3, ..Cost::default() });
        assert_eq!(calm.split(2)[0].in_words(), crashed.split(2)[0].in_words());
    }

    #[test]
    fn parts_may_spend_what_is_left_for_looking_and_no_more() {
        let purse = purse(20);
        purse.charge(Cost { calls: 4, ..Cost::default() });
        let parts = purse.split(2);
        for part in &parts {
            assert_eq!(std::iter::from_fn(|| part.grant(Phase::Look, ONE)).count(), 5);
            purse.absorb(part);
        }
        assert_eq!(purse.grant(Phase::Look, ONE), None);
        assert!(purse.grant(Phase::Write, ONE).is_some());
    }
}
