//! Completions: names of processors in prompts, ids in the addresses of resources.

use rmcp::ErrorData;
use rmcp::model::{CompleteRequestParams, CompleteResult, CompletionInfo, Reference};

use crate::mcp::call::Call;
use crate::mcp::listing::{self, Only, Place};

pub(super) async fn complete(
    call: &Call,
    request: &CompleteRequestParams,
) -> Result<CompleteResult, ErrorData> {
    let begun = request.argument.value.to_lowercase();
    let known: Vec<String> = match (&request.r#ref, request.argument.name.as_str()) {
        (Reference::Prompt(_), "processor" | "first" | "second") => {
            let all = call.app.catalog.processors.iter().map(|processor| processor.name.clone());
            all.filter(|name| name != "noop").collect()
        }
        (Reference::Resource(_), "id") => {
            // Of those that are meant: the newest runs may stand behind a hundred newer groups.
            let places = [("trun_", Place::OF_RUNS), ("tgrp_", Place::OF_GROUPS)];
            let meant = |kind: &str| kind.starts_with(&begun) || begun.starts_with(kind);
            let mut ids = Vec::new();
            for (_, place) in places.into_iter().filter(|(kind, _)| meant(kind)) {
                let part =
                    listing::part(call, place, Only::default(), CompletionInfo::MAX_VALUES).await;
                let (entries, _) =
                    part.map_err(|why| ErrorData::internal_error(why.to_string(), None))?;
                ids.extend(entries.into_iter().map(|entry| entry.id));
            }
            ids
        }
        _ => Vec::new(),
    };
    let mut values: Vec<String> =
        known.into_iter().filter(|value| value.starts_with(&begun)).collect();
    values.truncate(CompletionInfo::MAX_VALUES);
    let values = CompletionInfo::with_all_values(values);
    Ok(CompleteResult::new(values.map_err(|why| ErrorData::internal_error(why, None))?))
}
