use std::time::Duration;

use serde_json::{Value, json};
use task_mcp_store::dispatch::MAX_IDLE_ATTEMPTS;
use task_mcp_store::{Call, Kept, Made, RunSeq};
use testkit::Database;

use crate::bench::{Bench, worker};

fn call(run: RunSeq, nth: i64) -> Call {
    Call { run, kind: "search.web", hash: vec![1, 2, 3], nth }
}

async fn remember(bench: &Bench, call: Call, attempt: i64, answer: Value) -> Kept {
    let detail = "searxng: tide".to_owned();
    bench
        .store
        .remember(
            call,
            answer,
            Made { attempt, version: 1, detail, elapsed_ms: 12, ..Made::default() },
        )
        .await
        .unwrap()
}

on_both! {
    an_answer_is_there_after_it_was_remembered(bench) {
        let run = bench.submit().await;
        assert_eq!(bench.store.recall(&call(run.seq, 0)).await.unwrap(), None);
        let answer = json!({"hits": ["a\u{0}b"], "n": 1.5});
        let kept = remember(&bench, call(run.seq, 0), 1, answer.clone()).await;
        assert_eq!(kept, Kept { answer: answer.clone(), is_repeat: false });
        let reopened = bench.another().await;
        assert_eq!(reopened.recall(&call(run.seq, 0)).await.unwrap(), Some((1, answer)));
        assert_eq!(reopened.recall(&call(run.seq, 1)).await.unwrap(), None);
    }

    the_first_answer_wins_and_a_repeat_is_counted(bench) {
        let run = bench.submit().await;
        remember(&bench, call(run.seq, 0), 2, json!("first")).await;
        let second = remember(&bench, call(run.seq, 0), 1, json!("second")).await;
        assert_eq!(second, Kept { answer: json!("first"), is_repeat: true });
        remember(&bench, call(run.seq, 1), 1, json!("another place")).await;
        assert_eq!(bench.store.calls_of(run.seq).await.unwrap(), (3, 1));
    }

    of_answers_at_once_one_is_kept_and_all_use_it(bench) {
        let run = bench.submit().await.seq;
        let stores = [bench.another().await, bench.another().await];
        let mut tasks = tokio::task::JoinSet::new();
        for number in 0..12 {
            let store = stores[number % 2].clone();
            tasks.spawn(async move {
                store.remember(call(run, 0), json!(number), Made { attempt: 1, version: 1, ..Made::default() }).await.unwrap()
            });
        }
        let all = tasks.join_all().await;
        assert!(all.iter().all(|kept| kept.answer == all[0].answer));
        assert_eq!(all.iter().filter(|kept| !kept.is_repeat).count(), 1);
        assert_eq!(bench.store.calls_of(run).await.unwrap(), (12, 11));
    }

    attempts_without_an_answer_are_counted_until_one_comes(bench) {
        let run = bench.submit().await;
        let mut attempt = 0;
        for idle in 1..=MAX_IDLE_ATTEMPTS + 1 {
            let claimed = bench.claim_one().await;
            assert_eq!(claimed.idle_attempts, idle);
            attempt = claimed.attempt;
            bench.let_leases_run_out();
        }
        remember(&bench, call(run.seq, 0), attempt, json!("got somewhere")).await;
        assert_eq!(bench.claim_one().await.idle_attempts, 1);
        bench.clock.advance(Duration::from_secs(31));
        // What was known before is no progress.
        remember(&bench, call(run.seq, 0), attempt, json!("again")).await;
        let next = bench.store.claim(&worker("bob"), 1).await.unwrap().remove(0);
        assert_eq!(next.idle_attempts, 2);
    }

    what_was_asked_for_may_hold_any_character(bench) {
        let run = bench.submit().await;
        let detail = "searxng: a\u{0}b \u{1f30a} '; --".to_owned();
        let kept = bench.store.remember(call(run.seq, 0), json!(1), Made { attempt: 1, version: 1, detail, ..Made::default() }).await;
        assert!(kept.is_ok(), "{kept:?}");
    }
}
