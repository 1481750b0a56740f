use egress::{Egress, Origin, Policy};
use task_mcp_llm::{Typed, local};
use testkit::model_server::{Fault, Mode, ModelServer, Said, Spoken};
use url::Url;

use crate::ask::model;

const WET: &str = r#"{"is_wet": true}"#;

#[tokio::test]
async fn a_probe_tells_the_mode_that_works_and_how_much_the_model_holds() {
    for (spoken, context_tokens) in [
        (Spoken::OpenAiChat, Some(16_384)),
        (Spoken::Anthropic, None),
        (Spoken::Gemini, Some(1_048_576)),
        (Spoken::Ollama, Some(32_768)),
    ] {
        let server = ModelServer::saying(WET).await;
        let probe = model(&server, spoken).probe("m").await;
        assert_eq!(probe.answered, Ok(()));
        assert_eq!((probe.typed, probe.context_tokens), (Some(Typed::Native), context_tokens));
    }
}

#[tokio::test]
async fn a_probe_goes_on_to_the_mode_that_brings_json() {
    let server = ModelServer::start(|asked| match asked.mode {
        Mode::Native => Said::Text("Water is wet.".into()),
        Mode::Tool => Said::Error(400, "tools are not supported".into()),
        Mode::Text => Said::Text(format!("```json\n{WET}\n```")),
    })
    .await;
    let probe = model(&server, Spoken::OpenAiChat).probe("m").await;
    assert_eq!(probe.typed, Some(Typed::Prompt));
    let server = ModelServer::saying("Water is wet.").await;
    assert_eq!(model(&server, Spoken::OpenAiChat).probe("m").await.typed, None);
}

#[tokio::test]
async fn a_probe_of_a_model_that_does_not_answer_says_why() {
    let server = ModelServer::saying(WET).await;
    server.always(Some(Fault::error(401, "invalid_api_key", "wrong key")));
    let probe = model(&server, Spoken::OpenAiResponses).probe("m").await;
    assert_eq!(probe.answered.unwrap_err().code(), "auth");
    assert_eq!(server.hits(), 1);
}

#[tokio::test]
async fn an_ollama_is_found_with_the_models_that_can_talk() {
    let server = ModelServer::saying("yes").await;
    let base = Url::parse(&server.origin).unwrap();
    let egress = Egress::new(Policy::allowing(vec![Origin::of(&base).unwrap()]));
    let found = local::ollama_models(&egress, &base).await;
    assert_eq!(found, Some(vec!["scripted:latest".to_owned()]));
    drop(server);
    assert_eq!(local::ollama_models(&egress, &base).await, None);
}
