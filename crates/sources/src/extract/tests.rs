//! How whole documents come out: what a reader sees, in order, as blocks.

mod documents;
mod pages;
mod pdf;
mod unseen;

use domain::text::Link;
use proptest::prelude::*;
use testkit::documents::docx;

use super::*;

/// One line per block: kind, words, and `<` with the heading right above.
fn outline(text: &Text) -> Vec<String> {
    let line = |block: &domain::text::Block| {
        let kind = match &block.kind {
            BlockKind::Heading { level } => format!("h{level}"),
            BlockKind::Paragraph => "p".into(),
            BlockKind::ListItem { depth } => format!("li{depth}"),
            BlockKind::Quote => "quote".into(),
            BlockKind::Code => "code".into(),
            BlockKind::Row { is_header: true, .. } => "head".into(),
            BlockKind::Row { header: Some(_), .. } => "row".into(),
            BlockKind::Row { .. } => "bare row".into(),
            BlockKind::Definition { term, meaning } => {
                return format!("def {} = {}", text.quote(term), text.quote(meaning));
            }
            BlockKind::Pair { key, value, is_data } => {
                let kind = if *is_data { "data" } else { "pair" };
                return format!("{kind} {} = {}", text.quote(key), text.quote(value));
            }
        };
        let above = block.under.last().map(|&index| text.block_text(&text.blocks[index]));
        let above = above.map(|heading| format!(" < {heading}")).unwrap_or_default();
        format!("{kind} {}{above}", text.block_text(block).replace('\n', "/"))
    };
    text.blocks.iter().map(line).collect()
}

fn page(html: &str) -> Text {
    read_bytes(html.as_bytes(), "https://a.test/dir/page.html", Some("text/html")).unwrap()
}

fn html(html: &str) -> Vec<String> {
    outline(&page(html))
}

fn document(name: &str, source: &str) -> Vec<String> {
    outline(&read_bytes(source.as_bytes(), name, None).unwrap())
}

#[test]
fn markdown_keeps_its_words_and_loses_its_marks() {
    let blocks = document(
        "a.md",
        "---\ntitle: Tern\ndate: 2026-01-02\n---\n# Tern *25*\n\nSee [here](b.md), `x`, 10<sup>6</sup> ~~is 5~~ <del>é</del>.\n\n**Maker:** Skarvholm\n\
         **Price:** 5\n\n- **Fast**: very\n- slow\n  - deep\n\n| a | b |\n|---|---|\n| 1 | 2 |\n\n> said\n\n\
         ```\ncode()\n```\n\n<div><p>html</p></div>\n",
    );
    assert_eq!(
        blocks,
        [
            "data title = Tern",
            "data date = 2026-01-02",
            "h1 Tern 25",
            "p See here, x, 10^6 . < Tern 25",
            "pair Maker = Skarvholm",
            "pair Price = 5",
            "def Fast = very",
            "li1 slow < Tern 25",
            "li2 deep < Tern 25",
            "head a | b < Tern 25",
            "row 1 | 2 < Tern 25",
            "quote said < Tern 25",
            "code code() < Tern 25",
            "p html < Tern 25",
        ]
    );
}

#[test]
fn plain_text_shows_its_structure_by_layout() {
    let blocks = document(
        "a.txt",
        "TOWN COUNCIL\nDate: 11 June\nPlace: Corn Hall\n\nThe tender is repeated, because the lowest offer\n\
         was too high.\n\nDetails\n-------\n- one\n  goes on\n- two\n\n----------------\nExtract 1\nName: A\nSeat: B\n\n\
         29 Sept   0 eels\n 6 Oct    2 eels\n13 Oct    5 eels\n",
    );
    assert_eq!(
        blocks,
        [
            "h1 TOWN COUNCIL",
            "pair Date = 11 June",
            "pair Place = Corn Hall",
            "p The tender is repeated, because the lowest offer was too high. < TOWN COUNCIL",
            "h1 Details",
            "li1 one goes on < Details",
            "li1 two < Details",
            "h3 Extract 1 < Details",
            "pair Name = A",
            "pair Seat = B",
            "bare row 29 Sept | 0 eels < Extract 1",
            "bare row 6 Oct | 2 eels < Extract 1",
            "bare row 13 Oct | 5 eels < Extract 1",
        ]
    );
}

#[test]
fn tables_of_values_have_named_columns() {
    assert_eq!(
        document("a.csv", "month;mwh\nJan;\"1,5\"\n"),
        ["head month | mwh", "row Jan | 1,5"]
    );
    assert_eq!(document("a.json", r#"{"a":{"b":[1,true]}}"#), ["data a.b = 1", "data a.b = true"]);
}

#[test]
fn numbers_of_data_are_shown_as_they_are_written() {
    let source = r#"{"id":12345678901234567890123,"price":10.50,"pi":[3.14159265358979323846,-1E5,1e999],
        "\"1":"2 \" 3","text":"7.0\\"}"#;
    let pairs = [
        "data id = 12345678901234567890123",
        "data price = 10.50",
        "data pi = 3.14159265358979323846",
        "data pi = -1E5",
        "data pi = 1e999",
        "data \"1 = 2 \" 3",
        "data text = 7.0\\",
    ];
    assert_eq!(document("a.json", source), pairs);
    let linked = format!("<p>Words<script type='application/ld+json'>{source}</script>");
    let blocks = outline(&read_bytes(linked.as_bytes(), "a.html", None).unwrap());
    assert_eq!(blocks[1..], pairs);
    assert_eq!(
        document("a.json", "{\"a\":1.0}\n{\"a\":2.50}\n"),
        ["data a = 1.0", "data a = 2.50"]
    );
    assert_eq!(document("a.json", "[1, 01]"), ["code [1, 01]"]);
    let long = format!("{{\"{}\":[{}1]}}", "k".repeat(100_000), "1,".repeat(1_000));
    assert!(read_bytes(long.as_bytes(), "a.json", None).unwrap().body.len() < 1_000_000);
}

#[test]
fn a_document_of_json_is_read_with_all_its_keys_and_long_values() {
    let long = "Otters sleep on their backs. ".repeat(100);
    let source = format!(
        "{{\"@id\":\"a\",\"breadcrumb\":\"b\",\"itemListElement\":[{{\"name\":\"c\"}}],\"rule\":\"---\",\"none\":null,\"blank\":\" \",\"post\":{{\"body\":\"One.\\n\\n{long}\"}},\"last\":7}}"
    );
    assert_eq!(
        document("a.json", &source),
        [
            "data @id = a",
            "data breadcrumb = b",
            "data itemListElement.name = c",
            "data rule = ---",
            "h1 post.body",
            "p One. < post.body",
            &format!("p {} < post.body", long.trim()),
            "data last = 7",
        ]
    );
    let text = read_bytes(source.as_bytes(), "notes/a.json", None).unwrap();
    assert_eq!((text.title.as_str(), crate::fuzz::flaw(&text)), ("a.json", None));
    let linked = format!("<p>Words<script type='application/ld+json'>{source}</script>");
    let blocks = outline(&read_bytes(linked.as_bytes(), "a.html", None).unwrap());
    assert_eq!(blocks[1..], ["data last = 7"]);
}

#[test]
fn a_document_of_json_is_read_whole_or_refused() {
    let entries = |count: usize| format!("[{}{{}}]", "{\"tide\":1},".repeat(count));
    let read = |source: &str| read_bytes(source.as_bytes(), "a.json", None);
    assert_eq!(read(&entries(30_000)).unwrap().blocks.len(), 30_000);
    let refused = read(&entries(200_001)).unwrap_err().to_string();
    assert_eq!(refused, "`a.json` cannot be read: it holds more than 200000 values");
    let lines = format!("{{\"log\":\"{}\"}}", "x\\n".repeat(200_001));
    assert_eq!(read(&lines).unwrap_err().to_string(), refused);
    let words = format!("[\"{}\"]", "high tide ".repeat(801_000));
    let refused = read(&words).unwrap_err().to_string();
    assert_eq!(refused, "`a.json` cannot be read: it holds more than 8 MB of text");
}

#[test]
fn a_text_without_a_heading_is_called_by_its_first_line_or_its_file() {
    let text = read_bytes(b"Just words, here.", "doc://notes/a/b.txt", None).unwrap();
    assert_eq!(text.title, "b.txt");
    let text = read_bytes(b"Eel walk\nNotes\n\nWe walked.", "doc://notes/a/b.txt", None).unwrap();
    assert_eq!(text.title, "Eel walk");
}

/// Pieces of which hostile pages are made.
fn soup() -> impl Strategy<Value = String> {
    let tags = prop::sample::select(vec![
        "<p>",
        "</p>",
        "<div>",
        "</div>",
        "<table>",
        "<tr>",
        "<td rowspan=3>",
        "<th colspan=2>",
        "</table>",
        "<caption>",
        "<ul>",
        "<li>",
        "</ul>",
        "<dl>",
        "<dt>",
        "<dd>",
        "</dl>",
        "<b>",
        "</b>",
        "<h1>",
        "</h1>",
        "<h3>",
        "<pre>",
        "</pre>",
        "<br>",
        "<blockquote>",
        "<sup>",
        "</sup>",
        "<del>",
        "</del>",
        "<i/>",
        "<math>",
        "<mfrac>",
        "<mn>",
        "</math>",
        "<style>p{& .x,b{display:none}}</style>",
        "<main>",
        "</main>",
        "<nav>",
        "<script type='application/ld+json'>{\"a\":1}</script>",
        "<!--",
        "-->",
        "<a href='x'>",
        "</a>",
        "<form>",
        "<template>",
        "<svg>",
        "<select>",
        "<title>",
        "</title>",
        "<i itemprop=a>",
        "&#x301;",
        "&",
    ]);
    let words = "\\PC{0,12}";
    prop::collection::vec(prop_oneof![tags.prop_map(str::to_owned), words], 0..60)
        .prop_map(|pieces| pieces.concat())
}

fn is_well_made(text: &Text) -> bool {
    crate::fuzz::flaw(text).is_none()
}

proptest! {
    #[test]
    fn any_page_gives_a_sound_text(source in soup(), ending in prop::sample::select(vec!["html", "xhtml", "md", "txt", "csv", "xml"])) {
        if let Ok(text) = read_bytes(source.as_bytes(), &format!("a.{ending}"), None) {
            prop_assert!(is_well_made(&text), "{text:?}");
        }
    }

    #[test]
    fn any_bytes_give_a_sound_text(
        bytes in prop::collection::vec(any::<u8>(), 0..400),
        label in prop::sample::select(vec![None, Some("text/html"), Some("text/plain; charset=utf-16"), Some("text/csv"), Some("application/json"), Some("text/xml")]),
    ) {
        if let Ok(text) = read_bytes(&bytes, "https://a.test/a", label) {
            prop_assert!(is_well_made(&text), "{text:?}");
        }
    }
}

proptest! {
    #[test]
    fn any_xml_in_a_word_document_gives_a_sound_text(pieces in prop::collection::vec(prop::sample::select(vec![
        "<w:p>", "</w:p>", "<w:r>", "</w:r>", "<w:t>", "</w:t>", "words", "<w:tbl>", "</w:tbl>", "<w:tr>", "</w:tr>", "<w:tc>",
        "</w:tc>", "<w:del>", "</w:del>", "<w:hyperlink r:id='rId1'>", "</w:hyperlink>", "<w:numPr/>", "<w:ilvl w:val='9999999'/>",
        "<w:pStyle w:val='H1'/>", "<w:br/>", "&amp;", "&x;", "&#x301;", "é", "<", "<!--", "<![CDATA[", "]]>",
    ]), 0..60)) {
        if let Ok(text) = read_bytes(&docx(&pieces.concat()), "a", None) {
            prop_assert!(is_well_made(&text), "{text:?}");
        }
    }
}
