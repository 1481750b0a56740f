//! XML as a stream of steps. Nothing is expanded but the five entities of the standard, and nothing is kept.

use std::borrow::Cow;
use std::io::BufRead;

use quick_xml::Reader;
use quick_xml::events::{BytesStart, Event};

/// Open elements. Documents nest less than 100 deep.
const MAX_DEPTH: usize = 512;

/// What a walk meets. Names come without their prefix.
pub(super) enum Step<'x> {
    Open(Tag<'x>),
    Close(&'x str),
    Words(Cow<'x, str>),
}

pub(super) struct Tag<'x>(&'x BytesStart<'x>);

impl Tag<'_> {
    pub(super) fn name(&self) -> &str {
        after_prefix(self.0.name().into_inner())
    }

    /// An attribute, by its name without a prefix.
    pub(super) fn attribute(&self, name: &str) -> Option<String> {
        self.attribute_where(name, |_| true)
    }

    /// Names without their prefix and values of all attributes but those that are called so, or have such a prefix.
    pub(super) fn attributes(&self, but: &[&str]) -> Vec<(String, String)> {
        let mut attributes = self.0.attributes();
        let found = attributes.with_checks(false).flatten().filter_map(|one| {
            let key = one.key.into_inner();
            let prefix = key.split(':').next().unwrap_or_default();
            (!but.contains(&prefix)).then(|| (after_prefix(key).to_owned(), plain(one.value)))
        });
        found.collect()
    }

    /// The first attribute of a name whose value is of a kind: prefixes may make several of one name.
    pub(super) fn attribute_where(
        &self,
        name: &str,
        is_wanted: impl Fn(&str) -> bool,
    ) -> Option<String> {
        let mut attributes = self.0.attributes();
        let found = attributes.with_checks(false).flatten();
        let mut found = found.filter(|one| after_prefix(one.key.into_inner()) == name);
        let value = found.find(|one| is_wanted(&one.value))?.value;
        Some(plain(value))
    }
}

/// A value with its entities resolved, if they can be.
fn plain(value: Cow<'_, str>) -> String {
    match quick_xml::escape::unescape(&value) {
        Ok(plain) => plain.into_owned(),
        Err(_) => value.into_owned(),
    }
}

/// Visits elements and words in order. What is not well formed ends it, with a reason.
pub(super) fn walk(
    source: &str,
    mut each: impl FnMut(Step<'_>) -> Result<(), String>,
) -> Result<(), String> {
    let mut reader = Reader::from_str(source);
    let config = reader.config_mut();
    config.expand_empty_elements = true;
    config.check_end_names = false;
    config.allow_unmatched_ends = true;
    config.allow_dangling_amp = true;
    let mut depth = 0_usize;
    loop {
        match reader.read_event().map_err(|why| format!("it is not well-formed XML: {why}"))? {
            Event::Start(start) => {
                depth += 1;
                if depth > MAX_DEPTH {
                    return Err(format!("it is nested more than {MAX_DEPTH} deep"));
                }
                each(Step::Open(Tag(&start)))?;
            }
            Event::End(end) => {
                depth = depth.saturating_sub(1);
                each(Step::Close(after_prefix(end.name().into_inner())))?;
            }
            Event::Text(words) => each(Step::Words(words.xml10_content()))?,
            Event::CData(words) => each(Step::Words(words.xml10_content()))?,
            Event::GeneralRef(reference) => {
                let named = |name: &str| quick_xml::escape::resolve_predefined_entity(name);
                let name = reference.xml10_content();
                match reference.resolve_char_ref() {
                    Ok(Some(c)) => each(Step::Words(Cow::Owned(c.to_string())))?,
                    // An entity of the document's own stands for anything, and is how bombs are built.
                    Ok(None) | Err(_) => each(Step::Words(named(&name).unwrap_or(" ").into()))?,
                }
            }
            Event::Eof => return Ok(()),
            Event::Empty(_)
            | Event::Comment(_)
            | Event::Decl(_)
            | Event::PI(_)
            | Event::DocType(_) => {}
        }
    }
}

/// Visits the tags of elements in order, one at a time.
pub(super) fn tags(
    source: impl BufRead,
    mut each: impl FnMut(Tag<'_>) -> Result<(), String>,
) -> Result<(), String> {
    let mut reader = Reader::from_reader(source);
    reader.config_mut().check_end_names = false;
    let mut event = Vec::new();
    loop {
        event.clear();
        match reader.read_event_into(&mut event) {
            Ok(Event::Start(start) | Event::Empty(start)) => each(Tag(&start))?,
            Ok(Event::Eof) => return Ok(()),
            Ok(_) => {}
            Err(why) => return Err(format!("it is not well-formed XML: {why}")),
        }
    }
}

/// The name without its prefix.
fn after_prefix(name: &str) -> &str {
    name.rsplit_once(':').map_or(name, |(_, local)| local)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(source: &str) -> Result<String, String> {
        let mut all = String::new();
        walk(source, |step| {
            match step {
                Step::Open(tag) => all.extend(["<", tag.name(), ">"]),
                Step::Close(name) => all.extend(["</", name, ">"]),
                Step::Words(words) => all.push_str(&words),
            }
            Ok(())
        })?;
        Ok(all)
    }

    #[test]
    fn elements_and_words_come_in_order_without_prefixes() {
        assert_eq!(
            words("<w:p>a &amp; &#233;<b/><![CDATA[<c>]]></w:p>").unwrap(),
            "<p>a & é<b></b><c></p>"
        );
    }

    #[test]
    fn entities_of_the_document_are_not_expanded() {
        let bomb = "<!DOCTYPE x [<!ENTITY a \"aaaaaaaaaa\"><!ENTITY b \"&a;&a;&a;\">]><x>1&b;2</x>";
        assert_eq!(words(bomb).unwrap(), "<x>1 2</x>");
    }

    #[test]
    fn depth_has_a_limit() {
        assert!(words(&"<a>".repeat(100_000)).unwrap_err().contains("nested"));
    }
}
