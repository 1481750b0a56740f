//! A scripted search provider, and what it was asked.

use std::sync::{Arc, Mutex};

use axum::Router;
use axum::body::Bytes;
use axum::extract::{Request, State};
use axum::http::{HeaderMap, StatusCode, Uri};
use axum::response::{IntoResponse, Response};
use egress::{Egress, Origin, Policy, Secret};
use serde_json::Value;
use task_mcp_sources::{Account, Config, Failed, Filters, Hit, JsonApi, Query, Sources};
use tempfile::TempDir;

use crate::site::Site;

/// What a provider was asked.
#[derive(Debug, Clone)]
pub(crate) struct Asked {
    pub(crate) uri: Uri,
    headers: HeaderMap,
    pub(crate) body: Value,
}

impl Asked {
    pub(crate) fn parameter(&self, name: &str) -> Option<String> {
        let query = self.uri.query().unwrap_or_default();
        let mut pairs = url::form_urlencoded::parse(query.as_bytes());
        pairs.find(|(known, _)| known == name).map(|(_, value)| value.into_owned())
    }

    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().unwrap())
    }
}

pub(crate) type Answer = (StatusCode, Vec<(&'static str, &'static str)>, String);

#[derive(Clone)]
struct Script {
    answers: Arc<Mutex<Vec<Answer>>>,
    asked: Arc<Mutex<Vec<Asked>>>,
}

/// A provider that gives these answers in turn, and the last one from then on.
pub(crate) struct Provider {
    _site: Site,
    _dir: TempDir,
    pub(crate) sources: Sources,
    script: Script,
    name: &'static str,
}

async fn reply(State(script): State<Script>, request: Request) -> Response {
    let (head, body) = request.into_parts();
    let bytes: Bytes = axum::body::to_bytes(body, 1_000_000).await.unwrap();
    let body = serde_json::from_slice(&bytes).unwrap_or(Value::Null);
    let asked = Asked { uri: head.uri, headers: head.headers, body };
    script.asked.lock().unwrap().push(asked);
    let mut answers = script.answers.lock().unwrap();
    let (status, headers, body) =
        if answers.len() > 1 { answers.remove(0) } else { answers[0].clone() };
    let mut response = (status, body).into_response();
    for (name, value) in headers {
        response.headers_mut().insert(name, value.parse().unwrap());
    }
    response
}

#[expect(clippy::needless_pass_by_value, reason = "calls read better")]
pub(crate) fn ok(body: impl ToString) -> Answer {
    (StatusCode::OK, Vec::new(), body.to_string())
}

#[expect(clippy::needless_pass_by_value, reason = "calls read better")]
pub(crate) fn status(code: u16, body: impl ToString) -> Answer {
    (StatusCode::from_u16(code).unwrap(), Vec::new(), body.to_string())
}

impl Provider {
    pub(crate) async fn new(name: &'static str, answers: Vec<Answer>) -> Self {
        Self::with(name, answers, Account::default()).await
    }

    pub(crate) async fn with(name: &'static str, answers: Vec<Answer>, account: Account) -> Self {
        let script = Script { answers: Arc::new(Mutex::new(answers)), asked: Arc::default() };
        let site = Site::serve(Router::new().fallback(reply).with_state(script.clone())).await;
        let dir = tempfile::tempdir().unwrap();
        let egress = Egress::new(Policy::allowing(vec![Origin::parse(&site.origin).unwrap()]));
        let api = account
            .api
            .clone()
            .map(|api| JsonApi { template: format!("{}{}", site.origin, api.template), ..api });
        let account = Account {
            base: Some(site.origin.parse().unwrap()),
            key: Secret::parse("k-secret"),
            contact: Some("me@example.org".into()),
            api,
        };
        let sources = Sources::new(Config {
            accounts: vec![(name.to_owned(), account)],
            ..Config::new(egress, dir.path().to_owned())
        });
        Self { _site: site, _dir: dir, sources, script, name }
    }

    pub(crate) async fn search(&self, query: Query) -> Result<Vec<Hit>, Failed> {
        self.sources.search_web(self.name, &query).await
    }

    pub(crate) async fn simple(&self) -> Result<Vec<Hit>, Failed> {
        self.search(Query::new("high tide", 4)).await
    }

    pub(crate) fn asked(&self) -> Vec<Asked> {
        self.script.asked.lock().unwrap().clone()
    }

    pub(crate) fn first(&self) -> Asked {
        self.asked()[0].clone()
    }
}

pub(crate) fn narrow() -> Query {
    let filters = Filters {
        include: vec!["a.test".into()],
        exclude: Vec::new(),
        after: Some("2024-01-01".into()),
        language: Some("de".into()),
        country: Some("DE".into()),
    };
    Query { filters, ..Query::new("high tide", 4) }
}
