//! Builds a [`Text`] block by block. Whatever is handed in, the result is sound: all spans fit.

use domain::text::{Block, BlockKind, Span, Text};

use super::clean;

/// Places of links that are kept of one page.
const MAX_ANCHORS: usize = 5_000;
/// How many bytes before the expected place the label of a link is looked for, and how many behind it.
const NEAR: usize = 4;
const FAR: usize = 2_000;

#[derive(Debug, Default)]
pub(super) struct Writer {
    text: Text,
    /// The headings that hold for the next block, outermost first.
    above: Vec<usize>,
    /// How much deeper headings are written than their source says.
    deeper: u8,
    anchors: Vec<(Span, String)>,
}

/// Words of a page that are a link, before they are written.
#[derive(Debug)]
pub(super) struct Anchor {
    /// What stands before it, from the link before it or the beginning of its block.
    pub(super) before: String,
    pub(super) label: String,
    /// As the page writes it.
    pub(super) target: String,
}

impl Writer {
    pub(super) fn finish(self) -> Text {
        self.text
    }

    /// Bytes written so far.
    pub(super) fn len(&self) -> usize {
        self.text.body.len()
    }

    pub(super) fn text_mut(&mut self) -> &mut Text {
        &mut self.text
    }

    /// The headings in force, to be given to [`Self::restore`].
    pub(super) fn headings(&self) -> Vec<usize> {
        self.above.clone()
    }

    pub(super) fn restore(&mut self, headings: Vec<usize>) {
        self.above = headings;
    }

    /// Writes what stands below the heading at hand: its own headings are deeper ones.
    pub(super) fn below(&mut self, write: impl FnOnce(&mut Self)) {
        let level = self.above.last().map_or(0, |&index| level_of(&self.text.blocks[index]));
        let before = std::mem::replace(&mut self.deeper, level);
        write(self);
        self.deeper = before;
    }

    /// Finds the labels of links in what was written from `start` on.
    pub(super) fn anchor(&mut self, start: usize, anchors: impl IntoIterator<Item = Anchor>) {
        let mut at = start;
        for Anchor { before, label, target } in anchors {
            let label = clean::line(&label);
            let near = at + clean::words(&before).len().saturating_sub(NEAR);
            let near = self.text.body.ceil_char_boundary(near);
            let end = self.text.body.floor_char_boundary(near + FAR + label.len());
            let found = self.text.body.get(near..end).and_then(|written| written.find(&label));
            if let Some(found) =
                found.filter(|_| !label.is_empty() && self.anchors.len() < MAX_ANCHORS)
            {
                at = near + found + label.len();
                self.anchors.push((near + found..at, target));
            }
        }
    }

    /// How many links were found so far.
    pub(super) fn anchors(&self) -> usize {
        self.anchors.len()
    }

    /// Those that were found after so many, each with what it leads to.
    pub(super) fn take_anchors(&mut self, after: usize) -> Vec<(Span, String)> {
        self.anchors.split_off(after)
    }

    pub(super) fn heading(&mut self, level: u8, raw: &str) {
        let level = level.saturating_add(self.deeper);
        let words = clean::line(raw);
        if words.is_empty() {
            return;
        }
        let blocks = &self.text.blocks;
        self.above.retain(|&index| level_of(&blocks[index]) < level);
        let index = self.block(BlockKind::Heading { level }, &words);
        self.above.push(index);
    }

    pub(super) fn paragraph(&mut self, raw: &str) {
        self.simple(BlockKind::Paragraph, raw);
    }

    pub(super) fn list_item(&mut self, depth: usize, raw: &str) {
        let depth = u8::try_from(depth).unwrap_or(u8::MAX);
        self.simple(BlockKind::ListItem { depth }, raw);
    }

    pub(super) fn quote(&mut self, raw: &str) {
        self.simple(BlockKind::Quote, raw);
    }

    pub(super) fn code(&mut self, raw: &str) {
        let code = clean::code(raw);
        if !code.is_empty() {
            self.block(BlockKind::Code, &code);
        }
    }

    /// A row of a table; tells its index. Rows without any text are not written.
    pub(super) fn row<S: AsRef<str>>(
        &mut self,
        cells: &[S],
        header: Option<usize>,
        is_header: bool,
    ) -> Option<usize> {
        let cells: Vec<String> = cells.iter().map(|cell| clean::line(cell.as_ref())).collect();
        if cells.iter().all(String::is_empty) {
            return None;
        }
        let start = self.begin(true);
        let mut spans = Vec::with_capacity(cells.len());
        for (index, cell) in cells.iter().enumerate() {
            if index > 0 {
                self.text.body.push_str(" | ");
            }
            spans.push(self.put(cell));
        }
        Some(self.end(BlockKind::Row { cells: spans, header, is_header }, start))
    }

    /// A term and its meaning, with what stands between them on the page.
    pub(super) fn definition(&mut self, term: &str, between: &str, meaning: &str) {
        let (term, meaning) = (clean::line(term), clean::words(meaning));
        if term.is_empty() || meaning.is_empty() {
            return self.paragraph(if term.is_empty() { &meaning } else { &term });
        }
        let start = self.begin(false);
        let term = self.put(&term);
        self.text.body.push_str(between);
        let meaning = self.put(&meaning);
        self.end(BlockKind::Definition { term, meaning }, start);
    }

    pub(super) fn pair(&mut self, key: &str, value: &str, is_data: bool) {
        self.pair_apart(key, ": ", value, is_data);
    }

    /// A key and its value in two cells. A colon stands between them only where the page has one, so that
    /// a quote of the pair is verbatim.
    pub(super) fn pair_of_cells(&mut self, key: &str, value: &str) {
        let between = if key.trim_end().ends_with(':') { ": " } else { " | " };
        self.pair_apart(key, between, value, false);
    }

    fn pair_apart(&mut self, key: &str, between: &str, value: &str, is_data: bool) {
        let (key, value) = (clean::line(key), clean::words(value));
        let key = key.trim_end_matches([':', ' ']);
        if key.is_empty() || value.is_empty() {
            return self.paragraph(if key.is_empty() { &value } else { key });
        }
        let start = self.begin(true);
        let key = self.put(key);
        self.text.body.push_str(between);
        let value = self.put(&value);
        self.end(BlockKind::Pair { key, value, is_data }, start);
    }

    fn simple(&mut self, kind: BlockKind, raw: &str) {
        let words = clean::words(raw);
        if !words.is_empty() {
            self.block(kind, &words);
        }
    }

    fn block(&mut self, kind: BlockKind, words: &str) -> usize {
        let start = self.begin(matches!(kind, BlockKind::ListItem { .. }));
        self.put(words);
        self.end(kind, start)
    }

    /// Starts a line; an empty line stands before it, unless this and the block before are lines of one
    /// table or list.
    fn begin(&mut self, is_line: bool) -> usize {
        if !self.text.body.is_empty() {
            let follows_line = self.text.blocks.last().is_some_and(is_line_kind);
            self.text.body.push_str(if is_line && follows_line { "\n" } else { "\n\n" });
        }
        self.text.body.len()
    }

    fn put(&mut self, words: &str) -> Span {
        let start = self.text.body.len();
        self.text.body.push_str(words);
        start..self.text.body.len()
    }

    fn end(&mut self, kind: BlockKind, start: usize) -> usize {
        let span = start..self.text.body.len();
        self.text.blocks.push(Block { kind, span, under: self.above.clone() });
        self.text.blocks.len() - 1
    }
}

fn level_of(block: &Block) -> u8 {
    if let BlockKind::Heading { level } = block.kind { level } else { u8::MAX }
}

fn is_line_kind(block: &Block) -> bool {
    matches!(
        block.kind,
        BlockKind::ListItem { .. } | BlockKind::Row { .. } | BlockKind::Pair { .. }
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_heading_holds_until_the_next_of_its_level() {
        let mut writer = Writer::default();
        writer.heading(1, "One");
        writer.heading(2, "Two");
        writer.paragraph("under two");
        writer.heading(2, "Three");
        writer.paragraph("under three");
        let text = writer.finish();
        let paths: Vec<_> = text.blocks.iter().map(|block| block.under.clone()).collect();
        assert_eq!(paths, [vec![], vec![0], vec![0, 1], vec![0], vec![0, 3]]);
        assert!(text.is_sound());
    }

    #[test]
    fn spans_are_the_words_themselves() {
        let mut writer = Writer::default();
        let header = writer.row(&["Name", "Born"], None, true);
        writer.row(&["Zoë", ""], header, false);
        writer.pair("Seat:", "Rome", false);
        writer.pair_of_cells("Area:", "9 ha");
        writer.pair_of_cells("Age", "7");
        let text = writer.finish();
        assert_eq!(text.body, "Name | Born\nZoë | \nSeat: Rome\nArea: 9 ha\nAge | 7");
        let BlockKind::Pair { key, value, .. } = &text.blocks[2].kind else { panic!("no pair") };
        assert_eq!((text.quote(key), text.quote(value)), ("Seat", "Rome"));
    }
}
