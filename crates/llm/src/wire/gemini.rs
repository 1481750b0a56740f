//! Gemini's generateContent.

use serde_json::{Map, Value, json};

use super::{Draft, Question, Shape, Stop, int_at, members, str_at};
use crate::request::Speaker;

pub(super) fn call(question: &Question) -> (String, Map<String, Value>) {
    let system = question.system();
    let contents = question.request.turns.iter().map(|turn| {
        let role = match turn.speaker {
            Speaker::User => "user",
            Speaker::Model => "model",
        };
        json!({"role": role, "parts": [{"text": turn.text}]})
    });
    let mut config = members([
        ("maxOutputTokens", Some(json!(question.max_output_tokens))),
        ("temperature", question.temperature()),
        ("thinkingConfig", question.effort().map(|effort| json!({"thinkingLevel": effort}))),
    ]);
    let (mut tools, mut choice) = (None, None);
    match &question.shape {
        Shape::Text | Shape::Prompt(_) => {}
        Shape::Native(_, adapted) => {
            config.insert("responseMimeType".into(), json!("application/json"));
            config.insert("responseJsonSchema".into(), adapted.schema.clone());
        }
        Shape::Tool(name, adapted) => {
            let function = json!({
                "name": name,
                "description": "Gives the answer.",
                "parametersJsonSchema": adapted.schema,
            });
            tools = Some(json!([{"functionDeclarations": [function]}]));
            let calling = json!({"mode": "ANY", "allowedFunctionNames": [name]});
            choice = Some(json!({"functionCallingConfig": calling}));
        }
    }
    let body = members([
        ("systemInstruction", (!system.is_empty()).then(|| json!({"parts": [{"text": system}]}))),
        ("contents", Some(contents.collect())),
        ("generationConfig", Some(Value::Object(config))),
        ("tools", tools),
        ("toolConfig", choice),
    ]);
    (format!("models/{}:streamGenerateContent", question.profile.model), body)
}

/// A chunk of a stream, or a whole reply; they have the same shape.
pub(super) fn read(draft: &mut Draft, event: &Value) {
    if let Some(usage) = event.get("usageMetadata") {
        draft.seen.input = int_at(usage, "/promptTokenCount").or(draft.seen.input);
        draft.seen.cached = int_at(usage, "/cachedContentTokenCount").or(draft.seen.cached);
        let said = int_at(usage, "/candidatesTokenCount");
        let thought = int_at(usage, "/thoughtsTokenCount");
        draft.seen.output = match (said, thought) {
            (None, None) => draft.seen.output,
            (Some(said), _) if said < 0 => Some(said),
            (said, thought) => Some(said.unwrap_or(0).saturating_add(thought.unwrap_or(0).max(0))),
        };
    }
    let blocked = str_at(event, "/promptFeedback/blockReason");
    if !blocked.is_empty() {
        draft.stop = Some(Stop::Blocked(format!("the prompt was blocked ({blocked})")));
        draft.is_whole = true;
        return;
    }
    let Some(candidate) = event.pointer("/candidates/0") else { return };
    let parts = candidate.pointer("/content/parts").and_then(Value::as_array);
    for part in parts.into_iter().flatten() {
        if part.get("thought") == Some(&Value::Bool(true)) {
            draft.thought_bytes += str_at(part, "/text").len();
        } else {
            draft.text.push_str(str_at(part, "/text"));
        }
        if let Some(arguments) = part.pointer("/functionCall/args")
            && draft.arguments.is_empty()
        {
            draft.arguments = arguments.to_string();
        }
    }
    let stop = match str_at(candidate, "/finishReason") {
        "" => return,
        "STOP" => Stop::End,
        "MAX_TOKENS" => Stop::Length,
        reason => Stop::Blocked(format!("the answer was stopped ({reason})")),
    };
    draft.stop = Some(stop);
    draft.is_whole = true;
}
