//! Subscriptions to results: told once, when the work has ended.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use domain::ids::WorkId;
use futures_util::future::join_all;
use rmcp::ErrorData;
use rmcp::model::ResourceUpdatedNotificationParam;
use rmcp::service::SubscriptionContext;
use tokio_util::sync::{CancellationToken, DropGuard};

use crate::mcp::call::{Call, Refusal};
use crate::mcp::found::{Found, find_at_all};
use crate::mcp::resources;

/// Most results that one session or one request listens to.
const MAX_AT_ONCE: usize = 100;

/// What a session of the older era has subscribed to; each ends when its guard is dropped.
#[derive(Clone, Default)]
pub(super) struct Subscriptions(Arc<Mutex<HashMap<String, DropGuard>>>);

impl Subscriptions {
    pub(super) async fn add(&self, call: Call, uri: &str) -> Result<(), ErrorData> {
        let id = watched(&call, uri).await?;
        let stop = CancellationToken::new();
        {
            let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
            if all.len() >= MAX_AT_ONCE && !all.contains_key(uri) {
                let message =
                    format!("this session has {MAX_AT_ONCE} subscriptions already; end some first");
                return Err(ErrorData::invalid_params(message, None));
            }
            all.insert(uri.to_owned(), stop.clone().drop_guard());
        }
        let uri = uri.to_owned();
        let streams = call.app.streams.clone();
        streams.spawn(async move {
            let told = stop.run_until_cancelled(ended(&call, id)).await;
            if told.is_some_and(|ended| ended.is_ok()) {
                let update = ResourceUpdatedNotificationParam::new(uri);
                // A session that has gone has nobody to be told.
                let _ = call.context.peer.notify_resource_updated(update).await;
            }
        });
        Ok(())
    }

    pub(super) fn remove(&self, uri: &str) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).remove(uri);
    }
}

/// Those of the addresses that are results, within the limit.
pub(super) fn accepted(uris: Vec<String>) -> Option<Vec<String>> {
    let uris = uris.into_iter().filter(|uri| resources::id_of(uri).is_some());
    let uris: Vec<String> = uris.take(MAX_AT_ONCE).collect();
    (!uris.is_empty()).then_some(uris)
}

/// `subscriptions/listen`: lasts until the client closes it.
pub(super) async fn listen(call: &Call, context: &SubscriptionContext) -> Result<(), ErrorData> {
    let uris = context.accepted().resource_subscriptions.clone().unwrap_or_default();
    let telling = uris.into_iter().map(|uri| async move {
        let Some(id) = resources::id_of(&uri) else { return };
        if ended(call, id).await.is_ok() {
            let _ = context.sink().notify_resource_updated(uri).await;
        }
    });
    tokio::select! {
        _ = join_all(telling) => {}
        () = context.cancelled() => return Ok(()),
        () = call.app.stop.cancelled() => return Ok(()),
    }
    tokio::select! {
        () = context.cancelled() => {}
        () = call.app.stop.cancelled() => {}
    }
    Ok(())
}

async fn watched(call: &Call, uri: &str) -> Result<WorkId, ErrorData> {
    let found = match resources::id_of(uri) {
        Some(id) => find_at_all(call, &id.to_string()).await.map(|found| found.map(|_| id)),
        None => Ok(None),
    };
    let found = found.map_err(|why| ErrorData::internal_error(why.to_string(), None))?;
    found.ok_or_else(|| {
        let shown: String = uri.chars().take(200).collect();
        ErrorData::resource_not_found(format!("there is no resource `{shown}`"), None)
    })
}

/// Waits for the end of work that has not ended; what has ended is told at once.
async fn ended(call: &Call, id: WorkId) -> Result<(), Refusal> {
    let gone = || Refusal::one(format!("`{id}` is gone"));
    let text = id.to_string();
    let store = &call.app.store;
    let mut watch = match find_at_all(call, &text).await?.ok_or_else(gone)? {
        Found::Run(row) => store.watch_run(row.seq),
        Found::Group(group) => {
            store.watch_group(call.caller.owner, group.id).await?.ok_or_else(gone)?
        }
    };
    loop {
        let is_active = match find_at_all(call, &text).await?.ok_or_else(gone)? {
            Found::Run(row) => row.run.state.is_active(),
            Found::Group(group) => group.counts.is_active(),
        };
        if !is_active {
            return Ok(());
        }
        watch.changed().await;
    }
}
