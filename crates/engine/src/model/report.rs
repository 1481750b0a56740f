//! Writes the report: sections from their own evidence, then the answer that stands first, then the check of every sentence;
//! and puts it into Markdown, where the engine and no model writes references and addresses.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use domain::model::Role;
use domain::output::Confidence;
use llm::tokens;
use serde_json::{Value, json};

use super::Mind;
use super::asking::Ask;
use super::beyond;
use super::check::{self, Counts, Section};
use super::claims::{Claim, Ledger};
use super::conflicts::Conflict;
use super::draft::{self, Block, Sentence};
use super::frame::Frame;
use super::material::place;
use super::plan::{self, Task};
use super::quotes::shown;
use crate::Failed;
use crate::extractive::citations::Citations;
use crate::extractive::facets::title;
use crate::extractive::render;
use crate::extractive::report::{Draft, sources};
use crate::purse::{Phase, Purse};
use crate::world::Unanswered;

/// Quotes that one section or the answer is written from.
const EVIDENCE: usize = 24;
/// Bytes of a quote in a prompt.
const LENGTH: usize = 600;
/// Tokens that the id, the source and the date of a quote take.
const PLACE: u32 = 60;
const SECTION_WORDS: usize = 260;
const ANSWER_WORDS: usize = 180;
/// An answer without sections may say more.
const ONLY_ANSWER_WORDS: usize = 320;
const MAX_OUTPUT: u32 = 1_400;
/// Addresses that are listed as unreadable.
const UNREADABLE: usize = 8;

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

fn rendered(mind: &Mind<'_>, from: &Written<'_>, sections: &[Section], counts: Counts) -> Draft {
    let ledger = from.ledger;
    let unreadable = mind.world.seen().unreadable;
    let mut citations = Citations::new(&ledger.pages);
    let mut out = format!("# {}\n\n", render::brief(&title(&from.task.question), 200));
    let words = Frame::of(from.language);
    if sections.is_empty() {
        let _ = write!(out, "## {}\n\n{}\n\n", words.answer, words.unanswered);
    }
    for section in sections {
        let heading = section.heading.as_deref().map(|heading| render::brief(heading, 90));
        let heading = heading.unwrap_or_else(|| words.answer.to_owned());
        let _ = write!(out, "## {heading}\n\n");
        write_blocks(&mut out, &section.blocks, ledger, &mut citations);
    }
    if !from.conflicts.is_empty() {
        let _ = write!(out, "## {}\n\n", words.conflicts);
        for conflict in from.conflicts {
            write_conflict(&mut out, conflict, &words, ledger, &mut citations);
        }
        out.push('\n');
    }
    let parts = open_parts(from, sections);
    let open: Vec<String> = parts.iter().map(|&part| ledger.parts[part].text.clone()).collect();
    if !open.is_empty() || !unreadable.is_empty() {
        let _ = write!(out, "## {}\n\n", words.missing);
        for part in &open {
            let _ = writeln!(out, "- {}", render::brief(part, 200));
        }
        for failed in unreadable.iter().take(UNREADABLE) {
            let address = render::brief(&failed.address, 200);
            let reason = render::brief(&failed.reason, 120);
            let _ = writeln!(out, "- {}: {address} ({reason})", words.unreadable);
        }
        out.push('\n');
    }
    beyond::write(&mut out, mind.world, from.beyond, &words);
    if sections.is_empty() {
        let all: Vec<usize> = (0..ledger.parts.len()).collect();
        for index in ledger.best(&all, EVIDENCE) {
            citations.cite(ledger.claims[index].page, &ledger.claims[index].span);
        }
    }
    let _ = write!(out, "## {}\n\n{}", words.sources, sources(&citations));
    let contradictions = u32::try_from(from.conflicts.len()).unwrap_or(u32::MAX);
    Draft {
        confidence: confidence(mind, from, counts, parts.len()),
        reasoning: reasoning(from, &citations, counts, parts.len()),
        markdown: format!("{}\n", out.trim_end()),
        evidence: citations.evidence,
        sentences: counts.kept,
        sentences_cited: counts.cited,
        contradictions,
        advice: advice(mind, &open, from.beyond),
        open,
    }
}

fn advice(mind: &Mind<'_>, open: &[String], beyond: &[String]) -> Option<String> {
    let brief = |part: &String| render::brief(part, 120);
    let open = open
        .first()
        .map(|part| format!("ask for “{}” alone, or name a source that treats it", brief(part)));
    open.or_else(|| {
        let first = brief(beyond.first()?);
        let has_higher = !plan::is_for_reports(&mind.world.spec().processor.caps);
        let higher = if has_higher { "choose a higher processor, or " } else { "" };
        Some(format!("{higher}ask for “{first}” alone"))
    })
}

/// Parts of the question of which nothing stands: no sentence that was kept and no side of a contradiction rests on what
/// was quoted for them.
fn open_parts(from: &Written<'_>, sections: &[Section]) -> Vec<usize> {
    let ledger = from.ledger;
    let blocks = sections.iter().flat_map(|section| &section.blocks);
    let sentences = blocks.flat_map(Block::sentences).flat_map(|sentence| &sentence.claims);
    // Where nothing is written, whatever is asked is open, also what sources differ on.
    let conflicts = from.conflicts.iter().filter(|_| !sections.is_empty());
    let sides = conflicts.flat_map(|conflict| &conflict.sides);
    let cited: BTreeSet<usize> =
        sentences.chain(sides.flat_map(|side| &side.claims)).copied().collect();
    let is_told = |claim: &Claim| {
        cited.iter().map(|&index| &ledger.claims[index]).any(|other| {
            let overlaps = other.span.start < claim.span.end && claim.span.start < other.span.end;
            other.page == claim.page && overlaps
        })
    };
    (0..ledger.parts.len())
        .filter(|&part| !ledger.of_part(part).any(|(_, claim)| is_told(claim)))
        .collect()
}

fn write_blocks(
    out: &mut String,
    blocks: &[Block],
    ledger: &Ledger,
    citations: &mut Citations<'_>,
) {
    for block in blocks {
        match block {
            Block::Paragraph(sentences) => {
                let _ = write!(out, "{}\n\n", joined(sentences, ledger, citations, true));
            }
            Block::Item(sentences) => {
                let _ = writeln!(out, "- {}", joined(sentences, ledger, citations, true));
            }
            Block::Table { header, rows } => {
                let line = |cells: &[String]| {
                    cells.iter().map(|cell| tamed(cell, false)).collect::<Vec<_>>().join(" | ")
                };
                let rule = vec!["---"; header.len() + 1].join(" | ");
                let _ = writeln!(out, "| {} | |\n| {rule} |", line(header));
                for row in rows {
                    let cells = line(&row.cells);
                    let _ =
                        writeln!(out, "| {cells} | {} |", marks(&row.sentence, ledger, citations));
                }
                out.push('\n');
            }
        }
    }
    if !out.ends_with("\n\n") {
        out.push('\n');
    }
}

/// Sentences with their references before the stop.
fn joined(
    sentences: &[Sentence],
    ledger: &Ledger,
    citations: &mut Citations<'_>,
    begins: bool,
) -> String {
    let mut line = String::new();
    for sentence in sentences {
        if !line.is_empty() {
            line.push(' ');
        }
        let text = tamed(&sentence.text, begins && line.is_empty());
        let marks = marks(sentence, ledger, citations);
        match text.char_indices().next_back().filter(|(_, last)| ".!?".contains(*last)) {
            Some((at, stop)) if !marks.is_empty() => {
                let _ = write!(line, "{} {marks}{stop}", &text[..at]);
            }
            _ if marks.is_empty() => line.push_str(&text),
            _ => {
                let _ = write!(line, "{text} {marks}");
            }
        }
    }
    line
}

/// `[3] [7]`, each number once.
fn marks(sentence: &Sentence, ledger: &Ledger, citations: &mut Citations<'_>) -> String {
    let mut numbers: Vec<usize> = Vec::new();
    for &index in &sentence.claims {
        let claim = &ledger.claims[index];
        let number = citations.cite(claim.page, &claim.span);
        if !numbers.contains(&number) {
            numbers.push(number);
        }
    }
    numbers.iter().map(|number| format!("[{number}]")).collect::<Vec<_>>().join(" ")
}

/// A model's words as Markdown that can do nothing: bold stays, everything else is letters.
fn tamed(text: &str, begins: bool) -> String {
    let pieces: Vec<&str> = text.split("**").collect();
    let clean = |(index, piece): (usize, &&str)| {
        let inner = if begins && index == 0 { render::inert(piece) } else { render::inline(piece) };
        let lead = if piece.starts_with(' ') { " " } else { "" };
        let tail = if piece.ends_with(' ') && !piece.trim().is_empty() { " " } else { "" };
        format!("{lead}{inner}{tail}")
    };
    let is_paired =
        pieces.len() % 2 == 1
            && pieces.iter().skip(1).step_by(2).all(|bold| {
                !bold.trim().is_empty() && !bold.starts_with(' ') && !bold.ends_with(' ')
            });
    if is_paired {
        pieces.iter().enumerate().map(clean).collect::<Vec<_>>().join("**")
    } else {
        let plain = text.replace("**", "");
        if begins { render::inert(&plain) } else { render::inline(&plain) }
    }
}

fn write_conflict(
    out: &mut String,
    conflict: &Conflict,
    words: &Frame,
    ledger: &Ledger,
    citations: &mut Citations<'_>,
) {
    let _ = writeln!(out, "- **{}**", render::brief(&conflict.about, 160));
    for (index, side) in conflict.sides.iter().enumerate() {
        let mut numbers: Vec<String> = Vec::new();
        for &claim in &side.claims {
            let claim = &ledger.claims[claim];
            let number = format!("[{}]", citations.cite(claim.page, &claim.span));
            if !numbers.contains(&number) {
                numbers.push(number);
            }
        }
        let held = conflict.holds.filter(|(holds, _)| *holds == index);
        let held = held.map(|(_, rule)| format!(" — {}", words.reason(rule))).unwrap_or_default();
        let value = render::brief(&side.value, 120);
        let _ = writeln!(out, "  - {value} {}{held}", numbers.join(" "));
    }
}

/// High: everything that was asked is answered by as many independent sources as the processor wants, which readers chose, they were
/// compared and nothing contradicts, and hardly anything that was written fell. Low: half of it is open or was not looked into, or what was written fell in large part
/// or as a whole.
fn confidence(mind: &Mind<'_>, from: &Written<'_>, counts: Counts, open: usize) -> Confidence {
    let ledger = from.ledger;
    let wanted = usize::try_from(mind.world.spec().processor.caps.sources_for_high).unwrap_or(1);
    let asked = ledger.parts.len() + from.beyond.len();
    let open = open + from.beyond.len();
    let thin = (0..ledger.parts.len()).any(|part| ledger.publishers(part).len() < wanted);
    let all = counts.kept + counts.dropped;
    match () {
        () if counts.cited == 0 => Confidence::Low,
        () if open * 2 >= asked || counts.dropped * 2 > all => Confidence::Low,
        () if open > 0 || thin || !from.is_compared || ledger.by_rules > 0 => Confidence::Medium,
        () if !from.conflicts.is_empty() || counts.dropped * 10 > all => Confidence::Medium,
        () => Confidence::High,
    }
}

fn reasoning(from: &Written<'_>, citations: &Citations<'_>, counts: Counts, open: usize) -> String {
    let ledger = from.ledger;
    if counts.cited == 0 {
        return format!(
            "No answer is given: no sentence was written that what was read carries. {} quotes of {} independent sources were \
             found; {} sentences were left out because nothing quoted holds them.",
            citations.evidence.len(),
            citations.publishers().len(),
            counts.dropped,
        );
    }
    let answered = ledger.parts.len() - open;
    let mut out = format!(
        "Written by a model from {} quotes of {} independent sources; {answered} of {} parts of the question are answered. \
         {} of {} sentences carry a quote that was found again in its page and holds what they say",
        citations.evidence.len(),
        citations.publishers().len(),
        ledger.parts.len() + from.beyond.len(),
        counts.cited,
        counts.kept,
    );
    match counts.dropped {
        0 => out.push('.'),
        1 => out.push_str("; one more was left out because nothing quoted holds it."),
        dropped => {
            let _ =
                write!(out, "; {dropped} more were left out because nothing quoted holds them.");
        }
    }
    match from.beyond.len() {
        0 => {}
        1 => out.push_str(" One was not looked into."),
        count => {
            let _ = write!(out, " {count} were not looked into.");
        }
    }
    if ledger.by_rules > 0 {
        out.push_str(" Where readers gave no quote, rules chose some.");
    }
    if !from.is_compared {
        out.push_str(" What the sources say was not compared.");
    }
    if !from.conflicts.is_empty() {
        let _ = write!(out, " Sources disagree on {} points.", from.conflicts.len());
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_models_words_can_do_nothing_but_be_bold() {
        assert_eq!(tamed("A **bold** word.", true), "A **bold** word.");
        assert_eq!(
            tamed("- no list [x](http://a.test) <img>", true),
            "\\- no list \\[x\\](http\\://a.test) \\<img>"
        );
        assert_eq!(tamed("one ** two", false), "one two");
    }
}
