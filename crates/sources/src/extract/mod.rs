//! From bytes to text: what a page says, in blocks, with the place of each in the body.
//!
//! One file per kind of document; all of them write through `writer`, which keeps the spans sound. Documents whose
//! parsers are not ours to trust, and pages that take much memory, are read by `isolated`.

mod charset;
mod clean;
mod csv;
mod elements;
mod feed;
mod html;
pub mod isolated;
mod json;
pub(crate) mod kind;
mod large;
mod lines;
mod markdown;
mod office;
mod outline;
mod pdf;
mod plain;
#[cfg(test)]
mod tests;
mod writer;
mod xml;

use std::path::PathBuf;

use domain::text::{BlockKind, Text};
use url::Url;

use crate::Failed;
use html::Syntax;
use isolated::Isolated;
use kind::Kind;
use writer::Writer;

/// Version of everything in this module. Raised whenever the same bytes give another text.
pub const EXTRACTOR: i64 = 5;

/// Reads the bytes of one page or document. Never an empty text; always within limits on time and memory.
///
/// `name` is its address (`https://…`, `doc://…`) or path: links are resolved against it, its ending tells
/// the type, and its last part is the title of what has none. `content_type` is the header of that name;
/// what the bytes look like counts more.
pub fn read_bytes(bytes: &[u8], name: &str, content_type: Option<&str>) -> Result<Text, Failed> {
    Extractor::default().read(bytes, name, content_type).map(|(_, text)| text)
}

/// Reads documents. Cheap to clone.
#[derive(Debug, Clone, Default)]
pub(crate) struct Extractor {
    isolated: Isolated,
}

impl Extractor {
    /// `program` is our own binary, which reads what is not to be trusted in a process of its own.
    pub(crate) fn new(program: Option<PathBuf>) -> Self {
        Self { isolated: Isolated::new(program) }
    }

    /// The text of a page or document, and what it is; see [`read_bytes`].
    pub(crate) fn read(
        &self,
        bytes: &[u8],
        name: &str,
        content_type: Option<&str>,
    ) -> Result<(Kind, Text), Failed> {
        let kind = Kind::sniff(bytes, name, content_type)
            .map_err(|media_type| Failed::NotText { what: name.to_owned(), media_type })?;
        let large = || self.isolated.read_large(bytes, name, content_type);
        if !kind.is_isolated()
            && let Some(read) = large()
        {
            return read.map(|text| (kind, text));
        }
        let unreadable = |why: String| Failed::Unreadable { path: name.to_owned(), why };
        let base = Url::parse(name).ok().filter(|url| !url.cannot_be_a_base());
        let base = base.as_ref();
        let mut text = if kind.is_isolated() {
            let outline = self.isolated.read(kind, bytes).map_err(unreadable)?;
            if outline.is_empty() {
                return Err(empty(name, "there are no words in it, maybe pictures of words"));
            }
            outline.into_text(base)
        } else {
            let source = charset::decode(bytes, content_type);
            match kind {
                Kind::Html => read_html(&source, content_type, base, name)?,
                Kind::Xml => match elements::read(&source) {
                    Ok(text) => text,
                    Err(_) => read_html(&source, content_type, base, name)?,
                },
                Kind::Markdown => written(|writer| markdown::read(&source, base, writer)),
                Kind::Csv => written(|writer| csv::read(&source, writer)),
                Kind::Json => json::read(&source).map_err(unreadable)?,
                Kind::Feed => feed::read(&source).map_err(unreadable)?.into_text(base),
                Kind::Sitemap => feed::read_sitemap(&source).map_err(unreadable)?.into_text(base),
                Kind::Plain | Kind::Pdf | Kind::Docx | Kind::Pptx | Kind::Xlsx | Kind::Epub => {
                    written(|writer| plain::read(&source, writer))
                }
            }
        };
        if text.blocks.is_empty() {
            return Err(empty(name, crate::walls::NO_WORDS));
        }
        if text.title.is_empty() {
            let title = own_heading(kind, &text).or_else(|| short_first_line(&text));
            text.title = title.unwrap_or_else(|| file_name(name));
        }
        debug_assert!(text.is_sound(), "{name}");
        Ok((kind, text))
    }
}

/// The characters of a page, whatever its label says.
pub(crate) fn decoded(bytes: &[u8], content_type: Option<&str>) -> String {
    charset::decode(bytes, content_type).into_owned()
}

/// A page as it is seen, with what hides in it marked; also of hostile pages in time.
pub(crate) fn seen(page: &str) -> scraper::Html {
    html::parsed(page, Syntax::of(page, None))
}

/// Whether a file of this name is read where it stands in a folder.
pub fn is_readable_name(name: &str) -> bool {
    kind::is_readable_name(name)
}

fn written(read: impl FnOnce(&mut Writer)) -> Text {
    let mut writer = Writer::default();
    read(&mut writer);
    writer.finish()
}

fn read_html(
    source: &str,
    content_type: Option<&str>,
    base: Option<&Url>,
    name: &str,
) -> Result<Text, Failed> {
    let syntax = Syntax::of(source, content_type);
    html::read(source, syntax, base).map_err(|why| empty(name, why))
}

fn empty(name: &str, why: &'static str) -> Failed {
    Failed::Empty { what: name.to_owned(), why }
}

/// The first heading of the document's own; `Page 1`, the name of a sheet or of a slide, or a path in JSON is none.
fn own_heading(kind: Kind, text: &Text) -> Option<String> {
    let is_made = |level: u8| match kind {
        Kind::Pdf => level == 1,
        Kind::Xlsx | Kind::Json => true,
        Kind::Html
        | Kind::Markdown
        | Kind::Plain
        | Kind::Csv
        | Kind::Xml
        | Kind::Feed
        | Kind::Sitemap
        | Kind::Docx
        | Kind::Pptx
        | Kind::Epub => false,
    };
    let mut headings = text
        .blocks
        .iter()
        .filter(|block| matches!(block.kind, BlockKind::Heading { level } if !is_made(level)));
    Some(text.block_text(headings.next()?).to_owned())
}

/// The first line, if it reads like a title: short, and no sentence.
fn short_first_line(text: &Text) -> Option<String> {
    const MAX_TITLE: usize = 80;
    let first = text.blocks.first().filter(|block| block.kind == BlockKind::Paragraph)?;
    let line = text.block_text(first).lines().next()?;
    let is_title = line.chars().count() <= MAX_TITLE && !line.ends_with(['.', ':', ',', ';', '!']);
    is_title.then(|| line.to_owned())
}

/// The last part of a path or address.
fn file_name(name: &str) -> String {
    let path = name.split(['?', '#']).next().unwrap_or(name).trim_end_matches('/');
    clean::line(path.rsplit('/').next().unwrap_or(path))
}
