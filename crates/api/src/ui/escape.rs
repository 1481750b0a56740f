//! Text from elsewhere that would show the text around it in another order.

/// A finished page without the characters that turn text. Letters of any script keep their own direction.
pub(super) fn unturned(mut html: String) -> String {
    if html.contains(turns) {
        html.retain(|c| !turns(c));
    }
    html
}

/// Whether a character orders the text behind it to be shown in another direction (embedding, override, isolation).
pub(super) fn turns(c: char) -> bool {
    matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_turns_text_is_left_out_and_letters_stay() {
        let page = "<p>report\u{202e}fdp.exe \u{2067}שלום\u{2069}</p>".to_owned();
        assert_eq!(unturned(page), "<p>reportfdp.exe שלום</p>");
    }
}
