//! What a refusal means: from the status and body of a failed call to the class of its failure.

use std::time::Duration;

use domain::clock::TimeMs;
use serde_json::Value;

use crate::failed::Failed;
use crate::hints::{self, Hints};
use crate::profile::{Key, Profile};

/// Characters of a provider's own words that are passed on.
const MAX_WORDS: usize = 300;
/// Characters that a word must share with the key to be taken for a part of it.
const KEY_PREFIX: usize = 6;

/// A refusal as all wires have it: a sentence, and words such as `insufficient_quota`.
struct Told {
    message: String,
    /// Types, codes and states, in lower case, with spaces between.
    words: String,
    /// A status within the body.
    status: Option<u16>,
    retry_delay: Option<Duration>,
}

/// The class of a refusal. `status` is 200 for an error within a stream.
pub(crate) fn classify(profile: &Profile, status: u16, hints: &Hints, body: &[u8]) -> Failed {
    let told = Told::read(body);
    let model = profile.name.clone();
    let why = redact(&told.message, profile.key.as_ref());
    let status = match status {
        200 => told.status.unwrap_or(status),
        status => status,
    };
    let says = |phrases: &[&str]| phrases.iter().any(|phrase| told.contains(phrase));
    if says(&QUOTA) || status == 402 {
        return Failed::Quota { model, why };
    }
    if says(&TOO_LONG) || status == 413 {
        let context_tokens = profile.context_tokens;
        return Failed::TooLong { model, needed_tokens: 0, context_tokens };
    }
    if status == 401 || status == 403 || says(&AUTH) {
        return Failed::Auth { model, why };
    }
    if says(&BLOCKED) {
        return Failed::Blocked { model, why };
    }
    if says(&GARBLED) {
        return Failed::Garbled { model, why };
    }
    if status == 429 || says(&["rate_limit"]) {
        return Failed::Rate { model, retry_after: hints.retry_after.or(told.retry_delay) };
    }
    match status {
        408 => Failed::Silent { model, waited: Duration::ZERO },
        409 | 425 | 500.. => Failed::Overloaded { model, status, why },
        200 if says(&OVERLOADED) => Failed::Overloaded { model, status, why },
        200 => Failed::Broken { model, why },
        _ => Failed::Bad { model, status, why },
    }
}

/// Limits of an account that no waiting of minutes lifts.
const QUOTA: [&str; 11] = [
    "insufficient_quota",
    "credit_balance_exhausted",
    "spend_limit",
    "organization_usage_limit_exceeded",
    "billing_error",
    "billing_hard_limit",
    "credit balance is too low",
    "insufficient credits",
    "insufficient balance",
    "perday",
    "quota_exceeded_daily",
];
const TOO_LONG: [&str; 9] = [
    "context_length_exceeded",
    "exceed_context_size",
    "request_too_large",
    "maximum context length",
    "exceeds the available context",
    "prompt is too long",
    "context window",
    "input token count",
    "longer than the model's context",
];
const AUTH: [&str; 5] = [
    "invalid_api_key",
    "authentication_error",
    "api_key_invalid",
    "api key not valid",
    "unauthenticated",
];
const BLOCKED: [&str; 3] = ["content_policy_violation", "content_filter", "responsibleaipolicy"];
/// llama.cpp answers 500 where its model writes what does not fit the template or schema, or is cut before it does.
const GARBLED: [&str; 2] = ["produced output that does not match", "failed to parse input at pos"];
const OVERLOADED: [&str; 5] =
    ["overloaded", "server_error", "api_error", "unavailable", "internal error"];

impl Told {
    fn read(body: &[u8]) -> Self {
        let Ok(value) = serde_json::from_slice::<Value>(body) else {
            return Self::unreadable(body);
        };
        // Gemini wraps errors of streams in a list.
        let value = value.get(0).unwrap_or(&value);
        let error = match value.get("error").or_else(|| value.pointer("/response/error")) {
            Some(Value::Null) | None => value,
            Some(error) => error,
        };
        let mut words = Vec::new();
        let mut retry_delay = None;
        for name in ["type", "code", "status"] {
            words.extend(error.get(name).and_then(Value::as_str).map(str::to_lowercase));
        }
        words.extend(
            error.pointer("/details/error_code").and_then(Value::as_str).map(str::to_lowercase),
        );
        for detail in error.get("details").and_then(Value::as_array).into_iter().flatten() {
            if let Some(delay) = detail.get("retryDelay").and_then(Value::as_str) {
                retry_delay = hints::span(delay, TimeMs::default());
            }
            words.extend(detail.get("reason").and_then(Value::as_str).map(str::to_lowercase));
            let violations = detail.get("violations").and_then(Value::as_array);
            for violation in violations.into_iter().flatten() {
                let quota = violation.get("quotaId").and_then(Value::as_str);
                words.extend(quota.map(str::to_lowercase));
            }
        }
        let message = error.as_str().or_else(|| {
            let names = ["message", "detail", "error"];
            names.iter().find_map(|name| error.get(name).and_then(Value::as_str))
        });
        let message = message.unwrap_or("without a reason").to_owned();
        let status =
            error.get("code").and_then(Value::as_u64).and_then(|code| code.try_into().ok());
        Self { message, words: words.join(" "), status, retry_delay }
    }

    /// A proxy's page, or nothing.
    fn unreadable(body: &[u8]) -> Self {
        let text = String::from_utf8_lossy(body);
        let message = match text.trim() {
            "" => "without a reason".to_owned(),
            text if text.starts_with('<') => "a page of HTML instead of JSON".to_owned(),
            text => text.to_owned(),
        };
        Self { message, words: String::new(), status: None, retry_delay: None }
    }

    fn contains(&self, phrase: &str) -> bool {
        self.words.contains(phrase) || self.message.to_lowercase().contains(phrase)
    }
}

/// A provider's words as they may be stored and shown: in one line, of bounded length, and without the key or a part of it.
pub(crate) fn redact(text: &str, key: Option<&Key>) -> String {
    let key = key.map(Key::reveal);
    let whole = match key {
        Some(key) => text.replace(key, "***"),
        None => text.to_owned(),
    };
    let is_edge = |c: char| !(c.is_alphanumeric() || matches!(c, '-' | '_' | '*' | '.'));
    let start: Option<String> = key.map(|key| key.chars().take(KEY_PREFIX).collect());
    let is_key_like = |word: &str| {
        let stem: String = word.chars().take(KEY_PREFIX).collect();
        let is_ours = start.as_ref().is_some_and(|start| *start == stem);
        let is_a_key = ["sk-", "AIza", "gsk_", "xai-", "hf_"].iter().any(|p| word.starts_with(p));
        is_ours || (is_a_key && word.len() > 8)
    };
    let mut shown = String::new();
    for piece in whole.split_inclusive(is_edge) {
        let word = piece.trim_end_matches(is_edge);
        shown.push_str(if is_key_like(word) { "***" } else { word });
        shown.push_str(&piece[word.len()..]);
    }
    let line = shown.split_whitespace().collect::<Vec<_>>().join(" ");
    line.chars().filter(|c| !c.is_control()).take(MAX_WORDS).collect()
}

/// Characters of the shortest key that is kept out of answers. Those of services have 20 and more; what people set for a
/// server of their own (`ollama`, `lm-studio`) is a word that an answer may have.
const LEAST_KEY: usize = 16;

/// An answer without our key, should a model or a server say it: answers are stored.
pub(crate) fn without_key(text: String, key: Option<&Key>) -> String {
    let key = key.map(Key::reveal).filter(|key| key.chars().count() >= LEAST_KEY);
    match key.filter(|key| text.contains(key)) {
        Some(key) => text.replace(key, "***"),
        None => text,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;
    use url::Url;

    use super::*;
    use crate::profile::Wire;

    fn class(status: u16, body: &Value) -> Failed {
        let base = Url::parse("https://api.test").unwrap_or_else(|why| panic!("{why}"));
        let profile = Profile::new("m", Wire::OpenAiChat, "m", base);
        classify(&profile, status, &Hints::default(), body.to_string().as_bytes())
    }

    #[test]
    fn a_daily_quota_of_gemini_is_no_rate_limit() {
        let quota = |id: &str| {
            json!({"error": {"code": 429, "status": "RESOURCE_EXHAUSTED", "message": "Quota exceeded.", "details": [
                {"@type": "type.googleapis.com/google.rpc.QuotaFailure", "violations": [{"quotaId": id}]},
                {"@type": "type.googleapis.com/google.rpc.RetryInfo", "retryDelay": "17s"},
            ]}})
        };
        let day = class(429, &quota("GenerateRequestsPerDayPerProjectPerModel-FreeTier"));
        assert_eq!(day.code(), "quota");
        let minute = class(429, &quota("GenerateRequestsPerMinutePerProjectPerModel-FreeTier"));
        let retry_after = Some(Duration::from_secs(17));
        assert_eq!(minute, Failed::Rate { model: "m".into(), retry_after });
    }

    #[test]
    fn errors_are_understood_in_every_shape() {
        for (status, body, code) in [
            (
                400,
                json!({"error": {"code": 400, "message": "API key not valid.", "status": "INVALID_ARGUMENT"}}),
                "auth",
            ),
            (
                429,
                json!({"error": {"type": "rate_limit_error", "details": {"error_code": "enforced_spend_limit_reached"}}}),
                "quota",
            ),
            (404, json!({"error": "model \"x\" not found, try pulling it first"}), "bad_request"),
            (
                500,
                json!({"error": {"code": 500, "message": "The model produced output that does not match the expected peg-native format"}}),
                "garbled",
            ),
            (422, json!({"detail": "nope"}), "bad_request"),
            (500, json!([{"error": {"message": "internal"}}]), "overloaded"),
            (408, json!({}), "silent"),
            (
                400,
                json!({"error": {"code": "content_policy_violation", "message": "no"}}),
                "blocked",
            ),
            (
                200,
                json!({"type": "response.failed", "response": {"error": {"code": "rate_limit_exceeded", "message": "x"}}}),
                "rate_limited",
            ),
            (
                200,
                json!({"error": {"code": 500, "message": "x", "type": "server_error"}}),
                "overloaded",
            ),
            (200, json!({"error": {"message": "what?"}}), "broken"),
        ] {
            assert_eq!(class(status, &body).code(), code, "{status} {body}");
        }
        assert_eq!(
            class(404, &json!({"detail": "no such path"})).to_string(),
            "`m` refuses the request (status 404): no such path"
        );
    }

    #[test]
    fn words_of_a_provider_are_shown_in_one_line_without_keys() {
        let key = Key::new("mykey-123456");
        let shown = redact(
            "bad\nkey mykey-123456, or (mykey-99) or sk-proj-abcdef or 'fine'",
            key.as_ref(),
        );
        assert_eq!(shown, "bad key ***, or (***) or *** or 'fine'");
        assert_eq!(redact(&"x".repeat(1000), None).len(), MAX_WORDS);
    }
}
