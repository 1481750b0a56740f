//! What may do harm, where it can do none: parsers that are not ours to trust, and pages so large that reading them takes
//! more memory than the server should hold. Each is read in a child process of our own program, with limits on time, memory
//! and output; or, where no program is known, documents on a thread with a limit on time, and pages as smaller ones are.
//!
//! What comes back of a document is an outline, never a text: words from a child are cleaned and measured here like any
//! others. Of a page it is what our own reader made; see `large`.

use std::collections::VecDeque;
use std::io::{BufRead, BufReader, Read, Take, Write};
use std::path::PathBuf;
use std::process::{Child, ChildStdout, Command, Stdio};
use std::sync::mpsc::{self, RecvTimeoutError};
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::time::{Duration, Instant};

use domain::text::Text;

use super::kind::Kind;
use super::large::{self, Asked, Told};
use super::outline::{MAX_TEXT_BYTES, Outline};
use super::{office, pdf};
use crate::Failed;

/// The hidden command of our program that reads one document or page.
pub const COMMAND: &str = "read-document";
/// Longest time for one document. A PDF has about a hundred pages per second, a page of 10 MB takes 1 to 3 s.
pub const TIME: Duration = Duration::from_secs(20);
/// Memory of a child, in bytes of address space, of which program and stack take 115 MB. A PDF of 10 MB and 2,000 pages
/// takes 185.
const MEMORY_BYTES: u64 = 256 << 20;
/// Places for children. With all of them taken by the worst that there is, server and children stay below 400 MB.
const PLACES: usize = 2;
/// Longest wait for a place among them.
const MAX_WAIT: Duration = Duration::from_secs(30);
/// Stack of a thread that parses documents: their parsers recurse with the nesting of what they read.
const STACK_BYTES: usize = 64 << 20;
/// Bytes that a child may send: the words, escaped, and what stands around them.
const MAX_OUTPUT_BYTES: u64 = (MAX_TEXT_BYTES as u64) * 8;

/// Where documents are read.
#[derive(Debug, Clone, Default)]
pub(crate) struct Isolated(Arc<Inner>);

#[derive(Debug, Default)]
struct Inner {
    program: Option<PathBuf>,
    door: Mutex<Door>,
    moved: Condvar,
}

/// Who is in, and who waits, first come first.
#[derive(Debug, Default)]
struct Door {
    taken: usize,
    waiting: VecDeque<u64>,
    tickets: u64,
}

impl Isolated {
    /// `program` is our own binary.
    pub(crate) fn new(program: Option<PathBuf>) -> Self {
        Self(Arc::new(Inner { program, ..Inner::default() }))
    }

    /// Reads a document; blocks until it is read, or a limit is met.
    pub(crate) fn read(&self, kind: Kind, bytes: &[u8]) -> Result<Outline, String> {
        let _place = self.enter(1)?;
        let Some(program) = &self.0.program else { return on_thread(kind, bytes.to_vec()) };
        let outline = |answer: &mut Answer| serde_json::from_reader(answer).ok();
        in_child(program, kind.word(), [&[], bytes], outline)?
    }

    /// Reads a page that is too large for the memory of the server, like [`read`](Self::read). `None` where it is to be read
    /// here: it is small, or no program is known.
    pub(crate) fn read_large(
        &self,
        bytes: &[u8],
        name: &str,
        label: Option<&str>,
    ) -> Option<Result<Text, Failed>> {
        let program = self.0.program.as_ref().filter(|_| bytes.len() > large::LARGE_BYTES)?;
        let read = || {
            let word = large::word(bytes.len());
            let _place = self.enter(if word == large::ALONE { PLACES } else { 1 })?;
            let head = Asked { name: name.into(), label: label.map(Into::into) }.line();
            in_child(program, word, [&head, bytes], Told::take)
        };
        let unreadable = |why| Failed::Unreadable { path: name.to_owned(), why };
        Some(read().map_err(unreadable).and_then(|told| told.into_text(name)))
    }

    /// Waits for so many places, behind those who came before.
    fn enter(&self, places: usize) -> Result<Place<'_>, String> {
        let give_up_at = Instant::now() + MAX_WAIT;
        let mut door = self.0.door.lock().unwrap_or_else(PoisonError::into_inner);
        let ticket = door.tickets;
        door.tickets += 1;
        door.waiting.push_back(ticket);
        while door.waiting.front() != Some(&ticket) || door.taken + places > PLACES {
            let left = give_up_at.saturating_duration_since(Instant::now());
            if left.is_zero() {
                door.waiting.retain(|other| *other != ticket);
                self.0.moved.notify_all();
                return Err("too many other documents were being read".into());
            }
            door = self.0.moved.wait_timeout(door, left).unwrap_or_else(PoisonError::into_inner).0;
        }
        door.waiting.pop_front();
        door.taken += places;
        self.0.moved.notify_all();
        Ok(Place { inner: &self.0, places })
    }
}

struct Place<'i> {
    inner: &'i Inner,
    places: usize,
}

impl Drop for Place<'_> {
    fn drop(&mut self) {
        self.inner.door.lock().unwrap_or_else(PoisonError::into_inner).taken -= self.places;
        self.inner.moved.notify_all();
    }
}

/// Memory that the child may take for what it is told to read, in bytes of address space. For the command alone.
pub fn memory_bytes(kind: &str) -> u64 {
    if kind == large::ALONE { large::MEMORY_BYTES } else { MEMORY_BYTES }
}

/// What the child does: reads the document or page that it is handed, and answers. For the command alone.
pub fn answer(kind: &str, mut given: impl BufRead, mut answer: impl Write) -> Result<(), String> {
    let broken = |why: std::io::Error| why.to_string();
    if [large::WORD, large::ALONE].contains(&kind) {
        let asked = Asked::read(&mut given)?;
        return Told::of(&asked, &whole(given)?).tell(&mut answer).map_err(broken);
    }
    let kind = Kind::of_word(kind).ok_or_else(|| format!("`{kind}` is no kind of document"))?;
    let outline = on_thread(kind, whole(given)?);
    serde_json::to_writer(answer, &outline).map_err(|why| why.to_string())
}

fn whole(mut given: impl Read) -> Result<Vec<u8>, String> {
    let mut bytes = Vec::new();
    given.read_to_end(&mut bytes).map_err(|why| why.to_string())?;
    Ok(bytes)
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
        | Kind::Xml
        | Kind::Feed
        | Kind::Sitemap => Err("it needs no isolation".into()),
    }
}

fn on_thread(kind: Kind, bytes: Vec<u8>) -> Result<Outline, String> {
    let (done, outcome) = mpsc::channel();
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

/// What a child says.
type Answer = BufReader<Take<ChildStdout>>;

/// Hands bytes to a child, and takes its answer.
fn in_child<T: Send>(
    program: &PathBuf,
    word: &str,
    given: [&[u8]; 2],
    take: impl FnOnce(&mut Answer) -> Option<T> + Send,
) -> Result<T, String> {
    let mut child =
        spawned(program, word).map_err(|why| format!("no process to read it: {why}"))?;
    let (stdin, stdout) = (child.stdin.take(), child.stdout.take());
    let (done, outcome) = mpsc::channel();
    let answer = std::thread::scope(|scope| {
        scope.spawn(move || {
            // A child that has seen enough does not take the rest.
            let _ = stdin.map(|mut stdin| given.iter().try_for_each(|part| stdin.write_all(part)));
        });
        scope.spawn(move || {
            let _ = done.send(stdout.map(|stdout| answered(stdout, take)));
        });
        let answer = outcome.recv_timeout(TIME + Duration::from_secs(2));
        // Whatever came: it is not needed any more, and both threads end with it.
        let _ = child.kill();
        let _ = child.wait();
        answer
    });
    match answer {
        Ok(Some(answer)) => answer,
        Ok(None) | Err(RecvTimeoutError::Disconnected) => Err(gave_up("it is damaged")),
        Err(RecvTimeoutError::Timeout) => Err(too_slow()),
    }
}

fn answered<T>(
    stdout: ChildStdout,
    take: impl FnOnce(&mut Answer) -> Option<T>,
) -> Result<T, String> {
    let mut answer = BufReader::new(stdout.take(MAX_OUTPUT_BYTES));
    let taken = take(&mut answer);
    taken.ok_or_else(|| match answer.get_ref().limit() {
        0 => format!("it holds more than {} MB of text", MAX_TEXT_BYTES / 1_000_000),
        _ => gave_up("it is damaged, or needs more memory than one document may have"),
    })
}

fn spawned(program: &PathBuf, word: &str) -> std::io::Result<Child> {
    Command::new(program)
        .args([COMMAND, word])
        .env_clear()
        // The allocator of our program takes a gigabyte of addresses in advance, which the child may not have.
        .env("MIMALLOC_ARENA_RESERVE", "0")
        .current_dir("/")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
}

fn too_slow() -> String {
    format!("reading it takes longer than {} s", TIME.as_secs())
}

fn gave_up(why: &str) -> String {
    format!("its reader gave up: {why}")
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Somebody comes who wants so many places, and says so when they are there.
    fn asks(isolated: &Isolated, places: usize, got: &mpsc::Sender<usize>) {
        let (isolated, got) = (isolated.clone(), got.clone());
        let before = isolated.0.door.lock().unwrap().tickets;
        let own = isolated.clone();
        std::thread::spawn(move || {
            let _place = own.enter(places).unwrap();
            got.send(places).unwrap();
        });
        while isolated.0.door.lock().unwrap().tickets == before {
            std::thread::yield_now();
        }
    }

    #[test]
    fn who_wants_all_places_is_not_overtaken_by_those_who_want_one() {
        let isolated = Isolated::default();
        let (got, turns) = mpsc::channel();
        let first = isolated.enter(1).unwrap();
        asks(&isolated, PLACES, &got);
        asks(&isolated, 1, &got);
        assert_eq!(turns.recv_timeout(Duration::from_millis(50)), Err(RecvTimeoutError::Timeout));
        drop(first);
        assert_eq!(turns.recv(), Ok(PLACES));
        assert_eq!(turns.recv(), Ok(1));
    }
}
