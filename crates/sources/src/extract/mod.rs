//! From bytes to text: what a page says, in blocks, with the place of each in the body.
//!
//! One file per kind of document; all of them write through `writer`, which keeps the spans sound.

mod charset;
mod clean;
mod csv;
mod html;
mod json;
pub(crate) mod kind;
mod lines;
mod markdown;
mod plain;
#[cfg(test)]
mod tests;
mod writer;

use domain::text::{BlockKind, Text};
use url::Url;

use crate::Failed;
use kind::Kind;
use writer::Writer;

/// Version of everything in this module. Raised whenever the same bytes give another text.
pub const EXTRACTOR: i64 = 1;

/// Reads the bytes of one page or document. Pure, and never an empty text.
///
/// `name` is its address (`https://…`, `doc://…`) or path: links are resolved against it, its ending tells
/// the type, and its last part is the title of what has none. `content_type` is the header of that name;
/// what the bytes look like counts more.
pub fn read_bytes(bytes: &[u8], name: &str, content_type: Option<&str>) -> Result<Text, Failed> {
    let kind = Kind::sniff(bytes, name, content_type)
        .map_err(|media_type| Failed::NotText { what: name.to_owned(), media_type })?;
    read_kind(kind, bytes, name, content_type)
}

pub(crate) fn read_kind(
    kind: Kind,
    bytes: &[u8],
    name: &str,
    content_type: Option<&str>,
) -> Result<Text, Failed> {
    let source = charset::decode(bytes, content_type);
    let base = Url::parse(name).ok().filter(|url| !url.cannot_be_a_base());
    let mut text = match kind {
        Kind::Html => html::read(&source, base.as_ref()).map_err(|why| empty(name, why))?,
        Kind::Markdown => written(|writer| markdown::read(&source, base.as_ref(), writer)),
        Kind::Plain => written(|writer| plain::read(&source, writer)),
        Kind::Csv => written(|writer| csv::read(&source, writer)),
        Kind::Json => written(|writer| json::read(&source, writer)),
    };
    if text.blocks.is_empty() {
        return Err(empty(name, "there are no words in it"));
    }
    if text.title.is_empty() {
        let title = first_heading(&text).or_else(|| short_first_line(&text));
        text.title = title.unwrap_or_else(|| file_name(name));
    }
    debug_assert!(text.is_sound(), "{name}");
    Ok(text)
}

fn written(read: impl FnOnce(&mut Writer)) -> Text {
    let mut writer = Writer::default();
    read(&mut writer);
    writer.finish()
}

fn empty(name: &str, why: &'static str) -> Failed {
    Failed::Empty { what: name.to_owned(), why }
}

fn first_heading(text: &Text) -> Option<String> {
    let heading =
        text.blocks.iter().find(|block| matches!(block.kind, BlockKind::Heading { .. }))?;
    Some(text.block_text(heading).to_owned())
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
