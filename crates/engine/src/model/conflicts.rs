//! Where sources contradict each other: found by a model that names sides by the ids of quotes, and kept as data.

use std::collections::BTreeSet;

use domain::model::Role;
use domain::processor::Caps;
use llm::tokens;
use serde::Deserialize;
use serde_json::{Value, json};

use super::Mind;
use super::asking::{Ask, at_most, list_of};
use super::claims::Ledger;
use super::material::place;
use super::plan::Task;
use super::quotes::shown;
use super::support::figures;
use super::words::values;
use crate::Failed;
use crate::extractive::disagree::{self, Disagreement};
use crate::extractive::question;
use crate::extractive::rank::{self, Findings};
use crate::purse::{Phase, Purse};
use crate::world::Unanswered;

/// Claims of one part that are compared, and letters of one.
const COMPARED: usize = 16;
const LENGTH: usize = 300;
/// Tokens that the id and the date of a statement take.
const ID: u32 = 20;
/// Conflicts of one report.
const MOST: usize = 8;
const MAX_OUTPUT: u32 = 1_200;

/// Two or more values for the same thing.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Conflict {
    pub(super) about: String,
    pub(super) sides: Vec<Side>,
    /// The side that holds by the rules, and the rule.
    pub(super) holds: Option<(usize, Rule)>,
}

/// Why a side holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Rule {
    MoreSources,
    Newer,
}

#[derive(Debug, Clone, PartialEq)]
pub(super) struct Side {
    /// As the quotes word it.
    pub(super) value: String,
    /// Indexes of claims.
    pub(super) claims: Vec<usize>,
}

#[derive(Deserialize)]
struct Answer {
    conflicts: Vec<Named>,
}

#[derive(Deserialize)]
struct Named {
    about: String,
    sides: Vec<NamedSide>,
}

#[derive(Deserialize)]
struct NamedSide {
    value: String,
    statements: Vec<String>,
}

fn schema() -> Value {
    let side = json!({
        "type": "object",
        "properties": {
            "value": {"type": "string"},
            "statements": at_most(COMPARED, &json!({"type": "string"})),
        },
        "required": ["value", "statements"],
        "additionalProperties": false,
    });
    let members = json!({"about": {"type": "string"}, "sides": at_most(COMPARED, &side)});
    list_of("conflicts", MOST, &members, &["about", "sides"])
}

/// Compares what different sources say about each part.
pub(super) async fn find(
    mind: &Mind<'_>,
    purse: &Purse,
    ledger: &Ledger,
) -> Result<Result<Vec<Conflict>, Unanswered>, Failed> {
    let compared: Vec<usize> =
        (0..ledger.parts.len()).filter(|&part| ledger.of_part(part).count() > 1).collect();
    if compared.is_empty() {
        return Ok(Ok(Vec::new()));
    }
    let count = u32::try_from(compared.len()).unwrap_or(u32::MAX);
    let room = mind.room(Role::Verifier, MAX_OUTPUT) / count;
    let parts: Vec<_> = compared
        .into_iter()
        .map(|part| json!({ "text": ledger.parts[part].text, "claims": told(ledger, part, room) }))
        .collect();
    let ask = Ask {
        role: Role::Verifier,
        phase: Phase::Write,
        prompt: "conflicts",
        given: json!({ "parts": parts }),
        max_output_tokens: MAX_OUTPUT,
    };
    let answer: Result<Answer, Unanswered> = mind.typed(purse, ask, &schema()).await?;
    Ok(answer.map(|answer| checked(ledger, answer)))
}

/// The statements about a part with their places, as many as have room in so many tokens.
fn told(ledger: &Ledger, part: usize, room: u32) -> Vec<Value> {
    let mut used = 0;
    let mut told = Vec::new();
    for (index, claim) in ledger.of_part(part).take(COMPARED) {
        let page = &ledger.pages[claim.page];
        let (source, statement) = (place(page, &claim.span), shown(ledger.quote(claim), LENGTH));
        used += tokens::count(&source) + tokens::count(&statement) + ID;
        if used > room {
            break;
        }
        told.push(json!({
            "id": Ledger::id(index), "source": source, "date": page.text.published,
            "statement": statement,
        }));
    }
    told
}

/// What rules can tell where no model compares: other figures and dates of the same things in what was quoted.
pub(super) async fn by_rules(
    task: &Task,
    ledger: &Ledger,
    caps: Caps,
) -> Result<Vec<Conflict>, Failed> {
    let question = question::following_up(&task.question, None, task.earlier.as_deref());
    let ledger = ledger.clone();
    tokio::task::spawn_blocking(move || {
        let findings = rank::weigh(&question, &ledger.pages, &caps);
        let found = disagree::find(&question, &findings, &ledger.pages);
        let conflicts = found.iter().filter_map(|one| stated(&ledger, &findings, one));
        conflicts.take(MOST).collect()
    })
    .await
    .map_err(|why| Failed::Broken(format!("comparing: {why}")))
}

/// The sides of a disagreement that was quoted.
fn stated(ledger: &Ledger, findings: &Findings, disagreement: &Disagreement) -> Option<Conflict> {
    let mut sides: Vec<Side> = Vec::new();
    let mut about = None;
    for value in &disagreement.values {
        let found = &findings.pool[value.found];
        let claims: Vec<usize> = ledger
            .claims
            .iter()
            .enumerate()
            .filter(|(_, claim)| {
                let is_there =
                    claim.span.start < found.span.end && found.span.start < claim.span.end;
                claim.page == found.page && is_there && ledger.quote(claim).contains(&value.raw)
            })
            .map(|(index, _)| index)
            .filter(|index| !sides.iter().any(|side| side.claims.contains(index)))
            .collect();
        let Some(first) = claims.first() else { continue };
        about.get_or_insert(ledger.claims[*first].part);
        sides.push(Side { value: value.raw.clone(), claims });
    }
    let about = about.filter(|_| sides.len() > 1)?;
    let holds = holding(ledger, &sides);
    Some(Conflict { about: ledger.parts[about].text.chars().take(160).collect(), sides, holds })
}

/// Whether rules can compare all that several sources say: each part has figures or dates of two of them.
pub(super) fn are_comparable(ledger: &Ledger) -> bool {
    (0..ledger.parts.len()).filter(|&part| ledger.publishers(part).len() > 1).all(|part| {
        let measured =
            ledger.of_part(part).filter(|(_, claim)| !figures(ledger.quote(claim)).is_empty());
        let publishers: BTreeSet<&str> =
            measured.map(|(_, claim)| ledger.pages[claim.page].publisher()).collect();
        publishers.len() > 1
    })
}

/// Only sides whose quotes are there, whose value stands in them, and which differ.
fn checked(ledger: &Ledger, answer: Answer) -> Vec<Conflict> {
    let mut conflicts = Vec::new();
    for named in answer.conflicts.into_iter().take(MOST) {
        let mut sides: Vec<Side> = Vec::new();
        for side in named.sides {
            let mut claims: Vec<usize> =
                side.statements.iter().filter_map(|id| ledger.find(id)).collect();
            claims.dedup();
            claims.retain(|index| !sides.iter().any(|other| other.claims.contains(index)));
            let stands = claims.iter().any(|&index| {
                let quote = ledger.quote(&ledger.claims[index]).to_lowercase();
                let value = side.value.trim().to_lowercase();
                !value.is_empty() && (quote.contains(&value) || shares_a_value(&value, &quote))
            });
            if stands {
                let value = side.value.split_whitespace().collect::<Vec<_>>().join(" ");
                sides.push(Side { value: value.chars().take(120).collect(), claims });
            }
        }
        let differ = sides.windows(2).all(|pair| pair[0].value != pair[1].value);
        if sides.len() > 1 && differ {
            let about: String = named.about.split_whitespace().collect::<Vec<_>>().join(" ");
            let holds = holding(ledger, &sides);
            conflicts.push(Conflict { about: about.chars().take(160).collect(), sides, holds });
        }
    }
    conflicts
}

/// A figure or name of the value stands in the quote.
fn shares_a_value(value: &str, quote: &str) -> bool {
    values(value).iter().any(|one| {
        let number: String =
            one.chars().take_while(|c| c.is_ascii_digit() || ",.".contains(*c)).collect();
        let number = number.trim_end_matches(['.', ',']);
        !number.is_empty() && quote.contains(number)
    })
}

/// More independent sources, else what is newer by its own date.
fn holding(ledger: &Ledger, sides: &[Side]) -> Option<(usize, Rule)> {
    let publishers = |side: &Side| {
        let mut who: Vec<&str> = side
            .claims
            .iter()
            .map(|&index| ledger.pages[ledger.claims[index].page].publisher())
            .collect();
        who.sort_unstable();
        who.dedup();
        who.len()
    };
    let newest = |side: &Side| {
        let dates = side
            .claims
            .iter()
            .filter_map(|&index| ledger.pages[ledger.claims[index].page].text.published.as_deref());
        dates.max().map(str::to_owned)
    };
    let counts: Vec<usize> = sides.iter().map(publishers).collect();
    let most = counts.iter().copied().max()?;
    if counts.iter().filter(|count| **count == most).count() == 1 {
        let side = counts.iter().position(|count| *count == most)?;
        return Some((side, Rule::MoreSources));
    }
    let dates: Vec<Option<String>> = sides.iter().map(newest).collect();
    let newest = dates.iter().flatten().max()?.clone();
    let is_newest = |date: &&Option<String>| date.as_ref() == Some(&newest);
    (dates.iter().all(Option::is_some) && dates.iter().filter(is_newest).count() == 1)
        .then(|| dates.iter().position(|date| date.as_ref() == Some(&newest)))
        .flatten()
        .map(|side| (side, Rule::Newer))
}

impl Conflict {
    /// `price of the Tern 25: EUR 900 (E1) or EUR 950 (E2)`, for those who write.
    pub(super) fn in_words(&self) -> String {
        let sides: Vec<String> = self
            .sides
            .iter()
            .map(|side| {
                let ids: Vec<String> = side.claims.iter().map(|&claim| Ledger::id(claim)).collect();
                format!("{} ({})", side.value, ids.join(", "))
            })
            .collect();
        format!("{}: {}", self.about, sides.join(" or "))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::extractive::build::page;
    use crate::model::claims::Part;

    fn ledger() -> Ledger {
        let part = Part::new("price".into(), "Price".into(), Vec::new());
        let mut ledger = Ledger { parts: vec![part], ..Ledger::default() };
        for (number, host, line) in
            [(1, "a.test", "It costs EUR 900."), (2, "b.test", "It costs EUR 950.")]
        {
            let place = ledger.place(&page(number, host, "T", line));
            ledger.add(0, place, 0..line.len(), String::new());
        }
        ledger
    }

    fn told(sides: &Value) -> Vec<Conflict> {
        let answer = json!({"conflicts": [{"about": "price", "sides": sides}]});
        checked(&ledger(), serde_json::from_value(answer).unwrap())
    }

    #[test]
    fn sides_stand_on_quotes_that_state_them() {
        let found = told(&json!([
            {"value": "EUR 900", "statements": ["E1"]}, {"value": "950 euros", "statements": ["E2", "E9"]},
        ]));
        assert_eq!(found[0].in_words(), "price: EUR 900 (E1) or 950 euros (E2)");
        assert_eq!(found[0].holds, None);
    }

    #[tokio::test]
    async fn rules_compare_figures_and_tell_whether_they_could() {
        let task = Task {
            question: "What did the Ostmark plant cost?".into(),
            wanted: None,
            earlier: None,
            today: "2026-11-28".into(),
            places: String::new(),
        };
        let part = Part::new("cost of the Ostmark plant".into(), "Cost".into(), Vec::new());
        let mut ledger = Ledger { parts: vec![part], ..Ledger::default() };
        let mut quote = |number, host, line: &str| {
            let place = ledger.place(&page(number, host, "Ostmark plant", line));
            ledger.add(0, place, 0..line.len(), String::new());
            ledger.clone()
        };
        let caps = domain::processor::defaults()[0].caps;
        quote(1, "a.test", "Building the Ostmark plant cost Halden Pumps AS EUR 48 million.");
        let spoken = quote(2, "b.test", "The Ostmark plant was dear, says the mayor.");
        assert!(!are_comparable(&spoken));
        let costly = "According to the final accounts, the Ostmark plant of Halden Pumps AS cost EUR 61 million, EUR 13 million more than announced.";
        let ledger = quote(3, "c.test", costly);
        assert!(are_comparable(&ledger));
        let found = by_rules(&task, &ledger, caps).await.unwrap();
        let values: Vec<&str> = found[0].sides.iter().map(|side| side.value.as_str()).collect();
        assert!(
            values.contains(&"EUR 48 million") && values.contains(&"EUR 61 million"),
            "{values:?}"
        );
    }

    #[test]
    fn a_side_without_a_quote_that_states_it_is_none() {
        let found = told(&json!([
            {"value": "EUR 900", "statements": ["E1"]}, {"value": "EUR 1000", "statements": ["E2"]},
        ]));
        assert_eq!(found, []);
        let found = told(&json!([
            {"value": "EUR 900", "statements": ["E1"]}, {"value": "EUR 950", "statements": ["E7"]},
        ]));
        assert_eq!(found, []);
    }
}
