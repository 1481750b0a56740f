//! Whether a page speaks of a row at all. Which passage is about which thing a reader decides; what it gives from a
//! page that has none of the row's words is about something else, however well it is quoted.

use std::collections::BTreeSet;

use icu_properties::CodePointMapData;
use icu_properties::props::Script;

use super::words::terms;
use crate::ReadPage;
use crate::extractive::mentions::Prepared;
use crate::extractive::subject::Subject;

/// From here on a page as a whole is about a subject.
const ABOUT: f32 = 0.4;
/// Letters of a page whose script is looked at.
const LETTERS: usize = 4_000;

/// How a page names the thing of a row.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Named {
    /// Not with one word of the row.
    No,
    /// With some words of the row, or those of another column; or in letters in which the row is not written.
    Partly,
    Plainly,
}

pub(super) fn named(subject: &Subject, page: &ReadPage) -> Named {
    let prepared = Prepared::of(page);
    let whole = 0..page.text.body.len();
    // A tool was asked about the row, and need not repeat its name.
    let is_asked = page.address.starts_with("tool:");
    if is_asked || prepared.mentions(subject, &whole) || prepared.about(subject) > ABOUT {
        return Named::Plainly;
    }
    let cells = subject.context.iter().map(|(_, text)| text.as_str());
    let row: BTreeSet<String> = subject.names().chain(cells).flat_map(terms).collect();
    let says_any = |text: &str| terms(text).iter().any(|term| row.contains(term));
    // A row of nothing but stop words or signs can be told from no page.
    let is_partly = row.is_empty()
        || says_any(&page.text.title)
        || says_any(&page.text.body)
        || is_in_other_letters(&row, &page.text.body);
    if is_partly { Named::Partly } else { Named::No }
}

/// Whether most of a text is in scripts that none of these words uses, so that it cannot name them as they are written.
fn is_in_other_letters(words: &BTreeSet<String>, text: &str) -> bool {
    let known: Vec<Script> = words.iter().flat_map(|word| scripts(word)).collect();
    let (mut own, mut other) = (0, 0);
    for script in scripts(text).take(LETTERS) {
        if known.contains(&script) { own += 1 } else { other += 1 }
    }
    other > own
}

/// The script of each letter.
fn scripts(text: &str) -> impl Iterator<Item = Script> + '_ {
    let scripts = CodePointMapData::<Script>::new();
    let letters = text.chars().filter(|letter| letter.is_alphabetic());
    letters.map(move |letter| scripts.get(letter))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::extractive::build;

    #[test]
    fn a_page_names_a_row_wholly_in_part_or_not() {
        let row = json!({"company": "Nordwind Ltd.", "city": "Arle"});
        let subject = Subject::of(row.as_object().unwrap());
        let named = |body: &str| named(&subject, &build::page(1, "a.test", "Register", body));
        assert_eq!(named("Nordwind was founded in 1998."), Named::Plainly);
        assert_eq!(named("A company of Arle was founded in 1998."), Named::Partly);
        assert_eq!(named("Borel Valves was founded in 1964."), Named::No);
        assert_eq!(named("ノルドヴィント社は1998年に設立された。"), Named::Partly);
        assert_eq!(named("«Борель» основана в 1964 году, Borel Valves."), Named::Partly);
        let mut of_a_tool = build::page(1, "a.test", "get", "insured_for: 3.5 million");
        of_a_tool.address = "tool:register/get".into();
        assert_eq!(super::named(&subject, &of_a_tool), Named::Plainly);
    }
}
