//! Cuts a text into passages of 80 to 200 words, and each passage into units that may be quoted.
//!
//! A passage never crosses a heading. A row of a table, a pair and a short definition are one unit each.

use std::collections::HashSet;

use domain::text::{Block, BlockKind, Span, Text};

use super::words;

/// A passage is closed when it has this many words, and a block that would exceed the larger number begins
/// a new one.
const ENOUGH: usize = 80;
const MOST: usize = 200;
/// List items and definitions up to this long are quoted whole.
const WHOLE: usize = 45;
/// Longest code block that is quoted, in lines.
const CODE_LINES: usize = 25;
/// Labels of links up to this long are navigation where they stand alone.
const LABEL: usize = 10;

/// Neighbouring units under one heading.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Passage {
    /// Headings above it, as block indexes, outermost first.
    pub under: Vec<usize>,
    pub units: Vec<Unit>,
    pub words: usize,
}

/// What is quoted at once.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unit {
    pub span: Span,
    pub block: usize,
    pub shape: Shape,
    pub words: usize,
    /// What names the unit besides the headings: the term of a definition, the header of a row.
    pub label: Option<Span>,
    /// Whether it is the first under its heading.
    pub leads: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Shape {
    Sentence,
    /// A list item, quoted whole.
    Item,
    Definition,
    Row,
    Pair,
    /// Written by machines for machines.
    Data,
    Code,
}

/// All passages of a text in reading order, without navigation.
pub fn passages(text: &Text) -> Vec<Passage> {
    let labels: HashSet<&str> = text.links.iter().map(|link| link.label.trim()).collect();
    let mut found: Vec<Passage> = Vec::new();
    let mut last_heading = None;
    for (index, block) in text.blocks.iter().enumerate() {
        let words = text.block_text(block);
        if matches!(block.kind, BlockKind::Heading { .. }) || is_residue(words, block, &labels) {
            continue;
        }
        let mut units = units(text, index, block);
        if units.is_empty() {
            continue;
        }
        let heading = block.under.last().copied();
        if last_heading != Some(heading) {
            units[0].leads = true;
            last_heading = Some(heading);
        }
        let is_row = matches!(block.kind, BlockKind::Row { .. });
        for unit in units {
            let joins = found.last().is_some_and(|open| {
                open.under == block.under
                    && open.words < if is_row { ENOUGH } else { MOST }
                    && (open.words < ENOUGH || open.words + unit.words <= MOST)
            });
            if !joins {
                found.push(Passage { under: block.under.clone(), units: Vec::new(), words: 0 });
            }
            if let Some(open) = found.last_mut() {
                open.words += unit.words;
                open.units.push(unit);
            }
        }
    }
    found
}

/// Blocks that say nothing: labels of links, rules, lone signs, "Next", "Edit this page".
fn is_residue(words: &str, block: &Block, labels: &HashSet<&str>) -> bool {
    let trimmed = words.trim();
    let count = trimmed.split_whitespace().count();
    let has_letters = trimmed.chars().filter(|c| c.is_alphanumeric()).count() > 1;
    let is_prose =
        matches!(block.kind, BlockKind::Paragraph | BlockKind::ListItem { .. } | BlockKind::Quote);
    let is_label =
        count <= LABEL && labels.contains(trimmed.trim_end_matches(['.', '»', '›', '→']));
    !has_letters || (is_prose && (is_label || is_link_list(trimmed, labels)))
}

/// A line such as `Home | About | Contact`, where most of the words are labels.
fn is_link_list(words: &str, labels: &HashSet<&str>) -> bool {
    let pieces: Vec<&str> = words
        .split(['|', '·', '»', '•', '\n', '›'])
        .map(str::trim)
        .filter(|p| !p.is_empty())
        .collect();
    let linked = pieces.iter().filter(|piece| labels.contains(*piece)).count();
    pieces.len() >= 3 && linked * 10 >= pieces.len() * 6
}

fn units(text: &Text, index: usize, block: &Block) -> Vec<Unit> {
    let unit = |span: Span, shape: Shape, label: Option<Span>| {
        let words = count(text.quote(&span));
        Unit { span, block: index, shape, words, label, leads: false }
    };
    let whole = trimmed(text, &block.span);
    match &block.kind {
        BlockKind::Heading { .. } | BlockKind::Row { is_header: true, .. } => Vec::new(),
        BlockKind::Paragraph | BlockKind::Quote => {
            split(text, &whole).into_iter().map(|span| unit(span, Shape::Sentence, None)).collect()
        }
        BlockKind::ListItem { .. } if count(text.quote(&whole)) <= WHOLE => {
            vec![unit(whole, Shape::Item, None)]
        }
        BlockKind::ListItem { .. } => {
            split(text, &whole).into_iter().map(|span| unit(span, Shape::Sentence, None)).collect()
        }
        BlockKind::Code => {
            let lines = text.quote(&whole).lines().count();
            if lines <= CODE_LINES { vec![unit(whole, Shape::Code, None)] } else { Vec::new() }
        }
        BlockKind::Row { header, .. } => {
            let label = header.map(|header| text.blocks[header].span.clone());
            vec![unit(whole, Shape::Row, label)]
        }
        BlockKind::Pair { is_data, .. } => {
            let shape = if *is_data { Shape::Data } else { Shape::Pair };
            vec![unit(whole, shape, None)]
        }
        BlockKind::Definition { term, meaning } => {
            if count(text.quote(&whole)) <= WHOLE {
                return vec![unit(whole, Shape::Definition, Some(term.clone()))];
            }
            let sentences = split(text, meaning);
            let units = sentences.into_iter().enumerate().map(|(nth, span)| {
                let is_first = nth == 0 && term.start < span.start;
                let span = if is_first { term.start..span.end } else { span };
                let shape = if is_first { Shape::Definition } else { Shape::Sentence };
                unit(span, shape, Some(term.clone()))
            });
            units.collect()
        }
    }
}

fn split(text: &Text, span: &Span) -> Vec<Span> {
    let sentences = words::sentences(text.quote(span));
    sentences.into_iter().map(|inner| span.start + inner.start..span.start + inner.end).collect()
}

fn trimmed(text: &Text, span: &Span) -> Span {
    let words = text.quote(span);
    let start = span.start + (words.len() - words.trim_start().len());
    start..start + words.trim().len()
}

fn count(words: &str) -> usize {
    words.split_whitespace().count()
}

#[cfg(test)]
mod tests {
    use domain::text::Link;

    use super::*;
    use crate::extractive::build;

    #[test]
    fn a_passage_ends_at_a_heading_and_when_it_is_long_enough() {
        let long = "This sentence has exactly eight words in it. ".repeat(30);
        let text = build::text("T", &format!("# One\n{long}\n# Two\nShort."));
        let found = passages(&text);
        assert_eq!(found.len(), 3);
        assert!(found.iter().all(|passage| passage.words <= MOST));
        assert!(found[2].units[0].leads && found[0].units[0].leads && !found[1].units[0].leads);
    }

    #[test]
    fn labels_of_links_and_lone_signs_are_no_passages() {
        let mut text = build::text("T", "Contents\n***\nReal words stand here.");
        text.links = vec![Link {
            address: "https://a.test/".into(),
            label: "Contents".into(),
            places: Vec::new(),
        }];
        let found = passages(&text);
        assert_eq!(found.len(), 1);
        assert_eq!(text.quote(&found[0].units[0].span), "Real words stand here.");
    }

    #[test]
    fn a_row_is_one_unit_with_its_header_as_label() {
        let text = build::text("T", "| Town | People |\n| Ayford | 1200 |");
        let unit = &passages(&text)[0].units[0];
        assert_eq!(unit.shape, Shape::Row);
        assert_eq!(text.quote(unit.label.as_ref().unwrap()), "Town | People");
    }
}
