//! Where rules, readers and sources differ: who decides, and what a report says of parts of which nothing stands.

use std::sync::Arc;

use domain::output::{Basis, Confidence, Content, Output};
use domain::schema::Schema;
use domain::spec::{Escalation, Input, Spec, Wanted};
use serde_json::{Map, Value, json};
use testkit::analyst::Habit;
use testkit::corpus::{self, QUESTION, Web};
use testkit::model_server::{Asked, Said};
use testkit::{Analyst, Database, Site, build};

use crate::bench::{ME, new_run, on_the_web, values};
use crate::models::{Desk, Done, report, with_models};

/// A web of two sites with these pages: path, title and HTML; those of the press begin with `/press`.
async fn web(pages: &[(&str, &str, &str)]) -> Web {
    let html = |(path, title, body): &(&str, &str, &str)| {
        let html = format!(
            "<html><head><title>{title}</title></head><body><main><h1>{title}</h1>{body}</main></body></html>"
        );
        ((*path).to_owned(), html)
    };
    let (of_press, others): (Vec<_>, Vec<_>) =
        pages.iter().map(html).partition(|(path, _)| path.starts_with("/press"));
    let press = of_press.iter().fold(Site::script(), |site, (path, html)| site.html(path, html));
    let press = press.serve().await;
    let register = others.iter().fold(Site::script(), |site, (path, html)| site.html(path, html));
    let register = pages.iter().fold(register, |site, (path, title, body)| {
        let address = if path.starts_with("/press") { press.url(path) } else { (*path).to_owned() };
        site.findable(&address, &format!("{title} {body}"))
    });
    Web { register: register.serve().await, press }
}

/// The names of the passages that hold a text.
fn passage_with(asked: &Asked, text: &str) -> Option<String> {
    let mut name = None;
    for line in asked.turns[0].lines() {
        if let Some(head) = line.strip_prefix("<<< ") {
            name = head.split(' ').next().map(str::to_owned);
        }
        if line.contains(text) {
            return name;
        }
    }
    None
}

/// A model that reads one value from one sentence and chooses the candidate with it; all else it leaves.
fn reads(field: &'static str, quote: &'static str, value: Value) -> impl Fn(&Asked) -> Said {
    let analyst = Analyst::new(Habit::Blind);
    move |asked| {
        if asked.system.contains("You fill in a row") {
            let cells: Vec<Value> = passage_with(asked, quote)
                .map(|name| {
                    let value = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
                    json!({"field": field, "passage": name, "quote": quote, "value": value})
                })
                .into_iter()
                .collect();
            return Said::json(&json!({"others": [], "cells": cells}));
        }
        if asked.system.contains("Sources state different values") {
            let shown = value.as_str().unwrap_or_default();
            let numbered = asked.turns[0].lines().find_map(|line| {
                let (number, text) = line.trim().split_once(". ")?;
                (text == shown).then(|| number.parse::<u32>().ok()).flatten()
            });
            let choice =
                json!({"field": field, "reason": "It is the newest.", "candidate": numbered});
            return Said::json(&json!({"choices": [choice]}));
        }
        analyst.answer(asked)
    }
}

fn of_company(schema: &Value) -> (Spec, Input) {
    let (schema, _) = Schema::parse(json!({"properties": schema})).unwrap();
    let spec = Spec {
        wanted: Wanted::Fields(schema),
        escalation: Escalation::Every,
        ..build::fields("a")
    };
    let row = Map::from_iter([("company".to_owned(), json!("Halden Pumps AS"))]);
    (on_the_web(with_models(spec, "core")), Input::Row(row))
}

async fn filled(
    web: Web,
    answer: impl Fn(&Asked) -> Said + Send + Sync + 'static,
    schema: &Value,
) -> (Desk, Done) {
    let desk = Desk::asking(web, answer, Database::sqlite()).await;
    let (spec, input) = of_company(schema);
    let run = desk.bench.submit(spec, input).await;
    let worker = desk.bench.start("ann");
    let done = desk.end_of(&run).await;
    worker.stop().await;
    (desk, done)
}

fn basis<'a>(output: &'a Output, field: &str) -> &'a Basis {
    output.basis.iter().find(|basis| basis.field == field).unwrap()
}

const CHIEF: &str = "Marek Dvorak has had the say at Halden Pumps AS since September 2025.";

#[tokio::test]
async fn what_the_rules_alone_have_found_does_not_outrank_what_a_model_read() {
    let row = "<table><tr><th>Name</th><td>Halden Pumps AS</td></tr><tr><th>Chief executive</th><td>Ingrid Solberg</td></tr></table>";
    let about = format!("<p>{CHIEF}</p>");
    let web = web(&[
        ("/register", "Halden Pumps AS", row),
        ("/press/chiefs", "Halden Pumps AS: chief executive", row),
        ("/about", "About Halden Pumps AS", &about),
    ])
    .await;
    let schema =
        json!({"ceo": {"type": ["string", "null"], "description": "name of the chief executive"}});
    let (desk, done) = filled(web, reads("ceo", CHIEF, json!("Marek Dvorak")), &schema).await;
    let output = done.output.as_ref().unwrap();
    let chief = basis(output, "ceo");
    assert_eq!(values(output)["ceo"], json!("Marek Dvorak"), "{output:#?}");
    assert!(chief.reasoning.contains("It is the newest"), "{chief:?}");
    assert_eq!(chief.conflicts[0].value, json!("Ingrid Solberg"));
    assert_ne!(chief.confidence, Some(Confidence::High));
    let asked = desk.server.asked();
    assert!(asked.iter().any(|asked| asked.system.contains("Sources state different values")));
}

#[tokio::test]
async fn the_row_itself_is_no_value_of_a_field_about_another_thing() {
    let said = "The chief executive of Halden Pumps AS spoke to the harbour board.";
    let page = format!("<p>{said}</p>");
    let web = web(&[("/about", "About Halden Pumps AS", &page)]).await;
    let schema =
        json!({"ceo": {"type": ["string", "null"], "description": "name of the chief executive"}});
    let (_, done) = filled(web, reads("ceo", said, json!("Halden Pumps")), &schema).await;
    let output = done.output.as_ref().unwrap();
    assert_eq!(values(output)["ceo"], Value::Null, "{output:#?}");
    assert_eq!(done.spending().claims_dropped, 1);
}

#[tokio::test]
async fn a_whole_address_stands_before_a_fragment_of_it() {
    let said = "The head office of Halden Pumps AS is at Storgata 14, 1771 Halden, Norway.";
    let page = format!("<p>{said}</p>");
    let web = web(&[
        ("/about", "About Halden Pumps AS", &page),
        ("/press/a", "Halden Pumps AS", "<dl><dt>City</dt><dd>Halden</dd></dl>"),
    ])
    .await;
    let text = || json!({"type": "string"});
    let members = json!({"street": text(), "postcode": text(), "city": text(), "country": text(), "building": {"type": ["string", "null"]}});
    let schema = json!({"headquarters": {"type": ["object", "null"], "properties": members, "description": "headquarters"}});
    let whole =
        json!({"street": "Storgata 14", "postcode": "1771", "city": "Halden", "country": "Norway"});
    let (_, done) = filled(web, reads("headquarters", said, whole), &schema).await;
    let output = done.output.as_ref().unwrap();
    let delivered = &values(output)["headquarters"];
    assert_eq!(delivered["street"], json!("Storgata 14"), "{output:#?}");
    assert_eq!(delivered["country"], json!("Norway"));
    let found = basis(output, "headquarters");
    assert_eq!(found.conflicts, [], "a fragment contradicts nothing");
    assert!(found.reasoning.ends_with("Not stated: building."), "{}", found.reasoning);
}

#[tokio::test]
async fn one_sum_with_and_without_its_million_is_no_conflict() {
    let said = "In the end the Ostmark plant of Halden Pumps AS cost EUR 61 million.";
    let page = format!("<p>{said}</p>");
    for (about, value) in [
        ("what the Ostmark plant cost, in million euros", 61),
        ("what the Ostmark plant cost in euros", 61_000_000),
    ] {
        for read in [61, 61_000_000] {
            let web = web(&[("/about", "About Halden Pumps AS", &page)]).await;
            let schema = json!({"cost": {"type": ["number", "null"], "description": about}});
            let (_, done) = filled(web, reads("cost", said, json!(read)), &schema).await;
            let output = done.output.as_ref().unwrap();
            assert_eq!(values(output)["cost"], json!(value), "{about} {read}: {output:#?}");
            assert_eq!(basis(output, "cost").conflicts, []);
        }
    }
}

#[tokio::test]
async fn a_part_of_which_no_sentence_stands_was_not_found() {
    let analyst = Analyst::new(Habit::Careful);
    let answer = move |asked: &Asked| match analyst.answer(asked) {
        Said::Text(text) if asked.system.contains("You write") => {
            let pieces = text.split_inclusive("]]. ");
            Said::Text(pieces.filter(|piece| !piece.contains("eels")).collect())
        }
        said @ (Said::Text(_) | Said::Cut(_) | Said::Refusal(_) | Said::Error(..)) => said,
    };
    for tier in ["pro", "ultra"] {
        let desk = Desk::asking(corpus::web().await, answer.clone(), Database::sqlite()).await;
        let done = desk.done(report(tier), QUESTION).await;
        let (_, missing) = done
            .text
            .split_once("## What was not found")
            .unwrap_or_else(|| panic!("{tier}: {}", done.text));
        assert!(missing.split("##").next().unwrap().contains("eels"), "{tier}: {}", done.text);
        let answer = &done.output.as_ref().unwrap().basis[0];
        assert!(answer.reasoning.contains("3 of 4 parts"), "{}", answer.reasoning);
        assert_ne!(answer.confidence, Some(Confidence::High));
    }
}

#[tokio::test]
async fn where_no_model_compares_rules_do() {
    let analyst = Analyst::new(Habit::Careful);
    let answer = move |asked: &Asked| {
        if asked.system.contains("You compare statements") {
            return Said::Error(500, "down".into());
        }
        analyst.answer(asked)
    };
    let desk = Desk::asking(corpus::web().await, answer, Database::sqlite()).await;
    let done =
        desk.done(report("core"), "What did the building of the Sorrel Reach plant cost?").await;
    assert!(
        done.text.contains("## Where sources disagree"),
        "{}\n{:?}",
        done.text,
        done.receipt.notes
    );
    assert!(done.receipt.contradictions > 0);
    assert_ne!(done.output.as_ref().unwrap().basis[0].confidence, Some(Confidence::High));
}

#[tokio::test]
async fn fields_that_follow_up_are_about_what_was_asked_before() {
    let desk = Desk::new(Habit::Careful).await;
    let first = desk.done(report("core"), "When was the plant of Sorrel Reach opened?").await;
    let schema = json!({"licence_ends": {"type": ["string", "null"], "format": "date", "description": "day on which the operating licence ends"}});
    let (schema, _) = Schema::parse(json!({"properties": schema})).unwrap();
    let spec = Spec { wanted: Wanted::Fields(schema), ..build::report() };
    let spec = on_the_web(with_models(spec, "core"));
    let mut new = new_run(&Arc::new(spec), build::question("When does the operating licence end?"));
    new.previous = Some(first.run.run.id);
    let made = desk.bench.store.create_run(ME, new, None).await.unwrap().made().unwrap();
    let run = desk.bench.store.find_run(ME, made.id).await.unwrap().unwrap();
    let worker = desk.bench.start("ann");
    let done = desk.end_of(&run).await;
    worker.stop().await;
    let of_run = &done.receipt.queries;
    assert!(
        !of_run.is_empty()
            && of_run.iter().all(|query| format!("{query:?}").contains("Sorrel Reach")),
        "{of_run:?}"
    );
    let Some(Content::Fields { values, .. }) = done.output.as_ref().map(|output| &output.content)
    else {
        panic!("fields")
    };
    assert_eq!(values["licence_ends"], json!("2031-12-31"), "{:?}", done.receipt.notes);
    let asked = desk.server.asked();
    let rows = asked.iter().filter(|asked| asked.system.contains("You fill in a row"));
    assert!(rows.clone().count() > 0);
    assert!(
        rows.clone().all(|asked| asked.turns[0].contains("It follows up on: When was the plant"))
    );
}
