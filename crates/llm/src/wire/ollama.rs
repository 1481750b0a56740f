//! Ollama's own chat: the only wire on which it can be told how much context to hold.

use std::time::Duration;

use serde_json::{Map, Value, json};

use super::{Draft, Question, Shape, Stop, int_at, members, str_at};

/// How long the model stays in memory: longer than the pauses between a run's rounds of reading.
const KEEP_ALIVE: &str = "15m";

pub(super) fn call(question: &Question) -> (String, Map<String, Value>) {
    let system = question.system();
    let system = (!system.is_empty()).then(|| json!({"role": "system", "content": system}));
    let messages: Vec<Value> = system.into_iter().chain(question.messages()).collect();
    // The same context for every question: another one would load the model anew.
    let options = members([
        ("num_ctx", Some(json!(question.profile.context_tokens))),
        ("num_predict", Some(json!(question.max_output_tokens))),
        ("temperature", question.temperature()),
    ]);
    let (mut format, mut tools) = (None, None);
    match &question.shape {
        Shape::Text | Shape::Prompt(_) => {}
        Shape::Native(_, adapted) => format = Some(adapted.schema.clone()),
        Shape::Tool(name, adapted) => {
            let function = json!({
                "name": name,
                "description": "Gives the answer. Call it once.",
                "parameters": adapted.schema,
            });
            tools = Some(json!([{"type": "function", "function": function}]));
        }
    }
    let body = members([
        ("model", Some(json!(question.profile.model))),
        ("messages", Some(Value::Array(messages))),
        ("stream", Some(json!(true))),
        ("format", format),
        ("tools", tools),
        // A model that cannot think ignores it; one that can would think longer than it writes.
        ("think", Some(json!(false))),
        ("keep_alive", Some(json!(KEEP_ALIVE))),
        ("options", Some(Value::Object(options))),
    ]);
    ("chat".into(), body)
}

/// A line of a stream, or a whole reply; they have the same shape.
pub(super) fn read(draft: &mut Draft, event: &Value) {
    draft.text.push_str(str_at(event, "/message/content"));
    draft.thought_bytes += str_at(event, "/message/thinking").len();
    if let Some(arguments) = event.pointer("/message/tool_calls/0/function/arguments")
        && draft.arguments.is_empty()
    {
        draft.arguments = arguments.as_str().map_or_else(|| arguments.to_string(), str::to_owned);
    }
    if event.get("done") != Some(&Value::Bool(true)) {
        return;
    }
    draft.seen.input = int_at(event, "/prompt_eval_count");
    draft.seen.output = int_at(event, "/eval_count");
    let span = |name: &str| event.get(name).and_then(Value::as_u64).map(Duration::from_nanos);
    draft.load = span("load_duration");
    draft.writing = span("eval_duration");
    draft.stop =
        Some(if str_at(event, "/done_reason") == "length" { Stop::Length } else { Stop::End });
    draft.is_whole = true;
}
