//! What a run was asked, as it is given back.

use domain::run::Run;
use domain::spec::{Input, SourcePolicy, Spec, Wanted};
use domain::tools::ToolServer;
use serde::Serialize;
use serde_json::{Map, Value, json};
use utoipa::ToSchema;

use crate::wire::documented;

/// The request that made a run. Members that nothing was asked of are null.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
#[schema(as = TaskRunInput)]
pub struct RunInputView {
    pub input: Value,
    pub processor: String,
    pub task_spec: Option<Value>,
    pub metadata: Option<Map<String, Value>>,
    pub source_policy: Option<Value>,
    pub previous_interaction_id: Option<String>,
    /// Without their headers, which are secrets.
    pub mcp_servers: Option<Vec<Value>>,
    #[schema(value_type = Option<documented::AdvancedSettings>)]
    pub advanced_settings: Option<Value>,
    pub enable_events: Option<bool>,
    pub memory_scope_key: Option<String>,
    /// Who is told of the end.
    #[schema(value_type = Option<documented::Webhook>)]
    pub webhook: Option<Value>,
}

pub fn input_view(run: &Run, input: &Input, spec: &Spec) -> RunInputView {
    RunInputView {
        input: input.to_json(),
        processor: run.processor.clone(),
        task_spec: task_spec(spec),
        metadata: run.metadata.clone(),
        source_policy: source_policy(&spec.policy),
        previous_interaction_id: run.previous.map(|id| id.to_string()),
        mcp_servers: mcp_servers(&spec.tools),
        advanced_settings: spec.echo.get("advanced_settings").cloned(),
        enable_events: spec.echo.get("enable_events").and_then(Value::as_bool),
        memory_scope_key: text(spec, "memory_scope_key"),
        webhook: run
            .webhook
            .as_ref()
            .map(|url| json!({"url": url, "event_types": ["task_run.status"]})),
    }
}

fn text(spec: &Spec, member: &str) -> Option<String> {
    spec.echo.get(member).and_then(Value::as_str).map(str::to_owned)
}

fn task_spec(spec: &Spec) -> Option<Value> {
    let output = match &spec.wanted {
        Wanted::Auto if spec.input_schema.is_none() => return None,
        Wanted::Auto => json!({"type": "auto"}),
        Wanted::Text { description } => json!({"type": "text", "description": description}),
        Wanted::Fields(schema) => json!({"type": "json", "json_schema": schema.raw()}),
    };
    Some(json!({"output_schema": output, "input_schema": spec.input_schema}))
}

fn mcp_servers(servers: &[ToolServer]) -> Option<Vec<Value>> {
    let shown = |server: &ToolServer| {
        json!({
            "type": "url", "name": server.name, "url": server.url, "allowed_tools": server.allowed,
        })
    };
    (!servers.is_empty()).then(|| servers.iter().map(shown).collect())
}

fn source_policy(policy: &SourcePolicy) -> Option<Value> {
    (*policy != SourcePolicy::default()).then(|| {
        json!({
            "include_domains": policy.include,
            "exclude_domains": policy.exclude,
            "after_date": policy.after,
        })
    })
}
