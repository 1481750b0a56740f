//! Each wire against a scripted provider: what is asked, what is read, and the bad days.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::Router;
use axum::body::Bytes;
use axum::extract::{Request, State};
use axum::http::{HeaderMap, StatusCode, Uri};
use axum::response::{IntoResponse, Response};
use egress::{Egress, Origin, Policy, Secret};
use serde_json::{Value, json};
use task_mcp_sources::{
    Account, Cleared, Config, Failed, Fault, Filters, Hit, JsonApi, Query, Remedy, Sources,
};
use tempfile::TempDir;

use crate::site::Site;

/// What a provider was asked.
#[derive(Debug, Clone)]
struct Asked {
    uri: Uri,
    headers: HeaderMap,
    body: Value,
}

impl Asked {
    fn parameter(&self, name: &str) -> Option<String> {
        let query = self.uri.query().unwrap_or_default();
        let mut pairs = url::form_urlencoded::parse(query.as_bytes());
        pairs.find(|(known, _)| known == name).map(|(_, value)| value.into_owned())
    }

    fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().unwrap())
    }
}

type Answer = (StatusCode, Vec<(&'static str, &'static str)>, String);

#[derive(Clone)]
struct Script {
    answers: Arc<Mutex<Vec<Answer>>>,
    asked: Arc<Mutex<Vec<Asked>>>,
}

/// A provider that gives these answers in turn, and the last one from then on.
struct Provider {
    _site: Site,
    _dir: TempDir,
    sources: Sources,
    script: Script,
    name: &'static str,
}

async fn reply(State(script): State<Script>, request: Request) -> Response {
    let (head, body) = request.into_parts();
    let bytes: Bytes = axum::body::to_bytes(body, 1_000_000).await.unwrap();
    let body = serde_json::from_slice(&bytes).unwrap_or(Value::Null);
    let asked = Asked { uri: head.uri, headers: head.headers, body };
    script.asked.lock().unwrap().push(asked);
    let mut answers = script.answers.lock().unwrap();
    let (status, headers, body) =
        if answers.len() > 1 { answers.remove(0) } else { answers[0].clone() };
    let mut response = (status, body).into_response();
    for (name, value) in headers {
        response.headers_mut().insert(name, value.parse().unwrap());
    }
    response
}

#[expect(clippy::needless_pass_by_value, reason = "calls read better")]
fn ok(body: impl ToString) -> Answer {
    (StatusCode::OK, Vec::new(), body.to_string())
}

#[expect(clippy::needless_pass_by_value, reason = "calls read better")]
fn status(code: u16, body: impl ToString) -> Answer {
    (StatusCode::from_u16(code).unwrap(), Vec::new(), body.to_string())
}

impl Provider {
    async fn new(name: &'static str, answers: Vec<Answer>) -> Self {
        Self::with(name, answers, Account::default()).await
    }

    async fn with(name: &'static str, answers: Vec<Answer>, account: Account) -> Self {
        let script = Script { answers: Arc::new(Mutex::new(answers)), asked: Arc::default() };
        let site = Site::serve(Router::new().fallback(reply).with_state(script.clone())).await;
        let dir = tempfile::tempdir().unwrap();
        let egress = Egress::new(Policy::allowing(vec![Origin::parse(&site.origin).unwrap()]));
        let api = account
            .api
            .clone()
            .map(|api| JsonApi { template: format!("{}{}", site.origin, api.template), ..api });
        let account = Account {
            base: Some(site.origin.parse().unwrap()),
            key: Secret::parse("k-secret"),
            contact: Some("me@example.org".into()),
            api,
        };
        let sources = Sources::new(Config {
            accounts: vec![(name.to_owned(), account)],
            ..Config::new(egress, dir.path().to_owned())
        });
        Self { _site: site, _dir: dir, sources, script, name }
    }

    async fn search(&self, query: Query) -> Result<Vec<Hit>, Failed> {
        self.sources.search_web(self.name, &query).await
    }

    async fn simple(&self) -> Result<Vec<Hit>, Failed> {
        self.search(Query::new("high tide", 4)).await
    }

    fn asked(&self) -> Vec<Asked> {
        self.script.asked.lock().unwrap().clone()
    }

    fn first(&self) -> Asked {
        self.asked()[0].clone()
    }
}

fn narrow() -> Query {
    let filters = Filters {
        include: vec!["a.test".into()],
        exclude: Vec::new(),
        after: Some("2024-01-01".into()),
        language: Some("de".into()),
        country: Some("DE".into()),
    };
    Query { filters, ..Query::new("high tide", 4) }
}

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

// --- bad days ---

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
