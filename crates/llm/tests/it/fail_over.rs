use std::time::Duration;

use task_mcp_llm::{Config, Failed, Profile};
use testkit::model_server::{Fault, ModelServer, Said, Spoken};

use crate::ask::{ask, hasty, models, models_with, profile};

fn down() -> Fault {
    Fault::error(500, "server_error", "oops")
}

async fn pair() -> (ModelServer, ModelServer, Profile, Profile) {
    let (first, second) = (ModelServer::saying("one").await, ModelServer::saying("two").await);
    let main = Profile { fallback: Some("b".into()), ..profile(&first, Spoken::OpenAiChat) };
    let other = Profile { name: "b".into(), ..profile(&second, Spoken::Anthropic) };
    (first, second, main, other)
}

#[tokio::test]
async fn the_second_model_answers_where_the_first_cannot() {
    for fault in [
        Fault::error(429, "insufficient_quota", "no credit"),
        Fault::error(401, "invalid_api_key", "wrong key"),
        Fault::rate(&[("retry-after", "3600")]),
        Fault::error(503, "server_is_overloaded", "busy"),
        Fault::Reset,
    ] {
        let (first, _second, main, other) = pair().await;
        first.always(Some(fault.clone()));
        let reply = ask(&models(vec![main, other]).0).await.unwrap();
        assert_eq!((reply.text.as_str(), reply.model.as_str()), ("two", "b"), "{fault:?}");
        assert_eq!(usize::try_from(reply.tries).unwrap(), first.hits() + 1);
    }
}

#[tokio::test]
async fn a_question_that_is_at_fault_is_not_handed_on() {
    let (first, second, main, other) = pair().await;
    first.always(Some(Fault::error(400, "invalid_request_error", "no such thing")));
    assert!(matches!(ask(&models(vec![main, other]).0).await, Err(Failed::Bad { .. })));
    assert_eq!(second.hits(), 0);
}

#[tokio::test]
async fn where_all_fail_the_first_failure_is_told_and_circles_end() {
    let (first, second, main, other) = pair().await;
    first.always(Some(down()));
    second.always(Some(Fault::error(401, "authentication_error", "wrong key")));
    let circle = Profile { fallback: Some("m".into()), ..other };
    let failed = ask(&models(vec![main, circle]).0).await.unwrap_err();
    assert_eq!((failed.code(), first.hits(), second.hits()), ("overloaded", 5, 1));
}

#[tokio::test]
async fn a_provider_that_keeps_failing_is_left_alone_and_tried_again_later() {
    let (first, _second, main, _other) = pair().await;
    first.always(Some(down()));
    let (models, clock) = models(vec![Profile { fallback: None, ..main }]);
    assert_eq!(ask(&models).await.unwrap_err().code(), "overloaded");
    assert_eq!(first.hits(), 5);
    let failed = ask(&models).await.unwrap_err();
    assert_eq!((failed.code(), first.hits()), ("down", 5), "without a request");
    first.always(None);
    assert_eq!(ask(&models).await.unwrap_err().code(), "down");
    clock.advance(Duration::from_secs(31));
    assert_eq!(ask(&models).await.unwrap().text, "one");
}

#[tokio::test]
async fn an_outage_is_waited_out_where_nobody_else_can_be_asked() {
    let (first, _second, main, _other) = pair().await;
    first.next((0..7).map(|_| Some(Fault::error(503, "overloaded_error", "starting"))));
    let alone = Profile { fallback: None, ..main };
    let left_alone_for = Duration::from_millis(100);
    let (models, clock) = models_with(Config { models: vec![alone], left_alone_for, ..hasty() });
    let time_passes = async {
        loop {
            tokio::time::sleep(Duration::from_millis(10)).await;
            clock.advance(Duration::from_millis(20));
        }
    };
    let answer = tokio::select! {
        answer = ask(&models) => answer,
        () = time_passes => unreachable!("time does not end"),
    };
    assert_eq!((answer.unwrap().text.as_str(), first.hits()), ("one", 8));
}

#[tokio::test]
async fn a_model_that_is_gone_is_asked_for_once_and_the_second_answers() {
    let (first, second, main, other) = pair().await;
    first.always(Some(Fault::error(404, "not_found_error", "the model `scripted` does not exist")));
    let (models, _clock) = models(vec![main, other]);
    for _ in 0..3 {
        let reply = models.ask("m", &crate::ask::typed_question()).await.unwrap();
        assert_eq!((reply.text.as_str(), reply.model.as_str()), ("two", "b"));
    }
    assert_eq!((first.hits(), second.hits()), (1, 3));
}

#[tokio::test]
async fn the_second_model_may_answer_what_the_first_declines() {
    let first = ModelServer::start(|_| Said::Refusal("I cannot help with that.".into())).await;
    let (_unused, _second, _main, other) = pair().await;
    let main = Profile { fallback: Some("b".into()), ..profile(&first, Spoken::OpenAiChat) };
    assert_eq!(ask(&models(vec![main, other]).0).await.unwrap().text, "two");
}
