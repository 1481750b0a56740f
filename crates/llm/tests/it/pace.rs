use std::future::ready;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use task_mcp_llm::{Config, Departure, Manner, Models, Patience, Profile, Request};
use testkit::model_server::{Fault, ModelServer, Spoken};
use tokio::task::JoinSet;

use crate::ask::{ask, hasty, model, models, models_with, profile, question};

/// Asks so many different questions at once; how many were answered.
async fn storm(models: &Models, questions: usize) -> usize {
    let mut asking = JoinSet::new();
    for number in 0..questions {
        let models = models.clone();
        asking.spawn(async move {
            let question = Request::text("", format!("question {number}"), 50);
            models.ask("m", &question).await.is_ok()
        });
    }
    asking.join_all().await.into_iter().filter(|answered| *answered).count()
}

#[tokio::test]
async fn a_storm_of_rate_limits_is_ridden_out() {
    let server = ModelServer::saying("yes").await;
    let limit = || Some(Fault::rate(&[("retry-after-ms", "15")]));
    server.next((0..40).flat_map(|_| [limit(), None]));
    let answered = storm(&model(&server, Spoken::OpenAiChat), 60).await;
    assert_eq!(answered, 60);
    assert!(server.hits() <= 150, "{} requests for 60 questions", server.hits());
}

#[tokio::test]
async fn a_dead_provider_is_found_out_in_few_requests() {
    let server = ModelServer::saying("yes").await;
    server.always(Some(Fault::error(500, "server_error", "oops")));
    let asked_at = Instant::now();
    assert_eq!(storm(&model(&server, Spoken::Anthropic), 60).await, 0);
    assert!(server.hits() <= 20, "{} requests", server.hits());
    assert!(asked_at.elapsed() < Duration::from_secs(2));
}

#[tokio::test]
async fn a_hosted_model_is_asked_more_at_once_while_it_bears_it_and_half_as_much_when_not() {
    let server = ModelServer::saying("yes").await;
    let models = model(&server, Spoken::OpenAiChat);
    assert_eq!(models.places("m"), Some(4));
    storm(&models, 60).await;
    assert_eq!(models.places("m"), Some(16), "as many as are set");
    server.next([Some(Fault::rate(&[("retry-after-ms", "1")]))]);
    ask(&models).await.unwrap();
    assert_eq!(models.places("m"), Some(8));
}

#[tokio::test]
async fn a_local_model_begins_with_one_question_at_a_time_for_all_models_of_its_server() {
    let server = ModelServer::saying("yes").await;
    server.next([Some(Fault::Hang)]);
    let first = profile(&server, Spoken::Ollama);
    let second = Profile { name: "second".into(), model: "other".into(), ..first.clone() };
    let (models, _clock) = models(vec![first, second]);
    assert_eq!(models.places("m"), Some(1));
    let mut asking = JoinSet::new();
    let busy = models.clone();
    asking.spawn(async move { ask(&busy).await });
    server.until_asked(1).await;
    let question = Request::text("", "And now?", 50);
    let waiting = models.ask("second", &question);
    assert!(tokio::time::timeout(Duration::from_millis(120), waiting).await.is_err());
    assert_eq!(server.hits(), 1, "the other waits for its place");
    asking.abort_all();
    while asking.join_next().await.is_some() {}
    assert_eq!(models.ask("second", &question).await.unwrap().text, "yes");
}

#[tokio::test]
async fn nothing_is_sent_into_a_window_that_is_used_up() {
    let server = ModelServer::saying("yes").await;
    let used_up = vec![
        ("x-ratelimit-remaining-requests", "0".to_owned()),
        ("x-ratelimit-reset-requests", "250ms".to_owned()),
    ];
    server.next([Some(Fault::Headers(used_up))]);
    let models = model(&server, Spoken::OpenAiChat);
    ask(&models).await.unwrap();
    let asked_at = Instant::now();
    ask(&models).await.unwrap();
    assert!(asked_at.elapsed() >= Duration::from_millis(200));
}

#[tokio::test]
async fn a_question_says_once_that_it_leaves_and_may_be_held_back_then() {
    let server = ModelServer::saying("yes").await;
    server.next([Some(Fault::error(500, "server_error", "oops"))]);
    let models = model(&server, Spoken::OpenAiChat);
    let left = AtomicUsize::new(0);
    let open: &Departure<'_> = &|_| {
        left.fetch_add(1, Ordering::Relaxed);
        Box::pin(ready(true))
    };
    let patience = Patience::default();
    let manner = Manner { patience: &patience, departure: Some(open) };
    models.ask_in("m", &question(), manner).await.answer.unwrap();
    assert_eq!((left.load(Ordering::Relaxed), server.hits()), (1, 2));
    let shut: &Departure<'_> = &|_| Box::pin(ready(false));
    let manner = Manner { patience: &patience, departure: Some(shut) };
    let held = models.ask_in("m", &question(), manner).await.answer.unwrap_err();
    assert_eq!((held.code(), server.hits()), ("withdrawn", 2));
}

#[tokio::test]
async fn who_stands_in_and_what_is_asked_again_after_a_bill_leave_anew() {
    let first = ModelServer::saying("").await;
    let second = ModelServer::saying("two").await;
    let main = Profile { fallback: Some("b".into()), ..profile(&first, Spoken::OpenAiChat) };
    let other = Profile { name: "b".into(), ..profile(&second, Spoken::Anthropic) };
    let (models, _clock) = models(vec![main, other]);
    let told = std::sync::Mutex::new(Vec::new());
    let departure: &Departure<'_> = &|leaving| {
        told.lock().unwrap().push((leaving.profile.name.clone(), leaving.is_unspent));
        Box::pin(ready(true))
    };
    let patience = Patience::default();
    let manner = Manner { patience: &patience, departure: Some(departure) };
    let asked = models.ask_in("m", &question(), manner).await;
    assert_eq!(asked.answer.unwrap().text, "two");
    let expected =
        [("m", false), ("m", false), ("b", false)].map(|(name, is)| (name.to_owned(), is));
    assert_eq!(*told.lock().unwrap(), expected);
    let wasted: Vec<_> = asked.wasted.iter().map(|one| (one.code, one.usage.is_some())).collect();
    assert_eq!(wasted, [("empty", true), ("empty", true)]);
}

#[tokio::test]
async fn what_one_question_has_waited_in_vain_the_next_of_its_run_does_not_wait_again() {
    let server = ModelServer::saying("yes").await;
    server.always(Some(Fault::rate(&[("retry-after-ms", "40")])));
    let retry_for = Duration::from_millis(200);
    let config =
        Config { models: vec![profile(&server, Spoken::OpenAiChat)], retry_for, ..hasty() };
    let (models, _clock) = models_with(config);
    let patience = Patience::default();
    let manner = Manner { patience: &patience, departure: None };
    let code = async || models.ask_in("m", &question(), manner).await.answer.unwrap_err().code();
    assert_eq!(code().await, "rate_limited");
    let first = server.hits();
    assert!(first > 2, "it is waited for: {first}");
    tokio::time::sleep(Duration::from_millis(60)).await;
    for _ in 0..3 {
        assert_eq!(code().await, "rate_limited");
    }
    assert!(server.hits() <= first + 3, "{} after {first}", server.hits());
    server.always(None);
    tokio::time::sleep(Duration::from_millis(60)).await;
    assert_eq!(models.ask_in("m", &question(), manner).await.answer.unwrap().text, "yes");
    server.next([Some(Fault::rate(&[("retry-after-ms", "40")])), None]);
    assert_eq!(models.ask_in("m", &question(), manner).await.answer.unwrap().text, "yes");
}
