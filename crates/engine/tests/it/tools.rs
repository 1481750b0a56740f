//! Servers of tools that a request names: called as a model says, within caps, reported, and read like pages.

use domain::spec::{Input, Spec};
use domain::tools::ToolServer as Named;
use serde_json::{Map, json};
use testkit::analyst::{Habit, ORDER};
use testkit::corpus::QUESTION;
use testkit::tool_server::{Manner, Record};
use testkit::{ToolServer, build};

use crate::bench::on_the_web;
use crate::models::{Desk, report, with_models};

/// Sent in a header; the failing server says it again.
const SECRET: &str = "k-123456";
const INSURED: &str = "What was the plant of Sorrel Reach insured for?";

fn records() -> Vec<Record> {
    let text = "The plant of Sorrel Reach was insured for EUR 3.5 million in 2020.\n\nThe policy is kept in Ayford.";
    vec![Record { name: "Sorrel Reach", id: "R7", text: text.into() }]
}

fn named(name: &str, server: &ToolServer) -> Named {
    Named {
        name: name.into(),
        url: server.url(),
        headers: vec![("x-secret".into(), SECRET.into())],
        allowed: None,
    }
}

async fn desk(habit: Habit, servers: &[&ToolServer]) -> Desk {
    let mut desk = Desk::new(habit).await;
    for server in servers {
        desk.bench.allow(&server.origin);
    }
    desk
}

#[tokio::test]
async fn a_report_rests_on_what_tools_say_and_tells_of_each_call() {
    for manner in [Manner::Json, Manner::Events] {
        let server = ToolServer::start(manner, records()).await;
        let desk = desk(Habit::Careful, &[&server]).await;
        let spec = Spec { tools: vec![named("register", &server)], ..report("pro") };
        let done = desk.done(spec, INSURED).await;
        desk.assert_signed(&done).await;
        assert!(done.text.contains("EUR 3.5 million"), "{}", done.text);
        let calls = server.calls();
        assert_eq!(calls.len(), 2, "{calls:?} {:?}", done.receipt.notes);
        assert_eq!(calls[0], ("find".into(), json!({"name": "Sorrel Reach"})));
        assert_eq!(calls[1], ("get".into(), json!({"id": "R7"})));
        let output = done.output.unwrap();
        assert!(output.evidence().any(|one| one.address == "tool:register/get"));
        let told: Vec<_> = output.tool_calls.iter().map(|call| (&*call.id, &*call.tool)).collect();
        assert_eq!(told, [("tool_1", "find"), ("tool_2", "get")]);
        assert!(output.tool_calls[1].content.as_ref().unwrap().contains("insured"));
        assert_eq!(output.tool_calls[1].arguments, r#"{"id":"R7"}"#);
        let secrets = server.secrets();
        assert!(secrets.len() > 4 && secrets.iter().all(|secret| secret == SECRET));
        let contacts = &done.receipt.contacts;
        assert!(contacts.iter().any(|contact| contact.purpose == "mcp" && contact.requests > 4));
        // Keys of callers are told to no model.
        assert!(desk.server.asked().iter().all(|asked| !asked.turns[0].contains(SECRET)));
    }
}

#[tokio::test]
async fn lower_tiers_make_one_call() {
    for tier in ["lite", "core"] {
        let server = ToolServer::start(Manner::Json, records()).await;
        let desk = desk(Habit::Careful, &[&server]).await;
        let spec = Spec { tools: vec![named("register", &server)], ..report(tier) };
        let done = desk.done(spec, QUESTION).await;
        assert_eq!(server.calls().len(), 1, "{tier}");
        assert_eq!(done.output.unwrap().tool_calls.len(), 1, "{tier}");
    }
}

#[tokio::test]
async fn a_row_is_filled_from_tools() {
    let server = ToolServer::start(Manner::Json, records()).await;
    let desk = desk(Habit::Careful, &[&server]).await;
    let spec =
        with_models(build::fields("insured_for: EUR million it was insured for (number)"), "pro");
    let spec = Spec { tools: vec![named("register", &server)], ..on_the_web(spec) };
    let row = Input::Row(Map::from_iter([("plant".to_owned(), json!("Sorrel Reach"))]));
    let run = desk.bench.submit(spec, row).await;
    let worker = desk.bench.start("ann");
    let done = desk.end_of(&run).await;
    worker.stop().await;
    desk.assert_signed(&done).await;
    let output = done.output.unwrap();
    assert_eq!(output.tool_calls.len(), 2, "{:?}", done.receipt.notes);
    assert!(output.evidence().any(|one| one.address == "tool:register/get"), "{}", done.text);
    assert!(done.text.contains("3.5"), "{}", done.text);
}

#[tokio::test]
async fn what_says_that_it_changes_something_is_called_only_where_it_is_named() {
    let server = ToolServer::start(Manner::Json, records()).await;
    let desk = desk(Habit::Careful, &[&server]).await;
    let offered = |asked: &testkit::model_server::Asked, tool: &str| {
        asked.system.contains("You look things up")
            && asked.turns[0].contains(&format!("\n{tool}: "))
    };
    let spec = Spec { tools: vec![named("register", &server)], ..report("core") };
    desk.done(spec.clone(), INSURED).await;
    let asked = desk.server.asked();
    assert!(asked.iter().any(|asked| offered(asked, "find")));
    assert!(!asked.iter().any(|asked| offered(asked, "erase")));
    let allowed = Some(vec!["erase".to_owned()]);
    let tools = vec![Named { allowed, ..named("register", &server) }];
    desk.done(Spec { tools, ..spec }, INSURED).await;
    let asked = &desk.server.asked()[asked.len()..];
    assert!(asked.iter().any(|asked| offered(asked, "erase")));
    assert!(!asked.iter().any(|asked| offered(asked, "find")));
}

#[tokio::test]
async fn a_server_that_cannot_be_asked_is_told_of_and_the_run_goes_on() {
    for (manner, said) in [
        (Manner::Refusing(500), "could not be listed"),
        (Manner::Refusing(401), "`headers` in the request lack what lets us in"),
    ] {
        let server = ToolServer::start(manner, Vec::new()).await;
        let desk = desk(Habit::Careful, &[&server]).await;
        let spec = Spec { tools: vec![named("register", &server)], ..report("core") };
        let done = desk.done(spec, QUESTION).await;
        desk.assert_signed(&done).await;
        assert!(done.text.contains("12 May 1998"), "{}", done.text);
        let notes = &done.receipt.notes;
        assert!(notes.iter().any(|note| note.contains(said)), "{notes:?}");
    }
    // Nor one in a private network that nobody has allowed.
    let server = ToolServer::start(Manner::Json, records()).await;
    let desk = desk(Habit::Careful, &[]).await;
    let spec = Spec { tools: vec![named("register", &server)], ..report("core") };
    let done = desk.done(spec, QUESTION).await;
    let notes = &done.receipt.notes;
    assert!(notes.iter().any(|note| note.contains("may not be asked")), "{notes:?}");
    assert!(server.secrets().is_empty());
}

#[tokio::test]
async fn a_call_that_fails_is_reported_with_what_the_tool_says() {
    let server = ToolServer::start(Manner::Failing, records()).await;
    let desk = desk(Habit::Careful, &[&server]).await;
    let spec = Spec { tools: vec![named("register", &server)], ..report("core") };
    let done = desk.done(spec, QUESTION).await;
    desk.assert_signed(&done).await;
    let call = done.output.unwrap().tool_calls.remove(0);
    assert_eq!(
        (call.content, call.error.as_deref()),
        (None, Some("the register is closed on Sundays to ***"))
    );
}

#[tokio::test]
async fn what_one_server_says_changes_no_search_and_nothing_that_another_is_asked() {
    let mut asked = Vec::new();
    for order in ["", ORDER] {
        let text =
            format!("The plant of Sorrel Reach was insured for EUR 3.5 million. {order}\nid: R7");
        let steering = vec![Record { name: "Sorrel Reach", id: "R7", text }];
        let (one, other) = (
            ToolServer::start(Manner::Json, steering).await,
            ToolServer::start(Manner::Json, records()).await,
        );
        let desk = desk(Habit::Obedient, &[&one, &other]).await;
        let tools = vec![named("register", &one), named("archive", &other)];
        let done = desk.done(Spec { tools, ..report("pro") }, INSURED).await;
        desk.assert_signed(&done).await;
        assert!(!done.text.contains("the offer]"), "{}", done.text);
        let reached = desk.server.asked().iter().any(|asked| asked.turns[0].contains("umbrella"));
        assert_eq!(reached, !order.is_empty());
        asked.push((other.calls(), desk.web.searches()));
    }
    assert_eq!(asked[0], asked[1]);
}
