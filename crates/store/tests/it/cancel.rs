use domain::event::EventKind;
use domain::group::Counts;
use domain::run::RunState;
use testkit::Database;

use crate::bench::{Bench, ME, cancelled, completed, failed, new_run, worker};

on_both! {
    a_queued_run_ends_at_once(bench) {
        let run = bench.submit().await;
        let state = bench.store.cancel_run(ME, run.run.id).await.unwrap();
        assert_eq!(state, Some(RunState::Cancelled));
        assert!(bench.claim(1).await.is_empty());
        let events = bench.store.events_of(run.seq, 0).await.unwrap();
        assert_eq!(events.last().unwrap().kind, EventKind::State(RunState::Cancelled));
        assert_eq!(bench.store.cancel_run(ME, run.run.id).await.unwrap(), Some(RunState::Cancelled));
        assert_eq!(bench.store.events_of(run.seq, 0).await.unwrap(), events);
    }

    a_running_run_is_asked_and_its_worker_ends_it(bench) {
        let run = bench.submit().await;
        bench.claim_one().await;
        let state = bench.store.cancel_run(ME, run.run.id).await.unwrap();
        assert_eq!(state, Some(RunState::Cancelling));
        assert!(bench.store.finish(run.seq, 1, cancelled()).await.unwrap());
        assert_eq!(bench.state(&run).await, RunState::Cancelled);
    }

    what_was_done_before_the_request_came_through_is_kept(bench) {
        let run = bench.submit().await;
        bench.claim_one().await;
        bench.store.cancel_run(ME, run.run.id).await.unwrap();
        assert!(bench.store.finish(run.seq, 1, completed("just in time")).await.unwrap());
        assert_eq!(bench.state(&run).await, RunState::Completed);
        assert_eq!(bench.store.cancel_run(ME, run.run.id).await.unwrap(), Some(RunState::Completed));
    }

    a_run_whose_worker_died_while_it_was_asked_is_ended_by_the_next(bench) {
        let run = bench.submit().await;
        bench.claim_one().await;
        bench.store.cancel_run(ME, run.run.id).await.unwrap();
        bench.let_leases_run_out();
        let next = bench.store.claim(&worker("bob"), 1).await.unwrap().remove(0);
        assert!(next.is_cancelling);
        assert!(bench.store.finish(run.seq, next.attempt, cancelled()).await.unwrap());
    }

    a_group_of_all_states_is_cancelled_and_its_counts_add_up(bench) {
        let group = bench.group(1_205).await;
        let claimed = bench.claim(4).await;
        bench.store.finish(claimed[0].seq, 1, completed("done")).await.unwrap();
        bench.store.finish(claimed[1].seq, 1, failed()).await.unwrap();

        assert!(bench.store.cancel_group(ME, group).await.unwrap());
        let counts = || async { bench.store.find_group(ME, group).await.unwrap().unwrap().counts };
        let ended = Counts { completed: 1, failed: 1, cancelled: 1_201, ..Counts::default() };
        assert_eq!(counts().await, Counts { cancelling: 2, ..ended });
        for claimed in &claimed[2..] {
            assert!(bench.store.finish(claimed.seq, 1, cancelled()).await.unwrap());
        }
        assert_eq!(counts().await, Counts { cancelled: 1_203, ..ended });
        let raw = bench.raw().await;
        assert_eq!(raw.number("SELECT COUNT(DISTINCT run_seq) FROM group_events").await, 1_205);
        assert_eq!(raw.number("SELECT MAX(seq) FROM group_events").await, 1_205);
    }

    an_unknown_run_or_group_cannot_be_cancelled(bench) {
        let run = domain::ids::RunId::from_bits(7);
        assert_eq!(bench.store.cancel_run(ME, run).await.unwrap(), None);
        let group = domain::ids::GroupId::from_bits(7);
        assert!(!bench.store.cancel_group(ME, group).await.unwrap());
    }

    a_group_is_cancelled_while_workers_claim_and_end_its_rows(bench) {
        let group = bench.group(1_500).await;
        let (asked, wait) = tokio::sync::watch::channel(false);
        let mut tasks = tokio::task::JoinSet::new();
        for number in 0..4 {
            let (store, mut wait) = (bench.another().await, wait.clone());
            tasks.spawn(async move {
                let me = worker(&format!("w{number}"));
                for batch in 0.. {
                    // Fast workers leave the request a hundred rows however late it comes.
                    if batch == 14 {
                        wait.wait_for(|asked| *asked).await.unwrap();
                    }
                    let claimed = store.claim(&me, 25).await.unwrap();
                    if claimed.is_empty() {
                        return;
                    }
                    for run in claimed {
                        store.finish(run.seq, run.attempt, completed("done")).await.unwrap();
                    }
                }
            });
        }
        let mut watch = bench.store.watch_group(ME, group).await.unwrap().unwrap();
        watch.changed().await;
        bench.store.cancel_group(ME, group).await.unwrap();
        asked.send_replace(true);
        tasks.join_all().await;
        let counts = bench.store.find_group(ME, group).await.unwrap().unwrap().counts;
        assert_eq!((counts.active(), counts.total()), (0, 1_500), "{counts:?}");
        let raw = bench.raw().await;
        assert_eq!(raw.number("SELECT COUNT(DISTINCT run_seq) FROM group_events").await, 1_500);
        assert!(counts.cancelled > 0, "{counts:?}");
    }

    a_request_to_cancel_holds_although_the_run_is_handed_back_meanwhile(bench) {
        for _ in 0..30 {
            let new = bench.store.create_run(ME, new_run(), None).await.unwrap().made().unwrap();
            let run = bench.claim_one().await;
            let other = bench.store.clone();
            let mut task = tokio::task::JoinSet::new();
            task.spawn(async move { other.hand_back(run.seq, run.attempt).await.unwrap() });
            let state = bench.store.cancel_run(ME, new.id).await.unwrap().unwrap();
            task.join_all().await;
            assert!(matches!(state, RunState::Cancelling | RunState::Cancelled), "{state}");
            bench.store.finish(run.seq, run.attempt, cancelled()).await.unwrap();
        }
    }
}
