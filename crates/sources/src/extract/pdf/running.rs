//! Lines that run through a document: heads, feet, and the numbers of pages.

use std::collections::{HashMap, HashSet};

/// A line at the edge of so many pages, and of most, is a running head or foot.
const RUNNING_PAGES: usize = 3;
/// Lines at each edge of a page that may be running ones.
const EDGE_LINES: usize = 2;
/// Digits of the number of a page.
const MAX_NUMBER: usize = 5;
/// What stands beside the number of a page; any other single word tells what is numbered: `Day 3`.
const PAGE_WORDS: [&str; 14] = [
    "page",
    "p",
    "pg",
    "seite",
    "s",
    "página",
    "pág",
    "pagina",
    "pag",
    "sida",
    "side",
    "strona",
    "страница",
    "sivu",
];

/// A line as it may run through a document: the same words, or the same but for the number of the page.
#[derive(Debug, PartialEq, Eq, Hash)]
pub(super) struct Form {
    before: String,
    behind: String,
    /// How far the number between them is from that of the page, counted from the first; `None` if there is none.
    ahead: Option<i64>,
}

/// What stands at the edge of most pages, word for word, or with a number that counts up with the pages.
pub(super) fn running_lines(pages: &[String]) -> HashSet<Form> {
    let mut counts: HashMap<Form, usize> = HashMap::new();
    for (index, page) in pages.iter().enumerate() {
        let lines: Vec<&str> = page.lines().collect();
        let edges = edges(&lines).into_iter().flat_map(|at| forms(lines[at], index));
        for form in edges.collect::<HashSet<_>>() {
            *counts.entry(form).or_default() += 1;
        }
    }
    let is_running = |count: usize| count >= RUNNING_PAGES && count * 2 > pages.len();
    counts.into_iter().filter(|(_, count)| is_running(*count)).map(|(form, _)| form).collect()
}

/// Where the first and last lines are that are not empty.
fn edges(lines: &[&str]) -> HashSet<usize> {
    let is_filled = |at: &usize| !lines[*at].trim().is_empty();
    let first = (0..lines.len()).filter(is_filled).take(EDGE_LINES);
    let last = (0..lines.len()).rev().filter(is_filled).take(EDGE_LINES);
    first.chain(last).collect()
}

/// The line word for word, and without each number in it that may be that of the page.
fn forms(line: &str, index: usize) -> Vec<Form> {
    let line = line.trim();
    let mut forms = vec![Form { before: line.to_owned(), behind: String::new(), ahead: None }];
    let mut at = 0;
    while let Some(found) = line[at..].find(|c: char| c.is_ascii_digit()) {
        let start = at + found;
        let length = line[start..].bytes().take_while(u8::is_ascii_digit).count();
        at = start + length;
        let (before, behind) = (&line[..start], &line[at..]);
        let number = line[start..at].parse::<i64>().ok().filter(|_| length <= MAX_NUMBER);
        if let Some((number, index)) = number.zip(i64::try_from(index).ok())
            && may_number_pages(before, behind)
        {
            let (before, behind) = (before.to_owned(), behind.to_owned());
            forms.push(Form { before, behind, ahead: Some(number - index) });
        }
    }
    forms
}

/// Whether a number between these words may be that of a page: it is alone, behind the word for a page, or at an end of
/// a line that says more than what is numbered.
fn may_number_pages(before: &str, behind: &str) -> bool {
    let is_page = |word: &str| PAGE_WORDS.contains(&word.to_lowercase().as_str());
    let words = |text: &str| -> Vec<String> {
        let words = text.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty());
        words.map(str::to_owned).collect()
    };
    let (before, behind) = (words(before), words(behind));
    if before.last().is_some_and(|word| is_page(word)) {
        return true;
    }
    let is_at_end = before.is_empty() || behind.is_empty();
    is_at_end && before.len() + behind.len() != 1
}

/// The page without its running lines; as it is if nothing else stands there.
pub(super) fn without_running(page: &str, index: usize, running: &HashSet<Form>) -> String {
    let lines: Vec<&str> = page.lines().collect();
    let edges = edges(&lines);
    let is_kept = |at: &usize| {
        !edges.contains(at) || !forms(lines[*at], index).iter().any(|form| running.contains(form))
    };
    let kept: Vec<&str> = (0..lines.len()).filter(is_kept).map(|at| lines[at]).collect();
    let is_empty = kept.iter().all(|line| line.trim().is_empty());
    if is_empty { page.to_owned() } else { kept.join("\n") }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The pages without their running lines, one line each.
    fn cleaned(pages: &[&str]) -> Vec<String> {
        let pages: Vec<String> = pages.iter().map(|page| (*page).to_owned()).collect();
        let running = running_lines(&pages);
        let clean = |(index, page): (usize, &String)| {
            without_running(page, index, &running).split_whitespace().collect::<Vec<_>>().join(" ")
        };
        pages.iter().enumerate().map(clean).collect()
    }

    #[test]
    fn running_heads_and_numbers_of_pages_are_left_out() {
        let words =
            ["High tide comes.", "Low tide follows.", "The moon pulls.", "The sea answers."];
        for (head, foot) in [
            ("Annual report", "#"),
            ("Annual report 2024", "- # -"),
            ("Annual report #", "Acme Inc."),
            ("# | Annual report", "Acme Inc."),
            ("Annual report", "Page # of 40"),
            ("Jahresbericht 2024", "Seite #"),
            ("Annual report, page # (draft 3)", "Acme Inc."),
        ] {
            let page = |(index, words): (usize, &&str)| {
                let number = (index + 7).to_string();
                format!("{head}\n\n{words}\n\n{foot}\n").replace('#', &number)
            };
            let pages: Vec<String> = words.iter().enumerate().map(page).collect();
            let pages: Vec<&str> = pages.iter().map(String::as_str).collect();
            assert_eq!(cleaned(&pages), words, "{head} {foot}");
        }
    }

    #[test]
    fn lines_that_differ_in_what_they_say_stay() {
        for pages in [
            [
                "Quarter 1 revenue: EUR 120 million",
                "Quarter 2 revenue: EUR 131 million",
                "Quarter 3 revenue: EUR 128 million",
                "Quarter 4 revenue: EUR 140 million",
            ],
            ["Day 1 High tide", "Day 2 High tide", "Day 3 High tide", "Day 4 High tide"],
            ["Total 120", "Total 131", "Total 128", "Total 140"],
        ] {
            assert_eq!(cleaned(&pages), pages);
            let longer = pages.map(|line| {
                format!("{line}\nWords under {line}\nmore of {line}\nend of {line}, as said")
            });
            let longer: Vec<&str> = longer.iter().map(String::as_str).collect();
            let kept = cleaned(&longer);
            assert!(kept.iter().zip(pages).all(|(kept, line)| kept.starts_with(line)), "{kept:?}");
        }
        let days = ["Day 1\nHigh.", "Day 2\nLow.", "Day 3\nNeap.", "Day 4\nSpring."];
        assert_eq!(cleaned(&days)[2], "Day 3 Neap.");
        let some = ["Draft\na b", "Draft\nc d", "Draft\ne f", "g h", "i j", "k l"];
        assert_eq!(cleaned(&some)[0], "Draft a b");
        let two = ["Draft\na b", "Draft\nc d"];
        assert_eq!(cleaned(&two)[1], "Draft c d");
    }

    #[test]
    fn no_page_loses_all_of_its_words() {
        assert_eq!(cleaned(&["Top secret"; 4]), ["Top secret"; 4]);
        assert_eq!(cleaned(&["1", "2", "3", "4"]), ["1", "2", "3", "4"]);
        let last = ["Report\nHigh.", "Report\nLow.", "Report\nNeap.", "Report"];
        assert_eq!(cleaned(&last), ["High.", "Low.", "Neap.", "Report"]);
    }
}
