//! A key for a cookie: strict, hidden from scripts, good for pages and nothing else.

use askama::Template;
use axum::Form;
use axum::extract::rejection::FormRejection;
use axum::extract::{Query, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, Uri, header};
use axum::response::Response;
use serde::Deserialize;

use crate::App;
use crate::gate::{self, Pass};
use crate::problem::{Kind, Problem};
use crate::sharing::{self, COOKIE, SESSION_MS};
use crate::ui::site::Site;
use crate::ui::{refused_page, rendered, see};

#[derive(Template)]
#[template(path = "sign_in.html")]
struct SignInPage {
    site: Site,
    next: String,
    is_refused: bool,
    /// Why no key is asked for, where that is so.
    known: Option<&'static str>,
}

#[derive(Deserialize)]
pub(super) struct Asked {
    #[serde(default)]
    next: String,
}

pub(super) async fn show(
    State(app): State<App>,
    Query(asked): Query<Asked>,
    uri: Uri,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let viewer = gate::find_viewer(&app, &uri, headers).await;
    rendered(&SignInPage {
        site: Site::of_anybody(&app, viewer.as_ref()),
        next: own_path(asked.next),
        is_refused: false,
        known: viewer.and_then(|viewer| match viewer.pass {
            Pass::Open => Some("This server needs no keys."),
            Pass::Key => Some("Your browser sends a key with each request."),
            Pass::Session => Some("This browser is signed in."),
            Pass::Link { .. } => None,
        }),
    })
}

#[derive(Deserialize)]
pub(super) struct Entry {
    #[serde(default)]
    key: String,
    #[serde(default)]
    next: String,
}

/// Takes a key and answers with the cookie. `doors` has refused what pages of others sent.
pub(super) async fn enter(
    State(app): State<App>,
    entry: Result<Form<Entry>, FormRejection>,
) -> Result<Response, Problem> {
    let Form(entry) = entry.map_err(|_| {
        Problem::new(Kind::Malformed, "the form cannot be read; send `key`")
            .on_a_page("The form cannot be read. Open it again, and type the key there.")
    })?;
    let site = Site::of_stranger(&app);
    let next = own_path(entry.next);
    let Some(session) = sharing::session(&app, entry.key.trim()).await? else {
        let page = rendered(&SignInPage { site, next, is_refused: true, known: None })?;
        return Ok(refused_page(StatusCode::UNAUTHORIZED, page));
    };
    let response = see(&site, if next.is_empty() { "/" } else { &next });
    with_cookie(&app, response, &format!("{COOKIE}={session}"), SESSION_MS / 1000)
}

/// Ends the session of this browser.
pub(super) async fn leave(State(app): State<App>) -> Result<Response, Problem> {
    let response = see(&Site::of_stranger(&app), "/sign-in");
    with_cookie(&app, response, &format!("{COOKIE}="), 0)
}

fn with_cookie(
    app: &App,
    mut response: Response,
    pair: &str,
    seconds: i64,
) -> Result<Response, Problem> {
    let site = Site::of_stranger(app);
    let secure = if app.public_url.starts_with("https://") { "; Secure" } else { "" };
    let cookie = format!(
        "{pair}; Path={}; Max-Age={seconds}; HttpOnly; SameSite=Strict{secure}",
        site.root()
    );
    let value = HeaderValue::from_str(&cookie).map_err(Problem::internal)?;
    response.headers_mut().insert(header::SET_COOKIE, value);
    Ok(response)
}

/// Only a page of ours: no other host, and nothing that a browser takes for one.
pub(super) fn own_path(next: String) -> String {
    let is_own =
        next.starts_with('/') && !next.starts_with("//") && !next.contains(['\\', '\n', '\r']);
    if is_own { next } else { String::new() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_way_on_leads_to_our_own_pages_only() {
        assert_eq!(own_path("/runs/a?b".into()), "/runs/a?b");
        for other in ["https://evil.test/", "//evil.test", "/\\evil.test", ""] {
            assert_eq!(own_path(other.into()), "", "{other}");
        }
    }
}
