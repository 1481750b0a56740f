//! Real processes, ended by `kill -9` or stopped for a while: nothing acknowledged is lost, nothing is done twice.

#![expect(clippy::unwrap_used, reason = "helpers of tests")]

mod server;

use std::time::{Duration, Instant};

use serde_json::{Value, json};
use testkit::clock::Numbers;
use testkit::database::Raw;
use testkit::{Database, Site};
use tokio::time::sleep;

use crate::server::{Place, Server};

const ROWS: usize = 200;
const BATCH: usize = 20;
const KILLS: usize = 10;
/// Longest wait for anything here; leases of dead workers hold for 30 s on PostgreSQL.
const PATIENCE: Duration = Duration::from_secs(100);

const ACTIVE: &str = "SELECT COUNT(*) FROM runs WHERE finished_at_ms IS NULL";
/// Runs without exactly one end and one answer.
const NOT_ENDED_ONCE: &str = "SELECT COUNT(*) FROM runs r
    WHERE r.state <> 'completed'
       OR (SELECT COUNT(*) FROM results WHERE run_seq = r.seq) <> 1
       OR (SELECT COUNT(*) FROM events e WHERE e.run_seq = r.seq AND e.body = '{\"state\":\"completed\"}') <> 1
       OR (r.group_seq IS NOT NULL AND
           (SELECT COUNT(*) FROM group_events e WHERE e.run_seq = r.seq) <> 1)";
const CALLS: &str = "SELECT COUNT(*) FROM usage";
const ANSWERS: &str = "SELECT COUNT(*) FROM journal";
const REPEATS: &str = "SELECT COUNT(*) FROM usage WHERE is_repeat = 1";
/// Calls that stand in the journal more than once.
const TWICE: &str = "SELECT COUNT(*) FROM (SELECT 1 AS one FROM journal
    GROUP BY run_seq, kind, hash, nth HAVING COUNT(*) > 1) AS doubles";

async fn until(raw: &Raw, query: &str, wanted: impl Fn(i64) -> bool) -> i64 {
    let give_up_at = Instant::now() + PATIENCE;
    loop {
        let number = raw.number(query).await;
        if wanted(number) {
            return number;
        }
        assert!(Instant::now() < give_up_at, "still {number} for: {query}");
        sleep(Duration::from_millis(20)).await;
    }
}

/// Fails, and says why which runs failed, unless each run was completed exactly once.
async fn assert_ended_once(raw: &Raw) {
    let why =
        "SELECT state || ' after ' || attempt || ': ' || COALESCE(failure_message, '') FROM runs
               WHERE state <> 'completed'";
    assert_eq!(raw.texts(why).await, Vec::<String>::new());
    assert_eq!(raw.number(NOT_ENDED_ONCE).await, 0);
}

fn batch(number: usize) -> Value {
    let row =
        |row: usize| json!({"input": {"company": format!("Firm {row} Ltd.")}, "processor": "lite"});
    let schema = json!({
        "type": "object",
        "properties": {"founded": {"type": "integer", "description": "year the company was founded"}},
    });
    json!({
        "inputs": (number * BATCH..(number + 1) * BATCH).map(row).collect::<Vec<_>>(),
        "default_task_spec": {"output_schema": {"type": "json", "json_schema": schema}},
    })
}

async fn two_hundred_rows_survive_ten_kills(database: Database, seed: u64) {
    println!("seed {seed}");
    let numbers = Numbers::new(seed);
    let place = Place::new(&database);
    for firm in 0..ROWS / 10 {
        let name = format!("Firm {firm} Ltd.");
        let text = format!("# {name}\n\n{name} was founded in {}.\n", 1900 + firm);
        std::fs::write(place.documents().join(format!("{firm}.md")), text).unwrap();
    }
    let source = format!("firms={}", place.documents().display());
    // On PostgreSQL each kill costs a run in flight 30 s of its time.
    // And the places of a dead worker's rows count against their group until then.
    let settings = ["processors.lite.wall=600s", "worker.per_group=1000"];
    let arguments = ["--source", &source, "--set", settings[0], "--set", settings[1]];
    let mut server = Server::start(&place, "data", &arguments);
    let raw = database_of(&database, &place).await;
    let group = server.post("/v1/tasks/groups", "group", &json!({})).unwrap();
    let path = format!("/v1/tasks/groups/{}/runs", group["taskgroup_id"].as_str().unwrap());

    let mut acknowledged: Vec<String> = Vec::new();
    let mut batches = 0;
    for kill in 0..KILLS {
        let before = raw.number(ANSWERS).await;
        while batches <= kill * ROWS / BATCH / KILLS {
            let added = server.post(&path, &format!("batch {batches}"), &batch(batches)).unwrap();
            acknowledged.extend(ids(&added));
            batches += 1;
        }
        // Every attempt gets somewhere; when exactly it ends is left to chance.
        until(&raw, ANSWERS, |answers| answers > before).await;
        sleep(Duration::from_millis(100 + numbers.next() % 250)).await;
        // The next batch is under way when the server dies: sent again with its key, it is there once.
        let dying = server.address.clone();
        let (next, to) = (batches, path.clone());
        let sending = std::thread::spawn(move || {
            server::post(&dying, &to, &format!("batch {next}"), &batch(next))
        });
        sleep(Duration::from_millis(numbers.next() % 30)).await;
        server.kill();
        if let Some(added) = sending.join().unwrap().filter(|_| next < ROWS / BATCH) {
            acknowledged.extend(ids(&added));
            batches += 1;
        }
        server = Server::start(&place, "data", &arguments);
    }
    until(&raw, ACTIVE, |active| active == 0).await;

    let count = format!("SELECT COUNT(*) FROM runs WHERE id IN ('{}')", acknowledged.join("','"));
    assert_eq!(raw.number(&count).await, i64::try_from(acknowledged.len()).unwrap());
    assert!(acknowledged.len() >= ROWS);
    assert_ended_once(&raw).await;
    assert_eq!(raw.number(TWICE).await, 0);
    // A dead worker writes nothing more: whatever was paid for and committed is used.
    assert_eq!(raw.number(REPEATS).await, 0);
    assert_eq!(raw.number(CALLS).await, raw.number(ANSWERS).await);
}

async fn database_of(database: &Database, place: &Place) -> Raw {
    match database {
        Database::Sqlite(_) => Raw::sqlite(&place.data("data")),
        Database::Postgres(_) => database.raw().await,
    }
}

fn ids(added: &Value) -> Vec<String> {
    let ids = added["run_ids"].as_array().unwrap().iter();
    ids.map(|id| id.as_str().unwrap().to_owned()).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_hundred_rows_survive_ten_kills_on_sqlite() {
    two_hundred_rows_survive_ten_kills(Database::sqlite(), u64::from(std::process::id())).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_hundred_rows_survive_ten_kills_on_postgres() {
    let database = Database::postgres().await;
    two_hundred_rows_survive_ten_kills(database, u64::from(std::process::id())).await;
}

/// A page that does not answer the first who asks, how a server is told of it, and a run that is about it.
async fn slow_page() -> (Site, [String; 4], Value) {
    let page = "High tide comes twice a day because the moon pulls at the sea.";
    let site = Site::script().page("/tides", "Tides", page).slow_at_first("/tides").serve().await;
    let (allow, source) = (format!("fetch.allow=[\"{}\"]", site.origin), site.url("/tides"));
    let arguments = ["--set".into(), allow, "--source".into(), format!("almanac={source}")];
    let task = json!({"output_schema": {"type": "text"}});
    let question = "How often does high tide come?";
    (site, arguments, json!({"input": question, "processor": "pro", "task_spec": task}))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_waiting_server_takes_over_within_two_seconds() {
    let (site, arguments, body) = slow_page().await;
    let arguments = arguments.each_ref().map(String::as_str);
    let database = Database::sqlite();
    let place = Place::new(&database);
    let mut first = Server::start(&place, "data", &arguments);
    first.post("/v1/tasks/runs", "run", &body).unwrap();
    site.until_asked("/tides").await;
    let second = Server::start(&place, "data", &arguments);
    let raw = database_of(&database, &place).await;
    assert_eq!(raw.number("SELECT MAX(attempt) FROM runs").await, 1);

    first.kill();
    let killed_at = Instant::now();
    until(&raw, "SELECT MAX(attempt) FROM runs", |attempt| attempt == 2).await;
    assert!(killed_at.elapsed() < Duration::from_secs(2), "{:?}", killed_at.elapsed());
    until(&raw, ACTIVE, |active| active == 0).await;
    assert_ended_once(&raw).await;
    drop(second);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_worker_that_slept_past_its_lease_changes_nothing() {
    let (site, arguments, body) = slow_page().await;
    let arguments = arguments.each_ref().map(String::as_str);
    let database = Database::postgres().await;
    let place = Place::new(&database);
    let mut sleeper = Server::start(&place, "one", &arguments);
    sleeper.post("/v1/tasks/runs", "run", &body).unwrap();
    site.until_asked("/tides").await;
    sleeper.signal("STOP");
    let mut other = Server::start(&place, "two", &arguments);
    let raw = database.raw().await;
    until(&raw, ACTIVE, |active| active == 0).await;
    assert_ended_once(&raw).await;
    assert_eq!(raw.number("SELECT attempt FROM runs").await, 2);
    let (answers, output) =
        (raw.number(ANSWERS).await, raw.texts("SELECT output FROM results").await);

    other.kill();
    sleeper.signal("CONT");
    // Awake, it works on: what comes next is done by it, and it ends only after its stale attempt has.
    sleeper
        .post("/v1/tasks/runs", "next", &json!({"input": "anything", "processor": "noop"}))
        .unwrap();
    until(&raw, ACTIVE, |active| active == 0).await;
    sleeper.signal("TERM");
    sleeper.wait();
    // Its call was in flight: if it came back before the next heartbeat, it is counted as paid twice.
    assert!(raw.number(REPEATS).await <= 1);
    assert_ended_once(&raw).await;
    assert_eq!(raw.number(ANSWERS).await, answers);
    assert_eq!(raw.texts("SELECT output FROM results ORDER BY run_seq LIMIT 1").await, output);
    assert_eq!(raw.number("SELECT MIN(attempt) FROM runs WHERE processor = 'pro'").await, 2);
}
