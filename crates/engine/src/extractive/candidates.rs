//! Values that a page may give for a field: where each stands, how it was found and how far it is trusted.

mod address;
mod bare;
mod circumstance;
mod prose;
mod rows;

use domain::schema::Shape;
use domain::text::{Block, BlockKind, Span};
use serde_json::Value;

use super::cells::{self, Cell};
use super::forms;
use super::labels::Label;
use super::mentions::{Prepared, Standing, Zone};
use super::naming::{lowered, term_names};
use super::sentence::Said;
use super::subject::Subject;
use super::values::{Fraction, Kind, normalise};
use super::words::sentences;

/// A field made ready for looking.
pub struct Want<'a> {
    pub label: Label,
    pub shape: &'a Shape,
}

/// A value, where it stands, and how surely it is the one: 0 to 1.
#[derive(Debug, Clone)]
pub struct Offer {
    pub value: Value,
    pub score: f32,
    /// Index of the page.
    pub page: usize,
    /// What to quote, the decisive piece first.
    pub quotes: Vec<Span>,
    pub how: How,
}

/// How a value was found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum How {
    Data,
    Term,
    Definition,
    Pair,
    Table,
    Sentence,
    Opening,
}

impl How {
    /// What a kind of place is trusted for at most, by judgement.
    const fn trust(self) -> f32 {
        match self {
            Self::Data => 1.0,
            Self::Term | Self::Pair | Self::Table => 0.97,
            Self::Definition => 0.95,
            Self::Sentence => 0.92,
            Self::Opening => 0.9,
        }
    }

    /// Whether the page's form ties the value to the field, and not only the wording of a sentence.
    pub const fn is_structured(self) -> bool {
        matches!(self, Self::Data | Self::Term | Self::Pair | Self::Table)
    }
}

/// Zones farther from the subject cannot give an offer that is good enough.
pub(super) const NEAR: f32 = 0.42;
/// Longest line above a table that is taken for its caption, in bytes.
const LONGEST_CAPTION: usize = 160;
/// A key must name the field at least this well.
const KEY: f32 = 0.62;

/// Where a search stands: one page, one zone of it.
struct Look<'a> {
    want: &'a Want<'a>,
    subject: &'a Subject,
    page: &'a Prepared,
    index: usize,
    zone: Zone,
    offers: &'a mut Vec<Offer>,
}

/// All offers of a page's zones.
pub fn gather(
    want: &Want<'_>,
    subject: &Subject,
    page: &Prepared,
    index: usize,
    zones: &[Zone],
    offers: &mut Vec<Offer>,
) {
    let subject = &*page.as_called_here(subject);
    for zone in
        zones.iter().filter(|zone| zone.nearness >= NEAR || want.label.kind == Kind::Sentence)
    {
        let block = &page.page.text.blocks[zone.block];
        let mut look = Look { want, subject, page, index, zone: *zone, offers };
        look.forms();
        look.bare(block);
        match &block.kind {
            BlockKind::Pair { key, value, is_data } => look.pair(block, key, value, *is_data),
            BlockKind::Definition { term, meaning } => look.definition(block, term, meaning),
            BlockKind::Row { cells, header, is_header: false } => look.row(block, cells, *header),
            BlockKind::Row { .. } | BlockKind::Heading { .. } => {}
            BlockKind::Code if prose::is_prose(look.quote(&block.span)) => look.prose(block),
            BlockKind::Code => look.code(block),
            BlockKind::Paragraph | BlockKind::ListItem { .. } | BlockKind::Quote => {
                look.prose(block);
            }
        }
    }
}

impl Look<'_> {
    fn quote(&self, span: &Span) -> &str {
        self.page.page.text.quote(span)
    }

    fn offer(&mut self, said: Said, factor: f32, how: How, quotes: Vec<Span>) {
        let score = said.sureness * factor * how.trust() * self.zone.nearness;
        if score > 0.2 && !self.is_own_name(&said.value) {
            let value = if self.want.label.is_city { city(said.value) } else { said.value };
            self.offers.push(Offer { value, score, page: self.index, quotes, how });
        }
    }

    /// Whether a value is but the subject's name, which no field asks for unless it says so.
    fn is_own_name(&self, value: &Value) -> bool {
        !self.want.label.asks_for_name()
            && value.as_str().is_some_and(|text| self.subject.is_name(text))
    }

    /// What the form of the place gives away, whatever its words say.
    fn forms(&mut self) {
        let text = &self.page.page.text;
        for shown in forms::shown(&self.want.label.asked, self.subject, text, self.zone.block) {
            let value = match (self.want.shape, shown.value) {
                (Shape::Text(None) | Shape::Any, value) => value,
                (Shape::Integer, value) => {
                    match value.as_str().and_then(|text| text.parse::<i64>().ok()) {
                        Some(number) => number.into(),
                        None => continue,
                    }
                }
                (Shape::Number, value) => {
                    match value.as_str().and_then(|text| text.parse::<f64>().ok()) {
                        Some(number) => number.into(),
                        None => continue,
                    }
                }
                (_, _) => continue,
            };
            let said = Said { value, span: 0..0, sureness: shown.sureness };
            self.offer(said, 1.0, How::Table, vec![shown.quote]);
        }
    }

    /// Reads a text that a key names; `above` is what is said of all amounts around it.
    fn cell(&self, text: &str, key: &str, above: &str) -> Option<Said> {
        let cell = Cell { text, key, above, page: self.page.fraction };
        cells::read(&self.want.label, self.want.shape, &cell)
    }

    /// What may be said of all amounts in blocks of which this is the first: the short line before it, and its heading.
    fn above(&self, first: usize, block: &Block) -> String {
        let page = &self.page.page.text;
        let line = first.checked_sub(1).and_then(|before| page.blocks.get(before));
        let line = line.filter(|line| {
            matches!(line.kind, BlockKind::Paragraph) && line.span.len() <= LONGEST_CAPTION
        });
        let heading = block.under.last().and_then(|&heading| page.blocks.get(heading));
        let said: Vec<&str> =
            line.into_iter().chain(heading).map(|block| page.block_text(block)).collect();
        said.join("; ")
    }

    fn pair(&mut self, block: &Block, key: &Span, value: &Span, is_data: bool) {
        let how = if is_data { How::Data } else { How::Pair };
        if self.zone.standing == Standing::Key {
            // `work_mem: 4MB`: the pair is about the subject, so its value is what the subject is or has.
            let names_value =
                matches!(self.want.label.kind, Kind::Sentence)
                    || self.want.label.concept.is_some_and(|c| {
                        c.names.starts_with("default") || c.names.starts_with("type")
                    });
            let is_terse = matches!(self.want.label.kind, Kind::Sentence)
                || cells::is_terse(self.quote(value));
            if let Some(said) =
                self.cell(self.quote(value), "", "").filter(|_| names_value && is_terse)
            {
                self.offer(said, 0.85, how, vec![block.span.clone()]);
            }
            self.sentences(value, 1.0, How::Sentence, None);
            return;
        }
        if !matches!(self.zone.standing, Standing::Section | Standing::Page | Standing::Continues) {
            return;
        }
        let label = &self.want.label;
        let key = self.quote(key);
        let fit = if is_data { label.on_data_key(key) } else { label.on_key(key) };
        if fit >= KEY
            && let Some(said) = self.pair_value(block, key, value, is_data)
        {
            self.offer(said, fit * own(self.zone.standing), how, vec![block.span.clone()]);
        } else if fit < 0.1 && !is_data {
            self.sentences(value, 0.85, How::Sentence, None);
        }
    }

    fn pair_value(&self, block: &Block, key: &str, value: &Span, is_data: bool) -> Option<Said> {
        if !is_data {
            return self.cell(self.quote(value), key, &self.above(self.zone.block, block));
        }
        // Written for machines: a point stands before the fraction, whatever the language.
        let cell = Cell { text: self.quote(value), key: "", above: "", page: Fraction::Point };
        cells::read(&self.want.label, self.want.shape, &cell)
    }

    fn definition(&mut self, block: &Block, term: &Span, meaning: &Span) {
        if self.zone.standing == Standing::Defines {
            self.term(term);
            if self.want.label.asks_when {
                self.circumstance(term, meaning);
            } else if self.want.label.kind == Kind::Sentence {
                self.opening(term.start, meaning);
            }
            self.sentences(meaning, 1.0, How::Definition, Some(term));
            return;
        }
        let fit = self.want.label.on_key(self.quote(term));
        if fit >= KEY {
            if let Some(said) = self.cell(self.quote(meaning), self.quote(term), "") {
                let quote = if block.span.len() <= MAX_QUOTE {
                    block.span.clone()
                } else {
                    meaning_head(self, term, meaning)
                };
                self.offer(said, fit * own(self.zone.standing), How::Pair, vec![quote]);
            }
            return;
        }
        // The definition is about something else on the subject's page; its sentences count for little.
        let factor = if self.zone.standing == Standing::Mention { 0.8 } else { 0.45 };
        self.sentences(meaning, factor, How::Sentence, Some(term));
    }

    /// What a term itself says: `shared_buffers (integer)`, `x (default: 100)`, `-a, --all`.
    fn term(&mut self, term: &Span) {
        let text = self.quote(term).to_owned();
        // Of several terms in a line, what stands in the brackets behind the subject's own.
        let lower = lowered(&text);
        let own =
            self.subject.names().filter_map(|name| lower.find(&lowered(name))).min().unwrap_or(0);
        let mut groups = bracketed(&text);
        groups.sort_by_key(|inner| (inner.start < own, inner.start));
        for inner in groups {
            let inside = &text[inner.clone()];
            let split = inside.find([':', '=']);
            if let Some(at) = split {
                let fit = self.want.label.on_key(&inside[..at]);
                if fit >= KEY
                    && let Some(said) = self.cell(&inside[at + 1..], &inside[..at], "")
                {
                    self.offer(said, fit, How::Term, vec![term.clone()]);
                    return;
                }
            }
            let is_free = text[..inner.start].ends_with(" (") || text[..inner.start].ends_with('[');
            let is_type = self.want.label.on_key("type");
            if is_free && split.is_none() && is_type >= KEY {
                let said = self.cell(inside, "", "");
                if let Some(said) = said {
                    self.offer(said, is_type, How::Term, vec![term.clone()]);
                }
            }
        }
        let is_alias = self.want.label.on_key("short option").max(self.want.label.on_key("alias"));
        if is_alias >= KEY && matches!(self.want.shape, Shape::Text(_) | Shape::Any) {
            self.other_names(term, &text, is_alias);
        }
    }

    /// The other names that a term lists beside the subject.
    fn other_names(&mut self, term: &Span, text: &str, fit: f32) {
        // `interval / double → interval` shows how to use it, not what else it is called.
        if text.contains(['→', '>']) {
            return;
        }
        let wants_short = self.want.label.hints.iter().any(|hint| hint == "short");
        let wants_long = self.want.label.hints.iter().any(|hint| hint == "long");
        let bare = text.find(['(', '[']).map_or(text, |at| &text[..at]);
        for part in bare.split([',', '\n', '|', '/']) {
            let name = part.trim().split([' ', '=', '<']).next().unwrap_or("").trim();
            let is_self = self.subject.names().any(|own| term_names(name, own) > 0.0);
            let is_long = name.starts_with("--");
            let is_asked =
                (!wants_short || (name.starts_with('-') && !is_long)) && (!wants_long || is_long);
            if name.len() > 1 && !is_self && is_asked {
                let value = Value::String(name.to_owned());
                self.offer(
                    Said { value, span: 0..0, sureness: 1.0 },
                    fit,
                    How::Term,
                    vec![term.clone()],
                );
                return;
            }
        }
    }

    /// What the subject is or does, in the first sentence about it.
    fn opening(&mut self, quote_start: usize, text: &Span) {
        let Some(first) = sentences(self.quote(text)).into_iter().next() else { return };
        let span = text.start + first.start..text.start + first.end;
        let Some(value) = normalise::text(self.quote(&span)) else { return };
        let quote = quote_start..span.end;
        let quotes = vec![if quote.len() <= MAX_QUOTE { quote } else { span }];
        let said = Said { value: Value::String(value), span: 0..0, sureness: 1.0 };
        self.offer(said, 0.95, How::Opening, quotes);
    }

    fn code(&mut self, block: &Block) {
        let is_signature = self.want.label.on_key("signature");
        let text = self.quote(&block.span);
        if is_signature >= 0.8 && text.len() <= 300 && self.page.mentions(self.subject, &block.span)
        {
            let value = Value::String(text.split_whitespace().collect::<Vec<_>>().join(" "));
            self.offer(
                Said { value, span: 0..0, sureness: 0.9 },
                0.9,
                How::Sentence,
                vec![block.span.clone()],
            );
        }
    }
}

/// `Lyon, France` → `Lyon`; what begins with a street stays whole.
fn city(place: Value) -> Value {
    let first =
        place.as_str().and_then(|text| text.split_once(", ")).map(|(first, _)| first.trim());
    let is_name = |first: &&str| {
        first.starts_with(char::is_uppercase) && !first.contains(|c: char| c.is_ascii_digit())
    };
    first.filter(is_name).map(Value::from).unwrap_or(place)
}

/// Longest quote, in bytes: a few lines that can be read at a glance.
const MAX_QUOTE: usize = 420;

fn meaning_head(look: &Look<'_>, term: &Span, meaning: &Span) -> Span {
    let first = sentences(look.quote(meaning)).into_iter().next().unwrap_or(0..0);
    term.start..meaning.start + first.end
}

/// A key on the subject's page speaks of the subject; in a continued definition a little less surely.
const fn own(standing: Standing) -> f32 {
    match standing {
        Standing::Section | Standing::Page => 1.04,
        Standing::Defines
        | Standing::Key
        | Standing::Row { .. }
        | Standing::Column { .. }
        | Standing::Continues
        | Standing::Mention => 0.97,
    }
}

/// The insides of brackets, round and square.
fn bracketed(text: &str) -> Vec<Span> {
    let mut found = Vec::new();
    for (open, close) in [('(', ')'), ('[', ']')] {
        let mut at = 0;
        while let Some(start) = text[at..].find(open).map(|offset| at + offset + 1) {
            let Some(end) = text[start..].find(close).map(|offset| start + offset) else { break };
            found.push(start..end);
            at = end;
        }
    }
    found
}
