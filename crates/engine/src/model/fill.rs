//! Fills the fields of a row with models: readers find values and evidence, rules choose between values and models where
//! rules cannot, and what is judged or written rests on quotes that were found.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use domain::model::Role;
use domain::schema::{Field, FieldKind, Shape};
use domain::spec::{Escalation, Input};
use domain::text::Span;
use serde::Deserialize;
use serde_json::{Value, json};

use super::asking::{Ask, at_most};
use super::cells::{Follows, as_asked, fitted, follows, in_full, type_in_words};
use super::columns::{self, Columns};
use super::material::{self, Portion};
use super::named::{Named, named};
use super::reader::stands;
use super::words::terms;
use super::{Mind, restated, tools};
use crate::extractive::fields::Finding;
use crate::extractive::labels::Label;
use crate::extractive::subject::Subject;
use crate::purse::{Phase, Purse};
use crate::world::{Unanswered, World};
use crate::{Failed, ReadPage};

/// Entries of one portion, and names of passages about other things.
const CELLS: usize = 24;
const OTHERS: usize = 40;
const MAX_OUTPUT: u32 = 1_600;
/// Characters of a row in a prompt.
const ROW: usize = 3_000;

/// A place in a page that bears on a field, and the value that it states.
#[derive(Debug, Clone)]
pub(super) struct Cell {
    pub(super) field: usize,
    /// Index into the filler's pages.
    pub(super) page: usize,
    pub(super) span: Span,
    /// `None` for evidence that something is judged or written from.
    pub(super) value: Option<(Value, Follows)>,
    /// Whether the page names the row as it is called there.
    pub(super) is_named: bool,
}

/// What one row has so far.
pub(crate) struct Filler<'a> {
    pub(super) mind: Mind<'a>,
    pub(super) purse: Purse,
    pub(super) fields: Arc<[Field]>,
    /// The row in words.
    pub(super) row: String,
    /// The row as a page of its own, which judgements and texts may rest on.
    pub(super) row_page: ReadPage,
    pub(super) pages: Vec<ReadPage>,
    pub(super) cells: Vec<Cell>,
    pub(super) subject: Subject,
    /// Other words for each field.
    also: Vec<String>,
    /// Searches of the plan that were not made yet.
    queries: Vec<String>,
    /// Some passages were read by no model, because it could not be asked or did not answer what can be used.
    pub(super) is_unread: bool,
    /// Fields that no model could be asked about, because a cap was reached; without those that one was asked about.
    pub(super) unasked: BTreeSet<usize>,
    asked_once: BTreeSet<usize>,
}

#[derive(Deserialize)]
struct Answer {
    others: Vec<String>,
    cells: Vec<Given>,
}

#[derive(Deserialize)]
struct Given {
    field: String,
    passage: String,
    quote: String,
    value: Option<String>,
}

/// What a reader gave, where the page states it.
struct Quoted {
    page: usize,
    span: Span,
    /// `None` where only evidence is wanted.
    value: Option<(Value, Follows)>,
}

fn schema() -> Value {
    let cell = json!({
        "type": "object",
        "properties": {
            "field": {"type": "string"},
            "passage": {"type": "string"},
            "quote": {"type": "string"},
            "value": {"type": ["string", "null"]},
        },
        "required": ["field", "passage", "quote", "value"],
        "additionalProperties": false,
    });
    json!({
        "type": "object",
        "properties": {
            "others": {
                "type": "array", "maxItems": OTHERS, "items": {"type": "string"},
                "description": "names of passages about another thing",
            },
            "cells": at_most(CELLS, &cell),
        },
        "required": ["others", "cells"],
        "additionalProperties": false,
    })
}

impl<'a> Filler<'a> {
    /// Begins a row: its text, and how its fields are looked up, which is asked once for all rows of a group.
    pub(crate) async fn begin(
        world: &'a World,
        purse: Purse,
        subject: &Subject,
        fields: Arc<[Field]>,
    ) -> Result<Self, Failed> {
        let mind = Mind::of(world).await?;
        let row = row_in_words(&world.claimed.input);
        let row_page = world.input_page(&row).await?;
        let row = world.following_up(row);
        let Columns { also, queries } = columns::planned(&mind, &purse, &fields, subject).await?;
        Ok(Self {
            mind,
            purse,
            also,
            fields,
            row: row.chars().take(ROW).collect(),
            row_page,
            pages: Vec::new(),
            cells: Vec::new(),
            subject: subject.clone(),
            queries,
            is_unread: false,
            unasked: BTreeSet::new(),
            asked_once: BTreeSet::new(),
        })
    }

    /// What the tools say about the row that the request names.
    pub(crate) async fn ask_tools(&self) -> Result<Vec<ReadPage>, Failed> {
        let fields = self.fields.iter().map(|field| match field.description.as_str() {
            "" => field.name.clone(),
            description => format!("{}: {description}", field.name),
        });
        let parts = fields.collect::<Vec<_>>().join("; ");
        let wanted = tools::Wanted { question: &self.row, parts };
        tools::consult(&self.mind, &self.purse, &wanted).await
    }

    /// Searches that the plan gives for this row; once.
    pub(crate) fn queries(&mut self) -> Vec<String> {
        std::mem::take(&mut self.queries)
    }

    /// Fields that a model is asked about, by what the rules have found.
    fn asked(&self, by_rules: &[Finding]) -> Vec<usize> {
        let escalation = self.mind.world.spec().escalation;
        let is_sure = |finding: &Finding| {
            finding.value.is_some() && finding.confidence == Some(domain::output::Confidence::High)
        };
        (0..self.fields.len())
            .filter(|&index| match self.fields[index].kind {
                FieldKind::Judged | FieldKind::Written => true,
                FieldKind::Found => escalation == Escalation::Every || !is_sure(&by_rules[index]),
            })
            .collect()
    }

    /// Whether a field wants further looking, whatever the rules have found.
    pub(crate) fn is_open(&self, field: usize) -> bool {
        !self.cells.iter().any(|cell| cell.field == field)
    }

    /// Has new pages read for the fields that the rules are not sure of.
    pub(crate) async fn read(
        &mut self,
        fresh: &[ReadPage],
        by_rules: &[Finding],
        rounds_left: u32,
    ) -> Result<(), Failed> {
        let asked = self.asked(by_rules);
        if asked.is_empty() || fresh.is_empty() {
            return Ok(());
        }
        let names: BTreeSet<String> = self.subject.names().flat_map(terms).collect();
        let wanted: Vec<BTreeSet<String>> = asked
            .iter()
            .map(|&index| {
                let field = &self.fields[index];
                let mut words = names.clone();
                words.extend(terms(&field.name.replace(['_', '-'], " ")));
                words.extend(terms(&field.description));
                words.extend(terms(&self.also[index]));
                words
            })
            .collect();
        let room = self.mind.room(Role::Reader, MAX_OUTPUT);
        let pages = fresh.to_vec();
        let chosen = tokio::task::spawn_blocking(move || material::choose(&pages, &wanted, room))
            .await
            .map_err(|why| Failed::Broken(format!("choosing passages: {why}")))?;
        let left = self.purse.calls_left(Phase::Look);
        let most = usize::try_from(left.div_ceil(u64::from(rounds_left) + 1)).unwrap_or(1).max(1);
        let portions = &chosen.portions[..chosen.portions.len().min(most)];
        let asks = portions.iter().map(|portion| self.ask(&asked, portion, fresh)).collect();
        let answers: Vec<Result<Answer, Unanswered>> =
            self.mind.all(&self.purse, asks, &schema()).await?;
        let mut dropped = 0;
        for (portion, answer) in portions.iter().zip(answers) {
            match answer {
                Ok(answer) => {
                    self.asked_once.extend(&asked);
                    dropped += self.add(&asked, portion, fresh, answer);
                }
                Err(Unanswered::Cap) => {
                    self.unasked.extend(&asked);
                    self.mind.world.note(
                        "Not all pages were read by a model: what is left of the caps of this processor does not pay for another call of a model.",
                    );
                }
                Err(Unanswered::Silent(why) | Unanswered::Unfit(why)) => {
                    self.is_unread = true;
                    self.mind.world.note(format!("A model did not read some passages: {why}."));
                }
            }
        }
        self.unasked.retain(|field| !self.asked_once.contains(field));
        self.mind.world.note_read_by_model(dropped, chosen.withheld);
        Ok(())
    }

    fn ask(&self, asked: &[usize], portion: &Portion, pages: &[ReadPage]) -> Ask {
        let fields: Vec<_> = asked
            .iter()
            .map(|&index| {
                let field = &self.fields[index];
                json!({
                    "name": field.name, "type": type_in_words(field), "description": field.description,
                    "also": self.also[index],
                })
            })
            .collect();
        Ask {
            role: Role::Reader,
            phase: Phase::Look,
            prompt: "read_fields",
            given: json!({
                "row": self.row, "fields": fields, "passages": portion.fenced(pages), "max_cells": CELLS,
            }),
            max_output_tokens: MAX_OUTPUT,
        }
    }

    /// Looks each quote up, holds each value against it and the page against the row; answers how many fell.
    fn add(
        &mut self,
        asked: &[usize],
        portion: &Portion,
        pages: &[ReadPage],
        answer: Answer,
    ) -> usize {
        let mut dropped = 0;
        let mut known: BTreeMap<usize, Named> = BTreeMap::new();
        for given in answer.cells.into_iter().take(CELLS) {
            let is_other = answer.others.iter().any(|name| name.trim() == given.passage.trim());
            let field = asked.iter().copied().find(|&at| self.fields[at].name == given.field);
            let (Some(field), false) = (field, is_other) else {
                dropped += 1;
                continue;
            };
            let Some(Quoted { page, span, value }) = self.quoted(field, portion, pages, &given)
            else {
                dropped += 1;
                continue;
            };
            let how = *known.entry(page).or_insert_with(|| named(&self.subject, &pages[page]));
            if how == Named::No {
                dropped += 1;
                continue;
            }
            let (page, is_named) = (self.place(&pages[page]), how == Named::Plainly);
            self.cells.push(Cell { field, page, span, value, is_named });
        }
        dropped
    }

    /// Where a page states what a reader gave: the quote, if it stands and the value follows from it, else the sentence or row
    /// that states it.
    fn quoted(
        &self,
        field: usize,
        portion: &Portion,
        pages: &[ReadPage],
        given: &Given,
    ) -> Option<Quoted> {
        let read = |(page, span): (usize, Span)| {
            let value = self.value(field, given.value.as_deref(), &pages[page], &span).ok()?;
            Some(Quoted { page, span, value })
        };
        let as_given = stands(portion, pages, &given.passage, &given.quote).and_then(read);
        as_given.or_else(|| {
            let field = Some(&self.fields[field]).filter(|field| field.kind == FieldKind::Found)?;
            let shape = if let Shape::List(inner) = &field.shape { inner } else { &field.shape };
            let value = fitted(shape, given.value.as_deref()?)?;
            let label = Label::of(field);
            let of = (field, &label);
            read(restated::of_value(&value, of, portion, pages, &given.passage)?)
        })
    }

    /// The value of a cell: `None` where only evidence is wanted, an error where it does not follow from its quote.
    fn value(
        &self,
        field: usize,
        given: Option<&str>,
        page: &ReadPage,
        span: &Span,
    ) -> Result<Option<(Value, Follows)>, ()> {
        let field = &self.fields[field];
        if field.kind != FieldKind::Found {
            return Ok(None);
        }
        let shape = if let Shape::List(inner) = &field.shape { inner } else { &field.shape };
        let value = given.and_then(|text| fitted(shape, text)).ok_or(())?;
        let label = Label::of(field);
        if self.is_own_name(shape, &value) && !label.asks_for_name() {
            return Err(());
        }
        let block = page.text.blocks.iter().find(|block| block.span.end >= span.end);
        let around = block.map(|block| page.text.heading_path(block).join(" ")).unwrap_or_default();
        let quote = page.text.quote(span);
        let in_full = in_full(&value, label.measure);
        let follows =
            follows(shape, &value, quote, &around).max(follows(shape, &in_full, quote, &around));
        match follows {
            Follows::No => Err(()),
            Follows::Loosely | Follows::Plainly => {
                let value = as_asked(value, label.measure, quote).ok_or(())?;
                let is_cut = *shape == Shape::Integer && !value.is_i64();
                if is_cut { Err(()) } else { Ok(Some((value, follows))) }
            }
        }
    }

    /// Whether a value is but the name of the row. What a question is about is only guessed.
    fn is_own_name(&self, shape: &Shape, value: &Value) -> bool {
        let is_text = matches!(shape, Shape::Text(None) | Shape::Any);
        let is_row = matches!(self.mind.world.claimed.input, Input::Row(_));
        is_text && is_row && value.as_str().is_some_and(|text| self.subject.is_name(text))
    }

    fn place(&mut self, page: &ReadPage) -> usize {
        let known = self.pages.iter().position(|known| known.text_ref == page.text_ref);
        known.unwrap_or_else(|| {
            self.pages.push(page.clone());
            self.pages.len() - 1
        })
    }
}

/// `column: cell`, a line each.
fn row_in_words(input: &Input) -> String {
    match input {
        Input::Text(text) => text.clone(),
        Input::Row(row) => row
            .iter()
            .filter(|(_, cell)| !cell.is_null())
            .map(|(column, cell)| {
                let cell = super::cells::as_text(cell);
                format!("{column}: {}", cell.split_whitespace().collect::<Vec<_>>().join(" "))
            })
            .collect::<Vec<_>>()
            .join("\n"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_row_is_a_line_for_each_cell() {
        let row = json!({"company": "Nordwind  Ltd.", "city": "", "founded": null});
        let input = Input::Row(row.as_object().unwrap().clone());
        assert_eq!(row_in_words(&input), "company: Nordwind Ltd.\ncity: ");
    }
}
