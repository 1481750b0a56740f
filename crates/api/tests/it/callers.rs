//! Who gets in: every route against every wrong caller.

use axum::body::Body;
use axum::http::Request;
use domain::ids::PageId;
use domain::text::Text;
use serde_json::{Value, json};
use store::{Added, ReadingOf};

use crate::world::{Answer, World, report};

/// The web pages that belong to somebody, and those that anybody may see, with their methods.
const PAGES: [(&str, &[&str]); 24] = [
    ("/", &["GET"]),
    ("/sign-out", &["POST"]),
    ("/runs", &["POST"]),
    ("/runs/{run_id}", &["GET"]),
    ("/runs/{run_id}/live", &["GET"]),
    ("/runs/{run_id}/field", &["GET"]),
    ("/runs/{run_id}/quote", &["GET"]),
    ("/runs/{run_id}/report.md", &["GET"]),
    ("/runs/{run_id}/report.html", &["GET"]),
    ("/runs/{run_id}/result.json", &["GET"]),
    ("/runs/{run_id}/cancel", &["POST"]),
    ("/runs/{run_id}/revoke", &["POST"]),
    ("/sheets", &["POST"]),
    ("/sheets/{sheet_id}", &["GET", "POST"]),
    ("/groups/{group_id}", &["GET"]),
    ("/groups/{group_id}/live", &["GET"]),
    ("/groups/{group_id}/rows.csv", &["GET"]),
    ("/groups/{group_id}/values.csv", &["GET"]),
    ("/groups/{group_id}/rows.jsonl", &["GET"]),
    ("/groups/{group_id}/cancel", &["POST"]),
    ("/groups/{group_id}/retry", &["POST"]),
    ("/groups/{group_id}/revoke", &["POST"]),
    ("/pages/{page_id}", &["GET"]),
    ("/pages/{page_id}/{name}", &["GET"]),
];
/// `POST /sign-in` is in `sharing.rs`.
const OPEN_PAGES: [&str; 2] = ["/assets/{name}", "/sign-in"];
/// What is behind them is in `mcp.rs`.
const MCP: [&str; 6] = ["/mcp", "/mcp/simple", "/mcp/web", "/mcp/", "/mcp/simple/", "/mcp/web/"];

struct Route {
    method: String,
    path: String,
    is_open: bool,
}

/// Every route of the server: those of the document, their twins for older clients, and the web pages.
async fn routes(world: &World) -> Vec<Route> {
    let document = world.get("/openapi.json").await.json();
    let mut routes = Vec::new();
    for (path, methods) in document["paths"].as_object().unwrap() {
        for (method, operation) in methods.as_object().unwrap() {
            let is_open = operation.get("security").is_some();
            let method = method.to_uppercase();
            let twin = path.replacen("/v1/", "/v1beta/", 1);
            if twin != *path {
                routes.push(Route { method: method.clone(), path: twin, is_open });
            }
            routes.push(Route { method, path: path.clone(), is_open });
        }
    }
    let page = |method: &str, path: &str, is_open| Route {
        method: method.into(),
        path: path.to_owned(),
        is_open,
    };
    for (path, methods) in PAGES {
        routes.extend(methods.iter().map(|method| page(method, path, false)));
    }
    routes.extend(OPEN_PAGES.map(|path| page("GET", path, true)));
    for (path, method) in MCP.iter().flat_map(|path| ["POST", "GET", "DELETE"].map(|m| (*path, m)))
    {
        routes.push(Route { method: method.into(), path: path.into(), is_open: false });
    }
    routes
}

/// What somebody owns: a run, a group with one run, a page, a sheet, and a delivery to a webhook.
struct Things {
    run: String,
    sheet: String,
    group: String,
    row: String,
    page: String,
    delivery: String,
}

impl Things {
    fn nobodys() -> Self {
        let id = |prefix: &str| format!("{prefix}_{}", "0".repeat(32));
        Self {
            run: id("trun"),
            sheet: id("sheet"),
            group: id("tgrp"),
            row: id("trun"),
            page: id("page"),
            delivery: id("whevent"),
        }
    }

    fn at(&self, path: &str) -> String {
        if path == "/assets/{name}" {
            return "/assets/app.css".into();
        }
        let run = if path.contains("{group_id}") { &self.row } else { &self.run };
        path.replace("{run_id}", run)
            .replace("{group_id}", &self.group)
            .replace("{page_id}", &self.page)
            .replace("{delivery_id}", &self.delivery)
            .replace("{sheet_id}", &self.sheet)
            .replace("{name}", "any.html")
    }

    /// The same answer, whatever it names.
    fn masked(&self, answer: &Answer) -> (u16, String) {
        let ids = [&self.run, &self.group, &self.row, &self.page, &self.delivery, &self.sheet];
        let message = ids.iter().fold(answer.message(), |text, id| text.replace(*id, "ID"));
        (answer.status.as_u16(), message)
    }
}

async fn key(world: &World, name: &str) -> String {
    match world.store.add_key(name, name).await.unwrap() {
        Added::Key(key) => key,
        Added::NameTaken => panic!("the key `{name}` was made before"),
    }
}

async fn ask(world: &World, key: Option<&str>, method: &str, path: &str) -> Answer {
    let body = match path.rsplit('/').next() {
        Some("runs") if method == "POST" && path.contains("tgrp_") => {
            json!({"inputs": [{"input": "a"}]})
        }
        _ => json!({"input": "a"}),
    };
    send(world, key, method, path, &body).await
}

async fn send(world: &World, key: Option<&str>, method: &str, path: &str, body: &Value) -> Answer {
    let request = Request::builder().method(method).uri(path).header("host", "localhost");
    let request = key.iter().fold(request, |request, key| request.header("x-api-key", *key));
    world.send(request.body(Body::from(body.to_string())).unwrap()).await
}

async fn things(world: &World, key: &str) -> Things {
    let made = async |path: &str| ask(world, Some(key), "POST", path).await.json();
    let body = json!({"input": "a", "webhook": {"url": "https://hook.example.org/"}});
    send(world, Some(key), "POST", "/v1/tasks/runs", &body).await;
    world.work(report("So.", vec![])).await;
    let deliveries = ask(world, Some(key), "GET", "/v1/tasks/webhooks").await.json();
    let delivery = deliveries["deliveries"][0]["delivery_id"].as_str().unwrap().to_owned();
    let run = made("/v1/tasks/runs").await["run_id"].as_str().unwrap().to_owned();
    let group = made("/v1/tasks/groups").await["taskgroup_id"].as_str().unwrap().to_owned();
    let added = made(&format!("/v1/tasks/groups/{group}/runs")).await;
    let row = added["run_ids"][0].as_str().unwrap().to_owned();
    let owner = world.store.owner_of_key(key).await.unwrap().unwrap();
    let reading = ReadingOf {
        address: "https://tides.test/".into(),
        media_type: "text/plain".into(),
        bytes: b"High tide.".as_slice().into(),
        text: Text { title: "Tides".into(), body: "High tide.".into(), ..Text::default() }.into(),
        extractor: 1,
    };
    let (page, _): (PageId, _) = world.store.archive(owner, reading).await.unwrap();
    let sheet = world.store.put_sheet(owner, "a.csv".into(), b"a\nx\n".to_vec()).await.unwrap();
    Things { run, sheet, group, row, page: page.to_string(), delivery }
}

#[test]
fn every_route_is_in_the_matrix() {
    let rest = include_str!("../../src/rest.rs");
    let doors = include_str!("../../src/doors.rs");
    // Only `routes!` adds routes to the API, and it takes no handler that is not in the document.
    assert!(!rest.contains(".route("), "a route of rest.rs is not in the OpenAPI document");
    let production = doors.split("#[cfg(test)]").next().unwrap();
    assert!(!production.contains(".route("), "a route of doors.rs is not in the matrix");
    let mcp = include_str!("../../src/mcp/http.rs");
    let (bare, slashed) = MCP.split_at(MCP.len() / 2);
    assert!(bare.iter().all(|path| mcp.contains(&format!("        (\"{path}\", "))));
    assert!(bare.iter().zip(slashed).all(|(bare, slashed)| format!("{bare}/") == *slashed));
    assert_eq!(
        mcp.matches("        (\"/").count(),
        bare.len(),
        "a door of MCP is not in the matrix"
    );
    assert_eq!(mcp.matches(".route").count(), 2, "each with and without a slash, and no other");
    let ui = include_str!("../../src/ui.rs");
    let listed = PAGES.iter().map(|(path, _)| *path).chain(OPEN_PAGES);
    let listed: Vec<String> = listed.map(|path| format!(".route(\"{path}\",")).collect();
    assert!(listed.iter().all(|route| ui.contains(route)), "a page of the matrix is not there");
    assert_eq!(ui.matches(".route(\"").count(), listed.len(), "a page is not in the matrix");
    let posts = PAGES.iter().filter(|(_, methods)| methods.contains(&"POST")).count();
    assert_eq!(ui.matches("post(").count(), posts + 1, "a form is not in the matrix");
}

#[tokio::test]
async fn without_a_good_key_nothing_answers_but_what_is_open() {
    let world = World::new().await;
    let ann = key(&world, "ann").await;
    let revoked = key(&world, "bob").await;
    assert!(world.store.revoke_key("bob").await.unwrap());
    let things = things(&world, &ann).await;
    for route in routes(&world).await {
        let path = things.at(&route.path);
        for key in [None, Some("tmcp_unknown"), Some(revoked.as_str())] {
            let answer = ask(&world, key, &route.method, &path).await;
            let what = format!("{} {path} with {key:?}: {}", route.method, answer.text);
            if route.is_open {
                assert_eq!(answer.status, 200, "{what}");
            } else {
                assert_eq!(answer.status, 401, "{what}");
                assert!(answer.text.contains("key"), "{what}");
                assert_eq!(answer.header("www-authenticate"), Some("Bearer"), "{what}");
            }
        }
    }
}

#[tokio::test]
async fn what_belongs_to_another_is_as_if_it_were_not_there() {
    let world = World::new().await;
    let (ann, eve) = (key(&world, "ann").await, key(&world, "eve").await);
    let (anns, nobodys) = (things(&world, &ann).await, Things::nobodys());
    let routes: Vec<Route> =
        routes(&world).await.into_iter().filter(|r| r.path.contains('{') && !r.is_open).collect();
    for route in &routes {
        let (theirs, none) = (anns.at(&route.path), nobodys.at(&route.path));
        let theirs = anns.masked(&ask(&world, Some(&eve), &route.method, &theirs).await);
        let none = nobodys.masked(&ask(&world, Some(&eve), &route.method, &none).await);
        assert_eq!(theirs, none, "{} {}", route.method, route.path);
        assert_eq!(theirs.0, 404, "{} {}", route.method, route.path);
    }
    let run = ask(&world, Some(&ann), "GET", &format!("/v1/tasks/runs/{}", anns.run)).await;
    assert_eq!(run.json()["status"], "queued", "somebody else has cancelled it");
    world.work(report("So.", vec![])).await;
    world.work(report("So.", vec![])).await;
    // A report has no fields, and this one no quotes.
    let is_part = |path: &str| path.ends_with("/field") || path.ends_with("/quote");
    let is_there = |route: &&Route| route.method == "GET" && !is_part(&route.path);
    for route in routes.iter().filter(is_there) {
        let answer = ask(&world, Some(&ann), "GET", &anns.at(&route.path)).await;
        assert_eq!(answer.status, 200, "{}: {}", route.path, answer.text);
    }
}

#[tokio::test]
async fn another_ones_run_is_not_there_in_an_own_group_nor_to_follow_up_on() {
    let world = World::new().await;
    let (ann, eve) = (key(&world, "ann").await, key(&world, "eve").await);
    let (anns, nobodys) = (things(&world, &ann).await, Things::nobodys());
    let group = ask(&world, Some(&eve), "POST", "/v1/tasks/groups").await.json();
    let group = group["taskgroup_id"].as_str().unwrap().to_owned();
    let shown = async |things: &Things| {
        let path = format!("/v1/tasks/groups/{group}/runs/{}", things.row);
        things.masked(&ask(&world, Some(&eve), "GET", &path).await)
    };
    assert_eq!(shown(&anns).await, shown(&nobodys).await);
    world.work(report("So.", vec![])).await;
    let followed = async |things: &Things| {
        let body = json!({"input": "And then?", "previous_interaction_id": things.run});
        things.masked(&send(&world, Some(&eve), "POST", "/v1/tasks/runs", &body).await)
    };
    assert_eq!(followed(&anns).await, followed(&nobodys).await);
    assert_eq!(followed(&anns).await.0, 422);
}

#[tokio::test]
async fn lists_and_the_first_page_show_nothing_of_others() {
    let world = World::new().await;
    let (ann, eve) = (key(&world, "ann").await, key(&world, "eve").await);
    let anns = things(&world, &ann).await;
    let lists = [
        "/v1/tasks/runs",
        "/v1/tasks/groups",
        "/v1beta/tasks/runs",
        "/v1beta/tasks/groups",
        "/v1/tasks/webhooks",
        "/",
    ];
    for path in lists {
        let shows = async |key: &str| {
            let text = ask(&world, Some(key), "GET", path).await.text;
            [&anns.run, &anns.group, &anns.delivery].iter().any(|id| text.contains(id.as_str()))
        };
        assert!(shows(&ann).await, "{path}");
        assert!(!shows(&eve).await, "{path}");
    }
}
