//! Web pages: server-rendered, readable as plain HTML on a phone or on paper, with one small script for comforts.

mod answer;
mod assets;
mod escape;
mod export;
mod figures;
mod group;
mod home;
mod live;
mod markdown;
mod page;
mod parts;
mod passage;
mod pieces;
mod plot;
pub mod proof;
mod receipt;
mod run;
mod share;
mod sign_in;
pub(crate) mod site;
mod start;
pub(crate) mod words;
mod work;

use askama::Template;
use axum::Router;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{Html, IntoResponse, Redirect, Response};
use axum::routing::{get, post};

use crate::App;
use crate::doors::Written;
use crate::problem::Problem;
use crate::ui::site::Site;

pub(crate) fn routes() -> Router<App> {
    Router::new()
        .route("/", get(home::show))
        .route("/sign-out", post(sign_in::leave))
        .route("/runs", post(start::research))
        .route("/runs/{run_id}", get(run::show))
        .route("/runs/{run_id}/live", get(live::run))
        .route("/runs/{run_id}/field", get(run::field))
        .route("/runs/{run_id}/quote", get(run::quote))
        .route("/runs/{run_id}/report.md", get(export::markdown))
        .route("/runs/{run_id}/report.html", get(export::proof))
        .route("/runs/{run_id}/result.json", get(export::json))
        .route("/runs/{run_id}/cancel", post(run::cancel))
        .route("/runs/{run_id}/revoke", post(share::revoke_run))
        .route("/sheets", post(start::upload))
        .route("/sheets/{sheet_id}", get(start::show).post(start::enrich))
        .route("/groups/{group_id}", get(group::show))
        .route("/groups/{group_id}/live", get(live::group))
        .route("/groups/{group_id}/rows.csv", get(export::rows::csv))
        .route("/groups/{group_id}/values.csv", get(export::rows::values_csv))
        .route("/groups/{group_id}/rows.jsonl", get(export::rows::jsonl))
        .route("/groups/{group_id}/cancel", post(group::cancel))
        .route("/groups/{group_id}/retry", post(group::retry))
        .route("/groups/{group_id}/revoke", post(share::revoke_group))
        .route("/pages/{page_id}", get(page::show))
        .route("/pages/{page_id}/{name}", get(page::show_named))
}

/// What anybody may ask.
pub(crate) fn open_routes() -> Router<App> {
    Router::new()
        .route("/assets/{name}", get(assets::serve))
        .route("/sign-in", get(sign_in::show).post(sign_in::enter))
}

/// The first page at another address.
pub(crate) fn first_page(path: &str) -> Router<App> {
    Router::new().route(path, get(home::show))
}

fn rendered(template: &impl Template) -> Result<Response, Problem> {
    let html = template.render().map_err(Problem::internal)?;
    Ok(Html(escape::unturned(html)).into_response())
}

/// A page that says itself what was wrong, beside what was typed.
fn refused_page(status: StatusCode, page: Response) -> Response {
    let mut response = (status, page).into_response();
    response.extensions_mut().insert(Written);
    response
}

/// Another page of ours, after something was changed.
fn see(site: &Site, path: &str) -> Response {
    Redirect::to(&site.to(path)).into_response()
}

/// A file to be kept.
fn file(name: &str, media_type: &'static str, body: impl IntoResponse) -> Response {
    let mut response = body.into_response();
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(media_type));
    if let Ok(value) = HeaderValue::from_str(&format!("attachment; filename=\"{name}\"")) {
        headers.insert(header::CONTENT_DISPOSITION, value);
    }
    response
}

#[derive(Template)]
#[template(path = "problem.html")]
struct ProblemPage<'a> {
    site: Site,
    title: &'static str,
    status: u16,
    message: String,
    ref_id: &'a str,
    /// Whether a key would help, and the page that it opens.
    wants_key: bool,
    next: String,
}

/// A refusal or failure for people. `place` is where they wanted to go.
pub(crate) fn problem_page(site: Site, problem: &Problem, ref_id: &str, place: &str) -> Response {
    let status = problem.kind.status();
    let title = match status {
        401 => "This page needs a key",
        403 => "This is not allowed here",
        404 => "There is nothing here",
        405 => "This is no page to open",
        409 | 422 | 400 | 413 => "This cannot be taken as it is",
        503 | 507 => "The server cannot do this at the moment",
        _ => "The server failed at this",
    };
    let page = ProblemPage {
        site,
        title,
        status,
        message: problem.on_a_page.map_or_else(|| words::sentence(&problem.message), str::to_owned),
        ref_id,
        wants_key: status == 401,
        next: sign_in::own_path(place.to_owned()),
    };
    match page.render() {
        Ok(html) => Html(escape::unturned(html)).into_response(),
        Err(_) => page.message.into_response(),
    }
}
