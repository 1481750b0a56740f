//! Who no longer holds an office by what any page says, so that an older page that names them is not believed.

use std::collections::BTreeMap;

use domain::text::Span;

use super::candidates::{NEAR, Offer};
use super::labels::Label;
use super::mentions::{Prepared, Zone};
use super::naming::lowered;
use super::subject::Subject;
use super::succession;
use super::values::Kind;
use super::words::{sentences, tokens};

/// The offers without those who have left: a page says so that is not older than the one that names them.
pub(super) fn without(
    mut offers: Vec<Offer>,
    label: &Label,
    subject: &Subject,
    pages: &[Prepared],
    zones: &[Vec<Zone>],
) -> Vec<Offer> {
    if label.kind != Kind::Person || !succession::asks_for_now(&label.asked) {
        return offers;
    }
    let mut left: BTreeMap<String, Vec<usize>> = BTreeMap::new();
    for name in offers.iter().filter_map(|offer| offer.value.as_str()) {
        if !left.contains_key(name) {
            let says_so =
                |page: &usize| says_left(label, subject, &pages[*page], &zones[*page], name);
            left.insert(name.to_owned(), (0..pages.len()).filter(says_so).collect());
        }
    }
    let date = |page: usize| pages[page].page.text.published.as_deref();
    let is_newer = |page: usize, other: usize| match (date(page), date(other)) {
        (Some(own), Some(others)) => own > others,
        (None, _) | (_, None) => false,
    };
    offers.retain(|offer| {
        let says_so = offer.value.as_str().and_then(|name| left.get(name));
        says_so.into_iter().flatten().all(|page| is_newer(offer.page, *page))
    });
    offers
}

/// Whether a page says of a person that their time in this office of the subject is over.
fn says_left(
    label: &Label,
    subject: &Subject,
    page: &Prepared,
    zones: &[Zone],
    name: &str,
) -> bool {
    let text = &page.page.text;
    zones.iter().filter(|zone| zone.nearness >= NEAR).any(|zone| {
        let block = &text.blocks[zone.block].span;
        let words = text.quote(block);
        let places = page.places(name, block);
        let mut told = if places.is_empty() { Vec::new() } else { sentences(words) }.into_iter();
        told.any(|sentence| {
            let from = block.start + sentence.start;
            let is_here = |at: &&usize| (from..block.start + sentence.end).contains(at);
            let own = &words[sentence.clone()];
            places.iter().filter(is_here).any(|at| {
                let person = at - from..at - from + name.len();
                says_so(label, subject, own, &person)
            })
        })
    })
}

fn says_so(label: &Label, subject: &Subject, sentence: &str, person: &Span) -> bool {
    let cues = label.cues(&tokens(sentence));
    let is_of_another = cues.iter().any(|cue| is_of_another(&sentence[cue.span.end..], subject));
    let is_whole = sentence.is_char_boundary(person.end);
    is_whole && !cues.is_empty() && !is_of_another && succession::has_left(sentence, person)
}

/// “of Borg” behind the name of an office, where the subject is called otherwise.
fn is_of_another(behind: &str, subject: &Subject) -> bool {
    let of = [" of ", " at ", " bei ", " von "].iter().find_map(|word| behind.strip_prefix(word));
    of.is_some_and(|name| {
        let lower = lowered(name);
        let is_own = subject.names().any(|own| lower.starts_with(&lowered(own)));
        name.starts_with(char::is_uppercase) && !is_own
    })
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use serde_json::{Value, json};

    use crate::ReadPage;
    use crate::extractive::fields::tests::{found, page};

    /// A page of news about a company.
    fn news(number: u32, published: Option<&str>, words: &str) -> ReadPage {
        let html = format!("<h1>News of Acme</h1><p>{words}</p>");
        let mut page = page(number, &format!("https://p{number}.test/news"), &html);
        Arc::make_mut(&mut page.text).published = published.map(str::to_owned);
        page
    }

    #[test]
    fn who_has_left_an_office_is_not_given_for_it() {
        const WAS: (Option<&str>, &str) =
            (Some("2021-03-01"), "Bo Lind is chief executive of Acme.");
        const LEFT: (Option<&str>, &str) =
            (Some("2025-03-01"), "The former chief executive of Acme, Bo Lind, opened the fair.");
        const IS: (Option<&str>, &str) =
            (Some("2025-03-01"), "Ada Roe is chief executive of Acme.");
        let of_2025 = |words| (Some("2025-03-01"), words);
        let cases = [
            (vec![WAS, IS], Some("Ada Roe")),
            (vec![LEFT], None),
            (vec![WAS, LEFT], None),
            (vec![(None, WAS.1), (None, LEFT.1)], None),
            (vec![(None, WAS.1), (None, LEFT.1), (None, IS.1)], Some("Ada Roe")),
            (vec![of_2025("Former Acme CEO Bo Lind opened the fair.")], None),
            (vec![of_2025("Bo Lind was chief executive of Acme from 2010 to 2021.")], None),
            (vec![(None, "In 2021 Bo Lind was CEO of Acme."), (None, IS.1)], Some("Ada Roe")),
            (vec![WAS, of_2025("Ada Roe succeeded Bo Lind as CEO of Acme.")], Some("Ada Roe")),
            (vec![WAS, of_2025("Acme has appointed Ada Roe as its new CEO.")], Some("Ada Roe")),
            // Somebody came back, and somebody led another company before.
            (vec![(Some("2019-03-01"), LEFT.1), WAS], Some("Bo Lind")),
            (vec![WAS, of_2025("Bo Lind, former CEO of Borg, leads Acme.")], Some("Bo Lind")),
        ];
        for (pages, expected) in cases {
            let read: Vec<ReadPage> = (1..)
                .zip(&pages)
                .map(|(number, (published, words))| news(number, *published, words))
                .collect();
            let asked = json!({"type": "string", "description": "name of the chief executive"});
            let finding = found(json!({"company": "Acme"}), "ceo", asked, &read);
            assert_eq!(
                finding.value,
                expected.map(Value::from),
                "{pages:?}: {}",
                finding.reasoning
            );
        }
    }
}
