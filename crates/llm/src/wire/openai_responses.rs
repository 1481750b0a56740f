//! OpenAI's Responses.

use serde_json::{Map, Value, json};

use super::{Draft, Fault, Question, Shape, Stop, int_at, members, str_at};

pub(super) fn call(question: &Question) -> (String, Map<String, Value>) {
    let system = question.system();
    let mut body = members([
        ("model", Some(json!(question.profile.model))),
        ("instructions", (!system.is_empty()).then(|| json!(system))),
        ("input", Some(question.messages().collect())),
        ("max_output_tokens", Some(json!(question.max_output_tokens))),
        ("temperature", question.temperature()),
        ("reasoning", question.effort().map(|effort| json!({"effort": effort}))),
    ]);
    match &question.shape {
        Shape::Text | Shape::Prompt(_) => {}
        Shape::Native(name, adapted) => {
            let format = json!({
                "type": "json_schema",
                "name": name,
                "strict": adapted.is_strict,
                "schema": adapted.schema,
            });
            body.insert("text".into(), json!({"format": format}));
        }
        Shape::Tool(name, adapted) => {
            let tool = json!({
                "type": "function",
                "name": name,
                "description": "Gives the answer.",
                "strict": adapted.is_strict,
                "parameters": adapted.schema,
            });
            body.insert("tools".into(), json!([tool]));
            body.insert("tool_choice".into(), json!({"type": "function", "name": name}));
        }
    }
    // Questions hold other people's documents: nothing is left with the provider that need not be.
    body.insert("store".into(), json!(false));
    body.insert("stream".into(), json!(true));
    ("responses".into(), body)
}

/// An event of a stream, or a whole response.
pub(super) fn read(draft: &mut Draft, event: &Value) -> Result<(), Fault> {
    match str_at(event, "/type") {
        "response.output_text.delta" => draft.text.push_str(str_at(event, "/delta")),
        "response.refusal.delta" => draft.refusal.push_str(str_at(event, "/delta")),
        "response.function_call_arguments.delta" => {
            draft.arguments.push_str(str_at(event, "/delta"));
        }
        "response.reasoning_summary_text.delta" | "response.reasoning_text.delta" => {
            draft.thought_bytes += str_at(event, "/delta").len();
        }
        "response.failed" => return Err(Fault(event.clone())),
        "response.completed" | "response.incomplete" => {
            finish(draft, event.get("response").unwrap_or(&Value::Null));
        }
        _ if str_at(event, "/object") == "response" => {
            if str_at(event, "/status") == "failed" {
                return Err(Fault(event.clone()));
            }
            finish(draft, event);
        }
        _ => {}
    }
    Ok(())
}

fn finish(draft: &mut Draft, response: &Value) {
    draft.is_whole = true;
    draft.seen.input = int_at(response, "/usage/input_tokens");
    draft.seen.cached = int_at(response, "/usage/input_tokens_details/cached_tokens");
    draft.seen.output = int_at(response, "/usage/output_tokens");
    draft.stop = Some(match str_at(response, "/incomplete_details/reason") {
        "max_output_tokens" => Stop::Length,
        "content_filter" => Stop::Blocked("the provider's content filter".into()),
        _ => Stop::End,
    });
    let items = || response.get("output").and_then(Value::as_array).into_iter().flatten();
    let parts = items()
        .filter(|item| str_at(item, "/type") == "message")
        .filter_map(|item| item.get("content").and_then(Value::as_array))
        .flatten();
    let (mut text, mut refusal) = (String::new(), String::new());
    for part in parts {
        text.push_str(str_at(part, "/text"));
        refusal.push_str(str_at(part, "/refusal"));
    }
    let call = items().find(|item| str_at(item, "/type") == "function_call");
    let arguments = call.map(|call| str_at(call, "/arguments")).unwrap_or_default();
    // The last word counts where it says anything; some servers send the end without the output.
    for (said, last) in [
        (&mut draft.text, text.as_str()),
        (&mut draft.refusal, refusal.as_str()),
        (&mut draft.arguments, arguments),
    ] {
        if !last.is_empty() {
            last.clone_into(said);
        }
    }
}
