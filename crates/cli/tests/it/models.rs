//! Language models as a person sets them up: settings, what is shown of them, `doctor`.

use testkit::ModelServer;

use crate::shell::Shell;

const WET: &str = r#"{"is_wet": true}"#;
const KEY: &str = "sk-very-secret-0123456789";

fn with_model(server: &ModelServer) -> Shell {
    let shell = Shell::new();
    shell.file(
        "task-mcp.toml",
        format!(
            "[models.gpu]\nprovider = \"openai\"\nbase_url = \"{}/v1\"\nmodel = \"scripted\"\nlocal = true\nkey = \"{KEY}\"\n",
            server.origin
        ),
    );
    shell
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn doctor_asks_each_model_and_says_how_it_stands() {
    let server = ModelServer::saying(WET).await;
    let done = with_model(&server).run(&["doctor"]);
    assert_eq!(done.code, 0, "{done:?}");
    assert!(
        done.out.contains("ok      the model `gpu` (scripted at 127.0.0.1) answers in"),
        "{}",
        done.out
    );
    assert!(
        done.out.contains("typed answers in the provider's own mode; 8192 tokens of context"),
        "{}",
        done.out
    );
    assert!(
        done.out.contains("ok      roles: `gpu` is planner, reader, writer, verifier"),
        "{}",
        done.out
    );
    assert_eq!(server.hits(), 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn doctor_says_what_is_wrong_with_a_model_and_what_to_do() {
    let server = ModelServer::saying(WET).await;
    let shell = with_model(&server).with("TASK_MCP_MODELS__GPU__CONTEXT", "65536");
    let done = shell.run(&["doctor"]);
    assert_eq!(done.code, 1);
    let holds = "broken  the model `gpu` (scripted at 127.0.0.1) holds 16384 tokens, and models.gpu.context is 65536: lower it to 16384";
    assert!(done.out.contains(holds), "{}", done.out);
    drop(server);
    let done = shell.run(&["doctor"]);
    assert!(done.out.contains("cannot be used: `gpu` cannot be reached"), "{}", done.out);
    assert!(done.out.contains("start its server, or correct models.gpu.base_url"), "{}", done.out);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_key_is_shown_nowhere() {
    let server = ModelServer::saying(WET).await;
    server.always(Some(testkit::model_server::Fault::error(401, "invalid_api_key", KEY)));
    let shell = with_model(&server);
    for arguments in
        [&["config", "print"][..], &["doctor"], &["--set", "models.gpu.key=", "doctor"]]
    {
        let done = shell.run(arguments);
        assert!(!format!("{done:?}").contains(KEY), "{done:?}");
    }
    assert!(shell.run(&["config", "print"]).out.contains("key = \"***\""));
}

#[test]
fn without_a_model_nothing_is_asked_for() {
    let shell = Shell::new().with("TASK_MCP_ROLES__DEFAULT", "none");
    let done = shell.run(&["doctor"]);
    assert_eq!(done.code, 0, "{done:?}");
    assert!(
        done.out.contains("note    no language model is used, because roles.default is none"),
        "{}",
        done.out
    );
}

#[test]
fn settings_of_models_that_do_not_go_together_are_refused() {
    let shell = Shell::new();
    for (set, why) in [
        ("models.m.model=x", "`models.m` has no provider: set models.m.provider"),
        ("models.m.provider=opanai", "write openai, openai-responses, anthropic, gemini or ollama"),
        ("models.m.base_ur=x", "the nearest is `models.m.base_url`"),
        ("roles.writer=gone", "`roles.writer` is `gone`, which is not configured"),
    ] {
        let done = shell.run(&["--set", set, "config", "print"]);
        assert_eq!(done.code, 2, "{done:?}");
        assert!(done.err.contains(why), "{}", done.err);
    }
}
