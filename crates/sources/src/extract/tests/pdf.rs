//! PDF: pages, lines, tables, headings, and what no reader sees.

use testkit::documents::{pdf, pdf_of};

use super::*;

fn read(bytes: &[u8]) -> Text {
    read_bytes(bytes, "doc://notes/a.pdf", None).unwrap()
}

/// The blocks of a page with this content, without the heading that numbers it.
fn painted(content: &str) -> Vec<String> {
    let said = outline(&read(&pdf_of(&[content.as_bytes().to_vec()], "")));
    said.into_iter().skip(1).map(|block| block.replace(" < Page 1", "")).collect()
}

#[test]
fn a_pdf_is_its_pages_by_their_numbers() {
    let prose = "High tide comes twice a day at Brest because the moon pulls at the sea and the\nsea follows, though it lags behind the moon by some hours that differ between har-\nbours of the coast.";
    let text = read(&pdf(&["TIDES\n\nSeat: Rome\nStaff: 7", prose]));
    assert_eq!(
        outline(&text),
        [
            "h1 Page 1",
            "h3 TIDES < Page 1",
            "pair Seat = Rome",
            "pair Staff = 7",
            "h1 Page 2",
            "p High tide comes twice a day at Brest because the moon pulls at the sea and the sea follows, though it lags behind the moon by some hours that differ between harbours of the coast. < Page 2",
        ]
    );
    assert_eq!(
        (text.title.as_str(), text.published.as_deref()),
        ("Tide tables", Some("2024-05-06"))
    );
}

#[test]
fn a_pdf_of_pages_with_one_line_keeps_its_words() {
    let pages = [
        "Quarter 1 revenue: EUR 120 million",
        "Quarter 2 revenue: EUR 131 million",
        "Quarter 3 revenue: EUR 128 million",
        "Quarter 4 revenue: EUR 140 million",
    ];
    let text = read(&pdf(&pages));
    assert!(pages.iter().all(|page| text.body.contains(page)), "{}", text.body);
    let untitled =
        String::from_utf8_lossy(&pdf(&["Closed"])).replace("(Tide tables)", "((anonymous))");
    assert_eq!(read(untitled.as_bytes()).title, "a.pdf");
    let text = read(&pdf(&["Closed"; 4]));
    assert_eq!(text.body.matches("Closed").count(), 4);
}

/// Words that are seen, on a page of 612 by 792 points.
const WORDS: &str = "BT /F1 12 Tf 72 720 Td (High tide comes twice a day.) Tj ET";

#[test]
fn what_nobody_sees_on_a_page_is_left_out() {
    for hidden in [
        "BT 1 g /F1 12 Tf 72 600 Td (ignore all) Tj ET",
        "BT 1 1 1 rg /F1 12 Tf 72 600 Td (ignore all) Tj ET",
        "BT 0.98 0.99 1 rg /F1 12 Tf 72 600 Td (ignore all) Tj ET",
        "BT 0 0 0 0 k /F1 12 Tf 72 600 Td (ignore all) Tj ET",
        "BT /DeviceRGB cs 1 1 1 sc /F1 12 Tf 72 600 Td (ignore all) Tj ET",
        "BT 3 Tr /F1 12 Tf 72 600 Td (ignore all) Tj ET",
        "BT 7 Tr /F1 12 Tf 72 600 Td (ignore all) Tj ET",
        "BT /F1 0.5 Tf 72 600 Td (ignore all) Tj ET",
        "BT /F1 12 Tf 0.05 0 0 0.05 72 600 Tm (ignore all) Tj ET",
        "BT /F1 12 Tf 0 Tz 72 600 Td (ignore all) Tj ET",
        "BT /F1 12 Tf -900 600 Td (ignore all) Tj ET",
        "BT /F1 12 Tf 72 900 Td (ignore all) Tj ET",
        "q 0 0 10 10 re W n BT /F1 12 Tf 72 600 Td (ignore all) Tj ET Q",
        "BT /F1 12 Tf 72 600 Td (ignore all) Tj ET 0 g 60 590 400 30 re f",
        "BT /F1 12 Tf 72 600 Td (ignore all) Tj ET 1 g 60 590 400 30 re f",
        "0 0.4 0 rg 60 590 400 30 re f BT /F1 12 Tf 72 600 Td (ignore all) Tj ET",
    ] {
        for content in [format!("{WORDS} {hidden}"), format!("q {hidden} Q {WORDS}")] {
            assert_eq!(painted(&content), ["p High tide comes twice a day."], "{content}");
        }
    }
    let alone = pdf_of(&[b"BT 3 Tr /F1 12 Tf 72 600 Td (ignore all) Tj ET".to_vec()], "");
    let alone = read_bytes(&alone, "a", None);
    assert!(matches!(alone, Err(Failed::Empty { .. })), "{alone:?}");
}

#[test]
fn what_is_seen_on_a_page_stays() {
    for seen in [
        "0 0 0.5 rg 60 590 400 30 re f BT 1 g /F1 12 Tf 72 600 Td (It lags behind.) Tj ET",
        "0 g 60 590 m 460 590 l 460 620 l 60 630 l f BT 1 g /F1 12 Tf 72 600 Td (It lags behind.) Tj ET",
        "1 1 0 rg 60 590 400 30 re f BT 0 g /F1 12 Tf 72 600 Td (It lags behind.) Tj ET",
        "BT 0.6 g /F1 12 Tf 72 600 Td (It lags behind.) Tj ET",
        "BT 1 Tr /F1 12 Tf 72 600 Td (It lags behind.) Tj ET",
        "BT 2 Tr /F1 12 Tf 72 600 Td (It lags behind.) Tj ET",
        "BT 1 g 0 G 2 Tr /F1 12 Tf 72 600 Td (It lags behind.) Tj ET",
        "BT /F1 1 Tf 12 0 0 12 72 600 Tm (It lags behind.) Tj ET",
        "BT /F1 12 Tf 72 600 Td (It lags behind.) Tj ET 0 G 60 590 400 30 re S",
        "BT /F1 12 Tf 72 600 Td (It lags behind.) Tj ET 0 g 60 500 400 30 re f",
        "BT /F1 12 Tf 72 600 Td (It lags behind.) Tj ET q 60 590 10 10 re W n 0 g 60 590 400 30 re f Q",
        "q 60 590 400 30 re W n BT /F1 12 Tf 72 600 Td (It lags behind.) Tj ET Q",
        // Painted twice: bold, or with a shadow.
        "BT /F1 12 Tf 72 600 Td (It lags behind.) Tj 0.4 0 Td (It lags behind.) Tj ET",
        "BT 0.7 g /F1 12 Tf 73 599 Td (It lags behind.) Tj ET BT 0 g /F1 12 Tf 72 600 Td (It lags behind.) Tj ET",
    ] {
        let blocks = painted(&format!("{WORDS} {seen}"));
        assert_eq!(blocks, ["p High tide comes twice a day.", "p It lags behind."], "{seen}");
    }
}

#[test]
fn the_words_behind_a_scan_are_read() {
    let image = "q 612 0 0 792 0 0 cm BI /W 1 /H 1 /BPC 8 /CS /G ID x EI Q";
    let words = "BT 3 Tr /F1 12 Tf 72 600 Td (It lags behind.) Tj ET";
    assert_eq!(painted(&format!("{image} {words}")), ["p It lags behind."]);
    let stamp = "q 60 0 0 60 0 0 cm BI /W 1 /H 1 /BPC 8 /CS /G ID x EI Q";
    assert_eq!(painted(&format!("{stamp} {WORDS} {words}")), ["p High tide comes twice a day."]);
}

#[test]
fn raised_figures_are_no_further_digits() {
    let raised = |before: &str, figure: &str, after: &str| {
        format!(
            "BT /F1 12 Tf 72 600 Td ({before}) Tj 7 Ts /F1 7 Tf ({figure}) Tj 0 Ts /F1 12 Tf ({after}) Tj ET"
        )
    };
    assert_eq!(painted(&raised("About 10", "6", " fish")), ["p About 10^6 fish"]);
    assert_eq!(painted(&raised("An area of 9 km", "2", ".")), ["p An area of 9 km².",]);
    assert_eq!(painted(&raised("The 4", "th", " of May")), ["p The 4th of May"]);
}

#[test]
fn wide_gaps_part_columns_and_large_letters_are_headings() {
    let row = |at: u32, cells: [&str; 3]| {
        let [name, low, high] = cells;
        format!("BT /F1 10 Tf 72 {at} Td ({name}) Tj 150 0 Td ({low}) Tj 100 0 Td ({high}) Tj ET\n")
    };
    let title = "BT /F1 16 Tf 72 740 Td (Heights of the) Tj 0 -18 Td (tide) Tj ET\n";
    let table = [
        row(690, ["Port", "Low", "High"]),
        row(668, ["Brest", "1.2", "6.9"]),
        row(646, ["Calais", "1.0", "7.2"]),
    ];
    let prose =
        "BT /F1 10 Tf 72 610 Td (Measured above the lowest tide of the year, in metres.) Tj ET";
    assert_eq!(
        painted(&format!("{title}{}{prose}", table.concat())),
        [
            "h2 Heights of the tide",
            "head Port | Low | High < Heights of the tide",
            "row Brest | 1.2 | 6.9 < Heights of the tide",
            "row Calais | 1.0 | 7.2 < Heights of the tide",
            "p Measured above the lowest tide of the year, in metres. < Heights of the tide",
        ]
    );
}
