//! `install`: what clients are told, and what becomes of the settings that they have.

use std::fs;

use serde_json::{Value, json};

use crate::shell::Shell;

#[test]
fn each_client_is_told_in_its_own_form() {
    let shell = Shell::new();
    for (client, told) in [
        ("claude-desktop", "\"mcpServers\""),
        ("claude-code", "\"type\": \"stdio\""),
        ("cursor", "\"mcpServers\""),
        ("vscode", "\"servers\""),
        ("zed", "\"context_servers\""),
        ("codex", "[mcp_servers.task-mcp]"),
        ("goose", "extensions:\n  task-mcp:"),
    ] {
        let done = shell.run(&["install", client, "--data", "here", "--simple"]);
        assert_eq!(done.code, 0, "{client}: {}", done.err);
        assert!(done.out.contains(told) && done.out.contains("--simple"), "{client}: {}", done.out);
        assert!(!done.out.contains("\"here\""), "a folder is named in whole: {}", done.out);
        assert!(done.err.contains("--write"), "{client}: {}", done.err);
    }
    let done = shell.run(&["install", "codex", "--url", "https://x.test", "--key", "k"]);
    assert!(done.out.contains("url = \"https://x.test/mcp\"\nhttp_headers"), "{}", done.out);
    let done = shell.run(&["install", "claude-desktop", "--url", "https://x.test"]);
    assert_eq!(done.code, 2, "{}", done.out);
}

#[test]
fn what_else_is_in_the_settings_stays() {
    let shell = Shell::new();
    let cursor = shell.path().join(".cursor/mcp.json");
    fs::create_dir_all(cursor.parent().unwrap()).unwrap();
    fs::write(&cursor, r#"{"mcpServers": {"other": {"command": "x"}}, "more": 1}"#).unwrap();
    let done = shell.run(&["install", "cursor", "--write", "--url", "http://127.0.0.1:7717"]);
    assert_eq!(done.code, 0, "{}", done.err);
    let written: Value = serde_json::from_str(&fs::read_to_string(&cursor).unwrap()).unwrap();
    assert_eq!(written["mcpServers"]["other"], json!({"command": "x"}));
    assert_eq!(written["mcpServers"]["task-mcp"]["url"], "http://127.0.0.1:7717/mcp");
    assert_eq!(written["more"], 1);
    assert!(cursor.with_extension("json.before-task-mcp").exists());

    let codex = shell.path().join(".codex/config.toml");
    fs::create_dir_all(codex.parent().unwrap()).unwrap();
    fs::write(&codex, "# mine\nmodel = \"x\"").unwrap();
    assert_eq!(shell.run(&["install", "codex", "--write"]).code, 0);
    let written = fs::read_to_string(&codex).unwrap();
    assert!(written.starts_with("# mine\nmodel = \"x\"\n\n[mcp_servers.task-mcp]\n"), "{written}");
    let again = shell.run(&["install", "codex", "--write"]);
    assert!(again.code == 2 && again.err.contains("already"), "{}", again.err);

    let goose = shell.path().join(".config/goose/config.yaml");
    fs::create_dir_all(goose.parent().unwrap()).unwrap();
    fs::write(&goose, "extensions:\n  memory:\n    enabled: true\nGOOSE_MODEL: x\n").unwrap();
    assert_eq!(shell.run(&["install", "goose", "--write"]).code, 0);
    let written = fs::read_to_string(&goose).unwrap();
    assert!(written.starts_with("extensions:\n  task-mcp:\n    enabled: true\n"), "{written}");
    assert!(written.ends_with("  memory:\n    enabled: true\nGOOSE_MODEL: x\n"), "{written}");
}

#[test]
fn settings_with_comments_are_not_touched() {
    let shell = Shell::new();
    let zed = shell.path().join(".config/zed/settings.json");
    fs::create_dir_all(zed.parent().unwrap()).unwrap();
    fs::write(&zed, "// mine\n{}").unwrap();
    let done = shell.run(&["install", "zed", "--write"]);
    assert!(done.code == 2 && done.err.contains("by hand"), "{}", done.err);
    assert_eq!(fs::read_to_string(&zed).unwrap(), "// mine\n{}");
}
