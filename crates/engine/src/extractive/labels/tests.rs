//! Which keys and sentences speak of a field.

use domain::schema::{Blank, FieldKind};

use super::*;

fn label(name: &str, description: &str, shape: Shape) -> Label {
    let field = Field {
        name: name.into(),
        description: description.into(),
        shape,
        kind: FieldKind::Found,
        blank: Blank::Null,
    };
    Label::of(&field)
}

#[test]
fn a_name_is_split_and_stripped_of_what_only_names_a_type() {
    assert_eq!(split_name("foundedYear_is"), ["founded", "year", "is"]);
    let founded = label("founded_year", "", Shape::Integer);
    assert_eq!(founded.kind, Kind::Year);
    assert!(founded.on_key("Established") > 0.9);
    assert!(founded.on_key("Revenue") < 0.1);
}

#[test]
fn a_yes_or_no_is_known_by_words_of_its_name_and_description_alone() {
    let what = "yes or no, whether the pump holds the KX-4 hygiene certificate";
    let certified = label("food_certified", what, Shape::Boolean);
    assert!(certified.on_key("KX-4 certified") > 0.8);
    assert!(certified.on_key("Noise certified") < 0.62);
    assert!(certified.on_key("Pump") < 0.62);
}

#[test]
fn when_a_page_was_written_says_nothing_about_what_it_speaks_of() {
    let launched =
        label("launched", "date on which its newest product was launched", Shape::Text(None));
    for key in ["date", "datePublished", "article:published_time", "lastmod"] {
        assert!(launched.on_data_key(key) < 0.1, "{key}");
    }
    assert!(launched.on_key("Date") > 0.9, "a table for readers may call it so");
    assert!(launched.on_data_key("releaseDate") > 0.9);
    let posted = label("published", "date on which the article was published", Shape::Text(None));
    for key in ["date", "datePublished"] {
        let fit = posted.on_data_key(key);
        assert!(fit > 0.8, "{key}: {fit}");
    }
}

#[test]
fn who_did_it_may_stand_far_behind_what_was_done() {
    let founder = label("founder", "", Shape::Text(None));
    let cue = |sentence: &str| founder.cues(&tokens(sentence)).len();
    assert!(cue("Borel was founded in 1964 in the town of Metz by Anne Borel.") > 0);
    assert_eq!(cue("Borel was founded in 1964 in Metz and is run by Anne Borel."), 0);
}

#[test]
fn a_key_in_other_words_or_case_names_the_field() {
    let staff = label("number_of_employees", "", Shape::Integer);
    assert!(staff.on_key("Headcount") > 0.9);
    assert!(staff.on_key("numberOfEmployees") > 0.9);
    let least = label("min_value", "", Shape::Integer);
    assert!(least.on_key("Maximum value") < 0.1);
    assert!(least.on_key("Minimum") > 0.9);
    assert!(label("unit", "", Shape::Text(None)).on_key("Default") < 0.62);
    assert!(label("unit", "", Shape::Text(None)).on_key("Default unit") > 0.9);
}

#[test]
fn a_description_speaks_where_the_name_is_empty() {
    let field = label("value", "the default value of the parameter, in megabytes", Shape::Integer);
    assert!(field.on_key("Default") > 0.8);
    assert!(field.measure.unit.is_some());
}

#[test]
fn a_sentence_is_cued_where_it_speaks_of_the_field() {
    let field = label("default", "", Shape::Text(None));
    let cues = field.cues(&tokens("It defaults to 64 megabytes."));
    assert_eq!(cues[0].span, 3..11);
    let field = label("max_size", "", Shape::Integer);
    assert!(field.cues(&tokens("The minimum size is 3.")).is_empty());
}

#[test]
fn the_kind_comes_from_shape_and_words() {
    assert_eq!(label("ceo", "", Shape::Text(None)).kind, Kind::Person);
    assert_eq!(label("hq_city", "", Shape::Text(None)).kind, Kind::Place);
    assert_eq!(label("version_added", "", Shape::Text(None)).kind, Kind::Version);
    assert_eq!(label("works", "whether it works (yes/no)", Shape::Text(None)).kind, Kind::Boolean);
}
