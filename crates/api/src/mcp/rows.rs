//! Rows as models send them: a list of objects, the same as JSON text, JSON lines, CSV, or a table in Markdown.

use serde_json::{Map, Value, json};

use crate::mcp::arguments::brief;

/// Rows, and how they were read if they were not sent as a list of objects.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Table {
    pub(super) rows: Vec<Map<String, Value>>,
    pub(super) note: Option<String>,
}

impl Table {
    /// Whether it is a single text, which may be a question just as well.
    pub(super) fn is_single_value(&self) -> bool {
        matches!(self.rows.as_slice(), [row] if row.len() == 1 && row.contains_key(ONLY_COLUMN))
    }
}

const EXAMPLE: &str = r#"[{"company": "Acme"}, {"company": "Globex"}]"#;
/// The column of rows that are single values.
const ONLY_COLUMN: &str = "item";

/// Reads rows; what cannot be read is told in one sentence.
pub(super) fn read(sent: Value) -> Result<Table, String> {
    if let Some(path) = path_of(&sent) {
        return Err(is_a_path(path));
    }
    match sent {
        Value::Array(list) => from_list(list),
        Value::Object(members) => from_object(members),
        Value::String(text) => from_text(&text),
        Value::Null | Value::Bool(_) | Value::Number(_) => Err(format!(
            "`inputs` is `{}`: it must be a list of rows, such as {EXAMPLE}",
            brief(&sent)
        )),
    }
}

fn from_list(list: Vec<Value>) -> Result<Table, String> {
    if list.is_empty() {
        return Err(format!("`inputs` is empty: give at least one row, such as {EXAMPLE}"));
    }
    if list.iter().all(|row| row.is_string() || row.is_number()) {
        let rows = list.into_iter().map(|value| Map::from_iter([(ONLY_COLUMN.into(), value)]));
        let note = format!("each value became a row with the column `{ONLY_COLUMN}`");
        return Ok(Table { rows: rows.collect(), note: Some(note) });
    }
    if list.len() > 1 && list.iter().all(Value::is_array) {
        return from_grid(&list);
    }
    let mut rows = Vec::with_capacity(list.len());
    for (index, row) in list.into_iter().enumerate() {
        let shown = brief(&row);
        let Value::Object(row) = row else {
            return Err(format!(
                "`inputs[{index}]` is `{shown}`: each row must be an object, such as {{\"company\": \"Acme\"}}"
            ));
        };
        if row.is_empty() {
            return Err(format!(
                "`inputs[{index}]` is an empty object: leave it out, or give it columns"
            ));
        }
        rows.push(row);
    }
    Ok(Table { rows, note: None })
}

/// Lists in a list: the first has the names of the columns.
fn from_grid(list: &[Value]) -> Result<Table, String> {
    let lines: Vec<Vec<Value>> = list.iter().filter_map(|line| line.as_array().cloned()).collect();
    let mut lines = lines.into_iter();
    let names: Vec<String> = lines.next().unwrap_or_default().iter().map(word).collect();
    if names.iter().any(String::is_empty) {
        return Err(format!("`inputs` has a first line without names of columns; send {EXAMPLE}"));
    }
    let rows = lines.map(|line| names.iter().cloned().zip(line).collect()).collect();
    Ok(Table { rows, note: Some("the first list was read as the names of the columns".into()) })
}

fn word(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), |text| text.trim().to_owned())
}

/// `{"rows": […]}` holds rows; any other object is one.
fn from_object(members: Map<String, Value>) -> Result<Table, String> {
    let mut lists = members.iter().filter(|(_, value)| value.is_array());
    if let (Some((name, Value::Array(list))), None, 1) = (lists.next(), lists.next(), members.len())
        && list.iter().all(Value::is_object)
    {
        let table = from_list(list.clone())?;
        return Ok(Table { note: Some(format!("the rows were taken out of `{name}`")), ..table });
    }
    if members.is_empty() {
        return Err(format!("`inputs` is empty: give at least one row, such as {EXAMPLE}"));
    }
    Ok(Table { rows: vec![members], note: Some("one object was read as one row".into()) })
}

fn from_text(text: &str) -> Result<Table, String> {
    let text = without_fence(text.trim());
    if text.starts_with(['[', '{']) {
        return from_json(text);
    }
    if text.starts_with('"')
        && let Ok(inner @ Value::String(_)) = serde_json::from_str(text)
    {
        return read(inner);
    }
    if text.starts_with("http://") || text.starts_with("https://") {
        return Err(format!(
            "`inputs` is the address `{}`: rows are not fetched from addresses; send them, such as {EXAMPLE}",
            brief(&Value::from(text))
        ));
    }
    if text.lines().count() < 2 {
        let note = format!("the text was read as one row with the column `{ONLY_COLUMN}`");
        let row = Map::from_iter([(ONLY_COLUMN.to_owned(), json!(text))]);
        return Ok(Table { rows: vec![row], note: Some(note) });
    }
    if text.starts_with('|') { from_markdown(text) } else { from_csv(text.as_bytes()) }
}

/// The place of a file that is sent instead of rows: as text, in quotes, as a list of one, or as an object such as
/// `{"file": "/tmp/rows.csv"}`.
pub(super) fn path_of(sent: &Value) -> Option<&str> {
    let only = match sent {
        Value::String(text) => text,
        Value::Array(list) if list.len() == 1 => list[0].as_str()?,
        Value::Object(members) if members.len() == 1 => {
            let (name, value) = members.iter().next()?;
            let is_file = FILE_NAMES.contains(&name.to_lowercase().as_str());
            value.as_str().filter(|_| is_file)?
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::Array(_) | Value::Object(_) => {
            return None;
        }
    };
    let path = only.trim().trim_matches(['"', '\'']);
    (!path.contains('\n') && is_path(path)).then_some(path)
}

/// What models call the place of a file.
const FILE_NAMES: [&str; 6] = ["file", "path", "csv", "filename", "file_path", "filepath"];

fn is_a_path(path: &str) -> String {
    format!(
        "`inputs` is `{}`, which looks like the path of a file, and no such file is read here: send the rows themselves, \
         such as {EXAMPLE}",
        brief(&Value::from(path))
    )
}

/// Whether a line is meant as the place of a file rather than as a row.
fn is_path(line: &str) -> bool {
    let lower = line.trim().to_lowercase();
    let is_one_word = !lower.contains(char::is_whitespace);
    let begins =
        ["/", "./", "../", "~/", "file:", "\\\\"].iter().any(|start| lower.starts_with(start));
    let is_drive = lower.get(1..3) == Some(":\\");
    let ends = |endings: &[&str]| endings.iter().any(|ending| lower.ends_with(ending));
    // “see attached products.csv” is no row either; a name such as `Node.js` is one.
    let is_sheet = ends(&[".csv", ".tsv", ".xlsx", ".xls", ".ods", ".parquet"]);
    let is_address = lower.contains("://") && !lower.starts_with("file:");
    !is_address && (is_drive || is_sheet || (is_one_word && (begins || ends(&[".json", ".jsonl"]))))
}

/// A model may wrap what it sends as it would show it to a person.
pub(super) fn without_fence(text: &str) -> &str {
    let Some(inner) = text.strip_prefix("```").and_then(|text| text.strip_suffix("```")) else {
        return text;
    };
    inner.split_once('\n').map_or(inner, |(_, rows)| rows).trim()
}

fn from_json(text: &str) -> Result<Table, String> {
    let why = match serde_json::from_str(text) {
        Ok(value) => {
            let table = read(value)?;
            let note = table.note.unwrap_or_else(|| "the text was read as JSON".into());
            return Ok(Table { note: Some(note), ..table });
        }
        Err(why) => why,
    };
    let lines = text.lines().filter(|line| !line.trim().is_empty());
    let rows: Result<Vec<Value>, _> = lines.map(serde_json::from_str).collect();
    match rows {
        Ok(rows) => {
            let table = from_list(rows)?;
            Ok(Table { note: Some("the text was read as JSON lines".into()), ..table })
        }
        Err(_) => Err(format!("`inputs` looks like JSON and is not ({why}); send {EXAMPLE}")),
    }
}

fn from_markdown(text: &str) -> Result<Table, String> {
    let cells = |line: &str| -> Vec<String> {
        let line = line.trim().trim_start_matches('|').trim_end_matches('|');
        line.split('|').map(|cell| cell.trim().to_owned()).collect()
    };
    let is_rule = |line: &&str| !line.chars().all(|c| matches!(c, '|' | '-' | ':' | ' '));
    let mut lines =
        text.lines().map(str::trim).filter(|line| line.starts_with('|')).filter(is_rule);
    let names = cells(lines.next().unwrap_or_default());
    let rows = lines.map(|line| row(&names, cells(line))).collect::<Vec<_>>();
    table(rows, "the text was read as a table in Markdown")
}

/// CSV with a line of names; the delimiter is the one that its first line has most of.
pub(super) fn from_csv(bytes: &[u8]) -> Result<Table, String> {
    let bytes = bytes.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(bytes);
    let first = bytes.split(|byte| *byte == b'\n').next().unwrap_or_default();
    let first = String::from_utf8_lossy(first);
    let count = |delimiter: &u8| first.matches(char::from(*delimiter)).count();
    let delimiter =
        *b",;\t|".iter().rev().max_by_key(|delimiter| count(delimiter)).unwrap_or(&b',');
    let mut reader =
        csv::ReaderBuilder::new().delimiter(delimiter).flexible(true).from_reader(bytes);
    let unreadable = |why: csv::Error| format!("`inputs` is not CSV: {why}; or send {EXAMPLE}");
    let names: Vec<String> =
        reader.headers().map_err(unreadable)?.iter().map(|name| name.trim().to_owned()).collect();
    let mut rows = Vec::new();
    for (index, line) in reader.records().enumerate() {
        let line = line.map_err(unreadable)?;
        if line.len() > names.len() {
            return Err(format!(
                "`inputs[{index}]` has {} cells, and the first line names {} columns; put cells that hold the \
                 delimiter in quotes",
                line.len(),
                names.len()
            ));
        }
        rows.push(row(&names, line.iter().map(|cell| cell.trim().to_owned()).collect()));
    }
    table(rows, "the text was read as CSV, its first line as the names of the columns")
}

/// Empty cells are left out.
fn row(names: &[String], cells: Vec<String>) -> Map<String, Value> {
    let cells = names.iter().cloned().zip(cells);
    cells
        .filter(|(name, cell)| !name.is_empty() && !cell.is_empty())
        .map(|(name, cell)| (name, json!(cell)))
        .collect()
}

fn table(rows: Vec<Map<String, Value>>, note: &str) -> Result<Table, String> {
    let rows: Vec<_> = rows.into_iter().filter(|row| !row.is_empty()).collect();
    if rows.is_empty() {
        return Err(format!("`inputs` has names of columns and no rows; send {EXAMPLE}"));
    }
    Ok(Table { rows, note: Some(note.into()) })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rows(sent: Value) -> Vec<Value> {
        read(sent).unwrap().rows.into_iter().map(Value::Object).collect()
    }

    #[test]
    fn the_same_rows_in_every_form_that_models_use() {
        let wanted =
            vec![json!({"company": "Acme", "town": "Bern"}), json!({"company": "Globex, Ltd"})];
        let list = json!([{"company": "Acme", "town": "Bern"}, {"company": "Globex, Ltd"}]);
        assert_eq!(rows(list.clone()), wanted);
        assert_eq!(rows(json!(list.to_string())), wanted);
        assert_eq!(rows(json!({"rows": list})), wanted);
        assert_eq!(rows(json!(format!("```json\n{list}\n```"))), wanted);
        assert_eq!(rows(json!("company,town\nAcme,Bern\n\"Globex, Ltd\",\n")), wanted);
        assert_eq!(rows(json!("company;town\r\nAcme;Bern\r\nGlobex, Ltd;\r\n")), wanted);
        assert_eq!(
            rows(json!("| company | town |\n|---|---|\n| Acme | Bern |\n| Globex, Ltd | |")),
            wanted
        );
        assert_eq!(rows(json!([["company", "town"], ["Acme", "Bern"], ["Globex, Ltd"]])), wanted);
        assert_eq!(
            rows(json!(
                "{\"company\": \"Acme\", \"town\": \"Bern\"}\n{\"company\": \"Globex, Ltd\"}"
            )),
            wanted
        );
    }

    #[test]
    fn single_values_become_rows_of_one_column() {
        let wanted = vec![json!({"item": "Acme"}), json!({"item": "Globex"})];
        assert_eq!(rows(json!(["Acme", "Globex"])), wanted);
        assert_eq!(rows(json!("Acme")), wanted[..1]);
        assert_eq!(rows(json!("company\nAcme\nGlobex")).len(), 2);
    }

    #[test]
    fn what_is_no_table_is_refused_with_an_example() {
        for (sent, told) in [
            (json!([]), "`inputs` is empty"),
            (json!(7), "`inputs` is `7`"),
            (json!([{"a": 1}, "x"]), "`inputs[1]` is `x`"),
            (json!("[{\"a\": 1"), "looks like JSON and is not"),
            (json!("https://example.org/rows.json"), "rows are not fetched"),
            (json!("company,town\n"), "as one row"),
            (json!("a,b\n1,2,3\n"), "`inputs[0]` has 3 cells"),
        ] {
            let read = read(sent);
            let shown = format!("{read:?}");
            assert!(shown.contains(told), "{shown} should tell {told}");
        }
    }
}
