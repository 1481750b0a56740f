use std::sync::Arc;

use domain::group::Counts;
use domain::run::RunState;
use serde_json::json;
use testkit::{Database, Site, build};

use crate::bench::{Bench, ME, in_the_folder, new_run, on_the_web, text, values};

const TIDES: &str = "High tide comes twice a day, about twelve hours and twenty-five minutes apart.
    The moon pulls at the sea and makes two bulges of water.";

#[tokio::test]
async fn a_report_quotes_the_archived_pages_of_a_web_search() {
    let site = Site::script().page("/tides", "Tides", TIDES).found("/tides").serve().await;
    let bench = Bench::new(Database::sqlite(), &[&site]).await;
    let run = bench
        .submit(on_the_web(build::report()), build::question("How often does high tide come?"));
    let run = run.await;
    let _worker = bench.start("ann");
    let (row, output, receipt) = bench.ended(&run).await;
    assert_eq!(row.run.state, RunState::Completed, "{:?}", row.run.failure);
    let output = output.unwrap();
    bench.assert_quotes_stand(&output).await;
    assert!(text(&output).contains("twice a day"), "{}", text(&output));
    assert!(output.evidence().all(|evidence| evidence.address == site.url("/tides")));
    assert_eq!((receipt.quotes_dropped, receipt.pages_read), (0, 1));
    assert!(receipt.quotes_verified > 0);
}

#[tokio::test]
async fn a_report_quotes_the_archived_documents_of_a_folder() {
    let bench = Bench::with_folder(&[("tides.md", &format!("# Tides\n\n{TIDES}\n"))]).await;
    let spec = in_the_folder(build::report());
    let run = bench.submit(spec, build::question("How often does high tide come?")).await;
    let _worker = bench.start("ann");
    let (row, output, _) = bench.ended(&run).await;
    assert_eq!(row.run.state, RunState::Completed, "{:?}", row.run.failure);
    let output = output.unwrap();
    bench.assert_quotes_stand(&output).await;
    assert!(output.evidence().all(|evidence| evidence.address == "doc://manual/tides.md"));
}

#[tokio::test]
async fn a_row_is_filled_from_a_folder_with_evidence_for_each_value() {
    let acme = "# Acme Inc.\n\nAcme Inc. was founded in 1987. The CEO of Acme Inc. is Ann Lee.\n";
    let other = "# Borg Ltd.\n\nBorg Ltd. was founded in 1912. The CEO of Borg Ltd. is Bob Ray.\n";
    let bench = Bench::with_folder(&[("acme.md", acme), ("borg.md", other)]).await;
    let spec = in_the_folder(build::fields("founded: year the company was founded; motto"));
    let run = bench.submit(spec, build::row("company", "Acme Inc.")).await;
    let _worker = bench.start("ann");
    let (row, output, receipt) = bench.ended(&run).await;
    assert_eq!(row.run.state, RunState::Completed, "{:?}", row.run.failure);
    let output = output.unwrap();
    bench.assert_quotes_stand(&output).await;
    assert_eq!(values(&output)["founded"], json!(1987));
    assert_eq!(values(&output)["motto"], json!(null));
    assert!(output.basis.iter().any(|basis| basis.field == "motto" && basis.missing.is_some()));
    assert_eq!((receipt.fields_found, receipt.fields_missing), (1, 1));
}

#[tokio::test]
async fn rows_that_need_the_same_page_ask_for_it_once() {
    let page = "Acme Inc. was founded in 1987.\nBorg Ltd. was founded in 1912.";
    let site = Site::script().page("/firms", "Firms", page).found("/firms").serve().await;
    let bench = Bench::new(Database::sqlite(), &[&site]).await;
    let spec = on_the_web(build::fields("founded: year the company was founded"));
    let first = bench.submit(spec.clone(), build::row("company", "Acme Inc.")).await;
    let second = bench.submit(spec, build::row("company", "Borg Ltd.")).await;
    let _worker = bench.start("ann");
    let outputs = [bench.ended(&first).await.1.unwrap(), bench.ended(&second).await.1.unwrap()];
    assert_eq!(
        outputs.map(|output| values(&output)["founded"].clone()),
        [json!(1987), json!(1912)]
    );
    assert_eq!(site.times("/firms"), 1);
}

async fn five_hundred_rows(database: Database) {
    let bench = Bench::new(database, &[]).await;
    let group = bench.store.create_group(ME, None, None, None).await.unwrap().made().unwrap().id;
    let spec = Arc::new(build::noop());
    let rows = (0..500).map(|row| new_run(&spec, build::row("n", &row.to_string()))).collect();
    bench.store.add_rows(ME, group, rows, None).await.unwrap().unwrap();
    let mut watch = bench.store.watch_group(ME, group).await.unwrap().unwrap();
    let worker = bench.start("ann");
    loop {
        let counts = bench.store.find_group(ME, group).await.unwrap().unwrap().counts;
        if !counts.is_active() {
            assert_eq!(counts, Counts { completed: 500, ..Counts::default() });
            break;
        }
        watch.changed().await;
    }
    let raw = bench.database.raw().await;
    assert_eq!(raw.number("SELECT COUNT(*) FROM runs WHERE attempt <> 1").await, 0);
    worker.stop().await;
}

#[tokio::test]
async fn five_hundred_empty_rows_are_done_on_sqlite() {
    five_hundred_rows(Database::sqlite()).await;
}

#[tokio::test]
async fn five_hundred_empty_rows_are_done_on_postgres() {
    five_hundred_rows(Database::postgres().await).await;
}
