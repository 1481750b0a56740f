//! Values that models read for a field: brought to the field's type, and held against the quote they are said to stand in.

use domain::schema::{Field, FieldKind, Shape, TextFormat};
use serde_json::{Map, Value};

use super::support::figures;
use super::words::{share, terms};
use crate::extractive::values::normalise::Measure;
use crate::extractive::values::numbers::{Quantity, Quoted};
use crate::extractive::values::{Kind, Typed, dates, normalise, numbers};

/// How far a value follows from a quote.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Follows {
    No,
    /// In other words, or as a label.
    Loosely,
    Plainly,
}

/// Shares of the words of a text that its quote has.
const PLAINLY: f64 = 0.75;
const LOOSELY: f64 = 0.4;

/// A value of the field's type, from the text that a model gives; `None` where it does not fit.
pub(super) fn fitted(shape: &Shape, text: &str) -> Option<Value> {
    let text = text.trim();
    if text.is_empty() || text.eq_ignore_ascii_case("null") {
        return None;
    }
    let plain = Measure::default();
    match shape {
        Shape::Boolean => match text.to_lowercase().as_str() {
            "true" | "yes" => Some(Value::Bool(true)),
            "false" | "no" => Some(Value::Bool(false)),
            _ => None,
        },
        Shape::Choice(choices) => choices.iter().find(|choice| says(choice, text)).cloned(),
        Shape::Object(members) => {
            let Value::Object(given) = serde_json::from_str(text).ok()? else { return None };
            let values: Map<String, Value> = members
                .iter()
                .map(|member| {
                    let value = given.get(&member.name).map(as_text);
                    let value = value.and_then(|text| fitted(&member.shape, &text));
                    (member.name.clone(), value.unwrap_or(Value::Null))
                })
                .collect();
            values.values().any(|value| !value.is_null()).then_some(Value::Object(values))
        }
        Shape::List(inner) => {
            let elements = match serde_json::from_str(text) {
                Ok(Value::Array(elements)) => elements,
                _ => vec![Value::String(text.to_owned())],
            };
            let elements = elements.iter().filter_map(|one| fitted(inner, &as_text(one)));
            let elements: Vec<Value> = elements.collect();
            (!elements.is_empty()).then_some(Value::Array(elements))
        }
        Shape::Integer | Shape::Number => {
            let bare: String = text.chars().filter(|c| !matches!(c, ',' | ' ' | '_')).collect();
            if let Ok(whole) = bare.parse::<i64>() {
                return Some(Value::from(whole));
            }
            match (shape, bare.parse::<f64>()) {
                (Shape::Number, Ok(number)) => {
                    serde_json::Number::from_f64(number).map(Value::Number)
                }
                _ => normalise::value(shape, Kind::Number, plain, &Typed::Words(text.into()), text),
            }
        }
        Shape::Text(Some(TextFormat::Email)) => text.contains('@').then(|| text.into()),
        Shape::Text(_) | Shape::Any => {
            normalise::value(shape, Kind::Phrase, plain, &Typed::Words(text.into()), text)
        }
    }
}

/// A number that a model gives as it stands in its quote, in the unit and the scale that the field asks for: 61,000,000 of
/// “EUR 61 million” in millions is 61. `None` where it measures something else: what a pump costs is not its flow.
pub(super) fn as_asked(value: Value, asked: Measure, quote: &str) -> Option<Value> {
    let Some(number) = value.as_f64() else { return Some(value) };
    let is = |one: f64, other: f64| (one - other).abs() <= 1e-9 * other.abs();
    let quoted = numbers::quoted(quote);
    let is_it = |of: &&Quoted| is(of.as_it_stands.number, number) || is(of.as_meant.number, number);
    let mut stated: Vec<Quantity> = quoted.iter().filter(is_it).map(|of| of.as_meant).collect();
    if stated.is_empty() && asked.scale.is_some() {
        // “12.5” of “12.5 million”, without the word that says of what.
        let scales = [1e3, 1e6, 1e9, 1e12];
        let is_before_word = |of: &Quantity| {
            of.is_scaled && scales.iter().any(|scale| is(of.number / scale, number))
        };
        stated = quoted.iter().map(|of| of.as_meant).filter(is_before_word).collect();
    }
    if stated.is_empty() {
        return Some(value);
    }
    let wanted = stated.iter().find_map(|quantity| normalise::converted(quantity, asked))?;
    if (wanted - number).abs() <= 1e-9 * number.abs() {
        return Some(value);
    }
    normalise::number_of(wanted)
}

/// A number that is given in the scale that the field asks for, in full.
pub(super) fn in_full(value: &Value, asked: Measure) -> Value {
    let number = value.as_f64().zip(asked.scale).map(|(number, scale)| number * scale);
    number.and_then(normalise::number_of).unwrap_or_else(|| value.clone())
}

pub(super) fn as_text(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Null => String::new(),
        Value::Bool(_) | Value::Number(_) | Value::Array(_) | Value::Object(_) => value.to_string(),
    }
}

fn says(choice: &Value, text: &str) -> bool {
    as_text(choice).trim().eq_ignore_ascii_case(text.trim().trim_matches('"'))
}

/// Whether a quote states a value. `around` is what stands above the quote: title and headings.
pub(super) fn follows(shape: &Shape, value: &Value, quote: &str, around: &str) -> Follows {
    match shape {
        Shape::Integer | Shape::Number => number(value, quote, around),
        Shape::Boolean => Follows::Loosely,
        Shape::Choice(_) => {
            let text = as_text(value).to_lowercase();
            if quote.to_lowercase().contains(&text) { Follows::Plainly } else { Follows::Loosely }
        }
        Shape::Text(Some(TextFormat::Date)) => date(&as_text(value), quote, around),
        Shape::Text(Some(TextFormat::Url)) => {
            let text = as_text(value);
            let bare = text.split_once("://").map_or(text.as_str(), |(_, rest)| rest);
            let bare = bare.trim_start_matches("www.").trim_end_matches('/').to_lowercase();
            if quote.to_lowercase().contains(&bare) { Follows::Plainly } else { Follows::No }
        }
        Shape::Text(Some(TextFormat::Email)) => {
            let stands = quote.to_lowercase().contains(&as_text(value).to_lowercase());
            if stands { Follows::Plainly } else { Follows::No }
        }
        Shape::Text(None) | Shape::Any => text(&as_text(value), quote, around),
        Shape::List(inner) => {
            let elements = value.as_array().into_iter().flatten();
            let each = elements.map(|element| follows(inner, element, quote, around));
            each.min().unwrap_or(Follows::No)
        }
        Shape::Object(members) => {
            let leaves = members.iter().filter_map(|member| {
                let value = value.get(&member.name).filter(|value| !value.is_null())?;
                Some(follows(&member.shape, value, quote, around))
            });
            leaves.min().unwrap_or(Follows::No)
        }
    }
}

fn number(value: &Value, quote: &str, around: &str) -> Follows {
    let Some(wanted) = value.as_f64() else { return Follows::No };
    let is_it = |number: f64| (number - wanted).abs() <= 1e-9 * wanted.abs().max(1.0);
    let is_there = |text: &str| {
        let is_meant = |of: &Quoted| is_it(of.as_it_stands.number) || is_it(of.as_meant.number);
        numbers::quoted(text).iter().any(is_meant)
            || dates::find(text).iter().any(|(_, date)| is_it(f64::from(date.year)))
            || figures(text).iter().any(|figure| figure.parse().is_ok_and(is_it))
    };
    match () {
        () if is_there(quote) => Follows::Plainly,
        () if is_there(around) => Follows::Loosely,
        () => Follows::No,
    }
}

fn date(value: &str, quote: &str, around: &str) -> Follows {
    let wanted = dates::find(value);
    let Some((_, wanted)) = wanted.first() else { return Follows::No };
    let agrees = |text: &str| {
        dates::find(text)
            .iter()
            .any(|(_, date)| wanted.agrees(date) && (date.day.is_some() || wanted.day.is_none()))
    };
    let figures_of = figures(&wanted.year.to_string());
    match () {
        () if agrees(quote) => Follows::Plainly,
        // Written in words or in another order of day and month.
        () if wanted.day.is_none() && figures_of.is_subset(&figures(quote)) => Follows::Plainly,
        () if figures_of.is_subset(&figures(&format!("{quote} {around}"))) => Follows::Loosely,
        () => Follows::No,
    }
}

fn text(value: &str, quote: &str, around: &str) -> Follows {
    let fold = |text: &str| -> String {
        text.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).collect()
    };
    if fold(quote).contains(&fold(value)) && !fold(value).is_empty() {
        return Follows::Plainly;
    }
    let all = format!("{quote} {around}");
    if !figures(value).is_subset(&figures(&all)) {
        return Follows::No;
    }
    match share(&terms(value), &terms(&all)) {
        carried if carried >= PLAINLY => Follows::Plainly,
        carried if carried >= LOOSELY => Follows::Loosely,
        _ => Follows::No,
    }
}

/// A field's type as a reader is told of it.
pub(super) fn type_in_words(field: &Field) -> String {
    match field.kind {
        FieldKind::Judged | FieldKind::Written => "evidence".into(),
        FieldKind::Found => shape_in_words(&field.shape),
    }
}

pub(super) fn shape_in_words(shape: &Shape) -> String {
    match shape {
        Shape::Text(None) | Shape::Any => "text".into(),
        Shape::Text(Some(TextFormat::Date)) => "date".into(),
        Shape::Text(Some(TextFormat::Url)) => "address of a page".into(),
        Shape::Text(Some(TextFormat::Email)) => "e-mail address".into(),
        Shape::Integer => "whole number".into(),
        Shape::Number => "number".into(),
        Shape::Boolean => "true or false".into(),
        Shape::Choice(choices) => {
            let choices: Vec<String> = choices.iter().map(as_text).collect();
            format!("one of: {}", choices.join(", "))
        }
        Shape::List(inner) => format!("list, one entry for each {}", shape_in_words(inner)),
        Shape::Object(members) => {
            let members: Vec<String> = members
                .iter()
                .map(|member| format!("{} ({})", member.name, shape_in_words(&member.shape)))
                .collect();
            format!("JSON object with {}", members.join(", "))
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::extractive::values::{asked, units};

    #[test]
    fn what_a_model_gives_takes_the_type_of_the_field_or_is_nothing() {
        assert_eq!(fitted(&Shape::Integer, "1,250"), Some(json!(1250)));
        assert_eq!(fitted(&Shape::Integer, "about a dozen or so"), None);
        assert_eq!(fitted(&Shape::Boolean, "yes"), Some(json!(true)));
        assert_eq!(fitted(&Shape::Boolean, "maybe"), None);
        let choice = Shape::Choice(vec![json!("Good"), json!("bad")]);
        assert_eq!(fitted(&choice, "good"), Some(json!("Good")));
        assert_eq!(fitted(&choice, "great"), None);
        assert_eq!(
            fitted(&Shape::Text(Some(TextFormat::Date)), "5 May 1998"),
            Some(json!("1998-05-05"))
        );
        assert_eq!(fitted(&Shape::Text(None), "null"), None);
    }

    #[test]
    fn a_number_is_given_in_the_unit_and_scale_of_the_field() {
        let field = |words: &str| Measure {
            unit: units::find_asked("", words),
            scale: asked::scale_asked("", words),
            is_money: asked::names_currency(words),
        };
        let flow = field("flow rate in l/min");
        assert_eq!(as_asked(json!(2450), flow, "Price | EUR 2,450"), None);
        assert_eq!(as_asked(json!(320), flow, "Flow rate | 320 l/min"), Some(json!(320)));
        assert_eq!(as_asked(json!(19.2), flow, "Flow rate | 19.2 m³/h"), Some(json!(320)));
        let sales = field("Umsatz in k€");
        let said = "Der Umsatz lag bei 12,5 Millionen Euro.";
        assert_eq!(as_asked(json!(12.5), sales, said), Some(json!(12_500)));
        assert_eq!(as_asked(json!(12_500), sales, said), Some(json!(12_500)));
        let cost = field("cost in million euros");
        assert_eq!(as_asked(json!(12.5), cost, said), Some(json!(12.5)));
        assert_eq!(as_asked(json!(61_000_000), cost, "It cost EUR 61 million."), Some(json!(61)));
        assert_eq!(as_asked(json!(61), cost, "It cost EUR 61 million."), Some(json!(61)));
        for given in [1_200_000, 1_200_000_000, 1_200] {
            let in_table = as_asked(json!(given), cost, "Umsatz (T€) | 1.200.000");
            assert_eq!(in_table, Some(json!(1_200)), "{given}");
        }
        let staff = field("staff");
        assert_eq!(as_asked(json!(990), staff, "EUR million: 12 | Staff | 990"), Some(json!(990)));
    }

    #[test]
    fn a_value_follows_from_a_quote_that_states_it() {
        let quote = "Nordwind sold 1.2 million turbines by 5 May 1998, says Ann Lee.";
        let follows = |shape: Shape, value: Value| super::follows(&shape, &value, quote, "");
        assert_eq!(follows(Shape::Integer, json!(1_200_000)), Follows::Plainly);
        assert_eq!(follows(Shape::Integer, json!(1_300_000)), Follows::No);
        let date = Shape::Text(Some(TextFormat::Date));
        assert_eq!(follows(date.clone(), json!("1998-05-05")), Follows::Plainly);
        assert_eq!(follows(date, json!("1999-05-05")), Follows::No);
        assert_eq!(follows(Shape::Text(None), json!("Ann Lee")), Follows::Plainly);
        assert_eq!(follows(Shape::Text(None), json!("Bob Ray")), Follows::No);
        assert_eq!(follows(Shape::Text(None), json!("12 turbines")), Follows::No);
        for value in [12_500, 12_500_000] {
            let key = super::number(&json!(value), "Anlagen (Tsd. €) | 12.500", "");
            assert_eq!(key, Follows::Plainly, "{value}");
        }
    }
}
