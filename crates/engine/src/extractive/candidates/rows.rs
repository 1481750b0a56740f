//! Offers from the rows of tables: by the header of a column, by the first cell, by a key inside a cell.

use domain::text::{Block, BlockKind, Span};

use super::super::mentions::Standing;
use super::super::values::Kind;
use super::{How, KEY, Look, own};

/// Longest key inside a cell, in bytes.
const INNER_KEY: usize = 40;

impl Look<'_> {
    pub(super) fn row(&mut self, block: &Block, cells: &[Span], header: Option<usize>) {
        let blocks = &self.page.page.text.blocks;
        let heads: Vec<Span> = match header.map(|index| &blocks[index].kind) {
            Some(BlockKind::Row { cells, .. }) => cells.clone(),
            Some(_) | None => Vec::new(),
        };
        let quotes = vec![block.span.clone()];
        let above = self.above_rows(block, header, &heads);
        match self.zone.standing {
            Standing::Row { cell: own } => {
                for (at, span) in cells.iter().enumerate().filter(|(at, _)| *at != own) {
                    let fit = match heads.get(at) {
                        Some(head) => self.want.label.on_key(self.quote(head)),
                        // Without a header the second of two cells says what the first is.
                        None if cells.len() == 2 && self.want.label.kind == Kind::Sentence => 0.8,
                        None => 0.0,
                    };
                    let key = heads.get(at).map_or("", |head| self.quote(head));
                    if fit >= KEY
                        && let Some(said) = self.cell(self.quote(span), key, &above)
                    {
                        self.offer(said, fit, How::Table, quotes.clone());
                    } else if !self.keyed_cell(span, 1.0, &quotes)
                        && fit < 0.1
                        && self.quote(span).len() > 25
                    {
                        self.sentences(span, 0.9, How::Sentence, None);
                    }
                }
            }
            Standing::Column { cell } => {
                let key = cells.first().map_or("", |key| self.quote(key));
                let fit = self.want.label.on_key(key);
                let said = || self.cell(self.quote(cells.get(cell)?), key, &above);
                if fit >= KEY
                    && let Some(said) = said()
                {
                    self.offer(said, fit, How::Table, quotes);
                }
            }
            Standing::Section | Standing::Page | Standing::Continues => {
                // A row of keys and values about the subject; in a wider table the key must be exact.
                let key = cells.first().map_or("", |key| self.quote(key));
                let fit = self.want.label.on_key(key);
                let said = || self.cell(self.quote(cells.get(1)?), key, &above);
                let needed = if cells.len() == 2 { KEY } else { 0.9 };
                if fit >= needed
                    && let Some(said) = said()
                {
                    self.offer(said, fit * own(self.zone.standing), How::Table, quotes);
                } else {
                    for span in cells {
                        self.keyed_cell(span, own(self.zone.standing), &quotes);
                    }
                }
            }
            Standing::Defines | Standing::Key | Standing::Mention => {}
        }
    }

    /// What may be said of all amounts of a table: in the corner and the heads of its columns, and above it.
    fn above_rows(&self, block: &Block, header: Option<usize>, heads: &[Span]) -> String {
        let first = header.unwrap_or(self.zone.block);
        let mut said: Vec<&str> = heads.iter().take(2).map(|head| self.quote(head)).collect();
        let around = self.above(first, block);
        said.push(&around);
        said.join("; ")
    }

    /// A cell that is a pair of its own, `Default: 20`; tells whether its key names the field.
    fn keyed_cell(&mut self, cell: &Span, factor: f32, quotes: &[Span]) -> bool {
        let text = self.quote(cell);
        let Some(at) = text.find(": ").filter(|&at| at <= INNER_KEY) else { return false };
        let fit = self.want.label.on_key(&text[..at]);
        if fit < KEY {
            return false;
        }
        if let Some(said) = self.cell(&text[at + 2..], &text[..at], "") {
            self.offer(said, fit * factor, How::Table, quotes.to_vec());
        }
        true
    }
}
