//! Word documents: paragraphs by their styles, lists, tables, notes; not what is hidden, struck out or too small, or white on
//! white.

use std::collections::HashMap;

use super::super::clean::BREAK;
use super::super::outline::{Outline, Piece};
use super::super::xml::{self, Step, Tag};
use super::Package;
use super::look::Look;

const DOCUMENT: &str = "word/document.xml";

pub(in super::super) fn read(bytes: &[u8]) -> Result<Outline, String> {
    let mut package = Package::open(bytes)?;
    let mut outline = Outline::default();
    package.describe(&mut outline)?;
    let styles = match package.file("word/styles.xml")? {
        Some(source) => styles(&source)?,
        None => HashMap::new(),
    };
    let links: HashMap<String, String> = package
        .relations(DOCUMENT)?
        .into_iter()
        .filter_map(|(id, (target, is_outside))| is_outside.then_some((id, target)))
        .collect();
    let document = package.needed(DOCUMENT)?;
    let mut body = Body::new(&styles, &links, outline);
    body.read(&document)?;
    for notes in ["word/footnotes.xml", "word/endnotes.xml"] {
        if let Some(source) = package.file(notes)? {
            body.read(&source)?;
        }
    }
    Ok(body.outline)
}

/// What a style makes of a paragraph or of words.
#[derive(Default)]
struct Style {
    /// Level of the heading.
    heading: Option<u8>,
    /// Depth in a list.
    item: Option<usize>,
    look: Look,
}

/// The styles by their ids. A heading or list has its level, else its name, which is the same in all languages.
fn styles(source: &str) -> Result<HashMap<String, Style>, String> {
    let mut styles: HashMap<String, Style> = HashMap::new();
    let mut id = String::new();
    xml::walk(source, |step| {
        let Step::Open(tag) = step else { return Ok(()) };
        if tag.name() == "style" {
            id = tag.attribute("styleId").unwrap_or_default();
        }
        let style = styles.entry(id.clone()).or_default();
        match tag.name() {
            "outlineLvl" => style.heading = outline_level(&tag).or(style.heading),
            "numPr" => style.item = style.item.or(Some(1)),
            "ilvl" => style.item = Some(depth(&tag)),
            "name" => {
                let name = tag.attribute("val").unwrap_or_default().to_lowercase();
                let level = match name.strip_prefix("heading ") {
                    Some(level) => level.trim().parse().ok(),
                    None => (name == "title").then_some(1),
                };
                style.heading = style.heading.or(level);
                style.item = style.item.or(listed(&name));
            }
            _ => style.look.take(&tag),
        }
        Ok(())
    })?;
    Ok(styles)
}

/// The level of a style that the document uses and does not describe: the program knows it by an id in its own language,
/// of which letters beyond ASCII were left out, such as `berschrift1`.
fn built_in(id: &str) -> Option<u8> {
    const HEADINGS: [&str; 16] = [
        "heading",
        "überschrift",
        "berschrift",
        "titre",
        "título",
        "ttulo",
        "titolo",
        "kop",
        "rubrik",
        "overskrift",
        "nagłówek",
        "nagwek",
        "nadpis",
        "otsikko",
        "başlık",
        "balk",
    ];
    let id = id.to_lowercase();
    let level = HEADINGS.iter().find_map(|name| id.strip_prefix(name))?.trim().parse().ok();
    level.filter(|level| (1..=9).contains(level))
}

/// The depth that `List Bullet`, `List Number 2` and the like are at.
fn listed(name: &str) -> Option<usize> {
    let depth = name.strip_prefix("list bullet").or_else(|| name.strip_prefix("list number"))?;
    if depth.is_empty() { Some(1) } else { depth.trim().parse().ok() }
}

/// 0 is the outermost.
fn depth(tag: &Tag<'_>) -> usize {
    let level = tag.attribute("val").and_then(|level| level.parse::<usize>().ok()).unwrap_or(0);
    level.min(8) + 1
}

/// 0 to 8 are headings, 9 is the body.
fn outline_level(tag: &Tag<'_>) -> Option<u8> {
    let level: u8 = tag.attribute("val")?.parse().ok()?;
    (level < 9).then_some(level + 1)
}

struct Body<'a> {
    styles: &'a HashMap<String, Style>,
    links: &'a HashMap<String, String>,
    outline: Outline,
    words: String,
    heading: Option<u8>,
    /// Depth in a list.
    item: Option<usize>,
    /// Whether words are text, not instructions for fields.
    is_text: bool,
    /// Deleted text and second forms of pictures around.
    skipped: usize,
    /// How words look: those at hand, and all of their paragraph. What it was before a change does not count.
    run: Option<Look>,
    paragraph: Look,
    former: usize,
    /// Boxes around, which may be painted in any colour, and whether the whole document is.
    boxes: usize,
    is_painted: bool,
    /// Tables around, and the rows of the outermost.
    tables: usize,
    rows: Vec<Vec<String>>,
    /// Address of the link that is open, and where its label begins.
    link: Option<(String, usize)>,
}

impl<'a> Body<'a> {
    fn new(
        styles: &'a HashMap<String, Style>,
        links: &'a HashMap<String, String>,
        outline: Outline,
    ) -> Self {
        Self {
            styles,
            links,
            outline,
            words: String::new(),
            heading: None,
            item: None,
            is_text: false,
            skipped: 0,
            run: None,
            paragraph: Look::default(),
            former: 0,
            boxes: 0,
            is_painted: false,
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
                if self.is_text && self.skipped == 0 && self.is_seen() {
                    self.words.push_str(&words);
                }
                Ok(())
            }
        })
    }

    /// Whether the words at hand are. The cells of a table have colours that its style tells, if anything does.
    fn is_seen(&self) -> bool {
        let look = self.run.unwrap_or_default().or(self.paragraph);
        let is_coloured = self.is_painted || self.boxes > 0 || self.tables > 0;
        look.is_seen(is_coloured)
    }

    fn open(&mut self, tag: &Tag<'_>) {
        let value = || tag.attribute("val");
        let style = || self.styles.get(&value()?);
        match tag.name() {
            "rPrChange" | "pPrChange" => self.former += 1,
            _ if self.former > 0 => {}
            // A second form of the same for older programs; what was struck out.
            "Fallback" | "del" | "moveFrom" => self.skipped += 1,
            "t" => self.is_text = true,
            "p" => self.paragraph = Look::default(),
            "r" => self.run = Some(Look::default()),
            "rStyle" => {
                let look = style().map(|style| style.look).unwrap_or_default();
                self.run = self.run.map(|run| run.or(look));
            }
            "txbxContent" => self.boxes += 1,
            "background" => self.is_painted = true,
            "tab" if !self.words.is_empty() => self.words.push(' '),
            "br" | "cr" => self.words.push(BREAK),
            "noBreakHyphen" => self.words.push('-'),
            "pStyle" => match style() {
                Some(style) => {
                    self.heading = style.heading.or(self.heading);
                    self.item = style.item.or(self.item);
                    self.paragraph = self.paragraph.or(style.look);
                }
                None => self.heading = self.heading.or(value().as_deref().and_then(built_in)),
            },
            "outlineLvl" => self.heading = outline_level(tag).or(self.heading),
            "numPr" => self.item = self.item.or(Some(1)),
            "ilvl" => self.item = Some(depth(tag)),
            "tbl" => self.tables += 1,
            "tr" if self.tables == 1 => self.rows.push(Vec::new()),
            "hyperlink" => {
                let target = tag.attribute("id").and_then(|id| self.links.get(&id).cloned());
                self.link = target.map(|target| (target, self.words.len()));
            }
            _ => match &mut self.run {
                Some(run) => run.take(tag),
                None => self.paragraph.take_ground(tag),
            },
        }
    }

    fn close(&mut self, name: &str) -> Result<(), String> {
        match name {
            "Fallback" | "del" | "moveFrom" => self.skipped = self.skipped.saturating_sub(1),
            "rPrChange" | "pPrChange" => self.former = self.former.saturating_sub(1),
            "txbxContent" => self.boxes = self.boxes.saturating_sub(1),
            "t" => self.is_text = false,
            "r" => self.run = None,
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
