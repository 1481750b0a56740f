//! A group as a table: what each row was, what was found for it, and how sure that is. By parts, over any size.

use askama::Template;
use axum::extract::{Path, State};
use axum::response::Response;
use domain::group::Group;
use domain::ids::{GroupId, NotAnId, WorkId};
use domain::output::{Content, Output};
use domain::run::RunState;
use domain::spec::{Input, Wanted};
use serde_json::Value;
use store::{GroupMarks, Listed, Mark as Held, Pick, RowPart, RowQuery, RowSort, Tally};

use crate::App;
use crate::gate::{Caller, Viewer};
use crate::problem::Problem;
use crate::rest::{Params, param};
use crate::ui::answer::field_anchor;
use crate::ui::parts::{Mark, meter, stack};
use crate::ui::share::ShareView;
use crate::ui::site::Site;
use crate::ui::{plot, rendered, see, words};

/// Cells of one part: with more columns there are fewer rows, so that a page stays under 150 kB.
const CELLS: usize = 160;
const MIN_ROWS: usize = 10;
const MAX_ROWS: usize = 50;
/// Most columns of either kind; more do not help a reader, and exports have them all.
const MAX_COLUMNS: usize = 40;
/// Longest cell, in characters; its panel shows all.
const MAX_CELL: usize = 90;
/// Points of the plot of progress.
const POINTS: i64 = 60;
/// Longest search, in characters.
const MAX_SEARCH: usize = 200;

#[derive(Template)]
#[template(path = "group.html")]
struct GroupPage {
    site: Site,
    id: String,
    brief_id: String,
    title: String,
    mark: String,
    is_active: bool,
    can_retry: bool,
    failed: i64,
    at: String,
    total: i64,
    notes: Vec<(String, String)>,
    live: String,
    end_words: &'static str,
    stats: Stats,
    chips: Vec<Chip>,
    asked: Asked,
    table: Table,
    plots: Vec<(String, String, i64)>,
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
    chips: Vec<Chip>,
    /// The rows of the part that is looked at; `None` where they are picked or sorted, and would jump.
    table: Option<Table>,
    news: i64,
    here: String,
    says: String,
}

struct Stats {
    ended: String,
    total: String,
    meter: String,
    under: String,
    left: Option<String>,
    rate: Option<String>,
    filled: Option<(String, String)>,
    look: Option<String>,
}

struct Chip {
    name: &'static str,
    count: String,
    href: String,
    icon: String,
    is_chosen: bool,
}

struct Table {
    asked: Vec<String>,
    answered: Vec<Column>,
    rows: Vec<Row>,
    /// Numbers of the first and last row of the part, from 1.
    first: i64,
    last: i64,
    of: Option<String>,
    before: Option<String>,
    next: Option<String>,
}

struct Column {
    name: String,
    sort: String,
    /// `ascending` or `descending`, where the table is sorted by it.
    sorted: Option<&'static str>,
    filled: Option<String>,
    stack: String,
}

struct Row {
    run: String,
    number: i64,
    mark: String,
    failure: Option<String>,
    asked: Vec<String>,
    answered: Vec<Cell>,
}

#[derive(Default)]
struct Cell {
    value: String,
    is_number: bool,
    mark: String,
    class: &'static str,
    /// Where its evidence is; nothing where there is no answer yet.
    href: Option<String>,
    is_to_come: bool,
}

/// Which part of the table is asked for.
#[derive(Debug, Clone, Default)]
pub(super) struct Asked {
    pub(super) show: String,
    pub(super) sort: String,
    pub(super) search: String,
    from: i64,
}

const SHOWN: [(&str, &str, Option<Pick>); 11] = [
    ("", "All rows", None),
    ("completed", "Done", Some(Pick::Mark(Held::Completed))),
    ("running", "Working", Some(Pick::State(RunState::Running))),
    ("queued", "Queued", Some(Pick::State(RunState::Queued))),
    ("failed", "Failed", Some(Pick::Mark(Held::Failed))),
    ("cancelled", "Cancelled", Some(Pick::Mark(Held::Cancelled))),
    ("conflict", "Conflict", Some(Pick::Mark(Held::Conflict))),
    ("low", "Low", Some(Pick::Mark(Held::Low))),
    ("medium", "Medium", Some(Pick::Mark(Held::Medium))),
    ("high", "High", Some(Pick::Mark(Held::High))),
    ("missing", "Not found", Some(Pick::Mark(Held::Missing))),
];

impl Asked {
    pub(super) fn read(params: &Params) -> Result<Self, Problem> {
        let text = |name| Ok::<_, Problem>(param(params, name)?.unwrap_or_default());
        let from = text("from")?.parse().unwrap_or(0_i64).max(0);
        let search: String = text("q")?.trim().chars().take(MAX_SEARCH).collect();
        let asked = Self { show: text("show")?, sort: text("sort")?, search, from };
        if !SHOWN.iter().any(|(word, _, _)| *word == asked.show) {
            let known: Vec<&str> = SHOWN.iter().map(|(word, _, _)| *word).skip(1).collect();
            let message = format!(
                "`show` is `{}`; it must be one of {}",
                crate::rest::shown(&asked.show),
                known.join(", ")
            );
            return Err(Problem::invalid(message));
        }
        Ok(asked)
    }

    fn query(&self, limit: usize) -> RowQuery {
        let pick = SHOWN.iter().find(|(word, _, _)| *word == self.show).and_then(|shown| shown.2);
        let sort = match self.sort.as_str() {
            "" => RowSort::Place,
            "newest" => RowSort::Newest,
            name => match name.strip_prefix('-') {
                Some(name) => RowSort::Field { name: name.to_owned(), is_falling: true },
                None => RowSort::Field { name: name.to_owned(), is_falling: false },
            },
        };
        RowQuery {
            pick,
            search: (!self.search.is_empty()).then(|| self.search.clone()),
            sort,
            offset: self.from,
            limit: i64::try_from(limit).unwrap_or(i64::MAX),
        }
    }

    /// In the order of the rows and with all of them, so that none jumps when it ends.
    fn is_plain(&self) -> bool {
        self.show.is_empty() && self.sort.is_empty() && self.search.is_empty()
    }

    /// The address of another part.
    fn address(&self, path: &str, change: impl FnOnce(&mut Self)) -> String {
        let mut other = self.clone();
        change(&mut other);
        let mut pairs = url::form_urlencoded::Serializer::new(String::new());
        for (name, value) in [("show", &other.show), ("sort", &other.sort), ("q", &other.search)] {
            if !value.is_empty() {
                pairs.append_pair(name, value);
            }
        }
        if other.from > 0 {
            pairs.append_pair("from", &other.from.to_string());
        }
        let query = pairs.finish();
        if query.is_empty() { path.to_owned() } else { format!("{path}?{query}") }
    }
}

pub(super) async fn find(app: &App, viewer: &Viewer, group_id: &str) -> Result<Group, Problem> {
    let id: GroupId =
        group_id.parse().map_err(|why: NotAnId| Problem::not_found(why.to_string()))?;
    let group = app.store.find_group(viewer.owner, id).await?;
    let group = group.filter(|group| viewer.may_see_group(group.id));
    group.ok_or_else(|| Problem::not_found(format!("there is no group `{id}`")))
}

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
    let table = table(&app, &viewer, &site, &group, &asked, &marks).await?;
    let stats = stats(&app, &group, &marks, &points);
    let is_active = group.counts.is_active();
    let id = group.id.to_string();
    let total = group.counts.total();
    let work = WorkId::Group(group.id);
    let path = format!("/groups/{id}");
    let plots = marks.fields.iter().take(MAX_COLUMNS);
    rendered(&GroupPage {
        brief_id: words::brief_id(&id),
        title: name(&group),
        mark: mark(&group),
        is_active,
        can_retry: group.counts.failed > 0 && !site.is_guest,
        failed: group.counts.failed,
        at: words::when(group.created_at),
        total,
        notes: notes(&group),
        live: site.to(&asked.address(&format!("{path}/live"), |_| {})),
        end_words: "All rows have ended.",
        says: says(&group),
        chips: chips(&site, &group, &asked, &marks),
        plots: plots
            .map(|(name, tally)| (name.clone(), stack(name, tally, total), filled(tally)))
            .collect(),
        plot: plot::progress(&points, group.created_at.0, total),
        plot_from: words::when(group.created_at),
        plot_to: points
            .last()
            .map_or_else(String::new, |(_, at)| words::when(domain::clock::TimeMs(*at))),
        share: ShareView::of(&app, &site, work).await?,
        stats,
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
    app.store.retry_failed(caller.owner, group.id).await?;
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

fn notes(group: &Group) -> Vec<(String, String)> {
    let notes = group.metadata.iter().flatten();
    notes.map(|(name, value)| (name.clone(), words::short(&words::value(value), 200))).collect()
}

/// A group runs while any row may still change.
pub(super) fn state(group: &Group) -> RunState {
    let counts = &group.counts;
    if counts.running > 0 {
        RunState::Running
    } else if counts.queued > 0 {
        RunState::Queued
    } else if counts.cancelling > 0 {
        RunState::Cancelling
    } else if counts.completed == 0 && counts.failed > 0 {
        RunState::Failed
    } else if counts.completed == 0 && counts.cancelled > 0 {
        RunState::Cancelled
    } else {
        RunState::Completed
    }
}

fn mark(group: &Group) -> String {
    Mark::of_state(state(group)).big()
}

fn says(group: &Group) -> String {
    let counts = &group.counts;
    let failed = if counts.failed > 0 {
        format!(", {} failed", words::count(counts.failed))
    } else {
        String::new()
    };
    format!(
        "{} of {} rows finished{failed}.",
        words::count(counts.ended()),
        words::count(counts.total())
    )
}

fn stats(app: &App, group: &Group, marks: &GroupMarks, points: &[(i64, i64)]) -> Stats {
    let counts = &group.counts;
    let (ended, total) = (counts.ended(), counts.total());
    let number = |n: i64| f64::from(u32::try_from(n.max(0)).unwrap_or(u32::MAX));
    let rate = plot::rate(points, app.store.clock().now().0).filter(|_| counts.is_active());
    let left = rate.map(|rate| {
        let seconds = (number(counts.active()) / rate).clamp(0.0, 1e9);
        #[expect(clippy::cast_possible_truncation, reason = "clamped to what fits")]
        let seconds = seconds as i64;
        words::spent(seconds * 1000)
    });
    let mut cells = Tally::default();
    for (_, tally) in &marks.fields {
        cells.missing += tally.missing;
        cells.high += tally.total() - tally.missing;
    }
    let all = cells.total();
    let working =
        [(counts.running, "working"), (counts.failed, "failed"), (counts.cancelled, "cancelled")];
    let under: Vec<String> = working
        .iter()
        .filter(|(count, _)| *count > 0)
        .map(|(count, word)| format!("{} {word}", words::count(*count)))
        .collect();
    let look = marks.rows.conflict + marks.rows.low;
    Stats {
        ended: words::count(ended),
        total: words::count(total),
        meter: meter(
            number(ended),
            number(total),
            &format!("{ended} of {total} rows finished"),
            false,
        ),
        under: under.join(", "),
        left,
        rate: rate.map(|rate| {
            if rate < 10.0 {
                format!("{:.0} rows a minute", rate * 60.0)
            } else {
                format!("{rate:.0} rows a second")
            }
        }),
        filled: (all > 0).then(|| {
            (
                format!("{:.1} %", number(cells.high) / number(all) * 100.0),
                format!("{} of {}", words::count(cells.high), words::count(all)),
            )
        }),
        look: (look > 0).then(|| {
            format!(
                "{} with a conflict, {} with a low confidence",
                words::counted(marks.rows.conflict, "row", "rows"),
                words::count(marks.rows.low)
            )
        }),
    }
}

fn filled(tally: &Tally) -> i64 {
    let all = tally.total();
    if all == 0 { 0 } else { (all - tally.missing) * 100 / all }
}

fn chips(site: &Site, group: &Group, asked: &Asked, marks: &GroupMarks) -> Vec<Chip> {
    let counts = &group.counts;
    let path = format!("/groups/{}", group.id);
    let count = |word: &str| match word {
        "" => counts.total(),
        "completed" => counts.completed,
        "running" => counts.running,
        "queued" => counts.queued,
        "failed" => counts.failed,
        "cancelled" => counts.cancelled,
        "conflict" => marks.rows.conflict,
        "low" => marks.rows.low,
        "medium" => marks.rows.medium,
        "high" => marks.rows.high,
        _ => marks.rows.missing,
    };
    let shape = |word: &str| match word {
        "completed" => Some(("done", "ok")),
        "running" => Some(("working", "working")),
        "queued" => Some(("queued", "queued")),
        "failed" => Some(("error", "error")),
        "cancelled" | "missing" => Some(("none", "none")),
        "conflict" => Some(("conflict", "conflict")),
        "low" => Some(("low", "low")),
        "medium" => Some(("medium", "medium")),
        "high" => Some(("high", "high")),
        _ => None,
    };
    let chip = |(word, name, _): &(&'static str, &'static str, Option<Pick>)| Chip {
        name,
        count: words::count(count(word)),
        href: site.to(&asked.address(&path, |other| {
            (*word).clone_into(&mut other.show);
            other.from = 0;
        })),
        icon: shape(word).map_or_else(String::new, |(class, icon)| {
            format!("<span class=\"mk {class}\">{}</span>", crate::ui::parts::icon(icon))
        }),
        is_chosen: *word == asked.show,
    };
    let chips = SHOWN.iter().map(chip);
    // A chip for nothing helps nobody, unless it is the one that is chosen.
    chips.filter(|chip| chip.count != "0" || chip.is_chosen || chip.name == "All rows").collect()
}

async fn table(
    app: &App,
    viewer: &Viewer,
    site: &Site,
    group: &Group,
    asked: &Asked,
    marks: &GroupMarks,
) -> Result<Table, Problem> {
    Ok(table_of(app, viewer, site, group, asked, marks).await?)
}

async fn table_of(
    app: &App,
    viewer: &Viewer,
    site: &Site,
    group: &Group,
    asked: &Asked,
    marks: &GroupMarks,
) -> Result<Table, store::Failed> {
    let mut names: Vec<String> = marks.fields.iter().map(|(name, _)| name.clone()).collect();
    if names.is_empty() {
        names = wanted(app, viewer, group).await?;
    }
    let rows_at_once = (CELLS / names.len().max(1)).clamp(MIN_ROWS, MAX_ROWS);
    let part = app.store.find_rows(viewer.owner, group.id, &asked.query(rows_at_once)).await?;
    let part = part.unwrap_or(RowPart { rows: Vec::new(), has_more: false });
    let inputs = columns(&part.rows);
    let step = i64::try_from(rows_at_once).unwrap_or(i64::MAX);
    let path = format!("/groups/{}", group.id);
    let shown = i64::try_from(part.rows.len()).unwrap_or(0);
    let turn = |from: i64| site.to(&asked.address(&path, |other| other.from = from));
    let column = |name: &String| {
        let is_rising = asked.sort == *name;
        let is_falling = asked.sort.strip_prefix('-') == Some(name);
        let sort = if is_rising { format!("-{name}") } else { name.clone() };
        let tally = marks.fields.iter().find(|(known, _)| known == name).map(|(_, tally)| tally);
        Column {
            name: name.clone(),
            sort: site.to(&asked.address(&path, |other| {
                other.sort = sort;
                other.from = 0;
            })),
            sorted: match (is_rising, is_falling) {
                (true, _) => Some("ascending"),
                (_, true) => Some("descending"),
                (false, false) => None,
            },
            filled: tally.map(|tally| format!("{} % filled", filled(tally))),
            stack: tally.map_or_else(String::new, |tally| stack(name, tally, group.counts.total())),
        }
    };
    names.truncate(MAX_COLUMNS);
    Ok(Table {
        rows: part.rows.iter().map(|listed| row(site, listed, &inputs, &names)).collect(),
        answered: names.iter().map(column).collect(),
        asked: inputs,
        first: asked.from + i64::from(shown > 0),
        last: asked.from + shown,
        of: asked.is_plain().then(|| words::count(group.counts.total())),
        before: (asked.from > 0).then(|| turn((asked.from - step).max(0))),
        next: part.has_more.then(|| turn(asked.from + step)),
    })
}

/// The fields that are wanted, while no row has an answer.
async fn wanted(app: &App, viewer: &Viewer, group: &Group) -> Result<Vec<String>, store::Failed> {
    let query = RowQuery { limit: 1, ..RowQuery::default() };
    let part = app.store.find_rows(viewer.owner, group.id, &query).await?;
    let Some(first) = part.and_then(|part| part.rows.into_iter().next()) else {
        return Ok(Vec::new());
    };
    Ok(match &app.store.spec_of(&first).await?.wanted {
        Wanted::Fields(schema) => schema.fields.iter().map(|field| field.name.clone()).collect(),
        Wanted::Text { .. } => vec!["output".into()],
        Wanted::Auto => Vec::new(),
    })
}

/// Columns of the inputs, in order of first use.
fn columns(rows: &[Listed]) -> Vec<String> {
    let mut columns: Vec<String> = Vec::new();
    let mut add = |name: &str| {
        if columns.len() < MAX_COLUMNS && !columns.iter().any(|known| known == name) {
            columns.push(name.to_owned());
        }
    };
    for listed in rows {
        match &listed.input {
            Some(Input::Text(_)) => add("input"),
            Some(Input::Row(row)) => row.keys().for_each(|name| add(name)),
            None => {}
        }
    }
    columns
}

fn row(site: &Site, listed: &Listed, asked: &[String], answered: &[String]) -> Row {
    let input = |name: &String| match &listed.input {
        Some(Input::Text(text)) if name == "input" => words::short(text, MAX_CELL),
        Some(Input::Row(row)) => row
            .get(name)
            .map(|value| words::short(&words::value(value), MAX_CELL))
            .unwrap_or_default(),
        Some(Input::Text(_)) | None => String::new(),
    };
    let run = site.to(&format!("/runs/{}", listed.run.id));
    let is_to_come = listed.run.state.is_active();
    let failure = listed.run.failure.as_ref();
    Row {
        number: listed.run.index.unwrap_or_default() + 1,
        mark: Mark::of_state(listed.run.state).html(),
        failure: failure.map(|failure| words::short(&failure.message, MAX_CELL)),
        asked: asked.iter().map(input).collect(),
        answered: answered
            .iter()
            .map(|name| match &listed.output {
                Some(output) => cell(output, name, site, &listed.run.id.to_string()),
                None => Cell { is_to_come, ..Cell::default() },
            })
            .collect(),
        run,
    }
}

fn cell(output: &Output, name: &str, site: &Site, run: &str) -> Cell {
    let (value, is_number, anchor) = match &output.content {
        Content::Text(text) if name == "output" => {
            (words::short(text, MAX_CELL), false, String::new())
        }
        Content::Text(_) => return Cell::default(),
        Content::Fields { values, .. } => {
            let Some(nth) = values.keys().position(|known| known == name) else {
                return Cell::default();
            };
            let value = values.get(name).unwrap_or(&Value::Null);
            let anchor = format!("#{}", field_anchor(nth));
            (words::short(&words::value(value), MAX_CELL), value.is_number(), anchor)
        }
    };
    let basis = output.basis.iter().find(|basis| basis.field == name);
    Cell {
        value,
        is_number,
        mark: basis.and_then(Mark::of_basis).map(Mark::html).unwrap_or_default(),
        class: if basis.is_some_and(|basis| !basis.conflicts.is_empty()) {
            "on-conflict"
        } else {
            ""
        },
        href: Some(site.to(&format!("/runs/{run}{anchor}"))),
        is_to_come: false,
    }
}
