//! Where a later page says that a value is wrong: the correction leads, and what it corrects is said.

use domain::text::{BlockKind, Span};

use super::disagree;
use super::quantity::{self, Quantity};
use super::question::{Part, Question, Term};
use super::rank::Found;
use super::words;
use crate::ReadPage;

/// Share of a part's weight that must stand in the correcting paragraph or the title above it.
const SUBJECT: f64 = 0.4;
/// Relative difference below which two numbers are one value.
const SAME: f64 = 0.005;

/// A paragraph that corrects a value.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Correction {
    pub(super) page: usize,
    pub(super) block: usize,
    pub(super) span: Span,
    /// The value that no longer holds, as the correction writes it.
    pub(super) old: String,
}

/// The latest paragraph that names a value of the finding, gives another of the same unit, and says that it
/// corrects; none where the finding is such a paragraph itself, or was published later.
pub(super) fn find(question: &Question, found: &Found, pages: &[ReadPage]) -> Option<Correction> {
    let part = &question.parts[found.part];
    let stated = quantity::quantities(&found.quote);
    let is_itself = |correction: &Correction| {
        correction.page == found.page
            && correction.span.start < found.span.end
            && found.span.start < correction.span.end
    };
    let published = |page: usize| pages[page].text.published.as_deref();
    let is_earlier = |page: usize| match (published(page), published(found.page)) {
        (Some(notice), Some(own)) => notice < own,
        (_, None) | (None, _) => false,
    };
    let mut all: Vec<Correction> = Vec::new();
    for (page, read) in pages.iter().enumerate().filter(|(page, _)| !is_earlier(*page)) {
        for (block, at) in read.text.blocks.iter().enumerate() {
            let is_prose = matches!(at.kind, BlockKind::Paragraph | BlockKind::ListItem { .. });
            let text = read.text.block_text(at);
            if !is_prose || !disagree::is_correction(text) || share(part, text, read) < SUBJECT {
                continue;
            }
            if let Some(old) = replaced(&stated, text) {
                all.push(Correction { page, block, span: at.span.clone(), old });
            }
        }
    }
    if all.iter().any(is_itself) {
        return None;
    }
    // The latest notice counts; of one page the first paragraph, which says it in short.
    all.into_iter().rev().max_by(|a, b| published(a.page).cmp(&published(b.page)))
}

/// The stated value that a text gives besides another of the same unit.
fn replaced(stated: &[Quantity], text: &str) -> Option<String> {
    let given = quantity::quantities(text);
    let is_same = |a: &Quantity, b: &Quantity| {
        (a.value - b.value).abs() <= SAME * a.value.abs().max(b.value.abs())
    };
    stated.iter().filter(|old| old.is_measure).find_map(|old| {
        let again = given.iter().find(|new| new.unit == old.unit && is_same(new, old))?;
        let has_other = given.iter().any(|new| new.unit == old.unit && !is_same(new, old));
        has_other.then(|| text[again.span.clone()].to_owned())
    })
}

/// Share of what is asked that stands in a paragraph or the title above it.
fn share(part: &Part, text: &str, page: &ReadPage) -> f64 {
    let mut stems = words::terms(text);
    stems.extend(words::terms(&page.text.title));
    let is_there = |stem: &String| stems.contains(stem);
    // The title may name the subject; what is asked of it must stand in the paragraph itself.
    let own = words::terms(text);
    let is_asked = |term: &&Term| {
        !term.is_name
            && term.weight >= 0.8
            && (own.contains(&term.stem) || term.alike.iter().any(|alike| own.contains(alike)))
    };
    if !part.terms.iter().any(|term| is_asked(&term)) {
        return 0.0;
    }
    let have = part.terms.iter().filter(|t| is_there(&t.stem) || t.alike.iter().any(is_there));
    let (have, all) = (have.map(|t| t.weight).sum::<f64>(), part.terms.iter().map(|t| t.weight));
    have / all.sum::<f64>().max(f64::MIN_POSITIVE)
}

#[cfg(test)]
mod tests {
    use domain::processor;

    use super::*;
    use crate::extractive::{build, question, rank};

    fn corrected(lines: &str) -> Option<String> {
        let study = "The study found a mortality of 3.8 % at Ayford weir.";
        let pages = [
            build::page(1, "a.test", "Mortality at Ayford weir", study),
            build::page(2, "b.test", "Notice on Ayford weir", lines),
        ];
        let question = question::understand("What is the mortality at Ayford weir?", None);
        let findings = rank::weigh(&question, &pages, &processor::defaults()[4].caps);
        let found = findings.pool.iter().find(|found| found.page == 0).expect("it is found");
        find(&question, found, &pages).map(|correction| correction.old)
    }

    #[test]
    fn a_notice_that_names_the_old_value_and_a_new_one_corrects_it() {
        let notice = "The mortality at Ayford weir is corrected from 3.8 % to 2.6 %.";
        assert_eq!(corrected(notice).as_deref(), Some("3.8 %"));
    }

    #[test]
    fn another_value_alone_or_another_subject_corrects_nothing() {
        assert_eq!(corrected("The mortality at Ayford weir was 2.6 % instead of 3.8 %."), None);
        assert_eq!(corrected("The tax was corrected from 3.8 % to 2.6 % by parliament."), None);
        assert_eq!(corrected("The mortality at Ayford weir was corrected to 2.6 %."), None);
    }
}
