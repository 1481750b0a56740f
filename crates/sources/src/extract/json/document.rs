//! A document that is JSON itself: all that it says, written while it is parsed. Its values in memory would take several
//! times as much.

use std::fmt;

use domain::text::Text;
use serde::de::{DeserializeSeed, Deserializer, Error, MapAccess, SeqAccess, Visitor};

use super::super::outline::MAX_TEXT_BYTES;
use super::super::writer::Writer;
use super::shown;

/// Blocks of one document. Each takes about 150 bytes beside its words, and the texts of several documents are held at a
/// time.
const MAX_BLOCKS: usize = 200_000;
/// Longer values, in bytes, are prose: paragraphs under their path.
const MAX_PAIR: usize = 2_000;

/// What was read of a document so far.
#[derive(Default)]
pub(super) struct Document {
    writer: Writer,
    /// Of the value at hand.
    path: String,
    blocks: usize,
    /// Why it is not read any further.
    is_too_large: Option<String>,
}

/// Why a document is not read.
pub(super) enum Refused {
    NoJson,
    TooLarge(String),
}

impl Document {
    /// Reads one document, or several one after the other, in which texts stand in the place of numbers.
    pub(super) fn read(source: &str) -> Result<Text, Refused> {
        let mut values = serde_json::Deserializer::from_str(source);
        let mut document = Self::default();
        while values.end().is_err() {
            if document.deserialize(&mut values).is_err() {
                let why = document.is_too_large.map_or(Refused::NoJson, Refused::TooLarge);
                return Err(why);
            }
        }
        Ok(document.writer.finish())
    }

    fn value(&mut self, words: &str) {
        if words.len() <= MAX_PAIR {
            self.writer.pair(shown(&self.path), words, true);
            return self.count();
        }
        self.writer.heading(1, shown(&self.path));
        for line in words.lines().filter(|line| !line.trim().is_empty()) {
            self.writer.paragraph(line);
            self.count();
            if self.is_too_large.is_some() {
                break;
            }
        }
        self.writer.restore(Vec::new());
    }

    fn count(&mut self) {
        self.blocks += 1;
        if self.blocks > MAX_BLOCKS {
            self.is_too_large = Some(format!("it holds more than {MAX_BLOCKS} values"));
        } else if self.writer.len() > MAX_TEXT_BYTES {
            let limit = MAX_TEXT_BYTES / 1_000_000;
            self.is_too_large = Some(format!("it holds more than {limit} MB of text"));
        }
    }
}

impl<'de> DeserializeSeed<'de> for &mut Document {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, source: D) -> Result<(), D::Error> {
        source.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for &mut Document {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JSON without numbers")
    }

    /// Nothing is said of what is nothing.
    fn visit_unit<E: Error>(self) -> Result<(), E> {
        Ok(())
    }

    fn visit_bool<E: Error>(self, truth: bool) -> Result<(), E> {
        self.visit_str(if truth { "true" } else { "false" })
    }

    fn visit_str<E: Error>(self, words: &str) -> Result<(), E> {
        if !words.trim().is_empty() {
            self.value(words);
        }
        self.is_too_large.clone().map_or(Ok(()), |why| Err(E::custom(why)))
    }

    /// Entries of a list share a path.
    fn visit_seq<A: SeqAccess<'de>>(self, mut entries: A) -> Result<(), A::Error> {
        while entries.next_element_seed(&mut *self)?.is_some() {}
        Ok(())
    }

    fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<(), A::Error> {
        while let Some(name) = entries.next_key::<String>()? {
            let length = self.path.len();
            self.path.push_str(if self.path.is_empty() { "" } else { "." });
            self.path.push_str(&name);
            entries.next_value_seed(&mut *self)?;
            self.path.truncate(length);
        }
        Ok(())
    }
}
