//! Pages that only scripts fill, as a browser shows them: headless Chromium without a network of its own.
//!
//! Inside the browser no name leads anywhere, and each of its requests is stopped before it leaves. It is handed to us
//! over a pipe and answered with what our own way out brought, or refused; so guard, policy, robots.txt, pace, log and
//! cassette hold for scripts as for everything else. Each page gets a browser of its own, which dies with it.

mod devtools;
mod process;

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use futures_util::future::{BoxFuture, Either, select};
use futures_util::stream::{FuturesUnordered, StreamExt as _};
use serde_json::{Value, json};
use tokio::sync::Semaphore;
use tokio::time::{Instant, timeout, timeout_at};
use url::Url;

use devtools::Devtools;
use process::Process;

/// Longest time for the start of a browser. It takes half a second where the machine has nothing else to do.
const START_TIME: Duration = Duration::from_secs(10);
/// Longest time for one page, until its text is asked for.
pub const TIME: Duration = Duration::from_secs(12);
/// Memory of one browser, all of its processes together. A heavy page takes a third.
pub const MEMORY_BYTES: u64 = 768 << 20;
/// Requests that the scripts of one page may make.
const MAX_REQUESTS: usize = 80;
/// Browsers at once; each may take a core and [`MEMORY_BYTES`].
const AT_ONCE: usize = 2;
/// Longest wait for a place among them.
const MAX_WAIT: Duration = Duration::from_secs(5);
/// A page that asks for nothing during this time has come to rest.
const QUIET: Duration = Duration::from_millis(500);
/// How long a page may take to say what it shows.
const TELL_TIME: Duration = Duration::from_secs(3);

/// What a page may not do whatever it says itself: frames, other worlds of scripts, and ways to the network that are not
/// requests. Most of it is refused a second time by the flags of `process`.
const RULES: &str = "frame-src 'none'; object-src 'none'; worker-src 'none'; connect-src http: https:; webrtc 'block'";

/// What is asked of a page at rest, in a world apart from its scripts: the document without what is not shown, with what
/// stands in shadow trees, and with its data for machines.
const SHOWN: &str = r#"(() => {
  const open = root => {
    for (const element of root.querySelectorAll('*')) {
      if (element.shadowRoot) {
        open(element.shadowRoot);
        element.append(...element.shadowRoot.childNodes);
      }
    }
  };
  open(document);
  const unseen = 'noscript, template, style, script:not([type="application/ld+json"])';
  for (const element of document.querySelectorAll(unseen)) element.remove();
  return document.documentElement.outerHTML;
})()"#;

/// A Chromium of this machine, or what speaks its protocol.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Chromium {
    pub program: PathBuf,
    /// Whether it is to isolate itself. It cannot where it runs as root.
    pub sandbox: bool,
}

/// What renders pages. Clones share the limit on how many do so at once.
#[derive(Debug, Clone)]
pub(crate) struct Browser {
    chromium: Arc<Chromium>,
    places: Arc<Semaphore>,
}

/// A page as its host sent it.
pub(crate) struct Shell {
    pub(crate) address: Url,
    pub(crate) html: String,
}

/// What a script asks for.
pub(crate) struct Asked {
    pub(crate) url: Url,
    pub(crate) headers: Vec<(String, String)>,
    /// With it the request is a POST.
    pub(crate) body: Option<Vec<u8>>,
}

/// What it gets.
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) content_type: Option<String>,
    /// Where a redirect leads; the browser asks for that in turn.
    pub(crate) location: Option<Url>,
    pub(crate) body: Vec<u8>,
}

impl Browser {
    pub(crate) fn new(chromium: Chromium) -> Self {
        Self { chromium: Arc::new(chromium), places: Arc::new(Semaphore::new(AT_ONCE)) }
    }

    /// Whether it shows a page of our own as it should; else why not.
    pub(crate) async fn examine(&self) -> Result<(), String> {
        let html = "<p id=word></p><script>word.textContent = 6 * 7</script>".to_owned();
        let nowhere = || "it has no address to be shown under".to_owned();
        let address = Url::parse("https://nowhere.invalid/").map_err(|_| nowhere())?;
        let nothing = |_: Asked| -> BoxFuture<'_, Option<Answer>> { Box::pin(async { None }) };
        let shown = self.render(&Shell { address, html }, 10_000, &nothing).await?;
        if shown.contains(">42<") { Ok(()) } else { Err("does not run scripts".into()) }
    }

    /// The document that a page becomes when its scripts have run; else why there is none.
    ///
    /// `ask` fetches what scripts want; `None` is a refusal. At most `max_bytes` of document.
    pub(crate) async fn render<'a>(
        &self,
        shell: &'a Shell,
        max_bytes: usize,
        ask: Ask<'a>,
    ) -> Result<String, String> {
        let place = timeout(MAX_WAIT, self.places.acquire()).await;
        let _place = place.map_err(|_| "was busy with other pages")?;
        let started = Process::start(&self.chromium);
        let (process, pipe) = started.map_err(|why| format!("does not start: {why}"))?;
        let mut rendering = Rendering {
            devtools: Devtools::new(pipe, max_bytes),
            session: String::new(),
            shell,
            ask,
            answers: FuturesUnordered::new(),
            asked: 0,
            is_there: false,
            is_loaded: false,
        };
        // The work has limits of its own; this one holds where the browser takes and says nothing.
        let limit = START_TIME + TIME + 2 * TELL_TIME;
        let shown = timeout(limit, rendering.run()).await;
        let shown = shown.unwrap_or_else(|_| Err("does not answer".into()));
        drop(rendering);
        let trouble = process.end().await;
        shown.map_err(|why| trouble.unwrap_or(why))
    }
}

/// Fetches for scripts.
pub(crate) type Ask<'a> = &'a (dyn Fn(Asked) -> BoxFuture<'a, Option<Answer>> + Send + Sync);

/// One page on its way.
struct Rendering<'a> {
    devtools: Devtools,
    /// The name of the page's tab.
    session: String,
    shell: &'a Shell,
    ask: Ask<'a>,
    /// What is being fetched, with the browser's name for each request.
    answers: FuturesUnordered<BoxFuture<'a, (String, Option<Answer>)>>,
    /// Requests so far.
    asked: usize,
    /// The page was handed over.
    is_there: bool,
    /// It says that it is complete; its scripts may still ask for something.
    is_loaded: bool,
}

/// What happens next.
enum Next {
    Message(Value),
    Answered(String, Option<Answer>),
}

impl Rendering<'_> {
    async fn run(&mut self) -> Result<String, String> {
        let opened = timeout(START_TIME, self.open()).await;
        opened.unwrap_or_else(|_| Err("did not start in time".into()))?;
        self.load(Instant::now() + TIME).await?;
        self.tell(Instant::now() + TELL_TIME).await
    }

    /// Opens a tab that keeps nothing on disk, with every request stopped, and goes to the page.
    async fn open(&mut self) -> Result<(), String> {
        let context = self.call("Target.createBrowserContext", json!({})).await?;
        let context = &context["browserContextId"];
        let denied = json!({"behavior": "deny", "browserContextId": context});
        self.call("Browser.setDownloadBehavior", denied).await?;
        let tab = json!({"url": "about:blank", "browserContextId": context});
        let tab = self.call("Target.createTarget", tab).await?;
        let attach = json!({"targetId": tab["targetId"], "flatten": true});
        let attached = self.call("Target.attachToTarget", attach).await?;
        attached["sessionId"].as_str().unwrap_or_default().clone_into(&mut self.session);
        self.call("Fetch.enable", json!({"patterns": [{"urlPattern": "*"}]})).await?;
        self.call("Page.enable", json!({})).await?;
        self.devtools
            .send(&self.session, "Page.navigate", json!({"url": self.shell.address.as_str()}))
            .await?;
        Ok(())
    }

    /// Serves the page until it has come to rest, or its time is up.
    async fn load(&mut self, until: Instant) -> Result<(), String> {
        loop {
            let is_at_rest = self.is_loaded && self.answers.is_empty();
            let patience = if is_at_rest { until.min(Instant::now() + QUIET) } else { until };
            match timeout_at(patience, self.next()).await {
                Ok(next) => drop(self.take(next?).await?),
                Err(_) if self.is_there => return Ok(()),
                Err(_) => return Err("did not show it in time".into()),
            }
        }
    }

    /// Asks the page what it shows.
    async fn tell(&mut self, until: Instant) -> Result<String, String> {
        let work = async {
            let tree = self.call("Page.getFrameTree", json!({})).await?;
            let world = json!({"frameId": tree["frameTree"]["frame"]["id"]});
            let world = self.call("Page.createIsolatedWorld", world).await?;
            let question = json!({
                "expression": SHOWN, "contextId": world["executionContextId"], "returnByValue": true,
            });
            let shown = self.call("Runtime.evaluate", question).await?;
            match shown["result"]["value"].as_str() {
                Some(html) => Ok(html.to_owned()),
                None => Err("could not say what it shows".to_owned()),
            }
        };
        let told = timeout_at(until, work).await;
        told.unwrap_or_else(|_| Err("was still running its scripts when its time was up".into()))
    }

    /// Sends a command and waits for what comes of it; serves the page meanwhile.
    async fn call(&mut self, method: &str, parameters: Value) -> Result<Value, String> {
        let id = self.devtools.send(&self.session, method, parameters).await?;
        loop {
            let next = self.next().await?;
            let Some(mut message) = self.take(next).await? else { continue };
            if message["id"] == id {
                return match message.get("error") {
                    None => Ok(message["result"].take()),
                    Some(error) => Err(format!("refuses {method}: {}", error["message"])),
                };
            }
        }
    }

    async fn next(&mut self) -> Result<Next, String> {
        let message = std::pin::pin!(self.devtools.next());
        if self.answers.is_empty() {
            return message.await.map(Next::Message);
        }
        match select(message, self.answers.next()).await {
            Either::Left((message, _)) => message.map(Next::Message),
            Either::Right((Some((id, answer)), _)) => Ok(Next::Answered(id, answer)),
            Either::Right((None, _)) => unreachable!("there were answers to wait for"),
        }
    }

    /// Does what is to be done about it; hands back what is not an event.
    async fn take(&mut self, next: Next) -> Result<Option<Value>, String> {
        let message = match next {
            Next::Answered(id, answer) => {
                self.give(&id, answer).await?;
                return Ok(None);
            }
            Next::Message(message) => message,
        };
        match message["method"].as_str() {
            Some("Fetch.requestPaused") => self.asked(&message["params"]).await?,
            Some("Page.loadEventFired") => self.is_loaded = self.is_there,
            Some("Page.javascriptDialogOpening") => {
                let no = json!({"accept": false});
                self.devtools.send(&self.session, "Page.handleJavaScriptDialog", no).await?;
            }
            Some("Inspector.targetCrashed") => return Err("broke down over it".into()),
            Some(_) => {}
            None => return Ok(Some(message)),
        }
        Ok(None)
    }

    /// A request that was stopped.
    async fn asked(&mut self, paused: &Value) -> Result<(), String> {
        let id = paused["requestId"].as_str().unwrap_or_default().to_owned();
        let request = &paused["request"];
        self.asked += 1;
        match paused["resourceType"].as_str().unwrap_or_default() {
            "Document" if !self.is_there => {
                self.is_there = true;
                let headers = json!([
                    {"name": "Content-Type", "value": "text/html; charset=utf-8"},
                    {"name": "Content-Security-Policy", "value": RULES},
                ]);
                let html = self.shell.html.clone();
                self.fulfil(&id, 200, headers, html.as_bytes()).await
            }
            // "No content": the page stays where it is, wherever it wanted to lead.
            "Document" => self.fulfil(&id, 204, json!([]), b"").await,
            // What a page looks like is not asked for; without an answer it would wait.
            "Stylesheet" => {
                let headers = json!([{"name": "Content-Type", "value": "text/css"}]);
                self.fulfil(&id, 200, headers, b"").await
            }
            "Script" | "XHR" | "Fetch" if self.asked <= MAX_REQUESTS => match wanted(request) {
                Some(asked) => {
                    let answer = (self.ask)(asked);
                    self.answers.push(Box::pin(async move { (id, answer.await) }));
                    Ok(())
                }
                None => self.refuse(&id).await,
            },
            _ => self.refuse(&id).await,
        }
    }

    async fn give(&mut self, id: &str, answer: Option<Answer>) -> Result<(), String> {
        let Some(answer) = answer else { return self.refuse(id).await };
        let named = [
            ("Content-Type", answer.content_type),
            ("Location", answer.location.map(String::from)),
        ];
        let headers: Vec<Value> = named
            .into_iter()
            .filter_map(|(name, value)| Some(json!({"name": name, "value": value?})))
            .collect();
        self.fulfil(id, answer.status, headers.into(), &answer.body).await
    }

    async fn fulfil(
        &mut self,
        id: &str,
        status: u16,
        headers: Value,
        body: &[u8],
    ) -> Result<(), String> {
        let reply = json!({
            "requestId": id, "responseCode": status, "responseHeaders": headers, "body": BASE64.encode(body),
        });
        self.devtools.send(&self.session, "Fetch.fulfillRequest", reply).await.map(drop)
    }

    async fn refuse(&mut self, id: &str) -> Result<(), String> {
        let reply = json!({"requestId": id, "errorReason": "BlockedByClient"});
        self.devtools.send(&self.session, "Fetch.failRequest", reply).await.map(drop)
    }
}

/// The request of a script, if it is of a kind that is asked at all: it gets something, or sends a body, and does not
/// listen for what may come.
fn wanted(request: &Value) -> Option<Asked> {
    let url = Url::parse(request["url"].as_str()?).ok()?;
    let headers: Vec<(String, String)> = request["headers"]
        .as_object()?
        .iter()
        .filter_map(|(name, value)| Some((name.to_ascii_lowercase(), value.as_str()?.to_owned())))
        .collect();
    let listens =
        |(name, value): &(String, String)| name == "accept" && value.contains("event-stream");
    if headers.iter().any(listens) {
        return None;
    }
    let body = match request["method"].as_str()? {
        "GET" => None,
        "POST" => Some(request["postData"].as_str().unwrap_or_default().as_bytes().to_vec()),
        _ => return None,
    };
    let headers = headers.into_iter().filter(|(name, _)| is_the_scripts_own(name)).collect();
    Some(Asked { url, headers, body })
}

/// Whether a header is one that scripts set, not the browser, and so means something to the host.
fn is_the_scripts_own(name: &str) -> bool {
    matches!(name, "content-type" | "authorization") || name.starts_with("x-")
}
