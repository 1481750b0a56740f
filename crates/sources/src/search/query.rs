//! Makes a query fit a provider: by leaving out what carries least, never by cutting a word.

/// English function words, and what questions begin with. They are left out first where a query is too long.
const FILLERS: [&str; 58] = [
    "a", "an", "the", "of", "in", "on", "at", "by", "for", "to", "from", "with", "as", "is", "are",
    "was", "were", "be", "been", "do", "does", "did", "has", "have", "had", "and", "or", "but",
    "if", "that", "this", "these", "those", "it", "its", "their", "there", "what", "which", "who",
    "whom", "whose", "when", "where", "why", "how", "please", "tell", "me", "about", "can",
    "could", "would", "should", "may", "might", "will", "shall",
];

/// The query in at most `longest` characters, with its words in their order.
pub(crate) fn fitting(query: &str, longest: usize) -> String {
    let words: Vec<&str> = query.split_whitespace().collect();
    let whole = words.join(" ");
    if whole.chars().count() <= longest {
        // As it was asked, blanks included.
        return if query.chars().count() <= longest { query.to_owned() } else { whole };
    }
    let telling: Vec<&str> = words.iter().copied().filter(|word| !is_filler(word)).collect();
    let kept = if telling.is_empty() { words } else { without_repeats(telling) };
    let mut fitting = String::new();
    let mut length = 0;
    for word in kept {
        let more = word.chars().count() + usize::from(length > 0);
        if length + more > longest {
            continue;
        }
        if length > 0 {
            fitting.push(' ');
        }
        fitting.push_str(word);
        length += more;
    }
    if fitting.is_empty() { query.chars().take(longest).collect() } else { fitting }
}

/// The words that say something, without the marks around them.
pub(crate) fn words(query: &str) -> Vec<String> {
    query
        .split(|c: char| !(c.is_alphanumeric() || matches!(c, '-' | '_')))
        .filter(|word| !word.is_empty() && !is_filler(word))
        .map(str::to_owned)
        .collect()
}

fn is_filler(word: &str) -> bool {
    let bare = word.trim_matches(|c: char| !c.is_alphanumeric()).to_lowercase();
    FILLERS.contains(&bare.as_str())
}

fn without_repeats(words: Vec<&str>) -> Vec<&str> {
    let mut kept: Vec<&str> = Vec::with_capacity(words.len());
    for word in words {
        if !kept.iter().any(|known| known.eq_ignore_ascii_case(word)) {
            kept.push(word);
        }
    }
    kept
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_query_that_fits_stays_as_it_is() {
        assert_eq!(fitting("a&b  = c", 20), "a&b  = c");
    }

    #[test]
    fn a_long_query_loses_fillers_then_repeats_then_what_comes_last() {
        let long = "What is the height of the tide in the harbour of Brennia, and what is the tide at Otter";
        assert_eq!(fitting(long, 50), "height tide harbour Brennia, Otter");
        assert_eq!(fitting(long, 20), "height tide harbour");
        assert_eq!(fitting("of the and", 5), "of");
    }

    #[test]
    fn a_single_word_that_is_too_long_is_cut_between_characters() {
        assert_eq!(fitting("ünüberwindlich", 4), "ünüb");
    }

    #[test]
    fn words_that_say_something_are_left() {
        assert_eq!(words("Who makes the \"Otter-2\"?"), ["makes", "Otter-2"]);
    }

    proptest::proptest! {
        #[test]
        fn no_query_is_longer_than_it_may_be(query in ".{0,200}", longest in 1_usize..60) {
            proptest::prop_assert!(fitting(&query, longest).chars().count() <= longest);
        }
    }
}
