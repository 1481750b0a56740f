//! Characters that nobody sees: for texts of pages, for what leaves in queries, and for what a terminal shows.

/// A text without what nobody sees, however it got there. Joiners stay: they shape letters of Persian and of Indic scripts.
pub(crate) fn seen(text: &str) -> String {
    text.chars().filter(|c| is_joiner(*c) || !is_hidden(*c)).collect()
}

/// The same in one line and without what steers a terminal: for what others say of themselves.
pub(crate) fn line(text: &str) -> String {
    let line = text.split_whitespace().collect::<Vec<_>>().join(" ");
    seen(&line).chars().filter(|c| !c.is_control()).collect()
}

const fn is_joiner(c: char) -> bool {
    matches!(c, '\u{200c}' | '\u{200d}')
}

/// Default-ignorable characters of Unicode: zero-width, marks of direction, variation selectors, tags.
pub(crate) const fn is_hidden(c: char) -> bool {
    matches!(c,
        '\u{ad}'
        | '\u{34f}'
        | '\u{61c}'
        | '\u{115f}'
        | '\u{1160}'
        | '\u{17b4}'
        | '\u{17b5}'
        | '\u{180b}'..='\u{180f}'
        | '\u{200b}'..='\u{200f}'
        | '\u{202a}'..='\u{202e}'
        | '\u{2060}'..='\u{206f}'
        | '\u{3164}'
        | '\u{fe00}'..='\u{fe0f}'
        | '\u{feff}'
        | '\u{ffa0}'
        | '\u{fff0}'..='\u{fffb}'
        | '\u{1bca0}'..='\u{1bca3}'
        | '\u{1d173}'..='\u{1d17a}'
        | '\u{e0000}'..='\u{e0fff}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_others_say_is_one_line_that_steers_nothing() {
        assert_eq!(line("high\u{1b}[31m\n \u{202e}tide\u{200b}s\u{7}"), "high[31m tides");
        assert_eq!(line("می\u{200c}خواهم"), "می\u{200c}خواهم");
    }
}
