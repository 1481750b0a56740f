use std::sync::Arc;
use std::time::Duration;

use domain::evidence::TextRef;
use domain::ids::PageId;
use domain::text::{Block, BlockKind, Link, Text};
use task_mcp_store::{ReadingOf, VisitMarks};
use testkit::Database;

use crate::bench::{Bench, ME};

/// A text with every kind of block.
pub(crate) fn tides() -> Text {
    let mut text = Text {
        title: "Tides".into(),
        published: Some("2024-05-06".into()),
        language: Some("en".into()),
        links: vec![Link {
            address: "https://tides.test/sun".into(),
            label: "The sun".into(),
            places: Vec::new(),
        }],
        ..Text::default()
    };
    let mut add = |words: &str, under: Vec<usize>, kind: &dyn Fn(usize) -> BlockKind| {
        let start = text.body.len();
        text.body.push_str(words);
        text.blocks.push(Block { kind: kind(start), span: start..text.body.len(), under });
        text.body.push('\n');
    };
    add("Moon", vec![], &|_| BlockKind::Heading { level: 2 });
    add("High tide comes twice a day. Déjà vu: \u{1f30a}.", vec![0], &|_| BlockKind::Paragraph);
    add("spring", vec![0], &|_| BlockKind::ListItem { depth: 3 });
    add("so they say", vec![0], &|_| BlockKind::Quote);
    add("tide()", vec![0], &|_| BlockKind::Code);
    let row = |header: Option<usize>| {
        move |at: usize| BlockKind::Row {
            cells: vec![at..at + 1, at + 2..at + 3],
            header,
            is_header: header.is_none(),
        }
    };
    add("a b", vec![0], &row(None));
    add("1 2", vec![0], &row(Some(5)));
    let definition =
        |at: usize| BlockKind::Definition { term: at..at + 4, meaning: at + 6..at + 13 };
    add("neap: a small", vec![0], &definition);
    let pair =
        |at: usize| BlockKind::Pair { key: at..at + 3, value: at + 5..at + 8, is_data: true };
    add("a.b: yes", vec![], &pair);
    assert!(text.is_sound());
    text
}

pub(crate) async fn archive(bench: &Bench, address: &str, text: &Text) -> (PageId, TextRef) {
    let reading = ReadingOf {
        address: address.into(),
        media_type: "text/html".into(),
        bytes: text.body.as_bytes().into(),
        text: Arc::new(text.clone()),
        extractor: 1,
    };
    bench.store.archive(ME, reading).await.unwrap()
}

on_both! {
    a_text_comes_back_with_all_its_blocks(bench) {
        let (page, text) = archive(&bench, "https://tides.test/moon", &tides()).await;
        let archived = bench.another().await.reading(text).await.unwrap().unwrap();
        assert_eq!(*archived.text, tides());
        assert_eq!((archived.page, archived.text_ref), (page, text));
        assert_eq!(archived.address, "https://tides.test/moon");
        assert_eq!(archived.media_type, "text/html");
        assert_eq!(archived.hash.len(), 64);
    }

    the_same_bytes_at_the_same_address_are_kept_once(bench) {
        let first = archive(&bench, "https://tides.test/moon", &tides()).await;
        assert_eq!(archive(&bench, "https://tides.test/moon", &tides()).await, first);
        let elsewhere = archive(&bench, "https://tides.test/copy", &tides()).await;
        assert_ne!(elsewhere.0, first.0);
        let changed = Text { body: tides().body + "more", ..tides() };
        let newer = archive(&bench, "https://tides.test/moon", &changed).await;
        assert_ne!(newer.0, first.0);
        assert_eq!(bench.raw().await.number("SELECT COUNT(*) FROM pages").await, 3);
    }

    a_page_archived_by_many_at_once_is_kept_once(bench) {
        let stores = [bench.another().await, bench.another().await];
        let mut tasks = tokio::task::JoinSet::new();
        for number in 0..12 {
            let store = stores[number % 2].clone();
            let reading = ReadingOf {
                address: "https://tides.test/moon".into(),
                media_type: "text/html".into(),
                bytes: tides().body.as_bytes().into(),
                text: Arc::new(tides()),
                extractor: 1,
            };
            tasks.spawn(async move { store.archive(ME, reading).await.unwrap() });
        }
        let all = tasks.join_all().await;
        assert!(all.iter().all(|one| *one == all[0]));
        let raw = bench.raw().await;
        assert_eq!(raw.number("SELECT COUNT(*) FROM pages").await, 1);
        assert_eq!(raw.number("SELECT COUNT(*) FROM texts").await, 1);
    }

    a_better_reading_of_a_page_is_kept_beside_the_old_one(bench) {
        let (page, old) = archive(&bench, "https://tides.test/moon", &tides()).await;
        let better = ReadingOf {
            address: "https://tides.test/moon".into(),
            media_type: "text/html".into(),
            bytes: tides().body.as_bytes().into(),
            text: Arc::new(Text { title: "All about tides".into(), ..tides() }),
            extractor: 2,
        };
        let (same_page, new) = bench.store.archive(ME, better).await.unwrap();
        assert_eq!(same_page, page);
        assert_eq!(bench.store.reading(old).await.unwrap().unwrap().text.title, "Tides");
        let (newest, _) = bench.store.find_page(ME, page, None).await.unwrap().unwrap();
        assert_eq!((newest.text_ref, newest.text.title.as_str()), (new, "All about tides"));
        assert_eq!((newest.number, newest.of, newest.is_older()), (2, 2, false));
        let (older, _) = bench.store.find_page(ME, page, Some(1)).await.unwrap().unwrap();
        assert_eq!((older.text_ref, older.text.title.as_str(), older.is_older()), (old, "Tides", true));
        assert_eq!(bench.store.reading(old).await.unwrap().unwrap().number, 1);
        assert_eq!(bench.store.find_page(ME, page, Some(3)).await.unwrap(), None);
        assert_eq!(bench.store.readings_of(ME, page).await.unwrap(), [(old, 0), (new, 0)]);
    }

    what_an_address_led_to_is_known_to_all_workers_of_its_owner(bench) {
        let (asked, marks) = ("https://tides.test/old", VisitMarks {
            etag: Some("\"7\"".into()),
            last_modified: None,
        });
        let (_, text) = archive(&bench, "https://tides.test/moon", &tides()).await;
        assert_eq!(bench.store.find_visit(ME, asked).await.unwrap(), None);
        bench.store.note_visit(ME, asked, text, marks.clone()).await.unwrap();

        let there = bench.another().await;
        let visit = there.find_visit(ME, asked).await.unwrap().unwrap();
        assert_eq!((visit.text, visit.extractor, visit.marks), (text, 1, marks));
        assert_eq!(visit.address, "https://tides.test/moon");
        let raw = bench.raw().await;
        raw.execute("INSERT INTO owners (name) VALUES ('other')").await;
        raw.execute("UPDATE visits SET owner = (SELECT seq FROM owners WHERE name = 'other')").await;
        assert_eq!(there.find_visit(ME, asked).await.unwrap(), None);
    }

    the_last_visit_counts(bench) {
        let asked = "https://tides.test/moon";
        let (_, old) = archive(&bench, asked, &tides()).await;
        bench.store.note_visit(ME, asked, old, VisitMarks::default()).await.unwrap();
        let first = bench.store.find_visit(ME, asked).await.unwrap().unwrap();
        bench.clock.advance(Duration::from_mins(1));
        let changed = Text { body: tides().body + "more", ..tides() };
        let (_, new) = archive(&bench, asked, &changed).await;
        bench.store.note_visit(ME, asked, new, VisitMarks::default()).await.unwrap();
        let last = bench.store.find_visit(ME, asked).await.unwrap().unwrap();
        assert_eq!((last.text, last.at.since_ms(first.at)), (new, 60_000));
    }

    an_unknown_page_is_not_found(bench) {
        assert_eq!(bench.store.reading(TextRef(7)).await.unwrap(), None);
        assert_eq!(bench.store.find_page(ME, PageId::from_bits(7), None).await.unwrap(), None);
    }
}
