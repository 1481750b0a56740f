//! Parsers that are not ours to trust, where they can do no harm: in a child process of our own program, with limits on
//! time, memory and output; or, where no program is known, on a thread with a limit on time.
//!
//! What comes back is an outline, never a text: words from a child are cleaned and measured here like any others.

use std::io::{Read as _, Write as _};
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::sync::mpsc::{self, RecvTimeoutError};
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::time::{Duration, Instant};

use super::kind::Kind;
use super::outline::{MAX_TEXT_BYTES, Outline};
use super::{office, pdf};

/// The hidden command of our program that reads one document.
pub const COMMAND: &str = "read-document";
/// Longest time for one document. A PDF has about a hundred pages per second.
pub const TIME: Duration = Duration::from_secs(20);
/// Memory of a child. A PDF of 10 MB takes less than a fifth.
pub const MEMORY_BYTES: u64 = 512 << 20;
/// Documents read at once; each may take a core and [`MEMORY_BYTES`].
const AT_ONCE: usize = 3;
/// Longest wait for a place among them.
const MAX_WAIT: Duration = Duration::from_secs(30);
/// Stack of a thread that parses: parsers recurse with the nesting of documents.
const STACK_BYTES: usize = 64 << 20;
/// Bytes that a child may send: the words, escaped, and what stands around them.
const MAX_OUTPUT_BYTES: u64 = (MAX_TEXT_BYTES as u64) * 4;

/// Where documents are read.
#[derive(Debug, Clone, Default)]
pub(crate) struct Isolated(Arc<Inner>);

#[derive(Debug, Default)]
struct Inner {
    program: Option<PathBuf>,
    busy: Mutex<usize>,
    freed: Condvar,
}

impl Isolated {
    /// `program` is our own binary.
    pub(crate) fn new(program: Option<PathBuf>) -> Self {
        Self(Arc::new(Inner { program, ..Inner::default() }))
    }

    /// Reads a document; blocks until it is read, or a limit is met.
    pub(crate) fn read(&self, kind: Kind, bytes: &[u8]) -> Result<Outline, String> {
        let _place = self.enter()?;
        match &self.0.program {
            Some(program) => in_child(program, kind, bytes),
            None => on_thread(kind, bytes),
        }
    }

    fn enter(&self) -> Result<Place<'_>, String> {
        let give_up_at = Instant::now() + MAX_WAIT;
        let mut busy = self.0.busy.lock().unwrap_or_else(PoisonError::into_inner);
        while *busy >= AT_ONCE {
            let left = give_up_at.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return Err("too many other documents were being read".into());
            }
            busy = self.0.freed.wait_timeout(busy, left).unwrap_or_else(PoisonError::into_inner).0;
        }
        *busy += 1;
        Ok(Place(&self.0))
    }
}

struct Place<'i>(&'i Inner);

impl Drop for Place<'_> {
    fn drop(&mut self) {
        *self.0.busy.lock().unwrap_or_else(PoisonError::into_inner) -= 1;
        self.0.freed.notify_one();
    }
}

/// What the child does with the document that it was handed, and what it answers: JSON. For the command alone.
pub fn answer(kind: &str, bytes: &[u8]) -> Result<Vec<u8>, String> {
    let kind = Kind::of_word(kind).ok_or_else(|| format!("`{kind}` is no kind of document"))?;
    let outline = on_thread(kind, bytes);
    serde_json::to_vec(&outline).map_err(|why| why.to_string())
}

fn parse(kind: Kind, bytes: &[u8]) -> Result<Outline, String> {
    match kind {
        Kind::Pdf => pdf::read(bytes),
        Kind::Docx => office::docx(bytes),
        Kind::Pptx => office::pptx(bytes),
        Kind::Xlsx => office::xlsx(bytes),
        Kind::Epub => office::epub(bytes),
        Kind::Html
        | Kind::Markdown
        | Kind::Plain
        | Kind::Csv
        | Kind::Json
        | Kind::Feed
        | Kind::Sitemap => Err("it needs no isolation".into()),
    }
}

fn on_thread(kind: Kind, bytes: &[u8]) -> Result<Outline, String> {
    let (done, outcome) = mpsc::channel();
    let bytes = bytes.to_vec();
    let work = move || {
        // Whoever waited may have given up.
        let _ = done.send(parse(kind, &bytes));
    };
    let thread = std::thread::Builder::new().name("read-document".into()).stack_size(STACK_BYTES);
    thread.spawn(work).map_err(|why| format!("no thread to read it: {why}"))?;
    match outcome.recv_timeout(TIME) {
        Ok(outcome) => outcome,
        Err(RecvTimeoutError::Timeout) => Err(too_slow()),
        Err(RecvTimeoutError::Disconnected) => Err(gave_up("it is damaged")),
    }
}

fn in_child(program: &PathBuf, kind: Kind, bytes: &[u8]) -> Result<Outline, String> {
    let spawned = Command::new(program)
        .args([COMMAND, kind.word()])
        .env_clear()
        .current_dir("/")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn();
    let mut child = spawned.map_err(|why| format!("no process to read it: {why}"))?;
    let (stdin, stdout) = (child.stdin.take(), child.stdout.take());
    let (done, outcome) = mpsc::channel();
    let answer = std::thread::scope(|scope| {
        scope.spawn(move || {
            // A child that has seen enough does not take the rest.
            let _ = stdin.map(|mut stdin| stdin.write_all(bytes));
        });
        scope.spawn(move || {
            let mut answer = Vec::new();
            let read = stdout.map(|out| out.take(MAX_OUTPUT_BYTES + 1).read_to_end(&mut answer));
            let _ = done.send(read.map(|_| answer));
        });
        let answer = outcome.recv_timeout(TIME + Duration::from_secs(2));
        // Whatever came: it is not needed any more, and both threads end with it.
        let _ = child.kill();
        let _ = child.wait();
        answer
    });
    match answer {
        Ok(Some(answer)) if answer.len() as u64 > MAX_OUTPUT_BYTES => {
            Err(format!("it holds more than {} MB of text", MAX_TEXT_BYTES / 1_000_000))
        }
        Ok(Some(answer)) if answer.is_empty() => {
            Err(gave_up("it is damaged, or needs more memory than one document may have"))
        }
        Ok(Some(answer)) => serde_json::from_slice::<Result<Outline, String>>(&answer)
            .unwrap_or_else(|_| Err(gave_up("it is damaged"))),
        Ok(None) | Err(RecvTimeoutError::Disconnected) => Err(gave_up("it is damaged")),
        Err(RecvTimeoutError::Timeout) => Err(too_slow()),
    }
}

fn too_slow() -> String {
    format!("reading it takes longer than {} s", TIME.as_secs())
}

fn gave_up(why: &str) -> String {
    format!("its reader gave up: {why}")
}
