//! The result of a run as JSON: content, and for each field the quotes it rests on.

use domain::evidence::Evidence;
use domain::output::{Basis, Confidence, Content, Missing, Output};
use domain::receipt::Receipt;
use domain::run::Run;
use domain::schema::FieldKind;
use domain::tools::ToolCall;
use serde::Serialize;
use serde_json::{Map, Value};
use utoipa::ToSchema;

use crate::wire::{Links, ReceiptView, TaskRun, run_view};

/// A completed run with its answer.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct TaskRunResult {
    pub run: TaskRun,
    pub output: OutputView,
    /// Ours: what was done for the answer.
    pub receipt: ReceiptView,
}

/// The answer.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
#[serde(tag = "type", rename_all = "lowercase")]
#[schema(as = Output)]
pub enum OutputView {
    Text {
        /// Markdown; `[1]` refers to the first citation of the one basis entry.
        content: String,
        basis: Vec<BasisView>,
        /// Tools of `mcp_servers` that were called, in order; null where none was.
        mcp_tool_calls: Option<Vec<ToolCallView>>,
    },
    Json {
        content: Map<String, Value>,
        basis: Vec<BasisView>,
        mcp_tool_calls: Option<Vec<ToolCallView>>,
        /// Where the schema was made for the question.
        #[serde(skip_serializing_if = "Option::is_none")]
        output_schema: Option<Value>,
    },
}

/// One call of a tool of `mcp_servers`.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
#[schema(as = McpToolCall)]
pub struct ToolCallView {
    pub tool_call_id: String,
    pub server_name: String,
    pub tool_name: String,
    /// JSON as text.
    pub arguments: String,
    /// What the tool answered, its first 8,000 characters.
    pub content: Option<String>,
    /// Why there is no answer, or what the tool says went wrong.
    pub error: Option<String>,
}

impl From<&ToolCall> for ToolCallView {
    fn from(call: &ToolCall) -> Self {
        let ToolCall { id, server, tool, arguments, content, error } = call.clone();
        Self { tool_call_id: id, server_name: server, tool_name: tool, arguments, content, error }
    }
}

/// Why one field has the value it has.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
#[schema(as = FieldBasis)]
pub struct BasisView {
    /// The field's name, `output` for text, `staff.0` for an element of a list.
    pub field: String,
    pub reasoning: String,
    pub citations: Vec<CitationView>,
    /// `high`, `medium`, `low` or null.
    pub confidence: Option<&'static str>,
    /// Ours: why the value is null: `not_found`, `no_pages`, `needs_model`, `model_down`, `budget`, `ambiguous` or `unsupported`.
    pub missing: Option<&'static str>,
    /// Ours: other values that sources gave.
    pub conflicts: Vec<ConflictView>,
    /// Ours: how the value came about: `found`, `judged` or `written`; null for text.
    pub kind: Option<&'static str>,
}

/// A value that a source states but that was not chosen.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
#[schema(as = Conflict)]
pub struct ConflictView {
    pub value: Value,
    pub citations: Vec<CitationView>,
}

/// A quote and where it stands.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
#[schema(as = Citation)]
pub struct CitationView {
    pub url: String,
    pub title: Option<String>,
    /// Verbatim.
    pub excerpts: Vec<String>,
    /// Ours: the archived page with the quote marked, where a server shows it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub page_url: Option<String>,
}

/// Every quote that an answer rests on.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct EvidenceList {
    /// In the order of the answer; empty where the run ended without one.
    pub evidence: Vec<EvidenceView>,
}

/// One quote, where it stands, and what it was quoted for.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
#[schema(as = Evidence)]
pub struct EvidenceView {
    /// The field's name, `output` for text.
    pub field: String,
    /// Whether it supports another value than the one that was chosen.
    pub is_conflict: bool,
    #[serde(flatten)]
    pub citation: CitationView,
}

pub fn evidence_view(output: Option<&Output>, links: &Links) -> EvidenceList {
    let mut list = Vec::new();
    for basis in output.iter().flat_map(|output| &output.basis) {
        let mut add = |evidence: &[Evidence], is_conflict| {
            list.extend(evidence.iter().map(|evidence| EvidenceView {
                field: basis.field.clone(),
                is_conflict,
                citation: citation_view(evidence, links),
            }));
        };
        add(&basis.evidence, false);
        basis.conflicts.iter().for_each(|candidate| add(&candidate.evidence, true));
    }
    EvidenceList { evidence: list }
}

/// Puts a completed run together for a reader; `links` says how addresses are written.
pub fn result_view(run: &Run, output: &Output, receipt: &Receipt, links: &Links) -> TaskRunResult {
    TaskRunResult {
        run: run_view(run),
        output: output_view(output, links),
        receipt: receipt.into(),
    }
}

pub fn output_view(output: &Output, links: &Links) -> OutputView {
    let basis = output.basis.iter().map(|basis| basis_view(basis, links)).collect();
    let calls: Vec<ToolCallView> = output.tool_calls.iter().map(ToolCallView::from).collect();
    let mcp_tool_calls = (!calls.is_empty()).then_some(calls);
    match &output.content {
        Content::Text(text) => OutputView::Text { content: text.clone(), basis, mcp_tool_calls },
        Content::Fields { values, schema } => OutputView::Json {
            content: values.clone(),
            basis,
            mcp_tool_calls,
            output_schema: schema.clone(),
        },
    }
}

fn basis_view(basis: &Basis, links: &Links) -> BasisView {
    let citations = |evidence: &[Evidence]| {
        evidence.iter().map(|evidence| citation_view(evidence, links)).collect()
    };
    let conflicts = basis.conflicts.iter().map(|candidate| ConflictView {
        value: candidate.value.clone(),
        citations: citations(&candidate.evidence),
    });
    BasisView {
        field: basis.field.clone(),
        reasoning: basis.reasoning.clone(),
        citations: citations(&basis.evidence),
        confidence: basis.confidence.map(Confidence::as_str),
        missing: basis.missing.map(Missing::as_str),
        conflicts: conflicts.collect(),
        kind: basis.kind.map(FieldKind::as_str),
    }
}

fn citation_view(evidence: &Evidence, links: &Links) -> CitationView {
    CitationView {
        url: links.address(evidence),
        title: (!evidence.title.is_empty()).then(|| evidence.title.clone()),
        excerpts: vec![evidence.quote.clone()],
        page_url: links.page(evidence.page),
    }
}
