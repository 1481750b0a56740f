use domain::receipt::Receipt;
use domain::run::{Failure, FailureCode};
use serde_json::json;
use task_mcp_store::{Amount, Bill, Call, End, Ending, Lost, Made, Paid, RunSeq};
use testkit::Database;

use crate::bench::{Bench, ME};

const HUNDRED: Amount = Amount { tokens: 100, micro_usd: 500 };

fn call(run: RunSeq, nth: i64) -> Call {
    Call { run, kind: "model", hash: vec![7], nth }
}

/// 60 tokens and 200 millionths of a dollar.
fn answered(attempt: i64) -> Made {
    let bill = Bill {
        model: "small".into(),
        input_tokens: 50,
        cached_tokens: 0,
        output_tokens: 10,
        cost_micro_usd: Some(200),
    };
    Made { attempt, version: 1, bill: Some(bill), ..Made::default() }
}

on_both! {
    a_call_that_was_answered_is_settled_to_the_last_unit(bench) {
        let run = bench.submit().await.seq;
        bench.store.reserve(&call(run, 0), 1, HUNDRED).await.unwrap();
        assert_eq!(bench.store.ledger_balance(run).await.unwrap(), HUNDRED);
        bench.store.remember(call(run, 0), json!("yes"), answered(1)).await.unwrap();
        assert_eq!(bench.store.ledger_balance(run).await.unwrap(), Amount::default());
        assert_eq!(bench.store.close_lost(run, 2).await.unwrap(), Lost::default());
        let raw = bench.raw().await;
        let spent = "SELECT CAST(-SUM(micro_usd) AS BIGINT) FROM ledger WHERE entry = 'spent'";
        assert_eq!(raw.number(spent).await, 200);
        assert_eq!(raw.number("SELECT cost_micro_usd FROM usage").await, 200);
    }

    a_call_that_cost_more_than_was_set_aside_is_settled_too(bench) {
        let run = bench.submit().await.seq;
        let little = Amount { tokens: 10, micro_usd: 1 };
        bench.store.reserve(&call(run, 0), 1, little).await.unwrap();
        bench.store.remember(call(run, 0), json!("yes"), answered(1)).await.unwrap();
        assert_eq!(bench.store.ledger_balance(run).await.unwrap(), Amount::default());
    }

    what_an_earlier_attempt_left_open_is_lost_and_counted_once(bench) {
        let run = bench.submit().await.seq;
        bench.store.reserve(&call(run, 0), 1, HUNDRED).await.unwrap();
        bench.store.reserve(&call(run, 1), 1, HUNDRED).await.unwrap();
        bench.store.give_back(&call(run, 1), 1).await.unwrap();
        let lost = Lost { calls: 1, amount: HUNDRED };
        assert_eq!(bench.store.close_lost(run, 1).await.unwrap(), Lost::default());
        assert_eq!(bench.store.close_lost(run, 2).await.unwrap(), lost);
        assert_eq!(bench.store.close_lost(run, 3).await.unwrap(), lost);
        assert_eq!(bench.store.ledger_balance(run).await.unwrap(), Amount::default());
    }

    an_answer_that_comes_after_its_call_was_written_off_leaves_nothing_open(bench) {
        let run = bench.submit().await.seq;
        bench.store.reserve(&call(run, 0), 1, HUNDRED).await.unwrap();
        bench.store.close_lost(run, 2).await.unwrap();
        bench.store.remember(call(run, 0), json!("late"), answered(1)).await.unwrap();
        assert_eq!(bench.store.ledger_balance(run).await.unwrap(), Amount::default());
    }

    what_was_paid_for_is_known_to_later_attempts_and_forgotten_by_a_retry(bench) {
        let group = bench.group(1).await;
        let claimed = bench.claim_one().await;
        let run = claimed.seq;
        for nth in 0..2 {
            bench.store.remember(call(run, nth), json!("yes"), answered(1)).await.unwrap();
        }
        bench.store.remember(call(run, 0), json!("again"), answered(2)).await.unwrap();
        let shared = Made { bill: None, ..answered(1) };
        bench.store.remember(call(run, 2), json!("theirs"), shared).await.unwrap();
        let paid = async || bench.store.paid_by(run).await.unwrap();
        let bill = Bill { input_tokens: 150, output_tokens: 30, cost_micro_usd: Some(600), ..answered(1).bill.unwrap() };
        assert_eq!(paid().await, [Paid { calls: 2, bill }]);
        let failure = Failure { code: FailureCode::Internal, message: String::new() };
        let end = End { ending: Ending::Failed(failure), receipt: Receipt::default() };
        assert!(bench.store.finish(run, claimed.attempt, end).await.unwrap());
        assert_eq!(bench.store.retry_rows(ME, group).await.unwrap(), Some(1));
        assert!(paid().await.is_empty());
        let unpriced = Bill { cost_micro_usd: None, ..answered(3).bill.unwrap() };
        let made = Made { bill: Some(unpriced.clone()), ..answered(3) };
        bench.store.remember(call(run, 0), json!("anew"), made).await.unwrap();
        assert_eq!(paid().await, [Paid { calls: 1, bill: unpriced }]);
    }

    a_part_of_a_call_may_be_lost_while_it_goes_on(bench) {
        let run = bench.submit().await.seq;
        bench.store.reserve(&call(run, 0), 1, HUNDRED).await.unwrap();
        bench.store.lose(&call(run, 0), 1, HUNDRED).await.unwrap();
        bench.store.reserve(&call(run, 0), 1, HUNDRED).await.unwrap();
        bench.store.remember(call(run, 0), json!("yes"), answered(1)).await.unwrap();
        assert_eq!(bench.store.ledger_balance(run).await.unwrap(), Amount::default());
        let lost = Lost { calls: 1, amount: HUNDRED };
        assert_eq!(bench.store.close_lost(run, 2).await.unwrap(), lost);
    }

    an_answer_that_is_shared_is_there_for_the_other_rows_of_its_group(bench) {
        let group = bench.group(2).await;
        let rows = bench.claim(2).await;
        let in_group = rows[0].group.unwrap();
        let made = Made { share_with: Some(in_group), ..answered(1) };
        bench.store.remember(call(rows[0].seq, 0), json!("ours"), made).await.unwrap();
        let other = call(rows[1].seq, 0);
        assert_eq!(bench.store.recall(&other).await.unwrap(), None);
        let shared = bench.store.recall_shared(in_group, &other).await.unwrap();
        assert_eq!(shared, Some((1, json!("ours"))));
        assert_eq!(bench.store.recall_shared(in_group + 1, &other).await.unwrap(), None);
        assert!(bench.store.find_group(crate::bench::ME, group).await.unwrap().is_some());
    }

    a_set_of_prompts_is_kept_as_it_was_first(bench) {
        bench.store.keep_prompts(vec![1], "first".into()).await.unwrap();
        bench.store.keep_prompts(vec![1], "second".into()).await.unwrap();
        assert_eq!(bench.store.find_prompts(&[1]).await.unwrap(), Some("first".into()));
        assert_eq!(bench.store.find_prompts(&[2]).await.unwrap(), None);
    }
}
