//! What callers cost: creating, looking, waiting and watching, on the embedded store.
//!
//! `cargo bench -p task-mcp --bench load` prints each figure beside its goal. Single creations are measured while
//! nobody executes: this process holds the lock. Then two servers share a data directory: one executes, the other only
//! answers, and only the CPU time and memory of the second count. Linux only.

mod served;

use std::fs::File;
use std::io::Write;
use std::net::TcpStream;
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use store::ExecutorLock;
use testkit::database::{Bare, BareStore};

use crate::served::{Http, Server, mb};

const ROWS: usize = 100_000;
/// The most that one request may add.
const BATCH: usize = 1_000;
const SINGLE: u32 = 1000;
const LISTENERS: usize = 1_000;

/// What a stored run of the bench weighs, with its first event: bytes of the row that is committed bare.
const ROW: usize = 300;
/// Commits before the first that counts, on either side. SQLite's log grows until its first checkpoint, after some
/// thousand pages, and is overwritten in place from then on: a commit that makes a file longer takes several times as long.
const WARMING: u32 = 1500;

fn main() {
    single_creations();
    let directory = tempfile::tempdir().expect("a temporary folder");
    let place = directory.path().display().to_string();
    let executes = Server::start(&["--data", &place]);
    let answers = Server::start(&["--data", &place]);
    let mut http = Http::connect(&answers.address);
    let group = a_large_group(&answers, &mut http);
    looking_at_it(&mut http, &group);
    an_interactive_run(&mut http);
    drop((executes, answers));
    listeners();
}

fn each(began: Instant, count: u32) -> f64 {
    (began.elapsed() / count).as_secs_f64() * 1000.0
}

/// Each beside two bare commits over a plain connection, with the same settings on the same disk: of one row in a table
/// of two columns, and of the rows of a run in the tables of the store. And beside an append with `fdatasync`, which is
/// what no commit can do without.
fn single_creations() {
    let directory = tempfile::tempdir().expect("a temporary folder");
    let _executor = ExecutorLock::try_take(directory.path()).expect("the executor's lock");
    let server = Server::start(&["--data", &directory.path().display().to_string()]);
    let mut http = Http::connect(&server.address);
    let bare = Bare::open(directory.path());
    let elsewhere = tempfile::tempdir().expect("a temporary folder");
    drop(Server::start(&["--data", &elsewhere.path().display().to_string()]));
    let bare_store = BareStore::open(elsewhere.path());
    let mut file = File::create(directory.path().join("bare")).expect("a file");
    let (mut synced, mut committed) = (Vec::new(), Vec::new());
    let (mut stored, mut created) = (Vec::new(), Vec::new());
    // Ids are random, as those of runs are: neighbours lie on different pages.
    let id = |number: u32| {
        format!("trun_{:032x}", u128::from(number).wrapping_mul(u128::MAX / 7 * 3 + 12345))
    };
    let input = |number: u32| format!("{{\"row\":{number}}}");
    let row = "7".repeat(ROW);
    for number in 0..WARMING {
        bare.commit(&row);
        bare_store.commit(&id(number), &input(number));
        http.post("/v1/tasks/runs", &json!({"input": {"row": number}, "processor": "noop"}));
    }
    let cpu = server.cpu_seconds();
    for number in 0..SINGLE {
        synced.push(timed(|| {
            file.write_all(&[7; 4096]).expect("a page is written");
            file.sync_data().expect("a page is on disk");
        }));
        committed.push(timed(|| bare.commit(&row)));
        let (id, input) = (id(WARMING + number), input(number));
        stored.push(timed(|| bare_store.commit(&id, &input)));
        let asked = json!({"input": {"row": number}, "processor": "noop"});
        created.push(timed(|| drop(http.post("/v1/tasks/runs", &asked))));
    }
    let spent = (server.cpu_seconds() - cpu) / f64::from(SINGLE) * 1e6;
    let (synced, committed) = (median(synced), median(committed));
    let (stored, created) = (median(stored), median(created));
    println!("a single creation takes {created:.2} ms and {spent:.0} us of CPU (medians)");
    println!("  an fdatasync takes {synced:.2} ms");
    println!(
        "  a bare commit of its rows takes {stored:.2} ms; ratio {:.1}, goal 2",
        created / stored
    );
    println!(
        "  a bare commit of one row takes {committed:.2} ms; ratio {:.1}",
        created / committed
    );
}

/// In milliseconds.
fn timed(act: impl FnOnce()) -> f64 {
    let began = Instant::now();
    act();
    each(began, 1)
}

fn median(mut times: Vec<f64>) -> f64 {
    times.sort_by(f64::total_cmp);
    times[times.len() / 2]
}

fn a_large_group(server: &Server, http: &mut Http) -> String {
    let group = http.post("/v1/tasks/groups", &json!({}));
    let group = format!("/v1/tasks/groups/{}", group["taskgroup_id"].as_str().expect("an id"));
    let cpu = server.cpu_seconds();
    let began = Instant::now();
    for batch in 0..ROWS / BATCH {
        http.post(&format!("{group}/runs"), &rows(batch));
    }
    let wall = began.elapsed().as_secs_f64();
    let spent = server.cpu_seconds() - cpu;
    println!("{ROWS} rows are accepted in {wall:.1} s, goal 60");
    println!("  {:.0} rows per CPU-second of the answering server, goal 5000", 1e5 / spent);
    group
}

fn rows(batch: usize) -> Value {
    let inputs: Vec<Value> = (0..BATCH)
        .map(|row| json!({"input": {"row": batch * BATCH + row}, "processor": "noop"}))
        .collect();
    json!({"inputs": inputs})
}

/// Memory of those who wait for a run whose turn comes late.
fn listeners() {
    let directory = tempfile::tempdir().expect("a temporary folder");
    let place = directory.path().display().to_string();
    let server = Server::start(&["--data", &place, "--set", "worker.concurrency=1"]);
    let mut http = Http::connect(&server.address);
    let group = http.post("/v1/tasks/groups", &json!({}));
    let group = format!("/v1/tasks/groups/{}", group["taskgroup_id"].as_str().expect("an id"));
    let mut last = Value::Null;
    for batch in 0..10 {
        last = http.post(&format!("{group}/runs"), &rows(batch))["run_ids"][BATCH - 1].clone();
    }
    let last = format!("/v1/tasks/runs/{}", last.as_str().expect("an id"));
    for (what, path) in [("waiting result calls", "result"), ("open streams", "events")] {
        let before = server.memory_kib("VmRSS:");
        let host = &server.address;
        let request = format!("GET {last}/{path} HTTP/1.1\r\nhost: {host}\r\n\r\n");
        let waiting: Vec<TcpStream> = (0..LISTENERS)
            .map(|_| {
                let mut stream = TcpStream::connect(host).expect("the server listens");
                stream.write_all(request.as_bytes()).expect("the request is sent");
                stream
            })
            .collect();
        std::thread::sleep(Duration::from_secs(3));
        let grown = mb(server.memory_kib("VmRSS:") - before);
        println!("{} {what} cost {grown:.1} MB, goal 50", waiting.len());
    }
}

fn looking_at_it(http: &mut Http, group: &str) {
    const TIMES: u32 = 50;
    let began = Instant::now();
    (0..TIMES).for_each(|_| drop(http.get(group)));
    println!("the group is retrieved in {:.1} ms, goal 50", each(began, TIMES));
    let began = Instant::now();
    (0..TIMES).for_each(|_| drop(http.get("/v1/tasks/runs?limit=200")));
    println!("a page of runs is listed in {:.1} ms, goal 100", each(began, TIMES));
}

/// A single run, asked for while the rows of the group are executed.
fn an_interactive_run(http: &mut Http) {
    let began = Instant::now();
    let run = http.post("/v1/tasks/runs", &json!({"input": "now", "processor": "noop"}));
    let run = run["run_id"].as_str().expect("an id").to_owned();
    http.get(&format!("/v1/tasks/runs/{run}/result?timeout=60"));
    let waited = began.elapsed().as_secs_f64();
    println!("a run asked for meanwhile is done after {waited:.2} s, goal 2");
}
