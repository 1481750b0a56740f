//! Specs and schemas for tests that do not care about most of what stands in them.

use std::time::Duration;

use domain::fields::schema_from_words;
use domain::outgoing::Outgoing;
use domain::processor::{self, Processor};
use domain::schema::Schema;
use domain::source::SourceName;
use domain::spec::{Escalation, Input, SourcePolicy, Spec, Wanted};
use serde_json::{Map, Value, json};

/// One of the processors of a fresh installation.
pub fn processor(name: &str) -> Processor {
    let known = processor::defaults().into_iter().find(|processor| processor.name == name);
    known.expect("a default processor")
}

/// A spec that ends at once, with text.
pub fn noop() -> Spec {
    Spec { processor: processor("noop"), ..report() }
}

/// A report from nothing; add what it may read.
pub fn report() -> Spec {
    Spec {
        wanted: Wanted::Text { description: None },
        processor: processor("lite"),
        sources: Vec::new(),
        search: Vec::new(),
        policy: SourcePolicy::default(),
        country: None,
        input_schema: None,
        cast: None,
        escalation: Escalation::default(),
        outgoing: Outgoing::default(),
        tools: Vec::new(),
        echo: Map::new(),
    }
}

/// Fields in plain words: `founded: year it was founded; ceo: its chief executive`.
pub fn fields(words: &str) -> Spec {
    let schema = schema_from_words(words).expect("fields in plain words");
    let (schema, _) = Schema::parse(schema).expect("a schema");
    Spec { wanted: Wanted::Fields(schema), processor: processor("core"), ..report() }
}

/// The same spec on a processor whose wall time is this.
pub fn within(spec: Spec, wall: Duration) -> Spec {
    let mut processor = spec.processor;
    processor.caps.wall = wall;
    Spec { processor, ..spec }
}

pub fn question(text: &str) -> Input {
    Input::Text(text.into())
}

/// A row of one cell.
pub fn row(column: &str, cell: &str) -> Input {
    Input::Row(Map::from_iter([(column.to_owned(), json!(cell))]))
}

pub fn name(text: &str) -> SourceName {
    SourceName::parse(text).expect("the name of a source")
}

/// `{"key": value}`, as metadata.
pub fn pair(key: &str, value: impl Into<Value>) -> Map<String, Value> {
    Map::from_iter([(key.to_owned(), value.into())])
}
