//! Time that stands still until a test moves it, and chance that comes from a seed.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};
use std::time::Duration;

use domain::clock::{Chance, Clock, TimeMs};

/// 2026-11-22 14:00 UTC: where a hand-set clock begins.
pub const START: TimeMs = TimeMs(1_795_356_000_000);

/// A clock that a test moves by hand. Clones show the same time.
#[derive(Debug, Clone)]
pub struct HandClock(Arc<AtomicI64>);

impl Default for HandClock {
    fn default() -> Self {
        Self(Arc::new(AtomicI64::new(START.0)))
    }
}

impl HandClock {
    pub fn clock(&self) -> Clock {
        let now = Arc::clone(&self.0);
        Clock::new(move || TimeMs(now.load(Ordering::SeqCst)))
    }

    pub fn now(&self) -> TimeMs {
        TimeMs(self.0.load(Ordering::SeqCst))
    }

    pub fn advance(&self, by: Duration) {
        let by_ms = i64::try_from(by.as_millis()).expect("a duration in milliseconds");
        self.0.fetch_add(by_ms, Ordering::SeqCst);
    }
}

/// Ids from a seed. Two stores on one database need two seeds.
pub fn chance(seed: u64) -> Chance {
    let numbers = Numbers::new(seed);
    Chance::new(move || (u128::from(numbers.next()) << 64) | u128::from(numbers.next()))
}

/// Numbers that look random and are the same for the same seed (`SplitMix64`).
#[derive(Debug)]
pub struct Numbers(AtomicU64);

impl Numbers {
    pub const fn new(seed: u64) -> Self {
        Self(AtomicU64::new(seed))
    }

    pub fn next(&self) -> u64 {
        const STEP: u64 = 0x9e37_79b9_7f4a_7c15;
        let mut z = self.0.fetch_add(STEP, Ordering::SeqCst).wrapping_add(STEP);
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// A number from 0 to `end`, without `end`.
    pub fn below(&self, end: usize) -> usize {
        let end = u64::try_from(end).expect("a small number");
        usize::try_from(self.next() % end).expect("a small number")
    }
}
