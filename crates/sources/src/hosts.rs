//! Politeness: how many requests a host gets at a time, and how soon after one another.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::{Instant, sleep_until};

use crate::Failed;

/// Requests to one host at a time.
const AT_A_TIME: usize = 2;
/// A host that asks for a longer pause is given up for now, so that no worker waits for an hour.
const MAX_WAIT: Duration = Duration::from_secs(10);
/// How long a host is left alone after 429 or 503 without a word on when to come back.
const DEFAULT_PAUSE: Duration = Duration::from_secs(30);
/// Longest pause that is believed.
const MAX_PAUSE: Duration = Duration::from_hours(1);
/// Hosts remembered.
const MAX_HOSTS: usize = 10_000;

#[derive(Default)]
pub(crate) struct Hosts(Mutex<HashMap<String, Arc<Host>>>);

struct Host {
    places: Arc<Semaphore>,
    /// When the next request may begin.
    next: Mutex<Option<Instant>>,
    /// The status that asked us to stay away, and until when.
    away: Mutex<Option<(u16, Instant)>>,
}

impl Hosts {
    /// Waits for a place at a host. Holding the permit is being there.
    ///
    /// `delay` is the pause between two requests that its robots.txt asks for. Fails at once if the host
    /// has asked us to stay away for longer than anybody should wait.
    pub(crate) async fn enter(
        &self,
        name: &str,
        delay: Option<Duration>,
    ) -> Result<OwnedSemaphorePermit, Failed> {
        let host = self.host(name);
        let closed =
            |_| Failed::Unreachable { host: name.to_owned(), why: "we are closing".into() };
        let permit = Arc::clone(&host.places).acquire_owned().await.map_err(closed)?;
        let away = *lock(&host.away);
        if let Some((code, until)) = away {
            let left = until.saturating_duration_since(Instant::now());
            if left > MAX_WAIT {
                let host = name.to_owned();
                return Err(Failed::Status { host, code, retry_after: Some(left) });
            }
            sleep_until(until).await;
        }
        if let Some(delay) = delay {
            sleep_until(host.reserve(delay)).await;
        }
        Ok(permit)
    }

    /// Notes that a host asked us to come back later; tells how much later.
    pub(crate) fn stay_away(&self, name: &str, code: u16, pause: Option<Duration>) -> Duration {
        let pause = pause.unwrap_or(DEFAULT_PAUSE).min(MAX_PAUSE);
        *lock(&self.host(name).away) = Some((code, Instant::now() + pause));
        pause
    }

    fn host(&self, name: &str) -> Arc<Host> {
        let mut hosts = lock(&self.0);
        if hosts.len() >= MAX_HOSTS {
            hosts.retain(|_, host| Arc::strong_count(host) > 1);
        }
        let new = || Host {
            places: Arc::new(Semaphore::new(AT_A_TIME)),
            next: Mutex::new(None),
            away: Mutex::new(None),
        };
        Arc::clone(hosts.entry(name.to_owned()).or_insert_with(|| Arc::new(new())))
    }
}

impl Host {
    /// Takes the next free moment.
    fn reserve(&self, delay: Duration) -> Instant {
        let mut next = lock(&self.next);
        let now = Instant::now();
        let mine = next.map_or(now, |next| next.max(now));
        *next = Some(mine + delay);
        mine
    }
}

fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
