//! Any order of operations, by several workers, keeps the books straight.

use domain::event::{EventKind, Stage};
use domain::ids::GroupId;
use serde_json::json;
use task_mcp_store::dispatch::Claimed;
use task_mcp_store::{Call, Made, Store};
use testkit::Database;
use testkit::clock::Numbers;
use testkit::database::Raw;

use crate::bench::{Bench, ME, cancelled, completed, failed, new_run, worker};

const STEPS: usize = 250;
const SEEDS: [u64; 2] = [7, 20_261_122];

/// Groups whose counts differ from what their rows say.
const WRONG_COUNTS: &str = "SELECT COUNT(*) FROM groups g
    WHERE g.queued     <> (SELECT COUNT(*) FROM runs WHERE group_seq = g.seq AND state = 'queued')
       OR g.running    <> (SELECT COUNT(*) FROM runs WHERE group_seq = g.seq AND state = 'running')
       OR g.cancelling <> (SELECT COUNT(*) FROM runs WHERE group_seq = g.seq AND state = 'cancelling')
       OR g.completed  <> (SELECT COUNT(*) FROM runs WHERE group_seq = g.seq AND state = 'completed')
       OR g.failed     <> (SELECT COUNT(*) FROM runs WHERE group_seq = g.seq AND state = 'failed')
       OR g.cancelled  <> (SELECT COUNT(*) FROM runs WHERE group_seq = g.seq AND state = 'cancelled')";

/// Ended runs without exactly one last event, and active ones that have one.
const WRONG_ENDS: &str = "SELECT COUNT(*) FROM runs r
    WHERE CASE WHEN r.finished_at_ms IS NULL THEN 0 ELSE 1 END <>
          (SELECT COUNT(*) FROM events e WHERE e.run_seq = r.seq AND e.kind = 'state'
           AND e.body IN ('{\"state\":\"completed\"}', '{\"state\":\"failed\"}', '{\"state\":\"cancelled\"}'))";

/// Ended rows that their group did not tell exactly once.
const WRONG_TELLING: &str = "SELECT COUNT(*) FROM runs r
    WHERE r.group_seq IS NOT NULL AND CASE WHEN r.finished_at_ms IS NULL THEN 0 ELSE 1 END <>
          (SELECT COUNT(*) FROM group_events e WHERE e.run_seq = r.seq)";

/// Answers of runs that are not completed or failed, and completed runs without one.
const WRONG_RESULTS: &str = "SELECT COUNT(*) FROM runs r
    WHERE (r.state IN ('queued', 'running', 'cancelling')
           AND EXISTS (SELECT 1 FROM results WHERE run_seq = r.seq))
       OR (r.state IN ('completed', 'failed')
           AND NOT EXISTS (SELECT 1 FROM results WHERE run_seq = r.seq))";

async fn check(raw: &Raw, when: &str) {
    for wrong in [WRONG_COUNTS, WRONG_ENDS, WRONG_TELLING, WRONG_RESULTS] {
        assert_eq!(raw.number(wrong).await, 0, "{when}: {wrong}");
    }
}

/// What the test remembers: attempts that workers believe to have, groups, and runs.
struct Floor<'a> {
    bench: &'a Bench,
    stores: [Store; 2],
    numbers: Numbers,
    held: Vec<Claimed>,
    groups: Vec<GroupId>,
}

impl Floor<'_> {
    async fn step(&mut self) {
        let store = self.stores[self.numbers.below(2)].clone();
        match self.numbers.below(13) {
            0 => self.groups.push(self.bench.group(self.numbers.below(5)).await),
            1 => self.bench.add(self.any_group(), self.numbers.below(4)).await,
            2 => drop(store.create_run(ME, new_run(), None).await.unwrap()),
            3..=5 => {
                let me = worker(["ann", "bob"][self.numbers.below(2)]);
                let claimed = store.claim(&me, self.numbers.below(5)).await.unwrap();
                self.held.extend(claimed);
            }
            6..=8 => {
                // Attempts stay in the list: some end twice, some after they were taken over.
                let Some(run) = self.any_held() else { return };
                let end = [completed("done"), failed(), cancelled()][self.numbers.below(3)].clone();
                store.finish(run.seq, run.attempt, end).await.unwrap();
            }
            9 => {
                let Some(run) = self.any_held() else { return };
                store.hand_back(run.seq, run.attempt).await.unwrap();
            }
            10 => {
                let Some(run) = self.any_held() else { return };
                store.cancel_run(ME, run.id).await.unwrap();
                if self.numbers.below(6) == 0 {
                    store.cancel_group(ME, self.any_group()).await.unwrap();
                }
            }
            11 => {
                let held = self.held.iter().map(|run| (run.seq, run.attempt)).collect();
                store.renew("ann", held).await.unwrap();
                self.bench.clock.advance(std::time::Duration::from_secs(13));
            }
            _ => {
                let Some(run) = self.any_held() else { return };
                let message = EventKind::Message { stage: Stage::Plan, message: "a word".into() };
                store.append_events(run.seq, run.attempt, vec![message]).await.unwrap();
                let nth = i64::try_from(self.numbers.below(3)).unwrap();
                let call = Call { run: run.seq, kind: "read", hash: vec![1], nth };
                let made = Made { attempt: run.attempt, version: 1, ..Made::default() };
                store.remember(call, json!(1), made).await.unwrap();
            }
        }
    }

    fn any_group(&self) -> GroupId {
        self.groups[self.numbers.below(self.groups.len())]
    }

    fn any_held(&self) -> Option<Claimed> {
        let at = self.numbers.below(self.held.len().max(1));
        self.held.get(at).cloned()
    }
}

on_both! {
    counts_events_and_results_agree_after_any_order_of_operations(bench) {
        let raw = bench.raw().await;
        let stores = [bench.another().await, bench.another().await];
        for seed in SEEDS {
            let groups = vec![bench.group(3).await];
            let (numbers, stores) = (Numbers::new(seed), stores.clone());
            let mut floor = Floor { bench: &bench, stores, numbers, held: Vec::new(), groups };
            for step in 0..STEPS {
                floor.step().await;
                if step % 5 == 0 {
                    check(&raw, &format!("seed {seed}, step {step}")).await;
                }
            }
            bench.let_leases_run_out();
            for run in bench.claim(100_000).await {
                bench.store.finish(run.seq, run.attempt, completed("at last")).await.unwrap();
            }
            check(&raw, &format!("seed {seed}, the end")).await;
            assert_eq!(raw.number("SELECT COUNT(*) FROM runs WHERE finished_at_ms IS NULL").await, 0);
        }
    }
}
