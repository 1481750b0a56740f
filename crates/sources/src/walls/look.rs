//! What a page says and where it says it, as far as that tells a wall from a page.

use std::collections::HashSet;

use domain::text::{Block, BlockKind, Text};

use super::signs::{WALLS, Wall};
use super::words;

/// Sentences at the beginning of a page of which one may say what the page is.
const FIRST_SENTENCES: usize = 8;
/// Between the name of a page and that of its site.
const TITLE_MARKS: [&str; 8] = [" | ", " – ", " — ", " · ", " • ", " » ", " - ", ": "];

pub(super) struct Look {
    /// The title as a whole, and its parts.
    pub(super) titles: Vec<String>,
    pub(super) sentences: Vec<Sentence>,
    /// Words of those parts of the title that do not speak of a wall: they are no news when the text says them again.
    names: HashSet<String>,
}

/// A sentence or line, in lower case.
pub(super) struct Sentence {
    pub(super) words: String,
    /// The block that it stands in.
    pub(super) block: usize,
    /// Bytes of that block.
    pub(super) block_bytes: usize,
    is_heading: bool,
    /// Whether it is an entry of a list or table; walls do not speak in those.
    is_entry: bool,
    /// Whether all its words stand in links.
    is_link: bool,
}

impl Look {
    pub(super) fn at(text: &Text) -> Self {
        let title = plain(&text.title);
        let lines = TITLE_MARKS.iter().fold(title.clone(), |lines, mark| lines.replace(mark, "\n"));
        let is_name = |part: &&str| !WALLS.iter().any(|wall| wall.is_said_in(part));
        let names = lines.lines().filter(is_name).flat_map(words::parts).collect();
        let mut titles: Vec<String> = lines.lines().map(|part| part.trim().to_owned()).collect();
        titles.push(title);
        let labels: String = text.links.iter().map(|link| plain(&link.label) + " ").collect();
        let linked: HashSet<String> = words::parts(&labels).collect();
        let shown = text.blocks.iter().enumerate().filter(|(_, block)| !is_data(block));
        let sentences = shown.flat_map(|(at, block)| sentences(text, at, block, &linked)).collect();
        Self { titles, sentences, names }
    }

    /// The title with its parts, and the headings.
    pub(super) fn names(&self) -> impl Iterator<Item = &str> {
        let headings = self.sentences.iter().filter(|sentence| sentence.is_heading);
        let titles = self.titles.iter().map(String::as_str);
        titles.chain(headings.map(|heading| heading.words.as_str()))
    }

    /// Whether a part of the title says what such a wall says, and nothing else.
    pub(super) fn is_named(&self, says: impl Fn(&str) -> bool) -> bool {
        self.titles.iter().any(|title| says(title) && self.is_all(title))
    }

    /// Where the page says what such a wall says, before it says anything else.
    pub(super) fn opening(&self, says: impl Fn(&str) -> bool) -> Option<usize> {
        let own = self.sentences.iter().enumerate().filter(|(_, s)| !s.is_link && !s.is_entry);
        let mut first =
            own.take(FIRST_SENTENCES).take_while(|(_, first)| self.is_all(&first.words));
        first.find(|(_, sentence)| says(&sentence.words)).map(|(at, _)| at)
    }

    /// Whether words are those of walls and names only.
    fn is_all(&self, words: &str) -> bool {
        self.beside(words) == 0
    }

    pub(super) fn beside(&self, words: &str) -> usize {
        words::beside(words, &self.names)
    }

    /// Bytes that the page says beside what walls say, links left out.
    pub(super) fn rest(&self) -> usize {
        self.own().map(|sentence| self.beside(&sentence.words)).sum()
    }

    /// The same of what stands between an opening and the next heading that says something else.
    pub(super) fn lead(&self, opening: usize, wall: &Wall) -> usize {
        let after = self.sentences[opening..].iter();
        let lead = after.take_while(|next| !next.is_heading || wall.is_said_in(&next.words));
        lead.filter(|next| !next.is_link).map(|next| self.beside(&next.words)).sum()
    }

    /// Whether it comes back, further down and amid other words, to what it says at its opening.
    pub(super) fn comes_back(&self, opening: usize, wall: &Wall) -> bool {
        let after = self.sentences[opening + 1..].iter().filter(|next| !next.is_heading);
        let mut telling = after.filter(|next| wall.is_touched_by(&next.words));
        telling.any(|next| !self.is_all(&next.words))
    }

    /// The sentences with which a page may say that it is a wall.
    pub(super) fn statements(&self) -> impl Iterator<Item = &Sentence> {
        self.sentences.iter().filter(|sentence| !sentence.is_entry)
    }

    fn own(&self) -> impl Iterator<Item = &Sentence> {
        self.sentences.iter().filter(|sentence| !sentence.is_link)
    }
}

const fn is_data(block: &Block) -> bool {
    matches!(block.kind, BlockKind::Pair { is_data: true, .. })
}

fn sentences(text: &Text, at: usize, block: &Block, linked: &HashSet<String>) -> Vec<Sentence> {
    let words = plain(text.block_text(block));
    let is_heading = matches!(block.kind, BlockKind::Heading { .. });
    let is_entry = matches!(
        block.kind,
        BlockKind::ListItem { .. }
            | BlockKind::Row { .. }
            | BlockKind::Pair { .. }
            | BlockKind::Code
    );
    let is_link = !words.ends_with('.')
        && !linked.is_empty()
        && words::parts(&words).all(|part| linked.contains(&part));
    let split = split(&words).into_iter().map(str::to_owned);
    let block_bytes = words.len();
    split
        .map(|words| Sentence { words, block: at, block_bytes, is_heading, is_entry, is_link })
        .collect()
}

/// Lower case, blanks and apostrophes of one kind.
pub(super) fn plain(words: &str) -> String {
    words.to_lowercase().replace('’', "'").replace('\u{a0}', " ")
}

/// At the ends of lines and sentences.
fn split(words: &str) -> Vec<&str> {
    let mut found = Vec::new();
    for line in words.lines() {
        let mut start = 0;
        for (at, mark) in line.match_indices(['.', '!', '?', '…']) {
            let end = at + mark.len();
            if line[end..].starts_with(' ') {
                found.push(line[start..end].trim());
                start = end;
            }
        }
        found.push(line[start..].trim());
    }
    found.retain(|sentence| sentence.contains(char::is_alphanumeric));
    found
}
