//! What is accepted, with which warnings, and what a run may read.

use domain::country::Country;
use domain::processor;
use domain::source::{Place, Source, SourceName};
use serde_json::json;

use domain::spec::Escalation;

use super::*;

fn catalog(search: &[&str]) -> Catalog {
    Catalog {
        processors: processor::defaults(),
        search: search.iter().map(|name| (*name).to_owned()).collect(),
        keyless: false,
        cast: None,
        offer: Offer::default(),
        host: "here".into(),
        outgoing: Outgoing::default(),
        way_out: None,
    }
}

fn folder(name: &str, host: &str) -> Source {
    Source {
        seq: 1,
        name: SourceName::parse(name).unwrap(),
        place: Place::Folder(format!("/docs/{name}")),
        host: Some(host.into()),
    }
}

fn ask(input: &str) -> RunArgs {
    RunArgs { input: json!(input), ..RunArgs::default() }
}

fn accepted(search: &[&str], sources: &[Source], args: RunArgs) -> NewRun {
    prepare(&catalog(search), sources, args, "pro", false).unwrap()
}

fn refusal(args: RunArgs) -> String {
    prepare(&catalog(&["searxng"]), &[], args, "pro", false).unwrap_err().message
}

fn names(run: &NewRun) -> Vec<&str> {
    run.spec.sources.iter().map(SourceName::as_str).collect()
}

#[test]
fn a_question_without_documents_may_go_to_what_needs_no_account_and_one_with_them_does_not() {
    let search = |configured: &[&str], sources: &[Source], question: &str| {
        let catalog = Catalog { keyless: true, ..catalog(configured) };
        prepare(&catalog, sources, ask(question), "pro", false).unwrap().spec.search.clone()
    };
    assert_eq!(search(&[], &[], "Who makes the Otter?"), ["wikipedia"]);
    assert_eq!(search(&[], &[], "Papers on tides?"), ["wikipedia", "crossref", "arxiv"]);
    assert_eq!(search(&["brave"], &[], "Who makes the Otter?"), ["brave"]);
    assert!(search(&[], &[folder("manual", "here")], "Who makes the Otter?").is_empty());
}

#[test]
fn a_run_reads_all_sources_of_its_owner_and_searches() {
    let run = accepted(&["searxng"], &[folder("manual", "here")], ask("Why?"));
    assert_eq!(names(&run), ["manual"]);
    assert_eq!(run.spec.search, ["searxng"]);
    assert_eq!(run.spec.processor.name, "pro");
    assert_eq!(run.host, None);
    assert!(run.warnings[0].message.starts_with("Answered without a model."));
}

#[test]
fn an_include_list_leaves_out_the_local_sources_it_does_not_name() {
    let sources = [folder("manual", "here"), folder("notes", "here")];
    let with = |include: Value| RunArgs {
        source_policy: Some(json!({"include_domains": include})),
        ..ask("Why? https://example.org")
    };
    let only_local = accepted(&["searxng"], &sources, with(json!(["manual"])));
    assert_eq!((names(&only_local), only_local.spec.search.len()), (vec!["manual"], 0));
    let only_web = accepted(&["searxng"], &sources, with(json!(["example.org"])));
    assert_eq!((names(&only_web), only_web.spec.search.len()), (vec![], 1));
}

#[test]
fn only_the_named_sources_are_read_where_the_caller_names_some() {
    let sources = [folder("manual", "here"), folder("notes", "here")];
    let exactly = |name: &str| RunArgs {
        sources: Some(vec![SourceName::parse(name).unwrap()]),
        ..ask("Why?")
    };
    assert_eq!(names(&accepted(&[], &sources, exactly("notes"))), ["notes"]);
    assert_eq!(
        refusal(exactly("else")),
        "`else` is not the name of a source; known are: none yet; `--source NAME=PATH` adds one"
    );
}

#[test]
fn on_a_shared_store_a_run_goes_to_the_machine_of_its_documents() {
    let sources = [folder("far", "there"), folder("manual", "here")];
    let run = prepare(&catalog(&[]), &sources, ask("Why?"), "pro", true).unwrap();
    assert_eq!(run.host.as_deref(), Some("here"));
    assert_eq!(names(&run), ["manual"]);
    assert!(run.warnings.iter().any(|w| w.message.contains("`far` lies on another machine")));
}

#[test]
fn a_run_that_could_read_nothing_is_refused_with_the_ways_out() {
    let nothing = |args| prepare(&catalog(&[]), &[], args, "pro", false);
    let message = nothing(ask("Why?")).unwrap_err().message;
    for way in ["--source NAME=PATH", "search.searxng.url", "https://example.org"] {
        assert!(message.contains(way), "{message}");
    }
    assert!(nothing(ask("What does example.org sell?")).is_ok());
    assert!(nothing(RunArgs { processor: Some("noop".into()), ..ask("Why?") }).is_ok());
}

#[test]
fn an_unknown_processor_is_refused_with_the_known_ones() {
    let args = RunArgs { processor: Some("mega".into()), ..ask("Why?") };
    let problem = prepare(&catalog(&[]), &[], args, "pro", false).unwrap_err();
    assert_eq!(problem.kind, Kind::Forbidden);
    assert!(
        problem
            .message
            .starts_with("`processor` is `mega`, which is not known here; known are lite, ")
    );
}

#[test]
fn specification_and_input_together_are_bounded() {
    let args = RunArgs {
        task_spec: Some(json!({"output_schema": "x".repeat(14_000)})),
        ..ask(&"y".repeat(14_000))
    };
    assert!(refusal(args).starts_with("specification and input have 280"));
}

#[test]
fn what_is_not_used_becomes_a_warning() {
    let args = RunArgs {
        unused: vec!["webhook".into()],
        task_spec: Some(json!({
            "output_schema": {"type": "auto"},
            "input_schema": {"json_schema": {"required": ["name"]}},
            "colour": 1,
        })),
        input: json!({"site": "x"}),
        ..RunArgs::default()
    };
    let run = accepted(&["searxng"], &[], args);
    let said: Vec<&str> = run.warnings.iter().map(|warning| warning.message.as_str()).collect();
    assert!(said.contains(&"`task_spec.colour` is not known and was not used"), "{said:?}");
    assert!(said.contains(&"`input` lacks `name`, which `input_schema` requires"), "{said:?}");
    assert!(
        said.iter().any(|s| s.starts_with("`webhook` is not used by this version")),
        "{said:?}"
    );
}

/// Warnings about settings.
fn said_of_settings(run: &NewRun) -> Vec<String> {
    let said = run.warnings.iter().map(|warning| warning.message.clone());
    said.filter(|message| message.starts_with("`advanced_settings")).collect()
}

#[test]
fn a_location_is_carried_to_the_search_and_refused_where_it_is_none() {
    let at = |settings| RunArgs { advanced_settings: Some(settings), ..ask("Why?") };
    let run = accepted(&["searxng"], &[], at(json!({"location": "at"})));
    assert_eq!(run.spec.country, Country::parse("AT"));
    assert!(said_of_settings(&run).is_empty(), "{:?}", run.warnings);
    for wrong in [json!({"location": "Austria"}), json!({"location": 43}), json!("at")] {
        assert!(refusal(at(wrong)).starts_with("`advanced_settings"));
    }
}

#[test]
fn an_escalation_is_one_of_two_words() {
    let with =
        |word| RunArgs { advanced_settings: Some(json!({"escalation": word})), ..ask("Why?") };
    let spec = accepted(&["searxng"], &[], with(json!("every"))).spec;
    assert_eq!(spec.escalation, Escalation::Every);
    assert_eq!(
        refusal(with(json!("all"))),
        "`advanced_settings.escalation` is \"all\"; it must be \"uncertain\" or \"every\""
    );
}

#[test]
fn a_location_that_changes_nothing_and_other_settings_become_warnings() {
    let said = |search: &[&str], settings| {
        let args = RunArgs { advanced_settings: Some(settings), ..ask("Why?") };
        said_of_settings(&accepted(search, &[folder("manual", "here")], args)).join("")
    };
    let (austria, antarctica) = (json!({"location": "at"}), json!({"location": "aq"}));
    let without_search = said(&[], austria);
    assert!(without_search.contains("`AT` and not used: only web search"), "{without_search}");
    let unknown = said(&["searxng"], antarctica);
    assert!(unknown.contains("none of the search providers of this run can search"), "{unknown}");
    assert_eq!(said(&["searxng", "brave"], json!({"location": "aq"})), "");
    let others = said(&["searxng"], json!({"data_sources": {"free": ["x"]}}));
    assert!(others.starts_with("`advanced_settings.data_sources` is not used"), "{others}");
}

#[test]
fn rows_that_ask_for_the_same_share_one_specification() {
    let rows = vec![ask("a"), ask("b")];
    let spec = json!({"output_schema": "a city"});
    let rows = prepare_rows(&catalog(&["searxng"]), &[], rows, Some(&spec), "core", false).unwrap();
    assert!(Arc::ptr_eq(&rows[0].spec, &rows[1].spec));
}

#[test]
fn a_wrong_default_specification_is_named_as_such() {
    let spec = json!({"output_schema": {"type": "xml"}});
    let refused = prepare_rows(&catalog(&[]), &[], vec![ask("a")], Some(&spec), "core", false);
    assert_eq!(
        refused.unwrap_err().message,
        "`default_task_spec.output_schema.type` is `xml`; it must be text, json or auto"
    );
}
