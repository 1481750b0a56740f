//! Which characters the bytes mean: byte order mark, then label, then what fits.

use std::borrow::Cow;

use chardetng::{EncodingDetector, Iso2022JpDetection, Utf8Detection};
use encoding_rs::{Encoding, UTF_8, UTF_16BE, UTF_16LE};

/// How far into a page a `meta charset` is looked for, in bytes. Browsers look at 1,024.
const META_WINDOW: usize = 4096;
/// How much of a page is looked at to guess, in bytes.
const GUESS_WINDOW: usize = 64 << 10;

/// Decodes bytes. `content_type` is the header of that name. What cannot be decoded becomes U+FFFD.
pub(super) fn decode<'a>(bytes: &'a [u8], content_type: Option<&str>) -> Cow<'a, str> {
    if let Some((encoding, _)) = Encoding::for_bom(bytes) {
        return encoding.decode(bytes).0;
    }
    // Valid UTF-8 beyond ASCII is never an accident, whatever the label says.
    if let Ok(text) = std::str::from_utf8(bytes) {
        let declared = declared(bytes, content_type);
        let is_stateful = declared.is_some_and(|encoding| !encoding.is_ascii_compatible());
        if !is_stateful || !text.is_ascii() {
            return Cow::Borrowed(text);
        }
    }
    let encoding =
        declared(bytes, content_type).filter(|&named| named != UTF_8 || is_mostly_utf8(bytes));
    encoding.unwrap_or_else(|| guess(bytes)).decode_without_bom_handling(bytes).0
}

fn declared(bytes: &[u8], content_type: Option<&str>) -> Option<&'static Encoding> {
    let from_header = content_type.and_then(|value| after_charset(value.as_bytes()));
    let from_page = || after_charset(&bytes[..bytes.len().min(META_WINDOW)]);
    let named = from_header.or_else(from_page)?;
    // A page whose `meta` can be read byte by byte is not UTF-16, whatever it says.
    let is_wide = named == UTF_16LE || named == UTF_16BE;
    Some(if is_wide && from_header.is_none() { UTF_8 } else { named })
}

/// The encoding named after `charset=` or `encoding=`.
fn after_charset(bytes: &[u8]) -> Option<&'static Encoding> {
    let text = String::from_utf8_lossy(bytes).to_ascii_lowercase();
    ["charset", "encoding"].iter().find_map(|word| {
        text.match_indices(word).find_map(|(at, _)| {
            let rest = text[at + word.len()..].trim_start().strip_prefix('=')?;
            let label = rest.trim_start_matches([' ', '"', '\'']);
            let end = label.find(|c: char| !c.is_ascii_alphanumeric() && !"-_:.".contains(c));
            Encoding::for_label(&label.as_bytes()[..end.unwrap_or(label.len())])
        })
    })
}

/// Whether bytes that are not valid UTF-8 are so but for a few faults.
fn is_mostly_utf8(bytes: &[u8]) -> bool {
    let text = String::from_utf8_lossy(&bytes[..bytes.len().min(GUESS_WINDOW)]);
    let faults = text.chars().filter(|&c| c == '\u{fffd}').count();
    // Without a single character that is right, the label is wrong.
    let right = text.chars().filter(|&c| !c.is_ascii() && c != '\u{fffd}').count();
    right > 0 && (faults * 3 <= right || faults < 3)
}

fn guess(bytes: &[u8]) -> &'static Encoding {
    let mut detector = EncodingDetector::new(Iso2022JpDetection::Deny);
    let window = &bytes[..bytes.len().min(GUESS_WINDOW)];
    detector.feed(window, true);
    detector.guess(None, Utf8Detection::Allow)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_byte_order_mark_wins() {
        assert_eq!(decode(b"\xff\xfeh\x00i\x00", Some("text/html; charset=iso-8859-1")), "hi");
        assert_eq!(decode("\u{feff}é".as_bytes(), None), "é");
    }

    #[test]
    fn the_header_wins_over_the_page() {
        let page = b"<meta charset=utf-8><p>caf\xe9 \xe0 la";
        assert_eq!(
            decode(page, Some("text/html; charset=ISO-8859-1")),
            "<meta charset=utf-8><p>café à la"
        );
    }

    #[test]
    fn the_page_is_believed_where_the_header_is_silent() {
        let page = b"<meta http-equiv=content-type content='text/html; charset=windows-1251'>\xcc\xee\xf1\xea\xe2\xe0";
        assert!(decode(page, Some("text/html")).ends_with("Москва"));
    }

    #[test]
    fn valid_utf_8_is_utf_8_whatever_the_label_says() {
        assert_eq!(decode("é".as_bytes(), Some("text/html; charset=iso-8859-1")), "é");
    }

    #[test]
    fn a_label_that_no_character_bears_out_is_wrong() {
        assert_eq!(
            decode(b"the caf\xe9 and the na\xefve", Some("text/plain; charset=utf-8")),
            "the café and the naïve"
        );
        assert_eq!(decode(b"caf\xc3\xa9 \xff", Some("text/plain; charset=utf-8")), "café \u{fffd}");
    }

    #[test]
    fn an_unlabelled_page_is_guessed() {
        let (bytes, ..) = encoding_rs::SHIFT_JIS.encode("これは日本語の文章です。漢字もあります。");
        assert_eq!(decode(&bytes, None), "これは日本語の文章です。漢字もあります。");
    }
}
