//! Each prompt as a model gets it.

use serde_json::{Value, json};

use super::Prompts;

fn rendered(name: &str, given: &Value) -> String {
    let (system, user) = Prompts::default().render(name, given).expect("a prompt");
    format!("{system}\n\n=== user ===\n\n{user}")
}

fn evidence() -> Value {
    json!([
        {"id": "E1", "source": "nordwind.test", "date": "2024-05-01", "quote": "The plant opened in May 1998."},
        {"id": "E4", "source": "press.test", "date": null, "quote": "It cost EUR 14.1 million in the end."},
    ])
}

fn fields() -> Value {
    json!([
        {"name": "opened", "type": "date", "description": "day on which it was opened", "also": "start of operation", "choices": null},
        {"name": "mood", "type": "text", "description": "how it is spoken of", "also": null, "choices": "good, bad"},
    ])
}

const PASSAGES: &str =
    "<<< P1 0a1b2c3d | nordwind.test › The plant\nThe plant opened in May 1998.\n>>> P1 0a1b2c3d\n";
const QUESTION: &str = "When was the plant opened, and what did it cost?";

macro_rules! snapshots {
    ($($name:ident: $given:expr),+ $(,)?) => {
        $(
            #[test]
            fn $name() {
                insta::assert_snapshot!(stringify!($name), rendered(stringify!($name), &$given));
            }
        )+

        /// A block at the end of a line swallows the end of it, and runs it into the next.
        #[test]
        fn no_line_that_says_something_ends_with_a_block() {
            for (name, text) in super::BUILT_IN {
                for line in text.lines().filter(|line| line.trim_end().ends_with("%}")) {
                    let mut words = line.to_owned();
                    while let Some((before, (_, after))) =
                        words.split_once("{%").and_then(|(before, rest)| Some((before, rest.split_once("%}")?)))
                    {
                        words = format!("{before}{after}");
                    }
                    assert!(words.trim().is_empty(), "{name}: {line}");
                }
            }
        }

        #[test]
        fn every_prompt_has_a_snapshot() {
            let mut known = vec![$(stringify!($name)),+];
            known.sort_unstable();
            assert_eq!(known, super::BUILT_IN.map(|(name, _)| name));
        }
    };
}

snapshots! {
    answer: json!({
        "question": QUESTION, "wanted": "Two paragraphs.", "language": "en", "evidence": evidence(),
        "conflicts": ["cost: EUR 12.5 million (E2) or EUR 14.1 million (E4)"], "missing": ["Who paid for it?"], "beyond": ["Who built it?"], "max_words": 180,
    }),
    choose: json!({
        "row": "plant: Sorrel Reach",
        "fields": [{"name": "cost", "description": "what it cost", "candidates": [
            {"number": 1, "value": "12.5 million", "quotes": [{"source": "nordwind.test › The plant › Cost", "date": "1999-02-01", "text": "It cost EUR 12.5 million."}]},
            {"number": 2, "value": "14.1 million", "quotes": [{"source": "press.test", "date": null, "text": "It cost EUR 14.1 million in the end."}]},
        ]}],
    }),
    tools: json!({
        "question": QUESTION, "wanted": "When was it opened?; What did it cost?", "today": "2026-11-28", "server": "register",
        "tools": [{"name": "find", "description": "Finds a plant by its name.", "arguments": "{\"type\":\"object\"}"}],
        "calls": "<<< C1 0a1b2c3d | find {\"name\":\"Sorrel Reach\"}\nid: R7\n>>> C1 0a1b2c3d\n", "max_calls": 4,
    }),
    columns: json!({ "columns": "plant, river", "fields": fields(), "today": "2026-11-28", "max_queries": 4 }),
    conflicts: json!({ "parts": [{"text": "What did it cost?", "claims": [
        {"id": "E2", "statement": "It cost EUR 12.5 million.", "source": "nordwind.test › The plant › Cost", "date": "1999-02-01"},
        {"id": "E4", "statement": "It cost EUR 14.1 million in the end.", "source": "press.test", "date": null},
    ]}]}),
    gaps: json!({
        "question": QUESTION, "today": "2026-11-28", "asked": "plant opening; plant cost", "max_queries": 3, "max_parts": 2,
        "budget": "Used: 2 of 24 searches, 5 of 50 pages, 3 of 39 model calls.",
        "parts": [
            {"number": 1, "text": "When was it opened?", "findings": 2, "sources": 2, "values": "May 1998"},
            {"number": 2, "text": "What did it cost?", "findings": 0, "sources": 0, "values": ""},
        ],
    }),
    judge: json!({ "sentences": [
        {"number": 1, "text": "The plant opened in May 1998.", "quotes": ["It was opened in May 1998.", "It runs since 1998."]},
        {"number": 2, "text": "It is loved by all.", "quotes": ["Some four hundred people came."]},
    ]}),
    judge_fields: json!({ "row": "plant: Sorrel Reach", "fields": fields(), "evidence": evidence() }),
    mend: json!({ "faults": ["`/claims/0`: \"quote\" is a required property."] }),
    plan: json!({
        "question": QUESTION, "wanted": "A table.", "earlier": "Who owns the plant?", "today": "2026-11-28",
        "places": "manual, searxng", "angle": "look for what contradicts the obvious answer", "max_parts": 7, "max_queries": 3,
    }),
    read: json!({
        "question": QUESTION, "parts": [{"number": 1, "text": "When was it opened?"}], "passages": PASSAGES, "max_claims": 12,
    }),
    read_fields: json!({ "row": "plant: Sorrel Reach", "fields": fields(), "passages": PASSAGES, "max_cells": 24 }),
    repair: json!({ "language": "de", "sentences": [{
        "number": 1, "text": "It opened in 1999.", "why": "it has a number or date that the quotes do not have",
        "quotes": [{"id": "E1", "text": "The plant opened in May 1998."}],
    }]}),
    section: json!({
        "question": QUESTION, "heading": "Cost", "parts": ["What did it cost?"], "language": "en", "evidence": evidence(),
        "conflicts": ["cost: EUR 12.5 million (E2) or EUR 14.1 million (E4)"], "max_words": 260,
    }),
    shape: json!({ "question": QUESTION, "max_fields": 12 }),
    write_fields: json!({ "row": "plant: Sorrel Reach", "language": "en", "fields": fields(), "evidence": evidence() }),
}
