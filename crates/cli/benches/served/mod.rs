//! The built server as a bench sees it: started on a free port, its CPU time and memory read from `/proc`.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::process::{Child, Command, Stdio};

use serde_json::Value;

/// The kernel counts CPU time in hundredths of a second on every Linux that this runs on.
const TICKS_PER_SECOND: f64 = 100.0;

pub(crate) fn mb(kib: f64) -> f64 {
    kib * 1024.0 / 1e6
}

/// The built server on a free port; killed when dropped.
pub(crate) struct Server {
    child: Child,
    /// `HOST:PORT`
    pub(crate) address: String,
}

impl Server {
    pub(crate) fn start(place: &[&str]) -> Self {
        let mut command = Command::new(env!("CARGO_BIN_EXE_task-mcp"));
        Self::of(command.args(place).args(["serve", "--listen", "127.0.0.1:0"]))
    }

    /// Any program that says on stdout where it listens.
    pub(crate) fn of(command: &mut Command) -> Self {
        let mut child = command
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

    /// Of its process.
    pub(crate) fn id(&self) -> u32 {
        self.child.id()
    }

    /// User and system time so far.
    pub(crate) fn cpu_seconds(&self) -> f64 {
        let stat = std::fs::read_to_string(format!("/proc/{}/stat", self.id()));
        let stat = stat.expect("the server runs");
        let after_name = stat.rsplit_once(')').expect("a name in brackets").1;
        let fields: Vec<&str> = after_name.split_whitespace().collect();
        let ticks = |at: usize| fields[at].parse::<f64>().expect("a number");
        (ticks(11) + ticks(12)) / TICKS_PER_SECOND
    }

    pub(crate) fn memory_kib(&self, field: &str) -> f64 {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.id()));
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
pub(crate) struct Http {
    stream: BufReader<TcpStream>,
    host: String,
}

impl Http {
    pub(crate) fn connect(address: &str) -> Self {
        let address = address.trim_end_matches('/');
        let stream = TcpStream::connect(address).expect("the server listens");
        stream.set_nodelay(true).expect("a TCP option");
        Self { stream: BufReader::new(stream), host: address.to_owned() }
    }

    pub(crate) fn get(&mut self, path: &str) -> Value {
        self.call("GET", path, "", "")
    }

    pub(crate) fn post(&mut self, path: &str, body: &Value) -> Value {
        self.post_with("", path, body)
    }

    /// `headers`: lines of their own, each with its end.
    pub(crate) fn post_with(&mut self, headers: &str, path: &str, body: &Value) -> Value {
        self.call("POST", path, headers, &body.to_string())
    }

    fn call(&mut self, method: &str, path: &str, headers: &str, body: &str) -> Value {
        let (host, length) = (&self.host, body.len());
        let request = format!(
            "{method} {path} HTTP/1.1\r\nhost: {host}\r\n{headers}content-type: application/json\r\ncontent-length: {length}\r\n\r\n{body}"
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
