//! Books: the chapters of the spine, in their order, each read like a page.

use std::collections::{HashMap, HashSet};

use super::super::outline::{Outline, Piece};
use super::super::xml::{self, Step};
use super::{Package, day, joined};

/// Chapters of one book.
const MAX_CHAPTERS: usize = 5_000;
/// Why a book is not read that only a reader with a key opens.
const ENCRYPTED: &str = "it is encrypted";

pub(in super::super) fn read(bytes: &[u8]) -> Result<Outline, String> {
    let mut package = Package::open(bytes)?;
    let mut root = None;
    xml::walk(&package.needed("META-INF/container.xml")?, |step| {
        if let Step::Open(tag) = step
            && tag.name() == "rootfile"
        {
            root = root.take().or(tag.attribute("full-path"));
        }
        Ok(())
    })?;
    let root = root.ok_or("its container names no book")?;
    let folder = root.rsplit_once('/').map_or("", |(folder, _)| folder).to_owned();
    let mut outline = Outline::default();
    let encrypted = encrypted(&mut package)?;
    if encrypted.contains(&root) {
        return Err(ENCRYPTED.into());
    }
    let chapters = chapters(&package.needed(&root)?, &mut outline)?;
    if chapters.len() > MAX_CHAPTERS {
        return Err(format!("it has more than {MAX_CHAPTERS} chapters"));
    }
    for chapter in chapters {
        let chapter = joined(&folder, &chapter);
        if encrypted.contains(&chapter) {
            return Err(ENCRYPTED.into());
        }
        outline.push(Piece::Chapter(package.needed(&chapter)?))?;
    }
    Ok(outline)
}

/// The files that only a key opens. Fonts are among them in books that are free to read.
fn encrypted(package: &mut Package<'_>) -> Result<HashSet<String>, String> {
    let mut files = HashSet::new();
    if let Some(source) = package.file("META-INF/encryption.xml")? {
        xml::walk(&source, |step| {
            if let Step::Open(tag) = step
                && tag.name() == "CipherReference"
                && let Some(address) = tag.attribute("URI")
            {
                files.insert(joined("", &percent_decoded(&address)));
            }
            Ok(())
        })?;
    }
    Ok(files)
}

/// The files of the spine; what the book says of itself goes into the outline.
fn chapters(source: &str, outline: &mut Outline) -> Result<Vec<String>, String> {
    let mut files = HashMap::new();
    let mut spine = Vec::new();
    let mut words = String::new();
    xml::walk(source, |step| {
        match step {
            Step::Open(tag) => {
                words.clear();
                match tag.name() {
                    "item" => {
                        if let (Some(id), Some(href)) = (tag.attribute("id"), tag.attribute("href"))
                        {
                            files.insert(id, href);
                        }
                    }
                    "itemref" => spine.extend(tag.attribute("idref")),
                    _ => {}
                }
            }
            Step::Words(more) => words.push_str(&more),
            Step::Close(name) => {
                let words = std::mem::take(&mut words);
                match name {
                    "title" if outline.title.is_empty() => outline.title = words,
                    "language" => outline.language = Some(words),
                    "date" if outline.published.is_none() => outline.published = day(&words),
                    _ => {}
                }
            }
        }
        Ok(())
    })?;
    // Names in a manifest are addresses.
    let chapter = |id: &String| match files.get(id) {
        Some(href) => Ok(percent_decoded(href)),
        None => Err(format!("it has no chapter `{id}`, though it lists one")),
    };
    spine.iter().map(chapter).collect()
}

fn percent_decoded(href: &str) -> String {
    let mut out = Vec::with_capacity(href.len());
    let mut rest = href.as_bytes();
    while let Some((&byte, after)) = rest.split_first() {
        let code = after
            .get(..2)
            .and_then(|hex| u8::from_str_radix(std::str::from_utf8(hex).ok()?, 16).ok());
        match code {
            Some(code) if byte == b'%' => {
                out.push(code);
                rest = &after[2..];
            }
            _ => {
                out.push(byte);
                rest = after;
            }
        }
    }
    String::from_utf8_lossy(&out).into_owned()
}
