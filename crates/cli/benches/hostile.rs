//! What others notice of a run that meets the hostile site: their time beside it and without it, in turns.
//!
//! `cargo bench -p task-mcp --bench hostile` prints the ratio of the medians and of the slowest twentieth, goal 2, and
//! the server's memory at its peak, goal 400 MB; then that of a server and its readers with the largest pages and documents.
//! The sites run in this process, on the same cores. Linux only.

mod memory;
mod served;

use std::time::{Duration, Instant};

use serde_json::json;
use testkit::{Hostile, Site};

use crate::served::{Http, Server, mb};

/// Turns of each kind, one after the other.
const TURNS: usize = 3;
/// Runs of others in a turn without the hostile site, and at least in one with it.
const RUNS: usize = 30;
/// Longest turn beside it.
const LONGEST: Duration = Duration::from_mins(1);

/// What costs time to read, then what floods, then what hangs.
const PATHS: [&str; 24] = [
    "html/deep",
    "html/deep-lists",
    "html/deep-tables",
    "html/formatting",
    "html/attributes",
    "html/wide-table",
    "html/long-table",
    "html/spans",
    "html/entities",
    "html/comment",
    "html/links",
    "html/brackets",
    "body/gzip",
    "body/gzip-members",
    "body/brotli",
    "lead/on/0",
    "lead/private/0",
    "head/large",
    "head/many",
    "body/endless",
    "body/endless-chunks",
    "body/tiny-chunks",
    "head/slow",
    "body/silent",
];

fn main() {
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    let sites: Vec<Hostile> = (0..TURNS).map(|_| runtime.block_on(Hostile::serve())).collect();
    let good = runtime.block_on(good());
    let directory = tempfile::tempdir().expect("a temporary folder");
    let twin = good.origin.replace("127.0.0.1", "localhost");
    let allow: Vec<&str> =
        sites.iter().map(|site| site.origin.as_str()).chain([twin.as_str()]).collect();
    let allow = format!("fetch.allow={}", allow.join(","));
    let place = directory.path().display().to_string();
    let server =
        Server::start(&["--data", &place, "--set", &allow, "--set", "search.keyless=false"]);
    let mut http = Http::connect(&server.address);
    let idle = mb(server.memory_kib("VmRSS:"));

    let (mut alone, mut beside) = (Vec::new(), Vec::new());
    let mut page = 0;
    for _ in 0..RUNS / 3 {
        a_run(&mut http, &twin, &mut page);
    }
    for site in &sites {
        alone.extend((0..RUNS).map(|_| a_run(&mut http, &twin, &mut page)));
        let hostile = meet(&mut http, site);
        let (began, cpu) = (Instant::now(), server.cpu_seconds());
        let mut runs = 0;
        while began.elapsed() < LONGEST && (runs < RUNS || is_active(&mut http, &hostile)) {
            let is_met = is_active(&mut http, &hostile);
            let taken = a_run(&mut http, &twin, &mut page);
            if is_met {
                beside.push(taken);
            }
            runs += 1;
        }
        println!(
            "a hostile run asked for {} addresses; {runs} runs beside it, {:.1} s of CPU in {:.1} s",
            site.asked().len(),
            server.cpu_seconds() - cpu,
            began.elapsed().as_secs_f64(),
        );
    }
    let median = (share(&mut alone, 0.5), share(&mut beside, 0.5));
    let slow = (share(&mut alone, 0.95), share(&mut beside, 0.95));
    println!(
        "a run takes {:.1} ms alone and {:.1} ms beside the hostile site (medians of {} and {})",
        median.0,
        median.1,
        alone.len(),
        beside.len()
    );
    println!("  ratio {:.2}, goal 2", median.1 / median.0);
    println!("the slowest twentieth takes {:.1} ms alone and {:.1} ms beside it", slow.0, slow.1);
    println!("  ratio {:.2}, goal 2", slow.1 / slow.0);
    let peak = mb(server.memory_kib("VmHWM:"));
    println!("the server has {idle:.0} MB idle and {peak:.0} MB at its peak, goal 400");
    drop(server);
    memory::print(&runtime);
}

async fn good() -> Site {
    let pages = 0..20_000;
    let script = pages.fold(Site::script(), |script, page| {
        let words = format!(
            "High tide comes twice a day in harbour {page}, because the moon pulls at the sea."
        );
        script.page(&format!("/harbour/{page}"), &format!("Harbour {page}"), &words)
    });
    script.serve().await
}

/// A run of somebody else, on a page that nobody has read; how long it takes, in milliseconds.
fn a_run(http: &mut Http, site: &str, page: &mut usize) -> f64 {
    *page += 1;
    let question = format!("How often does high tide come, says {site}/harbour/{page}?");
    let began = Instant::now();
    let run = http.post("/v1/tasks/runs", &json!({"input": question, "processor": "lite"}));
    let run = run["run_id"].as_str().expect("an id").to_owned();
    let result = http.get(&format!("/v1/tasks/runs/{run}/result?timeout=60"));
    assert_eq!(result["run"]["status"], "completed");
    began.elapsed().as_secs_f64() * 1000.0
}

/// A run that is to read the worst pages.
fn meet(http: &mut Http, site: &Hostile) -> String {
    let addresses: Vec<String> = PATHS.iter().map(|path| site.url(&format!("/{path}"))).collect();
    let question = format!("What do these say about the tide? {}", addresses.join(" "));
    let run = http.post("/v1/tasks/runs", &json!({"input": question, "processor": "ultra"}));
    run["run_id"].as_str().expect("an id").to_owned()
}

fn is_active(http: &mut Http, run: &str) -> bool {
    http.get(&format!("/v1/tasks/runs/{run}"))["is_active"] == true
}

/// The value below which this share of them lies.
fn share(times: &mut [f64], share: f64) -> f64 {
    times.sort_by(f64::total_cmp);
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        clippy::cast_precision_loss,
        reason = "an index"
    )]
    let at = (times.len() as f64 * share) as usize;
    times[at.min(times.len() - 1)]
}
