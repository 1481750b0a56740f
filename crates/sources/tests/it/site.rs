//! A server on loopback that remembers which paths it was asked for.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::Router;
use axum::extract::Request;
use axum::middleware::{Next, from_fn};
use egress::{Egress, Origin, Policy};
use task_mcp_sources::{Chromium, Config, Sources};
use tempfile::TempDir;
use tokio::net::TcpListener;
use tokio::task::JoinSet;
use url::Url;

pub(crate) struct Site {
    pub(crate) origin: String,
    asked: Arc<Mutex<Vec<String>>>,
    /// Dies with the test.
    _server: JoinSet<()>,
}

impl Site {
    pub(crate) async fn serve(routes: Router) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let origin = format!("http://{}", listener.local_addr().unwrap());
        let asked = Arc::new(Mutex::new(Vec::new()));
        let seen = Arc::clone(&asked);
        let routes = routes.layer(from_fn(move |request: Request, next: Next| {
            seen.lock().unwrap().push(request.uri().path().to_owned());
            next.run(request)
        }));
        let mut server = JoinSet::new();
        server.spawn(async move { axum::serve(listener, routes).await.unwrap() });
        Self { origin, asked, _server: server }
    }

    pub(crate) fn url(&self, path: &str) -> String {
        format!("{}{path}", self.origin)
    }

    pub(crate) fn asked(&self) -> Vec<String> {
        self.asked.lock().unwrap().clone()
    }
}

/// What a browser on this machine is to the sources.
pub(crate) fn chromium() -> Chromium {
    Chromium { program: testkit::browser::chromium(), sandbox: !testkit::browser::is_root() }
}

/// Sources that may ask one site on loopback, with it as their SearXNG.
pub(crate) fn sources(site: &Site) -> (Sources, TempDir) {
    sources_for(&[site])
}

/// The same for several; each may be asked as `localhost` too, which is another host on the same machine.
pub(crate) fn sources_for(sites: &[&Site]) -> (Sources, TempDir) {
    with(sites, |config| config)
}

/// The same, further set up.
pub(crate) fn with(sites: &[&Site], further: impl FnOnce(Config) -> Config) -> (Sources, TempDir) {
    let index_dir = tempfile::tempdir().unwrap();
    let names = sites
        .iter()
        .flat_map(|site| [site.origin.clone(), site.origin.replace("127.0.0.1", "localhost")]);
    let allow = names.map(|origin| Origin::parse(&origin).unwrap()).collect();
    let egress = Egress::new(Policy::allowing(allow));
    let config = Config {
        searxng: Some(sites[0].origin.parse().unwrap()),
        page_timeout: Duration::from_millis(500),
        max_page_bytes: 100_000,
        ..Config::new(egress, index_dir.path().to_owned())
    };
    (Sources::new(further(config)), index_dir)
}

/// The policy of a reader who has none.
pub(crate) fn anything(_: &Url) -> bool {
    true
}
