//! Which blocks of a page are about a subject, and how closely.

use std::borrow::Cow;
use std::collections::BTreeSet;
use std::ops::Range;
use std::sync::Arc;

use domain::text::{Block, BlockKind};

use super::chapters;
use super::naming::{
    LAST_PART, begins_as_term, is_exact, is_free, loosely, lowered, naming, term_names,
};
use super::records;
use super::subject::{Subject, host_of};
use super::values::Fraction;
use super::words::{self, is_identifier};
use crate::{ReadPage, injected};

/// Shortest name of a model that stands without its maker, in bytes: `HX-4`.
const LEAST_MODEL: usize = 4;

/// A page made ready for many rows: its text in lower case, byte for byte in the same places.
#[derive(Debug, Clone)]
pub struct Prepared {
    pub page: ReadPage,
    lower: Arc<str>,
    /// Blocks that talk to models, and state nothing.
    withheld: Arc<BTreeSet<usize>>,
    /// How it writes its numbers.
    pub fraction: Fraction,
}

/// How a block stands to the subject.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Standing {
    /// The term of this definition, or the beginning of this list item, is the subject.
    Defines,
    /// The key of this pair is the subject.
    Key,
    /// This cell of the row is the subject.
    Row { cell: usize },
    /// The header of this column is the subject.
    Column { cell: usize },
    /// It follows a definition of the subject.
    Continues,
    /// It stands under a heading that names the subject.
    Section,
    /// It stands on a page about the subject.
    Page,
    /// It mentions the subject.
    Mention,
}

#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Zone {
    pub block: usize,
    pub standing: Standing,
    /// 0 to 1.
    pub nearness: f32,
}

impl Prepared {
    pub fn of(page: &ReadPage) -> Self {
        let text = &page.text;
        let blocks = text.blocks.iter().enumerate();
        let withheld = blocks.filter(|(_, block)| injected::is_suspicious(text.block_text(block)));
        Self {
            lower: lowered(&text.body).into(),
            withheld: Arc::new(withheld.map(|(index, _)| index).collect()),
            fraction: Fraction::of(text),
            page: page.clone(),
        }
    }

    pub fn lower(&self, range: &Range<usize>) -> &str {
        self.lower.get(range.clone()).unwrap_or_default()
    }

    /// A subject with the name that a page of its maker has for it: `HP 450` for the Halden HP 450 on a page of Halden Pumps.
    pub fn as_called_here<'s>(&self, subject: &'s Subject) -> Cow<'s, Subject> {
        let text = &self.page.text;
        let heading =
            text.blocks.iter().find(|block| matches!(block.kind, BlockKind::Heading { .. }));
        let heading = heading.map_or("", |block| text.block_text(block));
        let titled: Vec<String> = words::tokens(&format!("{} {heading}", text.title))
            .into_iter()
            .map(|word| word.lower)
            .collect();
        let parts: Vec<&str> = subject.name.split_whitespace().collect();
        let makers = parts.iter().take_while(|part| titled.contains(&part.to_lowercase())).count();
        let model = parts.get(makers..).unwrap_or_default().join(" ");
        let is_model = model.len() >= LEAST_MODEL
            && model.contains(|c: char| c.is_ascii_digit())
            && model.contains(char::is_uppercase);
        if makers == 0 || !is_model || !self.lower.contains(&*lowered(&model)) {
            return Cow::Borrowed(subject);
        }
        let mut here = subject.clone();
        here.aliases.push(model);
        Cow::Owned(here)
    }

    /// How far the page as a whole is about the subject.
    pub fn about(&self, subject: &Subject) -> f32 {
        let text = &self.page.text;
        let site = host_of(&self.page.address).filter(|_| self.page.address.starts_with("http"));
        let is_own_site = match (&subject.site, &site) {
            (Some(own), Some(host)) => host == own || host.ends_with(&format!(".{own}")),
            (None, _) | (_, None) => false,
        };
        let file = self.page.address.rsplit('/').next().unwrap_or_default();
        let stem = file.split(['.', '?', '#']).next().unwrap_or(file);
        let first_heading = text
            .blocks
            .iter()
            .find(|block| matches!(block.kind, BlockKind::Heading { .. }))
            .map_or("", |block| text.block_text(block));
        // A page of plain text has its name in its first line: `RSIFT(1)   User Commands`.
        let opening = text
            .blocks
            .iter()
            .find(|block| matches!(block.kind, BlockKind::Paragraph))
            .map(|block| text.block_text(block))
            .filter(|opening| opening.len() < 120 && !opening.contains('\n'))
            .map(|opening| opening.split("  ").next().unwrap_or(opening))
            .unwrap_or_default();
        let mut best: f32 = if is_own_site { 0.95 } else { 0.0 };
        for name in subject.names() {
            let weight = if name == subject.name { 1.0 } else { 0.95 };
            let in_data = text.blocks.iter().take(40).any(|block| {
                let BlockKind::Pair { key, value, is_data: true } = &block.kind else {
                    return false;
                };
                matches!(text.quote(key), "name" | "legalName" | "headline" | "title")
                    && naming(text.quote(value), name) > 0.9
            });
            let file_is = loosely(stem) == loosely(name) && stem.len() > 2;
            best = best
                .max(naming(&text.title, name) * weight)
                .max(naming(first_heading, name) * weight)
                .max(if naming(opening, name) > 0.9 { 0.9 * weight } else { 0.0 })
                .max(if in_data { 1.0 } else { 0.0 })
                .max(if file_is { 0.9 } else { 0.0 });
        }
        best
    }

    /// The blocks about the subject, each once with its closest standing, in reading order.
    pub fn zones(&self, subject: &Subject) -> Vec<Zone> {
        let text = &self.page.text;
        let count = text.blocks.len();
        let about = self.about(subject);
        let mentioned = self.mentioned(subject);
        if about == 0.0 && mentioned.iter().all(|held| !held) {
            return Vec::new();
        }
        // Headings that name the subject, by the index of their block.
        let mut headings = vec![0.0_f32; count];
        // Paragraphs that are but the subject's name, and so headings without markup.
        let mut titles = vec![false; count];
        let mut columns: Vec<(usize, usize, f32)> = Vec::new();
        let mut zones: Vec<Option<(Standing, f32)>> = vec![None; count];
        for (index, block) in text.blocks.iter().enumerate().filter(|(index, _)| mentioned[*index])
        {
            let best_of = |measure: &dyn Fn(&str) -> f32| {
                subject.names().map(measure).fold(0.0_f32, f32::max)
            };
            match &block.kind {
                BlockKind::Heading { .. } => {
                    let title = text.block_text(block);
                    headings[index] = best_of(&|name| {
                        let term = if is_identifier(name) { term_names(title, name) } else { 0.0 };
                        naming(title, name).max(term * 0.97)
                    });
                }
                BlockKind::Definition { term, .. } => {
                    let near = best_of(&|name| term_names(text.quote(term), name));
                    if near > 0.0 {
                        // The last part is enough where the page is about what stands before it.
                        let is_known = || about > 0.4 || self.names_prefix(subject);
                        let near = if near <= LAST_PART && is_known() { 0.88 } else { near };
                        zones[index] = Some((Standing::Defines, near));
                    }
                }
                BlockKind::Pair { key, .. } => {
                    let near = best_of(&|name| term_names(text.quote(key), name));
                    if near > 0.0 {
                        zones[index] = Some((Standing::Key, near));
                    }
                }
                BlockKind::Row { cells, is_header, .. } => {
                    for (cell, span) in cells.iter().enumerate() {
                        let near = best_of(&|name| term_names(text.quote(span), name));
                        if near > 0.0 && *is_header {
                            columns.push((index, cell, near));
                        } else if near > 0.0 && zones[index].is_none() {
                            // The first cell is the key of a row; others name it less surely.
                            let near = if cell == 0 { near } else { near * 0.85 };
                            zones[index] = Some((Standing::Row { cell }, near));
                        }
                    }
                }
                BlockKind::ListItem { .. } | BlockKind::Paragraph | BlockKind::Quote => {
                    let line = text.block_text(block);
                    let title = best_of(&|name| is_title(line, name));
                    titles[index] = title > 0.0;
                    let near = best_of(&|name| begins_as_term(line, name)).max(title);
                    if near > 0.0 {
                        zones[index] = Some((Standing::Defines, near));
                    }
                }
                BlockKind::Code => {}
            }
        }
        self.spread(&mut zones, (&headings, &titles), &columns, about, &mentioned);
        let names = |value: &str| {
            subject.names().map(|name| term_names(value, name)).fold(0.0_f32, f32::max)
        };
        for (index, near) in records::behind(text, &names) {
            if zones[index]
                .is_none_or(|(standing, old)| standing != Standing::Defines && near > old)
            {
                zones[index] = Some((Standing::Section, near));
            }
        }
        zones
            .into_iter()
            .enumerate()
            .filter_map(|(block, zone)| {
                zone.map(|(standing, nearness)| Zone { block, standing, nearness })
            })
            .filter(|zone| !self.withheld.contains(&zone.block))
            .collect()
    }

    /// Whether the title names what stands before the last dot of the subject's name.
    fn names_prefix(&self, subject: &Subject) -> bool {
        subject.name.rsplit_once('.').is_some_and(|(prefix, _)| {
            let first = prefix.split('.').next().unwrap_or(prefix);
            let title = &self.page.text.title;
            naming(title, prefix) > 0.5 || naming(title, first) > 0.5
        })
    }

    /// Gives the blocks around definitions, headings and titles their standing.
    fn spread(
        &self,
        zones: &mut [Option<(Standing, f32)>],
        (headings, titles): (&[f32], &[bool]),
        columns: &[(usize, usize, f32)],
        about: f32,
        mentioned: &[bool],
    ) {
        /// Blocks behind a definition that may still belong to it.
        const REACH: usize = 12;
        /// Blocks behind a line that is but a name; the next such line may not be known for one.
        const TITLE_REACH: usize = 2;
        let blocks = &self.page.text.blocks;
        let names = |index: usize| headings[index] > 0.6;
        let others = chapters::of_others(&self.page.text, &names, &|index| headings[index] > 0.0);
        let mut defined: Option<(usize, f32)> = None;
        let mut titled: Option<(usize, f32)> = None;
        for (index, block) in blocks.iter().enumerate() {
            let is_definition = matches!(block.kind, BlockKind::Definition { .. });
            if let Some((Standing::Defines, near)) = zones[index] {
                defined = is_definition.then_some((index, near));
                titled = titles[index].then_some((index, near));
                continue;
            }
            if is_definition || matches!(block.kind, BlockKind::Heading { .. }) {
                defined = None;
                titled = None;
            }
            let mut better = |standing: Standing, near: f32| {
                if near > 0.0 && zones[index].is_none_or(|(_, old)| near > old) {
                    zones[index] = Some((standing, near));
                }
            };
            if let BlockKind::Row { header: Some(header), .. } = &block.kind {
                for (_, cell, near) in columns.iter().filter(|(row, _, _)| row == header) {
                    better(Standing::Column { cell: *cell }, *near);
                }
            }
            let section = block.under.iter().map(|&heading| headings[heading]).fold(0.0, f32::max);
            let own = block.under.last().map_or(0.0, |&heading| headings[heading]);
            // Under a heading of its own it is closer than under one far above.
            better(
                Standing::Section,
                if own > 0.6 {
                    own * 0.97
                } else if section > 0.6 {
                    section * 0.88
                } else {
                    section * 0.7
                },
            );
            let is_of_another = block.under.first().is_some_and(|first| others.contains(first));
            if about >= 0.85 && !is_of_another {
                better(Standing::Page, about * centrality(block));
            } else {
                better(Standing::Page, about * 0.5);
            }
            if let Some((_, near)) = defined.filter(|(from, _)| index - from <= REACH) {
                better(Standing::Continues, near * 0.7);
            }
            if let Some((_, near)) = titled.filter(|(from, _)| index - from <= TITLE_REACH) {
                better(Standing::Continues, near * 0.93);
            }
            if mentioned[index] {
                better(Standing::Mention, 0.7);
            }
        }
    }

    /// Which blocks hold one of the subject's names.
    fn mentioned(&self, subject: &Subject) -> Vec<bool> {
        let blocks = &self.page.text.blocks;
        let mut held = vec![false; blocks.len()];
        for name in subject.names() {
            for at in self.places(name, &(0..self.lower.len())) {
                let index = blocks.partition_point(|block| block.span.end <= at);
                if let Some(block) = blocks.get(index)
                    && block.span.start <= at
                {
                    held[index] = true;
                }
            }
        }
        // `join` in the docs of `os.path`: a term may hold the last part of a dotted name only.
        for name in subject.names() {
            if let Some((_, last)) = name.rsplit_once('.').filter(|(_, last)| last.len() > 2) {
                let prefix = format!("{}(", lowered(last));
                for (index, block) in blocks.iter().enumerate() {
                    if matches!(
                        block.kind,
                        BlockKind::Definition { .. } | BlockKind::Heading { .. }
                    ) && self.lower(&block.span).contains(&prefix)
                    {
                        held[index] = true;
                    }
                }
            }
        }
        held
    }

    /// Where a name stands as a word of its own inside a range.
    pub fn places(&self, name: &str, within: &Range<usize>) -> Vec<usize> {
        let wanted = lowered(name.trim());
        let body = self.page.text.body.as_str();
        if wanted.is_empty() {
            return Vec::new();
        }
        let exact = is_exact(name);
        let mut found = Vec::new();
        let mut at = within.start;
        while let Some(offset) = self.lower.get(at..within.end).and_then(|rest| rest.find(&wanted))
        {
            let start = at + offset;
            let end = start + wanted.len();
            if is_free(&self.lower, start, end) && (!exact || &body[start..end] == name.trim()) {
                found.push(start);
            }
            at = end;
        }
        found
    }

    /// Whether one of the subject's names stands in a range.
    pub fn mentions(&self, subject: &Subject, within: &Range<usize>) -> bool {
        subject.names().any(|name| !self.places(name, within).is_empty())
    }
}

/// Whether a line is an identifier, with its arguments at most, and so a title without markup: `tune.bufsize <number>`.
fn is_title(line: &str, name: &str) -> f32 {
    let is_line = line.len() <= 80 && !line.ends_with('.');
    let has_argument =
        line.strip_prefix(name).is_some_and(|rest| rest.starts_with([' ', '<', '[']))
            && line.ends_with(['>', ']', '}']);
    if is_line && (is_identifier(name) || has_argument) && term_names(line, name) >= 0.95 {
        0.97
    } else {
        0.0
    }
}

/// On a page about the subject, what stands at its top is about it more surely than what stands deep in
/// sections about its parts.
fn centrality(block: &Block) -> f32 {
    match block.under.len() {
        0 | 1 => 0.93,
        2 => 0.85,
        _ => 0.75,
    }
}
