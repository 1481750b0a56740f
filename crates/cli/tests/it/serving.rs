//! `serve` and the commands beside it.

use crate::shell::Shell;

#[test]
fn a_server_says_where_it_listens_and_ends_on_sigterm() {
    let shell = Shell::new();
    let server = shell.serve(&[]);
    let done = server.stop();
    assert_eq!(done.code, 0, "{done:?}");
    assert!(done.err.contains("no sources yet"), "{}", done.err);
}

#[test]
fn a_server_says_whom_it_asks_and_whom_its_mode_bars() {
    let shell = Shell::new().with("BRAVE_API_KEY", "k-brave");
    let said = |more: &[&str]| {
        let here = ["--set", "search.searxng.url=http://127.0.0.1:9"];
        shell.serve(&[&here, more].concat()).stop().err
    };
    let public = said(&[]);
    let both = "web search: every run asks searxng at 127.0.0.1, brave at api.search.brave.com";
    assert!(public.contains(both) && !public.contains("bars"), "{public}");
    let offline = said(&["--set", "egress.mode=offline"]);
    for line in [
        "web search: egress.mode = offline bars brave at api.search.brave.com",
        "web search: every run asks searxng at 127.0.0.1\n",
        "outside (egress.mode = offline): nothing leaves this machine",
    ] {
        assert!(offline.contains(line), "{line} is missing in {offline}");
    }
}

#[test]
fn a_port_that_is_taken_is_told_with_whoever_has_it() {
    let shell = Shell::new();
    let server = shell.serve(&[]);
    let second = shell.run(&["serve", "--listen", &server.address]);
    assert_eq!(second.code, 1);
    assert!(second.err.contains("another task-mcp answers there already"), "{}", second.err);

    let other = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = other.local_addr().unwrap().to_string();
    drop(std::thread::spawn(move || {
        while let Ok((stream, _)) = other.accept() {
            drop(stream);
        }
    }));
    let third = shell.run(&["serve", "--listen", &address]);
    assert_eq!(third.code, 1);
    assert!(third.err.contains("another program has that port"), "{}", third.err);
}

#[test]
fn a_second_server_on_one_data_directory_answers_and_says_that_it_waits() {
    let shell = Shell::new();
    let _first = shell.serve(&[]);
    let done = shell.serve(&[]).stop();
    assert_eq!(done.code, 0, "{done:?}");
    assert!(done.err.contains("takes over when it ends"), "{}", done.err);
}

#[test]
fn a_question_asked_beside_a_server_is_answered_by_the_server() {
    let shell = Shell::new();
    shell.file("docs/otter.md", "# Otter\n\nThe Otter 3 turbine costs 48,000 crowns.\n");
    let _server = shell.serve(&["--source", "manual=docs"]);
    let done = shell.run(&["research", "What does the Otter 3 turbine cost?"]);
    assert_eq!(done.code, 0, "{done:?}");
    assert!(done.out.contains("48,000 crowns"), "{}", done.out);
    assert!(done.err.contains("another process executes"), "{}", done.err);
}

#[test]
fn the_doctor_says_what_is_fine_and_what_is_missing() {
    let shell = Shell::new();
    shell.file("docs/a.md", "text");
    shell.run(&["sources", "add", "docs"]);
    let done = shell.run(&["doctor", "--listen", "127.0.0.1:0"]);
    assert_eq!(done.code, 0, "{done:?}");
    for text in [
        "data directory",
        "database answers",
        "source `docs`",
        "no web search",
        "no language model",
        "next: ",
    ] {
        assert!(done.out.contains(text), "{text} is missing in {}", done.out);
    }
    std::fs::remove_dir_all(shell.path().join("docs")).unwrap();
    let done = shell.run(&["doctor", "--listen", "127.0.0.1:0"]);
    assert_eq!(done.code, 1);
    assert!(done.out.contains("task-mcp sources remove docs"), "{}", done.out);
}

#[test]
fn sources_are_listed_with_their_documents() {
    let shell = Shell::new();
    shell.file("a/docs/one.md", "# One\n\ntext");
    shell.file("b/docs/two.md", "# Two\n\ntext");
    assert_eq!(shell.run(&["sources", "add", "a/docs", "b/docs"]).code, 0);
    let done = shell.run(&["sources"]);
    let names: Vec<&str> =
        done.out.lines().skip(2).filter_map(|line| line.split(' ').next()).collect();
    assert_eq!(names, ["docs", "docs-2"]);
    assert!(done.out.contains("1 documents"), "{}", done.out);
}

#[test]
fn other_machines_are_answered_only_with_a_key_or_on_request() {
    let shell = Shell::new();
    let open = shell.run(&["serve", "--listen", "0.0.0.0:0"]);
    assert_eq!(open.code, 2, "{open:?}");
    assert!(open.err.contains("task-mcp keys add NAME"), "{}", open.err);

    let made = shell.run(&["keys", "add", "ana"]);
    assert!(made.code == 0 && made.out.starts_with("tmcp_"), "{made:?}");
    assert!(made.err.contains("from now on every caller needs a key"), "{}", made.err);
    let listed = shell.run(&["keys"]);
    assert!(
        listed.out.starts_with("ana  owner ana  made ") && !listed.out.contains("tmcp_"),
        "{listed:?}"
    );

    assert_eq!(shell.run(&["keys", "revoke", "ana"]).code, 0);
    assert!(shell.run(&["keys", "revoke", "ana"]).err.contains("no key called ana"));
    assert!(shell.run(&["keys", "add", "ana"]).err.contains("choose another name"));
    assert_eq!(shell.run(&["keys", "add", "a b"]).code, 2);
}
