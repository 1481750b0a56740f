use super::*;

fn person() -> Value {
    json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "type": "object",
        "properties": {
            "quote": {"type": "string", "minLength": 1},
            "age": {"type": "integer", "minimum": 0},
            "role": {"enum": ["chair", "member"], "type": "string"},
            "place": {"$ref": "#/$defs/place"},
        },
        "required": ["quote"],
        "$defs": {"place": {"type": "object", "properties": {"town": {"type": "string"}}}},
    })
}

#[test]
fn openai_gets_every_property_required_and_the_optional_ones_nullable() {
    let adapted = adapt(&person(), Dialect::OpenAi, true);
    assert!(adapted.is_strict && !adapted.is_wrapped);
    let wanted = json!({
        "type": "object",
        "properties": {
            "quote": {"type": "string"},
            "age": {"type": ["integer", "null"], "minimum": 0},
            "role": {"enum": ["chair", "member", null], "type": ["string", "null"]},
            "place": {"anyOf": [{"$ref": "#/$defs/place"}, {"type": "null"}]},
        },
        "$defs": {"place": {
            "type": "object",
            "properties": {"town": {"type": ["string", "null"]}},
            "additionalProperties": false,
            "required": ["town"],
        }},
        "additionalProperties": false,
        "required": ["quote", "age", "role", "place"],
    });
    assert_eq!(adapted.schema, wanted);
    let names: Vec<_> = adapted.schema["properties"].as_object().unwrap().keys().collect();
    assert_eq!(
        names,
        ["quote", "age", "role", "place"],
        "in the order in which they are filled in"
    );
}

#[test]
fn anthropic_keeps_optional_properties_and_loses_ranges() {
    let adapted = adapt(&person(), Dialect::Anthropic, true);
    assert_eq!(adapted.schema["required"], json!(["quote"]));
    assert_eq!(adapted.schema["properties"]["age"], json!({"type": "integer"}));
    assert_eq!(adapted.schema["additionalProperties"], json!(false));
}

#[test]
fn bounds_of_lists_are_left_out_wherever_they_stand() {
    let list = |of: Value| json!({"type": "array", "maxItems": 3, "items": of});
    let nested = json!({"properties": {"maxItems": list(list(json!({"type": "string"})))}});
    let bare = |of: Value| json!({"type": "array", "items": of});
    let wanted = json!({"properties": {"maxItems": bare(bare(json!({"type": "string"})))}});
    assert_eq!(unbounded(&nested), wanted);
}

#[test]
fn gemini_gets_a_constant_as_a_list_of_one() {
    let schema = json!({"type": "object", "properties": {"kind": {"const": "town"}}});
    let adapted = adapt(&schema, Dialect::Gemini, false);
    assert_eq!(adapted.schema["properties"]["kind"], json!({"enum": ["town"]}));
}

#[test]
fn what_is_no_object_lies_under_a_name_where_an_object_is_wanted() {
    let schema = json!({"type": "array", "items": {"$ref": "#/$defs/id"}, "$defs": {"id": {"type": "string"}}});
    let adapted = adapt(&schema, Dialect::OpenAi, true);
    assert!(adapted.is_strict && adapted.is_wrapped);
    assert_eq!(adapted.schema["properties"]["value"]["type"], "array");
    assert_eq!(
        adapted.schema["$defs"]["id"],
        json!({"type": "string"}),
        "references still lead there"
    );
    assert!(!adapt(&schema, Dialect::Plain, false).is_wrapped);
}

#[test]
fn an_object_of_any_content_is_sent_as_it_is_and_not_strictly() {
    for open in [
        json!({"type": "object"}),
        json!({"type": "object", "properties": {"a": {}}}),
        json!({"type": "object", "properties": {"a": {"type": "string"}}, "additionalProperties": true}),
        json!({"type": "object", "properties": {"next": {"$ref": "#"}}}),
        json!({"type": "object", "properties": {"a": {"allOf": [{"type": "string"}, {"minLength": 2}]}}}),
    ] {
        let adapted = adapt(&open, Dialect::OpenAi, true);
        assert!(!adapted.is_strict, "{open}");
        assert_eq!(adapted.schema, open);
    }
}

#[test]
fn a_bottomless_schema_is_not_followed() {
    let mut deep = json!({"type": "string"});
    for _ in 0..500 {
        deep = json!({"type": "array", "items": deep});
    }
    assert!(!adapt(&deep, Dialect::OpenAi, true).is_strict);
}
