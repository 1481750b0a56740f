//! A scripted site on loopback, with a search that answers as SearXNG does. It remembers what it was asked.

use std::collections::{HashMap, HashSet};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::Router;
use axum::extract::{Request, State};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde_json::json;
use tokio::net::TcpListener;
use tokio::sync::Notify;
use tokio::task::JoinSet;

/// How much later a late answer comes than another.
const LATE: Duration = Duration::from_millis(150);

/// What stands at a path.
#[derive(Debug, Clone)]
enum Reply {
    Html(String),
    Redirect(String),
    /// Never answers.
    Silence,
    /// Never answers the first who asks.
    SlowStart(String),
}

/// A site before it is served.
#[derive(Debug, Clone, Default)]
pub struct Script {
    replies: HashMap<String, Reply>,
    /// Addresses, or paths of this site, that every search finds.
    found: Vec<String>,
    /// Addresses, or paths, that a search finds which shares two words with them.
    shelf: Vec<(String, HashSet<String>)>,
    sitemap: Vec<String>,
    is_first_search_late: bool,
}

/// A site that is served until it is dropped.
#[derive(Debug)]
pub struct Site {
    /// `http://127.0.0.1:PORT`
    pub origin: String,
    state: Arc<Serving>,
    _server: JoinSet<()>,
}

#[derive(Debug)]
struct Serving {
    origin: String,
    script: Script,
    asked: Mutex<Vec<String>>,
    /// What was searched for, as it came.
    queries: Mutex<Vec<String>>,
    /// Paths that were told to be as they were.
    unchanged: Mutex<Vec<String>>,
    was_asked: Notify,
}

impl Script {
    /// A page of HTML with a title and one paragraph per line.
    #[must_use]
    pub fn page(self, path: &str, title: &str, lines: &str) -> Self {
        let paragraphs: Vec<&str> = lines.lines().map(str::trim).collect();
        let paragraphs = paragraphs.join("</p><p>");
        let html = format!(
            "<!doctype html><html><head><title>{title}</title></head><body><main><h1>{title}</h1><p>{paragraphs}</p></main></body></html>"
        );
        self.reply(path, Reply::Html(html))
    }

    /// A page as it is.
    #[must_use]
    pub fn html(self, path: &str, html: &str) -> Self {
        self.reply(path, Reply::Html(html.into()))
    }

    /// The page that is there already has a link.
    #[must_use]
    pub fn linked(self, path: &str, to: &str, label: &str) -> Self {
        let Some(Reply::Html(html)) = self.replies.get(path).cloned() else {
            panic!("there is no page `{path}` yet");
        };
        let link = format!("<p><a href=\"{to}\">{label}</a></p></main>");
        self.reply(path, Reply::Html(html.replace("</main>", &link)))
    }

    /// A sitemap with these paths.
    #[must_use]
    pub fn sitemap(mut self, paths: &[&str]) -> Self {
        self.sitemap = paths.iter().map(|path| (*path).to_owned()).collect();
        self
    }

    /// The page that is there already does not answer the first who asks.
    #[must_use]
    pub fn slow_at_first(self, path: &str) -> Self {
        let Some(Reply::Html(html)) = self.replies.get(path).cloned() else {
            panic!("there is no page `{path}` yet");
        };
        self.reply(path, Reply::SlowStart(html))
    }

    #[must_use]
    pub fn redirect(self, path: &str, to: &str) -> Self {
        self.reply(path, Reply::Redirect(to.into()))
    }

    /// A path that never answers; `/search` may be one.
    #[must_use]
    pub fn silent(self, path: &str) -> Self {
        self.reply(path, Reply::Silence)
    }

    /// The first search is answered after the next one.
    #[must_use]
    pub fn first_search_late(self) -> Self {
        Self { is_first_search_late: true, ..self }
    }

    /// Every search finds this path or address, in the order in which they are added.
    #[must_use]
    pub fn found(mut self, address: &str) -> Self {
        self.found.push(address.into());
        self
    }

    /// Searches find this path or address that share two of its words; those that share most find it first.
    #[must_use]
    pub fn findable(mut self, address: &str, about: &str) -> Self {
        self.shelf.push((address.into(), beginnings(about)));
        self
    }

    fn reply(mut self, path: &str, reply: Reply) -> Self {
        self.replies.insert(path.into(), reply);
        self
    }

    pub async fn serve(self) -> Site {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port on loopback");
        let origin = format!("http://{}", listener.local_addr().expect("its address"));
        let state = Arc::new(Serving {
            origin: origin.clone(),
            script: self,
            asked: Mutex::default(),
            queries: Mutex::default(),
            unchanged: Mutex::default(),
            was_asked: Notify::new(),
        });
        let routes = Router::new().fallback(answer).with_state(Arc::clone(&state));
        let mut server = JoinSet::new();
        server.spawn(async move { axum::serve(listener, routes).await.expect("a server") });
        Site { origin, state, _server: server }
    }
}

impl Site {
    pub fn script() -> Script {
        Script::default()
    }

    pub fn url(&self, path: &str) -> String {
        format!("{}{path}", self.origin)
    }

    /// Paths that were asked for, `robots.txt` left out.
    pub fn asked(&self) -> Vec<String> {
        let asked = self.state.asked.lock().expect("a list").clone();
        asked.into_iter().filter(|path| path != "/robots.txt").collect()
    }

    /// How often it was asked for anything, `robots.txt` counted too.
    pub fn hits(&self) -> usize {
        self.state.asked.lock().expect("a list").len()
    }

    /// How often a path was asked for.
    pub fn times(&self, path: &str) -> usize {
        self.asked().iter().filter(|asked| *asked == path).count()
    }

    /// What was searched for, percent-encoded as it came.
    pub fn queries(&self) -> Vec<String> {
        self.state.queries.lock().expect("a list").clone()
    }

    /// Paths whose page was not sent again, because whoever asked showed the mark of the one that stands there.
    pub fn unchanged(&self) -> Vec<String> {
        self.state.unchanged.lock().expect("a list").clone()
    }

    /// Returns once a path has been asked for.
    pub async fn until_asked(&self, path: &str) {
        loop {
            let mut notified = std::pin::pin!(self.state.was_asked.notified());
            notified.as_mut().enable();
            if self.times(path) > 0 {
                return;
            }
            notified.await;
        }
    }
}

async fn answer(State(site): State<Arc<Serving>>, request: Request) -> Response {
    let path = request.uri().path().to_owned();
    let is_first = {
        let mut asked = site.asked.lock().expect("a list");
        let is_first = !asked.contains(&path);
        asked.push(path.clone());
        is_first
    };
    if path == "/search" {
        let query = request.uri().query().unwrap_or_default().to_owned();
        site.queries.lock().expect("a list").push(query);
    }
    site.was_asked.notify_waiters();
    if path == "/search" && is_first && site.script.is_first_search_late {
        let is_next = || site.queries.lock().expect("a list").len() > 1;
        while !is_next() {
            tokio::time::sleep(LATE).await;
        }
        tokio::time::sleep(LATE).await;
    }
    match site.script.replies.get(&path) {
        Some(Reply::SlowStart(_)) if is_first => std::future::pending().await,
        Some(Reply::Html(html) | Reply::SlowStart(html)) => {
            let mark = format!("\"{}\"", html.len());
            if request.headers().get(header::IF_NONE_MATCH).is_some_and(|known| *known == mark) {
                site.unchanged.lock().expect("a list").push(path);
                return (StatusCode::NOT_MODIFIED, [(header::ETAG, mark)]).into_response();
            }
            let headers =
                [(header::CONTENT_TYPE, "text/html; charset=utf-8".into()), (header::ETAG, mark)];
            (headers, html.clone()).into_response()
        }
        Some(Reply::Redirect(to)) => {
            (StatusCode::FOUND, [(header::LOCATION, to.clone())]).into_response()
        }
        Some(Reply::Silence) => std::future::pending().await,
        None if path == "/sitemap.xml" && !site.script.sitemap.is_empty() => {
            let place = |path: &String| format!("<url><loc>{}{path}</loc></url>", site.origin);
            let places: String = site.script.sitemap.iter().map(place).collect();
            format!("<?xml version='1.0'?><urlset>{places}</urlset>").into_response()
        }
        None if path == "/search" => {
            let full = |found: &String| match found.strip_prefix('/') {
                Some(path) => format!("{}/{path}", site.origin),
                None => found.clone(),
            };
            let wanted = beginnings(&decoded(request.uri().query().unwrap_or_default()));
            let mut shelf: Vec<(usize, &String)> = site
                .script
                .shelf
                .iter()
                .map(|(address, about)| (about.intersection(&wanted).count(), address))
                .filter(|(shared, _)| *shared > 1)
                .collect();
            shelf.sort_by_key(|(shared, _)| std::cmp::Reverse(*shared));
            let shelf = shelf.into_iter().map(|(_, address)| address);
            let results: Vec<_> = site
                .script
                .found
                .iter()
                .chain(shelf)
                .map(|found| json!({"url": full(found), "title": "", "content": "", "score": 1.0}))
                .collect();
            axum::Json(json!({"results": results})).into_response()
        }
        None => StatusCode::NOT_FOUND.into_response(),
    }
}

/// The first letters of longer words, by which a search finds.
fn beginnings(text: &str) -> HashSet<String> {
    const LETTERS: usize = 5;
    let words = text.split(|c: char| !c.is_alphanumeric()).filter(|word| word.chars().count() > 3);
    words.map(|word| word.to_lowercase().chars().take(LETTERS).collect()).collect()
}

/// The value of `q` in a query string.
fn decoded(query: &str) -> String {
    let value = query.split('&').find_map(|pair| pair.strip_prefix("q=")).unwrap_or_default();
    let mut bytes = Vec::with_capacity(value.len());
    let mut rest = value.bytes();
    while let Some(byte) = rest.next() {
        bytes.push(match byte {
            b'+' => b' ',
            b'%' => {
                let digits: Vec<u8> = rest.by_ref().take(2).collect();
                let digits = std::str::from_utf8(&digits).unwrap_or_default();
                u8::from_str_radix(digits, 16).unwrap_or(b' ')
            }
            other => other,
        });
    }
    String::from_utf8_lossy(&bytes).into_owned()
}
