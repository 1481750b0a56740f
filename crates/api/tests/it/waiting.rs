//! The long poll for a result, and the end of the server.

use std::time::Duration;

use task_mcp_api::serve;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio_util::sync::CancellationToken;

use crate::world::{World, report};

#[tokio::test]
async fn a_waiting_request_is_answered_when_the_run_ends() {
    let world = World::new().await;
    let run = world.submit("Why?").await;
    let path = format!("/v1/tasks/runs/{run}/result?timeout=3600");
    let (result, ()) = tokio::join!(world.get(&path), world.work(report("So.", vec![])));
    assert_eq!(result.status, 200, "{}", result.text);
    assert_eq!(result.json()["output"]["content"], "So.");
}

#[tokio::test]
async fn a_hold_that_ends_first_is_answered_with_408() {
    let world = World::new().await;
    let run = world.submit("Why?").await;
    let result = world.get(&format!("/v1/tasks/runs/{run}/result?timeout=1")).await;
    assert_eq!((result.status.as_u16(), result.header("retry-after")), (408, Some("1")));
    assert_eq!(
        result.message(),
        format!("the run `{run}` is still active; ask again for its result")
    );
}

#[tokio::test]
async fn a_waiting_request_is_let_go_when_the_server_stops() {
    let stop = CancellationToken::new();
    let world = World::new().await.stopping_with(stop.clone());
    let run = world.submit("Why?").await;
    let path = format!("/v1/tasks/runs/{run}/result");
    let (result, ()) = tokio::join!(world.get(&path), async { stop.cancel() });
    assert_eq!(result.status, 408, "{}", result.text);
}

#[tokio::test]
async fn a_stopping_server_lets_waiting_requests_go_and_ends() {
    let world = World::new().await;
    let run = world.submit("Why?").await;
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let stop = CancellationToken::new();
    let serving = serve(listener, world.app.clone(), stop.clone());
    let asking = async {
        let mut stream = TcpStream::connect(address).await.unwrap();
        let request =
            format!("GET /v1/tasks/runs/{run}/result HTTP/1.1\r\nHost: localhost\r\n\r\n");
        stream.write_all(request.as_bytes()).await.unwrap();
        stop.cancel();
        let mut answer = String::new();
        let _ = stream.read_to_string(&mut answer).await;
        answer
    };
    let both = async { tokio::join!(serving, asking) };
    let (ended, answer) = tokio::time::timeout(Duration::from_secs(20), both).await.unwrap();
    ended.unwrap();
    assert!(answer.is_empty() || answer.starts_with("HTTP/1.1 408"), "{answer}");
}
