//! Things written in a form of their own: addresses, phone numbers, versions, code words, errors.

use domain::text::Span;

/// Characters that end an address in running text.
fn ends_word(c: char) -> bool {
    c.is_whitespace() || matches!(c, '<' | '>' | '"' | '“' | '”' | '`' | '|' | '«' | '»')
}

/// Words between white space, without the punctuation around them.
fn words(text: &str) -> impl Iterator<Item = Span> + '_ {
    let mut at = 0;
    std::iter::from_fn(move || {
        let start = at + text[at..].find(|c| !ends_word(c))?;
        let end = text[start..].find(ends_word).map_or(text.len(), |offset| start + offset);
        at = end;
        let word = &text[start..end];
        let head = word.len() - word.trim_start_matches(['(', '[', '{', '\'', '‘', ',']).len();
        let body =
            word[head..].trim_end_matches(['.', ',', ';', ':', '!', '?', '\'', '’', ']', '}']);
        let body = if body.contains('(') { body } else { body.trim_end_matches(')') };
        Some(start + head..start + head + body.len())
    })
}

pub fn urls(text: &str) -> Vec<Span> {
    words(text)
        .filter(|span| {
            let word = &text[span.clone()];
            ["http://", "https://", "ftp://"].iter().any(|scheme| {
                word.get(..scheme.len()).is_some_and(|head| head.eq_ignore_ascii_case(scheme))
                    && word.len() > scheme.len() + 3
            }) || (word.starts_with("www.") && word.matches('.').count() >= 2)
        })
        .collect()
}

pub fn emails(text: &str) -> Vec<Span> {
    words(text)
        .filter_map(|span| {
            let word = &text[span.clone()];
            let bare = word.strip_prefix("mailto:").unwrap_or(word);
            let (name, host) = bare.split_once('@')?;
            let is_name = !name.is_empty()
                && name.chars().all(|c| c.is_alphanumeric() || "._%+-".contains(c));
            let is_host = host.contains('.')
                && !host.starts_with('.')
                && host.chars().all(|c| c.is_alphanumeric() || ".-".contains(c));
            (is_name && is_host).then_some(span.end - bare.len()..span.end)
        })
        .collect()
}

/// Seven to fifteen digits with a plus, brackets or separators.
pub fn phones(text: &str) -> Vec<Span> {
    let is_part =
        |c: char| c.is_ascii_digit() || matches!(c, ' ' | '-' | '.' | '(' | ')' | '/' | '\u{a0}');
    let mut found = Vec::new();
    let mut at = 0;
    while let Some(offset) = text[at..].find(|c: char| c == '+' || c == '(' || c.is_ascii_digit()) {
        let start = at + offset;
        let length = text[start + 1..].find(|c| !is_part(c)).unwrap_or(text.len() - start - 1) + 1;
        let body = text[start..start + length].trim_end_matches(|c: char| !c.is_ascii_digit());
        let digits = body.bytes().filter(u8::is_ascii_digit).count();
        let groups = body.split(|c: char| !c.is_ascii_digit()).filter(|g| !g.is_empty()).count();
        let is_plain = !body.starts_with('+') && (groups < 3 || body.contains("  "));
        let is_glued = text[..start].ends_with(|c: char| c.is_alphanumeric());
        let is_date = super::dates::find(body).iter().any(|(_, date)| date.day.is_some());
        if (7..=15).contains(&digits) && !is_plain && !is_glued && !is_date {
            found.push(start..start + body.len());
        }
        at = start + length.max(1);
    }
    found
}

/// `3.4.1`, `v2.0`, and a whole number behind `version`, `release` or `since`.
pub fn versions(text: &str) -> Vec<Span> {
    let mut found = Vec::new();
    let mut before = "";
    for span in words(text) {
        let word = &text[span.clone()];
        let bare = word.strip_prefix(['v', 'V', 'r']).unwrap_or(word).trim_end_matches('+');
        let has_digits = bare.starts_with(|c: char| c.is_ascii_digit());
        let numbers = bare.split(['-', '~', '+']).next().unwrap_or(bare);
        let is_dotted = numbers.contains('.')
            && numbers.split('.').all(|part| {
                part == "x"
                    || (part.starts_with(|c: char| c.is_ascii_digit())
                        && part.len() <= 8
                        && part.chars().all(|c| c.is_ascii_alphanumeric()))
            });
        let is_called = matches!(
            before.to_ascii_lowercase().as_str(),
            "version" | "versions" | "release" | "since" | "v" | "python" | "in" | "from"
        ) && bare.bytes().all(|b| b.is_ascii_digit())
            && bare.len() <= 3;
        let is_followed = text[span.end..].trim_start().starts_with("and later");
        if has_digits && (is_dotted || is_called || (is_followed && bare.len() <= 3)) {
            let start = span.end - bare.len() - (word.len() - word.trim_end_matches('+').len());
            found.push(start..start + bare.len());
        }
        before = word;
    }
    found
}

/// Quoted words, words in a code font's shape, and the bare values that settings have.
pub fn code_words(text: &str) -> Vec<Span> {
    const VALUES: [&str; 14] = [
        "on", "off", "true", "false", "none", "yes", "no", "auto", "null", "never", "always",
        "disabled", "enabled", "nil",
    ];
    let mut found = quoted(text);
    for span in words(text) {
        let word = &text[span.clone()];
        let has_letter = word.chars().any(char::is_alphabetic);
        let is_code = has_letter
            && (word.contains(['_', '/', '\\', '$', '=', '%'])
                || word.starts_with('-')
                || word.chars().any(|c| c.is_ascii_digit())
                || word.chars().skip(1).any(char::is_uppercase));
        // “on” and “no” are mostly prose; they count only next to a bracket, a comma or an end.
        let is_value = VALUES.contains(&word.to_ascii_lowercase().as_str())
            && (word.len() > 3
                || !text[span.end..].starts_with(' ')
                || text[span.end..].starts_with(" ("));
        let is_inside =
            found.iter().any(|other| other.start <= span.start && span.end <= other.end);
        if !word.is_empty() && (is_code || is_value) && !is_inside {
            found.push(span);
        }
    }
    for (span, _) in super::numbers::find(text) {
        found.retain(|other| !(span.start <= other.start && other.end <= span.end));
        if !found.iter().any(|other| other.start < span.end && span.start < other.end) {
            found.push(span);
        }
    }
    found.sort_by_key(|span| span.start);
    found
}

/// What stands between quotation marks, without the marks; up to 60 bytes.
pub fn quoted(text: &str) -> Vec<Span> {
    const PAIRS: [(char, char); 6] =
        [('"', '"'), ('“', '”'), ('‘', '’'), ('`', '`'), ('\'', '\''), ('«', '»')];
    let mut found = Vec::new();
    let mut at = 0;
    while let Some((offset, open)) =
        text[at..].char_indices().find(|(_, c)| PAIRS.iter().any(|p| p.0 == *c))
    {
        let start = at + offset + open.len_utf8();
        let is_free = !text[..at + offset].ends_with(char::is_alphanumeric);
        let close = PAIRS.iter().find(|pair| pair.0 == open).map_or(open, |pair| pair.1);
        let end = text[start..].find(close).map(|offset| start + offset);
        match end.filter(|&end| is_free && end - start <= 60 && !text[start..end].contains('\n')) {
            Some(end) if end > start => {
                found.push(start..end);
                at = end + close.len_utf8();
            }
            Some(_) | None => at = start,
        }
    }
    found
}

/// Names of errors: `OSError`, `ZeroDivisionError`, `ENOENT`, `StopIteration`.
pub fn failures(text: &str) -> Vec<Span> {
    words(text)
        .map(|span| {
            let word = text[span.clone()].trim_end_matches("()");
            span.start..span.start + word.len()
        })
        .filter(|span| {
            let word = &text[span.clone()];
            let last = word.rsplit(['.', ':']).next().unwrap_or(word);
            let is_camel = last.starts_with(|c: char| c.is_uppercase())
                && last.chars().any(char::is_lowercase)
                && ["Error", "Exception", "Warning", "Iteration", "Exit", "Interrupt"]
                    .iter()
                    .any(|end| last.ends_with(end) && last.len() > end.len());
            let is_errno = last.len() >= 4
                && last.starts_with('E')
                && last.chars().all(|c| c.is_ascii_uppercase() || c.is_ascii_digit());
            is_camel || is_errno
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cut(text: &str, spans: Vec<Span>) -> Vec<&str> {
        spans.into_iter().map(|span| &text[span]).collect()
    }

    #[test]
    fn addresses_are_found_without_the_punctuation_around_them() {
        let text = "See https://a.org/x?y=1, write to (info@a.org). Call +49 30 1234-567!";
        assert_eq!(cut(text, urls(text)), ["https://a.org/x?y=1"]);
        assert_eq!(cut(text, emails(text)), ["info@a.org"]);
        assert_eq!(cut(text, phones(text)), ["+49 30 1234-567"]);
    }

    #[test]
    fn versions_are_told_from_other_numbers() {
        let text = "New in version 3.11. Added in v2.0.1, with 64 lines; since Python 3.";
        assert_eq!(cut(text, versions(text)), ["3.11", "2.0.1", "3"]);
    }

    #[test]
    fn code_words_are_quoted_or_look_like_code() {
        let text = "The default is 'none' or \"a b\", else max_size=3; it is on. 128MB";
        assert_eq!(cut(text, code_words(text)), ["none", "a b", "max_size=3", "on", "128MB"]);
        let text = "Raises ValueError or os.OSError, see ENOENT.";
        assert_eq!(cut(text, failures(text)), ["ValueError", "os.OSError", "ENOENT"]);
    }
}
