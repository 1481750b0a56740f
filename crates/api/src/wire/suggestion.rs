//! What the helpers suggest, as JSON.

use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;

/// A task for what somebody wants.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct SuggestedTask {
    pub title: String,
    /// `{type: json, json_schema}`, as `task_spec` takes it.
    pub input_schema: Value,
    pub output_schema: Value,
    /// Sample rows; empty, since rules know none.
    pub inputs: Vec<Value>,
    pub warnings: Vec<SuggestionWarning>,
}

#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct SuggestionWarning {
    /// `schema_generalization`: the wish was wider than the schema.
    #[serde(rename = "type")]
    pub kind: &'static str,
    pub message: String,
}

/// Processors for a task, best first.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct SuggestedProcessors {
    pub recommended_processors: Vec<String>,
}
