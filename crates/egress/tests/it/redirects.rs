use std::future::{Ready, ready};

use axum::Router;
use axum::http::header::{AUTHORIZATION, LOCATION};
use axum::http::{HeaderName, HeaderValue, StatusCode};
use axum::routing::get as route;
use task_mcp_egress::{Failed, MAX_REDIRECTS, Purpose, Request, USER_AGENT, guard::Refusal};

use crate::site::{Site, egress, get, request};

type Redirect = (StatusCode, [(HeaderName, String); 1]);

/// A page that redirects.
fn to(code: u16, target: String) -> impl Clone + Send + Sync + 'static + Fn() -> Ready<Redirect> {
    move || ready((StatusCode::from_u16(code).unwrap(), [(LOCATION, target.clone())]))
}

#[tokio::test]
async fn a_private_address_is_refused_unless_its_origin_is_allowed() {
    let site = Site::serve(Router::new().route("/", route(|| async { "secret" }))).await;

    let refused = get(&egress(&[]), site.url("/")).await;
    assert_eq!(refused, Err(Failed::Refused { host: "127.0.0.1".into(), why: Refusal::Port }));
    assert_eq!(site.hits(), 0);

    let reply = get(&egress(&[&site]), site.url("/")).await.unwrap();
    assert_eq!((reply.status, reply.body.as_slice()), (200, b"secret".as_slice()));
    assert_eq!(site.header("user-agent").as_deref(), Some(USER_AGENT));
}

#[tokio::test]
async fn a_redirect_into_a_private_address_is_refused() {
    let inside = Site::serve(Router::new().route("/", route(|| async { "secret" }))).await;
    let targets = [
        inside.url("/").to_string(),
        "http://169.254.169.254/latest/meta-data/".to_owned(),
        "http://[::ffff:127.0.0.1]/".to_owned(),
        "http://localhost/".to_owned(),
        "file:///etc/passwd".to_owned(),
    ];
    let mut routes = Router::new();
    for code in [301, 302, 303, 307, 308] {
        for (index, target) in targets.iter().enumerate() {
            routes = routes.route(&format!("/{code}/{index}"), route(to(code, target.clone())));
        }
    }
    let outside = Site::serve(routes).await;
    let egress = egress(&[&outside]);
    for code in [301, 302, 303, 307, 308] {
        for (index, target) in targets.iter().enumerate() {
            let answer = get(&egress, outside.url(&format!("/{code}/{index}"))).await;
            assert!(
                matches!(answer, Err(Failed::Refused { .. })),
                "{code} to {target}: {answer:?}"
            );
        }
    }
    assert_eq!(inside.hits(), 0);
}

#[tokio::test]
async fn a_refusal_does_not_show_what_a_name_resolves_to() {
    let url = "http://localhost.localdomain/".parse().unwrap();
    let refused = get(&egress(&[]), url).await.unwrap_err().to_string();
    assert!(!refused.contains("127."), "{refused}");
}

#[tokio::test]
async fn ten_redirects_are_followed_and_no_more() {
    let routes = Router::new().route("/loop", route(to(302, "/loop".into())));
    let site = Site::serve(routes).await;
    let answer = get(&egress(&[&site]), site.url("/loop")).await;
    assert_eq!(answer, Err(Failed::Redirects { host: "127.0.0.1".into(), limit: MAX_REDIRECTS }));
    assert_eq!(site.hits(), MAX_REDIRECTS + 1);
}

#[tokio::test]
async fn a_redirect_that_is_not_followed_is_the_answer() {
    let site = Site::serve(Router::new().route("/a", route(to(301, "b?c=d".into())))).await;
    let request = Request { follow: false, ..request(site.url("/a")) };
    let reply = egress(&[&site]).send(request).await.unwrap();
    assert_eq!((reply.status, reply.location), (301, Some(site.url("/b?c=d"))));
}

#[tokio::test]
async fn credentials_do_not_follow_to_another_origin() {
    let there = Site::serve(Router::new().route("/", route(|| async { "hello" }))).await;
    let here = Site::serve(Router::new().route("/", route(to(302, there.url("/").into())))).await;
    let secret = (AUTHORIZATION, HeaderValue::from_static("Bearer secret"));
    let harmless = ("x-harmless".parse().unwrap(), HeaderValue::from_static("yes"));
    let request = Request { headers: vec![secret, harmless], ..request(here.url("/")) };

    let reply = egress(&[&here, &there]).send(request).await.unwrap();
    assert_eq!(reply.final_url, there.url("/"));
    assert_eq!(here.header("authorization").as_deref(), Some("Bearer secret"));
    assert_eq!(there.header("authorization"), None);
    assert_eq!(there.header("x-harmless").as_deref(), Some("yes"));
}

#[tokio::test]
async fn a_search_provider_leads_to_no_other_origin_that_may_be_read() {
    let there = Site::serve(Router::new().route("/", route(|| async { "hello" }))).await;
    let routes = Router::new()
        .route("/away", route(to(302, there.url("/").into())))
        .route("/moved", route(to(301, "/search".into())))
        .route("/search", route(|| async { "hits" }));
    let here = Site::serve(routes).await;
    let egress = egress(&[&here, &there]);
    let asked = |path| Request { purpose: Purpose::Search, ..request(here.url(path)) };
    let reply = egress.send(asked("/away")).await.unwrap();
    assert_eq!((reply.status, there.hits()), (302, 0));
    assert_eq!(egress.send(asked("/moved")).await.unwrap().body, b"hits");
}
