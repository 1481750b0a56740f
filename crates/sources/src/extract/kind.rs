//! What the bytes are: by their look first, then by label, then by the ending of the name.

use super::{charset, json};

/// How much of a page is looked at for its first element, in bytes.
const START: usize = 4096;

/// What can be read as text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    Html,
    Markdown,
    Plain,
    Csv,
    Json,
    /// XML that is none of the others.
    Xml,
    /// RSS or Atom.
    Feed,
    Sitemap,
    Pdf,
    Docx,
    Pptx,
    Xlsx,
    Epub,
}

impl Kind {
    pub(crate) const fn media_type(self) -> &'static str {
        match self {
            Self::Html => "text/html",
            Self::Markdown => "text/markdown",
            Self::Plain => "text/plain",
            Self::Csv => "text/csv",
            Self::Json => "application/json",
            Self::Feed => "application/rss+xml",
            Self::Sitemap | Self::Xml => "application/xml",
            Self::Pdf => "application/pdf",
            Self::Docx => "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
            Self::Pptx => {
                "application/vnd.openxmlformats-officedocument.presentationml.presentation"
            }
            Self::Xlsx => "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
            Self::Epub => "application/epub+zip",
        }
    }

    /// Those that are read in isolation, by a word for each.
    const ISOLATED: [(Self, &'static str); 5] = [
        (Self::Pdf, "pdf"),
        (Self::Docx, "docx"),
        (Self::Pptx, "pptx"),
        (Self::Xlsx, "xlsx"),
        (Self::Epub, "epub"),
    ];

    pub(super) fn word(self) -> &'static str {
        Self::ISOLATED.iter().find(|(kind, _)| *kind == self).map_or("", |(_, word)| word)
    }

    pub(super) fn of_word(word: &str) -> Option<Self> {
        Self::ISOLATED.iter().find(|(_, known)| *known == word).map(|(kind, _)| *kind)
    }

    pub(super) fn is_isolated(self) -> bool {
        Self::ISOLATED.iter().any(|(kind, _)| *kind == self)
    }

    /// Which kind the bytes are, or the media type of what cannot be read.
    pub(crate) fn sniff(bytes: &[u8], name: &str, label: Option<&str>) -> Result<Self, String> {
        if let Some(kind) = document(bytes) {
            return Ok(kind);
        }
        if let Some(media_type) = binary(bytes, label) {
            return Err(media_type.to_owned());
        }
        let start = charset::decode(&bytes[..bytes.len().min(START)], label).to_lowercase();
        if let Some(kind) = by_root(&start) {
            return Ok(kind);
        }
        let is_data = start.trim_start_matches(is_gap).starts_with(['{', '[']);
        if is_data && json::is_json(&charset::decode(bytes, label)) {
            return Ok(Self::Json);
        }
        let kind = Self::by_label(label, name)?;
        Ok(if kind == Self::Plain && is_marked_up(&start) { Self::Html } else { kind })
    }

    fn by_label(label: Option<&str>, name: &str) -> Result<Self, String> {
        let label = label.and_then(|label| label.split(';').next()).unwrap_or_default();
        let label = label.trim().to_ascii_lowercase();
        match label.as_str() {
            "text/html" | "application/xhtml+xml" => Ok(Self::Html),
            "text/xml" | "application/xml" => Ok(Self::Xml),
            "text/markdown" | "text/x-markdown" => Ok(Self::Markdown),
            // Servers call tables of any kind by the name of the program that opens them.
            "text/csv"
            | "text/tab-separated-values"
            | "text/comma-separated-values"
            | "application/csv"
            | "application/vnd.ms-excel" => Ok(Self::Csv),
            "application/json"
            | "application/x-json"
            | "text/json"
            | "application/x-ndjson"
            | "application/ndjson"
            | "application/jsonl" => Ok(Self::Json),
            // Programs; what they hold of data was seen before.
            "application/javascript" | "application/x-javascript" | "application/ecmascript" => {
                Err(label)
            }
            other if other.ends_with("+json") => Ok(Self::Json),
            other if other.ends_with("+xml") => Ok(Self::Xml),
            // Servers say so of whatever they do not know; what is no text was seen before.
            "" | "binary/octet-stream" => Ok(Self::by_ending(name)),
            other if other.starts_with("text/") || other.starts_with("application/") => {
                Ok(Self::by_ending(name))
            }
            other => Err(other.to_owned()),
        }
    }

    fn by_ending(name: &str) -> Self {
        match ending(name).as_deref() {
            Some("html" | "htm" | "xhtml") => Self::Html,
            Some("xml" | "rss" | "atom") => Self::Xml,
            Some("md" | "markdown" | "mdx" | "mkd") => Self::Markdown,
            Some("csv" | "tsv") => Self::Csv,
            Some("json" | "jsonl" | "ndjson") => Self::Json,
            Some(_) | None => Self::Plain,
        }
    }
}

/// Endings of the files that are indexed. Others are passed over in silence.
const READABLE: &[&str] = &[
    "html", "htm", "xhtml", "md", "markdown", "mdx", "mkd", "csv", "tsv", "txt", "text", "rst",
    "adoc", "asciidoc", "json", "org", "pdf", "docx", "docm", "pptx", "pptm", "xlsx", "xlsm",
    "epub", "xml", "rss", "atom",
];

pub(crate) fn is_readable_name(name: &str) -> bool {
    ending(name).is_some_and(|ending| READABLE.contains(&ending.as_str()))
}

fn ending(name: &str) -> Option<String> {
    let path = name.split(['?', '#']).next()?;
    let file = path.rsplit('/').next()?;
    file.rsplit_once('.').map(|(_, ending)| ending.to_ascii_lowercase())
}

/// The media type of bytes that are no text.
fn binary(bytes: &[u8], label: Option<&str>) -> Option<&'static str> {
    const MAGIC: &[(&[u8], &str)] = &[
        (b"PK\x03\x04", "application/zip"),
        (b"PK\x05\x06", "application/zip"),
        (b"\x1f\x8b", "application/gzip"),
        (b"\x89PNG", "image/png"),
        (b"\xff\xd8\xff", "image/jpeg"),
        (b"GIF8", "image/gif"),
        (b"\x7fELF", "application/x-executable"),
        (b"{\\rtf", "application/rtf"),
        (b"%!PS", "application/postscript"),
        (b"SQLite format 3", "application/vnd.sqlite3"),
        (b"OggS", "audio/ogg"),
        (b"ID3", "audio/mpeg"),
        (b"wOF2", "font/woff2"),
    ];
    if let Some((_, media_type)) = MAGIC.iter().find(|(magic, _)| bytes.starts_with(magic)) {
        return Some(media_type);
    }
    if bytes.starts_with(b"\xd0\xcf\x11\xe0") {
        let encrypted: Vec<u8> =
            "EncryptedPackage".encode_utf16().flat_map(u16::to_le_bytes).collect();
        return Some(if bytes.windows(encrypted.len()).any(|at| at == encrypted) {
            "an encrypted office document"
        } else {
            "an office document of the old kind (save it as DOCX, PPTX or XLSX)"
        });
    }
    if bytes.starts_with(b"RIFF") || bytes.get(4..8) == Some(b"ftyp") {
        return Some("application/octet-stream");
    }
    if charset::is_wide(bytes, label) {
        return None;
    }
    let window = &bytes[..bytes.len().min(4096)];
    let controls = window.iter().filter(|&&b| b < 0x20 && !b"\t\n\r\x0c\x1b".contains(&b)).count();
    let is_binary = window.contains(&0) || controls * 20 > window.len();
    is_binary.then_some("application/octet-stream")
}

/// Which document the bytes are, where their first ones and the names of their parts tell.
fn document(bytes: &[u8]) -> Option<Kind> {
    /// How far from the beginning a PDF may begin; viewers allow this much.
    const PDF_WINDOW: usize = 1024;
    /// Names of parts, which stand unpacked in an archive.
    const PARTS: &[(&[u8], Kind)] = &[
        (b"word/document.xml", Kind::Docx),
        (b"ppt/presentation.xml", Kind::Pptx),
        (b"xl/workbook.xml", Kind::Xlsx),
        (b"META-INF/container.xml", Kind::Epub),
    ];
    let holds = |within: &[u8], wanted: &[u8]| within.windows(wanted.len()).any(|at| at == wanted);
    let start = &bytes[..bytes.len().min(PDF_WINDOW)];
    if start.starts_with(b"%PDF-") || (holds(start, b"%PDF-1.") && !looks_like_text(start)) {
        return Some(Kind::Pdf);
    }
    if !bytes.starts_with(b"PK\x03\x04") {
        return None;
    }
    PARTS.iter().find(|(part, _)| holds(bytes, part)).map(|(_, kind)| *kind)
}

fn looks_like_text(bytes: &[u8]) -> bool {
    std::str::from_utf8(bytes).is_ok()
}

/// Elements that a page begins with.
const HTML: &[&str] = &["html", "head", "body", "title", "meta", "script", "svg"];
/// Elements that a piece of a page begins with.
const PIECES: &[&str] = &[
    "h1",
    "h2",
    "h3",
    "h4",
    "h5",
    "h6",
    "p",
    "div",
    "span",
    "a",
    "b",
    "strong",
    "i",
    "em",
    "font",
    "center",
    "table",
    "ul",
    "ol",
    "dl",
    "pre",
    "blockquote",
    "main",
    "article",
    "section",
    "header",
    "nav",
    "footer",
    "form",
    "figure",
    "img",
    "br",
    "hr",
    "style",
    "link",
];
const FEEDS: &[&str] = &["rss", "feed"];
const SITEMAPS: &[&str] = &["urlset", "sitemapindex"];

/// What the first element tells: pages of HTML, feeds, sitemaps, and other XML. `start` is in lower case.
fn by_root(start: &str) -> Option<Kind> {
    let mut start = start.trim_start_matches(is_gap);
    let is_xml = start.starts_with("<?xml");
    loop {
        let end = match start {
            start if start.starts_with("<!doctype html") => return Some(Kind::Html),
            start if start.starts_with("<!doctype") => end_of_doctype(start),
            start if is_xml && start.starts_with("<?") => "?>",
            start if is_xml && start.starts_with("<!--") => "-->",
            _ => break,
        };
        start = start.split_once(end).map_or("", |(_, rest)| rest.trim_start());
    }
    // A comment may open a Markdown file too; it must be followed by a page.
    if start.starts_with("<!--") {
        return (start.contains("<!doctype html") || start.contains("<html")).then_some(Kind::Html);
    }
    if begins(start, FEEDS) || (begins(start, &["rdf:rdf"]) && start.contains("purl.org/rss")) {
        return Some(Kind::Feed);
    }
    if begins(start, SITEMAPS) {
        return Some(Kind::Sitemap);
    }
    let is_piece = begins(start, PIECES) && start.contains("w3.org/1999/xhtml");
    if begins(start, HTML) || (is_xml && is_piece) {
        return Some(Kind::Html);
    }
    (is_xml && start.starts_with('<')).then_some(Kind::Xml)
}

/// A type of document may be defined between brackets.
fn end_of_doctype(start: &str) -> &'static str {
    let is_defined = start.find('[').is_some_and(|at| start.find('>').is_none_or(|end| at < end));
    if is_defined { "]>" } else { ">" }
}

/// Whether what would be plain text begins with an element of a page, and ends one.
fn is_marked_up(start: &str) -> bool {
    let start = start.trim_start_matches(is_gap);
    begins(start, PIECES) && start.contains("</")
}

/// Whether a tag of one of these names stands at the beginning.
fn begins(start: &str, names: &[&str]) -> bool {
    let is_end = |c: char| c.is_whitespace() || matches!(c, '>' | '/');
    start.strip_prefix('<').is_some_and(|tag| {
        names
            .iter()
            .any(|name| tag.strip_prefix(name).is_some_and(|after| after.starts_with(is_end)))
    })
}

/// White space, and the mark of the byte order.
fn is_gap(c: char) -> bool {
    c.is_whitespace() || c == '\u{feff}'
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_look_counts_more_than_the_label() {
        let sniff = |bytes: &[u8], label| Kind::sniff(bytes, "https://a.test/x", Some(label));
        assert_eq!(sniff(b"%PDF-1.7 ...", "text/html"), Ok(Kind::Pdf));
        assert_eq!(
            sniff(b"<?xml version='1.0'?><!-- a --><rss version='2.0'>", "text/html"),
            Ok(Kind::Feed)
        );
        assert_eq!(sniff(b"<urlset xmlns='x'>", "text/plain"), Ok(Kind::Sitemap));
        assert_eq!(sniff(b"PK\x03\x04....word/document.xml", "text/plain"), Ok(Kind::Docx));
        assert_eq!(sniff(b"PK\x03\x04....a.txt", "text/plain"), Err("application/zip".into()));
        assert_eq!(sniff(b"<!DOCTYPE html><p>", "text/plain"), Ok(Kind::Html));
        assert_eq!(sniff(b"\x89PNG\r\n", "text/html"), Err("image/png".into()));
        assert_eq!(
            sniff(b"MZ\x90\x00\x03\x00", "text/plain"),
            Err("application/octet-stream".into())
        );
        assert_eq!(sniff(b"hello", "video/mp4"), Err("video/mp4".into()));
        let locked = b"\xd0\xcf\x11\xe0..E\0n\0c\0r\0y\0p\0t\0e\0d\0P\0a\0c\0k\0a\0g\0e\0";
        assert_eq!(sniff(locked, "application/msword"), Err("an encrypted office document".into()));
    }

    #[test]
    fn what_is_readable_is_read_whatever_it_is_called() {
        let sniff = |bytes: &str, label| Kind::sniff(bytes.as_bytes(), "https://a.test/x", label);
        for label in [None, Some("text/html"), Some("application/javascript"), Some("text/plain")] {
            assert_eq!(sniff(" {\"a\": [1.0]}", label), Ok(Kind::Json));
            assert_eq!(sniff("[{\"a\": 1}]", label), Ok(Kind::Json));
            assert_eq!(sniff("{\"a\": 1}\n{\"a\": 2}\n", label), Ok(Kind::Json));
        }
        assert_eq!(sniff("[1] and [2]", None), Ok(Kind::Plain));
        assert_eq!(sniff("{{ template }}", Some("text/html")), Ok(Kind::Html));
        assert_eq!(
            sniff("let a = {}", Some("application/javascript")),
            Err("application/javascript".into())
        );
        for piece in ["<h1>a</h1>", "\u{feff}\n<table border=1><tr><td>a</table>", "<P>a</P>"] {
            for label in [None, Some("text/plain"), Some("application/octet-stream")] {
                assert_eq!(sniff(piece, label), Ok(Kind::Html), "{piece}");
            }
            assert_eq!(sniff(piece, Some("text/markdown")), Ok(Kind::Markdown));
            assert_eq!(Kind::sniff(piece.as_bytes(), "a/README.md", None), Ok(Kind::Markdown));
        }
        assert_eq!(sniff("<john@a.test> wrote </b>", None), Ok(Kind::Plain));
        for label in ["application/csv", "application/vnd.ms-excel", "text/comma-separated-values"]
        {
            assert_eq!(sniff("a;b\n1;2", Some(label)), Ok(Kind::Csv), "{label}");
        }
        for label in ["application/x-json", "application/x-ndjson", "text/json"] {
            assert_eq!(sniff("{\"a\":", Some(label)), Ok(Kind::Json), "{label}");
        }
        for label in ["application/yaml", "application/x-yaml", "text/yaml", "binary/octet-stream"]
        {
            assert_eq!(sniff("a: b", Some(label)), Ok(Kind::Plain), "{label}");
        }
    }

    #[test]
    fn the_first_element_of_xml_tells() {
        let sniff = |source: &str| Kind::sniff(source.as_bytes(), "a", Some("text/xml"));
        let declared = |root: &str| format!("<?xml version='1.0'?><!-- a -->{root}");
        let dtd = "<!DOCTYPE rss PUBLIC '-//Netscape Communications//DTD RSS 0.91//EN' 'http://a.test/rss.dtd'>";
        assert_eq!(sniff(&declared(&format!("{dtd}\n<rss version='0.91'>"))), Ok(Kind::Feed));
        assert_eq!(sniff(&format!("{dtd}<rss version='0.91'>")), Ok(Kind::Feed));
        assert_eq!(sniff(&declared("<!DOCTYPE a [<!ENTITY b 'c'>]><a>")), Ok(Kind::Xml));
        assert_eq!(sniff("<catalog><book>"), Ok(Kind::Xml));
        assert_eq!(sniff(&declared("<titles>")), Ok(Kind::Xml));
        assert_eq!(sniff(&declared("<html xmlns='a'>")), Ok(Kind::Html));
        let wide: Vec<u8> = "<rss><channel>".encode_utf16().flat_map(u16::to_le_bytes).collect();
        assert_eq!(Kind::sniff(&wide, "a", Some("text/plain")), Ok(Kind::Feed));
        let wide: Vec<u8> = "<html><p>".encode_utf16().flat_map(u16::to_be_bytes).collect();
        assert_eq!(Kind::sniff(&wide, "a", Some("text/plain; charset=utf-16")), Ok(Kind::Html));
    }

    #[test]
    fn without_a_label_the_ending_tells() {
        assert_eq!(Kind::sniff(b"# Title", "a/README.md", None), Ok(Kind::Markdown));
        assert_eq!(Kind::sniff(b"a;b", "a.csv", None), Ok(Kind::Csv));
        assert_eq!(Kind::sniff(b"words", "LICENSE", None), Ok(Kind::Plain));
        assert!(is_readable_name("a/b.HTML") && !is_readable_name("a/b.png"));
    }
}
