//! From what a page says to the type that the schema wants. What does not fit becomes nothing.

use domain::schema::{Shape, TextFormat};
use serde_json::{Number, Value};

use super::numbers::Quantity;
use super::units::Unit;
use super::{Kind, Typed, dates};

/// How a field wants its numbers.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Measure {
    pub unit: Option<Unit>,
    /// 1,000,000 where they are wanted in millions.
    pub scale: Option<f64>,
    /// Whether it names a currency.
    pub is_money: bool,
}

/// Longest text given as a value; longer ones are cut off at a sentence or left out.
pub const MAX_TEXT: usize = 400;

/// Gives a detected value the type of the schema. `raw` is what the page says there.
pub fn value(shape: &Shape, kind: Kind, asked: Measure, typed: &Typed, raw: &str) -> Option<Value> {
    match shape {
        Shape::Integer => number(kind, asked, typed).and_then(integer),
        Shape::Number => number(kind, asked, typed).and_then(number_of),
        Shape::Text(Some(TextFormat::Date)) => match typed {
            Typed::Date(date) => Some(Value::String(date.iso())),
            Typed::Quantity(_) => None,
            Typed::Words(words) => dates::find(words).first().map(|(_, date)| date.iso().into()),
        },
        Shape::Text(Some(TextFormat::Url)) => {
            let raw = raw.trim();
            Some(if raw.starts_with("www.") { format!("https://{raw}") } else { raw.to_owned() })
                .filter(|url| url.contains("://"))
                .map(Value::String)
        }
        Shape::Text(_) | Shape::Any => match (kind, typed) {
            (Kind::Year, Typed::Date(date)) => Some(date.year.to_string().into()),
            // A text that asks for a unit still gets the words of the page, unless they name another one.
            _ => text(raw).map(Value::String),
        },
        Shape::Boolean | Shape::Choice(_) | Shape::List(_) | Shape::Object(_) => None,
    }
}

fn number(kind: Kind, asked: Measure, typed: &Typed) -> Option<f64> {
    match typed {
        Typed::Date(date) => {
            matches!(kind, Kind::Year | Kind::Date).then_some(f64::from(date.year))
        }
        Typed::Quantity(quantity) => converted(quantity, asked),
        Typed::Words(words) => {
            let found = super::numbers::find(words);
            let (_, quantity) = found.first()?;
            converted(quantity, asked)
        }
    }
}

/// The number in the unit and the scale that were asked for; nothing where it measures something else, or is money or a
/// share although a unit was asked for.
pub fn converted(quantity: &Quantity, asked: Measure) -> Option<f64> {
    let number = match (asked.unit, quantity.unit) {
        (Some(_), None) if quantity.currency.is_some() || quantity.is_percent => return None,
        (None, _) | (_, None) => quantity.number,
        (Some(asked), Some(unit)) if asked.dimension == unit.dimension => {
            without_dust(quantity.number * unit.size / asked.size)
        }
        (Some(_), Some(_)) => return None,
    };
    Some(asked.scale.map_or(number, |scale| in_scale(number, quantity, scale)))
}

/// `EUR 61 million` in millions is 61, and so is `61,000,000`; a number below its scale is taken to be in it.
fn in_scale(number: f64, quantity: &Quantity, scale: f64) -> f64 {
    /// Amounts of money from here on are not in millions.
    const PLAIN: f64 = 100_000.0;
    let is_plain = number.abs() >= scale || (quantity.currency.is_some() && number.abs() >= PLAIN);
    if quantity.is_scaled || is_plain { without_dust(number / scale) } else { number }
}

/// Conversions leave dust such as 4095.9999999999995.
fn without_dust(number: f64) -> f64 {
    let rounded = number.round();
    if (number - rounded).abs() < 1e-6 { rounded } else { number }
}

/// A number as a value, without a fraction where it is whole.
pub fn number_of(number: f64) -> Option<Value> {
    integer(number).or_else(|| Number::from_f64(number).map(Value::Number))
}

fn integer(number: f64) -> Option<Value> {
    /// Above this, whole numbers are not exact.
    const MOST: f64 = 9e15;
    #[expect(clippy::cast_possible_truncation, reason = "checked to be whole and small")]
    (number.fract() == 0.0 && number.abs() < MOST).then(|| Value::from(number as i64))
}

/// A text as a value: white space folded, no marks around it.
pub fn text(raw: &str) -> Option<String> {
    let folded = raw.split_whitespace().collect::<Vec<_>>().join(" ");
    let bare = folded.trim_matches(|c: char| matches!(c, ' ' | ',' | ';' | '"' | '“' | '”' | '`'));
    let is_wrapped = |open: char, close: char| {
        bare.starts_with(open)
            && bare.ends_with(close)
            && bare.chars().filter(|c| *c == open || *c == close).count() == 2
            && bare.len() > 2
    };
    let bare = if is_wrapped('\'', '\'') || is_wrapped('‘', '’') || is_wrapped('(', ')') {
        let mut chars = bare.chars();
        chars.next();
        chars.next_back();
        chars.as_str()
    } else {
        bare
    };
    let is_said = bare.chars().any(char::is_alphanumeric)
        || (!bare.is_empty()
            && bare.chars().count() <= 3
            && !matches!(bare, "-" | "–" | "—" | "…"));
    let is_empty_word = matches!(bare.to_lowercase().as_str(), "n/a" | "tbd" | "unknown" | "tba");
    (is_said && !is_empty_word && bare.len() <= MAX_TEXT).then(|| bare.to_owned())
}

/// Two values as one and the same thing: letter case, spaces and precision of dates aside.
pub fn agree(one: &Value, other: &Value) -> bool {
    match (one, other) {
        (Value::String(a), Value::String(b)) => {
            let fold = |text: &str| {
                text.chars()
                    .filter(|c| c.is_alphanumeric())
                    .flat_map(char::to_lowercase)
                    .collect::<String>()
            };
            let (x, y) = (fold(a), fold(b));
            if x == y && !x.is_empty() {
                return true;
            }
            if let ([(_, d)], [(_, e)]) = (&dates::find(a)[..], &dates::find(b)[..]) {
                return d.agrees(e);
            }
            if let ([(s, q)], [(t, r)]) =
                (&super::numbers::find(a)[..], &super::numbers::find(b)[..])
                && s.len() == a.len()
                && t.len() == b.len()
            {
                return q.unit.map(|u| u.size * q.number) == r.unit.map(|u| u.size * r.number)
                    && (q.unit.is_some() || (q.number - r.number).abs() < 1e-9);
            }
            a == b
        }
        (Value::Number(a), Value::Number(b)) => match (a.as_f64(), b.as_f64()) {
            (Some(a), Some(b)) => (a - b).abs() <= 1e-9 * a.abs().max(1.0),
            (None, _) | (_, None) => a == b,
        },
        _ => one == other,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::super::{Fraction, detect};
    use super::*;

    fn first(shape: &Shape, kind: Kind, asked: &str, text: &str) -> Option<Value> {
        let asked = Measure {
            unit: super::super::units::find_asked("", asked),
            scale: super::super::asked::scale_asked("", asked),
            is_money: super::super::asked::names_currency(asked),
        };
        let found = detect(kind, text, Fraction::Point).into_iter().next()?;
        value(shape, kind, asked, &found.typed, &text[found.span])
    }

    #[test]
    fn values_take_the_type_of_the_schema() {
        let mb = "in megabytes";
        assert_eq!(first(&Shape::Integer, Kind::Number, mb, "is 1 gigabyte"), Some(json!(1024)));
        assert_eq!(first(&Shape::Integer, Kind::Number, mb, "is 5min"), None);
        assert_eq!(
            first(&Shape::Number, Kind::Number, "", "about 2.5 million"),
            Some(json!(2_500_000))
        );
        assert_eq!(first(&Shape::Integer, Kind::Year, "", "in May 1998"), Some(json!(1998)));
        let date = Shape::Text(Some(TextFormat::Date));
        assert_eq!(first(&date, Kind::Date, "", "on 5 May 1998"), Some(json!("1998-05-05")));
        assert_eq!(first(&Shape::Integer, Kind::Number, "", "ratio 0.5"), None);
        assert_eq!(first(&Shape::Number, Kind::Number, "in l/min", "EUR 2,450"), None);
    }

    #[test]
    fn a_number_is_given_in_the_scale_that_is_asked_for() {
        for asked in
            ["cost in million euros", "cost (EUR million)", "cost, EUR m", "Kosten in Mio. Euro"]
        {
            for text in ["EUR 61 million", "EUR 61,000,000", "61", "EUR 0.061 billion"] {
                let found = first(&Shape::Number, Kind::Number, asked, text);
                assert_eq!(found, Some(json!(61)), "{asked}: {text}");
            }
        }
        let plain = first(&Shape::Number, Kind::Number, "cost in euros", "EUR 61 million");
        assert_eq!(plain, Some(json!(61_000_000)));
    }

    #[test]
    fn values_agree_in_spite_of_form_and_precision() {
        assert!(agree(&json!("128 MB"), &json!("128MB")));
        assert!(agree(&json!("1998"), &json!("1998-05-01")));
        assert!(agree(&json!("5 minutes"), &json!("300s")));
        assert!(!agree(&json!("on"), &json!("off")));
        assert!(agree(&json!(4), &json!(4.0)));
    }
}
