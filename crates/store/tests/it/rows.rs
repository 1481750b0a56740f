use domain::output::{Basis, Candidate, Confidence, Content, Missing, Output};
use domain::receipt::Receipt;
use domain::run::RunState;
use serde_json::{Map, Value, json};
use task_mcp_store::{End, Ending, Mark, Pick, RowQuery, RowSort};
use testkit::Database;

use crate::bench::{Bench, ME, failed};

/// A completed row with one value of this confidence, or without a value.
fn found(year: Option<i64>, confidence: Option<Confidence>, is_conflict: bool) -> End {
    let conflict = Candidate { value: json!(1), evidence: Vec::new() };
    let basis = Basis {
        field: "year".into(),
        kind: None,
        reasoning: String::new(),
        confidence,
        evidence: Vec::new(),
        missing: year.is_none().then_some(Missing::NotFound),
        conflicts: if is_conflict { vec![conflict] } else { Vec::new() },
    };
    let values = Map::from_iter([("year".to_owned(), year.map_or(Value::Null, Value::from))]);
    let output = Output::new(Content::Fields { values, schema: None }, vec![basis]);
    End { ending: Ending::Completed(output), receipt: Receipt::default() }
}

/// Rows 0 to 4 that have ended, each in its own way, and two that wait.
async fn table(bench: &Bench) -> domain::ids::GroupId {
    let group = bench.group(7).await;
    let ends = [
        found(Some(1999), Some(Confidence::High), false),
        found(Some(203), Some(Confidence::Low), false),
        found(None, None, false),
        found(Some(1877), Some(Confidence::High), true),
        failed(),
    ];
    for (claimed, end) in bench.claim(5).await.into_iter().zip(ends) {
        assert!(bench.store.finish(claimed.seq, claimed.attempt, end).await.unwrap());
    }
    group
}

async fn shown(bench: &Bench, group: domain::ids::GroupId, query: RowQuery) -> (Vec<i64>, bool) {
    let query = RowQuery { limit: if query.limit == 0 { 10 } else { query.limit }, ..query };
    let part = bench.store.find_rows(ME, group, &query).await.unwrap().unwrap();
    (part.rows.iter().map(|row| row.run.index.unwrap()).collect(), part.has_more)
}

fn picked(mark: Mark) -> RowQuery {
    RowQuery { pick: Some(Pick::Mark(mark)), ..RowQuery::default() }
}

on_both! {
    rows_are_picked_by_what_they_hold(bench) {
        let group = table(&bench).await;
        for (mark, rows) in [
            (Mark::High, vec![0]),
            (Mark::Low, vec![1]),
            (Mark::Missing, vec![2]),
            (Mark::Conflict, vec![3]),
            (Mark::Completed, vec![0, 1, 2, 3]),
            (Mark::Failed, vec![4]),
            (Mark::Cancelled, vec![]),
        ] {
            assert_eq!(shown(&bench, group, picked(mark)).await, (rows, false), "{mark:?}");
        }
        let waiting = RowQuery { pick: Some(Pick::State(RunState::Queued)), ..RowQuery::default() };
        assert_eq!(shown(&bench, group, waiting).await.0, [5, 6]);
        let marks = bench.store.group_marks(ME, group).await.unwrap();
        let (name, year) = &marks.fields[0];
        assert_eq!((name.as_str(), year.high, year.low, year.missing, year.conflict), ("year", 1, 1, 1, 1));
        assert_eq!((marks.rows.high, marks.rows.conflict), (1, 1));
    }

    rows_are_picked_by_one_of_their_columns(bench) {
        let group = table(&bench).await;
        let of = |field: &str, mark| RowQuery { field: Some(field.into()), ..picked(mark) };
        assert_eq!(shown(&bench, group, of("year", Mark::Low)).await.0, [1]);
        assert_eq!(shown(&bench, group, of("year", Mark::Conflict)).await.0, [3]);
        assert_eq!(shown(&bench, group, of("yea", Mark::Low)).await.0, [0_i64; 0], "a part of a name is another name");
        assert_eq!(shown(&bench, group, of("price", Mark::Low)).await.0, [0_i64; 0]);
        assert_eq!(shown(&bench, group, of("year", Mark::Completed)).await.0, [0, 1, 2, 3], "whole rows have no column");
        let sorted = RowQuery {
            sort: RowSort::Field { name: "year".into(), is_falling: false },
            ..of("year", Mark::High)
        };
        assert_eq!(shown(&bench, group, sorted).await.0, [0]);
    }

    rows_come_in_parts_and_in_the_wanted_order(bench) {
        let group = table(&bench).await;
        let part = |offset| RowQuery { offset, limit: 3, ..picked(Mark::Completed) };
        assert_eq!(shown(&bench, group, part(0)).await, (vec![0, 1, 2], true));
        assert_eq!(shown(&bench, group, part(3)).await, (vec![3], false));
        let by = |is_falling| RowQuery {
            sort: RowSort::Field { name: "year".into(), is_falling },
            ..picked(Mark::Completed)
        };
        assert_eq!(shown(&bench, group, by(false)).await.0, [1, 3, 0, 2], "as numbers, not as words");
        assert_eq!(shown(&bench, group, by(true)).await.0, [0, 3, 1, 2]);
        assert_eq!(shown(&bench, group, RowQuery { limit: 6, ..RowQuery::default() }).await, ((0..6).collect(), true));
    }

    a_search_finds_questions_and_answers_also_of_rows_that_wait(bench) {
        let group = table(&bench).await;
        let search = |words: &str| RowQuery { search: Some(words.into()), ..RowQuery::default() };
        assert_eq!(shown(&bench, group, search("ROW 5")).await.0, [5]);
        assert_eq!(shown(&bench, group, search("1877")).await.0, [3]);
        assert_eq!(shown(&bench, group, search("%")).await.0, [0_i64; 0], "a sign of LIKE stands for itself");
        assert_eq!(shown(&bench, group, search("row")).await.0.len(), 7);
    }

    rows_whose_model_was_down_are_tried_again_and_counted_once(bench) {
        let group = table(&bench).await;
        let mut down = found(None, None, false);
        if let Ending::Completed(output) = &mut down.ending {
            output.basis[0].missing = Some(Missing::ModelDown);
        }
        let waiting = bench.claim_one().await;
        assert!(bench.store.finish(waiting.seq, waiting.attempt, down).await.unwrap());
        assert_eq!(bench.store.model_down_rows(ME, group).await.unwrap(), 1);
        let missing = async || bench.store.group_marks(ME, group).await.unwrap().fields[0].1.missing;
        assert_eq!(missing().await, 2);
        assert_eq!(bench.store.retry_rows(ME, group).await.unwrap(), Some(2), "with the one that failed");
        let counts = bench.store.find_group(ME, group).await.unwrap().unwrap().counts;
        assert_eq!((counts.failed, counts.queued, counts.completed), (0, 3, 4));
        assert_eq!((missing().await, bench.store.model_down_rows(ME, group).await.unwrap()), (1, 0));
        for _ in 0..3 {
            let claimed = bench.claim_one().await;
            let end = found(Some(7), Some(Confidence::High), false);
            assert!(bench.store.finish(claimed.seq, claimed.attempt, end).await.unwrap());
        }
        let marks = bench.store.group_marks(ME, group).await.unwrap();
        assert_eq!((marks.fields[0].1.high, marks.fields[0].1.total(), marks.rows.total()), (4, 7, 7));
    }

    failed_rows_that_are_tried_again_wait_and_end_once_more(bench) {
        let group = table(&bench).await;
        let asked_at = bench.clock.clock().now();
        assert_eq!(bench.store.retry_rows(ME, group).await.unwrap(), Some(1));
        assert_eq!(bench.store.retry_rows(ME, group).await.unwrap(), Some(0));
        let counts = bench.store.find_group(ME, group).await.unwrap().unwrap().counts;
        assert_eq!((counts.failed, counts.queued, counts.completed), (0, 3, 4));
        assert_eq!(shown(&bench, group, picked(Mark::Failed)).await.0, [0_i64; 0]);
        let first = bench.claim(2).await;
        assert!(first.iter().all(|waited| waited.attempt == 1), "those that waited come first");
        assert!(first.iter().all(|waited| waited.asked_again_at.is_none()));
        bench.clock.advance(std::time::Duration::from_secs(1));
        let last = bench.claim_one().await;
        assert_eq!(last.attempt, 2);
        assert_eq!(last.asked_again_at, Some(asked_at), "when it was asked for, and not when it was taken up");
        assert_eq!(bench.store.result_of(last.seq).await.unwrap(), None);
        let end = found(Some(5), Some(Confidence::Medium), false);
        assert!(!bench.store.finish(last.seq, 1, end.clone()).await.unwrap(), "the attempt before has ended");
        assert!(bench.store.finish(last.seq, 2, end).await.unwrap());
        assert_eq!(shown(&bench, group, picked(Mark::Medium)).await.0, [4]);
        assert_eq!(bench.store.retry_rows(ME, domain::ids::GroupId::from_bits(1)).await.unwrap(), None);
    }
}
