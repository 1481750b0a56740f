//! Who is calling: the owner of a key, or everybody where no key was ever made.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use axum::extract::{FromRequestParts, Request, State};
use axum::http::HeaderMap;
use axum::http::request::Parts;
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use store::Owner;
use tokio::time::Instant;

use crate::App;
use crate::problem::{Kind, Problem};

/// Whoever sent a request; sees and changes only what belongs to its owner.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Caller {
    pub(crate) owner: Owner,
}

/// How long an answer of the store is believed. A key that is revoked ends within this time.
const BELIEVED: Duration = Duration::from_secs(3);
/// Keys remembered at a time; beyond that the memory is emptied and filled again.
const MAX_KNOWN: usize = 10_000;

/// What is known of keys for the moment.
#[derive(Clone, Default)]
pub(crate) struct Gate(Arc<Mutex<Known>>);

#[derive(Default)]
struct Known {
    needs_keys: Option<(bool, Instant)>,
    owners: HashMap<String, (Owner, Instant)>,
}

/// Lets a request in whose key is good, with its [`Caller`]; any key is while there are none.
pub(crate) async fn identify(State(app): State<App>, mut request: Request, next: Next) -> Response {
    match caller(&app, request.headers()).await {
        Ok(caller) => {
            request.extensions_mut().insert(caller);
            next.run(request).await
        }
        Err(problem) => problem.into_response(),
    }
}

async fn caller(app: &App, headers: &HeaderMap) -> Result<Caller, Problem> {
    if !needs_keys(app).await? {
        return Ok(Caller { owner: Owner::LOCAL });
    }
    let Some(key) = key_of(headers) else {
        let message =
            "this server needs a key: send it as `x-api-key` or as `Authorization: Bearer`";
        return Err(Problem::new(Kind::Unauthorized, message));
    };
    let owner = owner_of(app, key).await?.ok_or_else(|| {
        Problem::new(Kind::Unauthorized, "the key is not known here or was revoked")
    })?;
    Ok(Caller { owner })
}

async fn needs_keys(app: &App) -> Result<bool, Problem> {
    let known = app.gate.0.lock().unwrap_or_else(PoisonError::into_inner).needs_keys;
    if let Some((needs_keys, _)) = known.filter(|(_, at)| at.elapsed() < BELIEVED) {
        return Ok(needs_keys);
    }
    let needs_keys = app.store.needs_keys().await?;
    let mut known = app.gate.0.lock().unwrap_or_else(PoisonError::into_inner);
    known.needs_keys = Some((needs_keys, Instant::now()));
    Ok(needs_keys)
}

async fn owner_of(app: &App, key: String) -> Result<Option<Owner>, Problem> {
    let known = app.gate.0.lock().unwrap_or_else(PoisonError::into_inner).owners.get(&key).copied();
    if let Some((owner, _)) = known.filter(|(_, at)| at.elapsed() < BELIEVED) {
        return Ok(Some(owner));
    }
    let owner = app.store.owner_of_key(&key).await?;
    let mut known = app.gate.0.lock().unwrap_or_else(PoisonError::into_inner);
    if known.owners.len() >= MAX_KNOWN {
        known.owners.clear();
    }
    match owner {
        Some(owner) => known.owners.insert(key, (owner, Instant::now())),
        None => known.owners.remove(&key),
    };
    Ok(owner)
}

/// The key of a request: a header of its own, a bearer token, or the password with which a browser signs in.
fn key_of(headers: &HeaderMap) -> Option<String> {
    let text = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
    if let Some(key) = text("x-api-key") {
        return Some(key.trim().to_owned());
    }
    let (scheme, rest) = text("authorization")?.split_once(' ')?;
    if scheme.eq_ignore_ascii_case("bearer") {
        return Some(rest.trim().to_owned());
    }
    let signed_in = BASE64_STANDARD.decode(rest.trim()).ok()?;
    let signed_in = String::from_utf8(signed_in).ok()?;
    let (_, password) = signed_in.split_once(':')?;
    scheme.eq_ignore_ascii_case("basic").then(|| password.to_owned())
}

impl FromRequestParts<App> for Caller {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &App) -> Result<Self, Problem> {
        // Missing only where a route was laid outside of the gate, which must not let anybody in.
        let caller = parts.extensions.get::<Self>().copied();
        caller.ok_or_else(|| Problem::internal("a route without a caller"))
    }
}

#[cfg(test)]
mod tests {
    use axum::http::HeaderValue;

    use super::*;

    #[test]
    fn a_key_comes_in_a_header_as_a_bearer_or_as_a_password() {
        let sent = |name: &'static str, value: &str| {
            let mut headers = HeaderMap::new();
            headers.insert(name, HeaderValue::from_str(value).unwrap());
            key_of(&headers)
        };
        assert_eq!(sent("x-api-key", "abc").as_deref(), Some("abc"));
        assert_eq!(sent("authorization", "bearer abc").as_deref(), Some("abc"));
        assert_eq!(sent("authorization", "Basic YW55Ym9keTphYmM=").as_deref(), Some("abc"));
        assert_eq!(sent("authorization", "Digest abc"), None);
    }
}
