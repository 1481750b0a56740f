//! The first page: what runs, what is finished, and the forms that start work.

use std::fmt::Write as _;

use askama::Template;
use axum::extract::State;
use axum::response::Response;
use domain::group::Group;
use domain::ids::RunId;
use domain::processor::DEFAULT_FOR_RESEARCH;
use domain::receipt::Receipt;
use domain::run::RunState;
use store::{Ended, Filter, GroupFilter, GroupMarks, Listed, MAX_COUNTED};

use crate::App;
use crate::gate::{Caller, Viewer};
use crate::problem::Problem;
use crate::rest::{Params, param};
use crate::ui::parts::{Mark, meter};
use crate::ui::site::Site;
use crate::ui::start::{Choice, choices};
use crate::ui::{group as table, rendered, words};

/// Entries of one part of the list of finished work.
const PART: usize = 20;
/// Running ones that are listed; more are counted.
const RUNNING: i64 = 20;
/// Longest question in a list, and longest search, in characters.
const MAX_TITLE: usize = 160;
const MAX_SEARCH: usize = 200;

#[derive(Template)]
#[template(path = "home.html")]
struct HomePage {
    site: Site,
    search: String,
    chips: Vec<Chip>,
    running: Vec<Entry>,
    finished: Vec<Entry>,
    is_filtered: bool,
    older: Option<String>,
    is_first: bool,
    processors: Vec<Choice>,
    chosen: String,
    typed: String,
    refusal: Option<String>,
}

struct Chip {
    name: &'static str,
    /// How many there are; not told of "all", nor of what a search finds.
    count: Option<String>,
    href: String,
    is_chosen: bool,
}

struct Entry {
    href: String,
    title: String,
    mark: String,
    about: String,
    /// For what runs: words and a bar.
    progress: Option<(String, String)>,
    at: String,
    order: i64,
    place: i64,
    is_run: bool,
}

/// What of the list is asked for.
#[derive(Debug, Clone, Default)]
struct Asked {
    show: String,
    search: String,
    /// Where the part begins, among runs and among groups.
    runs_before: Option<i64>,
    groups_before: Option<i64>,
}

const SHOWN: [(&str, &str); 4] =
    [("", "All"), ("questions", "Questions"), ("tables", "Tables"), ("failed", "Failed")];

pub(super) async fn show(
    State(app): State<App>,
    caller: Caller,
    viewer: Viewer,
    params: Params,
) -> Result<Response, Problem> {
    let number = |name| Ok::<_, Problem>(param(&params, name)?.and_then(|text| text.parse().ok()));
    let asked = Asked {
        show: param(&params, "show")?.unwrap_or_default(),
        search: param(&params, "q")?.unwrap_or_default().trim().chars().take(MAX_SEARCH).collect(),
        runs_before: number("runs")?,
        groups_before: number("groups")?,
    };
    page(&app, caller, &viewer, &asked, None).await
}

/// The first page again, with what was typed and why it was refused.
pub(super) async fn refused(
    app: &App,
    caller: Caller,
    viewer: &Viewer,
    typed: (String, String),
    why: String,
) -> Result<Response, Problem> {
    page(app, caller, viewer, &Asked::default(), Some((typed, why))).await
}

async fn page(
    app: &App,
    caller: Caller,
    viewer: &Viewer,
    asked: &Asked,
    refusal: Option<((String, String), String)>,
) -> Result<Response, Problem> {
    let site = Site::of(app, viewer);
    let is_first = asked.runs_before.is_none() && asked.groups_before.is_none();
    let running = if is_first { running(app, caller, &site, asked).await? } else { Vec::new() };
    let (finished, older) = finished(app, caller, &site, asked).await?;
    let is_search = !asked.search.is_empty();
    let ended = if is_search { None } else { Some(app.store.count_ended(caller.owner).await?) };
    let chip = |(word, name): (&str, &'static str)| Chip {
        name,
        count: ended.and_then(|ended| count(ended, word)),
        href: site.to(&address(&Asked { show: word.to_owned(), ..start_of(asked) })),
        is_chosen: word == asked.show,
    };
    let ((typed, chosen), refusal) = match refusal {
        Some((typed, why)) => (typed, Some(why)),
        None => ((String::new(), DEFAULT_FOR_RESEARCH.to_owned()), None),
    };
    rendered(&HomePage {
        chips: SHOWN.into_iter().map(chip).collect(),
        is_filtered: !asked.show.is_empty() || !asked.search.is_empty() || !is_first,
        search: asked.search.clone(),
        processors: choices(app),
        chosen,
        typed,
        refusal,
        running,
        finished,
        older,
        is_first,
        site,
    })
}

fn count(ended: Ended, word: &str) -> Option<String> {
    let counted = match word {
        "questions" => ended.questions,
        "tables" => ended.tables,
        "failed" => ended.failed,
        _ => return None,
    };
    // Failed ones are counted among the questions: when not all of these were seen, there may be more of both.
    let looked_at = if word == "tables" { ended.tables } else { ended.questions };
    let more = if looked_at >= MAX_COUNTED { "+" } else { "" };
    Some(format!("{}{more}", words::count(counted)))
}

fn start_of(asked: &Asked) -> Asked {
    Asked { runs_before: None, groups_before: None, ..asked.clone() }
}

fn address(asked: &Asked) -> String {
    let mut pairs = url::form_urlencoded::Serializer::new(String::new());
    for (name, value) in [("show", &asked.show), ("q", &asked.search)] {
        if !value.is_empty() {
            pairs.append_pair(name, value);
        }
    }
    for (name, place) in [("runs", asked.runs_before), ("groups", asked.groups_before)] {
        if let Some(place) = place {
            pairs.append_pair(name, &place.to_string());
        }
    }
    let query = pairs.finish();
    if query.is_empty() { "/".into() } else { format!("/?{query}") }
}

fn words_of(asked: &Asked) -> Option<String> {
    (!asked.search.is_empty()).then(|| asked.search.clone())
}

async fn running(
    app: &App,
    caller: Caller,
    site: &Site,
    asked: &Asked,
) -> Result<Vec<Entry>, Problem> {
    let filter = Filter {
        is_active: Some(true),
        with_input: true,
        words: words_of(asked),
        ..Filter::default()
    };
    let groups =
        GroupFilter { is_active: Some(true), words: words_of(asked), ..GroupFilter::default() };
    let runs = app.store.list_runs(caller.owner, None, RUNNING, filter).await?;
    let groups = app.store.list_groups(caller.owner, None, RUNNING, groups).await?;
    let places = groups.places.iter().copied();
    let groups =
        groups.groups.iter().zip(places).map(|(group, place)| group_entry(site, group, place));
    let runs = runs.runs.iter().map(|listed| run_entry(site, listed, None));
    let mut all: Vec<Entry> = groups.chain(runs).collect();
    all.sort_by_key(|entry| std::cmp::Reverse(entry.order));
    Ok(all)
}

/// Newest first, runs and groups among each other, and the address of what is older.
async fn finished(
    app: &App,
    caller: Caller,
    site: &Site,
    asked: &Asked,
) -> Result<(Vec<Entry>, Option<String>), Problem> {
    let limit = i64::try_from(PART).unwrap_or(i64::MAX) + 1;
    let mut all: Vec<Entry> = Vec::new();
    if asked.show != "tables" {
        let filter = Filter {
            state: (asked.show == "failed").then_some(RunState::Failed),
            is_active: Some(false),
            with_input: true,
            words: words_of(asked),
            ..Filter::default()
        };
        let page = app.store.list_runs(caller.owner, asked.runs_before, limit, filter).await?;
        let ids: Vec<RunId> = page.runs.iter().map(|listed| listed.run.id).collect();
        let receipts = app.store.receipts_of(&ids).await?;
        let receipt = |listed: &Listed| receipts.get(&listed.run.id);
        all.extend(page.runs.iter().map(|listed| run_entry(site, listed, receipt(listed))));
    }
    if matches!(asked.show.as_str(), "" | "tables") {
        let filter = GroupFilter {
            is_active: Some(false),
            words: words_of(asked),
            ..GroupFilter::default()
        };
        let page = app.store.list_groups(caller.owner, asked.groups_before, limit, filter).await?;
        for (group, place) in page.groups.iter().zip(page.places) {
            let marks = app.store.group_marks(caller.owner, group.id).await?;
            let mut entry = group_entry(site, group, place);
            entry.about.push_str(&filled(group, &marks));
            all.push(entry);
        }
    }
    all.sort_by_key(|entry| std::cmp::Reverse(entry.order));
    let has_more = all.len() > PART;
    all.truncate(PART);
    let last = |is_run: bool| {
        all.iter().rev().find(|entry| entry.is_run == is_run).map(|entry| entry.place)
    };
    let older = has_more.then(|| {
        site.to(&address(&Asked {
            runs_before: last(true).or(asked.runs_before),
            groups_before: last(false).or(asked.groups_before),
            ..asked.clone()
        }))
    });
    Ok((all, older))
}

/// How full a table is, and how often its sources disagree.
fn filled(group: &Group, marks: &GroupMarks) -> String {
    let (mut all, mut with_value) = (0, 0);
    for (_, tally) in &marks.fields {
        all += table::looked_for(tally, &group.counts);
        with_value += tally.total() - tally.missing;
    }
    if all == 0 {
        return String::new();
    }
    let mut words = format!(" · {} % of cells filled", with_value * 100 / all);
    if marks.rows.conflict > 0 {
        let rows = words::counted(marks.rows.conflict, "row", "rows");
        let _ = write!(words, ", {rows} with a conflict");
    }
    words
}

/// What was checked of an answer.
fn checked(receipt: &Receipt) -> String {
    let quotes = receipt.quotes_verified + receipt.quotes_dropped;
    if quotes == 0 {
        return String::new();
    }
    let mut words = format!(" · {} of {quotes} quotes found again", receipt.quotes_verified);
    if receipt.contradictions > 0 {
        let count = i64::from(receipt.contradictions);
        let _ = write!(words, ", {}", words::counted(count, "contradiction", "contradictions"));
    }
    words
}

fn run_entry(site: &Site, listed: &Listed, receipt: Option<&Receipt>) -> Entry {
    let run = &listed.run;
    let title = listed.input.as_ref().map(|input| words::question(input, MAX_TITLE));
    let failure = run.failure.as_ref().map(|failure| {
        format!(" · {}", words::short(&words::sentence(&failure.message), MAX_TITLE))
    });
    let title =
        title.filter(|title| !title.trim().is_empty()).unwrap_or_else(|| run.id.to_string());
    Entry {
        href: site.to(&format!("/runs/{}", run.id)),
        title,
        mark: Mark::of_state(run.state).html(),
        about: format!(
            "Question · {}{}",
            run.processor,
            failure.or_else(|| receipt.map(checked)).unwrap_or_default()
        ),
        progress: None,
        at: words::when(run.finished_at.unwrap_or(run.created_at)),
        order: run.created_at.0,
        place: listed.place,
        is_run: true,
    }
}

fn group_entry(site: &Site, group: &Group, place: i64) -> Entry {
    let counts = &group.counts;
    let (ended, total) = (counts.ended(), counts.total());
    let number = |n: i64| f64::from(u32::try_from(n).unwrap_or(u32::MAX));
    let of = format!("{} of {} rows", words::count(ended), words::count(total));
    let mut failed = String::new();
    for (count, word) in [(counts.failed, "failed"), (counts.cancelled, "cancelled")] {
        if count > 0 {
            let _ = write!(failed, ", {} {word}", words::count(count));
        }
    }
    Entry {
        href: site.to(&format!("/groups/{}", group.id)),
        title: words::short(&table::name(group), MAX_TITLE),
        mark: table::mark_of(group).html(),
        about: format!("Table, {}{failed}", words::counted(total, "row", "rows")),
        progress: counts
            .is_active()
            .then(|| (of.clone(), meter(number(ended), number(total), &of, false))),
        at: words::when(group.modified_at),
        order: group.created_at.0,
        place,
        is_run: false,
    }
}
