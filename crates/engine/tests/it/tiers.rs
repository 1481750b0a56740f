//! Every tier over the corpus with a careful model: planned, read, quoted, written and checked.

use domain::output::Output;
use domain::spec::Spec;
use testkit::analyst::Habit;
use testkit::corpus::{self, FRAGE, OPEN_QUESTION, QUESTION};
use testkit::{Database, build};

use crate::bench::{Bench, in_the_folder};
use crate::models::{Desk, Done, PRICE, profile, reasoning, report, with_models};

const TIERS: [&str; 9] =
    ["lite", "base", "core", "core2x", "pro", "ultra", "ultra2x", "ultra4x", "ultra8x"];

/// The lines of a report between its title and what was not found, without headings.
fn body(text: &str) -> Vec<&str> {
    let ends = [
        "\n## What was not looked into",
        "\n## Wonach nicht gesucht wurde",
        "\n## What was not found",
        "\n## Was nicht gefunden wurde",
        "\n## Sources",
        "\n## Quellen",
    ];
    let end = ends.iter().filter_map(|heading| text.find(heading)).min().unwrap();
    let lines = text[..end].lines().map(str::trim);
    lines.filter(|line| !line.is_empty() && !line.starts_with('#')).collect()
}

/// How the scripted model says that something was not found.
const FRAME: &str = "The sources do not state";

fn assert_cited_throughout(done: &Done) {
    let receipt = &done.receipt;
    assert!(receipt.sentences > 0, "{}", done.text);
    // A sentence that only says what was not found states nothing, and has nothing to cite.
    let frames = done.text.matches(FRAME).count();
    assert_eq!(
        receipt.sentences_cited as usize + frames,
        receipt.sentences as usize,
        "{}",
        done.text
    );
    let has_reference = |line: &&str| {
        line.contains('[')
            || line.starts_with(FRAME)
            || line.starts_with("- **")
            || line.starts_with("| ")
    };
    let bare: Vec<&str> =
        body(&done.text).into_iter().filter(|line| !has_reference(line)).collect();
    assert!(bare.is_empty(), "{bare:#?}\n{}", done.text);
    let is_odd = |line: &&str| ["[[", "  ", " .", " ,"].iter().any(|odd| line.contains(odd));
    let odd: Vec<&str> = body(&done.text).into_iter().filter(is_odd).collect();
    assert!(odd.is_empty(), "{odd:#?}");
}

/// What the receipt says was paid is what the server counted, and within the caps.
fn assert_paid_what_was_asked(desk: &Desk, done: &Done, spec: &Spec) {
    let spending = done.spending();
    assert_eq!(spending.calls as usize, done.hits);
    assert_eq!((spending.lost, spending.shared), (0, 0));
    let asked = desk.server.asked();
    let asked = &asked[asked.len() - done.hits..];
    // The scripted server counts four bytes a token.
    let bytes = |one: &testkit::model_server::Asked| {
        one.system.len() + one.turns.iter().map(String::len).sum::<usize>()
    };
    let tokens: usize = asked.iter().map(|one| bytes(one) / 4 + 1).sum();
    assert_eq!(spending.input_tokens, tokens as u64);
    let cost =
        (spending.input_tokens * PRICE.input + spending.output_tokens * PRICE.output) / 1_000_000;
    let told = spending.cost_micro_usd.unwrap();
    assert!(told.abs_diff(cost) <= u64::from(spending.calls), "{told} and {cost}");
    let caps = spec.processor.caps;
    assert!(spending.calls <= caps.calls, "{spending:?}");
    assert!(spending.input_tokens <= caps.input_tokens, "{spending:?}");
    assert!(told <= caps.cost_micro_usd, "{spending:?}");
    assert!(done.receipt.searches <= caps.searches && done.receipt.pages_read <= caps.pages);
}

#[tokio::test]
async fn every_tier_answers_first_and_cites_every_sentence() {
    let desk = Desk::new(Habit::Careful).await;
    for tier in TIERS {
        let spec = report(tier);
        let done = desk.done(spec.clone(), QUESTION).await;
        desk.assert_signed(&done).await;
        assert_eq!(done.receipt.engine, "model", "{tier}: {:?}", done.receipt.notes);
        assert!(done.text.starts_with("# When was the plant of Sorrel Reach"), "{}", done.text);
        let first = done.text.lines().find(|line| line.starts_with("## "));
        assert_eq!(first, Some("## Answer"), "{tier}");
        assert!(done.text.contains("12 May 1998"), "{tier}: {}", done.text);
        assert_cited_throughout(&done);
        assert_paid_what_was_asked(&desk, &done, &spec);
    }
}

#[tokio::test]
async fn branches_that_think_of_the_same_words_search_for_them_once() {
    let desk = Desk::new(Habit::Careful).await;
    let done = desk.done(report("ultra4x"), QUESTION).await;
    let searches = desk.web.searches();
    assert_eq!(searches.len(), done.receipt.queries.len());
    let once: std::collections::BTreeSet<&String> = searches.iter().collect();
    assert_eq!(once.len(), searches.len(), "{searches:#?}");
    assert!(once.len() > 3, "{searches:#?}");
}

#[tokio::test]
async fn plans_that_are_the_same_are_followed_once() {
    let desk = Desk::new(Habit::Stubborn).await;
    let once = desk.done(report("ultra"), QUESTION).await;
    let done = desk.done(report("ultra4x"), QUESTION).await;
    let notes = done.receipt.notes.join("\n");
    assert!(notes.contains("Of 4 plans that a model made 3 repeat another"), "{notes}");
    assert_eq!(done.spending().calls, once.spending().calls + 3);
    desk.assert_signed(&done).await;
}

#[tokio::test]
async fn every_tier_answers_in_the_language_of_the_question() {
    let desk = Desk::new(Habit::Careful).await;
    for tier in TIERS {
        let spec = report(tier);
        let done = desk.done(spec.clone(), FRAGE).await;
        desk.assert_signed(&done).await;
        assert_eq!(done.receipt.engine, "model", "{tier}: {:?}", done.receipt.notes);
        let first = done.text.lines().find(|line| line.starts_with("## "));
        assert_eq!(first, Some("## Antwort"), "{tier}");
        assert!(done.text.contains("## Quellen"), "{tier}: {}", done.text);
        assert_cited_throughout(&done);
        assert_paid_what_was_asked(&desk, &done, &spec);
    }
    let done = desk.done(report("pro"), FRAGE).await;
    assert!(done.text.contains("12. Mai 1998"), "{}", done.text);
    assert!(done.text.contains("12,5 Millionen Euro"), "{}", done.text);
}

#[tokio::test]
async fn fast_twins_answer_within_half_the_rounds() {
    let desk = Desk::new(Habit::Careful).await;
    for tier in TIERS {
        let spec = report(&format!("{tier}-fast"));
        let done = desk.done(spec.clone(), QUESTION).await;
        desk.assert_signed(&done).await;
        assert_eq!(done.receipt.engine, "model", "{tier}: {:?}", done.receipt.notes);
        assert!(done.receipt.rounds <= spec.processor.caps.rounds);
        assert_cited_throughout(&done);
        assert_paid_what_was_asked(&desk, &done, &spec);
    }
}

#[tokio::test]
async fn a_contradiction_is_named_with_both_sides_and_what_is_missing_is_said() {
    let desk = Desk::new(Habit::Careful).await;
    let done = desk.done(report("pro"), QUESTION).await;
    let sides = done.text.split("## Where sources disagree").nth(1).expect("a section");
    assert!(sides.contains("12.5 million") && sides.contains("14.1 million"), "{}", done.text);
    assert_eq!(done.receipt.contradictions, 1);
    assert!(done.text.contains("EUR 12.5 million") && done.text.contains("EUR 14.1 million"));

    let done = desk.done(report("pro"), OPEN_QUESTION).await;
    desk.assert_signed(&done).await;
    let missing = done.text.split("## What was not found").nth(1);
    let missing = missing.unwrap_or_else(|| panic!("{}", done.text));
    assert!(missing.contains("wages of its divers"), "{}", done.text);
    assert!(done.text.contains("31 December 2031"), "{}", done.text);
}

#[tokio::test]
async fn what_a_processor_has_no_room_for_is_named_with_the_way_out() {
    let desk = Desk::new(Habit::Careful).await;
    for (question, heading, sentence) in [
        (QUESTION, "## What was not looked into", "“lite” has room for 3 parts of a question."),
        (FRAGE, "## Wonach nicht gesucht wurde", "„lite“ hat Platz für 3 Teile einer Frage."),
    ] {
        let done = desk.done(report("lite"), question).await;
        desk.assert_signed(&done).await;
        let beyond = done.text.split(heading).nth(1).unwrap_or_else(|| panic!("{}", done.text));
        let beyond = beyond.split("\n## ").next().unwrap();
        assert!(beyond.contains("turbines") || beyond.contains("Turbinen"), "{beyond}");
        assert!(beyond.contains(sentence), "{beyond}");
        let reasoning = &done.output.as_ref().unwrap().basis[0].reasoning;
        assert!(reasoning.contains("of 4 parts of the question are answered"), "{reasoning}");
        assert!(reasoning.contains("One was not looked into"), "{reasoning}");
        let notes = done.receipt.notes.join("\n");
        assert!(notes.contains("`lite` has room for 3 parts of a question"), "{notes}");

        let done = desk.done(report("pro"), question).await;
        assert!(!done.text.contains(heading), "{}", done.text);
    }
}

#[tokio::test]
async fn a_report_in_german_from_english_pages_cites_them_as_they_are() {
    let desk = Desk::new(Habit::WritesGerman).await;
    let done = desk.done(report("ultra"), QUESTION).await;
    desk.assert_signed(&done).await;
    assert!(done.text.contains("Das Werk von Sorrel Reach wurde am 12. Mai 1998"), "{}", done.text);
    let quotes = done.output.iter().flat_map(Output::evidence);
    assert!(
        quotes.into_iter().any(|evidence| evidence.quote.contains("was opened on 12 May 1998"))
    );
}

#[tokio::test]
async fn documents_of_a_folder_are_read_by_models_too() {
    let files = corpus::files();
    let files: Vec<(&str, &str)> =
        files.iter().map(|(name, text)| (name.as_str(), text.as_str())).collect();
    let desk = Desk::new(Habit::Careful).await;
    let mut bench = Bench::with_folder(&files).await;
    bench.reasoning = Some(reasoning(&bench, vec![profile(&desk.server)]));
    let desk = Desk { bench, ..desk };
    for tier in ["base", "pro"] {
        let done = desk.done(in_the_folder(with_models(build::report(), tier)), QUESTION).await;
        desk.assert_signed(&done).await;
        assert_eq!(done.receipt.engine, "model", "{tier}: {:?}", done.receipt.notes);
        assert!(done.text.contains("`doc://manual/plant.md`"), "{}", done.text);
        assert_cited_throughout(&done);
    }
    assert_eq!(desk.web.register.hits(), 0);
}

#[tokio::test]
async fn a_follow_up_begins_with_what_was_read_before() {
    let desk = Desk::over(corpus::web().await, Habit::Careful, Database::sqlite()).await;
    let first = desk.done(report("core"), QUESTION).await;
    let pages = desk.web.register.times("/plant");
    let spec = std::sync::Arc::new(report("core"));
    let question = build::question("Who owns the Sorrel Reach tidal plant?");
    let new = store::NewRun {
        previous: Some(first.run.run.id),
        ..crate::bench::new_run(&spec, question)
    };
    let made =
        desk.bench.store.create_run(crate::bench::ME, new, None).await.unwrap().made().unwrap();
    let run = desk.bench.store.find_run(crate::bench::ME, made.id).await.unwrap().unwrap();
    let _worker = desk.bench.start("ann");
    let done = desk.end_of(&run).await;
    desk.assert_signed(&done).await;
    assert!(done.text.contains("Nordwind"), "{}", done.text);
    assert_eq!(desk.web.register.times("/plant"), pages);
}
