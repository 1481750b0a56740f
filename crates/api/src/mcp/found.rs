//! The run or group that a caller means, or a sentence with the ids that there are.

use domain::group::Group;
use domain::ids::WorkId;
use store::{Filter, GroupFilter, RunRow};

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
    match find_at_all(call, id).await? {
        Some(found) => Ok(found),
        None => Err(Refusal::one(unknown(call, id).await?)),
    }
}

/// The same; `None` where there is no such work.
pub(super) async fn find_at_all(call: &Call, id: &str) -> Result<Option<Found>, Refusal> {
    let (store, owner) = (&call.app.store, call.caller.owner);
    Ok(match bare(id).parse() {
        Err(_) => None,
        Ok(WorkId::Run(run)) => {
            store.find_run(owner, run).await?.map(|row| Found::Run(Box::new(row)))
        }
        Ok(WorkId::Group(group)) => store.find_group(owner, group).await?.map(Found::Group),
    })
}

/// Models give the link or the address of the resource as well as the id: its last part is the id.
fn bare(id: &str) -> &str {
    let id = id.trim().trim_matches(['`', '"', '\'', '<', '>']).trim_end_matches('/');
    id.rsplit('/').next().unwrap_or(id)
}

async fn unknown(call: &Call, id: &str) -> Result<String, Refusal> {
    let shown: String = id.chars().take(60).collect();
    let (store, owner) = (&call.app.store, call.caller.owner);
    let runs = store.list_runs(owner, None, NEWEST, Filter::default()).await?.runs;
    let groups = store.list_groups(owner, None, NEWEST, GroupFilter::default()).await?.groups;
    let runs = runs.iter().map(|listed| (listed.run.created_at, listed.run.id.to_string()));
    let groups = groups.iter().map(|group| (group.created_at, group.id.to_string()));
    let mut newest: Vec<_> = runs.chain(groups).collect();
    newest.sort_by_key(|(at, _)| std::cmp::Reverse(*at));
    let newest: Vec<String> = newest.into_iter().take(3).map(|(_, id)| format!("`{id}`")).collect();
    Ok(if newest.is_empty() {
        format!(
            "`taskRunOrGroupId` is `{shown}`, and nothing was started yet: call createDeepResearch or createTaskGroup \
             first"
        )
    } else {
        format!(
            "`taskRunOrGroupId` is `{shown}`, and there is no such run or group; the newest are {}; listTasks shows all",
            newest.join(", ")
        )
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_link_is_as_good_as_the_id_at_its_end() {
        assert_eq!(bare("http://127.0.0.1:7717/runs/trun_1"), "trun_1");
        assert_eq!(bare(" `trun_1` "), "trun_1");
        assert_eq!(bare("research://results/tgrp_2/"), "tgrp_2");
    }
}
