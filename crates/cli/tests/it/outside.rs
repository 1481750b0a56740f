//! The way out from the command line: fetch, search, modes, and a cassette in place of the network.

use testkit::Site;

use crate::shell::Shell;

async fn site() -> Site {
    let otter = "The Otter is a small boat. The Otter was founded in 1999 in Brennia.";
    Site::script()
        .page("/otter", "Otter", otter)
        .linked("/otter", "/boats", "all boats")
        .found("/otter")
        .serve()
        .await
}

/// A shell that may ask the site, which is its search too.
fn shell(site: &Site) -> Shell {
    Shell::new()
        .with("TASK_MCP_FETCH__ALLOW", &site.origin)
        .with("TASK_MCP_SEARCH__SEARXNG__URL", &site.origin)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_page_is_fetched_as_markdown_text_or_json() {
    let site = site().await;
    let (shell, url) = (shell(&site), site.url("/otter"));
    let markdown = shell.run(&["fetch", &url]);
    assert!(markdown.out.starts_with("# Otter\n\nThe Otter is a small boat."), "{markdown:?}");
    assert_eq!(shell.run(&["fetch", &url, "--markdown"]).out, markdown.out);
    assert!(shell.run(&["fetch", &url, "--text"]).out.starts_with("Otter\n\nThe Otter is"));
    let json: serde_json::Value =
        serde_json::from_str(&shell.run(&["fetch", &url, "--json"]).out).unwrap();
    assert_eq!(
        (&json["title"], &json["links"][0]["url"]),
        (&"Otter".into(), &site.url("/boats").into())
    );

    let gone = shell.run(&["fetch", &site.url("/gone")]);
    assert_eq!((gone.code, gone.out.as_str()), (1, ""));
    assert!(gone.err.contains("answered with status 404"), "{gone:?}");
    let private = shell.run(&["fetch", "http://10.0.0.1/"]);
    assert_eq!(private.code, 2, "{private:?}");
    assert!(private.err.contains("it is not on the public network"), "{private:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_search_prints_what_runs_would_find() {
    let site = site().await;
    let found = shell(&site).run(&["search", "otter boat"]);
    assert!(found.out.contains(&site.url("/otter")), "{found:?}");
    let json = shell(&site).run(&["search", "otter boat", "--json", "-n", "1"]).out;
    let json: serde_json::Value = serde_json::from_str(&json).unwrap();
    assert_eq!(json["providers"], serde_json::json!(["searxng"]));
    assert_eq!(json["results"][0]["url"], site.url("/otter"));

    let empty = shell(&site).run(&["search", " "]);
    assert_eq!(empty.code, 2);
    assert!(empty.err.contains("the query is empty"), "{empty:?}");

    let none = Shell::new().run(&["search", "otter"]);
    assert_eq!(none.code, 2);
    assert!(none.err.contains("no search provider is set up"), "{none:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_run_is_replayed_to_the_word_without_its_site() {
    let site = site().await;
    let shell = shell(&site);
    let ask = |flag: &str, data: &str| {
        let question = "When was the Otter founded?";
        shell.run(&["research", question, flag, "otter.jsonl", "--data", data])
    };
    let recorded = ask("--record", "first");
    assert!(recorded.out.contains("1999"), "{recorded:?}");
    assert!(recorded.err.contains("outside: 1 host asked (127.0.0.1)"), "{recorded:?}");
    let hits = site.hits();
    let replayed = ask("--replay", "second");
    assert_eq!(replayed.out, recorded.out);
    assert_eq!(site.hits(), hits, "the site was asked in a replay");

    let other = shell.run(&["fetch", &site.url("/boats"), "--replay", "otter.jsonl"]);
    assert_eq!(other.code, 1, "{other:?}");
    assert!(other.err.contains("is not on the cassette"), "{other:?}");
    let _server = shell.serve(&[]);
    let elsewhere = shell.run(&[
        "research",
        "Who built it?",
        "--source",
        &site.url("/boats"),
        "--replay",
        "otter.jsonl",
    ]);
    assert_eq!(elsewhere.code, 2, "{elsewhere:?}");
    assert!(elsewhere.err.contains("another process executes the runs of"), "{elsewhere:?}");
    let both = shell.run(&["list", "--record", "a.jsonl", "--replay", "b.jsonl"]);
    assert_eq!(both.code, 2, "{both:?}");
    let missing = shell.run(&["list", "--replay", "nothing.jsonl"]);
    assert!(missing.err.contains("the cassette `nothing.jsonl` cannot be read"), "{missing:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn offline_asks_nobody_beyond_this_machine_and_says_so() {
    let site = site().await;
    let shell = shell(&site).with("TASK_MCP_EGRESS__MODE", "offline");
    assert_eq!(
        shell.run(&["fetch", &site.url("/otter")]).code,
        0,
        "a named service of this machine"
    );
    let far = shell.run(&["fetch", "https://example.com/"]);
    assert!(
        far.err.contains("nothing outside this machine is asked (egress.mode = offline)"),
        "{far:?}"
    );
    let wrong = Shell::new().run(&["list", "--set", "egress.mode=off"]);
    assert!(wrong.err.contains("write offline, listed or public"), "{wrong:?}");
}

#[test]
fn keys_of_providers_are_taken_from_their_usual_variables_and_never_shown() {
    let shell =
        Shell::new().with("BRAVE_API_KEY", "k-brave").with("PARALLEL_API_KEY", "k-parallel");
    let shown = shell.run(&["config", "print"]).out;
    assert!(shown.contains("key = \"***\""), "{shown}");
    assert!(shown.contains("# environment variable BRAVE_API_KEY"), "{shown}");
    assert!(!shown.contains("k-brave") && !shown.contains("k-parallel"), "{shown}");
    let unknown = shell.run(&["list", "--set", "search.providers=altavista"]);
    assert!(
        unknown.err.contains("`altavista` is no search provider; there are searxng, "),
        "{unknown:?}"
    );
    let needs = Shell::new().run(&["list", "--set", "search.providers=brave"]);
    assert!(needs.err.contains("needs a key: set search.brave.key or BRAVE_API_KEY"), "{needs:?}");
    let bad = Shell::new().run(&["list", "--set", "search.brave.key=a\u{1}b"]);
    assert!(bad.err.contains("is `***`: write the key in one line"), "{bad:?}");
}

#[test]
fn a_password_in_the_address_of_a_provider_is_refused_at_the_start() {
    for setting in ["search.searxng.url", "search.brave.url"] {
        let setting = format!("{setting}=http://ann:secret@127.0.0.1:8888");
        let refused = Shell::new().run(&["list", "--set", &setting]);
        assert_eq!(refused.code, 2, "{refused:?}");
        assert!(refused.err.contains("without a user name and password"), "{refused:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn doctor_asks_each_provider_and_prints_the_line_to_set() {
    let site = site().await;
    let fine = shell(&site).run(&["doctor"]);
    assert!(
        fine.out.contains("ok      the search provider searxng (127.0.0.1) answers"),
        "{fine:?}"
    );
    let other = Site::script().page("/", "Home", "Nothing here.").serve().await;
    let broken = shell(&other).run(&["doctor"]);
    assert_eq!(broken.code, 1);
    assert!(
        broken.out.contains("set search.searxng.url to its root")
            || broken.out.contains("finds nothing"),
        "{broken:?}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_secret_in_a_query_stays_on_this_machine() {
    let site = site().await;
    let found = shell(&site).run(&["search", "otter boat sk-proj-abc123DEF456ghi789", "--json"]);
    let json: serde_json::Value = serde_json::from_str(&found.out).unwrap();
    assert_eq!(json["query"], "otter boat");
    assert_eq!(json["withheld"], serde_json::json!(["key"]));
    assert!(found.err.contains("taken out of the query before it left: key"), "{found:?}");
    assert!(!site.queries().join("\n").contains("sk-proj"), "{:?}", site.queries());
    let nothing = shell(&site).run(&["search", "ann@otter.example"]);
    assert_eq!(nothing.code, 2, "{nothing:?}");
    assert_eq!(site.queries().len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_page_that_only_scripts_fill_is_fetched_with_a_browser_and_replayed_without_its_site() {
    let script = "fetch('/otter').then(r => r.text()).then(t => root.textContent = t.match(/founded in .*?\\./)[0])";
    let page = format!("<title>App</title><div id=root></div><script>{script}</script>");
    let otter = "The Otter was founded in 1999.";
    let site = Site::script().page("/otter", "Otter", otter).html("/app", &page).serve().await;
    let url = site.url("/app");
    let without = shell(&site).run(&["fetch", &url]);
    assert_eq!(without.code, 1, "{without:?}");
    assert!(without.err.contains("put there by scripts, which are not run"), "{without:?}");

    let chromium = testkit::browser::chromium().display().to_string();
    let shell = shell(&site).with("TASK_MCP_FETCH__BROWSER", &chromium);
    let recorded = shell.run(&["fetch", &url, "--record", "app.jsonl"]);
    assert_eq!(recorded.out, "founded in 1999.\n", "{recorded:?}");
    let hits = site.hits();
    let replayed = shell.run(&["fetch", &url, "--replay", "app.jsonl"]);
    assert_eq!((replayed.out, site.hits()), (recorded.out, hits), "{}", replayed.err);
    let doctor = shell.run(&["doctor"]);
    assert!(
        doctor.out.contains(&format!("ok      the browser {chromium} renders pages")),
        "{doctor:?}"
    );

    let wrong = Shell::new().run(&["fetch", &url, "--set", "fetch.browser=/no/such/program"]);
    assert!(wrong.err.contains("write off, auto, or the path of a Chromium"), "{wrong:?}");
    let none = Shell::new().run(&["doctor", "--set", "fetch.browser=auto"]);
    assert!(
        none.out
            .contains("broken  fetch.browser asks for a Chromium, and there is none on the PATH"),
        "{none:?}"
    );
}
