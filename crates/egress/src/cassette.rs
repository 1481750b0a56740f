//! A cassette: everything that came from outside, in a file, to be played again without any network.
//!
//! The file is text, one JSON object on each line. The first line is `{"task_mcp_cassette": 1}`; each further one is an
//! exchange in the order in which it ended:
//!
//! ```json
//! {"method": "GET", "url": "https://…", "status": 200, "headers": [["content-type", "text/html"]],
//!  "pieces": [1200, 345], "body": "<html>…", "end": "whole"}
//! ```
//!
//! `sent` is the body of a request, `pieces` the sizes in which the answer came. Bodies are as they came, before
//! unpacking: text where they are UTF-8, else `{"base64": "…"}`. `end` says `whole`, `gave_up` (the caller wanted no
//! more, or waited too long), or what went wrong. Headers of requests are not recorded, nor are cookies and the values
//! of parameters that hold keys. Each hop of a redirect is an exchange of its own.
//!
//! An exchange is found again by method, address and the body that was sent; several alike are played in their order,
//! and the last one for as often as it is asked for.

use std::collections::HashMap;
use std::fs::{File, OpenOptions};
use std::io::{BufRead as _, BufReader, Write as _};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use reqwest::StatusCode;
use reqwest::header::{self, HeaderMap, HeaderName, HeaderValue};
use serde::{Deserialize, Serialize};
use url::Url;

use crate::failed::Failed;
use crate::guard::Refusal;

const VERSION: u32 = 1;
/// What stands for a value that is not recorded.
const HIDDEN: &str = "***";
/// Requests without a recording that are named in the end.
const MAX_MISSES: usize = 20;

/// What records or plays. Clones share the file.
#[derive(Debug, Clone)]
pub struct Cassette(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    path: PathBuf,
    kind: Kind,
}

#[derive(Debug)]
enum Kind {
    Record(Mutex<Recording>),
    Replay(Mutex<Shelf>),
}

#[derive(Debug)]
struct Recording {
    file: File,
    /// Why the file is not whole.
    trouble: Option<String>,
}

#[derive(Debug, Default)]
struct Shelf {
    exchanges: HashMap<Question, Alike>,
    missed: Vec<String>,
    misses: usize,
}

/// Method, address, and the body that was sent.
type Question = (String, String, Option<Blob>);

#[derive(Debug, Default)]
struct Alike {
    all: Vec<Arc<Exchange>>,
    next: usize,
}

/// Why a file cannot be recorded to or played.
#[derive(Debug, thiserror::Error)]
#[error("the cassette `{path}` {why}", path = path.display())]
pub struct NoCassette {
    path: PathBuf,
    why: String,
}

#[derive(Serialize, Deserialize)]
struct Head {
    task_mcp_cassette: u32,
}

/// One line.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Exchange {
    method: String,
    url: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    sent: Option<Blob>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    status: Option<u16>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    headers: Vec<(String, String)>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pieces: Vec<usize>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    body: Option<Blob>,
    end: End,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(untagged)]
enum Blob {
    Text(String),
    Bytes { base64: String },
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum End {
    Whole,
    GaveUp,
    Nowhere,
    Timeout { waited_ms: u64 },
    Connect { why: String },
    Broken { why: String },
}

impl Blob {
    fn of(bytes: &[u8]) -> Self {
        match std::str::from_utf8(bytes) {
            Ok(text) => Self::Text(text.to_owned()),
            Err(_) => Self::Bytes { base64: BASE64.encode(bytes) },
        }
    }

    fn bytes(&self) -> Vec<u8> {
        match self {
            Self::Text(text) => text.clone().into_bytes(),
            // Checked when the file was read.
            Self::Bytes { base64 } => BASE64.decode(base64).unwrap_or_default(),
        }
    }

    fn is_sound(&self) -> bool {
        match self {
            Self::Text(_) => true,
            Self::Bytes { base64 } => BASE64.decode(base64).is_ok(),
        }
    }
}

impl Cassette {
    /// Records at the end of a file, which is made if it is not there.
    pub fn record(path: &Path) -> Result<Self, NoCassette> {
        let refused = |why: String| NoCassette { path: path.to_owned(), why };
        let mut file = OpenOptions::new()
            .create(true)
            .read(true)
            .append(true)
            .open(path)
            .map_err(|why| refused(format!("cannot be written: {why}")))?;
        let size = file.metadata().map_or(0, |about| about.len());
        if size == 0 {
            let head = serde_json::json!(Head { task_mcp_cassette: VERSION });
            writeln!(file, "{head}").map_err(|why| refused(format!("cannot be written: {why}")))?;
        } else {
            let mut first = String::new();
            let read = BufReader::new(&file).read_line(&mut first);
            read.map_err(|why| refused(format!("cannot be read: {why}")))?;
            check_head(&first).map_err(refused)?;
        }
        let recording = Mutex::new(Recording { file, trouble: None });
        Ok(Self(Arc::new(Inner { path: path.to_owned(), kind: Kind::Record(recording) })))
    }

    /// Plays a file. It is read whole, now.
    pub fn replay(path: &Path) -> Result<Self, NoCassette> {
        let refused = |why: String| NoCassette { path: path.to_owned(), why };
        let file = File::open(path).map_err(|why| refused(format!("cannot be read: {why}")))?;
        let mut shelf = Shelf::default();
        for (number, line) in (1..).zip(BufReader::new(file).lines()) {
            let line = line.map_err(|why| refused(format!("cannot be read: {why}")))?;
            if number == 1 {
                check_head(&line).map_err(refused)?;
                continue;
            }
            if line.trim().is_empty() {
                continue;
            }
            let exchange: Exchange = serde_json::from_str(&line)
                .map_err(|why| refused(format!("is damaged in line {number}: {why}")))?;
            if !exchange.sent.iter().chain(&exchange.body).all(Blob::is_sound) {
                return Err(refused(format!("is damaged in line {number}: not base64")));
            }
            let Exchange { method, url, sent, .. } = exchange.clone();
            shelf.exchanges.entry((method, url, sent)).or_default().all.push(Arc::new(exchange));
        }
        let kind = Kind::Replay(Mutex::new(shelf));
        Ok(Self(Arc::new(Inner { path: path.to_owned(), kind })))
    }

    pub fn path(&self) -> &Path {
        &self.0.path
    }

    /// What the caller should know in the end: requests that had no recording, or a file that could not be written.
    pub fn trouble(&self) -> Option<String> {
        let path = self.0.path.display();
        match &self.0.kind {
            Kind::Record(recording) => {
                let why = lock(recording).trouble.clone()?;
                Some(format!("the cassette `{path}` is not whole: {why}"))
            }
            Kind::Replay(shelf) => {
                let shelf = lock(shelf);
                let named = shelf.missed.join(", ");
                (shelf.misses > 0).then(|| {
                    format!("{} requests are not on the cassette `{path}`: {named}", shelf.misses)
                })
            }
        }
    }

    /// A recorder for an exchange that begins now; `None` when this one plays. `url` as [`shown`].
    pub(crate) fn take(&self, method: &str, url: &str, sent: Option<&[u8]>) -> Option<Box<Take>> {
        match self.0.kind {
            Kind::Replay(_) => None,
            Kind::Record(_) => {
                let exchange = Exchange {
                    method: method.to_owned(),
                    url: url.to_owned(),
                    sent: sent.map(Blob::of),
                    status: None,
                    headers: Vec::new(),
                    pieces: Vec::new(),
                    body: None,
                    end: End::GaveUp,
                };
                Some(Box::new(Take {
                    cassette: self.clone(),
                    exchange,
                    body: Vec::new(),
                    is_written: false,
                }))
            }
        }
    }

    /// The next recorded exchange of this kind; `None` when this one records. `url` as [`shown`].
    pub(crate) fn play(
        &self,
        method: &str,
        url: &str,
        sent: Option<&[u8]>,
    ) -> Option<Result<Arc<Exchange>, Failed>> {
        let Kind::Replay(shelf) = &self.0.kind else { return None };
        let mut shelf = lock(shelf);
        let question = (method.to_owned(), url.to_owned(), sent.map(Blob::of));
        if let Some(alike) = shelf.exchanges.get_mut(&question) {
            let at = alike.next.min(alike.all.len() - 1);
            alike.next += 1;
            return Some(Ok(Arc::clone(&alike.all[at])));
        }
        let asked = format!("{method} {}", question.1);
        shelf.misses += 1;
        if shelf.missed.len() < MAX_MISSES && !shelf.missed.contains(&asked) {
            shelf.missed.push(asked.clone());
        }
        Some(Err(Failed::NotRecorded { asked, cassette: self.0.path.display().to_string() }))
    }
}

impl Exchange {
    /// The head of the answer, or the failure before it. `waited` is how long the caller is ready to wait.
    pub(crate) fn head(
        &self,
        host: &str,
        waited: Duration,
    ) -> Result<(StatusCode, HeaderMap), Failed> {
        let Some(status) = self.status.and_then(|code| StatusCode::from_u16(code).ok()) else {
            return Err(self
                .end
                .failed(host, waited)
                .unwrap_or(Failed::Timeout { host: host.to_owned(), waited }));
        };
        let pairs = self.headers.iter().filter_map(|(name, value)| {
            Some((name.parse::<HeaderName>().ok()?, HeaderValue::from_str(value).ok()?))
        });
        let mut headers = HeaderMap::new();
        for (name, value) in pairs {
            headers.append(name, value);
        }
        Ok((status, headers))
    }

    pub(crate) fn body(&self) -> Vec<u8> {
        self.body.as_ref().map(Blob::bytes).unwrap_or_default()
    }

    pub(crate) fn pieces(&self) -> &[usize] {
        &self.pieces
    }

    pub(crate) const fn end(&self) -> &End {
        &self.end
    }
}

impl End {
    /// How the failure of an exchange is kept. What the guard refuses before anything is asked is not.
    pub(crate) fn of(failed: &Failed) -> Self {
        match failed {
            Failed::Timeout { waited, .. } => {
                Self::Timeout { waited_ms: u64::try_from(waited.as_millis()).unwrap_or(u64::MAX) }
            }
            Failed::Connect { why, .. } => Self::Connect { why: why.clone() },
            Failed::Broken { why, .. } => Self::Broken { why: why.clone() },
            Failed::Refused { .. } => Self::Nowhere,
            Failed::TooLarge { .. }
            | Failed::Bomb { .. }
            | Failed::Redirects { .. }
            | Failed::NotRecorded { .. } => Self::GaveUp,
        }
    }

    /// What the caller is told after the last piece; `None` if the answer was whole.
    pub(crate) fn failed(&self, host: &str, waited: Duration) -> Option<Failed> {
        let host = host.to_owned();
        Some(match self {
            Self::Whole => return None,
            // Whoever gave up then had waited as long as the caller is ready to wait now.
            Self::GaveUp => Failed::Timeout { host, waited },
            Self::Nowhere => Failed::Refused { host, why: Refusal::Nowhere },
            Self::Timeout { waited_ms } => {
                Failed::Timeout { host, waited: Duration::from_millis(*waited_ms) }
            }
            Self::Connect { why } => Failed::Connect { host, why: why.clone() },
            Self::Broken { why } => Failed::Broken { host, why: why.clone() },
        })
    }
}

/// The recorder of one exchange. It is written when it ends or is dropped, whichever comes first.
#[derive(Debug)]
pub(crate) struct Take {
    cassette: Cassette,
    exchange: Exchange,
    body: Vec<u8>,
    is_written: bool,
}

impl Take {
    pub(crate) fn head(&mut self, status: StatusCode, headers: &HeaderMap) {
        self.exchange.status = Some(status.as_u16());
        self.exchange.headers = headers
            .iter()
            .filter(|(name, _)| !is_secret(name))
            .filter_map(|(name, value)| {
                Some((
                    name.as_str().to_owned(),
                    std::str::from_utf8(value.as_bytes()).ok()?.to_owned(),
                ))
            })
            .collect();
    }

    pub(crate) fn piece(&mut self, bytes: &[u8]) {
        self.exchange.pieces.push(bytes.len());
        self.body.extend_from_slice(bytes);
    }

    pub(crate) fn end(&mut self, end: End) {
        if self.is_written {
            return;
        }
        self.is_written = true;
        self.exchange.end = end;
        if !self.body.is_empty() {
            self.exchange.body = Some(Blob::of(&self.body));
        }
        let Kind::Record(recording) = &self.cassette.0.kind else { return };
        let mut recording = lock(recording);
        let line = serde_json::to_string(&self.exchange).map_err(|why| why.to_string());
        // One write for each line, so that processes that record to the same file do not cut each other's.
        let written = line.and_then(|line| {
            recording.file.write_all(format!("{line}\n").as_bytes()).map_err(|why| why.to_string())
        });
        if let Err(why) = written {
            recording.trouble.get_or_insert(why);
        }
    }
}

impl Drop for Take {
    fn drop(&mut self) {
        self.end(End::GaveUp);
    }
}

fn check_head(line: &str) -> Result<(), String> {
    match serde_json::from_str::<Head>(line) {
        Ok(Head { task_mcp_cassette: VERSION }) => Ok(()),
        Ok(Head { task_mcp_cassette: other }) => {
            Err(format!("is of version {other}; this program plays version {VERSION}"))
        }
        Err(_) => Err("is not a cassette: its first line is not {\"task_mcp_cassette\": 1}".into()),
    }
}

/// The address without the values of parameters that hold keys, and without `hidden`, a key wherever it stands.
pub(crate) fn shown(url: &Url, hidden: Option<&str>) -> String {
    let without = hidden.filter(|key| !key.is_empty()).map(|key| url.as_str().replace(key, HIDDEN));
    let without = without.and_then(|text| Url::parse(&text).ok());
    let url = without.as_ref().unwrap_or(url);
    let is_key = |name: &str| {
        let name = name.to_ascii_lowercase();
        name == "key"
            || ["api_key", "apikey", "api-key", "token", "secret", "password", "signature"]
                .iter()
                .any(|word| name.contains(word))
    };
    if !url.query_pairs().any(|(name, _)| is_key(&name)) {
        return url.to_string();
    }
    let pairs: Vec<(String, String)> = url
        .query_pairs()
        .map(|(name, value)| {
            let value = if is_key(&name) { HIDDEN.to_owned() } else { value.into_owned() };
            (name.into_owned(), value)
        })
        .collect();
    let mut shown = url.clone();
    shown.query_pairs_mut().clear().extend_pairs(pairs);
    shown.to_string()
}

fn is_secret(name: &HeaderName) -> bool {
    [header::SET_COOKIE, header::AUTHORIZATION, header::WWW_AUTHENTICATE].contains(name)
        || ["key", "token", "secret"].iter().any(|word| name.as_str().contains(word))
}

fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
