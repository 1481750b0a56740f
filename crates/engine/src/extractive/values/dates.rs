//! Dates, with the precision they were written with.

use domain::text::Span;

/// A day, a month or a year.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Date {
    pub year: u16,
    pub month: Option<u8>,
    pub day: Option<u8>,
}

const MONTHS: [&str; 12] = [
    "january",
    "february",
    "march",
    "april",
    "may",
    "june",
    "july",
    "august",
    "september",
    "october",
    "november",
    "december",
];

impl Date {
    /// `2024-03-05`, `2024-03` or `2024`.
    pub fn iso(&self) -> String {
        match (self.month, self.day) {
            (Some(month), Some(day)) => format!("{:04}-{month:02}-{day:02}", self.year),
            (Some(month), None) => format!("{:04}-{month:02}", self.year),
            (None, _) => format!("{:04}", self.year),
        }
    }

    /// Whether one is the other with less precision.
    pub fn agrees(&self, other: &Self) -> bool {
        let same = |a: Option<u8>, b: Option<u8>| a.is_none() || b.is_none() || a == b;
        self.year == other.year && same(self.month, other.month) && same(self.day, other.day)
    }
}

/// A word or number of the text, for the patterns below.
struct Piece<'a> {
    span: Span,
    text: &'a str,
}

/// All dates of a text, the longest reading of each.
pub fn find(text: &str) -> Vec<(Span, Date)> {
    let pieces = pieces(text);
    let mut found = Vec::new();
    let mut index = 0;
    while index < pieces.len() {
        match at(text, &pieces[index..]) {
            Some((used, date)) => {
                found.push((pieces[index].span.start..pieces[index + used - 1].span.end, date));
                index += used;
            }
            None => index += 1,
        }
    }
    found
}

/// Runs of letters or of digits; a `-` between digits stays in the number so that ISO dates are one piece.
fn pieces(text: &str) -> Vec<Piece<'_>> {
    let mut found = Vec::new();
    let mut rest = 0;
    while let Some(offset) = text[rest..].find(char::is_alphanumeric) {
        let start = rest + offset;
        let is_digit = text.as_bytes()[start].is_ascii_digit();
        let body = &text[start..];
        let length = body
            .char_indices()
            .find(|&(index, c)| {
                let next_is_digit = body.as_bytes().get(index + 1).is_some_and(u8::is_ascii_digit);
                if is_digit {
                    !(c.is_alphanumeric() || (matches!(c, '-' | '/' | '.') && next_is_digit))
                } else {
                    !(c.is_alphanumeric() || c == '_')
                }
            })
            .map_or(body.len(), |(index, _)| index);
        found.push(Piece { span: start..start + length, text: &body[..length] });
        rest = start + length;
    }
    found
}

/// The date that begins with the first piece, and how many pieces it takes.
fn at(text: &str, pieces: &[Piece<'_>]) -> Option<(usize, Date)> {
    let first = &pieces[0];
    let gap = |left: usize| {
        let right = pieces.get(left + 1)?;
        Some(&text[pieces[left].span.end..right.span.start])
    };
    let is_close = |left: usize| {
        gap(left).is_some_and(|gap| matches!(gap.trim(), "" | "," | "." | "of") && gap.len() <= 4)
    };
    let word = |index: usize| pieces.get(index).map(|piece| piece.text);
    if let Some(date) = numeric(first.text) {
        return Some((1, date));
    }
    // 5 March 2024, 5th of March, 2024
    if let (Some(day), Some(mut month_at)) = (day(first.text), Some(1)) {
        if word(1).is_some_and(|w| w.eq_ignore_ascii_case("of")) {
            month_at = 2;
        }
        if let Some(month) = word(month_at).and_then(month)
            && let Some(year) = word(month_at + 1).and_then(year)
            && is_close(month_at)
        {
            let date = Date { year, month: Some(month), day: Some(day) };
            return Some((month_at + 2, date));
        }
    }
    // March 5, 2024 and March 2024
    if let Some(month) = month(first.text) {
        if let Some(day) = word(1).and_then(day)
            && let Some(year) = word(2).and_then(year)
            && is_close(0)
            && is_close(1)
        {
            return Some((3, Date { year, month: Some(month), day: Some(day) }));
        }
        if let Some(year) = word(1).and_then(year)
            && is_close(0)
        {
            return Some((2, Date { year, month: Some(month), day: None }));
        }
    }
    let is_glued = text[..first.span.start].ends_with(['.', '_', '$', '€', '£', '#', '/']);
    let behind = &text[first.span.end..];
    let is_amount = behind.trim_start().starts_with(['%', '€', '°'])
        || behind.starts_with('_')
        || super::units::find_leading(behind.trim_start(), false).is_some();
    let year = year(first.text).filter(|_| !is_glued && !is_amount)?;
    Some((1, Date { year, month: None, day: None }))
}

/// `2024-03-05`, `2024/03/05`, `2024-03`, `05.03.2024`, `25/03/2024`.
fn numeric(text: &str) -> Option<Date> {
    let head = text.split(['T', 't']).next().unwrap_or(text);
    let parts: Vec<&str> = head.split(['-', '/', '.']).collect();
    let small = |part: &str, most: u8| {
        part.parse::<u8>().ok().filter(|value| (1..=most).contains(value) && part.len() <= 2)
    };
    match parts[..] {
        [y, m, d] if y.len() == 4 => {
            Some(Date { year: year(y)?, month: Some(small(m, 12)?), day: Some(small(d, 31)?) })
        }
        [d, m, y] if y.len() == 4 => {
            let (day, month) = (small(d, 31)?, small(m, 31)?);
            let (day, month) = match (day, month, head.contains('.')) {
                (_, 1..=12, true) | (13.., 1..=12, false) => (day, month),
                (1..=12, 13.., false) => (month, day),
                // 03/04/2024 is read differently on either side of the Atlantic.
                _ => return None,
            };
            Some(Date { year: year(y)?, month: Some(month), day: Some(day) })
        }
        [y, m] if y.len() == 4 && m.len() == 2 && head.contains('-') => {
            Some(Date { year: year(y)?, month: Some(small(m, 12)?), day: None })
        }
        _ => None,
    }
}

fn year(word: &str) -> Option<u16> {
    let is_four = word.len() == 4 && word.bytes().all(|b| b.is_ascii_digit());
    is_four.then(|| word.parse().ok()).flatten().filter(|year| (1000..=2100).contains(year))
}

fn day(word: &str) -> Option<u8> {
    let bare =
        ["st", "nd", "rd", "th"].iter().find_map(|end| word.strip_suffix(end)).unwrap_or(word);
    if bare.len() > 2 {
        return None;
    }
    bare.parse().ok().filter(|day| (1..=31).contains(day))
}

fn month(word: &str) -> Option<u8> {
    let lower = word.to_lowercase();
    let position = MONTHS.iter().position(|name| {
        lower == *name || (lower.len() >= 3 && lower.len() <= 4 && name.starts_with(&lower))
    })?;
    u8::try_from(position + 1).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn all(text: &str) -> Vec<(String, String)> {
        find(text).into_iter().map(|(span, date)| (text[span].to_owned(), date.iso())).collect()
    }

    #[test]
    fn dates_are_read_with_their_precision() {
        assert_eq!(
            all("On March 5, 2024 and 17 Apr 2023; since May 1998."),
            [
                ("March 5, 2024".into(), "2024-03-05".into()),
                ("17 Apr 2023".into(), "2023-04-17".into()),
                ("May 1998".into(), "1998-05".into()),
            ]
        );
        assert_eq!(
            all("2024-01-02, 25/12/2020, 01.02.2003, founded in 1887"),
            [
                ("2024-01-02".into(), "2024-01-02".into()),
                ("25/12/2020".into(), "2020-12-25".into()),
                ("01.02.2003".into(), "2003-02-01".into()),
                ("1887".into(), "1887".into()),
            ]
        );
    }

    #[test]
    fn amounts_and_ambiguous_dates_are_not_dates() {
        assert_eq!(all("1024 MB, $2000, 03/04/2024, port_1999, 1500 kg"), []);
    }
}
