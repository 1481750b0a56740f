//! Whether a title, a heading, a term or a cell names a thing, and how surely.

use super::forms;

/// Lower case with every byte in its place: letters whose lower case is longer stay as they are.
pub fn lowered(text: &str) -> String {
    text.chars()
        .map(|c| {
            let mut lower = c.to_lowercase();
            match (lower.next(), lower.next()) {
                (Some(one), None) if one.len_utf8() == c.len_utf8() => one,
                _ => c,
            }
        })
        .collect()
}

/// Options and very short names differ by case: `-a` is not `-A`.
pub(super) fn is_exact(name: &str) -> bool {
    let name = name.trim();
    name.chars().count() <= 3 || (name.starts_with('-') && !name.starts_with("--"))
}

/// Whether a range is not part of a longer word or identifier.
pub(super) fn is_free(text: &str, start: usize, end: usize) -> bool {
    let first = text[start..].chars().next().unwrap_or(' ');
    let before = text[..start].chars().next_back();
    let mut after = text[end..].chars();
    let (next, second) = (after.next(), after.next());
    let is_word = |c: Option<char>| c.is_some_and(|c| c.is_alphanumeric() || c == '_');
    let glued_before = if first.is_alphanumeric() || first == '_' {
        is_word(before) || before == Some('-') && text[..start - 1].ends_with(['-', ' '])
    } else {
        is_word(before) || before == Some(first)
    };
    let glued_after = is_word(next)
        || (matches!(next, Some('-' | '.' | ':')) && is_word(second) && next != Some(':'));
    let possessive = matches!(next, Some('\'' | '’'));
    !glued_before && (!glued_after || possessive)
}

/// Letters and digits with single spaces: `git-commit` and `git commit` are alike.
pub(super) fn loosely(text: &str) -> String {
    lowered(text)
        .split(|c: char| !c.is_alphanumeric())
        .filter(|part| !part.is_empty())
        .collect::<Vec<_>>()
        .join(" ")
}

fn without_numbering(text: &str) -> &str {
    // `A.11. Raspbian`: appendices are numbered with a letter.
    let rest = text.strip_prefix(|c: char| c.is_ascii_uppercase()).and_then(|rest| {
        rest.strip_prefix('.').filter(|rest| rest.starts_with(|c: char| c.is_ascii_digit()))
    });
    let bare = rest.unwrap_or(text).trim_start_matches(|c: char| {
        c.is_ascii_digit() || matches!(c, '.' | ' ' | '\u{a0}' | '§')
    });
    if bare.is_empty() { text } else { bare }
}

/// How surely a title or heading names something: 1 where it is the name, 0.6 where it holds it.
pub fn naming(text: &str, name: &str) -> f32 {
    let text = text.trim();
    // `3.2.0 – 2024-05-21` is no numbered heading for one who looks for 3.2.0.
    let is_version = name.starts_with(|c: char| c.is_ascii_digit());
    let text = if is_version { text } else { without_numbering(text) };
    if is_longer_number(text, name) {
        return 0.0;
    }
    if is_exact(name) && (name.starts_with('-') || !text.contains(name)) {
        return term_names(text, name);
    }
    let (whole, wanted) = (loosely(text), loosely(name));
    if wanted.is_empty() || whole.is_empty() {
        return 0.0;
    }
    if whole == wanted {
        return 1.0;
    }
    let separators = [" - ", " — ", " – ", " | ", ": ", " · ", "(", " » ", ", "];
    let mut rest = text;
    let mut is_first = true;
    loop {
        let cut = separators.iter().filter_map(|s| rest.find(s).map(|at| (at, s.len()))).min();
        let (part, next) = match cut {
            Some((at, length)) => (&rest[..at], Some(&rest[at + length..])),
            None => (rest, None),
        };
        let part = loosely(part);
        if part == wanted {
            return if is_first { 0.97 } else { 0.9 };
        }
        // `KeepAliveTimeout Directive`, `The trap command`, `class Foo`
        let others: Vec<&str> =
            part.split(' ').filter(|word| !wanted.split(' ').any(|w| w == *word)).collect();
        let is_kind = |word: &&str| KIND_WORDS.contains(word) || word.len() == 1;
        if is_first && others.len() <= 2 && others.iter().all(is_kind) && holds(&part, &wanted) {
            return 0.95;
        }
        is_first = false;
        match next {
            Some(next) => rest = next,
            None => break,
        }
    }
    match holds(&whole, &wanted) {
        // “MX40 submersible pump”: a model needs no other word to be told from others.
        true if whole.starts_with(&wanted) && is_model(name) => 0.9,
        true if whole.starts_with(&wanted) => 0.7,
        true => 0.55,
        false => 0.0,
    }
}

/// Capitals and digits without a space: `MX40`, `RFC-2119`.
fn is_model(name: &str) -> bool {
    name.contains(|c: char| c.is_ascii_digit())
        && name.starts_with(char::is_uppercase)
        && !name.contains([' ', '_'])
}

/// Whether a text holds the name only as the beginning of a longer number: `Django 3.2` in `Django 3.2.5`.
fn is_longer_number(text: &str, name: &str) -> bool {
    let (text, name) = (lowered(text), lowered(name));
    name.ends_with(|c: char| c.is_ascii_digit())
        && text.contains(&name)
        && text.match_indices(&name).all(|(at, _)| {
            let rest = &text[at + name.len()..];
            let behind = rest.strip_prefix('.').unwrap_or(rest);
            behind.starts_with(|c: char| c.is_ascii_digit())
        })
}

const KIND_WORDS: [&str; 48] = [
    "release",
    "notes",
    "changelog",
    "dr",
    "prof",
    "professor",
    "mr",
    "mrs",
    "ms",
    "sir",
    "directive",
    "command",
    "option",
    "function",
    "method",
    "class",
    "module",
    "the",
    "parameter",
    "setting",
    "builtin",
    "statement",
    "manual",
    "page",
    "about",
    "overview",
    "company",
    "profile",
    "home",
    "variable",
    "property",
    "package",
    "utility",
    "program",
    "gmbh",
    "inc",
    "ltd",
    "attribute",
    "exception",
    "type",
    "event",
    "keyword",
    "operator",
    "docs",
    "documentation",
    "reference",
    "specification",
    "datasheet",
];

fn holds(text: &str, words: &str) -> bool {
    text == words
        || text.starts_with(&format!("{words} "))
        || text.ends_with(&format!(" {words}"))
        || text.contains(&format!(" {words} "))
}

/// A term that is only the last part of a dotted name.
pub(super) const LAST_PART: f32 = 0.7;

/// Words that stand before the name in a term.
const LEADS: [&str; 18] = [
    "class",
    "exception",
    "function",
    "method",
    "classmethod",
    "staticmethod",
    "property",
    "abstractmethod",
    "async",
    "def",
    "fn",
    "pub",
    "static",
    "const",
    "type",
    "the",
    "coroutine",
    "func",
];

/// How surely a term, a key or a cell is the name: `shared_buffers (integer)`, `-a, --all`,
/// `os.path.join(path, *paths)`.
pub fn term_names(term: &str, name: &str) -> f32 {
    let name = name.trim();
    let name = name.strip_suffix("()").unwrap_or(name);
    let exact = is_exact(name);
    let fold = |text: &str| if exact { text.to_owned() } else { lowered(text) };
    let wanted = fold(name);
    let mut best = 0.0_f32;
    let parts = outside_brackets(term).into_iter().take(8).chain(std::iter::once(term));
    // `-A --no-align`, `remove(path) unlink(path)`: manuals write the names of one thing side by side.
    let side_by_side = term.split_inclusive(')').skip(1).filter(|part| part.contains('('));
    for part in parts.chain(forms::spellings(term)).chain(side_by_side) {
        let mut part = part.trim().trim_matches(|c: char| "`*“”\"'".contains(c));
        while let Some((first, rest)) = part.split_once(' ')
            && LEADS.contains(&first.to_lowercase().as_str())
        {
            part = rest.trim_start();
        }
        let folded = fold(part);
        let dotted_end = |long: &str, short: &str| {
            long.strip_suffix(short).is_some_and(|head| head.ends_with(['.', ':', '#']))
        };
        let head = folded.split(['(', ' ', '=', '[', '<', ':']).next().unwrap_or(&folded);
        let near = if folded == wanted {
            1.0
        } else if folded.strip_prefix(wanted.as_str()).is_some_and(ends_term) {
            0.98
        } else if folded
            .strip_prefix(wanted.as_str())
            .is_some_and(|rest| names_argument(&wanted, rest))
        {
            0.95
        } else if head.len() > 2 && dotted_end(head, &wanted) {
            0.85
        } else if head.len() > 2 && dotted_end(&wanted, head) && part.contains('(') {
            if head.contains('.') { 0.93 } else { LAST_PART }
        } else if !exact && wanted.contains(' ') && loosely(part) == loosely(name) {
            0.95
        } else {
            0.0
        };
        best = best.max(near);
    }
    best
}

/// The names that a term lists. Commas in brackets stand between arguments: `f(x, y)`.
fn outside_brackets(term: &str) -> Vec<&str> {
    let mut depth = 0_u32;
    term.split(|c: char| {
        match c {
            '(' => depth += 1,
            ')' => depth = depth.saturating_sub(1),
            _ => {}
        }
        depth == 0 && matches!(c, ',' | '\n' | '|' | ';' | '/')
    })
    .collect()
}

/// Words that stand for the argument of an option.
const ARGUMENTS: [&str; 21] = [
    "integer", "int", "number", "string", "str", "boolean", "bool", "float", "duration", "time",
    "size", "flags", "flag", "list", "value", "name", "file", "path", "filename", "seconds",
    "bytes",
];

/// Whether only an argument stands behind the name: `probesize integer (input)`, `tables_version n`.
fn names_argument(name: &str, rest: &str) -> bool {
    let Some(rest) = rest.strip_prefix(' ') else { return false };
    let bare = rest.split(" (").next().unwrap_or(rest);
    let words: Vec<&str> = bare.split_whitespace().collect();
    let is_one = words.len() == 1 && words[0].chars().all(|c| c.is_alphanumeric() || c == '_');
    is_one && (ARGUMENTS.contains(&words[0]) || name.contains('_'))
}

/// What may stand behind a name for the term still to be that name.
fn ends_term(rest: &str) -> bool {
    let mut chars = rest.chars();
    match chars.next() {
        Some('(' | '=' | '[' | '<' | ':' | '*' | '†' | '‡') | None => true,
        Some(' ' | '\u{a0}' | '\n') => {
            matches!(
                chars.next(),
                Some('(' | '[' | '<' | '=' | '–' | '—' | '-' | ':' | '{' | '…') | None
            )
        }
        Some(_) => false,
    }
}

/// Whether a list item or paragraph opens with the name as with a term: `--amend: …`, `Acme – …`.
pub(super) fn begins_as_term(text: &str, name: &str) -> f32 {
    let line = text.trim_start_matches(['•', '*', '-', ' ']);
    let line =
        if name.starts_with('-') { text.trim_start_matches(['•', '*', ' ']) } else { line };
    let separators = [": ", " – ", " — ", " - ", "\n"];
    let Some(at) = separators.iter().filter_map(|separator| line.find(separator)).min() else {
        return 0.0;
    };
    if at > 80 { 0.0 } else { term_names(&line[..at], name) * 0.97 }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_term_is_the_name_with_or_without_arguments_and_types() {
        assert!(term_names("shared_buffers (integer)", "shared_buffers") > 0.9);
        assert!(term_names("os.path.join(path, *paths)", "os.path.join()") > 0.9);
        assert!(term_names("-a, --all", "--all") > 0.9);
        assert!(term_names("--all-files", "--all").abs() < f32::EPSILON);
        assert!(term_names("-A", "-a").abs() < f32::EPSILON);
        assert!(term_names("class tomllib.Parser", "Parser") > 0.8);
        assert!(term_names("work_mem_limit", "work_mem").abs() < f32::EPSILON);
        assert!(term_names("probesize integer (input)", "probesize") > 0.9);
        assert!(term_names("probesize matters (here)", "probesize").abs() < f32::EPSILON);
        assert!(term_names("date_trunc ( text, interval, text )", "interval").abs() < f32::EPSILON);
    }

    #[test]
    fn a_heading_names_a_thing_as_a_whole_in_part_or_not() {
        assert!(naming("3.2. KeepAliveTimeout Directive", "KeepAliveTimeout") > 0.9);
        assert!(naming("git-commit(1) Manual Page", "git commit") > 0.9);
        assert!(naming("tomllib — Parse TOML files — Python 3.11", "tomllib") > 0.9);
        assert!(naming("Things to know about Lyon and its rivers", "Lyon") < 0.7);
        assert!(naming("Committing", "commit").abs() < f32::EPSILON);
        assert!(naming("A.11. Raspbian", "Raspbian") > 0.9);
        assert!(naming("MX40 submersible pump", "MX40") > 0.85);
    }

    #[test]
    fn a_version_is_not_a_longer_one_nor_the_number_of_a_heading() {
        assert!(naming("3.2.0 – 2024-05-21", "3.2.0") > 0.9);
        assert!(naming("3.2.0 – 2024-05-21", "3.2").abs() < f32::EPSILON);
        assert!(naming("Django 1.3.1 release notes", "Django 1.3").abs() < f32::EPSILON);
        assert!(naming("Django 1.3 release notes", "Django 1.3") > 0.9);
    }
}
