//! Documents of all kinds in a folder, read by the real program; what is hostile is read in a process of its own.

use std::io::Write as _;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use testkit::documents::{docx, epub, pdf, pdf_bomb, pdf_of, pptx, xlsx, zip_bomb};

use crate::shell::Shell;

/// What the hidden command answers about a document.
fn read(kind: &str, bytes: &[u8]) -> String {
    let mut child = Command::new(env!("CARGO_BIN_EXE_task-mcp"))
        .args(["read-document", kind])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let mut stdin = child.stdin.take().unwrap();
    std::thread::scope(|scope| {
        scope.spawn(move || stdin.write_all(bytes));
        let output = child.wait_with_output().unwrap();
        String::from_utf8(output.stdout).unwrap()
    })
}

#[test]
fn documents_of_all_kinds_are_read_and_cited() {
    let shell = Shell::new();
    shell.file(
        "docs/otter.pdf",
        pdf(&["Contents", "The list price of the Otter turbine is 48,000 crowns."]),
    );
    shell.file("docs/heron.docx", docx("<w:p><w:r><w:t>The list price of the Heron turbine is 51,000 crowns.</w:t></w:r></w:p>"));
    shell.file("docs/tern.pptx", pptx(&["<p:sld><p:sp><a:p><a:r><a:t>The list price of the Tern turbine is 52,000 crowns.</a:t></a:r></a:p></p:sp></p:sld>"]));
    let cell = |at: &str, words: &str| {
        format!("<c r=\"{at}\" t=\"inlineStr\"><is><t>{words}</t></is></c>")
    };
    let rows = format!(
        "<row r=\"1\">{}{}</row>",
        cell("A1", "List price of the Gull turbine"),
        cell("B1", "53,000 crowns")
    );
    shell.file("docs/gull.xlsx", xlsx(&[("Prices", "visible", &rows)]));
    shell.file(
        "docs/auk.epub",
        epub(&["<p>The list price of the Auk turbine is 54,000 crowns.</p>"]),
    );
    for (name, price, file) in [
        ("Otter", "48,000 crowns", "otter.pdf"),
        ("Heron", "51,000 crowns", "heron.docx"),
        ("Tern", "52,000 crowns", "tern.pptx"),
        ("Gull", "53,000 crowns", "gull.xlsx"),
        ("Auk", "54,000 crowns", "auk.epub"),
    ] {
        let question = format!("What is the list price of the {name} turbine?");
        let done = shell.run(&["research", &question, "--source", "manual=docs"]);
        assert_eq!(done.code, 0, "{done:?}");
        assert!(done.out.contains(price) && done.out.contains(file), "{name}: {}", done.out);
    }
}

#[test]
fn a_document_that_is_out_for_harm_harms_its_own_process_only() {
    // Loops, depth, and far more memory than there is for one document.
    let loops = b"%PDF-1.4\n1 0 obj << /Type /Catalog /Pages 2 0 R >> endobj 2 0 obj << /Type /Pages /Kids [2 0 R 2 0 R] /Parent 2 0 R /Count 9 >> endobj\ntrailer << /Root 1 0 R >>";
    let deep =
        format!("%PDF-1.4\n1 0 obj {} endobj\ntrailer << /Root 1 0 R >>", "[".repeat(500_000));
    let forms = "q Q ".repeat(1_000_000).into_bytes();
    for (kind, bytes) in [
        ("pdf", pdf_bomb(3_000)),
        ("pdf", loops.to_vec()),
        ("pdf", deep.into_bytes()),
        ("pdf", pdf_of(&[forms], "")),
        ("docx", zip_bomb("word/document.xml", "<w:document>", 3_000)),
        ("xlsx", zip_bomb("xl/workbook.xml", "<workbook>", 3_000)),
    ] {
        let asked_at = Instant::now();
        let answer = read(kind, &bytes);
        assert!(asked_at.elapsed() < Duration::from_secs(35), "{kind}: {:?}", asked_at.elapsed());
        let is_reason = answer.is_empty() || answer.starts_with("{\"Err\"");
        assert!(is_reason || answer.contains("\"pieces\":[]"), "{kind}: {answer:.200}");
    }
}

#[test]
fn harmful_documents_do_not_keep_the_others_from_being_read() {
    let shell = Shell::new();
    shell.file(
        "docs/otter.md",
        "# Otter\n\nThe list price of the Otter turbine is 48,000 crowns.\n",
    );
    shell.file("docs/bomb.pdf", pdf_bomb(3_000));
    shell.file("docs/bomb.docx", zip_bomb("word/document.xml", "<w:document>", 3_000));
    shell.file("docs/cut.pdf", &pdf(&["words"])[..100]);
    let done = shell.run(&[
        "research",
        "What is the list price of the Otter turbine?",
        "--source",
        "manual=docs",
    ]);
    assert_eq!(done.code, 0, "{done:?}");
    assert!(done.out.contains("48,000 crowns"), "{}", done.out);
    let listed = shell.run(&["sources"]);
    assert!(listed.err.contains("unpacks to more than 64 MB"), "{}", listed.err);
    assert!(listed.err.contains("no sound PDF"), "{}", listed.err);
}
