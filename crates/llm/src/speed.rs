//! How fast a model has been, for estimates and for deadlines that follow the model.

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

/// What has been measured of a model since this process began.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Speed {
    pub answers: u32,
    /// Of one answer, from its first token on. `None` before anything was measured.
    pub output_tokens_per_second: Option<f64>,
    /// From the request to the first token, the loading of the model left out where the server tells it.
    pub first_token: Option<Duration>,
    /// Reading the model into memory, the last time that happened.
    pub load: Option<Duration>,
}

/// One answer's times.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Times {
    pub(crate) first_token: Duration,
    pub(crate) writing: Duration,
    pub(crate) load: Option<Duration>,
}

#[derive(Debug, Default)]
pub(crate) struct Meter(Mutex<Speed>);

/// How much the newest answer counts: about the last eight decide.
const WEIGHT: f64 = 0.125;
/// Loading below this is the look into a cache.
const MIN_LOAD: Duration = Duration::from_secs(1);

impl Meter {
    pub(crate) fn read(&self) -> Speed {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn add(&self, output_tokens: u32, times: &Times) {
        let mut speed = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        speed.answers = speed.answers.saturating_add(1);
        let load = times.load.unwrap_or_default();
        if load >= MIN_LOAD {
            speed.load = Some(load);
        }
        let first = times.first_token.saturating_sub(load).as_secs_f64();
        let mean = blend(speed.first_token.map(|before| before.as_secs_f64()), first);
        speed.first_token = Duration::try_from_secs_f64(mean).ok();
        let seconds = times.writing.as_secs_f64();
        // An answer that came in one piece says nothing about writing.
        if seconds > 0.0 && output_tokens > 1 {
            let rate = f64::from(output_tokens) / seconds;
            speed.output_tokens_per_second = Some(blend(speed.output_tokens_per_second, rate));
        }
    }
}

fn blend(before: Option<f64>, now: f64) -> f64 {
    before.map_or(now, |before| before + (now - before) * WEIGHT)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn loading_is_kept_apart_from_the_first_token() {
        let meter = Meter::default();
        let times = Times {
            first_token: Duration::from_secs(42),
            writing: Duration::from_secs(10),
            load: Some(Duration::from_secs(40)),
        };
        meter.add(200, &times);
        let speed = meter.read();
        assert_eq!(speed.output_tokens_per_second, Some(20.0));
        assert_eq!(speed.first_token, Some(Duration::from_secs(2)));
        assert_eq!(speed.load, Some(Duration::from_secs(40)));
    }
}
