//! Letters with their places, as lines of text: blanks between words, wide gaps between columns, empty lines between paragraphs.

use std::fmt::Write as _;

use hayro_interpret::kurbo::Point;

use unicode_normalization::UnicodeNormalization;

use super::super::html::raised_words;
use super::canvas::Letter;
use super::leftward::{as_read, is_leftward};

/// A gap along the line between two words, in the size of the letters.
const WORD_GAP: f64 = 0.15;
/// Between two columns.
const COLUMN_GAP: f64 = 1.0;
/// How far a letter is from the line before it if it begins another, and how far if that is another paragraph.
const LINE_GAP: f64 = 0.5;
const PARAGRAPH_GAP: f64 = 1.5;
/// How far back a letter is on its line if it is another word, painted later.
const BACK: f64 = 2.0;
/// Raised letters are smaller than this part of those before them, and so far above their line, in the size of those.
const RAISED_SIZE: f64 = 0.85;
const RAISED: std::ops::Range<f64> = 0.15..0.8;
/// Lines of a table, at least.
const TABLE_LINES: usize = 3;

/// A line of a page.
#[derive(Debug, Default, PartialEq)]
pub(super) struct Line {
    /// Its words; several where wide gaps part them.
    cells: Vec<String>,
    /// Whether it stands apart from the line before.
    is_apart: bool,
    /// Of its largest letters, in points.
    pub(super) size: f64,
}

impl Line {
    pub(super) fn words(&self) -> String {
        self.cells.join(" ")
    }

    /// Characters that are no blanks.
    pub(super) fn length(&self) -> usize {
        self.cells.iter().flat_map(|cell| cell.chars()).filter(|c| !c.is_whitespace()).count()
    }
}

/// The lines of a page.
pub(super) fn lines(letters: &[Letter]) -> Vec<Line> {
    let mut writer = Writer::default();
    for letter in letters {
        writer.add(letter);
    }
    writer.end_line(false);
    writer.lines
}

#[derive(Default)]
struct Writer {
    lines: Vec<Line>,
    line: Line,
    /// The words of the cell at hand.
    words: String,
    /// Raised letters behind them.
    raised: String,
    /// Letters of scripts that run leftward: whether any were painted, and whether one of them to the left of the one before.
    is_leftward: bool,
    is_as_read: bool,
    base: Option<Base>,
}

/// Where the letters on the line end, and how large they are.
#[derive(Clone, Copy)]
struct Base {
    end: Point,
    size: f64,
}

impl Writer {
    fn add(&mut self, letter: &Letter) {
        if let Some(base) = self.base {
            let step = letter.start - base.end;
            let along = step.dot(letter.ahead) / letter.size;
            // Downwards, as places on the page are counted.
            let down = letter.ahead.cross(step);
            let is_raised = letter.size < base.size * RAISED_SIZE
                && RAISED.contains(&(-down / base.size))
                && (-WORD_GAP..COLUMN_GAP).contains(&along);
            if is_raised {
                self.raised.push_str(&letter.words);
                let forth = (letter.end - base.end).dot(letter.ahead);
                self.base = Some(Base { end: base.end + letter.ahead * forth, ..base });
                return;
            }
            self.lower();
            let down = down.abs() / letter.size;
            if down > LINE_GAP && (along < 0.0 || down > PARAGRAPH_GAP) {
                self.end_line(down > PARAGRAPH_GAP);
            } else if along > COLUMN_GAP {
                self.end_cell();
            } else if !(-BACK..=WORD_GAP).contains(&along) {
                self.blank();
            }
        }
        if letter.words.chars().all(char::is_whitespace) {
            self.blank();
        } else {
            if letter.words.contains(is_leftward) {
                let base = self.base.filter(|_| self.is_leftward);
                let step = base.map_or(0.0, |base| (letter.start - base.end).dot(letter.ahead));
                self.is_as_read |= step < -letter.size * WORD_GAP;
                self.is_leftward = true;
            }
            self.words.push_str(&letter.words);
            self.line.size = self.line.size.max(letter.size);
        }
        self.base = Some(Base { end: letter.end, size: letter.size });
    }

    fn blank(&mut self) {
        if !self.words.is_empty() && !self.words.ends_with(' ') {
            self.words.push(' ');
        }
    }

    /// Writes what was raised.
    fn lower(&mut self) {
        if !self.raised.is_empty() {
            let raised = raised_words(&self.raised, &self.words, false);
            self.words.push_str(&raised);
            self.raised.clear();
        }
    }

    fn end_cell(&mut self) {
        self.lower();
        let mut words = std::mem::take(&mut self.words);
        if std::mem::take(&mut self.is_leftward) & !std::mem::take(&mut self.is_as_read) {
            words = as_read(&words);
        }
        let words = spelled(words.trim());
        if !words.is_empty() {
            self.line.cells.push(words);
        }
    }

    /// `is_apart`: the next line stands apart.
    fn end_line(&mut self, is_apart: bool) {
        self.end_cell();
        let next = Line { is_apart, ..Line::default() };
        let line = std::mem::replace(&mut self.line, next);
        if line.cells.is_empty() {
            self.line.is_apart |= line.is_apart;
        } else {
            self.lines.push(line);
        }
    }
}

/// The letters of ligatures and of forms that letters take within words, as they are searched for: `fi` of `ﬁ`.
fn spelled(words: &str) -> String {
    let is_form = |letter| matches!(letter, '\u{fb00}'..='\u{fb06}' | '\u{fb1d}'..='\u{fdff}' | '\u{fe70}'..='\u{fefc}');
    let mut out = String::with_capacity(words.len());
    for letter in words.chars() {
        if is_form(letter) { out.extend([letter].into_iter().nfkc()) } else { out.push(letter) }
    }
    out
}

/// The text of lines. Those that are parted into as many cells, three at least, are a table, which no empty line parts; above
/// and below it is one. `level` tells of a line whether it is a heading.
pub(super) fn text(lines: &[Line], level: impl Fn(&Line) -> Option<usize>) -> String {
    let mut text = String::new();
    let mut rest = lines;
    while let [first, others @ ..] = rest {
        let own = level(first);
        let goes_on = |line: &&Line| match own {
            Some(_) => level(line) == own && !line.is_apart,
            None => level(line).is_none() && line.cells.len() == first.cells.len(),
        };
        let alike = 1 + others.iter().take_while(goes_on).count();
        let is_table = own.is_none() && first.cells.len() > 1 && alike >= TABLE_LINES;
        let (taken, left) = rest.split_at(if is_table || own.is_some() { alike } else { 1 });
        if (is_table || own.is_some() || first.is_apart) && !text.ends_with("\n\n") {
            text.push('\n');
        }
        if let Some(level) = own {
            let words: Vec<String> = taken.iter().map(Line::words).collect();
            let _ = writeln!(text, "{} {}\n", "#".repeat(level), words.join(" "));
        } else if is_table {
            for line in taken {
                let _ = writeln!(text, "{}", line.cells.join("   "));
            }
            text.push('\n');
        } else {
            let _ = writeln!(text, "{}", first.words());
        }
        rest = left;
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ligatures_are_spelled() {
        assert_eq!(spelled("oﬃcer æ² ﻻ"), "officer æ² لا");
    }
}
