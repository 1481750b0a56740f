//! Writes a report that only quotes: the frame is ours and claims nothing, every sentence about the world
//! is a span of a page with its number.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use domain::evidence::Evidence;
use domain::output::Confidence;
use domain::processor::Caps;
use domain::receipt::Unreadable;

use super::citations::Citations;
use super::corrected::{self, Correction};
use super::disagree::{self, Disagreement};
use super::facets::{self, title};
use super::question::{Expects, Question};
use super::quoting;
use super::rank::{COVERED, Findings, Found};
use super::render;
use super::succession;
use super::tables;
use crate::ReadPage;

/// Quotes in the answer of a question with one part, and share of the best score that a further one needs.
const ANSWERS: usize = 3;
const NEARLY_AS_GOOD: f64 = 0.92;
/// Bytes to which an answer or another finding may grow by what stands around it.
const ANSWER_LENGTH: usize = 700;
const FINDING_LENGTH: usize = 450;
/// Addresses that are listed as unreadable.
const UNREADABLE: usize = 8;

/// A report, and what the receipt says of it.
#[derive(Debug, Clone, PartialEq)]
pub struct Draft {
    /// References stand in it as `[1]`; number n is `evidence[n - 1]`.
    pub markdown: String,
    pub evidence: Vec<Evidence>,
    pub confidence: Confidence,
    pub reasoning: String,
    /// Sentences about the world, and those of them with a reference: all.
    pub sentences: u32,
    pub sentences_cited: u32,
    pub contradictions: u32,
    /// What was asked and not found.
    pub open: Vec<String>,
    pub advice: Option<String>,
}

impl Draft {
    /// Puts a remark of ours under the title.
    pub fn say_first(&mut self, remark: &str) {
        let title = self.markdown.find("\n\n").map_or(0, |end| end + 2);
        self.markdown.insert_str(title, &format!("*{}*\n\n", render::inline(remark)));
    }
}

/// Writes the report; `None` where nothing that was read answers.
pub fn write(
    question: &Question,
    findings: &Findings,
    pages: &[ReadPage],
    caps: &Caps,
    unreadable: &[Unreadable],
) -> Option<Draft> {
    if findings.is_empty() {
        return None;
    }
    let mut citations = Citations::new(pages);
    let disagreements = disagree::find(question, findings, pages);
    let answered = answers(question, findings, pages);
    let mut out = format!("# {}\n\n## Answer\n\n", render::brief(&title(&question.text), 200));
    for &index in &answered {
        let found = &findings.pool[index];
        if question.parts.len() > 1 {
            let name = facets::name_of(&question.parts[found.part].text);
            let _ = writeln!(out, "**{}**\n", render::brief(&title(name), 90));
        }
        if let Some(correction) = corrected::find(question, found, pages) {
            write_correction(&mut out, &correction, pages, &mut citations);
        }
        let span = quoting::whole(&pages[found.page], found.block, &found.span, ANSWER_LENGTH);
        let known = citations.evidence.len();
        let number = citations.cite(found.page, &span);
        if number <= known {
            if question.parts.len() > 1 {
                let _ = writeln!(out, "*The passage quoted above answers this too.* [{number}]\n");
            }
            continue;
        }
        let quote = render::finding(&pages[found.page].text, found, &span, number, "> ");
        write_quote(&mut out, &quote, &pages[found.page]);
    }
    if !disagreements.is_empty() {
        out.push_str("*Sources give different values; see “Where sources disagree”.*\n\n");
    }
    let facets = facets::group(question, findings, pages, &answered);
    section(&mut out, "Findings", write_facets(&facets, findings, pages, &mut citations));
    section(&mut out, "Figures", tables::figures(question, findings, pages, &mut citations));
    let sides = tables::disagreements(&disagreements, findings, pages, &mut citations);
    section(&mut out, "Where sources disagree", sides);
    section(&mut out, "Timeline", tables::timeline(question, findings, &mut citations));
    let open = findings.open();
    section(&mut out, "What was not found", not_found(findings, &open, unreadable));
    section(&mut out, "Sources", Some(sources(&citations)));
    let sentences = citations.sentences;
    Some(Draft {
        confidence: confidence(findings, pages, caps, &disagreements, &answered),
        reasoning: reasoning(findings, pages, &citations, &disagreements),
        markdown: format!("{}\n", out.trim_end()),
        evidence: citations.evidence,
        sentences,
        sentences_cited: sentences,
        contradictions: u32::try_from(disagreements.len()).unwrap_or(u32::MAX),
        advice: advice(findings, &open),
        open,
    })
}

fn section(out: &mut String, name: &str, body: Option<String>) {
    if let Some(body) = body.filter(|body| !body.trim().is_empty()) {
        let _ = write!(out, "## {name}\n\n{}\n\n", body.trim_end());
    }
}

/// The best quote for each part of the question; for a single part, others that are nearly as good.
fn answers(question: &Question, findings: &Findings, pages: &[ReadPage]) -> Vec<usize> {
    let mut chosen: Vec<usize> = Vec::new();
    for part in 0..question.parts.len() {
        let mut of_part =
            findings.chosen.iter().copied().filter(|&index| findings.pool[index].part == part);
        let best = of_part.next();
        let asked = &question.parts[part].text.to_lowercase();
        let is_for_holder = succession::asks_for_now(asked) && succession::asks_for_office(asked);
        let words = |index: usize| {
            let found = &findings.pool[index];
            pages[found.page].text.quote(&found.span)
        };
        let successor = best.filter(|_| is_for_holder).and_then(|best| {
            of_part.find(|&other| succession::tells_who_left(words(other), words(best)))
        });
        chosen.extend(successor.or(best));
    }
    if question.parts.len() == 1
        && let Some(&first) = chosen.first()
    {
        let top = findings.pool[first].score;
        let also = findings.chosen.iter().copied().filter(|&index| {
            let found = &findings.pool[index];
            index != first
                && found.score >= top * NEARLY_AS_GOOD
                && found.coverage >= COVERED.max(findings.pool[first].coverage * 0.95)
                && question.parts[0].expects != Expects::Definition
        });
        chosen.extend(also.take(ANSWERS - 1));
    }
    chosen
}

fn write_quote(out: &mut String, quote: &str, page: &ReadPage) {
    let from = render::brief(&page.text.title, 80);
    let date = page.text.published.as_ref().map(|date| format!(", {date}")).unwrap_or_default();
    let _ = writeln!(out, "> {quote}\n>\n> — {from}{date}\n");
}

/// What corrects an answer stands before it, and the answer is called what it is: corrected.
fn write_correction(
    out: &mut String,
    correction: &Correction,
    pages: &[ReadPage],
    citations: &mut Citations<'_>,
) {
    let page = &pages[correction.page];
    let span = quoting::whole(page, correction.block, &correction.span, ANSWER_LENGTH);
    let number = citations.cite(correction.page, &span);
    write_quote(out, &render::passage(&page.text, &span, number, "> "), page);
    let old = render::inline(&correction.old);
    let _ = writeln!(out, "*This corrects {old}, which is also stated:*\n");
}

fn write_facets(
    facets: &[facets::Facet],
    findings: &Findings,
    pages: &[ReadPage],
    citations: &mut Citations<'_>,
) -> Option<String> {
    let mut out = String::new();
    for facet in facets {
        let mut lines = String::new();
        for &index in &facet.found {
            let found = &findings.pool[index];
            if citations.is_cited(found.page, &found.span) {
                continue;
            }
            let before = citations.evidence.len();
            let read = &pages[found.page];
            let whole = quoting::whole(read, found.block, &found.span, FINDING_LENGTH);
            // What is quoted already is not quoted again for the sake of what stands beside it.
            let span = if citations.overlaps(found.page, &whole) { &found.span } else { &whole };
            let number = citations.cite(found.page, span);
            // Quoted already inside a longer quote.
            if citations.evidence.len() == before {
                continue;
            }
            let quote = render::finding(&read.text, found, span, number, "  ");
            let _ = writeln!(lines, "- {quote}");
        }
        if !lines.is_empty() {
            let _ = writeln!(out, "### {}\n\n{lines}", render::brief(&facet.name, 90));
        }
    }
    (!out.is_empty()).then_some(out)
}

fn not_found(findings: &Findings, open: &[String], unreadable: &[Unreadable]) -> Option<String> {
    let mut out = String::new();
    for part in open {
        let _ = writeln!(out, "- No passage answers: {}", render::brief(part, 200));
    }
    if !findings.missing.is_empty() {
        let words: Vec<String> = findings.missing.iter().map(|word| render::inert(word)).collect();
        let _ =
            writeln!(out, "- Words of the question that no page contains: {}", words.join(", "));
    }
    for failed in unreadable.iter().take(UNREADABLE) {
        let address = render::brief(&failed.address, 200);
        let _ = writeln!(out, "- Not readable: {address} ({})", render::brief(&failed.reason, 120));
    }
    if unreadable.len() > UNREADABLE {
        let _ =
            writeln!(out, "- Not readable: {} further addresses", unreadable.len() - UNREADABLE);
    }
    if let Some(advice) = advice(findings, open) {
        let _ = writeln!(out, "- To try: {advice}");
    }
    (!out.is_empty()).then_some(out)
}

fn advice(findings: &Findings, open: &[String]) -> Option<String> {
    match (open, findings.missing.as_slice()) {
        ([], _) => None,
        (_, []) => Some("ask for the open point alone, or name a source that treats it".to_owned()),
        (_, [word, ..]) => Some(format!(
            "name a source that mentions “{}”, or ask in the words that the sources use",
            render::inert(word)
        )),
    }
}

pub(crate) fn sources(citations: &Citations<'_>) -> String {
    let mut out = String::new();
    for (number, evidence) in (1..).zip(&citations.evidence) {
        let section = evidence.section.as_ref().filter(|section| **section != evidence.title);
        let section = section.map(|s| format!(", “{}”", render::brief(s, 80))).unwrap_or_default();
        let date = evidence.published.as_ref().map(|date| format!(" {date}.")).unwrap_or_default();
        let _ = writeln!(
            out,
            "{number}. **{}**{section}. {}.{date} “{}”",
            render::brief(&evidence.title, 120),
            address(&evidence.address),
            render::inline(&evidence.quote),
        );
    }
    out
}

/// An address as a link where it is on the web and has nothing that could break out of one.
fn address(address: &str) -> String {
    let is_web = address.starts_with("https://") || address.starts_with("http://");
    let is_plain =
        !address.contains(|c: char| c.is_whitespace() || matches!(c, '<' | '>' | '|' | '\\' | '`'));
    match (is_web, is_plain) {
        (true, true) => format!("<{address}>"),
        (false, true) => format!("`{address}`"),
        (_, false) => render::inert(address),
    }
}

/// High: each part has a direct answer, as many independent sources as the processor wants state it, and
/// none contradicts. Low: something is open, or an answer has not all that was asked.
fn confidence(
    findings: &Findings,
    pages: &[ReadPage],
    caps: &Caps,
    disagreements: &[Disagreement],
    answered: &[usize],
) -> Confidence {
    let answers: Vec<&Found> = answered.iter().map(|&index| &findings.pool[index]).collect();
    let is_open = findings.parts.iter().any(|part| part.is_open || part.coverage < COVERED);
    let supporters = |answer: &&Found| supporters(answer, findings, pages);
    let fewest = answers.iter().map(supporters).min().unwrap_or(0);
    let wanted = usize::try_from(caps.sources_for_high).unwrap_or(usize::MAX);
    match () {
        () if is_open || answers.iter().any(|answer| !answer.is_direct) => Confidence::Low,
        () if !disagreements.is_empty() || fewest < wanted => Confidence::Medium,
        () => Confidence::High,
    }
}

/// Publishers that say what an answer says: in the same words, or directly and with the same numbers.
fn supporters(answer: &Found, findings: &Findings, pages: &[ReadPage]) -> usize {
    let numbers = |found: &Found| -> BTreeSet<String> {
        found
            .terms
            .iter()
            .filter(|t| t.starts_with(|c: char| c.is_ascii_digit()))
            .cloned()
            .collect()
    };
    let stated = numbers(answer);
    let agrees = |other: &&Found| {
        let says_same = !stated.is_empty() && !stated.is_disjoint(&numbers(other));
        let common = answer.terms.intersection(&other.terms).count();
        let is_alike = common * 2 >= answer.terms.len().min(other.terms.len());
        other.part == answer.part && other.is_direct && is_alike && (stated.is_empty() || says_same)
    };
    let mut who: BTreeSet<&str> =
        findings.pool.iter().filter(agrees).map(|found| pages[found.page].publisher()).collect();
    who.insert(pages[answer.page].publisher());
    who.extend(answer.also.iter().map(|&page| pages[page].publisher()));
    who.len()
}

fn reasoning(
    findings: &Findings,
    pages: &[ReadPage],
    citations: &Citations<'_>,
    disagreements: &[Disagreement],
) -> String {
    let closed = findings.parts.iter().filter(|part| !part.is_open).count();
    let mut out = format!(
        "Quoted verbatim from {} of {} pages read ({} independent sources); {closed} of {} points asked for have a passage.",
        citations.of_page.iter().collect::<BTreeSet<_>>().len(),
        pages.len(),
        citations.publishers().len(),
        findings.parts.len(),
    );
    if !findings.bridges.is_empty() {
        let _ = write!(out, " Reached through {}.", findings.bridges.join(", "));
    }
    if !disagreements.is_empty() {
        let _ = write!(out, " Sources disagree on {} of the quantities.", disagreements.len());
    }
    out
}

#[cfg(test)]
mod tests;
