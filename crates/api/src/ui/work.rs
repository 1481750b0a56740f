//! What a run does and did: its stages, numbers against their caps, steps and sources. Gathered bit by bit, so that a
//! page that is looked at for an hour reads each event once.

use std::collections::HashMap;

use domain::clock::TimeMs;
use domain::event::{self, EventKind, Progress, Stage};
use domain::evidence::TextRef;
use domain::ids::PageId;
use domain::run::{Run, RunState};
use domain::spec::Spec;
use store::{Failed, Outcome, RunRow, STEPS_AT_ONCE, Step};

use crate::App;
use crate::ui::figures::{self, StatView, Used};
use crate::ui::site::Site;
use crate::ui::words;

/// Lines of either list on a page that does not ask for all.
const SHOWN: usize = 24;
/// Most lines kept of either list; the oldest make way.
const MAX_KEPT: usize = 1_000;
/// Titles of found addresses that are remembered.
const MAX_TITLES: usize = 20_000;
/// Parts of the events and steps that are read in one look, so that no page takes long.
const MAX_PARTS: usize = 10;

/// What was seen of a run so far.
#[derive(Default)]
pub(super) struct Watching {
    last_event: i64,
    last_step: i64,
    plan: Vec<String>,
    log: Vec<LogLine>,
    sources: Vec<Source>,
    titles: HashMap<String, String>,
    searches: u32,
    progress: Progress,
    now: Option<(Stage, String)>,
    /// When that began.
    now_at: TimeMs,
    asking: Option<Asking>,
    /// What models took so far, in millionths of a US dollar, as far as their prices are known.
    cost_micro_usd: Option<i64>,
    /// Whether a model answered whose price is not known.
    has_unpriced: bool,
}

/// Calls of a model, side by side, that are waited for.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Asking {
    model: String,
    since: TimeMs,
    answers: i64,
}

#[derive(Debug, Clone, PartialEq, Eq)]
struct Source {
    key: i64,
    address: String,
    text: Option<TextRef>,
    page: Option<PageId>,
    failure: Option<String>,
}

/// One line of the log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct LogLine {
    pub(super) key: String,
    at: TimeMs,
    /// Since the start of the run.
    pub(super) clock: String,
    pub(super) kind: String,
    pub(super) what: String,
    pub(super) took: String,
}

pub(super) struct WorkView {
    pub(super) stages: Vec<(&'static str, &'static str)>,
    pub(super) now: String,
    pub(super) asking: Option<AskingView>,
    pub(super) stats: Vec<StatView>,
    pub(super) plan: Vec<String>,
    pub(super) log: Vec<LogLine>,
    pub(super) log_total: usize,
    pub(super) sources: Vec<SourceView>,
    pub(super) sources_total: usize,
    pub(super) sources_words: String,
}

/// Which model is asked, for how long, and what came of it.
pub(super) struct AskingView {
    pub(super) model: String,
    pub(super) clock: String,
    pub(super) spent: i64,
    pub(super) answers: Option<String>,
}

pub(super) struct SourceView {
    pub(super) key: i64,
    pub(super) title: String,
    pub(super) place: String,
    /// The archived page.
    pub(super) page: Option<String>,
    pub(super) failure: Option<String>,
}

const STAGES: [(&str, Option<Stage>); 5] = [
    ("plan", Some(Stage::Plan)),
    ("search", Some(Stage::Search)),
    ("read", Some(Stage::Extract)),
    ("weigh", Some(Stage::Result)),
    ("deliver", None),
];

impl Watching {
    /// Reads what is new. `false` where nothing is.
    pub(super) async fn look(&mut self, app: &App, row: &RunRow) -> Result<bool, Failed> {
        let before = (self.last_event, self.last_step);
        let began = row.run.started_at.unwrap_or(row.run.created_at);
        for _ in 0..MAX_PARTS {
            let events = app.store.events_of(row.seq, self.last_event).await?;
            let Some(last) = events.last() else { break };
            self.last_event = last.seq;
            for event in events {
                match event.kind {
                    EventKind::State(_) => {}
                    EventKind::Progress(progress) => self.progress = progress,
                    EventKind::Message { stage, message } => {
                        self.hear(stage, message, event.seq, event.at, began);
                    }
                }
            }
        }
        for _ in 0..MAX_PARTS {
            let steps = app.store.steps_of(row.seq, self.last_step).await?;
            let Some(last) = steps.last() else { break };
            self.last_step = last.seq;
            let is_all = i64::try_from(steps.len()).is_ok_and(|count| count < STEPS_AT_ONCE);
            for step in &steps {
                self.note(step, began);
            }
            if is_all {
                break;
            }
        }
        let is_new = before != (self.last_event, self.last_step);
        if is_new {
            self.find_pages(app).await?;
            self.log.sort_by_key(|line| line.at);
            let surplus = self.log.len().saturating_sub(MAX_KEPT);
            self.log.drain(..surplus);
            let surplus = self.sources.len().saturating_sub(MAX_KEPT);
            self.sources.drain(..surplus);
        }
        Ok(is_new)
    }

    fn hear(&mut self, stage: Stage, message: String, seq: i64, at: TimeMs, began: TimeMs) {
        if let Some(model) = event::asked(&message) {
            self.asking = Some(Asking { model: model.to_owned(), since: at, answers: 0 });
            if self.now.as_ref().is_none_or(|(now, _)| *now != stage) {
                self.turn_to(stage, at, doing(stage).to_owned());
            }
            return;
        }
        self.asking = None;
        match stage {
            Stage::Plan => self.plan.push(message.clone()),
            Stage::Result => self.log.push(LogLine {
                key: format!("e{seq}"),
                at,
                clock: words::clock(at.since_ms(began)),
                kind: "weigh".into(),
                what: message.clone(),
                took: String::new(),
            }),
            // Their calls stand in the log one by one.
            Stage::Search | Stage::Extract => {}
        }
        self.turn_to(stage, at, message);
    }

    /// Steps tell more often than the story does: what is later is what is being done.
    fn turn_to(&mut self, stage: Stage, at: TimeMs, message: String) {
        if at >= self.now_at {
            self.now = Some((stage, message));
            self.now_at = at;
        }
    }

    fn note(&mut self, step: &Step, began: TimeMs) {
        let mut kind = step.kind.as_str();
        match kind {
            "read" => {
                let (text, failure) = match &step.outcome {
                    Outcome::Read(text) => (Some(*text), None),
                    Outcome::Failed(why) => (None, Some(why.clone())),
                    Outcome::Found(_) | Outcome::Other => (None, None),
                };
                self.sources.retain(|known| known.address != step.detail);
                let (key, address) = (step.seq, step.detail.clone());
                self.sources.push(Source { key, address, text, page: None, failure });
                let read = self.sources.iter().filter(|one| one.failure.is_none()).count();
                let read = words::counted(i64::try_from(read).unwrap_or(0), "page", "pages");
                self.turn_to(Stage::Extract, step.at, format!("Reading: {read} read so far."));
            }
            "search.local" | "search.web" => {
                kind = "search";
                self.searches += 1;
                if let Outcome::Found(hits) = &step.outcome
                    && self.titles.len() < MAX_TITLES
                {
                    let named = hits.iter().filter(|(_, title)| !title.trim().is_empty());
                    self.titles.extend(named.cloned());
                }
                let found = i64::try_from(self.titles.len()).unwrap_or(0);
                let found = words::counted(found, "address", "addresses");
                self.turn_to(Stage::Search, step.at, format!("Searching: {found} found so far."));
            }
            "model" => {
                if let Some(asking) = &mut self.asking {
                    asking.answers += 1;
                }
                match step.cost_micro_usd {
                    Some(cost) => {
                        self.cost_micro_usd = Some(self.cost_micro_usd.unwrap_or(0) + cost);
                    }
                    None => self.has_unpriced = true,
                }
            }
            _ => {}
        }
        let what = match &step.outcome {
            Outcome::Failed(why) => format!("{}: {why}", words::place(&step.detail)),
            Outcome::Found(hits) => format!("{} ({} found)", step.detail, hits.len()),
            Outcome::Read(_) => self.title(&step.detail),
            Outcome::Other => words::place(&step.detail),
        };
        self.log.push(LogLine {
            key: format!("s{}", step.seq),
            at: step.at,
            clock: words::clock(step.at.since_ms(began)),
            kind: kind.to_owned(),
            what: words::short(&what, 240),
            took: words::spent(step.elapsed_ms),
        });
    }

    fn title(&self, address: &str) -> String {
        self.titles.get(address).cloned().unwrap_or_else(|| words::place(address))
    }

    async fn find_pages(&mut self, app: &App) -> Result<(), Failed> {
        let unknown: Vec<TextRef> = self
            .sources
            .iter()
            .filter(|one| one.page.is_none())
            .filter_map(|one| one.text)
            .collect();
        let pages = app.store.pages_of(&unknown).await?;
        for source in &mut self.sources {
            if let (None, Some(text)) = (source.page, source.text) {
                source.page = pages.get(&text).copied();
            }
        }
        Ok(())
    }

    pub(super) fn view(
        &self,
        run: &Run,
        spec: &Spec,
        site: &Site,
        now: TimeMs,
        has_prices: bool,
        is_all: bool,
    ) -> WorkView {
        let shown = if is_all { MAX_KEPT } else { SHOWN };
        let read = self.read();
        let failed = self.sources.len() - read;
        let found = self.titles.len();
        let mut counts = Vec::new();
        if found > 0 {
            counts
                .push(format!("{} found", words::count(i64::try_from(found).unwrap_or(i64::MAX))));
        }
        if !self.sources.is_empty() {
            counts.push(format!("{read} read"));
        }
        if failed > 0 {
            counts.push(format!("{failed} not readable"));
        }
        let source = |one: &Source| SourceView {
            key: one.key,
            title: self.title(&one.address),
            place: words::place(&one.address),
            // Whoever came by a link sees the pages that are cited, to which the quotes lead.
            page: one
                .page
                .filter(|_| !site.is_guest)
                .map(|page| site.to(&format!("/pages/{page}"))),
            failure: one.failure.clone(),
        };
        WorkView {
            stages: self.stages(run.state),
            now: self.doing(run.state),
            asking: self.asking.as_ref().filter(|_| run.state == RunState::Running).map(|asking| {
                let spent = now.since_ms(asking.since);
                let answers = words::counted(asking.answers, "answer", "answers");
                AskingView {
                    model: asking.model.clone(),
                    clock: words::clock(spent),
                    spent,
                    answers: (asking.answers > 0).then(|| format!("{answers} so far")),
                }
            }),
            stats: figures::of(run, spec, now, has_prices, &self.used()),
            plan: self.plan.clone(),
            log: self.log.iter().rev().take(shown).cloned().collect(),
            log_total: self.log.len(),
            sources: self.sources.iter().rev().take(shown).map(source).collect(),
            sources_total: self.sources.len(),
            sources_words: counts.join(", "),
        }
    }

    /// What is being done, and which model is waited for.
    pub(super) fn says(&self, state: RunState) -> String {
        match &self.asking {
            Some(asking) if state == RunState::Running => {
                format!("{} Asking {}.", self.doing(state), asking.model)
            }
            Some(_) | None => self.doing(state),
        }
    }

    /// Pages that were read so far.
    pub(super) fn read(&self) -> usize {
        self.sources.iter().filter(|one| one.failure.is_none()).count()
    }

    /// What is being done, as a sentence.
    fn doing(&self, state: RunState) -> String {
        match (state, &self.now) {
            (RunState::Queued, _) => "Waiting for its turn.".into(),
            (RunState::Cancelling, _) => "Letting go: what was read so far is kept.".into(),
            (_, Some((_, message))) => words::short(message, 300),
            (_, None) => "Beginning.".into(),
        }
    }

    fn stages(&self, state: RunState) -> Vec<(&'static str, &'static str)> {
        let here = match (state.is_active(), &self.now) {
            (false, _) => STAGES.len(),
            (true, Some((stage, _))) => {
                STAGES.iter().position(|(_, of)| of.as_ref() == Some(stage)).unwrap_or(0)
            }
            (true, None) => 0,
        };
        let class = |nth: usize| match nth.cmp(&here) {
            std::cmp::Ordering::Less => "done",
            std::cmp::Ordering::Equal if state != RunState::Queued => "here",
            std::cmp::Ordering::Equal | std::cmp::Ordering::Greater => "",
        };
        STAGES.iter().enumerate().map(|(nth, (name, _))| (*name, class(nth))).collect()
    }

    fn used(&self) -> Used {
        Used {
            searches: self.searches,
            pages: u32::try_from(self.sources.len()).unwrap_or(u32::MAX),
            considered: self.progress.sources_considered,
            cost_micro_usd: self.cost_micro_usd,
            has_unpriced: self.has_unpriced,
        }
    }

    pub(super) const fn is_empty(&self) -> bool {
        self.log.is_empty() && self.plan.is_empty()
    }
}

/// What a stage does while nothing more is known.
const fn doing(stage: Stage) -> &'static str {
    match stage {
        Stage::Plan => "Planning what to look for.",
        Stage::Search => "Searching.",
        Stage::Extract => "Looking through what was read.",
        Stage::Result => "Writing and checking.",
    }
}

#[cfg(test)]
mod tests {
    use store::Step;

    use super::*;

    fn step(kind: &str, cost_micro_usd: Option<i64>) -> Step {
        Step {
            seq: 1,
            kind: kind.into(),
            detail: "read: qwen".into(),
            at: TimeMs(5_000),
            elapsed_ms: 1,
            outcome: Outcome::Other,
            cost_micro_usd,
        }
    }

    #[test]
    fn a_model_that_is_asked_is_named_until_something_else_is_said() {
        let mut watching = Watching::default();
        let hear = |watching: &mut Watching, stage, message: &str| {
            watching.hear(stage, message.into(), 1, TimeMs(1_000), TimeMs(0));
        };
        hear(&mut watching, Stage::Plan, "Asking qwen (planner)");
        assert_eq!(
            watching.says(RunState::Running),
            "Planning what to look for. Asking qwen (planner)."
        );
        assert!(watching.plan.is_empty(), "it is no part of the plan");
        hear(&mut watching, Stage::Extract, "Asking qwen (reader)");
        watching.note(&step("model", Some(31_000)), TimeMs(0));
        assert_eq!(watching.asking.as_ref().unwrap().answers, 1);
        assert_eq!((watching.cost_micro_usd, watching.has_unpriced), (Some(31_000), false));
        watching.note(&step("model", None), TimeMs(0));
        assert!(watching.has_unpriced);
        hear(&mut watching, Stage::Result, "Round 1: 3 statements worth quoting");
        assert_eq!(watching.says(RunState::Running), "Round 1: 3 statements worth quoting");
    }
}
