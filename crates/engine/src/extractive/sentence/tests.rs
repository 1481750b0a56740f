//! What sentences say of fields, turn by turn.

use domain::schema::{Blank, Field, FieldKind};

use super::*;

#[expect(clippy::needless_pass_by_value, reason = "calls read better")]
fn said(name: &str, description: &str, shape: Shape, sentence: &str) -> Option<Value> {
    let field = Field {
        name: name.into(),
        description: description.into(),
        shape: shape.clone(),
        kind: FieldKind::Found,
        blank: Blank::Null,
    };
    let found = read(&Label::of(&field), &shape, sentence, Fraction::Point)?;
    (found.sureness > 0.5).then_some(found.value)
}

fn text(name: &str, sentence: &str) -> Option<Value> {
    said(name, "", Shape::Text(None), sentence)
}

#[test]
fn the_value_of_a_setting_is_read_in_its_usual_turns() {
    let default = |sentence| text("default", sentence).unwrap();
    assert_eq!(
        default("The default is typically 128 megabytes (128MB), but might be less."),
        "128MB"
    );
    assert_eq!(default("Valid values are try (the default), on, and off."), "try");
    assert_eq!(default("The default value is 'none'."), "none");
    assert_eq!(default("It defaults to on."), "on");
    assert_eq!(default("The default is -1, which disables it."), "-1");
    assert_eq!(default("Default: 60 seconds"), "60 seconds");
    assert_eq!(default("By default, the value of limit is 50."), "50");
    assert_eq!(text("default", "The default is not to wait."), None);
    assert_eq!(default("The default max-ttl is 604800 (one week)."), "604800");
    assert_eq!(default("The default timeout is 4s."), "4s");
    assert_eq!(default("The default value remains at 0."), "0");
    assert_eq!(text("default", "Prior to 2.4 the default value was 1000s."), None);
}

#[test]
fn a_comparison_is_a_limit_only_where_values_are_allowed() {
    let least = |sentence| text("smallest_value", sentence);
    assert_eq!(least("It has a precision of at least 15 digits."), None);
    assert_eq!(least("The size must be at least 15."), Some(json!("15")));
}

#[test]
fn what_is_quoted_behind_the_words_of_a_field_is_its_value() {
    let severity = |sentence| text("severity", sentence);
    assert_eq!(severity("It fixes a bug with severity “high” in 2.2."), Some(json!("high")));
    assert_eq!(severity("It fixes several bugs in 2.2."), None);
}

#[test]
fn a_class_is_derived_from_its_base_and_a_base_class_is_for_others() {
    let base = |sentence| text("base_class", sentence);
    assert_eq!(base("A subclass of ImportError, raised by import."), Some(json!("ImportError")));
    assert_eq!(base("Base class for syntax errors."), None);
}

#[test]
fn a_sentence_may_tell_two_versions() {
    let both = "Deprecated since version 3.6, will be removed in version 3.12: use X.";
    assert_eq!(text("removed_in", both), Some(json!("3.12")));
    assert_eq!(text("deprecated_since", both), Some(json!("3.6")));
    assert_eq!(text("removed_in", "New in version 3.2."), None);
    assert_eq!(text("new_in_version", "New in Frame 3.1."), Some(json!("3.1")));
}

#[test]
fn typed_values_are_taken_near_the_words_that_ask_for_them() {
    let year = |sentence| said("founded", "", Shape::Integer, sentence).unwrap();
    assert_eq!(year("Acme was founded in 1998 and bought Bolt in 2004."), 1998);
    assert_eq!(year("In 1998, Jane Roe established Acme."), 1998);
    let staff =
        said("employees", "", Shape::Integer, "Acme employs about 1,200 people in 3 countries.");
    assert_eq!(staff, Some(json!(1200)));
    let size = said("default", "in megabytes", Shape::Integer, "The default is 1 gigabyte (1GB).");
    assert_eq!(size, Some(json!(1024)));
    assert_eq!(
        text("ceo", "Its chief executive is Jane Roe, who joined in 2010."),
        Some(json!("Jane Roe"))
    );
    assert_eq!(
        text("headquarters", "Acme is headquartered in Lyon, France."),
        Some(json!("Lyon, France"))
    );
    assert_eq!(text("version_added", "New in version 3.11."), Some(json!("3.11")));
}

#[test]
fn yes_and_no_follow_the_polarity_of_the_clause() {
    let flag = |name: &str, sentence| said(name, "", Shape::Boolean, sentence);
    let restart = "This parameter can only be set at server start.";
    assert_eq!(flag("requires_restart", restart), Some(json!(true)));
    assert_eq!(
        flag("supports_writing", "This module does not support writing."),
        Some(json!(false))
    );
    assert_eq!(flag("deprecated", "Deprecated since version 3.9."), Some(json!(true)));
    assert_eq!(flag("deprecated", "It is fast."), None);
}
