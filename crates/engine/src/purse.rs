//! What a run may still ask of models: calls, tokens and money, kept to before each call and not after it.
//!
//! A purse is split between parts of the work that go on side by side, so that what one of them may do never depends
//! on how fast the other is: a run that is executed again asks for the same things.

use std::sync::{Mutex, PoisonError};

use domain::processor::Caps;
use serde::{Deserialize, Serialize};

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

/// What bounds the calls of a run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Cap {
    Calls,
    InputTokens,
    Money,
}

impl Cap {
    /// The cap with its value and the name of its setting.
    pub(crate) fn in_words(self, caps: &Caps) -> String {
        let micro = caps.cost_micro_usd;
        match self {
            Self::Calls => format!("the cap of calls of models ({}, `calls`)", caps.calls),
            Self::InputTokens => {
                format!("the cap of tokens sent to models ({}, `input_tokens`)", caps.input_tokens)
            }
            Self::Money => format!(
                "the cap of money (${}.{:04}, `cost_usd`)",
                micro / 1_000_000,
                micro % 1_000_000 / 100
            ),
        }
    }
}

/// Calls, tokens sent and millionths of a dollar.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
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
    /// How far it reaches with the writing included; `None` for one of several parts, of which none is written from.
    until_written: Option<Cost>,
}

/// Leave to make one call for something, at most at this cost.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Grant {
    pub(crate) phase: Phase,
    pub(crate) most: Cost,
}

impl Purse {
    pub(crate) fn new(caps: &Caps) -> Self {
        let caps = Cost {
            calls: caps.calls.into(),
            input_tokens: caps.input_tokens,
            micro_usd: caps.cost_micro_usd,
        };
        let until_written = Some(caps.percent(Phase::Write.ceiling()));
        Self { caps, planned_calls: caps.calls, used: Mutex::default(), until_written }
    }

    fn used(&self) -> std::sync::MutexGuard<'_, Cost> {
        self.used.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Sets the cost aside, if it fits under the ceiling of what it is for; else says which cap forbids it.
    pub(crate) fn grant(&self, phase: Phase, most: Cost) -> Result<Grant, Cap> {
        self.grant_before(phase, most, &[])
    }

    /// The same where it is of no use unless the rest fits as well.
    pub(crate) fn grant_before(
        &self,
        phase: Phase,
        most: Cost,
        rest: &[(Phase, Cost)],
    ) -> Result<Grant, Cap> {
        let mut used = self.used();
        let sum = used.plus(most);
        sum.fits(self.caps.percent(phase.ceiling()))?;
        let mut with_rest = sum;
        for (phase, most) in rest {
            with_rest = with_rest.plus(*most);
            let ceiling = match phase {
                Phase::Look | Phase::Check => Some(self.caps.percent(phase.ceiling())),
                Phase::Write => self.until_written,
            };
            ceiling.map_or(Ok(()), |ceiling| with_rest.fits(ceiling))?;
        }
        *used = sum;
        Ok(Grant { phase, most })
    }

    /// Puts what was really spent in the place of what was set aside.
    pub(crate) fn settle(&self, grant: Grant, spent: Cost) {
        let mut used = self.used();
        *used = used.minus(grant.most).plus(spent);
    }

    /// What was spent without a grant: by an attempt that a crash ended.
    pub(crate) fn charge(&self, spent: Cost) {
        let mut used = self.used();
        *used = used.plus(spent);
    }

    /// Equal parts of what may still be spent on looking. Within a part all of it may be.
    pub(crate) fn split(&self, parts: u32) -> Vec<Self> {
        let used = *self.used();
        let left = self.caps.percent(Phase::Look.ceiling()).minus(used);
        let parts = u64::from(parts.max(1));
        let one = Cost {
            calls: left.calls / parts,
            input_tokens: left.input_tokens / parts,
            micro_usd: left.micro_usd / parts,
        };
        // The parts are for looking, of which only a share of a purse is for.
        let caps = one.grossed_up(Phase::Look.ceiling());
        let planned_calls = self.planned_calls / parts;
        let until_written = self.until_written.filter(|_| parts == 1);
        let until_written = until_written.map(|until| until.minus(used));
        let part = |_| Self { caps, planned_calls, used: Mutex::default(), until_written };
        (0..parts).map(part).collect()
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
    pub(crate) const fn plus(self, other: Self) -> Self {
        Self {
            calls: self.calls + other.calls,
            input_tokens: self.input_tokens + other.input_tokens,
            micro_usd: self.micro_usd + other.micro_usd,
        }
    }

    pub(crate) const fn minus(self, other: Self) -> Self {
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

    pub(crate) const fn is_nothing(self) -> bool {
        self.calls == 0 && self.input_tokens == 0 && self.micro_usd == 0
    }

    /// The first cap that it passes, where it passes one.
    const fn fits(self, ceiling: Self) -> Result<(), Cap> {
        match () {
            () if self.micro_usd > ceiling.micro_usd => Err(Cap::Money),
            () if self.input_tokens > ceiling.input_tokens => Err(Cap::InputTokens),
            () if self.calls > ceiling.calls => Err(Cap::Calls),
            () => Ok(()),
        }
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
        let count = |phase| std::iter::from_fn(|| purse.grant(phase, ONE).ok()).count();
        assert_eq!((count(Phase::Look), count(Phase::Write), count(Phase::Check)), (7, 1, 2));
    }

    #[test]
    fn each_cap_binds_alone() {
        let purse = purse(1_000);
        let tokens = Cost { input_tokens: 10_001, ..ONE };
        assert_eq!(purse.grant(Phase::Check, tokens), Err(Cap::InputTokens));
        let money = Cost { micro_usd: 1_001, ..ONE };
        assert_eq!(purse.grant(Phase::Check, money), Err(Cap::Money));
        assert!(purse.grant(Phase::Check, Cost { micro_usd: 1_000, ..ONE }).is_ok());
    }

    #[test]
    fn what_is_of_no_use_without_the_rest_is_not_granted_where_that_does_not_fit() {
        let purse = purse(100);
        let rest = [(Phase::Look, Cost { micro_usd: 400, ..ONE }), (Phase::Write, ONE)];
        assert!(purse.grant_before(Phase::Look, Cost { micro_usd: 300, ..ONE }, &rest).is_ok());
        assert_eq!(purse.grant_before(Phase::Look, ONE, &rest), Err(Cap::Money));
        assert_eq!(purse.used_percent(), 30);
        let writing = [(Phase::Write, Cost { micro_usd: 600, ..ONE })];
        assert_eq!(purse.grant_before(Phase::Look, ONE, &writing), Err(Cap::Money));
        let parts = purse.split(2);
        assert!(
            parts[0].grant_before(Phase::Look, ONE, &writing).is_ok(),
            "written from the whole"
        );
    }

    #[test]
    fn what_is_not_spent_comes_back() {
        let purse = purse(10);
        let grant = purse.grant(Phase::Look, Cost { micro_usd: 600, ..ONE }).unwrap();
        assert!(purse.grant(Phase::Look, Cost { micro_usd: 600, ..ONE }).is_err());
        purse.settle(grant, ONE);
        assert!(purse.grant(Phase::Look, Cost { micro_usd: 600, ..ONE }).is_ok());
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
            assert_eq!(std::iter::from_fn(|| part.grant(Phase::Look, ONE).ok()).count(), 5);
            purse.absorb(part);
        }
        assert_eq!(purse.grant(Phase::Look, ONE), Err(Cap::Calls));
        assert!(purse.grant(Phase::Write, ONE).is_ok());
    }
}
