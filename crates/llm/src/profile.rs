//! A configured model: where it is, how it is spoken to, what it can hold and what it costs.

use std::fmt;
use std::time::Duration;

use serde_json::{Map, Value};
use url::Url;

/// One model under a name of the operator's choice.
#[derive(Debug, Clone, PartialEq)]
pub struct Profile {
    pub name: String,
    pub wire: Wire,
    /// As the provider calls it.
    pub model: String,
    /// With its version (`https://api.openai.com/v1`); an address without a path gets the usual one of its wire.
    pub base_url: Url,
    pub key: Option<Key>,
    /// Prompt and answer together.
    pub context_tokens: u32,
    pub max_output_tokens: u32,
    /// `None`: not known.
    pub price: Option<Price>,
    /// Runs on machines of the operator: texts that must not leave them may be sent to it, and it begins with one
    /// request at a time.
    pub is_local: bool,
    /// Requests at the same time, at most; how many there really are follows what the provider bears.
    pub concurrency: u32,
    /// The model that is asked where this one cannot answer.
    pub fallback: Option<String>,
    /// How it is made to answer by a schema; `None` where that is to be found out.
    pub typed: Option<Typed>,
    /// Not sent where it is `None`: reasoning models refuse it.
    pub temperature: Option<f32>,
    /// How hard a reasoning model should think, in the words of its provider.
    pub effort: Option<String>,
    /// Further members of the request's body, which go over ours.
    pub extra: Map<String, Value>,
    /// Longest wait for the first sign of an answer, loading of the model included.
    pub first_token: Duration,
    /// Longest silence within an answer.
    pub silence: Duration,
}

/// How a model is spoken to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Wire {
    /// Chat completions: OpenAI, vLLM, llama.cpp, LM Studio, OpenRouter and many more.
    OpenAiChat,
    OpenAiResponses,
    Anthropic,
    Gemini,
    Ollama,
}

/// How a model is made to answer by a schema.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Typed {
    /// The provider's own mode for JSON Schema.
    Native,
    /// A tool that the model has to call.
    Tool,
    /// The schema stands in the prompt.
    Prompt,
}

/// Millionths of a US dollar per million tokens: what providers write as "$2.50" is 2,500,000.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Price {
    pub input: u64,
    /// `None`: as for other input.
    pub cached: Option<u64>,
    pub output: u64,
}

/// The key of a provider. Prints as `***`.
#[derive(Clone, PartialEq, Eq)]
pub struct Key(String);

/// What a local model may hold unless a setting or its server says otherwise.
pub const LOCAL_CONTEXT_TOKENS: u32 = 8192;
/// What is assumed of a hosted model: all that are sold today hold it.
pub const HOSTED_CONTEXT_TOKENS: u32 = 128_000;
/// An answer's usual bound: a report's section is 1,000 tokens, and thoughts count too.
pub const MAX_OUTPUT_TOKENS: u32 = 8192;
/// A local answer's bound: a quarter of its context, so that the prompt has the rest.
pub const LOCAL_MAX_OUTPUT_TOKENS: u32 = 2048;
/// Requests at the same time to a hosted model, unless set. The lowest paid tiers bear that many.
pub const HOSTED_CONCURRENCY: u32 = 16;
/// The same for a local one, reached only while each more brings more tokens per second.
pub const LOCAL_CONCURRENCY: u32 = 8;
/// Reasoning models are silent while they think; two minutes cover all but the hardest.
const FIRST_TOKEN: Duration = Duration::from_mins(2);
/// A large model is read from a slow disk, and 8,000 tokens of prompt at 20 a second take seven minutes.
const LOCAL_FIRST_TOKEN: Duration = Duration::from_mins(10);
const SILENCE: Duration = Duration::from_mins(1);
/// A machine that swaps, or serves somebody else between two tokens.
const LOCAL_SILENCE: Duration = Duration::from_mins(2);

impl Profile {
    /// A model with the usual bounds of its wire, no key and no price.
    pub fn new(name: impl Into<String>, wire: Wire, model: impl Into<String>, base: Url) -> Self {
        let profile = Self {
            name: name.into(),
            wire,
            model: model.into(),
            base_url: base,
            key: None,
            context_tokens: HOSTED_CONTEXT_TOKENS,
            max_output_tokens: MAX_OUTPUT_TOKENS,
            price: None,
            is_local: false,
            concurrency: HOSTED_CONCURRENCY,
            fallback: None,
            typed: None,
            temperature: None,
            effort: None,
            extra: Map::new(),
            first_token: FIRST_TOKEN,
            silence: SILENCE,
        };
        if wire == Wire::Ollama { profile.local() } else { profile }
    }

    /// The same on a machine of the operator: patient, careful, and without a price per token.
    #[must_use]
    pub fn local(self) -> Self {
        Self {
            is_local: true,
            context_tokens: LOCAL_CONTEXT_TOKENS,
            max_output_tokens: LOCAL_MAX_OUTPUT_TOKENS,
            price: Some(Price::FREE),
            concurrency: LOCAL_CONCURRENCY,
            first_token: LOCAL_FIRST_TOKEN,
            silence: LOCAL_SILENCE,
            ..self
        }
    }

    /// An address below the base.
    pub(crate) fn url(&self, path: &str) -> Url {
        let mut url = self.base_url.clone();
        let base = match url.path().trim_end_matches('/') {
            "" => self.wire.usual_path(),
            path => path,
        };
        let whole = format!("{base}/{path}");
        url.set_path(&whole);
        url
    }
}

impl Wire {
    pub const ALL: [Self; 5] =
        [Self::OpenAiChat, Self::OpenAiResponses, Self::Anthropic, Self::Gemini, Self::Ollama];

    /// As settings write it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::OpenAiChat => "openai",
            Self::OpenAiResponses => "openai-responses",
            Self::Anthropic => "anthropic",
            Self::Gemini => "gemini",
            Self::Ollama => "ollama",
        }
    }

    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|wire| wire.as_str() == word)
    }

    /// What lies between the origin and the call, version included.
    const fn usual_path(self) -> &'static str {
        match self {
            Self::OpenAiChat | Self::OpenAiResponses | Self::Anthropic => "/v1",
            Self::Gemini => "/v1beta",
            Self::Ollama => "/api",
        }
    }
}

impl Typed {
    pub const ALL: [Self; 3] = [Self::Native, Self::Tool, Self::Prompt];

    /// As settings write it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Native => "native",
            Self::Tool => "tool",
            Self::Prompt => "prompt",
        }
    }

    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|typed| typed.as_str() == word)
    }

    /// What to try where this is refused.
    pub(crate) const fn next(self) -> Option<Self> {
        match self {
            Self::Native => Some(Self::Tool),
            Self::Tool => Some(Self::Prompt),
            Self::Prompt => None,
        }
    }
}

impl Price {
    /// Of a model on one's own machine.
    pub const FREE: Self = Self { input: 0, cached: None, output: 0 };
}

impl Key {
    /// `None` where the text is blank.
    pub fn new(text: &str) -> Option<Self> {
        let text = text.trim();
        (!text.is_empty()).then(|| Self(text.to_owned()))
    }

    pub(crate) fn reveal(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("***")
    }
}

impl fmt::Display for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("***")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(wire: Wire, base: &str) -> String {
        Profile::new("m", wire, "m", Url::parse(base).unwrap()).url("call").to_string()
    }

    #[test]
    fn a_base_without_a_path_gets_the_usual_one() {
        assert_eq!(at(Wire::OpenAiChat, "http://gpu.test:8000"), "http://gpu.test:8000/v1/call");
        assert_eq!(at(Wire::Ollama, "http://127.0.0.1:11434/"), "http://127.0.0.1:11434/api/call");
        let router = "https://openrouter.ai/api/v1/";
        assert_eq!(at(Wire::OpenAiChat, router), "https://openrouter.ai/api/v1/call");
    }

    #[test]
    fn a_key_does_not_print() {
        let base = Url::parse("https://api.test").unwrap();
        let key = Key::new(" sk-secret ");
        let profile = Profile { key, ..Profile::new("m", Wire::Anthropic, "m", base) };
        assert_eq!(profile.key.as_ref().map(Key::reveal), Some("sk-secret"));
        assert!(!format!("{profile:?} {}", profile.key.clone().unwrap()).contains("secret"));
        assert_eq!(Key::new(" "), None);
    }
}
