//! Where sentences end, in English, German, French and Spanish prose.
//!
//! Meant for the text of one block. A line break is a space; a blank line ends a sentence.

use domain::text::Span;

/// Longest bracket in which a stop is taken for a part of the sentence around it, bytes.
const BRACKET: usize = 300;

/// Splits a text into sentences, without the white space between them.
pub fn sentences(text: &str) -> Vec<Span> {
    let mut found = Vec::new();
    let mut start = 0;
    let mut at = 0;
    let mut open: Vec<usize> = Vec::new();
    while let Some(c) = text[at..].chars().next() {
        let after = at + c.len_utf8();
        let end = match c {
            '\n' if is_blank_line(&text[after..]) => Some(at),
            '。' | '！' | '？' => Some(after_closers(text, after)),
            '.' | '!' | '?' | '…' if !is_in_bracket(text, &open, after) => {
                stop_ends_sentence(text, start, at, after)
            }
            _ => None,
        };
        if let Some(end) = end {
            push(text, start..end, &mut found);
            open.clear();
            start = end;
            at = end.max(after);
            continue;
        }
        match c {
            '(' => open.push(at),
            ')' => drop(open.pop()),
            _ => {}
        }
        at = after;
    }
    push(text, start..text.len(), &mut found);
    found
}

fn push(text: &str, span: Span, into: &mut Vec<Span>) {
    let words = &text[span.clone()];
    let start = span.start + (words.len() - words.trim_start().len());
    let end = start + words.trim().len();
    if start < end {
        into.push(start..end);
    }
}

fn is_blank_line(after_break: &str) -> bool {
    let rest = after_break.trim_start_matches([' ', '\t', '\r']);
    rest.starts_with('\n')
}

/// Whether a stop lies in a bracket that is closed soon after it, with something behind it.
fn is_in_bracket(text: &str, open: &[usize], after: usize) -> bool {
    let Some(&from) = open.last() else { return false };
    // `(It was late.)`: the bracket is the sentence.
    if text[after..].starts_with(')') {
        return false;
    }
    text[after..].find(')').is_some_and(|offset| {
        let close = after + offset;
        close - from <= BRACKET && !text[after..close].contains("\n\n")
    })
}

/// The end of the sentence, with closing quotes and brackets, if the stop at `at` ends one.
fn stop_ends_sentence(text: &str, start: usize, at: usize, after: usize) -> Option<usize> {
    let end = after_closers(text, after);
    let rest = &text[end..];
    let next = rest.trim_start();
    if next.is_empty() {
        return Some(text.len());
    }
    if !rest.starts_with(char::is_whitespace) {
        return None;
    }
    let word = next.split_whitespace().next().unwrap_or_default();
    let word = word.trim_start_matches(|c: char| "\"'“‘„«»([¿¡*_`".contains(c) && c != '_');
    let is_plain_stop = text[at..].starts_with('.') && !text[at..].starts_with("..");
    if is_plain_stop && end == after && is_abbreviation(&text[start..at], word) {
        return None;
    }
    begins_sentence(word, next).then_some(end)
}

/// Closing quotes and brackets, further stops, and reference marks such as `[3]`.
fn after_closers(text: &str, mut at: usize) -> usize {
    loop {
        let rest = &text[at..];
        let Some(c) = rest.chars().next() else { return at };
        if "\"'”’»“‹›)]*.!?…".contains(c) {
            at += c.len_utf8();
            continue;
        }
        let mark = rest.strip_prefix('[').and_then(|inside| inside.split_once(']'));
        match mark {
            Some((mark, _)) if !mark.is_empty() && mark.len() <= 4 && is_reference(mark) => {
                at += mark.len() + 2;
            }
            Some(_) | None => return at,
        }
    }
}

fn is_reference(mark: &str) -> bool {
    mark.bytes().all(|b| b.is_ascii_digit()) || (mark.len() == 1 && mark.is_ascii())
}

/// Whether a word looks like the first of a sentence. Lower-case identifiers begin sentences in manuals.
fn begins_sentence(word: &str, rest: &str) -> bool {
    let Some(first) = word.chars().next() else {
        return rest.starts_with(['-', '•', '*', '"', '“', '„', '«', '(']);
    };
    let bare = word.trim_end_matches([',', '.', ';', ':', ')', '"']);
    first.is_uppercase()
        || first.is_numeric()
        || (first.is_alphabetic() && !first.is_lowercase())
        || matches!(first, '-' | '•' | '_' | '$' | '€' | '£' | '/' | '<' | '%' | '@' | '#')
        || bare.contains(['_', '(', '=', '/'])
        || bare.contains("::")
        || bare.chars().skip(1).any(char::is_uppercase)
        || (bare.contains('.') && bare.split('.').all(|part| part.chars().count() > 1))
}

/// Whether the stop after `before` belongs to an abbreviation, an initial or an ordinal.
fn is_abbreviation(before: &str, next: &str) -> bool {
    let word = before.rsplit(|c: char| c.is_whitespace() || "([\"“„'—–/".contains(c)).next();
    let word = word.unwrap_or_default();
    let is_first = before.trim().len() == word.len();
    let starts_new = is_starter(next);
    if word.chars().all(|c| c.is_ascii_digit()) && !word.is_empty() {
        // `1. Install it`, `am 3. Oktober`
        return word.len() <= 2 && (is_first || is_month(next) || is_german_ordinal(before, next));
    }
    let lower = word.to_lowercase();
    let mut letters = word.chars().filter(|c| c.is_alphabetic());
    let is_initial =
        letters.next().is_some() && letters.next().is_none() && word.chars().count() == 1;
    if is_initial {
        return (word.chars().all(char::is_uppercase) && !starts_new)
            || lower == "z"
            || lower == "p";
    }
    // `U.S`, `z.B`, `e.g`, `J.R.R`
    if word.contains('.') && word.split('.').all(|part| part.chars().count() <= 2) {
        return !starts_new || matches!(lower.as_str(), "e.g" | "i.e" | "z.b" | "d.h" | "p.ej");
    }
    if ALWAYS.contains(&lower.as_str()) {
        return true;
    }
    // `No. 5`, `Fig. 2`, and else the verb or noun.
    if BEFORE_NUMBER.contains(&lower.as_str()) {
        return next.starts_with(|c: char| c.is_ascii_digit() || c == '§')
            || is_roman(next)
            || (lower == "no" && next.starts_with(char::is_numeric));
    }
    OFTEN.contains(&lower.as_str()) && !starts_new
}

fn is_starter(word: &str) -> bool {
    STARTERS.contains(&word.trim_end_matches([',', ':', ';']))
}

fn is_month(word: &str) -> bool {
    MONTHS.contains(&word.to_lowercase().trim_end_matches(['.', ',']))
}

fn is_roman(word: &str) -> bool {
    let bare = word.trim_end_matches(['.', ',', ')', ';']);
    !bare.is_empty() && bare.chars().all(|c| "IVXLC".contains(c)) && bare.len() <= 5 && bare != "I"
}

/// `im 19. Jahrhundert`: a number before a noun, in a sentence with German small words.
fn is_german_ordinal(before: &str, next: &str) -> bool {
    let previous =
        before.trim_end_matches(|c: char| c.is_ascii_digit()).split_whitespace().next_back();
    let leads =
        ["am", "im", "der", "die", "das", "dem", "den", "des", "vom", "zum", "bis", "ab", "und"];
    previous.is_some_and(|word| leads.contains(&word.to_lowercase().as_str())) && !is_starter(next)
}

/// Never the last word of a sentence.
const ALWAYS: &[&str] = &[
    "mr", "mrs", "ms", "messrs", "dr", "prof", "rev", "hon", "gov", "sen", "rep", "gen", "col",
    "sgt", "capt", "lt", "cmdr", "maj", "mt", "vs", "cf", "viz", "approx", "e.g", "i.e", "esp",
    "resp", "ca", "bzw", "evtl", "ggf", "inkl", "zzgl", "vgl", "sog", "hrsg", "mme", "mlle", "sra",
    "srta", "dña", "st", "ste", "incl", "excl", "z.b", "d.h", "u.a", "p.ej", "p.ex", "fr", "hr",
];

/// An abbreviation only before a number.
const BEFORE_NUMBER: &[&str] = &[
    "no", "nos", "nr", "fig", "figs", "eq", "eqs", "sec", "sect", "ch", "chap", "vol", "vols", "p",
    "pp", "art", "abs", "par", "ed", "ver", "v", "tab", "op", "c", "s", "bd", "ziff", "núm", "pág",
    "cap",
];

/// An abbreviation unless a new sentence plainly begins.
const OFTEN: &[&str] = &[
    "etc", "inc", "ltd", "co", "corp", "llc", "plc", "bros", "jr", "sr", "dept", "univ", "est",
    "al", "ave", "blvd", "rd", "jan", "feb", "mar", "apr", "jun", "jul", "aug", "sep", "sept",
    "oct", "nov", "dec", "mon", "tue", "wed", "thu", "fri", "sat", "sun", "u.s", "u.k", "ph.d",
    "a.m", "p.m", "str", "usw", "mio", "mrd", "tsd", "min", "max", "avg", "gmbh", "jh", "geb",
    "gest", "m", "ud", "uds", "dist", "assn", "intl", "natl", "bldg", "adm", "pres",
];

/// Words that begin sentences and hardly ever follow an abbreviation inside one.
const STARTERS: &[&str] = &[
    "The", "This", "That", "These", "Those", "It", "Its", "In", "On", "At", "As", "An", "A", "He",
    "She", "They", "We", "You", "But", "And", "However", "If", "When", "While", "After", "Before",
    "For", "From", "There", "Then", "To", "By", "Since", "Some", "Such", "Many", "Most", "All",
    "No", "Not", "Both", "Although", "Because", "During", "Each", "Its", "Our", "Their", "What",
    "Where", "Who", "Why", "How", "Der", "Die", "Das", "Ein", "Eine", "Es", "Er", "Sie", "Im",
    "Am", "Dies", "Diese", "Dieser", "Wir", "Le", "La", "Les", "Il", "Elle", "Un", "Une", "En",
    "Ce", "Cette", "El", "Los", "Las", "Una", "Esta",
];

const MONTHS: &[&str] = &[
    "january",
    "february",
    "march",
    "april",
    "may",
    "june",
    "july",
    "august",
    "september",
    "october",
    "november",
    "december",
    "januar",
    "jänner",
    "februar",
    "märz",
    "mai",
    "juni",
    "juli",
    "oktober",
    "dezember",
    "janvier",
    "février",
    "mars",
    "avril",
    "juin",
    "juillet",
    "août",
    "septembre",
    "octobre",
    "novembre",
    "décembre",
    "enero",
    "febrero",
    "marzo",
    "abril",
    "mayo",
    "junio",
    "julio",
    "agosto",
    "septiembre",
    "octubre",
    "noviembre",
    "diciembre",
];

#[cfg(test)]
mod tests {
    use super::*;

    fn split(text: &str) -> Vec<&str> {
        sentences(text).into_iter().map(|span| &text[span]).collect()
    }

    #[test]
    fn plain_sentences_end_at_their_stops() {
        assert_eq!(
            split("One is here. Two is there! Is three? Yes."),
            ["One is here.", "Two is there!", "Is three?", "Yes."]
        );
        assert_eq!(split("  no stop at all "), ["no stop at all"]);
        assert!(split(" \n ").is_empty());
    }

    #[test]
    fn abbreviations_initials_decimals_and_versions_do_not_end_a_sentence() {
        for whole in [
            "Dr. Smith paid $3.50 to J. K. Rowling of Acme Inc. in No. 5, e.g. for PostgreSQL 15.2 etc. today.",
            "It was about approx. 5 km, cf. Fig. 3 and pp. 12-14, by Lee et al. 2019.",
            "The U.S. Army came on Jan. 5 at 5 p.m. to St. Louis.",
            "Use os.path.join or file.txt for it.",
        ] {
            assert_eq!(split(whole), [whole]);
        }
    }

    #[test]
    fn a_new_sentence_after_an_abbreviation_is_seen() {
        assert_eq!(
            split("It belongs to Acme Inc. The firm is old."),
            ["It belongs to Acme Inc.", "The firm is old."]
        );
        assert_eq!(
            split("He said no. Then he left the U.S. He never came back."),
            ["He said no.", "Then he left the U.S.", "He never came back."]
        );
    }

    #[test]
    fn quotes_brackets_and_reference_marks_stay_with_the_sentence_before() {
        assert_eq!(
            split("He said “stop.” She did. (It was late.) Then it rained.[12] It ended."),
            ["He said “stop.”", "She did.", "(It was late.)", "Then it rained.[12]", "It ended."]
        );
        assert_eq!(
            split("The limit (see Sec. 3. It is old) holds. Fine."),
            ["The limit (see Sec. 3. It is old) holds.", "Fine."]
        );
    }

    #[test]
    fn a_lower_case_identifier_may_begin_a_sentence_and_plain_lower_case_may_not() {
        assert_eq!(
            split("It is a limit. max_wal_size can be exceeded. approximately so"),
            ["It is a limit.", "max_wal_size can be exceeded. approximately so"]
        );
    }

    #[test]
    fn german_french_and_spanish_prose_is_split_as_well() {
        assert_eq!(
            split("Am 3. Oktober 1990, d.h. im 20. Jahrhundert, war z. B. Feiertag. Das war gut."),
            ["Am 3. Oktober 1990, d.h. im 20. Jahrhundert, war z. B. Feiertag.", "Das war gut."]
        );
        assert_eq!(
            split("M. Dupont est arrivé. Il est parti."),
            ["M. Dupont est arrivé.", "Il est parti."]
        );
        assert_eq!(
            split("¿Dónde está? ¡Aquí! La Sra. Paz vino."),
            ["¿Dónde está?", "¡Aquí!", "La Sra. Paz vino."]
        );
    }

    #[test]
    fn a_blank_line_ends_a_sentence_and_a_line_break_does_not() {
        assert_eq!(split("one\ntwo\n\nthree"), ["one\ntwo", "three"]);
    }
}
