//! What is told of a run while it works, and warnings.

use domain::event::{EventKind, Progress, Stage};
use domain::run::{RunState, Warning, WarningKind};
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::{parse, unreadable};
use crate::Failed;

#[derive(Serialize, Deserialize)]
#[serde(untagged)]
enum StoredEvent {
    State { state: String },
    Message { stage: String, message: String },
    Progress { considered: u32, read: u32, sample: Vec<String>, percent: u8 },
}

/// The event's kind, as its column has it, and its body.
pub(crate) fn event_to_text(kind: &EventKind) -> (&'static str, String) {
    let (name, stored) = match kind {
        EventKind::State(state) => ("state", StoredEvent::State { state: state.as_str().into() }),
        EventKind::Message { stage, message } => (
            "message",
            StoredEvent::Message { stage: stage.as_str().into(), message: message.clone() },
        ),
        EventKind::Progress(progress) => (
            "progress",
            StoredEvent::Progress {
                considered: progress.sources_considered,
                read: progress.sources_read,
                sample: progress.sample.clone(),
                percent: progress.percent,
            },
        ),
    };
    (name, json!(stored).to_string())
}

pub(crate) fn event_from_text(body: &str) -> Result<EventKind, Failed> {
    Ok(match parse("event", body)? {
        StoredEvent::State { state } => EventKind::State(
            RunState::parse(&state).ok_or_else(|| unreadable("event", format!("state {state}")))?,
        ),
        StoredEvent::Message { stage, message } => EventKind::Message {
            stage: Stage::parse(&stage)
                .ok_or_else(|| unreadable("event", format!("stage {stage}")))?,
            message,
        },
        StoredEvent::Progress { considered, read, sample, percent } => {
            EventKind::Progress(Progress {
                sources_considered: considered,
                sources_read: read,
                sample,
                percent,
            })
        }
    })
}

pub(crate) fn warnings_to_text(warnings: &[Warning]) -> Option<String> {
    let stored: Vec<_> =
        warnings.iter().map(|warning| (warning.kind.as_str(), &warning.message)).collect();
    (!stored.is_empty()).then(|| json!(stored).to_string())
}

pub(crate) fn warnings_from_text(text: Option<&str>) -> Result<Vec<Warning>, Failed> {
    let stored: Vec<(String, String)> = match text {
        None => Vec::new(),
        Some(text) => parse("warnings", text)?,
    };
    Ok(stored
        .into_iter()
        .map(|(kind, message)| Warning { kind: WarningKind::parse(&kind), message })
        .collect())
}
