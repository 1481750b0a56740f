//! The run or group that a caller means, or a sentence with the ids that there are.

use domain::group::Group;
use domain::ids::WorkId;
use store::{Filter, GroupFilter, RunRow};

use crate::mcp::ToolSet;
use crate::mcp::arguments::{Arguments, ID};
use crate::mcp::call::{Call, Refusal};

/// One of the caller's runs or groups.
pub(super) enum Found {
    Run(Box<RunRow>),
    Group(Group),
}

/// How many of the newest ids are named where one is not known.
const NEWEST: i64 = 3;

/// Looks an id up. What is not the caller's looks exactly like what is not there.
pub(super) async fn find(call: &Call, id: &str) -> Result<Found, Refusal> {
    find_named(call, call.tools.id_argument(), id).await
}

/// The same, for an argument of another name.
pub(super) async fn find_named(call: &Call, argument: &str, id: &str) -> Result<Found, Refusal> {
    match find_at_all(call, id).await? {
        Some(found) => Ok(found),
        None => Err(Refusal::one(unknown(call, argument, id).await?)),
    }
}

/// The same; `None` where there is no such work.
pub(super) async fn find_at_all(call: &Call, id: &str) -> Result<Option<Found>, Refusal> {
    let (store, owner) = (&call.app.store, call.caller.owner);
    for meant in meant(id) {
        let found = match meant {
            WorkId::Run(run) => {
                store.find_run(owner, run).await?.map(|row| Found::Run(Box::new(row)))
            }
            WorkId::Group(group) => store.find_group(owner, group).await?.map(Found::Group),
        };
        if found.is_some() {
            return Ok(found);
        }
    }
    Ok(None)
}

/// Hexadecimal digits of an id.
const DIGITS: usize = 32;

/// Models give a link, an address or a sentence for the id that is in it, and write `tgrp_` where `trun_` belongs: what
/// can be meant, the likeliest first.
fn meant(text: &str) -> Vec<WorkId> {
    let digits = |text: &str| {
        let digits: String = text.chars().take_while(char::is_ascii_hexdigit).collect();
        (digits.len() == DIGITS).then(|| digits.to_ascii_lowercase())
    };
    let behind = |kind: &str| {
        let at = text.find(kind).map(|at| at + kind.len())?;
        text.get(at..).and_then(digits).map(|digits| (kind.to_owned(), digits))
    };
    let found = behind("trun_").or_else(|| behind("tgrp_"));
    let found = found.or_else(|| Some(("trun_".to_owned(), digits(text.trim())?)));
    let Some((kind, digits)) = found else { return Vec::new() };
    let other = if kind == "trun_" { "tgrp_" } else { "trun_" };
    [kind.as_str(), other]
        .iter()
        .filter_map(|kind| format!("{kind}{digits}").parse().ok())
        .collect()
}

/// The argument that names the work; where it is missing, the newest are named.
pub(super) async fn needed_id(call: &Call, args: &mut Arguments) -> Result<String, Refusal> {
    let is_given = args.has(&ID);
    if let Some(id) = args.text(&ID, "trun_0123456789abcdef0123456789abcdef") {
        return Ok(id);
    }
    if !is_given {
        let which = newest(call).await?;
        args.problem(format!("`{}` is missing{which}", ID.name));
    }
    Ok(String::new())
}

async fn unknown(call: &Call, argument: &str, id: &str) -> Result<String, Refusal> {
    let shown: String = id.chars().take(60).collect();
    let which = newest(call).await?;
    Ok(format!("`{argument}` is `{shown}`, and there is no such run or group{which}"))
}

/// Which ids there are, to be put behind a sentence.
async fn newest(call: &Call) -> Result<String, Refusal> {
    let (store, owner) = (&call.app.store, call.caller.owner);
    let runs = store.list_runs(owner, None, NEWEST, Filter::default()).await?.runs;
    let groups = store.list_groups(owner, None, NEWEST, GroupFilter::default()).await?.groups;
    let runs = runs.iter().map(|listed| (listed.run.created_at, listed.run.id.to_string()));
    let groups = groups.iter().map(|group| (group.created_at, group.id.to_string()));
    let mut newest: Vec<_> = runs.chain(groups).collect();
    newest.sort_by_key(|(at, _)| std::cmp::Reverse(*at));
    let newest: Vec<String> = newest.into_iter().take(3).map(|(_, id)| format!("`{id}`")).collect();
    let (first, all) = match call.tools {
        ToolSet::Full => ("createDeepResearch or createTaskGroup", "; listTasks shows all"),
        ToolSet::Simple => ("startTask", ""),
    };
    Ok(if newest.is_empty() {
        format!("; nothing was started yet: call {first} first")
    } else {
        format!("; the newest are {}{all}", newest.join(", "))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_is_found_in_what_models_give_for_it() {
        let digits = "0123456789abcdef0123456789abcdef";
        let (run, group) = (format!("trun_{digits}"), format!("tgrp_{digits}"));
        let first = |text: &str| meant(text).first().map(ToString::to_string);
        for text in [
            format!("http://127.0.0.1:7717/runs/{run}"),
            format!(" `{run}` "),
            format!("[watch it](http://127.0.0.1:7717/runs/{run})"),
            format!("research://results/{run}/"),
            digits.to_uppercase(),
        ] {
            assert_eq!(first(&text), Some(run.clone()), "{text}");
        }
        assert_eq!(first(&group), Some(group.clone()));
        assert_eq!(meant(&group).last().map(ToString::to_string), Some(run));
        assert!(meant("trun_1").is_empty() && meant("the last one").is_empty());
    }
}
