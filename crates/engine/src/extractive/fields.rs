//! Fills one field of a row from pages: what is about the subject, what it offers for the field, which
//! offer holds. It gives nothing rather than something unsure.

use domain::evidence::Evidence;
use domain::output::{Candidate, Confidence, Missing};
use domain::processor::Caps;
use domain::schema::{Field, FieldKind, Shape};
use serde_json::{Map, Value};

use super::candidates::{How, Offer, Want, gather};
use super::decide::{self, Decision, Group, THRESHOLD};
use super::focus::focus;
use super::labels::Label;
use super::leavers;
use super::lists;
pub use super::mentions::Prepared;
use super::mentions::Zone;
use super::narrow;
use super::scales::{self, Stated};
use super::subject::Subject;
use super::values::normalise;
use crate::ReadPage;

/// What was found for a field, and why.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Finding {
    pub value: Option<Value>,
    pub confidence: Option<Confidence>,
    /// One sentence on how it was found.
    pub reasoning: String,
    pub evidence: Vec<Evidence>,
    pub missing: Option<Missing>,
    pub conflicts: Vec<Candidate>,
    /// For a list: the index of each element (`0`), its evidence and its confidence.
    pub elements: Vec<(String, Vec<Evidence>, Option<Confidence>)>,
}

/// Looks for one field. For many rows over the same pages, prepare the pages once and use [`find_all`].
pub fn find(subject: &Subject, field: &Field, pages: &[ReadPage], caps: &Caps) -> Finding {
    let prepared: Vec<Prepared> = pages.iter().map(Prepared::of).collect();
    find_all(subject, std::slice::from_ref(field), &prepared, caps).pop().unwrap_or_default()
}

/// Looks for all fields of a row, each about what it asks about.
pub fn find_all(
    subject: &Subject,
    fields: &[Field],
    pages: &[Prepared],
    caps: &Caps,
) -> Vec<Finding> {
    let mut findings = vec![Finding::default(); fields.len()];
    for focus in focus(subject, fields) {
        let scope = Scope::of(&focus.subject, pages);
        for index in focus.fields {
            findings[index] = scope.field(&fields[index], caps);
        }
    }
    findings
}

/// What the pages hold about one subject.
pub struct Scope<'a> {
    pub subject: &'a Subject,
    pub pages: &'a [Prepared],
    /// Per page.
    pub zones: Vec<Vec<Zone>>,
}

impl<'a> Scope<'a> {
    pub fn of(subject: &'a Subject, pages: &'a [Prepared]) -> Self {
        Self { subject, pages, zones: narrow::zones(subject, pages) }
    }

    /// All offers for a field that is neither a list nor an object, for deciding and for debugging.
    pub fn offers(&self, want: &Want<'_>) -> Vec<Offer> {
        let mut offers = Vec::new();
        for (index, page) in self.pages.iter().enumerate() {
            gather(want, self.subject, page, index, &self.zones[index], &mut offers);
        }
        let offers = leavers::without(offers, &want.label, self.subject, self.pages, &self.zones);
        match want.label.measure.scale {
            Some(scale) => self.in_scale(offers, want.shape, scale),
            None => offers,
        }
    }

    /// Numbers in the scale that the field asks for, as far as it can be told from all of them.
    fn in_scale(&self, mut offers: Vec<Offer>, shape: &Shape, scale: f64) -> Vec<Offer> {
        let are_numbers = |offer: &&mut Offer| offer.value.is_number();
        let stated: Vec<Stated> = offers
            .iter()
            .filter_map(|offer| {
                let text = &self.pages[offer.page].page.text;
                let words: Vec<&str> = offer.quotes.iter().map(|span| text.quote(span)).collect();
                let number = offer.value.as_f64()?;
                let is_witness = offer.score >= THRESHOLD;
                Some(Stated { number, words: words.join(" "), is_witness })
            })
            .collect();
        let settled = scales::settled(&stated, scale);
        for (offer, number) in offers.iter_mut().filter(are_numbers).zip(settled) {
            offer.value = normalise::number_of(number).unwrap_or(Value::Null);
        }
        // What is less than one thousand is no whole number of thousands.
        offers.retain(|offer| match shape {
            Shape::Integer => offer.value.is_i64(),
            Shape::Number
            | Shape::Boolean
            | Shape::Text(_)
            | Shape::Choice(_)
            | Shape::List(_)
            | Shape::Object(_)
            | Shape::Any => !offer.value.is_null(),
        });
        offers
    }

    pub fn field(&self, field: &Field, caps: &Caps) -> Finding {
        match field.kind {
            FieldKind::Found => {}
            FieldKind::Judged | FieldKind::Written => return needs_model(field.kind),
        }
        if self.zones.iter().all(Vec::is_empty) {
            return Finding {
                reasoning: "No page that was read speaks of the row's subject.".into(),
                missing: Some(Missing::NoPages),
                ..Finding::default()
            };
        }
        match &field.shape {
            Shape::List(inner) => lists::list(self, field, inner, caps),
            Shape::Object(members) => self.object(members, caps),
            Shape::Text(_)
            | Shape::Integer
            | Shape::Number
            | Shape::Boolean
            | Shape::Choice(_)
            | Shape::Any => {
                let want = Want { label: Label::of(field), shape: &field.shape };
                match decide::choose(self.offers(&want), self.pages, self.subject, caps) {
                    Some(decision) => self.finding(&decision),
                    None => not_found(),
                }
            }
        }
    }

    fn finding(&self, decision: &Decision) -> Finding {
        let mut reasoning = self.story(&decision.chosen);
        if let Some(rule) = decision.rule.filter(|_| !decision.rivals.is_empty()) {
            let others = match decision.rivals.len() {
                1 => "Another value was also stated".to_owned(),
                count => format!("{count} other values were also stated"),
            };
            reasoning = format!("{reasoning} {others}; {rule}.");
        }
        Finding {
            value: Some(decision.chosen.offers[0].value.clone()),
            confidence: Some(decision.confidence),
            reasoning,
            evidence: self.evidence(&decision.chosen),
            missing: None,
            conflicts: decide::conflicts(&decision.rivals, self.pages),
            elements: Vec::new(),
        }
    }

    /// The best quote, and one from each further page that says the same.
    pub fn evidence(&self, group: &Group) -> Vec<Evidence> {
        /// Pages quoted for one value.
        const MOST: usize = 3;
        let mut seen = Vec::new();
        let mut all = Vec::new();
        for offer in &group.offers {
            if seen.len() < MOST && !seen.contains(&offer.page) && offer.score > 0.4 {
                seen.push(offer.page);
                let page = &self.pages[offer.page].page;
                all.extend(offer.quotes.iter().map(|span| page.evidence(span.clone())));
            }
        }
        all
    }

    /// How the chosen value was found, in a sentence.
    fn story(&self, group: &Group) -> String {
        let offer = &group.offers[0];
        let page = &self.pages[offer.page].page;
        let section = page.evidence(offer.quotes[0].clone()).section;
        let section = section.filter(|section| !section.is_empty());
        let under = section.map_or_else(
            || format!("on “{}”", page.text.title),
            |section| format!("under “{section}”"),
        );
        let name = &self.subject.name;
        let found = match offer.how {
            How::Data => format!("Stated in the structured data of “{}”", page.text.title),
            How::Term => format!("Stated in the term that defines “{name}” {under}"),
            How::Definition => format!("Stated in the definition of “{name}” {under}"),
            How::Pair => format!("Stated as a key and its value {under}"),
            How::Table => format!("Stated in a table row {under}"),
            How::Sentence => format!("Stated in a sentence {under}"),
            How::Opening => format!("The first sentence on “{name}” {under}"),
        };
        if group.publishers > 1 {
            format!("{found}; {} sources agree.", group.publishers)
        } else {
            format!("{found}.")
        }
    }

    /// Each member is looked for like a field; the object is what was found.
    fn object(&self, members: &[Field], caps: &Caps) -> Finding {
        let mut values = Map::new();
        let mut whole = Finding::default();
        let mut held = 0;
        for member in members {
            let found = self.field(member, caps);
            if found.value.is_some() {
                held += 1;
                whole.confidence = whole.confidence.min(found.confidence).or(found.confidence);
            }
            values.insert(member.name.clone(), found.value.unwrap_or(Value::Null));
            whole.evidence.extend(found.evidence);
        }
        if held == 0 {
            return not_found();
        }
        whole.value = Some(Value::Object(values));
        whole.reasoning = format!("{held} of {} members are stated by the pages.", members.len());
        whole
    }
}

pub fn not_found() -> Finding {
    Finding {
        reasoning: "The pages about the subject do not state it clearly enough.".into(),
        missing: Some(Missing::NotFound),
        ..Finding::default()
    }
}

fn needs_model(kind: FieldKind) -> Finding {
    let what = if kind == FieldKind::Judged { "judgement" } else { "writing" };
    Finding {
        reasoning: format!(
            "The field asks for {what}, which needs a language model; none took part."
        ),
        missing: Some(Missing::NeedsModel),
        ..Finding::default()
    }
}

#[cfg(test)]
pub(super) mod tests;
