//! A group as a table: its page, the parts of it that change while rows are worked on, and what is done to all its rows.

mod asked;
mod stats;
mod table;

use std::fmt::Write as _;

use askama::Template;
use axum::extract::{Path, State};
use axum::response::Response;
use domain::group::Group;
use domain::ids::{GroupId, NotAnId, WorkId};
use domain::run::RunState;
use serde_json::Value;

pub(super) use self::asked::Asked;
use self::asked::{Chips, chips};
pub(super) use self::stats::looked_for;
use self::stats::{Stats, filled, stats};
use self::table::{Table, table_of};
use crate::App;
use crate::gate::{Caller, Viewer};
use crate::problem::Problem;
use crate::rest::Params;
use crate::ui::parts::{Mark, stack};
use crate::ui::share::ShareView;
use crate::ui::site::Site;
use crate::ui::{plot, rendered, see, words};

/// Points of the plot of progress.
const POINTS: i64 = 60;
/// Most columns that are plotted one below the other.
const MAX_PLOTS: usize = 12;
/// Longest name in the heading, in characters; all of it stands below.
const MAX_TITLE: usize = 120;

#[derive(Template)]
#[template(path = "group.html")]
struct GroupPage {
    site: Site,
    id: String,
    brief_id: String,
    title: String,
    mark: String,
    is_active: bool,
    /// On the button that has rows tried again; empty where there are none.
    retry: String,
    at: String,
    total: i64,
    notes: Vec<(String, String)>,
    live: String,
    end_words: &'static str,
    stats: Stats,
    chips: Chips,
    asked: Asked,
    /// Says so where no row is like what is asked for.
    none: String,
    table: Table,
    /// Of each column: its name, where its cells are looked at, its bar, and the share that is filled.
    plots: Vec<(String, String, String, i64)>,
    plot: Option<String>,
    plot_from: String,
    plot_to: String,
    share: Option<ShareView>,
    says: String,
}

/// The parts that change while rows are worked on.
#[derive(Template)]
#[template(path = "group_live.html")]
struct LivePart<'a> {
    mark: &'a str,
    stats: Stats,
    chips: Chips,
    /// The rows of the part that is looked at; `None` where they are picked or sorted, and would jump.
    table: Option<Table>,
    news: i64,
    here: String,
    says: String,
}

pub(super) async fn find(app: &App, viewer: &Viewer, group_id: &str) -> Result<Group, Problem> {
    let id: GroupId = group_id
        .parse()
        .map_err(|why: NotAnId| Problem::not_found(why.to_string()).on_a_page(NO_TABLE))?;
    let group = app.store.find_group(viewer.owner, id).await?;
    let group = group.filter(|group| viewer.may_see_group(group.id));
    group.ok_or_else(|| Problem::not_found(format!("there is no group `{id}`")).on_a_page(NO_TABLE))
}

/// Rows worth another attempt, on the button that gives it to them.
async fn retry_words(
    app: &App,
    viewer: &Viewer,
    group: &Group,
    marks: &store::GroupMarks,
) -> Result<String, Problem> {
    let failed = group.counts.failed;
    let down = if marks.rows.missing > 0 {
        app.store.model_down_rows(viewer.owner, group.id).await?
    } else {
        0
    };
    Ok(match (failed, down) {
        (0, 0) => String::new(),
        (failed, 0) => format!("Retry {failed} failed"),
        (failed, down) => format!("Retry {} failed or without their model", failed + down),
    })
}

const NO_TABLE: &str = "No table has this address. Perhaps it belongs to another key, or the address was cut short when it was copied.";

pub(super) async fn show(
    State(app): State<App>,
    viewer: Viewer,
    Path(group_id): Path<String>,
    params: Params,
) -> Result<Response, Problem> {
    let group = find(&app, &viewer, &group_id).await?;
    let asked = Asked::read(&params)?;
    let site = Site::of(&app, &viewer);
    let marks = app.store.group_marks(viewer.owner, group.id).await?;
    let points = app.store.ended_over_time(viewer.owner, group.id, POINTS).await?;
    let table = table_of(&app, &viewer, &site, &group, &asked, &marks).await?;
    let stats = stats(&app, &group, &marks, &points);
    let is_active = group.counts.is_active();
    let id = group.id.to_string();
    let total = group.counts.total();
    let work = WorkId::Group(group.id);
    let path = format!("/groups/{id}");
    // With many columns their bars stand in the heads alone.
    let is_narrow = marks.fields.len() <= MAX_PLOTS;
    let plots = marks.fields.iter().filter(|_| is_narrow);
    let ended_ms = points.last().map_or(group.created_at.0, |(_, at)| *at);
    let (plot_from, plot_to) = plot::scale(group.created_at.0, ended_ms);
    rendered(&GroupPage {
        brief_id: words::brief_id(&id),
        title: words::short(&name(&group), MAX_TITLE),
        mark: mark(&group),
        is_active,
        retry: if site.is_guest {
            String::new()
        } else {
            retry_words(&app, &viewer, &group, &marks).await?
        },
        at: words::when(group.created_at),
        total,
        notes: notes(&group),
        live: site.to(&asked.address(&format!("{path}/live"), |_| {})),
        end_words: "All rows have ended.",
        says: says(&group),
        chips: chips(&site, &group, &asked, &marks),
        plots: plots
            .map(|(name, tally)| {
                let href = asked.address(&path, |other| {
                    other.column.clone_from(name);
                    other.from = 0;
                });
                (
                    name.clone(),
                    site.to(&href),
                    stack(name, tally, &group.counts),
                    filled(tally, &group.counts),
                )
            })
            .collect(),
        plot: plot::progress(&points, group.created_at.0, total),
        plot_from,
        plot_to,
        share: ShareView::of(&app, &site, work).await?,
        stats,
        none: asked.none(),
        asked,
        table,
        site,
        id,
    })
}

/// What has changed since the page was made, when `ended_before` rows had ended.
pub(super) async fn live_part(
    app: &App,
    viewer: &Viewer,
    site: &Site,
    group: &Group,
    asked: &Asked,
    ended_before: i64,
) -> Result<String, store::Failed> {
    let marks = app.store.group_marks(viewer.owner, group.id).await?;
    let points = app.store.ended_over_time(viewer.owner, group.id, POINTS).await?;
    let table = if asked.is_plain() {
        Some(table_of(app, viewer, site, group, asked, &marks).await?)
    } else {
        None
    };
    let part = LivePart {
        mark: &mark(group),
        stats: stats(app, group, &marks, &points),
        chips: chips(site, group, asked, &marks),
        news: group.counts.ended() - ended_before,
        here: site.to(&asked.address(&format!("/groups/{}", group.id), |_| {})),
        says: says(group),
        table,
    };
    Ok(part.render().unwrap_or_default())
}

/// Asks all active rows to stop.
pub(super) async fn cancel(
    State(app): State<App>,
    caller: Caller,
    viewer: Viewer,
    Path(group_id): Path<String>,
) -> Result<Response, Problem> {
    let group = find(&app, &viewer, &group_id).await?;
    app.store.cancel_group(caller.owner, group.id).await?;
    Ok(see(&Site::of(&app, &viewer), &format!("/groups/{}", group.id)))
}

/// Queues all failed rows again.
pub(super) async fn retry(
    State(app): State<App>,
    caller: Caller,
    viewer: Viewer,
    Path(group_id): Path<String>,
) -> Result<Response, Problem> {
    let group = find(&app, &viewer, &group_id).await?;
    app.store.retry_rows(caller.owner, group.id).await?;
    Ok(see(&Site::of(&app, &viewer), &format!("/groups/{}", group.id)))
}

/// What a group is called: by its file, else by its size.
pub(super) fn name(group: &Group) -> String {
    let note = |name: &str| group.metadata.as_ref()?.get(name)?.as_str().map(str::to_owned);
    let named = note("title").or_else(|| note("name")).or_else(|| note("file"));
    named.filter(|name| !name.trim().is_empty()).unwrap_or_else(|| {
        format!("Table of {}", words::counted(group.counts.total(), "row", "rows"))
    })
}

/// What was noted with it, but for its name, which is the heading, and what we find it again by.
fn notes(group: &Group) -> Vec<(String, String)> {
    let notes = group.metadata.iter().flatten();
    let title = name(group);
    let is_short = title.chars().count() <= MAX_TITLE;
    let is_told = |name: &str, value: &Value| {
        matches!(name, "enrich_key" | "made_by") || is_short && *value == title.as_str()
    };
    let notes = notes.filter(|(name, value)| !is_told(name, value));
    notes.map(|(name, value)| (name.clone(), words::short(&words::value(value), 400))).collect()
}

/// A group runs while any row may still change; one that was stopped before its end was cancelled.
pub(super) fn state(group: &Group) -> RunState {
    let counts = &group.counts;
    if counts.running > 0 {
        RunState::Running
    } else if counts.queued > 0 {
        RunState::Queued
    } else if counts.cancelling > 0 {
        RunState::Cancelling
    } else if counts.cancelled > 0 {
        RunState::Cancelled
    } else if counts.completed == 0 && counts.failed > 0 {
        RunState::Failed
    } else {
        RunState::Completed
    }
}

/// Its state; of rows that have come to other ends, how many to which.
fn mark(group: &Group) -> String {
    let counts = &group.counts;
    let ends = [
        (counts.completed, "completed"),
        (counts.failed, "failed"),
        (counts.cancelled, "cancelled"),
    ];
    let ends: Vec<String> = ends
        .iter()
        .filter(|(count, _)| *count > 0)
        .map(|(count, word)| format!("{} {word}", words::count(*count)))
        .collect();
    let mark = mark_of(group).big();
    if counts.is_active() || ends.len() < 2 {
        return mark;
    }
    format!("{mark}<span>: {}</span>", ends.join(", "))
}

pub(super) fn mark_of(group: &Group) -> Mark {
    if group.counts.total() == 0 { Mark::of_no_rows() } else { Mark::of_state(state(group)) }
}

fn says(group: &Group) -> String {
    let counts = &group.counts;
    let mut said = format!(
        "{} of {} rows finished",
        words::count(finished(group)),
        words::count(counts.total())
    );
    for (count, word) in [(counts.failed, "failed"), (counts.cancelled, "cancelled")] {
        if count > 0 {
            let _ = write!(said, ", {} {word}", words::count(count));
        }
    }
    said.push('.');
    said
}

/// Rows that came to their own end.
fn finished(group: &Group) -> i64 {
    group.counts.completed + group.counts.failed
}
