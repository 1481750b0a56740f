//! Blocks that are a value and nothing else: the date below a title, the price below the name of a plan, the
//! address at the end of a section. No word says what they are; their place does.

use domain::text::{Block, BlockKind, Span};

use super::super::mentions::Standing;
use super::super::naming::naming;
use super::super::sentence::Said;
use super::super::values::{Detected, Kind, detect, normalise};
use super::super::words::tokens;
use super::{How, Look};

/// Blocks behind a heading that still belong to its top.
const TOP: usize = 3;
/// Longest block that may be bare, in bytes.
const LONGEST: usize = 120;
/// Words that may stand beside a bare value without changing what it is.
const BESIDE: [&str; 20] = [
    "on",
    "released",
    "published",
    "posted",
    "date",
    "by",
    "from",
    "per",
    "a",
    "month",
    "year",
    "user",
    "only",
    "monthly",
    "yearly",
    "seat",
    "visit",
    "see",
    "at",
    "mo",
];

impl Look<'_> {
    /// Offers a block as a whole where it is of the field's kind and stands where such values do.
    pub(super) fn bare(&mut self, block: &Block) {
        let concept = self.want.label.concept.map_or("", |concept| concept.names);
        let fits = match self.want.label.kind {
            Kind::Date | Kind::Year => concept.starts_with("published"),
            Kind::Money => concept.starts_with("price"),
            Kind::Url => concept.starts_with("website"),
            Kind::Email | Kind::Phone => true,
            Kind::Number
            | Kind::Percent
            | Kind::Boolean
            | Kind::Choice
            | Kind::Version
            | Kind::Literal
            | Kind::Person
            | Kind::Organisation
            | Kind::Place
            | Kind::Failure
            | Kind::Phrase
            | Kind::Sentence => false,
        };
        if !fits || block.span.len() > LONGEST {
            return;
        }
        let text = self.quote(&block.span).to_owned();
        let found = detect(self.want.label.kind, &text, self.page.fraction);
        let [only] = &found[..] else { return };
        let sureness = match &block.kind {
            BlockKind::Heading { .. } => self.beside_name(&text, &only.span),
            BlockKind::Paragraph | BlockKind::ListItem { .. } if is_alone(&text, &only.span) => {
                self.at_its_place(block, &text, only)
            }
            BlockKind::Paragraph
            | BlockKind::ListItem { .. }
            | BlockKind::Definition { .. }
            | BlockKind::Row { .. }
            | BlockKind::Pair { .. }
            | BlockKind::Quote
            | BlockKind::Code => None,
        };
        let raw = &text[only.span.clone()];
        let (shape, label) = (self.want.shape, &self.want.label);
        if let Some(sureness) = sureness
            && let Some(value) =
                normalise::value(shape, label.kind, label.measure, &only.typed, raw)
        {
            let said = Said { value, span: only.span.clone(), sureness };
            self.offer(said, 1.0, How::Pair, vec![block.span.clone()]);
        }
    }

    /// `3.2.0 – 2024-05-21`: a heading of the subject's name and a day.
    fn beside_name(&self, text: &str, value: &Span) -> Option<f32> {
        let is_day = matches!(self.want.label.kind, Kind::Date | Kind::Year);
        let names_it = self.subject.names().any(|name| naming(&text[..value.start], name) > 0.9);
        // A heading has no heading of its own name above it, so its zone is farther than it is.
        (is_day && names_it).then_some(0.9 / self.zone.nearness.max(0.6))
    }

    /// How surely a bare block is about the subject, by the heading above it.
    fn at_its_place(&self, block: &Block, text: &str, found: &Detected) -> Option<f32> {
        if !matches!(self.zone.standing, Standing::Section | Standing::Page | Standing::Continues) {
            return None;
        }
        let page = &self.page.page.text;
        let heading = *block.under.last()?;
        let title = page.block_text(&page.blocks[heading]);
        let is_own = self.subject.names().any(|name| naming(title, name) > 0.85);
        let is_top = self.zone.block - heading <= TOP;
        let is_told_by_place =
            matches!(self.want.label.kind, Kind::Date | Kind::Year | Kind::Money);
        if is_told_by_place {
            (is_own && is_top).then_some(0.85)
        } else if holds_name(&text[found.span.clone()], &self.subject.name) {
            Some(0.9)
        } else {
            is_own.then_some(0.72)
        }
    }
}

/// Whether nothing but signs and a few small words stand around a value.
fn is_alone(text: &str, value: &Span) -> bool {
    let is_beside =
        |part: &str| tokens(part).iter().all(|token| BESIDE.contains(&token.lower.as_str()));
    is_beside(&text[..value.start]) && is_beside(&text[value.end..])
}

/// Whether an address is made of the subject's name: `linuxmint.com` of Linux Mint.
fn holds_name(address: &str, name: &str) -> bool {
    let letters = |text: &str| {
        text.chars().filter(|c| c.is_alphanumeric()).collect::<String>().to_lowercase()
    };
    let name = letters(name);
    name.len() >= 3 && letters(address).contains(&name)
}

#[cfg(test)]
mod tests {
    use domain::fields::schema_from_words;
    use domain::schema::Schema;
    use serde_json::Value;

    use super::super::super::build;
    use super::super::super::fields::find;
    use super::super::super::fields::tests::CAPS;
    use super::super::super::subject::Subject;

    fn found(name: &str, field: &str, lines: &str) -> Option<Value> {
        let (schema, _) = Schema::parse(schema_from_words(field).unwrap()).unwrap();
        let subject = Subject { name: name.into(), ..Subject::default() };
        let pages = [build::page(1, "notes.test", "Notes", lines)];
        find(&subject, &schema.fields[0], &pages, &CAPS).value
    }

    const LOG: &str =
        "# Changes\n## 3.2.0 – 2024-05-21\n- Dark mode\n## 3.1.0\nMarch 6, 2023\n- Light mode";

    #[test]
    fn a_day_beside_or_below_the_name_of_a_release_is_its_date() {
        let date = |name| found(name, "release_date (date): date of the release", LOG);
        assert_eq!(date("3.2.0"), Some("2024-05-21".into()));
        assert_eq!(date("3.1.0"), Some("2023-03-06".into()));
        assert_eq!(date("3.2"), None);
    }

    #[test]
    fn a_price_stands_alone_below_the_name_of_a_plan() {
        let plans =
            "# Pricing\n## Basic\n$9 per month\n## Large\nFrom 40 users we save you $5 each.";
        assert_eq!(found("Basic", "price: price per month", plans), Some("$9".into()));
        assert_eq!(found("Large", "price: price per month", plans), None);
    }

    #[test]
    fn an_address_alone_below_a_name_is_its_web_site() {
        let pages =
            "# Systems\n## Blue Fox\nA small system.\n→ https://bluefox.test\n→ https://lists.test";
        let site = found("Blue Fox", "website: address of its web site", pages);
        assert_eq!(site, Some("https://bluefox.test".into()));
    }
}
