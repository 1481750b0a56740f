//! Servers of tools that a request names (MCP over streamable HTTP): what they offer, and what they answer.
//!
//! `rmcp` speaks the protocol of either era; every byte goes through `egress`.

mod wire;

use std::time::Duration;

use domain::tools::ToolServer;
use rmcp::RoleClient;
use rmcp::model::{
    CallToolRequestParams, ClientConfig, ContentBlock, Implementation, JsonObject,
    PaginatedRequestParams, ProtocolVersion, ResourceContents,
};
use rmcp::service::{
    ClientInitializeError, ClientLifecycleMode, RunningService, serve_client_with_lifecycle,
};
use rmcp::transport::StreamableHttpClientTransport;
use rmcp::transport::streamable_http_client::StreamableHttpClientTransportConfig;
use serde_json::Value;

use crate::Sources;
use wire::Wire;

/// How long a server may take to be greeted and to list its tools.
const GREETING: Duration = Duration::from_secs(30);
/// How long one call may take.
const CALL: Duration = Duration::from_mins(2);
/// Tools of one server that are looked at, pages of the list that are fetched for them.
const TOOLS: usize = 64;
const LIST_PAGES: usize = 8;
/// Characters of a description, and of the schema of the arguments as JSON.
const DESCRIPTION: usize = 1_000;
const SCHEMA: usize = 6_000;
/// Characters of an answer that are kept.
const ANSWER: usize = 60_000;

/// A tool as its server describes it, cut to bounds.
#[derive(Debug, Clone, PartialEq)]
pub struct Tool {
    pub name: String,
    pub description: String,
    /// JSON Schema of the arguments.
    pub input_schema: Value,
}

/// What a tool answered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer {
    /// Its text; what is no text is named in brackets.
    pub text: String,
    /// The tool says that it failed; `text` says why.
    pub is_error: bool,
}

type Connection = RunningService<RoleClient, ClientConfig>;

impl Sources {
    /// The tools of a server that may be called: those that the request allows and, where it names none, those of which the
    /// server does not say that they change something.
    ///
    /// Errors are sentences.
    pub async fn tools(&self, server: &ToolServer) -> Result<Vec<Tool>, String> {
        let work = async {
            let connection = self.connect(server).await?;
            let listed = list(&connection, server).await;
            close(connection).await;
            listed
        };
        let tools = tokio::time::timeout(GREETING, work).await;
        let tools = tools.map_err(|_| format!("it did not list its tools in {GREETING:?}"));
        tools.flatten().map_err(|why| without_secrets(server, &why))
    }

    /// Calls a tool once; nothing is repeated. What the request sends in headers is cut out of the answer.
    ///
    /// Errors are sentences.
    pub async fn call_tool(
        &self,
        server: &ToolServer,
        tool: &str,
        arguments: JsonObject,
    ) -> Result<Answer, String> {
        let work = async {
            let connection = self.connect(server).await?;
            let params = CallToolRequestParams::new(tool.to_owned()).with_arguments(arguments);
            let answer = connection.call_tool(params).await;
            close(connection).await;
            answer.map_err(|why| in_words(&why))
        };
        let answer = tokio::time::timeout(CALL, work).await;
        let answer = answer.map_err(|_| format!("it did not answer in {CALL:?}")).flatten();
        let answer = answer.map_err(|why| without_secrets(server, &why))?;
        let mut text = answer.content.iter().map(block).collect::<Vec<_>>().join("\n\n");
        if text.trim().is_empty() {
            text = answer.structured_content.map(|value| value.to_string()).unwrap_or_default();
        }
        let text = without_secrets(server, &cut(&text, ANSWER));
        Ok(Answer { text, is_error: answer.is_error == Some(true) })
    }

    async fn connect(&self, server: &ToolServer) -> Result<Connection, String> {
        let config = StreamableHttpClientTransportConfig::with_uri(server.url.as_str());
        let wire = Wire::new(self.0.egress.clone(), &server.headers)?;
        let transport = StreamableHttpClientTransport::with_client(wire, config);
        let us = ClientConfig::new(
            rmcp::model::ClientCapabilities::default(),
            Implementation::new("task-mcp", env!("CARGO_PKG_VERSION")),
        );
        let lifecycle = ClientLifecycleMode::Auto {
            preferred_versions: vec![ProtocolVersion::LATEST],
            legacy_version: None,
        };
        let connection = serve_client_with_lifecycle(us, transport, lifecycle).await;
        connection.map_err(|why| {
            // How it refused the newer greeting is of no interest where it refused the older one as well.
            if let ClientInitializeError::LegacyFallbackFailed { fallback, .. } = &why {
                return in_words(fallback);
            }
            in_words(&why)
        })
    }
}

async fn list(connection: &Connection, server: &ToolServer) -> Result<Vec<Tool>, String> {
    let mut tools = Vec::new();
    let mut cursor = None;
    for _ in 0..LIST_PAGES {
        let params = PaginatedRequestParams::default().with_cursor(cursor);
        let page = connection.list_tools(Some(params)).await.map_err(|why| in_words(&why))?;
        let callable = page.tools.into_iter().filter(|tool| may_be_called(server, tool));
        tools.extend(callable.filter_map(described));
        cursor = page.next_cursor;
        if cursor.is_none() || tools.len() >= TOOLS {
            break;
        }
    }
    tools.truncate(TOOLS);
    Ok(tools)
}

fn may_be_called(server: &ToolServer, tool: &rmcp::model::Tool) -> bool {
    if let Some(allowed) = &server.allowed {
        return allowed.iter().any(|name| *name == tool.name);
    }
    !tool.annotations.as_ref().is_some_and(|says| {
        says.read_only_hint == Some(false) || says.destructive_hint == Some(true)
    })
}

/// `None` for a tool whose arguments are described at such length that no model could be shown them.
fn described(tool: rmcp::model::Tool) -> Option<Tool> {
    let input_schema = Value::Object((*tool.input_schema).clone());
    let is_short = input_schema.to_string().len() <= SCHEMA && tool.name.len() <= 128;
    let description = tool.description.or(tool.title.map(Into::into)).unwrap_or_default();
    is_short.then(|| Tool {
        name: tool.name.into_owned(),
        description: cut(&description, DESCRIPTION),
        input_schema,
    })
}

/// Stands for kinds of content that came after this was written.
const NOT_TEXT: &str = "[no text]";

fn block(block: &ContentBlock) -> String {
    match block {
        ContentBlock::Text(text) => text.text.clone(),
        ContentBlock::Image(_) => "[an image]".into(),
        ContentBlock::Audio(_) => "[a sound]".into(),
        ContentBlock::ResourceLink(link) => format!("{}: {}", link.name, link.uri),
        ContentBlock::Resource(embedded) => match &embedded.resource {
            ResourceContents::TextResourceContents { text, .. } => text.clone(),
            ResourceContents::BlobResourceContents { uri, .. } => format!("[a file: {uri}]"),
            _ => NOT_TEXT.into(),
        },
        _ => NOT_TEXT.into(),
    }
}

/// Says goodbye; a server that does not take it is left.
async fn close(connection: Connection) {
    const GOODBYE: Duration = Duration::from_secs(2);
    let _ = tokio::time::timeout(GOODBYE, connection.cancel()).await;
}

/// A text of a server without what it was sent in headers: answers are shown to whoever may see the result.
fn without_secrets(server: &ToolServer, text: &str) -> String {
    /// Shorter values are no secrets, and stand in any text.
    const LEAST: usize = 6;
    // `Bearer abc`: the secret is the last word.
    let values = server
        .headers
        .iter()
        .flat_map(|(_, value)| [value.trim(), value.rsplit(' ').next().unwrap_or_default()]);
    values
        .filter(|value| value.len() >= LEAST)
        .fold(text.to_owned(), |text, value| text.replace(value, "***"))
}

/// The innermost cause says what happened; those around it repeat that something did.
fn in_words(error: &dyn std::error::Error) -> String {
    let mut innermost = error;
    while let Some(inner) = innermost.source() {
        innermost = inner;
    }
    cut(&innermost.to_string(), 300)
}

fn cut(text: &str, most: usize) -> String {
    text.chars().take(most).collect()
}
