//! The numbered references of a report: one for each quoted place.

use std::collections::{BTreeSet, HashMap};

use domain::evidence::Evidence;
use domain::text::Span;

use super::words;
use crate::ReadPage;

/// Hands out numbers, and counts what was quoted.
pub(crate) struct Citations<'a> {
    pages: &'a [ReadPage],
    numbers: HashMap<(usize, usize, usize), usize>,
    pub(crate) evidence: Vec<Evidence>,
    /// Index of the page of each reference.
    pub(crate) of_page: Vec<usize>,
    pub(crate) sentences: u32,
}

impl<'a> Citations<'a> {
    pub(crate) fn new(pages: &'a [ReadPage]) -> Self {
        Self {
            pages,
            numbers: HashMap::new(),
            evidence: Vec::new(),
            of_page: Vec::new(),
            sentences: 0,
        }
    }

    /// The number of a place; a new one the first time, or that of a quote which contains it.
    pub(crate) fn cite(&mut self, page: usize, span: &Span) -> usize {
        let holding = self.numbers.iter().find(|((known, start, end), _)| {
            *known == page && *start <= span.start && span.end <= *end
        });
        if let Some((_, &number)) = holding {
            return number;
        }
        let read = &self.pages[page];
        self.evidence.push(read.evidence(span.clone()));
        self.of_page.push(page);
        let number = self.evidence.len();
        self.numbers.insert((page, span.start, span.end), number);
        let quoted = words::sentences(read.text.quote(span)).len();
        self.sentences += u32::try_from(quoted).unwrap_or(u32::MAX);
        number
    }

    /// Whether a quoted place shares words with this one.
    pub(crate) fn overlaps(&self, page: usize, span: &Span) -> bool {
        self.numbers
            .keys()
            .any(|(known, start, end)| *known == page && *start < span.end && span.start < *end)
    }

    pub(crate) fn is_cited(&self, page: usize, span: &Span) -> bool {
        self.numbers.contains_key(&(page, span.start, span.end))
    }

    /// Publishers among the given references.
    pub(crate) fn publishers(&self) -> BTreeSet<&str> {
        self.of_page.iter().map(|&page| self.pages[page].publisher()).collect()
    }
}
