use domain::event::{EventKind, Progress, Stage};
use domain::run::RunState;
use task_mcp_store::Filter;
use testkit::Database;

use crate::bench::{Bench, ME, completed, failed};

fn said(message: &str) -> EventKind {
    EventKind::Message { stage: Stage::Search, message: message.into() }
}

fn progress(percent: u8) -> EventKind {
    let sample = vec!["https://tides.test/moon".to_owned()];
    EventKind::Progress(Progress { sources_considered: 9, sources_read: 2, sample, percent })
}

on_both! {
    events_come_in_order_and_numbers_replace_the_last_numbers(bench) {
        let run = bench.submit().await;
        bench.claim_one().await;
        bench.store.append_events(run.seq, 1, vec![said("one"), progress(10)]).await.unwrap();
        bench.store.append_events(run.seq, 1, vec![said("two"), progress(20)]).await.unwrap();
        bench.store.finish(run.seq, 1, completed("done")).await.unwrap();

        let events = bench.store.events_of(run.seq, 0).await.unwrap();
        let kinds: Vec<_> = events.iter().map(|event| event.kind.clone()).collect();
        let state = EventKind::State;
        let expected = [
            state(RunState::Queued),
            state(RunState::Running),
            said("one"),
            said("two"),
            progress(20),
            state(RunState::Completed),
        ];
        assert_eq!(kinds, expected);
        assert!(events.is_sorted_by(|a, b| a.seq < b.seq));
        assert_eq!(events[0].seq, 1);
        let rest = bench.store.events_of(run.seq, events[3].seq).await.unwrap();
        assert_eq!(rest, events[4..]);
    }

    a_group_tells_which_rows_have_ended_in_order(bench) {
        let group = bench.group(4).await;
        let claimed = bench.claim(4).await;
        for run in [2, 0] {
            bench.store.finish(claimed[run].seq, 1, completed("done")).await.unwrap();
        }
        bench.store.finish(claimed[1].seq, 1, failed()).await.unwrap();
        let events = bench.store.group_events(ME, group, 0, 10, &Filter::default()).await.unwrap();
        let told: Vec<_> = events.iter().map(|event| (event.seq, event.listed.run.id)).collect();
        let ids = [2, 0, 1].map(|run: usize| claimed[run].id);
        assert_eq!(told, [(1, ids[0]), (2, ids[1]), (3, ids[2])]);
        assert_eq!(bench.store.group_events(ME, group, 2, 10, &Filter::default()).await.unwrap(), events[2..]);
    }

    many_events_come_page_by_page(bench) {
        let run = bench.submit().await;
        bench.claim_one().await;
        let many: Vec<_> = (0..1_500).map(|number| said(&number.to_string())).collect();
        bench.store.append_events(run.seq, 1, many).await.unwrap();
        let mut read = 0;
        let mut after = 0;
        loop {
            let page = bench.store.events_of(run.seq, after).await.unwrap();
            let Some(last) = page.last() else { break };
            assert!(page.len() <= 1_000);
            after = last.seq;
            read += page.len();
        }
        assert_eq!(read, 1_502);
    }
}
