//! The worst that there is to read, four at a time, on one server: its memory together with that of its readers.

use std::fs;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use serde_json::json;
use testkit::{Hostile, documents};

use crate::served::{Http, Server, mb};

/// Pages or documents of one kind that are asked for.
const AT_ONCE: usize = 4;
/// Bytes of a page, a little below what is received of one.
const SIZE: usize = 9_900_000;
/// Between two looks at the memory.
const PAUSE: Duration = Duration::from_millis(5);

/// Asks a new server for each kind in one call, then in several at once, and prints the peak of each, goal 400 MB.
pub(crate) fn print(runtime: &tokio::runtime::Runtime) {
    let kinds = kinds();
    let site = runtime.block_on(Hostile::with_files(kinds.iter().flat_map(Kind::files).collect()));
    let directory = tempfile::tempdir().expect("a temporary folder");
    let (place, allow) =
        (directory.path().display().to_string(), format!("fetch.allow={}", site.origin));
    let server = Server::start(&["--data", &place, "--set", &allow]);
    let mut http = Http::connect(&server.address);
    let peak = Peak::watch(&server);
    let mut most = 0.0_f64;
    for Kind { name, .. } in kinds {
        let url = |page| site.url(&format!("/{name}/{page}"));
        let began = Instant::now();
        let one = extracted(&mut http, &(0..AT_ONCE).map(url).collect::<Vec<_>>());
        let (one_peak, one_took) = (peak.take(), began.elapsed().as_secs_f64());
        let began = Instant::now();
        let several: usize = thread::scope(|scope| {
            let ask = |page| {
                let url = url(page);
                scope.spawn(|| extracted(&mut Http::connect(&server.address), &[url]))
            };
            let asking: Vec<_> = (0..AT_ONCE).map(ask).collect();
            asking.into_iter().map(|call| call.join().expect("an answer")).sum()
        });
        let (several_peak, several_took) = (peak.take(), began.elapsed().as_secs_f64());
        println!(
            "{AT_ONCE} of {name}: {one_peak:.0} MB in one call ({one} read, {one_took:.1} s), {several_peak:.0} MB in {AT_ONCE} ({several} read, {several_took:.1} s)",
        );
        most = most.max(one_peak).max(several_peak);
    }
    println!("server and readers have {most:.0} MB at their peak, goal 400");
}

/// How many of them were read.
fn extracted(http: &mut Http, urls: &[String]) -> usize {
    let answer = http.post("/v1/extract", &json!({"urls": urls, "full_content": true}));
    answer["results"].as_array().expect("results").len()
}

/// Something large to read.
struct Kind {
    name: &'static str,
    media: &'static str,
    bytes: Vec<u8>,
}

impl Kind {
    /// As often as it is asked for; each differs, for of equals the server reads one.
    fn files(&self) -> impl Iterator<Item = (String, String, Vec<u8>)> + '_ {
        (0..AT_ONCE).map(|page| {
            let bytes = [&self.bytes[..], &vec![b' '; page]].concat();
            (format!("/{}/{page}", self.name), self.media.to_owned(), bytes)
        })
    }
}

fn kinds() -> Vec<Kind> {
    let lines = |head: &str, line: &str| {
        format!("{head}{}", line.repeat((SIZE - head.len()) / line.len())).into_bytes()
    };
    let page = |line: &str| lines("<title>Tides</title><main><h1>Tides</h1><p>words", line);
    let prose = "High tide comes twice a day, because the moon pulls at the sea. ".repeat(40);
    let json =
        [lines("[1", ",{\"name\":\"Brennia\",\"tide\":{\"high\":2}}"), b"]".to_vec()].concat();
    let workbook = documents::zip_bomb("xl/worksheets/sheet1.xml", "<worksheet>", 700);
    [
        ("JSON", "application/json", json),
        ("tables", "text/html", page("<table><tr><td>1<td>Brennia<td>twice a day</table>")),
        ("links", "text/html", page("<a href=a>tide</a> ")),
        ("tags", "text/html", page("<i>a</i>")),
        ("lists", "text/markdown", lines("# Tides\n\n", "- **high** [tide](/a)\n")),
        ("CSV", "text/csv", lines("No,Harbour,Tide\n", "1,Brennia,twice a day\n")),
        ("PDF", "application/pdf", documents::pdf(&vec![prose.as_str(); 1_500])),
        ("PDF-bombs", "application/pdf", documents::pdf_bomb(700)),
        ("workbook-bombs", "application/zip", workbook),
    ]
    .map(|(name, media, bytes)| Kind { name, media, bytes })
    .into()
}

/// The most memory that a server and its children have had together, each page that they share counted once.
struct Peak {
    most_kib: Arc<AtomicU64>,
    is_over: Arc<AtomicBool>,
    watcher: Option<JoinHandle<()>>,
}

impl Peak {
    fn watch(server: &Server) -> Self {
        let (most_kib, is_over) = (Arc::<AtomicU64>::default(), Arc::<AtomicBool>::default());
        let (most, over, id) = (Arc::clone(&most_kib), Arc::clone(&is_over), server.id());
        let watcher = thread::spawn(move || {
            while !over.load(Ordering::Relaxed) {
                most.fetch_max(together_kib(id), Ordering::Relaxed);
                thread::sleep(PAUSE);
            }
        });
        Self { most_kib, is_over, watcher: Some(watcher) }
    }

    /// Since the last call, in MB.
    fn take(&self) -> f64 {
        #[expect(clippy::cast_precision_loss, reason = "kibibytes of one machine")]
        mb(self.most_kib.swap(0, Ordering::Relaxed) as f64)
    }
}

impl Drop for Peak {
    fn drop(&mut self) {
        self.is_over.store(true, Ordering::Relaxed);
        let _ = self.watcher.take().map(JoinHandle::join);
    }
}

/// A process that ends meanwhile has none.
fn together_kib(id: u32) -> u64 {
    let threads = fs::read_dir(format!("/proc/{id}/task")).into_iter().flatten().flatten();
    let children = threads
        .filter_map(|thread| fs::read_to_string(thread.path().join("children")).ok())
        .flat_map(|ids| ids.split_whitespace().flat_map(str::parse).collect::<Vec<u32>>());
    own_kib(id) + children.map(own_kib).sum::<u64>()
}

fn own_kib(id: u32) -> u64 {
    let rollup = fs::read_to_string(format!("/proc/{id}/smaps_rollup")).unwrap_or_default();
    let line = rollup.lines().find_map(|line| line.strip_prefix("Pss:"));
    line.and_then(|line| line.split_whitespace().next()?.parse().ok()).unwrap_or_default()
}
