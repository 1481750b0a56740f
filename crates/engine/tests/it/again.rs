//! Runs whose models did not answer, or were not there: the rules finish, say why, and a retry fills what was left open.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use domain::output::{Missing, Output};
use domain::run::RunState;
use llm::Profile;
use serde_json::json;
use store::Filter;
use testkit::analyst::{Analyst, Habit};
use testkit::corpus::{self, QUESTION};
use testkit::model_server::{Asked, Fault, Said};
use testkit::{Database, build};

use crate::bench::{ME, new_run, values};
use crate::models::{Desk, profile, reasoning, report};
use crate::rows::{of_every_kind, plant};

/// Long enough for whatever is left alone after a failure.
const LATER: Duration = Duration::from_mins(11);

/// A table of one row.
struct Table {
    desk: Desk,
    group: domain::ids::GroupId,
}

impl Table {
    async fn of(desk: Desk) -> Self {
        let group = desk.bench.store.create_group(ME, None, None, None).await.unwrap();
        let group = group.made().unwrap().id;
        let row = new_run(&Arc::new(of_every_kind("core")), plant());
        desk.bench.store.add_rows(ME, group, vec![row], None).await.unwrap();
        Self { desk, group }
    }

    /// What the row answers once a worker has done it.
    async fn worked_on(&self) -> Output {
        let store = &self.desk.bench.store;
        let worker = self.desk.bench.start("ann");
        let row = loop {
            let filter = Filter { with_output: true, ..Filter::default() };
            let page = store.list_rows(ME, self.group, 0, 1, filter).await.unwrap();
            let row = page.runs.into_iter().next().unwrap();
            if !row.run.state.is_active() {
                break row;
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        };
        worker.stop().await;
        row.output.unwrap_or_else(|| panic!("{:?}", row.run.failure))
    }

    /// Fails unless what needs a model is open for `why`, and filled once that is over.
    async fn assert_filled_by_a_retry(&mut self, why: &str, mend: impl FnOnce(&mut Desk)) {
        let output = self.worked_on().await;
        assert_eq!(values(&output)["opened"], json!("1998-05-12"), "the rules find it");
        for field in ["danger", "listing"] {
            let basis = output.basis.iter().find(|basis| basis.field == field).unwrap();
            assert_eq!(basis.missing, Some(Missing::ModelDown), "{why}: {basis:?}");
            assert!(basis.reasoning.contains(why), "{why}: {}", basis.reasoning);
        }
        mend(&mut self.desk);
        self.desk.bench.clock.advance(LATER);
        assert_eq!(self.desk.bench.store.retry_rows(ME, self.group).await.unwrap(), Some(1));
        let output = self.worked_on().await;
        assert_eq!(values(&output)["danger"], json!("killed"), "{why}");
        assert!(output.basis.iter().all(|basis| basis.missing.is_none()), "{why}: {output:?}");
    }
}

#[tokio::test]
async fn fields_whose_model_could_not_answer_say_why_and_are_filled_by_a_retry() {
    for (fault, why) in [
        (Fault::error(503, "overloaded_error", "down for the night"), "down for the night"),
        (Fault::error(429, "insufficient_quota", "no credit"), "no credit"),
        (Fault::error(401, "invalid_api_key", "who are you"), "who are you"),
        (Fault::error(400, "invalid_request_error", "no such thing"), "no such thing"),
        (Fault::error(404, "not_found_error", "no such model"), "no such model"),
        (Fault::rate(&[("retry-after", "600")]), "takes no more requests"),
    ] {
        let desk = Desk::new(Habit::Careful).await;
        desk.server.always(Some(fault));
        // The wait that was asked for is kept by those who ask, and a new start of the program knows nothing of it.
        let begin_anew = |desk: &mut Desk| {
            desk.server.always(None);
            desk.bench.reasoning = Some(reasoning(&desk.bench, vec![profile(&desk.server)]));
        };
        Table::of(desk).await.assert_filled_by_a_retry(why, begin_anew).await;
    }
}

#[tokio::test]
async fn fields_whose_model_answered_nothing_that_fits_are_filled_by_a_retry() {
    for (said, why) in [
        (Said::Refusal("I cannot help with that.".into()), "declines to answer"),
        (Said::Text(String::new()), "without a word"),
        (Said::Text("I would rather talk of tides.".into()), "cannot be used"),
    ] {
        let (is_well, analyst) = (Arc::new(AtomicBool::new(false)), Analyst::new(Habit::Careful));
        let asked_how = Arc::clone(&is_well);
        let answer = move |asked: &Asked| {
            if asked_how.load(Ordering::SeqCst) { analyst.answer(asked) } else { said.clone() }
        };
        let desk = Desk::asking(corpus::web().await, answer, Database::sqlite()).await;
        let mend = |_: &mut Desk| is_well.store(true, Ordering::SeqCst);
        Table::of(desk).await.assert_filled_by_a_retry(why, mend).await;
    }
}

#[tokio::test]
async fn a_retry_asks_a_model_that_was_just_left_alone_and_once_where_it_is_as_before() {
    for fault in [
        Fault::error(429, "insufficient_quota", "no credit"),
        Fault::error(401, "invalid_api_key", "who are you"),
        Fault::error(404, "not_found_error", "no such model"),
    ] {
        let desk = Desk::new(Habit::Careful).await;
        desk.server.always(Some(fault));
        let table = Table::of(desk).await;
        table.worked_on().await;
        let hits = table.desk.server.hits();
        let store = &table.desk.bench.store;
        for asked in 1..3 {
            table.desk.bench.clock.advance(Duration::from_secs(1));
            assert_eq!(store.retry_rows(ME, table.group).await.unwrap(), Some(1));
            table.desk.bench.clock.advance(Duration::from_secs(1));
            let output = table.worked_on().await;
            assert!(output.basis.iter().any(|basis| basis.missing == Some(Missing::ModelDown)));
            assert_eq!(table.desk.server.hits(), hits + asked);
        }
        table.desk.server.always(None);
        table.desk.bench.clock.advance(Duration::from_secs(1));
        assert_eq!(store.retry_rows(ME, table.group).await.unwrap(), Some(1));
        table.desk.bench.clock.advance(Duration::from_secs(1));
        let output = table.worked_on().await;
        assert_eq!(values(&output)["danger"], json!("killed"));
        assert!(output.basis.iter().all(|basis| basis.missing.is_none()), "{output:?}");
    }
}

/// Leaves a worker without the model of its runs: without any, or with another one.
fn unlearn(desk: &mut Desk, has_another: bool) {
    let another = || {
        let another = Profile { name: "another".into(), ..profile(&desk.server) };
        reasoning(&desk.bench, vec![another])
    };
    desk.bench.reasoning = has_another.then(another);
}

#[tokio::test]
async fn a_row_whose_model_this_worker_does_not_have_is_filled_by_a_retry() {
    for has_another in [false, true] {
        let mut desk = Desk::new(Habit::Careful).await;
        unlearn(&mut desk, has_another);
        let mend = |desk: &mut Desk| {
            desk.bench.reasoning = Some(reasoning(&desk.bench, vec![profile(&desk.server)]));
        };
        let mut table = Table::of(desk).await;
        table.assert_filled_by_a_retry("this process has no model `scripted`", mend).await;
    }
}

#[tokio::test]
async fn a_run_that_is_taken_up_without_its_model_is_finished_by_the_rules() {
    for (has_another, answers) in [(false, 0), (false, 2), (true, 0), (true, 9)] {
        let mut desk = Desk::new(Habit::Careful).await;
        let run = desk.bench.submit(report("pro"), build::question(QUESTION)).await;
        if answers > 0 {
            let worker = desk.bench.start("ann");
            desk.bench.until_remembered(&run, answers).await;
            worker.kill().await;
            desk.bench.clock.advance(Duration::from_secs(31));
        }
        unlearn(&mut desk, has_another);
        let before = desk.server.hits();
        let worker = desk.bench.start("bob");
        let done = desk.end_of(&run).await;
        worker.stop().await;
        assert_eq!(done.run.run.state, RunState::Completed, "{:?}", done.run.run.failure);
        desk.assert_signed(&done).await;
        assert_eq!(desk.server.hits(), before, "another model was asked");
        let notes = done.receipt.notes.join("\n");
        assert!(notes.contains("this process has no model `scripted`"), "{notes}");
        assert!(done.text.contains("12 May 1998"), "{}", done.text);
    }
}
