//! How far requests go, seen from a server that must not be asked, and what is counted of them.

use std::time::Duration;

use axum::Router;
use axum::http::header::LOCATION;
use axum::http::{HeaderName, StatusCode};
use axum::routing::get as route;
use domain::outgoing::{Documents, Mode, Outgoing};
use task_mcp_egress::guard::Refusal;
use task_mcp_egress::{Egress, Failed, Names, Origin, Policy, Purpose, Request, Scope};

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

use crate::site::{Site, request};

async fn canary() -> Site {
    Site::serve(Router::new().route("/", route(|| async { "alive" }))).await
}

fn origin(site: &Site) -> Origin {
    Origin::of(&site.url("/")).unwrap()
}

fn refused(answer: Result<task_mcp_egress::Response, Failed>) -> Refusal {
    let failed = answer.unwrap_err();
    let Failed::Refused { why, .. } = failed else { panic!("{failed}") };
    why
}

#[tokio::test]
async fn own_documents_stay_also_behind_a_redirect() {
    let far = canary().await;
    let target = far.url("/").to_string();
    let to_far = move || {
        let target = target.clone();
        async move { (StatusCode::FOUND, [(LOCATION, target)]) }
    };
    let near = Site::serve(Router::new().route("/", route(to_far))).await;
    let policy = Policy {
        outgoing: Outgoing { documents: Documents::Stay, ..Outgoing::default() },
        local: vec![origin(&near)],
        ..Policy::allowing(vec![origin(&near), origin(&far)])
    };
    let egress = Egress::new(policy);
    let documents = Scope::with_documents();
    for purpose in [Purpose::Page, Purpose::Search, Purpose::Model] {
        let ask = |site: &Site| Request { purpose, ..request(site.url("/")) };
        let direct = documents.around(egress.send(ask(&far))).await;
        assert_eq!(refused(direct), Refusal::DocumentsStay);
        let behind = documents.around(egress.send(ask(&near))).await;
        if purpose == Purpose::Search {
            // Search providers lead nowhere at all.
            assert_eq!(behind.unwrap().status, 302);
        } else {
            assert_eq!(refused(behind), Refusal::DocumentsStay);
        }
        let streamed = documents.around(egress.open(ask(&far))).await;
        assert!(matches!(streamed, Err(Failed::Refused { .. })), "{streamed:?}");
        let nobody = egress.send(ask(&far)).await;
        assert_eq!(refused(nobody), Refusal::OnNobodysBehalf);
    }
    assert_eq!(far.hits(), 0);
    assert_eq!(documents.contacts().len(), 3, "only the near host was asked");
    let reply = Scope::open().around(egress.send(request(far.url("/")))).await;
    assert_eq!(reply.unwrap().body, b"alive");
}

#[tokio::test]
async fn offline_asks_only_named_origins_of_this_machine() {
    let (named, other) = (canary().await, canary().await);
    let outgoing = Outgoing { mode: Mode::Offline, ..Outgoing::default() };
    let policy = Policy { outgoing, ..Policy::allowing(vec![origin(&named)]) };
    let egress = Egress::new(policy);
    assert!(egress.send(request(named.url("/"))).await.is_ok());
    assert_eq!(refused(egress.send(request(other.url("/"))).await), Refusal::Port);
    let far = "https://example.com/".parse().unwrap();
    assert_eq!(refused(egress.send(request(far)).await), Refusal::Offline);
    assert_eq!(other.hits(), 0);
}

#[tokio::test]
async fn a_name_that_leads_inside_is_never_dialled_and_looks_like_one_that_leads_nowhere() {
    let canary = canary().await;
    let port = canary.address.port();
    let names = Names::from_fn(|name| match name {
        "inside.example.com" => vec!["127.0.0.1".parse().unwrap()],
        "mixed.example.com" => {
            vec!["93.184.216.34".parse().unwrap(), "::ffff:127.0.0.1".parse().unwrap()]
        }
        _ => Vec::new(),
    });
    let egress = Egress::with(Policy::default(), names, None);
    let mut said = Vec::new();
    for host in ["inside.example.com", "mixed.example.com", "nowhere.example.com"] {
        let answer = egress.send(request(format!("http://{host}/").parse().unwrap())).await;
        said.push(answer.unwrap_err().to_string().replace(host, "HOST"));
        let answer = egress.send(request(format!("http://{host}:{port}/").parse().unwrap())).await;
        assert_eq!(refused(answer), Refusal::Port);
    }
    assert_eq!(said[0], said[2]);
    assert_eq!(said[1], said[2]);
    assert_eq!(canary.hits(), 0);
}

#[tokio::test]
async fn what_is_sent_and_received_is_counted_by_host_and_purpose() {
    let site = canary().await;
    let egress = Egress::new(Policy::allowing(vec![origin(&site)]));
    let scope = Scope::open();
    let padding = ("x-padding".parse::<HeaderName>().unwrap(), "y".repeat(1_000).parse().unwrap());
    let search =
        Request { purpose: Purpose::Search, headers: vec![padding], ..request(site.url("/")) };
    scope
        .around(async {
            egress.send(request(site.url("/"))).await.unwrap();
            egress.send(request(site.url("/nothing"))).await.unwrap();
            egress.send(search).await.unwrap();
        })
        .await;
    let contacts = scope.contacts();
    let counted: Vec<(Purpose, u32, u64)> =
        contacts.iter().map(|c| (c.purpose, c.requests, c.bytes_in)).collect();
    assert_eq!(counted, [(Purpose::Page, 2, 5), (Purpose::Search, 1, 5)]);
    assert!((200..400).contains(&contacts[0].bytes_out), "{contacts:?}");
    assert!((1_000..1_300).contains(&contacts[1].bytes_out), "{contacts:?}");
}

#[tokio::test]
async fn what_is_counted_as_sent_is_what_arrives() {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let url: url::Url = format!("http://{address}/a?b=c").parse().unwrap();
    let egress = Egress::new(Policy::allowing(vec![Origin::of(&url).unwrap()]));
    let agent = ("user-agent".parse::<HeaderName>().unwrap(), "me".parse().unwrap());
    let get = Request { headers: vec![agent], ..request(url.clone()) };
    let post = Request::post(url.clone(), vec![b'x'; 120], 1_000, Duration::from_secs(5));
    for request in [request(url.clone()), get, post] {
        let scope = Scope::open();
        let serve = async {
            let (mut stream, _) = listener.accept().await.unwrap();
            let mut arrived = vec![0; 4_096];
            let mut size = stream.read(&mut arrived).await.unwrap();
            let is_whole = |sent: &[u8]| !sent.starts_with(b"POST") || sent.ends_with(b"xxx");
            while !is_whole(&arrived[..size]) {
                size += stream.read(&mut arrived[size..]).await.unwrap();
            }
            let reply = b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\nconnection: close\r\n\r\n";
            stream.write_all(reply).await.unwrap();
            size as u64
        };
        let (size, reply) = tokio::join!(serve, scope.around(egress.send(request)));
        assert_eq!(reply.unwrap().status, 200);
        assert_eq!(scope.contacts()[0].bytes_out, size);
    }
}

#[tokio::test]
async fn nothing_is_counted_as_sent_to_whom_nobody_reaches() {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url: url::Url = format!("http://{}/", listener.local_addr().unwrap()).parse().unwrap();
    drop(listener);
    let egress = Egress::new(Policy::allowing(vec![Origin::of(&url).unwrap()]));
    let scope = Scope::open();
    scope.around(egress.send(request(url))).await.unwrap_err();
    let contacts = scope.contacts();
    assert_eq!((contacts[0].requests, contacts[0].bytes_out), (1, 0));
}
