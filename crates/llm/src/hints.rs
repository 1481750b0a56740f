//! What the head of a reply says about limits: how long to wait, and what is left until when.

use std::time::Duration;

use domain::clock::TimeMs;
use egress::HeaderMap;
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct Hints {
    /// How long the provider asks to wait.
    pub(crate) retry_after: Option<Duration>,
    pub(crate) requests: Option<Left>,
    /// Of the prompt and the answer, or of the prompt alone where those are counted apart.
    pub(crate) tokens: Option<Left>,
    /// For the provider's support.
    pub(crate) request_id: Option<String>,
}

/// What may still be used in the running window, and when the next one begins.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Left {
    pub(crate) remaining: u64,
    pub(crate) reset: Duration,
}

/// Reads OpenAI's and Anthropic's headers and those of servers that imitate them. `now` is for dates.
pub(crate) fn read(headers: &HeaderMap, now: TimeMs) -> Hints {
    let text = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
    let left = |what: &str| {
        ["x-ratelimit", "anthropic-ratelimit"].iter().find_map(|family| {
            let (remaining, reset) = if *family == "x-ratelimit" {
                (format!("{family}-remaining-{what}"), format!("{family}-reset-{what}"))
            } else {
                (format!("{family}-{what}-remaining"), format!("{family}-{what}-reset"))
            };
            let remaining = text(&remaining)?.trim().parse().ok()?;
            Some(Left { remaining, reset: span(text(&reset)?, now)? })
        })
    };
    let asked_ms = text("retry-after-ms").and_then(|ms| ms.trim().parse::<f64>().ok());
    let retry_after = asked_ms
        .and_then(|ms| seconds(ms / 1000.0))
        .or_else(|| after(text("retry-after")?, text("date"), now));
    Hints {
        retry_after,
        requests: left("requests"),
        tokens: left("tokens").or_else(|| left("input-tokens")),
        request_id: text("x-request-id").or_else(|| text("request-id")).map(str::to_owned),
    }
}

/// `Retry-After`: seconds, or a date by the provider's own clock.
fn after(text: &str, date: Option<&str>, now: TimeMs) -> Option<Duration> {
    if let Some(wait) = text.trim().parse::<f64>().ok().and_then(seconds) {
        return Some(wait);
    }
    let at = httpdate::parse_http_date(text.trim()).ok()?;
    let now = match date.and_then(|date| httpdate::parse_http_date(date.trim()).ok()) {
        Some(theirs) => theirs,
        None => {
            std::time::UNIX_EPOCH + Duration::from_millis(u64::try_from(now.0).unwrap_or_default())
        }
    };
    Some(at.duration_since(now).unwrap_or_default())
}

/// `17s`, `6m0s`, `20ms`, `1.5`, or a time such as `2026-11-22T14:00:00Z`.
pub(crate) fn span(text: &str, now: TimeMs) -> Option<Duration> {
    let text = text.trim();
    if let Ok(number) = text.parse::<f64>() {
        return seconds(number);
    }
    if let Ok(at) = OffsetDateTime::parse(text, &Rfc3339) {
        let left_ms = at.unix_timestamp_nanos() / 1_000_000 - i128::from(now.0);
        return Some(Duration::from_millis(u64::try_from(left_ms.max(0)).ok()?));
    }
    let mut sum = 0.0;
    let mut rest = text;
    while !rest.is_empty() {
        let digits = rest.find(|c: char| !c.is_ascii_digit() && c != '.')?;
        let number: f64 = rest[..digits].parse().ok()?;
        let unit_end = rest[digits..]
            .find(|c: char| c.is_ascii_digit() || c == '.')
            .map_or(rest.len(), |at| digits + at);
        sum += number
            * match &rest[digits..unit_end] {
                "ms" => 0.001,
                "s" => 1.0,
                "m" => 60.0,
                "h" => 3600.0,
                "d" => 86_400.0,
                _ => return None,
            };
        rest = &rest[unit_end..];
    }
    if text.is_empty() { None } else { seconds(sum) }
}

fn seconds(number: f64) -> Option<Duration> {
    Duration::try_from_secs_f64(number).ok()
}

#[cfg(test)]
mod tests {
    use egress::{HeaderName, HeaderValue};

    use super::*;

    const NOW: TimeMs = TimeMs(1_795_356_000_000);

    fn from(lines: &[(&'static str, &'static str)]) -> Hints {
        let lines = lines.iter();
        let headers = lines
            .map(|(name, value)| (HeaderName::from_static(name), HeaderValue::from_static(value)));
        read(&headers.collect(), NOW)
    }

    #[test]
    fn waits_are_seconds_milliseconds_or_dates() {
        let wait = |lines: &[_]| from(lines).retry_after;
        assert_eq!(wait(&[("retry-after", "2")]), Some(Duration::from_secs(2)));
        assert_eq!(wait(&[("retry-after-ms", "250")]), Some(Duration::from_millis(250)));
        let dated = [
            ("retry-after", "Sun, 22 Nov 2026 14:00:30 GMT"),
            ("date", "Sun, 22 Nov 2026 14:00:10 GMT"),
        ];
        assert_eq!(wait(&dated), Some(Duration::from_secs(20)));
        assert_eq!(wait(&dated[..1]), Some(Duration::from_secs(30)));
        assert_eq!(wait(&[("retry-after", "soon")]), None);
        assert_eq!(wait(&[("retry-after", "-5")]), None);
    }

    #[test]
    fn what_is_left_is_read_from_both_families() {
        let openai = from(&[
            ("x-ratelimit-remaining-requests", "0"),
            ("x-ratelimit-reset-requests", "6m0s"),
            ("x-request-id", "req_1"),
        ]);
        assert_eq!(openai.requests, Some(Left { remaining: 0, reset: Duration::from_mins(6) }));
        assert_eq!(openai.request_id.as_deref(), Some("req_1"));
        let anthropic = from(&[
            ("anthropic-ratelimit-tokens-remaining", "9000"),
            ("anthropic-ratelimit-tokens-reset", "2026-11-22T14:00:12Z"),
        ]);
        assert_eq!(
            anthropic.tokens,
            Some(Left { remaining: 9000, reset: Duration::from_secs(12) })
        );
    }

    #[test]
    fn spans_have_units_and_nonsense_is_nothing() {
        assert_eq!(span("1h2m3.5s", NOW), Some(Duration::from_millis(3_723_500)));
        assert_eq!(span("20ms", NOW), Some(Duration::from_millis(20)));
        for text in ["", "s", "5 apples", "1x", "-1", "inf", "NaN"] {
            assert_eq!(span(text, NOW), None, "{text}");
        }
    }
}
