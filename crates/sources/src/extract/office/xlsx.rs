//! Workbooks: each visible sheet as a table under its name. Cells are read one after the other, because a sheet with
//! two filled corners would take all memory as a grid. Hidden rows and columns are left out, and what is struck out.

use std::collections::HashMap;
use std::io::Cursor;

use calamine::{DataRef, Reader as _, SheetVisible, Style, Xlsx};

use super::super::outline::{Outline, Piece};
use super::{MAX_BYTES, Package, number};

/// Columns that are read. What stands further right is no table for readers.
const MAX_COLUMNS: usize = 1_000;
/// Cells of one workbook.
const MAX_CELLS: usize = 2_000_000;
/// Rows that become one piece, so that a huge sheet is noticed early.
const ROWS_AT_ONCE: usize = 1_000;
/// The part that lists the sheets.
const WORKBOOK: &str = "xl/workbook.xml";

pub(in super::super) fn read(bytes: &[u8]) -> Result<Outline, String> {
    let mut outline = Outline::default();
    let mut package = Package::open(bytes)?;
    package.describe(&mut outline)?;
    check_size(&mut package)?;
    let parts = parts(&mut package)?;
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
        let places = match parts.get(&name) {
            Some(part) => Places::read(&mut package, part)?,
            None => Places::default(),
        };
        // Charts and macros are sheets without cells.
        if let Ok(mut cells) = book.worksheet_cells_reader(&name) {
            outline.push(Piece::Heading(2, name.clone()))?;
            let mut table = Table::default();
            let damaged = |why| format!("its sheet `{name}` is damaged: {why}");
            while let Some((cell, style)) = cells.next_cell_with_style_id().map_err(damaged)? {
                left = left.checked_sub(1).ok_or(format!("it has more than {MAX_CELLS} cells"))?;
                let (row, column) = cell.get_position();
                if let Some((row, column)) = places.of(row, column) {
                    let words = shown(cell.get_value(), cells.styles().get(style));
                    table.put(row, column, words, &mut outline)?;
                }
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

/// Where in the archive each sheet is, by its name.
fn parts(package: &mut Package<'_>) -> Result<HashMap<String, String>, String> {
    let relations = package.relations(WORKBOOK)?;
    let mut parts = HashMap::new();
    package.tags(WORKBOOK, |tag| {
        if tag.name() == "sheet"
            && let (Some(name), Some(id)) = (tag.attribute("name"), tag.attribute("id"))
            && let Some((part, _)) = relations.get(&id)
        {
            parts.insert(name, part.clone());
        }
        Ok(())
    })?;
    Ok(parts)
}

/// Where the cells of a sheet are seen: rows and columns that are not shown take no room. Counted from 0.
struct Places {
    /// First and last of rows that are hidden together, and how many are hidden up to there.
    hidden: Vec<(u32, u32, u32)>,
    columns: Vec<Option<usize>>,
}

impl Default for Places {
    fn default() -> Self {
        Self { hidden: Vec::new(), columns: (0..MAX_COLUMNS).map(Some).collect() }
    }
}

impl Places {
    fn read(package: &mut Package<'_>, part: &str) -> Result<Self, String> {
        let mut rows: Vec<(u32, u32)> = Vec::new();
        let mut columns = vec![true; MAX_COLUMNS];
        let mut next_row = 0;
        package.tags(part, |tag| {
            let number = |name: &str| -> Option<u32> {
                tag.attribute(name)?.parse::<u32>().ok()?.checked_sub(1)
            };
            let is_hidden = || matches!(tag.attribute("hidden").as_deref(), Some("1" | "true"));
            match tag.name() {
                "row" => {
                    let row = number("r").unwrap_or(next_row);
                    next_row = row.saturating_add(1);
                    if is_hidden() {
                        match rows.last_mut() {
                            Some((_, last)) if last.checked_add(1) == Some(row) => *last = row,
                            _ => rows.push((row, row)),
                        }
                    }
                }
                "col" if is_hidden() => {
                    if let (Some(first), Some(last)) = (number("min"), number("max")) {
                        let end = (last as usize).saturating_add(1).min(MAX_COLUMNS);
                        let hidden = columns.get_mut(first as usize..end);
                        hidden.unwrap_or_default().fill(false);
                    }
                }
                _ => {}
            }
            Ok(())
        })?;
        rows.sort_unstable();
        let mut count = 0_u32;
        let hidden = rows.into_iter().map(|(first, last)| {
            count = count.saturating_add(last - first + 1);
            (first, last, count)
        });
        let hidden = hidden.collect();
        let mut next = 0..MAX_COLUMNS;
        let columns = columns.into_iter().map(|is_shown| if is_shown { next.next() } else { None });
        Ok(Self { hidden, columns: columns.collect() })
    }

    /// Row and column among those that are shown; `None` if it is in none of them.
    fn of(&self, row: u32, column: u32) -> Option<(u32, usize)> {
        let column = self.columns.get(column as usize).copied().flatten()?;
        let above = self.hidden.partition_point(|(first, ..)| *first <= row);
        match above.checked_sub(1).map(|at| self.hidden[at]) {
            Some((_, last, _)) if row <= last => None,
            Some((_, _, count)) => Some((row.saturating_sub(count), column)),
            None => Some((row, column)),
        }
    }
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
        if words.is_empty() {
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

/// A cell as a reader sees it, nearly: numbers by their format, but with all their digits; days as `YYYY-MM-DD`.
fn shown(value: &DataRef<'_>, style: Option<&Style>) -> String {
    let is_struck =
        style.and_then(|style| style.font.as_ref()).is_some_and(|font| font.strikethrough);
    let format = style.and_then(|style| style.number_format.as_ref());
    let format = format.map_or("General", |format| format.format_code.as_str());
    let is_text = matches!(value, DataRef::SharedString(_) | DataRef::String(_));
    if is_struck || (is_text && number::hides_text(format)) {
        return String::new();
    }
    match value {
        DataRef::Int(number) => number.to_string(),
        DataRef::Float(number) => number::number(*number, format),
        DataRef::SharedString(words) => (*words).to_owned(),
        DataRef::Bool(truth) => if *truth { "TRUE" } else { "FALSE" }.to_owned(),
        DataRef::String(words) | DataRef::DateTimeIso(words) | DataRef::DurationIso(words) => {
            words.clone()
        }
        DataRef::DateTime(moment) if !moment.is_datetime() => {
            number::clock(moment.as_f64(), format)
        }
        DataRef::DateTime(moment) if number::is_time_alone(format) => {
            number::time(moment.as_f64(), format)
        }
        DataRef::DateTime(moment) => {
            let (year, month, day, hour, minute, second, _) = moment.to_ymd_hms_milli();
            match (hour, minute, second) {
                (0, 0, 0) => format!("{year:04}-{month:02}-{day:02}"),
                _ => format!("{year:04}-{month:02}-{day:02} {hour:02}:{minute:02}:{second:02}"),
            }
        }
        DataRef::Error(error) => error.to_string(),
        DataRef::Empty => String::new(),
    }
}
