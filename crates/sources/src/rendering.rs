//! A reading of a page for people and models: as Markdown, and as the passages that speak of certain words.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use domain::text::{BlockKind, Text};

use crate::search::words;

/// A passage is not cut below this many characters when room is short; it is left out.
const MIN_PASSAGE: usize = 80;
/// Letters by which two words count as forms of one: `tide` and `tides`, `founded` and `founder`.
const STEM: usize = 5;

/// The text with the marks of Markdown for headings, lists, quotes, code and tables.
pub fn markdown(text: &Text) -> String {
    let mut out = String::with_capacity(text.body.len() + text.body.len() / 8);
    let mut before: Option<&BlockKind> = None;
    for block in &text.blocks {
        let words = text.block_text(block);
        let is_continued = matches!(
            (before, &block.kind),
            (Some(BlockKind::ListItem { .. }), BlockKind::ListItem { .. })
                | (Some(BlockKind::Row { .. }), BlockKind::Row { .. })
                | (Some(BlockKind::Pair { .. }), BlockKind::Pair { .. })
        );
        if before.is_some() {
            out.push_str(if is_continued { "\n" } else { "\n\n" });
        }
        let one_line = || words.split_whitespace().collect::<Vec<_>>().join(" ");
        let _ = match &block.kind {
            BlockKind::Heading { level } => {
                write!(out, "{} {}", "#".repeat(usize::from((*level).clamp(1, 6))), one_line())
            }
            BlockKind::Paragraph => write!(out, "{words}"),
            BlockKind::ListItem { depth } => {
                let indent = "  ".repeat(usize::from(depth.saturating_sub(1)).min(8));
                write!(out, "{indent}- {}", one_line())
            }
            BlockKind::Quote => write!(out, "> {}", words.replace('\n', "\n> ")),
            BlockKind::Code => {
                // A fence that is longer than any within.
                let fence = if words.contains("```") { "````" } else { "```" };
                write!(out, "{fence}\n{words}\n{fence}")
            }
            BlockKind::Row { cells, is_header, .. } => {
                let cells: Vec<String> = cells
                    .iter()
                    .map(|cell| text.quote(cell).replace('|', "\\|").replace('\n', " "))
                    .collect();
                let is_first = !matches!(before, Some(BlockKind::Row { .. }));
                let under = if *is_header && is_first {
                    format!("\n|{}", " --- |".repeat(cells.len()))
                } else {
                    String::new()
                };
                write!(out, "| {} |{under}", cells.join(" | "))
            }
            BlockKind::Definition { term, meaning } => {
                write!(out, "**{}**: {}", text.quote(term), text.quote(meaning))
            }
            BlockKind::Pair { key, value, .. } => {
                write!(out, "{}: {}", text.quote(key), text.quote(value))
            }
        };
        before = Some(&block.kind);
    }
    out
}

/// The blocks that say most about these queries, verbatim and in reading order, in at most `max_chars` characters.
/// Without a word in common the page's beginning stands for it.
pub fn excerpts(text: &Text, queries: &[String], max_chars: usize) -> Vec<String> {
    let wanted: BTreeSet<String> =
        queries.iter().flat_map(|query| words(query)).map(|word| stem(&word)).collect();
    let is_prose = |kind: &BlockKind| match kind {
        BlockKind::Pair { is_data, .. } => !is_data,
        BlockKind::Paragraph
        | BlockKind::ListItem { .. }
        | BlockKind::Quote
        | BlockKind::Code
        | BlockKind::Row { .. }
        | BlockKind::Definition { .. } => true,
        BlockKind::Heading { .. } => false,
    };
    let mut scored: Vec<(usize, usize)> = text
        .blocks
        .iter()
        .enumerate()
        .filter(|(_, block)| is_prose(&block.kind))
        .map(|(at, block)| {
            let heading = text.heading_path(block).join(" ");
            let own: BTreeSet<String> =
                words(text.block_text(block)).iter().map(|word| stem(word)).collect();
            let above: BTreeSet<String> = words(&heading).iter().map(|word| stem(word)).collect();
            let said = own.intersection(&wanted).count();
            let headed = above.intersection(&wanted).count();
            // What stands under a fitting heading counts, once it says something itself.
            (said * 2 + headed.min(said), at)
        })
        .collect();
    if scored.iter().all(|(score, _)| *score == 0) {
        for (score, _) in &mut scored {
            *score = 1;
        }
    }
    scored.retain(|(score, _)| *score > 0);
    scored.sort_by(|a, b| b.0.cmp(&a.0).then(a.1.cmp(&b.1)));

    let mut room = max_chars;
    let mut chosen: Vec<(usize, String)> = Vec::new();
    for (_, at) in scored {
        let words = text.block_text(&text.blocks[at]).trim();
        let length = words.chars().count();
        if length == 0 || (length > room && room < MIN_PASSAGE) {
            continue;
        }
        let kept = cut(words, room);
        room -= kept.chars().count();
        chosen.push((at, kept.to_owned()));
        if room == 0 {
            break;
        }
    }
    chosen.sort_by_key(|(at, _)| *at);
    joined(chosen)
}

/// Neighbours become one passage.
fn joined(chosen: Vec<(usize, String)>) -> Vec<String> {
    let mut passages: Vec<String> = Vec::new();
    let mut last: Option<usize> = None;
    for (at, words) in chosen {
        match passages.last_mut() {
            Some(passage) if last == Some(at.wrapping_sub(1)) => {
                passage.push('\n');
                passage.push_str(&words);
            }
            Some(_) | None => passages.push(words),
        }
        last = Some(at);
    }
    passages
}

/// At most so many characters, ending after a sentence or at least a word.
fn cut(words: &str, room: usize) -> &str {
    let Some((end, _)) = words.char_indices().nth(room) else { return words };
    let head = &words[..end];
    let sentence = head.rfind(['.', '!', '?', '。']).filter(|at| *at > end / 2);
    match sentence.or_else(|| head.rfind(char::is_whitespace)) {
        Some(at) => head[..=at.min(end - 1)].trim_end_matches(char::is_whitespace),
        None => head,
    }
}

fn stem(word: &str) -> String {
    word.to_lowercase().chars().take(STEM).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn page() -> Text {
        let html = "<title>Moon</title><h1>The moon</h1><p>Welcome to our site about the sky.</p>\
            <h2>Tides</h2><p>High tide comes twice a day.</p><ul><li>Spring tides come twice a month.</li>\
            <li>Neap tides come between.</li></ul><table><tr><th>Kind</th><th>Height</th></tr>\
            <tr><td>Spring</td><td>5 m</td></tr></table><h2>Visitors</h2><p>The museum opens at nine.</p>";
        crate::extract::read_bytes(html.as_bytes(), "https://a.test/moon", Some("text/html"))
            .unwrap()
    }

    #[test]
    fn a_page_becomes_markdown() {
        assert_eq!(
            markdown(&page()),
            "# The moon\n\nWelcome to our site about the sky.\n\n## Tides\n\nHigh tide comes twice a day.\n\n\
             - Spring tides come twice a month.\n- Neap tides come between.\n\n\
             | Kind | Height |\n| --- | --- |\n| Spring | 5 m |\n\n## Visitors\n\nThe museum opens at nine."
        );
    }

    #[test]
    fn excerpts_are_what_speaks_of_the_words_in_reading_order() {
        let excerpts = excerpts(&page(), &["when does the high tide come".into()], 90);
        assert_eq!(
            excerpts,
            [
                "High tide comes twice a day.\nSpring tides come twice a month.\nNeap tides come between."
            ]
        );
    }

    #[test]
    fn a_page_without_a_common_word_is_shown_by_its_beginning() {
        let excerpts = excerpts(&page(), &["harbour".into()], 40);
        assert_eq!(excerpts, ["Welcome to our site about the sky."]);
    }

    #[test]
    fn a_passage_is_cut_after_a_sentence_or_a_word() {
        assert_eq!(cut("One two. Three four five", 14), "One two.");
        assert_eq!(cut("one two three", 9), "one two");
        assert_eq!(cut("ünüberwindlich", 4), "ünüb");
        assert_eq!(cut("short", 10), "short");
    }
}
