use serde_json::json;

use super::*;

fn loose(text: &str) -> Value {
    read(text, &json!({})).unwrap_or_else(|unfit| panic!("{text}: {unfit}"))
}

#[test]
fn json_is_found_in_fences_between_words_and_after_thoughts() {
    let wanted = json!({"a": [1, "x"]});
    for text in [
        r#"{"a": [1, "x"]}"#,
        "Here you are:\n```json\n{\"a\": [1, \"x\"]}\n```\nAnything else?",
        "```\n{\"a\": [1, \"x\"]}",
        "The result [see below] is {\"a\": [1, \"x\"]} as asked.",
        "<think>{\"a\": 2}?</think>{\"a\": [1, \"x\"]}",
        "\u{feff}  {\"a\": [1, \"x\"]}  ",
    ] {
        assert_eq!(loose(text), wanted, "{text}");
    }
}

#[test]
fn habits_of_other_languages_are_forgiven() {
    let wanted = json!({"a": "it's", "b": true, "c": null, "d": [1.5, -2]});
    for text in [
        r#"{'a': "it's", 'b': True, 'c': None, 'd': [1.5, -2,],}"#,
        r"{a: 'it\'s', b: true, c: undefined, d: [1.5, -2]}",
        "{\"a\": \"it's\", // yes\n \"b\": true, /* no */ \"c\": NaN, \"d\": [+1.5, -2]}",
        "{\u{201c}a\u{201d}: \u{201c}it's\u{201d}, \"b\": true \"c\": null, \"d\": [1.5 -2]}",
    ] {
        assert_eq!(loose(text), wanted, "{text}");
    }
    assert_eq!(loose("{\"a\": \"two\nlines\"}"), json!({"a": "two\nlines"}));
    assert_eq!(loose(r#"{"a": "c:\docs \ud83d"}"#), json!({"a": "c:\\docs \u{fffd}"}));
}

#[test]
fn of_a_cut_answer_what_came_whole_is_kept() {
    for (text, wanted) in [
        (r#"{"a": "whole", "b": "cu"#, json!({"a": "whole"})),
        (r#"{"a": 12, "b": 123"#, json!({"a": 12})),
        (
            r#"{"claims": [{"q": "one", "v": 1}, {"q": "tw"#,
            json!({"claims": [{"q": "one", "v": 1}]}),
        ),
        (r#"{"a": {"b": 1, "c": "#, json!({"a": {"b": 1}})),
        (r#"{"a": 1, "b"#, json!({"a": 1})),
        (r#"{"a": 1,"#, json!({"a": 1})),
    ] {
        assert_eq!(loose(text), wanted, "{text}");
    }
}

#[test]
fn what_holds_no_json_says_so() {
    for text in ["", "I do not know.", "{not json}", "<think>{\"a\": 1}", "set {x} := [y]"] {
        let unfit = read(text, &json!({})).unwrap_err();
        assert!(unfit.to_string().starts_with("The answer holds no JSON"), "{text}: {unfit}");
    }
}

#[test]
fn depth_and_size_do_no_harm() {
    for open in ["[", "{\"a\":", "[{\"a\":"] {
        assert!(read(&open.repeat(100_000), &json!({})).is_err());
    }
    assert!(read(&"{ ".repeat(200_000), &json!({})).is_err());
}

#[test]
fn what_does_not_fit_is_told_in_one_sentence_per_fault() {
    let schema = json!({
        "type": "object",
        "properties": {
            "name": {"type": "string"},
            "year": {"type": "integer"},
            "role": {"enum": ["chair", "member"]},
        },
        "required": ["year", "name"],
        "additionalProperties": false,
    });
    let unfit = read(r#"{"year": "1999", "role": "cook", "x": 1}"#, &schema).unwrap_err();
    assert_eq!(unfit.faults.len(), 4, "{unfit}");
    assert!(unfit.to_string().contains("`/year`: \"1999\" is not of type \"integer\"."), "{unfit}");
    assert!(unfit.to_string().contains("\"name\" is a required property"), "{unfit}");
    assert_eq!(
        read(r#"{"name": "A", "year": 1999}"#, &schema),
        Ok(json!({"name": "A", "year": 1999}))
    );
}

#[test]
fn null_counts_as_left_out_where_it_may_be_left_out() {
    let schema = json!({
        "type": "object",
        "properties": {
            "a": {"type": "string"},
            "b": {"type": ["string", "null"]},
            "list": {"type": "array", "items": {"$ref": "#/$defs/c"}},
        },
        "required": ["b"],
        "$defs": {"c": {"type": "object", "properties": {"d": {"type": "integer"}}}},
    });
    let value = read(r#"{"a": null, "b": null, "list": [{"d": null}, {"d": 1}]}"#, &schema);
    assert_eq!(value, Ok(json!({"b": null, "list": [{}, {"d": 1}]})));
    let needed =
        json!({"type": "object", "properties": {"a": {"type": "string"}}, "required": ["a"]});
    assert!(read(r#"{"a": null}"#, &needed).is_err());
}

#[test]
fn a_schema_that_is_none_is_told() {
    let unfit = read("{}", &json!({"type": 7})).unwrap_err();
    assert!(unfit.to_string().starts_with("The schema cannot be used"), "{unfit}");
}

proptest::proptest! {
    #[test]
    fn no_text_stops_the_reader(text in ".{0,200}", noise in "[\\[\\]{}\"':,0-9a-z\\\\ ]{0,200}") {
        let _ = read(&text, &json!({"type": "object"}));
        let _ = read(&noise, &json!({"type": "object"}));
    }

    #[test]
    fn what_is_json_is_read_as_json_reads_it(a in ".{0,40}", n: i64, cut in 0..100_usize) {
        let value = json!({"a": a, "list": [n, {"b": a}], "n": null});
        let text = value.to_string();
        proptest::prop_assert_eq!(read(&text, &json!({})), Ok(value));
        let short: String = text.chars().take(text.chars().count() * cut / 100).collect();
        let _ = read(&short, &json!({}));
    }
}

#[test]
fn entries_beyond_those_that_a_list_may_hold_count_as_left_out() {
    let schema = json!({
        "type": "object",
        "properties": {"queries": {"type": "array", "maxItems": 2, "items": {"type": "string"}}},
        "required": ["queries"],
    });
    assert_eq!(
        read(r#"{"queries": ["a", "b", "c"]}"#, &schema).unwrap(),
        json!({"queries": ["a", "b"]})
    );
}
