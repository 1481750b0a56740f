//! Values as text: durations and sizes with their units, addresses, lists.

use std::time::Duration;

use egress::Origin;
use url::Url;

use super::Browser;

pub(crate) fn duration(text: &str) -> Result<Duration, String> {
    humantime::parse_duration(text)
        .map_err(|_| "write a number and its unit, such as 20s or 5m".into())
}

pub(crate) fn show_duration(value: Duration) -> String {
    humantime::format_duration(value).to_string()
}

/// Decimal and binary units, largest first.
const UNITS: [(&str, usize); 6] = [
    ("GiB", 1 << 30),
    ("GB", 1_000_000_000),
    ("MiB", 1 << 20),
    ("MB", 1_000_000),
    ("KiB", 1 << 10),
    ("kB", 1_000),
];

pub(crate) fn size(text: &str) -> Result<usize, String> {
    let wrong = || "write a number and its unit, such as 10MB or 512kB".to_owned();
    let compact = text.replace(' ', "");
    let (number, factor) = UNITS
        .iter()
        .find_map(|(unit, factor)| {
            let cut = compact.len().checked_sub(unit.len())?;
            let (number, given) = compact.split_at_checked(cut)?;
            given.eq_ignore_ascii_case(unit).then_some((number, *factor))
        })
        .ok_or_else(wrong)?;
    let number: usize = number.parse().map_err(|_| wrong())?;
    number.checked_mul(factor).filter(|bytes| *bytes > 0).ok_or_else(wrong)
}

pub(crate) fn show_size(bytes: usize) -> String {
    UNITS
        .iter()
        .find(|(_, factor)| bytes.is_multiple_of(*factor))
        .map_or_else(|| format!("{bytes}B"), |(unit, factor)| format!("{}{unit}", bytes / factor))
}

pub(crate) fn count<T: std::str::FromStr + PartialOrd + From<u8>>(text: &str) -> Result<T, String> {
    text.parse()
        .ok()
        .filter(|number| *number >= T::from(1))
        .ok_or_else(|| "write a whole number from 1 on".into())
}

/// `off`, `auto`, or a program that is there.
pub(crate) fn browser(text: &str) -> Result<Browser, String> {
    match text.trim() {
        "" | "off" => Ok(Browser::Off),
        "auto" => Ok(Browser::Auto),
        path => {
            let path = crate::source_args::expand(path);
            if path.is_file() {
                return Ok(Browser::At(path));
            }
            Err("write off, auto, or the path of a Chromium that is there, such as /usr/bin/chromium".into())
        }
    }
}

/// Millionths of a dollar.
pub(crate) fn dollars(text: &str) -> Result<u64, String> {
    let wrong = || "write an amount in US dollars, such as 0.25".to_owned();
    let (whole, part) = text.trim().split_once('.').unwrap_or((text.trim(), ""));
    if part.len() > 6 || whole.len() + part.len() == 0 {
        return Err(wrong());
    }
    let whole: u64 = if whole.is_empty() { 0 } else { whole.parse().map_err(|_| wrong())? };
    let part: u64 = format!("{part:0<6}").parse().map_err(|_| wrong())?;
    whole.checked_mul(1_000_000).and_then(|micro| micro.checked_add(part)).ok_or_else(wrong)
}

pub(crate) fn show_dollars(micro: u64) -> String {
    let text = format!("{}.{:06}", micro / 1_000_000, micro % 1_000_000);
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}

pub(crate) fn yes_or_no(text: &str) -> Result<bool, String> {
    text.parse().map_err(|_| "write true or false".into())
}

pub(crate) fn shown_origins(origins: &[Origin]) -> String {
    let entries: Vec<String> = origins.iter().map(|origin| format!("\"{origin}\"")).collect();
    format!("[{}]", entries.join(", "))
}

/// The base address of a service; empty for none.
pub(crate) fn address(text: &str) -> Result<Option<Url>, String> {
    if text.trim().is_empty() {
        return Ok(None);
    }
    let url = Url::parse(text.trim()).ok();
    url.filter(|url| matches!(url.scheme(), "http" | "https") && url.has_host())
        .map(Some)
        .ok_or_else(|| "write an address such as http://localhost:8888".into())
}

/// The address of a search provider. One that refuses everybody without a name and a password is not asked.
pub(crate) fn open_address(text: &str) -> Result<Option<Url>, String> {
    let url = address(text)?;
    if url.as_ref().is_some_and(|url| !url.username().is_empty() || url.password().is_some()) {
        return Err("write the address without a user name and password: they are not sent; let our address pass \
                    without them"
            .into());
    }
    Ok(url)
}

/// A JSON list, or entries with commas between them.
pub(crate) fn list(text: &str) -> Result<Vec<String>, String> {
    let text = text.trim();
    if text.starts_with('[') {
        return serde_json::from_str(text)
            .map_err(|_| "write a list such as [\"http://localhost:8080\"]".into());
    }
    Ok(text
        .split(',')
        .map(str::trim)
        .filter(|entry| !entry.is_empty())
        .map(str::to_owned)
        .collect())
}

pub(crate) fn origins(text: &str) -> Result<Vec<Origin>, String> {
    list(text)?.iter().map(|entry| Origin::parse(entry).map_err(|why| why.to_string())).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_size_needs_a_unit_and_reads_back() {
        assert_eq!(size("10MB"), Ok(10_000_000));
        assert_eq!(size("512 KiB"), Ok(524_288));
        assert_eq!(show_size(10_000_000), "10MB");
        assert!(size("10").is_err());
    }

    #[test]
    fn dollars_are_read_to_the_millionth_and_read_back() {
        assert_eq!(dollars("0.025"), Ok(25_000));
        assert_eq!(show_dollars(25_000), "0.025");
        assert_eq!((dollars("3"), show_dollars(3_000_000)), (Ok(3_000_000), "3".to_owned()));
        assert!(dollars("0.0000001").is_err() && dollars("$1").is_err() && dollars("").is_err());
    }

    #[test]
    fn a_list_may_be_json_or_words_with_commas() {
        let wanted = Ok(vec!["http://a:1".to_owned(), "http://b:2".to_owned()]);
        assert_eq!(list("http://a:1, http://b:2"), wanted);
        assert_eq!(list(r#"["http://a:1", "http://b:2"]"#), wanted);
    }
}
