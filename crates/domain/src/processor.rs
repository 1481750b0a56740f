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
    /// Language models plan, read, write and verify; what they say is held against the archive.
    Model,
    /// Nothing is researched: the run ends at once with nulls. For measuring the machinery.
    Noop,
}

impl Engine {
    pub const ALL: [Self; 3] = [Self::Extractive, Self::Model, Self::Noop];

    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Extractive => "extractive",
            Self::Model => "model",
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
    /// Questions to language models.
    pub calls: u32,
    /// Tokens sent to language models.
    pub input_tokens: u64,
    /// Money for language models, in millionths of a US dollar. Binds only where prices are known.
    pub cost_micro_usd: u64,
    /// Parts of a plan that are investigated side by side, each with a view of its own.
    pub width: u32,
    /// Independent investigations of the whole question, reconciled at the end.
    pub branches: u32,
    /// Calls of tools that a request names.
    pub tool_calls: u32,
    pub judging: Judging,
}

/// Which sentences of a report a model judges beside the rules that judge all.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Judging {
    /// None.
    Rules,
    /// Those that the rules call weak.
    Weak,
    /// All.
    All,
}

impl Judging {
    pub const ALL: [Self; 3] = [Self::Rules, Self::Weak, Self::All];

    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Rules => "rules",
            Self::Weak => "weak",
            Self::All => "all",
        }
    }

    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|judging| judging.as_str() == word)
    }
}

/// Wall time of a run with models where the operator sets none: silence ends a call, and the number of calls a run, so
/// that a slow model on one's own machine is not cut off by a limit made for fast ones.
pub const MODEL_WALL: Duration = Duration::from_hours(6);

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

/// A call sets aside what it is expected to cost. `lite` holds its few calls at the prices of middling hosted models (about $2
/// for a million tokens in and $10 for a million out); what is dearer asks for higher caps.
///
/// name, calls, tokens in, millionths of a dollar, width, branches, calls of tools, judging: what the same tiers may ask of models
type ModelLine = (&'static str, u32, u64, u64, u32, u32, u32, Judging);

const MODEL_TABLE: [ModelLine; 9] = [
    ("lite", 4, 24_000, 12_000, 1, 1, 1, Judging::Rules),
    ("base", 8, 48_000, 25_000, 1, 1, 1, Judging::Rules),
    ("core", 16, 120_000, 50_000, 1, 1, 1, Judging::Rules),
    ("core2x", 32, 240_000, 100_000, 2, 1, 4, Judging::Weak),
    ("pro", 56, 500_000, 200_000, 3, 1, 8, Judging::Weak),
    ("ultra", 140, 1_400_000, 600_000, 5, 1, 20, Judging::All),
    ("ultra2x", 280, 2_800_000, 1_200_000, 5, 2, 32, Judging::All),
    ("ultra4x", 560, 5_600_000, 2_400_000, 5, 4, 48, Judging::All),
    ("ultra8x", 1120, 11_200_000, 4_800_000, 5, 8, 64, Judging::All),
];

/// The processors of a fresh installation: nine tiers, their `-fast` twins and `noop`.
pub fn defaults() -> Vec<Processor> {
    let mut all = Vec::new();
    for (line, model) in TABLE.into_iter().zip(MODEL_TABLE) {
        let (name, rounds, searches, pages, wall, high, findings, from, to, fields) = line;
        let (_, calls, input_tokens, cost_micro_usd, width, branches, tool_calls, judging) = model;
        let caps = Caps {
            rounds,
            searches,
            pages,
            wall: Duration::from_secs(wall),
            sources_for_high: high,
            findings,
            calls,
            input_tokens,
            cost_micro_usd,
            width,
            branches,
            tool_calls,
            judging,
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
            calls: 0,
            input_tokens: 0,
            cost_micro_usd: 0,
            width: 1,
            branches: 1,
            tool_calls: 0,
            judging: Judging::Rules,
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

    #[test]
    fn both_tables_name_the_same_tiers_in_the_same_order() {
        assert_eq!(TABLE.map(|line| line.0), MODEL_TABLE.map(|line| line.0));
    }
}
