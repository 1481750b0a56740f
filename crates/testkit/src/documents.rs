//! Documents of each kind, as small as they can be, and bombs that look like them.

use std::fmt::Write as _;
use std::io::{Cursor, Write as _};

use flate2::Compression;
use flate2::write::{DeflateEncoder, ZlibEncoder};
use zip::ZipWriter;
use zip::write::SimpleFileOptions;

/// An archive of files.
pub fn package(files: &[(&str, &str)]) -> Vec<u8> {
    let mut archive = ZipWriter::new(Cursor::new(Vec::new()));
    for (name, content) in files {
        archive.start_file(*name, SimpleFileOptions::default()).expect("a new file");
        archive.write_all(content.as_bytes()).expect("memory takes all");
    }
    archive.finish().expect("memory takes all").into_inner()
}

const CORE: &str = "<cp:coreProperties><dc:title>Tide tables</dc:title><dc:language>en-GB</dc:language>\
                    <dcterms:modified>2024-05-06T07:08:09Z</dcterms:modified></cp:coreProperties>";

/// A Word document with this body, styles `H1` and `H2` for headings, `Bullet`, `Number2` and `Own` for lists
/// and `Secret` for hidden words, and a link `rId1` to `https://tides.test/moon`.
pub fn docx(body: &str) -> Vec<u8> {
    package(&[
        ("docProps/core.xml", CORE),
        (
            "word/styles.xml",
            "<w:styles><w:style w:styleId=\"H1\"><w:name w:val=\"heading 1\"/></w:style>\
             <w:style w:styleId=\"H2\"><w:name w:val=\"x\"/><w:pPr><w:outlineLvl w:val=\"1\"/></w:pPr></w:style>\
             <w:style w:styleId=\"Bullet\"><w:name w:val=\"List Bullet\"/></w:style>\
             <w:style w:styleId=\"Number2\"><w:name w:val=\"List Number 2\"/></w:style>\
             <w:style w:styleId=\"Own\"><w:name w:val=\"y\"/><w:pPr><w:numPr><w:numId w:val=\"1\"/></w:numPr></w:pPr></w:style>\
             <w:style w:styleId=\"Secret\"><w:name w:val=\"z\"/><w:rPr><w:vanish/></w:rPr></w:style></w:styles>",
        ),
        (
            "word/_rels/document.xml.rels",
            "<Relationships><Relationship Id=\"rId1\" Target=\"https://tides.test/moon\" TargetMode=\"External\"/></Relationships>",
        ),
        ("word/document.xml", &format!("<w:document><w:body>{body}</w:body></w:document>")),
    ])
}

/// A presentation of slides, each with these shapes.
pub fn pptx(slides: &[&str]) -> Vec<u8> {
    let (mut ids, mut relations) = (String::new(), String::new());
    let mut files = vec![("docProps/core.xml".to_owned(), CORE.to_owned())];
    for (number, shapes) in slides.iter().enumerate() {
        let _ = write!(ids, "<p:sldId id=\"{}\" r:id=\"r{number}\"/>", 256 + number);
        let _ = write!(
            relations,
            "<Relationship Id=\"r{number}\" Target=\"slides/slide{number}.xml\"/>"
        );
        files.push((format!("ppt/slides/slide{number}.xml"), (*shapes).to_owned()));
    }
    let list = format!("<p:presentation><p:sldIdLst>{ids}</p:sldIdLst></p:presentation>");
    files.push(("ppt/presentation.xml".into(), list));
    let relations = format!("<Relationships>{relations}</Relationships>");
    files.push(("ppt/_rels/presentation.xml.rels".into(), relations));
    let files: Vec<_> = files.iter().map(|(name, text)| (name.as_str(), text.as_str())).collect();
    package(&files)
}

/// A workbook: name, state (`visible`, `hidden`) and rows of each sheet. Style 1 is a date, 2 a share,
/// 3 a time, 4 a duration, 5 has leading zeros, 6 a currency, 7 shows nothing, and 8 is struck out.
pub fn xlsx(sheets: &[(&str, &str, &str)]) -> Vec<u8> {
    let (mut list, mut relations) = (String::new(), String::new());
    let mut files = vec![
        ("docProps/core.xml".to_owned(), CORE.to_owned()),
        (
            "_rels/.rels".to_owned(),
            "<Relationships xmlns=\"http://schemas.openxmlformats.org/package/2006/relationships\"><Relationship Id=\"r1\" \
             Type=\"http://schemas.openxmlformats.org/officeDocument/2006/relationships/officeDocument\" \
             Target=\"xl/workbook.xml\"/></Relationships>"
                .to_owned(),
        ),
        (
            "xl/styles.xml".to_owned(),
            "<styleSheet><numFmts><numFmt numFmtId=\"164\" formatCode=\"0.0%\"/><numFmt numFmtId=\"165\" formatCode=\"[h]:mm\"/>\
             <numFmt numFmtId=\"166\" formatCode=\"00000\"/><numFmt numFmtId=\"167\" formatCode=\"&quot;$&quot;#,##0.00\"/>\
             <numFmt numFmtId=\"168\" formatCode=\";;;\"/></numFmts><fonts><font/><font><strike/></font></fonts>\
             <cellXfs><xf numFmtId=\"0\"/><xf numFmtId=\"14\"/><xf numFmtId=\"164\"/><xf numFmtId=\"20\"/><xf numFmtId=\"165\"/>\
             <xf numFmtId=\"166\"/><xf numFmtId=\"167\"/><xf numFmtId=\"168\"/><xf numFmtId=\"0\" fontId=\"1\" applyFont=\"1\"/></cellXfs></styleSheet>"
                .to_owned(),
        ),
    ];
    for (index, (name, state, rows)) in sheets.iter().enumerate() {
        let number = index + 1;
        let _ = write!(
            list,
            "<sheet name=\"{name}\" sheetId=\"{number}\" state=\"{state}\" r:id=\"r{number}\"/>"
        );
        let _ = write!(
            relations,
            "<Relationship Id=\"r{number}\" Type=\"http://schemas.openxmlformats.org/officeDocument/2006/relationships/worksheet\" \
             Target=\"worksheets/sheet{number}.xml\"/>"
        );
        let sheet = format!("<worksheet><sheetData>{rows}</sheetData></worksheet>");
        files.push((format!("xl/worksheets/sheet{number}.xml"), sheet));
    }
    let book = format!(
        "<workbook xmlns=\"http://schemas.openxmlformats.org/spreadsheetml/2006/main\" \
         xmlns:r=\"http://schemas.openxmlformats.org/officeDocument/2006/relationships\"><sheets>{list}</sheets></workbook>"
    );
    files.push(("xl/workbook.xml".into(), book));
    let relations = format!(
        "<Relationships xmlns=\"http://schemas.openxmlformats.org/package/2006/relationships\">{relations}</Relationships>"
    );
    files.push(("xl/_rels/workbook.xml.rels".into(), relations));
    let files: Vec<_> = files.iter().map(|(name, text)| (name.as_str(), text.as_str())).collect();
    package(&files)
}

/// A book of chapters, each a page of XHTML.
pub fn epub(chapters: &[&str]) -> Vec<u8> {
    let (mut manifest, mut spine) = (String::new(), String::new());
    let mut files = vec![
        ("mimetype".to_owned(), "application/epub+zip".to_owned()),
        (
            "META-INF/container.xml".to_owned(),
            "<container><rootfiles><rootfile full-path=\"OPS/book.opf\"/></rootfiles></container>"
                .to_owned(),
        ),
    ];
    for (number, chapter) in chapters.iter().enumerate() {
        let _ = write!(manifest, "<item id=\"c{number}\" href=\"text/c%20{number}.xhtml\"/>");
        let _ = write!(spine, "<itemref idref=\"c{number}\"/>");
        files.push((format!("OPS/text/c {number}.xhtml"), (*chapter).to_owned()));
    }
    let book = format!(
        "<package><metadata><dc:title>Of tides</dc:title><dc:language>en</dc:language><dc:date>1899-05-06</dc:date></metadata>\
         <manifest>{manifest}</manifest><spine>{spine}</spine></package>"
    );
    files.push(("OPS/book.opf".into(), book));
    let files: Vec<_> = files.iter().map(|(name, text)| (name.as_str(), text.as_str())).collect();
    package(&files)
}

/// A PDF of pages, whose lines stand one below the other; an empty line is a wider gap.
pub fn pdf(pages: &[&str]) -> Vec<u8> {
    let content = |page: &&str| {
        let lines = page.lines().fold(String::new(), |mut lines, line| {
            let escaped = line.replace('\\', "\\\\").replace('(', "\\(").replace(')', "\\)");
            let _ = write!(lines, "({escaped}) Tj 0 -14 Td ");
            lines
        });
        format!("BT /F1 12 Tf 72 720 Td {lines}ET").into_bytes()
    };
    pdf_of(&pages.iter().map(content).collect::<Vec<_>>(), "")
}

/// A PDF whose pages have these contents; `filter` is how they are packed, such as `/Filter /FlateDecode`.
pub fn pdf_of(contents: &[Vec<u8>], filter: &str) -> Vec<u8> {
    let kids: String = (0..contents.len()).fold(String::new(), |mut kids, number| {
        let _ = write!(kids, "{} 0 R ", 5 + 2 * number);
        kids
    });
    let mut objects: Vec<Vec<u8>> = vec![
        b"<< /Type /Catalog /Pages 2 0 R >>".to_vec(),
        format!(
            "<< /Type /Pages /Kids [{kids}] /Count {} /MediaBox [0 0 612 792] >>",
            contents.len()
        )
        .into_bytes(),
        b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica /Encoding /WinAnsiEncoding >>"
            .to_vec(),
        b"<< /Title (Tide tables) /ModDate (D:20240506070809Z) >>".to_vec(),
    ];
    for (number, content) in contents.iter().enumerate() {
        let page = format!(
            "<< /Type /Page /Parent 2 0 R /Resources << /Font << /F1 3 0 R >> >> /Contents {} 0 R >>",
            6 + 2 * number
        );
        objects.push(page.into_bytes());
        let head = format!("<< /Length {} {filter} >>\nstream\n", content.len());
        objects.push([head.as_bytes(), content, b"\nendstream"].concat());
    }
    let mut out = b"%PDF-1.4\n".to_vec();
    let mut places = Vec::new();
    for (index, object) in objects.iter().enumerate() {
        places.push(out.len());
        out.extend(format!("{} 0 obj\n", index + 1).bytes());
        out.extend(object);
        out.extend(b"\nendobj\n");
    }
    let (start, count) = (out.len(), places.len() + 1);
    out.extend(format!("xref\n0 {count}\n0000000000 65535 f \n").bytes());
    for place in &places {
        out.extend(format!("{place:010} 00000 n \n").bytes());
    }
    let trailer = format!(
        "trailer\n<< /Size {count} /Root 1 0 R /Info 4 0 R >>\nstartxref\n{start}\n%%EOF\n"
    );
    out.extend(trailer.bytes());
    out
}

/// A PDF of one page that unpacks to so many MiB of blanks.
pub fn pdf_bomb(mebibytes: usize) -> Vec<u8> {
    let mut encoder = ZlibEncoder::new(Vec::new(), Compression::best());
    encoder.write_all(&vec![b' '; 1 << 20]).expect("memory takes all");
    encoder.flush().expect("memory takes all");
    let head = encoder.get_ref().clone();
    // The first two bytes are the head of the stream, and stand there once.
    let packed = [&head[..2], &head[2..].repeat(mebibytes)].concat();
    pdf_of(&[packed], "/Filter /FlateDecode")
}

/// An archive whose one file of this name begins with `head`, unpacks to so many MiB of blanks, and never ends.
pub fn zip_bomb(name: &str, head: &str, mebibytes: usize) -> Vec<u8> {
    let mut start = DeflateEncoder::new(Vec::new(), Compression::best());
    start.write_all(head.as_bytes()).expect("memory takes all");
    start.flush().expect("memory takes all");
    let mut piece = DeflateEncoder::new(Vec::new(), Compression::best());
    piece.write_all(&vec![b' '; 1 << 20]).expect("memory takes all");
    piece.flush().expect("memory takes all");
    let packed = [start.get_ref().as_slice(), &piece.get_ref().repeat(mebibytes)].concat();
    archive_of(name, &packed, head.len() + (mebibytes << 20))
}

/// The same with a lie about its size.
pub fn lying_zip_bomb(name: &str, head: &str, mebibytes: usize) -> Vec<u8> {
    let mut bomb = zip_bomb(name, head, mebibytes);
    let real = four(head.len() + (mebibytes << 20));
    while let Some(at) = bomb.windows(4).position(|bytes| bytes == real) {
        bomb[at..at + 4].copy_from_slice(&four(1000));
    }
    bomb
}

/// An archive of one file, already packed.
fn archive_of(name: &str, packed: &[u8], size: usize) -> Vec<u8> {
    let (name_length, packed_length) = (two(name.len()), four(packed.len()));
    // Version, flags, method, time, date, checksum, sizes.
    let common = [
        &two(20)[..],
        &two(0),
        &two(8),
        &two(0),
        &two(0x21),
        &four(0),
        &packed_length,
        &four(size),
    ]
    .concat();
    let local = [b"PK\x03\x04".as_slice(), &common, &name_length, &two(0), name.as_bytes(), packed]
        .concat();
    let central = [
        b"PK\x01\x02".as_slice(),
        &two(20),
        &common,
        &name_length,
        &two(0),
        &two(0),
        &two(0),
        &two(0),
        &four(0),
        &four(0),
        name.as_bytes(),
    ]
    .concat();
    let end = [
        b"PK\x05\x06".as_slice(),
        &two(0),
        &two(0),
        &two(1),
        &two(1),
        &four(central.len()),
        &four(local.len()),
        &two(0),
    ]
    .concat();
    [local, central, end].concat()
}

fn two(number: usize) -> [u8; 2] {
    u16::try_from(number).expect("a small number").to_le_bytes()
}

fn four(number: usize) -> [u8; 4] {
    u32::try_from(number).expect("a small number").to_le_bytes()
}
