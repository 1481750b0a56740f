//! `required` of a caller's schema: a list of names that the same object describes.

use serde_json::Value;

use super::Refused;

/// Checks every `required` of a schema. Apart from [`super::Schema::parse`], so that stored schemas stay readable.
pub(crate) fn check(schema: &Value, at: &str) -> Result<(), Refused> {
    let Value::Object(members) = schema else { return Ok(()) };
    if let (Some(Value::Object(properties)), Some(required)) =
        (members.get("properties"), members.get("required"))
    {
        let at = format!("{at}/required");
        let Value::Array(names) = required else { return Err(Refused::NoList { at }) };
        for name in names {
            let Value::String(name) = name else { return Err(Refused::NoList { at }) };
            if !properties.contains_key(name) {
                let name = name.chars().take(60).collect();
                return Err(Refused::NoProperty { at, name });
            }
        }
    }
    for (keyword, below) in members {
        let at = format!("{at}/{keyword}");
        match (keyword.as_str(), below) {
            ("properties" | "$defs" | "definitions", Value::Object(named)) => {
                named
                    .iter()
                    .try_for_each(|(name, schema)| check(schema, &format!("{at}/{name}")))?;
            }
            ("anyOf" | "oneOf" | "allOf", Value::Array(options)) => {
                let mut options = options.iter().enumerate();
                options.try_for_each(|(index, schema)| check(schema, &format!("{at}/{index}")))?;
            }
            ("items", schema) => check(schema, &at)?,
            _ => {}
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn names_that_are_no_properties_are_refused_wherever_they_stand() {
        let said = |schema: Value| check(&schema, "").map_err(|why| why.to_string());
        let with = |required: Value| json!({"properties": {"a": {}}, "required": required});
        assert_eq!(said(with(json!(["a"]))), Ok(()));
        assert_eq!(said(with(json!("a"))), Err("`/required` must be a list of names".to_owned()));
        assert_eq!(said(with(json!([1]))), Err("`/required` must be a list of names".to_owned()));
        let stranger =
            "`/properties/x/items/required` names `b`, which is none of the properties beside it";
        let nested = json!({"properties": {"x": {"items": with(json!(["b"]))}}});
        assert_eq!(said(nested), Err(stranger.to_owned()));
        // A property may be called `required`.
        assert_eq!(said(json!({"properties": {"required": {"type": "string"}}})), Ok(()));
    }
}
