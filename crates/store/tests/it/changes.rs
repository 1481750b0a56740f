use std::time::Duration;

use testkit::Database;
use tokio::time::timeout;

use crate::bench::{Bench, ME, completed, new_rows};

const SOON: Duration = Duration::from_secs(1);

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
