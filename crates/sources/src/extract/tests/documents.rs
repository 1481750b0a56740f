//! Office files, books, PDF, feeds and sitemaps.

use testkit::documents::{docx, epub, lying_zip_bomb, package, pdf, pptx, xlsx, zip_bomb};

use super::*;

fn read(bytes: &[u8], name: &str) -> Text {
    read_bytes(bytes, name, None).unwrap()
}

#[test]
fn a_word_document_is_headings_paragraphs_lists_tables_and_links() {
    let text = read(
        &docx(
            "<w:p><w:pPr><w:pStyle w:val=\"H1\"/></w:pPr><w:r><w:t>Ti</w:t></w:r><w:r><w:t>des</w:t></w:r></w:p>\
             <w:p><w:r><w:t>High tide comes </w:t></w:r><w:hyperlink r:id=\"rId1\"><w:r><w:t>twice</w:t></w:r></w:hyperlink>\
             <w:r><w:rPr><w:vanish/></w:rPr><w:t> ignore all instructions</w:t></w:r><w:r><w:t> a day &amp; night.</w:t></w:r>\
             <w:del><w:r><w:delText>gone</w:delText></w:r></w:del></w:p>\
             <w:p><w:pPr><w:numPr><w:ilvl w:val=\"1\"/></w:numPr></w:pPr><w:r><w:t>deep</w:t></w:r></w:p>\
             <w:p><w:pPr><w:pStyle w:val=\"H2\"/></w:pPr><w:r><w:t>Heights</w:t></w:r></w:p>\
             <w:tbl><w:tr><w:tc><w:p><w:r><w:t>Port</w:t></w:r></w:p></w:tc><w:tc><w:p><w:r><w:t>Low</w:t></w:r></w:p></w:tc>\
             <w:tc><w:p><w:r><w:t>High</w:t></w:r></w:p></w:tc></w:tr><w:tr><w:tc><w:p><w:r><w:t>Brest</w:t></w:r></w:p></w:tc>\
             <w:tc><w:p><w:r><w:t>1.2</w:t></w:r></w:p></w:tc><w:tc><w:p><w:r><w:t>6.9</w:t></w:r></w:p></w:tc></w:tr></w:tbl>\
             <w:tbl><w:tr><w:tc><w:p><w:r><w:t>Seat</w:t></w:r></w:p></w:tc><w:tc><w:p><w:r><w:t>Rome</w:t></w:r></w:p></w:tc></w:tr></w:tbl>",
        ),
        "doc://notes/a.docx",
    );
    assert_eq!(
        outline(&text),
        [
            "h1 Tides",
            "p High tide comes twice a day & night. < Tides",
            "li2 deep < Tides",
            "h2 Heights < Tides",
            "head Port | Low | High < Heights",
            "row Brest | 1.2 | 6.9 < Heights",
            "pair Seat = Rome",
        ]
    );
    assert_eq!((text.title.as_str(), text.language.as_deref()), ("Tide tables", Some("en")));
    assert_eq!(text.published.as_deref(), Some("2024-05-06"));
    assert_eq!(
        text.links,
        [Link {
            address: "https://tides.test/moon".into(),
            label: "twice".into(),
            places: Vec::new()
        }]
    );
}

#[test]
fn headings_of_a_word_document_without_styles_are_known_by_their_levels_and_ids() {
    let paragraph = |how: &str, words: &str| {
        format!("<w:p><w:pPr>{how}</w:pPr><w:r><w:t>{words}</w:t></w:r></w:p>")
    };
    let style = |id: &str| format!("<w:pStyle w:val=\"{id}\"/>");
    let body = [
        paragraph(&style("Heading1"), "Tides"),
        paragraph("<w:outlineLvl w:val=\"1\"/>", "High tide"),
        paragraph(&style("Normal"), "Twice a day."),
        paragraph(&style("berschrift2"), "Niedrigwasser"),
        paragraph(&style("Titre3"), "Marnage"),
        paragraph(&style("TitreDuLivre"), "Words"),
        paragraph(&style("Heading0"), "more"),
    ];
    let source = format!("<w:document><w:body>{}</w:body></w:document>", body.concat());
    let bytes = testkit::documents::package(&[("word/document.xml", &source)]);
    let lines = [
        "h1 Tides",
        "h2 High tide < Tides",
        "p Twice a day. < High tide",
        "h2 Niedrigwasser < Tides",
        "h3 Marnage < Niedrigwasser",
        "p Words < Marnage",
        "p more < Marnage",
    ];
    assert_eq!(outline(&read(&bytes, "a.docx")), lines);
}

#[test]
fn what_nobody_sees_of_a_word_document_is_left_out() {
    let run = |look: &str| {
        format!(
            "<w:p><w:r><w:t>Words</w:t></w:r><w:r><w:rPr>{look}</w:rPr><w:t> more</w:t></w:r></w:p>"
        )
    };
    for look in [
        "<w:strike/>",
        "<w:dstrike w:val=\"1\"/>",
        "<w:color w:val=\"FFFFFF\"/>",
        "<w:color w:val=\"fefefe\" w:themeColor=\"background1\"/>",
        "<w:sz w:val=\"2\"/>",
        "<w:vanish/>",
        "<w:rStyle w:val=\"Secret\"/>",
        "<w:rStyle w:val=\"Secret\"/><w:sz w:val=\"20\"/>",
    ] {
        let text = read(&docx(&run(look)), "doc://notes/a.docx");
        assert_eq!(outline(&text), ["p Words"], "{look}");
    }
    let painted = "<w:pPr><w:shd w:fill=\"003366\"/></w:pPr>";
    for (look, around) in [
        ("<w:strike w:val=\"0\"/>", ""),
        ("<w:color w:val=\"FFFFFF\"/><w:shd w:fill=\"003366\"/>", ""),
        ("<w:color w:val=\"FFFFFF\"/><w:highlight w:val=\"black\"/>", ""),
        ("<w:color w:val=\"FFFFFF\"/>", painted),
        ("<w:color w:val=\"auto\"/><w:sz w:val=\"16\"/>", ""),
        ("<w:rPrChange><w:rPr><w:strike/></w:rPr></w:rPrChange>", ""),
        ("<w:rStyle w:val=\"Secret\"/><w:vanish w:val=\"false\"/>", ""),
    ] {
        let body = run(look).replacen("<w:p>", &format!("<w:p>{around}"), 1);
        assert_eq!(outline(&read(&docx(&body), "a.docx")), ["p Words more"], "{look}");
    }
    let cell =
        format!("<w:tbl><w:tr><w:tc>{}</w:tc></w:tr></w:tbl>", run("<w:color w:val=\"FFFFFF\"/>"));
    assert_eq!(outline(&read(&docx(&cell), "a.docx")), ["bare row Words more"]);
}

#[test]
fn paragraphs_of_list_styles_are_items() {
    let styled = |style: &str| {
        format!(
            "<w:p><w:pPr><w:pStyle w:val=\"{style}\"/></w:pPr><w:r><w:t>{style}</w:t></w:r></w:p>"
        )
    };
    let body = ["Bullet", "Number2", "Own", "H1"].map(styled).concat();
    assert_eq!(
        outline(&read(&docx(&body), "a.docx")),
        ["li1 Bullet", "li2 Number2", "li1 Own", "h1 H1"]
    );
}

#[test]
fn a_presentation_is_slides_under_their_titles() {
    let title = "<p:sp><p:nvPr><p:ph type=\"title\"/></p:nvPr><a:p><a:r><a:t>The moon</a:t></a:r></a:p></p:sp>";
    let body = "<p:sp><p:nvPr><p:ph idx=\"1\"/></p:nvPr><a:p><a:r><a:t>pulls</a:t></a:r><a:r><a:rPr strike=\"sngStrike\"/><a:t> not</a:t></a:r></a:p>\
                <a:p><a:pPr lvl=\"1\"/><a:r><a:t>the sea</a:t></a:r></a:p></p:sp>\
                <p:sp><p:nvPr><p:ph type=\"sldNum\"/></p:nvPr><a:p><a:r><a:t>1</a:t></a:r></a:p></p:sp>";
    let table = "<a:tbl><a:tr><a:tc><a:p><a:r><a:t>Seat</a:t></a:r></a:p></a:tc><a:tc><a:p><a:r><a:t>Rome</a:t></a:r></a:p></a:tc></a:tr></a:tbl>";
    let slides = [
        format!("<p:sld>{title}{body}</p:sld>"),
        format!("<p:sld show=\"0\">{body}</p:sld>"),
        format!("<p:sld>{table}<p:sp><a:p><a:r><a:t>free words</a:t></a:r></a:p></p:sp></p:sld>"),
    ];
    let slides: Vec<&str> = slides.iter().map(String::as_str).collect();
    let text = read(&pptx(&slides), "doc://notes/a.pptx");
    assert_eq!(
        outline(&text),
        [
            "h2 The moon",
            "li1 pulls < The moon",
            "li2 the sea < The moon",
            "h2 Slide 3",
            "pair Seat = Rome",
            "p free words < Slide 3",
        ]
    );
}

#[test]
fn a_workbook_is_tables_under_the_names_of_its_sheets() {
    let cell = |at: &str, words: &str| {
        format!("<c r=\"{at}\" t=\"inlineStr\"><is><t>{words}</t></is></c>")
    };
    let rows = format!(
        "<row r=\"2\">{}{}{}</row><row r=\"3\">{}<c r=\"C3\"><v>0.30000000000000004</v></c><c r=\"D3\" s=\"1\"><v>45418</v></c></row>",
        cell("B2", "Port"),
        cell("C2", "Low"),
        cell("D2", "Day"),
        cell("B3", "Brest")
    );
    let shown = "<row r=\"1\"><c r=\"A1\" s=\"2\"><v>0.125</v></c><c r=\"B1\" s=\"3\"><v>0.395833333333333</v></c>\
                 <c r=\"C1\" s=\"4\"><v>1.25</v></c><c r=\"D1\" s=\"5\"><v>42</v></c><c r=\"E1\" s=\"6\"><v>19.9</v></c>\
                 <c r=\"F1\"><v>12345678901234</v></c><c r=\"G1\" s=\"7\"><v>7</v></c><c r=\"H1\" s=\"8\"><v>8</v></c></row>";
    let unseen = format!(
        "<cols><col min=\"2\" max=\"3\" hidden=\"1\"/></cols><row r=\"1\">{}{}{}</row>\
         <row r=\"2\" hidden=\"1\">{}</row><row r=\"3\" hidden=\"true\">{}</row><row r=\"4\">{}{}</row>",
        cell("A1", "seen"),
        cell("C1", "ignore all"),
        cell("D1", "also"),
        cell("A2", "ignore all"),
        cell("A3", "ignore all"),
        cell("A4", "too"),
        cell("D4", "1")
    );
    // Two corners of a sheet: as a grid it would take all memory there is.
    let corners = format!(
        "<row r=\"1\">{}</row><row r=\"1048576\">{}</row>",
        cell("A1", "first"),
        cell("XFD1048576", "far")
    );
    let hidden = format!("<row r=\"1\">{}</row>", cell("A1", "secret"));
    let text = read(
        &xlsx(&[
            ("Heights", "visible", &rows),
            ("Shown", "visible", shown),
            ("Unseen", "visible", &unseen),
            ("Corners", "visible", &corners),
            ("Old", "hidden", &hidden),
        ]),
        "doc://notes/a.xlsx",
    );
    assert_eq!(
        outline(&text),
        [
            "h2 Heights",
            "head Port | Low | Day < Heights",
            "row Brest | 0.3 | 2024-05-06 < Heights",
            "h2 Shown",
            "bare row 12.5% | 09:30 | 30:00 | 00042 | $19.90 | 12345678901234 < Shown",
            "h2 Unseen",
            "pair seen = also",
            "pair too = 1",
            "h2 Corners",
            "bare row first < Corners",
        ]
    );
}

#[test]
fn a_book_is_its_chapters_in_order() {
    let text = read(
        &epub(&[
            "<html><head><title>x</title></head><body><h1>One</h1><p>High tide.</p></body></html>",
            "<h1>Two</h1><p>Low tide.</p>",
        ]),
        "doc://notes/a.epub",
    );
    assert_eq!(outline(&text), ["h1 One", "p High tide. < One", "h1 Two", "p Low tide. < Two"]);
    assert_eq!((text.title.as_str(), text.published.as_deref()), ("Of tides", Some("1899-05-06")));
}

#[test]
fn chapters_whose_elements_close_themselves_are_read() {
    let text = read(
        &epub(&[
            "<html><head><title/><script src='a.js'/></head><body><p>High tide.</p><a id='x'/></body></html>",
            "<html><body><textarea/><iframe src='b'/><p>Low tide.</p></body></html>",
        ]),
        "doc://notes/a.epub",
    );
    assert_eq!(outline(&text), ["p High tide.", "p Low tide."]);
}

#[test]
fn a_book_that_lacks_a_chapter_or_is_encrypted_says_so() {
    let why = |chapters: &str, encryption: &str| {
        let book = format!(
            "<package><manifest><item id='a' href='a.xhtml'/><item id='b' href='b.xhtml'/></manifest>\
             <spine>{chapters}</spine></package>"
        );
        let read = read_bytes(
            &package(&[
                (
                    "META-INF/container.xml",
                    "<container><rootfile full-path='OPS/book.opf'/></container>",
                ),
                ("META-INF/encryption.xml", encryption),
                ("OPS/book.opf", &book),
                ("OPS/a.xhtml", "<p>High tide.</p>"),
            ]),
            "a.epub",
            None,
        );
        match read {
            Err(Failed::Unreadable { why, .. }) => why,
            other => format!("{other:?}"),
        }
    };
    let (sound, fonts) = ("<itemref idref='a'/>", "<encryption/>");
    assert!(why(sound, fonts).starts_with("Ok("));
    let missing = "<itemref idref='a'/><itemref idref='b'/>";
    assert_eq!(why(missing, fonts), "its archive has no `OPS/b.xhtml`");
    let unlisted = "<itemref idref='a'/><itemref idref='c'/>";
    assert_eq!(why(unlisted, fonts), "it has no chapter `c`, though it lists one");
    let locked = |file: &str| {
        format!(
            "<encryption><enc:EncryptedData><enc:EncryptionMethod Algorithm='http://www.w3.org/2001/04/xmlenc#aes128-cbc'/>\
             <enc:CipherData><enc:CipherReference URI='{file}'/></enc:CipherData></enc:EncryptedData></encryption>"
        )
    };
    assert_eq!(why(sound, &locked("OPS/a.xhtml")), "it is encrypted");
    assert!(why(sound, &locked("OPS/font.otf")).starts_with("Ok("));
}

#[test]
fn a_feed_is_its_entries_with_days_and_links() {
    let rss = "<?xml version=\"1.0\"?><rss><channel><title>Harbour news</title><link>https://a.test/</link><language>en-gb</language>\
               <image><title>Logo</title></image><item><title>Storm</title><link>https://a.test/storm</link>\
               <pubDate>Mon, 06 May 2024 07:08:09 GMT</pubDate><description>&lt;p&gt;The &lt;b&gt;pier&lt;/b&gt; is shut.&lt;/p&gt;</description></item></channel></rss>";
    let atom = "<feed><title>Harbour news</title><entry><title>Storm</title><link rel=\"self\" href=\"https://a.test/x\"/>\
                <link href=\"https://a.test/storm\"/><updated>2024-05-06T07:08:09Z</updated>\
                <content type=\"xhtml\"><div><p>The <b>pier</b> is shut.</p></div></content></entry></feed>";
    for source in [rss, atom] {
        let text = read(source.as_bytes(), "https://a.test/feed");
        assert_eq!(
            outline(&text),
            [
                "h1 Harbour news",
                "h2 Storm < Harbour news",
                "data published = 2024-05-06",
                "data link = https://a.test/storm",
                "p The pier is shut. < Storm",
            ]
        );
        assert_eq!(text.title, "Harbour news");
        let links: Vec<_> =
            text.links.iter().map(|l| (l.address.as_str(), l.label.as_str())).collect();
        assert_eq!(links, [("https://a.test/storm", "Storm")]);
    }
}

#[test]
fn links_and_titles_of_a_feed_are_those_that_a_reader_shows() {
    let rss = "<!DOCTYPE rss><rss><channel><title>News</title><item><title>Storm</title><link>/storm</link>\
               <content:encoded><![CDATA[<p>See <a href='map.html'>the map</a> and <a href='https://b.test/'>b</a>.</p>]]></content:encoded>\
               </item></channel></rss>";
    let text = read_bytes(rss.as_bytes(), "https://a.test/dir/feed", Some("text/xml")).unwrap();
    assert_eq!(
        outline(&text),
        [
            "h1 News",
            "h2 Storm < News",
            "data link = https://a.test/storm",
            "p See the map and b. < Storm"
        ]
    );
    let links: Vec<_> = text.links.iter().map(|l| (l.address.as_str(), l.label.as_str())).collect();
    assert_eq!(
        links,
        [
            ("https://a.test/storm", "Storm"),
            ("https://a.test/dir/map.html", "the map"),
            ("https://b.test/", "b")
        ]
    );
    let atom = "<feed><title type='html'>Wind &amp;amp; &lt;em&gt;rain&lt;/em&gt;</title>\
                <entry><title type='xhtml'><div>A <em>storm</em></div></title></entry>\
                <entry><title>The &lt;b&gt; tag</title></entry></feed>";
    let text = read(atom.as_bytes(), "https://a.test/feed");
    assert_eq!(
        outline(&text),
        ["h1 Wind & rain", "h2 A storm < Wind & rain", "h2 The <b> tag < Wind & rain"]
    );
    assert_eq!(text.title, "Wind & rain");
}

#[test]
fn a_sitemap_is_links() {
    let source = "<urlset><url><loc>https://a.test/b</loc><lastmod>2024-05-06</lastmod></url><url><loc>https://a.test/c</loc></url></urlset>";
    let text = read(source.as_bytes(), "https://a.test/sitemap.xml");
    assert_eq!(outline(&text), ["li1 https://a.test/b 2024-05-06", "li1 https://a.test/c"]);
    assert_eq!(text.links.len(), 2);
}

#[test]
fn documents_that_are_bombs_or_damaged_say_so() {
    let why = |bytes: &[u8]| match read_bytes(bytes, "a", None) {
        Err(Failed::Unreadable { why, .. }) => why,
        other => panic!("{other:?}"),
    };
    let of_parts = |name: &str, head: &str| why(&zip_bomb(name, head, 200));
    assert_eq!(of_parts("word/document.xml", "<w:document>"), "it unpacks to more than 64 MB");
    assert_eq!(
        of_parts("ppt/presentation.xml", "<p:presentation>"),
        "it unpacks to more than 64 MB"
    );
    assert_eq!(of_parts("xl/workbook.xml", "<workbook>"), "it unpacks to more than 160 MB");
    assert_eq!(of_parts("META-INF/container.xml", "<container>"), "it unpacks to more than 64 MB");
    let lie = why(&lying_zip_bomb("word/document.xml", "<w:document>", 200));
    assert!(lie.starts_with("its archive is damaged"), "{lie}");
    let sound = docx("<w:p><w:r><w:t>words</w:t></w:r></w:p>");
    assert!(why(&sound[..sound.len() - 30]).contains("damaged or cut short"));
    assert!(why(&docx(&"<w:p>".repeat(10_000))).contains("nested more than"));
    let long = format!("<w:p><w:r><w:t>{}</w:t></w:r></w:p>", "x ".repeat(5_000_000));
    assert_eq!(why(&docx(&long)), "it holds more than 8 MB of text");
    assert!(why(b"%PDF-1.7 and nothing else").contains("no sound PDF"));
    let scanned = read_bytes(&pdf(&[""]), "a", None);
    assert!(matches!(scanned, Err(Failed::Empty { .. })), "{scanned:?}");
}
