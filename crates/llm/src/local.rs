//! Looks for a local server of models.

use std::time::Duration;

use egress::{Egress, Purpose, Request};
use serde_json::Value;
use url::Url;

/// Where Ollama listens unless it is told otherwise.
pub const OLLAMA: &str = "http://127.0.0.1:11434";
/// How long a start waits for it: a server on the same machine answers in milliseconds, and a closed port refuses at once.
const TIMEOUT: Duration = Duration::from_millis(500);
const MAX_BYTES: usize = 1 << 20;

/// The models that an Ollama has, the newest first, without those that only make vectors. `None` where none answers.
pub async fn ollama_models(egress: &Egress, base: &Url) -> Option<Vec<String>> {
    let mut request = Request::new(base.join("/api/tags").ok()?, MAX_BYTES, TIMEOUT);
    request.purpose = Purpose::Model;
    request.follow = false;
    let reply = egress.send(request).await.ok()?;
    let list: Value = serde_json::from_slice(&reply.body).ok().filter(|_| reply.status == 200)?;
    let models = list.get("models")?.as_array()?.iter();
    let names =
        models.filter(|model| !is_for_vectors(model)).filter_map(|model| model["name"].as_str());
    Some(names.map(str::to_owned).collect())
}

fn is_for_vectors(model: &Value) -> bool {
    let says = |text: &Value| {
        text.as_str().is_some_and(|text| text.contains("embed") || text.contains("bert"))
    };
    says(&model["name"]) || says(&model["details"]["family"])
}
