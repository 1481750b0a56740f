//! Request bodies of the Task API, read leniently: members we do not know are noted, not refused.

use domain::spec::Refused;
use serde_json::{Map, Value};

use crate::problem::Problem;
use crate::submit::RunArgs;

/// What rows are added to a group with.
pub(crate) struct RowsBody {
    pub(crate) rows: Vec<RunArgs>,
    pub(crate) default_task_spec: Option<Value>,
    /// Names of members that were not used.
    pub(crate) unused: Vec<String>,
}

/// The body of a new run, or one row.
pub(crate) fn run_args(body: Map<String, Value>) -> Result<RunArgs, Problem> {
    let mut args = RunArgs::default();
    for (name, value) in body {
        match name.as_str() {
            "input" => args.input = value,
            "processor" => args.processor = text("processor", value, "for example `core`")?,
            "task_spec" => args.task_spec = Some(value),
            "source_policy" => args.source_policy = Some(value),
            "advanced_settings" => args.advanced_settings = Some(value),
            "metadata" => args.metadata = Some(value),
            "previous_interaction_id" => {
                args.previous = text("previous_interaction_id", value, "the id of an earlier run")?;
            }
            "webhook" => args.webhook = Some(value),
            "mcp_servers" => args.mcp_servers = Some(value),
            "enable_events" => args.enable_events = flag("enable_events", &value)?,
            "memory_scope_key" => args.memory_scope_key = memory_scope_key(value)?,
            _ if says_nothing(&value) => {}
            _ => args.unused.push(name),
        }
    }
    Ok(args)
}

/// The body of a new group.
#[derive(Default)]
pub(crate) struct GroupBody {
    pub(crate) metadata: Option<Value>,
    pub(crate) webhook: Option<Value>,
    /// Names of members that were not used.
    pub(crate) unused: Vec<String>,
}

pub(crate) fn group_body(body: Map<String, Value>) -> GroupBody {
    let mut read = GroupBody::default();
    for (name, value) in body {
        match name.as_str() {
            "metadata" => read.metadata = Some(value),
            "webhook" => read.webhook = Some(value),
            _ if says_nothing(&value) => {}
            _ => read.unused.push(name),
        }
    }
    read
}

impl RowsBody {
    pub(crate) fn read(body: Map<String, Value>) -> Result<Self, Problem> {
        let (mut inputs, mut default_task_spec, mut unused) = (None, None, Vec::new());
        for (name, value) in body {
            match name.as_str() {
                "inputs" => inputs = Some(value),
                "default_task_spec" => default_task_spec = Some(value),
                _ if says_nothing(&value) => {}
                _ => unused.push(name),
            }
        }
        let Some(Value::Array(inputs)) = inputs else {
            let message = "`inputs` must be a list of rows such as [{\"input\": {…}, \"processor\": \"core\"}]";
            return Err(Problem::invalid(message));
        };
        let rows = inputs.into_iter().enumerate().map(|(index, row)| match row {
            Value::Object(row) => run_args(row).map_err(|why| why.at_row(index)),
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) | Value::Array(_) => {
                Err(Problem::invalid(format!(
                    "`inputs[{index}]` must be an object such as {{\"input\": {{…}}, \"processor\": \"core\"}}"
                )))
            }
        });
        Ok(Self { rows: rows.collect::<Result<_, _>>()?, default_task_spec, unused })
    }
}

/// Whether a member we do not use asks for nothing anyway.
fn says_nothing(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::Array(list) => list.is_empty(),
        Value::Object(members) => members.is_empty(),
        Value::Bool(_) | Value::Number(_) | Value::String(_) => false,
    }
}

fn flag(name: &str, value: &Value) -> Result<Option<bool>, Refused> {
    match value {
        Value::Null => Ok(None),
        Value::Bool(flag) => Ok(Some(*flag)),
        Value::Number(_) | Value::String(_) | Value::Array(_) | Value::Object(_) => {
            Err(Refused::field(name, "must be true or false"))
        }
    }
}

/// The name of a memory, by the rule of the Task API.
fn memory_scope_key(value: Value) -> Result<Option<String>, Refused> {
    let key = text("memory_scope_key", value, "for example `team-a`")?;
    let is_name = |key: &str| {
        (1..=128).contains(&key.len())
            && key.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-'))
    };
    match key {
        Some(key) if !is_name(&key) => {
            Err(Refused::field("memory_scope_key", "must be 1 to 128 letters, digits, `_` and `-`"))
        }
        key => Ok(key),
    }
}

fn text(name: &str, value: Value, such: &str) -> Result<Option<String>, Refused> {
    match value {
        Value::Null => Ok(None),
        Value::String(text) => Ok(Some(text)),
        Value::Bool(_) | Value::Number(_) | Value::Array(_) | Value::Object(_) => {
            Err(Refused::field(name, format!("must be text, {such}")))
        }
    }
}
