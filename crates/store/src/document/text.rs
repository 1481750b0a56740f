//! Texts of archived pages, with their blocks.

use domain::text::{Block, BlockKind, Link, Text};
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::{parse, unreadable};
use crate::Failed;

#[derive(Serialize, Deserialize)]
struct StoredText {
    v: u32,
    title: String,
    published: Option<String>,
    language: Option<String>,
    body: String,
    blocks: Vec<StoredBlock>,
    links: Vec<(String, String)>,
}

/// Kind, start, end, headings above, and what the kind needs besides.
#[derive(Serialize, Deserialize)]
struct StoredBlock(String, usize, usize, Vec<usize>, Vec<usize>);

const NONE: usize = usize::MAX;

pub(crate) fn text_to_json(text: &Text) -> String {
    let blocks = text.blocks.iter().map(store_block).collect();
    let links = text.links.iter().map(|link| (link.address.clone(), link.label.clone())).collect();
    json!(StoredText {
        v: 1,
        title: text.title.clone(),
        published: text.published.clone(),
        language: text.language.clone(),
        body: text.body.clone(),
        blocks,
        links,
    })
    .to_string()
}

fn store_block(block: &Block) -> StoredBlock {
    let (kind, more): (&str, Vec<usize>) = match &block.kind {
        BlockKind::Heading { level } => ("h", vec![usize::from(*level)]),
        BlockKind::Paragraph => ("p", vec![]),
        BlockKind::ListItem { depth } => ("li", vec![usize::from(*depth)]),
        BlockKind::Quote => ("q", vec![]),
        BlockKind::Code => ("code", vec![]),
        BlockKind::Row { cells, header, is_header } => {
            let mut more = vec![header.unwrap_or(NONE), usize::from(*is_header)];
            more.extend(cells.iter().flat_map(|cell| [cell.start, cell.end]));
            ("row", more)
        }
        BlockKind::Definition { term, meaning } => {
            ("def", vec![term.start, term.end, meaning.start, meaning.end])
        }
        BlockKind::Pair { key, value, is_data } => {
            ("pair", vec![key.start, key.end, value.start, value.end, usize::from(*is_data)])
        }
    };
    StoredBlock(kind.into(), block.span.start, block.span.end, block.under.clone(), more)
}

pub(crate) fn text_from_json(json: &str) -> Result<Text, Failed> {
    let stored: StoredText = parse("text", json)?;
    let blocks = stored
        .blocks
        .into_iter()
        .map(|block| load_block(block).ok_or_else(|| unreadable("text", "a block is malformed")))
        .collect::<Result<_, _>>()?;
    let links = stored
        .links
        .into_iter()
        .map(|(address, label)| Link { address, label, places: Vec::new() })
        .collect();
    let text = Text {
        title: stored.title,
        published: stored.published,
        language: stored.language,
        body: stored.body,
        blocks,
        links,
    };
    if text.is_sound() { Ok(text) } else { Err(unreadable("text", "a span lies outside of it")) }
}

fn load_block(stored: StoredBlock) -> Option<Block> {
    let StoredBlock(kind, start, end, under, more) = stored;
    let level = |at: usize| more.get(at).and_then(|n| u8::try_from(*n).ok());
    let span = |at: usize| Some(*more.get(at)?..*more.get(at + 1)?);
    let kind = match kind.as_str() {
        "h" => BlockKind::Heading { level: level(0)? },
        "p" => BlockKind::Paragraph,
        "li" => BlockKind::ListItem { depth: level(0)? },
        "q" => BlockKind::Quote,
        "code" => BlockKind::Code,
        "row" => BlockKind::Row {
            header: more.first().copied().filter(|index| *index != NONE),
            is_header: *more.get(1)? == 1,
            cells: more.get(2..)?.chunks_exact(2).map(|pair| pair[0]..pair[1]).collect(),
        },
        "def" => BlockKind::Definition { term: span(0)?, meaning: span(2)? },
        "pair" => BlockKind::Pair { key: span(0)?, value: span(2)?, is_data: *more.get(4)? == 1 },
        _ => return None,
    };
    Some(Block { kind, span: start..end, under })
}
