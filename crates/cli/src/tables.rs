//! Tables at a shell: columns aligned, cells cut so that a line fits.

/// Between two columns.
const GAP: usize = 2;
/// No column gets narrower, however little room there is.
const NARROWEST: usize = 6;

/// A table with a rule below its header; no line is wider than `width` where that can be.
pub(crate) fn aligned(header: &[String], rows: &[Vec<String>], width: usize) -> String {
    let length = |cell: &String| cell.chars().count();
    let mut widths: Vec<usize> = (0..header.len())
        .map(|at| {
            let cells = rows.iter().filter_map(|row| row.get(at));
            cells.map(length).chain([length(&header[at])]).max().unwrap_or(0)
        })
        .collect();
    let room = width.saturating_sub(GAP * header.len().saturating_sub(1));
    while widths.iter().sum::<usize>() > room {
        let Some(widest) = widths.iter_mut().max().filter(|widest| **widest > NARROWEST) else {
            break;
        };
        *widest -= 1;
    }
    let rule: Vec<String> = widths.iter().map(|width| "─".repeat(*width)).collect();
    let mut text = String::new();
    for row in [header, &rule].into_iter().chain(rows.iter().map(Vec::as_slice)) {
        let mut line = String::new();
        for (cell, width) in row.iter().zip(&widths) {
            let cell = cut(cell, *width);
            let padding = width + GAP - cell.chars().count();
            line.push_str(&cell);
            line.push_str(&" ".repeat(padding));
        }
        text.push_str(line.trim_end());
        text.push('\n');
    }
    text
}

fn cut(cell: &str, width: usize) -> String {
    let line = cell.split_whitespace().collect::<Vec<_>>().join(" ");
    if line.chars().count() <= width {
        return line;
    }
    let short: String = line.chars().take(width.saturating_sub(1)).collect();
    format!("{short}…")
}

/// Columns of the terminal, or what a printed page takes.
pub(crate) fn terminal_width() -> usize {
    /// Where no terminal says otherwise.
    const USUAL: usize = 120;
    terminal_size::terminal_size().map_or(USUAL, |(width, _)| usize::from(width.0))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_widest_column_gives_way_first() {
        let header = ["name".to_owned(), "what".to_owned()];
        let rows = [vec!["a".to_owned(), "a rather long description".to_owned()]];
        let shown = aligned(&header, &rows, 20);
        assert_eq!(shown, "name  what\n────  ──────────────\na     a rather long…\n");
    }
}
