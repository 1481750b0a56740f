use std::time::Duration;

use axum::Router;
use axum::body::{Body, Bytes};
use axum::http::StatusCode;
use axum::http::header::CONTENT_ENCODING;
use axum::routing::get as route;
use futures_util::{StreamExt, stream};
use task_mcp_egress::{Failed, Request, guard::Refusal};

use crate::site::{Site, egress, request};

const IDLE: Duration = Duration::from_millis(80);

/// A body of these pieces that is never ended.
fn unending(pieces: &'static [&'static str]) -> Body {
    let pieces = pieces.iter().map(|piece| Ok::<_, std::io::Error>(Bytes::from(*piece)));
    Body::from_stream(stream::iter(pieces).chain(stream::pending()))
}

#[tokio::test]
async fn pieces_are_seen_before_the_body_ends_and_silence_is_a_failure() {
    let slow = || async { (StatusCode::IM_A_TEAPOT, [("x-left", "7")], unending(&["tide "])) };
    let site = Site::serve(Router::new().route("/", route(slow))).await;
    let mut stream = egress(&[&site]).open(request(site.url("/"))).await.unwrap();
    assert_eq!((stream.status, stream.headers["x-left"].as_bytes()), (418, b"7".as_slice()));
    assert_eq!(stream.next(Duration::from_secs(5)).await, Ok(Some(b"tide ".to_vec())));
    let silence = Failed::Timeout { host: "127.0.0.1".into(), waited: IDLE };
    assert_eq!(stream.next(IDLE).await, Err(silence));
    assert_eq!(site.header("accept-encoding").as_deref(), Some("identity"));
}

#[tokio::test]
async fn the_end_of_a_body_is_none_also_when_it_is_asked_for_again() {
    let site = Site::serve(Router::new().route("/", route(|| async { "turn" }))).await;
    let mut stream = egress(&[&site]).open(request(site.url("/"))).await.unwrap();
    assert_eq!(stream.next(IDLE * 20).await, Ok(Some(b"turn".to_vec())));
    assert_eq!(stream.next(IDLE * 20).await, Ok(None));
    assert_eq!(stream.next(IDLE).await, Ok(None));
}

#[tokio::test]
async fn a_head_that_does_not_come_and_a_private_address_are_failures() {
    let silent = || async { std::future::pending::<&str>().await };
    let site = Site::serve(Router::new().route("/", route(silent))).await;
    let hasty = || Request { timeout: IDLE, ..request(site.url("/")) };
    let answer = egress(&[&site]).open(hasty()).await.map(|stream| stream.status);
    assert_eq!(answer, Err(Failed::Timeout { host: "127.0.0.1".into(), waited: IDLE }));
    let answer = egress(&[]).open(hasty()).await.map(|stream| stream.status);
    assert_eq!(answer, Err(Failed::Refused { host: "127.0.0.1".into(), why: Refusal::Port }));
}

#[tokio::test]
async fn an_endless_stream_is_stopped_at_the_limit_of_bytes() {
    let endless = || async {
        let chunks = stream::repeat_with(|| Ok::<_, std::io::Error>(Bytes::from(vec![b'x'; 8192])));
        Body::from_stream(chunks)
    };
    let site = Site::serve(Router::new().route("/", route(endless))).await;
    let mut stream = egress(&[&site]).open(request(site.url("/"))).await.unwrap();
    let mut seen = 0;
    let stopped = loop {
        match stream.next(Duration::from_secs(5)).await {
            Ok(piece) => seen += piece.unwrap().len(),
            Err(why) => break why,
        }
    };
    assert_eq!(stopped, Failed::TooLarge { host: "127.0.0.1".into(), limit_bytes: 2_000_000 });
    assert!((1_900_000..=2_000_000).contains(&seen), "{seen}");
}

#[tokio::test]
async fn what_was_packed_unasked_is_unpacked_and_a_cut_packing_is_a_failure() {
    use std::io::Write;
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
    encoder.write_all("tide ".repeat(100).as_bytes()).unwrap();
    let packed = encoder.finish().unwrap();
    let cut = packed[..packed.len() - 9].to_vec();
    let serve = move |body: Vec<u8>| route(move || async { ([(CONTENT_ENCODING, "gzip")], body) });
    let routes = Router::new().route("/whole", serve(packed)).route("/cut", serve(cut));
    let site = Site::serve(routes).await;
    let read = async |path| {
        let mut stream = egress(&[&site]).open(request(site.url(path))).await?;
        let mut text = Vec::new();
        while let Some(piece) = stream.next(Duration::from_secs(5)).await? {
            text.extend(piece);
        }
        Ok::<_, Failed>(text)
    };
    assert_eq!(read("/whole").await.unwrap(), "tide ".repeat(100).into_bytes());
    assert!(matches!(read("/cut").await, Err(Failed::Broken { .. })));
}
