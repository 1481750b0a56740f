//! Sessions of clients from before 2026-07-28: few are held in memory, and any that was put away comes back.
//!
//! The id of a session says what the client began with and whose it is. So nothing has to be kept for a client that
//! has gone quiet, a restart of the server ends no session, and any machine can go on with it.

use std::collections::{HashMap, HashSet, VecDeque};
use std::fmt::Write as _;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use domain::clock::Chance;
use futures_util::{Stream, StreamExt};
use rmcp::model::{ClientJsonRpcMessage, ServerJsonRpcMessage};
use rmcp::transport::WorkerTransport;
use rmcp::transport::streamable_http_server::session::local::{
    LocalSessionManager, LocalSessionManagerError, LocalSessionWorker, SessionConfig,
    create_local_session,
};
use rmcp::transport::streamable_http_server::session::{
    RestoreOutcome, ServerSseMessage, SessionId, SessionManager, SessionState, SessionStore,
    SessionStoreError,
};
use serde_json::{Map, Value, json};
use store::Owner;
use tokio::time::Instant;

/// Sessions held in memory that no stream is open to, at 80 kB each. Beyond them the one that was quiet for longest is
/// put away.
const MAX_HELD: usize = 64;
/// The same with those that a stream is open to, whose clients would notice.
const MAX_LISTENING: usize = 1_000;
/// How long a quiet session is held.
const HELD_QUIET: Duration = Duration::from_mins(5);
/// Ids of sessions that their clients have ended, remembered so that they stay ended.
const MAX_ENDED: usize = 10_000;
/// Longest part of an id that tells what the client began with; a longer one is cut to the essentials.
const MAX_OPENING: usize = 3_000;

tokio::task_local! {
    /// What the session that is being made begins with.
    pub(super) static OPENING: Opening;
}

/// Whose session it is, and the parameters of its `initialize`.
#[derive(Debug, Clone)]
pub(super) struct Opening {
    pub(super) owner: Owner,
    pub(super) params: Map<String, Value>,
}

/// `rmcp`'s sessions, bounded.
pub(super) struct Sessions {
    inner: LocalSessionManager,
    chance: Chance,
    held: Arc<Mutex<HashMap<SessionId, Held>>>,
}

/// A session in memory.
struct Held {
    used_at: Instant,
    /// Streams on which its client listens.
    streams: usize,
}

/// An open stream of a session, until it is dropped.
struct Listening {
    id: SessionId,
    held: Arc<Mutex<HashMap<SessionId, Held>>>,
}

impl Drop for Listening {
    fn drop(&mut self) {
        let mut held = self.held.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(held) = held.get_mut(&self.id) {
            held.streams = held.streams.saturating_sub(1);
            held.used_at = Instant::now();
        }
    }
}

impl Sessions {
    pub(super) fn new(chance: Chance) -> Self {
        let mut inner = LocalSessionManager::default();
        inner.session_config.keep_alive = Some(HELD_QUIET);
        Self { inner, chance, held: Arc::default() }
    }

    fn touch(&self, id: &SessionId) {
        let mut held = self.held.lock().unwrap_or_else(PoisonError::into_inner);
        let now = Instant::now();
        held.entry(id.clone()).or_insert(Held { used_at: now, streams: 0 }).used_at = now;
    }

    fn listening(&self, id: &SessionId) -> Listening {
        let mut held = self.held.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(held) = held.get_mut(id) {
            held.streams += 1;
        }
        Listening { id: id.clone(), held: Arc::clone(&self.held) }
    }

    /// Holds a session, and puts away those that are too many.
    async fn hold(&self, id: &SessionId) -> WorkerTransport<LocalSessionWorker> {
        let config: SessionConfig = self.inner.session_config.clone();
        let (handle, worker) = create_local_session(id.clone(), config);
        self.inner.sessions.write().await.insert(id.clone(), handle);
        self.touch(id);
        while let Some(quiet) = self.one_too_many() {
            // It comes back when its client does.
            let _ = self.inner.close_session(&quiet).await;
        }
        WorkerTransport::spawn(worker)
    }

    fn one_too_many(&self) -> Option<SessionId> {
        let mut held = self.held.lock().unwrap_or_else(PoisonError::into_inner);
        let silent = held.values().filter(|held| held.streams == 0).count();
        if silent <= MAX_HELD && held.len() <= MAX_LISTENING {
            return None;
        }
        let quiet = held.iter().min_by_key(|(_, held)| (held.streams > 0, held.used_at))?;
        let quiet = quiet.0.clone();
        held.remove(&quiet);
        Some(quiet)
    }
}

impl SessionManager for Sessions {
    type Error = LocalSessionManagerError;
    type Transport = WorkerTransport<LocalSessionWorker>;

    async fn create_session(&self) -> Result<(SessionId, Self::Transport), Self::Error> {
        let opening = OPENING.try_with(Clone::clone).ok();
        let id: SessionId = session_id(opening.as_ref(), &self.chance).into();
        let transport = self.hold(&id).await;
        Ok((id, transport))
    }

    async fn initialize_session(
        &self,
        id: &SessionId,
        message: ClientJsonRpcMessage,
    ) -> Result<ServerJsonRpcMessage, Self::Error> {
        self.inner.initialize_session(id, message).await
    }

    async fn has_session(&self, id: &SessionId) -> Result<bool, Self::Error> {
        let is_held = self.inner.has_session(id).await?;
        if is_held {
            self.touch(id);
        }
        Ok(is_held)
    }

    async fn close_session(&self, id: &SessionId) -> Result<(), Self::Error> {
        self.held.lock().unwrap_or_else(PoisonError::into_inner).remove(id);
        self.inner.close_session(id).await
    }

    async fn create_stream(
        &self,
        id: &SessionId,
        message: ClientJsonRpcMessage,
    ) -> Result<impl Stream<Item = ServerSseMessage> + Send + Sync + 'static, Self::Error> {
        self.inner.create_stream(id, message).await
    }

    async fn accept_message(
        &self,
        id: &SessionId,
        message: ClientJsonRpcMessage,
    ) -> Result<(), Self::Error> {
        self.inner.accept_message(id, message).await
    }

    async fn create_standalone_stream(
        &self,
        id: &SessionId,
    ) -> Result<impl Stream<Item = ServerSseMessage> + Send + Sync + 'static, Self::Error> {
        let listening = self.listening(id);
        let stream = self.inner.create_standalone_stream(id).await?;
        Ok(stream.inspect(move |_| {
            let _ = &listening;
        }))
    }

    async fn resume(
        &self,
        id: &SessionId,
        last_event_id: String,
    ) -> Result<impl Stream<Item = ServerSseMessage> + Send + Sync + 'static, Self::Error> {
        self.inner.resume(id, last_event_id).await
    }

    async fn restore_session(
        &self,
        id: SessionId,
    ) -> Result<RestoreOutcome<Self::Transport>, Self::Error> {
        if self.inner.has_session(&id).await? {
            return Ok(RestoreOutcome::AlreadyPresent);
        }
        Ok(RestoreOutcome::Restored(self.hold(&id).await))
    }
}

/// `OWNER.RANDOM.OPENING`
fn session_id(opening: Option<&Opening>, chance: &Chance) -> String {
    let mut id = String::new();
    let owner = opening.map_or_else(String::new, |opening| opening.owner.to_string());
    let _ = write!(id, "{owner}.{:032x}.", chance.next());
    if let Some(opening) = opening {
        id.push_str(&written(&opening.params));
    }
    id
}

fn written(params: &Map<String, Value>) -> String {
    let version = params.get("protocolVersion");
    let client = params.get("clientInfo");
    let member = |name: &str| {
        client.and_then(|client| client.get(name)).and_then(Value::as_str).unwrap_or("?")
    };
    let short = |text: &str| text.chars().take(100).collect::<String>();
    let opening = |can: Value| {
        let opening = json!({
            "protocolVersion": version,
            "capabilities": can,
            "clientInfo": {"name": short(member("name")), "version": short(member("version"))},
        });
        BASE64_URL_SAFE_NO_PAD.encode(opening.to_string())
    };
    let whole = opening(params.get("capabilities").cloned().unwrap_or_else(|| json!({})));
    if whole.len() > MAX_OPENING { opening(json!({})) } else { whole }
}

/// Whether a session with this id was made for this owner.
pub(super) fn belongs_to(id: &str, owner: Owner) -> bool {
    id.split('.').next() == Some(owner.to_string().as_str())
}

fn opening_of(id: &str) -> Option<SessionState> {
    let written = id.split('.').nth(2)?;
    let params = BASE64_URL_SAFE_NO_PAD.decode(written).ok()?;
    Some(SessionState::new(serde_json::from_slice(&params).ok()?))
}

/// Ids tell what a session began with; only those that were ended are remembered.
#[derive(Default)]
pub(super) struct Ids {
    ended: Mutex<Ended>,
}

#[derive(Default)]
struct Ended {
    ids: HashSet<String>,
    oldest_first: VecDeque<String>,
}

#[async_trait::async_trait]
impl SessionStore for Ids {
    async fn load(&self, id: &str) -> Result<Option<SessionState>, SessionStoreError> {
        let is_ended = self.ended.lock().unwrap_or_else(PoisonError::into_inner).ids.contains(id);
        Ok(if is_ended { None } else { opening_of(id) })
    }

    async fn store(&self, _: &str, _: &SessionState) -> Result<(), SessionStoreError> {
        Ok(())
    }

    async fn delete(&self, id: &str) -> Result<(), SessionStoreError> {
        let mut ended = self.ended.lock().unwrap_or_else(PoisonError::into_inner);
        if ended.ids.insert(id.to_owned()) {
            ended.oldest_first.push_back(id.to_owned());
        }
        if ended.oldest_first.len() > MAX_ENDED
            && let Some(oldest) = ended.oldest_first.pop_front()
        {
            ended.ids.remove(&oldest);
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn opening(params: Value) -> Opening {
        let Value::Object(params) = params else { panic!("an object") };
        Opening { owner: Owner::LOCAL, params }
    }

    #[test]
    fn an_id_tells_what_its_session_began_with_and_whose_it_is() {
        let chance = Chance::new(|| 7);
        let begun = opening(json!({
            "protocolVersion": "2025-06-18",
            "capabilities": {"elicitation": {}},
            "clientInfo": {"name": "a", "version": "1", "title": "left out"},
        }));
        let id = session_id(Some(&begun), &chance);
        assert!(belongs_to(&id, Owner::LOCAL) && !belongs_to("9.1.x", Owner::LOCAL));
        let state = opening_of(&id).unwrap().initialize_params;
        assert_eq!(state.protocol_version.as_str(), "2025-06-18");
        assert!(state.capabilities.elicitation.is_some());
        assert!(id.bytes().all(|byte| (0x21..=0x7E).contains(&byte)), "{id}");
    }

    #[test]
    fn what_no_client_sends_does_not_make_an_id_long() {
        let big: Map<String, Value> =
            (0..500).map(|n| (format!("extension{n}"), json!({}))).collect();
        let begun = opening(
            json!({"protocolVersion": "2025-06-18", "capabilities": {"experimental": big}}),
        );
        assert!(session_id(Some(&begun), &Chance::new(|| 7)).len() < MAX_OPENING);
    }
}
