//! Takes the sting out of hostile HTML before it is parsed.
//!
//! The parser follows the standard, whose cost grows with the square of the nesting: at each tag it looks
//! through all open elements. Real pages nest less than 100 deep. Tags beyond the limits are dropped, their
//! words stay.

use std::borrow::Cow;

/// Open elements. Chrome stops at 512 too.
const MAX_DEPTH: usize = 512;
/// Open formatting elements: each is opened again in every following paragraph if it is never closed.
const MAX_FORMATTING: usize = 24;
/// Bytes of one tag. Longer ones hold pictures in attributes, or ten thousand attributes; those are dropped.
const MAX_TAG_BYTES: usize = 64 << 10;

/// Elements that need no end tag; to count them would call every old page deep.
const UNCOUNTED: &[&str] = &[
    "area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "param", "source",
    "track", "wbr", "p", "li", "dt", "dd", "tr", "td", "th", "thead", "tbody", "tfoot", "option",
    "optgroup", "html", "head", "body", "rt", "rp", "colgroup", "a",
];
const FORMATTING: &[&str] =
    &["b", "big", "code", "em", "font", "i", "nobr", "s", "small", "strike", "strong", "tt", "u"];
/// Elements whose content is no markup.
const RAW: &[&str] =
    &["script", "style", "textarea", "title", "xmp", "iframe", "noscript", "template"];

/// The same source where it is harmless; else a copy without the tags that go too deep.
pub(super) fn tame(source: &str) -> Cow<'_, str> {
    let mut depth = 0_usize;
    let mut formatting = 0_usize;
    let mut kept = Kept { source, out: None, copied: 0 };
    let mut at = 0;
    while let Some(found) = source[at..].find('<') {
        let start = at + found;
        if source[start..].starts_with("<!--") {
            at = source[start + 4..].find("-->").map_or(source.len(), |end| start + 4 + end + 3);
            continue;
        }
        let Some(tag) = Tag::at(source, start) else {
            at = start + 1;
            continue;
        };
        at = tag.end;
        let is_formatting = FORMATTING.contains(&tag.name.as_str());
        let count = if is_formatting { &mut formatting } else { &mut depth };
        let limit = if is_formatting { MAX_FORMATTING } else { MAX_DEPTH };
        if UNCOUNTED.contains(&tag.name.as_str()) {
            // Neither counted nor dropped.
        } else if tag.is_end {
            *count = count.saturating_sub(1);
            if *count >= limit {
                kept.drop(start..tag.end, "");
            }
        } else if !tag.is_self_closed {
            *count += 1;
            if *count > limit {
                kept.drop(start..tag.end, "");
                continue;
            }
        }
        if tag.end - start > MAX_TAG_BYTES {
            kept.drop(start..tag.end, &format!("<{}>", tag.name));
        }
        if !tag.is_end && RAW.contains(&tag.name.as_str()) && tag.name != "template" {
            at = end_of_raw(source, at, &tag.name);
        }
    }
    kept.finish()
}

struct Kept<'s> {
    source: &'s str,
    out: Option<String>,
    copied: usize,
}

impl<'s> Kept<'s> {
    fn drop(&mut self, tag: std::ops::Range<usize>, instead: &str) {
        let out = self.out.get_or_insert_with(String::new);
        out.push_str(&self.source[self.copied..tag.start]);
        out.push_str(instead);
        self.copied = tag.end;
    }

    fn finish(self) -> Cow<'s, str> {
        match self.out {
            None => Cow::Borrowed(self.source),
            Some(mut out) => {
                out.push_str(&self.source[self.copied..]);
                Cow::Owned(out)
            }
        }
    }
}

struct Tag {
    name: String,
    is_end: bool,
    is_self_closed: bool,
    /// Behind the `>`.
    end: usize,
}

impl Tag {
    fn at(source: &str, start: usize) -> Option<Self> {
        let bytes = source.as_bytes();
        let is_end = bytes.get(start + 1) == Some(&b'/');
        let from = start + 1 + usize::from(is_end);
        let length =
            bytes[from..].iter().take_while(|b| b.is_ascii_alphanumeric() || **b == b'-').count();
        if !bytes.get(from)?.is_ascii_alphabetic() {
            return None;
        }
        let name = source[from..from + length.min(32)].to_ascii_lowercase();
        let mut quote = None;
        let mut previous = b' ';
        for (offset, &byte) in bytes[from..].iter().enumerate() {
            if let Some(mark) = quote {
                quote = Some(mark).filter(|&mark| mark != byte);
            } else if byte == b'>' {
                let is_self_closed = previous == b'/';
                return Some(Self { name, is_end, is_self_closed, end: from + offset + 1 });
            } else if matches!(byte, b'"' | b'\'') && previous == b'=' {
                // Only a value may be quoted; elsewhere a quote is just a character.
                quote = Some(byte);
            }
            if !byte.is_ascii_whitespace() {
                previous = byte;
            }
        }
        Some(Self { name, is_end, is_self_closed: false, end: bytes.len() })
    }
}

fn end_of_raw(source: &str, from: usize, name: &str) -> usize {
    let mut at = from;
    while let Some(found) = source[at..].find("</") {
        let start = at + found;
        let rest = &source.as_bytes()[start + 2..];
        if rest.get(..name.len()).is_some_and(|end| end.eq_ignore_ascii_case(name.as_bytes())) {
            return start;
        }
        at = start + 2;
    }
    source.len()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_ordinary_page_is_left_as_it_is() {
        let page = "<html><body><p>a<p>b<ul><li>c<li>d</ul><a title='x > y'>e</a><script>if (a<b) {}</script>";
        assert!(matches!(tame(page), Cow::Borrowed(_)));
        let long = "<p>x<b>y</b>".repeat(5_000);
        assert!(matches!(tame(&long), Cow::Borrowed(_)));
    }

    #[test]
    fn nesting_stops_at_the_limit_and_the_words_stay() {
        let deep = format!("{}word{}", "<div>".repeat(200_000), "</div>".repeat(200_000));
        let tamed = tame(&deep);
        assert_eq!(tamed.matches("<div>").count(), MAX_DEPTH);
        assert_eq!(tamed.matches("</div>").count(), MAX_DEPTH);
        assert!(tamed.contains("word"));
    }

    #[test]
    fn a_tag_with_ten_thousand_attributes_loses_them() {
        let page = format!("<p {}>word", "a=1 ".repeat(20_000));
        assert_eq!(tame(&page), "<p>word");
    }
}
