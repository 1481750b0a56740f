//! Turns of phrase that introduce a value: “the default is …”, “… (the default)”, “returns …”.

use domain::schema::Shape;
use domain::text::Span;
use serde_json::Value;

use super::labels::{Cue, Label};
use super::sentence::{Said, is_filler, is_within_condition};
use super::values::{literals, normalise, numbers};

/// The value of a setting behind “the default is”, “defaults to”, or before “(the default)”.
pub(super) fn literal(shape: &Shape, sentence: &str, cue: &Cue) -> Option<Said> {
    let found = literals::code_words(sentence);
    let said = |span: Span, sureness: f32| {
        let value = normalise::text(&sentence[span.clone()])?;
        matches!(shape, Shape::Text(_) | Shape::Any).then(|| Said {
            value: Value::String(value),
            span,
            sureness: cue.weight * sureness,
        })
    };
    let opened = sentence[..cue.span.start].trim_end();
    let opened = opened.strip_suffix("the").unwrap_or(opened).trim_end();
    let opened = opened.strip_suffix("by").unwrap_or(opened).trim_end();
    let closes = sentence[cue.span.end..].trim_start().starts_with([')', ';', ',']);
    if let Some(head) = opened.strip_suffix('(').filter(|_| closes) {
        let head = head.trim_end();
        let last =
            found.iter().rev().find(|span| span.end <= head.len() && head.len() - span.end <= 1);
        if let Some(span) = last {
            return said(span.clone(), 1.0);
        }
        let start = head.rfind([' ', '\n']).map_or(0, |at| at + 1);
        return said(start..head.len(), 0.85);
    }
    if is_loose_comparison(sentence, &cue.span) || is_past(sentence, &cue.span) {
        return None;
    }
    let start = skip_link(sentence, cue.span.end)?;
    let end = clause_end(sentence, start, false);
    if start >= end {
        return None;
    }
    let clause = &sentence[start..end];
    if !is_linked(sentence, cue, start) {
        // “default installation”, “the default method”; but “(default 100)”.
        let value = found.iter().find(|span| span.start <= start + 1 && span.end > start)?;
        let is_last = sentence[value.end..].trim_start().starts_with([')', ']', ',', '.', ';']);
        return said(value.clone(), if is_last { 0.8 } else { 0.3 });
    }
    if ["not ", "that ", "behavior", "behaviour", "for ", "when ", "if "]
        .iter()
        .any(|word| clause.starts_with(word))
    {
        return None;
    }
    if let Some(typed) = typed_in_brackets(sentence, start, end) {
        return said(typed, 1.0);
    }
    let first = found.iter().find(|span| span.start >= start && span.start < end.max(start + 1));
    match first {
        Some(span) if span.start <= start + 1 => said(span.clone(), 1.0),
        // “… is the number 5”, “… is typically 100 connections”
        Some(span) if clause.split_whitespace().count() > 4 => {
            let skipped =
                sentence[start..span.start].split_whitespace().filter(|w| !is_filler(w)).count();
            said(span.clone(), if skipped <= 1 { 0.9 } else { 0.6 })
        }
        Some(_) | None => {
            let words = clause.split_whitespace().count();
            said(
                start..end,
                if words <= 2 {
                    0.95
                } else if words <= 5 {
                    0.8
                } else {
                    0.55
                },
            )
        }
    }
}

/// “128 megabytes (128MB)”: what stands in the brackets behind a quantity is what one would type, where it has
/// no space. “604800 (one week)” is but explained there.
fn typed_in_brackets(sentence: &str, start: usize, end: usize) -> Option<Span> {
    let clause = &sentence[start..end];
    let inner = sentence[end..].trim_start().strip_prefix('(')?;
    let open = sentence.len() - inner.len();
    let typed = &inner[..inner.find(')')?];
    let is_typed = typed.starts_with(|c: char| c.is_ascii_digit())
        && !typed.contains(char::is_whitespace)
        && numbers::find(typed).iter().any(|(span, _)| span.len() == typed.len());
    let is_quantity = numbers::find(clause)
        .iter()
        .any(|(span, _)| span.start == 0 || clause.len() - span.len() < 14);
    (is_typed && is_quantity).then(|| open..open + typed.len())
}

/// “At least 15 digits” is no lower limit; it is one where the sentence speaks of what is allowed.
fn is_loose_comparison(sentence: &str, cue: &Span) -> bool {
    let cue = sentence[cue.clone()].to_lowercase();
    let compares = ["at least", "at most", "up to", "greater than", "no more than", "no less than"];
    let allows = ["must", "value", "set", "allow", "valid", "range", "limit", "accept", "may be"];
    let lower = sentence.to_lowercase();
    compares.contains(&cue.as_str()) && !allows.iter().any(|word| lower.contains(word))
}

/// “Prior to 2.4 the default was 1000s” tells what does not hold any more.
fn is_past(sentence: &str, cue: &Span) -> bool {
    let head = sentence[..cue.start].to_lowercase();
    let clause = head.rfind([';', ':']).map_or(head.as_str(), |at| &head[at..]);
    let is_earlier = ["prior to ", "before ", "older ", "earlier ", "formerly", "previously"]
        .iter()
        .any(|word| clause.contains(word));
    let behind = sentence[cue.end..].split_whitespace().take(3);
    is_earlier && behind.into_iter().any(|word| matches!(word, "was" | "were"))
}

/// Whether a verb or a sign stands between a cue and what begins at `start`.
fn is_linked(sentence: &str, cue: &Cue, start: usize) -> bool {
    let between = &sentence[cue.span.start..start];
    between.contains([':', '=', '"', '“', '\'', '`'])
        || between.split_whitespace().any(|word| {
            matches!(
                word,
                "is" | "are"
                    | "remains"
                    | "was"
                    | "were"
                    | "to"
                    | "as"
                    | "be"
                    | "being"
                    | "of"
                    | "least"
                    | "most"
                    | "than"
            )
        })
}

/// Passes the words that link a cue to its value: “is”, “value of … is”, “:”.
fn skip_link(sentence: &str, from: usize) -> Option<usize> {
    const LINKS: [&str; 35] = [
        "remains",
        "at",
        "is",
        "are",
        "was",
        "were",
        "to",
        "be",
        "as",
        "typically",
        "usually",
        "normally",
        "currently",
        "value",
        "values",
        "setting",
        "the",
        "a",
        "an",
        "now",
        "set",
        "of",
        "=",
        ":",
        "being",
        "always",
        "only",
        "in",
        "will",
        "also",
        "has",
        "been",
        "under",
        "by",
        "from",
    ];
    let mut at = from;
    let mut seen_verb = false;
    loop {
        let rest = &sentence[at..];
        let gap = rest.len()
            - rest
                .trim_start_matches([' ', '\n', '\u{a0}', '"', '“', '”', '\'', '`', ':', '='])
                .len();
        at += gap;
        let rest = &sentence[at..];
        let word =
            rest.split([' ', '\n', ',', '.', ';', ')', ':', '(', '"', '“']).next().unwrap_or("");
        // “the default value of max_x is 5”: pass the name to the verb.
        if word == "of" || word == "for" {
            let verb = [" is ", " are ", ": "]
                .iter()
                .filter_map(|verb| rest.find(verb).map(|i| i + verb.len()))
                .min();
            if let Some(verb) = verb.filter(|&verb| verb < 70 && !seen_verb) {
                at += verb;
                seen_verb = true;
                continue;
            }
        }
        // “the default max_x is 5”, without “of”.
        let behind = &rest[word.len()..];
        let is_name = word.contains(['_', '-']) && word.contains(char::is_alphabetic);
        // “the default timeout is 4s”: what the default is of.
        let is_noun = at <= from + 1
            && sentence[..from].ends_with("default")
            && word.len() > 3
            && word.chars().all(|c| c.is_ascii_lowercase());
        if (is_name || is_noun)
            && !seen_verb
            && (behind.starts_with(" is ") || behind.starts_with(" are "))
        {
            at += word.len();
            continue;
        }
        if LINKS.contains(&word) && !word.is_empty() {
            seen_verb |= matches!(word, "is" | "are" | "to" | "was");
            at += word.len();
            continue;
        }
        return (at < sentence.len()).then_some(at);
    }
}

/// The end of the clause that begins at a place.
pub(super) fn clause_end(sentence: &str, start: usize, keeps_commas: bool) -> usize {
    const BREAKS: [&str; 15] = [
        " but ",
        " which ",
        " unless ",
        " although ",
        " when ",
        " if ",
        " while ",
        " because ",
        " where ",
        " — ",
        " – ",
        ", and ",
        " so that ",
        " except ",
        " instead of ",
    ];
    let rest = &sentence[start..];
    let mut end = rest.len();
    for word in BREAKS.iter().filter(|word| !keeps_commas || **word != ", and ") {
        end = rest.find(word).map_or(end, |at| end.min(at));
    }
    let mut at = 0;
    let bytes = rest.as_bytes();
    while at < end {
        let ends = match bytes[at] {
            b';' | b'(' => at > 0,
            b',' => !keeps_commas && !bytes.get(at + 1).is_some_and(u8::is_ascii_digit),
            b'.' => bytes
                .get(at + 1)
                .is_none_or(|next| next.is_ascii_whitespace() || matches!(next, b')' | b'"')),
            b':' => bytes.get(at + 1).is_some_and(u8::is_ascii_whitespace),
            b')' => !rest[..at].contains('('),
            _ => false,
        };
        if ends {
            end = at;
        }
        at += 1;
    }
    start + rest[..end].trim_end().len()
}

/// The words that a cue introduces.
pub(super) fn phrase(label: &Label, sentence: &str, cue: &Cue) -> Option<Span> {
    let is_clause = label.concept.is_some_and(|concept| concept.names.starts_with("returns"));
    let lists = label.lists
        || label.concept.is_some_and(|concept| {
            ["allowed values", "products", "platform", "requires", "parameters", "material"]
                .iter()
                .any(|name| concept.names.starts_with(name))
        });
    if is_clause {
        // Only a sentence about what is returned, not one that happens to say so.
        let head = sentence[..cue.span.start].split_whitespace().count();
        let is_passive = sentence[cue.span.end..].trim_start().starts_with("by ");
        if head > 6 || is_passive || is_within_condition(sentence, cue.span.start) {
            return None;
        }
        let start = skip_link_softly(sentence, cue.span.end);
        let rest = &sentence[start..];
        if let Some(length) = marked_type(rest).filter(|_| label.asked.contains("type")) {
            return Some(start..start + length);
        }
        let end = rest.find("; ").unwrap_or(rest.len());
        let end = start + rest[..end].trim_end().trim_end_matches('.').len();
        return (start < end && sentence[start..end].split_whitespace().count() <= 40)
            .then_some(start..end);
    }
    // “use fastjson instead”: what the cue encloses.
    if let Some(inner) = enclosed(sentence, &cue.span) {
        return Some(inner);
    }
    let start = skip_link(sentence, cue.span.end)
        .filter(|&start| sentence[start..].contains(char::is_alphanumeric));
    let Some(start) = start else {
        // “MIT licensed.”
        let head = sentence[..cue.span.start].trim_end();
        let words = head.split_whitespace().count();
        return ((1..=3).contains(&words) && !is_filler(head.rsplit(' ').next()?))
            .then_some(0..head.len());
    };
    // “with severity “high” in 2.2”: what is quoted is the value, and nothing behind it.
    if let Some(quoted) = literals::quoted(sentence).into_iter().find(|span| span.start == start) {
        return Some(quoted);
    }
    // “Base class for …” is about what derives from it.
    if sentence[start..].starts_with("for ") {
        return None;
    }
    let end = clause_end(sentence, start, lists);
    let words = sentence.get(start..end)?.split_whitespace().count();
    (words > 0 && words <= 25).then_some(start..end)
}

/// The length of a type in brackets at the beginning: `<number> 1 if …`, `{string|null}`.
pub(super) fn marked_type(text: &str) -> Option<usize> {
    let close = match text.chars().next()? {
        '<' => '>',
        '{' => '}',
        _ => return None,
    };
    text.find(close).map(|at| at + 1).filter(|length| *length <= 60)
}

/// What stands between “use” and “instead”.
fn enclosed(sentence: &str, cue: &Span) -> Option<Span> {
    let text = &sentence[cue.clone()];
    let inner = text
        .strip_prefix("use ")
        .or_else(|| text.strip_prefix("Use "))?
        .strip_suffix(" instead")?;
    (!inner.trim().is_empty()).then(|| {
        let end = cue.end - " instead".len();
        end - inner.len()..end
    })
}

fn skip_link_softly(sentence: &str, from: usize) -> usize {
    let mut at = from;
    for word in ["is", "are", ":", "value"] {
        let rest = &sentence[at..];
        let bare = rest.trim_start();
        if bare.strip_prefix(word).is_some_and(|r| r.starts_with([' ', ':']) || word == ":") {
            at += rest.len() - bare.len() + word.len();
        }
    }
    at + sentence[at..].len() - sentence[at..].trim_start().len()
}
