//! Takes the sting out of hostile HTML before it is parsed.
//!
//! The parser follows the standard, whose cost grows with the square of the nesting: at each tag it looks
//! through all open elements. Real pages nest less than 100 deep. Tags beyond the limits are dropped, their
//! words stay.
//!
//! Of pages written as XML, elements that are closed in their own tag get an end tag: the parser takes `<title/>` for the
//! beginning of a title that holds the whole page.

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
/// Elements that never hold anything.
const VOID: &[&str] = &[
    "area", "base", "br", "col", "embed", "frame", "hr", "img", "input", "link", "meta", "param",
    "source", "track", "wbr",
];
/// How far into a page its first element is looked for, in bytes.
const ROOT_WINDOW: usize = 4096;
/// Elements whose content is no markup.
const RAW: &[&str] =
    &["script", "style", "textarea", "title", "xmp", "iframe", "noscript", "template"];

/// How a page is written.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(in super::super) enum Syntax {
    Html,
    /// XHTML.
    Xml,
}

impl Syntax {
    /// XML says so at its beginning or on its first element; `label` is the header `Content-Type`.
    pub(in super::super) fn of(source: &str, label: Option<&str>) -> Self {
        let start = &source[..source.floor_char_boundary(ROOT_WINDOW)];
        let root = start.find("<html").map(|at| &start[at..]);
        let root = root.and_then(|root| root.split('>').next()).unwrap_or_default();
        let is_xml = start.trim_start().starts_with("<?xml")
            || root.contains("xmlns")
            || label.is_some_and(|label| label.trim().starts_with("application/xhtml+xml"));
        if is_xml { Self::Xml } else { Self::Html }
    }
}

/// The same source where it is harmless; else a copy without the tags that go too deep.
pub(super) fn tame(source: &str, syntax: Syntax) -> Cow<'_, str> {
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
        if syntax == Syntax::Xml && tag.is_self_closed && !VOID.contains(&tag.name.as_str()) {
            kept.close(start..tag.end);
            continue;
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

    /// Writes `<a b="c"/>` as `<a b="c"></a>`, or puts the end tag behind what stands instead of it.
    fn close(&mut self, tag: std::ops::Range<usize>) {
        let inner = self.source[tag.start + 1..tag.end - 1].trim_end().trim_end_matches('/');
        let name = inner.split(|c: char| c.is_whitespace() || c == '/').next().unwrap_or_default();
        if self.copied < tag.end {
            self.drop(tag, &format!("<{inner}></{name}>"));
        } else if let Some(out) = &mut self.out {
            out.extend(["</", name, ">"]);
        }
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
        assert!(matches!(tame(page, Syntax::Html), Cow::Borrowed(_)));
        let long = "<p>x<b>y</b>".repeat(5_000);
        assert!(matches!(tame(&long, Syntax::Html), Cow::Borrowed(_)));
    }

    #[test]
    fn nesting_stops_at_the_limit_and_the_words_stay() {
        let deep = format!("{}word{}", "<div>".repeat(200_000), "</div>".repeat(200_000));
        let tamed = tame(&deep, Syntax::Html);
        assert_eq!(tamed.matches("<div>").count(), MAX_DEPTH);
        assert_eq!(tamed.matches("</div>").count(), MAX_DEPTH);
        assert!(tamed.contains("word"));
    }

    #[test]
    fn a_tag_with_ten_thousand_attributes_loses_them() {
        let page = format!("<p {}>word", "a=1 ".repeat(20_000));
        assert_eq!(tame(&page, Syntax::Html), "<p>word");
    }
    #[test]
    fn what_closes_itself_in_xml_has_an_end() {
        let page = "<title/><script src=\"a.js\" /><br/><svg:path d='x'/><p>word";
        let closed =
            "<title></title><script src=\"a.js\" ></script><br/><svg:path d='x'></svg:path><p>word";
        assert_eq!(tame(page, Syntax::Xml), closed);
        assert_eq!(tame(page, Syntax::Html), page);
        let long = format!("<p {}/>word", "a='1' ".repeat(20_000));
        assert_eq!(tame(&long, Syntax::Xml), "<p></p>word");
    }
}
