//! Tables: what became of their rows, on the page and in files.

use domain::output::Candidate;
use serde_json::json;
use store::Ending;

use crate::world::{World, failure, fields, report};

async fn table_of(world: &World, rows: &[serde_json::Value]) -> String {
    let group = world.group().await;
    let rows = json!({ "inputs": rows });
    let added = world.post(&format!("/v1/tasks/groups/{group}/runs"), &rows).await;
    assert_eq!(added.status, 200, "{}", added.text);
    format!("/groups/{group}")
}

#[tokio::test]
async fn a_conflict_stands_in_the_sheet_with_what_the_others_say() {
    let world = World::new().await;
    let rows = [json!({"input": {"company": "Acme"}}), json!({"input": {"company": "Beta"}})];
    let table = table_of(&world, &rows).await;
    let quote = world.archived("https://acme.test/", "Acme", "CEO: Ann", "Ann").await;
    let other = world.archived("https://old.test/", "Old", "CEO: =Bob", "=Bob").await;
    let Ending::Completed(mut output) = fields("Ann", quote.clone()) else { unreachable!() };
    output.basis[0].conflicts = vec![Candidate { value: json!("=Bob"), evidence: vec![other] }];
    world.work(Ending::Completed(output)).await;
    world.work(fields("Cid", quote)).await;
    let csv = world.get(&format!("{table}/rows.csv")).await.text;
    let lines: Vec<&str> = csv.lines().collect();
    assert!(
        lines[0].starts_with("company,ceo,ceo__confidence,ceo__conflict,ceo__quote,ceo__source,"),
        "{csv}"
    );
    assert!(lines[1].starts_with("Acme,Ann,medium,'=Bob (https://old.test/),Ann,"), "{csv}");
    assert!(lines[2].starts_with("Beta,Cid,medium,,Ann,"), "{csv}");
}

#[tokio::test]
async fn a_table_that_was_stopped_says_what_became_of_its_rows() {
    let world = World::new().await;
    let rows: Vec<_> = ["a", "b", "c", "d"].map(|name| json!({"input": {"name": name}})).into();
    let table = table_of(&world, &rows).await;
    let quote = world.archived("https://acme.test/", "Acme", "CEO: Ann", "Ann").await;
    world.work(fields("Ann", quote)).await;
    world.work(failure("nothing was there to be read")).await;
    assert_eq!(world.form(&format!("{table}/cancel"), "").await.status, 303);
    let page = world.page(&table).await.text;
    assert!(page.contains("cancelled</span><span>: 1 completed, 1 failed, 2 cancelled</span>"));
    let home = world.page("/").await.text;
    assert!(home.contains("cancelled</span>") && home.contains("1 failed, 2 cancelled"), "{home}");
}

#[tokio::test]
async fn why_a_row_failed_has_the_room_of_its_cells_which_are_not_filled() {
    let world = World::new().await;
    let rows = [json!({"input": {"name": "a"}}), json!({"input": {"name": "b"}})];
    let table = table_of(&world, &rows).await;
    let quote = world.archived("https://acme.test/", "Acme", "CEO: Ann", "Ann").await;
    world.work(fields("Ann", quote)).await;
    world.work(failure("nothing was there to be read")).await;
    let page = world.page(&table).await.text;
    let reason = "colspan=\"2\" aria-colspan=\"2\"><span>Nothing was there to be read.</span>";
    assert!(page.contains(reason), "{page}");
    assert!(page.contains("25.0 % <small>1 of 4</small>"), "{page}");
    let home = world.page("/").await.text;
    assert!(home.contains("25 % of cells filled"), "{home}");
}

#[tokio::test]
async fn a_report_in_a_cell_begins_with_its_first_words() {
    let world = World::new().await;
    let table = table_of(&world, &[json!({"input": "How often?"})]).await;
    let quote =
        world.archived("https://tides.test/", "Tides", "It comes twice a day.", "twice").await;
    world.work(report("# How often?\n\n## Answer\n\n**Twice** a day [1].\n", vec![quote])).await;
    let page = world.page(&table).await.text;
    assert!(page.contains(">Twice a day.</span>"), "{page}");
}

#[tokio::test]
async fn what_a_spreadsheet_would_run_behind_a_line_break_is_made_text() {
    let world = World::new().await;
    let table = table_of(&world, &[json!({"input": {"name": "\n=1"}})]).await;
    let csv = world.get(&format!("{table}/values.csv")).await.text;
    assert!(csv.contains("\"'\n=1\""), "{csv}");
}
