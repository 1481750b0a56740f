//! Resources: every result under an address of its own.

use domain::ids::WorkId;
use rmcp::ErrorData;
use rmcp::model::{
    CacheScope, ListResourcesResult, ReadResourceResponse, ReadResourceResult, Resource,
    ResourceContents, ResourceTemplate,
};

use crate::mcp::call::Call;
use crate::mcp::found::find_at_all;
use crate::mcp::listing::{self, Only, Place};
use crate::mcp::{LIVE_LIST_MS, is_stateless, results, unknown_cursor};

const BEFORE_ID: &str = "research://results/";
const MARKDOWN: &str = "text/markdown";
/// Resources on one page of the list.
const PAGE: usize = 50;

pub(super) fn uri(id: impl std::fmt::Display) -> String {
    format!("{BEFORE_ID}{id}")
}

/// The run or group of a resource.
pub(super) fn id_of(uri: &str) -> Option<WorkId> {
    uri.strip_prefix(BEFORE_ID)?.parse().ok()
}

pub(super) fn templates() -> Vec<ResourceTemplate> {
    let result = ResourceTemplate::new(format!("{BEFORE_ID}{{id}}"), "result")
        .with_title("Result of a run or group")
        .with_description(
            "The report of a run (trun_…) or the table of a group (tgrp_…), its first page",
        )
        .with_mime_type(MARKDOWN);
    vec![result]
}

/// Finished work, newest first.
pub(super) async fn list(
    call: &Call,
    cursor: Option<String>,
) -> Result<ListResourcesResult, ErrorData> {
    let place = match &cursor {
        None => Place::START,
        Some(cursor) => Place::parse(cursor).ok_or_else(|| unknown_cursor(cursor))?,
    };
    let part = listing::part(call, place, Only::FINISHED, PAGE).await;
    let (entries, next) = part.map_err(|why| ErrorData::internal_error(why.to_string(), None))?;
    let resources = entries.into_iter().map(|entry| {
        Resource::new(uri(&entry.id), entry.id)
            .with_title(entry.title)
            .with_description(format!("{} of {}: {}", entry.kind, entry.created_at, entry.status))
            .with_mime_type(MARKDOWN)
    });
    let mut list = ListResourcesResult::with_all_items(resources.collect());
    list.next_cursor = next.map(|next| next.to_string());
    (list.ttl_ms, list.cache_scope) = (Some(LIVE_LIST_MS), Some(CacheScope::Private));
    Ok(list)
}

pub(super) async fn read(call: &Call, uri: &str) -> Result<ReadResourceResponse, ErrorData> {
    let internal =
        |why: crate::mcp::call::Refusal| ErrorData::internal_error(why.to_string(), None);
    let id = id_of(uri).map(|id| id.to_string());
    let is_there = match &id {
        Some(id) => find_at_all(call, id).await.map_err(internal)?.is_some(),
        None => false,
    };
    let Some(id) = id.filter(|_| is_there) else {
        let shown: String = uri.chars().take(200).collect();
        let message = format!("there is no resource `{shown}`; results are at {BEFORE_ID}ID");
        return Err(not_there(call, message, uri));
    };
    let page = results::first_page(call, &id).await.map_err(internal)?;
    let contents = ResourceContents::text(page, uri).with_mime_type(MARKDOWN);
    let result = ReadResourceResult::new(vec![contents])
        .with_ttl_ms(LIVE_LIST_MS)
        .with_cache_scope(CacheScope::Private);
    Ok(result.into())
}

/// The two eras have different codes for it.
fn not_there(call: &Call, message: String, uri: &str) -> ErrorData {
    let data = Some(serde_json::json!({"uri": uri}));
    if is_stateless(&call.context) {
        ErrorData::invalid_params(message, data)
    } else {
        ErrorData::resource_not_found(message, data)
    }
}
