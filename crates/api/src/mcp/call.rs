//! One call of a tool: who calls, where answers come from, and how answers and refusals are written.

use std::fmt;

use domain::run::Run;
use rmcp::model::{CallToolResult, ContentBlock};
use rmcp::service::{RequestContext, RoleServer};
use serde::Serialize;
use serde_json::{Map, Value};
use tracing::{error, warn};

use crate::App;
use crate::gate::Caller;
use crate::mcp::ToolSet;
use crate::problem::{Kind, Problem};
use crate::sharing::{self, Signer};
use crate::wire::Links;

/// Everything that a tool needs.
pub(super) struct Call {
    pub(super) app: App,
    pub(super) caller: Caller,
    pub(super) tools: ToolSet,
    /// Whether the client runs on this machine, as the one who started us.
    pub(super) is_pipe: bool,
    /// Makes links that open without a key.
    pub(super) signer: Signer,
    pub(super) context: RequestContext<RoleServer>,
}

/// Why a tool did nothing, for the model that called it: one sentence for each thing to mend.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Refusal {
    pub(super) problems: Vec<String>,
}

/// Problems told at once; the others come up when these are mended.
pub(super) const MAX_PROBLEMS: usize = 5;

impl Refusal {
    pub(super) fn one(problem: impl Into<String>) -> Self {
        Self { problems: vec![problem.into()] }
    }
}

impl From<Problem> for Refusal {
    fn from(problem: Problem) -> Self {
        if let Some(cause) = &problem.cause {
            if problem.kind == Kind::Internal {
                error!(cause, "a tool failed: {}", problem.message);
            } else {
                warn!(cause, "a tool was refused: {}", problem.message);
            }
        }
        // The log names the cause; a model has no use for a reference.
        let message = match problem.kind {
            Kind::Internal => "something broke on the server, and its log says what".to_owned(),
            Kind::Malformed
            | Kind::Unauthorized
            | Kind::Forbidden
            | Kind::NotFound
            | Kind::WrongMethod
            | Kind::StillActive
            | Kind::InFlight
            | Kind::TooLarge
            | Kind::Invalid
            | Kind::Unavailable
            | Kind::NoRoom => problem.message,
        };
        Self::one(message)
    }
}

impl From<store::Failed> for Refusal {
    fn from(failed: store::Failed) -> Self {
        Problem::from(failed).into()
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.problems.as_slice() {
            [one] => f.write_str(one),
            many => {
                let shown = many.iter().take(MAX_PROBLEMS).enumerate();
                for (at, problem) in shown {
                    writeln!(f, "{}. {problem}", at + 1)?;
                }
                match many.len().saturating_sub(MAX_PROBLEMS) {
                    0 => Ok(()),
                    more => write!(f, "… and {more} more"),
                }
            }
        }
    }
}

/// Data as a tool gives it: the same object as text and as structured content.
pub(super) fn data(view: &impl Serialize) -> Result<CallToolResult, Refusal> {
    let text = serde_json::to_string_pretty(view);
    let value = serde_json::to_value(view);
    let (Ok(text), Ok(value)) = (text, value) else {
        return Err(Problem::internal("an answer of a tool is no JSON").into());
    };
    let mut result = CallToolResult::success(vec![ContentBlock::text(text)]);
    result.structured_content = Some(value);
    Ok(result)
}

/// Markdown, which is complete as text and has no other form.
pub(super) fn markdown(text: String) -> CallToolResult {
    CallToolResult::success(vec![ContentBlock::text(text)])
}

impl Call {
    /// Where the work can be watched, without a key.
    pub(super) fn run_url(&self, run: impl fmt::Display) -> String {
        self.url("runs", &run.to_string())
    }

    pub(super) fn group_url(&self, group: impl fmt::Display) -> String {
        self.url("groups", &group.to_string())
    }

    fn url(&self, what: &str, id: &str) -> String {
        let token = id.parse().ok().and_then(|work| self.signer.token(work));
        sharing::with_token(format!("{}/{what}/{id}", self.app.public_url), token.as_deref())
    }

    /// How the pages that this run cites are shown.
    pub(super) fn links(&self, run: &Run) -> Links {
        Links::public(&self.app.public_url, self.signer.token(sharing::work_of(run)))
    }

    /// Whether this request says that its client waits for tasks by itself. What a session of the older era has
    /// declared at its beginning does not count: results there have no other form.
    pub(super) fn takes_tasks(&self) -> bool {
        self.context.meta.client_capabilities().is_some_and(|can| can.supports_tasks())
    }
}

/// Members of an object that are there.
pub(super) fn object(members: impl IntoIterator<Item = (&'static str, Option<Value>)>) -> Value {
    let members = members.into_iter().filter_map(|(name, value)| Some((name.to_owned(), value?)));
    Value::Object(members.collect::<Map<_, _>>())
}
