use std::time::{Duration, Instant};

use task_mcp_llm::{Failed, Key, Profile, Remedy, Request};
use testkit::model_server::{Fault, ModelServer, Said, Spoken};

use crate::ask::{ALL, KEY, ask, model, models, on, profile, question};

fn code<T>(answer: &Result<T, Failed>) -> &'static str {
    answer.as_ref().err().map_or("answered", Failed::code)
}

#[tokio::test]
async fn a_rate_limit_is_waited_for_as_long_as_the_provider_asks() {
    for spoken in ALL {
        let asked_at = Instant::now();
        let limit = Fault::rate(&[("retry-after-ms", "220")]);
        let (answer, server) = on(spoken, [Some(limit), None]).await;
        assert_eq!((code(&answer), server.hits()), ("answered", 2), "{spoken:?}");
        assert!(asked_at.elapsed() >= Duration::from_millis(220), "never earlier, {spoken:?}");
        assert_eq!(answer.unwrap().tries, 2);
    }
}

#[tokio::test]
async fn a_rate_limit_without_a_hint_is_tried_again() {
    for spoken in ALL {
        let (answer, server) = on(spoken, [Some(Fault::rate(&[])), None]).await;
        assert_eq!((code(&answer), server.hits()), ("answered", 2), "{spoken:?}");
    }
}

#[tokio::test]
async fn gemini_hides_its_hint_in_the_body() {
    let body = r#"{"error": {"code": 429, "status": "RESOURCE_EXHAUSTED", "message": "slow", "details": [
        {"@type": "type.googleapis.com/google.rpc.RetryInfo", "retryDelay": "0.3s"}]}}"#;
    let limit = Fault::Raw { status: 429, content_type: "application/json", body: body.into() };
    let asked_at = Instant::now();
    let (answer, _server) = on(Spoken::Gemini, [Some(limit), None]).await;
    assert_eq!(code(&answer), "answered");
    assert!(asked_at.elapsed() >= Duration::from_millis(300));
}

#[tokio::test]
async fn a_wait_beyond_all_patience_is_told_and_not_waited_for() {
    for spoken in ALL {
        let asked_at = Instant::now();
        let limit = Fault::rate(&[("retry-after", "86400")]);
        let (answer, server) = on(spoken, [Some(limit)]).await;
        let Err(Failed::Rate { retry_after: Some(wait), .. }) = answer else {
            panic!("{answer:?}")
        };
        assert!(wait > Duration::from_secs(86_000), "{wait:?}");
        assert_eq!(server.hits(), 1);
        assert!(asked_at.elapsed() < Duration::from_secs(2));
    }
}

#[tokio::test]
async fn a_used_up_account_is_asked_once_and_then_left_alone() {
    for (spoken, status, kind, message) in [
        (Spoken::OpenAiChat, 429, "insufficient_quota", "You exceeded your current quota."),
        (Spoken::OpenAiResponses, 429, "project_spend_limit_exceeded", "Limit reached."),
        (Spoken::Anthropic, 402, "billing_error", "Update your billing details."),
        (Spoken::Anthropic, 400, "invalid_request_error", "Your credit balance is too low."),
    ] {
        let server = ModelServer::saying("yes").await;
        server.next([Some(Fault::error(status, kind, message))]);
        let models = model(&server, spoken);
        for _ in 0..3 {
            let answer = ask(&models).await;
            assert_eq!(code(&answer), "quota", "{answer:?}");
            assert_eq!(answer.unwrap_err().remedy(), Remedy::Mend);
        }
        assert_eq!(server.hits(), 1, "{kind}");
    }
}

#[tokio::test]
async fn what_passes_is_tried_again() {
    let page = Fault::Raw { status: 502, content_type: "text/html", body: b"<html>".to_vec() };
    for spoken in ALL {
        for fault in [
            Fault::error(500, "server_error", "oops"),
            Fault::error(503, "server_is_overloaded", "busy"),
            Fault::error(529, "overloaded_error", "Overloaded"),
            Fault::ErrorEvent(2),
            Fault::Reset,
            page.clone(),
        ] {
            let (answer, server) = on(spoken, [Some(fault.clone()), None]).await;
            assert_eq!((code(&answer), server.hits()), ("answered", 2), "{spoken:?} {fault:?}");
        }
    }
}

#[tokio::test]
async fn a_partial_answer_is_never_an_answer_and_may_have_been_billed() {
    for spoken in ALL {
        for fault in [Fault::Short(2), Fault::Broken(2), Fault::Stalled(2), Fault::Hang] {
            let (answer, server) = on(spoken, [Some(fault.clone()), None]).await;
            let reply = answer.unwrap_or_else(|why| panic!("{spoken:?} {fault:?}: {why}"));
            assert!(reply.text.ends_with("low tide at three."), "{spoken:?} {fault:?}");
            assert_eq!((reply.tries, reply.lost_tries, server.hits()), (2, 1, 2));

            let (answer, server) = on(spoken, [Some(fault.clone()), Some(fault.clone())]).await;
            let failed = answer.unwrap_err();
            assert!(
                ["silent", "broken"].contains(&failed.code()),
                "{spoken:?} {fault:?}: {failed}"
            );
            assert_eq!(server.hits(), 2, "one repetition where money may be lost");
        }
    }
}

#[tokio::test]
async fn a_stream_without_end_is_stopped() {
    for spoken in ALL {
        let endless = || Some(Fault::Endless);
        let (answer, _server) = on(spoken, [endless(), endless()]).await;
        let failed = answer.unwrap_err();
        assert!(failed.to_string().contains("far more than was asked for"), "{spoken:?}: {failed}");
    }
}

#[tokio::test]
async fn signs_of_life_without_words_are_silence() {
    let comments = ": still here\n\n".repeat(100_000).into_bytes();
    let alive = Fault::Raw { status: 200, content_type: "text/event-stream", body: comments };
    let (answer, _server) = on(Spoken::OpenAiChat, [Some(alive.clone()), Some(alive)]).await;
    assert_eq!(code(&answer), "broken");
}

#[tokio::test]
async fn refusals_are_failures_and_not_answers() {
    for spoken in [Spoken::OpenAiChat, Spoken::OpenAiResponses, Spoken::Anthropic, Spoken::Gemini] {
        let server = ModelServer::start(|_| Said::Refusal("I cannot help with that.".into())).await;
        for _ in 0..2 {
            assert_eq!(code(&ask(&model(&server, spoken)).await), "blocked", "{spoken:?}");
        }
        assert_eq!(server.hits(), 2, "not repeated");
    }
}

#[tokio::test]
async fn an_answer_without_a_word_is_asked_for_again_once() {
    for spoken in ALL {
        let server = ModelServer::saying("").await;
        assert_eq!(code(&ask(&model(&server, spoken)).await), "empty", "{spoken:?}");
        assert_eq!(server.hits(), 2);
    }
}

#[tokio::test]
async fn a_key_that_is_echoed_is_shown_nowhere() {
    let echo = format!("Incorrect API key provided: {KEY}. Yours begins with {}…", &KEY[..14]);
    for spoken in ALL {
        for (status, code) in [(401, "auth"), (400, "bad_request"), (500, "overloaded")] {
            let server = ModelServer::saying("yes").await;
            server.always(Some(Fault::error(status, "oops", &echo)));
            let failed = ask(&model(&server, spoken)).await.unwrap_err();
            assert_eq!(failed.code(), code);
            let shown = format!("{failed} {failed:?}");
            assert!(!shown.contains(&KEY[..8]), "{shown}");
            assert!(shown.contains("***"), "{shown}");
        }
    }
}

#[tokio::test]
async fn a_key_that_is_echoed_in_an_answer_is_kept_out_of_it() {
    for spoken in ALL {
        let server = ModelServer::saying(&format!("The key {KEY} opens the tide gate.")).await;
        let answer = ask(&model(&server, spoken)).await.unwrap();
        assert_eq!(answer.text, "The key *** opens the tide gate.", "{spoken:?}");
        let server = ModelServer::saying("An ollama is no llama.").await;
        let word = Profile { key: Key::new("ollama"), ..profile(&server, spoken) };
        let answer = ask(&models(vec![word]).0).await.unwrap();
        assert_eq!(answer.text, "An ollama is no llama.", "a word is no secret");
    }
}

#[tokio::test]
async fn usage_that_is_missing_or_cannot_be_true_is_estimated() {
    for spoken in ALL {
        for fault in [
            Fault::NoUsage,
            Fault::Usage { input: -7, output: 12 },
            Fault::Usage { input: 15, output: 9_000_000 },
            Fault::Usage { input: i64::MAX, output: i64::MIN },
        ] {
            let (answer, _server) = on(spoken, [Some(fault.clone())]).await;
            let usage = answer.unwrap().usage;
            assert!(usage.is_estimated, "{spoken:?} {fault:?}");
            assert!((10..60).contains(&usage.input_tokens), "{usage:?}");
            assert!((8..40).contains(&usage.output_tokens), "{usage:?}");
        }
    }
}

#[tokio::test]
async fn a_prompt_that_was_cut_silently_is_noticed() {
    let server = ModelServer::saying("yes").await;
    server.always(Some(Fault::Usage { input: 2048, output: 1 }));
    let long = Request::text("", "The tide turns twice a day, in its own time. ".repeat(500), 100);
    let answer = model(&server, Spoken::Ollama).ask("m", &long).await;
    let Err(failed @ Failed::Cut { read_tokens: 2048, .. }) = answer else { panic!("{answer:?}") };
    assert_eq!((failed.remedy(), server.hits()), (Remedy::Shorten, 1));
}

#[tokio::test]
async fn what_does_not_fit_is_not_sent() {
    let server = ModelServer::saying("yes").await;
    let small = Profile { context_tokens: 1000, ..profile(&server, Spoken::Ollama) };
    let long = Request::text("", "The tide turns. ".repeat(500), 100);
    let failed = models(vec![small]).0.ask("m", &long).await.unwrap_err();
    assert_eq!((failed.code(), failed.remedy(), server.hits()), ("too_long", Remedy::Shorten, 0));
}

#[tokio::test]
async fn a_provider_that_finds_it_too_long_says_so_in_many_words() {
    for (spoken, status, kind, message) in [
        (Spoken::OpenAiChat, 400, "context_length_exceeded", "Too many tokens."),
        (
            Spoken::OpenAiChat,
            400,
            "exceed_context_size_error",
            "the request exceeds the available context size",
        ),
        (
            Spoken::Anthropic,
            400,
            "invalid_request_error",
            "prompt is too long: 210000 tokens > 200000",
        ),
        (Spoken::Anthropic, 413, "request_too_large", "Request too large"),
        (Spoken::Gemini, 400, "INVALID_ARGUMENT", "The input token count (9) exceeds the maximum"),
    ] {
        let (answer, server) = on(spoken, [Some(Fault::error(status, kind, message))]).await;
        assert_eq!((code(&answer), server.hits()), ("too_long", 1), "{message}");
        let shown = answer.unwrap_err().to_string();
        assert!(shown.contains("which `m` finds too many although 128000 are set"), "{shown}");
    }
}

#[tokio::test]
async fn what_is_no_reply_at_all_is_broken() {
    let raw =
        |content_type, body: &[u8]| Fault::Raw { status: 200, content_type, body: body.to_vec() };
    for spoken in ALL {
        for fault in [
            raw("text/html", b"<html>Sign in</html>"),
            raw("application/json", b""),
            raw("application/json", b"{}"),
            raw("text/event-stream", b"data: {\"half\": \n\n"),
            raw("text/event-stream", &[0xff; 500]),
        ] {
            let (answer, _server) = on(spoken, [Some(fault.clone()), Some(fault)]).await;
            assert_eq!(code(&answer), "broken", "{spoken:?}");
        }
    }
}

#[tokio::test]
async fn a_huge_reply_is_not_taken_into_memory() {
    let piece =
        |n: u32| format!("data: {{\"choices\":[{{\"delta\":{{\"content\":\"{n:032}\"}}}}]}}\n\n");
    let body = (0..400_000).map(piece).collect::<Vec<String>>().concat().into_bytes();
    let huge = Fault::Raw { status: 200, content_type: "text/event-stream", body };
    let (answer, _server) = on(Spoken::OpenAiChat, [Some(huge.clone()), Some(huge)]).await;
    assert!(answer.unwrap_err().to_string().contains("far more than was asked for"));
}

#[tokio::test]
async fn odd_characters_survive_and_nul_does_not() {
    let odd = "Flut\u{0} um \u{1f30a} neun, \u{fffd} \u{202e}";
    for spoken in ALL {
        let server = ModelServer::saying(odd).await;
        let reply = ask(&model(&server, spoken)).await.unwrap();
        assert_eq!(reply.text, odd.replace('\0', "\u{fffd}"), "{spoken:?}");
    }
    let lone = br#"{"choices":[{"message":{"content":"tide \ud83d"},"finish_reason":"stop"}]}"#;
    let fault = Fault::Raw { status: 200, content_type: "application/json", body: lone.to_vec() };
    let (answer, _server) = on(Spoken::OpenAiChat, [Some(fault)]).await;
    assert_eq!(answer.unwrap().text, "tide \u{fffd}");
}

#[tokio::test]
async fn a_server_that_is_not_there_is_offline() {
    let server = ModelServer::saying("yes").await;
    let models = model(&server, Spoken::Ollama);
    drop(server);
    let failed = models.ask("m", &question()).await.unwrap_err();
    assert!(["offline", "broken"].contains(&failed.code()), "{failed}");
    assert_eq!(failed.remedy(), Remedy::Wait);
}

#[tokio::test]
async fn a_name_that_is_not_configured_is_refused() {
    let (models, _clock) = models(Vec::new());
    assert_eq!(code(&models.ask("gone", &question()).await), "unknown_model");
}
