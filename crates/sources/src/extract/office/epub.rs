//! Books: the chapters of the spine, in their order, each read like a page.

use std::collections::HashMap;

use super::super::outline::{Outline, Piece};
use super::super::xml::{self, Step};
use super::{Package, day, joined};

/// Chapters of one book.
const MAX_CHAPTERS: usize = 5_000;

pub(in super::super) fn read(bytes: &[u8]) -> Result<Outline, String> {
    let mut package = Package::open(bytes)?;
    if package
        .file("META-INF/encryption.xml")?
        .is_some_and(|source| source.contains("EncryptedKey"))
    {
        return Err("it is encrypted".into());
    }
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
    let chapters = chapters(&package.needed(&root)?, &mut outline)?;
    if chapters.len() > MAX_CHAPTERS {
        return Err(format!("it has more than {MAX_CHAPTERS} chapters"));
    }
    for chapter in chapters {
        if let Some(source) = package.file(&joined(&folder, &chapter))? {
            outline.push(Piece::Chapter(source))?;
        }
    }
    Ok(outline)
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
    let plain = |href: &String| percent_decoded(href);
    Ok(spine.iter().filter_map(|id| files.get(id)).map(plain).collect())
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
