//! Who is calling: the owner of a key, or everybody where no key was ever made; at pages also the owner of a session,
//! and whoever has a link to one run or group.

mod lasting;

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use axum::extract::{FromRequestParts, Request, State};
use axum::http::request::Parts;
use axum::http::{HeaderMap, Method, Uri};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use domain::ids::{GroupId, WorkId};
use domain::run::Run;
use store::Owner;
use tokio::time::Instant;

use crate::App;
use crate::problem::{Kind, Problem};
use crate::sharing;
use crate::wire::{ErrorView, StreamEvent, uuid_of};

/// Whoever sent a request; sees and changes only what belongs to its owner.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Caller {
    pub(crate) owner: Owner,
}

/// Whoever looks at a page. With a link it is somebody who sees one run or group and changes nothing.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Viewer {
    pub(crate) owner: Owner,
    pub(crate) pass: Pass,
}

/// What lets somebody see a page.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Pass {
    /// No key is needed here.
    Open,
    Key,
    Session,
    /// The token of a link, and what it opens.
    Link {
        token: String,
        work: WorkId,
    },
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

/// What a stream of the API ends with when its key was revoked; one of MCP just ends.
fn no_longer(app: &App, uri: &Uri) -> String {
    if uri.path().contains("/mcp") {
        return String::new();
    }
    let ref_id = uuid_of(&format!("{:032x}", app.store.chance().next()));
    let message = "the key was revoked".to_owned();
    StreamEvent::error(ErrorView { ref_id, message, detail: None }).frame()
}

/// The same for the parts of a page, whose script says so there.
const GONE: &str = "event: gone\ndata:\n\n";

/// Lets a request in whose key is good, with its [`Caller`]; any key is while there are none.
pub(crate) async fn identify(State(app): State<App>, mut request: Request, next: Next) -> Response {
    match caller(&app, request.headers()).await {
        Ok(caller) => {
            request.extensions_mut().insert(caller);
            let headers = request.headers().clone();
            let last = no_longer(&app, request.uri());
            let response = next.run(request).await;
            lasting::lasting(response, last, move || {
                let (app, headers) = (app.clone(), headers.clone());
                async move { Ok(self::caller(&app, &headers).await? == caller) }
            })
        }
        Err(problem) => problem.into_response(),
    }
}

/// Lets whoever may see pages in, with a [`Viewer`]; with a [`Caller`] too unless it came by a link.
pub(crate) async fn identify_viewer(
    State(app): State<App>,
    mut request: Request,
    next: Next,
) -> Response {
    let (method, uri) = (request.method().clone(), request.uri().clone());
    match viewer(&app, &method, &uri, request.headers().clone()).await {
        Ok(viewer) => {
            if !matches!(viewer.pass, Pass::Link { .. }) {
                request.extensions_mut().insert(Caller { owner: viewer.owner });
            }
            let headers = request.headers().clone();
            request.extensions_mut().insert(viewer.clone());
            let response = next.run(request).await;
            lasting::lasting(response, GONE.to_owned(), move || {
                let (app, viewer, method) = (app.clone(), viewer.clone(), method.clone());
                let (uri, headers) = (uri.clone(), headers.clone());
                async move { Ok(self::viewer(&app, &method, &uri, headers).await? == viewer) }
            })
        }
        Err(problem) => problem.into_response(),
    }
}

/// Who looks at a page that anybody may see, or that was refused; `None` for somebody who is not known here.
pub(crate) async fn find_viewer(app: &App, uri: &Uri, headers: HeaderMap) -> Option<Viewer> {
    viewer(app, &Method::GET, uri, headers).await.ok()
}

async fn viewer(
    app: &App,
    method: &Method,
    uri: &Uri,
    headers: HeaderMap,
) -> Result<Viewer, Problem> {
    if !needs_keys(app).await? {
        return Ok(Viewer { owner: Owner::LOCAL, pass: Pass::Open });
    }
    let is_read = method == Method::GET || method == Method::HEAD;
    let link = link_of(uri).filter(|_| is_read);
    if key_of(&headers).is_some() {
        let owner = caller(app, &headers).await?.owner;
        return known(app, Viewer { owner, pass: Pass::Key }, link).await;
    }
    // First the session: its owner sees more than whoever has the link.
    if let Some(cookie) = cookie_of(&headers)
        && let Some(owner) = sharing::signed_in(app, cookie).await?
    {
        if !is_read && !is_own_page(&headers) {
            let message = "this was not sent by a page of this server; open the page again and repeat it there";
            return Err(Problem::new(Kind::Forbidden, message));
        }
        return known(app, Viewer { owner, pass: Pass::Session }, link).await;
    }
    if let Some(token) = link {
        let Some((work, owner)) = sharing::opened(app, &token).await? else {
            let message = "this link was revoked or is not whole; ask whoever gave it to you for a new one, or sign in with a key";
            return Err(Problem::new(Kind::Unauthorized, message));
        };
        return Ok(Viewer { owner, pass: Pass::Link { token, work } });
    }
    Err(Problem::new(Kind::Unauthorized, NEEDS_KEY).on_a_page(NEEDS_KEY_TO_SEE))
}

const NEEDS_KEY: &str =
    "this server needs a key: send it as `x-api-key` or as `Authorization: Bearer`";
const NEEDS_KEY_TO_SEE: &str =
    "Pages of this server are for people with a key, or with a link that somebody shared.";

/// Who has shown a key, as its owner; at the work of somebody else as whoever has the link to it.
async fn known(app: &App, viewer: Viewer, link: Option<String>) -> Result<Viewer, Problem> {
    let Some(token) = link else { return Ok(viewer) };
    Ok(match sharing::opened(app, &token).await? {
        Some((work, owner)) if owner != viewer.owner => {
            Viewer { owner, pass: Pass::Link { token, work } }
        }
        Some(_) | None => viewer,
    })
}

/// Whether a browser says that one of our own pages sent this. `doors` has refused other origins before.
fn is_own_page(headers: &HeaderMap) -> bool {
    let text = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
    let is_told = text("origin").is_some_and(|origin| origin != "null");
    is_told && text("sec-fetch-site").is_none_or(|site| site == "same-origin")
}

fn cookie_of(headers: &HeaderMap) -> Option<&str> {
    let cookies = headers.get_all("cookie").iter().filter_map(|value| value.to_str().ok());
    let mut all =
        cookies.flat_map(|line| line.split(';')).filter_map(|one| one.trim().split_once('='));
    all.find(|(name, _)| *name == sharing::COOKIE).map(|(_, value)| value)
}

fn link_of(uri: &Uri) -> Option<String> {
    let query = uri.query()?;
    let mut pairs = url::form_urlencoded::parse(query.as_bytes());
    pairs.find(|(name, _)| name == sharing::PARAMETER).map(|(_, token)| token.into_owned())
}

impl Viewer {
    /// Whether it may see a run, which is its owner's.
    pub(crate) fn may_see(&self, run: &Run) -> bool {
        match &self.pass {
            Pass::Open | Pass::Key | Pass::Session => true,
            Pass::Link { work: WorkId::Run(id), .. } => *id == run.id,
            Pass::Link { work: WorkId::Group(id), .. } => Some(*id) == run.group,
        }
    }

    pub(crate) fn may_see_group(&self, group: GroupId) -> bool {
        match &self.pass {
            Pass::Open | Pass::Key | Pass::Session => true,
            Pass::Link { work, .. } => *work == WorkId::Group(group),
        }
    }
}

async fn caller(app: &App, headers: &HeaderMap) -> Result<Caller, Problem> {
    if !needs_keys(app).await? {
        return Ok(Caller { owner: Owner::LOCAL });
    }
    let Some(key) = key_of(headers) else {
        return Err(Problem::new(Kind::Unauthorized, NEEDS_KEY).on_a_page(NEEDS_KEY_TO_SEE));
    };
    let owner = owner_of(app, key).await?.ok_or_else(|| {
        Problem::new(Kind::Unauthorized, "the key is not known here or was revoked")
    })?;
    Ok(Caller { owner })
}

pub(crate) async fn needs_keys(app: &App) -> Result<bool, Problem> {
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
        if let Some(caller) = parts.extensions.get::<Self>().copied() {
            return Ok(caller);
        }
        Err(match parts.extensions.get::<Viewer>() {
            Some(_) => {
                let message = "this link shows one run or table and nothing else; sign in with a key to see or change more";
                Problem::new(Kind::Unauthorized, message)
            }
            // Only where a route was laid outside of the gate, which must not let anybody in.
            None => Problem::internal("a route without a caller"),
        })
    }
}

impl FromRequestParts<App> for Viewer {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &App) -> Result<Self, Problem> {
        let viewer = parts.extensions.get::<Self>().cloned();
        viewer.ok_or_else(|| Problem::internal("a page without a viewer"))
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
