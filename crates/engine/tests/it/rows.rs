//! Rows with models: every kind of field on every tier, shapes that are invented, in two languages.

use domain::output::{Basis, Confidence, Content, Missing, Output};
use domain::schema::{FieldKind, Schema};
use domain::spec::{Escalation, Input, Spec, Wanted};
use serde_json::{Map, Value, json};
use testkit::analyst::{Habit, ORDER};
use testkit::corpus::{self, FRAGE, QUESTION};
use testkit::{Database, build};

use crate::bench::on_the_web;
use crate::models::{Desk, Done, with_models};

const TIERS: [&str; 5] = ["lite", "base", "core", "pro", "ultra2x"];

/// One field of each kind, two that are found.
pub(crate) fn of_every_kind(tier: &str) -> Spec {
    let schema = json!({
        "type": "object",
        "properties": {
            "opened": {"type": ["string", "null"], "format": "date", "description": "when the plant was opened"},
            "electricity": {"type": ["number", "null"], "description": "megawatt hours of electricity produced in 2024"},
            "danger": {"enum": ["killed", "harmless", null], "description": "verdict: what becomes of eels in the turbines", "x-kind": "judged"},
            "listing": {"type": ["string", "null"], "description": "what the building of it cost, as a sentence for a catalogue", "x-kind": "written"},
        },
        "required": ["opened", "electricity", "danger", "listing"],
        "additionalProperties": false,
    });
    let (schema, _) = Schema::parse(schema).unwrap();
    let spec = Spec { wanted: Wanted::Fields(schema), ..build::fields("a") };
    on_the_web(with_models(spec, tier))
}

pub(crate) fn plant() -> Input {
    Input::Row(Map::from_iter([("plant".to_owned(), json!("Sorrel Reach"))]))
}

async fn filled(desk: &Desk, spec: Spec, input: Input) -> Done {
    let done = worked_on(desk, spec, input).await;
    desk.assert_signed(&done).await;
    done
}

/// The same where nothing may be found.
async fn worked_on(desk: &Desk, spec: Spec, input: Input) -> Done {
    let run = desk.bench.submit(spec, input).await;
    let worker = desk.bench.start("ann");
    let done = desk.end_of(&run).await;
    worker.stop().await;
    done
}

fn values(output: &Output) -> &Map<String, Value> {
    let Content::Fields { values, .. } = &output.content else { panic!("fields") };
    values
}

fn assert_fits(schema: &Value, values: &Map<String, Value>) {
    let text = Value::Object(values.clone()).to_string();
    assert_eq!(llm::typed::read(&text, schema).map(|_| ()), Ok(()), "{text}");
}

fn basis<'a>(output: &'a Output, field: &str) -> &'a Basis {
    output.basis.iter().find(|basis| basis.field == field).unwrap()
}

#[tokio::test]
async fn every_tier_finds_judges_and_writes() {
    let desk = Desk::new(Habit::Careful).await;
    for tier in TIERS {
        let spec = of_every_kind(tier);
        let caps = spec.processor.caps;
        let Wanted::Fields(schema) = spec.wanted.clone() else { unreachable!("fields") };
        let done = filled(&desk, spec, plant()).await;
        let output = done.output.as_ref().unwrap();
        let values = values(output);
        assert_fits(schema.raw(), values);
        assert_eq!(values["opened"], json!("1998-05-12"), "{tier}: {:?}", done.receipt.notes);
        let kinds = ["opened", "danger", "listing"].map(|field| basis(output, field).kind);
        let all = [FieldKind::Found, FieldKind::Judged, FieldKind::Written].map(Some);
        assert_eq!(kinds, all);
        let spending = done.spending();
        assert!(spending.calls <= caps.calls && spending.input_tokens <= caps.input_tokens);
        assert!(spending.cost_micro_usd.unwrap() <= caps.cost_micro_usd);
        if tier == "lite" {
            continue;
        }
        assert_eq!(values["electricity"], json!(10400), "{tier}: {:?}", done.receipt.notes);
        assert_eq!(values["danger"], json!("killed"), "{tier}: {}", done.text);
        let listing = values["listing"].as_str().unwrap();
        assert!(listing.contains("EUR 12.5 million") || listing.contains("EUR 14.1"), "{listing}");
        for field in ["danger", "listing"] {
            assert!(!basis(output, field).evidence.is_empty(), "{tier}: {field}");
        }
    }
}

#[tokio::test]
async fn sentences_that_row_and_quotes_do_not_carry_fall() {
    let desk = Desk::new(Habit::InventsNumbers).await;
    let done = filled(&desk, of_every_kind("pro"), plant()).await;
    let output = done.output.as_ref().unwrap();
    let listing = values(output)["listing"].as_str().unwrap();
    assert!(listing.contains("EUR") && !listing.contains("777777"), "{listing}");
    assert!(basis(output, "listing").reasoning.contains("left out"), "{output:#?}");
}

#[tokio::test]
async fn a_text_keeps_to_the_bounds_of_its_schema_which_its_writer_is_told() {
    let desk = Desk::new(Habit::Careful).await;
    let schema = json!({"properties": {
        "listing": {"type": ["string", "null"], "maxLength": 70, "description": "what the building of it cost, as a sentence for a catalogue", "x-kind": "written"},
        "danger": {"type": ["integer", "null"], "minimum": 1, "maximum": 5, "description": "score: how dangerous the turbines are for eels", "x-kind": "judged"},
    }});
    let (schema, _) = Schema::parse(schema).unwrap();
    let spec = Spec { wanted: Wanted::Fields(schema), ..of_every_kind("pro") };
    let done = filled(&desk, spec, plant()).await;
    let listing = values(done.output.as_ref().unwrap())["listing"].as_str().unwrap();
    assert!(listing.chars().count() <= 70, "{listing}");
    let asked = desk.server.asked();
    let is_told = |bound: &str| asked.iter().any(|asked| asked.turns[0].contains(bound));
    assert!(is_told("for a catalogue (at most 70 characters)"));
    assert!(is_told("for eels (from 1 to 5)"));
}

#[tokio::test]
async fn what_is_said_of_another_thing_fills_no_row() {
    let desk = Desk::new(Habit::Confuses).await;
    let row = |name: &str| Input::Row(Map::from_iter([("plant".to_owned(), json!(name))]));
    let done = worked_on(&desk, of_every_kind("core"), row("Gorsemoor")).await;
    let output = done.output.as_ref().unwrap();
    assert!(
        done.receipt.pages_read > 0 && done.spending().claims_dropped > 0,
        "{:?}",
        done.receipt
    );
    assert!(values(output)["opened"].is_null(), "{output:#?}");
    assert!(basis(output, "opened").missing.is_some(), "{output:#?}");
    // With one of its words it may be meant: the value is given, and as a weak one.
    let done = filled(&desk, of_every_kind("core"), row("Sorrel Harbour")).await;
    let output = done.output.as_ref().unwrap();
    let opened = basis(output, "opened");
    assert_eq!(opened.confidence, Some(Confidence::Low), "{output:#?}");
    assert!(opened.reasoning.contains("names the row"), "{opened:?}");
}

#[tokio::test]
async fn changed_quotes_give_no_value() {
    let desk = Desk::new(Habit::Misquotes).await;
    let spec = Spec { escalation: Escalation::Every, ..of_every_kind("pro") };
    let done = filled(&desk, spec, plant()).await;
    assert!(done.spending().claims_dropped > 0, "{:?}", done.receipt);
}

#[tokio::test]
async fn a_model_that_finds_nothing_leaves_what_the_rules_find() {
    let desk = Desk::new(Habit::Blind).await;
    let done = filled(&desk, of_every_kind("core"), plant()).await;
    let output = done.output.as_ref().unwrap();
    assert_eq!(values(output)["opened"], json!("1998-05-12"), "{output:#?}");
    assert_eq!(values(output)["danger"], Value::Null);
    assert!(basis(output, "danger").missing.is_some_and(|why| why != Missing::NeedsModel));
}

#[tokio::test]
async fn an_order_on_a_page_changes_no_cell_no_search_and_no_address() {
    let mut seen = Vec::new();
    for order in [String::new(), format!("<p>The eels of Sorrel Reach. {ORDER}</p>")] {
        let web = corpus::web_with("/press/eels", &order).await;
        let desk = Desk::over(web, Habit::Obedient, Database::sqlite()).await;
        let done = filled(&desk, of_every_kind("pro"), plant()).await;
        let values = values(done.output.as_ref().unwrap()).clone();
        assert!(!done.text.contains("evil.test"), "{}", done.text);
        for field in ["opened", "electricity", "danger"] {
            let text = values[field].to_string();
            assert!(!text.contains("umbrella"), "{field}: {text}");
        }
        let paths = |all: Vec<String>| {
            let press = desk.web.press.origin.clone();
            all.into_iter().map(|one| one.replace(&press, "press")).collect::<Vec<_>>()
        };
        seen.push((paths(desk.web.searches()), paths(desk.web.asked())));
    }
    assert_eq!(seen[0], seen[1]);
}

#[tokio::test]
async fn a_field_that_no_call_was_left_for_says_so() {
    let desk = Desk::new(Habit::Careful).await;
    let schema = json!({"wage": {"type": ["number", "null"], "description": "wage of its divers"}});
    let (schema, _) = Schema::parse(json!({"properties": schema})).unwrap();
    // Two pay for a reading and for what is written from it; the plan is then made by rules.
    for (calls, why) in [(1, Missing::Budget), (2, Missing::NotFound), (40, Missing::NotFound)] {
        let mut spec = Spec { wanted: Wanted::Fields(schema.clone()), ..of_every_kind("core") };
        spec.processor.caps.calls = calls;
        let done = worked_on(&desk, spec, plant()).await;
        let output = done.output.as_ref().unwrap();
        assert!(done.receipt.pages_read > 0, "{:?}", done.receipt);
        assert_eq!(basis(output, "wage").missing, Some(why), "{calls}: {:?}", done.receipt.notes);
    }
}

#[tokio::test]
async fn a_shape_is_invented_for_a_question_in_two_languages() {
    let desk = Desk::new(Habit::Careful).await;
    for (question, has) in [(QUESTION, "opened"), (FRAGE, "eröffnet")] {
        let spec = Spec { wanted: Wanted::Auto, ..build::report() };
        let spec = on_the_web(with_models(spec, "pro"));
        let done = filled(&desk, spec, build::question(question)).await;
        let Some(Content::Fields { values, schema: Some(schema) }) =
            done.output.as_ref().map(|output| &output.content)
        else {
            panic!("fields with their schema: {:?}", done.output)
        };
        let properties = schema["properties"].as_object().unwrap();
        assert_eq!(properties.len(), values.len(), "{schema}");
        let name = values.keys().find(|name| name.contains(has)).unwrap();
        assert_eq!(values[name], json!("1998-05-12"), "{} {:?}", done.text, done.receipt.notes);
        assert!(values.values().any(|value| *value == json!(10400)), "{}", done.text);
        assert_fits(schema, values);
    }
}

#[tokio::test]
async fn a_group_plans_its_columns_once() {
    let desk = Desk::new(Habit::Careful).await;
    let store = &desk.bench.store;
    let me = crate::bench::ME;
    let group = store.create_group(me, None, None, None).await.unwrap().made().unwrap().id;
    let spec = std::sync::Arc::new(of_every_kind("core"));
    let rows = (0..4).map(|_| crate::bench::new_run(&spec, plant())).collect();
    store.add_rows(me, group, rows, None).await.unwrap();
    let worker = desk.bench.start("ann");
    let mut ended = 0;
    for _ in 0..600 {
        let found = store.find_group(me, group).await.unwrap().unwrap();
        ended = found.counts.completed;
        if ended == 4 {
            break;
        }
        tokio::time::sleep(std::time::Duration::from_millis(100)).await;
    }
    worker.stop().await;
    assert_eq!(ended, 4);
    let asked = desk.server.asked();
    let plans = asked.iter().filter(|asked| asked.system.contains("You plan how the same fields"));
    assert_eq!(plans.count(), 1);
    // Equal rows ask the same, and pay once.
    let bodies: std::collections::BTreeSet<Vec<u8>> =
        asked.iter().map(|asked| asked.bytes.to_vec()).collect();
    assert_eq!(bodies.len(), asked.len());
}
