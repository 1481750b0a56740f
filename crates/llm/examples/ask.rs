//! Asks a model the same kinds of questions as the engine does, and prints what came of each as a line of JSON.
//!
//! ```sh
//! cargo run -p task-mcp-llm --example ask -- openai http://127.0.0.1:8080 MODEL 10
//! ```
//!
//! The arguments are the wire, the address, the model's name, and how often to ask. The model is taken for a local one.
//! `clients/python/test_llama.py` runs it against llama.cpp.

use std::time::{Duration, UNIX_EPOCH};

use domain::clock::{Clock, TimeMs};
use egress::{Egress, Origin, Policy};
use serde_json::{Value, json};
use task_mcp_llm::{Config, Format, Models, Profile, Request, Wire, typed};
use url::Url;

const USAGE: &str = "usage: ask WIRE ADDRESS MODEL TIMES";

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [wire, address, model, times] = arguments.as_slice() else { return Err(USAGE.into()) };
    let base = Url::parse(address)?;
    let allow = Origin::of(&base).into_iter().collect();
    let profile = Profile {
        context_tokens: 2048,
        max_output_tokens: 256,
        silence: Duration::from_secs(20),
        ..Profile::new("model", Wire::parse(wire).ok_or(USAGE)?, model.as_str(), base).local()
    };
    let config = Config { models: vec![profile], ..Config::default() };
    let models = Models::new(config, Egress::new(Policy::allowing(allow)), clock());
    let probe = models.probe("model").await;
    let typed = probe.typed.map(task_mcp_llm::Typed::as_str);
    let answered = probe.answered.map_err(|failed| failed.code()).err();
    println!(
        "{}",
        json!({"kind": "probe", "typed": typed, "context": probe.context_tokens, "failed": answered})
    );
    for number in 0..times.parse::<usize>()? {
        for (kind, request) in questions(number) {
            println!("{}", asked(&models, kind, &request).await);
        }
    }
    Ok(())
}

fn questions(number: usize) -> [(&'static str, Request); 3] {
    let text =
        Request::text("You know the tides.", format!("When is high tide on day {number}?"), 48);
    let schema = json!({
        "type": "object",
        "properties": {
            "quote": {"type": "string"},
            "hour": {"type": ["integer", "null"]},
            "kind": {"type": "string", "enum": ["spring", "neap"]},
        },
        "required": ["quote", "hour", "kind"],
        "additionalProperties": false,
    });
    let format = Some(Format { name: "tide".into(), schema });
    let typed = Request { format, max_output_tokens: 256, ..text.clone() };
    // By our own count it fits; by that of a tokenizer of single bytes it does not.
    let long = Request::text("", "The tide turns twice a day. ".repeat(140), 48);
    [("text", text), ("typed", typed), ("long", long)]
}

async fn asked(models: &Models, kind: &str, request: &Request) -> Value {
    let reply = match models.ask("model", request).await {
        Ok(reply) => reply,
        Err(failed) => {
            return json!({"kind": kind, "failed": failed.code(), "why": failed.to_string()});
        }
    };
    let fits = request.format.as_ref().map(|format| {
        typed::read(&reply.text, &format.schema).map_err(|unfit| unfit.to_string()).err()
    });
    json!({
        "kind": kind,
        "stopped": reply.stopped,
        "usage": reply.usage,
        "tries": reply.tries,
        "characters": reply.text.chars().count(),
        "unfit": fits.flatten(),
    })
}

fn clock() -> Clock {
    Clock::new(|| {
        #[expect(clippy::disallowed_methods, reason = "an example has the machine's clock")]
        let since = std::time::SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        TimeMs(i64::try_from(since.as_millis()).unwrap_or(i64::MAX))
    })
}
