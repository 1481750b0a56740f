//! Words an answer for any wire, and spoils it where a fault says so.

use std::convert::Infallible;
use std::io;

use axum::Json;
use axum::body::{Body, Bytes};
use axum::http::{HeaderName, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use futures_util::{StreamExt, stream};
use serde_json::{Value, json};

use super::{Asked, Fault, Mode, Said, Spoken};

/// Characters in one piece of a stream.
const PIECE: usize = 24;

pub(super) fn not_found() -> Response {
    (StatusCode::NOT_FOUND, Json(json!({"error": {"message": "no such path"}}))).into_response()
}

pub(super) fn write(asked: &Asked, said: &Said, fault: Option<Fault>) -> Response {
    match fault {
        Some(Fault::Error { status, kind, message, headers }) => {
            let reply = error(asked.spoken, status, kind, &message);
            with(reply, headers)
        }
        Some(Fault::Raw { status, content_type, body }) => {
            let status = StatusCode::from_u16(status).expect("a status");
            (status, [(header::CONTENT_TYPE, content_type)], body).into_response()
        }
        Some(Fault::Headers(headers)) => with(answer(asked, said, None), headers),
        fault => answer(asked, said, fault.as_ref()),
    }
}

fn with(mut reply: Response, headers: Vec<(&'static str, String)>) -> Response {
    for (name, value) in headers {
        let value = HeaderValue::from_str(&value).expect("a header's value");
        reply.headers_mut().append(HeaderName::from_static(name), value);
    }
    reply
}

fn error(spoken: Spoken, status: u16, kind: &str, message: &str) -> Response {
    let status = StatusCode::from_u16(status).expect("a status");
    (status, Json(error_body(spoken, status.as_u16(), kind, message))).into_response()
}

fn error_body(spoken: Spoken, status: u16, kind: &str, message: &str) -> Value {
    match spoken {
        Spoken::OpenAiChat | Spoken::OpenAiResponses => {
            json!({"error": {"message": message, "type": kind, "param": null, "code": kind}})
        }
        Spoken::Anthropic => json!({"type": "error", "error": {"type": kind, "message": message}}),
        Spoken::Gemini => json!({"error": {"code": status, "message": message, "status": kind}}),
        Spoken::Ollama => json!({"error": message}),
    }
}

fn answer(asked: &Asked, said: &Said, fault: Option<&Fault>) -> Response {
    if let Said::Error(status, message) = said {
        return error(asked.spoken, *status, "invalid_request_error", message);
    }
    let usage = if let Some(Fault::Usage { input, output }) = fault {
        Some((*input, *output))
    } else {
        (fault != Some(&Fault::NoUsage)).then(|| counted(asked, said))
    };
    if fault == Some(&Fault::Whole) {
        return Json(whole(asked, said, usage)).into_response();
    }
    let events = events(asked, said, usage);
    let content_type = match asked.spoken {
        Spoken::Ollama => "application/x-ndjson",
        Spoken::OpenAiChat | Spoken::OpenAiResponses | Spoken::Anthropic | Spoken::Gemini => {
            "text/event-stream"
        }
    };
    let first = pieces(spoken_text(said).0).into_iter().next().unwrap_or_default();
    let body = body(asked.spoken, events, &first, fault);
    ([(header::CONTENT_TYPE, content_type)], body).into_response()
}

/// `first` is the first piece of the text.
fn body(spoken: Spoken, mut events: Vec<String>, first: &str, fault: Option<&Fault>) -> Body {
    let good = |events: Vec<String>| {
        stream::iter(events.into_iter().map(|event| Ok::<_, io::Error>(Bytes::from(event))))
    };
    match fault {
        Some(Fault::Short(pieces)) => {
            events.truncate(*pieces);
            Body::from_stream(good(events))
        }
        Some(Fault::Broken(pieces)) => {
            events.truncate(*pieces);
            let lost = stream::once(async { Err(io::ErrorKind::ConnectionReset.into()) });
            Body::from_stream(good(events).chain(lost))
        }
        Some(Fault::Stalled(pieces)) => {
            events.truncate(*pieces);
            Body::from_stream(good(events).chain(stream::pending()))
        }
        Some(Fault::Endless) => {
            // Before the first piece of the text stand heads.
            let heads = match spoken {
                Spoken::OpenAiChat | Spoken::OpenAiResponses => 1,
                Spoken::Anthropic => 2,
                Spoken::Gemini | Spoken::Ollama => 0,
            };
            let event = events.swap_remove(heads);
            let first = first.to_owned();
            // Never the same twice.
            let next = (0..).map(move |n: u64| event.replacen(&first, &format!("{n} "), 1));
            Body::from_stream(stream::iter(next.map(Ok::<_, Infallible>)))
        }
        Some(Fault::ErrorEvent(pieces)) => {
            events.truncate(*pieces);
            let error = error_body(spoken, 529, "overloaded_error", "Overloaded");
            events.push(framed(spoken, &error));
            Body::from_stream(good(events))
        }
        _ => Body::from_stream(good(events)),
    }
}

/// Four bytes a token, as most texts have.
fn counted(asked: &Asked, said: &Said) -> (i64, i64) {
    let prompt = asked.system.len() + asked.turns.iter().map(String::len).sum::<usize>();
    let tokens = |bytes: usize| i64::try_from(bytes / 4 + 1).expect("a small number");
    match said {
        Said::Cut(_) => (tokens(prompt), i64::try_from(asked.max_output_tokens).unwrap_or(1)),
        Said::Text(text) | Said::Refusal(text) => (tokens(prompt), tokens(text.len())),
        Said::Error(..) => (tokens(prompt), 0),
    }
}

fn framed(spoken: Spoken, event: &Value) -> String {
    match spoken {
        Spoken::Ollama => format!("{event}\n"),
        Spoken::OpenAiChat | Spoken::OpenAiResponses | Spoken::Anthropic | Spoken::Gemini => {
            let name = event["type"].as_str();
            let name = name.map(|name| format!("event: {name}\n")).unwrap_or_default();
            format!("{name}data: {event}\n\n")
        }
    }
}

fn pieces(text: &str) -> Vec<String> {
    let characters: Vec<char> = text.chars().collect();
    characters.chunks(PIECE).map(|piece| piece.iter().collect()).collect()
}

/// The text, and whether it was cut.
fn spoken_text(said: &Said) -> (&str, bool) {
    match said {
        Said::Text(text) | Said::Refusal(text) | Said::Error(_, text) => (text, false),
        Said::Cut(text) => (text, true),
    }
}

fn arguments(text: &str) -> Value {
    serde_json::from_str(text).unwrap_or_else(|_| json!(text))
}

fn events(asked: &Asked, said: &Said, usage: Option<(i64, i64)>) -> Vec<String> {
    let spoken = asked.spoken;
    let is_alone = asked.mode == Mode::Tool || matches!(said, Said::Refusal(_));
    let events = match spoken {
        Spoken::OpenAiChat => chat_events(asked, said, usage),
        Spoken::OpenAiResponses => responses_events(asked, said, usage),
        Spoken::Anthropic => anthropic_events(asked, said, usage),
        Spoken::Gemini | Spoken::Ollama if is_alone => vec![whole(asked, said, usage)],
        Spoken::Gemini => with_end(
            asked,
            said,
            usage,
            |piece| json!({"candidates": [{"content": {"parts": [{"text": piece}]}}]}),
        ),
        Spoken::Ollama => with_end(
            asked,
            said,
            usage,
            |piece| json!({"message": {"role": "assistant", "content": piece}, "done": false}),
        ),
    };
    let mut framed: Vec<String> = events.iter().map(|event| framed(spoken, event)).collect();
    if spoken == Spoken::OpenAiChat {
        framed.push("data: [DONE]\n\n".into());
    }
    framed
}

fn chat_events(asked: &Asked, said: &Said, usage: Option<(i64, i64)>) -> Vec<Value> {
    let (text, is_cut) = spoken_text(said);
    let chunk = |delta: Value, reason: Value| {
        json!({"object": "chat.completion.chunk", "choices": [
            {"index": 0, "delta": delta, "finish_reason": reason}
        ]})
    };
    let mut events = vec![chunk(json!({"role": "assistant", "content": ""}), Value::Null)];
    for piece in pieces(text) {
        let delta = match (said, asked.mode) {
            (Said::Refusal(_), _) => json!({"refusal": piece}),
            (_, Mode::Tool) => {
                json!({"tool_calls": [{"index": 0, "function": {"arguments": piece}}]})
            }
            (_, Mode::Text | Mode::Native) => json!({"content": piece}),
        };
        events.push(chunk(delta, Value::Null));
    }
    events.push(chunk(json!({}), json!(if is_cut { "length" } else { "stop" })));
    events.extend(
        usage.map(|(input, output)| json!({"choices": [], "usage": chat_usage(input, output)})),
    );
    events
}

fn responses_events(asked: &Asked, said: &Said, usage: Option<(i64, i64)>) -> Vec<Value> {
    let (text, is_cut) = spoken_text(said);
    let name = match (said, asked.mode) {
        (Said::Refusal(_), _) => "response.refusal.delta",
        (_, Mode::Tool) => "response.function_call_arguments.delta",
        (_, Mode::Text | Mode::Native) => "response.output_text.delta",
    };
    let mut events =
        vec![json!({"type": "response.created", "response": {"status": "in_progress"}})];
    events.extend(pieces(text).iter().map(|piece| json!({"type": name, "delta": piece})));
    let name = if is_cut { "response.incomplete" } else { "response.completed" };
    events.push(json!({"type": name, "response": whole(asked, said, usage)}));
    events
}

fn anthropic_events(asked: &Asked, said: &Said, usage: Option<(i64, i64)>) -> Vec<Value> {
    let (text, is_cut) = spoken_text(said);
    let is_tool = asked.mode == Mode::Tool;
    let is_refusal = matches!(said, Said::Refusal(_));
    let head = usage.map_or(json!({}), |(input, _)| json!({"input_tokens": input}));
    let block = if is_tool {
        json!({"type": "tool_use", "id": "toolu_1", "name": "x", "input": {}})
    } else {
        json!({"type": "text", "text": ""})
    };
    let mut events = vec![
        json!({"type": "message_start", "message": {"usage": head}}),
        json!({"type": "content_block_start", "index": 0, "content_block": block}),
    ];
    for piece in pieces(if is_refusal { "" } else { text }) {
        let delta = if is_tool {
            json!({"type": "input_json_delta", "partial_json": piece})
        } else {
            json!({"type": "text_delta", "text": piece})
        };
        events.push(json!({"type": "content_block_delta", "index": 0, "delta": delta}));
    }
    let usage = json!({"output_tokens": usage.map(|(_, output)| output)});
    let delta = json!({"stop_reason": anthropic_reason(is_cut, is_refusal)});
    events.push(json!({"type": "message_delta", "delta": delta, "usage": usage}));
    events.push(json!({"type": "message_stop"}));
    events
}

/// Pieces, and an end without a text of its own.
fn with_end(
    asked: &Asked,
    said: &Said,
    usage: Option<(i64, i64)>,
    event: fn(&str) -> Value,
) -> Vec<Value> {
    let (text, is_cut) = spoken_text(said);
    let mut events: Vec<Value> = pieces(text).iter().map(|piece| event(piece)).collect();
    events.push(whole(asked, &empty(is_cut), usage));
    events
}

fn empty(is_cut: bool) -> Said {
    if is_cut { Said::Cut(String::new()) } else { Said::Text(String::new()) }
}

fn chat_usage(input: i64, output: i64) -> Value {
    json!({"prompt_tokens": input, "completion_tokens": output, "total_tokens": input + output})
}

fn anthropic_reason(is_cut: bool, is_refusal: bool) -> &'static str {
    match (is_cut, is_refusal) {
        (_, true) => "refusal",
        (true, false) => "max_tokens",
        (false, false) => "end_turn",
    }
}

/// The reply in one JSON; also the last event where a wire repeats everything in it.
fn whole(asked: &Asked, said: &Said, usage: Option<(i64, i64)>) -> Value {
    let (text, is_cut) = spoken_text(said);
    let is_tool = asked.mode == Mode::Tool;
    let is_refusal = matches!(said, Said::Refusal(_));
    let mut reply = match asked.spoken {
        Spoken::OpenAiChat => {
            let message = if is_refusal {
                json!({"refusal": text, "content": null})
            } else if is_tool {
                json!({"content": null, "tool_calls": [{"function": {"arguments": text}}]})
            } else {
                json!({"content": text})
            };
            let reason = if is_cut { "length" } else { "stop" };
            json!({"choices": [{"index": 0, "message": message, "finish_reason": reason}]})
        }
        Spoken::OpenAiResponses => {
            let item = if is_tool {
                json!({"type": "function_call", "arguments": text})
            } else if is_refusal {
                json!({"type": "message", "content": [{"type": "refusal", "refusal": text}]})
            } else {
                json!({"type": "message", "content": [{"type": "output_text", "text": text}]})
            };
            let status = if is_cut { "incomplete" } else { "completed" };
            let details = is_cut.then(|| json!({"reason": "max_output_tokens"}));
            json!({"object": "response", "status": status, "output": [item], "incomplete_details": details})
        }
        Spoken::Anthropic => {
            let block = if is_tool {
                json!({"type": "tool_use", "input": arguments(text)})
            } else {
                json!({"type": "text", "text": text})
            };
            let reason = anthropic_reason(is_cut, is_refusal);
            json!({"type": "message", "content": [block], "stop_reason": reason})
        }
        Spoken::Gemini if is_refusal => json!({"promptFeedback": {"blockReason": "SAFETY"}}),
        Spoken::Gemini => {
            let part = if is_tool && !text.is_empty() {
                json!({"functionCall": {"name": "x", "args": arguments(text)}})
            } else {
                json!({"text": text})
            };
            let reason = if is_cut { "MAX_TOKENS" } else { "STOP" };
            json!({"candidates": [{"content": {"parts": [part]}, "finishReason": reason}]})
        }
        Spoken::Ollama => {
            let message = if is_tool && !text.is_empty() {
                json!({"tool_calls": [{"function": {"name": "x", "arguments": arguments(text)}}]})
            } else {
                json!({"role": "assistant", "content": text})
            };
            let reason = if is_cut { "length" } else { "stop" };
            json!({"message": message, "done": true, "done_reason": reason, "load_duration": 2_000_000_000_u64})
        }
    };
    if let Some((input, output)) = usage {
        match asked.spoken {
            Spoken::OpenAiChat => reply["usage"] = chat_usage(input, output),
            Spoken::OpenAiResponses | Spoken::Anthropic => {
                reply["usage"] = json!({"input_tokens": input, "output_tokens": output});
            }
            Spoken::Gemini => {
                reply["usageMetadata"] =
                    json!({"promptTokenCount": input, "candidatesTokenCount": output});
            }
            Spoken::Ollama => {
                reply["prompt_eval_count"] = json!(input);
                reply["eval_count"] = json!(output);
            }
        }
    }
    reply
}
