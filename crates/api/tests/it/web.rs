//! Searching and reading at once, over REST and MCP, against a scripted site.

use std::time::Duration;

use axum::body::Body;
use axum::http::Request;
use egress::{Egress, Origin, Policy};
use serde_json::{Value, json};
use sources::{Account, Config, Sources};
use task_mcp_api::Catalog;
use tempfile::TempDir;
use testkit::Site;
use tokio::time::Instant;
use url::Url;

use crate::world::{self, World};

const MOON: &str =
    "High tide comes twice a day because the moon pulls at the sea.\nThe museum opens at nine.";

/// A server whose search and pages are one scripted site.
async fn world() -> (World, Site, TempDir) {
    let site = Site::script()
        .page("/moon", "The moon", MOON)
        .page("/sun", "The sun", "The sun is a star.")
        .found("/moon")
        .found("/gone")
        .serve()
        .await;
    let dir = tempfile::tempdir().unwrap();
    let sources = Sources::new(Config {
        searxng: Some(site.origin.parse().unwrap()),
        ..Config::new(egress(&site), dir.path().to_owned())
    });
    (World::new().await.reading(sources), site, dir)
}

/// A way out to the site alone.
fn egress(site: &Site) -> Egress {
    Egress::new(Policy::allowing(vec![Origin::parse(&site.origin).unwrap()]))
}

#[tokio::test]
async fn a_search_brings_verbatim_excerpts_and_says_what_could_not_be_read() {
    let (world, site, _dir) = world().await;
    let asked = json!({
        "objective": "how often high tide comes", "search_queries": ["high tide"], "session_id": "s1",
    });
    for path in ["/v1/search", "/v1beta/search"] {
        let answer = world.post(path, &asked).await;
        assert_eq!(answer.status, 200, "{}", answer.text);
        let found = answer.json();
        assert!(found["search_id"].as_str().unwrap().starts_with("search_"));
        assert_eq!(found["results"][0]["url"], site.url("/moon"));
        assert_eq!(
            found["results"][0]["excerpts"],
            json!(["High tide comes twice a day because the moon pulls at the sea."])
        );
        assert_eq!(found["session_id"], "s1");
        let warned = found["warnings"][0]["message"].as_str().unwrap();
        assert!(warned.contains("/gone was not read") && warned.contains("404"), "{warned}");
        assert_eq!(found["usage"], json!([{"name": "searches", "count": 1}]));
    }
    let brief = json!({"search_queries": ["high tide"], "mode": "basic", "advanced_settings": {"max_results": 1}});
    let hits = site.times("/moon");
    let found = world.post("/v1/search", &brief).await.json();
    assert_eq!(found["results"].as_array().unwrap().len(), 1);
    assert_eq!(site.times("/moon"), hits, "the brief form reads no page");
}

#[tokio::test]
async fn pages_are_extracted_as_excerpts_and_whole() {
    let (world, site, _dir) = world().await;
    let asked = json!({
        "urls": [site.url("/moon"), site.url("/gone"), "http://169.254.169.254/latest/"],
        "objective": "when does the museum open", "full_content": true,
    });
    let answer = world.post("/v1/extract", &asked).await;
    assert_eq!(answer.status, 200, "{}", answer.text);
    let read = answer.json();
    let page = &read["results"][0];
    assert_eq!(page["title"], "The moon");
    assert_eq!(page["excerpts"], json!(["The museum opens at nine."]));
    assert!(
        page["full_content"].as_str().unwrap().starts_with("# The moon\n\nHigh tide"),
        "{page}"
    );
    let errors: Vec<&str> =
        read["errors"].as_array().unwrap().iter().map(|e| e["content"].as_str().unwrap()).collect();
    assert!(errors[0].contains("404") && errors[1].contains("may not be asked"), "{errors:?}");
}

/// Time passes only while everybody waits.
#[tokio::test]
async fn a_request_ends_in_its_time_with_what_came_by_then() {
    let site = Site::script()
        .page("/moon", "The moon", MOON)
        .found("/moon")
        .silent("/slow")
        .silent("/w/api.php")
        .serve()
        .await;
    let dir = tempfile::tempdir().unwrap();
    let base: Url = site.origin.parse().unwrap();
    let wikipedia = Account { base: Some(base.clone()), ..Account::default() };
    let sources = Sources::new(Config {
        searxng: Some(base),
        accounts: vec![("wikipedia".to_owned(), wikipedia)],
        page_timeout: Duration::from_mins(5),
        ..Config::new(egress(&site), dir.path().to_owned())
    });
    let catalog = |search: &[&str]| Catalog {
        search: search.iter().map(|name| (*name).to_owned()).collect(),
        ..world::catalog()
    };
    let world = World::new().await.offering(catalog(&["searxng", "wikipedia"]));
    let world = world.reading(sources);
    tokio::time::pause();

    let began = Instant::now();
    let asked = json!({"urls": [site.url("/slow"), site.url("/moon")]});
    let read = world.post("/v1/extract", &asked).await.json();
    assert_eq!(read["results"][0]["url"], site.url("/moon"));
    let why = read["errors"][0]["content"].as_str().unwrap();
    assert_eq!(why, "it did not come within the 30 seconds that one request may take");
    assert_eq!(began.elapsed().as_secs(), 30);

    // A provider that is asked one query after the other, and is silent for each.
    let began = Instant::now();
    let asked = json!({"search_queries": ["high tide", "low tide", "tide pools"]});
    let found = world.post("/v1/search", &asked).await.json();
    assert_eq!(found["results"][0]["excerpts"][0], MOON.lines().next().unwrap(), "{found}");
    let warnings = found["warnings"].to_string();
    assert!(warnings.contains("wikipedia did not answer all queries within 20 seconds"), "{found}");
    assert_eq!(began.elapsed().as_secs(), 20);
}

#[tokio::test]
async fn pages_older_than_asked_for_are_no_results_and_a_status_is_told() {
    let old = "<title>Moon</title><meta property=article:published_time content=2001-03-04><p>High tide comes twice a day.";
    let site = Site::script().html("/old", old).found("/old").serve().await;
    let dir = tempfile::tempdir().unwrap();
    let sources = Sources::new(Config {
        searxng: Some(site.origin.parse().unwrap()),
        ..Config::new(egress(&site), dir.path().to_owned())
    });
    let world = World::new().await.reading(sources);
    let results = async |after: &str| {
        let policy =
            json!({"search_queries": ["high tide"], "source_policy": {"after_date": after}});
        let answer = world.post("/v1/search", &policy).await;
        answer.json()["results"].as_array().unwrap().len()
    };
    assert_eq!(results("2001-03-04").await, 1);
    assert_eq!(results("2024-01-01").await, 0);

    let gone = site.url("/gone").replace("http", "HTTP");
    let answer = world.post("/v1/extract", &json!({"urls": [gone]})).await.json();
    assert_eq!(answer["errors"][0]["http_status_code"], 404, "{answer}");
}

#[tokio::test]
async fn what_cannot_be_searched_or_read_is_refused_with_the_rule() {
    let (world, _site, _dir) = world().await;
    let said = async |path: &str, body: Value| {
        let answer = world.post(path, &body).await;
        assert_eq!(answer.status, 422, "{}", answer.text);
        answer.json()["error"]["message"].as_str().unwrap().to_owned()
    };
    let none = said("/v1/search", json!({})).await;
    assert!(none.starts_with("`search_queries` is missing"), "{none}");
    let list = said("/v1/search", json!({"search_queries": "tide"})).await;
    assert_eq!(list, "`search_queries` is `\"tide\"`: it must be a list of texts");
    let policy = json!({"search_queries": ["a"], "source_policy": {"after_date": "soon"}});
    let date = said("/v1/search", policy).await;
    assert!(date.contains("`source_policy.after_date` is `soon`"), "{date}");
    let urls = said("/v1/extract", json!({"urls": ["file:///etc/passwd"]})).await;
    assert!(urls.contains("addresses that begin with http:// or https://"), "{urls}");
    let many = said("/v1/extract", json!({"urls": vec!["https://a.test/"; 21]})).await;
    assert!(many.contains("21 entries; give 1 to 20"), "{many}");
}

#[tokio::test]
async fn a_server_without_search_says_what_to_set() {
    let world = World::new().await;
    let answer = world.post("/v1/search", &json!({"search_queries": ["tide"]})).await;
    assert_eq!(answer.status, 503, "{}", answer.text);
}

async fn call(world: &World, tool: &str, arguments: Value) -> Value {
    let message = json!({
        "jsonrpc": "2.0", "id": 1, "method": "tools/call",
        "params": {"name": tool, "arguments": arguments, "_meta": {
            "io.modelcontextprotocol/protocolVersion": "2026-07-28",
            "io.modelcontextprotocol/clientCapabilities": {},
            "io.modelcontextprotocol/clientInfo": {"name": "test", "version": "1"},
        }},
    });
    let request = Request::post("/mcp/web")
        .header("host", "localhost")
        .header("content-type", "application/json")
        .header("accept", "application/json, text/event-stream")
        .header("mcp-protocol-version", "2026-07-28")
        .header("mcp-method", "tools/call")
        .header("mcp-name", tool);
    let answer = world.send(request.body(Body::from(message.to_string())).unwrap()).await;
    assert_eq!(answer.status, 200, "{}", answer.text);
    answer.json()["result"].clone()
}

#[tokio::test]
async fn a_model_searches_and_then_fetches_what_it_found() {
    let (world, site, _dir) = world().await;
    let found = call(&world, "search", json!({"q": "high tide", "limit": "2"})).await;
    let id = found["structuredContent"]["results"][0]["id"].as_str().unwrap().to_owned();
    assert_eq!(id, site.url("/moon"));
    let page = call(&world, "fetch", json!({"id": id})).await;
    let page = &page["structuredContent"];
    assert_eq!(page["title"], "The moon");
    assert!(page["text"].as_str().unwrap().contains("twice a day"), "{page}");
    assert_eq!(page["metadata"]["next_offset"], Value::Null);

    let refused = call(&world, "fetch", json!({"url": "http://10.0.0.1/"})).await;
    assert_eq!(refused["isError"], true);
    let text = refused["content"][0]["text"].as_str().unwrap();
    assert!(
        text.contains("may not be asked") && text.contains("A correct call of fetch"),
        "{text}"
    );
    let missing = call(&world, "search", json!({})).await;
    assert!(missing["content"][0]["text"].as_str().unwrap().contains("`query` is missing"));
}

#[tokio::test]
async fn what_is_secret_in_a_callers_query_does_not_leave_and_is_told() {
    let (world, site, _dir) = world().await;
    let secret = "tide ann.lee@otter.example 4111 1111 1111 1111";
    let note = "taken out of the query before it left: card number, e-mail address";
    let asked = json!({"search_queries": [secret], "mode": "basic"});
    let found = world.post("/v1/search", &asked).await.json();
    assert_eq!(found["results"][0]["url"], site.url("/moon"));
    assert_eq!(found["warnings"], json!([{"type": "warning", "message": note}]));
    let found = call(&world, "search", json!({"query": secret})).await;
    assert_eq!(found["structuredContent"]["warnings"], json!([note]));
    let left = site.queries().join("\n");
    assert!(left.contains("q=tide"), "{left}");
    assert!(!left.contains("ann") && !left.contains("4111"), "{left}");

    let nothing = json!({"objective": "ann.lee@otter.example"});
    let refused = world.post("/v1/search", &nothing).await;
    assert_eq!(refused.status, 422, "{}", refused.text);
    assert!(
        refused.text.contains("holds only what does not leave this server"),
        "{}",
        refused.text
    );
    assert_eq!(site.queries().len(), 2);
}
