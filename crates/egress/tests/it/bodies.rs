use std::io::Write;
use std::time::Duration;

use axum::Router;
use axum::body::{Body, Bytes};
use axum::http::header::{CONTENT_ENCODING, CONTENT_TYPE};
use axum::routing::get as route;
use flate2::Compression;
use flate2::write::GzEncoder;
use futures_util::stream;
use task_mcp_egress::{Failed, Request};

use crate::site::{Site, egress, get, request};

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

async fn packed(encoding: &'static str, body: Vec<u8>) -> Site {
    let serve = move || {
        let body = body.clone();
        async move { ([(CONTENT_ENCODING, encoding), (CONTENT_TYPE, "text/plain")], body) }
    };
    Site::serve(Router::new().route("/", route(serve))).await
}

#[tokio::test]
async fn a_packed_body_is_unpacked() {
    let site = packed("gzip", gzip("tide ".repeat(1000).as_bytes())).await;
    let reply = get(&egress(&[&site]), site.url("/")).await.unwrap();
    assert_eq!(reply.body, "tide ".repeat(1000).into_bytes());
    assert_eq!(reply.content_type.as_deref(), Some("text/plain"));
}

#[tokio::test]
async fn a_bomb_is_stopped_by_its_ratio_and_by_its_size() {
    let site = packed("gzip", gzip(&vec![b' '; 8 << 20])).await;
    let patient = Request { max_bytes: 1 << 30, ..request(site.url("/")) };
    let answer = egress(&[&site]).send(patient).await;
    assert_eq!(answer, Err(Failed::Bomb { host: "127.0.0.1".into(), limit: 100 }));

    let small = Request { max_bytes: 500_000, ..request(site.url("/")) };
    let answer = egress(&[&site]).send(small).await;
    assert_eq!(answer, Err(Failed::TooLarge { host: "127.0.0.1".into(), limit_bytes: 500_000 }));
}

#[tokio::test]
async fn a_body_is_cut_at_its_limit_where_that_is_asked_for() {
    let lines = "tide\n".repeat(1000).into_bytes();
    for site in [packed("identity", lines.clone()).await, packed("gzip", gzip(&lines)).await] {
        let beginning = Request { max_bytes: 1_234, is_cut: true, ..request(site.url("/")) };
        let reply = egress(&[&site]).send(beginning).await.unwrap();
        assert_eq!((reply.status, reply.body.as_slice()), (200, &lines[..1_234]));
    }
}

#[tokio::test]
async fn a_cut_or_unknown_packing_is_a_failure() {
    let mut cut = gzip("tide ".repeat(1000).as_bytes());
    cut.truncate(cut.len() / 2);
    for site in [
        packed("gzip", cut).await,
        packed("br", vec![1, 2, 3]).await,
        packed("zstd", vec![1]).await,
    ] {
        let answer = get(&egress(&[&site]), site.url("/")).await;
        assert!(matches!(answer, Err(Failed::Broken { .. })), "{answer:?}");
    }
}

#[tokio::test]
async fn an_endless_body_is_stopped_at_the_limit() {
    let endless = || async {
        let chunks = stream::repeat_with(|| Ok::<_, std::io::Error>(Bytes::from(vec![b'x'; 8192])));
        Body::from_stream(chunks)
    };
    let site = Site::serve(Router::new().route("/", route(endless))).await;
    let answer = get(&egress(&[&site]), site.url("/")).await;
    assert_eq!(answer, Err(Failed::TooLarge { host: "127.0.0.1".into(), limit_bytes: 2_000_000 }));
}

#[tokio::test]
async fn silence_ends_with_the_timeout() {
    let silent = || async { std::future::pending::<&str>().await };
    let site = Site::serve(Router::new().route("/", route(silent))).await;
    let timeout = Duration::from_millis(50);
    let answer = egress(&[&site]).send(Request { timeout, ..request(site.url("/")) }).await;
    assert_eq!(answer, Err(Failed::Timeout { host: "127.0.0.1".into(), waited: timeout }));
}

#[tokio::test]
async fn a_status_is_an_answer() {
    let site = Site::serve(Router::new()).await;
    assert_eq!(get(&egress(&[&site]), site.url("/nothing")).await.unwrap().status, 404);
}

#[tokio::test]
async fn a_closed_port_is_no_connection() {
    let site = Site::serve(Router::new()).await;
    let (url, egress) = (site.url("/"), egress(&[&site]));
    drop(site);
    let answer = get(&egress, url).await;
    assert!(matches!(answer, Err(Failed::Connect { .. } | Failed::Broken { .. })), "{answer:?}");
}
