//! How a question is asked beside its words: how long it is waited for, who is told when it leaves, and what came of it.

use std::collections::HashMap;
use std::pin::Pin;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use domain::clock::TimeMs;
use tokio::time::Instant;

use crate::failed::Failed;
use crate::profile::Profile;
use crate::reply::{Reply, Usage};

/// How a question is asked.
#[derive(Clone, Copy)]
pub struct Manner<'a> {
    /// Shared by the questions of one run: what one of them has waited in vain the others do not wait again.
    pub patience: &'a Patience,
    pub departure: Option<&'a Departure<'a>>,
}

/// Is called when a question has its place and a request is about to leave for which nothing is set aside: the first to each
/// model, and the next after one that was or may have been billed. Answers whether it may leave.
pub type Departure<'a> =
    dyn Fn(Leaving<'_>) -> Pin<Box<dyn Future<Output = bool> + Send + 'a>> + Send + Sync + 'a;

/// A request that is about to leave.
#[derive(Debug, Clone, Copy)]
pub struct Leaving<'a> {
    /// Who is asked.
    pub profile: &'a Profile,
    /// What was set aside before is not spent: the model that it was meant for did not serve it.
    pub is_unspent: bool,
}

/// What came of a question.
#[derive(Debug)]
pub struct Asked {
    pub answer: Result<Reply, Failed>,
    /// Requests that brought nothing of use and cost something all the same, oldest first.
    pub wasted: Vec<Wasted>,
}

/// A request that was served, or may have been, and brought no answer that can be used.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wasted {
    /// The configured name.
    pub model: String,
    /// Why it is of no use: the code of the failure.
    pub code: &'static str,
    /// What the provider says that it served; `None` where it says nothing: it may have been billed.
    pub usage: Option<Usage>,
    /// Millionths of a US dollar; `None` where usage or price is not known.
    pub cost_micro_usd: Option<u64>,
}

/// How long a run waits for models that are busy or away: for each model from its first failure on, and anew once it has
/// answered. The length is set with the models.
#[derive(Debug, Default)]
pub struct Patience {
    failed_at: Mutex<HashMap<String, Instant>>,
    asked_again_at: Option<TimeMs>,
}

impl Patience {
    /// Of work that somebody may have asked for again: what was left alone before that is tried once all the same.
    pub fn of_work(asked_again_at: Option<TimeMs>) -> Self {
        Self { asked_again_at, ..Self::default() }
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<String, Instant>> {
        self.failed_at.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The patience of one question with one model. Waiting for a place before anything has failed costs none.
#[derive(Debug)]
pub(crate) struct Waiting<'a> {
    patience: &'a Patience,
    model: &'a str,
    length: Duration,
    failed_at: Option<Instant>,
}

impl<'a> Waiting<'a> {
    pub(crate) const fn for_model(
        model: &'a str,
        patience: &'a Patience,
        length: Duration,
    ) -> Self {
        Self { patience, model, length, failed_at: None }
    }

    pub(crate) const fn asked_again_at(&self) -> Option<TimeMs> {
        self.patience.asked_again_at
    }

    pub(crate) fn begin(&mut self) {
        let now = Instant::now();
        self.failed_at.get_or_insert(now);
        self.patience.lock().entry(self.model.to_owned()).or_insert(now);
    }

    /// The model has answered: those who come next may wait again.
    pub(crate) fn end(&self) {
        self.patience.lock().remove(self.model);
    }

    pub(crate) fn left(&self, now: Instant) -> Duration {
        let of_run = self.patience.lock().get(self.model).copied();
        let since = self.failed_at.into_iter().chain(of_run).min();
        let used = since.map(|at| now.saturating_duration_since(at));
        self.length.saturating_sub(used.unwrap_or_default())
    }
}

/// What was tried for one question so far.
#[derive(Default)]
pub(crate) struct Tries<'a> {
    pub(crate) sent: u32,
    pub(crate) wasted: Vec<Wasted>,
    departure: Option<&'a Departure<'a>>,
    /// For which model something is set aside that is not spent yet.
    held_for: Option<String>,
}

impl<'a> Tries<'a> {
    pub(crate) fn of(departure: Option<&'a Departure<'a>>) -> Self {
        Self { departure, ..Self::default() }
    }

    /// Whether a request to this model may leave.
    pub(crate) async fn may_leave(&mut self, profile: &Profile) -> bool {
        if self.held_for.as_ref() == Some(&profile.name) {
            return true;
        }
        let is_unspent = self.held_for.is_some();
        if let Some(departure) = self.departure
            && !departure(Leaving { profile, is_unspent }).await
        {
            return false;
        }
        self.held_for = Some(profile.name.clone());
        true
    }

    /// A request was billed, or may have been, and is of no use.
    pub(crate) fn waste(&mut self, profile: &Profile, failed: &Failed, usage: Option<Usage>) {
        let price = profile.price;
        self.wasted.push(Wasted {
            model: profile.name.clone(),
            code: failed.code(),
            usage,
            cost_micro_usd: usage.zip(price).map(|(usage, price)| usage.cost_micro_usd(&price)),
        });
        self.held_for = None;
    }

    /// Requests that may have been billed without a word of it.
    pub(crate) fn lost(&self) -> u32 {
        let lost = self.wasted.iter().filter(|wasted| wasted.usage.is_none()).count();
        u32::try_from(lost).unwrap_or(u32::MAX)
    }
}
