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
        match self.zone.standing {
            Standing::Row { cell: own } => {
                for (at, span) in cells.iter().enumerate().filter(|(at, _)| *at != own) {
                    let fit = match heads.get(at) {
                        Some(head) => self.want.label.on_key(self.quote(head)),
                        // Without a header the second of two cells says what the first is.
                        None if cells.len() == 2 && self.want.label.kind == Kind::Sentence => 0.8,
                        None => 0.0,
                    };
                    if fit >= KEY
                        && let Some(said) = self.cell(span)
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
                let fit = cells.first().map_or(0.0, |key| self.want.label.on_key(self.quote(key)));
                if fit >= KEY
                    && let Some(said) = cells.get(cell).and_then(|span| self.cell(span))
                {
                    self.offer(said, fit, How::Table, quotes);
                }
            }
            Standing::Section | Standing::Page | Standing::Continues => {
                // A row of keys and values about the subject; in a wider table the key must be exact.
                let fit = cells.first().map_or(0.0, |key| self.want.label.on_key(self.quote(key)));
                let needed = if cells.len() == 2 { KEY } else { 0.9 };
                if fit >= needed
                    && let Some(said) = cells.get(1).and_then(|span| self.cell(span))
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

    /// A cell that is a pair of its own, `Default: 20`; tells whether its key names the field.
    fn keyed_cell(&mut self, cell: &Span, factor: f32, quotes: &[Span]) -> bool {
        let text = self.quote(cell);
        let Some(at) = text.find(": ").filter(|&at| at <= INNER_KEY) else { return false };
        let fit = self.want.label.on_key(&text[..at]);
        if fit < KEY {
            return false;
        }
        if let Some(said) = self.cell(&(cell.start + at + 2..cell.end)) {
            self.offer(said, fit * factor, How::Table, quotes.to_vec());
        }
        true
    }
}
