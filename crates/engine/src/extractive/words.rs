//! Words of a text: tokens with their places, stems, stop words, and the terms that ranking counts.
//!
//! A token is kept whole where a reader would: `max_wal_size`, `os.path`, `--amend`, `C++`, `1,250.5`,
//! `don't`, `well-known`. [`terms`] gives such a token whole and in its parts.

use std::cell::RefCell;
use std::collections::{HashMap, HashSet};
use std::sync::LazyLock;

use domain::text::Span;
use rust_stemmers::{Algorithm, Stemmer};

pub use super::sentences::sentences;

/// One word, number or identifier, and where it stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Token {
    /// Bytes of the text that was split.
    pub span: Span,
    pub lower: String,
}

/// Splits a text into tokens, in order.
pub fn tokens(text: &str) -> Vec<Token> {
    let mut found = Vec::with_capacity(text.len() / 6);
    let mut at = 0;
    while let Some(c) = text[at..].chars().next() {
        if !starts_token(text, at, c) {
            at += c.len_utf8();
            continue;
        }
        let end = if is_ideograph(c) { at + c.len_utf8() } else { token_end(text, at) };
        found.push(Token { span: at..end, lower: text[at..end].to_lowercase() });
        at = end;
    }
    found
}

fn starts_token(text: &str, at: usize, c: char) -> bool {
    if c.is_alphanumeric() {
        return true;
    }
    let rest = &text[at + c.len_utf8()..];
    let before = text[..at].chars().next_back();
    let is_free = before.is_none_or(|b| !b.is_alphanumeric() && b != c);
    match c {
        // `__init__`, `_private`
        '_' => rest.trim_start_matches('_').starts_with(char::is_alphanumeric),
        // `--amend`, `-rf`: an option, not a dash between words or a negative number
        '-' => is_free && before.is_none_or(|b| !b.is_alphanumeric()) && is_option(rest),
        _ => false,
    }
}

fn is_option(after_dash: &str) -> bool {
    let name = after_dash.strip_prefix('-').unwrap_or(after_dash);
    name.starts_with(|c: char| c.is_ascii_alphabetic())
}

fn token_end(text: &str, start: usize) -> usize {
    let mut end = start;
    let mut chars = text[start..].char_indices().peekable();
    while let Some((offset, c)) = chars.next() {
        let here = start + offset;
        let next = chars.peek().map(|&(_, c)| c);
        let goes_on = next.is_some_and(|n| n.is_alphanumeric() || n == '_');
        let keeps = match c {
            _ if is_ideograph(c) => false,
            _ if c.is_alphanumeric() || c == '_' || is_mark(c) => true,
            '-' if here == end && text[start..here].chars().all(|c| c == '-') => true,
            '.' | '-' | '\'' | '’' | '@' => goes_on,
            ',' => {
                text[..here].ends_with(|c: char| c.is_ascii_digit())
                    && next.is_some_and(|n| n.is_ascii_digit())
            }
            ':' => {
                let doubled = text[here..].starts_with("::") || text[..here].ends_with(':');
                doubled && text[here..].trim_start_matches(':').starts_with(char::is_alphanumeric)
            }
            // `C++`, `C#`, `F#`
            '+' | '#' => here - start <= 3 && is_name_with_sign(&text[start..]),
            _ => false,
        };
        if !keeps {
            break;
        }
        end = here + c.len_utf8();
    }
    end
}

/// `C++`, `g++`, `C#`, `F#` at the beginning of a text, and nothing glued to it.
fn is_name_with_sign(text: &str) -> bool {
    let name = text.trim_start_matches(|c: char| c.is_ascii_alphabetic());
    let after = ["++", "#"].iter().find_map(|sign| name.strip_prefix(sign));
    name.len() < text.len()
        && after.is_some_and(|rest| !rest.starts_with(|c: char| c.is_alphanumeric()))
}

/// Accents that stand alone, and the soft hyphen.
fn is_mark(c: char) -> bool {
    matches!(c, '\u{300}'..='\u{36f}' | '\u{ad}')
}

/// Scripts written without spaces: each character is a token.
fn is_ideograph(c: char) -> bool {
    matches!(c, '\u{3040}'..='\u{30ff}' | '\u{3400}'..='\u{4dbf}' | '\u{4e00}'..='\u{9fff}' | '\u{f900}'..='\u{faff}')
}

/// Whether a token is an identifier, option, version or path rather than a word of prose.
pub fn is_identifier(token: &str) -> bool {
    let has_letter = token.chars().any(char::is_alphabetic);
    let is_code = token.contains(['_', '+', '#', '@'])
        || token.contains("::")
        || token.starts_with('-')
        || (token.contains('.') && token.split('.').any(|part| part.chars().count() > 1));
    let is_mixed = token.chars().any(|c| c.is_ascii_digit());
    has_letter && (is_code || is_mixed)
}

/// The English stem of a lower-cased word; identifiers, numbers and other scripts stay as they are.
pub fn stem(lower: &str) -> String {
    /// Distinct words kept per thread; a large site has some tens of thousands.
    const CACHED: usize = 50_000;
    thread_local! {
        static STEMS: RefCell<HashMap<String, String>> = RefCell::new(HashMap::new());
    }
    let word = possessor(lower);
    if word.len() < 3 || !word.bytes().all(|b| b.is_ascii_lowercase()) {
        return word.to_owned();
    }
    // The stemmer takes these for forms of author, several, universe and organ.
    match word {
        "authority" | "authorities" => return "authority".to_owned(),
        "severity" | "severities" => return "severity".to_owned(),
        "university" | "universities" => return "university".to_owned(),
        "organization" | "organizations" | "organisation" | "organisations" => {
            return "organisation".to_owned();
        }
        _ => {}
    }
    STEMS.with_borrow_mut(|stems| {
        if let Some(known) = stems.get(word) {
            return known.clone();
        }
        let stem = Stemmer::create(Algorithm::English).stem(word).into_owned();
        if stems.len() >= CACHED {
            stems.clear();
        }
        stems.insert(word.to_owned(), stem.clone());
        stem
    })
}

/// `company's` → `company`.
fn possessor(lower: &str) -> &str {
    lower.strip_suffix("'s").or_else(|| lower.strip_suffix("’s")).unwrap_or(lower)
}

/// Words that carry no subject: articles, prepositions, pronouns, auxiliaries, question words.
pub fn is_stop(lower: &str) -> bool {
    static STOP: LazyLock<HashSet<&str>> =
        LazyLock::new(|| STOP_WORDS.split_ascii_whitespace().collect());
    STOP.contains(lower)
}

/// What is counted when texts are compared: lowered, stemmed, stop words gone; identifiers and
/// hyphenated words whole and in their parts.
pub fn terms(text: &str) -> Vec<String> {
    let mut found = Vec::new();
    for token in tokens(text) {
        push_terms(&token.lower, &mut found);
    }
    found
}

/// The terms of one token, the whole first.
pub fn push_terms(lower: &str, into: &mut Vec<String>) {
    if is_stop(lower) {
        return;
    }
    let whole = stem(lower);
    if !whole.is_empty() {
        into.push(whole);
    }
    for part in parts(lower) {
        if !is_stop(part) && part.chars().count() > 1 {
            into.push(stem(part));
        }
    }
}

/// The parts of an identifier or a hyphenated word; none where it has only one.
pub fn parts(lower: &str) -> Vec<&str> {
    let is_number = lower.chars().all(|c| c.is_ascii_digit() || matches!(c, '.' | ','));
    if is_number || !lower.contains(['_', '.', '-', ':', '@', '+', '#']) {
        return Vec::new();
    }
    lower.split(|c: char| !c.is_alphanumeric()).filter(|part| !part.is_empty()).collect()
}

const STOP_WORDS: &str = "
a about above according across after again against all almost along already also although always am among an and another
any anybody anyone anything are aren't around as at away be became because become becomes been before being
below between both but concerning by came can can't cannot come could couldn't did didn't do does doesn't doing don't done
down during each either else enough etc even ever every everyone everything few for from further gave get gets
give given gives go goes going gone got had hadn't has hasn't have haven't having he he'd he'll he's hence her
here here's hers herself him himself his how however include included includes including i i'd i'll i'm i've if in indeed instead into is isn't it
it'd it'll it's its itself just kind know known let let's like likely mainly many may
maybe me might mine more most mostly much must my myself near nearly neither never nevertheless next no nobody
none nor not nothing now of off often on once one only onto or other others otherwise our ours ourselves out over
own per perhaps please put quite rather really regarding said same say says see seem seems seen several shall
she she'd she'll she's should shouldn't since so some somebody someone something sometimes soon still such take
takes taken than that that's the their theirs them themselves then there there's thereby therefore these they
they'd they'll they're they've thing things this those though through thus to together too toward towards under
unless until up upon us use used uses using usually various very via was wasn't we we'd we'll we're we've well
went were weren't what what's whatever when when's whenever where where's whereas wherever whether which while
who who's whoever whom whose why will with within without won't would wouldn't yes yet you you'd you'll you're
you've your yours yourself
der das und ist nicht ein eine einer eines einem einen auf für mit dem den von zu zum zur im ich sie wir sich
auch oder aber wie bei nach aus wird werden wurde sind hat haben dass
le les des du et est une dans pour qui sur avec aux ce cette ces il elle nous vous sont pas plus
el los las del que en por con una unos se su sus al como más pero
";

#[cfg(test)]
mod tests {
    use super::*;

    fn lowers(text: &str) -> Vec<String> {
        tokens(text).into_iter().map(|token| token.lower).collect()
    }

    #[test]
    fn identifiers_options_numbers_and_contractions_are_one_token() {
        assert_eq!(
            lowers(
                "Set max_wal_size via os.path, git commit --amend or C++; it's 1,250.5 (v15.2)."
            ),
            [
                "set",
                "max_wal_size",
                "via",
                "os.path",
                "git",
                "commit",
                "--amend",
                "or",
                "c++",
                "it's",
                "1,250.5",
                "v15.2"
            ]
        );
        assert_eq!(
            lowers("std::env __init__ C# well-known a - b foo()"),
            ["std::env", "__init__", "c#", "well-known", "a", "b", "foo"]
        );
    }

    #[test]
    fn a_token_knows_where_it_stands() {
        let text = "Über Köln, 1998";
        let spans: Vec<_> = tokens(text).into_iter().map(|t| text[t.span].to_owned()).collect();
        assert_eq!(spans, ["Über", "Köln", "1998"]);
    }

    #[test]
    fn terms_are_stemmed_without_stop_words_and_identifiers_come_whole_and_in_parts() {
        assert_eq!(terms("The companies were merging"), ["compani", "merg"]);
        assert_eq!(terms("the max_wal_size"), ["max_wal_size", "max", "wal", "size"]);
        assert_eq!(terms("--amend"), ["--amend", "amend"]);
        assert_eq!(terms("C++"), ["c++"]);
    }

    #[test]
    fn an_authority_is_no_author() {
        assert_ne!(stem("authority"), stem("author"));
        assert_eq!(stem("universities"), stem("university"));
    }

    #[test]
    fn an_identifier_is_told_from_prose() {
        for code in ["max_wal_size", "os.path", "--amend", "c++", "x86", "std::env"] {
            assert!(is_identifier(code), "{code}");
        }
        for prose in ["word", "well-known", "1998", "u.s", "3.14"] {
            assert!(!is_identifier(prose), "{prose}");
        }
    }
}
