//! Remembers that a provider does not have a model, so that it is not asked for it again and again.

use std::sync::{Mutex, PoisonError};

use domain::clock::TimeMs;

use crate::failed::Failed;

/// How long it is taken for gone: names do not come back by themselves, and settings are mended with a new start.
const PAUSE_MS: i64 = 600_000;

/// One per model.
#[derive(Debug, Default)]
pub(crate) struct Absence(Mutex<Option<(TimeMs, Failed)>>);

impl Absence {
    /// Why it is not asked now. Work that somebody asked for again after it was found gone may ask.
    pub(crate) fn check(&self, now: TimeMs, asked_again_at: Option<TimeMs>) -> Result<(), Failed> {
        let state = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        match &*state {
            Some((since, failed))
                if now < since.plus_ms(PAUSE_MS) && asked_again_at <= Some(*since) =>
            {
                Err(failed.clone())
            }
            Some(_) | None => Ok(()),
        }
    }

    /// Heeds a failure that says so.
    pub(crate) fn heed(&self, failed: &Failed, now: TimeMs) {
        if failed.is_gone() {
            let mut state = self.0.lock().unwrap_or_else(PoisonError::into_inner);
            *state = Some((now, failed.clone()));
        }
    }
}
