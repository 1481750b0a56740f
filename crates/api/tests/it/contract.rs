//! The shapes of the Task API.

use serde_json::json;

use crate::world::{World, failure, fields, report};

#[tokio::test]
async fn a_new_run_is_answered_with_202_and_its_view() {
    let world = World::new().await;
    let body = json!({"input": {"city": "Lima"}, "processor": "lite", "metadata": {"row": 7},
                      "task_spec": {"output_schema": {"type": "json", "json_schema": {
                          "type": "object", "properties": {"country": {"type": "string"}},
                          "required": ["country"], "additionalProperties": false}}}});
    let made = world.post("/v1/tasks/runs", &body).await;
    assert_eq!(made.status, 202, "{}", made.text);
    let run = made.json();
    assert_eq!(run["interaction_id"], run["run_id"]);
    assert_eq!(run["status"], "queued");
    assert_eq!(run["is_active"], true);
    assert_eq!(run["processor"], "lite");
    assert_eq!(run["metadata"], json!({"row": 7}));
    assert_eq!(run["error"], json!(null));
    assert_eq!(run["taskgroup_id"], json!(null));
    assert_eq!(run["created_at"], "2026-11-22T14:00:00.000000Z");
    assert_eq!(run["warnings"][0]["type"], "warning");
    let again = world.get(&format!("/v1/tasks/runs/{}", run["run_id"].as_str().unwrap())).await;
    assert_eq!(again.json(), run);
}

#[tokio::test]
async fn a_result_has_its_content_basis_and_receipt() {
    let world = World::new().await;
    let run = world.submit("How often does the tide turn?").await;
    let quote =
        world.archived("doc://manual/sea/tide table.md", "Tides", "Twice a day.", "Twice").await;
    let page = quote.page;
    world.work(report("Twice [1].", vec![quote])).await;
    let result = world.get(&format!("/v1/tasks/runs/{run}/result")).await;
    assert_eq!(result.status, 200, "{}", result.text);
    let result = result.json();
    assert_eq!(result["run"]["status"], "completed");
    assert_eq!(
        result["output"],
        json!({
            "type": "text", "content": "Twice [1].", "mcp_tool_calls": null,
            "basis": [{
                "field": "output", "reasoning": "It says so.", "confidence": "high",
                "missing": null, "conflicts": [], "kind": null,
                "citations": [{
                    "url": format!("https://tasks.test/pages/{page}/tide%20table.md"),
                    "title": "Tides", "excerpts": ["Twice"],
                    "page_url": format!("https://tasks.test/pages/{page}"),
                }],
            }],
        })
    );
    assert_eq!(result["receipt"]["stopped"], "covered");
}

#[tokio::test]
async fn a_missing_field_says_why() {
    let world = World::new().await;
    let run = world.submit("Acme").await;
    let quote = world.archived("https://acme.test/", "Acme", "CEO: Ann", "Ann").await;
    world.work(fields("Ann", quote)).await;
    let output = world.get(&format!("/v1/tasks/runs/{run}/result")).await.json()["output"].clone();
    assert_eq!(output["type"], "json");
    assert_eq!(output["content"], json!({"ceo": "Ann", "staff": null}));
    assert_eq!(output["basis"][0]["citations"][0]["url"], "https://acme.test/");
    assert_eq!(output["basis"][1]["missing"], "not_found");
    assert_eq!(output.get("output_schema"), None);
}

#[tokio::test]
async fn a_failed_run_shows_its_error_and_its_result_is_404() {
    let world = World::new().await;
    let run = world.submit("Why?").await;
    world.work(failure("three pages were read and none says why")).await;
    let view = world.get(&format!("/v1/tasks/runs/{run}")).await.json();
    assert_eq!(view["status"], "failed");
    assert_eq!(view["error"]["message"], "three pages were read and none says why");
    assert_eq!(view["error"]["detail"], json!({"code": "no_evidence"}));
    let result = world.get(&format!("/v1/tasks/runs/{run}/result")).await;
    assert_eq!(result.status, 404);
    assert!(result.message().contains("none says why (its `error` is at /v1/tasks/runs/trun_"));
}

#[tokio::test]
async fn a_group_counts_its_rows_and_gives_cursors_from_the_second_request_on() {
    let world = World::new().await;
    let group = world.group().await;
    let empty = world.get(&format!("/v1/tasks/groups/{group}")).await.json();
    assert_eq!(empty["status"]["num_task_runs"], 0);
    assert_eq!(empty["status"]["task_run_status_counts"], json!({}));
    assert_eq!(empty["status"]["is_active"], false);
    let rows = json!({"inputs": [{"input": "a", "processor": "core"}, {"input": "b", "processor": "core"}]});
    let path = format!("/v1/tasks/groups/{group}/runs?refresh_status=false");
    let first = world.post(&path, &rows).await;
    assert_eq!(first.status, 200, "{}", first.text);
    assert_eq!(first.json()["run_cursor"], json!(null));
    let second = world.post(&path, &rows).await.json();
    assert_eq!(second["run_cursor"], "2");
    assert_eq!(second["status"]["task_run_status_counts"], json!({"queued": 4}));
    let run = second["run_ids"][1].as_str().unwrap();
    let row = world.get(&format!("/v1/tasks/groups/{group}/runs/{run}")).await.json();
    assert_eq!(row["taskgroup_id"], group.as_str());
}

#[tokio::test]
async fn cancelling_a_queued_run_and_a_group_ends_them() {
    let world = World::new().await;
    let run = world.submit("Why?").await;
    let cancelled = world.post(&format!("/v1/tasks/runs/{run}/cancel"), &json!({})).await;
    assert_eq!(cancelled.json()["status"], "cancelled");
    let result = world.get(&format!("/v1/tasks/runs/{run}/result")).await;
    assert_eq!(result.message(), format!("the run `{run}` was cancelled and has no result"));
    let group = world.group().await;
    world
        .post(&format!("/v1beta/tasks/groups/{group}/runs"), &json!({"inputs": [{"input": "a"}]}))
        .await;
    let cancelled =
        world.post(&format!("/v1/tasks/groups/{group}/cancel"), &json!({})).await.json();
    assert_eq!(cancelled["status"]["task_run_status_counts"], json!({"cancelled": 1}));
}

#[tokio::test]
async fn listings_go_on_where_the_part_before_ended() {
    let world = World::new().await;
    let old = world.submit("first").await;
    let new = world.submit("second").await;
    let part = world.get("/v1/tasks/runs?limit=1").await.json();
    assert_eq!(part["runs"][0]["run_id"], new.to_string());
    let cursor = part["next_cursor"].as_str().unwrap();
    let rest = world.get(&format!("/v1/tasks/runs?limit=1&cursor={cursor}")).await.json();
    assert_eq!(rest["runs"][0]["run_id"], old.to_string());
    world.group().await;
    assert_eq!(world.get("/v1/tasks/groups").await.json()["groups"].as_array().unwrap().len(), 1);
}

#[tokio::test]
async fn members_that_are_not_used_are_warned_of() {
    let world = World::new().await;
    let body = json!({"input": "Why?", "memory_scope_key": "a", "colour": 1, "mcp_servers": [],
                      "previous_interaction_id": null, "enable_events": true});
    let run = world.post("/v1/tasks/runs", &body).await.json();
    let warned = run["warnings"].to_string();
    assert!(
        warned.contains("`memory_scope_key` is not used")
            && warned.contains("`colour` is not used"),
        "{warned}"
    );
    assert!(!warned.contains("mcp_servers") && !warned.contains("enable_events"), "{warned}");
}

#[tokio::test]
async fn content_obeys_a_schema_that_forbids_null_at_each_door() {
    let world = World::new().await;
    let group = world.group().await;
    let schema = json!({
        "type": "object", "required": ["ceo", "staff"], "additionalProperties": false,
        "properties": {"ceo": {"type": "string"}, "staff": {"type": "integer"}},
    });
    let rows = json!({
        "default_task_spec": {"output_schema": {"type": "json", "json_schema": schema}},
        "inputs": [{"input": {"company": "Tide"}, "processor": "core"}],
    });
    let added = world.post(&format!("/v1/tasks/groups/{group}/runs"), &rows).await.json();
    let run = added["run_ids"][0].as_str().unwrap().to_owned();
    let page = world.archived("https://a.org/", "A", "Ann leads it.", "Ann").await;
    world.work(fields("Ann", page)).await;

    let result = world.get(&format!("/v1/tasks/runs/{run}/result")).await.json();
    assert_eq!(result["output"]["content"], json!({"ceo": "Ann", "staff": 0}));
    assert_eq!(result["output"]["basis"][1]["missing"], "not_found");
    for stream in [
        format!("/v1/tasks/runs/{run}/events"),
        format!("/v1/tasks/groups/{group}/runs?include_output=true"),
    ] {
        let text = world.get(&stream).await.text;
        assert!(text.contains(r#""content":{"ceo":"Ann","staff":0}"#), "{stream}: {text}");
    }
}

#[tokio::test]
async fn the_input_of_a_run_gives_back_what_has_no_effect_here() {
    let world = World::new().await;
    let body = json!({
        "input": "Why?", "processor": "core", "enable_events": false, "memory_scope_key": "team-a",
        "advanced_settings": {"location": "de", "data_sources": {"free": ["x"]}},
    });
    let made = world.post("/v1/tasks/runs", &body).await.json();
    let path = format!("/v1/tasks/runs/{}/input", made["run_id"].as_str().unwrap());
    let input = world.get(&path).await.json();
    for member in ["enable_events", "memory_scope_key", "advanced_settings"] {
        assert_eq!(input[member], body[member], "{member}");
    }
    for (member, wrong) in [("enable_events", json!("yes")), ("memory_scope_key", json!("a b"))] {
        let answer = world.post("/v1/tasks/runs", &json!({"input": "Why?", member: wrong})).await;
        assert_eq!(answer.status, 422);
        assert!(answer.message().starts_with(&format!("`{member}` must be")), "{}", answer.text);
    }
}

#[tokio::test]
async fn health_is_that_of_the_database() {
    let health = World::new().await.get("/healthz").await;
    assert_eq!(
        (health.status.as_u16(), health.json()),
        (200, json!({"name": "task-mcp", "status": "ok"}))
    );
}

#[tokio::test]
async fn the_input_of_a_run_tells_its_webhook_also_in_the_stream_of_its_group() {
    let world = World::new().await;
    let webhook =
        json!({"url": "https://hook.example.org/ends", "event_types": ["task_run.status"]});
    let asked = json!({"input": "Why?", "processor": "core", "webhook": webhook});
    let run = world.post("/v1/tasks/runs", &asked).await.json();
    let path = format!("/v1/tasks/runs/{}/input", run["run_id"].as_str().unwrap());
    assert_eq!(world.get(&path).await.json()["webhook"], webhook);
    let group = world.group().await;
    let rows = format!("/v1/tasks/groups/{group}/runs");
    world.post(&rows, &json!({"inputs": [asked, {"input": "How?"}]})).await;
    let stream = world.get(&format!("{rows}?include_input=true")).await.text;
    assert_eq!(stream.matches("https://hook.example.org/ends").count(), 1);
}

#[tokio::test]
async fn the_input_of_a_run_tells_its_servers_of_tools_without_their_headers() {
    let world = World::new().await;
    let server = json!({
        "name": "crm", "url": "https://tools.example.org/mcp", "allowed_tools": ["find"],
        "headers": {"Authorization": "Bearer hunter2"},
    });
    let asked = json!({"input": "Why?", "processor": "core", "mcp_servers": [server]});
    let run = world.post("/v1/tasks/runs", &asked).await;
    assert!(!run.text.contains("hunter2"));
    let run = run.json();
    // No model is configured here, and the caller learns what that means.
    assert!(run["warnings"].to_string().contains("`mcp_servers` are not asked"), "{run}");
    let path = format!("/v1/tasks/runs/{}/input", run["run_id"].as_str().unwrap());
    let shown = world.get(&path).await;
    assert!(!shown.text.contains("hunter2"));
    let mut known = server;
    known.as_object_mut().unwrap().remove("headers");
    known["type"] = json!("url");
    assert_eq!(shown.json()["mcp_servers"], json!([known]));
}
