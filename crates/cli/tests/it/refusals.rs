//! Bad input gets one sentence that names the thing and the way out, exit 2, and nothing is made.

use crate::shell::Shell;

/// Runs a command that must be refused; the home folder is written `HOME`.
fn refused(shell: &Shell, arguments: &[&str]) -> String {
    let done = shell.run(arguments);
    assert_eq!(done.code, 2, "{done:?}");
    assert_eq!(done.out, "");
    let home = shell.path().canonicalize().unwrap();
    done.err.replace(home.to_str().unwrap(), "HOME").trim_end().to_owned()
}

const FIELDS: [&str; 2] = ["--fields", "founded: year it was founded"];

#[test]
fn research_without_any_source_lists_the_kinds_with_a_whole_command_each() {
    let said = refused(&Shell::new(), &["research", "Who makes the Otter?"]);
    assert!(said.starts_with("task-mcp: there is nothing to read yet; name a source:\n"), "{said}");
    for command in [
        "task-mcp research \"QUESTION\" --source ./documents",
        "--source handbook=./handbook.md",
        "--source https://example.org/docs/",
        "--set search.searxng.url=http://localhost:8888",
        "task-mcp sources add handbook=./documents",
    ] {
        assert!(said.contains(command), "{command} is missing in {said}");
    }
}

#[test]
fn a_source_that_cannot_be_read_is_named() {
    let shell = Shell::new();
    std::fs::create_dir(shell.path().join("empty")).unwrap();
    shell.file("picture.md", b"\x89PNG\r\n\x1a\n\0\0\0");
    shell.file("blank.md", b"\n");
    let source = |place: &str| refused(&shell, &["research", "Why?", "--source", place]);
    insta::assert_snapshot!(
        [source("missing"), source("empty"), source("picture.md"), source("blank.md"), source("ftp://x.test/"),
         source("http://127.0.0.1:9/")].join("\n"),
        @r"
    task-mcp: the source `missing` does not exist; check the path (from HOME)
    task-mcp: the folder `empty` holds no documents; put in PDF, office, Markdown, text, HTML, CSV or JSON files, or name another folder
    task-mcp: the file `picture.md` is no document that can be read: PDF, office, Markdown, text, HTML, CSV and JSON are
    task-mcp: the file `blank.md` is empty; name a file with text
    task-mcp: the source `ftp://x.test/` begins with `ftp:`; use a path, http:// or https://
    task-mcp: the source `http://127.0.0.1:9/` may not be asked: only the ports 80 and 443 are used, unless the operator allows the exact origin; if you trust it, add --set fetch.allow=http://127.0.0.1:9
    "
    );
    assert!(!shell.path().join("data").exists(), "a refused command made a data directory");
}

#[test]
fn a_sheet_that_cannot_be_read_is_named_with_its_line() {
    let shell = Shell::new();
    shell.file("ragged.csv", "maker,country\nOtter,Brennia\nHeron\n");
    shell.file("headless.csv", "Otter,1999\nHeron,2001\n");
    shell.file("twice.csv", "maker,maker\na,b\n");
    shell.file("empty.csv", "");
    shell.file("only-header.csv", "maker,country\n");
    let sheet = |name: &str| refused(&shell, &["enrich", name, FIELDS[0], FIELDS[1]]);
    insta::assert_snapshot!(
        [sheet("missing.csv"), sheet("ragged.csv"), sheet("headless.csv"), sheet("twice.csv"), sheet("empty.csv"),
         sheet("only-header.csv")].join("\n"),
        @r"
    task-mcp: the sheet `missing.csv` does not exist; check the path
    task-mcp: the sheet `ragged.csv` has 1 cell in line 3 where its header has 2; put quotes around cells that hold `,`
    task-mcp: the sheet `headless.csv` seems to have no header: line 1 holds `1999`; put the names of the columns into the first line
    task-mcp: the sheet `twice.csv` has two columns called `maker` in line 1; rename one
    task-mcp: the sheet `empty.csv` is empty; it needs a header and at least one row
    task-mcp: the sheet `only-header.csv` has a header and no rows; add a row below line 1
    "
    );
    assert!(!shell.path().join("data").exists());
}

#[test]
fn fields_schemas_outputs_and_processors_that_make_no_sense_are_named() {
    let shell = Shell::new();
    shell.file("s.csv", "maker\nOtter\n");
    shell.file("bad.json", "{\"type\": \"object\",}");
    shell.file("list.json", "{\"type\": \"array\"}");
    let enrich = |more: &[&str]| refused(&shell, &[&["enrich", "s.csv"], more].concat());
    let said = enrich(&["--fields", " ; "]);
    assert!(said.starts_with("task-mcp: --fields: no field is named"), "{said}");
    let said = enrich(&["--schema", "bad.json"]);
    assert!(said.starts_with("task-mcp: the schema `bad.json` is not JSON: "), "{said}");
    let said = enrich(&["--schema", "list.json"]);
    assert!(said.starts_with("task-mcp: the schema `list.json`: "), "{said}");
    let said = enrich(&["--schema", "none.json"]);
    assert!(said.starts_with("task-mcp: the schema `none.json` cannot be read: "), "{said}");
    let said = enrich(&[FIELDS[0], FIELDS[1], "-o", "s.csv"]);
    assert_eq!(said, "task-mcp: the output `s.csv` is the input itself; name another file");
    let said = enrich(&[FIELDS[0], FIELDS[1], "-o", "no/out.csv"]);
    assert!(
        said.starts_with("task-mcp: the folder of the output `no/out.csv` does not exist"),
        "{said}"
    );
    let said = enrich(&[FIELDS[0], FIELDS[1], "--processor", "pros"]);
    assert_eq!(
        said,
        "task-mcp: `pros` is not a processor; the nearest is `pro`, and `task-mcp processors` lists all"
    );
    assert!(!shell.path().join("data").exists());
}

#[test]
fn an_unknown_id_is_answered_with_the_newest_ones() {
    let shell = Shell::new();
    let unknown = "trun_00000000000000000000000000000001";
    let said = refused(&shell, &["status", unknown]);
    assert!(
        said.starts_with(&format!("task-mcp: there is no {unknown} in HOME/data; nothing was run")),
        "{said}"
    );
    shell.file("docs/a.md", "# Otter\n\nThe Otter 3 turbine was built in 1999.\n");
    let made =
        shell.run(&["research", "When was the Otter built?", "--source", "docs", "--no-wait"]);
    let id = made.out.trim();
    let said = refused(&shell, &["result", unknown]);
    assert!(said.contains(&format!("the newest are {id}")), "{said}");
    let said = refused(&shell, &["cancel", "trun_12"]);
    assert!(said.contains("`trun_12` is not the id of a run or group"), "{said}");
}

#[test]
fn an_unknown_source_is_answered_with_the_known_ones() {
    let shell = Shell::new();
    shell.file("docs/a.md", "text");
    assert_eq!(shell.run(&["sources", "add", "manual=docs"]).code, 0);
    let said = refused(&shell, &["sources", "remove", "handbook"]);
    assert_eq!(said, "task-mcp: there is no source called handbook; known are: manual");
}
