//! Addresses on lines of their own, under a heading or a line that is the field's name: `Head office`, and below it the
//! street and the town.

use std::ops::ControlFlow;

use domain::schema::Shape;
use domain::text::{Block, BlockKind, Span};
use serde_json::Value;

use super::super::mentions::Standing;
use super::super::sentence::Said;
use super::super::values::{Kind, normalise};
use super::{How, KEY, Look, own};

/// Lines of an address, and characters of one.
const LINES: usize = 6;
const LENGTH: usize = 60;

impl Look<'_> {
    /// Offers the lines of an address that begins in this block. Answers whether it did.
    pub(super) fn address(&mut self, block: &Block) -> bool {
        let label = &self.want.label;
        let is_text = matches!(self.want.shape, Shape::Text(None) | Shape::Any);
        let is_here = matches!(self.zone.standing, Standing::Page | Standing::Section);
        if label.kind != Kind::Place || label.is_city || !is_text || !is_here {
            return false;
        }
        let Some((from, fit)) = self.named_above(block) else { return false };
        let lines = self.lines(block, from);
        let (Some(first), Some(last)) = (lines.first(), lines.last()) else { return false };
        let span = first.start..last.end;
        let words = self.quote(&span);
        let has_number = words.contains(|c: char| c.is_ascii_digit());
        let Some(value) = normalise::text(words).filter(|_| has_number) else { return false };
        let said = Said { value: Value::String(value), span: 0..span.len(), sureness: 0.95 };
        self.offer(said, fit * own(self.zone.standing), How::Pair, vec![span]);
        true
    }

    /// Where the lines begin that a heading or the first line of the block names as the field, and how surely.
    fn named_above(&self, block: &Block) -> Option<(usize, f32)> {
        let text = self.quote(&block.span);
        let line = text.lines().next().unwrap_or_default();
        if let Some(key) = line.trim_end().strip_suffix(':') {
            let fit = self.want.label.on_key(key);
            return (fit >= KEY).then_some((block.span.start + line.len(), fit));
        }
        self.is_first_below_key(block).then_some((block.span.start, 1.0))
    }

    /// Short lines from a place on, also in the paragraphs that follow under the same heading.
    fn lines(&self, block: &Block, from: usize) -> Vec<Span> {
        let blocks = &self.page.page.text.blocks[self.zone.block..];
        let parts = blocks.iter().take_while(|other| {
            matches!(other.kind, BlockKind::Paragraph) && other.under == block.under
        });
        let mut lines = Vec::new();
        for part in parts {
            let start = part.span.start.max(from);
            if self.take_lines(&(start..part.span.end), &mut lines).is_break() {
                break;
            }
        }
        lines
    }

    /// Adds the lines of a span; breaks off at what is none of an address.
    fn take_lines(&self, within: &Span, lines: &mut Vec<Span>) -> ControlFlow<()> {
        let mut at = within.start;
        for line in self.quote(within).split('\n') {
            let span = at..at + line.len();
            at = span.end + 1;
            if line.trim().is_empty() {
                continue;
            }
            if !is_line(line) || lines.len() == LINES {
                return ControlFlow::Break(());
            }
            lines.push(span);
        }
        ControlFlow::Continue(())
    }
}

/// Whether this may be a line of an address: no sentence, and no key with its value.
fn is_line(line: &str) -> bool {
    let line = line.trim();
    line.chars().count() <= LENGTH && !line.ends_with(['.', '!', '?']) && !line.contains([':', '@'])
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use crate::extractive::fields::tests::{found, page};

    #[test]
    fn lines_of_an_address_are_one_value() {
        let two = json!("12 Mill Lane Ayford AY1 2BC");
        for (html, expected) in [
            ("<h2>Head office</h2><p>12 Mill Lane<br>Ayford AY1 2BC</p>", two.clone()),
            ("<h2>Head office</h2><p>12 Mill Lane</p><p>Ayford AY1 2BC</p>", two.clone()),
            ("<p>Head office:<br>12 Mill Lane<br>Ayford AY1 2BC</p>", two.clone()),
            ("<p>Head office:</p><p>12 Mill Lane<br>Ayford AY1 2BC</p>", two.clone()),
            ("<h2>Head office</h2><p>12 Mill Lane<br>Ayford AY1 2BC<br>Phone: 0123</p>", two),
            ("<p>The head office of Acme is at 12 Mill Lane.</p>", json!("12 Mill Lane")),
        ] {
            let read = page(1, "https://acme.test/contact", &format!("<h1>Acme</h1>{html}"));
            let asked = json!({"type": "string", "description": "address of the head office"});
            let finding = found(json!({"company": "Acme"}), "head_office", asked, &[read]);
            assert_eq!(finding.value, Some(expected), "{html}: {}", finding.reasoning);
        }
    }

    #[test]
    fn sentences_below_a_heading_are_no_address() {
        let html = "<h1>Acme</h1><h2>Head office</h2><p>We moved in 2019. Come and see us.</p>";
        let asked = json!({"type": "string", "description": "address of the head office"});
        let read = page(1, "https://acme.test/contact", html);
        let finding = found(json!({"company": "Acme"}), "head_office", asked, &[read]);
        assert_eq!(finding.value, None);
    }
}
