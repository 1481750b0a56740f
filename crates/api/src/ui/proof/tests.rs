//! Forged files, and what is told of them.

use super::*;

fn proof() -> Proof {
    let text = "Before. High tide comes twice a day. </script><script>x</script> \u{202e}After.";
    let quote = "High tide comes twice a day.";
    Proof {
        run: "trun_1".into(),
        question: "Why?".into(),
        finished_at: "2026-11-22T14:00:07.000Z".into(),
        report: Some("It comes **twice** a day & night <so> [1].\n".into()),
        receipt: vec![Line { name: "Pages".into(), value: "1".into(), bound: None }],
        passages: vec![EnclosedPassage {
            address: "https://tides.test/".into(),
            archived_at: "2026-11-22T14:00:07.000Z".into(),
            sha256: sha256(text),
            text: text.into(),
            ..EnclosedPassage::default()
        }],
        citations: vec![Citation {
            field: "output".into(),
            number: 1,
            quote: quote.into(),
            title: "Tides".into(),
            place: Some((0, text.find(quote).unwrap())),
            ..Citation::default()
        }],
        ..Proof::default()
    }
}

fn file() -> String {
    file_of(proof()).unwrap()
}

/// What is said of the file with this put in the place of that.
fn said(from: &str, to: &str) -> String {
    let changed = file().replacen(from, to, 1);
    assert_ne!(changed, file(), "{from}");
    check(&changed).unwrap().faults.join(" ")
}

#[test]
fn a_whole_file_holds() {
    let checked = check(&file()).unwrap();
    assert_eq!((checked.faults, checked.unknown), (vec![], None));
    assert!(
        !file().contains('\u{202e}'),
        "what turns text is not in the file, and the quote is found all the same"
    );
}

#[test]
fn whatever_is_changed_added_or_taken_out_is_found_out() {
    let forged = [
        ("<strong>twice</strong>", "<strong>thrice</strong>"),
        ("<mark>High", "<mark>Low"),
        ("<h1>Why", "<h1>How"),
        ("<dd>1", "<dd>2"),
        (
            "<article id=\"report\"",
            "<article class=\"report\"><p>Never.</p></article><article id=\"report\"",
        ),
        (
            "</style>",
            ".report p{font-size:0}.report p::after{content:\"Never.\";font-size:1rem}</style>",
        ),
        ("</style>", ".report{display:none}</style>"),
        ("<body>", "<body><p>Never.</p>"),
        ("</body>", "<script>document.body.append('Never.')</script></body>"),
        ("'use strict';", "'use strict';\n"),
        ("<main ", "<main hidden "),
        ("</html>", "</html>\n<p>Never.</p>"),
    ];
    for (from, to) in forged {
        assert!(said(from, to).starts_with("The file is not what its enclosed data gives"), "{to}");
    }
    assert!(said("\"text\":\"Before.", "\"text\":\"Before!").contains("Passage 1"));
    let all = said("\"quote\":\"High", "\"quote\":\"Low");
    assert!(all.contains("not what was sealed") && all.contains("Quote 1 of `output`"), "{all}");
    assert_eq!(check("<html>"), Err(NoProof::Missing("proof")));
}

#[test]
fn a_quote_that_stands_in_no_passage_is_no_quote_however_the_file_is_sealed() {
    let mut forged = proof();
    forged.citations[0].quote = "High tide comes thrice a day.".into();
    let faults = check(&file_of(forged).unwrap()).unwrap().faults;
    assert_eq!(faults, ["Quote 1 of `output` does not stand in its passage."]);
    let mut forged = proof();
    forged.citations[0].place = None;
    assert_eq!(check(&file_of(forged).unwrap()).unwrap().faults.len(), 1);
}

#[test]
fn a_file_of_another_version_is_not_called_forged() {
    let template = page::template();
    let (seal, data) = (sha256(between(&file(), DATA_BEGIN, DATA_END).unwrap()), file());
    let other = data.replace(template, &sha256("another"));
    let sealed = other.replace(&seal, &sha256(between(&other, DATA_BEGIN, DATA_END).unwrap()));
    let checked = check(&sealed).unwrap();
    assert_eq!(checked.faults, Vec::<String>::new());
    assert!(checked.unknown.unwrap().contains("only that version can tell"));
    let old = file().replace("{\"version\":2", "{\"version\":1");
    assert_eq!(check(&old), Err(NoProof::OtherForm(1)));
}
