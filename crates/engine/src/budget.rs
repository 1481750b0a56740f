//! What a run may still spend. The engine asks here before each search and each page.

use domain::processor::Caps;

#[derive(Debug, Clone)]
pub(crate) struct Budget {
    caps: Caps,
    searches: u32,
    pages: u32,
    /// Searches of the parts of the work before this one, where it was split.
    before: u32,
}

impl Budget {
    pub(crate) const fn new(caps: Caps) -> Self {
        Self { caps, searches: 0, pages: 0, before: 0 }
    }

    /// At which of its searches the whole work is when this part of it begins.
    pub(crate) const fn before(&self) -> u32 {
        self.before
    }

    /// Searches that may be made in a round, so that later rounds have their share.
    pub(crate) const fn searches_for(&self, round: u32) -> u32 {
        share(self.caps.searches - self.searches, self.rounds_left(round))
    }

    /// Likewise pages.
    pub(crate) const fn pages_for(&self, round: u32) -> u32 {
        share(self.caps.pages - self.pages, self.rounds_left(round))
    }

    pub(crate) const fn pages_left(&self) -> u32 {
        self.caps.pages - self.pages
    }

    pub(crate) fn spend_searches(&mut self, count: usize) {
        self.searches = (self.searches + saturate(count)).min(self.caps.searches);
    }

    pub(crate) fn spend_pages(&mut self, count: usize) {
        self.pages = (self.pages + saturate(count)).min(self.caps.pages);
    }

    pub(crate) const fn is_used_up(&self) -> bool {
        self.searches >= self.caps.searches || self.pages >= self.caps.pages
    }

    pub(crate) const fn searches(&self) -> u32 {
        self.searches
    }

    /// Equal parts of what is left, for work that goes on side by side.
    pub(crate) fn split(&self, parts: u32) -> Vec<Self> {
        let parts = parts.max(1);
        let part = |left: u32, nth: u32| left / parts + u32::from(nth < left % parts);
        let one = |nth| Caps {
            searches: part(self.caps.searches - self.searches, nth),
            pages: part(self.caps.pages - self.pages, nth),
            ..self.caps
        };
        let mut before = self.before + self.searches;
        let part = |nth| {
            let part = Self { before, ..Self::new(one(nth)) };
            before += part.caps.searches;
            part
        };
        (0..parts).map(part).collect()
    }

    /// Takes a part back in, with what it spent.
    pub(crate) fn absorb(&mut self, part: &Self) {
        self.searches = (self.searches + part.searches).min(self.caps.searches);
        self.pages = (self.pages + part.pages).min(self.caps.pages);
    }

    /// `7 of 24 searches, 12 of 50 pages`
    pub(crate) fn in_words(&self) -> String {
        let Caps { searches, pages, .. } = self.caps;
        format!("{} of {searches} searches, {} of {pages} pages", self.searches, self.pages)
    }

    const fn rounds_left(&self, round: u32) -> u32 {
        let left = self.caps.rounds.saturating_sub(round) + 1;
        if left == 0 { 1 } else { left }
    }
}

/// The first of the rounds left gets half as much again as the others: it decides where to look.
const fn share(left: u32, rounds: u32) -> u32 {
    if rounds <= 1 { left } else { (left * 3).div_ceil(rounds * 2 + 1) }
}

fn saturate(count: usize) -> u32 {
    u32::try_from(count).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn budget(rounds: u32) -> Budget {
        Budget::new(Caps {
            rounds,
            searches: 10,
            pages: 20,
            ..testkit::build::processor("lite").caps
        })
    }

    #[test]
    fn a_single_round_may_spend_all() {
        assert_eq!(budget(1).pages_for(1), 20);
        assert_eq!(budget(1).searches_for(1), 10);
    }

    #[test]
    fn parts_have_together_what_is_left() {
        let mut budget = budget(1);
        budget.spend_pages(3);
        let parts = budget.split(3);
        assert_eq!(parts.iter().map(|part| part.pages_for(1)).sum::<u32>(), 17);
        assert_eq!(parts.iter().map(|part| part.searches_for(1)).collect::<Vec<_>>(), [4, 3, 3]);
        assert_eq!(parts.iter().map(Budget::before).collect::<Vec<_>>(), [0, 4, 7]);
    }

    #[test]
    fn later_rounds_keep_a_share_and_the_last_gets_the_rest() {
        let mut budget = budget(2);
        assert_eq!(budget.pages_for(1), 12);
        budget.spend_pages(12);
        assert_eq!(budget.pages_for(2), 8);
        budget.spend_pages(100);
        assert!(budget.is_used_up());
        assert_eq!(budget.pages_for(2), 0);
    }
}
