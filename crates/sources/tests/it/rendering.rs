//! Pages that only scripts fill, in a real browser: what they may ask for, and what they never reach.

use std::time::{Duration, Instant};

use axum::Router;
use axum::http::header::{CONTENT_TYPE, LOCATION};
use axum::http::{HeaderName, StatusCode};
use axum::routing::{get, post};
use egress::{Purpose, Scope};
use task_mcp_sources::{BROWSER_TIME, Chromium, Config, Failed, Marks, Sources};
use tempfile::TempDir;
use testkit::Canary;
use url::Url;

use crate::site::{Site, anything, chromium, with};

const HTML: [(HeaderName, &str); 1] = [(CONTENT_TYPE, "text/html; charset=utf-8")];
const JS: [(HeaderName, &str); 1] = [(CONTENT_TYPE, "text/javascript")];

fn sources(sites: &[&Site]) -> (Sources, TempDir) {
    with(sites, |config| Config {
        browser: Some(chromium()),
        page_timeout: Duration::from_secs(5),
        max_page_bytes: 1_000_000,
        ..config
    })
}

/// A page without a word, and the script that is to fill it. `say` adds a paragraph, `ask` what an address answers or why
/// it does not.
fn routes(script: &str) -> Router {
    const TOOLS: &str = "const say = text => { const p = document.createElement('p'); p.textContent = text; root.append(p) };
        const ask = async (address, how) => say(await fetch(address, how).then(r => r.text(), why => 'nothing'));";
    let page = "<title>Tides</title><link rel=stylesheet href=/style.css><img src=/moon.png>\
                <div id=root></div><script src=/app.js type=module></script>";
    let script = format!("{TOOLS}\n{script}");
    Router::new()
        .route("/", get(move || async move { (HTML, page) }))
        .route("/app.js", get(move || async move { (JS, script) }))
        .route("/data.json", get(|| async { "High tide comes twice a day." }))
        .route("/moved", get(|| async { (StatusCode::FOUND, [(LOCATION, "/data.json")]) }))
        .route("/echo", post(|body: String| async move { format!("You asked for {body}.") }))
}

#[tokio::test]
async fn a_page_that_only_scripts_fill_is_read_as_a_browser_shows_it() {
    let script =
        "say('The harbour is called Brennia.'); await ask('/data.json'); await ask('/moved');
        await ask('/echo', {method: 'POST', body: 'more'});
        const shadow = document.createElement('div'); root.append(shadow);
        shadow.attachShadow({mode: 'open'}).innerHTML = '<p>It lies in the shade.</p>';";
    let site = Site::serve(routes(script)).await;
    let (sources, _dir) = sources(&[&site]);
    let scope = Scope::open();

    let page = scope.around(sources.read_web(&site.url("/"), &anything)).await.unwrap();
    assert_eq!(
        page.text.body,
        "The harbour is called Brennia.\n\nHigh tide comes twice a day.\n\nHigh tide comes twice a day.\n\n\
         You asked for more.\n\nIt lies in the shade."
    );
    assert_eq!((page.text.title.as_str(), page.media_type.as_str()), ("Tides", "text/html"));
    assert_eq!((page.address, page.marks), (site.url("/"), Marks::default()));
    assert!(
        page.bytes.starts_with(b"<!-- As Chromium showed it after its scripts had run -->\n<html")
    );
    let asked = ["/robots.txt", "/", "/app.js", "/data.json", "/moved", "/data.json", "/echo"];
    assert_eq!(site.asked(), asked, "neither pictures nor styles, and the page once");
    let contacts = scope.contacts();
    let pages = contacts.iter().find(|contact| contact.purpose == Purpose::Page).unwrap();
    assert_eq!((pages.host.as_str(), pages.requests), ("127.0.0.1", 6));
}

#[tokio::test]
async fn a_script_reaches_nothing_private_by_any_way() {
    let canary = Canary::new().await;
    let addresses =
        format!("const port = {}; const addresses = {:?};", canary.port, canary.spellings());
    let ways = r"
        const tried = [];
        for (const address of addresses) {
            await ask(address);
            const frame = document.createElement('iframe'); frame.src = address; document.body.append(frame);
            const image = new Image(); image.src = address;
            navigator.sendBeacon(address, 'x');
            const hint = document.createElement('link'); hint.rel = 'preconnect'; hint.href = address; document.head.append(hint);
            const early = document.createElement('link'); early.rel = 'prefetch'; early.href = address; document.head.append(early);
            const attempts = [
                () => new WebSocket(address.replace('http', 'ws')), () => new EventSource(address),
                () => new WebTransport(address.replace('http', 'https')), () => window.open(address),
                () => new Worker(URL.createObjectURL(new Blob([`fetch('${address}')`]))),
                () => navigator.serviceWorker.register('/app.js'),
                () => { const form = document.createElement('form'); form.action = address; document.body.append(form); form.submit() },
                () => { const script = document.createElement('script'); script.src = address; document.body.append(script) },
                () => import(address).catch(() => 0),
            ];
            for (const attempt of attempts) try { attempt() } catch (why) { tried.push(why) }
        }
        await ask('/lead');
        try {
            const peer = new RTCPeerConnection({iceServers: [{urls: `stun:127.0.0.1:${port}`}]});
            peer.createDataChannel('x');
            await peer.setLocalDescription(await peer.createOffer());
        } catch (why) { tried.push(why) }
        document.head.insertAdjacentHTML('beforeend', `<meta http-equiv=refresh content='0; url=${addresses[0]}'>`);
        say('Each harbour was tried.'); location = addresses[0];";
    let to = [(LOCATION, format!("http://127.0.0.1:{}/", canary.port))];
    let lead = get(move || async move { (StatusCode::FOUND, to) });
    let site = Site::serve(routes(&format!("{addresses}{ways}")).route("/lead", lead)).await;
    let (sources, _dir) = sources(&[&site]);

    let page = sources.read_web(&site.url("/"), &anything).await.unwrap();
    let nothing = "nothing\n\n".repeat(canary.spellings().len() + 1);
    assert_eq!(page.text.body, format!("{nothing}Each harbour was tried."));
    assert_eq!(canary.visits(), [""; 0]);
}

#[tokio::test]
async fn a_script_sees_of_the_origins_that_the_operator_opened_only_its_own() {
    let inside = Site::serve(Router::new().route("/", get(|| async { "secret" }))).await;
    let script = format!("await ask('{}'); say('That was all.');", inside.url("/"));
    let site = Site::serve(routes(&script)).await;
    let (sources, _dir) = sources(&[&site, &inside]);
    let page = sources.read_web(&site.url("/"), &anything).await.unwrap();
    assert_eq!(page.text.body, "nothing\n\nThat was all.");
    assert_eq!(inside.asked(), Vec::<String>::new());
}

#[tokio::test]
async fn robots_and_the_policy_of_the_reader_hold_for_scripts() {
    let script = "await ask('/private'); await ask('/left-out'); say('Nothing more.');";
    let robots = || async { "User-agent: *\nDisallow: /private" };
    let site = Site::serve(routes(script).route("/robots.txt", get(robots))).await;
    let (sources, _dir) = sources(&[&site]);
    let policy = |url: &Url| url.path() != "/left-out";
    let page = sources.read_web(&site.url("/"), &policy).await.unwrap();
    assert_eq!(page.text.body, "nothing\n\nnothing\n\nNothing more.");
    assert_eq!(site.asked(), ["/robots.txt", "/", "/app.js"]);
}

#[tokio::test]
async fn a_page_that_shows_nothing_in_a_browser_either_says_so() {
    let site = Site::serve(routes("")).await;
    let (sources, _dir) = sources(&[&site]);
    let failed = sources.read_web(&site.url("/"), &anything).await.unwrap_err();
    let said = "its text is put there by scripts, and a browser that ran them shows none";
    assert!(failed.to_string().ends_with(said), "{failed}");
}

#[tokio::test]
async fn a_script_without_an_end_is_ended() {
    let site = Site::serve(routes("say('Words.'); while (true);")).await;
    let (sources, _dir) = sources(&[&site]);
    let asked_at = Instant::now();
    let failed = sources.read_web(&site.url("/"), &anything).await.unwrap_err();
    assert!(
        failed.to_string().ends_with("was still running its scripts when its time was up"),
        "{failed}"
    );
    assert!(
        asked_at.elapsed() < BROWSER_TIME + Duration::from_secs(18),
        "{:?}",
        asked_at.elapsed()
    );
}

#[tokio::test]
async fn a_page_that_never_rests_is_read_as_it_stands_when_its_time_is_up() {
    let script =
        "say('Words.'); setInterval(() => { root.dataset.now = 'x'; fetch('/data.json') }, 100);";
    let site = Site::serve(routes(script)).await;
    let (sources, _dir) = sources(&[&site]);
    let page = sources.read_web(&site.url("/"), &anything).await.unwrap();
    assert_eq!(page.text.body, "Words.");
    assert!(site.asked().len() < 90, "a page has a limit on what its scripts ask for");
}

#[tokio::test]
async fn a_browser_that_is_none_is_told() {
    let site = Site::serve(routes("say('Words.')")).await;
    let none = Chromium { program: "/bin/false".into(), sandbox: true };
    let (sources, _dir) = with(&[&site], |config| Config { browser: Some(none), ..config });
    let failed = sources.read_web(&site.url("/"), &anything).await.unwrap_err();
    assert!(matches!(failed, Failed::Unreadable { .. }), "{failed}");
    assert!(failed.to_string().ends_with("the browser ended before it had shown it"), "{failed}");
    assert!(sources.examine_browser().await.unwrap().is_err());
}
