//! Streams of events: in order, without gap or repeat, and ending with what was waited for.

use std::time::Duration;

use axum::body::{Body, BodyDataStream};
use axum::http::Request;
use domain::event::{EventKind, Progress, Stage};
use domain::run::FailureCode;
use futures_util::StreamExt;
use serde_json::{Value, json};
use store::dispatch::Claimed;
use store::{End, Ending};
use task_mcp_api::{router, serve};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;
use tower::ServiceExt;

use crate::world::{World, failure, report};

/// One event as it stands in a stream.
#[derive(Debug, Clone, PartialEq)]
struct Told {
    name: String,
    data: Value,
}

impl Told {
    /// Its name, and what it says in one word.
    fn gist(&self) -> String {
        let word = [&self.data["message"], &self.data["run"]["status"]];
        let word = word.iter().find_map(|value| value.as_str()).unwrap_or_default();
        format!("{} {word}", self.name).trim_end().to_owned()
    }

    fn id(&self) -> Option<&str> {
        self.data["event_id"].as_str()
    }
}

/// Events are two lines and an empty one; nothing else is in a stream but comments.
fn told(text: &str) -> Vec<Told> {
    let frames = text.split_terminator("\n\n").filter(|frame| !frame.starts_with(':'));
    let one = |frame: &str| {
        let (name, data) = frame.split_once('\n').unwrap();
        let name = name.strip_prefix("event: ").unwrap().to_owned();
        let data: Value = serde_json::from_str(data.strip_prefix("data: ").unwrap()).unwrap();
        assert_eq!(data["type"], name.as_str());
        Told { name, data }
    };
    frames.map(one).collect()
}

async fn whole(world: &World, path: &str) -> Vec<Told> {
    let answer = world.get(path).await;
    assert_eq!(answer.status, 200, "{}", answer.text);
    assert_eq!(answer.header("content-type"), Some("text/event-stream"));
    told(&answer.text)
}

fn gists(events: &[Told]) -> Vec<String> {
    events.iter().map(Told::gist).collect()
}

/// A stream that is being listened to.
struct Live(BodyDataStream);

impl Live {
    async fn open(world: &World, path: &str) -> Self {
        let request = Request::get(path).header("host", "localhost").body(Body::empty()).unwrap();
        let response = router(world.app.clone()).oneshot(request).await.unwrap();
        assert_eq!(response.status(), 200);
        Self(response.into_body().into_data_stream())
    }

    /// What comes up to an event with this gist.
    async fn until(&mut self, gist: &str) -> Vec<Told> {
        let mut events = Vec::new();
        while !gists(&events).iter().any(|told| told == gist) {
            let batch = self.0.next().await.unwrap().unwrap();
            events.extend(told(std::str::from_utf8(&batch).unwrap()));
        }
        events
    }

    async fn rest(mut self) -> Vec<Told> {
        let mut events = Vec::new();
        while let Some(batch) = self.0.next().await {
            events.extend(told(std::str::from_utf8(&batch.unwrap()).unwrap()));
        }
        events
    }
}

fn message(text: &str) -> EventKind {
    EventKind::Message { stage: Stage::Search, message: text.into() }
}

async fn say(world: &World, run: &Claimed, events: Vec<EventKind>) {
    assert!(world.store.append_events(run.seq, run.attempt, events).await.unwrap());
}

async fn end(world: &World, run: &Claimed, ending: Ending) {
    let end = End { ending, receipt: domain::receipt::Receipt::default() };
    assert!(world.store.finish(run.seq, run.attempt, end).await.unwrap());
}

/// A group with so many queued rows, and the ids of their runs.
async fn group_of(world: &World, rows: usize) -> (String, Vec<String>) {
    let group = world.group().await;
    let rows: Vec<Value> =
        (0..rows).map(|n| json!({"input": {"n": n}, "processor": "core"})).collect();
    let added =
        world.post(&format!("/v1/tasks/groups/{group}/runs"), &json!({"inputs": rows})).await;
    assert_eq!(added.status, 200, "{}", added.text);
    let ids = added.json()["run_ids"].as_array().unwrap().clone();
    (group, ids.iter().map(|id| id.as_str().unwrap().to_owned()).collect())
}

#[tokio::test]
async fn a_live_stream_tells_what_happens_in_order_and_ends_with_the_output() {
    let world = World::new().await;
    let run = world.submit("Why?").await;
    let mut live = Live::open(&world, &format!("/v1/tasks/runs/{run}/events")).await;
    let opening = live.until("task_run.state queued").await;
    assert_eq!(opening.len(), 1);
    assert_eq!(opening[0].id(), None);
    let claimed = world.claim().await;
    live.until("task_run.state running").await;
    say(&world, &claimed, vec![message("one"), message("two")]).await;
    let now = live.until("task_run.progress_msg.search two").await;
    assert_eq!(
        gists(&now),
        ["task_run.progress_msg.search one", "task_run.progress_msg.search two"]
    );
    let progress = Progress { sources_considered: 3, sources_read: 2, sample: vec![], percent: 60 };
    say(&world, &claimed, vec![EventKind::Progress(progress)]).await;
    let now = live.until("task_run.progress_stats").await;
    assert_eq!(now[0].data["progress_meter"], 60);
    end(&world, &claimed, report("So.", vec![])).await;
    let rest = live.rest().await;
    assert_eq!(gists(&rest), ["task_run.state completed"]);
    assert_eq!(rest[0].data["output"]["content"], "So.");
}

#[tokio::test]
async fn a_stream_of_an_ended_run_opens_with_its_state_and_tells_all_progress() {
    let world = World::new().await;
    let run = world.submit("Why?").await;
    let claimed = world.claim().await;
    say(&world, &claimed, vec![message("one"), message("two")]).await;
    end(&world, &claimed, report("So.", vec![])).await;
    let events = whole(&world, &format!("/v1/tasks/runs/{run}/events")).await;
    assert_eq!(
        gists(&events),
        [
            "task_run.state completed",
            "task_run.progress_msg.search one",
            "task_run.progress_msg.search two",
            "task_run.state completed",
        ]
    );
    assert_eq!(events[0].id(), None);
    assert_eq!(events[3].data["output"]["content"], "So.");
}

#[tokio::test]
async fn a_failed_run_ends_its_stream_with_the_reason_and_a_cancelled_one_without() {
    let world = World::new().await;
    let failed = world.submit("Why?").await;
    world.work(failure("nothing was there to be read")).await;
    let last = whole(&world, &format!("/v1/tasks/runs/{failed}/events")).await.pop().unwrap();
    assert_eq!(
        last.data["run"]["error"]["detail"],
        json!({"code": FailureCode::NoEvidence.as_str()})
    );
    assert_eq!(last.data["output"], Value::Null);
    let cancelled = world.submit("Why?").await;
    world.post(&format!("/v1/tasks/runs/{cancelled}/cancel"), &json!({})).await;
    let events = whole(&world, &format!("/v1/tasks/runs/{cancelled}/events")).await;
    assert_eq!(gists(&events), ["task_run.state cancelled", "task_run.state cancelled"]);
}

#[tokio::test]
async fn resumed_anywhere_a_stream_tells_the_rest_and_nothing_twice_also_in_a_new_process() {
    let mut world = World::new().await;
    let run = world.submit("Why?").await;
    let claimed = world.claim().await;
    // More than one read of the store takes.
    say(&world, &claimed, (0..450).map(|n| message(&n.to_string())).collect()).await;
    end(&world, &claimed, report("So.", vec![])).await;
    let path = format!("/v1/tasks/runs/{run}/events");
    let all = whole(&world, &path).await.split_off(1);
    assert_eq!(all.len(), 451);
    for from in [0, 199, 225, 449, 450] {
        let behind = format!("{path}?last_event_id={}", all[from].id().unwrap());
        assert_eq!(whole(&world, &behind).await, all[from + 1..]);
        world = world.reopened().await;
        assert_eq!(whole(&world, &behind).await, all[from + 1..]);
    }
}

#[tokio::test]
async fn a_resumed_stream_of_an_active_run_goes_on_live() {
    let world = World::new().await;
    let run = world.submit("Why?").await;
    let claimed = world.claim().await;
    say(&world, &claimed, vec![message("one")]).await;
    let path = format!("/v1/tasks/runs/{run}/events");
    let mut first = Live::open(&world, &path).await;
    let seen = first.until("task_run.progress_msg.search one").await;
    assert_eq!(gists(&seen), ["task_run.state running", "task_run.progress_msg.search one"]);
    drop(first);
    say(&world, &claimed, vec![message("two")]).await;
    let behind = format!("{path}?last_event_id={}", seen[1].id().unwrap());
    let mut second = Live::open(&world, &behind).await;
    assert_eq!(second.until("task_run.progress_msg.search two").await.len(), 1);
    end(&world, &claimed, report("So.", vec![])).await;
    assert_eq!(gists(&second.rest().await), ["task_run.state completed"]);
}

#[tokio::test]
async fn a_listener_who_takes_nothing_is_let_go_and_resumes_without_gap_or_repeat() {
    let world = World::new().await;
    let run = world.submit("Why?").await;
    let claimed = world.claim().await;
    // More than sockets of both ends hold.
    let long = "x".repeat(40_000);
    for batch in 0..10 {
        let of_batch = |n: usize| message(&format!("{} {long}", batch * 40 + n));
        say(&world, &claimed, (0..40).map(of_batch).collect()).await;
    }
    end(&world, &claimed, report("So.", vec![])).await;
    let path = format!("/v1/tasks/runs/{run}/events");
    let all = whole(&world, &path).await.split_off(1);

    let app = world.app.clone().letting_go_after(Duration::from_millis(300));
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let mut server = JoinSet::new();
    server.spawn(serve(listener, app.clone(), CancellationToken::new()));
    let mut socket = TcpStream::connect(address).await.unwrap();
    // Of HTTP/1.0, so that the body is what comes until the end.
    let request = format!("GET {path} HTTP/1.0\r\nhost: localhost\r\n\r\n");
    socket.write_all(request.as_bytes()).await.unwrap();
    socket.readable().await.unwrap();
    while app.open_streams() > 0 {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    let mut taken = Vec::new();
    // Whether the rest of it was lost with an error or without is the system's affair.
    let _ = socket.read_to_end(&mut taken).await;
    let taken = String::from_utf8(taken).unwrap();
    let (_, frames) = taken.split_once("\r\n\r\n").unwrap();
    let (frames, _cut_off) = frames.rsplit_once("\n\n").unwrap();
    let seen = told(&format!("{frames}\n\n")).split_off(1);
    assert!(seen.len() < all.len(), "all of it went into the sockets");
    let behind = format!("{path}?last_event_id={}", seen.last().unwrap().id().unwrap());
    assert_eq!([seen, whole(&world, &behind).await].concat(), all);
}

#[tokio::test]
async fn rows_of_a_group_come_in_their_order_with_what_was_asked_for() {
    let world = World::new().await;
    // More than one read of the store takes.
    let (group, ids) = group_of(&world, 60).await;
    let path = format!("/v1/tasks/groups/{group}/runs");
    world.work(report("So.", vec![])).await;
    let rows = whole(&world, &path).await;
    let run_ids = |rows: &[Told]| -> Vec<String> {
        rows.iter().map(|row| row.data["run"]["run_id"].as_str().unwrap().to_owned()).collect()
    };
    assert_eq!(run_ids(&rows), ids);
    assert!(rows.iter().all(|row| row.data["input"].is_null() && row.data["output"].is_null()));

    let behind = format!("{path}?last_event_id={}", rows[40].id().unwrap());
    assert_eq!(whole(&world, &behind).await, rows[41..]);
    assert_eq!(whole(&world, &format!("{path}?last_event_id=60")).await, []);

    let full = whole(&world, &format!("{path}?include_input=true&include_output=True")).await;
    assert_eq!(full[7].data["input"]["input"], json!({"n": 7}));
    assert_eq!(full[7].data["output"], Value::Null);
    let done = whole(&world, &format!("{path}?status=completed&include_output=1")).await;
    assert_eq!(run_ids(&done), ids[..1]);
    assert_eq!(done[0].data["output"]["content"], "So.");
    assert_eq!(whole(&world, &format!("{path}?status=queued")).await.len(), 59);
    assert_eq!(whole(&world, &format!("{path}?status=action_required")).await, []);
}

#[tokio::test]
async fn a_group_tells_its_status_and_each_run_once_when_it_has_ended() {
    let mut world = World::new().await;
    let (group, ids) = group_of(&world, 3).await;
    let path = format!("/v1/tasks/groups/{group}/events");
    let mut live = Live::open(&world, &path).await;
    let opening = live.until("task_group_status").await;
    assert_eq!(opening[0].data["status"]["task_run_status_counts"], json!({"queued": 3}));
    world.work(report("So.", vec![])).await;
    let mut events = live.until("task_run.state completed").await;
    world.work(failure("nothing was there to be read")).await;
    events.extend(live.until("task_run.state failed").await);
    world.work(report("So.", vec![])).await;
    events.extend(live.rest().await);
    let ended = |events: &[Told]| -> Vec<String> {
        let ids = events.iter().filter_map(|event| event.data["run"]["run_id"].as_str());
        ids.map(str::to_owned).collect()
    };
    assert_eq!(ended(&events), ids);
    let last = events.last().unwrap();
    assert_eq!(last.data["status"]["task_run_status_counts"], json!({"completed": 2, "failed": 1}));
    assert_eq!(last.data["status"]["is_active"], false);

    let first = events.iter().find(|event| event.name == "task_run.state").unwrap().id().unwrap();
    for _ in 0..2 {
        let rest = whole(&world, &format!("{path}?last_event_id={first}")).await;
        assert_eq!(ended(&rest), ids[1..]);
        let behind = format!("{path}?last_event_id={}", last.id().unwrap());
        // The end that has this number may have come without the status behind it.
        let told = whole(&world, &behind).await;
        assert_eq!(
            told.iter().map(|one| one.name.as_str()).collect::<Vec<_>>(),
            ["task_group_status"]
        );
        assert_eq!(told[0].data["status"]["is_active"], false);
        assert_eq!(ended(&whole(&world, &path).await), ids);
        world = world.reopened().await;
    }
}

#[tokio::test]
async fn a_stream_of_an_active_group_ends_quietly_when_its_time_is_up() {
    let world = World::new().await;
    let (group, _) = group_of(&world, 1).await;
    let events = whole(&world, &format!("/v1/tasks/groups/{group}/events?timeout=0.2")).await;
    assert_eq!(gists(&events), ["task_group_status"]);
}

#[tokio::test]
async fn wrong_parameters_are_refused_by_name() {
    let world = World::new().await;
    let run = world.submit("Why?").await;
    let (group, _) = group_of(&world, 1).await;
    let streams = [
        format!("runs/{run}/events"),
        format!("groups/{group}/runs"),
        format!("groups/{group}/events"),
    ];
    let refused = async |stream: &str, name: &str, value: &str| {
        let answer = world.get(&format!("/v1/tasks/{stream}?{name}={value}")).await;
        assert_eq!(answer.status, 422, "{stream} {name} {value}");
        let message = answer.message();
        assert!(message.starts_with(&format!("`{name}` is `{value}`")), "{message}");
    };
    for stream in &streams {
        for value in ["x", "-1", "1.5", "99999999999999999999"] {
            refused(stream, "last_event_id", value).await;
        }
    }
    for value in ["x", "-1", "86401", "NaN", "inf", ""] {
        refused(&streams[2], "timeout", value).await;
    }
    for name in ["include_input", "include_output"] {
        refused(&streams[1], name, "maybe").await;
    }
    refused(&streams[1], "status", "odd").await;
}
