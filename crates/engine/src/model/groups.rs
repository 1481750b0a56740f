//! Values that rules and readers have found for a field, those that agree together, and how much speaks for each.

use std::collections::BTreeSet;

use domain::evidence::Evidence;
use domain::output::Confidence;
use domain::schema::Shape;
use domain::text::Span;
use serde_json::Value;

use super::cells::Follows;
use super::fill::{Cell, Filler};
use crate::extractive::fields::Finding;
use crate::extractive::labels::Label;
use crate::extractive::scales::{self, Stated};
use crate::extractive::values::normalise::{self, agree};
use crate::extractive::values::numbers;
use crate::reading::publisher;

/// Values that agree, and where they stand.
pub(super) struct Group {
    pub(super) value: Value,
    /// Page and span.
    pub(super) places: Vec<(usize, Span)>,
    pub(super) follows: Follows,
    /// Whether one of the pages names the row as it is called there.
    pub(super) is_named: bool,
    /// What the rules found for it, too.
    pub(super) by_rules: Option<Finding>,
}

impl Filler<'_> {
    /// Values for a field, those that most speaks for first.
    pub(super) fn groups(&self, field: usize, by_rules: &Finding) -> Vec<Group> {
        let mut groups: Vec<Group> = Vec::new();
        let (cells, by_rules) = &self.in_scale(field, by_rules);
        for cell in cells {
            let Cell { page, span, value: Some((value, follows)), is_named, .. } = cell else {
                continue;
            };
            let place = (*page, span.clone());
            match groups
                .iter_mut()
                .find(|group| self.is_of(group, value, std::slice::from_ref(&place)))
            {
                Some(group) => {
                    group.complete(value);
                    let same = |(known, other): &(usize, Span)| {
                        known == page && other.start < span.end && span.start < other.end
                    };
                    if !group.places.iter().any(same) {
                        group.places.push(place);
                    }
                    if *follows > group.follows {
                        group.follows = *follows;
                    }
                    group.is_named |= is_named;
                }
                None => groups.push(Group {
                    value: value.clone(),
                    places: vec![place],
                    follows: *follows,
                    is_named: *is_named,
                    by_rules: None,
                }),
            }
        }
        if let Some(value) = &by_rules.value {
            let found = by_rules.clone();
            let places = self.places(&found.evidence);
            match groups.iter_mut().find(|group| self.is_of(group, value, &places)) {
                Some(group) => {
                    group.complete(value);
                    group.by_rules = Some(found);
                }
                None => groups.push(Group {
                    value: value.clone(),
                    places: Vec::new(),
                    follows: Follows::Plainly,
                    is_named: true,
                    by_rules: Some(found),
                }),
            }
        }
        let known: BTreeSet<&str> =
            by_rules.evidence.iter().map(|evidence| publisher(&evidence.address)).collect();
        // Where as much speaks for both, what stands elsewhere goes before what the rules have found, and that before another
        // reading of the same place.
        groups.sort_by_key(|group| {
            let is_elsewhere = !self.readers(group).is_subset(&known);
            std::cmp::Reverse((self.weight(group), is_elsewhere, group.rules()))
        });
        groups
    }

    /// What was read and found for a field, numbers in the scale that it asks for, as far as it can be told from all of them.
    fn in_scale(&self, field: usize, by_rules: &Finding) -> (Vec<Cell>, Finding) {
        let of_field = self.cells.iter().filter(|cell| cell.field == field);
        let mut cells: Vec<Cell> = of_field.cloned().collect();
        let mut found = by_rules.clone();
        let Some(scale) = Label::of(&self.fields[field]).measure.scale else {
            return (cells, found);
        };
        let read = cells.iter().filter_map(|cell| {
            let number = cell.value.as_ref()?.0.as_f64()?;
            Some((number, self.pages[cell.page].text.quote(&cell.span).to_owned()))
        });
        let quoted = |found: &Finding| {
            let quotes: Vec<&str> = found.evidence.iter().map(|one| one.quote.as_str()).collect();
            quotes.join(" ")
        };
        let by_rules = found.value.as_ref().and_then(Value::as_f64);
        let by_rules = by_rules.map(|number| (number, quoted(&found)));
        let stated: Vec<Stated> = read
            .chain(by_rules)
            .map(|(number, words)| Stated { number, words, is_witness: true })
            .collect();
        let mut settled = scales::settled(&stated, scale).into_iter();
        let values =
            cells.iter_mut().filter_map(|cell| cell.value.as_mut().map(|(value, _)| value));
        let numbers = values.chain(&mut found.value).filter(|value| value.is_number());
        for (value, number) in numbers.zip(&mut settled) {
            *value = normalise::number_of(number).unwrap_or_else(|| value.take());
        }
        // What is less than one thousand is no whole number of thousands.
        let is_whole = self.fields[field].shape == Shape::Integer;
        let is_cut = |cell: &Cell| cell.value.as_ref().is_some_and(|(value, _)| value.is_f64());
        cells.retain(|cell| !(is_whole && is_cut(cell)));
        (cells, found)
    }

    /// Whether a value that stands in these places is that of a group: the same, or from the same quote an object that lacks
    /// what the other has, a number that lacks its scale, or a figure that lacks its unit.
    fn is_of(&self, group: &Group, value: &Value, places: &[(usize, Span)]) -> bool {
        let mut common = group.places.iter().filter(|(page, span)| {
            places.iter().any(|(other, there)| {
                other == page && there.start < span.end && span.start < there.end
            })
        });
        agree(&group.value, value)
            || common.any(|(page, span)| {
                let quote = self.pages[*page].text.quote(span);
                let is_object = group.value.is_object();
                (is_object && is_compatible(&group.value, value))
                    || differ_by_scale(&group.value, value, quote)
                    || is_figure_of(&group.value, value)
                    || is_figure_of(value, &group.value)
            })
    }

    /// Where among the filler's pages quotes stand.
    fn places(&self, quotes: &[Evidence]) -> Vec<(usize, Span)> {
        let place = |quote: &Evidence| {
            let page = self.pages.iter().position(|page| page.text_ref == quote.text)?;
            Some((page, quote.span.clone()))
        };
        quotes.iter().filter_map(place).collect()
    }

    /// Whether a model has to choose: as much speaks for another value, or rules and readers differ.
    pub(super) fn is_disputed(&self, groups: &[Group]) -> bool {
        let [first, others @ ..] = groups else { return false };
        let is_sure = |group: &Group| group.rules() >= Some(Confidence::Medium);
        let is_as_full = |group: &Group| filled(&group.value) >= filled(&first.value);
        others.iter().any(|group| {
            self.weight(group) >= self.weight(first) || (is_sure(group) && is_as_full(group))
        })
    }

    /// How much speaks for a value, what counts most first: members of an object that are filled; independent sources, how
    /// plainly they state it and whether they name the row. What the rules alone have found counts as one source: it never
    /// outranks what a model read plainly.
    fn weight(&self, group: &Group) -> (usize, usize) {
        let sources = self.readers(group).len().max(1);
        let is_plain = group.follows == Follows::Plainly;
        let sure = usize::from(is_plain) + usize::from(group.is_named);
        (filled(&group.value), sources + sure)
    }

    /// Who states a value by what readers have found.
    fn readers<'a>(&'a self, group: &'a Group) -> BTreeSet<&'a str> {
        group.places.iter().map(|(page, _)| self.pages[*page].publisher()).collect()
    }
}

impl Group {
    /// The fuller of two objects, the greater of two numbers: the other one lacks its “million”; a figure with its unit.
    fn complete(&mut self, value: &Value) {
        let is_fuller = match (self.value.as_f64(), value.as_f64()) {
            (Some(own), Some(their)) => their.abs() > own.abs(),
            _ => filled(value) > filled(&self.value) || is_figure_of(&self.value, value),
        };
        if is_fuller {
            self.value = value.clone();
        }
    }

    fn rules(&self) -> Option<Confidence> {
        self.by_rules.as_ref().and_then(|found| found.confidence)
    }
}

/// Whether two values say the same, as far as both say something: an object may lack what the other has.
pub(super) fn is_compatible(one: &Value, other: &Value) -> bool {
    match (one, other) {
        (Value::Object(own), Value::Object(theirs)) => own.iter().all(|(name, value)| {
            let their = theirs.get(name).unwrap_or(&Value::Null);
            filled(value) == 0 || filled(their) == 0 || is_compatible(value, their)
        }),
        (own, their) => agree(own, their),
    }
}

/// Members of an object that say something; 1 for another value, 0 for nothing.
fn filled(value: &Value) -> usize {
    match value {
        Value::Null => 0,
        Value::String(text) => usize::from(!text.trim().is_empty()),
        Value::Object(members) => members.values().filter(|member| filled(member) > 0).count(),
        Value::Bool(_) | Value::Number(_) | Value::Array(_) => 1,
    }
}

/// Whether two numbers are one quantity of a quote with and without its “thousand”, “million” or “billion”.
fn differ_by_scale(one: &Value, other: &Value, quote: &str) -> bool {
    let (Some(one), Some(other)) = (one.as_f64(), other.as_f64()) else { return false };
    let (small, large) = if one.abs() < other.abs() { (one, other) } else { (other, one) };
    let is = |a: f64, b: f64| (a - b).abs() <= 1e-9 * b.abs();
    let scaled = numbers::find(quote).into_iter().filter(|(_, quantity)| quantity.is_scaled);
    let mut whole = scaled.map(|(_, quantity)| quantity.number);
    let scales = [1e3, 1e6, 1e9, 1e12];
    whole.any(|number| is(number, large) && scales.iter().any(|scale| is(small * scale, large)))
}

/// Whether a text is a figure of another without the words around it: “61” of “EUR 61 million”.
fn is_figure_of(one: &Value, other: &Value) -> bool {
    let (Some(one), Some(other)) = (one.as_str(), other.as_str()) else { return false };
    let (figure, whole): (Vec<&str>, Vec<&str>) =
        (one.split_whitespace().collect(), other.split_whitespace().collect());
    let is_figure = figure.iter().all(|word| word.starts_with(|c: char| c.is_ascii_digit()));
    is_figure
        && (1..whole.len()).contains(&figure.len())
        && whole.windows(figure.len()).any(|words| words == figure)
}

/// Which members of an object no source states, as a sentence behind others.
pub(super) fn empty_members(value: &Value) -> String {
    let Value::Object(members) = value else { return String::new() };
    let empty: Vec<&str> = members
        .iter()
        .filter(|(_, member)| filled(member) == 0)
        .map(|(name, _)| name.as_str())
        .collect();
    if empty.is_empty() { String::new() } else { format!(" Not stated: {}.", empty.join(", ")) }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn an_object_is_fuller_than_a_fragment_which_contradicts_nothing() {
        let whole = json!({"street": "Storgata 14", "city": "Halden", "country": null});
        let fragment = json!({"street": "", "city": "halden", "country": null});
        assert_eq!((filled(&whole), filled(&fragment)), (2, 1));
        assert!(is_compatible(&whole, &fragment));
        assert!(!is_compatible(&whole, &json!({"street": null, "city": "Leeds"})));
        assert_eq!(empty_members(&fragment), " Not stated: street, country.");
        assert_eq!(empty_members(&json!("Halden")), "");
    }

    #[test]
    fn a_figure_without_its_unit_is_the_same_figure() {
        let is_of = |one: &str, other: &str| is_figure_of(&json!(one), &json!(other));
        assert!(is_of("61", "EUR 61 million") && is_of("320", "320 l/min"));
        assert!(!is_of("61", "61") && !is_of("6", "EUR 61 million") && !is_of("EUR", "EUR 61"));
        assert!(!is_of("", "EUR 61 million"));
    }

    #[test]
    fn two_readings_differ_by_a_scale_that_stands_in_the_quote() {
        let differ = |one, other, quote: &str| differ_by_scale(&json!(one), &json!(other), quote);
        assert!(differ(61, 61_000_000, "It cost EUR 61 million."));
        assert!(differ(61_000_000, 61, "It cost EUR 61 million."));
        assert!(!differ(1, 1000, "From 1 to 1,000 people."));
        assert!(!differ(48, 61_000_000, "It cost EUR 61 million and not 48."));
    }
}
