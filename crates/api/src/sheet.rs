//! A sheet: a CSV with a header, read whole and checked before anything is made of it; and cells of our own.

use std::collections::HashSet;

use csv::{ReaderBuilder, StringRecord};
use serde::de::IgnoredAny;
use serde_json::{Map, Value};

/// Why a sheet cannot be read: a sentence that names the sheet, the line and the way out.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct Unreadable(String);

fn unreadable(sentence: impl Into<String>) -> Unreadable {
    Unreadable(sentence.into())
}

macro_rules! refuse {
    ($($format:tt)*) => {
        return Err(unreadable(format!($($format)*)))
    };
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sheet {
    pub header: Vec<String>,
    pub rows: Vec<Vec<String>>,
    pub delimiter: u8,
}

/// Reads a sheet; `shown` is what it is called in messages.
pub fn parse(bytes: &[u8], shown: &str) -> Result<Sheet, Unreadable> {
    let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    if let Some((what, way_out)) = other_kind(bytes) {
        refuse!("the file `{shown}` is {what} and no CSV; {way_out}");
    }
    let text = std::str::from_utf8(bytes).map_err(|why| {
        let line = bytes[..why.valid_up_to()].split(|byte| *byte == b'\n').count();
        unreadable(format!("the sheet `{shown}` is not UTF-8 in line {line}; save it as CSV UTF-8"))
    })?;
    if text.trim().is_empty() {
        refuse!("the sheet `{shown}` is empty; it needs a header and at least one row");
    }
    if text.contains('\0') {
        refuse!("the sheet `{shown}` is not text; save it as CSV");
    }
    let delimiter = delimiter(text);
    let mut reader = ReaderBuilder::new()
        .has_headers(false)
        .flexible(true)
        .delimiter(delimiter)
        .from_reader(text.as_bytes());
    let mut records = reader.records().map(|record| {
        record
            .map_err(|why| unreadable(format!("the sheet `{shown}` cannot be read as CSV: {why}")))
    });
    let Some(first) = records.next() else {
        refuse!("the sheet `{shown}` is empty; it needs a header and at least one row");
    };
    let first = first?;
    let header: Vec<String> = first.iter().map(|cell| cell.trim().to_owned()).collect();
    check_header(&header, line_of(&first, text), shown)?;
    let mut rows = Vec::new();
    for record in records {
        let record = record?;
        if record.len() != header.len() {
            refuse!(
                "the sheet `{shown}` has {} in line {} where its header has {}; put quotes around cells that hold `{}`",
                cells(record.len()),
                line_of(&record, text),
                header.len(),
                char::from(delimiter).escape_default()
            );
        }
        rows.push(record.iter().map(str::to_owned).collect());
    }
    if rows.is_empty() {
        let line = line_of(&first, text);
        refuse!("the sheet `{shown}` has a header and no rows; add a row below line {line}");
    }
    Ok(Sheet { header, rows, delimiter })
}

/// What a file is that is taken for a sheet and is none, and what to do about it.
fn other_kind(bytes: &[u8]) -> Option<(&'static str, &'static str)> {
    const SAVE_AS: &str = "save the sheet as `CSV UTF-8` in your spreadsheet program and send that";
    let begins = |with: &[u8]| bytes.starts_with(with);
    if begins(b"PK\x03\x04") {
        return Some(("a workbook (XLSX or ODS)", SAVE_AS));
    }
    if begins(b"\xd0\xcf\x11\xe0") {
        return Some(("a workbook of an old kind (XLS)", SAVE_AS));
    }
    if begins(b"%PDF") {
        return Some(("a PDF", "put its table into a sheet first"));
    }
    if begins(b"\xff\xfe") || begins(b"\xfe\xff") {
        return Some(("text in UTF-16", SAVE_AS));
    }
    let is_json = |text: &[u8]| serde_json::from_slice::<IgnoredAny>(text).is_ok();
    let first = bytes.iter().find(|byte| !byte.is_ascii_whitespace());
    let line = bytes.split(|byte| *byte == b'\n').next().unwrap_or_default();
    let is_structured = matches!(first, Some(b'{' | b'[')) && (is_json(line) || is_json(bytes));
    is_structured.then_some(("JSON", "turn its rows into a CSV, with the names as a header"))
}

/// Where a record begins, from 1: for messages, because all that stands before it is looked through. The reader's own
/// count is off after `\r\n`.
fn line_of(record: &StringRecord, text: &str) -> u64 {
    let at = record.position().map_or(0, csv::Position::byte);
    let at = usize::try_from(at).unwrap_or(0).min(text.len());
    let before = &text.as_bytes()[..at];
    let blank = text.as_bytes()[at..].iter().take_while(|byte| matches!(byte, b'\r' | b'\n'));
    let lines = |bytes: &mut dyn Iterator<Item = &u8>| bytes.filter(|byte| **byte == b'\n').count();
    (lines(&mut before.iter()) + lines(&mut blank.into_iter()) + 1) as u64
}

fn cells(count: usize) -> String {
    if count == 1 { "1 cell".into() } else { format!("{count} cells") }
}

fn check_header(header: &[String], line: u64, shown: &str) -> Result<(), Unreadable> {
    if let Some(at) = header.iter().position(String::is_empty) {
        refuse!(
            "the sheet `{shown}` has no name for column {} in line {line}; name each column there",
            at + 1
        );
    }
    if let Some(cell) = header.iter().find(|cell| is_data(cell)) {
        refuse!(
            "the sheet `{shown}` seems to have no header: line {line} holds `{cell}`; put the names of the columns into the first line"
        );
    }
    let mut names = HashSet::new();
    for name in header {
        if !names.insert(name) {
            refuse!(
                "the sheet `{shown}` has two columns called `{name}` in line {line}; rename one"
            );
        }
    }
    Ok(())
}

/// Whether a cell can hardly be the name of a column: a number, an address of the web or of mail.
fn is_data(cell: &str) -> bool {
    is_number(cell)
        || cell.starts_with("http://")
        || cell.starts_with("https://")
        || (cell.contains('@') && cell.contains('.') && !cell.contains(' '))
}

fn is_number(text: &str) -> bool {
    text.parse::<f64>().is_ok_and(f64::is_finite)
}

/// The one of `,` `;` and tab that stands most often in the first line, outside quotes.
fn delimiter(text: &str) -> u8 {
    let first = text.trim_start_matches(['\r', '\n']).lines().next().unwrap_or_default();
    let mut is_quoted = false;
    let mut counts = [(b',', 0), (b';', 0), (b'\t', 0)];
    for byte in first.bytes() {
        is_quoted ^= byte == b'"';
        if let Some((_, count)) = counts.iter_mut().find(|(c, _)| *c == byte && !is_quoted) {
            *count += 1;
        }
    }
    // Of equals the first: a sheet of one column counts as separated by commas.
    counts.iter().rev().max_by_key(|(_, count)| *count).map_or(b',', |(byte, _)| *byte)
}

impl Sheet {
    /// A row as the input of a run.
    pub fn input(&self, row: &[String]) -> Map<String, Value> {
        self.header.iter().cloned().zip(row.iter().cloned().map(Value::String)).collect()
    }
}

/// A cell of our own making. A spreadsheet would run one that begins like a formula.
///
/// What begins with a sign is a formula to it unless it is a plain number, such as `-3` or `+49 30 1234`.
pub fn guarded(cell: &str) -> String {
    let is_formula = match cell.chars().next() {
        Some('=' | '@' | '\t' | '\r' | '\n') => true,
        Some('+' | '-') => !is_plain_number(cell),
        Some(_) | None => false,
    };
    if is_formula { format!("'{cell}") } else { cell.to_owned() }
}

/// A number, or digits in groups behind one sign.
fn is_plain_number(cell: &str) -> bool {
    let is_grouped = |c: char| c.is_ascii_digit() || matches!(c, ' ' | '.' | ',' | '%');
    is_number(cell) || cell[1..].chars().all(is_grouped)
}

/// A value as a cell: text bare, null empty, lists and objects as JSON.
pub fn cell(value: &Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::String(text) => text.clone(),
        Value::Bool(_) | Value::Number(_) | Value::Array(_) | Value::Object(_) => value.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use std::fmt::Write as _;
    use std::time::{Duration, Instant};

    use super::*;

    fn refused(text: &str) -> String {
        parse(text.as_bytes(), "s.csv").unwrap_err().to_string()
    }

    #[test]
    fn a_sheet_of_a_spreadsheet_program_is_read() {
        let sheet = parse("\u{feff}name;note\r\n\"A; B\";\"two\r\nlines\"\r\n".as_bytes(), "s.csv")
            .unwrap();
        assert_eq!(sheet.header, ["name", "note"]);
        assert_eq!(sheet.rows, [["A; B", "two\r\nlines"]]);
    }

    #[test]
    fn what_is_wrong_is_named_with_its_line() {
        assert!(refused("a,b\n1,2\n\n3\n").contains("1 cell in line 4 where its header has 2"));
        assert!(refused("a,b\r\n1,2\r\n3\r\n").contains("in line 3"));
        assert!(refused("a,a\n1,2\n").contains("two columns called `a` in line 1"));
        assert!(refused("Acme,1999\nBolt,2001\n").contains("no header: line 1 holds `1999`"));
        assert!(refused("a,\n1,2\n").contains("no name for column 2"));
        assert!(refused("a,b\n").contains("no rows"));
        assert!(refused(" \n").contains("is empty"));
        assert!(parse(b"a\n\xff\n", "s.csv").unwrap_err().to_string().contains("UTF-8 in line 2"));
    }

    #[test]
    fn what_is_no_csv_is_called_by_its_name() {
        let said = |bytes: &[u8]| parse(bytes, "s.csv").unwrap_err().to_string();
        assert!(said(b"PK\x03\x04...").contains("`s.csv` is a workbook (XLSX or ODS) and no CSV"));
        assert!(said(b"\xff\xfea\0,\0").contains("is text in UTF-16"));
        assert!(said(b" [{\"a\": 1}]").contains("is JSON"));
        assert!(said(b"{\"a\": 1}\n{\"a\": 2}\n").contains("is JSON"));
        assert!(parse(b"[a],b\n1,2\n", "s.csv").is_ok());
    }

    #[test]
    fn a_long_sheet_is_read_once_from_its_beginning_to_its_end() {
        let mut text = String::from("name,town,note\n");
        for row in 0..200_000 {
            let _ =
                writeln!(text, "Turbine {row},Reach {},{}", row % 97, "so it is said ".repeat(4));
        }
        let began = Instant::now();
        assert_eq!(parse(text.as_bytes(), "s.csv").unwrap().rows.len(), 200_000);
        // Counted from the beginning for each row it would be minutes.
        assert!(began.elapsed() < Duration::from_secs(20), "{:?}", began.elapsed());
    }

    #[test]
    fn a_sheet_of_one_column_has_commas() {
        assert_eq!(delimiter("name\nx"), b',');
        assert_eq!(delimiter("a\tb\n"), b'\t');
    }

    #[test]
    fn a_cell_that_looks_like_a_formula_is_made_text_and_a_number_is_not() {
        let kept = ["-4.5", "+49 30 1234", "-3", "1e5", "-1e5", "a=b", "-1,284.50 %", ""];
        assert_eq!(kept.map(guarded), kept);
        for formula in [
            "=1+1",
            "\n=1",
            "\r\n=1",
            "\t=1",
            "+1+2",
            "-2+3",
            "@A1",
            "-1+cmd|' /C calc'!A0",
            "+HYPERLINK(A1)",
            "-A, --all",
        ] {
            assert_eq!(guarded(formula), format!("'{formula}"));
        }
    }
}
