//! What a model is asked, independent of who makes the model.

use serde::{Deserialize, Serialize};
use serde_json::Value;

/// One question with everything that the model is to know.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Request {
    pub system: String,
    /// Ends with a turn of the user.
    pub turns: Vec<Turn>,
    /// The shape of the answer; `None` for plain text.
    pub format: Option<Format>,
    /// Upper bound of the answer. The model's own bound holds where it is lower.
    pub max_output_tokens: u32,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Turn {
    pub speaker: Speaker,
    pub text: String,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Speaker {
    User,
    Model,
}

/// A typed answer. The order of the schema's properties is the order in which a model fills them in.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Format {
    /// Letters, digits, `_` and `-`: some providers show it to the model as a name.
    pub name: String,
    pub schema: Value,
}

impl Request {
    /// A question of one turn, answered as text.
    pub fn text(system: impl Into<String>, question: impl Into<String>, max_output: u32) -> Self {
        Self {
            system: system.into(),
            turns: vec![Turn::user(question)],
            format: None,
            max_output_tokens: max_output,
        }
    }

    /// The same bytes for the same question, whatever provider will answer it: for hashing.
    ///
    /// # Panics
    ///
    /// Never: nothing in a request can fail to be written as JSON.
    pub fn canonical(&self) -> Vec<u8> {
        #[expect(clippy::expect_used, reason = "text, numbers and JSON values are always JSON")]
        serde_json::to_vec(self).expect("a request as JSON")
    }
}

impl Turn {
    pub fn user(text: impl Into<String>) -> Self {
        Self { speaker: Speaker::User, text: text.into() }
    }

    pub fn model(text: impl Into<String>) -> Self {
        Self { speaker: Speaker::Model, text: text.into() }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn the_canonical_bytes_keep_the_order_of_properties_and_differ_with_it() {
        let ask = |schema| Request {
            format: Some(Format { name: "claim".into(), schema }),
            ..Request::text("Read.", "When?", 100)
        };
        let quote_first = ask(json!({"properties": {"quote": {}, "value": {}}}));
        let value_first = ask(json!({"properties": {"value": {}, "quote": {}}}));
        assert_eq!(quote_first.canonical(), quote_first.clone().canonical());
        assert_ne!(quote_first.canonical(), value_first.canonical());
        let back: Request = serde_json::from_slice(&quote_first.canonical()).unwrap();
        assert_eq!(back.canonical(), quote_first.canonical());
    }
}
