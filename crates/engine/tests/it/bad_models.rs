//! Models that are down, dear, careless or stubborn: what they do not carry does not reach a report.

use std::time::Duration;

use domain::output::Confidence;
use domain::receipt::StopReason;
use llm::Profile;
use serde_json::json;
use testkit::analyst::{Analyst, Habit};
use testkit::corpus::{self, QUESTION};
use testkit::model_server::{Asked, Fault, Said};
use testkit::{Database, ModelServer, build};

use crate::models::{Desk, profile, reasoning, report};

/// Some of the system part of a prompt.
const READS: &str = "You read passages";
const WRITES: &str = "You write";

fn count(asked: &[Asked], sign: &str) -> usize {
    asked.iter().filter(|asked| asked.system.contains(sign)).count()
}

fn down() -> Fault {
    Fault::error(503, "overloaded_error", "down for the night")
}

#[tokio::test]
async fn with_the_model_down_the_rules_answer_and_say_so() {
    let desk = Desk::new(Habit::Careful).await;
    desk.server.always(Some(down()));
    let done = desk.done(report("core"), QUESTION).await;
    desk.assert_signed(&done).await;
    assert_eq!(done.receipt.engine, "extractive");
    let notes = done.receipt.notes.join("\n");
    assert!(notes.contains("The plan was made by rules"), "{notes}");
    assert!(notes.contains("Answered by rules, which only quote"), "{notes}");
    assert!(done.text.contains("12 May 1998"), "{}", done.text);
    assert_eq!(done.spending().calls, 0);
}

#[tokio::test]
async fn a_model_that_goes_down_in_the_middle_leaves_what_was_read_to_the_rules() {
    for good in [1, 2, 4] {
        let desk = Desk::new(Habit::Careful).await;
        desk.server.next((0..good).map(|_| None));
        desk.server.always(Some(down()));
        let done = desk.done(report("pro"), QUESTION).await;
        desk.assert_signed(&done).await;
        assert_eq!((done.receipt.engine.as_str(), done.spending().calls), ("extractive", good));
        let notes = done.receipt.notes.join("\n");
        assert!(notes.contains("Answered by rules, which only quote"), "{notes}");
        assert!(done.text.contains("12 May 1998"), "{}", done.text);
    }
}

#[tokio::test]
async fn a_model_that_stumbles_once_is_asked_again() {
    let desk = Desk::new(Habit::Careful).await;
    desk.server.next([
        None,
        Some(down()),
        Some(Fault::Reset),
        Some(Fault::rate(&[("retry-after", "0")])),
    ]);
    let done = desk.done(report("pro"), QUESTION).await;
    desk.assert_signed(&done).await;
    assert_eq!((done.receipt.engine.as_str(), done.receipt.notes.len()), ("model", 0));
    assert_eq!(done.spending().calls as usize, done.hits - 3);
}

#[tokio::test]
async fn an_answer_that_was_cut_is_not_taken_for_all_that_a_page_states() {
    let analyst = Analyst::new(Habit::Careful);
    let cut = move |asked: &Asked| match analyst.answer(asked) {
        // As far as the list of what was found, whose end a tolerant reader supplies.
        Said::Text(said) if asked.system.contains(READS) && asked.max_output_tokens < 2_000 => {
            Said::Cut(said[..=said.find('[').unwrap()].to_owned())
        }
        said @ (Said::Text(_) | Said::Cut(_) | Said::Refusal(_) | Said::Error(..)) => said,
    };
    let desk = Desk::asking(corpus::web().await, cut, Database::sqlite()).await;
    let done = desk.done(report("pro"), QUESTION).await;
    desk.assert_signed(&done).await;
    assert_eq!((done.receipt.engine.as_str(), done.receipt.notes.len()), ("model", 0));
    assert!(done.text.contains("12 May 1998"), "{}", done.text);
}

#[tokio::test]
async fn when_the_time_is_nearly_over_the_rules_finish_with_what_was_read() {
    let desk = Desk::new(Habit::Careful).await;
    desk.server.next((0..3).map(|_| None));
    desk.server.always(Some(Fault::Hang));
    let mut spec = report("pro");
    spec.processor.caps.wall = Duration::from_secs(20);
    let step = Duration::from_millis(50);
    // Fourteen seconds pass with the first answer, and then as many as models may take. The rest is for the rules, which may
    // take as long as this machine needs.
    let time_passes = async {
        while desk.server.hits() == 0 {
            tokio::time::sleep(step).await;
        }
        desk.bench.clock.advance(Duration::from_secs(14));
        for _ in 0..65 {
            tokio::time::sleep(step).await;
            desk.bench.clock.advance(step);
        }
        std::future::pending::<()>().await;
    };
    let done = tokio::select! {
        done = desk.done(spec, QUESTION) => done,
        () = time_passes => unreachable!("time does not end"),
    };
    desk.assert_signed(&done).await;
    assert_eq!((done.receipt.engine.as_str(), done.spending().calls), ("extractive", 3));
    let notes = done.receipt.notes.join("\n");
    assert!(notes.contains("the time that this processor has for models was over"), "{notes}");
    assert!(done.text.contains("12 May 1998"), "{}", done.text);
    assert!(done.spending().lost > 0, "what was cut off may have been charged");
}

#[tokio::test]
async fn a_cap_of_calls_is_kept_and_the_answer_labelled() {
    let desk = Desk::new(Habit::Careful).await;
    for calls in 0..12 {
        let mut spec = report("pro");
        spec.processor.caps.calls = calls;
        let done = desk.done(spec, QUESTION).await;
        desk.assert_signed(&done).await;
        assert!(done.hits <= calls as usize, "{} calls of {calls}", done.hits);
        let is_labelled = !done.receipt.notes.is_empty();
        assert!(is_labelled, "{calls}: {:?}", done.receipt);
    }
}

#[tokio::test]
async fn caps_of_tokens_and_money_are_kept_and_the_answer_labelled() {
    let desk = Desk::new(Habit::Careful).await;
    for tokens in [0, 1_000, 4_000] {
        let mut spec = report("pro");
        spec.processor.caps.input_tokens = tokens;
        let done = desk.done(spec, QUESTION).await;
        desk.assert_signed(&done).await;
        let spending = done.spending();
        assert!(spending.input_tokens <= tokens, "{spending:?}");
        assert!(!done.receipt.notes.is_empty(), "{tokens}: {:?}", done.receipt);
    }
    for micro_usd in [0, 500, 1_500] {
        let mut spec = report("pro");
        spec.processor.caps.cost_micro_usd = micro_usd;
        let done = desk.done(spec, QUESTION).await;
        desk.assert_signed(&done).await;
        let spent = done.spending().cost_micro_usd.unwrap_or(0);
        assert!(spent <= micro_usd, "{spent} of {micro_usd}");
        assert!(!done.receipt.notes.is_empty(), "{micro_usd}: {:?}", done.receipt);
    }
}

#[tokio::test]
async fn citations_of_nothing_never_reach_a_report() {
    let desk = Desk::new(Habit::CitesUnknown).await;
    for tier in ["base", "pro", "ultra"] {
        let done = desk.done(report(tier), QUESTION).await;
        desk.assert_signed(&done).await;
        assert_eq!(done.receipt.engine, "model");
        assert!(
            !done.text.contains("painted blue") && !done.text.contains("café"),
            "{}",
            done.text
        );
        assert!(done.receipt.sentences_dropped >= 2, "{:?}", done.receipt);
    }
}

#[tokio::test]
async fn invented_numbers_never_reach_a_report() {
    let desk = Desk::new(Habit::InventsNumbers).await;
    for tier in ["base", "pro", "ultra"] {
        let done = desk.done(report(tier), QUESTION).await;
        desk.assert_signed(&done).await;
        assert_eq!(done.receipt.engine, "model");
        assert!(!done.text.contains("777777") && !done.text.contains("31 %"), "{}", done.text);
    }
}

#[tokio::test]
async fn quotes_that_do_not_stand_there_are_dropped_and_counted() {
    let desk = Desk::new(Habit::Misquotes).await;
    let done = desk.done(report("pro"), QUESTION).await;
    desk.assert_signed(&done).await;
    assert!(done.spending().claims_dropped > 0, "{:?}", done.receipt);
    assert!(!done.text.contains("perhaps"), "{}", done.text);
}

/// Asks for what no page has, quotes the first line of what it reads for it, and writes what stands in none.
fn invents_all(asked: &Asked) -> Said {
    let user = asked.turns.first().map(String::as_str).unwrap_or_default();
    let part = |question: &str| json!({"question": question, "heading": "Storks", "queries": ["Sorrel Reach plant"]});
    let parts = || {
        [
            part("How many storks nest on Zanthor chimneys of Nordwind?"),
            part("Who feeds the storks of Zanthor?"),
        ]
    };
    match &asked.system {
        system if system.contains("You plan the research") => {
            Said::json(&json!({"language": "en", "parts": parts(), "beyond": []}))
        }
        system if system.contains(READS) => {
            let passage = user.split("<<< ").nth(1).unwrap_or_default();
            let name = passage.split(' ').next().unwrap_or_default();
            let quote = passage.lines().nth(1).unwrap_or_default();
            let claim = json!({"part": 1, "passage": name, "quote": quote, "statement": quote});
            Said::json(&json!({"claims": [claim]}))
        }
        system if system.contains("You keep watch") => {
            Said::json(&json!({"more": [], "new_parts": []}))
        }
        system if system.contains("You compare statements") => {
            Said::json(&json!({"conflicts": []}))
        }
        system if system.contains("You check a report") => Said::json(&json!({"verdicts": []})),
        system if system.contains("You mend sentences") => Said::json(
            &json!({"sentences": [{"sentence": 1, "text": "Some 777 storks nest there [[E1]]."}]}),
        ),
        _ => Said::Text("Exactly 777 storks nest there [[E1]]. Ada Roe feeds them [[E1]].".into()),
    }
}

#[tokio::test]
async fn where_all_that_was_written_falls_the_report_says_what_was_asked_and_what_was_read() {
    let desk = Desk::asking(corpus::web().await, invents_all, Database::sqlite()).await;
    for tier in ["core", "ultra"] {
        let done =
            desk.done(report(tier), "How many storks nest on Zanthor chimneys of Nordwind?").await;
        desk.assert_signed(&done).await;
        assert!(!done.text.contains("777") && !done.text.contains("Ada Roe"), "{}", done.text);
        assert!(done.text.contains("## Answer\n\nNo answer is given"), "{}", done.text);
        let open = done.text.split("## What was not found").nth(1).expect("open parts");
        assert!(open.contains("- How many storks nest on Zanthor chimneys of Nordwind?"), "{open}");
        assert!(open.contains("- Who feeds the storks of Zanthor?"), "{open}");
        assert!(done.text.contains("## Sources\n\n1. **"), "{}", done.text);
        let basis = &done.output.as_ref().unwrap().basis[0];
        assert_eq!(basis.confidence, Some(Confidence::Low), "{}", basis.reasoning);
        let receipt = &done.receipt;
        assert_eq!(
            (receipt.engine.as_str(), receipt.stopped),
            ("model", Some(StopReason::NoEvidence))
        );
        assert!(receipt.sentences_dropped >= 2 && receipt.sentences == 0, "{receipt:?}");
        let notes = receipt.notes.join("\n");
        assert!(notes.contains("No answer is given"), "{notes}");
    }
}

#[tokio::test]
async fn an_answer_in_fences_is_taken_as_it_is() {
    let desk = Desk::new(Habit::Fenced).await;
    let done = desk.done(report("pro"), QUESTION).await;
    desk.assert_signed(&done).await;
    assert_eq!((done.receipt.engine.as_str(), done.receipt.notes.len()), ("model", 0));
}

#[tokio::test]
async fn an_answer_that_does_not_fit_is_asked_for_again_and_then_used() {
    let desk = Desk::new(Habit::BrokenAtFirst).await;
    let done = desk.done(report("core2x"), QUESTION).await;
    desk.assert_signed(&done).await;
    assert_eq!(done.receipt.engine, "model", "{:?}", done.receipt.notes);
    let asked = desk.server.asked();
    let again = asked.iter().filter(|asked| asked.turns.len() > 1).count();
    let typed = asked.iter().filter(|asked| !asked.system.contains(WRITES)).count();
    assert_eq!(again * 2, typed);
    let told = asked.iter().filter_map(|asked| asked.turns.get(2));
    assert!(told.into_iter().all(|turn| turn.contains("holds no JSON")));
}

#[tokio::test]
async fn a_model_that_never_fits_is_asked_twice_more_at_most_and_the_rules_answer() {
    let desk = Desk::new(Habit::Broken).await;
    let done = desk.done(report("core"), QUESTION).await;
    desk.assert_signed(&done).await;
    assert_eq!(done.receipt.engine, "extractive");
    let asked = desk.server.asked();
    assert!(asked.iter().all(|asked| asked.turns.len() <= 3), "turns without end");
    let firsts = asked.iter().filter(|asked| asked.turns.len() == 1).count();
    assert!(asked.len() <= firsts * 3, "{} for {firsts} questions", asked.len());
    assert!(
        done.receipt.notes.iter().any(|note| note.contains("cannot be used")),
        "{:?}",
        done.receipt.notes
    );
}

#[tokio::test]
async fn where_answers_never_fit_the_model_that_stands_in_is_asked() {
    let mut desk = Desk::new(Habit::Broken).await;
    let careful = Analyst::new(Habit::Careful);
    let second = ModelServer::start(move |asked| careful.answer(asked)).await;
    let first = Profile { fallback: Some("second".into()), ..profile(&desk.server) };
    let stand_in = Profile { name: "second".into(), ..profile(&second) };
    desk.bench.reasoning = Some(reasoning(&desk.bench, vec![first, stand_in]));
    let done = desk.done(report("core"), QUESTION).await;
    desk.assert_signed(&done).await;
    assert_eq!(done.receipt.engine, "model", "{:?}", done.receipt.notes);
    assert!(done.spending().models.contains(&"second".to_owned()), "{:?}", done.spending());
    assert_eq!(done.spending().calls as usize, done.hits + second.hits());
    assert!(done.text.contains("12 May 1998"), "{}", done.text);
}

#[tokio::test]
async fn where_a_model_finds_nothing_quotes_of_the_rules_are_written_from() {
    let desk = Desk::new(Habit::Blind).await;
    let done = desk.done(report("core"), QUESTION).await;
    desk.assert_signed(&done).await;
    assert!(count(&desk.server.asked(), READS) > 0);
    let notes = done.receipt.notes.join("\n");
    assert!(notes.contains("chosen by rules"), "{notes}");
    let basis = &done.output.as_ref().unwrap().basis[0];
    assert_ne!(basis.confidence, Some(Confidence::High), "{}", basis.reasoning);
}

#[tokio::test]
async fn where_neither_model_nor_rules_find_anything_there_is_no_answer_and_no_report() {
    let desk = Desk::new(Habit::Blind).await;
    let done = desk.done(report("core"), "How many storks nest on Zanthor chimneys?").await;
    let failure = done.run.run.failure.expect("a failure");
    assert_eq!(failure.code, domain::run::FailureCode::NoEvidence);
    assert!(done.output.is_none());
    assert_eq!(count(&desk.server.asked(), WRITES), 0);
}

/// Quotes nothing that stands anywhere, as small models do that put everything in their own words.
fn misquotes_all(asked: &Asked) -> Said {
    if !asked.system.contains(READS) {
        return Analyst::new(Habit::Careful).answer(asked);
    }
    let said = "In words of my own, it is all as one would think.";
    let claim = json!({"part": 1, "passage": "P1", "quote": said, "statement": said});
    Said::json(&json!({"claims": [claim]}))
}

#[tokio::test]
async fn where_no_quote_of_a_model_stands_anywhere_the_rules_answer() {
    let desk = Desk::asking(corpus::web().await, misquotes_all, Database::sqlite()).await;
    for tier in ["core", "ultra"] {
        let done = desk.done(report(tier), QUESTION).await;
        desk.assert_signed(&done).await;
        assert_eq!(done.receipt.engine, "extractive");
        assert!(!done.text.contains("words of my own"), "{}", done.text);
        let notes = done.receipt.notes.join("\n");
        assert!(notes.contains("nothing that a model quoted stands on the pages"), "{notes}");
    }
}

#[tokio::test]
async fn without_any_page_no_model_reads_or_writes() {
    let web = corpus::web().await;
    let desk = Desk::over(web, Habit::Careful, Database::sqlite()).await;
    let spec = crate::models::with_models(build::report(), "core");
    let done = desk.done(spec, "What is the price of xylophone zebra quartz?").await;
    assert!(done.run.run.failure.is_some());
    assert_eq!(count(&desk.server.asked(), READS), 0);
}
