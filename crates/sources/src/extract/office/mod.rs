//! Packages of XML in a ZIP archive: DOCX, PPTX, XLSX, EPUB. Read within limits on what they unpack to.

mod docx;
mod epub;
mod look;
mod number;
mod pptx;
mod xlsx;

use std::collections::HashMap;
use std::io::{BufReader, Cursor, Read as _};

use zip::ZipArchive;
use zip::read::ZipFile;
use zip::result::ZipError;

pub(super) use {docx::read as docx, epub::read as epub, pptx::read as pptx, xlsx::read as xlsx};

use super::outline::Outline;
use super::xml::{self, Step, Tag};

/// Files in one archive. Books have hundreds.
const MAX_FILES: usize = 10_000;
/// Bytes of one file, unpacked.
const MAX_FILE_BYTES: u64 = 64 << 20;
/// Bytes of all files that are read, unpacked.
const MAX_BYTES: u64 = 160 << 20;

/// An archive, with how much of it may still be unpacked.
struct Package<'b> {
    archive: ZipArchive<Cursor<&'b [u8]>>,
    left_bytes: u64,
}

impl<'b> Package<'b> {
    fn open(bytes: &'b [u8]) -> Result<Self, String> {
        let archive = ZipArchive::new(Cursor::new(bytes))
            .map_err(|why| format!("its archive is damaged or cut short ({why})"))?;
        if archive.len() > MAX_FILES {
            return Err(format!("its archive holds more than {MAX_FILES} files"));
        }
        Ok(Self { archive, left_bytes: MAX_BYTES })
    }

    /// A file of the archive as text; `None` if there is none of that name.
    fn file(&mut self, name: &str) -> Result<Option<String>, String> {
        let name = name.trim_start_matches('/');
        let limit = MAX_FILE_BYTES.min(self.left_bytes);
        let damaged = |why: std::io::Error| format!("its archive is damaged: {why}");
        // Unpacked twice: what an archive says of sizes may be a lie, and memory that grows with what comes takes twice
        // as much as what has come.
        let Some(file) = self.entry(name)? else { return Ok(None) };
        let size = std::io::copy(&mut file.take(limit + 1), &mut std::io::sink());
        let size = size.map_err(damaged)?;
        if size > limit {
            return Err(format!("it unpacks to more than {} MB", limit >> 20));
        }
        let Some(file) = self.entry(name)? else { return Ok(None) };
        let mut bytes = Vec::with_capacity(usize::try_from(size).unwrap_or_default());
        file.take(size).read_to_end(&mut bytes).map_err(damaged)?;
        self.left_bytes -= size;
        Ok(Some(decoded(bytes)))
    }

    /// Visits the tags of a file as it is unpacked, without keeping it. Who wants its words takes [`Self::file`].
    fn tags(
        &mut self,
        name: &str,
        each: impl FnMut(Tag<'_>) -> Result<(), String>,
    ) -> Result<(), String> {
        let Some(file) = self.entry(name)? else { return Ok(()) };
        xml::tags(BufReader::new(file.take(MAX_BYTES)), each)
    }

    fn entry(&mut self, name: &str) -> Result<Option<ZipFile<'_, Cursor<&'b [u8]>>>, String> {
        match self.archive.by_name(name) {
            Ok(file) if file.encrypted() => Err("it is encrypted".into()),
            Ok(file) => Ok(Some(file)),
            Err(ZipError::FileNotFound) => Ok(None),
            Err(why) => Err(format!("its archive cannot be unpacked: {why}")),
        }
    }

    fn needed(&mut self, name: &str) -> Result<String, String> {
        self.file(name)?.ok_or_else(|| format!("its archive has no `{name}`"))
    }

    /// What a part refers to: ids and their targets, relative to the archive; and whether each lies outside.
    fn relations(&mut self, part: &str) -> Result<HashMap<String, (String, bool)>, String> {
        let (folder, file) = part.rsplit_once('/').unwrap_or(("", part));
        let mut relations = HashMap::new();
        let Some(source) = self.file(&format!("{folder}/_rels/{file}.rels"))? else {
            return Ok(relations);
        };
        xml::walk(&source, |step| {
            if let Step::Open(tag) = step
                && tag.name() == "Relationship"
                && let (Some(id), Some(target)) = (tag.attribute("Id"), tag.attribute("Target"))
            {
                let is_outside = tag.attribute("TargetMode").as_deref() == Some("External");
                let target = if is_outside { target } else { joined(folder, &target) };
                relations.insert(id, (target, is_outside));
            }
            Ok(())
        })?;
        Ok(relations)
    }

    /// Title, language and date, where the package says them.
    fn describe(&mut self, outline: &mut Outline) -> Result<(), String> {
        let Some(source) = self.file("docProps/core.xml")? else { return Ok(()) };
        let mut words = String::new();
        xml::walk(&source, |step| {
            match step {
                Step::Open(_) => words.clear(),
                Step::Words(more) => words.push_str(&more),
                Step::Close(name) => {
                    let words = std::mem::take(&mut words);
                    match name {
                        "title" => outline.title = words,
                        "language" => outline.language = Some(words),
                        "modified" => outline.published = day(&words),
                        "created" if outline.published.is_none() => outline.published = day(&words),
                        _ => {}
                    }
                }
            }
            Ok(())
        })
    }
}

/// UTF-8, or UTF-16 by its mark; what XML of such packages is written in.
fn decoded(bytes: Vec<u8>) -> String {
    let has_mark = [&b"\xef\xbb\xbf"[..], b"\xfe\xff", b"\xff\xfe"];
    let bytes = if has_mark.iter().any(|mark| bytes.starts_with(mark)) {
        bytes
    } else {
        match String::from_utf8(bytes) {
            Ok(text) => return text,
            Err(other) => other.into_bytes(),
        }
    };
    super::charset::decode(&bytes, Some("application/xml; charset=utf-8")).into_owned()
}

/// The day of a moment such as `2024-05-06T07:08:09Z`.
fn day(moment: &str) -> Option<String> {
    moment.trim().get(..10).map(str::to_owned)
}

/// A path relative to a folder of the archive, without dots.
fn joined(folder: &str, target: &str) -> String {
    let target = target.split(['#', '?']).next().unwrap_or_default();
    let whole = match target.strip_prefix('/') {
        Some(absolute) => absolute.to_owned(),
        None => format!("{folder}/{target}"),
    };
    let mut parts: Vec<&str> = Vec::new();
    for part in whole.split('/') {
        match part {
            "" | "." => {}
            ".." => drop(parts.pop()),
            _ => parts.push(part),
        }
    }
    parts.join("/")
}
