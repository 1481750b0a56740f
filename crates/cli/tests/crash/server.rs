//! `task-mcp serve` as a process that a test ends as it likes, and just enough HTTP to talk to it.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpStream;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use serde_json::Value;
use tempfile::TempDir;
use testkit::Database;

/// An empty home with documents in it, and the database that all servers in it use.
pub(crate) struct Place {
    home: TempDir,
    url: Option<String>,
}

impl Place {
    pub(crate) fn new(database: &Database) -> Self {
        let home = TempDir::new().unwrap();
        std::fs::create_dir(home.path().join("documents")).unwrap();
        Self { home, url: database.url().map(str::to_owned) }
    }

    pub(crate) fn documents(&self) -> PathBuf {
        self.home.path().join("documents")
    }

    pub(crate) fn data(&self, name: &str) -> PathBuf {
        self.home.path().join(name)
    }
}

/// Killed when dropped.
pub(crate) struct Server {
    child: Child,
    /// `HOST:PORT`
    pub(crate) address: String,
}

impl Server {
    /// Returns once it listens.
    pub(crate) fn start(place: &Place, data: &str, more: &[&str]) -> Self {
        let mut command = Command::new(env!("CARGO_BIN_EXE_task-mcp"));
        command
            .args(["serve", "--listen", "127.0.0.1:0", "--data"])
            .arg(place.data(data))
            .args(more)
            .current_dir(place.home.path())
            .env_clear()
            .env("HOME", place.home.path())
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::null());
        if let Some(url) = &place.url {
            command.args(["--database", url]);
        }
        let mut child = command.spawn().unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
        let address = line.trim().strip_prefix("listening on http://");
        let address = address.unwrap_or_else(|| panic!("the server said `{line}`")).to_owned();
        Self { child, address }
    }

    pub(crate) fn post(&self, path: &str, key: &str, body: &Value) -> Option<Value> {
        post(&self.address, path, key, body)
    }

    /// `kill -9`
    pub(crate) fn kill(&mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }

    /// Returns once it has ended, which it does well.
    pub(crate) fn wait(&mut self) {
        assert!(self.child.wait().unwrap().success());
    }

    pub(crate) fn signal(&self, name: &str) {
        let id = self.child.id().to_string();
        assert!(Command::new("kill").args([&format!("-{name}"), &id]).status().unwrap().success());
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// The answer to a request, `None` where the server died before it came.
///
/// # Panics
///
/// When the server refuses what was sent.
pub(crate) fn post(address: &str, path: &str, key: &str, body: &Value) -> Option<Value> {
    let body = body.to_string();
    let head = format!(
        "POST {path} HTTP/1.1\r\nhost: {address}\r\ncontent-type: application/json\r\n\
         idempotency-key: {key}\r\nconnection: close\r\ncontent-length: {}\r\n\r\n",
        body.len()
    );
    let mut stream = TcpStream::connect(address).ok()?;
    stream.set_read_timeout(Some(Duration::from_secs(30))).ok()?;
    stream.write_all(head.as_bytes()).and_then(|()| stream.write_all(body.as_bytes())).ok()?;
    let mut reply = Vec::new();
    stream.read_to_end(&mut reply).ok()?;
    let reply = String::from_utf8(reply).ok()?;
    let (head, body) = reply.split_once("\r\n\r\n")?;
    let body = serde_json::from_str(body).ok()?;
    let is_accepted = head.starts_with("HTTP/1.1 2");
    assert!(is_accepted, "{path} was refused: {head} {body}");
    Some(body)
}
