//! The end of a row: which of the values that were read holds, what is judged, what is written.

use std::collections::BTreeSet;

use domain::evidence::Evidence;
use domain::model::Role;
use domain::output::{Candidate, Confidence, Missing};
use domain::processor::Judging;
use domain::schema::{Field, FieldKind, Shape};
use domain::text::Span;
use llm::tokens;
use serde::Deserialize;
use serde_json::{Value, json};

use super::asking::{Ask, cut};
use super::cells::{Follows, as_text, fitted, shape_in_words};
use super::fill::{Cell, Filler};
use super::support::{self, Support};
use crate::Failed;
use crate::extractive::fields::Finding;
use crate::extractive::values::normalise::agree;
use crate::extractive::words;
use crate::purse::Phase;
use crate::reading::publisher;
use crate::world::Unanswered;

/// Bytes of a quote in a prompt.
const LENGTH: usize = 500;
/// Quotes that one value is given.
const QUOTES: usize = 3;
const MAX_OUTPUT: u32 = 1_600;
/// Other values that are given beside one.
const CANDIDATES: usize = 6;
/// Elements of a list.
const ELEMENTS: usize = 100;

/// Values that agree, and where they stand.
struct Group {
    value: Value,
    /// Page and span.
    places: Vec<(usize, Span)>,
    follows: Follows,
    /// What the rules found for it, too.
    by_rules: Option<Finding>,
}

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

#[derive(Deserialize)]
struct Judged {
    fields: Vec<JudgedField>,
}

#[derive(Deserialize)]
struct JudgedField {
    field: String,
    reasoning: String,
    evidence: Vec<String>,
    value: Option<String>,
    certainty: String,
}

#[derive(Deserialize)]
struct Written {
    fields: Vec<WrittenField>,
}

#[derive(Deserialize)]
struct WrittenField {
    field: String,
    evidence: Vec<String>,
    text: Option<String>,
}

#[derive(Deserialize)]
struct Verdicts {
    verdicts: Vec<Verdict>,
}

#[derive(Deserialize)]
struct Verdict {
    sentence: usize,
    verdict: String,
}

fn list_of(name: &str, members: &Value, required: &[&str]) -> Value {
    json!({
        "type": "object",
        "properties": {name: {"type": "array", "items": {
            "type": "object", "properties": members, "required": required, "additionalProperties": false,
        }}},
        "required": [name],
        "additionalProperties": false,
    })
}

fn choices_schema() -> Value {
    let members = json!({
        "field": {"type": "string"}, "reason": {"type": "string"}, "candidate": {"type": "integer"},
    });
    list_of("choices", &members, &["field", "reason", "candidate"])
}

fn judged_schema() -> Value {
    let members = json!({
        "field": {"type": "string"}, "reasoning": {"type": "string"},
        "evidence": {"type": "array", "items": {"type": "string"}}, "value": {"type": ["string", "null"]},
        "certainty": {"type": "string", "enum": ["high", "medium", "low"]},
    });
    list_of("fields", &members, &["field", "reasoning", "evidence", "value", "certainty"])
}

fn written_schema() -> Value {
    let members = json!({
        "field": {"type": "string"}, "evidence": {"type": "array", "items": {"type": "string"}},
        "text": {"type": ["string", "null"]},
    });
    list_of("fields", &members, &["field", "evidence", "text"])
}

fn verdicts_schema() -> Value {
    let members = json!({
        "sentence": {"type": "integer"},
        "verdict": {"type": "string", "enum": ["supported", "partly", "unsupported"]},
    });
    list_of("verdicts", &members, &["sentence", "verdict"])
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
            let is_disputed =
                groups.len() > 1 && rank(&self, &groups[0]) <= rank(&self, &groups[1]) + 1;
            if is_disputed {
                disputed.push((index, groups));
            } else if let Some(finding) = self.decided(groups, None) {
                findings[index] = finding;
            }
        }
        self.choose(disputed, &mut findings).await?;
        self.judge(&mut findings).await?;
        self.write(&mut findings).await?;
        Ok(findings)
    }

    /// Values for a field, those that most speaks for first.
    fn groups(&self, field: usize, by_rules: &Finding) -> Vec<Group> {
        let mut groups: Vec<Group> = Vec::new();
        for cell in self.cells.iter().filter(|cell| cell.field == field) {
            let Cell { page, span, value: Some((value, follows)), .. } = cell else { continue };
            let place = (*page, span.clone());
            match groups.iter_mut().find(|group| agree(&group.value, value)) {
                Some(group) => {
                    let same = |(known, other): &(usize, Span)| {
                        known == page && other.start < span.end && span.start < other.end
                    };
                    if !group.places.iter().any(same) {
                        group.places.push(place);
                    }
                    if *follows > group.follows {
                        group.follows = *follows;
                    }
                }
                None => groups.push(Group {
                    value: value.clone(),
                    places: vec![place],
                    follows: *follows,
                    by_rules: None,
                }),
            }
        }
        if let Some(value) = &by_rules.value {
            let found = by_rules.clone();
            match groups.iter_mut().find(|group| agree(&group.value, value)) {
                Some(group) => group.by_rules = Some(found),
                None => groups.push(Group {
                    value: value.clone(),
                    places: Vec::new(),
                    follows: Follows::Plainly,
                    by_rules: Some(found),
                }),
            }
        }
        groups.sort_by_key(|group| std::cmp::Reverse(rank(self, group)));
        groups
    }

    /// The first group as the finding, the others as its conflicts.
    fn decided(&self, groups: Vec<Group>, reason: Option<&str>) -> Option<Finding> {
        let mut groups = groups.into_iter();
        let chosen = groups.next()?;
        // What only the rules have found stands as they say.
        if let (true, Some(found), 0) = (chosen.places.is_empty(), &chosen.by_rules, groups.len()) {
            return Some(found.clone());
        }
        let rivals: Vec<Group> = groups.collect();
        let conflicts: Vec<Candidate> = rivals
            .iter()
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
            () if chosen.follows == Follows::Loosely && !rules_agree => Confidence::Low,
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
            let confidence = match (is_sure, group.follows) {
                (true, Follows::Plainly) => Confidence::High,
                (_, Follows::Plainly) => Confidence::Medium,
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
                        let quotes: Vec<_> = self.evidence(group).iter().map(shown).collect();
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
                    findings[index] = self.ambiguous(&groups, &choice.reason);
                }
                Some(choice) if choice.candidate <= groups.len() => {
                    let chosen = groups.remove(choice.candidate - 1);
                    groups.insert(0, chosen);
                    if let Some(finding) = self.decided(groups, Some(&choice.reason)) {
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

    fn of_kind(&self, kind: FieldKind) -> Vec<(usize, &Field)> {
        self.fields.iter().enumerate().filter(|(_, field)| field.kind == kind).collect()
    }

    /// Quotes that judgements and texts may rest on: the row's own cells, then what was read, as far as the prompt holds it.
    fn offered(&self, fields: &[(usize, &Field)]) -> Vec<Evidence> {
        let room = self.mind.room(Role::Writer, MAX_OUTPUT);
        let row = self.row_page.text.blocks.iter();
        let row = row.map(|block| self.row_page.evidence(block.span.clone()));
        let is_theirs = |cell: &&Cell| fields.iter().any(|(index, _)| *index == cell.field);
        let (theirs, others): (Vec<&Cell>, Vec<&Cell>) = self.cells.iter().partition(is_theirs);
        let read = theirs.into_iter().chain(others);
        let read = read.map(|cell| self.pages[cell.page].evidence(cell.span.clone()));
        let mut used = 0;
        let mut all: Vec<Evidence> = Vec::new();
        for evidence in row.chain(read) {
            let is_known = |known: &Evidence| {
                known.text == evidence.text
                    && known.span.start < evidence.span.end
                    && evidence.span.start < known.span.end
            };
            used += tokens::count(cut(&evidence.quote, LENGTH)) + 20;
            if used > room {
                break;
            }
            if !all.iter().any(is_known) {
                all.push(evidence);
            }
        }
        all
    }

    async fn judge(&self, findings: &mut [Finding]) -> Result<(), Failed> {
        let fields = self.of_kind(FieldKind::Judged);
        if fields.is_empty() {
            return Ok(());
        }
        let offered = self.offered(&fields);
        let asked: Vec<_> = fields
            .iter()
            .map(|(_, field)| {
                let choices = if let Shape::Choice(choices) = &field.shape {
                    choices.iter().map(as_text).collect::<Vec<_>>().join(", ")
                } else {
                    String::new()
                };
                json!({
                    "name": field.name, "description": field.description, "choices": choices,
                    "type": shape_in_words(&field.shape),
                })
            })
            .collect();
        let ask = Ask {
            role: Role::Verifier,
            phase: Phase::Write,
            prompt: "judge_fields",
            given: json!({"row": self.row, "fields": asked, "evidence": numbered(&offered)}),
            max_output_tokens: MAX_OUTPUT,
        };
        let answer: Result<Judged, Unanswered> =
            self.mind.typed(&self.purse, ask, &judged_schema()).await?;
        match answer {
            Ok(answer) => {
                for (index, field) in fields {
                    let given = answer.fields.iter().find(|given| given.field == field.name);
                    findings[index] = self.judged(field, given, &offered);
                }
            }
            Err(why) => self.without(&fields, findings, &why, "judged"),
        }
        Ok(())
    }

    fn judged(&self, field: &Field, given: Option<&JudgedField>, offered: &[Evidence]) -> Finding {
        let Some(given) = given else {
            return nothing("The model gave no judgement.", Missing::NotFound);
        };
        let reasoning = cut(given.reasoning.trim(), 600).to_owned();
        let evidence = cited(&given.evidence, offered);
        let value = given.value.as_deref().and_then(|text| fitted(&field.shape, text));
        let Some(value) = value else {
            let missing =
                if given.value.is_some() { Missing::Unsupported } else { Missing::NotFound };
            return nothing(&reasoning, missing);
        };
        if evidence.is_empty() {
            let why = format!("A judgement without a quote to rest on was left out. {reasoning}");
            return nothing(&why, Missing::Unsupported);
        }
        let publishers: BTreeSet<&str> = evidence.iter().map(|one| one.address.as_str()).collect();
        let rests_on_row = evidence.iter().any(|one| one.text == self.row_page.text_ref);
        let confidence = match given.certainty.as_str() {
            "high" if publishers.len() > 1 || rests_on_row => Confidence::High,
            "high" | "medium" => Confidence::Medium,
            _ => Confidence::Low,
        };
        Finding {
            value: Some(value),
            confidence: Some(confidence),
            reasoning,
            evidence,
            ..Finding::default()
        }
    }

    async fn write(&self, findings: &mut [Finding]) -> Result<(), Failed> {
        let fields = self.of_kind(FieldKind::Written);
        if fields.is_empty() {
            return Ok(());
        }
        let offered = self.offered(&fields);
        let asked: Vec<_> = fields
            .iter()
            .map(|(_, field)| json!({"name": field.name, "description": field.description}))
            .collect();
        let ask = Ask {
            role: Role::Writer,
            phase: Phase::Write,
            prompt: "write_fields",
            given: json!({
                "row": self.row, "language": "as in the row", "fields": asked, "evidence": numbered(&offered),
            }),
            max_output_tokens: MAX_OUTPUT,
        };
        let answer: Result<Written, Unanswered> =
            self.mind.typed(&self.purse, ask, &written_schema()).await?;
        match answer {
            Ok(answer) => {
                for (index, field) in fields {
                    let given = answer.fields.iter().find(|given| given.field == field.name);
                    findings[index] = self.written(given, &offered).await?;
                }
            }
            Err(why) => self.without(&fields, findings, &why, "written"),
        }
        Ok(())
    }

    /// Keeps of a text what row and quotes carry, sentence by sentence.
    async fn written(
        &self,
        given: Option<&WrittenField>,
        offered: &[Evidence],
    ) -> Result<Finding, Failed> {
        let text = given.and_then(|given| given.text.as_deref()).unwrap_or_default();
        let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
        let evidence = given.map(|given| cited(&given.evidence, offered)).unwrap_or_default();
        if text.is_empty() || evidence.is_empty() {
            let why = "Row and quotes give nothing that a text could rest on.";
            return Ok(nothing(why, Missing::NotFound));
        }
        let row: Vec<&str> = self.row.lines().collect();
        let quotes: Vec<&str> =
            evidence.iter().map(|one| one.quote.as_str()).chain(row.iter().copied()).collect();
        let titles: Vec<&str> = evidence.iter().map(|one| one.title.as_str()).collect();
        let spans = words::sentences(&text);
        let sentences: Vec<&str> = spans.iter().map(|span| text[span.clone()].trim()).collect();
        let mut kept: Vec<bool> = Vec::new();
        let mut weak: Vec<usize> = Vec::new();
        for (at, sentence) in sentences.iter().enumerate() {
            let (support, _) = support::judge(sentence, &quotes, &titles);
            kept.push(support != Support::No);
            if support == Support::Weak {
                weak.push(at);
            }
        }
        let judging = self.mind.world.spec().processor.caps.judging;
        if judging != Judging::Rules && !weak.is_empty() {
            for (at, stands) in self.judged_sentences(&sentences, &weak, &quotes).await? {
                kept[at] = stands;
            }
        }
        let text: Vec<&str> = sentences
            .iter()
            .zip(&kept)
            .filter(|(_, kept)| **kept)
            .map(|(sentence, _)| *sentence)
            .collect();
        let dropped = kept.iter().filter(|kept| !**kept).count();
        if text.is_empty() {
            let why = "What was written is not carried by row and quotes, and was left out.";
            return Ok(nothing(why, Missing::Unsupported));
        }
        let left_out = match dropped {
            0 => String::new(),
            1 => " One sentence was left out, because they do not carry it.".into(),
            dropped => {
                format!(" {dropped} sentences were left out, because they do not carry them.")
            }
        };
        Ok(Finding {
            value: Some(Value::String(text.join(" "))),
            confidence: Some(if dropped == 0 { Confidence::Medium } else { Confidence::Low }),
            reasoning: format!(
                "Written by a model from the row and {} quotes, and checked sentence by sentence.{left_out}",
                evidence.len()
            ),
            evidence,
            ..Finding::default()
        })
    }

    async fn judged_sentences(
        &self,
        sentences: &[&str],
        weak: &[usize],
        quotes: &[&str],
    ) -> Result<Vec<(usize, bool)>, Failed> {
        let shown: Vec<&str> = quotes.iter().map(|quote| cut(quote, LENGTH)).collect();
        let asked: Vec<_> = weak
            .iter()
            .enumerate()
            .map(|(number, &at)| json!({"number": number + 1, "text": sentences[at], "quotes": shown}))
            .collect();
        let ask = Ask {
            role: Role::Verifier,
            phase: Phase::Check,
            prompt: "judge",
            given: json!({"sentences": asked}),
            max_output_tokens: MAX_OUTPUT,
        };
        let answer: Result<Verdicts, Unanswered> =
            self.mind.typed(&self.purse, ask, &verdicts_schema()).await?;
        let verdicts = answer.map(|answer| answer.verdicts).unwrap_or_default();
        let of = |verdict: Verdict| {
            let at = *weak.get(verdict.sentence.wrapping_sub(1))?;
            Some((at, verdict.verdict == "supported"))
        };
        Ok(verdicts.into_iter().filter_map(of).collect())
    }

    /// What could not be judged or written because no model was to be had.
    fn without(
        &self,
        fields: &[(usize, &Field)],
        findings: &mut [Finding],
        why: &Unanswered,
        what: &str,
    ) {
        let (missing, why) = match why {
            Unanswered::Cap => {
                (Missing::Budget, "what this processor may ask of models is used up".into())
            }
            Unanswered::Silent(why) | Unanswered::Unfit(why) => (Missing::NeedsModel, why.clone()),
        };
        self.mind.world.note(format!("Some fields were not {what}: {why}."));
        for (index, _) in fields {
            findings[*index] = nothing(&format!("It could not be {what}: {why}."), missing);
        }
    }
}

/// How much speaks for a value: independent sources, how plainly they state it, and whether the rules found it too.
fn rank(filler: &Filler<'_>, group: &Group) -> usize {
    let plainly = usize::from(group.follows == Follows::Plainly);
    let rules = match group.by_rules.as_ref().and_then(|found| found.confidence) {
        Some(Confidence::High) => 3,
        Some(Confidence::Medium) => 2,
        Some(Confidence::Low) => 1,
        None => 0,
    };
    filler.publishers(group).len() * 2 + plainly * 2 + rules
}

fn nothing(reasoning: &str, missing: Missing) -> Finding {
    Finding { reasoning: reasoning.to_owned(), missing: Some(missing), ..Finding::default() }
}

fn sources(count: usize) -> String {
    match count {
        1 => "one source".into(),
        count => format!("{count} independent sources"),
    }
}

fn shown(evidence: &Evidence) -> Value {
    let text = cut(&evidence.quote, LENGTH).split_whitespace().collect::<Vec<_>>().join(" ");
    json!({"text": text, "source": evidence.title, "date": evidence.published})
}

fn numbered(offered: &[Evidence]) -> Vec<Value> {
    let each = offered.iter().enumerate();
    each.map(|(index, evidence)| {
        let quote = cut(&evidence.quote, LENGTH).split_whitespace().collect::<Vec<_>>().join(" ");
        json!({
            "id": format!("E{}", index + 1), "source": evidence.title, "date": evidence.published, "quote": quote,
        })
    })
    .collect()
}

/// The quotes that ids stand for; unknown ids stand for nothing.
fn cited(ids: &[String], offered: &[Evidence]) -> Vec<Evidence> {
    let mut all: Vec<Evidence> = Vec::new();
    for id in ids {
        let number = id.trim().trim_matches(['[', ']']).strip_prefix(['E', 'e']);
        let number: Option<usize> = number.and_then(|number| number.trim().parse().ok());
        let evidence = number.and_then(|number| offered.get(number.wrapping_sub(1)));
        if let Some(evidence) = evidence
            && !all.contains(evidence)
        {
            all.push(evidence.clone());
        }
    }
    all
}
