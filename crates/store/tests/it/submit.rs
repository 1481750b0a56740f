use std::sync::Arc;
use std::time::Duration;

use domain::group::Counts;
use domain::run::{RunState, Warning};
use task_mcp_store::{Filter, Known, NewRun};
use testkit::{Database, build};

use crate::bench::{Bench, ME, asking, completed, key, new_rows, new_run};

on_both! {
    an_acknowledged_run_is_there_after_reopening(bench) {
        let spec = Arc::new(build::fields("founded: year it was founded; ceo"));
        let new = NewRun {
            metadata: Some(build::pair("ref", 7)),
            warnings: vec![Warning::other("a word of warning")],
            host: Some("here".into()),
            ..asking(&spec, build::row("company", "Acme Inc. \u{0}\u{1f30a}"))
        };
        let run = bench.store.create_run(ME, new.clone(), None).await.unwrap().made().unwrap();

        let reopened = bench.another().await;
        let row = reopened.find_run(ME, run.id).await.unwrap().unwrap();
        assert_eq!(row.run, run);
        assert_eq!((run.metadata, run.warnings), (new.metadata, new.warnings));
        assert_eq!(run.state, RunState::Queued);
        assert_eq!(reopened.input_of(&row).await.unwrap(), (new.input, spec));
    }

    the_same_key_and_body_gives_the_same_run_as_it_was_created(bench) {
        let first = bench.store.create_run(ME, new_run(), Some(key("k", "a"))).await.unwrap();
        let Known::New(run) = first else { panic!("{first:?}") };
        let claimed = bench.claim_one().await;
        bench.store.finish(claimed.seq, claimed.attempt, completed("done")).await.unwrap();

        let again = bench.store.create_run(ME, new_run(), Some(key("k", "a"))).await.unwrap();
        assert_eq!(again, Known::Replayed(run));
        let other = bench.store.create_run(ME, new_run(), Some(key("k", "b"))).await.unwrap();
        assert_eq!(other, Known::OtherBody);
        assert_eq!(bench.raw().await.number("SELECT COUNT(*) FROM runs").await, 1);
    }

    a_key_is_forgotten_when_its_time_is_over(bench) {
        let store = &bench.store;
        store.create_run(ME, new_run(), Some(key("k", "a"))).await.unwrap();
        bench.clock.advance(Duration::from_secs(1));
        let later = store.create_run(ME, new_run(), Some(key("k", "b"))).await.unwrap();
        assert!(matches!(later, Known::New(_)));
    }

    of_requests_with_one_key_at_once_one_makes_a_run_and_all_get_it(bench) {
        let stores = [bench.another().await, bench.another().await];
        let mut tasks = tokio::task::JoinSet::new();
        for number in 0..16 {
            let store = stores[number % 2].clone();
            tasks.spawn(async move { store.create_run(ME, new_run(), Some(key("k", "a"))).await.unwrap() });
        }
        let all = tasks.join_all().await;
        assert_eq!(all.iter().filter(|known| matches!(known, Known::New(_))).count(), 1);
        let mut ids: Vec<_> = all.into_iter().map(|known| known.made().unwrap().id).collect();
        ids.dedup();
        assert_eq!(ids.len(), 1);
        assert_eq!(bench.raw().await.number("SELECT COUNT(*) FROM runs").await, 1);
        assert_eq!(bench.raw().await.number("SELECT COUNT(*) FROM events").await, 1);
    }

    a_group_is_made_once_per_key(bench) {
        let make = || bench.store.create_group(ME, Some(build::pair("a", "b")), None, Some(key("k", "a")));
        let Known::New(made) = make().await.unwrap() else { panic!("it is not new") };
        bench.add(made.id, 3).await;
        assert_eq!(make().await.unwrap(), Known::Replayed(made));
    }

    rows_are_added_all_or_none(bench) {
        let group = bench.group(0).await;
        let mut rows = new_rows(5);
        // A group and its rows are of one transaction: what breaks the last row undoes the first.
        rows[4].host = Some("there".into());
        let raw = bench.raw().await;
        raw.execute("CREATE UNIQUE INDEX one_host ON runs (host)").await;
        rows[0].host = Some("there".into());
        assert!(bench.store.add_rows(ME, group, rows, Some(key("k", "a"))).await.is_err());
        raw.execute("DROP INDEX one_host").await;

        assert_eq!(raw.number("SELECT COUNT(*) FROM runs").await, 0);
        assert_eq!(raw.number("SELECT COUNT(*) FROM events").await, 0);
        assert_eq!(raw.number("SELECT COUNT(*) FROM idempotency").await, 0);
        let group = bench.store.find_group(ME, group).await.unwrap().unwrap();
        assert_eq!(group.counts, Counts::default());
    }

    rows_keep_their_order_and_tell_where_they_begin(bench) {
        let group = bench.group(0).await;
        let add = |count| bench.store.add_rows(ME, group, new_rows(count), None);
        let first = add(3).await.unwrap().unwrap().made().unwrap();
        assert_eq!((first.runs_before, first.events_before), (None, None));
        assert_eq!(first.counts, Counts { queued: 3, ..Counts::default() });
        let claimed = bench.claim_one().await;
        bench.store.finish(claimed.seq, claimed.attempt, completed("done")).await.unwrap();

        let second = add(2).await.unwrap().unwrap().made().unwrap();
        assert_eq!((second.runs_before, second.events_before), (Some(3), Some(1)));
        assert_eq!(second.counts, Counts { queued: 4, completed: 1, ..Counts::default() });
        let listed = bench.store.list_rows(ME, group, 0, 100, Filter::default()).await.unwrap();
        let ids: Vec<_> = listed.runs.iter().map(|listed| listed.run.id).collect();
        assert_eq!(ids, [first.runs, second.runs].concat());
        let indexes: Vec<_> = listed.runs.iter().map(|listed| listed.run.index).collect();
        assert_eq!(indexes, [Some(0), Some(1), Some(2), Some(3), Some(4)]);
    }

    rows_sent_again_with_their_key_are_answered_word_for_word(bench) {
        let group = bench.group(2).await;
        let add = |body| bench.store.add_rows(ME, group, new_rows(3), Some(key("k", body)));
        let Some(Known::New(rows)) = add("a").await.unwrap() else { panic!("they are not new") };
        bench.claim(5).await;
        assert_eq!(add("a").await.unwrap(), Some(Known::Replayed(rows)));
        assert_eq!(add("b").await.unwrap(), Some(Known::OtherBody));
        assert_eq!(bench.raw().await.number("SELECT COUNT(*) FROM runs").await, 5);
    }

    rows_sent_at_once_get_numbers_without_a_gap(bench) {
        let group = bench.group(0).await;
        let stores = [bench.another().await, bench.another().await];
        let mut tasks = tokio::task::JoinSet::new();
        for number in 0..10 {
            let store = stores[number % 2].clone();
            tasks.spawn(async move { store.add_rows(ME, group, new_rows(7), None).await.unwrap() });
        }
        tasks.join_all().await;
        let raw = bench.raw().await;
        let span = "SELECT CAST(MAX(row_index) * 1000 + COUNT(DISTINCT row_index) AS BIGINT) FROM runs";
        assert_eq!(raw.number(span).await, 69 * 1000 + 70);
        let group = bench.store.find_group(ME, group).await.unwrap().unwrap();
        assert_eq!(group.counts.queued, 70);
    }

    rows_for_an_unknown_group_are_refused(bench) {
        let nowhere = domain::ids::GroupId::from_bits(7);
        assert_eq!(bench.store.add_rows(ME, nowhere, new_rows(1), None).await.unwrap(), None);
    }
}
