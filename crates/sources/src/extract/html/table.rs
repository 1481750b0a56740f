//! Tables: rows with the names of their columns, pairs of a term and a value, or mere layout.

use ego_tree::NodeRef;
use scraper::Node;
use scraper::node::Element;

use super::super::clean;
use super::super::writer::Writer;
use super::boilerplate::{self, Care, Met};
use super::inline;

/// Columns one cell may span, and rows. Larger spans are mistakes or attacks.
const MAX_COLUMN_SPAN: usize = 40;
const MAX_ROW_SPAN: usize = 500;
/// Columns of one table.
const MAX_COLUMNS: usize = 200;
/// A first cell that is a key is not longer, in characters.
const MAX_KEY: usize = 60;

pub(super) enum Table {
    /// It only places things on the page; its cells are read like any other part.
    Layout,
    Data(Data),
}

#[derive(Default)]
pub(super) struct Data {
    caption: String,
    rows: Vec<Row>,
}

#[derive(Default)]
struct Row {
    cells: Vec<Cell>,
    is_in_head: bool,
}

#[derive(Clone, Default)]
struct Cell {
    words: String,
    is_name: bool,
    /// Whether it repeats a cell to its left that spans several columns.
    is_echo: bool,
}

/// Reads a table, unless it is layout: it holds another table or headings, or has one cell only.
pub(super) fn read(table: NodeRef<'_, Node>, care: Care) -> Table {
    let role = table.value().as_element().and_then(|element| element.attr("role"));
    if matches!(role, Some("presentation" | "none")) {
        return Table::Layout;
    }
    let mut data = Data::default();
    let mut open = Vec::new();
    let mut is_layout = false;
    boilerplate::each_node(table, |node, met| {
        let Met::Element(element) = met else { return false };
        if boilerplate::is_dropped(node, element, care) {
            return false;
        }
        match element.name() {
            "caption" => {
                data.caption = clean::line(&inline::words(node, care));
                false
            }
            "tr" => {
                let is_in_head = node.parent().is_some_and(|above| {
                    above.value().as_element().is_some_and(|element| element.name() == "thead")
                });
                let row = read_row(node, is_in_head, care, &mut open);
                match row {
                    Some(row) => data.rows.push(row),
                    None => is_layout = true,
                }
                false
            }
            _ => !is_layout,
        }
    });
    data.rows.retain(|row| row.cells.iter().any(|cell| !cell.words.is_empty()));
    let columns = data.rows.iter().map(|row| row.cells.len()).max().unwrap_or(0);
    let is_layout = is_layout || columns == 0 || (columns == 1 && data.rows.len() == 1);
    if is_layout { Table::Layout } else { Table::Data(data) }
}

/// A cell that goes on in the rows below: rows left, and the cell.
type Open = Option<(usize, Cell)>;

/// The cells of one row, spans filled in; `None` if a cell holds what no cell of data does.
fn read_row(
    tr: NodeRef<'_, Node>,
    is_in_head: bool,
    care: Care,
    open: &mut Vec<Open>,
) -> Option<Row> {
    let mut row = Row { cells: Vec::new(), is_in_head };
    for node in tr.children() {
        let Some(element) = node.value().as_element() else { continue };
        if !matches!(element.name(), "td" | "th") || boilerplate::is_dropped(node, element, care) {
            continue;
        }
        if holds_structure(node) {
            return None;
        }
        fill_open(&mut row, open);
        let cell = Cell {
            words: clean::words(&cell_words(node, care)),
            is_name: element.name() == "th",
            is_echo: false,
        };
        let rows = span(element, "rowspan", MAX_ROW_SPAN);
        for column in 0..span(element, "colspan", MAX_COLUMN_SPAN) {
            if row.cells.len() >= MAX_COLUMNS {
                break;
            }
            let at = row.cells.len();
            if open.len() <= at {
                open.resize(at + 1, None);
            }
            let cell = Cell { is_echo: column > 0, ..cell.clone() };
            open[at] = (rows > 1).then(|| (rows - 1, cell.clone()));
            row.cells.push(cell);
        }
    }
    fill_open(&mut row, open);
    Some(row)
}

/// Repeats the cells of rows above that reach down to this one.
fn fill_open(row: &mut Row, open: &mut [Open]) {
    while let Some(slot) = open.get_mut(row.cells.len())
        && let Some((rows_left, cell)) = slot.take()
    {
        if rows_left > 1 {
            *slot = Some((rows_left - 1, cell.clone()));
        }
        row.cells.push(cell);
    }
}

fn span(element: &Element, name: &str, limit: usize) -> usize {
    element.attr(name).and_then(|value| value.trim().parse().ok()).unwrap_or(1).clamp(1, limit)
}

/// Whether a cell holds what belongs to a page, not to a row: tables, headings, long lists, several
/// sections.
fn holds_structure(cell: NodeRef<'_, Node>) -> bool {
    let mut found = false;
    let mut items = 0;
    boilerplate::each_node(cell, |_, met| {
        if let Met::Element(element) = met {
            match element.name() {
                "table" | "h1" | "h2" | "h3" | "h4" | "article" | "section" | "form" | "pre" => {
                    found = true;
                }
                "li" | "dd" => items += 1,
                _ => {}
            }
        }
        !found
    });
    found || items > 12
}

/// The paragraphs of a cell are kept apart as lines.
fn cell_words(cell: NodeRef<'_, Node>, care: Care) -> String {
    let mut parts: Vec<String> = vec![String::new()];
    for child in cell.children() {
        let Some(met) = Met::at(child) else { continue };
        let open = last(&mut parts);
        match met {
            Met::Text(text) => open.push_str(text),
            Met::Element(element) if boilerplate::is_dropped(child, element, care) => {}
            Met::Element(element) => match element.name() {
                "br" => parts.push(String::new()),
                "p" | "div" | "ul" | "ol" => {
                    parts.push(inline::words(child, care));
                    parts.push(String::new());
                }
                "sup" => {
                    let raised = inline::raised(child, open);
                    open.push_str(&raised);
                }
                _ => inline::gather(child, care, open),
            },
        }
    }
    parts.retain(|part| !part.trim().is_empty());
    parts.join(&clean::BREAK.to_string())
}

fn last(parts: &mut Vec<String>) -> &mut String {
    if parts.is_empty() {
        parts.push(String::new());
    }
    let end = parts.len() - 1;
    &mut parts[end]
}

impl Data {
    pub(super) fn write(mut self, writer: &mut Writer) {
        writer.paragraph(&self.caption);
        let heads = self.head_rows();
        let body = self.rows.split_off(heads);
        let columns = body.iter().map(|row| row.cells.len()).max().unwrap_or(0);
        if columns == 1 {
            self.rows.iter().for_each(|row| writer.paragraph(&row.cells[0].words));
            return body.iter().for_each(|row| write_single(&row.cells[0].words, writer));
        }
        let header = merge_heads(&self.rows);
        let header = if header.is_empty() { None } else { writer.row(&header, None, true) };
        let all_pairs = header.is_none() && are_pairs(&body);
        for row in body {
            let is_pair = header.is_none()
                && row.cells.len() == 2
                && !row.cells[1].is_echo
                && (all_pairs || (row.cells[0].is_name && !row.cells[1].is_name));
            if is_pair {
                writer.pair_of_cells(&row.cells[0].words, &row.cells[1].words);
            } else {
                let cells: Vec<&str> = row.cells.iter().map(Cell::own_words).collect();
                writer.row(&cells, header, false);
            }
        }
    }

    /// How many rows at the top hold names of columns.
    fn head_rows(&self) -> usize {
        let in_head = self.rows.iter().take_while(|row| row.is_in_head).count();
        if in_head > 0 {
            return if in_head < self.rows.len() { in_head } else { 0 };
        }
        let all_names =
            |row: &Row| row.cells.len() > 1 && row.cells.iter().all(|cell| cell.is_name);
        let is_title = |row: &Row| row.cells.iter().skip(1).all(|cell| cell.is_echo);
        let named = self.rows.iter().take_while(|row| all_names(row) && !is_title(row)).count();
        if named < self.rows.len() { named } else { 0 }
    }
}

impl Cell {
    fn own_words(&self) -> &str {
        if self.is_echo { "" } else { &self.words }
    }
}

/// One name per column, from all rows of the head: `Output` over `MWh` is `Output MWh`.
fn merge_heads(rows: &[Row]) -> Vec<String> {
    let columns = rows.iter().map(|row| row.cells.len()).max().unwrap_or(0);
    let name = |column: usize| {
        let mut words: Vec<&str> = Vec::new();
        for cell in rows.iter().filter_map(|row| row.cells.get(column)) {
            if !cell.words.is_empty() && !words.contains(&cell.words.as_str()) {
                words.push(&cell.words);
            }
        }
        words.join(" ")
    };
    (0..columns).map(name).collect()
}

/// Whether two columns without a head are terms and values: every first cell short, a name, and unlike
/// the others.
fn are_pairs(rows: &[Row]) -> bool {
    let keys: Vec<&str> =
        rows.iter().filter_map(|row| row.cells.first()).map(|cell| cell.words.as_str()).collect();
    let is_key = |key: &&str| {
        key.starts_with(char::is_alphabetic)
            && key.chars().count() <= MAX_KEY
            && !key.contains('\n')
    };
    let mut sorted = keys.clone();
    sorted.sort_unstable();
    sorted.dedup();
    rows.len() >= 2
        && rows.iter().all(|row| row.cells.len() == 2 && !row.cells[1].words.is_empty())
        && keys.iter().all(is_key)
        && sorted.len() == keys.len()
}

/// A cell that is a whole row: its first paragraph names what the others tell. A single one is an entry.
fn write_single(words: &str, writer: &mut Writer) {
    match words.split_once('\n') {
        Some((term, meaning)) => {
            let meaning = meaning.replace('\n', &clean::BREAK.to_string());
            writer.definition(term, "\n", &meaning);
        }
        None => writer.list_item(1, words),
    }
}
