//! Groups over REST: create, add rows, look, cancel, list.

use axum::Json;
use axum::extract::{Path, Request, State};
use axum::http::StatusCode;
use axum::response::Response;
use domain::group::Group;
use domain::ids::GroupId;
use domain::processor::DEFAULT_FOR_ROWS;
use serde_json::Map;
use store::GroupFilter;

use crate::gate::Caller;
use crate::problem::Problem;
use crate::rest::{Params, answer, body, flag, id, note, param, part, runs, unused_members};
use crate::wire::documented::{
    GroupPath, Invalid, NeedsKey, NewTaskGroup, NewTaskGroupRuns, NoRoom, NotCreated, NotThere,
    OfActivity, Once, Part, RefreshStatus, Refusals, RunPath,
};
use crate::wire::{
    GroupBody, GroupList, RowsBody, TaskGroup, TaskGroupRunResponse, TaskRun, group_body,
    group_view, rows_view, run_view,
};
use crate::{App, json, once, submit};

/// Makes an empty group, to which rows are added.
#[utoipa::path(
    post,
    path = "/groups",
    operation_id = "create_group",
    tag = "groups",
    params(Once),
    request_body = NewTaskGroup,
    responses(
        (status = 200, description = "The group.", body = TaskGroup),
        Invalid,
        NotCreated,
        NoRoom,
        NeedsKey,
        Refusals,
    ),
)]
pub(super) async fn create(
    State(app): State<App>,
    caller: Caller,
    request: Request,
) -> Result<Response, Problem> {
    let headers = request.headers().clone();
    let bytes = body(&app, request).await?;
    let members = if bytes.is_empty() { Map::new() } else { json::object(&bytes)? };
    let key = once::key(&headers, "create_group", &members)?;
    let GroupBody { metadata, webhook, unused } = group_body(members);
    let known = app.store.find_made_group(caller.owner, key.as_ref());
    let group = once::make(&app, caller, key.as_ref(), known, async {
        let webhook = submit::webhook(&app.catalog, webhook.as_ref())?;
        submit::create_group(&app.store, caller.owner, metadata, webhook, key.clone()).await
    })
    .await?;
    let view = TaskGroup { warnings: unused_members(&unused), ..group_view(&group) };
    Ok(answer(StatusCode::OK, view))
}

pub(super) async fn find(app: &App, caller: Caller, group_id: &str) -> Result<Group, Problem> {
    let group: GroupId = id(group_id)?;
    let found = app.store.find_group(caller.owner, group).await?;
    found.ok_or_else(|| Problem::not_found(format!("there is no group `{group}`")))
}

/// How far a group is.
#[utoipa::path(
    get,
    path = "/groups/{group_id}",
    operation_id = "get_group",
    tag = "groups",
    params(GroupPath),
    responses(
        (status = 200, description = "The group with its counts.", body = TaskGroup),
        NotThere,
        NeedsKey,
        Refusals,
    ),
)]
pub(super) async fn show(
    State(app): State<App>,
    caller: Caller,
    Path(group_id): Path<String>,
) -> Result<Json<TaskGroup>, Problem> {
    Ok(Json(group_view(&find(&app, caller, &group_id).await?)))
}

/// Adds rows to a group, all or none, and returns at once.
#[utoipa::path(
    post,
    path = "/groups/{group_id}/runs",
    operation_id = "add_group_runs",
    tag = "groups",
    params(GroupPath, RefreshStatus, Once),
    request_body = NewTaskGroupRuns,
    responses(
        (status = 200, description = "The ids of the runs.", body = TaskGroupRunResponse),
        NotThere,
        Invalid,
        NotCreated,
        NoRoom,
        NeedsKey,
        Refusals,
    ),
)]
pub(super) async fn add(
    State(app): State<App>,
    caller: Caller,
    Path(group_id): Path<String>,
    params: Params,
    request: Request,
) -> Result<Response, Problem> {
    // The counts of the answer come from the transaction that adds the rows: they are fresh either way.
    flag(&params, "refresh_status")?;
    let group = find(&app, caller, &group_id).await?.id;
    let headers = request.headers().clone();
    let bytes = body(&app, request).await?;
    // A thousand rows are real work: off the threads that answer others.
    let read = move || {
        let members = json::object(&bytes)?;
        Ok((once::key(&headers, &format!("add_rows {group}"), &members)?, RowsBody::read(members)?))
    };
    let (key, body) = apart(read).await?;
    let RowsBody { rows, default_task_spec, unused } = body;
    let known = app.store.find_added_rows(caller.owner, key.as_ref());
    let added = once::make(&app, caller, key.as_ref(), known, async {
        let sources = app.store.list_sources(caller.owner).await?;
        let (catalog, is_shared) = (app.catalog.clone(), app.store.is_shared());
        let prepare = move || {
            let default = default_task_spec.as_ref();
            submit::prepare_rows(&catalog, &sources, rows, default, DEFAULT_FOR_ROWS, is_shared)
        };
        let rows = apart(prepare).await?;
        submit::add_rows(&app.store, caller.owner, group, rows, key.clone()).await
    })
    .await?;
    let mut view = rows_view(&added);
    view.warnings = unused_members(&unused);
    Ok(answer(StatusCode::OK, view))
}

async fn apart<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, Problem> + Send + 'static,
) -> Result<T, Problem> {
    tokio::task::spawn_blocking(work).await.map_err(Problem::internal)?
}

/// How far one run of a group is.
#[utoipa::path(
    get,
    path = "/groups/{group_id}/runs/{run_id}",
    operation_id = "get_group_run",
    tag = "groups",
    params(GroupPath, RunPath),
    responses(
        (status = 200, description = "The run.", body = TaskRun),
        NotThere,
        NeedsKey,
        Refusals,
    ),
)]
pub(super) async fn show_run(
    State(app): State<App>,
    caller: Caller,
    Path((group_id, run_id)): Path<(String, String)>,
) -> Result<Json<TaskRun>, Problem> {
    let group = find(&app, caller, &group_id).await?.id;
    let row = runs::find(&app, caller, &run_id).await?;
    if row.run.group != Some(group) {
        let message = format!("there is no run `{}` in the group `{group}`", row.run.id);
        return Err(Problem::not_found(message));
    }
    Ok(Json(run_view(&row.run)))
}

/// Ends all runs of a group that are active.
#[utoipa::path(
    post,
    path = "/groups/{group_id}/cancel",
    operation_id = "cancel_group",
    tag = "groups",
    params(GroupPath),
    responses(
        (status = 200, description = "The group.", body = TaskGroup),
        NotThere,
        NoRoom,
        NeedsKey,
        Refusals,
    ),
)]
pub(super) async fn cancel(
    State(app): State<App>,
    caller: Caller,
    Path(group_id): Path<String>,
) -> Result<Json<TaskGroup>, Problem> {
    let group = find(&app, caller, &group_id).await?;
    app.store.cancel_group(caller.owner, group.id).await?;
    Ok(Json(group_view(&find(&app, caller, &group_id).await?)))
}

/// Tries all rows of a group again that failed, or for a field of which the model did not answer (`model_down`).
///
/// Each gets a new attempt that asks afresh, behind the rows that wait; its end is told once more. Ours, not part of the
/// Task API.
#[utoipa::path(
    post,
    path = "/groups/{group_id}/retry",
    operation_id = "retry_group",
    tag = "groups",
    params(GroupPath),
    responses(
        (status = 200, description = "The group, these rows queued.", body = TaskGroup),
        NotThere,
        NoRoom,
        NeedsKey,
        Refusals,
    ),
)]
pub(super) async fn retry(
    State(app): State<App>,
    caller: Caller,
    Path(group_id): Path<String>,
) -> Result<Json<TaskGroup>, Problem> {
    let group = find(&app, caller, &group_id).await?;
    app.store.retry_rows(caller.owner, group.id).await?;
    Ok(Json(group_view(&find(&app, caller, &group_id).await?)))
}

/// Groups, newest first. `metadata.NAME=VALUE` keeps to those with this note.
#[utoipa::path(
    get,
    path = "/groups",
    operation_id = "list_groups",
    tag = "groups",
    params(Part, OfActivity),
    responses(
        (status = 200, description = "A part of the list.", body = GroupList),
        Invalid,
        NeedsKey,
        Refusals,
    ),
)]
pub(super) async fn list(
    State(app): State<App>,
    caller: Caller,
    params: Params,
) -> Result<Json<GroupList>, Problem> {
    let (cursor, limit) = part(&params)?;
    let is_active = param(&params, "is_active")?.map(|_| flag(&params, "is_active")).transpose()?;
    let filter = GroupFilter { is_active, note: note(&params)?, ..GroupFilter::default() };
    let page = app.store.list_groups(caller.owner, cursor, limit, filter).await?;
    Ok(Json(GroupList {
        groups: page.groups.iter().map(group_view).collect(),
        next_cursor: page.next.map(|next| next.to_string()),
    }))
}
