use std::time::Duration;

use domain::run::{FailureCode, RunState};
use store::dispatch::{MAX_IDLE_ATTEMPTS, Worker};
use testkit::{Database, Site, build};
use tokio::time::timeout;

use crate::bench::{Bench, ME, in_the_folder, on_the_web};

const QUESTION: &str = "How often does high tide come?";

#[tokio::test]
async fn a_run_that_is_asked_to_stop_does_so_within_two_seconds() {
    let site = Site::script().silent("/tides").found("/tides").serve().await;
    let bench = Bench::new(Database::sqlite(), &[&site]).await;
    let run = bench.submit(on_the_web(build::report()), build::question(QUESTION)).await;
    let _worker = bench.start("ann");
    site.until_asked("/tides").await;
    let state = bench.store.cancel_run(ME, run.run.id).await.unwrap();
    // The worker may be quicker than the answer.
    assert!(matches!(state, Some(RunState::Cancelling | RunState::Cancelled)), "{state:?}");
    let (row, output, receipt) = timeout(Duration::from_secs(2), bench.ended(&run)).await.unwrap();
    assert_eq!((row.run.state, output), (RunState::Cancelled, None));
    // What was done until then is told, the page that was being read among it.
    assert_eq!((receipt.engine.as_str(), receipt.queries.len()), ("extractive", 1), "{receipt:?}");
    let asked_for = |purpose: &str| receipt.contacts.iter().any(|one| one.purpose == purpose);
    assert!(asked_for("search") && asked_for("page"), "{:?}", receipt.contacts);
}

#[tokio::test]
async fn a_run_whose_time_is_over_says_so() {
    let site = Site::script().silent("/search").serve().await;
    let bench = Bench::new(Database::sqlite(), &[&site]).await;
    let spec = on_the_web(build::within(build::report(), Duration::from_millis(200)));
    let run = bench.submit(spec, build::question(QUESTION)).await;
    let _worker = bench.start("ann");
    let failure = bench.ended(&run).await.0.run.failure.unwrap();
    assert_eq!(failure.code, FailureCode::OutOfTime);
    assert_eq!(
        failure.message,
        "The time of this processor ran out before there was an answer; a larger one has more."
    );
}

#[tokio::test]
async fn time_in_which_nobody_works_on_a_run_does_not_count() {
    let site = Site::script().silent("/search").serve().await;
    let bench = Bench::new(Database::postgres().await, &[&site]).await;
    let run = bench.submit(on_the_web(build::report()), build::question(QUESTION)).await;
    let worker = bench.start("ann");
    site.until_asked("/search").await;
    worker.kill().await;
    bench.clock.advance(Duration::from_hours(2));
    let _worker = bench.start("bob");
    let failure = bench.ended(&run).await.0.run.failure.unwrap();
    assert_eq!(failure.code, FailureCode::NoEvidence);
}

#[tokio::test]
async fn without_evidence_a_run_fails_and_says_what_was_read() {
    let soup = "# Soup\n\nBoil the leeks for ten minutes and add salt.\n";
    let bench = Bench::with_folder(&[("soup.md", soup)]).await;
    let spec = in_the_folder(build::report());
    let run = bench.submit(spec, build::question("Who painted the ceiling of the opera?")).await;
    let _worker = bench.start("ann");
    let (row, output, receipt) = bench.ended(&run).await;
    assert_eq!((row.run.state, output), (RunState::Failed, None));
    let failure = row.run.failure.unwrap();
    assert_eq!(failure.code, FailureCode::NoEvidence, "{}", failure.message);
    assert!(receipt.advice.is_some());
}

#[tokio::test]
async fn a_run_that_may_read_nothing_says_what_to_add() {
    let bench = Bench::new(Database::sqlite(), &[]).await;
    let run = bench.submit(build::report(), build::question(QUESTION)).await;
    let _worker = bench.start("ann");
    let (row, _, receipt) = bench.ended(&run).await;
    let failure = row.run.failure.unwrap();
    assert_eq!(failure.code, FailureCode::NoSources);
    assert_eq!(failure.message, "There was nothing to read: no source, no search and no address.");
    assert!(receipt.advice.unwrap().contains("--source DIR"));
}

#[tokio::test]
async fn a_run_that_brings_down_every_worker_is_given_up() {
    let bench = Bench::new(Database::sqlite(), &[]).await;
    let run = bench.submit(build::report(), build::question(QUESTION)).await;
    let doomed = Worker { name: "doomed".into(), host: "here".into(), only: None, per_group: 9 };
    for _ in 0..MAX_IDLE_ATTEMPTS {
        assert_eq!(bench.store.claim(&doomed, 1).await.unwrap().len(), 1);
        bench.clock.advance(Duration::from_secs(31));
    }
    let _worker = bench.start("ann");
    let failure = bench.ended(&run).await.0.run.failure.unwrap();
    assert_eq!(failure.code, FailureCode::KeptFailing);
    assert_eq!(
        failure.message,
        "5 attempts in a row ended without getting anywhere; the last worker may have crashed on this."
    );
}

#[tokio::test]
async fn a_run_whose_journal_cannot_be_read_fails_instead_of_going_round() {
    let site = Site::script().silent("/tides").found("/tides").serve().await;
    let bench = Bench::new(Database::sqlite(), &[&site]).await;
    let run = bench.submit(on_the_web(build::report()), build::question(QUESTION)).await;
    let worker = bench.start("ann");
    site.until_asked("/tides").await;
    worker.kill().await;
    bench.database.raw().await.execute("UPDATE journal SET answer = 'no JSON'").await;
    let _worker = bench.start("bob");
    let failure = bench.ended(&run).await.0.run.failure.unwrap();
    assert_eq!(failure.code, FailureCode::Internal);
}

#[tokio::test]
async fn a_question_may_hold_any_character_on_postgres() {
    let site = Site::script().page("/tides", "Tides", "High tide comes twice a day.");
    let site = site.found("/tides").serve().await;
    let bench = Bench::new(Database::postgres().await, &[&site]).await;
    let question = build::question("How often does \u{0}high tide come? '; \u{1f30a}");
    let run = bench.submit(on_the_web(build::report()), question).await;
    let _worker = bench.start("ann");
    assert_eq!(bench.ended(&run).await.0.run.state, RunState::Completed);
}
