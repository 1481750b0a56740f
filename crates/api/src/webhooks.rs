//! Tells webhooks what has ended, to the Standard Webhooks scheme: signed, and again until it is taken.

use std::collections::{HashMap, HashSet};
use std::time::Duration;

use axum::http::{HeaderName, HeaderValue};
use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use egress::{Egress, Purpose, Request};
use hmac::{Hmac, Mac as _};
use serde_json::{Value, json};
use sha2::Sha256;
use store::{About, Delivery, Store};
use tokio::task::JoinSet;
use tokio::time::sleep;
use tokio_util::sync::CancellationToken;
use tracing::{info, warn};
use url::Url;

use crate::wire::{group_view, run_view};

/// Deliveries under way at a time.
const AT_ONCE: usize = 32;
/// Of them, to one receiver: the rest of the places stays free for others.
const PER_RECEIVER: i64 = 4;
/// How often the outbox is looked at when nothing wakes us: retries become due silently.
const SWEEP: Duration = Duration::from_secs(1);
/// Pause after the database did not answer.
const PAUSE: Duration = Duration::from_secs(2);
/// How long a receiver may take; below the time after which somebody else tries ([`store::TRY_MS`]).
const TIMEOUT: Duration = Duration::from_secs(15);
/// More of an answer than this is not read.
const MAX_ANSWER: usize = 64 * 1024;

/// Delivers until `stop`.
pub async fn deliver(store: Store, egress: Egress, stop: CancellationToken) {
    let mut due = store.watch_deliveries();
    let mut under_way = UnderWay::default();
    loop {
        let pause = match under_way.start(&store, &egress).await {
            Ok(()) => SWEEP,
            Err(why) => {
                warn!(%why, "the outbox of webhooks cannot be read; trying again");
                PAUSE
            }
        };
        tokio::select! {
            () = stop.cancelled() => return,
            Some(receiver) = under_way.tasks.join_next() => under_way.put_away(receiver.ok()),
            () = due.changed() => {}
            () = sleep(pause) => {}
        }
    }
}

#[derive(Default)]
struct UnderWay {
    /// Each gives back its receiver.
    tasks: JoinSet<String>,
    of_receiver: HashMap<String, i64>,
}

impl UnderWay {
    /// Begins as many due deliveries as there are places for, receivers in turn.
    async fn start(&mut self, store: &Store, egress: &Egress) -> Result<(), store::Failed> {
        if self.tasks.len() >= AT_ONCE {
            return Ok(());
        }
        let receivers: HashSet<String> = store.due_receivers().await?.into_iter().collect();
        for receiver in receivers {
            let busy = self.of_receiver.get(&receiver).copied().unwrap_or(0);
            let room = i64::try_from(AT_ONCE - self.tasks.len()).unwrap_or(0);
            let limit = (PER_RECEIVER - busy).min(room);
            if limit <= 0 {
                continue;
            }
            for delivery in store.claim_deliveries(&receiver, limit).await? {
                *self.of_receiver.entry(receiver.clone()).or_default() += 1;
                self.tasks.spawn(attempt(store.clone(), egress.clone(), delivery));
            }
        }
        Ok(())
    }

    fn put_away(&mut self, receiver: Option<String>) {
        let Some(receiver) = receiver else { return };
        if let Some(count) = self.of_receiver.get_mut(&receiver) {
            *count -= 1;
            if *count == 0 {
                self.of_receiver.remove(&receiver);
            }
        }
    }
}

async fn attempt(store: Store, egress: Egress, delivery: Delivery) -> String {
    let failure = match send(&store, &egress, &delivery).await {
        Ok(()) => None,
        Err(why) => {
            let (id, attempts) = (&delivery.id, delivery.attempts);
            info!(webhook.id = id, attempts, "a webhook was not taken: {why}");
            Some(why)
        }
    };
    if let Err(why) = store.settle_delivery(&delivery, failure).await {
        warn!(webhook.id = delivery.id, %why, "how a webhook went could not be written down; it is tried again");
    }
    delivery.receiver
}

/// Sends one delivery; the reason where it was not taken.
async fn send(store: &Store, egress: &Egress, delivery: &Delivery) -> Result<(), String> {
    let own_trouble = |why: store::Failed| format!("the database did not answer: {why}");
    let body = body(store, delivery).await.map_err(own_trouble)?;
    let secrets = store.webhook_secrets(delivery.owner).await.map_err(own_trouble)?;
    let url = Url::parse(&delivery.url).map_err(|why| why.to_string())?;
    let timestamp = store.clock().now().0 / 1000;
    let signatures: Vec<String> =
        secrets.iter().map(|secret| signature(secret, &delivery.id, timestamp, &body)).collect();
    let header = |name, value: &str| {
        HeaderValue::from_str(value)
            .map(|value| (HeaderName::from_static(name), value))
            .map_err(|why| why.to_string())
    };
    let mut request = Request::post(url, body.clone().into_bytes(), MAX_ANSWER, TIMEOUT);
    request.purpose = Purpose::Webhook;
    request.headers = vec![
        header("content-type", "application/json")?,
        header("webhook-id", &delivery.id)?,
        header("webhook-timestamp", &timestamp.to_string())?,
        header("webhook-signature", &signatures.join(" "))?,
    ];
    match egress.send(request).await {
        Ok(reply) if (200..300).contains(&reply.status) => Ok(()),
        Ok(reply) => Err(format!("it answered {}", reply.status)),
        // It was taken; what it says about it does not matter.
        Err(egress::Failed::TooLarge { .. } | egress::Failed::Bomb { .. }) => Ok(()),
        Err(why) => Err(why.to_string()),
    }
}

async fn body(store: &Store, delivery: &Delivery) -> Result<String, store::Failed> {
    let (kind, data) = match delivery.about {
        About::Run(id) => {
            let run = store.find_run(delivery.owner, id).await?;
            ("task_run.status", run.map(|row| json!(run_view(&row.run))))
        }
        About::Group(id) => {
            let group = store.find_group(delivery.owner, id).await?;
            ("task_group.status", group.map(|group| json!(group_view(&group))))
        }
    };
    let timestamp = delivery.created_at.rfc3339();
    let data = data.unwrap_or(Value::Null);
    Ok(json!({"timestamp": timestamp, "type": kind, "data": data}).to_string())
}

/// `v1,` and the base64 of an HMAC-SHA256 over id, timestamp and body. A secret that begins with `whsec_` is base64
/// itself; any other is used as it is.
fn signature(secret: &str, id: &str, timestamp: i64, body: &str) -> String {
    let decoded = secret.strip_prefix("whsec_").and_then(|text| BASE64_STANDARD.decode(text).ok());
    let key = decoded.unwrap_or_else(|| secret.as_bytes().to_vec());
    // Any length of key will do, so there is always one.
    let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(&key) else { return String::new() };
    mac.update(format!("{id}.{timestamp}.{body}").as_bytes());
    format!("v1,{}", BASE64_STANDARD.encode(mac.finalize().into_bytes()))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The worked example of the Standard Webhooks specification.
    #[test]
    fn the_signature_is_the_one_of_the_published_example() {
        let secret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
        let signed = signature(
            secret,
            "msg_p5jXN8AQM9LWM0D4loKWxJek",
            1_614_265_330,
            r#"{"test": 2432232314}"#,
        );
        assert_eq!(signed, "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=");
    }

    #[test]
    fn a_secret_that_is_not_base64_is_used_as_it_is() {
        assert_ne!(signature("plain", "a", 1, "{}"), signature("whsec_plain", "a", 1, "{}"));
    }
}
