//! What the machinery costs: 10,000 rows of the `noop` processor through REST, per CPU-second of the server.
//!
//! `cargo bench -p task-mcp --bench noop` prints SQLite beside PostgreSQL, the server's memory idle and at its
//! peak, and how long a single small answer over HTTP takes (a delayed ACK would show as 40 ms). CPU time and
//! memory are read from `/proc`, so this runs on Linux only. The PostgreSQL server's own CPU is not counted.

mod served;

use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::served::{Http, Server, mb};

const ROWS: usize = 10_000;
/// The most that one request may add.
const BATCH: usize = 1_000;
const SMALL_ANSWERS: u32 = 200;

fn main() {
    let sqlite = tempfile::tempdir().expect("a temporary folder");
    measure("SQLite", &["--data", &sqlite.path().display().to_string()]);
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    let postgres = runtime.block_on(testkit::database::Database::postgres());
    let files = tempfile::tempdir().expect("a temporary folder");
    let files = files.path().display().to_string();
    measure("PostgreSQL", &["--data", &files, "--database", postgres.url().expect("its address")]);
}

fn measure(name: &str, place: &[&str]) {
    let server = Server::start(place);
    let idle_kib = server.memory_kib("VmRSS:");
    let mut http = Http::connect(&server.address);
    let before = server.cpu_seconds();
    let began = Instant::now();
    let group = http.post("/v1/tasks/groups", &json!({}));
    let group = format!("/v1/tasks/groups/{}", group["taskgroup_id"].as_str().expect("an id"));
    for batch in 0..ROWS / BATCH {
        let inputs: Vec<Value> = (0..BATCH)
            .map(|row| json!({"input": {"row": batch * BATCH + row}, "processor": "noop"}))
            .collect();
        let spec = json!({"output_schema": {"type": "json", "json_schema": {
            "type": "object", "properties": {"answer": {"type": "string"}},
            "required": ["answer"], "additionalProperties": false}}});
        http.post(&format!("{group}/runs"), &json!({"inputs": inputs, "default_task_spec": spec}));
    }
    let accepted = server.cpu_seconds() - before;
    loop {
        let status = http.get(&group)["status"].clone();
        if status["is_active"] == false {
            assert_eq!(status["task_run_status_counts"]["completed"], ROWS, "all rows are done");
            break;
        }
        std::thread::sleep(Duration::from_millis(200));
    }
    let spent = server.cpu_seconds() - before;
    let wall = began.elapsed().as_secs_f64();
    let rows = 10_000.0;
    println!("{name}: {:.0} rows per CPU-second of the server", rows / spent);
    println!(
        "  {spent:.2} CPU-s for {ROWS} rows ({accepted:.2} of them to accept), {wall:.1} s of wall time"
    );
    let peak_kib = server.memory_kib("VmHWM:");
    println!("  memory: {:.0} MB idle, {:.0} MB at the peak", mb(idle_kib), mb(peak_kib));
    let began = Instant::now();
    for _ in 0..SMALL_ANSWERS {
        http.get(&group);
    }
    let each = began.elapsed() / SMALL_ANSWERS;
    println!("  a small answer over HTTP takes {:.2} ms", each.as_secs_f64() * 1000.0);
}
