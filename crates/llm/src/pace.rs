//! How many requests are under way at the same time, and when the next may go.
//!
//! A hosted model's number grows with each answer and is halved when the provider says that it is too much. A local
//! model's begins at one and grows only while more requests at a time bring more tokens per second. Both wait as long
//! as the provider asks, and until its window begins anew when nothing is left in it.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::Notify;
use tokio::time::Instant;

use crate::hints::Hints;
use crate::manner::Waiting;

/// Where a hosted model begins.
const START: f64 = 4.0;
/// How much more tokens per second one more request at a time must bring to a local model.
const WORTHWHILE: f64 = 1.1;
/// Answers per place after which a local model's speed is judged.
const ANSWERS_PER_PLACE: u32 = 3;
/// Longest wait for a window that is reported as used up: headers that say more are for other purposes.
const MAX_WINDOW: Duration = Duration::from_mins(1);

#[derive(Debug)]
pub(crate) struct Pace {
    state: Mutex<State>,
    freed: Notify,
}

#[derive(Debug)]
struct State {
    /// Its whole part is how many may be under way.
    limit: f64,
    ceiling: f64,
    under_way: u32,
    hold_until: Option<Instant>,
    requests_left: Option<(u64, Instant)>,
    tokens_left: Option<(u64, Instant)>,
    growth: Growth,
}

#[derive(Debug)]
enum Growth {
    /// By one with each answer until the first time it was too much, then by one in as many answers as are under way.
    Additive {
        cut_at: Option<Instant>,
    },
    ByThroughput(Window),
}

/// What a local model did at its present number of places.
#[derive(Debug)]
struct Window {
    since: Instant,
    answers: u32,
    tokens: u64,
    /// Tokens per second with one place less; `None` at one place, or when growing has been given up.
    before: Option<f64>,
    has_settled: bool,
}

/// A place among the requests under way; given back when it is dropped.
#[derive(Debug)]
pub(crate) struct Permit {
    pace: Arc<Pace>,
    since: Instant,
}

impl Pace {
    pub(crate) fn hosted(ceiling: u32) -> Self {
        let growth = Growth::Additive { cut_at: None };
        Self::new(START.min(f64::from(ceiling)), ceiling, growth)
    }

    pub(crate) fn local(ceiling: u32) -> Self {
        Self::new(1.0, ceiling, Growth::ByThroughput(Window::new(None, Instant::now())))
    }

    fn new(limit: f64, ceiling: u32, growth: Growth) -> Self {
        let state = State {
            limit,
            ceiling: f64::from(ceiling.max(1)),
            under_way: 0,
            hold_until: None,
            requests_left: None,
            tokens_left: None,
            growth,
        };
        Self { state: Mutex::new(state), freed: Notify::new() }
    }

    /// Waits for a place. Where the provider asks for a wait that is longer than it is `waiting`, the error says how long it
    /// would have been.
    pub(crate) async fn enter(
        self: &Arc<Self>,
        tokens: u32,
        waiting: &Waiting<'_>,
    ) -> Result<Permit, Duration> {
        loop {
            let mut freed = std::pin::pin!(self.freed.notified());
            freed.as_mut().enable();
            let now = Instant::now();
            let step = self.lock().step(u64::from(tokens), now);
            match step {
                Step::Go => return Ok(Permit { pace: Arc::clone(self), since: now }),
                Step::Full => freed.await,
                Step::Hold(until) => {
                    let wait = until - now;
                    if wait > waiting.left(now) {
                        return Err(wait);
                    }
                    tokio::time::sleep_until(until).await;
                }
            }
        }
    }

    /// How many may be under way now.
    pub(crate) fn places(&self) -> u32 {
        self.lock().places()
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

enum Step {
    Go,
    Full,
    Hold(Instant),
}

impl State {
    fn places(&self) -> u32 {
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "from 1 to the ceiling"
        )]
        let places = self.limit as u32;
        places
    }

    fn step(&mut self, tokens: u64, now: Instant) -> Step {
        let window = |left: Option<(u64, Instant)>, needed: u64| {
            left.filter(|(left, until)| *left < needed && *until > now).map(|(_, until)| until)
        };
        let hold = [
            self.hold_until.filter(|until| *until > now),
            window(self.requests_left, 1),
            window(self.tokens_left, tokens),
        ];
        if let Some(until) = hold.into_iter().flatten().max() {
            return Step::Hold(until);
        }
        if self.under_way >= self.places() {
            return Step::Full;
        }
        self.under_way += 1;
        for (left, used) in [(&mut self.requests_left, 1), (&mut self.tokens_left, tokens)] {
            if let Some((left, _)) = left {
                *left = left.saturating_sub(used);
            }
        }
        Step::Go
    }

    fn heed(&mut self, hints: &Hints, now: Instant) {
        let until = |left: crate::hints::Left| (left.remaining, now + left.reset.min(MAX_WINDOW));
        self.requests_left = hints.requests.map(until).or(self.requests_left);
        self.tokens_left = hints.tokens.map(until).or(self.tokens_left);
    }

    fn grow(&mut self, output_tokens: u32, now: Instant) {
        match &mut self.growth {
            Growth::Additive { cut_at } => {
                // Only what is used can be known to be borne.
                if f64::from(self.under_way) + 1.0 >= self.limit {
                    let step = if cut_at.is_some() { 1.0 / self.limit } else { 1.0 };
                    self.limit = (self.limit + step).min(self.ceiling);
                }
            }
            Growth::ByThroughput(window) => {
                window.answers += 1;
                window.tokens += u64::from(output_tokens);
                let is_full = f64::from(self.under_way) >= self.limit;
                #[expect(
                    clippy::cast_possible_truncation,
                    clippy::cast_sign_loss,
                    reason = "small"
                )]
                let enough = ANSWERS_PER_PLACE * self.limit as u32;
                if !is_full {
                    // With places free nothing is learnt about one more.
                    window.restart(now);
                } else if window.answers >= enough {
                    let speed = window.tokens_per_second(now);
                    let is_better = window.before.is_none_or(|before| speed > before * WORTHWHILE);
                    if window.has_settled {
                        window.restart(now);
                    } else if is_better && self.limit < self.ceiling {
                        self.limit += 1.0;
                        *window = Window::new(Some(speed), now);
                    } else {
                        if !is_better {
                            self.limit = (self.limit - 1.0).max(1.0);
                        }
                        *window = Window { has_settled: true, ..Window::new(None, now) };
                    }
                }
            }
        }
    }

    fn shrink(&mut self, since: Instant, now: Instant) {
        match &mut self.growth {
            // One burst of refusals is one sign: what was sent before the last cut does not count again.
            Growth::Additive { cut_at } if cut_at.is_none_or(|cut| since >= cut) => {
                self.limit = (self.limit / 2.0).max(1.0);
                *cut_at = Some(now);
            }
            Growth::Additive { .. } => {}
            Growth::ByThroughput(window) => {
                self.limit = (self.limit - 1.0).max(1.0);
                *window = Window { has_settled: true, ..Window::new(None, now) };
            }
        }
    }
}

impl Window {
    fn new(before: Option<f64>, now: Instant) -> Self {
        Self { since: now, answers: 0, tokens: 0, before, has_settled: false }
    }

    fn restart(&mut self, now: Instant) {
        (self.since, self.answers, self.tokens) = (now, 0, 0);
    }

    fn tokens_per_second(&self, now: Instant) -> f64 {
        #[expect(clippy::cast_precision_loss, reason = "far below 2^52")]
        let tokens = self.tokens as f64;
        tokens / (now - self.since).as_secs_f64().max(0.001)
    }
}

impl Permit {
    /// An answer came.
    pub(crate) fn answered(self, output_tokens: u32, hints: &Hints) {
        let now = Instant::now();
        let mut state = self.pace.lock();
        state.heed(hints, now);
        state.grow(output_tokens, now);
    }

    /// The provider says that it is too much, and perhaps until when.
    pub(crate) fn refused(self, hold: Option<Duration>, hints: &Hints) {
        let now = Instant::now();
        let mut state = self.pace.lock();
        state.heed(hints, now);
        state.shrink(self.since, now);
        let until = hold.and_then(|hold| now.checked_add(hold));
        state.hold_until = state.hold_until.max(until);
    }
}

impl Drop for Permit {
    fn drop(&mut self) {
        self.pace.lock().under_way -= 1;
        self.pace.freed.notify_waiters();
    }
}

#[cfg(test)]
mod tests {
    use crate::hints::Left;

    use super::*;

    /// A local model that serves `rate(places)` tokens per second, asked without pause; its places after each answer.
    fn places(rate: fn(f64) -> f64, answers: usize) -> Vec<u32> {
        let pace = Pace::local(8);
        let mut state = pace.lock();
        let mut now = Instant::now();
        let mut places = Vec::new();
        for _ in 0..answers {
            while matches!(state.step(100, now), Step::Go) {}
            now += Duration::from_secs_f64(100.0 / rate(state.limit));
            state.grow(100, now);
            state.under_way -= 1;
            places.push(state.places());
        }
        places
    }

    #[test]
    fn a_local_model_gets_places_while_they_bring_more_tokens_per_second() {
        // Up to four at a time it is faster with each; beyond that no more.
        let places = places(|places| 20.0 * places.min(4.0), 120);
        assert_eq!(places[0], 1);
        assert_eq!(places.iter().max(), Some(&5), "the fifth is tried");
        assert_eq!(places.last(), Some(&4), "and given up");
    }

    #[test]
    fn a_local_model_that_is_no_faster_with_two_stays_at_one() {
        let places = places(|_| 20.0, 60);
        assert_eq!((places.iter().max(), places.last()), (Some(&2), Some(&1)));
    }

    #[test]
    fn one_burst_of_refusals_halves_the_places_once() {
        let pace = Pace::hosted(16);
        let mut state = pace.lock();
        state.limit = 16.0;
        let sent = Instant::now();
        let refused = sent + Duration::from_secs(1);
        for _ in 0..10 {
            state.shrink(sent, refused);
        }
        assert_eq!(state.places(), 8);
        state.shrink(refused + Duration::from_secs(1), refused + Duration::from_secs(2));
        assert_eq!(state.places(), 4);
    }

    #[test]
    fn a_question_waits_for_the_window_in_which_its_tokens_fit() {
        let pace = Pace::hosted(16);
        let mut state = pace.lock();
        let now = Instant::now();
        let tokens = Some(Left { remaining: 1000, reset: Duration::from_secs(7) });
        state.heed(&Hints { tokens, ..Hints::default() }, now);
        assert!(matches!(state.step(600, now), Step::Go));
        let Step::Hold(until) = state.step(600, now) else { panic!("400 tokens are left") };
        assert_eq!(until, now + Duration::from_secs(7));
        assert!(matches!(state.step(400, now), Step::Go));
        assert!(matches!(state.step(600, until), Step::Go));
    }
}
