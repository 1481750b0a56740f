//! What looks like a key: by its beginning, or because nobody would make up such a word.

use std::ops::Range;

use super::folded::Folded;
use super::named;

/// How keys of well-known services begin. Those that end in a mark are known in capitals too.
const BEGINNINGS: [&str; 24] = [
    "sk-",
    "sk_",
    "pk_",
    "rk_",
    "ghp_",
    "gho_",
    "ghu_",
    "ghs_",
    "github_pat_",
    "glpat-",
    "xoxb-",
    "xoxp-",
    "xoxa-",
    "AKIA",
    "ASIA",
    "AIza",
    "ya29.",
    "eyJ",
    "tvly-",
    "fc-",
    "hf_",
    "npm_",
    "SG.",
    "whsec_",
];
/// A known beginning with fewer characters is a word.
const MIN_KNOWN: usize = 16;
/// And so is one without a part of so many letters and digits.
const MIN_MIXED: usize = 12;
/// Shorter words without one are names of things: model numbers, order numbers.
const MIN_UNKNOWN: usize = 24;
/// Bits per character above which letters and digits are taken for random ones. English has about 4 over 26 letters,
/// words and numbers joined by hyphens less; random hexadecimal comes to 3.6 over 32 characters.
const RANDOM_BITS: f64 = 3.4;
/// Shorter words are not told from names by how their letters and digits take turns.
const MIN_SCRAMBLED: usize = 16;
/// Of such a word, so many pieces in as many characters are random: names of products come to a third.
const SCRAMBLED_PIECES: (usize, usize) = (2, 5);
/// Shorter words that are parted by marks are paths and names.
const MIN_MARKED: usize = 32;
/// A part between marks that shows whether letters are random.
const MIN_MARKED_PART: usize = 13;
/// Small letters, capitals and digits take turns at least so often in random text: two runs in five characters. Random
/// ones have three, words with capitals one or two.
const RANDOM_RUNS: (usize, usize) = (2, 5);
/// Shorter parts of a path may be a word or not.
const MIN_WORD: usize = 4;

/// Words of questions about commits and files, whose hashes are no keys.
const HASHES: &[&str] = &[
    "commit",
    "commits",
    "revision",
    "revisions",
    "changeset",
    "git",
    "hash",
    "hashes",
    "checksum",
    "checksums",
    "digest",
    "fingerprint",
    "md5",
    "sha",
    "sha1",
    "sha256",
    "sha512",
    "blob",
    "txid",
];

/// Where words stand that hold a key, with the comma behind them.
pub(super) fn find(folded: &Folded) -> Vec<Range<usize>> {
    let places: Vec<Range<usize>> = folded.words().collect();
    let text = |word: &Range<usize>| folded.chars[word.clone()].iter().collect();
    let words: Vec<String> = places.iter().map(text).collect();
    let mut parts = words.iter().flat_map(|word| word.split(|c: char| !c.is_alphanumeric()));
    let is_about_hashes = parts.any(is_about_hash);
    let holds_key = |at: usize| {
        let word = &words[at];
        holds_known(word)
            || holds_unknown(word, is_about_hashes)
            || named::is_secret_address(word)
            || named::holds_assigned(word)
            || named::is_named(&words[..at], word)
    };
    let found = places.iter().enumerate().filter(|(at, _)| holds_key(*at));
    found.map(|(_, word)| folded.whole_words(word)).collect()
}

pub(super) fn is_about_hash(word: &str) -> bool {
    HASHES.iter().any(|known| known.eq_ignore_ascii_case(word))
}

/// Whether a key of a well-known service stands anywhere in the word.
fn holds_known(word: &str) -> bool {
    let mut before = ' ';
    word.char_indices().any(|(at, c)| {
        let is_start = !before.is_alphanumeric() && c.is_ascii_alphanumeric();
        before = c;
        is_start && is_known(&word[at..])
    })
}

fn is_known(text: &str) -> bool {
    let begins = |beginning: &&str| match text.get(..beginning.len()) {
        Some(start) if beginning.ends_with(['-', '_', '.']) => {
            start.eq_ignore_ascii_case(beginning)
        }
        Some(start) => start == *beginning,
        None => false,
    };
    if !BEGINNINGS.iter().any(begins) {
        return false;
    }
    let is_inside = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.');
    let value = &text[..text.find(|c| !is_inside(c)).unwrap_or(text.len())];
    let is_mixed = |part: &str| part.len() >= MIN_MIXED && has_letters_and_digits(part);
    value.len() >= MIN_KNOWN && value.split(['-', '_', '.']).any(is_mixed)
}

/// Whether a part of the word is made of random letters and digits. Addresses hold such and are no secrets.
fn holds_unknown(word: &str, is_about_hashes: bool) -> bool {
    if word.contains("://") {
        return false;
    }
    let is_inside = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.' | '+' | '/');
    let mut name = "";
    word.split(|c: char| !is_inside(c)).filter(|value| !value.is_empty()).any(|value| {
        let may_be_hash = is_about_hashes && (name.is_empty() || is_about_hash(name));
        name = value;
        // Words and numbers joined by marks are names of files, places and products.
        let mut parts = value.split(['-', '.', '/', '_', '+']);
        let is_key = |part: &str| {
            (is_random(part) && !(may_be_hash && is_hexadecimal(part)))
                || (has_all_kinds(part) && is_scrambled(part) && !is_formula(part))
        };
        parts.any(is_key) || is_random_with_marks(value)
    })
}

fn is_random(part: &str) -> bool {
    part.len() >= MIN_UNKNOWN && has_letters_and_digits(part) && bits(part) > RANDOM_BITS
}

/// Base 64 has marks and is no path: small letters, capitals and digits take turns, and no part of it is a word.
fn is_random_with_marks(value: &str) -> bool {
    const MARKS: [char; 4] = ['/', '+', '-', '_'];
    if value.len() < MIN_MARKED || value.contains('.') || !has_all_kinds(value) {
        return false;
    }
    let is_scrambled = |part: &str| {
        part.len() >= MIN_MARKED_PART && part.len() * RANDOM_RUNS.0 <= runs(part) * RANDOM_RUNS.1
    };
    let is_word = |part: &str| {
        let rest = part.as_bytes().get(1..).unwrap_or_default();
        let is_number = part.bytes().all(|b| b.is_ascii_digit());
        part.len() >= MIN_WORD && (is_number || rest.iter().all(u8::is_ascii_lowercase))
    };
    value.split(MARKS).any(is_scrambled) && !value.split(MARKS).any(is_word)
}

fn has_all_kinds(text: &str) -> bool {
    let has = |is_such: fn(&u8) -> bool| text.as_bytes().iter().any(is_such);
    has(u8::is_ascii_lowercase) && has(u8::is_ascii_uppercase) && has(u8::is_ascii_digit)
}

/// Whether letters and digits take turns so often that nobody made up the word, which is long enough to tell.
pub(super) fn is_scrambled(text: &str) -> bool {
    text.len() >= MIN_SCRAMBLED && takes_turns(text)
}

/// Whether letters and digits take turns more often than in names. A capital with what follows it in small letters is one
/// piece, and so are capitals, small letters and digits.
pub(super) fn takes_turns(text: &str) -> bool {
    let bytes = text.as_bytes();
    let kind = |b: u8| (b.is_ascii_digit(), b.is_ascii_uppercase());
    let begins = |at: &usize| {
        let (before, here) = (bytes[at - 1], bytes[*at]);
        let is_inside = before.is_ascii_uppercase() && here.is_ascii_lowercase();
        let leads = here.is_ascii_uppercase()
            && before.is_ascii_uppercase()
            && bytes.get(at + 1).is_some_and(u8::is_ascii_lowercase);
        leads || (kind(before) != kind(here) && !is_inside)
    };
    let pieces = 1 + (1..bytes.len()).filter(begins).count();
    let (some, of) = SCRAMBLED_PIECES;
    has_letters_and_digits(text) && pieces * of > bytes.len() * some
}

/// Whether it is made of the symbols of elements and their numbers: `Ca2Mg5Si8O22`.
pub(super) fn is_formula(text: &str) -> bool {
    let mut before = b'0';
    text.bytes().all(|b| {
        let fits = !b.is_ascii_lowercase() || before.is_ascii_uppercase();
        before = b;
        fits && b.is_ascii_alphanumeric()
    })
}

/// How many runs of small letters, of capitals and of digits there are.
fn runs(part: &str) -> usize {
    let kind = |b: u8| (b.is_ascii_digit(), b.is_ascii_uppercase());
    1 + part.as_bytes().windows(2).filter(|pair| kind(pair[0]) != kind(pair[1])).count()
}

pub(super) fn is_hexadecimal(part: &str) -> bool {
    part.bytes().all(|b| b.is_ascii_hexdigit())
}

pub(super) fn has_letters_and_digits(text: &str) -> bool {
    text.bytes().any(|b| b.is_ascii_alphabetic()) && text.bytes().any(|b| b.is_ascii_digit())
}

/// Shannon's entropy per character.
fn bits(text: &str) -> f64 {
    let mut counts = [0_u32; 256];
    text.bytes().for_each(|b| counts[usize::from(b)] += 1);
    #[expect(clippy::cast_precision_loss, reason = "words are short")]
    let length = text.len() as f64;
    let shares = counts.iter().filter(|count| **count > 0).map(|count| f64::from(*count) / length);
    -shares.map(|share| share * share.log2()).sum::<f64>()
}
