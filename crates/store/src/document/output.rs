//! Answers with their basis and evidence.

use domain::evidence::{Evidence, TextRef};
use domain::output::{Basis, Candidate, Confidence, Content, Missing, Output};
use domain::schema::FieldKind;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use super::tools::StoredToolCall;
use super::{parse, unreadable};
use crate::Failed;

#[derive(Serialize, Deserialize)]
struct StoredOutput {
    v: u32,
    content: StoredContent,
    basis: Vec<StoredBasis>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    tool_calls: Vec<StoredToolCall>,
}

#[derive(Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
enum StoredContent {
    Text { text: String },
    Fields { values: Map<String, Value>, schema: Option<Value> },
}

#[derive(Serialize, Deserialize)]
struct StoredBasis {
    field: String,
    reasoning: String,
    confidence: Option<String>,
    evidence: Vec<StoredEvidence>,
    missing: Option<String>,
    conflicts: Vec<StoredCandidate>,
    #[serde(default)]
    kind: Option<String>,
}

#[derive(Serialize, Deserialize)]
struct StoredCandidate {
    value: Value,
    evidence: Vec<StoredEvidence>,
}

#[derive(Serialize, Deserialize)]
struct StoredEvidence {
    text: i64,
    page: String,
    start: usize,
    end: usize,
    quote: String,
    address: String,
    title: String,
    section: Option<String>,
    published: Option<String>,
}

pub(crate) fn output_to_text(output: &Output) -> String {
    let content = match &output.content {
        Content::Text(text) => StoredContent::Text { text: text.clone() },
        Content::Fields { values, schema } => {
            StoredContent::Fields { values: values.clone(), schema: schema.clone() }
        }
    };
    let basis = output
        .basis
        .iter()
        .map(|basis| StoredBasis {
            field: basis.field.clone(),
            reasoning: basis.reasoning.clone(),
            confidence: basis.confidence.map(|word| word.as_str().into()),
            evidence: basis.evidence.iter().map(store_evidence).collect(),
            missing: basis.missing.map(|word| word.as_str().into()),
            conflicts: basis
                .conflicts
                .iter()
                .map(|candidate| StoredCandidate {
                    value: candidate.value.clone(),
                    evidence: candidate.evidence.iter().map(store_evidence).collect(),
                })
                .collect(),
            kind: basis.kind.map(|kind| kind.as_str().into()),
        })
        .collect();
    let tool_calls = output.tool_calls.iter().map(StoredToolCall::from).collect();
    json!(StoredOutput { v: 1, content, basis, tool_calls }).to_string()
}

pub(crate) fn output_from_text(text: &str) -> Result<Output, Failed> {
    let stored: StoredOutput = parse("output", text)?;
    let content = match stored.content {
        StoredContent::Text { text } => Content::Text(text),
        StoredContent::Fields { values, schema } => Content::Fields { values, schema },
    };
    let evidence = |stored: Vec<StoredEvidence>| -> Result<Vec<Evidence>, Failed> {
        stored.into_iter().map(load_evidence).collect()
    };
    let mut basis = Vec::with_capacity(stored.basis.len());
    for entry in stored.basis {
        let mut conflicts = Vec::with_capacity(entry.conflicts.len());
        for candidate in entry.conflicts {
            let value = candidate.value;
            conflicts.push(Candidate { value, evidence: evidence(candidate.evidence)? });
        }
        basis.push(Basis {
            field: entry.field,
            reasoning: entry.reasoning,
            confidence: entry.confidence.as_deref().and_then(Confidence::parse),
            evidence: evidence(entry.evidence)?,
            missing: entry.missing.as_deref().and_then(Missing::parse),
            conflicts,
            kind: entry.kind.as_deref().and_then(FieldKind::parse),
        });
    }
    let tool_calls = stored.tool_calls.into_iter().map(Into::into).collect();
    Ok(Output { content, basis, tool_calls })
}

fn store_evidence(evidence: &Evidence) -> StoredEvidence {
    StoredEvidence {
        text: evidence.text.0,
        page: evidence.page.to_string(),
        start: evidence.span.start,
        end: evidence.span.end,
        quote: evidence.quote.clone(),
        address: evidence.address.clone(),
        title: evidence.title.clone(),
        section: evidence.section.clone(),
        published: evidence.published.clone(),
    }
}

fn load_evidence(stored: StoredEvidence) -> Result<Evidence, Failed> {
    Ok(Evidence {
        text: TextRef(stored.text),
        page: stored.page.parse().map_err(|why| unreadable("page id", why))?,
        span: stored.start..stored.end,
        quote: stored.quote,
        address: stored.address,
        title: stored.title,
        section: stored.section,
        published: stored.published,
    })
}
