//! Texts for tests, written as a few lines of Markdown.

use std::sync::Arc;

use domain::evidence::TextRef;
use domain::ids::PageId;
use domain::text::{Block, BlockKind, Text};

use crate::ReadPage;

/// One block per line: `# heading`, `- item`, `| cell | cell |` (the first row of a run is the header),
/// `Key:: value`, and paragraphs.
pub(crate) fn text(title: &str, lines: &str) -> Text {
    let mut text = Text { title: title.to_owned(), ..Text::default() };
    let mut headings: Vec<(u8, usize)> = Vec::new();
    let mut header = None;
    for line in lines.lines().filter(|line| !line.trim().is_empty()) {
        let line = line.trim();
        let start = text.body.len();
        let index = text.blocks.len();
        let hashes = line.bytes().take_while(|b| *b == b'#').count();
        let is_row = line.starts_with('|');
        let kind = if hashes > 0 {
            let level = u8::try_from(hashes).unwrap();
            headings.retain(|(known, _)| *known < level);
            text.body.push_str(line.trim_start_matches('#').trim());
            BlockKind::Heading { level }
        } else if is_row {
            let mut cells = Vec::new();
            for cell in line.trim_matches('|').split('|') {
                if !cells.is_empty() {
                    text.body.push_str(" | ");
                }
                let from = text.body.len();
                text.body.push_str(cell.trim());
                cells.push(from..text.body.len());
            }
            BlockKind::Row { cells, header, is_header: header.is_none() }
        } else if let Some(item) = line.strip_prefix("- ") {
            text.body.push_str(item);
            BlockKind::ListItem { depth: 0 }
        } else if let Some((key, value)) = line.split_once(":: ") {
            text.body.push_str(key);
            text.body.push_str(": ");
            let from = text.body.len();
            text.body.push_str(value);
            BlockKind::Pair {
                key: start..start + key.len(),
                value: from..text.body.len(),
                is_data: false,
            }
        } else {
            text.body.push_str(line);
            BlockKind::Paragraph
        };
        let under = headings.iter().map(|(_, index)| *index).collect();
        if hashes > 0 {
            headings.push((u8::try_from(hashes).unwrap(), index));
        }
        header = if is_row { header.or(Some(index)) } else { None };
        text.blocks.push(Block { kind, span: start..text.body.len(), under });
        text.body.push('\n');
    }
    assert!(text.is_sound());
    text
}

/// A page at `https://HOST/N`.
pub(crate) fn page(number: u32, host: &str, title: &str, lines: &str) -> ReadPage {
    page_of(number, host, text(title, lines))
}

pub(crate) fn page_of(number: u32, host: &str, text: Text) -> ReadPage {
    ReadPage {
        text_ref: TextRef(i64::from(number)),
        page: PageId::from_bits(u128::from(number)),
        address: format!("https://{host}/{number}"),
        text: Arc::new(text),
    }
}
