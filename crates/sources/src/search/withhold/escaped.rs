//! Characters written otherwise: escapes of addresses, of pages, of programs and of mail, and signs spelt in words.

/// What names of characters of pages stand for, as far as addresses and numbers are dressed up with them.
const NAMED: [(&str, char); 16] = [
    ("commat;", '@'),
    ("period;", '.'),
    ("lowbar;", '_'),
    ("hyphen;", '-'),
    ("dash;", '-'),
    ("equals;", '='),
    ("colon;", ':'),
    ("quot;", '"'),
    ("lt;", '<'),
    ("gt;", '>'),
    ("nbsp;", ' '),
    ("ensp;", ' '),
    ("emsp;", ' '),
    ("thinsp;", ' '),
    ("Tab;", ' '),
    ("NewLine;", ' '),
];
/// Bytes between brackets that may spell a sign.
const MAX_SPELT: usize = 12;

/// The character that a text begins with, if it is written otherwise, and how many bytes that takes.
pub(super) fn character(text: &str) -> Option<(char, usize)> {
    let found = percent(text)
        .or_else(|| entity(text))
        .or_else(|| code_point(text))
        .or_else(|| quoted_printable(text))
        .or_else(|| spelt(text));
    let (c, behind) = found?;
    Some((c, text.len() - behind.len()))
}

/// `%40`, also where it was escaped more than once.
fn percent(text: &str) -> Option<(char, &str)> {
    let value = |digits: &str| {
        let byte = hexadecimal(digits, 2)?;
        (b' '..=b'~').contains(&u8::try_from(byte).ok()?).then(|| char::from_u32(byte))?
    };
    let mut digits = text.strip_prefix('%')?;
    while value(digits) == Some('%') && digits.get(2..).and_then(value).is_some() {
        digits = &digits[2..];
    }
    Some((value(digits)?, &digits[2..]))
}

/// `&#64;`, `&#x40;`, `&commat;`, also where the `&` is escaped itself.
fn entity(text: &str) -> Option<(char, &str)> {
    let mut name = text.strip_prefix('&')?;
    while let Some(inner) = name.strip_prefix("amp;") {
        name = inner;
    }
    let Some(number) = name.strip_prefix('#') else {
        return NAMED.iter().find_map(|(known, c)| Some((*c, name.strip_prefix(known)?)));
    };
    let (radix, digits) = match number.strip_prefix(['x', 'X']) {
        Some(digits) => (16, digits),
        None => (10, number),
    };
    let end = digits.find(|c: char| !c.is_digit(radix)).unwrap_or(digits.len());
    let (digits, behind) = digits.split_at(end);
    let c = char::from_u32(u32::from_str_radix(digits, radix).ok()?)?;
    Some((c, behind.strip_prefix(';').unwrap_or(behind)))
}

/// `\u0040`, `\u{40}`, `\x40`, `\U00000040`, `%u0040`, also where the `\` is escaped itself.
fn code_point(text: &str) -> Option<(char, &str)> {
    let kind = text.strip_prefix('%').unwrap_or_else(|| text.trim_start_matches('\\'));
    if kind.len() == text.len() {
        return None;
    }
    let count = match kind.chars().next()? {
        'x' => 2,
        'u' => 4,
        'U' => 8,
        _ => return None,
    };
    let digits = &kind[1..];
    if let Some((digits, behind)) = digits.strip_prefix('{').and_then(|rest| rest.split_once('}')) {
        return Some((char::from_u32(hexadecimal(digits, digits.len())?)?, behind));
    }
    Some((char::from_u32(hexadecimal(digits, count)?)?, &digits[count..]))
}

/// `=40` and `=2E` of mails. Before a digit it is an equals sign and a number.
fn quoted_printable(text: &str) -> Option<(char, &str)> {
    let forms = [("=40", '@'), ("=2E", '.'), ("=2e", '.')];
    let (c, behind) = forms.iter().find_map(|(form, c)| Some((*c, text.strip_prefix(form)?)))?;
    behind.starts_with(char::is_alphabetic).then_some((c, behind))
}

/// `[at]`, `(dot)` and the like, with a blank on either side.
fn spelt(text: &str) -> Option<(char, &str)> {
    let text = text.strip_prefix(char::is_whitespace).unwrap_or(text);
    let close = match text.chars().next()? {
        '[' => ']',
        '(' => ')',
        '{' => '}',
        '<' => '>',
        _ => return None,
    };
    let end = text.find(close).filter(|end| *end <= MAX_SPELT)?;
    let c = match text[1..end].trim().to_lowercase().as_str() {
        "at" | "@" | "ät" | "arobase" | "arroba" => '@',
        "dot" | "." | "punkt" | "point" | "punto" | "ponto" => '.',
        _ => return None,
    };
    let behind = &text[end + close.len_utf8()..];
    Some((c, behind.strip_prefix(char::is_whitespace).unwrap_or(behind)))
}

/// The number at the beginning, in so many digits.
fn hexadecimal(text: &str, count: usize) -> Option<u32> {
    let digits = text.get(..count)?;
    digits.bytes().all(|b| b.is_ascii_hexdigit()).then_some(())?;
    u32::from_str_radix(digits, 16).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sign_is_found_in_every_way_of_writing_it() {
        for written in [
            "%40",
            "%2540",
            "%252540",
            "&#64;",
            "&#064",
            "&#x40;",
            "&amp;#64;",
            "&amp;amp;#x40;",
            "&commat;",
            "\\u0040",
            "\\\\u0040",
            "\\u{40}",
            "\\x40",
            "\\U00000040",
            "%u0040",
            "[at]",
            " ( AT ) ",
            "{@}",
            "<at>",
        ] {
            assert_eq!(character(written), Some(('@', written.len())), "{written}");
        }
        assert_eq!(character("=40a.org"), Some(('@', 3)));
    }

    #[test]
    fn what_only_looks_like_an_escape_is_none() {
        for written in [
            "%",
            "%4",
            "%zz",
            "&",
            "& b",
            "&amp;",
            "&#;",
            "&#x110000;",
            "\\",
            "\\users",
            "\\u12",
            "\\u{}",
            "=4012",
            "=40",
            "[attic]",
            "(",
            "[",
            "ü",
        ] {
            assert_eq!(character(written), None, "{written}");
        }
    }
}
