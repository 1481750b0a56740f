//! How text becomes the words of an index: stems, and identifiers both whole and in parts.
//!
//! `max_wal_size` is found as itself, and as `max`, `wal`, `size`; so are `os.path`, `--amend`,
//! `write-ahead` and `fromIsoFormat`. Wholes keep their form, parts are stemmed.

use std::collections::HashMap;

use rust_stemmers::{Algorithm, Stemmer};
use tantivy::tokenizer::{Token, TokenStream, Tokenizer};
use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::is_combining_mark;

/// Bytes of the longest word; longer ones are data, such as base64.
const MAX_WORD_BYTES: usize = 80;
/// Stems remembered by one tokenizer. English prose of any length has fewer common words.
const MAX_REMEMBERED: usize = 20_000;

/// One word of a text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Word {
    /// As it stands in the index.
    pub(crate) term: String,
    /// As it stands in the text, in bytes.
    pub(crate) start: usize,
    pub(crate) end: usize,
    pub(crate) position: usize,
    pub(crate) form: Form,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Form {
    Simple,
    /// An identifier as a whole.
    Whole,
    /// A part of the whole before it.
    Part,
}

/// Splits text into words. Remembers stems, so one that is kept is faster.
pub(crate) struct Words {
    stemmer: Stemmer,
    stems: HashMap<String, String>,
}

impl Default for Words {
    fn default() -> Self {
        Self { stemmer: Stemmer::create(Algorithm::English), stems: HashMap::new() }
    }
}

impl Words {
    pub(crate) fn of(&mut self, text: &str) -> Vec<Word> {
        let mut words = Vec::with_capacity(text.len() / 6);
        let mut position = 0;
        let mut at = 0;
        while let Some((start, end)) = next_whole(text, at) {
            at = end;
            self.push(text, start, end, &mut position, &mut words);
        }
        words
    }

    fn push(
        &mut self,
        text: &str,
        start: usize,
        end: usize,
        position: &mut usize,
        to: &mut Vec<Word>,
    ) {
        let whole = &text[start..end];
        if whole.len() > MAX_WORD_BYTES * 4 {
            *position += 1;
            return;
        }
        let parts = parts(whole);
        let is_simple = parts.len() == 1 && parts[0] == (0, whole.len());
        if !is_simple && whole.len() <= MAX_WORD_BYTES {
            let term = fold(whole);
            to.push(Word { term, start, end, position: *position, form: Form::Whole });
        }
        let form = if is_simple { Form::Simple } else { Form::Part };
        for (from, to_byte) in parts {
            let part = &whole[from..to_byte];
            if part.len() <= MAX_WORD_BYTES {
                let term = self.stem(part);
                let (start, end) = (start + from, start + to_byte);
                to.push(Word { term, start, end, position: *position, form });
            }
            *position += 1;
        }
    }

    fn stem(&mut self, word: &str) -> String {
        let folded = fold(word);
        if let Some(stem) = self.stems.get(&folded) {
            return stem.clone();
        }
        let stem = self.stemmer.stem(&folded).into_owned();
        if self.stems.len() < MAX_REMEMBERED {
            self.stems.insert(folded, stem.clone());
        }
        stem
    }
}

/// Lower case, without accents, compatibility forms made plain.
fn fold(word: &str) -> String {
    if word.is_ascii() {
        return word.to_ascii_lowercase();
    }
    word.nfkd().filter(|&c| !is_combining_mark(c)).flat_map(char::to_lowercase).collect()
}

/// Where the next word or identifier stands, from `at` on.
fn next_whole(text: &str, at: usize) -> Option<(usize, usize)> {
    let (offset, first) = text[at..].char_indices().find(|(_, c)| c.is_alphanumeric())?;
    let core = at + offset;
    if is_syllabic(first) {
        return Some((core, core + first.len_utf8()));
    }
    let start = core - prefix_length(&text[at..core]);
    let mut end = core;
    let mut chars = text[core..].char_indices().peekable();
    while let Some((offset, c)) = chars.next() {
        let next = chars.peek().map(|&(_, c)| c);
        let goes_on = next.is_some_and(|next| next.is_alphanumeric() && !is_syllabic(next));
        if c.is_alphanumeric() || c == '_' || (is_joint(c) && goes_on) {
            if is_syllabic(c) {
                break;
            }
            end = core + offset + c.len_utf8();
        } else {
            break;
        }
    }
    // C++ and C#.
    let suffix = ["++", "#"].iter().find(|suffix| text[end..].starts_with(**suffix));
    Some((start, end + suffix.map_or(0, |suffix| if end - core <= 2 { suffix.len() } else { 0 })))
}

/// What may stand inside an identifier between two letters.
const fn is_joint(c: char) -> bool {
    matches!(c, '.' | '-' | ':' | '/' | '@' | '\\' | '\u{2010}' | '\u{2011}')
}

/// Bytes right before a word that belong to it: `--amend`, `.gitignore`, `$HOME`, `@property`, `__init__`.
fn prefix_length(before: &str) -> usize {
    let is_mark = |c: char| matches!(c, '-' | '.' | '$' | '@' | '%' | '\\' | '_' | '#');
    let marks = before.len() - before.trim_end_matches(is_mark).len();
    let opens = |c: char| {
        c.is_whitespace() || matches!(c, '(' | '[' | '{' | '"' | '\'' | '`' | '“' | ',' | '|' | '=')
    };
    let is_open = before[..before.len() - marks].chars().next_back().is_none_or(opens);
    if is_open && (1..=2).contains(&marks) { marks } else { 0 }
}

/// Scripts without blanks between words; each character is a word.
const fn is_syllabic(c: char) -> bool {
    matches!(c, '\u{3040}'..='\u{30ff}' | '\u{3400}'..='\u{4dbf}' | '\u{4e00}'..='\u{9fff}' | '\u{20000}'..='\u{3ffff}')
}

/// The parts of an identifier, as ranges of bytes: between marks, and where capitals begin a word.
fn parts(whole: &str) -> Vec<(usize, usize)> {
    let mut parts = Vec::new();
    let mut start = None;
    let mut previous = ' ';
    let mut chars = whole.char_indices().peekable();
    while let Some((at, c)) = chars.next() {
        if c.is_alphanumeric() {
            let next = chars.peek().map_or(' ', |&(_, c)| c);
            let begins = c.is_uppercase()
                && (previous.is_lowercase() || (previous.is_uppercase() && next.is_lowercase()));
            match start {
                Some(from) if begins && from < at => {
                    parts.push((from, at));
                    start = Some(at);
                }
                None => start = Some(at),
                Some(_) => {}
            }
        } else if let Some(from) = start.take() {
            parts.push((from, at));
        }
        previous = c;
    }
    parts.extend(start.map(|from| (from, whole.len())));
    parts
}

/// The same for the index itself.
#[derive(Default)]
pub(crate) struct IndexWords(Words);

// Tantivy clones a tokenizer for each writer; the remembered stems are not worth copying.
impl Clone for IndexWords {
    fn clone(&self) -> Self {
        Self::default()
    }
}

pub(crate) struct Stream {
    words: std::vec::IntoIter<Word>,
    token: Token,
}

impl Tokenizer for IndexWords {
    type TokenStream<'a> = Stream;

    fn token_stream<'a>(&'a mut self, text: &'a str) -> Stream {
        Stream { words: self.0.of(text).into_iter(), token: Token::default() }
    }
}

impl TokenStream for Stream {
    fn advance(&mut self) -> bool {
        let Some(word) = self.words.next() else { return false };
        self.token = Token {
            offset_from: word.start,
            offset_to: word.end,
            position: word.position,
            text: word.term,
            position_length: 1,
        };
        true
    }

    fn token(&self) -> &Token {
        &self.token
    }

    fn token_mut(&mut self) -> &mut Token {
        &mut self.token
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn terms(text: &str) -> Vec<String> {
        Words::default().of(text).into_iter().map(|word| word.term).collect()
    }

    #[test]
    fn words_are_folded_and_stemmed() {
        assert_eq!(terms("Müller's parameters, running."), ["muller", "s", "paramet", "run"]);
    }

    #[test]
    fn an_identifier_is_found_whole_and_in_parts() {
        assert_eq!(terms("max_wal_size"), ["max_wal_size", "max", "wal", "size"]);
        assert_eq!(terms("os.path.join()"), ["os.path.join", "os", "path", "join"]);
        assert_eq!(terms("use --amend."), ["use", "--amend", "amend"]);
        assert_eq!(
            terms("fromIsoFormat HTTPServer"),
            ["fromisoformat", "from", "iso", "format", "httpserver", "http", "server"]
        );
        assert_eq!(
            terms("C++ (C#) .gitignore __init__"),
            ["c++", "c", "c#", "c", ".gitignore", "gitignor", "__init__", "init"]
        );
    }

    #[test]
    fn parts_stand_side_by_side_so_that_phrases_meet_them() {
        let words = Words::default().of("the write-ahead log");
        let positions: Vec<_> = words.iter().map(|w| (w.term.as_str(), w.position)).collect();
        assert_eq!(
            positions,
            [("the", 0), ("write-ahead", 1), ("write", 1), ("ahead", 2), ("log", 3)]
        );
    }

    #[test]
    fn scripts_without_blanks_are_indexed_by_character() {
        assert_eq!(terms("東京 tower"), ["東", "京", "tower"]);
    }
}
