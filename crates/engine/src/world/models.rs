//! Questions to models, each answer bought once: looked up in the journal, then among what other rows of the group have
//! asked, and only then asked.

use std::sync::Arc;

use domain::event::{Stage, asking};
use domain::model::Role;
use domain::processor::Engine;
use llm::{Departure, Manner, Profile, Reply, Request, Wasted};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use store::{Bill, Call, Made};
use tokio::time::timeout;

use super::booking::{self, Booking};
use super::{Entry, Sending, VERSION, World};
use crate::model::prompts::Prompts;
use crate::purse::{Cap, Cost, Grant, Purse};
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

const OUT_OF_TIME: &str = "the time that this processor has for models was over";

/// An answer as it stands in the journal.
#[derive(Serialize, Deserialize)]
struct Answered {
    reply: Reply,
    /// Bought by another row of the group.
    is_shared: bool,
    /// What requests cost before it that were served and brought nothing of use.
    #[serde(default)]
    wasted: Cost,
}

impl World {
    /// What a question will cost with the model that is asked first.
    pub(crate) fn expected(&self, whom: Whom, request: &Request) -> Cost {
        booking::expected(self.profile_of(whom), request)
    }

    /// What a question of so many tokens would cost, likewise.
    pub(crate) fn expected_of(&self, role: Role, prompt: u32, max_output: u32) -> Cost {
        booking::expected_of(self.profile_of(Whom::of(role)), prompt, max_output)
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

    /// Takes over what earlier attempts have spent: the caps hold for all of it, whether or not this one asks the same again.
    pub(crate) async fn charge_spent(&self, purse: &Purse) -> Result<(), Failed> {
        if self.spec().cast.is_none() {
            return Ok(());
        }
        let lost = self.store.close_lost(self.claimed.seq, self.claimed.attempt).await?;
        let paid = self.store.paid_by(self.claimed.seq).await?;
        let count = |number: i64| u64::try_from(number).unwrap_or(0);
        let lost_cost = Cost {
            calls: count(lost.calls),
            input_tokens: count(lost.amount.tokens),
            micro_usd: count(lost.amount.micro_usd),
        };
        // Answers are charged to the purse when they are found again, so that it grants what it granted before.
        purse.charge(lost_cost);
        self.till.charge(lost_cost);
        for paid in &paid {
            self.till.charge(Cost {
                calls: count(paid.calls),
                input_tokens: count(paid.bill.input_tokens),
                micro_usd: count(paid.bill.cost_micro_usd.unwrap_or(0)),
            });
        }
        let mut seen = self.lock_seen();
        seen.spending.get_or_insert_default().lost = u32::try_from(lost.calls).unwrap_or(u32::MAX);
        for paid in paid {
            seen.note_paid(&paid.bill, u32::try_from(paid.calls).unwrap_or(u32::MAX));
        }
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
        if let Some(answered) = self.known(&call, &detail).await? {
            return Ok(Ok(self.found_again(purse, grant, answered)));
        }
        let Some(models) = self.models().filter(|models| models.profile(name).is_some()) else {
            purse.settle(grant, Cost::default());
            return Ok(Err(Unanswered::Silent(not_here(name))));
        };
        self.tell_asking(name, whom.role).await?;
        let turn = self.claimed.group.map(|group| self.library.turn(group, &call));
        // Of several rows that ask the same at the same time one asks, and the others have its answer.
        let _mine = match &turn {
            Some(turn) => Some(turn.lock().await),
            None => None,
        };
        if turn.is_some()
            && let Some(answered) = self.known(&call, &detail).await?
        {
            return Ok(Ok(self.found_again(purse, grant, answered)));
        }
        let booking = Booking::new(self, purse, grant, request, &call);
        self.buy(models, name, &call, booking, request, detail).await
    }

    /// An answer that was there. What this run paid for it is in its receipt already.
    fn found_again(&self, purse: &Purse, grant: Grant, answered: Answered) -> Reply {
        let Answered { reply, is_shared, wasted } = answered;
        self.note_estimated(&reply);
        if is_shared {
            purse.settle(grant, Cost::default());
            self.lock_seen().note_shared(&reply.model);
        } else {
            purse.settle(grant, cost(&reply).plus(wasted));
        }
        reply
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
        let answer = Answered { is_shared: true, wasted: Cost::default(), ..answer };
        let entry = Entry { answer, sent: Vec::new() };
        self.keep(call.clone(), entry, detail.to_owned(), None, None).await.map(Some)
    }

    async fn buy(
        &self,
        models: &llm::Models,
        name: &str,
        call: &Call,
        booking: Booking<'_>,
        request: &Request,
        detail: String,
    ) -> Result<Result<Reply, Unanswered>, Failed> {
        let left = self.time_for_models();
        if left.is_zero() {
            booking.settle(Cost::default());
            return Ok(Err(Unanswered::Silent(OUT_OF_TIME.into())));
        }
        let attempt = self.claimed.attempt;
        // Set aside when the question leaves: what a worker loses that waited for a place cost nothing.
        let departure: &Departure<'_> = &|leaving| {
            let more = booking.granted(leaving);
            Box::pin(booking.reserve(more))
        };
        let sending = Sending::begin(self);
        let manner = Manner { patience: &self.patience, departure: Some(departure) };
        // On the heap: an exchange is a large future, and a round holds several of them.
        let asking = Box::pin(models.ask_in(name, request, manner));
        let outcome = timeout(left, sending.scope.around(asking)).await;
        let sent = sending.over();
        let has_left = booking.has_left()?;
        let Ok(asked) = outcome else {
            self.note_sent(sent);
            if has_left {
                self.store.write_off(call, attempt).await?;
                self.lock_seen().note_lost(1);
            } else {
                // It may just have been about to leave.
                self.store.give_back(call, attempt).await?;
            }
            booking.cut_off();
            return Ok(Err(Unanswered::Silent(OUT_OF_TIME.into())));
        };
        let (wasted, lost) = self.put_down(models, call, request, &detail, &asked.wasted).await?;
        let refused = booking.refused();
        match asked.answer {
            Ok(reply) => {
                booking.settle(cost(&reply).plus(wasted).plus(lost));
                let bill = bill(&reply);
                let entry = Entry { answer: Answered { reply, is_shared: false, wasted }, sent };
                let kept =
                    self.keep(call.clone(), entry, detail, Some(bill.clone()), self.claimed.group);
                let Answered { reply, .. } = kept.await?;
                self.lock_seen().note_paid(&bill, 1);
                self.note_estimated(&reply);
                Ok(Ok(reply))
            }
            Err(failed) => {
                self.note_sent(sent);
                booking.settle(wasted.plus(lost));
                if has_left {
                    self.store.give_back(call, attempt).await?;
                }
                tracing::warn!(code = failed.code(), "a model did not answer: {failed}");
                Ok(Err(self.why(&failed, refused, has_left)))
            }
        }
    }

    fn why(
        &self,
        failed: &llm::Failed,
        refused: Option<(String, Cap)>,
        has_left: bool,
    ) -> Unanswered {
        let Some((name, cap)) = refused else { return Unanswered::Silent(failed.to_string()) };
        self.note_cap(cap);
        if !has_left {
            return Unanswered::Cap;
        }
        let cap = cap.in_words(&self.spec().processor.caps);
        Unanswered::Silent(format!("{failed}, and {cap} leaves no room for `{name}`"))
    }

    /// Puts down requests that brought nothing of use: those that were paid like answers, the others as lost. Answers what
    /// the former cost, and the latter.
    async fn put_down(
        &self,
        models: &llm::Models,
        call: &Call,
        request: &Request,
        detail: &str,
        wasted: &[Wasted],
    ) -> Result<(Cost, Cost), Failed> {
        let (mut paid, mut lost) = (Cost::default(), Cost::default());
        let attempt = self.claimed.attempt;
        for (place, wasted) in wasted.iter().enumerate() {
            let cost = booking::of_wasted(wasted, models.profile(&wasted.model), request);
            let Some(usage) = &wasted.usage else {
                let amount = booking::amount(cost, request);
                self.store.lose(call, attempt, amount).await?;
                self.lock_seen().note_lost(1);
                lost = lost.plus(cost);
                continue;
            };
            let bill = Bill {
                model: wasted.model.clone(),
                input_tokens: usage.input_tokens.into(),
                cached_tokens: usage.cached_tokens.into(),
                output_tokens: usage.output_tokens.into(),
                cost_micro_usd: wasted
                    .cost_micro_usd
                    .map(|cost| i64::try_from(cost).unwrap_or(i64::MAX)),
            };
            let made = Made {
                attempt,
                version: VERSION,
                detail: format!("{detail} ({})", wasted.code),
                bill: Some(bill.clone()),
                is_row: self.claimed.group.is_some(),
                ..Made::default()
            };
            let answer = serde_json::json!({"wasted": wasted.code});
            self.store.remember(beside(call, attempt, place), answer, made).await?;
            self.lock_seen().note_paid(&bill, 1);
            paid = paid.plus(cost);
        }
        Ok((paid, lost))
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

    fn note_estimated(&self, reply: &Reply) {
        if reply.usage.is_estimated {
            let model = &reply.model;
            self.note(format!(
                "Tokens and cost are estimated in part: `{model}` does not say what it used, or says what cannot be."
            ));
        }
    }

    /// A cap leaves no room for a call.
    pub(crate) fn note_cap(&self, cap: Cap) {
        let cap = cap.in_words(&self.spec().processor.caps);
        self.note(format!("A model was not asked any further: {cap} leaves no room for it."));
        self.lock_seen().is_capped = true;
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
        calls: 1,
        input_tokens: reply.usage.input_tokens.into(),
        micro_usd: reply.cost_micro_usd.unwrap_or(0),
    }
}

/// What stands in the journal beside a call, so that what was paid for nothing is counted by later attempts, too.
fn beside(call: &Call, attempt: i64, place: usize) -> Call {
    let mut hash = Sha256::new();
    hash.update(&call.hash);
    hash.update(format!("/{}/{attempt}/{place}", call.nth));
    Call { hash: hash.finalize().to_vec(), nth: 0, ..call.clone() }
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
