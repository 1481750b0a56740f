//! Settings: each layer over the one before, and unknown ones named.

use crate::shell::Shell;

/// The line of a setting, `section.key`.
fn line(shell: &Shell, arguments: &[&str], setting: &str) -> String {
    let done = shell.run(&[arguments, &["config", "print"]].concat());
    assert_eq!(done.code, 0, "{done:?}");
    let (section, key) = setting.split_once('.').unwrap();
    let mut lines = done.out.lines().skip_while(|line| *line != format!("[{section}]"));
    let found = lines.find(|line| line.split_whitespace().next() == Some(key)).unwrap();
    found.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[test]
fn a_flag_wins_over_set_over_the_environment_over_the_file() {
    let shell = Shell::new();
    assert_eq!(line(&shell, &[], "server.listen"), "listen = \"127.0.0.1:7717\" # default");
    shell.file("task-mcp.toml", "[server]\nlisten = \"127.0.0.1:1\"\n");
    assert_eq!(line(&shell, &[], "server.listen"), "listen = \"127.0.0.1:1\" # file task-mcp.toml");
    let shell = shell.with("TASK_MCP_SERVER__LISTEN", "127.0.0.1:2");
    assert_eq!(
        line(&shell, &[], "server.listen"),
        "listen = \"127.0.0.1:2\" # environment variable TASK_MCP_SERVER__LISTEN"
    );
    let set = ["--set", "server.listen=127.0.0.1:3"];
    assert_eq!(line(&shell, &set, "server.listen"), "listen = \"127.0.0.1:3\" # --set");
    let flag = ["--set", "server.listen=127.0.0.1:3", "--listen", "127.0.0.1:4"];
    assert_eq!(line(&shell, &flag, "server.listen"), "listen = \"127.0.0.1:4\" # --listen");
}

#[test]
fn origins_may_be_one_a_list_or_words_with_commas() {
    let shell =
        Shell::new().with("TASK_MCP_FETCH__ALLOW", "http://127.0.0.1:8080,http://localhost:9");
    assert!(
        line(&shell, &[], "fetch.allow")
            .starts_with("allow = [\"http://127.0.0.1:8080\", \"http://localhost:9\"]")
    );
    let set = ["--set", "fetch.allow=[\"http://localhost:7\"]"];
    assert_eq!(line(&shell, &set, "fetch.allow"), "allow = [\"http://localhost:7\"] # --set");
}

#[test]
fn a_password_is_never_printed() {
    let shell = Shell::new();
    let done = shell.run(&["config", "print", "--database", "postgres://ann:hunter2@db.test/runs"]);
    assert!(done.out.contains("postgres://ann:***@db.test/runs"), "{}", done.out);
    assert!(!done.out.contains("hunter2"));
}

#[test]
fn a_setting_that_is_not_one_is_named_with_the_nearest() {
    let shell = Shell::new();
    shell.file("bad.toml", "[worker]\nconcurency = 3\n");
    shell.file("broken.toml", "[worker]\n\nconcurrency = \n");
    let refused = |arguments: &[&str]| {
        let done = shell.run(&[arguments, &["config", "print"]].concat());
        assert_eq!(done.code, 2, "{done:?}");
        done.err
    };
    insta::assert_snapshot!(
        [refused(&["--config", "bad.toml"]), refused(&["--set", "fetch.timeout=20"]),
         refused(&["--set", "processors.pro.pags=2"]), refused(&["--config", "none.toml"])].concat(),
        @r"
    task-mcp: `worker.concurency` from file bad.toml is not a setting; the nearest is `worker.concurrency` (`task-mcp config print` lists all)
    task-mcp: `fetch.timeout` from --set is `20`: write a number and its unit, such as 20s or 5m
    task-mcp: `processors.pro.pags` from --set is not a setting; the nearest is `processors.pro.pages` (`task-mcp config print` lists all)
    task-mcp: the settings file `none.toml` does not exist; check --config
    "
    );
    let said = refused(&["--config", "broken.toml"]);
    assert!(
        said.starts_with("task-mcp: the settings file `broken.toml` is not TOML, line 3: "),
        "{said}"
    );
}

#[test]
fn the_settings_reference_is_up_to_date() {
    let file = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/settings.md");
    let now = Shell::new().run(&["config", "reference"]).out;
    let committed = std::fs::read_to_string(file).unwrap_or_default();
    std::fs::create_dir_all(std::path::Path::new(file).parent().unwrap()).unwrap();
    std::fs::write(file, &now).unwrap();
    assert_eq!(committed, now, "docs/settings.md was rewritten; commit it");
}

#[test]
fn alone_it_says_what_to_try() {
    let done = Shell::new().run(&[]);
    assert_eq!(done.code, 0);
    for command in [
        "task-mcp demo",
        "task-mcp research \"",
        "task-mcp enrich ",
        "task-mcp serve",
        "task-mcp doctor",
    ] {
        assert!(done.out.contains(command), "{command}");
    }
}
