//! `listTasks`: the caller's runs and groups, newest first, so that work is found again in a new chat.

use domain::clock::TimeMs;
use domain::group::Group;
use domain::run::RunState;
use serde::Serialize;
use store::{Filter, GroupFilter, Listed};

use crate::mcp::arguments::{Arguments, CURSOR, named};
use crate::mcp::call::{Call, Refusal};
use crate::mcp::status;
use crate::ui::words;

const DEFAULT_LENGTH: u64 = 10;
const MAX_LENGTH: u64 = 50;

/// Some of the caller's work.
#[derive(Debug, Serialize)]
pub(super) struct Work {
    tasks: Vec<Entry>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) next_cursor: Option<String>,
    next_step: String,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    notes: Vec<String>,
}

/// A run or a group in a few words.
#[derive(Debug, Serialize)]
pub(super) struct Entry {
    pub(super) id: String,
    pub(super) kind: &'static str,
    pub(super) status: &'static str,
    /// The question, or how many rows there are.
    pub(super) title: String,
    pub(super) created_at: String,
    pub(super) url: String,
}

/// Places before which a part of the list begins: of runs and of groups.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Place {
    runs: i64,
    groups: i64,
}

impl Place {
    pub(super) const START: Self = Self { runs: i64::MAX, groups: i64::MAX };
    /// Runs alone, and groups alone.
    pub(super) const OF_RUNS: Self = Self { runs: i64::MAX, groups: 0 };
    pub(super) const OF_GROUPS: Self = Self { runs: 0, groups: i64::MAX };

    pub(super) fn parse(text: &str) -> Option<Self> {
        let (runs, groups) = text.split_once('-')?;
        Some(Self { runs: runs.parse().ok()?, groups: groups.parse().ok()? })
    }
}

impl std::fmt::Display for Place {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}-{}", self.runs, self.groups)
    }
}

pub(super) async fn list(call: &Call, mut args: Arguments) -> Result<Work, Refusal> {
    let only = args.choice(
        &named("status"),
        &["active", "finished", "all", "queued", "running", "completed", "failed", "cancelled"],
    );
    let limit = args.number(&named("limit"), 1, MAX_LENGTH).unwrap_or(DEFAULT_LENGTH);
    let cursor = args.text(&CURSOR, "the next_cursor of the answer before");
    let place = match cursor.as_deref().map(Place::parse) {
        None => Place::START,
        Some(Some(place)) => place,
        Some(None) => {
            let cursor = cursor.unwrap_or_default();
            args.refuse(
                "cursor",
                &cursor.into(),
                "it must be the `next_cursor` of the answer before, or left out",
            );
            Place::START
        }
    };
    let notes = args.finish()?;
    let only = match only {
        None | Some("all") => Only::default(),
        Some("active") => Only { is_active: Some(true), state: None },
        Some("finished") => Only::FINISHED,
        Some(state) => {
            let state = RunState::parse(state);
            Only { is_active: state.map(RunState::is_active), state }
        }
    };
    let (tasks, next) = part(call, place, only, usize::try_from(limit).unwrap_or(10)).await?;
    let next_step = if !tasks.is_empty() {
        format!(
            "Call {} or {} with one of these ids.",
            call.tools.status_tool(),
            call.tools.result_tool()
        )
    } else if place != Place::START {
        "There are no more.".to_owned()
    } else if only.is_active.is_some() {
        "None is. Leave out status to see the others.".to_owned()
    } else {
        "Nothing was started yet: createDeepResearch or createTaskGroup begins.".to_owned()
    };
    Ok(Work { tasks, next_cursor: next.map(|next| next.to_string()), next_step, notes })
}

/// Which work is listed.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Only {
    is_active: Option<bool>,
    state: Option<RunState>,
}

impl Only {
    pub(super) const FINISHED: Self = Self { is_active: Some(false), state: None };
}

/// Runs and groups from before a place, newest first, and where the next part begins.
pub(super) async fn part(
    call: &Call,
    place: Place,
    only: Only,
    length: usize,
) -> Result<(Vec<Entry>, Option<Place>), Refusal> {
    let (store, owner) = (&call.app.store, call.caller.owner);
    let limit = i64::try_from(length).unwrap_or(1) + 1;
    let Only { is_active, state } = only;
    let filter = Filter { is_active, state, with_input: true, ..Filter::default() };
    let runs = store.list_runs(owner, Some(place.runs), limit, filter).await?.runs;
    let filter = GroupFilter { is_active, state, ..GroupFilter::default() };
    let groups = store.list_groups(owner, Some(place.groups), limit, filter).await?;
    let groups = groups.groups.into_iter().zip(groups.places);
    let groups = groups.map(|(group, place)| Item::Group(group, place));
    let mut all: Vec<Item> =
        runs.into_iter().map(|run| Item::Run(Box::new(run))).chain(groups).collect();
    all.sort_by_key(|item| std::cmp::Reverse(item.created_at()));
    let is_more = all.len() > length;
    all.truncate(length);
    let mut next = place;
    for item in &all {
        match item {
            Item::Run(run) => next.runs = run.place,
            Item::Group(_, place) => next.groups = *place,
        }
    }
    Ok((all.iter().map(|item| item.entry(call)).collect(), is_more.then_some(next)))
}

/// What a table is about, as far as its group says, and how far it is.
fn table_title(group: &Group) -> String {
    let said = |name: &str| group.metadata.as_ref()?.get(name)?.as_str();
    let about = said("columns").or_else(|| said("file")).map(|about| words::short(about, 80));
    let (rows, counts) = (rows(group.counts.total()), words::counts(&group.counts));
    about.map_or_else(|| format!("{rows}: {counts}"), |about| format!("{about} ({rows}: {counts})"))
}

fn rows(count: i64) -> String {
    if count == 1 { "1 row".to_owned() } else { format!("{count} rows") }
}

enum Item {
    Run(Box<Listed>),
    Group(Group, i64),
}

impl Item {
    fn created_at(&self) -> TimeMs {
        match self {
            Self::Run(listed) => listed.run.created_at,
            Self::Group(group, _) => group.created_at,
        }
    }

    fn entry(&self, call: &Call) -> Entry {
        match self {
            Self::Run(listed) => Entry {
                id: listed.run.id.to_string(),
                kind: "research",
                status: listed.run.state.as_str(),
                title: listed
                    .input
                    .as_ref()
                    .map(|input| words::question(input, 100))
                    .unwrap_or_default(),
                created_at: listed.run.created_at.rfc3339(),
                url: call.run_url(listed.run.id),
            },
            Self::Group(group, _) => Entry {
                id: group.id.to_string(),
                kind: "table",
                status: status::state_of(&group.counts).as_str(),
                title: table_title(group),
                created_at: group.created_at.rfc3339(),
                url: call.group_url(group.id),
            },
        }
    }
}
