//! The gate before a provider: how many questions are with it, how soon after one another, and whether it is asked
//! at all. It slows down when told to, and recovers with each answer.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::{Instant, sleep_until, timeout};

use crate::Hit;
use crate::providers::wire::{Fault, Pace};

/// Longest wait for a turn; a question that would wait longer is not asked, and the receipt says so.
const MAX_WAIT: Duration = Duration::from_secs(30);
/// Slowest pace; whoever asks for a slower one is left alone instead.
const MAX_GAP: Duration = Duration::from_secs(20);
/// What a pace is doubled from where there was none.
const FIRST_GAP: Duration = Duration::from_millis(500);
/// How long a provider is left alone that said "later" without saying when.
const DEFAULT_AWAY: Duration = Duration::from_secs(10);
/// Longest time that is believed.
const MAX_AWAY: Duration = Duration::from_hours(1);
/// How long nobody asks a provider whose quota is used up or whose key is wrong.
const CLOSED_AWAY: Duration = Duration::from_mins(10);
/// Failures in a row that open the breaker.
const BREAKER: u32 = 4;
/// How long it stays open at first, and at most; it doubles with each trial that fails.
const OPEN: Duration = Duration::from_secs(30);
const MAX_OPEN: Duration = Duration::from_mins(10);
/// So long after somebody else's question one's own counts as asked under load.
const LOAD: Duration = Duration::from_secs(2);

pub(super) struct Gate {
    places: Arc<Semaphore>,
    at_once: u32,
    usual_gap: Duration,
    state: Mutex<State>,
}

struct State {
    gap: Duration,
    next: Option<Instant>,
    last: Option<Instant>,
    failures: u32,
    /// Until when nobody asks it, and why.
    away: Option<(Instant, Fault)>,
}

/// Being asked. Whoever holds it is with the provider.
pub(super) struct Place {
    _permit: OwnedSemaphorePermit,
    is_alone: bool,
}

impl Place {
    /// Whether nobody else asks, nor asked shortly before. One after the other is no load.
    pub(super) const fn is_alone(&self) -> bool {
        self.is_alone
    }
}

impl Gate {
    pub(super) fn new(pace: Pace) -> Self {
        let at_once = u32::try_from(pace.at_once.max(1)).unwrap_or(1);
        let state = State { gap: pace.every, next: None, last: None, failures: 0, away: None };
        Self {
            places: Arc::new(Semaphore::new(at_once as usize)),
            at_once,
            usual_gap: pace.every,
            state: Mutex::new(state),
        }
    }

    /// Waits for a turn, if it comes soon enough.
    pub(super) async fn enter(&self) -> Result<Place, Fault> {
        self.enter_with(1).await
    }

    /// Waits until nobody else is with the provider.
    pub(super) async fn enter_alone(&self) -> Result<Place, Fault> {
        self.enter_with(self.at_once).await
    }

    async fn enter_with(&self, places: u32) -> Result<Place, Fault> {
        self.check_away()?;
        let waiting = Arc::clone(&self.places).acquire_many_owned(places);
        let permit = timeout(MAX_WAIT, waiting).await;
        let permit = permit.map_err(|_| Fault::Crowded)?.map_err(|_| Fault::Crowded)?;
        // Somebody before us may have been sent away.
        self.check_away()?;
        let (turn, is_alone) = self.reserve().ok_or(Fault::Crowded)?;
        sleep_until(turn).await;
        Ok(Place { _permit: permit, is_alone: is_alone || places == self.at_once })
    }

    fn check_away(&self) -> Result<(), Fault> {
        let state = self.lock();
        let Some((until, why)) = &state.away else { return Ok(()) };
        let left = until.saturating_duration_since(Instant::now());
        if left.is_zero() { Ok(()) } else { Err(Fault::LeftAlone(left, Box::new(why.clone()))) }
    }

    /// Takes the next free moment; `None` if it is too far away.
    fn reserve(&self) -> Option<(Instant, bool)> {
        let mut state = self.lock();
        let now = Instant::now();
        let turn = state.next.map_or(now, |next| next.max(now));
        if turn - now > MAX_WAIT {
            return None;
        }
        let is_alone = state.last.is_none_or(|last| turn.saturating_duration_since(last) > LOAD);
        state.next = Some(turn + state.gap);
        state.last = Some(turn);
        Some((turn, is_alone))
    }

    /// Learns from an answer.
    pub(super) fn note(&self, answer: &Result<Vec<Hit>, Fault>) {
        let mut state = self.lock();
        let now = Instant::now();
        let away = match answer {
            Ok(_) => {
                state.failures = 0;
                // A tenth faster with each answer, down to the usual pace.
                state.gap = (state.gap * 9 / 10).max(self.usual_gap);
                None
            }
            Err(Fault::Rate(wait)) => {
                state.gap = (state.gap * 2).clamp(FIRST_GAP, MAX_GAP);
                Some(wait.unwrap_or(DEFAULT_AWAY).min(MAX_AWAY))
            }
            Err(Fault::Quota | Fault::Auth) => Some(CLOSED_AWAY),
            Err(Fault::Overloaded | Fault::Silent | Fault::Garbage(_) | Fault::NoEngine(_)) => {
                state.failures += 1;
                let beyond = state.failures.checked_sub(BREAKER);
                beyond.map(|beyond| (OPEN * (1 << beyond.min(8))).min(MAX_OPEN))
            }
            // Of the query or of our own house, not of the provider.
            Err(
                Fault::TooLong
                | Fault::BadRequest
                | Fault::Setup(_)
                | Fault::Closed(_)
                | Fault::LeftAlone(..)
                | Fault::Crowded,
            ) => None,
        };
        if let (Some(away), Err(why)) = (away, answer) {
            state.away = Some((now + away, why.clone()));
        }
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn gate() -> Gate {
        Gate::new(Pace::parallel(2, 10))
    }

    fn gap(gate: &Gate) -> Duration {
        gate.lock().gap
    }

    #[tokio::test]
    async fn a_provider_that_asks_for_a_pause_gets_it_and_a_slower_pace() {
        let gate = gate();
        gate.note(&Err(Fault::Rate(Some(Duration::from_mins(2)))));
        let refused = gate.enter().await.err();
        assert!(
            matches!(refused, Some(Fault::LeftAlone(left, _)) if left > Duration::from_secs(110)),
            "{refused:?}"
        );
        assert_eq!(gap(&gate), FIRST_GAP);
        gate.note(&Ok(Vec::new()));
        assert_eq!(gap(&gate), Duration::from_millis(450));
        (0..100).for_each(|_| gate.note(&Ok(Vec::new())));
        assert_eq!(gap(&gate), Duration::from_millis(10));
    }

    #[tokio::test]
    async fn the_breaker_opens_after_four_failures_in_a_row_and_closes_with_an_answer() {
        let gate = gate();
        for _ in 1..BREAKER {
            gate.note(&Err(Fault::Overloaded));
        }
        assert!(gate.enter().await.is_ok());
        gate.note(&Err(Fault::Silent));
        assert!(
            matches!(gate.enter().await.err(), Some(Fault::LeftAlone(left, _)) if left <= OPEN)
        );
        // The trial after it fails: twice as long.
        gate.note(&Err(Fault::Silent));
        assert!(matches!(gate.enter().await.err(), Some(Fault::LeftAlone(left, _)) if left > OPEN));
        gate.lock().away = None;
        gate.note(&Ok(Vec::new()));
        assert!(gate.enter().await.is_ok());
        assert_eq!(gate.lock().failures, 0);
    }

    #[tokio::test]
    async fn a_question_that_would_wait_too_long_is_not_asked() {
        let gate = Gate::new(Pace::serial(20_000));
        assert!(gate.enter().await.is_ok());
        gate.lock().next = Some(Instant::now() + MAX_WAIT * 2);
        assert_eq!(gate.enter().await.err(), Some(Fault::Crowded));
    }

    #[tokio::test]
    async fn one_after_the_other_keeps_its_distance() {
        let gate = Gate::new(Pace::serial(60));
        let began = Instant::now();
        let first = gate.enter().await.unwrap();
        assert!(first.is_alone());
        drop(first);
        let second = gate.enter().await.unwrap();
        assert!(began.elapsed() >= Duration::from_millis(60));
        assert!(second.is_alone());
    }

    #[tokio::test]
    async fn whoever_asks_beside_others_is_not_alone() {
        let gate = gate();
        let first = gate.enter().await.unwrap();
        let second = gate.enter().await.unwrap();
        assert!(first.is_alone() && !second.is_alone());
        drop((first, second));
        assert!(gate.enter_alone().await.unwrap().is_alone());
    }
}
