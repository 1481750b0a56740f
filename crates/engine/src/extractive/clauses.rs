//! Takes a request apart: what is only instruction, and which things are asked one by one.

use super::words;

/// Things asked in one question; what comes after is left to the others.
const MAX_PARTS: usize = 6;

/// The request without "please write a report on", tone and format.
pub(super) fn without_instructions(text: &str) -> String {
    let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
    let kept: Vec<String> = words::sentences(&text)
        .into_iter()
        .map(|span| without_lead(&text[span]))
        .filter(|sentence| !is_format_only(sentence))
        .collect();
    if kept.is_empty() { text } else { kept.join(" ") }
}

/// Cuts "could you please tell me" and its like from the beginning of a sentence.
fn without_lead(sentence: &str) -> String {
    let mut rest = sentence.trim();
    'again: loop {
        for lead in LEADS {
            if let Some(cut) = strip_lead(rest, lead) {
                rest = cut;
                continue 'again;
            }
        }
        match strip_report(rest) {
            Some(cut) => rest = cut,
            None => return rest.to_owned(),
        }
    }
}

fn strip_lead<'a>(text: &'a str, lead: &str) -> Option<&'a str> {
    let head = text.get(..lead.len())?;
    let rest = &text[lead.len()..];
    let ends = rest.starts_with([' ', ',', ':']);
    (head.eq_ignore_ascii_case(lead) && ends && rest.len() > 3)
        .then(|| rest.trim_start_matches([' ', ',', ':']))
}

/// `write a short, well-sourced report on X` → `X`.
fn strip_report(text: &str) -> Option<&str> {
    let lower = text.to_lowercase();
    if lower.len() != text.len() || !VERBS.iter().any(|verb| strip_lead(&lower, verb).is_some()) {
        return None;
    }
    let window = lower.char_indices().nth(90).map_or(lower.len(), |(at, _)| at);
    let kind = KINDS
        .iter()
        .filter_map(|kind| lower[..window].find(kind).map(|at| at + kind.len()))
        .min()?;
    let links =
        [" on ", " about ", " of ", " regarding ", " covering ", " describing ", " that explains "];
    let (at, link) = links
        .iter()
        .filter_map(|link| lower[kind..].find(link).map(|at| (kind + at, link)))
        .min_by_key(|(at, _)| *at)
        .filter(|(at, _)| *at < kind + 40)?;
    Some(text[at + link.len()..].trim_start())
}

/// A sentence that only says how the answer should look.
fn is_format_only(sentence: &str) -> bool {
    let lower = sentence.to_lowercase();
    let first = lower.split_whitespace().next().unwrap_or_default();
    let commands = [
        "use", "include", "write", "format", "cite", "keep", "avoid", "make", "provide", "be",
        "do", "don't", "answer", "respond", "return", "limit", "focus",
    ];
    commands.contains(&first.trim_end_matches(','))
        && FORMAT.iter().any(|word| lower.contains(word))
        && !lower.ends_with('?')
}

/// What is asked, one clause each.
pub(super) fn parts(text: &str) -> Vec<String> {
    let sentences: Vec<&str> = words::sentences(text).into_iter().map(|span| &text[span]).collect();
    let asking: Vec<&str> = sentences.iter().copied().filter(|s| s.ends_with('?')).collect();
    let chosen = if asking.is_empty() { sentences } else { asking };
    let mut found = Vec::new();
    for sentence in chosen {
        for clause in clauses(sentence) {
            found.extend(enumerated(&clause));
        }
    }
    found.truncate(MAX_PARTS);
    found
}

/// Splits at `;` and at "and" or a comma before a question word.
fn clauses(sentence: &str) -> Vec<String> {
    let tokens = words::tokens(sentence);
    let mut cuts = vec![0];
    for (at, pair) in tokens.windows(2).enumerate() {
        let between = &sentence[pair[0].span.end..pair[1].span.start];
        // "and is it" asks anew; "or is killed" goes on with what is asked.
        let asks = ASKING.contains(&pair[1].lower.as_str())
            || (INVERTED.contains(&pair[1].lower.as_str())
                && tokens.get(at + 2).is_some_and(|next| begins_subject(sentence, next)));
        let joins = matches!(pair[0].lower.as_str(), "and" | "or" | "but");
        let has_words_before = pair[0].span.start > cuts.last().copied().unwrap_or(0) + 8;
        if between.contains(';') || (asks && has_words_before && (joins || between.contains(','))) {
            cuts.push(pair[1].span.start);
        }
    }
    cuts.push(sentence.len());
    let clean = |clause: &str| {
        let clause = clause.trim().trim_end_matches([',', ';', '?', '.', ':', '!']).trim();
        let clause = [" and", " or", " but"]
            .iter()
            .fold(clause, |clause, word| clause.strip_suffix(word).unwrap_or(clause));
        clause.trim_end_matches([',', ' ']).to_owned()
    };
    let clauses = cuts.windows(2).map(|cut| clean(&sentence[cut[0]..cut[1]]));
    clauses.filter(|clause| !words::terms(clause).is_empty()).collect()
}

/// Whether a word may be the first of a subject: "it", "the", a name.
fn begins_subject(sentence: &str, token: &words::Token) -> bool {
    const FIRST: [&str; 14] = [
        "it", "its", "they", "their", "the", "a", "an", "this", "that", "these", "there", "i",
        "we", "you",
    ];
    FIRST.contains(&token.lower.as_str())
        || sentence[token.span.clone()].starts_with(char::is_uppercase)
}

/// `the costs, risks and uses of X` → one clause for each.
fn enumerated(clause: &str) -> Vec<String> {
    let whole = || vec![clause.to_owned()];
    let Some((list, tail)) = [" of ", " for "]
        .iter()
        .find_map(|link| clause.find(link).map(|at| (&clause[..at], &clause[at..])))
    else {
        return trailing(clause);
    };
    if tail.contains(',') {
        return trailing(clause);
    }
    if !list.contains(" and ") || list.to_lowercase().contains("between") {
        return whole();
    }
    let mut items: Vec<&str> = list.split(',').flat_map(|item| item.split(" and ")).collect();
    items = items.into_iter().map(|item| item.trim().trim_start_matches("and ")).collect();
    items.retain(|item| !item.is_empty());
    let is_short = |item: &&str| item.split(' ').count() <= 3;
    let rest_is_short = items.iter().skip(1).all(is_short);
    if items.len() < 2 || !rest_is_short {
        return whole();
    }
    items.into_iter().map(|item| format!("{item}{tail}")).collect()
}

/// `what is known about its cost, yield and upkeep` → the clause up to the comma, and each other item.
/// Names stay together, and so do two things.
fn trailing(clause: &str) -> Vec<String> {
    let pieces: Vec<&str> = clause.split(", ").collect();
    let Some((last, items)) = pieces.split_last().filter(|(_, items)| !items.is_empty()) else {
        return vec![clause.to_owned()];
    };
    let Some((left, right)) =
        last.strip_prefix("and ").map(|item| ("", item)).or_else(|| last.split_once(" and "))
    else {
        return vec![clause.to_owned()];
    };
    let mut all: Vec<&str> = items.to_vec();
    all.extend([left, right].into_iter().filter(|item| !item.is_empty()));
    let is_item = |item: &&str| {
        item.split(' ').count() <= 3
            && !item.chars().any(|c| c.is_uppercase() || c.is_ascii_digit())
    };
    if all.len() < 3 || !all[1..].iter().all(is_item) {
        return vec![clause.to_owned()];
    }
    all.into_iter().map(|item| item.trim().to_owned()).collect()
}

/// Whether a word only tells what to do with the subject.
pub(super) fn is_command(lower: &str) -> bool {
    COMMANDS.contains(&lower)
}

const COMMANDS: &[&str] = &[
    "compare",
    "describe",
    "explain",
    "list",
    "summarize",
    "summarise",
    "analyze",
    "analyse",
    "give",
    "find",
    "research",
    "investigate",
    "outline",
    "discuss",
    "identify",
    "define",
    "show",
    "name",
];

const ASKING: &[&str] = &["what", "when", "where", "which", "who", "whom", "whose", "why", "how"];

/// Verbs that ask where the subject stands behind them.
const INVERTED: &[&str] =
    &["is", "are", "does", "do", "did", "can", "was", "were", "should", "has", "may", "must"];

const LEADS: &[&str] = &[
    "please",
    "hi",
    "hello",
    "hey",
    "thanks",
    "can you",
    "could you",
    "would you",
    "will you",
    "i would like you to",
    "i'd like you to",
    "i want you to",
    "i need you to",
    "i would like to know",
    "i'd like to know",
    "i want to know",
    "i need to know",
    "i am interested in",
    "i'm interested in",
    "i wonder",
    "help me understand",
    "help me to understand",
    "tell me about",
    "tell me",
    "let me know",
    "find out",
    "look up",
    "look into",
    "do research on",
    "do some research on",
    "research",
    "investigate",
    "explain to me",
    "explain",
    "describe",
    "summarize",
    "summarise",
    "discuss",
    "outline",
    "analyze",
    "analyse",
    "answer this question",
    "answer the following question",
    "question",
    "give me details on",
    "give me information on",
    "give me information about",
    "find information on",
    "find information about",
    "find",
];

const VERBS: &[&str] = &[
    "write",
    "prepare",
    "create",
    "produce",
    "give",
    "compile",
    "draft",
    "make",
    "generate",
    "provide",
    "conduct",
    "do",
    "perform",
    "a",
    "an",
    "i need",
    "i want",
    "i would like",
];

const KINDS: &[&str] = &[
    "report",
    "summary",
    "overview",
    "analysis",
    "briefing",
    "brief",
    "memo",
    "essay",
    "article",
    "introduction",
    "review",
    "dossier",
    "profile",
    "research",
];

const FORMAT: &[&str] = &[
    "bullet",
    "citation",
    "cite",
    "tone",
    "words",
    "markdown",
    "format",
    "paragraph",
    "table",
    "sources",
    "concise",
    "headings",
    "language",
    "report",
    "references",
    "detailed",
    "thorough",
    "json",
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn instructions_before_and_after_the_question_are_dropped() {
        for (request, asked) in [
            (
                "Please write a short, well-sourced report on the tides of Venice.",
                "the tides of Venice.",
            ),
            (
                "Could you tell me when Rome fell? Use bullet points and cite sources.",
                "when Rome fell?",
            ),
            ("I want to know: what is WAL?", "what is WAL?"),
            ("What is the report of 1972?", "What is the report of 1972?"),
        ] {
            assert_eq!(without_instructions(request), asked);
        }
    }

    #[test]
    fn a_question_of_several_clauses_is_taken_apart() {
        assert_eq!(
            parts("What is a checkpoint, how often does it run and which settings control it?"),
            ["What is a checkpoint", "how often does it run", "which settings control it"]
        );
        assert_eq!(
            parts("the costs, risks and uses of lead pipes"),
            ["the costs of lead pipes", "risks of lead pipes", "uses of lead pipes"]
        );
        assert_eq!(
            parts("what is known about their cost, energy yield, wear and noise?"),
            ["what is known about their cost", "energy yield", "wear", "noise"]
        );
        assert_eq!(parts("What is returned when a file is missing or is locked?").len(), 1);
        assert_eq!(parts("Which generator is used and may it be seeded?").len(), 2);
        assert_eq!(parts("Compare Ayford, Beeford and Ceeford").len(), 1);
        assert_eq!(parts("What is the difference between salt and sugar of lead?").len(), 1);
    }

    #[test]
    fn only_the_sentences_that_ask_are_parts() {
        assert_eq!(
            parts("We run PostgreSQL. What does autovacuum do?"),
            ["What does autovacuum do"]
        );
    }
}
