//! How models are asked: a prompt filled in, the answer in the form that was asked for, mended at most twice.

use std::sync::Arc;

use domain::model::Role;
use domain::schema::{Field, FieldKind};
use domain::spec::Wanted;
use futures_util::{StreamExt as _, TryStreamExt as _, stream};
use llm::{Format, Reply, Request, Stopped, Turn};
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use super::prompts::Prompts;
use crate::Failed;
use crate::purse::{Cost, Grant, Phase, Purse};
use crate::world::{Unanswered, Whom, World};

/// How often an answer that does not fit is asked for again.
const REPAIRS: usize = 2;
/// Questions of one run under way at once; the model's own pace bounds them further.
const AT_ONCE: usize = 8;
/// Bytes of a bad answer that are shown to the model again.
const SHOWN: usize = 6_000;
/// Faults that are named at once.
const FAULTS: usize = 5;
/// Tokens of a prompt for what is not material: instructions, question, schema.
const FRAME: u32 = 1_400;
/// Tokens of material in one prompt: the lower tiers fit a model that holds 8,192.
const ROOM: u32 = 5_000;
const WIDE_ROOM: u32 = 14_000;
/// Tokens of passages that a small reading takes, of quotes that a short answer is written from, and the room for what comes
/// back: what has to fit into the caps before anything is looked for.
const USUAL_PASSAGES: u32 = 2_500;
const USUAL_QUOTES: u32 = 600;
const USUAL_OUTPUT: u32 = 1_600;

/// One run's way to its models.
pub(crate) struct Mind<'a> {
    pub(crate) world: &'a World,
    prompts: Arc<Prompts>,
}

/// A question: which prompt, what goes into it, and how long the answer may be.
pub(crate) struct Ask {
    pub(crate) role: Role,
    pub(crate) phase: Phase,
    pub(crate) prompt: &'static str,
    pub(crate) given: Value,
    pub(crate) max_output_tokens: u32,
}

impl<'a> Mind<'a> {
    pub(crate) async fn of(world: &'a World) -> Result<Self, Failed> {
        Ok(Self { world, prompts: world.prompts().await? })
    }

    /// Tokens of passages or quotes that fit into one prompt.
    pub(crate) fn room(&self, role: Role, max_output_tokens: u32) -> u32 {
        let is_wide = self.world.spec().processor.caps.width > 1;
        let context = self.world.context_of(role);
        let fits = context.saturating_sub(max_output_tokens).saturating_sub(FRAME);
        fits.min(if is_wide { WIDE_ROOM } else { ROOM })
    }

    /// Text, as far as its last whole sentence if it was cut.
    pub(crate) async fn text(
        &self,
        purse: &Purse,
        ask: Ask,
    ) -> Result<Result<String, Unanswered>, Failed> {
        let request = self.request(&ask, None)?;
        let Some(grant) = self.leave(purse, &ask, &request) else {
            return Ok(Err(Unanswered::Cap));
        };
        let reply = self.world.ask(purse, grant, Whom::of(ask.role), &request, ask.prompt).await?;
        Ok(reply.map(|reply| whole(&reply)))
    }

    /// A typed answer.
    pub(crate) async fn typed<T: DeserializeOwned>(
        &self,
        purse: &Purse,
        ask: Ask,
        schema: &Value,
    ) -> Result<Result<T, Unanswered>, Failed> {
        let request = self.request(&ask, Some(schema))?;
        let Some(grant) = self.leave(purse, &ask, &request) else {
            return Ok(Err(Unanswered::Cap));
        };
        self.mended(purse, &ask, request, grant, schema).await
    }

    /// Several at once, in order. What may be asked is settled before the first is, so that it never depends on which of
    /// them is answered sooner; those that no longer fit are `Cap`.
    pub(crate) async fn all<T: DeserializeOwned>(
        &self,
        purse: &Purse,
        asks: Vec<Ask>,
        schema: &Value,
    ) -> Result<Vec<Result<T, Unanswered>>, Failed> {
        let granted = self.granted(purse, asks, Some(schema))?;
        let calls: Vec<_> = granted
            .into_iter()
            .map(|(ask, request, grant)| async move {
                match grant {
                    Some(grant) => self.mended(purse, &ask, request, grant, schema).await,
                    None => Ok(Err(Unanswered::Cap)),
                }
            })
            .collect();
        stream::iter(calls).buffered(AT_ONCE).try_collect().await
    }

    /// Several texts at once, likewise.
    pub(crate) async fn texts(
        &self,
        purse: &Purse,
        asks: Vec<Ask>,
    ) -> Result<Vec<Result<String, Unanswered>>, Failed> {
        let granted = self.granted(purse, asks, None)?;
        let calls: Vec<_> = granted
            .into_iter()
            .map(|(ask, request, grant)| async move {
                let Some(grant) = grant else { return Ok(Err(Unanswered::Cap)) };
                let reply =
                    self.world.ask(purse, grant, Whom::of(ask.role), &request, ask.prompt).await?;
                Ok(reply.map(|reply| whole(&reply)))
            })
            .collect();
        stream::iter(calls).buffered(AT_ONCE).try_collect().await
    }

    /// Leave to ask. What is looked for is of no use unless it can be read and an answer written from it.
    fn leave(&self, purse: &Purse, ask: &Ask, request: &Request) -> Option<Grant> {
        let (reading, writing) = ((Phase::Look, self.reading()), (Phase::Write, self.writing()));
        let rest = match (ask.phase, ask.role) {
            (Phase::Look, Role::Planner) if self.comes_before_tools(ask) => {
                let telling = self.world.expected_of(Role::Planner, FRAME, USUAL_OUTPUT);
                vec![(Phase::Look, telling), reading, writing]
            }
            (Phase::Look, Role::Planner) => vec![reading, writing],
            (Phase::Look, Role::Reader) => vec![writing],
            (Phase::Look, Role::Writer | Role::Verifier) | (Phase::Write | Phase::Check, _) => {
                Vec::new()
            }
        };
        let most = self.world.expected(Whom::of(ask.role), request);
        let granted = purse.grant_before(ask.phase, most, &rest);
        granted.map_err(|cap| self.world.note_cap(cap)).ok()
    }

    /// Whether tools that the request names are asked after this.
    fn comes_before_tools(&self, ask: &Ask) -> bool {
        !self.world.spec().tools.is_empty() && matches!(ask.prompt, "plan" | "columns" | "shape")
    }

    /// Leave to ask once more for what was asked for.
    fn grant(&self, purse: &Purse, phase: Phase, whom: Whom, request: &Request) -> Option<Grant> {
        let granted = purse.grant(phase, self.world.expected(whom, request));
        granted.map_err(|cap| self.world.note_cap(cap)).ok()
    }

    /// What reading some passages is expected to cost.
    fn reading(&self) -> Cost {
        let passages = self.room(Role::Reader, USUAL_OUTPUT).min(USUAL_PASSAGES);
        self.world.expected_of(Role::Reader, FRAME + passages, USUAL_OUTPUT)
    }

    /// What writing an answer is; nothing where all that is wanted is found as it stands.
    fn writing(&self) -> Cost {
        let is_found = |field: &Field| field.kind == FieldKind::Found;
        match &self.world.spec().wanted {
            Wanted::Fields(schema) if schema.fields.iter().all(is_found) => Cost::default(),
            Wanted::Fields(_) | Wanted::Text { .. } | Wanted::Auto => {
                self.world.expected_of(Role::Writer, FRAME + USUAL_QUOTES, USUAL_OUTPUT)
            }
        }
    }

    /// Each question with leave to ask it, or without where it no longer fits.
    fn granted(
        &self,
        purse: &Purse,
        asks: Vec<Ask>,
        schema: Option<&Value>,
    ) -> Result<Vec<(Ask, Request, Option<Grant>)>, Failed> {
        let granted = asks.into_iter().map(|ask| {
            let request = self.request(&ask, schema)?;
            let grant = self.leave(purse, &ask, &request);
            Ok((ask, request, grant))
        });
        granted.collect()
    }

    /// A typed answer of the model that plays the role, or of the one that stands in where its answers never fit.
    async fn mended<T: DeserializeOwned>(
        &self,
        purse: &Purse,
        ask: &Ask,
        request: Request,
        grant: Grant,
        schema: &Value,
    ) -> Result<Result<T, Unanswered>, Failed> {
        let first = Whom::of(ask.role);
        let answer = self.mended_by(first, purse, ask, request.clone(), grant, schema).await?;
        let Err(Unanswered::Unfit(_)) = answer else { return Ok(answer) };
        let other = Whom { stands_in: true, ..first };
        if !self.world.has(other) {
            return Ok(answer);
        }
        match self.grant(purse, Phase::Check, other, &request) {
            Some(grant) => self.mended_by(other, purse, ask, request, grant, schema).await,
            None => Ok(answer),
        }
    }

    /// A typed answer of one model; what does not fit it is told, and may mend.
    async fn mended_by<T: DeserializeOwned>(
        &self,
        whom: Whom,
        purse: &Purse,
        ask: &Ask,
        mut request: Request,
        mut grant: Grant,
        schema: &Value,
    ) -> Result<Result<T, Unanswered>, Failed> {
        let mut before = String::new();
        // What could be read of an answer that was cut: better than nothing, if there is no room for the whole.
        let mut part: Option<T> = None;
        for repair in 0..=REPAIRS {
            let reply = self.world.ask(purse, grant, whom, &request, ask.prompt).await?;
            let reply = match reply {
                Ok(reply) => reply,
                Err(why) => return Ok(part.ok_or(why)),
            };
            let (is_cut, loops) =
                (reply.stopped == Stopped::Length, reply.stopped == Stopped::Loop);
            let faults = match llm::typed::read(&reply.text, schema) {
                Ok(value) => match serde_json::from_value(value) {
                    Ok(answer) if is_cut => {
                        part = Some(answer);
                        vec![
                            "it was cut off before its end; answer again, in fewer words"
                                .to_owned(),
                        ]
                    }
                    // Of one that went on for ever, what came before is all that would come.
                    Ok(answer) => return Ok(Ok(answer)),
                    Err(why) => vec![why.to_string()],
                },
                Err(_) if loops => {
                    vec!["it says the same over and over; answer again, in fewer words".into()]
                }
                Err(unfit) => unfit.faults.into_iter().take(FAULTS).collect(),
            };
            let why = faults.join("; ");
            // The same again would be the same once more.
            if repair == REPAIRS || reply.text == before {
                return Ok(part.ok_or(Unanswered::Unfit(why)));
            }
            let (_, mend) = self.prompts.render("mend", &json!({ "faults": faults }))?;
            let shown: String = cut(&reply.text, SHOWN).to_owned();
            request.turns.truncate(1);
            request.turns.extend([Turn::model(shown), Turn::user(mend)]);
            if is_cut {
                request.max_output_tokens = request.max_output_tokens.saturating_mul(2);
            }
            before = reply.text;
            // To mend costs less than to go without what was asked: the whole of the caps is there for it.
            match self.grant(purse, Phase::Check, whom, &request) {
                Some(more) => grant = more,
                None => return Ok(part.ok_or(Unanswered::Unfit(why))),
            }
        }
        Ok(Err(Unanswered::Cap))
    }

    fn request(&self, ask: &Ask, schema: Option<&Value>) -> Result<Request, Failed> {
        let (system, user) = self.prompts.render(ask.prompt, &ask.given)?;
        let format =
            schema.map(|schema| Format { name: ask.prompt.into(), schema: schema.clone() });
        Ok(Request { format, ..Request::text(system, user, ask.max_output_tokens) })
    }
}

/// The text of an answer without the sentence in which it was cut.
fn whole(reply: &Reply) -> String {
    if reply.stopped == Stopped::End {
        return reply.text.clone();
    }
    let ends = |c: char| matches!(c, '.' | '!' | '?' | ']' | '。');
    let end = reply
        .text
        .rfind(ends)
        .map_or(0, |at| at + reply.text[at..].chars().next().map_or(0, char::len_utf8));
    reply.text[..end].to_owned()
}

/// The schema of a list. Its bound keeps small models from going on for ever, where the server holds them to it.
pub(super) fn at_most(entries: usize, of: &Value) -> Value {
    json!({"type": "array", "maxItems": entries, "items": of})
}

/// The schema of a list of so many objects at most under a name.
pub(super) fn list_of(name: &str, most: usize, members: &Value, required: &[&str]) -> Value {
    let object = json!({
        "type": "object", "properties": members, "required": required, "additionalProperties": false,
    });
    json!({
        "type": "object",
        "properties": {name: at_most(most, &object)},
        "required": [name],
        "additionalProperties": false,
    })
}

/// The beginning of a text, at most so many bytes.
pub(super) fn cut(text: &str, most: usize) -> &str {
    let mut end = most.min(text.len());
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    &text[..end]
}
