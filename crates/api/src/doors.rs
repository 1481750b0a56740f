//! What all doors have in common: who may come in, the headers of every answer, and the envelope of every refusal.

use std::cell::LazyCell;
use std::panic::AssertUnwindSafe;
use std::time::Duration;

use axum::Router;
use axum::extract::{DefaultBodyLimit, Request, State};
use axum::http::uri::Authority;
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, Uri, header};
use axum::middleware::{self, Next};
use axum::response::{IntoResponse, Response};
use futures_util::FutureExt;
use tower_http::cors::{AllowHeaders, CorsLayer};
use tracing::{debug, error, warn};
use url::Url;

use crate::problem::{Kind, Problem};
use crate::ui::site::Site;
use crate::wire::{ErrorEnvelope, ErrorView, uuid_of};
use crate::{App, gate, mcp, rest, room, ui};

/// Largest request body: a thousand rows of 15,000 characters fit.
pub(crate) const MAX_BODY: usize = 16 * 1024 * 1024;

/// Our own style, script and streams; nothing inline, nothing from elsewhere.
const CONTENT_POLICY: &str = "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self'; connect-src 'self'; \
                              form-action 'self'; base-uri 'none'; frame-ancestors 'none'";

/// All doors. Where `public_url` has a path, they answer below it as well, for proxies that keep it.
pub fn router(app: App) -> Router {
    // Only who may come in is given room.
    let room = middleware::from_fn_with_state(app.clone(), room::admit);
    let gate = middleware::from_fn_with_state(app.clone(), gate::identify);
    let closed =
        rest::routes().merge(mcp::routes(&app)).route_layer(room.clone()).route_layer(gate);
    let gate = middleware::from_fn_with_state(app.clone(), gate::identify_viewer);
    let doors = closed
        .merge(ui::routes().route_layer(room).route_layer(gate.clone()))
        .merge(rest::open_routes())
        .merge(ui::open_routes());
    let prefix = app.prefix();
    let doors = if prefix.is_empty() {
        doors
    } else {
        doors
            .clone()
            .nest(&prefix, doors)
            .merge(ui::first_page(&format!("{prefix}/")).route_layer(gate))
    };
    guarded(app, doors)
}

/// Lays the common rules around some doors.
fn guarded(app: App, doors: Router<App>) -> Router {
    let attended = doors
        .fallback(unknown_route)
        .layer(DefaultBodyLimit::max(MAX_BODY))
        .layer(middleware::from_fn_with_state(app.clone(), attend));
    let shared = if app.origins.is_empty() { attended } else { attended.layer(cross_origin(&app)) };
    shared.with_state(app)
}

/// Lets pages of the allowed origins call us; others are told nothing by which a browser would let them.
fn cross_origin(app: &App) -> CorsLayer {
    let origins = app.origins.iter().filter_map(|origin| HeaderValue::from_str(origin).ok());
    let shown = ["mcp-session-id", "retry-after", "www-authenticate"];
    CorsLayer::new()
        .allow_origin(origins.collect::<Vec<_>>())
        .allow_methods([Method::GET, Method::POST, Method::DELETE])
        // Clients of the official SDKs send a dozen of their own, more with each version.
        .allow_headers(AllowHeaders::mirror_request())
        .expose_headers(shown.map(HeaderName::from_static))
        .max_age(PREFLIGHT)
}

/// How long a browser need not ask again whether it may call us.
const PREFLIGHT: Duration = Duration::from_mins(10);

async fn unknown_route(method: Method, uri: Uri) -> Problem {
    let path: String = uri.path().chars().take(200).collect();
    Problem::not_found(format!(
        "there is nothing at `{method} {path}`; the API begins at /v1/tasks/runs"
    ))
    .on_a_page("No page has this address. Perhaps it was cut short when it was copied.")
}

/// Why a request is refused that a page of another site made a browser send.
fn refusal(app: &App, request: &Request) -> Option<Problem> {
    // Parsed only where it matters, which it does for few requests.
    let public = LazyCell::new(|| Url::parse(&app.public_url).ok());
    let host = host_of(request);
    if app.is_on_loopback {
        let name = host.as_ref().map(Authority::host);
        let public_host = || public.as_ref().and_then(Url::host_str);
        let is_ours = |name: &str| is_loopback(name) || Some(name) == public_host();
        if !name.is_some_and(is_ours) {
            let shown: String = name.unwrap_or_default().chars().take(100).collect();
            return Some(Problem::new(
                Kind::Forbidden,
                format!(
                    "the header `Host` is `{shown}`, and this server answers only to localhost; set `public_url` \
                     if it is to be reached by that name"
                ),
            ));
        }
    }
    // A stream of MCP is no page that another site could only look at.
    let is_stream = request.uri().path().contains("/mcp");
    let is_read =
        !is_stream && matches!(*request.method(), Method::GET | Method::HEAD | Method::OPTIONS);
    let origin = request.headers().get(header::ORIGIN).filter(|_| !is_read)?;
    let origin = origin.to_str().unwrap_or("?");
    let is_public = public.as_ref().is_some_and(|url| url.origin().ascii_serialization() == origin);
    // On loopback the host was checked above, so it is the page's own server.
    let is_same = app.is_on_loopback
        && host.is_some_and(|host| {
            origin.split_once("://").is_some_and(|(_, at)| at == host.as_str())
        });
    let is_allowed = app.origins.iter().any(|allowed| allowed == origin);
    (!is_public && !is_same && !is_allowed).then(|| {
        let shown: String = origin.chars().take(100).collect();
        let message = format!(
            "the header `Origin` is `{shown}`: pages of other sites may not change anything here"
        );
        Problem::new(Kind::Forbidden, message)
    })
}

/// Where somebody wanted to go, for whoever has to sign in first.
fn place_of(app: &App, request: &Request) -> String {
    if request.method() != Method::GET {
        return String::new();
    }
    let place = request.uri().path_and_query().map_or("", |place| place.as_str());
    place.strip_prefix(&app.prefix()).unwrap_or(place).to_owned()
}

fn host_of(request: &Request) -> Option<Authority> {
    match request.headers().get(header::HOST) {
        Some(host) => host.to_str().ok()?.parse().ok(),
        None => request.uri().authority().cloned(),
    }
}

fn is_loopback(host: &str) -> bool {
    host.eq_ignore_ascii_case("localhost") || matches!(host, "127.0.0.1" | "[::1]")
}

/// Marks a refusal that has its words already, in the form of its door.
#[derive(Clone)]
pub(crate) struct Written;

/// Refuses what others made a browser send, catches panics, writes problems out, and sets the headers that every answer has.
async fn attend(State(app): State<App>, request: Request, next: Next) -> Response {
    let form = Form::wanted(request.uri(), request.headers());
    let place = place_of(&app, &request);
    let asked = (form == Form::Page).then(|| (request.uri().clone(), request.headers().clone()));
    let mut response = match refusal(&app, &request) {
        Some(problem) => problem.into_response(),
        None => AssertUnwindSafe(next.run(request))
            .catch_unwind()
            .await
            .unwrap_or_else(|_| Problem::internal("a handler panicked").into_response()),
    };
    let problem = response.extensions_mut().remove::<Problem>();
    let is_written = response.extensions_mut().remove::<Written>().is_some();
    let bare = || bare_refusal(response.status()).filter(|_| !is_written);
    let problem = problem.or_else(bare);
    if let Some(problem) = problem {
        let ref_id = uuid_of(&format!("{:032x}", app.store.chance().next()));
        let allow = response.headers_mut().remove(header::ALLOW);
        let viewer = match asked {
            Some((uri, headers)) => gate::find_viewer(&app, &uri, headers).await,
            None => None,
        };
        let site = Site::of_anybody(&app, viewer.as_ref());
        response = written(site, &problem, ref_id, form, &place);
        if let Some(allow) = allow {
            response.headers_mut().insert(header::ALLOW, allow);
        }
    }
    let headers = response.headers_mut();
    for (name, value) in [
        (header::CONTENT_SECURITY_POLICY, CONTENT_POLICY),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        // With `no-referrer` browsers send `Origin: null` with our own forms, which could not be told from others.
        (header::REFERRER_POLICY, "same-origin"),
    ] {
        headers.insert(name, HeaderValue::from_static(value));
    }
    headers.entry(header::CACHE_CONTROL).or_insert(HeaderValue::from_static("private, no-cache"));
    response
}

/// How a refusal is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Form {
    /// The envelope of the Task API.
    Json,
    /// An error of JSON-RPC, for the doors of MCP.
    Rpc,
    /// A page for a browser.
    Page,
}

impl Form {
    fn wanted(uri: &Uri, headers: &HeaderMap) -> Self {
        let path = uri.path();
        if path.ends_with("/mcp") || path.ends_with("/mcp/simple") {
            return Self::Rpc;
        }
        let is_api =
            path.contains("/v1/") || path.contains("/v1beta/") || path.ends_with("/healthz");
        let accepts = headers.get(header::ACCEPT).and_then(|accept| accept.to_str().ok());
        let is_browser = accepts.is_some_and(|accept| accept.contains("text/html"));
        if is_browser && !is_api { Self::Page } else { Self::Json }
    }
}

/// Refusals of the framework itself: no handler ran.
fn bare_refusal(status: StatusCode) -> Option<Problem> {
    if !status.is_client_error() && !status.is_server_error() {
        return None;
    }
    Some(match status {
        StatusCode::METHOD_NOT_ALLOWED => Problem::new(
            Kind::WrongMethod,
            "this address does not take that method; the header `Allow` lists what it takes",
        )
        .on_a_page("This address only takes what a form sends. Open the page that has the form, and send it from there."),
        StatusCode::NOT_FOUND => Problem::not_found("there is nothing at this address"),
        status if status.is_client_error() => {
            Problem::new(Kind::Malformed, format!("the request cannot be read ({status})"))
                .on_a_page("The server cannot read what was sent. Open the page again, and repeat it there.")
        }
        status => Problem::internal(status),
    })
}

fn written(site: Site, problem: &Problem, ref_id: String, form: Form, place: &str) -> Response {
    let status = problem.kind.status();
    if let Some(cause) = &problem.cause {
        if problem.kind == Kind::Internal {
            error!(ref_id, status, cause, "a request failed: {}", problem.message);
        } else {
            warn!(ref_id, status, cause, "a request was refused: {}", problem.message);
        }
    } else {
        debug!(ref_id, status, "a request was refused: {}", problem.message);
    }
    let error = ErrorView {
        ref_id,
        message: problem.message.clone(),
        detail: problem.detail.as_deref().cloned(),
    };
    let body = match form {
        Form::Page => ui::problem_page(site, problem, &error.ref_id, place),
        Form::Json => axum::Json(ErrorEnvelope { kind: "error", error }).into_response(),
        Form::Rpc => axum::Json(mcp::refusal(&error.message)).into_response(),
    };
    let status = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let mut response = (status, body).into_response();
    if let Some(seconds) = problem.retry_after_s {
        response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from(seconds));
    }
    if problem.kind == Kind::Unauthorized {
        // Nothing that a browser would ask a name and a password for: the page has a form for the key.
        let how = HeaderValue::from_static("Bearer");
        response.headers_mut().insert(header::WWW_AUTHENTICATE, how);
    }
    response
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use axum::body::{Body, to_bytes};
    use axum::routing::get;
    use domain::clock::{Chance, Clock, TimeMs};
    use store::{Location, Store};
    use tower::ServiceExt;

    use super::*;
    use crate::Catalog;

    #[tokio::test]
    async fn a_panic_is_answered_with_the_envelope_and_tells_nothing() {
        let directory = tempfile::tempdir().unwrap();
        let location = Location::Directory(directory.path().into());
        let clock = Clock::new(|| TimeMs(0));
        let store = Store::open(&location, clock, Chance::new(|| 7)).await.unwrap();
        let app = App::new(store, Arc::new(Catalog::default()), "http://localhost");
        let broken = Router::new().route("/v1/x", get(|| async { assert_eq!("secret", "other") }));
        let request = Request::get("/v1/x").body(Body::empty()).unwrap();
        let answer = guarded(app, broken).oneshot(request).await.unwrap();
        assert_eq!(answer.status(), StatusCode::INTERNAL_SERVER_ERROR);
        let body = to_bytes(answer.into_body(), 10_000).await.unwrap();
        let body = String::from_utf8(body.to_vec()).unwrap();
        assert!(body.contains("00000000-0000-0000-0000-000000000007"), "{body}");
        assert!(!body.contains("secret"), "{body}");
    }
}
