//! Server-sent events as JSON: what is told of a run while it works, and of the rows of a group.

use domain::event::{Event, EventKind, Progress};
use domain::run::Run;
use serde::Serialize;
use utoipa::ToSchema;

use crate::wire::{ErrorView, OutputView, RunInputView, TaskGroupStatus, TaskRun, run_view};

/// One event. Its `type` is also the name of the event on the wire.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
#[serde(untagged)]
pub enum StreamEvent {
    State(Box<StateEvent>),
    Message(MessageEvent),
    Progress(ProgressEvent),
    GroupStatus(GroupStatusEvent),
    Error(ErrorEvent),
}

/// A run and its state; the last event of a run that completed carries its output.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct StateEvent {
    #[serde(rename = "type")]
    pub kind: &'static str,
    /// Send it as `last_event_id` to go on behind this event; null for the state with which a stream opens.
    pub event_id: Option<String>,
    pub run: TaskRun,
    pub input: Option<RunInputView>,
    pub output: Option<OutputView>,
}

/// A sentence about what is being done.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct MessageEvent {
    #[serde(rename = "type")]
    pub kind: String,
    pub event_id: Option<String>,
    pub message: String,
    pub timestamp: String,
}

/// Numbers; the newest replace the last.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct ProgressEvent {
    #[serde(rename = "type")]
    pub kind: &'static str,
    pub event_id: Option<String>,
    pub source_stats: SourceStats,
    /// 0 to 100.
    pub progress_meter: u8,
}

#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct SourceStats {
    pub num_sources_considered: u32,
    pub num_sources_read: u32,
    /// A few addresses that were read, newest last.
    pub sources_read_sample: Vec<String>,
}

/// How far a group is.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct GroupStatusEvent {
    #[serde(rename = "type")]
    pub kind: &'static str,
    pub event_id: String,
    pub status: TaskGroupStatus,
}

/// The stream broke on the server's side; asking again goes on.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct ErrorEvent {
    #[serde(rename = "type")]
    pub kind: &'static str,
    pub error: ErrorView,
}

impl StateEvent {
    pub fn into_event(self) -> StreamEvent {
        StreamEvent::State(Box::new(self))
    }
}

impl StreamEvent {
    pub fn state(run: &Run, event_id: Option<i64>) -> StateEvent {
        StateEvent {
            kind: "task_run.state",
            event_id: event_id.map(|id| id.to_string()),
            run: run_view(run),
            input: None,
            output: None,
        }
    }

    pub fn group_status(status: TaskGroupStatus, event_id: i64) -> Self {
        let kind = "task_group_status";
        Self::GroupStatus(GroupStatusEvent { kind, event_id: event_id.to_string(), status })
    }

    pub fn error(error: ErrorView) -> Self {
        Self::Error(ErrorEvent { kind: "error", error })
    }

    /// A stored event of a run. Its state is the one of that moment, whatever came later.
    pub fn of(run: &Run, event: &Event) -> Self {
        let event_id = Some(event.seq.to_string());
        match &event.kind {
            EventKind::State(state) => {
                let then = Run { state: *state, ..run.clone() };
                Self::state(&then, Some(event.seq)).into_event()
            }
            EventKind::Message { stage, message } => Self::Message(MessageEvent {
                kind: format!("task_run.progress_msg.{}", stage.as_str()),
                event_id,
                message: message.clone(),
                timestamp: event.at.rfc3339(),
            }),
            EventKind::Progress(progress) => Self::Progress(ProgressEvent {
                kind: "task_run.progress_stats",
                event_id,
                source_stats: stats(progress),
                progress_meter: progress.percent,
            }),
        }
    }

    fn name(&self) -> &str {
        match self {
            Self::State(event) => event.kind,
            Self::Message(event) => &event.kind,
            Self::Progress(event) => event.kind,
            Self::GroupStatus(event) => event.kind,
            Self::Error(event) => event.kind,
        }
    }

    /// As it stands in the stream. There is no `id:` line on purpose: after one, the decoder of a widely used
    /// client takes the next keep-alive for an event and fails. The id is in the data.
    pub fn frame(&self) -> String {
        let data = serde_json::to_string(self).unwrap_or_default();
        format!("event: {}\ndata: {data}\n\n", self.name())
    }
}

fn stats(progress: &Progress) -> SourceStats {
    SourceStats {
        num_sources_considered: progress.sources_considered,
        num_sources_read: progress.sources_read,
        sources_read_sample: progress.sample.clone(),
    }
}

#[cfg(test)]
mod tests {
    use domain::clock::TimeMs;
    use domain::event::Stage;
    use domain::ids::RunId;
    use domain::run::RunState;
    use serde_json::json;

    use super::*;

    fn run() -> Run {
        Run {
            id: RunId::from_bits(1),
            group: None,
            index: None,
            state: RunState::Completed,
            processor: "pro".into(),
            created_at: TimeMs(0),
            modified_at: TimeMs(0),
            started_at: None,
            finished_at: None,
            metadata: None,
            warnings: Vec::new(),
            failure: None,
            previous: None,
            webhook: None,
        }
    }

    fn told(kind: EventKind) -> (String, serde_json::Value) {
        let frame = StreamEvent::of(&run(), &Event { seq: 3, at: TimeMs(0), kind }).frame();
        let (event, data) = frame.split_once('\n').unwrap();
        let data = data.strip_prefix("data: ").unwrap().strip_suffix("\n\n").unwrap();
        (event.to_owned(), serde_json::from_str(data).unwrap())
    }

    #[test]
    fn a_message_is_named_after_its_stage_and_stays_on_one_line() {
        let message =
            EventKind::Message { stage: Stage::Search, message: "Looking\nfor it".into() };
        let (event, data) = told(message);
        assert_eq!(event, "event: task_run.progress_msg.search");
        assert_eq!(data["message"], "Looking\nfor it");
        assert_eq!(data["event_id"], "3");
    }

    #[test]
    fn a_state_is_the_one_of_that_moment() {
        let (event, data) = told(EventKind::State(RunState::Running));
        assert_eq!(event, "event: task_run.state");
        assert_eq!(
            (&data["run"]["status"], &data["run"]["is_active"]),
            (&json!("running"), &json!(true))
        );
    }

    #[test]
    fn numbers_have_their_names_in_the_task_api() {
        let progress =
            Progress { sources_considered: 4, sources_read: 2, sample: vec![], percent: 40 };
        let (event, data) = told(EventKind::Progress(progress));
        assert_eq!(event, "event: task_run.progress_stats");
        assert_eq!(data["source_stats"]["num_sources_read"], 2);
        assert_eq!(data["progress_meter"], 40);
    }
}
