//! What the bytes are: by their look first, then by label, then by the ending of the name.

/// What can be read as text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    Html,
    Markdown,
    Plain,
    Csv,
    Json,
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
            Self::Sitemap => "application/xml",
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
        if let Some(media_type) = binary(bytes) {
            return Err(media_type.to_owned());
        }
        if let Some(kind) = by_root(bytes) {
            return Ok(kind);
        }
        let label = label.and_then(|label| label.split(';').next()).unwrap_or_default();
        let label = label.trim().to_ascii_lowercase();
        match label.as_str() {
            "text/html" | "application/xhtml+xml" | "text/xml" | "application/xml" => {
                Ok(Self::Html)
            }
            "text/markdown" | "text/x-markdown" => Ok(Self::Markdown),
            "text/csv" | "text/tab-separated-values" => Ok(Self::Csv),
            "application/json" => Ok(Self::Json),
            other if other.ends_with("+json") => Ok(Self::Json),
            // Servers say so of whatever they do not know.
            "" | "text/plain" | "application/octet-stream" => Ok(Self::by_ending(name)),
            other if other.ends_with("+xml") => Ok(Self::Html),
            other if other.starts_with("text/") => Ok(Self::by_ending(name)),
            other => Err(other.to_owned()),
        }
    }

    fn by_ending(name: &str) -> Self {
        match ending(name).as_deref() {
            Some("html" | "htm" | "xhtml" | "xml" | "rss" | "atom") => Self::Html,
            Some("md" | "markdown" | "mdx" | "mkd") => Self::Markdown,
            Some("csv" | "tsv") => Self::Csv,
            Some("json") => Self::Json,
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
fn binary(bytes: &[u8]) -> Option<&'static str> {
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
    let is_utf16 = bytes.starts_with(b"\xff\xfe") || bytes.starts_with(b"\xfe\xff");
    let window = &bytes[..bytes.len().min(4096)];
    let controls = window.iter().filter(|&&b| b < 0x20 && !b"\t\n\r\x0c\x1b".contains(&b)).count();
    let is_binary = !is_utf16 && (window.contains(&0) || controls * 20 > window.len());
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

/// What the first element tells: pages of HTML, feeds and sitemaps.
fn by_root(bytes: &[u8]) -> Option<Kind> {
    const HTML: &[&str] =
        &["!doctype html", "html", "head", "body", "title", "meta ", "script", "!--"];
    const FEEDS: &[&str] = &["rss", "feed", "rdf:rdf"];
    const SITEMAPS: &[&str] = &["urlset", "sitemapindex"];
    let start = String::from_utf8_lossy(&bytes[..bytes.len().min(2048)]).to_ascii_lowercase();
    let mut start = start.trim_start_matches(|c: char| c.is_whitespace() || c == '\u{feff}');
    let is_xml = start.starts_with("<?xml");
    while is_xml && (start.starts_with("<?") || start.starts_with("<!--")) {
        let end = if start.starts_with("<?") { "?>" } else { "-->" };
        start = start.split_once(end).map_or("", |(_, rest)| rest.trim_start());
    }
    let tag = start.strip_prefix('<')?;
    let begins = |names: &[&str]| {
        names.iter().any(|name| {
            let after = tag.strip_prefix(name);
            after.is_some_and(|after| after.starts_with([' ', '>', '\n', '\r', '\t']))
        })
    };
    if begins(FEEDS) {
        return Some(Kind::Feed);
    }
    if begins(SITEMAPS) {
        return Some(Kind::Sitemap);
    }
    // A comment may open a Markdown file too; it must be followed by a page.
    if tag.starts_with("!--") {
        return (tag.contains("<!doctype html") || tag.contains("<html")).then_some(Kind::Html);
    }
    HTML.iter().any(|first| tag.starts_with(first)).then_some(Kind::Html)
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
    fn without_a_label_the_ending_tells() {
        assert_eq!(Kind::sniff(b"# Title", "a/README.md", None), Ok(Kind::Markdown));
        assert_eq!(Kind::sniff(b"a;b", "a.csv", None), Ok(Kind::Csv));
        assert_eq!(Kind::sniff(b"words", "LICENSE", None), Ok(Kind::Plain));
        assert!(is_readable_name("a/b.HTML") && !is_readable_name("a/b.png"));
    }
}
