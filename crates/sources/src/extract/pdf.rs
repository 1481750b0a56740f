//! PDF by pages: each page's text by its layout, under a heading with the number of the page.

use std::collections::HashMap;

use pdf_extract::{Document, PlainTextOutput, output_doc_page};

use super::outline::{Outline, Piece};

/// Pages of one document.
const MAX_PAGES: usize = 5_000;
/// A line at the edge of so many pages, numbers aside, is a running head or foot.
const RUNNING_PAGES: usize = 3;
/// Lines at each edge of a page that may be running ones.
const EDGE_LINES: usize = 2;

/// Reads a document. Its parser recurses as deep as the document says, so this belongs on a thread or into a process
/// that may end.
pub(super) fn read(bytes: &[u8]) -> Result<Outline, String> {
    let mut document =
        Document::load_mem(bytes).map_err(|why| format!("it is no sound PDF: {why}"))?;
    // Many documents are locked against printing only, and open without a password.
    if document.is_encrypted() && document.decrypt("").is_err() {
        return Err("it is encrypted".into());
    }
    let pages = document.get_pages().len();
    if pages > MAX_PAGES {
        return Err(format!("it has more than {MAX_PAGES} pages"));
    }
    let mut outline = Outline::default();
    describe(&document, &mut outline);
    let mut texts = Vec::with_capacity(pages);
    let mut size_bytes = 0;
    let mut broken = 0;
    for number in 1..=u32::try_from(pages).unwrap_or(0) {
        let mut text = String::new();
        // A page that cannot be read does not take the others with it.
        if output_doc_page(&document, &mut PlainTextOutput::new(&mut text), number).is_err() {
            broken += 1;
        }
        size_bytes += text.len();
        if size_bytes > super::outline::MAX_TEXT_BYTES {
            break;
        }
        texts.push(text);
    }
    if broken == pages {
        return Err("none of its pages can be read".into());
    }
    let running = running_lines(&texts);
    for (index, text) in texts.iter().enumerate() {
        let text = joined_lines(&without_running(text, &running));
        if !text.trim().is_empty() {
            outline.push(Piece::Heading(1, format!("Page {}", index + 1)))?;
            outline.push(Piece::Layout(text))?;
        }
    }
    Ok(outline)
}

/// Title and date, where the document says them.
fn describe(document: &Document, outline: &mut Outline) {
    let info = document.trailer.get(b"Info").ok();
    let info = info.and_then(|info| match info.as_reference() {
        Ok(id) => document.get_object(id).ok(),
        Err(_) => Some(info),
    });
    let Some(info) = info.and_then(|info| info.as_dict().ok()) else { return };
    let words = |key: &[u8]| {
        let bytes = info.get(key).ok()?.as_str().ok()?;
        Some(text_string(bytes))
    };
    outline.title = words(b"Title").unwrap_or_default();
    let moment = words(b"ModDate").or_else(|| words(b"CreationDate"));
    outline.published = moment.as_deref().and_then(day);
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

/// The day of `D:20240506070809Z`.
fn day(moment: &str) -> Option<String> {
    let digits = moment.trim().trim_start_matches("D:").get(..8)?;
    digits
        .bytes()
        .all(|b| b.is_ascii_digit())
        .then(|| format!("{}-{}-{}", &digits[..4], &digits[4..6], &digits[6..]))
}

/// Lines that stand at the edge of many pages, without their numbers.
fn running_lines(pages: &[String]) -> Vec<String> {
    let mut counts: HashMap<String, usize> = HashMap::new();
    for page in pages {
        let lines: Vec<&str> = page.lines().filter(|line| !line.trim().is_empty()).collect();
        let first = lines.iter().take(EDGE_LINES);
        let last = lines.iter().rev().take(EDGE_LINES);
        let mut edges: Vec<String> = first.chain(last).map(|line| form(line)).collect();
        edges.sort_unstable();
        edges.dedup();
        for edge in edges {
            *counts.entry(edge).or_default() += 1;
        }
    }
    let enough = RUNNING_PAGES.max(pages.len() / 4);
    counts.into_iter().filter(|(_, count)| *count >= enough).map(|(form, _)| form).collect()
}

fn form(line: &str) -> String {
    line.chars().filter(|c| !c.is_ascii_digit() && !c.is_whitespace()).collect()
}

fn without_running(page: &str, running: &[String]) -> String {
    let filled: Vec<usize> = page
        .lines()
        .enumerate()
        .filter(|(_, line)| !line.trim().is_empty())
        .map(|(index, _)| index)
        .collect();
    let is_edge = |index: usize| {
        filled
            .iter()
            .take(EDGE_LINES)
            .chain(filled.iter().rev().take(EDGE_LINES))
            .any(|&at| at == index)
    };
    page.lines()
        .enumerate()
        .filter(|(index, line)| !(is_edge(*index) && running.contains(&form(line))))
        .map(|(_, line)| line)
        .collect::<Vec<_>>()
        .join("\n")
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
    fn running_heads_and_numbers_of_pages_are_left_out() {
        let words =
            ["High tide comes.", "Low tide follows.", "The moon pulls.", "The sea answers."];
        let page = |words: &&str| format!("Annual report\n\n{words}\n\n{}", words.len());
        let pages: Vec<String> = words.iter().map(page).collect();
        let running = running_lines(&pages);
        assert_eq!(without_running(&pages[1], &running).trim(), "Low tide follows.");
    }

    #[test]
    fn days_are_read() {
        assert_eq!(day("D:20240506070809+02'00'").as_deref(), Some("2024-05-06"));
        assert_eq!(day("yesterday"), None);
        assert_eq!(text_string(b"\xfe\xff\0T\0i"), "Ti");
    }
}
