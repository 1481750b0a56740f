//! Models whose server is scripted, and short ways to ask them.

use std::time::Duration;

use egress::{Egress, Origin, Policy};
use serde_json::{Value, json};
use task_mcp_llm::{Config, Failed, Format, Key, Models, Profile, Reply, Request, Turn, Wire};
use testkit::model_server::{ModelServer, Spoken};
use testkit::{HandClock, model_server};
use url::Url;

pub(crate) const KEY: &str = "secret-key-0123456789abcdef";
pub(crate) const ALL: [Spoken; 5] = Spoken::ALL;

/// A model called `m` on that server.
pub(crate) fn profile(server: &ModelServer, spoken: Spoken) -> Profile {
    let wire = match spoken {
        Spoken::OpenAiChat => Wire::OpenAiChat,
        Spoken::OpenAiResponses => Wire::OpenAiResponses,
        Spoken::Anthropic => Wire::Anthropic,
        Spoken::Gemini => Wire::Gemini,
        Spoken::Ollama => Wire::Ollama,
    };
    let base = Url::parse(&server.origin).unwrap();
    Profile { key: Key::new(KEY), ..Profile::new("m", wire, "scripted", base) }
}

/// Models that wait for nothing longer than they must.
pub(crate) fn models(profiles: Vec<Profile>) -> (Models, HandClock) {
    models_with(Config { models: profiles, ..hasty() })
}

pub(crate) fn hasty() -> Config {
    Config {
        retry_for: Duration::from_secs(5),
        first_wait: Duration::from_millis(8),
        ..Config::default()
    }
}

pub(crate) fn models_with(config: Config) -> (Models, HandClock) {
    let profiles = &config.models;
    let allow = profiles.iter().map(|profile| Origin::of(&profile.base_url).unwrap()).collect();
    let clock = HandClock::default();
    (Models::new(config, Egress::new(Policy::allowing(allow)), clock.clock()), clock)
}

pub(crate) fn model(server: &ModelServer, spoken: Spoken) -> Models {
    models(vec![profile(server, spoken)]).0
}

pub(crate) fn question() -> Request {
    Request {
        turns: vec![
            Turn::user("When is high tide?"),
            Turn::model("Where?"),
            Turn::user("At Sorrel Reach."),
        ],
        ..Request::text("You know the tides.", "", 200)
    }
}

pub(crate) fn typed_question() -> Request {
    Request { format: Some(Format { name: "tide".into(), schema: schema() }), ..question() }
}

pub(crate) fn schema() -> Value {
    json!({
        "type": "object",
        "properties": {
            "quote": {"type": "string", "minLength": 1},
            "hour": {"type": "integer"},
            "note": {"type": "string"},
        },
        "required": ["quote", "hour"],
    })
}

pub(crate) const TIDE: &str = r#"{"quote":"High tide comes at nine.","hour":9}"#;

pub(crate) async fn ask(models: &Models) -> Result<Reply, Failed> {
    models.ask("m", &question()).await
}

/// What `m` says of a server that meets these faults.
pub(crate) async fn on(
    spoken: Spoken,
    faults: impl IntoIterator<Item = Option<model_server::Fault>>,
) -> (Result<Reply, Failed>, ModelServer) {
    let server = ModelServer::saying("High tide comes at nine, and low tide at three.").await;
    server.next(faults);
    let hasty = Profile {
        first_token: Duration::from_millis(150),
        silence: Duration::from_millis(150),
        ..profile(&server, spoken)
    };
    let answer = ask(&models(vec![hasty]).0).await;
    (answer, server)
}
