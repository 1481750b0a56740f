use std::collections::HashMap;
use std::time::Duration;

use domain::event::{EventKind, Stage};
use domain::ids::WorkId;
use domain::run::RunState;
use task_mcp_store::NewRun;
use task_mcp_store::dispatch::Worker;
use testkit::Database;

use crate::bench::{Bench, ME, completed, new_run, worker};

on_both! {
    each_run_is_claimed_once_however_many_ask(bench) {
        bench.group(60).await;
        for _ in 0..20 {
            bench.submit().await;
        }
        let stores = [bench.another().await, bench.another().await];
        let mut tasks = tokio::task::JoinSet::new();
        for number in 0..8 {
            let store = stores[number % 2].clone();
            tasks.spawn(async move {
                let mut mine = Vec::new();
                loop {
                    let claimed = store.claim(&worker(&format!("w{number}")), 3).await.unwrap();
                    mine.extend(claimed.iter().map(|claimed| (claimed.seq, claimed.attempt)));
                    if claimed.is_empty() {
                        return mine;
                    }
                }
            });
        }
        let mut all = tasks.join_all().await.concat();
        // A claim may find nothing free while others hold it in theirs.
        all.extend(bench.claim(100).await.iter().map(|claimed| (claimed.seq, claimed.attempt)));
        all.sort();
        all.dedup();
        assert_eq!(all.len(), 80);
        assert!(all.iter().all(|(_, attempt)| *attempt == 1));
        assert_eq!(bench.raw().await.number("SELECT running FROM groups").await, 60);
    }

    groups_take_turns(bench) {
        let (large, small) = (bench.group(50).await, bench.group(5).await);
        let mut of_group: HashMap<_, usize> = HashMap::new();
        for claimed in bench.claim(8).await {
            let run = bench.store.find_run(ME, claimed.id).await.unwrap().unwrap().run;
            *of_group.entry(run.group.unwrap()).or_default() += 1;
        }
        assert!(of_group[&large] >= 3 && of_group[&small] >= 3, "{of_group:?}");
    }

    one_question_does_not_wait_for_ten_thousand_rows(bench) {
        bench.group(10_000).await;
        let question = bench.submit().await;
        let mut before = 0;
        while bench.claim_one().await.seq != question.seq {
            before += 1;
        }
        assert!(before <= 2, "{before} rows came first");
    }

    a_group_has_no_more_rows_at_work_than_it_may(bench) {
        bench.group(10).await;
        let careful = Worker { per_group: 3, ..worker("ann") };
        let first = bench.store.claim(&careful, 8).await.unwrap();
        assert_eq!(first.len(), 3);
        assert!(bench.store.claim(&careful, 8).await.unwrap().is_empty());
        bench.submit().await;
        assert_eq!(bench.store.claim(&careful, 8).await.unwrap().len(), 1);
        bench.store.finish(first[0].seq, 1, completed("done")).await.unwrap();
        assert_eq!(bench.store.claim(&careful, 8).await.unwrap().len(), 1);
    }

    a_full_group_does_not_hide_the_one_behind_it(bench) {
        bench.group(100).await;
        let careful = Worker { per_group: 2, ..worker("ann") };
        assert_eq!(bench.store.claim(&careful, 10).await.unwrap().len(), 2);
        bench.group(1).await;
        assert_eq!(bench.store.claim(&careful, 10).await.unwrap().len(), 1);
    }

    runs_of_other_machines_are_left_alone(bench) {
        let there = NewRun { host: Some("there".into()), ..new_run() };
        bench.store.create_run(ME, there, None).await.unwrap();
        let here = NewRun { host: Some("here".into()), ..new_run() };
        let here = bench.store.create_run(ME, here, None).await.unwrap().made().unwrap();
        let claimed = bench.claim(10).await;
        assert_eq!(claimed.iter().map(|claimed| claimed.id).collect::<Vec<_>>(), [here.id]);
        let far = Worker { host: "there".into(), ..worker("bob") };
        assert_eq!(bench.store.claim(&far, 10).await.unwrap().len(), 1);
    }

    a_worker_may_keep_to_one_run_or_one_group(bench) {
        let (other, mine) = (bench.submit().await, bench.submit().await);
        let group = bench.group(2).await;
        let only = |work| Worker { only: Some(work), ..worker("ann") };
        let claimed = bench.store.claim(&only(WorkId::Run(mine.run.id)), 9).await.unwrap();
        assert_eq!(claimed.iter().map(|claimed| claimed.seq).collect::<Vec<_>>(), [mine.seq]);
        assert_eq!(bench.store.claim(&only(WorkId::Group(group)), 9).await.unwrap().len(), 2);
        let nothing = WorkId::Run(domain::ids::RunId::from_bits(7));
        assert!(bench.store.claim(&only(nothing), 9).await.unwrap().is_empty());
        assert_eq!(bench.state(&other).await, RunState::Queued);
    }

    a_lease_that_ran_out_is_taken_over_and_the_older_attempt_changes_nothing(bench) {
        let run = bench.submit().await;
        let old = bench.claim_one().await;
        assert!(bench.claim(1).await.is_empty());
        bench.let_leases_run_out();
        let new = bench.store.claim(&worker("bob"), 1).await.unwrap().remove(0);
        assert_eq!((new.seq, new.attempt, new.idle_attempts), (run.seq, 2, 2));
        assert!(new.started_at > old.started_at);

        let said = || vec![EventKind::Message { stage: Stage::Plan, message: "late".into() }];
        let before = bench.store.events_of(run.seq, 0).await.unwrap();
        assert!(!bench.store.append_events(run.seq, old.attempt, said()).await.unwrap());
        assert!(!bench.store.hand_back(run.seq, old.attempt).await.unwrap());
        assert!(!bench.store.finish(run.seq, old.attempt, completed("late")).await.unwrap());
        assert_eq!(bench.store.events_of(run.seq, 0).await.unwrap(), before);
        assert_eq!(bench.state(&run).await, RunState::Running);
        assert_eq!(bench.store.result_of(run.seq).await.unwrap(), None);

        assert!(bench.store.append_events(run.seq, new.attempt, said()).await.unwrap());
        assert!(bench.store.finish(run.seq, new.attempt, completed("new")).await.unwrap());
        assert!(!bench.store.finish(run.seq, new.attempt, completed("twice")).await.unwrap());
    }

    a_heartbeat_keeps_what_is_held_and_tells_what_is_lost(bench) {
        let (kept, lost) = (bench.submit().await, bench.submit().await);
        bench.claim(2).await;
        let held = vec![(kept.seq, 1), (lost.seq, 1)];
        assert!(bench.store.renew("ann", held.clone()).await.unwrap().is_empty());
        bench.raw().await.execute(&format!(
            "UPDATE runs SET lease_until_ms = 0 WHERE id = '{}'", lost.run.id
        )).await;
        assert_eq!(bench.store.claim(&worker("bob"), 9).await.unwrap().len(), 1);

        bench.clock.advance(Duration::from_secs(29));
        assert_eq!(bench.store.renew("ann", held).await.unwrap(), [(lost.seq, 1)]);
        bench.clock.advance(Duration::from_secs(2));
        let over = bench.store.claim(&worker("eve"), 9).await.unwrap();
        assert_eq!(over.iter().map(|claimed| claimed.seq).collect::<Vec<_>>(), [lost.seq]);
    }

    a_heartbeat_does_not_keep_what_its_worker_has_let_go(bench) {
        let (held, dropped) = (bench.submit().await, bench.submit().await);
        bench.claim(2).await;
        bench.clock.advance(Duration::from_secs(20));
        bench.store.renew("ann", vec![(held.seq, 1)]).await.unwrap();
        bench.clock.advance(Duration::from_secs(11));
        let over = bench.store.claim(&worker("bob"), 9).await.unwrap();
        assert_eq!(over.iter().map(|claimed| claimed.seq).collect::<Vec<_>>(), [dropped.seq]);
    }

    a_worker_that_takes_over_its_own_run_loses_only_the_older_attempt(bench) {
        let run = bench.submit().await;
        bench.claim_one().await;
        bench.let_leases_run_out();
        assert_eq!(bench.claim_one().await.attempt, 2);
        let held = vec![(run.seq, 1), (run.seq, 2)];
        assert_eq!(bench.store.renew("ann", held).await.unwrap(), [(run.seq, 1)]);
    }

    a_run_that_was_handed_back_is_due_at_once(bench) {
        let group = bench.group(1).await;
        let first = bench.claim_one().await;
        assert!(bench.store.hand_back(first.seq, first.attempt).await.unwrap());
        let counts = bench.store.find_group(ME, group).await.unwrap().unwrap().counts;
        assert_eq!((counts.queued, counts.running), (1, 0));
        let again = bench.claim_one().await;
        assert_eq!((again.seq, again.attempt, again.idle_attempts), (first.seq, 2, 1));
        let states: Vec<_> = bench.store.events_of(first.seq, 0).await.unwrap();
        let states: Vec<_> = states.into_iter().map(|event| event.kind).collect();
        let expected = [RunState::Queued, RunState::Running, RunState::Queued, RunState::Running];
        assert_eq!(states, expected.map(EventKind::State));
    }
}
