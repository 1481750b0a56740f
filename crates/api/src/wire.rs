//! The promise to callers: how runs, groups and results are written as JSON.
//!
//! Members of the Task API keep its names and meanings; ours are added beside them.

mod delivery;
pub(crate) mod documented;
mod estimate;
mod input;
mod links;
mod receipt;
mod request;
mod result;
mod stream;
mod suggestion;
mod web;

use std::collections::BTreeMap;

use domain::group::{Counts, Group};
use domain::run::{Run, RunState, Warning};
use serde::Serialize;
use serde_json::{Map, Value, json};
use store::Rows;
use utoipa::ToSchema;

pub use delivery::{DeliveryList, DeliveryView, delivery_view};
pub use estimate::{EstimateView, RangeView};
pub use input::{RunInputView, input_view};
pub use links::Links;
pub(crate) use links::is_web;
pub use receipt::{ReceiptView, UnreadableView};
pub(crate) use request::{GroupBody, RowsBody, group_body, run_args};
pub use result::{
    BasisView, CitationView, ConflictView, EvidenceList, EvidenceView, OutputView, TaskRunResult,
    evidence_view, output_view, result_view,
};
pub use stream::{
    ErrorEvent, GroupStatusEvent, MessageEvent, ProgressEvent, SourceStats, StateEvent, StreamEvent,
};

pub use suggestion::{SuggestedProcessors, SuggestedTask, SuggestionWarning};
pub use web::{ExtractError, ExtractResult, ExtractView, SearchResult, SearchView, Used};

/// A run, as every door shows it.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct TaskRun {
    pub run_id: String,
    /// The same as `run_id`.
    pub interaction_id: String,
    /// `queued`, `running`, `completed`, `failed`, `cancelling` or `cancelled`.
    #[schema(value_type = documented::RunStatus)]
    pub status: &'static str,
    pub is_active: bool,
    pub processor: String,
    pub warnings: Option<Vec<WarningView>>,
    /// Set when the run has failed.
    pub error: Option<ErrorView>,
    pub metadata: Option<Map<String, Value>>,
    pub taskgroup_id: Option<String>,
    /// RFC 3339 with microseconds, UTC.
    pub created_at: String,
    pub modified_at: String,
}

/// Something the caller should know although the work goes on.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
#[schema(as = Warning)]
pub struct WarningView {
    #[serde(rename = "type")]
    pub kind: &'static str,
    pub message: String,
    pub detail: Option<Value>,
}

/// What went wrong, in words and with a reference.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
#[schema(as = Error)]
pub struct ErrorView {
    /// For a failed run made from its id, so that it stays the same.
    pub ref_id: String,
    pub message: String,
    /// For a failed run `{"code": …}`.
    pub detail: Option<Value>,
}

/// How every refusal is written.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct ErrorEnvelope {
    /// Always `error`.
    #[serde(rename = "type")]
    pub kind: &'static str,
    pub error: ErrorView,
}

/// Whether the server can work.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct Health {
    pub name: &'static str,
    /// Always `ok`; what is not is answered with 503.
    pub status: &'static str,
}

/// A group of runs.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct TaskGroup {
    pub taskgroup_id: String,
    pub created_at: String,
    pub status: TaskGroupStatus,
    pub metadata: Option<Map<String, Value>>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub warnings: Vec<WarningView>,
}

/// How far a group is.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct TaskGroupStatus {
    pub num_task_runs: i64,
    /// Only states in which there is a run.
    pub task_run_status_counts: BTreeMap<&'static str, i64>,
    pub is_active: bool,
    pub status_message: Option<String>,
    pub modified_at: Option<String>,
}

/// The answer to adding rows.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct TaskGroupRunResponse {
    pub status: TaskGroupStatus,
    /// In the order in which the rows were sent.
    pub run_ids: Vec<String>,
    /// The places just before these rows in the group's two streams; null for the first rows.
    pub run_cursor: Option<String>,
    pub event_cursor: Option<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub warnings: Vec<WarningView>,
}

/// A part of the list of runs that belong to no group, newest first.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct RunList {
    pub runs: Vec<TaskRun>,
    /// Send it as `cursor` for the next part; null at the end.
    pub next_cursor: Option<String>,
}

/// A part of the list of groups, newest first.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct GroupList {
    pub groups: Vec<TaskGroup>,
    /// Send it as `cursor` for the next part; null at the end.
    pub next_cursor: Option<String>,
}

/// A run as the outside sees it.
pub fn run_view(run: &Run) -> TaskRun {
    let id = run.id.to_string();
    let error = run.failure.as_ref().map(|failure| ErrorView {
        ref_id: uuid_of(id.rsplit('_').next().unwrap_or_default()),
        message: failure.message.clone(),
        detail: Some(json!({"code": failure.code.as_str()})),
    });
    let warnings = warning_views(&run.warnings);
    TaskRun {
        interaction_id: id.clone(),
        run_id: id,
        status: run.state.as_str(),
        is_active: run.state.is_active(),
        processor: run.processor.clone(),
        warnings: (!warnings.is_empty()).then_some(warnings),
        error,
        metadata: run.metadata.clone(),
        taskgroup_id: run.group.map(|group| group.to_string()),
        created_at: run.created_at.rfc3339(),
        modified_at: run.modified_at.rfc3339(),
    }
}

pub fn warning_views(warnings: &[Warning]) -> Vec<WarningView> {
    let view = |warning: &Warning| WarningView {
        kind: warning.kind.as_str(),
        message: warning.message.clone(),
        detail: None,
    };
    warnings.iter().map(view).collect()
}

/// A group as the outside sees it.
pub fn group_view(group: &Group) -> TaskGroup {
    TaskGroup {
        taskgroup_id: group.id.to_string(),
        created_at: group.created_at.rfc3339(),
        status: status_view(&group.counts, Some(group.modified_at.rfc3339())),
        metadata: group.metadata.clone(),
        warnings: Vec::new(),
    }
}

pub fn status_view(counts: &Counts, modified_at: Option<String>) -> TaskGroupStatus {
    let counted = RunState::ALL.into_iter().map(|state| (state.as_str(), counts.of(state)));
    TaskGroupStatus {
        num_task_runs: counts.total(),
        task_run_status_counts: counted.filter(|(_, count)| *count > 0).collect(),
        is_active: counts.is_active(),
        status_message: None,
        modified_at,
    }
}

/// Rows that were just added.
pub fn rows_view(rows: &Rows) -> TaskGroupRunResponse {
    TaskGroupRunResponse {
        status: status_view(&rows.counts, Some(rows.modified_at.rfc3339())),
        run_ids: rows.runs.iter().map(ToString::to_string).collect(),
        run_cursor: rows.runs_before.map(|at| at.to_string()),
        event_cursor: rows.events_before.map(|at| at.to_string()),
        warnings: Vec::new(),
    }
}

/// 32 hex digits in the groups of a UUID.
pub(crate) fn uuid_of(hex: &str) -> String {
    let part = |from: usize, to: usize| hex.get(from..to).unwrap_or_default();
    format!("{}-{}-{}-{}-{}", part(0, 8), part(8, 12), part(12, 16), part(16, 20), part(20, 32))
}
