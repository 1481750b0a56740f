//! Tools of the servers that a request names: each list is fetched once, and each call made once.

use domain::evidence::TextRef;
use domain::tools::{ToolCall, ToolServer};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};
use sources::Tool;

use super::{Answer, World};
use crate::{Failed, ReadPage};

/// Characters of an answer that are reported beside the result of the run; the whole of it is archived.
const REPORTED: usize = 8_000;

/// A call that was made: what is reported of it, and its answer as a page.
pub(crate) struct Called {
    pub(crate) call: ToolCall,
    pub(crate) page: Option<ReadPage>,
}

#[derive(Serialize, Deserialize)]
struct JournalTool {
    name: String,
    description: String,
    input_schema: Value,
}

#[derive(Serialize, Deserialize)]
struct JournalTold {
    content: String,
    is_error: bool,
    text: Option<i64>,
}

impl World {
    /// What a server offers to this run, or why it cannot be asked.
    pub(crate) async fn tools_of(
        &self,
        server: &ToolServer,
    ) -> Result<Result<Vec<Tool>, String>, Failed> {
        let request = json!({"url": server.url, "allowed": server.allowed});
        let answer: Answer<Vec<JournalTool>> = self
            .once("tools", request, server.name.clone(), async {
                Ok(match Box::pin(self.library.sources().tools(server)).await {
                    Ok(tools) => Answer::Got(tools.into_iter().map(JournalTool::from).collect()),
                    Err(why) => Answer::Failed(why),
                })
            })
            .await?;
        Ok(match answer {
            Answer::Got(tools) => Ok(tools.into_iter().map(Tool::from).collect()),
            Answer::Failed(why) => Err(why),
        })
    }

    /// Calls a tool. That it fails is an answer too.
    pub(crate) async fn call_tool(
        &self,
        server: &ToolServer,
        tool: &str,
        arguments: &Map<String, Value>,
    ) -> Result<Called, Failed> {
        let request = json!({"url": server.url, "tool": tool, "arguments": arguments});
        let given = Value::Object(arguments.clone()).to_string();
        let detail = format!("{}.{tool} {given}", server.name);
        let answer: Answer<JournalTold> = self
            .once("tool", request, detail, async {
                let sources = self.library.sources();
                let told = Box::pin(sources.call_tool(server, tool, arguments.clone())).await;
                Ok(match told {
                    Ok(told) => Answer::Got(self.archived_answer(server, tool, told).await?),
                    Err(why) => Answer::Failed(why),
                })
            })
            .await?;
        let mut call = ToolCall {
            id: String::new(),
            server: server.name.clone(),
            tool: tool.to_owned(),
            arguments: given,
            content: None,
            error: None,
        };
        let mut page = None;
        match answer {
            Answer::Failed(why) => call.error = Some(why),
            Answer::Got(JournalTold { content, is_error: true, .. }) => call.error = Some(content),
            Answer::Got(JournalTold { content, is_error: false, text }) => {
                call.content = Some(content);
                if let Some(text) = text {
                    page = Some(self.library.page(TextRef(text)).await?.page.clone());
                }
            }
        }
        Ok(Called { call, page })
    }

    async fn archived_answer(
        &self,
        server: &ToolServer,
        tool: &str,
        told: sources::ToolAnswer,
    ) -> Result<JournalTold, Failed> {
        let content = told.text.chars().take(REPORTED).collect();
        let text = if told.is_error {
            None
        } else {
            let address = format!("tool:{}/{tool}", server.name);
            let page = self.library.told(self.claimed.owner, &address, told.text).await?;
            page.map(|page| page.text_ref.0)
        };
        Ok(JournalTold { content, is_error: told.is_error, text })
    }

    /// Reports a call with the result; numbered in the order in which they are reported.
    pub(crate) fn note_tool_call(&self, call: ToolCall) {
        let mut seen = self.lock_seen();
        let id = format!("tool_{}", seen.tool_calls.len() + 1);
        seen.tool_calls.push(ToolCall { id, ..call });
    }
}

impl From<Tool> for JournalTool {
    fn from(tool: Tool) -> Self {
        let Tool { name, description, input_schema } = tool;
        Self { name, description, input_schema }
    }
}

impl From<JournalTool> for Tool {
    fn from(kept: JournalTool) -> Self {
        let JournalTool { name, description, input_schema } = kept;
        Self { name, description, input_schema }
    }
}
