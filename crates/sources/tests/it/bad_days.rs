//! Providers that do not answer as they should: what is done about it, and what is told.

use std::time::Duration;

use axum::Router;
use axum::http::StatusCode;
use serde_json::{Value, json};
use task_mcp_sources::{Filters, Query, Remedy};

use crate::provider::{Answer, Provider, narrow, ok, status};
use crate::site::Site;

fn hits_of_tavily() -> Answer {
    ok(json!({"results": [{"url": "https://a.test/1", "title": "t", "content": "c"}]}))
}

#[tokio::test]
async fn a_provider_that_cannot_answer_is_asked_once_more() {
    let provider =
        Provider::new("tavily", vec![status(503, "<html>overloaded"), hits_of_tavily()]).await;
    assert_eq!(provider.simple().await.unwrap().len(), 1);
    assert_eq!(provider.asked().len(), 2);
    let garbage = Provider::new("tavily", vec![ok("{\"results\": [")]).await;
    let failed = garbage.simple().await.unwrap_err();
    assert!(failed.to_string().contains("what is not JSON"), "{failed}");
    assert_eq!(garbage.asked().len(), 2);
}

#[tokio::test]
async fn a_pause_that_is_asked_for_is_kept_if_it_is_short_and_told_if_it_is_long() {
    let short = (StatusCode::TOO_MANY_REQUESTS, vec![("retry-after", "1")], String::new());
    let provider = Provider::new("tavily", vec![short, hits_of_tavily()]).await;
    let began = tokio::time::Instant::now();
    assert_eq!(provider.simple().await.unwrap().len(), 1);
    assert!(began.elapsed() >= Duration::from_secs(1));

    let none = (StatusCode::TOO_MANY_REQUESTS, vec![("retry-after", "0")], String::new());
    let failed = Provider::new("tavily", vec![none]).await.simple().await.unwrap_err();
    assert_eq!(failed.to_string(), "Tavily: asks us to come back later");

    let long = (StatusCode::TOO_MANY_REQUESTS, vec![("retry-after", "90")], String::new());
    let provider = Provider::new("tavily", vec![long]).await;
    let failed = provider.simple().await.unwrap_err();
    assert_eq!(failed.remedy(), Remedy::RetryAfter(Duration::from_secs(90)));
    assert_eq!(failed.to_string(), "Tavily: asks us to come back after 90s");
    // And nobody asks it in the meantime.
    let failed = provider.simple().await.unwrap_err();
    let said = failed.to_string();
    assert!(
        said.starts_with("Tavily: asks us to come back after 90s (not asked again for"),
        "{said}"
    );
    assert_eq!(provider.asked().len(), 1);
}

#[tokio::test]
async fn a_dead_provider_is_left_alone_after_a_few_failures() {
    let provider = Provider::new("tavily", vec![status(500, "")]).await;
    let mut last = None;
    for _ in 0..6 {
        last = provider.simple().await.err();
    }
    assert_eq!(provider.asked().len(), 4);
    let last = last.unwrap();
    assert!(matches!(last.remedy(), Remedy::RetryAfter(_)), "{last}");
}

#[tokio::test]
async fn a_wrong_key_is_told_and_not_shown_nor_tried_again() {
    let echo = status(401, json!({"detail": {"error": "k-secret is no key"}}));
    let provider = Provider::new("tavily", vec![echo]).await;
    let failed = provider.simple().await.unwrap_err();
    assert_eq!(failed.to_string(), "Tavily: does not accept the key of search.tavily.key");
    assert_eq!((failed.remedy(), provider.asked().len()), (Remedy::Operator, 1));
}

#[tokio::test]
async fn an_empty_answer_under_load_is_asked_for_once_more_alone() {
    let nothing = || ok(json!({"results": []}));
    let provider = Provider::new("tavily", vec![nothing()]).await;
    assert_eq!(provider.simple().await, Ok(Vec::new()));
    assert_eq!(provider.asked().len(), 1, "alone it counts at once");

    let provider = Provider::new("tavily", vec![nothing(), nothing(), hits_of_tavily()]).await;
    let (one, other) = tokio::join!(provider.simple(), provider.simple());
    let (one, other) = (one.unwrap().len(), other.unwrap().len());
    assert_eq!(one + other, 1, "of two at once, the second was asked under load");
    assert_eq!(provider.asked().len(), 3);
}

#[tokio::test]
async fn filters_are_enforced_and_odd_hits_are_left_out() {
    let found = json!({"results": [
        {"url": "https://b.test/1", "title": "elsewhere"},
        {"url": "javascript:alert(1)", "title": "no address"},
        {"title": "none at all"},
        {"url": "https://a.test/old", "title": "old", "published_date": "2020-01-01"},
        {"url": "https://www.a.test/new", "title": "new", "published_date": "2024-02-01"},
        7, null]});
    let provider = Provider::new("tavily", vec![ok(found)]).await;
    let hits = provider.search(narrow()).await.unwrap();
    assert_eq!(hits.len(), 1);
    assert_eq!(hits[0].address, "https://www.a.test/new");
}

#[tokio::test]
async fn dates_are_days_whichever_way_a_provider_writes_them() {
    let one = |at: &str, url: &str, date: &str, told: &str| {
        let mut found = json!({});
        found[at] = json!([{url: "https://a.test/1", "title": "t", date: told}]);
        ok(found)
    };
    let brave = json!({"web": {"results": [
        {"url": "https://a.test/1", "title": "t", "page_age": "January 2, 2019"}]}});
    for (name, answer) in [
        ("serper", one("organic", "link", "date", "Jan 2, 2019")),
        ("jina", one("data", "url", "date", "Jan 2, 2019")),
        ("tavily", one("results", "url", "published_date", "Wed, 02 Jan 2019 10:00:00 GMT")),
        ("brave", ok(brave)),
    ] {
        let provider = Provider::new(name, vec![answer]).await;
        let hits = provider.simple().await.unwrap();
        assert_eq!(hits[0].published.as_deref(), Some("2019-01-02"), "{name}");
        assert_eq!(provider.search(narrow()).await, Ok(Vec::new()), "{name}: too old");
    }
    let recent = one("organic", "link", "date", "3 days ago");
    let dated = (recent.0, vec![("date", "Sat, 02 Mar 2024 10:00:00 GMT")], recent.2);
    let hits = Provider::new("serper", vec![dated]).await.simple().await.unwrap();
    assert_eq!(hits[0].published.as_deref(), Some("2024-02-28"));
}

#[tokio::test]
async fn a_list_of_which_nothing_can_be_read_is_garbage_with_every_provider() {
    let wrong = json!([{"url": 5, "link": 5, "URL": 5, "id": 5, "title": 5}]);
    for (name, at) in [
        ("searxng", "/results"),
        ("wikipedia", "/query/search"),
        ("openalex", "/results"),
        ("crossref", "/message/items"),
        ("gdelt", "/articles"),
        ("brave", "/web/results"),
        ("tavily", "/results"),
        ("exa", "/results"),
        ("serper", "/organic"),
        ("parallel", "/results"),
        ("firecrawl", "/data/web"),
        ("jina", "/data"),
    ] {
        let nest = |inner: Value, name: &str| json!({name: inner});
        let answer = at.rsplit('/').filter(|name| !name.is_empty()).fold(wrong.clone(), nest);
        let failed = Provider::new(name, vec![ok(answer)]).await.simple().await;
        let failed = failed.unwrap_err().to_string();
        assert!(failed.ends_with("none of the 1 entries of its list has an address"), "{failed}");
    }
}

#[tokio::test]
async fn credit_that_is_used_up_is_told_and_not_asked_for_again() {
    let month = vec![
        ("x-ratelimit-limit", "1, 2000"),
        ("x-ratelimit-remaining", "1, 0"),
        ("retry-after", "1"),
    ];
    let month = (StatusCode::TOO_MANY_REQUESTS, month, "{}".to_owned());
    for (name, answer) in [
        ("firecrawl", ok(json!({"success": false, "error": "Insufficient credits"}))),
        ("exa", ok(json!({"requestId": "1", "error": "No credit", "tag": "NO_MORE_CREDITS"}))),
        ("jina", status(403, json!({"message": "Insufficient balance"}))),
        ("brave", month),
    ] {
        let provider = Provider::new(name, vec![answer]).await;
        let failed = provider.simple().await.unwrap_err();
        assert!(failed.to_string().ends_with("has used up what it may ask"), "{failed}");
        assert_eq!((failed.remedy(), provider.asked().len()), (Remedy::Operator, 1), "{name}");
    }
    // Without a limit a month, nothing is left of it at all times.
    let haste = vec![("x-ratelimit-limit", "1, 0"), ("x-ratelimit-remaining", "0, 0")];
    let haste = (StatusCode::TOO_MANY_REQUESTS, haste, "{}".to_owned());
    let failed = Provider::new("brave", vec![haste]).await.simple().await.unwrap_err();
    assert_eq!(failed.to_string(), "Brave Search: asks us to come back later");
}

#[tokio::test]
async fn a_query_is_told_as_it_is_sent() {
    let provider = Provider::new("searxng", vec![ok(r#"{"results": []}"#)]).await;
    let two = vec!["a.test".to_owned(), "b.test".to_owned()];
    let query = Query {
        filters: Filters { include: two, ..Filters::default() },
        ..Query::new("high tide", 4)
    };
    let worded = provider.sources.worded("searxng", &query);
    assert_eq!(worded, "high tide (site:a.test OR site:b.test)");
    provider.search(query).await.unwrap();
    assert_eq!(provider.first().parameter("q"), Some(worded));

    let provider = Provider::new("arxiv", vec![ok("<feed></feed>")]).await;
    let query = Query::new("one two three four five six seven", 4);
    let worded = provider.sources.worded("arxiv", &query);
    assert_eq!(worded, "all:one AND all:two AND all:three AND all:four AND all:five AND all:six");
    provider.search(query).await.unwrap();
    assert_eq!(provider.first().parameter("search_query"), Some(worded));
}

#[tokio::test]
async fn a_query_that_a_provider_finds_too_long_is_shortened_once() {
    let long =
        status(400, json!({"detail": {"error": "Query is too long. Max query length is 400"}}));
    let provider = Provider::new("tavily", vec![long, hits_of_tavily()]).await;
    let text: Vec<String> = (0..80).map(|n| format!("word{n}")).collect();
    assert_eq!(provider.search(Query::new(&text.join(" "), 4)).await.unwrap().len(), 1);
    let lengths: Vec<usize> =
        provider.asked().iter().map(|asked| asked.body["query"].as_str().unwrap().len()).collect();
    assert!(lengths[0] <= 400 && lengths[1] <= 200 && lengths[1] > 150, "{lengths:?}");
}

#[tokio::test]
async fn a_key_does_not_follow_a_redirect_to_another_host() {
    let canary = Site::serve(Router::new().fallback(|| async { "alive" })).await;
    let target: &'static str = Box::leak(canary.url("/steal").into_boxed_str());
    let away = (StatusCode::FOUND, vec![("location", target)], String::new());
    for name in ["brave", "tavily"] {
        let provider = Provider::new(name, vec![away.clone()]).await;
        let failed = provider.simple().await.unwrap_err().to_string();
        assert!(failed.contains(&format!("refers us to {}, where", canary.origin)), "{failed}");
        assert!(failed.contains(&format!("set search.{name}.url")), "{failed}");
    }
    assert_eq!(canary.asked(), Vec::<String>::new());
}
