//! Walks the tree once, without recursion, and writes what it meets as blocks.

use std::ops::Range;

use ego_tree::NodeRef;
use scraper::node::Element;
use scraper::{ElementRef, Node};

use super::super::clean::BREAK;
use super::super::lines;
use super::super::writer::{Anchor, Writer};
use super::boilerplate::{self, Care, Met};
use super::inline;
use super::table::{self, Table};

/// Level of the heading that a long definition gets; one deeper for each list of definitions around it.
const DEFINITION_LEVEL: u8 = 6;

/// Writes everything below `root`.
pub(super) fn write(root: ElementRef<'_>, care: Care, writer: &mut Writer) {
    let mut walk = Walk {
        writer,
        care,
        inline: String::new(),
        anchors: Vec::new(),
        term_anchors: Vec::new(),
        lead: None,
        frames: Vec::new(),
        meaning_of: None,
    };
    let Some(mut node) = root.first_child() else { return };
    loop {
        let entered = walk.open(node);
        if entered && let Some(child) = node.first_child() {
            node = child;
            continue;
        }
        if entered {
            walk.close(node);
        }
        loop {
            if let Some(next) = node.next_sibling() {
                node = next;
                break;
            }
            match node.parent() {
                Some(parent) if parent != *root => {
                    node = parent;
                    walk.close(node);
                }
                Some(_) | None => return walk.flush(),
            }
        }
    }
}

struct Walk<'w> {
    writer: &'w mut Writer,
    care: Care,
    /// The words of the block at hand, white space as in the source.
    inline: String,
    /// Links among them: where their labels begin and end, and what they lead to.
    anchors: Vec<(Range<usize>, String)>,
    /// Links among the terms whose meaning comes.
    term_anchors: Vec<Anchor>,
    /// Where bold words at the very beginning end; 0 while they last.
    lead: Option<usize>,
    frames: Vec<Frame>,
    /// The term whose meaning the next paragraph is.
    meaning_of: Option<String>,
}

/// What surrounds a block, as far as it matters to what the block is.
enum Frame {
    List,
    Item {
        is_fresh: bool,
    },
    Quote,
    /// Terms met so far, and whether their meaning was met too.
    Definitions {
        terms: Vec<String>,
        is_told: bool,
    },
    /// The headings to go back to, where the meaning got one of its own.
    Meaning {
        headings: Option<Vec<usize>>,
    },
}

impl Walk<'_> {
    /// Takes up a node; tells whether its children are to be visited.
    fn open(&mut self, node: NodeRef<'_, Node>) -> bool {
        match Met::at(node) {
            Some(Met::Text(text)) => self.inline.push_str(text),
            Some(Met::Element(element)) => {
                if !boilerplate::is_dropped(node, element, self.care) {
                    return self.open_element(node, element);
                }
                // What is dropped still stood between the words.
                if inline::is_block(element.name()) {
                    self.flush();
                }
            }
            None => {}
        }
        false
    }

    fn open_element(&mut self, node: NodeRef<'_, Node>, element: &Element) -> bool {
        let name = element.name();
        match name {
            "br" => self.inline.push(BREAK),
            "sup" => {
                let raised = inline::raised(node, &self.inline);
                self.inline.push_str(&raised);
            }
            "h1" | "h2" | "h3" | "h4" | "h5" | "h6" => {
                self.flush();
                let level = name.as_bytes()[1] - b'0';
                let start = self.writer.len();
                self.writer.heading(level, &inline::words(node, self.care));
                self.writer.anchor(start, inline::anchors(node, self.care));
            }
            "pre" | "listing" | "xmp" => {
                self.flush();
                self.written_otherwise();
                self.writer.code(&code(node));
            }
            "dt" => self.open_term(node),
            "table" => {
                self.flush();
                match table::read(node, self.care) {
                    Table::Layout => return true,
                    Table::Data(table) => {
                        self.written_otherwise();
                        let start = self.writer.len();
                        table.write(self.writer);
                        self.writer.anchor(start, inline::anchors(node, self.care));
                    }
                }
            }
            _ => {
                self.enter(node, name);
                return true;
            }
        }
        false
    }

    /// Elements whose children are visited.
    fn enter(&mut self, node: NodeRef<'_, Node>, name: &str) {
        if inline::is_block(name) {
            self.flush();
        }
        match name {
            "ul" | "ol" | "menu" | "dir" => self.frames.push(Frame::List),
            "li" => self.frames.push(Frame::Item { is_fresh: true }),
            "blockquote" => self.frames.push(Frame::Quote),
            "dl" => self.frames.push(Frame::Definitions { terms: Vec::new(), is_told: false }),
            "dd" => self.open_meaning(node),
            "b" | "strong" if self.lead.is_none() && self.inline.trim().is_empty() => {
                self.lead = Some(0);
            }
            _ => {}
        }
        if let Some(target) = node.value().as_element().and_then(inline::target) {
            self.anchors.push((self.inline.len()..usize::MAX, target));
        }
    }

    fn close(&mut self, node: NodeRef<'_, Node>) {
        let Some(element) = node.value().as_element() else { return };
        let name = element.name();
        if inline::is_block(name) {
            self.flush();
        }
        match name {
            "ul" | "ol" | "menu" | "dir" | "li" | "blockquote" => {
                self.frames.pop();
            }
            "dl" => {
                if let Some(Frame::Definitions { terms, is_told: false }) = self.frames.pop() {
                    // Terms without meanings are a mere list, such as a table of contents.
                    for term in terms {
                        self.writer.list_item(1, &term);
                    }
                }
            }
            "dd" => {
                self.meaning_of = None;
                if let Some(Frame::Meaning { headings: Some(headings) }) = self.frames.pop() {
                    self.writer.restore(headings);
                }
            }
            "b" | "strong" if self.lead == Some(0) => self.lead = Some(self.inline.len()),
            "a" => {
                if let Some((label, _)) =
                    self.anchors.last_mut().filter(|(l, _)| l.end == usize::MAX)
                {
                    label.end = self.inline.len();
                }
            }
            _ => {}
        }
    }

    fn open_term(&mut self, node: NodeRef<'_, Node>) {
        self.flush();
        let words = inline::words(node, self.care).trim().to_owned();
        let anchors = inline::anchors(node, self.care);
        match self.frames.last_mut() {
            Some(Frame::Definitions { terms, is_told }) => {
                if std::mem::take(is_told) {
                    terms.clear();
                    self.term_anchors.clear();
                }
                self.term_anchors.extend(anchors);
                if !words.is_empty() {
                    terms.push(words);
                }
            }
            _ => self.writer.paragraph(&words),
        }
    }

    /// A meaning of more than one block gets its term as a heading, so that all of it is found under it.
    fn open_meaning(&mut self, node: NodeRef<'_, Node>) {
        let depth = self.frames.iter().filter(|f| matches!(f, Frame::Definitions { .. })).count();
        let term = match self.frames.last_mut() {
            Some(Frame::Definitions { terms, is_told }) => {
                *is_told = true;
                terms.join("\n")
            }
            _ => String::new(),
        };
        let mut headings = None;
        if !term.is_empty() {
            match size(node, self.care) {
                Size::Empty => self.writer.paragraph(&term),
                Size::OneBlock => self.meaning_of = Some(term),
                Size::Long => {
                    headings = Some(self.writer.headings());
                    let deeper = u8::try_from(depth.saturating_sub(1)).unwrap_or(0);
                    let start = self.writer.len();
                    self.writer.heading(DEFINITION_LEVEL.saturating_add(deeper), &term);
                    self.writer.anchor(start, std::mem::take(&mut self.term_anchors));
                    self.meaning_of = Some(term);
                }
            }
        }
        self.frames.push(Frame::Meaning { headings });
    }

    /// Writes the words gathered so far as what they are, and finds the links among them.
    fn flush(&mut self) {
        let lead = self.lead.take();
        let anchors = std::mem::take(&mut self.anchors);
        if self.inline.trim_matches(|c: char| c.is_whitespace()).is_empty() {
            self.inline.clear();
            return;
        }
        let words = std::mem::take(&mut self.inline);
        let start = self.writer.len();
        let of_term = self.meaning_of.is_some().then(|| std::mem::take(&mut self.term_anchors));
        self.write_words(&words, lead);
        let anchors = of_term.into_iter().flatten().chain(cut_out(&words, anchors));
        self.writer.anchor(start, anchors);
    }

    fn write_words(&mut self, words: &str, lead: Option<usize>) {
        if let Some(term) = self.meaning_of.take() {
            return self.writer.definition(&term, "\n", words);
        }
        let place = self.place();
        if let Some(pairs) = lines::all_pairs(words.split(BREAK)) {
            for (key, value) in pairs {
                self.writer.pair(key, value, false);
            }
        } else if let Some((term, between, meaning)) =
            lead.and_then(|lead| lines::split_lead(words, lead))
        {
            self.writer.definition(term, between, meaning);
        } else {
            match place {
                Place::FreshItem => {
                    let lists = self.frames.iter().filter(|f| matches!(f, Frame::List)).count();
                    self.writer.list_item(lists.max(1), words);
                }
                Place::Quote => self.writer.quote(words),
                Place::Flow => self.writer.paragraph(words),
            }
        }
    }

    /// Notes that a block was written that is no paragraph: it is no meaning, but it begins an item.
    fn written_otherwise(&mut self) {
        self.meaning_of = None;
        self.place();
    }

    /// Where the next block stands; an item is fresh once.
    fn place(&mut self) -> Place {
        for frame in self.frames.iter_mut().rev() {
            match frame {
                Frame::Item { is_fresh } => {
                    let was_fresh = std::mem::take(is_fresh);
                    return if was_fresh { Place::FreshItem } else { Place::Flow };
                }
                Frame::Meaning { .. } => return Place::Flow,
                Frame::Quote => return Place::Quote,
                Frame::List | Frame::Definitions { .. } => {}
            }
        }
        Place::Flow
    }
}

/// The links among words, with what stands between them.
fn cut_out(words: &str, anchors: Vec<(Range<usize>, String)>) -> Vec<Anchor> {
    let mut before = 0;
    let cut = |(label, target): (Range<usize>, String)| {
        let piece = |range: Range<usize>| words.get(range).unwrap_or_default().to_owned();
        let end = label.end.min(words.len());
        let anchor =
            Anchor { before: piece(before..label.start), label: piece(label.start..end), target };
        before = end;
        anchor
    };
    anchors.into_iter().map(cut).collect()
}

enum Place {
    FreshItem,
    Quote,
    Flow,
}

enum Size {
    Empty,
    OneBlock,
    Long,
}

/// How much a `dd` holds. Stops at the second block.
fn size(meaning: NodeRef<'_, Node>, care: Care) -> Size {
    let mut blocks = 0;
    let mut current = None;
    boilerplate::each_node(meaning, |node, met| {
        match met {
            Met::Text(text) if text.trim().is_empty() => {}
            Met::Text(_) => {
                let is_block = |above: &NodeRef<'_, Node>| {
                    above.value().as_element().is_some_and(|e| inline::is_block(e.name()))
                };
                let holder = node.ancestors().find(is_block).map(|holder| holder.id());
                if current != holder {
                    blocks += 1;
                    current = holder;
                }
            }
            Met::Element(element) if boilerplate::is_dropped(node, element, care) => return false,
            Met::Element(element) => {
                if matches!(element.name(), "ul" | "ol" | "dl" | "pre" | "table" | "blockquote") {
                    blocks = 2;
                }
            }
        }
        blocks < 2
    });
    match blocks {
        0 => Size::Empty,
        1 => Size::OneBlock,
        _ => Size::Long,
    }
}

/// The words of a `pre`, with their line breaks.
fn code(pre: NodeRef<'_, Node>) -> String {
    let mut out = String::new();
    boilerplate::each_node(pre, |node, met| match met {
        Met::Text(text) => {
            out.push_str(text);
            false
        }
        Met::Element(element) if element.name() == "br" => {
            out.push('\n');
            false
        }
        Met::Element(element) => !boilerplate::is_dropped(node, element, Care::Strict),
    });
    out
}
