//! Links without a key, and sessions of browsers: what they open, what they do not, and how they end.

use std::time::Duration;

use axum::body::{Body, BodyDataStream, to_bytes};
use axum::http::Request;
use domain::evidence::Evidence;
use futures_util::StreamExt;
use serde_json::json;
use store::{Added, Owner};
use task_mcp_api::router;
use tokio::time::timeout;
use tower::ServiceExt;

use crate::world::{Answer, World, report};

/// A request of a browser, with these headers besides.
async fn browse(
    world: &World,
    method: &str,
    path: &str,
    headers: &[(&str, &str)],
    body: &str,
) -> Answer {
    let request = Request::builder().method(method).uri(path).header("host", "localhost");
    let request = request
        .header("accept", "text/html")
        .header("content-type", "application/x-www-form-urlencoded");
    let request =
        headers.iter().fold(request, |request, (name, value)| request.header(*name, *value));
    world.send(request.body(Body::from(body.to_owned())).unwrap()).await
}

async fn look(world: &World, path: &str) -> Answer {
    browse(world, "GET", path, &[], "").await
}

/// What was made here before there was a key, and the server once there is one, reached at this address.
async fn locked(world: World, public_url: &str) -> (World, String) {
    let Added::Key(key) = world.store.add_key("ann", "local").await.unwrap() else {
        panic!("the name is free")
    };
    assert_eq!(world.store.owner_of_key(&key).await.unwrap(), Some(Owner::LOCAL));
    // A server believes for a moment that it needs no keys; this one has never looked.
    (world.reached_at(public_url), key)
}

/// A finished run and its quote.
async fn finished(world: &World) -> (String, Evidence) {
    let run = world.submit("How often?").await;
    let quote =
        world.archived("https://tides.test/", "Tides", "It comes twice a day.", "twice").await;
    world.work(report("Twice [1].", vec![quote.clone()])).await;
    (run.to_string(), quote)
}

const HERE: &str = "https://tasks.test/";

/// The link that the page of a run offers, without the address of the server.
async fn link(world: &World, run: &str, key: &str) -> String {
    let page = browse(world, "GET", &format!("/runs/{run}"), &[("x-api-key", key)], "").await;
    let (_, rest) = page.text.split_once("value=\"https://tasks.test").unwrap();
    rest.split('"').next().unwrap().to_owned()
}

#[tokio::test]
async fn a_link_opens_its_run_and_the_pages_that_it_cites_to_read_and_nothing_else() {
    let world = World::new().await;
    let other = world.submit("Something else?").await.to_string();
    world.work(report("So.", vec![])).await;
    let uncited =
        world.archived("https://other.test/", "Other", "Nobody quotes this.", "this").await.page;
    let (run, quote) = finished(&world).await;
    let (world, key) = locked(world, HERE).await;
    let link = link(&world, &run, &key).await;
    let token = link.split_once('?').unwrap().1.to_owned();
    assert_eq!(look(&world, &format!("/runs/{run}")).await.status, 401);

    let page = look(&world, &link).await;
    assert_eq!(page.status, 200, "{}", page.text);
    assert!(
        page.text.contains("How often?") && page.text.contains(&token),
        "its addresses carry the token"
    );
    for change in ["method=\"post\"", "Share link", "/revoke", "href=\"/\""] {
        assert!(!page.text.contains(change), "{change}");
    }
    let shown = [
        format!("/pages/{}?{token}", quote.page),
        format!("/runs/{run}/report.md?{token}"),
        format!("/runs/{run}/report.html?{token}"),
        format!("/runs/{run}/live?{token}"),
    ];
    for path in shown {
        assert_eq!(look(&world, &path).await.status, 200, "{path}");
    }
    let hidden = [
        (format!("/runs/{other}?{token}"), 404),
        (format!("/pages/{uncited}?{token}"), 404),
        (format!("/?{token}"), 401),
    ];
    for (path, status) in hidden {
        assert_eq!(look(&world, &path).await.status, status, "{path}");
    }
    for path in
        [format!("/v1/tasks/runs/{run}?{token}"), format!("/v1/tasks/runs/{run}/result?{token}")]
    {
        assert_eq!(world.get(&path).await.status, 401, "the API takes no links");
    }
    for path in [
        format!("/runs/{run}/cancel?{token}"),
        format!("/runs/{run}/revoke?{token}"),
        format!("/runs?{token}"),
    ] {
        assert_eq!(browse(&world, "POST", &path, &[], "").await.status, 401, "{path}");
    }
}

#[tokio::test]
async fn a_forged_link_opens_nothing_and_a_revoked_one_is_followed_by_another() {
    let world = World::new().await;
    let (run, _) = finished(&world).await;
    let (world, key) = locked(world, HERE).await;
    let first = link(&world, &run, &key).await;
    let last = if first.ends_with('0') { "1" } else { "0" };
    assert_eq!(look(&world, &format!("{}{last}", &first[..first.len() - 1])).await.status, 401);
    let sent =
        browse(&world, "POST", &format!("/runs/{run}/revoke"), &[("x-api-key", &key)], "").await;
    assert_eq!(sent.status, 303, "{}", sent.text);
    let gone = look(&world, &first).await;
    assert!(gone.status == 401 && gone.text.contains("This link was revoked"), "{}", gone.text);
    let said = sent.header("location").unwrap();
    assert_eq!(said, format!("/runs/{run}#revoked"), "the page says that it was done");
    let page = browse(&world, "GET", &format!("/runs/{run}"), &[("x-api-key", &key)], "").await;
    assert!(page.text.contains("id=\"revoked\""), "{}", page.text);
    let second = link(&world, &run, &key).await;
    assert_ne!(first, second);
    assert_eq!(look(&world, &second).await.status, 200);
}

#[tokio::test]
async fn a_link_opens_its_run_to_somebody_who_is_signed_in_with_another_key() {
    let world = World::new().await;
    let (run, quote) = finished(&world).await;
    let (world, key) = locked(world, HERE).await;
    let link = link(&world, &run, &key).await;
    let token = link.split_once('?').unwrap().1.to_owned();
    let Added::Key(other) = world.store.add_key("bob", "bob").await.unwrap() else {
        panic!("the name is free")
    };
    let sent = browse(&world, "POST", "/sign-in", &[], &format!("key={other}")).await;
    let cookie = sent.header("set-cookie").unwrap().split(';').next().unwrap().to_owned();
    for headers in [[("cookie", cookie.as_str())], [("x-api-key", other.as_str())]] {
        let get = async |path: &str| browse(&world, "GET", path, &headers, "").await;
        assert_eq!(get(&format!("/runs/{run}")).await.status, 404);
        let page = get(&link).await;
        assert_eq!(page.status, 200, "{}", page.text);
        assert!(!page.text.contains("method=\"post\""), "to read only");
        assert_eq!(get(&format!("/pages/{}?{token}", quote.page)).await.status, 200);
        assert_eq!(get(&format!("/?{token}")).await.status, 401);
    }
    // Its owner sees all of it, also by the link.
    let own = browse(&world, "GET", &link, &[("x-api-key", &key)], "").await;
    assert!(own.text.contains("Share link"));
}

#[tokio::test]
async fn whoever_signs_in_at_a_page_is_led_to_it() {
    let world = World::new().await;
    let (run, _) = finished(&world).await;
    let (world, _) = locked(world, "https://tasks.test/research").await;
    for at in ["", "/research"] {
        let page = look(&world, &format!("{at}/runs/{run}?steps=all")).await;
        assert_eq!(page.status, 401);
        let next = format!("name=\"next\" value=\"/runs/{run}?steps=all\"");
        assert!(page.text.contains(&next), "{}", page.text);
        assert!(!page.text.contains("x-api-key"), "{}", page.text);
    }
}

#[tokio::test]
async fn the_link_to_a_table_opens_its_rows_too() {
    let world = World::new().await;
    let group = world.group().await;
    let rows = json!({"inputs": [{"input": "a"}]});
    let added = world.post(&format!("/v1/tasks/groups/{group}/runs"), &rows).await.json();
    let row = added["run_ids"][0].as_str().unwrap().to_owned();
    let (run, _) = finished(&world).await;
    let (world, key) = locked(world, HERE).await;
    let page = browse(&world, "GET", &format!("/groups/{group}"), &[("x-api-key", &key)], "").await;
    let (_, rest) = page.text.split_once("value=\"https://tasks.test").unwrap();
    let link = rest.split('"').next().unwrap().to_owned();
    let token = link.split_once('?').unwrap().1;
    for path in
        [link.clone(), format!("/runs/{row}?{token}"), format!("/groups/{group}/rows.csv?{token}")]
    {
        assert_eq!(look(&world, &path).await.status, 200, "{path}");
    }
    assert_eq!(look(&world, &format!("/runs/{run}?{token}")).await.status, 404);
    assert_eq!(
        browse(&world, "POST", &format!("/groups/{group}/retry?{token}"), &[], "").await.status,
        401
    );
}

#[tokio::test]
async fn a_key_becomes_a_strict_cookie_that_is_good_for_pages_only() {
    let world = World::new().await;
    let (run, _) = finished(&world).await;
    let (world, key) = locked(world, HERE).await;
    let wrong = browse(&world, "POST", "/sign-in", &[], "key=tmcp_wrong").await;
    assert!(wrong.status == 401 && wrong.header("set-cookie").is_none(), "{}", wrong.text);
    let sent =
        browse(&world, "POST", "/sign-in", &[], &format!("key={key}&next=/runs/{run}")).await;
    assert_eq!(
        (sent.status.as_u16(), sent.header("location").unwrap()),
        (303, format!("/runs/{run}").as_str())
    );
    let cookie = sent.header("set-cookie").unwrap().to_owned();
    for part in ["; Path=/;", "; HttpOnly", "; SameSite=Strict", "; Secure"] {
        assert!(cookie.contains(part), "{cookie}");
    }
    assert!(!cookie.contains(&key), "it is not the key");
    let pair = cookie.split(';').next().unwrap();
    let with = [("cookie", pair)];
    assert_eq!(browse(&world, "GET", "/", &with, "").await.status, 200);
    assert_eq!(
        browse(&world, "GET", &format!("/v1/tasks/runs/{run}"), &with, "").await.status,
        401
    );
    // A form is taken from our own pages alone.
    let cancel = format!("/runs/{run}/cancel");
    assert_eq!(browse(&world, "POST", &cancel, &with, "").await.status, 403);
    let of_others = [("cookie", pair), ("origin", "https://evil.test")];
    assert_eq!(browse(&world, "POST", &cancel, &of_others, "").await.status, 403);
    let own =
        [("cookie", pair), ("origin", "https://tasks.test"), ("sec-fetch-site", "same-origin")];
    assert_eq!(browse(&world, "POST", &cancel, &own, "").await.status, 303);
    let forged = format!("{}0", &pair[..pair.len() - 1]);
    let forged = if forged == pair { format!("{}1", &pair[..pair.len() - 1]) } else { forged };
    assert_eq!(browse(&world, "GET", "/", &[("cookie", &forged)], "").await.status, 401);
    assert!(world.store.revoke_key("ann").await.unwrap());
    assert_eq!(browse(&world, "GET", "/", &with, "").await.status, 401, "it ends with its key");
}

#[tokio::test]
async fn whoever_is_not_known_is_led_nowhere_and_whoever_is_signed_in_can_sign_out() {
    let world = World::new().await;
    let open = look(&world, "/sign-in").await.text;
    assert!(open.contains("needs no keys") && !open.contains("name=\"key\""), "{open}");
    let (run, _) = finished(&world).await;
    let (world, key) = locked(world, HERE).await;
    let link = link(&world, &run, &key).await;
    let token = link.split_once('?').unwrap().1.to_owned();
    let paths =
        ["/", "/sign-in", "/nothing", &format!("/runs/{run}?link=forged"), &format!("/?{token}")];
    for path in paths {
        let page = look(&world, path).await.text;
        assert!(!page.contains("href=\"/\"") && !page.contains("name=\"q\""), "{path}: {page}");
    }
    let sent = browse(&world, "POST", "/sign-in", &[], &format!("key={key}")).await;
    let cookie = sent.header("set-cookie").unwrap().split(';').next().unwrap().to_owned();
    let with = [("cookie", cookie.as_str())];
    let known = browse(&world, "GET", "/sign-in", &with, "").await.text;
    assert!(known.contains("This browser is signed in.") && known.contains("/sign-out"));
    assert!(!known.contains("name=\"key\""), "{known}");
    let missing = browse(&world, "GET", "/nothing", &with, "").await.text;
    assert!(missing.contains("href=\"/\"") && missing.contains("/sign-out"), "{missing}");
}

#[tokio::test]
async fn links_and_cookies_honour_the_path_prefix() {
    let world = World::new().await;
    let (run, _) = finished(&world).await;
    let (world, key) = locked(world, "https://tasks.test/research").await;
    let link = link(&world, &run, &key).await;
    assert!(link.starts_with(&format!("/research/runs/{run}?link=")), "{link}");
    assert_eq!(look(&world, &link).await.status, 200);
    let sent = browse(&world, "POST", "/research/sign-in", &[], &format!("key={key}")).await;
    assert_eq!(sent.header("location"), Some("/research/"));
    assert!(sent.header("set-cookie").unwrap().contains("; Path=/research;"));
}

/// A stream to which somebody listens: its first words are there.
async fn listen(world: &World, path: &str, headers: &[(&str, &str)]) -> BodyDataStream {
    let request = Request::get(path).header("host", "localhost");
    let request =
        headers.iter().fold(request, |request, (name, value)| request.header(*name, *value));
    let request = request.body(Body::empty()).unwrap();
    let response = router(world.app.clone()).oneshot(request).await.unwrap();
    assert_eq!(response.status(), 200, "{path}");
    let mut stream = response.into_body().into_data_stream();
    assert!(stream.next().await.unwrap().unwrap().starts_with(b"event: "), "{path}");
    stream
}

/// What it says from now on, which has to end in time.
async fn said(stream: BodyDataStream) -> String {
    let rest = to_bytes(Body::from_stream(stream), usize::MAX);
    let rest = timeout(Duration::from_secs(5), rest).await.expect("it ends within five seconds");
    String::from_utf8(rest.unwrap().to_vec()).unwrap()
}

#[tokio::test]
async fn a_stream_that_is_open_ends_when_its_link_is_revoked_and_others_go_on() {
    let world = World::new().await;
    let group = world.group().await;
    let rows = json!({"inputs": [{"input": "a"}]});
    world.post(&format!("/v1/tasks/groups/{group}/runs"), &rows).await;
    let run = world.submit("Still at work?").await.to_string();
    let (world, key) = locked(world, HERE).await;
    for (path, work) in [(format!("/runs/{run}"), &run), (format!("/groups/{group}"), &group)] {
        let page = browse(&world, "GET", &path, &[("x-api-key", &key)], "").await;
        let (_, rest) = page.text.split_once(&format!("{work}?link=")).unwrap();
        let token = rest.split('"').next().unwrap();
        let shared = listen(&world, &format!("{path}/live?link={token}"), &[]).await;
        let own = listen(&world, &format!("{path}/live"), &[("x-api-key", &key)]).await;
        let revoked =
            browse(&world, "POST", &format!("{path}/revoke"), &[("x-api-key", &key)], "").await;
        assert_eq!(revoked.status, 303, "{}", revoked.text);
        let told = said(shared).await;
        assert!(told.ends_with("event: gone\ndata:\n\n"), "{told}");
        let goes_on = to_bytes(Body::from_stream(own), usize::MAX);
        assert!(timeout(Duration::from_secs(2), goes_on).await.is_err(), "that of the owner");
    }
}

#[tokio::test]
async fn streams_that_are_open_end_when_their_key_is_revoked() {
    let world = World::new().await;
    let run = world.submit("Still at work?").await.to_string();
    let (world, key) = locked(world, HERE).await;
    let sent = browse(&world, "POST", "/sign-in", &[], &format!("key={key}")).await;
    let cookie = sent.header("set-cookie").unwrap().split(';').next().unwrap().to_owned();
    let (live, events) = (format!("/runs/{run}/live"), format!("/v1/tasks/runs/{run}/events"));
    let session = listen(&world, &live, &[("cookie", &cookie)]).await;
    let page = listen(&world, &live, &[("x-api-key", &key)]).await;
    let api = listen(&world, &events, &[("x-api-key", &key)]).await;
    assert!(world.store.revoke_key("ann").await.unwrap());
    let (session, page, api) = tokio::join!(said(session), said(page), said(api));
    for told in [session, page] {
        assert!(told.ends_with("event: gone\ndata:\n\n"), "{told}");
    }
    assert!(api.contains("event: error\n") && api.contains("the key was revoked"), "{api}");
}
