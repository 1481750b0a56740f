//! What a document says, before it is a text: pieces in reading order. Parsers that are not ours to trust hand in no
//! more than this, so that spans are always made by `writer`.

use std::collections::HashSet;

use domain::text::{Link, Text};
use serde::{Deserialize, Serialize};
use url::Url;

use super::html::Syntax;
use super::writer::Writer;
use super::{csv, html, plain};

/// Bytes of words that one document may hold. A thousand pages of prose have about three million.
pub(super) const MAX_TEXT_BYTES: usize = 8_000_000;
/// Pieces of one document: what many tiny ones take beside their words.
const MAX_PIECES: usize = 400_000;
/// Longest first cell of a row that may be a key, in bytes.
const MAX_KEY_BYTES: usize = 60;

/// A document's words and what is known of it. Filled by one parser, maybe in another process.
#[derive(Debug, Default, Serialize, Deserialize)]
pub(crate) struct Outline {
    pub(super) title: String,
    /// `YYYY-MM-DD`.
    pub(super) published: Option<String>,
    pub(super) language: Option<String>,
    /// Address and label.
    pub(super) links: Vec<(String, String)>,
    pieces: Vec<Piece>,
    #[serde(skip)]
    size_bytes: usize,
}

#[derive(Debug, Serialize, Deserialize)]
pub(super) enum Piece {
    Heading(u8, String),
    Paragraph(String),
    Item(usize, String),
    Quote(String),
    /// Rows of cells.
    Table(Vec<Vec<String>>),
    /// What a machine wrote for machines.
    Data(String, String),
    /// The address of the thing at hand, as it is written.
    Link(String),
    /// Text whose structure is in its layout.
    Layout(String),
    /// Markup below the heading at hand.
    Html(String),
    /// A page of XHTML with headings of its own.
    Chapter(String),
}

impl Outline {
    /// Adds a piece; fails where the document holds more than any may.
    pub(super) fn push(&mut self, piece: Piece) -> Result<(), String> {
        self.size_bytes += match &piece {
            Piece::Heading(_, words)
            | Piece::Paragraph(words)
            | Piece::Item(_, words)
            | Piece::Quote(words)
            | Piece::Link(words)
            | Piece::Layout(words)
            | Piece::Html(words)
            | Piece::Chapter(words) => words.len(),
            Piece::Data(key, value) => key.len() + value.len(),
            Piece::Table(rows) => rows.iter().flatten().map(|cell| cell.len() + 3).sum(),
        };
        self.pieces.push(piece);
        if self.size_bytes > MAX_TEXT_BYTES {
            return Err(format!("it holds more than {} MB of text", MAX_TEXT_BYTES / 1_000_000));
        }
        if self.pieces.len() > MAX_PIECES {
            return Err(format!("it consists of more than {MAX_PIECES} pieces"));
        }
        Ok(())
    }

    pub(super) fn is_empty(&self) -> bool {
        self.pieces.is_empty()
    }

    /// The text of it. `base` is what links are resolved against.
    pub(super) fn into_text(self, base: Option<&Url>) -> Text {
        let mut writer = Writer::default();
        for piece in &self.pieces {
            piece.write(base, &mut writer);
        }
        let mut text = writer.finish();
        text.title = super::clean::line(&self.title);
        text.published = self.published.filter(|day| html::date(day).as_ref() == Some(day));
        text.language = self.language.as_deref().and_then(html::language);
        // Those that the document names come before those in its words.
        let within = std::mem::take(&mut text.links);
        for (address, label) in self.links {
            if let Some(address) = html::link_address(&address, base) {
                let label = super::clean::line(&label);
                text.links.push(Link { address, label, places: Vec::new() });
            }
        }
        let known: HashSet<String> = text.links.iter().map(|link| link.address.clone()).collect();
        text.links.extend(within.into_iter().filter(|link| !known.contains(&link.address)));
        text
    }
}

impl Piece {
    fn write(&self, base: Option<&Url>, writer: &mut Writer) {
        match self {
            Self::Heading(level, words) => writer.heading((*level).clamp(1, 6), words),
            Self::Paragraph(words) => writer.paragraph(words),
            Self::Item(depth, words) => writer.list_item(*depth, words),
            Self::Quote(words) => writer.quote(words),
            Self::Data(key, value) => writer.pair(key, value, true),
            // Below the heading of its page or sheet.
            Self::Layout(words) => writer.below(|writer| plain::read(words, writer)),
            Self::Html(words) => {
                writer.below(|writer| html::write_piece(words, Syntax::Html, base, writer));
            }
            Self::Chapter(words) => {
                writer.restore(Vec::new());
                // A link without a host leads to another chapter.
                html::write_piece(words, Syntax::Xml, None, writer);
            }
            Self::Link(address) => {
                let whole = html::link_address(address, base);
                writer.pair("link", whole.as_deref().unwrap_or(address), true);
            }
            Self::Table(rows) => table(rows, writer),
        }
    }
}

/// Rows with a header, or keys and their values where there are two columns and the first one names things.
fn table(rows: &[Vec<String>], writer: &mut Writer) {
    let is_key = |row: &Vec<String>| {
        let key = row[0].trim();
        !key.is_empty() && key.len() <= MAX_KEY_BYTES && key.contains(char::is_alphabetic)
    };
    let has_header = rows.len() > 1 && rows.first().is_some_and(|row| csv::names_columns(row));
    let has_two = rows.iter().all(|row| row.len() == 2);
    let is_list_of_names =
        has_header && rows.len() > 2 && rows.iter().skip(1).all(|row| csv::has_number(&row[1..]));
    if has_two && rows.iter().all(is_key) && !is_list_of_names {
        return rows.iter().for_each(|row| writer.pair_of_cells(&row[0], &row[1]));
    }
    let mut header = None;
    for (index, row) in rows.iter().enumerate() {
        let is_header = index == 0 && has_header;
        let written = writer.row(row, header, is_header);
        if is_header {
            header = written;
        }
    }
}
