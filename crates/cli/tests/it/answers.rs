//! The main job: a question and a sheet in, answers with their quotes out.

use std::process::Stdio;
use std::time::Duration;

use crate::shell::Shell;

fn library() -> Shell {
    let shell = Shell::new();
    shell.file(
        "docs/otter.md",
        "# Otter Turbines\n\nOtter Turbines was founded in 1999 in Brennia. The list price of the Otter 3 turbine is 48,000 crowns.\n\n\
         | item | value |\n| --- | --- |\n| Founded | 1999 |\n| Headquarters | Brennia |\n",
    );
    shell.file(
        "docs/heron.md",
        "# Heron Works\n\nHeron Works was founded in 2004.\n\n| item | value |\n| --- | --- |\n| Founded | 2004 |\n",
    );
    shell.file("makers.csv", "maker,note\nOtter Turbines,first\nHeron Works,second\n");
    shell
}

const QUESTION: &str = "What is the list price of the Otter 3 turbine?";
const ENRICH: [&str; 8] = [
    "enrich",
    "makers.csv",
    "--fields",
    "founded: year the maker was founded",
    "--source",
    "docs",
    "-o",
    "out.csv",
];

#[test]
fn a_question_becomes_a_report_with_the_quote_and_the_path_of_its_document() {
    let shell = library();
    let done = shell.run(&["research", QUESTION, "--source", "manual=docs"]);
    assert_eq!(done.code, 0, "{done:?}");
    assert!(done.out.contains("48,000 crowns"), "{}", done.out);
    assert!(done.out.contains("[1]"), "{}", done.out);
    let path = shell.path().canonicalize().unwrap().join("docs/otter.md");
    assert!(done.out.contains(path.to_str().unwrap()), "{}", done.out);
    assert!(done.err.contains("quotes verified"), "{}", done.err);
}

#[test]
fn as_json_the_report_is_the_result_object_of_the_rest_api() {
    let done = library().run(&["research", QUESTION, "--source", "docs", "--json"]);
    let result: serde_json::Value = serde_json::from_str(&done.out).unwrap();
    assert_eq!(result["run"]["status"], "completed");
    assert_eq!(result["output"]["type"], "text");
    let citation = &result["output"]["basis"][0]["citations"][0];
    assert!(citation["excerpts"][0].as_str().unwrap().contains("48,000 crowns"), "{citation}");
    assert!(citation["url"].as_str().unwrap().ends_with("/docs/otter.md"), "{citation}");
}

#[test]
fn a_question_without_an_answer_fails_with_a_sentence() {
    let done = library().run(&["research", "zzyzx qwrtp?", "--source", "docs"]);
    assert_eq!(done.code, 1, "{done:?}");
    assert_eq!(done.out, "");
    assert!(done.err.contains("failed: "), "{}", done.err);
}

#[test]
fn watching_what_failed_ends_with_1_and_offers_no_result() {
    let shell = library();
    assert_eq!(shell.run(&["research", "zzyzx qwrtp?", "--source", "docs"]).code, 1);
    let listed = shell.run(&["list"]).out;
    let id = listed.split_whitespace().find(|word| word.starts_with("trun_")).unwrap();
    let watched = shell.run(&["watch", id]);
    assert_eq!(watched.code, 1, "{watched:?}");
    assert!(watched.out.contains("failed") && watched.err.contains("failed: "), "{watched:?}");
    for looked in [watched, shell.run(&["status", id])] {
        assert!(!looked.err.contains("its result"), "{looked:?}");
    }
}

#[test]
fn a_sheet_comes_back_in_order_with_confidence_quote_and_source_of_each_cell() {
    let shell = library();
    let done = shell.run(&ENRICH);
    assert_eq!(done.code, 0, "{done:?}");
    let out = shell.read("out.csv");
    let lines: Vec<&str> = out.lines().collect();
    assert_eq!(
        lines[0],
        "maker,note,founded,founded__confidence,founded__conflict,founded__quote,founded__source,__state,__error"
    );
    assert!(lines[1].starts_with("Otter Turbines,first,1999,"), "{out}");
    assert!(lines[1].contains("otter.md") && lines[1].contains("completed"), "{out}");
    assert!(out.contains("\nHeron Works,second,2004,"), "{out}");
    assert!(done.err.contains("2 rows to "), "{}", done.err);
}

#[test]
fn the_same_command_again_makes_nothing_new_and_with_new_it_starts_over() {
    let shell = library();
    assert_eq!(shell.run(&ENRICH).code, 0);
    let again = shell.run(&ENRICH);
    assert!(again.err.contains("this sheet was given before (tgrp_"), "{}", again.err);
    let groups =
        |shell: &Shell| shell.run(&["list"]).out.lines().filter(|l| l.starts_with("tgrp_")).count();
    assert_eq!(groups(&shell), 1);
    let new: Vec<&str> = ENRICH.iter().copied().chain(["--new"]).collect();
    assert_eq!(shell.run(&new).code, 0);
    assert_eq!(groups(&shell), 2);
    assert!(shell.run(&ENRICH).err.contains("given before"));
    assert_eq!(groups(&shell), 2);
}

#[test]
fn an_enrichment_that_was_killed_goes_on_where_it_was() {
    let shell = library();
    let rows = (0..300).fold(String::new(), |rows, n| format!("{rows}Maker {n}\n"));
    shell.file("many.csv", format!("maker\n{rows}"));
    let command = [
        "enrich",
        "many.csv",
        "--fields",
        "founded: year the maker was founded",
        "--source",
        "docs",
        "-o",
        "many-out.csv",
    ];
    let mut child =
        shell.command(&command).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
    let listed = std::iter::repeat_with(|| {
        std::thread::sleep(Duration::from_millis(30));
        shell.run(&["list"]).out
    });
    let mut listed = listed.take(400);
    assert!(listed.any(|text| text.contains("completed")), "no row was completed");
    child.kill().unwrap();
    child.wait().unwrap();
    let done = shell.run(&command);
    assert_eq!(done.code, 0, "{done:?}");
    assert!(done.err.contains("given before"), "{}", done.err);
    let out = shell.read("many-out.csv");
    assert_eq!(out.lines().count(), 301);
    let names: Vec<&str> =
        out.lines().skip(1).map(|line| line.split(',').next().unwrap()).collect();
    let wanted: Vec<String> = (0..300).map(|n| format!("Maker {n}")).collect();
    assert_eq!(names, wanted);
    assert_eq!(shell.run(&["list"]).out.lines().filter(|l| l.starts_with("tgrp_")).count(), 1);
}

#[test]
fn a_stored_run_is_finished_by_whoever_asks_for_its_result() {
    let shell = library();
    let made = shell.run(&["research", QUESTION, "--source", "docs", "--no-wait"]);
    let id = made.out.trim();
    assert!(shell.run(&["status", id]).out.contains("queued"));
    let done = shell.run(&["result", id]);
    assert!(done.out.contains("48,000 crowns"), "{done:?}");
    assert!(shell.run(&["status", id]).out.contains("completed"));
}

#[test]
fn a_cancelled_run_has_no_answer_and_says_so() {
    let shell = library();
    let made = shell.run(&["research", QUESTION, "--source", "docs", "--no-wait"]);
    let id = made.out.trim();
    assert!(shell.run(&["cancel", id]).out.contains("cancelled"));
    let done = shell.run(&["result", id]);
    assert_eq!((done.code, done.out.as_str()), (1, ""));
    assert!(done.err.contains("was cancelled"), "{}", done.err);
}

#[test]
fn the_demo_shows_a_report_a_table_and_what_to_try_next() {
    let shell = Shell::new();
    let done = shell.run(&["demo"]);
    assert_eq!(done.code, 0, "{done:?}");
    for text in [
        "Where sources disagree",
        "## Sources",
        "Quillmere Hydro",
        "≠",
        "–",
        "cells found",
        "task-mcp serve --data ",
    ] {
        assert!(done.out.contains(text), "{text} is missing in {}", done.out);
    }
    assert!(done.err.contains("documents were unpacked to "), "{}", done.err);
}
