//! Weighs what was read: which sentences and rows answer the question, best first, and what is open.

use std::collections::{BTreeSet, HashMap};

use domain::ids::PageId;
use domain::processor::Caps;
use domain::text::Span;

use super::bridge;
use super::corpus::Corpus;
use super::judge::{self, Scored};
use super::lexicon::Lexicon;
use super::passages::Shape;
use super::question::Question;
use super::quoting;
use super::variety;
use super::words;
use crate::ReadPage;

/// A part is answered when a unit covers this share of its weight, and is worth quoting from here on.
pub(crate) const COVERED: f64 = 0.66;
const WORTH: f64 = 0.5;
/// Units kept for figures, dates and contradictions.
const POOL: usize = 240;
/// Units below this share of the best one's score are left out.
const FALL: f64 = 0.58;
/// The same for the pool, in which other values and corrections are looked for.
const FALL_POOL: f64 = 0.45;
/// Where a name leads on, the first step is the better match and the second the answer.
const FALL_AFTER_BRIDGE: f64 = 0.5;
/// The same of the best one's coverage.
const FALL_COVERAGE: f64 = 0.6;

/// What the pages say to the question.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Findings {
    /// All that is near the question, best first, repeats included.
    pub pool: Vec<Found>,
    /// Indexes into `pool`: what is worth reporting, without repeats, best and most varied first.
    pub chosen: Vec<usize>,
    /// One for each part of the question.
    pub parts: Vec<State>,
    /// Words of the question, as asked, that no page contains.
    pub missing: Vec<String>,
    /// Names found on the way that lead to an answer.
    pub bridges: Vec<String>,
}

/// How far a part of the question is answered.
#[derive(Debug, Clone, PartialEq)]
pub struct State {
    pub text: String,
    /// Best share of the part's weight in one unit, 0 to 1.
    pub coverage: f64,
    pub is_open: bool,
}

/// A sentence, row or the like that bears on the question.
#[derive(Debug, Clone, PartialEq)]
pub struct Found {
    /// Index into the pages that were weighed.
    pub page: usize,
    pub page_id: PageId,
    /// What is quoted; begins a sentence earlier where the first word points back.
    pub span: Span,
    pub quote: String,
    pub shape: Shape,
    pub block: usize,
    pub under: Vec<usize>,
    pub label: Option<Span>,
    pub part: usize,
    pub score: f64,
    pub coverage: f64,
    /// Whether it has all that is asked, and the kind of thing that answers.
    pub is_direct: bool,
    /// Whether nothing answers its part better. It then stands for this part even where it is quoted for another.
    pub is_best: bool,
    /// Stems of the quote, for comparing.
    pub terms: BTreeSet<String>,
    /// Other pages that say the same.
    pub also: Vec<usize>,
}

impl Findings {
    pub fn is_empty(&self) -> bool {
        self.chosen.is_empty()
    }

    /// Parts of the question without an answer.
    pub fn open(&self) -> Vec<String> {
        self.parts.iter().filter(|part| part.is_open).map(|part| part.text.clone()).collect()
    }

    pub fn is_covered(&self) -> bool {
        !self.parts.is_empty()
            && self.parts.iter().all(|part| !part.is_open && part.coverage >= COVERED)
    }

    /// Share of what is worth reporting that was not known before, 0 to 1: low means saturated.
    pub fn share_new(&self, before: &Self) -> f64 {
        let known: BTreeSet<(PageId, usize)> =
            before.best().map(|found| (found.page_id, found.span.start)).collect();
        let new = self.best().filter(|f| !known.contains(&(f.page_id, f.span.start))).count();
        if self.chosen.is_empty() { 0.0 } else { ratio(new, self.chosen.len()) }
    }

    /// What is worth reporting, best first.
    pub fn best(&self) -> impl Iterator<Item = &Found> {
        self.chosen.iter().filter_map(|&index| self.pool.get(index))
    }
}

/// Weighs all pages read so far.
pub fn weigh(question: &Question, pages: &[ReadPage], caps: &Caps) -> Findings {
    let mut lexicon = Lexicon::new(question);
    let mut corpus = Corpus::read(&mut lexicon, pages);
    let mut scored = judge::all(&corpus, &lexicon, question, pages);
    let bridges = bridge::find(question, &lexicon, &corpus, &scored, pages);
    if !bridges.is_empty() {
        for bridge in &bridges {
            bridge.stems.iter().for_each(|stem| lexicon.bridge(stem, bridge.stands_for));
        }
        corpus = Corpus::read(&mut lexicon, pages);
        scored = judge::all(&corpus, &lexicon, question, pages);
    }
    let fall = if bridges.is_empty() { FALL } else { FALL_AFTER_BRIDGE };
    let mut findings = findings(question, &corpus, &scored, pages, caps, fall);
    findings.missing = corpus.missing(&lexicon, question);
    findings.bridges = bridges.into_iter().map(|bridge| bridge.surface).collect();
    findings
}

fn findings(
    question: &Question,
    corpus: &Corpus,
    scored: &[Scored],
    pages: &[ReadPage],
    caps: &Caps,
    fall: f64,
) -> Findings {
    let best_of = |part: usize| scored.iter().filter(move |s| s.part == part);
    let parts: Vec<State> = question
        .parts
        .iter()
        .enumerate()
        .map(|(number, part)| {
            let coverage = best_of(number).map(|s| s.coverage).fold(0.0, f64::max);
            State { text: part.text.clone(), coverage, is_open: coverage < WORTH }
        })
        .collect();
    let tops: Vec<f64> =
        (0..parts.len()).map(|part| best_of(part).map(|s| s.score).fold(0.0, f64::max)).collect();
    // A unit speaks to the part that it answers best, beside the other units.
    let standing = |s: &Scored| s.score / tops[s.part].max(f64::MIN_POSITIVE);
    let mut role: HashMap<(usize, usize), &Scored> = HashMap::new();
    for scored in scored.iter().filter(|s| !parts[s.part].is_open) {
        let known = role.entry((scored.passage, scored.unit)).or_insert(scored);
        if standing(scored) > standing(known) {
            *known = scored;
        }
    }
    let mut pool: Vec<Found> = Vec::new();
    for scored in scored {
        let is_its_role =
            role.get(&(scored.passage, scored.unit)).is_some_and(|role| role.part == scored.part);
        let is_worth = !parts[scored.part].is_open
            && scored.coverage >= WORTH * 0.9
            && scored.score >= tops[scored.part] * FALL_POOL;
        let is_best = standing(scored) >= 1.0;
        if is_worth && (is_its_role || is_best) && pool.len() < POOL {
            pool.push(Found { is_best, ..found(scored, corpus, pages) });
        }
    }
    let is_reported = |found: &Found| {
        found.coverage >= parts[found.part].coverage * FALL_COVERAGE
            && found.score >= tops[found.part] * fall
    };
    let chosen = variety::choose(&mut pool, parts.len(), caps, &is_reported);
    Findings { pool, chosen, parts, ..Findings::default() }
}

fn found(scored: &Scored, corpus: &Corpus, pages: &[ReadPage]) -> Found {
    let weighed = &corpus.passages[scored.passage];
    let unit = &weighed.passage.units[scored.unit];
    let page = &pages[weighed.page];
    let before = scored.unit.checked_sub(1).map(|before| &weighed.passage.units[before]);
    let span = quoting::span(page, unit, before);
    Found {
        page: weighed.page,
        page_id: page.page,
        terms: words::terms(page.text.quote(&unit.span)).into_iter().collect(),
        quote: page.text.quote(&span).to_owned(),
        span,
        shape: unit.shape,
        block: unit.block,
        under: weighed.passage.under.clone(),
        label: unit.label.clone(),
        part: scored.part,
        score: scored.score,
        coverage: scored.coverage,
        is_direct: scored.is_direct,
        is_best: false,
        also: Vec::new(),
    }
}

pub(super) fn real(count: usize) -> f64 {
    f64::from(u32::try_from(count).unwrap_or(u32::MAX))
}

pub(super) fn ratio(part: usize, whole: usize) -> f64 {
    real(part) / real(whole.max(1))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::extractive::build::page;
    use crate::extractive::question::understand;

    fn weighed(asked: &str, pages: &[ReadPage]) -> Findings {
        weigh(&understand(asked, None), pages, &domain::processor::defaults()[4].caps)
    }

    fn best(findings: &Findings) -> &str {
        &findings.best().next().expect("something is found").quote
    }

    #[test]
    fn a_definition_beats_a_sentence_that_merely_uses_the_word() {
        let pages = [page(
            1,
            "a.test",
            "Weirs",
            "A low weir often holds a weir gate near the weir.\nA weir is a low dam across a river.",
        )];
        assert_eq!(
            best(&weighed("What is a weir?", &pages)),
            "A weir is a low dam across a river."
        );
    }

    #[test]
    fn a_sentence_with_the_kind_of_thing_asked_for_beats_one_without() {
        let pages = [page(
            1,
            "a.test",
            "Ayford",
            "The bridge of Ayford was built for the market.\nThe bridge of Ayford was built in 1732.",
        )];
        assert_eq!(
            best(&weighed("When was the bridge of Ayford built?", &pages)),
            "The bridge of Ayford was built in 1732."
        );
    }

    #[test]
    fn a_sentence_about_somebody_else_is_not_taken_for_the_subject() {
        let pages = [page(
            1,
            "a.test",
            "The mill of Ayford",
            "The mill at Beeford grinds 30 tonnes of flour.\nIn Ayford the mill grinds 12 tonnes of flour.",
        )];
        assert!(
            best(&weighed("How much flour does the mill of Ayford grind?", &pages))
                .contains("12 tonnes")
        );
    }

    #[test]
    fn without_a_person_or_a_date_who_and_when_are_not_answered() {
        let lines = "Building the bridge of Ayford cost EUR 120,000.";
        let pages = [page(1, "a.test", "Ayford", lines)];
        assert!(weighed("Who built the bridge of Ayford?", &pages).is_empty());
        assert!(weighed("When was the bridge of Ayford built?", &pages).is_empty());
    }

    #[test]
    fn a_chapter_about_another_does_not_answer_for_the_one_that_a_page_begins_with() {
        let pages = [page(
            1,
            "a.test",
            "Quillmere Hydro",
            "# Quillmere Hydro\nIt runs four dams and has 120 employees.\n# Nettlebrook Energy\nIt runs mills and has 55 employees.",
        )];
        let found = weighed("How many employees does Quillmere Hydro have?", &pages);
        assert!(found.pool[0].quote.contains("120 employees"), "{}", found.pool[0].quote);
        assert!(found.pool.iter().all(|one| !one.quote.contains("55")), "{:?}", found.pool.len());
    }

    #[test]
    fn a_subject_named_in_the_title_need_not_be_repeated_beside_the_number() {
        let lines = "In the study we found a mortality of 2.6 % at Ayford.";
        let pages = [page(1, "a.test", "Fish and the river turbine at Ayford", lines)];
        let findings = weighed("How many fish does the river turbine at Ayford kill?", &pages);
        assert_eq!(best(&findings), lines);
    }

    #[test]
    fn repeats_count_as_support_and_are_reported_once() {
        let pages = [
            page(1, "a.test", "Ayford", "The bridge of Ayford was built in 1732."),
            page(2, "b.test", "Ayford", "The bridge of Ayford was built in 1732."),
        ];
        let findings = weighed("When was the bridge of Ayford built?", &pages);
        assert_eq!(findings.chosen.len(), 1);
        assert_eq!(findings.best().next().unwrap().also, [1]);
    }

    #[test]
    fn a_name_found_on_the_way_leads_to_the_answer() {
        let pages = [
            page(1, "a.test", "Heron 5", "The Heron 5 turbine is made by Quillmere Hydro."),
            page(
                2,
                "b.test",
                "Quillmere Hydro",
                "Quillmere Hydro is a workshop. Its director is Ada Brook.",
            ),
        ];
        let findings =
            weighed("Who is the director of the company that makes the Heron 5 turbine?", &pages);
        assert_eq!(findings.bridges, ["Quillmere Hydro"]);
        assert!(findings.best().any(|found| found.quote.contains("Ada Brook")));
    }

    #[test]
    fn what_is_known_already_is_not_new() {
        let pages = [page(1, "a.test", "Ayford", "The bridge of Ayford was built in 1732.")];
        let findings = weighed("When was the bridge of Ayford built?", &pages);
        assert!((findings.share_new(&Findings::default()) - 1.0).abs() < f64::EPSILON);
        assert!(findings.share_new(&findings) < f64::EPSILON);
        assert!(findings.is_covered());
    }
}
