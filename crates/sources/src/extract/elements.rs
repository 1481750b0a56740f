//! XML of any kind: what is data as pairs, whose keys are the paths of their elements; what is prose as paragraphs.

use domain::text::Text;

use super::writer::Writer;
use super::xml::{self, Step, Tag};

/// Bytes of one name, and names of one path. What is longer is cut, of paths at the beginning.
const MAX_NAME: usize = 100;
const MAX_PATH: usize = 8;
/// Longest value of a pair, in bytes; longer ones are prose.
const MAX_VALUE: usize = 300;
/// Prefixes of attributes that say nothing of the thing itself.
const BOOKKEEPING: &[&str] = &["xml", "xmlns", "xsi"];

/// Reads a document. Fails where it is not well formed.
pub(super) fn read(source: &str) -> Result<Text, String> {
    let mut walk = Walk::default();
    xml::walk(source, |step| {
        match step {
            Step::Open(tag) => walk.open(&tag),
            Step::Close(_) => walk.close(),
            Step::Words(words) => walk.words(&words),
        }
        Ok(())
    })?;
    while !walk.open.is_empty() {
        walk.close();
    }
    Ok(walk.writer.finish())
}

#[derive(Default)]
struct Walk {
    writer: Writer,
    /// From the outermost to the one at hand.
    open: Vec<Element>,
}

#[derive(Default)]
struct Element {
    name: String,
    attributes: Vec<Told>,
    words: String,
    /// What elements within it say, as long as it may turn out that they are words of a sentence.
    told: Vec<Told>,
    form: Form,
}

#[derive(Default, Clone, Copy, PartialEq, Eq)]
enum Form {
    /// Words alone, as far as it is known.
    #[default]
    Value,
    /// Elements that hold words alone.
    Record,
    /// Words and elements between them.
    Prose,
    /// Elements that hold others.
    Tree,
}

/// What one element or attribute says.
struct Told {
    key: String,
    value: String,
    role: Role,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Role {
    Value,
    Attribute,
    Prose,
}

impl Walk {
    fn open(&mut self, tag: &Tag<'_>) {
        let depth = self.open.len();
        if depth > 0 && self.open[depth - 1].form != Form::Prose {
            self.holds_element(depth - 1);
        }
        let name = tag.name()[..tag.name().floor_char_boundary(MAX_NAME)].to_owned();
        let attributes = tag.attributes(BOOKKEEPING);
        let told =
            |(key, value)| Told { key: format!("{name}.{key}"), value, role: Role::Attribute };
        let attributes = attributes.into_iter().map(told).collect();
        self.open.push(Element { name, attributes, ..Element::default() });
    }

    /// Notes that the element at a depth holds another.
    fn holds_element(&mut self, depth: usize) {
        let element = &mut self.open[depth];
        if element.form == Form::Tree {
            self.tell(depth);
        } else if !element.words.trim().is_empty() {
            element.form = Form::Prose;
        } else if element.form == Form::Value {
            element.form = Form::Record;
            // What is around it holds more than values.
            let own = std::mem::take(&mut element.attributes);
            if depth > 0 && self.open[depth - 1].form != Form::Prose {
                self.open[depth - 1].form = Form::Tree;
                self.tell(depth - 1);
            }
            for told in own {
                self.write(depth, &told);
            }
        }
    }

    fn words(&mut self, words: &str) {
        let Some(element) = self.open.last_mut() else { return };
        if element.form == Form::Record && !words.trim().is_empty() {
            element.form = Form::Prose;
            let mut before = std::mem::take(&mut element.told);
            before.retain(|told| told.role != Role::Attribute);
            let before: Vec<String> = before.into_iter().map(|told| told.value).collect();
            element.words = before.join(" ");
        }
        element.words.push_str(words);
    }

    fn close(&mut self) {
        let Some(element) = self.open.pop() else { return };
        let depth = self.open.len();
        if matches!(element.form, Form::Record | Form::Tree) {
            self.open.push(element);
            self.tell(depth);
            self.open.pop();
            return;
        }
        let is_prose = element.form == Form::Prose || element.words.trim().len() > MAX_VALUE;
        let role = if is_prose { Role::Prose } else { Role::Value };
        let told = Told { key: element.name, value: element.words, role };
        match self.open.last_mut() {
            Some(around) if around.form == Form::Prose => around.words.push_str(&told.value),
            Some(around) if around.form == Form::Record => {
                around.told.push(told);
                around.told.extend(element.attributes);
            }
            _ => {
                for told in [told].iter().chain(&element.attributes) {
                    self.write(depth, told);
                }
            }
        }
    }

    /// Writes what was told within the element at a depth.
    fn tell(&mut self, depth: usize) {
        let words = std::mem::take(&mut self.open[depth].words);
        self.writer.paragraph(&words);
        for told in std::mem::take(&mut self.open[depth].told) {
            self.write(depth + 1, &told);
        }
    }

    /// Writes one thing that is said at a depth, under the names of the elements around it but the outermost.
    fn write(&mut self, depth: usize, told: &Told) {
        if told.role == Role::Prose {
            return self.writer.paragraph(&told.value);
        }
        if told.value.trim().is_empty() {
            return;
        }
        let first = depth.saturating_sub(MAX_PATH).max(1).min(depth);
        let above = self.open[first..depth].iter().map(|element| element.name.as_str());
        let path: Vec<&str> = above.chain([told.key.as_str()]).collect();
        self.writer.pair(&path.join("."), &told.value, true);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn body(source: &str) -> String {
        read(source).unwrap().body
    }

    #[test]
    fn records_are_pairs_with_paths() {
        let source = "<?xml version='1.0'?><catalog xmlns='x'><book id='b1'><title>AnnOtter guide</title>\
                      <price currency='EUR'>44.95</price></book><book><title>Second</title></book></catalog>";
        assert_eq!(
            body(source),
            "book.id: b1\nbook.title: AnnOtter guide\nbook.price: 44.95\nbook.price.currency: EUR\nbook.title: Second"
        );
        let rates = "<Envelope><Cube><Cube time='2024-05-06'><Cube currency='USD' rate='1.08'/></Cube></Cube></Envelope>";
        assert_eq!(
            body(rates),
            "Cube.Cube.time: 2024-05-06\nCube.Cube.Cube.currency: USD\nCube.Cube.Cube.rate: 1.08"
        );
    }

    #[test]
    fn prose_is_paragraphs() {
        let source = "<article><title>Tides</title><section><para>High <em>tide</em> comes <b>twice</b>.</para>\
                      <para><b>Low</b> tide follows.</para></section>Last words</article>";
        assert_eq!(
            body(source),
            "title: Tides\n\nHigh tide comes twice.\n\nLow tide follows.\n\nLast words"
        );
        assert_eq!(body("<note>Only words</note>"), "note: Only words");
        assert_eq!(body("<a><b/></a>"), "");
    }

    #[test]
    fn paths_have_a_limit() {
        let name = "n".repeat(1_000);
        let deep = format!("<{name}>").repeat(400) + &"<a b='1'>2</a>".repeat(1_000);
        assert!(body(&deep).len() < 2_000_000);
    }
}
