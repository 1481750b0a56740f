//! Numbers, times and durations of a workbook, as the formats of its cells show them.

/// Formats are not longer, in characters; what is longer is shown as a plain number.
const MAX_FORMAT: usize = 255;
const SECONDS_A_DAY: f64 = 86_400.0;

/// Whether a format shows nothing at all of a text: `;;;`.
pub(super) fn hides_text(format: &str) -> bool {
    matches!(sections(format).as_slice(), [_, _, _, text] if text.is_empty())
}

/// A number by its format: its percent sign, its currency, its leading zeros and at least its decimals. No digit of the
/// number is left out, and none are grouped. Formats that are not understood count as none.
pub(super) fn number(number: f64, format: &str) -> String {
    let plain = || float(number);
    let sections = sections(format);
    let (section, number) = match sections.as_slice() {
        [_, negative, ..] if number < 0.0 => (negative, -number),
        [_, _, zero, ..] if number == 0.0 => (zero, number),
        [first, ..] => (first, number),
        [] => return plain(),
    };
    Pattern::of(section).map_or_else(plain, |pattern| pattern.shows(number))
}

/// A time of day, from the part of a day: `09:30`.
pub(super) fn time(days: f64, format: &str) -> String {
    clock(days.rem_euclid(1.0), format)
}

/// Hours, minutes and maybe seconds of a number of days: `30:00`.
pub(super) fn clock(days: f64, format: &str) -> String {
    #[expect(clippy::cast_possible_truncation, reason = "no workbook lasts so long")]
    let seconds = (days.abs() * SECONDS_A_DAY).round() as i64;
    let sign = if days < 0.0 && seconds > 0 { "-" } else { "" };
    let (hours, minutes, seconds) = (seconds / 3600, seconds / 60 % 60, seconds % 60);
    let shown = format!("{sign}{hours:02}:{minutes:02}");
    let has_seconds = seconds != 0 || marks(format).any(|c| c == 's');
    if has_seconds { format!("{shown}:{seconds:02}") } else { shown }
}

/// Whether a format shows a time and no day.
pub(super) fn is_time_alone(format: &str) -> bool {
    marks(format).any(|c| matches!(c, 'h' | 's')) && !marks(format).any(|c| matches!(c, 'd' | 'y'))
}

/// Without the noise of binary fractions: 0.1 + 0.2 is shown as 0.3.
pub(super) fn float(number: f64) -> String {
    let rounded: f64 = format!("{number:.14e}").parse().unwrap_or(number);
    rounded.to_string()
}

/// The characters of a format that stand for something, in lower case.
fn marks(format: &str) -> impl Iterator<Item = char> {
    let mut is_quoted = false;
    let mut is_escaped = false;
    format.chars().filter_map(move |c| {
        if std::mem::take(&mut is_escaped) {
            return None;
        }
        is_quoted ^= c == '"';
        is_escaped = !is_quoted && matches!(c, '\\' | '_' | '*');
        (!is_quoted && !is_escaped).then(|| c.to_ascii_lowercase())
    })
}

/// The parts of a format, for positive and negative numbers, nothing, and texts.
fn sections(format: &str) -> Vec<String> {
    let mut sections = vec![String::new()];
    let (mut is_quoted, mut is_escaped) = (false, false);
    for c in format.chars().take(MAX_FORMAT) {
        let was_escaped = std::mem::take(&mut is_escaped);
        is_quoted ^= c == '"' && !was_escaped;
        is_escaped = !is_quoted && !was_escaped && matches!(c, '\\' | '_' | '*');
        match sections.last_mut() {
            Some(section) if c != ';' || is_quoted || was_escaped => section.push(c),
            _ => sections.push(String::new()),
        }
    }
    sections
}

/// One part of a format.
#[derive(Default)]
struct Pattern {
    before: String,
    behind: String,
    has_digits: bool,
    /// Digits that stand there at least.
    whole: usize,
    decimals: usize,
    is_percent: bool,
}

impl Pattern {
    /// `None` for what is no plain number: conditions, fractions, powers, thousands left out.
    fn of(section: &str) -> Option<Self> {
        let mut pattern = Self::default();
        let general = section.replace("General", "#").replace("GENERAL", "#");
        let mut rest = general.chars().peekable();
        let (mut is_decimal, mut ends_in_comma) = (false, false);
        while let Some(c) = rest.next() {
            match c {
                '0' | '#' | '?' => {
                    pattern.has_digits = true;
                    ends_in_comma = false;
                    let count = if is_decimal { &mut pattern.decimals } else { &mut pattern.whole };
                    *count += usize::from(c == '0');
                }
                '.' => is_decimal = true,
                ',' => ends_in_comma = pattern.has_digits,
                '"' => {
                    let words: String = rest.by_ref().take_while(|c| *c != '"').collect();
                    pattern.say(&words);
                }
                '\\' => pattern.say(&rest.next()?.to_string()),
                '_' | '*' => drop(rest.next()),
                '[' => {
                    let words: String = rest.by_ref().take_while(|c| *c != ']').collect();
                    if words.starts_with(['<', '>', '=']) {
                        return None;
                    }
                    let currency =
                        words.strip_prefix('$').and_then(|words| words.split('-').next());
                    pattern.say(currency.unwrap_or_default());
                }
                '%' => {
                    pattern.is_percent = true;
                    pattern.say("%");
                }
                '/' | '@' => return None,
                c if c.is_ascii_alphanumeric() => return None,
                c => pattern.say(&c.to_string()),
            }
        }
        (!ends_in_comma).then_some(pattern)
    }

    fn say(&mut self, words: &str) {
        if self.has_digits { &mut self.behind } else { &mut self.before }.push_str(words);
    }

    fn shows(&self, number: f64) -> String {
        if !self.has_digits {
            return self.before.clone();
        }
        let digits = float(if self.is_percent { number * 100.0 } else { number });
        let (sign, digits) = match digits.strip_prefix('-') {
            Some(digits) => ("-", digits),
            None => ("", digits.as_str()),
        };
        let (whole, decimals) = digits.split_once('.').unwrap_or((digits, ""));
        let point = if decimals.is_empty() && self.decimals == 0 { "" } else { "." };
        let (before, behind) = (&self.before, &self.behind);
        format!(
            "{sign}{before}{whole:0>least$}{point}{decimals:0<least_decimals$}{behind}",
            least = self.whole,
            least_decimals = self.decimals,
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_shown_by_their_formats() {
        for (value, format, shown) in [
            (12_345_678_901_234.0, "General", "12345678901234"),
            (0.1 + 0.2, "General", "0.3"),
            (0.125, "0.0%", "12.5%"),
            (0.5, "0.00%", "50.00%"),
            (0.0749, "0%", "7.49%"),
            (42.0, "00000", "00042"),
            (10.5, "0.00", "10.50"),
            (1_234.5, "#,##0.00", "1234.50"),
            (19.9, "\"$\"#,##0.00", "$19.90"),
            (19.9, "$#,##0.00", "$19.90"),
            (-19.9, "$#,##0.00", "-$19.90"),
            (-19.9, "#,##0.00;(#,##0.00)", "(19.90)"),
            (19.0, "#,##0.00\\ [$€-407]", "19.00 €"),
            (19.0, "_($* #,##0.00_);_($* (#,##0.00);_($* \"-\"??_);_(@_)", "$19.00"),
            (5.0, "0 \"kg\";[Red]-0 \"kg\"", "5 kg"),
            (-5.0, "0 \"kg\";[Red]-0 \"kg\"", "-5 kg"),
            (0.0, "0;-0;\"none\"", "none"),
            (7.0, ";;;", ""),
            (1_200_000.0, "#,##0,,\"M\"", "1200000"),
            (0.5, "# ?/?", "0.5"),
            (1_234.0, "0.00E+00", "1234"),
            (5.0, "[>3]\"many\";0", "5"),
            (5.0, "@", "5"),
        ] {
            assert_eq!(number(value, format), shown, "{value} {format}");
        }
    }

    #[test]
    fn times_and_durations_are_hours_and_minutes() {
        assert_eq!(time(0.395_833_333_333, "h:mm"), "09:30");
        assert_eq!(time(0.395_833_333_333, "h:mm:ss"), "09:30:00");
        assert_eq!(time(1.25, "h:mm AM/PM"), "06:00");
        assert_eq!(clock(1.25, "[h]:mm"), "30:00");
        assert_eq!(clock(-0.5, "[h]:mm:ss"), "-12:00:00");
        assert!(is_time_alone("h:mm") && is_time_alone("mm:ss") && is_time_alone("h:mm \"day\""));
        assert!(!is_time_alone("d/m/yy h:mm") && !is_time_alone("mmm-yy"));
        assert!(hides_text(";;;") && !hides_text("0;-0;0;@"));
    }
}
