//! What a run may still spend. The engine asks here before each search and each page.

use domain::processor::Caps;

#[derive(Debug, Clone)]
pub(crate) struct Budget {
    caps: Caps,
    searches: u32,
    pages: u32,
}

impl Budget {
    pub(crate) const fn new(caps: Caps) -> Self {
        Self { caps, searches: 0, pages: 0 }
    }

    /// Searches that may be made in a round, so that later rounds have their share.
    pub(crate) const fn searches_for(&self, round: u32) -> u32 {
        share(self.caps.searches - self.searches, self.rounds_left(round))
    }

    /// Likewise pages.
    pub(crate) const fn pages_for(&self, round: u32) -> u32 {
        share(self.caps.pages - self.pages, self.rounds_left(round))
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
