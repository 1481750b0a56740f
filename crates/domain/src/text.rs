//! Our reading of a page: its text, and the blocks that the text consists of.
//!
//! The text is UTF-8 in NFC. Every span is a range of bytes in [`Text::body`], on character borders, so
//! that a quote *is* `body[span]`. Structured data that may be quoted (JSON-LD, attributes) is part of the
//! body too, as a block of kind [`BlockKind::Pair`].

use std::ops::Range;

/// A range of bytes in a text's body.
pub type Span = Range<usize>;

/// What was read on one page.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Text {
    /// The page's own title, or its first heading, or its file name.
    pub title: String,
    /// When the page says it was published or last changed, as `YYYY-MM-DD`.
    pub published: Option<String>,
    /// Two-letter language the page declares.
    pub language: Option<String>,
    /// All blocks in reading order, one or more newlines between them.
    pub body: String,
    pub blocks: Vec<Block>,
    /// Links of the page, absolute, in order, without fragments.
    pub links: Vec<Link>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Link {
    pub address: String,
    pub label: String,
    /// Where labels that lead there stand in the body; none of a link in a menu, or of a page from the archive.
    pub places: Vec<Span>,
}

/// One piece of the page that belongs together.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Block {
    pub kind: BlockKind,
    /// Where it stands in the body.
    pub span: Span,
    /// The blocks of kind [`BlockKind::Heading`] above this one, outermost first, as indexes into
    /// [`Text::blocks`].
    pub under: Vec<usize>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum BlockKind {
    /// 1 is the outermost level.
    Heading {
        level: u8,
    },
    Paragraph,
    ListItem {
        depth: u8,
    },
    Quote,
    Code,
    /// One row of a table; the cells in order. `header` is the index of the block that holds the names of
    /// the columns (a `Row` too), where there is one. `caption` likewise.
    Row {
        cells: Vec<Span>,
        header: Option<usize>,
        is_header: bool,
    },
    /// A term and what is said of it (`dl`, `**Term**: text`). Both spans lie inside the block.
    Definition {
        term: Span,
        meaning: Span,
    },
    /// A key and its value: `Key: value` lines, two-column tables, JSON-LD, microdata, front matter.
    /// `key` may be a path such as `address.locality`.
    Pair {
        key: Span,
        value: Span,
        /// Whether a machine wrote it for machines (JSON-LD, microdata, meta, front matter).
        is_data: bool,
    },
}

impl Text {
    pub fn quote(&self, span: &Span) -> &str {
        self.body.get(span.clone()).unwrap_or_default()
    }

    pub fn block_text(&self, block: &Block) -> &str {
        self.quote(&block.span)
    }

    /// Title and headings above a block, outermost first, without repeats.
    pub fn heading_path<'a>(&'a self, block: &Block) -> Vec<&'a str> {
        let mut path: Vec<&str> = vec![self.title.as_str()];
        for heading in block.under.iter().filter_map(|&index| self.blocks.get(index)) {
            let words = self.block_text(heading);
            if path.last() != Some(&words) {
                path.push(words);
            }
        }
        path
    }

    /// Whether all spans lie on character borders inside the body and all indexes exist.
    pub fn is_sound(&self) -> bool {
        let fits = |span: &Span| self.body.get(span.clone()).is_some();
        let index_fits = |index: &usize| *index < self.blocks.len();
        self.links.iter().flat_map(|link| &link.places).all(fits)
            && self.blocks.iter().all(|block| {
                fits(&block.span)
                    && block.under.iter().all(index_fits)
                    && match &block.kind {
                        BlockKind::Row { cells, header, .. } => {
                            cells.iter().all(fits) && header.iter().all(index_fits)
                        }
                        BlockKind::Definition { term, meaning } => fits(term) && fits(meaning),
                        BlockKind::Pair { key, value, .. } => fits(key) && fits(value),
                        BlockKind::Heading { .. }
                        | BlockKind::Paragraph
                        | BlockKind::ListItem { .. }
                        | BlockKind::Quote
                        | BlockKind::Code => true,
                    }
            })
    }
}
