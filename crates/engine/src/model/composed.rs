//! Fields that no page states: judged by a model from quotes, or written from them and checked sentence by sentence.

use std::collections::BTreeSet;

use domain::evidence::Evidence;
use domain::model::Role;
use domain::output::{Confidence, Missing};
use domain::processor::Judging;
use domain::schema::{Field, FieldKind, Shape};
use llm::tokens;
use serde::Deserialize;
use serde_json::{Value, json};

use super::asking::{Ask, at_most, cut, list_of};
use super::cells::{as_text, fitted, shape_in_words};
use super::check::{Verdict, Verdicts, leads_elsewhere, verdicts_schema};
use super::fill::{Cell, Filler};
use super::finish::{LENGTH, MAX_OUTPUT};
use super::material::named_place;
use super::quotes::shown;
use super::support::{self, Fault, Support};
use super::words::terms;
use crate::Failed;
use crate::allowed::Limits;
use crate::extractive::fields::Finding;
use crate::extractive::words;
use crate::purse::Phase;
use crate::world::Unanswered;

/// Fields that are judged or written in one call, and quotes that each may rest on.
const FIELDS: usize = 100;
const EVIDENCE: usize = 20;

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

fn judged_schema() -> Value {
    let members = json!({
        "field": {"type": "string"}, "reasoning": {"type": "string"},
        "evidence": at_most(EVIDENCE, &json!({"type": "string"})), "value": {"type": ["string", "null"]},
        "certainty": {"type": "string", "enum": ["high", "medium", "low"]},
    });
    list_of("fields", FIELDS, &members, &["field", "reasoning", "evidence", "value", "certainty"])
}

fn written_schema() -> Value {
    let members = json!({
        "field": {"type": "string"}, "evidence": at_most(EVIDENCE, &json!({"type": "string"})),
        "text": {"type": ["string", "null"]},
    });
    list_of("fields", FIELDS, &members, &["field", "evidence", "text"])
}

impl Filler<'_> {
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

    pub(super) async fn judge(&self, findings: &mut [Finding]) -> Result<(), Failed> {
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
                    "name": field.name, "description": self.described(field), "choices": choices,
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
        let reasoning = self.reason(&given.reasoning);
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

    /// Whether a text of a model sends its readers to a page that neither the row names nor was read.
    fn leads_elsewhere(&self, text: &str) -> bool {
        let is_known = |address: &str| {
            self.row.contains(address) || self.pages.iter().any(|page| page.address == address)
        };
        leads_elsewhere(text, is_known)
    }

    /// What a model gives as its reason, if it may be shown.
    pub(super) fn reason(&self, given: &str) -> String {
        let given = cut(given.trim(), 600);
        if self.leads_elsewhere(given) {
            return "The reason that was given led to a page that was not read, and was left out."
                .into();
        }
        given.to_owned()
    }

    pub(super) async fn write(&self, findings: &mut [Finding]) -> Result<(), Failed> {
        let fields = self.of_kind(FieldKind::Written);
        if fields.is_empty() {
            return Ok(());
        }
        let offered = self.offered(&fields);
        let asked: Vec<_> = fields
            .iter()
            .map(|(_, field)| json!({"name": field.name, "description": self.described(field)}))
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
                    findings[index] = self.written(field, given, &offered).await?;
                }
            }
            Err(why) => self.without(&fields, findings, &why, "written"),
        }
        Ok(())
    }

    /// Keeps of a text what row and quotes carry, sentence by sentence.
    async fn written(
        &self,
        field: &Field,
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
        let mut told: BTreeSet<String> = quotes.iter().flat_map(|quote| terms(quote)).collect();
        for name in self.subject.names() {
            told = &told - &terms(name);
        }
        let spans = words::sentences(&text);
        let sentences: Vec<&str> = spans.iter().map(|span| text[span.clone()].trim()).collect();
        let mut kept: Vec<bool> = Vec::new();
        let mut weak: Vec<usize> = Vec::new();
        let judging = self.mind.world.spec().processor.caps.judging;
        for (at, sentence) in sentences.iter().enumerate() {
            let (support, fault) = support::judge(sentence, &quotes, &titles, "");
            let is_carried = support != Support::No && !self.leads_elsewhere(sentence);
            // Names in quotes of other letters only a model finds.
            let is_foreign = support == Support::Weak && fault == Some(Fault::Names);
            // What has nothing of them but the name could be said of anything.
            let is_thin =
                support == Support::Weak && terms(sentence).intersection(&told).next().is_none();
            kept.push(is_carried && !is_foreign && !is_thin);
            if is_carried && support == Support::Weak {
                weak.push(at);
            }
        }
        if judging != Judging::Rules && !weak.is_empty() {
            let quoted =
                evidence.iter().map(with_place).chain(row.iter().map(|&cell| cell.to_owned()));
            let quoted: Vec<String> = quoted.collect();
            for (at, stands) in self.judged_sentences(&sentences, &weak, &quoted).await? {
                kept[at] = stands;
            }
        }
        let carried = sentences.iter().zip(&kept).filter(|(_, kept)| **kept);
        let carried: Vec<&str> = carried.map(|(sentence, _)| *sentence).collect();
        let dropped = kept.iter().filter(|kept| !**kept).count();
        let text = as_long_as(&carried, self.limits(field).longest);
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
            value: Some(Value::String(text)),
            confidence: Some(if dropped == 0 { Confidence::Medium } else { Confidence::Low }),
            reasoning: format!(
                "Written by a model from the row and {} quotes, and checked sentence by sentence.{left_out}",
                evidence.len()
            ),
            evidence,
            ..Finding::default()
        })
    }

    /// What a field asks for, with the bounds that the caller's schema sets.
    fn described(&self, field: &Field) -> String {
        format!("{}{}", field.description, self.limits(field).in_words())
    }

    fn limits(&self, field: &Field) -> Limits {
        Limits::of(&self.mind.world.spec().wanted, field)
    }

    async fn judged_sentences(
        &self,
        sentences: &[&str],
        weak: &[usize],
        quotes: &[String],
    ) -> Result<Vec<(usize, bool)>, Failed> {
        let asked: Vec<_> = weak
            .iter()
            .enumerate()
            .map(|(number, &at)| json!({"number": number + 1, "text": sentences[at], "quotes": quotes}))
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
            Some((at, verdict.is_supported()))
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
                (Missing::Budget, "what is left of the caps of this processor does not pay for another call of a model".into())
            }
            Unanswered::Silent(why) => (Missing::ModelDown, why.clone()),
            Unanswered::Unfit(why) => {
                (Missing::ModelDown, format!("a model answered with what cannot be used: {why}"))
            }
        };
        self.mind.world.note(format!("Some fields were not {what}: {why}."));
        for (index, _) in fields {
            findings[*index] = nothing(&format!("It could not be {what}: {why}."), missing);
        }
    }
}

/// Whole sentences as far as so many characters allow; of one that is too long by itself, whole words.
fn as_long_as(sentences: &[&str], longest: Option<u64>) -> String {
    let longest = longest.map_or(usize::MAX, |most| usize::try_from(most).unwrap_or(usize::MAX));
    let taken = |pieces: &[&str]| {
        let mut text = String::new();
        for piece in pieces {
            let space = usize::from(!text.is_empty());
            if text.chars().count() + space + piece.chars().count() > longest {
                break;
            }
            if space > 0 {
                text.push(' ');
            }
            text.push_str(piece);
        }
        text
    };
    let text = taken(sentences);
    let words = || taken(&sentences.first().map_or(Vec::new(), |one| one.split(' ').collect()));
    if text.is_empty() { words() } else { text }
}

fn nothing(reasoning: &str, missing: Missing) -> Finding {
    Finding { reasoning: reasoning.to_owned(), missing: Some(missing), ..Finding::default() }
}

/// The title of a quote's page, and the heading that it stands under.
fn place(evidence: &Evidence) -> String {
    named_place(&evidence.title, evidence.section.as_deref().unwrap_or_default())
}

/// A quote, and behind it where it stands.
fn with_place(evidence: &Evidence) -> String {
    format!("{} (from {})", shown(&evidence.quote, LENGTH), place(evidence))
}

fn numbered(offered: &[Evidence]) -> Vec<Value> {
    let each = offered.iter().enumerate();
    each.map(|(index, evidence)| {
        let quote = shown(&evidence.quote, LENGTH);
        json!({
            "id": format!("E{}", index + 1), "source": place(evidence), "date": evidence.published, "quote": quote,
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_is_as_long_as_its_field_allows() {
        let sentences = ["Quiet and light.", "Made in Arle."];
        assert_eq!(as_long_as(&sentences, None), "Quiet and light. Made in Arle.");
        assert_eq!(as_long_as(&sentences, Some(29)), "Quiet and light.");
        assert_eq!(as_long_as(&sentences, Some(30)), "Quiet and light. Made in Arle.");
        assert_eq!(as_long_as(&sentences, Some(12)), "Quiet and");
        assert_eq!(as_long_as(&[], Some(12)), "");
    }
}
