//! Chat completions, as OpenAI has them and many servers imitate them.

use serde_json::{Map, Value, json};

use super::{Draft, Question, Shape, Stop, int_at, members, str_at};

pub(super) fn call(question: &Question) -> (String, Map<String, Value>) {
    let habits = question.habits;
    let system = question.system();
    let system = (!system.is_empty()).then(|| json!({"role": "system", "content": system}));
    let messages: Vec<Value> = system.into_iter().chain(question.messages()).collect();
    let limit = Some(json!(question.max_output_tokens));
    let (short, long) = if habits.has_short_limit { (limit, None) } else { (None, limit) };
    let mut body = members([
        ("model", Some(json!(question.profile.model))),
        ("messages", Some(Value::Array(messages))),
        ("max_tokens", short),
        ("max_completion_tokens", long),
        ("temperature", question.temperature()),
        ("reasoning_effort", question.effort().map(|effort| json!(effort))),
    ]);
    match &question.shape {
        Shape::Text | Shape::Prompt(_) => {}
        Shape::Native(name, adapted) => {
            let format =
                json!({"name": name, "strict": adapted.is_strict, "schema": adapted.schema});
            body.insert(
                "response_format".into(),
                json!({"type": "json_schema", "json_schema": format}),
            );
        }
        Shape::Tool(name, adapted) => {
            let function = json!({
                "name": name,
                "description": "Gives the answer.",
                "parameters": adapted.schema,
            });
            body.insert("tools".into(), json!([{"type": "function", "function": function}]));
            let choice = json!({"type": "function", "function": {"name": name}});
            body.insert("tool_choice".into(), choice);
        }
    }
    body.insert("stream".into(), json!(true));
    if habits.has_stream_options {
        body.insert("stream_options".into(), json!({"include_usage": true}));
    }
    ("chat/completions".into(), body)
}

/// A chunk of a stream, or a whole reply, which has `message` where a chunk has `delta`.
pub(super) fn read(draft: &mut Draft, event: &Value) {
    if let Some(usage) = event.get("usage").filter(|usage| !usage.is_null()) {
        draft.seen.input = int_at(usage, "/prompt_tokens");
        draft.seen.cached = int_at(usage, "/prompt_tokens_details/cached_tokens");
        draft.seen.output = int_at(usage, "/completion_tokens");
    }
    let Some(choice) = event.pointer("/choices/0") else { return };
    let said = choice.get("delta").or_else(|| choice.get("message")).unwrap_or(&Value::Null);
    draft.text.push_str(str_at(said, "/content"));
    draft.refusal.push_str(str_at(said, "/refusal"));
    draft.thought_bytes +=
        str_at(said, "/reasoning_content").len() + str_at(said, "/reasoning").len();
    // One tool is offered; whatever else is called has no meaning here.
    let calls = said.get("tool_calls").and_then(Value::as_array).into_iter().flatten();
    for call in calls.filter(|call| int_at(call, "/index").unwrap_or(0) == 0).take(1) {
        match call.pointer("/function/arguments") {
            Some(Value::String(text)) => draft.arguments.push_str(text),
            Some(object @ Value::Object(_)) => draft.arguments.push_str(&object.to_string()),
            _ => {}
        }
    }
    let stop = match str_at(choice, "/finish_reason") {
        "" => return,
        "length" => Stop::Length,
        "content_filter" => Stop::Blocked("the provider's content filter".into()),
        _ => Stop::End,
    };
    draft.stop = Some(stop);
    // The usage may still follow, the answer may not.
    draft.is_whole = true;
}
