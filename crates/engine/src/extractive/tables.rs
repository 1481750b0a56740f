//! The sections of a report that set findings side by side: figures, disagreements, timeline.

use std::fmt::Write as _;

use super::citations::Citations;
use super::disagree::{self, Disagreement};
use super::quantity::{self, Dated};
use super::question::Question;
use super::rank::{Findings, Found};
use super::render;
use crate::ReadPage;

/// Rows of the table of figures, disagreements shown, lines of the timeline.
const FIGURES: usize = 12;
const SHOWN: usize = 4;
const EVENTS: usize = 12;
/// Characters of a quote in a cell.
const CELL: usize = 150;

/// Numbers with their units, from what is quoted in the report.
pub(super) fn figures(
    question: &Question,
    findings: &Findings,
    pages: &[ReadPage],
    citations: &mut Citations<'_>,
) -> Option<String> {
    let mut rows: Vec<(String, String, String, usize)> = Vec::new();
    let mut seen: Vec<(String, String)> = Vec::new();
    for &index in &findings.chosen {
        let found = &findings.pool[index];
        let mut written: Vec<String> = Vec::new();
        let mut place = None;
        for quantity in quantity::quantities(&found.quote).into_iter().filter(|q| q.is_measure) {
            let key = (format!("{:.4}", quantity.value), quantity.unit.clone());
            if !seen.contains(&key) {
                seen.push(key);
                written.push(render::inert(&found.quote[quantity.span.clone()]));
                place = place.or(Some(quantity.span));
            }
        }
        if let Some(place) = place.filter(|_| rows.len() < FIGURES) {
            let about = render::cell(&pages[found.page].text, found, &place, CELL);
            let number = citations.cite(found.page, &found.span);
            rows.push((written.join("; "), about, date_of(found, pages), number));
        }
    }
    let least = if question.wants_figures { 2 } else { 4 };
    if rows.len() < least {
        return None;
    }
    let mut table = String::from(
        "| Figure | In the words of the source | Date | Source |\n| --- | --- | --- | --- |\n",
    );
    for (raw, about, date, number) in rows {
        let _ = writeln!(table, "| {raw} | {about} | {date} | [{number}] |");
    }
    Some(table)
}

/// The date in the quote itself, or else that of the page.
fn date_of(found: &Found, pages: &[ReadPage]) -> String {
    let own = quantity::dates(&found.quote);
    let date = match own.as_slice() {
        [only] => Some(only.to_string()),
        _ => pages[found.page].text.published.clone(),
    };
    date.unwrap_or_else(|| "–".to_owned())
}

/// Different values side by side, and corrections.
pub(super) fn disagreements(
    found: &[Disagreement],
    findings: &Findings,
    pages: &[ReadPage],
    citations: &mut Citations<'_>,
) -> Option<String> {
    let mut out = String::new();
    for disagreement in found.iter().take(SHOWN) {
        out.push_str(
            "| Value | Dated | In the words of the source | Source |\n| --- | --- | --- | --- |\n",
        );
        for value in &disagreement.values {
            let found = &findings.pool[value.found];
            let number = citations.cite(found.page, &found.span);
            let place = found.quote.find(&value.raw).unwrap_or(0);
            let text = &pages[found.page].text;
            let place = place..place + value.raw.len();
            let sentence = render::cell(text, found, &place, CELL * 2);
            let date = pages[found.page].text.published.clone().unwrap_or_else(|| "–".to_owned());
            let title = render::brief(&pages[found.page].text.title, 60);
            let raw = render::inert(&value.raw);
            let _ = writeln!(out, "| **{raw}** | {date} | {sentence} | {title} [{number}] |");
        }
        out.push('\n');
    }
    let corrections = disagree::corrections(findings);
    if !corrections.is_empty() {
        out.push_str("Corrections and replacements:\n\n");
        for index in corrections {
            let found = &findings.pool[index];
            let number = citations.cite(found.page, &found.span);
            let text = &pages[found.page].text;
            let date = text.published.as_ref().map(|date| format!("{date}: ")).unwrap_or_default();
            let _ = writeln!(
                out,
                "- {date}{}",
                render::finding(text, found, &found.span, number, "  ")
            );
        }
    }
    (!out.is_empty()).then_some(out)
}

/// Dated sentences in order of their dates, from three on.
pub(super) fn timeline(
    question: &Question,
    findings: &Findings,
    citations: &mut Citations<'_>,
) -> Option<String> {
    let mut events: Vec<(Dated, usize)> = Vec::new();
    for &index in &findings.chosen {
        let found = &findings.pool[index];
        // Several dates in one sentence are a period or a list; the first tells where it belongs.
        if let Some(date) = quantity::dates(&found.quote).into_iter().next()
            && (date.month > 0 || (question.wants_history && is_event(&found.quote, &date)))
        {
            events.push((date, index));
        }
    }
    events.sort_by_key(|(date, index)| (date.key(), *index));
    let mut days: Vec<String> = events.iter().map(|(date, _)| date.to_string()).collect();
    days.dedup();
    if days.len() < 3 {
        return None;
    }
    let mut out = String::new();
    for (date, index) in events.into_iter().take(EVENTS) {
        let found = &findings.pool[index];
        let number = citations.cite(found.page, &found.span);
        let words = render::around(&found.quote, &date.span, CELL);
        let _ = writeln!(out, "- **{date}**: {words} [{number}]");
    }
    Some(out)
}

/// "in 1998", "since 2003": a year that dates what happens.
fn is_event(quote: &str, date: &Dated) -> bool {
    let before = quote[..date.span.start].trim_end().to_lowercase();
    [" in", " since", " until", " by", " from", "in", "since"]
        .iter()
        .any(|word| before.ends_with(word))
}
