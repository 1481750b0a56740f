//! The `webhook` of a request: whom to call when the work has ended.

use domain::run::Warning;
use domain::spec::Refused;
use domain::webhook::Webhook;
use serde_json::Value;
use url::Url;

const MAX_URL: usize = 2_000;

/// Kinds of events that a webhook may name: that of the Task API, and ours for the end of a group.
const KINDS: [&str; 2] = ["task_run.status", "task_group.status"];

/// Reads `{url, event_types}` of the Task API. Every kind it may name means the one event there is, so that the list
/// changes nothing. Whether the address may be called is for the guard to say.
pub(super) fn read(value: Option<&Value>) -> Result<Option<(Webhook, Url)>, Refused> {
    let members = match value {
        None | Some(Value::Null) => return Ok(None),
        Some(Value::Object(members)) => members,
        Some(_) => {
            return Err(Refused::field(
                "webhook",
                "must be an object such as {\"url\": \"https://example.org/hook\"}, or null",
            ));
        }
    };
    let wrong_url = |rule: &str| Refused::field("webhook.url", rule);
    let text = members.get("url").and_then(Value::as_str).unwrap_or_default();
    if text.len() > MAX_URL {
        return Err(wrong_url("is longer than 2000 characters"));
    }
    let url = Url::parse(text)
        .map_err(|_| wrong_url("must be an address such as https://example.org/hook"))?;
    match members.get("event_types") {
        None | Some(Value::Null) => {}
        Some(Value::Array(kinds)) if kinds.iter().all(is_kind) => {}
        Some(_) => {
            return Err(Refused::field(
                "webhook.event_types",
                "must be a list such as [\"task_run.status\"]",
            ));
        }
    }
    Ok(Some(webhook(url)))
}

fn is_kind(kind: &Value) -> bool {
    kind.as_str().is_some_and(|kind| KINDS.contains(&kind))
}

/// Says of members that they are not used, such as a secret that a caller expects to sign with.
pub(super) fn without_effect(value: Option<&Value>) -> Option<Warning> {
    let members = value?.as_object()?;
    let strangers = members.keys().filter(|name| !matches!(name.as_str(), "url" | "event_types"));
    let strangers: Vec<String> = strangers
        .map(|name| format!("`webhook.{}`", name.chars().take(60).collect::<String>()))
        .collect();
    (!strangers.is_empty()).then(|| {
        Warning::other(format!(
            "{} is not used; deliveries are signed with the secret of `task-mcp webhooks secret`",
            strangers.join(", ")
        ))
    })
}

fn webhook(url: Url) -> (Webhook, Url) {
    let port = url.port_or_known_default().unwrap_or_default();
    let receiver = format!("{}:{port}", url.host_str().unwrap_or_default());
    (Webhook { url: url.to_string(), receiver }, url)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn parsed(value: &Value) -> Result<Option<String>, String> {
        let webhook = read(Some(value));
        webhook.map(|hook| hook.map(|(hook, _)| hook.receiver)).map_err(|why| why.to_string())
    }

    #[test]
    fn kinds_that_are_not_known_are_refused_and_do_not_switch_it_off() {
        let with = |types: Value| parsed(&json!({"url": "https://a.org/x", "event_types": types}));
        for known in [json!([]), json!(["task_run.status"]), json!(["task_group.status"])] {
            assert_eq!(with(known).unwrap().as_deref(), Some("a.org:443"));
        }
        for wrong in [json!(["task_run.completed"]), json!([3]), json!("task_run.status")] {
            assert!(with(wrong).unwrap_err().contains("`webhook.event_types`"));
        }
    }

    #[test]
    fn a_secret_that_is_sent_along_is_told_to_be_unused() {
        let said = |value: Value| without_effect(Some(&value)).map(|warning| warning.message);
        assert_eq!(said(json!({"url": "https://a.org", "event_types": []})), None);
        let told = said(json!({"url": "https://a.org", "secret": "x"})).unwrap();
        assert!(told.starts_with("`webhook.secret` is not used"), "{told}");
    }

    #[test]
    fn what_is_no_address_is_refused_by_name() {
        assert_eq!(parsed(&Value::Null).unwrap(), None);
        assert!(parsed(&json!("x")).unwrap_err().starts_with("`webhook` must be an object"));
        assert!(
            parsed(&json!({"url": "nowhere"})).unwrap_err().starts_with("`webhook.url` must be")
        );
    }
}
