use std::time::Duration;

use domain::run::RunState;
use domain::source::Place;
use domain::spec::{SourcePolicy, Spec};
use testkit::{Database, Site, build};

use crate::bench::{Bench, ME, localhost, on_the_web};

const QUESTION: &str = "How often does high tide come?";
const TIDES: &str = "High tide comes twice a day because the moon pulls at the sea.";

fn policy(include: &[&str], exclude: &[&str]) -> SourcePolicy {
    let list = |entries: &[&str]| entries.iter().map(|entry| (*entry).to_owned()).collect();
    SourcePolicy { include: list(include), exclude: list(exclude), after: None }
}

#[tokio::test]
async fn what_a_policy_leaves_out_is_not_asked_and_not_used_where_a_redirect_leads_to_it() {
    let outside = Site::script().page("/secret", "Tides", TIDES).page("/open", "Tides", TIDES);
    let outside = outside.serve().await;
    let inside = Site::script()
        .page("/tides", "Tides", TIDES)
        .redirect("/away", &localhost(&outside.url("/open")))
        .found("/tides")
        .found("/away")
        .found(&localhost(&outside.url("/secret")))
        .serve()
        .await;
    for policy in [policy(&["127.0.0.1"], &[]), policy(&[], &["localhost"])] {
        let bench = Bench::new(Database::sqlite(), &[&inside, &outside]).await;
        let spec = Spec { policy, ..on_the_web(build::report()) };
        let run = bench.submit(spec, build::question(QUESTION)).await;
        let _worker = bench.start("ann");
        let (row, output, receipt) = bench.ended(&run).await;
        assert_eq!(row.run.state, RunState::Completed, "{:?}", row.run.failure);
        let output = output.unwrap();
        assert!(output.evidence().all(|evidence| evidence.address == inside.url("/tides")));
        assert_eq!(outside.hits(), 0, "its host was asked");
        let why = &receipt.unreadable.iter().find(|one| one.address == inside.url("/away"));
        let why = &why.expect("it is told why the redirect was not used").reason;
        assert!(why.ends_with("which the source policy leaves out"), "{why}");
    }
}

#[tokio::test]
async fn the_policy_of_one_run_does_not_decide_for_the_next_one_on_the_same_page() {
    let outside = Site::script().page("/open", "Tides", TIDES).serve().await;
    let inside = Site::script()
        .redirect("/away", &localhost(&outside.url("/open")))
        .found("/away")
        .serve()
        .await;
    let bench = Bench::new(Database::sqlite(), &[&inside, &outside]).await;
    let _worker = bench.start("ann");
    let ended = async |policy| {
        let spec = Spec { policy, ..on_the_web(build::report()) };
        let run = bench.submit(spec, build::question(QUESTION)).await;
        bench.ended(&run).await.0.run.state
    };
    assert_eq!(ended(policy(&[], &["localhost"])).await, RunState::Failed);
    assert_eq!(outside.hits(), 0);
    assert_eq!(ended(policy(&[], &[])).await, RunState::Completed);
    assert_eq!(outside.times("/open"), 1);
    assert_eq!(ended(policy(&[], &["localhost"])).await, RunState::Failed);
    assert_eq!(outside.times("/open"), 1);
}

#[tokio::test]
async fn a_page_is_asked_for_once_by_all_workers_and_again_by_its_mark_when_it_is_old() {
    for database in [Database::sqlite(), Database::postgres().await] {
        let site = Site::script().page("/tides", "Tides", TIDES).found("/tides").serve().await;
        let bench = Bench::new(database, &[&site]).await;
        let answer = async |worker: &str| {
            let run = bench.submit(on_the_web(build::report()), build::question(QUESTION)).await;
            let worker = bench.start(worker);
            let (row, output, _) = bench.ended(&run).await;
            worker.kill().await;
            assert_eq!(row.run.state, RunState::Completed, "{:?}", row.run.failure);
            bench.assert_quotes_stand(&output.unwrap()).await;
        };
        answer("ann").await;
        bench.clock.advance(Duration::from_mins(50));
        answer("bob").await;
        assert_eq!((site.times("/tides"), site.unchanged().len()), (1, 0));
        bench.clock.advance(Duration::from_mins(11));
        answer("cay").await;
        assert_eq!((site.times("/tides"), site.unchanged().len()), (2, 1));
        // From here on it counts as young again.
        answer("dan").await;
        assert_eq!(site.times("/tides"), 2);
    }
}

#[tokio::test]
async fn a_run_reads_only_the_sources_it_names() {
    let bench = Bench::with_folder(&[("tides.md", TIDES)]).await;
    let other = tempfile::tempdir().unwrap();
    std::fs::write(other.path().join("tides.md"), TIDES).unwrap();
    let place = Place::Folder(other.path().to_str().unwrap().into());
    bench.store.put_source(ME, build::name("other"), place, None).await.unwrap();
    let spec = Spec { sources: vec![build::name("other")], ..build::report() };
    let run = bench.submit(spec, build::question(QUESTION)).await;
    let _worker = bench.start("ann");
    let output = bench.ended(&run).await.1.unwrap();
    assert!(output.evidence().all(|evidence| evidence.address == "doc://other/tides.md"));
}

#[tokio::test]
async fn a_site_that_a_policy_names_is_read_with_its_links() {
    let site = Site::script().page("/tides", "Tides", TIDES).serve().await;
    let bench = Bench::new(Database::sqlite(), &[&site]).await;
    let place = Place::Site(site.url("/tides"));
    bench.store.put_source(ME, build::name("almanac"), place, None).await.unwrap();
    let sources = vec![build::name("almanac")];
    let spec = Spec { sources, policy: policy(&["almanac"], &[]), ..build::report() };
    let run = bench.submit(spec, build::question(QUESTION)).await;
    let _worker = bench.start("ann");
    let (row, _, _) = bench.ended(&run).await;
    assert_eq!(row.run.state, RunState::Completed, "{:?}", row.run.failure);
    assert_eq!(site.times("/tides"), 1);
}

#[tokio::test]
async fn pages_that_say_they_are_older_than_wanted_are_left_out() {
    let dated = |day: &str| format!("---\ndate: {day}\n---\n\n# Tides\n\n{TIDES}\n");
    let bench = Bench::with_folder(&[
        ("old.md", &dated("2019-12-31")),
        ("new.md", &dated("2024-05-06")),
        ("undated.md", &format!("# Tides\n\n{TIDES} It is so everywhere.\n")),
    ])
    .await;
    let policy = SourcePolicy { after: Some("2020-01-01".into()), ..SourcePolicy::default() };
    let spec = Spec { sources: vec![build::name("manual")], policy, ..build::report() };
    let run = bench.submit(spec, build::question(QUESTION)).await;
    let _worker = bench.start("ann");
    let (_, output, receipt) = bench.ended(&run).await;
    assert!(output.unwrap().evidence().all(|evidence| !evidence.address.ends_with("old.md")));
    assert_eq!(receipt.pages_read, 2);
    assert_eq!(
        receipt.unreadable[0].reason,
        "it says it is of 2019-12-31, and the source policy asks for 2020-01-01 or later"
    );
}
