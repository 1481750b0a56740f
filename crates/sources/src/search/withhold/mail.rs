//! E-mail addresses.

use std::ops::Range;

/// Characters of a quoted name before the `@`.
const MAX_QUOTED: usize = 64;
/// Letters at the end of a domain that stands apart from its `@`, up to which whatever stands before it is a name. Longer
/// ones may be code: `a @ numpy.array`.
const MAX_APART: usize = 4;
/// Variables have shorter names than people.
const MIN_NAME: usize = 3;
/// What ends code that has an `@` for the product of matrices.
const CODE: [&str; 14] = [
    "array",
    "conj",
    "copy",
    "diag",
    "dtype",
    "flatten",
    "inverse",
    "matrix",
    "ravel",
    "reshape",
    "tensor",
    "toarray",
    "transpose",
    "values",
];

/// Where addresses stand.
pub(super) fn find(chars: &[char]) -> Vec<Range<usize>> {
    let signs = chars.iter().enumerate().filter(|(_, c)| **c == '@');
    signs.filter_map(|(at, _)| address(chars, at)).collect()
}

/// The address around an `@`.
fn address(chars: &[char], at: usize) -> Option<Range<usize>> {
    let is_blank = |c: &&char| c.is_whitespace();
    let before = chars[..at].iter().rev().take_while(is_blank).count();
    let behind = chars[at + 1..].iter().take_while(is_blank).count();
    if before > 0 && behind == 0 {
        // A name by which somebody is known somewhere: `posts of @ann.example.org`.
        return None;
    }
    let from = at + 1 + behind;
    let is_inside = |c: &&char| c.is_alphanumeric() || matches!(c, '.' | '-' | '_');
    let domain: String = chars[from..].iter().take_while(is_inside).collect();
    let local = local(&chars[..at - before])?;
    let is_address = is_domain(&domain) && (behind == 0 || !is_code(local, &domain));
    is_address.then(|| at - before - local..from + domain.chars().count())
}

/// Whether it has a dot and behind it letters, which tells it from a version: `tool@1.2.3`.
fn is_domain(domain: &str) -> bool {
    let mut ends = domain.split('.').skip(1).filter_map(|label| label.split(['-', '_']).next());
    let is_end = |end: &str| end.chars().count() > 1 && end.chars().all(char::is_alphabetic);
    !domain.starts_with('.') && ends.any(is_end)
}

/// Whether what stands apart from its `@` multiplies matrices. `local` is the length of what stands before it.
fn is_code(local: usize, domain: &str) -> bool {
    let end = domain.trim_end_matches('.').rsplit('.').next().unwrap_or_default();
    CODE.contains(&end) || (end.chars().count() > MAX_APART && local < MIN_NAME)
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
