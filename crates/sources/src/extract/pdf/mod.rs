//! PDF by pages: each page's text by its layout, under a heading with the number of the page. What no reader sees is left out.

mod canvas;
mod layout;
mod leftward;
mod running;

use std::collections::BTreeMap;

use hayro_interpret::hayro_syntax::page::Page;
use hayro_interpret::hayro_syntax::{DecryptionError, LoadPdfError, Pdf};
use hayro_interpret::kurbo::{Affine, Rect};
use hayro_interpret::{Context, InterpreterCache, InterpreterSettings, interpret_page};

use super::outline::{Outline, Piece};
use canvas::Canvas;
use layout::Line;
use running::{running_lines, without_running};

/// Pages of one document.
const MAX_PAGES: usize = 5_000;
/// Titles that are none.
const NO_TITLES: [&str; 3] = ["(anonymous)", "untitled", "Untitled"];
/// Letters of a heading are at least so much larger than those of most of the text.
const HEADING_SIZE: f64 = 1.15;
/// Characters of a heading.
const MAX_HEADING: usize = 120;
/// Levels of headings by their size; smaller ones are of the last.
const MAX_LEVEL: usize = 3;

/// Reads a document. Its parser may take as much as the document makes it, so this belongs into a process that may end.
pub(super) fn read(bytes: &[u8]) -> Result<Outline, String> {
    let pdf = Pdf::new(bytes.to_vec()).map_err(unreadable)?;
    let count = pdf.pages().len();
    if count > MAX_PAGES {
        return Err(format!("it has more than {MAX_PAGES} pages"));
    }
    let mut outline = Outline::default();
    describe(&pdf, &mut outline);
    let pages = pages(&pdf);
    let sizes = Sizes::of(&pages);
    let texts: Vec<String> =
        pages.iter().map(|lines| layout::text(lines, |line| sizes.level(line))).collect();
    let running = running_lines(&texts);
    for (index, text) in texts.iter().enumerate() {
        let text = joined_lines(&without_running(text, index, &running));
        if !text.trim().is_empty() {
            outline.push(Piece::Heading(1, format!("Page {}", index + 1)))?;
            outline.push(Piece::Layout(text))?;
        }
    }
    Ok(outline)
}

fn unreadable(why: LoadPdfError) -> String {
    match why {
        LoadPdfError::Decryption(DecryptionError::PasswordProtected) => {
            "it is locked with a password".into()
        }
        LoadPdfError::Decryption(_) => "it is encrypted in a way that is not known".into(),
        LoadPdfError::Invalid => "it is no sound PDF".into(),
    }
}

/// The lines of each page, up to where the document holds more than any may.
fn pages(pdf: &Pdf) -> Vec<Vec<Line>> {
    let cache = InterpreterCache::new();
    let mut size_bytes = 0;
    let mut pages = Vec::new();
    for page in pdf.pages().iter() {
        let lines = lines(pdf, page, &cache);
        size_bytes += lines.iter().map(Line::length).sum::<usize>();
        if size_bytes > super::outline::MAX_TEXT_BYTES {
            break;
        }
        pages.push(lines);
    }
    pages
}

fn lines<'p>(pdf: &'p Pdf, page: &Page<'p>, cache: &InterpreterCache<'p>) -> Vec<Line> {
    let (width, height) = page.render_dimensions();
    let shown = Rect::new(0.0, 0.0, f64::from(width), f64::from(height));
    let upright = Affine::new(page.initial_transform(true).as_coeffs());
    let settings = InterpreterSettings::default();
    let mut context = Context::new(upright, shown, cache, pdf.xref(), settings);
    let mut canvas = Canvas::of(shown);
    interpret_page(page, &mut context, &mut canvas);
    layout::lines(&canvas.into_letters())
}

/// How large the letters of a document are.
struct Sizes {
    /// Of most of its text, in points.
    text: f64,
    /// Of headings, the largest first, in tenths of a point.
    headings: Vec<u32>,
}

impl Sizes {
    fn of(pages: &[Vec<Line>]) -> Self {
        let mut lengths: BTreeMap<u32, usize> = BTreeMap::new();
        for line in pages.iter().flatten() {
            *lengths.entry(tenths(line.size)).or_default() += line.length();
        }
        let most = lengths.iter().max_by_key(|(_, length)| **length);
        let text = most.map_or(0.0, |(size, _)| f64::from(*size) / 10.0);
        let larger = lengths.into_keys().rev();
        let headings = larger.take_while(|size| f64::from(*size) / 10.0 >= text * HEADING_SIZE);
        Self { text, headings: headings.collect() }
    }

    fn level(&self, line: &Line) -> Option<usize> {
        let is_heading = line.size >= self.text * HEADING_SIZE && line.length() <= MAX_HEADING;
        let rank = self.headings.iter().position(|size| *size == tenths(line.size))?;
        is_heading.then_some((rank + 1).min(MAX_LEVEL))
    }
}

fn tenths(size: f64) -> u32 {
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "it saturates")]
    let tenths = (size * 10.0).round() as u32;
    tenths
}

/// Title and date, where the document says them.
fn describe(pdf: &Pdf, outline: &mut Outline) {
    let said = pdf.metadata();
    // What a program writes that was told no title.
    let title = said.title.as_deref().map(text_string);
    outline.title = title.filter(|title| !NO_TITLES.contains(&title.trim())).unwrap_or_default();
    let moment = said.modification_date.or(said.creation_date);
    outline.published =
        moment.map(|day| format!("{:04}-{:02}-{:02}", day.year, day.month, day.day));
}

/// UTF-16 by its mark, else as good as Latin 1.
fn text_string(bytes: &[u8]) -> String {
    match bytes {
        [0xfe, 0xff, wide @ ..] => {
            let units = wide.chunks_exact(2).map(|pair| u16::from_be_bytes([pair[0], pair[1]]));
            char::decode_utf16(units).map(|c| c.unwrap_or('\u{fffd}')).collect()
        }
        [0xef, 0xbb, 0xbf, text @ ..] => String::from_utf8_lossy(text).into_owned(),
        latin => latin.iter().map(|&byte| char::from(byte)).collect(),
    }
}

/// Words that were parted at the end of a line are whole again.
fn joined_lines(page: &str) -> String {
    let mut out = String::with_capacity(page.len());
    let mut lines = page.lines().peekable();
    while let Some(line) = lines.next() {
        let line = line.trim_end();
        let parted = line.strip_suffix(['-', '\u{ad}', '\u{2010}']);
        let goes_on = lines.peek().is_some_and(|next| next.starts_with(char::is_lowercase));
        match parted {
            Some(head) if goes_on && head.ends_with(char::is_alphabetic) => out.push_str(head),
            _ => {
                out.push_str(line);
                out.push('\n');
            }
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parted_words_are_joined_and_dashes_stay() {
        assert_eq!(
            joined_lines("the man-\nagement of\na - b\nNorth-\nSouth"),
            "the management of\na - b\nNorth-\nSouth\n"
        );
    }

    #[test]
    fn titles_are_read_in_either_encoding() {
        assert_eq!(text_string(b"\xfe\xff\0T\0i"), "Ti");
        assert_eq!(text_string(b"Stra\xdfe"), "Straße");
    }
}
