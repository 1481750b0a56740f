//! Whether quotes carry a sentence, by its words: its figures, its names, its negations, and how much of the rest.
//!
//! Rules judge every sentence, whoever wrote it. They are strict about figures and lenient about wording, which is what models
//! change; where wording differs much a model is asked, if the processor allows.

use std::collections::BTreeSet;

use super::named::is_in_other_letters;
use super::words::{ratio, share, terms};
use crate::extractive::values::numbers;
use crate::extractive::{alike, words};

/// How far quotes carry a sentence.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Support {
    /// A figure or name is not in them, or too little is, or they deny it.
    No,
    /// Figures and names are in them, and some of the words.
    Weak,
    Yes,
}

/// What is wrong with a sentence that is not carried.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Fault {
    Figures,
    Names,
    Negation,
    /// It leads to a page that was not read.
    Address,
    /// That it is so is in the question alone.
    Borrowed,
    Words,
}

/// Shares of the words of a sentence that its quotes have.
const CARRIED: f64 = 0.6;
const WEAKLY: f64 = 0.3;

/// Judges a sentence by its quotes. `around` is what else may be taken for granted: the question, titles of the sources;
/// `language`, the code of the language that it is written in, empty where that is not known.
///
/// `Weak` with a fault in the names is a sentence whose names only a model can find in quotes of other letters.
pub(super) fn judge(
    sentence: &str,
    quotes: &[&str],
    around: &[&str],
    language: &str,
) -> (Support, Option<Fault>) {
    let said: BTreeSet<String> = quotes.iter().flat_map(|quote| terms(quote)).collect();
    let granted: BTreeSet<String> = around.iter().flat_map(|text| terms(text)).collect();
    let numbers: BTreeSet<String> = quotes.iter().flat_map(|quote| figures(quote)).collect();
    let granted_numbers: BTreeSet<String> = around.iter().flat_map(|text| figures(text)).collect();
    let is_given = |number: &String| numbers.contains(number) || granted_numbers.contains(number);
    if !figures(sentence).iter().all(is_given) {
        return (Support::No, Some(Fault::Figures));
    }
    let quoted_lower = quotes.join(" ").to_lowercase();
    let around_lower = around.join(" ").to_lowercase();
    let own: BTreeSet<String> = terms(sentence);
    if is_in_other_letters(&own, &quoted_lower) && !own.is_empty() {
        return (Support::Weak, Some(Fault::Names));
    }
    let stands =
        |name: &String| is_named_in(name, &quoted_lower) || is_named_in(name, &around_lower);
    let is_german = language == "de" || capitalises_nouns(sentence);
    if !is_german && !names(sentence).iter().all(stands) {
        return (Support::No, Some(Fault::Names));
    }
    if denies(sentence) != quotes.iter().any(|quote| denies(quote))
        && denies_plainly(sentence, quotes)
    {
        return (Support::No, Some(Fault::Negation));
    }
    // What the question says already need not be quoted, and cannot carry a sentence either.
    let telling: BTreeSet<String> = own.difference(&granted).cloned().collect();
    let carried = if telling.is_empty() { share(&own, &said) } else { share(&telling, &said) };
    match () {
        () if carried >= CARRIED => (Support::Yes, None),
        () if carried >= WEAKLY => (Support::Weak, Some(Fault::Words)),
        // In another language than its quotes a sentence shares names and figures with them, and little else.
        () if shares_figures_and_names(sentence, &numbers, &quoted_lower) => {
            (Support::Weak, Some(Fault::Words))
        }
        () => (Support::No, Some(Fault::Words)),
    }
}

/// Whether what a sentence says happened, or is so, is only in the question: “It was founded in May 2026” by a quote that says
/// what opened in May 2026. Words that mean nearly the same count; of words without such nothing can be told.
pub(super) fn borrows(sentence: &str, quotes: &[&str], above: &[&str], asked: &[&str]) -> bool {
    let of = |texts: &[&str]| -> BTreeSet<String> {
        texts.iter().flat_map(|text| terms(text)).collect()
    };
    let mut said = of(quotes);
    said.extend(of(above));
    // An amount of money is a price, or what something cost.
    if quotes.iter().any(|quote| numbers::find(quote).iter().any(|(_, of)| of.currency.is_some())) {
        said.extend(terms("price"));
    }
    let asked = of(asked);
    let is_borrowed = |term: &String| {
        let like = alike::of(term);
        asked.contains(term)
            && !said.contains(term)
            && !alike::is_generic(term)
            && !like.is_empty()
            && !like.iter().any(|other| said.contains(other))
    };
    terms(sentence).iter().any(is_borrowed)
}

/// Whether a sentence only repeats what was asked: that nothing was found on it, say. It states nothing and needs no quote.
pub(super) fn states_nothing(sentence: &str, asked: &[&str]) -> bool {
    /// Words by which a report speaks of itself.
    const FRAME: [&str; 36] = [
        "quote",
        "quotes",
        "source",
        "sources",
        "page",
        "pages",
        "found",
        "find",
        "answer",
        "answers",
        "state",
        "states",
        "stated",
        "evidence",
        "available",
        "provided",
        "information",
        "report",
        "question",
        "following",
        "quelle",
        "quellen",
        "angaben",
        "gefunden",
        "frage",
        "nennen",
        "zitate",
        "enthalten",
        "keine",
        "nicht",
        "aucune",
        "source",
        "fuente",
        "fuentes",
        "information",
        "fonti",
    ];
    let mut known: BTreeSet<String> = asked.iter().flat_map(|text| terms(text)).collect();
    known.extend(FRAME.iter().flat_map(|word| terms(word)));
    let own = terms(sentence);
    let unknown = own.difference(&known).count();
    figures(sentence).is_subset(&asked.iter().flat_map(|text| figures(text)).collect())
        && ratio(unknown, own.len()) <= 0.2
        && denies(sentence)
}

/// Numbers as they compare: digits, without separators of thousands.
pub(super) fn figures(text: &str) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    let bytes = text.as_bytes();
    let mut at = 0;
    while at < bytes.len() {
        if !bytes[at].is_ascii_digit() {
            at += 1;
            continue;
        }
        let start = at;
        while at < bytes.len()
            && (bytes[at].is_ascii_digit()
                || (matches!(bytes[at], b'.' | b',' | b'\'')
                    && bytes.get(at + 1).is_some_and(u8::is_ascii_digit)))
        {
            at += 1;
        }
        found.insert(plain_number(&text[start..at]));
        // 1 200 and 1 200 with a thin or hard space
        let rest = &text[at..];
        let gap =
            rest.chars().next().filter(|c| matches!(c, ' ' | '\u{a0}' | '\u{202f}' | '\u{2009}'));
        if let Some(gap) = gap {
            let after = &rest[gap.len_utf8()..];
            let digits = after.bytes().take_while(u8::is_ascii_digit).count();
            if digits == 3 && at - start <= 3 {
                found.insert(format!("{}{}", plain_number(&text[start..at]), &after[..3]));
            }
        }
    }
    found
}

/// `1,250.50` → `1250.5`; `1.250,5` → `1250.5`
fn plain_number(written: &str) -> String {
    let digits_after = |at: usize| written.len() - at - 1;
    let last = written.rfind(['.', ',']);
    let decimal = last.filter(|&at| {
        let sign = written.as_bytes()[at];
        let is_alone = written.bytes().filter(|b| *b == sign).count() == 1;
        is_alone && (digits_after(at) != 3 || written.starts_with('0'))
    });
    let (whole, part) = match decimal {
        Some(at) => (&written[..at], &written[at + 1..]),
        None => (written, ""),
    };
    let whole: String = whole.chars().filter(char::is_ascii_digit).collect();
    let whole = whole.trim_start_matches('0');
    let whole = if whole.is_empty() { "0" } else { whole };
    let part = part.trim_end_matches('0');
    if part.is_empty() { whole.to_owned() } else { format!("{whole}.{part}") }
}

/// Whether a sentence names what it is about, as far as capitals tell.
pub(super) fn names_something(sentence: &str) -> bool {
    !capitalises_nouns(sentence) && !names(sentence).is_empty()
}

/// Words that begin with a capital in the middle of a sentence, and identifiers: in lower case.
fn names(sentence: &str) -> Vec<String> {
    let tokens = words::tokens(sentence);
    let mut found = Vec::new();
    for (index, token) in tokens.iter().enumerate() {
        let written = &sentence[token.span.clone()];
        let is_capital = written.chars().next().is_some_and(char::is_uppercase);
        let before = sentence[..token.span.start].trim_end();
        let begins = index == 0 || before.ends_with(['.', ':', '!', '?', '“', '"', '(']);
        let is_long = written.chars().count() > 2;
        if is_capital && !begins && is_long && !words::is_stop(&token.lower) {
            let bare = token.lower.strip_suffix("'s").or(token.lower.strip_suffix("’s"));
            found.push(stem_of_name(bare.unwrap_or(&token.lower)).to_owned());
        }
    }
    found
}

/// Whether a text has a name, or one without an ending of one or two letters: `lyons` is `lyon`, `wiener` is `wien`.
fn is_named_in(name: &str, lower: &str) -> bool {
    /// Letters of a name that may have an ending.
    const LEAST: usize = 4;
    let is_bare = |word: &str| {
        let ending = name.strip_prefix(word).map(|ending| ending.chars().count());
        word.chars().count() >= LEAST && ending.is_some_and(|letters| letters <= 2)
    };
    lower.contains(name) || lower.split(|c: char| !c.is_alphanumeric()).any(is_bare)
}

/// German writes every noun with a capital: there a capital says nothing.
fn capitalises_nouns(sentence: &str) -> bool {
    const FUNCTION_WORDS: [&str; 24] = [
        "der", "die", "das", "den", "dem", "des", "und", "ist", "sind", "war", "wurde", "wird",
        "ein", "eine", "einer", "von", "mit", "im", "auf", "für", "nicht", "sich", "auch", "zum",
    ];
    const LETTERS: [char; 4] = ['ä', 'ö', 'ü', 'ß'];
    let tokens = words::tokens(sentence);
    let said = tokens.iter().filter(|token| FUNCTION_WORDS.contains(&token.lower.as_str())).count();
    // Some of these words are English too; one of them is enough beside a letter that is not.
    said >= 2 || (said == 1 && sentence.to_lowercase().contains(LETTERS))
}

/// German and English give names endings: `Nordwinds` is `Nordwind`.
fn stem_of_name(lower: &str) -> &str {
    match lower.char_indices().nth(5) {
        Some(_) => lower.strip_suffix('s').unwrap_or(lower),
        None => lower,
    }
}

const NEGATIONS: [&str; 34] = [
    "not", "no", "never", "none", "nobody", "neither", "nor", "without", "cannot", "can't",
    "don't", "doesn't", "didn't", "isn't", "aren't", "wasn't", "weren't", "won't", "nicht", "kein",
    "keine", "keinen", "keiner", "nie", "niemals", "ohne", "weder", "pas", "jamais", "aucun",
    "aucune", "nunca", "ninguno", "ninguna",
];

fn denies(text: &str) -> bool {
    words::tokens(text)
        .iter()
        .any(|token| NEGATIONS.contains(&token.lower.replace('’', "'").as_str()))
}

/// A negation turned over: the sentence is short of nothing else, so that the one word changes what it says.
fn denies_plainly(sentence: &str, quotes: &[&str]) -> bool {
    let said: BTreeSet<String> = quotes.iter().flat_map(|quote| terms(quote)).collect();
    quotes.len() == 1 && share(&terms(sentence), &said) >= CARRIED
}

fn shares_figures_and_names(sentence: &str, numbers: &BTreeSet<String>, quoted: &str) -> bool {
    let own: BTreeSet<String> = figures(sentence);
    let named = names(sentence).iter().filter(|name| quoted.contains(name.as_str())).count();
    own.intersection(numbers).count() + named >= 1
}

impl Fault {
    /// For a model that mends the sentence.
    pub(super) const fn in_words(self) -> &'static str {
        match self {
            Self::Figures => "it has a number or date that the quotes do not have",
            Self::Names => "it has a name that the quotes do not have",
            Self::Negation => "it affirms what the quote denies, or denies what it affirms",
            Self::Address => "it gives the address of a page that was not read; give no address",
            Self::Borrowed => "the quotes say this of something else, or do not say it",
            Self::Words => "the quotes do not say this",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const QUOTE: &str =
        "The Sorrel Reach plant of Nordwind Ltd. opened in May 1998 and cost EUR 1,250,000.";

    fn support(sentence: &str) -> Support {
        judge(sentence, &[QUOTE], &["When did the plant open?"], "en").0
    }

    #[test]
    fn a_sentence_that_says_what_its_quote_says_is_carried_in_other_words_too() {
        assert_eq!(support("Nordwind opened the plant at Sorrel Reach in May 1998."), Support::Yes);
        assert_eq!(support("The plant cost 1.250.000 EUR."), Support::Yes);
    }

    #[test]
    fn a_wrong_figure_or_name_is_not_carried_however_alike_the_rest_is() {
        assert_eq!(support("The Sorrel Reach plant opened in May 1999."), Support::No);
        assert_eq!(support("The Sorrel Reach plant of Südwind opened in May 1998."), Support::No);
        assert_eq!(judge("It opened in 1998.", &[], &[], "en").0, Support::No);
    }

    #[test]
    fn a_negation_turned_over_is_not_carried() {
        assert_eq!(
            judge("The gate does not open at noon.", &["The gate opens at noon."], &[], "").0,
            Support::No
        );
        assert_eq!(
            judge("The gate opens at noon.", &["The gate does not open at noon."], &[], "").0,
            Support::No
        );
        assert_eq!(
            judge("The gate does not open.", &["The gate does not open at noon."], &[], "").0,
            Support::Yes
        );
    }

    #[test]
    fn another_language_is_weak_where_figures_and_names_agree() {
        let (support, _) = judge("Das Werk von Nordwind wurde 1998 eröffnet.", &[QUOTE], &[], "");
        assert_eq!(support, Support::Weak);
        assert_eq!(judge("Boats are painted blue in winter.", &[QUOTE], &[], "").0, Support::No);
    }

    #[test]
    fn a_faithful_translation_is_left_to_a_model() {
        let german = "Ende März 1998 kostete Sorrel Reach 1.250.000 Euro.";
        assert_eq!(judge(german, &[QUOTE], &[], "en"), (Support::No, Some(Fault::Names)));
        assert_eq!(judge(german, &[QUOTE], &[], "de").0, Support::Weak);
        let japanese = "北凪精機株式会社の代表取締役社長は佐伯健一である。";
        let unseen = (Support::Weak, Some(Fault::Names));
        assert_eq!(judge("The president is Kenichi Saeki.", &[japanese], &[], "en"), unseen);
        let figures = (Support::No, Some(Fault::Figures));
        assert_eq!(judge("Saeki leads 99 people.", &[japanese], &[], "en"), figures);
    }

    #[test]
    fn what_only_the_question_says_is_borrowed() {
        let asked = ["When was Nordwind founded, and what does the HX-40 cost?"];
        let borrows =
            |sentence: &str, quote: &str| borrows(sentence, &[quote], &["Nordwind"], &asked);
        let opened = "Nordwind opened a plant in May 2026.";
        assert!(borrows("Nordwind was founded in May 2026.", opened));
        assert!(!borrows("Nordwind opened a plant in May 2026.", opened));
        assert!(!borrows("Nordwind was founded in 1987.", "It was established in 1987."));
        assert!(!borrows("The HX-40 costs EUR 1,250.", "HX-40 | EUR 1,250"));
        assert!(borrows("The HX-40 costs 40.", "The HX-40 weighs 40 kg."));
        assert!(!borrows("Nordwind was founded in 1987.", "Nordwind wurde 1987 gegründet."));
    }

    #[test]
    fn what_only_a_german_question_says_is_borrowed_too() {
        let borrows = |sentence: &str, quote: &str| {
            borrows(sentence, &[quote], &["Nordwind"], &["Wem gehört Nordwind?"])
        };
        assert!(borrows("Nordwind gehört Jana Roth.", "Jana Roth leitet Nordwind."));
        assert!(!borrows("Nordwind gehört Jana Roth.", "Jana Roth besitzt Nordwind."));
    }

    #[test]
    fn names_may_have_another_ending_and_nothing_else() {
        let french = "Verlaine Optique a été fondée à Lyon en 1978.";
        let judged = |sentence: &str| judge(sentence, &[french], &[], "en").0;
        assert_ne!(judged("Verlaine Optique was founded in Lyons in 1978."), Support::No);
        assert_eq!(judged("Verlaine Optique was founded in Lille in 1978."), Support::No);
    }

    #[test]
    fn figures_compare_whatever_separates_their_thousands() {
        let all = figures("1,250.50 and 1.250,5 and 3 400 and 0.125 and 2026-11-28");
        for number in ["1250.5", "3400", "0.125", "2026", "11", "28"] {
            assert!(all.contains(number), "{number} in {all:?}");
        }
    }

    #[test]
    fn only_a_sentence_that_says_that_nothing_was_found_needs_no_quote() {
        let asked = ["What does the Tern 25 weigh?"];
        assert!(states_nothing("The sources do not state what the Tern 25 weighs.", &asked));
        assert!(!states_nothing("The Tern 25 does not need a licence in Norway.", &asked));
        assert!(!states_nothing("The Tern 25 weighs 40 kg.", &asked));
    }
}
