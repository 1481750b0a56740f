//! The first page: the newest runs and groups.

use askama::Template;
use axum::extract::State;
use axum::response::Response;
use store::{Filter, GroupFilter};

use crate::App;
use crate::gate::Caller;
use crate::problem::Problem;
use crate::ui::{rendered, words};

/// How many of each are shown.
const NEWEST: i64 = 30;

#[derive(Template)]
#[template(path = "home.html")]
struct HomePage {
    prefix: String,
    runs: Vec<RunLine>,
    groups: Vec<GroupLine>,
}

struct RunLine {
    id: String,
    question: String,
    state: &'static str,
    processor: String,
    at: String,
}

struct GroupLine {
    id: String,
    counts: String,
    at: String,
}

pub(super) async fn show(State(app): State<App>, caller: Caller) -> Result<Response, Problem> {
    let filter = Filter { with_input: true, ..Filter::default() };
    let runs = app.store.list_runs(caller.owner, None, NEWEST, filter).await?.runs;
    let groups =
        app.store.list_groups(caller.owner, None, NEWEST, GroupFilter::default()).await?.groups;
    let runs = runs.into_iter().map(|listed| RunLine {
        id: listed.run.id.to_string(),
        question: listed.input.map(|input| words::question(&input, 200)).unwrap_or_default(),
        state: listed.run.state.as_str(),
        processor: listed.run.processor,
        at: words::at(listed.run.created_at),
    });
    let groups = groups.into_iter().map(|group| GroupLine {
        id: group.id.to_string(),
        counts: words::counts(&group.counts),
        at: words::at(group.created_at),
    });
    rendered(&HomePage { prefix: app.prefix(), runs: runs.collect(), groups: groups.collect() })
}
