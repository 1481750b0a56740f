//! Finds the documents of a local source that a question is about.

use std::collections::HashMap;

use domain::source::{Source, doc_address};
use tantivy::collector::TopDocs;
use tantivy::query::{
    BooleanQuery, BoostQuery, DisjunctionMaxQuery, Occur, PhraseQuery, Query, TermQuery,
};
use tantivy::schema::{Field, IndexRecordOption, Value as _};
use tantivy::{TantivyDocument, TantivyError, Term};

use super::index::{Fields, Opened};
use super::words::{Form, Word, Words};
use crate::Hit;

/// Words of one question that are looked up; a page pasted into the box is cut here.
const MAX_QUERY_WORDS: usize = 64;
/// Passages looked at for each document wanted: a long manual page may fill many places.
const PASSAGES_PER_HIT: usize = 12;
/// Share of the next-best passages of the same document.
const NEXT_PASSAGES: [f32; 3] = [0.25, 0.12, 0.06];
/// What a match in a field counts; the rest of the fields add a little.
const TITLE: f32 = 3.0;
const HEADING: f32 = 2.0;
const BODY: f32 = 1.0;
const NAME: f32 = 1.0;
const OTHER_FIELDS: f32 = 0.3;
/// A part of an identifier says less than the whole.
const PART: f32 = 0.5;
/// Two words of the question that stand side by side in the text.
const NEIGHBOURS: f32 = 0.6;
/// Characters of a snippet.
const SNIPPET_CHARS: usize = 280;

/// The best documents, the best first. Every text is a valid question.
pub(super) fn run(
    opened: &Opened,
    source: &Source,
    question: &str,
    limit: usize,
) -> Result<Vec<Hit>, TantivyError> {
    let wanted = wanted(question);
    if wanted.is_empty() || limit == 0 {
        return Ok(Vec::new());
    }
    let searcher = opened.searcher()?;
    let collector = TopDocs::with_limit(limit.saturating_mul(PASSAGES_PER_HIT)).order_by_score();
    let found = searcher.search(&query(&wanted, opened.fields), &collector)?;

    let mut documents: Vec<Document> = Vec::new();
    let mut places: HashMap<String, usize> = HashMap::new();
    for (score, address) in found {
        let stored: TantivyDocument = searcher.doc(address)?;
        let path = text_of(&stored, opened.fields.path);
        if let Some(&place) = places.get(path) {
            documents[place].add(score);
        } else {
            places.insert(path.to_owned(), documents.len());
            documents.push(Document {
                path: path.to_owned(),
                title: text_of(&stored, opened.fields.title).to_owned(),
                snippet: snippet(text_of(&stored, opened.fields.body), &wanted),
                score,
                passages: 0,
            });
        }
    }
    documents.sort_by(|a, b| b.score.total_cmp(&a.score).then_with(|| a.path.cmp(&b.path)));
    documents.truncate(limit);
    Ok(documents.into_iter().map(|document| document.hit(source)).collect())
}

struct Document {
    path: String,
    title: String,
    snippet: String,
    score: f32,
    /// Passages met after the best.
    passages: usize,
}

impl Document {
    fn add(&mut self, score: f32) {
        if let Some(share) = NEXT_PASSAGES.get(self.passages) {
            self.score += score * share;
            self.passages += 1;
        }
    }

    fn hit(self, source: &Source) -> Hit {
        Hit {
            address: doc_address(&source.name, &self.path),
            title: self.title,
            snippet: self.snippet,
            published: None,
            score: self.score,
        }
    }
}

fn text_of(document: &TantivyDocument, field: Field) -> &str {
    document.get_first(field).and_then(|value| value.as_str()).unwrap_or_default()
}

/// The words of a question that say what it is about. Stop words stay where nothing else is there, and in
/// capitals, as in `SET DEFAULT` or `IS NOT NULL`.
fn wanted(question: &str) -> Vec<Word> {
    let words = Words::default().of(question);
    let shouts = !question.contains(char::is_lowercase);
    let says_something = |word: &&Word| {
        let written = question.get(word.start..word.end).unwrap_or_default();
        let is_keyword = !shouts && written.len() > 1 && !written.contains(char::is_lowercase);
        is_keyword || word.form != Form::Simple || !is_stop_word(&written.to_lowercase())
    };
    let mut kept: Vec<Word> = words.iter().filter(says_something).cloned().collect();
    if kept.is_empty() {
        kept = words;
    }
    kept.truncate(MAX_QUERY_WORDS);
    kept
}

fn query(wanted: &[Word], fields: Fields) -> BooleanQuery {
    let mut clauses: Vec<(Occur, Box<dyn Query>)> = Vec::new();
    let mut seen = Vec::new();
    for word in wanted {
        if !seen.contains(&&word.term) {
            seen.push(&word.term);
            let weight = if word.form == Form::Part { PART } else { 1.0 };
            clauses.push((Occur::Should, boosted(in_any_field(&word.term, fields), weight)));
        }
    }
    let simple: Vec<&Word> = wanted.iter().filter(|word| word.form != Form::Whole).collect();
    for pair in simple.windows(2).filter(|pair| pair[0].position + 1 == pair[1].position) {
        for (field, weight) in
            [(fields.body, BODY), (fields.headings, HEADING), (fields.title, TITLE)]
        {
            let terms = pair.iter().map(|word| Term::from_field_text(field, &word.term)).collect();
            let phrase = Box::new(PhraseQuery::new(terms));
            clauses.push((Occur::Should, boosted(phrase, NEIGHBOURS * weight)));
        }
    }
    BooleanQuery::new(clauses)
}

fn in_any_field(term: &str, fields: Fields) -> Box<dyn Query> {
    let weights = [
        (fields.title, TITLE),
        (fields.headings, HEADING),
        (fields.body, BODY),
        (fields.name, NAME),
    ];
    let queries = weights.map(|(field, weight)| {
        let term = Term::from_field_text(field, term);
        boosted(Box::new(TermQuery::new(term, IndexRecordOption::WithFreqs)), weight)
    });
    Box::new(DisjunctionMaxQuery::with_tie_breaker(queries.into(), OTHER_FIELDS))
}

fn boosted(query: Box<dyn Query>, weight: f32) -> Box<dyn Query> {
    Box::new(BoostQuery::new(query, weight))
}

/// The piece of a passage with most of the words wanted, cut at blanks.
fn snippet(body: &str, wanted: &[Word]) -> String {
    let met: Vec<Word> = Words::default()
        .of(body)
        .into_iter()
        .filter(|word| wanted.iter().any(|wanted| wanted.term == word.term))
        .collect();
    let within = |start: usize| {
        let mut terms: Vec<&str> = met
            .iter()
            .filter(|word| (start..start + SNIPPET_CHARS).contains(&word.start))
            .map(|word| word.term.as_str())
            .collect();
        terms.sort_unstable();
        terms.dedup();
        terms.len()
    };
    // The first of equals: `max_by_key` would take the last.
    let best =
        met.iter().rev().map(|word| word.start).max_by_key(|&start| within(start)).unwrap_or(0);
    let head = &body[..best];
    let start = head
        .rfind(['\n', '.'])
        .filter(|at| best - at < SNIPPET_CHARS / 2)
        .map_or(best, |at| at + 1);
    let start = if best < SNIPPET_CHARS / 2 { 0 } else { start };
    let rest = body[start..].trim_start();
    let end = rest
        .char_indices()
        .nth(SNIPPET_CHARS)
        .map_or(rest.len(), |(at, _)| rest[..at].rfind(char::is_whitespace).unwrap_or(at));
    let dots = if end < rest.len() { " …" } else { "" };
    rest[..end].split_whitespace().collect::<Vec<_>>().join(" ") + dots
}

/// Words of questions that are in every text.
fn is_stop_word(word: &str) -> bool {
    const STOP_WORDS: &[&str] = &[
        "a", "about", "after", "all", "also", "am", "an", "and", "any", "are", "as", "at", "be",
        "been", "before", "being", "but", "by", "can", "could", "did", "do", "does", "doing",
        "for", "from", "get", "had", "has", "have", "having", "he", "her", "here", "him", "his",
        "how", "i", "if", "in", "into", "is", "it", "its", "itself", "just", "may", "me", "might",
        "more", "most", "must", "my", "no", "not", "of", "on", "or", "our", "should", "so", "some",
        "such", "tell", "than", "that", "the", "their", "them", "then", "there", "these", "they",
        "this", "those", "to", "too", "us", "very", "was", "we", "were", "what", "when", "where",
        "which", "while", "who", "whom", "whose", "why", "will", "with", "would", "you", "your",
        "please",
    ];
    STOP_WORDS.binary_search(&word).is_ok() || word == "please"
}
