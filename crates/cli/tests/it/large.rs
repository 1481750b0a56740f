//! Pages of megabytes, read by the real program in a process of their own.

use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::path::PathBuf;

use domain::source::{Place, Source, SourceName};
use domain::text::Text;
use egress::{Egress, Policy};
use sources::{Config, Failed, Sources, extract};
use testkit::Hostile;

use crate::shell::Shell;

/// Bytes of a page that is large enough.
const SIZE: usize = 1_500_000;

fn repeated(head: &str, line: &str) -> String {
    format!("{head}{}", line.repeat((SIZE - head.len()) / line.len()))
}

/// A reader of one folder, with the real program for what is large.
fn reader(files: &[(&str, String)]) -> (Sources, Source, tempfile::TempDir) {
    let dir = tempfile::tempdir().unwrap();
    for (name, words) in files {
        std::fs::write(dir.path().join(name), words).unwrap();
    }
    let sources = Sources::new(Config {
        reader: Some(PathBuf::from(env!("CARGO_BIN_EXE_task-mcp"))),
        ..Config::new(Egress::new(Policy::default()), dir.path().to_owned())
    });
    let name = SourceName::parse("pages").unwrap();
    let place = Place::Folder(dir.path().to_str().unwrap().to_owned());
    (sources, Source { seq: 1, name, place, host: None }, dir)
}

#[tokio::test]
async fn a_large_page_says_in_a_process_of_its_own_what_it_says_here() {
    let html = "<title>Tides</title><main><h1>Tides</h1><dl><dt>High</dt><dd>twice a day</dd></dl><p>Zoë says: <a href=/a>so</a></p>";
    let row = "<table><tr><th>No<th>Harbour</th><tr><td>1<td>Brennia</table><ul><li>one</ul>";
    let json = format!("[{}]", repeated("1", ",{\"name\":\"Otter\",\"at\":{\"no\":7}}"));
    let files = [
        ("a.html", repeated(html, row)),
        ("a.json", json),
        ("a.csv", repeated("No,Harbour\n", "1,Brennia\n")),
        ("a.md", repeated("# Tides\n\n", "- High: **twice** a day\n\n> so\n\n`code` words\n\n")),
        ("a.txt", repeated("Tides\n\n", "High tide comes twice a day.\n\nKey: value\n\n")),
        ("a.rss", repeated("<rss><channel>", "<item><title>Tide</title></item>")),
    ];
    let (sources, source, dir) = reader(&files);
    // Where links lead to is for who knows where the file lies.
    let without_links = |text: Text| Text { links: Vec::new(), ..text };
    for (name, words) in &files {
        let here = extract::read_bytes(words.as_bytes(), name, None);
        let here = here.map(without_links).map_err(|why| why.to_string());
        let there = sources.read_local(&source, name).await.map(|page| page.text);
        let there = there.map(|text| without_links(Text::clone(&text)));
        let there = there.map_err(|why| why.to_string());
        let refused = (here.as_ref().err(), there.as_ref().err());
        assert!(here == there, "{name} of {}: {refused:?}", dir.path().display());
        assert!(here.is_ok(), "{name}");
    }
}

#[tokio::test]
async fn a_large_page_without_words_says_why_and_one_of_countless_pieces_is_given_up() {
    let empty = repeated("<script>", "let words = 1;\n");
    let pieces = "a\n\n".repeat(500_000);
    let (sources, source, _dir) = reader(&[("empty.html", empty), ("pieces.txt", pieces)]);
    let read = async |name| sources.read_local(&source, name).await.unwrap_err();
    let is_about_scripts =
        |why: &Failed| matches!(why, Failed::Empty { why, .. } if why.contains("scripts"));
    let why = read("empty.html").await;
    assert!(is_about_scripts(&why), "{why}");
    let why = read("pieces.txt").await.to_string();
    assert!(why.contains("consists of more than 400000 pieces"), "{why}");
}

#[cfg(target_os = "linux")]
#[tokio::test(flavor = "multi_thread")]
async fn large_pages_leave_the_server_small() {
    let row = "<tr><td>1<td>Brennia<td>twice a day</tr>";
    let page = format!("<title>Tides</title><table>{}</table>", row.repeat(5_000_000 / row.len()));
    let page = |name: &str| (name.to_owned(), "text/html".to_owned(), page.clone().into_bytes());
    let site = Hostile::with_files(vec![page("/a"), page("/b")]).await;
    let shell = Shell::new().with("TASK_MCP_FETCH__ALLOW", &site.origin);
    let server = shell.serve(&[]);
    let urls = format!("{{\"urls\": [\"{}\", \"{}\"]}}", site.url("/a"), site.url("/b"));
    let answer = post(&server.address, "/v1/extract", &urls);
    assert!(answer.contains("\"errors\":[]") && answer.contains("Brennia"), "{answer:.1500}");
    let peak_kb = server.peak_kb();
    assert!(peak_kb < 170_000, "{peak_kb} kB");
}

fn post(address: &str, path: &str, body: &str) -> String {
    let mut stream = TcpStream::connect(address).unwrap();
    write!(
        stream,
        "POST {path} HTTP/1.1\r\nhost: {address}\r\nconnection: close\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\r\n{body}",
        body.len()
    )
    .unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    answer
}
