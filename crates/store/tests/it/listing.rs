use domain::run::RunState;
use domain::source::Place;
use serde_json::{Map, json};
use task_mcp_store::{Ended, Filter, GroupFilter, Known, NewRun, Note};
use testkit::{Database, build};

use crate::bench::{Bench, ME, cancelled, completed, failed, key, new_rows, new_run};
use crate::pages::{archive, tides};

on_both! {
    runs_are_listed_newest_first_page_by_page(bench) {
        let mut made = Vec::new();
        for _ in 0..5 {
            made.push(bench.submit().await.run.id);
        }
        bench.group(3).await;
        made.reverse();
        let mut listed = Vec::new();
        let mut before = None;
        loop {
            let page = bench.store.list_runs(ME, before, 2, Filter::default()).await.unwrap();
            listed.extend(page.runs.iter().map(|listed| listed.run.id));
            assert!(page.runs.len() <= 2 && page.runs.iter().all(|listed| listed.input.is_none()));
            before = page.next;
            if before.is_none() {
                break;
            }
        }
        assert_eq!(listed, made);
    }

    a_listing_may_keep_to_one_state_and_show_inputs(bench) {
        let (first, _) = (bench.submit().await, bench.submit().await);
        bench.claim_one().await;
        let filter = Filter { state: Some(RunState::Running), with_input: true, ..Filter::default() };
        let page = bench.store.list_runs(ME, None, 10, filter).await.unwrap();
        assert_eq!(page.runs.len(), 1);
        assert_eq!(page.runs[0].run.id, first.run.id);
        assert_eq!(page.runs[0].input, Some(build::question("How often does the tide turn?")));
        assert_eq!(page.next, None);
    }

    what_has_ended_is_counted_by_kind(bench) {
        for _ in 0..4 {
            bench.submit().await;
        }
        for end in [completed("done"), failed(), cancelled()] {
            let claimed = bench.claim_one().await;
            bench.store.finish(claimed.seq, 1, end).await.unwrap();
        }
        bench.group(1).await;
        bench.group(0).await;
        let ended = bench.store.count_ended(ME).await.unwrap();
        assert_eq!(ended, Ended { questions: 3, failed: 1, tables: 1 });
        bench.raw().await.execute("INSERT INTO owners (name) VALUES ('other')").await;
        for table in ["runs", "groups"] {
            let other = format!("UPDATE {table} SET owner = (SELECT seq FROM owners WHERE name = 'other')");
            bench.raw().await.execute(&other).await;
        }
        let nothing = Ended { questions: 0, failed: 0, tables: 0 };
        assert_eq!(bench.store.count_ended(ME).await.unwrap(), nothing);
    }

    a_listing_may_keep_to_one_note(bench) {
        for (name, value) in [("ref", json!(7)), ("ref", json!("7")), ("who", json!("ana")), ("ref", json!(true))] {
            let metadata = Some(Map::from_iter([(name.to_owned(), value)]));
            let new = NewRun { metadata: metadata.clone(), ..new_run() };
            bench.store.create_run(ME, new, None).await.unwrap();
            bench.store.create_group(ME, metadata, None, None).await.unwrap();
        }
        bench.submit().await;
        for (name, value, count) in [("ref", "7", 2), ("ref", "true", 1), ("who", "ana", 1), ("who", "7", 0)] {
            let note = Some(Note { name: name.into(), value: value.into() });
            let runs = Filter { note: note.clone(), ..Filter::default() };
            assert_eq!(bench.store.list_runs(ME, None, 10, runs).await.unwrap().runs.len(), count);
            let groups = GroupFilter { note, is_active: Some(false), ..GroupFilter::default() };
            assert_eq!(bench.store.list_groups(ME, None, 10, groups).await.unwrap().groups.len(), count);
        }
        let active = GroupFilter { is_active: Some(true), ..GroupFilter::default() };
        assert!(bench.store.list_groups(ME, None, 10, active).await.unwrap().groups.is_empty());
    }

    rows_are_listed_in_their_order_with_what_was_asked_for(bench) {
        let group = bench.group(5).await;
        let claimed = bench.claim(2).await;
        bench.store.finish(claimed[1].seq, 1, completed("done")).await.unwrap();
        let list = |from, filter| bench.store.list_rows(ME, group, from, 2, filter);
        let first = list(0, Filter { with_output: true, ..Filter::default() }).await.unwrap();
        assert_eq!(first.next, Some(2));
        assert_eq!(first.runs.iter().filter(|row| row.output.is_some()).count(), 1);
        let last = list(4, Filter { with_input: true, ..Filter::default() }).await.unwrap();
        assert_eq!((last.runs.len(), last.next), (1, None));
        assert_eq!(last.runs[0].input, Some(build::row("name", "row 4")));
        let done = list(0, Filter { state: Some(RunState::Completed), ..Filter::default() });
        assert_eq!(done.await.unwrap().runs.len(), 1);
    }

    groups_are_listed_newest_first_page_by_page(bench) {
        let made = [bench.group(1).await, bench.group(0).await, bench.group(2).await];
        let first = bench.store.list_groups(ME, None, 2, GroupFilter::default()).await.unwrap();
        let second = bench.store.list_groups(ME, first.next, 2, GroupFilter::default()).await.unwrap();
        let listed: Vec<_> = first.groups.iter().chain(&second.groups).map(|group| group.id).collect();
        assert_eq!(listed, [made[2], made[1], made[0]]);
        assert_eq!(second.next, None);
    }

    a_source_is_kept_by_its_name(bench) {
        let put = |path: &str| {
            let place = Place::Folder(path.into());
            bench.store.put_source(ME, build::name("manual"), place, Some("here".into()))
        };
        let first = put("/a").await.unwrap();
        let second = put("/b").await.unwrap();
        assert_eq!(first.seq, second.seq);
        assert_eq!(bench.store.list_sources(ME).await.unwrap(), [second]);
        assert!(bench.store.remove_source(ME, build::name("manual")).await.unwrap());
        assert!(!bench.store.remove_source(ME, build::name("manual")).await.unwrap());
    }

    what_belongs_to_another_owner_is_not_there(bench) {
        let run = bench.store.create_run(ME, new_run(), Some(key("k", "a"))).await.unwrap();
        let run = bench.store.find_run(ME, run.made().unwrap().id).await.unwrap().unwrap();
        let group = bench.group(2).await;
        bench.store.finish(bench.claim(9).await[0].seq, 1, completed("done")).await.unwrap();
        let (page, text) = archive(&bench, "https://tides.test/moon", &tides()).await;
        let place = Place::Folder("/a".into());
        bench.store.put_source(ME, build::name("manual"), place.clone(), None).await.unwrap();
        let raw = bench.raw().await;
        raw.execute("INSERT INTO owners (name) VALUES ('other')").await;
        for table in ["runs", "groups", "pages", "sources", "idempotency", "specs"] {
            raw.execute(&format!("UPDATE {table} SET owner = (SELECT seq FROM owners WHERE name = 'other')"))
                .await;
        }

        let store = &bench.store;
        assert_eq!(store.find_run(ME, run.run.id).await.unwrap(), None);
        assert_eq!(store.cancel_run(ME, run.run.id).await.unwrap(), None);
        assert!(store.list_runs(ME, None, 9, Filter::default()).await.unwrap().runs.is_empty());
        assert_eq!(store.find_group(ME, group).await.unwrap(), None);
        assert!(store.watch_group(ME, group).await.unwrap().is_none());
        assert!(!store.cancel_group(ME, group).await.unwrap());
        assert_eq!(store.add_rows(ME, group, new_rows(1), None).await.unwrap(), None);
        assert!(store.list_rows(ME, group, 0, 9, Filter::default()).await.unwrap().runs.is_empty());
        assert!(store.list_groups(ME, None, 9, GroupFilter::default()).await.unwrap().groups.is_empty());
        assert!(store.group_events(ME, group, 0, 10, &Filter::default()).await.unwrap().is_empty());
        assert_eq!(store.find_page(ME, page, None).await.unwrap(), None);
        assert_ne!(archive(&bench, "https://tides.test/moon", &tides()).await.1, text);
        assert!(store.list_sources(ME).await.unwrap().is_empty());
        assert!(!store.remove_source(ME, build::name("manual")).await.unwrap());
        store.put_source(ME, build::name("manual"), place, None).await.unwrap();
        let same_key = store.create_run(ME, new_run(), Some(key("k", "b"))).await.unwrap();
        assert!(matches!(same_key, Known::New(_)));
    }
}
