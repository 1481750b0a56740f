//! The wires: how each provider is asked, and how its replies are read.
//!
//! Each file below has a `call` (the members of a body, in the order in which they are sent) and a `read`, which takes
//! one event of a stream, or a whole reply, into a [`Draft`].

mod anthropic;
pub(crate) mod events;
mod gemini;
pub(crate) mod ollama;
mod openai_chat;
mod openai_responses;

use egress::{HeaderName, HeaderValue};
use serde_json::{Map, Value};
use url::Url;

use crate::learnt::Habits;
use crate::profile::{Key, Profile, Typed, Wire};
use crate::request::{Request, Speaker};
use crate::schema::{Adapted, Dialect, adapt, unbounded};

/// A request as it goes out: the same bytes for the same question.
#[derive(Debug)]
pub(crate) struct Call {
    pub(crate) url: Url,
    pub(crate) headers: Vec<(HeaderName, HeaderValue)>,
    pub(crate) body: Vec<u8>,
    pub(crate) is_wrapped: bool,
    pub(crate) max_output_tokens: u32,
}

/// How the shape of the answer is told on this call.
pub(crate) enum Shape<'a> {
    Text,
    Native(&'a str, Adapted),
    Tool(&'a str, Adapted),
    /// In the system prompt, to which this is added.
    Prompt(String),
}

/// What a wire's file has to word.
pub(crate) struct Question<'a> {
    pub(crate) profile: &'a Profile,
    pub(crate) request: &'a Request,
    pub(crate) habits: Habits,
    pub(crate) shape: Shape<'a>,
    pub(crate) max_output_tokens: u32,
}

/// An answer as far as it has come.
#[derive(Debug, Default)]
pub(crate) struct Draft {
    pub(crate) text: String,
    /// Of the tool that the model was made to call.
    pub(crate) arguments: String,
    pub(crate) refusal: String,
    /// Bytes of thoughts, which are not kept.
    pub(crate) thought_bytes: usize,
    pub(crate) seen: Seen,
    pub(crate) stop: Option<Stop>,
    /// The end was there: what follows is not missed.
    pub(crate) is_whole: bool,
    pub(crate) load: Option<std::time::Duration>,
    pub(crate) writing: Option<std::time::Duration>,
}

/// Usage as the provider says it, believed later.
#[derive(Debug, Default)]
pub(crate) struct Seen {
    pub(crate) input: Option<i64>,
    pub(crate) cached: Option<i64>,
    pub(crate) output: Option<i64>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Stop {
    End,
    Length,
    /// Never said by a provider: it was not listened to any longer.
    Loop,
    Blocked(String),
}

/// An event that is an error; the value is as it came.
#[derive(Debug)]
pub(crate) struct Fault(pub(crate) Value);

pub(crate) fn call(profile: &Profile, request: &Request, habits: Habits) -> Call {
    let question = Question {
        profile,
        request,
        habits,
        shape: shape(profile, request, habits.typed),
        max_output_tokens: request.max_output_tokens.min(profile.max_output_tokens),
    };
    let (path, mut members) = match profile.wire {
        Wire::OpenAiChat => openai_chat::call(&question),
        Wire::OpenAiResponses => openai_responses::call(&question),
        Wire::Anthropic => anthropic::call(&question),
        Wire::Gemini => gemini::call(&question),
        Wire::Ollama => ollama::call(&question),
    };
    for (name, value) in &profile.extra {
        members.insert(name.clone(), value.clone());
    }
    let mut url = profile.url(&path);
    if profile.wire == Wire::Gemini {
        url.set_query(Some("alt=sse"));
    }
    Call {
        url,
        headers: headers(profile),
        body: Value::Object(members).to_string().into_bytes(),
        is_wrapped: match &question.shape {
            Shape::Native(_, adapted) | Shape::Tool(_, adapted) => adapted.is_wrapped,
            Shape::Text | Shape::Prompt(_) => false,
        },
        max_output_tokens: question.max_output_tokens,
    }
}

fn shape<'r>(profile: &Profile, request: &'r Request, typed: Typed) -> Shape<'r> {
    let Some(format) = &request.format else { return Shape::Text };
    let (name, wire) = (format.name.as_str(), profile.wire);
    let schema = &if profile.is_local { format.schema.clone() } else { unbounded(&format.schema) };
    let tool = || {
        let dialect = match wire {
            Wire::OpenAiChat | Wire::OpenAiResponses => Dialect::OpenAi,
            Wire::Anthropic | Wire::Gemini | Wire::Ollama => Dialect::Plain,
        };
        Shape::Tool(name, adapt(schema, dialect, true))
    };
    match typed {
        Typed::Native => match wire {
            Wire::OpenAiChat | Wire::OpenAiResponses => {
                Shape::Native(name, adapt(schema, Dialect::OpenAi, true))
            }
            Wire::Anthropic => match adapt(schema, Dialect::Anthropic, true) {
                adapted if adapted.is_strict => Shape::Native(name, adapted),
                // It has no mode for an object of any content, and a tool takes any schema.
                _ => tool(),
            },
            Wire::Gemini => Shape::Native(name, adapt(schema, Dialect::Gemini, false)),
            Wire::Ollama => Shape::Native(name, adapt(schema, Dialect::Plain, false)),
        },
        Typed::Tool => tool(),
        Typed::Prompt => Shape::Prompt(format!(
            "\n\nAnswer with one JSON value that fits this JSON Schema, and with nothing before or after it:\n{schema}"
        )),
    }
}

/// Headers that tell who asks. Values that are secret are marked as such.
pub(crate) fn headers(profile: &Profile) -> Vec<(HeaderName, HeaderValue)> {
    let mut headers = vec![(
        HeaderName::from_static("content-type"),
        HeaderValue::from_static("application/json"),
    )];
    if profile.wire == Wire::Anthropic {
        let version = HeaderValue::from_static(anthropic::VERSION);
        headers.push((HeaderName::from_static("anthropic-version"), version));
    }
    let Some(key) = profile.key.as_ref().map(Key::reveal) else { return headers };
    let (name, value) = match profile.wire {
        Wire::OpenAiChat | Wire::OpenAiResponses | Wire::Ollama => {
            ("authorization", format!("Bearer {key}"))
        }
        Wire::Anthropic => ("x-api-key", key.to_owned()),
        Wire::Gemini => ("x-goog-api-key", key.to_owned()),
    };
    if let Ok(mut value) = HeaderValue::from_str(&value) {
        value.set_sensitive(true);
        headers.push((HeaderName::from_static(name), value));
    }
    headers
}

pub(crate) fn read(wire: Wire, draft: &mut Draft, event: &Value) -> Result<(), Fault> {
    let is_error = event.get("error").is_some_and(|error| !error.is_null());
    if is_error || event.get("type").and_then(Value::as_str) == Some("error") {
        return Err(Fault(event.clone()));
    }
    match wire {
        Wire::OpenAiChat => openai_chat::read(draft, event),
        Wire::OpenAiResponses => return openai_responses::read(draft, event),
        Wire::Anthropic => anthropic::read(draft, event),
        Wire::Gemini => gemini::read(draft, event),
        Wire::Ollama => ollama::read(draft, event),
    }
    Ok(())
}

impl Question<'_> {
    /// The system prompt with what this call adds to it.
    fn system(&self) -> String {
        match &self.shape {
            Shape::Prompt(more) => format!("{}{more}", self.request.system),
            Shape::Text | Shape::Native(..) | Shape::Tool(..) => self.request.system.clone(),
        }
    }

    /// The turns as most wires write them.
    fn messages(&self) -> impl Iterator<Item = Value> {
        self.request.turns.iter().map(|turn| {
            let role = match turn.speaker {
                Speaker::User => "user",
                Speaker::Model => "assistant",
            };
            serde_json::json!({"role": role, "content": turn.text})
        })
    }

    fn temperature(&self) -> Option<Value> {
        let temperature = self.profile.temperature.filter(|_| self.habits.has_temperature)?;
        // Through text: 0.2 is to be sent as 0.2 and not as what a double makes of it.
        temperature.to_string().parse::<serde_json::Number>().ok().map(Value::Number)
    }

    fn effort(&self) -> Option<&str> {
        self.profile.effort.as_deref().filter(|_| self.habits.has_effort)
    }
}

impl Draft {
    /// Everything that has come, thoughts included.
    pub(crate) fn bytes(&self) -> usize {
        self.text.len() + self.arguments.len() + self.refusal.len() + self.thought_bytes
    }

    pub(crate) fn is_at_limit(&self) -> bool {
        self.stop == Some(Stop::Length)
    }
}

/// A body's members in the order in which they are given; those without a value are left out.
fn members(list: impl IntoIterator<Item = (&'static str, Option<Value>)>) -> Map<String, Value> {
    list.into_iter().filter_map(|(name, value)| Some((name.to_owned(), value?))).collect()
}

fn str_at<'a>(value: &'a Value, pointer: &str) -> &'a str {
    value.pointer(pointer).and_then(Value::as_str).unwrap_or_default()
}

fn int_at(value: &Value, pointer: &str) -> Option<i64> {
    let number = value.pointer(pointer)?;
    // What is there and is no whole number counts as nonsense, not as missing.
    if number.is_null() { None } else { Some(number.as_i64().unwrap_or(-1)) }
}
