//! Politeness: how many requests a host gets at a time, and how soon after one another.
//!
//! Each host has a pace of its own. It begins at two requests at a time, rises slowly while all goes well, and falls
//! by half whenever the host is in trouble (429, 5xx, silence): below one at a time, down to one in eight seconds.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::sync::Notify;
use tokio::time::{Instant, sleep_until, timeout_at};

use crate::Failed;

/// Longest wait for a turn at a host. One that asks for a longer pause is given up for now, so that no worker waits for
/// an hour.
pub(crate) const MAX_WAIT: Duration = Duration::from_secs(15);
/// Requests at a time that a host gets at first.
const FIRST_PACE: f32 = 2.0;
/// The most that a host gets however well it goes; browsers take six.
const MAX_PACE: f32 = 4.0;
/// The least: one request in eight seconds.
const MIN_PACE: f32 = 0.125;
/// How much the pace rises with each good answer: one more at a time after about ten of them.
const RISE: f32 = 0.2;
/// How long a host is left alone after 429 or 503 without a word on when to come back.
const DEFAULT_PAUSE: Duration = Duration::from_secs(30);
/// Longest pause that is believed.
const MAX_PAUSE: Duration = Duration::from_hours(1);
/// Hosts remembered.
const MAX_HOSTS: usize = 10_000;

#[derive(Default)]
pub(crate) struct Hosts(Mutex<HashMap<String, Arc<Host>>>);

struct Host {
    state: Mutex<State>,
    /// Somebody has left, or more may enter.
    freed: Notify,
}

struct State {
    inside: usize,
    /// Requests at a time; below one, the share of a second's work that the host gets.
    pace: f32,
    /// When the next request may begin.
    next: Option<Instant>,
    /// The status that asked us to stay away, and until when.
    away: Option<(u16, Instant)>,
}

/// Being at a host; dropping it is leaving.
pub(crate) struct Place(Arc<Host>);

enum Entry {
    /// Entered, and may ask from this moment on.
    At(Instant),
    Full,
    /// Not before the caller gives up.
    TooLate,
}

impl Hosts {
    /// Waits for a turn at a host, [`MAX_WAIT`] at most.
    ///
    /// `delay` is the pause between two requests that its robots.txt asks for. Fails at once if the host has asked us
    /// to stay away for longer than anybody should wait.
    pub(crate) async fn enter(&self, name: &str, delay: Option<Duration>) -> Result<Place, Failed> {
        let give_up_at = Instant::now() + MAX_WAIT;
        let crowded = || Failed::Crowded { host: name.to_owned(), waited: MAX_WAIT };
        let host = self.host(name);
        loop {
            let mut freed = std::pin::pin!(host.freed.notified());
            freed.as_mut().enable();
            if let Some((code, left)) = host.is_away(give_up_at) {
                return Err(Failed::Status {
                    host: name.to_owned(),
                    code,
                    retry_after: Some(left),
                });
            }
            match host.enter(delay, give_up_at) {
                Entry::At(begin) => {
                    let place = Place(Arc::clone(&host));
                    sleep_until(begin).await;
                    return Ok(place);
                }
                Entry::TooLate => return Err(crowded()),
                Entry::Full => timeout_at(give_up_at, freed).await.map_err(|_| crowded())?,
            }
        }
    }

    /// Notes that a host asked us to come back later; tells how much later.
    pub(crate) fn stay_away(&self, name: &str, code: u16, pause: Option<Duration>) -> Duration {
        let pause = pause.unwrap_or(DEFAULT_PAUSE).min(MAX_PAUSE);
        self.host(name).lock().away = Some((code, Instant::now() + pause));
        pause
    }

    fn host(&self, name: &str) -> Arc<Host> {
        let mut hosts = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if hosts.len() >= MAX_HOSTS {
            // Those that somebody is at stay; the rest begins anew.
            hosts.retain(|_, host| Arc::strong_count(host) > 1);
        }
        let new = || Host {
            state: Mutex::new(State { inside: 0, pace: FIRST_PACE, next: None, away: None }),
            freed: Notify::new(),
        };
        Arc::clone(hosts.entry(name.to_owned()).or_insert_with(|| Arc::new(new())))
    }
}

impl Host {
    fn lock(&self) -> std::sync::MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The status that keeps us away beyond a moment, and for how long.
    fn is_away(&self, beyond: Instant) -> Option<(u16, Duration)> {
        let (code, until) = self.lock().away?;
        (until > beyond).then(|| (code, until.saturating_duration_since(Instant::now())))
    }

    fn enter(&self, delay: Option<Duration>, give_up_at: Instant) -> Entry {
        let mut state = self.lock();
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "the pace lies between 0 and 4"
        )]
        let places = (state.pace as usize).max(1);
        if state.inside >= places {
            return Entry::Full;
        }
        let now = Instant::now();
        let (next, back) = (state.next.unwrap_or(now), state.away.map_or(now, |(_, until)| until));
        let begin = now.max(next).max(back);
        if begin > give_up_at {
            return Entry::TooLate;
        }
        let gap = delay.unwrap_or_default().max(gap(state.pace));
        state.next = Some(begin + gap);
        state.inside += 1;
        Entry::At(begin)
    }

    /// Whoever waits may look again.
    fn wake(&self) {
        self.freed.notify_one();
    }
}

impl Place {
    /// The host answered as hosts do.
    pub(crate) fn went_well(&self) {
        let mut state = self.0.lock();
        let rise = if state.pace < 1.0 { state.pace } else { RISE / state.pace };
        state.pace = (state.pace + rise).min(MAX_PACE);
        drop(state);
        self.0.wake();
    }

    /// The host is overloaded, broken, or silent.
    pub(crate) fn met_trouble(&self) {
        let mut state = self.0.lock();
        state.pace = (state.pace / 2.0).max(MIN_PACE);
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        self.0.lock().inside -= 1;
        self.0.wake();
    }
}

/// The pause between the beginnings of two requests: none from one at a time on.
fn gap(pace: f32) -> Duration {
    if pace < 1.0 { Duration::from_secs_f32(1.0 / pace) } else { Duration::ZERO }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pace(hosts: &Hosts) -> f32 {
        hosts.host("a.test").lock().pace
    }

    #[tokio::test(start_paused = true)]
    async fn the_pace_rises_slowly_and_falls_by_half() {
        let hosts = Hosts::default();
        for _ in 0..50 {
            hosts.enter("a.test", None).await.unwrap().went_well();
        }
        assert!((pace(&hosts) - MAX_PACE).abs() < f32::EPSILON, "{}", pace(&hosts));
        hosts.enter("a.test", None).await.unwrap().met_trouble();
        assert!((pace(&hosts) - MAX_PACE / 2.0).abs() < f32::EPSILON, "{}", pace(&hosts));
        for _ in 0..8 {
            hosts.enter("a.test", None).await.unwrap().met_trouble();
        }
        assert!((pace(&hosts) - MIN_PACE).abs() < f32::EPSILON, "{}", pace(&hosts));
    }

    #[tokio::test(start_paused = true)]
    async fn a_host_in_trouble_gets_one_request_in_several_seconds() {
        let hosts = Hosts::default();
        for _ in 0..4 {
            hosts.enter("a.test", None).await.unwrap().met_trouble();
        }
        drop(hosts.enter("a.test", None).await.unwrap());
        let asked_at = Instant::now();
        drop(hosts.enter("a.test", None).await.unwrap());
        assert_eq!(asked_at.elapsed().as_secs(), 8);
    }

    #[tokio::test(start_paused = true)]
    async fn nobody_waits_longer_than_the_limit() {
        let hosts = Hosts::default();
        let _inside = [
            hosts.enter("a.test", None).await.unwrap(),
            hosts.enter("a.test", None).await.unwrap(),
        ];
        let asked_at = Instant::now();
        let crowded = hosts.enter("a.test", None).await.err();
        assert!(matches!(crowded, Some(Failed::Crowded { .. })), "{crowded:?}");
        assert_eq!(asked_at.elapsed(), MAX_WAIT);

        hosts.stay_away("b.test", 429, Some(Duration::from_hours(1)));
        let asked_at = Instant::now();
        let away = hosts.enter("b.test", None).await.err();
        assert!(matches!(away, Some(Failed::Status { code: 429, .. })), "{away:?}");
        assert_eq!(asked_at.elapsed(), Duration::ZERO);
    }

    #[tokio::test(start_paused = true)]
    async fn a_short_pause_is_waited_for() {
        let hosts = Hosts::default();
        hosts.stay_away("a.test", 429, Some(Duration::from_secs(3)));
        let asked_at = Instant::now();
        drop(hosts.enter("a.test", None).await.unwrap());
        assert_eq!(asked_at.elapsed().as_secs(), 3);
    }

    #[tokio::test(start_paused = true)]
    async fn the_delay_of_robots_txt_lies_between_two_requests() {
        let hosts = Hosts::default();
        let asked_at = Instant::now();
        for _ in 0..3 {
            drop(hosts.enter("a.test", Some(Duration::from_secs(5))).await.unwrap());
        }
        assert_eq!(asked_at.elapsed().as_secs(), 10);
    }
}
