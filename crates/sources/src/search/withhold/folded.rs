//! A query as a reader takes it: wide and otherwise dressed-up letters, digits of other scripts and escapes become what
//! they stand for, and what nobody sees is passed over.

use std::ops::Range;

use unicode_normalization::UnicodeNormalization as _;

use super::escaped;
use crate::hidden::is_hidden;

/// The zeros of all scripts that have digits of their own (category Nd of Unicode 16); the other nine follow each.
const ZEROS: [char; 65] = [
    '\u{660}',
    '\u{6f0}',
    '\u{7c0}',
    '\u{966}',
    '\u{9e6}',
    '\u{a66}',
    '\u{ae6}',
    '\u{b66}',
    '\u{be6}',
    '\u{c66}',
    '\u{ce6}',
    '\u{d66}',
    '\u{de6}',
    '\u{e50}',
    '\u{ed0}',
    '\u{f20}',
    '\u{1040}',
    '\u{1090}',
    '\u{17e0}',
    '\u{1810}',
    '\u{1946}',
    '\u{19d0}',
    '\u{1a80}',
    '\u{1a90}',
    '\u{1b50}',
    '\u{1bb0}',
    '\u{1c40}',
    '\u{1c50}',
    '\u{a620}',
    '\u{a8d0}',
    '\u{a900}',
    '\u{a9d0}',
    '\u{a9f0}',
    '\u{aa50}',
    '\u{abf0}',
    '\u{104a0}',
    '\u{10d30}',
    '\u{10d40}',
    '\u{11066}',
    '\u{110f0}',
    '\u{11136}',
    '\u{111d0}',
    '\u{112f0}',
    '\u{11450}',
    '\u{114d0}',
    '\u{11650}',
    '\u{116c0}',
    '\u{116d0}',
    '\u{116da}',
    '\u{11730}',
    '\u{118e0}',
    '\u{11950}',
    '\u{11bf0}',
    '\u{11c50}',
    '\u{11d50}',
    '\u{11da0}',
    '\u{11f50}',
    '\u{16a60}',
    '\u{16ac0}',
    '\u{16b50}',
    '\u{1e140}',
    '\u{1e2f0}',
    '\u{1e4f0}',
    '\u{1e5f1}',
    '\u{1e950}',
];

/// The characters of a text as they are read, and where each stands in it.
pub(super) struct Folded {
    pub(super) chars: Vec<char>,
    places: Vec<Range<usize>>,
    is_escaped: Vec<bool>,
}

impl Folded {
    pub(super) fn of(text: &str) -> Self {
        let mut folded = Self { chars: Vec::new(), places: Vec::new(), is_escaped: Vec::new() };
        let mut at = 0;
        while let Some(c) = text[at..].chars().next() {
            let (read, length) = escaped::character(&text[at..]).unwrap_or((c, c.len_utf8()));
            let end = at + length;
            if let Some(read) = plain(read) {
                folded.chars.push(read);
                folded.places.push(at..end);
                folded.is_escaped.push(c == '%' && length > 1);
            } else if let Some(before) = folded.places.last_mut() {
                // It belongs to what it stands behind, and goes with it.
                before.end = end;
            }
            at = end;
        }
        folded
    }

    /// Where these characters stand in the text.
    pub(super) fn place(&self, chars: &Range<usize>) -> Range<usize> {
        let places = &self.places[chars.clone()];
        let start = places.first().map_or(0, |first| first.start);
        start..places.last().map_or(start, |last| last.end)
    }

    /// Whether a character is read from an escape, or from a sign in another dress.
    pub(super) fn is_written_otherwise(&self, at: usize) -> bool {
        self.places[at].len() > self.chars[at].len_utf8()
    }

    /// The words, of which white space, commas and semicolons are no part.
    pub(super) fn words(&self) -> impl Iterator<Item = Range<usize>> + '_ {
        let mut at = 0;
        std::iter::from_fn(move || {
            at += (at..self.chars.len()).take_while(|at| self.is_between(*at)).count();
            let length = (at..self.chars.len()).take_while(|at| !self.is_between(*at)).count();
            let word = at..at + length;
            at = word.end;
            (length > 0).then_some(word)
        })
    }

    /// The same characters, the words at both ends made whole, with the comma behind them.
    pub(super) fn whole_words(&self, chars: &Range<usize>) -> Range<usize> {
        let before = (0..chars.start).rev().take_while(|at| !self.is_between(*at)).count();
        let behind = (chars.end..self.chars.len()).take_while(|at| !self.is_between(*at)).count();
        let (start, end) = (chars.start - before, chars.end + behind);
        let marks = self.chars[end..].iter().take_while(|c| matches!(c, ',' | ';'));
        start..end + marks.count()
    }

    /// Whether a character parts words. One that is escaped stands within an address of a page, which stays in one.
    fn is_between(&self, at: usize) -> bool {
        let c = self.chars[at];
        !self.is_escaped[at] && (c.is_whitespace() || matches!(c, ',' | ';' | '、'))
    }
}

/// A character without its dress; `None` if nobody sees it, or if it only marks the one before it.
fn plain(c: char) -> Option<char> {
    match c {
        _ if c.is_ascii() => Some(c),
        _ if is_hidden(c) => None,
        '\u{300}'..='\u{36f}' | '\u{20d0}'..='\u{20ff}' => None,
        '。' | '｡' => Some('.'),
        _ => {
            let value = |zero: &char| u32::from(c).checked_sub(u32::from(*zero));
            if let Some(value) = ZEROS.iter().filter_map(value).find(|value| *value < 10) {
                return char::from_digit(value, 10);
            }
            let mut forms = std::iter::once(c).nfkc();
            match (forms.next(), forms.next()) {
                (Some(form), None) => Some(form),
                _ => Some(c),
            }
        }
    }
}
