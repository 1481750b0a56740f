//! The plan: the parts of a question, and the first searches for each.

use std::collections::BTreeSet;

use domain::model::Role;
use domain::processor::Caps;
use serde::Deserialize;
use serde_json::{Value, json};

use super::Mind;
use super::asking::{Ask, at_most};
use super::claims::Part;
use super::named::is_in_other_letters;
use super::words::{clean_query, terms};
use crate::Failed;
use crate::extractive::{queries, question, rank, words};
use crate::purse::{Phase, Purse};
use crate::world::Unanswered;

/// Parts of a plan, by how much a processor can look into.
const PARTS: usize = 3;
const PARTS_OF_A_REPORT: usize = 7;
/// Parts beyond those that are told of.
const BEYOND: usize = 12;
/// Searches for a part in one round.
pub(super) const QUERIES: usize = 3;
const MAX_OUTPUT: u32 = 1_200;

/// What is asked, as all stages see it.
pub(super) struct Task {
    pub(super) question: String,
    /// What the answer should be like.
    pub(super) wanted: Option<String>,
    /// The earlier question that this one follows up on.
    pub(super) earlier: Option<String>,
    /// `2026-11-28`
    pub(super) today: String,
    /// Where it may be looked up.
    pub(super) places: String,
}

/// A plan, and the language of the question.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Plan {
    /// Two letters.
    pub(super) language: String,
    pub(super) parts: Vec<Part>,
    /// What the question asks beyond the parts that the processor has room for: nobody looks into it.
    pub(super) beyond: Vec<String>,
}

#[derive(Deserialize)]
struct Answer {
    language: String,
    parts: Vec<Planned>,
    #[serde(default)]
    beyond: Vec<String>,
}

#[derive(Deserialize)]
struct Planned {
    question: String,
    heading: String,
    queries: Vec<String>,
}

fn schema(most_parts: usize) -> Value {
    let part = json!({
        "type": "object",
        "properties": {
            "question": {"type": "string"},
            "heading": {"type": "string", "description": "two to six words, for the section that answers it"},
            "queries": at_most(QUERIES, &json!({"type": "string"})),
        },
        "required": ["question", "heading", "queries"],
        "additionalProperties": false,
    });
    // Parts for which there is no room are told of.
    json!({
        "type": "object",
        "properties": {
            "language": {"type": "string", "description": "two-letter code"},
            "parts": at_most(most_parts + BEYOND, &part),
            "beyond": {
                "type": "array", "maxItems": BEYOND, "items": {"type": "string"},
                "description": "what the question asks that no part does, because there was no room for it; usually empty",
            },
        },
        "required": ["language", "parts"],
        "additionalProperties": false,
    })
}

/// Names by which a question asks for an answer in another language.
const LANGUAGES: [&str; 34] = [
    "german",
    "french",
    "spanish",
    "italian",
    "portuguese",
    "dutch",
    "swedish",
    "danish",
    "norwegian",
    "finnish",
    "polish",
    "czech",
    "slovak",
    "hungarian",
    "romanian",
    "bulgarian",
    "greek",
    "turkish",
    "russian",
    "ukrainian",
    "arabic",
    "hebrew",
    "persian",
    "hindi",
    "chinese",
    "japanese",
    "korean",
    "thai",
    "vietnamese",
    "indonesian",
    "deutsch",
    "language",
    "translate",
    "languages",
];

/// Views from which independent investigations plan the same question.
const ANGLES: [&str; 7] = [
    "begin with primary sources: official documents, registers, the makers themselves",
    "look for what contradicts the obvious answer: criticism, corrections, failures",
    "look for figures, dates and measurements, and how they were come by",
    "look at how it came about and how it changed over time",
    "look at comparable cases and at what independent observers say",
    "look for the newest reports, and for what has changed since older ones",
    "look at limits, exceptions, risks and side effects",
];

/// Parts of a question that a processor looks into.
pub(super) const fn most_parts(caps: &Caps) -> usize {
    if is_for_reports(caps) { PARTS_OF_A_REPORT } else { PARTS }
}

/// Whether a processor has room for as many parts as any.
pub(super) const fn is_for_reports(caps: &Caps) -> bool {
    caps.width > 2
}

/// Asks for a plan; `branch` is 0 for the first, which has no view of its own.
pub(super) async fn make(
    mind: &Mind<'_>,
    purse: &Purse,
    task: &Task,
    branch: usize,
) -> Result<Result<Plan, Unanswered>, Failed> {
    let most = most_parts(&mind.world.spec().processor.caps);
    let angle = branch.checked_sub(1).map(|index| ANGLES[index % ANGLES.len()]);
    let ask = Ask {
        role: Role::Planner,
        phase: Phase::Look,
        prompt: "plan",
        given: json!({
            "question": task.question, "wanted": task.wanted, "earlier": task.earlier, "today": task.today,
            "places": task.places, "angle": angle, "max_parts": most, "max_queries": QUERIES,
        }),
        max_output_tokens: MAX_OUTPUT,
    };
    let answer: Result<Answer, Unanswered> = mind.typed(purse, ask, &schema(most)).await?;
    Ok(answer.and_then(|answer| {
        let plan = plan(answer, task, most);
        let why = "its plan has not a word of the question";
        if plan.is_to_the_point(task) { Ok(plan) } else { Err(Unanswered::Unfit(why.into())) }
    }))
}

impl Plan {
    /// Whether any part has a word of what is asked. Small models plan what they please.
    fn is_to_the_point(&self, task: &Task) -> bool {
        let asked = [Some(task.question.as_str()), task.wanted.as_deref(), task.earlier.as_deref()];
        let asked: BTreeSet<String> = asked.into_iter().flatten().flat_map(terms).collect();
        asked.is_empty()
            || self.parts.iter().any(|part| !part.terms().is_disjoint(&asked))
            || self.parts.iter().any(|part| is_in_other_letters(&asked, &part.text))
    }
}

fn plan(answer: Answer, task: &Task, most: usize) -> Plan {
    let mut parts: Vec<Part> = Vec::new();
    let mut beyond: Vec<String> = Vec::new();
    for planned in answer.parts {
        let text = planned.question.trim();
        if text.is_empty() || parts.iter().any(|part| part.text == text) {
            continue;
        }
        if parts.len() >= most {
            beyond.push(short_question(text));
            continue;
        }
        let queries = planned.queries.iter().filter_map(|query| clean_query(query, None));
        let heading =
            short(if planned.heading.trim().is_empty() { text } else { &planned.heading });
        parts.push(Part::new(short_question(text), heading, queries.take(QUERIES).collect()));
    }
    if parts.is_empty() {
        parts.push(Part::new(short_question(&task.question), short(&task.question), Vec::new()));
    }
    for part in &mut parts {
        if part.queries.is_empty() {
            part.queries.extend(clean_query(&part.text.clone(), None));
        }
    }
    let language = language(&answer.language, task);
    beyond.extend(answer.beyond.iter().map(|text| short_question(text)));
    beyond.retain(|text| !text.is_empty());
    beyond.truncate(BEYOND);
    Plan { language, parts, beyond }
}

/// The code of the language to write in: as the model says, unless the question is plainly in English and asks for no other. Small
/// models take a foreign name for the language of the question.
fn language(said: &str, task: &Task) -> String {
    /// Two of these stand in no question in another language.
    const ENGLISH: [&str; 12] = [
        "the", "what", "who", "when", "how", "did", "does", "which", "where", "why", "and", "with",
    ];
    let code: String = said.chars().filter(char::is_ascii_alphabetic).take(2).collect();
    let asked = format!("{} {}", task.question, task.wanted.as_deref().unwrap_or_default());
    let words = words::tokens(&asked);
    let has = |known: &&&str| words.iter().any(|word| word.lower == **known);
    let english = ENGLISH.iter().filter(has).count();
    let asks_for_other = words.iter().any(|word| LANGUAGES.contains(&word.lower.as_str()));
    if code.len() < 2 || (english >= 2 && !asks_for_other) {
        return "en".into();
    }
    code.to_lowercase()
}

/// The plan of the rules, where no model gives one.
pub(super) fn by_rules(task: &Task) -> Plan {
    let question = question::following_up(&task.question, None, task.earlier.as_deref());
    let asked = queries::queries(&question, 1, &rank::Findings::default(), &[]);
    let mut parts: Vec<Part> = question
        .parts
        .iter()
        .take(PARTS)
        .map(|part| Part::new(part.text.clone(), short(&part.text), Vec::new()))
        .collect();
    let beyond = question.parts.iter().skip(PARTS).map(|part| part.text.clone());
    let beyond = beyond.take(BEYOND).collect();
    let count = parts.len().max(1);
    for (index, query) in asked.into_iter().enumerate() {
        if let Some(part) = parts.get_mut(index % count) {
            part.queries.push(query);
        }
    }
    Plan { language: "en".into(), parts, beyond }
}

/// A heading on one line.
fn short(text: &str) -> String {
    let line = text.split_whitespace().collect::<Vec<_>>().join(" ");
    let line = line.trim_matches(['#', '*', ' ', ':']);
    line.chars().take(90).collect()
}

fn short_question(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ").chars().take(400).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn task() -> Task {
        let question = "What does the Tern 25 cost, and who makes it?".into();
        Task {
            question,
            wanted: None,
            earlier: None,
            today: "2026-11-28".into(),
            places: String::new(),
        }
    }

    #[test]
    fn a_plan_without_a_word_of_the_question_is_none() {
        let plan = |part: &str| Plan {
            language: "en".into(),
            parts: vec![Part::new(part.into(), part.into(), Vec::new())],
            beyond: Vec::new(),
        };
        assert!(!plan("bjbj").is_to_the_point(&task()));
        assert!(plan("Who made the first Tern?").is_to_the_point(&task()));
        assert!(plan("アジサシの値段").is_to_the_point(&task()), "in other letters");
    }

    #[test]
    fn a_question_in_plain_english_is_answered_in_english() {
        let code = |question: &str, said: &str| {
            language(said, &Task { question: question.into(), ..task() })
        };
        assert_eq!(code("What did the Gdynia plant cost?", "pl"), "en");
        assert_eq!(code("What did the Gdynia plant cost? Answer in Polish.", "pl"), "pl");
        assert_eq!(code("Was kostete das Werk in Gdynia, und wer ist der Chef?", "de"), "de");
        assert_eq!(code("Ile kosztował zakład?", "PL-pl"), "pl");
        assert_eq!(code("Ile kosztował zakład?", "?"), "en");
    }

    #[test]
    fn a_plan_keeps_to_its_bounds_and_never_has_no_part() {
        let answer: Answer = serde_json::from_value(json!({
            "language": "English",
            "parts": [
                {"question": " ", "heading": "", "queries": []},
                {"question": "What does the Tern 25 cost?", "heading": "# Price", "queries": ["Tern 25 price", "a", "b c", "d e"]},
                {"question": "Who makes the Tern 25?", "heading": "", "queries": []},
            ],
        }))
        .unwrap();
        let plan = plan(answer, &task(), 2);
        assert_eq!(plan.language, "en");
        assert_eq!((plan.parts.len(), plan.beyond), (2, Vec::new()));
        assert_eq!(plan.parts[0].heading, "Price");
        assert!(plan.parts[0].queries.len() <= QUERIES);
        assert_eq!(plan.parts[1].queries, ["Who makes the Tern 25"]);
        let nothing: Answer = serde_json::from_value(json!({"language": "", "parts": []})).unwrap();
        assert_eq!(super::plan(nothing, &task(), 2).parts[0].text, task().question);
    }

    #[test]
    fn what_there_is_no_room_for_is_kept_by_name() {
        let part = |text: &str| json!({"question": text, "heading": "", "queries": []});
        let answer = json!({
            "language": "en", "parts": [part("What does it cost?"), part("Who makes it?")],
            "beyond": ["How  loud is it?", ""],
        });
        let plan = plan(serde_json::from_value(answer).unwrap(), &task(), 1);
        assert_eq!(plan.parts.len(), 1);
        assert_eq!(plan.beyond, ["Who makes it?", "How loud is it?"]);
    }

    #[test]
    fn the_rules_plan_too() {
        let plan = by_rules(&task());
        assert_eq!(plan.parts.len(), 2);
        assert!(plan.parts.iter().any(|part| !part.queries.is_empty()));
    }
}
