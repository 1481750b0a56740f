//! What the bytes are: by their look first, then by label, then by the ending of the name.

/// What can be read as text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    Html,
    Markdown,
    Plain,
    Csv,
    Json,
}

impl Kind {
    pub(crate) const fn media_type(self) -> &'static str {
        match self {
            Self::Html => "text/html",
            Self::Markdown => "text/markdown",
            Self::Plain => "text/plain",
            Self::Csv => "text/csv",
            Self::Json => "application/json",
        }
    }

    /// Which kind the bytes are, or the media type of what cannot be read.
    pub(crate) fn sniff(bytes: &[u8], name: &str, label: Option<&str>) -> Result<Self, String> {
        if let Some(media_type) = binary(bytes) {
            return Err(media_type.to_owned());
        }
        if looks_like_html(bytes) {
            return Ok(Self::Html);
        }
        let label = label.and_then(|label| label.split(';').next()).unwrap_or_default();
        let label = label.trim().to_ascii_lowercase();
        match label.as_str() {
            "text/html" | "application/xhtml+xml" | "text/xml" | "application/xml" => {
                Ok(Self::Html)
            }
            "text/markdown" | "text/x-markdown" => Ok(Self::Markdown),
            "text/csv" | "text/tab-separated-values" => Ok(Self::Csv),
            "application/json" | "application/ld+json" => Ok(Self::Json),
            // Servers say so of whatever they do not know.
            "" | "text/plain" | "application/octet-stream" => Ok(Self::by_ending(name)),
            other if other.starts_with("text/") => Ok(Self::by_ending(name)),
            other => Err(other.to_owned()),
        }
    }

    fn by_ending(name: &str) -> Self {
        match ending(name).as_deref() {
            Some("html" | "htm" | "xhtml" | "xml") => Self::Html,
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
    "adoc", "asciidoc", "json", "org",
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
        (b"%PDF-", "application/pdf"),
        (b"PK\x03\x04", "application/zip"),
        (b"PK\x05\x06", "application/zip"),
        (b"\x1f\x8b", "application/gzip"),
        (b"\x89PNG", "image/png"),
        (b"\xff\xd8\xff", "image/jpeg"),
        (b"GIF8", "image/gif"),
        (b"\xd0\xcf\x11\xe0", "application/msword"),
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
    if bytes.starts_with(b"RIFF") || bytes.get(4..8) == Some(b"ftyp") {
        return Some("application/octet-stream");
    }
    let is_utf16 = bytes.starts_with(b"\xff\xfe") || bytes.starts_with(b"\xfe\xff");
    let window = &bytes[..bytes.len().min(4096)];
    let controls = window.iter().filter(|&&b| b < 0x20 && !b"\t\n\r\x0c\x1b".contains(&b)).count();
    let is_binary = !is_utf16 && (window.contains(&0) || controls * 20 > window.len());
    is_binary.then_some("application/octet-stream")
}

/// Whether the first thing on the page is what only HTML begins with.
fn looks_like_html(bytes: &[u8]) -> bool {
    const FIRST: &[&str] =
        &["!doctype html", "html", "head", "body", "title", "meta ", "script", "!--"];
    let start = String::from_utf8_lossy(&bytes[..bytes.len().min(1024)]).to_ascii_lowercase();
    let mut start = start.trim_start_matches(|c: char| c.is_whitespace() || c == '\u{feff}');
    if start.starts_with("<?xml") {
        start = start.split_once("?>").map_or("", |(_, rest)| rest.trim_start());
    }
    let Some(tag) = start.strip_prefix('<') else { return false };
    // A comment may open a Markdown file too; it must be followed by a page.
    if tag.starts_with("!--") {
        return tag.contains("<!doctype html") || tag.contains("<html");
    }
    FIRST.iter().any(|first| tag.starts_with(first))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_look_counts_more_than_the_label() {
        let sniff = |bytes: &[u8], label| Kind::sniff(bytes, "https://a.test/x", Some(label));
        assert_eq!(sniff(b"%PDF-1.7 ...", "text/html"), Err("application/pdf".into()));
        assert_eq!(sniff(b"<!DOCTYPE html><p>", "text/plain"), Ok(Kind::Html));
        assert_eq!(sniff(b"\x89PNG\r\n", "text/html"), Err("image/png".into()));
        assert_eq!(
            sniff(b"MZ\x90\x00\x03\x00", "text/plain"),
            Err("application/octet-stream".into())
        );
        assert_eq!(sniff(b"hello", "video/mp4"), Err("video/mp4".into()));
    }

    #[test]
    fn without_a_label_the_ending_tells() {
        assert_eq!(Kind::sniff(b"# Title", "a/README.md", None), Ok(Kind::Markdown));
        assert_eq!(Kind::sniff(b"a;b", "a.csv", None), Ok(Kind::Csv));
        assert_eq!(Kind::sniff(b"words", "LICENSE", None), Ok(Kind::Plain));
        assert!(is_readable_name("a/b.HTML") && !is_readable_name("a/b.png"));
    }
}
