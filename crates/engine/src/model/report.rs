//! Writes the report: sections from their own evidence, then the answer that stands first, then the check of every sentence.

use std::collections::BTreeSet;

use domain::model::Role;
use llm::tokens;
use serde_json::{Value, json};

use super::Mind;
use super::asking::Ask;
use super::check::{self, Counts, Section};
use super::claims::Ledger;
use super::conflicts::Conflict;
use super::draft;
use super::material::place;
use super::plan::{self, Task};
use super::quotes::shown;
use super::rendered::rendered;
use crate::Failed;
use crate::extractive::report::Draft;
use crate::purse::{Phase, Purse};
use crate::world::Unanswered;

/// Quotes that one section or the answer is written from.
pub(super) const EVIDENCE: usize = 24;
/// Bytes of a quote in a prompt.
const LENGTH: usize = 600;
/// Tokens that the id, the source and the date of a quote take.
const PLACE: u32 = 60;
const SECTION_WORDS: usize = 260;
const ANSWER_WORDS: usize = 180;
/// An answer without sections may say more.
const ONLY_ANSWER_WORDS: usize = 320;
const MAX_OUTPUT: u32 = 1_400;

/// Everything that a report is written from.
pub(super) struct Written<'a> {
    pub(super) task: &'a Task,
    pub(super) language: &'a str,
    pub(super) ledger: &'a Ledger,
    pub(super) conflicts: &'a [Conflict],
    /// Whether all that sources say was compared, by a model or by rules.
    pub(super) is_compared: bool,
    /// What is asked and was not looked into, because the processor has no room for it.
    pub(super) beyond: &'a [String],
}

/// Writes and checks. `Err` where no model wrote anything that stands, with what became of what it wrote.
pub(super) async fn write(
    mind: &Mind<'_>,
    purse: &Purse,
    from: &Written<'_>,
) -> Result<Result<(Draft, Counts), (Unanswered, Counts)>, Failed> {
    let has_sections = plan::is_for_reports(&mind.world.spec().processor.caps);
    let covered: Vec<usize> = (0..from.ledger.parts.len())
        .filter(|&part| from.ledger.of_part(part).next().is_some())
        .collect();
    let mut sections = Vec::new();
    // Where not all sections can be written, the answer that stands first is worth more than some of them.
    let has_room = purse.calls_left(Phase::Write) > covered.len() as u64;
    if has_sections && covered.len() > 1 && !has_room {
        mind.world
            .note("All was written as one answer: there were no model calls left for sections.");
    }
    if has_sections && covered.len() > 1 && has_room {
        let asks = covered.iter().map(|&part| section(mind, from, part)).collect();
        let texts = mind.texts(purse, asks).await?;
        for (&part, text) in covered.iter().zip(texts) {
            match text {
                Ok(text) => sections.push(Section {
                    heading: Some(from.ledger.parts[part].heading.clone()),
                    parts: vec![part],
                    blocks: draft::parse(&text, from.ledger),
                }),
                Err(_) => mind.world.note(format!(
                    "The section “{}” was not written: no further model call was possible.",
                    from.ledger.parts[part].heading
                )),
            }
        }
    }
    let words = if sections.is_empty() { ONLY_ANSWER_WORDS } else { ANSWER_WORDS };
    let answered = mind.text(purse, answer(mind, from, &covered, words)).await?;
    let blocks = match answered {
        Ok(text) => draft::parse(&text, from.ledger),
        Err(why) if sections.is_empty() => return Ok(Err((why, Counts::default()))),
        Err(_) => {
            mind.world.note("The summary was not written: no further model call was possible.");
            Vec::new()
        }
    };
    sections.insert(0, Section { heading: None, parts: covered, blocks });
    let (sections, counts) =
        check::sections(mind, purse, from.task, from.language, from.ledger, sections).await?;
    if counts.cited == 0 {
        let why = "nothing that it wrote is carried by what was quoted";
        return Ok(Err((Unanswered::Unfit(why.into()), counts)));
    }
    Ok(Ok((rendered(mind, from, &sections, counts), counts)))
}

/// The report where nothing that was written stands: what was asked, and what was quoted for it.
pub(super) fn without_answer(mind: &Mind<'_>, from: &Written<'_>, counts: Counts) -> Draft {
    let counts = Counts { dropped: counts.dropped, ..Counts::default() };
    rendered(mind, from, &[], counts)
}

fn section(mind: &Mind<'_>, from: &Written<'_>, part: usize) -> Ask {
    let own = &from.ledger.parts[part];
    let conflicts: Vec<String> = from
        .conflicts
        .iter()
        .filter(|conflict| {
            conflict
                .sides
                .iter()
                .flat_map(|side| &side.claims)
                .any(|&claim| from.ledger.claims[claim].part == part)
        })
        .map(Conflict::in_words)
        .collect();
    Ask {
        role: Role::Writer,
        phase: Phase::Write,
        prompt: "section",
        given: json!({
            "question": from.task.question, "heading": own.heading, "parts": [own.text.as_str()],
            "language": from.language, "evidence": evidence(mind, from, &[part], &conflicts),
            "conflicts": conflicts, "max_words": SECTION_WORDS,
        }),
        max_output_tokens: MAX_OUTPUT,
    }
}

fn answer(mind: &Mind<'_>, from: &Written<'_>, covered: &[usize], words: usize) -> Ask {
    let conflicts: Vec<String> = from.conflicts.iter().map(Conflict::in_words).collect();
    let missing: Vec<&str> =
        from.ledger.open().into_iter().map(|part| from.ledger.parts[part].text.as_str()).collect();
    Ask {
        role: Role::Writer,
        phase: Phase::Write,
        prompt: "answer",
        given: json!({
            "question": from.task.question, "wanted": from.task.wanted, "language": from.language,
            "evidence": evidence(mind, from, covered, &conflicts), "conflicts": conflicts, "missing": missing,
            "beyond": from.beyond, "max_words": words,
        }),
        max_output_tokens: MAX_OUTPUT,
    }
}

/// The quotes for some parts that fit the prompt; those of a conflict are among them.
fn evidence(
    mind: &Mind<'_>,
    from: &Written<'_>,
    parts: &[usize],
    conflicts: &[String],
) -> Vec<Value> {
    let room = mind.room(Role::Writer, MAX_OUTPUT);
    let mut used = conflicts.iter().map(|text| tokens::count(text)).sum::<u32>();
    let sides = from.conflicts.iter().flat_map(|conflict| &conflict.sides);
    let in_conflict: BTreeSet<usize> = sides
        .flat_map(|side| side.claims.iter().copied())
        .filter(|&claim| parts.contains(&from.ledger.claims[claim].part))
        .collect();
    let mut chosen = from.ledger.best(parts, EVIDENCE);
    chosen.extend(
        in_conflict.into_iter().filter(|claim| !chosen.contains(claim)).collect::<Vec<_>>(),
    );
    let mut offered = Vec::new();
    for index in chosen {
        let claim = &from.ledger.claims[index];
        let page = &from.ledger.pages[claim.page];
        let quote = shown(from.ledger.quote(claim), LENGTH);
        used += tokens::count(&quote) + PLACE;
        if used > room {
            break;
        }
        offered.push(json!({
            "id": Ledger::id(index), "source": place(page, &claim.span), "date": page.text.published,
            "quote": quote,
        }));
    }
    offered
}
