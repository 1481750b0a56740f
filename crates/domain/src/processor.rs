//! Processors: budgets with a name.
//!
//! The figures are starting points by judgement, not measurements; they are settings (`[processors.NAME]`).

use std::time::Duration;

/// What one run may spend, and who does the work.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Processor {
    pub name: String,
    pub engine: Engine,
    pub caps: Caps,
    /// What a run usually takes, for people who choose. From the caps, until it is measured.
    pub usual: (Duration, Duration),
    /// How many fields it suits.
    pub fields: u32,
}

/// Which part of the engine serves a processor.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Engine {
    /// Rules that only quote; no model.
    Extractive,
    /// Nothing is researched: the run ends at once with nulls. For measuring the machinery.
    Noop,
}

impl Engine {
    pub const ALL: [Self; 2] = [Self::Extractive, Self::Noop];

    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Extractive => "extractive",
            Self::Noop => "noop",
        }
    }

    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|engine| engine.as_str() == word)
    }
}

/// Hard bounds of one run, enforced by the engine whatever a reasoner wants.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Caps {
    pub rounds: u32,
    pub searches: u32,
    pub pages: u32,
    /// Wall time of one attempt. Time in which no worker had the run does not count.
    pub wall: Duration,
    /// Independent sources that a value needs for `high`.
    pub sources_for_high: u32,
    /// Sentences in a report's findings.
    pub findings: u32,
}

/// The processor used where the caller names none.
pub const DEFAULT_FOR_RESEARCH: &str = "pro";
pub const DEFAULT_FOR_ROWS: &str = "core";

/// name, rounds, searches, pages, wall s, sources for high, findings, usual from s, usual to s, fields
type Line = (&'static str, u32, u32, u32, u64, u32, u32, u64, u64, u32);

/// Each also exists as `NAME-fast`: half the rounds.
const TABLE: [Line; 9] = [
    ("lite", 1, 4, 6, 60, 1, 8, 1, 10, 2),
    ("base", 1, 6, 10, 100, 1, 10, 1, 15, 5),
    ("core", 2, 12, 20, 300, 2, 14, 1, 30, 10),
    ("core2x", 3, 18, 30, 600, 2, 18, 1, 60, 10),
    ("pro", 4, 24, 50, 600, 2, 24, 1, 90, 20),
    ("ultra", 6, 60, 120, 1500, 3, 36, 2, 300, 20),
    ("ultra2x", 6, 120, 240, 3000, 3, 48, 2, 600, 25),
    ("ultra4x", 8, 240, 480, 5400, 3, 60, 2, 1200, 25),
    ("ultra8x", 8, 480, 960, 7200, 3, 72, 2, 2400, 25),
];

/// The processors of a fresh installation: nine tiers, their `-fast` twins and `noop`.
pub fn defaults() -> Vec<Processor> {
    let mut all = Vec::new();
    for (name, rounds, searches, pages, wall, high, findings, from, to, fields) in TABLE {
        let caps = Caps {
            rounds,
            searches,
            pages,
            wall: Duration::from_secs(wall),
            sources_for_high: high,
            findings,
        };
        let usual = (Duration::from_secs(from), Duration::from_secs(to));
        let normal =
            Processor { name: name.into(), engine: Engine::Extractive, caps, usual, fields };
        let fast = Processor {
            name: format!("{name}-fast"),
            caps: Caps { rounds: rounds.div_ceil(2), ..caps },
            usual: (usual.0, usual.1 / 2),
            ..normal.clone()
        };
        all.extend([normal, fast]);
    }
    all.push(Processor {
        name: "noop".into(),
        engine: Engine::Noop,
        caps: Caps {
            rounds: 0,
            searches: 0,
            pages: 0,
            wall: Duration::from_mins(1),
            sources_for_high: 1,
            findings: 0,
        },
        usual: (Duration::ZERO, Duration::ZERO),
        fields: 100,
    });
    all
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_tier_has_a_fast_twin_and_there_is_a_noop() {
        let names: Vec<_> = defaults().into_iter().map(|processor| processor.name).collect();
        assert_eq!(names.len(), 19);
        assert!(names.contains(&"core2x-fast".to_owned()));
        assert!(names.contains(&DEFAULT_FOR_RESEARCH.to_owned()));
        assert!(names.contains(&DEFAULT_FOR_ROWS.to_owned()));
        assert!(names.contains(&"noop".to_owned()));
    }
}
