//! Parts of pages as they change: server-sent events whose data is HTML, at most one a second.
//!
//! Everything is read from the store when it has changed; a page that nothing happens on costs nothing.

use std::fmt::Write as _;
use std::time::Duration;

use askama::Template;
use axum::extract::{Path, State};
use axum::response::Response;
use domain::estimate::Prices;
use domain::run::RunState;
use store::RunRow;
use tokio::time::sleep;

use crate::App;
use crate::gate::Viewer;
use crate::problem::Problem;
use crate::rest::Params;
use crate::rest::listener::{Ended, Listener, stream_of};
use crate::ui::escape::unturned;
use crate::ui::parts::Mark;
use crate::ui::site::Site;
use crate::ui::work::Watching;
use crate::ui::{group as table, run as run_page};

/// Least time between two parts: what happens meanwhile is shown together.
const BREATH: Duration = Duration::from_secs(1);
/// The same for a table, whose rows cost more to read.
const BREATH_OF_TABLES: Duration = Duration::from_secs(2);

pub(super) async fn run(
    State(app): State<App>,
    viewer: Viewer,
    Path(run_id): Path<String>,
) -> Result<Response, Problem> {
    let row = run_page::find(&app, &viewer, &run_id).await?;
    let site = Site::of(&app, &viewer);
    Ok(stream_of(&app, move |app, listener| tell_run(app, viewer, site, listener, row)))
}

async fn tell_run(
    app: App,
    viewer: Viewer,
    site: Site,
    listener: Listener,
    mut row: RunRow,
) -> Result<(), Ended> {
    let mut watch = app.store.watch_steps(row.seq);
    let (_, spec) = app.store.input_of(&row).await?;
    let mut watching = Watching::default();
    let mut told: Option<RunState> = None;
    loop {
        let Some(now) = app.store.find_run(viewer.owner, row.run.id).await? else { return Ok(()) };
        row = now;
        if !row.run.state.is_active() {
            return listener.tell(frame("end", "")).await;
        }
        let is_new = watching.look(&app, &row).await?;
        if is_new || told != Some(row.run.state) {
            told = Some(row.run.state);
            let work = {
                let (now, has_prices) =
                    (app.store.clock().now(), app.catalog.offer.prices == Prices::Known);
                watching.view(&row.run, &spec, &site, now, has_prices, false)
            };
            let part = run_page::WorkPart {
                site: &site,
                id: &row.run.id.to_string(),
                work: &work,
                is_queued: row.run.state == RunState::Queued,
                says: &watching.says(row.run.state),
                mark: &Mark::of_state(row.run.state).big(),
            };
            listener.tell(frame("parts", &unturned(part.render().unwrap_or_default()))).await?;
        }
        listener.wait(&mut watch).await?;
        sleep(BREATH).await;
    }
}

pub(super) async fn group(
    State(app): State<App>,
    viewer: Viewer,
    Path(group_id): Path<String>,
    params: Params,
) -> Result<Response, Problem> {
    let group = table::find(&app, &viewer, &group_id).await?;
    let asked = table::Asked::read(&params)?;
    let site = Site::of(&app, &viewer);
    Ok(stream_of(&app, move |app, listener| async move {
        let Some(mut watch) = app.store.watch_group(viewer.owner, group.id).await? else {
            return Ok(());
        };
        let first = group.counts.ended();
        loop {
            let Some(now) = app.store.find_group(viewer.owner, group.id).await? else {
                return Ok(());
            };
            if !now.counts.is_active() {
                return listener.tell(frame("end", "")).await;
            }
            let part = table::live_part(&app, &viewer, &site, &now, &asked, first).await?;
            listener.tell(frame("parts", &unturned(part))).await?;
            listener.wait(&mut watch).await?;
            sleep(BREATH_OF_TABLES).await;
        }
    }))
}

/// One event; each line of its data has a line of its own.
fn frame(event: &str, data: &str) -> String {
    let mut frame = format!("event: {event}\n");
    for line in data.lines().filter(|line| !line.trim().is_empty()) {
        let _ = writeln!(frame, "data: {line}");
    }
    if data.is_empty() {
        frame.push_str("data:\n");
    }
    frame.push('\n');
    frame
}
