//! What `doctor` says of language models: each is asked one small question.

use domain::model::{Cast, Role};
use llm::{Failed, Models, Probe, Profile, Remedy, Typed, Wire};

use super::Finding::{self, Broken, Fine, Note};
use crate::settings::Settings;
use crate::settings::models::{KEY_VARIABLES, NO_MODEL};

pub(super) async fn look(settings: &Settings) -> Vec<Finding> {
    let models = settings.models().await;
    let Some(cast) = settings.cast(&models) else {
        return vec![nothing(settings.models.roles.default.as_deref() == Some(NO_MODEL))];
    };
    let mut findings = Vec::new();
    for profile in models.profiles() {
        let probe = models.probe(&profile.name).await;
        findings.push(judge(profile, &probe, settings.models.unset_variable(&profile.name)));
        findings.extend(remarks(profile, &models));
    }
    findings.push(Fine(roles(&cast)));
    findings
}

fn nothing(is_wanted: bool) -> Finding {
    let without = "answers are verbatim quotes, and fields that ask for judgement or writing stay empty (needs_model)";
    if is_wanted {
        return Note(format!(
            "no language model is used, because roles.default is none: {without}"
        ));
    }
    let variables: Vec<&str> = KEY_VARIABLES.iter().map(|(_, name)| *name).collect();
    Note(format!(
        "no language model is configured: {without}; set one of {}, or start an Ollama that has a model, or see docs/models.md",
        variables.join(", ")
    ))
}

/// How a model stands, in one sentence. `unset`: the variable that should hold its key, and does not.
fn judge(profile: &Profile, probe: &Probe, unset: Option<&str>) -> Finding {
    let name = &profile.name;
    let place = profile.base_url.host_str().unwrap_or_default();
    let what = format!("the model `{name}` ({} at {place})", profile.model);
    if let Err(Failed::Auth { why, .. }) = &probe.answered
        && profile.key.is_none()
    {
        let next = match unset {
            Some(variable) => format!(
                "models.{name}.key_env names the variable {variable}, which is not set here"
            ),
            None => format!("set models.{name}.key_env to the variable that holds it"),
        };
        return Broken(format!("{what} cannot be used without a key ({why}): {next}"));
    }
    if let Err(failed) = &probe.answered {
        return Broken(format!("{what} cannot be used: {failed}{}", next_step(profile, failed)));
    }
    if let Some(holds) = probe.context_tokens.filter(|holds| *holds < profile.context_tokens) {
        return Broken(format!(
            "{what} holds {holds} tokens, and models.{name}.context is {}: lower it to {holds}",
            profile.context_tokens
        ));
    }
    let seconds = probe.elapsed.as_secs_f64();
    let typed = match probe.typed {
        Some(Typed::Native) => "typed answers in the provider's own mode",
        Some(Typed::Tool) => "typed answers by a tool call",
        Some(Typed::Prompt) => "typed answers by a schema in the prompt",
        None => {
            return Note(format!(
                "{what} answers in {seconds:.1} s, but in no mode with JSON: it can hardly fill in fields; choose a larger model"
            ));
        }
    };
    let context = profile.context_tokens;
    Fine(format!("{what} answers in {seconds:.1} s, {typed}; {context} tokens of context are used"))
}

fn next_step(profile: &Profile, failed: &Failed) -> String {
    let name = &profile.name;
    let is_gone = matches!(failed, Failed::Bad { status: 404, .. });
    if is_gone && profile.wire == Wire::Ollama {
        format!(
            "; get it with `ollama pull {}`, or name another in models.{name}.model",
            profile.model
        )
    } else if is_gone {
        format!("; name one that the provider has in models.{name}.model")
    } else if profile.is_local && matches!(failed, Failed::Offline { .. }) {
        format!("; start its server, or correct models.{name}.base_url")
    } else if failed.remedy() == Remedy::Wait {
        "; try again in a minute".into()
    } else {
        String::new()
    }
}

/// What works and yet is worth knowing.
fn remarks(profile: &Profile, models: &Models) -> Vec<Finding> {
    let name = &profile.name;
    let mut remarks = Vec::new();
    if profile.price.is_none() {
        remarks.push(Note(format!(
            "the price of `{name}` is not known, so its costs are shown as unknown and caps of money do not see them: set models.{name}.price_in and price_out in US dollars per million tokens"
        )));
    }
    let fallback = profile.fallback.as_deref().and_then(|other| models.profile(other));
    if let Some(other) = fallback.filter(|other| profile.is_local && !other.is_local) {
        remarks.push(Note(format!(
            "`{name}` runs on your own machines and falls back to `{}`, which does not: texts leave them then",
            other.name
        )));
    }
    remarks
}

fn roles(cast: &Cast) -> String {
    let played = cast.models().into_iter().map(|model| {
        let roles = Role::ALL.into_iter().filter(|role| cast.of(*role) == model);
        let roles: Vec<&str> = roles.map(Role::as_str).collect();
        format!("`{model}` is {}", roles.join(", "))
    });
    format!("roles: {}", played.collect::<Vec<_>>().join("; "))
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use url::Url;

    use super::*;

    fn profile() -> Profile {
        let base = Url::parse("http://127.0.0.1:11434").unwrap();
        Profile::new("ollama", llm::Wire::Ollama, "qwen3:8b", base)
    }

    fn probe(answered: Result<(), Failed>, context_tokens: Option<u32>) -> Probe {
        let elapsed = Duration::from_millis(1234);
        Probe { answered, typed: Some(Typed::Native), context_tokens, elapsed }
    }

    fn said(finding: Finding) -> String {
        match finding {
            Fine(text) => format!("ok {text}"),
            Note(text) => format!("note {text}"),
            Broken(text) => format!("broken {text}"),
        }
    }

    #[test]
    fn a_model_is_judged_in_a_sentence_with_the_next_step() {
        assert_eq!(
            said(judge(&profile(), &probe(Ok(()), Some(32_768)), None)),
            "ok the model `ollama` (qwen3:8b at 127.0.0.1) answers in 1.2 s, typed answers in the provider's own mode; 8192 tokens of context are used"
        );
        assert_eq!(
            said(judge(&profile(), &probe(Ok(()), Some(4096)), None)),
            "broken the model `ollama` (qwen3:8b at 127.0.0.1) holds 4096 tokens, and models.ollama.context is 8192: lower it to 4096"
        );
        let why = "model \"qwen3:8b\" not found".to_owned();
        let gone = Failed::Bad { model: "ollama".into(), status: 404, why };
        assert!(
            said(judge(&profile(), &probe(Err(gone), None), None))
                .contains("`ollama pull qwen3:8b`")
        );
        let keyless = || Failed::Auth { model: "ollama".into(), why: "no key".into() };
        let judged = |unset| said(judge(&profile(), &probe(Err(keyless()), None), unset));
        assert!(judged(None).ends_with("set models.ollama.key_env to the variable that holds it"));
        assert!(judged(Some("ACME_KEY")).contains("the variable ACME_KEY, which is not set here"));
        let mute = Probe { typed: None, ..probe(Ok(()), None) };
        assert!(said(judge(&profile(), &mute, None)).starts_with("note "));
    }

    #[test]
    fn every_role_is_named_once() {
        let mut cast = Cast::all("small");
        cast.set(Role::Writer, "large");
        assert_eq!(roles(&cast), "roles: `small` is planner, reader, verifier; `large` is writer");
    }
}
