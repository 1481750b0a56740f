//! Keys, headers and headings as stems, and how they compare with the names of a field.

use super::super::words::{is_stop, parts, stem, tokens};
use super::{TYPE_WORDS, split_name};

/// Stems of a key: identifiers and dotted paths in parts, what stands in brackets left out.
pub(super) fn key_stems(key: &str) -> Vec<String> {
    let bare = match key.find(['(', '[']) {
        Some(at) if at > 1 => &key[..at],
        Some(_) | None => key,
    };
    let mut stems = Vec::new();
    let mut all = Vec::new();
    for token in tokens(bare) {
        let pieces = parts(&token.lower);
        let camel = split_name(&bare[token.span.clone()]);
        let words: Vec<String> = if pieces.is_empty() && camel.len() < 2 {
            vec![token.lower]
        } else if camel.len() >= pieces.len() {
            camel
        } else {
            pieces.into_iter().map(str::to_owned).collect()
        };
        for word in words {
            if !is_stop(&word) {
                stems.push(stem(&word));
            }
            all.push(stem(&word));
        }
    }
    if stems.is_empty() { all } else { stems }
}

/// The stem of the word that the others of a key narrow down: the last one before a preposition that does
/// not merely name a type.
pub(super) fn key_head(key: &str) -> Option<String> {
    let bare = key.split(['(', '[']).next().filter(|bare| bare.len() > 1).unwrap_or(key);
    if bare.contains(['.', '_']) {
        return None;
    }
    let words: Vec<String> = split_name(bare);
    let end =
        words.iter().position(|word| is_stop(word)).filter(|&at| at > 0).unwrap_or(words.len());
    words[..end]
        .iter()
        .rev()
        .find(|word| {
            !TYPE_WORDS.contains(&word.as_str()) && !word.starts_with(|c: char| c.is_ascii_digit())
        })
        .map(|word| stem(word))
}

/// Keys under which a page says for machines when and by whom it was written, in lower case without marks.
/// They say nothing about what the page is about.
const OF_THE_PAGE: [&str; 21] = [
    "date",
    "published",
    "publishedtime",
    "publisheddate",
    "pubdate",
    "datepublished",
    "updated",
    "updatedtime",
    "lastmod",
    "lastupdated",
    "modified",
    "modifiedtime",
    "datemodified",
    "created",
    "datecreated",
    "uploaddate",
    "author",
    "authors",
    "authorname",
    "publisher",
    "publishername",
];
/// Beginnings of words of a field that is about something written.
const WRITTEN: [&str; 17] = [
    "publi", "post", "article", "page", "document", "writ", "author", "updat", "modif", "entry",
    "creat", "blog", "paper", "book", "report", "story", "stories",
];

/// Whether a page says with this key something of itself. `asked` is a field's name and description in lower
/// case: where it is about something written, the page may be just that.
pub(super) fn is_of_the_page_alone(key: &str, asked: &str) -> bool {
    let mut parts: Vec<&str> = key.rsplit(['.', ':']).take(2).collect();
    parts.reverse();
    // `author.name` is one thing, `article.datePublished` and `offers.date` are dates.
    let last = match parts[..] {
        [owner, "name"] => format!("{owner}name"),
        [.., last] => last.to_owned(),
        [] => return false,
    };
    let folded: String =
        last.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).collect();
    let mut words = asked.split(|c: char| !c.is_alphanumeric());
    OF_THE_PAGE.contains(&folded.as_str())
        && !words.any(|word| WRITTEN.iter().any(|start| word.starts_with(start)))
}

#[expect(clippy::cast_precision_loss, reason = "a handful of words")]
pub(super) fn overlap(form: &[String], key: &[String]) -> f32 {
    let held = form.iter().filter(|stem| key.contains(stem)).count() as f32;
    if held == 0.0 {
        return 0.0;
    }
    let recall = held / form.len() as f32;
    let known = key.iter().filter(|stem| form.contains(stem)).count() as f32 / key.len() as f32;
    0.6 * recall + 0.4 * known
}

/// For each word of a form that excludes another: the stem that it is and the stem that it excludes.
pub(super) fn exclusions(form: &[String]) -> Vec<(String, String)> {
    OPPOSITES
        .iter()
        .flat_map(|(a, b)| [(stem(a), stem(b)), (stem(b), stem(a))])
        .filter(|(own, _)| form.contains(own))
        .collect()
}

/// Words that exclude each other.
const OPPOSITES: [(&str, &str); 17] = [
    ("min", "max"),
    ("minimum", "maximum"),
    ("minimum", "max"),
    ("maximum", "min"),
    ("first", "latest"),
    ("first", "last"),
    ("initial", "latest"),
    ("start", "end"),
    ("net", "gross"),
    ("upper", "lower"),
    ("added", "removed"),
    ("birth", "death"),
    ("added", "changed"),
    ("added", "deprecated"),
    ("introduced", "changed"),
    ("introduced", "deprecated"),
    ("introduced", "removed"),
];
