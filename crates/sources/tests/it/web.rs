use axum::Router;
use axum::http::header::{CONTENT_TYPE, ETAG, IF_NONE_MATCH, LAST_MODIFIED, LOCATION, RETRY_AFTER};
use axum::http::{HeaderMap, HeaderName, StatusCode};
use axum::routing::get;
use egress::{Cassette, Egress, Origin, Policy};
use serde_json::json;
use task_mcp_sources::{Config, Failed, Known, Marks, Remedy, Reread, Sources};
use url::Url;

use crate::site::{Site, anything, sources, sources_for};

const HTML: (HeaderName, &str) = (CONTENT_TYPE, "text/html; charset=utf-8");

#[tokio::test]
async fn a_page_is_read_as_text_with_its_final_address() {
    let page =
        "<title>Moon</title><h1>Moon</h1><p>High tide comes twice a day. <a href=b>more</a></p>";
    let headers = [HTML, (LAST_MODIFIED, "Wed, 21 Oct 2015 07:28:00 GMT")];
    let routes = Router::new()
        .route("/old", get(|| async { (StatusCode::MOVED_PERMANENTLY, [(LOCATION, "/new/moon")]) }))
        .route("/new/moon", get(move || async move { (headers, page) }));
    let site = Site::serve(routes).await;
    let (sources, _dir) = sources(&site);

    let read = sources.read_web(&site.url("/old"), &anything).await.unwrap();
    assert_eq!(read.address, site.url("/new/moon"));
    assert_eq!(read.media_type, "text/html");
    assert_eq!(read.bytes, page.as_bytes());
    assert_eq!(read.text.body, "Moon\n\nHigh tide comes twice a day. more");
    assert_eq!(read.text.published.as_deref(), Some("2015-10-21"));
    assert_eq!(read.text.links[0].address, site.url("/new/b"));
}

#[tokio::test]
async fn a_refresh_in_the_place_of_a_redirect_is_followed_by_the_policy_of_the_reader() {
    let there = Site::serve(Router::new().route("/Moon", get(|| async { "High tide." }))).await;
    let target = there.url("/Moon").replace("127.0.0.1", "localhost");
    let refresh =
        format!("<title>x</title><META HTTP-EQUIV='Refresh' CONTENT='1; URL={target}'>Moved here.");
    let slow = "<meta http-equiv=refresh content='30; url=/late'><title>Redirecting</title>";
    let routes = Router::new()
        .route("/old", get(|| async { (StatusCode::FOUND, [(LOCATION, "/moved")]) }))
        .route("/moved", get(move || async move { ([HTML], refresh) }))
        .route("/slow", get(move || async move { ([HTML], slow) }));
    let site = Site::serve(routes).await;
    let (sources, _dir) = sources_for(&[&site, &there]);

    let page = sources.read_web(&site.url("/old"), &anything).await.unwrap();
    assert_eq!((page.text.body.as_str(), page.address.as_str()), ("High tide.", target.as_str()));
    let asked = there.asked();
    let home = |url: &Url| url.host_str() == Some("127.0.0.1");
    let refused = sources.read_web(&site.url("/old"), &home).await.unwrap_err();
    assert_eq!(refused, Failed::LeftOut { address: target });
    let slow = sources.read_web(&site.url("/slow"), &anything).await.unwrap_err();
    assert!(matches!(slow, Failed::Empty { .. }), "{slow}");
    assert_eq!(there.asked(), asked);
}

#[tokio::test]
async fn robots_are_obeyed_even_behind_a_redirect() {
    let robots = "User-agent: *\nDisallow: /private\n\nUser-agent: task-mcp\nDisallow: /private\nDisallow: /not-us\n";
    let routes = Router::new()
        .route("/robots.txt", get(move || async move { robots }))
        .route("/way-in", get(|| async { (StatusCode::FOUND, [(LOCATION, "/private/a")]) }))
        .route("/private/a", get(|| async { "secret" }))
        .route("/open", get(|| async { "open words" }));
    let site = Site::serve(routes).await;
    let (sources, _dir) = sources(&site);

    for path in ["/private/a", "/not-us", "/way-in"] {
        let refused = sources.read_web(&site.url(path), &anything).await.unwrap_err();
        assert!(matches!(refused, Failed::Forbidden { .. }), "{path}: {refused}");
        assert_eq!(refused.remedy(), Remedy::Skip);
    }
    assert_eq!(
        sources.read_web(&site.url("/open"), &anything).await.unwrap().text.body,
        "open words"
    );
    assert_eq!(site.asked(), ["/robots.txt", "/way-in", "/open"]);
}

#[tokio::test]
async fn of_an_endless_robots_txt_the_beginning_holds() {
    let filler = "# nothing to see\n".repeat(40_000);
    let robots = format!("User-agent: *\nDisallow: /private\n{filler}Disallow: /late\n");
    let routes = Router::new()
        .route("/robots.txt", get(move || async move { robots }))
        .route("/late", get(|| async { "open words" }));
    let site = Site::serve(routes).await;
    let (sources, _dir) = sources(&site);
    let refused = sources.read_web(&site.url("/private"), &anything).await.unwrap_err();
    assert!(matches!(refused, Failed::Forbidden { .. }), "{refused}");
    let read = sources.read_web(&site.url("/late"), &anything).await.unwrap();
    assert_eq!(read.text.body, "open words");
}

#[tokio::test]
async fn a_page_of_the_public_web_leads_into_no_private_origin_that_may_be_read() {
    let inside = Site::serve(Router::new().route("/a", get(|| async { "secret" }))).await;
    let dir = tempfile::tempdir().unwrap();
    // As if it stood on the public web.
    let tape = dir.path().join("talk.jsonl");
    let exchange = |path: &str, status: u16, headers: [&str; 2], body: &str| {
        json!({"method": "GET", "url": format!("http://a.example{path}"), "status": status,
               "headers": [headers], "pieces": [body.len()], "body": body, "end": "whole"})
    };
    let to = inside.url("/a");
    let refresh = format!("<title>x</title><meta http-equiv=refresh content='0;url={to}'>");
    let lines = [
        json!({"task_mcp_cassette": 1}),
        exchange("/robots.txt", 404, ["location", ""], ""),
        exchange("/in", 302, ["location", &to], ""),
        exchange("/on", 200, ["content-type", "text/html"], &refresh),
    ];
    std::fs::write(&tape, lines.map(|line| format!("{line}\n")).concat()).unwrap();
    let policy = Policy::allowing(vec![Origin::parse(&inside.origin).unwrap()]);
    let egress = Egress::taped(policy, Some(Cassette::replay(&tape).unwrap()));
    let sources = Sources::new(Config::new(egress, dir.path().to_owned()));
    for address in ["http://a.example/in", "http://a.example/on"] {
        let refused = sources.read_web(address, &anything).await.unwrap_err();
        assert!(matches!(refused, Failed::Refused { .. }), "{address}: {refused}");
    }
    assert_eq!(inside.asked(), Vec::<String>::new());
}

#[tokio::test]
async fn a_site_that_cannot_say_what_is_allowed_is_left_alone() {
    let routes = Router::new()
        .route("/robots.txt", get(|| async { StatusCode::INTERNAL_SERVER_ERROR }))
        .route("/a", get(|| async { "words" }));
    let site = Site::serve(routes).await;
    let (sources, _dir) = sources(&site);

    for _ in 0..2 {
        let refused = sources.read_web(&site.url("/a"), &anything).await.unwrap_err();
        assert!(refused.to_string().contains("robots.txt answers with status 500"), "{refused}");
        assert_eq!(refused.remedy(), Remedy::Retry);
    }
    assert_eq!(site.asked(), ["/robots.txt"]);
}

#[tokio::test]
async fn a_robots_txt_elsewhere_is_asked_only_where_the_reader_may_ask() {
    let there = Site::serve(
        Router::new().route("/rules.txt", get(|| async { "User-agent: *\nDisallow: /private\n" })),
    )
    .await;
    let target = there.url("/rules.txt").replace("127.0.0.1", "localhost");
    let (to, words) = ((StatusCode::FOUND, [(LOCATION, target)]), "open words");
    let routes = Router::new()
        .route("/robots.txt", get(move || async move { to }))
        .route("/private", get(|| async { "secret" }))
        .route("/open", get(move || async move { words }));
    let site = Site::serve(routes).await;
    let (sources, _dir) = sources_for(&[&site, &there]);
    let home = |url: &Url| url.host_str() == Some("127.0.0.1");

    let refused = sources.read_web(&site.url("/open"), &home).await.unwrap_err();
    assert!(matches!(refused, Failed::LeftOut { .. }), "{refused}");
    assert_eq!(there.asked(), Vec::<String>::new());

    // Another reader asks by a policy of its own, and what it learns holds for all.
    let refused = sources.read_web(&site.url("/private"), &anything).await.unwrap_err();
    assert!(matches!(refused, Failed::Forbidden { .. }), "{refused}");
    assert_eq!(sources.read_web(&site.url("/open"), &home).await.unwrap().text.body, words);
    assert_eq!(there.asked(), ["/rules.txt"]);
}

#[tokio::test]
async fn a_robots_txt_in_the_private_network_is_not_asked() {
    let inside = Site::serve(Router::new().route("/robots.txt", get(|| async { "" }))).await;
    let to = (StatusCode::FOUND, [(LOCATION, inside.url("/robots.txt"))]);
    let routes = Router::new()
        .route("/robots.txt", get(move || async move { to }))
        .route("/open", get(|| async { "words" }));
    let site = Site::serve(routes).await;
    let (sources, _dir) = sources(&site);
    let refused = sources.read_web(&site.url("/open"), &anything).await.unwrap_err();
    assert!(matches!(refused, Failed::Refused { .. }), "{refused}");
    assert_eq!(inside.asked(), Vec::<String>::new());
    assert_eq!(site.asked(), ["/robots.txt"]);
}

#[tokio::test]
async fn a_known_page_is_asked_for_by_its_marks() {
    let answer = |headers: HeaderMap| async move {
        let is_known = headers.get(IF_NONE_MATCH).is_some_and(|mark| mark == "\"7\"");
        let status = if is_known { StatusCode::NOT_MODIFIED } else { StatusCode::OK };
        (status, [HTML, (ETAG, "\"7\"")], if is_known { "" } else { "<p>words" })
    };
    let site = Site::serve(Router::new().route("/a", get(answer))).await;
    let (sources, _dir) = sources(&site);

    let page = sources.read_web(&site.url("/a"), &anything).await.unwrap();
    assert_eq!(page.marks.etag.as_deref(), Some("\"7\""));
    let known = Known { address: page.address.clone(), marks: page.marks.clone() };
    let again = sources.read_web_again(&site.url("/a"), &known, &anything).await;
    assert_eq!(again, Ok(Reread::Unchanged));
    let other =
        Known { marks: Marks { etag: Some("\"6\"".into()), ..known.marks.clone() }, ..known };
    let again = sources.read_web_again(&site.url("/a"), &other, &anything).await;
    assert_eq!(again, Ok(Reread::Page(Box::new(page))));
}

#[tokio::test]
async fn an_address_that_carries_data_is_not_asked() {
    let site = Site::serve(Router::new()).await;
    let (sources, _dir) = sources(&site);
    let long = site.url(&format!("/{}", "x".repeat(3_000)));
    let refused = sources.read_web(&long, &anything).await.unwrap_err().to_string();
    assert!(refused.ends_with("it is longer than 2048 bytes"), "{refused}");
    assert_eq!(site.asked(), Vec::<String>::new());
}

#[tokio::test]
async fn a_host_that_says_later_is_not_asked_again() {
    let later = (StatusCode::TOO_MANY_REQUESTS, [(RETRY_AFTER, "3600")]);
    let routes = Router::new()
        .route("/busy", get(move || async move { later }))
        .route("/other", get(|| async { "words" }));
    let site = Site::serve(routes).await;
    let (sources, _dir) = sources(&site);

    let busy = sources.read_web(&site.url("/busy"), &anything).await.unwrap_err();
    assert!(matches!(busy, Failed::Status { code: 429, .. }), "{busy}");
    let other = sources.read_web(&site.url("/other"), &anything).await.unwrap_err();
    assert!(matches!(other.remedy(), Remedy::RetryAfter(wait) if wait.as_secs() > 3_000));
    assert_eq!(site.asked(), ["/robots.txt", "/busy"]);
}

#[tokio::test]
async fn at_first_no_more_than_two_requests_are_with_one_host() {
    use std::sync::Arc;
    use std::sync::atomic::{AtomicUsize, Ordering};
    let (now, most) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)));
    let seen = Arc::clone(&most);
    let slow = move || {
        let (now, most) = (Arc::clone(&now), Arc::clone(&most));
        async move {
            most.fetch_max(now.fetch_add(1, Ordering::SeqCst) + 1, Ordering::SeqCst);
            for _ in 0..50 {
                tokio::task::yield_now().await;
            }
            now.fetch_sub(1, Ordering::SeqCst);
            "words"
        }
    };
    let site = Site::serve(Router::new().route("/{page}", get(slow))).await;
    let (sources, _dir) = sources(&site);

    let pages: Vec<String> = (0..8).map(|n| site.url(&format!("/{n}"))).collect();
    let read =
        futures_util::future::join_all(pages.iter().map(|page| sources.read_web(page, &anything)))
            .await;
    assert!(read.iter().all(Result::is_ok), "{read:?}");
    assert!(seen.load(Ordering::SeqCst) <= 2);
}

#[tokio::test]
async fn what_cannot_be_read_says_why() {
    let pdf: (_, &[u8]) = ([(CONTENT_TYPE, "text/html")], b"%PDF-1.7 x");
    let shell = (HTML, "<html><div id=root></div><script src=app.js></script>");
    let routes = Router::new()
        .route("/pdf", get(move || async move { pdf }))
        .route("/shell", get(move || async move { ([shell.0], shell.1) }))
        .route("/blank", get(|| async { ([HTML], " \n ") }))
        .route("/wall", get(|| async { ([HTML], "<title>Just a moment...</title><p>Wait.") }))
        .route("/gone", get(|| async { StatusCode::GONE }))
        .route("/large", get(|| async { "x".repeat(200_000) }))
        .route("/silent", get(|| async { std::future::pending::<&str>().await }));
    let site = Site::serve(routes).await;
    let (sources, _dir) = sources(&site);

    let mut said = Vec::new();
    for path in ["/pdf", "/shell", "/blank", "/wall", "/gone", "/large", "/silent"] {
        let failed = sources.read_web(&site.url(path), &anything).await.unwrap_err();
        said.push(failed.to_string().replace(&site.origin, ""));
    }
    assert_eq!(
        said,
        [
            "`/pdf` cannot be read: it is no sound PDF",
            "`/shell` holds no text: its text is put there by scripts, which are not run",
            "`/blank` holds no text: the host sent no bytes",
            "`/wall` holds no text: the host asks for a browser check",
            "`127.0.0.1` answered with status 410: there is no such page",
            "`/large` has more than 100000 bytes",
            "`127.0.0.1` did not send all of it within 500ms",
        ]
    );
}

#[tokio::test]
async fn only_public_pages_of_the_web_are_read() {
    let site = Site::serve(Router::new()).await;
    let (sources, _dir) = sources(&site);
    for address in ["http://127.0.0.1/", "http://[::1]/a", "http://printer.local/"] {
        let refused = sources.read_web(address, &anything).await.unwrap_err();
        assert!(matches!(refused, Failed::Refused { .. }), "{address}: {refused}");
    }
    for address in ["file:///etc/passwd", "words", "doc://notes/a.md", ""] {
        let refused = sources.read_web(address, &anything).await.unwrap_err();
        assert!(matches!(refused, Failed::NotAnAddress { .. }), "{address}: {refused}");
    }
    assert_eq!(site.asked(), Vec::<String>::new());
}

#[tokio::test]
async fn a_robots_txt_that_is_busy_for_a_moment_is_asked_for_again_and_one_that_is_busy_for_long_is_left()
 {
    use std::sync::Arc;
    use std::sync::atomic::{AtomicUsize, Ordering};
    let asked = Arc::new(AtomicUsize::new(0));
    let robots = move || {
        let is_first = asked.fetch_add(1, Ordering::SeqCst) == 0;
        let busy = (StatusCode::SERVICE_UNAVAILABLE, [(RETRY_AFTER, "1")], "");
        async move { if is_first { busy } else { (StatusCode::OK, [(RETRY_AFTER, "0")], "") } }
    };
    let routes =
        Router::new().route("/robots.txt", get(robots)).route("/a", get(|| async { "words" }));
    let site = Site::serve(routes).await;
    let (sources, _dir) = sources(&site);
    assert_eq!(sources.read_web(&site.url("/a"), &anything).await.unwrap().text.body, "words");
    assert_eq!(site.asked(), ["/robots.txt", "/robots.txt", "/a"]);

    let busy = (StatusCode::TOO_MANY_REQUESTS, [(RETRY_AFTER, "3600")]);
    let site =
        Site::serve(Router::new().route("/robots.txt", get(move || async move { busy }))).await;
    let (sources, _dir) = self::sources(&site);
    for _ in 0..2 {
        let left = sources.read_web(&site.url("/a"), &anything).await.unwrap_err();
        assert!(
            matches!(left.remedy(), Remedy::RetryAfter(wait) if wait.as_secs() > 3_000),
            "{left}"
        );
    }
    assert_eq!(site.asked(), ["/robots.txt"]);
}

#[tokio::test]
async fn a_sitemap_is_asked_for_as_politely_as_a_page() {
    let listing = |origin: &str| format!("<urlset><url><loc>{origin}/about</loc></url></urlset>");
    let forbidden = Router::new()
        .route("/robots.txt", get(|| async { "User-agent: *\nDisallow: /sitemap" }))
        .route("/sitemap.xml", get(|| async { "" }));
    let site = Site::serve(forbidden).await;
    let (sources, _dir) = sources(&site);
    let refused = sources.sitemap(&site.origin.parse().unwrap(), &anything).await.unwrap_err();
    assert!(matches!(refused, Failed::Forbidden { .. }), "{refused}");
    assert_eq!(site.asked(), ["/robots.txt"]);

    let later = (StatusCode::TOO_MANY_REQUESTS, [(RETRY_AFTER, "3600")]);
    let routes = Router::new().route("/sitemap.xml", get(move || async move { later }));
    let site = Site::serve(routes.route("/about", get(|| async { "words" }))).await;
    let (sources, _dir) = self::sources(&site);
    let away = sources.sitemap(&site.origin.parse().unwrap(), &anything).await.unwrap_err();
    assert!(matches!(away, Failed::Status { code: 429, .. }), "{away}");
    assert!(sources.read_web(&site.url("/about"), &anything).await.is_err(), "it is left alone");
    assert_eq!(site.asked(), ["/robots.txt", "/sitemap.xml"]);

    let origin = std::sync::OnceLock::new();
    let told = std::sync::Arc::new(origin);
    let tell = std::sync::Arc::clone(&told);
    let list = move || {
        let body = listing(tell.get().map_or("", String::as_str));
        async move { body }
    };
    let site = Site::serve(Router::new().route("/sitemap.xml", get(list))).await;
    told.set(site.origin.clone()).unwrap();
    let (sources, _dir) = self::sources(&site);
    let found = sources.sitemap(&site.origin.parse().unwrap(), &anything).await.unwrap();
    assert_eq!(found, [site.url("/about")]);
}

#[tokio::test]
async fn sitemaps_are_read_where_robots_txt_says_that_they_lie() {
    let robots = |host: &str| {
        format!(
            "Sitemap: http://elsewhere.test/map.xml\nSitemap: http://{host}/maps/all.xml\nUser-agent: *\nAllow: /"
        )
    };
    let map = |host: &str| format!("<urlset><url><loc>http://{host}/about</loc></url></urlset>");
    let host = |headers: HeaderMap| headers["host"].to_str().unwrap().to_owned();
    let routes = Router::new()
        .route("/robots.txt", get(move |headers| async move { robots(&host(headers)) }))
        .route("/maps/all.xml", get(move |headers| async move { map(&host(headers)) }));
    let site = Site::serve(routes).await;
    let (sources, _dir) = sources(&site);
    let found = sources.sitemap(&site.origin.parse().unwrap(), &anything).await.unwrap();
    assert_eq!(found, [site.url("/about")]);
    assert_eq!(site.asked(), ["/robots.txt", "/maps/all.xml"]);
}
