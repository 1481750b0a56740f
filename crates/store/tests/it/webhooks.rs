use std::time::Duration;

use domain::webhook::Webhook;
use task_mcp_store::{About, NewRun};
use testkit::Database;

use crate::bench::{Bench, ME, completed, failed, new_run};

const RECEIVER: &str = "a.test:443";

fn told() -> NewRun {
    let webhook = Webhook { url: "https://a.test/hook".into(), receiver: RECEIVER.into() };
    NewRun { webhook: Some(webhook), ..new_run() }
}

async fn submit_told(bench: &Bench) -> domain::ids::RunId {
    bench.store.create_run(ME, told(), None).await.unwrap().made().unwrap().id
}

on_both! {
    the_end_of_a_run_is_put_into_the_outbox_once(bench) {
        let run = submit_told(&bench).await;
        bench.submit().await;
        assert!(bench.store.due_receivers().await.unwrap().is_empty());
        for run in bench.claim(2).await {
            bench.store.finish(run.seq, run.attempt, completed("done")).await.unwrap();
            bench.store.finish(run.seq, run.attempt, failed()).await.unwrap();
        }
        assert_eq!(bench.store.due_receivers().await.unwrap(), [RECEIVER]);
        let taken = bench.store.claim_deliveries(RECEIVER, 9).await.unwrap();
        assert_eq!(taken.len(), 1);
        assert_eq!((taken[0].about, taken[0].attempts), (About::Run(run), 1));
        assert!(bench.store.claim_deliveries(RECEIVER, 9).await.unwrap().is_empty());
        bench.store.settle_delivery(&taken[0], None).await.unwrap();
        bench.clock.advance(Duration::from_hours(1));
        assert!(bench.store.due_receivers().await.unwrap().is_empty());
    }

    a_delivery_is_tried_less_and_less_often_and_is_dead_after_two_days(bench) {
        submit_told(&bench).await;
        let run = bench.claim_one().await;
        bench.store.finish(run.seq, run.attempt, failed()).await.unwrap();
        let mut pauses = Vec::new();
        while pauses.len() < 30 {
            let Some(delivery) = bench.store.claim_deliveries(RECEIVER, 1).await.unwrap().pop() else { break };
            bench.store.settle_delivery(&delivery, Some("it answered 500\0".into())).await.unwrap();
            let row = bench.store.list_deliveries(ME, None, 1, "").await.unwrap().remove(0);
            assert_eq!(row.last_error.as_deref(), Some("it answered 500\u{fffd}"));
            if row.state == "dead" {
                break;
            }
            let pause = row.next_at_ms - bench.store.clock().now().0;
            pauses.push(pause / 1000);
            bench.clock.advance(Duration::from_millis(u64::try_from(pause).unwrap()));
        }
        assert_eq!(pauses[..5], [5, 10, 20, 40, 80]);
        assert!((24 * 3600..=48 * 3600).contains(&pauses.iter().sum::<i64>()), "{pauses:?}");
        let dead = bench.store.list_deliveries(ME, None, 9, "dead").await.unwrap();
        assert_eq!(dead.len(), 1);
        let replayed = bench.store.replay_delivery(ME, &dead[0].id).await.unwrap().unwrap();
        assert_eq!((replayed.state.as_str(), replayed.attempts), ("due", 0));
        assert_eq!(bench.store.claim_deliveries(RECEIVER, 9).await.unwrap().len(), 1);
    }

    a_try_that_nobody_ends_is_made_again(bench) {
        submit_told(&bench).await;
        let run = bench.claim_one().await;
        bench.store.finish(run.seq, run.attempt, completed("done")).await.unwrap();
        let first = bench.store.claim_deliveries(RECEIVER, 1).await.unwrap().remove(0);
        bench.clock.advance(Duration::from_secs(31));
        let second = bench.store.claim_deliveries(RECEIVER, 1).await.unwrap().remove(0);
        assert_eq!((&first.id, second.attempts), (&second.id, 2));
        // The first one's answer comes late and must not end the second.
        bench.store.settle_delivery(&first, Some("late".into())).await.unwrap();
        let row = bench.store.list_deliveries(ME, None, 1, "due").await.unwrap().remove(0);
        assert_eq!(row.last_error, None);
    }

    a_group_tells_each_time_it_comes_to_rest(bench) {
        let webhook = told().webhook;
        let group = bench.store.create_group(ME, None, webhook, None).await.unwrap().made().unwrap().id;
        for round in 1..=2 {
            bench.add(group, 2).await;
            for run in bench.claim(2).await {
                assert_eq!(bench.store.list_deliveries(ME, None, 9, "").await.unwrap().len(), round - 1);
                bench.store.finish(run.seq, run.attempt, completed("done")).await.unwrap();
            }
        }
        let about: Vec<About> =
            bench.store.claim_deliveries(RECEIVER, 9).await.unwrap().iter().map(|d| d.about).collect();
        assert_eq!(about, [About::Group(group), About::Group(group)]);
    }

    what_is_cancelled_is_told_too(bench) {
        let run = submit_told(&bench).await;
        bench.store.cancel_run(ME, run).await.unwrap();
        assert_eq!(bench.store.claim_deliveries(RECEIVER, 9).await.unwrap()[0].about, About::Run(run));
    }

    the_secret_before_the_last_one_signs_for_a_day(bench) {
        let first = bench.store.webhook_secrets(ME).await.unwrap();
        assert_eq!((first.len(), &first), (1, &bench.another().await.webhook_secrets(ME).await.unwrap()));
        bench.store.rotate_webhook_secret(ME).await.unwrap();
        let both = bench.store.webhook_secrets(ME).await.unwrap();
        assert_eq!((both.len(), &both[1]), (2, &first[0]));
        bench.clock.advance(Duration::from_hours(25));
        assert_eq!(bench.store.webhook_secrets(ME).await.unwrap(), both[..1]);
    }
}
