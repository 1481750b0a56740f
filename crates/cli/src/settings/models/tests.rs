use super::*;

fn with(lines: &[(&str, &str)]) -> Settings {
    let mut all = Settings::default();
    for (key, value) in lines {
        let (name, key) = key.split_once('.').unwrap();
        set_model(&mut all, name, key, value).unwrap();
    }
    all
}

fn keys(wires: &[Wire]) -> Vec<(Wire, Key)> {
    wires.iter().map(|wire| (*wire, Key::new("sk-from-environment").unwrap())).collect()
}

async fn names(all: &Settings) -> Vec<String> {
    all.models().await.profiles().map(|profile| profile.name.clone()).collect()
}

#[tokio::test]
async fn keys_in_the_environment_make_models_and_the_first_plays_all_roles() {
    let mut all = Settings::default();
    all.models.keys = keys(&[Wire::OpenAiChat, Wire::Anthropic]);
    let models = all.models().await;
    assert_eq!(names(&all).await, ["openai", "anthropic"]);
    assert_eq!(all.cast(&models), Some(Cast::all("openai")));
    let openai = models.profile("openai").unwrap();
    assert_eq!((openai.model.as_str(), openai.price), (OPENAI_MODEL, None), "prices are settings");
    assert!(openai.key.is_some() && !openai.is_local);
}

#[tokio::test]
async fn named_models_are_all_there_is_and_roles_choose_among_them() {
    let mut all = with(&[
        ("small.provider", "ollama"),
        ("small.model", "qwen3:8b"),
        ("large.provider", "anthropic"),
        ("large.price_in", "3"),
        ("large.price_out", "15.5"),
    ]);
    all.models.keys = keys(&[Wire::Anthropic]);
    all.models.roles.by_role.insert(Role::Writer, "large".into());
    assert_eq!(check(&all.models), Ok(()));
    let models = all.models().await;
    let cast = all.cast(&models).unwrap();
    assert_eq!((cast.of(Role::Reader), cast.of(Role::Writer)), ("small", "large"));
    let large = models.profile("large").unwrap();
    let price = Price { input: 3_000_000, cached: None, output: 15_500_000 };
    assert_eq!((large.price, large.model.as_str()), (Some(price), ANTHROPIC_MODEL));
    assert!(models.profile("small").unwrap().is_local);
}

#[tokio::test]
async fn none_as_the_default_means_that_no_model_is_used() {
    let mut all = Settings::default();
    all.models.keys = keys(&[Wire::Gemini]);
    all.models.roles.default = Some(NO_MODEL.into());
    assert_eq!(check(&all.models), Ok(()));
    let models = all.models().await;
    assert_eq!((models.profiles().count(), all.cast(&models)), (0, None));
}

#[test]
fn a_providers_key_is_not_sent_to_another_address() {
    let all = with(&[
        ("own.provider", "openai"),
        ("other.provider", "openai"),
        ("other.base_url", "http://gpu.local:8000/v1"),
        ("responses.provider", "openai-responses"),
    ]);
    let keys = keys(&[Wire::OpenAiChat]);
    let has_key: Vec<bool> =
        all.models.named.iter().map(|model| model.profile(&keys).key.is_some()).collect();
    assert_eq!(has_key, [true, false, true]);
}

#[test]
fn what_does_not_go_together_is_refused_with_the_way_out() {
    let why = |lines: &[(&str, &str)]| check(&with(lines).models).unwrap_err();
    assert!(why(&[("m.model", "x")]).contains("set models.m.provider to openai"));
    assert!(why(&[("m.provider", "ollama")]).contains("set models.m.model"));
    let fallback = [("m.provider", "openai"), ("m.fallback", "gone")];
    assert!(why(&fallback).contains("`gone`, which is not configured; there are m"));
    assert!(why(&[("m.provider", "openai"), ("m.price_in", "1")]).contains("half a price"));
    let mut all = with(&[("m.provider", "openai")]);
    all.models.roles.by_role.insert(Role::Reader, "gone".into());
    assert!(check(&all.models).unwrap_err().contains("`roles.reader` is `gone`"));
}

#[test]
fn prices_are_dollars_per_million_and_read_back() {
    for (text, micros) in
        [("0.25", 250_000), ("$15", 15_000_000), ("0", 0), ("1.000001", 1_000_001)]
    {
        assert_eq!(price(text), Ok(micros), "{text}");
        assert_eq!(price(&show_price(micros)), Ok(micros));
    }
    for text in ["", "cheap", "-1", "1,5", ".5", "0.0000001"] {
        assert!(price(text).is_err(), "{text}");
    }
}

#[test]
fn a_model_is_shown_without_its_key() {
    let all = with(&[("m.provider", "gemini"), ("m.key", "AIza-secret-secret")]);
    let model = &all.models.named[0];
    let shown = format!("{:?} {:?}", show_model(model, &model.profile(&[])), all.models);
    assert!(shown.contains("***") && !shown.contains("secret-secret"), "{shown}");
}

#[test]
fn every_setting_of_a_model_can_be_set() {
    let mut all = Settings::default();
    for (key, _) in MODEL_KEYS {
        let value = match key {
            "provider" => "openai",
            "base_url" => "http://localhost:8000/v1",
            "local" => "true",
            "typed" => "tool",
            "extra" => "{\"top_p\": 0.9}",
            "first_token" | "silence" => "30s",
            _ => "1",
        };
        assert_eq!(set_model(&mut all, "m", key, value), Ok(()), "{key}");
    }
    let wires = Wire::ALL.map(usual_base);
    assert!(wires.iter().all(Url::has_host));
    assert!(set_model(&mut all, "none", "model", "x").is_err());
    assert!(set_model(&mut all, "a b", "model", "x").is_err());
}
