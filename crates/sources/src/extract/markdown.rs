//! Markdown, read with `pulldown-cmark`; the marks are gone, the words stay.

use std::collections::HashMap;

use domain::text::Link;
use pulldown_cmark::{Event, Options, Parser, Tag, TagEnd};
use url::Url;

use super::clean::{self, BREAK};
use super::html::Syntax;
use super::writer::{Anchor, Writer};
use super::{html, lines};

/// Writes a whole document. Links are resolved against `base`.
pub(super) fn read(source: &str, base: Option<&Url>, writer: &mut Writer) {
    let options = Options::ENABLE_TABLES
        | Options::ENABLE_FOOTNOTES
        | Options::ENABLE_STRIKETHROUGH
        | Options::ENABLE_TASKLISTS
        | Options::ENABLE_HEADING_ATTRIBUTES
        | Options::ENABLE_DEFINITION_LIST
        | Options::ENABLE_YAML_STYLE_METADATA_BLOCKS
        | Options::ENABLE_PLUSES_DELIMITED_METADATA_BLOCKS;
    let mut reader = Reader::new(writer, base);
    for event in Parser::new_ext(source, options) {
        reader.event(event);
    }
    reader.flush();
    let anchors = writer.take_anchors(0);
    let text = writer.text_mut();
    let places: HashMap<String, usize> =
        text.links.iter().enumerate().rev().map(|(at, link)| (link.address.clone(), at)).collect();
    for (place, address) in anchors {
        if let Some(link) = places.get(&address).and_then(|at| text.links.get_mut(*at)) {
            link.places.push(place);
        }
    }
}

struct Reader<'a> {
    writer: &'a mut Writer,
    base: Option<&'a Url>,
    /// The words of the block at hand. A soft break is `\n`, a hard one [`BREAK`].
    inline: String,
    /// Where bold words at the very beginning end.
    lead: Option<usize>,
    lists: usize,
    /// For each open item, whether nothing of it is written yet.
    items: Vec<bool>,
    quotes: usize,
    term: String,
    cells: Vec<String>,
    header: Option<usize>,
    html: String,
    /// Where the label of the open link begins, and its address.
    link: Option<(usize, String)>,
    /// Links among the words and cells at hand, and where the last of them ends.
    anchors: Vec<Anchor>,
    anchored: usize,
    /// Where raised and struck-out words begin.
    raised: Option<usize>,
    struck: Option<usize>,
}

impl<'a> Reader<'a> {
    fn new(writer: &'a mut Writer, base: Option<&'a Url>) -> Self {
        Self {
            writer,
            base,
            inline: String::new(),
            lead: None,
            lists: 0,
            items: Vec::new(),
            quotes: 0,
            term: String::new(),
            cells: Vec::new(),
            header: None,
            html: String::new(),
            link: None,
            anchors: Vec::new(),
            anchored: 0,
            raised: None,
            struck: None,
        }
    }

    fn event(&mut self, event: Event<'_>) {
        match event {
            Event::Start(tag) => self.start(tag),
            Event::End(tag) => self.end(tag),
            Event::Text(words)
            | Event::Code(words)
            | Event::InlineMath(words)
            | Event::DisplayMath(words) => self.inline.push_str(&words),
            Event::SoftBreak => self.inline.push('\n'),
            Event::HardBreak => self.inline.push(BREAK),
            Event::InlineHtml(tag) => self.inline_html(&tag),
            Event::Html(piece) => self.html.push_str(&piece),
            Event::Rule => self.flush(),
            Event::FootnoteReference(label) => self.inline.extend(["[", &label, "]"]),
            Event::TaskListMarker(_) => {}
        }
    }

    fn start(&mut self, tag: Tag<'_>) {
        match tag {
            Tag::List(_) => {
                self.flush();
                self.lists += 1;
            }
            Tag::Item => {
                self.flush();
                self.items.push(true);
            }
            Tag::BlockQuote(_) => {
                self.flush();
                self.quotes += 1;
            }
            Tag::Link { dest_url, .. } => {
                self.link = Some((self.inline.len(), dest_url.into_string()));
            }
            Tag::Strikethrough => self.struck = Some(self.inline.len()),
            Tag::Strong if self.inline.trim().is_empty() => self.lead = Some(0),
            Tag::Strong
            | Tag::TableCell
            | Tag::Image { .. }
            | Tag::Emphasis
            | Tag::Superscript
            | Tag::Subscript => {}
            Tag::Paragraph
            | Tag::Heading { .. }
            | Tag::CodeBlock(_)
            | Tag::HtmlBlock
            | Tag::FootnoteDefinition(_)
            | Tag::DefinitionList
            | Tag::DefinitionListTitle
            | Tag::DefinitionListDefinition
            | Tag::Table(_)
            | Tag::TableHead
            | Tag::TableRow
            | Tag::MetadataBlock(_) => self.flush(),
        }
    }

    fn end(&mut self, tag: TagEnd) {
        match tag {
            TagEnd::Heading(level) => {
                let words = self.take();
                self.writing(|reader| reader.writer.heading(level as u8, &words));
            }
            TagEnd::CodeBlock => {
                let code = self.take();
                self.writer.code(&code);
            }
            TagEnd::HtmlBlock => {
                let source = std::mem::take(&mut self.html);
                html::write_piece(&source, Syntax::Html, self.base, self.writer);
            }
            TagEnd::MetadataBlock(_) => self.front_matter(),
            TagEnd::Item => {
                self.flush();
                self.items.pop();
            }
            TagEnd::List(_) => {
                self.flush();
                self.lists = self.lists.saturating_sub(1);
            }
            TagEnd::BlockQuote(_) => {
                self.flush();
                self.quotes = self.quotes.saturating_sub(1);
            }
            TagEnd::DefinitionListTitle => self.term = self.take(),
            TagEnd::TableCell => {
                let cell = self.take();
                self.cells.push(cell);
            }
            TagEnd::TableHead | TagEnd::TableRow => {
                let is_header = matches!(tag, TagEnd::TableHead);
                let cells = std::mem::take(&mut self.cells);
                let row =
                    self.writing(|reader| reader.writer.row(&cells, reader.header, is_header));
                if is_header {
                    self.header = row;
                }
            }
            TagEnd::Table => self.header = None,
            TagEnd::Strong if self.lead == Some(0) => self.lead = Some(self.inline.len()),
            TagEnd::Strikethrough => self.struck_end(),
            TagEnd::Link => self.link_end(),
            TagEnd::Paragraph
            | TagEnd::FootnoteDefinition
            | TagEnd::DefinitionList
            | TagEnd::DefinitionListDefinition => self.flush(),
            TagEnd::Strong
            | TagEnd::Emphasis
            | TagEnd::Superscript
            | TagEnd::Subscript
            | TagEnd::Image => {}
        }
    }

    /// A tag between words: a line break, raised or struck-out words.
    fn inline_html(&mut self, tag: &str) {
        let name = tag.trim_start_matches('<').trim_end_matches(['>', '/', ' ']);
        match name.split_whitespace().next().unwrap_or_default().to_ascii_lowercase().as_str() {
            "br" => self.inline.push(BREAK),
            "sup" => self.raised = Some(self.inline.len()),
            "/sup" => {
                if let Some(words) = self.raised.take().and_then(|at| self.inline.get(at..)) {
                    let before = &self.inline[..self.inline.len() - words.len()];
                    let raised = html::raised_words(words, before, false);
                    self.inline.truncate(before.len());
                    self.inline.push_str(&raised);
                }
            }
            "s" | "strike" | "del" => self.struck = Some(self.inline.len()),
            "/s" | "/strike" | "/del" => self.struck_end(),
            _ => {}
        }
    }

    /// What was struck out is not said.
    fn struck_end(&mut self) {
        if let Some(at) = self.struck.take() {
            self.inline.truncate(self.inline.floor_char_boundary(at));
        }
    }

    fn take(&mut self) -> String {
        (self.lead, self.raised, self.struck) = (None, None, None);
        self.anchored = 0;
        std::mem::take(&mut self.inline)
    }

    /// Finds the links among what is written.
    fn writing<T>(&mut self, write: impl FnOnce(&mut Self) -> T) -> T {
        let start = self.writer.len();
        let written = write(self);
        let anchors = std::mem::take(&mut self.anchors);
        self.writer.anchor(start, anchors);
        written
    }

    /// Writes the words gathered so far as what they are.
    fn flush(&mut self) {
        let lead = self.lead;
        let words = self.take();
        if words.trim().is_empty() {
            self.anchors.clear();
        } else {
            self.writing(|reader| reader.write_words(&words, lead));
        }
    }

    fn write_words(&mut self, words: &str, lead: Option<usize>) {
        if !self.term.is_empty() {
            let term = std::mem::take(&mut self.term);
            return self.writer.definition(&term, "\n", words);
        }
        let is_fresh_item = self.items.last_mut().is_some_and(std::mem::take);
        if let Some(pairs) = lines::all_pairs(words.split(['\n', BREAK])) {
            for (key, value) in pairs {
                self.writer.pair(key, value, false);
            }
        } else if let Some((term, between, meaning)) =
            lead.and_then(|lead| lines::split_lead(words, lead))
        {
            self.writer.definition(term, between, meaning);
        } else if is_fresh_item {
            self.writer.list_item(self.lists, words);
        } else if self.quotes > 0 {
            self.writer.quote(words);
        } else {
            self.writer.paragraph(words);
        }
    }

    /// `key: value` lines between two rules at the top.
    fn front_matter(&mut self) {
        let source = self.take();
        for line in source.lines() {
            let Some((key, value)) = line.split_once([':', '=']) else { continue };
            let (key, value) = (key.trim(), value.trim().trim_matches(['"', '\'']));
            match key {
                "title" => self.writer.text_mut().title = clean::line(value),
                "date" | "published" | "updated" | "lastmod" => {
                    self.writer.text_mut().published = html::date(value);
                }
                "lang" | "language" => self.writer.text_mut().language = html::language(value),
                _ => {}
            }
            if !key.is_empty() && !value.is_empty() && !key.starts_with(['#', '-']) {
                self.writer.pair(key, value, true);
            }
        }
    }

    fn link_end(&mut self) {
        let Some((start, target)) = self.link.take() else { return };
        let words = |range: std::ops::Range<usize>| self.inline.get(range).unwrap_or_default();
        let (before, label) = (words(self.anchored..start), words(start..self.inline.len()));
        if let Some(address) = html::link_address(&target, self.base) {
            let (before, label) = (before.to_owned(), clean::line(label));
            let links = &mut self.writer.text_mut().links;
            links.push(Link { address: address.clone(), label: label.clone(), places: Vec::new() });
            self.anchors.push(Anchor { before, label, target: address });
            self.anchored = self.inline.len();
        }
    }
}
