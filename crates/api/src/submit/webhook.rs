//! The `webhook` of a request: whom to call when the work has ended.

use domain::spec::Refused;
use domain::webhook::Webhook;
use serde_json::Value;
use url::Url;

const MAX_URL: usize = 2_000;

/// Reads `{url, event_types}` of the Task API; `event` is the one kind there is here. `None` where nothing is
/// to be told: null, or a list of kinds without this one. An empty list means all kinds.
/// Whether the address may be called is for the guard to say.
pub(super) fn read(value: Option<&Value>, event: &str) -> Result<Option<(Webhook, Url)>, Refused> {
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
    let wrong_types =
        || Refused::field("webhook.event_types", format!("must be a list such as [\"{event}\"]"));
    let types = match members.get("event_types") {
        None | Some(Value::Null) => return Ok(Some(webhook(url))),
        Some(Value::Array(types)) => types,
        Some(_) => return Err(wrong_types()),
    };
    let mut is_wanted = types.is_empty();
    for kind in types {
        match kind.as_str() {
            Some(kind) => is_wanted |= kind == event,
            None => return Err(wrong_types()),
        }
    }
    Ok(is_wanted.then(|| webhook(url)))
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
        let webhook = read(Some(value), "task_run.status");
        webhook.map(|hook| hook.map(|(hook, _)| hook.receiver)).map_err(|why| why.to_string())
    }

    #[test]
    fn kinds_that_are_not_told_need_no_address_called() {
        let with = |types: Value| parsed(&json!({"url": "https://a.org/x", "event_types": types}));
        assert_eq!(with(json!([])).unwrap().as_deref(), Some("a.org:443"));
        assert_eq!(with(json!(["task_run.status"])).unwrap().as_deref(), Some("a.org:443"));
        assert_eq!(with(json!(["other"])).unwrap(), None);
        assert!(with(json!([3])).unwrap_err().contains("`webhook.event_types`"));
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
