//! The MCP door from outside, message by message: who sees what, and how refusals read.

use axum::body::Body;
use axum::http::{Request, StatusCode};
use serde_json::{Value, json};
use store::Added;
use task_mcp_api::Catalog;

use crate::world::{Answer, World, report};

async fn key(world: &World, name: &str) -> String {
    match world.store.add_key(name, name).await.unwrap() {
        Added::Key(key) => key,
        Added::NameTaken => panic!("the key `{name}` was made before"),
    }
}

/// One message of the era of 2026-07-28, from a client that takes tasks.
async fn send(world: &World, key: &str, path: &str, method: &str, params: &Value) -> Answer {
    send_as(1, world, key, path, method, params).await
}

async fn send_as(
    id: u32,
    world: &World,
    key: &str,
    path: &str,
    method: &str,
    params: &Value,
) -> Answer {
    let mut params = params.clone();
    params["_meta"] = json!({
        "io.modelcontextprotocol/protocolVersion": "2026-07-28",
        "io.modelcontextprotocol/clientCapabilities": {"extensions": {"io.modelcontextprotocol/tasks": {}}},
        "io.modelcontextprotocol/clientInfo": {"name": "test", "version": "1"},
    });
    let name = ["name", "uri", "taskId"].iter().find_map(|name| params[name].as_str());
    let message = json!({"jsonrpc": "2.0", "id": id, "method": method, "params": params});
    let request = Request::post(path)
        .header("host", "localhost")
        .header("x-api-key", key)
        .header("content-type", "application/json")
        .header("accept", "application/json, text/event-stream")
        .header("mcp-protocol-version", "2026-07-28")
        .header("mcp-method", method);
    let request = name.into_iter().fold(request, |request, name| request.header("mcp-name", name));
    world.send(request.body(Body::from(message.to_string())).unwrap()).await
}

async fn call(world: &World, key: &str, path: &str, tool: &str, arguments: Value) -> Value {
    let params = json!({"name": tool, "arguments": arguments});
    let answer = send(world, key, path, "tools/call", &params).await;
    assert_eq!(answer.status, 200, "{}", answer.text);
    answer.json()["result"].clone()
}

fn text(result: &Value) -> &str {
    result["content"][0]["text"].as_str().unwrap_or_default()
}

/// A run and a group, made as tasks: their ids are the ids of the tasks.
async fn work(world: &World, key: &str) -> [String; 2] {
    let id = |result: &Value| result["taskId"].as_str().unwrap().to_owned();
    let run =
        call(world, key, "/mcp", "createDeepResearch", json!({"input": "How high is the tide?"}))
            .await;
    let rows = json!({"inputs": [{"place": "Brest"}], "output": "tide: how high it is"});
    let group = call(world, key, "/mcp", "createTaskGroup", rows).await;
    [id(&run), id(&group)]
}

/// Everything that takes an id, in every way in which it can be given.
const WITH_AN_ID: [(&str, &str); 5] = [
    ("/mcp", "getStatus"),
    ("/mcp", "getResultMarkdown"),
    ("/mcp", "cancelTask"),
    ("/mcp/simple", "checkTask"),
    ("/mcp/simple", "readResult"),
];

async fn answers(world: &World, key: &str, id: &str) -> Vec<String> {
    let mut answers = Vec::new();
    for (path, tool) in WITH_AN_ID {
        let result = call(world, key, path, tool, json!({"id": id, "wait_seconds": 0})).await;
        answers.push(format!("{tool}: {result}"));
    }
    for method in ["tasks/get", "tasks/update", "tasks/cancel"] {
        let params = json!({"taskId": id, "inputResponses": {}});
        let answer = send(world, key, "/mcp", method, &params).await;
        answers.push(format!("{method}: {} {}", answer.status, answer.text));
    }
    let uri = format!("research://results/{id}");
    let answer = send(world, key, "/mcp", "resources/read", &json!({"uri": uri})).await;
    answers.push(format!("read: {} {}", answer.status, answer.text));
    let follow = json!({"input": "And then?", "previous_interaction_id": id});
    answers.push(call(world, key, "/mcp", "createDeepResearch", follow).await.to_string());
    let rows = json!({"inputs": [{"place": "Brest"}], "output": "tide", "group_id": id});
    answers.push(call(world, key, "/mcp", "createTaskGroup", rows).await.to_string());
    answers.into_iter().map(|answer| answer.replace(id, "ID")).collect()
}

#[tokio::test]
async fn what_belongs_to_another_is_as_if_it_were_not_there() {
    let world = World::new().await;
    let (ann, eve) = (key(&world, "ann").await, key(&world, "eve").await);
    for id in work(&world, &ann).await {
        let nobodys = format!("{}{}", &id[..5], "0".repeat(32));
        assert_eq!(answers(&world, &eve, &id).await, answers(&world, &eve, &nobodys).await);
        let still = call(&world, &ann, "/mcp", "getStatus", json!({"id": id})).await;
        assert_eq!(still["structuredContent"]["is_active"], true, "somebody else has cancelled it");
    }
    let listed = call(&world, &eve, "/mcp", "listTasks", json!({})).await;
    assert_eq!(listed["structuredContent"]["tasks"], json!([]));
    let newest = call(&world, &eve, "/mcp/simple", "checkTask", json!({})).await;
    assert!(text(&newest).contains("nothing was started yet"), "{newest}");
}

#[tokio::test]
async fn every_tool_that_takes_an_id_is_asked_for_those_of_others() {
    let world = World::new().await;
    let ann = key(&world, "ann").await;
    for path in ["/mcp", "/mcp/simple"] {
        let list = send(&world, &ann, path, "tools/list", &json!({})).await.json();
        for tool in list["result"]["tools"].as_array().unwrap() {
            let arguments = tool["inputSchema"]["properties"].as_object().unwrap();
            let takes_an_id =
                arguments.contains_key("taskRunOrGroupId") || arguments.contains_key("id");
            let name = tool["name"].as_str().unwrap();
            assert_eq!(takes_an_id, WITH_AN_ID.contains(&(path, name)), "{name} at {path}");
        }
    }
}

#[tokio::test]
async fn a_task_has_the_report_itself_as_its_result() {
    let world = World::new().await;
    let ann = key(&world, "ann").await;
    let [run, _] = work(&world, &ann).await;
    let task =
        async || send(&world, &ann, "/mcp", "tasks/get", &json!({"taskId": run})).await.json();
    assert_eq!(task().await["result"]["status"], "working");
    world.work(report("The tide is high. [1]", vec![])).await;
    let ended = task().await;
    assert_eq!(ended["result"]["status"], "completed");
    assert!(text(&ended["result"]["result"]).contains("The tide is high."), "{ended}");
}

#[tokio::test]
async fn a_table_with_many_finished_rows_is_waited_for_like_a_small_one() {
    let world = World::new().await;
    let ann = key(&world, "ann").await;
    let rows: Vec<Value> = (0..22).map(|row| json!({"place": format!("Brest {row}")})).collect();
    let rows = json!({"inputs": rows, "output": "tide: how high it is"});
    let group = call(&world, &ann, "/mcp", "createTaskGroup", rows).await["taskId"].clone();
    for _ in 0..21 {
        world.work(report("High.", vec![])).await;
    }
    let look = async |wait: u64| {
        let arguments = json!({"id": group, "wait_seconds": wait});
        call(&world, &ann, "/mcp", "getStatus", arguments).await["structuredContent"].clone()
    };
    let told = |status: &Value| status["newly_finished"].as_array().unwrap().len();
    let at_once = look(0).await;
    assert_eq!(told(&at_once), 20);
    // Who waits without a number is told each row once.
    assert_eq!(told(&look(1).await), 20);
    let began = std::time::Instant::now();
    let waited = look(1).await;
    assert!(began.elapsed() >= std::time::Duration::from_millis(900), "it did not wait");
    assert_eq!((waited["is_active"].as_bool(), told(&waited)), (Some(true), 1), "{waited}");
    let (waited, ()) = tokio::join!(look(50), world.work(report("Low.", vec![])));
    assert_eq!((waited["is_active"].as_bool(), told(&waited)), (Some(false), 1), "{waited}");
    assert_eq!(told(&look(1).await), 0);
    let again = json!({"id": group, "since": 0});
    let again = call(&world, &ann, "/mcp", "getStatus", again).await["structuredContent"].clone();
    assert_eq!(told(&again), 20);
}

#[tokio::test]
async fn what_models_mean_is_understood_or_told() {
    let world = World::new().await;
    let ann = key(&world, "ann").await;
    let [_, group] = work(&world, &ann).await;
    let more = json!({"inputs": [{"place": "Granville"}], "task_group_id": group});
    let added = call(&world, &ann, "/mcp", "createTaskGroup", more).await;
    assert_eq!(added["taskId"], json!(group), "{added}");

    let columns = async |output: Value| {
        let arguments = json!({"rows": "place\nBrest", "columns": output});
        let started = call(&world, &ann, "/mcp/simple", "startTask", arguments).await;
        let id = started["taskId"]
            .as_str()
            .map(str::to_owned)
            .ok_or_else(|| text(&started).to_owned())?;
        let listed = call(&world, &ann, "/mcp", "listTasks", json!({})).await;
        let tasks = listed["structuredContent"]["tasks"].as_array().unwrap().clone();
        let task = tasks.into_iter().find(|task| task["id"] == id).unwrap();
        Ok::<_, String>(task["title"].as_str().unwrap().to_owned())
    };
    for output in [
        json!("tide: how high, port: its name"),
        json!([{"name": "tide", "description": "how high"}, {"name": "port"}]),
        json!({"tide": {"type": "number", "description": "how high"}, "port": {"type": "string"}}),
        json!("```json\n{\"tide\": \"how high\", \"port\": \"its name\"}\n```"),
        json!(
            "Here is the schema:\n```json\n{\"tide\": \"how high\", \"port\": \"its name\"}\n```"
        ),
        json!("\"tide\": \"how high\", \"port\": \"its name\""),
        json!({"columns": "tide, port"}),
        json!("{\"columns\": \"tide, port\"}"),
        json!({"columns": ["tide", "port"]}),
        json!({"fields": {"tide": "how high", "port": "its name"}}),
        json!([{"tide": "how high"}, {"port": "its name"}]),
        json!([{"column": "tide", "prompt": "how high"}, {"column": "port"}]),
        json!("tide (m), port (text)"),
        json!("For each place: tide, port"),
    ] {
        assert_eq!(columns(output).await.unwrap(), "tide, port (1 row: 1 queued)");
    }
    for broken in ["{\"type\": \"object\"", "tide: a; tide: b"] {
        let told = columns(json!(broken)).await.unwrap_err();
        assert!(told.contains("`columns`"), "{told}");
    }
    let before = call(&world, &ann, "/mcp", "listTasks", json!({"limit": 50})).await;
    let arguments =
        json!({"inputs": [{"a": 1}, {"a": 2}], "output": "tide", "estimate_only": "true"});
    let expected = call(&world, &ann, "/mcp", "createTaskGroup", arguments).await;
    let expected = &expected["structuredContent"];
    assert_eq!((&expected["status"], &expected["rows"]), (&json!("not_started"), &json!(2)));
    assert!(expected["expected"].as_str().unwrap().contains("no money"), "{expected}");
    let arguments = json!({"question": "How high is the tide?", "estimate_only": true});
    let expected = call(&world, &ann, "/mcp/simple", "startTask", arguments).await;
    assert_eq!(expected["structuredContent"]["processor"], "pro", "{expected}");
    let after = call(&world, &ann, "/mcp", "listTasks", json!({"limit": 50})).await;
    assert_eq!(before, after, "nothing was started");
    for path in [
        json!("/etc/passwd"),
        json!("./rows.csv"),
        json!("rows.xlsx"),
        json!(["/tmp/rows.csv"]),
        json!("[\"/tmp/rows.csv\"]"),
        json!("\"rows.csv\""),
        json!("~/Documents/My Products.csv"),
        json!({"file": "/tmp/rows.csv"}),
        json!("see attached products.csv"),
    ] {
        let arguments = json!({"inputs": path, "output": "tide"});
        let told = call(&world, &ann, "/mcp", "createTaskGroup", arguments).await;
        assert!(text(&told).contains("looks like the path of a file"), "{told}");
    }
    // Several of them, or under a name of their own, are rows like any others.
    for rows in [json!(["/about", "/contact"]), json!({"package": "config.json"})] {
        let arguments = json!({"inputs": rows, "output": "tide", "estimate_only": true});
        let told = call(&world, &ann, "/mcp", "createTaskGroup", arguments).await;
        assert_eq!(told["structuredContent"]["status"], "not_started", "{told}");
    }
    for basis in ["index:-1", "row 3"] {
        let arguments = json!({"id": group, "basis": basis});
        let told = call(&world, &ann, "/mcp", "getResultMarkdown", arguments).await;
        assert!(text(&told).contains("`basis` is"), "{told}");
    }
}

#[tokio::test]
async fn a_look_that_is_repeated_shows_what_was_written_meanwhile_by_whichever_process() {
    let world = World::new().await;
    let ann = key(&world, "ann").await;
    let [run, group] = work(&world, &ann).await;
    let look = async |id: &str| {
        let status = call(&world, &ann, "/mcp", "getStatus", json!({"id": id})).await;
        let listed = call(&world, &ann, "/mcp", "listTasks", json!({})).await;
        let tasks = listed["structuredContent"]["tasks"].as_array().unwrap().clone();
        let task = tasks.into_iter().find(|task| task["id"] == id).unwrap();
        let status = status["structuredContent"]["status"].as_str().unwrap().to_owned();
        (status, task["status"].as_str().unwrap().to_owned())
    };
    let both = |state: &str| (state.to_owned(), state.to_owned());
    assert_eq!(look(&run).await, both("queued"));
    assert_eq!(look(&run).await, both("queued"));
    world.work(report("The tide is high. [1]", vec![])).await;
    assert_eq!(look(&run).await, both("completed"));
    assert_eq!(look(&group).await, both("running"));
    let owner = world.store.owner_of_key(&ann).await.unwrap().unwrap();
    world.another().await.cancel_group(owner, group.parse().unwrap()).await.unwrap();
    assert_eq!(look(&group).await, both("cancelled"));
}

#[tokio::test]
async fn a_look_that_is_repeated_is_answered_with_its_own_id() {
    let world = World::new().await;
    let ann = key(&world, "ann").await;
    work(&world, &ann).await;
    let params = json!({"name": "listTasks", "arguments": {}});
    let mut answers = Vec::new();
    for id in [7, 8] {
        let answer = send_as(id, &world, &ann, "/mcp", "tools/call", &params).await;
        assert_eq!(answer.json()["id"], id);
        answers.push(answer.json()["result"].clone());
    }
    assert_eq!(answers[0], answers[1]);
    assert_eq!(answers[0]["structuredContent"]["tasks"].as_array().unwrap().len(), 2);
}

#[tokio::test]
async fn a_call_that_is_repeated_with_its_key_starts_nothing_new() {
    let world = World::new().await;
    let ann = key(&world, "ann").await;
    let asked = json!({"input": "How high is the tide?", "request_key": "one"});
    let rows = json!({"inputs": "place\nBrest\nCork", "output": "tide", "request_key": "two"});
    for (tool, arguments) in [("createDeepResearch", asked), ("createTaskGroup", rows)] {
        let first = call(&world, &ann, "/mcp", tool, arguments.clone()).await;
        let again = call(&world, &ann, "/mcp", tool, arguments).await;
        assert_eq!(first["taskId"], again["taskId"], "{tool}");
    }
    let listed = call(&world, &ann, "/mcp", "listTasks", json!({})).await;
    assert_eq!(listed["structuredContent"]["tasks"].as_array().unwrap().len(), 2);
    assert!(text(&listed).contains("2 rows"), "{listed}");
    let other = json!({"input": "How low is it?", "request_key": "one"});
    let refused = call(&world, &ann, "/mcp", "createDeepResearch", other).await;
    assert_eq!(refused["isError"], true);
}

#[tokio::test]
async fn a_repeated_call_is_answered_as_before_although_it_would_be_refused_today() {
    let world = World::new().await;
    let ann = key(&world, "ann").await;
    let rows = json!({"inputs": "place\nBrest\nCork", "output": "tide", "request_key": "two"});
    let question = json!({"input": "How high is the tide?", "request_key": "one"});
    let calls = [("createDeepResearch", question), ("createTaskGroup", rows)];
    let mut made = Vec::new();
    for (tool, arguments) in &calls {
        made.push(call(&world, &ann, "/mcp", tool, arguments.clone()).await["taskId"].clone());
    }
    // Nothing can be read any more.
    let processors = domain::processor::defaults();
    let world = world.offering(Catalog { processors, ..Catalog::default() });
    for ((tool, mut arguments), made) in calls.into_iter().zip(made) {
        let again = call(&world, &ann, "/mcp", tool, arguments.clone()).await;
        assert_eq!(again["taskId"], made, "{again}");
        arguments["request_key"] = json!("another");
        let refused = call(&world, &ann, "/mcp", tool, arguments).await;
        assert!(text(&refused).contains("there is nothing this run could read"), "{refused}");
    }
}

#[tokio::test]
async fn a_repeated_call_is_answered_as_before_although_its_processor_is_gone() {
    let world = World::new().await;
    let ann = key(&world, "ann").await;
    let named = json!({"input": "How high is it?", "processor": "core", "request_key": "one"});
    let rows = json!({"inputs": "place\nBrest", "output": "tide", "processor": "core", "request_key": "two"});
    let suited = json!({"inputs": "place\nCork", "output": "tide", "request_key": "three"});
    let calls =
        [("createDeepResearch", named), ("createTaskGroup", rows), ("createTaskGroup", suited)];
    let mut made = Vec::new();
    for (tool, arguments) in &calls {
        made.push(call(&world, &ann, "/mcp", tool, arguments.clone()).await["taskId"].clone());
    }
    let world = world.offering(Catalog { processors: Vec::new(), ..Catalog::default() });
    for ((tool, mut arguments), made) in calls.into_iter().zip(made) {
        let again = call(&world, &ann, "/mcp", tool, arguments.clone()).await;
        assert_eq!(again["taskId"], made, "{again}");
        arguments["request_key"] = json!("another");
        let refused = call(&world, &ann, "/mcp", tool, arguments).await;
        assert!(text(&refused).contains("processor` is `core`"), "{refused}");
    }
}

#[tokio::test]
async fn work_is_listed_by_its_status() {
    let world = World::new().await;
    let ann = key(&world, "ann").await;
    let table = json!({"inputs": [{"place": "Brest"}], "output": "tide: how high"});
    let done = call(&world, &ann, "/mcp", "createTaskGroup", table.clone()).await["taskId"].clone();
    world.work(report("High.", vec![])).await;
    let gone = call(&world, &ann, "/mcp", "createTaskGroup", table.clone()).await["taskId"].clone();
    call(&world, &ann, "/mcp", "cancelTask", json!({"id": gone})).await;
    let active = call(&world, &ann, "/mcp", "createTaskGroup", table).await["taskId"].clone();
    for (status, ids) in [
        ("completed", json!([done])),
        ("cancelled", json!([gone])),
        ("failed", json!([])),
        ("running", json!([active])),
        ("active", json!([active])),
        ("finished", json!([gone, done])),
    ] {
        let listed = call(&world, &ann, "/mcp", "listTasks", json!({"status": status})).await;
        let tasks = listed["structuredContent"]["tasks"].as_array().unwrap();
        let listed: Vec<&Value> = tasks.iter().map(|task| &task["id"]).collect();
        assert_eq!(json!(listed), ids, "{status}");
    }
}

#[tokio::test]
async fn a_page_of_a_table_keeps_to_its_size() {
    let world = World::new().await;
    let ann = key(&world, "ann").await;
    let rows: Vec<Value> = (0..24).map(|row| json!({"place": format!("Brest {row}")})).collect();
    let rows = json!({"inputs": rows, "output": "tide: how high it is"});
    let group = call(&world, &ann, "/mcp", "createTaskGroup", rows).await["taskId"].clone();
    for row in 0..24 {
        world.work(report(&"High as ever. ".repeat(1 + row * 3), vec![])).await;
    }
    for (size, basis) in [(2_000, None), (3_000, Some("all")), (20_000, Some("all"))] {
        let mut cursor = json!(0);
        let mut seen = 0;
        while seen < 24 {
            let mut page = json!({"id": group, "page_size": size, "cursor": cursor});
            if let Some(basis) = basis {
                page["basis"] = json!(basis);
            }
            let page = call(&world, &ann, "/mcp/", "getResultMarkdown", page).await;
            let page = text(&page);
            let length = page.chars().count();
            assert!(length <= size, "{length} of {size}: {page}");
            let rows =
                (seen..24).take_while(|row| page.contains(&format!("Brest {row} |"))).count();
            assert!(rows > 0, "{page}");
            seen += rows;
            cursor = json!(seen);
        }
    }
}

#[tokio::test]
async fn too_many_rows_are_refused_whole_with_the_ways_out() {
    let world = World::new().await;
    let ann = key(&world, "ann").await;
    let rows: Vec<Value> = (0..201).map(|row| json!({"row": row})).collect();
    let refused =
        call(&world, &ann, "/mcp", "createTaskGroup", json!({"inputs": rows, "output": "a"})).await;
    assert_eq!(refused["isError"], true);
    for way in ["201 rows", "at most 200", "task-mcp enrich", "/v1/tasks/groups", "group_id"] {
        assert!(text(&refused).contains(way), "{way}: {refused}");
    }
    let listed = call(&world, &ann, "/mcp", "listTasks", json!({})).await;
    assert_eq!(listed["structuredContent"]["tasks"], json!([]));
}

/// One message of the older era.
fn older(key: &str, session: Option<&str>, body: &Value) -> Request<Body> {
    let request = Request::post("/mcp")
        .header("host", "localhost")
        .header("authorization", format!("Bearer {key}"))
        .header("content-type", "application/json")
        .header("accept", "application/json, text/event-stream");
    let request = session.into_iter().fold(request, |r, id| r.header("mcp-session-id", id));
    request.body(Body::from(body.to_string())).unwrap()
}

/// A session whose client has declared everything that it can at its beginning.
async fn begun(world: &World, key: &str) -> String {
    let hello = json!({
        "jsonrpc": "2.0", "id": 1, "method": "initialize",
        "params": {
            "protocolVersion": "2025-11-25",
            "capabilities": {"extensions": {"io.modelcontextprotocol/tasks": {}}},
            "clientInfo": {"name": "t", "version": "1"},
        },
    });
    let begun = world.send(older(key, None, &hello)).await;
    assert_eq!(begun.status, StatusCode::OK, "{}", begun.text);
    begun.header("mcp-session-id").unwrap().to_owned()
}

#[tokio::test]
async fn a_session_is_only_for_the_owner_who_began_it() {
    let world = World::new().await;
    let (ann, eve) = (key(&world, "ann").await, key(&world, "eve").await);
    let session = begun(&world, &ann).await;
    let list = json!({"jsonrpc": "2.0", "id": 2, "method": "tools/list"});
    let theirs = world.send(older(&eve, Some(&session), &list)).await;
    assert_eq!(theirs.status, StatusCode::NOT_FOUND, "{}", theirs.text);
    assert_eq!(theirs.json()["jsonrpc"], "2.0");
    let own = world.send(older(&ann, Some(&session), &list)).await;
    assert!(own.text.contains("createDeepResearch"), "{}", own.text);
}

#[tokio::test]
async fn in_the_older_era_work_is_a_handle_whatever_the_client_declared() {
    let world = World::new().await;
    let ann = key(&world, "ann").await;
    let session = begun(&world, &ann).await;
    let params =
        json!({"name": "createDeepResearch", "arguments": {"input": "How high is the tide?"}});
    let call = json!({"jsonrpc": "2.0", "id": 2, "method": "tools/call", "params": params});
    let made = world.send(older(&ann, Some(&session), &call)).await;
    assert!(
        made.text.contains("structuredContent") && !made.text.contains("taskId"),
        "{}",
        made.text
    );
}
