//! Leaves a provider alone that keeps failing, so that nobody waits for it in vain.

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use domain::clock::TimeMs;

use crate::failed::Failed;

/// Failures in a row after which a provider is left alone. Fewer would punish a single bad minute of a busy one.
const MAX_FAILURES: u32 = 5;
/// How long it is left alone where nothing else is configured; then one request tries.
pub(crate) const PAUSE: Duration = Duration::from_secs(30);
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
    until: TimeMs,
    last: Failed,
}

impl Breaker {
    pub(crate) fn new(pause: Duration) -> Self {
        let pause_ms = i64::try_from(pause.as_millis()).unwrap_or(i64::MAX);
        Self { state: Mutex::default(), pause_ms }
    }

    /// Why no request may be sent now, for those who have not waited for their place yet.
    pub(crate) fn check(&self, model: &str, now: TimeMs) -> Result<(), Failed> {
        self.look(model, now, false)
    }

    /// Whether a request may be sent now. After a pause the first that asks may, and the others wait for what it finds.
    pub(crate) fn admit(&self, model: &str, now: TimeMs) -> Result<(), Failed> {
        self.look(model, now, true)
    }

    fn look(&self, model: &str, now: TimeMs, is_trial: bool) -> Result<(), Failed> {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(shut) = &mut state.shut else { return Ok(()) };
        if shut.until <= now {
            if is_trial {
                // Whoever comes while this one is on its way is refused as before.
                shut.until = now.plus_ms(self.pause_ms);
            }
            return Ok(());
        }
        let left_ms = u64::try_from(shut.until.since_ms(now)).unwrap_or_default();
        let retry_after = Duration::from_millis(left_ms);
        let model = model.to_owned();
        Err(match &shut.last {
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
            | Failed::Down { .. } => {
                Failed::Down { model, retry_after, why: shut.last.to_string() }
            }
        })
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
        state.shut = Some(Shut { until: now.plus_ms(pause_ms), last: failed.clone() });
    }
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
            assert_eq!(breaker.admit("m", START), Ok(()));
        }
        breaker.failed(&broken(), START);
        assert!(matches!(breaker.admit("m", START), Err(Failed::Down { .. })));
        let later = START.plus_ms(30_000);
        assert_eq!(breaker.check("m", later), Ok(()), "a look is no try");
        assert_eq!(breaker.admit("m", later), Ok(()));
        assert!(matches!(breaker.admit("m", later), Err(Failed::Down { .. })), "one at a time");
        breaker.answered();
        assert_eq!(breaker.admit("m", later), Ok(()));
    }

    #[test]
    fn an_answer_in_between_begins_the_count_anew() {
        let breaker = Breaker::new(PAUSE);
        for _ in 0..4 {
            breaker.failed(&broken(), START);
        }
        breaker.answered();
        breaker.failed(&broken(), START);
        assert_eq!(breaker.admit("m", START), Ok(()));
    }

    #[test]
    fn a_used_up_account_pauses_at_once_under_the_name_that_asks() {
        let breaker = Breaker::new(PAUSE);
        breaker.failed(&Failed::Quota { model: "a".into(), why: "no credit".into() }, START);
        let refused = Failed::Quota { model: "b".into(), why: "no credit".into() };
        assert_eq!(breaker.admit("b", START.plus_ms(599_999)), Err(refused));
        assert_eq!(breaker.admit("b", START.plus_ms(600_000)), Ok(()));
    }
}
