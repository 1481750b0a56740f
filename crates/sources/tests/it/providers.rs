//! Each wire against a scripted provider: what is asked, and what is read.

use std::time::Duration;

use axum::http::StatusCode;
use serde_json::{Value, json};
use task_mcp_sources::{Account, Cleared, Failed, Fault, Hit, JsonApi, Query, Remedy};

use crate::provider::{Provider, narrow, ok, status};

fn brief(hits: &[Hit]) -> Vec<(&str, &str, &str, Option<&str>)> {
    hits.iter()
        .map(|hit| {
            (
                hit.address.as_str(),
                hit.title.as_str(),
                hit.snippet.as_str(),
                hit.published.as_deref(),
            )
        })
        .collect()
}

const TIDE: (&str, &str, &str, Option<&str>) =
    ("https://a.test/1", "High & low", "the moon pulls", Some("2024-05-06"));

#[tokio::test]
async fn wikipedia_is_asked_politely_and_read_without_its_marks() {
    let found = json!({"query": {"search": [
        {"title": "Tide pool", "snippet": "the <span class=\"searchmatch\">tide</span> &amp; rocks"},
        {"pageid": 7}
    ]}});
    let provider = Provider::new("wikipedia", vec![ok(found)]).await;
    let hits = provider.simple().await.unwrap();
    assert_eq!(hits.len(), 1);
    assert!(hits[0].address.ends_with("/wiki/Tide_pool"), "{hits:?}");
    assert_eq!(
        (hits[0].title.as_str(), hits[0].snippet.as_str()),
        ("Tide pool", "the tide & rocks")
    );
    let asked = provider.first();
    assert_eq!(asked.uri.path(), "/w/api.php");
    assert_eq!(asked.parameter("srsearch").as_deref(), Some("high tide"));
    assert_eq!(asked.parameter("maxlag").as_deref(), Some("5"));
    assert!(asked.header("user-agent").contains("contact: me@example.org"), "{asked:?}");

    let lagging = json!({"error": {"code": "maxlag", "info": "2 seconds lagged"}});
    let failed = Provider::new("wikipedia", vec![ok(lagging)]).await.simple().await.unwrap_err();
    assert_eq!(failed.to_string(), "Wikipedia: asks us to come back later");
}

#[tokio::test]
async fn wikipedia_whose_databases_lag_is_asked_again_after_the_wait_that_it_names() {
    let lag = "Waiting for a database server: 7.2 seconds lagged";
    let told = json!({"error": {"code": "maxlag", "info": lag, "lag": 7.2}}).to_string();
    for (code, body) in [(200, told.clone()), (503, told), (503, format!("{lag}\n"))] {
        let code = StatusCode::from_u16(code).unwrap();
        let answer = (code, vec![("retry-after", "120")], body);
        let provider = Provider::new("wikipedia", vec![answer]).await;
        let failed = provider.simple().await.unwrap_err();
        assert_eq!(failed.to_string(), "Wikipedia: asks us to come back after 120s", "{code}");
        assert_eq!(failed.remedy(), Remedy::RetryAfter(Duration::from_mins(2)));
        assert_eq!(provider.asked().len(), 1);
    }
}

#[tokio::test]
async fn arxiv_is_read_from_its_feed() {
    let feed = "<?xml version='1.0'?><feed xmlns='http://www.w3.org/2005/Atom'><title>x</title>\
        <entry><id>http://arxiv.org/abs/2405.1v1</id><title>High &amp; low\n  tides</title>\
        <summary> The moon pulls. </summary><published>2024-05-06T01:00:00Z</published></entry></feed>";
    let provider = Provider::new("arxiv", vec![ok(feed)]).await;
    let hits = provider.search(Query::new("What is the high tide?", 4)).await.unwrap();
    assert_eq!(
        brief(&hits),
        [(
            "https://arxiv.org/abs/2405.1v1",
            "High & low tides",
            "The moon pulls.",
            Some("2024-05-06")
        )]
    );
    let query = provider.first().parameter("search_query");
    assert_eq!(query.as_deref(), Some("all:high AND all:tide"));
    let page = Provider::new("arxiv", vec![ok("<html>down for maintenance")]).await;
    let failed = page.simple().await.unwrap_err().to_string();
    assert!(failed.contains("no feed: `<html>down for maintenance`"), "{failed}");
}

#[tokio::test]
async fn openalex_is_read_with_its_abstract_put_in_order() {
    let found = json!({"meta": {}, "results": [{
        "id": "https://openalex.org/W1", "doi": "https://a.test/1", "title": "High & low",
        "publication_date": "2024-05-06",
        "abstract_inverted_index": {"pulls": [2], "the": [0], "moon": [1]}
    }]});
    let provider = Provider::new("openalex", vec![ok(&found)]).await;
    assert_eq!(brief(&provider.search(narrow()).await.unwrap()), [TIDE]);
    let asked = provider.first();
    assert_eq!(asked.parameter("filter").as_deref(), Some("from_publication_date:2024-01-01"));
    assert_eq!(asked.parameter("api_key").as_deref(), Some("k-secret"));
    // Its own meaning of the two statuses.
    let fast = Provider::new("openalex", vec![status(403, "{}")]).await.simple().await;
    assert!(matches!(fast, Err(Failed::Provider { fault: Fault::Rate(_), .. })), "{fast:?}");
    let spent = Provider::new("openalex", vec![status(429, "{}")]).await.simple().await;
    assert!(matches!(spent, Err(Failed::Provider { fault: Fault::Quota, .. })), "{spent:?}");
}

#[tokio::test]
async fn crossref_is_read_with_whole_dates_only() {
    let work = |parts: Value| {
        json!({"URL": "https://a.test/1", "title": ["High & low"], "abstract": "<jats:p>the moon pulls</jats:p>",
               "issued": {"date-parts": [parts]}})
    };
    let found = json!({"status": "ok", "message": {"items": [work(json!([2024, 5, 6])), work(json!([2024]))]}});
    let provider = Provider::new("crossref", vec![ok(&found)]).await;
    let hits = provider.simple().await.unwrap();
    assert_eq!(brief(&hits[..1]), [TIDE]);
    assert_eq!(hits[1].published, None);
    assert_eq!(provider.first().parameter("mailto").as_deref(), Some("me@example.org"));
}

#[tokio::test]
async fn gdelt_is_read_although_it_answers_errors_with_success() {
    let found = json!({"articles": [
        {"url": "https://a.test/1", "title": "High & low", "seendate": "20240506T120000Z"}]});
    let provider = Provider::new("gdelt", vec![ok(&found)]).await;
    let hits = provider.search(narrow()).await.unwrap();
    assert_eq!(brief(&hits), [("https://a.test/1", "High & low", "", Some("2024-05-06"))]);
    let asked = provider.first();
    assert_eq!(asked.parameter("query").as_deref(), Some("high tide domain:a.test"));
    assert_eq!(asked.parameter("startdatetime").as_deref(), Some("20240101000000"));
    assert_eq!(Provider::new("gdelt", vec![ok("{}")]).await.simple().await, Ok(Vec::new()));
    let fast =
        Provider::new("gdelt", vec![ok("Please limit requests to one every 5 seconds")]).await;
    let fast = fast.simple().await;
    assert!(matches!(fast, Err(Failed::Provider { fault: Fault::Rate(_), .. })), "{fast:?}");
}

#[tokio::test]
async fn brave_is_asked_with_its_key_in_a_header() {
    let found = json!({"query": {"original": "x"}, "web": {"results": [
        {"url": "https://a.test/1", "title": "High &amp; low", "description": "the <strong>moon</strong> pulls",
         "page_age": "2024-05-06T00:00:00"}]}});
    let provider = Provider::new("brave", vec![ok(&found)]).await;
    assert_eq!(brief(&provider.search(narrow()).await.unwrap()), [TIDE]);
    let asked = provider.first();
    assert_eq!(asked.uri.path(), "/res/v1/web/search");
    assert_eq!(asked.header("x-subscription-token"), "k-secret");
    assert_eq!(asked.parameter("q").as_deref(), Some("high tide site:a.test"));
    assert_eq!(asked.parameter("country").as_deref(), Some("DE"));
    let nothing = Provider::new("brave", vec![ok(json!({"query": {}}))]).await.simple().await;
    assert_eq!(nothing, Ok(Vec::new()));
}

#[tokio::test]
async fn tavily_gets_its_filters_and_a_query_that_is_short_enough() {
    let found = json!({"results": [
        {"url": "https://a.test/1", "title": "High & low", "content": "the moon pulls", "score": 0.9,
         "published_date": "2024-05-06"}]});
    let provider = Provider::new("tavily", vec![ok(&found)]).await;
    let long = format!("What is the height of the {}", "tide in the harbour ".repeat(40));
    let query = Query { text: Cleared::of(&long), ..narrow() };
    assert_eq!(brief(&provider.search(query).await.unwrap()), [TIDE]);
    let asked = provider.first();
    assert_eq!(asked.header("authorization"), "Bearer k-secret");
    assert_eq!(asked.body["include_domains"], json!(["a.test"]));
    assert_eq!(asked.body["start_date"], "2024-01-01");
    assert_eq!(asked.body.get("exclude_domains"), None);
    let sent = asked.body["query"].as_str().unwrap();
    assert_eq!(sent, "height tide harbour");
    let plan = status(432, json!({"detail": {"error": "plan limit k-secret"}}));
    let failed = Provider::new("tavily", vec![plan]).await.simple().await.unwrap_err();
    assert_eq!(failed.remedy(), Remedy::Operator);
    assert_eq!(failed.to_string(), "Tavily: says that the account has used up what it may ask");
}

#[tokio::test]
async fn exa_serper_parallel_firecrawl_and_jina_are_each_asked_in_their_own_way() {
    let fields = |url: &str, snippet: &str, date: &str| json!({url: "https://a.test/1", "title": "High & low", snippet: "the moon pulls", date: "2024-05-06"});
    let exa = Provider::new(
        "exa",
        vec![ok(json!({"results": [fields("url", "text", "publishedDate")]}))],
    )
    .await;
    assert_eq!(brief(&exa.search(narrow()).await.unwrap()), [TIDE]);
    let asked = exa.first();
    assert_eq!(asked.header("x-api-key"), "k-secret");
    assert_eq!(asked.body["startPublishedDate"], "2024-01-01T00:00:00.000Z");

    let serper =
        Provider::new("serper", vec![ok(json!({"organic": [fields("link", "snippet", "date")]}))])
            .await;
    assert_eq!(serper.search(narrow()).await.unwrap()[0].address, TIDE.0);
    let asked = serper.first();
    assert_eq!(asked.body["tbs"], "cdr:1,cd_min:01/01/2024");
    assert_eq!(asked.body["gl"], "de");
    let refused = status(400, json!({"message": "Not enough credits", "statusCode": 400}));
    let failed = Provider::new("serper", vec![refused]).await.simple().await;
    assert!(matches!(failed, Err(Failed::Provider { fault: Fault::Quota, .. })), "{failed:?}");

    let mut result = fields("url", "x", "publish_date");
    result["excerpts"] = json!(["the moon pulls"]);
    let parallel = Provider::new("parallel", vec![ok(json!({"results": [result]}))]).await;
    assert_eq!(brief(&parallel.search(narrow()).await.unwrap()), [TIDE]);
    let asked = parallel.first();
    assert_eq!(asked.body["search_queries"], json!(["high tide"]));
    let policy = &asked.body["advanced_settings"]["source_policy"];
    assert_eq!(policy, &json!({"include_domains": ["a.test"], "after_date": "2024-01-01"}));

    let found = json!({"success": true, "data": {"web": [fields("url", "description", "date")]}});
    let firecrawl = Provider::new("firecrawl", vec![ok(found)]).await;
    assert_eq!(firecrawl.search(narrow()).await.unwrap()[0].snippet, TIDE.2);
    assert_eq!(firecrawl.first().uri.path(), "/v2/search");

    let jina =
        Provider::new("jina", vec![ok(json!({"data": [fields("url", "description", "date")]}))])
            .await;
    assert_eq!(brief(&jina.search(narrow()).await.unwrap()), [TIDE]);
    assert_eq!(jina.first().header("x-respond-with"), "no-content");
}

#[tokio::test]
async fn any_json_api_is_described_by_an_address_and_pointers() {
    let found = json!({"data": {"items": [
        {"link": {"href": "https://a.test/1"}, "name": "High & low", "text": "the moon pulls", "day": "2024-05-06"}]}});
    let api = JsonApi {
        template: "/find?words={query}&n={count}".into(),
        results: "/data/items".into(),
        address: "/link/href".into(),
        title: "/name".into(),
        snippet: "/text".into(),
        date: "/day".into(),
    };
    let account = Account { api: Some(api.clone()), ..Account::default() };
    let provider = Provider::with("api", vec![ok(&found)], account).await;
    let hits = provider.search(Query::new("a&b = c", 4)).await.unwrap();
    assert_eq!(brief(&hits), [TIDE]);
    let asked = provider.first();
    assert_eq!(asked.parameter("words").as_deref(), Some("a&b = c"));
    assert_eq!((asked.header("authorization"), asked.uri.path()), ("Bearer k-secret", "/find"));

    let elsewhere = JsonApi { results: "/hits".into(), ..api };
    let account = Account { api: Some(elsewhere), ..Account::default() };
    let failed = Provider::with("api", vec![ok(&found)], account).await.simple().await.unwrap_err();
    assert!(failed.to_string().contains("no list at `/hits`; set search.api.results"), "{failed}");
    for (template, why) in [
        ("https://a.test/?q=x", "write an address with {query}"),
        ("ftp://a.test/{query}", "http:// or https://"),
        ("https://{query}.a.test/", "the host must be fixed"),
    ] {
        let said = JsonApi::base(template).unwrap_err();
        assert!(said.contains(why), "{template}: {said}");
    }
}
