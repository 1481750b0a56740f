//! A server on loopback that counts what it is asked, and an `Egress` that may ask it.

use std::net::SocketAddr;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::Router;
use axum::extract::Request;
use axum::http::HeaderMap;
use axum::middleware::{Next, from_fn};
use task_mcp_egress::{Egress, Failed, Origin, Policy, Response};
use tokio::net::TcpListener;
use tokio::task::JoinSet;
use url::Url;

pub(crate) struct Site {
    pub(crate) address: SocketAddr,
    hits: Arc<AtomicUsize>,
    headers: Arc<Mutex<HeaderMap>>,
    /// Dies with the test.
    _server: JoinSet<()>,
}

impl Site {
    pub(crate) async fn serve(routes: Router) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let hits = Arc::new(AtomicUsize::new(0));
        let headers = Arc::new(Mutex::new(HeaderMap::new()));
        let (count, seen) = (Arc::clone(&hits), Arc::clone(&headers));
        let routes = routes.layer(from_fn(move |request: Request, next: Next| {
            count.fetch_add(1, Ordering::SeqCst);
            *seen.lock().unwrap() = request.headers().clone();
            next.run(request)
        }));
        let mut server = JoinSet::new();
        server.spawn(async move { axum::serve(listener, routes).await.unwrap() });
        Self { address, hits, headers, _server: server }
    }

    pub(crate) fn url(&self, path: &str) -> Url {
        Url::parse(&format!("http://{}{path}", self.address)).unwrap()
    }

    pub(crate) fn hits(&self) -> usize {
        self.hits.load(Ordering::SeqCst)
    }

    /// A header of the last request.
    pub(crate) fn header(&self, name: &str) -> Option<String> {
        let headers = self.headers.lock().unwrap();
        headers.get(name).map(|value| value.to_str().unwrap().to_owned())
    }
}

/// A client that may ask these sites and nothing else on loopback.
pub(crate) fn egress(sites: &[&Site]) -> Egress {
    let allow = sites.iter().map(|site| Origin::of(&site.url("/")).unwrap()).collect();
    Egress::new(Policy::allowing(allow))
}

pub(crate) async fn get(egress: &Egress, url: Url) -> Result<Response, Failed> {
    egress.send(request(url)).await
}

pub(crate) fn request(url: Url) -> task_mcp_egress::Request {
    task_mcp_egress::Request::new(url, 2_000_000, Duration::from_secs(5))
}
