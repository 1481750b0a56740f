//! Numbers with unit, scale, currency and percent sign.

use domain::text::Span;

use super::asked::scale_asked;
use super::notation::{self, Fraction};
use super::units::{self, Unit};

/// A number as it is meant: `1.5 million` has the number 1,500,000.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Quantity {
    pub number: f64,
    pub unit: Option<Unit>,
    /// ISO code.
    pub currency: Option<&'static str>,
    pub is_percent: bool,
    /// Whether a word such as `million` stood behind it.
    pub is_scaled: bool,
}

impl Quantity {
    /// As it is meant under a header that tells a scale, unless it is not bare.
    #[must_use]
    pub fn in_scale(self, scale: f64) -> Self {
        if self.is_bare() {
            Self { number: self.number * scale, is_scaled: true, ..self }
        } else {
            self
        }
    }

    /// Whether it has no scale and no unit, and is no share.
    pub const fn is_bare(&self) -> bool {
        !self.is_scaled && !self.is_percent && self.unit.is_none()
    }
}

/// What several countries call their money stands for all of it.
const CURRENCIES: [(&str, &str); 59] = [
    ("US$", "USD"),
    ("USD", "USD"),
    ("dollars", "USD"),
    ("dollar", "USD"),
    ("Dollar", "USD"),
    ("$", "USD"),
    ("EUR", "EUR"),
    ("euros", "EUR"),
    ("euro", "EUR"),
    ("Euros", "EUR"),
    ("Euro", "EUR"),
    ("€", "EUR"),
    ("GBP", "GBP"),
    ("£", "GBP"),
    ("CHF", "CHF"),
    ("Franken", "CHF"),
    ("Kronen", "crown"),
    ("JPY", "JPY"),
    ("¥", "JPY"),
    ("SEK", "SEK"),
    ("NOK", "NOK"),
    ("DKK", "DKK"),
    ("PLN", "PLN"),
    ("INR", "INR"),
    ("₹", "INR"),
    ("CNY", "CNY"),
    ("CAD", "CAD"),
    ("AUD", "AUD"),
    ("NZD", "NZD"),
    ("CZK", "CZK"),
    ("HUF", "HUF"),
    ("BRL", "BRL"),
    ("MXN", "MXN"),
    ("KRW", "KRW"),
    ("ZAR", "ZAR"),
    ("SGD", "SGD"),
    ("HKD", "HKD"),
    ("TRY", "TRY"),
    ("ILS", "ILS"),
    ("THB", "THB"),
    ("crowns", "crown"),
    ("crown", "crown"),
    ("kronor", "crown"),
    ("kroner", "crown"),
    ("krona", "crown"),
    ("krone", "crown"),
    ("francs", "franc"),
    ("franc", "franc"),
    ("rupees", "INR"),
    ("rupee", "INR"),
    ("yen", "JPY"),
    ("yuan", "CNY"),
    ("pesos", "peso"),
    ("peso", "peso"),
    ("rand", "ZAR"),
    ("zloty", "PLN"),
    ("roubles", "RUB"),
    ("rubles", "RUB"),
    ("RUB", "RUB"),
];

/// In English, and as other languages write them that have none of these words for another number.
const SCALES: [(&str, f64); 33] = [
    ("thousand", 1e3),
    ("tausend", 1e3),
    ("Tsd.", 1e3),
    ("million", 1e6),
    ("millions", 1e6),
    ("Millionen", 1e6),
    ("Mio.", 1e6),
    ("Mio", 1e6),
    ("millones", 1e6),
    ("milioni", 1e6),
    ("miljoen", 1e6),
    ("miljoner", 1e6),
    ("milhões", 1e6),
    ("billion", 1e9),
    ("billions", 1e9),
    ("Milliarden", 1e9),
    ("Milliarde", 1e9),
    ("Mrd.", 1e9),
    ("Mrd", 1e9),
    ("milliards", 1e9),
    ("milliard", 1e9),
    ("miliardi", 1e9),
    ("miljard", 1e9),
    ("miljarder", 1e9),
    ("trillion", 1e12),
    ("mn", 1e6),
    ("mln", 1e6),
    ("bn", 1e9),
    ("tn", 1e12),
    ("k", 1e3),
    ("M", 1e6),
    ("m", 1e6),
    ("B", 1e9),
];

const WORDS: [(&str, f64); 14] = [
    ("zero", 0.0),
    ("one", 1.0),
    ("two", 2.0),
    ("three", 3.0),
    ("four", 4.0),
    ("five", 5.0),
    ("six", 6.0),
    ("seven", 7.0),
    ("eight", 8.0),
    ("nine", 9.0),
    ("ten", 10.0),
    ("eleven", 11.0),
    ("twelve", 12.0),
    ("twenty", 20.0),
];

/// Whether a word is a currency, or its sign.
pub(super) fn is_money(word: &str) -> bool {
    CURRENCIES.iter().any(|(sign, _)| sign.eq_ignore_ascii_case(word))
}

/// Signs of currencies that are no letters.
pub(super) const fn is_sign(c: char) -> bool {
    matches!(c, '€' | '$' | '£' | '¥' | '₹')
}

/// All numbers of a text. Parts of dates, versions and identifiers are not numbers.
pub fn find(text: &str) -> Vec<(Span, Quantity)> {
    find_on(text, Fraction::Point)
}

/// A number of a quote that stands by itself.
pub struct Quoted {
    pub as_it_stands: Quantity,
    /// With the scale of the key before it: thousands in `Turnover (T€): 1.200`.
    pub as_meant: Quantity,
}

/// The numbers of a quote whose page is not at hand: in either notation.
pub fn quoted(quote: &str) -> Vec<Quoted> {
    let notations = [Fraction::Point, Fraction::Comma];
    let found = notations.into_iter().flat_map(|page| find_on(quote, page));
    let meant = |(span, of): (Span, Quantity)| {
        let scale = key_before(&quote[..span.start]).and_then(|key| scale_asked("", key));
        Quoted { as_it_stands: of, as_meant: scale.map_or(of, |scale| of.in_scale(scale)) }
    };
    found.map(meant).collect()
}

/// The key of a value that begins behind this text: `Turnover (T€)` in `Acme | Turnover (T€) | EUR `.
fn key_before(text: &str) -> Option<&str> {
    /// Longest thing between key and number, in bytes: `about EUR `.
    const BETWEEN: usize = 12;
    let separators = [" | ", ": "];
    let last = |text: &str| {
        separators.iter().filter_map(|of| text.rfind(of).map(|at| (at, at + of.len()))).max()
    };
    let (end, _) = last(text).filter(|(_, behind)| text.len() - behind <= BETWEEN)?;
    let start = last(&text[..end]).map_or(0, |(_, behind)| behind);
    Some(&text[start..end])
}

/// All numbers of a text on a page that writes its fractions so.
pub fn find_on(text: &str, page: Fraction) -> Vec<(Span, Quantity)> {
    let mut found = Vec::new();
    let mut at = 0;
    while let Some(offset) = text[at..].find(|c: char| c.is_ascii_alphanumeric()) {
        let start = at + offset;
        let word_end = start + word_length(&text[start..]);
        let is_free = !text[..start].ends_with(|c: char| c.is_alphanumeric() || c == '_');
        let number = if text.as_bytes()[start].is_ascii_digit() {
            if is_free { notation::digits(text, start, page) } else { None }
        } else {
            spelled(&text[start..word_end]).map(|number| (number, word_end))
        };
        match number {
            Some((number, end)) => {
                let (span, quantity) = completed(text, start, end, number);
                at = span.end.max(end);
                found.push((span, quantity));
            }
            None => at = word_end.max(start + 1),
        }
    }
    found
}

/// Letters and digits, and what joins them in versions, dates and identifiers.
fn word_length(text: &str) -> usize {
    let joined = |(index, c): (usize, char)| {
        let next = text[index + c.len_utf8()..].chars().next();
        !(c.is_alphanumeric()
            || c == '_'
            || (matches!(c, '.' | ':' | '/' | '-') && next.is_some_and(|n| n.is_ascii_digit())))
    };
    text.char_indices().find(|&pair| joined(pair)).map_or(text.len(), |(index, _)| index)
}

fn spelled(word: &str) -> Option<f64> {
    WORDS.iter().find(|(name, _)| word.eq_ignore_ascii_case(name)).map(|(_, number)| *number)
}

/// Takes sign, currency, scale, unit and percent sign around a number.
fn completed(text: &str, start: usize, end: usize, number: f64) -> (Span, Quantity) {
    let mut quantity =
        Quantity { number, unit: None, currency: None, is_percent: false, is_scaled: false };
    let mut span = start..end;
    if number < 0.0 {
        span.start -= 1;
    }
    let before = text[..start].trim_end_matches([' ', '\u{a0}']);
    let stands_before = |sign: &str| {
        before.strip_suffix(sign).is_some_and(|rest| is_apart(sign, rest.chars().next_back()))
    };
    if let Some((sign, code)) = CURRENCIES.iter().find(|(sign, _)| stands_before(sign)) {
        quantity.currency = Some(code);
        span.start = before.len() - sign.len();
    } else if let Some((code, scale, length)) = scaled_sign(before) {
        quantity.currency = Some(code);
        quantity.number *= scale;
        quantity.is_scaled = true;
        return (before.len() - length..end, quantity);
    }
    let rest = &text[end..];
    let gap = gap_length(rest);
    let is_glued = gap == 0;
    let behind = &rest[gap..];
    if let Some((scale, length)) = scale(behind, is_glued, quantity.currency.is_some()) {
        quantity.number *= scale;
        quantity.is_scaled = true;
        span.end = end + gap + length;
    } else if let Some((unit, length)) = units::find_leading(behind, is_glued) {
        quantity.unit = Some(unit);
        span.end = end + gap + length;
    }
    let rest = &text[span.end..];
    let gap = gap_length(rest);
    let behind = &rest[gap..];
    let stands_behind = |sign: &str| {
        behind.strip_prefix(sign).is_some_and(|rest| is_apart(sign, rest.chars().next()))
    };
    if let Some(sign) = ["%", "percent", "per cent"].iter().find(|sign| behind.starts_with(**sign))
    {
        quantity.is_percent = true;
        span.end += gap + sign.len();
    } else if quantity.currency.is_none()
        && quantity.unit.is_none()
        && let Some((sign, code)) = CURRENCIES.iter().find(|(sign, _)| stands_behind(sign))
    {
        quantity.currency = Some(code);
        span.end += gap + sign.len();
    }
    (span, quantity)
}

/// Whether a sign is a word of its own beside this neighbour: `rand` is none in “48 random”.
fn is_apart(sign: &str, neighbour: Option<char>) -> bool {
    !sign.chars().all(char::is_alphabetic) || !neighbour.is_some_and(char::is_alphabetic)
}

fn gap_length(text: &str) -> usize {
    match text.chars().next() {
        Some(c @ (' ' | '\u{a0}' | '-' | '\n')) => c.len_utf8(),
        _ => 0,
    }
}

/// `€m` before a number: the currency, the scale and how long both are.
fn scaled_sign(before: &str) -> Option<(&'static str, f64, usize)> {
    let (letter, scale) = [("m", 1e6), ("M", 1e6), ("k", 1e3), ("bn", 1e9)]
        .into_iter()
        .find(|(letter, _)| before.ends_with(letter))?;
    let rest = before.strip_suffix(letter)?;
    let sign = rest.chars().next_back().filter(|c| is_sign(*c))?;
    let (_, code) = CURRENCIES.iter().find(|(known, _)| known.chars().eq([sign]))?;
    Some((code, scale, sign.len_utf8() + letter.len()))
}

/// One-letter scales count only where they are glued to an amount of money, or to the sign of a currency: `61m€`, `61 k€`.
fn scale(text: &str, is_glued: bool, is_money: bool) -> Option<(f64, usize)> {
    SCALES.iter().find_map(|(name, scale)| {
        let head = text.get(..name.len())?;
        let is_same = if name.len() <= 1 { head == *name } else { head.eq_ignore_ascii_case(name) };
        let ends = !text[name.len()..].starts_with(|c: char| c.is_alphanumeric());
        let has_sign = text[name.len()..].starts_with(is_sign);
        (is_same && ends && (name.len() > 1 || has_sign || (is_glued && is_money)))
            .then_some((*scale, name.len()))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn numbers(text: &str) -> Vec<(String, f64)> {
        find(text).into_iter().map(|(span, q)| (text[span].to_owned(), q.number)).collect()
    }

    #[test]
    fn a_currency_is_a_word_of_its_own() {
        let money = |text: &str| find(text)[0].1.currency;
        assert_eq!(money("48,000 crowns a year"), Some("crown"));
        assert_eq!(money("48 random tests"), None);
        assert_eq!(money("EUR 12 and more"), Some("EUR"));
    }

    #[test]
    fn a_number_takes_its_unit_scale_and_currency_with_it() {
        assert_eq!(
            numbers("about 1,250.5 MB or 64kB"),
            [("1,250.5 MB".into(), 1250.5), ("64kB".into(), 64.0)]
        );
        assert_eq!(
            numbers("US$1.2 billion, EUR 300m, 12 %"),
            [("US$1.2 billion".into(), 1.2e9), ("EUR 300m".into(), 3e8), ("12 %".into(), 12.0)]
        );
        assert_eq!(
            numbers("61m€, 61 m€, 61 k€, €m 61"),
            [
                ("61m€".into(), 6.1e7),
                ("61 m€".into(), 6.1e7),
                ("61 k€".into(), 61_000.0),
                ("€m 61".into(), 6.1e7)
            ]
        );
        assert_eq!(
            numbers("five minutes (5min)"),
            [("five minutes".into(), 5.0), ("5min".into(), 5.0)]
        );
        assert_eq!(
            numbers("the default is -1, a 10-minute wait"),
            [("-1".into(), -1.0), ("10-minute".into(), 10.0)]
        );
    }

    #[test]
    fn points_and_commas_are_read_in_either_notation() {
        for (text, number) in [
            ("12,5 Millionen Euro", 12.5e6),
            ("1,2 Mrd. Euro", 1.2e9),
            ("3,5 Mio. €", 3.5e6),
            ("12,5 millions d'euros", 12.5e6),
            ("1.249,90 Euro", 1249.9),
            ("1,249.90 euros", 1249.9),
            ("1.234.567 Stück", 1_234_567.0),
            ("1,234,567 pieces", 1_234_567.0),
            ("Die Zahl der Leute im Werk ist 12.500", 12_500.0),
            ("Sie beschäftigt 12.500 Menschen", 12_500.0),
            ("the pump weighs 12.500 kg", 12.5),
            ("0,125 Liter von der Probe", 0.125),
            ("0.125 der Probe und von der", 0.125),
            ("1'250.5 Franken", 1250.5),
            ("1\u{202f}250,5 euros", 1250.5),
            ("1 249,90 €", 1249.9),
            ("Die Firma hat 12 500 Leute", 12_500.0),
            ("room 12 500 people", 12.0),
            ("2,024", 2024.0),
            ("12.5 million", 12.5e6),
            ("pages 1,2,3", 1.0),
        ] {
            let found = find(text);
            assert_eq!(found.first().map(|(_, q)| q.number), Some(number), "{text}");
        }
        assert_eq!(numbers("am 12.05.2024 mit 1.2.3"), []);
    }

    #[test]
    fn dates_versions_and_identifiers_are_no_numbers() {
        assert_eq!(numbers("version 3.4.1 of 2024-01-02 at 12:30 in utf8 and v2"), []);
    }
}
