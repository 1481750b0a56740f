//! Questions to models, each answer bought once: looked up in the journal, then among what other rows of the group have
//! asked, and only then asked.

use std::sync::{Arc, OnceLock};

use domain::event::{Stage, asking};
use domain::model::Role;
use domain::processor::Engine;
use llm::{Departure, Manner, Profile, Reply, Request};
use serde::{Deserialize, Serialize};
use store::{Amount, Bill, Call, Made};
use tokio::time::timeout;

use super::{Entry, Sending, VERSION, World};
use crate::model::prompts::Prompts;
use crate::purse::{Cost, Grant, Purse};
use crate::{Failed, ReadPage};

/// Why a question has no answer that can be used.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Unanswered {
    /// The processor allows no further call for this.
    Cap,
    /// The model did not answer, and why.
    Silent(String),
    /// It answered, several times, with what cannot be used.
    Unfit(String),
}

/// Which model is asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Whom {
    pub(crate) role: Role,
    /// The one that is named for when the one of the role cannot answer.
    pub(crate) stands_in: bool,
}

impl Whom {
    pub(crate) const fn of(role: Role) -> Self {
        Self { role, stands_in: false }
    }
}

/// The kind of such calls in the journal.
const KIND: &str = "model";

/// Answers fill a small part of the room that they are given; what one takes beyond is settled afterwards.
const PART_FILLED: u64 = 4;
const OUT_OF_TIME: &str = "the time that this processor has for models was over";

/// An answer as it stands in the journal.
#[derive(Serialize, Deserialize)]
struct Answered {
    reply: Reply,
    /// Bought by another row of the group.
    is_shared: bool,
}

impl World {
    /// What a question will cost, on the safe side: caps are kept to by what is expected, and exceeded at most by calls under way.
    pub(crate) fn expected(&self, whom: Whom, request: &Request) -> Cost {
        let prompt = u64::from(llm::tokens::prompt(request));
        let price = self.profile_of(whom).and_then(|profile| profile.price);
        let output = u64::from(request.max_output_tokens).div_ceil(PART_FILLED);
        let micro_usd = price.map_or(0, |price| {
            (prompt.saturating_mul(price.input).saturating_add(output.saturating_mul(price.output)))
                .div_ceil(1_000_000)
        });
        Cost { calls: 1, input_tokens: prompt, micro_usd }
    }

    /// Tokens that a prompt for this role may have at most, beside the room for its answer. A model that this process does
    /// not have bounds nothing: what it answered an earlier attempt is found by asking the same.
    pub(crate) fn context_of(&self, role: Role) -> u32 {
        self.profile_of(Whom::of(role)).map_or(u32::MAX, |profile| profile.context_tokens)
    }

    /// Whether there is such a model.
    pub(crate) fn has(&self, whom: Whom) -> bool {
        self.profile_of(whom).is_some()
    }

    /// The name of a model, as the run was given it.
    fn name_of(&self, whom: Whom) -> Option<&str> {
        let name = self.spec().cast.as_ref()?.of(whom.role);
        if !whom.stands_in {
            return Some(name);
        }
        let other = self.models()?.profile(name)?.fallback.as_deref()?;
        (other != name).then_some(other)
    }

    fn profile_of(&self, whom: Whom) -> Option<&Profile> {
        self.models()?.profile(self.name_of(whom)?)
    }

    fn models(&self) -> Option<&llm::Models> {
        self.library.reasoning().map(|reasoning| &reasoning.models)
    }

    /// The prompts that this run began with.
    pub(crate) async fn prompts(&self) -> Result<Arc<Prompts>, Failed> {
        let ours = match self.library.reasoning() {
            Some(reasoning) => Arc::clone(&reasoning.prompts),
            None => Arc::default(),
        };
        let kept: String = self
            .once("prompts", serde_json::json!({}), "kept with the run".into(), async {
                self.store.keep_prompts(ours.hash().to_vec(), ours.to_text()).await?;
                Ok(hex(ours.hash()))
            })
            .await?;
        if kept == hex(ours.hash()) {
            return Ok(ours);
        }
        let text = self.store.find_prompts(&unhex(&kept)).await?;
        let text = text.ok_or_else(|| Failed::Broken("the prompts of this run are gone".into()))?;
        Ok(Arc::new(Prompts::from_text(&text)?))
    }

    /// What calls of earlier attempts cost that brought no answer.
    pub(crate) async fn charge_lost(&self, purse: &Purse) -> Result<(), Failed> {
        if self.spec().cast.is_none() {
            return Ok(());
        }
        let lost = self.store.close_lost(self.claimed.seq, self.claimed.attempt).await?;
        let count = |number: i64| u64::try_from(number).unwrap_or(0);
        purse.charge(Cost {
            calls: count(lost.calls),
            input_tokens: count(lost.amount.tokens),
            micro_usd: count(lost.amount.micro_usd),
        });
        let mut seen = self.lock_seen();
        let spending = seen.spending.get_or_insert_default();
        spending.lost = u32::try_from(lost.calls).unwrap_or(u32::MAX);
        Ok(())
    }

    /// Asks a model. The grant is settled whatever comes.
    pub(crate) async fn ask(
        &self,
        purse: &Purse,
        grant: Grant,
        whom: Whom,
        request: &Request,
        what: &str,
    ) -> Result<Result<Reply, Unanswered>, Failed> {
        let Some(name) = self.name_of(whom) else {
            purse.settle(grant, Cost::default());
            return Ok(Err(Unanswered::Silent("the run was given no model".into())));
        };
        let mut bytes = name.as_bytes().to_vec();
        bytes.push(0);
        bytes.extend(request.canonical());
        let call = self.call(KIND, &bytes);
        let detail = format!("{what}: {name}");
        let outcome = if let Some(answered) = self.known(&call, &detail).await? {
            Ok(answered)
        } else if let Some(models) = self.models().filter(|models| models.profile(name).is_some()) {
            self.tell_asking(name, whom.role).await?;
            self.buy(models, name, &call, grant, request, detail).await?
        } else {
            Err((not_here(name), false))
        };
        match outcome {
            Ok(answered) => {
                let spent =
                    if answered.is_shared { Cost::default() } else { cost(&answered.reply) };
                purse.settle(grant, spent);
                self.note_answer(&answered);
                Ok(Ok(answered.reply))
            }
            Err((why, is_lost)) => {
                purse.settle(grant, if is_lost { grant.0 } else { Cost::default() });
                if is_lost {
                    self.lock_seen().spending.get_or_insert_default().lost += 1;
                }
                Ok(Err(Unanswered::Silent(why)))
            }
        }
    }

    /// Says who is asked, once for calls side by side. Of rows nothing is told: nobody watches a hundred thousand.
    async fn tell_asking(&self, name: &str, role: Role) -> Result<(), Failed> {
        let message = asking(name, role);
        if self.claimed.group.is_some() || self.lock_seen().is_told(&message) {
            return Ok(());
        }
        let stage = match role {
            Role::Planner => Stage::Plan,
            Role::Reader => Stage::Extract,
            Role::Writer | Role::Verifier => Stage::Result,
        };
        self.say(stage, message).await
    }

    /// An answer that this run or another row of its group has already.
    async fn known(&self, call: &Call, detail: &str) -> Result<Option<Answered>, Failed> {
        if let Some((version, answer)) = self.store.recall(call).await? {
            return self.parsed(KIND, version, answer).map(Some);
        }
        let Some(group) = self.claimed.group else { return Ok(None) };
        let Some((version, answer)) = self.store.recall_shared(group, call).await? else {
            return Ok(None);
        };
        let Entry { answer, .. }: Entry<Answered> =
            serde_json::from_value(answer).map_err(|_| Failed::Journal { kind: KIND, version })?;
        // What was sent for it stands in the receipt of the row that bought it.
        let entry = Entry { answer: Answered { is_shared: true, ..answer }, sent: Vec::new() };
        self.keep(call.clone(), entry, detail.to_owned(), None, None).await.map(Some)
    }

    /// Asks the model. Of several rows that ask the same at the same time one asks, and the others have its answer.
    async fn buy(
        &self,
        models: &llm::Models,
        name: &str,
        call: &Call,
        grant: Grant,
        request: &Request,
        detail: String,
    ) -> Result<Result<Answered, (String, bool)>, Failed> {
        let turn = self.claimed.group.map(|group| self.library.turn(group, call));
        let _mine = match &turn {
            Some(turn) => Some(turn.lock().await),
            None => None,
        };
        if turn.is_some()
            && let Some(answered) = self.known(call, &detail).await?
        {
            return Ok(Ok(answered));
        }
        let left = self.time_for_models();
        if left.is_zero() {
            return Ok(Err((OUT_OF_TIME.into(), false)));
        }
        let attempt = self.claimed.attempt;
        // Set aside when the question leaves: what a worker loses that waited for a place cost nothing.
        let amount = amount(grant.0, request);
        let reserved = OnceLock::new();
        let reserve: &Departure<'_> = &|| {
            Box::pin(async {
                let outcome = self.store.reserve(call, attempt, amount).await;
                let may_leave = outcome.is_ok();
                let _ = reserved.set(outcome);
                may_leave
            })
        };
        let sending = Sending::begin(self);
        // Who has waited for them in vain does not wait again.
        let manner = Manner { is_patient: !self.is_out(), departure: Some(reserve) };
        // On the heap: an exchange is a large future, and a round holds several of them.
        let asking = Box::pin(models.ask_in(name, request, manner));
        let outcome = timeout(left, sending.scope.around(asking)).await;
        let sent = sending.over();
        let has_left = match reserved.into_inner() {
            Some(reserved) => reserved.map(|()| true)?,
            None => false,
        };
        let Ok(outcome) = outcome else {
            self.note_sent(sent);
            if has_left {
                self.store.write_off(call, attempt).await?;
            } else {
                // It may just have been about to leave.
                self.store.give_back(call, attempt).await?;
            }
            return Ok(Err((OUT_OF_TIME.into(), has_left)));
        };
        match outcome {
            Ok(reply) => {
                self.lock_seen().is_out = false;
                let bill = bill(&reply);
                let entry = Entry { answer: Answered { reply, is_shared: false }, sent };
                let kept = self.keep(call.clone(), entry, detail, Some(bill), self.claimed.group);
                Ok(Ok(kept.await?))
            }
            Err(failed) => {
                self.note_sent(sent);
                self.lock_seen().is_out |= failed.is_outage();
                let is_lost = failed.is_possibly_billed();
                if is_lost {
                    self.store.write_off(call, attempt).await?;
                } else if has_left {
                    self.store.give_back(call, attempt).await?;
                }
                tracing::warn!(code = failed.code(), "a model did not answer: {failed}");
                Ok(Err((failed.to_string(), is_lost)))
            }
        }
    }

    async fn keep(
        &self,
        call: Call,
        entry: Entry<Answered>,
        detail: String,
        bill: Option<Bill>,
        share_with: Option<i64>,
    ) -> Result<Answered, Failed> {
        let elapsed_ms = i64::try_from(entry.answer.reply.elapsed_ms).unwrap_or(i64::MAX);
        let answer = serde_json::to_value(&entry)
            .map_err(|why| Failed::Broken(format!("an answer cannot be kept: {why}")))?;
        let attempt = self.claimed.attempt;
        let is_row = self.claimed.group.is_some();
        let made = Made { attempt, version: VERSION, detail, elapsed_ms, bill, share_with, is_row };
        let kept = self.store.remember(call, answer, made).await?;
        self.parsed(KIND, VERSION, kept.answer)
    }

    fn note_answer(&self, answered: &Answered) {
        let mut seen = self.lock_seen();
        let is_first = seen.spending.as_ref().is_none_or(|spending| spending.calls == 0);
        let spending = seen.spending.get_or_insert_default();
        if !spending.models.contains(&answered.reply.model) {
            spending.models.push(answered.reply.model.clone());
        }
        if answered.is_shared {
            spending.shared += 1;
            return;
        }
        let usage = &answered.reply.usage;
        spending.calls += 1;
        spending.lost += answered.reply.lost_tries;
        spending.input_tokens += u64::from(usage.input_tokens);
        spending.cached_tokens += u64::from(usage.cached_tokens);
        spending.output_tokens += u64::from(usage.output_tokens);
        let before = if is_first { Some(0) } else { spending.cost_micro_usd };
        let cost = answered.reply.cost_micro_usd;
        spending.cost_micro_usd = before.zip(cost).map(|(before, cost)| before + cost);
    }

    /// What was asked about as an archived page, so that judgements and texts may quote it.
    pub(crate) async fn input_page(&self, words: &str) -> Result<ReadPage, Failed> {
        self.library.input(self.claimed.owner, words).await
    }

    /// What a model claimed and a page does not say, and passages that were kept from models.
    pub(crate) fn note_read_by_model(&self, claims_dropped: usize, passages_withheld: usize) {
        let count = |number: usize| u32::try_from(number).unwrap_or(u32::MAX);
        let mut seen = self.lock_seen();
        let spending = seen.spending.get_or_insert_default();
        spending.claims_dropped += count(claims_dropped);
        spending.passages_withheld += count(passages_withheld);
    }

    /// Whether the models were not there when they were asked last.
    pub(crate) fn is_out(&self) -> bool {
        self.lock_seen().is_out
    }

    /// From here on the rules answer, and the receipt says so.
    pub(crate) fn is_by_rules(&self) {
        self.lock_seen().is_by_rules = true;
    }

    /// Who answers.
    pub(crate) fn engine(&self) -> Engine {
        match self.spec().processor.engine {
            Engine::Model if self.lock_seen().is_by_rules => Engine::Extractive,
            engine @ (Engine::Extractive | Engine::Model | Engine::Noop) => engine,
        }
    }
}

/// The settings of a process may have changed since a run began, and another process may take it up.
fn not_here(name: &str) -> String {
    format!("this process has no model `{name}`, which the run was given")
}

fn cost(reply: &Reply) -> Cost {
    Cost {
        // Tries that may have been served count against the cap as well.
        calls: 1 + u64::from(reply.lost_tries),
        input_tokens: reply.usage.input_tokens.into(),
        micro_usd: reply.cost_micro_usd.unwrap_or(0),
    }
}

fn amount(most: Cost, request: &Request) -> Amount {
    let tokens = most.input_tokens.saturating_add(request.max_output_tokens.into());
    Amount {
        tokens: i64::try_from(tokens).unwrap_or(i64::MAX),
        micro_usd: i64::try_from(most.micro_usd).unwrap_or(i64::MAX),
    }
}

fn bill(reply: &Reply) -> Bill {
    let usage = &reply.usage;
    Bill {
        model: reply.model.clone(),
        input_tokens: usage.input_tokens.into(),
        cached_tokens: usage.cached_tokens.into(),
        output_tokens: usage.output_tokens.into(),
        cost_micro_usd: reply.cost_micro_usd.map(|cost| i64::try_from(cost).unwrap_or(i64::MAX)),
    }
}

fn hex(bytes: &[u8]) -> String {
    use std::fmt::Write as _;
    bytes.iter().fold(String::new(), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}

fn unhex(text: &str) -> Vec<u8> {
    let digits =
        |at: usize| text.get(at..at + 2).and_then(|pair| u8::from_str_radix(pair, 16).ok());
    (0..text.len()).step_by(2).filter_map(digits).collect()
}
