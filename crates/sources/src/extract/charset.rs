//! Which characters the bytes mean: byte order mark, then what the bytes themselves show. A label counts as far as they bear
//! it out.

use std::borrow::Cow;

use chardetng::{EncodingDetector, Iso2022JpDetection, Utf8Detection};
use encoding_rs::{Encoding, ISO_2022_JP, UTF_8, UTF_16BE, UTF_16LE, WINDOWS_1252};

/// How far into a page a `meta charset` is looked for, in bytes. Browsers look at 1,024.
const META_WINDOW: usize = 4096;
/// How much of a page is looked at to judge a label or to guess, in bytes.
const SAMPLE: usize = 64 << 10;
/// Bytes around each one beyond ASCII that are part of the sample.
const AROUND: usize = 64;
/// How much of a page is looked at to find units of two bytes, in bytes.
const WIDE_WINDOW: usize = 4096;
/// Of the characters of a text in Chinese or Japanese, at least so many of a hundred are of these scripts,
const EAST_ASIAN_SHARE: usize = 95;
/// and at least so many are kana or marks of these scripts, which no older encoding looks like.
const KANA_SHARE: usize = 5;
/// So many bytes beyond ASCII tell whether they stand alone.
const ENOUGH: usize = 6;
/// Encodings of languages in Latin letters, in which those beyond ASCII mostly stand alone.
const LATIN: &[&Encoding] = &[
    WINDOWS_1252,
    encoding_rs::WINDOWS_1250,
    encoding_rs::WINDOWS_1254,
    encoding_rs::WINDOWS_1257,
    encoding_rs::ISO_8859_2,
    encoding_rs::ISO_8859_15,
];

/// Decodes bytes. `content_type` is the header of that name. What cannot be decoded becomes U+FFFD.
pub(super) fn decode<'a>(bytes: &'a [u8], content_type: Option<&str>) -> Cow<'a, str> {
    if let Some((encoding, _)) = Encoding::for_bom(bytes) {
        return encoding.decode(bytes).0;
    }
    let header = content_type.and_then(|value| after_charset(value.as_bytes()));
    let encoding = wide(bytes, header).unwrap_or_else(|| narrow(bytes, header));
    encoding.decode_without_bom_handling(bytes).0
}

/// Whether the bytes are units of two.
pub(super) fn is_wide(bytes: &[u8], content_type: Option<&str>) -> bool {
    let has_mark = bytes.starts_with(b"\xff\xfe") || bytes.starts_with(b"\xfe\xff");
    has_mark
        || wide(bytes, content_type.and_then(|value| after_charset(value.as_bytes()))).is_some()
}

/// UTF-16 without a mark: zeros stand on one side of the units only, or a label says so of bytes that are nothing else, or
/// they are a text in Chinese or Japanese without any character of ASCII.
fn wide(bytes: &[u8], header: Option<&'static Encoding>) -> Option<&'static Encoding> {
    let window = &bytes[..bytes.len().min(WIDE_WINDOW)];
    let zeros = |side: usize| window.iter().skip(side).step_by(2).any(|&byte| byte == 0);
    let encoding = match (zeros(0), zeros(1)) {
        (true, false) => UTF_16BE,
        (false, true) => UTF_16LE,
        (false, false) if std::str::from_utf8(bytes).is_err() => {
            let labelled = header.filter(|named| [UTF_16BE, UTF_16LE].contains(named));
            labelled.or_else(|| east_asian(window))?
        }
        (false, false) | (true, true) => return None,
    };
    let is_odd = |c: char| c == '\u{fffd}' || (c.is_control() && !"\t\n\r\u{c}".contains(c));
    (!beginning(encoding, window).contains(is_odd)).then_some(encoding)
}

/// The byte order in which bytes are such a text.
fn east_asian(window: &[u8]) -> Option<&'static Encoding> {
    let is_text = |encoding: &&'static Encoding| {
        let text = beginning(encoding, window);
        let share = |is_such: fn(&char) -> bool| {
            text.chars().filter(is_such).count() * 100 / text.chars().count().max(1)
        };
        let is_kana = |c: &char| matches!(c, '\u{3000}'..='\u{30ff}');
        let is_of_them = |c: &char| matches!(c, '\u{3000}'..='\u{30ff}' | '\u{3400}'..='\u{9fff}' | '\u{ff00}'..='\u{ffef}');
        share(is_kana) >= KANA_SHARE && share(is_of_them) >= EAST_ASIAN_SHARE
    };
    [UTF_16LE, UTF_16BE].into_iter().find(is_text)
}

/// The encoding of bytes that are no UTF-16.
fn narrow(bytes: &[u8], header: Option<&'static Encoding>) -> &'static Encoding {
    let page = after_charset(&bytes[..bytes.len().min(META_WINDOW)]);
    if bytes.is_ascii() {
        let is_stateful = [header, page].contains(&Some(ISO_2022_JP));
        return if is_stateful { ISO_2022_JP } else { UTF_8 };
    }
    // Valid UTF-8 beyond ASCII is never an accident, whatever the label says.
    if std::str::from_utf8(bytes).is_ok() {
        return UTF_8;
    }
    let sample = sample(bytes);
    let faults = Faults::of(UTF_8, &sample);
    if faults.are_rare() || faults.wrong < 3 && faults.right > faults.wrong || is_cut(bytes) {
        return UTF_8;
    }
    // Many servers say so of all their pages, so what a page says of itself is heard first.
    let labels = if header == Some(WINDOWS_1252) { [page, header] } else { [header, page] };
    let borne_out = labels.into_iter().flatten().find(|label| bear_out(&sample, label));
    borne_out.unwrap_or_else(|| guess(&sample))
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

/// The stretches that tell something: bytes beyond ASCII, and those around them.
fn sample(bytes: &[u8]) -> Vec<u8> {
    let mut sample = Vec::new();
    let mut at = 0;
    while let Some(found) = bytes[at..].iter().position(|byte| !byte.is_ascii()) {
        let first = (at + found).saturating_sub(AROUND).max(at);
        let mut end = at + found;
        let mut quiet = 0;
        while end < bytes.len() && quiet < AROUND && sample.len() + end - first < SAMPLE {
            quiet = if bytes[end].is_ascii() { quiet + 1 } else { 0 };
            end += 1;
        }
        sample.extend_from_slice(&bytes[first..end]);
        at = end;
        if sample.len() >= SAMPLE {
            break;
        }
    }
    sample
}

/// The characters of the beginning of something: a last one that is cut in two is no fault.
fn beginning(encoding: &'static Encoding, bytes: &[u8]) -> String {
    let mut decoder = encoding.new_decoder_without_bom_handling();
    let capacity = decoder.max_utf8_buffer_length(bytes.len()).unwrap_or_default();
    let mut text = String::with_capacity(capacity);
    let _ = decoder.decode_to_string(bytes, &mut text, false);
    text
}

/// Characters beyond ASCII, and what is none.
struct Faults {
    right: usize,
    wrong: usize,
}

impl Faults {
    fn of(encoding: &'static Encoding, sample: &[u8]) -> Self {
        let text = beginning(encoding, sample);
        let wrong = text.chars().filter(|&c| c == '\u{fffd}').count();
        let beyond = text.chars().filter(|c| !c.is_ascii()).count();
        Self { right: beyond - wrong, wrong }
    }

    fn are_rare(&self) -> bool {
        self.right > 0 && self.wrong * 3 <= self.right
    }
}

/// Whether the only fault of UTF-8 is that it ends within a character, of which two bytes at least are there.
fn is_cut(bytes: &[u8]) -> bool {
    let fault = std::str::from_utf8(bytes).err();
    fault.is_some_and(|fault| fault.error_len().is_none() && fault.valid_up_to() + 2 <= bytes.len())
}

/// Whether the bytes may be what a label says.
fn bear_out(sample: &[u8], label: &'static Encoding) -> bool {
    let faults = Faults::of(label, sample);
    // Without a single character that is right, the label is wrong.
    let fits = faults.right > 0 && (faults.are_rare() || faults.wrong < 3);
    fits && (!LATIN.contains(&label) || stand_alone(sample))
}

/// Whether most bytes beyond ASCII have neighbours in ASCII.
fn stand_alone(sample: &[u8]) -> bool {
    let beyond = |at: usize| sample.get(at).is_some_and(|byte| !byte.is_ascii());
    let all = (0..sample.len()).filter(|&at| beyond(at));
    let beside = |at: usize| beyond(at + 1) || at.checked_sub(1).is_some_and(beyond);
    let (count, joined) =
        all.fold((0, 0), |(count, joined), at| (count + 1, joined + usize::from(beside(at))));
    count < ENOUGH || joined * 2 <= count
}

fn guess(sample: &[u8]) -> &'static Encoding {
    let mut detector = EncodingDetector::new(Iso2022JpDetection::Deny);
    detector.feed(sample, true);
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
        assert_eq!(decode(b"plain", Some("text/html; charset=utf-16")), "plain");
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
    fn a_label_for_latin_letters_is_wrong_of_others() {
        let (japanese, ..) =
            encoding_rs::SHIFT_JIS.encode("これは日本語の文章です。漢字もあります。");
        let (russian, ..) = encoding_rs::WINDOWS_1251.encode("Москва — столица России.");
        for label in ["iso-8859-1", "windows-1252"] {
            let label = format!("text/html; charset={label}");
            let read = |bytes: &[u8]| decode(bytes, Some(&label)).into_owned();
            assert_eq!(read(&japanese), "これは日本語の文章です。漢字もあります。");
            assert_eq!(read(&russian), "Москва — столица России.");
            let page = [b"<meta charset=windows-1251>".as_slice(), b"\xcc\xee"].concat();
            assert!(read(&page).ends_with("Мо"), "{}", read(&page));
            assert_eq!(
                read(b"d\xe9j\xe0 vu, \xc0 bient\xf4t, \xe9t\xe9, \x93no\x94"),
                "déjà vu, À bientôt, été, “no”"
            );
        }
    }

    #[test]
    fn one_bad_byte_does_not_make_utf_8_something_else() {
        let page = "Zoë ate crème brûlée in Łódź and Málaga.".as_bytes();
        let mut bad = page.to_vec();
        bad.insert(10, 0xff);
        for label in [None, Some("text/html; charset=iso-8859-1")] {
            assert_eq!(decode(&bad, label), "Zoë ate c\u{fffd}rème brûlée in Łódź and Málaga.");
        }
        let cut = [page, b" \xe2\x80"].concat();
        assert!(decode(&cut, None).starts_with("Zoë ate crème"));
        assert_eq!(decode(b"plain \xe2\x80", None), "plain \u{fffd}");
    }

    #[test]
    fn utf_16_is_known_without_a_mark() {
        let words = "<p>Zoë aß Brot.</p>";
        let little: Vec<u8> = words.encode_utf16().flat_map(u16::to_le_bytes).collect();
        let big: Vec<u8> = words.encode_utf16().flat_map(u16::to_be_bytes).collect();
        for label in [None, Some("text/html; charset=utf-16le"), Some("text/plain; charset=utf-8")]
        {
            assert_eq!(decode(&little, label), words);
            assert_eq!(decode(&big, label), words);
        }
        let japanese: Vec<u8> = "日本語。".encode_utf16().flat_map(u16::to_le_bytes).collect();
        assert_eq!(decode(&japanese, Some("text/plain; charset=utf-16le")), "日本語。");
        for words in ["これは日本語の文章です。漢字もあります。", "潮汐每天涨落两次，人们知道。"]
        {
            let little: Vec<u8> = words.encode_utf16().flat_map(u16::to_le_bytes).collect();
            let big: Vec<u8> = words.encode_utf16().flat_map(u16::to_be_bytes).collect();
            assert_eq!((decode(&little, None), decode(&big, None)), (words.into(), words.into()));
            for encoding in [encoding_rs::SHIFT_JIS, encoding_rs::EUC_JP, encoding_rs::GB18030] {
                assert!(!is_wide(&encoding.encode(words).0, None), "{}", encoding.name());
            }
        }
        assert!(!is_wide(b"MZ\x90\x00\x03\x00", None) && !is_wide(&[0; 64], None));
    }

    #[test]
    fn an_unlabelled_page_is_guessed() {
        let (bytes, ..) = encoding_rs::SHIFT_JIS.encode("これは日本語の文章です。漢字もあります。");
        assert_eq!(decode(&bytes, None), "これは日本語の文章です。漢字もあります。");
        let (russian, ..) = encoding_rs::WINDOWS_1251.encode("Москва — столица России.");
        let late = [&b"<p>words</p>\n".repeat(10_000), &*russian].concat();
        assert!(decode(&late, None).ends_with("Москва — столица России."));
        assert!(decode(&late, Some("text/html; charset=utf-8")).ends_with("России."));
    }
}
