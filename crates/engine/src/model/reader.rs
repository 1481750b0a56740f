//! Readers: each sees one portion of passages and gives places in them, which are looked up again.

use std::collections::BTreeSet;

use domain::model::Role;
use domain::text::Span;
use serde::Deserialize;
use serde_json::{Value, json};

use super::Mind;
use super::asking::{Ask, list_of};
use super::claims::{Ledger, Part, own_words};
use super::material::{self, Portion};
use super::named::is_in_other_letters;
use super::plan::Task;
use super::words::terms;
use super::{quotes, restated};
use crate::purse::{Phase, Purse};
use crate::world::Unanswered;
use crate::{Failed, ReadPage};

/// Claims of one portion.
const CLAIMS: usize = 12;
const MAX_OUTPUT: u32 = 1_600;
/// Characters of a statement, which is only compared.
const STATEMENT: usize = 300;

#[derive(Deserialize)]
struct Answer {
    claims: Vec<Claimed>,
}

#[derive(Deserialize)]
struct Claimed {
    part: usize,
    passage: String,
    quote: String,
    statement: String,
}

// The quote comes before what is made of it.
fn schema() -> Value {
    let members = json!({
        "part": {"type": "integer"},
        "passage": {"type": "string"},
        "quote": {"type": "string"},
        "statement": {"type": "string"},
    });
    list_of("claims", CLAIMS, &members, &["part", "passage", "quote", "statement"])
}

/// What became of the questions to readers.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct Outcome {
    pub(super) asked: usize,
    pub(super) answered: usize,
    /// Why the first that was not answered was not.
    pub(super) failure: Option<Unanswered>,
}

/// Has pages read for some parts, as many portions as there is leave for, and adds what stands there to the ledger.
pub(super) async fn read(
    mind: &Mind<'_>,
    purse: &Purse,
    task: &Task,
    ledger: &mut Ledger,
    parts: &[usize],
    pages: &[ReadPage],
    most: usize,
) -> Result<Outcome, Failed> {
    let wanted: Vec<BTreeSet<String>> =
        parts.iter().map(|&part| ledger.parts[part].terms()).collect();
    let room = mind.room(Role::Reader, MAX_OUTPUT);
    let chosen = {
        let (pages, wanted) = (pages.to_vec(), wanted);
        tokio::task::spawn_blocking(move || material::choose(&pages, &wanted, room))
            .await
            .map_err(|why| Failed::Broken(format!("choosing passages: {why}")))?
    };
    let portions = &chosen.portions[..chosen.portions.len().min(most)];
    let asks =
        portions.iter().map(|portion| ask(task, &ledger.parts, parts, portion, pages)).collect();
    let answers: Vec<Result<Answer, Unanswered>> = mind.all(purse, asks, &schema()).await?;
    let mut outcome = Outcome { asked: answers.len(), ..Outcome::default() };
    let mut dropped = 0;
    for (portion, answer) in portions.iter().zip(answers) {
        match answer {
            Ok(answer) => {
                outcome.answered += 1;
                dropped += add(task, ledger, parts, portion, pages, answer);
            }
            Err(why) => {
                outcome.failure.get_or_insert(why);
            }
        }
    }
    let unread = chosen.portions.len() - outcome.answered;
    if unread > 0 {
        mind.world.note(format!(
            "Models read the best {} of {} portions of passages that bear on the question: {}.",
            outcome.answered,
            chosen.portions.len(),
            match &outcome.failure {
                Some(Unanswered::Silent(why) | Unanswered::Unfit(why)) => why.as_str(),
                Some(Unanswered::Cap) | None => "the caps of the processor leave room for no more",
            },
        ));
    }
    ledger.dropped += dropped;
    mind.world.note_read_by_model(dropped, chosen.withheld);
    Ok(outcome)
}

fn ask(task: &Task, all: &[Part], parts: &[usize], portion: &Portion, pages: &[ReadPage]) -> Ask {
    let shown: Vec<_> =
        parts.iter().map(|&part| json!({ "number": part + 1, "text": all[part].text })).collect();
    Ask {
        role: Role::Reader,
        phase: Phase::Look,
        prompt: "read",
        given: json!({
            "question": task.question, "parts": shown, "passages": portion.fenced(pages), "max_claims": CLAIMS,
        }),
        max_output_tokens: MAX_OUTPUT,
    }
}

/// Looks each quote up; answers how many do not stand where they were said to.
fn add(
    task: &Task,
    ledger: &mut Ledger,
    parts: &[usize],
    portion: &Portion,
    pages: &[ReadPage],
    answer: Answer,
) -> usize {
    let mut dropped = 0;
    for claimed in answer.claims.into_iter().take(CLAIMS) {
        let part = match parts {
            // Where one thing was asked, its number says nothing.
            [only] => *only,
            _ => claimed.part.wrapping_sub(1),
        };
        if !parts.contains(&part) {
            dropped += 1;
            continue;
        }
        let Some((page, span)) = place(portion, pages, &claimed) else {
            dropped += 1;
            continue;
        };
        let is_header = quotes::is_header(&pages[page].text, &span);
        if is_header || !bears_on(&ledger.parts[part], task, &pages[page], &span) {
            dropped += 1;
            continue;
        }
        let part = meant(&ledger.parts, parts, part, pages[page].text.quote(&span));
        let page = ledger.place(&pages[page]);
        let statement = claimed.statement.chars().take(STATEMENT).collect();
        ledger.add(part, page, span, statement);
    }
    dropped
}

/// The part that a quote is about: the one that was said, unless the quote has none of the words which that one does not share with
/// the others, and has some of another's. Small models mix numbers up.
fn meant(all: &[Part], parts: &[usize], said: usize, quote: &str) -> usize {
    let quoted = terms(quote);
    let own: Vec<usize> =
        own_words(all, parts).iter().map(|words| words.intersection(&quoted).count()).collect();
    let has_some =
        |part: usize| parts.iter().position(|&other| other == part).is_some_and(|at| own[at] > 0);
    if has_some(said) {
        return said;
    }
    let best = (0..parts.len()).rev().max_by_key(|&at| own[at]);
    best.filter(|&at| own[at] > 0).map_or(said, |at| parts[at])
}

/// Whether a quote or what stands above it has a word of what is asked: small models quote whatever they are shown. In other letters
/// than the question's nothing can be told.
fn bears_on(part: &Part, task: &Task, page: &ReadPage, span: &Span) -> bool {
    let mut asked = part.terms();
    asked.extend(terms(&task.question));
    let quote = page.text.quote(span);
    let says_any = |text: &str| terms(text).iter().any(|term| asked.contains(term));
    says_any(quote)
        || restated::above(page, span).into_iter().any(says_any)
        || is_in_other_letters(&asked, quote)
}

/// Where the page says what is claimed: the quote, if it stands and carries the statement, else the sentence that does.
fn place(portion: &Portion, pages: &[ReadPage], claimed: &Claimed) -> Option<(usize, Span)> {
    let Claimed { passage, quote, statement, .. } = claimed;
    let quoted = stands(portion, pages, passage, quote);
    let carries =
        |(page, span): &(usize, Span)| restated::is_carried(statement, &pages[*page], span);
    match quoted {
        Some(place) if carries(&place) => Some(place),
        quoted => restated::of_statement(statement, portion, pages, passage).or(quoted),
    }
}

/// Where a quote stands: in the passage that is named, or, for models mix names up, in another one that was shown.
pub(super) fn stands(
    portion: &Portion,
    pages: &[ReadPage],
    passage: &str,
    quote: &str,
) -> Option<(usize, Span)> {
    let named = portion.find(passage);
    let others = portion.passages.iter().filter(|shown| Some(*shown) != named);
    named.into_iter().chain(others).find_map(|shown| {
        let text = &pages[shown.page].text;
        let span = quotes::find(text, &shown.span, quote)?;
        Some((shown.page, quotes::whole(text, &span)))
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::extractive::build::page;

    fn parts() -> Vec<Part> {
        let part = |text: &str| Part::new(text.into(), text.into(), Vec::new());
        vec![
            part("Who is the chief executive of Halden Pumps?"),
            part("When was Halden Pumps founded?"),
        ]
    }

    #[test]
    fn a_quote_belongs_to_the_part_whose_words_it_has() {
        let meant = |said: usize, quote: &str| meant(&parts(), &[0, 1], said, quote);
        assert_eq!(meant(1, "Ingrid Solberg has been chief executive since 2023."), 0);
        assert_eq!(meant(1, "Halden Pumps was founded in 1987 by its chief."), 1);
        assert_eq!(meant(0, "Halden Pumps is led by Ingrid Solberg."), 0, "no word of either");
    }

    #[test]
    fn a_quote_without_a_word_of_what_is_asked_is_off_the_point() {
        let question = "Who is the chief executive of Halden Pumps, and when was it founded?";
        let task = Task {
            question: question.into(),
            wanted: None,
            earlier: None,
            today: "2026-11-30".into(),
            places: String::new(),
        };
        let bears = |title: &str, line: &str| {
            let page = page(1, "a.test", title, line);
            bears_on(&parts()[0], &task, &page, &(0..line.len()))
        };
        assert!(bears("Notes", "The chief executive retired."));
        assert!(bears("Halden Pumps", "Ingrid Solberg leads it."));
        assert!(bears("Notes", "ハルデン社の社長はソルベルグ氏。"), "in other letters");
        assert!(!bears("Rustls", "Rustls ships with two providers."));
    }
}
