use axum::Router;
use axum::extract::RawQuery;
use axum::http::StatusCode;
use axum::response::IntoResponse;
use axum::routing::get;
use domain::country::Country;
use task_mcp_sources::{Failed, Hit, Remedy, SEARXNG};

use crate::site::{Site, sources};

/// What a search gives when SearXNG answers so.
async fn search(
    answer: impl IntoResponse + Clone + Send + Sync + 'static,
) -> Result<Vec<Hit>, Failed> {
    let routes = Router::new().route("/search", get(move || async move { answer }));
    let site = Site::serve(routes).await;
    let (sources, _dir) = sources(&site);
    sources.search_web(SEARXNG, "high tide", None, 2).await
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
    let title = async |query: &str, country: &str| {
        let hits = sources.search_web(SEARXNG, query, Country::parse(country), 5).await.unwrap();
        hits[0].title.clone()
    };
    assert_eq!(title("a&b = c", "").await, "q=a%26b+%3D+c&format=json");
    assert_eq!(title("tide", "at").await, "q=tide&format=json&language=de-AT");
    // Nothing is made up for a country whose language is not known.
    assert_eq!(title("tide", "aq").await, "q=tide&format=json");
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
    let failed = sources.search_web("altavista", "tide", None, 5).await.unwrap_err();
    assert_eq!(failed.to_string(), "no search provider is called `altavista`; configured: searxng");
}
