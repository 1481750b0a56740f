//! What each field of a row asks about: a sheet of products may ask for the founding year of their makers.

use domain::schema::Field;

use super::labels::split_name;
use super::subject::Subject;

/// Columns that name an organisation, or a person behind the thing.
const ORGANISATIONS: [&str; 15] = [
    "company",
    "maker",
    "manufacturer",
    "vendor",
    "organisation",
    "organization",
    "brand",
    "supplier",
    "publisher",
    "employer",
    "firm",
    "startup",
    "institution",
    "university",
    "owner",
];

/// Words for facts that only organisations have.
const FACTS_OF_ORGANISATIONS: [&str; 17] = [
    "founded",
    "founder",
    "founders",
    "headquarters",
    "headquartered",
    "hq",
    "employees",
    "employs",
    "staff",
    "headcount",
    "ceo",
    "revenue",
    "turnover",
    "shareholders",
    "incorporated",
    "subsidiaries",
    "funding",
];

/// Fields that ask about the same thing, and that thing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Focus {
    pub subject: Subject,
    /// Indexes of the fields.
    pub fields: Vec<usize>,
}

/// Groups the fields of a row by what they ask about. Most rows give one group: the row's own subject.
pub fn focus(subject: &Subject, fields: &[Field]) -> Vec<Focus> {
    let mut all: Vec<Focus> = Vec::new();
    for (index, field) in fields.iter().enumerate() {
        let subject = asked_about(subject, field);
        match all.iter_mut().find(|focus| focus.subject == subject) {
            Some(focus) => focus.fields.push(index),
            None => all.push(Focus { subject, fields: vec![index] }),
        }
    }
    all
}

/// The subject of one field: another column's entity where the field names that column, or asks for what only
/// an organisation has.
fn asked_about(subject: &Subject, field: &Field) -> Subject {
    let words = [split_name(&field.name), split_name(&field.description)].concat();
    let says =
        |word: &str| words.iter().any(|own| own == word || own.strip_suffix('s') == Some(word));
    let is_organisation =
        |column: &str| split_name(column).iter().any(|word| ORGANISATIONS.contains(&word.as_str()));
    let names_column = |column: &str| split_name(column).last().is_some_and(|word| says(word));
    let asks_for_organisation = FACTS_OF_ORGANISATIONS.iter().any(|fact| says(fact));
    let other = subject.context.iter().find(|(column, _)| {
        is_organisation(column) && (names_column(column) || asks_for_organisation)
    });
    match other {
        Some((column, name)) => subject.turned_to(column, name),
        None => subject.clone(),
    }
}

#[cfg(test)]
mod tests {
    use domain::fields::schema_from_words;
    use domain::schema::Schema;
    use serde_json::json;

    use super::*;

    fn groups(row: &serde_json::Value, words: &str) -> Vec<(String, Vec<usize>)> {
        let (schema, _) = Schema::parse(schema_from_words(words).unwrap()).unwrap();
        let subject = Subject::of(row.as_object().unwrap());
        let all = focus(&subject, &schema.fields);
        all.into_iter().map(|focus| (focus.subject.name, focus.fields)).collect()
    }

    #[test]
    fn a_field_that_names_another_column_asks_about_that_one() {
        let row = json!({"maker": "Acme", "product": "Anvil 5", "country": "Mereland"});
        let words = "founded: year the maker was founded; price: list price; employees: how many";
        assert_eq!(
            groups(&row, words),
            [("Acme".to_owned(), vec![0, 2]), ("Anvil 5".to_owned(), vec![1])]
        );
    }

    #[test]
    fn a_row_about_one_thing_stays_about_it() {
        let row = json!({"company": "Acme", "country": "Mereland"});
        assert_eq!(
            groups(&row, "founded: year; price: of a share"),
            [("Acme".to_owned(), vec![0, 1])]
        );
    }
}
