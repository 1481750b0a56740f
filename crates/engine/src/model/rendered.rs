//! Puts a checked report into Markdown, where the engine and no model writes references and addresses, and says how far it may be
//! trusted.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use domain::output::Confidence;

use super::Mind;
use super::beyond;
use super::check::{Counts, Section};
use super::claims::{Claim, Ledger};
use super::conflicts::Conflict;
use super::draft::{Block, Sentence};
use super::frame::Frame;
use super::plan;
use super::report::{EVIDENCE, Written};
use crate::extractive::citations::Citations;
use crate::extractive::facets::title;
use crate::extractive::render;
use crate::extractive::report::{Draft, sources};

/// Addresses that are listed as unreadable.
const UNREADABLE: usize = 8;

/// The report as it is handed in; without sections one that says that nothing which was written stands.
pub(super) fn rendered(
    mind: &Mind<'_>,
    from: &Written<'_>,
    sections: &[Section],
    counts: Counts,
) -> Draft {
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
                    let _ = writeln!(
                        out,
                        "| {cells} | {} |",
                        marks(&row.sentence.claims, ledger, citations)
                    );
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
        let marks = marks(&sentence.claims, ledger, citations);
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
fn marks(claims: &[usize], ledger: &Ledger, citations: &mut Citations<'_>) -> String {
    let mut numbers: Vec<usize> = Vec::new();
    for &index in claims {
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
        let marks = marks(&side.claims, ledger, citations);
        let held = conflict.holds.filter(|(holds, _)| *holds == index);
        let held = held.map(|(_, rule)| format!(" — {}", words.reason(rule))).unwrap_or_default();
        let value = render::brief(&side.value, 120);
        let _ = writeln!(out, "  - {value} {marks}{held}");
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
