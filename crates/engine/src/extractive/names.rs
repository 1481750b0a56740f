//! Proper names, identifiers and quoted strings in a text.

use domain::text::Span;

use super::alike;
use super::clauses;
use super::question::is_year;
use super::words::{self, Token};

/// A proper name, an identifier or a quoted string.
#[derive(Debug, Clone, PartialEq)]
pub struct Name {
    pub surface: String,
    pub stems: Vec<String>,
}

/// Names, identifiers and quoted strings, in order of appearance.
pub fn names(text: &str) -> Vec<Name> {
    let mut found = quoted(text);
    let tokens = words::tokens(text);
    let is_title_case = is_title_case(text, &tokens);
    let starts: Vec<usize> = words::sentences(text).into_iter().map(|span| span.start).collect();
    let is_capital = |token: &Token| text[token.span.clone()].starts_with(char::is_uppercase);
    let is_marked = |token: &Token| {
        let raw = &text[token.span.clone()];
        words::is_identifier(&token.lower)
            || raw.chars().skip(1).any(char::is_uppercase)
            || (is_capital(token)
                && !is_title_case
                && !starts.contains(&token.span.start)
                && !words::is_stop(&token.lower)
                && !alike::is_calendar(&token.lower))
    };
    let mut at = 0;
    while at < tokens.len() {
        // A capitalised first word counts if a name follows it: "Marie Curie was".
        let begins = is_marked(&tokens[at])
            || (is_capital(&tokens[at])
                && !words::is_stop(&tokens[at].lower)
                && !clauses::is_command(&tokens[at].lower)
                && tokens
                    .get(at + 1)
                    .is_some_and(|next| is_marked(next) && touches(text, &tokens[at], next)));
        if !begins {
            at += 1;
            continue;
        }
        let mut end = at;
        while let Some(next) = next_of_name(text, &tokens, end, &is_marked) {
            end = next;
        }
        let span = tokens[at].span.start..tokens[end].span.end;
        push_name(text, span, &mut found);
        at = end + 1;
    }
    found
}

/// The token that goes on with a name: another capital, `of` and a capital, or a version.
fn next_of_name(
    text: &str,
    tokens: &[Token],
    end: usize,
    is_marked: &dyn Fn(&Token) -> bool,
) -> Option<usize> {
    let last = &tokens[end];
    let next = tokens.get(end + 1).filter(|next| touches(text, last, next))?;
    let is_version = next.lower.starts_with(|c: char| c.is_ascii_digit()) && !is_year(&next.lower);
    if words::is_identifier(&last.lower) && !is_version {
        return None;
    }
    if is_version || (is_marked(next) && !words::is_identifier(&next.lower)) {
        return Some(end + 1);
    }
    let after = tokens.get(end + 2).filter(|after| touches(text, next, after))?;
    let joins = matches!(next.lower.as_str(), "of" | "de" | "von" | "van" | "du" | "la" | "del");
    (joins && is_marked(after)).then_some(end + 2)
}

fn touches(text: &str, left: &Token, right: &Token) -> bool {
    matches!(&text[left.span.end..right.span.start], " " | "-" | " & " | ". ")
        && !text[..left.span.end].ends_with("'s")
        && !text[..left.span.end].ends_with("’s")
}

fn is_title_case(text: &str, tokens: &[Token]) -> bool {
    let content: Vec<&Token> = tokens.iter().filter(|t| !words::is_stop(&t.lower)).collect();
    let capitals =
        content.iter().filter(|t| text[t.span.clone()].starts_with(char::is_uppercase)).count();
    content.len() > 4 && capitals * 10 > content.len() * 8
}

fn quoted(text: &str) -> Vec<Name> {
    let mut found = Vec::new();
    for (open, close) in [('"', '"'), ('“', '”'), ('„', '“'), ('«', '»'), ('`', '`')] {
        let mut rest = 0;
        while let Some(start) = text[rest..].find(open).map(|at| rest + at + open.len_utf8()) {
            let Some(end) = text[start..].find(close).map(|at| start + at) else { break };
            if end - start <= 80 {
                push_name(text, start..end, &mut found);
            }
            rest = end + close.len_utf8();
        }
    }
    found
}

fn push_name(text: &str, span: Span, into: &mut Vec<Name>) {
    let surface = text[span].trim().trim_end_matches("'s").trim_end_matches("’s").to_owned();
    let stems: Vec<String> = words::tokens(&surface)
        .into_iter()
        .filter(|token| !words::is_stop(&token.lower))
        .map(|token| words::stem(&token.lower))
        .collect();
    let is_known = into.iter().any(|name| name.stems == stems);
    // The "O" of "I/O" is no name.
    let is_letter = surface.chars().count() < 2;
    if !stems.is_empty() && !is_letter && !is_known && !stems.iter().all(|stem| is_year(stem)) {
        into.push(Name { surface, stems });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn surfaces(text: &str) -> Vec<String> {
        names(text).into_iter().map(|name| name.surface).collect()
    }

    #[test]
    fn names_identifiers_and_quotes_are_found_and_ordinary_capitals_are_not() {
        assert_eq!(
            surfaces("What does max_wal_size do in PostgreSQL 15?"),
            ["max_wal_size", "PostgreSQL 15"]
        );
        assert_eq!(
            surfaces("Who led the Bank of England and Marie Curie's lab in May?"),
            ["Bank of England", "Marie Curie"]
        );
        assert!(surfaces("How is its I/O load spread?").is_empty());
        assert_eq!(surfaces("Main causes of \"gross error\" in it"), ["gross error"]);
        assert!(surfaces("Causes And Effects Of Heavy Spring Rain").is_empty());
    }
}
