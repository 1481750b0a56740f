//! What runs spend on models: caps hold whoever answers and however often a run is taken up, and whatever was billed stands
//! in the receipt.

use std::time::Duration;

use domain::receipt::StopReason;
use llm::{Price, Profile};
use testkit::analyst::{Analyst, Habit};
use testkit::corpus::{self, QUESTION};
use testkit::model_server::{Fault, Said};
use testkit::{Database, ModelServer, build};

use crate::models::{Desk, profile, reasoning, report};

/// $100 and $500 for a million tokens.
const DEAR: Price = Price { input: 100_000_000, cached: None, output: 500_000_000 };
/// $3 and $15.
const MIDDLING: Price = Price { input: 3_000_000, cached: None, output: 15_000_000 };

/// A model that costs nothing and whose account is used up, and one that stands in for it at a price.
async fn with_a_fallback(price: Price) -> (Desk, ModelServer) {
    let mut desk = Desk::new(Habit::Careful).await;
    desk.server.always(Some(Fault::error(429, "insufficient_quota", "no credit")));
    let careful = Analyst::new(Habit::Careful);
    let second = ModelServer::start(move |asked| careful.answer(asked)).await;
    let free = Price { input: 0, cached: None, output: 0 };
    let first =
        Profile { fallback: Some("second".into()), price: Some(free), ..profile(&desk.server) };
    let stand_in = Profile { name: "second".into(), price: Some(price), ..profile(&second) };
    desk.bench.reasoning = Some(reasoning(&desk.bench, vec![first, stand_in]));
    (desk, second)
}

#[tokio::test]
async fn a_cap_of_money_holds_for_the_model_that_stands_in() {
    for (price, cap, is_asked) in
        [(DEAR, 200_000, false), (DEAR, 2_000_000, true), (MIDDLING, 50_000, true)]
    {
        let (desk, second) = with_a_fallback(price).await;
        let mut spec = report("pro");
        spec.processor.caps.cost_micro_usd = cap;
        let done = desk.done(spec, QUESTION).await;
        desk.assert_signed(&done).await;
        let spent = done.spending().cost_micro_usd.unwrap_or(0);
        assert!(spent <= cap, "{spent} of {cap} in {} calls", second.hits());
        assert_eq!(done.spending().calls as usize, second.hits());
        assert_eq!(second.hits() > 0, is_asked, "{cap}");
        let notes = done.receipt.notes.join("\n");
        assert!(is_asked || notes.contains("the cap of money"), "{notes}");
    }
}

#[tokio::test]
async fn what_a_provider_says_it_served_is_paid_whether_or_not_it_is_of_use() {
    for said in [Said::Refusal("I cannot help with that.".into()), Said::Text(String::new())] {
        let answer = move |_: &testkit::model_server::Asked| said.clone();
        let desk = Desk::asking(corpus::web().await, answer, Database::sqlite()).await;
        for calls in [1, 6, 56] {
            let mut spec = report("pro");
            spec.processor.caps.calls = calls;
            let done = desk.done(spec, QUESTION).await;
            desk.assert_signed(&done).await;
            let spending = done.receipt.models.clone().unwrap_or_default();
            assert_eq!((spending.calls as usize, spending.lost), (done.hits, 0), "{spending:?}");
            assert!(done.hits <= calls as usize, "{} calls of {calls}", done.hits);
            if done.hits > 0 {
                assert!(spending.input_tokens > 0 && spending.cost_micro_usd > Some(0));
            }
            if calls == 56 {
                assert_eq!(done.receipt.stopped, Some(StopReason::ModelDown));
            }
        }
    }
}

#[tokio::test]
async fn a_run_that_is_taken_up_with_other_settings_keeps_to_its_caps_and_counts_all_that_it_paid()
{
    for answers in [4, 9, 14] {
        let mut desk = Desk::new(Habit::Careful).await;
        let mut spec = report("pro");
        spec.processor.caps.cost_micro_usd = 4_000;
        let run = desk.bench.submit(spec, build::question(QUESTION)).await;
        let worker = desk.bench.start("ann");
        desk.bench.until_remembered(&run, answers).await;
        worker.kill().await;
        desk.bench.clock.advance(Duration::from_secs(31));
        let small = Profile { context_tokens: 4_000, ..profile(&desk.server) };
        desk.bench.reasoning = Some(reasoning(&desk.bench, vec![small]));
        let worker = desk.bench.start("bob");
        let done = desk.end_of(&run).await;
        worker.stop().await;
        desk.assert_signed(&done).await;
        let raw = desk.bench.database.raw().await;
        let paid = "SELECT CAST(-SUM(micro_usd) AS BIGINT) FROM ledger WHERE entry = 'spent'";
        let calls = "SELECT COUNT(*) FROM ledger WHERE entry = 'spent'";
        let spending = done.spending();
        let cost = spending.cost_micro_usd.and_then(|cost| i64::try_from(cost).ok());
        assert_eq!(cost, Some(raw.number(paid).await), "{spending:?}");
        assert_eq!(i64::from(spending.calls), raw.number(calls).await);
        assert!(cost <= Some(4_000), "{spending:?}");
    }
}

#[tokio::test]
async fn nothing_is_bought_that_no_answer_can_come_of() {
    let mut desk = Desk::new(Habit::Careful).await;
    let middling = Profile { price: Some(MIDDLING), ..profile(&desk.server) };
    desk.bench.reasoning = Some(reasoning(&desk.bench, vec![middling]));
    for tier in ["lite", "base", "core", "pro"] {
        let done = desk.done(report(tier), QUESTION).await;
        desk.assert_signed(&done).await;
        let is_answered = done.receipt.engine == "model";
        assert_eq!(done.hits > 0, is_answered, "{tier}: {} calls, {:?}", done.hits, done.receipt);
        if !is_answered {
            assert_eq!(done.receipt.stopped, Some(StopReason::Budget), "{tier}");
            let notes = done.receipt.notes.join("\n");
            assert!(notes.contains("`cost_usd`"), "{notes}");
        }
    }
}

#[tokio::test]
async fn who_is_kept_from_reading_by_a_cap_says_which() {
    let desk = Desk::new(Habit::Careful).await;
    for (calls, input_tokens, cost_micro_usd, named) in [
        (2, 500_000, 200_000, "`calls`"),
        (56, 900, 200_000, "`input_tokens`"),
        (56, 500_000, 100, "`cost_usd`"),
    ] {
        let mut spec = report("pro");
        spec.processor.caps.calls = calls;
        spec.processor.caps.input_tokens = input_tokens;
        spec.processor.caps.cost_micro_usd = cost_micro_usd;
        let done = desk.done(spec, QUESTION).await;
        desk.assert_signed(&done).await;
        assert_eq!(done.receipt.stopped, Some(StopReason::Budget), "{named}");
        let notes = done.receipt.notes.join("\n");
        assert!(notes.contains(named), "{notes}");
    }
}

#[tokio::test]
async fn a_receipt_says_where_tokens_are_our_own_count() {
    let desk = Desk::new(Habit::Careful).await;
    let said = "Tokens and cost are estimated in part: `scripted`";
    for (fault, is_estimated) in [(None, false), (Some(Fault::NoUsage), true)] {
        desk.server.always(fault);
        let done = desk.done(report("core"), QUESTION).await;
        let notes = done.receipt.notes.join("\n");
        assert_eq!(notes.contains(said), is_estimated, "{notes}");
    }
}
