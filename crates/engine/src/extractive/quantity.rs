//! Numbers with a unit, and dates, as they stand in a sentence.

use domain::text::Span;

use super::alike;
use super::question::is_year;
use super::values::notation::{self, Fraction};
use super::words::{self, Token};

/// A number and what it counts.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Quantity {
    /// Number and unit, as bytes of the sentence.
    pub(super) span: Span,
    pub(super) value: f64,
    /// `%`, a currency, a unit of measure or the stem of what is counted.
    pub(super) unit: String,
    /// Whether the unit is a sign or measure, not just the next noun.
    pub(super) is_measure: bool,
    /// Index of the token.
    pub(super) token: usize,
}

/// All quantities of a sentence.
pub(super) fn quantities(text: &str) -> Vec<Quantity> {
    let tokens = words::tokens(text);
    (0..tokens.len()).filter_map(|at| quantity(text, &tokens, at)).collect()
}

fn quantity(text: &str, tokens: &[Token], at: usize) -> Option<Quantity> {
    let token = &tokens[at];
    let (value, glued) = number(text, &token.lower)?;
    let before = text[..token.span.start].chars().next_back();
    if before.is_some_and(|c| matches!(c, '#' | '.' | '/' | '§' | '[')) {
        return None;
    }
    let previous = at.checked_sub(1).map(|index| tokens[index].lower.as_str()).unwrap_or_default();
    if COUNTERS.contains(&previous) || is_month(previous) && token.lower.len() <= 2 {
        return None;
    }
    let mut end = token.span.end;
    let mut next = at + 1;
    let mut value = value;
    let after = |end: usize| text[end..].trim_start_matches([' ', '\u{a0}', '\u{202f}', '-']);
    if let Some(scale) = tokens.get(next).and_then(|token| scale(&token.lower))
        && glued.is_empty()
    {
        value *= scale;
        end = tokens[next].span.end;
        next += 1;
    }
    let lead = currency_before(text, tokens, at);
    let mut glued = glued;
    // “€61m”, “61m€”, “61 k€”: beside a currency a letter is a scale.
    if let Some(times) = letter(glued)
        && (lead.is_some() || has_sign(&text[end..]))
    {
        (value, glued) = (value * times, "");
    } else if let Some(follow) = tokens.get(next)
        && let Some(times) = letter(&follow.lower).filter(|_| glued.is_empty())
        && has_sign(&text[follow.span.end..])
    {
        value *= times;
        end = follow.span.end;
        next += 1;
    }
    let made = |start: usize, end: usize, unit: &str, is_measure: bool| {
        Some(Quantity { span: start..end, value, unit: unit.to_owned(), is_measure, token: at })
    };
    if let Some((start, unit)) = lead {
        // `EUR 236 per MWh` is no amount of euros.
        return match per(text, tokens, next) {
            Some((end, each)) => made(start, end, &format!("{unit}/{each}"), true),
            None => made(start, end, unit, true),
        };
    }
    if !glued.is_empty() {
        let unit = measure(glued).unwrap_or(glued);
        return measure(glued).is_some().then(|| made(token.span.start, end, unit, true)).flatten();
    }
    let rest = after(end);
    if let Some(sign) =
        ["%", "€", "$", "£", "°C", "°F", "‰"].iter().find(|sign| rest.starts_with(**sign))
    {
        let end = text.len() - rest.len() + sign.len();
        return made(token.span.start, end, measure(&sign.to_lowercase()).unwrap_or(sign), true);
    }
    let follow = tokens.get(next).filter(|follow| text.len() - rest.len() == follow.span.start)?;
    if let Some(unit) = measure(&follow.lower) {
        return made(token.span.start, follow.span.end, unit, true);
    }
    let is_noun = follow.lower.len() > 2
        && follow.lower.chars().all(char::is_alphabetic)
        && !words::is_stop(&follow.lower)
        && !is_month(&follow.lower);
    let is_plain_year = is_year(&token.lower);
    (is_noun && !is_plain_year)
        .then(|| made(token.span.start, follow.span.end, &words::stem(&follow.lower), false))
        .flatten()
}

/// `per MWh`, `/month`, `a year` behind an amount: where it ends, and of what.
fn per(text: &str, tokens: &[Token], next: usize) -> Option<(usize, String)> {
    let first = tokens.get(next)?;
    let gap = &text[tokens[next - 1].span.end..first.span.start];
    let of = match first.lower.as_str() {
        "per" | "a" | "je" | "pro" | "par" => tokens.get(next + 1)?,
        _ if gap.trim() == "/" => first,
        _ => return None,
    };
    let is_word = of.lower.chars().all(char::is_alphabetic);
    let each = measure(&of.lower).map_or_else(|| words::stem(&of.lower), str::to_owned);
    (is_word && gap.len() <= 3).then_some((of.span.end, each))
}

/// A number at the beginning of a token, and the letters glued to it: `15gb`.
fn number<'l>(text: &str, lower: &'l str) -> Option<(f64, &'l str)> {
    let digits = lower
        .find(|c: char| !(c.is_ascii_digit() || matches!(c, '.' | ',')))
        .unwrap_or(lower.len());
    let (digits, glued) = lower.split_at(digits);
    if !digits.starts_with(|c: char| c.is_ascii_digit()) {
        return None;
    }
    let is_glued_unit = glued.chars().all(char::is_alphabetic) && glued.chars().count() <= 5;
    if !is_glued_unit || matches!(glued, "st" | "nd" | "rd" | "th") {
        return None;
    }
    let value = notation::in_notation(digits, || Fraction::told(text, Fraction::Point))?;
    Some((value, glued))
}

/// A scale of one letter or two, in lower case.
fn letter(lower: &str) -> Option<f64> {
    match lower {
        "k" => Some(1e3),
        "m" | "mn" => Some(1e6),
        "bn" => Some(1e9),
        _ => None,
    }
}

/// Whether a text begins with the sign of a currency.
fn has_sign(text: &str) -> bool {
    text.starts_with(['€', '$', '£', '¥'])
}

fn scale(lower: &str) -> Option<f64> {
    match lower {
        "thousand" | "tausend" | "tsd" => Some(1e3),
        "million" | "millions" | "mio" | "millionen" | "millones" | "milioni" | "miljoen"
        | "miljoner" | "milhões" => Some(1e6),
        "billion" | "billions" | "bn" | "mrd" | "milliarde" | "milliarden" | "milliard"
        | "milliards" | "miliardi" | "miljard" | "miljarder" => Some(1e9),
        "trillion" => Some(1e12),
        _ => None,
    }
}

fn currency_before<'a>(text: &str, tokens: &[Token], at: usize) -> Option<(usize, &'a str)> {
    let start = tokens[at].span.start;
    let sign = text[..start].chars().next_back()?;
    let unit = match sign {
        '$' => Some("USD"),
        '€' => Some("EUR"),
        '£' => Some("GBP"),
        '¥' => Some("JPY"),
        _ => None,
    };
    if let Some(unit) = unit {
        return Some((start - sign.len_utf8(), unit));
    }
    let previous = &tokens[at.checked_sub(1)?];
    let gap = &text[previous.span.end..start];
    let code =
        ["USD", "EUR", "GBP", "CHF", "JPY", "SEK", "NOK", "DKK", "PLN", "CNY", "INR", "AUD", "CAD"];
    let unit = code.into_iter().find(|code| code.eq_ignore_ascii_case(&previous.lower))?;
    (gap.trim().is_empty() && gap.len() <= 2).then_some((previous.span.start, unit))
}

pub(super) fn is_measure(lower: &str) -> bool {
    measure(lower).is_some()
}

/// The one spelling of a unit of measure.
fn measure(lower: &str) -> Option<&'static str> {
    UNITS
        .iter()
        .find(|names| names.split(' ').any(|name| name == lower))
        .and_then(|names| names.split(' ').next())
}

const UNITS: &[&str] = &[
    "% percent per-cent prozent pct",
    "EUR € eur euro euros",
    "USD $ usd dollar dollars",
    "GBP £ gbp pounds",
    "CHF chf francs",
    "km kilometre kilometres kilometer kilometers",
    "m metre metres meter meters",
    "cm centimetre centimetres centimeters",
    "mm millimetre millimetres millimeters",
    "miles mile mi",
    "ft feet foot",
    "kg kilogram kilograms kilos",
    "g gram grams",
    "t tonne tonnes tons ton",
    "lb lbs pound",
    "kW kw kilowatt kilowatts",
    "MW mw megawatt megawatts",
    "GW gw gigawatt gigawatts",
    "kWh kwh",
    "MWh mwh",
    "GWh gwh",
    "TWh twh",
    "°C °c celsius",
    "°F °f fahrenheit",
    "GB gb gigabyte gigabytes gib",
    "MB mb megabyte megabytes mib",
    "kB kb kilobyte kilobytes kib",
    "TB tb terabyte terabytes",
    "bytes byte",
    "bit bits",
    "ms milliseconds millisecond",
    "s seconds second sec",
    "min minutes minute",
    "h hours hour hrs",
    "days day",
    "weeks week",
    "months month",
    "years year",
    "dB db decibel decibels",
    "Hz hz hertz",
    "V volt volts",
    "W watt watts",
    "A ampere amperes",
    "l litre litres liter liters",
    "ha hectare hectares",
    "ppm",
    "people persons person inhabitants residents",
    "employees workers staff",
    "km/h kmh",
    "mph",
    "times",
];

/// What stands before a number that only numbers something.
const COUNTERS: &[&str] = &[
    "section", "chapter", "figure", "fig", "table", "page", "no", "nr", "step", "version", "part",
    "appendix", "release", "rule", "article", "line", "item", "note", "rfc", "iso", "tel", "phone",
    "room", "level", "v",
];

fn is_month(lower: &str) -> bool {
    alike::is_calendar(lower) && !lower.ends_with("day")
}

/// A date in a sentence: year, month and day as far as given (0 where not), and its place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Dated {
    pub(super) year: u32,
    pub(super) month: u32,
    pub(super) day: u32,
    pub(super) span: Span,
}

impl Dated {
    /// For sorting: year, month, day.
    pub(super) fn key(&self) -> (u32, u32, u32) {
        (self.year, self.month, self.day)
    }
}

impl std::fmt::Display for Dated {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{:04}", self.year)?;
        if self.month > 0 {
            write!(f, "-{:02}", self.month)?;
        }
        if self.day > 0 {
            write!(f, "-{:02}", self.day)?;
        }
        Ok(())
    }
}

/// All dates with a year in a sentence.
pub(super) fn dates(text: &str) -> Vec<Dated> {
    let tokens = words::tokens(text);
    let mut found = Vec::new();
    for (at, token) in tokens.iter().enumerate() {
        if let Some((year, month, day)) = iso(&token.lower) {
            found.push(Dated { year, month, day, span: token.span.clone() });
            continue;
        }
        if !is_year(&token.lower) || is_counted(text, &tokens, at) {
            continue;
        }
        let year = token.lower.parse().unwrap_or(0);
        let lower = |back: usize| at.checked_sub(back).map(|index| tokens[index].lower.as_str());
        let month = |back: usize| lower(back).map_or(0, month_number);
        let day = |back: usize| lower(back).and_then(day_number).unwrap_or(0);
        let (month, day, back) = match (month(1), month(2)) {
            (0, 0) => (0, 0, 0),
            // `May 5, 2020`
            (0, month) if day(1) > 0 => (month, day(1), 2),
            (0, _) => (0, 0, 0),
            // `5 May 2020`, `May 2020`
            (month, _) if day(2) > 0 => (month, day(2), 2),
            (month, _) => (month, 0, 1),
        };
        found.push(Dated { year, month, day, span: tokens[at - back].span.start..token.span.end });
    }
    found
}

/// `2000 turbines`, `EUR 1900`, `1500 m`: a number and no year.
fn is_counted(text: &str, tokens: &[Token], at: usize) -> bool {
    if currency_before(text, tokens, at).is_some() {
        return true;
    }
    let Some(next) = tokens.get(at + 1) else {
        return text[tokens[at].span.end..].starts_with(['%', '€']);
    };
    let gap = &text[tokens[at].span.end..next.span.start];
    gap.contains('%') || (gap.trim().is_empty() && measure(&next.lower).is_some())
}

fn iso(lower: &str) -> Option<(u32, u32, u32)> {
    let mut parts = lower.split('-');
    let year = parts.next().filter(|year| is_year(year))?.parse().ok()?;
    let month = parts.next()?.parse().ok().filter(|month| (1..=12).contains(month))?;
    let day = parts.next().map_or(Some(0), |day| day.parse().ok())?;
    (day <= 31 && parts.next().is_none()).then_some((year, month, day))
}

fn month_number(lower: &str) -> u32 {
    const MONTHS: [&str; 12] =
        ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"];
    if !is_month(lower) {
        return 0;
    }
    let found = MONTHS.iter().zip(1..).find(|(name, _)| lower.starts_with(**name));
    found.map_or(0, |(_, number)| number)
}

fn day_number(lower: &str) -> Option<u32> {
    let digits = lower.trim_end_matches(|c: char| c.is_alphabetic());
    digits.parse().ok().filter(|day| (1..=31).contains(day))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Vec<(f64, String)> {
        quantities(text).into_iter().map(|q| (q.value, q.unit)).collect()
    }

    #[test]
    fn numbers_are_read_with_their_units() {
        assert_eq!(
            read("It cost EUR 2.3 million, 12 % more than $1,250.50."),
            [(2_300_000.0, "EUR".into()), (12.0, "%".into()), (1250.5, "USD".into())]
        );
        assert_eq!(
            read("EUR 236 per MWh, $5/month"),
            [(236.0, "EUR/MWh".into()), (5.0, "USD/months".into())]
        );
        assert_eq!(
            read("€61m, 61m€, 61 k€ and 61 m."),
            [
                (6.1e7, "EUR".into()),
                (6.1e7, "EUR".into()),
                (61_000.0, "EUR".into()),
                (61.0, "m".into())
            ]
        );
        assert_eq!(
            read("A 15GB disk, 60 kW and 1200 inhabitants; 12 turbines."),
            [
                (15.0, "GB".into()),
                (60.0, "kW".into()),
                (1200.0, "people".into()),
                (12.0, "turbin".into())
            ]
        );
    }

    #[test]
    fn dates_versions_and_section_numbers_are_no_quantities() {
        assert!(
            read("On 25 November 2024 in Section 20 of version 15.2.1, Fig. 3, the 3rd.")
                .is_empty()
        );
    }

    #[test]
    fn dates_are_read_as_far_as_they_go() {
        let read = |text: &str| dates(text).iter().map(ToString::to_string).collect::<Vec<_>>();
        assert_eq!(
            read("On 5 May 2020, May 6, 2021, June 2022, in 1998 and 2024-01-31."),
            ["2020-05-05", "2021-05-06", "2022-06", "1998", "2024-01-31"]
        );
        assert!(read("1500 m and EUR 1900").is_empty());
    }
}
