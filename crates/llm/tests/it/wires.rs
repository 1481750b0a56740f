use serde_json::json;
use task_mcp_llm::{Format, Price, Profile, Stopped, typed};
use testkit::model_server::{Fault, Mode, ModelServer, Said, Spoken};

use crate::ask::{ALL, KEY, TIDE, ask, model, models, profile, schema, typed_question};

#[tokio::test]
async fn every_wire_carries_the_question_and_its_answer() {
    for spoken in ALL {
        let server = ModelServer::saying("High tide comes at nine, and low tide at three.").await;
        let reply = ask(&model(&server, spoken)).await.unwrap();
        assert_eq!(reply.text, "High tide comes at nine, and low tide at three.", "{spoken:?}");
        assert_eq!((reply.tries, reply.lost_tries, reply.stopped), (1, 0, Stopped::End));
        assert_eq!((reply.usage.input_tokens, reply.usage.output_tokens), (15, 12), "{spoken:?}");
        assert!(!reply.usage.is_estimated);
        let asked = &server.asked()[0];
        assert_eq!((asked.spoken, asked.model.as_str()), (spoken, "scripted"));
        assert_eq!(asked.system, "You know the tides.");
        assert_eq!(asked.turns, ["When is high tide?", "Where?", "At Sorrel Reach."]);
        assert_eq!(asked.max_output_tokens, 200);
    }
}

#[tokio::test]
async fn every_wire_asks_for_a_typed_answer_in_its_own_mode() {
    for spoken in ALL {
        let server = ModelServer::saying(TIDE).await;
        let reply = model(&server, spoken).ask("m", &typed_question()).await.unwrap();
        let value = typed::read(&reply.text, &schema()).unwrap();
        assert_eq!(value, json!({"quote": "High tide comes at nine.", "hour": 9}), "{spoken:?}");
        let asked = &server.asked()[0];
        assert_eq!(asked.mode, Mode::Native, "{spoken:?}");
        let properties = asked.schema.as_ref().unwrap()["properties"].as_object().unwrap();
        let names: Vec<_> = properties.keys().collect();
        assert_eq!(names, ["quote", "hour", "note"], "in the order of the schema, {spoken:?}");
    }
}

#[tokio::test]
async fn the_same_question_is_the_same_bytes() {
    for spoken in ALL {
        let server = ModelServer::saying(TIDE).await;
        for _ in 0..2 {
            model(&server, spoken).ask("m", &typed_question()).await.unwrap();
        }
        let asked = server.asked();
        assert_eq!(asked[0].bytes, asked[1].bytes, "{spoken:?}");
    }
}

#[tokio::test]
async fn the_key_stands_in_the_header_of_its_wire_and_nowhere_else() {
    for (spoken, name, value) in [
        (Spoken::OpenAiChat, "authorization", format!("Bearer {KEY}")),
        (Spoken::OpenAiResponses, "authorization", format!("Bearer {KEY}")),
        (Spoken::Anthropic, "x-api-key", KEY.to_owned()),
        (Spoken::Gemini, "x-goog-api-key", KEY.to_owned()),
        (Spoken::Ollama, "authorization", format!("Bearer {KEY}")),
    ] {
        let server = ModelServer::saying("yes").await;
        ask(&model(&server, spoken)).await.unwrap();
        let asked = &server.asked()[0];
        assert_eq!(asked.headers[name], value.as_str());
        let with_key = asked.headers.values().filter(|v| v.as_bytes().ends_with(KEY.as_bytes()));
        assert_eq!(with_key.count(), 1);
        assert!(!asked.body.to_string().contains(KEY));
    }
}

#[tokio::test]
async fn bodies_are_what_the_providers_document() {
    let body = async |spoken| {
        let server = ModelServer::saying("yes").await;
        ask(&model(&server, spoken)).await.unwrap();
        server.asked()[0].body.clone()
    };
    let turns = json!([
        {"role": "user", "content": "When is high tide?"},
        {"role": "assistant", "content": "Where?"},
        {"role": "user", "content": "At Sorrel Reach."},
    ]);
    let mut with_system = turns.clone();
    let system = json!({"role": "system", "content": "You know the tides."});
    with_system.as_array_mut().unwrap().insert(0, system);

    let chat = json!({
        "model": "scripted", "messages": with_system, "max_tokens": 200,
        "stream": true, "stream_options": {"include_usage": true},
    });
    assert_eq!(body(Spoken::OpenAiChat).await, chat);
    let responses = json!({
        "model": "scripted", "instructions": "You know the tides.", "input": turns,
        "max_output_tokens": 200, "store": false, "stream": true,
    });
    assert_eq!(body(Spoken::OpenAiResponses).await, responses);
    let cache = json!({"type": "ephemeral"});
    let anthropic = json!({
        "model": "scripted", "max_tokens": 200,
        "system": [{"type": "text", "text": "You know the tides.", "cache_control": cache}],
        "messages": turns, "stream": true,
    });
    assert_eq!(body(Spoken::Anthropic).await, anthropic);
    let gemini = json!({
        "systemInstruction": {"parts": [{"text": "You know the tides."}]},
        "contents": [
            {"role": "user", "parts": [{"text": "When is high tide?"}]},
            {"role": "model", "parts": [{"text": "Where?"}]},
            {"role": "user", "parts": [{"text": "At Sorrel Reach."}]},
        ],
        "generationConfig": {"maxOutputTokens": 200},
    });
    assert_eq!(body(Spoken::Gemini).await, gemini);
    let ollama = json!({
        "model": "scripted", "messages": with_system, "stream": true, "think": false,
        "keep_alive": "15m", "options": {"num_ctx": 8192, "num_predict": 200},
    });
    assert_eq!(body(Spoken::Ollama).await, ollama);
}

#[tokio::test]
async fn settings_of_a_model_reach_its_body_and_extra_members_go_over_them() {
    let server = ModelServer::saying("yes").await;
    let set = Profile {
        temperature: Some(0.2),
        effort: Some("low".into()),
        max_output_tokens: 64,
        extra: json!({"top_p": 0.9, "stream_options": null}).as_object().unwrap().clone(),
        ..profile(&server, Spoken::OpenAiChat)
    };
    ask(&models(vec![set]).0).await.unwrap();
    let body = &server.asked()[0].body;
    assert_eq!(body["temperature"].to_string(), "0.2");
    assert_eq!((&body["reasoning_effort"], &body["max_tokens"]), (&json!("low"), &json!(64)));
    assert_eq!((&body["top_p"], &body["stream_options"]), (&json!(0.9), &json!(null)));
}

#[tokio::test]
async fn a_reply_in_one_piece_is_read_as_well_as_a_stream() {
    for spoken in ALL {
        let server = ModelServer::saying(TIDE).await;
        server.always(Some(Fault::Whole));
        let reply = model(&server, spoken).ask("m", &typed_question()).await.unwrap();
        assert_eq!((reply.text.as_str(), reply.usage.is_estimated), (TIDE, false), "{spoken:?}");
    }
}

#[tokio::test]
async fn an_answer_that_reached_its_limit_says_so() {
    for spoken in ALL {
        let server = ModelServer::start(|_| Said::Cut("High tide comes".into())).await;
        let reply = ask(&model(&server, spoken)).await.unwrap();
        assert_eq!((reply.text.as_str(), reply.stopped), ("High tide comes", Stopped::Length));
    }
    // A server that calls it a good end although the limit was used up.
    let server = ModelServer::saying("High tide comes").await;
    server.next([Some(Fault::Usage { input: 15, output: 200 })]);
    let reply = ask(&model(&server, Spoken::OpenAiChat)).await.unwrap();
    assert_eq!(reply.stopped, Stopped::Length);
}

#[tokio::test]
async fn only_models_of_ones_own_are_told_the_bounds_of_lists() {
    let list = json!({"type": "array", "maxItems": 3, "items": {"type": "string"}});
    let schema = json!({
        "type": "object", "properties": {"tides": list}, "required": ["tides"], "additionalProperties": false,
    });
    for spoken in ALL {
        for is_local in [true, false] {
            let server = ModelServer::saying(r#"{"tides": ["high"]}"#).await;
            let set = Profile { is_local, ..profile(&server, spoken) };
            let mut request = typed_question();
            request.format = Some(Format { name: "tides".into(), schema: schema.clone() });
            models(vec![set]).0.ask("m", &request).await.unwrap();
            let body = server.asked()[0].body.to_string();
            let is_bounded = is_local && spoken != Spoken::Anthropic;
            assert_eq!(body.contains("maxItems"), is_bounded, "{spoken:?} {is_local}");
        }
    }
}

#[tokio::test]
async fn an_answer_that_goes_round_in_circles_is_not_heard_to_its_end() {
    let circles = format!("It is high. {}", "And it is high again, says she. ".repeat(900));
    for spoken in ALL {
        let server = ModelServer::saying(&circles).await;
        let reply = ask(&model(&server, spoken)).await.unwrap();
        assert_eq!(reply.stopped, Stopped::Loop, "{spoken:?}");
        assert!(reply.text.starts_with("It is high.") && reply.text.len() < 1_000, "{spoken:?}");
        assert!(reply.usage.is_estimated && reply.usage.output_tokens > 0, "{spoken:?}");
    }
}

#[tokio::test]
async fn a_known_price_gives_a_cost_and_an_unknown_one_none() {
    let server = ModelServer::saying("yes").await;
    let hosted = profile(&server, Spoken::Anthropic);
    assert_eq!(ask(&models(vec![hosted.clone()]).0).await.unwrap().cost_micro_usd, None);
    let price = Some(Price { input: 3_000_000, cached: None, output: 15_000_000 });
    let priced = Profile { price, ..hosted };
    assert_eq!(ask(&models(vec![priced]).0).await.unwrap().cost_micro_usd, Some(15 * 3 + 15));
    let local = ask(&model(&server, Spoken::Ollama)).await.unwrap();
    assert_eq!(local.cost_micro_usd, Some(0), "one's own machine has no price per token");
}

#[tokio::test]
async fn thoughts_and_marks_of_thoughts_are_not_part_of_an_answer() {
    for spoken in ALL {
        let server = ModelServer::saying("<think>\nTides? {\"a\": 1}\n</think>\n\nAt nine.").await;
        assert_eq!(ask(&model(&server, spoken)).await.unwrap().text, "At nine.", "{spoken:?}");
    }
}

#[tokio::test]
async fn speed_is_measured_and_loading_kept_apart() {
    let server = ModelServer::saying("High tide comes at nine, and low tide at three.").await;
    let models = model(&server, Spoken::Ollama);
    ask(&models).await.unwrap();
    let speed = models.speed("m").unwrap();
    assert_eq!((speed.answers, speed.load.map(|load| load.as_secs())), (1, Some(2)));
}
