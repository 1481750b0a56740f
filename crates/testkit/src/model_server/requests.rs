//! Reads a request of any wire.

use axum::Json;
use axum::body::Bytes;
use axum::http::HeaderMap;
use axum::response::{IntoResponse, Response};
use serde_json::{Value, json};

use super::{Asked, Mode, Spoken};

/// What servers tell of their models.
pub(super) fn about(path: &str) -> Option<Response> {
    let told = match path {
        "/api/tags" => json!({"models": [
            {"name": "nomic-embed-text:latest", "details": {"family": "nomic-bert"}},
            {"name": "scripted:latest", "details": {"family": "llama"}},
        ]}),
        "/api/show" => json!({"model_info": {"llama.context_length": 32_768}}),
        "/v1/models" => json!({"data": [{"id": "scripted", "max_model_len": 16_384}]}),
        "/v1beta/models/scripted" => json!({"inputTokenLimit": 1_048_576}),
        _ => return None,
    };
    Some(Json(told).into_response())
}

/// `None` for a path that nobody speaks.
pub(super) fn read(path: &str, headers: HeaderMap, bytes: Bytes) -> Option<Asked> {
    let body: Value = serde_json::from_slice(&bytes).ok()?;
    let spoken = match path {
        "/v1/chat/completions" => Spoken::OpenAiChat,
        "/v1/responses" => Spoken::OpenAiResponses,
        "/v1/messages" => Spoken::Anthropic,
        "/api/chat" => Spoken::Ollama,
        _ if path.ends_with(":streamGenerateContent") => Spoken::Gemini,
        _ => return None,
    };
    let at = |pointer: &str| body.pointer(pointer).cloned();
    let text = |pointer: &str| at(pointer).and_then(|v| v.as_str().map(str::to_owned));
    let number = |pointer: &str| at(pointer).and_then(|v| v.as_u64());
    let system_turn = ("/messages/0/role", "/messages/0/content");
    let leading = (text(system_turn.0).as_deref() == Some("system")).then(|| text(system_turn.1));
    let (system, native, tool, limit) = match spoken {
        Spoken::OpenAiChat => (
            leading.flatten(),
            at("/response_format/json_schema/schema"),
            at("/tools/0/function/parameters"),
            number("/max_tokens").or_else(|| number("/max_completion_tokens")),
        ),
        Spoken::OpenAiResponses => (
            text("/instructions"),
            at("/text/format/schema"),
            at("/tools/0/parameters"),
            number("/max_output_tokens"),
        ),
        Spoken::Anthropic => (
            text("/system/0/text"),
            at("/output_config/format/schema"),
            at("/tools/0/input_schema"),
            number("/max_tokens"),
        ),
        Spoken::Gemini => (
            text("/systemInstruction/parts/0/text"),
            at("/generationConfig/responseJsonSchema"),
            at("/tools/0/functionDeclarations/0/parametersJsonSchema"),
            number("/generationConfig/maxOutputTokens"),
        ),
        Spoken::Ollama => (
            leading.flatten(),
            at("/format"),
            at("/tools/0/function/parameters"),
            number("/options/num_predict"),
        ),
    };
    let mode = match (&native, &tool) {
        (Some(_), _) => Mode::Native,
        (None, Some(_)) => Mode::Tool,
        (None, None) => Mode::Text,
    };
    let model = text("/model")
        .or_else(|| Some(path.strip_prefix("/v1beta/models/")?.split(':').next()?.to_owned()));
    Some(Asked {
        spoken,
        model: model?,
        system: system.unwrap_or_default(),
        turns: turns(spoken, &body),
        schema: native.or(tool),
        mode,
        max_output_tokens: limit.unwrap_or(u64::MAX),
        headers,
        body,
        bytes,
    })
}

fn turns(spoken: Spoken, body: &Value) -> Vec<String> {
    let (list, text) = match spoken {
        Spoken::OpenAiChat | Spoken::Anthropic | Spoken::Ollama => ("messages", "/content"),
        Spoken::OpenAiResponses => ("input", "/content"),
        Spoken::Gemini => ("contents", "/parts/0/text"),
    };
    let turns = body[list].as_array().into_iter().flatten();
    turns
        .filter(|turn| turn["role"] != "system")
        .filter_map(|turn| turn.pointer(text)?.as_str().map(str::to_owned))
        .collect()
}
