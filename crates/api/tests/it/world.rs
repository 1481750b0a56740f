//! A real store, the real router, and hands to play the worker.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use axum::body::{Body, to_bytes};
use axum::http::{HeaderMap, Request, StatusCode};
use domain::clock::{Chance, Clock, TimeMs};
use domain::evidence::Evidence;
use domain::ids::{PageId, RunId};
use domain::output::{Basis, Confidence, Content, Missing, Output};
use domain::processor;
use domain::receipt::{Receipt, StopReason};
use domain::run::{Failure, FailureCode};
use domain::text::Text;
use serde_json::{Map, Value, json};
use store::dispatch::{Claimed, Worker};
use store::{End, Ending, Location, Owner, ReadingOf, Store};
use task_mcp_api::{App, Catalog, router};
use tempfile::TempDir;
use tokio_util::sync::CancellationToken;
use tower::ServiceExt;

pub(crate) struct World {
    directory: TempDir,
    pub(crate) app: App,
    pub(crate) store: Store,
}

pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) text: String,
}

impl Answer {
    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.text).unwrap()
    }

    pub(crate) fn message(&self) -> String {
        assert_eq!(self.json()["type"], "error");
        self.json()["error"]["message"].as_str().unwrap().to_owned()
    }

    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).map(|value| value.to_str().unwrap())
    }
}

async fn open(directory: &TempDir) -> Store {
    static NEXT: AtomicU64 = AtomicU64::new(1);
    let chance = Chance::new(|| u128::from(NEXT.fetch_add(1, Ordering::Relaxed)) << 64 | 7);
    let clock = Clock::new(|| TimeMs(1_795_356_000_000));
    Store::open(&Location::Directory(directory.path().into()), clock, chance).await.unwrap()
}

/// What a server offers that has SearXNG and no model.
pub(crate) fn catalog() -> Catalog {
    Catalog {
        processors: processor::defaults(),
        search: vec!["searxng".into()],
        keyless: false,
        cast: None,
        offer: domain::estimate::Offer::default(),
        host: "here".into(),
        outgoing: domain::outgoing::Outgoing::default(),
        way_out: Some(egress::Egress::new(egress::Policy::default())),
    }
}

fn app_on(store: &Store) -> App {
    App::new(store.clone(), Arc::new(catalog()), "https://tasks.test/").on_loopback()
}

impl World {
    pub(crate) async fn new() -> Self {
        let directory = TempDir::new().unwrap();
        let store = open(&directory).await;
        Self { app: app_on(&store), directory, store }
    }

    pub(crate) fn stopping_with(self, stop: CancellationToken) -> Self {
        Self { app: self.app.stopping_with(stop), ..self }
    }

    /// The same server after its settings have changed.
    pub(crate) fn offering(self, catalog: Catalog) -> Self {
        let app = App::new(self.store.clone(), Arc::new(catalog), "https://tasks.test/");
        Self { app: app.on_loopback(), ..self }
    }

    /// The same server, searching and reading with these.
    pub(crate) fn reading(self, sources: sources::Sources) -> Self {
        Self { app: self.app.reading(sources), ..self }
    }

    /// The same server, reached by another address.
    pub(crate) fn reached_at(self, public_url: &str) -> Self {
        let app = App::new(self.store.clone(), self.app.catalog.clone(), public_url);
        Self { app, ..self }
    }

    /// The store as another process has it.
    pub(crate) async fn another(&self) -> Store {
        open(&self.directory).await
    }

    /// The same database in a new process.
    pub(crate) async fn reopened(self) -> Self {
        let Self { directory, app, store } = self;
        drop((app, store));
        let store = open(&directory).await;
        Self { app: app_on(&store), directory, store }
    }

    pub(crate) async fn send(&self, request: Request<Body>) -> Answer {
        let response = router(self.app.clone()).oneshot(request).await.unwrap();
        let (status, headers) = (response.status(), response.headers().clone());
        let bytes = to_bytes(response.into_body(), usize::MAX).await.unwrap();
        Answer { status, headers, text: String::from_utf8(bytes.to_vec()).unwrap() }
    }

    pub(crate) async fn get(&self, path: &str) -> Answer {
        let request = Request::get(path).header("host", "localhost:8080");
        self.send(request.body(Body::empty()).unwrap()).await
    }

    pub(crate) async fn page(&self, path: &str) -> Answer {
        let request = Request::get(path).header("host", "localhost").header("accept", "text/html");
        self.send(request.body(Body::empty()).unwrap()).await
    }

    pub(crate) async fn post(&self, path: &str, body: &Value) -> Answer {
        self.post_text(path, &body.to_string(), None).await
    }

    pub(crate) async fn post_text(&self, path: &str, body: &str, key: Option<&str>) -> Answer {
        let mut request = Request::post(path).header("host", "localhost:8080");
        if let Some(key) = key {
            request = request.header("idempotency-key", key);
        }
        self.send(request.body(Body::from(body.to_owned())).unwrap()).await
    }

    /// A form, as a page of ours sends it.
    pub(crate) async fn form(&self, path: &str, pairs: &str) -> Answer {
        let request = Request::post(path)
            .header("host", "localhost")
            .header("accept", "text/html")
            .header("content-type", "application/x-www-form-urlencoded");
        self.send(request.body(Body::from(pairs.to_owned())).unwrap()).await
    }

    /// A form with one file.
    pub(crate) async fn upload(&self, path: &str, name: &str, text: &str) -> Answer {
        let body = format!(
            "--b\r\ncontent-disposition: form-data; name=\"file\"; filename=\"{name}\"\r\n\r\n{text}\r\n--b--\r\n"
        );
        let request = Request::post(path)
            .header("host", "localhost")
            .header("accept", "text/html")
            .header("content-type", "multipart/form-data; boundary=b");
        self.send(request.body(Body::from(body)).unwrap()).await
    }

    pub(crate) async fn submit(&self, input: &str) -> RunId {
        let made = self.post("/v1/tasks/runs", &json!({"input": input, "processor": "core"})).await;
        assert_eq!(made.status, StatusCode::ACCEPTED, "{}", made.text);
        made.json()["run_id"].as_str().unwrap().parse().unwrap()
    }

    pub(crate) async fn group(&self) -> String {
        let made = self.post("/v1/tasks/groups", &json!({})).await;
        made.json()["taskgroup_id"].as_str().unwrap().to_owned()
    }

    pub(crate) async fn claim(&self) -> Claimed {
        let worker = Worker { name: "w".into(), host: "here".into(), only: None, per_group: 10 };
        self.store.claim(&worker, 1).await.unwrap().remove(0)
    }

    /// Claims the next run and ends it.
    pub(crate) async fn work(&self, ending: Ending) {
        let run = self.claim().await;
        let receipt = Receipt {
            engine: "extractive".into(),
            stopped: Some(StopReason::Covered),
            pages_read: 1,
            ..Receipt::default()
        };
        assert!(self.store.finish(run.seq, run.attempt, End { ending, receipt }).await.unwrap());
    }

    /// Archives a page and gives the place of `quote` in it.
    pub(crate) async fn archived(
        &self,
        address: &str,
        title: &str,
        body: &str,
        quote: &str,
    ) -> Evidence {
        let text = Text { title: title.into(), body: body.into(), ..Text::default() };
        let reading = ReadingOf {
            address: address.into(),
            media_type: "text/plain".into(),
            bytes: body.as_bytes().into(),
            text: text.into(),
            extractor: 1,
        };
        let (page, text): (PageId, _) = self.store.archive(Owner::LOCAL, reading).await.unwrap();
        let start = body.find(quote).unwrap();
        Evidence {
            text,
            page,
            span: start..start + quote.len(),
            quote: quote.into(),
            address: address.into(),
            title: title.into(),
            section: None,
            published: None,
        }
    }

    /// Reads what was archived from `bytes` once more, as a better extractor does.
    pub(crate) async fn read_better(&self, address: &str, bytes: &str, body: &str) {
        let reading = ReadingOf {
            address: address.into(),
            media_type: "text/plain".into(),
            bytes: bytes.as_bytes().into(),
            text: Text { body: body.into(), ..Text::default() }.into(),
            extractor: 2,
        };
        self.store.archive(Owner::LOCAL, reading).await.unwrap();
    }
}

pub(crate) fn report(markdown: &str, evidence: Vec<Evidence>) -> Ending {
    let basis = Basis {
        field: "output".into(),
        reasoning: "It says so.".into(),
        confidence: Some(Confidence::High),
        evidence,
        missing: None,
        conflicts: vec![],
        kind: None,
    };
    Ending::Completed(Output::new(Content::Text(markdown.into()), vec![basis]))
}

/// A completed row with one found and one missing field.
pub(crate) fn fields(found: &str, evidence: Evidence) -> Ending {
    let values = Map::from_iter([("ceo".into(), json!(found)), ("staff".into(), Value::Null)]);
    let basis = |field: &str, evidence, confidence, missing| Basis {
        field: field.into(),
        reasoning: String::new(),
        confidence,
        evidence,
        missing,
        conflicts: vec![],
        kind: None,
    };
    Ending::Completed(Output::new(
        Content::Fields { values, schema: None },
        vec![
            basis("ceo", vec![evidence], Some(Confidence::Medium), None),
            basis("staff", vec![], None, Some(Missing::NotFound)),
        ],
    ))
}

pub(crate) fn failure(message: &str) -> Ending {
    Ending::Failed(Failure { code: FailureCode::NoEvidence, message: message.into() })
}
