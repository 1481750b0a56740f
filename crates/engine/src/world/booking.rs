//! What a question to models sets aside before each of its requests leaves, and what it came to.

use std::sync::{Mutex, MutexGuard, PoisonError};

use llm::{Leaving, Profile, Request, Wasted};
use store::{Amount, Call};

use super::World;
use crate::purse::{Cap, Cost, Grant, Phase, Purse};

/// One question on its way.
pub(super) struct Booking<'a> {
    world: &'a World,
    purse: &'a Purse,
    request: &'a Request,
    call: &'a Call,
    state: Mutex<State>,
}

struct State {
    /// What the purse has granted for it in all.
    granted: Grant,
    /// What is set aside against the caps of the run in all.
    set_aside: Cost,
    /// Of that, what is there for the request that leaves next.
    open: Cost,
    has_left: bool,
    /// Who was not asked because a cap leaves no room.
    refused: Option<(String, Cap)>,
    broken: Option<store::Failed>,
}

impl<'a> Booking<'a> {
    pub(super) fn new(
        world: &'a World,
        purse: &'a Purse,
        grant: Grant,
        request: &'a Request,
        call: &'a Call,
    ) -> Self {
        let state = State {
            open: grant.most,
            granted: grant,
            set_aside: Cost::default(),
            has_left: false,
            refused: None,
            broken: None,
        };
        Self { world, purse, request, call, state: Mutex::new(state) }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Writes down what is set aside, before a request leaves; answers whether it may.
    pub(super) async fn reserve(&self, more: Option<Cost>) -> bool {
        let Some(more) = more else { return false };
        let (amount, attempt) = (amount(more, self.request), self.world.claimed.attempt);
        let outcome = self.world.store.reserve(self.call, attempt, amount).await;
        let may_leave = outcome.is_ok();
        let mut state = self.lock();
        state.has_left |= may_leave;
        state.broken = outcome.err();
        may_leave
    }

    /// What is to be set aside for a request beside what is; `None` where a cap forbids it. What the model before did not
    /// spend is there for the one that stands in for it.
    pub(super) fn granted(&self, leaving: Leaving<'_>) -> Option<Cost> {
        let mut state = self.lock();
        let most = expected(Some(leaving.profile), self.request);
        let is_first = !state.has_left;
        let there = if is_first || leaving.is_unspent { state.open } else { Cost::default() };
        let more = most.minus(there);
        let phase = state.granted.phase;
        let name = || leaving.profile.name.clone();
        if !more.is_nothing() {
            match self.purse.grant(phase, more) {
                Ok(grant) => state.granted.most = state.granted.most.plus(grant.most),
                Err(cap) => {
                    state.refused = Some((name(), cap));
                    return None;
                }
            }
        }
        // A purse counts what this attempt knows of; the caps hold for what earlier ones have spent, too.
        let beyond = if is_first { there.plus(more) } else { more };
        match self.world.till.grant(Phase::Check, beyond) {
            Ok(grant) => state.set_aside = state.set_aside.plus(grant.most),
            Err(cap) => {
                state.refused = Some((name(), cap));
                return None;
            }
        }
        state.open = there.plus(more);
        Some(beyond)
    }

    /// Whether a request has left, or the database did not take what was set aside.
    pub(super) fn has_left(&self) -> Result<bool, store::Failed> {
        let mut state = self.lock();
        state.broken.take().map_or(Ok(state.has_left), Err)
    }

    pub(super) fn refused(&self) -> Option<(String, Cap)> {
        self.lock().refused.clone()
    }

    /// Puts what was really spent in the place of what was set aside.
    pub(super) fn settle(self, spent: Cost) {
        let state = self.state.into_inner().unwrap_or_else(PoisonError::into_inner);
        self.world.till.settle(Grant { most: state.set_aside, ..state.granted }, spent);
        self.purse.settle(state.granted, spent);
    }

    /// It was cut off: all that was set aside may have been spent.
    pub(super) fn cut_off(self) {
        let set_aside = self.lock().set_aside;
        self.settle(set_aside);
    }
}

/// Answers fill a small part of the room that they are given; what one takes beyond is settled afterwards.
const PART_FILLED: u64 = 4;

/// What a question will cost with a model, on the safe side: caps are kept to by what is expected, and exceeded at most by
/// calls under way.
pub(super) fn expected(profile: Option<&Profile>, request: &Request) -> Cost {
    expected_of(profile, llm::tokens::prompt(request), request.max_output_tokens)
}

pub(super) fn expected_of(profile: Option<&Profile>, prompt: u32, max_output: u32) -> Cost {
    let prompt = u64::from(prompt);
    let output = u64::from(max_output).div_ceil(PART_FILLED);
    let micro_usd = profile.and_then(|profile| profile.price).map_or(0, |price| {
        (prompt.saturating_mul(price.input).saturating_add(output.saturating_mul(price.output)))
            .div_ceil(1_000_000)
    });
    Cost { calls: 1, input_tokens: prompt, micro_usd }
}

/// What a request cost that brought nothing of use; where its provider does not say, what it was expected to cost.
pub(super) fn of_wasted(wasted: &Wasted, profile: Option<&Profile>, request: &Request) -> Cost {
    let Some(usage) = wasted.usage else { return expected(profile, request) };
    Cost {
        calls: 1,
        input_tokens: usage.input_tokens.into(),
        micro_usd: wasted.cost_micro_usd.unwrap_or(0),
    }
}

/// The same for the ledger, which counts tokens both ways.
pub(super) fn amount(most: Cost, request: &Request) -> Amount {
    let output = if most.calls > 0 { u64::from(request.max_output_tokens) } else { 0 };
    let tokens = most.input_tokens.saturating_add(output);
    Amount {
        tokens: i64::try_from(tokens).unwrap_or(i64::MAX),
        micro_usd: i64::try_from(most.micro_usd).unwrap_or(i64::MAX),
    }
}
