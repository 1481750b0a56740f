//! Finds out what a configured model can do, for `doctor`: one small question that costs next to nothing.

use std::time::Duration;

use egress::Request as Get;
use serde_json::{Value, json};
use tokio::time::Instant;

use crate::failed::Failed;
use crate::manner::{Patience, Tries, Waiting};
use crate::models::{Member, Models};
use crate::profile::{Profile, Typed, Wire};
use crate::request::{Format, Request};
use crate::{typed, wire};

/// What was found out.
#[derive(Debug, Clone, PartialEq)]
pub struct Probe {
    /// Whether it answered at all.
    pub answered: Result<(), Failed>,
    /// How it can be made to answer by a schema; `None` where no way brought JSON.
    pub typed: Option<Typed>,
    /// What it can hold, where its server tells.
    pub context_tokens: Option<u32>,
    pub elapsed: Duration,
}

/// How long a hosted model may take to answer.
const PATIENCE: Duration = Duration::from_mins(1);
/// A local one may have to be loaded first.
const LOCAL_PATIENCE: Duration = Duration::from_mins(3);
/// Reasoning models think about anything.
const MAX_OUTPUT_TOKENS: u32 = 1024;
/// Lists of models are long at routers.
const MAX_LIST_BYTES: usize = 8 << 20;
const LIST_TIMEOUT: Duration = Duration::from_secs(10);

impl Models {
    /// Asks a model whether water is wet, and its server how much it holds.
    pub async fn probe(&self, name: &str) -> Probe {
        let asked_at = Instant::now();
        let Some(member) = self.member(name) else {
            let answered = Err(Failed::Unknown { model: name.to_owned() });
            return Probe { answered, typed: None, context_tokens: None, elapsed: Duration::ZERO };
        };
        let (answered, typed) = self.try_typed(member).await;
        let elapsed = asked_at.elapsed();
        let context_tokens =
            if answered.is_ok() { self.context_tokens(&member.profile).await } else { None };
        Probe { answered, typed, context_tokens, elapsed }
    }

    async fn try_typed(&self, member: &Member) -> (Result<(), Failed>, Option<Typed>) {
        let schema = json!({
            "type": "object",
            "properties": {"is_wet": {"type": "boolean"}},
            "required": ["is_wet"],
            "additionalProperties": false,
        });
        let request = Request {
            format: Some(Format { name: "answer".into(), schema: schema.clone() }),
            ..Request::text("", "Is water wet?", MAX_OUTPUT_TOKENS)
        };
        let waited = if member.profile.is_local { LOCAL_PATIENCE } else { PATIENCE };
        // A mode that is answered without JSON gives way to the next.
        for _ in Typed::ALL {
            let mode = member.typed();
            let mut tries = Tries::default();
            let patience = Patience::default();
            let waiting = Waiting::for_model(&member.profile.name, &patience, Duration::ZERO);
            let asked = self.ask_one(member, &request, &mut tries, waiting);
            let answer = match tokio::time::timeout(waited, asked).await {
                Ok(Ok(answer)) => answer,
                Ok(Err(failed)) => return (Err(failed), None),
                Err(_) => {
                    let model = member.profile.name.clone();
                    return (Err(Failed::Silent { model, waited }), None);
                }
            };
            if typed::read(&answer.text, &schema).is_ok() {
                return (Ok(()), Some(member.typed()));
            }
            if member.typed() == mode {
                break;
            }
        }
        (Ok(()), None)
    }

    async fn context_tokens(&self, profile: &Profile) -> Option<u32> {
        let model = profile.model.as_str();
        let found = match profile.wire {
            Wire::OpenAiChat | Wire::OpenAiResponses => {
                let list = self.look_up(profile, "models", None).await?;
                let entries = list["data"].as_array()?;
                // A server of one model answers under any name.
                let only = entries.first().filter(|_| entries.len() == 1);
                let entry = entries.iter().find(|entry| entry["id"] == model).or(only)?;
                ["max_model_len", "context_length", "max_context_length"]
                    .iter()
                    .find_map(|name| entry[*name].as_u64())
                    .or_else(|| entry.pointer("/meta/n_ctx").and_then(Value::as_u64))
                    .or_else(|| entry.pointer("/meta/n_ctx_train").and_then(Value::as_u64))?
            }
            Wire::Gemini => {
                let entry = self.look_up(profile, &format!("models/{model}"), None).await?;
                entry["inputTokenLimit"].as_u64()?
            }
            Wire::Ollama => {
                let shown = self.look_up(profile, "show", Some(json!({"model": model}))).await?;
                let info = shown["model_info"].as_object()?;
                let found = info.iter().find(|(name, _)| name.ends_with(".context_length"))?;
                found.1.as_u64()?
            }
            Wire::Anthropic => return None,
        };
        u32::try_from(found).ok()
    }

    /// What is not told is not missed: `None` for any failure.
    async fn look_up(&self, profile: &Profile, path: &str, body: Option<Value>) -> Option<Value> {
        let mut get = Get::new(profile.url(path), MAX_LIST_BYTES, LIST_TIMEOUT);
        get.body = body.map(|body| body.to_string().into_bytes());
        get.purpose = egress::Purpose::Model;
        get.headers = wire::headers(profile);
        get.follow = false;
        let reply = self.0.egress.send(get).await.ok()?;
        (reply.status == 200).then(|| serde_json::from_slice(&reply.body).ok())?
    }
}
