//! The enriched sheet: the input's columns, then each field with its confidence, quote and source.

use std::fs::{self, File};
use std::io::Write as _;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result};
use api::enriched;
use api::wire::{self, Links};
use csv::WriterBuilder;
use domain::schema::Schema;
use domain::source::Source;
use serde_json::json;
use store::{Listed, Owner};

use crate::ground::Ground;
use crate::sheet::Sheet;

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
        let answered = enriched::cells(listed, &self.fields, &self.links);
        self.found += answered.found;
        self.empty += answered.empty;
        row.extend(answered.cells);
        self.rows.push(row);
    }

    pub(crate) fn to_csv(&self) -> Result<Vec<u8>> {
        let mut writer =
            WriterBuilder::new().delimiter(self.sheet.delimiter).from_writer(Vec::new());
        writer.write_record(enriched::header(&self.sheet.header, &self.fields))?;
        for row in &self.rows {
            writer.write_record(row)?;
        }
        Ok(writer.into_inner().map_err(csv::IntoInnerError::into_error)?)
    }
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
