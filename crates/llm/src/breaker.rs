//! Leaves a provider alone that keeps failing, so that nobody waits for it in vain.

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use domain::clock::TimeMs;

use crate::failed::Failed;

/// Failures in a row after which a provider is left alone. Fewer would punish a single bad minute of a busy one.
const MAX_FAILURES: u32 = 5;
/// How long it is left alone where nothing else is configured; then one request tries.
pub(crate) const PAUSE: Duration = Duration::from_secs(30);
/// After so long those look again who wait for the one that tries.
const A_TRY_MS: i64 = 2_000;
/// An account that is used up is rarely topped up sooner.
const QUOTA_PAUSE_MS: i64 = 600_000;
/// A wrong key stays wrong, and many tries with it look like an attack.
const AUTH_PAUSE_MS: i64 = 60_000;

/// One per provider and account. Cancelled calls leave it as it is.
#[derive(Debug)]
pub(crate) struct Breaker {
    state: Mutex<State>,
    pause_ms: i64,
}

#[derive(Debug, Default)]
struct State {
    failures: u32,
    shut: Option<Shut>,
}

#[derive(Debug, Clone)]
struct Shut {
    since: TimeMs,
    until: TimeMs,
    /// Until when the one that tries is waited for.
    tried_until: Option<TimeMs>,
    last: Failed,
}

impl Shut {
    /// Whether somebody may try: the pause is over, or the work was asked for again since it began.
    fn is_for(&self, now: TimeMs, asked_again_at: Option<TimeMs>) -> bool {
        self.until <= now || asked_again_at > Some(self.since)
    }
}

impl Breaker {
    pub(crate) fn new(pause: Duration) -> Self {
        let pause_ms = i64::try_from(pause.as_millis()).unwrap_or(i64::MAX);
        Self { state: Mutex::default(), pause_ms }
    }

    /// Why no request may be sent now, for those who have not waited for their place yet. `asked_again_at`: when somebody
    /// asked for the work to be done again, if anybody has.
    pub(crate) fn check(
        &self,
        model: &str,
        now: TimeMs,
        asked_again_at: Option<TimeMs>,
    ) -> Result<(), Failed> {
        self.look(model, now, asked_again_at, false)
    }

    /// Whether a request may be sent now. After a pause the first that asks may, and the others wait for what it finds; who
    /// comes with work that was asked for again need not wait for the end of the pause.
    pub(crate) fn admit(
        &self,
        model: &str,
        now: TimeMs,
        asked_again_at: Option<TimeMs>,
    ) -> Result<(), Failed> {
        self.look(model, now, asked_again_at, true)
    }

    fn look(
        &self,
        model: &str,
        now: TimeMs,
        asked_again_at: Option<TimeMs>,
        is_trial: bool,
    ) -> Result<(), Failed> {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(shut) = &mut state.shut else { return Ok(()) };
        let model = model.to_owned();
        if !shut.is_for(now, asked_again_at) {
            return Err(left_alone(model, shut.until.since_ms(now), &shut.last));
        }
        if let Some(tried_until) = shut.tried_until.filter(|until| now < *until) {
            let left_ms = tried_until.since_ms(now).min(A_TRY_MS);
            return Err(down(model, left_ms, &shut.last));
        }
        if is_trial {
            shut.tried_until = Some(now.plus_ms(self.pause_ms));
        }
        Ok(())
    }

    pub(crate) fn answered(&self) {
        *self.state.lock().unwrap_or_else(PoisonError::into_inner) = State::default();
    }

    pub(crate) fn failed(&self, failed: &Failed, now: TimeMs) {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        let pause_ms = match failed {
            Failed::Quota { .. } => QUOTA_PAUSE_MS,
            Failed::Auth { .. } => AUTH_PAUSE_MS,
            Failed::Overloaded { .. }
            | Failed::Silent { .. }
            | Failed::Broken { .. }
            | Failed::Offline { .. } => {
                state.failures += 1;
                if state.failures < MAX_FAILURES {
                    return;
                }
                self.pause_ms
            }
            // It works, and says no to this question or for this moment.
            Failed::Rate { .. }
            | Failed::Bad { .. }
            | Failed::TooLong { .. }
            | Failed::Cut { .. }
            | Failed::Blocked { .. }
            | Failed::Empty { .. }
            | Failed::Garbled { .. } => {
                *state = State::default();
                return;
            }
            Failed::Unknown { .. }
            | Failed::Forbidden { .. }
            | Failed::Withdrawn { .. }
            | Failed::Down { .. } => return,
        };
        let until = now.plus_ms(pause_ms);
        state.shut = Some(Shut { since: now, until, tried_until: None, last: failed.clone() });
    }
}

/// Why a provider is not asked that is left alone for so long yet.
fn left_alone(model: String, left_ms: i64, last: &Failed) -> Failed {
    match last {
        Failed::Quota { why, .. } => Failed::Quota { model, why: why.clone() },
        Failed::Auth { why, .. } => Failed::Auth { model, why: why.clone() },
        Failed::Unknown { .. }
        | Failed::Rate { .. }
        | Failed::Bad { .. }
        | Failed::TooLong { .. }
        | Failed::Cut { .. }
        | Failed::Overloaded { .. }
        | Failed::Blocked { .. }
        | Failed::Empty { .. }
        | Failed::Garbled { .. }
        | Failed::Silent { .. }
        | Failed::Broken { .. }
        | Failed::Forbidden { .. }
        | Failed::Withdrawn { .. }
        | Failed::Offline { .. }
        | Failed::Down { .. } => down(model, left_ms, last),
    }
}

fn down(model: String, left_ms: i64, last: &Failed) -> Failed {
    let retry_after = Duration::from_millis(u64::try_from(left_ms).unwrap_or_default());
    Failed::Down { model, retry_after, why: last.to_string() }
}

#[cfg(test)]
mod tests {
    use super::*;

    const START: TimeMs = TimeMs(1_000_000);

    fn broken() -> Failed {
        Failed::Overloaded { model: "m".into(), status: 500, why: "oops".into() }
    }

    #[test]
    fn after_five_failures_in_a_row_nobody_asks_until_one_has_tried() {
        let breaker = Breaker::new(PAUSE);
        for _ in 0..4 {
            breaker.failed(&broken(), START);
            assert_eq!(breaker.admit("m", START, None), Ok(()));
        }
        breaker.failed(&broken(), START);
        assert!(matches!(breaker.admit("m", START, None), Err(Failed::Down { .. })));
        let later = START.plus_ms(30_000);
        assert_eq!(breaker.check("m", later, None), Ok(()), "a look is no try");
        assert_eq!(breaker.admit("m", later, None), Ok(()));
        assert!(
            matches!(breaker.admit("m", later, None), Err(Failed::Down { .. })),
            "one at a time"
        );
        breaker.answered();
        assert_eq!(breaker.admit("m", later, None), Ok(()));
    }

    #[test]
    fn an_answer_in_between_begins_the_count_anew() {
        let breaker = Breaker::new(PAUSE);
        for _ in 0..4 {
            breaker.failed(&broken(), START);
        }
        breaker.answered();
        breaker.failed(&broken(), START);
        assert_eq!(breaker.admit("m", START, None), Ok(()));
    }

    #[test]
    fn a_used_up_account_pauses_at_once_under_the_name_that_asks() {
        let breaker = Breaker::new(PAUSE);
        breaker.failed(&Failed::Quota { model: "a".into(), why: "no credit".into() }, START);
        let refused = Failed::Quota { model: "b".into(), why: "no credit".into() };
        assert_eq!(breaker.admit("b", START.plus_ms(599_999), None), Err(refused));
        assert_eq!(breaker.admit("b", START.plus_ms(600_000), None), Ok(()));
    }

    #[test]
    fn work_that_is_asked_for_again_tries_once_for_all_of_it() {
        let breaker = Breaker::new(PAUSE);
        let quota = || Failed::Quota { model: "m".into(), why: "no credit".into() };
        breaker.failed(&quota(), START);
        let (again, now) = (Some(START.plus_ms(5_000)), START.plus_ms(6_000));
        assert_eq!(breaker.admit("m", now, None), Err(quota()), "nobody asked for this again");
        assert_eq!(breaker.admit("m", now, Some(START)), Err(quota()), "asked for before");
        assert_eq!(breaker.admit("m", now, again), Ok(()));
        let waits = breaker.check("m", now, again);
        assert!(matches!(waits, Err(Failed::Down { .. })), "the others wait: {waits:?}");
        assert_eq!(breaker.admit("m", now, None), Err(quota()));
        breaker.failed(&quota(), now.plus_ms(10));
        assert_eq!(breaker.admit("m", now.plus_ms(20), again), Err(quota()), "it was tried");
        assert_eq!(breaker.admit("m", now.plus_ms(20), Some(now.plus_ms(15))), Ok(()));
        breaker.answered();
        assert_eq!(breaker.admit("m", now.plus_ms(30), None), Ok(()));
    }
}
