//! What the machinery costs: 10,000 rows of the `noop` processor through REST, per CPU-second of the server.
//!
//! `cargo bench -p task-mcp --bench noop` prints SQLite beside PostgreSQL, the server's memory idle and at its
//! peak, and how long a single small answer over HTTP takes (a delayed ACK would show as 40 ms). CPU time and
//! memory are read from `/proc`, so this runs on Linux only. The PostgreSQL server's own CPU is not counted.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use serde_json::{Value, json};

const ROWS: usize = 10_000;
/// The most that one request may add.
const BATCH: usize = 1_000;
const SMALL_ANSWERS: u32 = 200;
/// The kernel counts CPU time in hundredths of a second on every Linux that this runs on.
const TICKS_PER_SECOND: f64 = 100.0;

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

fn mb(kib: f64) -> f64 {
    kib * 1024.0 / 1e6
}

/// The built server on a free port; killed when dropped.
struct Server {
    child: Child,
    address: String,
}

impl Server {
    fn start(place: &[&str]) -> Self {
        let mut child = Command::new(env!("CARGO_BIN_EXE_task-mcp"))
            .args(place)
            .args(["serve", "--listen", "127.0.0.1:0"])
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .expect("the server starts");
        let mut lines = BufReader::new(child.stdout.take().expect("its output")).lines();
        let address = lines
            .by_ref()
            .map_while(Result::ok)
            .find_map(|line| line.split_once("http://").map(|(_, rest)| rest.trim().to_owned()))
            .expect("the server says where it listens");
        std::thread::spawn(move || lines.for_each(drop));
        Self { child, address }
    }

    /// User and system time so far.
    fn cpu_seconds(&self) -> f64 {
        let stat = std::fs::read_to_string(format!("/proc/{}/stat", self.child.id()));
        let stat = stat.expect("the server runs");
        let after_name = stat.rsplit_once(')').expect("a name in brackets").1;
        let fields: Vec<&str> = after_name.split_whitespace().collect();
        let ticks = |at: usize| fields[at].parse::<f64>().expect("a number");
        (ticks(11) + ticks(12)) / TICKS_PER_SECOND
    }

    fn memory_kib(&self, field: &str) -> f64 {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.child.id()));
        let status = status.expect("the server runs");
        let line = status.lines().find(|line| line.starts_with(field)).expect("the field");
        line.split_whitespace().nth(1).and_then(|number| number.parse().ok()).expect("a number")
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// As much of HTTP/1.1 as our own server needs: one connection, kept open.
struct Http {
    stream: BufReader<TcpStream>,
    host: String,
}

impl Http {
    fn connect(address: &str) -> Self {
        let address = address.trim_end_matches('/');
        let stream = TcpStream::connect(address).expect("the server listens");
        stream.set_nodelay(true).expect("a TCP option");
        Self { stream: BufReader::new(stream), host: address.to_owned() }
    }

    fn get(&mut self, path: &str) -> Value {
        self.call("GET", path, "")
    }

    fn post(&mut self, path: &str, body: &Value) -> Value {
        self.call("POST", path, &body.to_string())
    }

    fn call(&mut self, method: &str, path: &str, body: &str) -> Value {
        let (host, length) = (&self.host, body.len());
        let request = format!(
            "{method} {path} HTTP/1.1\r\nhost: {host}\r\ncontent-type: application/json\r\ncontent-length: {length}\r\n\r\n{body}"
        );
        self.stream.get_mut().write_all(request.as_bytes()).expect("the request is sent");
        let mut line = String::new();
        self.stream.read_line(&mut line).expect("a status line");
        assert!(line.contains(" 20"), "{method} {path}: {line}");
        let mut length = 0;
        loop {
            line.clear();
            self.stream.read_line(&mut line).expect("a header");
            let header = line.trim().to_ascii_lowercase();
            if header.is_empty() {
                break;
            }
            if let Some(value) = header.strip_prefix("content-length:") {
                length = value.trim().parse().expect("a length");
            }
        }
        let mut body = vec![0; length];
        self.stream.read_exact(&mut body).expect("a body");
        serde_json::from_slice(&body).expect("JSON")
    }
}
