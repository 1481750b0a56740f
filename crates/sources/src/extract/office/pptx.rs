//! Presentations: slides in their order, each under its title; hidden slides and what is struck out are left out, notes are
//! quoted.

use super::super::clean::BREAK;
use super::super::outline::{Outline, Piece};
use super::super::xml::{self, Step, Tag};
use super::Package;

const PRESENTATION: &str = "ppt/presentation.xml";
/// Slides of one presentation.
const MAX_SLIDES: usize = 2_000;

pub(in super::super) fn read(bytes: &[u8]) -> Result<Outline, String> {
    let mut package = Package::open(bytes)?;
    let mut outline = Outline::default();
    package.describe(&mut outline)?;
    let relations = package.relations(PRESENTATION)?;
    let mut order = Vec::new();
    xml::walk(&package.needed(PRESENTATION)?, |step| {
        if let Step::Open(tag) = step
            && tag.name() == "sldId"
            && let Some((slide, _)) = relation(&tag).and_then(|id| relations.get(&id))
        {
            order.push(slide.clone());
        }
        Ok(())
    })?;
    if order.len() > MAX_SLIDES {
        return Err(format!("it has more than {MAX_SLIDES} slides"));
    }
    for (index, name) in order.iter().enumerate() {
        let Some(source) = package.file(name)? else { continue };
        let slide = Slide::read(&source)?;
        if slide.is_hidden {
            continue;
        }
        let number = format!("Slide {}", index + 1);
        let title = if slide.title.trim().is_empty() { number } else { slide.title };
        outline.push(Piece::Heading(2, title))?;
        slide.pieces.into_iter().try_for_each(|piece| outline.push(piece))?;
        let notes =
            package.relations(name)?.into_values().find(|(to, _)| to.contains("notesSlide"));
        if let Some((notes, _)) = notes
            && let Some(source) = package.file(&notes)?
        {
            for piece in Slide::read(&source)?.pieces {
                if let Piece::Paragraph(words) | Piece::Item(_, words) = piece {
                    outline.push(Piece::Quote(words))?;
                }
            }
        }
    }
    Ok(outline)
}

/// The id of a relation. A slide has another `id` of its own, which is a number.
fn relation(tag: &Tag<'_>) -> Option<String> {
    tag.attribute_where("id", |value| !value.bytes().all(|b| b.is_ascii_digit()))
}

#[derive(Default)]
struct Slide {
    is_hidden: bool,
    title: String,
    pieces: Vec<Piece>,
    words: String,
    is_text: bool,
    /// How the words at hand are struck out.
    strike: Option<String>,
    /// What the shape at hand is for.
    purpose: Purpose,
    depth: usize,
    is_item: bool,
    rows: Vec<Vec<String>>,
    tables: usize,
}

#[derive(Default, PartialEq, Eq)]
enum Purpose {
    /// A text box.
    #[default]
    Free,
    Title,
    /// The main text, whose paragraphs are a list.
    Body,
    /// A number, a date, a picture of the slide in the notes.
    Furniture,
}

impl Slide {
    fn read(source: &str) -> Result<Self, String> {
        let mut slide = Self::default();
        xml::walk(source, |step| {
            match step {
                Step::Open(tag) => slide.open(&tag),
                Step::Close(name) => slide.close(name),
                Step::Words(words) if slide.is_text && !slide.is_struck() => {
                    slide.words.push_str(&words);
                }
                Step::Words(_) => {}
            }
            Ok(())
        })?;
        Ok(slide)
    }

    fn open(&mut self, tag: &Tag<'_>) {
        match tag.name() {
            "sld" => self.is_hidden = tag.attribute("show").as_deref() == Some("0"),
            "sp" => self.purpose = Purpose::Free,
            "ph" => {
                self.purpose = match tag.attribute("type").as_deref() {
                    Some("title" | "ctrTitle") => Purpose::Title,
                    Some("sldNum" | "dt" | "ftr" | "hdr" | "sldImg") => Purpose::Furniture,
                    _ => Purpose::Body,
                }
            }
            "p" => {
                (self.depth, self.is_item) = (0, self.purpose == Purpose::Body);
                self.words.clear();
            }
            "pPr" => {
                self.depth = tag.attribute("lvl").and_then(|l| l.parse().ok()).unwrap_or(0).min(8);
            }
            "buNone" => self.is_item = false,
            "buChar" | "buAutoNum" => self.is_item = true,
            "r" => self.strike = None,
            "rPr" => self.strike = tag.attribute("strike"),
            "t" => self.is_text = true,
            "br" => self.words.push(BREAK),
            "tbl" => self.tables += 1,
            "tr" if self.tables == 1 => self.rows.push(Vec::new()),
            "tc" if self.tables == 1 => {
                if let Some(row) = self.rows.last_mut() {
                    row.push(String::new());
                }
            }
            _ => {}
        }
    }

    fn is_struck(&self) -> bool {
        self.strike.as_ref().is_some_and(|strike| strike != "noStrike")
    }

    fn close(&mut self, name: &str) {
        match name {
            "t" => self.is_text = false,
            "p" => self.paragraph(),
            "tbl" => {
                self.tables = self.tables.saturating_sub(1);
                if self.tables == 0 {
                    self.pieces.push(Piece::Table(std::mem::take(&mut self.rows)));
                }
            }
            _ => {}
        }
    }

    fn paragraph(&mut self) {
        let words = std::mem::take(&mut self.words);
        if words.trim().is_empty() || self.purpose == Purpose::Furniture {
            return;
        }
        if let Some(cell) = self.rows.last_mut().and_then(|row| row.last_mut()) {
            cell.push_str(&words);
            cell.push(BREAK);
        } else if self.purpose == Purpose::Title {
            self.title.push_str(&words);
            self.title.push(' ');
        } else if self.is_item {
            self.pieces.push(Piece::Item(self.depth + 1, words));
        } else {
            self.pieces.push(Piece::Paragraph(words));
        }
    }
}
