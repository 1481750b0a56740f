use serde_json::json;
use task_mcp_llm::{Failed, Profile, Typed, typed};
use testkit::model_server::{Asked, Mode, ModelServer, Said, Spoken};

use crate::ask::{ALL, TIDE, ask, model, models, profile, schema, typed_question};

/// A server that knows only some of the modes.
fn takes(modes: &'static [Mode]) -> impl Fn(&Asked) -> Said {
    move |asked| {
        if modes.contains(&asked.mode) {
            Said::Text(TIDE.into())
        } else {
            Said::Error(400, format!("this mode is unsupported here: {:?}", asked.mode))
        }
    }
}

fn modes(server: &ModelServer) -> Vec<Mode> {
    server.asked().iter().map(|asked| asked.mode).collect()
}

#[tokio::test]
async fn a_mode_that_is_refused_gives_way_to_the_next_and_is_not_tried_again() {
    for spoken in ALL {
        let server = ModelServer::start(takes(&[Mode::Tool, Mode::Text])).await;
        let asked = model(&server, spoken);
        for _ in 0..2 {
            let reply = asked.ask("m", &typed_question()).await.unwrap();
            assert!(typed::read(&reply.text, &schema()).is_ok(), "{spoken:?}: {}", reply.text);
        }
        assert_eq!(modes(&server), [Mode::Native, Mode::Tool, Mode::Tool], "{spoken:?}");

        let server = ModelServer::start(takes(&[Mode::Text])).await;
        let asked = model(&server, spoken);
        for _ in 0..2 {
            asked.ask("m", &typed_question()).await.unwrap();
        }
        assert_eq!(modes(&server), [Mode::Native, Mode::Tool, Mode::Text, Mode::Text]);
        assert!(server.asked()[3].system.contains(r#""quote":{"type":"string","minLength":1}"#));
    }
}

#[tokio::test]
async fn a_mode_that_is_silently_ignored_is_left_for_the_next_question() {
    let server = ModelServer::start(|asked| match asked.mode {
        Mode::Native => Said::Text("High tide comes at nine.".into()),
        Mode::Tool | Mode::Text => Said::Text(TIDE.into()),
    })
    .await;
    let models = model(&server, Spoken::OpenAiChat);
    let first = models.ask("m", &typed_question()).await.unwrap();
    assert!(typed::read(&first.text, &schema()).is_err());
    let second = models.ask("m", &typed_question()).await.unwrap();
    assert!(typed::read(&second.text, &schema()).is_ok());
    assert_eq!(modes(&server), [Mode::Native, Mode::Tool]);
}

#[tokio::test]
async fn a_mode_that_has_worked_is_kept_when_one_schema_is_refused() {
    let server = ModelServer::start(|asked| {
        let is_hard = asked.body.to_string().contains("hard");
        match asked.mode {
            Mode::Native if is_hard => {
                Said::Error(400, "Invalid schema for response_format".into())
            }
            Mode::Native | Mode::Tool | Mode::Text => Said::Text(TIDE.into()),
        }
    })
    .await;
    let models = model(&server, Spoken::OpenAiChat);
    let mut hard = typed_question();
    hard.format.as_mut().unwrap().schema["description"] = json!("hard");
    models.ask("m", &typed_question()).await.unwrap();
    models.ask("m", &hard).await.unwrap();
    models.ask("m", &typed_question()).await.unwrap();
    assert_eq!(modes(&server), [Mode::Native, Mode::Native, Mode::Tool, Mode::Native]);
}

#[tokio::test]
async fn a_mode_from_the_settings_is_used_at_once() {
    let server = ModelServer::saying(TIDE).await;
    let set = Profile { typed: Some(Typed::Prompt), ..profile(&server, Spoken::OpenAiChat) };
    models(vec![set]).0.ask("m", &typed_question()).await.unwrap();
    assert_eq!(modes(&server), [Mode::Text]);
}

#[tokio::test]
async fn names_that_a_server_does_not_know_are_worded_otherwise_and_remembered() {
    let server = ModelServer::start(|asked| {
        let complain = |text: &str| Said::Error(400, text.into());
        if asked.body.get("max_tokens").is_some() {
            return complain("'max_tokens' is not supported: use 'max_completion_tokens' instead.");
        }
        if asked.body.get("temperature").is_some() {
            return complain("'temperature' does not support 0 with this model.");
        }
        if asked.body.get("stream_options").is_some() {
            return complain("unknown member stream_options");
        }
        Said::Text("yes".into())
    })
    .await;
    let set = Profile { temperature: Some(0.0), ..profile(&server, Spoken::OpenAiChat) };
    let (models, _clock) = models(vec![set]);
    assert_eq!(ask(&models).await.unwrap().tries, 4);
    assert_eq!(ask(&models).await.unwrap().tries, 1);
}

#[tokio::test]
async fn a_request_that_no_wording_helps_tells_the_first_refusal() {
    let server =
        ModelServer::start(|asked| Said::Error(422, format!("no such thing ({:?})", asked.mode)))
            .await;
    let failed = model(&server, Spoken::OpenAiChat).ask("m", &typed_question()).await.unwrap_err();
    let Failed::Bad { status: 422, why, .. } = failed else { panic!("{failed:?}") };
    assert_eq!(why, "no such thing (Native)");
    let failed = ask(&model(&server, Spoken::OpenAiChat)).await.unwrap_err();
    assert_eq!(failed.code(), "bad_request");
    assert_eq!(server.hits(), 3 + 1);
}

#[tokio::test]
async fn an_answer_that_is_no_object_comes_back_as_it_was_meant() {
    for spoken in ALL {
        let server = ModelServer::start(|asked| {
            let is_wrapped = asked.schema.as_ref().unwrap()["type"] == "object";
            Said::Text(if is_wrapped { r#"{"value": [1, 2]}"# } else { "[1, 2]" }.into())
        })
        .await;
        let mut list = typed_question();
        list.format.as_mut().unwrap().schema =
            json!({"type": "array", "items": {"type": "integer"}});
        let reply = model(&server, spoken).ask("m", &list).await.unwrap();
        let value = typed::read(&reply.text, &list.format.unwrap().schema);
        assert_eq!(value, Ok(json!([1, 2])), "{spoken:?}");
    }
}
