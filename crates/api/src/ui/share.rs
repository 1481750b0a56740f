//! Giving out the link to a run or group, and ending all links that were given out.

use axum::extract::{Path, State};
use axum::response::Response;
use domain::ids::{NotAnId, WorkId};

use crate::App;
use crate::gate::{Caller, Viewer};
use crate::problem::Problem;
use crate::sharing;
use crate::ui::see;
use crate::ui::site::Site;

/// What the menu for sharing shows.
pub(super) struct ShareView {
    pub(super) url: String,
    /// Whether it opens without a key because it is signed; else no key is needed at all.
    pub(super) is_signed: bool,
    /// Where the form that ends all links sends.
    pub(super) revoke: String,
}

impl ShareView {
    /// `None` for whoever came by a link: links are given out by the owner.
    pub(super) async fn of(app: &App, site: &Site, work: WorkId) -> Result<Option<Self>, Problem> {
        if site.is_guest {
            return Ok(None);
        }
        let is_signed = sharing::token(app, work).await?.is_some();
        let url = sharing::url(app, work).await?;
        Ok(Some(Self { url, is_signed, revoke: site.to(&format!("{}/revoke", path_of(work))) }))
    }
}

fn path_of(work: WorkId) -> String {
    match work {
        WorkId::Run(id) => format!("/runs/{id}"),
        WorkId::Group(id) => format!("/groups/{id}"),
    }
}

pub(super) async fn revoke_run(
    app: State<App>,
    caller: Caller,
    viewer: Viewer,
    Path(run_id): Path<String>,
) -> Result<Response, Problem> {
    let id = run_id.parse().map_err(|why: NotAnId| Problem::not_found(why.to_string()))?;
    revoke(&app, caller, &viewer, WorkId::Run(id)).await
}

pub(super) async fn revoke_group(
    app: State<App>,
    caller: Caller,
    viewer: Viewer,
    Path(group_id): Path<String>,
) -> Result<Response, Problem> {
    let id = group_id.parse().map_err(|why: NotAnId| Problem::not_found(why.to_string()))?;
    revoke(&app, caller, &viewer, WorkId::Group(id)).await
}

async fn revoke(
    app: &App,
    caller: Caller,
    viewer: &Viewer,
    work: WorkId,
) -> Result<Response, Problem> {
    if app.store.owner_of_work(work).await? != Some(caller.owner) {
        let what = match work {
            WorkId::Run(id) => format!("there is no run `{id}`"),
            WorkId::Group(id) => format!("there is no group `{id}`"),
        };
        return Err(Problem::not_found(what));
    }
    app.store.revoke_links(work).await?;
    Ok(see(&Site::of(app, viewer), &format!("{}#revoked", path_of(work))))
}
