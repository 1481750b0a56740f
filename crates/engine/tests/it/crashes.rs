use std::time::Duration;

use domain::run::RunState;
use testkit::{Database, Site, build};
use tokio::time::timeout;

use crate::bench::{Bench, on_the_web, text};

/// Two pages, of which one does not answer the first worker: it dies with a search and a page in its journal.
async fn site() -> Site {
    let moon = "High tide comes twice a day because the moon pulls at the sea.";
    let sun = "Spring tides come twice a month, when sun and moon pull together.";
    let script = Site::script().page("/moon", "The moon", moon).page("/sun", "The sun", sun);
    script.slow_at_first("/sun").found("/moon").found("/sun").serve().await
}

async fn after_a_crash_nothing_is_asked_twice(database: Database) {
    let site = site().await;
    let bench = Bench::new(database, &[&site]).await;
    let question = build::question("How often does high tide come, and how often spring tides?");
    let run = bench.submit(on_the_web(build::report()), question).await;
    let worker = bench.start("ann");
    site.until_asked("/sun").await;
    let searches = i64::try_from(site.times("/search")).unwrap();
    bench.until_remembered(&run, searches + 1).await;
    worker.kill().await;
    assert_eq!((site.times("/moon"), site.times("/sun")), (1, 1));

    bench.clock.advance(Duration::from_secs(31));
    let _worker = bench.start("bob");
    let (row, output, receipt) = bench.ended(&run).await;
    assert_eq!(row.run.state, RunState::Completed, "{:?}", row.run.failure);
    // Also what the first worker asked, whose answers are in the journal.
    let asked = |purpose: &str| {
        let fits = receipt.contacts.iter().filter(|contact| contact.purpose == purpose);
        fits.map(|contact| contact.requests).sum::<u32>()
    };
    assert_eq!((i64::from(asked("search")), asked("page")), (searches, 2));
    assert_eq!(i64::try_from(receipt.queries.len()), Ok(searches));
    let output = output.unwrap();
    assert!(text(&output).contains("twice a day"), "{}", text(&output));
    bench.assert_quotes_stand(&output).await;
    assert_eq!(i64::try_from(site.times("/search")).unwrap(), searches);
    assert_eq!((site.times("/moon"), site.times("/sun")), (1, 2));
    assert_eq!(bench.store.calls_of(run.seq).await.unwrap(), (searches + 2, 0));
}

#[tokio::test]
async fn after_a_crash_nothing_is_asked_twice_on_sqlite() {
    after_a_crash_nothing_is_asked_twice(Database::sqlite()).await;
}

#[tokio::test]
async fn after_a_crash_nothing_is_asked_twice_on_postgres() {
    after_a_crash_nothing_is_asked_twice(Database::postgres().await).await;
}

#[tokio::test]
async fn on_postgres_a_run_of_a_dead_worker_waits_for_its_lease() {
    let site = site().await;
    let bench = Bench::new(Database::postgres().await, &[&site]).await;
    let run =
        bench.submit(on_the_web(build::report()), build::question("How often is tide?")).await;
    let worker = bench.start("ann");
    site.until_asked("/sun").await;
    worker.kill().await;
    bench.clock.advance(Duration::from_secs(29));
    assert!(bench.store.claim(&worker_of("bob"), 9).await.unwrap().is_empty());
    bench.clock.advance(Duration::from_secs(2));
    assert_eq!(bench.store.claim(&worker_of("bob"), 9).await.unwrap()[0].seq, run.seq);
}

fn worker_of(name: &str) -> store::dispatch::Worker {
    store::dispatch::Worker { name: name.into(), host: "here".into(), only: None, per_group: 9 }
}

#[tokio::test]
async fn a_waiting_process_takes_over_within_two_seconds_on_sqlite() {
    let site = site().await;
    let bench = Bench::new(Database::sqlite(), &[&site]).await;
    let run = bench.submit(on_the_web(build::report()), build::question("How often is high tide?"));
    let run = run.await;
    let first = bench.start("ann");
    site.until_asked("/sun").await;
    let _waiting = bench.start("bob");
    first.kill().await;
    let (row, _, _) = timeout(Duration::from_secs(2), bench.ended(&run)).await.unwrap();
    assert_eq!(row.run.state, RunState::Completed, "{:?}", row.run.failure);
}

#[tokio::test]
async fn a_worker_that_stops_hands_its_runs_back() {
    let site = Site::script().silent("/search").serve().await;
    let bench = Bench::new(Database::sqlite(), &[&site]).await;
    let run =
        bench.submit(on_the_web(build::report()), build::question("How often is tide?")).await;
    let worker = bench.start("ann");
    site.until_asked("/search").await;
    worker.stop().await;
    assert_eq!(bench.store.state_of(run.seq).await.unwrap(), Some(RunState::Queued));
}

#[tokio::test]
async fn a_worker_that_stops_lets_work_end_within_its_grace() {
    let page = "High tide comes twice a day.";
    let site = Site::script().page("/tides", "Tides", page).found("/tides").serve().await;
    let bench = Bench::new(Database::sqlite(), &[&site]).await;
    let run = bench.submit(on_the_web(build::report()), build::question("How often is high tide?"));
    let run = run.await;
    let worker = bench.start_with("ann", Duration::from_secs(20));
    site.until_asked("/search").await;
    worker.stop().await;
    assert_eq!(bench.store.state_of(run.seq).await.unwrap(), Some(RunState::Completed));
}
