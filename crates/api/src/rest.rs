//! The Task API: its routes, and how requests are read.

mod estimate;
mod groups;
pub(crate) mod listener;
mod runs;
mod streams;
mod suggest;
mod web;
mod webhooks;

use std::collections::HashMap;
use std::str::FromStr;
use std::time::Duration;

use axum::body::Bytes;
use axum::extract::{FromRequest, Query, Request, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use axum::{Json, Router};
use domain::ids::NotAnId;
use domain::run::Warning;
use serde::Serialize;
use store::Note;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::doors::MAX_BODY;
use crate::problem::{Kind, Problem};
use crate::wire::documented::Refusals;
use crate::wire::{Health, WarningView, warning_views};
use crate::{App, openapi};

/// Longest wait for a request body, from headers to last byte: 16 MiB at 3 Mbit/s.
const BODY_TIMEOUT: Duration = Duration::from_secs(45);

/// Everything that is in the OpenAPI document: `routes!` takes no handler that does not describe itself.
pub(crate) fn documented() -> OpenApiRouter<App> {
    open().nest("/v1/tasks", tasks()).nest("/v1beta/tasks", helpers()).nest("/v1", looking())
}

fn tasks() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(runs::create, runs::list))
        .routes(routes!(runs::show))
        .routes(routes!(runs::input))
        .routes(routes!(runs::result))
        .routes(routes!(streams::run_events))
        .routes(routes!(runs::receipt))
        .routes(routes!(runs::evidence))
        .routes(routes!(runs::cancel))
        .routes(routes!(groups::create, groups::list))
        .routes(routes!(groups::show))
        .routes(routes!(groups::add, streams::group_runs))
        .routes(routes!(streams::group_events))
        .routes(routes!(groups::show_run))
        .routes(routes!(groups::cancel))
        .routes(routes!(groups::retry))
        .routes(routes!(estimate::show))
        .routes(routes!(webhooks::list))
        .routes(routes!(webhooks::replay))
}

/// Searching and reading at once.
fn looking() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(web::search)).routes(routes!(web::extract))
}

/// What exists under the older path only.
fn helpers() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(suggest::task)).routes(routes!(suggest::processor))
}

fn open() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(health))
        .routes(routes!(ready))
        .routes(routes!(openapi::show))
}

pub(crate) fn routes() -> Router<App> {
    let tasks = Router::from(tasks());
    let looking = Router::from(looking());
    Router::new()
        .nest("/v1", looking.clone())
        .nest("/v1beta", looking)
        .nest("/v1/tasks", tasks.clone())
        // Older clients.
        .nest("/v1beta/tasks", tasks.merge(Router::from(helpers())))
}

/// What anybody may ask.
pub(crate) fn open_routes() -> Router<App> {
    open().into()
}

/// Whether the database answers.
#[utoipa::path(
    get,
    path = "/healthz",
    operation_id = "get_health",
    tag = "server",
    security(()),
    responses((status = 200, description = "It does.", body = Health), Refusals),
)]
async fn health(State(app): State<App>) -> Result<Json<Health>, Problem> {
    app.store.ping().await?;
    Ok(Json(Health { name: "task-mcp", status: "ok" }))
}

/// Whether requests may be sent here: the database answers, and the server is not about to end.
#[utoipa::path(
    get,
    path = "/readyz",
    operation_id = "get_readiness",
    tag = "server",
    security(()),
    responses((status = 200, description = "They may.", body = Health), Refusals),
)]
async fn ready(state: State<App>) -> Result<Json<Health>, Problem> {
    if state.leaving.is_cancelled() {
        return Err(Problem::new(Kind::Unavailable, "this server is about to end"));
    }
    health(state).await
}

fn answer(status: StatusCode, view: impl Serialize) -> Response {
    (status, Json(view)).into_response()
}

/// Reads a whole body, bounded in size and time.
pub(crate) async fn body(app: &App, request: Request) -> Result<Bytes, Problem> {
    let reading = Bytes::from_request(request, app);
    match tokio::time::timeout(BODY_TIMEOUT, reading).await {
        Ok(Ok(bytes)) => Ok(bytes),
        Ok(Err(refused)) if refused.status() == StatusCode::PAYLOAD_TOO_LARGE => Err(Problem::new(
            Kind::TooLarge,
            format!(
                "the body is larger than {} MiB; send fewer rows at a time",
                MAX_BODY / 1024 / 1024
            ),
        )),
        Ok(Err(refused)) => {
            Err(Problem::new(Kind::Malformed, "the body could not be read to its end")
                .because(refused))
        }
        Err(_) => Err(Problem::new(
            Kind::Malformed,
            format!("the body did not arrive within {} seconds", BODY_TIMEOUT.as_secs()),
        )),
    }
}

/// An id out of the path; what is not one is not there.
fn id<T: FromStr<Err = NotAnId>>(text: &str) -> Result<T, Problem> {
    text.parse().map_err(|why: NotAnId| Problem::not_found(why.to_string()))
}

pub(crate) type Params =
    Result<Query<HashMap<String, String>>, axum::extract::rejection::QueryRejection>;

pub(crate) fn param(params: &Params, name: &str) -> Result<Option<String>, Problem> {
    match params {
        Ok(params) => Ok(params.get(name).cloned()),
        Err(_) => Err(Problem::invalid("the query part of the address cannot be read")),
    }
}

/// A yes or no as Python, JavaScript and people spell it; `false` where it is not given.
fn flag(params: &Params, name: &str) -> Result<bool, Problem> {
    match param(params, name)?.as_deref() {
        None | Some("false" | "False" | "0") => Ok(false),
        Some("true" | "True" | "1") => Ok(true),
        Some(other) => {
            let message = format!("`{name}` is `{}`; it must be true or false", shown(other));
            Err(Problem::invalid(message))
        }
    }
}

pub(crate) fn shown(text: &str) -> String {
    text.chars().take(60).collect()
}

/// The note that a listing asks for: `metadata.NAME=VALUE`.
fn note(params: &Params) -> Result<Option<Note>, Problem> {
    // Refuses a query that cannot be read, whatever is in it.
    param(params, "metadata")?;
    let mut notes = params.iter().flat_map(|Query(all)| all).filter_map(|(name, value)| {
        let name = name.strip_prefix("metadata.").filter(|name| !name.is_empty())?;
        Some(Note { name: name.into(), value: value.clone() })
    });
    let first = notes.next();
    if notes.next().is_some() {
        return Err(Problem::invalid("`metadata.…` may be asked for once"));
    }
    Ok(first)
}

/// Where a part of a listing begins, and how long it is.
fn part(params: &Params) -> Result<(Option<i64>, i64), Problem> {
    let cursor = param(params, "cursor")?
        .map(|text| {
            text.parse().map_err(|_| {
                let text = shown(&text);
                Problem::invalid(format!("`cursor` is `{text}`; send the `next_cursor` of the part before, or leave it out"))
            })
        })
        .transpose()?;
    let limit = match param(params, "limit")? {
        None => 50,
        Some(text) => match text.parse() {
            Ok(limit) if (1..=store_page()).contains(&limit) => limit,
            _ => {
                let message = format!(
                    "`limit` is `{}`; it must be a whole number from 1 to {}",
                    shown(&text),
                    store_page()
                );
                return Err(Problem::invalid(message));
            }
        },
    };
    Ok((cursor, limit))
}

/// Most entries of one part of a listing.
const fn store_page() -> i64 {
    200
}

fn unused_members(names: &[String]) -> Vec<WarningView> {
    let warning = |name: &String| {
        Warning::other(format!("`{}` is not used by this version of the server", shown(name)))
    };
    warning_views(&names.iter().map(warning).collect::<Vec<_>>())
}
