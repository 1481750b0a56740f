//! The enriched sheet: the input's columns, then each field with its confidence, quote and source.

use std::fs::{self, File};
use std::io::Write as _;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result};
use api::wire::{self, Links};
use csv::WriterBuilder;
use domain::output::{Basis, Content, Output};
use domain::schema::Schema;
use domain::source::Source;
use serde_json::{Value, json};
use store::{Listed, Owner};

use crate::ground::Ground;
use crate::sheet::{Sheet, cell, guarded};

pub(crate) struct Table<'a> {
    sheet: &'a Sheet,
    fields: Vec<&'a str>,
    links: Links,
    rows: Vec<Vec<String>>,
    pub(crate) found: u64,
    pub(crate) empty: u64,
}

pub(crate) fn table<'a>(sheet: &'a Sheet, schema: &'a Schema, sources: &[Source]) -> Table<'a> {
    Table {
        sheet,
        fields: schema.fields.iter().map(|field| field.name.as_str()).collect(),
        links: Links::local(sources),
        rows: Vec::new(),
        found: 0,
        empty: 0,
    }
}

impl Table<'_> {
    /// Adds the next row in the order of the sheet.
    pub(crate) fn add(&mut self, listed: &Listed) {
        let mut row = self.sheet.rows.get(self.rows.len()).cloned().unwrap_or_default();
        row.resize(self.sheet.header.len(), String::new());
        let mut reasons = Vec::new();
        for field in &self.fields {
            let value = listed.output.as_ref().and_then(|output| value_of(output, field));
            let basis = listed.output.as_ref().and_then(|output| basis_of(output, field));
            match value {
                Some(_) => self.found += 1,
                None => self.empty += 1,
            }
            let evidence =
                basis.filter(|_| value.is_some()).and_then(|basis| basis.evidence.first());
            let confidence = basis.filter(|_| value.is_some()).and_then(|basis| basis.confidence);
            row.push(guarded(&value.map(cell).unwrap_or_default()));
            row.push(
                confidence.map(|confidence| confidence.as_str().to_owned()).unwrap_or_default(),
            );
            row.push(guarded(evidence.map_or("", |evidence| &evidence.quote)));
            row.push(guarded(
                &evidence.map(|evidence| self.links.address(evidence)).unwrap_or_default(),
            ));
            if let Some(missing) = basis.and_then(|basis| basis.missing) {
                reasons.push(format!("{field}: {}", missing.as_str()));
            }
        }
        row.push(listed.run.state.to_string());
        let failure = listed.run.failure.as_ref().map(|failure| failure.message.clone());
        row.push(guarded(&failure.unwrap_or_else(|| reasons.join("; "))));
        self.rows.push(row);
    }

    fn header(&self) -> Vec<String> {
        let mut header = self.sheet.header.clone();
        for field in &self.fields {
            // A column of the input keeps its name; ours makes way.
            let name = if self.sheet.header.iter().any(|column| column == field) {
                format!("{field}__value")
            } else {
                (*field).to_owned()
            };
            header.push(name);
            header.extend(["confidence", "quote", "source"].map(|part| format!("{field}__{part}")));
        }
        header.extend(["__state".to_owned(), "__error".to_owned()]);
        header
    }

    pub(crate) fn to_csv(&self) -> Result<Vec<u8>> {
        let mut writer =
            WriterBuilder::new().delimiter(self.sheet.delimiter).from_writer(Vec::new());
        writer.write_record(self.header())?;
        for row in &self.rows {
            writer.write_record(row)?;
        }
        Ok(writer.into_inner().map_err(csv::IntoInnerError::into_error)?)
    }
}

fn value_of<'a>(output: &'a Output, field: &str) -> Option<&'a Value> {
    match &output.content {
        Content::Fields { values, .. } => values.get(field).filter(|value| !value.is_null()),
        Content::Text(_) => None,
    }
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

/// The result object of one row, or of a row without one its run.
pub(super) async fn json_line(
    ground: &Ground,
    listed: &Listed,
    sources: &[Source],
) -> Result<String> {
    let row = ground.store.find_run(Owner::LOCAL, listed.run.id).await?;
    let found = match row {
        Some(row) => ground.store.result_of(row.seq).await?,
        None => None,
    };
    let value = match (&listed.output, found) {
        (Some(output), Some((_, receipt))) => serde_json::to_value(wire::result_view(
            &listed.run,
            output,
            &receipt,
            &Links::local(sources),
        ))?,
        (Some(_) | None, _) => json!({"run": wire::run_view(&listed.run), "output": null}),
    };
    Ok(format!("{value}\n"))
}

/// A name beside the file, so that a rename stays on one disk.
pub(super) fn temporary(path: &Path) -> PathBuf {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    path.with_file_name(format!(".{name}.{}.tmp", std::process::id()))
}

/// Writes a file as a whole or not at all.
pub(super) fn replace(path: &Path, bytes: &[u8]) -> Result<()> {
    let draft = temporary(path);
    let written = File::create(&draft)
        .and_then(|mut file| {
            file.write_all(bytes)?;
            file.sync_all()
        })
        .and_then(|()| fs::rename(&draft, path));
    if written.is_err() {
        let _ = fs::remove_file(&draft);
    }
    written.with_context(|| {
        format!(
            "the output `{}` cannot be written; the rows are kept, repeat the command",
            path.display()
        )
    })
}
