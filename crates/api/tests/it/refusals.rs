//! What is refused, and in which words.

use axum::body::Body;
use axum::http::Request;
use serde_json::{Value, json};

use crate::world::World;

async fn refused(body: &Value) -> (u16, String) {
    let answer = World::new().await.post("/v1/tasks/runs", body).await;
    (answer.status.as_u16(), answer.message())
}

#[tokio::test]
async fn every_refusal_has_the_envelope_and_a_reference() {
    let answer = World::new().await.get("/v1/nowhere").await;
    assert_eq!(answer.status, 404);
    let error = answer.json()["error"].clone();
    assert_eq!(
        error["message"],
        "there is nothing at `GET /v1/nowhere`; the API begins at /v1/tasks/runs"
    );
    assert_eq!(error["ref_id"].as_str().unwrap().len(), 36);
    assert_eq!(answer.header("x-content-type-options"), Some("nosniff"));
}

#[tokio::test]
async fn a_wrong_method_is_named() {
    let world = World::new().await;
    let request = Request::delete("/v1/tasks/runs").header("host", "localhost");
    let answer = world.send(request.body(Body::empty()).unwrap()).await;
    assert_eq!(answer.status, 405);
    assert!(answer.header("allow").unwrap().contains("POST"));
    assert!(answer.message().starts_with("this address does not take that method"));
}

#[tokio::test]
async fn wrong_bodies_are_answered_with_field_value_and_rule() {
    let cases = [
        (json!({}), 422, "`input` is empty: give a question as text or a row as an object"),
        (json!({"input": 3}), 422, "`input` must be text or an object, and is a number"),
        (
            json!({"input": "a", "processor": 3}),
            422,
            "`processor` must be text, for example `core`",
        ),
        (
            json!({"input": "a", "metadata": []}),
            422,
            "`metadata` must be an object of names and values",
        ),
        (
            json!({"input": "a", "source_policy": {"include_domains": "a.org"}}),
            422,
            "`source_policy.include_domains` must be a list of texts",
        ),
        (
            json!({"input": "a", "task_spec": {"output_schema": {"type": "xml"}}}),
            422,
            "`task_spec.output_schema.type` is `xml`; it must be text, json or auto",
        ),
    ];
    for (body, status, message) in cases {
        assert_eq!(refused(&body).await, (status, message.to_owned()));
    }
    let (status, message) = refused(&json!({"input": "a", "processor": "mega"})).await;
    assert_eq!(status, 403);
    assert!(message.starts_with("`processor` is `mega`, which is not known here; known are lite,"));
}

#[tokio::test]
async fn bodies_that_are_not_json_are_refused() {
    let world = World::new().await;
    let message = |body: &'static str| {
        let world = &world;
        async move {
            let answer = world.post_text("/v1/tasks/runs", body, None).await;
            assert_eq!(answer.status, 422);
            answer.message()
        }
    };
    assert!(message("{").await.starts_with("the body is not JSON: EOF"));
    assert_eq!(
        message(r#"{"input":"a","input":"b"}"#).await,
        "`input` is given twice; send it once"
    );
    assert!(message("").await.starts_with("the body is empty"));
}

#[tokio::test]
async fn a_body_beyond_the_limit_is_refused() {
    let body = format!("{{\"input\": \"{}\"}}", "x".repeat(17 * 1024 * 1024));
    let answer = World::new().await.post_text("/v1/tasks/runs", &body, None).await;
    assert_eq!(answer.status, 413);
    assert_eq!(answer.message(), "the body is larger than 16 MiB; send fewer rows at a time");
}

#[tokio::test]
async fn one_bad_row_refuses_all_and_is_named() {
    let world = World::new().await;
    let group = world.group().await;
    let path = format!("/v1/tasks/groups/{group}/runs");
    let rows =
        |last: Value| json!({"inputs": [{"input": "a"}, {"input": "b"}, {"input": "c"}, last]});
    let answer = world.post(&path, &rows(json!({"input": ""}))).await;
    assert_eq!(answer.status, 422);
    assert!(answer.message().starts_with("`inputs[3].input` is empty"));
    let answer = world.post(&path, &rows(json!({"input": "x", "processor": "mega"}))).await;
    assert_eq!(answer.status, 403);
    assert!(answer.message().starts_with("`inputs[3].processor` is `mega`"));
    let status = world.get(&format!("/v1/tasks/groups/{group}")).await.json();
    assert_eq!(status["status"]["num_task_runs"], 0);
}

#[tokio::test]
async fn too_many_rows_none_and_no_list_are_refused() {
    let world = World::new().await;
    let path = format!("/v1/tasks/groups/{}/runs", world.group().await);
    let many = json!({"inputs": vec![json!({"input": "a"}); 1001]});
    assert!(
        world
            .post(&path, &many)
            .await
            .message()
            .starts_with("`inputs` has 1001 rows; send at most 1000")
    );
    assert!(
        world.post(&path, &json!({"inputs": []})).await.message().starts_with("`inputs` is empty")
    );
    assert!(
        world
            .post(&path, &json!({}))
            .await
            .message()
            .starts_with("`inputs` must be a list of rows")
    );
}

#[tokio::test]
async fn unknown_and_malformed_ids_are_404() {
    let world = World::new().await;
    let id = "0".repeat(32);
    for path in
        [format!("runs/trun_{id}"), format!("runs/trun_{id}/result"), format!("groups/tgrp_{id}")]
    {
        let answer = world.get(&format!("/v1/tasks/{path}")).await;
        assert_eq!(answer.status, 404);
        assert!(answer.message().starts_with("there is no "));
    }
    let answer = world.get("/v1/tasks/runs/7").await;
    assert_eq!(
        answer.message(),
        "`7` is not the id of a run: it looks like trun_ and 32 hex digits"
    );
}

#[tokio::test]
async fn wrong_parameters_are_refused() {
    let world = World::new().await;
    let run = world.submit("Why?").await;
    for value in ["0", "-1", "1.5", "x", ""] {
        let answer = world.get(&format!("/v1/tasks/runs/{run}/result?timeout={value}")).await;
        assert_eq!(answer.status, 422, "{value}");
        assert_eq!(
            answer.message(),
            format!(
                "`timeout` is `{value}`; it must be a whole number of seconds, of which at most 600 are waited"
            )
        );
    }
    assert!(world.get("/v1/tasks/runs?limit=0").await.message().starts_with("`limit` is `0`"));
    assert!(
        world.get("/v1/tasks/runs?status=odd").await.message().starts_with("`status` is `odd`")
    );
    assert!(world.get("/v1/tasks/groups?cursor=x").await.message().starts_with("`cursor` is `x`"));
}

#[tokio::test]
async fn on_loopback_other_hosts_are_refused() {
    let world = World::new().await;
    let status = |host: &'static str| {
        let world = &world;
        async move {
            let request =
                Request::get("/healthz").header("host", host).body(Body::empty()).unwrap();
            world.send(request).await.status.as_u16()
        }
    };
    for host in ["localhost:8080", "127.0.0.1", "[::1]:9", "tasks.test"] {
        assert_eq!(status(host).await, 200, "{host}");
    }
    for host in ["evil.test", "localhost.evil.test", "127.0.0.1.nip.io:80"] {
        assert_eq!(status(host).await, 403, "{host}");
    }
}

#[tokio::test]
async fn pages_of_other_sites_may_not_change_anything() {
    let world = World::new().await;
    let status = |origin: &'static str| {
        let world = &world;
        async move {
            let request = Request::post("/v1/tasks/groups").header("host", "localhost:8080");
            let request = request.header("origin", origin).body(Body::empty()).unwrap();
            world.send(request).await.status.as_u16()
        }
    };
    for origin in ["https://evil.test", "null", "http://localhost:3000", "http://tasks.test"] {
        assert_eq!(status(origin).await, 403, "{origin}");
    }
    for origin in ["http://localhost:8080", "https://tasks.test"] {
        assert_eq!(status(origin).await, 200, "{origin}");
    }
}

#[tokio::test]
async fn servers_of_tools_are_checked_member_by_member_and_no_secret_is_shown() {
    let one = |server: Value| json!({"input": "Why?", "mcp_servers": [server]});
    let good = json!({"name": "crm", "url": "https://tools.example.org/mcp"});
    let with = |member: &str, value: Value| {
        let mut server = good.clone();
        server[member] = value;
        one(server)
    };
    let many: Vec<Value> = (0..11)
        .map(|n| json!({"name": format!("s{n}"), "url": "https://a.example.org/"}))
        .collect();
    for (body, said) in [
        (json!({"input": "Why?", "mcp_servers": {}}), "`mcp_servers` must be a list"),
        (json!({"input": "Why?", "mcp_servers": many}), "names 11 servers; at most 10"),
        (one(json!("crm")), "`mcp_servers[0]` must be an object"),
        (one(json!({"name": "crm"})), "`mcp_servers[0].url` must be the address"),
        (
            one(json!({"url": "https://a.example.org/"})),
            "`mcp_servers[0].name` must be a short name",
        ),
        (with("type", json!("stdio")), "`mcp_servers[0].type` must be \"url\""),
        (with("url", json!("tools")), "`mcp_servers[0].url` is not an address"),
        (with("url", json!("http://127.0.0.1:8080/mcp")), "`mcp_servers[0].url`: "),
        (with("url", json!("file:///etc/passwd")), "`mcp_servers[0].url`: "),
        (
            with("headers", json!({"Host": "x"})),
            "`mcp_servers[0].headers` holds `Host`, which belongs",
        ),
        (with("headers", json!({"x-key": "se\ncret"})), "`mcp_servers[0].headers` holds `x-key`"),
        (
            with("headers", json!({"x-key": 1})),
            "`mcp_servers[0].headers` must be an object of texts",
        ),
        (with("allowed_tools", json!("all")), "`mcp_servers[0].allowed_tools` must be a list"),
        (
            json!({"input": "Why?", "mcp_servers": [good, good]}),
            "`mcp_servers[1].name` stands twice",
        ),
    ] {
        let (status, message) = refused(&body).await;
        assert!(status == 422 && message.contains(said), "{status} {message} for {body}");
        assert!(!message.contains("cret"), "{message}");
    }
}
