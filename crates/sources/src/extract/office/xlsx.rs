//! Workbooks: each visible sheet as a table under its name. Cells are read one after the other, because a sheet with
//! two filled corners would take all memory as a grid.

use std::io::Cursor;

use calamine::{DataRef, Reader as _, SheetVisible, Xlsx};

use super::super::outline::{Outline, Piece};
use super::{MAX_BYTES, Package};

/// Columns that are read. What stands further right is no table for readers.
const MAX_COLUMNS: usize = 1_000;
/// Cells of one workbook.
const MAX_CELLS: usize = 2_000_000;
/// Rows that become one piece, so that a huge sheet is noticed early.
const ROWS_AT_ONCE: usize = 1_000;

pub(in super::super) fn read(bytes: &[u8]) -> Result<Outline, String> {
    let mut outline = Outline::default();
    let mut package = Package::open(bytes)?;
    package.describe(&mut outline)?;
    check_size(&mut package)?;
    let mut book: Xlsx<_> = Xlsx::new(Cursor::new(bytes)).map_err(|why| {
        if matches!(why, calamine::XlsxError::Password) {
            return "it is encrypted".to_owned();
        }
        format!("it is not a sound workbook: {why}")
    })?;
    let visible: Vec<String> = book
        .sheets_metadata()
        .iter()
        .filter(|sheet| sheet.visible == SheetVisible::Visible)
        .map(|sheet| sheet.name.clone())
        .collect();
    let mut left = MAX_CELLS;
    for name in visible {
        // Charts and macros are sheets without cells.
        if let Ok(mut cells) = book.worksheet_cells_reader(&name) {
            outline.push(Piece::Heading(2, name.clone()))?;
            let mut table = Table::default();
            while let Some(cell) =
                cells.next_cell().map_err(|why| format!("its sheet `{name}` is damaged: {why}"))?
            {
                left = left.checked_sub(1).ok_or(format!("it has more than {MAX_CELLS} cells"))?;
                let (row, column) = cell.get_position();
                table.put(row, column as usize, shown(cell.get_value()), &mut outline)?;
            }
            table.write(&mut outline)?;
        }
    }
    Ok(outline)
}

/// Unpacks everything once, keeping nothing: the parser does not look at sizes.
fn check_size(package: &mut Package<'_>) -> Result<(), String> {
    use std::io::Read as _;
    let mut left = MAX_BYTES;
    for index in 0..package.archive.len() {
        let Ok(file) = package.archive.by_index(index) else {
            return Err("its archive is damaged or encrypted".into());
        };
        let size = std::io::copy(&mut file.take(left + 1), &mut std::io::sink());
        let size = size.map_err(|why| format!("its archive is damaged: {why}"))?;
        left = left
            .checked_sub(size)
            .ok_or_else(|| format!("it unpacks to more than {} MB", MAX_BYTES >> 20))?;
    }
    Ok(())
}

#[derive(Default)]
struct Table {
    rows: Vec<Vec<String>>,
    at: Option<u32>,
}

impl Table {
    fn put(
        &mut self,
        row: u32,
        column: usize,
        words: String,
        outline: &mut Outline,
    ) -> Result<(), String> {
        if words.is_empty() || column >= MAX_COLUMNS {
            return Ok(());
        }
        if self.at != Some(row) {
            // An empty row ends a table: what follows has a header of its own.
            let is_apart = self.at.is_some_and(|at| row > at + 1);
            if is_apart || self.rows.len() >= ROWS_AT_ONCE {
                self.write(outline)?;
            }
            self.rows.push(Vec::new());
            self.at = Some(row);
        }
        if let Some(cells) = self.rows.last_mut() {
            if cells.len() <= column {
                cells.resize(column + 1, String::new());
            }
            cells[column] = words;
        }
        Ok(())
    }

    fn write(&mut self, outline: &mut Outline) -> Result<(), String> {
        let mut rows = std::mem::take(&mut self.rows);
        // Tables that do not begin in the first column.
        let indent = |row: &Vec<String>| row.iter().take_while(|cell| cell.is_empty()).count();
        let indent = rows.iter().map(indent).min().unwrap_or(0);
        let width = rows.iter().map(Vec::len).max().unwrap_or(0);
        if width * rows.len() > MAX_CELLS {
            return Err(format!("it has more than {MAX_CELLS} cells"));
        }
        for row in &mut rows {
            row.resize(width, String::new());
            row.drain(..indent);
        }
        if rows.is_empty() { Ok(()) } else { outline.push(Piece::Table(rows)) }
    }
}

/// A cell as a reader sees it, nearly: numbers without the format of the sheet, days as `YYYY-MM-DD`.
fn shown(value: &DataRef<'_>) -> String {
    match value {
        DataRef::Int(number) => number.to_string(),
        DataRef::Float(number) => float(*number),
        DataRef::SharedString(words) => (*words).to_owned(),
        DataRef::Bool(truth) => if *truth { "TRUE" } else { "FALSE" }.to_owned(),
        DataRef::String(words) | DataRef::DateTimeIso(words) | DataRef::DurationIso(words) => {
            words.clone()
        }
        DataRef::DateTime(moment) if moment.is_datetime() => {
            let (year, month, day, hour, minute, second, _) = moment.to_ymd_hms_milli();
            match (hour, minute, second) {
                (0, 0, 0) => format!("{year:04}-{month:02}-{day:02}"),
                _ => format!("{year:04}-{month:02}-{day:02} {hour:02}:{minute:02}:{second:02}"),
            }
        }
        DataRef::DateTime(span) => float(span.as_f64()),
        DataRef::Error(error) => error.to_string(),
        DataRef::Empty => String::new(),
    }
}

/// Without the noise of binary fractions: 0.1 + 0.2 is shown as 0.3.
fn float(number: f64) -> String {
    let rounded: f64 = format!("{number:.12e}").parse().unwrap_or(number);
    rounded.to_string()
}
