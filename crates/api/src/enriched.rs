//! The enriched sheet: the input's columns, then each field with its confidence, what other sources say,
//! quote and source; formulas made harmless.

use domain::output::{Basis, Candidate, Content, Output};
use store::Listed;

use crate::sheet::{cell, guarded};
use crate::wire::Links;

/// What is written for one row behind the columns of its input.
pub struct Answered {
    /// For each field value, confidence, conflict, quote and source; then state and error.
    pub cells: Vec<String>,
    pub found: u64,
    pub empty: u64,
}

/// The first line of the sheet.
pub fn header(columns: &[String], fields: &[impl AsRef<str>]) -> Vec<String> {
    let mut header = columns.to_vec();
    for field in fields.iter().map(AsRef::as_ref) {
        header.push(name_of(field, columns));
        header.extend(
            ["confidence", "conflict", "quote", "source"].map(|part| format!("{field}__{part}")),
        );
    }
    header.extend(["__state".to_owned(), "__error".to_owned()]);
    header
}

/// The first line of a sheet with the values only.
pub fn plain_header(columns: &[String], fields: &[String]) -> Vec<String> {
    columns.iter().cloned().chain(fields.iter().map(|field| name_of(field, columns))).collect()
}

/// A column of the input keeps its name; ours makes way.
fn name_of(field: &str, columns: &[String]) -> String {
    if columns.iter().any(|column| column == field) {
        format!("{field}__value")
    } else {
        field.to_owned()
    }
}

/// Only the values of a row.
pub fn values(listed: &Listed, fields: &[String]) -> Vec<String> {
    let value = |field: &String| value_of(listed.output.as_ref()?, field);
    fields.iter().map(|field| guarded(&value(field).unwrap_or_default())).collect()
}

pub fn cells(listed: &Listed, fields: &[impl AsRef<str>], links: &Links) -> Answered {
    let (mut row, mut reasons) = (Vec::new(), Vec::new());
    let (mut found, mut empty) = (0, 0);
    for field in fields.iter().map(AsRef::as_ref) {
        let value = listed.output.as_ref().and_then(|output| value_of(output, field));
        let value = value.as_deref();
        let basis = listed.output.as_ref().and_then(|output| basis_of(output, field));
        match value {
            Some(_) => found += 1,
            None => empty += 1,
        }
        let evidence = basis.filter(|_| value.is_some()).and_then(|basis| basis.evidence.first());
        let confidence = basis.filter(|_| value.is_some()).and_then(|basis| basis.confidence);
        row.push(guarded(value.unwrap_or_default()));
        row.push(confidence.map(|confidence| confidence.as_str().to_owned()).unwrap_or_default());
        row.push(guarded(&others(basis, links)));
        row.push(guarded(evidence.map_or("", |evidence| &evidence.quote)));
        row.push(guarded(&evidence.map(|evidence| links.address(evidence)).unwrap_or_default()));
        if let Some(missing) = basis.and_then(|basis| basis.missing) {
            reasons.push(format!("{field}: {}", missing.as_str()));
        }
    }
    row.push(listed.run.state.to_string());
    let failure = listed.run.failure.as_ref().map(|failure| failure.message.clone());
    row.push(guarded(&failure.unwrap_or_else(|| reasons.join("; "))));
    Answered { cells: row, found, empty }
}

/// A value of an answer as a cell; that of a report is its text, under the name `output`.
fn value_of(output: &Output, field: &str) -> Option<String> {
    match &output.content {
        Content::Fields { values, .. } => {
            values.get(field).filter(|value| !value.is_null()).map(cell)
        }
        Content::Text(text) => (field == "output").then(|| text.clone()),
    }
}

/// What other sources say instead of a value, each with where; empty where none disagrees.
fn others(basis: Option<&Basis>, links: &Links) -> String {
    let candidates = basis.map_or(&[][..], |basis| &basis.conflicts);
    let other = |candidate: &Candidate| {
        let value = cell(&candidate.value);
        match candidate.evidence.first() {
            Some(evidence) => format!("{value} ({})", links.address(evidence)),
            None => value,
        }
    };
    candidates.iter().map(other).collect::<Vec<_>>().join("; ")
}

/// The basis of a field; where it holds no quote itself, that of its first element or part.
fn basis_of<'a>(output: &'a Output, field: &str) -> Option<&'a Basis> {
    let whole = output.basis.iter().find(|basis| basis.field == field);
    let is_part = |basis: &&Basis| {
        let rest = basis.field.strip_prefix(field);
        rest.is_some_and(|rest| rest.starts_with('.')) && !basis.evidence.is_empty()
    };
    let quoted = whole.filter(|basis| !basis.evidence.is_empty());
    quoted.or_else(|| output.basis.iter().find(is_part)).or(whole)
}
