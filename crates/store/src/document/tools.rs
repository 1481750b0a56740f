//! Servers of tools and their calls, as they are stored.

use domain::tools::{ToolCall, ToolServer};
use serde::{Deserialize, Serialize};

#[derive(Serialize, Deserialize)]
pub(super) struct StoredToolServer {
    name: String,
    url: String,
    #[serde(default)]
    headers: Vec<(String, String)>,
    #[serde(default)]
    allowed: Option<Vec<String>>,
}

#[derive(Serialize, Deserialize)]
pub(super) struct StoredToolCall {
    id: String,
    server: String,
    tool: String,
    arguments: String,
    content: Option<String>,
    error: Option<String>,
}

impl From<&ToolServer> for StoredToolServer {
    fn from(server: &ToolServer) -> Self {
        let ToolServer { name, url, headers, allowed } = server.clone();
        Self { name, url, headers, allowed }
    }
}

impl From<StoredToolServer> for ToolServer {
    fn from(stored: StoredToolServer) -> Self {
        let StoredToolServer { name, url, headers, allowed } = stored;
        Self { name, url, headers, allowed }
    }
}

impl From<&ToolCall> for StoredToolCall {
    fn from(call: &ToolCall) -> Self {
        let ToolCall { id, server, tool, arguments, content, error } = call.clone();
        Self { id, server, tool, arguments, content, error }
    }
}

impl From<StoredToolCall> for ToolCall {
    fn from(stored: StoredToolCall) -> Self {
        let StoredToolCall { id, server, tool, arguments, content, error } = stored;
        Self { id, server, tool, arguments, content, error }
    }
}
