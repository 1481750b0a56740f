use axum::Router;
use axum::extract::RawQuery;
use axum::http::StatusCode;
use axum::response::IntoResponse;
use axum::routing::get;
use task_mcp_sources::{Failed, Filters, Hit, Query, Remedy, SEARXNG};

use crate::site::{Site, sources};

/// What a search gives when SearXNG answers so.
async fn search(
    answer: impl IntoResponse + Clone + Send + Sync + 'static,
) -> Result<Vec<Hit>, Failed> {
    let routes = Router::new().route("/search", get(move || async move { answer }));
    let site = Site::serve(routes).await;
    let (sources, _dir) = sources(&site);
    sources.search_web(SEARXNG, &Query::new("high tide", 2)).await
}

#[tokio::test]
async fn hits_come_with_title_snippet_and_date() {
    let answer = r#"{"results": [
        {"url": "https://a.test/1", "title": " One ", "content": "first", "score": 2.5, "publishedDate": "2024-05-06T00:00:00"},
        {"url": "javascript:alert(1)", "title": "bad"},
        {"url": "https://a.test/2", "title": "Two", "publishedDate": null},
        {"url": "https://a.test/3", "title": "Three"}]}"#;
    let hits = search(answer).await.unwrap();
    let first = Hit {
        address: "https://a.test/1".into(),
        title: "One".into(),
        snippet: "first".into(),
        published: Some("2024-05-06".into()),
        score: 2.5,
    };
    assert_eq!(hits[0], first);
    assert_eq!(hits.len(), 2);
    assert_eq!(hits[1].title, "Two");
}

#[tokio::test]
async fn the_query_is_sent_as_it_is_with_the_region_that_is_wanted() {
    let echo = |RawQuery(query): RawQuery| async move {
        format!(r#"{{"results": [{{"url": "https://a.test/", "title": "{}"}}]}}"#, query.unwrap())
    };
    let site = Site::serve(Router::new().route("/search", get(echo))).await;
    let (sources, _dir) = sources(&site);
    let title = async |text: &str, country: Option<&str>| {
        let country = country.map(str::to_owned);
        let filters = Filters { country, ..Filters::default() };
        let query = Query { filters, ..Query::new(text, 5) };
        sources.search_web(SEARXNG, &query).await.unwrap()[0].title.clone()
    };
    assert_eq!(title("a&b = c", None).await, "q=a%26b+%3D+c&format=json");
    assert_eq!(title("tide", Some("AT")).await, "q=tide&format=json&language=de-AT");
    // Nothing is made up for a country whose language is not known.
    assert_eq!(title("tide", Some("AQ")).await, "q=tide&format=json");
}

#[tokio::test]
async fn each_way_to_fail_says_what_to_change() {
    let said = |answer: Result<Vec<Hit>, Failed>| {
        let failed = answer.unwrap_err();
        (failed.to_string(), failed.remedy())
    };
    let (json_off, remedy) = said(search(StatusCode::FORBIDDEN).await);
    assert!(json_off.contains("`search.formats`"), "{json_off}");
    assert_eq!(remedy, Remedy::Operator);

    let (html, _) = said(search("<!doctype html><p>results").await);
    assert!(html.contains("a page instead of JSON"), "{html}");

    let (limited, remedy) = said(search(StatusCode::TOO_MANY_REQUESTS).await);
    assert!(limited.contains("limiter"), "{limited}");
    assert!(matches!(remedy, Remedy::RetryAfter(_)));

    let silent =
        r#"{"results": [], "unresponsive_engines": [["google", "CAPTCHA"], ["brave", "timeout"]]}"#;
    let (silent, _) = said(search(silent).await);
    assert!(silent.ends_with("do not answer: brave (timeout), google (CAPTCHA)"), "{silent}");

    assert_eq!(search(r#"{"results": []}"#).await, Ok(Vec::new()));
}

#[tokio::test]
async fn an_unknown_provider_is_told_which_there_are() {
    let site = Site::serve(Router::new()).await;
    let (sources, _dir) = sources(&site);
    let failed = sources.search_web("altavista", &Query::new("tide", 5)).await.unwrap_err();
    assert_eq!(failed.to_string(), "no search provider is called `altavista`; configured: searxng");
}

/// What is said of a SearXNG with these two pages.
async fn examined(search: (u16, &'static str), config: (u16, &'static str)) -> Option<String> {
    let page = |(status, body): (u16, &'static str)| {
        get(move || async move { (StatusCode::from_u16(status).unwrap(), body) })
    };
    let routes = Router::new().route("/search", page(search)).route("/config", page(config));
    let site = Site::serve(routes).await;
    let (sources, _dir) = sources(&site);
    sources.examine(SEARXNG).await.map(|said| said.replace(&site.origin, "HOST"))
}

#[tokio::test]
async fn the_usual_faults_of_searxng_are_told_apart_with_the_line_to_set() {
    let about = (200, r#"{"engines": [{"name": "wikipedia", "enabled": true}]}"#);
    let said = |search, config| async move { examined(search, config).await.unwrap_or_default() };

    let json_off = said((403, "Forbidden"), about).await;
    assert!(json_off.contains("`formats: [html, json]` under `search:`"), "{json_off}");
    let limited = said((429, "Too Many Requests"), about).await;
    assert!(limited.contains("`limiter: false` under `server:`"), "{limited}");
    let walled = said((403, "no"), (403, "no")).await;
    assert!(walled.contains("something before it refuses us with 403"), "{walled}");
    let page = said((200, "<!doctype html>results"), about).await;
    assert!(page.contains("a page instead of JSON"), "{page}");
    let other = said((404, "nginx"), (404, "nginx")).await;
    assert!(other.starts_with("what answers at HOST/ is no SearXNG (status 404"), "{other}");
    let login = said((401, "login"), (401, "login")).await;
    assert!(login.contains("asks for a login (401)"), "{login}");
    let down = said((502, "bad gateway"), (502, "bad gateway")).await;
    assert!(down.starts_with("the proxy at HOST/ does not reach it (502)"), "{down}");
    let no_engine = (200, r#"{"engines": [{"name": "wikipedia", "enabled": false}]}"#);
    let none = said((200, r#"{"results": []}"#), no_engine).await;
    assert!(none.starts_with("none of its engines is enabled"), "{none}");
    let silent = (200, r#"{"results": [], "unresponsive_engines": [["google", "CAPTCHA"]]}"#);
    let silent = said(silent, about).await;
    assert!(silent.starts_with("its engines do not answer (google)"), "{silent}");
    let broken = said((500, "error"), about).await;
    assert!(broken.contains("its own log says why"), "{broken}");
    let fine = (200, r#"{"results": [{"url": "https://a.test/"}]}"#);
    assert_eq!(examined(fine, about).await, None);
}

#[tokio::test]
async fn of_a_searxng_that_moved_the_line_with_its_new_address_is_told() {
    let to = "https://search.example.org/sx/search?q=test&format=json";
    let moved = get(move || async move { (StatusCode::MOVED_PERMANENTLY, [("location", to)]) });
    let site = Site::serve(Router::new().route("/search", moved)).await;
    let (sources, _dir) = sources(&site);
    let said = sources.examine(SEARXNG).await.unwrap();
    assert!(said.contains("set search.searxng.url = \"https://search.example.org/sx/\""), "{said}");
}
