//! The end of a row: which of the values that were read holds; what is judged or written comes from `composed`.

use std::collections::BTreeSet;

use domain::evidence::Evidence;
use domain::model::Role;
use domain::output::{Candidate, Confidence, Missing};
use domain::schema::{FieldKind, Shape};
use serde::Deserialize;
use serde_json::{Value, json};

use super::asking::{Ask, cut, list_of};
use super::cells::{Follows, as_text};
use super::fill::Filler;
use super::groups::{Group, empty_members, is_compatible};
use super::material::{named_place, place};
use crate::Failed;
use crate::extractive::fields::Finding;
use crate::extractive::values::normalise::agree;
use crate::purse::Phase;
use crate::reading::publisher;
use crate::world::Unanswered;

/// Bytes of a quote in a prompt.
pub(super) const LENGTH: usize = 500;
/// Quotes that one value is given.
const QUOTES: usize = 3;
pub(super) const MAX_OUTPUT: u32 = 1_600;
/// Other values that are given beside one.
const CANDIDATES: usize = 6;
/// Elements of a list.
const ELEMENTS: usize = 100;

#[derive(Deserialize)]
struct Choices {
    choices: Vec<Choice>,
}

#[derive(Deserialize)]
struct Choice {
    field: String,
    reason: String,
    candidate: usize,
}

fn choices_schema() -> Value {
    let members = json!({
        "field": {"type": "string"}, "reason": {"type": "string"}, "candidate": {"type": "integer"},
    });
    list_of("choices", ELEMENTS, &members, &["field", "reason", "candidate"])
}

impl Filler<'_> {
    /// Brings together what rules and readers have found, and has the rest judged and written.
    pub(crate) async fn finish(self, by_rules: Vec<Finding>) -> Result<Vec<Finding>, Failed> {
        let mut findings = by_rules;
        let mut disputed = Vec::new();
        for (index, field) in self.fields.iter().enumerate() {
            if field.kind != FieldKind::Found {
                continue;
            }
            if let Shape::List(_) = field.shape {
                if let Some(list) = self.list(index, &findings[index]) {
                    findings[index] = list;
                }
                continue;
            }
            let groups = self.groups(index, &findings[index]);
            if self.is_disputed(&groups) {
                disputed.push((index, groups));
            } else if let Some(finding) = self.decided(groups, None) {
                findings[index] = finding;
            }
        }
        self.choose(disputed, &mut findings).await?;
        self.judge(&mut findings).await?;
        self.write(&mut findings).await?;
        for &field in &self.unasked {
            if findings[field].missing == Some(Missing::NotFound) {
                findings[field].missing = Some(Missing::Budget);
            }
        }
        if self.is_unread {
            // A model might have found what the rules did not.
            let missing = findings.iter_mut().filter(|f| f.missing == Some(Missing::NotFound));
            missing.for_each(|finding| finding.missing = Some(Missing::ModelDown));
        }
        Ok(findings)
    }

    /// The first group as the finding, the others as its conflicts.
    fn decided(&self, groups: Vec<Group>, reason: Option<&str>) -> Option<Finding> {
        let mut groups = groups.into_iter();
        let chosen = groups.next()?;
        // What only the rules have found stands as they say.
        if let (true, Some(found), 0) = (chosen.places.is_empty(), &chosen.by_rules, groups.len()) {
            return Some(found.clone());
        }
        // What a page states that does not name the row contradicts nothing that another states of it by name.
        let rivals: Vec<Group> =
            groups.filter(|rival| rival.is_named || !chosen.is_named).collect();
        let differs = |rival: &&Group| !is_compatible(&rival.value, &chosen.value);
        let conflicts: Vec<Candidate> = rivals
            .iter()
            .filter(differs)
            .map(|rival| Candidate { value: rival.value.clone(), evidence: self.evidence(rival) })
            .filter(|candidate| !candidate.evidence.is_empty())
            .take(CANDIDATES)
            .collect();
        let evidence = self.evidence(&chosen);
        let publishers = self.publishers(&chosen);
        let wanted = self.mind.world.spec().processor.caps.sources_for_high as usize;
        let rules_agree = chosen.by_rules.is_some() && !chosen.places.is_empty();
        let rules_are_sure =
            chosen.by_rules.as_ref().and_then(|found| found.confidence) == Some(Confidence::High);
        let confidence = match () {
            () if (chosen.follows == Follows::Loosely || !chosen.is_named) && !rules_agree => {
                Confidence::Low
            }
            () if !conflicts.is_empty() && reason.is_none() => Confidence::Low,
            () if !conflicts.is_empty() => Confidence::Medium,
            () if publishers.len() >= wanted.max(2)
                || (rules_agree && wanted < 2)
                || rules_are_sure =>
            {
                Confidence::High
            }
            () if chosen.places.is_empty() => chosen
                .by_rules
                .as_ref()
                .and_then(|found| found.confidence)
                .unwrap_or(Confidence::Low),
            () => Confidence::Medium,
        };
        let mut reasoning = match (&chosen.by_rules, chosen.places.is_empty()) {
            (Some(found), true) => found.reasoning.clone(),
            (Some(_), false) => format!(
                "Read by a model and found by rules; {} stated by {}.",
                if chosen.follows == Follows::Plainly { "plainly" } else { "in other words" },
                sources(publishers.len())
            ),
            (None, _) => format!(
                "Read by a model; {} stated by {}.",
                if chosen.follows == Follows::Plainly { "plainly" } else { "in other words" },
                sources(publishers.len())
            ),
        };
        if !chosen.is_named && !rules_agree {
            reasoning.push_str(" No page that states it names the row as it is called here.");
        }
        reasoning.push_str(&empty_members(&chosen.value));
        if !conflicts.is_empty() {
            let why = reason.map_or_else(
                || "more or better sources state this one".to_owned(),
                |reason| cut(reason, 300).trim_end_matches('.').to_owned(),
            );
            reasoning = format!("{reasoning} Other values were also stated; {why}.");
        }
        Some(Finding {
            value: Some(chosen.value),
            confidence: Some(confidence),
            reasoning,
            evidence,
            missing: None,
            conflicts,
            elements: Vec::new(),
        })
    }

    /// Independent sources that state a value.
    fn publishers<'a>(&'a self, group: &'a Group) -> BTreeSet<&'a str> {
        let read = group.places.iter().map(|(page, _)| self.pages[*page].publisher());
        let found = group.by_rules.iter().flat_map(|found| &found.evidence);
        read.chain(found.map(|evidence| publisher(&evidence.address))).collect()
    }

    fn evidence(&self, group: &Group) -> Vec<Evidence> {
        let read = group.places.iter().map(|(page, span)| self.pages[*page].evidence(span.clone()));
        let found = group.by_rules.iter().flat_map(|found| found.evidence.clone());
        let mut all: Vec<Evidence> = Vec::new();
        for evidence in read.chain(found) {
            let overlaps = |known: &Evidence| {
                known.text == evidence.text
                    && known.span.start < evidence.span.end
                    && evidence.span.start < known.span.end
            };
            if all.len() < QUOTES && !all.iter().any(overlaps) {
                all.push(evidence);
            }
        }
        all
    }

    /// A list: each element with its own evidence. What the rules found stays where readers found nothing.
    fn list(&self, field: usize, by_rules: &Finding) -> Option<Finding> {
        let nothing = Finding { value: None, ..by_rules.clone() };
        let groups = self.groups(field, &nothing);
        if groups.is_empty() {
            return None;
        }
        let of_rules =
            by_rules.value.as_ref().and_then(Value::as_array).cloned().unwrap_or_default();
        let mut values = Vec::new();
        let mut finding = Finding::default();
        for group in groups.into_iter().take(ELEMENTS) {
            let evidence = self.evidence(&group);
            let is_sure = self.publishers(&group).len() > 1
                || of_rules.iter().any(|value| agree(value, &group.value));
            let confidence = match (group.follows, group.is_named) {
                (Follows::Plainly, true) if is_sure => Confidence::High,
                (Follows::Plainly, true) => Confidence::Medium,
                _ => Confidence::Low,
            };
            finding.evidence.extend(evidence.iter().take(1).cloned());
            finding.elements.push((values.len().to_string(), evidence, Some(confidence)));
            values.push(group.value);
        }
        let least = finding.elements.iter().filter_map(|(_, _, confidence)| *confidence).min();
        finding.reasoning =
            format!("{} elements, each read by a model with its own quote.", values.len());
        finding.confidence = least;
        finding.value = Some(Value::Array(values));
        Some(finding)
    }

    /// Has a model choose between values that rules cannot tell apart.
    async fn choose(
        &self,
        disputed: Vec<(usize, Vec<Group>)>,
        findings: &mut [Finding],
    ) -> Result<(), Failed> {
        if disputed.is_empty() {
            return Ok(());
        }
        let fields: Vec<_> = disputed
            .iter()
            .map(|(index, groups)| {
                let candidates: Vec<_> = groups
                    .iter()
                    .enumerate()
                    .map(|(number, group)| {
                        let quotes: Vec<_> =
                            self.evidence(group).iter().map(|one| self.shown(one)).collect();
                        json!({"number": number + 1, "value": as_text(&group.value), "quotes": quotes})
                    })
                    .collect();
                let field = &self.fields[*index];
                json!({"name": field.name, "description": field.description, "candidates": candidates})
            })
            .collect();
        let ask = Ask {
            role: Role::Verifier,
            phase: Phase::Write,
            prompt: "choose",
            given: json!({"row": self.row, "fields": fields}),
            max_output_tokens: MAX_OUTPUT,
        };
        let answer: Result<Choices, Unanswered> =
            self.mind.typed(&self.purse, ask, &choices_schema()).await?;
        let choices = answer.map(|answer| answer.choices).unwrap_or_default();
        for (index, mut groups) in disputed {
            let choice = choices.iter().find(|choice| choice.field == self.fields[index].name);
            match choice {
                Some(choice) if choice.candidate == 0 => {
                    findings[index] = self.ambiguous(&groups, &self.reason(&choice.reason));
                }
                Some(choice) if choice.candidate <= groups.len() => {
                    let chosen = groups.remove(choice.candidate - 1);
                    groups.insert(0, chosen);
                    if let Some(finding) = self.decided(groups, Some(&self.reason(&choice.reason)))
                    {
                        findings[index] = finding;
                    }
                }
                Some(_) | None => {
                    if let Some(finding) = self.decided(groups, None) {
                        findings[index] = finding;
                    }
                }
            }
        }
        Ok(())
    }

    /// A quote, and where it stands.
    fn shown(&self, evidence: &Evidence) -> Value {
        let text = cut(&evidence.quote, LENGTH).split_whitespace().collect::<Vec<_>>().join(" ");
        let page = self.pages.iter().find(|page| page.text_ref == evidence.text);
        let source = match page {
            Some(page) => place(page, &evidence.span),
            None => named_place(publisher(&evidence.address), &evidence.title),
        };
        json!({"text": text, "source": source, "date": evidence.published})
    }

    /// No value, and all of them as candidates: they are about different things.
    fn ambiguous(&self, groups: &[Group], reason: &str) -> Finding {
        let conflicts = groups
            .iter()
            .map(|group| Candidate { value: group.value.clone(), evidence: self.evidence(group) })
            .filter(|candidate| !candidate.evidence.is_empty());
        Finding {
            reasoning: cut(reason, 400).to_owned(),
            missing: Some(Missing::Ambiguous),
            conflicts: conflicts.collect(),
            ..Finding::default()
        }
    }
}

fn sources(count: usize) -> String {
    match count {
        1 => "one source".into(),
        count => format!("{count} independent sources"),
    }
}
