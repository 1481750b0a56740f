//! Plain text: paragraphs, headings, lists, `Key: value` lines, and tables of blanks.
//!
//! Also reads reStructuredText and `AsciiDoc` well enough: their headings are underlined or begin with `=`.

use super::lines;
use super::writer::Writer;

/// Prose that was wrapped by hand has lines at least this long, but for the last of a paragraph.
const WRAPPED_CHARS: usize = 45;
/// Characters of a heading in capitals.
const MAX_HEADING: usize = 90;

/// Writes a whole document.
pub(super) fn read(source: &str, writer: &mut Writer) {
    let mut reader = Reader { writer, underlines: Vec::new(), after_rule: false };
    let mut paragraph: Vec<&str> = Vec::new();
    for line in source.lines().chain([""]) {
        if line.trim().is_empty() {
            reader.paragraph(&std::mem::take(&mut paragraph));
        } else {
            paragraph.push(line.trim_end());
        }
    }
}

struct Reader<'w> {
    writer: &'w mut Writer,
    /// The characters that underline headings, in order of their first use: the order of levels.
    underlines: Vec<char>,
    /// Whether a rule stands right above: what follows begins a record.
    after_rule: bool,
}

impl Reader<'_> {
    /// One group of lines without empty lines between.
    fn paragraph(&mut self, mut group: &[&str]) {
        while let Some(&line) = group.first() {
            group = match lines::rule(line) {
                Some(_) => {
                    // A line above and below, as in reStructuredText.
                    if let [_, title, under, rest @ ..] = group
                        && lines::rule(under) == lines::rule(line)
                        && self.underlined(title, under)
                    {
                        rest
                    } else {
                        self.after_rule = true;
                        &group[1..]
                    }
                }
                None => self.lines(group),
            };
        }
    }

    /// What begins at a line that is no rule; tells what is left.
    fn lines<'l, 's>(&mut self, group: &'l [&'s str]) -> &'l [&'s str] {
        let after_rule = std::mem::take(&mut self.after_rule);
        if let [title, under, rest @ ..] = group
            && self.underlined(title, under)
        {
            return rest;
        }
        if let Some((level, title)) = marked_heading(group[0]) {
            self.writer.heading(level, title);
            return &group[1..];
        }
        // Capitals in a list are entries of it.
        let is_listed =
            group.iter().take(2).filter(|line| lines::split_item(line).is_some()).count() == 2;
        if is_in_capitals(group[0]) && !is_listed {
            let level = if self.writer.len() == 0 { 1 } else { 2 };
            self.writer.heading(level, group[0]);
            return &group[1..];
        }
        let begins_record = after_rule && group.len() > 1 && lines::split_pair(group[1]).is_some();
        if begins_record && lines::split_pair(group[0]).is_none() {
            self.writer.heading(3, group[0]);
            return &group[1..];
        }
        let end = group
            .iter()
            .skip(1)
            .position(|line| {
                let is_item = lines::split_item(line).is_some();
                lines::rule(line).is_some() || (is_in_capitals(line) && !is_item)
            })
            .map_or(group.len(), |at| at + 1);
        self.body(&group[..end]);
        &group[end..]
    }

    fn underlined(&mut self, title: &str, under: &str) -> bool {
        let Some(mark) = lines::rule(under) else { return false };
        // A rule as long as the page below a short line separates; it does not underline.
        let lengths = (title.trim().chars().count(), under.trim().len());
        if lengths.1 + 2 < lengths.0 || lengths.1 > lengths.0 + 4 || title.trim().is_empty() {
            return false;
        }
        let known = self.underlines.iter().position(|&other| other == mark);
        let level = known.unwrap_or_else(|| {
            self.underlines.push(mark);
            self.underlines.len() - 1
        });
        self.writer.heading(u8::try_from(level + 1).unwrap_or(6).min(6), title);
        true
    }

    /// Lines that hold no heading and no rule.
    fn body(&mut self, group: &[&str]) {
        if let Some(rows) = columns(group) {
            return self.table(&rows);
        }
        if is_wrapped(group) {
            return match lines::split_item(group[0]) {
                Some(_) => self.items(group),
                None => self.writer.paragraph(&group.join(" ")),
            };
        }
        let pairs = group.iter().filter(|line| lines::split_pair(line).is_some()).count();
        if group.iter().any(|line| lines::split_item(line).is_some()) {
            self.items(group);
        } else if pairs >= 2 || (pairs == 1 && group.len() <= 2 && is_short(group)) {
            for line in group {
                match lines::split_pair(line) {
                    Some((key, value)) => self.writer.pair(key, value, false),
                    None => self.writer.paragraph(line),
                }
            }
        } else {
            // Short lines that mean to be lines: an address, a verse.
            self.writer.paragraph(&group.join("\u{2028}"));
        }
    }

    /// A list; lines without a mark of their own continue the item above.
    fn items(&mut self, group: &[&str]) {
        let mut item: Option<(usize, String)> = None;
        for line in group {
            if let Some((depth, words)) = lines::split_item(line) {
                self.item(item.replace((depth, words.to_owned())));
            } else if let Some((_, words)) = &mut item {
                words.push(' ');
                words.push_str(line);
            } else {
                self.writer.paragraph(line);
            }
        }
        self.item(item);
    }

    fn item(&mut self, item: Option<(usize, String)>) {
        if let Some((depth, words)) = item {
            self.writer.list_item(depth, &words);
        }
    }

    fn table(&mut self, rows: &[Vec<&str>]) {
        let has_digit =
            |row: &Vec<&str>| row.iter().skip(1).any(|c| c.contains(|c: char| c.is_ascii_digit()));
        let is_header = !has_digit(&rows[0]) && rows[1..].iter().all(has_digit);
        let first = self.writer.row(&rows[0], None, is_header);
        for row in &rows[1..] {
            self.writer.row(row, first.filter(|_| is_header), false);
        }
    }
}

/// `== Title` of `AsciiDoc` and `# Title` of Markdown.
fn marked_heading(line: &str) -> Option<(u8, &str)> {
    let mark = line.chars().next().filter(|c| matches!(c, '=' | '#'))?;
    let title = line.trim_start_matches(mark);
    let level = u8::try_from(line.len() - title.len()).ok().filter(|level| *level <= 6)?;
    title.strip_prefix(' ').map(|title| (level, title))
}

fn is_in_capitals(line: &str) -> bool {
    let line = line.trim();
    let letters = line.chars().filter(|c| c.is_alphabetic()).count();
    letters >= 4
        && line.chars().count() <= MAX_HEADING
        && !line.contains(char::is_lowercase)
        && line.contains(char::is_uppercase)
        && lines::split_pair(line).is_none()
        && !line.ends_with([',', ';'])
}

/// Whether the lines were one paragraph before somebody wrapped it.
fn is_wrapped(group: &[&str]) -> bool {
    let Some((_, all_but_last)) = group.split_last() else { return false };
    if all_but_last.is_empty() {
        return lines::split_pair(group[0]).is_none() && lines::split_item(group[0]).is_none();
    }
    let starts_item = |line: &&str| lines::split_item(line).is_some();
    all_but_last.iter().all(|line| line.chars().count() >= WRAPPED_CHARS)
        && !group.iter().skip(1).any(starts_item)
        && lines::all_pairs(group.iter().copied()).is_none()
}

fn is_short(group: &[&str]) -> bool {
    group.iter().all(|line| line.chars().count() <= 100 && !line.ends_with('.'))
}

/// The cells of lines that two or more blanks divide into the same number of columns; three lines at least.
fn columns<'s>(group: &[&'s str]) -> Option<Vec<Vec<&'s str>>> {
    let cells = |line: &&'s str| -> Vec<&'s str> {
        line.split("  ").map(str::trim).filter(|cell| !cell.is_empty()).collect()
    };
    let rows: Vec<Vec<&str>> = group.iter().map(cells).collect();
    let width = rows.first()?.len();
    (rows.len() >= 3 && width >= 2 && rows.iter().all(|row| row.len() == width)).then_some(rows)
}
