//! How people and models list columns: with semicolons, commas, bullets, numbers, bars, a heading above them, quotes and
//! stars around them, a type or a unit behind them.

use super::named_type;

/// One column as it was written.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Listed<'a> {
    pub(super) label: &'a str,
    /// The word of a type.
    pub(super) kind: Option<&'a str>,
    /// What to find; empty where only a name was written.
    pub(super) what: &'a str,
}

/// Words above a list that say that it is one.
const HEADINGS: [&str; 12] = [
    "columns",
    "fields",
    "attributes",
    "properties",
    "data points",
    "schema",
    "column names",
    "output columns",
    "output fields",
    "output",
    "outputs",
    "wanted",
];
/// What ends a column wherever it stands outside brackets.
const HARD: [char; 8] = [';', '；', '\n', '\t', '|', '、', '，', '•'];
/// Words of a piece that may be a column of its own in a list without descriptions.
const MAX_BARE_WORDS: usize = 6;

pub(super) fn listed(words: &str) -> Vec<Listed<'_>> {
    let words = without_heading(words.trim());
    let mut found = Vec::new();
    let lines: Vec<&str> = words.lines().map(str::trim).filter(|line| !line.is_empty()).collect();
    for (at, line) in lines.iter().enumerate() {
        let is_title = line.starts_with('#') || (line.ends_with(':') && at + 1 < lines.len());
        let is_rule = line.chars().all(|c| matches!(c, '|' | '-' | ':' | ' '));
        if is_title && lines.len() > 1 || is_rule {
            continue;
        }
        for piece in numbered(without_bullet(line)).into_iter().flat_map(hard) {
            found.extend(soft(without_bullet(piece.trim())).into_iter().filter_map(read));
        }
    }
    found
}

/// `Columns: price, weight` → `price, weight`; `output: MWh per year` is a column.
fn without_heading(text: &str) -> &str {
    let Some((head, rest)) = text.split_once(':') else { return text };
    let lower = head.trim().trim_matches(['*', '#', ' ']).to_lowercase();
    let is_about_rows = ["for each ", "for every ", "per "].iter().any(|o| lower.starts_with(o));
    if !HEADINGS.contains(&lower.as_str()) && !is_about_rows {
        return text;
    }
    let rest = rest.trim_start_matches('*').trim();
    let first = hard(rest).into_iter().next().unwrap_or_default();
    let is_labelled = label_of(first.trim()).is_some();
    let has_labels = hard(rest).into_iter().flat_map(soft).any(|piece| label_of(piece).is_some());
    let is_list = soft(first).len() > 1 || hard(rest).len() > 1;
    if rest.is_empty() || is_labelled || is_about_rows || (is_list && !has_labels) {
        rest
    } else {
        text
    }
}

/// `1) price 2) weight` on one line, the first number taken off already. “As of 31. December” counts nothing.
fn numbered(line: &str) -> Vec<&str> {
    let mut pieces = Vec::new();
    let (mut from, mut expected) = (0, 2);
    for (at, _) in line.match_indices([')', '.']) {
        let before = line[..at].trim_end_matches(|c: char| c.is_ascii_digit());
        let is_next = line[before.len()..at].parse() == Ok(expected);
        if is_next && before.ends_with(' ') && line[at + 1..].starts_with(' ') {
            pieces.push(&line[from..before.len()]);
            from = at + 1;
            expected += 1;
        }
    }
    pieces.push(&line[from..]);
    pieces
}

/// The pieces between signs that stand outside brackets and quotes.
fn split<'a>(text: &'a str, is_sign: &dyn Fn(char) -> bool) -> Vec<&'a str> {
    let mut pieces = Vec::new();
    let (mut depth, mut from) = (0_u32, 0);
    let mut is_quoted = false;
    for (at, c) in text.char_indices() {
        match c {
            '(' | '[' | '{' | '（' => depth += 1,
            ')' | ']' | '}' | '）' => depth = depth.saturating_sub(1),
            '"' => is_quoted = !is_quoted,
            c if depth == 0 && !is_quoted && is_sign(c) => {
                pieces.push(&text[from..at]);
                from = at + c.len_utf8();
            }
            _ => {}
        }
    }
    // What is never closed closes nothing in.
    if depth > 0 || is_quoted {
        return text.split(is_sign).collect();
    }
    pieces.push(&text[from..]);
    pieces
}

fn hard(text: &str) -> Vec<&str> {
    let pieces = split(text, &|c| HARD.contains(&c));
    pieces.into_iter().filter(|piece| !piece.trim().is_empty()).collect()
}

/// The columns between commas: those that have a name and a colon, or a type behind them, and bare names. Other commas
/// belong to the description before them.
fn soft(piece: &str) -> Vec<&str> {
    let mut columns: Vec<&str> = Vec::new();
    let mut from = 0;
    let mut at = 0;
    for part in split(piece, &|c| matches!(c, ',' | '.')) {
        let start = at;
        at += part.len() + 1;
        if start == 0 {
            continue;
        }
        let so_far = &piece[from..start - 1];
        let is_described = label_of(so_far).is_some();
        let is_short = part.split_whitespace().count() <= MAX_BARE_WORDS;
        let ends_with_comma = piece[..start].ends_with(',');
        let is_new = label_of(part).is_some()
            || (ends_with_comma && is_typed(part))
            || (ends_with_comma && !is_described && is_short && !part.trim().is_empty());
        if is_new && !so_far.trim().is_empty() {
            columns.push(so_far);
            from = start;
        }
    }
    columns.push(&piece[from..]);
    columns.into_iter().flat_map(bare).collect()
}

/// `price / weight` and `price & weight`, where no description holds them together.
fn bare(piece: &str) -> Vec<&str> {
    if label_of(piece).is_some() {
        return vec![piece];
    }
    let pieces: Vec<&str> = piece.split(" / ").flat_map(|part| part.split(" & ")).collect();
    let is_name = |part: &&str| (1..=3).contains(&part.split_whitespace().count());
    if pieces.len() > 1 && pieces.iter().all(is_name) { pieces } else { vec![piece] }
}

/// The name before a colon or a dash, and what stands behind it.
fn label_of(piece: &str) -> Option<(&str, &str)> {
    let is_named = |(label, _): &(&str, &str)| is_short_name(unmarked(label));
    if let Some((label, what)) = piece.split_once(':') {
        // `https://a.org` has no name before its colon; `price:number` has.
        let follows =
            what.is_empty() || what.starts_with([' ', '*']) || named_type(what.trim()).is_some();
        return Some((label, what)).filter(|split| follows && is_named(split));
    }
    let dash = [" - ", " – ", " — "].into_iter().find_map(|dash| piece.split_once(dash));
    dash.filter(is_named)
}

/// `staff (integer)`: the brackets hold a type.
fn is_typed(piece: &str) -> bool {
    let (label, kind) = bracketed(piece.trim());
    is_short_name(unmarked(label)) && kind.is_some_and(|kind| named_type(kind).is_some())
}

fn read(piece: &str) -> Option<Listed<'_>> {
    let piece = piece.trim().trim_end_matches(['.', ',']);
    if piece.is_empty() {
        return None;
    }
    let (head, what) = match label_of(piece) {
        Some((head, what)) => (head, what.trim_start_matches('*').trim()),
        None => match piece.split_once(':') {
            // A long name is no name; who reads on says so.
            Some((head, what)) if what.starts_with(' ') => (head, what.trim()),
            _ => (piece, ""),
        },
    };
    let what = unquoted(what);
    let (label, brackets) = bracketed(unmarked(head));
    let kind = brackets.filter(|word| named_type(word).is_some());
    Some(match (kind, named_type(what).is_some()) {
        (Some(kind), _) => Listed { label: unmarked(label), kind: Some(kind), what },
        // `price: number` says what it is and not what to find.
        (None, true) => Listed { label: unmarked(label), kind: Some(what), what: "" },
        // `price (EUR)`: whoever looks for it wants to know the unit.
        (None, false) if what.is_empty() && brackets.is_some() => {
            Listed { label: unmarked(label), kind: None, what: unmarked(head) }
        }
        (None, false) => Listed { label: unmarked(label), kind: None, what },
    })
}

/// `staff (integer)` → `staff`, `integer`
fn bracketed(head: &str) -> (&str, Option<&str>) {
    match head.strip_suffix(')').and_then(|head| head.rsplit_once('(')) {
        Some((label, word)) if !label.trim().is_empty() => (label.trim(), Some(word.trim())),
        Some(_) | None => (head, None),
    }
}

/// Without stars, quotes and ticks around it.
fn unmarked(label: &str) -> &str {
    label.trim().trim_matches(['*', '`', '"', '\'', '“', '”', '_']).trim()
}

fn unquoted(what: &str) -> &str {
    let inner = what.strip_prefix('"').and_then(|what| what.strip_suffix('"'));
    inner.unwrap_or(what)
}

/// Up to three words, a type in brackets among them.
fn is_short_name(label: &str) -> bool {
    let (label, _) = bracketed(label);
    let is_plain = |c: char| c.is_alphanumeric() || matches!(c, ' ' | '_' | '-' | '/');
    !label.is_empty()
        && label.chars().all(is_plain)
        && (1..=3).contains(&label.split_whitespace().count())
        && !["e.g", "i.e", "note", "example", "such as"].contains(&label.to_lowercase().as_str())
        && !label.to_lowercase().starts_with("such as ")
}

/// `1. founded`, `- founded` and `* founded` → `founded`
fn without_bullet(part: &str) -> &str {
    let digits = part.trim_start_matches(|c: char| c.is_ascii_digit());
    if digits.len() < part.len()
        && let Some(rest) = digits.strip_prefix(['.', ')'])
        && rest.starts_with(' ')
    {
        return rest.trim_start();
    }
    let rest = part.strip_prefix(['-', '*', '•', '+']);
    rest.filter(|rest| rest.starts_with(' ')).map_or(part, str::trim_start)
}
