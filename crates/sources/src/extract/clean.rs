//! Characters as a reader sees them: NFC, white space folded, nothing invisible.

use unicode_normalization::{UnicodeNormalization, is_nfc};

use crate::hidden::is_hidden;

/// Stands for a line break that the page shows (`<br>`). All other white space is folded into blanks.
pub(super) const BREAK: char = '\u{2028}';

/// Words as they are shown: one blank between them, `\n` for each [`BREAK`], none at the ends.
pub(super) fn words(raw: &str) -> String {
    let mut out = String::with_capacity(raw.len());
    let mut gap = None;
    let mut previous = ' ';
    for c in raw.chars() {
        if matches!(c, BREAK | '\u{2029}') {
            gap = Some('\n');
        } else if is_blank(c) {
            gap = gap.or(Some(' '));
        } else if !is_invisible(c, previous) {
            if let Some(blank) = gap.take()
                && !out.is_empty()
            {
                out.push(blank);
            }
            out.push(c);
            previous = c;
        }
    }
    nfc(out)
}

/// Like [`words`], but on one line.
pub(super) fn line(raw: &str) -> String {
    words(raw).replace('\n', " ")
}

/// Code as it is shown: line breaks and indents stay, blanks at line ends and empty lines around go.
pub(super) fn code(raw: &str) -> String {
    let mut out = String::with_capacity(raw.len());
    for line in raw.split(['\n', BREAK]) {
        let mut previous = ' ';
        for c in line.trim_end_matches(is_blank).chars() {
            if c == '\t' || (is_blank(c) && c != '\r') {
                out.push(if c == '\t' { c } else { ' ' });
            } else if !is_invisible(c, previous) {
                out.push(c);
                previous = c;
            }
        }
        out.push('\n');
    }
    let first = out.len() - out.trim_start_matches('\n').len();
    nfc(out[first..].trim_end().to_owned())
}

fn nfc(text: String) -> String {
    if text.is_ascii() || is_nfc(&text) { text } else { text.nfc().collect() }
}

/// White space, and the sign of Braille without a dot, which looks like it.
fn is_blank(c: char) -> bool {
    c.is_whitespace() || c == '\u{2800}'
}

/// Controls, icon fonts, and what [`is_hidden`]: what no reader sees, and what hides instructions from them.
fn is_invisible(c: char, previous: char) -> bool {
    match c {
        // Joiners shape letters in Persian, Hindi and others; between Latin letters they only hide.
        '\u{200c}' | '\u{200d}' => previous.is_ascii() || !previous.is_alphabetic(),
        // Private use: icon fonts.
        '\u{e000}'..='\u{f8ff}' | '\u{f0000}'..='\u{10ffff}' => true,
        _ => c.is_control() || is_hidden(c),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn white_space_is_folded_and_shown_breaks_stay() {
        assert_eq!(words("  a\n\t b\u{a0}c \u{2028} d "), "a b c\nd");
        assert_eq!(line("a\u{2028}b"), "a b");
        assert_eq!(words("\u{2800}a\u{2800}\u{2800}b\u{2800}"), "a b");
        assert_eq!(words("\u{2800}\u{2800}"), "");
    }

    #[test]
    fn what_nobody_sees_is_removed() {
        assert_eq!(
            words("so\u{ad}ft ze\u{200b}ro \u{202e}bi\u{202c}di \u{e0041}x\u{0}"),
            "soft zero bidi x"
        );
        assert_eq!(words("می\u{200c}خواهم"), "می\u{200c}خواهم");
    }

    #[test]
    fn letters_are_composed() {
        assert_eq!(words("e\u{301}"), "é");
    }

    #[test]
    fn code_keeps_its_indents() {
        assert_eq!(code("\n\nif a:\n    b  \r\n\n"), "if a:\n    b");
    }
}
