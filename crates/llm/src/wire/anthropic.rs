//! Anthropic's Messages.

use serde_json::{Map, Value, json};

use super::{Draft, Question, Shape, Stop, int_at, members, str_at};

/// Of the API; newer behaviour is asked for by members of the body.
pub(super) const VERSION: &str = "2023-06-01";

pub(super) fn call(question: &Question) -> (String, Map<String, Value>) {
    let system = question.system();
    // The head of a prompt is the same for many questions: the provider may keep it.
    let cached = json!([{"type": "text", "text": system, "cache_control": {"type": "ephemeral"}}]);
    let mut body = members([
        ("model", Some(json!(question.profile.model))),
        ("max_tokens", Some(json!(question.max_output_tokens))),
        ("system", (!system.is_empty()).then_some(cached)),
        ("messages", Some(question.messages().collect())),
        ("temperature", question.temperature()),
    ]);
    match &question.shape {
        Shape::Text | Shape::Prompt(_) => {}
        Shape::Native(_, adapted) => {
            let format = json!({"type": "json_schema", "schema": adapted.schema});
            body.insert("output_config".into(), json!({"format": format}));
        }
        Shape::Tool(name, adapted) => {
            let tool = json!({
                "name": name,
                "description": "Gives the answer.",
                "input_schema": adapted.schema,
            });
            body.insert("tools".into(), json!([tool]));
            body.insert("tool_choice".into(), json!({"type": "tool", "name": name}));
        }
    }
    if let Some(effort) = question.effort() {
        let config = body.entry("output_config").or_insert_with(|| json!({}));
        config["effort"] = json!(effort);
    }
    body.insert("stream".into(), json!(true));
    ("messages".into(), body)
}

/// An event of a stream, or a whole message.
pub(super) fn read(draft: &mut Draft, event: &Value) {
    match str_at(event, "/type") {
        "message_start" => usage(draft, &event["message"]["usage"]),
        "content_block_start" => block(draft, &event["content_block"]),
        "content_block_delta" => {
            draft.text.push_str(str_at(event, "/delta/text"));
            draft.arguments.push_str(str_at(event, "/delta/partial_json"));
            draft.thought_bytes += str_at(event, "/delta/thinking").len();
        }
        "message_delta" => {
            usage(draft, &event["usage"]);
            stop(draft, str_at(event, "/delta/stop_reason"));
        }
        "message_stop" => draft.is_whole = true,
        "message" => {
            for part in event["content"].as_array().into_iter().flatten() {
                block(draft, part);
            }
            usage(draft, &event["usage"]);
            stop(draft, str_at(event, "/stop_reason"));
            draft.is_whole = true;
        }
        _ => {}
    }
}

fn block(draft: &mut Draft, block: &Value) {
    match str_at(block, "/type") {
        "text" => draft.text.push_str(str_at(block, "/text")),
        // At the start of a stream the input is an empty object, which the deltas replace.
        "tool_use" => match block.get("input") {
            Some(Value::Object(input)) if !input.is_empty() => {
                draft.arguments.push_str(&block["input"].to_string());
            }
            _ => {}
        },
        "thinking" => draft.thought_bytes += str_at(block, "/thinking").len(),
        _ => {}
    }
}

/// `input_tokens` leaves out what was written to the cache and read from it.
fn usage(draft: &mut Draft, usage: &Value) {
    let fresh = int_at(usage, "/input_tokens");
    let read = int_at(usage, "/cache_read_input_tokens");
    let written = int_at(usage, "/cache_creation_input_tokens");
    if let Some(fresh) = fresh {
        let cached = read.unwrap_or(0).saturating_add(written.unwrap_or(0));
        draft.seen.input = Some(if fresh < 0 { fresh } else { fresh.saturating_add(cached) });
        draft.seen.cached = read;
    }
    draft.seen.output = int_at(usage, "/output_tokens").or(draft.seen.output);
}

fn stop(draft: &mut Draft, reason: &str) {
    draft.stop = match reason {
        "" => return,
        "max_tokens" | "model_context_window_exceeded" => Some(Stop::Length),
        "refusal" => Some(Stop::Blocked("the model refuses".into())),
        _ => Some(Stop::End),
    };
}
