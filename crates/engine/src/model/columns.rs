//! Plans how the fields of a table are looked up: searches with places for a row's own values, and other words for each field.
//! What is asked names columns and no row, so that all rows of a group share one answer.

use std::sync::Arc;

use domain::model::Role;
use domain::schema::Field;
use domain::spec::Input;
use serde::Deserialize;
use serde_json::{Value, json};

use super::Mind;
use super::asking::{Ask, at_most};
use super::words::clean_query;
use crate::Failed;
use crate::extractive::subject::Subject;
use crate::purse::{Phase, Purse};
use crate::world::Unanswered;

/// Searches that a plan gives.
const QUERIES: usize = 8;
/// Fields whose other words are told, and characters of those of one.
const FIELDS: usize = 100;
const ALSO: usize = 200;
const MAX_OUTPUT: u32 = 1_200;

/// How the fields of a row are looked up.
pub(super) struct Columns {
    /// Other words for each field; empty where there are none.
    pub(super) also: Vec<String>,
    /// Searches with the row's own values in them.
    pub(super) queries: Vec<String>,
}

#[derive(Deserialize)]
struct Answer {
    queries: Vec<String>,
    words: Vec<OtherWords>,
}

#[derive(Deserialize)]
struct OtherWords {
    field: String,
    also: String,
}

fn schema() -> Value {
    let words = json!({
        "type": "object",
        "properties": {"field": {"type": "string"}, "also": {"type": "string", "description": "other words, with commas"}},
        "required": ["field", "also"],
        "additionalProperties": false,
    });
    json!({
        "type": "object",
        "properties": {
            "queries": at_most(QUERIES, &json!({"type": "string"})),
            "words": at_most(FIELDS, &words),
        },
        "required": ["queries", "words"],
        "additionalProperties": false,
    })
}

/// The plan of a model for the fields of this row; without its answer the fields have no other words and searches are left to
/// rules.
pub(super) async fn planned(
    mind: &Mind<'_>,
    purse: &Purse,
    fields: &Arc<[Field]>,
    subject: &Subject,
) -> Result<Columns, Failed> {
    let claimed = &mind.world.claimed;
    let names = match &claimed.input {
        Input::Row(row) => row.keys().cloned().collect::<Vec<_>>().join(", "),
        Input::Text(_) => "question".into(),
    };
    let described: Vec<_> = fields
        .iter()
        .map(|field| json!({"name": field.name, "description": field.description}))
        .collect();
    let ask = Ask {
        role: Role::Planner,
        phase: Phase::Look,
        prompt: "columns",
        given: json!({
            "columns": names, "fields": described, "today": claimed.created_at.date(), "max_queries": QUERIES,
        }),
        max_output_tokens: MAX_OUTPUT,
    };
    let mut columns = Columns { also: vec![String::new(); fields.len()], queries: Vec::new() };
    let answer: Result<Answer, Unanswered> = mind.typed(purse, ask, &schema()).await?;
    let Ok(answer) = answer else { return Ok(columns) };
    for words in answer.words {
        if let Some(place) = fields.iter().position(|field| field.name == words.field) {
            columns.also[place] = words.also.chars().take(ALSO).collect();
        }
    }
    // A question is searched for by what it is about.
    let value = |column: &str| match &claimed.input {
        Input::Row(row) => row.get(column).map(super::cells::as_text),
        Input::Text(_) => Some(subject.name.clone()),
    };
    let of_row = |query: &String| clean_query(&filled(query, value)?, None);
    columns.queries = answer.queries.iter().filter_map(of_row).take(QUERIES).collect();
    Ok(columns)
}

/// A search with a value in each place that names a column; `None` where there is none.
fn filled(query: &str, value: impl Fn(&str) -> Option<String>) -> Option<String> {
    let mut out = String::new();
    let mut rest = query;
    while let Some((before, from)) = rest.split_once('{') {
        let (column, after) = from.split_once('}')?;
        let cell = value(column.trim())?;
        if cell.trim().is_empty() {
            return None;
        }
        out.push_str(before);
        out.push_str(cell.trim());
        rest = after;
    }
    out.push_str(rest);
    Some(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_search_takes_the_rows_own_values() {
        let row = json!({"company": "Nordwind Ltd.", "city": ""});
        let filled =
            |query| filled(query, |column| Some(row.get(column)?.as_str().unwrap().to_owned()));
        let searched = Some("Nordwind Ltd. founded year".into());
        assert_eq!(filled("{company} founded year"), searched);
        assert_eq!(filled("{company} {city}"), None);
        assert_eq!(filled("{country} registry"), None);
    }
}
