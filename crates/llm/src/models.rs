//! The configured models: who is asked, how often, and who is asked instead.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use domain::clock::Clock;
use egress::Egress;
use sha2::{Digest, Sha256};
use tokio::time::Instant;

use crate::absence::Absence;
use crate::breaker::{self, Breaker};
use crate::exchange::{self, Answer, Failure};
use crate::failed::Failed;
use crate::hints::Hints;
use crate::learnt::{Habits, Learnt};
use crate::manner::{Asked, Manner, Patience, Tries, Waiting};
use crate::pace::{Pace, Permit};
use crate::profile::{Profile, Typed};
use crate::reply::Reply;
use crate::request::Request;
use crate::speed::{Meter, Speed};
use crate::{tokens, typed, wire};

/// The configured models by name, with their pace and what was learnt of them. Cheap to clone; clones share all of it.
#[derive(Debug, Clone)]
pub struct Models(pub(crate) Arc<Inner>);

#[derive(Debug)]
pub(crate) struct Inner {
    members: Vec<Member>,
    pub(crate) egress: Egress,
    pub(crate) clock: Clock,
    retry_for: Duration,
    first_wait: Duration,
}

/// What is configured.
#[derive(Debug, Clone)]
pub struct Config {
    pub models: Vec<Profile>,
    /// How long the questions of one run are tried for after the first failure; what is under way then is waited for.
    pub retry_for: Duration,
    /// The first wait after a failure that says nothing about it; it doubles with each.
    pub first_wait: Duration,
    /// How long a provider that keeps failing is left alone.
    pub left_alone_for: Duration,
}

/// A model with what is known of it.
#[derive(Debug)]
pub(crate) struct Member {
    pub(crate) profile: Profile,
    pub(crate) learnt: Learnt,
    meter: Meter,
    /// Shared by the models of one account.
    breaker: Arc<Breaker>,
    /// Shared by the models of one local server.
    pace: Arc<Pace>,
    absence: Absence,
}

/// Requests for one question to one model. Overload passes in seconds or not for hours.
const MAX_TRIES: u32 = 5;
/// The same while the provider only says that it is too much, or is not there and nobody else can be asked: then patience
/// decides, and this ends what a hint of nothing would go on for.
const MAX_PATIENT_TRIES: u32 = 100;
/// The same where the request may have been served and billed.
const MAX_BILLED_TRIES: u32 = 2;
/// Longest wait between two tries that nobody asked for.
const MAX_WAIT: Duration = Duration::from_secs(20);
/// Longest sleep of who waits for a provider that is left alone.
const LOOK_AGAIN: Duration = Duration::from_secs(2);
/// Changes of wording in one try: there are five habits and three typed modes.
const MAX_ADAPTATIONS: usize = 7;

impl Default for Config {
    fn default() -> Self {
        Self {
            models: Vec::new(),
            retry_for: Duration::from_mins(2),
            first_wait: Duration::from_millis(500),
            left_alone_for: breaker::PAUSE,
        }
    }
}

impl Models {
    pub fn new(config: Config, egress: Egress, clock: Clock) -> Self {
        let mut breakers: HashMap<(String, Option<String>), Arc<Breaker>> = HashMap::new();
        let mut servers: HashMap<String, Arc<Pace>> = HashMap::new();
        let mut members = Vec::new();
        for profile in config.models {
            let origin = profile.base_url.origin().ascii_serialization();
            let key = profile.key.as_ref().map(|key| key.reveal().to_owned());
            let fresh = || Arc::new(Breaker::new(config.left_alone_for));
            let breaker = breakers.entry((origin.clone(), key)).or_insert_with(fresh);
            let pace = if profile.is_local {
                let begin = || Arc::new(Pace::local(profile.concurrency));
                Arc::clone(servers.entry(origin).or_insert_with(begin))
            } else {
                Arc::new(Pace::hosted(profile.concurrency))
            };
            members.push(Member {
                learnt: Learnt::of(&profile),
                meter: Meter::default(),
                breaker: Arc::clone(breaker),
                pace,
                absence: Absence::default(),
                profile,
            });
        }
        let (retry_for, first_wait) = (config.retry_for, config.first_wait);
        Self(Arc::new(Inner { members, egress, clock, retry_for, first_wait }))
    }

    pub fn profile(&self, name: &str) -> Option<&Profile> {
        self.member(name).map(|member| &member.profile)
    }

    /// All models, in the order of the configuration.
    pub fn profiles(&self) -> impl Iterator<Item = &Profile> {
        self.0.members.iter().map(|member| &member.profile)
    }

    /// What has been measured of a model since this process began.
    pub fn speed(&self, name: &str) -> Option<Speed> {
        self.member(name).map(|member| member.meter.read())
    }

    /// How many requests to a model may be under way now.
    pub fn places(&self, name: &str) -> Option<u32> {
        self.member(name).map(|member| member.pace.places())
    }

    /// One question, one answer. Retries, pace, breaker and fail-over are inside; whether a typed answer fits is for
    /// [`typed::read`] to say.
    pub async fn ask(&self, name: &str, request: &Request) -> Result<Reply, Failed> {
        let patience = Patience::default();
        self.ask_in(name, request, Manner { patience: &patience, departure: None }).await.answer
    }

    /// The same in another manner.
    pub async fn ask_in(&self, name: &str, request: &Request, manner: Manner<'_>) -> Asked {
        let mut tries = Tries::of(manner.departure);
        let answer = self.ask_in_turn(name, request, manner.patience, &mut tries).await;
        Asked { answer, wasted: tries.wasted }
    }

    /// Asks a model, and those that stand in for it.
    async fn ask_in_turn(
        &self,
        name: &str,
        request: &Request,
        patience: &Patience,
        tries: &mut Tries<'_>,
    ) -> Result<Reply, Failed> {
        let asked_at = Instant::now();
        let mut asked: Vec<&str> = Vec::new();
        let mut first_failure = None;
        let mut next = Some(name);
        while let Some(name) = next.filter(|name| !asked.contains(name)) {
            let Some(member) = self.member(name) else {
                first_failure.get_or_insert(Failed::Unknown { model: name.to_owned() });
                break;
            };
            asked.push(&member.profile.name);
            let waiting = Waiting::for_model(name, patience, self.0.retry_for);
            match self.ask_one(member, request, tries, waiting).await {
                Ok(answer) => return Ok(member.reply(answer, tries, asked_at)),
                Err(failed) => {
                    next = member.profile.fallback.as_deref().filter(|_| failed.is_of_the_model());
                    if let Some(other) = next {
                        tracing::warn!(
                            model = name,
                            code = failed.code(),
                            "asking `{other}` instead: {failed}"
                        );
                    }
                    first_failure.get_or_insert(failed);
                }
            }
        }
        Err(first_failure.unwrap_or_else(|| Failed::Unknown { model: name.to_owned() }))
    }

    pub(crate) fn member(&self, name: &str) -> Option<&Member> {
        self.0.members.iter().find(|member| member.profile.name == name)
    }

    pub(crate) async fn ask_one(
        &self,
        member: &Member,
        request: &Request,
        tries: &mut Tries<'_>,
        mut waiting: Waiting<'_>,
    ) -> Result<Answer, Failed> {
        let profile = &member.profile;
        let prompt = tokens::prompt(request);
        let room = request.max_output_tokens.min(profile.max_output_tokens);
        let needed_tokens = prompt.saturating_add(room);
        if needed_tokens > profile.context_tokens {
            let (model, context_tokens) = (profile.name.clone(), profile.context_tokens);
            return Err(Failed::TooLong { model, needed_tokens, context_tokens });
        }
        let again_at = waiting.asked_again_at();
        member.absence.check(self.0.clock.now(), again_at)?;
        let mut attempt = 0;
        let mut billed = 0;
        let mut last = None;
        loop {
            let now = self.0.clock.now();
            if let Err(shut) = member.breaker.check(&profile.name, now, again_at) {
                let waited = wait_out(profile, shut, &mut waiting).await;
                waited.map_err(|shut| last.take().unwrap_or(shut))?;
                continue;
            }
            let entered = member.pace.enter(needed_tokens, &waiting).await;
            let permit = entered.map_err(|wait| Failed::Rate {
                model: profile.name.clone(),
                retry_after: Some(wait),
            })?;
            // Again: whoever waited for a place may have seen the provider go down meanwhile.
            let now = self.0.clock.now();
            if let Err(shut) = member.breaker.admit(&profile.name, now, again_at) {
                drop(permit);
                let waited = wait_out(profile, shut, &mut waiting).await;
                waited.map_err(|shut| last.take().unwrap_or(shut))?;
                continue;
            }
            if !tries.may_leave(profile).await {
                return Err(Failed::Withdrawn { model: profile.name.clone() });
            }
            attempt += 1;
            let (failed, wait) = match self.try_once(member, request, tries).await {
                Ok(answer) => {
                    waiting.end();
                    member.answered(permit, &answer);
                    return Ok(answer);
                }
                Err(Failure { failed, hints, usage }) => {
                    let failed = counted(failed, needed_tokens);
                    let wait = Member::refused(permit, &failed, &hints);
                    member.breaker.failed(&failed, self.0.clock.now());
                    member.absence.heed(&failed, self.0.clock.now());
                    if usage.is_some() || failed.is_possibly_billed() {
                        billed += 1;
                        tries.waste(profile, &failed, usage);
                    }
                    (failed, wait)
                }
            };
            waiting.begin();
            let most =
                if is_for_patience(&failed, profile) { MAX_PATIENT_TRIES } else { MAX_TRIES };
            if attempt >= most || billed >= MAX_BILLED_TRIES || !is_worth_repeating(&failed) {
                return Err(failed);
            }
            // What the provider asked for is waited for at the door; anything else here.
            if wait.is_none() {
                let pause = pause(self.0.first_wait, attempt, request);
                if pause > waiting.left(Instant::now()) {
                    return Err(failed);
                }
                tracing::debug!(
                    model = profile.name,
                    attempt,
                    "trying again in {pause:?}: {failed}"
                );
                tokio::time::sleep(pause).await;
            }
            last = Some(failed);
        }
    }

    /// One try: one request, or several where the server refuses the wording of the first.
    async fn try_once(
        &self,
        member: &Member,
        request: &Request,
        tries: &mut Tries<'_>,
    ) -> Result<Answer, Failure> {
        let is_typed = request.format.is_some();
        let mut habits = member.learnt.habits();
        let mut first_refusal = None;
        for _ in 0..=MAX_ADAPTATIONS {
            let call = wire::call(&member.profile, request, habits);
            tries.sent += 1;
            let (egress, clock) = (&self.0.egress, &self.0.clock);
            let outcome = exchange::send(egress, clock, &member.profile, request, call).await;
            let failure = match outcome {
                Ok(answer) => {
                    let is_json = is_typed && typed::holds_json(&answer.text);
                    member.learnt.keep(habits, is_json);
                    if is_typed && !is_json {
                        member.learnt.doubt(habits);
                    }
                    return Ok(answer);
                }
                Err(failure) => failure,
            };
            let adapted = adapt(&failure.failed, habits, is_typed, member.learnt.is_proven());
            // The first refusal is the one that tells what is wrong; later ones are about ways around it.
            let first = first_refusal.unwrap_or(failure);
            match adapted {
                Some(other) if other != habits => {
                    let failed = &first.failed;
                    tracing::info!(model = member.profile.name, "asking in another way: {failed}");
                    habits = other;
                    first_refusal = Some(first);
                }
                _ => return Err(first),
            }
        }
        let model = member.profile.name.clone();
        Err(first_refusal.unwrap_or_else(|| Failed::Empty { model }.into()))
    }
}

impl Member {
    fn answered(&self, permit: Permit, answer: &Answer) {
        permit.answered(answer.usage.output_tokens, &answer.hints);
        self.breaker.answered();
        self.meter.add(answer.usage.output_tokens, &answer.times);
    }

    /// Gives the place back; the wait that the provider asks for, which all requests to it keep.
    fn refused(permit: Permit, failed: &Failed, hints: &Hints) -> Option<Duration> {
        let hold = if let Failed::Rate { retry_after, .. } = failed {
            *retry_after
        } else if matches!(failed, Failed::Overloaded { .. }) {
            hints.retry_after
        } else {
            return None;
        };
        permit.refused(hold, hints);
        hold
    }

    fn reply(&self, answer: Answer, tries: &Tries<'_>, asked_at: Instant) -> Reply {
        let price = self.profile.price;
        Reply {
            text: answer.text,
            model: self.profile.name.clone(),
            usage: answer.usage,
            cost_micro_usd: price.map(|price| answer.usage.cost_micro_usd(&price)),
            stopped: answer.stopped,
            tries: tries.sent,
            lost_tries: tries.lost(),
            elapsed_ms: u64::try_from(asked_at.elapsed().as_millis()).unwrap_or(u64::MAX),
        }
    }

    /// The mode that typed answers are asked for in now.
    pub(crate) fn typed(&self) -> Typed {
        self.learnt.habits().typed
    }
}

/// What a 404 speaks of that another wording may help.
const PARAMETERS: [&str; 5] = ["schema", "format", "json", "tool", "parameter"];

/// Other habits where a refusal is about the wording; `None` where another wording would not help.
fn adapt(failed: &Failed, habits: Habits, is_typed: bool, is_proven: bool) -> Option<Habits> {
    // A model that is gone comes back in no words; some routers say the same of parameters that nobody behind them takes.
    let is_about = |words: &[&str], why: &str| {
        let why = why.to_lowercase();
        words.iter().any(|word| why.contains(word))
    };
    if let Failed::Bad { why, .. } = failed {
        if failed.is_gone() && !is_about(&PARAMETERS, why) {
            return None;
        }
        return habits.adapt(why, is_typed, is_proven);
    }
    // Some servers break on what they do not know.
    let Failed::Overloaded { status: 500 | 501, why, .. } = failed else { return None };
    let is_about_shape =
        is_about(&["schema", "grammar", "response_format", "not implemented"], why);
    if is_typed && is_about_shape { habits.adapt(why, true, true) } else { None }
}

/// Whether it is for time to say how often this is tried.
const fn is_for_patience(failed: &Failed, profile: &Profile) -> bool {
    let is_away = matches!(
        failed,
        Failed::Offline { .. } | Failed::Overloaded { status: 502 | 503 | 529, .. }
    );
    matches!(failed, Failed::Rate { .. }) || (is_away && profile.fallback.is_none())
}

/// Waits until a provider that is left alone may be tried again, where nobody else can be asked and there is time for it.
async fn wait_out(
    profile: &Profile,
    shut: Failed,
    waiting: &mut Waiting<'_>,
) -> Result<(), Failed> {
    let Failed::Down { retry_after, .. } = &shut else { return Err(shut) };
    waiting.begin();
    if profile.fallback.is_some() || *retry_after > waiting.left(Instant::now()) {
        return Err(shut);
    }
    tracing::debug!(model = profile.name, "waiting: {shut}");
    // Another question may find the provider back before that.
    tokio::time::sleep(LOOK_AGAIN.min(*retry_after)).await;
    Ok(())
}

/// A provider that finds a prompt too long does not say how long it is.
fn counted(failed: Failed, needed_tokens: u32) -> Failed {
    if let Failed::TooLong { model, context_tokens, .. } = failed {
        return Failed::TooLong { model, needed_tokens, context_tokens };
    }
    failed
}

const fn is_worth_repeating(failed: &Failed) -> bool {
    match failed {
        Failed::Rate { .. }
        | Failed::Overloaded { .. }
        | Failed::Silent { .. }
        | Failed::Broken { .. }
        | Failed::Empty { .. }
        | Failed::Garbled { .. }
        | Failed::Offline { .. } => true,
        Failed::Unknown { .. }
        | Failed::Quota { .. }
        | Failed::Auth { .. }
        | Failed::Bad { .. }
        | Failed::TooLong { .. }
        | Failed::Cut { .. }
        | Failed::Blocked { .. }
        | Failed::Forbidden { .. }
        | Failed::Withdrawn { .. }
        | Failed::Down { .. } => false,
    }
}

/// Exponential, and spread over its whole length so that questions that failed together do not come back together.
/// The spread is taken from the question itself: nothing here asks the machine for chance.
fn pause(first: Duration, attempt: u32, request: &Request) -> Duration {
    let longest = first.saturating_mul(1 << attempt.saturating_sub(1).min(10)).min(MAX_WAIT);
    let mut hash = Sha256::new();
    hash.update(request.canonical());
    hash.update(attempt.to_le_bytes());
    let share = f64::from(hash.finalize()[0]) / 256.0;
    longest.mul_f64(share)
}
