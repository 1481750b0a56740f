//! The day that a provider tells of a page, in whatever way it writes days.

use time::{Date, Duration, Month};

/// How months begin in the languages in which providers answer, each told apart from the others.
const MONTHS: [&[&str]; 12] = [
    &["jan", "ene", "gen"],
    &["feb", "fév", "fev"],
    &["mar", "mär", "maa", "mrt"],
    &["apr", "avr", "abr"],
    &["may", "mai", "mei", "mag"],
    &["jun", "juin", "giu"],
    &["jul", "juil", "lug"],
    &["aug", "aoû", "ago"],
    &["sep", "set"],
    &["oct", "okt", "ott", "out"],
    &["nov"],
    &["dec", "dez", "déc", "dic"],
];
/// How spans of time begin, and about how many days each has.
const SPANS: [(&[&str], i64); 5] = [
    (&["sec", "sek", "min", "hour", "hr", "stunde", "heure", "hora", "ora", "ore", "uur"], 0),
    (&["day", "tag", "jour", "día", "dia", "giorn", "dag"], 1),
    (&["week", "woche", "semaine", "semana", "settiman"], 7),
    (&["month", "monat", "mois", "mes", "maand"], 30),
    (&["year", "jahr", "année", "ans", "año", "ano", "ann", "jaar"], 365),
];
/// Words for one day ago.
const YESTERDAY: [&str; 5] = ["yesterday", "gestern", "hier", "ayer", "ieri"];

/// `YYYY-MM-DD`; `None` for what names no day. What counts back (`3 days ago`) counts from `today`; of months and years it
/// is right to some days.
pub(crate) fn day(told: &str, today: Option<Date>) -> Option<String> {
    let told = told.trim().to_lowercase();
    let words: Vec<&str> =
        told.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty()).collect();
    let date = in_order(&told, &words).or_else(|| named(&words)).or_else(|| ago(&words, today?))?;
    Some(format!("{:04}-{:02}-{:02}", date.year(), u8::from(date.month()), date.day()))
}

/// `2024-05-06T10:00:00Z`, `2024/05/06`, `20240506`, and `06.05.2024`, whose order the dots tell.
fn in_order(told: &str, words: &[&str]) -> Option<Date> {
    // The clock may follow at once: `06T10`.
    let joined = words.first().and_then(|first| first.split('t').next());
    if let Some(joined) = joined.filter(|joined| joined.len() == 8 && number(joined).is_some()) {
        return date(&joined[..4], number(&joined[4..6])?, &joined[6..]);
    }
    let [first, second, third, ..] = words else { return None };
    if first.len() == 4 {
        return date(first, number(second)?, third.split('t').next()?);
    }
    let is_dotted = told.starts_with(&format!("{first}.{second}.{third}"));
    if is_dotted && third.len() == 4 { date(third, number(second)?, first) } else { None }
}

/// `Jan 2, 2024`, `Tue, 02 Jan 2024 10:00:00 GMT`, `2. Januar 2024`.
fn named(words: &[&str]) -> Option<Date> {
    let at = words.iter().position(|word| month(word).is_some())?;
    let month = month(words[at])?;
    let year = words.iter().find(|word| word.len() == 4 && number(word).is_some())?;
    let before = at.checked_sub(1).and_then(|at| words.get(at)).copied();
    let between = before.filter(|word| matches!(*word, "de" | "di")).and(at.checked_sub(2));
    let before = between.and_then(|at| words.get(at)).copied().or(before);
    before.and_then(|day| date(year, month, day)).or_else(|| date(year, month, words.get(at + 1)?))
}

/// `3 days ago`, `vor 2 Wochen`, `yesterday`.
fn ago(words: &[&str], today: Date) -> Option<Date> {
    if words.iter().any(|word| YESTERDAY.contains(word)) {
        return today.previous_day();
    }
    words.windows(2).find_map(|pair| {
        let count = match pair[0] {
            "a" | "an" | "one" => 1,
            count => i64::from(number(count)?),
        };
        let begins = |begin: &&str| pair[1].starts_with(*begin);
        let (_, days) = SPANS.iter().find(|(begin, _)| begin.iter().any(begins))?;
        today.checked_sub(Duration::days(count * days))
    })
}

fn month(word: &str) -> Option<u32> {
    let begins = |begin: &&str| word.starts_with(*begin);
    let month = MONTHS.iter().position(|names| names.iter().any(begins))?;
    u32::try_from(month + 1).ok()
}

fn date(year: &str, month: u32, day: &str) -> Option<Date> {
    let ends = ["st", "nd", "rd", "th"];
    let day = ends.iter().find_map(|end| day.strip_suffix(end)).unwrap_or(day);
    let month = Month::try_from(u8::try_from(month).ok()?).ok()?;
    let year = i32::try_from(number(year)?).ok()?;
    Date::from_calendar_date(year, month, u8::try_from(number(day)?).ok()?).ok()
}

fn number(word: &str) -> Option<u32> {
    word.bytes().all(|b| b.is_ascii_digit()).then(|| word.parse().ok())?
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_day_is_read_however_it_is_written() {
        for told in [
            "2019-01-02",
            "2019-01-02T10:00:00Z",
            "2019/01/02 10:00",
            "20190102T100000Z",
            "Jan 2, 2019",
            "January 2nd, 2019",
            "Wed, 02 Jan 2019 10:11:12 GMT",
            "2 Jan 2019",
            "2. Januar 2019",
            "02.01.2019",
            "2 de enero de 2019",
            "2 janv. 2019",
        ] {
            assert_eq!(day(told, None).as_deref(), Some("2019-01-02"), "{told}");
        }
        assert_eq!(day("15 août 2019", None).as_deref(), Some("2019-08-15"));
        assert_eq!(day("1 juil. 2019", None).as_deref(), Some("2019-07-01"));
    }

    #[test]
    fn what_counts_back_counts_from_the_day_of_the_answer() {
        let today = Date::from_calendar_date(2024, Month::March, 2).ok();
        for (told, expected) in [
            ("3 days ago", "2024-02-28"),
            ("5 hours ago", "2024-03-02"),
            ("an hour ago", "2024-03-02"),
            ("vor 2 Wochen", "2024-02-17"),
            ("1 month ago", "2024-02-01"),
            ("2 years ago", "2022-03-03"),
            ("yesterday", "2024-03-01"),
        ] {
            assert_eq!(day(told, today).as_deref(), Some(expected), "{told}");
            assert_eq!(day(told, None), None, "{told}");
        }
    }

    #[test]
    fn what_names_no_day_is_none() {
        let today = Date::from_calendar_date(2024, Month::March, 2).ok();
        for told in
            ["", "2019", "May 2019", "2019-02-30", "1/2/2019", "soon", "99999999", "12345678901"]
        {
            assert_eq!(day(told, today), None, "{told}");
        }
    }
}
