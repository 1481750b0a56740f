//! E-mail addresses.

use std::ops::Range;

/// Characters of a quoted name before the `@`.
const MAX_QUOTED: usize = 64;
/// Blanks on a side of the `@`.
const MAX_BLANKS: usize = 3;
/// Letters at the end of a domain that stands apart from its `@`. Longer ones are mostly code: `a @ numpy.array`.
const MAX_APART: usize = 4;

/// Where addresses stand.
pub(super) fn find(chars: &[char]) -> Vec<Range<usize>> {
    let signs = chars.iter().enumerate().filter(|(_, c)| **c == '@');
    signs.filter_map(|(at, _)| address(chars, at)).collect()
}

/// The address around an `@`.
fn address(chars: &[char], at: usize) -> Option<Range<usize>> {
    let is_blank = |c: &&char| c.is_whitespace();
    let before = chars[..at].iter().rev().take_while(is_blank).take(MAX_BLANKS).count();
    let behind = chars[at + 1..].iter().take_while(is_blank).take(MAX_BLANKS).count();
    if before > 0 && behind == 0 {
        // A name by which somebody is known somewhere: `posts of @ann.example.org`.
        return None;
    }
    let from = at + 1 + behind;
    let is_inside = |c: &&char| c.is_alphanumeric() || matches!(c, '.' | '-' | '_');
    let domain: String = chars[from..].iter().take_while(is_inside).collect();
    let longest = if behind > 0 { MAX_APART } else { usize::MAX };
    if !is_domain(&domain, longest) {
        return None;
    }
    let local = local(&chars[..at - before])?;
    Some(at - before - local..from + domain.chars().count())
}

/// Whether it has a dot and behind it letters, which tells it from a version: `tool@1.2.3`.
fn is_domain(domain: &str, longest: usize) -> bool {
    let ends = domain.split('.').skip(1).filter_map(|label| label.split(['-', '_']).next());
    let is_end = |end: &str| {
        let length = end.chars().count();
        (2..=longest).contains(&length) && end.chars().all(char::is_alphabetic)
    };
    !domain.starts_with('.') && ends.into_iter().any(is_end)
}

/// How many characters at the end of these name somebody.
fn local(chars: &[char]) -> Option<usize> {
    let mut back = chars.iter().rev();
    if chars.last() == Some(&'"') {
        let quoted = back.skip(1).take(MAX_QUOTED).position(|c| *c == '"')?;
        return (quoted > 0).then_some(quoted + 2);
    }
    let is_inside = |c: &&char| c.is_alphanumeric() || "._%+-'".contains(**c);
    let length = back.by_ref().take_while(is_inside).count();
    let name = &chars[chars.len() - length..];
    name.iter().any(|c| c.is_alphanumeric()).then_some(length)
}
