//! How well one unit answers one part of a question.

use super::lexicon::Marks;
use super::passages::{Shape, Unit};
use super::question::Expects;
use super::words;

/// Share of a term's weight that is counted where the term stands not in the unit itself but in its
/// headings or title, in the neighbouring units, or is replaced by a word like it.
const IN_CONTEXT: f64 = 0.75;
const NEARBY: f64 = 0.35;
const ALIKE: f64 = 0.6;

/// Weighted terms of a part: bit and weight after idf.
pub(super) type Weights = [(u64, f64)];

/// Where a unit stands.
pub(super) struct Around {
    /// Terms in title, headings and label.
    pub(super) context: u64,
    /// Terms in the units before and after it.
    pub(super) near: u64,
    /// Terms in the last heading or the label alone.
    pub(super) heading: u64,
}

/// Share of the part's weight that the unit covers, 0 to 1.
pub(super) fn coverage(weights: &Weights, marks: &Marks, around: &Around) -> f64 {
    let mut have = 0.0;
    let mut all = 0.0;
    for &(bit, weight) in weights {
        all += weight;
        have += weight
            * match () {
                () if marks.exact & bit != 0 => 1.0,
                () if around.context & bit != 0 => IN_CONTEXT,
                () if marks.alike & bit != 0 => ALIKE,
                () if around.near & bit != 0 => NEARBY,
                () => 0.0,
            };
    }
    if all > 0.0 { have / all } else { 0.0 }
}

/// Share of the part's weight that stands in the unit itself.
pub(super) fn own(weights: &Weights, marks: &Marks) -> f64 {
    let all: f64 = weights.iter().map(|(_, weight)| weight).sum();
    let have: f64 =
        weights.iter().filter(|(bit, _)| marks.all() & bit != 0).map(|(_, weight)| weight).sum();
    if all > 0.0 { have / all } else { 0.0 }
}

/// Share of the words that the question has too, 0 to 1: what speaks of much else answers less.
pub(super) fn density(marks: &Marks) -> f64 {
    f64::from(u32::try_from(marks.spots.len()).unwrap_or(u32::MAX)) * 2.0
        / f64::from(marks.tokens.max(6))
}

/// Matched terms standing close together, 0 to 1.
pub(super) fn proximity(marks: &Marks) -> f64 {
    let wanted = marks.all().count_ones();
    if wanted < 2 {
        return 0.0;
    }
    let mut best = u32::MAX;
    for (first, &(from, _)) in marks.spots.iter().enumerate() {
        let mut seen = 0;
        for &(at, bits) in &marks.spots[first..] {
            seen |= bits;
            if seen.count_ones() == wanted {
                best = best.min(at - from + 1);
                break;
            }
        }
    }
    f64::from(wanted) / f64::from(best.max(wanted))
}

/// Bonus for the kind of thing asked for and for being a definition or the first of its section; a
/// malus for what reads badly alone.
pub(super) fn form(
    text: &str,
    unit: &Unit,
    expects: Expects,
    names_in_heading: bool,
    begins_with_name: bool,
    own: f64,
) -> f64 {
    let is_typed = has_type(text, expects)
        || (unit.shape == Shape::Definition && expects == Expects::Definition && begins_with_name);
    let mut bonus = match (expects, is_typed) {
        (Expects::Anything, _) => 0.0,
        (Expects::Method, true) if text.starts_with("To ") => 0.3,
        (Expects::Definition | Expects::Reason, true) => 0.25,
        (Expects::Method, true) => 0.12,
        (_, true) => 0.2,
        (Expects::Number | Expects::Date | Expects::Person | Expects::Place, false) => -0.2,
        (_, false) => -0.03,
    };
    if unit.leads && names_in_heading {
        bonus += if expects == Expects::Definition { 0.2 } else { 0.12 };
    }
    if expects == Expects::Definition && begins_with_name {
        bonus += match () {
            () if unit.shape == Shape::Definition => 0.45,
            () if says_what_it_is(text) => 0.35,
            () => 0.1,
        };
    }
    if text.starts_with("Unlike ") {
        bonus -= 0.2;
    }
    bonus + 0.1 * own
}

/// Mostly capitalised words: a heading, a list of chapters, a menu. Numbers and units say nothing here.
fn is_title_case(text: &str) -> bool {
    let tokens = words::tokens(text);
    let is_word = |lower: &str| {
        !words::is_stop(lower)
            && !lower.starts_with(|c: char| c.is_ascii_digit())
            && !super::quantity::is_measure(lower)
    };
    let content: Vec<&words::Token> = tokens.iter().filter(|t| is_word(&t.lower)).collect();
    let is_capital = |t: &&&words::Token| text[t.span.clone()].starts_with(char::is_uppercase);
    let capitals = content.iter().filter(is_capital).count();
    content.len() >= 3 && capitals * 10 >= content.len() * 7
}

/// "X is", "X refers to": one of the first words says that a definition follows.
fn says_what_it_is(text: &str) -> bool {
    const COPULAS: [&str; 16] = [
        "is",
        "are",
        "was",
        "were",
        "means",
        "refers",
        "denotes",
        "determines",
        "controls",
        "specifies",
        "sets",
        "defines",
        "describes",
        "ist",
        "est",
        "es",
    ];
    words::tokens(text).iter().take(7).any(|token| COPULAS.contains(&token.lower.as_str()))
}

/// Factor for shape and length.
pub(super) fn fitness(text: &str, unit: &Unit, wants_code: bool) -> f64 {
    let words = unit.words;
    let length = match words {
        0..=2 => 0.45,
        3..=5 => 0.88,
        6..=45 => 1.0,
        46..=70 => 0.85,
        _ => 0.65,
    };
    let shape = match unit.shape {
        Shape::Sentence | Shape::Definition => 1.0,
        Shape::Row | Shape::Pair => {
            let is_telling = has_number(text) || words > 8 || capital_runs(text) > 0;
            return if words > 60 || !is_telling { 0.75 } else { 1.0 };
        }
        Shape::Item => 0.95,
        Shape::Data => return 0.5,
        Shape::Code => return if wants_code { 0.95 } else { 0.3 },
    };
    let lower = text.to_lowercase();
    let is_pointer = POINTERS.iter().any(|cue| lower.contains(cue));
    let ending = match text.trim_end().chars().next_back() {
        Some('?') => 0.5,
        Some(':') => 0.8,
        Some('.' | '!' | '"' | '”' | ')' | '。') => 1.0,
        // No stop: a caption, a label, a fragment.
        Some(_) | None => 0.85,
    };
    let is_navigation =
        words::tokens(text).iter().filter(|t| words::is_stop(&t.lower)).count() == 0;
    let is_title = unit.shape == Shape::Sentence && is_title_case(text);
    let is_menu = is_navigation && unit.shape == Shape::Sentence && words > 3;
    let prose = if is_title || is_menu { 0.6 } else { 1.0 };
    let pointer = if is_pointer && words < 20 { 0.7 } else { 1.0 };
    // "By our estimate this would": what "this" is stands elsewhere.
    let is_unclear = lower
        .split_whitespace()
        .skip(1)
        .take(4)
        .any(|word| ["this", "these", "it"].contains(&word));
    let pointer = if is_unclear { pointer * 0.9 } else { pointer };
    length * shape * ending * prose * pointer
}

/// What only sends the reader elsewhere.
const POINTERS: [&str; 14] = [
    "see also",
    "see section",
    "see chapter",
    "for details",
    "described in",
    "shown in",
    "listed in",
    "discussed in",
    "explained in",
    "documented in",
    "in the file",
    "for more information",
    "is described in",
    "described below",
];

/// What is capitalised and numbered, and no name.
const NUMBERED: [&str; 8] =
    ["Section", "Table", "Figure", "Chapter", "Appendix", "Note", "Part", "Example"];

/// Whether a sentence has a proper name in it, beyond its first word.
pub(super) fn names_another(text: &str) -> bool {
    super::question::names(text).iter().any(|name| {
        name.surface.starts_with(char::is_uppercase)
            && name.surface.chars().any(char::is_lowercase)
            && !NUMBERED.iter().any(|word| name.surface.starts_with(word))
            && !words::is_identifier(&name.surface.to_lowercase())
    })
}

/// Whether a text contains the kind of thing that is expected.
pub(super) fn has_type(text: &str, expects: Expects) -> bool {
    let lower = text.to_lowercase();
    let has = |cues: &[&str]| cues.iter().any(|cue| lower.contains(cue));
    match expects {
        Expects::Anything => true,
        Expects::Number => has_number(text),
        Expects::Date => words::tokens(text)
            .iter()
            .any(|t| super::question::is_year(&t.lower) || is_month(&t.lower)),
        Expects::Occasion => has(OCCASIONS) || has_type(text, Expects::Date),
        Expects::Person => capital_runs(text) > 0,
        Expects::Place => {
            has(&["stored", "located", "kept in", "directory", "folder"])
                || (capital_runs(text) > 0
                    && has(&[" in ", " at ", " near ", " from ", ": ", " of "]))
        }
        Expects::List => {
            let commas = text.matches(", ").count();
            (commas >= 2 && has(&[" and ", " or "])) || text.trim_end().ends_with(':')
        }
        Expects::Reason => has(&[
            "because",
            "due to",
            "caused",
            "cause",
            "as a result",
            "in order to",
            "so that",
            "reason",
            "led to",
            "since ",
            "therefore",
            "to avoid",
            "to prevent",
            "weil",
            "parce que",
            "porque",
        ]),
        Expects::Method => has(&[
            "you can", "you must", "to do ", "use ", "by ", "run ", "set ", "first", "then ",
            "step", "should", "must be", "call ",
        ]),
        Expects::Definition => has(&[
            " is a ",
            " is an ",
            " is the ",
            " are ",
            " refers to ",
            " means ",
            " is used ",
            " defines ",
            "specifies",
            "sets the",
            "returns ",
            " was a ",
            " was an ",
            " ist ein",
            " est un",
            " es un",
            "controls",
            "determines",
        ]),
    }
}

/// Words behind which a condition or an occasion stands.
const OCCASIONS: &[&str] = &[
    "when ",
    "whenever",
    "if ",
    "once ",
    "every ",
    "after ",
    "before ",
    "until ",
    "as soon as",
    "exceed",
    "reache",
    "at the end of",
    "each time",
    "periodically",
    "automatically",
];

fn is_month(lower: &str) -> bool {
    super::alike::is_calendar(lower) && lower != "may" && !lower.ends_with("day")
}

/// A number that is no year and no section number.
fn has_number(text: &str) -> bool {
    const WRITTEN: [&str; 28] = [
        "one",
        "two",
        "three",
        "four",
        "five",
        "six",
        "seven",
        "eight",
        "nine",
        "ten",
        "twelve",
        "hundred",
        "thousand",
        "million",
        "billion",
        "once",
        "twice",
        "daily",
        "weekly",
        "monthly",
        "yearly",
        "hourly",
        "every",
        "half",
        "zero",
        "unlimited",
        "dozen",
        "none",
    ];
    words::tokens(text).iter().any(|token| {
        let lower = token.lower.as_str();
        (lower.starts_with(|c: char| c.is_ascii_digit()) && !super::question::is_year(lower))
            || WRITTEN.contains(&lower)
    })
}

/// Runs of two or more capitalised words, or one inside a sentence.
fn capital_runs(text: &str) -> usize {
    let tokens = words::tokens(text);
    let is_capital = |index: usize| {
        tokens.get(index).is_some_and(|token| {
            text[token.span.clone()].starts_with(char::is_uppercase)
                && !words::is_stop(&token.lower)
                && !is_month(&token.lower)
        })
    };
    (0..tokens.len()).filter(|&i| is_capital(i) && (i > 0 || is_capital(i + 1))).count()
}
