use domain::evidence::Evidence;
use domain::output::{Basis, Candidate, Confidence, Content, Missing, Output};
use domain::receipt::{Contact, Query, Receipt, Spending, StopReason, Unreadable};
use domain::run::{Failure, FailureCode, RunState};
use serde_json::{Map, json};
use task_mcp_store::{End, Ending};
use testkit::Database;

use crate::bench::{Bench, ME};
use crate::pages::{archive, tides};

fn receipt() -> Receipt {
    Receipt {
        engine: "extractive".into(),
        stopped: Some(StopReason::Saturated),
        rounds: 2,
        searches: 5,
        sources_considered: 9,
        pages_read: 3,
        unreadable: vec![Unreadable { address: "https://a.test/".into(), reason: "404".into() }],
        quotes_verified: 4,
        quotes_dropped: 1,
        sentences: 6,
        sentences_cited: 6,
        sentences_dropped: 1,
        contradictions: 1,
        fields_found: 2,
        fields_missing: 1,
        contacts: vec![Contact {
            host: "a.test".into(),
            purpose: "page".into(),
            requests: 2,
            bytes_out: 700,
            bytes_in: 90_000,
        }],
        queries: vec![Query {
            provider: "searxng".into(),
            text: "tides".into(),
            hits: 0,
            failed: Some("it is away".into()),
            withheld: vec!["card number".into()],
        }],
        advice: Some("add a source".into()),
        notes: vec!["the model did not answer".into()],
        models: Some(Spending {
            models: vec!["small".into()],
            calls: 3,
            input_tokens: 900,
            cached_tokens: 100,
            output_tokens: 70,
            cost_micro_usd: Some(420),
            shared: 1,
            lost: 1,
            claims_dropped: 2,
            passages_withheld: 1,
        }),
        elapsed_ms: 1_234,
    }
}

async fn output(bench: &Bench) -> Output {
    let (page, text) = archive(bench, "https://tides.test/moon", &tides()).await;
    let quote = "High tide comes twice a day.".to_owned();
    let start = tides().body.find(&quote).unwrap();
    let evidence = Evidence {
        text,
        page,
        span: start..start + quote.len(),
        quote,
        address: "https://tides.test/moon".into(),
        title: "Tides".into(),
        section: Some("Moon".into()),
        published: Some("2024-05-06".into()),
    };
    let found = Basis {
        field: "per_day".into(),
        reasoning: "It says so.".into(),
        confidence: Some(Confidence::High),
        evidence: vec![evidence.clone()],
        missing: None,
        conflicts: vec![Candidate { value: json!(3), evidence: vec![evidence] }],
        kind: None,
    };
    let missing = Basis {
        field: "why".into(),
        confidence: None,
        evidence: Vec::new(),
        missing: Some(Missing::NeedsModel),
        conflicts: Vec::new(),
        ..found.clone()
    };
    let values =
        Map::from_iter([("per_day".to_owned(), json!(2)), ("why".to_owned(), json!(null))]);
    let schema = Some(json!({"type": "object"}));
    Output::new(Content::Fields { values, schema }, vec![found, missing])
}

on_both! {
    an_answer_comes_back_as_it_was_given(bench) {
        let run = bench.submit().await;
        bench.claim_one().await;
        let output = output(&bench).await;
        let end = End { ending: Ending::Completed(output.clone()), receipt: receipt() };
        assert!(bench.store.finish(run.seq, 1, end).await.unwrap());
        let result = bench.another().await.result_of(run.seq).await.unwrap();
        assert_eq!(result, Some((Some(output), receipt())));
    }

    what_an_answer_cites_is_marked_in_its_page(bench) {
        let run = bench.submit().await;
        bench.claim_one().await;
        let output = output(&bench).await;
        let evidence = output.basis[0].evidence[0].clone();
        let end = End { ending: Ending::Completed(output), receipt: receipt() };
        bench.store.finish(run.seq, 1, end).await.unwrap();
        let (page, cited) = bench.store.find_page(ME, evidence.page, None).await.unwrap().unwrap();
        assert_eq!(cited, std::slice::from_ref(&evidence.span));
        assert_eq!(page.text.quote(&evidence.span), evidence.quote);
        assert_eq!(page.text_ref, evidence.text);
    }

    a_failure_keeps_its_reason_and_receipt(bench) {
        let run = bench.submit().await;
        bench.claim_one().await;
        let message = "Nothing was found.".to_owned();
        let failure = Failure { code: FailureCode::NoEvidence, message };
        let end = End { ending: Ending::Failed(failure.clone()), receipt: receipt() };
        bench.store.finish(run.seq, 1, end).await.unwrap();
        let row = bench.store.find_run(ME, run.run.id).await.unwrap().unwrap();
        assert_eq!(row.run.state, RunState::Failed);
        assert_eq!(row.run.failure, Some(failure));
        assert_eq!(row.run.finished_at, Some(bench.clock.now()));
        assert_eq!(bench.store.result_of(run.seq).await.unwrap(), Some((None, receipt())));
    }

    an_end_that_cannot_be_stored_as_a_whole_changes_nothing(bench) {
        let group = bench.group(1).await;
        let run = bench.claim_one().await;
        let mut output = output(&bench).await;
        output.basis[0].evidence[0].text = domain::evidence::TextRef(999_999);
        let end = End { ending: Ending::Completed(output), receipt: receipt() };
        assert!(bench.store.finish(run.seq, 1, end).await.is_err());
        assert_eq!(bench.store.state_of(run.seq).await.unwrap(), Some(RunState::Running));
        assert_eq!(bench.store.result_of(run.seq).await.unwrap(), None);
        let group = bench.store.find_group(ME, group).await.unwrap().unwrap();
        assert_eq!(group.counts.running, 1);
    }
}
