//! What a writer wrote, taken apart: blocks, sentences, and the tokens that say what each sentence rests on.
//!
//! Only paragraphs, lists and tables are taken over. Headings, links, images, code and HTML are not: what they say is kept as
//! words at most.

use super::claims::Ledger;
use crate::extractive::words;

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Block {
    Paragraph(Vec<Sentence>),
    Item(Vec<Sentence>),
    /// A row is checked as one sentence: its cells, with the names of their columns.
    Table {
        header: Vec<String>,
        rows: Vec<Row>,
    },
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Sentence {
    /// Without tokens.
    pub(super) text: String,
    /// Indexes of claims.
    pub(super) claims: Vec<usize>,
    /// It named a quote that there is not.
    pub(super) has_stranger: bool,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Row {
    pub(super) cells: Vec<String>,
    pub(super) sentence: Sentence,
}

/// Bytes of a text that are read; a section has 4,000 at most.
const LONGEST: usize = 24_000;
/// Columns of a table.
const COLUMNS: usize = 8;

/// Reads what was written.
pub(super) fn parse(text: &str, ledger: &Ledger) -> Vec<Block> {
    let text = super::asking::cut(text, LONGEST);
    let mut blocks: Vec<Block> = Vec::new();
    let mut paragraph = String::new();
    let mut is_code = false;
    for line in text.lines() {
        let line = line.trim();
        if line.starts_with("```") || line.starts_with("~~~") {
            is_code = !is_code;
            continue;
        }
        let is_heading = line.starts_with('#');
        if !is_code && opens_sources(line) {
            break;
        }
        if line.is_empty() || is_heading || is_code {
            close(&mut paragraph, &mut blocks, ledger);
            continue;
        }
        if let Some(cells) = cells(line) {
            close(&mut paragraph, &mut blocks, ledger);
            add_row(&mut blocks, &cells, ledger);
        } else if let Some(item) = item(line) {
            close(&mut paragraph, &mut blocks, ledger);
            blocks.push(Block::Item(sentences(item, ledger)));
        } else {
            if !paragraph.is_empty() {
                paragraph.push(' ');
            }
            paragraph.push_str(line.trim_start_matches("> "));
        }
    }
    close(&mut paragraph, &mut blocks, ledger);
    blocks.retain(|block| !block.is_empty());
    blocks
}

/// Whether a line is the title of a list of sources. Small models add one; the engine writes the true one.
fn opens_sources(line: &str) -> bool {
    const TITLES: [&str; 9] = [
        "sources",
        "references",
        "citations",
        "works cited",
        "quellen",
        "quellenangaben",
        "références",
        "fuentes",
        "fonti",
    ];
    let bare = line.trim_matches(|c: char| !c.is_alphabetic()).to_lowercase();
    TITLES.contains(&bare.as_str())
}

fn close(paragraph: &mut String, blocks: &mut Vec<Block>, ledger: &Ledger) {
    if !paragraph.is_empty() {
        blocks.push(Block::Paragraph(sentences(paragraph, ledger)));
        paragraph.clear();
    }
}

fn item(line: &str) -> Option<&str> {
    let bullet = ["- ", "* ", "• ", "+ "].iter().find_map(|mark| line.strip_prefix(mark));
    bullet.or_else(|| {
        let (number, rest) = line.split_once(['.', ')'])?;
        let is_number =
            !number.is_empty() && number.len() <= 2 && number.bytes().all(|b| b.is_ascii_digit());
        (is_number && rest.starts_with(' ')).then_some(rest.trim_start())
    })
}

fn cells(line: &str) -> Option<Vec<String>> {
    let inner = line.strip_prefix('|')?;
    let inner = inner.strip_suffix('|').unwrap_or(inner);
    Some(inner.split('|').take(COLUMNS).map(|cell| cell.trim().to_owned()).collect())
}

fn add_row(blocks: &mut Vec<Block>, cells: &[String], ledger: &Ledger) {
    let is_rule =
        cells.iter().all(|cell| !cell.is_empty() && cell.bytes().all(|b| b"-: ".contains(&b)));
    match blocks.last_mut() {
        Some(Block::Table { .. }) if is_rule => {}
        Some(Block::Table { header, rows }) => {
            let mut claims = Vec::new();
            let mut has_stranger = false;
            let bare: Vec<String> = cells
                .iter()
                .map(|cell| {
                    let (text, found, stranger) = without_tokens(cell, ledger);
                    claims.extend(found);
                    has_stranger |= stranger;
                    text.trim().to_owned()
                })
                .collect();
            claims.sort_unstable();
            claims.dedup();
            let named = bare.iter().enumerate().filter(|(_, cell)| !cell.is_empty());
            let named: Vec<String> = named
                .map(|(column, cell)| match header.get(column).filter(|name| !name.is_empty()) {
                    Some(name) => format!("{name}: {cell}"),
                    None => cell.clone(),
                })
                .collect();
            let sentence = Sentence { text: named.join("; "), claims, has_stranger };
            rows.push(Row { cells: bare, sentence });
        }
        _ => {
            let header = cells.iter().map(|cell| without_tokens(cell, ledger).0).collect();
            blocks.push(Block::Table { header, rows: Vec::new() });
        }
    }
}

/// Sentences with the tokens at their ends, wherever the full stop was put.
fn sentences(text: &str, ledger: &Ledger) -> Vec<Sentence> {
    let moved = tokens_before_stops(text);
    words::sentences(&moved)
        .into_iter()
        .filter_map(|span| {
            let (text, claims, has_stranger) = without_tokens(&moved[span], ledger);
            let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
            let text = text.replace(" .", ".").replace(" ,", ",");
            let says_something = text.chars().any(char::is_alphanumeric);
            says_something.then_some(Sentence { text, claims, has_stranger })
        })
        .collect()
}

/// `It opened. [[E1]] Then` → `It opened [[E1]]. Then`
fn tokens_before_stops(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find("[[") {
        let (before, from) = rest.split_at(at);
        let Some(end) = from.find("]]") else { break };
        let (token, after) = from.split_at(end + 2);
        out.push_str(before);
        let trimmed = out.trim_end().len();
        let stop = out[..trimmed].chars().next_back().filter(|c| ".!?。！？".contains(*c));
        match stop {
            // The stop goes behind the token, and what was between them away.
            Some(stop) => {
                out.truncate(trimmed - stop.len_utf8());
                out.push(' ');
                out.push_str(token);
                out.push(stop);
            }
            None => out.push_str(token),
        }
        rest = after;
    }
    out.push_str(rest);
    out
}

/// The text, the claims that its tokens name, and whether one of them is unknown.
fn without_tokens(text: &str, ledger: &Ledger) -> (String, Vec<usize>, bool) {
    let mut out = String::with_capacity(text.len());
    let mut claims = Vec::new();
    let mut has_stranger = false;
    let mut rest = text;
    while let Some(at) = rest.find("[[") {
        let (before, from) = rest.split_at(at);
        let Some(end) = from.find("]]") else { break };
        out.push_str(before.trim_end_matches(' '));
        for id in from[2..end].split([',', ';', ' ']).filter(|id| !id.trim().is_empty()) {
            match ledger.find(id.trim().trim_start_matches("ev:")) {
                Some(claim) if !claims.contains(&claim) => claims.push(claim),
                Some(_) => {}
                None => has_stranger = true,
            }
        }
        rest = &from[end + 2..];
    }
    out.push_str(rest);
    (out, claims, has_stranger)
}

impl Block {
    fn is_empty(&self) -> bool {
        match self {
            Self::Paragraph(sentences) | Self::Item(sentences) => sentences.is_empty(),
            Self::Table { rows, .. } => rows.is_empty(),
        }
    }

    /// All that is checked.
    pub(super) fn sentences(&self) -> Vec<&Sentence> {
        match self {
            Self::Paragraph(sentences) | Self::Item(sentences) => sentences.iter().collect(),
            Self::Table { rows, .. } => rows.iter().map(|row| &row.sentence).collect(),
        }
    }

    /// Puts what became of each sentence in its place, in order: `None` leaves it out.
    pub(super) fn replaced(
        self,
        fates: &mut impl Iterator<Item = Option<Sentence>>,
    ) -> Option<Self> {
        let block = match self {
            Self::Paragraph(sentences) => {
                Self::Paragraph(sentences.iter().filter_map(|_| fates.next().flatten()).collect())
            }
            Self::Item(sentences) => {
                Self::Item(sentences.iter().filter_map(|_| fates.next().flatten()).collect())
            }
            Self::Table { header, rows } => {
                let kept = rows.into_iter().filter_map(|row| {
                    let sentence = fates.next().flatten()?;
                    // A row that was reworded has no cells any more.
                    (sentence.text == row.sentence.text).then_some(Row { sentence, ..row })
                });
                Self::Table { header, rows: kept.collect() }
            }
        };
        (!block.is_empty()).then_some(block)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::extractive::build::page;
    use crate::model::claims::Part;

    fn ledger() -> Ledger {
        let part = Part::new("p".into(), "p".into(), Vec::new());
        let mut ledger = Ledger { parts: vec![part], ..Ledger::default() };
        for number in 1..=3 {
            let line = format!("Line {number} says something.");
            let place = ledger.place(&page(number, "a.test", "T", &line));
            ledger.add(0, place, 0..line.len(), String::new());
        }
        ledger
    }

    fn parsed(text: &str) -> Vec<Block> {
        parse(text, &ledger())
    }

    #[test]
    fn tokens_belong_to_the_sentence_before_them_wherever_its_stop_is() {
        let blocks = parsed("It opened in 1998 [[E1]]. It closed. [[E2]][[E3]] It is gone.");
        let sentences: Vec<(&str, &[usize])> = blocks[0]
            .sentences()
            .into_iter()
            .map(|sentence| (sentence.text.as_str(), sentence.claims.as_slice()))
            .collect();
        let expected: [(&str, &[usize]); 3] =
            [("It opened in 1998.", &[0]), ("It closed.", &[1, 2]), ("It is gone.", &[])];
        assert_eq!(sentences, expected);
    }

    #[test]
    fn a_token_without_a_quote_is_noticed() {
        let blocks = parsed("It opened [[E9]]. It closed [[ev:E2]].");
        let sentences = blocks[0].sentences();
        assert!(sentences[0].has_stranger && sentences[0].claims.is_empty());
        assert!(!sentences[1].has_stranger && sentences[1].claims == [1]);
    }

    #[test]
    fn headings_and_code_are_left_out_and_lists_and_tables_kept() {
        let blocks = parsed(
            "# Title\n```\nrm -rf\n```\n- one thing [[E1]]\n2. another [[E2]]\n\n| Name | Price |\n|---|---|\n| Tern [[E1]] | 9 |\n",
        );
        assert_eq!(blocks.len(), 3);
        let Block::Table { header, rows } = &blocks[2] else { panic!("a table") };
        assert_eq!((header.len(), rows[0].sentence.text.as_str()), (2, "Name: Tern; Price: 9"));
        assert_eq!(rows[0].sentence.claims, [0]);
    }

    #[test]
    fn a_list_of_sources_is_not_taken_over() {
        for title in ["Sources:", "**References**", "## Quellen"] {
            let blocks = parsed(&format!("It opened [[E1]].\n\n{title}\n\n1. A page [[E2]]\n"));
            assert_eq!(blocks.len(), 1, "{title}");
        }
        assert_eq!(parsed("Sources: one [[E1]] and another [[E2]].").len(), 1);
    }

    #[test]
    fn sentences_are_replaced_in_their_places() {
        let blocks = parsed("One [[E1]]. Two [[E2]].");
        let mut fates = vec![
            None,
            Some(Sentence { text: "Zwei.".into(), claims: vec![1], has_stranger: false }),
        ]
        .into_iter();
        let kept = blocks[0].clone().replaced(&mut fates).unwrap();
        assert_eq!(kept.sentences()[0].text, "Zwei.");
        assert_eq!(blocks[0].clone().replaced(&mut vec![None, None].into_iter()), None);
    }
}
