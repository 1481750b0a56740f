use std::time::Duration;

use serde_json::json;
use task_mcp_store::{Call, Made};
use testkit::Database;
use tokio::time::timeout;

use crate::bench::{Bench, ME, completed, new_rows};

const SOON: Duration = Duration::from_secs(1);
/// What has not come by then does not come: a wake-up takes less than a millisecond.
const LONG_ENOUGH: Duration = Duration::from_millis(300);

on_both! {
    a_run_wakes_those_who_watch_it_in_this_process_and_in_others(bench) {
        let run = bench.submit().await;
        let other = bench.another().await;
        let mut here = bench.store.watch_run(run.seq);
        let mut there = other.watch_run(run.seq);
        bench.claim_one().await;
        timeout(SOON, here.changed()).await.unwrap();
        timeout(SOON, there.changed()).await.unwrap();
        bench.store.finish(run.seq, 1, completed("done")).await.unwrap();
        timeout(SOON, there.changed()).await.unwrap();
    }

    a_step_wakes_those_who_watch_a_run_at_work_and_not_those_who_wait_for_its_end(bench) {
        let run = bench.submit().await;
        let other = bench.another().await;
        let (mut here, mut there) = (bench.store.watch_steps(run.seq), other.watch_steps(run.seq));
        let mut end = bench.store.watch_run(run.seq);
        let step = |is_row| {
            let call = Call { run: run.seq, kind: "read", hash: vec![u8::from(is_row)], nth: 0 };
            bench.store.remember(call, json!(1), Made { attempt: 1, version: 1, is_row, ..Made::default() })
        };
        step(true).await.unwrap();
        assert!(timeout(LONG_ENOUGH, here.changed()).await.is_err(), "rows have too many");
        step(false).await.unwrap();
        timeout(SOON, here.changed()).await.unwrap();
        timeout(SOON, there.changed()).await.unwrap();
        assert!(timeout(LONG_ENOUGH, end.changed()).await.is_err());
        bench.claim_one().await;
        timeout(SOON, here.changed()).await.unwrap();
        timeout(SOON, end.changed()).await.unwrap();
    }

    a_write_right_after_another_process_has_opened_is_not_missed(bench) {
        for _ in 0..5 {
            let run = bench.submit().await;
            let other = bench.another().await;
            let mut there = other.watch_run(run.seq);
            bench.store.cancel_run(ME, run.run.id).await.unwrap();
            timeout(SOON, there.changed()).await.unwrap();
        }
    }

    a_group_wakes_those_who_watch_it(bench) {
        let group = bench.group(1).await;
        let other = bench.another().await;
        let mut watch = other.watch_group(ME, group).await.unwrap().unwrap();
        bench.add(group, 2).await;
        timeout(SOON, watch.changed()).await.unwrap();
    }

    new_work_wakes_the_workers_of_all_processes(bench) {
        let other = bench.another().await;
        let (mut here, mut there) = (bench.store.watch_work(), other.watch_work());
        bench.submit().await;
        timeout(SOON, here.changed()).await.unwrap();
        timeout(SOON, there.changed()).await.unwrap();
    }

    a_change_of_a_thousand_rows_wakes_too(bench) {
        let group = bench.group(0).await;
        bench.store.add_rows(ME, group, new_rows(1_000), None).await.unwrap();
        let other = bench.another().await;
        let run = bench.claim_one().await;
        let mut there = other.watch_run(run.seq);
        bench.claim(999).await;
        bench.store.cancel_group(ME, group).await.unwrap();
        timeout(SOON, there.changed()).await.unwrap();
    }
}

#[tokio::test]
async fn the_version_moves_with_every_commit_of_anybody_and_not_with_reading() {
    let bench = Bench::new(Database::sqlite()).await;
    let version = || bench.store.version().unwrap().unwrap();
    let before = version();
    let run = bench.submit().await;
    let after_our_own = version();
    assert_ne!(after_our_own, before);
    bench.another().await.cancel_run(ME, run.run.id).await.unwrap();
    let after_anothers = version();
    assert_ne!(after_anothers, after_our_own);
    assert!(!bench.state(&run).await.is_active());
    assert_eq!(version(), after_anothers);
}

#[tokio::test]
async fn over_a_network_there_is_no_version() {
    let bench = Bench::new(Database::postgres().await).await;
    assert_eq!(bench.store.version().unwrap(), None);
}
