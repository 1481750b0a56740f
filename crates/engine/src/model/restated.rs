//! Where a page says what a reader gave with a wrong quote. Small models tell well what a passage says, and then copy the
//! sentence beside it, or the question. What is found is a sentence or row of the page as it stands, held against the words or
//! the value of the model; nothing of the model's own is used.

use std::collections::BTreeSet;

use domain::schema::{Field, Shape};
use domain::text::{BlockKind, Span};
use serde_json::Value;

use super::cells::{Follows, follows};
use super::material::{Portion, Shown};
use super::support::{self, Fault, Support};
use super::words::{share, terms};
use crate::ReadPage;
use crate::extractive::labels::Label;
use crate::extractive::words;

/// How well a place must speak of the field whose value it states.
const SPEAKS: f64 = 0.8;
/// Words that a statement must have beside those of the title and the headings: with fewer it could be said of anything.
const TELLING: usize = 2;

/// Whether a place carries a statement, as far as its figures and names go.
pub(super) fn is_carried(statement: &str, page: &ReadPage, span: &Span) -> bool {
    let above = above(page, span);
    let judged = support::judge(statement, &[page.text.quote(span)], &above, "");
    !matches!(judged, (Support::No, Some(Fault::Figures | Fault::Names)))
}

/// The sentence or row that says most of a statement: in the passage that was named, else in another of its page, else, if the
/// statement names what it is about, in any that was shown.
pub(super) fn of_statement(
    statement: &str,
    portion: &Portion,
    pages: &[ReadPage],
    passage: &str,
) -> Option<(usize, Span)> {
    let own = terms(statement);
    let worth = |page: usize, span: &Span| {
        let (page, quote) = (&pages[page], pages[page].text.quote(span));
        let above = above(page, span);
        let known: BTreeSet<String> = above.iter().flat_map(|text| terms(text)).collect();
        let is_told = own.difference(&known).count() >= TELLING;
        let (support, _) = support::judge(statement, &[quote], &above, "");
        (is_told && support == Support::Yes).then(|| share(&own, &terms(quote)))
    };
    best(portion, pages, passage, support::names_something(statement), worth)
}

/// The sentence or row that states a value and speaks of its field.
pub(super) fn of_value(
    value: &Value,
    (field, label): (&Field, &Label),
    portion: &Portion,
    pages: &[ReadPage],
    passage: &str,
) -> Option<(usize, Span)> {
    let shape = if let Shape::List(inner) = &field.shape { inner } else { &field.shape };
    let worth = |page: usize, span: &Span| {
        let (page, quote) = (&pages[page], pages[page].text.quote(span));
        let around = above(page, span);
        let cues = label.cues(&words::tokens(quote));
        let speaks = cues.iter().map(|cue| f64::from(cue.weight)).fold(0.0, f64::max);
        let headed = around.iter().map(|above| f64::from(label.on_key(above))).fold(0.0, f64::max);
        let is_stated = follows(shape, value, quote, "") == Follows::Plainly;
        (is_stated && speaks.max(headed) >= SPEAKS).then_some(speaks.max(headed))
    };
    best(portion, pages, passage, false, worth)
}

/// The best sentence or row by what it is worth, in the passage that was named before others.
fn best(
    portion: &Portion,
    pages: &[ReadPage],
    passage: &str,
    anywhere: bool,
    worth: impl Fn(usize, &Span) -> Option<f64>,
) -> Option<(usize, Span)> {
    let named = portion.find(passage);
    let is_same_page = |shown: &&Shown| named.is_some_and(|named| named.page == shown.page);
    let others = portion.passages.iter().filter(|shown| Some(*shown) != named);
    let (near, far): (Vec<&Shown>, Vec<&Shown>) = others.partition(is_same_page);
    let far = if anywhere { far } else { Vec::new() };
    let tiers = [named.into_iter().collect(), near, far];
    tiers.into_iter().find_map(|tier: Vec<&Shown>| {
        let places = tier.into_iter().flat_map(|shown| {
            places(&pages[shown.page], &shown.span).into_iter().map(|span| (shown.page, span))
        });
        let rated = places.filter_map(|(page, span)| Some((worth(page, &span)?, page, span)));
        // The first of equals.
        let best = rated.reduce(|best, next| if next.0 > best.0 { next } else { best })?;
        Some((best.1, best.2))
    })
}

/// The sentences, rows and pairs that lie in a passage.
fn places(page: &ReadPage, within: &Span) -> Vec<Span> {
    let inside = |span: &Span| within.start <= span.start && span.end <= within.end;
    let blocks = page.text.blocks.iter();
    let places = blocks.flat_map(|block| match block.kind {
        BlockKind::Row { is_header: false, .. } | BlockKind::Pair { .. } => {
            vec![block.span.clone()]
        }
        BlockKind::Row { .. } | BlockKind::Heading { .. } | BlockKind::Code => Vec::new(),
        BlockKind::Paragraph
        | BlockKind::ListItem { .. }
        | BlockKind::Quote
        | BlockKind::Definition { .. } => {
            let start = block.span.start;
            let sentences = words::sentences(page.text.block_text(block)).into_iter();
            sentences.map(|span| start + span.start..start + span.end).collect()
        }
    });
    places.filter(inside).collect()
}

/// Title, headings and names of columns above a place.
pub(super) fn above<'p>(page: &'p ReadPage, span: &Span) -> Vec<&'p str> {
    let block = page.text.blocks.iter().find(|block| block.span.end >= span.end);
    let mut above = block.map(|block| page.text.heading_path(block)).unwrap_or_default();
    let header = block.and_then(|block| {
        let BlockKind::Row { header: Some(header), .. } = block.kind else { return None };
        page.text.blocks.get(header)
    });
    above.extend(header.map(|header| page.text.block_text(header)));
    above
}

#[cfg(test)]
mod tests {
    use domain::fields::schema_from_words;
    use domain::schema::Schema;
    use serde_json::json;

    use super::*;
    use crate::extractive::build::page;

    fn pages() -> Vec<ReadPage> {
        let maker = "# Halden Pumps\nIt makes pumps. The company was founded in 1987 by two engineers. \
            Ingrid Solberg has been chief executive since 2023.\n| Model | Price |\n| HP 450 | EUR 2,150 |";
        let other = "# Quorn\nThe company was founded in 1962. It has a plant in Gdynia.";
        vec![page(1, "a.test", "Halden Pumps", maker), page(2, "b.test", "Quorn", other)]
    }

    fn portion(pages: &[ReadPage]) -> Portion {
        let passages = pages.iter().enumerate().map(|(index, page)| Shown {
            name: format!("P{}", index + 1),
            page: index,
            span: 0..page.text.body.len(),
        });
        let mut portion = Portion::default();
        portion.passages.extend(passages);
        portion
    }

    fn restated(statement: &str, passage: &str) -> Option<String> {
        let pages = pages();
        let (page, span) = of_statement(statement, &portion(&pages), &pages, passage)?;
        Some(pages[page].text.quote(&span).to_owned())
    }

    #[test]
    fn a_statement_is_found_where_the_page_says_it() {
        let founded = Some("The company was founded in 1987 by two engineers.".into());
        assert_eq!(restated("The company was founded in 1987.", "P1 9d583c92"), founded);
        let chief = restated("Ingrid Solberg is chief executive of Halden Pumps.", "P2");
        assert!(chief.unwrap().starts_with("Ingrid Solberg has been"), "it names whom it is about");
    }

    #[test]
    fn what_no_page_says_or_only_one_about_another_is_not_found() {
        assert_eq!(restated("The company was founded in 1988.", "P1"), None);
        assert_eq!(restated("The company was founded in 1987.", "P2"), None);
        assert_eq!(restated("Ingrid Solberg is chief executive of Quorn.", "P2"), None);
        assert_eq!(restated("It is founded.", "P1"), None);
    }

    #[test]
    fn a_value_is_found_in_a_row_or_sentence_that_speaks_of_its_field() {
        let pages = pages();
        let found = |words: &str, value: Value| {
            let (schema, _) = Schema::parse(schema_from_words(words).unwrap()).unwrap();
            let field = &schema.fields[0];
            let label = Label::of(field);
            let portion = portion(&pages);
            let (page, span) = of_value(&value, (field, &label), &portion, &pages, "P1")?;
            Some(pages[page].text.quote(&span).to_owned())
        };
        let founded = found("founded (integer): year in which it was founded", json!(1987));
        assert_eq!(founded.unwrap(), "The company was founded in 1987 by two engineers.");
        assert!(found("price (number): price", json!(2150)).unwrap().contains("EUR 2,150"));
        assert_eq!(found("founded (integer): year in which it was founded", json!(2023)), None);
    }

    #[test]
    fn a_quote_that_says_something_else_does_not_carry_a_statement() {
        let pages = pages();
        let at = |words: &str| {
            let start = pages[0].text.body.find(words).unwrap();
            start..start + words.len()
        };
        let is_carried =
            |statement: &str, words: &str| is_carried(statement, &pages[0], &at(words));
        let founded = "The company was founded in 1987";
        assert!(is_carried("Halden Pumps was founded in 1987.", founded));
        assert!(!is_carried("Ingrid Solberg leads it.", founded));
        assert!(!is_carried("It was founded in 2023.", founded));
        assert!(is_carried("", founded));
    }
}
