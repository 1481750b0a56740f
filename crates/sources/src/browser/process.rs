//! The browser as a process: how it is started, what it may take, and how it is ended with all of its children.

use std::io;
use std::process::Stdio;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use rustix::process::{Pid, Signal, kill_process_group};
use tempfile::TempDir;
use tokio::io::{AsyncReadExt as _, sink};
use tokio::process::{Child, ChildStderr, Command};
use tokio::task::JoinSet;
use tokio::time::timeout;

use super::devtools::Pipe;
use super::{Chromium, MEMORY_BYTES};

/// How often the memory of the browser is measured.
const MEASURED_EVERY: Duration = Duration::from_millis(250);
/// How long a browser may take to go.
const LEAVE_TIME: Duration = Duration::from_secs(1);
/// What it says where it cannot isolate itself.
const SANDBOX: [&str; 2] = ["No usable sandbox", "without --no-sandbox"];
/// Bytes of what the browser says about itself that are kept, to tell why it did not start.
const MAX_WORDS: u64 = 16_000;

/// Puts the pipe where Chromium looks for it.
const START: &str = "exec 3<&0 4>&1 </dev/null >/dev/null; exec \"$@\"";

/// No way out. Names, also that of the proxy, lead nowhere; and every connection would go through that proxy, those to
/// this machine too. What needs neither is switched off.
const CUT_OFF: [&str; 8] = [
    "--host-resolver-rules=MAP * ~NOTFOUND",
    "--proxy-server=http://nowhere.invalid:9",
    "--proxy-bypass-list=<-loopback>",
    "--webrtc-ip-handling-policy=disable_non_proxied_udp",
    "--disable-quic",
    "--disable-background-networking",
    "--no-pings",
    "--block-new-web-contents",
];

/// What a page is rendered with. Everything of it is in one process, so that one tab sees all requests; what it reads
/// across origins is asked without any credential, by us, so that there is nothing for that rule to protect.
const PLAIN: [&str; 17] = [
    "--headless=new",
    "--remote-debugging-pipe",
    "--no-first-run",
    "--no-default-browser-check",
    "--disable-extensions",
    "--disable-component-update",
    "--disable-default-apps",
    "--disable-sync",
    "--disable-breakpad",
    "--disable-gpu",
    "--disable-dev-shm-usage",
    "--mute-audio",
    "--disable-web-security",
    "--disable-site-isolation-trials",
    "--disable-features=IsolateOrigins,site-per-process,OptimizationHints,MediaRouter,Translate,DialMediaRouteProvider",
    "--blink-settings=imagesEnabled=false",
    "--js-flags=--max-old-space-size=256",
];

/// A running browser. Dropping it ends all of its processes.
pub(super) struct Process {
    child: Child,
    group: Option<Pid>,
    said: Arc<Mutex<String>>,
    is_too_large: Arc<Mutex<bool>>,
    /// Measures, and listens; ends with the browser.
    _watch: JoinSet<()>,
    /// Its profile, its home, and where it puts what is temporary.
    _folder: TempDir,
}

impl Process {
    pub(super) fn start(chromium: &Chromium) -> io::Result<(Self, Pipe)> {
        let folder = tempfile::Builder::new().prefix("task-mcp-browser-").tempdir()?;
        let home = folder.path();
        let mut command = Command::new("/bin/sh");
        command.args(["-c", START, "sh"]).arg(&chromium.program).args(CUT_OFF).args(PLAIN);
        command.arg(format!("--user-agent={}", egress::USER_AGENT));
        command.arg(format!("--user-data-dir={}", home.join("profile").display()));
        if !chromium.sandbox {
            command.arg("--no-sandbox");
        }
        // Keys lie in our environment.
        command.env_clear().env("PATH", "/usr/local/bin:/usr/bin:/bin").env("LANG", "C.UTF-8");
        for name in ["HOME", "TMPDIR", "XDG_CONFIG_HOME", "XDG_CACHE_HOME", "XDG_RUNTIME_DIR"] {
            command.env(name, home);
        }
        command.current_dir(home).process_group(0).kill_on_drop(true);
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn()?;
        let group = child.id().and_then(|id| Pid::from_raw(i32::try_from(id).ok()?));
        let (said, is_too_large) = (Arc::default(), Arc::default());
        let mut watch = JoinSet::new();
        if let Some(words) = child.stderr.take() {
            watch.spawn(listen(words, Arc::clone(&said)));
        }
        if let Some(group) = group {
            watch.spawn(measure(group, Arc::clone(&is_too_large)));
        }
        let pipe = child.stdin.take().zip(child.stdout.take());
        let (to, from) = pipe.ok_or_else(|| io::Error::other("it has no pipe"))?;
        let process = Self { child, group, said, is_too_large, _watch: watch, _folder: folder };
        Ok((process, Pipe { to, from }))
    }

    /// Ends the browser, whose pipe is closed. Answers what may have kept it from its work, if it is known.
    pub(super) async fn end(mut self) -> Option<String> {
        // It goes by itself when its pipe is closed, and then takes its children along: nobody else would bury them.
        let _ = timeout(LEAVE_TIME, self.child.wait()).await;
        self.kill();
        let _ = self.child.wait().await;
        if *self.is_too_large.lock().unwrap_or_else(PoisonError::into_inner) {
            return Some(format!("took more than {} MB of memory", MEMORY_BYTES >> 20));
        }
        let said = self.said.lock().unwrap_or_else(PoisonError::into_inner);
        let is_about_sandbox = SANDBOX.iter().any(|words| said.contains(words));
        is_about_sandbox.then(|| {
            "does not start: its sandbox needs user namespaces, which it does not get here"
                .to_owned()
        })
    }

    fn kill(&mut self) {
        if let Some(group) = self.group.take() {
            // An error says that nobody is left.
            let _ = kill_process_group(group, Signal::KILL);
        }
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        self.kill();
    }
}

/// Keeps the beginning of what the browser says, and takes the rest so that it need not wait.
async fn listen(words: ChildStderr, said: Arc<Mutex<String>>) {
    let mut beginning = words.take(MAX_WORDS);
    let mut bytes = Vec::new();
    while let Ok(1..) = beginning.read_buf(&mut bytes).await {
        let text = String::from_utf8_lossy(&bytes).into_owned();
        *said.lock().unwrap_or_else(PoisonError::into_inner) = text;
    }
    let _ = tokio::io::copy(&mut beginning.into_inner(), &mut sink()).await;
}

/// Ends a browser that takes too much.
async fn measure(group: Pid, is_too_large: Arc<Mutex<bool>>) {
    loop {
        tokio::time::sleep(MEASURED_EVERY).await;
        let taken = tokio::task::spawn_blocking(move || memory_of(group)).await;
        if taken.is_ok_and(|taken| taken > MEMORY_BYTES) {
            *is_too_large.lock().unwrap_or_else(PoisonError::into_inner) = true;
            let _ = kill_process_group(group, Signal::KILL);
            return;
        }
    }
}

/// Bytes of memory that the processes of a group have to themselves; 0 where the system does not tell.
fn memory_of(group: Pid) -> u64 {
    let Ok(processes) = std::fs::read_dir("/proc") else { return 0 };
    let group = group.as_raw_nonzero().to_string();
    processes
        .filter_map(|process| std::fs::read_to_string(process.ok()?.path().join("status")).ok())
        .filter_map(|status| {
            let line = |name: &str| status.lines().find_map(|line| line.strip_prefix(name));
            let is_of_it = line("NSpgid:")?.split_whitespace().next() == Some(group.as_str());
            let kilobytes = line("RssAnon:")?.trim().trim_end_matches(" kB").parse::<u64>().ok()?;
            is_of_it.then_some(kilobytes * 1024)
        })
        .sum()
}
