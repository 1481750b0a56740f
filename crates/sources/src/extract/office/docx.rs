//! Word documents: paragraphs by their styles, lists, tables, notes.

use std::collections::HashMap;

use super::super::clean::BREAK;
use super::super::outline::{Outline, Piece};
use super::super::xml::{self, Step, Tag};
use super::Package;

const DOCUMENT: &str = "word/document.xml";

pub(in super::super) fn read(bytes: &[u8]) -> Result<Outline, String> {
    let mut package = Package::open(bytes)?;
    let mut outline = Outline::default();
    package.describe(&mut outline)?;
    let levels = match package.file("word/styles.xml")? {
        Some(source) => levels(&source)?,
        None => HashMap::new(),
    };
    let links: HashMap<String, String> = package
        .relations(DOCUMENT)?
        .into_iter()
        .filter_map(|(id, (target, is_outside))| is_outside.then_some((id, target)))
        .collect();
    let document = package.needed(DOCUMENT)?;
    let mut body = Body::new(&levels, &links, outline);
    body.read(&document)?;
    for notes in ["word/footnotes.xml", "word/endnotes.xml"] {
        if let Some(source) = package.file(notes)? {
            body.read(&source)?;
        }
    }
    Ok(body.outline)
}

/// Level of the headings of each style: by its outline level, else by its name, which is the same in all languages.
fn levels(styles: &str) -> Result<HashMap<String, u8>, String> {
    let mut levels = HashMap::new();
    let mut style = String::new();
    xml::walk(styles, |step| {
        let Step::Open(tag) = step else { return Ok(()) };
        match tag.name() {
            "style" => style = tag.attribute("styleId").unwrap_or_default(),
            "outlineLvl" => {
                if let Some(level) = outline_level(&tag) {
                    levels.insert(style.clone(), level);
                }
            }
            "name" => {
                let name = tag.attribute("val").unwrap_or_default().to_lowercase();
                let level = match name.strip_prefix("heading ") {
                    Some(level) => level.trim().parse().ok(),
                    None => (name == "title").then_some(1),
                };
                if let Some(level) = level {
                    levels.entry(style.clone()).or_insert(level);
                }
            }
            _ => {}
        }
        Ok(())
    })?;
    Ok(levels)
}

/// 0 to 8 are headings, 9 is the body.
fn outline_level(tag: &Tag<'_>) -> Option<u8> {
    let level: u8 = tag.attribute("val")?.parse().ok()?;
    (level < 9).then_some(level + 1)
}

struct Body<'a> {
    levels: &'a HashMap<String, u8>,
    links: &'a HashMap<String, String>,
    outline: Outline,
    words: String,
    heading: Option<u8>,
    /// Depth in a list.
    item: Option<usize>,
    /// Whether words are shown: not hidden ones, instructions for fields, deleted text, or a second form of a picture.
    is_text: bool,
    is_hidden: bool,
    skipped: usize,
    /// Tables around, and the rows of the outermost.
    tables: usize,
    rows: Vec<Vec<String>>,
    /// Address of the link that is open, and where its label begins.
    link: Option<(String, usize)>,
}

impl<'a> Body<'a> {
    fn new(
        levels: &'a HashMap<String, u8>,
        links: &'a HashMap<String, String>,
        outline: Outline,
    ) -> Self {
        Self {
            levels,
            links,
            outline,
            words: String::new(),
            heading: None,
            item: None,
            is_text: false,
            is_hidden: false,
            skipped: 0,
            tables: 0,
            rows: Vec::new(),
            link: None,
        }
    }

    fn read(&mut self, source: &str) -> Result<(), String> {
        xml::walk(source, |step| match step {
            Step::Open(tag) => {
                self.open(&tag);
                Ok(())
            }
            Step::Close(name) => self.close(name),
            Step::Words(words) => {
                if self.is_text && !self.is_hidden && self.skipped == 0 {
                    self.words.push_str(&words);
                }
                Ok(())
            }
        })
    }

    fn open(&mut self, tag: &Tag<'_>) {
        let value = || tag.attribute("val");
        match tag.name() {
            // A second form of the same for older programs; what was struck out.
            "Fallback" | "del" | "moveFrom" => self.skipped += 1,
            "t" => self.is_text = true,
            "r" => self.is_hidden = false,
            "vanish" => self.is_hidden = !matches!(value().as_deref(), Some("0" | "false")),
            "tab" if !self.words.is_empty() => self.words.push(' '),
            "br" | "cr" => self.words.push(BREAK),
            "noBreakHyphen" => self.words.push('-'),
            "pStyle" => {
                let style = value().unwrap_or_default();
                self.heading = self.levels.get(&style).copied().or(self.heading);
            }
            "outlineLvl" => self.heading = outline_level(tag).or(self.heading),
            "numPr" => self.item = Some(1),
            "ilvl" => {
                let depth = value().and_then(|level| level.parse::<usize>().ok()).unwrap_or(0);
                self.item = Some(depth.min(8) + 1);
            }
            "tbl" => self.tables += 1,
            "tr" if self.tables == 1 => self.rows.push(Vec::new()),
            "hyperlink" => {
                let target = tag.attribute("id").and_then(|id| self.links.get(&id).cloned());
                self.link = target.map(|target| (target, self.words.len()));
            }
            _ => {}
        }
    }

    fn close(&mut self, name: &str) -> Result<(), String> {
        match name {
            "Fallback" | "del" | "moveFrom" => self.skipped = self.skipped.saturating_sub(1),
            "t" => self.is_text = false,
            "r" => self.is_hidden = false,
            "hyperlink" => {
                if let Some((target, at)) = self.link.take() {
                    let label = self.words.get(at..).unwrap_or_default().to_owned();
                    self.outline.links.push((target, label));
                }
            }
            "p" if self.tables > 0 => self.words.push(BREAK),
            "p" => return self.paragraph(),
            "tc" if self.tables == 1 => {
                let cell = std::mem::take(&mut self.words);
                if let Some(row) = self.rows.last_mut() {
                    row.push(cell);
                }
            }
            "tc" => self.words.push(' '),
            "tbl" => {
                self.tables = self.tables.saturating_sub(1);
                if self.tables == 0 {
                    let rows = std::mem::take(&mut self.rows);
                    return self.outline.push(Piece::Table(rows));
                }
            }
            _ => {}
        }
        Ok(())
    }

    fn paragraph(&mut self) -> Result<(), String> {
        let (words, heading, item) =
            (std::mem::take(&mut self.words), self.heading.take(), self.item.take());
        if words.trim().is_empty() {
            return Ok(());
        }
        self.outline.push(match (heading, item) {
            (Some(level), _) => Piece::Heading(level, words),
            (None, Some(depth)) => Piece::Item(depth, words),
            (None, None) => Piece::Paragraph(words),
        })
    }
}
