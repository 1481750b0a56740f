//! Creations under an `Idempotency-Key`.

use serde_json::json;
use task_mcp_api::Catalog;

use crate::world::World;

#[tokio::test]
async fn the_same_key_and_body_give_the_same_run_even_after_a_restart() {
    let world = World::new().await;
    let one = r#"{"input": "Why?", "processor": "core"}"#;
    let same = r#"{"processor":"core","input":"Why?"}"#;
    let made = world.post_text("/v1/tasks/runs", one, Some("k1")).await;
    let again = world.post_text("/v1/tasks/runs", same, Some("k1")).await;
    assert_eq!((again.status, again.text), (made.status, made.text.clone()));
    let world = world.reopened().await;
    let later = world.post_text("/v1/tasks/runs", one, Some("k1")).await;
    assert_eq!(later.text, made.text);
    assert_eq!(world.get("/v1/tasks/runs").await.json()["runs"].as_array().unwrap().len(), 1);
}

#[tokio::test]
async fn a_key_used_for_something_else_is_refused() {
    let world = World::new().await;
    world.post_text("/v1/tasks/runs", r#"{"input": "Why?"}"#, Some("k1")).await;
    for (path, body) in [("/v1/tasks/runs", r#"{"input": "How?"}"#), ("/v1/tasks/groups", "{}")] {
        let other = world.post_text(path, body, Some("k1")).await;
        assert_eq!(other.status, 422);
        assert!(other.message().contains("was used before for a different request"));
    }
}

#[tokio::test]
async fn a_repeat_is_answered_as_before_although_its_request_would_be_refused_today() {
    let mut world = World::new().await;
    let run = r#"{"input": "Why?", "processor": "core"}"#;
    let rows = json!({"inputs": [{"input": "a"}]}).to_string();
    let group = world.post_text("/v1/tasks/groups", "{}", Some("g")).await;
    let path = format!("/v1/tasks/groups/{}/runs", group.json()["taskgroup_id"].as_str().unwrap());
    let made = world.post_text("/v1/tasks/runs", run, Some("k")).await;
    let added = world.post_text(&path, &rows, Some("r")).await;
    // Nothing can be read any more, and no processor is left.
    world = world.offering(Catalog::default());
    assert_eq!(world.post_text("/v1/tasks/runs", run, None).await.status, 403);
    let again = world.post_text("/v1/tasks/runs", run, Some("k")).await;
    assert_eq!((again.status, again.text), (made.status, made.text));
    let again = world.post_text(&path, &rows, Some("r")).await;
    assert_eq!((again.status, again.text), (added.status, added.text));
    let other = world.post_text("/v1/tasks/runs", r#"{"input": "How?"}"#, Some("k")).await;
    assert!(other.message().contains("was used before for a different request"));
}

#[tokio::test]
async fn rows_added_again_under_a_key_are_not_added_twice() {
    let world = World::new().await;
    let group = world.post_text("/v1/tasks/groups", "{}", Some("g")).await;
    let path = format!("/v1/tasks/groups/{}/runs", group.json()["taskgroup_id"].as_str().unwrap());
    let rows = json!({"inputs": [{"input": "a"}, {"input": "b"}]}).to_string();
    let first = world.post_text(&path, &rows, Some("r")).await;
    let second = world.post_text(&path, &rows, Some("r")).await;
    assert_eq!(first.text, second.text);
    let again = world.post_text("/v1/tasks/groups", "{}", Some("g")).await;
    assert_eq!(again.text, group.text);
}

#[tokio::test]
async fn keys_that_are_too_long_or_empty_are_refused() {
    let world = World::new().await;
    for key in [String::new(), "k".repeat(256)] {
        let answer = world.post_text("/v1/tasks/runs", r#"{"input": "Why?"}"#, Some(&key)).await;
        assert_eq!(answer.status, 422);
        assert!(answer.message().contains("it must have 1 to 255"));
    }
}

#[tokio::test]
async fn of_two_requests_with_one_key_at_once_one_run_is_made() {
    let world = World::new().await;
    let post = || world.post_text("/v1/tasks/runs", r#"{"input": "Why?"}"#, Some("k"));
    let (one, two) = tokio::join!(post(), post());
    let statuses = [one.status.as_u16(), two.status.as_u16()];
    assert!(
        statuses.contains(&202) && statuses.iter().all(|s| [202, 409].contains(s)),
        "{statuses:?}"
    );
    assert_eq!(world.get("/v1/tasks/runs").await.json()["runs"].as_array().unwrap().len(), 1);
}
