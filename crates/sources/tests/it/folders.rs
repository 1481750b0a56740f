use std::path::Path;

use domain::source::{Place, Source, SourceName};
use egress::{Egress, Policy};
use task_mcp_sources::{Config, Failed, Refreshed, Sources};
use tempfile::TempDir;

/// A folder of documents and sources that index it elsewhere.
struct Library {
    sources: Sources,
    source: Source,
    folder: TempDir,
    index_dir: TempDir,
}

impl Library {
    fn new(files: &[(&str, &str)]) -> Self {
        let (folder, index_dir) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        let egress = Egress::new(Policy::default());
        let sources = Sources::new(Config::new(egress, index_dir.path().to_owned()));
        let source = source(Place::Folder(folder.path().to_str().unwrap().to_owned()));
        let library = Self { sources, source, folder, index_dir };
        for (path, words) in files {
            library.write(path, words);
        }
        library
    }

    fn path(&self, path: &str) -> std::path::PathBuf {
        self.folder.path().join(path)
    }

    fn write(&self, path: &str, words: &str) {
        let path = self.path(path);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, words).unwrap();
    }

    async fn refresh(&self) -> Refreshed {
        self.sources.refresh(&self.source).await.unwrap()
    }

    /// Addresses of the hits, the best first, without `doc://library/`.
    async fn search(&self, query: &str) -> Vec<String> {
        let hits = self.sources.search_local(&self.source, query, 10).await.unwrap();
        hits.into_iter().map(|hit| hit.address.replace("doc://library/", "")).collect()
    }

    async fn read(&self, path: &str) -> Result<String, Failed> {
        self.sources.read_local(&self.source, path).await.map(|page| page.text.body)
    }
}

fn source(place: Place) -> Source {
    Source { seq: 7, name: SourceName::parse("library").unwrap(), place, host: None }
}

#[tokio::test]
async fn documents_are_found_by_their_words_the_best_first() {
    let library = Library::new(&[
        ("tides.md", "# Tides\n\nHigh tide comes twice a day."),
        ("sub/boats.html", "<title>Boats</title><p>A boat waits for the tide.</p>"),
        ("rocks.txt", "Rocks do not move."),
    ]);
    assert_eq!(library.refresh().await, Refreshed { documents: 3, changed: 3, unreadable: vec![] });
    assert_eq!(
        library.search("How often does the tide turn?").await,
        ["tides.md", "sub/boats.html"]
    );
    assert_eq!(library.search("quantum").await, Vec::<String>::new());

    let hits = library.sources.search_local(&library.source, "boat", 1).await.unwrap();
    assert_eq!(
        (hits[0].title.as_str(), hits[0].snippet.as_str()),
        ("Boats", "A boat waits for the tide.")
    );
}

#[tokio::test]
async fn identifiers_and_keywords_are_found() {
    let library = Library::new(&[
        ("wal.md", "Set `max_wal_size` to limit the log."),
        ("path.md", "Call os.path.abspath(p) for a whole path."),
        ("git.md", "Use `git commit --amend` to change it."),
        ("fk.md", "ON DELETE SET DEFAULT sets the default value."),
        (
            "other.md",
            "The size of a wall, the default of a git, and to amend a path that is set on.",
        ),
    ]);
    library.refresh().await;
    for (query, best) in [
        ("max_wal_size", "wal.md"),
        ("what is os.path.abspath", "path.md"),
        ("--amend", "git.md"),
        ("What does SET DEFAULT do?", "fk.md"),
        ("abspath", "path.md"),
    ] {
        assert_eq!(library.search(query).await[0], best, "{query}");
    }
}

#[tokio::test]
async fn every_text_is_a_valid_query() {
    let library = Library::new(&[("a.md", "words")]);
    library.refresh().await;
    for query in [
        "",
        "   ",
        "\"",
        "a AND (",
        "title:",
        "*",
        "-",
        "[1 TO",
        "the of and",
        "\u{0}",
        "日本",
        "a^",
    ] {
        library.search(query).await;
    }
    assert_eq!(library.search("body:words AND (").await, ["a.md"]);
}

#[tokio::test]
async fn a_refresh_reads_only_what_changed() {
    let library = Library::new(&[("a.md", "apple"), ("b.md", "banana"), ("c.md", "cherry")]);
    assert_eq!(library.refresh().await.changed, 3);
    assert_eq!(library.refresh().await.changed, 0);

    library.write("a.md", "an apricot instead");
    std::fs::remove_file(library.path("b.md")).unwrap();
    library.write("d.md", "date");
    assert_eq!(library.refresh().await, Refreshed { documents: 3, changed: 3, unreadable: vec![] });
    assert_eq!(library.search("apple banana").await, Vec::<String>::new());
    assert_eq!(library.search("apricot").await, ["a.md"]);
    assert_eq!(library.search("date").await, ["d.md"]);
    assert_eq!(library.search("cherry").await, ["c.md"]);
}

#[tokio::test]
async fn an_index_is_found_again_by_the_next_process() {
    let library = Library::new(&[("a.md", "apple")]);
    library.refresh().await;
    let config = Config::new(Egress::new(Policy::default()), library.index_dir.path().to_owned());
    let next = Sources::new(config);
    assert_eq!(next.search_local(&library.source, "apple", 5).await.unwrap().len(), 1);
    assert_eq!(next.refresh(&library.source).await.unwrap().changed, 0);
}

#[tokio::test]
async fn an_index_that_is_broken_is_built_anew() {
    let library = Library::new(&[("a.md", "apple")]);
    let dir = library.index_dir.path().join("library-7");
    std::fs::create_dir_all(&dir).unwrap();
    std::fs::write(dir.join("meta.json"), "{").unwrap();
    assert_eq!(library.refresh().await.documents, 1);
    assert_eq!(library.search("apple").await, ["a.md"]);
}

#[tokio::test]
async fn what_cannot_be_read_is_named_with_its_reason() {
    let library = Library::new(&[("a.md", "apple"), ("b.md", "\u{200b}"), ("c.txt", "GIF89a x")]);
    let refreshed = library.refresh().await;
    assert_eq!(refreshed.documents, 1);
    assert_eq!(
        refreshed.unreadable,
        [
            ("b.md".into(), "`doc://library/b.md` holds no text: there are no words in it".into()),
            (
                "c.txt".into(),
                "`doc://library/c.txt` is image/gif, which is not read as text".into()
            ),
        ]
    );
    assert_eq!(library.refresh().await, Refreshed { changed: 0, ..refreshed });
}

#[tokio::test]
async fn hidden_files_and_junk_are_neither_indexed_nor_read() {
    let library = Library::new(&[
        ("a.md", "apple"),
        (".git/b.md", "apple"),
        ("node_modules/c/d.md", "apple"),
        (".env.md", "apple"),
        ("picture.png", "apple"),
    ]);
    assert_eq!(library.refresh().await.documents, 1);
    assert_eq!(library.search("apple").await, ["a.md"]);
    for path in [".git/b.md", "node_modules/c/d.md", ".env.md"] {
        assert_eq!(library.read(path).await, Err(Failed::NotFound { what: path.into() }));
    }
}

#[tokio::test]
async fn nothing_outside_the_folder_is_read() {
    let library = Library::new(&[("a.md", "apple")]);
    let outside = tempfile::tempdir().unwrap();
    std::fs::write(outside.path().join("secret.md"), "secret").unwrap();
    std::os::unix::fs::symlink(outside.path().join("secret.md"), library.path("link.md")).unwrap();
    std::os::unix::fs::symlink(outside.path(), library.path("dir")).unwrap();
    std::os::unix::fs::symlink("a.md", library.path("inside.md")).unwrap();

    let absolute = outside.path().join("secret.md");
    for path in [
        "../secret.md",
        "a/../../secret.md",
        "/etc/passwd",
        absolute.to_str().unwrap(),
        "link.md",
        "dir/secret.md",
        "..",
        ".",
        "",
        "./a.md",
        "..\\secret.md",
        "a.md\0",
    ] {
        let refused = library.read(path).await.unwrap_err();
        assert!(
            matches!(refused, Failed::Outside { .. } | Failed::NotFound { .. }),
            "{path}: {refused}"
        );
    }
    assert_eq!(library.read("inside.md").await.unwrap(), "apple");
    library.refresh().await;
    assert_eq!(library.search("secret").await, Vec::<String>::new());
    assert_eq!(library.search("apple").await, ["a.md", "inside.md"]);
}

#[tokio::test]
async fn a_pipe_is_no_document() {
    let library = Library::new(&[]);
    let pipe = library.path("pipe.md");
    assert!(std::process::Command::new("mkfifo").arg(&pipe).status().unwrap().success());
    assert!(library.read("pipe.md").await.is_err());
    assert_eq!(library.refresh().await.documents, 0);
}

#[tokio::test]
async fn a_single_file_is_a_source_too() {
    let library = Library::new(&[("a.md", "apple"), ("b.md", "banana")]);
    let file = source(Place::File(library.path("a.md").to_str().unwrap().to_owned()));
    let sources = &library.sources;
    assert_eq!(sources.refresh(&file).await.unwrap().documents, 1);
    let hits = sources.search_local(&file, "apple banana", 5).await.unwrap();
    assert_eq!(
        hits.iter().map(|hit| hit.address.as_str()).collect::<Vec<_>>(),
        ["doc://library/a.md"]
    );
    let page = sources.read_local(&file, "a.md").await.unwrap();
    assert_eq!(
        (page.address.as_str(), page.media_type.as_str()),
        ("doc://library/a.md", "text/markdown")
    );
    assert!(sources.read_local(&file, "b.md").await.is_err());
}

#[tokio::test]
async fn links_between_documents_are_addresses_of_documents() {
    let library = Library::new(&[("a/b.md", "See [c](../c.md).")]);
    let page = library.sources.read_local(&library.source, "a/b.md").await.unwrap();
    assert_eq!(page.text.links[0].address, "doc://library/c.md");
}

#[tokio::test]
async fn a_missing_folder_is_named() {
    let library = Library::new(&[]);
    let gone = source(Place::Folder("/nowhere/at/all".into()));
    let failed = library.sources.refresh(&gone).await.unwrap_err();
    assert_eq!(failed, Failed::NotFound { what: "/nowhere/at/all".into() });
    assert!(!Path::new("/nowhere").exists());
}
