//! A query as a reader takes it: wide and otherwise dressed-up letters, digits of other scripts and escapes of
//! addresses become what they stand for, and what nobody sees is passed over.

use std::ops::Range;

use unicode_normalization::UnicodeNormalization as _;

/// The zeros of scripts whose digits are in use.
const ZEROS: [char; 9] = ['٠', '۰', '०', '০', '੦', '૦', '௦', '๐', '၀'];

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
            let escape = unescaped(&text.as_bytes()[at..]);
            let (read, length) = match escape {
                Some((read, length)) => (Some(read), length),
                None => (plain(c), c.len_utf8()),
            };
            if let Some(read) = read {
                folded.chars.push(read);
                folded.places.push(at..at + length);
                folded.is_escaped.push(escape.is_some());
            }
            at += length;
        }
        folded
    }

    /// Where these characters stand in the text.
    pub(super) fn place(&self, chars: &Range<usize>) -> Range<usize> {
        let places = &self.places[chars.clone()];
        let start = places.first().map_or(0, |first| first.start);
        start..places.last().map_or(start, |last| last.end)
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

    /// Whether a character parts words. One that is escaped stands within an address, which stays in one.
    fn is_between(&self, at: usize) -> bool {
        let c = self.chars[at];
        !self.is_escaped[at] && (c.is_whitespace() || matches!(c, ',' | ';' | '、'))
    }
}

/// The character that `%40` stands for, also where it was escaped more than once, and the length of the escape.
fn unescaped(bytes: &[u8]) -> Option<(char, usize)> {
    let value = |from: usize| {
        let digits = std::str::from_utf8(bytes.get(from..from + 2)?).ok()?;
        digits.bytes().all(|b| b.is_ascii_hexdigit()).then_some(())?;
        u8::from_str_radix(digits, 16).ok().filter(|value| (b' '..=b'~').contains(value))
    };
    if bytes.first() != Some(&b'%') {
        return None;
    }
    let mut from = 1;
    while value(from) == Some(b'%') && value(from + 2).is_some() {
        from += 2;
    }
    Some((char::from(value(from)?), from + 2))
}

/// A character without its dress; `None` if nobody sees it.
fn plain(c: char) -> Option<char> {
    match c {
        _ if c.is_ascii() => Some(c),
        '\u{ad}' | '\u{200b}'..='\u{200f}' | '\u{2060}'..='\u{2064}' | '\u{feff}' => None,
        '。' | '｡' => Some('.'),
        _ => {
            let is_of = |zero: &&char| (**zero..).take(10).any(|digit| digit == c);
            if let Some(zero) = ZEROS.iter().find(is_of) {
                return char::from_digit(u32::from(c) - u32::from(*zero), 10);
            }
            let mut forms = std::iter::once(c).nfkc();
            match (forms.next(), forms.next()) {
                (Some(form), None) => Some(form),
                _ => Some(c),
            }
        }
    }
}
