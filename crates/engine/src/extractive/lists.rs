//! Fills a field that is a list: from items under a heading, from the rows of a table, from a cell or a
//! sentence that lists things.

use domain::evidence::Evidence;
use domain::output::Confidence;
use domain::processor::Caps;
use domain::schema::{Field, Shape};
use domain::text::{BlockKind, Span};
use serde_json::{Map, Value};

use super::candidates::Want;
use super::cells::{self, Cell};
use super::decide;
use super::fields::{Finding, Scope, not_found};
use super::items::{items, typed_word};
use super::labels::Label;
use super::mentions::{Prepared, Standing};
use super::values::choices::members;
use super::values::normalise::Measure;
use super::values::{Detected, Fraction, Kind, detect, normalise};

/// Most elements of one list.
const MOST: usize = 60;

/// An element and what it was read from.
struct Element {
    value: Value,
    page: usize,
    quote: Span,
}

pub fn list(scope: &Scope<'_>, field: &Field, inner: &Shape, caps: &Caps) -> Finding {
    let label = Label::of(field);
    let found = match inner {
        Shape::Object(members) => rows(scope, &label, members),
        Shape::Text(_)
        | Shape::Integer
        | Shape::Number
        | Shape::Boolean
        | Shape::Choice(_)
        | Shape::List(_)
        | Shape::Any => under_heading(scope, &label, inner)
            .or_else(|| collected(scope, &label, inner))
            .or_else(|| listed(scope, &label, inner, caps)),
    };
    let Some((mut elements, confidence, reasoning)) = found else { return not_found() };
    elements.truncate(MOST);
    let evidence_of =
        |element: &Element| scope.pages[element.page].page.evidence(element.quote.clone());
    let mut evidence: Vec<Evidence> = Vec::new();
    for element in &elements {
        let one = evidence_of(element);
        if !evidence.contains(&one) {
            evidence.push(one);
        }
    }
    Finding {
        elements: elements
            .iter()
            .enumerate()
            .map(|(index, element)| {
                (index.to_string(), vec![evidence_of(element)], Some(confidence))
            })
            .collect(),
        value: Some(elements.into_iter().map(|element| element.value).collect()),
        confidence: Some(confidence),
        reasoning,
        evidence,
        ..Finding::default()
    }
}

type Found = Option<(Vec<Element>, Confidence, String)>;

/// The items that stand directly under a heading, or behind a line that ends in a colon, which names the
/// field, where that is about the subject.
fn under_heading(scope: &Scope<'_>, label: &Label, inner: &Shape) -> Found {
    for (index, page) in scope.pages.iter().enumerate() {
        let blocks = &page.page.text.blocks;
        for zone in scope.zones[index].iter().filter(|zone| zone.nearness > 0.6) {
            let block = &blocks[zone.block];
            let text = page.page.text.block_text(block);
            let is_lead = matches!(block.kind, BlockKind::Paragraph)
                && text.ends_with(':')
                && text.len() < 120;
            let is_heading = matches!(block.kind, BlockKind::Heading { .. });
            let last_clause = text.rsplit(['.', ',']).next().unwrap_or(text);
            if !(is_heading || is_lead)
                || label.on_key(last_clause) < 0.7
                || zone.standing == Standing::Mention
            {
                continue;
            }
            let elements: Vec<Element> = blocks[zone.block + 1..]
                .iter()
                .skip_while(|next| is_heading && matches!(next.kind, BlockKind::Paragraph))
                .map_while(|next| item(page, next.kind.clone(), &next.span))
                .filter_map(|(words, quote)| {
                    let value = element(label, inner, page.page.text.quote(&words), page.fraction)?;
                    Some(Element { value, page: index, quote })
                })
                .collect();
            if !elements.is_empty() {
                let reasoning = format!("The list under “{}”.", text.trim_end_matches(':'));
                return Some((elements, Confidence::High, reasoning));
            }
        }
    }
    None
}

/// The words of a list item or the term of a definition; nothing where the list has ended.
fn item(page: &Prepared, kind: BlockKind, span: &Span) -> Option<(Span, Span)> {
    match kind {
        BlockKind::ListItem { .. } => {
            let text = page.page.text.quote(span);
            let end = [": ", " – ", " — ", " - "]
                .iter()
                .filter_map(|s| text.find(s))
                .min()
                .unwrap_or(text.len());
            let end = if end > 60 { text.len() } else { end };
            Some((span.start..span.start + end, span.clone()))
        }
        BlockKind::Definition { term, .. } => Some((term.clone(), term)),
        BlockKind::Heading { .. }
        | BlockKind::Paragraph
        | BlockKind::Quote
        | BlockKind::Code
        | BlockKind::Row { .. }
        | BlockKind::Pair { .. } => None,
    }
}

fn element(label: &Label, inner: &Shape, text: &str, page: Fraction) -> Option<Value> {
    match inner {
        Shape::Text(None) | Shape::Any => {
            let bare = text.trim().trim_start_matches(['•', '*', '-', ' ']);
            typed_word(label, inner, if bare.is_empty() { text } else { bare })
        }
        Shape::Choice(_) => members(inner, text).first().map(|(value, _)| value.clone()),
        Shape::Text(Some(_))
        | Shape::Integer
        | Shape::Number
        | Shape::Boolean
        | Shape::List(_)
        | Shape::Object(_) => {
            let cell = Cell { text, key: "", above: "", page };
            cells::read(label, inner, &cell).map(|said| said.value)
        }
    }
}

/// Values that are recognised one by one, wherever a sentence about the subject speaks of the field.
fn collected(scope: &Scope<'_>, label: &Label, inner: &Shape) -> Found {
    let is_named =
        matches!(label.kind, Kind::Person | Kind::Organisation | Kind::Place | Kind::Version);
    if !is_named
        && !matches!(
            label.kind,
            Kind::Failure | Kind::Url | Kind::Email | Kind::Phone | Kind::Choice
        )
    {
        return None;
    }
    let mut elements: Vec<Element> = Vec::new();
    for (index, page) in scope.pages.iter().enumerate() {
        for zone in scope.zones[index].iter().filter(|zone| zone.nearness > 0.65) {
            let block = &page.page.text.blocks[zone.block];
            let text = page.page.text.block_text(block);
            let is_foreign = matches!(block.kind, BlockKind::Definition { .. })
                && zone.standing != Standing::Defines;
            if is_foreign || matches!(block.kind, BlockKind::Heading { .. } | BlockKind::Code) {
                continue;
            }
            for span in super::words::sentences(text) {
                let sentence = &text[span.clone()];
                let cues = label.cues(&super::words::tokens(sentence));
                let Some(cue) = cues.first().filter(|cue| cue.weight > 0.7) else { continue };
                let quote = block.span.start + span.start..block.span.start + span.end;
                let named = if label.kind == Kind::Choice {
                    members(inner, &sentence[cue.span.end..])
                } else {
                    let found = detect(label.kind, sentence, page.fraction);
                    let found = if is_named { chain(sentence, &cue.span, found) } else { found };
                    found
                        .into_iter()
                        .filter_map(|found| {
                            let raw = &sentence[found.span.clone()];
                            normalise::value(
                                inner,
                                label.kind,
                                Measure::default(),
                                &found.typed,
                                raw,
                            )
                            .map(|value| (value, found.span))
                        })
                        .collect()
                };
                for (value, _) in named {
                    if elements.iter().all(|known| known.value != value) {
                        elements.push(Element { value, page: index, quote: quote.clone() });
                    }
                }
            }
        }
    }
    (!elements.is_empty())
        .then(|| (elements, Confidence::Medium, "Named in sentences about the subject.".into()))
}

/// Of the names in a sentence those right behind the cue, joined by commas and “and”.
fn chain(sentence: &str, cue: &Span, found: Vec<Detected>) -> Vec<Detected> {
    let mut end = cue.end;
    let mut links = Vec::new();
    for name in found.into_iter().filter(|name| name.span.start >= cue.end) {
        let between = sentence[end..name.span.start].trim();
        let is_joined = if links.is_empty() {
            between.split_whitespace().count() <= 2 && !between.contains(['.', ';'])
        } else {
            matches!(between, "," | "and" | ", and" | "&" | "or")
        };
        if !is_joined {
            break;
        }
        end = name.span.end;
        links.push(name);
    }
    links
}

/// A cell or sentence that lists things: found as one text, then split.
fn listed(scope: &Scope<'_>, label: &Label, inner: &Shape, caps: &Caps) -> Found {
    let shape = Shape::Text(None);
    let mut want = Want { label: label.clone(), shape: &shape };
    want.label.lists = true;
    if matches!(label.kind, Kind::Literal | Kind::Number | Kind::Choice) {
        want.label.kind = Kind::Phrase;
    }
    let decision = decide::choose(scope.offers(&want), scope.pages, scope.subject, caps)?;
    let offer = &decision.chosen.offers[0];
    let text = offer.value.as_str()?;
    let elements: Vec<Element> = items(label, inner, text, scope.pages[offer.page].fraction)
        .into_iter()
        .map(|value| Element { value, page: offer.page, quote: offer.quotes[0].clone() })
        .collect();
    (!elements.is_empty())
        .then(|| (elements, decision.confidence, "Listed in one passage about the subject.".into()))
}

/// Rows of a table about the subject whose columns are the members of the object.
fn rows(scope: &Scope<'_>, label: &Label, members: &[Field]) -> Found {
    let labels: Vec<Label> = members.iter().map(Label::of).collect();
    for (index, page) in scope.pages.iter().enumerate() {
        let text = &page.page.text;
        let mut elements = Vec::new();
        let mut table: Option<usize> = None;
        for zone in scope.zones[index].iter().filter(|zone| zone.nearness > 0.6) {
            let BlockKind::Row { cells, header: Some(header), is_header: false } =
                &text.blocks[zone.block].kind
            else {
                continue;
            };
            if table.is_some_and(|known| known != *header) {
                break;
            }
            let BlockKind::Row { cells: heads, .. } = &text.blocks[*header].kind else { continue };
            let columns: Vec<Option<usize>> = labels
                .iter()
                .map(|label| {
                    (0..heads.len())
                        .map(|at| (at, label.on_key(text.quote(&heads[at]))))
                        .filter(|(_, fit)| *fit >= 0.62)
                        .max_by(|a, b| a.1.total_cmp(&b.1))
                        .map(|(at, _)| at)
                })
                .collect();
            let known = columns.iter().flatten().count();
            let is_named =
                text.heading_path(&text.blocks[zone.block]).iter().any(|h| label.on_key(h) > 0.6);
            if known == 0 || (known < 2 && !is_named) {
                continue;
            }
            table = Some(*header);
            let mut object = Map::new();
            for (member, (label, column)) in members.iter().zip(labels.iter().zip(&columns)) {
                let value = column
                    .and_then(|at| Some((cells.get(at)?, heads.get(at)?)))
                    .and_then(|(cell, head)| {
                        let (text, key) = (text.quote(cell), text.quote(head));
                        let cell = Cell { text, key, above: "", page: page.fraction };
                        cells::read(label, &member.shape, &cell)
                    })
                    .map_or(Value::Null, |said| said.value);
                object.insert(member.name.clone(), value);
            }
            if object.values().any(|value| !value.is_null()) {
                elements.push(Element {
                    value: Value::Object(object),
                    page: index,
                    quote: text.blocks[zone.block].span.clone(),
                });
            }
        }
        if !elements.is_empty() {
            return Some((
                elements,
                Confidence::Medium,
                format!("The rows of a table on “{}”.", text.title),
            ));
        }
    }
    None
}
