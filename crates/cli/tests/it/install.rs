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
    assert_eq!(shell.run(&["install", "codex", "--write"]).code, 0);
    assert_eq!(fs::read_to_string(&codex).unwrap(), written, "a repeat changes nothing");

    let goose = shell.path().join(".config/goose/config.yaml");
    fs::create_dir_all(goose.parent().unwrap()).unwrap();
    fs::write(&goose, "extensions:\n  memory:\n    enabled: true\nGOOSE_MODEL: x\n").unwrap();
    assert_eq!(shell.run(&["install", "goose", "--write"]).code, 0);
    let written = fs::read_to_string(&goose).unwrap();
    assert!(written.starts_with("extensions:\n  task-mcp:\n    enabled: true\n"), "{written}");
    assert!(written.ends_with("  memory:\n    enabled: true\nGOOSE_MODEL: x\n"), "{written}");
}

#[test]
fn comments_and_ways_of_writing_stay() {
    let shell = Shell::new();
    let settings = |place: &str, text: &str| {
        let path = shell.path().join(place);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, text).unwrap();
        path
    };
    let zed = settings(".config/zed/settings.json", "// mine\n{\n  \"theme\": \"x\", // dark\n}\n");
    assert_eq!(shell.run(&["install", "zed", "--write"]).code, 0);
    let written = fs::read_to_string(&zed).unwrap();
    assert!(written.starts_with("// mine\n{\n  \"theme\": \"x\", // dark\n"), "{written}");
    assert!(written.contains("\"context_servers\": {\n    \"task-mcp\": {"), "{written}");

    let codex = settings(".codex/config.toml", "mcp_servers = { other = { command = \"x\" } }\n");
    assert_eq!(shell.run(&["install", "codex", "--write"]).code, 0);
    let written: toml::Table = fs::read_to_string(&codex).unwrap().parse().unwrap();
    let names: Vec<&String> = written["mcp_servers"].as_table().unwrap().keys().collect();
    assert_eq!(names, ["other", "task-mcp"]);

    let deep = "extensions:\n    dev:\n        name: dev\nmode: auto\n";
    let goose = settings(".config/goose/config.yaml", deep);
    for _ in 0..2 {
        assert_eq!(shell.run(&["install", "goose", "--write"]).code, 0);
        let written = fs::read_to_string(&goose).unwrap();
        assert!(
            written.starts_with("extensions:\n    task-mcp:\n        enabled: true\n"),
            "{written}"
        );
        assert!(written.ends_with("    dev:\n        name: dev\nmode: auto\n"), "{written}");
        assert_eq!(written.matches("task-mcp:").count(), 1, "{written}");
    }

    // What its owner has put into our own entry, and what stands above the next, stays too.
    let own = "extensions:\n  task-mcp:\n    cmd: old\n    envs:\n      OPENAI_API_KEY: k\n    uri: x\n  # my tools\n  dev:\n    name: dev\n";
    let goose = settings(".config/goose/config.yaml", own);
    assert_eq!(shell.run(&["install", "goose", "--write"]).code, 0);
    let written = fs::read_to_string(&goose).unwrap();
    assert!(
        written
            .ends_with("    envs:\n      OPENAI_API_KEY: k\n  # my tools\n  dev:\n    name: dev\n"),
        "{written}"
    );
    assert!(!written.contains("old") && !written.contains("uri: x"), "{written}");
    let own = "# top\n[mcp_servers.task-mcp]\ncommand = \"old\"\nurl = \"x\"\nenv = { OPENAI_API_KEY = \"k\" }\n";
    let codex = settings(".codex/config.toml", own);
    assert_eq!(shell.run(&["install", "codex", "--write"]).code, 0);
    let written = fs::read_to_string(&codex).unwrap();
    assert!(written.starts_with("# top\n[mcp_servers.task-mcp]\n"), "{written}");
    assert!(written.contains("env = { OPENAI_API_KEY = \"k\" }"), "{written}");
    assert!(!written.contains("old") && !written.contains("url ="), "{written}");
    let own = "{\"context_servers\": {\"task-mcp\": {\"url\": \"x\", \"env\": {\"K\": \"k\"}}}}";
    let zed = settings(".config/zed/settings.json", own);
    assert_eq!(shell.run(&["install", "zed", "--write"]).code, 0);
    let written = fs::read_to_string(&zed).unwrap();
    assert!(written.contains("\"K\": \"k\"") && !written.contains("\"url\""), "{written}");
    assert!(written.contains("\"command\""), "{written}");

    let broken = settings(".cursor/mcp.json", "{\"mcpServers\": [}");
    let done = shell.run(&["install", "cursor", "--write"]);
    assert!(done.code == 2 && done.err.contains("mend it first"), "{}", done.err);
    assert_eq!(fs::read_to_string(&broken).unwrap(), "{\"mcpServers\": [}");
}

#[cfg(unix)]
#[test]
fn a_key_is_for_its_user_only_and_settings_kept_elsewhere_are_changed_there() {
    use std::os::unix::fs::{PermissionsExt, symlink};

    let shell = Shell::new();
    let mode = |path: &std::path::Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
    let write = ["install", "cursor", "--write", "--url", "http://127.0.0.1:7717", "--key", "k"];
    assert_eq!(shell.run(&write).code, 0);
    let cursor = shell.path().join(".cursor/mcp.json");
    assert_eq!(mode(&cursor), 0o600);

    let kept = shell.path().join("kept.json");
    fs::write(&kept, "{\"mine\": 1}").unwrap();
    fs::set_permissions(&kept, fs::Permissions::from_mode(0o640)).unwrap();
    fs::remove_file(&cursor).unwrap();
    symlink(&kept, &cursor).unwrap();
    for _ in 0..2 {
        assert_eq!(shell.run(&write).code, 0);
    }
    assert!(cursor.is_symlink());
    assert!(fs::read_to_string(&kept).unwrap().contains("Bearer k"));
    assert_eq!(mode(&kept), 0o640);
    let copy = fs::read_to_string(shell.path().join("kept.json.before-task-mcp")).unwrap();
    assert_eq!(copy, "{\"mine\": 1}", "the copy is the one from before the first time");
}

#[test]
fn a_source_that_is_not_there_is_told_before_a_client_starts_us() {
    let done = Shell::new().run(&["install", "cursor", "--source", "./nothere"]);
    assert!(done.code == 2 && done.err.contains("nothere"), "{}", done.err);
}
