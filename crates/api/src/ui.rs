//! Web pages: plain, readable on a phone, without scripts.

mod group;
mod home;
mod markdown;
mod page;
mod run;
pub(crate) mod words;

use askama::Template;
use axum::Router;
use axum::http::header;
use axum::response::{Html, IntoResponse, Response};
use axum::routing::get;

use crate::App;
use crate::problem::Problem;
use crate::wire::ErrorView;

const STYLE: &str =
    concat!(include_str!("../assets/tokens.css"), include_str!("../assets/app.css"));

pub(crate) fn routes() -> Router<App> {
    Router::new()
        .route("/", get(home::show))
        .route("/runs/{run_id}", get(run::show))
        .route("/groups/{group_id}", get(group::show))
        .route("/pages/{page_id}", get(page::show))
        .route("/pages/{page_id}/{name}", get(page::show_named))
}

/// What anybody may ask.
pub(crate) fn open_routes() -> Router<App> {
    Router::new().route("/assets/app.css", get(style))
}

/// The first page at another address.
pub(crate) fn first_page(path: &str) -> Router<App> {
    Router::new().route(path, get(home::show))
}

async fn style() -> Response {
    let headers = [
        (header::CONTENT_TYPE, "text/css; charset=utf-8"),
        (header::CACHE_CONTROL, "public, max-age=600"),
    ];
    (headers, STYLE).into_response()
}

fn rendered(template: &impl Template) -> Result<Response, Problem> {
    Ok(Html(template.render().map_err(Problem::internal)?).into_response())
}

#[derive(Template)]
#[template(path = "problem.html")]
struct ProblemPage<'a> {
    prefix: String,
    status: u16,
    message: &'a str,
    ref_id: &'a str,
}

pub(crate) fn problem_page(app: &App, status: u16, error: &ErrorView) -> Response {
    let page = ProblemPage {
        prefix: app.prefix(),
        status,
        message: &error.message,
        ref_id: &error.ref_id,
    };
    match page.render() {
        Ok(html) => Html(html).into_response(),
        Err(_) => error.message.clone().into_response(),
    }
}
