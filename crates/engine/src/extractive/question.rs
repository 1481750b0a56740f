//! What a question asks: its terms with weights, names, answer type and parts.

use domain::address::addresses_in;

use super::alike;
use super::clauses;
pub use super::expects::Expects;
use super::expects::{expects, has_word};
pub use super::names::{Name, names};
use super::words::{self, Token};

/// Terms of a part that are matched; the bits of a mask. Longer questions lose their last words.
pub const MAX_TERMS: usize = 48;

/// A question as the stages see it.
#[derive(Debug, Clone, PartialEq)]
pub struct Question {
    /// Without instructions such as "please write a report on".
    pub text: String,
    /// What is asked, one by one; never empty.
    pub parts: Vec<Part>,
    /// Names and identifiers in the whole question, in order.
    pub names: Vec<Name>,
    /// Whether code and commands are part of the answer.
    pub wants_code: bool,
    /// Whether numbers are.
    pub wants_figures: bool,
    /// Whether the course of events is.
    pub wants_history: bool,
}

/// One thing that is asked.
#[derive(Debug, Clone, PartialEq)]
pub struct Part {
    pub text: String,
    pub terms: Vec<Term>,
    /// Names it must be about, its own or those of the question.
    pub names: Vec<Name>,
    pub expects: Expects,
}

/// A word that evidence should contain.
#[derive(Debug, Clone, PartialEq)]
pub struct Term {
    pub stem: String,
    /// As it was written, for search queries.
    pub surface: String,
    /// 1 for a common content word; names and identifiers more, generic words less.
    pub weight: f64,
    /// Stems that mean nearly the same.
    pub alike: Vec<String>,
    pub is_name: bool,
}

/// Reads a question. `description` says what the answer should contain and only adds light terms.
pub fn understand(text: &str, description: Option<&str>) -> Question {
    following_up(text, description, None)
}

/// The same for a question after `earlier`: where it names nothing itself, it is about what that one named.
pub fn following_up(text: &str, description: Option<&str>, earlier: Option<&str>) -> Question {
    let asked = clauses::without_instructions(text);
    let words = without_addresses(&asked);
    let mut names = names(&words);
    if let (true, Some(earlier)) = (names.is_empty(), earlier) {
        names = self::names(&without_addresses(&clauses::without_instructions(earlier)));
    }
    let mut parts: Vec<Part> = Vec::new();
    for clause in clauses::parts(&words) {
        let part = part(&clause, &names, parts.first());
        let is_new = parts.iter().all(|known| known.terms != part.terms);
        if is_new && !part.terms.is_empty() {
            parts.push(part);
        }
    }
    if parts.is_empty() {
        parts.push(part(&words, &names, None));
    }
    if let [only] = parts.as_slice()
        && is_of_each(&words, &only.names)
    {
        parts = of_each(only);
    }
    if let Some(description) = description {
        for part in &mut parts {
            add_light_terms(part, description);
        }
    }
    let lower = asked.to_lowercase();
    let asks = |words: &[&str]| words.iter().any(|word| has_word(&lower, word));
    Question {
        wants_code: asks(CODE_WORDS) || names.iter().any(|name| name.surface.starts_with('-')),
        wants_figures: asks(FIGURE_WORDS)
            || parts.iter().any(|part| part.expects == Expects::Number),
        wants_history: asks(HISTORY_WORDS)
            || parts.iter().any(|part| part.expects == Expects::Date),
        text: asked,
        parts,
        names,
    }
}

/// The question without the addresses in it: they say where to read, not what about. Of a bare `acme.example`
/// the name is left, and a question that is nothing but an address stays as it is.
fn without_addresses(asked: &str) -> String {
    let bare = addresses_in(asked).iter().fold(asked.to_owned(), |text, address| {
        if text.contains(address.as_str()) {
            return text.replace(address, " ");
        }
        let written = address.trim_start_matches("https://");
        let host = written.split('/').next().unwrap_or(written);
        text.replace(written, host.rsplit('.').nth(1).unwrap_or(" "))
    });
    let bare = bare.split_whitespace().collect::<Vec<_>>().join(" ").replace(" ?", "?");
    if words::terms(&bare).is_empty() { asked.to_owned() } else { bare }
}

/// "the price of A and B", "compare A, B and C": the same is asked of each name.
fn is_of_each(asked: &str, names: &[Name]) -> bool {
    let lower = asked.to_lowercase();
    let is_joined = names.windows(2).all(|pair| {
        let from = asked.find(&pair[0].surface).map(|at| at + pair[0].surface.len());
        let to = asked.find(&pair[1].surface);
        let between = from.zip(to).and_then(|(from, to)| asked.get(from..to)).unwrap_or("?");
        [" and ", " and the ", ", ", ", and ", " or ", " vs ", " vs. ", " versus "]
            .contains(&between)
    });
    (2..=5).contains(&names.len()) && is_joined && !lower.contains("between")
}

fn of_each(part: &Part) -> Vec<Part> {
    let each = part.names.iter().map(|name| {
        let is_kept = |term: &&Term| !term.is_name || name.stems.contains(&term.stem);
        let terms: Vec<Term> = part.terms.iter().filter(is_kept).cloned().collect();
        let subject = terms.iter().filter(|term| !term.is_name && !alike::is_generic(&term.stem));
        let subject: Vec<&str> = subject.map(|term| term.surface.as_str()).collect();
        let text = format!("{}: {}", name.surface, subject.join(" "));
        let text = text.trim_end_matches([':', ' ']).to_owned();
        Part { text, names: vec![name.clone()], terms, expects: part.expects }
    });
    each.collect()
}

fn part(clause: &str, all_names: &[Name], first: Option<&Part>) -> Part {
    let mut terms = own_terms(clause, all_names);
    let mut names: Vec<Name> =
        all_names.iter().filter(|name| clause.contains(&name.surface)).cloned().collect();
    // "and when was it founded": the subject stands in an earlier part.
    let points_back =
        words::tokens(clause).iter().any(|token| POINTS_BACK.contains(&token.lower.as_str()));
    if (names.is_empty() || points_back)
        && let Some(first) = first
    {
        let others: Vec<Name> =
            first.names.iter().filter(|name| !names.contains(name)).cloned().collect();
        names.extend(others);
        let refers_to_all =
            words::tokens(clause).iter().any(|token| REFERS_TO_ALL.contains(&token.lower.as_str()));
        let inherited: Vec<Term> = if refers_to_all {
            let lighter = |term: &Term| if term.is_name { 1.0 } else { INHERITED };
            let terms = first.terms.iter();
            terms.map(|t| Term { weight: t.weight * lighter(t), ..t.clone() }).collect()
        } else if names.is_empty() {
            first
                .terms
                .iter()
                .take(3)
                .map(|t| Term { weight: t.weight * 0.5, ..t.clone() })
                .collect()
        } else {
            first.terms.iter().filter(|term| term.is_name).cloned().collect()
        };
        for term in inherited {
            push(term, &mut terms);
        }
    }
    terms.truncate(MAX_TERMS);
    Part { text: clause.to_owned(), expects: expects(clause), terms, names }
}

fn push(term: Term, into: &mut Vec<Term>) {
    if !into.iter().any(|known| known.stem == term.stem) {
        into.push(term);
    }
}

fn own_terms(clause: &str, names: &[Name]) -> Vec<Term> {
    let mut terms = Vec::new();
    let tokens = words::tokens(clause);
    for (index, token) in tokens.iter().enumerate() {
        if words::is_stop(&token.lower) {
            continue;
        }
        let stem = words::stem(&token.lower);
        let is_name = names.iter().any(|name| name.stems.contains(&stem));
        // "the capital of", "how many moons": the word the question turns on.
        let is_focus = is_focus(&tokens, index);
        let weight = match () {
            () if is_name && stem.bytes().all(|b| b.is_ascii_digit()) => 0.8,
            () if is_name => 2.0,
            () if alike::is_generic(&stem) => 0.25,
            () if is_focus => 1.4,
            () => 1.0,
        };
        let surface = clause[token.span.clone()].to_owned();
        // "write-ahead" is written in two words as well.
        if !words::is_identifier(&token.lower) && token.lower.contains('-') && !is_name {
            for part in words::parts(&token.lower).into_iter().filter(|part| !words::is_stop(part))
            {
                let stem = words::stem(part);
                let alike = alike::of(&stem);
                push(Term { stem, surface: part.to_owned(), weight, alike, is_name }, &mut terms);
            }
            continue;
        }
        let alike = if is_name { Vec::new() } else { alike::of(&stem) };
        push(Term { stem, surface, weight, alike, is_name }, &mut terms);
    }
    terms
}

/// Whether a token is the noun after "how many", "what is the" or "which".
fn is_focus(tokens: &[Token], index: usize) -> bool {
    let before: Vec<&str> =
        tokens[index.saturating_sub(3)..index].iter().map(|token| token.lower.as_str()).collect();
    match before.as_slice() {
        [.., "how", "many" | "much"] | [.., "what" | "which"] => true,
        [.., "is" | "are" | "was" | "were", "the"] => before.contains(&"what"),
        _ => false,
    }
}

fn add_light_terms(part: &mut Part, description: &str) {
    let names = names(description);
    for term in own_terms(description, &names) {
        if part.terms.len() < MAX_TERMS && !alike::is_format(&term.stem) {
            push(
                Term { weight: term.weight.min(1.0) * 0.2, is_name: false, ..term },
                &mut part.terms,
            );
        }
    }
}

pub fn is_year(lower: &str) -> bool {
    lower.len() == 4
        && lower.bytes().all(|b| b.is_ascii_digit())
        && ("1000".."2100").contains(&lower)
}

const POINTS_BACK: [&str; 11] =
    ["it", "its", "they", "their", "them", "he", "she", "this", "that", "these", "instead"];
/// Of these the ones that may mean all that was asked before, and not just a name: "how can that be avoided".
const REFERS_TO_ALL: [&str; 6] = ["it", "them", "this", "that", "these", "instead"];
/// What is left of the weight of words that only the part before has.
const INHERITED: f64 = 0.6;
const FIGURE_WORDS: &[&str] = &[
    "figures",
    "numbers",
    "statistics",
    "data",
    "cost",
    "costs",
    "price",
    "prices",
    "pricing",
    "revenue",
    "budget",
    "growth",
    "share",
    "rate",
    "rates",
    "capacity",
    "market",
    "performance",
    "size",
    "compare",
];
const HISTORY_WORDS: &[&str] = &[
    "history",
    "timeline",
    "evolution",
    "chronology",
    "over time",
    "development of",
    "milestones",
    "what happened",
    "course of",
    "sequence of events",
];
const CODE_WORDS: &[&str] = &[
    "code",
    "command",
    "commands",
    "syntax",
    "snippet",
    "example",
    "examples",
    "script",
    "sql",
    "query",
    "function",
    "cli",
    "shell",
    "flag",
    "config",
    "configuration file",
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_question_that_names_nothing_is_about_what_the_earlier_one_named() {
        let named = |text: &str| {
            let question = following_up(text, None, Some("What does the Otter 3 turbine cost?"));
            question.names.into_iter().map(|name| name.surface).collect::<Vec<_>>()
        };
        assert!(named("When was it launched?").iter().any(|name| name.contains("Otter")));
        assert!(!named("When was the Heron 5 launched?").iter().any(|name| name.contains("Otter")));
    }

    #[test]
    fn instructions_are_stripped_and_the_answer_type_is_read_from_the_wh_word() {
        let question = understand(
            "Please write a detailed report on how many people live in Springfield.",
            None,
        );
        assert_eq!(question.parts[0].expects, Expects::Number);
        assert_eq!(question.names[0].surface, "Springfield");
        assert!(question.text.starts_with("how many people"), "{}", question.text);
    }

    #[test]
    fn a_later_part_keeps_the_subject_of_the_first() {
        let question = understand("Who founded Acme and when was it sold?", None);
        assert_eq!(question.parts.len(), 2);
        assert_eq!(question.parts[1].names[0].surface, "Acme");
        assert_eq!(question.parts[1].expects, Expects::Date);
    }

    #[test]
    fn a_part_that_points_back_is_about_all_that_was_asked_before() {
        let question =
            understand("Does a rebuild block writes, and how can that be avoided?", None);
        let stems: Vec<&str> =
            question.parts[1].terms.iter().map(|term| term.stem.as_str()).collect();
        assert_eq!(stems, ["avoid", "rebuild", "block", "write"]);
    }

    #[test]
    fn an_address_says_where_to_read_and_is_no_name() {
        let question = understand("What does the Tern 25 cost by https://a.test/prices?", None);
        let names: Vec<&str> = question.names.iter().map(|name| name.surface.as_str()).collect();
        assert_eq!(names, ["Tern 25"]);
        assert!(question.parts[0].terms.iter().all(|term| !term.surface.contains("a.test")));
    }

    #[test]
    fn what_is_asked_of_several_names_is_asked_of_each() {
        let question = understand("Compare the price of the Tern 25 and the Laks 18", None);
        let texts: Vec<&str> = question.parts.iter().map(|part| part.text.as_str()).collect();
        assert_eq!(texts, ["Tern 25: price", "Laks 18: price"]);
        assert_eq!(understand("the difference between Rust and Ada", None).parts.len(), 1);
    }

    #[test]
    fn a_description_adds_only_light_terms() {
        let question =
            understand("Who founded Acme?", Some("The founder and the year, in two paragraphs"));
        let weight = |stem: &str| {
            question.parts[0].terms.iter().find(|term| term.stem == stem).map(|term| term.weight)
        };
        assert!(weight("acm").or(weight("acme")) > Some(1.9));
        assert!(weight("founder").is_some_and(|weight| weight < 0.5));
        assert_eq!(weight("paragraph"), None);
    }
}
