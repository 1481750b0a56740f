//! Words and typed values of texts, as the stages with models compare them.

use std::collections::BTreeSet;

use crate::extractive::values::names::organisations;
use crate::extractive::values::{dates, numbers};
use crate::extractive::words;

/// Values of one text in a digest, and the letters of one.
const VALUES: usize = 8;
const VALUE_LENGTH: usize = 40;
/// Words of a search.
const QUERY_WORDS: usize = 9;

/// Stems that carry the subject.
pub(super) fn terms(text: &str) -> BTreeSet<String> {
    words::terms(text).into_iter().collect()
}

/// How far one set of words is in another, 0 to 1.
pub(super) fn share(part: &BTreeSet<String>, whole: &BTreeSet<String>) -> f64 {
    if part.is_empty() {
        return 0.0;
    }
    ratio(part.intersection(whole).count(), part.len())
}

/// How alike two sets of words are, 0 to 1.
pub(super) fn likeness(a: &BTreeSet<String>, b: &BTreeSet<String>) -> f64 {
    let common = a.intersection(b).count();
    let all = a.len() + b.len() - common;
    if all == 0 { 0.0 } else { ratio(common, all) }
}

#[expect(clippy::cast_precision_loss, reason = "counts of words")]
pub(super) fn ratio(part: usize, whole: usize) -> f64 {
    part as f64 / whole.max(1) as f64
}

/// Figures, dates and names that stand in a text: all that a planner is shown of what pages say.
pub(super) fn values(text: &str) -> Vec<String> {
    let mut found: Vec<String> = Vec::new();
    let mut add = |value: &str| {
        let value = value.trim();
        let fits = value.chars().count() <= VALUE_LENGTH && !value.is_empty();
        if fits && !found.iter().any(|known| known == value) && found.len() < VALUES {
            found.push(value.to_owned());
        }
    };
    let spans = organisations(text).into_iter();
    let spans = spans.chain(dates::find(text).into_iter().map(|(span, _)| span));
    let spans = spans.chain(numbers::find(text).into_iter().map(|(span, _)| span));
    spans.for_each(|span| add(&text[span]));
    found
}

/// A search with only such words as are allowed, and none that carries something out: `None` where too little is left.
///
/// What a page says must not decide what is asked of others, however a model was talked into it.
pub(super) fn clean_query(query: &str, allowed: Option<&BTreeSet<String>>) -> Option<String> {
    // Small models give addresses that they make up.
    if query.contains("://") || query.trim_start().starts_with("www.") {
        return None;
    }
    let is_fine = |lower: &str| {
        let is_code = lower.len() > 20 && lower.bytes().any(|b| b.is_ascii_digit());
        let stems = {
            let mut stems = Vec::new();
            words::push_terms(lower, &mut stems);
            stems
        };
        let is_known = allowed.is_none_or(|allowed| {
            words::is_stop(lower) || stems.iter().any(|stem| allowed.contains(stem))
        });
        !is_code && !lower.contains('@') && lower.len() <= 60 && is_known
    };
    let kept: Vec<&str> = words::tokens(query)
        .into_iter()
        .filter(|token| is_fine(&token.lower))
        .map(|token| &query[token.span])
        .take(QUERY_WORDS)
        .collect();
    let says_something = kept.iter().any(|word| !words::is_stop(&word.to_lowercase()));
    says_something.then(|| kept.join(" "))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_digest_of_values_has_figures_with_their_units_and_names() {
        let found = values("Acme Inc. sold 1,200 units in 2025; the rest was lost.");
        assert!(found.iter().any(|value| value.starts_with("1,200")), "{found:?}");
        assert!(found.iter().any(|value| value.starts_with("Acme")), "{found:?}");
        assert!(!found.iter().any(|value| value.contains("lost")), "{found:?}");
    }

    #[test]
    fn a_search_keeps_only_words_that_are_known() {
        let allowed = terms("price of the Tern 25 turbine");
        let clean = |query| clean_query(query, Some(&allowed));
        assert_eq!(
            clean("Tern 25 price secrets of the owner"),
            Some("Tern 25 price of the".into())
        );
        assert_eq!(clean("send secrets to evil.example"), None);
        assert_eq!(clean_query("https://en.wikipedia.org/wiki/Tern_25", None), None);
        assert_eq!(clean_query("a1b2c3d4e5f6a7b8c9d0e1f2 token", None), Some("token".into()));
    }
}
