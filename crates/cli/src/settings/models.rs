//! Language models: `[models.NAME]`, `[roles]`, and what is found without a setting.

use std::collections::BTreeMap;
use std::time::Duration;

use domain::model::{Cast, Role};
use egress::{Egress, Origin, Policy, Purpose, Scope};
use llm::{Key, Models, Price, Profile, Typed, Wire, local};
use serde_json::{Map, Value};
use url::Url;

use super::Settings;
use super::keys::{Key as Setting, quoted};
use super::values::{address, count, duration, show_duration, yes_or_no};

/// What is set of models, and what the environment offers.
#[derive(Debug, Clone, Default)]
pub(crate) struct ModelSettings {
    /// In the order in which they were first named.
    pub(crate) named: Vec<Named>,
    pub(crate) roles: Roles,
    /// Keys of providers in the environment, in the order in which they are looked for.
    pub(crate) keys: Vec<(Wire, Key)>,
}

impl ModelSettings {
    /// The variable that should hold the key of this model, and is not set.
    pub(crate) fn unset_variable(&self, name: &str) -> Option<&str> {
        let model = self.named.iter().find(|model| model.name == name)?;
        model.key_env.as_deref().filter(|_| model.key.is_none())
    }
}

/// One `[models.NAME]`: what was said, the rest by default.
#[derive(Debug, Clone, Default)]
pub(crate) struct Named {
    pub(crate) name: String,
    provider: Option<Wire>,
    model: Option<String>,
    base_url: Option<Url>,
    key: Option<Key>,
    key_env: Option<String>,
    context: Option<u32>,
    max_output: Option<u32>,
    price_in: Option<u64>,
    price_out: Option<u64>,
    price_cached: Option<u64>,
    concurrency: Option<u32>,
    fallback: Option<String>,
    is_local: Option<bool>,
    typed: Option<Typed>,
    temperature: Option<f32>,
    effort: Option<String>,
    extra: Map<String, Value>,
    first_token: Option<Duration>,
    silence: Option<Duration>,
}

#[derive(Debug, Clone, Default)]
pub(crate) struct Roles {
    /// `None`: the first model that there is; `none`: no model at all.
    pub(crate) default: Option<String>,
    pub(crate) by_role: BTreeMap<Role, String>,
}

/// As `roles.default`: no model is used, whatever there is.
pub(crate) const NO_MODEL: &str = "none";

/// The model that a provider's key brings, unless one is named: its fast and cheap one, for most of a run is reading.
/// Read in the providers' documentation on 2026-11-28; older ones go out of service after about a year.
const OPENAI_MODEL: &str = "gpt-5.6-luna";
const ANTHROPIC_MODEL: &str = "claude-sonnet-5";
const GEMINI_MODEL: &str = "gemini-3.6-flash";

/// Where keys of providers stand in the environment, as their own tools have it.
pub(crate) const KEY_VARIABLES: [(Wire, &str); 3] = [
    (Wire::OpenAiChat, "OPENAI_API_KEY"),
    (Wire::Anthropic, "ANTHROPIC_API_KEY"),
    (Wire::Gemini, "GEMINI_API_KEY"),
];

/// The settings of one model, below `models.NAME.`.
pub(crate) const MODEL_KEYS: [(&str, &str); 19] = [
    (
        "provider",
        "openai (chat completions: also vLLM, llama.cpp, LM Studio, OpenRouter), openai-responses, anthropic, gemini or ollama",
    ),
    ("model", "as the provider calls it"),
    (
        "base_url",
        "its address with the version, such as http://localhost:8000/v1; by default the provider's own; a private one is allowed by being named",
    ),
    ("key", "its key; better in `key_env`"),
    (
        "key_env",
        "the environment variable that holds its key; by default that of the provider, for the provider's own address only",
    ),
    ("context", "tokens that it holds, prompt and answer together; 128000, for a local one 8192"),
    ("max_output", "tokens of one answer; 8192, for a local one 2048"),
    (
        "price_in",
        "US dollars per million tokens of a prompt, such as 0.25; without prices costs are unknown, and nothing for a local one",
    ),
    ("price_out", "the same for answers, thoughts included"),
    ("price_cached", "the same for the cached part of a prompt; by default as `price_in`"),
    (
        "concurrency",
        "requests at the same time, at most; 16, for a local one 8, reached only as far as it helps",
    ),
    ("fallback", "the model that is asked where this one cannot answer"),
    (
        "local",
        "true: it runs on your own machines, so that texts which must not leave them may be sent to it; begins with one request at a time and is waited for longer",
    ),
    ("typed", "how it is made to answer by a schema: native, tool or prompt; found out by default"),
    ("temperature", "not sent by default: reasoning models refuse it"),
    ("effort", "how hard a reasoning model thinks, in its provider's words, such as low"),
    (
        "extra",
        "further members of the request's body, as JSON, such as {\"chat_template_kwargs\": {\"enable_thinking\": false}}",
    ),
    ("first_token", "longest wait for the first sign of an answer; 2m, for a local one 10m"),
    ("silence", "longest silence within an answer; 1m, for a local one 2m"),
];

/// Which model does what.
pub(super) const ROLE_KEYS: [Setting; 5] = [
    Setting {
        name: "roles.default",
        doc: "the model that plays every role without one of its own; `none` uses no model, whatever there is",
        set: |all, text| {
            all.models.roles.default = Some(text.trim().to_owned()).filter(|name| !name.is_empty());
            Ok(())
        },
        show: |all| all.models.roles.default.as_ref().map(|name| quoted(name)),
    },
    Setting {
        name: "roles.planner",
        doc: "the model that compiles tasks, words queries and names gaps",
        set: |all, text| {
            set_role(all, Role::Planner, text);
            Ok(())
        },
        show: |all| all.models.roles.by_role.get(&Role::Planner).map(|name| quoted(name)),
    },
    Setting {
        name: "roles.reader",
        doc: "the model that finds claims in passages: most of all tokens",
        set: |all, text| {
            set_role(all, Role::Reader, text);
            Ok(())
        },
        show: |all| all.models.roles.by_role.get(&Role::Reader).map(|name| quoted(name)),
    },
    Setting {
        name: "roles.writer",
        doc: "the model that composes reports and fields",
        set: |all, text| {
            set_role(all, Role::Writer, text);
            Ok(())
        },
        show: |all| all.models.roles.by_role.get(&Role::Writer).map(|name| quoted(name)),
    },
    Setting {
        name: "roles.verifier",
        doc: "the model that compares statements with their quotes",
        set: |all, text| {
            set_role(all, Role::Verifier, text);
            Ok(())
        },
        show: |all| all.models.roles.by_role.get(&Role::Verifier).map(|name| quoted(name)),
    },
];

fn set_role(all: &mut Settings, role: Role, text: &str) {
    match text.trim() {
        "" => all.models.roles.by_role.remove(&role),
        name => all.models.roles.by_role.insert(role, name.to_owned()),
    };
}

/// Changes one model, or begins a new one.
pub(crate) fn set_model(
    all: &mut Settings,
    name: &str,
    key: &str,
    text: &str,
) -> Result<(), String> {
    let named = &mut all.models.named;
    let at = if let Some(at) = named.iter().position(|model| model.name == name) {
        at
    } else {
        check_name(name)?;
        named.push(Named { name: name.to_owned(), ..Named::default() });
        named.len() - 1
    };
    let model = &mut named[at];
    let words = || text.trim().to_owned();
    match key {
        "provider" => {
            let all = "write openai, openai-responses, anthropic, gemini or ollama";
            model.provider = Some(Wire::parse(text.trim()).ok_or(all)?);
        }
        "model" => model.model = Some(words()),
        "base_url" => model.base_url = address(text)?,
        "key" => model.key = Key::new(text),
        "key_env" => model.key_env = Some(words()),
        "context" => model.context = Some(count(text)?),
        "max_output" => model.max_output = Some(count(text)?),
        "price_in" => model.price_in = Some(price(text)?),
        "price_out" => model.price_out = Some(price(text)?),
        "price_cached" => model.price_cached = Some(price(text)?),
        "concurrency" => model.concurrency = Some(count(text)?),
        "fallback" => model.fallback = Some(words()).filter(|name| !name.is_empty()),
        "local" => model.is_local = Some(yes_or_no(text)?),
        "typed" => {
            model.typed = Some(Typed::parse(text.trim()).ok_or("write native, tool or prompt")?);
        }
        "temperature" => model.temperature = Some(temperature(text)?),
        "effort" => model.effort = Some(words()).filter(|effort| !effort.is_empty()),
        "extra" => {
            let wrong = |_| "write a JSON object, such as {\"top_p\": 0.9}".to_owned();
            model.extra = serde_json::from_str(text).map_err(wrong)?;
        }
        "first_token" => model.first_token = Some(duration(text)?),
        "silence" => model.silence = Some(duration(text)?),
        _ => return Err(format!("`{key}` is not a setting of a model")),
    }
    Ok(())
}

fn check_name(name: &str) -> Result<(), String> {
    let is_fine = (1..=40).contains(&name.len())
        && name.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_'));
    if !is_fine || name == NO_MODEL {
        return Err(format!("`{name}` cannot be the name of a model; use a-z, 0-9 and `-`"));
    }
    Ok(())
}

/// US dollars per million tokens, as millionths of a dollar per million.
fn price(text: &str) -> Result<u64, String> {
    let wrong = || "write US dollars per million tokens, such as 0.25".to_owned();
    let (whole, part) = text
        .trim()
        .trim_start_matches('$')
        .split_once('.')
        .unwrap_or((text.trim().trim_start_matches('$'), ""));
    let is_number =
        !whole.is_empty() && (whole.to_owned() + part).bytes().all(|b| b.is_ascii_digit());
    if !is_number || part.len() > 6 {
        return Err(wrong());
    }
    let dollars: u64 = whole.parse().map_err(|_| wrong())?;
    let micros: u64 = format!("{part:0<6}").parse().map_err(|_| wrong())?;
    dollars.checked_mul(1_000_000).and_then(|sum| sum.checked_add(micros)).ok_or_else(wrong)
}

fn show_price(price: u64) -> String {
    let text = format!("{}.{:06}", price / 1_000_000, price % 1_000_000);
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}

fn temperature(text: &str) -> Result<f32, String> {
    let number = text.trim().parse::<f32>().ok().filter(|number| (0.0..=2.0).contains(number));
    number.ok_or_else(|| "write a number from 0 to 2".into())
}

/// What is in force for one model, as pairs of key and value. A key shows as `***`.
pub(crate) fn show_model(model: &Named, profile: &Profile) -> Vec<(&'static str, String)> {
    let text = |text: &str| toml::Value::String(text.to_owned()).to_string();
    let mut lines = vec![
        ("provider", text(profile.wire.as_str())),
        ("model", text(&profile.model)),
        ("base_url", text(profile.base_url.as_str())),
    ];
    lines.extend(profile.key.as_ref().map(|key| ("key", text(&key.to_string()))));
    lines.extend(model.key_env.as_ref().map(|name| ("key_env", text(name))));
    lines.push(("context", profile.context_tokens.to_string()));
    lines.push(("max_output", profile.max_output_tokens.to_string()));
    if let Some(price) = &profile.price {
        lines.push(("price_in", show_price(price.input)));
        lines.push(("price_out", show_price(price.output)));
        lines.extend(price.cached.map(|cached| ("price_cached", show_price(cached))));
    }
    lines.push(("concurrency", profile.concurrency.to_string()));
    lines.extend(profile.fallback.as_ref().map(|name| ("fallback", text(name))));
    lines.push(("local", profile.is_local.to_string()));
    lines.extend(profile.typed.map(|typed| ("typed", text(typed.as_str()))));
    lines.extend(profile.temperature.map(|number| ("temperature", number.to_string())));
    lines.extend(profile.effort.as_ref().map(|effort| ("effort", text(effort))));
    if !profile.extra.is_empty() {
        lines.push(("extra", text(&Value::Object(profile.extra.clone()).to_string())));
    }
    lines.push(("first_token", text(&show_duration(profile.first_token))));
    lines.push(("silence", text(&show_duration(profile.silence))));
    lines
}

/// Reads the keys that the environment holds for providers and for the models that name a variable.
pub(crate) fn read_environment(all: &mut ModelSettings) {
    let variable = |name: &str| {
        let value = std::env::var_os(name)?.into_string().ok()?;
        Key::new(&value)
    };
    all.keys =
        KEY_VARIABLES.iter().filter_map(|(wire, name)| Some((*wire, variable(name)?))).collect();
    for model in &mut all.named {
        if let Some(name) = &model.key_env {
            model.key = model.key.take().or_else(|| variable(name));
        }
    }
}

/// Refuses what does not go together, with what to write instead.
pub(crate) fn check(all: &ModelSettings) -> Result<(), String> {
    let names: Vec<&str> = all.named.iter().map(|model| model.name.as_str()).collect();
    let is_known = |name: &str| names.contains(&name) || (names.is_empty() && is_found(all, name));
    let known = || names.join(", ");
    for model in &all.named {
        let name = &model.name;
        if model.provider.is_none() {
            return Err(format!(
                "`models.{name}` has no provider: set models.{name}.provider to openai, openai-responses, anthropic, gemini or ollama"
            ));
        }
        if model.model.is_none() && usual_model(model.wire()).is_none() {
            return Err(format!(
                "`models.{name}` names no model: set models.{name}.model, such as \"qwen3:8b\""
            ));
        }
        if let Some(fallback) = model.fallback.as_ref().filter(|other| !is_known(other)) {
            return Err(format!(
                "`models.{name}.fallback` is `{fallback}`, which is not configured; there are {}",
                known()
            ));
        }
        if model.price_in.is_some() != model.price_out.is_some() {
            return Err(format!(
                "`models.{name}` has half a price: set both price_in and price_out"
            ));
        }
    }
    let roles = all.roles.by_role.iter().map(|(role, model)| (role.as_str(), model));
    for (role, model) in all.roles.default.iter().map(|model| ("default", model)).chain(roles) {
        if !(is_known(model) || (role == "default" && model == NO_MODEL)) {
            return Err(format!(
                "`roles.{role}` is `{model}`, which is not configured; there are {}, and models.{model}.provider would make a new one",
                if names.is_empty() { "no models".to_owned() } else { known() }
            ));
        }
    }
    Ok(())
}

/// Whether a name is one that a model gets that was found without a setting.
fn is_found(all: &ModelSettings, name: &str) -> bool {
    name == Wire::Ollama.as_str() || all.keys.iter().any(|(wire, _)| wire.as_str() == name)
}

const fn usual_model(wire: Wire) -> Option<&'static str> {
    match wire {
        Wire::OpenAiChat | Wire::OpenAiResponses => Some(OPENAI_MODEL),
        Wire::Anthropic => Some(ANTHROPIC_MODEL),
        Wire::Gemini => Some(GEMINI_MODEL),
        Wire::Ollama => None,
    }
}

fn usual_base(wire: Wire) -> Url {
    let base = match wire {
        Wire::OpenAiChat | Wire::OpenAiResponses => "https://api.openai.com/v1",
        Wire::Anthropic => "https://api.anthropic.com/v1",
        Wire::Gemini => "https://generativelanguage.googleapis.com/v1beta",
        Wire::Ollama => local::OLLAMA,
    };
    #[expect(clippy::expect_used, reason = "five addresses, all of them tried by a test")]
    Url::parse(base).expect("an address")
}

impl Named {
    fn wire(&self) -> Wire {
        self.provider.unwrap_or(Wire::OpenAiChat)
    }

    /// The model with its defaults; `keys` are the environment's.
    pub(crate) fn profile(&self, keys: &[(Wire, Key)]) -> Profile {
        let wire = self.wire();
        let base = self.base_url.clone().unwrap_or_else(|| usual_base(wire));
        let model = self.model.clone().or_else(|| usual_model(wire).map(str::to_owned));
        // A key goes to its own provider only, never to another address that speaks the same wire.
        let is_own = base.host_str() == usual_base(wire).host_str();
        let family = if wire == Wire::OpenAiResponses { Wire::OpenAiChat } else { wire };
        let found = keys.iter().find(|(of, _)| *of == family && is_own && self.key_env.is_none());
        let mut profile = Profile::new(self.name.as_str(), wire, model.unwrap_or_default(), base);
        match self.is_local {
            Some(true) => profile = profile.local(),
            Some(false) => profile.is_local = false,
            None => {}
        }
        if let Some(input) = self.price_in {
            let output = self.price_out.unwrap_or(input);
            profile.price = Some(Price { input, cached: self.price_cached, output });
        }
        Profile {
            key: self.key.clone().or_else(|| found.map(|(_, key)| key.clone())),
            context_tokens: self.context.unwrap_or(profile.context_tokens),
            max_output_tokens: self.max_output.unwrap_or(profile.max_output_tokens),
            concurrency: self.concurrency.unwrap_or(profile.concurrency),
            fallback: self.fallback.clone(),
            typed: self.typed,
            temperature: self.temperature,
            effort: self.effort.clone(),
            extra: self.extra.clone(),
            first_token: self.first_token.unwrap_or(profile.first_token),
            silence: self.silence.unwrap_or(profile.silence),
            ..profile
        }
    }
}

impl Settings {
    /// The models that are configured; without any, those that keys in the environment bring; without those, one of an
    /// Ollama on this machine, which is asked once.
    pub(crate) async fn models(&self) -> Models {
        let settings = &self.models;
        if settings.roles.default.as_deref() == Some(NO_MODEL) {
            return self.way_to(Vec::new());
        }
        if !settings.named.is_empty() {
            return self.way_to(settings.named.iter().map(|m| m.profile(&settings.keys)).collect());
        }
        if !settings.keys.is_empty() {
            let found = |wire: Wire| Named {
                name: wire.as_str().to_owned(),
                provider: Some(wire),
                ..Named::default()
            };
            let keys = settings.keys.iter();
            return self
                .way_to(keys.map(|(wire, _)| found(*wire).profile(&settings.keys)).collect());
        }
        self.way_to(self.find_ollama().await.into_iter().collect())
    }

    /// Models with a way out to them alone: what is private there can be asked by nobody else.
    fn way_to(&self, profiles: Vec<Profile>) -> Models {
        let egress = Egress::taped(self.policy_for(&profiles), self.cassette.clone());
        let config = llm::Config { models: profiles, ..llm::Config::default() };
        Models::new(config, egress, crate::machine::clock())
    }

    /// Naming a model is leave to ask it, and calling it local is leave to tell it of one's own documents.
    fn policy_for(&self, profiles: &[Profile]) -> Policy {
        let origin = |profile: &Profile| Origin::of(&profile.base_url);
        let services = profiles.iter().filter_map(origin).map(|origin| (Purpose::Model, origin));
        let local = profiles.iter().filter(|profile| profile.is_local).filter_map(origin);
        let mut policy = self.policy();
        policy.services.extend(services);
        policy.local.extend(local);
        policy
    }

    async fn find_ollama(&self) -> Option<Profile> {
        let base = usual_base(Wire::Ollama);
        let ollama =
            |model: &str| Profile::new(Wire::Ollama.as_str(), Wire::Ollama, model, base.clone());
        let egress = Egress::taped(self.policy_for(&[ollama("")]), self.cassette.clone());
        let found = Scope::open().around(local::ollama_models(&egress, &base)).await?;
        found.first().map(|newest| ollama(newest))
    }

    /// Which of these models plays which role; `None` where there is none.
    pub(crate) fn cast(&self, models: &Models) -> Option<Cast> {
        let roles = &self.models.roles;
        let named = roles.default.as_deref().filter(|name| models.profile(name).is_some());
        let default = named.or_else(|| models.profiles().next().map(|p| p.name.as_str()))?;
        let mut cast = Cast::all(default);
        for (role, model) in &roles.by_role {
            if models.profile(model).is_some() {
                cast.set(*role, model);
            }
        }
        Some(cast)
    }
}

#[cfg(test)]
mod tests;
