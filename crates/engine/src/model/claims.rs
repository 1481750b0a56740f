//! What was found: statements of pages about the parts of a question, each with the place where it stands.

use std::collections::BTreeSet;

use domain::evidence::TextRef;
use domain::text::Span;

use super::words::{likeness, terms, values};
use crate::ReadPage;

/// Two quotes this alike say the same.
const SAME: f64 = 0.8;

/// One thing that has to be looked up.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Part {
    pub(super) text: String,
    /// For the section of the report that answers it.
    pub(super) heading: String,
    /// Searches that were asked for and not made yet.
    pub(super) queries: Vec<String>,
    /// Rounds in a row that brought nothing.
    pub(super) empty_rounds: u32,
}

/// A statement about a part.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Claim {
    pub(super) part: usize,
    /// Index into the ledger's pages.
    pub(super) page: usize,
    /// What is quoted.
    pub(super) span: Span,
    /// In a model's words: for comparing only, never delivered.
    pub(super) statement: String,
    terms: BTreeSet<String>,
    /// Nothing found before says the same.
    pub(super) is_new: bool,
}

/// Parts, pages and claims. Pages and claims are only added.
#[derive(Debug, Clone, Default)]
pub(super) struct Ledger {
    pub(super) parts: Vec<Part>,
    pub(super) pages: Vec<ReadPage>,
    pub(super) claims: Vec<Claim>,
    /// Claims that were left out, for their quotes stand nowhere.
    pub(super) dropped: usize,
    /// Claims that rules chose, where readers gave none.
    pub(super) by_rules: usize,
    pub(super) rounds: u32,
}

impl Part {
    pub(super) fn new(text: String, heading: String, queries: Vec<String>) -> Self {
        Self { text, heading, queries, empty_rounds: 0 }
    }

    pub(super) fn terms(&self) -> BTreeSet<String> {
        let mut all = terms(&self.text);
        self.queries.iter().for_each(|query| all.extend(terms(query)));
        all
    }
}

/// The words of each of these parts that it does not share with the others.
pub(super) fn own_words(all: &[Part], parts: &[usize]) -> Vec<BTreeSet<String>> {
    let asked: Vec<BTreeSet<String>> = parts.iter().map(|&part| all[part].terms()).collect();
    let own = |at: usize| {
        let is_shared = |term: &String| {
            asked.iter().enumerate().any(|(other, asked)| other != at && asked.contains(term))
        };
        asked[at].iter().filter(|term| !is_shared(term)).cloned().collect()
    };
    (0..asked.len()).map(own).collect()
}

impl Ledger {
    pub(super) fn quote(&self, claim: &Claim) -> &str {
        self.pages[claim.page].text.quote(&claim.span)
    }

    /// `E7` for the seventh claim: how models are told of it, and how they cite it.
    pub(super) fn id(index: usize) -> String {
        format!("E{}", index + 1)
    }

    /// The claim that an id stands for.
    pub(super) fn find(&self, id: &str) -> Option<usize> {
        let number: usize = id.trim().strip_prefix(['E', 'e'])?.trim().parse().ok()?;
        (1..=self.claims.len()).contains(&number).then(|| number - 1)
    }

    /// The place of a page here; it is added where it is new.
    pub(super) fn place(&mut self, page: &ReadPage) -> usize {
        let known = |text: TextRef| self.pages.iter().position(|page| page.text_ref == text);
        known(page.text_ref).unwrap_or_else(|| {
            self.pages.push(page.clone());
            self.pages.len() - 1
        })
    }

    /// Adds a claim, unless the same place was quoted for the same part.
    pub(super) fn add(&mut self, part: usize, page: usize, span: Span, statement: String) {
        let overlaps = |claim: &Claim| {
            claim.part == part
                && claim.page == page
                && claim.span.start < span.end
                && span.start < claim.span.end
        };
        if self.claims.iter().any(overlaps) || part >= self.parts.len() {
            return;
        }
        let terms = terms(self.pages[page].text.quote(&span));
        let says_same =
            |claim: &Claim| claim.part == part && likeness(&claim.terms, &terms) >= SAME;
        let is_new = !self.claims.iter().any(says_same);
        self.claims.push(Claim { part, page, span, statement, terms, is_new });
    }

    pub(super) fn of_part(&self, part: usize) -> impl Iterator<Item = (usize, &Claim)> {
        self.claims.iter().enumerate().filter(move |(_, claim)| claim.part == part)
    }

    /// Independent sources that say something about a part.
    pub(super) fn publishers(&self, part: usize) -> BTreeSet<&str> {
        self.of_part(part).map(|(_, claim)| self.pages[claim.page].publisher()).collect()
    }

    /// Parts about which nothing was found.
    pub(super) fn open(&self) -> Vec<usize> {
        (0..self.parts.len()).filter(|&part| self.of_part(part).next().is_none()).collect()
    }

    /// Parts on which no quote has one of the words that tell a part from the others: of which little was found, or nothing.
    pub(super) fn barely_told(&self) -> Vec<usize> {
        let parts: Vec<usize> = (0..self.parts.len()).collect();
        let own = own_words(&self.parts, &parts);
        let is_told = |part: usize| {
            let mut claims = self.of_part(part);
            claims.any(|(_, claim)| own[part].is_empty() || !claim.terms.is_disjoint(&own[part]))
        };
        parts.into_iter().filter(|&part| !is_told(part)).collect()
    }

    /// Figures, dates and names in what was found about a part: all that those who word searches see of it.
    pub(super) fn values(&self, part: usize) -> Vec<String> {
        let mut all: Vec<String> = Vec::new();
        for (_, claim) in self.of_part(part) {
            for value in values(self.quote(claim)) {
                if all.len() < 12 && !all.contains(&value) {
                    all.push(value);
                }
            }
        }
        all
    }

    /// Claims worth showing for some parts: those that say something new first, sources in turn.
    pub(super) fn best(&self, parts: &[usize], most: usize) -> Vec<usize> {
        let mut chosen: Vec<usize> = Vec::new();
        let of_parts: Vec<usize> = self
            .claims
            .iter()
            .enumerate()
            .filter(|(_, claim)| parts.contains(&claim.part))
            .map(|(index, _)| index)
            .collect();
        let (new, same): (Vec<usize>, Vec<usize>) =
            of_parts.into_iter().partition(|&index| self.claims[index].is_new);
        let mut rest: Vec<usize> = new.into_iter().chain(same).collect();
        let cites_same = |a: usize, b: usize| {
            let (a, b) = (&self.claims[a], &self.claims[b]);
            a.page == b.page && a.span.start < b.span.end && b.span.start < a.span.end
        };
        while chosen.len() < most && !rest.is_empty() {
            // The source that has been heard least among those that are left.
            let heard = |index: usize| {
                let publisher = self.pages[self.claims[index].page].publisher();
                let says =
                    |&&known: &&usize| self.pages[self.claims[known].page].publisher() == publisher;
                chosen.iter().filter(says).count()
            };
            let is_new = |index: usize| self.claims[index].is_new;
            let Some(at) =
                (0..rest.len()).min_by_key(|&at| (!is_new(rest[at]), heard(rest[at]), at))
            else {
                break;
            };
            let next = rest.remove(at);
            if !chosen.iter().any(|&known| cites_same(known, next)) {
                chosen.push(next);
            }
        }
        chosen.sort_unstable();
        chosen
    }

    /// Takes in what was found for other parts of the same plan. They stay apart, however alike they are worded: each names
    /// the same subject. Only what was asked in the same words twice, of gaps that two of them saw, becomes one.
    pub(super) fn join(&mut self, other: Self) {
        let place_of = other
            .parts
            .iter()
            .map(|part| {
                let asked = terms(&part.text);
                let known = self.parts.iter().position(|own| terms(&own.text) == asked);
                known.unwrap_or_else(|| {
                    self.parts.push(part.clone());
                    self.parts.len() - 1
                })
            })
            .collect::<Vec<_>>();
        self.take(other, &place_of);
    }

    /// Whether a part asks this, in whatever order of words.
    pub(super) fn asks(&self, text: &str) -> bool {
        let asked = terms(text);
        self.parts.iter().any(|part| likeness(&terms(&part.text), &asked) >= SAME)
    }

    /// Takes in what another investigation of the same question found. Its parts become ours where they ask the same.
    pub(super) fn reconcile(&mut self, other: Self, most_parts: usize) {
        /// Parts this alike ask the same.
        const SAME_PART: f64 = 0.45;
        let subject: BTreeSet<String> = self.subject().union(&other.subject()).cloned().collect();
        // What all parts name tells none from another.
        let telling = |part: &Part| {
            let all = terms(&part.text);
            let telling: BTreeSet<String> = all.difference(&subject).cloned().collect();
            if telling.is_empty() { all } else { telling }
        };
        let mut place_of = Vec::with_capacity(other.parts.len());
        for part in &other.parts {
            let asked = telling(part);
            let alike = self.parts.iter().map(|own| likeness(&telling(own), &asked));
            let best = alike.enumerate().max_by(|a, b| a.1.total_cmp(&b.1));
            match best {
                Some((index, likeness)) if likeness >= SAME_PART => place_of.push(index),
                Some((index, _)) if self.parts.len() >= most_parts => place_of.push(index),
                Some(_) | None => {
                    self.parts.push(part.clone());
                    place_of.push(self.parts.len() - 1);
                }
            }
        }
        self.take(other, &place_of);
    }

    /// Words that stand in each of its parts, where there are several.
    fn subject(&self) -> BTreeSet<String> {
        let mut parts = self.parts.iter().map(|part| terms(&part.text));
        let first = parts.next().filter(|_| self.parts.len() > 1).unwrap_or_default();
        parts.fold(first, |common, part| common.intersection(&part).cloned().collect())
    }

    /// Takes in claims and pages. `place_of`: which of our parts each part of the other's is.
    fn take(&mut self, other: Self, place_of: &[usize]) {
        self.rounds = self.rounds.max(other.rounds);
        self.dropped += other.dropped;
        for claim in other.claims {
            let page = self.place(&other.pages[claim.page]);
            self.add(place_of[claim.part], page, claim.span, claim.statement);
        }
        for page in &other.pages {
            self.place(page);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::extractive::build::page;

    fn part(text: &str) -> Part {
        Part::new(text.into(), text.into(), Vec::new())
    }

    fn ledger() -> Ledger {
        let mut ledger = Ledger { parts: vec![part("price of the Tern 25")], ..Ledger::default() };
        for (number, host, line) in [
            (1, "a.test", "The Tern 25 costs EUR 900."),
            (2, "b.test", "The Tern 25 costs EUR 950."),
        ] {
            let place = ledger.place(&page(number, host, "T", line));
            ledger.add(0, place, 0..line.len(), line.into());
        }
        ledger
    }

    #[test]
    fn a_part_is_barely_told_while_no_quote_has_a_word_of_its_own() {
        let parts =
            vec![part("Who is the chief executive of Halden?"), part("When was Halden founded?")];
        let mut ledger = Ledger { parts, ..Ledger::default() };
        let line = "Halden makes pumps. Halden was founded in 1987. Its chief executive is Ingrid Solberg.";
        let place = ledger.place(&page(1, "a.test", "Halden", line));
        ledger.add(0, place, 0..19, String::new());
        ledger.add(1, place, 20..47, String::new());
        assert_eq!(ledger.barely_told(), [0]);
        ledger.add(0, place, 48..line.len(), String::new());
        assert!(ledger.barely_told().is_empty());
    }

    #[test]
    fn the_same_place_is_claimed_once_for_a_part() {
        let mut ledger = ledger();
        ledger.add(0, 0, 4..20, "again".into());
        assert_eq!(ledger.claims.len(), 2);
        assert_eq!(ledger.publishers(0).len(), 2);
        assert_eq!((ledger.find("E2"), ledger.find("E3"), ledger.find("x")), (Some(1), None, None));
    }

    #[test]
    fn what_those_who_word_searches_see_is_values_and_no_sentences() {
        let values = ledger().values(0).join("; ");
        assert!(values.contains("900") && !values.contains("costs"), "{values}");
    }

    #[test]
    fn parts_of_one_plan_stay_apart_however_long_the_name_is_that_they_share() {
        let bridge = |parts: &[&str]| Ledger {
            parts: parts
                .iter()
                .map(|what| part(&format!("{what} the Great Northern Harbour Bridge")))
                .collect(),
            ..Ledger::default()
        };
        let mut ours = bridge(&["When was it opened:"]);
        let mut theirs = bridge(&["Who designed"]);
        let line = "It was designed by Ada Lind.";
        let place = theirs.place(&page(3, "c.test", "T", line));
        theirs.add(0, place, 0..line.len(), line.into());
        ours.join(theirs);
        assert_eq!((ours.parts.len(), ours.claims[0].part, ours.open()), (2, 1, vec![0]));
        ours.join(bridge(&["Who designed"]));
        assert_eq!(ours.parts.len(), 2, "asked twice in the same words");
        ours.reconcile(bridge(&["Who designed", "What did it cost:"]), 12);
        assert_eq!(ours.parts.len(), 3, "another branch asks one of them and something else");
    }

    #[test]
    fn investigations_are_reconciled_by_what_they_ask() {
        let mut ours = ledger();
        let mut theirs = Ledger {
            parts: vec![part("the price of Tern 25"), part("weight of the boat")],
            ..Ledger::default()
        };
        let line = "It weighs 40 kg.";
        let place = theirs.place(&page(3, "c.test", "T", line));
        theirs.add(1, place, 0..line.len(), line.into());
        theirs.add(0, place, 0..line.len(), line.into());
        ours.reconcile(theirs, 12);
        assert_eq!(ours.parts.len(), 2);
        assert_eq!(ours.claims.len(), 4);
        assert_eq!(ours.open(), Vec::<usize>::new());
    }
}
