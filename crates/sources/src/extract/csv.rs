//! Comma-separated values: a header and rows.

use super::lines;
use super::writer::Writer;

/// Lines that are looked at to find out what separates the columns.
const SAMPLE_LINES: usize = 10;

/// Writes every record as a row. Records that cannot be read (a quote that never ends) are passed over.
pub(super) fn read(source: &str, writer: &mut Writer) {
    let mut reader = ::csv::ReaderBuilder::new()
        .delimiter(delimiter(source))
        .has_headers(false)
        .flexible(true)
        .from_reader(source.as_bytes());
    let mut header = None;
    for (index, record) in reader.records().filter_map(Result::ok).enumerate() {
        let cells: Vec<&str> = record.iter().collect();
        let is_header = index == 0 && names_columns(&cells);
        let row = writer.row(&cells, header, is_header);
        if is_header {
            header = row;
        }
    }
}

/// The separator that occurs most evenly: its smallest count over the first lines is the largest.
fn delimiter(source: &str) -> u8 {
    let sample: Vec<&str> =
        source.lines().filter(|line| !line.trim().is_empty()).take(SAMPLE_LINES).collect();
    let least = |mark: u8| {
        sample.iter().map(|line| line.bytes().filter(|&b| b == mark).count()).min().unwrap_or(0)
    };
    // The last of equals wins, so the comma stands last.
    [b'|', b'\t', b';', b','].into_iter().max_by_key(|&mark| least(mark)).unwrap_or(b',')
}

/// Whether a first row holds names: every cell filled, none a number.
pub(super) fn names_columns<S: AsRef<str>>(cells: &[S]) -> bool {
    let is_name = |cell: &&S| {
        let cell = cell.as_ref().trim();
        cell.contains(char::is_alphabetic) && lines::rule(cell).is_none()
    };
    let named = cells.iter().filter(is_name).count();
    // One nameless column (an index) is common.
    cells.len() - named <= 1 && named > 0 && !has_number(cells)
}

/// Whether a cell is nothing but a number, maybe with the sign of a currency or of a share.
pub(super) fn has_number<S: AsRef<str>>(cells: &[S]) -> bool {
    let is_sign = |c: char| c.is_whitespace() || "%$€£¥".contains(c);
    cells.iter().any(|cell| cell.as_ref().trim_matches(is_sign).parse::<f64>().is_ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_separator_is_found() {
        assert_eq!(delimiter("a;b\n1,5;2\n"), b';');
        assert_eq!(delimiter("a,b\n1,2\n"), b',');
        assert_eq!(delimiter("a\tb, c\n1\t2\n"), b'\t');
    }
}
