//! Servers of tools that a request names, and what was asked of them.

use std::fmt;

/// Most servers of one request.
pub const MAX_SERVERS: usize = 10;

/// An MCP server that a run may call, as the request named it.
#[derive(Clone, PartialEq, Eq)]
pub struct ToolServer {
    /// By this name its calls are reported.
    pub name: String,
    /// `https://tools.example.org/mcp`; spoken to over streamable HTTP.
    pub url: String,
    /// Sent with every request; often credentials, and therefore never shown again.
    pub headers: Vec<(String, String)>,
    /// The only tools that may be called; `None` where the request names none.
    pub allowed: Option<Vec<String>>,
}

/// One call of a tool, as it is reported.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ToolCall {
    /// `tool_1`, in the order of the calls of a run.
    pub id: String,
    pub server: String,
    pub tool: String,
    /// JSON.
    pub arguments: String,
    /// What came back, cut where it is long; `None` where nothing did.
    pub content: Option<String>,
    /// Why nothing came back, or what the tool says went wrong.
    pub error: Option<String>,
}

impl fmt::Debug for ToolServer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let headers: Vec<&str> = self.headers.iter().map(|(name, _)| name.as_str()).collect();
        f.debug_struct("ToolServer")
            .field("name", &self.name)
            .field("url", &self.url)
            .field("headers", &headers)
            .field("allowed", &self.allowed)
            .finish()
    }
}
