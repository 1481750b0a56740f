use std::io::Write as _;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use axum::Router;
use axum::body::{Body, Bytes};
use axum::http::StatusCode;
use axum::http::header::{CONTENT_ENCODING, LOCATION, SET_COOKIE};
use axum::routing::{get as route, post};
use flate2::Compression;
use flate2::write::GzEncoder;
use futures_util::{StreamExt as _, stream};
use task_mcp_egress::{
    Cassette, Egress, Failed, HeaderValue, Origin, Policy, Request, Response, Scope,
};
use url::Url;

use crate::site::{Site, request};

const IDLE: Duration = Duration::from_millis(200);

fn policy(site: &Site) -> Policy {
    Policy::allowing(vec![Origin::of(&site.url("/")).unwrap()])
}

fn recording(site: &Site, file: &Path) -> Egress {
    Egress::taped(policy(site), Some(Cassette::record(file).unwrap()))
}

fn playing(site: &Site, file: &Path) -> (Egress, Cassette) {
    let cassette = Cassette::replay(file).unwrap();
    (Egress::taped(policy(site), Some(cassette.clone())), cassette)
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

/// A host with an answer of each kind.
async fn site() -> Site {
    let packed = || async { ([(CONTENT_ENCODING, "gzip")], gzip(b"tide tide tide")) };
    let moved = || async { (StatusCode::FOUND, [(LOCATION, "/packed")]) };
    let cookie = || async { ([(SET_COOKIE, "session=4711"), (LOCATION, "x")], "hello") };
    let silent = || async { std::future::pending::<&str>().await };
    let routes = Router::new()
        .route("/packed", route(packed))
        .route("/moved", route(moved))
        .route("/cookie", route(cookie))
        .route("/silent", route(silent))
        .route("/binary", route(|| async { vec![0_u8, 159, 146, 150] }))
        .route("/echo", post(|body: String| async move { format!("you said {body}") }));
    Site::serve(routes).await
}

fn all(site: &Site) -> Vec<Request> {
    let post = |said: &str| {
        let body = said.as_bytes().to_vec();
        Request::post(site.url("/echo"), body, 10_000, Duration::from_secs(5))
    };
    let mut all: Vec<Request> =
        ["/moved", "/cookie", "/binary", "/nothing", "/packed?api_key=hunter2&q=a"]
            .iter()
            .map(|path| request(site.url(path)))
            .collect();
    all.extend([post("one"), post("two")]);
    all.push(Request { timeout: IDLE, ..request(site.url("/silent")) });
    all.push(Request { max_bytes: 5, ..request(site.url("/packed")) });
    all
}

async fn ask(egress: &Egress, requests: Vec<Request>) -> Vec<Result<Response, Failed>> {
    let mut answers = Vec::new();
    for request in requests {
        answers.push(egress.send(request).await);
    }
    answers
}

/// Without what is deliberately not recorded.
fn bare(answers: Vec<Result<Response, Failed>>) -> Vec<Result<Response, Failed>> {
    let strip = |mut response: Response| {
        response.headers.remove(SET_COOKIE);
        response
    };
    answers.into_iter().map(|answer| answer.map(strip)).collect()
}

#[tokio::test]
async fn what_came_from_outside_is_played_again_to_the_byte_without_any_network() {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("talk.jsonl");
    let site = site().await;
    let (recorded, played) = (Scope::open(), Scope::open());
    let came = recorded.around(ask(&recording(&site, &file), all(&site))).await;
    let hits = site.hits();
    let (egress, cassette) = playing(&site, &file);
    let again = played.around(ask(&egress, all(&site))).await;

    assert_eq!(bare(came), bare(again));
    assert_eq!(site.hits(), hits);
    assert_eq!(recorded.contacts(), played.contacts());
    assert_eq!(cassette.trouble(), None);
}

#[tokio::test]
async fn no_secret_is_on_a_cassette() {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("talk.jsonl");
    let site = site().await;
    let secret = ("x-api-key".parse().unwrap(), HeaderValue::from_static("sk-header"));
    let asked = Request {
        headers: vec![secret],
        hidden: Some("hunter%2F2".into()),
        ..request(site.url("/cookie?api_key=hunter2&sig=hunter%2F2&at=hunter%2F2"))
    };
    ask(&recording(&site, &file), vec![asked]).await[0].as_ref().unwrap();
    let written = std::fs::read_to_string(&file).unwrap();
    assert!(written.contains("/cookie?api_key=***&sig=***&at=***"), "{written}");
    for secret in ["hunter2", "hunter%2F2", "sk-header", "4711"] {
        assert!(!written.contains(secret), "{secret} is in {written}");
    }
}

#[tokio::test]
async fn a_request_that_is_not_on_the_cassette_fails_and_is_named_in_the_end() {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("talk.jsonl");
    let site = site().await;
    ask(&recording(&site, &file), vec![request(site.url("/binary"))]).await[0].as_ref().unwrap();
    let (egress, cassette) = playing(&site, &file);
    let failed = egress.send(request(site.url("/other"))).await.unwrap_err().to_string();
    let (shown, other) = (file.display(), site.url("/other"));
    assert_eq!(
        failed,
        format!(
            "GET {other} is not on the cassette `{shown}`: record it again, or play it with what was asked then"
        )
    );
    let trouble = cassette.trouble().unwrap();
    assert_eq!(trouble, format!("1 requests are not on the cassette `{shown}`: GET {other}"));
    assert_eq!(site.hits(), 1);
}

#[tokio::test]
async fn alike_requests_are_played_in_their_order_and_the_last_one_from_then_on() {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("talk.jsonl");
    let count = Arc::new(AtomicUsize::new(0));
    let next = move || {
        let turn = count.fetch_add(1, Ordering::SeqCst);
        async move { turn.to_string() }
    };
    let site = Site::serve(Router::new().route("/", route(next))).await;
    let asked = || vec![request(site.url("/")), request(site.url("/"))];
    ask(&recording(&site, &file), asked()).await;
    let (egress, _) = playing(&site, &file);
    let bodies: Vec<Vec<u8>> = ask(&egress, [asked(), asked()].concat())
        .await
        .into_iter()
        .map(|answer| answer.unwrap().body)
        .collect();
    assert_eq!(bodies, [b"0", b"1", b"1", b"1"]);
}

#[tokio::test]
async fn a_stream_is_played_piece_by_piece_with_the_end_it_had() {
    let pieces = || async {
        let pieces = ["data: a\n\n", "data: b\n\n"]
            .map(|piece| Ok::<_, std::io::Error>(Bytes::from_static(piece.as_bytes())));
        let slow = stream::iter(pieces).then(|piece| async {
            tokio::task::yield_now().await;
            piece
        });
        Body::from_stream(slow.chain(stream::pending()))
    };
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("talk.jsonl");
    let site = Site::serve(Router::new().route("/", route(pieces))).await;
    let recorded = read(&recording(&site, &file), site.url("/")).await;
    let (egress, _) = playing(&site, &file);
    assert_eq!(recorded, read(&egress, site.url("/")).await);
    assert_eq!(recorded.0.concat(), b"data: a\n\ndata: b\n\n");
    let silence = Failed::Timeout { host: "127.0.0.1".into(), waited: IDLE };
    assert_eq!(recorded.1, Err(silence));
}

/// The pieces of a stream, and how it ended.
async fn read(egress: &Egress, url: Url) -> (Vec<Vec<u8>>, Result<(), Failed>) {
    let mut stream = egress.open(request(url)).await.unwrap();
    let mut pieces = Vec::new();
    loop {
        match stream.next(IDLE).await {
            Ok(Some(piece)) => pieces.push(piece),
            Ok(None) => return (pieces, Ok(())),
            Err(failed) => return (pieces, Err(failed)),
        }
    }
}

#[test]
fn a_file_that_is_no_cassette_is_told_so() {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("notes.txt");
    let said = |text: &str| {
        std::fs::write(&file, text).unwrap();
        let why = Cassette::replay(&file).unwrap_err().to_string();
        why.replace(&file.display().to_string(), "FILE")
    };
    assert_eq!(
        said("hello\n"),
        "the cassette `FILE` is not a cassette: its first line is not {\"task_mcp_cassette\": 1}"
    );
    assert_eq!(
        said("{\"task_mcp_cassette\": 2}\n"),
        "the cassette `FILE` is of version 2; this program plays version 1"
    );
    let damaged = said("{\"task_mcp_cassette\": 1}\n{\"method\": \"GET\"");
    assert!(damaged.starts_with("the cassette `FILE` is damaged in line 2: "), "{damaged}");
    assert!(Cassette::record(&file).is_ok());
    std::fs::write(&file, "hello\n").unwrap();
    assert!(Cassette::record(&file).is_err());
}
